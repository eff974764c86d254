"""A filled workbook carried into a newer template, and the next year opened from the last (decision A11).

Whatever cannot be carried as it was is named. The old file is then left in its place and the new one is written beside
it; only a complete upgrade replaces the file, after a backup.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from carbon_workbook import __version__
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.resources import packaged
from carbon_workbook.specs.spec import Column, SheetSpec, entry_sheets, register, settings
from carbon_workbook.values import CellError, Uncached
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.cells import cell_ref, column_number, parse_cell
from carbon_workbook.workbook.data import WorkbookData
from carbon_workbook.workbook.evaluate import evaluate
from carbon_workbook.workbook.foreign import carry, sheets_named
from carbon_workbook.workbook.history import history_rows
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import (
    Package,
    Sheet,
    SheetData,
    Table,
    Value,
    open_package,
    parse_package,
    read_sheet,
    read_table,
)
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.read import REGISTERS, Content, read_workbook
from carbon_workbook.workbook.refresh import author, refresh
from carbon_workbook.workbook.registers import (
    BASE,
    ESRS,
    GHGP,
    PREVIOUS,
    TYPED,
    VALUES,
    completed,
    filled_in,
    history_codes,
)
from carbon_workbook.workbook.safe_write import check_unlocked, replace_file
from carbon_workbook.workbook.scan import attributes, scan_rows, sheet_text, unescape
from carbon_workbook.workbook.vba import module_sources, modules_in

Cells = dict[str, dict[str, Value]]
Rows = list[dict[str, object]]

BESIDE = "mis_a_niveau"
_FORMER_NOTE = 9
_FORMER_COLUMNS: Mapping[int, tuple[str, str]] = {
    at.ESRS_BASE: ("Année de référence", BASE),
    at.ESRS_PREVIOUS: ("Année N-1", PREVIOUS),
    at.ESRS_2030: ("Cible 2030", ""),
    at.ESRS_2050: ("Cible 2050", ""),
}
"""Columns that the table of ESRS E1 had for the user to fill, with the role of their year."""
_FORMER_TYPED = "Saisi dans ESRS E1 avant que la feuille soit calculée"
_SIGNATURE = re.compile(r"vbaProjectSignature", re.IGNORECASE)
_ANCHOR = re.compile(rb"<(?:\w+:)?(?:oneCellAnchor|twoCellAnchor|absoluteAnchor)\b")
_MODULE_CODE = re.compile(r"^(?!Attribute )(?!Option Explicit)\s*\S", re.MULTILINE)
_SHEET_MODULE = re.compile(r"ThisWorkbook|Sheet\d+|Feuil\d+|Diagramm\d+|Chart\d+|Graph\d+")
_OBJECTS = (
    "comments",
    "threadedComment",
    "drawing",
    "pivotTable",
    "slicer",
    "oleObject",
    "control",
    "hyperlink",
)


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade did. ``path`` is the new workbook: the old one's place when ``left`` is empty, else beside it."""

    path: Path
    backup: Path | None
    rows: int
    left: tuple[Message, ...]


@dataclass
class _Carried:
    """What an old workbook holds, in the places of the new one.

    ``esrs_rows``: rows of Historique typed in ESRS E1 by a user of the first template; ``moved``: what became a note.
    """

    settings: dict[str, object] = field(default_factory=dict)
    registers: dict[str, Rows] = field(default_factory=dict)
    entries: dict[str, Rows] = field(default_factory=dict)
    results: dict[str, dict[int, Value]] = field(default_factory=dict)
    journal: list[list[Value]] = field(default_factory=list)
    esrs_rows: Rows = field(default_factory=list)
    moved: list[list[Value]] = field(default_factory=list)
    cells: Cells = field(default_factory=dict)
    formulas: dict[str, dict[str, str]] = field(default_factory=dict)
    left: list[Message] = field(default_factory=list)

    @property
    def data(self) -> WorkbookData:
        return WorkbookData(settings=self.settings, entries=self.entries, **self.registers)

    @property
    def rows(self) -> int:
        """Entry rows that hold something."""
        return sum(any(v is not None for v in row.values()) for rows in self.entries.values() for row in rows)


# --- Upgrade ---------------------------------------------------------------------------------------------------------


