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
from carbon_workbook.inventory.posts import outside, posting, posting_keys, reasons
from carbon_workbook.units import conversion

VIEWS = ("beges", "iso", "ghgp", "ghgp_market", "esrs", "esrs_market")
NOMENCLATURE = {"beges": "beges", "iso": "beges"} | dict.fromkeys(VIEWS[2:], "ghgp")
WASTE = {"dechets": "recyclage_dechets", "fin_de_vie": "recyclage_produits"}
TOTAL = "T"
ENERGY_PARTS = {
    "3A": "dont A. amont des combustibles achetés",
    "3B": "dont B. amont de l'électricité, de la chaleur et du froid achetés",
    "3C": "dont C. pertes des réseaux",
    "3D": "dont D. énergie achetée puis revendue",
}
"""Parts of category 3, derived from the lines of scopes 1 and 2 (GHG Protocol, scope 3 technical guidance)."""
LIFE_CYCLE, COMBUSTION_ONLY = "cycle de vie", "combustion seule"
"""Values of the setting ``losses_convention``; the second leaves the upstream of the energy lost out of part C."""
LOST = "3C"
APART = {"contrails_out": "trainees", "outside_seven": "gaz_hors_sept", "removals": "absorptions"}
"""Columns of what stands apart, and the reason that moved it."""
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
    draft: Draft

    @cached_property
    def placed(self) -> Placed:
        """The parts with the stage values they multiply; those without a row are nil."""
        draft = self.draft
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
        draft = self.draft
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
        line = self.draft.line
        found = [
            pd.DataFrame({"line": line[place], "reason": reason, "kg": kg})
            for reason, place, kg in self.draft.moved
        ]
        empty = pd.DataFrame(
            {"line": np.array([], dtype=np.int64), "reason": pd.Series(dtype=object), "kg": []}
        )
        details = pd.concat(found, ignore_index=True) if found else empty
        return details[details["kg"] != 0].reset_index(drop=True)

    @property
    def adjustments(self) -> pd.DataFrame:
        """reason, label, kg: what to add to the table to find the sum of the lines again."""
        return self.draft.adjustments

    @cached_property
    def apart(self) -> pd.DataFrame:
        """What the rows of the table hold or leave out that must be seen by itself, one row a row of the table.

        Columns after code, label and level, in kgCO2e: ``contrails`` inside the total of the row, ``contrails_out``
        left out of it, ``outside_seven`` (CFC, HCFC… that the row would hold), ``removals`` (negative).
        """
        draft = self.draft
        contrails = np.flatnonzero(draft.stage_kind == STAGES.index("contrails"))
        held = draft.by_stage[:, contrails] @ draft.stage_totals[contrails]
        values = {"contrails": np.where(outside(draft.codes), 0.0, held)}
        values |= {name: draft.moved_by_code(reason) for name, reason in APART.items()}
        frame = row_frame(NOMENCLATURE[self.name])
        place = {code: number for number, code in enumerate(draft.codes)}
        members = [[place[code] for code in row[3] if code in place] for row in frame]
        sums = {name: np.array([kg[own].sum() for own in members]) for name, kg in values.items()}
        return row_table(NOMENCLATURE[self.name], sums)

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


