"""One seeded corruption, one test; and silence on a good workbook."""

from __future__ import annotations

from pathlib import Path

import pytest
from openxml_audit import OpenXmlValidator
from workbook_samples import ENTRY, FOREIGN, MAIN, TABLE, bare, rewrite, substitute, write_sample

from carbon_workbook.messages import Message
from carbon_workbook.workbook.lint import MAX_OF_A_KIND, lint
from carbon_workbook.workbook.package import open_package

SHEET_1 = "xl/worksheets/sheet1.xml"
SHEET_2 = "xl/worksheets/sheet2.xml"
TABLE_1 = "xl/tables/table1.xml"
BOOK = "xl/workbook.xml"


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return write_sample(tmp_path / "inventaire.xlsx")


def found(path: Path) -> list[Message]:
    return lint(open_package(path))


def test_a_good_workbook_has_nothing(sample: Path, tmp_path: Path) -> None:
    assert found(sample) == []
    assert found(bare(tmp_path / "nu.xlsx", '<row r="1"><c r="A1" s="3" t="s"><v>2</v></c></row>')) == []


def test_another_judge_finds_nothing_in_it_either(tmp_path: Path) -> None:
    path = write_sample(tmp_path / "bon.xlsx")

    def without_invented_parts(parts: dict[str, bytes]) -> None:
        # The slicer of the sample is a stub: only its survival matters, not its content.
        for part in ("[Content_Types].xml", "xl/worksheets/_rels/sheet1.xml.rels", "_rels/.rels"):
            xml = parts[part].decode()
            for mark in ("/xl/slicers/", "../slicers/", "customXml/item1.xml"):
                while mark in xml:
                    start = xml.rindex("<", 0, xml.index(mark))
                    xml = xml[:start] + xml[xml.index(">", start) + 1 :]
            parts[part] = xml.encode()
        del parts["xl/slicers/slicer1.xml"], parts["customXml/item1.xml"]

    rewrite(path, without_invented_parts)
    result = OpenXmlValidator().validate(path)
    assert [str(error) for error in result.errors] == []
    substitute(path, BOOK, "<sheets>", "<feuilles/><sheets>")
    assert not OpenXmlValidator().validate(path).is_valid


MERGED = '<mergeCells><mergeCell ref="C9:D9"/></mergeCells>'
HEADER = '<tableColumn id="2" name="Quantité"'
FORMULA = f"{TABLE}[[#This Row],[Quantité]]*2"

SEEDED = [
    # The nine of the working decisions.
    ("CW-430", ENTRY, "B4", TABLE_1, HEADER, HEADER.replace("Quantité", "Quantités")),
    ("CW-431", FOREIGN, "D3", SHEET_2, '"a;b","c")', '"a;b";"c")'),
    ("CW-432", ENTRY, "", BOOK, '<definedName name="cw_zone"', f'<definedName name="{TABLE.upper()}"'),
    ("CW-433", ENTRY, "A4", SHEET_1, '<row r="5"', '<row r="4"/><row r="5"'),
    ("CW-434", ENTRY, "E5", SHEET_1, '<c r="E5" s="', '<c r="E5" s="9'),
    ("CW-435", ENTRY, "F5", SHEET_1, '<c r="F5" t="s"><v>', '<c r="F5" t="s"><v>99'),
    ("CW-436", ENTRY, "B5", SHEET_1, '<c r="B5"><v>4.1', '<c r="B5"><v>NaN'),
    ("CW-437", ENTRY, "A4", TABLE_1, 'ref="A4:F14"', 'ref="A4:E14"'),
    ("CW-438", "", "", BOOK, f"'{FOREIGN}'!$A$1:$D$1", "Absente!$A$1"),
    # And the others.
    ("CW-433", FOREIGN, "A1", SHEET_2, '<c r="B1">', '<c r="D1">'),
    ("CW-433", FOREIGN, "A1", SHEET_2, '<c r="B1">', '<c r="B2">'),
    ("CW-434", ENTRY, "A8", SHEET_1, '<row r="8"', '<row s="77" customFormat="1" r="8"'),
    ("CW-434", ENTRY, "", SHEET_1, 'dxfId="0"', 'dxfId="40"'),
    ("CW-435", ENTRY, "F5", SHEET_1, '<c r="F5" t="s"><v>', '<c r="F5" t="s"><v>-'),
    ("CW-436", ENTRY, "B5", SHEET_1, '<c r="B5"><v>4.1', '<c r="B5"><v>-INF'),
    ("CW-437", ENTRY, "A4", TABLE_1, 'ref="A4:F14" totals', 'ref="A4:F4" totals'),
    ("CW-437", ENTRY, "A4", TABLE_1, '<autoFilter ref="A4:F14"', '<autoFilter ref="A4:F13"'),
    ("CW-437", ENTRY, "A4", TABLE_1, 'name="Date"', 'name="quantité"'),
    ("CW-437", ENTRY, "C9:D9", SHEET_1, "</sheetData>", f"</sheetData>{MERGED}"),
    ("CW-438", "", "", BOOK, f"{TABLE}[Quantité]", "tbl_absent[Quantité]"),
    ("CW-446", "", "", BOOK, f"'{FOREIGN}'!$A$1:$D$1", f"'{FOREIGN}'!#REF!"),
    ("CW-431", "", "", BOOK, f"'{FOREIGN}'!$A$1:$D$1", f"SUM('{FOREIGN}'!$A$1;1)"),
    ("CW-439", "", "", "_rels/.rels", "docProps/app.xml", "docProps/absent.xml"),
    ("CW-439", "", "", SHEET_1, '<drawing r:id="rId', '<drawing r:id="rId7'),
    ("CW-440", "", "", "[Content_Types].xml", "/xl/styles.xml", "/xl/absent.xml"),
    ("CW-440", "", "", "[Content_Types].xml", '<Default Extension="png" ContentType="image/png"/>', ""),
    ("CW-441", "", "", BOOK, '<definedName name="cw_zone"', '<definedName name="CW_ANNEE"'),
    ("CW-442", ENTRY, "F5", SHEET_1, '"kWh,litre"', '"' + "x" * 256 + '"'),
    ("CW-442", ENTRY, "F5", SHEET_1, "<dataValidation ", f'<dataValidation promptTitle="{"x" * 33}" '),
    ("CW-444", ENTRY, "D5", SHEET_1, FORMULA, FORMULA.replace("Quantité", "Quantitée")),
    ("CW-444", ENTRY, "D5", SHEET_1, FORMULA, FORMULA.replace(TABLE, "tbl_autre")),
    ("CW-444", ENTRY, "D5", SHEET_1, FORMULA, "[@Quantité]*2"),
    ("CW-445", ENTRY.lower(), "", BOOK, f'name="{FOREIGN}"', f'name="{ENTRY.lower().replace("&", "&amp;")}"'),
    ("CW-447", ENTRY, "", SHEET_1, "</sheetData>", "</sheetData><sheetPr/>"),
    ("CW-408", "", "", SHEET_1, "<row ", "<!-- x --><row "),
    ("CW-407", "", "", "xl/styles.xml", "</styleSheet>", ""),
]  # fmt: skip


