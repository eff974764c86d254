"""Search of a factor by words: accents, plurals, usual words, near spellings, the status in the ranking.

The score goes from 0 to 100. Every hit says why it is there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

import pandas as pd
from rapidfuzz import fuzz, process

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.factors.text import fold, words
from carbon_workbook.messages import CodedError
from carbon_workbook.resources import shipped
from carbon_workbook.units import conversion

EXACT_ID, EXACT_ALIAS, EXACT_LABEL, BEST_WORDS = 100.0, 99.0, 98.0, 90.0
SAME_WORD, ALIAS_WORD, SYNONYM_WORD, WORD_START, NEAR_WORD = 1.0, 0.97, 0.9, 0.85, 0.75
NEAR_CUTOFF, NEAR_LENGTH, START_LENGTH = 82.0, 4, 3
COVERAGE = 0.6
EXTRA_WORD, EXTRA_WORDS_MAX = 0.6, 12
SERIES_YEAR, VALIDITY_YEAR, VALIDITY_MAX, USUAL, NOT_FOUND = 0.5, 0.2, 2.0, 3.0, 1.0
PENALTIES: Mapping[str, float] = MappingProxyType(
    {
        "avertissement": 6.0,
        "ratio monétaire": 4.0,
        "amont seul": 8.0,
        "hors de France": 3.0,
        "archivé": 10.0,
        "émissions évitées": 10.0,
        "hors des listes": 10.0,
    }
)
HIDDEN = frozenset({"archivé", "émissions évitées", "hors des listes"})
EMPTY_WORDS = frozenset(
    {
        "de",
        "du",
        "des",
        "la",
        "le",
        "les",
        "un",
        "une",
        "en",
        "et",
        "a",
        "au",
        "aux",
        "d",
        "l",
        "par",
        "pour",
        "sur",
        "ou",
    }
)
ABROAD = re.compile(r"Royaume-Uni|Autre pays|Europe|Outre-mer")


@dataclass(frozen=True, slots=True)
class Hit:
    """A factor found (``value`` in kgCO2e per ``unit``), its score (0 to 100) and the reason, in French."""

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
    size: int
    penalty: float
    marks: tuple[str, ...]

    @property
    def hidden(self) -> bool:
        return not HIDDEN.isdisjoint(self.marks)


@dataclass(frozen=True, slots=True)
class _Index:
    """``postings``: word → entry → weight of that word in it; the other tables find a whole text."""

    entries: tuple[_Entry, ...]
    postings: Mapping[str, Mapping[int, float]]
    whole: Mapping[str, tuple[tuple[int, float, str], ...]]


@dataclass(frozen=True, slots=True)
class _Match:
    entries: Mapping[int, float]
    weight: float
    reason: str


def search(
    catalogue: Catalogue, text: str, unit: str | None = None, limit: int = 10, *, include_hidden: bool = False
) -> list[Hit]:
    """The ``limit`` best factors for a French text, best first; no match gives an empty list.

    ``unit``: keep the factors whose unit converts to it. Archived factors, avoided emissions and the factors
    kept out of every list are hidden unless ``include_hidden``.
    """
    index = _index_of(catalogue)
    found = _by_words(index, text)
    for position, score, reason in index.whole.get(fold(text), ()):
        if score > found.get(position, (0.0, ""))[0]:
            found[position] = (score, reason)
    hits = []
    for position, (score, reason) in found.items():
        entry = index.entries[position]
        if (entry.hidden and not include_hidden) or (unit and not _converts(entry.unit, unit)):
            continue
        marks = f" ; {', '.join(entry.marks)}" if entry.marks else ""
        hits.append(Hit(entry.id, entry.label, entry.unit, entry.value, round(score, 1), reason + marks))
    return sorted(hits, key=lambda hit: (-hit.score, len(hit.label), hit.id))[:limit]


def _by_words(index: _Index, text: str) -> dict[int, tuple[float, str]]:
    """Score and reason by entry: each word brings its rarity, times how well it is found."""
    asked = [word for word in words(text) if word not in EMPTY_WORDS]
    gained: dict[int, float] = {}
    reasons: dict[int, list[str]] = {}
    total = 0.0
    for word in asked:
        best: dict[int, tuple[float, str]] = {}
        for match in _matches(index, word):
            for position, weight in match.entries.items():
                score = match.weight * weight
                if score > best.get(position, (0.0, ""))[0]:
                    best[position] = (score, match.reason)
        rarity = math.log(1.0 + len(index.entries) / (1.0 + len(best))) if best else NOT_FOUND
        total += rarity
        for position, (score, reason) in best.items():
            gained[position] = gained.get(position, 0.0) + score * rarity
            reasons.setdefault(position, []).append(reason)
    scores: dict[int, tuple[float, str]] = {}
    for position, gain in gained.items():
        coverage = gain / total
        entry = index.entries[position]
        if coverage < COVERAGE:
            continue
        extra = EXTRA_WORD * min(EXTRA_WORDS_MAX, max(0, entry.size - len(asked)))
        score = max(1.0, BEST_WORDS * coverage - extra - entry.penalty)
        scores[position] = (score, ", ".join(dict.fromkeys(reasons[position])))
    return scores


def _matches(index: _Index, word: str) -> list[_Match]:
    """What answers one word of the query: itself, a synonym, the start of a word, a near spelling."""
    matches = []
    if word in index.postings:
        matches.append(_Match(index.postings[word], SAME_WORD, f"mot « {word} »"))
    for phrase in _synonyms().get(word, ()):
        entries = _with_all(index, phrase)
        if entries:
            matches.append(_Match(entries, SYNONYM_WORD, f"« {word} » = « {' '.join(phrase)} »"))
    if len(word) >= START_LENGTH:
        started = [known for known in index.postings if known != word and known.startswith(word)]
        matches += [
            _Match(index.postings[known], WORD_START, f"« {known} » commence par « {word} »")
            for known in started
        ]
    if not matches and len(word) >= NEAR_LENGTH:
        near = process.extract(
            word, list(index.postings), scorer=fuzz.ratio, score_cutoff=NEAR_CUTOFF, limit=3
        )
        matches = [
            _Match(index.postings[known], NEAR_WORD, f"« {known} » proche de « {word} »")
            for known, _, _ in near
        ]
    return matches


def _with_all(index: _Index, phrase: tuple[str, ...]) -> Mapping[int, float]:
    """The entries that hold every word of a phrase, with the weight of the weakest."""
    found = dict(index.postings.get(phrase[0], {}))
    for word in phrase[1:]:
        other = index.postings.get(word, {})
        found = {
            position: min(weight, other[position]) for position, weight in found.items() if position in other
        }
    return found


@lru_cache(maxsize=4)
def _index_of(catalogue: Catalogue) -> _Index:
    entries: list[_Entry] = []
    postings: dict[str, dict[int, float]] = {}
    whole: dict[str, list[tuple[int, float, str]]] = {}
    latest = {name: series.pick(None) for name, series in catalogue.series.items()}
    for position, record in enumerate(catalogue.table.reset_index().to_dict(orient="records")):
        row = {str(name): cell for name, cell in record.items()}
        aliases = [alias for alias in row["aliases"].split("|") if alias]
        label_words = [word for word in words(row["label"]) if word not in EMPTY_WORDS]
        years_old = latest[row["series"]][1] - int(row["series_year"]) if row["series"] else 0
        entries.append(_entry(row, len(label_words), years_old, bool(aliases)))
        for alias in aliases:
            whole.setdefault(fold(alias), []).append((position, EXACT_ALIAS, f"mot d'usage « {alias} »"))
            for word in words(alias):
                postings.setdefault(word, {})[position] = ALIAS_WORD
        for word in label_words:
            postings.setdefault(word, {})[position] = SAME_WORD
        whole.setdefault(fold(row["id"]), []).append((position, EXACT_ID, "identifiant"))
        whole.setdefault(fold(row["label"]), []).append((position, EXACT_LABEL, "libellé exact"))
    positions = {entry.id: position for position, entry in enumerate(entries)}
    for name, identifier in catalogue.series_names.items():
        member, year = latest[identifier]
        reason = f"série « {catalogue.series[identifier].label} », dernière année {year}"
        whole.setdefault(name, []).append((positions[member], EXACT_ALIAS, reason))
    return _Index(
        tuple(entries),
        MappingProxyType({word: MappingProxyType(found) for word, found in postings.items()}),
        MappingProxyType({text: tuple(found) for text, found in whole.items()}),
    )


def _entry(row: Mapping[str, Any], size: int, years_old: int, usual: bool) -> _Entry:
    marks = tuple(_marks(row))
    penalty = sum(PENALTIES[mark] for mark in marks) + SERIES_YEAR * years_old - (USUAL if usual else 0.0)
    if row["valid_until"] and not row["series"]:
        overdue = int(row["checked_on"][:4]) - int(row["valid_until"][:4])
        penalty += min(VALIDITY_MAX, VALIDITY_YEAR * max(0, overdue))
        if overdue > 0:
            marks += (f"validité {row['valid_until'][:4]}",)
    return _Entry(row["id"], row["label"], row["unit"], float(row["value"]), size, penalty, marks)


def _marks(row: Mapping[str, Any]) -> Iterable[str]:
    if row["status"] != "valide":
        yield "archivé"
    if row["kind"] == "avoided":
        yield "émissions évitées"
    if not row["families"]:
        yield "hors des listes"
    if row["warning"]:
        yield "avertissement"
    if row["kind"] == "monetary":
        yield "ratio monétaire"
    if "amont" in row["families"]:
        yield "amont seul"
    if ABROAD.search(row["geography"]):
        yield "hors de France"


@cache
def _synonyms() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Word of the user → phrases of the labels, reduced to the form of the index."""
    table = pd.read_csv(shipped("factors") / "synonyms.csv", sep=";", dtype=str, keep_default_na=False)
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for term, answers in zip(table["term"], table["phrases"], strict=True):
        for asked in words(str(term)):
            phrases = [
                [word for word in words(text) if word not in EMPTY_WORDS] for text in str(answers).split("|")
            ]
            found[asked] = tuple(tuple(phrase) for phrase in phrases if phrase)
    return MappingProxyType(found)


@lru_cache(maxsize=4096)
def _converts(from_unit: str, to_unit: str) -> bool:
    try:
        conversion(from_unit, to_unit)
    except CodedError:
        return False
    return True
