"""The message tables: every text can be filled in, says what to do, and has its code in its room's range."""

import csv
import re
import string
from collections import Counter

import pytest

from carbon_workbook.messages import COLUMNS, Severity, message, texts
from carbon_workbook.resources import packaged

RANGES = {
    "units": "1",
    "factors": "2",
    "imports": "2",
    "inventory": "3",
    "screening": "3",
    "workbook": "4",
    "energy": "4",
    "report": "5",
    "vsme": "5",
    "excel": "6",
    "cli": "7",
    "install": "7",
    "audit": "8",
}
TABLES = sorted(packaged("data/messages").glob("*.csv"))


def rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_room_has_its_table():
    assert {path.stem for path in TABLES} == RANGES.keys()


@pytest.mark.parametrize("path", TABLES, ids=lambda p: p.stem)
def test_table_has_its_columns_and_its_range(path):
    with path.open(encoding="utf-8", newline="") as stream:
        assert tuple(next(csv.reader(stream, delimiter=";"))) == COLUMNS
    found = rows(path)
    assert [row["code"] for row in found if None in row or None in row.values()] == [], (
        "« ; » sans guillemets"
    )
    for row in found:
        assert re.fullmatch(rf"CW-{RANGES[path.stem]}\d\d", row["code"])


def test_codes_are_unique():
    count = Counter(row["code"] for path in TABLES for row in rows(path))
    assert [code for code, number in count.items() if number > 1] == []


@pytest.mark.parametrize("code", sorted(texts()))
def test_a_message_can_be_filled_in_and_says_what_to_do(code):
    text = texts()[code]
    names = placeholders(text.sentence) | placeholders(text.remedy)
    assert all(name.isidentifier() for name in names)
    filled = message(code, **dict.fromkeys(names, "valeur-fournie"))
    assert filled.sentence.count("valeur-fournie") >= len(placeholders(text.sentence))
    assert text.sentence.strip() == text.sentence != ""
    assert text.severity is not Severity.REFUSAL or text.remedy.strip()
    assert text.severity is Severity.INFO or text.explanation.strip()


def test_a_parameter_that_is_not_given_does_not_stop_the_message():
    assert "…" in message("CW-202").sentence


def test_an_unknown_code_is_a_fault_of_the_program():
    with pytest.raises(KeyError):
        message("CW-199")
