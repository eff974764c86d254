"""Typing into a workbook of ours, as its user would."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from carbon_workbook.specs.spec import entry_sheets
from carbon_workbook.workbook.package import open_package
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.read import read_workbook


def type_into(path: Path, sheet_key: str, row: int, values: Mapping[str, object]) -> None:
    """Write entry cells of one sheet row, by column key, as a user would type them."""
    spec = entry_sheets()[sheet_key]
    table = read_workbook(path).table(sheet_key)
    cells = {f"{table.letters[key]}{row}": value for key, value in values.items()}
    package = open_package(path)
    path.write_bytes(package.with_parts(patch(package, {spec.title: cells})).packed())


def free_row(path: Path, sheet_key: str) -> int:
    """First blank row of an entry table."""
    table = read_workbook(path).table(sheet_key)
    blank = table.rows["label"].isna()
    return table.numbers[int(blank.to_numpy().argmax())]
