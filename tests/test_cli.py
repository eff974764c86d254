"""The command line as a user types it: what it prints, what it writes, when it ends with status 1."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from carbon_workbook.cli import main
from carbon_workbook.demo.company import demo_data
from carbon_workbook.workbook.build import WorkbookData, build


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

    def test_a_negative_quantity_is_refused_not_taken_for_an_option(self) -> None:
        result = run("emissions", "-5", "litre", "--factor", "25775")
        assert (result.exit_code, "CW-306" in result.output) == (1, True)

    def test_a_negative_factor_is_refused(self) -> None:
        result = run("emissions", "5", "litre", "--factor-value", "-3", "--factor-unit", "kgCO2e/litre")
        assert (result.exit_code, "facteur propre est négative" in result.output) == (1, True)

    def test_a_quantity_out_of_reach_is_refused(self) -> None:
        result = run("emissions", "1e300", "litre", "--factor", "25775")
        assert (result.exit_code, "CW-330" in result.output) == (1, True)

    def test_two_factors_are_one_too_many(self) -> None:
        result = run("emissions", "5", "litre", "--factor", "25775", "--factor-value", "3")
        assert (result.exit_code, "CW-706" in result.output) == (1, True)

    def test_euros_are_not_taken_for_thousands_of_euros(self) -> None:
        result = run("emissions", "12 345 €", "", "--factor", "43355")
        assert (result.exit_code, "CW-107" in result.output) == (1, True)

    def test_no_factor_at_all(self) -> None:
        assert "CW-702" in run("emissions", "1", "t").output


class TestFactors:
    def test_search_finds_and_says_why(self) -> None:
        rows = json.loads(run("factors", "search", "gasoil", "--json").output)
        assert rows[0]["id"] == "25775"
        assert rows[0]["why"]

    def test_search_by_place_and_in_a_workbook(self, workbook: Path) -> None:
        rows = json.loads(run("factors", "search", "électricité", "--geo", "Allemagne", "--json").output)
        assert rows[0]["id"] == "15592"
        rows = json.loads(run("factors", "search", "FOURN-001", "--workbook", workbook, "--json").output)
        assert rows[0]["id"] == "FOURN-001"
        assert json.loads(run("factors", "search", "FOURN-001", "--json").output)[:1] != rows[:1]

    def test_search_says_an_unknown_unit(self) -> None:
        result = run("factors", "search", "gazole", "--unit", "foo")
        assert (result.exit_code, "CW-111" in result.output, "foo" in result.output) == (1, True, True)
        assert run("factors", "search", "gazole", "--unit", "litre").exit_code == 0

    def test_search_goes_through_the_imported_bases(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CARBON_WORKBOOK_DATA", str(tmp_path / "donnees"))
        source, mapping = tmp_path / "frn.csv", tmp_path / "frn.toml"
        source.write_text("Code;Nom;Par;kgCO2e\nA1;Granulat de chanvre;kg;0,3\n", encoding="utf-8")
        mapping.write_text(
            '[base]\nsource = "Fournisseurs"\nversion = "2025"\nlicence = "interne"\nprefix = "FRN-"\n'
            '[columns]\nid = "Code"\nlabel = "Nom"\nunit = "Par"\ntotal = "kgCO2e"\n',
            encoding="utf-8",
        )
        before = json.loads(run("factors", "search", "chanvre", "--json").output)
        assert "FRN-A1" not in {hit["id"] for hit in before}
        assert run("factors", "import", source, "--mapping", mapping).exit_code == 0
        hit = json.loads(run("factors", "search", "chanvre", "--json").output)[0]
        assert hit["id"] == "FRN-A1"
        assert "base importée" in hit["why"]

    def test_an_amount_is_explained_step_by_step(self) -> None:
        arguments = ("emissions", "10000", "USD HT 2024", "--factor", "43545", "--json")
        steps = json.loads(run(*arguments).output)["money"]
        assert [step["name"] for step in steps] == ["devise", "serie", "prix"]
        assert (steps[2]["index"], steps[2]["fit"]) == ("IPC-SERVICES", "moyenne")

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

    @pytest.mark.parametrize("arguments", [("a.txt",), ("a.xlsm", "--sans-macros"), ("a.xls",)])
    def test_new_refuses_a_name_that_excel_would_not_open(
        self, arguments: tuple[str, ...], tmp_path: Path
    ) -> None:
        path = tmp_path / arguments[0]
        result = run("new", path, *arguments[1:])
        assert (result.exit_code, "CW-705" in result.output, path.exists()) == (1, True, False)

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
        assert sorted(path.name for path in folder.iterdir()) == [
            "beges.docx", "beges.html", "esrs_e1.docx", "esrs_e1.html",
        ]  # fmt: skip
        assert "CW-505" in run("report", workbook, "--out", folder).output

    def test_report_in_another_form_and_language(self, workbook: Path, tmp_path: Path) -> None:
        folder = tmp_path / "rapports"
        asked = ("report", workbook, "--out", folder, "--format", "HTML, html", "--langue", "en")
        assert run(*asked).exit_code == 0
        assert sorted(path.name for path in folder.iterdir()) == ["beges_en.html", "esrs_e1_en.html"]
        assert 'lang="en"' in (folder / "beges_en.html").read_text(encoding="utf-8")
        assert "CW-514" in run("report", workbook, "--out", tmp_path / "b", "--format", "odt").output

    def test_history_takes_over_another_year(self, tmp_path: Path) -> None:
        old, new = tmp_path / "2023.xlsx", tmp_path / "2024.xlsx"
        build(old, data=WorkbookData({"year": 2023}), macros=False)
        build(new, data=WorkbookData({"year": 2024, "comparative_year": 2023}), macros=False)
        result = run("history", new, "--depuis", old)
        assert result.exit_code == 0
        assert "40 lignes de 2023 (N-1)" in result.output
        again = run("history", new, "--depuis", old)
        assert (again.exit_code, "CW-483" in again.output) == (1, True)
        assert run("history", new, "--depuis", old, "--exercice", "N-1", "--ecraser").exit_code == 0

    def test_a_missing_workbook_is_a_sentence_not_a_traceback(self, tmp_path: Path) -> None:
        for command in ("check", "refresh"):
            result = run(command, tmp_path / "absent.xlsm")
            assert result.exit_code == 1
            assert "CW-401" in result.output

    def test_every_command_teaches(self) -> None:
        for command in main.commands:
            assert len(run(command, "--help").output.splitlines()) > 3

    @pytest.mark.parametrize(
        "arguments",
        [
            (), ("--help",), ("inconnue",), ("refresh",), ("refresh", "."), ("compute", "a.xlsm"),
            ("refresh", "a", "b"), ("new", "a.xlsm", "--depuis", "/absent.xlsm"), ("report", "--aide"),
            ("emissions", "1", "t", "--year", "abc"), ("factors",), ("factors", "search"), ("audit", "--help"),
            ("factors", "search", "gaz", "--limit", "x"),
        ],
    )  # fmt: skip
    def test_the_command_line_speaks_french(self, arguments: tuple[str, ...]) -> None:
        english = (
            r"\b(Usage|Error|Try|Missing|Invalid|No such|Show|Commands|required|default|unexpected|INTEGER)\b"
        )
        assert re.findall(english, run(*arguments).output) == []
