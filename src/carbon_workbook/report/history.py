"""Earlier years as tables: the reference year by post and gas, the comparison, and what is known of their figures."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan

from carbon_workbook.inventory.effects import EFFECTS
from carbon_workbook.inventory.series import against_previous, past, set_aside_view
from carbon_workbook.inventory.views import NOMENCLATURE, TOTAL, View, row_frame
from carbon_workbook.report.figures import Row, number_of, share, text_of
from carbon_workbook.report.format import number, percent, rounded, signed_rounded
from carbon_workbook.report.inputs import GAS_COLUMNS, NO, YES, Inputs
from carbon_workbook.report.texts import named, texts, worded

GASES = {key: GAS_COLUMNS[key] for key in ("co2", "ch4", "n2o", "other")}
"""What these leave of a total is « non ventilé »."""
BIOGENIC = GAS_COLUMNS["biogenic"]
SHOWN = 0.05
"""tCO2e under which two totals print alike."""


def gas_rows(inputs: Inputs, view: View, year: int | None) -> list[Row]:
    """The table of a view in an earlier year, in the shape of ``figures.gas_rows``; [] when nothing is known of it.

    A value that was not given is None. ``unsplit`` is what the gases leave of the total, so that each row adds up.
    """
    totals = past(inputs.history, view.name, year)
    if all(isnan(value) for value in totals.values()):
        return []
    typed: dict[str, Row] = {}
    for row in inputs.earlier_rows(view.name, year):
        found = typed.setdefault(text_of(row.get("code")), dict.fromkeys((*GASES, "biogenic")))
        for key, column in {**GASES, "biogenic": BIOGENIC}.items():
            found[key] = _sum(found[key], number_of(row.get(column)))
    labels = dict(zip(view.rows["code"], view.rows["label"], strict=True))
    rows: list[Row] = []
    for code, _, level, members in row_frame(NOMENCLATURE[view.name]):
        if level > 1:
            continue
        total = None if isnan(totals[code]) else totals[code]
        posts = _posts(view, members) if level == 0 else ()
        gases = typed.get(code) or _of_members(typed, () if total is None else posts)
        split = [gases[key] for key in GASES if gases[key] is not None]
        rows.append(
            {
                **gases,
                "key": code,
                "code": "" if code == TOTAL else code,
                "label": named(labels[code]),
                "total": total,
                "unsplit": None if total is None else total - sum(split),
                "is_total": code == TOTAL,
                "is_category": level == 0 and code != TOTAL,
                "is_post": level == 1,
            }
        )
    whole = rows[-1]["total"]
    return [
        row | {"share": None if row["total"] is None else share(row["total"], whole or 0.0)} for row in rows
    ]


def comparison_rows(inputs: Inputs, view: View, year: int | None) -> list[Row]:
    """Each row of a view beside an earlier year, in tCO2e; [] when nothing is known of that year."""
    table = against_previous(view, inputs.history, year)
    if table["previous"].isna().all():
        return []
    rows = []
    for row in table.to_dict("records"):
        before = None if isnan(row["previous"]) else row["previous"]
        rows.append(
            {
                "code": "" if row["code"] == TOTAL else row["code"],
                "label": named(row["label"]),
                "previous": before,
                "current": row["current"],
                "delta": None if before is None else row["current"] - before,
                "change": None if isnan(row["change"]) else row["change"],
                "is_total": row["code"] == TOTAL,
                "is_category": row["level"] == 0 and row["code"] != TOTAL,
            }
        )
    return rows


def comparison_text(inputs: Inputs, view: str, rows: list[Row], year: int | None) -> str:
    """Total against total, rounded to the uncertainty of this year's; the missing year is said."""
    if not rows:
        return inputs.sentence("comparison_none", year=year or inputs.todo)
    total = rows[-1]
    if total["previous"] is None:
        return inputs.sentence("comparison_partial", year=year)
    half = inputs.half_width(view, TOTAL)
    delta = signed_rounded(total["delta"], half)
    return inputs.sentence(
        "comparison" if delta.strip("0,.") else "comparison_level",
        year=inputs.inventory.year,
        previous_year=year,
        current=rounded(total["current"], half),
        previous=rounded(total["previous"], half),
        delta=delta,
        change=percent(total["change"], 0),
    )


