"""A trace as sentences for the screen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from carbon_workbook.audit.trace import DIGITS, Trace
from carbon_workbook.inventory.wording import shown
from carbon_workbook.workbook.evaluate import Evaluation
from carbon_workbook.workbook.origins import HALF, QUALITY
from carbon_workbook.workbook.refresh import line_values

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
    labels = {**LABELS, "kg": f"{found.part_unit} dans la cellule"}
    if found.origin.doubt:
        labels |= {"kg": f"{found.part_unit} dans la ligne du tableau", "share": "Part de la variance"}
    return found.lines[list(labels)].rename(columns=labels)


def told_trace(found: Trace, limit: int) -> Iterator[str]:
    """The cell, its heaviest lines with their factor and conversion, what the other lines add, and the sum."""
    lines = found.lines
    yield f"{found.sheet}!{found.cell} · {found.label}"
    kg = float(lines["kg"].sum())
    count = lines["line"].nunique()
    counted = f"{count} ligne{'s' if count > 1 else ''}, {shown(kg, DIGITS)} {found.part_unit}"
    yield f"  {_value(found, DIGITS)} · {counted}"
    for _, row in lines.head(limit).iterrows():
        yield ""
        yield from _line(row, _part(found, row, 3), found.part_unit)
    rest = lines.iloc[limit:]
    if len(rest):
        part = f" · {_part(found, rest.sum(numeric_only=True), 3)}" if found.origin.doubt else ""
        yield ""
        yield f"  … et {len(rest)} autres : {shown(float(rest['kg'].sum()), DIGITS)} {found.part_unit}{part}"
    for _, one in found.instruments.iterrows():
        place = f"{one['line_id']} · {one['sheet']}, ligne {one['row']}"
        energy = f"{shown(one['activity'])} {one['unit']} à {shown(one['factor'])} kgCO2e/kWh"
        counts = "" if np.isnan(one["covered"]) else f" · couvre {shown(one['covered'])} MWh"
        yield f"  instrument {place} · {one['type']} · {one['label']} · {energy}{counts}"


def told_shortly(found: Trace, longest: int) -> str:
    """The same in at most ``longest`` characters, one line of the inventory a line of text, heaviest first."""
    lines = found.lines
    value = _value(found)
    head = [f"{found.sheet}!{found.cell} · {found.label} : {value}", *(note.sentence for note in found.notes)]
    unit = "MWh" if found.origin.is_energy else "tCO2e"
    told = [_short(row, _part(found, row, 2), unit) for _, row in lines.iterrows()]
    kept = len(told)
    while True:
        rest = lines.iloc[kept:]
        end = (
            [f"… et {len(rest)} autres : {shown(float(rest['kg'].sum()) / 1000)} {unit}"] if len(rest) else []
        )
        text = "\n".join([*head, "", *told[:kept], *end])
        if len(text) <= longest or not kept:
            return text[:longest]
        kept -= 1


def _value(found: Trace, digits: int = 6) -> str:
    """What the cell says: a number in its unit, an interval or its class."""
    if found.value is None:
        return "sans valeur"
    if found.origin.doubt == HALF:
        return f"± {shown(100 * found.value, 3)} %"
    if found.origin.doubt == QUALITY:
        return f"classe {shown(found.value)}"
    return f"{shown(found.value, digits)} {found.origin.unit}".strip()


def _part(found: Trace, row: pd.Series, digits: int) -> str:
    """What a line is of the cell: of its sum, or of the variance of its row; "" of a nil sum."""
    if found.origin.doubt:
        return f"{shown(100 * row['share'], digits)} % de la variance"
    whole = float(found.lines["kg"].sum())
    return f"{shown(100 * row['kg'] / whole, digits)} % de la cellule" if whole else ""


def _short(row: pd.Series, part: str, unit: str) -> str:
    share = f" ({part.removesuffix(' de la cellule')})" if part else ""
    factor = f" · facteur {row['factor_id']}" if row["factor_id"] else ""
    place = f"{row['sheet']}!{row['cell']}"
    return f"{row['line_id']} · {place} · {row['label']} : {shown(row['kg'] / 1000)} {unit}{share}{factor}"


def told_entry(evaluation: Evaluation, title: str, row: int) -> str | None:
    """A row of an entry sheet: its product, factor and posts, or why it is refused; None where nothing is entered."""
    lines = evaluation.inventory.lines
    here = lines.index[(lines["title"] == title) & (lines["row"] == row)]
    if not len(here):
        return None
    position = int(here[0])
    line, values = lines.iloc[position], line_values(evaluation)
    tonnes = float(lines["total_kg"].to_numpy(dtype=np.float64)[position]) / 1000
    said = {key: str(values[key][position] or "") for key in ("conversion", "factor_used", "remark")}
    texts = [f"{line['line_id']} · {title}, ligne {row} · {line['label']}"]
    if line["code"]:
        return "\n".join([*texts, said["remark"] or str(line["code"])])
    texts.append(f"{said['conversion']} = {shown(tonnes)} tCO2e".removeprefix(" = "))
    if said["factor_used"]:
        texts.append(f"facteur {said['factor_used']}")
    texts.append(f"BEGES : {values['beges_post'][position]} · GHG Protocol : {values['ghgp_row'][position]}")
    return "\n".join(text for text in [*texts, said["remark"]] if text)


def _line(row: pd.Series, part: str, unit: str) -> Iterator[str]:
    site = f" ({row['site']})" if row["site"] else ""
    yield f"  {row['line_id']} · {row['sheet']}!{row['cell']} · {row['label']}{site}"
    parts = [f"{shown(row['kg'], DIGITS)} {unit}"]
    if part:
        parts.append(part)
    if row["line_kg"] and unit == "kgCO2e":
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
