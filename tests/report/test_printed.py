"""The figures of a text: which ones count, and what a report carries of them."""

from __future__ import annotations

import pytest

from carbon_workbook.report.printed import figures_of, split, with_figures


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("Total 30\u202f805,7 tCO2e, dont 30\u202f805,7 et 847,0", {"30805,7": 2, "847,0": 1}),
        ("30,805.7 t and 1,234", {"30,805.7": 1, "1,234": 1}),
        ("en 2024, le 22/11/2026, 2026-11-22, page 12, 7 lignes", {}),
        ("2\u202f024 t et 175 lignes", {"2024": 1, "175": 1}),
        ("", {}),
    ],
)
def test_results_count_and_years_dates_and_ranks_do_not(text: str, figures: dict[str, int]) -> None:
    assert figures_of(text) == figures


def test_what_a_report_carries_reads_back() -> None:
    figures = figures_of("30\u202f805,7 et 847,0 et 847,0")
    carried = with_figures('{"format":1}', figures)
    assert carried.isascii()
    assert split(carried) == ('{"format":1}', figures)
    assert split(with_figures('{"format":1}', figures_of("rien"))) == ('{"format":1}', None)
    assert split('{"format":1}') == ('{"format":1}', None)
    assert split('{"format":1}\nautre chose') == ('{"format":1}', None)
    assert with_figures("", figures) == ""
