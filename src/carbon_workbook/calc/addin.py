"""The Calc extension: the worksheet functions and the Carbone menu. The only module that speaks to LibreOffice.

Runs in LibreOffice's own Python (no syntax newer than 3.8) and computes nothing: every answer is the engine's.
"""

# mypy: disable-error-code="misc"
from __future__ import annotations

import json
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uno  # type: ignore[import-not-found]
import unohelper  # type: ignore[import-not-found]

from carbon_workbook.calc import client

FUNCTIONS, ACTIONS = "carbonworkbook.calc.Functions", "carbonworkbook.calc.Actions"
OWN_FACTORS, SCHEMA_NAME, BASE_NAME = "tbl_facteurs_propres", "cw_schema", "cw_base"
SPREADSHEET = "com.sun.star.sheet.SpreadsheetDocument"
MARK = "\x02"
"""First character of a refused cell, as ``excel.cells`` writes it; the Excel error number follows."""

PASSWORD, CONNECTED, NO_CELL = "CW-617", "CW-683", "CW-839"
_TEXTS = json.loads(Path(client.__file__).with_name("texts.json").read_text(encoding="utf-8"))
_engine = client.Engine(_TEXTS)


def _error(number: int) -> float:
    """An error value of Calc: it keeps them as NaN whose low bits are the error's number."""
    return float(struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000000 | number))[0])


WITH_QUANTITY = frozenset({"EMISSIONS", "EMISSIONS_DETAIL", "EXPLIQUER"})
NOT_AVAILABLE = _error(0x7FFF)
ERRORS = {2042: NOT_AVAILABLE, 2015: _error(519), 2036: _error(503)}
"""Calc's ``#N/A``, ``#VALUE!`` and ``#NUM!`` by Excel error number."""


class Functions(
    unohelper.Base,
    uno.getClass("carbonworkbook.calc.XFunctions"),
    uno.getClass("com.sun.star.lang.XServiceName"),
    uno.getClass("com.sun.star.lang.XServiceInfo"),
):
    """The worksheet functions, by the names of ``carbon.idl``; ``document`` is the one of the asking cell."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def emissions(self, document: Any, *arguments: Any) -> Any:
        return _answered("EMISSIONS", document, arguments)

    def facteur(self, document: Any, *arguments: Any) -> Any:
        return _answered("FACTEUR", document, arguments)

    def chercherFacteur(self, document: Any, *arguments: Any) -> Any:  # noqa: N802
        return _answered("CHERCHER_FACTEUR", document, arguments)

    def emissionsDetail(self, document: Any, *arguments: Any) -> Any:  # noqa: N802
        return _answered("EMISSIONS_DETAIL", document, arguments)

    def expliquer(self, document: Any, *arguments: Any) -> Any:
        try:
            return _asked("EXPLIQUER", document, arguments)
        except client.EngineError as error:
            return ((str(error),),)

    def getServiceName(self) -> str:  # noqa: N802
        return FUNCTIONS

    def getImplementationName(self) -> str:  # noqa: N802
        return FUNCTIONS

    def supportsService(self, name: str) -> bool:  # noqa: N802
        return name == FUNCTIONS

    def getSupportedServiceNames(self) -> tuple[str, ...]:  # noqa: N802
        return (FUNCTIONS,)


def _answered(function: str, document: Any, arguments: tuple[Any, ...]) -> Any:
    try:
        return _asked(function, document, arguments)
    except client.EngineError:
        return ((NOT_AVAILABLE,),)


def _asked(function: str, document: Any, arguments: tuple[Any, ...]) -> Any:
    arguments = _with_blanks(function, arguments)
    own = _declared(document)
    rows = _engine.cells(function, document.getURL() if own else "", own, arguments)
    return tuple(tuple(_cell(cell) for cell in row) for row in rows)


def _with_blanks(function: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Calc gives an empty cell as 0: none but a quantity beside a factor can be that number."""
    amount = function in WITH_QUANTITY and arguments[0] not in (0.0, "", None)
    return tuple(
        None if value == 0.0 and not (amount and place == 1) else value
        for place, value in enumerate(arguments)
    )


