"""Any table of factors, its columns told by a mapping file; and the project's own exchange file.

A mapping (TOML) has ``[base]`` (source, version, licence, prefix of the ids; sheet and gwp_set are optional),
``[columns]`` (our name → title, or list of titles joined), and optionally ``[constants]``, ``[scale]``, ``[units]``.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from carbon_workbook.factors.catalogue import PUBLISHED_GASES
from carbon_workbook.factors.imports.base import (
    FACTOR_COLUMNS,
    NUMBERS,
    STAGE_COLUMNS,
    STAGE_NUMBERS,
    UNREADABLE,
    Base,
    check_ids,
    factor_frame,
    refused_frame,
    stage_frame,
)
from carbon_workbook.factors.imports.layout import Head
from carbon_workbook.factors.imports.plain import Rows, base_of
from carbon_workbook.factors.imports.sheet import Floats, Heading, Table, figures
from carbon_workbook.factors.text import fold
from carbon_workbook.messages import CodedError

MAPPING_WRONG, NO_ID = "CW-246", "CW-256"

_MAPPED_NUMBERS = ("total", *PUBLISHED_GASES, "co2_biogenic", "uncertainty_pct")
_MAPPED_TEXTS = ("id", "label", "unit", "geography", "valid_until", "category", "tags")
_PREFIX = re.compile(r"[A-Z][A-Z0-9]{1,9}-")
_NEEDED = ("source", "version", "licence", "prefix")


def mapping_of(text: str) -> Mapping[str, Any]:
    """A mapping file read and checked. Raises CodedError CW-246 naming what is wrong."""
    try:
        mapping = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CodedError(MAPPING_WRONG, detail=f"TOML illisible, {error}") from error
    sections = {name: mapping.get(name, {}) for name in ("base", "columns", "constants", "scale", "units")}
    for name, section in sections.items():
        if not isinstance(section, dict):
            raise CodedError(MAPPING_WRONG, detail=f"[{name}] n'est pas une table")
    base, columns = sections["base"], sections["columns"]
    lacking = [name for name in _NEEDED if not isinstance(base.get(name), str) or not base[name].strip()]
    if lacking:
        raise CodedError(MAPPING_WRONG, detail=f"il manque dans [base] : {', '.join(lacking)}")
    if not _PREFIX.fullmatch(base["prefix"]):
        raise CodedError(
            MAPPING_WRONG,
            detail="prefix doit avoir de deux à dix majuscules ou chiffres et finir par un tiret, comme « FRN- »",
        )
    if base["prefix"] in ("CW-", "DZ-", "EPA-"):
        raise CodedError(MAPPING_WRONG, detail=f"le préfixe {base['prefix']} est celui d'une autre base")
    unknown = [name for name in columns if name not in (*_MAPPED_NUMBERS, *_MAPPED_TEXTS)]
    if unknown:
        raise CodedError(MAPPING_WRONG, detail=f"colonne inconnue dans [columns] : {', '.join(unknown)}")
    known = {**sections["constants"], **columns}
    lacking = [name for name in ("id", "label", "unit", "total") if name not in known]
    if lacking:
        raise CodedError(MAPPING_WRONG, detail=f"il manque dans [columns] : {', '.join(lacking)}")
    wrong = [
        name
        for name, value in sections["scale"].items()
        if name not in _MAPPED_NUMBERS or not isinstance(value, int | float)
    ]
    if wrong or not all(_titles(titles) for titles in columns.values()):
        raise CodedError(
            MAPPING_WRONG, detail="un titre n'est pas un texte, ou une échelle n'est pas un nombre"
        )
    return sections


def _titles(titles: object) -> list[str]:
    """Titles of a column, none when one of them is not a text."""
    listed = titles if isinstance(titles, list) else [titles]
    texts = [title for title in listed if isinstance(title, str) and title]
    return texts if len(texts) == len(listed) else []


def heading(mapping: Mapping[str, Any]) -> Heading:
    """The header row that a mapping describes; all its columns are required."""
    columns = {
        f"{name} {number}" if number else name: (title,)
        for name, titles in mapping["columns"].items()
        for number, title in enumerate(_titles(titles))
    }
    return Heading(columns, tuple(columns))


def read(table: Table, mapping: Mapping[str, Any]) -> Base:
    """The base that ``mapping`` describes in a table found under its heading.

    Raises CodedError CW-237 (decimal signs mixed), CW-238 (nothing usable), CW-239 (an id twice).
    """
    base, constants = mapping["base"], mapping["constants"]
    texts = {name: _text_column(table, name, constants) for name in _MAPPED_TEXTS}
    numbers, unreadable = figures(table, _MAPPED_NUMBERS)
    for name in _MAPPED_NUMBERS:
        if name in constants:
            numbers[name] = np.full(len(table), float(constants[name]))
        numbers[name] = numbers[name] * float(mapping["scale"].get(name, 1.0))
    units = [mapping["units"].get(unit, unit) for unit in texts["unit"]]
    rows = Rows(
        texts=texts,
        units=[unit if "co2" in fold(unit) else f"kgCO2e/{unit}" for unit in units],
        numbers=numbers,
        unreadable=unreadable,
        reasons=["" if identifier else NO_ID for identifier in texts["id"]],
        constants={"gwp_set": base.get("gwp_set", "inconnu")},
    )
    key = re.sub(r"[^a-z0-9]+", "-", fold(base["source"])).strip("-")
    head = Head(key, base["source"], base["version"], base["licence"])
    return base_of(head, base["prefix"], table, rows)


def _text_column(table: Table, name: str, constants: Mapping[str, Any]) -> list[str]:
    if name in constants:
        return [str(constants[name])] * len(table)
    parts = [table.texts(column) for column in table.columns if column.split(" ")[0] == name]
    if not parts:
        return [""] * len(table)
    return [", ".join(filter(None, cells)) for cells in zip(*parts, strict=True)]


# --- The exchange file -------------------------------------------------------------------------------------

RECORD, FACTOR, STAGE = "enregistrement", "facteur", "étape"
_BASE_COLUMNS = ("base", "source", "version", "licence")
_EXCHANGE = (
    RECORD, *_BASE_COLUMNS, *FACTOR_COLUMNS,
    *(name for name in STAGE_COLUMNS if name not in FACTOR_COLUMNS),
)  # fmt: skip
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def exchange_heading() -> Heading:
    """The header row of the project's own exchange file."""
    return Heading({name: (name,) for name in _EXCHANGE}, _EXCHANGE)


