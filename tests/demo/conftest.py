"""Inventories of the demonstration, computed straight from its rows, without a workbook."""

from collections.abc import Callable
from functools import cache

import pandas as pd
import pytest

from carbon_workbook.demo.company import demo_data
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.entry import EntryTable, lines_from_table
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.remarks import mark_duplicates
from carbon_workbook.specs.spec import entry_sheets

FIRST_ROW = 6


@cache
def _inventory(year: int, with_errors: bool, approach: str) -> Inventory:
    data = demo_data(year, with_errors)
    settings = {**data.settings, "approach": approach, "approach_esrs": approach}
    lines, notes = [], []
    for key, rows in data.entries.items():
        spec = entry_sheets()[key]
        frame = pd.DataFrame(list(rows), columns=[c.key for c in spec.columns], dtype=object)
        numbers = tuple(range(FIRST_ROW, FIRST_ROW + len(frame)))
        table = EntryTable(spec, spec.title, frame, numbers, {})
        found, said = lines_from_table(table, pd.DataFrame(list(data.sites)), settings)
        lines.append(found)
        notes += said
    together, repeated = mark_duplicates(pd.concat(lines, ignore_index=True))
    catalogue = load_catalogue().with_own(pd.DataFrame(list(data.own_factors)))
    return compute(together, catalogue, settings, (*notes, *repeated))


@pytest.fixture
def inventory_of() -> Callable[..., Inventory]:
    """The inventory of a year of the demonstration; its lines are those of the CSV tables."""

    def make(year: int = 2024, with_errors: bool = False, approach: str = "opérationnel") -> Inventory:
        return _inventory(year, with_errors, approach)

    return make
