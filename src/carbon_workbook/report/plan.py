"""The transition plan and its objectives: what was done, what is envisaged, what it should give."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan

from carbon_workbook.inventory.series import Trajectory, current_of, trajectory
from carbon_workbook.report.figures import Row, number_of, text_of
from carbon_workbook.report.format import number
from carbon_workbook.report.inputs import DIRECT, INDIRECT, NO, PAST_STATES, YES, Inputs
from carbon_workbook.report.texts import texts, worded

DONE = "réalisée"


def plan(inputs: Inputs) -> Row:
    """Actions behind us, then those to come by kind; expected volumes; objectives."""
    ahead = [row for row in inputs.actions if row["state"] not in PAST_STATES]
    return {
        "past": [_shown(inputs, row) for row in inputs.actions if row["state"] in PAST_STATES],
        "direct": [_shown(inputs, row) for row in ahead if row["kind"] == DIRECT],
        "indirect": [_shown(inputs, row) for row in ahead if row["kind"] == INDIRECT],
        "unsorted": [_shown(inputs, row) for row in ahead if row["kind"] not in (DIRECT, INDIRECT)],
        "volumes": [
            _volume(kind, [row for row in ahead if row["kind"] == kind]) for kind in (DIRECT, INDIRECT)
        ],
        "levers": lever_rows(inputs),
        "targets": target_rows(inputs),
    }


def volumes_text(inputs: Inputs, kind: str) -> str:
    """The reduction expected of the actions to come of a kind, and how many do not say theirs; blank without any."""
    rows = [row for row in inputs.actions if row["kind"] == kind and row["state"] not in PAST_STATES]
    if not rows:
        return ""
    volume = _volume(kind, rows)
    said = inputs.sentence("volume", count=volume["count"], tonnes=number(volume["expected"]))
    if volume["unknown"]:
        said += " " + inputs.sentence("volume_unknown", count=volume["unknown"])
    return said


def lever_rows(inputs: Inputs) -> list[Row]:
    """Actions by lever, abandoned ones left out: reductions obtained and expected, means."""
    groups: dict[str, list[Row]] = {}
    for row in inputs.actions:
        if row["state"] in (DONE, *_open_states(inputs)):
            groups.setdefault(row["lever"], []).append(row)
    return [
        {
            "lever": worded(lever) or inputs.todo,
            "count": len(rows),
            "obtained": _total(row["obtained"] for row in rows),
            "expected": _total(row["expected"] for row in rows if row["state"] != DONE),
            "capex": _total(row["capex"] for row in rows),
            "opex": _total(row["opex"] for row in rows),
        }
        for lever, rows in groups.items()
    ]


def target_rows(inputs: Inputs) -> list[Row]:
    """The objectives with their value in tCO2e and where the year stands; ``None`` where it cannot be known."""
    drawn = trajectories(inputs)
    layout, rows = texts()["layout"], []
    for row, line in zip(inputs.rows("targets"), drawn, strict=True):
        science = text_of(row.get("science_based"))
        rows.append(
            {
                "label": line.label,
                "perimeter": worded(line.perimeter) or inputs.todo,
                "kind": worded(text_of(row.get("kind"))) or inputs.todo,
                "base_year": inputs.todo if line.base_year is None else str(line.base_year),
                "base": _known(line.base),
                "target_year": inputs.todo if line.target_year is None else str(line.target_year),
                "reduction": number_of(row.get("reduction")),
                "target": _known(line.target),
                "coverage": number_of(row.get("coverage"))
                if number_of(row.get("coverage")) is not None
                else 1.0,
                "scenario": text_of(row.get("scenario")) or inputs.todo,
                "science": {YES: layout["yes"], NO: layout["no"]}.get(science, inputs.todo),
                "current": _known(line.measured_now),
                "expected": _known(line.expected),
                "standing": texts()["standings"][line.standing.value],
            }
        )
    return rows


def trajectories(inputs: Inputs) -> tuple[Trajectory, ...]:
    """The objectives of the workbook as straight lines."""
    targets = inputs.registers.get("targets")
    if targets is None or targets.empty:
        return ()
    return trajectory(targets, inputs.history, current_of(inputs.views, inputs.inventory.year))


def _open_states(inputs: Inputs) -> set[str]:
    return {row["state"] for row in inputs.actions if row["state"] not in PAST_STATES}


def _volume(kind: str, rows: list[Row]) -> Row:
    return {
        "label": texts()["kinds"][kind],
        "count": len(rows),
        "expected": _total(row["expected"] for row in rows),
        "unknown": sum(row["expected"] is None for row in rows),
        "capex": _total(row["capex"] for row in rows),
        "opex": _total(row["opex"] for row in rows),
    }


def _shown(inputs: Inputs, row: Row) -> Row:
    """An action with what carries it and what measures it in one text."""
    words, semicolon = texts()["action_details"], texts()["layout"]["semicolon"]
    details = [words[key].format(value=row[key]) for key in ("owner", "means", "result") if row[key]]
    return row | {
        "state": worded(row["state"]) or inputs.todo,
        "lever": worded(row["lever"]),
        "details": semicolon.join(details),
    }


def _total(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _known(value: float) -> float | None:
    return None if isnan(value) else value
