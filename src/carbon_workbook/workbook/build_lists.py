"""Choice lists of the workbook: one hidden sheet, one defined name a list."""

from __future__ import annotations

from functools import cache

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.specs.spec import entry_sheets, lists
from carbon_workbook.workbook.build_book import Book
from carbon_workbook.workbook.catalogue import factor_lists, list_name
from carbon_workbook.workbook.cells import column_letters
from carbon_workbook.workbook.layout import BASE_NAME, LISTS, SCHEMA, SCHEMA_NAME
from carbon_workbook.workbook.registers import POSTS, post_choices
from carbon_workbook.workbook.style import TABS

SITES_NAME = "cw_liste_sites"


def write_lists(book: Book) -> None:
    """The hidden sheet of lists and their names."""
    sheet = book.sheet(LISTS, tab=TABS["setup"])
    for column, (name, value) in enumerate(
        ((SCHEMA_NAME, SCHEMA), (BASE_NAME, load_catalogue().version)), start=1
    ):
        sheet.put(1, column, name, "header")
        sheet.put(2, column, value, "plain")
        book.name(name, sheet.absolute(2, column))
    for column, (key, values) in enumerate(all_lists().items(), start=3):
        sheet.put(1, column, key, "header")
        for row, value in enumerate(values, start=2):
            sheet.put(row, column, value, "plain")
        letters = column_letters(column)
        book.name(list_name(key), f"{sheet.quoted}!${letters}$2:${letters}${max(len(values), 1) + 1}")
    book.name(SITES_NAME, "tbl_sites[Site]")
    sheet.raw.hide()


@cache
def all_lists() -> dict[str, list[str]]:
    """Every list by key: the shared ones, then methods, units and factors of each sheet."""
    factors = factor_lists(load_catalogue().table)
    found = {key: list(values) for key, values in lists().items()}
    found[POSTS] = post_choices()
    for spec in entry_sheets().values():
        found[f"methodes_{spec.key}"] = [method.label for method in spec.methods]
        if spec.units:
            found[f"unites_{spec.key}"] = list(spec.units)
        key = f"facteurs_{spec.key}"
        if key in factors:
            found[key] = factors[key]
    return found
