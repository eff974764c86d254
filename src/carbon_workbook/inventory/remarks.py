"""What must be said of an inventory: why each line is refused, and what to look at in those that count."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from carbon_workbook.factors.money import exchange_rate_is_partial
from carbon_workbook.factors.tables import table
from carbon_workbook.inventory import market
from carbon_workbook.inventory.compute import staged
from carbon_workbook.inventory.core import refusal
from carbon_workbook.inventory.coverage import coverage_remarks
from carbon_workbook.inventory.double_counting import double_remarks, refuse_same_document
from carbon_workbook.inventory.model import Inventory, control_of
from carbon_workbook.inventory.monetary import charge_remarks, to_refine
from carbon_workbook.inventory.propagation import uncertainty_remarks
from carbon_workbook.inventory.review import review_remarks
from carbon_workbook.inventory.views import line_posts
from carbon_workbook.inventory.wording import shown
from carbon_workbook.messages import Message, Severity, message
from carbon_workbook.specs.spec import lists
from carbon_workbook.units import money_of

DUPLICATE, LOOKALIKE = "CW-316", "CW-317"
NO_UPSTREAM, MIXED_GWP, OTHER_FAMILY = "CW-321", "CW-325", "CW-333"
OWN_PRICE_YEAR = "CW-340"
PARTIAL_RATE = "CW-224"
TO_REFINE = "CW-346"
NOT_YET_BOUGHT, OUT_OF_SERVICE = "CW-387", "CW-388"
NO_REASON, EXCLUDED_BUT_COUNTED, DIRECT_EXCLUDED, NOT_A_DECISION = "CW-334", "CW-335", "CW-347", "CW-348"
ENERGY = ("combustion_fixe", "combustion_mobile", "electricite", "chaleur")
SAME = ["sheet", "site", "activity", "activity_unit", "factor_ref", "period_start", "period_end"]


def mark_duplicates(lines: pd.DataFrame) -> tuple[pd.DataFrame, list[Message]]:
    """Lines with the second entry of one document refused; lines that look alike without a document are told.

    Same sheet, site, period, quantity and factor: with the same evidence it is the same document, without any
    evidence and under the same label it may be.
    """
    keys = (
        lines[SAME]
        .astype(str)
        .assign(evidence=lines["evidence"].astype(str).str.strip(), label=lines["label"])
    )
    codes = lines["code"].to_numpy(dtype=object).copy()
    open_, documented = codes == "", (keys["evidence"] != "").to_numpy()
    notes = []
    for code, columns, where in (
        (DUPLICATE, [*SAME, "evidence"], open_ & documented),
        (LOOKALIKE, [*SAME, "label"], open_ & ~documented),
    ):
        place = np.flatnonzero(where)
        number = keys[where].groupby(columns, sort=False, dropna=False).ngroup().to_numpy()
        firsts = place[np.unique(number, return_index=True)[1]][number]
        for position, first in zip(place, firsts, strict=True):
            if position == first:
                continue
            same = lines.iloc[first]
            notes.append(
                _at(lines.iloc[position], message(code, other=f"{same['row']} de « {same['title']} »"))
            )
            if code == DUPLICATE:
                codes[position] = code
    return refuse_same_document(lines.assign(code=codes), notes)


def remarks(
    inventory: Inventory, categories: pd.DataFrame | None = None, on: dt.date | None = None
) -> tuple[Message, ...]:
    """Every message of the inventory: refusals first, then warnings, then remarks; in sheet order within each.

    ``categories``: the screening table (code, decision, reason). ``on``: the day from which critical factors may be due
    for a review; without it nothing is said of that.
    """
    found = [*inventory.notes, *_refusals(inventory), *_of_factors(inventory), *_upstream(inventory)]
    found += [*_families(inventory), *_rates(inventory), *_market(inventory), *_gwp(inventory)]
    found += [*_service(inventory), *_to_refine(inventory), *charge_remarks(inventory)]
    found += uncertainty_remarks(inventory)
    found += [*coverage_remarks(inventory), *double_remarks(inventory)]
    if on is not None:
        found += review_remarks(inventory, on)
    if categories is not None:
        found += list(_screening(inventory, categories))
    return by_severity(found)


def by_severity(notes: Iterable[Message]) -> tuple[Message, ...]:
    """Refusals first, then warnings, then remarks; in their order within each."""
    rank = {Severity.REFUSAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return tuple(sorted(notes, key=lambda note: rank[note.severity]))


def _at(line: pd.Series, note: Message, count: int = 1) -> Message:
    """The message at the factor cell of a line; ``count`` lines share it."""
    more = f" (+{count - 1})" if count > 1 else ""
    return dataclasses.replace(
        note,
        sheet=str(line.get("title", "")),
        cell=str(line.get("factor_cell", "")),
        line_id=f"{line.get('line_id', '')}{more}",
    )


def _refusals(inventory: Inventory) -> Iterator[Message]:
    """Messages of the lines refused by the computation; those refused at entry have theirs already."""
    told = {(note.sheet, note.line_id, note.code) for note in inventory.notes if note.refuses}
    rows = {(note.sheet, _row(note.cell), note.code) for note in inventory.notes if note.refuses}
    for position, line in inventory.refused.iterrows():
        key = (line.get("title", ""), line.get("row"), line["code"])
        if key in rows or (
            (line.get("title", ""), line["line_id"], line["code"]) in told and line["line_id"]
        ):
            continue
        if line["code"] == market.OVER_CONSUMPTION:
            found = market.over_consumption(inventory, int(str(position)))
        else:
            found = refusal(
                line["code"],
                line["factor_ref"],
                str(line["activity_unit"]),
                inventory.year,
                inventory.catalogue,
            )
        yield _at(line, found)


def _row(cell: str) -> int:
    digits = cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ$")
    return int(digits) if digits.isdigit() else 0


def _of_factors(inventory: Inventory) -> Iterator[Message]:
    """Archived, expired, suspect, off-year or replaced factors: one message each, the heaviest factor first."""
    counted = inventory.counted
    prices: pd.Series[float] = inventory.catalogue.table["price_year"]
    used = counted[counted["factor_id"].notna()]
    groups = used.groupby(["factor_ref", used["factor_id"].astype(str)], sort=False)
    for (ref, factor), lines in sorted(groups, key=lambda group: -float(group[1]["total_kg"].sum())):
        resolution = inventory.catalogue.resolve(ref, inventory.year)
        weight = f", il porte {shown(float(lines['total_kg'].sum()) / 1000, 4)} tCO2e"
        for code in resolution.codes:
            told = {**dict[str, Any](resolution.parameters), "weight": weight}
            yield _at(lines.iloc[0], message(code, **told), len(lines))
        if factor != resolution.id:
            year = int(prices[str(factor)])
            note = message(OWN_PRICE_YEAR, year=year, used=factor, asked=resolution.id)
            yield _at(lines.iloc[0], note, len(lines))


def _upstream(inventory: Inventory) -> Iterator[Message]:
    """Energy whose factor does not tell its upstream: it is not in the inventory, and that is said (decision B7)."""
    lines, block, factors = inventory.lines, inventory.block, inventory.catalogue.table
    silent = ~staged(block) & block.counted & (block.factor >= 0)
    control = lines[control_of(inventory.settings, "ghgp")].to_numpy(dtype=bool)
    owned = lines["posting"].isin(ENERGY).to_numpy() & control
    supplied = factors["default_post"].astype(str).str.startswith("2.").to_numpy()
    chosen = lines[silent & (owned | np.append(supplied, False)[block.factor])]
    for factor, group in chosen.groupby(chosen["factor_id"].astype(str), sort=False):
        quantity = f"{group['quantity'].sum():,.0f}".replace(",", "\u202f")
        pair = str(factors.at[factor, "upstream_pair"] or "")
        note = message(
            NO_UPSTREAM,
            factor=factor,
            quantity=quantity,
            unit=factors.at[factor, "unit"],
            pair=f" avec le facteur {pair}" if pair else "",
        )
        yield _at(group.iloc[0], note, len(group))


def _families(inventory: Inventory) -> Iterator[Message]:
    allowed = table("sheet_families").groupby("sheet")["family"].agg(set).to_dict()
    families = inventory.catalogue.table["families"].astype(str)
    counted = inventory.counted
    used = counted[counted["factor_id"].notna() & counted["sheet"].isin(list(allowed))]
    for (sheet, factor), group in used.groupby(["sheet", used["factor_id"].astype(str)], sort=False):
        own = set(str(families.at[factor]).split("|"))
        if not own & (allowed[sheet] | {"propre", ""}):
            yield _at(group.iloc[0], message(OTHER_FAMILY, factor=factor), len(group))


def _rates(inventory: Inventory) -> Iterator[Message]:
    """Amounts changed at the mean rate of a year that is not over."""
    counted, units = inventory.counted, inventory.catalogue.table["unit"].astype(str)
    spent = counted[counted["activity_unit"].astype(str).str.contains(" HT ", regex=False)]
    for (unit, factor), lines in spent.groupby(["activity_unit", spent["factor_id"].astype(str)], sort=False):
        money, priced = money_of(str(unit)), money_of(str(units.at[factor]))
        if money is None or priced is None or money.price_year is None or money.currency == priced.currency:
            continue
        if any(exchange_rate_is_partial(m.currency, money.price_year) for m in (money, priced)):
            note = message(PARTIAL_RATE, currency=money.currency, year=money.price_year)
            yield _at(lines.iloc[0], note, len(lines))


def _to_refine(inventory: Inventory) -> Iterator[Message]:
    """The monetary ratios on significant posts, heaviest first, each at its heaviest line."""
    for rank, row in enumerate(to_refine(inventory).to_dict("records"), start=1):
        note = message(
            TO_REFINE, factor=row["factor"], posts=row["posts"], tonnes=shown(row["kg"] / 1000, 4),
            share=shown(100 * row["share"], 2), rank=rank,
        )  # fmt: skip
        yield _at(inventory.lines.iloc[row["heaviest"]], note, row["count"])


def _market(inventory: Inventory) -> Iterator[Message]:
    for position, note in market.remarks(inventory):
        yield _at(inventory.lines.iloc[position], note)


def _service(inventory: Inventory) -> Iterator[Message]:
    """Capital goods that no view counts this year: bought later, which is a slip, or out of service."""
    lines, year = inventory.counted, inventory.year
    lines = lines[(lines["posting"] == "immobilisations").to_numpy(dtype=bool)]
    if year is None or lines.empty:
        return
    bought, life, gone = (
        lines[name].to_numpy(dtype=np.float64) for name in ("acquisition_year", "life_years", "disposal_year")
    )
    over = (bought < year) & ((bought + life <= year) | (gone < year))
    for code, where in ((NOT_YET_BOUGHT, bought > year), (OUT_OF_SERVICE, over)):
        if where.any():
            found = lines[where]
            tonnes = shown(float(found["total_kg"].sum()) / 1000, 4)
            note = message(code, count=len(found), year=year, tonnes=tonnes)
            yield _at(found.sort_values("total_kg").iloc[-1], note, len(found))


def _gwp(inventory: Inventory) -> Iterator[Message]:
    used = inventory.counted["factor_id"].dropna().astype(str).unique()
    sets = sorted(set(inventory.catalogue.table.loc[used, "gwp_set"].astype(str)) - {"", "inconnu"})
    if len(sets) > 1:
        yield message(MIXED_GWP, sets=", ".join(sets))


def _screening(inventory: Inventory, categories: pd.DataFrame) -> Iterator[Message]:
    posts = pd.Series([*line_posts(inventory, "ghgp"), *line_posts(inventory, "beges")])
    counts = posts.str.split(" + ", regex=False).explode().value_counts()
    for row in categories.itertuples(index=False):
        code, decision = str(row.code), str(getattr(row, "decision", "") or "")
        if decision and decision not in lists()["decision"]:
            yield message(NOT_A_DECISION, category=code, value=decision)
        if decision != "exclue":
            continue
        if code.startswith("1."):
            yield message(DIRECT_EXCLUDED, category=code)
        if not str(getattr(row, "reason", "") or "").strip():
            yield message(NO_REASON, category=code)
        here = int(counts.get(code.removeprefix("C"), 0))
        if here:
            yield message(EXCLUDED_BUT_COUNTED, category=code, count=here)
