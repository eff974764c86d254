"""Quantity × factor, once, arrays in and arrays out (decision A13). Cells, sheets and the command line all call this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.factors import money as price
from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.inventory.gases import COLUMNS, GASES, STAGES
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.units import conversion, money_of, parse_unit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NEGATIVE = "CW-306"
NOT_FINITE = "CW-330"
NO_FACTOR = "CW-318"


@dataclass(frozen=True)
class FactorArrays:
    """The catalogue as arrays: per factor its kgCO2e by gas, per stage the same, in the order of ``ids``."""

    ids: pd.Index[str]
    units: npt.NDArray[np.object_]
    values: Floats  # factors × COLUMNS
    stage_start: Ints
    stage_count: Ints
    stage_kind: npt.NDArray[np.int8]
    stage_values: Floats  # stages × COLUMNS

    @cached_property
    def totals(self) -> Floats:
        """kgCO2e per unit: the sum of the stages (decision B1)."""
        totals: Floats = self.values[:, : len(GASES)].sum(axis=1)
        return totals


def factor_arrays(catalogue: Catalogue) -> FactorArrays:
    """Arrays of a catalogue, made once for each."""
    return _arrays(catalogue)


@lru_cache(maxsize=8)
def _arrays(catalogue: Catalogue) -> FactorArrays:
    ids = pd.Index(catalogue.table.index.astype(str))
    stages = catalogue.stages
    factor = ids.get_indexer(pd.Index(stages["factor_id"].astype(str))).astype(np.int64)
    order = np.lexsort((stages["position"].to_numpy(dtype=np.float64), factor))
    factor, stages = factor[order], stages.iloc[order]
    kinds = stages["stage"].map({name: code for code, name in enumerate(STAGES)}).to_numpy(dtype=np.int8)
    values = np.nan_to_num(stages[list(COLUMNS)].to_numpy(dtype=np.float64))
    count = np.bincount(factor, minlength=len(ids)).astype(np.int64)
    start = (np.cumsum(count) - count).astype(np.int64)
    sums = np.zeros((len(ids), len(COLUMNS)))
    np.add.at(sums, factor, values)
    units = catalogue.table["unit"].astype(str).to_numpy(dtype=object)
    return FactorArrays(ids, units, sums, start, count, kinds, values)


@dataclass(frozen=True)
class Block:
    """Emissions of n (factor, quantity, unit) triples. ``kg`` is NaN where ``codes`` holds a refusal."""

    kg: Floats
    codes: npt.NDArray[np.object_]
    factor: Ints  # position in FactorArrays.ids, -1 when unresolved
    quantity: Floats  # in the factor's unit
    ratio: Floats  # factor units per activity unit
    arrays: FactorArrays

    @property
    def factor_ids(self) -> list[str]:
        ids = self.arrays.ids
        return ["" if position < 0 else str(ids[position]) for position in self.factor]

    @property
    def gases(self) -> Floats:
        """kgCO2e by gas (n × COLUMNS), NaN where refused."""
        values = self.arrays.values[self.factor] * self.quantity[:, None]
        values[self.codes != ""] = np.nan
        return values


def emissions_of(
    factor_refs: Sequence[object] | pd.Series,
    quantities: Sequence[float] | Floats,
    units: Sequence[str] | pd.Series,
    year: int | None,
    catalogue: Catalogue,
) -> Block:
    """Emissions (kgCO2e) of each triple; a blank unit means the factor's own.

    Quantities are numbers already (NaN: the caller refused it). A refusal is a code at its place, its neighbours
    are computed.
    """
    arrays = factor_arrays(catalogue)
    factor, codes = _resolve(factor_refs, year, catalogue, arrays)
    quantity = np.asarray(quantities, dtype=np.float64)
    ratio, unit_codes = _ratios(units, factor, arrays, catalogue)
    codes = np.where(codes == "", unit_codes, codes)
    codes[(codes == "") & (quantity < 0)] = NEGATIVE
    converted = quantity * ratio
    kg = converted * arrays.totals[factor]
    codes[(codes == "") & ~np.isfinite(kg)] = NOT_FINITE
    kg[codes != ""] = np.nan
    return Block(kg, codes, factor, converted, ratio, arrays)


def _resolve(
    refs: Sequence[object] | pd.Series, year: int | None, catalogue: Catalogue, arrays: FactorArrays
) -> tuple[Ints, npt.NDArray[np.object_]]:
    series = refs if isinstance(refs, pd.Series) else pd.Series(list(refs), dtype=object)
    position, uniques = pd.factorize(series, use_na_sentinel=True)
    found = np.full(len(uniques) + 1, -1, dtype=np.int64)
    codes = np.full(len(uniques) + 1, NO_FACTOR, dtype=object)
    for number, ref in enumerate(uniques):
        resolution = catalogue.resolve(ref, year)
        if resolution.id is None:
            codes[number] = resolution.code or NO_FACTOR
        else:
            codes[number], found[number] = "", arrays.ids.get_loc(resolution.id)
    return found[position], codes[position]


def _ratios(
    units: Sequence[str] | pd.Series, factor: Ints, arrays: FactorArrays, catalogue: Catalogue
) -> tuple[Floats, npt.NDArray[np.object_]]:
    series = units if isinstance(units, pd.Series) else pd.Series(list(units), dtype=object)
    position, uniques = pd.factorize(series, use_na_sentinel=True)
    labels = [str(unit).strip() for unit in uniques] + [""]
    pairs = (position.astype(np.int64) % len(labels)) * (len(arrays.ids) + 1) + factor + 1
    pair_position, pair_values = pd.factorize(pairs)
    ratios = np.full(len(pair_values), np.nan)
    codes = np.full(len(pair_values), "", dtype=object)
    for number, pair in enumerate(pair_values):
        label, target = labels[pair // (len(arrays.ids) + 1)], pair % (len(arrays.ids) + 1) - 1
        if target < 0:
            continue
        try:
            ratios[number] = activity_ratio(label, str(arrays.ids[target]), catalogue)
        except CodedError as refusal:
            codes[number] = refusal.message.code
    return ratios[pair_position], codes[pair_position]


def activity_ratio(unit: str, factor_id: str, catalogue: Catalogue) -> float:
    """How many factor units make one activity unit; 1 when ``unit`` is blank.

    Money goes through currency and price year (decision B11). Raises CodedError, which names the missing quantity
    when dimensions differ.
    """
    target = str(catalogue.table.at[factor_id, "unit"])
    if not unit or unit == target:
        return 1.0
    spent, priced = money_of(unit), money_of(target)
    if spent is None or priced is None:
        return conversion(unit, target)
    if spent.price_year == priced.price_year and spent.currency == priced.currency:
        return conversion(unit, target)
    return _money_ratio(unit, target, factor_id, catalogue)


def _money_ratio(unit: str, target: str, factor_id: str, catalogue: Catalogue) -> float:
    """Spent money in the factor's money: currency at the spending year, then prices of the factor's year."""
    source, aim = parse_unit(unit), parse_unit(target)
    spent, priced = source.money, aim.money
    if spent is None or priced is None or spent.price_year is None or priced.price_year is None:
        raise CodedError("CW-312", unit=unit, target=target)
    if spent.basis != "HT":
        raise CodedError("CW-310", unit=unit)
    ratio = source.scale / aim.scale
    if spent.currency != priced.currency:
        ratio *= price.exchange_rate(priced.currency, spent.price_year)
        ratio /= price.exchange_rate(spent.currency, spent.price_year)
    if spent.price_year != priced.price_year:
        ratio *= price.price_factor(factor_id, spent.price_year, priced.price_year)
    return ratio


def refusal(code: str, factor_ref: object, unit: str, year: int | None, catalogue: Catalogue) -> Message:
    """The full message of a code that ``emissions_of`` returned for these arguments."""
    resolution = catalogue.resolve(factor_ref, year)
    if resolution.id is None:
        if code in resolution.codes:
            return message(code, **resolution.parameters)
        return message(code, factor=factor_ref, unit=unit)
    try:
        activity_ratio(unit, resolution.id, catalogue)
    except CodedError as error:
        if error.message.code == code:
            return error.message
    return message(code, factor=factor_ref, unit=unit)
