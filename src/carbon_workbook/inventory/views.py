"""Views of one set of lines: each is complete, and what it leaves out or counts otherwise has a name (B2, B3).

For each view: table + Σ adjustments = Σ lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.factors.tables import conventions, ghgp_categories, posts
from carbon_workbook.inventory import market
from carbon_workbook.inventory.core import factor_arrays, product, used_values
from carbon_workbook.inventory.gases import COLUMNS, STAGES
from carbon_workbook.inventory.model import Inventory, Parts, control_of, parts_of
from carbon_workbook.inventory.posts import outside, posting, reasons
from carbon_workbook.units import conversion

VIEWS = ("beges", "iso", "ghgp", "ghgp_market", "esrs")
NOMENCLATURE = {"beges": "beges", "iso": "beges", "ghgp": "ghgp", "ghgp_market": "ghgp", "esrs": "ghgp"}
WASTE = {"dechets": "recyclage_dechets", "fin_de_vie": "recyclage_produits"}
TOTAL = "T"
_ONE_UNSPLIT = np.array([[1.0 if column == "unsplit" else 0.0 for column in COLUMNS]])
"""A stage of 1 kgCO2e without gas split, for what a view adds by itself."""


@dataclass(frozen=True)
class View:
    """One presentation of the inventory, in kgCO2e.

    ``rows``: code, label, level (0 total or category, 1 post, 2 share of a post), total and gases, nil rows included.
    """

    name: str
    rows: pd.DataFrame
    lines_kg: float
    total_kg: float
    _draft: _Draft

    @cached_property
    def placed(self) -> Placed:
        """The parts with the stage values they multiply; those without a row are nil."""
        draft = self._draft
        line, row, quantity, code = draft.line, draft.row, draft.quantity, draft.code
        if draft.mixed:
            order = np.argsort(line, kind="stable")
            line, row, quantity, code = line[order], row[order], quantity[order], code[order]
        return Placed(line, row, quantity, code, draft.codes, draft.stage_totals, draft.by_stage)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """line, code, kg, gases and stage_row: what each row of the table is made of, one entry a part of a line.

        ``stage_row`` is a place in the stages of the factor arrays, their number for what a view adds by itself.
        """
        draft = self._draft
        inside = draft.inside
        line, code, row = draft.line[inside], draft.code[inside], draft.row[inside]
        values = draft.stage_values[row] * draft.quantity[inside][:, None]
        cells = pd.DataFrame(values, columns=list(COLUMNS))
        cells.insert(0, "kg", values[:, :-1].sum(axis=1))
        cells.insert(0, "code", np.array([*draft.codes, ""], dtype=object)[code])
        cells.insert(0, "line", line)
        cells["stage_row"] = row
        return cells

    @cached_property
    def details(self) -> pd.DataFrame:
        """line, reason, kg: what the view counts otherwise, one entry a part of a line."""
        found = [
            pd.DataFrame({"line": line, "reason": reason, "kg": kg}) for reason, line, kg in self._draft.moved
        ]
        empty = pd.DataFrame(
            {"line": np.array([], dtype=np.int64), "reason": pd.Series(dtype=object), "kg": []}
        )
        details = pd.concat(found, ignore_index=True) if found else empty
        return details[details["kg"] != 0].reset_index(drop=True)

    @cached_property
    def adjustments(self) -> pd.DataFrame:
        """reason, label, kg: what to add to the table to find the sum of the lines again."""
        sums: dict[str, float] = {}
        for reason, _, kg in self._draft.moved:
            if kg.any():
                sums[reason] = sums.get(reason, 0.0) + float(kg.sum())
        found = [reason for reason in reasons() if reason in sums]
        labels = [reasons()[reason] for reason in found]
        kg = np.array([sums[reason] for reason in found], dtype=np.float64)
        return pd.DataFrame({"reason": found, "label": labels, "kg": kg})

    @property
    def gap_kg(self) -> float:
        """Table + adjustments − lines; nil but for the rounding of doubles."""
        return self.total_kg + float(self.adjustments["kg"].sum()) - self.lines_kg

    def kg(self, code: str) -> float:
        """Value of one row. Raises KeyError."""
        totals: pd.Series[float] = self.rows.set_index("code")["total"]
        return float(totals[code])


@dataclass(frozen=True)
class Placed:
    """Parts of a view's table. kgCO2e of a part: ``stage_totals[row] × quantity``; ``code`` is a position in ``codes``.

    Arrays of the same length; the parts of a line that are not nil stand together. The last stage total is 1, for what
    a view adds by itself.
    """

    line: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    quantity: npt.NDArray[np.float64]
    code: npt.NDArray[np.int16]
    codes: tuple[str, ...]
    stage_totals: npt.NDArray[np.float64]
    by_stage: npt.NDArray[np.float64]  # codes × stages: quantities


@dataclass
class _Draft:
    """Parts on their way to a view: which post each goes to, with which quantity; and the adjustments so far.

    A part is a quantity of one stage (``row`` of ``stage_values``); its kgCO2e by gas are their product.
    """

    line: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    quantity: npt.NDArray[np.float64]
    code: npt.NDArray[np.int16]
    codes: tuple[str, ...]
    stage_values: npt.NDArray[np.float64]
    moved: list[tuple[str, npt.NDArray[np.int64], npt.NDArray[np.float64]]] = field(default_factory=list)
    mixed: bool = False

    @property
    def inside(self) -> npt.NDArray[np.bool_]:
        """Parts that the view has a row for."""
        inside: npt.NDArray[np.bool_] = ~np.append(outside(self.codes), False)[self.code]
        return inside

    def kg(self, where: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """kgCO2e of some parts."""
        kg: npt.NDArray[np.float64] = self.stage_totals[self.row[where]] * self.quantity[where]
        return kg

    @cached_property
    def stage_totals(self) -> npt.NDArray[np.float64]:
        totals: npt.NDArray[np.float64] = self.stage_values[:, :-1].sum(axis=1)
        return totals

    def move(
        self, place: npt.NDArray[np.int64], reason: str, share: npt.NDArray[np.float64] | float = 0.0
    ) -> None:
        """Keep ``share`` of the parts at ``place``; the rest becomes the adjustment ``reason``."""
        if len(place):
            self.moved.append((reason, self.line[place], self.kg(place) * (1.0 - share)))
            self.quantity[place] *= share

    def add(self, parts: Parts, code: npt.NDArray[np.int16], reason: str, *, whole: bool) -> None:
        """Add to the view what the lines do not hold; the adjustment is negative.

        ``whole``: the lines keep nothing else.
        """
        first, self.mixed = len(self.line), self.mixed or not whole
        self.line = np.concatenate([self.line, parts.line])
        self.row = np.concatenate([self.row, parts.row])
        self.quantity = np.concatenate([self.quantity, parts.quantity])
        self.code = np.concatenate([self.code, code])
        self.moved.append((reason, parts.line, -self.kg(np.arange(first, len(self.line)))))

    @cached_property
    def by_stage(self) -> npt.NDArray[np.float64]:
        """Quantity of each stage in each code (in the order of ``codes``), once all is moved."""
        stages, count = len(self.stage_values), len(self.codes)
        place = self.code.astype(np.int64) * stages + self.row
        sums = np.bincount(place, weights=self.quantity, minlength=stages * count)
        return np.asarray(sums, dtype=np.float64).reshape(count, stages)

    def by_code(self) -> npt.NDArray[np.float64]:
        """kgCO2e of each code by gas."""
        return product(self.by_stage, self.stage_values)


def view(inventory: Inventory, name: str) -> View:
    """The view ``name``. Raises KeyError on an unknown one."""
    return _view(_Common(inventory), name)


def views(inventory: Inventory) -> dict[str, View]:
    """All views by name."""
    common = _Common(inventory)
    return {name: _view(common, name) for name in VIEWS}


class _Common:
    """What several views of an inventory need alike, found once: posts of the parts, and places of some of them."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self._posts: dict[tuple[str, str], tuple[npt.NDArray[np.int16], tuple[str, ...]]] = {}
        self._places: dict[str, npt.NDArray[np.int64]] = {}

    def posts(self, control: str, nomenclature: str) -> tuple[npt.NDArray[np.int16], tuple[str, ...]]:
        """Post of each part, a position in the codes that follow."""
        key = control, nomenclature
        if key not in self._posts:
            lines, parts = self.inventory.lines, self.inventory.parts
            post = posting(lines, self.inventory.block.counted, control, nomenclature)
            self._posts[key] = post.of(parts.line, parts.stage), post.codes
        return self._posts[key]

    def posted(self, name: str) -> npt.NDArray[np.int64]:
        """Places of the parts of an activity."""
        return self._of_lines(name, lambda lines: lines["posting"] == name)

    @property
    def outside_seven(self) -> npt.NDArray[np.int64]:
        """Places of the parts whose gas is none of the seven."""
        return self._of_lines("outside_seven", lambda lines: lines["outside_seven"])

    @property
    def abroad(self) -> npt.NDArray[np.int64]:
        """Places of the parts outside the national territory."""
        return self._of_lines("abroad", lambda lines: ~lines["national"].astype(bool))

    @cached_property
    def contrails(self) -> npt.NDArray[np.int64]:
        """Places of the contrails."""
        return np.flatnonzero(self.inventory.parts.stage == STAGES.index("contrails"))

    def _of_lines(self, key: str, chosen: Callable[[pd.DataFrame], pd.Series]) -> npt.NDArray[np.int64]:
        if key not in self._places:
            lines = chosen(self.inventory.lines).to_numpy(dtype=bool)
            found = (
                np.flatnonzero(lines[self.inventory.parts.line])
                if lines.any()
                else np.zeros(0, dtype=np.int64)
            )
            self._places[key] = found
        return self._places[key]


