"""Hosts for the tests: xlwings' real UDF machinery without Windows, and an in-memory Excel that runs our VBA."""

from __future__ import annotations

import datetime as dt
import importlib
from typing import Any

from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.interpreter import (
    EMPTY,
    MISSING,
    VBAArray,
    VBADate,
    VBAErrorValue,
    VBAObject,
    VBARuntimeError,
    method,
    to_text,
)

from carbon_workbook.workbook.vba import XLWINGS_MODULE, module_sources

XLPY_MODULE = """
Option Explicit
Private mObjet As Object
Private mPanne As Boolean
Private mAssistant As Boolean
Public mActivations As Long
Public Sub TestInjecter(objet As Object)
    Set mObjet = objet
End Sub
Public Sub TestPanne(oui As Boolean)
    mPanne = oui
End Sub
Public Sub TestOuvrirAssistant()
    mAssistant = True
End Sub
Public Function TestAssistant() As Boolean
    TestAssistant = mAssistant
End Function
Public Function TestActivations() As Long
    TestActivations = mActivations
End Function
Public Function XLPy()
    mActivations = mActivations + 1
    If mPanne Then Err.Raise 1000, Description:="Could not activate Python COM server"
    Set XLPy = mObjet
End Function
"""


# How our VBA sees that the function wizard is open: the interpreter has no command bars.
WIZARD = 'Not Application.CommandBars("Standard").Controls(1).Enabled'


def vba_modules() -> dict[str, str]:
    """Our own modules by name."""
    return {name: source for name, source in module_sources().items() if name != XLWINGS_MODULE}


def add_modules(app: ExcelApplication, wizard: str = "False") -> None:
    """Our own modules; ``wizard``: what stands for the sign of the function wizard."""
    for name, source in vba_modules().items():
        app.add_module(source.replace(WIZARD, wizard), name=name)


def to_python(value: object) -> object:
    """A VBA value as pywin32 hands it over."""
    if value is EMPTY or value is MISSING:
        return None
    if isinstance(value, VBAErrorValue):
        return {2042: "#N/A", 2015: "#VALUE!", 2036: "#NUM!", 2007: "#DIV/0!"}.get(
            error_number(value), "#REF!"
        )
    if isinstance(value, VBADate):
        return value.to_datetime()
    if isinstance(value, VBAArray):
        if value.dimensions == 2:
            (top, bottom), (left, right) = value.bounds
            return [
                [to_python(value.get([r, c])) for c in range(left, right + 1)] for r in range(top, bottom + 1)
            ]
        return [to_python(item) for item in value.elements()]
    if isinstance(value, (bool, str, dt.datetime)):
        return value
    return float(value)  # type: ignore[arg-type]


def to_vba(value: object) -> object:
    """A result as COM hands it back: one cell, one row, or a block."""
    if not isinstance(value, list):
        return value
    if len(value) == 1 and len(value[0]) == 1:
        return value[0][0]
    if len(value) == 1:
        return VBAArray([(0, len(value[0]) - 1)], items=list(value[0]))
    width = len(value[0])
    block = VBAArray([(0, len(value) - 1), (0, width - 1)])
    for row, cells in enumerate(value):
        for column, cell in enumerate(cells):
            block.set([row, column], cell)
    return block


def error_number(value: VBAErrorValue) -> int:
    return int(to_text(value).split()[-1])


class Server(VBAObject):
    """Stands for the object that ``XLPy`` returns; counts its calls and can be killed."""

    vba_type_name = "XLPython"

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[object]]] = []
        self.dead = False

    @method
    def CallUDF(  # noqa: N802
        self, module: object, name: object, arguments: object, this_workbook: object = MISSING
    ) -> object:
        if self.dead:
            raise VBARuntimeError(-2147023174, "The RPC server is unavailable")
        sent: Any = to_python(arguments)
        self.calls.append((str(name), sent))
        function = getattr(importlib.import_module(str(module)), str(name))
        sent = [sent[0], *(cells if isinstance(cells, list) else [[cells]] for cells in sent[1:])]
        return to_vba(function(*sent))

    def count(self, name: str) -> int:
        return sum(called == name for called, _ in self.calls)


def excel(extra: str = "") -> tuple[ExcelApplication, Server]:
    """An Excel with one empty workbook, our modules, a stand-in for xlwings' module, and test procedures."""
    app, server = ExcelApplication(), Server()
    app.add_workbook()
    app.add_module(XLPY_MODULE, name="xlwings")
    add_modules(app, "TestAssistant()")
    if extra:
        app.add_module(extra, name="Essai")
    app.run("TestInjecter", server)
    return app, server
