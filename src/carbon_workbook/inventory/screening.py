"""A first ranking of the posts from what an officer knows before any collection: money, headcount, energy, tonnes.

The quantities of ``specs/screening_items.csv`` become lines of the one engine: same factors, dimensions and money
chain, same posting, same views. Orders of magnitude only: nothing of it enters the inventory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from numbers import Real
from types import MappingProxyType

import numpy as np
import pandas as pd

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.factors.tables import ghgp_categories, posts, table
from carbon_workbook.factors.text import fold
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.core import emissions_of, refusal
from carbon_workbook.inventory.model import Inventory, year_of
from carbon_workbook.inventory.significance import (
    Rules,
    choices,
    contradictions,
    decisions_of,
    known_rules,
    ranked,
    screening_code,
    share_remarks,
    text_of,
    with_decisions,
)
from carbon_workbook.inventory.views import NOMENCLATURE, TOTAL, View, row_frame, views
from carbon_workbook.inventory.wording import shown
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.resources import packaged
from carbon_workbook.specs.spec import ScreeningItem, screening_items
from carbon_workbook.units import conversion, money_of

TITLE = "Criblage"
UNKNOWN_ITEM, CONVENTIONS, TWO_WAYS, BENCHMARK = "CW-371", "CW-372", "CW-373", "CW-374"
COUNTED, SCREENED, BOTH = "lignes comptées", "criblage", "lignes et criblage"
PURCHASED_CAPITAL = "immobilisations"
UPSTREAM = ("S1", "S2", "1", "2", "3", "4", "5", "6", "7", "8")
"""Rows of the GHG Protocol that a monetary ratio of the branch covers: from the cradle to the sale."""
VIEWS = ("beges", "ghgp")
"""The two nomenclatures in which the screening is told."""
DECIDED = (*VIEWS, "esrs")
"""The views whose significance is set against the decisions: GHG Protocol and ESRS share those of the categories."""
_LINE = ("line_id", "label", "sheet", "title", "posting", "option", "factor_ref", "activity", "activity_unit", "code",
         "acquisition_year", "life_years", "group", "convention", "cell")  # fmt: skip


@dataclass(frozen=True)
class Screening:
    """Screened quantities as an inventory of their own, its views, and what must be said of them. In kgCO2e."""

    inventory: Inventory
    views: Mapping[str, View]
    benchmark_kg: float | None
    notes: tuple[Message, ...]

    @property
    def filled(self) -> bool:
        """Whether a quantity was given."""
        return len(self.inventory.lines) > 0

    @cached_property
    def items(self) -> pd.DataFrame:
        """item, activity, activity_unit, factor_id, kg, code, convention: one row a quantity given."""
        lines = self.inventory.lines
        found = lines[["label", "activity", "activity_unit", "factor_id", "total_kg", "code", "convention"]]
        return found.rename(columns={"label": "item", "total_kg": "kg"}).reset_index(drop=True)


# --- Data ----------------------------------------------------------------------------------------------------------


@cache
def _items() -> Mapping[str, ScreeningItem]:
    return MappingProxyType({fold(one.item): one for one in screening_items()})


@cache
def presets() -> pd.DataFrame:
    """sector, category, source: categories of scope 3 that a source gives as dominant in a sector."""
    return pd.read_csv(packaged("specs") / "sector_presets.csv", sep=";", dtype=str, keep_default_na=False)


@cache
def sector_rows(sector: str, view: str) -> tuple[str, ...]:
    """Rows of a view where the sector usually weighs; none for a sector without a source."""
    found = presets()
    categories = found.loc[found["sector"] == sector, "category"].tolist()
    if NOMENCLATURE[view] == "ghgp":
        return tuple(categories)
    links = table("posts")
    linked = links.loc[links["ghgp"].isin(categories) & (links["principal"] == "1"), "post"]
    return tuple(dict.fromkeys(linked))


@cache
def _branch_series() -> Mapping[str, str]:
    rows = pd.read_csv(packaged("specs") / "naf_ratios.csv", sep=";", dtype=str)
    return MappingProxyType(dict(zip(rows["division"], rows["series"], strict=True)))


def branch_series(settings: Mapping[str, object]) -> str | None:
    """The series of monetary ratios of the company's branch (its NAF code), None where there is none."""
    return _branch_series().get("".join(filter(str.isdigit, text_of(settings.get("naf"))))[:2])


