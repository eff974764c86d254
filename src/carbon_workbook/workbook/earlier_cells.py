"""What registers hold of other years, on BEGES and ESRS E1: reference year, previous year and targets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

from carbon_workbook.inventory.series import past
from carbon_workbook.inventory.views import NOMENCLATURE, TOTAL, row_frame
from carbon_workbook.report import esrs, history
from carbon_workbook.report.figures import Row, number_of, text_of, year_of
from carbon_workbook.report.inputs import GAS_COLUMNS, Inputs
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.form_cells import form_inputs
from carbon_workbook.workbook.read import Content
from carbon_workbook.workbook.review_layout import TO_COMPLETE

if TYPE_CHECKING:
    from carbon_workbook.workbook.evaluate import Evaluation

Cells = dict[str, object]

BASE, PREVIOUS = "base_year", "comparative_year"
HISTORY, TARGETS = "history", "targets"
TOLD = 5
"""Rows of a register that a trace names."""
CATEGORIES = tuple(map(str, range(1, 16)))
SUMS: Mapping[str, tuple[str, ...]] = {
    "S3": CATEGORIES,
    at.TOTAL: ("S1", "S2", *CATEGORIES),
    at.TOTAL_MARKET: ("S1", at.MARKET, *CATEGORIES),
    "BIO": ("S1",),
    "S12": ("S1", "S2"),
}
"""Rows of Historique that a row of ESRS E1 adds up."""
MILESTONES = {at.ESRS_2030: 2030, at.ESRS_2050: 2050, at.ESRS_ANNUAL: "annual"}
KEYS = {column: key for key, column in GAS_COLUMNS.items()}


@dataclass(frozen=True, slots=True)
class Earlier:
    """A number drawn from a register: tCO2e, tCO2 for biogenic CO2, a fraction for an annual reduction.

    ``rows``: rows of the register's sheet; ``value`` is None where they hold nothing. ``blank``: the cell is then
    empty, else to be completed.
    """

    label: str
    value: float | None
    register: str
    rows: tuple[int, ...]
    blank: bool = False
    is_share: bool = False

    @property
    def shown(self) -> object:
        """What the cell holds."""
        if self.value is not None:
            return float(self.value)
        return None if self.blank else TO_COMPLETE


Held = dict[str, dict[str, Earlier]]


def has_earlier(content: Content) -> bool:
    """Whether a workbook has the cells of earlier years."""
    return at.EARLIER_NAME in content.package.defined_names


def earlier(evaluation: Evaluation) -> Held:
    """Every number that refresh draws from a register, by sheet title then A1 reference."""
    if not has_earlier(evaluation.content):
        return {}
    inputs = form_inputs(evaluation)
    return {at.BEGES: dict(_beges(inputs)), at.ESRS: dict([*_esrs(inputs), *_targets(inputs)])}


def earlier_cells(evaluation: Evaluation) -> dict[str, Cells]:
    """Those numbers as their cells show them, the years in the titles, and what is known of each year."""
    cells: dict[str, Cells] = {
        title: {ref: found.shown for ref, found in held.items()}
        for title, held in earlier(evaluation).items()
    }
    if cells:
        inputs = form_inputs(evaluation)
        cells[at.BEGES] |= _beges_titles(inputs)
        cells[at.ESRS] |= _esrs_titles(inputs)
    return cells


def _named(label: str, year: int | None) -> str:
    return f"{label} ({year or TO_COMPLETE})"


# --- BEGES -------------------------------------------------------------------------------------------------------


def _beges(inputs: Inputs) -> Iterator[tuple[str, Earlier]]:
    base, previous = inputs.year(BASE), inputs.year(PREVIOUS)
    table = {row["key"]: row for row in history.gas_rows(inputs, inputs.views["beges"], base)}
    before = past(inputs.history, "beges", previous)
    members = {code: posts for code, _, _, posts in row_frame(NOMENCLATURE["beges"])}
    posts = {
        code: {post for post, _, level, parts in row_frame("beges") if level == 1 and set(parts) <= set(held)}
        for code, held in members.items()
    }
    rows = inputs.earlier_rows("beges", base), inputs.earlier_rows("beges", previous)
    for found in at.beges_earlier_rows():
        name, codes = _row_name(found), {found.code} | posts[found.code]
        label, known = f"{name} · {_named('année de référence', base)}", table.get(found.code, {})
        for offset, (gas, title) in enumerate(at.GAS_COLUMNS):
            total = gas in ("total", "unsplit")
            places = _places(rows[0], codes, "total" if total else gas)
            yield (
                cell_ref(found.row, at.BEGES_GAS + offset),
                Earlier(f"{label} · {title}", known.get(KEYS[gas]), HISTORY, places, blank=gas != "total"),
            )
        biogenic = _places(rows[0], codes, "co2_biogenic")
        yield (
            cell_ref(found.row, at.BEGES_BIOGENIC),
            Earlier(f"{label} · CO2 biogénique", known.get("biogenic"), HISTORY, biogenic),
        )
        yield (
            cell_ref(found.row, at.BEGES_PREVIOUS),
            Earlier(
                f"{name} · {_named('N-1', previous)}",
                None if isnan(before[found.code]) else before[found.code],
                HISTORY,
                _places(rows[1], codes, "total"),
            ),
        )


def _row_name(found: at.ResultRow) -> str:
    return f"{found.code} {found.label}" if found.code != TOTAL else found.label


def _beges_titles(inputs: Inputs) -> Cells:
    first = at.beges_earlier_first()
    base, previous = inputs.year(BASE), inputs.year(PREVIOUS)
    titles = {
        (
            first,
            1,
        ): f"{_named('Année de référence', base)} et comparaison avec N-1 ({previous or TO_COMPLETE})",
        (first + 3, at.BEGES_TOTAL): _named("Total", base),
        (first + 3, at.BEGES_PREVIOUS): _named("Total N-1", previous),
    }
    told = {row["role"]: row for row in history.year_rows(inputs, lambda year: "beges")}
    for offset, row in enumerate(reversed(told.values()), start=1):
        titles[first + offset, 1] = _known_of(row)
    return {cell_ref(*place): text for place, text in titles.items()}


def _known_of(row: Row) -> str:
    """Where the figures of a year come from, whether they were recalculated, and why."""
    parts = [f"{row['role']} {row['year']} : {row['origin']}"]
    if row["recalculated"]:
        parts.append(f"recalculée : {row['recalculated']}")
    if row["known"]:
        parts.append(f"motif : {row['reason'] or TO_COMPLETE}")
    return " · ".join(parts)


# --- ESRS E1 -----------------------------------------------------------------------------------------------------


def _esrs(inputs: Inputs) -> Iterator[tuple[str, Earlier]]:
    for key, column, title in (
        (BASE, at.ESRS_BASE, "année de référence"),
        (PREVIOUS, at.ESRS_PREVIOUS, "N-1"),
    ):
        year = inputs.year(key)
        known = esrs.earlier(inputs, year)
        rows = inputs.earlier_rows(esrs.history_view(inputs, year), year)
        parts = (known["S1"], known["S2"])
        values = known | {"BIO": known["biogenic"], "S12": None if None in parts else sum(parts)}  # type: ignore[arg-type]
        for found in (*at.esrs_rows(), at.esrs_combined()):
            if found.code in at.ESRS_TYPED:
                continue
            gas = "co2_biogenic" if found.code == "BIO" else "total"
            places = _places(rows, SUMS.get(found.code, (found.code,)), gas)
            label = f"{found.label} · {_named(title, year)}"
            yield cell_ref(found.row, column), Earlier(label, values[found.code], HISTORY, places)


def _targets(inputs: Inputs) -> Iterator[tuple[str, Earlier]]:
    steps = esrs.milestones(inputs)
    perimeter = {code: name for name, code in esrs.TARGET_ROWS.items()}
    for found in (*at.esrs_rows(), at.esrs_combined()):
        if found.code not in at.ESRS_TARGETS:
            continue
        held = steps.get(found.code, {})
        wanted = [row for row in inputs.rows(TARGETS) if row.get("perimeter") == perimeter[found.code]]
        for column, step in MILESTONES.items():
            rows = wanted if step == "annual" else [r for r in wanted if year_of(r["target_year"]) == step]
            places = tuple(int(row["_row"]) for row in rows if step in held)
            title = "réduction annuelle" if step == "annual" else f"cible {step}"
            label = f"{found.label} · {title}"
            yield (
                cell_ref(found.row, column),
                Earlier(label, held.get(step), TARGETS, places, True, is_share=step == "annual"),  # type: ignore[call-overload]
            )


def _esrs_titles(inputs: Inputs) -> Cells:
    years = {
        at.ESRS_BASE: ("Année de référence", BASE),
        at.ESRS_PREVIOUS: ("Année N-1", PREVIOUS),
        at.ESRS_CURRENT: ("Année N", "year"),
    }
    return {
        cell_ref(at.ESRS_FIRST - 1, column): _named(label, inputs.year(key))
        for column, (label, key) in years.items()
    }


# --- Where a number stands in its register -------------------------------------------------------------------------


def _places(rows: Iterable[Row], codes: Collection[str], column: str) -> tuple[int, ...]:
    """Rows of Historique that give a column of some codes."""
    return tuple(
        int(row["_row"])
        for row in rows
        if text_of(row.get("code")) in codes and number_of(row.get(column)) is not None
    )


def told_places(evaluation: Evaluation, found: Earlier) -> str:
    """Where a number stands, as a sentence names it: « Historique, ligne 12 (saisi) »."""
    content = evaluation.content
    title = content.package.table(at.registers()[found.register].table).sheet
    table = content.registers[found.register].set_index("_row")
    origin = table["origin"] if "origin" in table else table["label"]
    told = [f"ligne {row} ({origin[row]})" for row in found.rows[:TOLD]]
    rest = len(found.rows) - len(told)
    end = f" et {rest} autre{'s' if rest > 1 else ''}" if rest else ""
    return f"{title}, {', '.join(told)}{end}"
