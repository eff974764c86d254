"""Our functions through xlwings' own DLL, COM server and converters, in the Windows Python that a workbook names."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from windows import BOOK, BRIDGE, OURS, Excel

from carbon_workbook.excel import udf
from carbon_workbook.excel.cells import MARK, marker
from carbon_workbook.excel.command_line import LONGEST
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.workbook.package import read_table

pytestmark = pytest.mark.wine

HERE = {"emissions": udf.emissions, "emissions_detail": udf.emissions_detail, "expliquer": udf.explain,
        "facteur": udf.factor_field, "chercher_facteur": udf.search_factor}  # fmt: skip
ERRORS = {2007: "#DIV/0!", 2015: "#VALUE!", 2036: "#NUM!", 2042: "#N/A"}


def as_read(cell):
    """A cell as xlwings must give it to our functions."""
    if isinstance(cell, list):
        return [as_read(item) for item in cell]
    if not isinstance(cell, dict):
        return cell
    ((kind, content),) = cell.items()
    return {
        "date": lambda: dt.datetime.fromisoformat(content),
        "currency": lambda: Decimal(content),
        "error": lambda: ERRORS[content],
        "missing": lambda: None,
    }[kind]()


def same(found, wanted):
    """A COM answer against a grid: one cell comes alone, the numbers agree to 1e-12."""
    grid = found if isinstance(found, list) else [[found]]
    if grid and not isinstance(grid[0], list):
        grid = [grid]
    assert len(grid) == len(wanted)
    for row, expected in zip(grid, wanted, strict=True):
        assert len(row) == len(expected)
        for cell, value in zip(row, expected, strict=True):
            assert cell == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value)


COLUMN = [["elec-fr"], ["37133"], [None], ["n'existe pas"], ["37133"], ["37133"], [37133.0]]
AMOUNTS = [[1.0], [2.5], [None], [1.0], [-3.0], ["douze"], [{"error": 2007}]]


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("emissions", ["elec-fr", 1.0, "MWh", 2024.0, ""]),
        ("emissions", ["elec-fr", "1 234,5", "kWh", 2024.0, "CO2"]),
        ("emissions", ["elec-fr", {"currency": "1234.5678"}, "kWh", 2024.0, ""]),
        ("emissions", ["elec-fr", {"date": "2024-03-01"}, "kWh", 2024.0, ""]),
        ("emissions", ["elec-fr", True, "kWh", 2024.0, ""]),
        ("emissions", ["elec-fr", {"error": 2042}, "kWh", 2024.0, ""]),
        ("emissions", ["elec-fr", 1e308, "MWh", 2024.0, "kgCO2e"]),
        ("emissions", [None, None, "", "", ""]),
        ("emissions", ["elec-fr", 1.0, {"missing": 0}, {"missing": 0}, {"missing": 0}]),
        ("emissions", [COLUMN, AMOUNTS, "kWh PCS", 2024.0, ""]),
        ("emissions", [COLUMN, AMOUNTS[:3], "kWh PCS", 2024.0, ""]),
        ("emissions", [[["elec-fr", "37133"]], 1.0, "", 2024.0, ""]),
        ("emissions_detail", ["37133", 10.0, "MWh PCS", 2024.0]),
        ("emissions_detail", [COLUMN, AMOUNTS, "", 2024.0]),
        ("expliquer", ["elec-fr", 1.0, "MWh", 2024.0]),
        ("expliquer", [COLUMN, AMOUNTS, "kWh PCS", 2024.0]),
        ("facteur", ["37133", "libellé", 2024.0]),
        ("facteur", [COLUMN, "", 2024.0]),
        ("chercher_facteur", ["électricité réseau", "kWh", 1.0]),
        ("chercher_facteur", [[["gaz naturel"], ["œuvre d'été"], [""]], "", ""]),
    ],
)  # fmt: skip
def test_an_answer_through_com_is_the_answer_of_the_function(excel: Excel, function, arguments) -> None:
    wanted = HERE[function](BOOK, *map(as_read, arguments))
    same(excel.udf(function, *arguments), wanted)


def test_what_arrives_has_the_types_that_our_reading_expects(excel: Excel) -> None:
    cells = [
        [None, 1.0, True, "été"],
        [{"date": "2024-03-01"}, {"currency": "12.34"}, {"error": 2042}, {"error": 2007}],
    ]
    found = excel.probe("described", cells).value
    assert found == "NoneType float bool str datetime Decimal str str"


def test_an_error_reaches_the_wrapper_as_a_marker_and_its_neighbours_are_computed(excel: Excel) -> None:
    found = excel.udf("emissions", COLUMN, AMOUNTS, "kWh PCS", 2024.0, "")
    assert [cell for row in found for cell in row if isinstance(cell, str)] == [
        marker("CW-113"), "", marker("CW-202"), marker("CW-306"), marker("CW-101"), marker("CW-611"),
    ]  # fmt: skip
    assert found[1][0] > 0
    assert ord(MARK) == 2


@pytest.mark.parametrize("rows", [5_000, 100_000])
def test_a_long_column_takes_one_call(excel: Excel, rows: int) -> None:
    ids = load_catalogue().table.query("status == 'valide' and kind == 'emission'").index
    random = np.random.default_rng(20241121)
    refs = [[str(ids[i])] for i in random.integers(len(ids), size=rows)]
    amounts = [[float(a)] for a in random.lognormal(4, 2, size=rows)]
    before = excel.caller.calls
    found = excel.udf("emissions", refs, amounts, "", 2024.0, "")
    assert excel.caller.calls == before + 1
    same(found, udf.emissions(BOOK, refs, amounts, "", 2024.0, ""))


def test_own_factors_belong_to_their_workbook(excel: Excel, demo) -> None:
    table = read_table(demo.package, "tbl_facteurs_propres")
    cells = [list(table.columns), *(list(row) for _, row in table.rows)]
    other = r"C:\Bilans\autre.xlsm"
    assert excel.udf("facteurs_propres", cells) == 2.0
    assert excel.udf("emissions", "FOURN-001", 1.0, "", 2024.0, "") > 0
    assert excel.udf("emissions", "FOURN-001", 1.0, "", 2024.0, "", book=other) == marker("CW-202")


def test_every_demo_line_is_the_same_live_computed_and_written(excel: Excel, demo, told) -> None:
    """Proof that the three ways agree: the cell's function through COM, ``compute``, and the value in the file."""
    table = read_table(demo.package, "tbl_facteurs_propres")
    excel.udf("facteurs_propres", [list(table.columns), *(list(row) for _, row in table.rows)])
    lines = demo.evaluation.inventory.lines
    # A contractual instrument has no emissions of its own: its quantity is a share of the electricity lines.
    instruments = lines[lines["posting"] == "instruments"]
    assert not instruments["total_kg"].any()
    lines = lines.drop(index=instruments.index)
    year = float(demo.evaluation.content.settings["year"])
    column = {
        name: [[cell] for cell in lines[name].tolist()]
        for name in ("factor_ref", "activity", "activity_unit")
    }
    live = excel.udf("emissions", column["factor_ref"], column["activity"], column["activity_unit"], year, "")
    live = np.array([row[0] for row in live], dtype=float)
    computed = lines["total_kg"].to_numpy(dtype=float) / 1000
    written = {
        (entry.title, number): value
        for entry in demo.evaluation.content.entries
        for number, value in zip(entry.numbers, entry.rows["emissions_t"], strict=True)
    }
    stored = np.array(
        [written[place] for place in zip(lines["title"], lines["row"], strict=True)], dtype=float
    )
    assert len(live) > 150
    np.testing.assert_allclose(live, computed, rtol=1e-9, atol=0)
    np.testing.assert_allclose(live, stored, rtol=1e-9, atol=0)
    told.append(
        f"Wine : {len(live)} lignes de la démonstration, vivant = calculé = écrit, {live.sum():.6f} tCO2e"
    )


