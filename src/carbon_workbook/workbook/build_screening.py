"""The part of Criblage that refresh fills: the ranking of the posts, beside the quantities."""

from __future__ import annotations

from carbon_workbook.workbook.build_book import Sheet
from carbon_workbook.workbook.screening_cells import COLUMNS, FIRST_COLUMN, RANKINGS, STAMP, RankingPlace

NEVER = "Pas encore calculé : actualiser pour classer les postes."
CENTRED = ("rank", "code", "magnitude", "above", "sector")


def write_rankings(sheet: Sheet) -> None:
    """Both rankings, empty until the first refresh, to the right of the table of quantities."""
    for offset, (_, _, width, _) in enumerate(COLUMNS):
        column = FIRST_COLUMN - 1 + offset
        sheet.raw.set_column(column, column, width, sheet.book.style("plain"))
    sheet.raw.set_column(FIRST_COLUMN - 2, FIRST_COLUMN - 2, 3, sheet.book.style("plain"))
    last = FIRST_COLUMN + len(COLUMNS) - 1
    for column in range(FIRST_COLUMN - 1, last + 1):
        sheet.put(1, column, "", "band")
    sheet.put(*STAMP, NEVER, "legend")
    for place in RANKINGS:
        _ranking(sheet, place, last)


def _ranking(sheet: Sheet, place: RankingPlace, last: int) -> None:
    for column in range(FIRST_COLUMN, last + 1):
        title = place.title if column == FIRST_COLUMN else ""
        sheet.put(place.header - 1, column, title, "section")
    sheet.height(place.header, 32)
    for offset, (key, label, _, number) in enumerate(COLUMNS):
        column = FIRST_COLUMN + offset
        sheet.put(place.header, column, label, "header")
        style = "row_head" if key in ("rank", "kg") else "row"
        align = "center" if key in CENTRED else "left" if number == "text" else "right"
        for row in range(place.header + 1, place.header + place.rows + 1):
            sheet.put(row, column, None, style, number, align=align, indent=int(align == "left"))
