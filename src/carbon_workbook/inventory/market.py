"""Scope 2 by the market: contractual instruments against the consumption of their country and period.

The grain is the month: consumption is spread over the days of its own period, an instrument covers the months that its
period touches. Energy in kWh, emissions in kgCO2e.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.inventory.core import Block, FactorArrays
from carbon_workbook.inventory.gases import STAGES
from carbon_workbook.inventory.model import Inventory, control_of, year_of
from carbon_workbook.inventory.posts import post_of
from carbon_workbook.inventory.wording import shown
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.resources import packaged
from carbon_workbook.units import conversion

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

INSTRUMENTS = "instruments"
ELECTRICITY, HEAT = "electricite", "chaleur"
NEGATIVE = "CW-306"
NOT_CANCELLED = "CW-322"
OVER_CONSUMPTION = "CW-323"
NO_RESIDUAL = "CW-324"
NOT_FINITE = "CW-330"
NO_COUNTRY = "CW-331"
NO_INSTRUMENT_FACTOR = "CW-341"
PARTLY_COVERED = "CW-380"
TWO_RESIDUALS = "CW-381"
HALF_A_PERIOD = "CW-382"
TOO_MUCH = "CW-383"
RESIDUAL = "mix résiduel"
DIRTIEST = 2.0
"""kgCO2e per kWh that no grid and no plant reaches (lignite: some 1.2): above it, grams were typed."""
NEARLY = 1e-9
"""Share of an instrument under which an excess is the rounding of doubles."""
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
          "novembre", "décembre")  # fmt: skip
VIEWS = {"ghgp_market": "GHG Protocol", "esrs_market": "ESRS E1"}


# --- Energy --------------------------------------------------------------------------------------------------------


def bought_energy(lines: pd.DataFrame, block: Block, control: str, name: str = ELECTRICITY) -> Floats:
    """kWh of each line of purchased electricity (or heat) under ``control``, NaN for any other line.

    Own production is left out: its factor has an upstream stage only, hence nothing in scope 2.
    """
    arrays, bought = block.arrays, bought_factors(block.arrays, name)
    energy = np.full(len(lines), np.nan)
    chosen = np.flatnonzero(
        (lines["posting"] == name).to_numpy(dtype=bool)
        & lines[control].to_numpy(dtype=bool)
        & block.counted
        & bought[block.factor]
    )
    used, position = np.unique(block.factor[chosen], return_inverse=True)
    kwh = np.array([kwh_in(str(arrays.units[f])) for f in used])
    energy[chosen] = block.quantity[chosen] * kwh[position]
    return energy


def bought_factors(arrays: FactorArrays, name: str = ELECTRICITY) -> Bools:
    """Which factors of electricity (or heat) have a stage in scope 2; one more, for a line without factor."""
    in_scope_2 = np.array([post_of(name, True, "", kind, "ghgp") == "S2" for kind in STAGES])
    bought = np.zeros(len(arrays.ids) + 1, dtype=bool)
    factor = np.repeat(np.arange(len(arrays.ids)), arrays.stage_count)
    bought[factor[in_scope_2[arrays.stage_kind]]] = True
    return bought


@lru_cache(maxsize=1024)
def kwh_in(unit: str) -> float:
    """kWh of electricity or heat in one ``unit``, NaN when it measures something else."""
    try:
        return conversion(unit, "kWh")
    except CodedError:
        return float("nan")


def claimed_kwh(row: pd.Series) -> float:
    """kWh that an instrument claims. Raises CodedError when its unit is no electricity."""
    return float(row["activity"]) * conversion(str(row["activity_unit"]), "kWh")


# --- Months --------------------------------------------------------------------------------------------------------


def month_of(day: dt.date) -> int:
    """A month as a number; the next one is the next number."""
    return day.year * 12 + day.month - 1


def days_by_month(start: dt.date, end: dt.date) -> dict[int, int]:
    """Days of a period in each month that it touches, both ends included."""
    found = {}
    for month in range(month_of(start), month_of(end) + 1):
        year, number = divmod(month, 12)
        first = dt.date(year, number + 1, 1)
        last = dt.date(year, number + 1, calendar.monthrange(year, number + 1)[1])
        found[month] = (min(last, end) - max(first, start)).days + 1
    return found


def _day(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return None if pd.isna(value) else value.date()
    return value if isinstance(value, dt.date) else None


def _period(start: object, end: object) -> tuple[dt.date, dt.date] | None:
    """A whole period in its order; None for anything else, which stands for the year of the inventory."""
    first, last = _day(start), _day(end)
    return (first, last) if first is not None and last is not None and first <= last else None


def _periods(lines: pd.DataFrame) -> list[tuple[dt.date, dt.date] | None]:
    if "period_start" not in lines or "period_end" not in lines:
        return [None] * len(lines)
    return list(map(_period, lines["period_start"].tolist(), lines["period_end"].tolist()))


def period_text(months: Sequence[int]) -> str:
    """Months as a French reader names them: ``mars 2024``, ``de mars à mai 2024``, ``l'année 2024``."""
    if not months:
        return "la période de l'inventaire"
    (first_year, first), (last_year, last) = divmod(min(months), 12), divmod(max(months), 12)
    if first_year == last_year and (first, last) == (0, 11):
        return f"l'année {first_year}"
    if (first_year, first) == (last_year, last):
        return f"{MONTHS[first]} {first_year}"
    start = MONTHS[first] if first_year == last_year else f"{MONTHS[first]} {first_year}"
    return f"la période de {start} à {MONTHS[last]} {last_year}"


