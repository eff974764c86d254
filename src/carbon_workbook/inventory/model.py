"""What the computation gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.inventory.core import Block, FactorArrays
from carbon_workbook.messages import Message


@dataclass(frozen=True)
class Parts:
    """One entry a (line, life-cycle stage): the grain at which posts are decided. Arrays of the same length.

    ``row`` is the stage's place in the factor arrays, ``quantity`` is in the factor's unit.
    """

    line: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    quantity: npt.NDArray[np.float64]
    arrays: FactorArrays

    @cached_property
    def stage(self) -> npt.NDArray[np.int8]:
        """Kind of the stage, a position in STAGES."""
        stage: npt.NDArray[np.int8] = self.arrays.stage_kind[self.row]
        return stage

    @cached_property
    def kg(self) -> npt.NDArray[np.float64]:
        """Reference value of each part: the sum of its gases, CO2 biogenic apart (decision B2)."""
        total: npt.NDArray[np.float64] = self.arrays.stage_totals[self.row] * self.quantity
        return total

    @cached_property
    def values(self) -> npt.NDArray[np.float64]:
        """kgCO2e of each part by gas (parts × COLUMNS)."""
        values: npt.NDArray[np.float64] = self.arrays.stage_values[self.row] * self.quantity[:, None]
        return values


def parts_of(
    line: npt.NDArray[np.int64],
    factor: npt.NDArray[np.int64],
    quantity: npt.NDArray[np.float64],
    arrays: FactorArrays,
) -> Parts:
    """Lines repeated for each stage of their factor (a position in ``arrays``)."""
    count = arrays.stage_count[factor]
    ends = np.cumsum(count)
    of = np.repeat(np.arange(len(line)), count)
    row = (arrays.stage_start[factor] - (ends - count)).take(of)
    row += np.arange(len(row))
    return Parts(line.take(of), row, quantity.take(of), arrays)


@dataclass(frozen=True)
class Inventory:
    """Counted lines with their emissions, refused lines with their code, and what explains both.

    ``lines``: every row entered, in order; ``code`` is ``""`` when it is counted. Masses in kgCO2e.
    """

    settings: Mapping[str, object]
    catalogue: Catalogue
    lines: pd.DataFrame
    block: Block
    parts: Parts
    notes: tuple[Message, ...]

    @property
    def counted(self) -> pd.DataFrame:
        return self.lines[self.block.counted]

    @property
    def refused(self) -> pd.DataFrame:
        return self.lines[~self.block.counted]

    @cached_property
    def total_kg(self) -> float:
        """Reference value of the inventory: un-amortised, by location, all stages, contrails included (B2)."""
        return float(np.nansum(self.block.kg))

    @cached_property
    def entered(self) -> pd.DataFrame:
        """Rows entered, counted and refused per sheet; entered = counted + refused, always."""
        ok = self.block.counted
        table = pd.DataFrame({"sheet": self.lines["sheet"], "entered": 1, "counted": ok.astype(int)})
        table = table.groupby("sheet", sort=False, observed=True)[["entered", "counted"]].sum()
        return table.assign(refused=table["entered"] - table["counted"]).reset_index()

    @property
    def year(self) -> int | None:
        """Year of the inventory, None when it is not set."""
        return year_of(self.settings)


def year_of(settings: Mapping[str, object]) -> int | None:
    """The inventory's year in the settings, None when it is not set."""
    value = settings.get("year")
    return int(value) if isinstance(value, (int, float, np.integer)) and np.isfinite(value) else None


def control_of(settings: Mapping[str, object], view: str) -> str:
    """The column of lines that says what is under control in a view (decision B6)."""
    approach = settings.get("approach_esrs" if view.startswith("esrs") else "approach") or "opérationnel"
    return "control_financial" if approach == "financier" else "control_operational"
