"""The only module that speaks to xlwings: what the VBA wrapper calls through ``CallUDF``.

Every function takes the workbook's full name first, then cells as xlwings reads them, always as rows. Nothing here
computes; a function of ``udf`` answers with a grid that holds no None and no NaN (xlwings would make them blank).
"""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import xlwings as xw

from carbon_workbook.excel import udf
from carbon_workbook.excel.cells import Grid
from carbon_workbook.messages import CodedError
from carbon_workbook.values import CellError
from carbon_workbook.workbook import writer
from carbon_workbook.workbook.writer import Bounds, check_value, may_end_at

if TYPE_CHECKING:
    from carbon_workbook.excel.blocks import Block

Served = TypeVar("Served", bound=Callable[..., Grid])


def _served(function: Served) -> Served:
    """Registered with xlwings: every argument but the workbook's name comes as rows, cell errors as their text."""
    for name in inspect.signature(function).parameters:
        if name != "classeur":
            function = xw.arg(name, ndim=2, err_to_str=True)(function)
    served: Served = xw.func(xw.ret("raw")(function))
    return served


@_served
def emissions(classeur: str, ref_facteur: Any, quantite: Any, unite: Any, annee: Any, resultat: Any) -> Grid:
    """EMISSIONS."""
    return udf.emissions(classeur, ref_facteur, quantite, unite, annee, resultat)


@_served
def emissions_detail(classeur: str, ref_facteur: Any, quantite: Any, unite: Any, annee: Any) -> Grid:
    """EMISSIONS_DETAIL."""
    return udf.emissions_detail(classeur, ref_facteur, quantite, unite, annee)


@_served
def expliquer(classeur: str, ref_facteur: Any, quantite: Any, unite: Any, annee: Any) -> Grid:
    """EXPLIQUER."""
    return udf.explain(classeur, ref_facteur, quantite, unite, annee)


@_served
def facteur(classeur: str, ref_facteur: Any, champ: Any, annee: Any) -> Grid:
    """FACTEUR."""
    return udf.factor_field(classeur, ref_facteur, champ, annee)


@_served
def chercher_facteur(classeur: str, texte: Any, unite: Any, rang: Any) -> Grid:
    """CHERCHER_FACTEUR."""
    return udf.search_factor(classeur, texte, unite, rang)


@_served
def facteurs_propres(classeur: str, table: Any, base: Any = None) -> Grid:
    """The own factors of the workbook, the whole table with its headers, and the base that it is pinned to."""
    ((pinned,),) = base or ((None,),)
    return [[float(udf.register_own_factors(classeur, table, pinned))]]


# --- Actions of the ribbon -----------------------------------------------------------------------------------


@_served
def actualiser(classeur: str) -> Grid:
    """Actualiser."""
    return _run("refresh_open")


@_served
def controler(classeur: str) -> Grid:
    """Contrôler."""
    return _run("check_open")


@_served
def rapport(classeur: str) -> Grid:
    """Rapport."""
    return _run("report_open")


@_served
def origine(classeur: str, cellule: Any) -> Grid:
    """D'où vient ce nombre ?"""
    ((place,),) = cellule
    return _run("trace_open", str(place))


def _run(name: str, *arguments: object) -> Grid:
    # Reports bring matplotlib and python-docx: a cell's first answer must not wait for them.
    from carbon_workbook.excel import actions

    action = getattr(actions, name)
    return actions.answered(lambda book: action(book, *arguments), Workbook(xw.Book.caller()))


class Workbook:
    """The calling workbook through xlwings: read by a saved copy, written in blocks."""

    def __init__(self, book: xw.Book) -> None:
        self._book = book

    @property
    def full_name(self) -> str:
        return str(self._book.fullname)

    def save_copy(self, path: Path) -> None:
        self._book.api.SaveCopyAs(str(path))

    def progress(self, step: str) -> None:
        self._book.app.status_bar = f"Carbone : {step}…"

    def write(self, changes: writer.Cells, growth: writer.Growth, links: writer.Links) -> None:
        """As ``Writer``, in blocks; also raises CodedError CW-617 on a sheet protected by a password.

        The protection of the sheets, screen updating, events and calculation are put back whatever happens.
        """
        from carbon_workbook.excel.blocks import blocks  # brings openpyxl, as actions above

        sheets = {sheet.name: sheet for sheet in self._book.sheets}
        homes = {name: _home(sheets, name) for name in growth}
        titles = dict.fromkeys([*changes, *links, *homes.values()])
        for title in titles:
            if title not in sheets:
                raise CodedError("CW-411", title=title)
        rectangles = {title: blocks(cells) for title, cells in changes.items()}
        for title, cells in changes.items():
            for ref, value in cells.items():
                check_value(title, ref, value)
            for block in rectangles[title]:
                _refuse_formulas(sheets[title], block)
        for name, last_row in growth.items():
            _refuse_growth(sheets[homes[name]], name, last_row)
        app = self._book.app
        with (
            app.properties(screen_updating=False),
            app.properties(enable_events=False),
            app.properties(calculation="manual"),
            ExitStack() as protections,
        ):
            for title in titles:
                protections.enter_context(_unprotected(sheets[title]))
            for name, last_row in growth.items():
                _grow(sheets[homes[name]], name, last_row)
            for title, found in rectangles.items():
                for block in found:
                    rows = [[_for_excel(value) for value in row] for row in block.values]
                    _range(sheets[title], block).value = rows
            for title, places in links.items():
                _link(sheets[title], places)