def upgrade(path: Path, *, moment: dt.datetime | None = None) -> Upgraded:
    """Carry a workbook's data, journal and added sheets into the present template, and refresh it.

    Raises CodedError when the file is locked, not ours, of a newer schema, or when the result does not pass our package
    lint; the file is then untouched.
    """
    check_unlocked(path)
    old = open_package(path)
    schema = _schema(old)
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / path.name
        carried = _read(_Old(old))
        fresh.write_bytes(_made(old, carried, fresh, _line(old, schema, moment)).packed())
        # Modules are read from the copy that is sure to have the right suffix.
        carried.left += _macros(old, path)
        refresh(fresh)
        content = fresh.read_bytes()
        _check(old, parse_package(content))
    if not carried.left:
        return Upgraded(path, replace_file(old, content), carried.rows, ())
    beside = _free(path)
    try:
        beside.write_bytes(content)
    except OSError as error:
        raise CodedError("CW-423", path=beside.name, detail=str(error)) from None
    return Upgraded(beside, None, carried.rows, tuple(carried.left))


def _made(old: Package, carried: _Carried, target: Path, line: Sequence[Value]) -> Package:
    """The new workbook, not yet refreshed; ``carried`` gets what is found missing from it."""
    _add_to_history(carried, carried.esrs_rows)
    build(target, data=carried.data, macros="xl/vbaProject.bin" in old.parts)
    new, left = carry(old, open_package(target), _foreign(old))
    carried.left += left
    carried.left += _moved_references(old)
    _place_notes(old, new, carried)
    cells = {title: dict(found) for title, found in carried.cells.items()}
    moved = [[*line[:2], *row[2:]] for row in carried.moved]
    growth = _journal_cells(new, cells, [*carried.journal, [*line], *moved])
    _result_inputs(new, carried, cells)
    new = new.with_parts(patch(new, cells, growth=growth))
    new = _with_formulas(new, carried.formulas)
    carried.left += _differences(new, carried)
    carried.left += _objects(old, new)
    return new


def _add_to_history(carried: _Carried, rows: Rows) -> None:
    """Rows put after those that Historique has, or has ready."""
    if rows:
        there = completed("history", carried.registers["history"])
        carried.registers["history"] = [*(dict(row) for row in there), *rows]


def _schema(package: Package) -> int:
    place = package.defined_names.get(at.SCHEMA_NAME)
    value = read_sheet(package, place[0]).value(place[1]) if place else None
    if not isinstance(value, float):
        raise CodedError("CW-450", name=at.SCHEMA_NAME)
    if value > at.SCHEMA:
        raise CodedError("CW-451", found=int(value), known=at.SCHEMA)
    return int(value)


def _line(old: Package, schema: int, moment: dt.datetime | None) -> list[Value]:
    """The journal's entry."""
    place = old.defined_names.get(at.BASE_NAME)
    base = read_sheet(old, place[0]).value(place[1]) if place else None
    return [
        moment or dt.datetime.now().replace(microsecond=0), author() or None, "Mise à niveau du classeur",
        f"schéma {schema} · base {base or '?'}", f"schéma {at.SCHEMA} · base {load_catalogue().version}",
        f"carbon-workbook {__version__}",
    ]  # fmt: skip


def _check(old: Package, new: Package) -> None:
    known = {str(note) for note in lint(old)}
    faults = [note for note in lint(new) if str(note) not in known]
    if faults:
        raise CodedError("CW-460", detail=str(faults[0]))


def _free(path: Path) -> Path:
    number, name = 1, path.with_name(f"{path.stem}.{BESIDE}{path.suffix}")
    while name.exists():
        number += 1
        name = path.with_name(f"{path.stem}.{BESIDE}-{number}{path.suffix}")
    return name


# --- Reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Old:
    """A workbook to carry from: sheets are read once."""

    package: Package
    sheets: dict[str, SheetData] = field(default_factory=dict)
    texts: dict[str, dict[tuple[int, int], str | None]] = field(default_factory=dict)

    def sheet(self, title: str) -> SheetData:
        if title not in self.sheets:
            self.sheets[title] = read_sheet(self.package, title)
        return self.sheets[title]

    def formula(self, title: str, row: int, column: int) -> str | None:
        """Text of the formula of a cell; None where it is shared with others or fills an array."""
        if title not in self.texts:
            self.texts[title] = dict(_formula_texts(self.package, title))
        return self.texts[title].get((row, column))


