"""The data of the charts of Synthèse: where they stand, and what refresh writes there. The reports draw the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from carbon_workbook.inventory import series
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.energy_layout import Block
from carbon_workbook.workbook.review_cells import trajectories

if TYPE_CHECKING:
    from carbon_workbook.workbook.evaluate import Evaluation

Cells = dict[str, object]

FIRST = at.PARETO_FIRST + at.PARETO_ROWS + 3
HEIGHT = 16
"""Rows from one block to the next: its title, its header, ten rows and the chart beside them."""
ROWS = 10
CODES = ("S1", "S2", *map(str, range(1, 16)))


def _block(number: int, title: str, *labels: str) -> Block:
    return Block(title, FIRST + 1 + number * HEIGHT, labels, ROWS)


FACTORS = _block(0, "Facteurs qui pèsent le plus", "Facteur", "tCO2e", "Part", "Lignes")
INTERVALS = _block(
    1, "Incertitude des postes les plus lourds (95 %)", "Poste", "tCO2e", "Écart bas", "Écart haut", "Classe"
)
PREVIOUS = _block(2, "Année contre N-1 (GHG Protocol)", "Poste", "N-1", "N", "Évolution")
TRAJECTORY = _block(3, "Trajectoire", "Année", "Trajectoire", "Mesuré", "Écart")
PARETO = _block(
    4, "Pareto des postes du GHG Protocol, par localisation", "Poste", "tCO2e", "Cumul", "Seuil", "Code"
)
BLOCKS = (FACTORS, INTERVALS, PREVIOUS, TRAJECTORY, PARETO)
LAST_ROW = FIRST + len(BLOCKS) * HEIGHT
NO_HISTORY, NO_TARGET = "Historique : à compléter", "Objectifs : à compléter"
LONGEST = 44


def chart_cells(evaluation: Evaluation) -> Cells:
    """The plain values of every block; rows that no point needs are cleared."""
    return {
        **_pareto(evaluation),
        **_factors(evaluation),
        **_intervals(evaluation),
        **_previous(evaluation),
        **_trajectory(evaluation),
    }


def _table(block: Block, rows: Iterable[Sequence[object]]) -> Cells:
    width = len(block.labels)
    listed = [tuple(row) for row in rows][: block.rows]
    listed += [(None,) * width] * (block.rows - len(listed))
    return {
        cell_ref(block.first + offset, column): value
        for offset, values in enumerate(listed)
        for column, value in enumerate(values, start=1)
    }


def _named(code: object, label: object) -> str:
    text = str(label).split(" :")[0]
    return _short(f"{code}. {text}" if str(code).isdigit() else text)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def _pareto(evaluation: Evaluation) -> Cells:
    found = series.pareto(evaluation.views["ghgp"], CODES)
    return _table(
        PARETO,
        [
            (
                _named(code, label),
                tonnes,
                cumulated,
                series.FIRST_OF_TOTAL,
                f"C{code}" if str(code).isdigit() else code,
            )
            for code, label, tonnes, cumulated in found[["code", "label", "tonnes", "cumulated"]].to_numpy()
        ],
    )


def _factors(evaluation: Evaluation) -> Cells:
    found = series.top_factors(evaluation.inventory, ROWS)
    rows = found[["label", "tonnes", "share", "lines"]].to_numpy().tolist()
    return _table(FACTORS, [(_short(label), tonnes, share, lines) for label, tonnes, share, lines in rows])


def _intervals(evaluation: Evaluation) -> Cells:
    found = series.post_intervals(evaluation.inventory, evaluation.views["ghgp"])
    found = found[found["code"].isin(CODES)].sort_values("tonnes", ascending=False, kind="stable")
    return _table(
        INTERVALS,
        [
            (_named(row["code"], row["label"]), row["tonnes"], row["tonnes"] - row["low"],
             row["high"] - row["tonnes"], row["quality"])
            for row in found.to_dict("records")
        ],
    )  # fmt: skip


def _previous(evaluation: Evaluation) -> Cells:
    year = evaluation.inventory.settings.get("comparative_year")
    history = evaluation.content.registers["history"]
    found = series.against_previous(
        evaluation.views["ghgp"], history, int(year) if isinstance(year, (int, float)) else None
    )
    found = found[found["code"].isin(CODES) & found["previous"].notna()]
    if found.empty:
        return _table(PREVIOUS, [(NO_HISTORY, None, None, None)])
    found = found.sort_values("current", ascending=False, kind="stable")
    return _table(
        PREVIOUS,
        [
            (_named(row["code"], row["label"]), row["previous"], row["current"], _or_none(row["change"]))
            for row in found.to_dict("records")
        ],
    )


def _trajectory(evaluation: Evaluation) -> Cells:
    """The first target that has a straight line: its years, and those that were measured."""
    drawn = next((one for one in trajectories(evaluation) if one.path), None)
    title = cell_ref(TRAJECTORY.header - 1, 1)
    if drawn is None:
        return {**_table(TRAJECTORY, [(NO_TARGET, None, None, None)]), title: TRAJECTORY.title}
    measured = dict(drawn.measured)
    years = sorted({year for year, _ in drawn.path} | set(measured))
    rows = []
    for year in years:
        expected, found = _or_none(drawn.expected_in(year)), measured.get(year)
        gap = None if expected is None or found is None else found - expected
        rows.append((year, expected, found, gap))
    named = f"{TRAJECTORY.title} : {drawn.label} ({drawn.perimeter}, tCO2e)"
    return {**_table(TRAJECTORY, rows), title: named}


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
