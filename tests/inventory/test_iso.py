"""Direct emissions gas by gas; contrails, gases outside the seven, removals and biogenic CO2 by themselves."""

import pytest
from inventory_cases import inventory_of_rows

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.export import as_data
from carbon_workbook.inventory.iso import FLUORINATED, GAS_COLUMNS, direct_gases
from carbon_workbook.inventory.views import view, views

LEAKS = [
    {"label": "R-134a", "recharged": 1, "factor": "43133"},
    {"label": "R-410A", "recharged": 1, "factor": "43632"},
    {"label": "SF6", "recharged": 2, "factor": "43294"},
    {"label": "R-22", "recharged": 3, "factor": "43119"},
]
PROCESSES = [
    {"label": "NF3", "quantity": 1, "unit": "kg", "factor": "43224"},
    {"label": "CF4", "quantity": 1, "unit": "kg", "factor": "43236"},
    {"label": "CH4 fossile", "quantity": 1, "unit": "kg", "factor": "43577"},
    {"label": "CH4 biogénique", "quantity": 1, "unit": "kg", "factor": "43578"},
]
FOREST = {
    "label": "Forêt",
    "method": "surface × flux annuel",
    "area": 2,
    "factor": "27850",
}  # −3 990 par ha et an
SEALED = {"label": "Prairie imperméabilisée", "method": "surface × flux annuel", "area": 2, "factor": "15329"}
FLIGHT = {
    "label": "Lyon–Berlin",
    "distance": 1000,
    "travellers": 1,
    "factor": "43743",
}  # dont 101 de traînées


def gases(**rows):
    inventory = inventory_of_rows(rows)
    assert set(inventory.lines["code"]) == {""}
    return direct_gases(inventory, view(inventory, "iso")).set_index("code")


def test_direct_emissions_are_split_into_the_seven_gases():
    found = gases(fugitives=LEAKS, procedes=PROCESSES)
    assert found.loc["1", list(FLUORINATED)].to_dict() == {
        "hfc": pytest.approx(1530 + 2256), "pfc": pytest.approx(7380), "sf6": pytest.approx(48_600),
        "nf3": pytest.approx(17_400),
    }  # fmt: skip
    assert found.at["1.3", "ch4"] == pytest.approx(29.8 + 27.0)
    assert found.at["1", "other_gases"] == pytest.approx(0, abs=1e-9)


def test_the_gases_add_up_to_the_total():
    gas = {"label": "Gaz", "quantity": 1000, "unit": "kWh PCS", "factor": "37133"}
    found = gases(fugitives=LEAKS, procedes=PROCESSES, combustion_fixe=[gas], sols=[FOREST])
    parts = found[[column for column in GAS_COLUMNS if column != "total"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(found["total"].to_numpy())
    assert found.index.tolist() == ["1", "1.1", "1.2", "1.3", "1.4", "1.5"]


def test_every_fluorinated_factor_of_the_catalogue_has_its_gas():
    table = load_catalogue().table
    chosen = table[(table["kind"] == "gwp") & (table["gas_kind"] == "kyoto") & (table["other_gases"] > 0)]
    rows = [{"label": key, "recharged": 1, "factor": key} for key in chosen.index.astype(str)]
    found = gases(fugitives=rows)
    assert len(rows) > 40
    assert found.at["1", "other_gases"] == pytest.approx(0, abs=1e-6)


def test_another_nomenclature_has_no_direct_category():
    inventory = inventory_of_rows({"fugitives": LEAKS})
    with pytest.raises(ValueError, match="ghgp"):
        direct_gases(inventory, view(inventory, "ghgp"))


@pytest.mark.parametrize("name", ["beges", "iso"])
def test_what_soils_and_forests_store_is_never_deducted(name):
    inventory = inventory_of_rows({"sols": [FOREST, SEALED], "fugitives": LEAKS[:1]})
    found = view(inventory, name)
    assert found.kg("1.5") == 0
    assert found.total_kg == pytest.approx(1530)
    assert found.apart.set_index("code").at["1.5", "removals"] == pytest.approx(2 * (-3990 - 370))
    assert found.gap_kg == pytest.approx(0, abs=1e-9)
    reasons = dict(zip(found.adjustments["reason"], found.adjustments["kg"], strict=True))
    assert reasons == {"absorptions": pytest.approx(-8720)}
    assert view(inventory, "ghgp").apart["removals"].eq(0).all()


def test_contrails_are_seen_in_and_out():
    inventory = inventory_of_rows({"cat06": [FLIGHT]})
    beges, ghgp = (view(inventory, name).apart.set_index("code") for name in ("beges", "ghgp"))
    assert beges.loc[["3.5", "3", "T"], "contrails"].tolist() == pytest.approx([101.0] * 3)
    assert not beges["contrails_out"].any()
    assert ghgp.loc[["6", "S3", "T"], "contrails_out"].tolist() == pytest.approx([101.0] * 3)
    assert not ghgp["contrails"].any()


def test_gases_outside_the_seven_stand_beside_the_row_that_would_hold_them():
    inventory = inventory_of_rows({"fugitives": LEAKS})
    for name, code in (("beges", "1.4"), ("iso", "1.4"), ("ghgp", "S1"), ("esrs_market", "S1")):
        found = view(inventory, name)
        assert found.apart.set_index("code").at[code, "outside_seven"] == pytest.approx(3 * 1960)
        assert found.rows.set_index("code").at[code, "other_gases"] == pytest.approx(1530 + 2256 + 48_600)


def test_biogenic_co2_comes_from_combustion_only():
    inventory = inventory_of_rows(
        {"combustion_mobile": [{"label": "E85", "quantity": 100, "unit": "litre", "factor": "25766"}]}
    )
    rows = view(inventory, "ghgp").rows.set_index("code")
    assert rows.at["S1", "co2_biogenic"] == rows.at["T", "co2_biogenic"] > 0
    assert rows.at["3", "co2_biogenic"] == 0
    stages = load_catalogue().stages
    assert set(stages.loc[stages["co2_biogenic"] > 0, "stage"]) <= {"combustion", "whole"}


def test_the_export_holds_what_stands_apart():
    inventory = inventory_of_rows({"fugitives": LEAKS, "cat06": [FLIGHT], "sols": [FOREST]})
    data = as_data(inventory, views(inventory), ())
    apart = {row["code"]: row for row in data["views"]["beges"]["apart"]}
    assert apart["T"]["contrails"] == pytest.approx(101)
    assert apart["T"]["outside_seven"] == pytest.approx(5880)
    assert apart["T"]["removals"] == pytest.approx(-7980)
    assert {row["code"]: row["sf6"] for row in data["iso_direct"]}["1.4"] == pytest.approx(48_600)
    assert data["losses_convention"] == "cycle de vie"
