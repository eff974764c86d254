"""Uncertainty of an inventory: from lines and factors to posts, scopes and totals, analytically and by drawing.

Lines that share a factor share its error, and all the monetary ratios of one source do (decision B11); the errors of
activity data are independent, unless the setting ``activity_correlation`` says that those of one meter, or of one
supplier, share theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.inventory.core import factor_arrays, product
from carbon_workbook.inventory.coverage import texts
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.uncertainty import (
    gsd2_of_notes,
    log_of_percent,
    notes_of,
    percent_of_gsd2,
    quality_class,
    usable,
)
from carbon_workbook.inventory.views import NOMENCLATURE, Draft, View, row_frame, row_table, view
from carbon_workbook.messages import Message, message

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DRAWS = 10_000
SEED = 20_241_231
BLOCK = 2**19
"""Numbers drawn at once: what stays in the processor's cache."""

DOCUMENTED_ABOVE = 0.20
"""Seed rule 16: above ± 20 %, a line says why."""
PLAUSIBLE = {"S1": (0.05, 0.10), "S2": (0.05, 0.10), "S3": (0.20, 0.50)}
"""Seed rule 53: usual uncertainty of the scopes; outside is a remark, never an error."""
UNDOCUMENTED, IMPLAUSIBLE, UNKNOWN = "CW-360", "CW-361", "CW-362"

INDEPENDENT = "aucune"
SHARING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"compteur": ("meter", "site"), "fournisseur": ("partner",)}
)
"""Columns that name whose error the data share, by value of the setting; a line blank in the first one has its own."""


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
    log, unknown = log_of_percent(typed), np.isnan(typed)
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


def factor_spread(catalogue: Catalogue) -> Spread:
    """Spread of each factor of the catalogue (percent there); a conversion by convention is exact."""
    return _factor_spread(catalogue)


@lru_cache(maxsize=8)
def _factor_spread(catalogue: Catalogue) -> Spread:
    table = catalogue.table
    percent = table["uncertainty_pct"].to_numpy(dtype=np.float64) / 100.0
    percent = np.where((table["kind"] == "convention").to_numpy(dtype=bool), 0.0, percent)
    unknown = ~usable(percent)
    return Spread(np.where(unknown, _unknown_log(), log_of_percent(percent)), unknown)


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

    ``activity`` numbers the groups of entries that share the error of their datum, ``stage_factor`` the groups of
    stages that share the error of their factor; spreads are ln(GSD²). What a factor subtracts from a post (removals,
    avoided emissions) is kept out: its entries are nil.
    """

    line: Ints
    activity: Ints  # equal ones stand together
    activity_log: Floats
    code: npt.NDArray[np.int16]
    row: Ints  # stage of the factor
    kg: Floats
    by_stage: Floats  # codes × stages, kg
    stage_factor: Ints
    stage_log: Floats
    kept_out: Floats  # negative kg of each code
    codes: tuple[str, ...]
    nomenclature: str
    shared: bool = False

    @property
    def by_code(self) -> Floats:
        """Positive kgCO2e of each code."""
        kg: Floats = self.by_stage.sum(axis=1)
        return kg

    @cached_property
    def members(self) -> Floats:
        """Rows of the view's table × codes: 1 where the row sums the code."""
        return _members(self.nomenclature, self.codes)


@lru_cache(maxsize=64)
def _members(nomenclature: str, codes: tuple[str, ...]) -> Floats:
    frame = row_frame(nomenclature)
    return np.array([[code in members for code in codes] for _, _, _, members in frame], dtype=np.float64)


