"""``screening`` as it is typed, and the final report that is refused by the command line and by Excel alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from carbon_workbook.audit.sealed import sealed_context
from carbon_workbook.cli import main
from carbon_workbook.messages import CodedError
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.data import WorkbookData
from carbon_workbook.workbook.evaluate import evaluate
from carbon_workbook.workbook.layout import screening as screening_rows
from carbon_workbook.workbook.read import read_workbook

ITEMS = [
    {"item": "Électricité achetée", "quantity": 1_000_000},
    {"item": "Plastiques et caoutchouc", "quantity": 1000, "unit": "k€ HT 2023"},
    {"item": "Déchets dangereux", "quantity": -3},
]
DECIDED = [
    {"code": code, "decision": "incluse"} for code, _ in screening_rows() if code not in ("C14", "4.5")
]
DECIDED += [
    {"code": "C14", "decision": "exclue", "reason": "aucun réseau de franchise"},
    {"code": "4.5", "decision": "exclue"},
]
LINES = {"electricite": [{"label": "Relevé", "factor": "43642", "quantity": 1000.0, "unit": "kWh"}]}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def made(path: Path, decided: list[dict[str, object]], **settings: object) -> Path:
    known = {"year": 2024, "sector": "industrie", **settings}
    build(
        path,
        data=WorkbookData(settings=known, screening=ITEMS, categories=decided, entries=LINES),
        macros=False,
    )
    return path


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("criblage") / "inventaire.xlsx", DECIDED)


def test_the_ranked_table(workbook: Path) -> None:
    before = workbook.read_bytes()
    result = run("screening", workbook)
    assert result.exit_code == 0
    assert "3 données criblées, dont 1 refusée" in result.output
    lines = [line.split() for line in result.output.splitlines()]
    first = next(words for words in lines if words[:2] == ["1", "4.1"])
    assert "312,0" in first
    assert "incluse" in first
    assert "à estimer" in result.output
    assert "écarté : 14, aucun réseau de franchise" in result.output
    assert "écarté : 4.5, sans motif" not in result.output, "4.5 est du secteur : il a un rang"
    assert "au moins 80 %" in result.output
    assert "CW-306" in result.output
    assert workbook.read_bytes() == before


def test_one_nomenclature(workbook: Path) -> None:
    output = run("screening", workbook, "--vue", "ghgp").output
    assert "GHG Protocol" in output
    assert "BEGES\n" not in output


def test_nothing_to_rank(tmp_path: Path) -> None:
    path = tmp_path / "vide.xlsx"
    build(path, data=WorkbookData(settings={"year": 2024}), macros=False)
    result = run("screening", path)
    assert result.exit_code == 0
    assert result.output.count("Rien à classer") == 2


def test_a_draft_shows_what_a_final_report_refuses(workbook: Path, tmp_path: Path) -> None:
    final = run("report", workbook, "--out", tmp_path / "definitif", "--definitif")
    assert final.exit_code == 1
    assert "CW-375" in final.output
    assert "CW-334" in final.output
    assert not (tmp_path / "definitif").exists()
    draft = run("report", workbook, "--out", tmp_path / "brouillon", "--format", "html")
    assert draft.exit_code == 0, draft.output


def test_the_setting_asks_for_it_too(tmp_path: Path) -> None:
    path = made(tmp_path / "final.xlsx", DECIDED, final_report="O")
    with pytest.raises(CodedError, match="CW-375"):
        sealed_context(evaluate(read_workbook(path)))


def test_a_report_without_any_blocker_is_final(tmp_path: Path) -> None:
    decided = [{**row, "decision": "incluse"} if row["code"] == "4.5" else row for row in DECIDED]
    path = made(tmp_path / "pret.xlsx", decided, final_report="O")
    assert sealed_context(evaluate(read_workbook(path)))["year"]
