"""Where results stand: complete nomenclatures, no two values in one cell, never a value over a formula."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import pytest

from carbon_workbook.demo.company import demo_data
from carbon_workbook.factors.tables import posts
from carbon_workbook.inventory.posts import reasons
from carbon_workbook.inventory.propagation import row_uncertainty
from carbon_workbook.resources import packaged
from carbon_workbook.specs.spec import settings
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.package import read_sheet
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import refresh
from carbon_workbook.workbook.results import Results, result_cells

MOMENT = dt.datetime(2026, 11, 21, 10, 0)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("layout") / "demo.xlsx"
    build(path, data=demo_data(), macros=False)
    return path


@pytest.fixture(scope="module")
def evaluation(book: Path) -> Evaluation:
    return evaluate(read_workbook(book))


@pytest.fixture(scope="module")
def results(evaluation: Evaluation) -> Results:
    return result_cells(evaluation, MOMENT, "essai")


def test_screening_holds_the_22_posts_and_the_15_categories() -> None:
    codes = [code for code, _ in at.screening()]
    assert codes[:22] == list(posts()["post"])
    assert codes[22:] == [f"C{number}" for number in range(1, 16)]


def test_every_setting_has_a_row_of_its_own() -> None:
    found = set()
    for title in {setting.sheet for setting in settings()}:
        place = at.settings_layout(title)
        rows = [*place.groups.values(), *place.settings.values()]
        assert len(set(rows)) == len(rows)
        assert place.table_header > max(rows)
        found |= place.settings.keys()
    assert found == {setting.key for setting in settings()}


def test_every_register_of_the_specification_has_a_place() -> None:
    with (packaged("specs") / "registers.toml").open("rb") as stream:
        assert tomllib.load(stream).keys() == at.registers().keys()
    assert len({place.table for place in at.registers().values()}) == len(at.registers())


@pytest.mark.parametrize(
    "blocks",
    [(at.beges_rows, at.beges_memo), (at.ghgp_rows, at.ghgp_memo), (at.esrs_rows,), (at.reason_rows,)],
    ids=["beges", "ghgp", "esrs", "bridge"],
)
def test_rows_of_a_result_sheet_do_not_overlap(blocks: tuple) -> None:
    rows = [found.row for block in blocks for found in block()]
    assert len(set(rows)) == len(rows)


def test_the_bridge_names_every_reason() -> None:
    assert [found.code for found in at.reason_rows()] == list(reasons())
    assert at.bridge_first() > at.reason_rows()[-1].row + 2


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("C14 Franchises", "C14"),
        ("2.1b Instruments", "2.1"),
        ("Visiteurs et clients", "3.4"),
        ("1.1 Combustion", "1.1"),
    ],
)
def test_the_screening_code_of_a_sheet(title: str, code: str) -> None:
    assert at.sheet_code(title) == code


def test_no_result_falls_on_a_formula(evaluation: Evaluation, results: Results) -> None:
    for title, cells in results.cells.items():
        sheet = read_sheet(evaluation.content.package, title)
        assert [ref for ref in cells if sheet.has_formula(ref)] == [], title


def test_results_are_finite_numbers_texts_or_nothing(results: Results) -> None:
    for cells in results.cells.values():
        for value in cells.values():
            assert value is None or isinstance(value, (str, int, float, dt.date))
            assert not isinstance(value, float) or abs(value) < 1e15


def test_sheets_show_the_totals_of_their_view(evaluation: Evaluation, results: Results) -> None:
    views = evaluation.views
    total = at.beges_rows()[-1]
    shown = results.cells[at.BEGES][cell_ref(total.row, at.BEGES_TOTAL)]
    assert shown == pytest.approx(views["beges"].total_kg / 1000, rel=1e-12)
    gases = [results.cells[at.BEGES][cell_ref(total.row, at.BEGES_GAS + n)] for n in range(5)]
    assert sum(gases) == pytest.approx(shown, rel=1e-9)
    summary = results.cells[at.SUMMARY]
    assert summary[at.SUMMARY_GHGP.replace("$", "")] == pytest.approx(
        views["ghgp"].total_kg / 1000, rel=1e-12
    )


def test_the_pareto_is_sorted_and_complete(results: Results) -> None:
    rows = range(at.PARETO_FIRST, at.PARETO_FIRST + at.PARETO_ROWS)
    values = [results.cells[at.SUMMARY][cell_ref(row, 2)] for row in rows]
    assert values == sorted(values, reverse=True)
    assert results.cells[at.SUMMARY][cell_ref(rows[-1], 4)] == pytest.approx(1.0)


def test_data_levels_add_up_to_the_view(evaluation: Evaluation, results: Results) -> None:
    rows = range(at.LEVELS_FIRST, at.LEVELS_FIRST + len(at.DATA_LEVELS))
    total = sum(results.cells[at.SUMMARY][cell_ref(row, 2)] for row in rows)
    assert total == pytest.approx(evaluation.views["ghgp"].total_kg / 1000)


def test_every_link_of_contrôles_leads_to_the_cell_of_its_message(
    evaluation: Evaluation, results: Results
) -> None:
    links = results.links[at.CHECKS]
    assert len(links) == sum(bool(m.sheet and m.cell) for m in evaluation.messages)
    first = next(m for m in evaluation.messages if m.sheet and m.cell)
    assert f"'{first.sheet}'!{first.cell}" in links.values()


def test_factors_used_recompute_their_tonnes(evaluation: Evaluation, results: Results) -> None:
    lines = evaluation.inventory.counted
    used = int(lines["factor_id"].dropna().nunique())
    cells = results.cells[at.USED]
    rows = range(at.USED_HEADER + 1, at.USED_HEADER + used + 1)
    labels = [label for label, _, _ in at.RESULT_TABLES["tbl_facteurs_utilises"]]
    tonnes = sum(cells[cell_ref(row, labels.index("tCO2e") + 1)] for row in rows)
    assert tonnes == pytest.approx(evaluation.inventory.total_kg / 1000)
    assert cells[cell_ref(rows[-1] + 1, 1)] is None
    split = [labels.index(name) + 1 for name in ("CO2 fossile", "CH4 fossile", "CH4 biogénique", "N2O", "Autres gaz",
                                                 "Non ventilé")]  # fmt: skip
    for row in rows:
        whole = cells[cell_ref(row, labels.index("Somme des étapes") + 1)]
        assert sum(cells[cell_ref(row, column)] for column in split) == pytest.approx(
            whole, rel=1e-9, abs=1e-12
        )


def test_a_second_refresh_writes_nothing_and_keeps_the_date(book: Path, tmp_path: Path) -> None:
    copy = tmp_path / "demo.xlsx"
    copy.write_bytes(book.read_bytes())
    assert refresh(copy).written > 0
    assert refresh(copy).written == 0


def test_scopes_and_categories_have_their_uncertainty(evaluation: Evaluation, results: Results) -> None:
    cells = results.cells[at.GHGP]
    doubt = {
        name: row_uncertainty(evaluation.inventory, evaluation.views[name]).set_index("code")
        for name in ("ghgp", "ghgp_market")
    }
    market = {at.MARKET: "S2", at.TOTAL_MARKET: at.TOTAL}
    shown = 0
    for found in (*at.ghgp_rows(), *at.energy_parts()):
        table = doubt["ghgp_market" if found.code in market else "ghgp"]
        wanted = table.loc[market.get(found.code, found.code)]
        half, quality = (cells[cell_ref(found.row, column)] for column in (at.GHGP_HALF, at.GHGP_CLASS))
        if cells[cell_ref(found.row, at.GHGP_TOTAL)] == 0:
            assert (half, quality) == (at.NOT_APPLICABLE, None)
        else:
            assert (half, quality) == (pytest.approx(wanted["half"], rel=1e-12), wanted["quality"])
            shown += 1
    assert shown > 15
    here, there = (cells[cell_ref(row.row, at.GHGP_HALF)] for row in at.ghgp_rows()[1:3])
    assert here != there


def test_the_regulatory_table_has_its_uncertainty(evaluation: Evaluation, results: Results) -> None:
    cells = results.cells[at.BEGES]
    doubt = row_uncertainty(evaluation.inventory, evaluation.views["beges"]).set_index("code")
    for found in at.beges_rows():
        half = cells[cell_ref(found.row, at.BEGES_HALF)]
        quality = cells[cell_ref(found.row, at.BEGES_CLASS)]
        if cells[cell_ref(found.row, at.BEGES_TOTAL)] == 0:
            assert (half, quality) == (at.NOT_APPLICABLE, None)
        else:
            assert half == pytest.approx(doubt.at[found.code, "half"], rel=1e-12)
            assert quality == doubt.at[found.code, "quality"] in range(1, 6)
