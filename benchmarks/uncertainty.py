"""Uncertainty against the clock: all views with their intervals against one merge, and draws against bare NumPy.

Run from the top of the repository: ``python -m benchmarks.uncertainty``. Exit status 1 when 100,000 lines with all
views, adjustments and analytic uncertainty take more than 6 times one merge of the factors' unit, total and gases (the
strict yardstick: the engine reads other columns too, whose merge is printed beside), or when 10,000 draws over 10,000
lines in 200 factor groups take more than twice the same draws in bare NumPy.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.engine import YEAR, made_lines, merge
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.gases import COLUMNS
from carbon_workbook.inventory.propagation import DRAWS, SEED, Exposure, draws, uncertainties
from carbon_workbook.inventory.views import views

LINES, MOST_MERGES = 100_000, 6.0
DRAWN_LINES, GROUPS, MOST_DRAWS = 10_000, 200, 2.0
RUNS, DRAWN_RUNS = 25, 3

READ = (
    "unit",
    "total",
    *COLUMNS,
    "kind",
    "gas_kind",
    "nature",
    "cutoff_pair",
    "series",
    "source",
    "uncertainty_pct",
)
"""Columns of the factors that the lines, the views and their uncertainty read."""

Floats = npt.NDArray[np.float64]


def timed(action: Callable[[], object]) -> float:
    """Seconds of processor of one run: what other programs take does not count."""
    start = time.process_time()
    kept = action()
    seconds = time.process_time() - start
    del kept
    return seconds


def with_uncertainty(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines with ± 1 to 60 % on two in three of them."""
    random = np.random.default_rng(SEED)
    uncertainty = random.uniform(0.01, 0.6, size=len(lines))
    uncertainty[random.random(len(lines)) < 1 / 3] = np.nan
    return lines.assign(uncertainty_pct=uncertainty)


def everything(lines: pd.DataFrame, **settings: str) -> list[object]:
    """Emissions of the lines, then each view with its adjustments and the interval of each of its rows."""
    inventory = compute(lines, load_catalogue(), {"year": YEAR, **settings})
    shown = views(inventory)
    return [inventory, shown, [one.adjustments for one in shown.values()], uncertainties(inventory, shown)]


def made_exposure(random: np.random.Generator) -> Exposure:
    """Lines of one post with a datum of their own, in factor groups of very unequal sizes."""
    group = (GROUPS * random.random(DRAWN_LINES) ** 2).astype(np.int64)
    kg = random.lognormal(4, 2, size=DRAWN_LINES)
    return Exposure(
        line=np.arange(DRAWN_LINES),
        activity=np.arange(DRAWN_LINES),
        activity_log=random.random(DRAWN_LINES) * 0.4,
        code=np.zeros(DRAWN_LINES, dtype=np.int16),
        row=group,
        kg=kg,
        by_stage=np.bincount(group, weights=kg, minlength=GROUPS)[None, :],
        stage_factor=np.arange(GROUPS),
        stage_log=random.random(GROUPS) * 0.6,
        kept_out=np.zeros(1),
        codes=("1.1",),
        nomenclature="beges",
    )


def bare(found: Exposure, count: int) -> Floats:
    """The same draws as one would write them: errors of the data and of the groups, multiplied and summed."""
    random = np.random.default_rng(SEED)
    totals = np.empty(count)
    step = 50
    for first in range(0, count, step):
        data = random.standard_normal((step, len(found.kg))) * (found.activity_log / 2)
        groups = random.standard_normal((step, GROUPS))[:, found.row] * (found.stage_log / 2)[found.row]
        totals[first : first + step] = (found.kg * np.exp(data + groups)).sum(axis=1)
    return totals


def numbers_only(found: Exposure, count: int) -> None:
    """Nothing but the normal numbers: what no method can do without."""
    random = np.random.default_rng(SEED)
    for _ in range(0, count, 50):
        random.standard_normal((50, len(found.kg)))


def main() -> int:
    lines = with_uncertainty(made_lines(LINES))
    factors = load_catalogue().table[list(READ)].reset_index().astype({"id": object})
    values = factors[["id", "unit", "total", *COLUMNS]]
    everything(lines)
    # In turn, and the best run of each is compared.
    runs = [
        (
            timed(lambda: everything(lines)),
            timed(lambda: merge(lines, factors)),
            timed(lambda: merge(lines, values)),
            timed(lambda: everything(lines, approach_esrs="financier")),
        )
        for _ in range(RUNS)
    ]
    ours, merged, values_only, apart = (min(column) for column in zip(*runs, strict=True))
    found = made_exposure(np.random.default_rng(SEED))
    drawn = [
        (
            timed(lambda: draws(found, DRAWS)),
            timed(lambda: bare(found, DRAWS)),
            timed(lambda: numbers_only(found, DRAWS)),
        )
        for _ in range(DRAWN_RUNS)
    ]
    our_draws, bare_draws, numbers = (min(column) for column in zip(*drawn, strict=True))
    print(f"lignes                              {LINES:>10,}")
    print(f"fusion des gaz et produit (s)       {values_only:>10.3f}")
    print(f"vues, écarts et incertitudes (s)    {ours:>10.3f}")
    print(f"rapport                             {ours / values_only:>10.2f}  (au plus {MOST_MERGES:g})")
    print(f"rapport à la fusion de tout le lu   {ours / merged:>10.2f}")
    print(f"rapport, autre contrôle en ESRS E1  {apart / values_only:>10.2f}")
    print(f"tirages × lignes                    {DRAWS:>10,} × {DRAWN_LINES:,}, {GROUPS} groupes de facteurs")
    print(f"tirages en NumPy seul (s)           {bare_draws:>10.3f}")
    print(f"dont nombres au hasard (s)          {numbers:>10.3f}")
    print(f"nos tirages (s)                     {our_draws:>10.3f}")
    print(f"rapport                             {our_draws / bare_draws:>10.2f}  (au plus {MOST_DRAWS:g})")
    return int(ours / values_only > MOST_MERGES or our_draws / bare_draws > MOST_DRAWS)


if __name__ == "__main__":
    sys.exit(main())