# --- Consumption and instruments -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Grid:
    """Purchased electricity of one control approach: lines in groups of one country and one period.

    ``group`` of each line of the inventory (−1: not bought), ``kwh`` and ``country`` of each group, ``weight`` the
    share of a group in each month (groups × months), ``months`` their numbers.
    """

    group: Ints
    energy: Floats
    kwh: Floats
    country: npt.NDArray[np.object_]
    weight: Floats
    months: Ints

    def consumption(self, country: str) -> Floats:
        """kWh bought in a country, by month."""
        here = self.country == country
        kwh: Floats = self.kwh[here] @ self.weight[here]
        return kwh


def grid_of(lines: pd.DataFrame, block: Block, control: str, year: int | None) -> Grid:
    """The electricity bought under ``control``. A line without a whole period is spread over the year."""
    energy = bought_energy(lines, block, control)
    chosen = np.flatnonzero(~np.isnan(energy))
    periods = _periods(lines.iloc[chosen])
    countries = lines["country"].astype(str).to_numpy(dtype=object)[chosen]
    keys = list(zip(countries, periods, strict=True))
    places = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    group = np.full(len(lines), -1, dtype=np.int64)
    group[chosen] = [places[key] for key in keys]
    instruments = _periods(lines[_instruments(lines, block)])
    months = _axis([*periods, *instruments], year)
    weight = np.array([_weights(period, months, year) for _, period in places], dtype=np.float64)
    kwh = np.bincount(group[chosen], weights=energy[chosen], minlength=len(places))
    return Grid(
        group,
        energy,
        np.asarray(kwh, dtype=np.float64),
        np.array([country for country, _ in places], dtype=object),
        weight.reshape(len(places), len(months)),
        months,
    )


def _axis(periods: Sequence[tuple[dt.date, dt.date] | None], year: int | None) -> Ints:
    """Every month that a period touches, those of the inventory's year included."""
    found = {month for start, end in filter(None, set(periods)) for month in days_by_month(start, end)}
    if year is not None:
        found |= set(range(year * 12, year * 12 + 12))
    return np.array(sorted(found or {0}), dtype=np.int64)


def _weights(period: tuple[dt.date, dt.date] | None, months: Ints, year: int | None) -> Floats:
    """Share of a period in each month, by days; that of the year (of all months without one) for no period."""
    if period is None and year is not None:
        period = dt.date(year, 1, 1), dt.date(year, 12, 31)
    if period is None:
        return np.full(len(months), 1.0 / len(months))
    days = days_by_month(*period)
    counts = np.array([days.get(int(month), 0) for month in months], dtype=np.float64)
    share: Floats = counts / counts.sum()
    return share


