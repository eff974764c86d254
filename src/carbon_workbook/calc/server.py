"""The engine as a process that LibreOffice keeps: a JSON request a line in, a JSON answer a line out.

Requests: ``{"call": "EMISSIONS", "book": …, "arguments": […]}`` → ``{"cells": rows}``, a refused cell being the
marker of ``excel.cells``; ``own`` takes a workbook's table of own factors and the base that it is pinned to;
``refresh`` says what to write into the workbook saved at ``copy``, ``trace`` where the number at ``place`` comes from;
``version``. A request that fails otherwise is
answered by ``{"failed": detail}``.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from carbon_workbook import __version__
from carbon_workbook.excel import udf
from carbon_workbook.excel.blocks import blocks
from carbon_workbook.excel.cells import Grid
from carbon_workbook.values import CellError
from carbon_workbook.workbook.cells import serial_of_date

FUNCTIONS: Mapping[str, Callable[..., Grid]] = {
    "EMISSIONS": udf.emissions,
    "FACTEUR": udf.factor_field,
    "CHERCHER_FACTEUR": udf.search_factor,
    "EMISSIONS_DETAIL": udf.emissions_detail,
    "EXPLIQUER": udf.explain,
}


def main() -> None:
    """Answer until the input ends, which it does when LibreOffice stops."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # a library that prints must not speak among the answers
    for line in sys.stdin:
        try:
            answer = respond(json.loads(line))
        except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
            answer = {"failed": f"{type(error).__name__} : {error}"}
        answers.write(json.dumps(answer, ensure_ascii=False, allow_nan=False) + "\n")
        answers.flush()


def respond(request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one request. Raises KeyError on an unknown one."""
    call = request["call"]
    if call == "version":
        return {"version": __version__}
    if call == "own":
        table = request["table"] or [[None]]
        return {"usable": udf.register_own_factors(request["book"], table, request["base"])}
    if call == "refresh":
        return _refresh(Path(request["copy"]))
    if call == "trace":
        return _trace(Path(request["copy"]), str(request["place"]))
    return {"cells": FUNCTIONS[call](request["book"], *request["arguments"])}


class _Copy:
    """A saved copy of the open workbook: what refresh writes is kept to be sent."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.sheets: dict[str, list[list[object]]] = {}
        self.growth: dict[str, int] = {}
        self.links: dict[str, dict[str, str]] = {}

    @property
    def full_name(self) -> str:
        return str(self._path)

    def save_copy(self, path: Path) -> None:
        shutil.copyfile(self._path, path)

    def progress(self, step: str) -> None:
        """LibreOffice waits for the answer: nothing to show meanwhile."""

    def write(
        self,
        changes: Mapping[str, Mapping[str, object]],
        growth: Mapping[str, int],
        links: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.sheets = {
            title: [
                [block.top, block.left, [[_plain(value) for value in row] for row in block.values]]
                for block in blocks(cells)
            ]
            for title, cells in changes.items()
        }
        self.growth = dict(growth)
        self.links = {title: dict(places) for title, places in links.items()}


def _refresh(path: Path) -> dict[str, Any]:
    # Brings the report libraries: the first cell must not wait for them.
    from carbon_workbook.excel.actions import DONE, answered, refresh_open

    copy = _Copy(path)
    ((outcome, said),) = answered(refresh_open, copy)
    return {
        "done": outcome == DONE,
        "said": said,
        "sheets": copy.sheets,
        "growth": copy.growth,
        "links": copy.links,
    }


def _trace(path: Path, place: str) -> dict[str, Any]:
    from carbon_workbook.excel.actions import answered, trace_open  # as above

    ((_, said),) = answered(lambda book: trace_open(book, place), _Copy(path))
    return {"said": said}


def _plain(value: object) -> object:
    """A value as JSON has it: days as Calc counts them, an error as its text."""
    if isinstance(value, dt.date):
        return serial_of_date(value)
    if isinstance(value, CellError):
        return value.text
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    return float(value)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
