"""Blocks that both reports print: the box of page 1, screening, notes on factors and data, charts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from carbon_workbook import __version__
from carbon_workbook.factors.tables import ghgp_categories
from carbon_workbook.inventory.views import View
from carbon_workbook.messages import Message, Severity
from carbon_workbook.report import figures, plan
from carbon_workbook.report.charts import Chart, Line
from carbon_workbook.report.figures import Row, number_of, share, text_of
from carbon_workbook.report.format import date, number, percent, rounded, typeset
from carbon_workbook.report.inputs import NO, YES, Inputs
from carbon_workbook.report.language import language
from carbon_workbook.report.texts import named, texts, worded

LISTED_REFUSALS = 8
LISTED_WARNINGS = 6
TOP = 10

SCOPE3 = tuple(str(category) for category in range(1, 16))
INCLUDED, EXCLUDED = "incluse", "exclue"
NO_DECISION: Row = {"decision": "", "reason": "", "criteria": "", "estimate": None, "name": ""}
ESRS = "esrs_e1"
NATIONAL_BASE = "Base Carbone"
INTERVALS = 12


# ── Page 1 ──────────────────────────────────────────────────────────────────────────────────────────────────────


def front(inputs: Inputs, todo: Sequence[str]) -> Row:
    """The box of page 1: refused rows and warnings until they are solved, and ``todo``, what is left to write."""
    words, entered = texts()["front"], inputs.inventory.entered
    count = {name: int(entered[name].sum()) for name in ("entered", "counted", "refused")}
    refusals = [m for m in inputs.messages if m.severity is Severity.REFUSAL]
    warnings = [m for m in inputs.messages if m.severity is Severity.WARNING]
    groups: dict[str, list[Message]] = {}
    for warning in warnings:
        groups.setdefault(warning.code, []).append(warning)
    shown = {name: number(value, 0) for name, value in count.items()}
    return {
        "heading": words["final" if inputs.final else "draft"],
        **count,
        "warnings": len(warnings),
        "clean": not count["refused"] and not warnings,
        "clean_text": words["clean"],
        "rows_text": words["rows"].format(**shown),
        "refused_text": words["refused"].format(**shown) if count["refused"] else "",
        "warnings_text": words["warnings"].format(warnings=number(len(warnings), 0)) if warnings else "",
        "refusals": [_listed(m) for m in refusals[:LISTED_REFUSALS]],
        "more_refusals": _more(max(len(refusals), count["refused"]) - min(len(refusals), LISTED_REFUSALS)),
        "warning_list": [
            {"code": code, "text": typeset(found[0].sentence), "more": _same_code(len(found) - 1)}
            for code, found in list(groups.items())[:LISTED_WARNINGS]
        ],
        "more_warnings": _more(sum(len(found) for found in list(groups.values())[LISTED_WARNINGS:])),
        "to_complete": list(todo),
        "to_complete_count": len(todo),
        "to_complete_text": words["to_complete"].format(count=len(todo)) if todo else words["complete"],
    }


def to_complete(inputs: Inputs, report: str, codes: Iterable[str]) -> list[str]:
    """What is left to write in a report: texts of the user, decisions and reasons of the rows ``codes``, actions."""
    missing = [row["label"] for row in inputs.fields.values() if row["missing"] and report in row["reports"]]
    words = texts()["todo_dynamic"]
    decided = {code: inputs.decisions.get(code, NO_DECISION) for code in codes}
    undecided = [code for code, row in decided.items() if row["decision"] not in (INCLUDED, EXCLUDED)]
    unexplained = [code for code, row in decided.items() if row["decision"] == EXCLUDED and not row["reason"]]
    if undecided:
        missing.append(words["decisions"].format(count=len(undecided), codes=", ".join(undecided)))
    if unexplained:
        missing.append(words["reasons"].format(codes=", ".join(unexplained)))
    for key, blank in (("states", "state"), ("kinds", "kind"), ("levers", "lever")):
        count = sum(not row[blank] for row in inputs.actions)
        if count and (key != "levers" or report == ESRS):
            missing.append(words[key].format(count=count))
    return missing


def document(inputs: Inputs, report: str) -> Row:
    """Title and subtitle of a report, which says that it is a draft until it is final."""
    words = texts()["documents"][report]
    return {"title": words["title"], "subtitle": words["subtitle_final" if inputs.final else "subtitle"]}


def key_figure(inputs: Inputs, view: str, code: str, label: str) -> Row:
    """A figure of the first page in tCO2e, with the half-width that it is rounded to."""
    if view not in inputs.views:
        return {"label": label, "value": None, "half": None}
    tonnes = inputs.views[view].kg(code) / 1000
    return {"label": label, "value": tonnes, "half": inputs.half_width(view, code)}


def _listed(message: Message) -> Row:
    place = f"{message.sheet}!{message.cell}" if message.sheet and message.cell else message.sheet
    return {"place": place, "code": message.code, "text": typeset(message.sentence)}


def _same_code(count: int) -> str:
    return str(texts()["front"]["same_code"]).format(count=count) if count > 0 else ""


def _more(count: int) -> str:
    return str(texts()["front"]["more"]).format(count=count) if count > 0 else ""


# ── Perimeter ───────────────────────────────────────────────────────────────────────────────────────────────────


def site_rows(inputs: Inputs) -> list[Row]:
    """The sites of the inventory."""
    layout = texts()["layout"]
    answers = {YES: layout["yes"], NO: layout["no"]}
    return [
        {
            "site": text_of(row.get("site")),
            "country": text_of(row.get("country")),
            "occupation": worded(text_of(row.get("occupation"))),
            "headcount": number_of(row.get("headcount")),
            "operational": answers.get(text_of(row.get("control_operational")), inputs.todo),
            "financial": answers.get(text_of(row.get("control_financial")), inputs.todo),
        }
        for row in inputs.sites.to_dict("records")
        if text_of(row.get("site"))
    ]


def entity_rows(inputs: Inputs) -> list[Row]:
    """The legal entities consolidated."""
    keys = ("siren", "name", "naf", "department")
    return [{key: text_of(row.get(key)) for key in keys} for row in inputs.rows("entities")]


def screening(inputs: Inputs, view: View, labels: Mapping[str, str], prefix: str = "") -> list[Row]:
    """Decision, criteria and reason of each row of ``labels``, beside what was estimated and what the view holds."""
    found = []
    for code, label in labels.items():
        own = inputs.decisions.get(prefix + code, NO_DECISION)
        excluded = own["decision"] == EXCLUDED
        found.append(
            {
                "code": code,
                "label": label,
                "decision": worded(own["decision"]) or inputs.todo,
                "criteria": worded(own["criteria"]),
                "reason": own["reason"] or (inputs.todo if excluded else ""),
                "excluded": excluded,
                "estimate": own["estimate"],
                "tonnes": view.kg(code) / 1000,
            }
        )
    return found


def exclusions(inputs: Inputs, rows: Sequence[Row], also: Iterable[str] = ()) -> list[str]:
    """One sentence a row left out, with its reason; ``also``: rows of the screening table without a row here."""
    left_out = [(row["code"], row["label"], row["reason"]) for row in rows if row["excluded"]]
    for code in also:
        own = inputs.decisions.get(code, NO_DECISION)
        if own["decision"] == EXCLUDED:
            left_out.append((code, own["name"], own["reason"] or inputs.todo))
    said = [
        inputs.sentence("exclusion", code=code, label=label, reason=reason)
        for code, label, reason in left_out
    ]
    return said or [inputs.sentence("exclusion_none")]


def significant(inputs: Inputs, sentence: str, rows: Sequence[Row]) -> str:
    """Which rows each rule of significance retains."""
    if not rows:
        return inputs.sentence("significant_none")
    first = ", ".join(row["code"] for row in rows if row["first"])
    above = ", ".join(row["code"] for row in rows if row["above"]) or "–"
    return inputs.sentence(sentence, codes=first, above=above, threshold=percent(inputs.rules.share))


def esrs_categories() -> dict[str, str]:
    """Labels of the 15 categories as the standard words them."""
    table = ghgp_categories()
    labels = dict(zip(table["category"], table["esrs_label"], strict=True))
    return {code: named(labels[code]) for code in SCOPE3}


# ── Methods, factors and data ───────────────────────────────────────────────────────────────────────────────────


def methods(inputs: Inputs, report: str) -> list[str]:
    """How the report was computed, one sentence a rule."""
    values = {
        "contrails": worded(inputs.setting("contrails_beges")),
        "losses": worded(inputs.setting("losses_convention")),
        "software": __version__,
        "catalogue": inputs.inventory.catalogue.version,
    }
    return [sentence.format(**values) for sentence in texts()["methods"][report]]


def sources_text(inputs: Inputs, rows: Sequence[Row]) -> str:
    """How much of the counted emissions rests on other sources than the national base."""
    others = [row for row in rows if not row["source"].startswith(NATIONAL_BASE)]
    if not others:
        return inputs.sentence("sources_national")
    return inputs.sentence(
        "sources",
        count=sum(row["count"] for row in others),
        tonnes=number(sum(row["tonnes"] for row in others)),
        share=percent(sum(row["share"] or 0.0 for row in others)),
    )


def outside_text(inputs: Inputs, view: View) -> str:
    """Table + what stands outside = lines."""
    outside = float(view.adjustments["kg"].sum()) if len(view.adjustments) else 0.0
    return inputs.sentence(
        "outside",
        total=number(view.total_kg / 1000),
        outside=number(outside / 1000),
        lines=number(view.lines_kg / 1000),
    )


def exact_rows(inputs: Inputs, views: Sequence[str]) -> list[Row]:
    """Rows of ``views`` before any rounding, in tCO2e; nil ones left out."""
    names = texts()["view_names"]
    return [
        {
            "view": names[name],
            "code": row["code"],
            "label": row["label"],
            "total": row["total"],
            "biogenic": row["biogenic"],
            "is_total": row["is_total"],
            "is_category": row["is_category"],
        }
        for name in views
        for row in figures.gas_rows(inputs.views[name])
        if row["total"] or row["biogenic"] or row["is_total"]
    ]


def expired(inputs: Inputs) -> list[Row]:
    """Factors used whose source gives a validity that ends before the end of the year."""
    year = inputs.inventory.year
    if year is None:
        return []
    end = dt.date(year, 12, 31)
    return [row for row in inputs.factors if row["until"] is not None and row["until"] < end]


def notes(inputs: Inputs) -> Row:
    """Sentences that only depend on the lines."""
    fixed = ("rounding", "gases", "classes", "empty", "no_site", "no_adjustment", "bridge", "cloud", "exact")
    return {
        **{key: inputs.sentence(key) for key in fixed},
        "reference": inputs.sentence("reference", lines=number(inputs.inventory.total_kg / 1000)),
        "gwp": _gwp(inputs),
        "expired": _expired(inputs),
        "monetary": _monetary(inputs),
    }


def _gwp(inputs: Inputs) -> str:
    names = [
        inputs.sentence(
            "gwp_set" if count > 1 else "gwp_set_one",
            name=texts()["unknown_gwp"] if name in ("inconnu", "") else name,
            count=count,
        )
        for name, count in figures.gwp_sets(inputs.factors).items()
    ]
    return inputs.sentence("gwp" if len(names) > 1 else "gwp_single", sets=", ".join(names) or inputs.todo)


def _expired(inputs: Inputs) -> str:
    if inputs.inventory.year is None:
        return inputs.sentence("expired_no_year")
    rows = expired(inputs)
    if not rows:
        return inputs.sentence("expired_none")
    tonnes, top = sum(row["tonnes"] for row in rows), rows[0]
    said = inputs.sentence(
        "expired",
        year=inputs.inventory.year,
        count=len(rows),
        tonnes=number(tonnes),
        share=percent(share(1000 * tonnes, inputs.inventory.total_kg)),
        label=top["label"],
        id=top["id"],
        until=date(top["until"]),
        top=number(top["tonnes"]),
    )
    return said + (inputs.sentence("heaviest_listed", count=TOP) if len(rows) > TOP else "")


def _monetary(inputs: Inputs) -> str:
    rows = inputs.monetary
    if not rows:
        return inputs.sentence("monetary_none")
    said = inputs.sentence("monetary", count=len(rows), tonnes=number(sum(row["tonnes"] for row in rows)))
    return said + (inputs.sentence("heaviest_listed", count=TOP) if len(rows) > TOP else "")


# ── Charts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def chart(kind: str, caption: str, items: Sequence[tuple[str, float]], **shown: object) -> Chart | None:
    """A chart of (label, tCO2e); None when there is nothing to draw. ``shown``: what its kind draws beside."""
    if not any(value > 0 for _, value in items):
        return None
    listed = ", ".join(_item(label, value) for label, value in items)
    return _chart(kind, caption, listed, items, **shown)


def _chart(
    kind: str, caption: str, listed: str, items: Sequence[tuple[str, float]], **shown: object
) -> Chart:
    words = texts()["charts"]
    title = str(texts()["captions"][caption]).replace(" {{ year }}", "")
    return Chart(
        kind,
        title,
        words["alt"].format(title=title, items=listed),
        tuple(label for label, _ in items),
        tuple(value for _, value in items),
        words["unit"],
        words["mark"],
        language=language(),
        **shown,  # type: ignore[arg-type]
    )


def _item(label: str, value: float) -> str:
    return str(texts()["charts"]["alt_item"]).format(label=label, value=number(value))


def pareto(view: View, codes: Iterable[str], caption: str) -> Chart | None:
    """Rows ``codes`` of a view above nil, largest first, with their cumulated share."""
    rows = view.rows[view.rows["code"].isin(list(codes)) & (view.rows["total"] > 0)]
    rows = rows.sort_values("total", ascending=False, kind="stable")
    items = [(str(code), float(kg) / 1000) for code, kg in zip(rows["code"], rows["total"], strict=True)]
    return chart("pareto", caption, items)


def top_factors(inputs: Inputs) -> Chart | None:
    """The factors that weigh most."""
    return chart("ranking", "top_factors", [(row["label"], row["tonnes"]) for row in inputs.factors[:TOP]])


def intervals(inputs: Inputs, rows: Sequence[Row]) -> Chart | None:
    """The heaviest rows of the uncertainty table with their 95 % interval, the total first."""
    if not rows:
        return None
    total, *others = sorted(rows, key=lambda row: not row["is_total"])
    chosen = [
        total,
        *sorted((r for r in others if not r["is_strong"]), key=lambda r: -r["tonnes"])[: INTERVALS - 1],
    ]
    item = str(texts()["charts"]["alt_item"]).format
    listed = ", ".join(item(label=row["label"], value=rounded(row["tonnes"], row["width"])) for row in chosen)
    return _chart(
        "intervals",
        "intervals",
        listed,
        [(row["label"], row["tonnes"]) for row in chosen],
        bounds=tuple((row["low"], row["high"]) for row in chosen),
    )


def compared(caption: str, rows: Sequence[Row], names: tuple[str, str]) -> Chart | None:
    """The year beside an earlier one; None where nothing is known of that one."""
    if not any(row["previous"] is not None for row in rows):
        return None
    return chart(
        "comparison",
        caption,
        [(row["label"], row["current"]) for row in rows],
        before=tuple(row["previous"] for row in rows),
        names=names,
    )


def trajectories(inputs: Inputs) -> Chart | None:
    """The straight line of each objective that has one, and the years measured on its perimeter."""
    words, listed = texts()["charts"], []
    lines: list[Line] = []
    measured: dict[str, Line] = {}
    for target in plan.trajectories(inputs):
        if not target.path:
            continue
        lines.append(Line(target.label, target.path, planned=True))
        if target.measured:
            name = words["measured"].format(perimeter=worded(target.perimeter))
            measured.setdefault(target.perimeter, Line(name, target.measured))
    drawn = (*measured.values(), *lines)
    if not drawn or not lines:
        return None
    for line in drawn:
        listed += [_item(f"{line.name}, {year}", value) for year, value in line.points]
    return _chart("trajectory", "trajectory", ", ".join(listed), (), lines=drawn)
