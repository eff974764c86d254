"""How values are written into a workbook, closed (``refresh``) or open in Excel (``excel.bridge``): one contract."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Protocol

from carbon_workbook.messages import CodedError
from carbon_workbook.values import CellError

MAX_TEXT = 32_767

Cells = Mapping[str, Mapping[str, object]]
Growth = Mapping[str, int]
Links = Mapping[str, Mapping[str, str]]
Bounds = tuple[int, int, int, int]
Progress = Callable[[str], None]


class Writer(Protocol):
    """Writes into one workbook. Both writers pass one suite of tests, ``tests/excel/test_conformance.py``.

    Kept: every cell that is not listed, its formula and its format; the format of a cell that is; links to a file
    or an address; the protection of a sheet. Refused, before anything is written: a sheet (CW-411) or a table
    (CW-412) that is not there, a cell that holds a formula, of its own or of an array (CW-416), a text longer than a
    cell holds (CW-417), a table that would shrink or cover another, or has a row of totals (CW-418).
    """

    def write(self, changes: Cells, growth: Growth, links: Links) -> None:
        """Write cells, grow tables, set links.

        ``changes``: by sheet title then A1 reference, a number, text, boolean, date, ``CellError``, or None to clear
        the value. A text stays the text that it is, whatever it spells. ``growth``: last row of tables, totals
        excluded. ``links``: by sheet, every link from a cell to a place of the workbook, in the place of those it had.

        Raises CodedError as above; ValueError on a number that is not finite, TypeError on another type.
        """


def check_value(sheet: str, cell: str, value: object) -> None:
    """Raises CodedError CW-417, ValueError or TypeError on what a cell cannot hold."""
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise CodedError("CW-417", sheet=sheet, cell=cell)
    elif isinstance(value, Real):
        if not math.isfinite(value):
            raise ValueError(f"a cell cannot hold {value}")
    elif value is not None and not isinstance(value, dt.date | CellError):
        raise TypeError(f"a cell cannot hold {type(value).__name__}")


def may_end_at(last_row: int, table: Bounds, others: list[Bounds], *, totals: bool) -> bool:
    """Whether a table may reach down to that row: it never shrinks, and covers no other table of its sheet."""
    _, left, bottom, right = table
    covered = any(
        top <= last_row and low > bottom and first <= right and last >= left
        for top, first, low, last in others
    )
    return last_row == bottom or (last_row > bottom and not totals and not covered)
