"""Both reports of three inventories, rendered once."""

import pytest
from report_cases import Case, Parsed, ParsedPage, demo_case, empty_case

from carbon_workbook.report.render import DOCX, HTML, render_reports

CASES = {
    "demo": lambda: demo_case(),
    "errors_2026": lambda: demo_case(with_errors=True, esrs_version="2026", approach_esrs="financier"),
    "empty": empty_case,
}


@pytest.fixture(scope="session", params=list(CASES))
def rendered(request, tmp_path_factory) -> tuple[Case, dict[str, Parsed]]:
    """A case and its two documents read back, by report name."""
    case = CASES[request.param]()
    paths = render_reports(case.context(), tmp_path_factory.mktemp(request.param), forms=(DOCX,))
    return case, {path.stem: Parsed(path) for path in paths}


@pytest.fixture(scope="session")
def pages(rendered, tmp_path_factory) -> dict[str, ParsedPage]:
    """The two pages of the same case read back, by report name."""
    paths = render_reports(rendered[0].context(), tmp_path_factory.mktemp("pages"), forms=(HTML,))
    return {path.stem: ParsedPage(path) for path in paths}


@pytest.fixture(scope="session")
def demonstration() -> Case:
    return demo_case()
