"""The committed workbook is what its sources build: nobody edits it by hand, nobody forgets to build it again."""

from __future__ import annotations

from pathlib import Path

from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import open_package

COMMITTED = Path(__file__).resolve().parents[2] / "carbon_workbook.xlsm"


def test_the_committed_workbook_is_built_from_its_sources(tmp_path: Path) -> None:
    build(tmp_path / "neuf.xlsm")
    committed, fresh = open_package(COMMITTED), open_package(tmp_path / "neuf.xlsm")
    assert list(committed.parts) == list(fresh.parts)
    different = [name for name in fresh.parts if committed.parts[name] != fresh.parts[name]]
    assert different == [], "construire à nouveau : carbon-workbook build"


def test_the_committed_workbook_has_no_fault() -> None:
    assert lint(open_package(COMMITTED)) == []
