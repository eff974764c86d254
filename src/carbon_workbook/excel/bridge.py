"""The only module that speaks to xlwings: what the VBA wrapper calls through ``CallUDF``.

Every function takes the workbook's full name first, then cells as xlwings reads them, always as rows. Nothing here
computes; a function of ``udf`` answers with a grid that holds no None and no NaN (xlwings would make them blank).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import xlwings as xw

from carbon_workbook.excel import udf
from carbon_workbook.excel.blocks import blocks
from carbon_workbook.excel.cells import Grid
from carbon_workbook.messages import CodedError
from carbon_workbook.values import CellError

_CELLS = {"ndim": 2, "err_to_str": True}


@xw.func
@xw.arg("ref_facteur", **_CELLS)
@xw.arg("quantite", **_CELLS)
@xw.arg("unite", **_CELLS)
@xw.arg("annee", **_CELLS)
@xw.arg("resultat", **_CELLS)
@xw.ret("raw")
def emissions(classeur, ref_facteur, quantite, unite, annee, resultat) -> Grid:  # type: ignore[no-untyped-def]
    """EMISSIONS."""
    return udf.emissions(classeur, ref_facteur, quantite, unite, annee, resultat)


@xw.func
@xw.arg("ref_facteur", **_CELLS)
@xw.arg("quantite", **_CELLS)
@xw.arg("unite", **_CELLS)
@xw.arg("annee", **_CELLS)
@xw.ret("raw")
def emissions_detail(classeur, ref_facteur, quantite, unite, annee) -> Grid:  # type: ignore[no-untyped-def]
    """EMISSIONS_DETAIL."""
    return udf.emissions_detail(classeur, ref_facteur, quantite, unite, annee)


@xw.func
@xw.arg("ref_facteur", **_CELLS)
@xw.arg("quantite", **_CELLS)
@xw.arg("unite", **_CELLS)
@xw.arg("annee", **_CELLS)
@xw.ret("raw")
def expliquer(classeur, ref_facteur, quantite, unite, annee) -> Grid:  # type: ignore[no-untyped-def]
    """EXPLIQUER."""
    return udf.explain(classeur, ref_facteur, quantite, unite, annee)


@xw.func
@xw.arg("ref_facteur", **_CELLS)
@xw.arg("champ", **_CELLS)
@xw.arg("annee", **_CELLS)
@xw.ret("raw")
def facteur(classeur, ref_facteur, champ, annee) -> Grid:  # type: ignore[no-untyped-def]
    """FACTEUR."""
    return udf.factor_field(classeur, ref_facteur, champ, annee)


@xw.func
@xw.arg("texte", **_CELLS)
@xw.arg("unite", **_CELLS)
@xw.arg("rang", **_CELLS)
@xw.ret("raw")
def chercher_facteur(classeur, texte, unite, rang) -> Grid:  # type: ignore[no-untyped-def]
    """CHERCHER_FACTEUR."""
    return udf.search_factor(classeur, texte, unite, rang)


@xw.func
@xw.arg("table", **_CELLS)
@xw.ret("raw")
def facteurs_propres(classeur, table) -> Grid:  # type: ignore[no-untyped-def]
    """The own factors of the workbook: the whole table with its headers."""
    return [[float(udf.register_own_factors(classeur, table))]]


# --- Actions of the ribbon -----------------------------------------------------------------------------------


@xw.func
@xw.ret("raw")
def actualiser(classeur) -> Grid:  # type: ignore[no-untyped-def]
    """Actualiser."""
    return _run("refresh_open")


@xw.func
@xw.ret("raw")
def controler(classeur) -> Grid:  # type: ignore[no-untyped-def]
    """Contrôler."""
    return _run("check_open")


@xw.func
@xw.ret("raw")
def rapport(classeur) -> Grid:  # type: ignore[no-untyped-def]
    """Rapport."""
    return _run("report_open")


def _run(name: str) -> Grid:
    # Reports bring matplotlib and python-docx: a cell's first answer must not wait for them.
    from carbon_workbook.excel import actions

    return actions.answered(getattr(actions, name), Workbook(xw.Book.caller()))


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

    def write(
        self,
        changes: Mapping[str, Mapping[str, object]],
        growth: Mapping[str, int],
        links: Mapping[str, Mapping[str, str]],
    ) -> None:
        """Write cells, grown tables and links. Raises CodedError CW-617 on a sheet protected by a password."""
        tables = {name: self._sheet_of(name) for name in growth}
        titles = dict.fromkeys([*changes, *links, *tables.values()])
        for title in titles:
            sheet = self._book.sheets[title]
            with _unprotected(sheet):
                for name, last_row in growth.items():
                    if tables[name] == title:
                        _grow(sheet, name, last_row)
                for block in blocks(changes.get(title, {})):
                    rows = [[_for_excel(value) for value in row] for row in block.values]
                    bottom, right = block.top + len(rows) - 1, block.left + len(rows[0]) - 1
                    sheet.range((block.top, block.left), (bottom, right)).value = rows
                if title in links:
                    _link(sheet, links[title])

    def _sheet_of(self, table: str) -> str:
        for sheet in self._book.sheets:
            if any(found.name == table for found in sheet.tables):
                return str(sheet.name)
        raise CodedError("CW-412", table=table)


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
    first, last = table.range[0], table.range[-1]
    if last.row != last_row:
        table.resize(sheet.range((first.row, first.column), (last_row, last.column)))


def _link(sheet: xw.Sheet, places: Mapping[str, str]) -> None:
    """Every internal link of a sheet, in the place of those it had."""
    sheet.used_range.api.ClearHyperlinks()
    for ref, place in places.items():
        sheet.api.Hyperlinks.Add(sheet.range(ref).api, "", place)


_ALLOWED = ("FormattingCells", "FormattingColumns", "FormattingRows", "InsertingColumns", "InsertingRows",
            "InsertingHyperlinks", "DeletingColumns", "DeletingRows", "Sorting", "Filtering", "UsingPivotTables")  # fmt: skip


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
        raise CodedError("CW-617", sheet=sheet.name)
    try:
        yield
    finally:
        # Positional: a late-bound COM object takes no named arguments.
        api.Protect("", drawings, True, scenarios, False, *allowed)
