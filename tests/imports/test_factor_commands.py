"""The commands on imported bases, as a user types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from factor_files import element, sample, text, written

from carbon_workbook.cli import main
from carbon_workbook.factors.store import Store


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARBON_WORKBOOK_DATA", str(tmp_path / "magasin"))
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["factors", *map(str, arguments)], catch_exceptions=False)


def test_a_dry_run_writes_nothing(folder: Path) -> None:
    done = run("import", written(folder, text(sample())), "--dry-run")
    assert done.exit_code == 0
    assert "1 × Donnée source" in done.output
    assert "rien n'a été écrit" in done.output
    assert not (folder / "magasin").exists()


def test_import_twice_then_list(folder: Path) -> None:
    path = written(folder, text(sample()))
    assert "Importée : Base Carbone® – ADEME V9.1" in run("import", path).output
    assert "rien n'a changé" in run("import", path).output
    assert "V9.1 : 5 facteurs, 2 étapes" in run("bases").output


def test_a_broken_file_changes_nothing(folder: Path) -> None:
    run("import", written(folder, text(sample())))
    before = Store(folder / "magasin").path.read_bytes()
    done = run("import", written(folder, text(sample())[:-40], "V9.2.csv"))
    assert done.exit_code == 1
    assert "CW-232" in done.output
    assert Store(folder / "magasin").path.read_bytes() == before


def test_another_content_under_the_same_version(folder: Path) -> None:
    run("import", written(folder, text(sample())))
    other = written(folder, text([*sample(), element("107", "Zinc", "3")]))
    assert "CW-243" in run("import", other).output
    assert run("import", other, "--remplacer").exit_code == 0
    assert "V9.1 : 6 facteurs" in run("bases").output


def test_difference_of_two_versions(folder: Path) -> None:
    run("import", written(folder, text(sample())))
    rows = [dict(row) for row in sample()]
    rows[3]["Total poste non décomposé"] = "2,7"
    rows[4]["Statut de l'élément"] = "Archivé"
    run(
        "import",
        written(
            folder,
            text(
                [*rows, element("107", "Forêt", "-1", **{"Unité français": "kgCO2e/ha"})],
            ),
            "V9.2.csv",
        ),
    )
    done = run("diff", "V9.1", "V9.2")
    assert "valeur changée : 1" in done.output
    assert "1,8 kgCO2e/kg → 2,7 kgCO2e/kg (+50,0 %)" in done.output
    assert "remplaçant proposé : 107 (même libellé, même unité)" in done.output
    assert "CW-244" in run("diff", "V9.1", "V1").output


def test_export_and_import_again(folder: Path) -> None:
    run("import", written(folder, text(sample())))
    target = folder / "export.csv"
    assert run("export", "V9.1", "--out", target).exit_code == 0
    assert "rien n'a changé" in run("import", target).output
    assert run("export", "V9.1", "--out", target).exit_code == 1
