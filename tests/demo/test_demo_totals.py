"""The engine on the demonstration against its expected totals, to the rounding printed there."""

import csv
import tomllib
from pathlib import Path

import numpy as np
import pytest

from carbon_workbook.inventory.remarks import remarks
from carbon_workbook.inventory.views import VIEWS, bridge, view
from carbon_workbook.resources import packaged

with (Path(__file__).parent / "expected.toml").open("rb") as stream:
    EXPECTED = tomllib.load(stream)

HALF = EXPECTED["tolerance_t"]
CODE = {"total": "T"}
CENT_KG = 0.01  # un centime d'un montant, au ratio monétaire


def near(tonnes):
    return pytest.approx(tonnes, abs=HALF)


def line_tonnes(inventory, label):
    lines = inventory.lines
    return lines.loc[lines["label"] == label, "total_kg"].item() / 1000


def cell_tonnes(inventory, name, label):
    """What one line puts in the table of a view."""
    cells = view(inventory, name).cells
    row = inventory.lines.index[inventory.lines["label"] == label].item()
    return cells.loc[cells["line"] == row, "kg"].sum() / 1000


def adjustments(found):
    return found.adjustments.set_index("reason")["kg"] / 1000


def test_every_row_of_the_demonstration_counts(inventory_of):
    for year in (2024, 2023):
        inventory = inventory_of(year)
        assert len(inventory.lines) == EXPECTED["rows"]["lines_2024"]
        assert inventory.refused[["sheet", "label", "code"]].values.tolist() == []


@pytest.mark.parametrize("code", EXPECTED["ghgp_2024"])
def test_ghg_protocol(inventory_of, code):
    assert view(inventory_of(), "ghgp").kg(CODE.get(code, code)) / 1000 == near(EXPECTED["ghgp_2024"][code])


@pytest.mark.parametrize("code", [c for c in EXPECTED["beges_2024"] if c != "territoire"])
def test_beges(inventory_of, code):
    assert view(inventory_of(), "beges").kg(CODE.get(code, code)) / 1000 == near(EXPECTED["beges_2024"][code])


def test_scope_2_by_the_market(inventory_of):
    assert view(inventory_of(), "ghgp_market").kg("S2") / 1000 == near(EXPECTED["ghgp_market_2024"]["S2"])


def test_what_stays_beside_the_totals(inventory_of):
    inventory, memo = inventory_of(), EXPECTED["memo_2024"]
    beside = adjustments(view(inventory, "ghgp"))
    for reason in ("visiteurs", "gaz_hors_sept", "trainees"):
        assert beside[reason] == near(memo[reason])
    assert adjustments(view(inventory, "beges"))["territoire"] == near(EXPECTED["beges_2024"]["territoire"])
    rows = view(inventory, "ghgp").rows.set_index("code")
    assert rows.at["S1", "co2_biogenic"] / 1000 == near(memo["co2_biogenic_direct"])


def test_bridge_from_beges_to_ghg_protocol_closes(inventory_of):
    inventory = inventory_of()
    steps = bridge(view(inventory, "beges"), view(inventory, "ghgp"))
    kg = steps["kg"].to_numpy()
    assert kg[0] + kg[1:-1].sum() == pytest.approx(kg[-1], rel=1e-12)
    found = dict(zip(steps["reason"][1:-1], kg[1:-1] / 1000, strict=True))
    assert found.keys() == EXPECTED["bridge_2024"].keys()
    for reason, tonnes in EXPECTED["bridge_2024"].items():
        assert found[reason] == near(tonnes)


def test_financial_control_moves_leases_to_category_8(inventory_of):
    operational = view(inventory_of(), "ghgp")
    financial = view(inventory_of(approach="financier"), "ghgp")
    for code, tonnes in EXPECTED["ghgp_financial_2024"].items():
        assert financial.kg(CODE.get(code, code)) / 1000 == near(tonnes)
    moves = EXPECTED["financial_moves_2024"]
    one = (operational.kg("S1") - financial.kg("S1")) / 1000
    two = (operational.kg("S2") - financial.kg("S2")) / 1000
    assert one == pytest.approx(moves["lld_vehicles"] + moves["douai_gas"], abs=2 * HALF)
    assert two == pytest.approx(moves["douai_electricity"] + moves["stuttgart_electricity"], abs=2 * HALF)
    assert financial.total_kg == pytest.approx(operational.total_kg, rel=1e-12)


