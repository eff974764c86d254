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
from carbon_workbook.inventory.posts import reasons
from carbon_workbook.inventory.views import TOTAL, View, bridge
from carbon_workbook.messages import Message
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.package import read_sheet

if TYPE_CHECKING:
    from carbon_workbook.workbook.evaluate import Evaluation

Cells = dict[str, object]
GAS_KEYS = tuple(key for key, _ in at.GAS_COLUMNS)
STAMPED = (at.SUMMARY, at.BEGES, at.GHGP, at.ESRS, at.BRIDGE, at.CHECKS, at.USED)
UPSTREAM_STAGES = ("combustion", "upstream", "losses", "manufacture", "contrails", "use")
MILLION = 1e6


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
    inventory, views = evaluation.inventory, evaluation.views
    results = Results()
    results.cells[at.SUMMARY] = summary_cells(inventory, views)
    results.cells[at.BEGES] = beges_cells(views["beges"], _threshold(inventory))
    results.cells[at.GHGP] = ghgp_cells(views["ghgp"], views["ghgp_market"])
    results.cells[at.ESRS] = esrs_cells(inventory, views["esrs"])
    results.cells[at.BRIDGE] = bridge_cells(views)
    _fill_table(
        evaluation, results, at.CHECKS, "tbl_controles", at.CHECKS_HEADER, check_rows(evaluation.messages)
    )
    _fill_table(evaluation, results, at.USED, "tbl_facteurs_utilises", at.USED_HEADER, used_rows(inventory))
    links = _check_links(evaluation.messages)
    if links:
        results.links[at.CHECKS] = links
    _journal(evaluation, results, moment, author)
    _stamp(evaluation, results, moment)
    return results


# --- Views ---------------------------------------------------------------------------------------------------------


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


def summary_cells(inventory: Inventory, views: Mapping[str, View]) -> Cells:
    """Totals, intensities, data levels and the Pareto of the GHG Protocol view."""
    ghgp, market = tonnes(views["ghgp"]), tonnes(views["ghgp_market"])
    total = ghgp[TOTAL]["total"]
    values = {
        "S1": ghgp["S1"]["total"],
        "S2": ghgp["S2"]["total"],
        "S3": ghgp["S3"]["total"],
        "GHGP": total,
        "S2M": market["S2"]["total"],
        "GHGPM": market[TOTAL]["total"],
        "ESRS": views["esrs"].total_kg / 1000.0,
        "BEGES": views["beges"].total_kg / 1000.0,
        "ISO": views["iso"].total_kg / 1000.0,
        "REVENUE": _ratio(total, inventory.settings.get("revenue"), MILLION),
        "HEAD": _ratio(total, inventory.settings.get("headcount"), 1.0),
    }
    cells: Cells = {}
    for key, value in values.items():
        row = at.summary_row(key)
        cells[cell_ref(row, at.SUMMARY_VALUE)] = value
        shared = key in ("S1", "S2", "S3", "GHGP")
        cells[cell_ref(row, at.SUMMARY_SHARE)] = (
            _share(value, total) if shared and value is not None else None
        )
    cells[cell_ref(at.STAMP_ROW, at.SETTINGS_COLUMN)] = at.settings_text(inventory.settings)
    cells |= _level_cells(inventory, views["ghgp"])
    cells |= _pareto_cells(views["ghgp"], ghgp, total)
    return cells


def _level_cells(inventory: Inventory, view: View) -> Cells:
    counted = inventory.counted
    known = (
        counted["data_level"].astype(str) if "data_level" in counted else pd.Series("", index=counted.index)
    )
    level = known.where(known.isin(at.DATA_LEVELS), at.DATA_LEVELS[-1])
    counts = level.value_counts()
    kg = view.cells["kg"].groupby(level.reindex(view.cells["line"]).to_numpy()).sum()
    cells: Cells = {}
    for offset, name in enumerate(at.DATA_LEVELS):
        row, value = at.LEVELS_FIRST + offset, float(kg.get(name, 0.0)) / 1000.0
        cells[cell_ref(row, 2)] = value
        cells[cell_ref(row, 3)] = _share(value, view.total_kg / 1000.0)
        cells[cell_ref(row, 4)] = int(counts.get(name, 0))
    return cells


