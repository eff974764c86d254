"""The command line of the DLL: the same as xlwings' own VBA makes, and never one that would bring Excel down."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyopenvba.apps.excel import ExcelApplication

from carbon_workbook.excel.command_line import LONGEST, dll_command_line
from carbon_workbook.messages import CodedError
from carbon_workbook.workbook.build_setup import XLWINGS_SETTINGS
from carbon_workbook.workbook.vba import XLWINGS_MODULE, module_sources

OURS = dict(XLWINGS_SETTINGS)
LOCAL = {"LOCALAPPDATA": r"C:\Users\Zoé d'Été & Cie\AppData\Local"}
LONGEST_PATH = 260

HOST = """
Option Explicit
#Const App = "Microsoft Excel"
Private mClasseur As String
Private mCles As Object
Public Sub TestPoser(classeur As String, cle As String, valeur As String)
    If mCles Is Nothing Then Set mCles = CreateObject("Scripting.Dictionary")
    mClasseur = classeur
    mCles.Item(cle) = valeur
End Sub
Private Function GetConfig(cle As String, Optional defaut As String = "") As Variant
    If mCles.Exists(cle) Then GetConfig = mCles.Item(cle) Else GetConfig = defaut
    ' VBA compares the text "True" with True; this interpreter wants the Boolean.
    If GetConfig = "True" Then GetConfig = True
    If VarType(GetConfig) = vbString Then
        If GetConfig = "False" Then GetConfig = False
    End If
End Function
"""


def xlwings_own(configuration: dict[str, str], workbook: str) -> str:
    """The real ``XLPyCommand``, run by a VBA interpreter; only the reading of the sheet is replaced."""
    text = module_sources()[XLWINGS_MODULE]
    function = re.search(r"^Function XLPyCommand\(\).*?^End Function", text, re.MULTILINE | re.DOTALL)
    assert function
    app = ExcelApplication()
    app.add_workbook()
    source = HOST + function[0].replace("ThisWorkbook.FullName", "mClasseur")
    app.add_module(source.replace("    Dim wb As Workbook\n", ""), name="Essai")
    for key, value in configuration.items():
        app.run("TestPoser", workbook, key, value)
    return str(app.run("XLPyCommand"))


@pytest.mark.parametrize(
    "workbook",
    [
        r"C:\Bilans\carbone.xlsm",
        r"C:\Études d'impact & suivi\Bilan 2024 (définitif).xlsm",
        r"\\serveur\partage\100 % vert\carbone.xlsm",
        "https://exemple.sharepoint.com/sites/RSE/Documents partages/carbone.xlsm",
    ],
)
@pytest.mark.parametrize(
    "change", [{}, {"SHOW CONSOLE": "True"}, {"LICENSE_KEY": "clé"}, {"SHAREPOINT_WIN": "S:\\x"}]
)
def test_it_is_what_xlwings_makes(workbook: str, change: dict[str, str]) -> None:
    configuration = {
        key: value.replace("%LOCALAPPDATA%", LOCAL["LOCALAPPDATA"]) for key, value in (OURS | change).items()
    }
    assert dll_command_line(OURS | change, workbook, LOCAL) == xlwings_own(configuration, workbook)


FOLDERS = st.lists(st.text("abcdé -", min_size=7, max_size=40), min_size=1, max_size=20)


@given(FOLDERS)
def test_a_workbook_anywhere_within_260_characters_fits(folders: list[str]) -> None:
    workbook = ("C:\\" + "\\".join(folders))[: LONGEST_PATH - 5] + ".xlsm"
    assert len(dll_command_line(OURS, workbook, LOCAL)) <= LONGEST


def test_the_worst_path_that_windows_allows_fits() -> None:
    """A folder of one letter, or a character that is doubled, at every place of the 260."""
    for pattern in ("a\\", "&", "'"):
        workbook = "C:\\" + (pattern * LONGEST_PATH)[: LONGEST_PATH - 8] + ".xlsm"
        assert len(workbook) == LONGEST_PATH
        assert len(dll_command_line(OURS, workbook, LOCAL)) <= LONGEST


def test_a_line_that_would_crash_excel_is_refused() -> None:
    address = "https://exemple.sharepoint.com/" + "dossier/" * 110 + "carbone.xlsm"
    with pytest.raises(CodedError) as refusal:
        dll_command_line(OURS, address, LOCAL)
    assert refusal.value.message.code == "CW-630"
    assert str(LONGEST) in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"INTERPRETER_WIN": ""}, "CW-631"),
        ({"PYTHONPATH": "C:\\Moteur\\"}, "CW-632"),
        ({"PYTHONPATH": 'C:\\"Moteur"'}, "CW-632"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(change: dict[str, str], code: str) -> None:
    with pytest.raises(CodedError) as refusal:
        dll_command_line(OURS | change, "C:\\a.xlsm", LOCAL)
    assert refusal.value.message.code == code


def test_the_workbook_does_not_open_its_folder_to_python() -> None:
    assert 'prepare_sys_path(\\"False;' in dll_command_line(OURS, "C:\\a.xlsm", LOCAL)
