"""Where the numbers of the sheet Revue de direction stand."""

from __future__ import annotations

from carbon_workbook.inventory.management import STATUSES
from carbon_workbook.inventory.views import TOTAL
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.energy_layout import Block

LAST = 7
TO_COMPLETE = "à compléter"

TOTALS = (
    ("BEGES", "beges", TOTAL),
    ("GHG Protocol, par localisation", "ghgp", TOTAL),
    ("GHG Protocol, par le marché", "ghgp_market", TOTAL),
    ("ESRS E1, par localisation", "esrs", TOTAL),
    ("Scope 1", "ghgp", "S1"),
    ("Scope 2, par localisation", "ghgp", "S2"),
    ("Scope 2, par le marché", "ghgp_market", "S2"),
    ("Scope 3", "ghgp", "S3"),
)
"""Label, view and row of each total."""
CURRENT, PREVIOUS, CHANGE, BASE, BASE_CHANGE = 2, 3, 4, 5, 6
EMISSIONS = Block(
    "Émissions (tCO2e)",
    at.STAMP_ROW + 3,
    ("Vue", "Année", "N-1", "Évolution", "Référence", "Évolution"),
    len(TOTALS),
)
INTENSITIES = Block(
    "Intensités et énergie", EMISSIONS.last + 3, ("Indicateur", "Valeur"), 7,
)  # fmt: skip
TOP = Block(
    "Cinq premiers postes (BEGES)", INTENSITIES.last + 3, ("Poste", "tCO2e", "Part", "Incertitude ± %", "Classe"), 5,
)  # fmt: skip
HALF, CLASS = 4, 5
QUALITY_ROWS = (
    "Incertitude du total BEGES (± %)",
    "Classe d'incertitude, de 1 (très forte) à 5 (très faible)",
    *(f"Part des émissions, donnée {level}" for level in at.DATA_LEVELS),
    "Lignes comptées",
    "Lignes refusées, hors des totaux",
    "Alertes à regarder",
    "Lignes comptées sans preuve citée",
    "Part des émissions sans preuve citée",
)
QUALITY = Block("Qualité des données", TOP.last + 3, ("Indicateur", "Valeur"), len(QUALITY_ROWS))
PLAN = Block(
    "Avancement du plan (tCO2e par an)", QUALITY.last + 3, ("Statut", "Actions", "Attendues", "Obtenues"),
    len(STATUSES) + 1,
)  # fmt: skip
TARGETS = Block(
    "Objectifs : où l'année se tient sur la trajectoire linéaire (tCO2e)", PLAN.last + 3,
    ("Objectif", "Échéance", "Cible", "Attendu", "Mesuré", "Écart", "Position"), 6,
)  # fmt: skip
DATES = Block(
    "Prochaines échéances, à partir de la clôture", TARGETS.last + 3, ("Objet", "Date", "Détail"), 8
)
DECISIONS = Block("Décisions de la revue (à écrire)", DATES.last + 3, ("Décision", "Pilote", "Échéance"), 4)
BLOCKS = (EMISSIONS, INTENSITIES, TOP, QUALITY, PLAN, TARGETS, DATES, DECISIONS)
PERCENTS = (0, *range(2, 2 + len(at.DATA_LEVELS)), len(QUALITY_ROWS) - 1)
"""Rows of QUALITY that are shares."""
