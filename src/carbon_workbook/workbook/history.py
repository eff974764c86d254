"""Historique filled from an older workbook: its computed views, by the writer that refresh uses."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.specs.spec import register
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.data import Row
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.origins import tonnes
from carbon_workbook.workbook.package import TableData, read_sheet, read_table
from carbon_workbook.workbook.read import Content, check_current, read_workbook, result_title
from carbon_workbook.workbook.refresh import FileWriter, author
from carbon_workbook.workbook.registers import (
    BASE,
    BEGES,
    ESRS,
    GASES,
    GHGP,
    IMPORTED,
    MARKET,
    PREVIOUS,
    ROLES,
    VALUES,
    code_of,
    history_codes,
)
from carbon_workbook.workbook.safe_write import check_unlocked
from carbon_workbook.workbook.writer import Progress

TABLE = "tbl_historique"
_WRITTEN = ("role", "year", "view", "code", "label", *VALUES, "origin", "recalculated", "reason")
_EMPTIED = ("year", *VALUES, "origin", "recalculated", "reason")
_VIEWS = ((BEGES, "beges", "beges"), (GHGP, "ghgp", "ghgp_market"), (ESRS, "esrs", "esrs_market"))
"""Views of Historique: those of location and of the market."""
_SAME = 1e-9


@dataclass(frozen=True)
class Imported:
    """What an import did. ``rows``: rows written; ``notes``: what to know of the older workbook."""

    year: int
    role: str
    rows: int
    backup: Path | None
    notes: tuple[Message, ...]


def history_rows(evaluation: Evaluation, role: str, source: str) -> list[dict[str, object]]:
    """Rows of Historique for an inventory: 22 posts, scopes and categories, in tCO2e, CO2 biogenic in tCO2.

    Rows of ESRS E1 only where its view is not that of the GHG Protocol. ``source`` says where the figures come from.
    """
    found = {name: tonnes(view) for name, view in evaluation.views.items()}
    year = evaluation.inventory.year
    rows: list[dict[str, object]] = [
        {
            "role": role,
            "year": year,
            "view": view,
            "code": code,
            "label": label,
            **{key: values[key] + 0.0 for key in (*GASES, "total", "co2_biogenic")},
            "origin": IMPORTED,
            "recalculated": "N",
            "reason": source,
        }
        for view, location, market in _VIEWS
        for code, label in history_codes(view).items()
        for values in [found[market]["S2"] if code == MARKET else found[location][code]]
    ]
    same = [found["ghgp"], found["ghgp_market"]], [found["esrs"], found["esrs_market"]]
    if all(_alike(one, other) for one, other in zip(*same, strict=True)):
        rows = [row for row in rows if row["view"] != ESRS]
    return rows


def _alike(one: Mapping[str, Mapping[str, float]], other: Mapping[str, Mapping[str, float]]) -> bool:
    codes = history_codes(ESRS).keys() & one.keys()
    return all(
        math.isclose(one[code]["total"], other[code]["total"], rel_tol=_SAME, abs_tol=_SAME) for code in codes
    )


def import_history(
    path: Path,
    old: Path,
    role: str | None = None,
    *,
    overwrite: bool = False,
    moment: dt.datetime | None = None,
    progress: Progress = lambda step: None,
) -> Imported:
    """Compute ``old`` with the factors it is pinned to, and write its views into Historique of ``path``.

    Raises CodedError when a file cannot be read, ``path`` is locked or of an older schema (CW-463), the year is not
    compared (CW-481) or not that of ``role`` (CW-482), rows of that year are filled and may not be replaced (CW-483).
    ``path`` is then untouched.
    """
    check_unlocked(path)
    progress("lecture des deux classeurs")
    content = read_workbook(path)
    check_current(content)
    progress("calcul de l'ancien classeur")
    evaluation = evaluate(read_workbook(old))
    year = evaluation.inventory.year
    role = _role(content, year, role)
    there = content.registers["history"]
    filled = int((there["year"] == year).sum())
    if filled and not overwrite:
        raise CodedError("CW-483", count=filled, year=year)
    rows = history_rows(
        evaluation, role, f"Classeur {old.name}, facteurs {evaluation.inventory.catalogue.version}"
    )
    changes, growth = _changes(content, rows)
    line = _journal_line(evaluation, rows, filled, old, moment or dt.datetime.now().replace(microsecond=0))
    _add_to_journal(content, changes, growth, line)
    writer = FileWriter(content.package, progress)
    writer.write(changes, growth, {})
    notes = (message("CW-484", count=evaluation.refused),) if evaluation.refused else ()
    return Imported(int(year or 0), role, len(rows), writer.backup, notes)


def _role(content: Content, year: int | None, wanted: str | None) -> str:
    """The role that the year has in the workbook."""
    known = {role: content.settings.get(key) for role, key in ROLES.items()}
    if year is None or year not in known.values():
        raise CodedError("CW-481", year=year or "?", previous=known[PREVIOUS] or "?", base=known[BASE] or "?")
    if wanted and known[wanted] != year:
        raise CodedError("CW-482", year=year, role=wanted, wanted=known[wanted] or "?")
    return wanted or next(role for role, value in known.items() if value == year)


def _changes(content: Content, rows: Sequence[Row]) -> tuple[dict[str, dict[str, object]], dict[str, int]]:
    """Cells to write: each row where its role, view and code stand, else on a row of its own; others of the year go."""
    data = read_table(content.package, TABLE)
    columns = {
        column.key: data.first_column + data.columns.index(column.label)
        for column in register("history")
        if column.label in data.columns
    }
    year, role = rows[0]["year"], rows[0]["role"]
    free, places = _places(data, columns, year, role, content)
    cells: dict[str, object] = {}
    last = content.package.table(TABLE).bounds[2]
    for row in rows:
        place = places.pop((row["view"], row["code"]), None)
        if place is None:
            place = next(free)
        for key in _WRITTEN:
            if key in columns:
                cells[cell_ref(place, columns[key])] = row[key]
        last = max(last, place)
    for place in places.values():
        for key in _EMPTIED:
            if key in columns:
                cells[cell_ref(place, columns[key])] = None
    growth = {TABLE: last} if last > content.package.table(TABLE).bounds[2] else {}
    return {data.sheet: cells}, growth


def _places(
    data: TableData, columns: Mapping[str, int], year: object, role: object, content: Content
) -> tuple[Iterator[int], dict[tuple[object, object], int]]:
    """Rows that hold nothing, then those under the table; and the rows of the year by view and code."""
    years = {name: content.settings.get(key) for name, key in ROLES.items()}
    places: dict[tuple[object, object], int] = {}
    free: list[int] = []
    for number, values in (*data.rows, *data.below):
        found = {key: values[column - data.first_column] for key, column in columns.items()}
        if all(value is None or value == "" for value in values):
            free.append(number)
            continue
        own = found.get("year")
        of_year = own == year if own not in (None, "") else found.get("role") == role
        if of_year or (own in (None, "") and years.get(str(found.get("role"))) == year):
            places.setdefault((found.get("view"), code_of(found.get("code"))), number)
    return _from(free, max(number for number, _ in (*data.rows, *data.below)) + 1), places


def _from(free: Sequence[int], after: int) -> Iterator[int]:
    yield from free
    while True:
        yield after
        after += 1


def _journal_line(
    evaluation: Evaluation, rows: Sequence[Row], filled: int, old: Path, moment: dt.datetime
) -> tuple[object, ...]:
    sums = {
        name: f"{evaluation.views[key].total_kg / 1000:,.1f}".replace(",", "\u202f").replace(".", ",")
        for name, key in ((BEGES, "beges"), (GHGP, "ghgp"))
    }
    told = " ; ".join(f"{name} {value} tCO2e" for name, value in sums.items())
    before = f"{filled} ligne(s) remplie(s)" if filled else None
    reason = f"Import de {old.name}, facteurs {evaluation.inventory.catalogue.version}"
    year = evaluation.inventory.year
    return moment, author() or None, f"Historique {year}", before, f"{len(rows)} lignes : {told}", reason


def _add_to_journal(
    content: Content, changes: dict[str, dict[str, object]], growth: dict[str, int], line: Sequence[object]
) -> None:
    """One more row under those of the journal."""
    sheet = read_sheet(content.package, result_title(content.package, at.JOURNAL))
    last = content.package.table("tbl_journal").bounds[2]
    used = [row for row, values in sheet.rows.items() if row <= last and any(values.values())]
    row = max([at.JOURNAL_HEADER, *used]) + 1
    cells = changes.setdefault(result_title(content.package, at.JOURNAL), {})
    for column, value in enumerate(line, start=1):
        cells[cell_ref(row, column)] = value
    if row > last:
        growth["tbl_journal"] = row
