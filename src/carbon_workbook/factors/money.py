"""From an amount to the price year of a ratio: exchange rates and price indices.

EUR = amount / ``exchange_rate``; amount at the ratio's prices = amount × ``price_factor``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import pandas as pd

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.messages import CodedError
from carbon_workbook.resources import shipped

YEAR_UNKNOWN, INDEX_UNKNOWN, RATE_UNKNOWN = "CW-221", "CW-222", "CW-223"


@dataclass(frozen=True, slots=True)
class PriceConversion:
    """A factor between two price years, the index it comes from and how well that index fits the branch."""

    factor: float
    index_code: str
    fit: str
    source: str


def price_factor(factor_or_index: str, from_year: int, to_year: int) -> float:
    """How much one euro of ``from_year`` is worth at the prices of ``to_year`` (no unit).

    ``factor_or_index``: id of a monetary ratio, or code of a price index. Raises CodedError CW-221 (a year is
    missing) or CW-222 (no price index).
    """
    return price_conversion(factor_or_index, from_year, to_year).factor


def price_conversion(factor_or_index: str, from_year: int, to_year: int) -> PriceConversion:
    """``price_factor`` with its index, its grade of fit (haute, moyenne, faible or "") and its source."""
    index_code, series = _index_of(factor_or_index)
    if from_year == to_year:
        return PriceConversion(1.0, index_code, _fits().get(series, ""), "même année de prix")
    published = _published_factors().get((series, from_year, to_year))
    if published is not None:
        return published
    values = _index_values()[index_code]
    if from_year not in values or to_year not in values:
        known = ", ".join(str(year) for year in sorted(values))
        raise CodedError(YEAR_UNKNOWN, ref=factor_or_index, from_year=from_year, to_year=to_year, known=known)
    source = f"indice {index_code} : {to_year} / {from_year}"
    return PriceConversion(values[to_year] / values[from_year], index_code, _fits().get(series, ""), source)


def exchange_rate(currency: str, year: int) -> float:
    """Units of ``currency`` (ISO code) for one euro, mean of ``year``. Raises CodedError CW-223."""
    code = currency.strip().upper()
    if code in {"EUR", "€"}:
        return 1.0
    rate = _rates().get((code, int(year)))
    if rate is None:
        raise CodedError(RATE_UNKNOWN, currency=code or "…", year=year)
    return rate[0]


def exchange_rate_is_partial(currency: str, year: int) -> bool:
    """True when the rate is the mean of a year that is not over. Raises CodedError CW-223 when unknown."""
    exchange_rate(currency, year)
    return _rates().get((currency.strip().upper(), int(year)), (1.0, False, ""))[1]


def exchange_rate_source(currency: str, year: int) -> str:
    """Where the rate of a currency comes from, "" for the euro. Raises CodedError CW-223 when unknown."""
    exchange_rate(currency, year)
    return _rates().get((currency.strip().upper(), int(year)), (1.0, False, ""))[2]


def _index_of(factor_or_index: str) -> tuple[str, str]:
    if factor_or_index in _index_values():
        return factor_or_index, ""
    resolution = load_catalogue().resolve(factor_or_index)
    if resolution.id is not None:
        row = load_catalogue().get(resolution.id).fields
        if row["price_index"]:
            return row["price_index"], row["series"]
    raise CodedError(INDEX_UNKNOWN, ref=factor_or_index)


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(shipped("factors") / name, sep=";", keep_default_na=False)


@cache
def _index_values() -> Mapping[str, Mapping[int, float]]:
    table = _read("price_index.csv")
    found: dict[str, dict[int, float]] = {}
    for code, year, value in zip(table["index_code"], table["year"], table["value"], strict=True):
        found.setdefault(str(code), {})[int(year)] = float(value)
    return MappingProxyType(found)


@cache
def _published_factors() -> Mapping[tuple[str, int, int], PriceConversion]:
    return MappingProxyType(
        {
            (str(row["series"]), int(row["from_year"]), int(row["to_year"])): PriceConversion(
                float(row["factor"]), str(row["index_code"]), str(row["fit"]), str(row["source"])
            )
            for row in _read("price_factors.csv").to_dict(orient="records")
        }
    )


@cache
def _fits() -> Mapping[str, str]:
    return MappingProxyType({series: known.fit for (series, _, _), known in _published_factors().items()})


@cache
def _rates() -> Mapping[tuple[str, int], tuple[float, bool, str]]:
    return MappingProxyType(
        {
            (str(row["currency"]), int(row["year"])): (
                float(row["units_per_eur"]),
                bool(row["partial"]),
                str(row["source"]),
            )
            for row in _read("exchange_rates.csv").to_dict(orient="records")
        }
    )
