"""The blocks of the ESRS E1 draft, in the wording of the version chosen."""

from __future__ import annotations

from collections.abc import Sequence

from carbon_workbook.inventory.views import View
from carbon_workbook.report import blocks, figures
from carbon_workbook.report.blocks import SCOPE3, esrs_categories
from carbon_workbook.report.figures import Row
from carbon_workbook.report.format import number, percent
from carbon_workbook.report.inputs import Inputs
from carbon_workbook.report.texts import texts
from carbon_workbook.report.uncertainty import uncertainty

REPORT = "esrs_e1"
DERIVED = "3"
ETS = {"2023": ("UE", "national", "hors UE"), "2026": ("UE",)}
"""Trading schemes whose share of scope 1 each version of the standard asks for."""
ELECTION_YEAR = 2026


def esrs(inputs: Inputs) -> Row:
    """Everything the ESRS E1 template prints beside the common blocks."""
    view, version = inputs.views["esrs"], inputs.esrs_version
    words = texts()["esrs_versions"][version]
    significance = figures.significance(view, SCOPE3, inputs.threshold)
    rows = gross_rows(inputs, view)
    scopes = [(row["short"], row["current"]) for row in rows if row["is_scope"]]
    own_levels = figures.level_rows(inputs.inventory, view, [code for code in SCOPE3 if code != DERIVED])
    instruments = figures.instrument_rows(inputs.inventory)
    return {
        **texts()["documents"][REPORT],
        "front": blocks.front(inputs, to_complete(inputs, view)),
        "key": blocks.key_figures(
            {
                "scope1": view.kg("S1"),
                "scope2": view.kg("S2"),
                "scope2_market": market_kg(inputs),
                "scope3": view.kg("S3"),
            }
        ),
        "version": version,
        "is_2023": version == "2023",
        "code": words["emissions"],
        "election": election(inputs),
        "boundary": words["boundary"].format(check=texts()["check"]),
        "optional": words["optional"],
        "approach": inputs.sentence("approach_esrs", approach=inputs.setting("approach_esrs")),
        "rows": rows,
        "total": view.total_kg / 1000,
        "biogenic": inputs.sentence("biogenic", value=number(_biogenic(view, "S1"))),
        "biogenic_rows": [
            {"label": texts()["view_names"][scope], "tonnes": _biogenic(view, scope)}
            for scope in ("S1", "S2", "S3")
        ],
        "outside": figures.outside_rows(view),
        "reading": blocks.outside_text(inputs, view),
        "intensity": intensity(inputs, rows),
        "screening": blocks.screening(inputs, view, esrs_categories(), "C"),
        "significance": significance,
        "significant": blocks.significant(inputs, "significant_esrs", significance),
        "instruments": instruments,
        "instruments_text": _instruments_text(inputs, instruments),
        "methods": blocks.methods(inputs, REPORT),
        "levels": own_levels,
        "primary": _primary(inputs, own_levels),
        "uncertainty": uncertainty(inputs, view),
        "topics": topics(inputs),
        "charts": {
            "scopes": blocks.chart("bars", "scopes", scopes),
            "categories": blocks.pareto(view, SCOPE3, "scope3"),
            "factors": blocks.top_factors(inputs),
        },
    }


def to_complete(inputs: Inputs, view: View) -> list[str]:
    """What is left to write, with what the lines do not say of quotas and of the market method."""
    missing = blocks.to_complete(inputs, REPORT, [f"C{code}" for code in SCOPE3])
    words = texts()["todo_dynamic"]
    if figures.ets_share(inputs.inventory, view, ETS[inputs.esrs_version]) is None:
        missing.append(words["ets"])
    if market_kg(inputs) is None:
        missing.append(words["market"])
    return missing


