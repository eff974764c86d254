"""Our VBA, executed: errors, number of calls to Python, cache, failures. The object behind XLPy leads to our code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from excel_host import WIZARD, Server, error_number, excel, vba_modules
from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.interpreter import VBAErrorValue

from carbon_workbook.excel import udf

PROCEDURES = """
Option Explicit
Public Function Ligne(n As Long) As Variant
    Ligne = EMISSIONS(Cells(n, 1), Cells(n, 2), Cells(n, 3), Range("K1"))
End Function
Public Function Expliquee(n As Long) As Variant
    Expliquee = EXPLIQUER(Cells(n, 1), Cells(n, 2), Cells(n, 3), Range("K1"))
End Function
Public Function Colonne(premiere As Long, derniere As Long) As Variant
    Dim i As Long, valeurs() As Variant
    ReDim valeurs(premiere To derniere)
    For i = premiere To derniere
        valeurs(i) = Ligne(i)
    Next i
    Colonne = valeurs
End Function
Public Function EstErreur(n As Long) As Boolean
    EstErreur = IsError(Ligne(n))
End Function
Public Function Plage(derniere As Long) As Variant
    Plage = EMISSIONS(Range(Cells(2, 1), Cells(derniere, 1)), Range(Cells(2, 2), Cells(derniere, 2)))
End Function
Public Function Detail(n As Long) As Variant
    Detail = EMISSIONS_DETAIL(Cells(n, 1), Cells(n, 2))
End Function
Public Function Directe(f As Variant, q As Variant) As Variant
    Directe = EMISSIONS(f, q)
End Function
Public Function DirecteBis(f As Variant) As Variant
    DirecteBis = FACTEUR(f)
End Function
Public Function Recherche(t As Variant, r As Variant) As Variant
    Recherche = CHERCHER_FACTEUR(t, , r)
