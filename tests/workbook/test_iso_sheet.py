"""ISO 14064-1: what refresh writes there is the view, adds up gas by gas, and opens to its lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from carbon_workbook.audit.trace import trace
from carbon_workbook.demo.company import demo_data
from carbon_workbook.inventory.iso import direct_gases
from carbon_workbook.inventory.propagation import row_uncertainty
from carbon_workbook.inventory.significance import decisions_of, of_view
from carbon_workbook.workbook import iso_layout as place
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import WorkbookData, build
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.origins import Figures, iso
from carbon_workbook.workbook.package import SheetData, open_package, read_sheet
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import refresh

ROW = {row.code: row.row for row in place.rows()}
DIRECT_ROW = {row.code: row.row for row in place.direct_rows()}
GAS = {gas: column for column, (gas, _) in enumerate(place.GASES, start=place.FIRST_GAS)}
FOREST = {
    "label": "Forêt",
    "method": "surface × flux annuel",
    "area": 2,
    "factor": "27850",
}  # −3 990 kg par ha
LEAKS = [
    {"label": "SF6", "recharged": 2, "factor": "43294"},
    {"label": "R-134a", "recharged": 1, "factor": "43133"},
    {"label": "R-22", "recharged": 3, "factor": "43119"},
]
PROCESSES = [
    {"label": "NF3", "quantity": 1, "unit": "kg", "factor": "43224"},
    {"label": "CF4", "quantity": 1, "unit": "kg", "factor": "43236"},
]


def sheet_of(path: Path) -> SheetData:
    return read_sheet(open_package(path), at.ISO)


def number(sheet: SheetData, row: int, column: int) -> float:
    value = sheet.value(cell_ref(row, column))
    assert isinstance(value, float)
    return value


@pytest.fixture(scope="module")
def gases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Soils that store carbon, and each of the fluorinated families."""
    path = tmp_path_factory.mktemp("iso") / "gaz.xlsx"
    rows = {"sols": [FOREST], "fugitives": LEAKS, "procedes": PROCESSES}
    build(path, data=WorkbookData(settings={"year": 2024}, entries=rows), macros=False)
    assert refresh(path).evaluation.refused == 0
    return path


@pytest.fixture(scope="module")
def evaluation(built: dict[str, Path]) -> Evaluation:
    return evaluate(read_workbook(built["refreshed"]))