def _formula_texts(package: Package, title: str) -> Iterator[tuple[tuple[int, int], str | None]]:
    sheet = package.sheet(title)
    for row in scan_rows(sheet_text(package.parts[sheet.part], sheet.part).rows, sheet.part):
        columns = [column_number(name) for name in row.letters]
        for column, attribute_text, text in zip(columns, row.formula_attributes, row.formulas, strict=True):
            if attribute_text is not None:
                own = text and attributes(attribute_text).get("t", "normal") == "normal"
                yield (row.number, column), unescape(text or "") if own else None


def _read(old: _Old) -> _Carried:
    carried = _Carried()
    for setting in settings():
        place = old.package.defined_names.get(setting.name)
        if place and place[0]:
            first = place[1].partition(":")[0]
            row, column = parse_cell(first)
            target = at.setting_place(setting)
            carried.settings[setting.key] = _taken(old, carried, place[0], row, column, target)
    for name, there in at.registers().items():
        columns = register(name)
        carried.registers[name] = _table_rows(old, carried, there.table, columns, there.sheet, there.header)
    _screened(carried)
    for spec in entry_sheets().values():
        carried.entries[spec.key] = _table_rows(
            old, carried, spec.table, spec.columns, spec.title, at.ENTRY_HEADER
        )
    _read_journal(old, carried)
    _read_results(old, carried)
    return carried


def _table_rows(
    old: _Old, carried: _Carried, name: str, columns: Sequence[Column], title: str, header: int
) -> Rows:
    """Typed values of a table and its line ids, row for row; blank rows between filled ones stay."""
    package = old.package
    if name not in package.tables:
        return []
    table = package.table(name)
    data = read_table(package, name, old.sheet(table.sheet))
    if table.sheet != title:
        carried.left.append(message("CW-798", sheet=table.sheet, cell="A1", title=table.sheet, wanted=title))
    numbers = [*data.rows, *data.below]
    while numbers and all(_blank(value) for value in _typed(numbers[-1], columns, data.columns)):
        numbers.pop()
    rows: Rows = [{} for _ in numbers]
    for position, label in enumerate(data.columns):
        column = next((c for c in columns if c.label == label), None)
        letter = data.first_column + position
        if column is None:
            _unknown_column(old, carried, table, label, letter, [number for number, _ in numbers])
            continue
        for index, (number, values) in enumerate(numbers):
            target = (title, header + 1 + index, 1 + [c.key for c in columns].index(column.key))
            if column.written:
                if column.key == "line_id":
                    rows[index]["line_id"] = values[position]
                elif column.written == "formula":
                    _overwritten(old, carried, table, column, number, letter, values[position])
            else:
                rows[index][column.key] = _taken(old, carried, table.sheet, number, letter, target)
    return rows


def _typed(row: tuple[int, list[Value]], columns: Sequence[Column], labels: Sequence[str]) -> list[Value]:
    known = {column.label for column in columns if not column.written}
    return [value for label, value in zip(labels, row[1], strict=True) if label in known]


def _blank(value: object) -> bool:
    return value is None or value == ""


def _taken(
    old: _Old, carried: _Carried, title: str, row: int, column: int, target: tuple[str, int, int]
) -> object:
    """A typed value, for the builder; errors and formulas are noted apart, to be written after it."""
    sheet = old.sheet(title)
    value = sheet.rows.get(row, {}).get(column)
    there, ref = target[0], cell_ref(target[1], target[2])
    if column in sheet.formula_columns.get(row, ()):
        text = old.formula(title, row, column)
        if text is None or (row, column) != target[1:] or title != there:
            shown = text or "formule partagée ou matricielle"
            place = cell_ref(row, column)
            carried.left.append(message("CW-790", sheet=title, cell=place, formula=shown))
            return None if isinstance(value, (CellError, Uncached)) else value
        carried.formulas.setdefault(there, {})[ref] = text
        if not isinstance(value, Uncached):
            carried.cells.setdefault(there, {})[ref] = 0.0 if value is None else value
        else:
            carried.cells.setdefault(there, {})[ref] = None
        return None
    if isinstance(value, CellError):
        carried.cells.setdefault(there, {})[ref] = value
        return None
    return value


