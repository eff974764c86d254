"""From a cell of a result sheet to its lines, and from each line to its factor, conversion and cell of entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from carbon_workbook.inventory import market
from carbon_workbook.inventory.core import FactorArrays
from carbon_workbook.inventory.entry import EntryTable
from carbon_workbook.inventory.gases import STAGES
from carbon_workbook.inventory.model import control_of
from carbon_workbook.inventory.propagation import variance_parts
from carbon_workbook.inventory.views import TOTAL
from carbon_workbook.inventory.wording import shown
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref, parse_cell
from carbon_workbook.workbook.earlier_cells import Earlier, earlier, told_places
from carbon_workbook.workbook.evaluate import Evaluation
from carbon_workbook.workbook.origins import (
    DETAILED,
    ENERGY_COLUMNS,
    ESRS_MARKET,
    GAS_LABELS,
    GAS_MEMBERS,
    Figures,
    Origin,
    Origins,
    Term,
    all_origins,
    selected,
    term_cells,
)
from carbon_workbook.workbook.package import read_sheet
from carbon_workbook.workbook.read import Content, check_current, result_title
from carbon_workbook.workbook.refresh import line_values

UNREADABLE, NO_RESULT_SHEET, NO_RESULT, OUTDATED, NO_LINE = "CW-801", "CW-802", "CW-803", "CW-804", "CW-805"
REGISTERED, NOT_REGISTERED = "CW-806", "CW-807"
MARKET_VIEWS = ("ghgp_market", ESRS_MARKET)
STAGE_LABELS = dict(
    zip(
        STAGES,
        (
            "toutes étapes",
            "combustion",
            "amont",
            "pertes",
            "fabrication",
            "traînées",
            "usage",
            "autres étapes",
        ),
        strict=True,
    )
)
TOLERANCE = 1e-9
DIGITS = 12


@dataclass(frozen=True)
class Trace:
    """What a result cell is made of.

    ``lines``: one row a line and factor, heaviest first, with ``kg`` (kgCO2e in the cell, kWh for an energy) and
    ``share``, its part of the cell's value in the cell's own unit: Σ share = ``value``; none for a value of a register,
    whose rows are named in ``notes``. Of an uncertainty, ``share`` is their part of its variance: Σ share = 1, ``kg``
    being what they add to the row. ``written``: what the workbook shows. ``instruments``: contractual instruments
    that set a scope 2 by the market. ``notes``: what to know, an outdated workbook first of all.
    """

    sheet: str
    cell: str
    origin: Origin
    value: float | None
    written: object
    lines: pd.DataFrame
    instruments: pd.DataFrame
    notes: tuple[Message, ...]

    @property
    def part_unit(self) -> str:
        """Unit of what the lines add up to."""
        return "kWh" if self.origin.is_energy else "kgCO2e"

    @property
    def label(self) -> str:
        """The cell as a reader names it: its row, then its gas where it shows one."""
        gas = "" if self.origin.gas == "total" else f" · {GAS_LABELS[self.origin.gas]}"
        return f"{self.origin.label}{gas}"


def trace(evaluation: Evaluation, place: str) -> Trace:
    """The lines of a result cell such as ``BEGES!D12``.

    Raises CodedError: CW-801 the text names no cell, CW-802 its sheet is no result sheet, CW-803 it holds no result;
    CW-463 on a workbook of an older schema.
    """
    check_current(evaluation.content)
    figures = Figures(evaluation.inventory, evaluation.views)
    package = evaluation.content.package
    known = {
        result_title(package, title): cells
        for title, cells in all_origins(figures, evaluation.content).items()
    }
    held = {result_title(package, title): cells for title, cells in earlier(evaluation).items()}
    title, cell = find_cell(place, known)
    if cell in held.get(title, {}):
        return _of_register(evaluation, title, cell, held[title][cell])
    origin = known[title].get(cell)
    if origin is None:
        example = f"{title}!{_nearest(cell, known[title])}"
        raise CodedError(NO_RESULT, place=f"{title}!{cell}", example=example)
    value = figures.value(origin)
    lines = _uncertain(evaluation, figures, origin) if origin.doubt else _added(evaluation, figures, origin)
    present = read_cell(evaluation.content, title, cell)
    notes = tuple(_notes(title, cell, value, present, lines))
    return Trace(title, cell, origin, value, present, lines, _instruments(evaluation, origin), notes)


def _added(evaluation: Evaluation, figures: Figures, origin: Origin) -> pd.DataFrame:
    """The lines that a number adds up."""
    lines, divisor = described(evaluation, contributions(figures, origin)), figures.divisor(origin)
    return lines.assign(share=lines["kg"] / 1000.0 * origin.scale / divisor if divisor else 0.0)


def _uncertain(evaluation: Evaluation, figures: Figures, origin: Origin) -> pd.DataFrame:
    """The lines that make a row uncertain, the largest part of its variance first."""
    (term,) = origin.plus
    parts = variance_parts(figures.inventory, figures.view(term.view), term.code)
    lines = described(evaluation, parts).sort_values("share", ascending=False, kind="stable")
    return lines.reset_index(drop=True)


def _of_register(evaluation: Evaluation, title: str, cell: str, found: Earlier) -> Trace:
    """A number that the user typed or imported: rows of a register stand behind it, not lines."""
    none = pd.DataFrame({"line": [0], "kg": [0.0], "stage_row": [-1]}).iloc[:0]
    origin = Origin(found.label, (), over=Term("") if found.is_share else None)
    written = read_cell(evaluation.content, title, cell)
    notes = []
    if differs(written, found.value):
        notes.append(
            message(OUTDATED, sheet=title, cell=cell, shown=figure(written), value=figure(found.value))
        )
    if found.rows:
        notes.append(message(REGISTERED, sheet=title, cell=cell, place=told_places(evaluation, found)))
    else:
        there = at.registers()[found.register].sheet
        notes.append(message(NOT_REGISTERED, sheet=title, cell=cell, register=there))
    lines = described(evaluation, none).assign(share=0.0)
    return Trace(
        title, cell, origin, found.value, written, lines, _instruments(evaluation, origin), tuple(notes)
    )


def read_cell(content: Content, title: str, cell: str) -> object:
    """What the workbook's file holds in a cell."""
    sheet = content.sheets.get(title) or read_sheet(content.package, title)
    return sheet.value(cell)


