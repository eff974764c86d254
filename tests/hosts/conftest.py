"""The hosts of the tests: what each of them did is printed at the end of the run."""

from __future__ import annotations

import pytest

DONE: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "wine: le vrai chemin Windows, sous Wine (absent : échec en CI, sauté ailleurs)"
    )


@pytest.fixture(scope="session")
def told(pytestconfig: pytest.Config) -> list[str]:
    """Lines to print at the end of the run."""
    return pytestconfig.stash.setdefault(DONE, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = config.stash.get(DONE, [])
    if lines:
        terminalreporter.section("hôtes d'essai")
        for line in lines:
            terminalreporter.write_line(line)
