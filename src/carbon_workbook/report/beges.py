"""The blocks of the BEGES report (méthode v5)."""

from __future__ import annotations

from carbon_workbook.inventory.propagation import row_uncertainty
from carbon_workbook.inventory.views import TOTAL, View, bridge
from carbon_workbook.report import blocks, figures
from carbon_workbook.report.figures import Row, text_of
from carbon_workbook.report.format import number, percent
from carbon_workbook.report.inputs import Inputs
from carbon_workbook.report.texts import texts
from carbon_workbook.report.uncertainty import shown, uncertainty

REPORT = "beges"
DIRECT = "1."
OBLIGED, OBLIGED_OVERSEAS = 500, 250


def beges(inputs: Inputs) -> Row:
    """Everything the BEGES template prints beside the common blocks."""
    view, ghgp = inputs.views["beges"], inputs.views["ghgp"]
    doubt = shown(row_uncertainty(inputs.inventory, view))
    rows = [row | {"uncertainty": doubt[row["code"] or TOTAL]} for row in figures.gas_rows(view)]
    posts = {row["code"]: row["label"] for row in rows if row["is_post"]}
    indirect = [code for code in posts if not code.startswith(DIRECT)]
    significance = figures.significance(view, indirect, inputs.threshold)
    categories = [(row["label"], row["total"]) for row in rows if row["is_category"]]
    return {
        **texts()["documents"][REPORT],
        "front": blocks.front(inputs, blocks.to_complete(inputs, REPORT, posts)),
        "key": blocks.key_figures(
            {
                "beges": view.total_kg,
                "direct": view.kg("1"),
                "energy": view.kg("2"),
                "other": view.total_kg - view.kg("1") - view.kg("2"),
            }
        ),
        "duty": duty(inputs),
        "approach": inputs.sentence("approach_beges", approach=inputs.setting("approach")),
        "territory": inputs.sentence("territory", country=inputs.setting("national_country")),
        "screening": blocks.screening(inputs, view, posts),
        "threshold": inputs.sentence("threshold", threshold=percent(inputs.threshold)),
        "significance": significance,
        "significant": blocks.significant(inputs, "significant", significance),
        "rows": rows,
        "total": view.total_kg / 1000,
        "outside": figures.outside_rows(view),
        "reading": blocks.outside_text(inputs, view),
        "ghgp": figures.gas_rows(ghgp),
        "bridge": bridge_rows(view, ghgp),
        "methods": blocks.methods(inputs, REPORT),
        "levels": figures.level_rows(inputs.inventory, view),
        "uncertainty": uncertainty(inputs, view),
        "charts": {
            "categories": blocks.chart("bars", "categories", categories),
            "posts": blocks.pareto(view, posts, "posts"),
            "factors": blocks.top_factors(inputs),
        },
    }


def duty(inputs: Inputs) -> Row:
    """The rule, the input, and the reading of both, to be checked: never a verdict."""
    words, headcount = texts()["duty"], inputs.number("headcount")
    if headcount is None:
        state = "unknown"
    elif headcount > OBLIGED:
        state = "obliged"
    else:
        state = "overseas" if headcount > OBLIGED_OVERSEAS and _overseas(inputs) else "voluntary"
    shown = inputs.todo if headcount is None else number(headcount, 0)
    return {
        "state": state,
        "rule": words["rule"],
        "input": words["input"].format(headcount=shown),
        "reading": words[state].format(check=texts()["check"], todo=inputs.todo),
    }


def _overseas(inputs: Inputs) -> bool:
    """Whether a site stands overseas, where the threshold is lower."""
    words = texts()["duty"]
    return any(
        text_of(row.get("country")) in words["overseas_countries"]
        or text_of(row.get("department")).startswith(words["overseas_departments"])
        for row in inputs.sites.to_dict("records")
    )


def bridge_rows(start: View, end: View) -> list[Row]:
    """Steps from one view's total to the other's; the first and last rows are the totals."""
    table, names = bridge(start, end), texts()["view_names"]
    last = len(table) - 1
    return [
        {"label": names.get(label, label), "tonnes": float(kg) / 1000, "is_end": place in (0, last)}
        for place, (label, kg) in enumerate(zip(table["label"], table["kg"], strict=True))
    ]