def _instruments(lines: pd.DataFrame, block: Block) -> Bools:
    found: Bools = (lines["posting"] == INSTRUMENTS).to_numpy(dtype=bool) & block.counted
    return found


@dataclass(frozen=True)
class Claims:
    """What the instruments of an inventory cover under one control approach.

    ``line`` of each instrument, ``claimed`` the kWh it claims, ``covered`` those it covers (instruments × months),
    ``spans`` the months of its period; ``residual``: the residual mixes, which cover what is left.
    """

    grid: Grid
    line: Ints
    country: npt.NDArray[np.object_]
    factor: Floats
    claimed: Floats
    spans: Bools
    covered: Floats
    residual: Bools

    @cached_property
    def kept(self) -> Floats:
        """kWh that each instrument covers over its period."""
        kept: Floats = self.covered.sum(axis=1)
        return kept

    @property
    def excess(self) -> Floats:
        """kWh claimed above the consumption of the country in the period; nil for a residual mix."""
        over = np.where(self.residual, 0.0, self.claimed - self.kept)
        return np.where(over > NEARLY * self.claimed, over, 0.0)

    @property
    def refused(self) -> Bools:
        """Instruments of which nothing is left to count."""
        refused: Bools = (self.excess > 0) & (self.kept <= NEARLY * self.claimed)
        return refused

    def rates(self, country: str, location_kg: Floats) -> Floats:
        """kgCO2e of a country's electricity by the market, by month.

        What the instruments cover at their factor, the rest at the residual mix of the month, else at the grid's rate
        (``location_kg`` by month).
        """
        here = self.country == country
        kwh = self.grid.consumption(country)
        with np.errstate(divide="ignore", invalid="ignore"):
            rest_rate = np.where(kwh > 0, location_kg / kwh, 0.0)
        for number in _widest_first(self.spans, self.factor, np.flatnonzero(here & self.residual)):
            rest_rate = np.where(self.spans[number], self.factor[number], rest_rate)
        used = self.covered[here].T @ self.factor[here]
        kg: Floats = used + np.maximum(kwh - self.covered[here].sum(axis=0), 0.0) * rest_rate
        return kg


def claims_of(lines: pd.DataFrame, block: Block, control: str, year: int | None) -> Claims:
    """Instruments against the electricity bought under ``control``, country by country and month by month.

    Those that can be read and are not refused yet. The shortest periods are served first, then the highest factors:
    what is above the consumption is always the cleanest energy, whatever the order of the lines.
    """
    grid = grid_of(lines, block, control, year)
    line = np.flatnonzero(_instruments(lines, block))
    rows = [row for _, row in lines.iloc[line].iterrows()]
    count = len(rows)
    claimed = np.array([claimed_kwh(row) for row in rows], dtype=np.float64)
    country = np.array([str(row["country"]) for row in rows], dtype=object)
    factor = np.array([float(row["instrument_factor"]) for row in rows], dtype=np.float64)
    residual = np.array([row["instrument_type"] == RESIDUAL for row in rows], dtype=bool)
    periods = _periods(lines.iloc[line])
    spans = np.array([_weights(period, grid.months, year) > 0 for period in periods], dtype=bool)
    spans = spans.reshape(count, len(grid.months))
    covered = np.zeros(spans.shape)
    for one in dict.fromkeys(country.tolist()):
        own = np.flatnonzero((country == one) & ~residual)
        order = own[np.lexsort((own, -factor[own], _first(spans[own]), spans[own].sum(axis=1)))]
        available = grid.consumption(one)
        even = _evenly(available, claimed[order], spans[order])
        early = _earliest(available, claimed[order], spans[order], factor[order])
        # Periods that overlap without one holding the other: the even spread may leave out energy that fits.
        better = early.sum() > even.sum() * (1 + NEARLY)
        covered[order] = early if better else even
    return Claims(grid, line, country, factor, claimed, spans, covered, residual)


def _first(spans: Bools) -> Ints:
    """Position of the first month of each period."""
    return np.asarray(spans.argmax(axis=1), dtype=np.int64) if spans.size else np.zeros(len(spans), np.int64)


