"""What the management review reads: intensities, progress of the plan, dates in order, evidence."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd
import pytest
from inventory_cases import inventory_of_rows

from carbon_workbook.inventory import management
from carbon_workbook.inventory.energy import energy
from carbon_workbook.inventory.views import views

ELECTRICITY = {"label": "Compteur", "site": "Lyon", "quantity": 1000, "unit": "MWh", "factor": "43642"}
GUARANTEE = {
    "label": "GO", "method": "instrument contractuel", "instrument_type": "garantie d'origine", "country": "FR",
    "quantity": 400, "unit": "MWh", "technology": "Éolien", "cancelled": "O", "instrument_factor": 0,
    "period_start": dt.date(2024, 1, 1), "period_end": dt.date(2024, 12, 31),
}  # fmt: skip
ACTIONS = pd.DataFrame(
    [
        {
            "action": "LED",
            "status": "réalisée",
            "expected_t": 10.0,
            "obtained_t": 12.0,
            "end": dt.date(2023, 6, 1),
        },
        {
            "action": "PAC",
            "status": "en cours",
            "expected_t": 90.0,
            "obtained_t": None,
            "end": dt.date(2026, 6, 30),
        },
        {
            "action": "Fours",
            "status": "planifiée",
            "expected_t": 5.0,
            "obtained_t": None,
            "end": dt.date(2026, 6, 30),
        },
        {"action": "Étude", "status": None, "expected_t": None, "obtained_t": None, "end": None},
    ],
    dtype=object,
)
TARGETS = pd.DataFrame([{"label": "−50 %", "perimeter": "Scope 1", "target_year": 2030}], dtype=object)
NOTHING = pd.DataFrame(columns=["action", "status", "expected_t", "obtained_t", "end"], dtype=object)


def inventory_of(**settings: object):
    return inventory_of_rows({"electricite": [ELECTRICITY], "instruments": [GUARANTEE]}, settings=settings)


def test_intensities_need_their_divisor() -> None:
    inventory = inventory_of(
        revenue=2e6, headcount=10.0, intensity_unit_label="tonne vendue", intensity_unit_count=0.0
    )
    shown = views(inventory)
    found = management.intensities(inventory, shown, energy(inventory, shown["ghgp"])).set_index("key")
    total = shown["ghgp"].total_kg / 1000
    assert found["value"]["revenue"] == pytest.approx(total / 2)
    assert found["value"]["headcount"] == pytest.approx(total / 10)
    assert math.isnan(found["value"]["unit"])
    assert found["label"]["unit"] == "tCO2e par tonne vendue"
    assert found["value"]["energy"] == pytest.approx(500)


def test_progress_by_status_and_what_has_none() -> None:
    found = management.plan_progress(ACTIONS).set_index("status")
    assert found["count"].to_dict() == {
        "réalisée": 1, "en cours": 1, "planifiée": 1, "abandonnée": 0, "statut à compléter": 1,
    }  # fmt: skip
    assert (found["expected"]["réalisée"], found["obtained"]["réalisée"]) == (10.0, 12.0)
    assert math.isnan(found["obtained"]["en cours"])
    assert found["count"].sum() == len(ACTIONS)


def test_no_action_no_progress() -> None:
    found = management.plan_progress(NOTHING)
    assert found["count"].sum() == 0
    assert list(found["status"]) == list(management.STATUSES)


def test_dates_from_the_closing_on_same_days_together() -> None:
    found = management.due_dates(inventory_of(), ACTIONS, TARGETS)
    days = list(found["day"])
    assert days == sorted(days)
    assert min(days) >= dt.date(2024, 12, 31)
    rows = {(day, kind): detail for day, kind, detail in found.itertuples(index=False)}
    assert rows[dt.date(2026, 6, 30), "Fin prévue d'actions du plan"] == "PAC et 1 autre(s)"
    assert rows[dt.date(2024, 12, 31), "Fin de période d'instruments contractuels"] == "garantie d'origine"
    assert (dt.date(2030, 12, 31), "Échéance d'objectifs") in rows
    assert (dt.date(2027, 12, 31), "Inventaire complet des catégories du scope 3") in rows


def test_no_dates_without_a_year() -> None:
    assert management.due_dates(inventory_of(year=None), ACTIONS, TARGETS).empty


def test_lines_without_evidence_and_what_they_weigh() -> None:
    proven = {**ELECTRICITY, "quantity": 3000, "evidence": "Facture 12"}
    inventory = inventory_of_rows({"electricite": [ELECTRICITY, proven]})
    count, share = management.evidence_gaps(inventory)
    assert count == 1
    assert share == pytest.approx(0.25)
