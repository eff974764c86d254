"""The built workbook: its VBA read back by another tool, its live functions against the values of record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from excel_host import Server, error_number, excel, vba_modules
from oletools.olevba import VBA_Parser
from pyopenvba.interpreter import VBAErrorValue

from carbon_workbook.demo.company import demo_data
from carbon_workbook.excel import udf
from carbon_workbook.specs.spec import entry_sheets
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.formulas import live
from carbon_workbook.workbook.package import open_package, read_sheet, read_table
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.vba import module_sources

TOLERANCE = 1e-9
INSTRUMENTS = "instruments"  # energy under contract: its live cell is 0 without a call


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo.xlsm"
    build(path, data=demo_data())
    return path


@pytest.fixture(scope="module")
def evaluation(demo: Path) -> Evaluation:
    return evaluate(read_workbook(demo))


def test_the_vba_read_back_is_the_sources(demo: Path) -> None:
    parser = VBA_Parser(str(demo))
    found = {Path(name).stem: code for _, _, name, code in parser.extract_macros() if code.strip()}
    parser.close()
    for name, source in module_sources().items():
        assert body(found[name]) == body(source), name
    assert set(vba_modules()) < set(found)


def body(source: str) -> list[str]:
    lines = source.replace("\r\n", "\n").splitlines()
    return [line.rstrip() for line in lines if not line.startswith("Attribute ")]


def test_live_values_are_the_values_of_record(demo: Path, evaluation: Evaluation) -> None:
    package = open_package(demo)
    table = read_table(package, "tbl_facteurs_propres", read_sheet(package, "Facteurs propres"))
    udf.register_own_factors(demo.name, [list(table.columns), *(list(row) for _, row in table.rows)])
    lines = evaluation.inventory.counted
    lines = lines[lines["posting"] != INSTRUMENTS]
    assert len(lines) > 150
    live = udf.emissions(
        demo.name,
        [[ref] for ref in lines["factor_ref"]],
        [[float(activity)] for activity in lines["activity"]],
        [[unit] for unit in lines["activity_unit"]],
        float(evaluation.inventory.year or 0),
    )
    for (value,), kg, label in zip(live, lines["total_kg"], lines["label"], strict=True):
        assert value == pytest.approx(kg / 1000, rel=TOLERANCE, abs=TOLERANCE), label


PROCEDURE = """
Option Explicit
Public Function Colonne(n As Long, annee As Long) As Variant
    Dim i As Long, valeurs() As Variant
    ReDim valeurs(2 To n)
    For i = 2 To n
        valeurs(i) = EMISSIONS(Cells(i, 1), Cells(i, 2), Cells(i, 3), annee)
    Next i
    Colonne = valeurs
End Function
"""


def test_the_same_through_the_vba_in_one_call_a_sheet(evaluation: Evaluation) -> None:
    """Each sheet's lines as a table of Excel, through the wrapper's own VBA."""
    year = evaluation.inventory.year
    counted = evaluation.inventory.counted
    for key, lines in counted[counted["posting"] != INSTRUMENTS].groupby("sheet", sort=False):
        app, server = excel(PROCEDURE)
        own_factors(app, evaluation)
        fill(
            app,
            [
                ("Facteur", "Activité", "Unité"),
                *zip(lines["factor_ref"], lines["activity"], lines["activity_unit"], strict=True),
            ],
        )
        found: Any = app.run("Colonne", len(lines) + 1, year)
        for value, kg in zip(found, lines["total_kg"], strict=True):
            assert not isinstance(value, VBAErrorValue), (key, error_number(value))
            assert value == pytest.approx(kg / 1000, rel=TOLERANCE, abs=TOLERANCE)
        assert calls(server) == 1


def fill(app: Any, rows: list[tuple[Any, ...]]) -> None:
    for number, cells in enumerate(rows, 1):
        for column, cell in zip("ABC", cells, strict=True):
            app.sheet(1).set_value(f"{column}{number}", float(cell) if hasattr(cell, "dtype") else cell)
    app.evaluate(f'ActiveSheet.ListObjects.Add(1, Range("A1:C{len(rows)}"), , 1)')


def own_factors(app: Any, evaluation: Evaluation) -> None:
    own = evaluation.content.own_factors
    if own.empty:
        return
    titles = {"id": "Identifiant", "label": "Libellé", "unit": "Unité (kgCO2e par…)", "total": "Valeur (kgCO2e)",
              "source": "Source", "year": "Année"}  # fmt: skip
    for column, (name, title) in zip("MNOPQR", titles.items(), strict=True):
        app.sheet(1).set_value(f"{column}1", title)
        for row, value in enumerate(own[name], 2):
            app.sheet(1).set_value(
                f"{column}{row}", float(value) if name in ("total", "year") else str(value)
            )
    source = (
        "Public Sub Propres()\n"
        f'    ActiveSheet.ListObjects.Add(1, Range("M1:R{len(own) + 1}"), , 1).Name = "tbl_facteurs_propres"\n'
        "End Sub\n"
    )
    app.add_module(source, name="Propres1")
    app.run("Propres")


def calls(server: Server) -> int:
    return server.count("emissions")


MAC = """
Option Explicit
Public Function Valeur() As Variant
    Valeur = EMISSIONS("37133", 1)
End Function
Public Function Phrase() As Variant
    Phrase = EXPLIQUER("37133", 1)
End Function
"""


def test_the_mac_branch_answers_without_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    on_mac = {
        name: source.replace("#If Mac Then", "#If True Then").replace("#If Not Mac Then", "#If False Then")
        for name, source in vba_modules().items()
    }
    monkeypatch.setattr("excel_host.vba_modules", lambda: on_mac)
    app, server = excel(MAC)
    assert error_number(app.run("Valeur")) == 2042  # type: ignore[arg-type]
    assert str(app.run("Phrase")).startswith("CW-603 – ")
    assert app.run("TestActivations") == 0
    assert server.calls == []


def test_the_live_cell_of_an_instrument_is_zero_without_a_call() -> None:
    """A formula of its own in every sheet but that one, where a row has no factor to multiply."""
    calling = {key for key, spec in entry_sheets().items() if "EMISSIONS(" in live(spec)}
    assert set(entry_sheets()) - calling == {INSTRUMENTS}
    spec = entry_sheets()[INSTRUMENTS]
    assert live(spec) == f'IF({spec.table}[[#This Row],[État]]="vide","",0)'
