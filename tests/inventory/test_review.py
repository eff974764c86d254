"""Critical factors left without a review: which ones, from which day, in one message."""

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest
from inventory_cases import inventory_of_rows

from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.remarks import remarks
from carbon_workbook.inventory.review import critical_factors, review_remarks
from carbon_workbook.messages import Severity

HEAVY, LIGHT = "37133", "25775"
ROWS = {
    "combustion_fixe": [{"label": "Gaz", "quantity": 400_000, "unit": "kWh PCS", "factor": HEAVY}],
    "combustion_mobile": [{"label": "Utilitaires", "quantity": 5_000, "unit": "litre", "factor": LIGHT}],
}


def reviewed(inventory: Inventory, day: str, **others: str) -> Inventory:
    """The inventory with every factor reviewed on ``day``, but ``others`` by their id after an ``f``."""
    shipped = inventory.catalogue
    days = pd.Series(day, index=shipped.table.index, dtype=object)
    for key, value in others.items():
        days[key.removeprefix("f")] = value
    return replace(inventory, catalogue=replace(shipped, table=shipped.table.assign(checked_on=days)))


def told(
    on: dt.date, day: str = "2026-01-31", others: dict[str, str] | None = None, **settings: object
) -> list[str]:
    inventory = reviewed(inventory_of_rows(ROWS, settings=settings), day, **(others or {}))
    return [note.sentence for note in review_remarks(inventory, on)]


def test_the_factors_that_carry_four_fifths_are_critical():
    inventory = inventory_of_rows(ROWS)
    found = critical_factors(inventory)
    assert list(found.index) == [HEAVY]
    assert found.sum() >= 0.8 * inventory.total_kg


def test_the_factor_that_crosses_the_limit_is_critical_too():
    less_gas = {**ROWS["combustion_fixe"][0], "quantity": 60_000}
    inventory = inventory_of_rows({**ROWS, "combustion_fixe": [less_gas]})
    assert sorted(critical_factors(inventory).index) == sorted([HEAVY, LIGHT])


@pytest.mark.parametrize(
    ("on", "months", "late"),
    [
        (dt.date(2026, 7, 30), 6, False),
        (dt.date(2026, 7, 31), 6, True),
        (dt.date(2026, 7, 31), 7, False),
        (dt.date(2026, 8, 31), 7, True),
        (dt.date(2026, 2, 28), 1, True),
        (dt.date(2026, 7, 30), None, False),
        (dt.date(2026, 7, 31), None, True),
        (dt.date(2026, 7, 31), 0, True),
    ],
)
def test_from_the_day_that_the_workbook_says(on, months, late):
    assert bool(told(on, review_months=months)) is late


def test_one_message_names_the_factors_with_their_tonnes():
    (sentence,) = told(dt.date(2027, 1, 1))
    assert HEAVY in sentence
    assert "31/01/2026" in sentence
    assert "86,16 tCO2e" in sentence
    assert LIGHT not in sentence


def test_a_factor_reviewed_since_is_not_told():
    assert told(dt.date(2027, 1, 1), others={"f37133": "2026-12-01"}) == []


def test_a_factor_without_a_review_is_not_told():
    assert told(dt.date(2027, 1, 1), "") == []


def test_the_sentence_does_not_change_with_the_day():
    assert told(dt.date(2026, 9, 1)) == told(dt.date(2029, 9, 1)) != []


def test_nothing_is_said_without_a_day():
    inventory = reviewed(inventory_of_rows(ROWS), "2020-01-01")
    assert "CW-272" not in {note.code for note in remarks(inventory)}
    found = [note for note in remarks(inventory, None, dt.date(2026, 1, 1)) if note.code == "CW-272"]
    assert [(note.severity, note.sheet, note.cell) for note in found] == [(Severity.WARNING, "", "")]
