"""From a label typed by a person or printed by a base to a unit with its dimension, scale and money."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from carbon_workbook.messages import CodedError
from carbon_workbook.units import tables
from carbon_workbook.units.registry import Dimension, measure

Basis = Literal["HT", "TTC", ""]

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_TAX_WORDS: tuple[tuple[Basis, tuple[str, ...]], ...] = (
    ("HT", ("HT", "HTVA", "H.T.", "hors taxe")),
    ("TTC", ("TTC", "T.T.C.", "toutes taxes comprises")),
)
_BASES = {tables.key(word): basis for basis, words in _TAX_WORDS for word in words}
_BASIS = re.compile(rf"\b({'|'.join(map(re.escape, _BASES))})\b")
_MONEY_WORDS = re.compile(rf"\b({tables.key('prix')}|de|en|purchaser price)\b|,")
_MULTIPLE = re.compile(r"(\d+) ?(\D.*)")
_PER = re.compile(r"/| par | per ")
_TIMES = re.compile(r"[.\-]| x ")
_OF = re.compile(r" (?:de |du |des |d')")
_LONGEST = 80  # no label of a base is half as long; a longer one is a sentence, and would recurse for nothing
_LAST_IN_PRODUCT = ("longueur", "temps")


@dataclass(frozen=True, slots=True)
class Money:
    """Currency (ISO code), tax basis ("" when the label does not say) and price year of an amount."""

    currency: str
    basis: Basis
    price_year: int | None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: how we write it, what it measures, how many base units it is worth."""

    canonical: str
    label: str
    dimension: Dimension
    scale: float
    money: Money | None


@dataclass(frozen=True, slots=True)
class _Reading:
    canonical: str
    expression: str
    money: Money | None = None


class _Ambiguous(Exception):  # noqa: N818 - not an error of ours: parse_unit turns it into CW-116
    def __init__(self, readings: str) -> None:
        self.readings = readings
        super().__init__(readings)


@lru_cache(maxsize=65536)
def parse_unit(label: object) -> Unit:
    """The unit that ``label`` names.

    Raises CodedError: CW-110 no label, CW-111 unknown (with the nearest known labels), CW-116 ambiguous.
    """
    if not isinstance(label, str) or not label.strip():
        raise CodedError("CW-110")
    text = label.strip()
    symbol = tables.exact_labels().get(text)
    try:
        reading = _of_symbol(symbol) if symbol else _read(tables.key(text[:_LONGEST]))
    except _Ambiguous as error:
        raise CodedError("CW-116", unit=text, readings=error.readings) from error
    if reading is None or len(text) > _LONGEST:
        near = ", ".join(suggestions(text)) or "aucune"
        raise CodedError("CW-111", unit=text[:_LONGEST], suggestions=near)
    scale, dimension = measure(reading.expression)
    return Unit(reading.canonical, text, dimension, scale, reading.money)


def money_of(label: str) -> Money | None:
    """Currency, tax basis and price year of ``label``; None if it is not money. Raises as ``parse_unit``."""
    return parse_unit(label).money


def suggestions(label: str) -> list[str]:
    """At most three known units whose labels look like ``label``."""
    near = difflib.get_close_matches(tables.key(label[:_LONGEST]), tables.keyed_labels(), n=6, cutoff=0.6)
    return list(dict.fromkeys(tables.keyed_labels()[key].name for key in near))[:3]


@lru_cache(maxsize=4096)
def denominator(label: str) -> tuple[str, float]:
    """The unit a factor is per, and its numerator in kgCO2e: ``"tCO2e/t"`` gives ``("t", 1000.0)``.

    Raises CodedError: CW-120 when the numerator is not a mass of CO2e, and as ``parse_unit``.
    """
    numerator, *rest = re.split(r"/|\s+(?:par|per)\s+", label.strip(), maxsplit=1)
    if not rest:
        raise CodedError("CW-120", unit=label)
    try:
        top = parse_unit(numerator)
    except CodedError as error:
        if error.message.code == "CW-116":
            raise
        raise CodedError("CW-120", unit=label) from error
    kilogram = parse_unit("kgCO2e")
    if top.dimension != kilogram.dimension:
        raise CodedError("CW-120", unit=label)
    return parse_unit(rest[0]).canonical, top.scale / kilogram.scale


