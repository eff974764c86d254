"""Native formulas: what a file may hold, and the same numbers as the engine on every line of the demonstration."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from carbon_workbook.demo.company import demo_data
from carbon_workbook.specs.spec import ActivityRule, Column, SheetSpec, entry_sheets
from carbon_workbook.workbook import formulas
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.cells import column_letters
from carbon_workbook.workbook.data import WorkbookData
from carbon_workbook.workbook.package import open_package
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.refresh import refresh

MAX_FORMULA = 8192
SHEETS = list(entry_sheets().values())


@pytest.mark.parametrize("spec", SHEETS, ids=lambda spec: spec.key)
def test_formulas_are_in_the_spelling_of_files(spec: SheetSpec) -> None:
    written = formulas.row_formulas(spec)
    assert set(written) == {column.key for column in spec.columns if column.written == "formula"}
    for text in written.values():
        assert len(text) < MAX_FORMULA
        bare = re.sub(r'"[^"]*"', "", text)
        assert ";" not in bare
        assert "@" not in bare
        assert bare.count("(") == bare.count(")")


@pytest.mark.parametrize("spec", SHEETS, ids=lambda spec: spec.key)
def test_formulas_name_columns_of_their_own_table(spec: SheetSpec) -> None:
    labels = {formulas.escape(column.label) for column in spec.columns}
    for text in formulas.row_formulas(spec).values():
        for table, first, last in re.findall(
            r"(tbl_\w+)\[\[#This Row\],\[((?:'.|[^\]'])+)\](?::\[((?:'.|[^\]'])+)\])?\]", text
        ):
            assert table == spec.table
            assert first in labels
            assert not last or last in labels


def test_special_characters_of_a_label_are_escaped() -> None:
    assert formulas.this_row("tbl_x", "N° d'annulation [#]") == "tbl_x[[#This Row],[N° d''annulation '['#']]]"


def _spec(*rules: ActivityRule) -> SheetSpec:
    keys = ("label", "method", "a", "b", "c", "unit", "factor", "activity")
    columns = tuple(Column(key, key.upper(), "number" if len(key) == 1 else "text") for key in keys)
    return SheetSpec("x", "X", "t", "X", "3", "x", "", columns, (), rules)


def test_the_product_has_its_optional_terms() -> None:
    rule = ActivityRule("r", ("a", "b"), "kg", minus=("c",), constant=2.0)
    text = formulas.activity(_spec(rule)).replace("t[[#This Row],", "").replace("]]", "]")
    assert text == 'IF(AND([A]<>"",[B]<>""),([A]-[C])*[B]*2.0,"")'


def test_a_blank_unit_is_a_blank_text_and_not_zero() -> None:
    text = formulas.activity_unit(_spec(ActivityRule("r", ("a",), "{unit}")))
    assert text.endswith(',t[[#This Row],[UNIT]]&"")')


def test_the_first_rule_comes_first() -> None:
    rules = (ActivityRule("r", ("a",), "t", methods=("m",)), ActivityRule("s", ("b",), "kg"))
    text = formulas.activity_unit(_spec(*rules))
    assert text.index('"t"') < text.index('"kg"')
    assert 'OR(t[[#This Row],[METHOD]]={"","m"})' in text


@pytest.fixture(scope="module")
def recalculate(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """What LibreOffice makes of a workbook that it opens and saves."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice absent : les formules natives ne sont pas recalculées")
    folder = tmp_path_factory.mktemp("lo")
    profile = (folder / "profile").as_uri()

    def convert(book: Path) -> Path:
        subprocess.run(
            [office, "--headless", f"-env:UserInstallation={profile}", "--convert-to", "xlsx", "--outdir", folder,
             book],
            check=True,
            capture_output=True,
            timeout=300,
        )  # fmt: skip
        return folder / book.name

    return convert


