"""A trace as sentences for the screen."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from carbon_workbook.audit.trace import DIGITS, Trace
from carbon_workbook.inventory.wording import shown

LABELS = {
    "line_id": "Ligne",
    "sheet": "Feuille",
    "cell": "Cellule",
    "label": "Libellé",
    "site": "Site",
    "kg": "kgCO2e dans la cellule",
    "share": "Part, dans l'unité de la cellule",
    "line_kg": "kgCO2e de la ligne",
    "stages": "Étapes",
    "factor_id": "Facteur",
    "factor_label": "Libellé du facteur",
    "factor_kg": "kgCO2e par unité",
    "factor_unit": "Unité du facteur",
    "factor_source": "Source",
    "factor_version": "Version",
    "conversion": "Conversion",
}
"""Columns of a trace written as a table."""


def traced_table(found: Trace) -> pd.DataFrame:
    """The lines of a trace, under the titles that a reader knows."""
    return found.lines[list(LABELS)].rename(columns=LABELS)


def told_trace(found: Trace, limit: int) -> Iterator[str]:
    """The cell, its heaviest lines with their factor and conversion, what the other lines add, and the sum."""
    lines = found.lines
    yield f"{found.sheet}!{found.cell} · {found.label}"
    value = (
        "sans valeur" if found.value is None else f"{shown(found.value, DIGITS)} {found.origin.unit}".strip()
    )
    kg = float(lines["kg"].sum())
    count = lines["line"].nunique()
    yield f"  {value} · {count} ligne{'s' if count > 1 else ''}, {shown(kg, DIGITS)} kgCO2e"
    for _, row in lines.head(limit).iterrows():
        yield ""
        yield from _line(row, kg)
    rest = lines.iloc[limit:]
    if len(rest):
        yield ""
        yield f"  … et {len(rest)} autres : {shown(float(rest['kg'].sum()), DIGITS)} kgCO2e"
    for _, one in found.instruments.iterrows():
        place = f"{one['line_id']} · {one['sheet']}, ligne {one['row']}"
        energy = f"{shown(one['activity'])} {one['unit']} à {shown(one['factor'])} kgCO2e/kWh"
        yield f"  instrument {place} · {one['type']} · {one['label']} · {energy}"


def _line(row: pd.Series, whole: float) -> Iterator[str]:
    site = f" ({row['site']})" if row["site"] else ""
    yield f"  {row['line_id']} · {row['sheet']}!{row['cell']} · {row['label']}{site}"
    parts = [f"{shown(row['kg'], DIGITS)} kgCO2e"]
    if whole:
        parts.append(f"{shown(100 * row['kg'] / whole, 3)} % de la cellule")
    if row["line_kg"]:
        parts.append(f"{shown(100 * row['kg'] / row['line_kg'], 3)} % de la ligne")
    if row["stages"]:
        parts.append(row["stages"])
    yield f"    {' · '.join(parts)}"
    if row["conversion"]:
        yield f"    {row['conversion']}"
    if row["factor_id"]:
        source = " ".join(filter(None, (row["factor_source"], row["factor_version"])))
        value = f"{shown(row['factor_kg'], DIGITS)} kgCO2e/{row['factor_unit']}"
        yield f"    facteur {row['factor_id']} · {row['factor_label']} · {value} · {source}"
