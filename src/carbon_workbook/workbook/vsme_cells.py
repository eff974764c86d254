"""What refresh writes on the sheet VSME B3-C3: a cell of a number holds a number or nothing, its state is beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbon_workbook.inventory.series import Trajectory, past, perimeters
from carbon_workbook.report.entry_form import actions_text
from carbon_workbook.report.figures import number_of, text_of
from carbon_workbook.specs.vsme import BASE, CURRENT, TARGET, Concept, concepts, taxonomy
from carbon_workbook.workbook import vsme_layout as place
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.form_cells import form_inputs
from carbon_workbook.workbook.origins import Figures, vsme, vsme_origin
from carbon_workbook.workbook.review_cells import trajectories

if TYPE_CHECKING:
    from carbon_workbook.workbook.evaluate import Evaluation

Cells = dict[str, object]
Value = float | int | str | None

VERSION = (
    "Taxonomie VSME du {version} ; son égalité avec la norme du règlement délégué (UE) 2026/1560 n'est pas vérifiée. "
    "Électricité renouvelable : instruments contractuels selon leur technologie, le reste au mix du pays."
)
NO_TARGET = "Aucun objectif tracé dans Objectifs : référence et cible restent vides."
YEARS = "Objectif {target} par rapport à {base} : {label}."
ELSEWHERE = "hors du classeur"


@dataclass(frozen=True)
class Goal:
    """The target that C3 tells: its base year, its year, and the trajectories that share both."""

    base_year: int
    target_year: int
    trajectories: tuple[Trajectory, ...]

    def value(self, view: str, codes: tuple[str, ...]) -> float:
        """Target of the rows of a view, tCO2e; NaN when no objective is on them."""
        for one in self.trajectories:
            if perimeters()[one.perimeter] == (view, codes):
                return one.target
        return float("nan")

    def base(self, view: str, codes: tuple[str, ...]) -> float:
        """Base value that the objective on these rows was given; NaN without one."""
        for one in self.trajectories:
            if perimeters()[one.perimeter] == (view, codes):
                return one.base
        return float("nan")


def goal_of(evaluation: Evaluation) -> Goal | None:
    """The next objective in tonnes on the GHG Protocol perimeters, with those of the same two years; None without."""
    year = evaluation.inventory.year or 0
    drawn = [
        one
        for one in trajectories(evaluation)
        if one.path
        and perimeters()[one.perimeter][0] in ("ghgp", "ghgp_market")
        and (one.target_year or 0) > year
    ]
    if not drawn:
        return None
    first = min(drawn, key=lambda one: one.target_year or 0)
    same = tuple(
        one for one in drawn if (one.base_year, one.target_year) == (first.base_year, first.target_year)
    )
    return Goal(int(first.base_year or 0), int(first.target_year or 0), same)


def vsme_values(evaluation: Evaluation, figures: Figures) -> dict[str, Value]:
    """Value of each named cell, exact; None where the workbook does not hold it."""
    goal = goal_of(evaluation)
    return {one.name: _value(one, evaluation, figures, goal) for one in concepts()}


def vsme_cells(evaluation: Evaluation, figures: Figures) -> Cells:
    """Everything that refresh writes on the sheet."""
    goal, values = goal_of(evaluation), vsme_values(evaluation, figures)
    cells: Cells = {place.place_of(one): values[one.name] for one in concepts()}
    cells[place.HEAT_CELL] = _heat(figures)
    cells[cell_ref(place.VERSION_ROW, 1)] = VERSION.format(version=taxonomy())
    cells[cell_ref(place.YEARS_ROW, 1)] = NO_TARGET if goal is None else YEARS.format(
        target=goal.target_year, base=goal.base_year, label=goal.trajectories[0].label
    )  # fmt: skip
    for group in place.groups():
        if not group.texts:
            cells |= _headers(group.header, evaluation.inventory.year, goal)
        for offset, row in enumerate(group.rows):
            cells[cell_ref(group.first + offset, place.STATE)] = _state(row, values, goal)
    return cells


def _headers(row: int, year: int | None, goal: Goal | None) -> Cells:
    """The titles of the three periods, with their years."""
    years = (year, goal.base_year, goal.target_year) if goal else (year, None, None)
    titles = zip(place.LABELS[3:6], place.COLUMNS.values(), years, strict=True)
    return {cell_ref(row, column): f"{label} {known}" if known else label for label, column, known in titles}


def _heat(figures: Figures) -> float:
    return float(figures.value(vsme()[place.HEAT_CELL]) or 0.0)


def _value(one: Concept, evaluation: Evaluation, figures: Figures, goal: Goal | None) -> Value:
    kind, _, key = one.source.partition(":")
    if kind == "objectif":
        return None if goal is None else int(getattr(goal, key))
    if kind == "reglage":
        setting = evaluation.inventory.settings.get(key)
        return (text_of(setting) or None) if one.decimals is None else number_of(setting)
    if kind == "plan":
        return actions_text(form_inputs(evaluation)) or None
    if not kind:
        return None
    if one.period == CURRENT:
        origin = vsme_origin(one.source)
        return None if origin is None else figures.value(origin)
    if goal is None:
        return None
    codes = tuple(key.split("+"))
    found = goal.value(kind, codes) if one.period == TARGET else _base(evaluation, goal, kind, codes)
    return None if np.isnan(found) else float(found)


def _base(evaluation: Evaluation, goal: Goal, view: str, codes: tuple[str, ...]) -> float:
    """tCO2e of the base year: what the objective states, else Historique; NaN while a part of it is missing."""
    stated = goal.base(view, codes)
    if not np.isnan(stated):
        return stated
    found = past(evaluation.content.registers["history"], view, goal.base_year)
    return float(sum(found[code] for code in codes))


def _state(row: Mapping[str, Concept], values: Mapping[str, Value], goal: Goal | None) -> str | None:
    """What a row lacks."""
    blank = [period for period, one in row.items() if values[one.name] is None]
    one = next(iter(row.values()))
    if not one.source:
        return ELSEWHERE
    if CURRENT in blank:
        return place.TO_COMPLETE
    if goal is None:
        return None
    said = {BASE: "référence à compléter", TARGET: "sans cible"}
    return " ; ".join(said[period] for period in blank if period in said) or None
