"""Base Carbone® / Base Empreinte® (ADEME): one table of elements and of their life-cycle stages.

Gases are kgCO2e already, biogenic CO2 apart. An element and its stages are never added: the stages are the element.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from carbon_workbook.factors.catalogue import GAP_THRESHOLD
from carbon_workbook.factors.imports.base import (
    ARCHIVED,
    AVOIDED,
    EMISSION,
    GWP,
    NO_VALUE,
    SOURCE_DATA,
    UNKNOWN_UNIT,
    UNREADABLE,
    VALID,
    Base,
    added_up,
    check_ids,
    factor_frame,
    refused_frame,
    stage_frame,
    understood,
)
from carbon_workbook.factors.imports.layout import Layout, layout_of
from carbon_workbook.factors.imports.sheet import Floats, Table, figures, text_of
from carbon_workbook.factors.text import fold
from carbon_workbook.messages import CodedError

STAGES_LOST, VERSION_UNKNOWN = "CW-240", "CW-242"

_ELEMENT, _STAGE = fold("Elément"), "poste"
_BY_STAGE = "decompose par poste"
_AR6 = "6eme rapport du giec"
_PLAIN_GASES = ("CO2f", "CH4f", "CH4b", "N2O")
_OUR_GASES = ("co2_fossil", "ch4_fossil", "ch4_biogenic", "n2o")
_LABEL_PARTS = ("name", "attribute", "boundary", "place", "sub_place", "unit")
_VERSION = re.compile(r"[Vv](\d{1,2}(?:\.\d{1,2})+|\d{2})(?!\d)")
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: 0?0:00(?::00)?)?")
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00:00(?:\.0+)?Z?)?")
_YEAR = re.compile(r"(?:Année |Données valides pour l'année )?(20\d\d)", re.IGNORECASE)
_MONTH = re.compile(r"(?:(\d{1,2})-)?([^\W\d_]+)\.?[- ](\d\d|20\d\d)")
_SERIAL = re.compile(r"[34]\d{4}")
_FIRST_SERIAL = dt.date(1899, 12, 30)


def layout() -> Layout:
    """Titles and constants of the format (``base_carbone.toml``)."""
    return layout_of("base_carbone")


def version_of(texts: list[str]) -> str:
    """``V23.6`` in the first text that holds a version. Raises CodedError CW-242 when none does."""
    for text in texts:
        match = _VERSION.search(text)
        if match:
            return f"V{match[1]}"
    raise CodedError(VERSION_UNKNOWN, source=layout()["source"])


def read(table: Table, version: str) -> Base:
    """The base in a table found under the heading of its layout.

    Raises CodedError CW-237 (decimal signs mixed), CW-238 (no element), CW-239 (an element twice), CW-240 (stages
    without their element, or elements without the stages they announce: the file is cut short).
    """
    names = [*_PLAIN_GASES, *layout()["extra_gases"], "total", "CO2b", "uncertainty"]
    numbers, unreadable = figures(table, names)
    if not len(table):
        check_ids([])
    rows = _Rows(table, numbers, unreadable)
    elements = np.flatnonzero(rows.types == _ELEMENT)
    stages = np.flatnonzero(rows.types == _STAGE)
    check_ids(rows.ids[elements].tolist())
    rows.check_stages(elements, stages)
    refused = rows.refusals(elements, stages)
    kept = np.array([place for place in elements if place not in refused], dtype=np.int64)
    kept_ids = set(rows.ids[kept].tolist())
    kept_stages = np.array([place for place in stages if rows.ids[place] in kept_ids], dtype=np.int64)
    if not len(kept):
        check_ids([])
    return Base(
        *layout().head(version),
        factors=rows.factors(kept),
        stages=rows.stages(kept_stages),
        refused=refused_frame(
            (table.first_row + int(place), rows.ids[place], rows.label(place), *reason)
            for place, reason in sorted(refused.items())
        ),
        counts=rows.counts(elements, stages, kept),
    )


class _Rows:
    """The rows of the file with their texts folded once; methods select among them by position."""

    def __init__(
        self, table: Table, numbers: Mapping[str, Floats], unreadable: npt.NDArray[np.bool_]
    ) -> None:
        self.text = {
            name: np.array(table.texts(name), dtype=object)
            for name in layout().heading.titles
            if name not in numbers
        }
        self.validity = table.columns["validity"]
        self.ids = self.text["id"]
        self.types = _folded(self.text["row_type"])
        self.numbers = numbers
        self.unreadable = unreadable
        gases = [*(numbers[name] for name in _PLAIN_GASES)]
        self.gases = dict(zip(_OUR_GASES, gases, strict=True))
        self.gases["other_gases"] = added_up([numbers[name] for name in layout()["extra_gases"]])
        self.archived = _folded(self.text["status"]) == fold(ARCHIVED)
        self.source_data = _folded(self.text["element_type"]) == fold("Données source")
        self.units = understood(self.text["unit"].tolist())

    def label(self, place: int) -> str:
        return label_of(*(str(self.text[name][place]) for name in ("name", "attribute", "boundary")))

    def check_stages(self, elements: npt.NDArray[np.int64], stages: npt.NDArray[np.int64]) -> None:
        known, staged = set(self.ids[elements].tolist()), set(self.ids[stages].tolist())
        structures = _folded(self.text["structure"])
        announced = {self.ids[place] for place in elements if _BY_STAGE in structures[place]}
        lost = sorted((staged - known) | (announced - staged))
        if lost:
            raise CodedError(STAGES_LOST, count=len(lost), ids=", ".join(lost[:5]))

    def refusals(
        self, elements: npt.NDArray[np.int64], stages: npt.NDArray[np.int64]
    ) -> dict[int, tuple[str, str]]:
        """Code and detail of each element not taken; one unreadable stage refuses its element."""
        total = self.numbers["total"]
        broken = {self.ids[place] for place in stages if self.unreadable[place] or np.isnan(total[place])}
        found: dict[int, tuple[str, str]] = {}
        for place in elements.tolist():
            if self.source_data[place]:
                found[place] = (SOURCE_DATA, str(self.text["unit"][place]))
            elif self.unreadable[place] or self.ids[place] in broken:
                found[place] = (UNREADABLE, "")
            elif np.isnan(total[place]):
                found[place] = (NO_VALUE, "")
            elif self.units[self.text["unit"][place]] is None:
                found[place] = (UNKNOWN_UNIT, str(self.text["unit"][place]))
        return found

    def factors(self, kept: npt.NDArray[np.int64]) -> Any:
        units = [self.units[unit] or ("", 1.0, EMISSION, np.nan) for unit in self.text["unit"][kept]]
        scale = np.array([unit[1] for unit in units])
        texts = {name: self.text[name][kept].tolist() for name in self.text}
        labels = [
            full_label(*parts)
            for parts in zip(*(texts[name] for name in _LABEL_PARTS), strict=True)
        ]  # fmt: skip
        boundaries = _folded(self.text["boundary"][kept])
        kinds = [
            GWP if boundary.startswith("prg a 100 ans") else AVOIDED if "emissions evitees" in fold(label) else unit[2]
            for boundary, label, unit in zip(boundaries, labels, units, strict=True)
        ]  # fmt: skip
        return factor_frame(
            {
                "id": texts["id"],
                "label": labels,
                "unit": [unit[0] for unit in units],
                "total": self.numbers["total"][kept] * scale,
                **{gas: values[kept] * scale for gas, values in self.gases.items()},
                "co2_biogenic": self.numbers["CO2b"][kept] * scale,
                "uncertainty_pct": self.numbers["uncertainty"][kept],
                "geography": [
                    " – ".join(dict.fromkeys(filter(None, map(clean, places))))
                    for places in zip(texts["place"], texts["sub_place"], strict=True)
                ],
                "valid_until": [validity(self.validity[place]) for place in kept],
                "gwp_set": ["AR6" if _AR6 in fold(category) else "inconnu" for category in texts["category"]],
                "source_id": texts["id"],
                "kind": kinds,
                "status": [ARCHIVED if old else VALID for old in self.archived[kept]],
                "price_year": [unit[3] for unit in units],
                "category": texts["category"],
                "tags": [clean(tags) for tags in texts["tags"]],
            }
        )

    def stages(self, kept: npt.NDArray[np.int64]) -> Any:
        position: dict[str, int] = {}
        positions = []
        for key in self.ids[kept]:
            position[key] = position.get(key, 0) + 1
            positions.append(position[key])
        types, names = self.text["stage_type"][kept], self.text["stage_name"][kept]
        decided = [stage_of(kind, name) for kind, name in zip(types, names, strict=True)]
        return stage_frame(
            {
                "factor_id": self.ids[kept],
                "position": positions,
                "label": [stage_label(kind, name) for kind, name in zip(types, names, strict=True)],
                "stage": [stage for stage, _ in decided],
                "total": self.numbers["total"][kept],
                **{gas: values[kept] for gas, values in self.gases.items()},
                "co2_biogenic": self.numbers["CO2b"][kept],
                "assigned": [float(assigned) for _, assigned in decided],
            }
        )

    def counts(
        self, elements: npt.NDArray[np.int64], stages: npt.NDArray[np.int64], kept: npt.NDArray[np.int64]
    ) -> dict[str, int]:
        total = self.numbers["total"]
        valid = kept[~self.archived[kept]]
        sums: dict[str, float] = {}
        for place in stages:
            sums[self.ids[place]] = sums.get(self.ids[place], 0.0) + total[place]
        staged = [place for place in elements if self.ids[place] in sums]
        close = sum(_close(sums[self.ids[place]], total[place]) for place in staged)
        split = np.flatnonzero(~np.all([np.isnan(values) for values in self.gases.values()], axis=0))
        gases = np.sum([np.nan_to_num(values[split]) for values in self.gases.values()], axis=0)
        agree = sum(_close(gas, whole) for gas, whole in zip(gases, total[split], strict=True))
        return {
            "lignes": len(self.ids),
            "éléments": len(elements),
            "lignes d'étape": len(stages),
            "facteurs valides": len(valid),
            "lignes archivées": int(self.archived.sum()),
            "lignes de données source, refusées": int(self.source_data.sum()),
            "facteurs valides négatifs": int((total[valid] < 0).sum()),
            "émissions évitées, hors de la recherche": sum(
                "emissions evitees" in fold(self.label(place)) for place in valid
            ),
            "unités des facteurs valides": len(set(self.text["unit"][valid].tolist())),
            "facteurs à étapes": len(staged),
            "somme des étapes égale au total à 1 %": int(close),
            "lignes avec des gaz": len(split),
            "somme des gaz égale au total à 1 %": int(agree),
        }


def _close(value: float, total: float) -> bool:
    return bool(abs(value - total) <= GAP_THRESHOLD * abs(total) + 1e-9)


def _folded(texts: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.array([fold(text) for text in texts], dtype=object)


@lru_cache(maxsize=65536)
def clean(text: str) -> str:
    """A name without the quotes, tabs and split commas that the export leaves, its spelling put right."""
    tidy = re.sub(r"\s+", " ", text.replace('"', "")).strip(" ,/")
    if re.fullmatch(r"\d+,\d+", tidy):  # one name is a figure, typed as a number in the workbook
        return tidy.replace(",", ".")
    for wrong, right in layout()["spellings"].items():
        tidy = tidy.replace(wrong, right)
    return tidy


def label_of(name: str, attribute: str, boundary: str) -> str:
    """Name, attribute and boundary as one label."""
    return ", ".join(filter(None, map(clean, (name, attribute, boundary))))


def full_label(name: str, attribute: str, boundary: str, place: str, sub_place: str, unit: str) -> str:
    """The label with its place and what its unit counts, where the names do not tell them."""
    label = _placed(label_of(name, attribute, boundary), place, clean(sub_place))
    words = layout()["unit_words"].get(unit.partition("/")[2].strip())
    return f"{label} (par {words})" if words else label


def _placed(label: str, place: str, sub: str) -> str:
    told = label.lower()
    if not sub and place in ("Europe", "Outre-mer"):
        sub = place
    if sub == "France":
        return f"{label} (France)" if place == "Autre pays du monde" else label
    if sub and not any(bit.strip().lower() in told for bit in sub.split(",")):
        label += f" ({sub})"
    return label


@lru_cache(maxsize=4096)
def stage_label(kind: str, name: str) -> str:
    """« Amont – Extraction » ; the type alone where the stage has no name of its own."""
    first, second = clean(kind), clean(name)
    return f"{first} – {second}" if second and second != first else first


@lru_cache(maxsize=4096)
def stage_of(kind: str, name: str) -> tuple[str, bool]:
    """Our stage of a stage of the base, and whether we decide it ourselves."""
    for rule in layout()["named_stages"]:
        if rule["type"] in ("", clean(kind)) and rule["contains"] in name:
            return rule["stage"], rule["assigned"]
    return layout()["stages"].get(clean(kind), "other"), False


def validity(cell: object) -> str:
    """ISO last day of validity; blank when the text is no date (« 3 ans »).

    The first of a month is a month that a spreadsheet completed: its last day.
    """
    if isinstance(cell, dt.datetime | dt.date):
        return _day(cell.year, cell.month, cell.day)
    return _validity(text_of(cell))


@lru_cache(maxsize=4096)
def _validity(text: str) -> str:
    if _SERIAL.fullmatch(text):
        return (_FIRST_SERIAL + dt.timedelta(days=int(text))).isoformat()
    if match := _DAY.fullmatch(text):
        return _day(int(match[3]), int(match[2]), int(match[1]))
    if match := _ISO_DAY.fullmatch(text):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := _YEAR.fullmatch(text):
        return f"{match[1]}-12-31"
    match = _MONTH.fullmatch(text)
    if match and match[2].lower() in layout()["months"]:
        day = int(match[1]) if match[1] else 1
        return _day(2000 + int(match[3]) % 100, layout()["months"][match[2].lower()], day)
    return ""


def _day(year: int, month: int, day: int) -> str:
    try:
        found = dt.date(year, month, day)
    except ValueError:
        return ""
    if day == 1:
        found = dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
    return found.isoformat()
