"""What refresh writes of the screening: the ranking beside its quantities, the estimate of each post in Périmètre."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from carbon_workbook.inventory.screening import Screening, completed, ranking, screening_table
from carbon_workbook.inventory.significance import known_rules, text_of
from carbon_workbook.specs.spec import register
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref

if TYPE_CHECKING:
    from carbon_workbook.workbook.evaluate import Evaluation
    from carbon_workbook.workbook.read import Content

Cells = dict[str, object]

FIRST_COLUMN = 6
"""One blank column after the table of quantities."""
STAMP = (3, FIRST_COLUMN)
COLUMNS: tuple[tuple[str, str, float, str], ...] = (
    ("rank", "Rang", 7, "whole"),
    ("code", "Code", 8, "text"),
    ("label", "Poste ou catégorie", 52, "text"),
    ("kg", "Estimation (tCO2e)", 13, "tonnes"),
    ("basis", "D'après", 19, "text"),
    ("of_total", "Part du total", 10, "percent"),
    ("cumulated", "Cumul des indirectes", 12, "percent"),
    ("magnitude", "Règle des 80 %", 12, "text"),
    ("above", "Règle des 5 %", 12, "text"),
    ("sector", "Dominant dans le secteur", 12, "text"),
    ("screened", "Criblage (tCO2e)", 13, "tonnes"),
    ("counted", "Lignes comptées (tCO2e)", 13, "tonnes"),
)
"""Key, label, width and number format of the columns of a ranking. The rules carry their threshold when refreshed."""
ALWAYS, YES = "toujours", "oui"
"""Under a rule: a row that is declared whatever it weighs; a row that the rule retains."""


@dataclass(frozen=True, slots=True)
class RankingPlace:
    """A ranking of the sheet: its view, its title above the header row, and how many rows it can have."""

    view: str
    title: str
    header: int
    rows: int


RANKINGS = (
    RankingPlace("beges", "Classement des postes BEGES", at.REGISTER_HEADER, 22),
    RankingPlace("ghgp", "Classement GHG Protocol", at.REGISTER_HEADER + 22 + 4, 17),
)


def screening_cells(evaluation: Evaluation) -> Mapping[str, Cells]:
    """Cells by sheet title: both rankings, what they rest on, and the estimates of the screening table."""
    settings, screening = evaluation.content.settings, evaluation.screening
    rules, _ = known_rules(settings)
    sector = text_of(settings.get("sector"))
    cells: Cells = {cell_ref(*STAMP): stamp(screening, sector)}
    for place in RANKINGS:
        counted, screened = evaluation.views[place.view], screening.views[place.view]
        order = ranking(completed(place.view, counted, screened), place.view, sector, rules)
        for name, view in (("screened", (None, screened)), ("counted", (counted, None))):
            known = completed(place.view, *view).set_index("code")["kg"]
            order[name] = known.reindex(order["code"]).to_numpy()
        cells |= _ranking_cells(place, order)
        for offset, (key, *_) in enumerate(COLUMNS):
            threshold = {"magnitude": rules.magnitude, "above": rules.share}.get(key)
            if threshold is not None:
                cells[cell_ref(place.header, FIRST_COLUMN + offset)] = rule_label(threshold)
    return {at.SCREENING: cells, at.PERIMETER: _estimates(evaluation)}


def owned(content: Content) -> Mapping[str, set[str]]:
    """Every cell that refresh may write on these two sheets, where the rest is the user's."""
    block = {cell_ref(*STAMP)} | {
        cell_ref(row, FIRST_COLUMN + offset)
        for place in RANKINGS
        for row in range(place.header, place.header + place.rows + 1)
        for offset in range(len(COLUMNS))
    }
    column = _estimate_column(content)
    rows = () if column is None else content.categories["_row"]
    return {at.SCREENING: block, at.PERIMETER: {cell_ref(int(row), column or 1) for row in rows}}


def stamp(screening: Screening, sector: str) -> str:
    """What the rankings rest on."""
    given = len(screening.inventory.lines)
    refused = len(screening.inventory.refused)
    told = f"{given} donnée{'s' if given > 1 else ''} criblée{'s' if given > 1 else ''}"
    if refused:
        told += f", dont {refused} refusée{'s' if refused > 1 else ''} (voir Contrôles)"
    known = f"secteur : {sector}" if sector else "secteur non renseigné dans Société"
    return f"Écrit par Actualiser · {told} · {known}"


def rule_label(threshold: float) -> str:
    """Header of a rule with its threshold, a fraction."""
    return f"Règle des {100 * threshold:g} %".replace(".", ",")


def _ranking_cells(place: RankingPlace, order: pd.DataFrame) -> Cells:
    cells: Cells = {}
    rows = order.to_dict("records")
    for number in range(place.rows):
        row = rows[number] if number < len(rows) else None
        for offset, (key, *_) in enumerate(COLUMNS):
            value = None if row is None else _shown(key, row)
            cells[cell_ref(place.header + 1 + number, FIRST_COLUMN + offset)] = value
    return cells


def _shown(key: str, row: Mapping[object, object]) -> object:
    """A value of a ranking as its cell holds it; masses in tCO2e."""
    value = row[key]
    if key in ("magnitude", "above"):
        return ALWAYS if row["direct"] else YES if value else None
    if key == "sector":
        return YES if value else None
    if key == "rank":
        return int(str(value))
    if isinstance(value, (float, np.floating)):
        if np.isnan(value):
            return None
        return float(value) / 1000 if key in ("kg", "screened", "counted") else float(value)
    return str(value) or None


def _estimates(evaluation: Evaluation) -> Cells:
    """The column « Estimation » of the screening table: counted lines where a post has some, else the screening."""
    categories, column = evaluation.content.categories, _estimate_column(evaluation.content)
    if column is None:
        return {}
    known = screening_table(
        evaluation.views, evaluation.screening, categories, evaluation.content.settings
    ).set_index("code")
    tonnes = (known["kg"] / 1000).to_dict()
    found: Cells = {}
    for code, row in zip(categories["code"].map(text_of), categories["_row"], strict=True):
        if code in known.index:
            estimated = known.at[code, "basis"] != ""
            found[cell_ref(int(row), column)] = tonnes[code] if estimated else None
    return found


def _estimate_column(content: Content) -> int | None:
    """Number of the column « Estimation » of the screening table; None where the table has none."""
    table = content.package.table(at.registers()["categories"].table)
    label = next(column.label for column in register("categories") if column.key == "estimate")
    return table.bounds[1] + table.columns.index(label) if label in table.columns else None
