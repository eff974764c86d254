"""Writes the golden workbook of the present schema, once: ``python tests/workbook/golden_samples.py``.

A golden file is what users of that schema have on their disks: it is never written again. A new schema adds one.
"""

from __future__ import annotations

import datetime as dt
import io
import struct
import sys
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path

import xlsxwriter

from carbon_workbook.demo.company import demo_data
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.foreign import carry
from carbon_workbook.workbook.package import open_package
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.refresh import refresh

FOLDER = Path(__file__).resolve().parent.parent / "golden"
NOTES = "Mes notes"
ROWS = 2
"""Rows of the demonstration kept on each sheet."""


def small(path: Path, *, macros: bool = False) -> Path:
    """A small filled workbook with what a user adds: a sheet of notes, a remark beside a table, results."""
    data = demo_data()
    entries = {key: list(rows)[:ROWS] for key, rows in data.entries.items()}
    build(path, data=replace(data, entries=entries), macros=macros)
    notes = notes_book(path.with_name("notes.xlsx"))
    package, left = carry(open_package(notes), open_package(path), list(open_package(notes).sheets))
    assert not left
    changes = {"C1 Achats": {"B4": "à revoir avec les achats"}, at.ESRS: {"C8": 0.25}}
    path.write_bytes(package.with_parts(patch(package, changes)).packed())
    notes.unlink()
    refresh(path)
    return path


def notes_book(path: Path) -> Path:
    """A sheet with styles, a formula on one of ours, a table, a chart, an image, a comment, a link and a name."""
    book = xlsxwriter.Workbook(str(path))
    bold = book.add_format({"bold": True, "font_color": "#AA0000", "num_format": '0.00" t"'})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet(NOTES)
    sheet.write("A1", "Notes de l'équipe", bold)
    sheet.write_datetime("B1", dt.datetime(2025, 3, 14), day)
    sheet.write_number("C1", 12.5, bold)
    sheet.write_formula("D1", "='C1 Achats'!$B$9", None, "repris")
    sheet.write_url("E1", "https://example.org/preuves", string="preuves")
    sheet.write_comment("A1", "commentaire")
    sheet.add_table(
        "A3:B5", {"name": "tbl_mes_notes", "columns": [{"header": "Quoi"}, {"header": "Combien"}]}
    )
    sheet.write_row("A4", ["un", 1])
    sheet.write_row("A5", ["deux", 2])
    sheet.conditional_format("B4:B5", {"type": "cell", "criteria": ">", "value": 1, "format": bold})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": f"='{NOTES}'!$B$4:$B$5"})
    sheet.insert_chart("D4", chart)
    sheet.insert_image("D20", "logo.png", {"image_data": io.BytesIO(_png())})
    book.define_name("mes_quantites", f"='{NOTES}'!$B$4:$B$5")
    book.close()
    return path


def _png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\x00\xff\xff\xff"))
        + chunk(b"IEND", b"")
    )


def _write() -> None:
    path = FOLDER / f"schema_{at.SCHEMA}.xlsx"
    if path.exists():
        sys.exit(f"{path.name} existe : un classeur de référence ne se refait pas.")
    with tempfile.TemporaryDirectory() as folder:
        made = small(Path(folder) / path.name)
        evaluation = refresh(made).evaluation
        path.write_bytes(made.read_bytes())
    lines = [
        f"lines = {len(evaluation.inventory.lines)}",
        f"refused = {evaluation.refused}",
        "",
        "[total_kg]",
    ]
    lines += [f"{name} = {view.total_kg!r}" for name, view in evaluation.views.items()]
    path.with_suffix(".toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
