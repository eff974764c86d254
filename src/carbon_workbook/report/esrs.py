"""The blocks of the ESRS E1 draft, in the wording of the version chosen."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from carbon_workbook.inventory.series import past, perimeters, set_aside_view, standing_view
from carbon_workbook.inventory.views import TOTAL, View
from carbon_workbook.report import blocks, energy, figures, history
from carbon_workbook.report.blocks import SCOPE3, esrs_categories
from carbon_workbook.report.figures import Row, number_of, text_of
from carbon_workbook.report.format import number, percent
from carbon_workbook.report.inputs import Inputs
from carbon_workbook.report.plan import plan, trajectories
from carbon_workbook.report.status import duty, esrs_duty
from carbon_workbook.report.tables import esrs_rows, esrs_topics
from carbon_workbook.report.texts import texts, worded
from carbon_workbook.report.uncertainty import uncertainty

REPORT = "esrs_e1"
MARKET_VIEW, MARKET = "esrs_market", "S2M"
DERIVED = "3"
SCOPES = ("S1", "S2", "S3")
TOTALS = ("T", "TM")
ETS = {"2023": ("UE", "national", "hors UE"), "2026": ("UE",)}
"""Trading schemes whose share of scope 1 each version of the standard asks for."""
ELECTION_YEAR = 2026
MILESTONES = (2025, 2030, 2050)
TARGET_ROWS = {
    "Scope 1": "S1",
    "Scope 2, localisation": "S2",
    "Scope 2, marché": MARKET,
    "Scope 3": "S3",
    "Total GHG Protocol": "T",
    "Scopes 1 et 2": "S12",
}
"""Row of each perimeter that an objective may name; S12 is a row of the workbook only, the others have none."""
GROUP, OTHERS = "groupe consolidé", "autre"


def esrs(inputs: Inputs) -> Row:
    """Everything the ESRS E1 template prints beside the common blocks."""
    view, version = inputs.views["esrs"], inputs.esrs_version
    words = texts()["esrs_versions"][version]
    significance = figures.significance(view, inputs.rules)
    rows = gross_rows(inputs, view)
    scopes = [(row["short"], row["current"]) for row in rows if row["is_scope"]]
    own_levels = figures.level_rows(inputs.inventory, view, [code for code in SCOPE3 if code != DERIVED])
    screening = blocks.screening(inputs, view, esrs_categories(), "C")
    spread = uncertainty(inputs, view)
    sources = figures.source_rows(inputs.factors)
    groups = group_rows(inputs)
    return {
        **blocks.document(inputs, REPORT),
        "front": blocks.front(inputs, to_complete(inputs, view, groups)),
        "key": key_figures(inputs),
        "version": version,
        "is_2023": version == "2023",
        "code": esrs_topics(version)["emissions"].disclosure,
        "refs": {key: topic.reference for key, topic in esrs_topics(version).items()},
        "election": election(inputs),
        "duty": esrs_duty(inputs),
        "status": duty(inputs)["reading"],
        "boundary": words["boundary"].format(check=texts()["check"]),
        "optional": words["optional"],
        "approach": inputs.sentence("approach_esrs", approach=worded(inputs.setting("approach_esrs"))),
        "entities": blocks.entity_rows(inputs),
        "years": history.year_rows(inputs, lambda year: history_view(inputs, year)),
        "history_note": history_note(inputs),
        "rows": rows,
        "totals": total_rows(inputs, view),
        "total": view.total_kg / 1000,
        "groups": groups,
        "biogenic": inputs.sentence("biogenic", value=number(_biogenic(view, "S1"))),
        "biogenic_rows": [
            {"label": texts()["view_names"][scope], "tonnes": _biogenic(view, scope)} for scope in SCOPES
        ],
        "outside": figures.outside_rows(view),
        "reading": blocks.outside_text(inputs, view),
        "intensity": intensity(inputs, view),
        "reconciliation": reconciliation(inputs),
        "screening": screening,
        "exclusions": blocks.exclusions(inputs, screening),
        "significance": significance,
        "significant": blocks.significant(inputs, "significant_esrs", significance),
        "instruments": figures.instrument_rows(inputs.inventory),
        "covered": covered_rows(inputs),
        "instruments_text": _instruments_text(inputs),
        "methods": blocks.methods(inputs, REPORT),
        "levels": own_levels,
        "primary": _primary(inputs, own_levels),
        "sources": sources,
        "sources_text": blocks.sources_text(inputs, sources),
        "energy": energy.energy(inputs, "esrs"),
        "uncertainty": spread,
        "exact": blocks.exact_rows(inputs, [name for name in ("esrs", MARKET_VIEW) if name in inputs.views]),
        "plan": plan(inputs),
        "targets_alert": targets_alert(inputs),
        "targets_note": texts()["esrs_versions"][version]["targets"],
        "topics": topics(inputs),
        "charts": {
            "scopes": blocks.chart("bars", "scopes", scopes),
            "categories": blocks.pareto(view, SCOPE3, "scope3"),
            "factors": blocks.top_factors(inputs),
            "intervals": blocks.intervals(inputs, spread["rows"]),
            "comparison": blocks.compared(
                "comparison_scopes",
                [
                    {"label": row["short"], "current": row["current"], "previous": row["comparative"]}
                    for row in rows
                    if row["is_scope"]
                ],
                (str(inputs.inventory.year), str(inputs.year("comparative_year"))),
            ),
            "trajectory": blocks.trajectories(inputs) if inputs.same_approach else None,
        },
    }


def to_complete(inputs: Inputs, view: View, groups: Sequence[Row]) -> list[str]:
    """What is left to write, with what the lines and registers do not say."""
    missing = blocks.to_complete(inputs, REPORT, [f"C{code}" for code in SCOPE3])
    words = texts()["todo_dynamic"]
    found = {
        "ets": figures.ets_share(inputs.inventory, view, ETS[inputs.esrs_version]) is None,
        "market": market_kg(inputs) is None,
        "comparative": earlier(inputs, inputs.year("comparative_year"))["S1"] is None,
        "base": inputs.esrs_version == "2023" and earlier(inputs, inputs.year("base_year"))["S1"] is None,
        "groups": any(row["is_unknown"] for row in groups),
        "targets": not inputs.rows("targets"),
        "targets_boundary": bool(other_targets(inputs)),
        "actions": not inputs.actions,
    }
    return missing + [words[key] for key, is_missing in found.items() if is_missing]


def key_figures(inputs: Inputs) -> list[Row]:
    """The scopes, the second by both methods, in tCO2e."""
    words = texts()["key_figures"]
    return [
        blocks.key_figure(inputs, "esrs", "S1", words["scope1"]),
        blocks.key_figure(inputs, "esrs", "S2", words["scope2"]),
        blocks.key_figure(inputs, MARKET_VIEW, "S2", words["scope2_market"]),
        blocks.key_figure(inputs, "esrs", "S3", words["scope3"]),
    ]


# ── Gross emissions ─────────────────────────────────────────────────────────────────────────────────────────────


def gross_rows(inputs: Inputs, view: View) -> list[Row]:
    """The table of the version, row by row in its order. ``is_share`` marks a fraction, None what nobody gave."""
    return [_row(inputs, view, row.code, row.label) for row in esrs_rows(inputs.esrs_version)]


def total_rows(inputs: Inputs, view: View) -> list[Row]:
    """Both totals, which the table of 2026 leaves out; none where the table holds them."""
    held = {row.code for row in esrs_rows(inputs.esrs_version)}
    return [_row(inputs, view, code, code) for code in TOTALS if code not in held]


def _row(inputs: Inputs, view: View, code: str, label: str) -> Row:
    labels = texts()["esrs_labels"]
    now = _current(inputs, view, code)
    base, before = (earlier(inputs, inputs.year(key)).get(code) for key in ("base_year", "comparative_year"))
    steps = milestones(inputs).get(code, {})
    return {
        "code": code,
        "label": f"{code} {esrs_categories()[code]}" if code in SCOPE3 else labels[label],
        "short": labels.get(f"{code}_short", labels.get(label, "")),
        "base": base,
        "comparative": before,
        "current": now,
        "change": None if now is None or not before else now / before - 1,
        **{f"m{year}": steps.get(year) for year in MILESTONES},
        "annual": steps.get("annual"),
        "is_share": code == "ets",
        "is_scope": code in SCOPES,
        "is_strong": code in (*SCOPES, MARKET, *TOTALS),
    }


def _current(inputs: Inputs, view: View, code: str) -> float | None:
    """Value of a row in the year, in tCO2e; a fraction for the share of quotas."""
    market = market_kg(inputs)
    if code == "ets":
        return figures.ets_share(inputs.inventory, view, ETS[inputs.esrs_version])
    if code == "biogenic":
        return _biogenic(view, "S1")
    if code == "1C":
        return None
    if code == MARKET:
        return None if market is None else market / 1000
    if code == "TM":
        return None if market is None else (view.total_kg - view.kg("S2") + market) / 1000
    return view.kg(code) / 1000


def earlier(inputs: Inputs, year: int | None) -> dict[str, float | None]:
    """The rows of an earlier year as the register of history holds them, in tCO2e; None for what it does not."""
    name = history_view(inputs, year)
    known: dict[str, float | None] = {
        code: None if isnan(value) else value for code, value in past(inputs.history, name, year).items()
    }
    rows = [row for row in inputs.earlier_rows(name, year) if text_of(row.get("code")) == MARKET]
    totals = [value for value in (number_of(row.get("total")) for row in rows) if value is not None]
    known[MARKET] = sum(totals) if totals else None
    parts = (known[TOTAL], known["S2"], known[MARKET])
    known["TM"] = None if None in parts else parts[0] - parts[1] + parts[2]  # type: ignore[operator]
    biogenic = [
        number_of(row.get("co2_biogenic"))
        for row in inputs.earlier_rows(name, year)
        if row.get("code") == "S1"
    ]
    found = [value for value in biogenic if value is not None]
    known["biogenic"] = sum(found) if found else None
    return known


def history_note(inputs: Inputs) -> str:
    """Says where the earlier figures come from when they are of the GHG Protocol view, or why these are set aside."""
    years = (inputs.year("comparative_year"), inputs.year("base_year"))
    if any(history_view(inputs, year) == "ghgp" for year in years):
        return inputs.sentence("history_ghgp")
    out = [str(year) for year in years if set_aside_view(inputs.history, inputs.settings, "esrs", year)]
    if not out:
        return ""
    return inputs.sentence("history_other", years=", ".join(dict.fromkeys(out)), **_approaches(inputs))


def other_targets(inputs: Inputs) -> list[str]:
    """Labels of the objectives whose perimeter is of a view of another control approach than the statement's."""
    known = perimeters()
    return [
        line.label
        for line in trajectories(inputs)
        if line.perimeter in known and not inputs.same_control(known[line.perimeter][0])
    ]