def differs(present: object, value: float | None) -> bool:
    """Whether a cell of the workbook shows another number than its lines give, to 1e-9."""
    number = float(present) if isinstance(present, (int, float)) else None
    if number is None or value is None:
        return number is not value
    return abs(number - value) > TOLERANCE * max(1.0, abs(value))


def figure(value: object) -> str:
    """A cell's value in a French sentence."""
    if isinstance(value, (int, float)):
        return shown(float(value), DIGITS)
    return "une cellule vide" if value in (None, "") else f"« {value} »"


def find_cell(place: str, known: dict[str, Origins]) -> tuple[str, str]:
    """Sheet and A1 reference of ``'GHG Protocol'!$C$6``. Raises CodedError CW-801, CW-802."""
    sheet, mark, ref = place.strip().rpartition("!")
    try:
        row, column = parse_cell(ref.strip())
    except ValueError:
        raise CodedError(UNREADABLE, place=place) from None
    name = sheet.strip().strip("'").replace("''", "'")
    title = next((title for title in known if title.casefold() == name.casefold()), "")
    if not mark or not name:
        raise CodedError(UNREADABLE, place=place)
    if not title:
        raise CodedError(NO_RESULT_SHEET, title=name, known=", ".join(known))
    return title, cell_ref(row, column)


