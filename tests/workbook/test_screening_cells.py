"""The ranking that refresh writes on Criblage, and the estimates of the screening table in Périmètre."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import pytest
import yaml

from carbon_workbook.demo.company import demo_data
from carbon_workbook.specs.spec import register
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.cells import cell_ref, column_letters
from carbon_workbook.workbook.data import WorkbookData
from carbon_workbook.workbook.evaluate import evaluate
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import open_package, read_sheet
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import refresh
from carbon_workbook.workbook.screening_cells import (
    COLUMNS,
    FIRST_COLUMN,
    RANKINGS,
    STAMP,
    owned,
    screening_cells,
)

CASE = yaml.safe_load((Path(__file__).parents[1] / "cases" / "screening.yaml").read_text(encoding="utf-8"))[
    "demonstration"
]
ITEMS = [{"item": item, "quantity": quantity, "unit": unit} for item, quantity, unit in CASE["items"] if unit]
ITEMS += [{"item": item, "quantity": quantity} for item, quantity, unit in CASE["items"] if not unit]
SETTINGS = {"year": 2024, "naf": CASE["naf"], "sector": CASE["sector"]}


@pytest.fixture(scope="module")
def screened(tmp_path_factory) -> Path:
    """Quantities and no line at all."""
    path = tmp_path_factory.mktemp("criblage") / "criblage.xlsx"
    build(path, data=WorkbookData(settings=SETTINGS, screening=ITEMS), macros=False)
    refresh(path)
    return path


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> Path:
    """The demonstration with its quantities."""
    path = tmp_path_factory.mktemp("criblage") / "demo.xlsx"
    data = demo_data()
    settings = {**data.settings, "sector": CASE["sector"]}
    build(path, data=dataclasses.replace(data, settings=settings, screening=ITEMS), macros=False)
    refresh(path)
    return path


def rows(path: Path, view: str) -> list[dict[str, object]]:
    """The ranking of a view as the sheet shows it."""
    sheet = read_sheet(open_package(path), at.SCREENING)
    place = next(found for found in RANKINGS if found.view == view)
    found = [
        {key: sheet.value(cell_ref(row, FIRST_COLUMN + offset)) for offset, (key, *_) in enumerate(COLUMNS)}
        for row in range(place.header + 1, place.header + 1 + place.rows)
    ]
    return [row for row in found if row["rank"] not in (None, "")]


def test_posts_are_ranked_before_any_line(screened):
    order = rows(screened, "beges")
    assert [row["code"] for row in order[:4]] == ["4.1", "5.1", "5.3", "1.1"]
    assert [row["rank"] for row in order] == list(range(1, len(order) + 1))
    assert {row["basis"] for row in order} == {"criblage"}
    assert order[0]["screened"] == order[0]["kg"]
    assert not any(row["counted"] for row in order)
    assert [row["magnitude"] for row in order[:4]] == ["oui", "oui", "oui", "toujours"]
    assert [row["sector"] for row in order if row["code"] in ("3.1", "4.1", "4.5", "5.1")] == ["oui"] * 4


def test_what_refresh_wrote_is_what_the_file_can_hold(screened):
    assert lint(open_package(screened)) == []


def test_counted_lines_come_first_and_the_screening_stays_beside(both):
    order = rows(both, "ghgp")
    first = order[0]
    assert first["code"] == "1"
    assert first["basis"] == "lignes comptées"
    assert first["kg"] == first["counted"] == pytest.approx(12_917.3, abs=0.05)
    assert 0.7 < first["screened"] / first["counted"] < 0.9


def test_the_sheet_says_what_it_rests_on(both, screened):
    for path in (both, screened):
        said = read_sheet(open_package(path), at.SCREENING).value(cell_ref(*STAMP))
        assert said == f"Écrit par Actualiser · {len(ITEMS) - 1} données criblées · secteur : industrie"


def estimates(path: Path) -> dict[str, object]:
    content = read_workbook(path)
    table = content.package.table(at.registers()["categories"].table)
    label = next(column.label for column in register("categories") if column.key == "estimate")
    letters = column_letters(table.bounds[1] + table.columns.index(label))
    sheet = read_sheet(content.package, at.PERIMETER)
    return {
        str(code): sheet.value(f"{letters}{row}")
        for code, row in zip(content.categories["code"], content.categories["_row"], strict=True)
    }


def test_each_post_has_its_estimate_in_perimetre(screened, both):
    guessed, counted = estimates(screened), estimates(both)
    assert counted["4.1"] == pytest.approx(12_713.0, abs=0.05)
    assert counted["C11"] == pytest.approx(11_148.2, abs=0.05)
    assert guessed["C1"] == pytest.approx(10_080.9, abs=0.05)
    assert guessed["1.5"] in (None, "")


def test_refreshing_again_changes_nothing(both, tmp_path):
    path = tmp_path / "encore.xlsx"
    path.write_bytes(both.read_bytes())
    before = path.read_bytes()
    refresh(path)
    first, second = (read_sheet(open_package(found), at.SCREENING).rows for found in (both, path))
    assert first == second
    assert before == path.read_bytes()


def test_the_block_covers_no_cell_of_the_table(screened):
    package = open_package(screened)
    table = package.table(at.registers()["screening"].table)
    assert table.bounds[3] < FIRST_COLUMN - 1
    for place, other in itertools.pairwise(RANKINGS):
        assert place.header + place.rows < other.header - 1


def test_what_refresh_may_write_there_is_listed(both):
    content = read_workbook(both)
    ours = owned(content)
    for title, cells in screening_cells(evaluate(content)).items():
        assert set(cells) <= ours[title]
