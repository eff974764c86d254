"""The factors frozen in a workbook: written by refresh, and computed with where the pinned base is not to be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.factors.frozen import digest, freeze, needed, thaw
from carbon_workbook.factors.store import Store
from carbon_workbook.factors.versions import ABSENT, pinned_catalogue
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.screening import branch_series
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.workbook import frozen_layout as place
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.package import Value, read_sheet, read_table
from carbon_workbook.workbook.read import Content

if TYPE_CHECKING:
    from carbon_workbook.workbook.evaluate import Evaluation

FROZEN_USED, ALTERED, OTHER_FIGURES = "CW-274", "CW-275", "CW-459"

Rows = list[tuple[object, ...]]


def catalogue_for(content: Content, store: Store) -> tuple[Catalogue, list[Message]]:
    """The catalogue that a workbook is computed with, and what must be said of it.

    Its base as it was pinned; without it, or with other figures under its name, the factors frozen in the workbook
    (CW-274); without those either, the figures of this machine under that name (CW-459). Raises CodedError CW-270 when
    there is nothing at all, CW-275 when the frozen factors are needed and were altered.
    """
    found, absent = None, None
    try:
        found = pinned_catalogue(content.base, store)
    except CodedError as refused:
        if refused.message.code != ABSENT:
            raise
        absent = refused
    if found is not None and content.base in ("", found.version):
        return found, []
    kept = frozen_catalogue(content)
    if kept is not None:
        return kept, [message(FROZEN_USED, base=content.base)]
    if found is None:
        raise absent or CodedError(ABSENT, base=content.base)
    return found, [message(OTHER_FIGURES, found=content.base, known=found.version)]


def frozen_catalogue(content: Content) -> Catalogue | None:
    """The factors frozen under the base that the workbook is pinned to; None when it holds none.

    Raises CodedError CW-275 when they are not those that refresh wrote.
    """
    package = content.package
    if place.TABLE not in package.tables:
        return None
    data = read_table(package, place.TABLE, content.sheets.get(package.table(place.TABLE).sheet))
    filled = [values for _, values in data.rows if any(value not in (None, "") for value in values)]
    if not filled or _named(content, place.BASE_NAME) != content.base:
        return None
    labels = [label for label, _, _ in place.TABLE_COLUMNS]
    if not set(labels) <= set(data.columns):
        raise CodedError(ALTERED, sheet=data.sheet, cell="A1")
    places = [data.columns.index(label) for label in labels]
    rows = [tuple(values[column] for column in places) for values in filled]
    if digest(rows, content.base) != _named(content, place.DIGEST_NAME):
        raise CodedError(ALTERED, sheet=data.sheet, cell=cell_ref(place.DIGEST_ROW, place.VALUE_COLUMN))
    return thaw(rows, content.base)


def _resolved(inventory: Inventory) -> list[str]:
    factors = np.unique(inventory.block.factor)
    return [str(key) for key in inventory.block.arrays.ids[factors[factors >= 0]]]


def _named(content: Content, name: str) -> Value:
    title, ref = content.package.defined_names.get(name, ("", ""))
    return read_sheet(content.package, title).value(ref.replace("$", "")) if title else None


def frozen_cells(evaluation: Evaluation) -> tuple[Rows, dict[str, object]]:
    """Rows of the table for the factors of the lines and of the screening, and the cells that name and seal them."""
    inventory, screened = evaluation.inventory, evaluation.screening.inventory
    catalogue = inventory.catalogue
    used = [key for one in (inventory, screened) for key in _resolved(one)]
    refs = {str(ref) for one in (inventory, screened) for ref in one.lines["factor_ref"].dropna().unique()}
    refs.add(branch_series(inventory.settings) or "")
    rows = freeze(catalogue, needed(catalogue, used, sorted(refs)))
    named = {place.BASE_ROW: catalogue.version, place.DIGEST_ROW: digest(rows, catalogue.version)}
    return rows, {cell_ref(row, place.VALUE_COLUMN): text for row, text in named.items()}
