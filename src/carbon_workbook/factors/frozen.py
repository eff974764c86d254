"""The factors that a workbook needs to be computed again without its base, as rows it can hold (decision A11).

A factor is a row without a position, followed by one row a stage. What the catalogue derives is not kept: it is
derived again, from the same figures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import pandas as pd

from carbon_workbook.factors.catalogue import (
    NUMBERS,
    PUBLISHED_GASES,
    STAGE_NUMBERS,
    WHOLE,
    Catalogue,
    catalogue_of,
    migrations,
)
from carbon_workbook.factors.tables import table as shipped_table

OWN = "propre"
"""Family of the workbook's own factors, which stand in a sheet of their own."""
STAGE_COLUMNS = (
    "factor_id", "position", "label", "stage", "total", *PUBLISHED_GASES, "co2_biogenic", "assigned",
)  # fmt: skip
FACTOR_COLUMNS = (
    "id", "label", "unit", "total", *PUBLISHED_GASES, "co2_biogenic", "uncertainty_pct", "geography",
    "valid_until", "series", "series_year", "gwp_set", "source", "version", "source_id", "licence", "families",
    "kind", "status", "default_post", "nature", "gas_kind", "upstream_pair", "cutoff_pair", "price_year",
    "price_index", "aliases", "warning", "checked_on", "review_on",
)  # fmt: skip
COLUMNS = ("id", "position", "stage", *FACTOR_COLUMNS[1:], "assigned")
"""Of a row, in kgCO2e per unit where it is a mass."""
_FIGURES = frozenset({*NUMBERS, *STAGE_NUMBERS})


def needed(catalogue: Catalogue, ids: Iterable[str], refs: Iterable[object]) -> list[str]:
    """The factors ``ids`` and all that ``refs`` may designate, with what decides how they are found and counted.

    These are their pairs, the other years of their series, and every factor that shares one of their names: a text
    then designates among them what it designates in the whole catalogue, or nothing. In the order of the catalogue,
    without the workbook's own factors.
    """
    queue = [*ids, *(key for ref in refs for key in catalogue.named(ref))]
    table = catalogue.table[["upstream_pair", "cutoff_pair", "series", "label", "aliases", "families"]]
    rows = dict(zip(table.index.astype(str), table.itertuples(index=False, name=None), strict=True))
    queue += [key for key, row in rows.items() if row[-1] == OWN]
    found: set[str] = set()
    while queue:
        key = queue.pop()
        if key in found or key not in rows:
            continue
        found.add(key)
        upstream, cutoff, series, label, aliases, _ = map(str, rows[key])
        queue += [upstream, cutoff, *_former_ids().get(key, ())]
        if series in catalogue.series:
            queue += catalogue.series[series].members.values()
        for name in (label, *aliases.split("|")):
            queue += catalogue.named(name)
    return [key for key, row in rows.items() if key in found and row[-1] != OWN]


@cache
def _former_ids() -> dict[str, list[str]]:
    """Ids that a factor took the place of: where they still stand, a text must not reach their heir."""
    found: dict[str, list[str]] = {}
    for old, (new, _) in migrations().items():
        found.setdefault(new, []).append(old)
    return found


def freeze(catalogue: Catalogue, ids: Sequence[str]) -> list[tuple[object, ...]]:
    """Rows (COLUMNS) of some factors of a catalogue and of their stages; None where there is nothing."""
    lines = catalogue.stages[catalogue.stages["factor_id"].isin(ids) & (catalogue.stages["stage"] != WHOLE)]
    stages: dict[str, list[dict[str, object]]] = {}
    for line in _records(lines, STAGE_COLUMNS):
        stages.setdefault(str(line["factor_id"]), []).append(line)
    factors = catalogue.table.loc[list(ids)].rename_axis("id").reset_index()
    rows: list[tuple[object, ...]] = []
    for factor in _records(factors, FACTOR_COLUMNS):
        rows.append(tuple(_kept(name, factor.get(name)) for name in COLUMNS))
        for line in stages.get(str(factor["id"]), ()):
            line |= {"id": line["factor_id"], "assigned": float(bool(line["assigned"]))}
            rows.append(tuple(_kept(name, line.get(name), nil=name in PUBLISHED_GASES) for name in COLUMNS))
    return rows


def _records(frame: pd.DataFrame, columns: Sequence[str]) -> list[dict[str, object]]:
    rows = frame[list(columns)].itertuples(index=False, name=None)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _kept(name: str, value: object, *, nil: bool = False) -> object:
    """A figure as it is, a text; None for a blank, and for a gas of a stage that is nil."""
    if name in _FIGURES:
        number = float(value) if isinstance(value, (int, float)) else float("nan")
        return None if number != number or (nil and number == 0.0) else number
    text = "" if value is None or value != value else str(value)
    return text or None


def thaw(rows: Iterable[Sequence[object]], version: str) -> Catalogue:
    """The catalogue of these rows only (COLUMNS, as ``freeze`` gives them), under the name of its whole base."""
    frame = pd.DataFrame(list(rows), columns=list(COLUMNS), dtype=object)
    for name in COLUMNS:
        frame[name] = pd.to_numeric(frame[name]) if name in _FIGURES else frame[name].map(_text)
    of_stage = frame["position"].notna()
    table = frame.loc[~of_stage, list(FACTOR_COLUMNS)].set_index("id")
    known = set(shipped_table("series")["series"])
    table["series"] = table["series"].where(table["series"].isin(known), "")
    lines = frame[of_stage].rename(columns={"id": "factor_id"})[list(STAGE_COLUMNS)].reset_index(drop=True)
    return catalogue_of(table, lines, version).only_some()


def _text(value: object) -> str:
    """A text; a whole number that a program made of one finds it again."""
    if isinstance(value, float):
        return "" if value != value else f"{value:.15g}"
    return "" if value is None else str(value)


def digest(rows: Iterable[Sequence[object]], version: str) -> str:
    """SHA-256 of rows, in whatever order, and of the name of their base. Figures to the 15 digits of any program."""
    lines: Iterator[str] = ("\t".join(map(_canonical, row)) for row in rows)
    return hashlib.sha256("\n".join([version, *sorted(lines)]).encode()).hexdigest()


def _canonical(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.15g}"
    return "" if value is None else " ".join(str(value).split())
