"""The ribbon's Subs, executed: what they call, what they restore, what they show."""

from __future__ import annotations

from typing import Any

import pytest
from excel_host import Server, excel, to_python
from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.interpreter import MISSING, VBAArray, VBARuntimeError, method


class ActionServer(Server):
    """Answers an action with a status and a sentence, and notes the state of Excel meanwhile."""

    vba_type_name = "XLPython"

    def __init__(self, app: ExcelApplication, status: str = "OK") -> None:
        super().__init__()
        self.app, self.status, self.seen = app, status, dict[str, Any]()

    @method
    def CallUDF(  # noqa: N802
        self, module: object, name: object, arguments: object, this_workbook: object = MISSING
    ) -> object:
        state = self.app.application
        self.seen = {
            "name": name,
            "screen": state.screen_updating,
            "events": state.enable_events,
            "calculation": state.calculation,
            "bar": state.status_bar,
            "workbook": this_workbook is not MISSING,
            "arguments": to_python(arguments),
        }
        if self.status == "":
            raise VBARuntimeError(-2147023174, "The RPC server is unavailable")
        return VBAArray([(0, 1)], items=[self.status, "Inventaire actualisé."])


def state(app: ExcelApplication) -> tuple[object, ...]:
    found = app.application
    return (found.screen_updating, found.enable_events, found.calculation, found.status_bar)


@pytest.mark.parametrize(
    ("sub", "action"),
    [
        ("CarbonActualiser", "actualiser"),
        ("CarbonControler", "controler"),
        ("CarbonRapport", "rapport"),
        ("CarbonOrigine", "origine"),
    ],
)
@pytest.mark.parametrize("status", ["OK", "REFUS", ""])
def test_an_action_restores_excel_whatever_happens(sub: str, action: str, status: str) -> None:
    app, _ = excel()
    server = ActionServer(app, status)
    app.run("TestInjecter", server)
    before = state(app)
    app.answer_dialogs(1)
    app.run(sub)
    assert server.seen["name"] == action
    assert server.seen["workbook"]
    assert (server.seen["screen"], server.seen["events"], server.seen["calculation"]) == (False, False, -4135)
    assert str(server.seen["bar"]).startswith("Carbone : ")
    assert state(app) == (*before[:3], False)
    assert len(app.dialogs) == 1


def test_the_active_cell_goes_with_the_question() -> None:
    app, _ = excel()
    server = ActionServer(app)
    app.run("TestInjecter", server)
    app.answer_dialogs(1, 1)
    app.add_module('Public Sub Choisir()\n    Range("H8").Select\nEnd Sub\n', name="Essai")
    app.run("Choisir")
    app.run("CarbonOrigine")
    sheet = app.evaluate("ActiveSheet.Name")
    assert server.seen["arguments"][1:] == [f"{sheet}!H8"]
    app.run("CarbonActualiser")
    assert len(server.seen["arguments"]) == 1


def with_categories(rows: list[tuple[str, str]]) -> ExcelApplication:
    app, _ = excel()
    book = app.workbook
    names = ("C1 Achats", "C14 Franchises", "2.1b Instruments", "2.1 Électricité", "Notes")
    for name in names:
        book.vba_get("Worksheets").vba_get("Add").vba_set("Name", name)  # type: ignore[attr-defined]
    sheet = app.sheet("Notes")
    for column, title in zip("ABC", ("Code", "Poste ou catégorie", "Feuille affichée"), strict=True):
        sheet.set_value(f"{column}1", title)
    for row, (code, shown) in enumerate(rows, 2):
        sheet.set_value(f"A{row}", f"'{code}")
        sheet.set_value(f"C{row}", shown)
    app.add_module(
        "Public Sub Preparer()\n"
        f'    Worksheets("Notes").ListObjects.Add(1, Worksheets("Notes").Range("A1:C{len(rows) + 1}"), , 1)'
        '.Name = "tbl_categories"\n'
        "End Sub\n",
        name="Essai",
    )
    app.run("Preparer")
    return app


def visible(app: ExcelApplication, name: str) -> bool:
    return int(app.evaluate(f'Worksheets("{name}").Visible')) == -1  # type: ignore[call-overload]


def test_sheets_are_hidden_and_shown_again() -> None:
    app = with_categories([("C14", "N"), ("2.1", "n"), ("C1", "O"), ("3.2", "N")])
    app.run("CarbonFeuilles")
    names = ("C1 Achats", "C14 Franchises", "2.1 Électricité", "Notes")
    assert [visible(app, name) for name in names] == [True, False, False, True]
    app.sheet("Notes").set_value("C2", "O")
    app.run("CarbonFeuilles")
    assert visible(app, "C14 Franchises")


def test_without_its_table_the_button_says_so() -> None:
    app, _ = excel()
    app.answer_dialogs(1)
    app.run("CarbonFeuilles")
    assert "CW-619" in app.dialogs[0][1] or "CW-619" in str(app.dialogs[0])


def test_search_goes_to_the_cell_of_that_name() -> None:
    app, _ = excel()
    source = (
        "Public Sub Nommer()\n"
        '    ThisWorkbook.Names.Add "cw_recherche", "=" & ActiveSheet.Name & "!$B$3"\n'
        "End Sub\n"
    )
    app.add_module(source, name="Essai")
    app.run("Nommer")
    app.run("CarbonChercher")
    assert app.evaluate("ActiveCell.Address") == "$B$3"


def test_help_tells_the_state_of_the_engine() -> None:
    app, _ = excel()
    app.answer_dialogs(1, 1)
    app.run("CarbonAide")
    assert "pas encore sollicité" in str(app.dialogs[0])


def test_reconnecting_says_whether_it_worked() -> None:
    app, _ = excel()
    app.answer_dialogs(1, 1)
    app.run("TestPanne", True)
    app.run("CarbonReconnecter")
    assert "CW-601" in str(app.dialogs[0])
