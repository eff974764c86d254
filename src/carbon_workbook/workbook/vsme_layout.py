"""Where things stand on the sheet VSME B3-C3: one row a concept and member, its periods side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from carbon_workbook.specs.vsme import BASE, CURRENT, TARGET, Concept, concepts
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref

LABEL, NAME, UNIT, YEAR, STATE = 1, 2, 3, 4, 7
COLUMNS: Mapping[str, int] = MappingProxyType({CURRENT: 4, BASE: 5, TARGET: 6})
LAST = STATE
LABELS = ("Libellé de la taxonomie", "Nom du concept", "Unité", "Année", "Référence", "Cible", "État")
VERSION_ROW, YEARS_ROW = at.STAMP_ROW + 1, at.STAMP_ROW + 2
TEXT_LABELS = (*LABELS[:3], "Texte", "", "", LABELS[-1])
TO_COMPLETE = "à compléter"
MEMBERS: Mapping[str, str] = MappingProxyType(
    {
        "RenewableEnergyMember": "renouvelable",
        "NonRenewableEnergyMember": "non renouvelable",
        "TotalRenewableAndNonRenewableEnergyMember": "total",
    }
)
"""Members that make a row of their own; the others are a column."""
UNITS: Mapping[str, str] = MappingProxyType(
    {
        "utr:MWh": "MWh",
        "utr:tCO2e": "tCO2e",
        "utr:tCO2e/iso4217:EUR": "tCO2e/€",
        "iso4217:EUR": "€",
        "xbrli:pure": "personnes",
        "": "",
    }
)
FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "utr:MWh": "energy",
        "utr:tCO2e": "tonnes",
        "utr:tCO2e/iso4217:EUR": "intensity",
        "iso4217:EUR": "whole",
        "xbrli:pure": "whole",
    }
)


@dataclass(frozen=True, slots=True)
class Group:
    """A titled block of rows: the row of its header, and its rows (a concept and member by period)."""

    title: str
    header: int
    rows: tuple[Mapping[str, Concept], ...]
    texts: bool = False

    @property
    def first(self) -> int:
        return self.header + 1

    @property
    def last(self) -> int:
        return self.header + len(self.rows)


def _energy(one: Concept) -> bool:
    return one.unit == "utr:MWh"


def _text(one: Concept) -> bool:
    return not one.unit and one.period == CURRENT


def _company(one: Concept) -> bool:
    return one.section == "B1"


HEAT_LABEL = "Chaleur et froid achetés, dans le total mais sans ligne dans la ventilation"
CHECK_LABEL = "Contrôle, doit être nul : total moins la ventilation et la chaleur"


@cache
def groups() -> tuple[Group, ...]:
    """The blocks of the sheet. Under that of energy stand the heat that has no row and a native check."""
    found: list[Group] = []
    header = YEARS_ROW + 3
    for title, chosen, below in (
        ("B3 – Énergie (MWh PCI)", _energy, 2),
        ("B3 et C3 – Émissions de gaz à effet de serre", lambda one: not (_energy(one) or _text(one) or _company(one)
                                                                          or "/" in one.unit), 0),
        ("B3 – Intensité des émissions, et ce qui la divise", lambda one: "/" in one.unit or _company(one), 0),
        ("C3 – Actions et plan de transition", _text, 0),
    ):  # fmt: skip
        rows: dict[tuple[str, str], dict[str, Concept]] = {}
        for one in filter(chosen, concepts()):
            rows.setdefault((one.concept, one.member if one.member in MEMBERS else ""), {})[one.period] = one
        group = Group(title, header, tuple(MappingProxyType(row) for row in rows.values()), chosen is _text)
        found.append(group)
        header = group.last + below + 3
    return tuple(found)


@cache
def _places() -> Mapping[str, str]:
    return MappingProxyType(
        {
            one.name: cell_ref(group.first + offset, COLUMNS[period])
            for group in groups()
            for offset, row in enumerate(group.rows)
            for period, one in row.items()
        }
    )


def place_of(concept: Concept) -> str:
    """A1 reference of the cell of a concept."""
    return _places()[concept.name]


HEAT_ROW = groups()[0].last + 1
CHECK_ROW = HEAT_ROW + 1
HEAT_CELL = cell_ref(HEAT_ROW, YEAR)
LAST_ROW = groups()[-1].last


def row_label(row: Mapping[str, Concept]) -> str:
    """A row as the sheet names it: the label of the taxonomy, with the member that makes it."""
    one = next(iter(row.values()))
    return f"{one.label} – {MEMBERS[one.member]}" if one.member in MEMBERS else one.label


def row_name(row: Mapping[str, Concept]) -> str:
    """The concept of a row, with the member that makes it."""
    one = next(iter(row.values()))
    return one.name if one.member in MEMBERS else one.concept
