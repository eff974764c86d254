"""Price years and currencies."""

from __future__ import annotations

import pytest
import tables

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.factors.money import (
    exchange_rate,
    exchange_rate_is_partial,
    price_conversion,
    price_factor,
)
from carbon_workbook.messages import CodedError


@pytest.mark.parametrize(
    ("ref", "from_year", "to_year", "expected"),
    [
        ("43450", 2024, 2023, 0.9737),
        ("43355", 2024, 2023, 1.0),
        ("43355", 2025, 2023, 1.003),
        ("43380", 2024, 2023, 1.0583),
        ("ratio-J62_63", 2025, 2023, 0.9518),
        ("43450", 2023, 2023, 1.0),
        ("IPC-00", 2023, 2023, 1.0),
    ],
)
def test_price_factor(ref: str, from_year: int, to_year: int, expected: float) -> None:
    assert price_factor(ref, from_year, to_year) == expected


def test_the_published_factors_are_those_of_the_index() -> None:
    for row in tables.read("price_factors")[1]:
        years = int(row["from_year"]), int(row["to_year"])
        from_index = price_factor(row["index_code"], *years)
        assert float(row["factor"]) == pytest.approx(from_index, abs=2e-4)
        assert price_factor(row["series"], *years) == float(row["factor"])


def test_every_monetary_ratio_has_its_index_and_its_fit() -> None:
    table = load_catalogue().table
    for identifier in table.index[table["kind"] == "monetary"]:
        conversion = price_conversion(str(identifier), 2024, 2023)
        assert conversion.index_code == table.loc[identifier, "price_index"]
        assert conversion.fit in {"haute", "moyenne", "faible"}


def test_going_and_coming_back_is_one() -> None:
    assert price_factor("IPC-00", 2018, 2023) * price_factor("IPC-00", 2023, 2018) == pytest.approx(1)


@pytest.mark.parametrize(
    ("ref", "from_year", "to_year", "code"),
    [
        ("43450", 2026, 2023, "CW-221"),
        ("PPI-DOM-C17", 2022, 2023, "CW-221"),
        ("43642", 2024, 2023, "CW-222"),
        ("rien", 2024, 2023, "CW-222"),
    ],
)
def test_price_refused(ref: str, from_year: int, to_year: int, code: str) -> None:
    with pytest.raises(CodedError, match=code):
        price_factor(ref, from_year, to_year)


def test_exchange_rates() -> None:
    assert exchange_rate("EUR", 1999) == 1.0
    assert exchange_rate(" usd ", 2024) == pytest.approx(1.08238)
    assert exchange_rate("MAD", 2015) == 10.83367
    assert not exchange_rate_is_partial("USD", 2024)
    assert exchange_rate_is_partial("USD", 2026)
    assert not exchange_rate_is_partial("EUR", 2026)


@pytest.mark.parametrize(("currency", "year"), [("MAD", 2025), ("XXX", 2024), ("", 2024), ("USD", 1990)])
def test_an_unknown_rate_is_refused(currency: str, year: int) -> None:
    with pytest.raises(CodedError, match="CW-223"):
        exchange_rate(currency, year)
