"""The emission factors: the shipped table, the user's own factors, and how a reference finds its factor.

All values are kgCO2e per the factor's unit. A factor's ``value`` is the sum of its life-cycle stages when it
has stages, its published ``total`` otherwise.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from carbon_workbook.factors.text import fold
from carbon_workbook.messages import CodedError
from carbon_workbook.prepared import prepared
from carbon_workbook.resources import shipped

OWN = "propre"
"""Family of the user's own factors."""
GASES = ("co2_fossil", "ch4_fossil", "ch4_biogenic", "n2o", "other_gases", "unsplit")
PUBLISHED_GASES = GASES[:-1]
NUMBERS = ("total", *PUBLISHED_GASES, "co2_biogenic", "uncertainty_pct", "series_year", "price_year")
STAGE_NUMBERS = ("position", "total", *PUBLISHED_GASES, "co2_biogenic", "assigned")
OWN_COLUMNS = ("id", "label", "unit", "total", "source", "year", "uncertainty_pct")
OWN_OPTIONAL = ("stage", "nature", "valid_until")
WHOLE = "whole"
SEPARATOR = " · "
GAP_THRESHOLD = 0.01

MISSING, UNKNOWN, AMBIGUOUS, ARCHIVED_LABEL = "CW-201", "CW-202", "CW-203", "CW-204"
ARCHIVED_ID, EXPIRED, OTHER_YEAR, SUSPECT, STAGE_GAP = "CW-205", "CW-206", "CW-207", "CW-208", "CW-209"
OWN_TWICE, OWN_INVALID = "CW-211", "CW-212"
REPLACED, NOT_AT_HAND = "CW-264", "CW-273"

_EMPTY: Mapping[str, object] = MappingProxyType({})
_DESNZ = re.compile(r"(?:dz[\s_\-:]*)?(\d+(?:_\d+){4})", re.IGNORECASE)
_WHOLE_NUMBER = re.compile(r"(\d+)\.0+")


@dataclass(frozen=True, slots=True)
class Stage:
    """One life-cycle stage of a factor, in kgCO2e per the factor's unit; ``co2_biogenic`` is beside it."""

    label: str
    stage: str
    total: float
    gases: Mapping[str, float]
    co2_biogenic: float
    assigned: bool


