"""Reading, linting and patching a 10,000-row sheet against openpyxl reading it.

``python -m benchmarks.package`` prints the processor time of each, the best of a few, and its ratio.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import xlsxwriter

from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import open_package, read_sheet
from carbon_workbook.workbook.patch import patch

ROWS, COLUMNS, REPEATS = 10_000, 45, 4
TITLE, TABLE = "Énergie", "tbl_energie"


def write_book(path: Path) -> None:
    """An entry sheet as ours: texts, quantities, dates, formulas with their results, styled blanks."""
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet(TITLE)
    columns = [{"header": f"Colonne {column}"} for column in range(COLUMNS)]
    sheet.add_table(0, 0, ROWS, COLUMNS - 1, {"name": TABLE, "columns": columns})
    for row in range(1, ROWS + 1):
        for column in range(0, COLUMNS, 9):
            sheet.write_string(row, column, f"Libellé {row % 500}")
            for offset in (1, 2, 3):
                sheet.write_number(row, column + offset, row * 1.37 + column)
            left, right = f"{TABLE}[[#This Row],[Colonne 1]]", f"{TABLE}[[#This Row],[Colonne 2]]"
            sheet.write_formula(row, column + 4, f"={left}*{right}", None, row * 2.5)
            sheet.write_datetime(row, column + 5, dt.datetime(2026, 1, 1) + dt.timedelta(days=row % 365), day)
            sheet.write_string(row, column + 6, "kWh")
            sheet.write_formula(row, column + 7, f'=IF({left}>0,"à jour","vide")', None, "à jour")
            sheet.write_blank(row, column + 8, None, day)
    book.close()


def read_with_openpyxl(path: Path) -> None:
    """What the ratios are against: every value of the sheet, read-only."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    for row in book[TITLE].iter_rows(values_only=True):
        len(row)
    book.close()


def best_time(act: Callable[[], object]) -> float:
    """Seconds of processor time, the best of a few."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        act()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Print the table of times and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "banc.xlsx"
        write_book(path)
        changes = {
            TITLE: {
                f"{column}{row}": row / 7 for row in range(2, ROWS + 2) for column in ("B", "C", "I", "R")
            }
        }
        package = open_package(path)
        patched = package.with_parts(patch(package, changes))
        reference = best_time(lambda: read_with_openpyxl(path))
        print(f"{ROWS} lignes × {COLUMNS} colonnes ; openpyxl en lecture seule : {reference:.3f} s")
        for label, act in (
            ("open_package + read_sheet", lambda: read_sheet(open_package(path), TITLE)),
            ("lint", lambda: lint(open_package(path))),
            ("patch de 40 000 cellules", lambda: patch(package, changes)),
            ("packed", patched.packed),
        ):
            seconds = best_time(act)
            print(f"{label:28} {seconds:.3f} s   {seconds / reference:.2f} ×")


if __name__ == "__main__":
    main()
