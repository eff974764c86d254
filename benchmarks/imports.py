"""Import of the full Base Carbone workbook against pandas reading the same file: ``python -m benchmarks.imports FILE``.

Prints the ratio of processor times, measured in turn in one process. Target: at most 2. An import is everything from
the file to the committed store.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from carbon_workbook.factors.imports.recognise import read_base
from carbon_workbook.factors.store import Store
from carbon_workbook.imports.files import open_source

ROUNDS = 5
TARGET = 2.0
FILE = Path(__file__).parents[2] / "shared" / "data" / "Base_Carbone_V23.6.xlsx"


def pandas_reads(path: Path) -> None:
    """The first sheet, as ``pandas.read_excel`` gives it with calamine."""
    pd.read_excel(path, engine="calamine")


def imports(path: Path) -> None:
    """The whole file into a new store."""
    with tempfile.TemporaryDirectory() as folder:
        Store(Path(folder)).add(read_base(open_source([path])))


def seconds(action: Callable[[Path], None], path: Path) -> float:
    start = time.process_time()
    action(path)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", default=FILE)
    path = parser.parse_args().file
    for action in (pandas_reads, imports):  # the first call of each pays for its libraries
        action(path)
    times = [(seconds(pandas_reads, path), seconds(imports, path)) for _ in range(ROUNDS)]
    reading, importing = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"pandas.read_excel : {reading:.2f} s ; import : {importing:.2f} s ; rapport {importing / reading:.2f} "
          f"(cible : {TARGET:g} au plus)")  # fmt: skip


if __name__ == "__main__":
    main()
