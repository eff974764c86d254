"""Uncertainty of an inventory: from lines and factors to posts, scopes and totals, analytically and by drawing.

Lines that share a factor share its error, and all the monetary ratios of one source do (decision B11); the errors of
activity data are independent, unless a column (supplier, meter) says which lines share theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.inventory.core import FactorArrays, used_values
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.uncertainty import (
    gsd2_of_notes,
    gsd2_of_percent,
    notes_of,
    percent_of_gsd2,
    quality_class,
)
from carbon_workbook.inventory.views import NOMENCLATURE, TOTAL, View, row_frame, view
from carbon_workbook.messages import Message, message

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DRAWS = 10_000
SEED = 20_241_231
BLOCK = 2**19
"""Numbers drawn at once: what stays in the processor's cache."""

MOST = 4.0
"""± 400 %, the largest uncertainty of the base: above it a percentage was typed as a whole number."""
DOCUMENTED_ABOVE = 0.20
"""Seed rule 16: above ± 20 %, a line says why."""
PLAUSIBLE = {"S1": (0.05, 0.10), "S2": (0.05, 0.10), "S3": (0.20, 0.50)}
"""Seed rule 53: usual uncertainty of the scopes; outside is a remark, never an error."""
UNDOCUMENTED, IMPLAUSIBLE, UNKNOWN = "CW-360", "CW-361", "CW-362"


@dataclass(frozen=True)
class Spread:
    """ln(GSD²) of n values, and which of them nobody gave (all notes missing: the worst)."""

    log: Floats
    unknown: Bools


def line_spread(lines: pd.DataFrame) -> Spread:
    """Spread of the activity data: ± % (``uncertainty_pct``, a fraction) first, else ``quality_notes``."""
    count = len(lines)
    typed = np.full(count, np.nan)
    if "uncertainty_pct" in lines:
        typed = lines["uncertainty_pct"].to_numpy(dtype=np.float64).copy()
    typed[~usable(typed)] = np.nan
    log, unknown = np.log(gsd2_of_percent(typed)), np.isnan(typed)
    if not unknown.any():
        return Spread(log, unknown)
    log[unknown] = _unknown_log()
    if "quality_notes" in lines:
        position, texts = pd.factorize(lines["quality_notes"].to_numpy(dtype=object), use_na_sentinel=True)
        notes = [notes_of(str(text)) for text in texts]
        known = np.append([one is not None for one in notes], False).astype(bool)
        values = [np.nan if one is None else float(np.log(gsd2_of_notes(one))) for one in notes]
        noted = unknown & known[position]
        log[noted], unknown = np.append(values, np.nan)[position[noted]], unknown & ~noted
    return Spread(log, unknown)


def usable(uncertainty: Floats) -> Bools:
    """Which uncertainties (fractions) can be read: neither missing nor negative, nor above ± 400 %."""
    with np.errstate(invalid="ignore"):
        found: Bools = (uncertainty >= 0) & (uncertainty <= MOST)
    return found


def factor_spread(catalogue: Catalogue) -> Spread:
    """Spread of each factor of the catalogue (percent there); a conversion by convention is exact."""
    return _factor_spread(catalogue)


@lru_cache(maxsize=8)
def _factor_spread(catalogue: Catalogue) -> Spread:
    table = catalogue.table
    percent = table["uncertainty_pct"].to_numpy(dtype=np.float64) / 100.0
    percent = np.where((table["kind"] == "convention").to_numpy(dtype=bool), 0.0, percent)
    unknown = np.isnan(percent)
    return Spread(np.where(unknown, _unknown_log(), np.log(gsd2_of_percent(percent))), unknown)


@lru_cache(maxsize=8)
def factor_groups(catalogue: Catalogue) -> tuple[Ints, tuple[str, ...]]:
    """Group of each factor, whose members err together, and the name of each: a factor id, or a source of ratios."""
    table = catalogue.table
    names = table.index.astype(str).to_numpy(dtype=object).copy()
    monetary = (table["kind"] == "monetary").to_numpy(dtype=bool)
    names[monetary] = [f"Ratios monétaires, {source}" for source in table["source"].to_numpy()[monetary]]
    position, uniques = pd.factorize(names)
    return position.astype(np.int64), tuple(str(name) for name in uniques)


