"""The fictitious company of the demonstration: its lines, its previous year, its planted errors."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from carbon_workbook.resources import packaged
from carbon_workbook.specs.spec import Column, SheetSpec, entry_sheets, register
from carbon_workbook.workbook.data import WorkbookData
from carbon_workbook.workbook.registers import BASE, IMPORTED, PREVIOUS, TYPED, filled_in

YEAR = 2024
FROM_TOTALS = {"origin": TYPED, "recalculated": "N", "reason": "Bilan 2022, totaux par poste"}
FROM_WORKBOOK = {"origin": IMPORTED, "recalculated": "N", "reason": "Classeur de démonstration 2023"}

Row = dict[str, object]


def demo_data(year: int = YEAR, with_errors: bool = False) -> WorkbookData:
    """Contents of the demonstration workbook of 2024 or of its previous year, 2023.

    ``with_errors`` adds the planted errors of ``errors/`` after the sound rows. Raises ValueError for another
    year.
    """
    company = _toml("company.toml")
    entries = _rows("lines")
    if with_errors:
        for key, rows in _rows("errors").items():
            entries.setdefault(key, []).extend(rows)
    settings = company["settings"]
    if year != YEAR:
        previous = _toml("previous_year.toml")
        if year != previous["year"]:
            raise ValueError(f"the demonstration has no year {year}")
        settings = _previous_settings(settings, previous)
        entries = _previous_entries(entries, previous)
    kept = {
        name: company[name]
        for name in ("sites", "own_factors", "categories", "entities", "actions", "targets")
    }
    history, screening = _history(settings), _csv("screening.csv", register("screening"))
    return WorkbookData(
        settings,
        entries=entries,
        history=filled_in("history", history),
        screening=filled_in("screening", screening),
        **kept,
    )


def _toml(name: str) -> dict[str, Any]:
    with (packaged("demo") / name).open("rb") as stream:
        return tomllib.load(stream)


def _rows(folder: str) -> dict[str, list[Row]]:
    """Rows of each entry sheet that has a table in ``folder``, in workbook order."""
    found = {}
    for key, spec in entry_sheets().items():
        path = packaged("demo") / folder / f"{key}.csv"
        if path.exists():
            found[key] = _table(path, spec)
    return found


def _table(path: Path, spec: SheetSpec) -> list[Row]:
    return _rows_of(path, spec.columns)


def _csv(name: str, columns: Sequence[Column]) -> list[Row]:
    return _rows_of(packaged("demo") / name, columns)


def _rows_of(path: Path, columns: Sequence[Column]) -> list[Row]:
    known = {column.key: column for column in columns}
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    return [{key: _value(known[key], text) for key, text in row.items() if text} for row in rows]


def _history(settings: Mapping[str, object]) -> list[Row]:
    """Rows of the years that the settings compare: 2023 as its own workbook computes it, 2022 by totals only."""
    roles: dict[object, str] = {settings["base_year"]: BASE, settings["comparative_year"]: PREVIOUS}
    return [
        row
        | {"role": roles[row["year"]]}
        | (FROM_TOTALS if row["year"] == settings["base_year"] else FROM_WORKBOOK)
        for row in _csv("history.csv", register("history"))
        if row["year"] in roles
    ]


def _value(column: Column, text: str) -> object:
    """Value of a cell as its user would have typed it; a leading apostrophe keeps a text, as in Excel."""
    if text.startswith("'"):
        return text[1:]
    if column.type == "date":
        return date.fromisoformat(text)
    if column.type == "year":
        return int(text)
    if not column.numeric:
        return text
    if text.count("-") == 2:
        return date.fromisoformat(text)
    number = float(text)
    return int(number) if number.is_integer() else number


def _previous_settings(settings: Mapping[str, object], previous: Mapping[str, Any]) -> Row:
    kept: Row = {key: value for key, value in settings.items() if key not in previous["blank_settings"]}
    kept |= {"year": previous["year"], "comparative_year": previous["year"] - 1}
    return kept


def _previous_entries(
    entries: Mapping[str, Sequence[Row]], previous: Mapping[str, Any]
) -> dict[str, list[Row]]:
    factors = previous["factors"]
    moved = {
        key: [{column: _a_year_back(column, value, factors) for column, value in row.items()} for row in rows]
        for key, rows in entries.items()
    }
    for change in previous["changes"]:
        row = next(row for row in moved[change["sheet"]] if row["label"] == change["label"])
        for column in change.get("clear", ()):
            del row[column]
        row.update(change["set"])
    return moved


def _a_year_back(column: str, value: object, factors: Mapping[str, str]) -> object:
    if column == "factor":
        return factors.get(str(value), value)
    if isinstance(value, date) and value.year == YEAR:
        return value.replace(year=YEAR - 1, day=min(value.day, 28) if value.month == 2 else value.day)
    if column in ("acquisition_year", "price_year", "vintage") and value == YEAR:
        return YEAR - 1
    return value
