"""One headless Chromium for the session; without it a test fails in CI, and is skipped elsewhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "chromium: les pages HTML dans un vrai navigateur (absent : échec en CI, sauté ailleurs)"
    )


@pytest.fixture(scope="session")
def chromium(told: list[str]) -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        said = "Chromium : absent de ce poste"
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    with sync_playwright() as playwright:
        # Root may not use Chromium's own sandbox; the pages are ours.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        told.append(f"Chromium {browser.version} : pages HTML des rapports, règles d'axe-core")
        yield browser
        browser.close()
