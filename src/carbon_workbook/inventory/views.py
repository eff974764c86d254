"""Views of one set of lines: each is complete, and what it leaves out or counts otherwise has a name (B2, B3).

For each view: table + Σ adjustments = Σ lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.factors.tables import conventions, ghgp_categories, posts
from carbon_workbook.inventory import market
from carbon_workbook.inventory.core import activity_ratio
from carbon_workbook.inventory.gases import COLUMNS, STAGES
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.posts import posting, reasons

VIEWS = ("beges", "iso", "ghgp", "ghgp_market", "esrs")
NOMENCLATURE = {"beges": "beges", "iso": "beges", "ghgp": "ghgp", "ghgp_market": "ghgp", "esrs": "ghgp"}
WASTE = {"dechets": "recyclage_dechets", "fin_de_vie": "recyclage_produits"}
TOTAL = "T"


@dataclass(frozen=True)
class View:
    """One presentation of the inventory, in kgCO2e.

    ``rows``: code, label, level (0 total or category, 1 post, 2 share of a post), total and gases, nil rows included.
    ``details``: line, reason, kg, one row a line that the view counts otherwise. ``cells``: line, code, kg, what
    each table row is made of.
    """

    name: str
    rows: pd.DataFrame
    details: pd.DataFrame
    cells: pd.DataFrame
    lines_kg: float

    @cached_property
    def total_kg(self) -> float:
        """Total of the table."""
        return float(self.cells["kg"].sum())

    @cached_property
    def adjustments(self) -> pd.DataFrame:
        """reason, label, kg: what to add to the table to find the sum of the lines again."""
        table = self.details.groupby("reason", sort=False)["kg"].sum().reset_index()
        order = {reason: rank for rank, reason in enumerate(reasons())}
        table = table.sort_values("reason", key=lambda column: column.map(order), kind="stable")
        return table.assign(label=table["reason"].map(reasons()))[["reason", "label", "kg"]].reset_index(
            drop=True
        )

    @property
    def gap_kg(self) -> float:
        """Table + adjustments − lines; nil but for the rounding of doubles."""
        return self.total_kg + float(self.details["kg"].sum()) - self.lines_kg

    def kg(self, code: str) -> float:
        """Value of one row. Raises KeyError."""
        return float(self.rows.set_index("code").at[code, "total"])


@dataclass
class _Draft:
    """Parts on their way to a view: where each goes, with which value; and the adjustments so far."""

    line: npt.NDArray[np.int64]
    code: npt.NDArray[np.object_]
    values: npt.NDArray[np.float64]
    adjusted: list[pd.DataFrame]

    def move(self, where: npt.NDArray[np.bool_], reason: str, share: npt.NDArray[np.float64]) -> None:
        """Keep ``share`` of the parts ``where``; the rest becomes the adjustment ``reason``."""
        if not where.any():
            return
        kept = self.values[where] * share[:, None]
        gone = (self.values[where] - kept)[:, :-1].sum(axis=1)
        self.values[where] = kept
        self._adjust(self.line[where], reason, gone)

    def leave(self, where: npt.NDArray[np.bool_], reason: str) -> None:
        """Put the parts ``where`` outside the view."""
        self.move(where, reason, np.zeros(int(where.sum())))

    def add(self, line: npt.NDArray[np.int64], code: npt.NDArray[np.object_], values: npt.NDArray[np.float64],
            reason: str) -> None:  # fmt: skip
        """Add to the view what the lines do not hold; the adjustment is negative."""
        self.line = np.concatenate([self.line, line])
        self.code = np.concatenate([self.code, code])
        self.values = np.concatenate([self.values, values])
        self._adjust(line, reason, -values[:, :-1].sum(axis=1))

    def _adjust(self, line: npt.NDArray[np.int64], reason: str, kg: npt.NDArray[np.float64]) -> None:
        self.adjusted.append(pd.DataFrame({"line": line, "reason": reason, "kg": kg}))


def view(inventory: Inventory, name: str) -> View:
    """The view ``name``. Raises KeyError on an unknown one."""
    rule = conventions(name)
    nomenclature = NOMENCLATURE[name]
    control = _control(inventory, name)
    lines, parts = inventory.lines, inventory.parts
    post = posting(lines, control, nomenclature)
    code = np.array([*post.codes, ""], dtype=object)[post.of(parts.line, parts.stage)]
    draft = _Draft(parts.line, code, parts.values.copy(), [])

    draft.leave(lines["outside_seven"].to_numpy(dtype=bool)[parts.line], "gaz_hors_sept")
    if rule["territory"] == "national":
        draft.leave(~lines["national"].to_numpy(dtype=bool)[parts.line], "territoire")
    for outside in sorted({c for c in post.codes if c.startswith("-")}):
        draft.leave(draft.code == outside, outside[1:])
    if _contrails_out(inventory, name, rule["contrails"]):
        draft.leave(parts.stage == STAGES.index("contrails"), "trainees")
    _capital_goods(inventory, draft, rule["capital_goods"])
    if rule["recycling"] == "user":
        _recycling(inventory, draft)
    if rule["electricity"] == "market":
        _market(inventory, draft)
    return _finished(name, draft, inventory.total_kg)


def views(inventory: Inventory) -> dict[str, View]:
    """All views by name."""
    return {name: view(inventory, name) for name in VIEWS}


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


def _control(inventory: Inventory, name: str) -> str:
    approach = inventory.settings.get("approach_esrs" if name == "esrs" else "approach") or "opérationnel"
    return "control_financial" if approach == "financier" else "control_operational"


def _contrails_out(inventory: Inventory, name: str, rule: str) -> bool:
    if NOMENCLATURE[name] == "beges":
        return (inventory.settings.get("contrails_beges") or "incluses") == "exclues"
    return rule == "excluded"


def _capital_goods(inventory: Inventory, draft: _Draft, rule: str) -> None:
    """BEGES, ISO: total ÷ life while in service. GHG Protocol, ESRS: whole in the year of acquisition (B8)."""
    where = (inventory.lines["posting"] == "immobilisations").to_numpy()[draft.line]
    if not where.any():
        return
    goods = inventory.lines.iloc[draft.line[where]]
    bought, life, sold = (
        goods[column].to_numpy(dtype=np.float64)
        for column in ("acquisition_year", "life_years", "disposal_year")
    )
    year = float(inventory.year or np.nan)
    if rule == "acquisition":
        share = np.where(bought == year, 1.0, 0.0)
    else:
        in_service = (bought <= year) & (year < bought + life) & ~(sold < year)
        share = np.where(in_service, 1.0 / life, 0.0)
    draft.move(where, "immobilisations", share)


def _recycling(inventory: Inventory, draft: _Draft) -> None:
    """Cut-off: the producer of waste keeps collection and sorting, the user of recycled matter the rest (B3)."""
    lines, block, table = inventory.lines, inventory.block, inventory.catalogue.table
    pairs = np.append(table["cutoff_pair"].astype(str).to_numpy(dtype=object), "")[block.factor]
    for name, reason in WASTE.items():
        chosen = (lines["posting"] == name).to_numpy() & (pairs != "") & (block.codes == "")
        if not chosen.any():
            continue
        position = np.flatnonzero(chosen)
        here = chosen[draft.line] & ~np.array([str(c).startswith("-") for c in draft.code], dtype=bool)
        outside = ~np.isin(position, draft.line[here & (draft.values[:, :-1].sum(axis=1) != 0)])
        code = dict(zip(draft.line[here], draft.code[here], strict=True))
        draft.leave(here, reason)
        position = position[~outside]
        rows = lines.iloc[position]
        ratio = np.array(
            [
                activity_ratio(str(unit), str(pair), inventory.catalogue)
                for unit, pair in zip(rows["activity_unit"], pairs[position], strict=True)
            ]
        )
        factor = block.arrays.ids.get_indexer(pd.Index(pairs[position]))
        values = block.arrays.values[factor] * (rows["activity"].to_numpy(dtype=np.float64) * ratio)[:, None]
        draft.add(position, np.array([code[p] for p in position], dtype=object), values, reason)


def _market(inventory: Inventory, draft: _Draft) -> None:
    """Replace scope 2 electricity by location with the market method, country by country."""
    lines = inventory.lines
    electric = (lines["posting"] == "electricite").to_numpy()[draft.line] & (draft.code == "S2")
    if not electric.any():
        return
    country = lines["country"].astype(str).to_numpy(dtype=object)[draft.line]
    kg = draft.values[:, :-1].sum(axis=1)
    location = pd.Series(kg[electric]).groupby(country[electric]).sum()
    consumption = market.grid_consumption(lines, inventory.block, inventory.block.codes)
    by_market = market.market_kg(inventory, location, consumption)
    for name, value in by_market.items():
        here = electric & (country == name)
        if location.get(name, 0.0) > 0:
            draft.move(here, "electricite_marche", np.full(int(here.sum()), value / location[name]))
        elif value:
            first = np.flatnonzero(here)[:1]
            extra = np.zeros((len(first), len(COLUMNS)))
            extra[:, COLUMNS.index("unsplit")] = value
            draft.add(draft.line[first], draft.code[first], extra, "electricite_marche")


def _finished(name: str, draft: _Draft, lines_kg: float) -> View:
    inside = ~np.array([str(code).startswith("-") for code in draft.code], dtype=bool)
    cells = pd.DataFrame(draft.values[inside], columns=list(COLUMNS))
    cells.insert(0, "kg", draft.values[inside][:, :-1].sum(axis=1))
    cells.insert(0, "code", draft.code[inside])
    cells.insert(0, "line", draft.line[inside])
    empty = pd.DataFrame({"line": np.array([], dtype=np.int64), "reason": pd.Series(dtype=object), "kg": []})
    details = pd.concat(draft.adjusted, ignore_index=True) if draft.adjusted else empty
    details = details[details["kg"] != 0].reset_index(drop=True)
    return View(name, _rows(NOMENCLATURE[name], cells), details, cells, lines_kg)


def _rows(nomenclature: str, cells: pd.DataFrame) -> pd.DataFrame:
    """The table of a nomenclature: every row, nil ones too, with subtotals and total."""
    values = cells.groupby("code")[["kg", *COLUMNS]].sum()
    rows = []
    for code, label, level, members in row_frame(nomenclature):
        total = values.reindex(list(members)).sum()
        rows.append(
            {"code": code, "label": label, "level": level, "total": total["kg"], **total[list(COLUMNS)]}
        )
    return pd.DataFrame(rows)


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
    control = _control(inventory, name)
    post = posting(inventory.lines, control, NOMENCLATURE[name])
    block = inventory.block
    pair = post.key * (len(block.arrays.ids) + 1) + block.factor + 1
    position, uniques = pd.factorize(pair)
    width = len(block.arrays.ids) + 1
    texts = np.full(len(uniques), "", dtype=object)
    for number, unique in enumerate(uniques):
        key, factor = divmod(int(unique), width)
        start = block.arrays.stage_start[factor - 1] if factor else 0
        count = block.arrays.stage_count[factor - 1] if factor else 0
        kinds = block.arrays.stage_kind[start : start + count]
        codes = dict.fromkeys(str(post.codes[post.table[key, kind]]) for kind in kinds) if post.codes else {}
        texts[number] = " + ".join(
            "hors tableau" if c.startswith("-") else c.replace("4.1E", "4.1") for c in codes
        )
    result = texts[position]
    result[block.codes != ""] = ""
    return result
