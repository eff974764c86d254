"""The energy block of both reports: consumption by origin in MWh PCI, by location and by the market."""

from __future__ import annotations

from math import isnan

from carbon_workbook.inventory.energy import by_source, consumption, mixes_used
from carbon_workbook.inventory.energy import energy as energy_of
from carbon_workbook.report.figures import Row, share
from carbon_workbook.report.format import number, percent, typeset
from carbon_workbook.report.inputs import Inputs
from carbon_workbook.report.texts import named


def energy(inputs: Inputs, view: str) -> Row:
    """Rows of the consumption and of its sources; nil ones are left out but for the totals.

    ``notes``: what limits the figures, in the words of the messages of the workbook.
    """
    found = energy_of(inputs.inventory, inputs.views[view])
    rows = [
        {
            "label": named(row["label"]),
            "mwh": row["mwh"],
            "share": None if isnan(row["share"]) else row["share"],
            "mwh_market": row["mwh_market"],
            "share_market": None if isnan(row["share_market"]) else row["share_market"],
            "is_total": row["code"] == "T",
            "is_category": row["level"] == 0 and row["code"] != "T",
        }
        for row in consumption(found).to_dict("records")
        if row["level"] == 0 or row["mwh"] or row["mwh_market"]
    ]
    sources = [
        {
            "label": named(row["label"]),
            "mwh": row["total"],
            "share": share(row["total"], found.total_mwh),
            "tonnes": row["tonnes"],
        }
        for row in by_source(found).to_dict("records")
        if row["total"]
    ]
    revenue = inputs.number("revenue")
    return {
        "rows": rows if found.total_mwh else [],
        "sources": sources,
        "text": inputs.sentence(
            "energy" if found.total_mwh else "energy_none", mwh=number(found.total_mwh, 0)
        ),
        "mixes": [
            inputs.sentence(
                "energy_mix",
                country=mix.country,
                year=mix.year,
                shares=" / ".join(percent(value) for value in mix.shares[:3]),
                source=mix.source,
            )
            for mix in mixes_used(inputs.inventory, found)
        ],
        "notes": [typeset(note.sentence) for note in found.notes],
        "intensity": inputs.sentence(
            "energy_intensity", value=number(found.total_mwh / (revenue / 1e6) if revenue else None)
        ),
    }
