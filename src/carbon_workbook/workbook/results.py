"""What refresh writes on the result sheets: plain values in the cells that ``layout`` names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from carbon_workbook.factors.tables import ghgp_categories
from carbon_workbook.inventory.gases import COLUMNS, GASES, STAGES
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.views import LOST, losses_convention
from carbon_workbook.messages import Message
from carbon_workbook.workbook import frozen_layout, origins
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.changes import input_changes
from carbon_workbook.workbook.chart_cells import chart_cells
from carbon_workbook.workbook.earlier_cells import earlier_cells
from carbon_workbook.workbook.energy_cells import energy_cells, typed_energy
from carbon_workbook.workbook.form_cells import form_cells
from carbon_workbook.workbook.frozen import frozen_cells
from carbon_workbook.workbook.iso_cells import iso_cells
from carbon_workbook.workbook.origins import Figures, Origin
from carbon_workbook.workbook.package import Package, SheetData, read_sheet
from carbon_workbook.workbook.read import has_sheet, result_title
from carbon_workbook.workbook.review_cells import review_cells
from carbon_workbook.workbook.screening_cells import screening_cells
from carbon_workbook.workbook.vsme_cells import vsme_cells

if TYPE_CHECKING:
    from carbon_workbook.workbook.evaluate import Evaluation

Cells = dict[str, object]
STAMPED = (
    at.SUMMARY, at.REVIEW, at.BEGES, at.ISO, at.GHGP, at.ESRS, at.BRIDGE, at.ENERGY, at.VSME, at.FORM,
    at.CHECKS, at.USED,
)  # fmt: skip
UPSTREAM_STAGES = ("combustion", "upstream", "losses", "manufacture", "contrails", "use")


@dataclass
class Results:
    """Cells by sheet title then reference (None clears), last row of the tables that grow, links by sheet."""

    cells: dict[str, Cells] = field(default_factory=dict)
    growth: dict[str, int] = field(default_factory=dict)
    links: dict[str, dict[str, str]] = field(default_factory=dict)


def result_cells(evaluation: Evaluation, moment: dt.datetime, author: str) -> Results:
    """Everything to write outside the entry sheets. Masses in tCO2e.

    The date changes only with the values, so that refreshing twice writes nothing the second time.
    """
    inventory, results = evaluation.inventory, Results()
    figures = Figures(inventory, evaluation.views)
    results.cells[at.SUMMARY] = summary_cells(figures) | chart_cells(evaluation)
    results.cells[at.REVIEW] = review_cells(evaluation, figures)
    results.cells[at.BEGES] = beges_cells(figures, _threshold(inventory))
    results.cells[at.GHGP] = ghgp_cells(figures)
    doubt = origins.doubts(figures, evaluation.content).get(at.GHGP, {})
    results.cells[at.GHGP] |= origins.doubt_cells(figures, doubt)
    results.cells[at.ESRS] = esrs_cells(figures)
    results.cells[at.BRIDGE] = _values(figures, origins.bridge())
    results.cells[at.ENERGY] = energy_cells(figures, typed_energy(evaluation.content))
    results.cells |= screening_cells(evaluation)
    if has_sheet(evaluation.content, at.VSME):
        results.cells[at.VSME] = vsme_cells(evaluation, figures)
    if has_sheet(evaluation.content, at.FORM):
        results.cells[at.FORM] = form_cells(evaluation)
    if has_sheet(evaluation.content, at.ISO):
        results.cells[at.ISO] = iso_cells(figures, evaluation.content)
    _fill_table(
        evaluation, results, at.CHECKS, "tbl_controles", at.CHECKS_HEADER, check_rows(evaluation.messages)
    )
    _fill_table(evaluation, results, at.USED, "tbl_facteurs_utilises", at.USED_HEADER, used_rows(inventory))
    if frozen_layout.TABLE in evaluation.content.package.tables and not inventory.catalogue.partial:
        rows, named = frozen_cells(evaluation)
        _fill_table(evaluation, results, at.FROZEN, frozen_layout.TABLE, frozen_layout.HEADER, rows)
        results.cells[at.FROZEN] |= named
    for title, cells in earlier_cells(evaluation).items():
        results.cells[title] |= cells
    links = _check_links(evaluation.messages)
    if links:
        results.links[at.CHECKS] = links
    _journal(evaluation, results, moment, author)
    _stamp(evaluation, results, moment)
    return _under_their_titles(results, evaluation.content.package)


def _under_their_titles(results: Results, package: Package) -> Results:
    """The results by the tab that each sheet has now."""
    return Results(
        {result_title(package, title): cells for title, cells in results.cells.items()},
        results.growth,
        {result_title(package, title): links for title, links in results.links.items()},
    )


# --- Views ---------------------------------------------------------------------------------------------------------


def _values(figures: Figures, found: Mapping[str, Origin]) -> Cells:
    return {ref: figures.value(origin) for ref, origin in found.items()}


def summary_cells(figures: Figures) -> Cells:
    """Totals, intensities, data levels and the Pareto of the GHG Protocol view."""
    cells = _values(figures, origins.summary(figures))
    inventory = figures.inventory
    for key, _ in at.SUMMARY_TOTALS:
        cells.setdefault(cell_ref(at.summary_row(key), at.SUMMARY_SHARE), None)
    cells[cell_ref(at.STAMP_ROW, at.SETTINGS_COLUMN)] = at.settings_text(inventory.settings)
    for offset, level in enumerate(at.DATA_LEVELS):
        count = int(origins.selected(inventory.counted, ("data_level", level)).sum())
        cells[cell_ref(at.LEVELS_FIRST + offset, 4)] = count
    for offset, (code, text) in enumerate(origins.pareto(figures)):
        row = at.PARETO_FIRST + offset
        cells[cell_ref(row, 1)] = text
        cells[cell_ref(row, at.PARETO_CODE)] = f"C{code}" if code.isdigit() else code
    return cells


def beges_cells(figures: Figures, threshold: float) -> Cells:
    """The regulatory table with its uncertainty, the posts above the threshold marked, and what stands outside."""
    cells = _values(figures, origins.beges()) | origins.doubt_cells(figures, origins.beges_doubts())
    for found in at.beges_rows():
        share = cells[cell_ref(found.row, at.BEGES_SHARE)]
        above = found.level == 1 and isinstance(share, float) and share >= threshold
        cells[cell_ref(found.row, at.BEGES_MARK)] = "au-dessus du seuil" if above else None
    return cells


def ghgp_cells(figures: Figures) -> Cells:
    """Scopes and categories, shares of scope 3, remarks on the indicative ranges, memo items."""
    cells = _values(figures, origins.ghgp())
    ranges = _ranges()
    for found in at.ghgp_rows():
        share = cells.setdefault(cell_ref(found.row, at.GHGP_SHARE), None)
        known = share if isinstance(share, float) else None
        cells[cell_ref(found.row, at.GHGP_REMARK)] = _remark(known, ranges.get(found.code))
    for found in at.energy_parts():
        cells.setdefault(cell_ref(found.row, at.GHGP_SHARE), None)
        if found.code == LOST:
            cells[cell_ref(found.row, at.GHGP_REMARK)] = f"pertes : {losses_convention(figures.inventory)}"
    return cells


def esrs_cells(figures: Figures) -> Cells:
    """The current year of the E1 table; the other years are drawn from registers (``earlier_cells``)."""
    cells = _values(figures, origins.esrs(figures.inventory))
    for found in at.esrs_rows():
        cells.setdefault(cell_ref(found.row, at.ESRS_CURRENT), None)
    return cells


def _ranges() -> dict[str, tuple[float, float]]:
    rows = ghgp_categories()
    return {
        str(code): (float(low) / 100, float(high) / 100)
        for code, low, high in zip(
            rows["category"], rows["typical_low_pct"], rows["typical_high_pct"], strict=True
        )
        if low
    }


def _remark(share: float | None, span: tuple[float, float] | None) -> str | None:
    """A remark, never an error (decision A15)."""
    if share is None or span is None:
        return None
    if share < span[0]:
        return "sous la fourchette indicative"
    return "au-dessus de la fourchette indicative" if share > span[1] else None


def _threshold(inventory: Inventory) -> float:
    value = inventory.settings.get("threshold_pct")
    return float(value) if isinstance(value, (int, float)) else 0.05


# --- Tables that grow ----------------------------------------------------------------------------------------------


def check_rows(messages: Sequence[Message]) -> list[tuple[object, ...]]:
    """Rows of Contrôles: severity, code, sheet, cell, line, sentence, remedy."""
    return [
        (str(m.severity), m.code, m.sheet, m.cell, m.line_id, m.sentence, m.remedy) for m in messages
    ]  # fmt: skip


def used_rows(inventory: Inventory) -> list[tuple[object, ...]]:
    """The factors of the counted lines as they served, heaviest first, with their stages (decision A11)."""
    lines = inventory.counted
    lines = lines[lines["factor_id"].notna()]
    grouped = lines.groupby("factor_id", observed=True)["total_kg"].agg(["sum", "size"])
    grouped = grouped.sort_values("sum", ascending=False, kind="stable")
    arrays, table = inventory.block.arrays, inventory.catalogue.table
    positions = arrays.ids.get_indexer(pd.Index(grouped.index.astype(str)))
    rows: list[tuple[object, ...]] = []
    for identifier, position, kg, count in zip(
        grouped.index, positions, grouped["sum"], grouped["size"], strict=True
    ):
        factor = table.loc[str(identifier)]
        gases = dict(zip(COLUMNS, map(float, arrays.values[position]), strict=True))
        start, number = int(arrays.stage_start[position]), int(arrays.stage_count[position])
        stages = _stage_totals(
            arrays.stage_kind[start : start + number], arrays.stage_values[start : start + number]
        )
        rows.append(
            (
                str(identifier), *(_cell(factor[key]) for key in ("label", "unit", "total")),
                float(arrays.totals[position]), *(gases[name] for name in GASES), gases["co2_biogenic"],
                *(_cell(factor[key]) for key in ("source", "version", "licence", "valid_until", "gwp_set")),
                _cell(factor["uncertainty_pct"]), int(count), float(kg) / 1000.0, *stages,
            )
        )  # fmt: skip
    return rows


def _stage_totals(kinds: np.ndarray, values: np.ndarray) -> list[float | None]:
    """Totals by stage, the rest last; all blank for a factor that the base does not decompose."""
    names = [STAGES[kind] for kind in kinds]
    if names == ["whole"]:
        return [None] * (len(UPSTREAM_STAGES) + 1)
    sums: dict[str, float] = {}
    for name, row in zip(names, values, strict=True):
        key = name if name in UPSTREAM_STAGES else "other"
        sums[key] = sums.get(key, 0.0) + float(row[:-1].sum())
    return [sums.get(name) for name in (*UPSTREAM_STAGES, "other")]


def _cell(value: object) -> object:
    """A catalogue value as a cell: a finite number, a text, or nothing."""
    if isinstance(value, (int, float, np.number)):
        return float(value) if np.isfinite(value) else None
    return str(value) if value is not None and str(value) not in ("", "nan", "NaT", "<NA>") else None


def _check_links(messages: Sequence[Message]) -> dict[str, str]:
    column = 1 + [label for label, _, _ in at.RESULT_TABLES["tbl_controles"]].index("Cellule")
    return {
        cell_ref(at.CHECKS_HEADER + number, column): f"'{m.sheet.replace(chr(39), chr(39) * 2)}'!{m.cell}"
        for number, m in enumerate(messages, start=1)
        if m.sheet and m.cell
    }


def _fill_table(
    evaluation: Evaluation, results: Results, title: str, name: str, header: int, rows: list[tuple[object, ...]]
) -> None:  # fmt: skip
    """Write rows from the top, clear what is left below them, make the table grow when it must."""
    last = _last_row(evaluation, name)
    cells = results.cells.setdefault(title, {})
    width = len(at.RESULT_TABLES[name])
    for row in range(header + 1, max(last, header + len(rows)) + 1):
        index = row - header - 1
        values = rows[index] if index < len(rows) else (None,) * width
        for column, value in enumerate(values, start=1):
            cells[cell_ref(row, column)] = value if value != "" else None
    if header + len(rows) > last:
        results.growth[name] = header + len(rows)


def _sheet(evaluation: Evaluation, title: str) -> SheetData:
    package = evaluation.content.package
    return read_sheet(package, result_title(package, title))


def _last_row(evaluation: Evaluation, name: str) -> int:
    return evaluation.content.package.table(name).bounds[2]


def _journal(evaluation: Evaluation, results: Results, moment: dt.datetime, author: str) -> None:
    """Append what changed since the last refresh, totals first. Earlier entries are never touched, nor reasons."""
    rows = [(moment, author or None, *entry) for entry in _changes(evaluation, results)]
    if not rows:
        return
    sheet = _sheet(evaluation, at.JOURNAL)
    last = _last_row(evaluation, "tbl_journal")
    used = [row for row, values in sheet.rows.items() if row > at.JOURNAL_HEADER and any(values.values())]
    first = max([at.JOURNAL_HEADER, *(row for row in used if row <= last)]) + 1
    cells = results.cells.setdefault(at.JOURNAL, {})
    for offset, values in enumerate(rows):
        for column, value in enumerate(values, start=1):
            cells[cell_ref(first + offset, column)] = value
    if first + len(rows) - 1 > last:
        results.growth["tbl_journal"] = first + len(rows) - 1


def _changes(evaluation: Evaluation, results: Results) -> Iterator[tuple[str, str | None, str]]:
    """(object, old, new) of what is worth a line of the journal."""
    present = _sheet(evaluation, at.SUMMARY)
    labels = dict(at.SUMMARY_TOTALS)
    for key in ("BEGES", "GHGP", "ESRS"):
        ref = cell_ref(at.summary_row(key), at.SUMMARY_VALUE)
        old, new = present.value(ref), results.cells[at.SUMMARY][ref]
        if isinstance(new, float) and not (
            isinstance(old, float) and abs(old - new) <= 1e-9 * max(1.0, abs(new))
        ):
            yield f"{labels[key]} (tCO2e)", _figure(old), _figure(new) or ""
    yield from input_changes(evaluation)


def _figure(value: object) -> str | None:
    if not isinstance(value, float):
        return None
    return f"{value:,.1f}".replace(",", "\u202f").replace(".", ",")


def _stamp(evaluation: Evaluation, results: Results, moment: dt.datetime) -> None:
    """The sentence under each title; the one in place stays while its sheet keeps the same values."""
    inventory = evaluation.inventory
    counted, refused = len(inventory.counted), len(inventory.refused)
    text = (
        f"Calculé le {moment:%d/%m/%Y à %H:%M} · catalogue {inventory.catalogue.version} · "
        f"{counted} ligne{'s' if counted > 1 else ''} comptée{'s' if counted > 1 else ''}, "
        f"{refused} refusée{'s' if refused > 1 else ''}"
    )
    ref = cell_ref(at.STAMP_ROW, 1)
    for title in STAMPED:
        if title not in results.cells:
            continue
        sheet = _sheet(evaluation, title)
        same = all(_same(sheet.value(place), value) for place, value in results.cells.get(title, {}).items())
        before = sheet.value(ref)
        keep = same and isinstance(before, str) and before.split(" · ")[1:] == text.split(" · ")[1:]
        results.cells.setdefault(title, {})[ref] = before if keep else text


def _same(present: object, wanted: object) -> bool:
    if wanted is None:
        return present is None or present == ""
    if isinstance(wanted, (int, float)):
        return isinstance(present, (int, float)) and float(present) == float(wanted)
    return present == wanted
