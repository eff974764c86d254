"""French numbers, percentages and dates as text, and back. Half-up rounding on the decimal value shown."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"
ABSENT = "–"
TYPOGRAPHY = (
    ("'", "’"),
    ("« ", f"«{NO_BREAK_SPACE}"),
    (" »", f"{NO_BREAK_SPACE}»"),
    (" :", f"{NO_BREAK_SPACE}:"),
    (" ;", f"{NARROW_SPACE};"),
    (" %", f"{NARROW_SPACE}%"),
)

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def number(value: float | None, decimals: int = 1) -> str:
    """``value`` with a decimal comma and narrow no-break spaces between thousands; ``–`` when there is none."""
    if value is None or not math.isfinite(value):
        return ABSENT
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    if rounded == 0:
        rounded = abs(rounded)
    text = f"{abs(rounded):,f}".replace(",", NARROW_SPACE).replace(".", ",")
    return f"{MINUS}{text}" if rounded < 0 else text


def significant(value: float | None, digits: int = 4) -> str:
    """``value`` with at most ``digits`` significant digits, without useless zeros: for emission factors."""
    if value is None or not math.isfinite(value):
        return ABSENT
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = number(value, decimals)
    return text.rstrip("0").rstrip(",") if "," in text else text


def percent(share: float | None, decimals: int = 1) -> str:
    """A fraction as a percentage, the sign after a narrow no-break space."""
    if share is None or not math.isfinite(share):
        return ABSENT
    return f"{number(100 * share, decimals)}{NARROW_SPACE}%"


def signed(value: float | None, decimals: int = 1) -> str:
    """``value`` with its sign, for steps of a bridge."""
    text = number(value, decimals)
    return f"+{text}" if value is not None and value > 0 and text.strip("0,") else text


def date(value: dt.date | None) -> str:
    """``21 novembre 2026``; ``–`` when there is none."""
    if value is None:
        return ABSENT
    day = "1er" if value.day == 1 else str(value.day)
    return f"{day}{NO_BREAK_SPACE}{MONTHS[value.month - 1]}{NO_BREAK_SPACE}{value.year}"


def typeset(text: str) -> str:
    """A text of ours with the apostrophes and no-break spaces of French typography."""
    for plain, set_ in TYPOGRAPHY:
        text = text.replace(plain, set_)
    return text


def short_date(value: dt.date | None) -> str:
    """``31/12/2024``; ``–`` when there is none."""
    return ABSENT if value is None else f"{value:%d/%m/%Y}"


def tonnes(value: float | None) -> str:
    """tCO2e to one decimal."""
    return number(value, 1)


FILTERS: dict[str, Callable[..., str]] = {
    "t": tonnes,
    "nb": number,
    "entier": lambda value: number(value, 0),
    "pct": percent,
    "signe": signed,
    "fe": significant,
    "jour_court": short_date,
}
"""Template filters: numbers stay numbers in the context, the template gives them their form."""