def export(base: Base) -> str:
    """The whole of a base as one CSV (``;``, decimal point). A text that a spreadsheet would take for a formula
    is given an apostrophe, which ``read_exchange`` takes away."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\n")
    writer.writerow(_EXCHANGE)
    head = (base.key, base.source, base.version, base.licence)
    for record, frame in ((FACTOR, base.factors), (STAGE, base.stages)):
        columns = [
            _exported(frame[name], name) if name in frame else [""] * len(frame)
            for name in _EXCHANGE[1 + len(head) :]
        ]
        start = [record, *map(_shielded, head)]
        writer.writerows([*start, *cells] for cells in zip(*columns, strict=True))
    return stream.getvalue()


def _exported(column: pd.Series, name: str) -> list[str]:
    if name in NUMBERS or name in STAGE_NUMBERS:
        return ["" if value != value else repr(value) for value in column.tolist()]
    return [_shielded(text) for text in column.tolist()]


def _shielded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _bare(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def read_exchange(table: Table) -> Base:
    """The base in an exchange file. Raises CodedError CW-237, CW-238 or CW-239."""
    numbers, unreadable = figures(table, list(dict.fromkeys((*NUMBERS, *STAGE_NUMBERS))))
    texts = {
        name: [_bare(str(cell)) for cell in cells]
        for name, cells in table.columns.items()
        if name not in numbers
    }
    records = np.array(texts[RECORD], dtype=object)
    factors = np.flatnonzero((records == FACTOR) & ~unreadable)
    stages = np.flatnonzero((records == STAGE) & ~unreadable)
    check_ids([texts["id"][place] for place in factors])
    return Base(
        *Head(*(texts[name][factors[0]] for name in _BASE_COLUMNS)),
        factors=factor_frame(_picked(FACTOR_COLUMNS, texts, numbers, factors)),
        stages=stage_frame(_picked(STAGE_COLUMNS, texts, numbers, stages)),
        refused=refused_frame(
            (table.first_row + int(place), texts["id"][place], texts["label"][place], UNREADABLE, "")
            for place in np.flatnonzero(unreadable)
        ),
        counts={"lignes": len(table), "facteurs": len(factors)},
    )


def _picked(
    names: Sequence[str], texts: Mapping[str, list[str]], numbers: Mapping[str, Floats], places: Any
) -> dict[str, list[Any]]:
    return {
        name: numbers[name][places].tolist() if name in numbers else [texts[name][place] for place in places]
        for name in names
    }