@pytest.mark.parametrize(
    ("local", "book"),
    [
        (r"C:\users\Jean Dupont\AppData\Local", r"C:\Mes bilans\Bilan 2024 (définitif).xlsm"),
        (r"C:\users\Zoé d'Été & Cie\AppData\Local", r"C:\Études d'impact & suivi\carbone.xlsm"),
        ("", "https://exemple.sharepoint.com/sites/RSE/Documents partages/carbone.xlsm"),
        ("", r"\\serveur\partage\100 % vert\Ἀθῆναι.xlsm"),
    ],
)
def test_folders_with_spaces_accents_and_signs(excel: Excel, local: str, book: str) -> None:
    if "Ἀ" in book:
        book = book.encode("cp1252", "replace").decode("cp1252")  # as the call to the DLL makes it
    answer = excel.activate("elsewhere", book, local)
    assert not answer.error, answer.error
    try:
        assert excel.udf("emissions", "elec-fr", 1.0, "MWh", 2024.0, "", book=book, server="elsewhere") > 0
    finally:
        excel.stop("elsewhere", book, local)


def test_the_longest_command_line_that_we_allow_works(excel: Excel) -> None:
    book = "C:\\" + "d" * ((LONGEST - len(excel.line("C:\\.xlsm"))) // 2) + ".xlsm"
    assert LONGEST - 1 <= len(excel.line(book)) <= LONGEST
    assert not excel.activate("longest", book).error
    assert excel.udf("emissions", "elec-fr", 1.0, "MWh", 2024.0, "", server="longest") > 0
    excel.stop("longest", book)


def test_a_call_that_fails_says_why_and_the_server_stays(excel: Excel) -> None:
    assert "défaut voulu" in excel.probe("failing").error
    assert "pas_une_fonction" in excel.caller.call(OURS, BRIDGE, "pas_une_fonction", [BOOK]).error
    assert excel.udf("emissions", "elec-fr", 1.0, "MWh", 2024.0, "") > 0


def test_a_server_that_has_ended_is_an_error_at_once_then_a_new_one_answers(excel: Excel) -> None:
    """The wrapper drops its object on the first error and asks the DLL again: here is what it then meets."""
    book = r"C:\Bilans\fermé.xlsm"
    assert not excel.activate("ending", book).error
    first = excel.probe("process", server="ending").value
    excel.probe("leave", server="ending")
    until_gone(excel, "ending")
    assert not excel.activate("ending", book).error
    assert excel.probe("process", server="ending").value != first
    assert excel.udf("emissions", "elec-fr", 1.0, "MWh", 2024.0, "", server="ending") > 0
    excel.stop("ending", book)


def test_a_server_killed_from_outside_never_blocks_nor_answers_wrongly(excel: Excel) -> None:
    """Wine 8 keeps the dead server's class, where Windows forgets it: the DLL's second try is then refused, at once."""
    book = r"C:\Bilans\arrêté.xlsm"
    assert not excel.activate("killed", book).error
    excel.caller.kill(excel.probe("process", server="killed").value)
    until_gone(excel, "killed")
    again = excel.activate("killed", book)
    assert again.seconds < 10
    assert not again.error or "Could not activate Python COM server" in again.error
    assert (
        excel.udf("emissions", "elec-fr", 1.0, "MWh", 2024.0, "") > 0
    )  # the other workbook's server lives on


def until_gone(excel: Excel, server: str) -> None:
    """Call until the process is known to be gone: errors only, each at once, within ten seconds."""
    end = time.monotonic() + 10
    said = ""
    while "RPC server unavailable" not in said:
        assert time.monotonic() < end, said
        answer = excel.caller.call(server, BRIDGE, "emissions", [BOOK, "elec-fr", 1.0, "MWh", 2024.0, ""])
        said = answer.error
        assert said
        assert answer.seconds < 10


def test_the_wheel_brings_the_dll_that_the_vba_names(excel: Excel) -> None:
    assert (excel.windows.python / Path(excel.dll().replace("\\", "/")).name).is_file()


def test_nothing_beside_the_workbook_is_run(excel: Excel) -> None:
    """A Python file next to the workbook, with a name that the server imports, is left alone."""
    folder = excel.windows.unix_path(r"C:\Piège")
    folder.mkdir(exist_ok=True)
    (folder / "cells_probe.py").write_text("raise SystemExit", encoding="utf-8")
    book = r"C:\Piège\carbone.xlsm"
    assert not excel.activate("trap", book).error
    assert excel.probe("process", server="trap").value > 0
    excel.stop("trap", book)
