"""The blocks of the BEGES report (méthode v5)."""

from __future__ import annotations

from carbon_workbook.inventory.significance import choices
from carbon_workbook.inventory.views import TOTAL, View, bridge
from carbon_workbook.report import blocks, energy, figures, history
from carbon_workbook.report.figures import Row
from carbon_workbook.report.format import percent
from carbon_workbook.report.inputs import DIRECT, INDIRECT, Inputs
from carbon_workbook.report.plan import plan, volumes_text
from carbon_workbook.report.status import duty
from carbon_workbook.report.texts import named, texts, worded
from carbon_workbook.report.uncertainty import shown, uncertainty

REPORT = "beges"
ELSEWHERE = ("C14",)
"""Rows of the screening table that have no post: a decision on them is told all the same."""


def beges(inputs: Inputs) -> Row:
    """Everything the BEGES template prints beside the common blocks."""
    view, ghgp = inputs.views["beges"], inputs.views["ghgp"]
    doubt = shown(inputs.doubt("beges"))
    rows = [row | {"uncertainty": doubt[row["key"]]} for row in figures.gas_rows(view)]
    posts = {row["code"]: row["label"] for row in rows if row["is_post"]}
    indirect = choices("beges")
    significance = figures.significance(view, inputs.rules)
    screening = blocks.screening(inputs, view, posts)
    categories = [(row["label"], row["total"]) for row in rows if row["is_category"]]
    base_year, previous_year = inputs.year("base_year"), inputs.year("comparative_year")
    base_rows = history.gas_rows(inputs, view, base_year)
    compared = history.comparison_rows(inputs, view, previous_year)
    spread = uncertainty(inputs, view)
    sources = figures.source_rows(inputs.factors)
    missing = blocks.to_complete(inputs, REPORT, posts)
    if not base_rows:
        missing.append(texts()["todo_dynamic"]["base_table"])
    if not compared:
        missing.append(texts()["todo_dynamic"]["comparison"])
    return {
        **blocks.document(inputs, REPORT),
        "front": blocks.front(inputs, missing),
        "key": key_figures(inputs, significance),
        "duty": duty(inputs),
        "approach": inputs.sentence("approach_beges", approach=worded(inputs.setting("approach"))),
        "territory": inputs.sentence("territory", country=inputs.setting("national_country")),
        "entities": blocks.entity_rows(inputs),
        "years": history.year_rows(inputs, lambda _: "beges"),
        "screening": screening,
        "exclusions": blocks.exclusions(inputs, screening, ELSEWHERE),
        "threshold": inputs.sentence(
            "threshold", threshold=percent(inputs.rules.share), magnitude=percent(inputs.rules.magnitude, 0)
        ),
        "significance": significance,
        "significant": blocks.significant(inputs, "significant", significance),
        "left_out": left_out(inputs, screening, significance),
        "rows": rows,
        "total": view.total_kg / 1000,
        "by_kind": kind_rows(view),
        "outside": figures.outside_rows(view),
        "reading": blocks.outside_text(inputs, view),
        "base_rows": base_rows,
        "base_text": inputs.sentence(
            "base_table" if base_rows else "base_table_none", year=base_year or inputs.todo
        ),
        "comparison": compared,
        "comparison_text": history.comparison_text(inputs, "beges", compared, previous_year),
        "effects": history.effect_rows(inputs, "beges"),
        "effects_text": history.effects_text(inputs, "beges"),
        "ghgp": figures.gas_rows(ghgp),
        "bridge": bridge_rows(view, ghgp),
        "methods": blocks.methods(inputs, REPORT),
        "levels": figures.level_rows(inputs.inventory, view),
        "sources": sources,
        "sources_text": blocks.sources_text(inputs, sources),
        "energy": energy.energy(inputs, "beges"),
        "uncertainty": spread,
        "exact": blocks.exact_rows(inputs, ("beges", "ghgp")),
        "plan": plan(inputs),
        "expected_direct": volumes_text(inputs, DIRECT),
        "expected_indirect": volumes_text(inputs, INDIRECT),
        "charts": {
            "categories": blocks.chart("bars", "categories", categories),
            "posts": blocks.pareto(view, indirect, "posts"),
            "factors": blocks.top_factors(inputs),
            "intervals": blocks.intervals(inputs, spread["rows"]),
            "comparison": blocks.compared(
                "comparison_chart",
                [row for row in compared if row["is_category"]],
                (str(inputs.inventory.year), str(previous_year)),
            ),
            "trajectory": blocks.trajectories(inputs),
        },
    }


def key_figures(inputs: Inputs, significance: list[Row]) -> list[Row]:
    """Total, direct, energy, and the heaviest indirect post, in tCO2e."""
    words = texts()["key_figures"]
    first = significance[0] if significance else None
    heaviest = (
        {"label": words["heaviest_none"], "value": None, "half": None}
        if first is None
        else blocks.key_figure(
            inputs, "beges", first["code"], words["heaviest"].format(code=first["code"], label=first["label"])
        )
    )
    return [
        blocks.key_figure(inputs, "beges", TOTAL, words["beges"]),
        blocks.key_figure(inputs, "beges", "1", words["direct"]),
        blocks.key_figure(inputs, "beges", "2", words["energy"]),
        heaviest,
    ]


def kind_rows(view: View) -> list[Row]:
    """Direct and indirect emissions, then their total."""
    words, direct = texts()["kinds"], view.kg("1")
    values = ((DIRECT, direct), (INDIRECT, view.total_kg - direct), ("total", view.total_kg))
    return [
        {
            "label": words[key],
            "tonnes": kg / 1000,
            "share": figures.share(kg, view.total_kg),
            "is_total": key == "total",
        }
        for key, kg in values
    ]


def left_out(inputs: Inputs, screening: list[Row], significance: list[Row]) -> str:
    """What the method says of the significant posts that were left out; blank without any."""
    weight = {row["code"]: row["first"] or row["above"] for row in significance}
    limit = inputs.rules.share * inputs.views["beges"].total_kg / 1000
    codes = [
        row["code"]
        for row in screening
        if row["excluded"] and (weight.get(row["code"]) or (limit and (row["estimate"] or 0.0) >= limit))
    ]
    return inputs.sentence("left_out", codes=", ".join(codes)) if codes else ""


def bridge_rows(start: View, end: View) -> list[Row]:
    """Steps from one view's total to the other's; the first and last rows are the totals."""
    table, names = bridge(start, end), texts()["view_names"]
    last = len(table) - 1
    return [
        {"label": names.get(label) or named(label), "tonnes": float(kg) / 1000, "is_end": place in (0, last)}
        for place, (label, kg) in enumerate(zip(table["label"], table["kg"], strict=True))
    ]
