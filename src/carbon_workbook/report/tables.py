"""Tables of the standards shipped with the reports: rows, topics and thresholds, as data with their source."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from carbon_workbook.resources import packaged


@dataclass(frozen=True, slots=True)
class EsrsRow:
    """One row of the table of gross emissions. ``label``: text key; ``kind``: gross, share, detail, biogenic."""

    version: str
    code: str
    label: str
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class EsrsTopic:
    """Where a version of the standard asks for a topic."""

    topic: str
    version: str
    disclosure: str
    paragraphs: str
    source: str

    @property
    def reference(self) -> str:
        """``E1-8, § 29-31``; the disclosure alone where its paragraphs were not read."""
        return f"{self.disclosure}, §\u00a0{self.paragraphs}" if self.paragraphs else self.disclosure


@cache
def esrs_rows(version: str) -> tuple[EsrsRow, ...]:
    """Rows of the table of gross emissions of a version, in its order."""
    return tuple(row for row in (EsrsRow(**row) for row in _csv("esrs_rows")) if row.version == version)


@cache
def esrs_topics(version: str) -> Mapping[str, EsrsTopic]:
    """Topics of a version by key, in its order."""
    found = [EsrsTopic(**row) for row in _csv("esrs_topics")]
    return MappingProxyType({row.topic: row for row in found if row.version == version})


@cache
def thresholds() -> Mapping[str, float]:
    """Thresholds of the duties to report, by key; the table says their source and the day they were read."""
    return MappingProxyType({row["key"]: float(row["value"]) for row in _csv("thresholds")})


@cache
def thresholds_read_on() -> str:
    """The day the thresholds were last read, as ISO text."""
    return max(row["as_of"] for row in _csv("thresholds"))


def _csv(name: str) -> list[dict[str, str]]:
    with (packaged("report") / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))
