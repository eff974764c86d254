"""What the blocks of the context read: the inventory, its views, and what the user wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.views import View
from carbon_workbook.messages import Message
from carbon_workbook.report import figures
from carbon_workbook.report.figures import Row, text_of
from carbon_workbook.report.format import number, percent
from carbon_workbook.report.texts import texts
from carbon_workbook.specs.spec import Setting
from carbon_workbook.specs.spec import settings as setting_specs

THRESHOLD = 0.05


@dataclass(frozen=True)
class Inputs:
    """Arguments of ``build_context`` and what is derived from them once."""

    inventory: Inventory
    views: Mapping[str, View]
    settings: Mapping[str, object]
    messages: Sequence[Message]
    categories: pd.DataFrame
    sites: pd.DataFrame

    @cached_property
    def fields(self) -> dict[str, Row]:
        """Every text or figure of the user, by key; « à compléter » when it is missing."""
        found = {}
        for row in texts()["fields"]:
            text = self._shown(row["setting"]) if "setting" in row else ""
            found[row["key"]] = {
                "label": row["label"],
                "value": text or self.todo,
                "missing": not text,
                "reports": row["reports"],
            }
        return found

    @cached_property
    def decisions(self) -> dict[str, tuple[str, str]]:
        """(decision, reason) of each row of the screening table."""
        return {
            text_of(row.get("code")): (text_of(row.get("decision")), text_of(row.get("reason")))
            for row in self.categories.to_dict("records")
        }

    @cached_property
    def factors(self) -> list[Row]:
        """Factors used, heaviest first."""
        return figures.factor_rows(self.inventory)

    @property
    def todo(self) -> str:
        return str(texts()["todo"])

    @property
    def threshold(self) -> float:
        """Share of the total above which a post is important."""
        return self.number("threshold_pct") or THRESHOLD

    @property
    def esrs_version(self) -> str:
        """Version of the standard; the default when the setting holds another text."""
        version = self.setting("esrs_version")
        return version if version in texts()["esrs_versions"] else str(_spec("esrs_version").default)

    def sentence(self, key: str, **values: object) -> str:
        """A sentence of the texts, filled."""
        words = {"todo": self.todo, "check": texts()["check"], **values}
        return str(texts()["sentences"][key]).format(**words)

    def setting(self, key: str) -> str:
        """A setting that has a default, as text."""
        return text_of(self.settings.get(key)) or str(_spec(key).default)

    def number(self, key: str) -> float | None:
        """A numeric setting, None when it is missing."""
        value = self.settings.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or pd.isna(value):
            return None
        return float(value)

    def _shown(self, key: str) -> str:
        """A setting as text. A figure keeps two decimals only when it has some."""
        value, kind = self.number(key), _spec(key).type
        if value is None or kind not in ("number", "percent"):
            return text_of(self.settings.get(key))
        if kind == "percent":
            return percent(value)
        return number(value, 0 if value.is_integer() else 2)


def _spec(key: str) -> Setting:
    return next(spec for spec in setting_specs() if spec.key == key)
