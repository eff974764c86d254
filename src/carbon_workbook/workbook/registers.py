"""Registers that a user types: the rows that the template prepares, and what is typed, each fault at its cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from carbon_workbook.factors.tables import ghgp_categories, posts
from carbon_workbook.messages import CodedError, Message, message_with
from carbon_workbook.numbers import parse_number, parse_percent
from carbon_workbook.specs.spec import Column, lists, register, screening_items
from carbon_workbook.values import CellError, Uncached
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.data import Row

KEYS: Mapping[str, tuple[str, ...]] = {
    "entities": ("siren",),
    "screening": ("item",),
    "history": ("year", "view", "code"),
    "actions": ("action",),
    "targets": ("label",),
}
"""Registers read here, with the columns that name a row."""

POSTS = "postes"
"""List of the 22 posts, each « code · libellé »; the code alone is read."""
BEGES, GHGP, ESRS = "BEGES", "GHG Protocol", "ESRS E1"
PREVIOUS, BASE = "N-1", "référence"
TYPED, IMPORTED = "saisi", "importé"
ROLES: Mapping[str, str] = {PREVIOUS: "comparative_year", BASE: "base_year"}
GASES = ("co2_fossil", "ch4", "n2o", "other_gases", "unsplit")
VALUES = (*GASES, "total", "co2_biogenic")
MAY_BE_NEGATIVE = "1.5"
"""The post of soils and forests, where a removal is a negative emission."""
ROUNDING_T, ROUNDING_SHARE = 3.0, 0.01
"""Six figures rounded to the tonne differ from their sum by at most 3 t."""
MARKET = "S2M"
_YEARS = (1990, 2100)


# --- Prepared rows -------------------------------------------------------------------------------------------------


def post_choices() -> list[str]:
    """Entries of the list of posts."""
    table = posts()
    return [f"{code} · {label}" for code, label in zip(table["post"], table["label"], strict=True)]


def history_codes(view: str) -> dict[str, str]:
    """Labels by code of the rows that a view of Historique has: posts, or scopes and categories."""
    if view == BEGES:
        table = posts()
        return {str(code): str(label) for code, label in zip(table["post"], table["label"], strict=True)}
    table = ghgp_categories()
    label = {str(code): str(text) for code, text in zip(table["category"], table["label"], strict=True)}
    scopes = {
        "S1": label["S1"],
        "S2": f"{label['S2']}, par localisation",
        MARKET: f"{label['S2']}, par le marché",
    }
    return scopes | {str(number): label[str(number)] for number in range(1, 16)}


def prepared(name: str) -> list[dict[str, object]]:
    """Rows that the template has ready; none for a register that starts blank."""
    if name == "screening":
        return [{"item": found.item, "unit": found.unit} for found in screening_items()]
    if name != "history":
        return []
    return [
        {"role": role, "view": view, "code": code, "label": label}
        for role in ROLES
        for view in (BEGES, GHGP)
        for code, label in history_codes(view).items()
    ]


def completed(name: str, rows: Sequence[Row]) -> list[Row]:
    """Rows in their order, then the prepared ones that are not among them."""
    there = {_prepared_key(name, row) for row in rows}
    return [*rows, *(row for row in prepared(name) if _prepared_key(name, row) not in there)]


def filled_in(name: str, rows: Sequence[Row]) -> list[Row]:
    """The prepared rows, each with what ``rows`` say of it, then the rows of ``rows`` that are not prepared."""
    by_key = {_prepared_key(name, row): row for row in rows}
    ready = prepared(name)
    known = {_prepared_key(name, row) for row in ready}
    found: list[Row] = [{**row, **by_key.get(_prepared_key(name, row), {})} for row in ready]
    return found + [row for row in rows if _prepared_key(name, row) not in known]


def _prepared_key(name: str, row: Row) -> tuple[object, ...]:
    keys = ("role", "view", "code") if name == "history" else KEYS[name]
    return tuple(row.get(key) for key in keys)


# --- Reading -------------------------------------------------------------------------------------------------------

Values = dict[str, object]


@dataclass
class Reading:
    """A register being read: its rows by column key, with their ``_row`` and ``_cell``, and the messages so far.

    ``letters``: column numbers by key; ``refused``: places of the rows to leave out.
    """

    name: str
    sheet: str
    rows: list[Values]
    letters: Mapping[str, int]
    found: list[Message]
    refused: set[int] = field(default_factory=set)

    def cell(self, place: int, key: str) -> str:
        """A1 reference of a cell, of the first column where the column is missing."""
        row = self.rows[place]["_row"]
        return cell_ref(int(str(row)), self.letters.get(key, min(self.letters.values())))

    def note(self, code: str, place: int, key: str, parameters: Mapping[str, object]) -> None:
        """A message at a cell; the row of a refusal is left out."""
        told = replace(message_with(code, parameters), sheet=self.sheet, cell=self.cell(place, key))
        self.found.append(told)
        if told.refuses:
            self.refused.add(place)


def read_register(reading: Reading, settings: Mapping[str, object]) -> pd.DataFrame:
    """Rows that hold more than what the template prepares, their values by type; a refused row is told, and left out.

    Years are checked against ``settings``; numbers are in the unit of their title.
    """
    columns = register(reading.name)
    for place, row in enumerate(reading.rows):
        row.update({column.key: _value(reading, column, place, row[column.key]) for column in columns})
    typed = [column.key for column in columns if not column.prepared]
    reading.rows = [row for row in reading.rows if any(row[key] is not None for key in typed)]
    for place, row in enumerate(reading.rows):
        for column in columns:
            if column.required and row[column.key] is None:
                reading.note("CW-474", place, column.key, {"column_label": column.label})
        check = _CHECKS.get(reading.name)
        if check:
            check(reading, place, row, settings)
    kept = [row for place, row in enumerate(reading.rows) if place not in reading.refused]
    return pd.DataFrame(kept, columns=[*(column.key for column in columns), "_row", "_cell"], dtype=object)


def _value(reading: Reading, column: Column, place: int, raw: object) -> object:
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    try:
        return _PARSERS.get(column.type, _text)(column, raw)
    except CodedError as refusal:
        told = refusal.message
        code = told.code if told.code == "CW-465" else "CW-464"
        known = {"detail": told.sentence.rstrip("."), **told.parameters}
        reading.note(code, place, column.key, known | {"value": _typed(raw), "column_label": column.label})
        return None


def _typed(raw: object) -> object:
    """What a cell holds, as a message names it."""
    if isinstance(raw, CellError):
        return raw.text
    return f"={raw.formula}" if isinstance(raw, Uncached) else raw


def _text(column: Column, raw: object) -> str:
    if isinstance(raw, CellError):
        raise CodedError("CW-108", value=raw.text)
    if isinstance(raw, Uncached):
        raise _unread(column, raw, "formule sans valeur")
    if isinstance(raw, float):
        return f"{raw:.15g}"
    return f"{raw:%d/%m/%Y}" if isinstance(raw, dt.date) else str(raw).strip()


def _unread(column: Column, raw: object, detail: str) -> CodedError:
    return CodedError("CW-464", value=_typed(raw), column_label=column.label, detail=detail)


def _number(column: Column, raw: object) -> float:
    _text(column, raw)
    return parse_number(raw)


def _percent(column: Column, raw: object) -> float:
    _text(column, raw)
    value = parse_percent(raw)
    if not 0 <= value <= 1:
        raise _unread(column, raw, "une part entre 0 et 100 % est attendue")
    return value


def _year(column: Column, raw: object) -> int:
    value = _number(column, raw)
    if not value.is_integer() or not _YEARS[0] <= value <= _YEARS[1]:
        raise _unread(column, raw, "une année est attendue")
    return int(value)


def _date(column: Column, raw: object) -> dt.date:
    if not isinstance(raw, dt.date):
        raise _unread(column, raw, "une date est attendue")
    return raw.date() if isinstance(raw, dt.datetime) else raw


def _choice(column: Column, raw: object) -> str:
    text = _text(column, raw)
    if column.list == POSTS:
        return code_of(raw)
    allowed = lists()["oui_non" if column.type == "flag" else column.list]
    same = {choice.casefold(): choice for choice in allowed}
    if text.casefold() not in same:
        raise CodedError("CW-465", value=text, column_label=column.label, allowed=", ".join(allowed))
    return same[text.casefold()]


def code_of(raw: object) -> str:
    """The code that a cell starts with: ``1.1 · Sources fixes`` → ``1.1``, ``1,1`` → ``1.1``, 2.0 → ``2``."""
    text = f"{raw:.15g}" if isinstance(raw, float) else str(raw or "").strip()
    return text.split(" ")[0].replace(",", ".").rstrip(".·").upper()


_PARSERS: Mapping[str, Callable[[Column, object], object]] = {
    "number": _number,
    "percent": _percent,
    "year": _year,
    "date": _date,
    "choice": _choice,
    "flag": _choice,
}


# --- Historique ----------------------------------------------------------------------------------------------------


def _check_history(reading: Reading, place: int, row: Values, settings: Mapping[str, object]) -> None:
    row["code"] = None if row["code"] is None else code_of(row["code"])
    row["year"] = _history_year(reading, place, row, settings)
    view, code = row["view"], row["code"]
    if view is None or code not in history_codes(str(view)):
        reading.note("CW-466", place, "code", {"row_code": code or "vide", "view": view or "vide"})
    else:
        _check_values(reading, place, row)
    if place in reading.refused:
        return
    key = [row[name] for name in KEYS["history"]]
    for other in range(place):
        if other not in reading.refused and [reading.rows[other][name] for name in KEYS["history"]] == key:
            told = {"year": row["year"], "view": view, "row_code": code, "first": reading.cell(other, "code")}
            reading.note("CW-470", place, "code", told)
            return


def _history_year(reading: Reading, place: int, row: Values, settings: Mapping[str, object]) -> object:
    """The year of a row: the one typed, else that of its role; refused when it is none of the two."""
    role, typed = row["role"], row["year"]
    known = {name: settings.get(key) for name, key in ROLES.items()}
    if typed is None:
        year = known.get(str(role))
        if year is None:
            reading.note("CW-468", place, "role", {"role": role or "vide"})
        return year
    if typed not in known.values():
        told = {"year": typed, "previous": known[PREVIOUS] or "?", "base": known[BASE] or "?"}
        reading.note("CW-467", place, "year", told)
    elif role and known[str(role)] != typed:
        told = {"year": typed, "role": role, "wanted": known[str(role)] or "?"}
        reading.note("CW-469", place, "year", told)
    return typed


def _check_values(reading: Reading, place: int, row: Values) -> None:
    """Signs, gases against the total; a total alone is not split, gases alone add up to it."""
    values = {key: value for key in VALUES if isinstance(value := row[key], float)}
    row["origin"] = row["origin"] or TYPED
    if not values:
        reading.note("CW-473", place, "total", {})
    for key, value in values.items():
        if value < 0 and key != "unsplit" and row["code"] != MAY_BE_NEGATIVE:
            label = next(column.label for column in register("history") if column.key == key)
            reading.note("CW-472", place, key, {"column_label": label, "value": _shown(value)})
    gases, total = [values[key] for key in GASES if key in values], values.get("total")
    if total is None:
        row["total"] = sum(gases) if gases else None
    elif not gases:
        row["unsplit"] = total
    elif abs(sum(gases) - total) > max(ROUNDING_T, ROUNDING_SHARE * abs(total)):
        reading.note("CW-471", place, "total", {"total": _shown(total), "gases": _shown(sum(gases))})


def _shown(value: float) -> str:
    return f"{value:,.1f}".replace(",", "\u202f").replace(".", ",")


# --- Plan, objectifs, criblage -------------------------------------------------------------------------------------


def _check_action(reading: Reading, place: int, row: Values, settings: Mapping[str, object]) -> None:
    code, start, end = row["post"], row["start"], row["end"]
    if code is not None and code not in history_codes(BEGES):
        reading.note("CW-475", place, "post", {"value": code})
        row["post"] = None
    elif code is not None:
        kind = "directe" if str(code).startswith("1.") else "indirecte"
        row["kind"] = row["kind"] or kind
        if row["kind"] != kind:
            reading.note("CW-476", place, "kind", {"post": code, "kind": kind})
    if isinstance(start, dt.date) and isinstance(end, dt.date) and end < start:
        reading.note("CW-477", place, "end", {"start": start, "end": end})


def _check_target(reading: Reading, place: int, row: Values, settings: Mapping[str, object]) -> None:
    base, target = row["base_year"] or settings.get("base_year"), row["target_year"]
    row["base_year"] = base
    if isinstance(base, int) and isinstance(target, int) and target <= base:
        reading.note("CW-478", place, "target_year", {"year": target, "base": base})


def _check_quantity(reading: Reading, place: int, row: Values, settings: Mapping[str, object]) -> None:
    quantity = row["quantity"]
    if row["item"] not in {found.item for found in screening_items()}:
        reading.note("CW-479", place, "item", {"value": row["item"] or "vide"})
    elif isinstance(quantity, float) and quantity < 0:
        label = next(column.label for column in register("screening") if column.key == "quantity")
        reading.note("CW-472", place, "quantity", {"column_label": label, "value": _shown(quantity)})


_CHECKS: Mapping[str, Callable[[Reading, int, Values, Mapping[str, object]], None]] = {
    "history": _check_history,
    "actions": _check_action,
    "targets": _check_target,
    "screening": _check_quantity,
}
