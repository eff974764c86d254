"""Reference year, previous year and targets on BEGES, ESRS E1 and Revue de direction: what the registers hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from carbon_workbook.demo.company import demo_data
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook import review_layout as review
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.earlier_cells import earlier
from carbon_workbook.workbook.evaluate import evaluate
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import SheetData, open_package, read_sheet
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import refresh

CopyOf = Callable[[str], Path]
TODO = review.TO_COMPLETE
GASES = range(at.BEGES_GAS, at.BEGES_TOTAL)


def row_of(rows: Sequence[at.ResultRow], code: str) -> int:
    return next(found.row for found in rows if found.code == code)


def sheet_of(path: Path, title: str) -> SheetData:
    return read_sheet(open_package(path), title)


def beges(path: Path, code: str, column: int) -> object:
    return sheet_of(path, at.BEGES).value(cell_ref(row_of(at.beges_earlier_rows(), code), column))


def esrs(path: Path, code: str, column: int) -> object:
    rows = (*at.esrs_rows(), at.esrs_combined())
    return sheet_of(path, at.ESRS).value(cell_ref(row_of(rows, code), column))


def made(path: Path, *, history: object = None, targets: object = None, **settings: object) -> Path:
    """The demonstration refreshed with other registers and settings."""
    data = demo_data()
    data = replace(
        data,
        settings={**data.settings, **settings},
        history=data.history if history is None else history,
        targets=data.targets if targets is None else targets,
    )
    build(path, data=data, macros=False)
    refresh(path)
    return path


def base_row(code: str, view: str = "BEGES", **values: object) -> dict[str, object]:
    return {"role": "référence", "view": view, "code": code, **values}


class TestBeges:
    def test_reference_year_of_the_demonstration(self, built: dict[str, Path]) -> None:
        """2022 is known by totals alone: all of it is « non ventilé »."""
        path = built["refreshed"]
        assert beges(path, "1.1", at.BEGES_TOTAL) == 641.0
        assert beges(path, "1", at.BEGES_TOTAL) == 641.0 + 212.0 + 2.0 + 69.0
        assert beges(path, at.TOTAL, at.BEGES_TOTAL) == 33_219.0
        assert beges(path, "1.1", at.BEGES_TOTAL - 1) == 641.0
        assert {beges(path, "1.1", column) for column in list(GASES)[:-1]} == {None}
        assert beges(path, "1.1", at.BEGES_BIOGENIC) == TODO

    def test_previous_year_of_the_demonstration(self, built: dict[str, Path]) -> None:
        path = built["refreshed"]
        posts = [found.code for found in at.beges_earlier_rows() if found.level == 1]
        total = beges(path, at.TOTAL, at.BEGES_PREVIOUS)
        assert total == pytest.approx(31_915.8, abs=0.05)
        assert sum(float(str(beges(path, code, at.BEGES_PREVIOUS))) for code in posts) == pytest.approx(total)
        sheet, row = sheet_of(path, at.BEGES), row_of(at.beges_earlier_rows(), at.TOTAL)
        assert all(
            sheet.has_formula(cell_ref(row, column))
            for column in (at.BEGES_GAP, at.BEGES_CHANGE, at.BEGES_BASE_GAP, at.BEGES_BASE_CHANGE)
        )

    def test_recalculation_and_its_reason_are_said(self, tmp_path: Path) -> None:
        rows = [base_row("1.1", total=500.0, recalculated="O", reason="Cession du site de Lyon")]
        sheet = sheet_of(made(tmp_path / "c.xlsx", history=rows), at.BEGES)
        first = at.beges_earlier_first()
        assert sheet.value(cell_ref(first, 1)) == "Année de référence (2022) et comparaison avec N-1 (2023)"
        assert sheet.value(cell_ref(first + 1, 1)) == (
            "Année de référence 2022 : saisi · recalculée : oui · motif : Cession du site de Lyon"
        )
        assert sheet.value(cell_ref(first + 2, 1)) == "Année précédente 2023 : aucune valeur saisie"

    def test_gases_add_up_with_what_is_not_split(self, tmp_path: Path) -> None:
        rows = [
            base_row("1.1", co2_fossil=80.0, ch4=5.0, total=100.0, co2_biogenic=7.0),
            base_row("1.2", co2_fossil=20.0),
        ]
        path = made(tmp_path / "c.xlsx", history=rows)
        found = [beges(path, "1.1", column) for column in (*GASES, at.BEGES_TOTAL, at.BEGES_BIOGENIC)]
        assert found == [80.0, 5.0, None, None, 15.0, 100.0, 7.0]
        found = [beges(path, "1", column) for column in (*GASES, at.BEGES_TOTAL, at.BEGES_BIOGENIC)]
        assert found == [100.0, 5.0, None, None, 15.0, 120.0, 7.0]
        assert beges(path, "1.3", at.BEGES_TOTAL) == TODO
        assert beges(path, at.TOTAL, at.BEGES_TOTAL) == TODO
        assert refresh(path).written == 0

    def test_without_history_all_is_to_be_completed(self, tmp_path: Path) -> None:
        path = made(tmp_path / "c.xlsx", history=())
        codes = [found.code for found in at.beges_earlier_rows()]
        columns = (at.BEGES_TOTAL, at.BEGES_BIOGENIC, at.BEGES_PREVIOUS)
        assert {beges(path, code, column) for code in codes for column in columns} == {TODO}
        assert refresh(path).written == 0


class TestEsrs:
    def test_rows_of_the_ghg_protocol_stand_for_those_of_esrs(self, built: dict[str, Path]) -> None:
        path = built["refreshed"]
        assert [esrs(path, code, at.ESRS_BASE) for code in ("S1", "S2", "S2M", "1", "T", "TM", "S12")] == [
            924.0, 209.0, 134.0, 13_541.0, 29_793.0, 29_718.0, 1_133.0,
        ]  # fmt: skip
        assert esrs(path, "T", at.ESRS_PREVIOUS) == pytest.approx(28_835.4, abs=0.05)
        assert esrs(path, "BIO", at.ESRS_BASE) == TODO

    def test_not_when_the_approaches_differ(self, tmp_path: Path) -> None:
        path = made(tmp_path / "c.xlsx", approach_esrs="financier")
        assert {esrs(path, code, at.ESRS_BASE) for code in ("S1", "S2M", "S3", "T", "S12")} == {TODO}
        assert esrs(path, "S12", at.ESRS_2030) is None
        offset = [view for _, view, _ in review.TOTALS].index("esrs")
        shown = cell_ref(review.EMISSIONS.first + offset, review.PREVIOUS)
        assert sheet_of(path, at.REVIEW).value(shown) == TODO

    def test_its_own_rows_come_first(self, tmp_path: Path) -> None:
        rows = [base_row("S1", "GHG Protocol", total=10.0), base_row("S1", "ESRS E1", total=8.0)]
        path = made(tmp_path / "c.xlsx", history=rows)
        assert (esrs(path, "S1", at.ESRS_BASE), esrs(path, "S2", at.ESRS_BASE)) == (8.0, TODO)

    def test_objectives_give_the_targets_of_their_row(self, tmp_path: Path) -> None:
        target = {"kind": "absolu", "base_year": 2022, "coverage": 1}
        rows = [
            {**target, "label": "A", "perimeter": "Scope 1", "target_year": 2030, "reduction": 0.4},
            {**target, "label": "B", "perimeter": "Scope 1", "target_year": 2050, "reduction": 0.9},
            {**target, "label": "C", "perimeter": "Scope 3", "target_year": 2030, "reduction": 0.2, "coverage": 0.5},
            {**target, "label": "D", "perimeter": "Scope 2, marché", "target_year": 2030, "reduction": 0.5,
             "base_value": 200.0},
        ]  # fmt: skip
        path = made(tmp_path / "c.xlsx", targets=rows)
        assert esrs(path, "S1", at.ESRS_2030) == pytest.approx(0.6 * 924)
        assert esrs(path, "S1", at.ESRS_2050) == pytest.approx(0.1 * 924)
        assert esrs(path, "S1", at.ESRS_ANNUAL) == pytest.approx(-0.4 / 8)
        assert esrs(path, "S2M", at.ESRS_2030) == pytest.approx(100.0)
        assert esrs(path, "S3", at.ESRS_2030) is None  # half of its perimeter: no value of the row

    def test_what_no_register_holds_stays_typed(self, copy_of: CopyOf) -> None:
        path = copy_of("refreshed")
        package = open_package(path)
        rows = at.esrs_rows()
        cells = {
            cell_ref(row_of(rows, "ETS"), at.ESRS_PREVIOUS): 0.25,
            cell_ref(row_of(rows, "11"), at.ESRS_2030): 9000.0,
            cell_ref(row_of(rows, "S1"), at.ESRS_NOTE): "vu",
        }
        path.write_bytes(package.with_parts(patch(package, {at.ESRS: cells})).packed())
        refresh(path)
        sheet = sheet_of(path, at.ESRS)
        assert {ref: sheet.value(ref) for ref in cells} == cells


def test_a_workbook_made_before_these_cells_keeps_those_of_its_user(copy_of: CopyOf) -> None:
    path = copy_of("refreshed")
    package = open_package(path)
    ref = cell_ref(row_of(at.esrs_rows(), "S1"), at.ESRS_BASE)
    text = package.parts["xl/workbook.xml"].decode()
    name = f'<definedName name="{at.EARLIER_NAME}"'
    start = text.index(name)
    end = text.index("</definedName>", start) + len("</definedName>")
    without = package.with_parts({"xl/workbook.xml": (text[:start] + text[end:]).encode()})
    path.write_bytes(without.with_parts(patch(without, {at.ESRS: {ref: 900.0}})).packed())
    refresh(path)
    assert sheet_of(path, at.ESRS).value(ref) == 900.0
    assert earlier(evaluate(read_workbook(path))) == {}
    assert lint(open_package(path)) == []


def test_the_review_compares_esrs_with_the_rows_that_stand_for_it(built: dict[str, Path]) -> None:
    sheet = sheet_of(built["refreshed"], at.REVIEW)
    rows = {
        view: review.EMISSIONS.first + n
        for n, (_, view, code) in enumerate(review.TOTALS)
        if code == at.TOTAL
    }
    found = {view: sheet.value(cell_ref(row, review.PREVIOUS)) for view, row in rows.items()}
    assert found["esrs"] == found["ghgp"] == pytest.approx(28_835.4, abs=0.05)
