"""Where things stand in the workbook: one source for the builder, the reader and refresh."""

from __future__ import annotations

from carbon_workbook.specs.spec import SheetSpec, Setting, settings

HOME, PERIMETER, SITES, OWN_FACTORS = "Accueil", "Périmètre", "Sites", "Facteurs propres"
SUMMARY, BEGES, GHGP, ESRS, BRIDGE = "Synthèse", "BEGES", "GHG Protocol", "ESRS E1", "Réconciliation"
CHECKS, JOURNAL, USED, CATALOGUE = "Contrôles", "Journal", "Facteurs utilisés", "Catalogue"
LISTS, XLWINGS = "Listes", "xlwings.conf"
RESULT_SHEETS = (SUMMARY, BEGES, GHGP, ESRS, BRIDGE, CHECKS, JOURNAL, USED)

SCHEMA = 1
SCHEMA_NAME, BASE_NAME = "cw_schema", "cw_base"

ENTRY_HEADER = 8
"""Row of the table header of every entry sheet."""
ENTRY_FIRST = ENTRY_HEADER + 1
MIN_ENTRY_ROWS, SPARE_ROWS = 30, 10

REGISTER_HEADER = 5
"""Row of the table header of Sites and Facteurs propres."""


def entry_rows(filled: int) -> int:
    """Rows that an entry table gets when ``filled`` of them are used."""
    return max(MIN_ENTRY_ROWS, filled + SPARE_ROWS)


def count_name(count: str, sheet: str) -> str:
    """Defined name of a native count of an entry sheet: ``cw_partiel_cat01``."""
    return f"cw_{count}_{sheet}"
