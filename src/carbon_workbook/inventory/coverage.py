"""Which months each recurrent source covers: months missing, periods outside the year, periods that end too early.

A line without both dates stands for the whole year: nothing can be said of it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.inventory.model import Inventory
from carbon_workbook.messages import Message, message

Days = npt.NDArray[np.datetime64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MISSING, OUTSIDE, BACKWARDS, HALF = "CW-397", "CW-398", "CW-399", "CW-385"
METERED = ("electricite", "chaleur")
"""Billed all year round: the first dated line is enough to expect the other months."""
RECURRENT = ("combustion_fixe", "combustion_mobile")
"""Expected all year round from ``SEVERAL`` different periods on: a single delivery is no subscription."""
SEVERAL = 3
ONCE = ("immobilisations", "instruments")
"""Sheets whose dates say when something was bought or guaranteed, not what the year consumed."""
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
          "novembre", "décembre")  # fmt: skip
WHOLE_MONTH = 15
"""Days from which a month is covered: meters are not read on the first."""


def coverage_remarks(inventory: Inventory) -> Iterator[Message]:
    """Sources with missing months, one message each; periods outside the year, or half typed, one message a sheet."""
    if inventory.year is None:
        return
    lines = inventory.counted
    start, end = periods(lines)
    yield from _half(lines)
    yield from _backwards(lines, start, end)
    yield from _outside(lines, start, end, inventory.year)
    yield from _missing(lines, start, end, inventory.year)


def periods(lines: pd.DataFrame) -> tuple[Days, Days]:
    """First and last day of each line; NaT in both where either is not a date."""
    first, last = (_days(lines, column) for column in ("period_start", "period_end"))
    unknown = np.isnat(first) | np.isnat(last)
    first[unknown], last[unknown] = np.datetime64("NaT"), np.datetime64("NaT")
    return first, last


def _days(lines: pd.DataFrame, column: str) -> Days:
    if column not in lines:
        return np.full(len(lines), np.datetime64("NaT"), dtype="datetime64[D]")
    position, values = pd.factorize(lines[column].to_numpy(dtype=object), use_na_sentinel=True)
    days = np.array([_day(value) for value in values] + [np.datetime64("NaT")], dtype="datetime64[D]")
    return days[position]


def _day(value: object) -> np.datetime64:
    if isinstance(value, dt.datetime):
        value = value.date()
    return np.datetime64(value if isinstance(value, dt.date) else "NaT", "D")


def at_line(line: pd.Series, code: str, count: int = 1, **parameters: Any) -> Message:
    """The message at the factor cell of a line; ``count`` lines share it."""
    more = f" (+{count - 1})" if count > 1 else ""
    return dataclasses.replace(
        message(code, **parameters),
        sheet=str(line.get("title", "")),
        cell=str(line.get("factor_cell", "")),
        line_id=f"{line.get('line_id', '')}{more}",
    )


def source_of(lines: pd.DataFrame) -> tuple[Ints, pd.Index]:
    """Number of the source of each line, −1 where it cannot be told, and the name of each source.

    A source is a meter, else what a site burns or buys under one factor, on one sheet.
    """
    site, meter = (texts(lines, column) for column in ("site", "meter"))
    factor, sheet, title = (texts(lines, column) for column in ("factor_id", "sheet", "title"))
    names = [
        f"{t}, {s or 'sans site'}, compteur {m}" if m else f"{t}, {s or 'sans site'}, facteur {f}"
        for t, s, m, f in zip(title, site, meter, factor, strict=True)
    ]
    number, uniques = pd.factorize(np.array(names, dtype=object))
    known = np.isin(sheet, [*METERED, *RECURRENT])
    return np.where(known, number, -1).astype(np.int64), pd.Index(uniques)


def texts(lines: pd.DataFrame, column: str) -> npt.NDArray[np.object_]:
    """A column as stripped texts, blank where it is missing."""
    if column not in lines:
        return np.full(len(lines), "", dtype=object)
    position, values = pd.factorize(lines[column].to_numpy(dtype=object), use_na_sentinel=True)
    return np.array([*(str(value).strip() for value in values), ""], dtype=object)[position]


def _backwards(lines: pd.DataFrame, start: Days, end: Days) -> Iterator[Message]:
    for position in np.flatnonzero(end < start):
        yield at_line(
            lines.iloc[position], BACKWARDS, start=_french(start[position]), end=_french(end[position])
        )


def _half(lines: pd.DataFrame) -> Iterator[Message]:
    """Lines with one date of the two: they stand for the whole year, as a line without any."""
    sheet = lines["posting"].astype(str).to_numpy(dtype=object)
    one = np.isnat(_days(lines, "period_start")) != np.isnat(_days(lines, "period_end"))
    for _, group in lines[one & ~np.isin(sheet, ONCE)].groupby("sheet", sort=False, observed=True):
        yield at_line(group.iloc[0], HALF, len(group), lines=len(group))


def _outside(lines: pd.DataFrame, start: Days, end: Days, year: int) -> Iterator[Message]:
    first, last = np.datetime64(f"{year}-01-01", "D"), np.datetime64(f"{year}-12-31", "D")
    sheet = lines["posting"].astype(str).to_numpy(dtype=object)
    out = ((start < first) | (end > last)) & (start <= end) & ~np.isin(sheet, ONCE)
    for _, group in (
        lines[out].assign(_start=start[out], _end=end[out]).groupby("sheet", sort=False, observed=True)
    ):
        one = group.iloc[0]
        span = f"{_french(one['_start'])} au {_french(one['_end'])}"
        yield at_line(one, OUTSIDE, len(group), lines=len(group), span=span, year=year)


def _missing(lines: pd.DataFrame, start: Days, end: Days, year: int) -> Iterator[Message]:
    source, names = source_of(lines)
    dated = ~np.isnat(start) & (start <= end)
    whole = np.bincount(source[(source >= 0) & ~dated], minlength=len(names)) > 0
    held = np.flatnonzero((source >= 0) & dated)
    covered = covered_months(source[held], start[held], end[held], year, len(names))
    count = covered.sum(axis=1)
    metered = np.zeros(len(names), dtype=bool)
    metered[source[held][np.isin(lines["sheet"].astype(str).to_numpy(dtype=object)[held], METERED)]] = True
    pairs = np.unique(np.column_stack([source[held], start[held].astype(np.int64)]), axis=0)[:, 0]
    several = np.bincount(pairs.astype(np.int64), minlength=len(names)) >= SEVERAL
    for number in np.flatnonzero((count > 0) & (count < len(MONTHS)) & (metered | several) & ~whole):
        months = [name for name, there in zip(MONTHS, covered[number], strict=True) if not there]
        own = held[source[held] == number]
        kg = float(lines["total_kg"].to_numpy(dtype=np.float64)[own].sum())
        yield at_line(
            lines.iloc[own[0]],
            MISSING,
            len(own),
            source=str(names[int(number)]),
            months=", ".join(months),
            covered=int(count[number]),
            year=year,
            prorated=_tonnes(kg / 1000.0 * len(MONTHS) / float(count[number])),
            counted=_tonnes(kg / 1000.0),
        )


def covered_months(source: Ints, start: Days, end: Days, year: int, count: int) -> npt.NDArray[np.bool_]:
    """Sources × 12: months of ``year`` of which the periods of a source cover at least half.

    Days counted twice by overlapping periods count twice: what overlaps has its own message.
    """
    first = np.datetime64(f"{year}-01", "M") + np.arange(13)
    edges = first.astype("datetime64[D]").astype(np.int64)
    from_, to = start.astype(np.int64)[:, None], end.astype(np.int64)[:, None] + 1
    days = np.minimum(to, edges[1:]) - np.maximum(from_, edges[:-1])
    held = np.zeros((count, len(MONTHS)))
    np.add.at(held, source, np.maximum(days, 0))
    found: npt.NDArray[np.bool_] = held >= WHOLE_MONTH
    return found


def overlapping(group: Ints, start: Days, end: Days) -> tuple[Ints, Ints]:
    """Rows whose period overlaps an earlier one of their group by more than a day, and that earlier row.

    Two readings share their day: periods that touch do not overlap.
    """
    order = np.lexsort((end, start, group))
    groups, first, last = group[order], start[order].astype(np.int64), end[order].astype(np.int64)
    if len(order) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    span = int(last.max() - last.min()) + 1
    _, rank = np.unique(groups, return_inverse=True)
    reached = rank * span + (last - last.min())
    furthest = np.maximum.accumulate(reached)
    holder = np.maximum.accumulate(np.where(reached == furthest, np.arange(len(order)), 0))
    before = holder[:-1]
    over = (groups[1:] == groups[:-1]) & (first[1:] < last[before])
    rows = np.flatnonzero(over)
    return order[rows + 1].astype(np.int64), order[before[rows]].astype(np.int64)


def _french(day: np.datetime64) -> str:
    return pd.Timestamp(day).strftime("%d/%m/%Y")


def _tonnes(value: float) -> str:
    return f"{value:,.1f}".replace(",", "\u202f").replace(".", ",")
