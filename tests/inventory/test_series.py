"""The series that Excel and the reports draw: values by hand, orders, earlier years and trajectories."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from inventory_cases import inventory_of_rows

from carbon_workbook.inventory import series
from carbon_workbook.inventory.propagation import row_uncertainty
from carbon_workbook.inventory.series import Current, Standing
from carbon_workbook.inventory.views import views
from carbon_workbook.specs.spec import register

ROWS = {
    "combustion_fixe": [{"label": "Gaz", "quantity": 1000, "unit": "MWh PCS", "factor": "37133"}],
    "electricite": [
        {"label": "Compteur", "site": "Lyon", "quantity": 1000, "unit": "MWh", "factor": "43642"}
    ],
    "cat01": [{"label": "Acier", "quantity": 10, "unit": "t", "factor": "26729"}],
}
CODES = ("S1", "S2", *map(str, range(1, 16)))


@pytest.fixture(scope="module")
def inventory():
    return inventory_of_rows(ROWS)


@pytest.fixture(scope="module")
def shown(inventory):
    return views(inventory)


def history(*rows: dict) -> pd.DataFrame:
    columns = ["year", "view", "code", "total", *series.HISTORY_GASES]
    return pd.DataFrame(list(rows), columns=columns, dtype=object)


def entry(
    code: str, total: float | None, year: int = 2023, view: str = "GHG Protocol", **gases: float
) -> dict:
    return {"year": year, "view": view, "code": code, "total": total, **gases}


def targets(*rows: dict) -> pd.DataFrame:
    columns = [column.key for column in register("targets")]
    return pd.DataFrame(list(rows), columns=columns, dtype=object)


# --- This year -----------------------------------------------------------------------------------------------------


def test_pareto_goes_down_and_reaches_the_whole(shown) -> None:
    found = series.pareto(shown["ghgp"], CODES)
    assert list(found["code"]) == ["S1", "3", "S2", "1"]
    assert found["tonnes"].is_monotonic_decreasing
    assert found["cumulated"].iloc[-1] == pytest.approx(1.0)
    assert list(found["first"]) == [True, True, False, False]
    assert (found.loc[found["first"], "share"].sum()) >= series.FIRST_OF_TOTAL


def test_pareto_of_nothing(shown) -> None:
    assert series.pareto(shown["ghgp"], ()).empty


def test_top_factors_are_the_heaviest(inventory) -> None:
    found = series.top_factors(inventory, 2)
    assert list(found["factor_id"]) == ["37133", "43642"]
    assert found["tonnes"].tolist() == pytest.approx([215.4, 51.9])
    assert found["lines"].tolist() == [1, 1]
    assert found["share"].iloc[0] == pytest.approx(215400 / inventory.total_kg)


def test_intervals_hold_their_value_and_match_the_rows(inventory, shown) -> None:
    found = series.post_intervals(inventory, shown["ghgp"]).set_index("code")
    assert ((found["low"] < found["tonnes"]) & (found["tonnes"] < found["high"])).all()
    assert set(found.index) == {"S1", "S2", "S3", "1", "3", "T"}
    whole = row_uncertainty(inventory, shown["ghgp"]).set_index("code")
    assert found["half"]["T"] == whole["half"]["T"]
    assert found["high"]["S1"] == pytest.approx(whole["high_kg"]["S1"] / 1000)


# --- Earlier years -------------------------------------------------------------------------------------------------


def test_a_total_that_was_not_given_is_the_sum_of_its_gases() -> None:
    found = series.past(history(entry("S1", None, co2_fossil=10.0, ch4=0.5, unsplit=1.5)), "ghgp", 2023)
    assert found["S1"] == pytest.approx(12.0)


def test_blank_rows_are_not_nil() -> None:
    found = series.past(history(entry("S1", 100.0)), "ghgp", 2023)
    assert found["S1"] == 100.0
    assert all(math.isnan(found[code]) for code in ("S2", "S3", "1", "T"))


def test_the_total_waits_for_each_scope() -> None:
    rows = [entry("S1", 100.0), entry("S2", 20.0), entry("1", 300.0), entry("11", 80.0)]
    assert series.past(history(*rows), "ghgp", 2023)["S3"] == 380.0
    assert series.past(history(*rows), "ghgp", 2023)["T"] == 500.0
    assert math.isnan(series.past(history(*rows[:2]), "ghgp", 2023)["T"])


def test_scope_2_by_the_market_is_a_row_of_its_own() -> None:
    rows = history(entry("S1", 100.0), entry("S2", 20.0), entry("S2M", 5.0), entry("1", 300.0))
    assert series.past(rows, "ghgp", 2023)["S2"] == 20.0
    assert series.past(rows, "ghgp_market", 2023)["S2"] == 5.0
    assert series.past(rows, "ghgp_market", 2023)["T"] == 405.0
    assert math.isnan(series.past(history(entry("S2", 20.0)), "ghgp_market", 2023)["S2"])


def test_beges_posts_and_ghgp_categories_of_the_same_code_do_not_mix() -> None:
    rows = history(
        entry("1", 300.0), entry("1.1", 90.0, view="BEGES"), entry("2.1", 10.0, view="BEGES"),
        entry("4.1", 900.0, view="BEGES"),
    )  # fmt: skip
    found = series.past(rows, "beges", 2023)
    assert (found["1"], found["1.1"], found["4"], found["T"]) == (90.0, 90.0, 900.0, 1000.0)
    assert series.past(rows, "ghgp", 2023)["1"] == 300.0


def test_other_years_and_unknown_views_are_blank() -> None:
    rows = history(entry("S1", 100.0))
    assert math.isnan(series.past(rows, "ghgp", 2022)["S1"])
    assert math.isnan(series.past(rows, "iso", 2023)["1"])
    assert math.isnan(series.past(rows, "ghgp", None)["S1"])


def test_change_against_the_previous_year(shown) -> None:
    rows = history(entry("S1", 362.0), entry("S2", 0.0))
    found = series.against_previous(shown["ghgp"], rows, 2023).set_index("code")
    assert found["change"]["S1"] == pytest.approx(181.0 / 362.0 - 1)
    assert found["previous"]["S2"] == 0.0
    assert math.isnan(found["change"]["S2"])  # from nil
    assert math.isnan(found["previous"]["1"])
    assert math.isnan(found["change"]["1"])
    assert found["current"]["T"] == pytest.approx(shown["ghgp"].total_kg / 1000)


# --- Trajectories --------------------------------------------------------------------------------------------------

TARGET = {
    "label": "−50 %", "perimeter": "Scope 1", "kind": "absolu", "base_year": 2020, "base_value": 200.0,
    "target_year": 2030, "reduction": 0.5,
}  # fmt: skip


def one(tonnes: float = 150.0, year: int | None = 2024, past_rows: tuple[dict, ...] = (), **changes: object):
    current = Current(year, dict.fromkeys(series.perimeters(), tonnes))
    return series.trajectory(targets({**TARGET, **changes}), history(*past_rows), current)[0]


def test_straight_line_between_both_years() -> None:
    found = one()
    assert found.target == 100.0
    assert found.expected == pytest.approx(200 - 4 * 10)
    assert found.gap == pytest.approx(-10)
    assert found.standing is Standing.AHEAD
    assert found.path == ((2020, 200.0), (2030, 100.0))
    assert found.expected_in(2035) == 100.0
    assert math.isnan(found.expected_in(2019))


def test_on_the_line_is_not_behind_and_above_is() -> None:
    assert one(160.0).standing is Standing.AHEAD
    assert one(160.1).standing is Standing.BEHIND


def test_after_the_target_year_the_target_stands() -> None:
    assert one(101.0, year=2032).standing is Standing.BEHIND
    assert one(100.0, year=2032).expected == 100.0


def test_base_value_is_taken_from_history() -> None:
    found = one(base_value=None, past_rows=(entry("S1", 400.0, year=2020),))
    assert (found.base, found.target, found.standing) == (400.0, 200.0, Standing.AHEAD)
    assert found.measured == ((2020, 400.0), (2024, 150.0))


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({"base_value": None}, Standing.NO_BASE),
        ({"reduction": None}, Standing.INCOMPLETE),
        ({"target_year": 2020}, Standing.INCOMPLETE),
        ({"perimeter": "Ailleurs"}, Standing.INCOMPLETE),
        ({"base_year": None}, Standing.INCOMPLETE),
        ({"kind": "intensité"}, Standing.INTENSITY),
        ({"coverage": 0.8}, Standing.PARTIAL),
        ({"base_year": 2026}, Standing.NOT_STARTED),
    ],
)
def test_what_cannot_be_compared_says_why_and_expects_nothing(changes: dict, standing: Standing) -> None:
    found = one(**changes)
    assert found.standing is standing
    assert math.isnan(found.expected)
    assert math.isnan(found.gap)


def test_without_a_year_nothing_is_compared() -> None:
    assert one(year=None).standing is Standing.INCOMPLETE


def test_no_target_no_trajectory() -> None:
    assert series.trajectory(targets(), history(), Current(2024, {})) == ()


def test_every_perimeter_is_a_sum_of_rows_of_its_view(shown) -> None:
    current = series.current_of(shown, 2024).tonnes
    total = shown["ghgp"].total_kg / 1000
    assert current["Total GHG Protocol"] == pytest.approx(total)
    assert current["Scopes 1 et 2"] + current["Scope 3"] == pytest.approx(total)
    assert current["BEGES, directes"] + current["BEGES, indirectes"] == pytest.approx(current["BEGES, total"])
    assert current["Scope 2, marché"] == pytest.approx(shown["ghgp_market"].kg("S2") / 1000)


def test_perimeters_are_those_of_the_list() -> None:
    from carbon_workbook.specs.spec import lists, register

    column = next(column for column in register("targets") if column.key == "perimeter")
    assert list(series.perimeters()) == list(lists()[column.list])


def test_scope_3_of_an_earlier_year_sums_its_categories_the_derived_one_too():
    rows = [{"year": 2023, "view": "GHG Protocol", "code": code, "total": 1.0} for code in CODES]
    found = series.past(history(*rows), "ghgp", 2023)
    assert found["S3"] == 15.0
    assert found["T"] == 17.0