def _pareto_cells(view: View, values: Mapping[str, Mapping[str, float]], total: float) -> Cells:
    label = dict(zip(view.rows["code"].astype(str), view.rows["label"].astype(str), strict=True))
    codes = [code for code in values if code in ("S1", "S2") or code.isdigit()]
    codes.sort(key=lambda code: -values[code]["total"])
    cells: Cells = {}
    running = 0.0
    for offset, code in enumerate(codes):
        row, value = at.PARETO_FIRST + offset, values[code]["total"]
        running += value
        text = f"{code}. {label[code]}" if code.isdigit() else label[code].split(" :")[0]
        cells[cell_ref(row, 1)] = text
        cells[cell_ref(row, 2)] = value
        cells[cell_ref(row, 3)] = _share(value, total)
        cells[cell_ref(row, 4)] = _share(running, total)
        cells[cell_ref(row, at.PARETO_CODE)] = f"C{code}" if code.isdigit() else code
    return cells


def beges_cells(view: View, threshold: float) -> Cells:
    """The regulatory table, the posts above the threshold marked, and what stands outside."""
    values = tonnes(view)
    total = values[TOTAL]["total"]
    cells: Cells = {}
    for found in at.beges_rows():
        row = values[found.code]
        for offset, key in enumerate(GAS_KEYS):
            cells[cell_ref(found.row, at.BEGES_GAS + offset)] = row[key]
        share = _share(row["total"], total)
        cells[cell_ref(found.row, at.BEGES_SHARE)] = share
        cells[cell_ref(found.row, at.BEGES_BIOGENIC)] = row["co2_biogenic"]
        above = found.level == 1 and share is not None and share >= threshold
        cells[cell_ref(found.row, at.BEGES_MARK)] = "au-dessus du seuil" if above else None
    outside = _adjustments(view)
    for found in at.beges_memo():
        cells[cell_ref(found.row, at.BEGES_TOTAL)] = outside.get(found.code, 0.0)
    return cells


def ghgp_cells(view: View, market: View) -> Cells:
    """Scopes and categories, shares of scope 3, remarks on the indicative ranges, memo items."""
    values = tonnes(view)
    by_market = tonnes(market)
    values |= {at.MARKET: by_market["S2"], at.TOTAL_MARKET: by_market[TOTAL]}
    scope3 = values["S3"]["total"]
    ranges = _ranges()
    cells: Cells = {}
    for found in at.ghgp_rows():
        row = values[found.code]
        cells[cell_ref(found.row, at.GHGP_TOTAL)] = row["total"]
        inside = found.code == "S3" or found.code.isdigit()
        share = _share(row["total"], scope3) if inside else None
        cells[cell_ref(found.row, at.GHGP_SHARE)] = share
        cells[cell_ref(found.row, at.GHGP_REMARK)] = _remark(share, ranges.get(found.code))
        for offset, key in enumerate(GAS_KEYS[:-1]):
            cells[cell_ref(found.row, at.GHGP_GAS + offset)] = row[key]
        cells[cell_ref(found.row, at.GHGP_BIOGENIC)] = row["co2_biogenic"]
    outside = _adjustments(view) | {"biogenic": values["S1"]["co2_biogenic"]}
    for found in at.ghgp_memo():
        cells[cell_ref(found.row, at.GHGP_TOTAL)] = outside.get(found.code, 0.0)
    return cells


def esrs_cells(inventory: Inventory, view: View) -> Cells:
    """The current year of the E1 table; base year, previous year and targets are the user's."""
    values = tonnes(view)
    market_total, market_scope2 = _esrs_market(inventory, values)
    revenue = inventory.settings.get("revenue")
    own: dict[str, float | None] = {
        at.MARKET: market_scope2,
        at.TOTAL_MARKET: market_total,
        "ETS": _ets_share(inventory, view),
        "BIO": values["S1"]["co2_biogenic"],
        "INT": _ratio(values[TOTAL]["total"], revenue, MILLION),
        "INTM": _ratio(market_total, revenue, MILLION),
    }
    cells: Cells = {}
    for found in at.esrs_rows():
        value = own[found.code] if found.code in own else values[found.code]["total"]
        cells[cell_ref(found.row, at.ESRS_CURRENT)] = value
    return cells