def exposure(inventory: Inventory, shown: View, data: Spread | None = None) -> Exposure:
    """The entries of a view. ``data``: the spread of the lines, when it is known already."""
    placed = shown.placed
    stages = _stages(inventory.catalogue)
    by_stage = placed.by_stage * placed.stage_totals
    sums = np.add.reduceat(by_stage, stages.starts, axis=1)
    kept_out = np.minimum(sums, 0.0).sum(axis=1)
    kg = placed.stage_totals.take(placed.row) * placed.quantity
    if kept_out.any():
        out = (sums < 0)[:, stages.factor]
        by_stage = np.where(out, 0.0, by_stage)
        suspect = np.flatnonzero(out.any(axis=0).take(placed.row))
        kg[suspect[out[placed.code[suspect], placed.row[suspect]]]] = 0.0
    log = (data or line_spread(inventory.lines)).log
    line, code, row, activity = placed.line, placed.code, placed.row, placed.line
    shared = correlation(inventory) != INDEPENDENT
    if shared:
        activity = _shared_groups(_sharers(inventory))[line]
        order = np.argsort(activity, kind="stable")
        line, code, row, kg, activity = line[order], code[order], row[order], kg[order], activity[order]
    return Exposure(
        line=line,
        activity=activity,
        activity_log=log.take(line),
        code=code,
        row=row,
        kg=kg,
        by_stage=by_stage,
        stage_factor=stages.group,
        stage_log=stages.log,
        kept_out=kept_out,
        codes=placed.codes,
        nomenclature=NOMENCLATURE[shown.name],
        shared=shared,
    )


@dataclass(frozen=True)
class _Stages:
    """Of each stage: its factor (position), the group of that factor and its spread. ``starts``: first of a factor.

    The last stage is what a view adds by itself: no factor, the worst spread.
    """

    starts: Ints
    factor: Ints
    group: Ints
    log: Floats


@lru_cache(maxsize=8)
def _stages(catalogue: Catalogue) -> _Stages:
    arrays = factor_arrays(catalogue)
    group, names = factor_groups(catalogue)
    factor = np.repeat(np.arange(len(arrays.ids) + 1), np.append(arrays.stage_count, 1))
    return _Stages(
        np.append(arrays.stage_start, len(arrays.stage_values)),
        factor,
        np.append(group, len(names))[factor],
        np.append(factor_spread(catalogue).log, _unknown_log())[factor],
    )


def correlation(inventory: Inventory) -> str:
    """Which activity data err together: aucune, compteur or fournisseur, as the settings say."""
    chosen = str(inventory.settings.get("activity_correlation") or "")
    return chosen if chosen in SHARING else INDEPENDENT


def _sharers(inventory: Inventory) -> npt.NDArray[np.object_]:
    """Meter or supplier of each line, "" when it has none: two sites may give one name to their meters."""
    name, *rest = (texts(inventory.lines, column) for column in SHARING[correlation(inventory)])
    for other in rest:
        name = np.where((name != "") & (other != ""), name + " (" + other + ")", name)
    return name


def _shared_groups(names: npt.NDArray[np.object_]) -> Ints:
    """Group of each line: its name in any case, or itself when it has none."""
    position, uniques = pd.factorize(np.array([name.casefold() for name in names], dtype=object))
    named = np.array([bool(name) for name in uniques], dtype=bool)[position]
    return np.where(named, len(names) + position, np.arange(len(names)))


# --- Analytic ------------------------------------------------------------------------------------------------------


def covariance(found: Exposure, ipcc: bool = False) -> Floats:
    """Covariance of the codes in kg², first order: Σ over the groups that share an error of (Σ E·ln(GSD²))².

    It is Σ (E·ln(GSD²))² when no line shares anything. With ``ipcc``, ± fractions stand for ln(GSD²): lines of one
    group add up, groups combine in quadrature (IPCC 2006 vol. 1 ch. 3, approach 1).
    """
    count = len(found.codes)
    data, factors = found.activity_log, found.stage_log
    if ipcc:
        data, factors = percent_of_gsd2(np.exp(data)), percent_of_gsd2(np.exp(factors))
    load = found.kg * data
    activity, code = found.activity, found.code.astype(np.int64)
    if found.shared:
        place, uniques = np.unique(activity * count + code, return_inverse=True)[::-1]
        load = np.asarray(np.bincount(place, weights=load, minlength=len(uniques)), dtype=np.float64)
        activity, code = np.divmod(uniques, count)
    by_group = _by_factor(found, factors)
    return _products(activity, code, load, count) + product(by_group, by_group.T)


