"""What the blocks of the context read: the inventory, its views, its registers, and what the user wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from carbon_workbook.inventory.effects import effects
from carbon_workbook.inventory.model import Inventory, control_of
from carbon_workbook.inventory.propagation import row_uncertainty
from carbon_workbook.inventory.series import HISTORY_VIEW
from carbon_workbook.inventory.significance import Rules, known_rules
from carbon_workbook.inventory.views import VIEWS, View
from carbon_workbook.inventory.views import view as view_of
from carbon_workbook.messages import Message
from carbon_workbook.report import figures
from carbon_workbook.report.figures import Row, text_of, year_of
from carbon_workbook.report.format import number, percent
from carbon_workbook.report.texts import texts, worded
from carbon_workbook.specs.spec import Setting
from carbon_workbook.specs.spec import settings as setting_specs

YES, NO = "O", "N"
VERSIONS = ("2023", "2026")
HISTORY_COLUMNS = ["year", "view", "code", "total"]
GAS_COLUMNS = {
    "co2": "co2_fossil",
    "ch4": "ch4",
    "n2o": "n2o",
    "other": "other_gases",
    "unsplit": "unsplit",
    "total": "total",
    "biogenic": "co2_biogenic",
}
"""Columns of the register of history by the key that the tables of gases have."""
PAST_STATES = ("réalisée", "abandonnée")
"""States of an action that is behind us; the others are still to be carried out."""
DIRECT, INDIRECT = "directe", "indirecte"
HORIZONS = (2030, 2050)


@dataclass(frozen=True)
class Inputs:
    """Arguments of ``build_context`` and what is derived from them once."""

    inventory: Inventory
    views: Mapping[str, View]
    settings: Mapping[str, object]
    messages: Sequence[Message]
    categories: pd.DataFrame
    sites: pd.DataFrame
    registers: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    previous: Inventory | None = None
    final: bool = False

    @cached_property
    def fields(self) -> dict[str, Row]:
        """Every text or figure of the user, by key; « à compléter » when it is missing.

        What is optional, what a register says already and what the version of the standard does not ask are not missing
        when their text is blank.
        """
        found = {}
        for row in texts()["fields"]:
            text = self._shown(row["setting"]) if "setting" in row else ""
            asked = self.esrs_version in row.get("versions", VERSIONS)
            covered = bool(row.get("covered")) and self.covers(row["covered"])
            blank = texts()["see_table"] if covered else ""
            if not covered and (row.get("optional") or not asked):
                blank = str(texts()["not_given"])
            found[row["key"]] = {
                "label": row["label"],
                "value": text or blank or self.todo,
                "missing": not text and not blank,
                "given": bool(text),
                "reports": row["reports"],
            }
        return found

    def covers(self, topic: str) -> bool:
        """Whether the registers say something of a topic: past, direct or indirect actions, objectives by horizon."""
        if topic == "past":
            return any(row["state"] in PAST_STATES for row in self.actions)
        if topic in (DIRECT, INDIRECT):
            return any(row["kind"] == topic and row["state"] not in PAST_STATES for row in self.actions)
        years = [year_of(row.get("target_year")) for row in self.rows("targets")]
        if topic == "other":
            return any(year is not None and year not in HORIZONS for year in years)
        return int(topic) in years

    @cached_property
    def actions(self) -> list[Row]:
        """Rows of the transition plan; ``kind`` is the typed one, else that of the post, else blank."""
        found = []
        for row in self.rows("actions"):
            post = text_of(row.get("post")).split(" ")[0]
            by_post = "" if not post else DIRECT if post.startswith("1") else INDIRECT
            found.append(
                {
                    "action": text_of(row.get("action")),
                    "post": post,
                    "kind": text_of(row.get("kind")) or by_post,
                    "lever": text_of(row.get("lever")),
                    "state": text_of(row.get("status")),
                    "period": figures.period(row.get("start"), row.get("end")),
                    "expected": figures.number_of(row.get("expected_t")),
                    "obtained": figures.number_of(row.get("obtained_t")),
                    "capex": figures.number_of(row.get("capex_keur")),
                    "opex": figures.number_of(row.get("opex_keur")),
                    "owner": text_of(row.get("owner")),
                    "result": text_of(row.get("result_indicator")),
                    "means": text_of(row.get("means_indicator")),
                    "comment": text_of(row.get("comment")),
                }
            )
        return found

    @cached_property
    def history(self) -> pd.DataFrame:
        """Earlier years: what the workbook holds, then the previous year computed from its own workbook.

        A view of a year that the register holds stands as it was typed.
        """
        typed = self.registers.get("history")
        found = pd.DataFrame(columns=HISTORY_COLUMNS) if typed is None or typed.empty else typed
        if self.previous is None or self.previous.year is None:
            return found
        year = self.previous.year
        known = {row["view"] for row in figures.records(found) if year_of(row["year"]) == year}
        rows = [row for row in self._computed(self.previous) if row["view"] not in known]
        return pd.concat([found, pd.DataFrame(rows, dtype=object)], ignore_index=True) if rows else found

    def _computed(self, previous: Inventory) -> list[Row]:
        """Rows of the register of history as an inventory gives them; views of another control approach left out."""
        rows = []
        for name in ("beges", "ghgp", "esrs"):
            if control_of(previous.settings, name) != control_of(self.settings, name):
                continue
            view = view_of(previous, name)
            market = f"{name}_market"
            posts = [row for row in figures.gas_rows(view) if row["is_post"] or row["key"] in ("S1", "S2")]
            if market in VIEWS:
                there = figures.gas_rows(view_of(previous, market))
                posts += [row | {"key": "S2M"} for row in there if row["key"] == "S2"]
            rows += [
                {
                    "year": previous.year,
                    "view": HISTORY_VIEW[name],
                    "code": row["key"],
                    **{column: row[key] for key, column in GAS_COLUMNS.items()},
                    "origin": texts()["years"]["computed"],
                    "recalculated": YES,
                }
                for row in posts
            ]
        return rows

    @cached_property
    def decisions(self) -> dict[str, Row]:
        """decision, reason, criteria and estimate (tCO2e) of each row of the screening table."""
        return {
            text_of(row.get("code")): {
                "decision": text_of(row.get("decision")),
                "reason": text_of(row.get("reason")),
                "criteria": text_of(row.get("criteria")),
                "estimate": figures.number_of(row.get("estimate")),
                "name": text_of(row.get("name")),
            }
            for row in self.categories.to_dict("records")
        }

    @cached_property
    def factors(self) -> list[Row]:
        """Factors used, heaviest first."""
        return figures.factor_rows(self.inventory)

    @cached_property
    def monetary(self) -> list[Row]:
        """Monetary ratios still on significant posts, heaviest first."""
        return figures.monetary_rows(self.inventory, self.views)

    def doubt(self, view: str) -> pd.DataFrame:
        """The interval of each row of a view, found once."""
        if view not in self._doubts:
            self._doubts[view] = row_uncertainty(self.inventory, self.views[view])
        return self._doubts[view]

    @cached_property
    def _doubts(self) -> dict[str, pd.DataFrame]:
        return {}

    def half_width(self, view: str, code: str) -> float | None:
        """Half-width in tCO2e of the interval of a row of a view, which its value is rounded to; None without any."""
        doubt = self.doubt(view)
        half = figures.number_of(doubt.loc[doubt["code"] == code, "half"].iloc[0])
        return None if half is None else half * self.views[view].kg(code) / 1000

    def effects(self, view: str) -> pd.DataFrame:
        """Effects on each line between the previous year and this one, found once. Needs ``previous``."""
        if view not in self._effects:
            assert self.previous is not None
            start = view_of(self.previous, view)
            self._effects[view] = effects(self.previous, start, self.inventory, self.views[view])
        return self._effects[view]

    @cached_property
    def _effects(self) -> dict[str, pd.DataFrame]:
        return {}

    @property
    def todo(self) -> str:
        return str(texts()["todo"])

    @property
    def rules(self) -> Rules:
        """The two thresholds of significance."""
        return known_rules(self.settings)[0]

    @property
    def esrs_version(self) -> str:
        """Version of the standard; the default when the setting holds another text."""
        version = self.setting("esrs_version")
        return version if version in texts()["esrs_versions"] else str(_spec("esrs_version").default)

    def same_control(self, view: str) -> bool:
        """Whether a view has the control approach of the ESRS statement."""
        return control_of(self.settings, view) == control_of(self.settings, "esrs")

    @property
    def same_approach(self) -> bool:
        """Whether the ESRS statement has the boundary of the rest of the workbook."""
        return self.setting("approach") == self.setting("approach_esrs")

    def rows(self, register: str) -> list[Row]:
        """Rows of a register of the user; none when the workbook has none."""
        found = self.registers.get(register)
        return [] if found is None else figures.records(found)

    def earlier_rows(self, view: str, year: int | None) -> list[Row]:
        """What the register of history holds of a view in a year."""
        name = HISTORY_VIEW[view]
        return [
            row
            for row in figures.records(self.history)
            if year is not None and row.get("view") == name and year_of(row.get("year")) == year
        ]

    def sentence(self, key: str, **values: object) -> str:
        """A sentence of the texts, filled."""
        words = {"todo": self.todo, "check": texts()["check"], **values}
        return str(texts()["sentences"][key]).format(**words)

    def setting(self, key: str) -> str:
        """A setting that has a default, as text."""
        return text_of(self.settings.get(key)) or str(_spec(key).default or "")

    def number(self, key: str) -> float | None:
        """A numeric setting, None when it is missing."""
        return figures.number_of(self.settings.get(key))

    def year(self, key: str) -> int | None:
        """A setting that is a year, None when it is missing."""
        return year_of(self.settings.get(key))

    def _shown(self, key: str) -> str:
        """A setting as text. A figure keeps two decimals only when it has some."""
        value, spec = self.number(key), _spec(key)
        if spec.list == "oui_non":
            said = {YES: texts()["layout"]["yes"], NO: texts()["layout"]["no"]}
            return str(said.get(text_of(self.settings.get(key)), ""))
        if value is None or spec.type not in ("number", "percent"):
            text = text_of(self.settings.get(key))
            return worded(text) if spec.list else text
        if spec.type == "percent":
            return percent(value)
        return number(value, 0 if value.is_integer() else 2)


def _spec(key: str) -> Setting:
    return next(spec for spec in setting_specs() if spec.key == key)
