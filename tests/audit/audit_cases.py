"""A refreshed workbook with its evaluation and its report, made once for every test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from carbon_workbook.audit.sealed import sealed_context
from carbon_workbook.demo.company import demo_data
from carbon_workbook.report.render import render_reports
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import refresh

Typed = Callable[[dict[str, dict[str, object]]], Evaluation]
"""Types cells over, by sheet title and reference, and evaluates again without a refresh."""


@dataclass(frozen=True)
class Made:
    """A refreshed workbook, what it computes, and the BEGES report written from it."""

    path: Path
    evaluation: Evaluation
    report: Path


def made(folder: Path, *, with_errors: bool) -> Made:
    path = folder / "inventaire.xlsx"
    build(path, data=demo_data(with_errors=with_errors), macros=False)
    refresh(path)
    shutil.rmtree(folder / "sauvegardes")
    found = evaluate(read_workbook(path))
    return Made(path, found, render_reports(sealed_context(found), folder / "rapports")[0])
