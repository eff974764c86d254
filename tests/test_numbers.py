from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon_workbook.messages import CodedError, texts
from carbon_workbook.numbers import parse_number, parse_numbers, parse_percent, parse_percents


def code_of(value: object) -> str:
    with pytest.raises(CodedError) as refused:
        parse_number(value)
    return refused.value.message.code


def assert_that_all_is_said(refused: CodedError) -> None:
    assert refused.message.code in texts()
    assert "…" not in refused.message.sentence.replace(refused.message.parameters.get("value", ""), "")


def french(number: float, space: str) -> str:
    """``number`` as a French office writes it, with all its decimals."""
    whole, _, decimals = f"{Decimal(repr(abs(number))):,f}".partition(".")
    text = whole.replace(",", space) + (f",{decimals}" if decimals else "")
    return f"-{text}" if number < 0 else text


@given(st.floats(-1e12, 1e12), st.sampled_from([" ", "\u00a0", "\u202f", ""]))
def test_a_number_written_in_french_is_read_back(number: float, space: str) -> None:
    assert parse_number(french(number, space)) == number


@given(st.integers(-(10**12), 10**12))
def test_a_percentage_is_a_hundredth(number: int) -> None:
    assert parse_number(f"{number} %") == number / 100
    assert parse_percent(f"{number}%") == number / 100


@given(st.text() | st.text("0123456789., -+%€e()", max_size=20))
def test_any_text_is_a_finite_number_or_a_coded_refusal(text: str) -> None:
    try:
        number = parse_number(text)
    except CodedError as refused:
        assert_that_all_is_said(refused)
    else:
        assert math.isfinite(number)


@given(st.integers(1, 999), st.integers(0, 999))
def test_a_point_before_three_digits_is_never_guessed(whole: int, decimals: int) -> None:
    assert code_of(f"{whole}.{decimals:03d}") == "CW-103"


@pytest.mark.parametrize("value", [3, 3.0, Decimal(3), np.int32(3), np.float32(3)])
def test_numbers_pass(value: object) -> None:
    number = parse_number(value)
    assert number == 3.0
    assert type(number) is float


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "CW-101"),
        (math.nan, "CW-101"),
        (pd.NA, "CW-101"),
        (pd.NaT, "CW-101"),
        ([1], "CW-102"),
        (1 + 2j, "CW-102"),
        (dt.date(2024, 2, 1), "CW-104"),
        (dt.datetime(2024, 2, 1), "CW-104"),
        (dt.time(12), "CW-104"),
        (pd.Timestamp("2024-02-01"), "CW-104"),
        (np.datetime64("2024-02-01"), "CW-104"),
        (True, "CW-105"),
        (np.False_, "CW-105"),
        (math.inf, "CW-106"),
        (10**400, "CW-106"),
        (Decimal("-Infinity"), "CW-106"),
    ],
)
def test_what_is_not_a_number_has_its_own_code(value: object, code: str) -> None:
    assert code_of(value) == code


def test_an_ambiguous_number_shows_both_readings() -> None:
    with pytest.raises(CodedError, match="peut se lire -1234 ou -1,234"):
        parse_number("-1.234")


def test_a_long_text_is_not_shown_whole() -> None:
    with pytest.raises(CodedError) as refused:
        parse_number("x" * 30_000)
    assert len(str(refused.value)) < 200


def test_a_share_needs_its_sign_when_it_is_text() -> None:
    assert parse_percent(0.12) == 0.12
    assert parse_percent(12) == 12.0
    assert parse_percent("0") == 0.0
    for text in ("12", "0,5", "1"):
        with pytest.raises(CodedError) as refused:
            parse_percent(text)
        assert refused.value.message.code == "CW-109"


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1.5, math.nan, math.inf]),
        pd.Series([1.5, None, -math.inf], dtype=object),
        pd.Series([1, 2, 3]),
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([1.5, None], dtype="Float64"),
        pd.Series([True, False]),
        pd.Series(["1 234,5", "1.234", "", "12 %", None]),
        pd.Series([1, "12 %", None, True, 1.0, "abc", dt.date(2024, 1, 1), 10**400], dtype=object),
        pd.Series(["12 %", "12 %", "x"], dtype="category"),
        pd.Series(pd.to_datetime(["2024-01-01", None])),
        pd.Series([], dtype=object),
        pd.Series([None, None], dtype=object),
    ],
    ids=lambda column: str(column.dtype),
)
@pytest.mark.parametrize(
    ("whole", "single"),
    [(parse_numbers, parse_number), (parse_percents, parse_percent)],
    ids=["number", "share"],
)
def test_a_column_gives_what_its_cells_give(column: pd.Series, whole: object, single: object) -> None:
    assert callable(whole)
    assert callable(single)
    column.index = pd.Index([f"L{position}" for position in range(len(column))])
    numbers, codes = whole(column)
    assert codes.index.equals(column.index)
    assert len(numbers) == len(column)
    for value, number, code in zip(column, numbers, codes, strict=True):
        if code:
            assert math.isnan(number)
            with pytest.raises(CodedError) as refused:
                single(value)
            assert refused.value.message.code == code
        else:
            assert number == single(value)


def test_the_column_read_is_not_changed() -> None:
    column = pd.Series([1.0, math.inf])
    parse_numbers(column)
    assert column[1] == math.inf
