"""Where the numbers of the sheet ISO 14064-1 stand."""

from __future__ import annotations

from functools import cache

from carbon_workbook.inventory.iso import DIRECT, FLUORINATED
from carbon_workbook.inventory.posts import reasons
from carbon_workbook.inventory.views import row_frame
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.energy_layout import Block

VIEW = "iso"
CODE, LABEL = 1, 2
TOTAL, SHARE, BIOGENIC, REMOVALS, HALF, CLASS = range(3, 9)
MAGNITUDE, ABOVE, SIGNIFICANT, DECISION, CRITERION, REASON = range(9, 15)
LAST = REASON

TABLE = Block(
    "Émissions et absorptions par catégorie (tCO2e)", 6,
    ("Code", "Catégorie", "Total", "Part", "CO2 biogénique (t)", "Absorptions", "Incertitude ± %", "Classe (1 à 5)",
     "Règle des 80 %", "Règle des 5 %", "Significative", "Décision", "Critère", "Justification"),
    len(row_frame("beges")),
)  # fmt: skip
"""The headers of both rules carry their threshold once refreshed."""

GASES = (
    ("co2_fossil", "CO2"),
    ("ch4", "CH4"),
    ("n2o", "N2O"),
    *((gas, gas.upper()) for gas in FLUORINATED),
    ("other_gases", "Autres gaz"),
    ("unsplit", "Non ventilé"),
    ("total", "Total"),
    ("co2_biogenic", "CO2 biogénique (t)"),
)
"""What the source of a factor attributes to no fluorinated family is in ``other_gases``."""
FIRST_GAS = 3
DIRECT_GASES = Block(
    "Émissions directes gaz par gaz (tCO2e)", TABLE.last + 3,
    ("Code", "Catégorie 1", *(label for _, label in GASES)),
    sum(code.split(".")[0] == DIRECT for code, *_ in row_frame("beges")),
)  # fmt: skip

REASONS = ("gaz_hors_sept", "franchises", "immobilisations", "absorptions", "trainees")
"""Every adjustment that the view can have: with its total they give the sum of the lines."""
OUTSIDE = Block(
    "Hors du total : ce que la vue écarte ou compte autrement", DIRECT_GASES.last + 3,
    ("", "Ajustement", "tCO2e"), len(REASONS) + 3,
)  # fmt: skip
LINES_ROW, CHECK_ROW, CONTRAILS_ROW = (OUTSIDE.first + len(REASONS) + n for n in range(3))
LINES_LABEL = "Somme des lignes"
CONTRAILS_LABEL = "Dans le total : traînées de condensation"
NOTES = Block("À savoir", OUTSIDE.last + 3, (), 4)


@cache
def rows() -> tuple[at.ResultRow, ...]:
    """The six categories, their sub-categories, the total."""
    frame = row_frame("beges")
    return tuple(at.ResultRow(TABLE.first + n, *row[:3]) for n, row in enumerate(frame))


@cache
def direct_rows() -> tuple[at.ResultRow, ...]:
    """Category 1 and its sub-categories."""
    found = [row for row in rows() if row.code.split(".")[0] == DIRECT]
    return tuple(
        at.ResultRow(DIRECT_GASES.first + n, row.code, row.label, row.level) for n, row in enumerate(found)
    )


@cache
def outside_rows() -> tuple[at.ResultRow, ...]:
    """The adjustments of the view."""
    return tuple(
        at.ResultRow(OUTSIDE.first + n, reason, reasons()[reason], 1) for n, reason in enumerate(REASONS)
    )
