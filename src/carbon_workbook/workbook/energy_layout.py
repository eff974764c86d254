"""Where the numbers of the sheet Énergie stand."""

from __future__ import annotations

from dataclasses import dataclass

from carbon_workbook.inventory.energy import CONSUMPTION, NATURE_LABELS, PURCHASED, sources
from carbon_workbook.inventory.views import TOTAL
from carbon_workbook.workbook import layout as at

LABEL, NATURE, SUM, SHARE, TONNES, LINES = 1, 2, 6, 7, 8, 9
LAST = LINES
BASIS_ROW = at.STAMP_ROW + 1


@dataclass(frozen=True, slots=True)
class Block:
    """A table of the sheet: its title, the row of its header, the labels of its columns and how many rows it has."""

    title: str
    header: int
    labels: tuple[str, ...]
    rows: int

    @property
    def first(self) -> int:
        return self.header + 1

    @property
    def last(self) -> int:
        return self.header + self.rows


_ORIGINS = tuple(NATURE_LABELS.values())
SOURCE_ROWS = (*sources(), TOTAL)
"""Sources, then their total."""
BY_SOURCE = Block(
    "Consommation par source, électricité par localisation (MWh PCI)", 7,
    ("Source", *_ORIGINS, "Total MWh", "Part", "tCO2e scopes 1 et 2", "Lignes"), len(SOURCE_ROWS) + 3,
)  # fmt: skip
OTHER_ROW, MISSING_ROW, SCOPES_ROW = (BY_SOURCE.first + len(SOURCE_ROWS) + n for n in range(3))
MARKET_ROWS = (PURCHASED, TOTAL)
MARKET = Block(
    "Les mêmes, électricité par le marché : instruments selon leur technologie, le reste au mix du pays",
    BY_SOURCE.last + 3, ("Source", *_ORIGINS, "Total MWh"), len(MARKET_ROWS),
)  # fmt: skip
STANDARD = Block(
    "Présentation des normes (ESRS E1, VSME B3)", MARKET.last + 3,
    ("Ligne", "MWh, localisation", "Part", "MWh, marché", "Part"), len(CONSUMPTION),
)  # fmt: skip
PRODUCTION = Block(
    "Production d'énergie (MWh)", STANDARD.last + 3, ("Origine", "Consommée", "Vendue", "Total"), 2,
)  # fmt: skip
RENEWABLE_ROW, OTHER_PRODUCTION_ROW = PRODUCTION.first, PRODUCTION.last
USED_COLUMN, SOLD_COLUMN, MADE_COLUMN = 2, 3, 4
TYPED = {
    "cw_energie_vendue": (RENEWABLE_ROW, SOLD_COLUMN),
    "cw_energie_autre_consommee": (OTHER_PRODUCTION_ROW, USED_COLUMN),
    "cw_energie_autre_vendue": (OTHER_PRODUCTION_ROW, SOLD_COLUMN),
}
"""Cells of the user by their defined name."""
WITHOUT = Block(
    "Lignes comptées dont l'énergie n'est pas calculée", PRODUCTION.last + 3,
    ("Facteur", "Unité", "Lignes", "tCO2e scopes 1 et 2"), 10,
)  # fmt: skip
NOTES = Block("À savoir", WITHOUT.last + 3, (), 6)

OTHER_LABEL = "Émissions des scopes 1 et 2 sans énergie (procédés, fuites)"
MISSING_LABEL = "Lignes dont l'énergie n'est pas calculée (liste plus bas)"
SCOPES_LABEL = "Scopes 1 et 2, par localisation"


def source_label(code: str) -> str:
    """A source as the sheet names it."""
    return "Total" if code == TOTAL else sources()[code][1]