def _widest_first(spans: Bools, factor: Floats, chosen: Ints) -> Ints:
    """Residual mixes from the widest period to the narrowest, then the lowest to the highest: the last one holds."""
    return chosen[np.lexsort((factor[chosen], -spans[chosen].sum(axis=1)))]


def _evenly(available: Floats, claimed: Floats, spans: Bools) -> Floats:
    """kWh covered by each instrument in its turn, spread over the months of its period as what is left of them."""
    left, covered = available.copy(), np.zeros(spans.shape)
    for number, kwh in enumerate(claimed):
        free = left * spans[number]
        whole = free.sum()
        if whole > 0:
            covered[number] = free * min(1.0, kwh / whole)
            left = np.maximum(left - covered[number], 0.0)
    return covered


def _earliest(available: Floats, claimed: Floats, spans: Bools, factor: Floats) -> Floats:
    """kWh covered month by month, by the instrument that ends first: the most that can be covered at all."""
    left, covered = claimed.copy(), np.zeros(spans.shape)
    ends = spans.shape[1] - spans[:, ::-1].argmax(axis=1) if spans.size else np.zeros(len(spans))
    for month, kwh in enumerate(available):
        free = float(kwh)
        for number in np.lexsort((np.arange(len(claimed)), -factor, ends)):
            if spans[number, month] and free > 0:
                covered[number, month] = min(float(left[number]), free)
                left[number] -= covered[number, month]
                free -= float(covered[number, month])
    return covered


# --- What is refused and what is said ------------------------------------------------------------------------------


def unreadable(lines: pd.DataFrame, block: Block) -> npt.NDArray[np.object_]:
    """Codes of the instruments that no consumption decides: not cancelled, without factor, country or period."""
    codes = np.full(len(lines), "", dtype=object)
    for position in np.flatnonzero(_instruments(lines, block)):
        codes[position] = _refusal(lines.iloc[position])
    return codes


def uncovered(lines: pd.DataFrame, block: Block, settings: Mapping[str, object]) -> npt.NDArray[np.object_]:
    """Codes of the instruments above the consumption of their country and period in every view by the market."""
    codes = np.full(len(lines), "", dtype=object)
    found = [claims_of(lines, block, control, year_of(settings)) for control in _controls(settings)]
    codes[found[0].line[np.all([one.refused for one in found], axis=0)]] = OVER_CONSUMPTION
    return codes


def _controls(settings: Mapping[str, object]) -> dict[str, str]:
    """The control approaches of the views by the market, and the views that take each."""
    found: dict[str, list[str]] = {}
    for view, name in VIEWS.items():
        found.setdefault(control_of(settings, view), []).append(name)
    return {control: " et ".join(names) for control, names in found.items()}


def _refusal(row: pd.Series) -> str:
    factor = float(row["instrument_factor"])
    if np.isnan(factor):
        return NO_INSTRUMENT_FACTOR
    if not row["country"]:
        return NO_COUNTRY
    try:
        energy = claimed_kwh(row)
    except CodedError as refused:
        return refused.message.code
    if not np.isfinite(energy):
        return NOT_FINITE
    if energy < 0 or factor < 0:
        return NEGATIVE
    start, end = _day(row.get("period_start")), _day(row.get("period_end"))
    if (start is None) != (end is None) or (start is not None and end is not None and start > end):
        return HALF_A_PERIOD
    if row["instrument_type"] == RESIDUAL:
        return ""
    return "" if str(row["cancelled"]).upper() == "O" else NOT_CANCELLED


def over_consumption(inventory: Inventory, position: int) -> Message:
    """Why an instrument is refused whole: the energy left in its country and period, and what it claims."""
    lines, block = inventory.lines, inventory.block
    row = lines.iloc[position]
    period = _periods(lines.iloc[[position]])[0]
    year = inventory.year
    months = list(days_by_month(*period)) if period else [] if year is None else [year * 12, year * 12 + 11]
    control = control_of(inventory.settings, "ghgp_market")
    found = claims_of(lines, block, control, year)
    spans = np.isin(found.grid.months, range(min(months), max(months) + 1)) if months else slice(None)
    country = str(row["country"])
    bought = float(found.grid.consumption(country)[spans].sum())
    used = float(found.covered[found.country == country][:, spans].sum())
    return message(
        OVER_CONSUMPTION,
        country=country,
        period=period_text(months),
        claimed=_mwh(claimed_kwh(row)),
        bought=_mwh(bought),
        available=_mwh(bought - used if bought - used > NEARLY * bought else 0.0),
    )


