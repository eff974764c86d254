"""What crosses the border with Excel: cells and ranges in, a grid of numbers, texts and error markers out."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from functools import cache

from carbon_workbook.messages import CodedError
from carbon_workbook.resources import packaged

Grid = list[list[object]]

MARK = "\x02"
"""First character of a refused cell: no cell of a workbook can hold it. The Excel error number follows."""

_ERROR_CELL = re.compile(r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|SPILL!|CALC!|BLOCKED!|FIELD!)")


def marker(code: str) -> str:
    """The refused cell of a message code: the VBA wrapper turns it into a real Excel error (``errors.csv``)."""
    return MARK + str(excel_error(code))


def excel_error(code: str) -> int:
    """2042 (#N/A), 2015 (#VALUE!) or 2036 (#NUM!) for a message code: the longest prefix decides."""
    found = [prefix for prefix in _errors() if code.startswith(prefix)]
    return _errors()[max(found, key=len)]


@cache
def _errors() -> dict[str, int]:
    with (packaged("excel") / "errors.csv").open(encoding="utf-8", newline="") as stream:
        return {row["prefix"]: int(row["excel_error"]) for row in csv.DictReader(stream, delimiter=";")}


def grid(value: object) -> Grid:
    """A scalar, a row or a block as rows of cells."""
    if not isinstance(value, (list, tuple)):
        return [[value]]
    if value and isinstance(value[0], (list, tuple)):
        return [list(row) for row in value]
    return [list(value)]


def spread(*arguments: object) -> tuple[tuple[int, int], list[list[object]]]:
    """The common shape of the arguments and each of them as a flat list of that many cells.

    A single cell, row or column repeats, as Excel does. Raises CodedError CW-604 when the shapes do not fit.
    """
    grids = [grid(argument) for argument in arguments]
    shapes = [(len(cells), len(cells[0]) if cells else 0) for cells in grids]
    rows, columns = (max(sizes) for sizes in zip(*shapes, strict=True))
    if any(r not in (1, rows) or c not in (1, columns) for r, c in shapes):
        raise CodedError("CW-604", shapes=", ".join(f"{r}×{c}" for r, c in shapes if (r, c) != (1, 1)))
    return (rows, columns), [_repeat(cells, rows, columns) for cells in grids]


def _repeat(cells: Grid, rows: int, columns: int) -> list[object]:
    if len(cells) == 1 and len(cells[0]) == 1:
        return cells[0] * (rows * columns)
    tall = cells * rows if len(cells) == 1 else cells
    return [cell for row in tall for cell in (row * columns if len(row) == 1 else row)]


def shaped(cells: Sequence[object], columns: int) -> Grid:
    """A flat list back in rows."""
    return [list(cells[start : start + columns]) for start in range(0, len(cells), columns)]


def is_blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def text_of(cell: object) -> str:
    """A cell as text: blank is ``""``, a whole number has no decimals. Raises CodedError CW-611 on an error."""
    if is_blank(cell):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = str(cell).strip()
    if _ERROR_CELL.fullmatch(text):
        raise CodedError("CW-611", value=text)
    return text


def year_of(cell: object) -> int | None:
    """A year, None when blank. Raises CodedError CW-607 on anything else."""
    text = text_of(cell)
    if not text:
        return None
    if not re.fullmatch(r"(?:19|20|21)\d\d", text):
        raise CodedError("CW-607", value=text)
    return int(text)


def rank_of(cell: object) -> int:
    """A rank from 1, 1 when blank. Raises CodedError CW-610 on anything else."""
    text = text_of(cell) or "1"
    if not re.fullmatch(r"[1-9]\d{0,5}", text):
        raise CodedError("CW-610", value=text)
    return int(text)


def each(
    read: Callable[[object], object], cells: Sequence[object]
) -> tuple[list[object], dict[int, CodedError]]:
    """Every cell read, None where it was refused, and the refusals by position. Equal texts are read once."""
    values: list[object] = []
    refusals: dict[int, CodedError] = {}
    known: dict[str, object] = {}
    for position, cell in enumerate(cells):
        if isinstance(cell, str) and cell in known:
            values.append(known[cell])
            continue
        try:
            value = read(cell)
        except CodedError as refusal:
            refusals[position] = refusal
            value = None
        else:
            if isinstance(cell, str):
                known[cell] = value
        values.append(value)
    return values, refusals