End Function
"""

GAS, ELECTRICITY = "37133", "43642"
ROWS: list[tuple[object, object, object]] = [
    (ELECTRICITY, 1000.0, "kWh"),
    (GAS, 10.0, "kWh PCS"),
    ("zzz", 5.0, "kg"),
    (None, None, None),
    (ELECTRICITY, -3.0, "kWh"),
    (ELECTRICITY, "abc", "kWh"),
    (ELECTRICITY, 2.0, "km"),
    (ELECTRICITY, 1000.0, "kWh"),
]
EXPECTED: list[object] = [0.0519, 0.002154, 2042, "", 2036, 2015, 2015, 0.0519]


@pytest.fixture(autouse=True)
def no_declared_workbook() -> None:
    """A server of its own for each test: a workbook that declared itself in another one is forgotten."""
    udf._own.clear()


def with_table(rows: Sequence[Sequence[object]]) -> tuple[ExcelApplication, Server]:
    app, server = excel(PROCEDURES)
    sheet = app.sheet(1)
    for column, title in zip("ABC", ("Facteur", "Quantité", "Unité"), strict=True):
        sheet.set_value(f"{column}1", title)
    for row, cells in enumerate(rows, 2):
        put(app, row, cells)
    sheet.set_value("K1", 2024.0)
    app.evaluate(f'ActiveSheet.ListObjects.Add(1, Range("A1:C{len(rows) + 1}"), , 1)')
    return app, server


def put(app: ExcelApplication, row: int, cells: Sequence[object]) -> None:
    for column, cell in zip("ABC", cells, strict=True):
        if cell is not None:
            app.sheet(1).set_value(f"{column}{row}", cell)


def plain(value: Any) -> Any:
    return error_number(value) if isinstance(value, VBAErrorValue) else value


def column(app: ExcelApplication, last: int) -> list[object]:
    return [plain(value) for value in app.run("Colonne", 2, last)]  # type: ignore[attr-defined]


class TestErrors:
    def test_each_cell_is_a_number_a_blank_or_a_real_error(self) -> None:
        app, _ = with_table(ROWS)
        found = column(app, len(ROWS) + 1)
        assert found == [pytest.approx(v, rel=1e-12) if isinstance(v, float) else v for v in EXPECTED]

    def test_is_error_is_true_for_refused_cells_only(self) -> None:
        app, _ = with_table(ROWS)
        assert [app.run("EstErreur", row) for row in range(2, len(ROWS) + 2)] == [
            isinstance(value, int) for value in EXPECTED
        ]

    def test_explanation_is_a_text_even_for_a_refused_row(self) -> None:
        app, _ = with_table(ROWS)
        assert str(app.run("Expliquee", 4)).startswith("CW-202 – ")
        assert "0,2154" in str(app.run("Expliquee", 3))

    def test_a_range_gives_a_block_with_its_errors(self) -> None:
        app, server = with_table(ROWS[:5])
        block = app.run("Plage", 6)
        assert [[plain(cell) for cell in row] for row in block] == [  # type: ignore[attr-defined]
            [pytest.approx(0.0519)],
            [pytest.approx(0.002154)],
            [2042],
            [""],
            [2036],
        ]
        assert server.count("emissions") == 1

    def test_detail_is_a_row_of_nine(self) -> None:
        app, _ = with_table(ROWS)
        row = app.run("Detail", 3)
        assert len(row) == 9  # type: ignore[arg-type]
        assert row[5] == pytest.approx(0.002154)  # type: ignore[index]
        assert [plain(cell) for cell in app.run("Detail", 4)] == [2042] * 9  # type: ignore[attr-defined]

    def test_values_typed_in_the_formula(self) -> None:
        app, _ = excel(PROCEDURES)
        assert app.run("Directe", GAS, 1000.0) == pytest.approx(0.2154)
        assert app.run("DirecteBis", GAS) == pytest.approx(0.2154)
        assert str(app.run("Recherche", "gaz naturel", 1.0)).count(" · ") == 1
        assert plain(app.run("Recherche", "xqzwk", 1.0)) == 2042
        assert app.run("Directe", "", "") == ""


class TestCalls:
    def test_a_whole_column_is_one_call(self) -> None:
        app, server = with_table([(ELECTRICITY, float(n), "kWh") for n in range(60)])
        found = column(app, 61)
        assert found == [pytest.approx(n * 51.9e-6) for n in range(60)]
        assert server.count("emissions") == 1

    def test_a_second_calculation_costs_nothing(self) -> None:
        app, server = with_table(ROWS)
        assert column(app, 9) == column(app, 9)
        assert server.count("emissions") == 1

    def test_editing_a_row_costs_one_call_for_that_row(self) -> None:
        app, server = with_table(ROWS)
        column(app, 9)
        app.sheet(1).set_value("B3", 20.0)
        assert column(app, 9)[1] == pytest.approx(0.004308)
        assert server.count("emissions") == 2
        assert server.calls[-1][1][2] == [[20.0]]

    def test_shuffled_and_repeated_rows_cost_nothing(self) -> None:
        app, server = with_table(ROWS)
        before = column(app, 9)
        first, second = ROWS[0], ROWS[1]
        put(app, 2, second)
        put(app, 3, first)
        after = column(app, 9)
        assert after[:2] == [before[1], before[0]]
        assert server.count("emissions") == 1

    def test_equal_rows_are_sent_once(self) -> None:
        app, server = with_table([(GAS, 5.0, "kWh PCS")] * 20)
        column(app, 21)
        assert server.calls[-1][1][1] == [[float(GAS)]]

    def test_changing_the_year_asks_again_once(self) -> None:
        app, server = with_table([("elec-fr", 1000.0, "kWh"), ("elec-fr", 2000.0, "kWh")])
        first = column(app, 3)
        app.sheet(1).set_value("K1", 2023.0)
        assert column(app, 3) != first
        assert server.count("emissions") == 2

    def test_arguments_of_different_rows_are_not_a_batch(self) -> None:
        app, server = with_table(ROWS)
        app.add_module(
            "Public Function Croisee() As Variant\n"
            "    Croisee = EMISSIONS(Cells(2, 1), Cells(3, 2))\n"
            "End Function\n",
            name="Essai2",
        )
        assert app.run("Croisee") == pytest.approx(10 * 51.9e-6)
        assert server.calls[-1][1][1] == float(ELECTRICITY)


class TestOwnFactors:
    def build(self) -> tuple[ExcelApplication, Server]:
        app, server = with_table([("FP-1", 500.0, "kg")])
        sheet = app.sheet(1)
        titles = ("Identifiant", "Libellé", "Unité (kgCO2e par…)", "Valeur (kgCO2e)", "Source", "Année")
        for letter, title, cell in zip(
            "MNOPQR", titles, ("FP-1", "Acier", "t", 1200.0, "DEP", 2024.0), strict=True
        ):
            sheet.set_value(f"{letter}1", title)
            sheet.set_value(f"{letter}2", cell)
        app.add_module(
            "Public Sub Nommer()\n"
            '    ActiveSheet.ListObjects.Add(1, Range("M1:R2"), , 1).Name = "tbl_facteurs_propres"\n'
            "End Sub\n",
            name="Essai2",
        )
        app.run("Nommer")
        return app, server

    def test_they_are_sent_once_and_used(self) -> None:
        app, server = self.build()
        assert column(app, 2) == [pytest.approx(0.6)]
        app.sheet(1).set_value("B2", 1000.0)
        assert column(app, 2) == [pytest.approx(1.2)]
        assert server.count("facteurs_propres") == 1

    def test_a_change_forgets_the_answers_at_the_next_call_and_asks_for_a_calculation(self) -> None:
        app, server = self.build()
        column(app, 2)
        app.sheet(1).set_value("P2", 2400.0)
        assert app.run("CarbonPerimees") is False
        app.sheet(1).set_value("B2", 100.0)
        assert column(app, 2) == [pytest.approx(0.24)]
        assert app.run("CarbonPerimees") is True
        assert app.run("CarbonPerimees") is False
        app.sheet(1).set_value("B2", 500.0)
        assert column(app, 2) == [pytest.approx(1.2)]
        assert server.count("facteurs_propres") == 2

    def test_another_version_of_the_base_is_declared_before_the_next_answer(self) -> None:
        app, server = self.build()
        app.add_module(
            "Public Sub Epingler()\n"
            '    ThisWorkbook.Names.Add Name:="cw_base", RefersTo:="=" & ActiveSheet.Name & "!$T$1"\n'
            "End Sub\n",
            name="Essai3",
        )
        app.sheet(1).set_value("T1", "Base V1 (00000000)")
        app.run("Epingler")
        column(app, 2)
        app.sheet(1).set_value("T1", "Base V2 (11111111)")
        app.sheet(1).set_value("B2", 100.0)
        column(app, 2)
        sent = [arguments[2] for name, arguments in server.calls if name == "facteurs_propres"]
        assert sent == ["Base V1 (00000000)", "Base V2 (11111111)"]


class TestFailures:
    def test_one_failed_activation_stops_further_tries(self) -> None:
        app, server = with_table(ROWS)
        app.run("TestPanne", True)
        assert column(app, 9) == [2042, 2042, 2042, "", 2042, 2042, 2042, 2042]
        assert app.run("TestActivations") == 1
        assert str(app.run("Expliquee", 2)).startswith("CW-601 – ")
        assert server.calls == []

    def test_asking_again_takes_up_where_it_stopped(self) -> None:
        app, _ = with_table(ROWS)
        app.run("TestPanne", True)
        column(app, 9)
        app.run("TestPanne", False)
        assert column(app, 9)[0] == 2042
        assert app.run("CarbonRelancer") is True
        assert column(app, 9)[0] == pytest.approx(0.0519)

    def test_answers_already_given_outlive_the_server(self) -> None:
        app, server = with_table(ROWS)
        before = column(app, 9)
        server.dead = True
        app.sheet(1).set_value("B3", 77.0)
        after = column(app, 9)
        assert after[1] == 2042
        assert after[0] == before[0]

    def test_a_killed_server_is_asked_for_again_once(self) -> None:
        app, server = with_table(ROWS)
        column(app, 9)
        server.dead = True
        app.sheet(1).set_value("B3", 77.0)
        column(app, 9)
        assert app.run("TestActivations") == 2
        server.dead = False
        assert column(app, 9)[1] == pytest.approx(77 * 2.154e-4)

    def test_no_dialog_is_ever_shown_by_a_cell(self) -> None:
        app, _ = with_table(ROWS)
        app.run("TestPanne", True)
        column(app, 9)
        assert app.dialogs == []


class TestRows:
    """Rows whose arguments are formulas, that a filter hides, that are many, that refer to each other."""

    def test_arguments_that_are_formulas(self) -> None:
        app, server = with_table([(ELECTRICITY, f"=$H${row}*2", "kWh") for row in range(2, 12)])
        for row in range(2, 12):
            app.sheet(1).set_value(f"H{row}", float(row))
        assert column(app, 11) == [pytest.approx(2 * row * 51.9e-6) for row in range(2, 12)]
        assert server.count("emissions") == 1
        app.sheet(1).set_value("H5", 100.0)
        assert column(app, 11)[3] == pytest.approx(200 * 51.9e-6)
        assert server.count("emissions") == 2
        assert server.calls[-1][1][2] == [[200.0]]

    def test_filtered_rows_are_answered_with_the_others(self) -> None:
        app, server = with_table([(ELECTRICITY, float(n), "kWh") for n in range(20)])
        app.evaluate('Range("A1:C21").AutoFilter(2, ">=10")')
        assert app.evaluate("Rows(3).Hidden") is True
        assert column(app, 21) == [pytest.approx(n * 51.9e-6) for n in range(20)]
        assert server.count("emissions") == 1

    def test_a_setting_that_changes_asks_again_for_every_row(self) -> None:
        app, server = with_table([("elec-fr", 1000.0 * n, "kWh") for n in range(1, 6)])
        column(app, 6)
        for year in (2022.0, 2023.0):
            app.sheet(1).set_value("K1", year)
            column(app, 6)
        assert server.count("emissions") == 3
        app.sheet(1).set_value("K1", 2024.0)
        column(app, 6)
        assert server.count("emissions") == 3

    def test_after_a_refresh_nothing_is_remembered(self) -> None:
        app, server = with_table(ROWS)
        column(app, 9)
        app.run("CarbonOublier")
        column(app, 9)
        assert server.count("emissions") == 2

    def test_a_range_of_a_hundred_thousand_rows_is_one_call(self) -> None:
        app, server = excel(PROCEDURES)
        rows = 100_000
        app.sheet(1).set_value(f"A2:A{rows + 1}", GAS)
        app.sheet(1).set_value(f"B2:B{rows + 1}", 10.0)
        app.sheet(1).set_value("B5", "dix")
        found = app.run("Plage", rows + 1)
        values = [plain(cell) for (cell,) in found]  # type: ignore[attr-defined]
        assert len(values) == rows
        assert values[3] == 2015
        assert values.count(pytest.approx(0.002154)) == rows - 1
        assert server.count("emissions") == 1


class TestWizard:
    def test_it_asks_nothing_at_each_keystroke(self) -> None:
        assert vba_modules()["CarbonServeur"].count(WIZARD) == 1
        app, server = with_table(ROWS)
        before = column(app, 9)
        app.run("TestOuvrirAssistant")
        assert column(app, 9) == before
        app.sheet(1).set_value("B3", 77.0)
        assert column(app, 9)[1] == 2042
        assert server.count("emissions") == 1
        assert plain(app.run("Plage", 9)) == 2042
        assert server.count("emissions") == 1


class TestTwoWorkbooks:
    def test_each_uses_its_own_factors_and_its_own_answers(self, tmp_path: Path) -> None:
        books = []
        for name, value in (("un", 1200.0), ("deux", 3000.0)):
            app, server = TestOwnFactors().build()
            app.sheet(1).set_value("P2", value)
            app.evaluate(f'ThisWorkbook.SaveAs("{tmp_path / name}.xlsm")')
            books.append((app, server))
        (first, first_server), (second, second_server) = books
        assert column(first, 2) == [pytest.approx(0.6)]
        assert column(second, 2) == [pytest.approx(1.5)]
        first.sheet(1).set_value("B2", 1000.0)
        second.sheet(1).set_value("B2", 1000.0)
        assert column(first, 2) == [pytest.approx(1.2)]
        assert column(second, 2) == [pytest.approx(3.0)]
        names = {call[1][0] for server in (first_server, second_server) for call in server.calls}
        assert len(names) == 2
