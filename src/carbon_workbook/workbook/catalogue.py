"""The factors that a workbook offers: rows of its Catalogue sheet, drop-down lists of its entry sheets.

They follow the base that the workbook is pinned to: the shipped selection with that base's figures, then the other
factors that its lines use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

import numpy as np
import pandas as pd

from carbon_workbook.factors.catalogue import SEPARATOR, Catalogue, load_catalogue
from carbon_workbook.factors.tables import table
from carbon_workbook.messages import french
from carbon_workbook.specs.spec import SheetSpec, entry_sheets
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref, parse_range
from carbon_workbook.workbook.evaluate import Evaluation
from carbon_workbook.workbook.package import Package

FACTOR_CHOICES = 60
COLUMNS = (
    ("id", "Identifiant", 16, "text"),
    ("label", "Libellé", 64, "text"),
    ("unit", "Unité", 14, "text"),
    ("total", "kgCO2e par unité", 13, "factor"),
    ("families", "Familles", 28, "text"),
    ("source", "Source", 36, "text"),
    ("version", "Version", 9, "text"),
    ("geography", "Géographie", 32, "text"),
    ("valid_until", "Valable jusqu'au", 12, "text"),
    ("uncertainty_pct", "Incertitude %", 11, "quantity"),
    ("co2_fossil", "CO2 fossile", 11, "factor"),
    ("ch4_fossil", "CH4 fossile", 11, "factor"),
    ("ch4_biogenic", "CH4 biogénique", 11, "factor"),
    ("n2o", "N2O", 11, "factor"),
    ("other_gases", "Autres gaz", 11, "factor"),
    ("co2_biogenic", "CO2 biogénique", 11, "factor"),
    ("gwp_set", "PRG", 9, "text"),
    ("licence", "Licence", 20, "text"),
    ("warning", "Avertissement", 50, "text"),
)
"""Key, label, width and number format of the columns of ``tbl_catalogue``."""
INTRO = "A2"

Cells = dict[str, object]


def list_name(key: str) -> str:
    """Defined name of a list: ``cw_liste_sens``, ``cw_liste_methodes_cat01``…"""
    return f"cw_liste_{key}"


def intro(count: int) -> str:
    """The sentence under the title of the Catalogue sheet."""
    return (
        f"{count} facteurs. Filtrer le tableau du bas, ou taper un mot ici : l'identifiant trouvé se copie dans la "
        "colonne « Facteur d'émission » d'une feuille."
    )


def offered_cells(evaluation: Evaluation) -> tuple[dict[str, Cells], dict[str, int]]:
    """Cells of the Catalogue and of the lists of factors by sheet, and the last row of the table if it must grow."""
    package, inventory = evaluation.content.package, evaluation.inventory
    used = inventory.counted["factor_id"].dropna().astype(str)
    factors = offered(inventory.catalogue, set(used))
    bounds = package.table(at.CATALOGUE_TABLE).bounds
    cells, last = _table_cells(package, factors, bounds)
    found = {at.CATALOGUE: {INTRO: intro(len(factors)), **cells}}
    for title, lists in _list_cells(package, factors).items():
        found.setdefault(title, {}).update(lists)
    return found, {at.CATALOGUE_TABLE: last} if last > bounds[2] else {}


def offered(catalogue: Catalogue, used: set[str]) -> pd.DataFrame:
    """The factors of the shipped selection that ``catalogue`` has, then the others of its base that are ``used``."""
    factors, shipped = catalogue.table, load_catalogue().table.index
    selected = factors.index.isin(shipped)
    own = (factors["families"] == "propre").to_numpy()
    more = factors[factors.index.isin(used) & ~selected & ~own].sort_index()
    return pd.concat([factors[selected], more])


def catalogue_rows(factors: pd.DataFrame) -> list[tuple[object, ...]]:
    """Rows of ``tbl_catalogue`` in the order of COLUMNS; what is blank is ``""``."""
    texts = factors.reset_index()
    cells = [_column(texts[key], key, number) for key, _, _, number in COLUMNS]
    return list(zip(*cells, strict=True))


def _column(values: pd.Series, key: str, number: str) -> list[object]:
    if number != "text":
        # As many digits as a cell shows: the same cell from the builder and from refresh.
        figures = values.to_numpy(dtype=np.float64).tolist()
        return ["" if np.isnan(value) else float(f"{value:.15g}") for value in figures]
    texts = values.astype(str).tolist()
    if key == "families":
        return [text.replace("|", ", ").replace("-", " ") for text in texts]
    return [french(text) for text in texts] if key == "valid_until" else list(texts)


def _table_cells(
    package: Package, factors: pd.DataFrame, bounds: tuple[int, int, int, int]
) -> tuple[Cells, int]:
    """Cells of the rows, those left below them cleared; last row filled."""
    header, left, bottom, _ = bounds
    titles = package.table(at.CATALOGUE_TABLE).columns
    places = [left + titles.index(label) if label in titles else 0 for _, label, _, _ in COLUMNS]
    rows = catalogue_rows(factors)
    rows += [("",) * len(COLUMNS)] * (bottom - header - len(rows))
    cells: Cells = {}
    for row, values in enumerate(rows, start=header + 1):
        for place, value in zip(places, values, strict=True):
            if place:
                cells[cell_ref(row, place)] = None if value == "" else value
    return cells, header + len(rows)


def _list_cells(package: Package, factors: pd.DataFrame) -> dict[str, Cells]:
    """The lists at the places that their names give; a name is the user's file's, its length does not change."""
    found: dict[str, Cells] = {}
    for key, choices in factor_lists(factors).items():
        title, ref = package.defined_names.get(list_name(key), ("", ""))
        if not title:
            continue
        top, column, bottom, _ = parse_range(ref)
        fitted = zip_longest(range(top, bottom + 1), choices[: bottom - top + 1])
        found.setdefault(title, {}).update({cell_ref(row, column): choice for row, choice in fitted})
    return found


def factor_lists(factors: pd.DataFrame) -> dict[str, list[str]]:
    """The list of factors of each entry sheet that has families, by the key of the list."""
    families, members = table("sheet_families"), family_members(factors)
    wanted = families.groupby("sheet", sort=False)["family"].agg(list).to_dict()
    found = {
        f"facteurs_{spec.key}": factor_choices(spec, wanted.get(spec.key, []), members)
        for spec in entry_sheets().values()
    }
    return {key: choices for key, choices in found.items() if choices}


def family_members(factors: pd.DataFrame) -> dict[str, list[tuple[str, str]]]:
    """Kind and « id · libellé [unité] » of the valid factors of each family.

    Those without a warning first, the latest of a dated series first.
    """
    valid = factors[factors["status"] == "valide"]
    year = -pd.to_numeric(valid["series_year"]).fillna(0)
    ranked = valid.assign(_warned=valid["warning"] != "", _year=year).sort_values(
        ["_warned", "_year"], kind="stable"
    )
    found: dict[str, list[tuple[str, str]]] = {}
    columns = (ranked[key].tolist() for key in ("families", "kind", "label", "unit"))
    for identifier, families, kind, label, unit in zip(ranked.index, *columns, strict=True):
        for family in dict.fromkeys(families.split("|")):
            found.setdefault(family, []).append((kind, f"{identifier}{SEPARATOR}{label} [{unit}]"))
    return found


def factor_choices(
    spec: SheetSpec, families: Sequence[str], members: Mapping[str, list[tuple[str, str]]]
) -> list[str]:
    """At most 60 factors of a sheet's families, each family in its turn."""
    columns = [[text for kind, text in members.get(family, ()) if kind in spec.kinds] for family in families]
    turns = [text for turn in zip_longest(*columns) for text in turn if text is not None]
    kept = set(list(dict.fromkeys(turns))[:FACTOR_CHOICES])
    return list(dict.fromkeys(text for column in columns for text in column if text in kept))
