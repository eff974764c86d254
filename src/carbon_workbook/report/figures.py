"""Tables of the reports as plain rows, from the views and the lines. Masses in tCO2e, shares as fractions."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.views import TOTAL, View

Row = dict[str, Any]

MONETARY = "monétaire"
PRIMARY = "fournisseur"


def gas_rows(view: View) -> list[Row]:
    """Every row of a view's table, nil ones too, with its gases."""
    tonnes = view.rows.set_index("code")
    total = view.kg(TOTAL) / 1000
    return [
        {
            "code": "" if code == TOTAL else str(code),
            "label": str(row["label"]),
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
        {"label": label, "tonnes": kg / 1000} for label, kg in view.adjustments[["label", "kg"]].to_numpy()
    ]


def significance(view: View, codes: Collection[str], threshold: float) -> list[Row]:
    """Rows ``codes`` of a view by decreasing value, with the two rules of significance.

    ``first``: needed to reach 80 % of their sum; ``above``: at least ``threshold`` of the view's total.
    """
    table = view.rows[view.rows["code"].isin(codes)].sort_values("total", ascending=False, kind="stable")
    whole, rows, cumulated = float(table["total"].sum()), [], 0.0
    for code, label, kg in table[["code", "label", "total"]].to_numpy():
        if kg <= 0:
            continue
        first = cumulated < 0.8 * whole
        cumulated += kg
        rows.append(
            {
                "code": code,
                "label": label,
                "tonnes": kg / 1000,
                "share": share(kg, whole),
                "cumulated": share(cumulated, whole),
                "first": first,
                "above": kg >= threshold * view.total_kg,
            }
        )
    return rows


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


def monetary_rows(inventory: Inventory, limit: float) -> list[Row]:
    """Factors of monetary lines that weigh at least ``limit`` of the counted emissions."""
    lines = inventory.counted
    if "data_level" not in lines or lines.empty:
        return []
    chosen = lines[(lines["data_level"] == MONETARY) & lines["factor_id"].notna()]
    used = chosen.groupby("factor_id", observed=True)["total_kg"].sum().sort_values(ascending=False)
    used = used[used >= limit * inventory.total_kg]
    labels = inventory.catalogue.table["label"]
    whole = inventory.total_kg
    return [
        {
            "id": str(factor),
            "label": text_of(labels.at[factor]),
            "tonnes": kg / 1000,
            "share": share(kg, whole),
        }
        for factor, kg in used.items()
        if kg > 0
    ]


def level_rows(inventory: Inventory, view: View, codes: Collection[str] | None = None) -> list[Row]:
    """Emissions of a view by data level, of the rows ``codes`` only when given."""
    if "data_level" not in inventory.lines:
        return []
    cells = view.cells if codes is None else view.cells[view.cells["code"].isin(codes)]
    levels = inventory.lines["data_level"].to_numpy()[cells["line"].to_numpy()]
    kg = cells["kg"].groupby(levels).sum().sort_values(ascending=False)
    return [
        {"label": text_of(level) or "–", "tonnes": value / 1000, "share": share(value, float(kg.sum()))}
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
                "type": text_of(row.get("instrument_type")),
                "supplier": text_of(row.get("supplier")),
                "country": text_of(row.get("country")),
                "mwh": None if megawatt_hours is None else float(row["activity"]) * megawatt_hours,
                "factor": row.get("instrument_factor"),
                "cancelled": text_of(row.get("cancelled")) == "O",
            }
        )
    return rows


def text_of(value: object) -> str:
    """A cell as text; ``""`` when it is blank. Whole numbers lose their decimal point."""
    if value is None or (isinstance(value, float) and pd.isna(value)) or value is pd.NaT:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
