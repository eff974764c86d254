"""The spellings and the names of quantities, read from the CSV files of this folder."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

_FOLDER = Path(__file__).parent
_SEPARATORS = str.maketrans(
    {"·": ".", "⋅": ".", "∙": ".", "•": ".", "×": ".", "*": ".", "’": "'", "‐": "-", "‑": "-"}
)
_PLURAL = re.compile(r"\b([a-z]{3,}?)(?<!pc)[sx]\b")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A unit we write: its French symbol, its expression in ``unites.txt``, its currency if it is money."""

    name: str
    expression: str
    currency: str


@dataclass(frozen=True, slots=True)
class Qualifier:
    """Words after a unit: with a ``marker`` they make another quantity (``PCI``), else change nothing."""

    key: str
    display: str
    marker: str
    dimension: str


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one of the CSV files beside this module."""
    with (_FOLDER / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def key(label: str) -> str:
    """``label`` without case, accents, brackets, plural marks, superscripts and superfluous spaces."""
    text = unicodedata.normalize("NFKC", label.translate(_SEPARATORS)).casefold()
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    text = re.sub(r"[()\[\]\s]+", " ", text)
    text = re.sub(r" ?([./]) ?", r"\1", text)
    return _PLURAL.sub(r"\1", text).strip(" .")


@cache
def symbols() -> Mapping[str, Symbol]:
    """Every unit we write, by its symbol."""
    return MappingProxyType(
        {r["unit"]: Symbol(r["unit"], r["expression"], r["currency"]) for r in rows("symbols.csv")}
    )


@cache
def exact_labels() -> Mapping[str, Symbol]:
    """Symbols by the label as written: the case tells ``mL`` (mètre linéaire) from ``ml``."""
    listed = {r["label"]: symbols()[r["unit"]] for r in rows("labels.csv")}
    return MappingProxyType({**listed, **symbols()})


@cache
def keyed_labels() -> Mapping[str, Symbol]:
    """Symbols by the key of each label; a key that ``ambiguous.csv`` lists is left out."""
    return MappingProxyType(
        {key(label): symbol for label, symbol in exact_labels().items() if key(label) not in ambiguous()}
    )


@cache
def ambiguous() -> Mapping[str, str]:
    """What a label that is refused could mean, by its key."""
    return MappingProxyType({key(r["label"]): r["readings"] for r in rows("ambiguous.csv")})


@cache
def qualifiers() -> tuple[Qualifier, ...]:
    """The qualifiers, longest first."""
    found = [
        Qualifier(key(r["qualifier"]), r["display"], r["marker"], r["dimension"])
        for r in rows("qualifiers.csv")
    ]
    return tuple(sorted(found, key=lambda q: -len(q.key)))


@cache
def quantities() -> Mapping[tuple[frozenset[str], frozenset[str]], str]:
    """French name of a quantity by what it brings and what it is per (masse per volume: a density)."""
    return MappingProxyType(
        {
            (frozenset(r["needed"].split()), frozenset(r["per"].split())): r["quantity"]
            for r in rows("quantities.csv")
        }
    )
