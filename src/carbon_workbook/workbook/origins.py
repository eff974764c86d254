"""What each number of the result sheets adds up, by sheet and cell: refresh computes from it, trace reads it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.inventory.gases import COLUMNS
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.posts import reasons
from carbon_workbook.inventory.views import NOMENCLATURE, TOTAL, View, row_frame
from carbon_workbook.inventory.views import view as make_view
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref

ESRS_MARKET = "esrs_market"
"""Scope 2 by the market under the approach of the ESRS view."""

GAS_LABELS = {**dict(at.GAS_COLUMNS), "co2_biogenic": "CO2 biogénique"}
GAS_MEMBERS = {"ch4": ("ch4_fossil", "ch4_biogenic")}
MILLION = 1e6
QUOTAS = ("UE", "national", "hors UE")
"""Schemes of emission trading that the ETS column may name."""

Origins = dict[str, "Origin"]


@dataclass(frozen=True, slots=True)
class Term:
    """A mass that lines add up to: the row ``code`` of a view, its adjustment ``reason``, else the sum of lines."""

    view: str
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """A number of a result sheet: (plus − minus) × scale, divided by ``over`` (a share) or a setting (an intensity).

    Masses in tCO2e. ``only``: a column of the lines and the value that they must have.
    """

    label: str
    plus: tuple[Term, ...]
    minus: tuple[Term, ...] = ()
    gas: str = "total"
    over: Term | None = None
    setting: str = ""
    scale: float = 1.0
    only: tuple[str, str] | None = None

    @property
    def unit(self) -> str:
        """Unit of the value as the sheet shows it."""
        if self.over is not None:
            return ""
        return {"revenue": "tCO2e/M€", "headcount": "tCO2e/salarié"}.get(self.setting, "tCO2e")


@dataclass(frozen=True)
class Figures:
    """Values of origins, read from views made once."""

    inventory: Inventory
    views: Mapping[str, View]

    def view(self, name: str) -> View:
        """A view by name, that of scope 2 by the market under the ESRS approach included."""
        return self._esrs_market if name == ESRS_MARKET else self.views[name]

    @cached_property
    def _esrs_market(self) -> View:
        settings = {**self.inventory.settings, "approach": self.inventory.settings.get("approach_esrs")}
        return make_view(replace(self.inventory, settings=settings), "ghgp_market")

    @cached_property
    def _tonnes(self) -> dict[str, dict[str, dict[str, float]]]:
        return {}

    def tonnes(self, name: str) -> dict[str, dict[str, float]]:
        """Rows of a view by code, in tCO2e, CH4 in one column."""
        if name not in self._tonnes:
            self._tonnes[name] = tonnes(self.view(name))
        return self._tonnes[name]

    def value(self, origin: Origin) -> float | None:
        """The number that a cell holds; None where there is nothing to divide by."""
        if origin.only is None:
            total = sum(self._term(term, origin.gas) for term in origin.plus)
            if origin.minus:
                total -= sum(self._term(term, origin.gas) for term in origin.minus)
                total = total if abs(total) > 1e-12 else 0.0
        else:
            chosen = selected(self.inventory.lines, origin.only)
            total = sum(
                float(cells["kg"].to_numpy()[chosen[cells["line"].to_numpy()]].sum()) / 1000.0
                for cells in (row_cells(self.view(term.view), term.code) for term in origin.plus)
            )
        divisor = self.divisor(origin)
        return total * origin.scale / divisor if divisor else None

    def divisor(self, origin: Origin) -> float | None:
        """What the tonnes are divided by; None or nil where it is missing."""
        if origin.over is not None:
            return self._term(origin.over, "total")
        if not origin.setting:
            return 1.0
        value = self.inventory.settings.get(origin.setting)
        return float(value) if isinstance(value, (int, float)) else None

    def _term(self, term: Term, gas: str) -> float:
        if term.code:
            return self.tonnes(term.view)[term.code][gas]
        view = self.view(term.view)
        if not term.reason:
            return view.lines_kg / 1000.0
        table = view.adjustments
        return float(table.loc[table["reason"] == term.reason, "kg"].sum()) / 1000.0


def tonnes(view: View) -> dict[str, dict[str, float]]:
    """Rows of a view by code, in tCO2e, CH4 in one column."""
    table = view.rows.set_index("code")
    found = {}
    for code, row in zip(
        table.index, table[["total", *COLUMNS]].to_numpy(dtype=np.float64) / 1000.0, strict=True
    ):
        values = dict(zip(("total", *COLUMNS), map(float, row), strict=True))
        values["ch4"] = values["ch4_fossil"] + values["ch4_biogenic"]
        found[str(code)] = values
    return found


def row_cells(view: View, code: str) -> pd.DataFrame:
    """The parts of lines that make one row of a view. Raises KeyError."""
    members = {row: found for row, _, _, found in row_frame(NOMENCLATURE[view.name])}[code]
    return view.cells[view.cells["code"].isin(members)]


def selected(lines: pd.DataFrame, only: tuple[str, str]) -> npt.NDArray[np.bool_]:
    """Lines of a data level (the last level holds what has no other), or under any scheme of quotas."""
    column, wanted = only
    if column not in lines:
        return np.full(len(lines), column == "data_level" and wanted == at.DATA_LEVELS[-1])
    values = lines[column].astype(str)
    if column == "ets":
        return values.isin(QUOTAS).to_numpy(dtype=bool)
    return values.where(values.isin(at.DATA_LEVELS), at.DATA_LEVELS[-1]).eq(wanted).to_numpy(dtype=bool)


# --- By sheet ------------------------------------------------------------------------------------------------------


def origins(figures: Figures) -> dict[str, Origins]:
    """Every number that refresh writes on the result sheets, by sheet title then A1 reference."""
    return {
        at.SUMMARY: summary(figures),
        at.BEGES: beges(),
        at.GHGP: ghgp(),
        at.ESRS: esrs(figures.inventory),
        at.BRIDGE: bridge(),
    }


def beges() -> Origins:
    """The regulatory table, then what stands outside it."""
    cells: Origins = {}
    whole = Term("beges", TOTAL)
    for found in at.beges_rows():
        row, label = (Term("beges", found.code),), _named(found)
        for offset, (gas, _) in enumerate(at.GAS_COLUMNS):
            cells[cell_ref(found.row, at.BEGES_GAS + offset)] = Origin(label, row, gas=gas)
        cells[cell_ref(found.row, at.BEGES_SHARE)] = Origin(f"{label} : part du total", row, over=whole)
        cells[cell_ref(found.row, at.BEGES_BIOGENIC)] = Origin(label, row, gas="co2_biogenic")
    for found in at.beges_memo():
        cells[cell_ref(found.row, at.BEGES_TOTAL)] = Origin(
            f"Hors du tableau : {found.label}", (Term("beges", reason=found.code),)
        )
    return cells


def ghgp() -> Origins:
    """Scopes and categories, then what stands beside them."""
    market = {at.MARKET: Term("ghgp_market", "S2"), at.TOTAL_MARKET: Term("ghgp_market", TOTAL)}
    cells: Origins = {}
    for found in at.ghgp_rows():
        row, label = (market.get(found.code, Term("ghgp", found.code)),), _named(found)
        cells[cell_ref(found.row, at.GHGP_TOTAL)] = Origin(label, row)
        if found.code == "S3" or found.code.isdigit():
            share = Origin(f"{label} : part du scope 3", row, over=Term("ghgp", "S3"))
            cells[cell_ref(found.row, at.GHGP_SHARE)] = share
        for offset, (gas, _) in enumerate(at.GAS_COLUMNS[:-1]):
            cells[cell_ref(found.row, at.GHGP_GAS + offset)] = Origin(label, row, gas=gas)
        cells[cell_ref(found.row, at.GHGP_BIOGENIC)] = Origin(label, row, gas="co2_biogenic")
    for found in at.ghgp_memo():
        label = f"Pour mémoire : {found.label}"
        cells[cell_ref(found.row, at.GHGP_TOTAL)] = (
            Origin(label, (Term("ghgp", "S1"),), gas="co2_biogenic")
            if found.code == "biogenic"
            else Origin(label, (Term("ghgp", reason=found.code),))
        )
    return cells


def esrs(inventory: Inventory) -> Origins:
    """The current year of the E1 table."""
    scope1, scope2, total = (Term("esrs", code) for code in ("S1", "S2", TOTAL))
    market = Term(ESRS_MARKET, "S2")
    own = {
        at.MARKET: Origin("", (market,)),
        at.TOTAL_MARKET: Origin("", (total, market), (scope2,)),
        "ETS": Origin("", (scope1,), over=scope1, only=("ets", "")),
        "BIO": Origin("", (scope1,), gas="co2_biogenic"),
        "INT": Origin("", (total,), setting="revenue", scale=MILLION),
        "INTM": Origin("", (total, market), (scope2,), setting="revenue", scale=MILLION),
    }
    if "ets" not in inventory.lines:
        del own["ETS"]
    cells: Origins = {}
    for found in at.esrs_rows():
        if found.code == "ETS" and "ETS" not in own:
            continue
        origin = own.get(found.code) or Origin("", (Term("esrs", found.code),))
        cells[cell_ref(found.row, at.ESRS_CURRENT)] = replace(origin, label=_named(found))
    return cells


def bridge() -> Origins:
    """Each view with its adjustments and the sum of the lines, then the bridge from BEGES to GHG Protocol."""
    cells: Origins = {}
    lines_row = at.reason_rows()[-1].row + 1
    for column, (name, label) in enumerate(at.BRIDGE_VIEWS, start=2):
        cells[cell_ref(at.BRIDGE_FIRST, column)] = Origin(f"Total {label}", (Term(name, TOTAL),))
        for found in at.reason_rows():
            cells[cell_ref(found.row, column)] = Origin(
                f"{found.label} ({label})", (Term(name, reason=found.code),)
            )
        cells[cell_ref(lines_row, column)] = Origin("Somme des lignes", (Term(name),))
    first = at.bridge_first()
    cells[cell_ref(first, 2)] = Origin("Total BEGES", (Term("beges", TOTAL),))
    for offset, (reason, label) in enumerate(reasons().items(), start=1):
        cells[cell_ref(first + offset, 2)] = Origin(
            f"{label} : BEGES moins GHG Protocol",
            (Term("beges", reason=reason),),
            (Term("ghgp", reason=reason),),
        )
    cells[cell_ref(first + len(reasons()) + 1, 2)] = Origin("Total GHG Protocol", (Term("ghgp", TOTAL),))
    return cells


def summary(figures: Figures) -> Origins:
    """Totals and intensities, data levels, and the Pareto of the GHG Protocol view, whose order follows the values."""
    total = Term("ghgp", TOTAL)
    terms = {
        "S1": Term("ghgp", "S1"),
        "S2": Term("ghgp", "S2"),
        "S3": Term("ghgp", "S3"),
        "GHGP": total,
        "S2M": Term("ghgp_market", "S2"),
        "GHGPM": Term("ghgp_market", TOTAL),
        **{key.upper(): Term(key, TOTAL) for key in ("esrs", "beges", "iso")},
    }
    labels = dict(at.SUMMARY_TOTALS)
    cells: Origins = {}
    for key, term in terms.items():
        place = cell_ref(at.summary_row(key), at.SUMMARY_VALUE)
        cells[place] = Origin(labels[key], (term,))
        if key in ("S1", "S2", "S3", "GHGP"):
            share = Origin(f"{labels[key]} : part du total", (term,), over=total)
            cells[cell_ref(at.summary_row(key), at.SUMMARY_SHARE)] = share
    for key, setting, scale in (("REVENUE", "revenue", MILLION), ("HEAD", "headcount", 1.0)):
        cells[cell_ref(at.summary_row(key), at.SUMMARY_VALUE)] = Origin(
            labels[key], (total,), setting=setting, scale=scale
        )
    for offset, level in enumerate(at.DATA_LEVELS):
        origin = Origin(f"Niveau de donnée : {level}", (total,), only=("data_level", level))
        cells[cell_ref(at.LEVELS_FIRST + offset, 2)] = origin
        cells[cell_ref(at.LEVELS_FIRST + offset, 3)] = replace(origin, over=total)
    before: tuple[Term, ...] = ()
    for offset, (code, label) in enumerate(pareto(figures)):
        term = Term("ghgp", code)
        before = (*before, term)
        row = at.PARETO_FIRST + offset
        cells[cell_ref(row, 2)] = Origin(label, (term,))
        cells[cell_ref(row, 3)] = Origin(f"{label} : part du total", (term,), over=total)
        cells[cell_ref(row, 4)] = Origin(f"{label} : part cumulée", before, over=total)
    return cells


def pareto(figures: Figures) -> list[tuple[str, str]]:
    """(code, text) of scopes 1 and 2 and the categories, heaviest first."""
    values = figures.tonnes("ghgp")
    rows = figures.view("ghgp").rows
    label = dict(zip(rows["code"].astype(str), rows["label"].astype(str), strict=True))
    codes = sorted(
        (code for code in values if code in ("S1", "S2") or code.isdigit()),
        key=lambda code: -values[code]["total"],
    )
    return [(c, f"{c}. {label[c]}" if c.isdigit() else label[c].split(" :")[0]) for c in codes]


def _named(found: at.ResultRow) -> str:
    """A row as a reader names it: its post number, or its label alone."""
    return f"{found.code} {found.label}" if found.code[:1].isdigit() else found.label
