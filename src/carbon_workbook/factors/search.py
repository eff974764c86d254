"""Search of a factor by words: accents, plurals, usual words, near spellings, the status in the ranking.

The score goes from 0 to 100. Every hit says why it is there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

import pandas as pd
from rapidfuzz import fuzz, process

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.factors.text import fold, words
from carbon_workbook.messages import CodedError
from carbon_workbook.resources import shipped
from carbon_workbook.units import conversion

EXACT_ID, EXACT_ALIAS, EXACT_LABEL, BEST_WORDS = 100.0, 99.0, 98.0, 90.0
SAME_WORD, ALIAS_WORD, SYNONYM, WORD_START, NEAR = 1.0, 0.97, 0.9, 0.85, 0.75
NEAR_CUTOFF, NEAR_LENGTH, START_LENGTH = 82.0, 4, 3
COVERAGE = 0.6
EXTRA_WORD, YEAR_OLD = 0.6, 0.5
PENALTIES: Mapping[str, float] = MappingProxyType(
    {"avertissement": 6.0, "périmé": 1.0, "ratio monétaire": 4.0, "amont seul": 8.0, "autre pays": 3.0}
)
_NOT_FRENCH = ("Royaume-Uni", "Autre pays du monde", "Europe", "Outre-mer")


@dataclass(frozen=True, slots=True)
class Hit:
    """A factor found, its score (0 to 100) and the reason in French."""

    id: str
    label: str
    unit: str
    value: float
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    label: str
    unit: str
    value: float
    hidden: bool
    size: int
    marks: tuple[str, ...]
    years_old: float


@dataclass(frozen=True, slots=True)
class _Index:
    entries: tuple[_Entry, ...]
    postings: Mapping[str, Mapping[int, float]]
    aliases: Mapping[str, tuple[int, ...]]
    labels: Mapping[str, tuple[int, ...]]
    ids: Mapping[str, int]


def search(
    catalogue: Catalogue, text: str, unit: str | None = None, limit: int = 10, *, include_hidden: bool = False
) -> list[Hit]:
    """The ``limit`` best factors for a French text, best first.

    ``unit``: keep the factors whose unit converts to it. Archived factors, avoided emissions and the factors
    kept out of every list are hidden unless ``include_hidden``. No match gives an empty list.
    """
    index = _index_of(catalogue)
    found = _word_hits(index, text)
    for position, score, reason in _exact_hits(index, text):
        found[position] = max(found.get(position, (0.0, "")), (score, reason))
    keep = _unit_filter(unit)
    hits = [
        Hit(entry.id, entry.label, entry.unit, entry.value, round(score, 1), reason)
        for position, (score, reason) in found.items()
        if score > 0
        and (include_hidden or not (entry := index.entries[position]).hidden)
        and keep(index.entries[position].unit)
        and (entry := index.entries[position])
    ]
    hits.sort(key=lambda hit: (-hit.score, len(hit.label), hit.id))
    return hits[:limit]
