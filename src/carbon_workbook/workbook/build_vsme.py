"""The sheet VSME B3-C3: one row a concept, each cell named as EFRAG's template names it. Refresh writes the values."""

from __future__ import annotations

from collections.abc import Mapping

from carbon_workbook.specs.vsme import CURRENT, Concept
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook import vsme_layout as place
from carbon_workbook.workbook.build_book import Book, Sheet
from carbon_workbook.workbook.build_parts import header_row, open_result, section
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.style import WARN

INTRO = (
    "Norme volontaire VSME : les noms définis de cette feuille sont les noms de la taxonomie. « carbon-workbook vsme » "
    "les écrit dans une copie du modèle EFRAG, et en fait un fichier de faits (JSON)."
)
TALL, TEXT_HEIGHT = 26, 132
LABEL_LINE, NAME_LINE = 92, 68
"""Characters that a label and a name hold on one line."""


def write_vsme(book: Book) -> None:
    """The sheet with its rows and names, empty until the first refresh."""
    sheet = open_result(book, at.VSME, "VSME – B3 et C3", INTRO, (82, 56, 12, 15, 15, 15, 24), place.LAST)
    sheet.merge(place.VERSION_ROW, 1, place.LAST, "", "stamp")
    sheet.height(place.VERSION_ROW, 26)
    sheet.put(place.YEARS_ROW, 1, None, "legend")
    for group in place.groups():
        section(sheet, group.header - 1, group.title, place.LAST)
        header_row(sheet, group.header, place.TEXT_LABELS if group.texts else place.LABELS, height=20)
        for offset, row in enumerate(group.rows):
            if group.texts:
                _text_row(sheet, group.first + offset, row)
            else:
                _row(sheet, group.first + offset, row)
    _check(sheet)
    sheet.raw.freeze_panes(place.YEARS_ROW, 1)
    gap = book.differential(bold=True, font_color=WARN)
    rule = {"type": "text", "criteria": "containing", "value": place.TO_COMPLETE, "format": gap}
    sheet.note(place.YEARS_ROW, place.LAST_ROW, place.STATE, rule)
    sheet.print_area(place.LAST_ROW, place.LAST)
    sheet.raw.set_h_pagebreaks([place.groups()[2].header - 2])
    sheet.protect()


def _row(sheet: Sheet, row: int, found: Mapping[str, Concept]) -> None:
    one = next(iter(found.values()))
    total = one.concept.startswith("Total")
    style = "row_head" if total else "row"
    number = place.FORMATS.get(one.unit, "year")
    _labels(sheet, row, found, style)
    if len(place.row_label(found)) > LABEL_LINE or len(place.row_name(found)) > NAME_LINE:
        sheet.height(row, TALL)
    for period, column in place.COLUMNS.items():
        sheet.put(row, column, None, style, number if period in found else "", align="right")
        if period in found:
            sheet.book.name(found[period].name, sheet.absolute(row, column))
    sheet.put(row, place.STATE, None, "row_memo", align="left", indent=1)


def _text_row(sheet: Sheet, row: int, found: Mapping[str, Concept]) -> None:
    sheet.height(row, TEXT_HEIGHT if found[CURRENT].source else TALL)
    _labels(sheet, row, found, "row")
    first, last = place.YEAR, place.STATE - 1
    sheet.merge(row, first, last, "", "row_text")
    sheet.book.name(found[CURRENT].name, sheet.absolute(row, first))
    sheet.put(row, place.STATE, None, "row_memo", align="left", indent=1)


def _labels(sheet: Sheet, row: int, found: Mapping[str, Concept], style: str) -> None:
    one = next(iter(found.values()))
    sheet.put(row, place.LABEL, place.row_label(found), style, text_wrap=True)
    sheet.put(row, place.NAME, place.row_name(found), style, font_size=8, text_wrap=True)
    sheet.put(row, place.UNIT, place.UNITS[one.unit], style, align="center")


def _check(sheet: Sheet) -> None:
    """The heat that VSME has no row for, and a native check that the breakdown makes the total."""
    energy = place.groups()[0]
    for row, label in ((place.HEAT_ROW, place.HEAT_LABEL), (place.CHECK_ROW, place.CHECK_LABEL)):
        for column in range(1, place.LAST + 1):
            text = label if column == 1 else "MWh" if column == place.UNIT else None
            number = "energy" if column == place.YEAR else ""
            sheet.put(
                row, column, text, "row_memo", number, align="center" if column == place.UNIT else "left"
            )
    total, heat = cell_ref(energy.first, place.YEAR), place.HEAT_CELL
    parts = "+".join(
        cell_ref(energy.first + offset, place.YEAR)
        for offset, row in enumerate(energy.rows)
        if row[CURRENT].member.startswith("Total")
    )
    gap = f"{total}-({parts})-{heat}"
    text = f'IF({total}="","",IF(ABS({gap})<=1E-9*MAX(1,ABS({total})),0,{gap}))'
    sheet.formula(place.CHECK_ROW, place.YEAR, text, "row_memo", "check", align="right")
    sheet.put(place.HEAT_ROW, place.YEAR, None, "row_memo", "energy", align="right")
