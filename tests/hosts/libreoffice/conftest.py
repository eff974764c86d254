"""One LibreOffice for the whole session, with our extension, and the demonstration in both kinds of workbook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from office import ENGINE, Office

from carbon_workbook.calc.oxt import build_oxt
from carbon_workbook.demo.company import demo_data
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import refresh


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "libreoffice: LibreOffice comme tableur vivant (absent : échec en CI, sauté ailleurs)"
    )


@dataclass(frozen=True)
class Demo:
    """A workbook of the demonstration and what the engine computes from it."""

    path: Path
    evaluation: Evaluation


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory, told: list[str]) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("libreoffice")
    host = Office(folder, ENGINE)
    extension = folder / "carbon_workbook.oxt"
    build_oxt(extension)
    host.install(extension)
    try:
        host.start()
        told.append(f"LibreOffice : {host.version()}, extension de {extension.stat().st_size} octets")
        yield host
    finally:
        host.stop()


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The .xlsx for LibreOffice, never refreshed."""
    path = tmp_path_factory.mktemp("plain") / "démo & cie.xlsx"
    build(path, data=demo_data(), macros=False)
    return Demo(path, evaluate(read_workbook(path)))


@pytest.fixture(scope="session")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The .xlsm, refreshed by the engine."""
    path = tmp_path_factory.mktemp("refreshed") / "démo.xlsm"
    build(path, data=demo_data(), macros=True)
    return Demo(path, refresh(path).evaluation)
