"""Build the workbook from its specifications: sheets first, then the macros (decision A9)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from carbon_workbook.specs.spec import entry_sheets
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build_book import Book
from carbon_workbook.workbook.build_entry import write_entry_sheet
from carbon_workbook.workbook.build_lists import write_lists
from carbon_workbook.workbook.build_results import write_results
from carbon_workbook.workbook.build_setup import (
    write_catalogue,
    write_company,
    write_home,
    write_perimeter,
    write_plan,
    write_registers,
    write_xlwings,
)
from carbon_workbook.workbook.data import WorkbookData
from carbon_workbook.workbook.vba import add_macros


def build(path: Path, *, data: WorkbookData | None = None, macros: bool = True) -> None:
    """Write a new workbook at ``path``, an .xlsm with ``macros``, an .xlsx without; an existing file is replaced.

    Two builds of the same data give identical parts. Raises OSError when the file cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        sheets = Path(folder) / "sheets.xlsx"
        _write_sheets(sheets, data or WorkbookData(), macros)
        content = add_macros(sheets) if macros else sheets.read_bytes()
    Path(path).write_bytes(content)


def _write_sheets(path: Path, data: WorkbookData, macros: bool) -> None:
    book = Book(path, macros=macros)
    write_home(book)
    write_company(book, data)
    write_perimeter(book, data)
    write_registers(book, data)
    hidden = {str(row.get("code")) for row in data.categories if row.get("visible") == "N"}
    for spec in entry_sheets().values():
        sheet = write_entry_sheet(book, spec, data.entries.get(spec.key, ()))
        if at.sheet_code(spec.title) in hidden:
            sheet.raw.hide()
    write_plan(book, data)
    write_results(book)
    write_catalogue(book)
    write_lists(book)
    if macros:
        write_xlwings(book)
    book.close()


__all__ = ["WorkbookData", "build"]
