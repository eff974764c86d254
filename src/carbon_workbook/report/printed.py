"""The figures that a report prints, to see later which ones were typed over by hand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

SEPARATOR = "\n"
"""Between the seal and the figures, in what a report carries unseen: neither holds a line feed."""
SHORT = 3
"""Digits under which an integer is a rank, a day or a page."""
_FIGURE = re.compile(r"\d+(?:[\u202f\u00a0]\d{3})*(?:[.,]\d+)*")
_SPACES = re.compile(r"[\u202f\u00a0]")
_YEAR = re.compile(r"(?:19|20|21)\d\d")
_DATE = re.compile(r"\b\d{1,2}/\d{1,2}/\d{4}\b|\b\d{4}-\d{2}-\d{2}\b")


def figures_of(text: str) -> Counter[str]:
    """How often each figure stands in a text, without the spaces between its thousands.

    Years, dates and short integers are left out: they are not results, and page numbers move.
    """
    return Counter(_figures(text))


def _figures(text: str) -> Iterator[str]:
    for found in _FIGURE.finditer(_DATE.sub(" ", text)):
        figure = _SPACES.sub("", found[0])
        if figure.isdigit() and (len(figure) < SHORT or _YEAR.fullmatch(found[0])):
            continue
        yield figure


def with_figures(seal: str, figures: Counter[str]) -> str:
    """What a report carries: its seal, then each figure and how often it stands in it, in ASCII."""
    if not seal:
        return ""
    return SEPARATOR.join([seal, " ".join(f"{figure}:{count}" for figure, count in sorted(figures.items()))])


def split(carried: str) -> tuple[str, Counter[str] | None]:
    """The seal and the figures of what a report carries; None for a report written before figures were carried."""
    seal, _, told = carried.partition(SEPARATOR)
    if not told:
        return seal, None
    found: Counter[str] = Counter()
    for item in told.split():
        figure, _, count = item.rpartition(":")
        if not (figure and count.isdigit()):
            return seal, None
        found[figure] = int(count)
    return seal, found
