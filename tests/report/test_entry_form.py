"""Feuille de saisie: the 104 fields of the platform in order, rounded posts, and what is missing said beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from report_cases import Case, demo_case, empty_case

from carbon_workbook.cli import main
from carbon_workbook.demo.company import demo_data
from carbon_workbook.factors.tables import posts
from carbon_workbook.report.entry_form import TODO, Entry, as_csv, entries, sums
from carbon_workbook.report.inputs import Inputs
from carbon_workbook.specs.vsme import half_up, headcount_bands, platform_fields
from carbon_workbook.workbook import form_layout as place
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.package import open_package, read_sheet
from carbon_workbook.workbook.refresh import refresh


def inputs_of(case: Case, **changed: object) -> Inputs:
    settings = {**case.settings, **changed}
    return Inputs(
        case.inventory, case.views, settings, case.messages, case.categories, case.sites, case.registers
    )


def by_header(inputs: Inputs) -> Mapping[str, Entry]:
    return {entry.field.header: entry for entry in entries(inputs)}


def decided(case: Case, code: str, decision: str, reason: str) -> Case:
    table = case.categories.copy()
    table.loc[table["code"] == code, ["decision", "reason"]] = [decision, reason]
    return replace(case, categories=table)


class TestTable:
    def test_it_has_the_columns_of_the_open_data_where_they_stand(self) -> None:
        fields = platform_fields()
        assert [field.index for field in fields] == list(range(104))
        places = {0: "Id", 6: "SIREN principal", 14: "Structure obligée", 19: "Mode de consolidation",
                  20: "Année de reporting", 28: "Seuil d'importance retenu (%)", 34: "Justification postes écartés",
                  35: "Emissions publication P1.1", 56: "Emissions publication P6.1", 97: "Siret"}  # fmt: skip
        assert {index: fields[index].header for index in places} == places
        assert len({field.header for field in fields}) == 104

    def test_the_22_posts_follow_each_other_for_both_years(self) -> None:
        codes = list(dict.fromkeys(posts()["post"].astype(str)))
        assert len(codes) == 22
        sources = [field.source for field in platform_fields()]
        assert sources[35:57] == [f"poste:{code}" for code in codes]
        assert sources[59:81] == [f"reference:{code}" for code in codes]


class TestValues:
    def test_posts_are_the_view_rounded_to_the_tenth(self, demonstration: Case) -> None:
        found = by_header(inputs_of(demonstration))
        view = demonstration.views["beges"]
        for code in posts()["post"].astype(str):
            entry = found[f"Emissions publication P{code}"]
            assert entry.exact == pytest.approx(view.kg(code) / 1000)
            assert entry.value == half_up(view.kg(code) / 1000, 1)
        assert found["Emissions publication P4.1"].value == 12713.0

    def test_the_rounding_of_the_posts_is_shown_against_the_total(self, demonstration: Case) -> None:
        inputs = inputs_of(demonstration)
        now, _ = sums(inputs, entries(inputs))
        assert now.total == 30805.7
        assert now.posts == half_up(sum(half_up(demonstration.views["beges"].kg(code) / 1000, 1)
                                        for code in posts()["post"].astype(str).unique()), 1)  # fmt: skip
        assert now.gap == half_up(now.posts - now.total, 1)
        assert abs(now.gap) <= 22 * 0.05

    def test_identity_and_texts_are_the_user_s(self, demonstration: Case) -> None:
        found = by_header(inputs_of(demonstration))
        assert found["SIREN principal"].value == "000000000"
        assert found["Effectif"].value == "Entre 250 et 499"
        assert found["Structure obligée"].value == "non"
        assert found["Mode de consolidation"].value == "Opérationnel"
        assert found["Année de reporting"].value == 2024.0
        assert found["Politique développement durable"].value == demonstration.settings["policy_note"]

    def test_what_is_missing_is_blank_and_said(self) -> None:
        inputs = inputs_of(empty_case())
        found = by_header(inputs)
        for header in ("SIREN principal", "Effectif", "Présentation de l'organisation"):
            assert (found[header].value, found[header].state) == (None, TODO)
        assert found["Emissions publication P1.1"].value is None
        assert found["Emissions référence P1.1"].value is None
        assert sums(inputs, entries(inputs))[1].posts is None
        assert all(entry.state for entry in found.values() if entry.value is None)

    @pytest.mark.parametrize(
        ("decision", "reason", "value", "state"),
        [
            ("incluse", "Sans objet : pas de sols", 0.0, "Sans objet : pas de sols"),
            ("incluse", "", None, f"{TODO} : aucune ligne comptée"),
            ("exclue", "hors d'atteinte", None, "écarté : hors d'atteinte"),
            ("exclue", "", None, f"écarté, motif {TODO}"),
        ],
    )
    def test_a_post_without_lines_is_nil_only_with_a_reason(
        self, demonstration: Case, decision: str, reason: str, value: float | None, state: str
    ) -> None:
        case = decided(demonstration, "1.5", decision, reason)
        entry = by_header(inputs_of(case))["Emissions publication P1.5"]
        assert (entry.value, entry.state) == (value, state)

    def test_posts_left_out_are_justified_in_their_field(self, demonstration: Case) -> None:
        case = decided(demonstration, "3.4", "exclue", "données introuvables")
        assert (
            by_header(inputs_of(case))["Justification postes écartés"].value == "3.4 : données introuvables"
        )
        assert (
            by_header(inputs_of(demonstration))["Justification postes écartés"].state == "Aucun poste écarté."
        )

    def test_the_reference_year_comes_from_history(self, demonstration: Case) -> None:
        history = pd.DataFrame(
            {
                "year": [2022, 2022],
                "view": ["BEGES", "BEGES"],
                "code": ["1.1", "1.2"],
                "total": [641.04, 212.0],
            }
        )
        case = replace(demonstration, registers={**demonstration.registers, "history": history})
        found = by_header(inputs_of(case, base_year=2022))
        assert found["Emissions référence P1.1"].value == 641.0
        assert found["Emissions référence P1.3"].state == f"{TODO} dans Historique"
        assert found["Année de référence"].value == 2022.0

    @pytest.mark.parametrize(
        ("text", "code", "name"),
        [
            ("69", "69", None),
            ("Rhône (69)", "69", "Rhône"),
            ("2A Corse-du-Sud", "2A", "Corse-du-Sud"),
            ("Rhône", None, "Rhône"),
        ],
    )
    def test_a_department_is_told_in_two_fields(
        self, demonstration: Case, text: str, code: str | None, name: str | None
    ) -> None:
        found = by_header(inputs_of(demonstration, department=text))
        assert (found["Code département"].value, found["Département"].value) == (code, name)

    @pytest.mark.parametrize(
        ("count", "text"),
        [(0, "0"), (19, "Entre 10 et 19"), (20, "Entre 20 et 49"), (12000, "Plus de 9 999")],
    )
    def test_a_headcount_falls_in_one_band(self, demonstration: Case, count: float, text: str) -> None:
        assert by_header(inputs_of(demonstration, headcount=float(count)))["Effectif"].value == text
        assert [first for first, _ in headcount_bands()] == sorted({first for first, _ in headcount_bands()})


class TestCsv:
    def test_it_is_one_line_under_the_headers_as_the_open_data_write_it(self, demonstration: Case) -> None:
        text = as_csv(entries(inputs_of(demonstration)))
        assert text.startswith("\ufeff")
        header, line = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
        assert header == [field.header for field in platform_fields()]
        assert len(line) == 104
        assert (line[20], line[35], line[47]) == ("2024", "593.9", "12713")

    def test_a_text_with_separators_quotes_and_lines_comes_back_whole(self, demonstration: Case) -> None:
        text = 'un ; deux "trois"\nquatre'
        written = as_csv(entries(inputs_of(demonstration, policy_note=text)))
        _, line = csv.reader(io.StringIO(written.removeprefix("\ufeff")), delimiter=";")
        assert line[82] == text

    def test_the_command_writes_it_and_says_what_is_missing(self, tmp_path: Path) -> None:
        path, target = tmp_path / "demo.xlsx", tmp_path / "saisie.csv"
        build(path, data=demo_data(), macros=False)
        done = CliRunner().invoke(main, ["saisie", str(path), "--vers", str(target)])
        assert done.exit_code == 0, done.output
        assert target.read_bytes().startswith(b"\xef\xbb\xbfId;")
        assert "CW-560" in done.output
        again = CliRunner().invoke(main, ["saisie", str(path), "--vers", str(target)])
        assert "CW-701" in again.output


class TestSheet:
    def test_it_shows_the_fields_and_their_sums_and_stays_the_same(self, tmp_path: Path) -> None:
        path = tmp_path / "demo.xlsx"
        build(path, data=demo_data(), macros=False)
        refresh(path)
        sheet = read_sheet(open_package(path), at.FORM)
        for field in platform_fields():
            row = sheet.rows[place.row_of(field)]
            assert row[place.HEADER] == field.header
            assert row.get(place.VALUE) is not None or row.get(place.STATE)
        assert sheet.value(cell_ref(place.SUMS_FIRST, place.STATE)) == 30805.7
        count = sum(
            str(sheet.rows[place.row_of(f)].get(place.STATE) or "").startswith(TODO)
            for f in platform_fields()
        )
        assert str(sheet.value(cell_ref(place.COUNT_ROW, 1))).startswith(f"{count} champ")
        assert refresh(path).written == 0

    def test_the_reference_year_of_the_demonstration_is_filled(self, tmp_path: Path) -> None:
        path = tmp_path / "demo.xlsx"
        build(path, data=demo_data(), macros=False)
        refresh(path)
        sheet = read_sheet(open_package(path), at.FORM)
        row = place.SUMS_FIRST + 1
        assert [sheet.value(cell_ref(row, c)) for c in (place.VALUE, place.STATE, place.EXACT)] == [
            33219.0,
            33219.0,
            0.0,
        ]


@pytest.fixture(scope="module")
def demonstration() -> Case:
    return demo_case()