@dataclass(frozen=True, slots=True)
class EmissionFactor:
    """One factor with its stages. ``fields`` holds the text columns of the table by name."""

    id: str
    label: str
    unit: str
    value: float
    total: float
    uncertainty_pct: float | None
    stages: tuple[Stage, ...]
    fields: Mapping[str, str]

    @property
    def gap(self) -> float:
        """Relative difference of the sum of the stages from the published total (0 without stages)."""
        return abs(self.value - self.total) / abs(self.total) if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a reference designates: an id, or the code of the refusal.

    ``code`` is the first of ``codes``; with an id they are warnings. ``note`` says which rule chose.
    """

    id: str | None
    codes: tuple[str, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=lambda: _EMPTY)
    note: str = ""

    @property
    def code(self) -> str | None:
        return self.codes[0] if self.codes else None


@dataclass(frozen=True, slots=True)
class Series:
    """A dated series: one factor a year, chosen by the inventory's year (or the price year of an amount)."""

    name: str
    label: str
    rule: str
    members: Mapping[int, str]
    monetary: bool

    def pick(self, year: int | None) -> tuple[str, int]:
        """The factor of ``year``, else of the last year before it, else of the first one; and its year."""
        known = sorted(self.members)
        before = [member for member in known if year is None or member <= year]
        chosen = before[-1] if before else known[0]
        return self.members[chosen], chosen


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The factors (``table``, indexed by id) and their stages (``stages``, one row a stage).

    ``stages`` has at least one row a factor: ``whole`` where the base gives no stage. Its gases add up to its
    total with ``unsplit``; its biogenic CO2 is kept for combustion (and whole factors) only. ``partial``: the bases
    have others, which are not at hand.
    """

    table: pd.DataFrame
    stages: pd.DataFrame
    series: Mapping[str, Series]
    version: str
    partial: bool = False

    @cached_property
    def _columns(self) -> dict[str, list[object]]:
        return {str(name): self.table[name].tolist() for name in self.table.columns}

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {str(key): position for position, key in enumerate(self.table.index)}

    def _cell(self, identifier: str, column: str) -> object:
        return self._columns[column][self._rows[identifier]]

    @cached_property
    def _ids(self) -> dict[str, str]:
        return {fold(str(key)): str(key) for key in self.table.index}

    @cached_property
    def _labels(self) -> dict[str, list[str]]:
        return _index((str(label), str(key)) for key, label in self.table["label"].items())

    @cached_property
    def _aliases(self) -> dict[str, list[str]]:
        return _index(
            (alias, str(key))
            for key, aliases, status, families in zip(
                self.table.index,
                *(self._columns[name] for name in ("aliases", "status", "families")),
                strict=True,
            )
            if aliases and status == "valide" and families
            for alias in str(aliases).split("|")
        )

    @cached_property
    def series_names(self) -> Mapping[str, str]:
        """Folded names of a dated series (its id, its label, its usual words) → its id."""
        names: dict[str, str] = {}
        for row in _read("series.csv").to_dict(orient="records"):
            if row["series"] in self.series:
                for name in (row["series"], row["label"], *str(row["aliases"]).split("|")):
                    if name:
                        names[fold(str(name))] = str(row["series"])
        return names

    @cached_property
    def _stage_rows(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = {}
        for position, key in enumerate(self.stages["factor_id"].tolist()):
            rows.setdefault(str(key), []).append(position)
        return rows

    def resolve(self, ref: object, year: int | None = None) -> Resolution:
        """The factor designated by an id, a drop-down text, a label, an alias or a series' name.

        ``year`` is the inventory's: it picks the member of a dated series and tells an expired factor. Of factors of
        one label, the user's own comes first while it is valid, and is left out once it is not.
        """
        text = _reference_text(ref)
        if not text:
            return Resolution(None, (MISSING,))
        head = text.split(SEPARATOR, 1)[0].strip()
        identifier = self._identifier(head)
        if identifier is not None:
            return self._found(identifier, year, note="identifiant")
        heir = migrations().get(head)
        if heir is not None and heir[0] in self._rows:
            return self._taken_over(head, *heir, year)
        for find in (self._by_series, self._by_label, self._by_alias):
            resolution = find(text, year)
            if resolution is not None:
                return resolution
        code = NOT_AT_HAND if self.partial else UNKNOWN
        return Resolution(None, (code,), MappingProxyType({"ref": text}))

    def named(self, ref: object) -> list[str]:
        """Every factor that a reference may designate, whatever the year and however many there are."""
        text = _reference_text(ref)
        head = text.split(SEPARATOR, 1)[0].strip()
        heir = migrations().get(head, ("", ""))[0]
        series = self.series_names.get(fold(text))
        members = [] if series is None else self.series[series].members.values()
        found = [self._identifier(head), heir if heir in self._rows else None, *members]
        found += [*self._labels.get(fold(text), ()), *self._aliases.get(fold(text), ())]
        return [key for key in found if key is not None] if text else []

    def only_some(self) -> Catalogue:
        """This catalogue as a part of the whole: what it lacks is refused as not at hand (CW-273), not as unknown."""
        return replace(self, partial=True)

    def resolve_many(
        self, refs: pd.Series[Any], year: int | None = None
    ) -> tuple[pd.Series[Any], pd.Series[Any]]:
        """Ids ("" where refused) and codes ("" where there is nothing to say) of many references at once."""
        positions, uniques = pd.factorize(refs.to_numpy(dtype=object), use_na_sentinel=True)
        resolutions = [self.resolve(ref, year) for ref in uniques] + [Resolution(None, (MISSING,))]
        ids = np.array([resolution.id or "" for resolution in resolutions], dtype=object)
        codes = np.array([resolution.code or "" for resolution in resolutions], dtype=object)
        return (
            pd.Series(ids[positions], index=refs.index, dtype=object),
            pd.Series(codes[positions], index=refs.index, dtype=object),
        )

    def get(self, identifier: str) -> EmissionFactor:
        """The factor of an exact id. Raises CodedError CW-202 when there is none."""
        position = self._rows.get(identifier)
        if position is None:
            raise CodedError(UNKNOWN, ref=identifier)
        row = {name: cells[position] for name, cells in self._columns.items()}
        lines = self.stages.iloc[self._stage_rows[identifier]].to_dict(orient="records")
        stages = tuple(
            Stage(
                label=line["label"],
                stage=line["stage"],
                total=line["total"],
                gases=MappingProxyType({gas: line[gas] for gas in GASES}),
                co2_biogenic=line["co2_biogenic"],
                assigned=line["assigned"],
            )
            for line in lines
        )
        uncertainty = _number(row["uncertainty_pct"])
        return EmissionFactor(
            id=identifier,
            label=str(row["label"]),
            unit=str(row["unit"]),
            value=_number(row["value"]),
            total=_number(row["total"]),
            uncertainty_pct=None if math.isnan(uncertainty) else uncertainty,
            stages=stages,
            fields=MappingProxyType(
                {str(key): str(cell) for key, cell in row.items() if isinstance(cell, str)}
            ),
        )

    def with_own(self, own: pd.DataFrame) -> Catalogue:
        """This catalogue with the user's own factors, in kgCO2e per their unit.

        Columns: id, label, unit, total, source, year, uncertainty_pct; optional: ``stage`` (default: whole),
        ``nature`` (bien, service) and ``valid_until`` (a date).
        Raises CodedError CW-211 when an id is already taken, CW-212 when the id, unit or total is missing.
        """
        if own.empty:
            return self
        rows = own.reindex(columns=[*OWN_COLUMNS, *OWN_OPTIONAL]).copy()
        rows["id"] = rows["id"].map(_reference_text)
        rows["total"] = pd.to_numeric(rows["total"], errors="coerce")
        unit = pd.Series([_reference_text(value) for value in rows["unit"]], index=rows.index, dtype=object)
        for identifier, total, label in zip(rows["id"], rows["total"], unit, strict=True):
            if not identifier or not label or not math.isfinite(total):
                raise CodedError(OWN_INVALID, id=identifier or "…")
        taken = rows.loc[rows["id"].map(fold).isin(self._ids) | rows["id"].map(fold).duplicated(), "id"]
        if len(taken):
            raise CodedError(OWN_TWICE, id=str(taken.iloc[0]))
        added = pd.DataFrame(
            "", index=pd.Index(rows["id"], name="id"), columns=self.table.columns, dtype=object
        )
        for column in ("label", "source", "nature", "valid_until"):
            added[column] = [_reference_text(value) for value in rows[column]]
        added["unit"] = unit.to_numpy()
        added["version"] = rows["year"].map(_reference_text).to_numpy()
        added["kind"], added["status"], added["gwp_set"], added["families"] = (
            "emission",
            "valide",
            "inconnu",
            OWN,
        )
        for column in (*NUMBERS, "unsplit"):
            added[column] = np.nan
        added["total"] = rows["total"].to_numpy(dtype=float)
        added["value"] = added["total"]
        added["uncertainty_pct"] = pd.to_numeric(rows["uncertainty_pct"], errors="coerce").to_numpy()
        lines = _whole_stages(added)
        lines["stage"] = [
            str(stage) if isinstance(stage, str) and stage else WHOLE for stage in rows["stage"]
        ]
        return Catalogue(
            pd.concat([self.table, added.astype(self.table.dtypes.to_dict())]),
            pd.concat([self.stages, lines], ignore_index=True),
            self.series,
            self.version,
            self.partial,
        )

    def _identifier(self, text: str) -> str | None:
        for candidate in (text, _WHOLE_NUMBER.sub(r"\1", text), _DESNZ.sub(r"DZ-\1", text)):
            found = self._ids.get(fold(candidate))
            if found is not None:
                return found
        return None

    def _taken_over(self, old: str, new: str, reason: str, year: int | None) -> Resolution:
        found = self._found(new, year, note=f"remplace {old} : {reason}")
        parameters = {**found.parameters, "old": old, "new": new, "reason": reason}
        return Resolution(new, (REPLACED, *found.codes), MappingProxyType(parameters), found.note)

    def _by_series(self, text: str, year: int | None) -> Resolution | None:
        name = self.series_names.get(fold(text))
        return None if name is None else self._of_series(self.series[name], year)

    def _by_label(self, text: str, year: int | None) -> Resolution | None:
        ids = self._labels.get(fold(text), [])
        live = [key for key in ids if self._cell(key, "status") == "valide"]
        if ids and not live:
            return Resolution(None, (ARCHIVED_LABEL,), MappingProxyType({"ref": text, "id": ids[0]}))
        own = [key for key in live if self._cell(key, "families") == OWN]
        if own and len(own) < len(live):
            valid = [key for key in own if not _past(str(self._cell(key, "valid_until")), year)]
            if valid:
                return self._among(valid, text, year, "libellé, le facteur propre valable passe avant")
            live = [key for key in live if key not in own]
        return self._among(live, text, year, "libellé")

    def _by_alias(self, text: str, year: int | None) -> Resolution | None:
        return self._among(self._aliases.get(fold(text), []), text, year, "mot d'usage")

    def _among(self, ids: list[str], text: str, year: int | None, rule: str) -> Resolution | None:
        if not ids:
            return None
        if len(ids) > 1:
            candidates = " ; ".join(f"{key}{SEPARATOR}{self._cell(key, 'label')}" for key in ids)
            return Resolution(None, (AMBIGUOUS,), MappingProxyType({"ref": text, "candidates": candidates}))
        series = self.series.get(str(self._cell(ids[0], "series")))
        # The label of a monetary ratio names its price year: the amount's year is dealt with by money.py.
        if series is not None and not series.monetary:
            return self._of_series(series, year)
        return self._found(ids[0], year, note=rule)

    def _of_series(self, series: Series, year: int | None) -> Resolution:
        identifier, member = series.pick(year)
        note = f"série {series.name}, année {member} : {series.rule}"
        if year is None or member == year or series.monetary:
            return self._found(identifier, None if member == year else year, note=note)
        parameters = {"id": identifier, "year": year, "used": member, "label": series.label}
        return Resolution(identifier, (OTHER_YEAR,), MappingProxyType(parameters), note)

    def _found(self, identifier: str, year: int | None, note: str) -> Resolution:
        row = {name: cells[self._rows[identifier]] for name, cells in self._columns.items()}
        codes: list[str] = []
        if row["status"] != "valide":
            codes.append(ARCHIVED_ID)
        if row["warning"]:
            codes.append(SUSPECT)
        valid_until = str(row["valid_until"])
        if _past(valid_until, year):
            codes.append(EXPIRED)
        value, total = _number(row["value"]), _number(row["total"])
        if total and abs(value - total) > GAP_THRESHOLD * abs(total):
            codes.append(STAGE_GAP)
        if not codes:
            return Resolution(identifier, note=note)
        parameters: dict[str, object] = {
            "id": identifier,
            "label": row["label"],
            "valid_until": valid_until,
            "weight": "",
            "year": year,
            "warning": row["warning"],
            "value": value,
            "total": total,
        }
        return Resolution(identifier, tuple(codes), MappingProxyType(parameters), note)


def _past(valid_until: str, year: int | None) -> bool:
    """Whether a validity ends before the inventory's year does."""
    return year is not None and bool(valid_until) and valid_until < f"{year}-12-31"


