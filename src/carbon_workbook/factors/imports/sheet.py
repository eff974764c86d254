"""A file as sheets of raw cells, and a sheet as named columns: header row found by its titles, never by place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from carbon_workbook.factors.text import fold
from carbon_workbook.messages import CodedError

Cells = Sequence[Any]
Floats = npt.NDArray[np.float64]

COLUMN_MISSING, COLUMN_TWICE, MIXED_DECIMALS = "CW-235", "CW-236", "CW-237"

_HEADER_ROWS = 25
_LOOKS_LIKE = 0.6
_NOT_KEY = re.compile(r"[^a-z0-9]")
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009")
_FIGURE = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?%?")


@dataclass(frozen=True, eq=False)
class Sheet:
    """Cells of one sheet by column (text, float, date, ``""``), read from the file when first asked for."""

    title: str
    load: Callable[[], Sequence[Cells]]

    @cached_property
    def columns(self) -> Sequence[Cells]:
        return self.load()

    def row(self, number: int) -> list[Any]:
        return [column[number] for column in self.columns]

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0


@dataclass(frozen=True, eq=False)
class Source:
    """A file opened: its name for messages, its sheets. ``announced``: rows that an API page says exist."""

    name: str
    sheets: tuple[Sheet, ...]
    announced: int | None = None


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of a sheet by our names, below the header row; ``titles`` are the file's own titles."""

    columns: Mapping[str, Cells]
    titles: Mapping[str, str]
    first_row: int
    sheet: str

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def texts(self, name: str) -> list[str]:
        """A column as text; a whole number loses its decimals. A column that the file lacks is blank."""
        if name not in self.columns:
            return [""] * len(self)
        return [cell.strip() if isinstance(cell, str) else text_of(cell) for cell in self.columns[name]]


@dataclass(frozen=True)
class Heading:
    """What a format's header row holds: our name of each column → its accepted titles (``*``: any ending)."""

    titles: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]

    def matches(self, cells: Cells) -> dict[str, int]:
        """Position of each column in a header row. Raises CodedError CW-236 when one is there twice."""
        keys = [key_of(cell) for cell in cells]
        found: dict[str, int] = {}
        for name, titles in self.titles.items():
            places = [place for place, key in enumerate(keys) if key and _is_title(key, titles)]
            if len(places) > 1:
                raise CodedError(COLUMN_TWICE, title=titles[0].rstrip("*"))
            if places:
                found[name] = places[0]
        return found


def key_of(cell: object) -> str:
    """A title without accents, case, spaces, underscores or apostrophes."""
    return _NOT_KEY.sub("", fold(cell)) if isinstance(cell, str) else ""


def _is_title(key: str, titles: Sequence[str]) -> bool:
    wanted = ((key_of(title), title.endswith("*")) for title in titles)
    return any(key.startswith(title) if open_ended else key == title for title, open_ended in wanted)


def find_table(sheet: Sheet, heading: Heading) -> Table | None:
    """The columns of ``sheet`` under a header row that holds every required title; None without one.

    Raises CodedError CW-235 when a row looks like the header but lacks a required column (nearest title named),
    CW-236 when it has a column twice.
    """
    best: tuple[dict[str, int], int] = ({}, 0)
    for number in range(min(_HEADER_ROWS, len(sheet))):
        cells = sheet.row(number)
        if sum(isinstance(cell, str) and cell != "" for cell in cells) < len(heading.required) * _LOOKS_LIKE:
            continue
        found = heading.matches(cells)
        if all(name in found for name in heading.required):
            columns = {name: sheet.columns[place][number + 1 :] for name, place in found.items()}
            titles = {name: str(cells[place]) for name, place in found.items()}
            return Table(columns, titles, number + 2, sheet.title)
        if len(found) > len(best[0]):
            best = (found, number)
    known = sum(name in best[0] for name in heading.required)
    if known >= _LOOKS_LIKE * len(heading.required):
        raise _missing(heading, best[0], sheet.row(best[1]))
    return None


def _missing(heading: Heading, found: Mapping[str, int], cells: Cells) -> CodedError:
    lacking = [heading.titles[name][0].rstrip("*") for name in heading.required if name not in found]
    others = {key_of(cell): str(cell) for place, cell in enumerate(cells) if place not in found.values()}
    near = difflib.get_close_matches(key_of(lacking[0]), [key for key in others if key], n=1, cutoff=0.5)
    nearest = others[near[0]] if near else "aucun"
    return CodedError(COLUMN_MISSING, columns=", ".join(lacking), nearest=nearest)


def text_of(cell: object) -> str:
    """A cell as text: a whole number loses its decimals, what is empty gives ``""``."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return "" if np.isnan(cell) else str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell).strip()


def figures(table: Table, names: Sequence[str]) -> tuple[dict[str, Floats], npt.NDArray[np.bool_]]:
    """Columns of numbers (nan where blank or unreadable), and the rows in which one is unreadable.

    One decimal sign for all of them, found in the file. Raises CodedError CW-237 when comma and point are mixed.
    """
    columns = {name: table.columns[name] for name in names if name in table.columns}
    comma = _decimal_comma(columns, table.titles)
    unreadable = np.zeros(len(table), dtype=bool)
    found: dict[str, Floats] = {}
    for name in names:
        values = np.full(len(table), np.nan)
        read: dict[str, float | None] = {}
        for place, cell in enumerate(columns.get(name, ())):
            if type(cell) is float:
                values[place] = cell
            elif cell is None or cell == "":
                continue
            else:
                value = _figure(cell, read, comma)
                if value is None:
                    unreadable[place] = True
                else:
                    values[place] = value
        unreadable |= np.isinf(values)
        found[name] = values
    return found, unreadable


def _figure(cell: object, read: dict[str, float | None], comma: bool) -> float | None:
    """A number in a cell that is not a float; nan when it is blank, None when it is something else."""
    if isinstance(cell, int) and not isinstance(cell, bool):
        return float(cell)
    if not isinstance(cell, str):
        return None
    if cell not in read:
        text = cell.translate(_SPACES)
        value: float | None = None
        if not text:
            value = np.nan
        elif _FIGURE.fullmatch(text):
            value = float(text.rstrip("%").replace("," if comma else "", "." if comma else ""))
        read[cell] = value
    return read[cell]


def _decimal_comma(columns: Mapping[str, Cells], titles: Mapping[str, str]) -> bool:
    seen: dict[str, tuple[str, str]] = {}
    for name, cells in columns.items():
        for cell in cells:
            if isinstance(cell, str) and cell and _FIGURE.fullmatch(cell.translate(_SPACES)):
                for sign in ",.":
                    if sign in cell:
                        seen.setdefault(sign, (name, cell))
        if len(seen) > 1:
            column = titles.get(seen["."][0], seen["."][0])
            raise CodedError(MIXED_DECIMALS, title=column, comma=seen[","][1], point=seen["."][1])
    return "," in seen
