"""The sheet Énergie: labels, and the cells of production that are the user's. Refresh writes the numbers."""

from __future__ import annotations

from carbon_workbook.inventory.energy import CONSUMPTION
from carbon_workbook.inventory.views import TOTAL
from carbon_workbook.workbook import energy_layout as place
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build_book import Book, Sheet
from carbon_workbook.workbook.build_parts import header_row, open_result, section

INTRO = (
    "Énergie finale des activités contrôlées des scopes 1 et 2, en MWh au pouvoir calorifique inférieur ; les gaz de "
    "procédé et les combustibles employés comme matière n'y sont pas. Part renouvelable d'un mélange (B7, E10…) : le "
    "carbone biogénique que donne son facteur. Ce qui n'est pas prouvé renouvelable est fossile ou non ventilé."
)


def write_energy(book: Book) -> None:
    """The sheet with its blocks, empty until the first refresh."""
    sheet = open_result(book, at.ENERGY, "Énergie", INTRO, (58, *[13] * 8), place.LAST)
    sheet.height(2, 44)
    sheet.put(place.BASIS_ROW, 1, None, "legend")
    _by_source(sheet)
    _by_market(sheet)
    _standard(sheet)
    _production(sheet)
    _without(sheet)
    _notes(sheet)
    sheet.raw.freeze_panes(place.BASIS_ROW, 1)
    sheet.print_area(place.NOTES.last, place.LAST)
    sheet.raw.set_h_pagebreaks([place.STANDARD.header - 2])
    sheet.protect()


def _open_block(sheet: Sheet, block: place.Block) -> None:
    section(sheet, block.header - 1, block.title, place.LAST)
    if block.labels:
        header_row(sheet, block.header, block.labels)


def _by_source(sheet: Sheet) -> None:
    block = place.BY_SOURCE
    _open_block(sheet, block)
    formats = {**dict.fromkeys(range(place.NATURE, place.SHARE), "energy"), place.SHARE: "percent",
               place.TONNES: "tonnes", place.LINES: "whole"}  # fmt: skip
    rows = [(place.source_label(code), "row_total" if code == TOTAL else "row") for code in place.SOURCE_ROWS]
    rows += [
        (place.OTHER_LABEL, "row_memo"),
        (place.MISSING_LABEL, "row_memo"),
        (place.SCOPES_LABEL, "row_head"),
    ]
    for offset, (label, style) in enumerate(rows):
        for column in range(1, place.LAST + 1):
            sheet.put(
                block.first + offset, column, label if column == 1 else None, style, formats.get(column, "")
            )


def _by_market(sheet: Sheet) -> None:
    block = place.MARKET
    _open_block(sheet, block)
    for offset, code in enumerate(place.MARKET_ROWS):
        style = "row_total" if code == TOTAL else "row"
        for column in range(1, place.SUM + 1):
            label = place.source_label(code) if column == 1 else None
            sheet.put(block.first + offset, column, label, style, "energy" if column > 1 else "")


def _standard(sheet: Sheet) -> None:
    block = place.STANDARD
    _open_block(sheet, block)
    for offset, (code, label, level, *_) in enumerate(CONSUMPTION):
        style = "row_total" if code == TOTAL else "row_head" if level == 0 else "row_indent"
        for column, number in enumerate(("", "energy", "percent", "energy", "percent"), start=1):
            plain = "row" if style == "row_indent" and column > 1 else style
            sheet.put(block.first + offset, column, label if column == 1 else None, plain, number)


def _production(sheet: Sheet) -> None:
    block = place.PRODUCTION
    _open_block(sheet, block)
    labels = ("Renouvelable, sans combustible (photovoltaïque, éolien, hydraulique)",
              "Non renouvelable (à saisir, hors combustibles déjà comptés)")  # fmt: skip
    typed = {spot: name for name, spot in place.TYPED.items()}
    for offset, label in enumerate(labels):
        row = block.first + offset
        sheet.put(row, 1, label, "row")
        for column in range(2, len(block.labels) + 1):
            name = typed.get((row, column))
            style = "input" if name else "row"
            sheet.put(row, column, None, style, "energy", locked=name is None)
            if name:
                sheet.book.name(name, sheet.absolute(row, column))
                rule = {"validate": "decimal", "criteria": ">=", "value": 0, "error_type": "warning",
                        "error_message": "Une énergie en MWh, positive."}  # fmt: skip
                sheet.validate(row, column, row, rule)


def _without(sheet: Sheet) -> None:
    block = place.WITHOUT
    _open_block(sheet, block)
    for row in range(block.first, block.last + 1):
        for column, number in enumerate(("", "text", "whole", "tonnes"), start=1):
            sheet.put(row, column, None, "row", number)


def _notes(sheet: Sheet) -> None:
    block = place.NOTES
    _open_block(sheet, block)
    for row in range(block.first, block.last + 1):
        sheet.height(row, 27)
        sheet.merge(row, 1, place.LAST, "", "note")
