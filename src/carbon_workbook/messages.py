"""Coded messages: a refusal or a warning is a value with its place, its sentence and its remedy.

The texts are data (``data/messages/*.csv``, one file a room). Each code has a heading in ``docs/messages.md``.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from carbon_workbook.resources import packaged

COLUMNS = ("code", "severity", "sentence", "remedy", "explanation")
_DAYS = {"valid_until"}
"""Parameters that hold a day as the tables write it."""
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


class Severity(StrEnum):
    """``refus``: the row is not counted. ``alerte``: counted, to be looked at. ``info``: a remark."""

    REFUSAL = "refus"
    WARNING = "alerte"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Text:
    """One row of a message table; ``sentence`` and ``remedy`` hold ``{placeholders}``."""

    code: str
    severity: Severity
    sentence: str
    remedy: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Message:
    """A coded message at its place. ``sheet`` is the tab's title, ``cell`` an A1 reference in it."""

    code: str
    severity: Severity
    sentence: str
    remedy: str
    sheet: str = ""
    cell: str = ""
    line_id: str = ""
    column: str = ""
    parameters: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}), compare=False)

    @property
    def refuses(self) -> bool:
        return self.severity is Severity.REFUSAL

    def __str__(self) -> str:
        place = f"{self.sheet}!{self.cell} : " if self.sheet and self.cell else ""
        return f"{place}{self.code} – {self.sentence} {self.remedy}".strip()


class CodedError(Exception):
    """A refusal that stops an operation on a whole file or a single value; carries its message.

    ``sheet`` and ``cell``, where both are given, are its place too.
    """

    def __init__(self, code: str, **parameters: object) -> None:
        sheet, cell = (str(parameters.get(name, "")) for name in ("sheet", "cell"))
        self.message = replace(message_with(code, parameters), sheet=sheet, cell=cell)
        super().__init__(str(self.message))


@cache
def texts() -> Mapping[str, Text]:
    """Every message text by code. Raises ValueError on a code written twice."""
    found: dict[str, Text] = {}
    for path in sorted(packaged("data/messages").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream, delimiter=";"):
                if row["code"] in found:
                    raise ValueError(f"code {row['code']} twice")
                found[row["code"]] = Text(
                    row["code"], Severity(row["severity"]), row["sentence"], row["remedy"], row["explanation"]
                )
    return MappingProxyType(found)


def french(value: object) -> object:
    """A date, also one that a table holds as ``2024-12-31``, as 31/12/2024; anything else as it is."""
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    day = _DAY.fullmatch(value) if isinstance(value, str) else None
    return f"{day[3]}/{day[2]}/{day[1]}" if day else value


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"


def message(
    code: str, *, sheet: str = "", cell: str = "", line_id: str = "", column: str = "", **parameters: object
) -> Message:
    """The message of ``code`` at its place, its parameters filled in. Raises KeyError on an unknown code."""
    return replace(message_with(code, parameters), sheet=sheet, cell=cell, line_id=line_id, column=column)


def message_with(code: str, parameters: Mapping[str, object]) -> Message:
    """The message of ``code`` without a place. Raises KeyError on an unknown code."""
    text = texts()[code]
    values = _Blank(
        {
            name: french(value) if isinstance(value, dt.date) or name in _DAYS else value
            for name, value in parameters.items()
        }
    )
    return Message(
        code,
        text.severity,
        text.sentence.format_map(values),
        text.remedy.format_map(values),
        parameters=MappingProxyType(dict(parameters)),
    )
