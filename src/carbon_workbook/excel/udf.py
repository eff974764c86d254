"""The worksheet functions in plain Python: scalars or ranges in, the same shape out, one Excel error a refused cell.

The arithmetic is the engine's; here cells are read, a refusal becomes a marker, a wholly blank row becomes "".
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.excel.cells import (
    Grid,
    each,
    grid,
    is_blank,
    marker,
    rank_of,
    shaped,
    spread,
    text_of,
    year_of,
)
from carbon_workbook.factors.catalogue import SEPARATOR, Catalogue, load_catalogue
from carbon_workbook.factors.own import faults
from carbon_workbook.factors.text import fold
from carbon_workbook.inventory.core import Block, emissions_of, refusal
from carbon_workbook.inventory.gases import COLUMNS
from carbon_workbook.inventory.money import money_steps
from carbon_workbook.inventory.wording import explanation
from carbon_workbook.messages import CodedError, Message
from carbon_workbook.numbers import parse_number, parse_percent
from carbon_workbook.resources import packaged
from carbon_workbook.specs.spec import register

DETAIL = ("CO2", "CH4", "N2O", "autres", "non ventilé", "tCO2e", "CO2b")
"""The numbers of EMISSIONS_DETAIL, in order; uncertainty and source follow."""

_DEFAULT_FIELD = "valeur"

_own: dict[str, Catalogue | CodedError] = {}
"""The factors of each workbook that declared itself, or why they cannot be used."""


def register_own_factors(book: str, table: object, base: object = None) -> int:
    """Take the own factors of a workbook, given as its table with headers; returns how many are usable.

    ``base``: the version of the factors that the workbook is pinned to, as refresh reads it. A row that cannot be
    used is left out here: refresh refuses it with its message. Where the figures of ``base`` are not on this machine
    (CW-270), or the store of imported bases cannot be read (CW-245), every function of the workbook then says so.
    """
    rows = _own_rows(grid(table))
    try:
        catalogue = _pinned(text_of(base))
    except CodedError as refused:
        _own[book] = refused
        return 0
    try:
        _own[book] = catalogue.with_own(rows)
    except CodedError:
        rows = _usable(rows, catalogue)
        _own[book] = catalogue.with_own(rows)
    return len(rows)


def catalogue_of(book: str) -> Catalogue:
    """The factors that a workbook is pinned to, with its own; the shipped ones until it has declared them.

    Raises CodedError CW-270 or CW-245 when those that it declared cannot be had.
    """
    found = _own.get(book) or load_catalogue()
    if isinstance(found, CodedError):
        raise found
    return found


def _pinned(base: str) -> Catalogue:
    """The catalogue with the very figures that the workbook is pinned to.

    Raises CodedError CW-270 when they are not on this machine, the same versions with other figures included: refresh
    then takes those frozen in the workbook, which no cell can read. CW-245 when the store cannot be read.
    """
    shipped = load_catalogue()
    if not base or base == shipped.version:
        return shipped
    # The store of imported bases is for the workbooks pinned to one: the first answer of the others must not wait.
    from carbon_workbook.factors.store import open_store
    from carbon_workbook.factors.versions import ABSENT, pinned_catalogue

    catalogue = pinned_catalogue(base, open_store())
    if catalogue.version != base:
        raise CodedError(ABSENT, base=base)
    return catalogue


def _own_rows(cells: Grid) -> pd.DataFrame:
    """The rows of sound factors, by column key."""
    columns = register("own_factors")
    by_label = {column.label: column.key for column in columns}
    header, *body = cells
    titles = [by_label.get(str(label), str(label)) for label in header]
    table = pd.DataFrame(body, columns=titles, dtype=object).reindex(columns=[c.key for c in columns])
    table = table.astype(object).where(table.notna(), None)  # a column that the table lacks is blank
    usable = [not faults({str(key): cell for key, cell in row.items()}) for _, row in table.iterrows()]
    table = table.loc[np.array(usable, dtype=bool)].reset_index(drop=True)
    table["total"] = pd.Series(map(parse_number, table["total"]), index=table.index, dtype=object)
    shares = [np.nan if is_blank(cell) else parse_percent(cell) for cell in table["uncertainty_pct"]]
    # The sheet holds a fraction, the catalogue percents.
    table["uncertainty_pct"] = pd.Series(shares, index=table.index, dtype=float) * 100
    return table


def _usable(rows: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    kept: list[int] = []
    for position in range(len(rows)):
        try:
            catalogue.with_own(rows.iloc[[*kept, position]])
        except CodedError:
            continue
        kept.append(position)
    return rows.iloc[kept]


# --- EMISSIONS, EMISSIONS_DETAIL, EXPLIQUER ------------------------------------------------------------------


@dataclass(frozen=True)
class _Answer:
    """n computed rows: kgCO2e by column (``total`` and gases), the code of each refusal, the rows left blank."""

    shape: tuple[int, int]
    codes: npt.NDArray[np.object_]
    blank: npt.NDArray[np.bool_]
    kg: Mapping[str, npt.NDArray[np.float64]]
    ids: Sequence[str]
    quantities: npt.NDArray[np.float64]  # in the factor's unit
    typed: npt.NDArray[np.float64]
    refs: Sequence[object]
    units: Sequence[object]
    years: Sequence[object]
    unread: Mapping[int, CodedError]
    extra: Sequence[object]
    catalogue: Catalogue


def emissions(
    book: str,
    factor: object,
    quantity: object,
    unit: object = None,
    year: object = None,
    result: object = None,
) -> Grid:
    """EMISSIONS: tCO2e of each cell, or kgCO2e, or one gas in tCO2e, as ``result`` says."""
    try:
        answer = _compute(book, factor, quantity, unit, year, result)
    except CodedError as error:
        return [[marker(error.message.code)]]
    words, wrong = each(_result_word, answer.extra)
    cells: list[object] = [""] * len(answer.codes)
    for position, code in enumerate(answer.codes):
        if answer.blank[position]:
            continue
        if position in wrong:
            code = wrong[position].message.code
        if code:
            cells[position] = marker(code)
            continue
        columns, per_kg = results()[str(words[position])]
        cells[position] = float(sum(answer.kg[name][position] for name in columns) * per_kg)
    return shaped(cells, answer.shape[1])


def emissions_detail(
    book: str, factor: object, quantity: object, unit: object = None, year: object = None
) -> Grid:
    """EMISSIONS_DETAIL: a row of nine cells for each row of arguments (``DETAIL``, uncertainty, source)."""
    try:
        answer = _compute(book, factor, quantity, unit, year, None)
        if answer.shape[1] != 1:
            raise CodedError("CW-604", shapes="{}×{}".format(*answer.shape))
    except CodedError as error:
        return [[marker(error.message.code)] * (len(DETAIL) + 2)]
    table = answer.catalogue.table
    rows: Grid = []
    for position, code in enumerate(answer.codes):
        if answer.blank[position] or code:
            rows.append([marker(code) if code else ""] * (len(DETAIL) + 2))
            continue
        numbers: list[object] = []
        for word in DETAIL:
            columns, per_kg = results()[fold(word)]
            numbers.append(float(sum(answer.kg[name][position] for name in columns) * per_kg))
        uncertainty = cast(float, table.at[answer.ids[position], "uncertainty_pct"]) / 100
        source = " ".join(str(table.at[answer.ids[position], name]) for name in ("source", "version")).strip()
        rows.append(
            [*numbers, marker("CW-608") if np.isnan(uncertainty) else uncertainty, source or marker("CW-608")]
        )
    return rows


def explain(book: str, factor: object, quantity: object, unit: object = None, year: object = None) -> Grid:
    """EXPLIQUER: how EMISSIONS computes with these arguments, or why it does not and what to do."""
    try:
        answer = _compute(book, factor, quantity, unit, year, None)
    except CodedError as error:
        return [[_sentence(error.message)]]
    catalogue = answer.catalogue
    cells: list[object] = [""] * len(answer.codes)
    for position, code in enumerate(answer.codes):
        if answer.blank[position]:
            continue
        ref, label, when = answer.refs[position], str(answer.units[position] or ""), answer.years[position]
        if position in answer.unread:
            cells[position] = _sentence(answer.unread[position].message)
        elif code:
            cells[position] = _sentence(refusal(code, ref, label, when, catalogue))  # type: ignore[arg-type]
        else:
            cells[position] = explanation(
                catalogue,
                catalogue.resolve(ref, when),  # type: ignore[arg-type]
                used=answer.ids[position],
                steps=[
                    step.text
                    for step in money_steps(
                        float(answer.typed[position]), label, answer.ids[position], catalogue
                    )
                ],
                typed=float(answer.typed[position]),
                unit=label,
                quantity=float(answer.quantities[position]),
                kg=float(answer.kg["total"][position]),
            )
    return shaped(cells, answer.shape[1])


def _compute(
    book: str, factor: object, quantity: object, unit: object, year: object, extra: object
) -> _Answer:
    shape, (refs, amounts, units, years, extras) = spread(factor, quantity, unit, year, extra)
    blank = np.array([is_blank(r) and is_blank(q) for r, q in zip(refs, amounts, strict=True)], dtype=bool)
    unread: dict[int, CodedError] = {}
    read: list[list[object]] = []
    for reader, cells in ((year_of, years), (text_of, units), (parse_number, amounts), (text_of, refs)):
        values, refusals = each(reader, cells)
        unread |= refusals  # the factor's refusal is said first, then the quantity's
        read.append(values)
    whens, labels, numbers, names = read
    quantities = np.array([np.nan if value is None else value for value in numbers], dtype=np.float64)
    try:
        catalogue = catalogue_of(book)
    except CodedError as refused:
        catalogue, unread = load_catalogue(), dict.fromkeys(range(len(refs)), refused)
    codes = np.full(len(refs), "", dtype=object)
    kg = {name: np.full(len(refs), np.nan) for name in ("total", *COLUMNS)}
    ids = [""] * len(refs)
    converted = np.full(len(refs), np.nan)
    skipped = blank.copy()
    skipped[list(unread)] = True
    for when in dict.fromkeys(whens):
        chosen = np.flatnonzero([w == when for w in whens] & ~skipped)
        if not len(chosen):
            continue
        block = emissions_of(
            pd.Series([names[i] for i in chosen], dtype=object),
            quantities[chosen],
            pd.Series([labels[i] or "" for i in chosen], dtype=object),
            when,  # type: ignore[arg-type]
            catalogue,
        )
        _place(block, chosen, codes, kg, ids, converted)
    for position, error in unread.items():
        if not blank[position]:
            codes[position] = error.message.code
    return _Answer(
        shape, codes, blank, kg, ids, converted, quantities, names, labels, whens, unread, extras, catalogue
    )  # fmt: skip


def _place(
    block: Block,
    chosen: npt.NDArray[np.intp],
    codes: npt.NDArray[np.object_],
    kg: Mapping[str, npt.NDArray[np.float64]],
    ids: list[str],
    converted: npt.NDArray[np.float64],
) -> None:
    codes[chosen] = block.codes
    converted[chosen] = block.quantity
    kg["total"][chosen] = block.kg
    for number, name in enumerate(COLUMNS):
        kg[name][chosen] = block.gases[:, number]
    for position, identifier in zip(chosen, block.factor_ids, strict=True):
        ids[position] = identifier


@cache
def results() -> Mapping[str, tuple[tuple[str, ...], float]]:
    """What ``résultat`` may ask, by folded word: columns to add up, and the factor from kg."""
    return {
        fold(row["word"]): (tuple(row["columns"].split("|")), float(row["per_kg"]))
        for row in _words("results")
    }


def _result_word(cell: object) -> str:
    word = fold(text_of(cell)) or fold("tCO2e")
    if word not in results():
        raise CodedError("CW-605", value=cell, known=", ".join(row["word"] for row in _words("results")))
    return word


@cache
def _words(name: str) -> tuple[dict[str, str], ...]:
    with (packaged("excel") / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream, delimiter=";"))


def _sentence(message: Message) -> str:
    return f"{message.code} – {message.sentence} {message.remedy}".strip()


# --- FACTEUR, CHERCHER_FACTEUR -------------------------------------------------------------------------------


def factor_field(book: str, ref: object, field: object = None, year: object = None) -> Grid:
    """FACTEUR: a field of each factor; its value (sum of the stages, kgCO2e per unit) by default."""

    def answer(reference: object, name: object, when: object) -> object:
        catalogue = catalogue_of(book)
        resolution = catalogue.resolve(text_of(reference), year_of(when))
        if resolution.id is None:
            raise CodedError(resolution.code or "CW-202", **resolution.parameters)
        return _field(catalogue, resolution.id, text_of(name))

    return _cell_by_cell(answer, ref, field, year)


def _field(catalogue: Catalogue, identifier: str, name: str) -> object:
    row = _fields().get(fold(name or _DEFAULT_FIELD))
    if row is None:
        raise CodedError("CW-606", value=name, known=", ".join(field["word"] for field in _words("fields")))
    if row["column"] == "id":
        return identifier
    value = catalogue.table.at[identifier, row["column"]]
    if row["scale"]:
        number = cast(float, value) * float(row["scale"])
        if not np.isnan(number):
            return float(number)
    elif not is_blank(value):
        return str(value)
    raise CodedError("CW-608", field=row["word"], factor=identifier)


@cache
def _fields() -> Mapping[str, dict[str, str]]:
    return {fold(row["word"]): row for row in _words("fields")}


def search_factor(book: str, text: object, unit: object = None, rank: object = None) -> Grid:
    """CHERCHER_FACTEUR: « id · label [unit] » of the factor at that rank of the search."""
    # rapidfuzz is for this function only: the first answer of the others must not wait for it.
    from carbon_workbook.factors.search import search

    def answer(words: object, label: object, place: object) -> object:
        wanted, position = text_of(words), rank_of(place)
        found = search(catalogue_of(book), wanted, text_of(label) or None, limit=position)
        if len(found) < position:
            raise CodedError("CW-609", text=wanted, rank=position)
        hit = found[position - 1]
        return f"{hit.id}{SEPARATOR}{hit.label} [{hit.unit}]"

    return _cell_by_cell(answer, text, unit, rank)


def _cell_by_cell(answer: Callable[[object, object, object], object], *arguments: object) -> Grid:
    """One answer a cell; a blank first argument gives ""; equal arguments are answered once."""
    try:
        shape, columns = spread(*arguments)
    except CodedError as error:
        return [[marker(error.message.code)]]
    known: dict[tuple[object, ...], object] = {}
    cells: list[object] = []
    for asked in zip(*columns, strict=True):
        if is_blank(asked[0]):
            cells.append("")
            continue
        if asked not in known:
            try:
                known[asked] = answer(*asked)
            except CodedError as error:
                known[asked] = marker(error.message.code)
        cells.append(known[asked])
    return shaped(cells, shape[1])


__all__ = [
    "DETAIL",
    "catalogue_of",
    "emissions",
    "emissions_detail",
    "explain",
    "factor_field",
    "register_own_factors",
    "results",
    "search_factor",
]