def _cell(value: Any) -> Any:
    return ERRORS[int(value[1:])] if isinstance(value, str) and value.startswith(MARK) else value


def _declared(document: Any) -> Any:
    """The own factors of the document and the base that it is pinned to, None when it is not ours."""
    names = getattr(document, "NamedRanges", None)
    if names is None or not names.hasByName(BASE_NAME):
        own = _own_factors(document)
        return None if own is None else (own, "")
    return (_own_factors(document), names.getByName(BASE_NAME).getReferredCells().getDataArray()[0][0])


def _own_factors(document: Any) -> Any:
    """The table of own factors with its headers, None where nothing is filled in."""
    ranges = getattr(document, "DatabaseRanges", None)
    if ranges is None or not ranges.hasByName(OWN_FACTORS):
        return None
    header, *rows = ranges.getByName(OWN_FACTORS).getReferredCells().getDataArray()
    filled = [row for row in rows if row[0] not in ("", None)]
    return (header, *filled) if filled else None


class Actions(
    unohelper.Base,
    uno.getClass("com.sun.star.task.XJobExecutor"),
    uno.getClass("com.sun.star.task.XJob"),
    uno.getClass("com.sun.star.lang.XServiceInfo"),
):
    """The Carbone menu (``service:carbonworkbook.calc.Actions?name``), and what is done when a document opens."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def trigger(self, name: str) -> None:
        """Run ``refresh``, ``trace`` or ``reconnect`` on the document in front, then say how it ended."""
        run: dict[str, Callable[[Any], str]] = {"refresh": refresh, "trace": trace, "reconnect": reconnect}
        desktop = self._service("com.sun.star.frame.Desktop")
        document = desktop.getCurrentComponent()
        try:
            said = run[name](document)
        except client.EngineError as error:
            said = str(error)
        window = document.getCurrentController().getFrame().getContainerWindow()
        kind = uno.Enum("com.sun.star.awt.MessageBoxType", "INFOBOX")
        self._service("com.sun.star.awt.Toolkit").createMessageBox(window, kind, 1, "Carbone", said).execute()

    def execute(self, arguments: tuple[Any, ...]) -> None:
        """Bind the formulas of a workbook of ours that was just loaded."""
        given = {
            entry.Name: entry.Value
            for group in arguments
            if group.Name == "Environment"
            for entry in group.Value
        }
        document = given.get("Model")
        if document is not None and document.supportsService(SPREADSHEET):
            bind(document)

    def _service(self, name: str) -> Any:
        return self._context.getServiceManager().createInstanceWithContext(name, self._context)

    def getImplementationName(self) -> str:  # noqa: N802
        return ACTIONS

    def supportsService(self, name: str) -> bool:  # noqa: N802
        return name == ACTIONS

    def getSupportedServiceNames(self) -> tuple[str, ...]:  # noqa: N802
        return (ACTIONS,)


def bind(document: Any) -> None:
    """Let the formulas that name our functions find them: LibreOffice 7.4 leaves those of an Excel file unbound.

    It compiles a formula with an unknown name again when the document's names change. A document without our names,
    its list of undo steps and its state « modified » are left alone.
    """
    names, modified = document.NamedRanges, document.isModified()
    if not names.hasByName(SCHEMA_NAME):
        return
    document.UndoManager.lock()
    names.addNewByName("cw_provisoire", "1", uno.createUnoStruct("com.sun.star.table.CellAddress"), 0)
    names.removeByName("cw_provisoire")
    document.UndoManager.unlock()
    document.setModified(modified)


def reconnect(document: Any) -> str:
    """Start the engine again and recalculate. Raises EngineError."""
    version = _engine.reconnect()
    bind(document)
    document.calculateAll()
    return str(_TEXTS[CONNECTED].format(version=version))


def refresh(document: Any) -> str:
    """Compute the inventory and write its results into the open workbook; inputs are never written.

    Raises EngineError; the workbook is then as it was.
    """
    _engine.reconnect()
    with _saved(document) as copy:
        answer = _engine.refresh(copy)
    if answer["done"]:
        with _writing(document, set(answer["sheets"]) | set(answer["links"])):
            _write(document, answer)
        document.calculateAll()
    return str(answer["said"])


def trace(document: Any) -> str:
    """Where the number of the selected cell comes from; nothing is written. Raises EngineError."""
    selected = document.getCurrentSelection()
    if not selected.supportsService("com.sun.star.sheet.SheetCellRange"):
        return str(_TEXTS[NO_CELL])
    area = selected.getRangeAddress()
    cell = selected.getCellByPosition(0, 0)
    column = cell.getColumns().getByIndex(0).getName()
    with _saved(document) as copy:
        return _engine.trace(copy, f"{selected.getSpreadsheet().getName()}!{column}{area.StartRow + 1}")


@contextmanager
def _saved(document: Any) -> Iterator[str]:
    """A copy of the open workbook in a private folder, as an Excel file."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "classeur.xlsx"
        document.storeToURL(
            uno.systemPathToFileUrl(str(copy)), (_property("FilterName", "Calc MS Excel 2007 XML"),)
        )
        yield str(copy)


