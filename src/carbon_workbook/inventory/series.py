"""What the charts show, as plain tables: Excel and the reports draw the same ones. tCO2e, shares as fractions.

A value that nobody gave is NaN, never nil.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
import pandas as pd

from carbon_workbook.inventory.model import Inventory, control_of
from carbon_workbook.inventory.propagation import row_uncertainty
from carbon_workbook.inventory.views import NOMENCLATURE, TOTAL, View, row_frame
from carbon_workbook.resources import packaged

HISTORY_VIEW: Mapping[str, str] = {
    "beges": "BEGES",
    "ghgp": "GHG Protocol",
    "ghgp_market": "GHG Protocol",
    "esrs": "ESRS E1",
    "esrs_market": "ESRS E1",
}
"""What the register of history calls the views that it holds."""
MARKET = "S2M"
MARKET_VIEWS = ("ghgp_market", "esrs_market")
FIRST_OF_TOTAL = 0.8
PARTS_OF_TOTAL = {
    "ghgp": (("S1",), ("S2",), ("S3",)),
    "beges": (("1",), ("2",), ("3", "4", "5", "6")),
}
"""What a total is made of: it is known when one row at least of each group is. A company has not all the categories."""
HISTORY_GASES = ("co2_fossil", "ch4", "n2o", "other_gases", "unsplit")


def pareto(view: View, codes: Collection[str]) -> pd.DataFrame:
    """Rows ``codes`` of a view above nil, heaviest first: code, label, tonnes, share, cumulated, first.

    Shares are of their sum; ``first``: needed to reach 80 % of it. A negative row (removals) is no part of a Pareto.
    """
    rows = view.rows[view.rows["code"].isin(list(codes)) & (view.rows["total"] > 0)]
    rows = rows.sort_values("total", ascending=False, kind="stable")
    tonnes = rows["total"].to_numpy(dtype=np.float64) / 1000.0
    share = tonnes / tonnes.sum() if len(tonnes) else tonnes
    cumulated = np.cumsum(share)
    return pd.DataFrame(
        {
            "code": rows["code"].to_numpy(dtype=object),
            "label": rows["label"].to_numpy(dtype=object),
            "tonnes": tonnes,
            "share": share,
            "cumulated": cumulated,
            "first": cumulated - share < FIRST_OF_TOTAL - 1e-12,
        }
    )


def top_factors(inventory: Inventory, n: int) -> pd.DataFrame:
    """The ``n`` factors whose lines weigh most: factor_id, label, lines, tonnes (reference value), share (of all)."""
    lines = inventory.counted
    used = (
        lines[lines["factor_id"].notna()].groupby("factor_id", observed=True)["total_kg"].agg(["sum", "size"])
    )
    used = used[used["sum"] > 0].sort_values("sum", ascending=False, kind="stable").head(n)
    ids = [str(factor) for factor in used.index]
    total = inventory.total_kg
    kg = used["sum"].to_numpy(dtype=np.float64)
    return pd.DataFrame(
        {
            "factor_id": ids,
            "label": [str(inventory.catalogue.table.at[factor, "label"]) for factor in ids],
            "lines": used["size"].to_numpy(dtype=np.int64),
            "tonnes": kg / 1000.0,
            "share": kg / total if total else np.full(len(kg), np.nan),
        }
    )


def post_intervals(inventory: Inventory, view: View) -> pd.DataFrame:
    """The 95 % interval of each row of a view above nil: code, label, level, tonnes, low, high, half, quality.

    Printed order; totals and categories have level 0, posts level 1. Shares of a post are left out.
    """
    rows = row_uncertainty(inventory, view)
    rows = rows[(rows["level"] <= 1) & rows["half"].notna()]
    return pd.DataFrame(
        {
            "code": rows["code"].to_numpy(dtype=object),
            "label": rows["label"].to_numpy(dtype=object),
            "level": rows["level"].to_numpy(dtype=np.int64),
            "tonnes": rows["kg"].to_numpy(dtype=np.float64) / 1000.0,
            "low": rows["low_kg"].to_numpy(dtype=np.float64) / 1000.0,
            "high": rows["high_kg"].to_numpy(dtype=np.float64) / 1000.0,
            "half": rows["half"].to_numpy(dtype=np.float64),
            "quality": rows["quality"].to_numpy(dtype=np.int64),
        }
    )


# --- Other years ---------------------------------------------------------------------------------------------------


def past(history: pd.DataFrame, view_name: str, year: int | None) -> dict[str, float]:
    """tCO2e of each row of a view in an earlier year, as the register of history holds it; NaN where it does not.

    A row typed as such stands; else a category is the sum of its posts that were given, and the total that of the
    scopes or categories, once PARTS_OF_TOTAL are. Several entries of one row add up. A view that the register does not
    hold is all NaN.
    """
    frame = row_frame(NOMENCLATURE[view_name])
    typed = _typed(history, HISTORY_VIEW.get(view_name, ""), year)
    if view_name in MARKET_VIEWS:
        typed = {code: value for code, value in typed.items() if code != "S2"}
        typed |= {"S2": typed[MARKET]} if MARKET in typed else {}
    found = {code: typed.get(code, np.nan) for code, _, _, _ in frame}
    for code, _, level, members in frame:
        if level == 0 and code != TOTAL and code not in typed:
            posts = [post for post, _, depth, parts in frame if depth == 1 and set(parts) <= set(members)]
            found[code] = _sum(found[post] for post in posts)
    if TOTAL not in typed:
        top = [code for code, _, level, _ in frame if level == 0 and code != TOTAL]
        found[TOTAL] = _added(found, top, NOMENCLATURE[view_name])
    return found


def standing_view(
    history: pd.DataFrame, settings: Mapping[str, object], view_name: str, year: int | None
) -> str:
    """The view of history that stands for ``view_name`` in a year.

    Its own; for ESRS E1 that of the GHG Protocol, when history holds it alone and both have one control approach.
    """
    stand_in = _stand_in(history, view_name, year)
    return stand_in if stand_in and _one_control(settings, view_name, stand_in) else view_name


def set_aside_view(
    history: pd.DataFrame, settings: Mapping[str, object], view_name: str, year: int | None
) -> str:
    """The view of history that only another control approach keeps from standing for ``view_name``; "" without one."""
    stand_in = _stand_in(history, view_name, year)
    return stand_in if stand_in and not _one_control(settings, view_name, stand_in) else ""


def _one_control(settings: Mapping[str, object], one: str, other: str) -> bool:
    return control_of(settings, one) == control_of(settings, other)


def _stand_in(history: pd.DataFrame, view_name: str, year: int | None) -> str:
    """The view of the GHG Protocol that history holds of a year in the place of an ESRS one; "" otherwise."""
    stand_in = view_name.replace("esrs", "ghgp")
    if stand_in == view_name or history.empty or year is None:
        return ""
    held = set(history.loc[history["year"] == year, "view"])
    return "" if HISTORY_VIEW[view_name] in held or HISTORY_VIEW[stand_in] not in held else stand_in


def _added(found: Mapping[str, float], rows: Collection[str], nomenclature: str) -> float:
    """Sum of scopes or categories; NaN when a part of the total that is among them is not known at all."""
    for group in PARTS_OF_TOTAL[nomenclature]:
        among = [found[code] for code in group if code in rows]
        if among and np.isnan(among).all():
            return float("nan")
    return _sum(found[code] for code in rows)


def _typed(history: pd.DataFrame, view: str, year: int | None) -> dict[str, float]:
    if history.empty or year is None or not view:
        return {}
    rows = history[(history["view"] == view) & (history["year"] == year)]
    found: dict[str, float] = {}
    for row in rows.to_dict("records"):
        value = _number(row.get("total"))
        if np.isnan(value):
            value = _sum(_number(row.get(gas)) for gas in HISTORY_GASES)
        if not np.isnan(value):
            code = str(row.get("code") or "").strip()
            found[code] = found.get(code, 0.0) + value
    return found


def _sum(values: Iterable[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(sum(known)) if known else float("nan")


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        return float("nan")
    return float(value)


def against_previous(view: View, history: pd.DataFrame, year: int | None) -> pd.DataFrame:
    """Each row of a view beside an earlier ``year``: code, label, level, current, previous, change (fraction).

    ``previous`` and ``change`` are NaN where history holds nothing; a change from nil is NaN too.
    """
    before = past(history, view.name, year)
    rows = view.rows[view.rows["level"] <= 1]
    current = rows["total"].to_numpy(dtype=np.float64) / 1000.0
    previous = np.array([before[str(code)] for code in rows["code"]], dtype=np.float64)
    change = np.full(len(current), np.nan)
    np.divide(current, previous, out=change, where=previous > 0)
    return pd.DataFrame(
        {
            "code": rows["code"].to_numpy(dtype=object),
            "label": rows["label"].to_numpy(dtype=object),
            "level": rows["level"].to_numpy(dtype=np.int64),
            "current": current,
            "previous": previous,
            "change": change - 1.0,
        }
    )


# --- Targets -------------------------------------------------------------------------------------------------------


class Standing(StrEnum):
    """Where the year stands against the straight line from the base year to the target."""

    AHEAD = "en avance"
    BEHIND = "en retard"
    NOT_STARTED = "avant l'année de référence"
    NO_BASE = "valeur de référence à compléter"
    INCOMPLETE = "objectif à compléter"
    INTENSITY = "objectif en intensité, hors trajectoire"
    PARTIAL = "objectif partiel, hors trajectoire"


@dataclass(frozen=True, slots=True)
class Current:
    """The year of the inventory and tCO2e of each perimeter that a target may name."""

    year: int | None
    tonnes: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A target and its straight line, in tCO2e; NaN where it cannot be drawn, and ``standing`` says why.

    ``path``: (year, tonnes) of both ends; ``measured``: the years known, from history then the inventory. ``gap`` is
    measured − expected: negative is ahead.
    """

    label: str
    perimeter: str
    standing: Standing
    base_year: int | None
    base: float
    target_year: int | None
    target: float
    expected: float
    measured_now: float
    measured: tuple[tuple[int, float], ...]

    @property
    def gap(self) -> float:
        return self.measured_now - self.expected

    @property
    def path(self) -> tuple[tuple[int, float], ...]:
        if self.length <= 0 or np.isnan(self.base) or np.isnan(self.target):
            return ()
        return ((int(self.base_year or 0), self.base), (int(self.target_year or 0), self.target))

    @property
    def length(self) -> int:
        """Years from the base year to the target, nil when one is missing."""
        return (self.target_year or 0) - (self.base_year or 0) if self.base_year and self.target_year else 0

    def expected_in(self, year: int) -> float:
        """The straight line in a year; the target stands after its year. NaN before the base year or without line."""
        if not self.path or year < self.path[0][0]:
            return float("nan")
        (start, base), (end, target) = self.path
        return target if year >= end else base + (target - base) * (year - start) / (end - start)


