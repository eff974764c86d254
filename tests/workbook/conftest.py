"""Workbooks of the demonstration, built once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from carbon_workbook.demo.company import demo_data
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.refresh import refresh


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The demonstration's workbook, as built and as refreshed, and the one with planted errors."""
    folder = tmp_path_factory.mktemp("classeurs")
    paths = {name: folder / f"{name}.xlsm" for name in ("plain", "refreshed", "errors")}
    build(paths["plain"], data=demo_data())
    shutil.copyfile(paths["plain"], paths["refreshed"])
    refresh(paths["refreshed"])
    build(paths["errors"], data=demo_data(with_errors=True))
    return paths


@pytest.fixture
def copy_of(built: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """A fresh copy of one of the built workbooks."""

    def make(name: str) -> Path:
        path = tmp_path / f"{name}.xlsm"
        shutil.copyfile(built[name], path)
        return path

    return make
