"""The built workbook: sheets, tables, names, macros, and two builds that are the same."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from oletools.olevba import VBA_Parser
from openpyxl.worksheet.worksheet import Worksheet

from carbon_workbook.specs.spec import entry_sheets, settings
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import WorkbookData, build
from carbon_workbook.workbook.build_entry import COUNTS
from carbon_workbook.workbook.build_lists import all_lists
from carbon_workbook.workbook.build_setup import BUTTONS
from carbon_workbook.workbook.catalogue import FACTOR_CHOICES
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import open_package
from carbon_workbook.workbook.vba import module_sources, ribbon_source

FORMULA_LOOKING = ("=1+1", "+33 1", "-5 %", "@nom")


def _data() -> WorkbookData:
    rows = [{"label": text, "quantity": 2.0, "unit": "t", "factor": "26729"} for text in FORMULA_LOOKING]
    return WorkbookData(
        settings={"company_name": "Essai", "year": 2024},
        sites=[{"site": "Lyon", "country": "FR"}],
        categories=[{"code": "C14", "decision": "exclue", "reason": "aucune franchise", "visible": "N"}],
        entries={"cat01": rows, "cat05": [{"label": str(n)} for n in range(40)]},
    )


@pytest.fixture(scope="module")
def macro_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("build") / "book.xlsm"
    build(path, data=_data())
    return path


@pytest.fixture(scope="module")
def plain_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("build") / "book.xlsx"
    build(path, data=_data(), macros=False)
    return path


def _parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def _labels(sheet: Worksheet, row: int, count: int) -> list[object]:
    return [sheet.cell(row, column).value for column in range(1, count + 1)]


def test_every_sheet_is_there_in_order(macro_book: Path, plain_book: Path) -> None:
    entries = [spec.title for spec in entry_sheets().values()]
    expected = [
        at.HOME, *at.SETUP_SHEETS, *entries, *at.PLAN_SHEETS, *at.RESULT_SHEETS, at.CATALOGUE, at.LISTS,
    ]  # fmt: skip
    assert openpyxl.load_workbook(plain_book).sheetnames == expected
    assert openpyxl.load_workbook(macro_book).sheetnames == [*expected, at.XLWINGS]


def test_the_package_has_no_fault(macro_book: Path, plain_book: Path) -> None:
    assert lint(open_package(macro_book)) == lint(open_package(plain_book))
    assert not lint(open_package(macro_book))


def test_entry_tables_have_the_titles_of_their_specification(plain_book: Path) -> None:
    book = openpyxl.load_workbook(plain_book)
    for spec in entry_sheets().values():
        sheet = book[spec.title]
        assert _labels(sheet, at.ENTRY_HEADER, len(spec.columns)) == [column.label for column in spec.columns]
        assert spec.table in sheet.tables
        assert sheet.freeze_panes == "C9"
        assert not sheet.protection.sheet


def test_a_table_keeps_spare_rows(plain_book: Path) -> None:
    book = openpyxl.load_workbook(plain_book)
    assert book["C5 Déchets"].tables["tbl_cat05"].ref.endswith(str(at.ENTRY_HEADER + 50))
    assert book["C1 Achats"].tables["tbl_cat01"].ref.endswith(str(at.ENTRY_HEADER + 30))


def test_result_sheets_only_are_protected_and_without_password(plain_book: Path) -> None:
    book = openpyxl.load_workbook(plain_book)
    protected = {sheet.title for sheet in book if sheet.protection.sheet}
    assert protected == {*at.RESULT_SHEETS, at.CATALOGUE}
    assert all(book[title].protection.password is None for title in protected)


def test_the_names_of_the_contract_exist(plain_book: Path) -> None:
    book = openpyxl.load_workbook(plain_book)
    names = set(book.defined_names)
    assert {setting.name for setting in settings()} <= names
    assert {at.count_name(key, spec) for key, _, _ in COUNTS for spec in entry_sheets()} <= names
    assert {at.SCHEMA_NAME, at.BASE_NAME, "cw_recherche", "cw_saisies", "cw_refusees"} <= names
    sheet, cell = next(iter(book.defined_names["cw_annee"].destinations))
    assert book[sheet][cell].value == 2024


def test_every_list_of_a_drop_down_is_defined(plain_book: Path) -> None:
    book = openpyxl.load_workbook(plain_book)
    used = {
        rule.formula1
        for sheet in book
        for rule in sheet.data_validations.dataValidation
        if rule.type == "list" and rule.formula1.startswith("cw_")
    }
    assert used
    assert used <= set(book.defined_names)
    styles = {
        rule.errorStyle
        for sheet in book
        for rule in sheet.data_validations.dataValidation
        if rule.type != "none"
    }
    assert styles == {"warning"}


def test_factor_lists_are_short_and_not_empty() -> None:
    lists = all_lists()
    assert "facteurs_instruments" not in lists
    for key in set(entry_sheets()) - {"instruments"}:
        assert 10 <= len(lists[f"facteurs_{key}"]) <= FACTOR_CHOICES, key


def test_a_text_that_looks_like_a_formula_stays_a_text(plain_book: Path) -> None:
    sheet = openpyxl.load_workbook(plain_book)["C1 Achats"]
    for row, text in enumerate(FORMULA_LOOKING, start=at.ENTRY_FIRST):
        assert sheet.cell(row, 2).value == text
        assert sheet.cell(row, 2).data_type == "s"


def test_the_sheet_of_a_screened_out_category_is_hidden(plain_book: Path) -> None:
    book = openpyxl.load_workbook(plain_book)
    hidden = {sheet.title for sheet in book if sheet.sheet_state != "visible"}
    assert hidden == {"C14 Franchises", at.FROZEN, at.LISTS}


def test_the_modules_read_back_are_the_sources(macro_book: Path) -> None:
    parser = VBA_Parser(str(macro_book))
    found = {name.rsplit(".", 1)[0]: code for _, _, name, code in parser.extract_macros()}
    parser.close()
    sources = module_sources()
    assert "xlwings" in sources
    assert "BSD 3-clause" in sources["xlwings"]
    for name, source in sources.items():
        assert found[name].replace("\r\n", "\n").rstrip("\n") == source.rstrip("\n"), name


def test_ribbon_and_buttons_call_macros_that_exist(macro_book: Path) -> None:
    parts = _parts(macro_book)
    code = "\n".join(module_sources().values())
    assert parts["customUI/customUI14.xml"].decode() == ribbon_source()
    assert b"customUI/customUI14.xml" in parts["_rels/.rels"]
    actions = re.findall(r'onAction="(\w+)"', ribbon_source())
    drawings = "".join(
        text.decode() for name, text in parts.items() if name.startswith("xl/drawings/drawing")
    )
    buttons = re.findall(r'macro="\[0\]!(\w+)"', drawings)
    assert sorted(buttons) == sorted(macro for macro, _ in BUTTONS)
    assert at.MACRO_MARK not in drawings
    for name in (*actions, *buttons):
        assert re.search(rf"^Public Sub {name}\(", code, re.MULTILINE), name


def test_a_workbook_without_macros_has_none(plain_book: Path) -> None:
    parts = _parts(plain_book)
    assert not [name for name in parts if "vba" in name.lower() or "customUI" in name]
    assert b"macroEnabled" not in parts["[Content_Types].xml"]


def test_two_builds_are_identical(macro_book: Path, tmp_path: Path) -> None:
    again = tmp_path / "book.xlsm"
    build(again, data=_data())
    first, second = _parts(macro_book), _parts(again)
    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_ten_thousand_rows_stay_under_five_megabytes(tmp_path: Path) -> None:
    rows = [
        {"label": f"Achat n° {n}", "quantity": n + 0.5, "unit": "t", "factor": "26729", "evidence": f"F{n}"}
        for n in range(10_000)
    ]
    path = tmp_path / "long.xlsx"
    build(path, data=WorkbookData(entries={"cat01": rows}), macros=False)
    assert path.stat().st_size < 5_000_000
