"""A user's workbook as data: settings, registers and entry tables, found by their names and column titles."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from carbon_workbook.factors.own import faults as own_faults
from carbon_workbook.inventory.entry import EntryTable
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.numbers import parse_number, parse_percent
from carbon_workbook.specs.spec import Column, Setting, SheetSpec, entry_sheets, lists, register, settings
from carbon_workbook.values import CellError, Uncached
from carbon_workbook.workbook import layout
from carbon_workbook.workbook.cells import cell_ref, column_letters
from carbon_workbook.workbook.package import (
    Package,
    SheetData,
    Table,
    TableData,
    open_package,
    read_sheet,
    read_table,
)
from carbon_workbook.workbook.registers import KEYS, Reading, read_register

REGISTERS: Mapping[str, str] = {name: place.table for name, place in layout.registers().items()}
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class Content:
    """What a workbook holds. ``registers`` by name, ``schema`` that of its template, ``base`` that of its factors."""

    package: Package
    settings: Mapping[str, object]
    registers: Mapping[str, pd.DataFrame]
    entries: tuple[EntryTable, ...]
    sheets: Mapping[str, SheetData]
    messages: tuple[Message, ...]
    base: str
    schema: int

    @property
    def sites(self) -> pd.DataFrame:
        return self.registers["sites"]

    @property
    def own_factors(self) -> pd.DataFrame:
        return self.registers["own_factors"]

    @property
    def categories(self) -> pd.DataFrame:
        return self.registers["categories"]

    def table(self, key: str) -> EntryTable:
        """The entry table of a sheet key. Raises KeyError."""
        return next(t for t in self.entries if t.spec.key == key and not t.copied)


def read_workbook(path: Path) -> Content:
    """Read a workbook of ours.

    Raises CodedError when the file is not readable, not ours (CW-450), of a newer schema (CW-451), or lacks an entry
    table (CW-454) or a column that the tool needs (CW-452). Whatever concerns one row is a message instead.
    """
    package = open_package(path)
    schema = _schema(package)
    titles = dict.fromkeys(t.sheet for t in package.all_tables if t.name != layout.CATALOGUE_TABLE)
    sheets = {title: read_sheet(package, title) for title in titles}
    found = [message("CW-458")] if "LibreOffice" in _application(package) else []
    values = _settings(package, sheets, found)
    registers = {name: _register(package, name, schema, values, sheets, found) for name in REGISTERS}
    entries = [_entry(package, spec, schema, sheets, found) for spec in entry_sheets().values()]
    entries += _copies(package, schema, sheets)
    base = str(_named(package, layout.BASE_NAME, sheets) or "")
    registers["sites"] = _sites(registers["sites"], found, package.table(REGISTERS["sites"]).sheet)
    registers["own_factors"] = _own(registers["own_factors"], found, package)
    return Content(package, values, registers, tuple(entries), sheets, tuple(found), base, schema)


def result_title(package: Package, title: str) -> str:
    """Tab of a result sheet: its defined name follows it when the user renames it."""
    place = package.defined_names.get(layout.RESULT_NAMES.get(title, ""))
    return place[0] if place and place[0] else title


def has_sheet(content: Content, title: str) -> bool:
    """Whether a workbook has a result sheet: one made before it came is refreshed without it."""
    return layout.RESULT_NAMES[title] in content.package.defined_names


def check_current(content: Content) -> None:
    """Raises CodedError CW-463 on a workbook of an older template: its result sheets have other places."""
    if content.schema < layout.SCHEMA:
        raise CodedError("CW-463", found=content.schema, known=layout.SCHEMA)


def _named(package: Package, name: str, sheets: dict[str, SheetData]) -> object:
    place = package.defined_names.get(name)
    if place is None or not place[0]:
        return None
    title, ref = place
    if title not in sheets:
        sheets[title] = read_sheet(package, title)
    return sheets[title].value(ref.replace("$", "").partition(":")[0])


def _schema(package: Package) -> int:
    found = _named(package, layout.SCHEMA_NAME, {})
    if not isinstance(found, float):
        raise CodedError("CW-450", name=layout.SCHEMA_NAME)
    if found > layout.SCHEMA:
        raise CodedError("CW-451", found=int(found), known=layout.SCHEMA)
    return int(found)


def _application(package: Package) -> str:
    """The program that saved the file, blank when it does not say."""
    part = "docProps/app.xml"
    return (package.root(part).findtext("{*}Application") or "") if part in package.parts else ""


def _settings(package: Package, sheets: dict[str, SheetData], found: list[Message]) -> dict[str, object]:
    values: dict[str, object] = {}
    for setting in settings():
        raw = _named(package, setting.name, sheets)
        sheet, cell = package.defined_names.get(setting.name, ("", ""))
        place = {"sheet": sheet, "cell": cell.replace("$", "")}
        if raw is None or raw == "":
            if setting.required:
                raise CodedError("CW-455", setting=setting.label, **place)
            values[setting.key] = setting.default
            continue
        value = _setting(setting, raw)
        if value is None:
            if setting.required:
                raise CodedError("CW-455", setting=setting.label, **place)
            found.append(message("CW-456", setting=setting.label, value=getattr(raw, "text", raw), **place))
            value = setting.default
        values[setting.key] = value
    return values


def _setting(setting: Setting, raw: object) -> object:
    """Value of a setting, None when it cannot be read as its type."""
    if isinstance(raw, CellError | Uncached):
        return None
    if setting.type == "choice":
        text = _text(raw)
        return text if text in lists()[setting.list] else None
    if setting.type == "text" or setting.note:
        return _text(raw)
    if setting.type == "country":
        country = _text(raw).upper()
        return country if _COUNTRY.fullmatch(country) else None
    try:
        number = (parse_percent if setting.type == "percent" else parse_number)(raw)
    except CodedError:
        return None
    if setting.type == "year":
        return int(number) if number.is_integer() and 1990 <= number <= 2100 else None
    return number if 0 <= number <= (1 if setting.type == "percent" else math.inf) else None


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def _register(
    package: Package, name: str, schema: int, values: Mapping[str, object], sheets: Mapping[str, SheetData],
    found: list[Message],
) -> pd.DataFrame:  # fmt: skip
    """Rows of a register table that hold something, by column key, with their ``_row`` and ``_cell``."""
    place, columns = layout.registers()[name], register(name)
    if place.table not in package.tables:
        if name not in KEYS:
            raise CodedError("CW-454", table=place.table, title=place.sheet)
        if schema >= place.since:
            found.append(message("CW-480", table=place.table, title=place.sheet))
        return pd.DataFrame(columns=[*(column.key for column in columns), "_row", "_cell"], dtype=object)
    table = package.table(place.table)
    data = read_table(package, table.name, sheets[table.sheet])
    frame = _frame(data, columns, table.name, schema, found)
    if name in KEYS:
        last = max([table.bounds[2], *(number for number, _ in data.below)])
        found.extend(_lost(package, table, sheets[table.sheet], last))
        letters = {
            c.key: data.first_column + data.columns.index(c.label) for c in columns if c.label in data.columns
        }
        rows = [{str(key): value for key, value in row.items()} for row in frame.to_dict(orient="records")]
        return read_register(Reading(name, table.sheet, rows, letters, found), values)
    keys = [column.key for column in columns]
    kept = frame[keys].map(lambda value: value is not None and value != "").any(axis=1)
    return frame[kept].reset_index(drop=True)


def _frame(
    data: TableData, columns: Sequence[Column], table: str, schema: int, found: list[Message]
) -> pd.DataFrame:
    places = {label: place for place, label in enumerate(data.columns)}
    rows = [*data.rows, *data.below]
    cells = list(zip(*(row for _, row in rows), strict=True)) or [()] * len(data.columns)
    values: dict[str, list[object]] = {}
    for column in columns:
        place = places.get(column.label)
        if place is None:
            if column.since > schema:
                continue
            if column.written:
                raise CodedError("CW-452", column_label=column.label, table=table)
            found.append(
                message("CW-453", sheet=data.sheet, cell="A1", column_label=column.label, table=table)
            )
        else:
            values[column.key] = list(cells[place])
    frame = pd.DataFrame(values, dtype=object, index=range(len(rows)))
    missing = [column.key for column in columns if column.key not in frame]
    for key in missing:
        frame[key] = None
    first = data.first_column
    frame["_row"] = [number for number, _ in rows]
    frame["_cell"] = [cell_ref(number, first) for number, _ in rows]
    return frame


def _entry(
    package: Package, spec: SheetSpec, schema: int, sheets: Mapping[str, SheetData], found: list[Message]
) -> EntryTable:
    if spec.table not in package.tables:
        raise CodedError("CW-454", table=spec.table, title=spec.title)
    return _entry_table(package, package.table(spec.table), spec, schema, sheets, found, copied=False)


def _entry_table(
    package: Package, table: Table, spec: SheetSpec, schema: int, sheets: Mapping[str, SheetData],
    found: list[Message], *, copied: bool,
) -> EntryTable:  # fmt: skip
    data = read_table(package, table.name, sheets[table.sheet])
    frame = _frame(data, spec.columns, table.name, schema, found)
    letters = {
        column.key: column_letters(data.first_column + data.columns.index(column.label))
        for column in spec.columns
        if column.label in data.columns
    }
    numbers = tuple(int(number) for number in frame["_row"])
    below = frozenset(number for number, _ in data.below)
    found.extend(_lost(package, table, sheets[table.sheet], max([table.bounds[2], *below])))
    return EntryTable(
        spec, table.sheet, frame[[c.key for c in spec.columns]], numbers, letters, below, data.hidden, copied
    )


def _lost(package: Package, table: Table, sheet: SheetData, last: int) -> list[Message]:
    """What stands under an entry table past a blank row: told, since nothing says whether it is an entry."""
    _, left, _, right = table.bounds
    others = [other.bounds for other in package.all_tables if other.sheet == table.sheet]
    rows = [
        row
        for row, cells in sheet.rows.items()
        if row > last
        and not any(top <= row <= bottom for top, _, bottom, _ in others)
        and any(left <= column <= right and value not in (None, "") for column, value in cells.items())
    ]
    if not rows:
        return []
    return [message("CW-462", sheet=table.sheet, cell=cell_ref(min(rows), left), count=len(rows))]


def _copies(package: Package, schema: int, sheets: Mapping[str, SheetData]) -> list[EntryTable]:
    """Entry tables of copied sheets: Excel names them otherwise, their titles give them away."""
    known = {spec.table for spec in entry_sheets().values()}
    by_titles = {tuple(c.label for c in spec.columns): spec for spec in entry_sheets().values()}
    return [
        _entry_table(package, table, by_titles[table.columns], schema, sheets, [], copied=True)
        for table in package.all_tables
        if table.name not in known and table.columns in by_titles
    ]


def _sites(frame: pd.DataFrame, found: list[Message], title: str) -> pd.DataFrame:
    """The register of sites, countries in capitals; a country that is no two-letter code is told."""
    sites = frame.map(lambda value: _text(value) if not isinstance(value, dt.date) else value)
    for column in register("sites"):
        if column.numeric:
            sites[column.key] = frame[column.key].map(_number).astype(object)
    sites = sites[sites["site"] != ""].reset_index(drop=True)
    sites["country"] = sites["country"].str.upper()
    for country, cell in zip(sites["country"], sites["_cell"], strict=True):
        if not _COUNTRY.fullmatch(country):
            found.append(message("CW-461", sheet=title, cell=cell, value=country))
    return sites


def _number(value: object) -> float | None:
    try:
        return parse_number(value)
    except CodedError:
        return None


def _percents(value: object) -> float | None:
    """A share of the sheet (0.12) in percents, as the catalogue holds them; None when it is no share."""
    try:
        return 100 * parse_percent(value)
    except CodedError:
        return None


def _own(frame: pd.DataFrame, found: list[Message], package: Package) -> pd.DataFrame:
    """Own factors that can be used; what is wrong in each other one is told at its cell."""
    table = package.table(REGISTERS["own_factors"])
    labels = {column.key: column.label for column in register("own_factors")}
    kept = []
    for position, row in frame.iterrows():
        wrong = own_faults({str(key): value for key, value in row.items()})
        for key, sentence in wrong:
            there = labels[key] in table.columns
            column = table.bounds[1] + table.columns.index(labels[key]) if there else table.bounds[1]
            cell = cell_ref(int(row["_row"]), column)
            detail = f"{labels[key]} : {sentence.rstrip('.')}"
            found.append(message("CW-457", sheet=table.sheet, cell=cell, detail=detail))
        if not wrong:
            kept.append(position)
    totals = [parse_number(value) for value in frame.loc[kept, "total"]]
    own = frame.loc[kept].reset_index(drop=True)
    own["total"] = totals
    own["uncertainty_pct"] = [_percents(value) for value in own["uncertainty_pct"]]
    for key in ("id", "label", "unit", "source", "nature", "data_level"):
        own[key] = own[key].map(_text)
    return own