def _unknown_column(
    old: _Old, carried: _Carried, table: Table, label: str, column: int, numbers: Sequence[int]
) -> None:
    sheet = old.sheet(table.sheet)
    filled = [n for n in numbers if not _blank(sheet.rows.get(n, {}).get(column))]
    if filled:
        place = cell_ref(filled[0], column)
        carried.left.append(
            message("CW-788", sheet=table.sheet, cell=place, column_label=label, table=table.name, count=len(filled))
        )  # fmt: skip


def _overwritten(
    old: _Old, carried: _Carried, table: Table, column: Column, row: int, letter: int, value: Value
) -> None:
    """A value typed in the place of a formula of ours."""
    sheet = old.sheet(table.sheet)
    if not _blank(value) and letter not in sheet.formula_columns.get(row, ()):
        shown = value.text if isinstance(value, CellError) else value
        place = cell_ref(row, letter)
        carried.left.append(
            message("CW-789", sheet=table.sheet, cell=place, value=shown, detail=column.label)
        )


def _screened(carried: _Carried) -> None:
    """Screening rows by code: the template has its own names, and keeps no code that it does not know."""
    known = {code for code, _ in at.screening()}
    kept: Rows = []
    for row in carried.registers["categories"]:
        code = row.get("code")
        code = str(int(code)) if isinstance(code, float) and code.is_integer() else str(code or "")
        if code in known:
            kept.append({**row, "code": code, "name": dict(at.screening())[code]})
        elif any(not _blank(value) for value in row.values()):
            carried.left.append(
                message("CW-789", sheet=at.PERIMETER, cell="A1", value=code or row.get("name"), detail="tbl_categories")
            )  # fmt: skip
    carried.registers["categories"] = kept


def _read_journal(old: _Old, carried: _Carried) -> None:
    if "tbl_journal" not in old.package.tables:
        return
    table = old.package.table("tbl_journal")
    data = read_table(old.package, "tbl_journal", old.sheet(table.sheet))
    labels = [label for label, _, _ in at.RESULT_TABLES["tbl_journal"]]
    places = {label: index for index, label in enumerate(data.columns)}
    for _, values in (*data.rows, *data.below):
        if any(not _blank(value) for value in values):
            carried.journal.append([values[places[x]] if x in places else None for x in labels])


def _read_results(old: _Old, carried: _Carried) -> None:
    """Totals last written, so that the journal tells a change from a first value, and what is typed in ESRS E1."""
    titles = {sheet.title for sheet in old.package.sheets}
    if at.SUMMARY in titles:
        summary = {label: key for key, label in at.SUMMARY_TOTALS}
        for row in old.sheet(at.SUMMARY).rows.values():
            label = row.get(1)
            if isinstance(label, str) and label in summary:
                carried.results[f"{at.SUMMARY} {summary[label]}"] = {
                    at.SUMMARY_VALUE: row.get(at.SUMMARY_VALUE)
                }
    if at.ESRS in titles:
        codes = {found.label: found.code for found in (*at.esrs_rows(), at.esrs_combined())}
        former = at.EARLIER_NAME not in old.package.defined_names
        for row in old.sheet(at.ESRS).rows.values():
            label = row.get(2)
            if isinstance(label, str) and label in codes:
                found = dict(row)
                if former:
                    found[at.ESRS_NOTE] = found.pop(_FORMER_NOTE, None)
                carried.results[f"{at.ESRS} {codes[label]}"] = found
        if former:
            _esrs_to_history(carried)


def _esrs_to_history(carried: _Carried) -> None:
    """Earlier years typed in ESRS E1, where refresh writes now: into Historique, what it cannot hold into the note."""
    filled = {
        row.get("role")
        for row in carried.registers["history"]
        if row.get("view") in (GHGP, ESRS) and any(not _blank(row.get(key)) for key in VALUES)
    }
    labels = {found.code: found.label for found in at.esrs_rows()}
    for code in labels:
        row = carried.results.get(f"{at.ESRS} {code}", {})
        for column, (title, role) in _FORMER_COLUMNS.items():
            value = row.get(column)
            if at.esrs_typed(code, column) or _blank(value):
                continue
            if code in history_codes(ESRS) and role not in (*filled, "") and isinstance(value, float):
                carried.esrs_rows.append(
                    {"role": role, "view": ESRS, "code": code, "label": history_codes(ESRS)[code],
                     "total": value, "origin": TYPED, "reason": _FORMER_TYPED}
                )  # fmt: skip
                continue
            shown = value.text if isinstance(value, CellError) else value
            shown = f"{shown:.15g}".replace(".", ",") if isinstance(shown, float) else str(shown)
            said = f"{title} : {shown} ({_FORMER_TYPED.lower()})"
            note = row.get(at.ESRS_NOTE)
            row[at.ESRS_NOTE] = said if _blank(note) else f"{note} ; {said}"
            carried.moved.append(
                [None, None, f"{at.ESRS}, {labels[code]}, {title}", shown, None, "Gardé dans la colonne Note"]
            )


