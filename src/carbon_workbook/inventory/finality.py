"""What keeps a report from being final. A draft shows what it lacks; a final report lacks nothing of this list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from carbon_workbook.factors.tables import ghgp_categories, posts
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.significance import (
    CATEGORY,
    DIRECT,
    EXCLUDED,
    EXCLUDED_NO_REMEDY,
    INCLUDED,
    NOTHING,
    OUT,
    decisions_of,
    known_rules,
    text_of,
)
from carbon_workbook.inventory.wording import shown
from carbon_workbook.messages import CodedError, Message, message

NO_REASON, DIRECT_EXCLUDED, NOT_A_DECISION = "CW-334", "CW-347", "CW-348"
BLOCKING = (NO_REASON, DIRECT_EXCLUDED, NOT_A_DECISION, EXCLUDED, EXCLUDED_NO_REMEDY)
"""Messages of the inventory that a draft only shows."""
STOPPED, UNDECIDED, REFUSED, EXPIRED = "CW-375", "CW-376", "CW-377", "CW-378"


def is_final(settings: Mapping[str, object], asked: bool = False) -> bool:
    """Whether a report is asked for as final, by the command or by the settings."""
    return asked or settings.get("final_report") == "O"


def blockers(
    inventory: Inventory, messages: Sequence[Message], categories: pd.DataFrame
) -> tuple[Message, ...]:
    """Everything that keeps a report from being final; none when it may be.

    Refused rows, exclusions without a reason, of a direct post or of a significant one, posts without a decision,
    expired factors above the threshold of significance of which no line says why it is kept.
    """
    found = [message(REFUSED, count=len(inventory.refused))] if len(inventory.refused) else []
    found += [note for note in messages if note.code in BLOCKING]
    decisions = decisions_of(categories)
    open_ = [code for code in _to_decide() if decisions.get(code, NOTHING).decision not in (INCLUDED, OUT)]
    if open_:
        found.append(message(UNDECIDED, count=len(open_), codes=", ".join(open_)))
    return (*found, *_expired(inventory))


def check_final(inventory: Inventory, messages: Sequence[Message], categories: pd.DataFrame) -> None:
    """Raises CodedError CW-375, which lists every blocker."""
    found = blockers(inventory, messages, categories)
    if found:
        details = " ".join(f"({number}) {note.code} {note.sentence}" for number, note in enumerate(found, 1))
        raise CodedError(STOPPED, count=len(found), details=details)


def _to_decide() -> Iterator[str]:
    """Codes of the screening table that take a decision: all but the direct posts."""
    yield from (code for code in posts()["post"].astype(str) if not code.startswith(DIRECT))
    yield from (f"{CATEGORY}{code}" for code in ghgp_categories()["category"].astype(str) if code.isdigit())


def _expired(inventory: Inventory) -> Iterator[Message]:
    """Factors past their validity before the end of the year, that weigh, and none of whose lines has an assumption."""
    year, whole = inventory.year, inventory.total_kg
    if year is None or whole <= 0:
        return
    lines = inventory.counted
    until = pd.to_datetime(inventory.catalogue.table["valid_until"].astype(str), errors="coerce")
    past = until[until < pd.Timestamp(year, 12, 31)]
    used = lines[lines["factor_id"].notna()]
    used = used.assign(factor=used["factor_id"].astype(str))
    weights = used.groupby("factor", sort=False)["total_kg"].sum().sort_values(ascending=False, kind="stable")
    threshold = known_rules(inventory.settings)[0].share * whole
    for factor, kg in weights[weights.index.isin(past.index) & (weights >= threshold)].items():
        own = used[used["factor"] == factor]
        if "assumption" in own and own["assumption"].map(text_of).ne("").any():
            continue
        yield message(
            EXPIRED, factor=factor, valid_until=str(past[str(factor)].date()), share=shown(100 * kg / whole, 3),
            count=len(own),
        )  # fmt: skip
