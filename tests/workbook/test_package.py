"""Opening a file that may be anything, and reading values as Excel means them."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbook_samples import ENTRY, FIRST, FOREIGN, LAST, TABLE, bare, rewrite, substitute, write_sample

from carbon_workbook.messages import CodedError
from carbon_workbook.values import CellError, Uncached
from carbon_workbook.workbook import package as package_module
from carbon_workbook.workbook.cells import (
    cell_ref,
    column_letters,
    column_number,
    date_of_serial,
    is_date_format,
    parse_cell,
    parse_range,
    serial_of_date,
)
from carbon_workbook.workbook.package import open_package, parse_package, read_sheet, read_table


def refused(code: str, path: Path) -> None:
    def read() -> None:
        package = open_package(path)
        for sheet in package.sheets:
            read_sheet(package, sheet.title)

    with pytest.raises(CodedError) as caught:
        read()
    assert caught.value.message.code == code


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return write_sample(tmp_path / "inventaire.xlsx")


def test_what_is_not_a_workbook_is_refused_with_its_own_code(tmp_path: Path, sample: Path) -> None:
    path = tmp_path / "f.xlsx"
    refused("CW-401", path)
    path.write_text("Libellé;Quantité")
    refused("CW-402", path)
    path.write_bytes(b"")
    refused("CW-402", path)
    whole = sample.read_bytes()
    for size in (10, len(whole) // 3, len(whole) - 30):
        path.write_bytes(whole[:size])
        refused("CW-403", path)
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    path.write_bytes(damaged)
    refused("CW-403", path)
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
    path.write_bytes(ole + "EncryptedPackage".encode("utf-16-le"))
    refused("CW-405", path)
    path.write_bytes(ole)
    refused("CW-409", path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<d/>")
    refused("CW-409", path)


def test_bombs_are_refused_before_being_inflated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bombe.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(40 * 2**20))
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("inflated"))
    refused("CW-404", path)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(package_module.MAX_ENTRIES + 1):
            archive.writestr(f"{number}.xml", b"")
    refused("CW-404", path)


def test_two_entries_of_one_name_are_refused(tmp_path: Path, sample: Path) -> None:
    with zipfile.ZipFile(sample, "a") as archive:
        archive.writestr("xl/Workbook.xml", b"<workbook/>")
    refused("CW-403", sample)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_are_refused(tmp_path: Path, encoding: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    path = bare(tmp_path / "f.xlsx", "")
    rewrite(path, lambda parts: parts.update({"customXml/item1.xml": xml.encode(encoding)}))
    refused("CW-406", path)


def test_missing_parts_sheets_and_tables_are_said(sample: Path) -> None:
    package = open_package(sample)
    for code, act in [
        ("CW-411", lambda: read_sheet(package, "Absente")),
        ("CW-412", lambda: read_table(package, "tbl_absent")),
        ("CW-410", lambda: package.root("xl/absent.xml")),
    ]:
        with pytest.raises(CodedError) as caught:
            act()
        assert caught.value.message.code == code
    rewrite(sample, lambda parts: parts.pop("xl/worksheets/sheet2.xml"))
    refused("CW-410", sample)


def test_the_workbook_is_described(sample: Path) -> None:
    package = open_package(sample)
    assert [(s.title, s.state, s.kind) for s in package.sheets] == [
        (ENTRY, "visible", "worksheet"),
        (FOREIGN, "visible", "worksheet"),
    ]
    assert package.defined_names == {"cw_annee": (ENTRY, "B1"), "cw_zone": (FOREIGN, "A1:D1")}
    assert package.tables[TABLE].bounds == (FIRST - 1, 1, LAST, 6)
    assert package.tables[TABLE].columns[5] == "Unité d'activité"
    assert parse_package(package.packed()).parts == package.parts


def test_values_are_those_openpyxl_reads(sample: Path) -> None:
    package = open_package(sample)
    cached = openpyxl.load_workbook(sample, data_only=True)
    formulas = openpyxl.load_workbook(sample)
    compared = 0
    for title in (ENTRY, FOREIGN):
        data = read_sheet(package, title)
        for row in cached[title].iter_rows():
            for cell in row:
                expected = cell.value.date() if isinstance(cell.value, dt.datetime) else cell.value
                value = data.value(cell.coordinate)
                assert (value.text if isinstance(value, CellError) else value) == expected, cell.coordinate
                if formulas[title][cell.coordinate].data_type == "f":
                    assert data.has_formula(cell.coordinate)
                compared += 1
    assert compared > 80
    assert data.has_formula("B4")  # inside an array formula's range
    assert not data.has_formula("A1")
    assert read_sheet(package, ENTRY).hidden_rows == {8}


def test_a_table_is_read_with_hidden_rows_and_what_is_typed_under_it(tmp_path: Path) -> None:
    path = write_sample(tmp_path / "f.xlsx")
    package = open_package(path)
    table = read_table(package, TABLE)
    assert [row for row, _ in table.rows] == list(range(FIRST, LAST + 1))
    assert table.rows[0][1][:3] == ["Ligne <4> & cie", 4.1, dt.date(2026, 3, 4)]
    assert table.rows[0][1][4] is None
    assert table.hidden == 1
    assert table.below == []  # a blank row stands between
    substitute(
        path,
        "xl/worksheets/sheet1.xml",
        '<row r="17"',
        '<row r="15"><c r="B15"><v>3</v></c></row><row r="17"',
    )
    assert read_table(open_package(path), TABLE).below == [(15, [None, 3.0, None, None, None, None])]


KINDS = """
<row r="1"><c r="A1"><v>1E-3</v></c><c r="B1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c>
<c r="D1" t="s"><v>2</v></c><c r="E1" t="b"><v>1</v></c><c r="F1" t="e"><v>#DIV/0!</v></c>
<c r="G1" t="str"><f>"a"&amp;"b"</f><v>a_x000D_b</v></c><c r="H1"><f>A1*2</f></c>
<c r="I1" t="d"><v>2026-03-01</v></c></row>
<row r="3" hidden="1"><c r="A3" s="1"><v>46082</v></c><c r="B3" s="2"><v>46082</v></c><c r="C3" s="3"><v>46082.5</v></c>
<c r="D3" s="1"><v>-4</v></c><c r="E3" t="inlineStr"><is><r><rPr><color rgb="1"/></rPr><t>gr</t></r><r><t>as</t></r>
<rPh sb="0" eb="1"><t>x</t></rPh></is></c><c t='n' s='1' r='F3'><v>2</v></c><c><v>7</v></c>
<c r="H3" t="str"><f>""</f><v></v></c><c r="I3"><f t="shared" si="0"/><v/></c><c r="J3" t="str"><f>""</f></c></row>
<row><c><v>8</v></c></row>
"""


def test_every_kind_of_cell_has_its_value(tmp_path: Path) -> None:
    data = read_sheet(open_package(bare(tmp_path / "f.xlsx", KINDS)), "S")
    first, second = data.rows[1], data.rows[3]
    assert list(first.values()) == [
        0.001, " un ", "deux", "a\rb & c_x0041_", True, CellError("#DIV/0!"), "a\rb", Uncached("A1*2"),
        dt.date(2026, 3, 1),
    ]  # fmt: skip
    assert first[5] is True
    assert list(second.values()) == [
        dt.date(2026, 3, 1), 46082.0, dt.datetime(2026, 3, 1, 12), -4.0, "gras", dt.date(1900, 1, 2), 7.0, "",
        Uncached(""), Uncached('""'),
    ]  # fmt: skip
    assert list(second) == list(range(1, 11))
    assert data.rows[4] == {1: 8.0}
    assert data.hidden_rows == {3}
    assert (data.max_row, data.max_column) == (4, 10)


SAME = (
    '<row r="2" spans="1:3"><c r="A2" s="1"><v>5</v></c><c r="B2" t="s"><v>0</v></c>'
    '<c r="C2"><f>A2</f><v>5</v></c></row>'
)


@pytest.mark.parametrize(
    "spelling",
    [
        SAME.replace('"', "'"),
        SAME.replace('<c r="A2" s="1">', '<c s="1" r="A2" cm="1" >'),
        SAME.replace("><", ">\n  <"),
        SAME.replace("</c>", "</c >").replace("</row>", "</row >"),
        SAME.replace("<f>", '<f ca="1">').replace("<v>0", '<v xml:space="preserve">0'),
    ],
)
def test_another_spelling_gives_the_same_values(tmp_path: Path, spelling: str) -> None:
    usual = read_sheet(open_package(bare(tmp_path / "a.xlsx", SAME)), "S")
    other = read_sheet(open_package(bare(tmp_path / "b.xlsx", spelling)), "S")
    assert usual == other
    assert usual.formula_columns == {2: [3]}


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ('<row r="1"><c r="A1"><v>1</v></c><!-- <c r="B1"><v>2</v></c> --></row>', "CW-408"),
        ('<row r="1"><c r="A1" t="str"><v><![CDATA[x]]></v></c></row>', "CW-408"),
        ('<row r="1"><?php x?><c r="A1"/></row>', "CW-408"),
        ('<row r="1"><c r="A1"><w>1</w></c></row>', "CW-408"),
        ('<row r="1"><d r="A1"/></row>', "CW-408"),
        ('<row r="x"><c r="A1"/></row>', "CW-408"),
        ('<c r="A1"><v>1</v></c>', "CW-408"),
        ('<row r="1"><c r="A1"><v>&b;</v></c></row>', "CW-407"),
        ('<row r="1"><c r="A1"><v>1</v></row>', "CW-408"),
        ('<row r="1"><c r="A1" s="<c r="B1" s="0"/></row>', "CW-408"),
        ('<row r="1">0"/><c r="A1" s="0"/></row>', "CW-408"),
        ('<row r="1"><c r="A1" s="0"/></row><c r="B1" s="0"/></row>', "CW-408"),
        ('<row r="1"><c r="A1" s="0"/><c r="B2" s="0"/></row>', "CW-414"),
        ('<row r="1"><c r="B1" s="0"/><c r="A1" s="0"/></row>', "CW-414"),
        ('<row r="1"><c r="A1" s="0" t="z"><v>1</v></c></row>', "CW-415"),
        ('<row r="1"><c r="A1" t="str"><v>a\x01</v></c></row>', "CW-407"),
        ('<row r="1"><c r="B1"/><c r="A1"/></row>', "CW-414"),
        ('<row r="1"><c r="A1"/><c r="A1"/></row>', "CW-414"),
        ('<row r="2"/><row r="1"/>', "CW-414"),
        ('<row r="1"><c r="A2"/></row>', "CW-414"),
        ('<row r="1048577"/>', "CW-414"),
        ('<row r="1"><c r="ZZZ1"/></row>', "CW-414"),
        ('<row r="1"><c r="A1"><v>NaN</v></c></row>', "CW-415"),
        ('<row r="1"><c r="A1"><v>1e999</v></c></row>', "CW-415"),
        ('<row r="1"><c r="A1"><v>1_0</v></c></row>', "CW-415"),
        ('<row r="1"><c r="A1" t="s"><v>3</v></c></row>', "CW-415"),
        ('<row r="1"><c r="A1" t="s"><v>-1</v></c></row>', "CW-415"),
        ('<row r="1"><c r="A1" t="b"><v>oui</v></c></row>', "CW-415"),
        ('<row r="1"><c r="A1" t="z"><v>1</v></c></row>', "CW-415"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, rows: str, code: str) -> None:
    refused(code, bare(tmp_path / "f.xlsx", rows))


def test_prefixed_or_foreign_sheets_are_refused(tmp_path: Path) -> None:
    good = bare(tmp_path / "f.xlsx", "")
    with zipfile.ZipFile(good) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    prefixed = (
        xml.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?").replace("xmlns=", "xmlns:x=")
    )
    refused("CW-408", bare(tmp_path / "a.xlsx", "", sheet=prefixed))
    refused("CW-408", bare(tmp_path / "b.xlsx", "", sheet=xml.replace("2006/main", "2006/autre")))
    refused("CW-407", bare(tmp_path / "c.xlsx", "", sheet=xml.replace("</worksheet>", "")))
    refused("CW-408", bare(tmp_path / "d.xlsx", "", sheet=xml.replace("<sheetData></sheetData>", "")))


def test_the_error_names_the_cell(tmp_path: Path) -> None:
    package = open_package(bare(tmp_path / "f.xlsx", '<row r="7"><c r="C7"><v>inf</v></c></row>'))
    with pytest.raises(CodedError) as caught:
        read_sheet(package, "S")
    assert (caught.value.message.sheet, caught.value.message.cell) == ("S", "C7")


def test_1904_dates(tmp_path: Path) -> None:
    path = bare(tmp_path / "f.xlsx", '<row r="1"><c r="A1" s="1"><v>0</v></c></row>')
    substitute(path, "xl/workbook.xml", "<sheets>", '<workbookPr date1904="1"/><sheets>')
    assert read_sheet(open_package(path), "S").value("A1") == dt.date(1904, 1, 1)


@given(st.integers(1, 16_384), st.integers(1, 1_048_576))
def test_references_round_trip(column: int, row: int) -> None:
    assert column_number(column_letters(column)) == column
    assert parse_cell(cell_ref(row, column)) == (row, column)


@pytest.mark.parametrize("ref", ["A0", "1A", "", "A1048577", "AAAA1", "A1:B2", "XFE1"])
def test_what_is_no_cell_is_refused(ref: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_cell(ref)


def test_ranges() -> None:
    assert parse_range("$B$2:D9") == (2, 2, 9, 4)
    with pytest.raises(ValueError, match="range"):
        parse_range("D9:B2")


@given(st.dates(dt.date(1900, 1, 1)), st.booleans())
def test_dates_round_trip(day: dt.date, epoch_1904: bool) -> None:
    if epoch_1904 and day.year < 1904:
        return
    assert date_of_serial(serial_of_date(day, epoch_1904=epoch_1904), epoch_1904=epoch_1904) == day


def test_serials_that_are_no_day() -> None:
    assert date_of_serial(1) == dt.date(1900, 1, 1)
    assert date_of_serial(61) == dt.date(1900, 3, 1)
    assert [date_of_serial(serial) for serial in (60, 0, -3, 2_958_466)] == [None] * 4


@pytest.mark.parametrize(
    ("code", "is_date"),
    [("dd/mm/yyyy", True), ("[$-40C]mmm yy;@", True), ("mmmm", True), ("hh:mm", False), ("mm:ss", False),
     ('0.0" day"', False), ("General", False), ("#,##0.00", False), ("[h]:mm", False), ('yyyy"-"mm', True),
     ("0.00E+00", False), ("@", False)],
)  # fmt: skip
def test_date_formats(code: str, is_date: bool) -> None:
    assert is_date_format(164, code) is is_date


def test_packing_is_the_same_twice_and_keeps_order(sample: Path) -> None:
    package = open_package(sample)
    data = package.packed()
    assert data == package.packed()
    with zipfile.ZipFile(io.BytesIO(data)) as new, zipfile.ZipFile(sample) as old:
        shown = [(i.filename, i.date_time, i.compress_type) for i in new.infolist()]
        assert shown == [(i.filename, i.date_time, i.compress_type) for i in old.infolist()]