def _result_inputs(new: Package, carried: _Carried, cells: Cells) -> None:
    for key, _ in at.SUMMARY_TOTALS:
        value = carried.results.get(f"{at.SUMMARY} {key}", {}).get(at.SUMMARY_VALUE)
        if isinstance(value, float):
            cells.setdefault(at.SUMMARY, {})[cell_ref(at.summary_row(key), at.SUMMARY_VALUE)] = value
    formulas = read_sheet(new, at.ESRS)
    for found in (*at.esrs_rows(), at.esrs_combined()):
        row = carried.results.get(f"{at.ESRS} {found.code}", {})
        typed = [column for column in at.ESRS_OTHER_YEARS if at.esrs_typed(found.code, column)]
        for column in (*typed, at.ESRS_NOTE):
            ref = cell_ref(found.row, column)
            value = row.get(column)
            if not _blank(value) and not isinstance(value, Uncached) and not formulas.has_formula(ref):
                cells.setdefault(at.ESRS, {})[ref] = value


# --- Sheets, notes, objects ------------------------------------------------------------------------------------------


def _own_titles(package: Package) -> Iterator[str]:
    """Sheets of ours: by their title, by a table or a setting of ours that stands in them."""
    template = {
        at.HOME,
        *at.SETUP_SHEETS,
        *at.PLAN_SHEETS,
        *at.RESULT_SHEETS,
        at.CATALOGUE,
        at.LISTS,
        at.XLWINGS,
        *(spec.title for spec in entry_sheets().values()),
    }
    schema = _schema(package)
    # A sheet that a later template added was the user's own before it.
    yield from (title for title in template if at.SHEETS_SINCE.get(title, 1) <= schema)
    ours = {*REGISTERS.values(), *at.RESULT_TABLES, at.CATALOGUE_TABLE} | {
        spec.table for spec in entry_sheets().values()
    }
    yield from (table.sheet for table in package.all_tables if table.name in ours)
    for name, (title, _) in package.defined_names.items():
        if name in {at.SCHEMA_NAME, *(setting.name for setting in settings())}:
            yield title


def _foreign(package: Package) -> list[Sheet]:
    ours = {title.casefold() for title in _own_titles(package)}
    return [sheet for sheet in package.sheets if sheet.title.casefold() not in ours]


def _place_notes(old: Package, new: Package, carried: _Carried) -> None:
    """What was typed on our sheets outside their tables, where the new template leaves the cell free."""
    source = _Old(old)
    titles = [*at.SETUP_SHEETS, *at.PLAN_SHEETS, *(spec.title for spec in entry_sheets().values())]
    ours = set(_own_titles(old))
    present = {sheet.title for sheet in old.sheets}
    typed = {old.defined_names[s.name] for s in settings() if s.name in old.defined_names}
    values = {(title, ref.partition(":")[0]) for title, ref in typed}
    wanted = {(title, cell_ref(row, column)) for title, row, column in map(at.setting_place, settings())}
    template = _former_texts(_schema(old))
    for title in titles:
        if title not in present or title not in ours:
            continue
        sheet, fresh = source.sheet(title), read_sheet(new, title)
        inside = [_span(table, source) for table in old.all_tables if table.sheet == title]
        there = [table.bounds for table in new.all_tables if table.sheet == title]
        for row, cells in sheet.rows.items():
            for column, value in cells.items():
                ref = cell_ref(row, column)
                if _blank(value) or _within(row, column, inside) or (title, ref) in values:
                    continue
                if (title, value) in template:
                    continue
                free = _blank(fresh.value(ref)) and not fresh.has_formula(ref)
                if not free and not _within(row, column, there):
                    continue  # a text or a formula of the template, in its place
                if _within(row, column, there) or (title, ref) in wanted:
                    carried.left.append(_unplaced(title, ref, value))
                    continue
                if isinstance(value, Uncached):
                    place = message("CW-790", sheet=title, cell=ref, formula=value.formula)
                    carried.left.append(place)
                    continue
                taken = _taken(source, carried, title, row, column, (title, row, column))
                if taken is not None:
                    carried.cells.setdefault(title, {})[ref] = taken  # type: ignore[assignment]