@dataclass(eq=False)
class Draft:
    """Parts on their way to a view: which post each goes to, with which quantity; and the adjustments so far.

    A part is a quantity of one stage (``row`` of ``stage_values``); its kgCO2e by gas are their product.
    """

    line: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    quantity: npt.NDArray[np.float64]
    code: npt.NDArray[np.int16]
    codes: tuple[str, ...]
    stage_values: npt.NDArray[np.float64]
    stage_totals: npt.NDArray[np.float64]
    stage_kind: npt.NDArray[np.int8]
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

    def move(
        self, place: npt.NDArray[np.int64], reason: str, share: npt.NDArray[np.float64] | float = 0.0
    ) -> None:
        """Keep ``share`` of the parts at ``place``; the rest becomes the adjustment ``reason``."""
        if len(place):
            kg = self.kg(place)
            if isinstance(share, float) and share == 0.0:
                self.quantity[place] = 0.0
            else:
                kg *= 1.0 - share
                self.quantity[place] *= share
            self.moved.append((reason, place, kg))

    def add(self, parts: Parts, code: npt.NDArray[np.int16], reason: str, *, whole: bool) -> None:
        """Add to the view what the lines do not hold; the adjustment is negative.

        ``whole``: the lines keep nothing else.
        """
        first, self.mixed = len(self.line), self.mixed or not whole
        self.line = np.concatenate([self.line, parts.line])
        self.row = np.concatenate([self.row, parts.row])
        self.quantity = np.concatenate([self.quantity, parts.quantity])
        self.code = np.concatenate([self.code, code])
        added = np.arange(first, len(self.line))
        self.moved.append((reason, added, -self.kg(added)))

    @cached_property
    def adjustments(self) -> pd.DataFrame:
        """reason, label, kg: what was moved, once all is."""
        sums: dict[str, float] = {}
        for reason, _, kg in self.moved:
            if kg.any():
                sums[reason] = sums.get(reason, 0.0) + float(kg.sum())
        found = [reason for reason in reasons() if reason in sums]
        labels = [reasons()[reason] for reason in found]
        kg = np.array([sums[reason] for reason in found], dtype=np.float64)
        return pd.DataFrame({"reason": found, "label": labels, "kg": kg})

    def moved_by_code(self, reason: str) -> npt.NDArray[np.float64]:
        """kgCO2e moved for a reason, by the code that would have held them."""
        kg: npt.NDArray[np.float64] = np.zeros(len(self.codes))
        for own, place, moved in self.moved:
            if own == reason:
                kg += np.bincount(self.code[place], weights=moved, minlength=len(self.codes))
        return kg

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
    """All views by name. Views that differ by nothing share their parts."""
    common = _Common(inventory)
    return {name: _view(common, name) for name in VIEWS}


class _Common:
    """What several views of an inventory need alike, found once: posts of the parts, and places of some of them."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self._posts: dict[tuple[str, str], tuple[npt.NDArray[np.int16], tuple[str, ...]]] = {}
        self._places: dict[str, npt.NDArray[np.int64]] = {}
        self._keys: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]] = {}
        self._outside: dict[tuple[str, str], list[tuple[str, npt.NDArray[np.int64]]]] = {}
        self.finished: dict[_Rules, tuple[Draft, pd.DataFrame, float]] = {}

    @cached_property
    def stages(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int8]]:
        """kgCO2e by gas, total and kind of each stage, then of what a view adds by itself."""
        return _stages_of(self.inventory.catalogue)

    @cached_property
    def instruments(self) -> bool:
        """Whether a contractual instrument counts."""
        chosen = (self.inventory.lines["posting"] == market.INSTRUMENTS).to_numpy(dtype=bool)
        return bool((chosen & self.inventory.block.counted).any())

    def posts(self, control: str, nomenclature: str) -> tuple[npt.NDArray[np.int16], tuple[str, ...]]:
        """Post of each part, a position in the codes that follow."""
        key = control, nomenclature
        if key not in self._posts:
            of_lines, of_parts = self._keys_of(control)
            post = posting(self.inventory.lines, self.inventory.block.counted, of_lines, nomenclature)
            self._posts[key] = post.table.ravel().take(of_parts), post.codes
        return self._posts[key]

    def _keys_of(self, control: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """What decides the posts of each line, and those of each part: its line's and its stage."""
        if control not in self._keys:
            parts = self.inventory.parts
            of_lines = posting_keys(self.inventory.lines, control)
            of_parts = of_lines.take(parts.line)
            of_parts *= len(STAGES)
            of_parts += parts.stage
            self._keys[control] = of_lines, of_parts
        return self._keys[control]

    def outside(self, control: str, nomenclature: str) -> list[tuple[str, npt.NDArray[np.int64]]]:
        """Reason and places of the parts that the nomenclature has no row for."""
        key = control, nomenclature
        if key not in self._outside:
            code, codes = self.posts(control, nomenclature)
            out = np.flatnonzero(outside(codes))
            place = np.flatnonzero(outside(codes)[code]) if len(out) else np.zeros(0, dtype=np.int64)
            of = code[place]
            self._outside[key] = [(codes[number][1:], place[of == number]) for number in out]
        return self._outside[key]

    def posted(self, name: str) -> npt.NDArray[np.int64]:
        """Places of the parts of an activity."""
        if name not in self._places:
            codes, position = self._postings
            number = position.get(name, -1)
            self._places[name] = np.flatnonzero(codes == number)
        return self._places[name]

    @cached_property
    def _postings(self) -> tuple[npt.NDArray[Any], dict[str, int]]:
        """Activity of each part, a position; and the position of each activity."""
        posting = self.inventory.lines["posting"].cat
        codes = np.asarray(posting.codes).take(self.inventory.parts.line)
        return codes, {str(name): number for number, name in enumerate(posting.categories)}

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


