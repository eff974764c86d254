"""A workbook's content to its inventory: the one path that the command line, the launcher and Excel share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from carbon_workbook.factors.catalogue import Catalogue, load_catalogue
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.entry import EntryTable, lines_from_table
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.remarks import mark_duplicates, remarks
from carbon_workbook.inventory.views import View, views
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.workbook.read import Content

ID_WIDTH = 5


@dataclass(frozen=True)
class Renumbered:
    """A line id given by this run: ``old`` is blank for a new line, the duplicated id for a copied one."""

    sheet: str
    row: int
    old: str
    new: str


@dataclass(frozen=True)
class Evaluation:
    """An inventory computed from a workbook, with everything that must be said of it."""

    content: Content
    inventory: Inventory
    messages: tuple[Message, ...]
    renumbered: tuple[Renumbered, ...]

    @cached_property
    def views(self) -> Mapping[str, View]:
        """All views by name."""
        return views(self.inventory)

    @property
    def refused(self) -> int:
        """Number of rows refused."""
        return len(self.inventory.refused)


def evaluate(content: Content, catalogue: Catalogue | None = None) -> Evaluation:
    """Compute the inventory of a workbook. Rows entered = rows counted + rows refused."""
    catalogue, unusable = with_own_factors(catalogue or load_catalogue(), content.own_factors)
    notes = [*content.messages, *unusable]
    if content.base and content.base != catalogue.version:
        notes.append(message("CW-459", found=content.base, known=catalogue.version))
    tables, renumbered = _with_ids(content.entries)
    frames = []
    for table in tables:
        lines, found = lines_from_table(table, content.sites, content.settings)
        frames.append(lines)
        notes += found
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    lines = pd.concat(filled, ignore_index=True)
    lines, found = mark_duplicates(lines)
    inventory = compute(lines, catalogue, content.settings, (*notes, *found))
    return Evaluation(content, inventory, remarks(inventory, content.categories), renumbered)


def with_own_factors(catalogue: Catalogue, own: pd.DataFrame) -> tuple[Catalogue, list[Message]]:
    """The catalogue with the workbook's own factors; one that cannot be used is a message, not a failure."""
    notes = []
    for _, row in own.iterrows():
        try:
            catalogue = catalogue.with_own(pd.DataFrame([row]))
        except CodedError as refusal:
            notes.append(refusal.message)
    return catalogue, notes


def _with_ids(tables: tuple[EntryTable, ...]) -> tuple[list[EntryTable], tuple[Renumbered, ...]]:
    """Tables in which every filled row has an id of its own; blank and repeated ids are replaced (A11)."""
    used: set[str] = set()
    for table in tables:
        if not table.copied:
            used |= {str(value) for value in table.rows["line_id"] if value}
    last = max((int(text[1:]) for text in used if text[:1] == "L" and text[1:].isdigit()), default=0)
    seen: set[str] = set()
    changed: list[Renumbered] = []
    for table in tables:
        if table.copied:
            continue
        entered = [column.key for column in table.spec.entered]
        filled = table.rows[entered].map(lambda value: value is not None and value != "").any(axis=1)
        ids = table.rows["line_id"].to_numpy(dtype=object).copy()
        for position in np.flatnonzero(filled.to_numpy(dtype=bool)):
            old = str(ids[position] or "")
            if not old or old in seen:
                last += 1
                ids[position] = f"L{last:0{ID_WIDTH}d}"
                changed.append(Renumbered(table.title, table.numbers[position], old, str(ids[position])))
            seen.add(str(ids[position]))
        table.rows["line_id"] = ids
    return list(tables), tuple(changed)