@cache
def perimeters() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """View and rows summed of each perimeter that a target may name."""
    table = pd.read_csv(packaged("inventory") / "perimeters.csv", sep=";", dtype=str)
    return {
        str(name): (str(view), tuple(str(rows).split("+")))
        for name, view, rows in table.itertuples(index=False)
    }


def current_of(views: Mapping[str, View], year: int | None) -> Current:
    """The inventory's year for ``trajectory``."""
    tonnes = {
        name: sum(views[view].kg(code) for code in rows) / 1000.0
        for name, (view, rows) in perimeters().items()
    }
    return Current(year, tonnes)


def measured_in(history: pd.DataFrame, perimeter: str, year: int | None) -> float:
    """tCO2e of a perimeter in an earlier year, as history holds it; NaN when a part of it is missing."""
    view, rows = perimeters()[perimeter]
    found = past(history, view, year)
    return found[rows[0]] if len(rows) == 1 else _added(found, rows, NOMENCLATURE[view])


def trajectory(targets: pd.DataFrame, history: pd.DataFrame, current: Current) -> tuple[Trajectory, ...]:
    """Each target of the register with its straight line and where the year stands on it.

    The base value is the typed one, else that of history; a target in intensity or on a part of its perimeter is not
    compared with emissions as a whole.
    """
    return tuple(_trajectory(row, history, current) for row in targets.to_dict("records"))