def targets_alert(inputs: Inputs) -> str:
    """Says that the values of these objectives are not on the boundary of the statement; blank without any."""
    found = other_targets(inputs)
    if not found:
        return ""
    return inputs.sentence("targets_other", labels=", ".join(found), **_approaches(inputs))


def _approaches(inputs: Inputs) -> dict[str, str]:
    return {
        "approach": worded(inputs.setting("approach")),
        "approach_esrs": worded(inputs.setting("approach_esrs")),
    }


def history_view(inputs: Inputs, year: int | None) -> str:
    """The view of history that stands for a year: its own, else GHG Protocol where both have one boundary."""
    return standing_view(inputs.history, inputs.settings, "esrs", year)


def milestones(inputs: Inputs) -> dict[str, dict[int | str, float]]:
    """Values of the milestones of the objectives by row, with the annual share of the base year of the nearest one.

    Only whole and absolute objectives on the boundary of the statement: the others have their own table.
    """
    found: dict[str, dict[int | str, float]] = {}
    if not inputs.same_approach:
        return found
    lines = sorted(
        zip(inputs.rows("targets"), trajectories(inputs), strict=True),
        key=lambda pair: pair[1].target_year or 0,
    )
    for row, line in lines:
        code, coverage = TARGET_ROWS.get(line.perimeter), number_of(row.get("coverage"))
        if code is None or not line.path or text_of(row.get("kind")) == "intensité":
            continue
        if coverage is not None and coverage < 1:
            continue
        (start, _), (end, value) = line.path
        held = found.setdefault(code, {})
        held[end] = value
        held.setdefault("annual", -float(row["reduction"]) / (end - start))
    return found