def contributions(figures: Figures, origin: Origin) -> pd.DataFrame:
    """line, kg, stage_row of each part that the numerator of a cell adds up; ``stage_row`` −1: not known."""
    found = [_parts(figures, term, origin.gas) for term in origin.plus]
    found += [_parts(figures, term, origin.gas).assign(kg=lambda f: -f["kg"]) for term in origin.minus]
    parts = pd.concat(found, ignore_index=True)
    if origin.only is not None:
        parts = parts[selected(figures.inventory.lines, origin.only)[parts["line"].to_numpy()]]
    return parts[parts["kg"] != 0].reset_index(drop=True)


def _parts(figures: Figures, term: Term, gas: str) -> pd.DataFrame:
    if term.view in ENERGY_COLUMNS:
        return figures.energy_parts(term, gas).assign(stage_row=-1)
    if term.view == DETAILED:
        return figures.detailed_parts(term, gas)
    view = figures.view(term.view)
    if term.code:
        cells = term_cells(view, term)
        kg = cells["kg"] if gas == "total" else cells[list(GAS_MEMBERS.get(gas, (gas,)))].sum(axis=1)
        return pd.DataFrame({"line": cells["line"], "kg": kg, "stage_row": cells["stage_row"]})
    if term.reason:
        details = view.details
        details = details[details["reason"] == term.reason]
        return pd.DataFrame({"line": details["line"], "kg": details["kg"], "stage_row": -1})
    block = figures.inventory.block
    line = np.flatnonzero(block.counted)
    return pd.DataFrame({"line": line, "kg": block.kg[line], "stage_row": -1})


def described(evaluation: Evaluation, parts: pd.DataFrame) -> pd.DataFrame:
    """One row a line and factor: kg, the line, its part in the cell, its stages, factor, conversion, cell of entry.

    ``share`` is summed where the parts have one.
    """
    inventory = evaluation.inventory
    arrays = inventory.block.arrays
    parts = parts.assign(
        factor=_factor_of(arrays, parts["stage_row"].to_numpy(), inventory.block.factor[parts["line"]]),
        stage=_stage_of(arrays, parts["stage_row"].to_numpy()),
    )
    grouped = parts.groupby(["line", "factor"], sort=False, as_index=False)
    summed = {name: (name, "sum") for name in ("kg", "share") if name in parts}
    rows = grouped.agg(**summed, stages=("stage", _joined))
    lines, table = inventory.lines.iloc[rows["line"]].reset_index(drop=True), inventory.catalogue.table
    chosen = table.iloc[rows["factor"]].reset_index()
    known = (rows["factor"] >= 0).to_numpy()
    own = inventory.block.factor[rows["line"]] == rows["factor"].to_numpy()
    conversions = np.array(line_values(evaluation)["conversion"], dtype=object)[rows["line"]]
    found = pd.DataFrame(
        {
            "line": rows["line"],
            "line_id": lines["line_id"].astype(str),
            "sheet": lines["title"].astype(str),
            "row": lines["row"].astype(int),
            "cell": entry_cells(evaluation.content, lines),
            "label": lines["label"].astype(str),
            "site": lines["site"].astype(str),
            "kg": rows["kg"],
            "line_kg": lines["total_kg"].astype(float),
            "stages": rows["stages"],
            "factor_id": np.where(known, chosen["id"].astype(str), ""),
            "factor_label": np.where(known, chosen["label"].astype(str), ""),
            "factor_source": np.where(known, chosen["source"].astype(str), ""),
            "factor_version": np.where(known, chosen["version"].astype(str), ""),
            "factor_kg": np.where(known, arrays.totals[rows["factor"]], np.nan),
            "factor_unit": np.where(known, chosen["unit"].astype(str), ""),
            "conversion": np.where(own, conversions, "facteur que la vue substitue à celui de la ligne"),
            **{name: rows[name] for name in ("share",) if name in rows},
        }
    )
    order = found["kg"].abs().sort_values(ascending=False, kind="stable").index
    return found.loc[order].reset_index(drop=True)


