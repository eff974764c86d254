"""What a patch may change, and that it changes nothing else."""

from __future__ import annotations

import datetime as dt
import math
import warnings
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbook_samples import ENTRY, FIRST, FOREIGN, LAST, TABLE, bare, substitute, write_sample

from carbon_workbook.messages import CodedError
from carbon_workbook.values import CellError
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import (
    Package,
    Value,
    open_package,
    parse_package,
    read_sheet,
    read_table,
)
from carbon_workbook.workbook.patch import MAX_TEXT, patch

SHEET_1 = "xl/worksheets/sheet1.xml"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample") / "inventaire.xlsx")


@pytest.fixture(scope="module")
def one_cell(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return open_package(
        bare(tmp_path_factory.mktemp("bare") / "f.xlsx", '<row r="2"><c r="B2" s="1"/></row>')
    )


def by_openpyxl(path: Path, **options: bool) -> dict[tuple[str, str], tuple[object, str, bool]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path, **options)
    return {
        (sheet.title, cell.coordinate): (
            getattr(cell.value, "text", cell.value), cell.number_format, bool(cell.font.bold)
        )
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
    }  # fmt: skip


CHANGES: dict[str, dict[str, Value]] = {
    ENTRY: {
        "E5": 12.5,
        "E6": "à revoir",
        "E8": None,
        "B6": -3,
        "A7": "=SUM(A1)",
        "G5": True,
        "I3": "ligne créée",
        "A15": "Ligne de plus",
        "B15": 0.1,
        "C15": dt.date(2026, 7, 1),
        "A18": CellError("#N/A"),
    }
}


def test_only_what_is_listed_changes(sample: Path, tmp_path: Path) -> None:
    package = open_package(sample)
    changed = patch(package, CHANGES, growth={TABLE: 15}, links={ENTRY: {"A18": f"'{FOREIGN}'!B1"}})
    table = package.tables[TABLE].part
    assert set(changed) == {SHEET_1, table}
    new = tmp_path / "nouveau.xlsx"
    new.write_bytes(package.with_parts(changed).packed())
    after = open_package(new)
    same = [name for name in package.parts if package.parts[name] == after.parts[name]]
    assert list(package.parts) == list(after.parts)
    assert len(same) == len(package.parts) - 2

    # By our own scan.
    for title in (ENTRY, FOREIGN):
        old, now = read_sheet(package, title), read_sheet(after, title)
        assert now.formula_columns == old.formula_columns
        cells = {f"{chr(64 + c)}{r}" for data in (old, now) for r, row in data.rows.items() for c in row}
        differing = {ref for ref in cells if old.value(ref) != now.value(ref)}
        assert differing == {ref for ref, value in CHANGES.get(title, {}).items() if value is not None}
        assert all(now.value(ref) == value for ref, value in CHANGES.get(title, {}).items())
    assert read_table(after, TABLE).rows[-1] == (
        15,
        ["Ligne de plus", 0.1, dt.date(2026, 7, 1), None, None, None],
    )

    # By openpyxl: values, formulas, number formats and fonts.
    for options in ({"data_only": True}, {}):
        old_cells, new_cells = by_openpyxl(sample, **options), by_openpyxl(new, **options)
        blank = (None, "General", False)
        differing = {
            ref for ref in old_cells | new_cells if old_cells.get(ref, blank) != new_cells.get(ref, blank)
        }
        assert differing <= {(ENTRY, ref) for ref in CHANGES[ENTRY]}
        assert {ref for ref in differing if old_cells.get(ref, blank)[1:] != new_cells[ref][1:]} == {
            (ENTRY, "C15")
        }
    assert new_cells[ENTRY, "C15"][1] == new_cells[ENTRY, "C14"][1] == "dd/mm/yyyy"
    assert new_cells[ENTRY, "A7"][0] == "=SUM(A1)"
    assert lint(after) == []


def test_outside_the_listed_cells_the_sheet_is_byte_identical(sample: Path) -> None:
    package = open_package(sample)
    new = patch(package, {ENTRY: {"E5": 1.5, "E9": "x"}})[SHEET_1].decode()
    old = package.parts[SHEET_1].decode()
    new = new.replace("><v>1.5</v></c>", "/>", 1)
    new = new.replace(' t="inlineStr"><is><t xml:space="preserve">x</t></is></c>', "/>", 1)
    assert new == old


def test_only_full_calculation_changes_in_the_workbook(sample: Path, tmp_path: Path) -> None:
    package = open_package(sample)  # xlsxwriter already asks for it
    assert b'fullCalcOnLoad="1"' in package.parts["xl/workbook.xml"]
    assert "xl/workbook.xml" not in patch(package, {ENTRY: {"E5": 1.0}})
    quiet = open_package(
        substitute(write_sample(tmp_path / "q.xlsx"), "xl/workbook.xml", ' fullCalcOnLoad="1"', "")
    )
    old = quiet.parts["xl/workbook.xml"]
    new = patch(quiet, {ENTRY: {"E5": 1.0}})["xl/workbook.xml"]
    assert new == old.replace(b"<calcPr ", b'<calcPr fullCalcOnLoad="1" ')
    without = open_package(
        substitute(tmp_path / "q.xlsx", "xl/workbook.xml", '<calcPr calcId="124519"/>', "")
    )
    new = patch(without, {ENTRY: {"E5": 1.0}})["xl/workbook.xml"]
    assert new == without.parts["xl/workbook.xml"].replace(
        b"</definedNames>", b'</definedNames><calcPr fullCalcOnLoad="1"/>'
    )


def test_writing_what_is_there_changes_nothing_the_second_time(sample: Path) -> None:
    package = open_package(sample)
    once = package.with_parts(patch(package, CHANGES, growth={TABLE: 15}, links={ENTRY: {"A18": "A1"}}))
    assert patch(once, CHANGES, growth={TABLE: 15}, links={ENTRY: {"A18": "A1"}}) == {}
    assert patch(package) == {}


@pytest.mark.parametrize(("title", "ref"), [(ENTRY, "D5"), (FOREIGN, "A3"), (FOREIGN, "B4"), (FOREIGN, "C3")])
def test_a_formula_is_never_replaced(sample: Path, title: str, ref: str) -> None:
    package = open_package(sample)
    for value in (1.0, None):
        with pytest.raises(CodedError) as caught:
            patch(package, {title: {ref: value}})
        assert (caught.value.message.code, caught.value.message.cell) == ("CW-416", ref)


def test_internal_links_are_replaced_and_external_ones_kept(sample: Path) -> None:
    package = open_package(sample)
    sheet = patch(package, links={ENTRY: {"A5": "'L''été'!C7", "A6": "Synthèse!B2"}})[SHEET_1].decode()
    start, end = sheet.index("<hyperlinks>"), sheet.index("</hyperlinks>")
    assert sheet.count("<hyperlink ") == 3
    assert 'r:id="' in sheet[start:end]
    assert f"location=\"'{FOREIGN}'!A1\"" not in sheet
    assert sheet[:start] == package.parts[SHEET_1].decode()[:start]
    foreign = patch(package, links={FOREIGN: {"A1": "A2"}})["xl/worksheets/sheet2.xml"].decode()
    assert "</mergeCells><hyperlinks>" in foreign
    assert "</hyperlinks><pageMargins" in foreign
    assert lint(package.with_parts(patch(package, links={FOREIGN: {"A1": "A2"}}))) == []


def test_growth_is_refused_over_another_table_or_backwards(tmp_path: Path, sample: Path) -> None:
    package = open_package(sample)
    with pytest.raises(CodedError) as caught:
        patch(package, growth={TABLE: LAST - 1})
    assert caught.value.message.code == "CW-418"
    part = package.tables[TABLE].part
    path = substitute(
        write_sample(tmp_path / "t.xlsx"), part, "totalsRowShown", 'totalsRowCount="1" totalsRowShown'
    )
    with pytest.raises(CodedError) as caught:
        patch(open_package(path), growth={TABLE: LAST + 1})
    assert caught.value.message.code == "CW-418"
    assert f'ref="A{FIRST - 1}:F20"' in patch(package, growth={TABLE: 20})[part].decode()
    assert patch(package, growth={TABLE: 20})[part].decode().count("F20") == 2


def test_rows_and_cells_are_created_in_order(tmp_path: Path) -> None:
    rows = '<row r="3"><c r="B3" s="1"/><c r="D3" s="2"><v>4</v></c></row><row r="6" ht="20"/><row r="9" s="1"></row>'
    package = open_package(bare(tmp_path / "f.xlsx", rows))
    wanted: dict[str, Value] = {
        ref: float(n) for n, ref in enumerate(["A1", "A3", "C3", "E3", "B4", "D4", "A6", "C9", "A12", "B5"])
    }
    after = package.with_parts(patch(package, {"S": wanted}))
    sheet = read_sheet(after, "S")
    assert all(sheet.value(ref) is not None for ref in wanted)
    assert lint(after) == []
    xml = after.parts[SHEET_1].decode()
    assert '<row r="4"><c r="B4" s="1"><v>4</v></c><c r="D4" s="2"><v>5</v></c></row>' in xml
    assert '<row r="5"><c r="B5" s="1">' in xml  # the style goes down from created cells too
    assert '<row r="6" ht="20"><c r="A6">' in xml
    assert patch(package, {"S": {"Z3": None, "A40": None}}) == {}


def test_an_empty_sheet_can_be_written(tmp_path: Path) -> None:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<dimension ref="A1"/><sheetData/><pageMargins/></worksheet>'
    )
    package = open_package(bare(tmp_path / "f.xlsx", "", sheet=sheet))
    xml = patch(package, {"S": {"C4": 1}})[SHEET_1].decode()
    assert (
        '<dimension ref="A1:C4"/><sheetData><row r="4"><c r="C4"><v>1</v></c></row></sheetData><pageM' in xml
    )


