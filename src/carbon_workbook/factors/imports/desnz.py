"""UK Government GHG conversion factors (DESNZ, formerly DEFRA), flat files: one row a gas and unit.

Gas rows are kgCO2e already. Rows « Outside of scopes » are biogenic CO2: kept beside, never in a total.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from carbon_workbook.factors.imports.base import (
    EMISSION,
    GWP,
    NO_VALUE,
    NOT_A_FACTOR,
    UNKNOWN_UNIT,
    UNREADABLE,
    VALID,
    Base,
    check_ids,
    factor_frame,
    refused_frame,
    stage_frame,
    understood,
)
from carbon_workbook.factors.imports.layout import Layout, layout_of
from carbon_workbook.factors.imports.sheet import Sheet, Table, figures, text_of
from carbon_workbook.factors.text import fold

TOTAL, CO2 = "total", "co2_fossil"
_OUTSIDE, _BIOENERGY, _REFRIGERANT = "outside of scopes", "bioenergy", "refrigerant"
_PER_UNIT = re.compile(r" per unit$")
_YEAR = re.compile(r"(20\d\d)\s*$")
_BIOGENIC_ONLY = "CO2 biogénique seul, hors des périmètres : il ne s'ajoute à aucun total."


def layout() -> Layout:
    """Titles and constants of the format (``desnz.toml``)."""
    return layout_of("desnz")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file: its id, the group it shares with its gases, what it measures, its value."""

    number: int
    id: str
    group: str
    measures: str
    value: float
    label: str
    unit: str
    level: str
    readable: bool


def year_of(table: Table) -> str:
    """The year written in the title of the value column, "" without one."""
    match = _YEAR.search(table.titles["value"].replace("_", " "))
    return match[1] if match else ""


def version_of(table: Table, front: Sheet | None) -> str:
    """« 2025 v1.0 »: the year of the value column, and the version that the front page gives."""
    year = year_of(table)
    cells = [] if front is None else [cell for number in range(len(front)) for cell in front.row(number)]
    for place, cell in enumerate(cells[:-1]):
        if isinstance(cell, str) and fold(cell).rstrip(" :") == "version" and cells[place + 1] != "":
            number = cells[place + 1]
            return f"{year} v{number if isinstance(number, float) else text_of(number)}".strip()
    return year


def rows_of(table: Table) -> list[Row]:
    """The rows of the file that name something. Raises CodedError CW-237 on mixed decimal signs."""
    numbers, unreadable = figures(table, ["value"])
    texts = {name: table.texts(name) for name in layout().heading.titles if name != "value"}
    levels = [texts[f"level_{number}"] for number in range(1, 5)]
    found = []
    for place, scope in enumerate(texts["scope"]):
        level = levels[0][place]
        if not level or fold(scope) == "end":
            continue
        unit = texts["unit"][place]
        names = [column[place] for column in (*levels, texts["text"])]
        # The fourth level of electricity rows repeats the unit.
        label = ", ".join(dict.fromkeys(name for name in names if name and name != unit))
        gas = _PER_UNIT.sub("", fold(texts["gas"][place].replace("_", " ")))
        identifier = texts["id"][place]
        group = identifier.rpartition("_")[0] if identifier else _group(names, unit)
        found.append(
            Row(
                table.first_row + place,
                identifier or f"{group}_{gas.rpartition(' ')[2] if ' of ' in gas else '1'}",
                group,
                layout()["gases"].get(gas, ""),
                float(numbers["value"][place]),
                label,
                unit,
                level,
                not unreadable[place],
            )
        )
    return found


def _group(names: list[str], unit: str) -> str:
    """An id for files without one, from the names and the unit: the same in every file that has these."""
    return hashlib.sha256("|".join([*map(fold, names), fold(unit)]).encode()).hexdigest()[:12]