def _by_factor(found: Exposure, spread: Floats) -> Floats:
    """Codes × groups of factors: Σ E × spread."""
    order = np.argsort(found.stage_factor, kind="stable")
    group = found.stage_factor[order]
    starts = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
    loads: Floats = np.add.reduceat((found.by_stage * spread)[:, order], starts, axis=1)
    return loads


def _products(group: Ints, code: Ints, load: Floats, count: int) -> Floats:
    """Σ over groups of the products of their loads, code by code. The members of a group stand together and are few."""
    own = np.bincount(code, weights=load * load, minlength=count)
    cross = np.zeros(count * count)
    next_too = group[1:] == group[:-1]
    both, lag = next_too, 1
    while len(first := np.flatnonzero(both)):
        other = first + lag
        place = code.take(first) * count + code.take(other)
        cross += np.bincount(place, weights=load.take(first) * load.take(other), minlength=count * count)
        both, lag = both[:-1] & next_too[lag:], lag + 1
    square = cross.reshape(count, count)
    products: Floats = np.diag(own) + square + square.T
    return products


def row_uncertainty(inventory: Inventory, shown: View, data: Spread | None = None) -> pd.DataFrame:
    """Interval of each row of a view, total and subtotals included.

    Columns: code, label, level, kg (positive part, which the interval is of), kept_out_kg (negative), gsd2, half (± as
    a fraction: GSD² − 1), low_kg, high_kg, quality (class 1–5). NaN when nothing is positive: not applicable.
    """
    found = exposure(inventory, shown, data)
    kg, log = _row_logs(found, covariance(found))
    gsd2, nil = np.exp(log), np.isnan(log)
    numbers = {
        "kg": kg,
        "kept_out_kg": found.members @ found.kept_out,
        "gsd2": gsd2,
        "half": gsd2 - 1.0,
        "low_kg": kg / gsd2,
        "high_kg": kg * gsd2,
        "quality": np.where(nil, np.nan, quality_class(np.where(nil, 1.0, gsd2))),
    }
    return row_table(found.nomenclature, numbers)


def variance_parts(inventory: Inventory, shown: View, code: str) -> pd.DataFrame:
    """What each part of a line gives to the variance of a row of a view: line, stage_row, kg, share.

    ``share``: its covariance with the row over the variance of the row, so that they sum to 1; nil where nothing is
    uncertain. A part that errs with others carries its own portion of their common error. Raises ValueError.
    """
    found = exposure(inventory, shown)
    members = found.members[[row[0] for row in row_frame(found.nomenclature)].index(code)]
    held = np.flatnonzero((members[found.code] > 0) & (found.kg != 0))
    kg, row, activity = found.kg[held], found.row[held], found.activity[held]
    group, data, factor = found.stage_factor[row], kg * found.activity_log[held], kg * found.stage_log[row]
    load = data * np.bincount(activity, data)[activity] + factor * np.bincount(group, factor)[group]
    whole = float(load.sum())
    share = load / whole if whole else np.zeros(len(load))
    return pd.DataFrame({"line": found.line[held], "stage_row": row, "kg": kg, "share": share})


def row_percent(inventory: Inventory, shown: View) -> pd.Series:
    """± fraction of each row of a view by the IPCC's approach 1, by code; NaN where nothing is positive."""
    found = exposure(inventory, shown)
    codes = [row[0] for row in row_frame(found.nomenclature)]
    return pd.Series(_row_logs(found, covariance(found, ipcc=True))[1], index=codes)


