"""A sample of lines weighted by their emissions, the same for the same seed whatever the order of the lines."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pandas as pd

from carbon_workbook.messages import CodedError
from carbon_workbook.resources import packaged

RATE, USUAL = 0.15, (0.10, 0.20)
"""Share of lines drawn by default, and what the seed advises."""

BAD_RATE = "CW-830"
CERTAIN, DRAWN = "d'office", "tirée"


def sample(line_ids: pd.Series, kg: pd.Series, rate: float = RATE, seed: int = 1) -> pd.DataFrame:
    """Lines drawn with a probability proportional to their emissions, without replacement.

    ``rate`` is a share of the lines that have emissions (at least one line). A line above the sampling interval is
    always in. Columns: position (in the arguments), line_id, kg, probability, how; heaviest first. Raises CodedError
    CW-830 for a rate outside ]0, 1].
    """
    if not 0 < rate <= 1:
        raise CodedError(BAD_RATE, rate=f"{100 * rate:g} %")
    sizes = kg.abs().to_numpy(dtype=np.float64)
    ids = line_ids.astype(str).to_numpy(dtype=object)
    open_ = np.flatnonzero(sizes > 0)
    # An order of its own for each seed, which does not depend on where the lines stand.
    open_ = open_[np.argsort([_number(seed, str(ids[place])) for place in open_], kind="stable")]
    count = math.ceil(rate * len(open_) - 1e-9)
    certain, rest, left = _certain(open_, sizes, count)
    drawn, probability = _systematic(sizes[rest], left, _number(seed, "") / 2**64)
    position = np.concatenate([certain, rest[drawn]]).astype(np.int64)
    found = pd.DataFrame(
        {
            "position": position,
            "line_id": ids[position],
            "kg": kg.to_numpy(dtype=np.float64)[position],
            "probability": np.concatenate([np.ones(len(certain)), probability[drawn]]),
            "how": [CERTAIN] * len(certain) + [DRAWN] * len(drawn),
        }
    )
    found["size"] = sizes[position]
    found = found.sort_values(["size", "line_id"], ascending=[False, True], kind="stable")
    return found.drop(columns="size").reset_index(drop=True)


def checks() -> list[tuple[str, str]]:
    """(question, how to answer it) of the check-list of each line."""
    table = pd.read_csv(packaged("audit") / "checks.csv", sep=";", dtype=str, keep_default_na=False)
    return list(zip(table["question"], table["help"], strict=True))


def _certain(open_: np.ndarray, sizes: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Lines at or above the interval (total ÷ number to draw), taken until none is; the others; how many to draw."""
    taken: list[int] = []
    rest, left = open_, count
    while left:
        interval = sizes[rest].sum() / left
        above = sizes[rest] >= interval * (1 - 1e-12)
        if not above.any():
            break
        taken += rest[above].tolist()
        rest, left = rest[~above], max(0, left - int(above.sum()))
    return np.array(taken, dtype=np.int64), rest, left


def _systematic(sizes: np.ndarray, count: int, start: float) -> tuple[np.ndarray, np.ndarray]:
    """Places drawn at equal steps of cumulated size, and the probability of each place; all are below the step."""
    if not count or not len(sizes):
        return np.zeros(0, dtype=np.int64), np.zeros(len(sizes))
    ends = np.cumsum(sizes)
    step = ends[-1] / count
    points = (start + np.arange(count)) * step
    drawn = np.minimum(np.searchsorted(ends, points, side="right"), len(sizes) - 1)
    return np.unique(drawn), sizes / step


def _number(seed: int, text: str) -> int:
    """A number in [0, 2⁶⁴) that only depends on the seed and the text, on any machine."""
    return int.from_bytes(hashlib.sha256(f"{seed}|{text}".encode()).digest()[:8], "big")
