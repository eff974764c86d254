"""Our functions through xlwings' DLL and COM under Wine, against functions that do nothing.

Run from the top of the repository, with Wine installed: ``python -m benchmarks.windows``. Exit status 1 when a ratio
is over its limit: a column of 5,000 rows 3 times an echo of the same block, one cell 3 times an empty function, the
first answer of a new server 1.3 times that of a trivial module.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tests.hosts.wine.windows import BOOK, BRIDGE, OURS, PROBE, Answer, Excel, excel

from carbon_workbook.demo.company import demo_data
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.package import open_package, read_table

ROWS, COLUMN_ROUNDS = 5_000, 9
CELL_CALLS, CELL_ROUNDS = 200, 9
STARTS = 7
SEED = 20241121
YEAR = 2024.0
MOST_COLUMN, MOST_CELL, MOST_START = 3.0, 3.0, 1.3
CELL = ["elec-fr", 12.5, "MWh", YEAR, ""]


def column() -> list[object]:
    """Arguments of a table column: factors and units as the demonstration mixes them, other quantities."""
    random = np.random.default_rng(SEED)
    pairs = [
        (row["factor"], row["unit"])
        for rows in demo_data().entries.values()
        for row in rows
        if row.get("factor") and row.get("unit") and not str(row["factor"]).startswith(("FOURN", "INVEST"))
    ]
    chosen = [pairs[i] for i in random.integers(len(pairs), size=ROWS)]
    amounts = random.lognormal(4, 2, size=ROWS)
    return [
        [[ref] for ref, _ in chosen],
        [[float(a)] for a in amounts],
        [[unit] for _, unit in chosen],
        YEAR,
        "",
    ]


def seconds(answer: Answer) -> float:
    if answer.error:
        raise RuntimeError(answer.error)
    return answer.seconds


def medians(rounds: int, *actions: Callable[[int], float]) -> list[float]:
    """Median of each action, all of them in turn at each round; a first round is not counted."""
    times = [[action(number) for action in actions] for number in range(rounds + 1)]
    return [statistics.median(column) for column in zip(*times[1:], strict=True)]


def call(running: Excel, module: str, function: str, arguments: list[object], times: int = 1) -> float:
    return seconds(running.caller.call(OURS, module, function, [BOOK, *arguments], times)) / times


def start(running: Excel, name: str, first: Callable[[str], float]) -> float:
    """A new server (its command line is its own) up to its first answer."""
    book = rf"C:\Bilans\{name}.xlsm"
    spent = seconds(running.activate(name, book)) + first(name)
    running.stop(name, book)
    return spent


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "banc.xlsm"
        build(path, data=demo_data())
        package = open_package(path)
    table = read_table(package, "tbl_facteurs_propres")
    own = [list(table.columns), *(list(row) for _, row in table.rows)]
    with excel(package) as running:
        seconds(running.activate(OURS))

        def trivial(name: str) -> float:
            return seconds(running.probe("nothing", BOOK, *CELL, server=name))

        def ours(name: str) -> float:
            declared = seconds(running.caller.call(name, BRIDGE, "facteurs_propres", [BOOK, own]))
            return declared + seconds(running.caller.call(name, BRIDGE, "emissions", [BOOK, *CELL]))

        block = column()
        echo, ours_column = medians(
            COLUMN_ROUNDS,
            lambda _: call(running, PROBE, "echo", block),
            lambda _: call(running, BRIDGE, "emissions", block),
        )
        nothing, ours_cell = medians(
            CELL_ROUNDS,
            lambda _: call(running, PROBE, "nothing", CELL, CELL_CALLS),
            lambda _: call(running, BRIDGE, "emissions", CELL, CELL_CALLS),
        )
        bare, ours_start = medians(
            STARTS,
            lambda number: start(running, f"vide{number}", trivial),
            lambda number: start(running, f"moteur{number}", ours),
        )
        python = running.caller.about["python"].split(" (")[0]
        print(f"Python {python} pour Windows, xlwings64-{running.version}.dll, {running.caller.calls} appels")
    measured = (
        (f"colonne de {ROWS} lignes (ms)", 1000 * echo, 1000 * ours_column, MOST_COLUMN),
        ("une cellule (ms)", 1000 * nothing, 1000 * ours_cell, MOST_CELL),
        ("première réponse (ms)", 1000 * bare, 1000 * ours_start, MOST_START),
    )
    print(f"{'':<28}{'à vide':>10}{'EMISSIONS':>12}{'rapport':>10}{'au plus':>10}")
    for name, empty, used, most in measured:
        print(f"{name:<28}{empty:>10.2f}{used:>12.2f}{used / empty:>10.2f}{most:>10g}")
    return int(any(used / empty > most for _, empty, used, most in measured))


if __name__ == "__main__":
    sys.exit(main())
