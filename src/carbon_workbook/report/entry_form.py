"""The fields of bilans-ges.ademe.fr in its order, each with the value to type: the platform has no import.

Posts are in tCO2e to the tenth, half away from zero. The table of fields, ``specs/platform_fields.csv``, says where
each value comes from; what the workbook does not hold is blank and said to be completed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isnan

from carbon_workbook.inventory.series import past
from carbon_workbook.inventory.significance import INCLUDED, OUT
from carbon_workbook.inventory.views import NOMENCLATURE, TOTAL, row_frame
from carbon_workbook.report.figures import text_of
from carbon_workbook.report.format import number, percent
from carbon_workbook.report.inputs import NO, YES, Inputs
from carbon_workbook.report.texts import texts
from carbon_workbook.specs.vsme import Field, half_up, headcount_bands, platform_fields

DECIMALS = 1
"""Of the emissions that are typed."""
VIEW = "beges"
UNKNOWN_GWP = "inconnu"
"""What the catalogue calls a set of potentials that the source does not name."""
STRUCTURES = ("entreprise", "collectivité", "établissement public", "association")
YES_NO = {YES: "oui", NO: "non"}
TODO = "à compléter"
NOT_ASKED = "facultatif"
BOM = "\ufeff"
_DEPARTMENT = re.compile(r"\b(\d[\dAB]\d?)\b")

Value = str | float | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A field, what to type (None: nothing), its state (blank: type it as it is) and, for a post, the exact tCO2e."""

    field: Field
    value: Value
    state: str
    exact: float | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """The typed posts of a year added up, against its total rounded at once: ``gap`` comes from rounding."""

    label: str
    posts: float | None
    total: float | None

    @property
    def gap(self) -> float | None:
        return (
            None if self.posts is None or self.total is None else half_up(self.posts - self.total, DECIMALS)
        )


def entries(inputs: Inputs) -> tuple[Entry, ...]:
    """Every field of the platform in its order."""
    form = _Form(inputs)
    return tuple(form.entry(field) for field in platform_fields())


def sums(inputs: Inputs, rows: tuple[Entry, ...]) -> tuple[Sum, Sum]:
    """The reporting and the reference year: typed posts against the rounded total, None where nothing is known."""
    form, found = _Form(inputs), []
    for prefix, label, total in (
        ("poste", f"Année {text_of(inputs.inventory.year)}", inputs.views[VIEW].kg(TOTAL) / 1000.0),
        (
            "reference",
            f"Référence {text_of(inputs.year('base_year'))}",
            form.reference.get(TOTAL, float("nan")),
        ),
    ):
        typed = [row.value for row in rows if row.field.source.startswith(f"{prefix}:")]
        known = [value for value in typed if isinstance(value, float)]
        posts = half_up(sum(known), DECIMALS) if known else None
        found.append(Sum(label.strip(), posts, None if isnan(total) else half_up(total, DECIMALS)))
    return found[0], found[1]


def as_csv(rows: tuple[Entry, ...]) -> str:
    """The fields as one line of the open data: ``;``, quotes, byte order mark, decimal point, columns in order."""
    stream = io.StringIO()
    stream.write(BOM)
    writer = csv.writer(stream, delimiter=";", quotechar='"', lineterminator="\r\n")
    writer.writerow([row.field.header for row in rows])
    writer.writerow([_plain(row.value) for row in rows])
    return stream.getvalue()


def unread_headers() -> int:
    """How many column titles were described, not read as they are."""
    return sum(field.read == "N" for field in platform_fields())


def _plain(value: Value) -> str:
    """A value as the open data write it."""
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return value or ""


