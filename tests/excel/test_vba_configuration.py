"""The sheet xlwings.conf as xlwings' own VBA reads it: sheet deleted, keys there but empty, interpreter lost.

The reading and the activation are xlwings' text, executed; replaced are the file system, the environment and the DLL,
which answers as VBA does when it is not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from excel_host import add_modules, error_number
from pyopenvba.apps.excel import ExcelApplication

from carbon_workbook.workbook.build_setup import XLWINGS_SETTINGS
from carbon_workbook.workbook.vba import XLWINGS_MODULE, module_sources

REAL = ("SheetExists", "GetConfigFromSheet", "GetConfig", "XLPyCommand", "XLPyLoadDLL", "XLPy")
HOST = """
Option Explicit
#Const App = "Microsoft Excel"
Private Const PROJECT_NAME As String = "xlwings"
Private Const XLPyDLLName As String = "xlwings64.dll"
Private mPerso As Boolean
Public mEssais As Long
Public Sub TestFichierPerso()
    mPerso = True
End Sub
Public Function TestEssais() As Long
    TestEssais = mEssais
End Function
Private Function FileExists(chemin As String) As Boolean
    FileExists = mPerso
End Function
Private Function GetConfigFromFile(chemin As String, cle As String, Optional valeur As String) As Boolean
    valeur = "perso-" & cle
    GetConfigFromFile = True
End Function
Private Function GetConfigFilePath() As String
    GetConfigFilePath = "perso"
End Function
Private Function GetDirectoryConfigFilePath() As String
    GetDirectoryConfigFilePath = "dossier"
End Function
Private Function GetFullName(classeur As Workbook) As String
    GetFullName = ""
End Function
Private Function ExpandEnvironmentStrings(texte As Variant) As Variant
    If IsEmpty(texte) Then ExpandEnvironmentStrings = "" Else ExpandEnvironmentStrings = texte
    ' VBA compares the text "True" with True; this interpreter wants the Boolean.
    If VarType(texte) = vbString Then
        If texte = "True" Or texte = "False" Then ExpandEnvironmentStrings = (texte = "True")
    End If
End Function
Private Function ParentFolder(chemin As String) As String
    ParentFolder = Left$(chemin, InStrRev(chemin, "\\") - 1)
End Function
Private Function LoadLibrary(chemin As String) As Long
    LoadLibrary = 0
End Function
Private Function XLPyDLLActivateAuto(resultat As Variant, commande As Variant, mode As Long) As Long
    Err.Raise 53, Description:="File not found: " & XLPyDLLName
End Function
"""
CELLS = """
Option Explicit
Public Function Colonne(n As Long) As Variant
    Dim i As Long, valeurs() As Variant
    ReDim valeurs(1 To n)
    For i = 1 To n
        valeurs(i) = EMISSIONS("37133", i)
    Next i
    Colonne = valeurs
End Function
Public Function Phrase() As Variant
    Phrase = EXPLIQUER("37133", 1)
End Function
"""


def real(name: str) -> str:
    text = module_sources()[XLWINGS_MODULE]
    found = re.search(
        rf"^(?:Private )?(Function|Sub) {name}\(.*?^End \1", text, re.MULTILINE | re.DOTALL | re.IGNORECASE
    )
    assert found, name
    return found[0]


def opened(configuration: Mapping[str, str] | None) -> ExcelApplication:
    """Our modules and xlwings' own reading in a workbook with that configuration, None without its sheet."""
    app = ExcelApplication()
    app.add_workbook()
    add_modules(app)
    functions = "\n".join(real(name) for name in REAL)
    functions = functions.replace("Function XLPy()\n", "Function XLPy()\n    mEssais = mEssais + 1\n")
    app.add_module(HOST + functions, name=XLWINGS_MODULE)
    app.add_module(CELLS, name="Essai")
    if configuration is not None:
        sheet = app.workbook.vba_get("Worksheets").vba_get("Add")  # type: ignore[attr-defined]
        sheet.vba_set("Name", "xlwings.conf")
        view = app.sheet("xlwings.conf")
        for row, (key, value) in enumerate(configuration.items(), 1):
            view.set_value(f"A{row}", key)
            view.set_value(f"B{row}", value)
    return app


def test_our_sheet_is_read_before_the_file_of_the_user() -> None:
    app = opened(dict(XLWINGS_SETTINGS))
    app.run("TestFichierPerso")
    for key, value in XLWINGS_SETTINGS:
        assert str(app.run("GetConfig", key)) == value, key


def test_a_key_present_but_empty_hides_the_one_of_the_user() -> None:
    app = opened({**dict(XLWINGS_SETTINGS), "PYTHONPATH": ""})
    app.run("TestFichierPerso")
    assert app.run("GetConfig", "PYTHONPATH") == ""
    line = str(app.run("XLPyCommand"))
    assert "perso-" not in line
    assert ";;;;" in line


def test_an_empty_interpreter_asks_for_the_one_of_the_path() -> None:
    line = str(opened({**dict(XLWINGS_SETTINGS), "INTERPRETER_WIN": ""}).run("XLPyCommand"))
    assert line.startswith('cmd.exe  /K ""pythonw" -B -c ')


def test_without_its_sheet_the_command_line_has_no_path_of_ours() -> None:
    line = str(opened(None).run("XLPyCommand"))
    assert "CarbonWorkbook" not in line
    assert 'prepare_sys_path(\\"true;' in line


@pytest.mark.parametrize(
    "configuration",
    [None, {}, {**dict(XLWINGS_SETTINGS), "INTERPRETER_WIN": ""}, dict(XLWINGS_SETTINGS)],
    ids=["deleted sheet", "empty sheet", "empty key", "interpreter not there"],
)
def test_each_ends_in_one_try_errors_and_a_sentence(configuration: Mapping[str, str] | None) -> None:
    app = opened(configuration)
    found = app.run("Colonne", 5)
    assert [error_number(value) for value in found] == [2042] * 5  # type: ignore[attr-defined]
    assert app.run("TestEssais") == 1
    assert str(app.run("Phrase")).startswith("CW-601 – ")
    assert "xlwings64.dll" in str(app.run("Phrase"))
    assert app.dialogs == []