@pytest.mark.parametrize(
    "spelling",
    ["<c s='2' r='B2' t='n'><v>4</v></c>", '<c r="B2" t="n" s="2" ><v>4</v></c >', '<c/><c s="2"/>'],
)
def test_unusual_spellings_are_patched_too(tmp_path: Path, spelling: str) -> None:
    package = open_package(bare(tmp_path / "f.xlsx", f"<row r='2'>{spelling}\n</row >"))
    after = package.with_parts(patch(package, {"S": {"A2": "un", "B2": 8.25, "C2": "trois"}}))
    assert list(read_sheet(after, "S").rows[2].values()) == ["un", 8.25, "trois"]
    assert 'r="B2" s="2"' in after.parts[SHEET_1].decode()


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_any_text_comes_back(one_cell: Package, text: str) -> None:
    after = parse_package(one_cell.with_parts(patch(one_cell, {"S": {"B2": text}})).packed())
    assert read_sheet(after, "S").value("B2") == text
    assert not read_sheet(after, "S").has_formula("B2")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_comes_back(one_cell: Package, number: float) -> None:
    after = one_cell.with_parts(patch(one_cell, {"S": {"C2": number}}))
    assert read_sheet(after, "S").value("C2") == number


@pytest.mark.parametrize(
    "label", ["=1+1", "+33", "-A", "@cmd", "=HYPERLINK(1)", "_x0041_", "\ttab", " deux  espaces "]
)
def test_labels_are_only_text(one_cell: Package, label: str) -> None:
    xml = patch(one_cell, {"S": {"B2": label}})[SHEET_1].decode()
    assert "<f" not in xml
    assert 't="inlineStr"' in xml


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, np.float64("nan")])
def test_what_is_not_finite_is_never_written(one_cell: Package, number: float) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        patch(one_cell, {"S": {"B2": number}})


def test_numbers_are_short_and_of_any_real_type(one_cell: Package) -> None:
    def written(value: object) -> str:
        xml = patch(one_cell, {"S": {"B2": value}})[SHEET_1].decode()  # type: ignore[dict-item]
        return xml.partition("<v>")[2].partition("</v>")[0]

    assert [written(v) for v in (5.0, 0.1, 7, np.float64(2.5), np.int64(3), 1e-7, dt.datetime(2026, 3, 1, 12))] == [
        "5", "0.1", "7", "2.5", "3", "1e-07", "46082.5"
    ]  # fmt: skip
    with pytest.raises(TypeError):
        written([1])


def test_a_text_too_long_is_refused(one_cell: Package) -> None:
    patch(one_cell, {"S": {"B2": "x" * MAX_TEXT}})
    with pytest.raises(CodedError) as caught:
        patch(one_cell, {"S": {"B2": "x" * (MAX_TEXT + 1)}})
    assert caught.value.message.code == "CW-417"
