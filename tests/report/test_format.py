"""French numbers: what is printed, and that it reads back."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import value

from carbon_workbook.report.format import date, number, percent, short_date, signed, significant, typeset


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
