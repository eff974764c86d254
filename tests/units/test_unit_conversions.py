from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon_workbook.messages import CodedError
from carbon_workbook.units import conversion, conversions, denominator, missing_quantity, parse_unit, tables

PHYSICAL = sorted(name for name, symbol in tables.symbols().items() if not symbol.currency)
QUALIFIED = ["GJ PCI", "kWh PCI", "tep PCI", "kWh PCS", "GJ PCS", "t de N", "kg de N", "kg DCO", "g DCO"]
COMPOUND = [
    "t.km",
    "kg.km",
    "t.mile",
    "passager.km",
    "passager.mile",
    "m³.jour",
    "litre.h",
    "kWh/m²",
    "MWh/ha",
]
ALL = [*PHYSICAL, *QUALIFIED, *COMPOUND]
FAMILIES = [
    family
    for family in (
        [other for other in ALL if parse_unit(other).dimension == parse_unit(one).dimension] for one in ALL
    )
    if len(family) > 1
]


def three_of_a_family() -> st.SearchStrategy[tuple[str, str, str]]:
    return st.sampled_from(FAMILIES).flatmap(lambda family: st.tuples(*[st.sampled_from(family)] * 3))


@given(three_of_a_family())
def test_there_and_back_is_one(units: tuple[str, str, str]) -> None:
    there, back, _ = units
    assert conversion(there, back) * conversion(back, there) == pytest.approx(1, rel=1e-12)


@given(three_of_a_family())
def test_two_steps_are_one(units: tuple[str, str, str]) -> None:
    steps = [conversion(a, b) for a, b in pairwise(units)]
    assert steps[0] * steps[1] == pytest.approx(conversion(units[0], units[2]), rel=1e-12)


@given(st.sampled_from(ALL), st.sampled_from(ALL))
def test_two_units_convert_or_something_is_missing(source: str, target: str) -> None:
    (ratio,), (code,) = conversions([source], [target])
    assert code in {"", "CW-112", "CW-113", "CW-114", "CW-115"}
    assert (ratio > 0) == (code == "")
    assert bool(missing_quantity(source, target)) == (code != "")


def test_kilometres_times_a_factor_per_tonne_kilometre() -> None:
    """The mistake of the course: 500 000 km × 0,083 kgCO2e/t.km."""
    unit, kilograms = denominator("kgCO2e/t.km")
    with pytest.raises(CodedError) as refused:
        conversion("km", unit)
    assert refused.value.message.sentence == (
        "« km » ne peut pas être multiplié par un facteur en kgCO2e/t.km : il manque une masse (t)."
    )
    for load, expected in ((1, 41.5), (10, 415)):
        tonnes_co2e = (
            500_000 * load * conversion("t.km", unit) * 0.083 * kilograms * conversion("kgCO2e", "tCO2e")
        )
        assert tonnes_co2e == pytest.approx(expected, rel=1e-12)


def test_columns_give_what_pairs_give() -> None:
    sources = ["km", "t", None, "kWh", "bidule", "€ HT 2024", "t", float("nan"), ""]
    targets = ["t.km", "kg", "kg", "kWh PCS", "kg", "k€ HT 2023", "kg", None, "kg"]
    expected = ["CW-112", "", "CW-110", "CW-113", "CW-111", "CW-119", "", "CW-110", "CW-110"]
    for column in (sources, pd.Series(sources, dtype=object), pd.Series(sources, dtype="category")):
        ratios, codes = conversions(column, targets)
        assert list(codes) == expected
        assert np.array_equal(np.isnan(ratios), np.array(expected) != "")
        assert ratios[1] == 1000.0


def test_columns_of_no_rows() -> None:
    ratios, codes = conversions(pd.Series([], dtype=object), [])
    assert len(ratios) == len(codes) == 0


def test_columns_of_different_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match="1 units against 2"):
        conversions(["km"], ["km", "t"])


@given(
    st.lists(st.tuples(st.sampled_from([*ALL, "bidule", ""]), st.sampled_from([*ALL, "ton"])), max_size=30)
)
def test_any_columns_give_what_pairs_give(pairs: list[tuple[str, str]]) -> None:
    ratios, codes = conversions([a for a, _ in pairs], [b for _, b in pairs])
    for (source, target), ratio, code in zip(pairs, ratios, codes, strict=True):
        if code:
            with pytest.raises(CodedError) as refused:
                conversion(source, target)
            assert refused.value.message.code == code
            assert np.isnan(ratio)
        else:
            assert ratio == conversion(source, target)
