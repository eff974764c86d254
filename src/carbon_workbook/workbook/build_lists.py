"""Choice lists of the workbook: one hidden sheet, one defined name a list."""

from __future__ import annotations

from functools import cache
from itertools import zip_longest

import pandas as pd

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.factors.tables import table
from carbon_workbook.specs.spec import SheetSpec, entry_sheets, lists
from carbon_workbook.workbook.build_book import Book
from carbon_workbook.workbook.cells import column_letters
from carbon_workbook.workbook.layout import BASE_NAME, LISTS, SCHEMA, SCHEMA_NAME
from carbon_workbook.workbook.style import TABS

FACTOR_CHOICES = 60
SITES_NAME = "cw_liste_sites"


def list_name(key: str) -> str:
    """Defined name of a list: ``cw_liste_sens``, ``cw_liste_methodes_cat01``…"""
    return f"cw_liste_{key}"


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
    families, factors = table("sheet_families"), table("emission_factors")
    found = {key: list(values) for key, values in lists().items()}
    for spec in entry_sheets().values():
        found[f"methodes_{spec.key}"] = [method.label for method in spec.methods]
        if spec.units:
            found[f"unites_{spec.key}"] = list(spec.units)
        choices = factor_choices(spec, families, factors)
        if choices:
            found[f"facteurs_{spec.key}"] = choices
    return found


def factor_choices(spec: SheetSpec, families: pd.DataFrame, factors: pd.DataFrame) -> list[str]:
    """At most 60 factors of a sheet's families, each family in its turn, as « id · libellé [unité] »."""
    families = families[families["sheet"] == spec.key]
    factors = factors[factors["kind"].isin(spec.kinds) & (factors["status"] == "valide")]
    columns = [
        [choice(row) for row in _ordered(factors, family).itertuples()] for family in families["family"]
    ]
    turns = [text for turn in zip_longest(*columns) for text in turn if text is not None]
    kept = set(list(dict.fromkeys(turns))[:FACTOR_CHOICES])
    return list(dict.fromkeys(text for column in columns for text in column if text in kept))


def choice(row: object) -> str:
    """How a factor reads in a drop-down list."""
    return f"{row.Index} · {row.label} [{row.unit}]"  # type: ignore[attr-defined]


def _ordered(factors: pd.DataFrame, family: str) -> pd.DataFrame:
    """A family's factors, those without a warning first, the latest of a dated series first."""
    members = factors[factors["families"].str.split("|").map(lambda names: family in names)]
    rank = members.assign(
        _warned=members["warning"] != "", _year=-pd.to_numeric(members["series_year"]).fillna(0)
    )
    return rank.sort_values(["_warned", "_year"], kind="stable").set_index("id")
