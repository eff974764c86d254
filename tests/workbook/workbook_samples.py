"""Workbooks with what other people put in theirs: pictures, shapes, sparklines, slicers, array formulas."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import xlsxwriter

ENTRY = "Énergie & co"
FOREIGN = "Feuille à moi"
TABLE = "tbl_energie"
FIRST, LAST = 5, 14
COLUMNS = ("Libellé", "Quantité", "Date", "Activité", "tCO2e retenu", "Unité d'activité")


def png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xff\0\0\0\xff\0" * 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def write_sample(path: Path) -> Path:
    """A good workbook: the entry table in rows 4 to 14, its neighbours, a sheet that is none of ours."""
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": dt.datetime(2026, 1, 1)})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet(ENTRY)
    sheet.write("A1", "Titre", bold)
    sheet.write_url("A2", f"internal:'{FOREIGN}'!A1", string="aller")
    sheet.write_url("B2", "https://example.org/?a=1&b=2", string="site")
    columns = [{"header": name} for name in COLUMNS]
    columns[3]["formula"] = f"={TABLE}[[#This Row],[Quantité]]*2"
    sheet.add_table(FIRST - 2, 0, LAST - 1, len(COLUMNS) - 1, {"name": TABLE, "columns": columns})
    for row in range(FIRST - 1, LAST):
        sheet.write_string(row, 0, f"Ligne <{row}> & cie")
        sheet.write_number(row, 1, row + 0.1)
        sheet.write_datetime(row, 2, dt.datetime(2026, 3, row), day)
        sheet.write_formula(row, 3, f"={TABLE}[[#This Row],[Quantité]]*2", None, (row + 0.1) * 2)
        sheet.write_blank(row, 4, None, bold)
        sheet.write_string(row, 5, "kWh")
    sheet.write_string("A17", "sous le tableau")
    sheet.set_row(7, None, None, {"hidden": True})
    sheet.data_validation("F5:F14", {"validate": "list", "source": ["kWh", "litre"]})
    sheet.conditional_format("B5:B14", {"type": "data_bar", "data_bar_2010": True})
    sheet.conditional_format("B5:B14", {"type": "cell", "criteria": ">", "value": 3, "format": bold})
    sheet.add_sparkline("H5", {"range": f"'{ENTRY}'!B5:B14"})
    sheet.insert_image("J2", "logo.png", {"image_data": io.BytesIO(png())})
    sheet.insert_textbox("J12", "Une note")
    sheet.write_comment("A5", "commentaire")
    other = book.add_worksheet(FOREIGN)
    other.write_row("A1", [1, 2.5, "texte", True])
    other.write_array_formula("A3:B4", "{=A1:B1*2}", None, 2)
    other.write_formula("C3", "=1/0", None, "#DIV/0!")
    other.write_formula("D3", '=IF(A1>0,"a;b","c")', None, "a;b")
    other.merge_range("A6:C6", "fusion")
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": f"='{FOREIGN}'!$A$1:$B$1"})
    other.insert_chart("F2", chart)
    book.define_name("cw_annee", f"='{ENTRY}'!$B$1")
    book.define_name("cw_zone", f"='{FOREIGN}'!$A$1:$D$1")
    book.define_name("cw_colonne", f"={TABLE}[Quantité]")
    book.close()
    _inject(path)
    return path


def _inject(path: Path) -> None:
    """A slicer and a custom XML part, as Excel would link them."""

    def link(id_: str, kind: str, target: str) -> bytes:
        return f'<Relationship Id="{id_}" Type="{kind}" Target="{target}"/></Relationships>'.encode()

    def change(parts: dict[str, bytes]) -> None:
        parts["xl/slicers/slicer1.xml"] = (
            b'<?xml version="1.0"?><slicers xmlns="urn:x"><slicer name="s"/></slicers>'
        )
        parts["customXml/item1.xml"] = b"<b:Sources xmlns:b='urn:b'><!-- libre --><b:S/></b:Sources>"
        override = b'<Override PartName="/xl/slicers/slicer1.xml" ContentType="application/vnd.ms-excel.slicer+xml"/>'
        for part, end, added in [
            ("[Content_Types].xml", b"</Types>", override + b"</Types>"),
            (
                "xl/worksheets/_rels/sheet1.xml.rels",
                b"</Relationships>",
                link("rId99", SLICER, "../slicers/slicer1.xml"),
            ),
            ("_rels/.rels", b"</Relationships>", link("rId98", f"{OFFICE}/customXml", "customXml/item1.xml")),
        ]:
            parts[part] = parts[part].replace(end, added)

    rewrite(path, change)


def rewrite(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The same zip with its parts changed in place by ``change``."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return path


def substitute(path: Path, part: str, old: str, new: str) -> Path:
    """Replace the first ``old`` of a part; fails when it is not there."""

    def change(parts: dict[str, bytes]) -> None:
        assert old.encode() in parts[part], f"{old} not in {part}"
        parts[part] = parts[part].replace(old.encode(), new.encode(), 1)

    return rewrite(path, change)


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SLICER = "http://schemas.microsoft.com/office/2007/relationships/slicer"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def bare(path: Path, rows: str, *, sheet: str | None = None, extra: Mapping[str, str] | None = None) -> Path:
    """The smallest workbook, with the given text inside ``<sheetData>`` (or a whole sheet part)."""
    sheet_xml = sheet or f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="rId3" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet_xml,
        "xl/sharedStrings.xml": f'{HEAD}<sst xmlns="{MAIN}"><si><t xml:space="preserve"> un </t></si>'
        '<si><r><rPr><b/></rPr><t>de</t></r><r><t>ux</t></r><rPh sb="0" eb="1"><t>lecture</t></rPh></si>'
        "<si><t>a_x000D_b &amp; c_x005F_x0041_</t></si></sst>",
        "xl/styles.xml": f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts count="2">'
        '<numFmt numFmtId="164" formatCode="dd/mm/yyyy"/><numFmt numFmtId="165" formatCode="0.0&quot;day&quot;"/>'
        '</numFmts><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/>'
        '<xf numFmtId="14"/></cellXfs></styleSheet>',
        **(extra or {}),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return path
