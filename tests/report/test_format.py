"""French numbers: what is printed, and that it reads back."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import value

from carbon_workbook.report.format import (
    date,
    exact,
    number,
    percent,
    rounded,
    short_date,
    signed,
    signed_rounded,
    significant,
    typeset,
)  # fmt: skip
from carbon_workbook.report.language import ENGLISH, speaking


@pytest.mark.parametrize(
    ("given_", "decimals", "shown"),
    [
        (30805.722, 1, "30\u202f805,7"),
        (1234567.0, 0, "1\u202f234\u202f567"),
        (999.95, 1, "1\u202f000,0"),
        (0.05, 1, "0,1"),
        (2.675, 2, "2,68"),
        (-0.04, 1, "0,0"),
        (-367.0, 1, "\u2212367,0"),
        (None, 1, "–"),
        (float("nan"), 1, "–"),
    ],
)
def test_number(given_, decimals, shown):
    assert number(given_, decimals) == shown


@given(st.floats(-1e12, 1e12), st.integers(0, 4))
def test_a_number_reads_back_to_its_rounding(given_, decimals):
    assert abs(value(number(given_, decimals)) - given_) <= 0.5 * 10**-decimals + 1e-15 * abs(given_)


@pytest.mark.parametrize(
    ("given_", "shown"),
    [(0.0519, "0,0519"), (2211.0, "2\u202f211"), (0.21540, "0,2154"), (0, "0"), (1000.0, "1\u202f000")],
)
def test_factor_values_keep_four_digits(given_, shown):
    assert significant(given_) == shown


def test_percentages_signs_and_dates():
    assert percent(0.484) == "48,4\u202f%"
    assert percent(None) == "–"
    assert (signed(306.6), signed(-34.9), signed(0.01)) == ("+306,6", "\u221234,9", "0,0")
    assert date(dt.date(2026, 3, 1)) == "1er\u00a0mars\u00a02026"
    assert short_date(dt.date(2017, 12, 31)) == "31/12/2017"
    assert short_date(None) == "–"


def test_our_texts_are_typeset():
    assert typeset("l'année : « 80 % »") == "l’année\u00a0: «\u00a080\u202f%\u00a0»"


@pytest.mark.parametrize(
    ("given_", "half", "shown"),
    [
        (30805.722, 10782.0, "31\u202f000"),
        (30805.722, 999.0, "30\u202f810"),
        (30805.722, 99.4, "30\u202f806"),
        (166.84, 3.21, "166,8"),
        (166.84, 0.002, "166,8"),
        (-1234.5, 500.0, "\u22121\u202f230"),
        (4.0, 12.0, "4"),
        (0.4, 120.0, "0"),
        (27725.3, None, "27\u202f725,3"),
        (27725.3, 0.0, "27\u202f725,3"),
        (None, 10.0, "–"),
    ],
)
def test_a_headline_is_rounded_to_its_uncertainty(given_, half, shown):
    assert rounded(given_, half) == shown


@pytest.mark.parametrize(
    ("change", "half", "shown"),
    [(5_230.2, 5_230.2, "+5\u202f200"), (-2_078.5, 5_230.2, "\u22122\u202f100"), (40.0, 5_230.2, "0"),
     (1.26, None, "+1,3"), (None, 5.0, "–")],
)  # fmt: skip
def test_a_change_keeps_its_sign_when_it_is_rounded(change, half, shown):
    assert signed_rounded(change, half) == shown


@given(st.floats(1e-3, 1e9), st.floats(1e-3, 1e9))
def test_what_rounding_takes_away_is_small_beside_the_doubt(given_, half):
    assert abs(value(rounded(given_, half)) - given_) <= max(0.05 * half, 0.05) * (1 + 1e-9)


def test_an_exact_value_is_to_the_gram():
    assert exact(30805.7221234) == "30\u202f805,722123"


def test_english_numbers_dates_and_sentences():
    with speaking(ENGLISH):
        assert number(30805.722) == "30,805.7"
        assert rounded(30805.722, 10782.0) == "31,000"
        assert percent(0.484) == "48.4%"
        assert significant(1000.0) == "1,000"
        assert significant(0.0519) == "0.0519"
        assert signed(0.0) == "0.0"
        assert date(dt.date(2026, 3, 1)) == "1\u00a0March\u00a02026"
        assert short_date(dt.date(2017, 12, 31)) == "2017-12-31"
        assert typeset("the year's total: 80% of 12 tCO2e") == "the year’s total: 80% of 12\u00a0tCO2e"
    assert number(30805.722) == "30\u202f805,7"


def test_a_unit_stays_with_its_number():
    assert typeset("soit {tonnes} tCO2e et 12 MWh") == "soit {tonnes}\u00a0tCO2e et 12\u00a0MWh"
    assert typeset("3 tonnes") == "3 tonnes"


def test_a_language_without_texts_is_refused():
    with pytest.raises(ValueError, match="de"), speaking("de"):
        pass