def _trajectory(row: Mapping[object, object], history: pd.DataFrame, current: Current) -> Trajectory:
    perimeter = str(row.get("perimeter") or "")
    base_year, target_year = _year(row.get("base_year")), _year(row.get("target_year"))
    reduction, coverage = _number(row.get("reduction")), _number(row.get("coverage"))
    known = perimeter in perimeters()
    base = _number(row.get("base_value"))
    if np.isnan(base) and known:
        base = measured_in(history, perimeter, base_year)
    now = current.tonnes[perimeter] if known and current.year is not None else float("nan")
    blank = float("nan")
    drawn = Trajectory(
        str(row.get("label") or perimeter), perimeter, Standing.INCOMPLETE, base_year, base, target_year,
        base * (1.0 - reduction), blank, now, _measured(history, perimeter, current) if known else (),
    )  # fmt: skip
    expected = drawn.expected_in(current.year) if current.year is not None else blank
    complete = None not in (base_year, target_year, current.year) and known and not np.isnan(reduction)
    if str(row.get("kind") or "") == "intensité":
        standing = Standing.INTENSITY
    elif not np.isnan(coverage) and coverage < 1.0:
        standing = Standing.PARTIAL
    elif not complete or drawn.length <= 0:
        standing = Standing.INCOMPLETE
    elif np.isnan(base):
        standing = Standing.NO_BASE
    elif np.isnan(expected):
        standing = Standing.NOT_STARTED
    else:
        standing = Standing.AHEAD if now <= expected * (1 + 1e-12) else Standing.BEHIND
    if standing not in (Standing.AHEAD, Standing.BEHIND):
        expected = blank
    return Trajectory(
        drawn.label, perimeter, standing, base_year, base, target_year, drawn.target, expected, now,
        drawn.measured,
    )  # fmt: skip


def _measured(history: pd.DataFrame, perimeter: str, current: Current) -> tuple[tuple[int, float], ...]:
    years = sorted({int(year) for year in history["year"].dropna()}) if len(history) else []
    found = [(year, measured_in(history, perimeter, year)) for year in years if year != current.year]
    if current.year is not None:
        found.append((current.year, current.tonnes[perimeter]))
    return tuple(sorted((year, value) for year, value in found if not np.isnan(value)))


def _year(value: object) -> int | None:
    number = _number(value)
    return int(number) if np.isfinite(number) else None