@pytest.fixture(scope="module")
def recalculated(recalculate: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration, refreshed, then recalculated by LibreOffice."""
    book = tmp_path_factory.mktemp("demo") / "demo.xlsx"
    build(book, data=demo_data(), macros=False)
    refresh(book)
    return recalculate(book)


def test_native_activity_is_the_engine_s_on_every_demo_line(recalculated: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(recalculated, data_only=True)
    seen = 0
    for spec in SHEETS:
        place = {column.key: number for number, column in enumerate(spec.columns, start=1)}
        sheet = book[spec.title]
        for row in range(at.ENTRY_FIRST, sheet.max_row + 1):
            value = {key: sheet.cell(row, column).value for key, column in place.items()}
            if not value["line_id"]:
                assert value["status"] in (formulas.BLANK, None)
                continue
            seen += 1
            assert value["status"] == formulas.COUNTED, (spec.key, row)
            assert value["activity"] == pytest.approx(value["frozen_activity"], rel=1e-9), (spec.key, row)
            if value["conversion"]:
                assert f" {value['activity_unit']} " in value["conversion"], (spec.key, row)
    assert seen > 150


def test_native_totals_and_checks_close_on_the_demo(recalculated: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(recalculated, data_only=True)
    for spec in SHEETS:
        sheet = book[spec.title]
        counts = [sheet.cell(5, column).value for column in range(3, 9)]
        entered, counted, refused, stale, partial, final = counts
        assert entered == counted
        assert (refused, stale) == (0, 0)
        assert final == partial
    assert book[at.SUMMARY].cell(at.STAMP_ROW + 1, at.SETTINGS_COLUMN).value == 0
    check = at.reason_rows()[-1].row + 2
    bridge = book[at.BRIDGE]
    assert [bridge.cell(check, column).value for column in range(2, 7)] == [0] * 5
    assert bridge.cell(at.bridge_first() + len(at.reason_rows()) + 2, 2).value == 0


GAS = {"label": "Chaufferie", "site": "Lyon", "quantity": 100.0, "unit": "kWh PCS", "factor": "37133"}
DAY = dt.date(2024, 3, 1)
EDITED = {
    "nombre changé": ({}, {"quantity": 120.0}),
    "nombre effacé": ({}, {"quantity": None}),
    "nombre devenu texte": ({}, {"quantity": "120"}),
    "facteur changé": ({}, {"factor": "37134"}),
    "texte corrigé": ({"quantity": "beaucoup"}, {"quantity": 100.0}),
    "texte changé": ({"quantity": "beaucoup"}, {"quantity": "1 000"}),
    "date corrigée": ({"quantity": DAY}, {"quantity": 100.0}),
    "négatif corrigé": ({"quantity": -5.0}, {"quantity": 5.0}),
    "quantité ajoutée": ({"quantity": None}, {"quantity": 0.0}),
}


def test_the_status_is_refused_until_the_row_is_edited(
    recalculate: Callable[[Path], Path], tmp_path: Path
) -> None:
    import openpyxl

    spec = entry_sheets()["combustion_fixe"]
    letters = {column.key: column_letters(number) for number, column in enumerate(spec.columns, start=1)}
    kept = [
        (GAS, formulas.COUNTED),
        ({**GAS, "quantity": "1 234,5"}, formulas.COUNTED),
        ({**GAS, "quantity": DAY}, formulas.REFUSED),
        ({**GAS, "quantity": True}, formulas.REFUSED),
        ({**GAS, "quantity": -3.0}, formulas.REFUSED),
        ({**GAS, "quantity": "1.234"}, formulas.REFUSED),
        ({**GAS, "quantity": None}, formulas.REFUSED),
        ({**GAS, "site": " Lyon "}, formulas.COUNTED),
    ]
    rows = [row for row, _ in kept] + [{**GAS, **before} for before, _ in EDITED.values()]
    rows = [{**row, "evidence": f"P{number}"} for number, row in enumerate(rows)]
    sites = [{"site": "Lyon", "country": "FR"}]
    book = tmp_path / "saisie.xlsx"
    data = demo_data()
    build(book, data=WorkbookData(data.settings, sites, [], [], {spec.key: rows}), macros=False)
    refresh(book)
    first = at.ENTRY_FIRST + len(kept)
    edits = {
        f"{letters[key]}{row}": value
        for row, (_, after) in enumerate(EDITED.values(), start=first)
        for key, value in after.items()
    }
    package = open_package(book)
    book.write_bytes(package.with_parts(patch(package, {spec.title: edits})).packed())
    sheet = openpyxl.load_workbook(recalculate(book), data_only=True)[spec.title]
    found = [sheet[f"{letters['status']}{at.ENTRY_FIRST + number}"].value for number in range(len(rows))]
    assert found[: len(kept)] == [status for _, status in kept]
    assert dict(zip(EDITED, found[len(kept) :], strict=True)) == dict.fromkeys(EDITED, formulas.STALE)


BILL = {"label": "Facture", "site": "Lyon", "quantity": 1000.0, "unit": "kWh", "factor": "43642"}
YEAR = {"period_start": dt.date(2024, 1, 1), "period_end": dt.date(2024, 12, 31)}
PROOF = {
    "label": "Garantie", "instrument_type": "garantie d'origine", "country": "FR", "quantity": 1.0, "unit": "kWh",
    "technology": "hydraulique", "cancelled": "O", "instrument_factor": "0,05",
}  # fmt: skip
PERIODS = {
    "electricite": [
        ({**BILL, **YEAR}, {}, formulas.COUNTED),
        ({**BILL, "period_start": dt.datetime(2024, 1, 1, 18, 37, 11)}, {}, formulas.COUNTED),
        ({**BILL, "period_start": "01/02/2024"}, {}, formulas.COUNTED),
        ({**BILL, "period_start": True}, {}, formulas.COUNTED),
        ({**BILL, **YEAR}, {"period_start": dt.datetime(2024, 1, 1, 9)}, formulas.COUNTED),
        ({**BILL, **YEAR}, {"period_start": dt.date(2024, 2, 1)}, formulas.STALE),
        ({**BILL, **YEAR}, {"period_end": dt.date(2024, 11, 30)}, formulas.STALE),
        ({**BILL, **YEAR}, {"period_end": None}, formulas.STALE),
        (BILL, YEAR, formulas.STALE),
        ({**BILL, "period_start": "01/02/2024"}, {"period_start": dt.date(2024, 2, 1)}, formulas.STALE),
    ],
    "instruments": [
        ({**PROOF, **YEAR}, {}, formulas.COUNTED),
        (PROOF, {}, formulas.COUNTED),
        ({**PROOF, **YEAR}, {"period_end": dt.date(2024, 6, 30)}, formulas.STALE),
        (PROOF, YEAR, formulas.STALE),
        (PROOF, {"technology": "éolien"}, formulas.STALE),
        (PROOF, {"instrument_factor": "0,06"}, formulas.STALE),
    ],
    "combustion_fixe": [({**GAS, **YEAR}, {"period_end": None}, formulas.COUNTED)],
}


def test_a_period_makes_its_row_stale_where_the_market_reads_it(
    recalculate: Callable[[Path], Path], tmp_path: Path
) -> None:
    import openpyxl

    book = tmp_path / "periodes.xlsx"
    entries = {
        key: [{**row, "evidence": f"P{number}"} for number, (row, _, _) in enumerate(rows)]
        for key, rows in PERIODS.items()
    }
    sites = [{"site": "Lyon", "country": "FR"}]
    build(book, data=WorkbookData(demo_data().settings, sites, [], [], entries), macros=False)
    assert refresh(book).evaluation.refused == 0
    edits, letters = {}, {}
    for key, rows in PERIODS.items():
        spec = entry_sheets()[key]
        letters[key] = {column.key: column_letters(n) for n, column in enumerate(spec.columns, start=1)}
        edits[spec.title] = {
            f"{letters[key][column]}{row}": value
            for row, (_, after, _) in enumerate(rows, start=at.ENTRY_FIRST)
            for column, value in after.items()
        }
    package = open_package(book)
    book.write_bytes(package.with_parts(patch(package, edits)).packed())
    made = openpyxl.load_workbook(recalculate(book), data_only=True)
    for key, rows in PERIODS.items():
        sheet = made[entry_sheets()[key].title]
        found = [sheet[f"{letters[key]['status']}{at.ENTRY_FIRST + n}"].value for n in range(len(rows))]
        assert found == [status for _, _, status in rows], key