@pytest.mark.parametrize(("code", "sheet", "cell", "part", "old", "new"), SEEDED)
def test_a_seeded_corruption_is_found(
    sample: Path, code: str, sheet: str, cell: str, part: str, old: str, new: str
) -> None:
    messages = found(substitute(sample, part, old, new))
    assert code in {item.code for item in messages}
    assert (sheet, cell) in {(item.sheet, item.cell) for item in messages if item.code == code}


def test_two_tables_of_one_name_and_overlapping(tmp_path: Path) -> None:
    path = write_sample(tmp_path / "f.xlsx")

    def second(parts: dict[str, bytes]) -> None:
        parts["xl/tables/table2.xml"] = parts[TABLE_1]
        for part, mark, added in [
            (
                "[Content_Types].xml",
                "</Types>",
                '<Override PartName="/xl/tables/table2.xml" ContentType="application/'
                'vnd.openxmlformats-officedocument.spreadsheetml.table+xml"/>',
            ),
            (
                "xl/worksheets/_rels/sheet1.xml.rels",
                "</Relationships>",
                '<Relationship Id="rId50" Target="../tables/table2.xml" Type="http://schemas.openxmlformats.org/'
                'officeDocument/2006/relationships/table"/>',
            ),
        ]:
            parts[part] = parts[part].replace(mark.encode(), (added + mark).encode())

    messages = found(rewrite(path, second))
    assert {item.code for item in messages} == {"CW-432", "CW-437"}


def test_the_calculation_chain_cites_formulas_only(tmp_path: Path) -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    path = bare(tmp_path / "f.xlsx", '<row r="1"><c r="A1"><f>1</f><v>1</v></c><c r="B1"/></row>')
    part = "xl/calcChain.xml"
    chain = f'<calcChain xmlns="{MAIN}"><c r="A1" i="1"/></calcChain>'
    rewrite(path, lambda parts: parts.update({part: chain.encode()}))
    rels = "xl/_rels/workbook.xml.rels"
    substitute(path, rels, "</Rel", f'<Relationship Id="rId9" Type="{kind}" Target="calcChain.xml"/></Rel')
    assert found(path) == []
    substitute(path, part, '<c r="A1" i="1"/>', '<c r="A1" i="1"/><c r="B1"/>')
    assert [(item.code, item.cell) for item in found(path)] == [("CW-443", "B1")]


def test_macros_need_their_content_type(sample: Path) -> None:
    renamed = sample.rename(sample.with_suffix(".xlsm"))
    assert {item.code for item in found(renamed)} == {"CW-440"}


def test_formulas_that_look_wrong_but_are_not(tmp_path: Path) -> None:
    formulas = [
        '"a;b"&amp;"[@x]"',
        "SUM({1;2;3})",
        "'it''s; a [sheet]'!A1",
        "[1]Autre!A1",
        "IF(A1&lt;2,1,2)",
        "INDEX(A1:A9,1)",
    ]
    cells = "".join(
        f'<row r="{n}"><c r="A{n}"><f>{text}</f><v>1</v></c></row>' for n, text in enumerate(formulas, 1)
    )
    assert found(bare(tmp_path / "f.xlsx", cells)) == []


def test_escaped_column_names(tmp_path: Path) -> None:
    path = write_sample(tmp_path / "f.xlsx")
    substitute(
        path,
        SHEET_1,
        FORMULA,
        f"LEN({TABLE}[[#This Row],[Unité d''activité]])+{TABLE}[[#Headers],[Date]:[Activité]]",
    )
    assert found(path) == []


def test_one_mistake_repeated_is_not_repeated_without_end(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}" s="40"/></row>' for n in range(1, 200))
    assert len(found(bare(tmp_path / "f.xlsx", rows))) == MAX_OF_A_KIND
