"""Factors that carry the inventory and that nobody has looked at for too long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.wording import shown
from carbon_workbook.messages import Message, french, message

NOT_REVIEWED = "CW-272"
CRITICAL_SHARE = 0.80
"""Critical: the heaviest factors, as many as carry 80 % of the counted emissions (seed rules 15 and 19)."""
MONTHS = 6
"""Seed rule 15, where the workbook does not say."""
TOLD = 10


def critical_factors(inventory: Inventory) -> pd.Series:
    """kgCO2e of each critical factor by its id, heaviest first."""
    counted = inventory.counted
    used = counted[counted["factor_id"].notna()]
    weights = used.groupby(used["factor_id"].astype(str))["total_kg"].sum()
    weights = weights[weights > 0].sort_values(ascending=False, kind="stable")
    before = weights.cumsum() - weights
    return weights[before < CRITICAL_SHARE * inventory.total_kg]


def review_remarks(inventory: Inventory, on: dt.date) -> Iterator[Message]:
    """One message for the critical factors whose last review is ``review_months`` months old on the day ``on``.

    The review of a shipped factor is the day it was checked, that of an imported one the day of its import; the
    user's own factors have none, their validity is theirs to give.
    """
    months, weights = _months(inventory.settings), critical_factors(inventory)
    checked = pd.to_datetime(inventory.catalogue.table.loc[weights.index, "checked_on"], errors="coerce")
    late = (checked + pd.DateOffset(months=months) <= pd.Timestamp(on)).to_numpy(dtype=bool)
    if not late.any():
        return
    told = [
        f"{identifier} (relu le {french(day.date())}, {shown(kg / 1000, 4)} tCO2e)"
        for identifier, day, kg in zip(weights.index[late], checked[late], weights[late], strict=True)
    ]
    rest = f" ; et {len(told) - TOLD} autres" if len(told) > TOLD else ""
    yield message(NOT_REVIEWED, count=len(told), months=months, factors=" ; ".join(told[:TOLD]) + rest)


def _months(settings: Mapping[str, object]) -> int:
    value = settings.get("review_months")
    return int(value) if isinstance(value, (int, float)) and 1 <= value < np.inf else MONTHS
