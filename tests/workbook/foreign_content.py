"""A sheet of the user's own, with what openpyxl would lose, put into a workbook of ours."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib

import xlsxwriter

from carbon_workbook.workbook.package import Package

TITLE = "Mes notes"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PIVOT = "xl/pivotTables/pivotTable900.xml"
SLICER = "xl/slicers/slicer900.xml"


def with_foreign_sheet(package: Package) -> bytes:
    """The package with a sheet holding a picture, a shape, a sparkline, an x14 rule, a pivot and a slicer part."""
    own = _foreign_parts()
    parts = dict(package.parts)
    drawing, picture = "xl/drawings/drawing900.xml", "xl/media/image900.png"
    parts["xl/worksheets/sheet900.xml"] = own["xl/worksheets/sheet1.xml"]
    sheet_links = own["xl/worksheets/_rels/sheet1.xml.rels"].replace(b"drawing1.xml", b"drawing900.xml")
    extra = (
        f'<Relationship Id="rId90" Type="{RELATIONS}/pivotTable" Target="../pivotTables/pivotTable900.xml"/>'
        '<Relationship Id="rId91" Type="http://schemas.microsoft.com/office/2007/relationships/slicer"'
        ' Target="../slicers/slicer900.xml"/></Relationships>'
    )
    parts["xl/worksheets/_rels/sheet900.xml.rels"] = sheet_links.replace(b"</Relationships>", extra.encode())
    parts[drawing] = own["xl/drawings/drawing1.xml"]
    parts["xl/drawings/_rels/drawing900.xml.rels"] = own["xl/drawings/_rels/drawing1.xml.rels"].replace(
        b"image1.png", b"image900.png"
    )
    parts[picture] = own["xl/media/image1.png"]
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts[PIVOT] = f'<pivotTableDefinition xmlns="{main}" name="Croisé"/>'.encode()
    parts[SLICER] = b'<slicers xmlns="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"/>'
    kinds = {
        "xl/worksheets/sheet900.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml",
        drawing: "application/vnd.openxmlformats-officedocument.drawing+xml",
        PIVOT: "application/vnd.openxmlformats-officedocument.spreadsheetml.pivotTable+xml",
        SLICER: "application/vnd.ms-excel.slicer+xml",
    }
    types = parts["[Content_Types].xml"].decode()
    if 'Extension="png"' not in types:
        types = re.sub(r"(<Types[^>]*>)", r'\1<Default Extension="png" ContentType="image/png"/>', types)
    added = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in kinds.items())
    parts["[Content_Types].xml"] = types.replace("</Types>", f"{added}</Types>").encode()
    link = f'<Relationship Id="rId900" Type="{RELATIONS}/worksheet" Target="worksheets/sheet900.xml"/>'
    links = parts["xl/_rels/workbook.xml.rels"].decode()
    parts["xl/_rels/workbook.xml.rels"] = links.replace(
        "</Relationships>", f"{link}</Relationships>"
    ).encode()
    book = parts["xl/workbook.xml"].decode()
    tab = f'<sheet name="{TITLE}" sheetId="900" r:id="rId900"/></sheets>'
    parts["xl/workbook.xml"] = book.replace("</sheets>", tab).encode()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def _foreign_parts() -> dict[str, bytes]:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet = book.add_worksheet(TITLE)
    for row in range(6):
        sheet.write_number(row, 0, row * 1.5)
        sheet.write_formula(row, 1, f"=A{row + 1}*2", None, row * 3.0)
    sheet.insert_image(2, 3, "logo.png", {"image_data": io.BytesIO(_png())})
    sheet.insert_textbox(8, 3, "Forme à garder")
    sheet.add_sparkline(0, 2, {"range": f"'{TITLE}'!A1:A6"})
    sheet.conditional_format("A1:A6", {"type": "data_bar", "data_bar_2010": True})
    book.close()
    with zipfile.ZipFile(content) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _png() -> bytes:
    """One red point."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
        + chunk(b"IEND", b"")
    )
