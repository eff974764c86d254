"""Quantity × factor: what one triple gives, whatever stands beside it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.factors.money import exchange_rate, price_factor
from carbon_workbook.inventory.core import activity_ratio, emissions_of, factor_arrays, refusal
from carbon_workbook.inventory.gases import COLUMNS, GASES
from carbon_workbook.messages import CodedError

CATALOGUE = load_catalogue()
OWN = CATALOGUE.with_own(
    pd.DataFrame(
        [
            {"id": "EUR-NU", "label": "Par euro", "unit": "€", "total": 0.2},
            {"id": "USD-12", "label": "Par dollar de 2012", "unit": "USD HT 2012", "total": 0.5},
            {"id": "TKM", "label": "Navette", "unit": "t.km", "total": 0.083},
        ]
    )
)


def one(ref, quantity, unit, year=2024, catalogue=OWN):
    block = emissions_of([ref], [quantity], [unit], year, catalogue)
    return block.codes[0] or block.kg[0]


@pytest.mark.parametrize(
    "ref", ["43642", 43642, 43642.0, "43642.0", " 43642 ", "43642 · Électricité, 2024", "électricité"]
)
def test_every_spelling_of_a_reference_finds_its_factor(ref):
    assert one(ref, 1000, "kWh") == pytest.approx(51.9)


def test_the_seed_mistake_names_the_missing_mass():
    assert one("TKM", 500_000, "km") == "CW-112"
    assert "une masse (t)" in str(refusal("CW-112", "TKM", "km", 2024, OWN))
    assert one("TKM", 500_000, "t.km") == pytest.approx(41_500)
    assert one("TKM", 10 * 500_000, "t.km") == pytest.approx(415_000)


def test_a_blank_unit_is_the_factor_s_own():
    assert one("37133", 1000, "") == one("37133", 1000, None) == one("37133", 1000, "kWh PCS")


@pytest.mark.parametrize("missing", [None, "", "  ", float("nan")])
def test_a_missing_factor_has_one_code(missing):
    assert one(missing, 1, "kWh") == "CW-201"


def test_a_quantity_out_of_reach_is_refused():
    assert one("37133", float("nan"), "kWh PCS") == "CW-330"
    assert one("37133", float("inf"), "kWh PCS") == "CW-330"
    assert one("37133", -1, "kWh PCS") == "CW-306"
    assert one("37133", 0, "kWh PCS") == 0


def test_no_year_is_not_a_crash():
    assert one("37133", 1000, "kWh PCS", year=None) == pytest.approx(215.4)
    assert one("électricité", 1, "MWh", year=None) > 0


def test_the_year_of_the_inventory_picks_the_mix():
    assert one("électricité", 1000, "kWh", 2023) == pytest.approx(58.0)
    assert one("électricité", 1000, "kWh", 2024) == pytest.approx(51.9)


class TestMoney:
    def test_thousands(self):
        assert one("43430", 50_000, "EUR HT 2023") == pytest.approx(49_500)
        assert one("43430", 50, "k€ HT 2023") == pytest.approx(49_500)

    def test_the_ratio_of_the_price_year_is_taken(self):
        block = emissions_of(["43430"], [1000.0], ["EUR HT 2021"], 2024, CATALOGUE)
        assert block.factor_ids == ["43428"]
        assert block.kg[0] == pytest.approx(CATALOGUE.table.at["43428", "value"])

    def test_beyond_the_series_the_amount_is_deflated(self):
        block = emissions_of(["43545"], [1000.0], ["EUR HT 2024"], 2024, CATALOGUE)
        assert block.factor_ids == ["43545"]
        index = price_factor("43545", 2024, 2023)
        assert index != 1
        assert block.kg[0] == pytest.approx(index * CATALOGUE.table.at["43545", "value"])

    def test_a_foreign_amount_is_changed_at_its_own_year(self):
        rate = exchange_rate("USD", 2022)
        ratio_2022 = CATALOGUE.table.at["43429", "value"]
        assert one("43430", 1000, "USD HT 2022") == pytest.approx(ratio_2022 / rate)

    def test_a_factor_without_price_year_takes_the_amount_as_it_is(self):
        assert one("EUR-NU", 1000, "EUR HT 2024") == pytest.approx(200)
        assert one("EUR-NU", 1000, "USD HT 2022") == pytest.approx(200 / exchange_rate("USD", 2022))

    def test_same_currency_and_year_needs_no_index(self):
        assert one("USD-12", 100, "USD HT 2012") == pytest.approx(50)

    @pytest.mark.parametrize(
        ("ref", "unit", "code"),
        [
            ("43430", "EUR TTC 2023", "CW-118"),
            ("43430", "EUR TTC 1990", "CW-118"),
            ("43430", "EUR HT", "CW-312"),
            ("43430", "EUR 2050", "CW-310"),
            ("43430", "EUR HT 1950", "CW-221"),
            ("43430", "USD HT 1950", "CW-223"),
            ("USD-12", "USD HT 2020", "CW-222"),
            ("43430", "kWh", "CW-112"),
        ],
    )
    def test_what_is_missing_is_refused_with_its_code(self, ref, unit, code):
        assert one(ref, 1, unit) == code
        assert refusal(code, ref, unit, 2024, OWN).code == code


def test_the_sum_of_stages_is_the_factor_and_gases_add_up():
    arrays = factor_arrays(CATALOGUE)
    for position, identifier in enumerate(arrays.ids):
        first, count = arrays.stage_start[position], arrays.stage_count[position]
        assert count >= 1
        stages = arrays.stage_values[first : first + count]
        assert stages.sum(axis=0) == pytest.approx(arrays.values[position], rel=1e-9, abs=1e-12)
        assert stages[:, :-1].sum() == pytest.approx(
            CATALOGUE.table.at[identifier, "value"], rel=1e-9, abs=1e-12
        )


def test_every_factor_computes_in_its_own_unit():
    table = CATALOGUE.table
    block = emissions_of(list(table.index), np.ones(len(table)), list(table["unit"]), 2024, CATALOGUE)
    assert set(block.codes) == {""}
    assert block.kg == pytest.approx(table["value"].to_numpy(), rel=1e-9, abs=1e-12)
    assert block.gases[:, : len(GASES)].sum(axis=1) == pytest.approx(block.kg, rel=1e-9, abs=1e-12)
    assert block.gases.shape == (len(table), len(COLUMNS))


REFS = ["37133", "43642", 25775, "inconnu", None, "gaz naturel", "TKM"]
UNITS = ["kWh PCS", "MWh", "litre", "km", "t.km", "parsec", "", None]
TRIPLES = st.lists(
    st.tuples(st.sampled_from(REFS), st.floats(-1e9, 1e9), st.sampled_from(UNITS)), min_size=1, max_size=30
)


@given(TRIPLES)
def test_a_triple_does_not_depend_on_its_neighbours(triples):
    refs, quantities, units = zip(*triples, strict=True)
    together = emissions_of(refs, quantities, units, 2024, OWN)
    for number, (ref, quantity, unit) in enumerate(triples):
        alone = emissions_of([ref], [quantity], [unit], 2024, OWN)
        assert together.codes[number] == alone.codes[0]
        assert np.array_equal(together.kg[number], alone.kg[0], equal_nan=True)
        assert np.isnan(together.kg[number]) == (together.codes[number] != "")


def test_no_line_at_all():
    assert emissions_of([], [], [], 2024, CATALOGUE).kg.shape == (0,)


def test_a_ratio_between_dimensions_is_an_error():
    with pytest.raises(CodedError) as caught:
        activity_ratio("km", "TKM", OWN)
    assert caught.value.message.code == "CW-112"
