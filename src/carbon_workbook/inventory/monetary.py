"""What is still counted in money: which ratios to refine next, and how the amounts stand beside the accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.factors.money import exchange_rate
from carbon_workbook.inventory.coverage import texts
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.significance import known_rules, screening_code, significant_rows
from carbon_workbook.inventory.views import NOMENCLATURE, View, row_frame, view
from carbon_workbook.inventory.wording import shown
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.units import parse_unit

Bools = npt.NDArray[np.bool_]

RECONCILED, MORE_THAN_ALL = "CW-389", "CW-349"
CHARGED = ("cat01", "cat04", "cat06", "cat08", "combustion_mobile")
"""Sheets whose amounts are charges of the company: those of the others are assets, or the turnover of somebody else."""
ACCOUNTS = ("60", "61", "62")
OTHER_PAYERS = ("fournisseur", "client")
RANKED = ("beges", "ghgp")
MONETARY, LEVEL = "monetary", "monétaire"
WITHOUT_TAX = "HT"
_ROUNDING = 1e-9


# --- What to refine ------------------------------------------------------------------------------------------------


def to_refine(inventory: Inventory, shown_views: Mapping[str, View] | None = None) -> pd.DataFrame:
    """Monetary ratios of lines on significant posts, heaviest first: factor, posts, kg, share, heaviest, count.

    A post is significant by either rule, in the BEGES or in the GHG Protocol (``significant_rows``). ``kg``: reference
    value of those lines, ``share`` of all; ``heaviest``: position of the heaviest line. ``posts``: codes of Périmètre.
    """
    columns = ["factor", "posts", "kg", "share", "heaviest", "count"]
    kinds = inventory.catalogue.table["kind"]
    factors = inventory.lines["factor_id"].astype(object)
    monetary = inventory.block.counted & (factors.map(kinds) == MONETARY).to_numpy(dtype=bool)
    if not monetary.any():
        return pd.DataFrame(columns=columns)
    rules, _ = known_rules(inventory.settings)
    on = []
    for name in RANKED:
        one = view(inventory, name) if shown_views is None else shown_views[name]
        wanted = set(significant_rows(one, rules))
        code_of = {
            part: screening_code(name, code)
            for code, _, _, parts in row_frame(NOMENCLATURE[name])
            if code in wanted
            for part in parts
        }
        placed = one.placed
        kg = placed.stage_totals.take(placed.row) * placed.quantity
        held = np.flatnonzero(monetary[placed.line] & (kg > 0))
        codes = [code_of.get(placed.codes[code], "") for code in placed.code[held]]
        on.append(pd.DataFrame({"line": placed.line[held], "post": codes}))
    found = pd.concat(on, ignore_index=True)
    found = found[found["post"] != ""].drop_duplicates()
    found["factor"] = factors.to_numpy()[found["line"].to_numpy()]
    total_kg = inventory.block.kg
    rows = []
    for factor, group in found.groupby("factor", sort=False):
        lines = np.unique(group["line"].to_numpy())
        kg_of = total_kg[lines]
        posts = ", ".join(dict.fromkeys(group["post"]))
        share = float(kg_of.sum()) / inventory.total_kg
        rows.append((str(factor), posts, float(kg_of.sum()), share, int(lines[np.argmax(kg_of)]), len(lines)))
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("kg", ascending=False, kind="stable", ignore_index=True)


# --- Beside the accounts -------------------------------------------------------------------------------------------


def charge_remarks(inventory: Inventory) -> Iterator[Message]:
    """The amounts of purchases beside the external charges of the company; nothing while those are not typed.

    Amounts in euros without tax, at the mean rate of their year, before any price index. A refused line has none: it
    is told. An alert when the amounts make more than all the charges.
    """
    charges = inventory.settings.get("external_charges")
    if isinstance(charges, bool) or not isinstance(charges, (int, float)) or not charges > 0:
        return
    lines, year = inventory.lines, inventory.year
    spent = _charged(lines)
    counted = inventory.block.counted
    unread = int((spent & ~counted).sum())
    bought = lines[spent & counted]
    if not len(bought) and not unread:
        return
    euros, years = _euros(bought)
    other = years != year
    share = float(euros.sum()) / float(charges)
    remarks = []
    if other.any():
        remarks.append(
            f"{int(other.sum())} ligne(s), {shown(float(euros[other].sum()))} €, sont aux prix d'une autre année "
            "et prises telles quelles"
        )
    if unread:
        remarks.append(f"{unread} ligne(s) refusée(s) n'y sont pas, leur montant n'est pas lu")
    yield message(
        MORE_THAN_ALL if share > 1 + _ROUNDING else RECONCILED,
        count=len(bought),
        amount=shown(float(euros.sum())),
        charges=shown(float(charges)),
        share=shown(100 * share, 3),
        more=f" {' ; '.join(remarks)}." if remarks else "",
    )


def _charged(lines: pd.DataFrame) -> Bools:
    """Lines typed in money for a charge: not an asset, not what another pays, not an account of another class."""
    unit, level = texts(lines, "activity_unit"), texts(lines, "data_level")
    account, option = texts(lines, "account"), texts(lines, "option")
    refused = (lines["code"] != "").to_numpy(dtype=bool)
    # The unit of a refused line may lack its currency or its year.
    meant = np.array([WITHOUT_TAX in one.split() for one in unit], dtype=bool) | (level == LEVEL)
    money = np.array([_money(one) for one in unit], dtype=bool) | (refused & meant)
    ours = np.array([not one or one.startswith(ACCOUNTS) for one in account], dtype=bool)
    paid = np.array([not set(one.split("|")) & set(OTHER_PAYERS) for one in option], dtype=bool)
    found: Bools = np.isin(texts(lines, "sheet"), CHARGED) & money & ours & paid
    return found


def _money(unit: str) -> bool:
    try:
        return bool(unit) and parse_unit(unit).money is not None
    except CodedError:
        return False


def _euros(lines: pd.DataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Euros without tax of each line, and the year of its prices (NaN: not said)."""
    position, units = pd.factorize(texts(lines, "activity_unit"))
    scales, years = [], []
    for unit in units:
        parsed = parse_unit(str(unit))
        assert parsed.money is not None
        year = parsed.money.price_year
        rate = exchange_rate(parsed.money.currency, year) if year is not None else 1.0
        scales.append(parsed.scale / rate)
        years.append(np.nan if year is None else float(year))
    amounts = lines["activity"].to_numpy(dtype=np.float64)
    return amounts * np.array(scales)[position], np.array(years)[position]
