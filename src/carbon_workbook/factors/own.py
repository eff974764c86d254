"""What a factor of the user's own must be: told, like those of the bases, with its unit, source and year."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping

from carbon_workbook.factors.catalogue import SEPARATOR
from carbon_workbook.messages import CodedError, message
from carbon_workbook.numbers import parse_number, parse_percent
from carbon_workbook.specs.spec import lists, register
from carbon_workbook.units import parse_unit
from carbon_workbook.values import CellError, Uncached

NEEDED = ("id", "label", "unit", "total", "source", "year")
YEARS = (1990, 2100)

BLANK, NEGATIVE, NOT_FINITE, NOT_A_YEAR = "CW-281", "CW-282", "CW-283", "CW-284"
NOT_A_DATE, NOT_IN_LIST, BAD_ID, BAD_SHARE = "CW-285", "CW-286", "CW-287", "CW-288"


def faults(row: Mapping[str, object]) -> list[tuple[str, str]]:
    """Column key and French sentence of each thing that makes an own factor unusable; none when it is sound.

    ``row``: cells by column key of the register of own factors, as they are typed.
    """
    found = []
    for key, check in _CHECKS.items():
        value = row.get(key)
        if _is_blank(value):
            if key in NEEDED:
                found.append((key, message(BLANK).sentence))
            continue
        try:
            check(value)
        except CodedError as refusal:
            found.append((key, refusal.message.sentence))
    return found


def _is_blank(value: object) -> bool:
    if value is None or isinstance(value, CellError | Uncached):
        return True
    return not value.strip() if isinstance(value, str) else isinstance(value, float) and math.isnan(value)


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _any(value: object) -> None:
    """A text is what it is."""


def _id(value: object) -> None:
    if SEPARATOR.strip() in _text(value):
        raise CodedError(BAD_ID, separator=SEPARATOR.strip())


def _unit(value: object) -> None:
    parse_unit(_text(value))


def _total(value: object) -> None:
    number = parse_number(value)
    if not math.isfinite(number):
        raise CodedError(NOT_FINITE)
    if number < 0:
        raise CodedError(NEGATIVE)


def _year(value: object) -> None:
    number = parse_number(value)
    if not number.is_integer() or not YEARS[0] <= number <= YEARS[1]:
        raise CodedError(NOT_A_YEAR, first=YEARS[0], last=YEARS[1])


def _date(value: object) -> None:
    if not isinstance(value, dt.date):
        raise CodedError(NOT_A_DATE)


def _share(value: object) -> None:
    if parse_percent(value) < 0:
        raise CodedError(BAD_SHARE)


def _choice(key: str) -> Callable[[object], None]:
    def check(value: object) -> None:
        allowed = lists()[next(column.list for column in register("own_factors") if column.key == key)]
        if _text(value) not in allowed:
            raise CodedError(NOT_IN_LIST, allowed=", ".join(allowed))

    return check


_CHECKS: Mapping[str, Callable[[object], None]] = {
    "id": _id,
    "label": _any,
    "unit": _unit,
    "total": _total,
    "source": _any,
    "year": _year,
    "valid_until": _date,
    "uncertainty_pct": _share,
    "nature": _choice("nature"),
    "data_level": _choice("data_level"),
}
