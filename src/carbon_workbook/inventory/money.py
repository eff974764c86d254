"""The steps from an amount as it is typed to the money of its factor: VAT, currency, price year, price index.

The arithmetic is that of ``core``; here each step is told with its figure, its source and how far to trust it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from carbon_workbook.factors import money as price
from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.inventory.wording import shown
from carbon_workbook.messages import message
from carbon_workbook.units import money_of, parse_unit

TAX, CURRENCY, SERIES, PRICES = "CW-624", "CW-625", "CW-626", "CW-627"
MONEY_COLUMNS = ("vat_divisor", "vat_rate", "vat_deductible", "activity", "activity_unit", "factor_id")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the amount before and after, in ``unit``, and the figure that makes one of the other.

    ``name``: hors_taxes, devise, serie or prix. ``index`` and ``fit`` (haute, moyenne, faible) for a price index.
    """

    name: str
    before: float
    after: float
    unit: str
    figure: float
    source: str
    text: str
    index: str = ""
    fit: str = ""

    def as_data(self) -> dict[str, object]:
        """The step as plain data."""
        return {key: value for key, value in asdict(self).items() if value != ""}


@dataclass(frozen=True, slots=True)
class _Path:
    """What every amount of one unit meets on its way to one factor: rates and prices, no amount."""

    currency: str
    price_year: int | None
    scale: float
    rate: float
    rate_source: str
    series_year: int | None
    series: str
    prices: price.PriceConversion | None


@dataclass(frozen=True, slots=True)
class Tax:
    """What a line says of its VAT; ``divisor`` is the amount as typed by the amount without tax."""

    divisor: float = 1.0
    rate: float = math.nan
    deductible: float = math.nan


def line_steps(line: pd.Series | Mapping[Any, Any], catalogue: Catalogue) -> tuple[Step, ...]:
    """The steps of an activity line that has a factor (MONEY_COLUMNS; those of the VAT may be missing)."""
    divisor, rate, deductible = (float(line.get(name, math.nan)) for name in MONEY_COLUMNS[:3])
    tax = Tax(1.0 if math.isnan(divisor) else divisor, rate, deductible)
    return money_steps(
        float(line["activity"]), str(line["activity_unit"]), str(line["factor_id"]), catalogue, tax
    )


def money_steps(
    amount: float, unit: str, factor_id: str, catalogue: Catalogue, tax: Tax | None = None
) -> tuple[Step, ...]:
    """The steps of ``amount`` (without tax, in ``unit``) to the money of the factor; none when it is not money.

    ``factor_id`` is the factor used, that of the amount's own price year. Raises CodedError as ``emissions_of``.
    """
    path = _path(unit, factor_id, catalogue) if unit else None
    if path is None:
        return ()
    steps = []
    here = _unit(path.currency, path.price_year)
    plain = amount * path.scale
    if tax is not None and tax.divisor != 1.0:
        steps.append(_without_tax(plain, here, tax))
    if path.rate != 1.0:
        euros = plain / path.rate
        there = _unit("EUR", path.price_year)
        told = _told(
            CURRENCY, before=shown(plain), unit=here, rate=shown(path.rate), after=shown(euros), target=there,
            currency=path.currency, year=path.price_year,
        )  # fmt: skip
        steps.append(Step("devise", plain, euros, there, path.rate, path.rate_source, told))
        plain, here = euros, there
    if path.series_year is not None:
        told = _told(
            SERIES, id=factor_id, label=path.series, series_year=path.series_year, year=path.price_year
        )
        steps.append(Step("serie", plain, plain, here, 1.0, f"série {path.series}", told))
    if path.prices is not None:
        found, there = path.prices, _unit("EUR", path.series_year)
        after = plain * found.factor
        told = _told(
            PRICES, before=shown(plain), unit=here, factor=shown(found.factor), after=shown(after), target=there,
            index=found.index_code, fit=found.fit or "non évaluée",
        )  # fmt: skip
        steps.append(
            Step("prix", plain, after, there, found.factor, found.source, told, found.index_code, found.fit)
        )
    return tuple(steps)


def _without_tax(amount: float, unit: str, tax: Tax) -> Step:
    gross = amount * tax.divisor
    deductible = 0.0 if math.isnan(tax.deductible) else tax.deductible
    told = _told(
        TAX, before=shown(gross), unit=unit.replace("HT", "TTC"), rate=shown(100 * tax.rate),
        deductible=shown(100 * deductible), divisor=shown(tax.divisor), after=shown(amount), target=unit,
    )  # fmt: skip
    return Step("hors_taxes", gross, amount, unit, tax.divisor, "saisi sur la ligne", told)


def _told(code: str, **parameters: Any) -> str:
    return message(code, **parameters).sentence


def _unit(currency: str, year: int | None) -> str:
    return f"{currency} HT {year}" if year else f"{currency} HT"


@lru_cache(maxsize=4096)
def _path(unit: str, factor_id: str, catalogue: Catalogue) -> _Path | None:
    factor = catalogue.get(factor_id)
    source = parse_unit(unit)
    spent, priced = source.money, money_of(factor.unit)
    if spent is None or priced is None:
        return None
    year = spent.price_year
    rate, rate_source, prices = 1.0, "", None
    if spent.currency != priced.currency and year is not None:
        rate = price.exchange_rate(spent.currency, year) / price.exchange_rate(priced.currency, year)
        rate_source = price.exchange_rate_source(spent.currency, year)
    if None not in (year, priced.price_year) and year != priced.price_year:
        prices = price.price_conversion(factor_id, int(year or 0), int(priced.price_year or 0))
    series = catalogue.series.get(factor.fields.get("series", ""))
    label = series.label if series is not None else ""
    return _Path(
        spent.currency, year, source.scale, rate, rate_source, priced.price_year if label else None,
        label, prices,
    )  # fmt: skip
