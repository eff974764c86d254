"""Inventories that break a formula when nobody thought of them: each is defined, and said."""

import numpy as np
import pandas as pd
import pytest
from inventory_cases import inventory_of_rows

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.export import as_data
from carbon_workbook.inventory.market import coverage
from carbon_workbook.inventory.propagation import drawn_uncertainty, row_uncertainty, tornado
from carbon_workbook.inventory.remarks import remarks
from carbon_workbook.inventory.views import VIEWS, bridge, view, views
from carbon_workbook.messages import texts
from carbon_workbook.workbook.origins import Figures, origins

GAS = {"label": "Gaz", "site": "Lyon", "quantity": 1000, "unit": "kWh PCS", "factor": "37133"}
FOREST = {"label": "Forêt", "method": "surface × flux annuel", "area": 2, "factor": "27850"}
MACHINE = {"label": "Presse", "quantity": 1, "unit": "t", "factor": "20906"}


def said(inventory):
    return [note.code for note in remarks(inventory)]


def check_nil(inventory):
    """Nothing counts: every total is 0, no interval, no share, and the bridges are level."""
    found = views(inventory)
    assert set(found) == set(VIEWS)
    for name, one in found.items():
        assert one.total_kg == 0 == float(one.rows["total"].abs().sum())
        doubt = row_uncertainty(inventory, one)
        assert doubt[["gsd2", "half", "low_kg", "high_kg", "quality"]].isna().all(axis=None), name
        assert drawn_uncertainty(inventory, one, count=10)["gsd2"].isna().all()
        assert tornado(inventory, one).empty
    assert (bridge(found["beges"], found["ghgp"])["kg"] == 0).all()
    data = as_data(inventory, found, remarks(inventory))
    assert data["counts"]["entered"] == data["counts"]["counted"] + data["counts"]["refused"]
    figures = Figures(inventory, found)
    for cells in origins(figures).values():
        for origin in cells.values():
            assert figures.value(origin) in (0, None)


def test_zero_total():
    inventory = inventory_of_rows({"combustion_fixe": [{**GAS, "quantity": 0}]})
    assert inventory.lines["code"].tolist() == [""]
    check_nil(inventory)


def test_all_lines_refused():
    inventory = inventory_of_rows(
        {"combustion_fixe": [{**GAS, "unit": "kWh"}, {**GAS, "quantity": -1}], "cat02": [MACHINE]}
    )
    assert inventory.lines["code"].tolist() == ["CW-113", "CW-306", "CW-315"]
    assert said(inventory).count("CW-315") >= 1
    check_nil(inventory)


def test_only_removals():
    """Carbon stored is never deducted: it stands apart, and no lognormal is asked of it."""
    inventory = inventory_of_rows({"sols": [FOREST]})
    assert inventory.total_kg == pytest.approx(-7980)
    for name in VIEWS:
        found = view(inventory, name)
        assert found.total_kg == 0
        assert found.adjustments["kg"].sum() == pytest.approx(-7980)
        assert row_uncertainty(inventory, found)["gsd2"].isna().all()


def test_avoided_emissions_do_not_count_on_an_entry_sheet():
    row = {"label": "Recyclage évité", "quantity": 1, "unit": "t", "factor": "34461"}
    inventory = inventory_of_rows({"cat05": [row]})
    assert inventory.lines["code"].tolist() == ["CW-319"]


@pytest.mark.parametrize("missing", ["acquisition_year", "life_years"])
def test_capital_goods_without_a_year_are_refused(missing):
    row = {**MACHINE, "acquisition_year": 2024, "life_years": 10, missing: None}
    inventory = inventory_of_rows({"cat02": [row]})
    assert inventory.lines["code"].tolist() == ["CW-315"]


def test_capital_goods_without_a_year_past_the_entry_are_in_no_view_and_named():
    line = {"sheet": "cat02", "posting": "immobilisations", "factor_ref": "20906", "activity": 1.0,
            "activity_unit": "t", "acquisition_year": np.nan, "life_years": np.nan}  # fmt: skip
    inventory = compute(pd.DataFrame([line]), load_catalogue(), {"year": 2024})
    for name in VIEWS:
        found = view(inventory, name)
        assert found.total_kg == 0
        assert found.adjustments[["reason", "kg"]].to_numpy().tolist() == [["immobilisations", 5500.0]]


def test_instruments_over_a_consumption_that_is_not_there():
    instrument = {"label": "Garanties", "instrument_type": "garantie d'origine", "country": "FR", "quantity": 5,
                  "unit": "MWh", "cancelled": "O", "instrument_factor": 0}  # fmt: skip
    inventory = inventory_of_rows({"combustion_fixe": [GAS], "instruments": [instrument]})
    assert inventory.lines["code"].tolist() == ["", "CW-323"]
    assert view(inventory, "ghgp_market").kg("S2") == 0
    assert coverage(inventory)["share"].isna().all()


def test_a_mixed_gwp_set_is_named():
    burnt = {**GAS, "unit": "t", "quantity": 1, "factor": "DZ-1_100_1000_15_1"}
    leak = {"label": "R-134a", "recharged": 1, "factor": "43133"}
    inventory = inventory_of_rows({"combustion_fixe": [burnt], "fugitives": [leak]})
    found = [note for note in remarks(inventory) if note.code == "CW-325"]
    assert [note.parameters["sets"] for note in found] == ["AR5, AR6"]
    assert "CW-325" not in said(inventory_of_rows({"fugitives": [leak]}))


@pytest.mark.parametrize("notes", [None, "", "-----", "abc"])
def test_missing_notes_are_the_worst_and_the_line_counts(notes):
    inventory = inventory_of_rows({"combustion_fixe": [{**GAS, "quality_notes": notes}]})
    doubt = row_uncertainty(inventory, view(inventory, "beges")).set_index("code")
    assert inventory.total_kg == pytest.approx(215.4)
    assert doubt.at["1.1", "gsd2"] >= 2.5163566012590954
    assert ("CW-350" in said(inventory)) is (notes == "abc")


@pytest.mark.parametrize(
    "code",
    ["CW-113", "CW-306", "CW-315", "CW-319", "CW-323", "CW-325", "CW-350", "CW-380", "CW-381", "CW-382"],
)
def test_each_is_explained(code):
    text = texts()[code]
    assert text.remedy.strip()
    assert len(text.explanation) > 40


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        ({"acquisition_year": 2042, "life_years": 10}, ["CW-387"]),
        ({"acquisition_year": 2014, "life_years": 10}, ["CW-388"]),
        ({"acquisition_year": 2020, "life_years": 10, "disposal_year": 2023}, ["CW-388"]),
        ({"acquisition_year": 2024, "life_years": 1}, []),
        ({"acquisition_year": 2015, "life_years": 10}, []),
        ({"acquisition_year": 2020, "life_years": 10, "disposal_year": 2024}, []),
    ],
)
def test_a_capital_good_that_no_view_counts_is_told(dates, told):
    inventory = inventory_of_rows({"cat02": [{**MACHINE, **dates}]})
    kg = [shown.total_kg for shown in views(inventory).values()]
    assert [note.code for note in remarks(inventory) if note.code in ("CW-387", "CW-388")] == told
    assert (max(kg) == 0.0) is bool(told)
