"""ISO 14064-1:2018: direct emissions gas by gas, biogenic CO2 and removals apart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.inventory.core import factor_arrays
from carbon_workbook.inventory.gases import COLUMNS
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.views import APART, NOMENCLATURE, Draft, View, row_frame
from carbon_workbook.resources import packaged

DIRECT = "1"
NO_FAMILY = -1
"""Category of the direct emissions and removals."""
FLUORINATED = ("hfc", "pfc", "sf6", "nf3")
OTHER, REMOVALS = "other_gases", "removals"
GAS_COLUMNS = ("co2_fossil", "ch4", "n2o", *FLUORINATED, OTHER, "unsplit", "total")
"""``other_gases``: what the factor's source does not attribute to one of the fluorinated families."""


def direct_gases(inventory: Inventory, shown: View) -> pd.DataFrame:
    """Rows of category 1 of a view of the BEGES nomenclature, in kgCO2e.

    Columns: code, label, level, GAS_COLUMNS (they add up to ``total``), then what is never in it: ``co2_biogenic``
    (kgCO2) and ``removals`` (negative). Raises ValueError on a view of another nomenclature.
    """
    if NOMENCLATURE[shown.name] != "beges":
        raise ValueError(shown.name)
    rows = shown.rows[_direct(shown.rows["code"])].reset_index(drop=True)
    found = rows[["code", "label", "level"]].assign(
        co2_fossil=rows["co2_fossil"], ch4=rows["ch4_fossil"] + rows["ch4_biogenic"], n2o=rows["n2o"]
    )
    families = _by_family(inventory, shown)
    members = {code: own for code, _, _, own in row_frame("beges")}
    for number, gas in enumerate((*FLUORINATED, OTHER)):
        found[gas] = [
            sum(families[code][number] for code in members[row] if code in families) for row in found["code"]
        ]
    apart = shown.apart.set_index("code").loc[found["code"].to_numpy()]
    return found.assign(
        unsplit=rows["unsplit"],
        total=rows["total"],
        co2_biogenic=rows["co2_biogenic"],
        removals=apart["removals"].to_numpy(),
    )


def detailed_parts(inventory: Inventory, shown: View, row: str, gas: str) -> pd.DataFrame:
    """line, kg, stage_row of what a row of a view holds of one of FLUORINATED or OTHER, or leaves out as REMOVALS.

    ``stage_row`` as in ``View.cells``. Raises KeyError on an unknown row.
    """
    members = {code: own for code, _, _, own in row_frame(NOMENCLATURE[shown.name])}[row]
    if gas == REMOVALS:
        return _stored(shown.draft, members)
    number = FLUORINATED.index(gas) if gas in FLUORINATED else NO_FAMILY
    cells = shown.cells
    family = _families(inventory.catalogue)[cells["stage_row"].to_numpy()]
    cells = cells[cells["code"].isin(members).to_numpy() & (family == number)]
    return pd.DataFrame({"line": cells["line"], "kg": cells[OTHER], "stage_row": cells["stage_row"]})


def _stored(draft: Draft, members: Sequence[str]) -> pd.DataFrame:
    found = [(place, kg) for reason, place, kg in draft.moved if reason == APART[REMOVALS]]
    place = np.concatenate([np.zeros(0, dtype=np.int64), *(one for one, _ in found)])
    kg = np.concatenate([np.zeros(0), *(one for _, one in found)])
    inside = np.array([*(code in members for code in draft.codes), False])[draft.code[place]]
    place = place[inside]
    return pd.DataFrame({"line": draft.line[place], "kg": kg[inside], "stage_row": draft.row[place]})


def _direct(codes: pd.Series) -> npt.NDArray[np.bool_]:
    texts = codes.astype(str)
    return ((texts == DIRECT) | texts.str.startswith(f"{DIRECT}.")).to_numpy(dtype=bool)


def _by_family(inventory: Inventory, shown: View) -> dict[str, npt.NDArray[np.float64]]:
    """kgCO2e of each fluorinated family in each code, then what is in none."""
    draft = shown.draft
    family = _families(inventory.catalogue)
    other = draft.stage_values[:, COLUMNS.index(OTHER)]
    numbers = (*range(len(FLUORINATED)), NO_FAMILY)
    sums = [draft.by_stage[:, family == number] @ other[family == number] for number in numbers]
    return dict(zip(draft.codes, np.column_stack(sums), strict=True))


@lru_cache(maxsize=8)
def _families(catalogue: Catalogue) -> npt.NDArray[np.int8]:
    """Family of each stage's factor (a position in FLUORINATED, −1: none), then of what a view adds by itself."""
    rules = pd.read_csv(packaged("inventory") / "fluorinated.csv", sep=";", dtype=str)
    arrays, table = factor_arrays(catalogue), catalogue.table
    found = np.full(len(table), NO_FAMILY, dtype=np.int8)
    ids, own = table.index.astype(str), table["families"].astype(str)
    for rule in rules.itertuples(index=False):
        chosen = (
            (ids == rule.key)
            if rule.column == "id"
            else own.str.split("|").map(lambda all_, k=rule.key: k in all_)
        )
        found[np.asarray(chosen, dtype=bool)] = FLUORINATED.index(str(rule.gas))
    return np.append(np.repeat(found, arrays.stage_count), np.int8(NO_FAMILY))
