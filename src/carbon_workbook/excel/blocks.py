"""Scattered cells as few rectangles, so that an open workbook is written in blocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from carbon_workbook.workbook.cells import parse_cell

Rows = tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of values; ``top`` and ``left`` are 1-based."""

    top: int
    left: int
    values: Rows


def blocks(cells: Mapping[str, object]) -> list[Block]:
    """Rectangles that hold these cells (A1 reference → value), each cell once and no other cell."""
    by_column: defaultdict[int, dict[int, object]] = defaultdict(dict)
    for ref, value in cells.items():
        row, column = parse_cell(ref)
        by_column[column][row] = value
    runs = [
        (first, last, column)
        for column in sorted(by_column)
        for first, last in _runs(sorted(by_column[column]))
    ]
    found: list[Block] = []
    for first, last, left, right in _side_by_side(sorted(runs)):
        rows = range(first, last + 1)
        columns = range(left, right + 1)
        found.append(Block(first, left, tuple(tuple(by_column[c][r] for c in columns) for r in rows)))
    return found


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """First and last of each run of consecutive rows."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs


def _side_by_side(runs: list[tuple[int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Runs of the same rows in neighbouring columns, joined: first row, last row, first column, last column."""
    joined: list[tuple[int, int, int, int]] = []
    for first, last, column in runs:
        if joined and joined[-1][:2] == (first, last) and joined[-1][3] == column - 1:
            joined[-1] = (first, last, joined[-1][2], column)
        else:
            joined.append((first, last, column, column))
    return joined
