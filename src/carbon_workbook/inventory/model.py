"""What the computation gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.inventory.core import Block
from carbon_workbook.messages import Message


@dataclass(frozen=True)
class Parts:
    """One entry a (line, life-cycle stage): the grain at which posts are decided. Arrays of the same length."""

    line: npt.NDArray[np.int64]
    stage: npt.NDArray[np.int8]
    values: npt.NDArray[np.float64]  # kgCO2e, parts × COLUMNS

    @cached_property
    def kg(self) -> npt.NDArray[np.float64]:
        """Reference value of each part: the sum of its gases, CO2 biogenic apart (decision B2)."""
        total: npt.NDArray[np.float64] = self.values[:, :-1].sum(axis=1)
        return total


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
        return self.lines[self.lines["code"] == ""]

    @property
    def refused(self) -> pd.DataFrame:
        return self.lines[self.lines["code"] != ""]

    @property
    def total_kg(self) -> float:
        """Reference value of the inventory: un-amortised, by location, all stages, contrails included (B2)."""
        return float(np.nansum(self.block.kg))

    @cached_property
    def entered(self) -> pd.DataFrame:
        """Rows entered, counted and refused per sheet; entered = counted + refused, always."""
        ok = self.lines["code"] == ""
        table = pd.DataFrame({"sheet": self.lines["sheet"], "entered": 1, "counted": ok.astype(int)})
        table = table.groupby("sheet", sort=False)[["entered", "counted"]].sum()
        return table.assign(refused=table["entered"] - table["counted"]).reset_index()

    @property
    def year(self) -> int | None:
        """Year of the inventory, None when it is not set."""
        value = self.settings.get("year")
        return int(value) if isinstance(value, (int, float)) else None