def _former_texts(schema: int) -> frozenset[tuple[str, str]]:
    """(sheet, text) of the template of a schema, where the present one moved them: no note of the user's."""
    with (packaged("workbook") / "former_texts.csv").open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream, delimiter=";")
        return frozenset((row["sheet"], row["text"]) for row in rows if int(row["schema"]) == schema)


def _moved_references(old: Package) -> Iterator[Message]:
    """Formulas of the user's sheets on sheets of ours whose cells another schema has in other places."""
    if _schema(old) == at.SCHEMA:
        return
    moved = {title.casefold() for title in (at.PERIMETER, *at.RESULT_SHEETS)}
    for sheet in _foreign(old):
        if sheet.kind == "worksheet":
            for (row, column), text in _formula_texts(old, sheet.title):
                named = sheets_named(text or "")
                if named & moved:
                    place = cell_ref(row, column)
                    yield message("CW-486", sheet=sheet.title, cell=place, formula=text)


def _unplaced(title: str, ref: str, value: Value) -> Message:
    shown = value.text if isinstance(value, CellError) else value
    return message("CW-789", sheet=title, cell=ref, value=shown, detail="hors des tableaux")


def _span(table: Table, source: _Old) -> tuple[int, int, int, int]:
    """Where a table's rows stand, those typed under it included."""
    top, left, bottom, right = table.bounds
    below = read_table(source.package, table.name, source.sheet(table.sheet)).below
    return top, left, bottom + len(below), right


def _within(row: int, column: int, zones: Iterable[tuple[int, int, int, int]]) -> bool:
    return any(top <= row <= bottom and left <= column <= right for top, left, bottom, right in zones)


def _objects(old: Package, new: Package) -> Iterator[Message]:
    """Images, comments, links and the like that a user put on our sheets."""
    fresh = {sheet.title: sheet for sheet in new.sheets}
    for sheet in old.sheets:
        if sheet.title in fresh and sheet.title in set(_own_titles(old)):
            before, after = _counted(old, sheet), _counted(new, fresh[sheet.title])
            for kind, count in before.items():
                if count > after.get(kind, 0):
                    yield message(
                        "CW-791",
                        sheet=sheet.title,
                        cell="A1",
                        detail=f"{kind} : {count - after.get(kind, 0)}",
                    )


def _counted(package: Package, sheet: Sheet) -> dict[str, int]:
    found: dict[str, int] = {}
    for link in package.relationships(sheet.part):
        if link.kind == "drawing":
            found["image ou forme"] = len(_ANCHOR.findall(package.parts.get(link.target, b"")))
        elif link.kind in _OBJECTS:
            found[link.kind] = found.get(link.kind, 0) + 1
    return found


def _macros(old: Package, path: Path) -> Iterator[Message]:
    """Modules that are not ours, and a signature that would no longer hold."""
    if "xl/vbaProject.bin" not in old.parts:
        return
    if any(_SIGNATURE.search(part) for part in old.parts):
        yield message("CW-794")
    ours = module_sources()
    for name, code in modules_in(path).items():
        empty_sheet = _SHEET_MODULE.fullmatch(name) and not _MODULE_CODE.search(code)
        if name not in ours and not empty_sheet:
            yield message("CW-793", module=name)


# --- Writing ---------------------------------------------------------------------------------------------------------


def _journal_cells(new: Package, cells: Cells, rows: Sequence[Sequence[Value]]) -> dict[str, int]:
    """Journal rows written from the top; last row of its table when it must grow."""
    sheet = cells.setdefault(at.JOURNAL, {})
    for offset, values in enumerate(rows, start=1):
        for column, value in enumerate(values, start=1):
            if not isinstance(value, Uncached) and value is not None:
                sheet[cell_ref(at.JOURNAL_HEADER + offset, column)] = value
    last = at.JOURNAL_HEADER + len(rows)
    return {"tbl_journal": last} if last > new.table("tbl_journal").bounds[2] else {}


