"""Text without accents, case or spacing, so that « Électricité » and « electricite » are one."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "’": "'", "‘": "'", "–": "-", "—": "-"}
)


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """The comparison key of a label: no accent, no case, single spaces, straight apostrophes."""
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES)).casefold()
    return " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).split())


@lru_cache(maxsize=65536)
def words(text: str) -> tuple[str, ...]:
    """The words of a text, folded, with the plural mark removed from words of four letters and more."""
    return tuple(singular(word) for word in spelled(text))


def spelled(text: str) -> list[str]:
    """The words of a text, folded, as they are written."""
    return re.findall(r"[a-z0-9]+(?:[.,]\d+)?", fold(text))


def singular(word: str) -> str:
    """A French plural in -s or -x brought back to its singular; short words and figures stay."""
    if len(word) < 4 or not word.isalpha() or word.endswith("ss"):
        return word
    if word.endswith("aux") and len(word) > 5:
        return word[:-3] + "al" if not word.endswith("eaux") else word[:-1]
    return word[:-1] if word[-1] in "sx" else word