def market_kg(inputs: Inputs) -> float | None:
    """Scope 2 by the market on the boundary of the statement."""
    view = inputs.views.get(MARKET_VIEW)
    return None if view is None else view.kg("S2")


def group_rows(inputs: Inputs) -> list[Row]:
    """Scopes 1 and 2 of the consolidated accounting group and of the others; a site without a group apart."""
    groups = {text_of(row.get("site")): text_of(row.get("group")) for row in inputs.sites.to_dict("records")}
    columns = {"s1": ("esrs", "S1"), "s2": ("esrs", "S2"), "s2m": (MARKET_VIEW, "S2")}
    values = {
        key: figures.group_tonnes(inputs.inventory, inputs.views[name], code, groups)
        for key, (name, code) in columns.items()
        if name in inputs.views
    }
    unknown = {name for found in values.values() for name in found} - {GROUP, OTHERS}
    rows = [(GROUP, False), (OTHERS, False), *((name, True) for name in sorted(unknown))]
    labels = texts()["groups"]
    return [
        {
            "label": labels["unknown"] if is_unknown else labels[name],
            **{key: values[key].get(name, 0.0) if key in values else None for key in columns},
            "is_unknown": is_unknown,
        }
        for name, is_unknown in rows
    ]


# ── Version, intensity, instruments ─────────────────────────────────────────────────────────────────────────────


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
    since = texts()["esrs_versions"][version].get("amended_from")
    if since and year < since:
        said.append(words["amended"].format(year=year, since=since, check=texts()["check"]))
    return said