def _home(sheets: Mapping[str, xw.Sheet], table: str) -> str:
    """Title of the sheet that holds a table. Raises CodedError CW-412 when none does."""
    for title, sheet in sheets.items():
        if any(found.name == table for found in sheet.tables):
            return title
    raise CodedError("CW-412", table=table)


def _range(sheet: xw.Sheet, block: Block) -> xw.Range:
    bottom, right = block.top + len(block.values) - 1, block.left + len(block.values[0]) - 1
    return sheet.range((block.top, block.left), (bottom, right))


def _refuse_formulas(sheet: xw.Sheet, block: Block) -> None:
    found = _range(sheet, block)
    # HasFormula of several cells is None where they differ.
    if found.api.HasFormula is False:
        return
    for cell in found:
        if cell.api.HasFormula:
            ref = cell.get_address(row_absolute=False, column_absolute=False)
            raise CodedError("CW-416", sheet=sheet.name, cell=ref)


def _refuse_growth(sheet: xw.Sheet, name: str, last_row: int) -> None:
    others = [_bounds(found) for found in sheet.tables if found.name != name]
    table = sheet.tables[name]
    if not may_end_at(last_row, _bounds(table), others, totals=table.show_totals):
        raise CodedError("CW-418", sheet=sheet.name, table=name, row=last_row)


def _bounds(table: xw.main.Table) -> Bounds:
    cells = table.range
    rows, columns = cells.shape
    return cells.row, cells.column, cells.row + rows - 1, cells.column + columns - 1


def _for_excel(value: object) -> object:
    """A value as Excel must be given it: a text goes with the apostrophe that keeps it a text, whatever it spells."""
    if isinstance(value, CellError):
        return value.text
    if isinstance(value, str):
        return f"'{value}" if value else None
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day)
    return value


def _grow(sheet: xw.Sheet, name: str, last_row: int) -> None:
    table = sheet.tables[name]
    top, left, bottom, right = _bounds(table)
    if bottom != last_row:
        table.resize(sheet.range((top, left), (last_row, right)))


def _link(sheet: xw.Sheet, places: Mapping[str, str]) -> None:
    """Every internal link of a sheet, in the place of those it had."""
    for link in list(sheet.api.Hyperlinks):
        if not link.Address:
            link.Range.ClearHyperlinks()  # Delete would take the format of the cell away
    for ref, place in places.items():
        sheet.api.Hyperlinks.Add(sheet.range(ref).api, "", place)


_ALLOWED = (
    "FormattingCells",
    "FormattingColumns",
    "FormattingRows",
    "InsertingColumns",
    "InsertingRows",
    "InsertingHyperlinks",
    "DeletingColumns",
    "DeletingRows",
    "Sorting",
    "Filtering",
    "UsingPivotTables",
)


@contextmanager
def _unprotected(sheet: xw.Sheet) -> Iterator[None]:
    """The sheet without its protection, which is put back as it was. A password stops it."""
    api = sheet.api
    if not api.ProtectContents:
        yield
        return
    allowed = [bool(getattr(api.Protection, f"Allow{name}")) for name in _ALLOWED]
    drawings, scenarios = bool(api.ProtectDrawingObjects), bool(api.ProtectScenarios)
    api.Unprotect("")
    if api.ProtectContents:
        raise CodedError("CW-617", title=sheet.name)
    try:
        yield
    finally:
        # Positional: a late-bound COM object takes no named arguments.
        api.Protect("", drawings, True, scenarios, False, *allowed)
