"""The published formulas of uncertainty, arrays in and arrays out. ``propagation`` applies them to an inventory.

GSD² is the factor by which a value is multiplied and divided to get its 95 % interval, taken at two standard deviations
of the logarithm: σ = ln(GSD²) ÷ 2. An uncertainty of ± 20 % is the fraction 0.2.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.resources import packaged

Floats = npt.NDArray[np.float64]

CRITERIA = ("technique", "geographie", "temps", "completude", "fiabilite")
"""Order of the five notes."""
MISSING_NOTE = 1
"""A note that nobody gave is the worst."""
NORMAL_95 = 1.96
CLASS_LIMITS = (1.1199, 1.2621, 1.6361, 2.5163)
"""GSD² under which the class is 5 (very low uncertainty), 4, 3, 2; else 1."""
MOST = 5.0
"""± 500 %, what the entry column admits: above it a percentage was typed as a whole number."""
_NOTES = re.compile(r"[1-5-]{5}")


@cache
def pedigree(grid: str = "cinq") -> Floats:
    """Coefficients U of a grid: criteria × notes from 1 (the worst). Raises KeyError on an unknown grid.

    ``cinq``: five notes, Bilan Carbone® method v9 ch. 4.4; ``quatre``: four notes, GHG Protocol pedigree matrix.
    """
    rows = pd.read_csv(packaged("inventory") / "pedigree.csv", sep=";")
    rows = rows[rows["grid"] == grid]
    if rows.empty:
        raise KeyError(grid)
    table = rows.pivot(index="criterion", columns="note", values="coefficient")
    coefficients: Floats = table.loc[list(CRITERIA)].to_numpy(dtype=np.float64)
    return coefficients


def notes_of(text: str) -> Floats | None:
    """Five notes written as ``54321``, a dash where one is missing (NaN); None when the text is not that."""
    if not _NOTES.fullmatch(text):
        return None
    return np.array([np.nan if mark == "-" else float(mark) for mark in text])


def gsd2_of_notes(notes: npt.ArrayLike, grid: str = "cinq", basic: float = 1.0) -> Floats:
    """GSD² of data with five notes each (last axis, order of CRITERIA); a missing note (NaN) is 1.

    ``exp(√(Σ ln(Uᵢ)² + ln(U_b)²))``: Bilan Carbone® v9 ch. 4.4, where U_b = 1; GHG Protocol scope 3 guidance, where U_b
    is the ``basic`` uncertainty of the activity. Raises ValueError on a note that the grid does not have.
    """
    coefficients = pedigree(grid)
    given = np.asarray(notes, dtype=np.float64)
    given = np.where(np.isnan(given), float(MISSING_NOTE), given)
    if ((given < 1) | (given > coefficients.shape[1]) | (given % 1 != 0)).any():
        raise ValueError(f"notes from 1 to {coefficients.shape[1]}: {notes!r}")
    logs = np.log(coefficients)[np.arange(len(CRITERIA)), given.astype(np.int64) - 1]
    gsd2: Floats = np.exp(np.sqrt((logs**2).sum(axis=-1) + np.log(basic) ** 2))
    return gsd2


def gsd2_of_percent(uncertainty: npt.ArrayLike) -> Floats:
    """GSD² of values known to ± ``uncertainty`` (a fraction of the mean, 95 %).

    The lognormal of that coefficient of variation: ``exp(1.96·√(ln(1 + (U ÷ 1.96)²)))``, near 1 + U when U is small.
    """
    gsd2: Floats = np.exp(log_of_percent(uncertainty))
    return gsd2


def log_of_percent(uncertainty: npt.ArrayLike) -> Floats:
    """ln(GSD²) of values known to ± ``uncertainty``."""
    ratio = np.asarray(uncertainty, dtype=np.float64) / NORMAL_95
    log: Floats = NORMAL_95 * np.sqrt(np.log1p(ratio * ratio))
    return log


def percent_of_gsd2(gsd2: npt.ArrayLike) -> Floats:
    """± fraction of the mean whose lognormal has this GSD²: the inverse of ``gsd2_of_percent``."""
    deviation = np.log(np.asarray(gsd2, dtype=np.float64)) / NORMAL_95
    uncertainty: Floats = NORMAL_95 * np.sqrt(np.expm1(deviation**2))
    return uncertainty


def usable(uncertainty: Floats) -> npt.NDArray[np.bool_]:
    """Which uncertainties (fractions) can be read: neither missing nor negative, nor above ± 500 %."""
    with np.errstate(invalid="ignore"):
        found: npt.NDArray[np.bool_] = (uncertainty >= 0) & (uncertainty <= MOST)
    return found


def gsd2_product(*gsd2: npt.ArrayLike) -> Floats:
    """GSD² of a product of independent values: ``exp(√(Σ ln(GSD²)²))`` (Bilan Carbone® v9 ch. 4.4)."""
    squares = [np.log(np.asarray(one, dtype=np.float64)) ** 2 for one in gsd2]
    product: Floats = np.exp(np.sqrt(np.sum(np.broadcast_arrays(*squares), axis=0)))
    return product


def gsd2_sum(kg: npt.ArrayLike, gsd2: npt.ArrayLike) -> float | None:
    """GSD² of a sum of independent lines: ``exp(√(Σ Sᵢ²·ln(GSD²ᵢ)²))``, Sᵢ the share of line i (ch. 4.4).

    First-order. Negative lines (removals, avoided emissions) are kept out; None when nothing is left.
    """
    values, spread = _positive(kg, np.log(np.asarray(gsd2, dtype=np.float64)))
    total = values.sum()
    return float(np.exp(np.sqrt(((values * spread) ** 2).sum()) / total)) if total > 0 else None


def interval(kg: npt.ArrayLike, gsd2: npt.ArrayLike) -> tuple[Floats, Floats]:
    """95 % interval [R ÷ GSD² ; R × GSD²], in the unit of ``kg``, which stands as the median (ch. 4.4)."""
    value, spread = np.asarray(kg, dtype=np.float64), np.asarray(gsd2, dtype=np.float64)
    return value / spread, value * spread


def quality_class(gsd2: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Class of a GSD²: 5 very low uncertainty … 1 very high (Bilan Carbone® v9 ch. 4.4). Not for NaN."""
    classes: npt.NDArray[np.int64] = 5 - np.searchsorted(CLASS_LIMITS, np.asarray(gsd2), side="right")
    return classes


