"""The launcher: what was dropped on it, then refresh and report of each workbook, outside Excel."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from carbon_workbook.install.launch import dropped, run
from carbon_workbook.workbook.build import WorkbookData, build
from carbon_workbook.workbook.safe_write import backups

MOMENT = dt.datetime(2026, 11, 21, 10, 0)
CMD = r"C:\Windows\system32\cmd.exe"
HERE = r"C:\Users\camille\AppData\Local\CarbonWorkbook\carbone.cmd"


@pytest.mark.parametrize(
    ("rest", "names"),
    [
        (r'"C:\Mes bilans\été 2024.xlsm"', [r"C:\Mes bilans\été 2024.xlsm"]),
        (r"C:\R&D\bilan.xlsm", [r"C:\R&D\bilan.xlsm"]),
        (r"C:\l'usine\b.xlsm", [r"C:\l'usine\b.xlsm"]),
        (r'C:\a.xlsm "C:\b c.xlsm" D:\d.xlsm', [r"C:\a.xlsm", r"C:\b c.xlsm", r"D:\d.xlsm"]),
        (r"\\serveur\partage\a.xlsm", [r"\\serveur\partage\a.xlsm"]),
        ("", []),
    ],
)
def test_dropped_files_are_read_from_the_whole_line(rest: str, names: list[str]) -> None:
    assert dropped(f'{CMD} /c ""{HERE}" {rest}"') == names


def test_a_line_typed_in_a_terminal_names_nothing() -> None:
    assert dropped(f'"{CMD}"') == []


def test_a_workbook_is_refreshed_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bilan d'été & co.xlsx"
    row = {"label": "Gaz", "site": "Lyon", "quantity": 1000.0, "unit": "kWh PCS", "factor": "37133"}
    data = WorkbookData(
        {"year": 2024, "company_name": "Essai"},
        [{"site": "Lyon", "country": "FR"}],
        entries={"combustion_fixe": [row]},
    )
    build(path, data=data, macros=False)
    assert run([str(path)], MOMENT) == 0
    assert len(backups(path)) == 1
    folder = tmp_path / f"{path.stem} rapports 2026-11-21 100000"
    assert sorted(p.suffix for p in folder.iterdir()) == [".docx", ".docx", ".html", ".html"]
    assert "Terminé." in capsys.readouterr().out


def test_what_stops_is_told_and_the_others_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([str(tmp_path / "absent.xlsm"), str(tmp_path / "absent2.xlsm")], MOMENT) == 1
    told = capsys.readouterr()
    assert told.out.count("Arrêté") == 2
    assert told.err.count("CW-401") == 2


def test_nothing_dropped_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "Déposez un classeur" in capsys.readouterr().out