# --- Quantities to estimates ---------------------------------------------------------------------------------------


def screen(register: pd.DataFrame | None, catalogue: Catalogue, settings: Mapping[str, object]) -> Screening:
    """Estimates from the screening register (item, quantity, unit, note; a blank unit is the item's own).

    Rows without a quantity are not rows. An amount without a price year is at the prices of the inventory's year.
    What the engine refuses, an unknown item included, is a message at its cell and counts for nothing.
    """
    rows, told, benchmark = [], [], []
    for row in _records(register):
        item = _items().get(fold(text_of(row.get("item"))))
        if item is not None and not item.posting:
            benchmark.append(row)
            continue
        line, refused = _line(row, item, settings)
        rows.append(line)
        told.append(refused)
    lines = pd.DataFrame(rows, columns=list(_LINE)).astype(
        {"activity": float, "acquisition_year": float, "life_years": float}
    )
    inventory = compute(lines, catalogue, settings)
    found = views(inventory)
    expected, notes = _benchmark(benchmark, catalogue, settings, found["ghgp"])
    said = (*_refusals(inventory, told), *_remarks(inventory), *notes)
    return Screening(inventory, found, expected, said)


def _records(register: pd.DataFrame | None) -> Iterator[Mapping[str, object]]:
    if register is None or "quantity" not in register:
        return
    for row in register.to_dict("records"):
        quantity = row.get("quantity")
        if isinstance(quantity, Real) and not isinstance(quantity, bool) and not np.isnan(float(quantity)):
            yield {str(key): value for key, value in row.items()}


def _line(
    row: Mapping[str, object], item: ScreeningItem | None, settings: Mapping[str, object]
) -> tuple[dict[str, object], Message | None]:
    """One quantity as a line of activity, and the refusal that the reading itself found."""
    label, typed = text_of(row.get("item")), text_of(row.get("unit"))
    line: dict[str, object] = {
        "line_id": label, "label": label, "sheet": "screening", "title": TITLE, "posting": "", "option": "",
        "factor_ref": "", "activity": float(str(row["quantity"])), "activity_unit": typed, "code": "",
        "acquisition_year": np.nan, "life_years": np.nan, "group": "", "convention": "",
        "cell": text_of(row.get("_cell")),
    }  # fmt: skip
    if item is None:
        return line | {"code": UNKNOWN_ITEM}, message(UNKNOWN_ITEM, value=label or "…")
    year = year_of(settings)
    line |= {
        "posting": item.posting, "option": item.option, "factor_ref": item.factor_id, "group": item.group,
        "convention": item.convention, "activity_unit": _priced(typed or item.unit, year),
    }  # fmt: skip
    if item.posting == PURCHASED_CAPITAL and year is not None:
        # One year of life: the purchases of the year stand for the depreciation of the stock in every view.
        line |= {"acquisition_year": float(year), "life_years": 1.0}
    if not item.ratio:
        return line, None
    try:
        line["activity"] = (
            float(str(line["activity"])) * conversion(typed or item.unit, item.unit) * float(item.ratio)
        )
    except CodedError as refused:
        return line | {"code": refused.message.code}, refused.message
    return line | {"activity_unit": item.ratio_unit}, None


def _priced(unit: str, year: int | None) -> str:
    """A monetary unit with its price year, that of the inventory when it has none; any other text as it is."""
    try:
        money = money_of(unit)
    except CodedError:
        return unit
    return f"{unit} {year}" if money is not None and money.price_year is None and year is not None else unit


