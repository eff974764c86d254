"""Activity lines to an inventory: factor, conversion, gases and stages of each line, or the code of its refusal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.inventory import market
from carbon_workbook.inventory.core import Block, emissions_of
from carbon_workbook.inventory.gases import COLUMNS, GASES, STAGES
from carbon_workbook.inventory.model import Inventory, parts_of, year_of
from carbon_workbook.messages import Message

INSTRUMENTS = "instruments"
GOODS_AND_SERVICES = "achats"
ENERGY_UPSTREAM, UPSTREAM, NETWORK = "energie_amont", "amont", "réseau"
WRONG_KIND = "CW-319"

DEFAULTS: Mapping[str, object] = MappingProxyType(
    {
        "line_id": "",
        "option": "",
        "control_operational": True,
        "control_financial": True,
        "national": True,
        "country": "FR",
        "kinds": "",
        "acquisition_year": np.nan,
        "life_years": np.nan,
        "disposal_year": np.nan,
        "instrument_type": "",
        "cancelled": "",
        "instrument_factor": np.nan,
    }
)
"""What a line is when a column is absent: controlled, national, no special convention."""


def compute(
    lines: pd.DataFrame,
    catalogue: Catalogue,
    settings: Mapping[str, object],
    notes: tuple[Message, ...] = (),
) -> Inventory:
    """Emissions of activity lines.

    ``lines`` needs: sheet, posting, factor_ref, activity, activity_unit; other columns have ``DEFAULTS``. A line
    whose ``code`` is already set was refused at entry and stays so. Rows out = rows in, in the same order.
    """
    frame = _completed(lines)
    block = emissions_of(
        frame["factor_ref"],
        frame["activity"].to_numpy(dtype=np.float64),
        frame["activity_unit"],
        year_of(settings),
        catalogue,
    )
    instrument = (frame["posting"] == INSTRUMENTS).to_numpy(dtype=bool)
    if instrument.any():
        block = _without_emission(block, instrument)
    if "code" in frame:
        block = _refused_at_entry(block, frame["code"].to_numpy(dtype=object))
    block = _refused(block, _wrong_kind(frame, block, catalogue))
    if instrument.any():
        block = _refused(block, market.unreadable(frame, block))
        block = _refused(block, market.uncovered(frame, block, settings))
    frame["option"] = _options(frame, block, catalogue)
    lines_with_factor = np.flatnonzero(block.counted & (block.factor >= 0))
    parts = parts_of(
        lines_with_factor, block.factor[lines_with_factor], block.quantity[lines_with_factor], block.arrays
    )
    return Inventory(settings, catalogue, _described(frame, block, catalogue), block, parts, notes)


def _completed(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines with their missing columns; what decides a post is categorical, there are few of each."""
    frame = lines.reset_index(drop=True).copy(deep=False)
    for column, value in DEFAULTS.items():
        if column in frame:
            continue
        if isinstance(value, str):
            frame[column] = _categories(np.zeros(len(frame), dtype=np.int8), [value])
        else:
            frame[column] = np.full(len(frame), value)
    for column in ("posting", "option"):
        if not isinstance(frame[column].dtype, pd.CategoricalDtype):
            codes, values = _distinct(frame[column])
            frame[column] = _categories(codes, [str(value) for value in values])
    return frame


