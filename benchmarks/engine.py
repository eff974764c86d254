"""One million activity lines through the engine, against one pandas merge of the same factor columns.

Run from the top of the repository: ``python -m benchmarks.engine [LINES]``. Exit status 1 when the engine takes
more than 4 times as long as the merge and multiplication, or more than 2 GiB.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.gases import COLUMNS
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.views import View, view
from carbon_workbook.messages import CodedError
from carbon_workbook.specs.spec import entry_sheets
from carbon_workbook.units import conversion

LINES = 1_000_000
RUNS = 7
MOST_TIMES = 4.0
MOST_MEMORY_MIB = 2048
SEED = 20241121
REFUSED_SHARE = 0.01
OTHER_UNITS = ("t", "kg", "g", "kWh", "MWh", "km", "m²", "m³", "litre", "unité", "t.km", "passager.km")
YEAR = 2024
UNKNOWN, WRONG_UNIT = "FACTEUR-INCONNU", "parsec"


@dataclass(frozen=True)
class Result:
    """What a caller gets: gases and refusal of each line, posts of each part of a line in two views."""

    inventory: Inventory
    beges: View
    ghgp: View

    @property
    def gases(self) -> pd.DataFrame:
        return self.inventory.lines[list(COLUMNS)]

    @property
    def refusals(self) -> pd.Series:
        return self.inventory.refused["code"]


def made_lines(count: int) -> pd.DataFrame:
    """Lines over the whole catalogue and every posting, in every unit that converts; about 1 % cannot count.

    Texts are Python objects, as they come from the cells of a workbook.
    """
    random = np.random.default_rng(SEED)
    table = load_catalogue().table
    units = {str(unit): _accepted(str(unit)) for unit in table["unit"].unique()}
    chosen = random.integers(len(table), size=count)
    own = table["unit"].to_numpy(dtype=object)[chosen]
    pick = random.random(count)
    unit = np.array([units[u][int(p * len(units[u]))] for u, p in zip(own, pick, strict=True)], dtype=object)
    reference = table.index.to_numpy(dtype=object)[chosen]
    wrong = random.random(count)
    reference[wrong < REFUSED_SHARE / 2] = UNKNOWN
    unit[(wrong >= REFUSED_SHARE / 2) & (wrong < REFUSED_SHARE)] = WRONG_UNIT
    postings = [s.posting for s in entry_sheets().values() if s.posting not in ("instruments", "fret")]
    return pd.DataFrame(
        {
            "sheet": "banc",
            "posting": np.array(postings, dtype=object)[random.integers(len(postings), size=count)],
            "factor_ref": reference,
            "activity": random.lognormal(4, 2, size=count),
            "activity_unit": unit,
            "acquisition_year": random.integers(2000, YEAR + 1, size=count).astype(float),
            "life_years": random.integers(3, 40, size=count).astype(float),
            "control_operational": random.random(count) < 0.9,
            "national": random.random(count) < 0.95,
        }
    ).astype(dict.fromkeys(("sheet", "posting", "factor_ref", "activity_unit"), object))


def _accepted(unit: str) -> list[str]:
    found = [unit]
    for other in OTHER_UNITS:
        try:
            conversion(other, unit)
        except CodedError:
            continue
        found.append(other)
    return list(dict.fromkeys(found))


def engine(lines: pd.DataFrame) -> Result:
    """The whole computation: gases, stages, posts of each part, two views complete with their adjustments."""
    inventory = compute(lines, load_catalogue(), {"year": YEAR})
    return Result(inventory, view(inventory, "beges"), view(inventory, "ghgp"))


def merge(lines: pd.DataFrame, factors: pd.DataFrame) -> pd.DataFrame:
    """The yardstick: factor columns merged on the id, then multiplied by the quantity."""
    merged = lines[["factor_ref", "activity"]].merge(factors, left_on="factor_ref", right_on="id", how="left")
    columns = ["total", *COLUMNS]
    merged[columns] = merged[columns].mul(merged["activity"], axis=0)
    return merged


def timed(action: Callable[[], object]) -> float:
    """Seconds of one run; what it returns is freed after the clock stops."""
    start = time.perf_counter()
    kept = action()
    seconds = time.perf_counter() - start
    del kept
    return seconds


def main(count: int = LINES) -> int:
    lines = made_lines(count)
    factors = load_catalogue().table[["unit", "total", *COLUMNS]].reset_index().astype({"id": object})
    refused = len(engine(lines).refusals)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # Alternately, so that another program's load weighs on both; the best run of each is compared.
    runs = [(timed(lambda: engine(lines)), timed(lambda: merge(lines, factors))) for _ in range(RUNS)]
    engine_seconds, merge_seconds = (min(column) for column in zip(*runs, strict=True))
    times = engine_seconds / merge_seconds
    print(f"lignes                  {count:>12,}")
    print(f"dont refusées           {refused:>12,}")
    print(f"fusion et produit (s)   {merge_seconds:>12.3f}")
    print(f"moteur (s)              {engine_seconds:>12.3f}")
    print(f"rapport                 {times:>12.2f}  (au plus {MOST_TIMES:g})")
    print(f"mémoire au plus (Mio)   {peak:>12.0f}  (au plus {MOST_MEMORY_MIB})")
    return int(times > MOST_TIMES or peak > MOST_MEMORY_MIB)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else LINES))
