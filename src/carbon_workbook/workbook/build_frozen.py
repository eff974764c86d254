"""The sheet Facteurs figés: empty and hidden until someone wants to read it. Refresh writes it."""

from __future__ import annotations

from carbon_workbook.workbook import frozen_layout as place
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build_book import Book
from carbon_workbook.workbook.build_parts import follow
from carbon_workbook.workbook.style import TABS

INTRO = (
    "Les facteurs des lignes, tels que la base les donne, avec leurs étapes et leurs gaz (kgCO2e par unité) : le "
    "calcul se refait sans la base. Un chiffre changé à la main ne correspond plus à l'empreinte, et le calcul refuse."
)
SHOWN = 8


def write_frozen(book: Book) -> None:
    """The hidden sheet with its table and the two cells that say of which base it is."""
    sheet = book.sheet(at.FROZEN, tab=TABS["record"])
    follow(sheet)
    sheet.widths([width + 1 for _, width, _ in place.TABLE_COLUMNS])
    sheet.band("Facteurs figés", SHOWN, home=SHOWN)
    sheet.merge(2, 1, SHOWN, INTRO, "intro")
    sheet.height(2, 32)
    for row, label, name in (
        (place.BASE_ROW, "Base", place.BASE_NAME),
        (place.DIGEST_ROW, "Empreinte", place.DIGEST_NAME),
    ):
        sheet.put(row, 1, label, "legend")
        sheet.put(row, place.VALUE_COLUMN, None, "legend", "text")
        book.name(name, sheet.absolute(row, place.VALUE_COLUMN))
    sheet.table(place.TABLE, place.HEADER, 1, [label for label, _, _ in place.TABLE_COLUMNS], place.ROWS)
    sheet.height(place.HEADER, 32)
    for column, (_, _, number) in enumerate(place.TABLE_COLUMNS, start=1):
        sheet.put(place.HEADER + 1, column, None, "record", number)
    sheet.raw.freeze_panes(place.HEADER, 1)
    sheet.print_rows(place.HEADER, place.HEADER)
    sheet.protect()
    sheet.raw.hide()