def entry_cells(content: Content, lines: pd.DataFrame) -> list[str]:
    """Where the quantity of each line is typed: the first required column of its activity, else its label."""
    found = {(table.title, table.spec.key): table for table in content.entries}
    keys = list(zip(lines["title"].astype(str), lines["sheet"].astype(str), strict=True))
    letters = {key: _entry_letters(found[key]) for key in set(keys)}
    return [f"{letters[key][int(row)]}{row}" for key, row in zip(keys, lines["row"], strict=True)]


def _entry_letters(table: EntryTable) -> dict[int, str]:
    """Column letters of the quantity of each row, by sheet row."""
    chosen = np.full(len(table.rows), table.letters.get("label", "A"), dtype=object)
    free = np.ones(len(table.rows), dtype=bool)
    for rule in table.spec.activity:
        values = [table.rows[key] for key in rule.required if key in table.letters]
        if len(values) < len(rule.required):
            continue
        applies = free.copy()
        for column in values:
            applies &= (column.notna() & (column != "")).to_numpy(dtype=bool)
        chosen[applies], free[applies] = table.letters[rule.required[0]], False
    return dict(zip(table.numbers, chosen, strict=True))


def _instruments(evaluation: Evaluation, origin: Origin) -> pd.DataFrame:
    """Instruments behind a cell by the market: line_id, sheet, row, label, type, activity, unit, factor, covered.

    ``covered``: MWh that count in the view of the cell, at most what the line claims; NaN for a residual mix.
    """
    inventory = evaluation.inventory
    markets = [term.view for term in origin.plus if term.view in MARKET_VIEWS and term.code in ("S2", TOTAL)]
    control = control_of(inventory.settings, (markets or MARKET_VIEWS)[0])
    claims = market.claims_of(inventory.lines, inventory.block, control, inventory.year)
    chosen = inventory.lines.iloc[claims.line if markets else []]
    columns = {
        "title": "sheet",
        "instrument_type": "type",
        "activity_unit": "unit",
        "instrument_factor": "factor",
    }
    shown = [
        "line_id",
        "title",
        "row",
        "label",
        "instrument_type",
        "activity",
        "activity_unit",
        "instrument_factor",
    ]
    found = chosen[shown].rename(columns=columns).reset_index(drop=True)
    kept = np.where(claims.residual, np.nan, claims.kept / 1000.0)
    return found.assign(covered=kept if markets else [])


def _factor_of(arrays: FactorArrays, stage_row: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Position of the factor of each part; −1 for what a view adds by itself."""
    factor = np.searchsorted(arrays.stage_start, stage_row, side="right") - 1
    factor = np.where(stage_row >= len(arrays.stage_kind), -1, factor)
    return np.where(stage_row < 0, own, factor)


def _stage_of(arrays: FactorArrays, stage_row: np.ndarray) -> np.ndarray:
    labels = np.array([*(STAGE_LABELS[STAGES[kind]] for kind in arrays.stage_kind), "", ""], dtype=object)
    return labels[np.where(stage_row < 0, len(labels) - 1, stage_row)]


def _joined(texts: pd.Series) -> str:
    return ", ".join(text for text in dict.fromkeys(texts) if text)


def _nearest(cell: str, known: Origins) -> str:
    """The result cell closest to another one, to propose it."""
    row, column = parse_cell(cell)

    def distance(ref: str) -> tuple[int, int]:
        there_row, there_column = parse_cell(ref)
        return abs(there_row - row), abs(there_column - column)

    return min(known, key=distance)


def _notes(
    title: str, cell: str, value: float | None, written: object, lines: pd.DataFrame
) -> Iterable[Message]:
    if differs(written, value):
        yield message(OUTDATED, sheet=title, cell=cell, shown=figure(written), value=figure(value))
    if lines.empty:
        yield message(NO_LINE, sheet=title, cell=cell)