def _unknown_log() -> float:
    return float(np.log(gsd2_of_notes([np.nan] * 5)))


@dataclass(frozen=True)
class Exposure:
    """What a view holds, one entry a part of a line, with the two errors that multiply it.

    ``activity`` and ``factor`` number the groups of entries that share an error; the spreads are ln(GSD²). A factor
    whose sum in a code is negative (removals, avoided emissions) is kept out: its entries are nil.
    """

    activity: Ints  # sorted
    code: Ints
    kg: Floats
    activity_log: Floats
    line: Ints
    cell: Ints  # position in the cells below
    cell_code: Ints
    cell_factor: Ints
    cell_log: Floats
    cell_kg: Floats
    codes: tuple[str, ...]
    kept_out: Floats  # negative kgCO2e of each code, in no interval
    nomenclature: str

    @cached_property
    def by_code(self) -> Floats:
        """Positive kgCO2e of each code."""
        kg: Floats = np.bincount(self.cell_code, weights=self.cell_kg, minlength=len(self.codes))
        return kg

    @cached_property
    def members(self) -> Floats:
        """Rows of the view's table × codes: 1 where the row sums the code."""
        rows = row_frame(self.nomenclature)
        return np.array([[code in members for code in self.codes] for _, _, _, members in rows], dtype=float)

    @property
    def shown(self) -> Bools:
        """Codes that a row of the table sums."""
        shown: Bools = self.members.any(axis=0)
        return shown


# --- What to improve first -----------------------------------------------------------------------------------------