def year_rows(inputs: Inputs, view: Callable[[int | None], str]) -> list[Row]:
    """What is known of the figures of the previous and of the reference year: origin, recalculation and why.

    ``view``: the one that stands for a year. Figures that history holds under another control approach are said.
    """
    words, found = texts()["years"], []
    for role in ("comparative_year", "base_year"):
        year = inputs.year(role)
        rows = [row for row in inputs.earlier_rows(view(year), year) if _known(row)]
        found.append(
            {
                "role": words[role],
                "year": inputs.todo if year is None else str(year),
                "known": bool(rows),
                "origin": _joined(worded(text_of(row.get("origin"))) for row in rows)
                or ("" if rows else _missing(inputs, view(year), year)),
                "recalculated": _recalculated(rows),
                "reason": _joined(row.get("reason") for row in rows),
            }
        )
    return found


def _missing(inputs: Inputs, view: str, year: int | None) -> str:
    """Why an earlier year has no figure: history holds none, or holds those of another control approach."""
    other = set_aside_view(inputs.history, inputs.settings, view, year)
    if not other:
        return str(texts()["years"]["missing"])
    return str(texts()["years"]["other_control"]).format(view=texts()["view_names"][other])


def _recalculated(rows: list[Row]) -> str:
    if not rows:
        return ""
    words, layout = texts()["years"], texts()["layout"]
    said = {text_of(row.get("recalculated")) for row in rows}
    if said == {YES}:
        return str(layout["yes"])
    if said == {NO}:
        return str(layout["no"])
    return str(words["partly"] if YES in said else words["unsaid"])


def _known(row: Row) -> bool:
    return any(number_of(row.get(column)) is not None for column in ("total", "unsplit", *GASES.values()))


def _joined(values: object) -> str:
    return " ; ".join(dict.fromkeys(filter(None, map(text_of, values))))  # type: ignore[call-overload]


def _posts(view: View, members: tuple[str, ...]) -> tuple[str, ...]:
    """Posts that a category or the total sums."""
    frame = row_frame(NOMENCLATURE[view.name])
    return tuple(code for code, _, level, parts in frame if level == 1 and set(parts) <= set(members))


def _of_members(typed: dict[str, Row], members: tuple[str, ...]) -> Row:
    found: Row = dict.fromkeys((*GASES, "biogenic"))
    for member in members:
        for key, value in typed.get(member, {}).items():
            found[key] = _sum(found[key], value)
    return found


def _sum(first: float | None, second: float | None) -> float | None:
    known = [value for value in (first, second) if value is not None]
    return sum(known) if known else None


# ── Effects ─────────────────────────────────────────────────────────────────────────────────────────────────────


def effect_rows(inputs: Inputs, view: str) -> list[Row]:
    """From the previous year's total to this one's by effect, in tCO2e; [] without the lines of the previous year."""
    if not _comparable(inputs):
        return []
    table = inputs.effects(view)
    names, last = texts()["effects"], str(inputs.inventory.year)
    steps = [(names[effect], float(table[effect].sum()), False) for effect in EFFECTS]
    ends = [
        (str(inputs.previous.year), float(table["previous"].sum()), True),  # type: ignore[union-attr]
        (last, float(table["current"].sum()), True),
    ]
    return [
        {"label": label, "tonnes": kg / 1000, "is_end": is_end}
        for label, kg, is_end in (ends[0], *steps, ends[1])
    ]


def effects_text(inputs: Inputs, view: str) -> list[str]:
    """How the effects are told apart, or why they are not; and where history says another total."""
    year = inputs.year("comparative_year")
    if inputs.previous is None:
        return [inputs.sentence("effects_none")]
    if not _comparable(inputs):
        found = inputs.previous.year or inputs.todo
        return [inputs.sentence("effects_other_year", found=found, year=year or inputs.todo)]
    table = inputs.effects(view)
    said = [inputs.sentence("effects", previous_year=year, year=inputs.inventory.year, count=len(table))]
    stated, computed = past(inputs.history, view, year)[TOTAL], float(table["previous"].sum()) / 1000
    if not isnan(stated) and abs(stated - computed) > SHOWN:
        said.append(
            inputs.sentence(
                "effects_differ", previous_year=year, computed=number(computed), stated=number(stated)
            )
        )
    return said


def _comparable(inputs: Inputs) -> bool:
    return inputs.previous is not None and inputs.previous.year == inputs.year("comparative_year")