def _view(common: _Common, name: str) -> View:
    inventory, rule = common.inventory, conventions(name)
    control = control_of(inventory.settings, name)
    parts = inventory.parts
    code, codes = common.posts(control, NOMENCLATURE[name])
    draft = _Draft(
        parts.line,
        parts.row,
        parts.quantity.copy(),
        code,
        codes,
        np.vstack([inventory.block.arrays.stage_values, _ONE_UNSPLIT]),
    )
    draft.move(common.outside_seven, "gaz_hors_sept")
    if rule["territory"] == "national":
        draft.move(common.abroad, "territoire")
    for number in np.flatnonzero(outside(codes)):
        draft.move(np.flatnonzero(draft.code == number), codes[number][1:])
    if _contrails_out(inventory, name, rule["contrails"]):
        draft.move(common.contrails, "trainees")
    _capital_goods(common, draft, rule["capital_goods"])
    if rule["recycling"] == "user":
        _recycling(common, draft)
    if rule["electricity"] == "market":
        _market(inventory, draft, control)
    return _finished(name, draft, inventory.total_kg)


def bridge(start: View, end: View) -> pd.DataFrame:
    """From one view's total to another's: label, kg, reason; first row the start, last row the end."""
    left, right = (v.adjustments.set_index("reason")["kg"] for v in (start, end))
    steps = left.sub(right, fill_value=0.0)
    order = [reason for reason in reasons() if reason in steps.index and abs(steps[reason]) > 1e-9]
    return pd.DataFrame(
        {
            "reason": ["", *order, ""],
            "label": [start.name, *(reasons()[r] for r in order), end.name],
            "kg": [start.total_kg, *(float(steps[r]) for r in order), end.total_kg],
        }
    )


