"""Every figure of the catalogue against the official file it came from (files not in the repository).

Read here apart from scripts/make_catalogue.py, so that a fault of the generator is seen.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import tables

from carbon_workbook.factors.blends import compositions

DATA = Path(os.environ.get("OFFICIAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
BASE_CARBONE = "Base_Carbone_V23.6.xlsx"
DESNZ = "ghg-conversion-factors-2025-flat-format.xlsx"
GWP = "globalwarmingpotentials.csv"
PLAIN = {
    "co2_fossil": "CO2f",
    "ch4_fossil": "CH4f",
    "ch4_biogenic": "CH4b",
    "n2o": "N2O",
    "co2_biogenic": "CO2b",
}
TOTAL = "Total poste non décomposé"

pytestmark = pytest.mark.official


def official(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        reason = f"{name} absent de ../shared/data : les facteurs ne sont pas comparés au fichier officiel"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def sheet_rows(path: Path, sheet: str | None, header: int) -> Iterator[dict[str, Any]]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    rows = (book[sheet] if sheet else book.worksheets[0]).iter_rows(min_row=header, values_only=True)
    names = [str(name) for name in next(rows)]
    for row in rows:
        yield dict(zip(names, row, strict=True))


def same(ours: str, theirs: object) -> bool:
    return (ours == "") == (theirs is None) and (ours == "" or float(ours) == float(str(theirs)))


def compare(ours: dict[str, str], theirs: dict[str, Any], expect: dict[str, str]) -> tuple[int, list[str]]:
    different = [
        f"{ours.get('id') or ours['factor_id']} {column} : {ours[column]} ≠ {theirs[name]}"
        for column, name in expect.items()
        if not same(ours[column], theirs[name])
    ]
    return sum(ours[column] != "" for column in expect), different


def with_other_gases(row: dict[str, Any]) -> dict[str, Any]:
    parts = [row[f"Valeur gaz supplémentaire {n}"] for n in range(1, 6)] + [row["Autres GES"]]
    filled = [float(part) for part in parts if part is not None]
    return row | {"other": sum(filled) if filled else None}


def test_base_carbone_figures(capsys: pytest.CaptureFixture[str]) -> None:
    elements: dict[str, dict[str, Any]] = {}
    stages: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in map(with_other_gases, sheet_rows(official(BASE_CARBONE), None, 1)):
        key = str(row["Identifiant de l'élément"])
        if row["Type Ligne"] == "Elément":
            elements[key] = row
        else:
            stages[key].append(row)
    gases = PLAIN | {"other_gases": "other"}
    factors = [row for row in tables.read("emission_factors")[1] if row["id"].isdigit()]
    lines = defaultdict(list)
    for line in tables.read("stages")[1]:
        lines[line["factor_id"]].append(line)
    compared, different = 0, []
    for factor in factors:
        theirs = elements[factor["id"]]
        expect = {"total": TOTAL, "uncertainty_pct": "Incertitude"}
        # A warming potential is one known gas: ours, and equal to the total.
        if factor["kind"] == "gwp":
            assert [factor[gas] for gas in gases if factor[gas]] == [factor["total"]]
        else:
            expect |= gases
        count, faults = compare(factor, theirs, expect)
        compared, different = compared + count, different + faults
        archived = theirs["Statut de l'élément"] == "Archivé"
        assert (factor["status"] == "archivé") == archived
        ours = lines[factor["id"]]
        if not stages[factor["id"]]:
            assert all(line["assigned"] == "1" and line["total"] == factor["total"] for line in ours)
            continue
        assert len(ours) == len(stages[factor["id"]])
        for line, stage in zip(ours, stages[factor["id"]], strict=True):
            count, faults = compare(line, stage, {"total": TOTAL} | gases)
            compared, different = compared + count, different + faults
    with capsys.disabled():
        print(f"\nBase Carbone V23.6 : {len(factors)} facteurs, {compared} chiffres, {len(different)} écarts")
    assert different == []


def test_desnz_figures(capsys: pytest.CaptureFixture[str]) -> None:
    name = "GHG Conversion Factor 2025"
    rows = {str(row["ID"]): row for row in sheet_rows(official(DESNZ), "Factors by Category", 6)}
    selection = {row["id"]: row for row in tables.read("selection")[1]}
    lines = defaultdict(list)
    for line in tables.read("stages")[1]:
        lines[line["factor_id"]].append(line)
    factors = [row for row in tables.read("emission_factors")[1] if row["id"].startswith("DZ-")]
    compared, different = 0, []
    for factor in factors:
        key = factor["source_id"]
        assert rows[key]["GHG/Unit"] == "kg CO2e"
        chosen = selection[factor["id"]]
        methane = "ch4_biogenic" if key.startswith("2_") else "ch4_fossil"
        origin = {"total": key, "co2_biogenic": chosen["biogenic_of"]}
        split = {"co2_fossil": "2", methane: "3", "n2o": "4"}
        if not chosen["contrail_base"]:
            origin |= {gas: f"{key[:-2]}_{suffix}" for gas, suffix in split.items()}
        for column, source in origin.items():
            theirs = rows[source][name] if source in rows else None
            compared += factor[column] != ""
            if not same(factor[column], theirs):
                different.append(f"{factor['id']} {column} : {factor[column]} ≠ {theirs}")
        if chosen["contrail_base"]:
            bare, contrails = lines[factor["id"]]
            assert same(bare["total"], rows[chosen["contrail_base"].removeprefix("DZ-")][name])
            assert float(bare["total"]) + float(contrails["total"]) == pytest.approx(float(factor["total"]))
        else:
            assert all(line["total"] == factor["total"] for line in lines[factor["id"]])
    with capsys.disabled():
        print(f"\nDESNZ 2025 : {len(factors)} facteurs, {compared} chiffres, {len(different)} écarts")
    assert different == []


def test_every_factor_was_compared_or_is_our_convention() -> None:
    ours = [row["id"] for row in tables.read("emission_factors")[1]]
    apart = {key for key in ours if not key.isdigit() and not key.startswith("DZ-")}
    blends = {f"CW-{blend.replace('-', '')}" for blend in compositions()}
    assert apart - blends == {"CW-TCO2E"}


def test_gwp_figures(capsys: pytest.CaptureFixture[str]) -> None:
    with official(GWP).open(encoding="utf-8") as stream:
        species = {row["Species"]: row for row in csv.DictReader(x for x in stream if not x.startswith("#"))}
    known = {(row["AR4GWP100"], row["AR5GWP100"], row["AR6GWP100"]) for row in species.values()}
    rows = [row for row in tables.read("gwp")[1] if "globalwarmingpotentials" in row["source"]]
    with capsys.disabled():
        print(f"\nPRG : {len(rows)} gaz comparés")
    assert len(rows) > 40
    assert [row["gas"] for row in rows if (row["ar4"], row["ar5"], row["ar6"]) not in known] == []
    assert species["HFC134a"]["AR6GWP100"] == next(row["ar6"] for row in rows if row["gas"] == "R-134a")
