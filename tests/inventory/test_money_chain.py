"""The monetary chain step by step: the cases of ``tests/cases/money.yaml``, in every place that tells it."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inventory_cases import inventory_of_rows, yaml_cases

from carbon_workbook.excel import udf
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.core import emissions_of
from carbon_workbook.inventory.export import as_data
from carbon_workbook.inventory.money import line_steps, money_steps
from carbon_workbook.inventory.remarks import remarks
from carbon_workbook.inventory.views import views
from carbon_workbook.workbook.refresh import money_texts

CASES = yaml_cases("money.yaml")
RATIOS = ["43545", "43355", "43475", "43340", "43570"]


def of(case):
    return inventory_of_rows({"cat01": [{"label": "Essai", "nature": "service", **case["row"]}]})


@pytest.mark.parametrize("case", CASES["counted"], ids=lambda c: c["name"])
class TestByHand:
    def test_steps_and_result(self, case):
        inventory = of(case)
        line = inventory.lines.iloc[0]
        assert line["code"] == ""
        assert line["factor_id"] == case["factor"]
        assert line["total_kg"] == pytest.approx(case["kg"], rel=1e-9)
        steps = line_steps(line, inventory.catalogue)
        assert [step.name for step in steps] == [step["name"] for step in case["steps"]]
        for step, wanted in zip(steps, case["steps"], strict=True):
            assert step.after == pytest.approx(wanted["after"], rel=1e-9)
            assert step.figure == pytest.approx(wanted["figure"], rel=1e-12)
            assert (step.index, step.fit) == (wanted.get("index", ""), wanted.get("fit", ""))
            assert step.source

    def test_the_line_says_it(self, case):
        inventory = of(case)
        (text,) = money_texts(inventory.lines, inventory.catalogue, np.array([True])).values()
        for words in case["says"]:
            assert words in plain(text)

    def test_the_export_holds_it(self, case):
        inventory = of(case)
        data = as_data(inventory, views(inventory), ())
        steps = json.loads(json.dumps(data["lines"][0]["money"]))
        assert [step["name"] for step in steps] == [step["name"] for step in case["steps"]]
        assert all({"before", "after", "unit", "figure", "source", "text"} <= set(step) for step in steps)

    def test_expliquer_tells_it_from_the_amount_without_tax(self, case):
        line = of(case).lines.iloc[0]
        ((said,),) = udf.explain(
            "b.xlsm", line["factor_ref"], line["activity"], line["activity_unit"], 2024.0
        )
        assert f"facteur {case['factor']}" in said
        for step in line_steps(line, load_catalogue()):
            assert step.name == "hors_taxes" or step.text in said


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda c: c["name"])
def test_what_is_not_known_is_refused(case):
    inventory = of(case)
    assert inventory.lines["code"].tolist() == [case["code"]]
    assert case["code"] in {note.code for note in remarks(inventory)}


@given(
    st.sampled_from(RATIOS),
    st.floats(0.01, 1e9),
    st.sampled_from(["€", "k€", "USD", "GBP", "CHF"]),
    st.integers(2019, 2025),
)
def test_the_steps_lead_to_the_quantity_that_is_multiplied(ref, amount, currency, year):
    unit, catalogue = f"{currency} HT {year}", load_catalogue()
    block = emissions_of([ref], [amount], [unit], 2024, catalogue)
    assert block.codes[0] == ""
    steps = money_steps(amount, unit, block.factor_ids[0], catalogue)
    assert steps[-1].after / 1000 == pytest.approx(block.quantity[0], rel=1e-12)
    for first, second in pairwise(steps):
        assert first.after == second.before


@pytest.mark.parametrize(
    ("basis", "share", "told"), [("TTC", 1, 1), ("TTC", 0.5, 0), ("TTC", None, 0), ("HT", 1, 0)]
)
def test_a_tax_all_deducted_from_an_amount_with_tax_is_told(basis, share, told):
    row = {
        "label": "Conseil", "nature": "service", "amount": 1200, "amount_basis": basis, "vat_rate": 0.2,
        "vat_deductible": share, "currency": "EUR", "price_year": 2023, "factor": "43450",
    }  # fmt: skip
    inventory = inventory_of_rows({"cat01": [row]})
    assert inventory.lines["code"].tolist() == [""]
    assert sum(note.code == "CW-384" for note in inventory.notes) == told


def plain(text):
    return text.replace("\u202f", " ").replace("\u00a0", " ")