def _row_logs(found: Exposure, products: Floats) -> tuple[Floats, Floats]:
    """kg of each row, and its deviation as a fraction of it."""
    members, kg = found.members, found.members @ found.by_code
    variance = ((members @ products) * members).sum(axis=1)
    relative = np.full(len(kg), np.nan)
    np.divide(np.sqrt(np.maximum(variance, 0.0)), kg, out=relative, where=kg > 0)
    return kg, relative


def uncertainties(inventory: Inventory, shown: Mapping[str, View]) -> dict[str, pd.DataFrame]:
    """``row_uncertainty`` of each view by name; views of the same parts have the same one."""
    data, found = line_spread(inventory.lines), dict[Draft, pd.DataFrame]()
    for one in shown.values():
        if one.draft not in found:
            found[one.draft] = row_uncertainty(inventory, one, data=data)
    return {name: found[one.draft] for name, one in shown.items()}


def line_uncertainty(inventory: Inventory) -> pd.DataFrame:
    """Interval of the reference value of each line: gsd2, half, low_kg, high_kg, quality, unknown.

    ``unknown``: neither ± % nor notes for the datum or for the factor. NaN for a line refused, nil or negative.
    """
    data, factors, block = line_spread(inventory.lines), factor_spread(inventory.catalogue), inventory.block
    log = np.hypot(data.log, np.append(factors.log, 0.0)[block.factor])
    with np.errstate(invalid="ignore"):
        shown = block.kg > 0
    gsd2 = np.where(shown, np.exp(log), np.nan)
    quality = np.where(shown, quality_class(np.where(shown, gsd2, 1.0)), np.nan)
    return pd.DataFrame(
        {
            "gsd2": gsd2,
            "half": gsd2 - 1.0,
            "low_kg": block.kg / gsd2,
            "high_kg": block.kg * gsd2,
            "quality": quality,
            "unknown": shown & (data.unknown | np.append(factors.unknown, False)[block.factor]),
        }
    )


# --- Monte Carlo ---------------------------------------------------------------------------------------------------