@cache
def load_catalogue() -> Catalogue:
    """The shipped catalogue, from its prepared index. Raises FileNotFoundError when ``factors`` is missing."""
    tables = [shipped("factors") / name for name in ("emission_factors.csv", "stages.csv", "series.csv")]
    code = [Path(__file__).with_name(name) for name in ("catalogue.py", "text.py")]
    return prepared("catalogue", [*tables, *code], _indexed)


def _indexed() -> Catalogue:
    """The catalogue with what a look-up needs already in it."""
    catalogue = read_catalogue()
    for name in ("_columns", "_rows", "_ids", "_labels", "_aliases", "series_names", "_stage_rows"):
        getattr(catalogue, name)
    return catalogue


def read_catalogue() -> Catalogue:
    """The shipped catalogue, from its tables."""
    table = _read("emission_factors.csv").set_index("id")
    return catalogue_of(table, _read("stages.csv"), _version(table))


def catalogue_of(table: pd.DataFrame, lines: pd.DataFrame, version: str) -> Catalogue:
    """A catalogue from factors (indexed by id) and stages in the columns of the shipped tables.

    Numbers may be text; blank means unknown.
    """
    table, lines = table.copy(), lines.copy()
    for column in NUMBERS:
        table[column] = pd.to_numeric(table[column])
    for column in STAGE_NUMBERS:
        lines[column] = pd.to_numeric(lines[column])
    lines["assigned"] = lines["assigned"].astype(bool)
    biogenic = lines["co2_biogenic"].where(lines["stage"] == "combustion", 0.0)
    lines = _with_unsplit(lines.assign(co2_biogenic=biogenic.fillna(0.0)))
    sums = lines.groupby("factor_id", sort=False)["total"].sum()
    table["value"] = sums.reindex(table.index).fillna(table["total"])
    table["unsplit"] = table["value"] - table[list(PUBLISHED_GASES)].fillna(0.0).sum(axis=1)
    staged = table.index.isin(sums.index)
    lines = pd.concat([lines, _whole_stages(table.loc[~staged])], ignore_index=True)
    return Catalogue(table, lines, _series(table), version)


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(shipped("factors") / name, sep=";", dtype=str, keep_default_na=False)


