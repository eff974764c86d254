"""Why a total moved between two years: activity, factors, method and perimeter, line by line.

A line is the same in both years when sheet, site and label are the same. What cannot be told apart is never spread:
each line's whole difference goes to the effects, so that they add up to the difference of the totals.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.inventory.model import Inventory, control_of
from carbon_workbook.inventory.views import View
from carbon_workbook.messages import CodedError
from carbon_workbook.units import conversion

ACTIVITY, FACTOR, METHOD, PERIMETER = "activité", "facteur", "méthode", "périmètre"
EFFECTS = (ACTIVITY, FACTOR, METHOD, PERIMETER)
CAPITAL = "immobilisations"
"""Assets count by their years in service: what moves without quantity or factor is activity."""
_SAME = 1e-9
_KEY = ["sheet", "site", "label"]


def effects(before: Inventory, start: View, after: Inventory, end: View) -> pd.DataFrame:
    """kgCO2e of each effect on each line: key columns, previous, current, then one column an effect.

    Perimeter: control or territory changed, or the site exists in one year only. Method: another method or data level,
    another physical unit, or a convention of the view. Activity: quantity at the earlier factor. Factor: the rest.
    Views of the same name; Σ effects = end − start.
    """
    old, new = _lines(before, start), _lines(after, end)
    both = old.merge(new, how="outer", on=[*_KEY, "occurrence"], suffixes=("_0", "_1"), indicator=True)
    previous, current = (both[f"kg_{place}"].fillna(0.0).to_numpy() for place in (0, 1))
    change = current - previous
    matched = (both["_merge"] == "both").to_numpy()
    sites = (set(old["site"]), set(new["site"]))
    new_site = np.array([any(site not in known for known in sites) for site in both["site"]], dtype=bool)
    moved = matched & (both["boundary_0"] != both["boundary_1"]).to_numpy()
    ratio = _quantity_ratio(both, matched)
    other_method = matched & ((both["way_0"] != both["way_1"]).to_numpy() | np.isnan(ratio))
    perimeter = moved | (~matched & new_site)
    method = other_method & ~moved
    plain = matched & ~perimeter & ~method
    kept = np.where(plain, previous * np.nan_to_num(ratio, nan=1.0), previous)
    rest = np.where(plain, current - kept, 0.0)
    same_rate = np.isclose(both["rate_0"], both["rate_1"], rtol=_SAME, atol=0.0)
    capital = (both["posting_1"].fillna(both["posting_0"]) == CAPITAL).to_numpy()
    activity = np.where(plain, kept - previous + np.where(same_rate & capital, rest, 0.0), 0.0)
    return both[_KEY].assign(
        previous=previous,
        current=current,
        **{
            ACTIVITY: activity + np.where(~matched & ~new_site, change, 0.0),
            FACTOR: np.where(plain & ~same_rate, rest, 0.0),
            METHOD: np.where(method, change, 0.0) + np.where(plain & same_rate & ~capital, rest, 0.0),
            PERIMETER: np.where(perimeter, change, 0.0),
        },
    )


def _lines(inventory: Inventory, view: View) -> pd.DataFrame:
    """Counted lines with their kgCO2e in a view, and what says whether two of them are comparable."""
    lines, block = inventory.lines, inventory.block
    cells = view.cells
    kg = np.bincount(cells["line"], weights=cells["kg"], minlength=len(lines))
    counted = np.flatnonzero(block.counted)
    rows = lines.iloc[counted]
    factor = block.factor[counted]
    quantity = block.quantity[counted]
    units = np.append(np.asarray(block.arrays.units, dtype=object), "")
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = rows["total_kg"].to_numpy(dtype=np.float64) / quantity
    control = rows[control_of(inventory.settings, view.name)].astype(str)
    found = pd.DataFrame(
        {
            "sheet": rows["sheet"].astype(str).to_numpy(dtype=object),
            "site": rows["site"].fillna("").astype(str).to_numpy(dtype=object),
            "label": rows["label"].fillna("").astype(str).to_numpy(dtype=object),
            "posting": rows["posting"].astype(str).to_numpy(dtype=object),
            "kg": kg[counted],
            "quantity": quantity,
            "unit": units[factor],
            "rate": rate,
            "way": (rows["method"].astype(str) + "|" + rows["data_level"].astype(str)).to_numpy(dtype=object),
            "boundary": (control + "|" + rows["national"].astype(str)).to_numpy(dtype=object),
        }
    )
    return found.assign(occurrence=found.groupby(_KEY, sort=False).cumcount())


def _quantity_ratio(both: pd.DataFrame, matched: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Quantity ÷ earlier quantity of each matched line in one unit; 1 from nil to nil, NaN where it has no meaning."""
    units = list(zip(both["unit_1"], both["unit_0"], strict=True))
    place, pairs = pd.factorize(pd.Series(units, dtype=object))
    rates = np.array([_rate(*pair) for pair in pairs], dtype=np.float64)
    first = both["quantity_0"].to_numpy(dtype=np.float64)
    last = both["quantity_1"].to_numpy(dtype=np.float64) * rates[place]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(first != 0, last / first, np.where(last == 0, 1.0, np.nan))
    return np.where(matched, ratio, np.nan)


def _rate(unit: object, former: object) -> float:
    """``former`` units in one ``unit``, NaN when they measure different things."""
    if unit == former:
        return 1.0
    if not isinstance(unit, str) or not isinstance(former, str):
        return np.nan
    try:
        return conversion(unit, former)
    except CodedError:
        return np.nan
