"""The uncertainty section of both reports: intervals, what they come from, what to make more precise first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carbon_workbook.inventory.propagation import (
    DRAWS,
    SEED,
    correlation,
    drawn_uncertainty,
    first_to_improve,
    line_uncertainty,
    tornado,
)
from carbon_workbook.inventory.views import TOTAL, View
from carbon_workbook.report.figures import Row, share, text_of
from carbon_workbook.report.format import NARROW_SPACE, number, percent, rounded
from carbon_workbook.report.inputs import Inputs
from carbon_workbook.report.texts import named, texts

SOURCES = 8
NUMBERS, LEAST_DRAWS = 20_000_000, 2_000
"""Numbers that a report may draw, and its least number of draws: 2,000 know ln(GSD²) to 1.6 %, which is less than what
two significant digits show; an inventory of 10,000 lines then waits no longer than one of 2,000."""
LEVELS = (0, 1)
"""Totals, categories or scopes, and their rows: the shares of a post have no interval of their own in print."""


def uncertainty(inputs: Inputs, view: View) -> Row:
    """Sentences, ``rows`` (tonnes, low, high, half, width, quality) and ``sources`` of the uncertainty of a view."""
    rows = _records(inputs.doubt(view.name))
    total = next(row for row in rows if row["code"] == TOTAL)
    if np.isnan(total["gsd2"]):
        return {"summary": inputs.sentence("uncertainty_none"), "notes": [], "rows": [], "sources": []}
    summary = inputs.sentence(
        "uncertainty_total",
        low=rounded(total["low_kg"] / 1000, _width(total)),
        high=rounded(total["high_kg"] / 1000, _width(total)),
        half=percent(total["half"], 0),
        quality=int(total["quality"]),
        meaning=texts()["quality_classes"][str(int(total["quality"]))],
        sharing=texts()["activity_correlation"][correlation(inputs.inventory)],
    )
    return {
        "summary": summary,
        "notes": [
            *_drawn(inputs, view, _width(total)),
            *_unknown(inputs),
            *_first(inputs, view),
            *_kept_out(inputs, total),
        ],
        "rows": [_row(row) for row in rows if row["level"] in LEVELS and row["kg"] > 0],
        "sources": _sources(inputs, view),
    }


def shown(rows: pd.DataFrame) -> dict[str, str]:
    """± % and class of each row as one text (``± 35 % (3)``), by code; blank for a nil row."""
    return {
        str(code): "" if np.isnan(half) else f"±{NARROW_SPACE}{percent(half, 0)} ({quality:.0f})"
        for code, half, quality in zip(rows["code"], rows["half"], rows["quality"], strict=True)
    }


def _records(table: pd.DataFrame) -> list[Row]:
    names = [str(name) for name in table.columns]
    return [dict(zip(names, values, strict=True)) for values in table.itertuples(index=False)]


def _row(row: Row) -> Row:
    return {
        "label": named(row["label"]) if row["level"] == 0 else f"{row['code']} {named(row['label'])}",
        "tonnes": row["kg"] / 1000,
        "low": row["low_kg"] / 1000,
        "high": row["high_kg"] / 1000,
        "half": row["half"],
        "width": _width(row),
        "quality": int(row["quality"]),
        "is_strong": row["level"] == 0,
        "is_total": row["code"] == TOTAL,
    }


def _width(row: Row) -> float:
    """Half-width of the interval of a row in tCO2e, which what is printed of it is rounded to."""
    return float(row["high_kg"] - row["kg"]) / 1000


def _drawn(inputs: Inputs, view: View, width: float) -> list[str]:
    count = max(LEAST_DRAWS, min(DRAWS, NUMBERS // max(1, len(inputs.inventory.lines))))
    rows = _records(drawn_uncertainty(inputs.inventory, view, count=count))
    drawn = next(row for row in rows if row["code"] == TOTAL)
    return [
        inputs.sentence(
            "uncertainty_drawn",
            count=number(count, 0),
            seed=SEED,
            low=rounded(drawn["low_kg"] / 1000, width),
            high=rounded(drawn["high_kg"] / 1000, width),
        )
    ]


def _unknown(inputs: Inputs) -> list[str]:
    lines, kg = line_uncertainty(inputs.inventory), inputs.inventory.block.kg
    unknown = lines["unknown"].to_numpy(dtype=bool)
    if not unknown.any():
        return []
    part = share(float(kg[unknown].sum()), float(kg[lines["gsd2"].notna()].sum()))
    return [inputs.sentence("uncertainty_unknown", count=int(unknown.sum()), share=percent(part))]


def _first(inputs: Inputs, view: View) -> list[str]:
    found = first_to_improve(inputs.inventory, view)
    if not len(found) or found["gain"][0] <= 0:
        return []
    line = inputs.inventory.lines.iloc[int(found["line"][0])]
    return [
        inputs.sentence(
            "uncertainty_first",
            label=text_of(line.get("label")) or text_of(line["line_id"]),
            gain=percent(float(found["gain"][0]), 0),
            half=percent(float(found["half"][0]), 0),
        )
    ]


def _kept_out(inputs: Inputs, total: Row) -> list[str]:
    kept_out = float(total["kept_out_kg"]) / 1000
    return [inputs.sentence("uncertainty_kept_out", tonnes=number(kept_out))] if kept_out else []


def _sources(inputs: Inputs, view: View) -> list[Row]:
    return [
        {
            "kind": texts()["uncertainty_kinds"][row["kind"]],
            "label": text_of(row["label"]) or text_of(row["name"]),
            "tonnes": row["kg"] / 1000,
            "low": row["low_kg"] / 1000,
            "high": row["high_kg"] / 1000,
            "width": max(abs(row["low_kg"]), abs(row["high_kg"])) / 1000,
            "share": row["share"],
        }
        for row in _records(tornado(inputs.inventory, view).head(SOURCES))
    ]
