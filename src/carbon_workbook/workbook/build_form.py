"""The sheet Feuille de saisie: the fields of the platform in its order. Refresh writes what to type."""

from __future__ import annotations

from functools import cache

from carbon_workbook.factors.tables import posts
from carbon_workbook.report.entry_form import TODO
from carbon_workbook.specs.vsme import Field, platform_fields
from carbon_workbook.workbook import form_layout as place
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build_book import Book, Sheet
from carbon_workbook.workbook.build_parts import header_row, open_result, section
from carbon_workbook.workbook.style import WARN

INTRO = (
    "À recopier sur bilans-ges.ademe.fr, qui n'a pas d'import : un champ par ligne, dans l'ordre de ses données "
    "ouvertes. Émissions en tCO2e, arrondies au dixième de tonne (demi vers le haut). Une cellule vide est expliquée "
    "dans État ; « carbon-workbook saisie » écrit la même ligne en CSV."
)
TEXT_HEIGHT = 42
LONG = ("Textes", "Méthode", "ecartes", "comparaison")
"""Parts and sources of the fields that hold a text of several lines."""
NUMBERS = {"emissions": "typed_tonnes", "nombre": "typed", "annee": "year"}


def write_entry_form(book: Book) -> None:
    """The sheet with its fields, empty until the first refresh."""
    sheet = open_result(
        book, at.FORM, "Feuille de saisie du BEGES", INTRO, (6, 70, 42, 84, 44, 14), place.LAST
    )
    sheet.height(2, 46)
    sheet.put(place.COUNT_ROW, 1, None, "legend", bold=True)
    header_row(sheet, place.HEADER_ROW, place.LABELS, height=20)
    for field in platform_fields():
        _row(sheet, field)
    section(sheet, place.SUMS_HEADER - 1, "Les postes saisis font-ils le total ?", place.LAST)
    header_row(sheet, place.SUMS_HEADER, place.SUMS_LABELS, height=20)
    for row in range(place.SUMS_FIRST, place.SUMS_FIRST + place.SUMS_ROWS):
        for column in range(1, place.LAST + 1):
            number = "" if column < place.VALUE else "gap" if column == place.LAST else "tonnes"
            extra: dict[str, object] = {"align": "right"} if number else {}
            sheet.put(row, column, None, "row", number, **extra)
    gap = book.differential(bold=True, font_color=WARN)
    rule = {"type": "text", "criteria": "begins with", "value": TODO, "format": gap}
    sheet.note(place.FIRST, place.SUMS_HEADER - 2, place.STATE, rule)
    sheet.raw.freeze_panes(place.HEADER_ROW, 0)
    sheet.print_rows(place.HEADER_ROW, place.HEADER_ROW)
    sheet.print_area(place.SUMS_FIRST + place.SUMS_ROWS - 1, place.LAST)
    sheet.protect()


@cache
def _labels() -> dict[str, str]:
    """Label of each post."""
    table = posts()
    return dict(zip(table["post"].astype(str), table["label"].astype(str), strict=True))


def _row(sheet: Sheet, field: Field) -> None:
    row, emissions = place.row_of(field), field.kind == "emissions"
    long = field.block in LONG or field.source.partition(":")[0] in LONG
    if long:
        sheet.height(row, TEXT_HEIGHT)
    number = NUMBERS.get(field.kind, "text")
    align: dict[str, object] = {
        "align": "left",
        "indent": 1,
        "text_wrap": True,
        "valign": "top" if long else "vcenter",
    }
    if emissions:
        align = {"align": "right", "bold": True}
    sheet.put(row, place.NUMBER, field.index, "row_memo", "whole", align="center")
    part = _labels().get(field.source.partition(":")[2], "") if emissions else field.block
    sheet.put(row, place.BLOCK, part, "row_memo", text_wrap=True)
    sheet.put(row, place.HEADER, field.header, "row", text_wrap=True)
    sheet.put(row, place.VALUE, None, "row", number, **align)
    sheet.put(row, place.STATE, None, "row_memo", "text", text_wrap=True, align="left", indent=1)
    sheet.put(row, place.EXACT, None, "row_memo", "line" if emissions else "")