def intensity(inputs: Inputs, view: View) -> list[Row]:
    """tCO2e per million euro of revenue by both methods, then per employee and per unit made by location.

    The revenue of the comparative year is not in the workbook: ``comparative`` stays None.
    """
    words, labels = texts()["intensity"], texts()["esrs_labels"]
    millions = inputs.number("revenue")
    made = text_of(inputs.settings.get("intensity_unit_label"))
    asked = [
        (words["revenue"].format(label=labels["T"]), "T", None if millions is None else millions / 1e6),
        (words["revenue"].format(label=labels["TM"]), "TM", None if millions is None else millions / 1e6),
        (words["headcount"].format(label=labels["T"]), "T", inputs.number("headcount")),
    ]
    if made:
        asked.append(
            (words["unit"].format(label=labels["T"], unit=made), "T", inputs.number("intensity_unit_count"))
        )
    rows = []
    for label, code, divisor in asked:
        tonnes = _current(inputs, view, code)
        value = tonnes / divisor if divisor and tonnes is not None else None
        rows.append({"label": label, "comparative": None, "value": value, "change": None})
    return rows


def reconciliation(inputs: Inputs) -> list[Row]:
    """Net revenue of the intensity against that of the accounts; what the workbook does not hold is to complete."""
    words, revenue = texts()["reconciliation"], inputs.number("revenue")
    shown = inputs.todo if revenue is None else number(revenue, 0)
    return [
        {"label": words["used"], "value": shown},
        {"label": words["other"], "value": inputs.todo},
        {"label": words["accounts"], "value": inputs.todo},
    ]


def covered_rows(inputs: Inputs) -> list[Row]:
    """Share of the energy of scope 2 by type of instrument; none where no energy is bought."""
    if MARKET_VIEW not in inputs.views:
        return []
    rows = figures.covered_rows(inputs.inventory, MARKET_VIEW)
    return [
        row | {"type": worded(row["type"]), "attributes": worded(row["attributes"])}
        for row in rows
        if not isnan(row["share"])
    ]


def topics(inputs: Inputs) -> list[Row]:
    """Every topic of the standard in the numbering of the version, and what this draft holds of it."""
    states, labels = texts()["topic_states"], texts()["topics"]
    here = {
        "emissions": True,
        "energy": True,
        "actions": bool(inputs.actions),
        "targets": bool(inputs.rows("targets")),
        "plan": inputs.fields["plan"]["given"] or bool(inputs.actions),
        "policies": inputs.fields["policy"]["given"],
    }
    return [
        {
            "code": topic.reference,
            "label": labels[key],
            "state": states["here"] if here.get(key) else inputs.todo,
        }
        for key, topic in esrs_topics(inputs.esrs_version).items()
    ]


def _biogenic(view: View, code: str) -> float:
    return float(view.rows.loc[view.rows["code"] == code, "co2_biogenic"].iloc[0]) / 1000


def _primary(inputs: Inputs, levels: Sequence[Row]) -> str:
    known = {row["key"]: row["share"] for row in levels}
    return inputs.sentence("primary", share=percent(known.get(figures.PRIMARY, 0.0) if levels else None))


def _instruments_text(inputs: Inputs) -> str:
    rows = [row for row in covered_rows(inputs) if row["attributes"]]
    if not rows:
        return inputs.sentence("no_instrument")
    return inputs.sentence(
        "instruments",
        mwh=number(sum(row["mwh"] for row in rows)),
        share=percent(sum(row["share"] for row in rows)),
    )
