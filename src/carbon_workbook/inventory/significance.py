"""Which indirect posts matter: the 80 % of indirect emissions of the regulation, the 5 % of the total of a guide.

Both are computed side by side for each view (decision B13), beside the user's criteria and decision. Sources of the
rules: ``significance.csv``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from carbon_workbook.factors.tables import ghgp_categories
from carbon_workbook.inventory.views import NOMENCLATURE, TOTAL, View, row_frame
from carbon_workbook.inventory.wording import shown
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.resources import packaged
from carbon_workbook.specs.spec import lists

FLOOR = 0.8
"""The regulation retains no less than this share of indirect emissions."""
DEFAULT_SHARE = 0.05
BELOW_FLOOR = "CW-363"
EXCLUDED, EXCLUDED_NO_REMEDY, EXCLUDED_WITH_REMEDY = "CW-364", "CW-365", "CW-366"
CATEGORY_EXCLUDED, UNDECIDED, NOT_A_CRITERION = "CW-367", "CW-368", "CW-379"
UNUSUAL_SHARES, DOMINANT = "CW-369", "CW-370"
INCLUDED, OUT, TO_DECIDE = "incluse", "exclue", "à décider"
DIRECT, SCOPE_1 = "1.", "S1"
CATEGORY = "C"
"""Before the number of a GHG Protocol category in the screening table."""
ABANDONED = "abandonnée"
VIEW_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "beges": "BEGES",
        "iso": "ISO 14064-1",
        "ghgp": "GHG Protocol",
        "ghgp_market": "GHG Protocol (marché)",
        "esrs": "ESRS E1",
        "esrs_market": "ESRS E1 (marché)",
    }
)
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Rules:
    """The two thresholds, as fractions: of the indirect emissions, of the total. Raises CodedError CW-363."""

    magnitude: float = FLOOR
    share: float = DEFAULT_SHARE

    def __post_init__(self) -> None:
        if self.magnitude < FLOOR:
            raise CodedError(BELOW_FLOOR, value=shown(100 * self.magnitude))


@dataclass(frozen=True, slots=True)
class Decision:
    """What the user wrote of a post or a category."""

    decision: str = ""
    criteria: str = ""
    reason: str = ""


NOTHING = Decision()


@cache
def rule_sources() -> pd.DataFrame:
    """rule (magnitude, share), view, base, value, source: where each rule comes from, in each view."""
    return pd.read_csv(packaged("inventory") / "significance.csv", sep=";")


def rules_of(settings: Mapping[str, object]) -> Rules:
    """The thresholds of the settings. Raises CodedError CW-363 when the first is below 80 %."""
    return Rules(
        _fraction(settings.get("magnitude_pct"), FLOOR),
        _fraction(settings.get("threshold_pct"), DEFAULT_SHARE),
    )


def known_rules(settings: Mapping[str, object]) -> tuple[Rules, tuple[Message, ...]]:
    """The same, 80 % and a message where the settings go below."""
    try:
        return rules_of(settings), ()
    except CodedError as error:
        return rules_of({**settings, "magnitude_pct": FLOOR}), (error.message,)


def _fraction(value: object, default: float) -> float:
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and not pd.isna(value)
    return float(value) if known and isinstance(value, (int, float)) else default


def decisions_of(categories: pd.DataFrame) -> dict[str, Decision]:
    """Decision, criteria and reason by code of the screening table (1.1…, C1…)."""
    return {
        text_of(row.get("code")): Decision(
            *(text_of(row.get(column)) for column in ("decision", "criteria", "reason"))
        )
        for row in categories.to_dict("records")
    }


def text_of(value: object) -> str:
    """A cell of a register as text, ``""`` when it is blank."""
    return "" if value is None or (isinstance(value, float) and np.isnan(value)) else str(value).strip()


# --- The two rules -------------------------------------------------------------------------------------------------


@cache
def choices(view: str) -> tuple[str, ...]:
    """Rows among which a view chooses: posts of categories 2 to 6, or the 15 categories. Direct ones always stand."""
    beges = NOMENCLATURE[view] == "beges"
    rows = [code for code, _, level, _ in row_frame(NOMENCLATURE[view]) if level == 1]
    return tuple(code for code in rows if not (beges and code.startswith(DIRECT)))


def screening_code(view: str, row: str) -> str:
    """Code of a row of a view in the screening table: ``4.1``, or ``C4`` for a category (a scope has none: ``S1``)."""
    return f"{CATEGORY}{row}" if NOMENCLATURE[view] != "beges" and row.isdigit() else row


def ranked(values: Mapping[str, float], whole: float, rules: Rules | None = None) -> pd.DataFrame:
    """The indirect rows above nil, heaviest first, with both rules. ``values``: kgCO2e by row, in printed order.

    code, kg, share and cumulated (of their sum), of_total (of ``whole``), magnitude (needed to reach the share of
    indirect emissions), above (at least the share of the total). Rows of the same value keep the printed order.
    """
    rules = rules or Rules()
    kg = pd.Series(dict(values), dtype=np.float64)
    kg = kg[kg > 0].sort_values(ascending=False, kind="stable")
    indirect, cumulated = float(kg.sum()), kg.cumsum()
    needed = (cumulated - kg) < rules.magnitude * indirect * (1 - _ROUNDING)
    return pd.DataFrame(
        {
            "code": kg.index.astype(object),
            "kg": kg.to_numpy(),
            "share": kg.to_numpy() / indirect if indirect else kg.to_numpy(),
            "cumulated": cumulated.to_numpy() / indirect if indirect else kg.to_numpy(),
            "of_total": kg.to_numpy() / whole if whole > 0 else np.zeros(len(kg)),
            "magnitude": needed.to_numpy(dtype=bool),
            "above": (kg >= rules.share * whole * (1 - _ROUNDING)).to_numpy(dtype=bool),
        }
    )


def of_view(view: View, rules: Rules | None = None, codes: Collection[str] | None = None) -> pd.DataFrame:
    """``ranked`` on the rows of a view; ``codes`` instead of those it chooses among."""
    return ranked(row_values(view, codes), view.total_kg, rules)


def significant_rows(view: View, rules: Rules | None = None) -> tuple[str, ...]:
    """Rows of a view that matter by either rule; a direct one, which always stands, from the share of the total on."""
    rules = rules or Rules()
    found = of_view(view, rules)
    indirect = found.loc[found["magnitude"] | found["above"], "code"]
    rows = [(code, level) for code, _, level, _ in row_frame(NOMENCLATURE[view.name])]
    beges = NOMENCLATURE[view.name] == "beges"
    direct = [code for code, level in rows if level == 1 and code.startswith(DIRECT)] if beges else [SCOPE_1]
    least = rules.share * view.total_kg * (1 - _ROUNDING)
    own = [code for code, kg in row_values(view, direct).items() if kg > 0 and kg >= least]
    return (*own, *(str(code) for code in indirect))


def row_values(view: View, codes: Collection[str] | None = None) -> dict[str, float]:
    """kgCO2e by row that a view chooses among, in printed order."""
    chosen = set(choices(view.name) if codes is None else codes)
    return {
        str(code): float(kg)
        for code, kg in zip(view.rows["code"], view.rows["total"], strict=True)
        if code in chosen and code != TOTAL
    }


def flagged(decision: Decision) -> bool:
    """Whether the user retains a post by a criterion of their own (potential of reduction, exposure…)."""
    return decision.criteria in lists().get("critere_importance", ())


def with_decisions(table: pd.DataFrame, view: str, decisions: Mapping[str, Decision]) -> pd.DataFrame:
    """``ranked`` with criteria, decision, reason and ``significant``: by a rule, or by a criterion of the user."""
    own = [decisions.get(screening_code(view, code), NOTHING) for code in table["code"]]
    by_user = np.array([flagged(one) for one in own], dtype=bool)
    return table.assign(
        criteria=[one.criteria for one in own],
        decision=[one.decision for one in own],
        reason=[one.reason for one in own],
        significant=(table["magnitude"] | table["above"]).to_numpy(dtype=bool) | by_user,
    )


# --- What contradicts a decision -----------------------------------------------------------------------------------


def contradictions(
    tables: Mapping[str, pd.DataFrame],
    decisions: Mapping[str, Decision],
    settings: Mapping[str, object],
    actions: pd.DataFrame | None = None,
) -> Iterator[Message]:
    """What the decisions say against the rules. ``tables``: ``ranked`` by view, beges and ghgp or esrs.

    The regulation lets a significant post out where no method or data exists, in the first report only, and then the
    plan holds a remedy: an action on that post that is not abandoned.
    """
    remedies = _remedied(actions)
    told: dict[str, list[str]] = {}
    undecided: dict[str, None] = {}
    for view, table in tables.items():
        found = with_decisions(table, view, decisions)
        for row in found[found["significant"]].to_dict("records"):
            code = screening_code(view, str(row["code"]))
            if row["decision"] == OUT and NOMENCLATURE[view] == "beges":
                yield _excluded_post(row, settings, remedies)
            elif row["decision"] == OUT:
                told.setdefault(code, []).append(VIEW_NAMES[view])
            elif row["decision"] != INCLUDED:
                undecided[code] = None
    for code, views in told.items():
        yield message(CATEGORY_EXCLUDED, category=code, views=" et ".join(views))
    if undecided:
        yield message(UNDECIDED, count=len(undecided), codes=", ".join(undecided))
    known = lists().get("critere_importance", ())
    for code, own in decisions.items():
        if own.criteria and own.criteria not in known:
            yield message(NOT_A_CRITERION, category=code, value=own.criteria)


def _excluded_post(
    row: Mapping[Any, Any], settings: Mapping[str, object], remedies: Collection[str]
) -> Message:
    code = str(row["code"])
    told = {"category": code, "share": shown(100 * float(row["share"]), 3)}
    if settings.get("first_beges") != "O":
        return message(EXCLUDED, **told)
    return message(EXCLUDED_WITH_REMEDY if code in remedies else EXCLUDED_NO_REMEDY, **told)


def _remedied(actions: pd.DataFrame | None) -> set[str]:
    """Posts on which the plan acts."""
    if actions is None or "post" not in actions:
        return set()
    return {
        text_of(row.get("post")).split(" ")[0]
        for row in actions.to_dict("records")
        if text_of(row.get("action")) and text_of(row.get("status")) != ABANDONED
    }


# --- Indicative shares ---------------------------------------------------------------------------------------------


def share_remarks(ghgp: View) -> Iterator[Message]:
    """Which categories make 80 % of scope 3, and which stand outside their indicative share (decision B15).

    Two remarks for the whole view, never one a category; none while scope 3 is nil.
    """
    whole = ghgp.kg("S3")
    if whole <= 0:
        return
    found = of_view(ghgp)
    first = found[found["magnitude"]]
    yield message(
        DOMINANT, count=len(first), categories=", ".join(first["code"]),
        share=shown(100 * float(first["cumulated"].iloc[-1]), 3),
    )  # fmt: skip
    outside = [
        f"{code} ({shown(100 * part, 2)} % pour {low:g} à {high:g} %)"
        for code, (low, high) in typical_shares().items()
        if (part := max(ghgp.kg(code), 0.0) / whole) > 0 and not low <= 100 * part <= high
    ]
    if outside:
        yield message(UNUSUAL_SHARES, categories=", ".join(outside))


@cache
def typical_shares() -> Mapping[str, tuple[float, float]]:
    """Lowest and highest indicative share of scope 3 by category, in %, for those that have one."""
    rows = ghgp_categories()
    return MappingProxyType(
        {
            str(code): (float(low), float(high))
            for code, low, high in zip(
                rows["category"], rows["typical_low_pct"], rows["typical_high_pct"], strict=True
            )
            if low and high
        }
    )