def tornado(inventory: Inventory, shown: View, shared: str = "") -> pd.DataFrame:
    """Sources of the uncertainty of a view's total, largest first: what each would move it by, alone.

    Columns: kind (``facteur`` or ``donnée``), name (group of factors, id or shared text of the lines), label, kg, low_kg
    and high_kg (change of the total at the bounds of this error), share of the variance.
    """
    found = exposure(inventory, shown, shared)
    names = factor_groups(inventory.catalogue)[1]
    frames = []
    for kind, group, log in (
        ("facteur", found.factor, found.factor_log),
        ("donnée", found.activity, found.activity_log),
    ):
        place, uniques = pd.factorize(group)
        count = len(uniques)
        low = np.bincount(place, weights=found.kg * np.expm1(-log), minlength=count)
        high = np.bincount(place, weights=found.kg * np.expm1(log), minlength=count)
        first = np.unique(place, return_index=True)[1]
        heaviest = inventory.lines.iloc[found.line[first]]
        frames.append(
            pd.DataFrame(
                {
                    "kind": kind,
                    "name": [names[one] for one in uniques]
                    if kind == "facteur"
                    else _texts(heaviest, shared, "line_id"),
                    "label": _factor_labels(inventory, [names[one] for one in uniques])
                    if kind == "facteur"
                    else _texts(heaviest, "label"),
                    "kg": np.bincount(place, weights=found.kg, minlength=count),
                    "low_kg": low,
                    "high_kg": high,
                    "share": np.bincount(place, weights=found.kg * log, minlength=count) ** 2,
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    whole = float(table["share"].sum())
    table = table[table["share"] > 0].assign(share=lambda rows: rows["share"] / whole)
    return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def _texts(lines: pd.DataFrame, *columns: str) -> list[str]:
    """The first of ``columns`` that a line has a text in."""
    found = [""] * len(lines)
    for column in columns:
        if column in lines:
            found = [text or str(value or "") for text, value in zip(found, lines[column], strict=True)]
    return found


def _factor_labels(inventory: Inventory, names: list[str]) -> list[str]:
    labels = inventory.catalogue.table["label"]
    return [str(labels.get(name, name)) for name in names]


def first_to_improve(inventory: Inventory, shown: View) -> pd.DataFrame:
    """Lines by the share of the variance of a view's total that goes when their datum and factor become exact.

    Columns: line (position), kg, gain (fraction), gsd2 (of the total once the line is exact).
    """
    found = exposure(inventory, shown)
    place, lines = pd.factorize(found.line)
    count = len(lines)
    data = np.bincount(place, weights=found.kg * found.activity_log, minlength=count) ** 2
    load = found.kg * found.factor_log
    group, groups = pd.factorize(found.factor)
    whole = np.bincount(group, weights=load, minlength=len(groups))
    variance = float(data.sum() + (whole**2).sum())
    pair, pairs = used_values(place * max(1, len(groups)) + group, count * max(1, len(groups)))
    own = np.bincount(pair, weights=load, minlength=len(pairs))
    with_line, its_group = np.divmod(pairs, max(1, len(groups)))
    removed = whole[its_group] ** 2 - (whole[its_group] - own) ** 2
    gain = data + np.bincount(with_line, weights=removed, minlength=count)
    left = np.sqrt(np.maximum(variance - gain, 0.0))
    table = pd.DataFrame(
        {
            "line": lines,
            "kg": np.bincount(place, weights=found.kg, minlength=count),
            "gain": gain / variance if variance else np.zeros(count),
            "gsd2": np.exp(left / found.kg.sum()) if count else np.zeros(0),
        }
    )
    return table.sort_values("gain", ascending=False, kind="stable", ignore_index=True)


# --- Messages ------------------------------------------------------------------------------------------------------


def uncertainty_remarks(inventory: Inventory) -> Iterator[Message]:
    """Large uncertainties that nothing explains, one alert a factor; what nobody gave; scopes out of the usual."""
    yield from _undocumented(inventory)
    rows = row_uncertainty(inventory, view(inventory, "ghgp")).set_index("code")
    if not rows.at[TOTAL, "kg"] > 0:
        return
    each = line_uncertainty(inventory)
    missing, whole = each["unknown"].to_numpy(dtype=bool), inventory.block.kg[each["gsd2"].notna()].sum()
    if missing.any():
        share = inventory.block.kg[missing].sum() / whole
        yield message(UNKNOWN, count=int(missing.sum()), share=_percent(float(share)))
    for scope, (low, high) in PLAUSIBLE.items():
        half = float(rows.at[scope, "half"])
        if half < low or half > high:
            span = f"{_percent(low)} à {_percent(high)}"
            yield message(IMPLAUSIBLE, scope=str(rows.at[scope, "label"]), half=_percent(half), span=span)


def _undocumented(inventory: Inventory) -> Iterator[Message]:
    lines, block = inventory.lines, inventory.block
    data, factors = line_spread(lines), factor_spread(inventory.catalogue)
    with np.errstate(invalid="ignore"):
        counted = (block.kg > 0) & (block.factor >= 0)
    limit = float(np.log(gsd2_of_percent(DOCUMENTED_ABOVE))) + 1e-12
    large = ~data.unknown & (data.log > limit)
    large |= (~factors.unknown & (factors.log > limit))[block.factor]
    silent = np.ones(len(lines), dtype=bool)
    for column in ("assumption", "evidence"):
        if column in lines:
            silent &= lines[column].astype(str).str.strip().eq("").to_numpy(dtype=bool)
    chosen = lines[counted & large & silent]
    spreads = np.hypot(data.log, factors.log[block.factor])
    for factor, group in chosen.groupby(chosen["factor_id"].astype(str), sort=False):
        first, more = group.iloc[0], len(group) - 1
        half = float(np.expm1(spreads[group.index[0]]))
        yield message(
            UNDOCUMENTED,
            sheet=str(first.get("title", "")),
            cell=str(first.get("factor_cell", "")),
            line_id=f"{first['line_id']}{f' (+{more})' if more else ''}",
            factor=factor,
            count=len(group),
            half=_percent(half),
        )


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.0f}\u202f%"
