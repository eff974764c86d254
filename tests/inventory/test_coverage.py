"""Months that a recurrent source lacks, and dates that cannot be of the year."""

import calendar
import datetime as dt
import itertools

import numpy as np
import pytest
from inventory_cases import inventory_of_rows

from carbon_workbook.inventory.coverage import covered_months
from carbon_workbook.inventory.remarks import remarks


def month(number, year=2024):
    last = calendar.monthrange(year, number)[1]
    return {"period_start": dt.date(year, number, 1), "period_end": dt.date(year, number, last)}


POWER = {"label": "Électricité", "site": "Lyon", "quantity": 1000, "unit": "kWh", "factor": "43642"}
OIL = {"label": "Fioul", "site": "Lyon", "quantity": 100, "unit": "litre", "factor": "14087"}


def said(sheet, rows, code="CW-397", **options):
    inventory = inventory_of_rows({sheet: rows}, **options)
    return [note for note in remarks(inventory) if note.code == code]


class TestMissingMonths:
    def test_eleven_months_of_twelve_name_the_twelfth_and_the_proration(self):
        rows = [{**POWER, **month(n), "meter": "PDL-1"} for n in range(1, 13) if n != 8]
        (note,) = said("electricite", rows)
        assert "compteur PDL-1 : 11 mois sur 12 en 2024, il manque août." in note.sentence
        # 11 × 1 000 kWh × 0.0519 = 0.571 t, 0.623 over twelve months
        assert "0,6 tCO2e comptées, 0,6 sur douze mois" in note.remedy
        assert note.line_id.endswith("(+10)")

    @pytest.mark.parametrize(
        "rows",
        [
            [month(n) for n in range(1, 13)],
            [{"period_start": dt.date(2024, 1, 1), "period_end": dt.date(2024, 12, 31)}],
            [{"period_start": dt.date(2023, 12, 15), "period_end": dt.date(2025, 1, 14)}],
            [{}],
            [month(1), {}],
        ],
        ids=["mois", "année", "à cheval", "sans dates", "une ligne sans dates"],
    )
    def test_a_whole_year_says_nothing(self, rows):
        assert said("electricite", [{**POWER, **row, "label": f"n° {n}"} for n, row in enumerate(rows)]) == []

    def test_readings_on_the_tenth_cover_every_month(self):
        edges = [dt.date(2023, 12, 10), *(dt.date(2024, n, 10) for n in range(1, 13)), dt.date(2025, 1, 10)]
        rows = [{**POWER, "period_start": a, "period_end": b} for a, b in itertools.pairwise(edges)]
        assert said("electricite", rows) == []

    def test_each_meter_and_site_has_its_year(self):
        whole = [{**POWER, **month(n), "meter": "PDL-1"} for n in range(1, 13)]
        partial = [{**POWER, **month(n), "meter": "PDL-2", "site": "Douai"} for n in range(1, 7)]
        (note,) = said("electricite", whole + partial)
        assert "Douai, compteur PDL-2 : 6 mois" in note.sentence
        assert "juillet, août, septembre, octobre, novembre, décembre" in note.sentence

    def test_a_delivery_is_no_subscription_but_three_periods_are(self):
        assert said("combustion_fixe", [{**OIL, **month(2)}]) == []
        rows = [{**OIL, **month(n)} for n in (1, 2, 3)]
        assert len(said("combustion_fixe", rows)) == 1

    def test_two_halves_of_a_month_make_it(self):
        halves = [
            {**POWER, "period_start": dt.date(2024, 1, 1), "period_end": dt.date(2024, 12, 10)},
            {**POWER, "period_start": dt.date(2024, 12, 11), "period_end": dt.date(2024, 12, 20)},
        ]
        assert said("electricite", halves) == []

    def test_without_a_year_nothing_can_be_missing(self):
        assert said("electricite", [{**POWER, **month(1)}], settings={"year": None}) == []

    def test_a_refused_month_is_a_missing_one(self):
        rows = [{**POWER, **month(n)} for n in range(1, 13)]
        rows[4] = {**rows[4], "quantity": "illisible"}
        (note,) = said("electricite", rows)
        assert "il manque mai." in note.sentence


class TestDates:
    @pytest.mark.parametrize(
        ("period", "found"),
        [(month(1, 2023), 1), (month(3), 0),
         ({"period_start": dt.date(2023, 12, 20), "period_end": dt.date(2024, 1, 20)}, 1)],
    )  # fmt: skip
    def test_out_of_the_year(self, period, found):
        assert len(said("combustion_fixe", [{**OIL, **period}], "CW-398")) == found

    def test_one_message_a_sheet(self):
        rows = [{**OIL, **month(n, 2023)} for n in range(1, 6)]
        (note,) = said("combustion_fixe", rows, "CW-398")
        assert "5 ligne(s)" in note.sentence
        assert "01/01/2023 au 31/01/2023" in note.sentence

    def test_an_asset_in_service_is_of_every_year(self):
        asset = {"label": "Presse", "quantity": 1, "unit": "t", "factor": "20906", "acquisition_year": 2015}
        served = {"life_years": 15, "period_start": dt.date(2015, 1, 1), "period_end": dt.date(2029, 12, 31)}
        asset |= served
        assert said("cat02", [asset], "CW-398") == []

    def test_a_period_backwards_is_told_and_covers_nothing(self):
        rows = [{**POWER, "period_start": dt.date(2024, 12, 31), "period_end": dt.date(2024, 1, 1)}]
        (note,) = said("electricite", rows, "CW-399")
        assert "31/12/2024 au 01/01/2024" in note.sentence


@pytest.mark.parametrize(
    "dates", [{"period_start": dt.date(2024, 3, 1)}, {"period_end": dt.date(2024, 3, 31)}]
)
def test_a_period_half_typed_is_told_once_a_sheet(dates):
    (note,) = said("electricite", [{**POWER, **dates}, {**POWER, **dates, "quantity": 2}], "CW-385")
    assert note.sentence.startswith("2 ligne(s)")
    assert note.line_id.endswith("(+1)")


def test_no_period_and_a_whole_one_are_not_half_typed():
    assert said("electricite", [POWER, {**POWER, **month(3), "quantity": 2}], "CW-385") == []


def test_a_month_needs_half_its_days():
    start = np.array(["2024-01-10", "2024-02-01"], dtype="datetime64[D]")
    end = np.array(["2024-01-23", "2024-02-15"], dtype="datetime64[D]")
    found = covered_months(np.array([0, 0]), start, end, 2024, 1)[0]
    assert found[:3].tolist() == [False, True, False]
