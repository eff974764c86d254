"""The commands of installation and of a workbook's life, as they are typed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from carbon_workbook.cli import main
from carbon_workbook.install import setup as module
from carbon_workbook.install.configuration import configuration_of
from carbon_workbook.install.setup import Installation, workbook_configuration
from carbon_workbook.workbook import build as building
from carbon_workbook.workbook.package import open_package
from carbon_workbook.workbook.read import read_workbook

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "schema_1.xlsx"


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return done.exit_code, done.output


def there(interpreter: str, pythonpath: str) -> Installation:
    return Installation("", "0.1.0", "0.37.8", interpreter, pythonpath, 64, {}, ())


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "modele.xlsm"
    building.build(path)
    monkeypatch.setattr("carbon_workbook.cli.workbook.shipped", lambda name: path)
    return path


def test_new_links_the_workbook_to_the_installation(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = there(r"D:\Outils\python\pythonw.exe", r"D:\Outils\app")
    monkeypatch.setattr(module, "installed", lambda home=None: found)
    assert run("new", tmp_path / "a.xlsm")[0] == 0
    assert configuration_of(open_package(tmp_path / "a.xlsm")) == workbook_configuration(found, {})


def test_new_refuses_an_installation_whose_command_line_is_too_long(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = there(r"D:\Outils\python\pythonw.exe", "D:" + 450 * r"\app")
    monkeypatch.setattr(module, "installed", lambda home=None: found)
    code, said = run("new", tmp_path / "a.xlsm")
    assert code == 1
    assert "CW-630" in said
    assert not (tmp_path / "a.xlsm").exists()


def test_new_without_an_installation_keeps_the_template_as_it_is(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "installed", lambda home=None: None)
    assert run("new", tmp_path / "a.xlsm")[0] == 0
    assert (tmp_path / "a.xlsm").read_bytes() == template.read_bytes()


def test_the_next_year_is_opened_and_the_old_workbook_not_touched(tmp_path: Path) -> None:
    old = tmp_path / "ancien.xlsx"
    shutil.copyfile(GOLDEN, old)
    code, said = run("new", tmp_path / "suivant.xlsx", "--depuis", old)
    assert code == 0, said
    assert "CW-797" in said
    assert read_workbook(tmp_path / "suivant.xlsx").settings["year"] == 2025
    assert old.read_bytes() == GOLDEN.read_bytes()


def test_upgrade_tells_its_backup(tmp_path: Path) -> None:
    path = tmp_path / "bilan.xlsx"
    shutil.copyfile(GOLDEN, path)
    code, said = run("upgrade", path)
    assert code == 0, said
    assert "32 lignes reprises" in said
    assert "Sauvegarde" in said
    assert run("restore", path)[0] == 0
    assert path.read_bytes() == GOLDEN.read_bytes()


def test_uninstall_of_nothing_is_a_sentence(tmp_path: Path) -> None:
    code, said = run("uninstall", "--dossier", tmp_path / "rien")
    assert code == 1
    assert "CW-755" in said
