"""What a management review looks at beside the totals: intensities, progress of the plan, next dates, evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from carbon_workbook.inventory.energy import Energy
from carbon_workbook.inventory.market import INSTRUMENTS
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.review import MONTHS, critical_factors
from carbon_workbook.inventory.views import View

STATUSES = ("réalisée", "en cours", "planifiée", "abandonnée")
OPEN_STATUSES = ("en cours", "planifiée")
FULL_INVENTORY_YEARS = 3
"""Years between two full inventories of the scope 3 categories (ESRS E1, AR 46 in 2023, AR 24 in 2026)."""
INTENSITY_LABELS = {"revenue": "tCO2e par M€ de chiffre d'affaires", "headcount": "tCO2e par salarié"}
KINDS = (
    "Revue des facteurs qui pèsent 80 % du total",
    "Fin de validité de facteurs employés",
    "Fin de période d'instruments contractuels",
    "Fin prévue d'actions du plan",
    "Échéance d'objectifs",
    "Inventaire complet des catégories du scope 3",
)
"""Kinds of dates, in the order of a same day."""


def intensities(inventory: Inventory, views: Mapping[str, View], energy: Energy) -> pd.DataFrame:
    """key, label, value: GHG Protocol by location, and energy, per unit of activity; NaN without a divisor.

    Revenue in euros is counted in M€, so the values are tCO2e/M€, tCO2e per employee or unit, and MWh/M€.
    """
    settings, total = inventory.settings, views["ghgp"].total_kg / 1000.0
    revenue = number(settings.get("revenue")) / 1e6
    unit = str(settings.get("intensity_unit_label") or "").strip() or "unité d'activité"
    rows = [
        ("revenue", INTENSITY_LABELS["revenue"], total, revenue),
        ("headcount", INTENSITY_LABELS["headcount"], total, number(settings.get("headcount"))),
        ("unit", f"tCO2e par {unit}", total, number(settings.get("intensity_unit_count"))),
        ("energy", "MWh par M€ de chiffre d'affaires", energy.total_mwh, revenue),
    ]
    return pd.DataFrame(
        [(key, label, value / by if by > 0 else np.nan) for key, label, value, by in rows],
        columns=["key", "label", "value"],
    )


def plan_progress(actions: pd.DataFrame) -> pd.DataFrame:
    """Actions by status: status, count, expected, obtained (tCO2e a year; NaN when none of them is given).

    Another status than the four of the list is ``à compléter``.
    """
    status = actions["status"].fillna("").astype(str) if len(actions) else pd.Series(dtype=object)
    rows = []
    for name in (*STATUSES, ""):
        chosen = (
            actions[(~status.isin(STATUSES) if name == "" else status == name)] if len(actions) else actions
        )
        if name or len(chosen):
            sums = (_total(chosen, column) for column in ("expected_t", "obtained_t"))
            rows.append((name or "statut à compléter", len(chosen), *sums))
    return pd.DataFrame(rows, columns=["status", "count", "expected", "obtained"])


def _total(rows: pd.DataFrame, column: str) -> float:
    known = [value for value in map(number, rows[column].tolist()) if not np.isnan(value)]
    return float(sum(known)) if known else float("nan")


def number(value: object) -> float:
    """A number of a register or a setting; NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        return float("nan")
    return float(value)


def due_dates(inventory: Inventory, actions: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Dates from the end of the inventory's year on, earliest first: day, kind, detail.

    Nothing without a year. Several dates of one kind and day are one row.
    """
    if inventory.year is None:
        return pd.DataFrame(columns=["day", "kind", "detail"])
    found = [
        *_reviews(inventory),
        *_validities(inventory),
        *_instruments(inventory),
        *_actions(actions),
        *_targets(targets),
        (
            dt.date(inventory.year + FULL_INVENTORY_YEARS, 12, 31),
            KINDS[5],
            f"au plus tard {FULL_INVENTORY_YEARS} ans après celui-ci",
        ),
    ]
    end = dt.date(inventory.year, 12, 31)
    grouped: dict[tuple[dt.date, str], list[str]] = {}
    for day, kind, detail in found:
        if day >= end:
            grouped.setdefault((day, kind), []).append(detail)
    rows = [
        (day, kind, details[0] if len(details) == 1 else f"{details[0]} et {len(details) - 1} autre(s)")
        for (day, kind), details in sorted(
            grouped.items(), key=lambda item: (item[0][0], KINDS.index(item[0][1]))
        )
    ]
    return pd.DataFrame(rows, columns=["day", "kind", "detail"])


def _reviews(inventory: Inventory) -> Iterator[tuple[dt.date, str, str]]:
    """The critical factor that was checked first decides when they are all due."""
    months = number(inventory.settings.get("review_months"))
    weights = critical_factors(inventory)
    checked = pd.to_datetime(
        inventory.catalogue.table.loc[weights.index, "checked_on"], errors="coerce"
    ).dropna()
    if len(checked):
        offset = pd.DateOffset(months=int(months) if months >= 1 else MONTHS)
        yield (checked.min() + offset).date(), KINDS[0], f"{len(weights)} facteurs"


def _validities(inventory: Inventory) -> Iterator[tuple[dt.date, str, str]]:
    used = sorted(inventory.counted["factor_id"].dropna().astype(str).unique())
    table = inventory.catalogue.table.loc[used]
    for identifier, until in zip(used, pd.to_datetime(table["valid_until"], errors="coerce"), strict=True):
        if not pd.isna(until):
            yield until.date(), KINDS[1], f"{identifier} {table['label'].astype(str)[identifier]}"


def _instruments(inventory: Inventory) -> Iterator[tuple[dt.date, str, str]]:
    lines = inventory.counted
    lines = lines[(lines["posting"] == INSTRUMENTS).to_numpy(dtype=bool)]
    if "period_end" not in lines:
        return
    for end, kind in zip(lines["period_end"], lines["instrument_type"], strict=True):
        day = _day(end)
        if day is not None:
            yield day, KINDS[2], str(kind)


def _actions(actions: pd.DataFrame) -> Iterator[tuple[dt.date, str, str]]:
    for row in actions.to_dict("records"):
        day = _day(row.get("end"))
        if day is not None and row.get("status") in OPEN_STATUSES:
            yield day, KINDS[3], str(row.get("action") or "")


def _targets(targets: pd.DataFrame) -> Iterator[tuple[dt.date, str, str]]:
    for row in targets.to_dict("records"):
        year = number(row.get("target_year"))
        if not np.isnan(year):
            yield dt.date(int(year), 12, 31), KINDS[4], str(row.get("label") or row.get("perimeter") or "")


def _day(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return None if pd.isna(value) else value.date()
    return value if isinstance(value, dt.date) else None


def evidence_gaps(inventory: Inventory) -> tuple[int, float]:
    """Counted lines that cite no evidence, and their share of the counted emissions."""
    lines = inventory.counted
    if "evidence" not in lines or lines.empty:
        return len(lines), 1.0 if len(lines) else 0.0
    without = lines["evidence"].astype(str).str.strip().isin(["", "nan", "None"])
    total = inventory.total_kg
    return int(without.sum()), float(lines.loc[without, "total_kg"].sum()) / total if total else 0.0
