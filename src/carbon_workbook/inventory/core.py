"""Quantity × factor, once, arrays in and arrays out (decision A13). Cells, sheets and command line call this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

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
LARGEST = 1e15
"""kgCO2e that no line can reach: some twenty times what the world emits in a year."""
SMALL_PRODUCT = 200_000
"""Multiplications under which BLAS keeps to one thread."""


@dataclass(frozen=True)
class FactorArrays:
    """The catalogue as arrays: per factor its kgCO2e by gas, per stage the same, in the order of ``ids``."""

    ids: pd.Index[str]
    units: npt.NDArray[np.object_]
    series: npt.NDArray[np.object_]
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

    @cached_property
    def stage_totals(self) -> Floats:
        """kgCO2e per unit of each stage."""
        totals: Floats = self.stage_values[:, : len(GASES)].sum(axis=1)
        return totals

    @cached_property
    def id_dtype(self) -> pd.CategoricalDtype:
        """Type of a column of factor ids."""
        return pd.CategoricalDtype(self.ids)

    @cached_property
    def patterns(self) -> tuple[Ints, tuple[tuple[int, ...], ...]]:
        """Position of each factor in the distinct sequences of stage kinds, and those."""
        places: dict[tuple[int, ...], int] = {}
        position = np.array(
            [
                places.setdefault(tuple(map(int, self.stage_kind[first : first + count])), len(places))
                for first, count in zip(self.stage_start, self.stage_count, strict=True)
            ],
            dtype=np.int64,
        )
        return position, tuple(places)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {str(key): position for position, key in enumerate(self.ids)}

    def position(self, factor_id: str) -> int:
        """Position of a factor. Raises KeyError."""
        return self._positions[factor_id]


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
    kinds = np.array([STAGES.index(str(stage)) for stage in stages["stage"]], dtype=np.int8)
    values = np.nan_to_num(stages[list(COLUMNS)].to_numpy(dtype=np.float64))
    count = np.bincount(factor, minlength=len(ids)).astype(np.int64)
    start = (np.cumsum(count) - count).astype(np.int64)
    sums = np.zeros((len(ids), len(COLUMNS)))
    np.add.at(sums, factor, values)
    units = catalogue.table["unit"].astype(str).to_numpy(dtype=object)
    series = catalogue.table["series"].astype(str).to_numpy(dtype=object)
    return FactorArrays(ids, units, series, sums, start, count, kinds, values)


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

    @cached_property
    def counted(self) -> npt.NDArray[np.bool_]:
        """Lines without a refusal."""
        counted: npt.NDArray[np.bool_] = ~np.isnan(self.kg)
        return counted

    @cached_property
    def _counted_quantity(self) -> Floats:
        return np.where(self.counted, self.quantity, np.nan)

    def gas(self, number: int) -> Floats:
        """kgCO2e of one of COLUMNS, NaN where refused."""
        values: Floats = self.arrays.values[:, number][self.factor] * self._counted_quantity
        return values

    @property
    def gases(self) -> Floats:
        """kgCO2e by gas (n × COLUMNS), NaN where refused."""
        return np.column_stack([self.gas(number) for number in range(len(COLUMNS))])


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
    quantity = np.asarray(quantities, dtype=np.float64)
    pair, pairs = _pairs(factor_refs, units, year, catalogue)
    factor, ratio = pairs.factor[pair], pairs.ratio[pair]
    with np.errstate(over="ignore", invalid="ignore"):
        converted = quantity * ratio
        kg = converted * arrays.totals[factor]
    codes = pairs.codes[pair]
    kg[pairs.refused[pair]] = np.nan
    with np.errstate(invalid="ignore"):
        negative = (quantity < 0) & ~pairs.refused[pair]
    kg[negative], codes[negative] = np.nan, NEGATIVE
    with np.errstate(invalid="ignore"):
        infinite = ~(np.abs(kg) <= LARGEST) & ~pairs.refused[pair] & ~negative
    kg[infinite], codes[infinite] = np.nan, NOT_FINITE
    return Block(kg, codes, factor, converted, ratio, arrays)


@dataclass(frozen=True)
class _Pairs:
    """What each distinct (reference, unit) pair gives: few of them serve many lines."""

    factor: Ints
    ratio: Floats
    codes: npt.NDArray[np.object_]

    @cached_property
    def refused(self) -> npt.NDArray[np.bool_]:
        return np.array([code != "" for code in self.codes], dtype=bool)


def _pairs(
    refs: Sequence[object] | pd.Series,
    units: Sequence[str] | pd.Series,
    year: int | None,
    catalogue: Catalogue,
) -> tuple[Ints, _Pairs]:
    """Position of each line in the distinct pairs, and those."""
    ref, ref_values = _distinct(refs)
    unit, unit_values = _distinct(units)
    labels = [str(value).strip() for value in unit_values] + [""]
    references = [*ref_values, None]
    width = len(labels)
    ref[ref < 0], unit[unit < 0] = len(references) - 1, width - 1
    pair, uniques = used_values(ref * width + unit, len(references) * width)
    rows, columns = np.divmod(uniques, width)
    found = [
        _outcome(references[row], labels[column], year, catalogue)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    factor, ratio, codes = zip(*found, strict=True) if found else ((), (), ())
    return pair, _Pairs(np.array(factor, dtype=np.int64), np.array(ratio), np.array(codes, dtype=object))


@lru_cache(maxsize=65536, typed=True)
def _outcome(ref: object, unit: str, year: int | None, catalogue: Catalogue) -> tuple[int, float, str]:
    """Position of the factor (-1: none), factor units per activity unit, and the code of the refusal if any."""
    resolution = catalogue.resolve(ref, year)
    if resolution.id is None:
        return -1, float("nan"), str(resolution.code)
    chosen, code = resolution.id, _unit_code(unit)
    if not code:
        chosen = of_price_year(chosen, unit, catalogue)
        try:
            return factor_arrays(catalogue).position(chosen), activity_ratio(unit, chosen, catalogue), ""
        except CodedError as refused:
            code = refused.message.code
    return factor_arrays(catalogue).position(chosen), float("nan"), code


def used_values(values: Ints, size: int) -> tuple[Ints, Ints]:
    """Position of each value among the distinct ones, and those; ``values`` are in [0, size)."""
    if size > 4 * len(values) + 1_000_000:
        position, uniques = pd.factorize(values)
        return position.astype(np.int64), uniques
    used = np.flatnonzero(np.bincount(values, minlength=size))
    rank = np.zeros(size, dtype=np.int64)
    rank[used] = np.arange(len(used))
    return rank[values], used


def product(left: Floats, right: Floats) -> Floats:
    """``left @ right`` in blocks small enough for one thread: those of BLAS wait on each other on a busy machine."""
    block = max(1, SMALL_PRODUCT // max(1, left.shape[0] * right.shape[1]))
    total: Floats = np.zeros((left.shape[0], right.shape[1]))
    for first in range(0, left.shape[1], block):
        total += left[:, first : first + block] @ right[first : first + block]
    return total


def _distinct(values: Sequence[object] | pd.Series) -> tuple[Ints, Sequence[object]]:
    """Position of each value among the distinct ones, -1 where it is missing; and those."""
    series = values if isinstance(values, pd.Series) else pd.Series(list(values), dtype=object)
    position, uniques = pd.factorize(series.to_numpy(dtype=object), use_na_sentinel=True)
    return position.astype(np.int64), list(uniques)


@lru_cache(maxsize=4096)
def _unit_code(label: str) -> str:
    """Code of the refusal of a text that is no unit, whatever the factor; "" when it is one or is blank."""
    if not label:
        return ""
    try:
        parse_unit(label)
    except CodedError as refused:
        return refused.message.code
    return ""


def of_price_year(factor_id: str, unit: str, catalogue: Catalogue) -> str:
    """The ratio of the same branch for the price year of ``unit``, when that year has one (decision B11).

    Deflating towards another year would hide how the branch's own emissions changed.
    """
    arrays = factor_arrays(catalogue)
    series = catalogue.series.get(str(arrays.series[arrays.position(factor_id)]))
    if not unit or series is None or not series.monetary:
        return factor_id
    spent = money_of(unit)
    if spent is None or spent.price_year is None:
        return factor_id
    return series.members.get(spent.price_year, factor_id)


def activity_ratio(unit: str, factor_id: str, catalogue: Catalogue) -> float:
    """How many factor units make one activity unit; 1 when ``unit`` is blank.

    Money goes through currency and price year (decision B11). Raises CodedError, which names the missing quantity
    when dimensions differ.
    """
    arrays = factor_arrays(catalogue)
    target = str(arrays.units[arrays.position(factor_id)])
    if not unit or unit == target:
        return 1.0
    spent, priced = money_of(unit), money_of(target)
    if spent is None or priced is None:
        return conversion(unit, target)
    if spent.currency == priced.currency and priced.price_year in (None, spent.price_year):
        return conversion(unit, target)
    return _money_ratio(unit, target, factor_id)


def _money_ratio(unit: str, target: str, factor_id: str) -> float:
    """Spent money in the factor's money: currency at the spending year, then prices of the factor's year.

    A factor without price year takes the amount as it is spent.
    """
    source, aim = parse_unit(unit), parse_unit(target)
    spent, priced = source.money, aim.money
    if spent is None or priced is None or spent.price_year is None:
        raise CodedError("CW-312", unit=unit, target=target)
    if spent.basis != "HT":
        raise CodedError("CW-118" if spent.basis else "CW-310", unit=unit, from_unit=unit, to_unit=target)
    ratio = source.scale / aim.scale
    if spent.currency != priced.currency:
        ratio *= price.exchange_rate(priced.currency, spent.price_year)
        ratio /= price.exchange_rate(spent.currency, spent.price_year)
    if priced.price_year not in (None, spent.price_year):
        ratio *= price.price_factor(factor_id, spent.price_year, priced.price_year)
    return ratio


def refusal(code: str, factor_ref: object, unit: str, year: int | None, catalogue: Catalogue) -> Message:
    """The full message of a code that ``emissions_of`` returned for these arguments."""
    resolution = catalogue.resolve(factor_ref, year)
    if resolution.id is None:
        if code in resolution.codes:
            return message(code, **dict[str, Any](resolution.parameters))
        return message(code, factor=factor_ref, unit=unit)
    try:
        activity_ratio(unit, of_price_year(resolution.id, unit, catalogue), catalogue)
    except CodedError as error:
        if error.message.code == code:
            return error.message
    return message(code, factor=factor_ref, unit=unit)
