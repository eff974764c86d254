"""What refresh writes on the sheet Revue de direction: a number, or « à compléter » where the workbook has none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from carbon_workbook.inventory import management
from carbon_workbook.inventory.energy import consumption
from carbon_workbook.inventory.series import Trajectory, current_of, past, standing_view, trajectory
from carbon_workbook.inventory.views import TOTAL
from carbon_workbook.messages import Severity
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook import origins
from carbon_workbook.workbook import review_layout as place
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.energy_layout import Block
from carbon_workbook.workbook.origins import Figures

if TYPE_CHECKING:
    from carbon_workbook.workbook.evaluate import Evaluation

Cells = dict[str, object]
TODO = place.TO_COMPLETE


def review_cells(evaluation: Evaluation, figures: Figures) -> Cells:
    """Everything of the sheet but the stamp and the decisions, which are the user's."""
    return {
        **_emissions(evaluation, figures),
        **_intensities(evaluation, figures),
        **_top(figures),
        **_quality(evaluation, figures),
        **_plan(evaluation),
        **_targets(evaluation),
        **_dates(evaluation),
    }


def _table(block: Block, rows: Iterable[Sequence[object]], columns: int) -> Cells:
    """Rows of a block from the top; what is left below them is cleared."""
    listed = list(rows)[: block.rows]
    listed += [(None,) * columns] * (block.rows - len(listed))
    return {
        cell_ref(block.first + offset, column): value
        for offset, values in enumerate(listed)
        for column, value in enumerate(values, start=1)
    }


def _known(value: float) -> object:
    return TODO if np.isnan(value) else float(value)


def _emissions(evaluation: Evaluation, figures: Figures) -> Cells:
    history, settings = evaluation.content.registers["history"], evaluation.inventory.settings
    years = [_year(settings.get(key)) for key in ("year", "comparative_year", "base_year")]
    labels = place.EMISSIONS.labels
    cells: Cells = {
        cell_ref(place.EMISSIONS.header, column): f"{labels[column - 1]} {year}"
        if year
        else labels[column - 1]
        for column, year in zip((place.CURRENT, place.PREVIOUS, place.BASE), years, strict=True)
    }
    for offset, (_, view, code) in enumerate(place.TOTALS):
        row = place.EMISSIONS.first + offset
        now = figures.tonnes(view)[code]["total"]
        cells[cell_ref(row, place.CURRENT)] = now
        for column, change, year in (
            (place.PREVIOUS, place.CHANGE, years[1]),
            (place.BASE, place.BASE_CHANGE, years[2]),
        ):
            before = past(history, standing_view(history, settings, view, year), year)[code]
            cells[cell_ref(row, column)] = _known(before)
            cells[cell_ref(row, change)] = now / before - 1.0 if before > 0 else None
    return cells


def _year(value: object) -> int | None:
    number = management.number(value)
    return None if np.isnan(number) else int(number)


def _intensities(evaluation: Evaluation, figures: Figures) -> Cells:
    found = management.intensities(evaluation.inventory, evaluation.views, figures.energy)
    rows = [(label, _known(value)) for label, value in zip(found["label"], found["value"], strict=True)]
    energy = consumption(figures.energy).set_index("code")
    rows.append(("Énergie consommée (MWh PCI)", float(energy["mwh"][TOTAL])))
    for code, label in (
        ("renouvelable", "Part renouvelable de l'énergie"),
        ("fossile", "Part fossile de l'énergie"),
    ):
        rows.append((label, _known(float(energy["share"][code]))))
    return _table(place.INTENSITIES, rows, 2)


def _top(figures: Figures) -> Cells:
    view = figures.view("beges")
    doubt = figures.doubt(view.name)
    rows = []
    for code, label in origins.heaviest_posts(figures):
        kg, half, quality = view.kg(code), float(doubt["half"][code]), int(doubt["quality"][code])
        rows.append((f"{code} {label}", kg / 1000.0, kg / view.total_kg, half, quality))
    return _table(place.TOP, rows, len(place.TOP.labels))


def _quality(evaluation: Evaluation, figures: Figures) -> Cells:
    inventory, beges = evaluation.inventory, figures.view("beges")
    doubt = figures.doubt("beges")
    half, quality = float(doubt["half"][TOTAL]), float(doubt["quality"][TOTAL])
    cells, whole = beges.cells, beges.total_kg
    shares = []
    for level in at.DATA_LEVELS:
        chosen = origins.selected(inventory.lines, ("data_level", level))
        kg = float(cells["kg"].to_numpy()[chosen[cells["line"].to_numpy()]].sum())
        shares.append(kg / whole if whole else None)
    count, share = management.evidence_gaps(inventory)
    values: list[object] = [
        _known(half),
        TODO if np.isnan(quality) else int(quality),
        *shares,
        len(inventory.counted),
        len(inventory.refused),
        sum(note.severity is Severity.WARNING for note in evaluation.messages),
        count,
        share,
    ]
    return _table(place.QUALITY, zip(place.QUALITY_ROWS, values, strict=True), 2)


def _plan(evaluation: Evaluation) -> Cells:
    actions = evaluation.content.registers["actions"]
    if actions.empty:
        return _table(place.PLAN, [(f"Plan de transition : {TODO}", 0, None, None)], 4)
    found = management.plan_progress(actions)
    rows = [
        (status, int(count), _or_todo(count, expected), _or_todo(count, obtained))
        for status, count, expected, obtained in found.to_numpy().tolist()
    ]
    return _table(place.PLAN, rows, 4)


def _or_todo(count: int, value: float) -> object:
    """A sum; what no action gives is to be completed where there are actions."""
    return _known(value) if count else None


def _targets(evaluation: Evaluation) -> Cells:
    found = trajectories(evaluation)
    if not found:
        return _table(place.TARGETS, [(f"Objectifs : {TODO}", *(None,) * 6)], 7)
    rows = [
        (
            f"{one.label} ({one.perimeter})" if one.perimeter else one.label,
            one.target_year or TODO,
            _known(one.target),
            _or_none(one.expected),
            _or_none(one.measured_now),
            _or_none(one.gap),
            str(one.standing),
        )
        for one in found
    ]
    return _table(place.TARGETS, rows, 7)


def trajectories(evaluation: Evaluation) -> tuple[Trajectory, ...]:
    """The targets of the workbook with where the year stands."""
    registers = evaluation.content.registers
    current = current_of(evaluation.views, evaluation.inventory.year)
    return trajectory(registers["targets"], registers["history"], current)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _dates(evaluation: Evaluation) -> Cells:
    registers = evaluation.content.registers
    found = management.due_dates(evaluation.inventory, registers["actions"], registers["targets"])
    rows = [(kind, pd.Timestamp(day).date(), detail) for day, kind, detail in found.itertuples(index=False)]
    return _table(place.DATES, rows, 3)