def ipcc_product(*uncertainty: npt.ArrayLike) -> Floats:
    """± fraction of a product of independent values: ``√(Σ Uᵢ²)`` (IPCC 2006 vol. 1 ch. 3, approach 1)."""
    squares = [np.asarray(one, dtype=np.float64) ** 2 for one in uncertainty]
    product: Floats = np.sqrt(np.sum(np.broadcast_arrays(*squares), axis=0))
    return product


def ipcc_sum(kg: npt.ArrayLike, uncertainty: npt.ArrayLike) -> float | None:
    """± fraction of a sum of independent lines: ``√(Σ (Uᵢ·Eᵢ)²) ÷ |Σ Eᵢ|`` (IPCC 2006 vol. 1 ch. 3, approach 1).

    None when the sum is nil.
    """
    values, spread = np.asarray(kg, dtype=np.float64), np.asarray(uncertainty, dtype=np.float64)
    total = abs(values.sum())
    return float(np.sqrt(((values * spread) ** 2).sum()) / total) if total else None


def ipcc_linked_sum(kg: npt.ArrayLike, uncertainty: npt.ArrayLike) -> float | None:
    """± fraction of a sum of lines that share one factor: ``Σ (Uᵢ·Eᵢ) ÷ Σ Eᵢ``; None when the sum is nil."""
    values, spread = np.asarray(kg, dtype=np.float64), np.asarray(uncertainty, dtype=np.float64)
    total = values.sum()
    return float((values * spread).sum() / total) if total else None


def _positive(kg: npt.ArrayLike, spread: Floats) -> tuple[Floats, Floats]:
    values = np.asarray(kg, dtype=np.float64)
    kept = values > 0
    return values[kept], np.broadcast_to(spread, values.shape)[kept]