def read(table: Table, version: str) -> Base:
    """The base in a table found under the heading of its layout.

    Raises CodedError CW-237 (decimal signs mixed), CW-238 (nothing usable), CW-239 (an id twice).
    """
    rows = rows_of(table)
    check_ids([row.id for row in rows])
    gases = _gases(rows)
    units = understood(f"kgCO2e/{row.unit.removeprefix('per ')}" for row in rows)
    refused, kept = [], []
    for row in rows:
        reason = _refusal(row, units)
        if reason:
            refused.append((row.number, f"{layout()['prefix']}{row.id}", row.label, reason, row.unit))
        elif row.measures == TOTAL or _outside(row):
            kept.append(row)
    if not kept:
        check_ids([])
    return Base(
        *layout().head(version),
        factors=_factors(kept, gases, units, year_of(table)),
        stages=_stages(kept, gases),
        refused=refused_frame(refused),
        counts={
            "lignes": len(rows),
            "lignes avec une valeur": sum(not np.isnan(row.value) for row in rows),
            "groupes de gaz": len(
                [found for found in gases.values() if len(found) == len(layout()["gases"])]
            ),
            "facteurs": len(kept),
        },
    )


def _gases(rows: list[Row]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.measures and not np.isnan(row.value):
            found.setdefault(row.group, {})[row.measures] = row.value
    return found


def _outside(row: Row) -> bool:
    return fold(row.level).startswith(_OUTSIDE)


def _refusal(row: Row, units: Mapping[str, object]) -> str:
    if not row.measures:
        return NOT_A_FACTOR
    if not row.readable:
        return UNREADABLE
    if np.isnan(row.value):
        return NO_VALUE
    return UNKNOWN_UNIT if units[f"kgCO2e/{row.unit.removeprefix('per ')}"] is None else ""


def _split(row: Row, gases: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Total and gases of a factor; a gas that the file does not give is nan."""
    if _outside(row):
        return {TOTAL: 0.0, "co2_biogenic": row.value}
    found = gases[row.group]
    methane = found.get("ch4_fossil", np.nan)
    biogenic = fold(row.level) == _BIOENERGY
    return {
        TOTAL: row.value,
        CO2: found.get(CO2, np.nan),
        "ch4_fossil": np.nan if biogenic else methane,
        "ch4_biogenic": methane if biogenic else np.nan,
        "n2o": found.get("n2o", np.nan),
        "co2_biogenic": np.nan,
    }


def _factors(
    kept: list[Row],
    gases: Mapping[str, Mapping[str, float]],
    units: Mapping[str, tuple[str, float, str, float] | None],
    year: str,
) -> Any:
    values = [_split(row, gases) for row in kept]
    read = [units[f"kgCO2e/{row.unit.removeprefix('per ')}"] or ("", 1.0, EMISSION, np.nan) for row in kept]
    return factor_frame(
        {
            "id": [f"{layout()['prefix']}{row.id}" for row in kept],
            "label": [row.label for row in kept],
            "unit": [unit[0] for unit in read],
            **{
                name: [value.get(name, np.nan) for value in values]
                for name in (TOTAL, CO2, "ch4_fossil", "ch4_biogenic", "n2o", "co2_biogenic")
            },
            "geography": [layout()["geography"]] * len(kept),
            "valid_until": [f"{year}-12-31" if year else ""] * len(kept),
            "gwp_set": ["AR5"] * len(kept),
            "source_id": [row.id for row in kept],
            "kind": [GWP if fold(row.level).startswith(_REFRIGERANT) else EMISSION for row in kept],
            "status": [VALID] * len(kept),
            "category": [row.level for row in kept],
            "warning": [_BIOGENIC_ONLY if _outside(row) else "" for row in kept],
        }
    )


def _stages(kept: list[Row], gases: Mapping[str, Mapping[str, float]]) -> Any:
    found = []
    for row in kept:
        for rule in layout()["stages"]:
            if row.level.startswith(rule["starts"]):
                found.append((f"{layout()['prefix']}{row.id}", rule, _split(row, gases)))
                break
    return stage_frame(
        {
            "factor_id": [key for key, _, _ in found],
            "position": [1.0] * len(found),
            "label": [rule["label"] for _, rule, _ in found],
            "stage": [rule["stage"] for _, rule, _ in found],
            **{
                name: [values.get(name, np.nan) for _, _, values in found]
                for name in (TOTAL, CO2, "ch4_fossil", "ch4_biogenic", "n2o", "co2_biogenic")
            },
            "assigned": [1.0] * len(found),
        }
    )
