"""The language that the texts, numbers and dates of a report are written in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

FRENCH, ENGLISH = "fr", "en"
LANGUAGES = (FRENCH, ENGLISH)

_LANGUAGE: ContextVar[str] = ContextVar("language", default=FRENCH)


def language() -> str:
    """``fr`` unless inside ``speaking``."""
    return _LANGUAGE.get()


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Write in ``chosen`` inside the block. Raises ValueError on a language that has no texts."""
    if chosen not in LANGUAGES:
        raise ValueError(chosen)
    mark = _LANGUAGE.set(chosen)
    try:
        yield
    finally:
        _LANGUAGE.reset(mark)