def _version(table: pd.DataFrame) -> str:
    """Source bases with their versions, and a digest of the shipped figures: what a workbook pins."""
    digest = hashlib.sha256()
    for name in ("emission_factors.csv", "stages.csv"):
        digest.update((shipped("factors") / name).read_bytes().replace(b"\r\n", b"\n"))
    bases = table.loc[table["version"] != "", ["source", "version"]].drop_duplicates()
    named = " ; ".join(
        f"{source} {version}" for source, version in zip(bases["source"], bases["version"], strict=True)
    )
    return f"{named} ({digest.hexdigest()[:8]})"


def _with_unsplit(lines: pd.DataFrame) -> pd.DataFrame:
    gases = lines[list(PUBLISHED_GASES)].fillna(0.0)
    return lines.assign(
        **{gas: gases[gas] for gas in PUBLISHED_GASES}, unsplit=lines["total"] - gases.sum(axis=1)
    )


def _whole_stages(table: pd.DataFrame) -> pd.DataFrame:
    """One ``whole`` stage for each factor of ``table``."""
    lines = table[["total", *PUBLISHED_GASES]].reset_index().rename(columns={"id": "factor_id"})
    lines.insert(1, "position", 1)
    lines.insert(2, "label", "Total")
    lines.insert(3, "stage", WHOLE)
    lines["co2_biogenic"] = table["co2_biogenic"].fillna(0.0).to_numpy()
    lines["assigned"] = False
    return _with_unsplit(lines)


