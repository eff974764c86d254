"""What refresh writes on the sheet Feuille de saisie: what to type on the platform, and what is missing beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbon_workbook.report.entry_form import TODO, entries, sums
from carbon_workbook.report.inputs import Inputs
from carbon_workbook.workbook import form_layout as place
from carbon_workbook.workbook.cells import cell_ref

if TYPE_CHECKING:
    from carbon_workbook.workbook.evaluate import Evaluation

Cells = dict[str, object]

COUNT = "{count} champ{plural} à compléter sur {total}."


def form_inputs(evaluation: Evaluation) -> Inputs:
    """What the fields read of a workbook."""
    content = evaluation.content
    return Inputs(
        evaluation.inventory,
        evaluation.views,
        evaluation.inventory.settings,
        evaluation.messages,
        content.categories,
        content.sites,
        content.registers,
    )


def form_cells(evaluation: Evaluation) -> Cells:
    """Everything that refresh writes on the sheet."""
    inputs = form_inputs(evaluation)
    rows = entries(inputs)
    cells: Cells = {}
    for entry in rows:
        row = place.row_of(entry.field)
        cells[cell_ref(row, place.VALUE)] = entry.value
        cells[cell_ref(row, place.STATE)] = entry.state or None
        cells[cell_ref(row, place.EXACT)] = entry.exact
    missing = sum(entry.state.startswith(TODO) for entry in rows)
    cells[cell_ref(place.COUNT_ROW, 1)] = COUNT.format(
        count=missing, plural="s" if missing > 1 else "", total=len(rows)
    )
    for offset, one in enumerate(sums(inputs, rows)):
        row = place.SUMS_FIRST + offset
        cells[cell_ref(row, place.HEADER)] = one.label
        for column, value in zip(
            range(place.VALUE, place.LAST + 1), (one.posts, one.total, one.gap), strict=True
        ):
            cells[cell_ref(row, column)] = value
    return cells