def _contrails_out(inventory: Inventory, name: str, rule: str) -> bool:
    if NOMENCLATURE[name] == "beges":
        return (inventory.settings.get("contrails_beges") or "incluses") == "exclues"
    return rule == "excluded"


def _capital_goods(common: _Common, draft: _Draft, rule: str) -> None:
    """BEGES, ISO: total ÷ life while in service. GHG Protocol, ESRS: whole in the year of acquisition (B8).

    The last year of a life that is no whole number takes what is left of it: the shares of all years add up to 1.
    """
    inventory, place = common.inventory, common.posted("immobilisations")
    if not len(place):
        return
    line = draft.line[place]
    bought, life, sold = (
        inventory.lines[column].to_numpy(dtype=np.float64)[line]
        for column in ("acquisition_year", "life_years", "disposal_year")
    )
    year = np.nan if inventory.year is None else float(inventory.year)
    if rule == "acquisition":
        share = np.where(bought == year, 1.0, 0.0)
    else:
        in_service = (bought <= year) & (life > 0) & ~(sold < year)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(in_service, np.clip(bought + life - year, 0.0, 1.0) / life, 0.0)
    draft.move(place, "immobilisations", share)


def _recycling(common: _Common, draft: _Draft) -> None:
    """Cut-off: the producer of waste keeps collection and sorting, the user of recycled matter the rest (B3)."""
    block = common.inventory.block
    arrays = block.arrays
    pair, ratio = _cutoff_pairs(common.inventory.catalogue)
    for name, reason in WASTE.items():
        place = common.posted(name)
        place = place[(pair[block.factor[draft.line[place]]] >= 0) & (draft.quantity[place] != 0)]
        if not len(place):
            continue
        line, first = np.unique(draft.line[place], return_index=True)
        code = draft.code[place][first]
        draft.move(place, reason)
        factor = block.factor[line]
        added = parts_of(line, pair[factor], block.quantity[line] * ratio[factor], arrays)
        draft.add(added, np.repeat(code, arrays.stage_count[pair[factor]]), reason, whole=True)