@contextmanager
def _writing(document: Any, titles: set[str]) -> Iterator[None]:
    """The sheets unprotected, the screen still, one step to undo; all put back whatever happens."""
    sheets = [document.Sheets.getByName(title) for title in titles]
    locked = [sheet for sheet in sheets if sheet.isProtected()]
    automatic = document.isAutomaticCalculationEnabled()
    document.lockControllers()
    document.UndoManager.enterUndoContext("Actualiser")
    document.enableAutomaticCalculation(False)
    try:
        for sheet in locked:
            sheet.unprotect("")
            if sheet.isProtected():
                raise client.EngineError(_TEXTS[PASSWORD].format(sheet=sheet.Name))
        yield
    finally:
        for sheet in locked:
            if not sheet.isProtected():
                sheet.protect("")
        document.enableAutomaticCalculation(automatic)
        document.UndoManager.leaveUndoContext()
        document.unlockControllers()


def _write(document: Any, answer: dict[str, Any]) -> None:
    for name, last_row in answer["growth"].items():
        table = document.DatabaseRanges.getByName(name)
        area = table.getDataArea()
        area.EndRow = last_row - 1
        table.setDataArea(area)
    for title, blocks in answer["sheets"].items():
        sheet = document.Sheets.getByName(title)
        for top, left, rows in blocks:
            bottom, right = top + len(rows) - 2, left + len(rows[0]) - 2
            # None leaves a cell as it is: a blank text empties it.
            values = tuple(tuple("" if value is None else value for value in row) for row in rows)
            sheet.getCellRangeByPosition(left - 1, top - 1, right, bottom).setDataArray(values)
    for title, places in answer["links"].items():
        sheet = document.Sheets.getByName(title)
        for ref, place in places.items():
            _link(document, sheet.getCellRangeByName(ref), place)


def _link(document: Any, cell: Any, place: str) -> None:
    """The cell's text as a link to a place such as ``'Achats'!C7``."""
    text = cell.getString()
    field = document.createInstance("com.sun.star.text.TextField.URL")
    field.URL, field.Representation = "#" + place.replace("!", "."), text
    cell.setString("")
    cell.insertTextContent(cell.createTextCursor(), field, False)


def _property(name: str, value: object) -> Any:
    found = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
    found.Name, found.Value = name, value
    return found


g_ImplementationHelper = unohelper.ImplementationHelper()  # noqa: N816
g_ImplementationHelper.addImplementation(Functions, FUNCTIONS, (FUNCTIONS,))
g_ImplementationHelper.addImplementation(Actions, ACTIONS, (ACTIONS,))
