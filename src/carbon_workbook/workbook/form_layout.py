"""Where things stand on the sheet Feuille de saisie: one row a field of the platform, in its order."""

from __future__ import annotations

from carbon_workbook.specs.vsme import Field, platform_fields
from carbon_workbook.workbook import layout as at

NUMBER, BLOCK, HEADER, VALUE, STATE, EXACT = 1, 2, 3, 4, 5, 6
LAST = EXACT
LABELS = ("N°", "Partie", "Champ", "À saisir", "État", "tCO2e, exact")
COUNT_ROW = at.STAMP_ROW + 1
HEADER_ROW = COUNT_ROW + 2
FIRST = HEADER_ROW + 1
SUMS_HEADER = FIRST + len(platform_fields()) + 2
SUMS_LABELS = (
    "",
    "",
    "Total des émissions (tCO2e)",
    "Somme des postes saisis",
    "Total arrondi",
    "Écart d'arrondi",
)
SUMS_FIRST, SUMS_ROWS = SUMS_HEADER + 1, 2


def row_of(field: Field) -> int:
    """Row of a field."""
    return FIRST + field.index