@dataclass(frozen=True)
class _Form:
    """Where each source of the table of fields takes its value."""

    inputs: Inputs

    def entry(self, field: Field) -> Entry:
        if not field.source:
            return Entry(field, None, field.note)
        kind, _, key = field.source.partition(":")
        if kind == "poste":
            return self._post(field, key)
        if kind == "reference":
            return self._reference(field, key)
        value = self._sources[kind](key)
        if value is None or value == "":
            return Entry(field, None, field.note or NOT_ASKED if field.optional == YES else TODO)
        return Entry(field, value, "")

    @cached_property
    def _sources(self) -> Mapping[str, Callable[[str], Value]]:
        setting = self.inputs.setting
        return {
            "constante": lambda key: key,
            "reglage": setting,
            "annee": self.inputs.number,
            "structure": lambda key: setting(key).capitalize() if setting(key) in STRUCTURES else "",
            "oui_non": lambda key: YES_NO.get(setting(key), ""),
            "consolidation": lambda key: setting(key).capitalize(),
            "pourcent": lambda key: _hundredths(self.inputs.number(key)),
            "effectif": lambda key: _band(self.inputs.number(key)),
            "departement": self._department,
            "entites": lambda key: ", ".join(text_of(row.get(key)) for row in self.inputs.rows("entities")),
            "critere": self._criterion,
            "ecartes": lambda _: " ; ".join(f"{code} : {why}" for code, why in self._excluded().items()),
            "reference_calculee": lambda _: "oui" if not isnan(self.reference[TOTAL]) else "",
            "plan": lambda key: setting(key) or actions_text(self.inputs),
            "facteurs": lambda _: self._factors(),
            "prg": lambda _: self._gwp(),
            "incertitude": lambda _: self._doubt(),
            "sources": lambda _: self._sources_of_factors(),
            "comparaison": lambda _: self._comparison(),
        }  # fmt: skip

    # --- Posts --------------------------------------------------------------------------------------------------

    def _post(self, field: Field, code: str) -> Entry:
        """A post that no line feeds is typed as nil only where the user says why; excluded, it stays blank."""
        tonnes = self.inputs.views[VIEW].kg(code) / 1000.0
        if self._fed(code):
            return Entry(field, half_up(tonnes, DECIMALS), "", tonnes)
        decision = self.inputs.decisions.get(code, {})
        reason = decision.get("reason", "")
        if decision.get("decision") == OUT:
            return Entry(field, None, f"écarté : {reason}" if reason else f"écarté, motif {TODO}", tonnes)
        if decision.get("decision") == INCLUDED and reason:
            return Entry(field, 0.0, reason, tonnes)
        return Entry(field, None, f"{TODO} : aucune ligne comptée", tonnes)

    def _fed(self, code: str) -> bool:
        members = {row: found for row, _, _, found in row_frame(NOMENCLATURE[VIEW])}[code]
        return bool(self.inputs.views[VIEW].cells["code"].isin(members).any())

    def _reference(self, field: Field, code: str) -> Entry:
        if self.inputs.year("base_year") is None:
            return Entry(field, None, f"{TODO} : année de référence, dans Périmètre")
        value = self.reference[code]
        if isnan(value):
            return Entry(field, None, f"{TODO} dans Historique")
        return Entry(field, half_up(value, DECIMALS), "", value)

    @cached_property
    def reference(self) -> Mapping[str, float]:
        """tCO2e of each row of the reference year, NaN where Historique holds none."""
        return past(self.inputs.history, VIEW, self.inputs.year("base_year"))

    def _excluded(self) -> dict[str, str]:
        """Reasons of the posts left out, by code."""
        return {
            code: row["reason"] or TODO
            for code, row in self.inputs.decisions.items()
            if row["decision"] == OUT and code[:1].isdigit()
        }

    def _criterion(self, criterion: str) -> str:
        found = (code for code, row in self.inputs.decisions.items() if row["criteria"] == criterion)
        return ", ".join(code for code in found if code[:1].isdigit())

    # --- Texts ------------------------------------------------------------------------------------------------------

    def _department(self, part: str) -> str:
        text = self.inputs.setting("department")
        code = _DEPARTMENT.search(text)
        if part == "code":
            return code[1] if code else ""
        return _DEPARTMENT.sub("", text).strip(" ()-–,")

    def _factors(self) -> str:
        count = len(self.inputs.factors)
        version = self.inputs.inventory.catalogue.version
        return f"{count} facteurs, catalogue {version} ; liste : feuille Facteurs utilisés" if count else ""

    def _sources_of_factors(self) -> str:
        return " ; ".join(dict.fromkeys(row["source"] for row in self.inputs.factors if row["source"]))

    def _gwp(self) -> str:
        words = {UNKNOWN_GWP: str(texts()["unknown_gwp"])}
        sets = sorted({row["gwp_set"] for row in self.inputs.factors if row["gwp_set"]})
        return ", ".join(words.get(name, name) for name in sets)

    def _doubt(self) -> str:
        """Half-width and class of the total, then of each category."""
        table = self.inputs.doubt(VIEW)
        rows = table[(table["level"] == 0) & table["half"].notna()]
        return " ; ".join(
            f"{'Total' if code == TOTAL else f'catégorie {code}'} : ± {percent(half, 0)}, classe {int(quality)}"
            for code, half, quality in zip(rows["code"], rows["half"], rows["quality"], strict=True)
        )

    def _comparison(self) -> str:
        """Total against that of the year before, then what the user says of the differences."""
        year, now = self.inputs.year("comparative_year"), self.inputs.views[VIEW].kg(TOTAL) / 1000.0
        before = past(self.inputs.history, VIEW, year)[TOTAL]
        said = [] if isnan(before) else [
            f"{year} : {number(before)} tCO2e ; {self.inputs.inventory.year} : {number(now)} tCO2e."
        ]  # fmt: skip
        return " ".join([*said, *filter(None, [self.inputs.setting("method_changes_note")])])


def actions_text(inputs: Inputs) -> str:
    """The actions of the transition plan that are not abandoned, one a line with its state."""
    return "\n".join(
        f"{row['action']} ({row['state']})" if row["state"] else row["action"]
        for row in inputs.actions
        if row["action"] and row["state"] != "abandonnée"
    )


def _hundredths(share: float | None) -> Value:
    return None if share is None else half_up(100 * share, DECIMALS)


def _band(headcount: float | None) -> str:
    """The band that a headcount falls in, blank without one."""
    if headcount is None:
        return ""
    return next((text for first, text in reversed(headcount_bands()) if headcount >= first), "")
