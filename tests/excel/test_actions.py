"""The ribbon's actions on an open workbook that a double stands for, and the blocks it is written in."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon_workbook.excel import actions
from carbon_workbook.excel.blocks import blocks
from carbon_workbook.excel.bridge import Workbook
from carbon_workbook.messages import CodedError
from carbon_workbook.values import CellError
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.data import WorkbookData

REFS = st.builds(cell_ref, st.integers(1, 12), st.integers(1, 6))


class TestBlocks:
    @given(st.dictionaries(REFS, st.integers()))
    def test_each_cell_once_and_no_other(self, cells: dict[str, int]) -> None:
        found: dict[str, object] = {}
        for block in blocks(cells):
            for r, row in enumerate(block.values):
                for c, value in enumerate(row):
                    ref = cell_ref(block.top + r, block.left + c)
                    assert ref not in found
                    found[ref] = value
        assert found == cells

    def test_a_full_rectangle_is_one_block(self) -> None:
        cells = {cell_ref(r, c): (r, c) for r in range(5, 900) for c in range(3, 9)}
        assert len(blocks(cells)) == 1


class Closed:
    """An open workbook reduced to the file it would save."""

    def __init__(self, path: Path) -> None:
        self.path, self.steps, self.written = path, list[str](), list[tuple[Any, Any, Any]]()

    @property
    def full_name(self) -> str:
        return str(self.path)

    def save_copy(self, path: Path) -> None:
        shutil.copy(self.path, path)

    def write(self, changes: Any, growth: Any, links: Any) -> None:
        self.written.append((changes, growth, links))

    def progress(self, step: str) -> None:
        self.steps.append(step)


LINES = [
    {"label": "Usine", "factor": "43642", "quantity": 1000.0, "unit": "kWh"},
    {"label": "Atelier", "factor": "zzz", "quantity": 10.0, "unit": "kWh"},
]


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("classeur") / "usine été.xlsm"
    build(path, data=WorkbookData(settings={"year": 2024}, entries={"electricite": LINES}))
    return path


class TestActions:
    def test_refresh_writes_results_and_says_what_it_counted(self, workbook: Path) -> None:
        book = Closed(workbook)
        ((status, sentence),) = actions.answered(actions.refresh_open, book)
        assert status == "OK"
        assert "1 lignes comptées, 1 refusées" in str(sentence)
        ((changes, _, _),) = book.written
        assert 0.0519 in [
            pytest.approx(v) for v in changes["2.1 Électricité"].values() if isinstance(v, float)
        ]
        assert len(book.steps) == 3

    def test_check_writes_its_own_sheet_only(self, workbook: Path) -> None:
        book = Closed(workbook)
        ((status, sentence),) = actions.answered(actions.check_open, book)
        assert (status, "refus" in str(sentence)) == ("OK", True)
        ((changes, growth, links),) = book.written
        assert set(changes) == {"Contrôles"}
        assert set(links) <= {"Contrôles"}
        assert set(growth) <= {"tbl_controles"}

    def test_a_workbook_that_is_not_ours_is_refused_and_not_written(self, tmp_path: Path) -> None:
        (tmp_path / "x.xlsm").write_bytes(b"PK\x03\x04 not a workbook")
        book = Closed(tmp_path / "x.xlsm")
        ((status, sentence),) = actions.answered(actions.refresh_open, book)
        assert status == "REFUS"
        assert "CW-4" in str(sentence)
        assert book.written == []

    def test_reports_go_beside_the_workbook(self, workbook: Path) -> None:
        book = Closed(workbook)
        said = actions.report_open(book, dt.datetime(2026, 11, 21, 9, 5))
        folder = workbook.parent / "usine été rapports 2026-11-21 090500"
        assert str(folder) in said.sentence
        assert {path.name for path in folder.iterdir()} == {"beges.docx", "esrs_e1.docx"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "https://x.sharepoint.com/sites/rse/bilan.xlsm",
            Path.home() / "Documents/bilan rapports 2026-01-02 030405",
        ),
        ("/partage/bilan.xlsm", Path("/partage/bilan rapports 2026-01-02 030405")),
    ],
)
def test_report_folder(name: str, expected: Path) -> None:
    assert actions.report_folder(name, dt.datetime(2026, 1, 2, 3, 4, 5)) == expected


def test_an_unsaved_workbook_has_no_folder() -> None:
    with pytest.raises(CodedError, match="CW-612"):
        actions.report_folder("Classeur1", dt.datetime(2026, 1, 2))


# --- The xlwings writer, on doubles of what it touches ---------------------------------------------------------


class FakeApi:
    def __init__(self, protected: bool, password: str = "") -> None:
        self.ProtectContents, self.password = protected, password
        self.ProtectDrawingObjects = self.ProtectScenarios = True
        self.Protection = SimpleNamespace(**{f"Allow{n}": n in ("Sorting", "Filtering") for n in NAMES})
        self.Hyperlinks = SimpleNamespace(Add=lambda anchor, _, place: self.links.append((anchor, place)))
        self.links: list[tuple[object, str]] = []
        self.protected_with: tuple[object, ...] = ()

    def Unprotect(self, password: str) -> None:  # noqa: N802
        if password == self.password:
            self.ProtectContents = False

    def Protect(self, *arguments: object) -> None:  # noqa: N802
        self.ProtectContents = True
        self.protected_with = arguments

    def ClearHyperlinks(self) -> None:  # noqa: N802
        self.links.clear()


NAMES = (
    "FormattingCells", "FormattingColumns", "FormattingRows", "InsertingColumns", "InsertingRows",
    "InsertingHyperlinks", "DeletingColumns", "DeletingRows", "Sorting", "Filtering", "UsingPivotTables",
)  # fmt: skip


class FakeSheet:
    def __init__(self, name: str, *, protected: bool = False, password: str = "") -> None:
        self.name, self.api = name, FakeApi(protected, password)
        self.tables: Any = FakeTables()
        self.cells: dict[tuple[int, int], object] = {}
        self.writes = 0

    @property
    def used_range(self) -> Any:
        return SimpleNamespace(api=self.api)

    def range(self, first: Any, last: Any = None) -> Any:
        return FakeRange(self, first, last)


class FakeRange:
    def __init__(self, sheet: FakeSheet, first: Any, last: Any) -> None:
        self.sheet, self.first, self.last, self.api = sheet, first, last, first

    @property
    def value(self) -> None:
        raise AssertionError("the writer reads nothing")

    @value.setter
    def value(self, rows: list[list[object]]) -> None:
        assert not self.sheet.api.ProtectContents
        assert self.last == (self.first[0] + len(rows) - 1, self.first[1] + len(rows[0]) - 1)
        self.sheet.writes += 1
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                self.sheet.cells[self.first[0] + r, self.first[1] + c] = value


class FakeTables(dict[str, Any]):
    def __iter__(self) -> Any:
        return iter(self.values())


class FakeTable:
    def __init__(self, name: str, top: int, left: int, bottom: int, right: int) -> None:
        self.name = name
        corner = SimpleNamespace(row=top, column=left), SimpleNamespace(row=bottom, column=right)
        self.range, self.resized = corner, None

    def resize(self, target: FakeRange) -> None:
        self.resized = (target.first, target.last)  # type: ignore[assignment]


class FakeSheets(dict[str, FakeSheet]):
    def __iter__(self) -> Any:
        return iter(self.values())


def open_book(*sheets: FakeSheet) -> Any:
    return SimpleNamespace(sheets=FakeSheets({sheet.name: sheet for sheet in sheets}), app=SimpleNamespace())


class TestWriter:
    def test_texts_stay_texts_and_blanks_clear(self) -> None:
        sheet = FakeSheet("Feuille")
        values = {
            "A1": "=1+1",
            "A2": "3.1",
            "A3": 2.5,
            "A4": None,
            "A5": "",
            "A6": CellError("#N/A"),
            "A7": dt.date(2026, 1, 2),
        }
        Workbook(open_book(sheet)).write({"Feuille": values}, {}, {})
        assert [sheet.cells[row, 1] for row in range(1, 8)] == [
            "'=1+1", "'3.1", 2.5, None, None, "#N/A", dt.datetime(2026, 1, 2),
        ]  # fmt: skip
        assert sheet.writes == 1

    def test_protection_is_put_back_as_it_was(self) -> None:
        sheet = FakeSheet("Contrôles", protected=True)
        Workbook(open_book(sheet)).write({"Contrôles": {"B2": 1.0}}, {}, {})
        assert sheet.api.ProtectContents
        assert sheet.api.protected_with == (
            "",
            True,
            True,
            True,
            False,
            *(n in ("Sorting", "Filtering") for n in NAMES),
        )

    def test_a_password_is_refused_before_anything_is_written(self) -> None:
        sheet = FakeSheet("Contrôles", protected=True, password="secret")
        with pytest.raises(CodedError, match="CW-617"):
            Workbook(open_book(sheet)).write({"Contrôles": {"B2": 1.0}}, {}, {})
        assert sheet.cells == {}

    def test_tables_grow_and_links_are_replaced(self) -> None:
        sheet = FakeSheet("Contrôles")
        sheet.tables["tbl_controles"] = FakeTable("tbl_controles", 5, 1, 205, 8)
        sheet.api.links.append(("A9", "ancien"))
        Workbook(open_book(sheet)).write({}, {"tbl_controles": 300}, {"Contrôles": {"H6": "'C1 Achats'!D9"}})
        assert sheet.tables["tbl_controles"].resized == ((5, 1), (300, 8))
        assert sheet.api.links == [("H6", "'C1 Achats'!D9")]

    def test_a_missing_table_is_said(self) -> None:
        with pytest.raises(CodedError, match="CW-412"):
            Workbook(open_book(FakeSheet("Contrôles"))).write({}, {"tbl_controles": 300}, {})
