"""The HTML reports in a browser: nothing on the console, nothing fetched, no rule of axe-core broken, A4 in print."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from carbon_workbook.audit.sealed import sealed_context
from carbon_workbook.demo.company import demo_data
from carbon_workbook.report.language import FRENCH, LANGUAGES
from carbon_workbook.report.render import HTML, REPORTS, render_reports, stem
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.evaluate import evaluate
from carbon_workbook.workbook.read import read_workbook

pytestmark = pytest.mark.chromium

PAGES = [
    *(("demo", language, name) for language in LANGUAGES for name in REPORTS),
    *(("errors", FRENCH, name) for name in REPORTS),
]
WIDTHS = {"bureau": 1280, "téléphone": 390}
A4 = (595, 842)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Opened:
    """A page, what it said on the console and what it asked of the network."""

    page: Page
    language: str
    address: str
    said: list[str]
    asked: list[str]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both reports of the demonstration in each language, and those of the one with seeded errors."""
    root = tmp_path_factory.mktemp("pages")
    for errors in (False, True):
        path = root / ("errors" if errors else "demo") / "démo & cie.xlsx"
        path.parent.mkdir()
        build(path, data=demo_data(with_errors=errors), macros=False)
        evaluation = evaluate(read_workbook(path))
        for language in LANGUAGES:
            render_reports(sealed_context(evaluation, language), path.parent, forms=(HTML,))
    return root


@pytest.fixture(scope="session", params=PAGES, ids=["-".join(page) for page in PAGES])
def opened(request: pytest.FixtureRequest, chromium: Browser, folder: Path) -> Iterator[Opened]:
    """A page without network."""
    case, language, name = request.param
    report = folder / case / f"{stem(name, language)}.html"
    context = chromium.new_context(offline=True, viewport={"width": WIDTHS["bureau"], "height": 900})
    found = Opened(context.new_page(), language, report.as_uri(), [], [])
    found.page.on("console", lambda message: found.said.append(message.text))
    found.page.on("pageerror", lambda error: found.said.append(str(error)))
    found.page.on("request", lambda request: found.asked.append(request.url))
    found.page.goto(found.address)
    yield found
    context.close()


def test_nothing_is_said_on_the_console_and_nothing_is_fetched(opened):
    assert opened.said == []
    assert [url for url in opened.asked if not url.startswith("data:")] == [opened.address]


def test_no_rule_of_accessibility_is_broken(opened, told):
    for name, width in WIDTHS.items():
        opened.page.set_viewport_size({"width": width, "height": 900})
        options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
        found = Axe().run(opened.page, options=options).response
        broken = {rule["id"]: [node["html"][:120] for node in rule["nodes"]] for rule in found["violations"]}
        assert broken == {}, name
        assert len(found["passes"]) > 25
    line = f"axe-core {found['testEngine']['version']} : aucune règle enfreinte"
    if line not in told:
        told.append(line)


def test_every_chart_is_drawn_and_named(opened):
    images = opened.page.locator("figure img")
    assert images.count() >= 3
    for number in range(images.count()):
        image = images.nth(number)
        assert image.evaluate("image => image.complete && image.naturalWidth > 0")
        assert "tCO2e" in image.get_attribute("alt")


def test_contents_lead_to_each_heading(opened):
    page = opened.page
    assert page.evaluate("document.documentElement.lang") == opened.language
    targets = page.eval_on_selector_all(
        "nav a", "links => links.map(link => link.getAttribute('href').slice(1))"
    )
    headings = page.eval_on_selector_all(
        "main h2[id^=s], main h3[id^=s]", "found => found.map(one => one.id)"
    )
    assert targets == [heading for heading in headings if re.match(r"s\d", heading)]


def test_the_first_key_leads_past_the_contents(opened):
    opened.page.reload()
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.className") == "skip"
    opened.page.keyboard.press("Enter")
    assert opened.page.evaluate("location.hash") == "#contenu"


def test_it_prints_on_a4_with_numbered_pages_and_whole_rows(opened):
    pdf = PdfReader(io.BytesIO(opened.page.pdf(prefer_css_page_size=True)))
    sizes = {tuple(map(round, page.mediabox[2:])) for page in pdf.pages}
    assert A4 in sizes
    assert sizes <= {A4, A4[::-1]}
    count = len(pdf.pages)
    assert count > 5
    for number, page in enumerate(pdf.pages, start=1):
        assert f"{number} / {count}" in page.extract_text()
    opened.page.emulate_media(media="print")
    styles = opened.page.evaluate(
        "() => [getComputedStyle(document.querySelector('thead')).display,"
        " getComputedStyle(document.querySelector('tbody tr')).breakInside]"
    )
    opened.page.emulate_media(media="screen")
    assert styles == ["table-header-group", "avoid"]
