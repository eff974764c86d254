"""The ribbon's actions on an open workbook that a double stands for, and the blocks it is written in."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from carbon_workbook.cli import main
from carbon_workbook.excel import actions
from carbon_workbook.excel.blocks import blocks
from carbon_workbook.messages import CodedError
from carbon_workbook.workbook import layout
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.data import WorkbookData
from carbon_workbook.workbook.refresh import refresh

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
        command = CliRunner().invoke(main, ["report", str(workbook), "--out", str(workbook.parent / "cli")])
        assert command.exit_code == 0
        files = sorted(path.name for path in folder.iterdir())
        assert files == ["beges.docx", "beges.html", "esrs_e1.docx", "esrs_e1.html"]
        assert files == sorted(path.name for path in (workbook.parent / "cli").iterdir())
        for name in ("beges.html", "esrs_e1.html"):
            assert (folder / name).read_bytes() == (workbook.parent / "cli" / name).read_bytes()


@pytest.fixture(scope="module")
def refreshed(workbook: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("origine") / workbook.name
    shutil.copy(workbook, path)
    refresh(path)
    return path


class TestOrigin:
    """The button « D'où vient ce nombre ? »."""

    def said(self, path: Path, place: str) -> str:
        book = Closed(path)
        ((_, sentence),) = actions.answered(lambda open_: actions.trace_open(open_, place), book)
        assert book.written == []
        return str(sentence)

    def test_a_result_names_its_lines_their_share_and_their_factor(self, refreshed: Path) -> None:
        row = next(found.row for found in layout.beges_rows() if found.code == "2.1")
        text = self.said(refreshed, f"BEGES!{cell_ref(row, layout.BEGES_TOTAL)}")
        # 1 000 kWh × 0.0350 at the power station
        assert "2.1 " in text.splitlines()[0]
        assert "0,035 tCO2e" in text.splitlines()[0]
        assert re.search(
            r"L00001 · 2\.1 Électricité![A-Z]+\d+ · Usine : 0,035 tCO2e \(100 %\) · facteur 43642", text
        )
        assert "carbon-workbook trace" in text

    def test_a_workbook_that_was_not_refreshed_says_so(self, workbook: Path) -> None:
        row = next(found.row for found in layout.beges_rows() if found.code == "2.1")
        text = self.said(workbook, f"BEGES!{cell_ref(row, layout.BEGES_TOTAL)}")
        assert "Le classeur affiche une cellule vide" in text
        assert "0,035 tCO2e" in text

    def test_a_line_of_entry_tells_its_product_and_its_posts(self, refreshed: Path) -> None:
        text = self.said(refreshed, f"2.1 Électricité!B{layout.ENTRY_FIRST}")
        assert "1\u202f000 kWh × 0,0519 kgCO2e/kWh = 0,0519 tCO2e" in text
        assert "BEGES : 2.1 + 4.1" in text

    def test_a_refused_line_tells_why(self, refreshed: Path) -> None:
        assert "CW-202" in self.said(refreshed, f"'2.1 Électricité'!$B${layout.ENTRY_FIRST + 1}")

    @pytest.mark.parametrize(
        ("place", "code"),
        [
            (f"2.1 Électricité!B{layout.ENTRY_FIRST + 9}", "CW-838"),
            ("Accueil!A1", "CW-802"),
            ("BEGES!B8", "CW-803"),
        ],
    )
    def test_a_cell_without_a_number_is_told(self, refreshed: Path, place: str, code: str) -> None:
        assert code in self.said(refreshed, place)


def test_a_chain_fits_in_a_message_box(tmp_path: Path) -> None:
    """Excel cuts a message box beyond about a thousand characters: the lines give way first."""
    lines = [
        {"label": f"Compteur {n} au nom plutôt long, bâtiment {n}", "factor": "43642", "quantity": 100.0 + n,
         "unit": "kWh"}
        for n in range(60)
    ]  # fmt: skip
    path = tmp_path / "inventaire.xlsx"
    build(path, data=WorkbookData(settings={"year": 2024}, entries={"electricite": lines}), macros=False)
    refresh(path)
    row = layout.beges_rows()[-1].row
    said = actions.trace_open(Closed(path), f"BEGES!{cell_ref(row, layout.BEGES_TOTAL)}")
    text = f"{said.sentence} {said.remedy}"
    assert len(text) < 1000
    assert re.search(r"… et \d\d autres : [\d,]+ tCO2e", text)
    assert text.index("Compteur 59 ") < text.index("Compteur 58 ")


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
