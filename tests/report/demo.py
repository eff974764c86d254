"""The demonstration's inventory, without a workbook: its rows through the entry reader, the engine and the views."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from carbon_workbook.demo.company import demo_data
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.entry import EntryTable, lines_from_table
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.views import View, views
from carbon_workbook.messages import Message
from carbon_workbook.report.context import build_context
from carbon_workbook.specs.spec import entry_sheets, register
from carbon_workbook.specs.spec import settings as setting_specs

ON = dt.date(2026, 11, 21)


@dataclass
class Case:
    """What ``build_context`` takes."""

    inventory: Inventory
    views: dict[str, View]
    settings: dict[str, object]
    messages: list[Message]
    categories: pd.DataFrame
    sites: pd.DataFrame

    def context(self) -> dict[str, Any]:
        return build_context(
            self.inventory, self.views, self.settings, self.messages, self.categories, self.sites, on=ON
        )


def demo(with_errors: bool = False, **changed: object) -> Case:
    """The demonstration; ``changed`` settings replace its own."""
    data = demo_data(with_errors=with_errors)
    settings = {**data.settings, **changed}
    sites = pd.DataFrame(data.sites, columns=[c.key for c in register("sites")])
    own = pd.DataFrame(data.own_factors, columns=[c.key for c in register("own_factors")])
    catalogue = load_catalogue().with_own(own)
    frames, messages = [], []
    for key, rows in data.entries.items():
        spec = entry_sheets()[key]
        table = pd.DataFrame(rows, columns=[c.key for c in spec.entered]).astype(object)
        table = table.where(table.notna(), None)
        numbers = tuple(range(10, 10 + len(table)))
        letters = {c.key: "C" for c in spec.columns}
        lines, notes = lines_from_table(
            EntryTable(spec, spec.title, table, numbers, letters), sites, settings
        )
        frames.append(lines)
        messages += notes
    lines = pd.concat(frames, ignore_index=True)
    return case(lines, catalogue, settings, messages, pd.DataFrame(data.categories), sites)


def case(lines, catalogue, settings, messages, categories, sites) -> Case:
    inventory = compute(lines, catalogue, settings)
    return Case(inventory, views(inventory), settings, messages, categories, sites)


def empty() -> Case:
    """A workbook that nobody has filled."""
    lines = pd.DataFrame({"sheet": [], "posting": [], "factor_ref": [], "activity": [], "activity_unit": []})
    lines = lines.astype({"activity": float, "sheet": object, "posting": object, "activity_unit": object})
    settings = {spec.key: None for spec in setting_specs()}
    none = pd.DataFrame(columns=["code", "name", "decision", "reason"])
    return case(
        lines, load_catalogue(), settings, [], none, pd.DataFrame(columns=[c.key for c in register("sites")])
    )