def draws(found: Exposure, count: int = DRAWS, seed: int = SEED) -> Floats:
    """Drawn kgCO2e (count × codes): each entry times the lognormal errors of its two groups, σ = ln(GSD²) ÷ 2.

    The median of an entry is its kg, as in the analytic formulas. The same seed gives the same draws.
    """
    plan = _plan(found)
    activities, factors = np.random.default_rng(seed).spawn(2)
    totals = np.zeros((count, len(found.codes)))
    codes = plan.code[plan.code_starts]
    step = max(1, BLOCK // max(1, len(plan.kg)))
    for first in range(0, count if len(plan.kg) else 0, step):
        rows = min(step, count - first)
        error = activities.standard_normal((rows, plan.activities))
        if plan.activity is not None:
            error = error.take(plan.activity, axis=1)
        error *= plan.activity_sigma
        np.exp(error, out=error)
        error *= plan.kg
        bundles = np.add.reduceat(error, plan.starts, axis=1)
        shared = factors.standard_normal((rows, plan.factors)).take(plan.factor, axis=1)
        bundles *= np.exp(shared * plan.factor_sigma)
        totals[first : first + rows, codes] = np.add.reduceat(bundles, plan.code_starts, axis=1)
    return totals


@dataclass(frozen=True)
class _Plan:
    """Entries sorted by bundle (code, factor group, spread): what is drawn, multiplied and summed, in this order.

    ``activity``: the column drawn for each entry, None when each has its own, in order.
    """

    kg: Floats
    activity: Ints | None
    activities: int
    activity_sigma: Floats
    starts: Ints
    factor: Ints
    factors: int
    factor_sigma: Floats
    code: Ints
    code_starts: Ints  # first bundle of each code


def _plan(found: Exposure) -> _Plan:
    held = np.flatnonzero(found.kg)
    factor, log, code = (
        found.stage_factor[found.row[held]],
        found.stage_log[found.row[held]],
        found.code[held],
    )
    order = np.lexsort((log, factor, code))
    held, factor, log, code = held[order], factor[order], log[order], code[order]
    factor, groups = pd.factorize(factor)
    activity, drawn = pd.factorize(found.activity[held])
    change = (np.diff(code) != 0) | (np.diff(factor) != 0) | (np.diff(log) != 0)
    starts = np.append(0, np.flatnonzero(change) + 1)[: len(held)]
    code = code[starts].astype(np.int64)
    return _Plan(
        kg=found.kg[held],
        activity=None if len(drawn) == len(held) else activity.astype(np.int64),
        activities=len(drawn),
        activity_sigma=found.activity_log[held] / 2.0,
        starts=starts,
        factor=factor[starts].astype(np.int64),
        factors=len(groups),
        factor_sigma=log[starts] / 2.0,
        code=code,
        code_starts=np.unique(code, return_index=True)[1],
    )


def drawn_uncertainty(
    inventory: Inventory, shown: View, count: int = DRAWS, seed: int = SEED
) -> pd.DataFrame:
    """Each row of a view by drawing: code, mean_kg, low_kg and high_kg (2.5 and 97.5 %), gsd2, error.

    ``gsd2`` is exp(2 × standard deviation of the logarithm), to set beside the analytic one; ``error`` is the standard
    error of ln(gsd2). NaN when nothing is positive.
    """
    found = exposure(inventory, shown)
    totals = draws(found, count, seed) @ found.members.T
    rows: list[tuple[object, ...]] = []
    for (code, _, _, _), values in zip(row_frame(found.nomenclature), totals.T, strict=True):
        if not values.any():
            rows.append((code, *[np.nan] * 5))
            continue
        low, high = np.quantile(values, (0.025, 0.975))
        log = 2.0 * float(np.log(values).std(ddof=1))
        rows.append((code, float(values.mean()), low, high, np.exp(log), log / np.sqrt(2.0 * (count - 1))))
    return pd.DataFrame(rows, columns=["code", "mean_kg", "low_kg", "high_kg", "gsd2", "error"])


# --- What to improve first -----------------------------------------------------------------------------------------


def tornado(inventory: Inventory, shown: View) -> pd.DataFrame:
    """Sources of the uncertainty of a view's total, largest first: by how much each moves it, alone.

    Columns: kind (``facteur`` or ``donnée``), name (group of factors; id, or meter or supplier, of the lines), label,
    kg, low_kg and high_kg (change of the total at both bounds of this error), share (of the variance).
    """
    found = exposure(inventory, shown)
    catalogue, lines = inventory.catalogue, inventory.lines
    names = [*factor_groups(catalogue)[1], "Marché de l'électricité"]
    labels = catalogue.table["label"]
    stage_kg = found.by_stage.sum(axis=0)
    used = np.flatnonzero(stage_kg)
    factors, groups = _swings(found.stage_factor[used], stage_kg[used], found.stage_log[used])
    factors["name"] = [names[group] for group in groups]
    factors["label"] = [str(labels.get(name, name)) for name in factors["name"]]
    held = np.flatnonzero(found.kg)
    data, groups = _swings(found.activity[held], found.kg[held], found.activity_log[held])
    first = lines.iloc[found.line[held][np.unique(found.activity[held], return_index=True)[1]]]
    own = groups < len(lines)
    ids = first["line_id"].to_numpy(dtype=object)
    sharers = _sharers(inventory)[first.index] if found.shared else ids
    data["name"] = np.where(own, ids, sharers)
    labels_of = (
        first["label"].to_numpy(dtype=object) if "label" in first else np.full(len(first), "", dtype=object)
    )
    data["label"] = np.where(own, labels_of, sharers)
    table = pd.concat([factors.assign(kind="facteur"), data.assign(kind="donnée")], ignore_index=True)
    table = table[table["share"] > 0]
    table = table.assign(share=table["share"] / table["share"].sum())
    table = table.sort_values("share", ascending=False, kind="stable", ignore_index=True)
    return table[["kind", "name", "label", "kg", "low_kg", "high_kg", "share"]]


def _swings(group: Ints, kg: Floats, log: Floats) -> tuple[pd.DataFrame, Ints]:
    """kg, low_kg, high_kg and squared load (share) of each group, and the groups in increasing order."""
    groups, place = np.unique(group, return_inverse=True)
    weights = {"kg": kg, "low_kg": kg * np.expm1(-log), "high_kg": kg * np.expm1(log), "share": kg * log}
    table = pd.DataFrame({name: np.bincount(place, one, len(groups)) for name, one in weights.items()})
    return table.assign(share=table["share"] ** 2), groups


def first_to_improve(inventory: Inventory, shown: View) -> pd.DataFrame:
    """Lines by the share of the variance of a view's total that goes when their datum and factor become exact.

    Columns: line (position), kg, gain (fraction), half (± of the total once the line is exact).
    """
    found = exposure(inventory, shown)
    held = np.flatnonzero(found.kg)
    kg, factor = found.kg[held], found.stage_factor[found.row[held]]
    lines, place = np.unique(found.line[held], return_inverse=True)
    groups, group = np.unique(factor, return_inverse=True)
    pairs, pair = np.unique(place * len(groups) + group, return_inverse=True)
    load = kg * found.stage_log[found.row[held]]
    whole, own = np.bincount(group, load, len(groups)), np.bincount(pair, load, len(pairs))
    its_line, its_group = np.divmod(pairs, max(1, len(groups)))
    removed = whole[its_group] ** 2 - (whole[its_group] - own) ** 2
    # A line has one datum, hence one group of activities.
    sharers, group = np.unique(found.activity[held], return_inverse=True)
    load = kg * found.activity_log[held]
    data, datum = np.bincount(group, load, len(sharers)), np.bincount(place, load, len(lines))
    among = data[group[np.unique(place, return_index=True)[1]]]
    gain = among**2 - (among - datum) ** 2 + np.bincount(its_line, removed, len(lines))
    variance = float((data**2).sum() + (whole**2).sum())
    left = np.sqrt(np.maximum(variance - gain, 0.0)) / max(float(kg.sum()), np.finfo(float).tiny)
    table = pd.DataFrame(
        {
            "line": lines,
            "kg": np.bincount(place, kg, len(lines)),
            "gain": gain / variance if variance else np.zeros(len(lines)),
            "half": np.expm1(left),
        }
    )
    return table.sort_values("gain", ascending=False, kind="stable", ignore_index=True)


# --- Messages ------------------------------------------------------------------------------------------------------


def uncertainty_remarks(inventory: Inventory) -> Iterator[Message]:
    """Large uncertainties that nothing explains, one alert a factor; what nobody gave; scopes out of the usual."""
    yield from _undocumented(inventory)
    each = line_uncertainty(inventory)
    missing, whole = each["unknown"].to_numpy(dtype=bool), inventory.block.kg[each["gsd2"].notna()].sum()
    if missing.any():
        share = inventory.block.kg[missing].sum() / whole
        yield message(UNKNOWN, count=int(missing.sum()), share=_percent(float(share)))
    rows = row_uncertainty(inventory, view(inventory, "ghgp")).set_index("code")
    halves: pd.Series[float] = rows["half"]
    for scope, (low, high) in PLAUSIBLE.items():
        half = round(float(halves[scope]), 2)
        if half < low or half > high:
            span = f"{_percent(low)} à {_percent(high)}"
            yield message(IMPLAUSIBLE, scope=str(rows.at[scope, "label"]), half=_percent(half), span=span)


def _undocumented(inventory: Inventory) -> Iterator[Message]:
    lines, block = inventory.lines, inventory.block
    data, factors = line_spread(lines), factor_spread(inventory.catalogue)
    with np.errstate(invalid="ignore"):
        counted = (block.kg > 0) & (block.factor >= 0)
    limit = float(log_of_percent(DOCUMENTED_ABOVE)) + 1e-12
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
