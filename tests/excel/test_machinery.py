"""Our UDFs through xlwings' own code: registration, converters, the shape that comes back to VBA."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BOOK = "classeur.xlsm"
NOT_AVAILABLE, WRONG_VALUE = "\x022042", "\x022015"
DIVISION_BY_ZERO = -2146826281  # what pywin32 hands over for #DIV/0!
MISSING = -2147352572

CALLS: dict[str, tuple[str, list[Any]]] = {
    "scalar": ("emissions", ["37133", 1000.0, "kWh PCS", None, None]),
    "missing arguments": ("emissions", ["37133", 1000.0, MISSING, MISSING, MISSING]),
    "column": ("emissions", [[["37133"], ["zzz"], [None]], [[1.0], [1.0], [None]], None, None, None]),
    "row": ("emissions", ["37133", [[1.0, 2.0]], None, None, None]),
    "decimal": ("emissions", ["37133", {"decimal": "1000.0000"}, None, None, None]),
    "date": ("emissions", ["37133", {"date": "2024-01-02"}, None, None, None]),
    "boolean": ("emissions", ["37133", True, None, None, None]),
    "error cell": ("emissions", ["37133", [[DIVISION_BY_ZERO], [1.0]], None, None, None]),
    "accents": ("facteur", ["37133", "unité", None]),
    "detail": ("emissions_detail", ["37133", 1000.0, None, None]),
    "explained": ("expliquer", ["37133", 1000.0, "km", None]),
    "search": ("chercher_facteur", ["gaz naturel", "kWh PCS", 1.0]),
    "5,000 rows": ("emissions", [[["37133"]] * 5000, [[float(n)] for n in range(5000)], None, None, None]),
}


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    script = Path(__file__).with_name("xlwings_machinery.py")
    calls = [[name, [BOOK, *arguments]] for name, arguments in CALLS.values()]
    done = subprocess.run(
        [sys.executable, str(script)], input=json.dumps(calls), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(CALLS, (json.loads(line)["value"] for line in done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("scalar", pytest.approx(0.2154)),
        ("missing arguments", pytest.approx(0.2154)),
        ("column", [[pytest.approx(0.0002154)], [NOT_AVAILABLE], [""]]),
        ("row", [pytest.approx(0.0002154), pytest.approx(0.0004308)]),
        ("decimal", pytest.approx(0.2154)),
        ("date", WRONG_VALUE),
        ("boolean", WRONG_VALUE),
        ("error cell", [[WRONG_VALUE], [pytest.approx(0.0002154)]]),
        ("accents", "kWh PCS"),
    ],
)
def test_what_vba_receives(answers: dict[str, Any], name: str, expected: object) -> None:
    assert answers[name] == expected


def test_longer_answers(answers: dict[str, Any]) -> None:
    assert len(answers["detail"]) == 9
    assert answers["explained"].startswith("CW-112")
    assert " · " in answers["search"]
    assert len(answers["5,000 rows"]) == 5000
    assert answers["5,000 rows"][4999] == [pytest.approx(4999 * 2.154e-4)]
