"""Category 3 by part, derived from the lines of scopes 1 and 2, and the two conventions of losses."""

import pandas as pd
import pytest
from inventory_cases import inventory_of_rows

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.views import ENERGY_PARTS, LIFE_CYCLE, VIEWS, losses_convention, view
from carbon_workbook.specs.spec import lists
from carbon_workbook.specs.spec import settings as setting_specs

GAS = {"label": "Gaz", "site": "Lyon", "quantity": 1000, "unit": "kWh PCS", "factor": "37133"}  # 181 + 34,4
POWER = {
    "label": "Compteur",
    "site": "Lyon",
    "quantity": 1000,
    "unit": "kWh",
    "factor": "43642",
}  # 35 + 13,1 + 3,8
KEPT = 3.8 * 35 / (35 + 13.1)
OWN = [{"id": "RESEAU-X", "label": "Réseau sans parts", "unit": "kWh", "total": 0.4}]


def complement(factor, method=None, quantity=1000, unit="kWh", **columns):
    return {"label": f"Complément {factor}", "site": "Lyon", "method": method, "quantity": quantity, "unit": unit,
            "factor": factor, **columns}  # fmt: skip


def of(convention=None, **rows):
    return inventory_of_rows(rows, own=OWN, settings={"losses_convention": convention})


def parts(inventory, name="ghgp"):
    found = view(inventory, name)
    return {code: found.kg(code) for code in ENERGY_PARTS if found.kg(code)}


def adjustments(found):
    return dict(zip(found.adjustments["reason"], found.adjustments["kg"], strict=True))


def test_fuels_electricity_and_losses_are_told_apart():
    inventory = of(combustion_fixe=[GAS], electricite=[POWER])
    assert parts(inventory) == {
        "3A": pytest.approx(34.4),
        "3B": pytest.approx(13.1),
        "3C": pytest.approx(3.8),
    }
    assert view(inventory, "ghgp").kg("3") == pytest.approx(34.4 + 16.9)


@pytest.mark.parametrize(
    ("row", "part"),
    [
        (complement("DZ-11_100_1000_15_1", "amont", unit="t", quantity=1), "3A"),
        (complement("DZ-15_917_4000_5_1", "amont"), "3B"),
        (complement("DZ-16_919_4003_5_1", None), "3B"),
        (complement("DZ-13_402_4000_5_1", "amont"), "3C"),
        (complement("43642", "pertes", loss_pct=0.08), "3C"),
        (complement("43642", None, loss_pct=0.08), "3C"),
        (complement("43642", "énergie revendue"), "3D"),
    ],
)
def test_what_the_complement_adds_goes_to_its_part(row, part):
    inventory = of(cat03=[row])
    assert inventory.lines["code"].tolist() == [""]
    assert parts(inventory) == {part: pytest.approx(inventory.total_kg)}
    assert view(inventory, "beges").kg("4.1E") == pytest.approx(inventory.total_kg)


def test_energy_out_of_control_has_no_part():
    row = {**POWER, "site": "Bureaux partagés"}
    assert parts(of(electricite=[row])) == {}
    assert view(of(electricite=[row]), "ghgp").kg("8") == pytest.approx(51.9)


def test_the_default_is_the_life_cycle():
    assert losses_convention(of(electricite=[POWER])) == LIFE_CYCLE
    spec = next(one for one in setting_specs() if one.key == "losses_convention")
    assert (spec.default, lists()[spec.list]) == (LIFE_CYCLE, (LIFE_CYCLE, "combustion seule"))


def test_combustion_only_leaves_the_upstream_of_the_energy_lost_out_and_names_it():
    inventory = of("combustion seule", combustion_fixe=[GAS], electricite=[POWER])
    for name in ("ghgp", "ghgp_market", "esrs", "esrs_market"):
        found = view(inventory, name)
        assert parts(inventory, name) == {
            "3A": pytest.approx(34.4), "3B": pytest.approx(13.1), "3C": pytest.approx(KEPT)
        }  # fmt: skip
        assert adjustments(found) == {"pertes_amont": pytest.approx(3.8 - KEPT)}
        assert found.gap_kg == pytest.approx(0, abs=1e-9)
    assert view(inventory, "beges").kg("4.1E") == pytest.approx(34.4 + 16.9)


def test_typed_losses_keep_their_combustion():
    inventory = of("combustion seule", cat03=[complement("43642", "pertes", loss_pct=0.08)])
    assert parts(inventory) == {"3C": pytest.approx(0.08 * (35 + KEPT))}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (complement("RESEAU-X", "pertes", loss_pct=0.08), "un facteur sans parts"),
        (complement("DZ-13_402_4000_5_1", "amont"), "des pertes dont la combustion n'est pas donnée"),
    ],
)
def test_losses_that_cannot_be_split_stay_whole(row, why):
    assert parts(of("combustion seule", cat03=[row])) == pytest.approx(parts(of(cat03=[row]))), why


def test_leaks_of_sf6_are_no_energy_lost():
    row = {**POWER, "factor": "24308"}  # Corse : 5,9 de fuites
    assert parts(of("combustion seule", electricite=[row]))["3C"] == pytest.approx(5.9)


def test_no_factor_keeps_more_than_it_has():
    table = load_catalogue().table
    lines = pd.DataFrame(
        {"sheet": "electricite", "posting": "electricite", "factor_ref": table.index.astype(str), "activity": 1.0,
         "activity_unit": table["unit"].to_numpy()}
    )  # fmt: skip
    settings = {"year": 2024, "losses_convention": "combustion seule"}
    inventory = compute(lines, load_catalogue(), settings)
    moved = view(inventory, "ghgp").details
    moved = moved[moved["reason"] == "pertes_amont"]
    losses = inventory.parts.kg[inventory.parts.stage == 3]
    assert len(moved) > 15
    assert (moved["kg"] > 0).all()
    assert moved["kg"].sum() < losses.sum()


def test_the_parts_add_up_in_every_view():
    rows = [GAS, {**GAS, "site": "Stuttgart"}]
    inventory = of("combustion seule", combustion_fixe=rows, electricite=[POWER],
                   cat03=[complement("43642", "énergie revendue")])  # fmt: skip
    for name in VIEWS[2:]:
        found = view(inventory, name)
        assert sum(found.kg(code) for code in ENERGY_PARTS) == pytest.approx(found.kg("3"))