@lru_cache(maxsize=8)
def _stages_of(
    catalogue: Catalogue,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int8]]:
    arrays = factor_arrays(catalogue)
    values = np.vstack([arrays.stage_values, _ONE_UNSPLIT])
    kind = np.append(arrays.stage_kind, np.int8(STAGES.index("whole")))
    return values, values[:, :-1].sum(axis=1), kind


def _view(common: _Common, name: str) -> View:
    inventory, rule = common.inventory, conventions(name)
    rules = _Rules(
        nomenclature=NOMENCLATURE[name],
        control=control_of(inventory.settings, name),
        territory=rule["territory"],
        contrails_out=_contrails_out(inventory, name, rule["contrails"]),
        capital_goods=rule["capital_goods"],
        recycling=rule["recycling"],
        removals=rule["removals"],
        combustion_only=rule["losses_scope"] == "setting" and losses_convention(inventory) == COMBUSTION_ONLY,
        market=rule["electricity"] == "market" and common.instruments,
    )
    found = common.finished.get(rules)
    if found is None:
        draft = _drafted(common, rules)
        found = common.finished[rules] = (draft, *_summed(rules.nomenclature, draft))
    draft, rows, total = found
    return View(name, rows, inventory.total_kg, total, draft)


@dataclass(frozen=True)
class _Rules:
    """All that tells one view from another: those with the same rules have the same parts."""

    nomenclature: str
    control: str
    territory: str
    contrails_out: bool
    capital_goods: str
    recycling: str
    removals: str
    combustion_only: bool
    market: bool


def _drafted(common: _Common, rules: _Rules) -> Draft:
    """Where each part goes under these rules, and what is moved out."""
    parts = common.inventory.parts
    code, codes = common.posts(rules.control, rules.nomenclature)
    draft = Draft(parts.line, parts.row, parts.quantity.copy(), code, codes, *common.stages)
    draft.move(common.outside_seven, "gaz_hors_sept")
    if rules.territory == "national":
        draft.move(common.abroad, "territoire")
    for reason, place in common.outside(rules.control, rules.nomenclature):
        draft.move(place, reason)
    if rules.removals == "apart":
        draft.move(_removals(common, draft), "absorptions")
    if rules.contrails_out:
        draft.move(common.contrails, "trainees")
    _capital_goods(common, draft, rules.capital_goods)
    if rules.recycling == "user":
        _recycling(common, draft)
    if rules.combustion_only:
        _combustion_only(common, draft)
    if rules.market:
        _market(common, draft, rules.control)
    return draft


def _removals(common: _Common, draft: Draft) -> npt.NDArray[np.int64]:
    """Places of the carbon that soils and forests store: never deducted from a total."""
    place = common.posted("sols")
    return place[draft.kg(place) < 0]


def _combustion_only(common: _Common, draft: Draft) -> None:
    """Part C of category 3 without the upstream of the energy lost, which becomes an adjustment.

    A factor's losses stage is its loss rate times its combustion and upstream: combustion keeps its part of them.
    What is typed as losses loses its upstream stage. A factor without combustion, and leaks of SF6, stay whole.
    """
    if LOST not in draft.codes:
        return
    place = np.flatnonzero(draft.code == draft.codes.index(LOST))
    share = _combustion_shares(common.inventory.catalogue)[draft.row[place]]
    kept = share < 1.0
    draft.move(place[kept], "pertes_amont", share[kept])


@lru_cache(maxsize=8)
def _combustion_shares(catalogue: Catalogue) -> npt.NDArray[np.float64]:
    """Share of each stage that stays in part C when losses count for their combustion only."""
    values, totals, kind = _stages_of(catalogue)
    arrays = factor_arrays(catalogue)
    factor = np.append(np.repeat(np.arange(len(arrays.ids)), arrays.stage_count), len(arrays.ids))
    burnt, upstream = (
        np.bincount(
            factor, weights=np.where(kind == STAGES.index(name), totals, 0.0), minlength=len(arrays.ids) + 1
        )
        for name in ("combustion", "upstream")
    )
    both = (burnt + upstream)[factor]
    leak = totals == values[:, COLUMNS.index("other_gases")]
    lost = (kind == STAGES.index("losses")) & ~leak & (burnt > 0)[factor] & (both > 0)
    share = np.ones(len(kind))
    share[lost] = burnt[factor][lost] / both[lost]
    share[kind == STAGES.index("upstream")] = 0.0
    return share


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