def test_scope_1_by_gas(inventory_of):
    row = view(inventory_of(), "ghgp").rows.set_index("code").loc["S1"]
    gases = EXPECTED["scope1_gases_2024"]
    assert row["co2_fossil"] / 1000 == near(gases["co2_fossil"])
    assert (row["ch4_fossil"] + row["ch4_biogenic"]) / 1000 == near(gases["ch4"])
    assert row["n2o"] / 1000 == near(gases["n2o"])
    assert row["other_gases"] / 1000 == near(gases["other_gases"])
    assert row["unsplit"] / 1000 == near(gases["unsplit"])


@pytest.mark.parametrize("asset", EXPECTED["capital_goods"], ids=lambda a: a["label"])
def test_capital_goods_register(inventory_of, asset):
    inventory = inventory_of()
    assert line_tonnes(inventory, asset["label"]) == near(asset["total"])
    assert cell_tonnes(inventory, "beges", asset["label"]) == near(asset["beges"])
    assert cell_tonnes(inventory, "ghgp", asset["label"]) == near(asset["ghgp"])


@pytest.mark.parametrize("waste", EXPECTED["recycling"], ids=lambda w: w["label"])
def test_recycling_has_a_factor_for_each_view(inventory_of, waste):
    inventory = inventory_of()
    assert cell_tonnes(inventory, "beges", waste["label"]) == near(waste["beges"])
    assert cell_tonnes(inventory, "ghgp", waste["label"]) == near(waste["ghgp"])


def test_previous_year_and_what_changed(inventory_of):
    before, after = inventory_of(2023), inventory_of(2024)
    total = view(before, "ghgp").total_kg / 1000
    assert total == near(EXPECTED["ghgp_2023"]["total"])
    change = after.lines.assign(change=after.lines["total_kg"] - before.lines["total_kg"])
    steel = change["label"].str.startswith("Tôles d’acier galvanisé")
    battery = change["label"] == "Batteries d’échange"
    mix = change["factor_id"].astype(str) == "43642"
    steps = EXPECTED["bridge_2023_2024"]
    assert change.loc[steel, "change"].sum() / 1000 == near(steps["activity"])
    assert change.loc[mix, "change"].sum() / 1000 == near(steps["factor"])
    assert change.loc[battery, "change"].sum() / 1000 == near(steps["method"])
    assert change.loc[~(steel | battery | mix), "change"].abs().max() < CENT_KG
    assert total + sum(steps.values()) == pytest.approx(EXPECTED["ghgp_2024"]["total"], abs=2 * HALF)


@pytest.mark.parametrize("with_errors", [False, True])
@pytest.mark.parametrize("name", VIEWS)
def test_each_view_and_its_adjustments_give_the_lines(inventory_of, name, with_errors):
    inventory = inventory_of(with_errors=with_errors)
    found = view(inventory, name)
    counted = float(np.nansum(inventory.lines["total_kg"]))
    assert found.total_kg + found.adjustments["kg"].sum() == pytest.approx(counted, rel=1e-9)
    entered = inventory.entered
    assert (entered["entered"] == entered["counted"] + entered["refused"]).all()


def planted(severity):
    with (packaged("demo") / "errors" / "expected.csv").open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream, delimiter=";") if row["severity"] == severity]


@pytest.mark.parametrize("error", planted("refus"), ids=lambda e: e["family"])
def test_planted_errors_are_refused_with_their_code(inventory_of, error):
    lines = inventory_of(with_errors=True).lines
    row = lines[(lines["sheet"] == error["sheet_key"]) & (lines["label"] == error["label"])].iloc[-1]
    assert row["code"] == error["code"]


def test_the_sound_rows_of_the_faulty_workbook_still_count(inventory_of):
    refused = inventory_of(with_errors=True).refused
    assert len(refused) == len(planted("refus"))


@pytest.mark.parametrize("error", planted("alerte"), ids=lambda e: e["family"])
def test_planted_warnings_count_and_are_told(inventory_of, error):
    inventory = inventory_of(with_errors=True)
    row = inventory.lines[inventory.lines["label"] == error["label"]].iloc[0]
    assert row["total_kg"] > 0
    assert (error["code"], row["title"], row["factor_cell"]) in {
        (note.code, note.sheet, note.cell) for note in remarks(inventory)
    }


def test_a_label_that_looks_like_a_formula_stays_a_text(inventory_of):
    label = planted("info")[0]["label"]
    assert label.startswith("=")
    assert line_tonnes(inventory_of(with_errors=True), label) == pytest.approx(0.002154)
