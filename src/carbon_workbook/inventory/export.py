"""An inventory as plain data (JSON): lines with their stages and gases, views, adjustments, refused lines."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from carbon_workbook.inventory.energy import Energy, by_source, consumption, energy
from carbon_workbook.inventory.gases import COLUMNS, STAGES
from carbon_workbook.inventory.iso import direct_gases
from carbon_workbook.inventory.market import coverage
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.money import line_steps
from carbon_workbook.inventory.views import View, bridge, losses_convention
from carbon_workbook.messages import Message

FORMAT = 1
LINE = (
    "line_id",
    "title",
    "row",
    "sheet",
    "label",
    "site",
    "country",
    "method",
    "data_level",
    "activity",
    "activity_unit",
    "quantity",
    "evidence",
)


def as_data(inventory: Inventory, views: Mapping[str, View], messages: Sequence[Message]) -> dict[str, Any]:
    """Everything of an inventory in kgCO2e, made of dicts, lists, numbers and texts.

    ``counts``: entered = counted + refused. For each view, rows + adjustments = ``lines_kg``; ``apart``: of each row,
    contrails in and out of it, gases outside the seven, removals. ``instruments``: energy of scope 2 that they cover.
    ``energy``: MWh PCI by source and origin, and the emissions of the lines whose energy is not known.
    """
    lines = inventory.lines
    parts = _parts(inventory)
    posts = {name: _posts(view) for name, view in views.items()}
    counted = np.flatnonzero((lines["code"] == "").to_numpy())
    refused = np.flatnonzero((lines["code"] != "").to_numpy())
    told = _by_place(messages)
    return {
        "format": FORMAT,
        "catalogue": inventory.catalogue.version,
        "settings": {key: plain(value) for key, value in inventory.settings.items()},
        "counts": {
            "entered": len(lines),
            "counted": len(counted),
            "refused": len(refused),
            "sheets": _records(inventory.entered),
        },
        "lines_kg": inventory.total_kg,
        "lines": [_line(inventory, int(p), parts, posts) for p in counted],
        "refused": [
            {
                **_identity(lines.iloc[p]),
                "code": lines["code"].iloc[p],
                "messages": told.get((lines["title"].iloc[p], int(lines["row"].iloc[p])), []),
            }
            for p in refused
        ],
        "views": {name: _view(view) for name, view in views.items()},
        "iso_direct": _records(direct_gases(inventory, views["iso"])),
        "instruments": _records(coverage(inventory)),
        "losses_convention": losses_convention(inventory),
        "energy": _energy(energy(inventory, views["ghgp"])),
        "bridge": _records(bridge(views["beges"], views["ghgp"])),
        "messages": [_message(note) for note in messages],
    }


def _energy(found: Energy) -> dict[str, object]:
    return {
        "mwh": found.total_mwh,
        "by_source": _records(by_source(found)),
        "by_source_market": _records(by_source(found, "mwh_market")),
        "consumption": _records(consumption(found)),
        "unknown_lines": len(found.missing),
        "unknown_kg": float(found.missing["kg"].sum()),
    }


def plain(value: object) -> object:
    """A value that JSON holds; NaN and NaT are None."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) else str(value)


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(k): plain(v) for k, v in row.items()} for row in frame.to_dict(orient="records")]


def _identity(line: pd.Series) -> dict[str, object]:
    return {key: plain(line[key]) for key in LINE if key in line} | {"factor_ref": plain(line["factor_ref"])}


def _line(
    inventory: Inventory,
    position: int,
    parts: Mapping[int, list[dict[str, object]]],
    posts: Mapping[str, Mapping[int, list[dict[str, object]]]],
) -> dict[str, object]:
    line = inventory.lines.iloc[position]
    factor = plain(line["factor_id"])
    steps = line_steps(line, inventory.catalogue) if factor else ()
    return {
        **_identity(line),
        "money": [step.as_data() for step in steps],
        "factor_id": factor,
        "factor_kg_per_unit": plain(line["total_kg"] / line["quantity"]) if line["quantity"] else None,
        "total_kg": plain(line["total_kg"]),
        "gases": {name: plain(line[name]) for name in COLUMNS},
        "stages": parts.get(position, []),
        "posts": {name: found[position] for name, found in posts.items() if position in found},
    }


def _parts(inventory: Inventory) -> dict[int, list[dict[str, object]]]:
    parts = inventory.parts
    found: dict[int, list[dict[str, object]]] = {}
    for line, stage, kg, values in zip(parts.line, parts.stage, parts.kg, parts.values, strict=True):
        gases = {name: float(value) for name, value in zip(COLUMNS, values, strict=True)}
        found.setdefault(int(line), []).append({"stage": STAGES[stage], "kg": float(kg), "gases": gases})
    return found


def _posts(view: View) -> dict[int, list[dict[str, object]]]:
    found: dict[int, list[dict[str, object]]] = {}
    totals = view.cells.groupby(["line", "code"], sort=False)["kg"].sum()
    for line, code, kg in totals.reset_index().itertuples(index=False):
        found.setdefault(int(line), []).append({"code": str(code), "kg": float(kg)})
    return found


def _view(view: View) -> dict[str, object]:
    return {
        "total_kg": view.total_kg,
        "rows": _records(view.rows),
        "apart": _records(view.apart.drop(columns=["label", "level"])),
        "adjustments": _records(view.adjustments),
        "gap_kg": view.gap_kg,
    }


def _message(note: Message) -> dict[str, object]:
    return {
        "code": note.code,
        "severity": note.severity.value,
        "sheet": note.sheet,
        "cell": note.cell,
        "line_id": note.line_id,
        "sentence": note.sentence,
        "remedy": note.remedy,
    }


def _by_place(messages: Sequence[Message]) -> dict[tuple[str, int], list[dict[str, object]]]:
    found: dict[tuple[str, int], list[dict[str, object]]] = {}
    for note in messages:
        digits = note.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        if digits.isdigit() and note.refuses:
            found.setdefault((note.sheet, int(digits)), []).append(_message(note))
    return found