class TestDemonstration:
    def test_rows_are_those_of_the_view(self, built: dict[str, Path], evaluation: Evaluation) -> None:
        sheet, view = sheet_of(built["refreshed"]), evaluation.views["iso"]
        assert view.rows["code"].tolist() == list(ROW)
        for row in view.rows.to_dict("records"):
            here = ROW[row["code"]]
            assert number(sheet, here, place.TOTAL) == pytest.approx(row["total"] / 1000, abs=1e-12)
            assert number(sheet, here, place.SHARE) == pytest.approx(row["total"] / view.total_kg, abs=1e-12)
            assert number(sheet, here, place.BIOGENIC) == pytest.approx(row["co2_biogenic"] / 1000, abs=1e-12)
        categories = [number(sheet, ROW[code], place.TOTAL) for code in "123456"]
        assert sum(categories) == pytest.approx(number(sheet, ROW["T"], place.TOTAL))

    def test_total_is_that_of_the_summary(self, built: dict[str, Path]) -> None:
        summary = read_sheet(open_package(built["refreshed"]), at.SUMMARY)
        total = summary.value(cell_ref(at.summary_row("ISO"), at.SUMMARY_VALUE))
        assert number(sheet_of(built["refreshed"]), ROW["T"], place.TOTAL) == total

    def test_uncertainty_is_that_of_the_view(self, built: dict[str, Path], evaluation: Evaluation) -> None:
        sheet = sheet_of(built["refreshed"])
        for row in row_uncertainty(evaluation.inventory, evaluation.views["iso"]).to_dict("records"):
            half, quality = (
                sheet.value(cell_ref(ROW[row["code"]], column)) for column in (place.HALF, place.CLASS)
            )
            if np.isnan(row["half"]):
                assert (half, quality) == (at.NOT_APPLICABLE, None)
            else:
                assert (half, quality) == (pytest.approx(row["half"]), row["quality"])

    def test_both_rules_and_the_users_decision(self, built: dict[str, Path], evaluation: Evaluation) -> None:
        sheet = sheet_of(built["refreshed"])
        ranked = of_view(evaluation.views["iso"]).set_index("code")
        decisions = decisions_of(evaluation.content.categories)
        told = {"4.1": ("oui", "oui", "oui"), "3.1": (None, None, "non"), "6.1": (None, None, None),
                "1.1": ("toujours",) * 3, "4": (None,) * 3, "T": (None,) * 3}  # fmt: skip
        for code, texts in told.items():
            found = tuple(sheet.value(cell_ref(ROW[code], place.MAGNITUDE + n)) for n in range(3))
            assert found == texts, code
        for code, row in ROW.items():
            if code in ranked.index:
                shown = [
                    sheet.value(cell_ref(row, column)) == "oui" for column in (place.MAGNITUDE, place.ABOVE)
                ]
                assert shown == [ranked.at[code, "magnitude"], ranked.at[code, "above"]]
            if code in decisions:
                assert sheet.value(cell_ref(row, place.DECISION)) == decisions[code].decision
                assert (sheet.value(cell_ref(row, place.REASON)) or "") == decisions[code].reason
        assert decisions["2.2"].reason

    def test_every_number_but_the_uncertainty_has_its_lines(
        self, built: dict[str, Path], evaluation: Evaluation
    ) -> None:
        sheet = sheet_of(built["refreshed"])
        numbers = {
            cell_ref(row, column)
            for row, cells in sheet.rows.items()
            for column, value in cells.items()
            if column not in (place.HALF, place.CLASS) or row > place.TABLE.last
            if isinstance(value, float) and not sheet.has_formula(cell_ref(row, column))
        }
        assert len(numbers) > 150
        assert numbers == set(iso())

    def test_a_criterion_of_the_user_makes_a_category_significant(self, tmp_path: Path) -> None:
        data = demo_data()
        rows = [
            {**row, "criteria": "secteur", "decision": "exclue", "reason": "données absentes"}
            if row["code"] == "4.4"
            else row
            for row in data.categories
        ]
        path = tmp_path / "critere.xlsx"
        build(path, data=replace(data, categories=rows), macros=False)
        refresh(path)
        texts = [sheet_of(path).value(cell_ref(ROW["4.4"], column)) for column in range(place.MAGNITUDE, 15)]
        assert texts == [None, None, "oui", "exclue", "secteur", "données absentes"]


