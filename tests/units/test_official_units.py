"""Every unit of the official files is understood. The files are not in the repository."""

from __future__ import annotations

import os
from pathlib import Path

import openpyxl
import pytest
import yaml

from carbon_workbook.units import denominator, parse_unit

DATA = Path(__file__).parents[3] / "shared" / "data"
CASES = Path(__file__).parents[1] / "cases" / "units.yaml"


def official(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        reason = f"{name} absent de ../shared/data : les unités officielles ne sont pas vérifiées"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.mark.official
def test_the_units_of_base_carbone(capsys: pytest.CaptureFixture[str]) -> None:
    workbook = openpyxl.load_workbook(official("Base_Carbone_V23.6.xlsx"), read_only=True)
    rows = workbook.worksheets[0].iter_rows(values_only=True)
    place = {name: index for index, name in enumerate(next(rows))}
    labels = {
        str(row[place["Unité français"]])
        for row in rows
        if row[place["Type Ligne"]] == "Elément"
        and row[place["Type de l'élément"]] == "Facteur d'émission"
        and str(row[place["Statut de l'élément"]]).startswith("Valide")
    }
    understood = {label for label in labels if parse_unit(denominator(label)[0]).dimension}
    with capsys.disabled():
        print(f"\nUnités de la Base Carbone V23.6 comprises : {len(understood)}/{len(labels)}")
    assert understood == labels
    assert len(labels) == 69
    assert labels == set(yaml.safe_load(CASES.read_text(encoding="utf-8"))["base_carbone"])


@pytest.mark.official
def test_the_units_of_desnz(capsys: pytest.CaptureFixture[str]) -> None:
    workbook = openpyxl.load_workbook(
        official("ghg-conversion-factors-2025-flat-format.xlsx"), read_only=True
    )
    rows = workbook["Factors by Category"].iter_rows(values_only=True)
    column = next(row.index("UOM") for row in rows if "UOM" in row)
    labels = {str(row[column]) for row in rows if row[column]}
    understood = {label for label in labels if parse_unit(label).dimension}
    with capsys.disabled():
        print(f"\nUnités DESNZ 2025 comprises : {len(understood)}/{len(labels)}")
    assert understood == labels
    assert labels == set(yaml.safe_load(CASES.read_text(encoding="utf-8"))["desnz"])
