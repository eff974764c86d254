"""Rows as they are typed, to an inventory, without a workbook; and the YAML cases with their special cells."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import yaml

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.entry import EntryTable, lines_from_table
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.remarks import mark_duplicates
from carbon_workbook.specs.spec import entry_sheets
from carbon_workbook.values import CellError, Uncached
from carbon_workbook.workbook.cells import column_letters

CASES = Path(__file__).parents[1] / "cases"
FIRST_ROW = 6
SITES = (
    {"site": "Lyon", "country": "FR", "control_operational": "O", "control_financial": "O"},
    {"site": "Douai", "country": "FR", "control_operational": "O", "control_financial": "N"},
    {"site": "Stuttgart", "country": "DE", "control_operational": "O", "control_financial": "O"},
    {"site": "Bureaux partagés", "country": "FR", "control_operational": "N", "control_financial": "N"},
)
SETTINGS = {"year": 2024, "approach": "opérationnel", "approach_esrs": "opérationnel"}

Row = Mapping[str, object]


class _Loader(yaml.SafeLoader):
    """YAML with ``!erreur '#DIV/0!'`` (Excel error) and ``!non_calculee '=A1'`` (formula without a result)."""


_Loader.add_constructor("!erreur", lambda loader, node: CellError(str(loader.construct_scalar(node))))
_Loader.add_constructor("!non_calculee", lambda loader, node: Uncached(str(loader.construct_scalar(node))))


def yaml_cases(name: str) -> dict:
    with (CASES / name).open(encoding="utf-8") as stream:
        return yaml.load(stream, Loader=_Loader)


def letter(sheet: str, key: str) -> str:
    """Column letters of a column of an entry table that starts in column A."""
    return column_letters(1 + [c.key for c in entry_sheets()[sheet].columns].index(key))


def entry_table(sheet: str, rows: Sequence[Row], **changes: object) -> EntryTable:
    spec = entry_sheets()[sheet]
    keys = [c.key for c in spec.columns]
    frame = pd.DataFrame([dict(row) for row in rows], columns=keys, dtype=object)
    numbers = tuple(range(FIRST_ROW, FIRST_ROW + len(frame)))
    return EntryTable(spec, spec.title, frame, numbers, {k: letter(sheet, k) for k in keys}, **changes)


def inventory_of_tables(
    tables: Sequence[EntryTable],
    own: Sequence[Row] = (),
    settings: Row | None = None,
    sites: Sequence[Row] = SITES,
) -> Inventory:
    chosen = {**SETTINGS, **(settings or {})}
    found = [lines_from_table(table, pd.DataFrame(list(sites)), chosen) for table in tables]
    lines = pd.concat([frame for frame, _ in found], ignore_index=True)
    lines, repeated = mark_duplicates(lines)
    notes = tuple(note for _, said in found for note in said)
    catalogue = load_catalogue().with_own(pd.DataFrame([dict(row) for row in own]))
    return compute(lines, catalogue, chosen, (*notes, *repeated))


def inventory_of_rows(rows: Mapping[str, Sequence[Row]], **options) -> Inventory:
    """The inventory of ``rows`` by sheet key; ``own`` factors, ``settings`` and ``sites`` as options."""
    return inventory_of_tables([entry_table(sheet, some) for sheet, some in rows.items()], **options)
