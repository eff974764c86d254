"""An engine of xlwings without Excel: xlwings' own Book, Sheet, Range and Table classes over a workbook in memory.

Below xlwings stand two layers that Excel would fill: what an engine must offer (classes after ``base_classes``), and
the COM objects that ``.api`` gives (``Com…``). Both behave as Excel does where the writer depends on it: a text is
interpreted unless an apostrophe goes before it, a protected sheet refuses, a formula is overwritten without a word.
"""

from __future__ import annotations

import datetime as dt
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import xlwings as xw
from lxml import etree
from xlwings import base_classes

from carbon_workbook.values import CellError
from carbon_workbook.workbook.cells import cell_ref, parse_cell, parse_range, range_ref
from carbon_workbook.workbook.package import Package, read_sheet
from carbon_workbook.workbook.patch import patch

NAME = "memory"
MAX_TEXT = 32_767
# What a protected sheet allows, in the order of Worksheet.Protect, and how a file spells it.
ALLOWED = {
    "FormattingCells": "formatCells", "FormattingColumns": "formatColumns", "FormattingRows": "formatRows",
    "InsertingColumns": "insertColumns", "InsertingRows": "insertRows", "InsertingHyperlinks": "insertHyperlinks",
    "DeletingColumns": "deleteColumns", "DeletingRows": "deleteRows", "Sorting": "sort", "Filtering": "autoFilter",
    "UsingPivotTables": "pivotTables",
}  # fmt: skip
Cell = tuple[int, int]


class ComError(Exception):
    """What pywin32 raises when Excel refuses."""


# --- The workbook ----------------------------------------------------------------------------------------------


@dataclass
class TableState:
    bounds: tuple[int, int, int, int]
    totals: bool


@dataclass
class SheetState:
    """A sheet as Excel holds it. ``protection``: what is allowed, None when unprotected."""

    title: str
    cells: dict[Cell, object]
    formulas: set[Cell]
    tables: dict[str, TableState]
    links: dict[Cell, tuple[str, str]]
    protection: dict[str, bool] | None
    password: str = ""


@dataclass
class State:
    """Excel with one workbook. ``calls``: every call that an engine or COM object received; ``fails_at``: which of
    them fails, counted from 1."""

    package: Package
    sheets: dict[str, SheetState]
    app: dict[str, Any] = field(
        default_factory=lambda: {
            "screen_updating": True, "enable_events": True, "calculation": "automatic", "status_bar": False,
        }
    )  # fmt: skip
    calls: list[str] = field(default_factory=list)
    fails_at: int = 0
    written: dict[str, dict[str, object]] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)


def opened(package: Package, passwords: dict[str, str] | None = None) -> tuple[xw.Book, State]:
    """The workbook of a file, open in the engine. ``passwords``: of sheets, by title."""
    state = State(package, {})
    for sheet in package.sheets:
        if sheet.kind == "worksheet":
            made = _sheet_state(package, sheet.title)
            made.password = (passwords or {}).get(sheet.title, "")
            state.sheets[sheet.title] = made
    return xw.Book(impl=Book(state)), state


def _sheet_state(package: Package, title: str) -> SheetState:
    data = read_sheet(package, title)
    root = package.root(data.part)
    targets = {link.id: link.target for link in package.relationships(data.part)}
    links = {}
    for element in root.iter("{*}hyperlink"):
        ids = [value for name, value in element.items() if etree.QName(name).localname == "id"]
        address = targets[ids[0]] if ids else ""
        links[parse_cell(element.get("ref"))] = (address, element.get("location", ""))
    found = root.find("{*}sheetProtection")
    allowed = None
    if found is not None and found.get("sheet") in ("1", "true"):
        # In the file, 0 means that it is allowed, and that drawings and scenarios are not protected.
        allowed = {name: found.get(spelt, "1") == "0" for name, spelt in ALLOWED.items()}
        allowed |= {
            "DrawingObjects": found.get("objects", "0") == "1",
            "Scenarios": found.get("scenarios", "0") == "1",
        }
    return SheetState(
        title,
        {(row, column): value for row, cells in data.rows.items() for column, value in cells.items()},
        {(row, column) for row, columns in data.formula_columns.items() for column in columns},
        {
            table.name: TableState(table.bounds, table.totals_rows > 0)
            for table in package.all_tables
            if table.sheet == title
        },
        links,
        allowed,
    )


