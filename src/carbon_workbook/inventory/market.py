"""Scope 2 by the market: contractual instruments against the consumption of their country."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.inventory.core import Block
from carbon_workbook.inventory.gases import STAGES
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.messages import CodedError
from carbon_workbook.units import conversion

NOT_CANCELLED = "CW-322"
OVER_CONSUMPTION = "CW-323"
NO_COUNTRY = "CW-331"
RESIDUAL = "mix résiduel"


def grid_consumption(frame: pd.DataFrame, block: Block, codes: npt.NDArray[np.object_]) -> pd.Series:
    """kWh of purchased, controlled electricity by country.

    Own production is left out: its factor has an upstream stage only, hence nothing in scope 2.
    """
    arrays = block.arrays
    burns = np.zeros(len(arrays.ids), dtype=bool)
    burning = np.isin(arrays.stage_kind, [STAGES.index("whole"), STAGES.index("combustion")])
    np.logical_or.at(burns, np.repeat(np.arange(len(arrays.ids)), arrays.stage_count), burning)
    chosen = (
        (frame["posting"] == "electricite").to_numpy()
        & frame["control_operational"].to_numpy(dtype=bool)
        & (codes == "")
        & np.append(burns, False)[block.factor]
    )
    return pd.Series(block.quantity[chosen]).groupby(frame.loc[chosen, "country"].to_numpy()).sum()


def refuse_excess(
    frame: pd.DataFrame, block: Block, codes: npt.NDArray[np.object_]
) -> npt.NDArray[np.object_]:
    """Codes with the instruments refused: not cancelled, without a country, above the country's consumption."""
    codes = codes.copy()
    left = grid_consumption(frame, block, codes).to_dict()
    for position in np.flatnonzero((frame["posting"] == "instruments").to_numpy() & (codes == "")):
        row = frame.iloc[position]
        energy = _kwh(row)
        if isinstance(energy, str):
            codes[position] = energy
        elif not row["country"]:
            codes[position] = NO_COUNTRY
        elif row["instrument_type"] == RESIDUAL:
            continue
        elif row["cancelled"] != "O":
            codes[position] = NOT_CANCELLED
        elif energy > left.get(row["country"], 0.0) * (1 + 1e-9):
            codes[position] = OVER_CONSUMPTION
        else:
            left[row["country"]] -= energy
    return codes


def _kwh(row: pd.Series) -> float | str:
    try:
        return float(row["activity"]) * conversion(str(row["activity_unit"]), "kWh")
    except CodedError as refusal:
        return refusal.message.code


def market_kg(inventory: Inventory, location_kg: pd.Series, consumption: pd.Series) -> pd.Series:
    """Scope 2 (kgCO2e) by country with instruments; the rest at the residual mix entered, else at the grid.

    ``location_kg`` and ``consumption`` (kWh) are indexed by country.
    """
    lines = inventory.counted
    instruments = lines[lines["posting"] == "instruments"]
    result = location_kg.copy()
    for country, kwh in consumption.items():
        own = instruments[instruments["country"] == country]
        claimed = own[own["instrument_type"] != RESIDUAL]
        energy = np.array([float(e) for e in map(_kwh, (row for _, row in claimed.iterrows()))])
        factors = claimed["instrument_factor"].to_numpy(dtype=np.float64)
        residual = own.loc[own["instrument_type"] == RESIDUAL, "instrument_factor"].to_numpy(dtype=np.float64)
        rate = float(residual[-1]) if len(residual) else location_kg.get(country, 0.0) / kwh if kwh else 0.0
        result[country] = float((energy * factors).sum()) + (kwh - energy.sum()) * rate
    return result