def losses_convention(inventory: Inventory) -> str:
    """The convention of the losses of category 3, as the setting words it."""
    return str(inventory.settings.get("losses_convention") or LIFE_CYCLE)


def _contrails_out(inventory: Inventory, name: str, rule: str) -> bool:
    if NOMENCLATURE[name] == "beges":
        return (inventory.settings.get("contrails_beges") or "incluses") == "exclues"
    return rule == "excluded"


def _capital_goods(common: _Common, draft: Draft, rule: str) -> None:
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


def _recycling(common: _Common, draft: Draft) -> None:
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


def _market(common: _Common, draft: Draft, control: str) -> None:
    """Replace scope 2 electricity by location with the market method, country by country and month by month."""
    inventory = common.inventory
    claims = market.claims_of(inventory.lines, inventory.block, control, inventory.year)
    grid = claims.grid
    if "S2" not in draft.codes or not len(grid.kwh):
        return
    place = np.flatnonzero((grid.group[draft.line] >= 0) & (draft.code == draft.codes.index("S2")))
    group = grid.group[draft.line[place]]
    location = np.bincount(group, weights=draft.kg(place), minlength=len(grid.kwh))
    share, added = np.ones(len(grid.kwh)), np.zeros(len(grid.kwh))
    for country in dict.fromkeys(claims.country.tolist()):
        here = grid.country == country
        weight = grid.weight[here]
        before, kwh = location[here] @ weight, grid.consumption(country)
        after = claims.rates(country, before)
        clean = before <= 0
        with np.errstate(divide="ignore", invalid="ignore"):
            share[here] = weight @ np.where(clean, 0.0, after / before)
            added[here] = weight @ np.where(clean & (kwh > 0), after / kwh, 0.0)
    draft.move(place, "electricite_marche", share[group])
    bought = np.unique(draft.line[place])
    kg = grid.energy[bought] * added[grid.group[bought]]
    bought, kg = bought[kg != 0], kg[kg != 0]
    if len(bought):
        unsplit = np.full(len(bought), len(draft.stage_values) - 1)
        extra = Parts(bought, unsplit, kg, inventory.block.arrays)
        code = np.full(len(bought), draft.codes.index("S2"), dtype=np.int16)
        draft.add(extra, code, "electricite_marche", whole=False)


def _summed(nomenclature: str, draft: Draft) -> tuple[pd.DataFrame, float]:
    """Rows of the table and its total."""
    by_code = draft.by_code()
    inside = ~outside(draft.codes)
    values = {code: by_code[number] for number, code in enumerate(draft.codes) if inside[number]}
    return _rows(nomenclature, values), float(by_code[inside, :-1].sum())


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
    energy = tuple(ENERGY_PARTS)
    members = {str(n): energy if n == 3 else (str(n),) for n in range(1, 16)}
    scope3 = tuple(code for own in members.values() for code in own)
    rows: list[tuple[str, str, int, tuple[str, ...]]] = [
        ("S1", label["S1"], 0, ("S1",)),
        ("S2", label["S2"], 0, ("S2",)),
        ("S3", "Scope 3", 0, scope3),
    ]
    for number, own in members.items():
        rows.append((number, label[number], 1, own))
        if own == energy:
            rows += [(code, text, 2, (code,)) for code, text in ENERGY_PARTS.items()]
    return (*rows, (TOTAL, "Total", 0, ("S1", "S2", *scope3)))


def line_posts(inventory: Inventory, name: str) -> npt.NDArray[np.object_]:
    """Posts of each line in a view, joined (``1.1 + 4.1``); ``""`` for a refused line."""
    block = inventory.block
    control = control_of(inventory.settings, name)
    keys = posting_keys(inventory.lines, control)
    post = posting(inventory.lines, block.counted, keys, NOMENCLATURE[name])
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


_SHARES = {"4.1E": "4.1"} | dict.fromkeys(ENERGY_PARTS, "3")
"""The post that a share of it is part of."""


@cache
def _joined_posts(codes: tuple[str, ...]) -> str:
    shown = ("hors tableau" if code.startswith("-") else _SHARES.get(code, code) for code in codes)
    return " + ".join(dict.fromkeys(shown))
