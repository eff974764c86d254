"""Tables of the reports as plain rows, from the views and the lines. Masses in tCO2e, shares as fractions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from carbon_workbook.inventory.market import coverage
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.monetary import to_refine
from carbon_workbook.inventory.significance import Rules, of_view
from carbon_workbook.inventory.views import TOTAL, View
from carbon_workbook.report.texts import named, worded

Row = dict[str, Any]

PRIMARY = "fournisseur"


def gas_rows(view: View) -> list[Row]:
    """Every row of a view's table, nil ones too, with its gases. ``key`` is the row's own code.

    ``code`` is what is printed: blank for the total and for a share of a row, whose codes are ours alone.
    """
    tonnes = view.rows.set_index("code")
    total = view.kg(TOTAL) / 1000
    return [
        {
            "key": str(code),
            "code": "" if code == TOTAL or row["level"] > 1 else str(code),
            "label": named(str(row["label"])),
            "total": row["total"] / 1000,
            "co2": row["co2_fossil"] / 1000,
            "ch4": (row["ch4_fossil"] + row["ch4_biogenic"]) / 1000,
            "n2o": row["n2o"] / 1000,
            "other": row["other_gases"] / 1000,
            "unsplit": row["unsplit"] / 1000,
            "biogenic": row["co2_biogenic"] / 1000,
            "share": share(row["total"] / 1000, total),
            "is_total": code == TOTAL,
            "is_category": row["level"] == 0 and code != TOTAL,
            "is_post": row["level"] == 1,
        }
        for code, row in tonnes.iterrows()
    ]


def share(part: float, whole: float) -> float | None:
    """Part ÷ whole, None when the whole is nil."""
    return part / whole if whole else None


def outside_rows(view: View) -> list[Row]:
    """What the view counts otherwise, by reason."""
    return [
        {"label": named(label), "tonnes": kg / 1000}
        for label, kg in view.adjustments[["label", "kg"]].to_numpy()
    ]


def significance(view: View, rules: Rules) -> list[Row]:
    """The rows that a view chooses among, heaviest first, with the two rules of significance."""
    labels = dict(zip(view.rows["code"], view.rows["label"], strict=True))
    return [
        {
            "code": row["code"],
            "label": named(labels[row["code"]]),
            "tonnes": row["kg"] / 1000,
            "share": row["share"],
            "cumulated": row["cumulated"],
            "first": row["magnitude"],
            "above": row["above"],
        }
        for row in of_view(view, rules).to_dict("records")
    ]


def factor_rows(inventory: Inventory) -> list[Row]:
    """Factors used by the counted lines, heaviest first; ``tonnes`` is the reference value of their lines."""
    lines = inventory.counted
    lines = lines[lines["factor_id"].notna()]
    used = lines.groupby("factor_id", observed=True)["total_kg"].agg(["sum", "size"])
    used = used.sort_values("sum", ascending=False, kind="stable")
    table = inventory.catalogue.table
    whole = inventory.total_kg
    rows = []
    for identifier, kg, count in used.reset_index().to_numpy():
        factor = table.loc[identifier]
        until = pd.to_datetime(text_of(factor["valid_until"]), errors="coerce")
        rows.append(
            {
                "id": identifier,
                "label": text_of(factor["label"]),
                "unit": text_of(factor["unit"]),
                "value": float(factor["value"]),
                "published": float(factor["total"]),
                "source": " ".join(filter(None, (text_of(factor["source"]), text_of(factor["version"])))),
                "until": None if pd.isna(until) else until.date(),
                "gwp_set": text_of(factor["gwp_set"]),
                "lines": int(count),
                "tonnes": kg / 1000,
                "share": share(kg, whole),
            }
        )
    return rows


def monetary_rows(inventory: Inventory, shown: Mapping[str, View]) -> list[Row]:
    """Monetary ratios of the lines on significant posts, heaviest first."""
    labels = inventory.catalogue.table["label"]
    return [
        {
            "id": row["factor"],
            "label": text_of(labels.at[row["factor"]]),
            "tonnes": row["kg"] / 1000,
            "share": row["share"],
        }
        for row in records(to_refine(inventory, shown))
    ]


def level_rows(inventory: Inventory, view: View, codes: Collection[str] | None = None) -> list[Row]:
    """Emissions of a view by data level, of the rows ``codes`` only when given."""
    if "data_level" not in inventory.lines:
        return []
    cells = view.cells if codes is None else view.cells[view.cells["code"].isin(codes)]
    levels = inventory.lines["data_level"].to_numpy()[cells["line"].to_numpy()]
    kg = cells["kg"].groupby(levels).sum().sort_values(ascending=False)
    return [
        {
            "key": text_of(level),
            "label": worded(text_of(level)) or "–",
            "tonnes": value / 1000,
            "share": share(value, float(kg.sum())),
        }
        for level, value in kg.items()
    ]


def ets_share(inventory: Inventory, view: View, schemes: Collection[str]) -> float | None:
    """Share of scope 1 under the trading ``schemes``; None when no line says anything of quotas."""
    cells = view.cells[view.cells["code"] == "S1"]
    if "ets" not in inventory.lines or cells.empty:
        return None
    stated = inventory.lines["ets"].to_numpy()[cells["line"].to_numpy()]
    if not any(stated):
        return None
    return share(
        float(cells.loc[pd.Index(stated, dtype=object).isin(list(schemes)), "kg"].sum()),
        float(cells["kg"].sum()),
    )


def gwp_sets(factors: list[Row]) -> dict[str, int]:
    """Number of factors used by GWP set."""
    sets = pd.Series([row["gwp_set"] for row in factors], dtype=object)
    return {str(name): int(count) for name, count in sets.value_counts().items()}


def instrument_rows(inventory: Inventory) -> list[Row]:
    """Counted contractual instruments, energy in MWh."""
    lines = inventory.counted
    lines = lines[lines["posting"] == "instruments"]
    rows = []
    for row in lines.to_dict("records"):
        megawatt_hours = {"MWh": 1.0, "kWh": 1e-3, "GWh": 1e3}.get(str(row["activity_unit"]))
        rows.append(
            {
                "type": worded(text_of(row.get("instrument_type"))),
                "supplier": text_of(row.get("supplier")),
                "country": text_of(row.get("country")),
                "mwh": None if megawatt_hours is None else float(row["activity"]) * megawatt_hours,
                "factor": row.get("instrument_factor"),
                "cancelled": text_of(row.get("cancelled")) == "O",
            }
        )
    return rows


def covered_rows(inventory: Inventory, view: str) -> list[Row]:
    """Energy of scope 2 by type of contractual instrument in a view by the market; the last row has none."""
    return records(coverage(inventory, view))


def source_rows(factors: list[Row]) -> list[Row]:
    """Factors used by source and version, heaviest first."""
    found: dict[str, Row] = {}
    for factor in factors:
        row = found.setdefault(factor["source"], {"source": factor["source"], "count": 0, "tonnes": 0.0})
        row["count"] += 1
        row["tonnes"] += factor["tonnes"]
    whole = sum(row["tonnes"] for row in found.values())
    rows = sorted(found.values(), key=lambda row: -row["tonnes"])
    return [row | {"share": share(row["tonnes"], whole)} for row in rows]


def group_tonnes(inventory: Inventory, view: View, code: str, groups: Mapping[str, str]) -> dict[str, float]:
    """tCO2e of a row of a view by accounting group of the site; ``""`` for a line without a known one."""
    cells = view.cells[view.cells["code"] == code]
    if cells.empty or "site" not in inventory.lines:
        return {}
    sites = inventory.lines["site"].to_numpy(dtype=object)[cells["line"].to_numpy()]
    names = np.array([groups.get(text_of(site), "") for site in sites], dtype=object)
    kg = cells["kg"].groupby(names).sum()
    return {str(name): float(value) / 1000 for name, value in kg.items()}


def records(table: pd.DataFrame) -> list[Row]:
    """Rows of a table by column name."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def number_of(value: object) -> float | None:
    """A cell as a number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        return None
    return float(value) if isfinite(value) else None


def year_of(value: object) -> int | None:
    """A cell as a year, None for anything else."""
    number = number_of(value)
    return None if number is None else int(number)


def period(start: object, end: object) -> str:
    """``2024 – 2026`` from the dates of an action, ``2024 –`` without its end; blank without any."""
    years = [str(day.year) if isinstance(day, dt.date) and not pd.isna(day) else "" for day in (start, end)]
    if years[0] == years[1]:
        return years[0]
    return f"{years[0]} – {years[1]}".strip()


def text_of(value: object) -> str:
    """A cell as text; ``""`` when it is blank. Whole numbers lose their decimal point."""
    if value is None or (isinstance(value, float) and pd.isna(value)) or value is pd.NaT:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
