"""Search of a factor by words: accents, plurals, usual words, near spellings, the status in the ranking.

Each word of the query is a notion that labels, usual words, units and geographies answer more or less well; the
score (0 to 100) is the share of the query answered, rare words weighing more, minus what makes a factor a less
likely choice. Every hit says why it is there.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from carbon_workbook.factors.catalogue import OWN, Catalogue
from carbon_workbook.factors.tables import table as shipped_table
from carbon_workbook.factors.text import fold, singular, spelled, words
from carbon_workbook.messages import CodedError
from carbon_workbook.units import conversion, parse_unit

EXACT_ID, EXACT_ALIAS, EXACT_LABEL, BEST_WORDS = 100.0, 99.0, 98.0, 88.0
HEAD, NAME, DETAIL, BESIDE = 1.0, 0.95, 0.88, 0.6
"""Weight of a word: first of the label or usual word, in the name, after the first comma, unit, geography or family."""
SYNONYM, LONGER, SAME_ROOT, NEAR = 0.92, 0.9, 0.8, 0.8
ROOT_LENGTH, ROOT_SHARE = 5, 0.6
NEAR_CUTOFF, NEAR_LENGTH, START_LENGTH, DOUBTFUL = 80.0, 5, 3, 0.75
COVERAGE, QUERY_WORDS = 0.34, 24
FIRST_NOTION, PLACE_NOTION, CONTEXT_NOTION, NOT_FOUND = 1.25, 0.5, 0.3, 0.25
EXTRA_WORD, EXTRA_WORDS_MAX = 0.6, 12
SERIES_YEAR, VALIDITY_YEAR, VALIDITY_MAX, USUAL, WHOLE_ALIAS = 1.5, 0.2, 2.0, 3.0, 5.0
OWN_FROM, OWN_MARK = 80.0, "facteur propre valable"
"""Score from which an own factor that is valid answers the whole query: it then comes before those of the bases."""
PENALTIES: Mapping[str, float] = MappingProxyType(
    {
        "avertissement": 6.0,
        "ratio monétaire": 4.0,
        "amont seul": 8.0,
        "hors de France": 3.0,
        "base importée": 8.0,
        "archivé": 10.0,
        "émissions évitées": 10.0,
        "hors des listes": 10.0,
    }
)
HIDDEN = frozenset({"archivé", "émissions évitées", "hors des listes"})
UNLESS_ASKED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "ratio monétaire": frozenset({"euro", "ratio", "monetaire", "montant"}),
        "amont seul": frozenset({"amont", "wtt"}),
    }
)
EMPTY_WORDS = frozenset(
    {
        *(
            "a",
            "au",
            "aux",
            "avec",
            "chez",
            "d",
            "dans",
            "de",
            "des",
            "du",
            "en",
            "et",
            "l",
            "la",
            "le",
            "les",
        ),
        *(
            "leur",
            "mes",
            "mon",
            "nos",
            "notre",
            "ou",
            "par",
            "pour",
            "qu",
            "sa",
            "ses",
            "son",
            "sur",
            "un",
            "une",
        ),
    }
)
ABROAD = re.compile(r"Royaume-Uni|Autre pays|Europe|Outre-mer|Monde")
_FIGURE_UNIT = re.compile(r"(\d+)([a-z]+)")
_SPLIT = frozenset({"t", "kg", "g", "l", "km", "m", "cm", "kw", "kwh", "mwh", "cv"})
_UNIT_WORDS: Mapping[str, str] = MappingProxyType({"t": "tonne", "k": "", "ht": "", "passager": ""})

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Hit:
    """A factor found (``value`` in kgCO2e per ``unit``), its score (0 to 100) and the reason, in French."""

    id: str
    label: str
    unit: str
    value: float
    score: float
    reason: str


@dataclass(frozen=True)
class _Index:
    """Factors in the order of the catalogue; ``postings``: word → factors and weights."""

    rows: tuple[Mapping[str, Any], ...]
    marks: tuple[tuple[str, ...], ...]
    penalty: Floats
    size: npt.NDArray[np.int64]
    hidden: npt.NDArray[np.bool_]
    own: npt.NDArray[np.bool_]
    unit: npt.NDArray[np.int64]
    units: tuple[str, ...]
    postings: Mapping[str, tuple[Places, Floats]]
    aliases: Mapping[str, Places]  # word → usual words that hold it
    alias_entry: Places
    alias_size: npt.NDArray[np.int64]
    whole: Mapping[str, tuple[tuple[int, float, str], ...]]
    places: frozenset[str]
    vocabulary: tuple[str, ...]
    written: Mapping[str, str]

    def shown(self, *found: str) -> str:
        """Words as a label writes them."""
        return " ".join(self.written.get(word, word) for word in found)

    @cached_property
    def spelled(self) -> Mapping[int, list[str]]:
        """What a misspelled word may stand for, by length: words of the factors, usual words of the synonyms."""
        found: dict[int, list[str]] = {}
        for word in sorted({*self.vocabulary, *(term[0] for term in _synonyms() if len(term) == 1)}):
            found.setdefault(len(word), []).append(word)
        return found

    def nearly(self, length: int) -> list[str]:
        """Words that differ by at most two letters in length."""
        return [word for other in range(length - 2, length + 3) for word in self.spelled.get(other, ())]

    @cached_property
    def of_mark(self) -> Mapping[str, npt.NDArray[np.bool_]]:
        return {name: np.array([name in marks for marks in self.marks], dtype=bool) for name in PENALTIES}


@dataclass(slots=True)
class _Notion:
    """One word of the query, or several that go together, and how well each factor answers it."""

    words: tuple[str, ...]
    best: Floats
    reason: npt.NDArray[np.int64]
    reasons: list[str] = field(default_factory=list)
    spelled: list[str] = field(default_factory=list)

    def take(self, places: Places, weights: Floats, reason: str) -> None:
        better = weights > self.best[places]
        if better.any():
            chosen = places[better]
            self.best[chosen] = weights[better]
            self.reason[chosen] = len(self.reasons)
            self.reasons.append(reason)

    @property
    def found(self) -> bool:
        return bool(self.reasons)


def search(
    catalogue: Catalogue,
    text: str,
    unit: str | None = None,
    limit: int = 10,
    *,
    geography: str | None = None,
    include_hidden: bool = False,
) -> list[Hit]:
    """The ``limit`` best factors for a French text, best first; no match gives an empty list.

    ``unit``: keep the factors whose unit converts to it; ``geography``: those whose geography or label names it.
    Archived factors, avoided emissions and the factors kept out of every list are hidden unless ``include_hidden``.
    Raises CodedError on a unit that is not understood, as ``parse_unit``.
    """
    if unit:
        parse_unit(unit)
    index = index_of(catalogue)
    score, notions = _by_words(index, text)
    told: dict[int, str] = {}
    for position, least, reason in index.whole.get(fold(text), ()):
        if least > score[position]:
            score[position], told[position] = least, reason
    allowed = score > 0
    if not include_hidden:
        allowed &= ~index.hidden
    if unit:
        allowed &= _of_unit(index, unit)
    if geography:
        allowed &= _of_place(index, geography)
    found = np.flatnonzero(allowed)
    first = index.own & (score >= OWN_FROM)
    if len(found) > 4 * limit + 50:
        found = found[(score[found] >= np.partition(score[found], -limit)[-limit]) | first[found]]
    ranked = sorted(found.tolist(), key=lambda place: (not first[place], *_rank(index, score, place)))[:limit]
    return [_hit(index, place, score[place], told.get(place), notions) for place in ranked]


def _rank(index: _Index, score: Floats, place: int) -> tuple[float, int, str]:
    row = index.rows[place]
    return -round(float(score[place]), 1), len(row["label"]), row["id"]


def _hit(index: _Index, place: int, score: float, told: str | None, notions: Sequence[_Notion]) -> Hit:
    row = index.rows[place]
    if told is None:
        reasons = (n.reasons[n.reason[place]] for n in notions if n.found and n.best[place] > 0)
        told = ", ".join(dict.fromkeys(reasons))
    marks = f" ; {', '.join(index.marks[place])}" if index.marks[place] else ""
    return Hit(row["id"], row["label"], row["unit"], row["value"], round(float(score), 1), told + marks)


# --- The query -----------------------------------------------------------------------------------------------


def _by_words(index: _Index, text: str) -> tuple[Floats, list[_Notion]]:
    """Score of every factor: each notion brings its rarity, times how well it is found."""
    count = len(index.rows)
    notions = [_answered(index, group) for group in _notions(index, text)]
    gained, total = np.zeros(count), 0.0
    first = next((n for n in notions if not _is_context(n)), None)
    for notion in notions:
        holders = float(np.count_nonzero(notion.best > 0.5 * notion.best.max())) if notion.found else 0.0
        rarity = float(np.log(1.0 + count / (1.0 + holders)))
        # What is found by a doubtful spelling only says less of what is meant.
        rarity *= float(notion.best.max()) if notion.found else NOT_FOUND
        if _is_context(notion):
            rarity *= CONTEXT_NOTION
        elif index.places.issuperset(notion.words):
            rarity *= PLACE_NOTION
        elif notion is first:
            rarity *= FIRST_NOTION
        total += rarity
        gained += notion.best * rarity
    if not total:
        return gained, notions
    coverage = gained / total
    whole = _whole_aliases(index, notions)
    extra = np.clip(index.size - len(notions), 0, EXTRA_WORDS_MAX)
    score = BEST_WORDS * coverage - np.where(whole, -WHOLE_ALIAS, EXTRA_WORD * extra) - index.penalty
    asked = {word for notion in notions for word in notion.words}
    for mark, reasons in UNLESS_ASKED.items():
        if not reasons.isdisjoint(asked):
            score += index.of_mark[mark] * PENALTIES[mark]
    enough = min(COVERAGE, 0.8 * float(coverage.max(initial=0.0)))
    score = np.where((coverage >= enough) & (coverage > 0), np.clip(score, 1.0, EXACT_LABEL - 1.0), 0.0)
    return score, notions


def _notions(index: _Index, text: str) -> list[tuple[str, ...]]:
    """The words of a query, those of a usual expression kept together (« poids lourd », « chauffage urbain »)."""
    asked: list[str] = []
    for word in words(text.replace("€", " euro "))[:QUERY_WORDS]:
        apart = _FIGURE_UNIT.fullmatch(word)
        known = word in index.postings or (word,) in _synonyms()
        if apart is not None and (apart[2] in _SPLIT or not known):
            asked += [apart[1], _UNIT_WORDS.get(apart[2], apart[2])]
        else:
            asked.append(word)
    found: list[tuple[str, ...]] = []
    place = 0
    while place < len(asked):
        for length in range(min(_longest(), len(asked) - place), 1, -1):
            group = tuple(word for word in asked[place : place + length] if word not in EMPTY_WORDS)
            if len(group) > 1 and group in _synonyms() and asked[place] not in EMPTY_WORDS:
                found.append(group)
                place += length
                break
        else:
            length = next((n for n in (3, 2) if "".join(asked[place : place + n]) in index.postings), 1)
            whole = "".join(asked[place : place + length])
            # A letter alone means nothing; together « R », « 410 » and « A » do.
            if whole not in EMPTY_WORDS and (len(whole) > 1 or whole.isdigit()):
                found.append((whole,))
            place += length
    return list(dict.fromkeys(found))


def _is_context(notion: _Notion) -> bool:
    (first, *others) = notion.words
    return not others and not _context_words().isdisjoint((first, first.removesuffix("e")))


def _answered(index: _Index, group: tuple[str, ...]) -> _Notion:
    count = len(index.rows)
    notion = _Notion(group, np.zeros(count), np.zeros(count, dtype=np.int64))
    named, typed = index.shown(*group), group[0]
    if len(group) == 1:
        for weight, known, reason in _spellings(index, group[0]):
            places, weights = index.postings[known]
            notion.take(places, weights * weight, reason)
    else:
        notion.take(*_with_all(index, group), f"mots « {named} »")
    _take_synonyms(index, notion, group, named)
    doubtful = notion.best.max(initial=0.0) < DOUBTFUL
    if doubtful and len(group) == 1 and len(typed) >= NEAR_LENGTH and not typed.isdigit():
        near = process.extract(
            typed, index.nearly(len(typed)), scorer=fuzz.ratio, score_cutoff=NEAR_CUTOFF, limit=3
        )
        for known, likeness, _ in near:
            reason, weight = f"« {index.shown(known)} » proche de « {named} »", NEAR * (likeness / 100) ** 2
            notion.spelled.append(known)
            if known in index.postings:
                places, weights = index.postings[known]
                notion.take(places, weights * weight, reason)
            _take_synonyms(index, notion, (known,), index.shown(known), weight)
    return notion


def _take_synonyms(
    index: _Index, notion: _Notion, group: tuple[str, ...], named: str, weight: float = 1.0
) -> None:
    for phrase in _synonyms().get(group, ()):
        places, weights = _with_all(index, phrase)
        notion.take(places, weights * (SYNONYM * weight), f"« {named} » = « {index.shown(*phrase)} »")


def _spellings(index: _Index, word: str) -> Iterator[tuple[float, str, str]]:
    """Known words that a word may be: itself, a longer one that it starts, one of the same root."""
    if word in index.postings:
        yield 1.0, word, f"mot « {index.shown(word)} »"
    if len(word) < START_LENGTH or word.isdigit():
        return
    start = word[: max(START_LENGTH, min(len(word), ROOT_LENGTH))]
    for known in _starting(index.vocabulary, start):
        if known == word:
            continue
        longest = max(len(known), len(word))
        if known.startswith(word):
            share = len(word) / longest
            yield LONGER * (0.6 + 0.4 * share), known, f"« {index.shown(known)} » commence par « {word} »"
        else:
            common = _common(known, word)
            share = common / longest
            derived = word.startswith(known)
            if common >= ROOT_LENGTH and share >= (0.5 if derived else ROOT_SHARE):
                weight = SAME_ROOT * (0.5 + 0.5 * share if derived else share)
                yield weight, known, f"« {index.shown(known)} » de la famille de « {word} »"


def _starting(vocabulary: Sequence[str], start: str) -> Iterator[str]:
    for place in range(bisect_left(vocabulary, start), len(vocabulary)):
        if not vocabulary[place].startswith(start):
            return
        yield vocabulary[place]


def _common(first: str, second: str) -> int:
    for place, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return place
    return min(len(first), len(second))


def _with_all(index: _Index, phrase: tuple[str, ...]) -> tuple[Places, Floats]:
    """The factors that hold every word of a phrase, with the weight of the weakest."""
    found: Places | None = None
    least: Floats = np.zeros(0)
    for word in phrase:
        if word not in index.postings:
            return np.zeros(0, dtype=np.intp), np.zeros(0)
        places, weights = index.postings[word]
        if found is None:
            found, least = places, weights
            continue
        found, mine, others = np.intersect1d(found, places, assume_unique=True, return_indices=True)
        least = np.minimum(least[mine], weights[others])
    assert found is not None
    return found, least


def _whole_aliases(index: _Index, notions: Sequence[_Notion]) -> npt.NDArray[np.bool_]:
    """The factors of which one usual word is wholly in the query."""
    held = np.zeros(len(index.alias_entry), dtype=np.int64)
    for word in {word for notion in notions for word in (*notion.words, *notion.spelled)}:
        if word in index.aliases:
            held[index.aliases[word]] += 1
    whole = np.zeros(len(index.rows), dtype=bool)
    whole[index.alias_entry[held >= index.alias_size]] = True
    return whole


def _of_unit(index: _Index, unit: str) -> npt.NDArray[np.bool_]:
    fits = np.array([_converts(known, unit) for known in index.units], dtype=bool)
    chosen: npt.NDArray[np.bool_] = fits[index.unit]
    return chosen


def _of_place(index: _Index, geography: str) -> npt.NDArray[np.bool_]:
    named = tuple(_kept(words(geography)))
    chosen = np.zeros(len(index.rows), dtype=bool)
    for phrase in ((named,) if named else ()) + _synonyms().get(named, ()):
        chosen[_with_all(index, phrase)[0]] = True
    return chosen


# --- The index -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def index_of(catalogue: Catalogue) -> _Index:
    """The words of a catalogue, indexed once."""
    rows = [
        {str(name): cell for name, cell in record.items()}
        for record in catalogue.table.reset_index().to_dict(orient="records")
    ]
    latest = {name: series.pick(None) for name, series in catalogue.series.items()}
    today = max((row["checked_on"] for row in rows), default="")[:4]
    found = _Words()
    sizes, standings = [], []
    for entry, row in enumerate(rows):
        sizes.append(found.take(entry, row))
        years_old = latest[row["series"]][1] - int(row["series_year"]) if row["series"] else 0
        standings.append(_standing(row, years_old, today))
    positions = {row["id"]: place for place, row in enumerate(rows)}
    for text, name in catalogue.series_names.items():
        member, year = latest[name]
        reason = f"série « {catalogue.series[name].label} », dernière année {year}"
        found.name(text, positions[member], reason)
    units = sorted({row["unit"] for row in rows})
    for unit in units:
        parse_unit(unit)  # slow the first time: not in a query
    of_unit = {unit: place for place, unit in enumerate(units)}
    of_alias: dict[str, list[int]] = {}
    for number, (_, kept) in enumerate(found.aliases):
        for word in kept:
            of_alias.setdefault(word, []).append(number)
    marks = tuple(marks for marks, _ in standings)
    return _Index(
        rows=tuple(rows),
        marks=marks,
        penalty=np.array([penalty for _, penalty in standings]),
        size=np.array(sizes, dtype=np.int64),
        own=np.array([OWN_MARK in mark for mark in marks], dtype=bool),
        hidden=np.array([not HIDDEN.isdisjoint(mark) for mark in marks], dtype=bool),
        unit=np.array([of_unit[row["unit"]] for row in rows], dtype=np.int64),
        units=tuple(units),
        postings={word: _arrays(weights) for word, weights in found.weights.items()},
        aliases={word: np.array(numbers, dtype=np.intp) for word, numbers in of_alias.items()},
        alias_entry=np.array([entry for entry, _ in found.aliases], dtype=np.intp),
        alias_size=np.array([len(kept) for _, kept in found.aliases], dtype=np.int64),
        whole={text: tuple(entries) for text, entries in found.whole.items()},
        places=frozenset(found.places),
        vocabulary=tuple(sorted(found.weights)),
        written=found.written,
    )


class _Words:
    """What the words of the factors weigh, gathered factor after factor."""

    def __init__(self) -> None:
        self.weights: dict[str, dict[int, float]] = {}
        self.whole: dict[str, list[tuple[int, float, str]]] = {}
        self.aliases: list[tuple[int, tuple[str, ...]]] = []
        self.places: set[str] = set()
        self.written: dict[str, str] = {}
        rows = shipped_table("families")
        self._families = {
            family: _kept(words(label)) for family, label in zip(rows["family"], rows["label"], strict=True)
        }

    def take(self, entry: int, row: Mapping[str, Any]) -> int:
        """A factor; returns the number of words of its label."""
        for alias in _usual(row):
            self.name(alias, entry, f"mot d'usage « {alias} »")
        for word in spelled(row["label"]):
            self.written.setdefault(singular(word), word)
        first, _, rest = row["label"].partition(",")
        label = [*_weighted(first, NAME), *_weighted(rest, DETAIL)]
        for rank, (word, weight) in enumerate(label):
            self._weigh(word, entry, weight if rank else HEAD)
        geography = _kept(words(row["geography"]))
        self.places.update(geography)
        units = _kept(_UNIT_WORDS.get(word, word) for word in words(row["unit"]))
        families = [word for family in row["families"].split("|") for word in self._families.get(family, ())]
        for word in (*units, *geography, *families):
            self._weigh(word, entry, BESIDE)
        self.whole.setdefault(fold(row["id"]), []).append((entry, EXACT_ID, "identifiant"))
        self.whole.setdefault(fold(row["label"]), []).append((entry, EXACT_LABEL, "libellé exact"))
        return len(label)

    def name(self, text: str, entry: int, reason: str) -> None:
        """A usual word or expression of a factor."""
        self.whole.setdefault(fold(text), []).append((entry, EXACT_ALIAS, reason))
        kept = tuple(dict.fromkeys(_kept(words(text))))
        for word in kept:
            self._weigh(word, entry, HEAD)
        if kept:
            self.aliases.append((entry, kept))

    def _weigh(self, word: str, entry: int, weight: float) -> None:
        of_word = self.weights.setdefault(word, {})
        of_word[entry] = max(weight, of_word.get(entry, 0.0))


def _usual(row: Mapping[str, Any]) -> list[str]:
    return [alias for alias in row["aliases"].split("|") if alias]


def _kept(found: Iterable[str]) -> list[str]:
    return [word for word in found if word and word not in EMPTY_WORDS]


def _weighted(text: str, weight: float) -> list[tuple[str, float]]:
    return [(word, weight) for word in _kept(words(text))]


def _arrays(found: Mapping[int, float]) -> tuple[Places, Floats]:
    places = np.array(sorted(found), dtype=np.intp)
    return places, np.array([found[place] for place in places.tolist()])


def _standing(row: Mapping[str, Any], years_old: int, today: str) -> tuple[tuple[str, ...], float]:
    """What to know of a factor before choosing it, and how much less likely a choice it is."""
    marks = tuple(_marks(row))
    penalty = (
        sum(PENALTIES[mark] for mark in marks) + SERIES_YEAR * years_old - (USUAL if _usual(row) else 0.0)
    )
    valid = row["valid_until"][:4]
    if valid.isdigit() and today and not row["series"]:
        overdue = int(today) - int(valid)
        penalty += min(VALIDITY_MAX, VALIDITY_YEAR * max(0, overdue))
        if overdue > 0:
            marks += (f"validité {valid}",)
            return marks, penalty
    return marks + ((OWN_MARK,) if row["families"] == OWN else ()), penalty


def _marks(row: Mapping[str, Any]) -> Iterable[str]:
    if row["status"] != "valide":
        yield "archivé"
    if row["kind"] == "avoided":
        yield "émissions évitées"
    if not row["families"]:
        # What an import adds has been looked at by nobody here: found, after the factors chosen for the lists.
        yield "hors des listes" if row["review_on"] else "base importée"
    if row["warning"]:
        yield "avertissement"
    if row["kind"] == "monetary":
        yield "ratio monétaire"
    if "amont" in row["families"]:
        yield "amont seul"
    if ABROAD.search(row["geography"]):
        yield "hors de France"


@cache
def _synonyms() -> Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Word or expression of the user → phrases of the labels, both reduced to the words of the index."""
    rows = shipped_table("synonyms")
    found: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {}
    for term, answers in zip(rows["term"], rows["phrases"], strict=True):
        phrases = [tuple(_kept(words(text))) for text in str(answers).split("|")]
        key = tuple(_kept(words(str(term))))
        found[key] = (*found.get(key, ()), *(phrase for phrase in phrases if phrase))
    return MappingProxyType(found)


@cache
def _context_words() -> frozenset[str]:
    """Words that say the circumstance of a purchase (achat, facture, location) more than the thing."""
    return frozenset(word for text in shipped_table("context_words")["word"] for word in words(str(text)))


@cache
def _longest() -> int:
    """Words of the longest expression of the synonyms, with the small words that may stand between."""
    return max(len(term) for term in _synonyms()) + 2


@lru_cache(maxsize=4096)
def _converts(from_unit: str, to_unit: str) -> bool:
    try:
        conversion(from_unit, to_unit)
    except CodedError:
        return False
    return True
