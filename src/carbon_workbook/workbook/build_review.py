"""The sheet Revue de direction: one page to print. Refresh writes the numbers, the decisions are the user's."""

from __future__ import annotations

from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook import review_layout as place
from carbon_workbook.workbook.build_book import Book, Sheet
from carbon_workbook.workbook.build_parts import NEVER, header_row, open_result, section
from carbon_workbook.workbook.energy_layout import Block

INTRO = (
    "Une page pour la revue : émissions et évolution, intensités, postes, qualité des données, avancement du plan, "
    "objectifs, échéances. « à compléter » : le classeur n'a pas la donnée (Historique, Plan de transition, Objectifs)."
)
TOTALS = (
    "BEGES",
    "GHG Protocol, par localisation",
    "GHG Protocol, par le marché",
    "ESRS E1, par localisation",
)


def write_review(book: Book) -> None:
    """The sheet with its blocks, empty until the first refresh."""
    widths = (52, 13, 12, 13, 13, 13, 24)
    sheet = open_result(
        book, at.REVIEW, "Revue de direction", INTRO, widths, place.LAST, orientation="portrait"
    )
    sheet.merge(at.STAMP_ROW, 1, place.LAST, NEVER, "stamp")
    sheet.height(at.STAMP_ROW, 26)
    for block in place.BLOCKS:
        section(sheet, block.header - 1, block.title, place.LAST)
        header_row(sheet, block.header, block.labels, height=20)
    _emissions(sheet)
    _grid(sheet, place.INTENSITIES, ("", "quantity"))
    for row in (place.INTENSITIES.last - 1, place.INTENSITIES.last):
        sheet.put(row, 2, None, "row", "percent", align="right")
    _grid(sheet, place.TOP, ("", "tonnes", "percent", "percent", "whole"))
    _grid(sheet, place.QUALITY, ("", "whole"))
    for offset in place.PERCENTS:
        sheet.put(place.QUALITY.first + offset, 2, None, "row", "percent", align="right")
    _grid(sheet, place.PLAN, ("", "whole", "tonnes", "tonnes"))
    _grid(sheet, place.TARGETS, ("", "year", "tonnes", "tonnes", "tonnes", "gap", "text"))
    _grid(sheet, place.DATES, ("", "date", "text"))
    _decisions(sheet)
    sheet.raw.freeze_panes(at.STAMP_ROW, 0)
    sheet.print_area(place.DECISIONS.last, place.LAST)
    sheet.raw.fit_to_pages(1, 1)
    sheet.protect()


def _emissions(sheet: Sheet) -> None:
    block = place.EMISSIONS
    for offset, (label, _, _) in enumerate(place.TOTALS):
        style = "row_head" if label in TOTALS else "row"
        for column, number in enumerate(("", "tonnes", "tonnes", "change", "tonnes", "change"), start=1):
            text = label if column == 1 else None
            extra: dict[str, object] = {"align": "right"} if column > 1 else {}
            sheet.put(block.first + offset, column, text, style, number, **extra)


def _grid(sheet: Sheet, block: Block, numbers: tuple[str, ...]) -> None:
    """Rows of a block by number format; a text among numbers stands to the right, as they do."""
    for row in range(block.first, block.last + 1):
        for column, number in enumerate(numbers, start=1):
            extra: dict[str, object] = {"align": "right"} if number not in ("", "text") else {}
            if number == "text":
                extra = {"align": "left", "indent": 1}
            sheet.put(row, column, None, "row", number, **extra)


def _decisions(sheet: Sheet) -> None:
    block = place.DECISIONS
    last = len(block.labels)
    for row in range(block.first, block.last + 1):
        sheet.height(row, 24)
        for column in range(1, last + 1):
            number = "date" if column == last else ""
            sheet.put(row, column, None, "input_wrap", number, locked=False)
