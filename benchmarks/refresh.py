"""Refresh of a workbook of 10,000 lines against openpyxl reading the same file: ``python -m benchmarks.refresh``.

Prints the ratio of processor times, measured in turn in one process. Target: at most 2.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import openpyxl

from carbon_workbook.demo.company import demo_data
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.data import WorkbookData
from carbon_workbook.workbook.refresh import refresh

ROUNDS = 3


def workbook(path: Path, lines: int) -> None:
    """A workbook of ``lines`` entry rows: the demonstration's, repeated with other documents."""
    base = demo_data()
    entries: dict[str, list[dict[str, object]]] = {key: [] for key in base.entries}
    made = 0
    while made < lines:
        for key, rows in base.entries.items():
            if key == "instruments":
                continue
            for row in rows:
                if made < lines:
                    made += 1
                    entries[key].append({**row, "evidence": f"P-{made}"})
    build(path, data=WorkbookData(base.settings, base.sites, base.own_factors, base.categories, entries))


def openpyxl_reads(path: Path) -> None:
    """Every cell value of every sheet, read-only."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    for sheet in book.worksheets:
        for row in sheet.iter_rows(values_only=True):
            row.count(None)
    book.close()


def seconds(action: object, path: Path) -> float:
    start = time.process_time()
    action(path)  # type: ignore[operator]
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000)
    lines = parser.parse_args().lines
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source.xlsm"
        workbook(source, lines)
        ours, theirs = [], []
        for number in range(ROUNDS):
            copy = Path(folder) / f"copie{number}.xlsm"
            shutil.copyfile(source, copy)
            theirs.append(seconds(openpyxl_reads, copy))
            ours.append(seconds(refresh, copy))
        size = copy.stat().st_size / 2**20
    reference, measured = statistics.median(theirs), statistics.median(ours)
    print(f"classeur de {lines} lignes, {size:.1f} Mio une fois actualisé")
    print(f"openpyxl en lecture seule : {reference:.2f} s   actualisation complète : {measured:.2f} s")
    print(f"rapport : {measured / reference:.2f} (cible : 2 au plus)")


if __name__ == "__main__":
    main()
