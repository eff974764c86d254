"""The command line as a user types it: what it prints, what it writes, when it ends with status 1."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from carbon_workbook.cli import main
from carbon_workbook.demo.company import demo_data
from carbon_workbook.workbook.build import build


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "inventaire.xlsm"
    build(path, data=demo_data())
    return path


class TestEmissions:
    def test_one_calculation_explained(self) -> None:
        result = run("emissions", "1 000", "kWh PCS", "--factor", "37133", "--year", "2024")
        assert result.exit_code == 0
        assert "0,2154 tCO2e" in result.output
        assert "somme des étapes 0,2154" in result.output
        assert "publié 0,215" in result.output

    def test_the_seed_mistake_names_the_missing_mass(self) -> None:
        result = run("emissions", "500000", "km", "--factor-value", "0,083", "--factor-unit", "kgCO2e/t.km")
        assert result.exit_code == 1
        assert "une masse (t)" in result.output
        assert "CW-112" in result.output

    @pytest.mark.parametrize(("tonne_km", "tonnes"), [("500000", 41.5), ("5 000 000", 415.0)])
    def test_with_a_load_it_computes(self, tonne_km: str, tonnes: float) -> None:
        arguments = ("--factor-value", "0,083", "--factor-unit", "kgCO2e/t.km", "--json")
        answer = json.loads(run("emissions", tonne_km, "t.km", *arguments).output)
        assert answer["kg"] == pytest.approx(tonnes * 1000, rel=1e-12)

    def test_a_refusal_in_json_is_still_status_1(self) -> None:
        result = run("emissions", "10", "kWh", "--factor", "37133", "--json")
        assert result.exit_code == 1
        assert json.loads(result.output.splitlines()[0])["code"] == "CW-113"

    def test_an_ambiguous_number_is_not_guessed(self) -> None:
        result = run("emissions", "1.234", "kWh PCS", "--factor", "37133")
        assert result.exit_code == 1
        assert "CW-103" in result.output

    def test_no_factor_at_all(self) -> None:
        assert "CW-702" in run("emissions", "1", "t").output


class TestFactors:
    def test_search_finds_and_says_why(self) -> None:
        rows = json.loads(run("factors", "search", "gasoil", "--json").output)
        assert rows[0]["id"] == "25775"
        assert rows[0]["why"]

    def test_show_gives_stages_and_source(self) -> None:
        output = run("factors", "show", "37133").output
        assert "Combustion" in output
        assert "Base Carbone" in output

    def test_show_of_an_unknown_factor(self) -> None:
        result = run("factors", "show", "inconnu-999")
        assert result.exit_code == 1
        assert "CW-202" in result.output


class TestWorkbook:
    def test_new_never_overwrites(self, tmp_path: Path) -> None:
        path = tmp_path / "neuf.xlsm"
        assert run("new", path).exit_code == 0
        content = path.read_bytes()
        refused = run("new", path)
        assert refused.exit_code == 1
        assert "CW-701" in refused.output
        assert path.read_bytes() == content

    def test_new_without_macros_is_an_xlsx(self, tmp_path: Path) -> None:
        assert run("new", tmp_path / "neuf", "--sans-macros").exit_code == 0
        assert (tmp_path / "neuf.xlsx").exists()

    def test_check_of_a_sound_workbook(self, workbook: Path) -> None:
        result = run("check", workbook)
        assert result.exit_code == 0
        assert "175 lignes saisies = 175 comptées + 0 refusées" in result.output

    def test_compute_gives_json(self, workbook: Path) -> None:
        data = json.loads(run("compute", workbook, "--json", "-").output)
        assert data["counts"]["entered"] == 175
        assert data["views"]["ghgp"]["total_kg"] / 1000 == pytest.approx(27_725.3, abs=0.05)

    def test_report_writes_both_drafts_once(self, workbook: Path, tmp_path: Path) -> None:
        folder = tmp_path / "rapports"
        assert run("report", workbook, "--out", folder).exit_code == 0
        assert sorted(path.name for path in folder.iterdir()) == ["beges.docx", "esrs_e1.docx"]
        assert "CW-505" in run("report", workbook, "--out", folder).output

    def test_a_missing_workbook_is_a_sentence_not_a_traceback(self, tmp_path: Path) -> None:
        for command in ("check", "refresh"):
            result = run(command, tmp_path / "absent.xlsm")
            assert result.exit_code == 1
            assert "CW-401" in result.output

    def test_every_command_teaches(self) -> None:
        for command in main.commands:
            assert len(run(command, "--help").output.splitlines()) > 3
