"""The one context of both reports: plain rows, numbers and sentences. Numbers come from the views, narrative from the
settings; what is missing reads « à compléter » and is counted. Nothing is invented."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd

from carbon_workbook import __version__
from carbon_workbook.factors.tables import ghgp_categories
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.views import View, bridge
from carbon_workbook.messages import Message, Severity
from carbon_workbook.report import figures
from carbon_workbook.report.charts import Chart
from carbon_workbook.report.figures import Row, share, text_of
from carbon_workbook.report.format import date, number, percent, typeset
from carbon_workbook.resources import packaged
from carbon_workbook.specs.spec import settings as setting_specs

THRESHOLD = 0.05
MONETARY_LIMIT = 0.01
OBLIGED, OBLIGED_OVERSEAS = 500, 250
LISTED_REFUSALS = 8
LISTED_WARNINGS = 6
TOP = 10

DIRECT = "1."
ETS = {"2023": ("UE", "national", "hors UE"), "2026": ("UE",)}
"""Trading schemes whose share of scope 1 each version of the standard asks for."""
SCOPE3 = tuple(str(category) for category in range(1, 16))
DERIVED = "3"


def build_context(
    inventory: Inventory,
    views: Mapping[str, View],
    settings: Mapping[str, object],
    messages: Sequence[Message],
    categories: pd.DataFrame,
    sites: pd.DataFrame,
    on: dt.date | None = None,
) -> dict[str, Any]:
    """Everything both templates print. Masses in tCO2e, shares as fractions, ``None`` where there is no value.

    ``categories``: code, name, decision, reason (tbl_categories; posts bare, scope 3 categories as ``C1``…);
    ``sites``: the columns of tbl_sites. ``on``: date printed, today when absent. Charts are ``Chart`` values,
    None when there is nothing to draw. Raises KeyError when one of the views beges, ghgp, ghgp_market, esrs is
    missing.
    """
    builder = _Builder(inventory, views, settings, messages, categories, sites)
    return builder.context(on or dt.date.today())


@cache
def texts() -> dict[str, Any]:
    """French texts of the reports, typeset."""
    with (packaged("report") / "texts.toml").open("rb") as stream:
        found = _typeset(tomllib.load(stream))
    assert isinstance(found, dict)
    return found


def _typeset(value: object) -> object:
    if isinstance(value, dict):
        return {key: _typeset(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typeset(item) for item in value]
    return typeset(value) if isinstance(value, str) else value


class _Builder:
    """The inputs read once, and one method a block of the context."""

    def __init__(
        self,
        inventory: Inventory,
        views: Mapping[str, View],
        settings: Mapping[str, object],
        messages: Sequence[Message],
        categories: pd.DataFrame,
        sites: pd.DataFrame,
    ) -> None:
        self.inventory, self.views, self.settings, self.messages = inventory, views, settings, messages
        self.sites = sites
        self.words: dict[str, str] = texts()["sentences"]
        self.todo, self.check = texts()["todo"], texts()["check"]
        self.threshold = self._number("threshold_pct") or THRESHOLD
        self.decisions = {
            text_of(row.get("code")): (text_of(row.get("decision")), text_of(row.get("reason")))
            for row in categories.to_dict("records")
        }
        self.factors = figures.factor_rows(inventory)

    def context(self, on: dt.date) -> dict[str, Any]:
        fields = self.fields()
        return {
            "todo": self.todo,
            "year": fields["year"]["value"],
            "company": text_of(self.settings.get("company_name")) or texts()["company"],
            "meta": {
                "software": __version__,
                "catalogue": self.inventory.catalogue.version,
                "input_hash": figures.input_hash(self.inventory, self.settings),
                "edited_on": date(on),
            },
            "fields": fields,
            "notes": self.notes(),
            "sites": self.site_rows(),
            "factors": self.factors,
            "expired": self.expired()[:TOP],
            "monetary": figures.monetary_rows(self.inventory, MONETARY_LIMIT),
            "beges": self.beges(fields),
            "esrs": self.esrs(fields),
        }

    # ── What the user wrote ─────────────────────────────────────────────────────────────────────────────────

    def fields(self) -> dict[str, Row]:
        """Every text or figure of the user, by key; « à compléter » when it is missing."""
        types = {spec.key: spec.type for spec in setting_specs()}
        found = {}
        for row in texts()["fields"]:
            value = self.settings.get(row.get("setting", ""))
            text = _shown(value, types.get(row.get("setting", ""), "text"))
            found[row["key"]] = {
                "label": row["label"],
                "value": text or self.todo,
                "missing": not text,
                "reports": row["reports"],
            }
        return found

    def to_complete(self, report: str, fields: Mapping[str, Row], codes: Iterable[str]) -> list[str]:
        """What is left to write in a report."""
        missing = [row["label"] for row in fields.values() if row["missing"] and report in row["reports"]]
        words = texts()["todo_dynamic"]
        undecided, unexplained = [], []
        for code in codes:
            decision, reason = self.decisions.get(code, ("", ""))
            if decision not in ("incluse", "exclue"):
                undecided.append(code)
            elif decision == "exclue" and not reason:
                unexplained.append(code)
        if undecided:
            missing.append(words["decisions"].format(count=len(undecided), codes=_codes(undecided)))
        if report == "esrs_e1":
            view = self.views["esrs"]
            if figures.ets_share(self.inventory, view, ETS[self._version()]) is None:
                missing.append(words["ets"])
            if self.market_kg(view) is None:
                missing.append(words["market"])
        if unexplained:
            missing.append(words["reasons"].format(codes=_codes(unexplained)))
        return missing

    def front(self, report: str, fields: Mapping[str, Row], codes: Iterable[str]) -> Row:
        """The box of page 1: refused rows and warnings until they are solved, what is left to complete."""
        words = texts()["front"]
        entered = self.inventory.entered
        count = {name: int(entered[name].sum()) for name in ("entered", "counted", "refused")}
        refusals = [m for m in self.messages if m.severity is Severity.REFUSAL]
        warnings = [m for m in self.messages if m.severity is Severity.WARNING]
        groups = Counter((m.code, m.sentence) for m in warnings).most_common()
        todo = self.to_complete(report, fields, codes)
        shown = {name: number(value, 0) for name, value in count.items()}
        return {
            **count,
            "warnings": len(warnings),
            "clean": not count["refused"] and not warnings,
            "clean_text": words["clean"],
            "rows_text": words["rows"].format(**shown),
            "refused_text": words["refused"].format(**shown) if count["refused"] else "",
            "warnings_text": words["warnings"].format(warnings=number(len(warnings), 0)) if warnings else "",
            "refusals": [_listed(m) for m in refusals[:LISTED_REFUSALS]],
            "more_refusals": _more(
                max(len(refusals), count["refused"]) - min(len(refusals), LISTED_REFUSALS)
            ),
            "warning_list": [
                {"code": code, "text": sentence, "count": times}
                for (code, sentence), times in groups[:LISTED_WARNINGS]
            ],
            "more_warnings": _more(sum(times for _, times in groups[LISTED_WARNINGS:])),
            "to_complete": todo,
            "to_complete_count": len(todo),
            "to_complete_text": words["to_complete"].format(count=len(todo)) if todo else words["complete"],
        }

    def duty(self) -> Row:
        """The rule, the input, and the reading of both, to be checked: never a verdict."""
        words, headcount = texts()["duty"], self._number("headcount")
        if headcount is None:
            state = "unknown"
        elif headcount > OBLIGED:
            state = "obliged"
        else:
            state = "overseas" if headcount > OBLIGED_OVERSEAS and self._overseas() else "voluntary"
        shown = self.todo if headcount is None else number(headcount, 0)
        return {
            "state": state,
            "rule": words["rule"],
            "input": words["input"].format(headcount=shown),
            "reading": words[state].format(check=self.check, todo=self.todo),
        }

    def _overseas(self) -> bool:
        """Whether a site stands in a department overseas, where the threshold is lower."""
        words = texts()["duty"]
        return any(
            text_of(row.get("country")) in words["overseas_countries"]
            or text_of(row.get("department")).startswith(words["overseas_departments"])
            for row in self.sites.to_dict("records")
        )

    def site_rows(self) -> list[Row]:
        return [
            {
                "site": text_of(row.get("site")),
                "country": text_of(row.get("country")),
                "occupation": text_of(row.get("occupation")),
                "headcount": row.get("headcount") if isinstance(row.get("headcount"), (int, float)) else None,
                "operational": text_of(row.get("control_operational")),
                "financial": text_of(row.get("control_financial")),
            }
            for row in self.sites.to_dict("records")
            if text_of(row.get("site"))
        ]

    # ── What both reports say of factors and data ───────────────────────────────────────────────────────────

    def expired(self) -> list[Row]:
        """Factors used whose source gives a validity that ends before the end of the year."""
        year = self.inventory.year
        if year is None:
            return []
        end = dt.date(year, 12, 31)
        return [row for row in self.factors if row["until"] is not None and row["until"] < end]

    def notes(self) -> Row:
        """Sentences that only depend on the lines."""
        return {
            "rounding": self.words["rounding"],
            "gases": self.words["gases"],
            "gwp": self._gwp(),
            "expired": self._expired_text(),
            "monetary": self._monetary_text(),
            "empty": self.words["empty"],
            "no_site": self.words["no_site"],
            "no_adjustment": self.words["no_adjustment"],
            "bridge": self.words["bridge_closed"],
        }

    def _gwp(self) -> str:
        sets = figures.gwp_sets(self.factors)
        names = [
            self.words["gwp_set" if count > 1 else "gwp_set_one"].format(
                name=texts()["unknown_gwp"] if name in ("inconnu", "") else name, count=count
            )
            for name, count in sets.items()
        ]
        if not names:
            return self.words["gwp_single"].format(sets=self.todo)
        return self.words["gwp" if len(names) > 1 else "gwp_single"].format(sets=", ".join(names))

    def _expired_text(self) -> str:
        if self.inventory.year is None:
            return self.words["expired_no_year"].format(todo=self.todo)
        rows = self.expired()
        if not rows:
            return self.words["expired_none"]
        tonnes, top = sum(row["tonnes"] for row in rows), rows[0]
        listed = self.words["expired_listed"].format(count=TOP) if len(rows) > TOP else ""
        said = self.words["expired"].format(
            year=self.inventory.year, count=len(rows), tonnes=number(tonnes),
            share=percent(share(1000 * tonnes, self.inventory.total_kg)), label=top["label"], id=top["id"],
            until=date(top["until"]), top=number(top["tonnes"]),
        )  # fmt: skip
        return said + listed

    def _monetary_text(self) -> str:
        rows = figures.monetary_rows(self.inventory, MONETARY_LIMIT)
        limit = percent(MONETARY_LIMIT, 0)
        if not rows:
            return self.words["monetary_none"].format(limit=limit)
        tonnes = number(sum(row["tonnes"] for row in rows))
        return self.words["monetary"].format(limit=limit, count=len(rows), tonnes=tonnes)

    def screening(self, view: View, codes: Iterable[str], prefix: str = "") -> list[Row]:
        """Decision and reason of each row of the nomenclature, beside what it holds."""
        labels = dict(zip(view.rows["code"], view.rows["label"], strict=True))
        found = []
        for code in codes:
            decision, reason = self.decisions.get(prefix + code, ("", ""))
            found.append(
                {
                    "code": code,
                    "label": _categories()[code] if prefix else labels[code],
                    "decision": decision or self.todo,
                    "reason": reason or (self.todo if decision == "exclue" else ""),
                    "excluded": decision == "exclue",
                    "tonnes": view.kg(code) / 1000,
                }
            )
        return found

    # ── BEGES ───────────────────────────────────────────────────────────────────────────────────────────────

    def beges(self, fields: Mapping[str, Row]) -> Row:
        view, ghgp = self.views["beges"], self.views["ghgp"]
        rows = figures.gas_rows(view)
        posts = [str(code) for code in view.rows.loc[view.rows["level"] == 1, "code"]]
        indirect = figures.significance(view, [p for p in posts if not p.startswith(DIRECT)], self.threshold)
        return {
            **texts()["documents"]["beges"],
            "front": self.front("beges", fields, posts),
            "key": _key(
                {
                    "beges": view.total_kg,
                    "direct": view.kg("1"),
                    "energy": view.kg("2"),
                    "other": view.total_kg - view.kg("1") - view.kg("2"),
                }
            ),
            "duty": self.duty(),
            "approach": self.words["approach_beges"].format(approach=self._approach("approach")),
            "territory": self.words["territory"].format(country=self._setting("national_country")),
            "screening": self.screening(view, posts),
            "threshold": self.words["threshold"].format(threshold=percent(self.threshold)),
            "significance": indirect,
            "significant": self._significant("significant", indirect),
            "rows": rows,
            "total": view.total_kg / 1000,
            "lines_total": view.lines_kg / 1000,
            "outside": figures.outside_rows(view),
            "reading": self._outside_text(view),
            "ghgp": figures.gas_rows(ghgp),
            "bridge": self.bridge(view, ghgp),
            "methods": self._methods("beges"),
            "levels": figures.level_rows(self.inventory, view),
            "charts": {
                "categories": _chart("bars", "categories", _picked(rows, "is_category")),
                "posts": _chart("pareto", "posts", _posts(view, posts)),
                "factors": self._top_factors(),
            },
        }

    def bridge(self, start: View, end: View) -> list[Row]:
        """Steps from one view's total to the other's; the first and last rows are the totals."""
        table = bridge(start, end)
        names = {"beges": "BEGES", "ghgp": "GHG Protocol"}
        last = len(table) - 1
        return [
            {"label": names.get(label, label), "tonnes": kg / 1000, "is_end": place in (0, last)}
            for place, (label, kg) in enumerate(table[["label", "kg"]].to_numpy())
        ]

    # ── ESRS E1 ─────────────────────────────────────────────────────────────────────────────────────────────

    def esrs(self, fields: Mapping[str, Row]) -> Row:
        view = self.views["esrs"]
        version = self._version()
        words = texts()["esrs_versions"][version]
        significant = figures.significance(view, SCOPE3, self.threshold)
        rows = self.esrs_rows(view)
        return {
            **texts()["documents"]["esrs_e1"],
            "front": self.front("esrs_e1", fields, [f"C{code}" for code in SCOPE3]),
            "key": _key(
                {
                    "scope1": view.kg("S1"),
                    "scope2": view.kg("S2"),
                    "scope2_market": self.market_kg(view),
                    "scope3": view.kg("S3"),
                }
            ),
            "version": version,
            "is_2023": version == "2023",
            "code": words["emissions"],
            "election": self.election(version, words["name"]),
            "boundary": words["boundary"].format(check=self.check),
            "optional": words["optional"],
            "approach": self.words["approach_esrs"].format(approach=self._approach("approach_esrs")),
            "rows": rows,
            "total": view.total_kg / 1000,
            "lines_total": view.lines_kg / 1000,
            "biogenic": self.words["biogenic"].format(value=number(_tonnes(view, "S1", "co2_biogenic"))),
            "biogenic_rows": [
                {"label": f"Scope {scope}", "tonnes": _tonnes(view, f"S{scope}", "co2_biogenic")}
                for scope in (1, 2, 3)
            ],
            "outside": figures.outside_rows(view),
            "reading": self._outside_text(view),
            "intensity": self.intensity(rows),
            "screening": self.screening(view, SCOPE3, "C"),
            "significance": significant,
            "significant": self._significant("significant_esrs", significant),
            "instruments": figures.instrument_rows(self.inventory),
            "instruments_text": self._instruments_text(),
            "methods": self._methods("esrs_e1"),
            "levels": figures.level_rows(self.inventory, view, [c for c in SCOPE3 if c != DERIVED]),
            "primary": self._primary(view),
            "topics": self.topics(version, fields),
            "charts": {
                "scopes": _chart("bars", "scopes", _picked(rows, "is_scope")),
                "categories": _chart("pareto", "scope3", _posts(view, SCOPE3)),
                "factors": self._top_factors(),
            },
        }

    def esrs_rows(self, view: View) -> list[Row]:
        """Gross emissions: scopes, both methods of scope 2, the 15 categories, both totals."""
        version = self._version()
        labels = _categories() | texts()["esrs_labels"]
        market, location, total = self.market_kg(view), view.kg("S2"), view.total_kg
        kg: dict[str, float | None] = {
            "S1": view.kg("S1"),
            f"ets_{version}": None,
            "S2": location,
            "S2M": market,
            "S3": view.kg("S3"),
            **{code: view.kg(code) for code in SCOPE3},
            "T": total,
            "TM": None if market is None else total - location + market,
        }
        if version == "2026":
            kg["biogenic"] = 1000 * _tonnes(view, "S1", "co2_biogenic")
        rows = []
        for code, value in kg.items():
            tonnes = None if value is None else value / 1000
            is_share = code.startswith("ets")
            rows.append(
                {
                    "code": code,
                    "label": f"{code} {labels[code]}" if code in SCOPE3 else labels[code],
                    "name": labels.get(f"{code}_short", labels[code]),
                    "current": figures.ets_share(self.inventory, view, ETS[version]) if is_share else tonnes,
                    "total": tonnes,
                    "base": None,
                    "comparative": None,
                    "change": None,
                    "is_share": is_share,
                    "is_scope": code in ("S1", "S2", "S3"),
                    "is_strong": code in ("S1", "S2", "S2M", "S3", "T", "TM"),
                }
            )
        return rows

    def market_kg(self, view: View) -> float | None:
        """Scope 2 by the market. None when the boundary differs from that of the market view."""
        if self._approach("approach") != self._approach("approach_esrs"):
            return None
        return self.views["ghgp_market"].kg("S2")

    def election(self, version: str, name: str) -> list[str]:
        """Which version of the standard was used; it must be said."""
        words, year = texts()["election"], self.inventory.year
        if year is None:
            return [words["before"].format(year=self.todo, version=version, name=name)]
        key = "2026" if year == 2026 else "before" if year < 2026 else "after"
        said = [words[key].format(year=year, version=version, name=name)]
        doubt = f"{key}_{version}"
        if doubt in words:
            said.append(words[doubt].format(year=year, check=self.check))
        return said

    def intensity(self, rows: Sequence[Row]) -> list[Row]:
        """tCO2e per million euro of revenue, by location and by the market."""
        revenue = self._number("revenue")
        totals = {row["code"]: row for row in rows}
        return [
            {
                "label": totals[code]["label"],
                "value": totals[code]["current"] / (revenue / 1e6)
                if revenue and totals[code]["current"] is not None
                else None,
            }
            for code in ("T", "TM")
        ]

    def topics(self, version: str, fields: Mapping[str, Row]) -> list[Row]:
        states = texts()["topic_states"]
        rows = []
        for topic in texts()["topics"]:
            written = "field" in topic and not fields[topic["field"]]["missing"]
            state = states["here"] if topic.get("here") else states["written"] if written else self.todo
            rows.append({"code": topic["codes"][version], "label": topic["label"], "state": state})
        return rows

    def _primary(self, view: View) -> str:
        codes = [code for code in SCOPE3 if code != DERIVED]
        levels = figures.level_rows(self.inventory, view, codes)
        known = next(
            (row["share"] for row in levels if row["label"] == figures.PRIMARY), 0.0 if levels else None
        )
        return self.words["primary"].format(share=percent(known))

    def _instruments_text(self) -> str:
        rows = figures.instrument_rows(self.inventory)
        if not rows:
            return self.words["no_instrument"]
        energy = sum(row["mwh"] or 0.0 for row in rows if row["cancelled"])
        return self.words["instruments"].format(mwh=number(energy))

    # ── Small things ────────────────────────────────────────────────────────────────────────────────────────

    def _methods(self, report: str) -> list[str]:
        values = {
            "contrails": self._setting("contrails_beges"),
            "software": __version__,
            "catalogue": self.inventory.catalogue.version,
        }
        return [sentence.format(**values) for sentence in texts()["methods"][report]]

    def _outside_text(self, view: View) -> str:
        outside = float(view.adjustments["kg"].sum()) if len(view.adjustments) else 0.0
        return self.words["outside"].format(
            total=number(view.total_kg / 1000),
            outside=number(outside / 1000),
            lines=number(view.lines_kg / 1000),
        )

    def _significant(self, sentence: str, rows: Sequence[Row]) -> str:
        if not rows:
            return self.words["significant_none"]
        first = ", ".join(row["code"] for row in rows if row["first"])
        above = ", ".join(row["code"] for row in rows if row["above"]) or "–"
        return self.words[sentence].format(codes=first, above=above, threshold=percent(self.threshold))

    def _top_factors(self) -> Chart | None:
        return _chart("ranking", "top_factors", [(r["label"], r["tonnes"]) for r in self.factors[:TOP]])

    def _approach(self, key: str) -> str:
        return self._setting(key)

    def _version(self) -> str:
        return self._setting("esrs_version")

    def _setting(self, key: str) -> str:
        """A setting that has a default."""
        default = next(spec.default for spec in setting_specs() if spec.key == key)
        return text_of(self.settings.get(key)) or str(default)

    def _number(self, key: str) -> float | None:
        value = self.settings.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or pd.isna(value):
            return None
        return float(value)


@cache
def _categories() -> dict[str, str]:
    """Labels of the 15 categories as the standard words them."""
    table = ghgp_categories()
    return dict(zip(table["category"], table["esrs_label"], strict=True))


def _shown(value: object, kind: str) -> str:
    """A setting as text. A figure keeps two decimals only when it has some."""
    if kind in ("number", "percent") and isinstance(value, (int, float)) and not pd.isna(value):
        if kind == "percent":
            return percent(float(value))
        return number(float(value), 0 if float(value).is_integer() else 2)
    return text_of(value)


def _codes(codes: Sequence[str]) -> str:
    return ", ".join(codes)


def _more(count: int) -> str:
    return texts()["front"]["more"].format(count=count) if count > 0 else ""


def _listed(message: Message) -> Row:
    place = f"{message.sheet}!{message.cell}" if message.sheet and message.cell else message.sheet
    return {"place": place, "code": message.code, "text": typeset(message.sentence)}


def _tonnes(view: View, code: str, column: str) -> float:
    return float(view.rows.loc[view.rows["code"] == code, column].iloc[0]) / 1000


def _key(figures_kg: Mapping[str, float | None]) -> list[Row]:
    """The figures of the first page, in tCO2e."""
    words = texts()["key_figures"]
    return [{"label": words[k], "value": None if kg is None else kg / 1000} for k, kg in figures_kg.items()]


def _picked(rows: Sequence[Row], flag: str) -> list[tuple[str, float]]:
    return [(row.get("name", row["label"]), row["total"]) for row in rows if row[flag]]


def _posts(view: View, codes: Iterable[str]) -> list[tuple[str, float]]:
    """Codes and values above nil, largest first."""
    rows = view.rows[view.rows["code"].isin(list(codes)) & (view.rows["total"] > 0)]
    rows = rows.sort_values("total", ascending=False, kind="stable")
    return [(str(code), float(kg) / 1000) for code, kg in rows[["code", "total"]].to_numpy()]


def _chart(kind: str, caption: str, items: Sequence[tuple[str, float]]) -> Chart | None:
    if not any(value > 0 for _, value in items):
        return None
    words = texts()["charts"]
    title = texts()["captions"][caption].replace(" {{ year }}", "")
    listed = ", ".join(words["alt_item"].format(label=label, value=number(value)) for label, value in items)
    return Chart(
        kind,
        title,
        words["alt_bars"].format(title=title, items=listed),
        tuple(label for label, _ in items),
        tuple(value for _, value in items),
        words["unit"],
        words["mark"],
    )