@lru_cache(maxsize=8)
def _cutoff_pairs(catalogue: Catalogue) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Of each factor: the factor of the cut-off rule (-1: none, as for no factor), and its units per unit."""
    arrays = factor_arrays(catalogue)
    pair = np.append(arrays.ids.get_indexer(pd.Index(catalogue.table["cutoff_pair"].astype(str))), -1)
    ratio = np.array(
        [
            conversion(str(arrays.units[f]), str(arrays.units[p])) if p >= 0 else np.nan
            for f, p in enumerate(pair[:-1])
        ]
    )
    return pair.astype(np.int64), ratio


def _market(inventory: Inventory, draft: _Draft, control: str) -> None:
    """Replace scope 2 electricity by location with the market method, country by country."""
    lines = inventory.lines
    instruments = (lines["posting"] == market.INSTRUMENTS).to_numpy(dtype=bool) & inventory.block.counted
    if not instruments.any():
        return
    energy = market.grid_energy(lines, inventory.block, control)
    if "S2" not in draft.codes or np.isnan(energy).all():
        return
    place = np.flatnonzero(~np.isnan(energy)[draft.line] & (draft.code == draft.codes.index("S2")))
    country = lines["country"].to_numpy(dtype=object)
    there = country[draft.line[place]].astype(str)
    location = pd.Series(draft.kg(place)).groupby(there).sum()
    bought = ~np.isnan(energy)
    consumption = pd.Series(energy[bought]).groupby(country[bought].astype(str)).sum()
    for name, value in market.market_kg(lines[instruments], location, consumption).items():
        here = place[there == name]
        if location[name] > 0:
            draft.move(here, "electricite_marche", value / location[name])
        else:
            unsplit = np.array([len(draft.stage_values) - 1])
            extra = Parts(draft.line[here[:1]], unsplit, np.array([value]), inventory.block.arrays)
            draft.add(extra, draft.code[here[:1]], "electricite_marche", whole=False)


def _finished(name: str, draft: _Draft, lines_kg: float) -> View:
    by_code = draft.by_code()
    inside = ~outside(draft.codes)
    values = {code: by_code[number] for number, code in enumerate(draft.codes) if inside[number]}
    total = float(by_code[inside, :-1].sum())
    return View(name, _rows(NOMENCLATURE[name], values), lines_kg, total, draft)


def _rows(nomenclature: str, values: Mapping[str, npt.NDArray[np.float64]]) -> pd.DataFrame:
    """The table of a nomenclature: every row, nil ones too, with subtotals and total."""
    frame = row_frame(nomenclature)
    sums = np.zeros((len(frame), len(COLUMNS)))
    for row, (_, _, _, members) in enumerate(frame):
        for member in members:
            if member in values:
                sums[row] += values[member]
    values_of = {"total": sums[:, :-1].sum(axis=1)} | dict(zip(COLUMNS, sums.T, strict=True))
    return row_table(nomenclature, values_of)


def row_table(nomenclature: str, values: Mapping[str, npt.NDArray[np.float64]]) -> pd.DataFrame:
    """A table of one row a row of a nomenclature: code, label, level, then ``values``."""
    return pd.DataFrame(_row_labels(nomenclature) | dict(values))


@cache
def _row_labels(nomenclature: str) -> dict[str, Any]:
    """Columns code, label and level as arrays of their type: guessing it from texts takes longer than the table."""
    code, label, level, _ = zip(*row_frame(nomenclature), strict=True)
    return {"code": pd.Series(code).array, "label": pd.Series(label).array, "level": pd.Series(level).array}


@cache
def row_frame(nomenclature: str) -> tuple[tuple[str, str, int, tuple[str, ...]], ...]:
    """(code, label, level, posting codes summed) of each row of a nomenclature, in its printed order."""
    return _beges_rows() if nomenclature == "beges" else _ghgp_rows()


def _beges_rows() -> tuple[tuple[str, str, int, tuple[str, ...]], ...]:
    rows: list[tuple[str, str, int, tuple[str, ...]]] = []
    table = posts()
    for category, group in table.groupby("category", sort=True):
        codes = [str(code) for code in group["post"]]
        members = tuple(codes) + (("4.1E",) if "4.1" in codes else ())
        rows.append((str(category), str(group["category_label"].iloc[0]), 0, members))
        for code, label in zip(codes, group["label"], strict=True):
            if code == "4.1":
                rows.append((code, str(label), 1, ("4.1", "4.1E")))
                rows.append(("4.1A", "dont biens achetés", 2, ("4.1",)))
                rows.append(("4.1E", "dont énergie non incluse dans les postes 1 et 2", 2, ("4.1E",)))
            else:
                rows.append((code, str(label), 1, (code,)))
    everything = tuple(dict.fromkeys(code for row in rows if row[2] == 0 for code in row[3]))
    return (*rows, (TOTAL, "Total", 0, everything))


def _ghgp_rows() -> tuple[tuple[str, str, int, tuple[str, ...]], ...]:
    table = ghgp_categories()
    label = dict(zip(table["category"], table["label"], strict=True))
    numbers = tuple(str(n) for n in range(1, 16))
    rows: list[tuple[str, str, int, tuple[str, ...]]] = [
        ("S1", label["S1"], 0, ("S1",)),
        ("S2", label["S2"], 0, ("S2",)),
        ("S3", "Scope 3", 0, numbers),
    ]
    rows += [(number, label[number], 1, (number,)) for number in numbers]
    return (*rows, (TOTAL, "Total", 0, ("S1", "S2", *numbers)))


def line_posts(inventory: Inventory, name: str) -> npt.NDArray[np.object_]:
    """Posts of each line in a view, joined (``1.1 + 4.1``); ``""`` for a refused line."""
    block = inventory.block
    control = control_of(inventory.settings, name)
    post = posting(inventory.lines, block.counted, control, NOMENCLATURE[name])
    pattern, kinds = block.arrays.patterns
    counted = np.flatnonzero(block.counted & (block.factor >= 0))
    size = len(post.table) * len(kinds)
    position, uniques = used_values(post.key[counted] * len(kinds) + pattern[block.factor[counted]], size)
    texts = np.full(len(uniques), "", dtype=object)
    for number, unique in enumerate(uniques):
        key, place = divmod(int(unique), len(kinds))
        texts[number] = _joined_posts(tuple(post.codes[code] for code in post.table[key, list(kinds[place])]))
    result = np.full(len(block.kg), "", dtype=object)
    result[counted] = texts[position]
    return result


@cache
def _joined_posts(codes: tuple[str, ...]) -> str:
    shown = ("hors tableau" if code.startswith("-") else code.replace("4.1E", "4.1") for code in codes)
    return " + ".join(dict.fromkeys(shown))