def gross_rows(inputs: Inputs, view: View) -> list[Row]:
    """Gross emissions: scopes, both methods of scope 2, the 15 categories, both totals.

    ``base`` and ``comparative`` wait for the history of the inventory; ``is_share`` marks a fraction.
    """
    version, market, total = inputs.esrs_version, market_kg(inputs), view.total_kg
    labels = texts()["esrs_labels"] | {code: f"{code} {label}" for code, label in esrs_categories().items()}
    kg: dict[str, float | None] = {
        "S1": view.kg("S1"),
        f"ets_{version}": None,
        "S2": view.kg("S2"),
        "S2M": market,
        "S3": view.kg("S3"),
        **{code: view.kg(code) for code in SCOPE3},
        "T": total,
        "TM": None if market is None else total - view.kg("S2") + market,
    }
    values = {code: None if value is None else value / 1000 for code, value in kg.items()}
    values[f"ets_{version}"] = figures.ets_share(inputs.inventory, view, ETS[version])
    if version == "2026":
        values["biogenic"] = _biogenic(view, "S1")
    return [
        {
            "code": code,
            "label": labels[code],
            "short": labels.get(f"{code}_short", labels[code]),
            "current": value,
            "base": None,
            "comparative": None,
            "change": None,
            "is_share": code.startswith("ets"),
            "is_scope": code in ("S1", "S2", "S3"),
            "is_strong": code in ("S1", "S2", "S2M", "S3", "T", "TM"),
        }
        for code, value in values.items()
    ]


def market_kg(inputs: Inputs) -> float | None:
    """Scope 2 by the market. None when the boundary differs from that of the market view."""
    if inputs.setting("approach") != inputs.setting("approach_esrs"):
        return None
    return inputs.views["ghgp_market"].kg("S2")


def election(inputs: Inputs) -> list[str]:
    """Which version of the standard was used; it must be said."""
    words, year, version = texts()["election"], inputs.inventory.year, inputs.esrs_version
    name = texts()["esrs_versions"][version]["name"]
    if year is None:
        return [words["stated"].format(year=inputs.todo, version=version, name=name)]
    if year == ELECTION_YEAR:
        return [words["open"].format(year=year, version=version, name=name)]
    said = [words["stated"].format(year=year, version=version, name=name)]
    doubt = f"{'before' if year < ELECTION_YEAR else 'after'}_{version}"
    if doubt in words:
        said.append(words[doubt].format(year=year, check=texts()["check"]))
    return said


def intensity(inputs: Inputs, rows: Sequence[Row]) -> list[Row]:
    """tCO2e per million euro of revenue, by location and by the market."""
    revenue = inputs.number("revenue")
    totals = {row["code"]: row for row in rows}
    found = []
    for code in ("T", "TM"):
        tonnes = totals[code]["current"]
        value = tonnes / (revenue / 1e6) if revenue and tonnes is not None else None
        found.append({"label": totals[code]["label"], "value": value})
    return found


def topics(inputs: Inputs) -> list[Row]:
    """The other topics of the standard and what this draft holds of them."""
    states, rows = texts()["topic_states"], []
    for topic in texts()["topics"]:
        written = "field" in topic and not inputs.fields[topic["field"]]["missing"]
        state = states["here"] if topic.get("here") else states["written"] if written else inputs.todo
        rows.append({"code": topic["codes"][inputs.esrs_version], "label": topic["label"], "state": state})
    return rows


def _biogenic(view: View, code: str) -> float:
    return float(view.rows.loc[view.rows["code"] == code, "co2_biogenic"].iloc[0]) / 1000


def _primary(inputs: Inputs, levels: Sequence[Row]) -> str:
    known = {row["label"]: row["share"] for row in levels}
    return inputs.sentence("primary", share=percent(known.get(figures.PRIMARY, 0.0) if levels else None))


def _instruments_text(inputs: Inputs, rows: Sequence[Row]) -> str:
    if not rows:
        return inputs.sentence("no_instrument")
    energy = sum(row["mwh"] or 0.0 for row in rows if row["cancelled"])
    return inputs.sentence("instruments", mwh=number(energy))