def _refusals(inventory: Inventory, told: Sequence[Message | None]) -> Iterator[Message]:
    for (_, line), known in zip(inventory.lines.iterrows(), told, strict=True):
        if not line["code"]:
            continue
        found = known or refusal(
            line["code"], line["factor_ref"], str(line["activity_unit"]), inventory.year, inventory.catalogue
        )
        yield replace(found, sheet=TITLE, cell=str(line["cell"]), line_id="")


def _remarks(inventory: Inventory) -> Iterator[Message]:
    """The conventions that the estimates rest on, and the same thing told in money and in quantity."""
    lines = inventory.counted
    by_rule = lines.loc[lines["convention"] != "", "label"].drop_duplicates()
    if len(by_rule):
        yield message(CONVENTIONS, sheet=TITLE, count=len(by_rule), items=" ; ".join(by_rule))
    for group, same in lines[lines["group"] != ""].groupby("group", sort=True):
        paid = same["activity_unit"].map(lambda unit: money_of(str(unit)) is not None)
        if paid.any() and not paid.all():
            cell = str(same.loc[paid, "cell"].iloc[0])
            yield message(TWO_WAYS, sheet=TITLE, cell=cell, group=group, items=" ; ".join(same["label"]))


def _benchmark(
    rows: Sequence[Mapping[str, object]], catalogue: Catalogue, settings: Mapping[str, object], ghgp: View
) -> tuple[float | None, list[Message]]:
    """Net sales × the ratio of the branch: what the upstream part may weigh. Never added to anything."""
    year, division = year_of(settings), "".join(filter(str.isdigit, text_of(settings.get("naf"))))[:2]
    series = branch_series(settings)
    if not rows or series is None:
        return None, []
    units = [_priced(text_of(row.get("unit")) or "k€ HT", year) for row in rows]
    block = emissions_of(
        [series] * len(rows), [float(str(row["quantity"])) for row in rows], units, year, catalogue
    )
    refused = [
        replace(
            refusal(str(code), series, unit, year, catalogue), sheet=TITLE, cell=text_of(row.get("_cell"))
        )
        for code, unit, row in zip(block.codes, units, rows, strict=True)
        if code
    ]
    if refused:
        return None, refused
    expected = float(block.kg.sum())
    screened = sum(ghgp.kg(code) for code in UPSTREAM)
    told = message(
        BENCHMARK, sheet=TITLE, cell=str(rows[0].get("_cell") or ""), expected=shown(expected / 1000, 3),
        screened=shown(screened / 1000, 3), share=shown(100 * screened / expected, 3) if expected else "…",
        division=division,
    )  # fmt: skip
    return expected, [told]


# --- Rankings ------------------------------------------------------------------------------------------------------


def completed(name: str, counted: View | None, screened: View | None = None) -> pd.DataFrame:
    """code, label, kg, basis of each post of the view ``name``: its counted lines, else the screening; nil without.

    A part of a post is completed by itself: purchases can be screened while the energy of 4.1 is counted.
    """
    known, guessed = (_leaves(view) if view is not None else {} for view in (counted, screened))
    rows = []
    for code, label, level, members in row_frame(NOMENCLATURE[name]):
        if not _is_post(code, level, members):
            continue
        sure = [known[one] for one in members if one in known]
        guesses = [guessed[one] for one in members if one not in known and one in guessed]
        basis = BOTH if sure and guesses else COUNTED if sure else SCREENED if guesses else ""
        rows.append((code, label, float(sum(sure) + sum(guesses)), basis))
    return pd.DataFrame(rows, columns=["code", "label", "kg", "basis"])


def _is_post(code: str, level: int, members: tuple[str, ...]) -> bool:
    """Whether a row of a nomenclature is a post: not a part of one, not a subtotal (scopes 1 and 2 are posts)."""
    return level == 1 or (level == 0 and members == (code,) and code != TOTAL)


def _leaves(view: View) -> dict[str, float]:
    """kgCO2e by posting code that holds lines."""
    placed = view.placed
    kg = placed.stage_totals[placed.row] * placed.quantity
    sums = np.bincount(placed.code, weights=kg, minlength=len(placed.codes))
    used = np.bincount(placed.code, minlength=len(placed.codes)) > 0
    return {
        code: float(total)
        for code, total, some in zip(placed.codes, sums, used, strict=True)
        if some and not code.startswith("-")
    }


