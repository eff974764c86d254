"""The ribbon's actions on an open workbook that a double stands for, and the blocks it is written in."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon_workbook.excel import actions
from carbon_workbook.excel.blocks import blocks
from carbon_workbook.messages import CodedError
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
