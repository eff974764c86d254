"""Concepts of the VSME taxonomy that the workbook can fill (B3 and C3), and the fields of the BEGES platform, as data.

Names, units, members and the French labels of emissions and energy were read in the taxonomy of 1 May 2026 as EFRAG's
converter carries it (github.com/EFRAG-EU/Digital-Template-to-XBRL-Converter, ``vsme-2026-05-01.json``), the cells in
its template 1.3.0. Whether that taxonomy equals the standard of the delegated regulation (EU) 2026/1560 is not
verified.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from carbon_workbook.resources import packaged

ENTRY_POINT = "https://xbrl.efrag.org/taxonomy/vsme/{version}/vsme-all.xsd"
TEMPLATE_VERSION = "1.3.0"
CURRENT, BASE, TARGET = "current", "base", "target"
AXES = {
    "BaselineYearMember": "ReportingScopesAxis",
    "TargetYearMember": "ReportingScopesAxis",
    "RenewableEnergyMember": "BreakdownOfEnergyConsumptionAxis",
    "NonRenewableEnergyMember": "BreakdownOfEnergyConsumptionAxis",
}
"""Axis of each member that makes a dimension; the others are the default of theirs, which a fact does not name."""


def half_up(value: float, decimals: int) -> float:
    """``value`` to ``decimals`` places, half away from zero, last binary digits let aside; never a negative zero."""
    place = Decimal(1).scaleb(-decimals)
    return float(Decimal(f"{value:.15g}").quantize(place, rounding=ROUND_HALF_UP)) + 0.0


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept with a member, in a period: one named cell of EFRAG's template.

    ``unit`` and ``decimals`` are blank for a text, a date or a year. ``cell``: where the template of TEMPLATE_VERSION
    has it, blank where it was not read. ``source``: where its value is in our results, blank where the workbook does
    not hold it. ``adds``: the names that a total sums (``a+b``) or divides (``a/b``).
    """

    section: str
    concept: str
    member: str
    period: str
    unit: str
    decimals: int | None
    label: str
    cell: str
    source: str
    adds: str
    taxonomy: str

    @property
    def name(self) -> str:
        """The defined name of its cell: the concept, then its member."""
        return f"{self.concept}_{self.member}" if self.member else self.concept

    @property
    def axis(self) -> str:
        """The axis of its member, blank for the default one."""
        return AXES.get(self.member, "")

    def rounded(self, value: float) -> float:
        """A value as it is published."""
        return value if self.decimals is None else half_up(value, self.decimals)


@cache
def concepts() -> tuple[Concept, ...]:
    """Every named cell, in the order of the template."""
    found = []
    for row in _rows("vsme_concepts.csv"):
        decimals = int(row["decimals"]) if row["decimals"] else None
        texts = {key: value for key, value in row.items() if key not in ("decimals", "label_fr")}
        found.append(Concept(**texts, decimals=decimals, label=row["label_fr"]))
    return tuple(found)


def taxonomy() -> str:
    """Version of the taxonomy of the table."""
    return concepts()[0].taxonomy


def entry_point() -> str:
    """Address of the taxonomy, by which a template says which one it follows."""
    return ENTRY_POINT.format(version=taxonomy())


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the open data of bilans-ges.ademe.fr, which is the order of the platform's form.

    ``header``: title of the column; ``read``: O when that title was read as it is, N when only its place and meaning
    were. ``source``: where its value is, blank when the platform fills it in itself or the workbook does not hold it,
    which ``note`` says. ``optional``: O when a blank is no gap.
    """

    index: int
    block: str
    header: str
    read: str
    kind: str
    source: str
    optional: str
    note: str


@cache
def platform_fields() -> tuple[Field, ...]:
    """The fields in the order of the platform."""
    return tuple(
        Field(int(row["index"]), **{key: value for key, value in row.items() if key != "index"})
        for row in _rows("platform_fields.csv")
    )


@cache
def headcount_bands() -> tuple[tuple[int, str], ...]:
    """(first headcount, text) of the bands of the platform, smallest first."""
    return tuple((int(row["first"]), row["text"]) for row in _rows("headcount_bands.csv"))


def _rows(name: str) -> list[dict[str, str]]:
    with (packaged("specs") / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))
