"""What the result sheets share: their opening, section bands, headers, and the name that follows each tab."""

from __future__ import annotations

from collections.abc import Sequence

from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build_book import Book, Sheet
from carbon_workbook.workbook.style import TABS

LEVEL_STYLE = ("row_head", "row", "row_indent2")
"""Look of the label of a row by its level."""
NEVER = "Pas encore calculé : saisir des lignes, puis actualiser."


def open_result(
    book: Book, title: str, heading: str, intro: str, widths: Sequence[float], last: int,
    *, orientation: str = "landscape",
) -> Sheet:  # fmt: skip
    """A result sheet with its title, what it holds, and the place of the stamp."""
    sheet = book.sheet(title, tab=TABS["result"], orientation=orientation)
    follow(sheet)
    sheet.widths(widths)
    sheet.band(heading, last, home=last)
    sheet.merge(2, 1, last, intro, "intro")
    sheet.height(2, 32)
    sheet.put(at.STAMP_ROW, 1, NEVER, "legend")
    return sheet


def follow(sheet: Sheet) -> None:
    """The defined name by which refresh finds the sheet once its tab is renamed."""
    sheet.book.name(at.RESULT_NAMES[sheet.title], sheet.absolute(1, 1))


def header_row(sheet: Sheet, row: int, labels: Sequence[str], first: int = 1, height: float = 32) -> None:
    """The header of a table that starts in column ``first``."""
    sheet.height(row, height)
    for offset, label in enumerate(labels):
        sheet.put(row, first + offset, label, "header_left" if offset == 0 and first == 1 else "header")


def zero_check(sheet: Sheet, row: int, column: int, difference: str, needs: str) -> None:
    """A difference that rounding may leave at 1e-9 of the whole."""
    text = f'IF({needs}="","",IF(ABS({difference})<=1E-9*MAX(1,ABS({needs})),0,{difference}))'
    sheet.formula(row, column, text, "row_total", "check", align="right")


def section(sheet: Sheet, row: int, text: str, last: int) -> None:
    """A band with a title over columns 1 to ``last``."""
    for column in range(1, last + 1):
        sheet.put(row, column, text if column == 1 else "", "section")
