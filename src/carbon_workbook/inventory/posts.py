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

    def of(self, line: npt.NDArray[np.int64], stage: npt.NDArray[np.int8]) -> npt.NDArray[np.int16]:
        """Code positions of parts."""
        found: npt.NDArray[np.int16] = self.table[self.key[line], stage]
        return found


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
    return str(table.loc[match.idxmax(), view])


def posting(lines: pd.DataFrame, control: str, view: str) -> Posting:
    """Posting of ``lines`` (columns posting, option, code and the control column) in a nomenclature.

    Refused lines make no part; their key is never read.
    """
    names, name_values = pd.factorize(lines["posting"])
    options, option_values = pd.factorize(lines["option"])
    controlled = lines[control].to_numpy(dtype=bool)
    width = max(len(option_values), 1)
    combined = (names * width + options) * 2 + controlled
    combined = np.where((lines["code"] == "").to_numpy(), combined, -1)
    key, uniques = pd.factorize(combined)
    codes: dict[str, int] = {}
    table = np.zeros((max(len(uniques), 1), len(STAGES)), dtype=np.int16)
    for row, unique in enumerate(uniques):
        if unique < 0:
            continue
        rest, flag = divmod(int(unique), 2)
        name, option = str(name_values[rest // width]), str(option_values[rest % width])
        for column, stage in enumerate(STAGES):
            code = post_of(name, bool(flag), option, stage, view)
            table[row, column] = codes.setdefault(code, len(codes))
    return Posting(key.astype(np.int64), table, tuple(codes))
