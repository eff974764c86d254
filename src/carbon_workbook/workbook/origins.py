"""What each number of the result sheets adds up, by sheet and cell: refresh computes from it, trace reads it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.inventory import series
from carbon_workbook.inventory.energy import CONSUMPTION, NATURE_LABELS, NATURES, Energy, energy, row_of_cells
from carbon_workbook.inventory.gases import COLUMNS, STAGES
from carbon_workbook.inventory.iso import FLUORINATED, OTHER, REMOVALS, detailed_parts
from carbon_workbook.inventory.management import INTENSITY_LABELS
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.posts import reasons
from carbon_workbook.inventory.propagation import row_uncertainty
from carbon_workbook.inventory.views import NOMENCLATURE, TOTAL, View, row_frame
from carbon_workbook.specs.vsme import CURRENT, concepts, platform_fields
from carbon_workbook.workbook import energy_layout as places
from carbon_workbook.workbook import form_layout, iso_layout, review_layout, vsme_layout
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.read import Content

ESRS_MARKET = "esrs_market"

BY_LOCATION, BY_MARKET = "energie", "energie_marche"
ENERGY_COLUMNS = {BY_LOCATION: "mwh", BY_MARKET: "mwh_market"}
"""Terms of energy: their code is a source, TOTAL, or a row of the standards after STANDARD_ROW."""
RENEWABLE = "renouvelable"
STANDARD_ROW, ELSEWHERE, UNKNOWN = "E1:", "autres", "manquantes"
"""ELSEWHERE: emissions of scopes 1 and 2 that are no energy; UNKNOWN: those of lines whose energy is not known."""
DETAILED = "iso_detail"
"""Terms of the rows of the view iso by what its table does not hold: a fluorinated family, their rest, removals."""
EMISSIONS = "tonnes"
"""As the gas of a term of energy: scopes 1 and 2 of its lines."""

HALF, QUALITY = "half", "quality"
"""As the doubt of an origin: the interval of its row at 95 %, ± as a fraction, or the class of it, 1 to 5."""
DOUBT_LABELS = {HALF: "incertitude", QUALITY: "classe d'incertitude"}

NOT_RENEWABLE = "non_renouvelable"
"""As the gas of a term of energy: every origin but the renewable one."""

GAS_LABELS = {
    **dict(at.GAS_COLUMNS),
    "co2_biogenic": "CO2 biogénique",
    **NATURE_LABELS,
    NOT_RENEWABLE: "non renouvelable",
    EMISSIONS: "émissions des scopes 1 et 2",
    **{gas: gas.upper() for gas in FLUORINATED},
    REMOVALS: "absorptions",
}
GAS_MEMBERS = {"ch4": ("ch4_fossil", "ch4_biogenic")}
MILLION = 1e6
QUOTAS = ("UE", "national", "hors UE")
"""Schemes of emission trading that the ETS column may name."""

Origins = dict[str, "Origin"]


@dataclass(frozen=True, slots=True)
class Term:
    """A mass that lines add up to: the row ``code`` of a view, its adjustment ``reason``, else the sum of lines.

    ``stage``: of that row, only what this stage of the life cycle holds.
    """

    view: str
    code: str = ""
    reason: str = ""
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """A number of a result sheet: (plus − minus) × scale, divided by ``over`` (a share) or a setting (an intensity).

    Masses in tCO2e. ``only``: a column of the lines and the value that they must have. ``doubt``: not the sum of its
    only term but how uncertain it is, HALF or QUALITY.
    """

    label: str
    plus: tuple[Term, ...]
    minus: tuple[Term, ...] = ()
    gas: str = "total"
    over: Term | None = None
    setting: str = ""
    scale: float = 1.0
    only: tuple[str, str] | None = None
    doubt: str = ""

    @property
    def is_energy(self) -> bool:
        """Whether its lines add up to energy: their parts are then in kWh, else in kgCO2e."""
        return any(term.view in ENERGY_COLUMNS for term in self.plus) and self.gas != EMISSIONS

    @property
    def unit(self) -> str:
        """Unit of the value as the sheet shows it."""
        if self.over is not None or self.doubt:
            return ""
        if self.is_energy:
            return "MWh"
        euro = "tCO2e/M€" if self.scale == MILLION else "tCO2e/€"
        return {"revenue": euro, "headcount": "tCO2e/salarié"}.get(self.setting, "tCO2e")


@dataclass(frozen=True)
class Figures:
    """Values of origins, read from views made once."""

    inventory: Inventory
    views: Mapping[str, View]

    def view(self, name: str) -> View:
        """A view by name."""
        return self.views[name]

    @cached_property
    def _tonnes(self) -> dict[str, dict[str, dict[str, float]]]:
        return {}

    def tonnes(self, name: str) -> dict[str, dict[str, float]]:
        """Rows of a view by code, in tCO2e, CH4 in one column."""
        if name not in self._tonnes:
            self._tonnes[name] = tonnes(self.view(name))
        return self._tonnes[name]

    @cached_property
    def _doubts(self) -> dict[str, pd.DataFrame]:
        return {}

    def doubt(self, name: str) -> pd.DataFrame:
        """``row_uncertainty`` of a view, by code."""
        if name not in self._doubts:
            self._doubts[name] = row_uncertainty(self.inventory, self.view(name)).set_index("code")
        return self._doubts[name]

    @cached_property
    def energy(self) -> Energy:
        """Energy of the lines of the GHG Protocol view."""
        return energy(self.inventory, self.views["ghgp"])

    def energy_parts(self, term: Term, gas: str) -> pd.DataFrame:
        """line, kg of a term of energy: kWh, or the kgCO2e of scopes 1 and 2 of its lines."""
        found = self.energy
        if gas == EMISSIONS:
            if term.code == UNKNOWN:
                return found.missing[["line", "kg"]]
            if term.code == ELSEWHERE:
                cells = self.view(found.view).cells
                cells = cells[cells["code"].isin(("S1", "S2"))]
                held = pd.concat([found.lines["line"], found.missing["line"]])
                return cells.loc[~cells["line"].isin(held), ["line", "kg"]]
            return found.lines.loc[
                (found.lines["source"] == term.code) | (term.code == TOTAL), ["line", "kg"]
            ]
        if term.code.startswith(STANDARD_ROW):
            cells = row_of_cells(found, term.code.removeprefix(STANDARD_ROW))
        else:
            cells = found.cells[(found.cells["source"] == term.code) | (term.code == TOTAL)]
        if gas in NATURES:
            cells = cells[cells["nature"] == gas]
        if gas == NOT_RENEWABLE:
            cells = cells[cells["nature"] != RENEWABLE]
        return pd.DataFrame({"line": cells["line"], "kg": 1000.0 * cells[ENERGY_COLUMNS[term.view]]})

    def detailed_parts(self, term: Term, gas: str) -> pd.DataFrame:
        """line, kg, stage_row of a row of the view iso: a family of gases, their rest, or what soils store."""
        return detailed_parts(self.inventory, self.view("iso"), term.code, gas)

    def value(self, origin: Origin) -> float | None:
        """The number that a cell holds; None where there is nothing to divide by, or nothing uncertain."""
        if origin.doubt:
            (term,) = origin.plus
            found = float(self.doubt(term.view)[origin.doubt][term.code])
            return None if np.isnan(found) else found
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
        if term.view == DETAILED:
            return float(self.detailed_parts(term, gas)["kg"].sum()) / 1000.0
        if term.view in ENERGY_COLUMNS:
            return float(self.energy_parts(term, gas)["kg"].sum()) / 1000.0
        if term.stage:
            cells = term_cells(self.view(term.view), term)
            return float(cells["kg"].sum()) / 1000.0
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


def term_cells(view: View, term: Term) -> pd.DataFrame:
    """The parts of lines of a row, those of the stage that the term names only. Raises KeyError."""
    cells = row_cells(view, term.code)
    if not term.stage:
        return cells
    kind = view.draft.stage_kind[cells["stage_row"].to_numpy()]
    return pd.DataFrame(cells[kind == STAGES.index(term.stage)])


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
        at.ISO: iso(),
        at.GHGP: ghgp(),
        at.ESRS: esrs(figures.inventory),
        at.BRIDGE: bridge(),
        at.ENERGY: energy_origins(),
        at.REVIEW: review(figures),
        at.VSME: vsme(),
        at.FORM: entry_form(),
    }


def all_origins(figures: Figures, content: Content) -> dict[str, Origins]:
    """Those numbers, and the uncertainty of their rows: every one that lines stand behind."""
    known, doubt = origins(figures), doubts(figures, content)
    return {title: cells | doubt.get(title, {}) for title, cells in known.items()}


def doubts(figures: Figures, content: Content) -> dict[str, Origins]:
    """The uncertainty that a workbook shows, by sheet title then A1 reference."""
    found = {at.BEGES: beges_doubts(), at.ISO: iso_doubts(), at.REVIEW: review_doubts(figures)}
    if at.GHGP_DOUBT_NAME in content.package.defined_names:
        found[at.GHGP] = ghgp_doubts()
    return found


def doubt_cells(figures: Figures, found: Origins) -> dict[str, object]:
    """What those cells show: a row where nothing is positive has no interval and no class."""
    cells: dict[str, object] = {}
    for ref, origin in found.items():
        value = figures.value(origin)
        if origin.doubt == HALF:
            cells[ref] = at.NOT_APPLICABLE if value is None else value
        else:
            cells[ref] = None if value is None else int(value)
    return cells


def _doubts(label: str, term: Term, row: int, half: int, quality: int) -> Origins:
    """The interval of a row and its class, in their columns."""
    return {
        cell_ref(row, column): Origin(f"{label} : {DOUBT_LABELS[doubt]}", (term,), doubt=doubt)
        for column, doubt in ((half, HALF), (quality, QUALITY))
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
        place = cell_ref(found.row, at.BEGES_TOTAL)
        if found.code == at.CONTRAILS:
            cells[place] = Origin(found.label, (Term("beges", TOTAL, stage=at.CONTRAILS),))
        else:
            cells[place] = Origin(f"Hors du tableau : {found.label}", (Term("beges", reason=found.code),))
    return cells


def beges_doubts() -> Origins:
    """The uncertainty of the regulatory table."""
    cells: Origins = {}
    for found in at.beges_rows():
        term = Term("beges", found.code)
        cells |= _doubts(_named(found), term, found.row, at.BEGES_HALF, at.BEGES_CLASS)
    return cells


def iso() -> Origins:
    """The six categories, direct emissions gas by gas, then what the view leaves out."""
    cells: Origins = {}
    view, whole = iso_layout.VIEW, (Term(iso_layout.VIEW, TOTAL),)
    for found in iso_layout.rows():
        row, label = (Term(view, found.code),), _named(found)
        cells[cell_ref(found.row, iso_layout.TOTAL)] = Origin(label, row)
        share = Origin(f"{label} : part du total", row, over=whole[0])
        cells[cell_ref(found.row, iso_layout.SHARE)] = share
        cells[cell_ref(found.row, iso_layout.BIOGENIC)] = Origin(label, row, gas="co2_biogenic")
        stored = Origin(label, (Term(DETAILED, found.code),), gas=REMOVALS)
        cells[cell_ref(found.row, iso_layout.REMOVALS)] = stored
    for found in iso_layout.direct_rows():
        for column, (gas, _) in enumerate(iso_layout.GASES, start=iso_layout.FIRST_GAS):
            term = Term(DETAILED if gas in (*FLUORINATED, OTHER) else view, found.code)
            cells[cell_ref(found.row, column)] = Origin(_named(found), (term,), gas=gas)
    for found in iso_layout.outside_rows():
        place = cell_ref(found.row, iso_layout.TOTAL)
        cells[place] = Origin(f"Hors du total : {found.label}", (Term(view, reason=found.code),))
    lines = Origin(iso_layout.LINES_LABEL, (Term(view),))
    cells[cell_ref(iso_layout.LINES_ROW, iso_layout.TOTAL)] = lines
    contrails = Origin(iso_layout.CONTRAILS_LABEL, (Term(view, TOTAL, stage=at.CONTRAILS),))
    cells[cell_ref(iso_layout.CONTRAILS_ROW, iso_layout.TOTAL)] = contrails
    return cells


def iso_doubts() -> Origins:
    """The uncertainty of the six categories."""
    cells: Origins = {}
    for found in iso_layout.rows():
        term = Term(iso_layout.VIEW, found.code)
        cells |= _doubts(_named(found), term, found.row, iso_layout.HALF, iso_layout.CLASS)
    return cells


GHGP_MARKET = {at.MARKET: Term("ghgp_market", "S2"), at.TOTAL_MARKET: Term("ghgp_market", TOTAL)}
"""Rows of the sheet that another view makes."""


def ghgp() -> Origins:
    """Scopes and categories, then what stands beside them."""
    cells: Origins = {}
    for found in at.ghgp_rows():
        row, label = (GHGP_MARKET.get(found.code, Term("ghgp", found.code)),), _named(found)
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
    for found in at.energy_parts():
        row, label = (Term("ghgp", found.code),), f"Catégorie 3, {found.label}"
        cells[cell_ref(found.row, at.GHGP_TOTAL)] = Origin(label, row)
        share = Origin(f"{label} : part de la catégorie 3", row, over=Term("ghgp", "3"))
        cells[cell_ref(found.row, at.GHGP_SHARE)] = share
        for offset, (gas, _) in enumerate(at.GAS_COLUMNS[:-1]):
            cells[cell_ref(found.row, at.GHGP_GAS + offset)] = Origin(label, row, gas=gas)
        cells[cell_ref(found.row, at.GHGP_BIOGENIC)] = Origin(label, row, gas="co2_biogenic")
    return cells


def ghgp_doubts() -> Origins:
    """The uncertainty of scopes, categories and parts of category 3."""
    cells: Origins = {}
    for found in (*at.ghgp_rows(), *at.energy_parts()):
        term = GHGP_MARKET.get(found.code, Term("ghgp", found.code))
        label = f"Catégorie 3, {found.label}" if found.level == 2 else _named(found)
        cells |= _doubts(label, term, found.row, at.GHGP_HALF, at.GHGP_CLASS)
    return cells


def esrs(inventory: Inventory) -> Origins:
    """The current year of the E1 table."""
    scope1, total = Term("esrs", "S1"), Term("esrs", TOTAL)
    market, market_total = Term(ESRS_MARKET, "S2"), Term(ESRS_MARKET, TOTAL)
    own = {
        at.MARKET: Origin("", (market,)),
        at.TOTAL_MARKET: Origin("", (market_total,)),
        "ETS": Origin("", (scope1,), over=scope1, only=("ets", "")),
        "BIO": Origin("", (scope1,), gas="co2_biogenic"),
        "INT": Origin("", (total,), setting="revenue", scale=MILLION),
        "INTM": Origin("", (market_total,), setting="revenue", scale=MILLION),
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


def energy_origins() -> Origins:
    """Every number of energy, and the emissions of the same lines."""
    return dict([*_energy_by_source(), *_energy_by_market(), *_energy_of_standards()])


def _energy_by_source() -> Iterator[tuple[str, Origin]]:
    whole = Term(BY_LOCATION, TOTAL)
    for offset, code in enumerate(places.SOURCE_ROWS):
        row, term, label = (
            places.BY_SOURCE.first + offset,
            (Term(BY_LOCATION, code),),
            places.source_label(code),
        )
        for column, nature in enumerate((*NATURES, "total"), start=places.NATURE):
            yield cell_ref(row, column), Origin(label, term, gas=nature)
        yield cell_ref(row, places.SHARE), Origin(f"{label} : part du total", term, over=whole)
        yield cell_ref(row, places.TONNES), Origin(label, term, gas=EMISSIONS)
    for row, label, code in (
        (places.OTHER_ROW, places.OTHER_LABEL, ELSEWHERE),
        (places.MISSING_ROW, places.MISSING_LABEL, UNKNOWN),
    ):
        yield cell_ref(row, places.TONNES), Origin(label, (Term(BY_LOCATION, code),), gas=EMISSIONS)
    scopes = Origin(places.SCOPES_LABEL, (Term("ghgp", "S1"), Term("ghgp", "S2")))
    yield cell_ref(places.SCOPES_ROW, places.TONNES), scopes


def _energy_by_market() -> Iterator[tuple[str, Origin]]:
    for offset, code in enumerate(places.MARKET_ROWS):
        row, term = places.MARKET.first + offset, (Term(BY_MARKET, code),)
        for column, nature in enumerate((*NATURES, "total"), start=places.NATURE):
            yield (
                cell_ref(row, column),
                Origin(f"{places.source_label(code)}, par le marché", term, gas=nature),
            )


def _energy_of_standards() -> Iterator[tuple[str, Origin]]:
    for offset, (code, label, *_) in enumerate(CONSUMPTION):
        row = places.STANDARD.first + offset
        for column, view in ((2, BY_LOCATION), (4, BY_MARKET)):
            term = (Term(view, f"{STANDARD_ROW}{code}"),)
            yield cell_ref(row, column), Origin(label, term)
            yield cell_ref(row, column + 1), Origin(f"{label} : part", term, over=Term(view, TOTAL))


def review(figures: Figures) -> Origins:
    """Totals and intensities of the review, and its heaviest posts, whose order follows the values."""
    cells: Origins = {}
    for offset, (label, view, code) in enumerate(review_layout.TOTALS):
        place = cell_ref(review_layout.EMISSIONS.first + offset, review_layout.CURRENT)
        cells[place] = Origin(label, (Term(view, code),))
    settings = ("revenue", MILLION), ("headcount", 1.0)
    for offset, (setting, scale) in enumerate(settings):
        label = f"Intensité : {INTENSITY_LABELS[setting]}"
        total = (Term("ghgp", TOTAL),)
        place = cell_ref(review_layout.INTENSITIES.first + offset, 2)
        cells[place] = Origin(label, total, setting=setting, scale=scale)
    for offset, (code, label) in enumerate(heaviest_posts(figures)):
        row, term = review_layout.TOP.first + offset, (Term("beges", code),)
        cells[cell_ref(row, 2)] = Origin(f"{code} {label}", term)
        share = Origin(f"{code} {label} : part du total", term, over=Term("beges", TOTAL))
        cells[cell_ref(row, 3)] = share
    return cells


def review_doubts(figures: Figures) -> Origins:
    """The uncertainty of the heaviest posts, then of the total."""
    cells: Origins = {}
    for offset, (code, label) in enumerate(heaviest_posts(figures)):
        row = review_layout.TOP.first + offset
        cells |= _doubts(f"{code} {label}", Term("beges", code), row, review_layout.HALF, review_layout.CLASS)
    for row, doubt in enumerate((HALF, QUALITY), start=review_layout.QUALITY.first):
        label = f"Total BEGES : {DOUBT_LABELS[doubt]}"
        cells[cell_ref(row, 2)] = Origin(label, (Term("beges", TOTAL),), doubt=doubt)
    return cells


def vsme() -> Origins:
    """Emissions, energy and intensities of the reporting year, and the energy that VSME has no row for."""
    cells: Origins = {}
    for concept in concepts():
        origin = vsme_origin(concept.source) if concept.period == CURRENT else None
        if origin is not None:
            label = concept.label if not concept.member else f"{concept.label} ({concept.member})"
            cells[vsme_layout.place_of(concept)] = replace(origin, label=label)
    heat = tuple(Term(BY_MARKET, source) for source in ("chaleur", "froid"))
    cells[vsme_layout.HEAT_CELL] = Origin(vsme_layout.HEAT_LABEL, heat)
    return cells


def vsme_origin(source: str) -> Origin | None:
    """What a source of the table of concepts adds up; None for one that lines do not make.

    ``energie:electricite:renouvelable``, ``ghgp:S1+S2``, ``ghgp:T/revenue``.
    """
    kind, _, rest = source.partition(":")
    if kind == "energie":
        codes, _, gas = rest.partition(":")
        return Origin("", tuple(Term(BY_MARKET, code) for code in codes.split("+")), gas=gas)
    if kind not in ("ghgp", "ghgp_market"):
        return None
    codes, _, setting = rest.partition("/")
    return Origin("", tuple(Term(kind, code) for code in codes.split("+")), setting=setting)


def entry_form() -> Origins:
    """The exact tonnes of each post of the reporting year, beside those to type."""
    cells: Origins = {}
    for field in platform_fields():
        kind, _, code = field.source.partition(":")
        if kind == "poste":
            place = cell_ref(form_layout.row_of(field), form_layout.EXACT)
            cells[place] = Origin(f"Poste {code}", (Term("beges", code),))
    return cells


def heaviest_posts(figures: Figures) -> list[tuple[str, str]]:
    """(code, label) of the first posts of the BEGES view."""
    view = figures.view("beges")
    posts = view.rows.loc[view.rows["level"] == 1, "code"].tolist()
    found = series.pareto(view, posts).head(review_layout.TOP.rows)
    return list(zip(found["code"].astype(str), found["label"].astype(str), strict=True))


def _named(found: at.ResultRow) -> str:
    """A row as a reader names it: its post number, or its label alone."""
    return f"{found.code} {found.label}" if found.code[:1].isdigit() else found.label
