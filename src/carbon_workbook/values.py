"""What a cell can hold besides a number, a text, a date or nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CellError:
    """An Excel error value (``#DIV/0!``): a broken formula to report, never a blank to skip."""

    text: str


@dataclass(frozen=True, slots=True)
class Uncached:
    """A formula without a stored result: its value is unknown until the workbook is recalculated."""

    formula: str
