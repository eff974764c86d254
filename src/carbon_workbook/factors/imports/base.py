"""What every importer gives: the factors and stages of one published base, and the rows it did not take."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd

from carbon_workbook.factors.catalogue import PUBLISHED_GASES
from carbon_workbook.factors.imports.sheet import Floats
from carbon_workbook.messages import CodedError
from carbon_workbook.units import denominator, parse_unit

NUMBERS = ("total", *PUBLISHED_GASES, "co2_biogenic", "uncertainty_pct", "price_year")
FACTOR_COLUMNS = (
    "id", "label", "unit", "total", *PUBLISHED_GASES, "co2_biogenic", "uncertainty_pct", "geography",
    "valid_until", "gwp_set", "source_id", "kind", "status", "price_year", "category", "tags", "warning",
)  # fmt: skip
STAGE_NUMBERS = ("position", "total", *PUBLISHED_GASES, "co2_biogenic", "assigned")
STAGE_COLUMNS = (
    "factor_id", "position", "label", "stage", "total", *PUBLISHED_GASES, "co2_biogenic", "assigned",
)  # fmt: skip
REFUSED_COLUMNS = ("row", "id", "label", "code", "detail")

SOURCE_DATA, NO_VALUE, UNREADABLE, UNKNOWN_UNIT, NOT_A_FACTOR = (
    "CW-250",
    "CW-251",
    "CW-252",
    "CW-253",
    "CW-254",
)
NOTHING, TWICE = "CW-238", "CW-239"
VALID, ARCHIVED = "valide", "archivé"
EMISSION, GWP, MONETARY, AVOIDED = "emission", "gwp", "monetary", "avoided"


@dataclass(frozen=True, eq=False)
class Base:
    """One version of a published base. Values are kgCO2e per the factor's unit, as published.

    ``refused``: rows not taken, with the code of the reason; ``counts``: what the file held, in French;
    ``imported_on``: the day, as the store holds it.
    """

    key: str
    source: str
    version: str
    licence: str
    factors: pd.DataFrame
    stages: pd.DataFrame
    refused: pd.DataFrame
    counts: Mapping[str, int]
    imported_on: str = ""

    @property
    def name(self) -> str:
        """How the base is designated on the command line and in a workbook."""
        return f"{self.source} {self.version}"

    @cached_property
    def digest(self) -> str:
        """Fingerprint of the figures, whatever the order of rows and columns in the file."""
        hasher = hashlib.sha256("\t".join((self.key, self.source, self.version, self.licence)).encode())
        for frame in (self.factors, self.stages.drop(columns="position")):
            columns = [
                ["" if value != value else repr(value + 0.0) for value in frame[name].tolist()]
                if name in (*NUMBERS, *STAGE_NUMBERS)
                else frame[name].tolist()
                for name in frame.columns
            ]
            hasher.update("\n".join(sorted(map("\t".join, zip(*columns, strict=True)))).encode())
        return hasher.hexdigest()

    def named(self, version: str) -> Base:
        """The same base under another version name."""
        return replace(self, version=version)


def factor_frame(columns: Mapping[str, Iterable[Any]]) -> pd.DataFrame:
    """A frame of FACTOR_COLUMNS from the columns known; the others are blank."""
    return _frame(columns, FACTOR_COLUMNS, NUMBERS)


def stage_frame(columns: Mapping[str, Iterable[Any]]) -> pd.DataFrame:
    """A frame of STAGE_COLUMNS from the columns known; the others are blank."""
    return _frame(columns, STAGE_COLUMNS, STAGE_NUMBERS)


def _frame(
    columns: Mapping[str, Iterable[Any]], names: Sequence[str], numbers: Sequence[str]
) -> pd.DataFrame:
    known = {name: list(values) for name, values in columns.items()}
    size = len(next(iter(known.values()), []))
    made = {
        name: np.asarray(known.get(name, [np.nan] * size), dtype=np.float64)
        if name in numbers
        else np.asarray(known.get(name, [""] * size), dtype=object)
        for name in names
    }
    return pd.DataFrame(made)


def refused_frame(rows: Iterable[tuple[int, str, str, str, str]]) -> pd.DataFrame:
    """Rows not taken: row in the file, id, label, code of the reason, detail."""
    return pd.DataFrame(list(rows), columns=list(REFUSED_COLUMNS))


def added_up(parts: Sequence[Floats]) -> Floats:
    """Sum of columns in which a blank counts for nothing; blank where all are."""
    total = np.zeros(len(parts[0]))
    blank = np.ones(len(parts[0]), dtype=bool)
    for part in parts:
        here = np.isnan(part)
        total = total + np.where(here, 0.0, part)
        blank &= here
    return np.where(blank, np.nan, total)


@lru_cache(maxsize=4096)
def unit_of(label: str) -> tuple[str, float, str, float]:
    """Unit a factor is per, kgCO2e of its numerator, its kind, its price year (nan if not money).

    ``label`` is a whole unit (``kgCO2e/kWh``). Raises CodedError as ``denominator``.
    """
    unit, scale = denominator(label)
    money = parse_unit(unit).money
    if money is None:
        return unit, scale, EMISSION, np.nan
    return unit, scale, MONETARY, float(money.price_year) if money.price_year else np.nan


def understood(labels: Iterable[str]) -> dict[str, tuple[str, float, str, float] | None]:
    """``unit_of`` of each distinct label; None where it is not understood."""
    found: dict[str, tuple[str, float, str, float] | None] = {}
    for label in set(labels):
        try:
            found[label] = unit_of(label)
        except CodedError:
            found[label] = None
    return found


def check_ids(identifiers: Sequence[str]) -> None:
    """Raises CodedError CW-239 when an id is there twice, CW-238 when there is none at all."""
    if not identifiers:
        raise CodedError(NOTHING)
    seen: set[str] = set()
    twice = [key for key in identifiers if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
    if twice:
        raise CodedError(TWICE, count=len(set(twice)), ids=", ".join(dict.fromkeys(twice[:5])))