class TestGases:
    def test_each_family_has_its_column(self, gases: Path) -> None:
        sheet = sheet_of(gases)
        shown = {gas: number(sheet, DIRECT_ROW["1"], GAS[gas]) for gas in ("hfc", "pfc", "sf6", "nf3")}
        assert shown == {"hfc": pytest.approx(1.53), "pfc": pytest.approx(7.38), "sf6": pytest.approx(48.6),
                         "nf3": pytest.approx(17.4)}  # fmt: skip
        assert number(sheet, DIRECT_ROW["1.4"], GAS["pfc"]) == 0
        assert number(sheet, DIRECT_ROW["1.3"], GAS["pfc"]) == pytest.approx(7.38)

    def test_gases_add_up_to_the_category(self, gases: Path, built: dict[str, Path]) -> None:
        for path in (gases, built["refreshed"]):
            sheet = sheet_of(path)
            for code, row in DIRECT_ROW.items():
                parts = [
                    number(sheet, row, column)
                    for gas, column in GAS.items()
                    if gas not in ("total", "co2_biogenic")
                ]
                assert sum(parts) == pytest.approx(number(sheet, row, GAS["total"]), abs=1e-12)
                assert number(sheet, row, GAS["total"]) == number(sheet, ROW[code], place.TOTAL)

    def test_the_sheet_is_the_computation(self, gases: Path) -> None:
        found = evaluate(read_workbook(gases))
        sheet = sheet_of(gases)
        for row in direct_gases(found.inventory, found.views["iso"]).to_dict("records"):
            for gas, column in GAS.items():
                shown = number(sheet, DIRECT_ROW[row["code"]], column)
                assert shown == pytest.approx(row[gas] / 1000, abs=1e-12), (row["code"], gas)

    def test_removals_are_beside_the_total(self, gases: Path) -> None:
        sheet = sheet_of(gases)
        for code in ("1.5", "1", "T"):
            assert number(sheet, ROW[code], place.REMOVALS) == pytest.approx(-7.98)
        assert number(sheet, ROW["1.4"], place.REMOVALS) == 0
        assert number(sheet, ROW["1.5"], place.TOTAL) == 0

    def test_total_and_what_stands_outside_are_the_lines(self, gases: Path, built: dict[str, Path]) -> None:
        for path in (gases, built["refreshed"]):
            sheet = sheet_of(path)
            outside = {row.code: number(sheet, row.row, place.TOTAL) for row in place.outside_rows()}
            lines = number(sheet, place.LINES_ROW, place.TOTAL)
            assert number(sheet, ROW["T"], place.TOTAL) + sum(outside.values()) == pytest.approx(lines)
            assert outside["gaz_hors_sept"] > 0
            assert sheet.has_formula(cell_ref(place.CHECK_ROW, place.TOTAL))
        assert number(sheet_of(gases), place.outside_rows()[3].row, place.TOTAL) == pytest.approx(-7.98)

    @pytest.mark.parametrize(
        ("code", "column", "label", "lines"),
        [
            ("1.4", "sf6", "SF6", {"SF6"}),
            ("1", "pfc", "PFC", {"CF4"}),
            ("1", "hfc", "HFC", {"R-134a"}),
            ("T", place.REMOVALS, "absorptions", {"Forêt"}),
        ],
    )
    def test_a_family_and_what_soils_store_open_to_their_lines(
        self, code: str, column: str | int, label: str, lines: set[str], gases: Path
    ) -> None:
        there = (
            cell_ref(ROW[code], column)
            if isinstance(column, int)
            else cell_ref(DIRECT_ROW[code], GAS[column])
        )
        found = trace(evaluate(read_workbook(gases)), f"{at.ISO}!{there}")
        assert found.label.endswith(label)
        assert set(found.lines["label"]) == lines
        assert found.lines["share"].sum() == pytest.approx(found.value)
        assert found.written == found.value
        assert not found.notes


def test_an_empty_workbook_has_the_sheet(tmp_path: Path) -> None:
    path = tmp_path / "neuf.xlsx"
    build(path, data=WorkbookData(settings={"year": 2024}), macros=False)
    refresh(path)
    sheet = sheet_of(path)
    assert number(sheet, ROW["T"], place.TOTAL) == 0
    assert sheet.value(cell_ref(ROW["T"], place.SHARE)) is None
    assert sheet.value(cell_ref(ROW["T"], place.HALF)) == at.NOT_APPLICABLE
    assert refresh(path).written == 0
    assert lint(open_package(path)) == []


def test_no_origin_divides_by_another_view(evaluation: Evaluation) -> None:
    figures = Figures(evaluation.inventory, evaluation.views)
    assert {origin.over.view for origin in iso().values() if origin.over} == {"iso"}
    assert all(figures.divisor(origin) for origin in iso().values())


def test_a_workbook_of_this_schema_without_the_sheet_is_still_refreshed(
    copy_of: Callable[[str], Path],
) -> None:
    path = copy_of("plain")
    package = open_package(path)
    book = package.parts["xl/workbook.xml"].decode()
    renamed = book.replace(f'<sheet name="{at.ISO}"', '<sheet name="Autre"').replace(
        f"'{at.ISO}'!", "'Autre'!"
    )
    name = at.RESULT_NAMES[at.ISO]
    start = renamed.index(f'<definedName name="{name}"')
    end = renamed.index("</definedName>", start) + len("</definedName>")
    parts = {"xl/workbook.xml": (renamed[:start] + renamed[end:]).encode()}
    path.write_bytes(package.with_parts(parts).packed())
    assert refresh(path).written > 0
    assert refresh(path).written == 0
