"""A catalogue with the figures of chosen versions of the official bases, and the one that a workbook is pinned to."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import pandas as pd

from carbon_workbook.factors.catalogue import NUMBERS, STAGE_NUMBERS, Catalogue, catalogue_of, load_catalogue
from carbon_workbook.factors.imports.base import Base
from carbon_workbook.factors.selection import Lookup, base_key, figures_of, records
from carbon_workbook.factors.store import Store
from carbon_workbook.factors.tables import table as shipped_table
from carbon_workbook.factors.text import fold
from carbon_workbook.messages import CodedError

ABSENT = "CW-270"

_FIGURES = (
    "unit", "total", "co2_fossil", "ch4_fossil", "ch4_biogenic", "n2o", "other_gases", "co2_biogenic",
    "uncertainty_pct", "geography", "valid_until", "gwp_set", "source", "version", "source_id", "licence", "status",
)  # fmt: skip
_ADDED = ("id", "label", *_FIGURES, "kind", "price_year", "warning", "checked_on")


def compose(bases: Sequence[Base]) -> Catalogue:
    """The shipped catalogue with the figures of ``bases``, and all their other factors after it.

    A shipped factor keeps its label, families, pairs and warnings; one that its base no longer has goes. Without a
    base, the shipped catalogue.
    """
    if not bases:
        return load_catalogue()
    table, lines = shipped_table("emission_factors"), shipped_table("stages")
    selection = {row["id"]: row for row in records(shipped_table("selection"))}
    for base in bases:
        table, lines = _with_base(table, lines, selection, base)
    table = table.set_index("id")
    for pair in ("upstream_pair", "cutoff_pair"):
        table[pair] = table[pair].where(table[pair].isin(table.index), "")
    return catalogue_of(table, lines, version_text(bases))


def _with_base(
    table: pd.DataFrame, lines: pd.DataFrame, selection: dict[str, dict[str, str]], base: Base
) -> tuple[pd.DataFrame, pd.DataFrame]:
    lookup = Lookup(base)
    mine = [key for key in table["id"] if base_key(key) == base.key and key in selection]
    figures = {key: figures_of(selection[key], lookup) for key in mine}
    changed = {key: found for key, found in figures.items() if found is not None}
    kept = table[~table["id"].isin(set(mine) - set(changed))].copy()
    for name in _FIGURES:
        kept[name] = [
            changed[key][0][name] if key in changed else value
            for key, value in zip(kept["id"], kept[name], strict=True)
        ]
    if base.imported_on:  # the figures were put beside those of their base that day
        kept["checked_on"] = kept["checked_on"].where(~kept["id"].isin(changed), base.imported_on)
    more = base.factors[~base.factors["id"].isin(changed)].assign(
        source=base.source, version=base.version, licence=base.licence, checked_on=base.imported_on
    )
    more["label"] = _own_labels(more, _names(kept))
    kept = pd.concat([kept, more[list(_ADDED)].reindex(columns=kept.columns)], ignore_index=True)
    stages = pd.concat(
        [
            lines[~lines["factor_id"].isin(mine)],
            pd.DataFrame([line for _, found in changed.values() for line in found], columns=lines.columns),
            base.stages[~base.stages["factor_id"].isin(changed)],
        ],
        ignore_index=True,
    )
    return _blank(kept, NUMBERS), _blank(stages, STAGE_NUMBERS)


def _names(table: pd.DataFrame) -> set[str]:
    """Every text that already designates a factor: an added label must not take its meaning."""
    aliases = (alias for texts in table["aliases"] for alias in str(texts).split("|"))
    return {fold(str(text)) for text in (*table["label"], *aliases) if text}


def _own_labels(added: pd.DataFrame, taken: set[str]) -> list[str]:
    return [
        f"{label} (par {unit}, {key})" if fold(label) in taken else label
        for key, label, unit in zip(added["id"], added["label"], added["unit"], strict=True)
    ]


def _blank(frame: pd.DataFrame, numbers: Sequence[str]) -> pd.DataFrame:
    """Missing texts as ``""``, missing numbers as nan."""
    return frame.assign(
        **{
            str(name): pd.to_numeric(frame[name]) if name in numbers else frame[name].fillna("")
            for name in frame.columns
        }
    )


def version_text(bases: Sequence[Base]) -> str:
    """What a workbook pins: the sources with their versions, and a digest of all the figures."""
    shipped = load_catalogue().version
    names, _, digest = shipped.rpartition(" (")
    listed = {name: name for name in names.split(" ; ")}
    for base in bases:
        place = next((name for name in listed if name.startswith(f"{base.source} ")), base.name)
        listed[place] = base.name
    names = " ; ".join(listed.values())
    hasher = hashlib.sha256(digest.encode())
    for base in sorted(bases, key=lambda base: base.key):
        hasher.update(base.digest.encode())
    return f"{names} ({hasher.hexdigest()[:8]})"


def pinned_bases(pin: str, store: Store) -> list[Base]:
    """The bases of the store that a workbook's pin names beyond the shipped ones, in the order of the pin."""
    held = {one.name for one in store.bases()}
    return [store.load(name) for name in _named(pin) if name in held]


def absent_bases(pin: str, store: Store) -> list[str]:
    """The bases that a workbook's pin names, neither shipped nor in the store: its figures are not on this machine."""
    shipped = _names_of(load_catalogue().version)
    wanted = [name for name in _named(pin) if name not in shipped]
    held = {one.name for one in store.bases()} if wanted else set()
    return [name for name in wanted if name not in held]


def _named(pin: str) -> list[str]:
    """Names of the bases of a pin other than the shipped one's."""
    return _names_of(pin) if pin and pin != load_catalogue().version else []


def _names_of(version: str) -> list[str]:
    return [name for name in version.rpartition(" (")[0].split(" ; ") if name]


def pinned_catalogue(pin: str, store: Store) -> Catalogue:
    """The catalogue that a workbook is pinned to.

    Raises CodedError CW-270 when its figures are not on this machine: others would give other results unasked.
    """
    shipped = load_catalogue()
    if not pin or pin == shipped.version:
        return shipped
    return _pinned(pin, store, tuple(one.digest for one in store.bases()))


def latest_catalogue(store: Store) -> Catalogue:
    """The shipped factors and all those of the last version imported of each base."""
    last = {one.key: one.name for one in reversed(store.bases())}
    return compose([store.load(name) for name in last.values()])


@lru_cache(maxsize=2)
def _pinned(pin: str, store: Store, digests: tuple[str, ...]) -> Catalogue:
    """``digests`` are those of the bases held: an import forgets what was composed before it."""
    shipped = load_catalogue()
    absent = absent_bases(pin, store)
    if absent:
        raise CodedError(ABSENT, base=" ; ".join(absent))
    bases = pinned_bases(pin, store)
    others = [base for base in bases if base.name not in _names_of(shipped.version)]
    # The shipped figures of the same version may be among the bases named: only a digest tells which it was.
    for chosen in (bases, others):
        if version_text(chosen) == pin:
            return compose(chosen)
    # The same versions with other figures, after an import that replaces them or another shipped selection.
    return compose(others)