def ranking(estimates: pd.DataFrame, view: str, sector: str = "", rules: Rules | None = None) -> pd.DataFrame:
    """Posts by decreasing estimate, direct ones too. ``estimates``: code, label, kg, basis of ``completed``.

    Adds rank, of_total, cumulated (of the indirect emissions, NaN for a row that is always declared), direct (always
    declared: scopes 1 and 2, posts 1.x), magnitude, above, sector. A nil post is left out unless it is of the sector.
    """
    usual = sector_rows(sector, view)
    found = estimates[(estimates["kg"] > 0) | estimates["code"].isin(usual)]
    found = found.sort_values("kg", ascending=False, kind="stable").reset_index(drop=True)
    marked = _marked(found, estimates, view, sector, rules)
    return marked.assign(rank=np.arange(1, len(found) + 1))


def _marked(
    rows: pd.DataFrame, estimates: pd.DataFrame, view: str, sector: str, rules: Rules | None
) -> pd.DataFrame:
    """``rows`` with what both rules and the sector say of each, from all the ``estimates`` of the view."""
    kg = dict(zip(estimates["code"], estimates["kg"], strict=True))
    whole = float(sum(kg.values()))
    indirect = ranked({code: kg[code] for code in choices(view)}, whole, rules)
    cumulated = dict(zip(indirect["code"], indirect["cumulated"], strict=True))
    code = rows["code"]
    return rows.assign(
        of_total=rows["kg"] / whole if whole > 0 else 0.0,
        cumulated=code.map(cumulated).astype(np.float64),
        direct=~code.isin(choices(view)),
        magnitude=code.isin(indirect.loc[indirect["magnitude"], "code"]),
        above=code.isin(indirect.loc[indirect["above"], "code"]),
        sector=code.isin(sector_rows(sector, view)),
    )


def screening_table(
    found: Mapping[str, View],
    screening: Screening | None,
    categories: pd.DataFrame,
    settings: Mapping[str, object],
    rules: Rules | None = None,
) -> pd.DataFrame:
    """The 22 posts and the 15 categories, each with what it weighs, on what basis, both rules and the user's decision.

    code (1.1…, C1…), label, kg, basis, of_total, cumulated, direct, magnitude, above, sector, view, criteria, decision,
    reason, significant. In printed order.
    """
    decisions, sector = decisions_of(categories), text_of(settings.get("sector"))
    tables = []
    for view in VIEWS:
        estimates = completed(view, found[view], screening.views[view] if screening is not None else None)
        rows = estimates[estimates["code"].isin(_told(view))].reset_index(drop=True)
        rows = with_decisions(_marked(rows, estimates, view, sector, rules), view, decisions)
        codes = [screening_code(view, str(code)) for code in rows["code"]]
        tables.append(rows.assign(code=codes, view=view))
    return pd.concat(tables, ignore_index=True)


@cache
def _told(view: str) -> tuple[str, ...]:
    """Rows of a view in the screening table."""
    if view == "beges":
        return tuple(posts()["post"].astype(str))
    return tuple(code for code in ghgp_categories()["category"].astype(str) if code.isdigit())


def decision_remarks(
    found: Mapping[str, View],
    screening: Screening,
    categories: pd.DataFrame,
    settings: Mapping[str, object],
    actions: pd.DataFrame | None = None,
) -> tuple[Message, ...]:
    """What is said of the screening and of the decisions taken after it: contradictions with either rule, shares."""
    rules, notes = known_rules(settings)
    tables = {}
    for view in DECIDED:
        estimates = completed(view, found[view], screening.views[view])
        kg = dict(zip(estimates["code"], estimates["kg"], strict=True))
        tables[view] = ranked({code: kg[code] for code in choices(view)}, sum(kg.values()), rules)
    told = contradictions(tables, decisions_of(categories), settings, actions)
    return (*notes, *screening.notes, *told, *share_remarks(found["ghgp"]))
