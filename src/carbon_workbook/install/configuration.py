"""The sheet ``xlwings.conf`` of a workbook: read, compared, written by cell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from carbon_workbook.excel.command_line import dll_command_line
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.layout import XLWINGS
from carbon_workbook.workbook.package import Package, Value, open_package, read_sheet
from carbon_workbook.workbook.patch import patch


def configuration_of(package: Package) -> dict[str, str] | None:
    """Keys in capitals and values as the xlwings module reads them: from A1 to the first blank; None without sheet."""
    if XLWINGS not in {sheet.title for sheet in package.sheets}:
        return None
    rows = read_sheet(package, XLWINGS).rows
    found: dict[str, str] = {}
    row = 1
    while rows.get(row, {}).get(1) not in (None, ""):
        value = rows[row].get(2)
        found[str(rows[row][1]).upper()] = "" if value is None else str(value)
        row += 1
    return found


def configure_workbook(path: Path, wanted: Mapping[str, str], environment: Mapping[str, str]) -> None:
    """Write a configuration into a new workbook of ours.

    Raises CodedError CW-630 when the command line that it makes is longer than the DLL bears; the file is then as it
    was.
    """
    package = open_package(path)
    dll_command_line(wanted, str(path.resolve()), environment)
    present = configuration_of(package)
    if present is None:
        return
    keys = [*present, *(key for key in wanted if key not in present)]
    cells: dict[str, Value] = {}
    for row, key in enumerate(keys, start=1):
        if key in wanted and present.get(key) != wanted[key]:
            cells |= {cell_ref(row, 1): key, cell_ref(row, 2): wanted[key]}
    path.write_bytes(package.with_parts(patch(package, {XLWINGS: cells})).packed())
