"""What both reports print and in which order, block by block; ``make_templates.py`` turns it into templates."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from page_templates import Col

from carbon_workbook.report.texts import texts

NOTE, KEY = "Note", "Intense Quote"
CURRENT = "{% if r.is_share %}{{ r.current|pct }}{% else %}{{ r.current|t }}{% endif %}"
ROUNDED = "arrondi(r.width)"
STEP = "{% if r.is_end %}{{ r.tonnes|t }}{% else %}{{ r.tonnes|signe }}{% endif %}"


class Layout(Protocol):
    """What both reports are written with: the same blocks make a Word template and an HTML one."""

    words: dict[str, Any]

    def cover(self, root: str) -> None: ...
    def contents(self) -> None: ...
    def heading(self, key: str, level: int, suffix: str = "", page: bool = False) -> None: ...
    def text(self, content: str, style: str | None = None) -> object: ...
    def block(self, opening: str) -> AbstractContextManager[None]: ...
    def field(self, key: str) -> None: ...
    def labelled(self, key: str) -> None: ...
    def identity(self, keys: Sequence[str]) -> None: ...
    def caption(self, key: str) -> None: ...
    def table(self, items: str, columns: Sequence[Col], strong: str = "", category: str = "") -> object: ...
    def figure(self, path: str, caption: str) -> None: ...
    def bullets(self, items: str) -> None: ...
    def landscape(self) -> AbstractContextManager[None]: ...


def col(name: str, width: float, tag: str, number: bool = False) -> Col:
    """A column named by a text; ``width`` in cm in Word."""
    return Col(texts()["columns"][name], width, tag, number)


def cell(key: str, width: float, name: str = "") -> Col:
    """A column of texts of a row."""
    return col(name or key, width, f"{{{{ r.{key} }}}}")


def figure(key: str, width: float, name: str = "", form: str = "t") -> Col:
    """A column of numbers of a row."""
    return col(name or key, width, f"{{{{ r.{key}|{form} }}}}", True)


# ── BEGES ───────────────────────────────────────────────────────────────────────────────────────────────────────


def beges(r: Layout) -> None:
    r.cover("beges")
    r.contents()

    r.heading("identity", 1, page=True)
    r.caption("identity")
    r.identity(
        [
            "company",
            "siren",
            "siret",
            "naf",
            "structure_type",
            "region",
            "department",
            "activity",
            "headcount",
        ]
    )
    r.heading("status", 2)
    r.text("{{ beges.duty.reading }}", KEY)
    r.text("{{ beges.duty.input }} {{ beges.duty.rule }}", NOTE)
    r.labelled("obliged")
    r.labelled("first_beges")
    r.heading("presentation", 2)
    r.field("presentation")
    r.labelled("policy")
    r.heading("follow_up", 2)
    r.caption("follow_up")
    r.identity(["responsible", "responsible_role", "responsible_email", "responsible_phone"])
    r.heading("organisation", 2)
    r.text("{{ beges.approach }}")
    r.field("consolidation")
    _entities(r, "beges")
    _sites(r)
    r.heading("years", 2)
    r.caption("years")
    r.identity(["year", "comparative_year", "base_year"])
    r.labelled("base_year_choice")
    _years(r, "beges")

    r.heading("perimeter", 1)
    r.text("{{ beges.territory }}")
    r.heading("screening", 2)
    r.caption("screening")
    _screening(r, "beges", "post")
    r.bullets("beges.exclusions")
    with r.block("if beges.left_out"):
        r.text("{{ beges.left_out }}", KEY)
    r.heading("significance", 2)
    r.text("{{ beges.threshold }}")
    r.text("{{ beges.significant }}")
    with r.block("if beges.significance"):
        r.caption("significance")
        _significance(r, "beges.significance", "post", "share_indirect")

    r.heading("emissions", 1, page=True)
    r.heading("by_post", 2)
    r.caption("by_post")
    r.table("beges.rows", _gas_columns(), strong="r.is_total", category="r.is_category")
    r.text("{{ notes.gases }} {{ notes.classes }} {{ notes.rounding }}", NOTE)
    r.heading("direct", 2)
    r.caption("kinds")
    r.table(
        "beges.by_kind",
        [cell("label", 9.0, "item"), figure("tonnes", 4.0), figure("share", 3.6, "share_total", "pct")],
        strong="r.is_total",
    )
    r.heading("outside", 2)
    _outside(r, "beges")
    r.heading("charts", 2)
    _charts(r, "beges", [("categories", "categories"), ("posts", "posts"), ("factors", "top_factors")])
    r.heading("base_year", 2)
    r.text("{{ beges.base_text }}")
    with r.block("if beges.base_rows"):
        r.caption("base_rows")
        r.table(
            "beges.base_rows", _gas_columns(measured=False), strong="r.is_total", category="r.is_category"
        )
    r.heading("comparison", 2)
    r.text("{{ beges.comparison_text }}")
    with r.block("if beges.comparison"):
        r.caption("comparison")
        r.table(
            "beges.comparison",
            [cell("code", 1.2), cell("label", 6.6, "post"), figure("previous", 2.3),
             figure("current", 2.3, "current_year"), figure("delta", 2.2, form="signe"),
             figure("change", 2.0, "variation", "pct")],
            strong="r.is_total", category="r.is_category",
        )  # fmt: skip
    r.figure("beges.charts.comparison", "comparison_chart")
    _effects(r, "beges")
    r.heading("analysis", 2)
    r.field("analysis")

    r.heading("ghgp", 1)
    r.heading("ghgp_table", 2)
    r.caption("ghgp")
    r.table(
        "beges.ghgp",
        [cell("code", 1.4), cell("label", 9.2, "scope"), figure("total", 3.0, "tonnes"),
         figure("share", 3.0, "share_total", "pct")],
        strong="r.is_total", category="r.is_category",
    )  # fmt: skip
    r.heading("bridge", 2)
    r.caption("bridge")
    r.table("beges.bridge", [cell("label", 12.6, "step"), col("tonnes", 4.0, STEP, True)], strong="r.is_end")
    r.text("{{ notes.bridge }}", NOTE)

    r.heading("energy", 1)
    _energy(r, "beges")

    r.heading("methods", 1)
    _methods(r, "beges")

    r.heading("plan", 1)
    r.heading("plan_text", 2)
    r.field("plan")
    r.heading("past", 2)
    _actions(r, "beges", "past", "past_actions", past=True)
    r.heading("actions_direct", 2)
    _actions(r, "beges", "direct", "actions_direct")
    r.heading("actions_indirect", 2)
    _actions(r, "beges", "indirect", "actions_indirect")
    with r.block("if beges.plan.unsorted"):
        r.caption("actions_unsorted")
        r.table("beges.plan.unsorted", _action_columns())
    r.heading("volumes", 2)
    r.caption("volumes")
    r.table(
        "beges.plan.volumes",
        [cell("label", 6.6, "item"), figure("count", 2.2, "actions", "entier"), figure("expected", 3.0),
         figure("capex", 2.4), figure("opex", 2.4)],
    )  # fmt: skip
    r.caption("plan")
    r.identity(["reduction_direct", "reduction_indirect"])
    r.heading("objectives", 2)
    with r.block("if beges.plan.targets"):
        r.caption("objectives")
        r.table("beges.plan.targets", _target_columns())
    r.figure("beges.charts.trajectory", "trajectory")
    r.caption("horizons")
    r.identity(["target_2030", "target_2050", "target_other"])
    r.heading("follow", 2)
    r.field("follow_up")
    r.heading("avoided", 2)
    r.field("avoided")
    r.heading("link", 2)
    r.field("full_report")

    _appendices(r, "beges")


# ── ESRS E1 ─────────────────────────────────────────────────────────────────────────────────────────────────────


def esrs(r: Layout) -> None:
    r.cover("esrs")
    r.contents()

    r.heading("basis", 1, page=True)
    r.heading("version", 2)
    with r.block("for sentence in esrs.election"):
        r.text("{{ sentence }}", KEY)
    with r.block("if esrs.optional"):
        r.text("{{ esrs.optional }}", NOTE)
    r.heading("status", 2)
    r.text("{{ esrs.duty.reading }} {{ esrs.status }}", KEY)
    r.text("{{ esrs.duty.input }} {{ esrs.duty.rule }}", NOTE)
    r.heading("boundary", 2)
    r.text("{{ esrs.approach }} {{ esrs.boundary }}")
    r.field("consolidation")
    _entities(r, "esrs")
    _sites(r)
    r.heading("years", 2)
    r.caption("years")
    r.identity(["company", "headcount", "year", "comparative_year", "base_year"])
    r.labelled("base_year_choice")
    _years(r, "esrs")
    with r.block("if esrs.history_note"):
        r.text("{{ esrs.history_note }}", NOTE)
    r.heading("topics", 2)
    r.caption("topics")
    r.table("esrs.topics", [cell("label", 7.4, "topic"), cell("code", 4.2, "disclosure"), cell("state", 5.0)])

    _topic(r, "plan")
    r.field("plan")
    _topic(r, "risks", "risks", "resilience")
    r.labelled("risks")
    r.labelled("resilience")
    _topic(r, "policies")
    r.field("policy")

    _topic(r, "actions")
    with r.block("if not esrs.plan.levers"):
        r.text("{{ todo }}")
    with r.block("if esrs.plan.levers"):
        r.caption("levers")
        r.table(
            "esrs.plan.levers",
            [cell("lever", 5.2), figure("count", 1.8, "actions", "entier"), figure("obtained", 2.5),
             figure("expected", 2.5), figure("capex", 2.3), figure("opex", 2.3)],
        )  # fmt: skip
    _action_list(r, "past", "past_actions", past=True)
    _action_list(r, "direct", "actions_direct")
    _action_list(r, "indirect", "actions_indirect")
    _action_list(r, "unsorted", "actions_unsorted")

    _topic(r, "targets")
    r.text("{{ esrs.targets_note }}")
    with r.block("if not esrs.plan.targets"):
        r.text("{{ todo }}")
    with r.block("if esrs.plan.targets"):
        r.caption("targets")
        r.table("esrs.plan.targets", _target_columns(esrs=True))
    with r.block("if esrs.targets_alert"):
        r.text("{{ esrs.targets_alert }}", KEY)
    r.figure("esrs.charts.trajectory", "trajectory")
    with r.block("if not esrs.is_2023"):
        r.labelled("target_reference")

    _topic(r, "energy")
    _energy(r, "esrs")

    _topic(r, "emissions")
    r.heading("charts", 2)
    _charts(r, "esrs", [("scopes", "scopes"), ("categories", "scope3"), ("factors", "top_factors"),
                        ("comparison", "comparison_scopes")])  # fmt: skip
    with r.landscape():
        r.heading("table", 2)
        _gross_table(r)
        r.text("{{ notes.cloud }} {{ notes.rounding }}", NOTE)
    with r.block("if esrs.totals"):
        r.caption("totals")
        r.table(
            "esrs.totals",
            [cell("label", 8.9, "scope"), figure("comparative", 2.5), figure("current", 2.6),
             figure("change", 2.6, "change_2026", "pct")],
        )  # fmt: skip
    r.heading("groups", 2)
    r.caption("groups")
    r.table("esrs.groups", [cell("label", 7.6, "group"), *(figure(key, 3.0) for key in ("s1", "s2", "s2m"))])
    r.heading("biogenic", 2)
    r.text("{{ esrs.biogenic }}")
    r.caption("biogenic")
    r.table("esrs.biogenic_rows", [cell("label", 12.6, "scope"), figure("tonnes", 4.0, "biogenic")])
    r.heading("outside", 2)
    _outside(r, "esrs")

    r.heading("scope2", 1)
    r.text("{{ esrs.instruments_text }}")
    with r.block("if esrs.covered"):
        r.caption("covered")
        r.table(
            "esrs.covered",
            [cell("type", 6.2, "instrument"), cell("attributes", 4.4), figure("mwh", 3.0),
             figure("share", 3.0, form="pct")],
        )  # fmt: skip
    with r.block("if esrs.instruments"):
        r.caption("instruments")
        r.table(
            "esrs.instruments",
            [cell("type", 4.0, "instrument"), cell("supplier", 4.4), cell("country", 1.6), figure("mwh", 2.4),
             figure("factor", 2.4, "instrument_factor", "fe"),
             col("cancelled", 1.8, "{% if r.cancelled %}" + r.words["layout"]["yes"] + "{% endif %}")],
        )  # fmt: skip

    r.heading("categories", 1)
    r.heading("screening", 2)
    r.caption("screening_esrs")
    _screening(r, "esrs", "category")
    r.bullets("esrs.exclusions")
    r.heading("significance", 2)
    r.text("{{ esrs.significant }}")
    with r.block("if esrs.significance"):
        r.caption("significance_esrs")
        _significance(r, "esrs.significance", "category", "share_scope3")

    r.heading("intensity", 1)
    r.caption("revenue")
    r.identity(["revenue", "comparative_revenue"])
    r.caption("intensity")
    r.table(
        "esrs.intensity",
        [cell("label", 9.4, "item"), figure("comparative", 2.4), figure("value", 2.4, "current"),
         figure("change", 2.4, form="pct")],
    )  # fmt: skip
    r.caption("reconciliation")
    r.table("esrs.reconciliation", [cell("label", 11.6, "item"), col("value", 5.0, "{{ r.value }}", True)])
    r.labelled("revenue_reconciliation")

    for topic in ("removals", "carbon_price", "effects"):
        _topic(r, topic)
        r.field(topic)

    r.heading("methods", 1)
    _methods(r, "esrs")

    _appendices(r, "esrs")


def _topic(r: Layout, key: str, *topics: str) -> None:
    """A first heading with the reference of its topic in the version of the standard."""
    references = texts()["layout"]["semicolon"].join(
        f"{{{{ esrs.refs.{topic} }}}}" for topic in topics or (key,)
    )
    r.heading(key, 1, f" – {references}")


def _gross_table(r: Layout) -> None:
    label, current = cell("label", 0, "scope"), col("current", 0, CURRENT, True)
    base, comparative = figure("base", 0), figure("comparative", 0)
    milestones = [figure(f"m{year}", 0) for year in (2025, 2030, 2050)]
    with r.block("if esrs.is_2023"):
        r.caption("esrs")
        r.table(
            "esrs.rows",
            _widths([label, base, comparative, current, figure("change", 0, form="pct"), *milestones,
                     figure("annual", 0, form="pct")], [8.2, 2.1, 2.3, 2.1, 2.0, 2.1, 2.1, 2.1, 2.2]),
            strong="r.is_strong",
        )  # fmt: skip
    with r.block("if not esrs.is_2023"):
        r.caption("esrs")
        r.table(
            "esrs.rows",
            _widths(
                [label, comparative, current, figure("change", 0, "change_2026", "pct")],
                [13.2, 4.0, 4.0, 4.0],
            ),
            strong="r.is_strong",
        )


# ── Blocks that both reports share ──────────────────────────────────────────────────────────────────────────────


def _entities(r: Layout, root: str) -> None:
    with r.block(f"if {root}.entities"):
        r.caption("entities")
        r.table(
            f"{root}.entities",
            [cell("siren", 3.0), cell("name", 7.6), cell("naf", 2.6), cell("department", 3.4)],
        )


def _sites(r: Layout) -> None:
    with r.block("if sites"):
        r.caption("sites")
        r.table(
            "sites",
            [cell("site", 4.4), cell("country", 1.5), cell("occupation", 3.7), cell("operational", 2.5),
             cell("financial", 2.5), figure("headcount", 2.0, "site_headcount", "entier")],
        )  # fmt: skip
    with r.block("if not sites"):
        r.text("{{ notes.no_site }}")


def _years(r: Layout, root: str) -> None:
    r.caption("declared")
    r.table(
        f"{root}.years",
        [
            cell("role", 3.6),
            cell("year", 2.0),
            cell("origin", 3.4),
            cell("recalculated", 2.4),
            cell("reason", 5.2),
        ],
    )
    r.labelled("method_changes")


def _screening(r: Layout, root: str, label: str) -> None:
    r.table(
        f"{root}.screening",
        [cell("code", 1.1), cell("label", 4.9, label), cell("decision", 2.0), cell("criteria", 1.9),
         cell("reason", 3.9), figure("estimate", 1.4), figure("tonnes", 1.5)],
        strong="r.excluded",
    )  # fmt: skip


def _significance(r: Layout, items: str, label: str, share: str) -> None:
    yes = r.words["layout"]["yes"]
    r.table(
        items,
        [cell("code", 1.2), cell("label", 5.2, label), figure("tonnes", 1.9), figure("share", 2.1, share, "pct"),
         figure("cumulated", 1.9, form="pct"),
         col("rule_80", 2.0, "{% if r.first %}" + yes + "{% endif %}"),
         col("rule_threshold", 2.3, "{% if r.above %}" + yes + "{% endif %}")],
    )  # fmt: skip


def _gas_columns(measured: bool = True) -> list[Col]:
    """Code, row, gases, total and biogenic CO2; the uncertainty of the year that was ``measured`` line by line."""
    widths = {"co2": 1.4, "ch4": 1.0, "n2o": 1.0, "other": 1.4, "unsplit": 1.6, "total": 1.7, "biogenic": 1.4}
    columns = [cell("code", 1.0), cell("label", 4.4 if measured else 6.1, "post")]
    columns += [figure(key, width) for key, width in widths.items()]
    return [*columns, col("uncertainty", 1.7, "{{ r.uncertainty }}", True)] if measured else columns


def _charts(r: Layout, root: str, charts: Sequence[tuple[str, str]]) -> None:
    with r.block(f"if not {root}.charts.{charts[0][0]}"):
        r.text("{{ notes.empty }}")
    for key, caption in charts:
        r.figure(f"{root}.charts.{key}", caption)
        if key == "factors":
            with r.block(f"if {root}.charts.factors"):
                r.text("{{ notes.reference }}", NOTE)


def _outside(r: Layout, root: str) -> None:
    with r.block(f"if {root}.outside"):
        r.caption("outside")
        r.table(f"{root}.outside", [cell("label", 12.6, "reason"), figure("tonnes", 4.0)])
        r.text(f"{{{{ {root}.reading }}}}", NOTE)
    with r.block(f"if not {root}.outside"):
        r.text("{{ notes.no_adjustment }}")


def _effects(r: Layout, root: str) -> None:
    with r.block(f"for sentence in {root}.effects_text"):
        r.text("{{ sentence }}")
    with r.block(f"if {root}.effects"):
        r.caption("effects")
        r.table(
            f"{root}.effects",
            [cell("label", 12.6, "effect"), col("tonnes", 4.0, STEP, True)],
            strong="r.is_end",
        )


def _energy(r: Layout, root: str) -> None:
    r.text(f"{{{{ {root}.energy.text }}}}")
    with r.block(f"if {root}.energy.rows"):
        r.caption("energy")
        r.table(
            f"{root}.energy.rows",
            [cell("label", 7.4, "energy_source"), figure("mwh", 2.6, "mwh_location"), figure("share", 2.0, form="pct"),
             figure("mwh_market", 2.6), figure("share_market", 2.0, "share", "pct")],
            strong="r.is_total", category="r.is_category",
        )  # fmt: skip
        r.caption("energy_sources")
        r.table(
            f"{root}.energy.sources",
            [cell("label", 8.8, "energy_source"), figure("mwh", 2.6), figure("share", 2.4, form="pct"),
             figure("tonnes", 2.8)],
        )  # fmt: skip
        if root == "esrs":
            with r.block("if esrs.is_2023"):
                r.text("{{ esrs.energy.intensity }}")
        r.bullets(f"{root}.energy.mixes")
        r.bullets(f"{root}.energy.notes")
    r.labelled("energy_mix")


def _actions(r: Layout, root: str, kind: str, caption: str, past: bool = False) -> None:
    """Actions of a kind, or the text of the user in their place."""
    with r.block(f"if not {root}.plan.{kind}"):
        r.field(caption)
    with r.block(f"if {root}.plan.{kind}"):
        r.caption(caption)
        r.table(f"{root}.plan.{kind}", _action_columns(past))


def _action_list(r: Layout, kind: str, caption: str, past: bool = False) -> None:
    with r.block(f"if esrs.plan.{kind}"):
        r.caption(caption)
        r.table(f"esrs.plan.{kind}", _action_columns(past))


def _action_columns(past: bool = False) -> list[Col]:
    """What was expected, and what was obtained of actions that are ``past``; means and indicators in one text."""
    lead = [cell("action", 3.6), cell("post", 1.1, "post_code"), cell("state", 1.6, "action_state"),
            cell("period", 1.4), figure("expected", 1.7)]  # fmt: skip
    means = [figure("capex", 1.3), figure("opex", 1.4), cell("details", 4.5)]
    return [*lead, figure("obtained", 1.7), cell("details", 5.5)] if past else [*lead, *means]


def _target_columns(esrs: bool = False) -> list[Col]:
    """An objective and its value; where the year stands on it, or what the standard asks beside."""
    label, perimeter, value = (2.3, 1.8, 1.6) if esrs else (3.2, 1.9, 1.7)
    columns = [cell("label", label, "target"), cell("perimeter", perimeter), cell("base_year", 1.1),
               figure("base", value, "base_target"), cell("target_year", 1.1), figure("reduction", 1.8, form="pct"),
               figure("target", value, "target_value")]  # fmt: skip
    if not esrs:
        return [*columns, figure("current", 1.7), cell("standing", 2.4)]
    return [*columns, figure("coverage", 1.5, form="pct"), cell("scenario", 2.6), cell("science", 1.2)]


def _methods(r: Layout, root: str) -> None:
    r.heading("method_list", 2)
    r.bullets(f"{root}.methods")
    r.heading("sources", 2)
    r.text(f"{{{{ {root}.sources_text }}}}")
    with r.block(f"if {root}.sources"):
        r.caption("sources")
        r.table(
            f"{root}.sources",
            [cell("source", 8.6), figure("count", 2.2, form="entier"), figure("tonnes", 2.9),
             figure("share", 2.9, "share_lines", "pct")],
        )  # fmt: skip
    r.heading("gwp", 2)
    r.text("{{ notes.gwp }}")
    r.heading("levels", 2)
    if root == "esrs":
        r.text("{{ esrs.primary }}")
    with r.block(f"if {root}.levels"):
        r.caption("levels")
        r.table(
            f"{root}.levels",
            [cell("label", 8.6, "level"), figure("tonnes", 4.0), figure("share", 4.0, "share_total", "pct")],
        )
    r.heading("attention", 2)
    r.text("{{ notes.monetary }}")
    with r.block("if monetary"):
        r.caption("monetary")
        r.table(
            "monetary",
            [cell("id", 3.0, "factor_id"), cell("label", 9.2, "factor"), figure("tonnes", 2.2),
             figure("share", 2.2, "share_lines", "pct")],
        )  # fmt: skip
    r.text("{{ notes.expired }}")
    with r.block("if expired"):
        r.caption("expired")
        r.table(
            "expired",
            [cell("id", 3.0, "factor_id"), cell("label", 6.6, "factor"),
             figure("until", 2.6, "valid_until", "jour_court"), figure("tonnes", 2.2),
             figure("share", 2.2, "share_lines", "pct")],
        )  # fmt: skip
    r.heading("uncertainty", 2)
    r.text(f"{{{{ {root}.uncertainty.summary }}}}")
    with r.block(f"for note in {root}.uncertainty.notes"):
        r.text("{{ note }}")
    r.figure(f"{root}.charts.intervals", "intervals")
    with r.block(f"if {root}.uncertainty.rows"):
        r.caption("uncertainty")
        r.table(
            f"{root}.uncertainty.rows",
            [cell("label", 6.8, "item"), *(figure(key, 2.2, form=ROUNDED) for key in ("tonnes", "low", "high")),
             figure("half", 1.7, form="pct"), col("quality", 1.5, "{{ r.quality }}", True)],
            strong="r.is_strong",
        )  # fmt: skip
        r.caption("uncertainty_sources")
        r.table(
            f"{root}.uncertainty.sources",
            [cell("kind", 1.7), cell("label", 6.5, "source_label"), figure("tonnes", 2.1, form=ROUNDED),
             figure("low", 2.1, "effect_low", f"signe_{ROUNDED}"),
             figure("high", 2.1, "effect_high", f"signe_{ROUNDED}"),
             figure("share", 2.1, "variance", "pct")],
        )  # fmt: skip


def _appendices(r: Layout, root: str) -> None:
    with r.landscape():
        r.heading("factors", 1)
        r.text("{{ notes.reference }}", NOTE)
        r.caption("factors")
        r.table(
            "factors",
            [cell("id", 3.2, "factor_id"), cell("label", 6.7, "factor"), cell("unit", 2.0),
             figure("value", 1.9, "factor_value", "fe"), figure("published", 1.5, form="fe"),
             cell("source", 4.8), cell("gwp_set", 1.4), figure("until", 1.9, "valid_until", "jour_court"),
             figure("tonnes", 1.8)],
        )  # fmt: skip
    r.heading("exact", 1)
    r.text("{{ notes.exact }}", NOTE)
    r.caption("exact")
    r.table(
        f"{root}.exact",
        [cell("view", 2.4), cell("code", 1.2), cell("label", 7.2, "item"), figure("total", 3.2, "exact", "exact"),
         figure("biogenic", 2.6, "exact_co2b", "exact")],
        strong="r.is_total", category="r.is_category",
    )  # fmt: skip


def _widths(columns: Sequence[Col], widths: Sequence[float]) -> list[Col]:
    return [Col(c.header, w, c.tag, c.number) for c, w in zip(columns, widths, strict=True)]
