"""VSME facts as JSON: concept, value, unit, period, dimensions and decimals, with what they were made from.

The schema is ``facts.schema.json``. A value is rounded to its decimals, half away from zero.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from carbon_workbook import __version__
from carbon_workbook.audit.seal import Seal
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.report.figures import text_of
from carbon_workbook.specs.vsme import BASE, CURRENT, TARGET, Concept, concepts, entry_point, taxonomy

FORMAT = 1
PREFIX = "vsme"
UNVERIFIED = "Égalité avec la norme du règlement délégué (UE) 2026/1560 non vérifiée."
INSTANTS = ("NumberOfEmployees",)
"""Concepts that are told at the end of the period."""

Value = float | int | str | None


def facts(
    values: Mapping[str, Value], inventory: Inventory, seal: Seal, years: Mapping[str, int | None]
) -> dict[str, Any]:
    """The facts of a workbook and what they come from.

    ``values``: exact, by the defined name of each cell, None where the workbook has none. ``years``: that of each
    period of the concepts; a value of a period without a year is no fact.
    """
    told = [one for one in concepts() if values[one.name] is not None and years[one.period] is not None]
    return {
        "format": FORMAT,
        "entity": {
            "name": text_of(inventory.settings.get("company_name")),
            "identifier": text_of(inventory.settings.get("siren")),
            "scheme": "SIREN",
        },
        "taxonomy": {
            "prefix": PREFIX,
            "version": taxonomy(),
            "entry_point": entry_point(),
            "note": UNVERIFIED,
        },
        "software": {"name": "carbon-workbook", "version": __version__},
        "catalogue": inventory.catalogue.version,
        "seal": {"inputs": seal.inputs, "factors": seal.factors},
        "facts": [_fact(one, values[one.name], int(years[one.period] or 0)) for one in told],
        "missing": [one.name for one in concepts() if one not in told],
    }


def facts_json(found: Mapping[str, Any]) -> str:
    """The facts as a text, the same for the same facts."""
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def years_of(year: int | None, values: Mapping[str, Value]) -> dict[str, int | None]:
    """The year of each period, from the cells that hold them."""
    base, target = (
        values[name]
        for name in (
            "GreenhouseGasEmissionReductionTargetBaseYear",
            "GreenhouseGasEmissionReductionTargetYear",
        )
    )
    return {
        CURRENT: year,
        BASE: base if isinstance(base, int) else None,
        TARGET: target if isinstance(target, int) else None,
    }


def published(one: Concept, value: Value) -> Value:
    """A value as it leaves the workbook, rounded where it is a figure."""
    return one.rounded(value) if isinstance(value, float) else value


def _fact(one: Concept, value: Value, year: int) -> dict[str, Any]:
    end = dt.date(year, 12, 31)
    start = end if one.concept in INSTANTS else dt.date(year, 1, 1)
    return {
        "name": one.name,
        "concept": f"{PREFIX}:{one.concept}",
        "value": published(one, value),
        "unit": one.unit or None,
        "period": {"start": start.isoformat(), "end": end.isoformat()},
        "dimensions": {f"{PREFIX}:{one.axis}": f"{PREFIX}:{one.member}"} if one.axis else {},
        "decimals": one.decimals,
    }
