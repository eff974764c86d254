"""The verification folder: complete, the same in Excel and in CSV, harmless to open, never written over."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import math
from pathlib import Path

import pytest
from audit_cases import Made
from openpyxl import load_workbook

from carbon_workbook.audit.evidence import CITED_ONLY, NOT_CITED, PROVIDED, after, evidence
from carbon_workbook.audit.folder import (
    FIRST_ROW,
    PAGE,
    WORKBOOK,
    Request,
    csv_cell,
    make_tables,
    plain,
    write_folder,
)
from carbon_workbook.messages import CodedError
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import open_package

ON = dt.date(2026, 11, 21)
KEYS = {
    "echantillon", "lignes", "facteurs", "vues", "iso_directes", "energie", "ajustements", "preuves", "sans_piece",
    "refus", "journal",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(errors: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dossier") / "sortie" / "dossier"
    write_folder(errors.evaluation, path, Request(on=ON))
    return path


def read(folder: Path, key: str) -> list[dict[str, str]]:
    with (folder / f"{key}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def test_the_folder_holds_every_table_and_its_page(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {f"{key}.csv" for key in KEYS} | {WORKBOOK, PAGE}
    page = (folder / PAGE).read_text(encoding="utf-8")
    assert all(f"`{key}.csv`" in page for key in KEYS)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_entered_lines_are_counted_or_refused(folder: Path, errors: Made) -> None:
    lines, refused = read(folder, "lignes"), read(folder, "refus")
    assert len(lines) + len(refused) == len(errors.evaluation.inventory.lines)
    assert len(refused) == errors.evaluation.refused > 0
    assert all(row["Code"] and row["Message"] for row in refused)
    total = math.fsum(float(row["Émissions (kgCO2e)"]) for row in lines)
    assert total == pytest.approx(errors.evaluation.inventory.total_kg, rel=1e-12)


def test_views_and_adjustments_give_the_sum_of_the_lines(folder: Path) -> None:
    rows, details = read(folder, "vues"), read(folder, "ajustements")
    for name in {row["Vue"] for row in rows}:
        mine = [row for row in rows if row["Vue"] == name]
        total = next(float(row["Total (tCO2e)"]) for row in mine if row["Code"] == "T")
        moved = math.fsum(float(row["Total (tCO2e)"]) for row in mine if row["Nature"] == "ajustement")
        lines = next(float(row["Total (tCO2e)"]) for row in mine if row["Nature"] == "contrôle")
        assert total + moved == pytest.approx(lines, rel=1e-9)
        one_by_one = math.fsum(float(row["kgCO2e"]) for row in details if row["Vue"] == name)
        assert one_by_one / 1000 == pytest.approx(moved, rel=1e-9, abs=1e-9)


def test_direct_gases_add_up_to_category_1(folder: Path) -> None:
    views = [row for row in read(folder, "vues") if row["Vue"] == "ISO 14064-1"]
    totals = {row["Code"]: float(row["Total (tCO2e)"]) for row in views}
    rows = read(folder, "iso_directes")
    assert [row["Code"] for row in rows] == ["1", "1.1", "1.2", "1.3", "1.4", "1.5"]
    apart = ("Code", "Catégorie", "Total", "CO2 biogénique (t)", "Absorptions (hors du total)")
    for row in rows:
        gases = [float(value) for label, value in row.items() if label not in apart]
        assert math.fsum(gases) == pytest.approx(float(row["Total"]), rel=1e-9, abs=1e-12)
        assert float(row["Total"]) == pytest.approx(totals[row["Code"]], rel=1e-12)


def test_excel_and_csv_say_the_same(folder: Path, errors: Made) -> None:
    book = load_workbook(folder / WORKBOOK)
    for table in make_tables(errors.evaluation, Request(on=ON)):
        sheet = book[table.title]
        titles = [cell.value for cell in sheet[FIRST_ROW][: len(table.columns)]]
        assert titles == [column.label for column in table.columns]
        assert len(set(titles)) == len(titles)
        for number, row in enumerate(table.rows, start=FIRST_ROW + 1):
            for cell, value in zip(sheet[number], row, strict=False):
                expected = plain(value)
                if isinstance(expected, dt.date) and not isinstance(expected, dt.datetime):
                    expected = dt.datetime(expected.year, expected.month, expected.day)
                if isinstance(expected, float):
                    expected = pytest.approx(expected, rel=1e-15, abs=1e-300)
                assert cell.value == (None if expected == "" else expected), (table.key, cell.coordinate)
                assert cell.data_type != "f"
        assert len(read(folder, table.key)) == len(table.rows)


def test_the_workbook_has_no_fault(folder: Path) -> None:
    assert lint(open_package(folder / WORKBOOK)) == []


def test_a_text_that_looks_like_a_formula_stays_a_text(folder: Path) -> None:
    planted = [row["Libellé"] for row in read(folder, "lignes") if "SOMME" in row["Libellé"]]
    assert planted
    assert all(text.startswith("'=") for text in planted)
    for row in csv.reader((folder / "lignes.csv").open(encoding="utf-8", newline=""), delimiter=";"):
        for text in row:
            assert not text.startswith(("=", "+", "@", "\t"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+33 4", "'+33 4"),
        ("-12", "'-12"),
        ("@x", "'@x"),
        (-12.5, -12.5),
        (3, 3),
        (float("nan"), ""),
        (None, ""),
        (dt.date(2024, 3, 1), "2024-03-01"),
        ("texte", "texte"),
    ],
)
def test_csv_cells(value: object, expected: object) -> None:
    assert csv_cell(value) == expected


def test_an_existing_folder_is_left_alone(errors: Made, tmp_path: Path) -> None:
    (tmp_path / "constat.txt").write_text("à garder", encoding="utf-8")
    with pytest.raises(CodedError) as refused:
        write_folder(errors.evaluation, tmp_path, Request())
    assert refused.value.message.code == "CW-833"
    assert [path.name for path in tmp_path.iterdir()] == ["constat.txt"]
    file = tmp_path / "constat.txt"
    with pytest.raises(CodedError):
        write_folder(errors.evaluation, file, Request())


def test_an_empty_folder_is_filled(errors: Made, tmp_path: Path) -> None:
    target = tmp_path / "vide"
    target.mkdir()
    _, notes = write_folder(errors.evaluation, target, Request(rate=0.5, seed=3))
    assert (target / WORKBOOK).exists()
    assert [note.code for note in notes] == ["CW-835"]


def test_the_sample_copies_its_lines_and_is_drawn_again(errors: Made) -> None:
    first, again, other = (
        make_tables(errors.evaluation, Request(seed=seed, on=ON))[0].rows for seed in (4, 4, 5)
    )
    assert first == again
    assert [row[4] for row in first] != [row[4] for row in other]
    lines = errors.evaluation.inventory.counted.set_index("line_id")["total_kg"]
    for row in first:
        assert row[9] == lines[row[4]]


# --- Evidence ------------------------------------------------------------------------------------------------------


def test_evidence_is_found_by_path_name_or_stem(tmp_path: Path) -> None:
    (tmp_path / "2024").mkdir()
    (tmp_path / ".cache").write_bytes(b"x")
    for name, content in (("2024/gaz.pdf", b"gaz"), ("Relevé.xlsx", b"r"), ("reste.txt", b"")):
        (tmp_path / name).write_bytes(content)
    citations = [
        ("L1", "GAZ.pdf"),
        ("L2", "2024\\gaz.pdf ; releve\u0301"),
        ("L3", "contrat 12"),
        ("L4", "gaz|contrat 12"),
    ]
    found = {piece.name: piece for piece in evidence(citations, tmp_path, ON)}
    assert found.keys() == {"2024/gaz.pdf", "Relevé.xlsx", "reste.txt", "contrat 12"}
    gas = found["2024/gaz.pdf"]
    assert gas.sha256 == hashlib.sha256(b"gaz").hexdigest()
    assert (gas.size, gas.state, gas.lines) == (3, PROVIDED, ("L1", "L2", "L4"))
    assert found["Relevé.xlsx"].lines == ("L2",)
    assert found["reste.txt"].state == NOT_CITED
    assert (found["contrat 12"].state, found["contrat 12"].lines) == (CITED_ONLY, ("L3", "L4"))


def test_a_name_with_a_separator_is_found_whole(tmp_path: Path) -> None:
    (tmp_path / "lot 1 ; lot 2.pdf").write_bytes(b"x")
    found = evidence([("L1", "lot 1 ; lot 2.pdf")], tmp_path, ON)
    assert [(piece.name, piece.state) for piece in found] == [("lot 1 ; lot 2.pdf", PROVIDED)]


def test_evidence_is_kept_24_months_and_48_are_advised() -> None:
    piece = evidence([("L1", "facture")], None, ON)[0]
    assert (piece.keep_until, piece.advised_until) == (dt.date(2028, 11, 21), dt.date(2030, 11, 21))
    assert evidence([("L1", "facture")], None, ON, months=36)[0].keep_until == dt.date(2029, 11, 21)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (dt.date(2024, 1, 31), 1, dt.date(2024, 2, 29)),
        (dt.date(2024, 2, 29), 24, dt.date(2026, 2, 28)),
        (dt.date(2024, 12, 15), 1, dt.date(2025, 1, 15)),
    ],
)
def test_months_later(day: dt.date, months: int, expected: dt.date) -> None:
    assert after(day, months) == expected


def test_a_missing_folder_of_evidence_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CodedError) as refused:
        evidence([], tmp_path / "absent", ON)
    assert refused.value.message.code == "CW-831"


def test_lines_without_evidence_are_listed(folder: Path) -> None:
    bare = {row["Ligne"] for row in read(folder, "sans_piece")}
    lines = {row["Ligne"] for row in read(folder, "lignes") if not row["Pièce justificative"]}
    assert bare == lines != set()