def _of_symbol(symbol: tables.Symbol) -> _Reading:
    money = Money(symbol.currency, "", None) if symbol.currency else None
    return _Reading(symbol.name, symbol.expression, money)


def _read(key: str) -> _Reading | None:
    for attempt in (_listed, _qualified, _amount, _quotient, _product, _multiple, _described):
        reading = attempt(key)
        if reading is not None:
            return reading
    return None


def _listed(key: str) -> _Reading | None:
    readings = tables.ambiguous().get(key)
    if readings is not None:
        raise _Ambiguous(readings)
    symbol = tables.keyed_labels().get(key)
    return _of_symbol(symbol) if symbol else None


def _multiple(key: str) -> _Reading | None:
    """``100 km``."""
    match = _MULTIPLE.fullmatch(key)
    if match is None or int(match[1]) == 0:
        return None
    base = _read(match[2])
    if base is None or base.money is not None:
        return None
    return _Reading(f"{int(match[1])} {base.canonical}", f"{int(match[1])} * ({base.expression})")


def _qualified(key: str) -> _Reading | None:
    """``kWh PCI``, ``kgH2``, ``tonne de N``, ``m² SHON``."""
    for qualifier in tables.qualifiers():
        if not key.endswith(qualifier.key):
            continue
        stem = key.removesuffix(qualifier.key)
        if len(qualifier.key) == 1 and not stem.endswith((" ", "'", "-")):
            continue
        base = _listed(re.sub(r"( de| d')? ?-?$", "", stem))
        if base is None or measure(base.expression)[1] != ((qualifier.dimension, 1),):
            continue
        if not qualifier.marker:
            return base
        return _Reading(f"{base.canonical} {qualifier.display}", f"({base.expression}) * {qualifier.marker}")
    return None


def _amount(key: str) -> _Reading | None:
    """``keuro (2023) HT``."""
    years, bases = _YEAR.findall(key), _BASIS.findall(key)
    if len(years) > 1 or len(bases) > 1:
        return None
    rest = _MONEY_WORDS.sub(" ", _BASIS.sub(" ", _YEAR.sub(" ", key)))
    symbol = tables.keyed_labels().get(" ".join(rest.replace(".", " ").split()))
    if symbol is None or not symbol.currency:
        return None
    basis: Basis = _BASES[bases[0]] if bases else ""
    year = int(years[0]) if years else None
    canonical = " ".join(filter(None, (symbol.name, basis, *years)))
    return _Reading(canonical, symbol.expression, Money(symbol.currency, basis, year))


def _quotient(key: str) -> _Reading | None:
    """``kWh/m².an``: everything after the first bar divides."""
    top, *bottom = (_read(part) for part in _PER.split(key)) if _PER.search(key) else (None,)
    under = _joined([part for part in bottom if part is not None])
    if top is None or top.money or under is None or None in bottom:
        return None
    return _Reading(f"{top.canonical}/{under.canonical}", f"({top.expression}) / ({under.expression})")


def _product(key: str) -> _Reading | None:
    """``t.km``, ``m³.jour``."""
    parts = _TIMES.split(key)
    factors = (
        [_listed(part) or _multiple(part) or _qualified(part) for part in parts] if len(parts) > 1 else []
    )
    return _joined([f for f in factors if f is not None]) if factors and None not in factors else None


def _joined(factors: list[_Reading]) -> _Reading | None:
    """The product in the order we write it: distances, then durations, come last."""
    if not factors or any(factor.money for factor in factors):
        return None

    def rank(factor: _Reading) -> tuple[int, str]:
        names = [name for name, _ in measure(factor.expression)[1]]
        return max((_LAST_IN_PRODUCT.index(n) + 1 for n in names if n in _LAST_IN_PRODUCT), default=0), (
            factor.canonical
        )

    ordered = sorted(factors, key=rank)
    return _Reading(".".join(f.canonical for f in ordered), " * ".join(f"({f.expression})" for f in ordered))


def _described(key: str) -> _Reading | None:
    """``tonne de déchets``: the matter named after the unit does not change what is measured."""
    stem, *matter = _OF.split(key, maxsplit=1)
    return _read(stem) if matter and matter[0].strip() else None
