"""Both reports of a workbook of 10,000 lines against openpyxl reading the same file: ``python -m benchmarks.report``.

Prints ratios of processor times, measured in turn in one process, from the evaluated workbook to the files on disk.
Targets: the Word documents at most 2, the pages at most 1; exit status 1 above. The PDF is made by another program and
is not counted; the ratio with the reading and the computation of the workbook is printed beside.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.refresh import ROUNDS, openpyxl_reads, seconds, workbook
from carbon_workbook.audit.sealed import sealed_context
from carbon_workbook.report import charts
from carbon_workbook.report.render import DOCX, HTML, render_reports
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import refresh

TARGETS = {DOCX: 2.0, HTML: 1.0}


def evaluated(source: Path) -> tuple[Evaluation, float]:
    """A workbook read and computed, and the seconds that it took."""
    start = time.process_time()
    return evaluate(read_workbook(source)), time.process_time() - start


def reported(evaluation: Evaluation, form: str, folder: Path) -> float:
    """Seconds of both reports in one form, no chart drawn beforehand."""
    charts.picture.cache_clear()
    charts.drawing.cache_clear()
    start = time.process_time()
    render_reports(sealed_context(evaluation), folder, overwrite=True, forms=(form,))
    return time.process_time() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000)
    lines = parser.parse_args().lines
    theirs, before = [], []
    ours: dict[str, list[float]] = {form: [] for form in TARGETS}
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "source.xlsm", Path(folder) / "rapports"
        workbook(source, lines)
        refresh(source)
        for _ in range(ROUNDS):
            theirs.append(seconds(openpyxl_reads, source))
            evaluation, taken = evaluated(source)
            before.append(taken)
            for form, times in ours.items():
                times.append(reported(evaluation, form, out))
    reference = statistics.median(theirs)
    print(f"classeur de {lines} lignes ; openpyxl en lecture seule : {reference:.2f} s")
    ratios = {}
    for form, times in ours.items():
        taken = statistics.median(times)
        ratios[form] = taken / reference
        whole = (taken + statistics.median(before)) / reference
        print(f"{form:<5} {taken:.2f} s   rapport : {ratios[form]:.2f} (cible : {TARGETS[form]:g} au plus)")
        print(f"      lecture et calcul du classeur compris : {whole:.2f}")
    return int(any(ratio > TARGETS[form] for form, ratio in ratios.items()))


if __name__ == "__main__":
    sys.exit(main())