def _series(table: pd.DataFrame) -> Mapping[str, Series]:
    texts = {str(row["series"]): row for row in _read("series.csv").to_dict(orient="records")}
    found: dict[str, Series] = {}
    for key, group in table[table["series"] != ""].groupby("series", sort=False):
        name = str(key)
        years = [int(year) for year in group["series_year"]]
        found[name] = Series(
            name=name,
            label=str(texts[name]["label"]),
            rule=str(texts[name]["rule"]),
            members=MappingProxyType(dict(zip(years, map(str, group.index), strict=True))),
            monetary=bool((group["kind"] == "monetary").all()),
        )
    return MappingProxyType(found)


@cache
def migrations() -> Mapping[str, tuple[str, str]]:
    """The factor that takes the place of another, and why, by the id it had."""
    rows = _read("migrations.csv")
    heirs = zip(rows["new_id"], rows["reason"], strict=True)
    return MappingProxyType(dict(zip(rows["old_id"], heirs, strict=True)))


def _index(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text, identifier in pairs:
        ids = found.setdefault(fold(text), [])
        if identifier not in ids:
            ids.append(identifier)
    return found


def _reference_text(ref: object) -> str:
    """A cell's reference as text: a whole number loses its decimals, what is empty gives ""."""
    if ref is None or ref is pd.NA or (isinstance(ref, float) and math.isnan(ref)):
        return ""
    if isinstance(ref, (float, np.floating)) and float(ref).is_integer():
        return str(int(ref))
    return str(ref).replace("\u00a0", " ").strip()


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float, np.number)) else math.nan
