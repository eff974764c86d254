"""Activity lines to an inventory: factor, conversion, gases and stages of each line, or the code of its refusal."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.inventory import market
from carbon_workbook.inventory.core import Block, emissions_of
from carbon_workbook.inventory.gases import COLUMNS, GASES, STAGES
from carbon_workbook.inventory.model import Inventory, Parts
from carbon_workbook.messages import Message

INSTRUMENTS = "instruments"
IDENTITY = "CW-TCO2E"

DEFAULTS: Mapping[str, object] = MappingProxyType(
    {
        "line_id": "",
        "code": "",
        "option": "",
        "control_operational": True,
        "control_financial": True,
        "national": True,
        "country": "FR",
        "kinds": "",
        "acquisition_year": np.nan,
        "life_years": np.nan,
        "disposal_year": np.nan,
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
    frame = lines.reset_index(drop=True).copy(deep=False)
    for column, value in DEFAULTS.items():
        if column not in frame:
            frame[column] = value
    year = settings.get("year")
    block = emissions_of(
        frame["factor_ref"],
        frame["activity"].to_numpy(dtype=np.float64),
        frame["activity_unit"],
        int(year) if isinstance(year, (int, float)) else None,
        catalogue,
    )
    codes = frame["code"].to_numpy(dtype=object).copy()
    instrument = (frame["posting"] == INSTRUMENTS).to_numpy(dtype=bool)
    if instrument.any():
        block = _without_emission(block, instrument)
    codes = np.where(codes == "", block.codes, codes)
    codes = _wrong_kind(frame, block, catalogue, codes)
    if instrument.any():
        codes = market.refuse_excess(frame, block, codes)
    block = _with_codes(block, codes)
    frame["code"] = codes
    return Inventory(settings, catalogue, _described(frame, block, catalogue), block, _parts(block), notes)


def _without_emission(block: Block, where: npt.NDArray[np.bool_]) -> Block:
    """Contractual instruments carry energy, not emissions: their value is nil and their factor is not looked up."""
    kg, codes, factor = block.kg.copy(), block.codes.copy(), block.factor.copy()
    codes[where], kg[where], factor[where] = "", 0.0, -1
    return Block(kg, codes, factor, block.quantity, block.ratio, block.arrays)


def _with_codes(block: Block, codes: npt.NDArray[np.object_]) -> Block:
    kg = block.kg.copy()
    kg[codes != ""] = np.nan
    return Block(kg, codes, block.factor, block.quantity, block.ratio, block.arrays)


def _wrong_kind(
    frame: pd.DataFrame, block: Block, catalogue: Catalogue, codes: npt.NDArray[np.object_]
) -> npt.NDArray[np.object_]:
    """Refuse a factor whose kind the sheet does not admit: the GWP of a gas burnt as fuel (decision B12)."""
    kind = np.append(catalogue.table["kind"].astype(str).to_numpy(dtype=object), "")[block.factor]
    position, allowed = pd.factorize(frame["kinds"])
    for number, admitted in enumerate(allowed):
        if admitted:
            wrong = (position == number) & ~np.isin(kind, [*str(admitted).split("|"), ""]) & (codes == "")
            codes = np.where(wrong, "CW-319", codes)
    return codes


def _parts(block: Block) -> Parts:
    """Counted lines repeated for each stage of their factor, with the gases of that stage."""
    arrays = block.arrays
    lines = np.flatnonzero((block.codes == "") & (block.factor >= 0))
    factor = block.factor[lines]
    count = arrays.stage_count[factor]
    line = np.repeat(lines, count)
    first = np.cumsum(count) - count
    row = np.repeat(arrays.stage_start[factor] - first, count) + np.arange(len(line))
    return Parts(line, arrays.stage_kind[row], arrays.stage_values[row] * block.quantity[line, None])


def _described(frame: pd.DataFrame, block: Block, catalogue: Catalogue) -> pd.DataFrame:
    """The lines with what explains their number: factor, quantity in its unit, ratio, gases."""
    table, ids = catalogue.table, block.arrays.ids
    known = block.factor >= 0
    frame["factor_id"] = pd.Categorical.from_codes(block.factor, categories=ids)
    frame["quantity"], frame["ratio"], frame["total_kg"] = block.quantity, block.ratio, block.kg
    gases = block.gases
    gases[known & (block.codes == "") & np.isnan(gases[:, 0])] = 0.0
    gases[~known] = np.where((block.codes[~known] == "")[:, None], 0.0, np.nan)
    for number, name in enumerate(COLUMNS):
        frame[name] = gases[:, number]
    outside = (table["gas_kind"].astype(str) == "outside_seven").to_numpy()
    frame["outside_seven"] = np.append(outside, False)[block.factor]
    return frame


def staged(block: Block) -> npt.NDArray[np.bool_]:
    """Lines whose factor the base decomposes into stages."""
    kinds = block.arrays.stage_kind[np.minimum(block.arrays.stage_start, len(block.arrays.stage_kind) - 1)]
    result: npt.NDArray[np.bool_] = np.append(kinds != STAGES.index("whole"), False)[block.factor]
    return result


__all__ = ["COLUMNS", "GASES", "compute", "staged"]