def _with_formulas(package: Package, formulas: Mapping[str, Mapping[str, str]]) -> Package:
    """Formulas put into cells that already hold their value."""
    parts: dict[str, bytes] = {}
    for title, found in formulas.items():
        part = package.sheet(title).part
        text = package.parts[part].decode()
        for ref, formula in found.items():
            text = _formula_in(text, ref, formula)
        parts[part] = text.encode()
    return package.with_parts(parts)


def _formula_in(text: str, ref: str, formula: str) -> str:
    written = formula.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    cell = re.search(rf'<c r="{ref}"([^>]*?)(?:/>|>(.*?)</c>)', text)
    if cell is None:
        raise ValueError(f"no cell {ref}")
    attribute_text, body = cell[1], cell[2] or ""
    inline = re.search(r"<is><t[^>]*>(.*?)</t></is>", body, re.DOTALL)
    if inline:
        attribute_text = attribute_text.replace('t="inlineStr"', 't="str"')
        body = f"<v>{inline[1]}</v>"
    return (
        text[: cell.start()] + f'<c r="{ref}"{attribute_text}><f>{written}</f>{body}</c>' + text[cell.end() :]
    )


def _differences(new: Package, carried: _Carried) -> Iterator[Message]:
    """Typed values that do not read back as they were: nothing is trusted to have arrived."""
    for spec in entry_sheets().values():
        yield from _table_differences(new, carried, spec.table, spec.columns, carried.entries[spec.key])
    for name, table in REGISTERS.items():
        if name != "categories":
            yield from _table_differences(new, carried, table, register(name), carried.registers[name])
    for setting in settings():
        if setting.key in carried.settings:
            title, ref = new.defined_names[setting.name]
            found = read_sheet(new, title).value(ref.partition(":")[0])
            wanted = carried.settings[setting.key]
            if not _equal(found, wanted) and ref not in carried.cells.get(title, {}):
                yield _unplaced(title, ref.partition(":")[0], wanted)  # type: ignore[arg-type]


def _table_differences(
    new: Package, carried: _Carried, name: str, columns: Sequence[Column], rows: Rows
) -> Iterator[Message]:
    data = read_table(new, name)
    places = {label: index for index, label in enumerate(data.columns)}
    apart = carried.cells.get(data.sheet, {})
    for wanted, (number, values) in zip(rows, data.rows, strict=False):
        for column in columns:
            if column.key not in wanted:
                continue
            ref = cell_ref(number, data.first_column + places[column.label])
            if ref not in apart and not _equal(values[places[column.label]], wanted[column.key]):
                yield _unplaced(data.sheet, ref, wanted[column.key])  # type: ignore[arg-type]


def _equal(found: object, wanted: object) -> bool:
    if _blank(found) or _blank(wanted):
        return _blank(found) and _blank(wanted)
    return type(found) is type(wanted) and found == wanted


# --- Next year -------------------------------------------------------------------------------------------------------


def open_next_year(old: Path, target: Path, *, moment: dt.datetime | None = None) -> list[Message]:
    """Write at ``target`` the workbook of the year after ``old``; what was not taken over.

    Settings and registers are kept; rows keep what describes them, without the year's quantities, their N-1 column
    being the value of record of last year; the register of capital goods is kept whole. Historique gets last year's
    views and the rows of the base year. Raises CodedError when ``old`` is not ours, lacks a table or has no year,
    OSError when ``target`` cannot be written.
    """
    content = read_workbook(old)
    package = content.package
    schema = _schema(package)
    source = _Old(package)
    carried = _read(source)
    year = carried.settings.get("year")
    if not isinstance(year, float):
        raise CodedError("CW-455", setting=next(s.label for s in settings() if s.key == "year"))
    previous = {spec.key: _retained(source, spec) for spec in entry_sheets().values()}
    _advance(carried, int(year), previous)
    carried.registers["history"], notes = _next_history(content, old.name)
    _add_to_history(carried, [row for row in carried.esrs_rows if row["role"] == BASE])
    build(target, data=carried.data, macros=target.suffix != ".xlsx")
    new = open_package(target)
    cells: Cells = {}
    line = _line(package, schema, moment)
    line[2:] = ["Année ouverte", f"{int(year)}", f"{int(year) + 1}", f"d'après {old.name}"]
    growth = _journal_cells(new, cells, [line, *([*line[:2], *row[2:]] for row in carried.moved)])
    _esrs_previous(carried)
    carried.results = {key: row for key, row in carried.results.items() if key.startswith(at.ESRS)}
    _result_inputs(new, carried, cells)
    target.write_bytes(new.with_parts(patch(new, cells, growth=growth)).packed())
    titles = [sheet.title for sheet in _foreign(package)]
    return [*notes, *(message("CW-797", sheet=title, cell="A1", title=title) for title in titles)]