def _distinct(values: pd.Series) -> tuple[npt.NDArray[Any], list[object]]:
    """Position of each value among the distinct ones (-1: none), and those."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes.to_numpy(), list(values.cat.categories)
    position, uniques = pd.factorize(values.to_numpy(dtype=object), use_na_sentinel=True)
    return position, list(uniques)


def _categories(codes: npt.NDArray[Any], values: list[str]) -> pd.Series:
    """Texts by their position in ``values``; what is missing (-1) is blank."""
    if len(codes) and codes.min() < 0:
        values = list(dict.fromkeys([*values, ""]))
        codes = np.where(codes < 0, values.index(""), codes)
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(values, dtype=object)))


def _without_emission(block: Block, where: npt.NDArray[np.bool_]) -> Block:
    """Contractual instruments carry energy, not emissions: their value is nil and their factor is not looked up."""
    kg, codes, factor = block.kg.copy(), block.codes.copy(), block.factor.copy()
    codes[where], kg[where], factor[where] = "", 0.0, -1
    return Block(kg, codes, factor, block.quantity, block.ratio, block.arrays)


def _refused_at_entry(block: Block, codes: npt.NDArray[np.object_]) -> Block:
    """The block with the codes given at entry, which explain better than what follows from them."""
    refused = codes != ""
    kg = np.where(refused, np.nan, block.kg)
    return Block(
        kg, np.where(refused, codes, block.codes), block.factor, block.quantity, block.ratio, block.arrays
    )


def _refused(block: Block, found: npt.NDArray[np.object_] | None) -> Block:
    """The block with more lines refused: the first code of a line is kept."""
    if found is None:
        return block
    fresh = np.flatnonzero((found != "") & block.counted)
    if not len(fresh):
        return block
    kg, codes = block.kg.copy(), block.codes.copy()
    kg[fresh], codes[fresh] = np.nan, found[fresh]
    return Block(kg, codes, block.factor, block.quantity, block.ratio, block.arrays)


def _wrong_kind(frame: pd.DataFrame, block: Block, catalogue: Catalogue) -> npt.NDArray[np.object_] | None:
    """Refuse a factor whose kind the sheet does not admit: the GWP of a gas burnt as fuel (decision B12)."""
    kinds = _texts(catalogue, "kind")
    position, allowed = _distinct(frame["kinds"])
    admitted = np.array(
        [[not a or not kind or kind in str(a).split("|") for kind in kinds] for a in [*allowed, ""]],
        dtype=bool,
    )
    if admitted.all():
        return None
    codes = np.full(len(frame), "", dtype=object)
    codes[~admitted[position, block.factor]] = WRONG_KIND
    return codes


@lru_cache(maxsize=16)
def _texts(catalogue: Catalogue, column: str) -> tuple[str, ...]:
    """A column of the catalogue as texts, "" at the end for a line without factor."""
    return (*catalogue.table[column].astype(str), "")


def _options(frame: pd.DataFrame, block: Block, catalogue: Catalogue) -> pd.Series:
    """What chooses among the posts of an activity.

    A purchase without nature takes its factor's; an upstream typed in category 3 is that of a fuel or of a network.
    """
    option = frame["option"].cat
    known = [str(value) for value in option.categories]
    natures = _texts(catalogue, "nature")
    values = list(dict.fromkeys([*known, "", NETWORK, *natures]))
    place = {value: position for position, value in enumerate(values)}
    codes = option.codes.to_numpy(dtype=np.int16)
    blank = (codes == place[""]) & (frame["posting"] == GOODS_AND_SERVICES).to_numpy(dtype=bool)
    nature = np.array([place[value] for value in natures], dtype=np.int16)
    codes = np.where(blank, nature[block.factor], codes)
    typed = np.flatnonzero((frame["posting"] == ENERGY_UPSTREAM).to_numpy(dtype=bool))
    typed = typed[np.isin(codes[typed], [place[value] for value in ("", UPSTREAM) if value in place])]
    codes[typed[_of_a_network(catalogue)[block.factor[typed]]]] = place[NETWORK]
    return _categories(codes, values)


@lru_cache(maxsize=16)
def _of_a_network(catalogue: Catalogue) -> npt.NDArray[np.bool_]:
    """Factors of delivered energy (electricity, heat, cold), which has a kWh of its own; a fuel's is PCI or PCS."""
    return np.array([not np.isnan(market.kwh_in(unit)) for unit in _texts(catalogue, "unit")], dtype=bool)


def _described(frame: pd.DataFrame, block: Block, catalogue: Catalogue) -> pd.DataFrame:
    """The lines with what explains their number: factor, quantity in its unit, ratio, gases."""
    nil = np.flatnonzero(block.counted & (block.factor < 0))
    found: dict[str, Any] = {
        "code": block.codes,
        "factor_id": pd.Categorical.from_codes(block.factor, dtype=block.arrays.id_dtype),
        "quantity": block.quantity,
        "ratio": block.ratio,
        "total_kg": block.kg,
        "outside_seven": _outside_seven(catalogue)[block.factor],
    }
    for number, name in enumerate(COLUMNS):
        values = block.gas(number)
        values[nil] = 0.0
        found[name] = values
    for name, values in found.items():
        # A series made without a copy: a million lines have enough of them.
        dtype = object if name == "code" else None
        frame[name] = pd.Series(values, index=frame.index, dtype=dtype, copy=False)
    return frame


@lru_cache(maxsize=16)
def _outside_seven(catalogue: Catalogue) -> npt.NDArray[np.bool_]:
    """Factors of a gas that is none of the seven, False at the end for a line without factor."""
    return np.array([kind == "outside_seven" for kind in _texts(catalogue, "gas_kind")], dtype=bool)


def staged(block: Block) -> npt.NDArray[np.bool_]:
    """Lines whose factor tells what happens upstream of its use."""
    arrays = block.arrays
    upstream = np.isin(arrays.stage_kind, [STAGES.index("upstream"), STAGES.index("losses")])
    factor = np.repeat(np.arange(len(arrays.ids)), arrays.stage_count)
    tells = np.zeros(len(arrays.ids) + 1, dtype=bool)
    tells[factor[upstream]] = True
    result: npt.NDArray[np.bool_] = tells[block.factor]
    return result


__all__ = ["COLUMNS", "GASES", "compute", "staged"]
