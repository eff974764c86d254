"""Scope 2 by the market: contractual instruments against the consumption of their country."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.inventory.core import Block
from carbon_workbook.inventory.gases import STAGES
from carbon_workbook.inventory.posts import post_of
from carbon_workbook.messages import CodedError
from carbon_workbook.units import conversion

INSTRUMENTS = "instruments"
ELECTRICITY = "electricite"
NEGATIVE = "CW-306"
NOT_CANCELLED = "CW-322"
OVER_CONSUMPTION = "CW-323"
NOT_FINITE = "CW-330"
NO_COUNTRY = "CW-331"
NO_INSTRUMENT_FACTOR = "CW-341"
RESIDUAL = "mix résiduel"


def grid_energy(lines: pd.DataFrame, block: Block, control: str) -> npt.NDArray[np.float64]:
    """kWh of each line of purchased electricity under ``control``, NaN for any other line.

    Own production is left out: its factor has an upstream stage only, hence nothing in scope 2.
    """
    arrays = block.arrays
    in_scope_2 = np.array([post_of(ELECTRICITY, True, "", kind, "ghgp") == "S2" for kind in STAGES])
    bought = np.zeros(len(arrays.ids) + 1, dtype=bool)
    factor = np.repeat(np.arange(len(arrays.ids)), arrays.stage_count)
    bought[factor[in_scope_2[arrays.stage_kind]]] = True
    energy = np.full(len(lines), np.nan)
    chosen = np.flatnonzero(
        (lines["posting"] == ELECTRICITY).to_numpy(dtype=bool)
        & lines[control].to_numpy(dtype=bool)
        & block.counted
        & bought[block.factor]
    )
    used, position = np.unique(block.factor[chosen], return_inverse=True)
    kwh = np.array([_kwh_in(str(arrays.units[f])) for f in used])
    energy[chosen] = block.quantity[chosen] * kwh[position]
    return energy


@lru_cache(maxsize=1024)
def _kwh_in(unit: str) -> float:
    """kWh of electricity in one ``unit``, NaN when it measures something else."""
    try:
        return conversion(unit, "kWh")
    except CodedError:
        return float("nan")


def refusals(lines: pd.DataFrame, block: Block, control: str) -> npt.NDArray[np.object_]:
    """Codes of the instruments refused: not cancelled, without factor or country, above its consumption."""
    codes = np.full(len(lines), "", dtype=object)
    energy = grid_energy(lines, block, control)
    bought = ~np.isnan(energy)
    left = pd.Series(energy[bought]).groupby(lines["country"].astype(str).to_numpy()[bought]).sum().to_dict()
    for position in np.flatnonzero((lines["posting"] == INSTRUMENTS).to_numpy(dtype=bool) & block.counted):
        row = lines.iloc[position]
        codes[position] = _refusal(row, left)
        if not codes[position] and row["instrument_type"] != RESIDUAL:
            left[row["country"]] -= claimed_kwh(row)
    return codes


def _refusal(row: pd.Series, left: dict[Any, float]) -> str:
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
    if row["instrument_type"] == RESIDUAL:
        return ""
    if str(row["cancelled"]).upper() != "O":
        return NOT_CANCELLED
    return OVER_CONSUMPTION if energy > left.get(row["country"], 0.0) * (1 + 1e-9) else ""


def claimed_kwh(row: pd.Series) -> float:
    """kWh that an instrument covers. Raises CodedError when its unit is no electricity."""
    return float(row["activity"]) * conversion(str(row["activity_unit"]), "kWh")


def market_kg(lines: pd.DataFrame, location_kg: pd.Series, consumption: pd.Series) -> dict[str, float]:
    """Scope 2 (kgCO2e) of the countries with instruments; the rest at the residual mix entered, else at the grid.

    ``lines`` are the counted ones; ``location_kg`` and ``consumption`` (kWh) are indexed by country.
    """
    instruments = lines[(lines["posting"] == INSTRUMENTS).to_numpy(dtype=bool)]
    result: dict[str, float] = {}
    for country, own in instruments.groupby(instruments["country"].astype(str), sort=False):
        kwh = float(consumption.get(country, 0.0))
        if kwh <= 0:
            continue
        residual = (own["instrument_type"] == RESIDUAL).to_numpy(dtype=bool)
        energy = np.array([claimed_kwh(row) for _, row in own[~residual].iterrows()], dtype=np.float64)
        factors = own["instrument_factor"].to_numpy(dtype=np.float64)
        rate = float(factors[residual][-1]) if residual.any() else float(location_kg.get(country, 0.0)) / kwh
        covered = float((energy * factors[~residual]).sum())
        result[str(country)] = covered + max(kwh - float(energy.sum()), 0.0) * rate
    return result
