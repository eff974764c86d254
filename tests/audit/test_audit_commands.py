"""The three commands as a user types them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from audit_cases import Made, Typed
from click.testing import CliRunner, Result

from carbon_workbook.cli import main
from carbon_workbook.workbook import layout as at


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def test_trace_prints_the_lines_and_writes_them(demo: Made, tmp_path: Path) -> None:
    target = tmp_path / "trace.csv"
    row = at.beges_rows()[-1].row
    result = run("trace", demo.path, "--cellule", f"BEGES!H{row}", "--lignes", 2, "--csv", target)
    assert result.exit_code == 0, result.output
    assert "30\u00a0805,7226409 tCO2e" in result.output
    with target.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    total = sum(float(row["kgCO2e dans la cellule"]) for row in rows)
    assert total == pytest.approx(demo.evaluation.views["beges"].total_kg, rel=1e-12)
    assert "CW-701" in run("trace", demo.path, "--cell", f"BEGES!H{row}", "--csv", target).output


def test_trace_of_a_label_ends_with_status_1(demo: Made) -> None:
    result = run("trace", demo.path, "--cellule", "BEGES!A1")
    assert result.exit_code == 1
    assert "CW-803" in result.output


def test_verify_ends_with_status_1_when_the_workbook_has_changed(demo: Made, typed: Typed) -> None:
    assert run("verify", demo.path, demo.report).exit_code == 0
    table = demo.evaluation.content.table("cat01")
    column = {f"{table.letters['evidence']}{row}": "autre" for row in table.numbers[:30]}
    changed = typed({table.title: column}).content.package.path
    result = run("verify", changed, demo.report)
    assert result.exit_code == 1
    assert result.output.count("! CW-815") == 20
    assert "autres CW-815" in result.output


def test_audit_takes_a_share_and_a_seed(demo: Made, tmp_path: Path) -> None:
    for name, option in (("un", "--echantillon"), ("deux", "--sample")):
        result = run("audit", demo.path, option, "10%", "--seed", 9, "--out", tmp_path / name)
        assert result.exit_code == 0, result.output
    first, second = ((tmp_path / name / "echantillon.csv").read_bytes() for name in ("un", "deux"))
    assert first == second
    assert run("audit", demo.path, "--out", tmp_path / "un").exit_code == 1
    assert "CW-830" in run("audit", demo.path, "--out", tmp_path / "trois", "--echantillon", "150%").output
    assert not (tmp_path / "trois").exists()