def _esrs_market(inventory: Inventory, values: Mapping[str, Mapping[str, float]]) -> tuple[float, float]:
    """Total and scope 2 by the market under the approach of the ESRS view."""
    from carbon_workbook.inventory.views import view as make_view

    settings = {**inventory.settings, "approach": inventory.settings.get("approach_esrs")}
    same = Inventory(
        settings, inventory.catalogue, inventory.lines, inventory.block, inventory.parts, inventory.notes
    )
    scope2 = tonnes(make_view(same, "ghgp_market"))["S2"]["total"]
    return values[TOTAL]["total"] - values["S2"]["total"] + scope2, scope2


def _ets_share(inventory: Inventory, view: View) -> float | None:
    """Share of scope 1 under emission trading systems (EU, national, other)."""
    cells = view.cells[view.cells["code"] == "S1"]
    whole = float(cells["kg"].sum())
    if "ets" not in inventory.lines or not whole:
        return None
    covered = inventory.lines["ets"].astype(str).isin(["UE", "national", "hors UE"]).to_numpy()
    return float(cells["kg"].to_numpy()[covered[cells["line"].to_numpy()]].sum()) / whole


def bridge_cells(views: Mapping[str, View]) -> Cells:
    """Each view with its adjustments and the sum of the lines, then the bridge from BEGES to GHG Protocol."""
    cells: Cells = {}
    lines_row = at.reason_rows()[-1].row + 1
    for column, (name, _) in enumerate(at.BRIDGE_VIEWS, start=2):
        view, outside = views[name], _adjustments(views[name])
        cells[cell_ref(at.BRIDGE_FIRST, column)] = view.total_kg / 1000.0
        for found in at.reason_rows():
            cells[cell_ref(found.row, column)] = outside.get(found.code, 0.0)
        cells[cell_ref(lines_row, column)] = view.lines_kg / 1000.0
    steps = bridge(views["beges"], views["ghgp"])
    kg = dict(zip(steps["reason"][1:-1], steps["kg"][1:-1], strict=True))
    first = at.bridge_first()
    cells[cell_ref(first, 2)] = views["beges"].total_kg / 1000.0
    for offset, reason in enumerate(reasons(), start=1):
        cells[cell_ref(first + offset, 2)] = float(kg.get(reason, 0.0)) / 1000.0
    cells[cell_ref(first + len(reasons()) + 1, 2)] = views["ghgp"].total_kg / 1000.0
    return cells


def _adjustments(view: View) -> dict[str, float]:
    table = view.adjustments
    return {str(r): float(kg) / 1000.0 for r, kg in zip(table["reason"], table["kg"], strict=True)}


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


def _share(part: float | None, whole: float) -> float | None:
    return part / whole if part is not None and whole else None


def _ratio(total: float, divisor: object, scale: float) -> float | None:
    return total * scale / divisor if isinstance(divisor, (int, float)) and divisor else None


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


def _last_row(evaluation: Evaluation, name: str) -> int:
    return evaluation.content.package.table(name).bounds[2]


def _journal(evaluation: Evaluation, results: Results, moment: dt.datetime, author: str) -> None:
    """Append what this run changed: totals and ids of copied rows. Earlier entries are never touched."""
    rows = [(moment, author or None, *entry) for entry in _changes(evaluation, results)]
    if not rows:
        return
    sheet = read_sheet(evaluation.content.package, at.JOURNAL)
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
    present = read_sheet(evaluation.content.package, at.SUMMARY)
    labels = dict(at.SUMMARY_TOTALS)
    for key in ("BEGES", "GHGP", "ESRS"):
        ref = cell_ref(at.summary_row(key), at.SUMMARY_VALUE)
        old, new = present.value(ref), results.cells[at.SUMMARY][ref]
        if isinstance(new, float) and not (
            isinstance(old, float) and abs(old - new) <= 1e-9 * max(1.0, abs(new))
        ):
            yield f"{labels[key]} (tCO2e)", _figure(old), _figure(new) or ""
    fresh = [given.new for given in evaluation.renumbered if not given.old]
    if fresh:
        yield "Identifiants attribués", None, f"{fresh[0]} à {fresh[-1]}"
    for given in evaluation.renumbered:
        if given.old:
            yield f"Identifiant dupliqué, {given.sheet}, ligne {given.row}", given.old, given.new


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
    package = evaluation.content.package
    for title in STAMPED:
        sheet = read_sheet(package, title)
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
