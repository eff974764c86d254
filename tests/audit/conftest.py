"""The demonstration's workbook, refreshed, with its evaluation and its reports; and a copy to tamper with."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit_cases import Made, Typed, made

from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.package import open_package
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.read import read_workbook


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("audit"), with_errors=False)


@pytest.fixture(scope="session")
def errors(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("audit_erreurs"), with_errors=True)


@pytest.fixture
def typed(demo: Made, tmp_path: Path) -> Typed:
    """The demonstration with cells typed over, by sheet title and reference, evaluated again without a refresh."""

    def change(cells: dict[str, dict[str, object]]) -> Evaluation:
        package = open_package(demo.path)
        path = tmp_path / demo.path.name
        path.write_bytes(package.with_parts(patch(package, cells)).packed())
        return evaluate(read_workbook(path))

    return change
