"""The sheet ISO 14064-1: its categories, direct emissions by gas, what stands outside. Refresh writes the numbers."""

from __future__ import annotations

from carbon_workbook.inventory.significance import rule_sources
from carbon_workbook.inventory.views import TOTAL
from carbon_workbook.workbook import iso_layout as place
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build_book import Book, Sheet
from carbon_workbook.workbook.build_parts import LEVEL_STYLE, header_row, open_result, section, zero_check
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.energy_layout import Block

INTRO = (
    "Six catégories, monde entier, par localisation ; les sous-catégories sont les postes du BEGES. Le CO2 biogénique "
    "et les absorptions sont à côté du total, jamais dedans. Incertitude u à 95 % : de R ÷ (1 + u) à R × (1 + u) ; "
    "classe de 1 (très forte) à 5 (très faible)."
)
GASES_NOTE = (
    "HFC, PFC, SF6 et NF3 : famille du facteur de chaque ligne. « Autres gaz » : ce que sa source n'attribue à aucune "
    "famille ; « Non ventilé » : ce qu'elle ne sépare pas par gaz. Les gaz hors des sept (CFC, HCFC) sont hors du "
    "total."
)
DECISION_NOTE = (
    "« Significative » : retenue par une des deux règles, ou par un critère d'importance saisi dans Périmètre, d'où "
    "viennent aussi la décision et sa justification. La catégorie 1 est toujours déclarée."
)
TWO_LINES = 22
"""Height of a row whose justification stands on two lines."""
RULES = {"magnitude": "Règle des 80 %", "share": "Règle des 5 %"}


def write_iso(book: Book) -> None:
    """The sheet with its blocks, empty until the first refresh."""
    widths = (8, 58, 11, 9, 11, 12, 12, 11, 12, 11, 11, 11, 16, 38)
    heading = "ISO 14064-1 – catégories d'émissions et d'absorptions"
    sheet = open_result(book, at.ISO, heading, INTRO, widths, place.LAST)
    for block in (place.TABLE, place.DIRECT_GASES, place.OUTSIDE):
        section(sheet, block.header - 1, block.title, place.LAST)
        header_row(sheet, block.header, block.labels)
    _table(sheet)
    _direct(sheet)
    _outside(sheet)
    _notes(sheet, place.NOTES)
    sheet.raw.freeze_panes(at.STAMP_ROW, 2)
    sheet.print_area(place.NOTES.last, place.LAST)
    sheet.raw.set_h_pagebreaks([place.DIRECT_GASES.header - 2])
    sheet.protect()


def _table(sheet: Sheet) -> None:
    numbers = {place.TOTAL: "tonnes", place.SHARE: "percent", place.BIOGENIC: "tonnes", place.REMOVALS: "tonnes",
               place.HALF: "percent", place.CLASS: "whole"}  # fmt: skip
    middle = (place.CLASS, place.MAGNITUDE, place.ABOVE, place.SIGNIFICANT, place.DECISION)
    for found in place.rows():
        if found.level == 1:
            sheet.height(found.row, TWO_LINES)
        _row(sheet, found)
        style, plain = _styles(found)
        for column in range(place.TOTAL, place.LAST + 1):
            extra: dict[str, object] = {"align": "center"} if column in middle else {}
            if column == place.HALF:
                extra["align"] = "right"
            if column == place.TOTAL:
                extra["bold"] = True
            if column in (place.CRITERION, place.REASON):
                extra |= {"text_wrap": True, "font_size": 8, "align": "left", "indent": 1}
            own = style if found.level == 0 else plain
            sheet.put(found.row, column, None, own, numbers.get(column, ""), **extra)


def _direct(sheet: Sheet) -> None:
    for found in place.direct_rows():
        _row(sheet, found)
        style, plain = _styles(found)
        for column, (gas, _) in enumerate(place.GASES, start=place.FIRST_GAS):
            extra: dict[str, object] = {"bold": True} if gas == "total" else {}
            sheet.put(found.row, column, None, style if found.level == 0 else plain, "tonnes", **extra)


def _styles(found: at.ResultRow) -> tuple[str, str]:
    """Look of the label of a row, and of its other cells."""
    style = "row_total" if found.code == TOTAL else LEVEL_STYLE[found.level]
    return style, "row" if style == "row_indent2" else style


def _row(sheet: Sheet, found: at.ResultRow) -> None:
    style, plain = _styles(found)
    shown = "" if found.code == TOTAL or found.level == 2 else found.code
    sheet.put(found.row, place.CODE, shown, plain, align="center")
    sheet.put(found.row, place.LABEL, found.label, style)


def _outside(sheet: Sheet) -> None:
    total = cell_ref(place.rows()[-1].row, place.TOTAL)
    for found in place.outside_rows():
        _line(sheet, found.row, found.label, "row_memo")
    _line(sheet, place.LINES_ROW, place.LINES_LABEL, "row_head")
    _line(sheet, place.CHECK_ROW, "Contrôle, total et ajustements moins lignes : doit être nul", "row_total")
    _line(sheet, place.CONTRAILS_ROW, place.CONTRAILS_LABEL, "row_memo")
    first, last = (cell_ref(row, place.TOTAL) for row in (place.OUTSIDE.first, place.LINES_ROW - 1))
    lines = cell_ref(place.LINES_ROW, place.TOTAL)
    zero_check(sheet, place.CHECK_ROW, place.TOTAL, f"{total}+SUM({first}:{last})-{lines}", lines)


def _line(sheet: Sheet, row: int, label: str, style: str) -> None:
    for column, text in enumerate(("", label, None), start=place.CODE):
        sheet.put(row, column, text, style, "tonnes" if column == place.TOTAL else "")


def _notes(sheet: Sheet, block: Block) -> None:
    section(sheet, block.header - 1, block.title, place.LAST)
    sources = rule_sources()
    own = sources[sources["view"] == place.VIEW].set_index("rule")["source"]
    texts = [GASES_NOTE, DECISION_NOTE, *(f"{label} : {own[rule]}." for rule, label in RULES.items())]
    for row, text in zip(range(block.first, block.last + 1), texts, strict=True):
        sheet.height(row, 27)
        sheet.merge(row, 1, place.LAST, text, "note")
