"""Numbers as a French office types them: read when there is one reading, refused with a code otherwise.

Codes: CW-101 empty, CW-102 not a number, CW-103 two readings, CW-104 date, CW-105 true or false, CW-106 not
finite, CW-107 a unit beside the number, CW-108 error cell, CW-109 percentage or fraction.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import Decimal
from numbers import Real

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.messages import CodedError

_SPACES = str.maketrans(dict.fromkeys("\u00a0\u202f\u2009\u2007\t\n\r", " ") | {"\u2212": "-"})
_DATES = (dt.date, dt.time, dt.timedelta, np.datetime64, np.timedelta64)
_ERROR_CELL = re.compile(r"#[A-Z/0-9_ÀÉ]+[!?]?", re.IGNORECASE)
_BODY = re.compile(r"(?P<sign>[+-]?) ?(?P<digits>[\d., ]*\d)(?P<power>[eE][+-]?\d+)?")
# Each pattern leaves one reading: group 1 the whole part, group 2 the decimals.
_DIGITS = (
    re.compile(r"(\d+)"),
    re.compile(r"(\d{1,3}(?: \d{3})+)(?:[.,](\d+))?"),
    re.compile(r"(\d{1,3}(?:\.\d{3})+),(\d+)"),
    re.compile(r"(\d{1,3}(?:,\d{3})+)\.(\d+)"),
    re.compile(r"(\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:,\d{3}){2,})"),
    re.compile(r"(\d*),(\d+)"),
    re.compile(r"(\d*)\.(\d+)"),
)
_POINT_OR_THOUSANDS = re.compile(r"([1-9]\d{0,2})\.(\d{3})")
_BRACKETS = re.compile(r"\((.+)\)")
_WITH_WORDS = re.compile(r"[+-]?\d[\d., ]*[^\W\d].*|[^\W\d]{1,4}[.€$£]? ?[+-]?\d[\d., ]*")


def parse_number(value: object) -> float:
    """The number in ``value``: a number, or text such as ``1 234,56``, ``12 %`` (0.12) or ``50 €``.

    Raises CodedError with the codes of this module.
    """
    if isinstance(value, (bool, np.bool_)):
        raise CodedError("CW-105", value="VRAI" if value else "FAUX")
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, (int, float)):
        return _finite(value)
    if value is None or value is pd.NA or value is pd.NaT:
        raise CodedError("CW-101")
    if isinstance(value, _DATES):
        raise CodedError("CW-104", value=value)
    if isinstance(value, (Real, Decimal)):
        return _finite(value)
    raise CodedError("CW-102", value=_short(str(value)))


def parse_percent(value: object) -> float:
    """A share: ``12 %`` and the number 0.12 both give 0.12. Text without the sign is refused (CW-109)."""
    number = parse_number(value)
    if isinstance(value, str) and number != 0 and "%" not in value:
        raise CodedError("CW-109", value=_short(value))
    return number


def parse_numbers(values: pd.Series) -> tuple[npt.NDArray[np.float64], pd.Series]:
    """``parse_number`` of a column: numbers (nan where refused or blank) and codes ("" where read)."""
    return _parse_column(values, parse_number)


def parse_percents(values: pd.Series) -> tuple[npt.NDArray[np.float64], pd.Series]:
    """``parse_percent`` of a column: as ``parse_numbers``."""
    return _parse_column(values, parse_percent)


def _parse_column(
    values: pd.Series, parse: Callable[[object], float]
) -> tuple[npt.NDArray[np.float64], pd.Series]:
    if values.dtype.kind in "iuf" or pd.api.types.infer_dtype(values, skipna=True) == "floating":
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
        codes = np.full(len(numbers), "", dtype=object)
        unusable = ~np.isfinite(numbers)
        if unusable.any():
            codes[unusable] = np.where(np.isnan(numbers[unusable]), "CW-101", "CW-106")
            numbers[unusable] = np.nan
        return numbers, pd.Series(codes, index=values.index, dtype=object)
    read: dict[str | None, tuple[float, str]] = {}
    parsed: list[tuple[float, str]] = []
    for value in values.tolist():
        remembered = value is None or isinstance(value, str)
        known = read.get(value) if remembered else None
        if known is None:
            known = _number_and_code(value, parse)
            if remembered:
                read[value] = known
        parsed.append(known)
    columns = list(zip(*parsed, strict=True)) or [(), ()]
    return np.array(columns[0], dtype=np.float64), pd.Series(columns[1], index=values.index, dtype=object)


def _number_and_code(value: object, parse: Callable[[object], float]) -> tuple[float, str]:
    try:
        return parse(value), ""
    except CodedError as error:
        return math.nan, error.message.code


def _finite(value: float | Real | Decimal) -> float:
    try:
        number = float(value)
    except (OverflowError, ValueError) as error:
        raise CodedError("CW-106", value=_short(str(value))) from error
    if math.isnan(number):
        raise CodedError("CW-101")
    if math.isinf(number):
        raise CodedError("CW-106", value=value)
    return number


def _from_text(value: str) -> float:
    shown = _short(value)
    text = " ".join(value.translate(_SPACES).split())
    if not text:
        raise CodedError("CW-101")
    if _ERROR_CELL.fullmatch(text):
        raise CodedError("CW-108", value=text)
    divisor = 1.0
    if text.endswith("%"):
        text, divisor = text[:-1].rstrip(), 100.0
    elif text.endswith("€"):
        text = text[:-1].rstrip()
    elif text.startswith("€"):
        text = text[1:].lstrip()
    bracketed = _BRACKETS.fullmatch(text)
    match = _BODY.fullmatch(bracketed[1] if bracketed else text)
    if match is None:
        raise CodedError("CW-107" if _WITH_WORDS.fullmatch(text) else "CW-102", value=shown)
    if bracketed:
        raise CodedError("CW-103", value=shown, readings=f"-{bracketed[1]} ou {bracketed[1]}")
    digits, power = match["digits"], match["power"] or ""
    sign = match["sign"]
    twofold = _POINT_OR_THOUSANDS.fullmatch(digits)
    if twofold and not power:
        readings = f"{sign}{twofold[1]}{twofold[2]} ou {sign}{twofold[1]},{twofold[2]}"
        raise CodedError("CW-103", value=shown, readings=readings)
    for pattern in _DIGITS:
        found = pattern.fullmatch(digits)
        if found:
            whole = re.sub(r"\D", "", found[1])
            decimals = found[2] if pattern.groups > 1 and found[2] else ""
            number = float(f"{sign}{whole or 0}.{decimals or 0}{power}")
            return _finite_text(number / divisor, shown)
    raise CodedError("CW-102", value=shown)


def _finite_text(number: float, shown: str) -> float:
    if math.isinf(number):
        raise CodedError("CW-106", value=shown)
    return number


def _short(text: str) -> str:
    """At most 40 characters: a message shows a value, not a pasted document."""
    return text if len(text) <= 40 else f"{text[:39]}…"
