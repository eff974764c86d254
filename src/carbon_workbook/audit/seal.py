"""The seal of a report: what it was made from, as hashes. Computed here only; a report carries it, verify compares it.

Each item (line, setting, site, factor…) has a short mark, enough to name what changed; two full SHA-256 stand for
all inputs and for all factors used.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from carbon_workbook import __version__
from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.inventory.core import FactorArrays
from carbon_workbook.inventory.entry import EntryTable
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.views import View
from carbon_workbook.specs.spec import settings as setting_specs
from carbon_workbook.values import CellError, Uncached

FORMAT = 1
MARK = 4
"""Hexadecimal digits of a mark. Short on purpose: a report may be published, and a longer mark of a secret figure
could be guessed by trial. The full hash tells what a mark misses (1 change in 65,536)."""

SHORT = 12
"""Digits of the input hash that a report prints."""

LINES, SETTINGS, FACTORS = "lines", "settings", "factors"
FACTOR_TEXTS = ("label", "unit", "source", "version", "cutoff_pair")
BETWEEN = "\x1f"

Marks = dict[str, str]


@dataclass(frozen=True)
class Seal:
    """``inputs``: entered values, settings and registers; ``factors``: those used and their cut-off pairs (SHA-256).

    ``marks``: by group (lines, settings, each register, factors) then by item. ``totals``: kgCO2e by view.
    ``journal``: number of rows of the journal, and hash of what they hold.
    """

    inputs: str
    factors: str
    catalogue: str
    totals: Mapping[str, float]
    marks: Mapping[str, Mapping[str, str]]
    journal: tuple[int, str]
    software: str = __version__

    @property
    def short(self) -> str:
        """What the foot of a report shows of the inputs."""
        return self.inputs[:SHORT]

    def text(self) -> str:
        """The seal as JSON, ASCII only."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True, separators=(",", ":"))


def parse_seal(text: str) -> Seal | None:
    """The seal that a text holds; None when it holds none of this format."""
    try:
        data = json.loads(text)
        if data.pop("format") != FORMAT:
            return None
        count, digest = data.pop("journal")
        return Seal(**data, journal=(int(count), str(digest)))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def make_seal(
    inventory: Inventory,
    views: Mapping[str, View],
    settings: Mapping[str, object],
    entries: Sequence[EntryTable],
    registers: Mapping[str, pd.DataFrame],
    journal: Sequence[Sequence[object]] = (),
) -> Seal:
    """The seal of an inventory. ``registers``: tables by name, their first column names each row.

    The order of rows does not count, nor do blank cells and settings left at their default.
    """
    groups = {
        LINES: _lines(inventory, entries),
        SETTINGS: _settings(settings),
        **{name: _register(table) for name, table in registers.items()},
    }
    factors = _factors(inventory)
    marks = {**groups, FACTORS: factors}
    return Seal(
        inputs=_digest(f"{name}{BETWEEN}{_all(items)}" for name, items in sorted(groups.items())),
        factors=_all(factors),
        catalogue=inventory.catalogue.version,
        totals={name: view.total_kg for name, view in views.items()},
        marks={
            name: {key: value[:MARK] for key, value in sorted(items.items())} for name, items in marks.items()
        },
        journal=(len(journal), journal_hash(journal)),
    )


def journal_hash(rows: Iterable[Sequence[object]]) -> str:
    """SHA-256 of journal rows, in their order."""
    return _digest(BETWEEN.join(canonical(value) for value in row) for row in rows)


def canonical(value: object) -> str:
    """A cell's value as text, the same whatever wrote it; ``""`` when it is blank."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        value = value.date()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, CellError):
        return value.text
    if isinstance(value, Uncached):
        return f"={value.formula}"
    return str(value).strip()


def _lines(inventory: Inventory, entries: Sequence[EntryTable]) -> Marks:
    """Hash of what is entered in each row, by line id; rows of a copied sheet have no id of their own."""
    lines = inventory.lines
    if "title" not in lines:
        return {}
    ids = dict(
        zip(
            zip(lines["title"].astype(str), lines["row"].tolist(), strict=True),
            lines["line_id"].astype(str),
            strict=True,
        )
    )
    found: Marks = {}
    for table in entries:
        rows = [position for position, number in enumerate(table.numbers) if (table.title, number) in ids]
        texts = [[table.spec.key] for _ in rows]
        for column in table.spec.entered:
            values = table.rows[column.key].to_numpy(dtype=object)
            for place, position in enumerate(rows):
                text = canonical(values[position])
                if text:
                    texts[place].append(f"{column.key}={text}")
        for place, position in enumerate(rows):
            key = (table.title, table.numbers[position])
            name = f"{key[0]}!{key[1]}" if table.copied else ids[key]
            found[name] = _digest(texts[place])
    return found


def _settings(settings: Mapping[str, object]) -> Marks:
    default = {setting.key: canonical(setting.default) for setting in setting_specs()}
    texts = {key: canonical(value) for key, value in settings.items()}
    return {key: _digest([text]) for key, text in texts.items() if text and text != default.get(key)}


def _register(table: pd.DataFrame) -> Marks:
    columns = [column for column in table.columns if not str(column).startswith("_")]
    found: Marks = {}
    for row in table[columns].to_dict(orient="records"):
        texts = {str(key): canonical(value) for key, value in row.items()}
        name = key = texts[str(columns[0])]
        number = 1
        while name in found:
            number += 1
            name = f"{key} ({number})"
        found[name] = _digest(f"{column}={text}" for column, text in texts.items() if text)
    return found


def _factors(inventory: Inventory) -> Marks:
    """Hash of each factor of the counted lines, and of those that a view takes in its place."""
    arrays, table = inventory.block.arrays, inventory.catalogue.table
    used = [str(arrays.ids[f]) for f in np.unique(inventory.block.factor[inventory.block.counted]) if f >= 0]
    pairs = [str(pair) for pair in table.loc[used, "cutoff_pair"] if isinstance(pair, str) and pair]
    return {name: factor_hash(inventory.catalogue, arrays, name) for name in {*used, *pairs}}


def factor_hash(catalogue: Catalogue, arrays: FactorArrays, factor_id: str) -> str:
    """SHA-256 of a factor: its texts, and its gases stage by stage to twelve digits."""
    row, position = catalogue.table.loc[factor_id], arrays.position(factor_id)
    first = int(arrays.stage_start[position])
    last = first + int(arrays.stage_count[position])
    texts = [f"{name}={canonical(row[name])}" for name in FACTOR_TEXTS]
    for kind, values in zip(arrays.stage_kind[first:last], arrays.stage_values[first:last], strict=True):
        texts.append(f"{kind}:" + " ".join(f"{value:.12g}" for value in values + 0.0))
    return _digest(texts)


def _all(items: Mapping[str, str]) -> str:
    return _digest(f"{key}{BETWEEN}{value}" for key, value in sorted(items.items()))


def _digest(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        content = text.encode("utf-8", "surrogatepass")
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()
