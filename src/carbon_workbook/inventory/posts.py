"""Which post a part of a line goes to: control × stage × activity (decisions B4–B6), from ``posting.csv``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.inventory.gases import STAGES
from carbon_workbook.resources import packaged


@dataclass(frozen=True)
class Posting:
    """Posts of n lines for each stage. ``table[key[i], stage]`` is a position in ``codes``.

    A code starting with ``-`` stands outside the view; the rest names the reason.
    """

    key: npt.NDArray[np.int64]
    table: npt.NDArray[np.int16]
    codes: tuple[str, ...]


@cache
def rules() -> pd.DataFrame:
    """The posting table: posting; controlled; stage; option; beges; ghgp. ``*`` matches anything."""
    return pd.read_csv(packaged("inventory") / "posting.csv", sep=";", dtype=str, keep_default_na=False)


@cache
def reasons() -> dict[str, str]:
    """French label of each reason for which a value stands outside a view."""
    table = pd.read_csv(packaged("inventory") / "reasons.csv", sep=";", dtype=str)
    return dict(zip(table["reason"], table["label"], strict=True))


@cache
def post_of(posting: str, controlled: bool, option: str, stage: str, view: str) -> str:
    """Post of one part in a view's nomenclature (``beges`` or ``ghgp``); the first matching rule decides.

    Raises KeyError when no rule matches: the table does not cover this combination.
    """
    table = rules()
    match = (
        (table["posting"] == posting)
        & table["controlled"].isin(["*", "1" if controlled else "0"])
        & table["stage"].isin(["*", stage])
        & table["option"].isin(["*", option])
    )
    if not match.any():
        raise KeyError((posting, controlled, option, stage))
    return str(table[view].to_numpy()[match.to_numpy().argmax()])


@cache
def _posts_of(posting: str, controlled: bool, option: str, view: str) -> tuple[str, ...]:
    """Post of each stage of an activity."""
    return tuple(post_of(posting, controlled, option, stage, view) for stage in STAGES)


def posting_keys(lines: pd.DataFrame, control: str) -> npt.NDArray[np.int64]:
    """What decides the posts of each line: its posting, its option (both categories) and its control, as a number."""
    names, options = lines["posting"].cat, lines["option"].cat
    key: npt.NDArray[np.int64] = np.array(names.codes, dtype=np.int64)
    key *= len(options.categories)
    key += options.codes.to_numpy()
    key *= 2
    key += lines[control].to_numpy(dtype=bool)
    return key


def posting(
    lines: pd.DataFrame, counted: npt.NDArray[np.bool_], key: npt.NDArray[np.int64], view: str
) -> Posting:
    """Posting of ``lines`` in a nomenclature, from their ``posting_keys``.

    Refused lines make no part; their key is never read.
    """
    names, options = lines["posting"].cat.categories, lines["option"].cat.categories
    width = len(options)
    used = np.bincount(key[counted], minlength=len(names) * width * 2)
    codes: dict[str, int] = {}
    table = np.zeros((len(used), len(STAGES)), dtype=np.int16)
    for unique in np.flatnonzero(used).tolist():
        rest, controlled = divmod(unique, 2)
        name, option = str(names[rest // width]), str(options[rest % width])
        found = _posts_of(name, bool(controlled), option, view)
        table[unique] = [codes.setdefault(code, len(codes)) for code in found]
    return Posting(key, table, tuple(codes))


def outside(codes: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Which codes stand outside the view."""
    return np.array([code.startswith("-") for code in codes], dtype=bool)
