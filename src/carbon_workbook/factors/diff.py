"""What changes between two versions of a base, factor by factor, and what looks wrong in one.

Values are kgCO2e per unit: the sum of the stages where a factor has stages (decision B1).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from carbon_workbook.factors.catalogue import GAP_THRESHOLD, PUBLISHED_GASES, migrations
from carbon_workbook.factors.imports.base import AVOIDED, GWP, VALID, Base
from carbon_workbook.factors.selection import records
from carbon_workbook.factors.tables import table as shipped_table
from carbon_workbook.factors.text import fold, words
from carbon_workbook.messages import CodedError

DIFFERENT_BASES = "CW-265"
KNOWN, GAP, NEGATIVE, ZERO, OUT_OF_DATE = "CW-260", "CW-261", "CW-262", "CW-263", "CW-266"
ADDED, REMOVED, ARCHIVED, RESTORED = "ajouté", "retiré", "archivé", "rétabli"
UNIT, VALUE, SPLIT = "unité changée", "valeur changée", "gaz ou étapes changés"
CHANGES = (REMOVED, ARCHIVED, UNIT, VALUE, SPLIT, RESTORED, ADDED)
COLUMNS = (
    "change", "id", "label", "old_value", "new_value", "relative", "old_unit", "new_unit", "replacement", "reason",
)  # fmt: skip

_ALIKE = 0.6
_SINK = "UTCF"


@dataclass(frozen=True, eq=False)
class Difference:
    """Rows of COLUMNS, one a factor that changes, the most serious changes first; ``shared``: ids in both."""

    old: str
    new: str
    shared: int
    rows: pd.DataFrame

    @property
    def counts(self) -> dict[str, int]:
        """Number of factors by kind of change."""
        found = self.rows["change"].value_counts()
        return {change: int(found.get(change, 0)) for change in CHANGES}


def values_of(base: Base) -> pd.Series:
    """Value of each factor by id, kgCO2e per its unit."""
    totals = base.factors.set_index("id")["total"]
    sums = base.stages.groupby("factor_id")["total"].sum()
    return sums.reindex(totals.index).fillna(totals)


def diff(old: Base, new: Base) -> Difference:
    """The factors that differ between two versions of one base. Raises CodedError CW-265 when they are not one base.

    A factor that is removed or archived has a replacement where one is known (migrations.csv) or alike.
    """
    if old.key != new.key:
        raise CodedError(DIFFERENT_BASES, old=old.name, new=new.name)
    before, after = _described(old), _described(new)
    finder = _Replacements(new)
    rows = [
        _row(key, before.get(key), after.get(key), finder)
        for key in dict.fromkeys([*before, *after])
        if before.get(key) != after.get(key)
    ]
    table = pd.DataFrame([row for row in rows if row["change"]], columns=list(COLUMNS))
    table["_order"] = table["change"].map({change: rank for rank, change in enumerate(CHANGES)})
    table["_size"] = -table["relative"].abs().fillna(0.0)
    table = table.sort_values(["_order", "_size", "id"]).drop(columns=["_order", "_size"])
    return Difference(old.name, new.name, len(before.keys() & after.keys()), table.reset_index(drop=True))


@dataclass(frozen=True, slots=True)
class _Factor:
    label: str
    unit: str
    kind: str
    valid: bool
    value: float
    split: tuple[Any, ...]


def _described(base: Base) -> dict[str, _Factor]:
    figures = [*PUBLISHED_GASES, "co2_biogenic"]
    lines: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    stages = base.stages[["factor_id", "stage", "label", "total", *figures]].fillna(
        dict.fromkeys(figures, 0.0)
    )
    for key, *cells in stages.itertuples(index=False, name=None):
        lines[key].append(tuple(cells))
    values = values_of(base)
    factors = base.factors[["id", "label", "unit", "kind", "status", *figures]].fillna(
        dict.fromkeys(figures, 0.0)
    )
    return {
        key: _Factor(label, unit, kind, status == VALID, float(values[key]), (*gases, *sorted(lines[key])))
        for key, label, unit, kind, status, *gases in factors.itertuples(index=False, name=None)
    }


def _row(key: str, old: _Factor | None, new: _Factor | None, finder: _Replacements) -> dict[str, Any]:
    known = old or new
    assert known is not None
    change = _change(old, new)
    replacement, reason = ("", "")
    if change in (REMOVED, ARCHIVED) and old is not None and old.valid:
        replacement, reason = finder.replacement(key, old.label, old.unit, alike=old.kind != GWP)
    old_value = old.value if old else np.nan
    new_value = new.value if new else np.nan
    comparable = old is not None and new is not None and old.unit == new.unit and old_value != 0
    return {
        "change": change,
        "id": key,
        "label": (new or known).label,
        "old_value": old_value,
        "new_value": new_value,
        "relative": (new_value - old_value) / abs(old_value) if comparable else np.nan,
        "old_unit": old.unit if old else "",
        "new_unit": new.unit if new else "",
        "replacement": replacement,
        "reason": reason,
    }


def _change(old: _Factor | None, new: _Factor | None) -> str:
    if old is None:
        return ADDED
    if new is None:
        return REMOVED
    if old.valid != new.valid:
        return RESTORED if new.valid else ARCHIVED
    if old.unit != new.unit:
        return UNIT
    if old.value != new.value:
        return VALUE
    return SPLIT if old.split != new.split else ""


class _Replacements:
    """The valid factors of a base, found by label."""

    def __init__(self, base: Base) -> None:
        valid = base.factors[(base.factors["status"] == VALID) & (base.factors["kind"] != AVOIDED)]
        self.ids = set(valid["id"])
        self.known = migrations()
        self.labels: dict[tuple[str, str], str] = {}
        self.words: dict[str, frozenset[str]] = {}
        self.holders: dict[tuple[str, str], list[str]] = defaultdict(list)
        for key, label, unit in valid[["id", "label", "unit"]].itertuples(index=False, name=None):
            self.labels.setdefault((fold(label), unit), key)
            self.words[key] = frozenset(words(label))
            for word in self.words[key]:
                self.holders[word, unit].append(key)

    def replacement(self, key: str, label: str, unit: str, *, alike: bool) -> tuple[str, str]:
        """Id and reason: the migration table, else the same label, else with ``alike`` the one that shares most words.

        The names of two gases are alike without the gases being so.
        """
        listed, reason = self.known.get(key, ("", ""))
        if listed in self.ids:
            return listed, reason
        same = self.labels.get((fold(label), unit))
        if same:
            return same, "même libellé, même unité"
        if not alike:
            return "", ""
        asked = frozenset(words(label))
        near = {other for word in asked for other in self.holders[word, unit]}
        best = max(near, key=lambda other: (_likeness(asked, self.words[other]), other), default="")
        if best and _likeness(asked, self.words[best]) >= _ALIKE:
            return best, "libellé proche, même unité : à vérifier"
        return "", ""


def _likeness(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / len(first | second)


def suspicions(base: Base, today: dt.date) -> pd.DataFrame:
    """What looks wrong among the valid factors: id, label, code, reason. Nothing is left out of the base for it."""
    valid = base.factors[base.factors["status"] == VALID].set_index("id")
    totals = base.factors.set_index("id")["total"]
    rows = shipped_table("suspicious")
    found = [
        (row["id"], valid.at[row["id"], "label"], KNOWN, row["reason"])
        for row in records(rows[rows["base"] == base.key])
        if row["id"] in valid.index and _is_suspect(row, totals)
    ]
    value = values_of(base).reindex(valid.index)
    gap = (value - valid["total"]).abs() > GAP_THRESHOLD * valid["total"].abs() + 1e-9
    negative = (valid["total"] < 0) & (valid["kind"] != AVOIDED) & ~valid["category"].str.startswith(_SINK)
    zero = (valid["total"] == 0) & (valid["co2_biogenic"].fillna(0.0) == 0)
    late = (valid["valid_until"] != "") & (valid["valid_until"] < today.isoformat())
    for code, marked in ((GAP, gap), (NEGATIVE, negative), (ZERO, zero), (OUT_OF_DATE, late)):
        found += [(key, label, code, "") for key, label in valid.loc[marked, "label"].items()]
    return pd.DataFrame(found, columns=["id", "label", "code", "reason"])


def _is_suspect(row: Mapping[str, Any], totals: pd.Series) -> bool:
    if row["test"] == "valeur":
        return bool(totals[row["id"]] == float(row["reference"]))
    return row["reference"] in totals.index and bool(totals[row["id"]] == totals[row["reference"]])
