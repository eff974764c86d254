"""From whole official bases to the factors that are shipped: ``factors/selection.csv`` says which and what is added.

Every figure is the base's own, unrounded. The script that writes the shipped tables and the workbook pinned to
another version of a base both come through here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from carbon_workbook.factors.blends import potential
from carbon_workbook.factors.catalogue import PUBLISHED_GASES
from carbon_workbook.factors.imports.base import Base

BASE_CARBONE, DESNZ = "base-carbone", "desnz"
DESNZ_PREFIX, OWN_PREFIX = "DZ-", "CW-"
KEPT = (
    "families", "kind", "series", "series_year", "upstream_pair", "cutoff_pair", "default_post", "nature",
    "gas_kind", "price_year", "price_index", "aliases", "warning",
)  # fmt: skip
FIGURES = ("total", *PUBLISHED_GASES, "co2_biogenic")
# Shipped per plain unit: the label says what is counted (« par azote épandu »).
PLAIN_UNITS: Mapping[str, str] = {
    "kg de poids vif": "kg",
    "kg de matière active": "kg",
    "kg de N": "kg",
    "kg NTK": "kg",
    "kg DCO": "kg",
    "t de N": "t",
    "t de P2O5": "t",
    "t de K2O": "t",
    "m³(n)": "m³",
    "h": "heure",
}
STAGE_LABELS: Mapping[str, str] = {
    "combustion": "Combustion",
    "upstream": "Amont",
    "losses": "Pertes de transport et de distribution",
    "contrails": "Traînées de condensation",
}
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Lookup:
    """A base with its factors and stages found by id."""

    base: Base

    @cached_property
    def factors(self) -> dict[str, Row]:
        return {row["id"]: row for row in records(self.base.factors)}

    @cached_property
    def stages(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in records(self.base.stages):
            found.setdefault(row["factor_id"], []).append(row)
        return found


def records(frame: pd.DataFrame) -> list[Row]:
    """The rows of a table as mappings."""
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict(orient="records")]


def base_key(identifier: str) -> str:
    """The base that an id of the selection belongs to, "" for our own conventions."""
    if identifier.startswith(OWN_PREFIX):
        return ""
    return DESNZ if identifier.startswith(DESNZ_PREFIX) else BASE_CARBONE


def figures_of(chosen: Mapping[str, str], lookup: Lookup) -> tuple[Row, list[Row]] | None:
    """Columns that come from the base, and stages, of one row of the selection; None when the base lacks it."""
    found = lookup.factors.get(chosen["id"])
    if found is None:
        return None
    base = lookup.base
    factor: Row = {name: found[name] for name in (*FIGURES, "uncertainty_pct", "geography", "valid_until")}
    factor |= {name: found[name] for name in ("gwp_set", "source_id", "status")}
    factor |= {
        "label": chosen["label"] or found["label"],
        "unit": PLAIN_UNITS.get(found["unit"], found["unit"]),
    }
    factor |= {"source": base.source, "version": base.version, "licence": base.licence}
    lines = list(lookup.stages.get(chosen["id"], []))
    if base.key == DESNZ:
        lines = _desnz(chosen, factor, lookup)
    elif chosen["gas"]:  # the gas of a warming potential is known: the whole figure is that gas
        factor |= dict.fromkeys((*PUBLISHED_GASES, "co2_biogenic"), math.nan) | {
            chosen["gas"]: factor["total"]
        }
    if not lines and chosen["stage"]:
        lines = [_single(chosen["stage"], factor)]
    return factor, [line | {"factor_id": chosen["id"]} for line in lines]


def _desnz(chosen: Mapping[str, str], factor: Row, lookup: Lookup) -> list[Row]:
    """Biogenic CO2 and contrails are published in rows apart: they are brought back to their factor."""
    if "hotel" in chosen["families"]:
        factor["geography"] = chosen["label"].split(", ")[-1]
    beside = lookup.factors.get(f"{DESNZ_PREFIX}{chosen['biogenic_of']}")
    if chosen["biogenic_of"] and beside is not None:
        factor["co2_biogenic"] = beside["co2_biogenic"]
    bare = lookup.factors.get(chosen["contrail_base"])
    if chosen["contrail_base"] and bare is not None:
        # With and without non-CO2 effects: their difference is the contrail stage.
        factor |= dict.fromkeys(PUBLISHED_GASES, math.nan)
        rest = round(factor["total"] - bare["total"], 10)
        return [
            _single("combustion", bare),
            _single("contrails", {"total": rest, "other_gases": rest}) | {"position": 2.0},
        ]
    return []


def _single(stage: str, figures: Mapping[str, Any]) -> Row:
    row: Row = {"position": 1.0, "label": STAGE_LABELS[stage], "stage": stage, "assigned": 1.0}
    return row | {name: figures.get(name, math.nan) for name in FIGURES}


def assemble(
    selection: pd.DataFrame, bases: Mapping[str, Base], reviewed: Callable[[str], Mapping[str, str]]
) -> tuple[list[Row], list[Row]]:
    """Factors and stages of the whole selection. ``reviewed`` gives the dates that go with a validity.

    Raises KeyError when a base lacks a factor of the selection.
    """
    lookups = {key: Lookup(base) for key, base in bases.items()}
    factors: list[Row] = []
    stages: list[Row] = []
    for record in records(selection):
        identifier = record["id"]
        if not base_key(identifier):
            factor: Row = _blend(record) if record["gas"] else _convention(record)
            lines: list[Row] = []
        else:
            found = figures_of(record, lookups[base_key(identifier)])
            if found is None:
                raise KeyError(identifier)
            factor, lines = found
        factor |= {"id": identifier, **{name: record[name] for name in KEPT}}
        factors.append({**factor, **reviewed(factor.get("valid_until", ""))})
        stages += lines
    _tell_apart(factors)
    return factors, stages


def _convention(chosen: Mapping[str, str]) -> Row:
    return {
        "label": chosen["label"],
        "unit": "tCO2e",
        "total": 1000.0,
        "gwp_set": "inconnu",
        "source": "Convention du classeur",
        "version": "1",
        "source_id": chosen["id"],
        "licence": "Apache-2.0",
        "status": "valide",
    }


def _blend(chosen: Mapping[str, str]) -> Row:
    """A refrigerant blend that no base gives: its composition by the potentials of its gases."""
    total = round(potential(chosen["id"].removeprefix(OWN_PREFIX), "AR6"), 10)
    return {
        "label": chosen["label"],
        "unit": "kg",
        "total": total,
        chosen["gas"]: total,
        "gwp_set": "AR6",
        "source": "Composition × PRG",
        "version": "AR6",
        "source_id": chosen["id"],
        "licence": "Apache-2.0",
        "status": "valide",
    }


def _tell_apart(factors: list[Row]) -> None:
    """Labels are unique: the unit, then the geography, is added where two factors share one."""
    for detail in ("unit", "geography", "id"):
        seen = Counter(factor["label"].lower() for factor in factors)
        for factor in factors:
            if seen[factor["label"].lower()] > 1:
                prefix = "par " if detail == "unit" else ""
                factor["label"] += f" ({prefix}{factor[detail]})"
