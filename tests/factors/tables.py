"""Reads the tables of ``factors/`` and checks them against the schema written beside each."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FACTORS = Path(__file__).parents[2] / "factors"


@cache
def schema(name: str) -> dict[str, Any]:
    return json.loads((FACTORS / f"{name}.schema.json").read_text(encoding="utf-8"))


@cache
def read(name: str) -> tuple[list[str], list[dict[str, str]]]:
    with (FACTORS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream, delimiter=";", strict=True)
        rows = list(reader)
    return list(reader.fieldnames or ()), rows


def names() -> list[str]:
    return sorted(path.stem for path in FACTORS.glob("*.csv"))


def faults(name: str, rows: list[dict[str, str]]) -> list[str]:
    """Every departure of ``rows`` from the schema of ``name``."""
    wanted = schema(name)
    found = [fault for field in wanted["fields"] for fault in _column_faults(field, rows)]
    for together in wanted["unique_together"]:
        seen = Counter(tuple(row[part] for part in together) for row in rows)
        found += [f"{together} twice: {key}" for key, count in seen.items() if count > 1]
    return found


def _column_faults(field: dict[str, Any], rows: list[dict[str, str]]) -> list[str]:
    name = field["name"]
    cells = [row[name] for row in rows]
    found = [
        f"{name} blank, row {n}" for n, cell in enumerate(cells, 2) if field.get("required") and not cell
    ]
    if field.get("unique"):
        found += [f"{name} twice: {cell}" for cell, count in Counter(cells).items() if cell and count > 1]
    for n, cell in enumerate(cells, 2):
        for part in cell.split(field["list"]) if "list" in field and cell else [cell]:
            if cell and (fault := _cell_fault(field, part)):
                found.append(f"{name}, row {n}: {part!r} {fault}")
    return found


def _cell_fault(field: dict[str, Any], cell: str) -> str:
    if "enum" in field and cell not in field["enum"]:
        return "not in the list"
    if "pattern" in field and not re.fullmatch(field["pattern"], cell):
        return "does not match the pattern"
    if "references" in field and cell not in _keys(field["references"]):
        return f"not in {field['references']}"
    if field["type"] == "string":
        return "" if cell == cell.strip() else "has spaces around"
    return _typed_fault(field, cell)


def _typed_fault(field: dict[str, Any], cell: str) -> str:
    try:
        value = {"number": float, "integer": int, "date": date.fromisoformat}[field["type"]](cell)
    except ValueError:
        return f"is not a {field['type']}"
    if "minimum" in field and value < field["minimum"]:
        return f"below {field['minimum']}"
    if "maximum" in field and value > field["maximum"]:
        return f"above {field['maximum']}"
    return ""


@cache
def _keys(reference: str) -> frozenset[str]:
    table, column = reference.split(".")
    return frozenset(row[column] for row in read(table)[1])
