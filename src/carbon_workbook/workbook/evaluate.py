"""A workbook's content to its inventory: the one path that the command line, the launcher and Excel share."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.factors.store import open_store
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.energy import energy
from carbon_workbook.inventory.entry import EntryTable, lines_from_table
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.remarks import by_severity, mark_duplicates, remarks
from carbon_workbook.inventory.screening import Screening, decision_remarks, screen
from carbon_workbook.inventory.views import View, views
from carbon_workbook.messages import CodedError, Message
from carbon_workbook.workbook.energy_cells import typed_faults
from carbon_workbook.workbook.frozen import catalogue_for
from carbon_workbook.workbook.layout import JOURNAL, OWN_FACTORS
from carbon_workbook.workbook.read import Content, result_title

ID_WIDTH = 5
_ID = re.compile(r"\bL(\d+)\b")


@dataclass(frozen=True)
class Renumbered:
    """A line id given by this run: ``old`` is blank for a new line, the duplicated id for a copied one."""

    sheet: str
    row: int
    old: str
    new: str


@dataclass(frozen=True)
class Evaluation:
    """An inventory computed from a workbook, its views by name, its screening, and everything that must be said."""

    content: Content
    inventory: Inventory
    messages: tuple[Message, ...]
    renumbered: tuple[Renumbered, ...]
    views: Mapping[str, View]
    screening: Screening

    @property
    def refused(self) -> int:
        """Number of rows refused."""
        return len(self.inventory.refused)


def evaluate(
    content: Content, catalogue: Catalogue | None = None, *, on: dt.date | None = None
) -> Evaluation:
    """Compute the inventory of a workbook. Rows entered = rows counted + rows refused.

    Without ``catalogue``, the one that the workbook is pinned to, or the factors frozen in it (``catalogue_for``).
    ``on``: the day of the computation, on which critical factors may be due for a review; without it nothing is said
    of that. Raises CodedError as ``catalogue_for``.
    """
    chosen, told = (catalogue, []) if catalogue is not None else catalogue_for(content, open_store())
    catalogue, unusable = with_own_factors(chosen, content.own_factors)
    notes = [*content.messages, *unusable, *told]
    tables, renumbered = _with_ids(content)
    frames = []
    for table in tables:
        lines, found = lines_from_table(table, content.sites, content.settings)
        frames.append(lines)
        notes += found
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    lines = pd.concat(filled, ignore_index=True)
    lines, found = mark_duplicates(lines)
    inventory = compute(lines, catalogue, content.settings, (*notes, *found))
    found_views = views(inventory)
    screening = screen(content.registers["screening"], catalogue, content.settings)
    told = [
        *decision_remarks(
            found_views, screening, content.categories, content.settings, content.registers["actions"]
        )
    ]
    told += [*energy(inventory, found_views["ghgp"]).notes, *typed_faults(content)]
    messages = by_severity([*remarks(inventory, content.categories, on), *told])
    return Evaluation(content, inventory, messages, renumbered, found_views, screening)


def with_own_factors(catalogue: Catalogue, own: pd.DataFrame) -> tuple[Catalogue, list[Message]]:
    """The catalogue with the workbook's own factors; one that cannot be used is a message, not a failure."""
    notes = []
    for _, row in own.iterrows():
        try:
            catalogue = catalogue.with_own(pd.DataFrame([row]))
        except CodedError as refusal:
            notes.append(replace(refusal.message, sheet=OWN_FACTORS, cell=str(row.get("_cell", ""))))
    return catalogue, notes


def _with_ids(content: Content) -> tuple[list[EntryTable], tuple[Renumbered, ...]]:
    """Entry tables in which every filled row has an id of its own (decision A11).

    Blank and repeated ids are replaced by numbers above every one in use or written in the journal, so that the id
    of a deleted line is not given again.
    """
    own = [table for table in content.entries if not table.copied]
    used = [value for table in own for value in table.rows["line_id"].tolist() if isinstance(value, str)]
    last = max(
        (int(number) for number in _ID.findall(" ".join([*used, *_journal_texts(content)]))), default=0
    )
    seen: set[str] = set()
    changed: list[Renumbered] = []
    tables = []
    for table in content.entries:
        if table.copied:
            tables.append(table)
            continue
        filled = np.zeros(len(table.rows), dtype=bool)
        for column in table.spec.entered:
            values = table.rows[column.key].to_numpy(dtype=object)
            typed = pd.notna(values)
            if typed.any():
                filled |= typed & (values != "")
        ids = table.rows["line_id"].to_numpy(dtype=object).copy()
        for position in np.flatnonzero(filled).tolist():
            given = old = str(ids[position] or "")
            if not old or old in seen:
                last += 1
                ids[position] = given = f"L{last:0{ID_WIDTH}d}"
                changed.append(Renumbered(table.title, table.numbers[position], old, given))
            seen.add(given)
        tables.append(replace(table, rows=table.rows.assign(line_id=ids)))
    return tables, tuple(changed)


def _journal_texts(content: Content) -> list[str]:
    sheet = content.sheets.get(result_title(content.package, JOURNAL))
    rows = sheet.rows.values() if sheet else ()
    return [value for row in rows for value in row.values() if isinstance(value, str)]