def _next_history(content: Content, name: str) -> tuple[Rows, list[Message]]:
    """Historique of the next year: last year's views as N-1, the base year as it was known; what is not there."""
    known, year, base = content.registers["history"], content.settings["year"], content.settings["base_year"]
    rows: Rows = []
    notes: list[Message] = []
    try:
        evaluation = evaluate(content)
    except CodedError as refusal:  # factors that this computer does not have: the year opens without them
        notes.append(refusal.message)
    else:
        rows = history_rows(
            evaluation, PREVIOUS, f"Classeur {name}, facteurs {evaluation.inventory.catalogue.version}"
        )
        if evaluation.refused:
            notes.append(message("CW-484", count=evaluation.refused))
    if base != year:
        typed = known[known["year"] == base]
        columns = [column.key for column in register("history")]
        rows += [
            {str(key): value for key, value in row.items()} | {"role": BASE}
            for row in typed[columns].to_dict(orient="records")
        ]
    for other, count in known.loc[~known["year"].isin([base]), "year"].value_counts(sort=False).items():
        notes.append(message("CW-485", count=count, year=other))
    return [dict(row) for row in filled_in("history", rows)], notes


def _esrs_previous(carried: _Carried) -> None:
    for key, row in carried.results.items():
        if key.startswith(at.ESRS):
            row[at.ESRS_PREVIOUS] = row.get(at.ESRS_CURRENT)


def _retained(source: _Old, spec: SheetSpec) -> list[Value]:
    """Value of record of each row of a table, None where the row was not counted."""
    if spec.table not in source.package.tables:
        return []
    data = read_table(source.package, spec.table, source.sheet(source.package.table(spec.table).sheet))
    labels = list(data.columns)
    code, tonnes = (labels.index(spec.column(key).label) for key in ("result_code", "emissions_t"))
    return [values[tonnes] if values[code] == "OK" else None for _, values in (*data.rows, *data.below)]


def _advance(carried: _Carried, year: int, previous: Mapping[str, Sequence[Value]]) -> None:
    rules = _rules()
    carried.settings.update(dict.fromkeys(rules["settings_emptied"]))
    for name, columns in rules["registers_emptied"].items():
        carried.registers[name] = [{**row, **dict.fromkeys(columns)} for row in carried.registers[name]]
    carried.settings |= {"year": year + 1, "comparative_year": year}
    for spec in entry_sheets().values():
        gone = () if spec.key in rules["kept_whole"] else emptied_columns(spec)
        rows: Rows = []
        for row, retained in zip(carried.entries[spec.key], previous[spec.key], strict=False):
            kept = {key: value for key, value in row.items() if key not in gone}
            if any(not _blank(value) for value in kept.values()):
                kept |= rules["reset"]
                kept["previous"] = retained
                for key in ("period_start", "period_end"):
                    kept[key] = _year_later(kept.get(key))
            rows.append(kept)
        carried.entries[spec.key] = rows


def emptied_columns(spec: SheetSpec) -> frozenset[str]:
    """Columns that the next year starts without."""
    rules = _rules()
    products = {key for rule in spec.activity for key in (*rule.product, *rule.plus, *rule.minus)}
    return frozenset((products - set(rules["kept"])) | set(rules["emptied"]))


def _rules() -> dict[str, Any]:
    with packaged("workbook/next_year.toml").open("rb") as stream:
        return tomllib.load(stream)


def _year_later(value: object) -> object:
    if not isinstance(value, dt.date):
        return value
    last = value.month == 2 and value.day >= 28
    if not last:
        return value.replace(year=value.year + 1)
    return value.replace(year=value.year + 1, month=3, day=1) - dt.timedelta(days=1)


__all__ = ["Upgraded", "emptied_columns", "open_next_year", "upgrade"]
