"""Numbers, percentages and dates as text, in the language of the report. Rounding is half-up on the value shown."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from carbon_workbook.report.language import ENGLISH, FRENCH, language

NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"
ABSENT = "–"
UNITS = "tCO2e|tCO2|kgCO2e|t|kg|MWh|kWh|GWh|k€|M€|€|salariés|employees"
"""What stays on the line of the number before it, in the sentences of ours."""
DOUBT_DIGITS = 2
"""Significant digits of a half-width that its value is worth printing with."""


@dataclass(frozen=True)
class Form:
    """How a language writes numbers, dates and its own punctuation."""

    thousands: str
    decimal: str
    percent: str
    day: str
    months: tuple[str, ...]
    typography: tuple[tuple[str, str], ...]


FORMS = {
    FRENCH: Form(
        NARROW_SPACE,
        ",",
        f"{NARROW_SPACE}%",
        "%d/%m/%Y",
        ("janvier", "février", "mars", "avril", "mai", "juin",
         "juillet", "août", "septembre", "octobre", "novembre", "décembre"),
        (("'", "’"), ("« ", f"«{NO_BREAK_SPACE}"), (" »", f"{NO_BREAK_SPACE}»"), (" :", f"{NO_BREAK_SPACE}:"),
         (" ;", f"{NARROW_SPACE};"), (" ?", f"{NARROW_SPACE}?"), (" !", f"{NARROW_SPACE}!"),
         (" %", f"{NARROW_SPACE}%")),
    ),
    ENGLISH: Form(
        ",",
        ".",
        "%",
        "%Y-%m-%d",
        ("January", "February", "March", "April", "May", "June",
         "July", "August", "September", "October", "November", "December"),
        (("'", "’"),),
    ),
}  # fmt: skip

_UNIT = re.compile(rf"(?<=[\d}}]) (?=(?:{UNITS})(?!\w))")


def form() -> Form:
    """The conventions of the report's language."""
    return FORMS[language()]


def number(value: float | None, decimals: int = 1) -> str:
    """``value`` with its thousands apart; ``–`` when there is none. Negative ``decimals`` round to tens, hundreds…"""
    if value is None or not math.isfinite(value):
        return ABSENT
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    if rounded == 0:
        rounded = abs(rounded)
    written = form()
    text = f"{abs(rounded):,f}".translate({ord(","): written.thousands, ord("."): written.decimal})
    return f"{MINUS}{text}" if rounded < 0 else text


def rounded(value: float | None, half: float | None, finest: int = 1) -> str:
    """``value`` to the place of the second significant digit of its half-width ``half``; at most ``finest`` decimals.

    30 805,7 ± 10 800 reads 31 000: what is printed says no more than what is known. Without a half-width, or with a nil
    one, the value keeps ``finest`` decimals.
    """
    if value is None or half is None or not math.isfinite(half) or half <= 0:
        return number(value, finest)
    return number(value, min(finest, DOUBT_DIGITS - 1 - math.floor(math.log10(half))))


def signed_rounded(value: float | None, half: float | None, finest: int = 1) -> str:
    """``rounded`` with its sign, for a change."""
    text = rounded(value, half, finest)
    return f"+{text}" if value is not None and value > 0 and text.strip("0,.") else text


def exact(value: float | None) -> str:
    """``value`` in tonnes to the gram."""
    return number(value, 6)


def significant(value: float | None, digits: int = 4) -> str:
    """``value`` with at most ``digits`` significant digits, without useless zeros: for emission factors."""
    if value is None or not math.isfinite(value):
        return ABSENT
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text, point = number(value, decimals), form().decimal
    return text.rstrip("0").rstrip(point) if decimals else text


def percent(share: float | None, decimals: int = 1) -> str:
    """A fraction as a percentage."""
    if share is None or not math.isfinite(share):
        return ABSENT
    return f"{number(100 * share, decimals)}{form().percent}"


def signed(value: float | None, decimals: int = 1) -> str:
    """``value`` with its sign, for steps of a bridge."""
    text = number(value, decimals)
    return f"+{text}" if value is not None and value > 0 and text.strip("0,.") else text


def date(value: dt.date | None) -> str:
    """``21 novembre 2026``; ``–`` when there is none."""
    if value is None:
        return ABSENT
    day = "1er" if value.day == 1 and language() == FRENCH else str(value.day)
    return f"{day}{NO_BREAK_SPACE}{form().months[value.month - 1]}{NO_BREAK_SPACE}{value.year}"


def typeset(text: str) -> str:
    """A text of ours with the apostrophes and no-break spaces of its language; a unit stays with its number."""
    for plain, set_ in form().typography:
        text = text.replace(plain, set_)
    return _UNIT.sub(NO_BREAK_SPACE, text)


def short_date(value: dt.date | None) -> str:
    """``31/12/2024``; ``–`` when there is none."""
    return ABSENT if value is None else format(value, form().day)


def tonnes(value: float | None) -> str:
    """tCO2e to one decimal."""
    return number(value, 1)


FILTERS: dict[str, Callable[..., str]] = {
    "t": tonnes,
    "nb": number,
    "entier": lambda value: number(value, 0),
    "pct": percent,
    "signe": signed,
    "arrondi": rounded,
    "signe_arrondi": signed_rounded,
    "exact": exact,
    "fe": significant,
    "jour_court": short_date,
}
"""Template filters: numbers stay numbers in the context, the template gives them their form."""
