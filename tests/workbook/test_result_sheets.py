"""Énergie, Revue de direction and the charts of Synthèse: what refresh writes there, and that it is the series."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from carbon_workbook.audit.trace import trace
from carbon_workbook.demo.company import demo_data
from carbon_workbook.inventory import series
from carbon_workbook.inventory.energy import by_source, consumption, energy
from carbon_workbook.workbook import chart_cells as charts
from carbon_workbook.workbook import energy_layout as place
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook import review_layout as review
from carbon_workbook.workbook.build import WorkbookData, build
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import open_package, read_sheet
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.read import read_workbook, result_title
from carbon_workbook.workbook.refresh import refresh

CopyOf = Callable[[str], Path]


def evaluation_of(path: Path) -> Evaluation:
    return evaluate(read_workbook(path))


def type_cell(path: Path, title: str, ref: str, value: object) -> None:
    package = open_package(path)
    path.write_bytes(package.with_parts(patch(package, {title: {ref: value}})).packed())


def column(path: Path, title: str, block: place.Block, number: int) -> list[object]:
    sheet = read_sheet(open_package(path), title)
    return [sheet.value(cell_ref(row, number)) for row in range(block.first, block.last + 1)]


def rename_tab(path: Path, old: str, new: str) -> None:
    """As a program does: the tab and every formula and name that cites it."""
    package = open_package(path)
    parts = {}
    for name, content in package.parts.items():
        if name.endswith(".xml"):
            text = content.decode("utf-8")
            changed = text.replace(f"'{old}'!", f"'{new}'!").replace(
                f'<sheet name="{old}"', f'<sheet name="{new}"'
            )
            if re.fullmatch(r"\w+", old):
                changed = re.sub(rf"(?<![\w']){old}!", f"'{new}'!", changed)
            if changed != text:
                parts[name] = changed.encode("utf-8")
    path.write_bytes(package.with_parts(parts).packed())


class TestEnergy:
    def test_rows_are_those_of_the_computation(self, built: dict[str, Path]) -> None:
        path = built["refreshed"]
        evaluation = evaluation_of(path)
        found = energy(evaluation.inventory, evaluation.views["ghgp"])
        table = by_source(found)
        totals = column(path, at.ENERGY, place.BY_SOURCE, place.SUM)
        assert totals[: len(table)] == pytest.approx(table["total"].tolist())
        assert totals[len(table)] == pytest.approx(found.total_mwh)
        standard = consumption(found)
        assert column(path, at.ENERGY, place.STANDARD, 2) == pytest.approx(standard["mwh"].tolist())
        assert column(path, at.ENERGY, place.STANDARD, 4) == pytest.approx(standard["mwh_market"].tolist())

    def test_energy_of_the_demonstration(self, built: dict[str, Path]) -> None:
        """By hand: 3 250 MWh PCS of gas, 4 594 MWh bought, 210 MWh of own photovoltaics, fuels by their volume."""
        totals = dict(
            zip(
                place.SOURCE_ROWS,
                column(built["refreshed"], at.ENERGY, place.BY_SOURCE, place.SUM),
                strict=False,
            )
        )
        assert totals["gaz"] == pytest.approx(3250 * 0.9009)
        assert totals["electricite"] == pytest.approx(4594)
        assert totals["autoproduite"] == pytest.approx(210)
        fuels = (2100 * 9.858 + 6400 * 12.78 + 52300 * 9.796 + 18700 * 8.781 + 3900 * 9.819) / 1000
        assert totals["petrole"] == pytest.approx(fuels)

    def test_emissions_beside_the_energy_add_up_to_both_scopes(self, built: dict[str, Path]) -> None:
        sheet = read_sheet(open_package(built["refreshed"]), at.ENERGY)
        rows = [place.BY_SOURCE.first + len(place.SOURCE_ROWS) - 1, place.OTHER_ROW, place.MISSING_ROW]
        tonnes = [sheet.value(cell_ref(row, place.TONNES)) for row in rows]
        assert sum(map(float, tonnes)) == pytest.approx(847.0 + 166.8, abs=0.06)  # type: ignore[arg-type]
        assert sheet.value(cell_ref(place.SCOPES_ROW, place.TONNES)) == pytest.approx(sum(map(float, tonnes)))  # type: ignore[arg-type]

    def test_a_line_without_energy_is_listed(self, tmp_path: Path) -> None:
        path = tmp_path / "km.xlsx"
        row = {
            "label": "Tournées",
            "site": "Saint-Priest",
            "method": "distance",
            "distance": 10000,
            "factor": "43791",
        }
        data = demo_data()
        entries = {**data.entries, "combustion_mobile": [*data.entries["combustion_mobile"], row]}
        build(path, data=replace(data, entries=entries), macros=False)
        outcome = refresh(path)
        assert "CW-490" in {note.code for note in outcome.evaluation.messages}
        listed = [column(path, at.ENERGY, place.WITHOUT, number)[0] for number in (1, 2, 3, 4)]
        assert str(listed[0]).startswith("43791 · ")
        assert listed[1:3] == ["km", 1.0]
        assert float(listed[3]) > 0  # type: ignore[arg-type]
        sheet = read_sheet(open_package(path), at.ENERGY)
        assert sheet.value(cell_ref(place.MISSING_ROW, place.LINES)) == 1.0

    def test_energy_sold_is_the_users_and_joins_the_production(self, copy_of: CopyOf) -> None:
        path = copy_of("refreshed")
        sold = cell_ref(place.RENEWABLE_ROW, place.SOLD_COLUMN)
        made = cell_ref(place.RENEWABLE_ROW, place.MADE_COLUMN)
        type_cell(path, at.ENERGY, sold, 55.5)
        refresh(path)
        sheet = read_sheet(open_package(path), at.ENERGY)
        assert sheet.value(sold) == 55.5
        assert sheet.value(made) == pytest.approx(265.5)
        assert refresh(path).written == 0

    def test_a_text_where_an_energy_belongs_is_told(self, copy_of: CopyOf) -> None:
        path = copy_of("refreshed")
        sold = cell_ref(place.RENEWABLE_ROW, place.SOLD_COLUMN)
        type_cell(path, at.ENERGY, sold, "environ 50")
        notes = [note for note in evaluation_of(path).messages if note.code == "CW-495"]
        assert [(note.sheet, note.cell) for note in notes] == [(at.ENERGY, sold)]

    def test_every_cell_can_be_traced_to_its_lines(self, built: dict[str, Path]) -> None:
        evaluation = evaluation_of(built["refreshed"])
        gas = place.BY_SOURCE.first + list(place.SOURCE_ROWS).index("gaz")
        found = trace(evaluation, f"{at.ENERGY}!{cell_ref(gas, place.SUM)}")
        assert found.origin.unit == "MWh"
        assert found.part_unit == "kWh"
        assert found.lines["share"].sum() == pytest.approx(found.value)
        assert set(found.lines["sheet"]) == {"1.1 Combustion fixe"}
        assert not [note for note in found.notes if note.code == "CW-804"]


class TestReview:
    def test_totals_against_earlier_years(self, built: dict[str, Path]) -> None:
        path = built["refreshed"]
        evaluation = evaluation_of(path)
        now = column(path, at.REVIEW, review.EMISSIONS, review.CURRENT)
        before = column(path, at.REVIEW, review.EMISSIONS, review.PREVIOUS)
        for (_, view, code), tonnes, earlier in zip(review.TOTALS, now, before, strict=True):
            assert tonnes == pytest.approx(evaluation.views[view].kg(code) / 1000)
            stand_in = view.replace("esrs", "ghgp")  # one approach, and no row of ESRS E1 in Historique
            known = series.past(evaluation.content.registers["history"], stand_in, 2023)[code]
            assert earlier == (review.TO_COMPLETE if pd.isna(known) else pytest.approx(known))

    def test_without_history_plan_or_target_it_is_to_be_completed(self, tmp_path: Path) -> None:
        path = tmp_path / "vide.xlsx"
        data = demo_data()
        build(path, data=replace(data, history=(), actions=(), targets=()), macros=False)
        refresh(path)
        assert set(column(path, at.REVIEW, review.EMISSIONS, review.PREVIOUS)) == {review.TO_COMPLETE}
        assert review.TO_COMPLETE in str(column(path, at.REVIEW, review.PLAN, 1)[0])
        assert review.TO_COMPLETE in str(column(path, at.REVIEW, review.TARGETS, 1)[0])
        assert column(path, at.SUMMARY, charts.PREVIOUS, 1)[0] == charts.NO_HISTORY
        assert column(path, at.SUMMARY, charts.TRAJECTORY, 1)[0] == charts.NO_TARGET
        assert refresh(path).written == 0

    def test_dates_are_in_order_and_never_before_the_closing(self, built: dict[str, Path]) -> None:
        days = [day for day in column(built["refreshed"], at.REVIEW, review.DATES, 2) if day]
        assert days
        assert days == sorted(days)  # type: ignore[type-var]
        assert min(days) >= dt.date(2024, 12, 31)  # type: ignore[type-var]

    def test_decisions_are_the_users(self, copy_of: CopyOf) -> None:
        path = copy_of("refreshed")
        ref = cell_ref(review.DECISIONS.first, 1)
        type_cell(path, at.REVIEW, ref, "Remplacer les chaudières")
        refresh(path)
        assert read_sheet(open_package(path), at.REVIEW).value(ref) == "Remplacer les chaudières"

    def test_an_empty_workbook_has_a_review(self, tmp_path: Path) -> None:
        path = tmp_path / "neuf.xlsx"
        build(path, data=WorkbookData(settings={"year": 2024}), macros=False)
        refresh(path)
        assert column(path, at.REVIEW, review.QUALITY, 2)[0] == review.TO_COMPLETE
        assert column(path, at.REVIEW, review.TOP, 1)[0] is None
        assert refresh(path).written == 0


class TestCharts:
    def test_blocks_hold_the_series(self, built: dict[str, Path]) -> None:
        path = built["refreshed"]
        evaluation = evaluation_of(path)
        view = evaluation.views["ghgp"]
        pareto = series.pareto(view, charts.CODES).head(charts.ROWS)
        assert column(path, at.SUMMARY, charts.PARETO, 2)[: len(pareto)] == pytest.approx(
            pareto["tonnes"].tolist()
        )
        assert column(path, at.SUMMARY, charts.PARETO, 3)[: len(pareto)] == pytest.approx(
            pareto["cumulated"].tolist()
        )
        factors = series.top_factors(evaluation.inventory, charts.ROWS)
        assert column(path, at.SUMMARY, charts.FACTORS, 2) == pytest.approx(factors["tonnes"].tolist())
        intervals = series.post_intervals(evaluation.inventory, view).set_index("code")
        first = str(pareto["code"].iloc[0])
        low, high = (column(path, at.SUMMARY, charts.INTERVALS, n)[0] for n in (3, 4))
        assert low == pytest.approx(intervals["tonnes"][first] - intervals["low"][first])
        assert high == pytest.approx(intervals["high"][first] - intervals["tonnes"][first])

    def test_every_chart_is_native_and_reads_its_block(self, built: dict[str, Path]) -> None:
        package = open_package(built["refreshed"])
        drawn = [part.decode() for name, part in package.parts.items() if name.startswith("xl/charts/chart")]
        cited = "".join(drawn)
        assert len(drawn) == 7
        for block in charts.BLOCKS:
            assert f"${block.first}:" in cited
        assert "80 %" in cited
        assert max(text.count("<c:errBars>") for text in drawn) == 1

    def test_the_axis_of_the_intervals_holds_their_upper_end(self, built: dict[str, Path]) -> None:
        """The upper gap is stacked, without ink, on the bar of the error bars; N-1 and N stay side by side."""
        package = open_package(built["refreshed"])
        drawn = [part.decode() for name, part in package.parts.items() if name.startswith("xl/charts/chart")]
        intervals = next(text for text in drawn if "<c:errBars>" in text)
        assert '<c:grouping val="stacked"/>' in intervals
        room = intervals.split("<c:ser>")[2]
        assert "<a:noFill/>" in room
        assert f"$D${charts.INTERVALS.first}:" in room
        pair = next(text for text in drawn if "pattFill" in text)
        assert '<c:grouping val="clustered"/>' in pair
        assert '<c:overlap val="-5"/>' in pair

    def test_series_differ_by_more_than_colour(self, built: dict[str, Path]) -> None:
        """Two bars side by side: one is hatched; two lines: one is dashed, the other has markers."""
        package = open_package(built["refreshed"])
        drawn = [part.decode() for name, part in package.parts.items() if name.startswith("xl/charts/chart")]
        pair = next(text for text in drawn if "N-1</c:v>" in text or ">N-1<" in text)
        assert "pattFill" in pair
        path = next(text for text in drawn if "scatterChart" in text)
        assert "prstDash" in path
        assert 'symbol val="square"' in path


class TestRenamedTabs:
    @pytest.mark.parametrize("title", [at.SUMMARY, at.CHECKS, at.ENERGY])
    def test_a_renamed_result_sheet_is_followed(self, title: str, copy_of: CopyOf) -> None:
        path = copy_of("refreshed")
        rename_tab(path, title, "Mon onglet")
        content = read_workbook(path)
        assert result_title(content.package, title) == "Mon onglet"
        type_cell(
            path, "Périmètre", content.package.defined_names["cw_approche"][1].replace("$", ""), "financier"
        )
        assert refresh(path).written > 0
        assert lint(open_package(path)) == []
        assert refresh(path).written == 0

    def test_a_cell_is_traced_under_the_new_name(self, copy_of: CopyOf) -> None:
        path = copy_of("refreshed")
        rename_tab(path, at.ENERGY, "Mon onglet")
        ref = cell_ref(place.BY_SOURCE.first + len(place.SOURCE_ROWS) - 1, place.SUM)
        found = trace(evaluation_of(path), f"Mon onglet!{ref}")
        assert found.written == pytest.approx(found.value)

    def test_every_result_sheet_has_its_name(self, built: dict[str, Path]) -> None:
        package = open_package(built["plain"])
        for title, name in at.RESULT_NAMES.items():
            assert package.defined_names[name] == (title, "A1")
        assert set(at.RESULT_NAMES) == set(at.RESULT_SHEETS)


class TestPrinting:
    def test_record_sheets_print_the_rows_that_are_filled(self, built: dict[str, Path]) -> None:
        text = open_package(built["refreshed"]).parts["xl/workbook.xml"].decode()
        areas = re.findall(
            r'<definedName name="_xlnm.Print_Area" localSheetId="\d+">([^<]*INDEX[^<]*)<', text
        )
        assert len(areas) == 3
        assert all("COUNTA" in area for area in areas)