def remarks(inventory: Inventory) -> Iterator[tuple[int, Message]]:
    """(position of the line, message): instruments counted in part, factors beyond belief, residual mixes missing."""
    lines, block = inventory.lines, inventory.block
    if not _instruments(lines, block).any():
        return
    for control, views in _controls(inventory.settings).items():
        found = claims_of(lines, block, control, inventory.year)
        for number in np.flatnonzero(found.excess):
            yield (
                int(found.line[number]),
                message(
                    PARTLY_COVERED,
                    views=views,
                    country=found.country[number],
                    period=period_text(found.grid.months[found.spans[number]].tolist()),
                    claimed=_mwh(found.claimed[number]),
                    available=_mwh(found.kept[number]),
                    excess=_mwh(found.excess[number]),
                ),
            )
    for number in np.flatnonzero(found.factor > DIRTIEST):
        yield int(found.line[number]), message(TOO_MUCH, factor=shown(float(found.factor[number])))
    yield from _residual_remarks(found)


def _residual_remarks(found: Claims) -> Iterator[tuple[int, Message]]:
    for country in dict.fromkeys(found.country.tolist()):
        own = np.flatnonzero((found.country == country) & found.residual)
        bought = found.grid.consumption(country)
        missing = (bought > 0) & ~found.spans[own].any(axis=0)
        rest = bought - found.covered[found.country == country].sum(axis=0)
        missing &= rest > NEARLY * bought
        if missing.any():
            first = int(found.line[np.flatnonzero(found.country == country)[0]])
            months = found.grid.months[missing].tolist()
            note = message(
                NO_RESIDUAL,
                country=country,
                energy=_mwh(float(rest[missing].sum())),
                period=period_text(months),
            )
            yield first, note
        for one in own:
            rivals = [other for other in own if (found.spans[other] == found.spans[one]).all()]
            if one == rivals[0] and len({found.factor[other] for other in rivals}) > 1:
                highest = max(found.factor[other] for other in rivals)
                months = found.grid.months[found.spans[one]].tolist()
                note = message(
                    TWO_RESIDUALS, country=country, period=period_text(months), factor=shown(float(highest))
                )
                yield int(found.line[one]), note


def _mwh(kwh: float) -> str:
    return shown(float(kwh) / 1000.0)


# --- What they cover -----------------------------------------------------------------------------------------------


@cache
def attributes() -> Mapping[str, str]:
    """Whether each type of instrument is sold with its energy (``groupés``) or apart (``séparés``)."""
    table = pd.read_csv(packaged("inventory") / "instrument_types.csv", sep=";", dtype=str)
    return dict(zip(table["type"], table["attributes"], strict=True))


def coverage(inventory: Inventory, view: str = "esrs_market") -> pd.DataFrame:
    """Share of the energy of scope 2 that instruments cover, by type (ESRS E1: share and types of instruments).

    Columns: type, attributes (``groupés`` with the energy, ``séparés``), mwh, share of the electricity and heat bought
    under the control of the view (NaN where none is); the last row is what no instrument covers.
    """
    lines, block = inventory.lines, inventory.block
    control = control_of(inventory.settings, view)
    found = claims_of(lines, block, control, inventory.year)
    heat = float(np.nansum(bought_energy(lines, block, control, HEAT)))
    whole = float(found.grid.kwh.sum()) + heat
    types = lines["instrument_type"].to_numpy(dtype=object)[found.line]
    kwh = {name: float(found.kept[(types == name) & ~found.residual].sum()) for name in attributes()}
    rows = [(name, attributes()[name], value) for name, value in kwh.items() if value > 0]
    rows.append(("sans instrument", "", max(whole - sum(kwh.values()), 0.0)))
    table = pd.DataFrame(rows, columns=["type", "attributes", "mwh"])
    table["share"] = table["mwh"] / whole if whole > 0 else np.nan
    return table.assign(mwh=table["mwh"] / 1000.0)
