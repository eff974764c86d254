"""One Wine run for the whole session, on the demonstration as refresh left it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import windows

from carbon_workbook.demo.company import demo_data
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.package import Package, open_package
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import refresh


@dataclass(frozen=True)
class Demo:
    """The demonstration, refreshed: its package, and its inventory computed again from the file."""

    package: Package
    evaluation: Evaluation


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    path: Path = tmp_path_factory.mktemp("wine") / "demo.xlsm"
    build(path, data=demo_data())
    refresh(path)
    return Demo(open_package(path), evaluate(read_workbook(path)))


@pytest.fixture(scope="session")
def excel(demo: Demo, told: list[str]) -> Iterator[windows.Excel]:
    if not windows.wine_is_there():
        if os.environ.get("CI") == "true":
            pytest.fail("Wine est absent de ce poste")
        pytest.skip("Wine est absent de ce poste : le chemin Windows n'est pas éprouvé")
    start = time.monotonic()
    with windows.excel(demo.package) as running:
        made = time.monotonic() - start
        first = running.activate(windows.OURS)
        assert not first.error, first.error
        value = running.udf("emissions", "elec-fr", 1.0, "MWh", 2024.0, "")
        yield running
        python = running.caller.about["python"].split(" (")[0]
        told += [
            f"Wine : installation prête en {made:.0f} s ; Python {python} pour Windows,"
            f" xlwings64-{running.version}.dll, commande de {len(running.line())} caractères",
            f"Wine : EMISSIONS(elec-fr ; 1 MWh ; 2024) = {value} tCO2e ; {running.caller.calls} appels par COM",
        ]