def as_typed(value: object) -> object:
    """What a cell holds once Excel has been given this: it reads a text as if it had been typed."""
    if not isinstance(value, str):
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if len(value.removeprefix("'")) > MAX_TEXT:
        raise ComError("0x800A03EC")
    if value == "":
        return None
    if value.startswith("'"):
        return value[1:]
    if re.fullmatch(r"#(N/A|VALUE!|NUM!|DIV/0!|REF!|NAME\?|NULL!)", value):
        return CellError(value)
    if value[0] in "=+-@":
        raise AssertionError(f"Excel reads {value} as a formula")
    if value.upper() in ("TRUE", "FALSE", "VRAI", "FAUX") or re.fullmatch(r"[\d\s.,/:%€eE-]+", value):
        raise AssertionError(f"Excel reads {value} as a number, a date or a boolean")
    return value


def noted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Counts the call, and makes it fail when its turn has come."""

    @wraps(function)
    def call(self: Any, *arguments: Any) -> Any:
        state: State = self._state
        state.calls.append(f"{type(self).__name__}.{function.__name__}")
        if len(state.calls) == state.fails_at:
            raise ComError(f"call {state.fails_at}")
        return function(self, *arguments)

    return call


# --- What xlwings asks of an engine ----------------------------------------------------------------------------


class Engine:
    name = NAME
    type = "desktop"

    @property
    def apps(self) -> base_classes.Apps:
        raise NotImplementedError

    @staticmethod
    def prepare_xl_data_element(value: object, options: object) -> object:
        if value is None:
            return ""
        return value.item() if hasattr(value, "item") else value


class App(base_classes.App):
    def __init__(self, state: State) -> None:
        self._state = state

    engine = Engine()
    pid = 1

    @property
    def screen_updating(self) -> bool:
        return bool(self._state.app["screen_updating"])

    @screen_updating.setter
    @noted
    def screen_updating(self, value: bool) -> None:
        self._state.app["screen_updating"] = value

    @property
    def enable_events(self) -> bool:
        return bool(self._state.app["enable_events"])

    @enable_events.setter
    @noted
    def enable_events(self, value: bool) -> None:
        self._state.app["enable_events"] = value

    @property
    def calculation(self) -> str:
        return str(self._state.app["calculation"])

    @calculation.setter
    @noted
    def calculation(self, value: str) -> None:
        self._state.app["calculation"] = value

    @property
    def status_bar(self) -> object:
        return self._state.app["status_bar"]

    @status_bar.setter
    @noted
    def status_bar(self, value: object) -> None:
        self._state.app["status_bar"] = value
        self._state.steps.append(str(value))


class Book(base_classes.Book):
    def __init__(self, state: State) -> None:
        self._state = state

    @property
    def api(self) -> ComWorkbook:
        return ComWorkbook(self._state)

    @property
    def app(self) -> App:
        return App(self._state)

    @property
    def name(self) -> str:
        return self._state.package.path.name if self._state.package.path else ""

    @property
    def fullname(self) -> str:
        return str(self._state.package.path)

    @property
    def sheets(self) -> Sheets:
        return Sheets(self._state)


class Sheets(base_classes.Sheets):
    def __init__(self, state: State) -> None:
        self._state = state

    def __iter__(self) -> Iterator[Sheet]:
        for state in self._state.sheets.values():
            yield Sheet(self._state, state)


class Sheet(base_classes.Sheet):
    def __init__(self, state: State, sheet: SheetState) -> None:
        self._state, self._sheet = state, sheet

    @property
    def api(self) -> ComWorksheet:
        return ComWorksheet(self._state, self._sheet)

    @property
    def name(self) -> str:
        return self._sheet.title

    @property
    def book(self) -> Book:
        return Book(self._state)

    @property
    def tables(self) -> Tables:
        return Tables(self._state, self._sheet)

    @noted
    def range(self, first: Any, last: Any = None) -> Range:
        if isinstance(first, str):
            return Range(self._state, self._sheet, parse_range(first))
        top, left, _, _ = first.bounds if isinstance(first, Range) else (*first, 0, 0)
        _, _, bottom, right = last.bounds if isinstance(last, Range) else (0, 0, *(last or first))
        return Range(self._state, self._sheet, (top, left, bottom, right))


class Range(base_classes.Range):
    def __init__(self, state: State, sheet: SheetState, bounds: tuple[int, int, int, int]) -> None:
        self._state, self._sheet, self.bounds = state, sheet, bounds

    def _all(self) -> list[Cell]:
        top, left, bottom, right = self.bounds
        return [(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]

    @property
    def api(self) -> ComRange:
        return ComRange(self._state, self._sheet, self)

    @property
    def sheet(self) -> Sheet:
        return Sheet(self._state, self._sheet)

    @property
    def row(self) -> int:
        return self.bounds[0]

    @property
    def column(self) -> int:
        return self.bounds[1]

    @property
    def shape(self) -> tuple[int, int]:
        top, left, bottom, right = self.bounds
        return bottom - top + 1, right - left + 1

    def __len__(self) -> int:
        return len(self._all())

    def __call__(self, arg1: int, arg2: int | None = None) -> Range:
        top, left, _, _ = self.bounds
        row, column = (arg1, arg2) if arg2 is not None else _nth(arg1, self.shape[1])
        place = (top + row - 1, left + column - 1)
        return Range(self._state, self._sheet, (*place, *place))

    def get_address(self, row_absolute: bool, col_absolute: bool, external: bool) -> str:
        assert (row_absolute, col_absolute, external) == (False, False, False)
        return cell_ref(self.row, self.column)

    @property
    def raw_value(self) -> object:
        raise AssertionError("the writer reads nothing")

    @raw_value.setter
    @noted
    def raw_value(self, data: Any) -> None:
        if self._sheet.protection is not None:
            raise ComError("0x800A03EC")
        rows = data if isinstance(data, list) else [[data]]
        assert (len(rows), len(rows[0])) == self.shape
        for cell, value in zip(self._all(), (value for row in rows for value in row), strict=True):
            kept = as_typed(value)
            self._sheet.formulas.discard(cell)
            self._sheet.cells.pop(cell, None)
            if kept is not None:
                self._sheet.cells[cell] = kept
            self._state.written.setdefault(self._sheet.title, {})[cell_ref(*cell)] = kept


def _nth(position: int, width: int) -> Cell:
    return (position - 1) // width + 1, (position - 1) % width + 1


class Tables(base_classes.Tables):
    def __init__(self, state: State, sheet: SheetState) -> None:
        self._state, self._sheet = state, sheet

    def __call__(self, key: str) -> Table:
        return Table(self._state, self._sheet, key)

    def __iter__(self) -> Iterator[Table]:
        for name in self._sheet.tables:
            yield self(name)


class Table(base_classes.Table):
    def __init__(self, state: State, sheet: SheetState, name: str) -> None:
        self._state, self._sheet, self._name = state, sheet, name

    @property
    def name(self) -> str:
        return self._name

    @property
    def range(self) -> Range:
        return Range(self._state, self._sheet, self._sheet.tables[self._name].bounds)

    @property
    def show_totals(self) -> bool:
        return self._sheet.tables[self._name].totals

    @noted
    def resize(self, range: xw.Range) -> None:
        if self._sheet.protection is not None:
            raise ComError("0x800A03EC")
        self._sheet.tables[self._name].bounds = range.impl.bounds


# --- The COM objects that ``.api`` gives -----------------------------------------------------------------------


class ComWorkbook:
    excel = "Workbook"

    def __init__(self, state: State) -> None:
        self._state = state

    @noted
    def SaveCopyAs(self, path: str) -> None:  # noqa: N802
        state = self._state
        growth = {
            name: table.bounds[2] for sheet in state.sheets.values() for name, table in sheet.tables.items()
        }
        parts = patch(state.package, state.written, growth=growth)  # type: ignore[arg-type]
        Path(path).write_bytes(state.package.with_parts(parts).packed())


class ComWorksheet:
    excel = "Worksheet"

    def __init__(self, state: State, sheet: SheetState) -> None:
        self._state, self._sheet = state, sheet

    @property
    def ProtectContents(self) -> bool:  # noqa: N802
        return self._sheet.protection is not None

    @property
    def ProtectDrawingObjects(self) -> bool:  # noqa: N802
        return bool(self._sheet.protection and self._sheet.protection["DrawingObjects"])

    @property
    def ProtectScenarios(self) -> bool:  # noqa: N802
        return bool(self._sheet.protection and self._sheet.protection["Scenarios"])

    @property
    def Protection(self) -> ComProtection:  # noqa: N802
        return ComProtection(self._state, self._sheet)

    @property
    def Hyperlinks(self) -> ComHyperlinks:  # noqa: N802
        return ComHyperlinks(self._state, self._sheet)

    @noted
    def Unprotect(self, password: str) -> None:  # noqa: N802
        if password == self._sheet.password:
            self._sheet.protection = None

    @noted
    def Protect(self, *arguments: object) -> None:  # noqa: N802
        password, drawings, contents, scenarios, interface_only, *allowed = arguments
        assert (password, contents, interface_only) == ("", True, False)
        self._sheet.protection = {
            **{name: bool(value) for name, value in zip(ALLOWED, allowed, strict=True)},
            "DrawingObjects": bool(drawings),
            "Scenarios": bool(scenarios),
        }


class ComProtection:
    excel = "Protection"

    def __init__(self, state: State, sheet: SheetState) -> None:
        self._state, self._sheet = state, sheet

    def __getattr__(self, name: str) -> bool:
        assert self._sheet.protection is not None
        return self._sheet.protection[name.removeprefix("Allow")]


class ComRange:
    excel = "Range"

    def __init__(self, state: State, sheet: SheetState, cells: Range) -> None:
        self._state, self._sheet, self._cells = state, sheet, cells

    @property
    def HasFormula(self) -> bool | None:  # noqa: N802
        found = {cell in self._sheet.formulas for cell in self._cells._all()}
        return found.pop() if len(found) == 1 else None

    @noted
    def ClearHyperlinks(self) -> None:  # noqa: N802
        for cell in self._cells._all():
            self._sheet.links.pop(cell, None)


class ComHyperlinks:
    excel = "Hyperlinks"

    def __init__(self, state: State, sheet: SheetState) -> None:
        self._state, self._sheet = state, sheet

    def __iter__(self) -> Iterator[ComHyperlink]:
        for cell in self._sheet.links:
            yield ComHyperlink(self._state, self._sheet, cell)

    @noted
    def Add(self, anchor: ComRange, address: str, place: str) -> None:  # noqa: N802
        if self._sheet.protection is not None:
            raise ComError("0x800A03EC")
        (cell,) = anchor._cells._all()
        self._sheet.links[cell] = (address, place)


class ComHyperlink:
    excel = "Hyperlink"

    def __init__(self, state: State, sheet: SheetState, cell: Cell) -> None:
        self._state, self._sheet, self._cell = state, sheet, cell

    @property
    def Address(self) -> str:  # noqa: N802
        return self._sheet.links[self._cell][0]

    @property
    def Range(self) -> ComRange:  # noqa: N802
        return ComRange(self._state, self._sheet, Range(self._state, self._sheet, (*self._cell, *self._cell)))


if NAME not in xw.engines.engines_by_name:
    xw.engines.add(xw.main.Engine(impl=Engine()))


def table_ref(state: State, name: str) -> str:
    """The range of a table, as a file spells it."""
    for sheet in state.sheets.values():
        if name in sheet.tables:
            return range_ref(*sheet.tables[name].bounds)
    raise KeyError(name)


def as_read(value: object) -> object:
    """A value of a cell as our reader gives it: a date without a time is a date."""
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return value


# --- What stays unproven ---------------------------------------------------------------------------------------

_LAYERS = (App, Book, Sheets, Sheet, Range, Tables, Table)
_OBJECTS = (ComWorkbook, ComWorksheet, ComProtection, ComRange, ComHyperlinks, ComHyperlink)
_START = "<!-- appels : python tests/excel/memory_engine.py -->"
_END = "<!-- fin des appels -->"
CHECKLIST = Path(__file__).parents[2] / "docs" / "excel_checklist.md"


def never_exercised() -> tuple[list[str], list[str]]:
    """The calls that this engine answers in the place of Excel: of xlwings' Windows engine, then of COM objects."""
    engine = [f"{layer.__name__}.{name}" for layer in _LAYERS for name in _members(layer)]
    com = [f"{made.excel}.{name}" for made in _OBJECTS for name in _members(made)]
    com += [f"Protection.Allow{name}" for name in ALLOWED]
    return sorted(engine), sorted(com)


def _members(made: type) -> list[str]:
    return [
        name
        for name, member in vars(made).items()
        if (isinstance(member, property) or inspect.isfunction(member))
        and (not name.startswith("_") or name in ("__iter__", "__call__"))
    ]


def checklist() -> str:
    """The passage of the checklist on these calls."""
    engine, com = (", ".join(f"`{name}`" for name in names) for names in never_exercised())
    return (
        f"{_START}\n"
        f"- Par le moteur Windows de xlwings (`xlwings._xlwindows`) : {engine}.\n"
        f"- Par les objets d'Excel eux-mêmes : {com}.\n"
        f"{_END}"
    )


if __name__ == "__main__":
    page = CHECKLIST.read_text(encoding="utf-8")
    start, end = page.index(_START), page.index(_END) + len(_END)
    CHECKLIST.write_text(page[:start] + checklist() + page[end:], encoding="utf-8", newline="\n")
