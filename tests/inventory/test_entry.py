"""Rows as they are typed: the activity they make, or the refusal with its cell."""

import datetime as dt

import pandas as pd
import pytest
from inventory_cases import (
    FIRST_ROW,
    SITES,
    entry_table,
    inventory_of_rows,
    inventory_of_tables,
    letter,
    yaml_cases,
)

from carbon_workbook.inventory import market
from carbon_workbook.inventory.entry import EntryTable, lines_from_table
from carbon_workbook.inventory.remarks import remarks
from carbon_workbook.inventory.views import line_posts
from carbon_workbook.specs.spec import entry_sheets

CASES = yaml_cases("lines.yaml")
OWN = CASES["own_factors"]
GAS = {"label": "Chaufferie", "quantity": 1000, "unit": "kWh PCS", "factor": "37133"}


def of(case):
    return inventory_of_rows({case["sheet"]: [case["row"]]}, own=OWN)


@pytest.mark.parametrize("case", CASES["counted"], ids=lambda c: c["name"])
def test_a_sound_row_counts(case):
    inventory = of(case)
    line = inventory.lines.iloc[0]
    assert line["code"] == ""
    assert line["total_kg"] == pytest.approx(case["kg"], rel=1e-9)
    if "beges" in case:
        assert set(line_posts(inventory, "beges")[0].split(" + ")) == set(case["beges"].split(" + "))
        assert set(line_posts(inventory, "ghgp")[0].split(" + ")) == set(case["ghgp"].split(" + "))


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda c: c["name"])
def test_a_faulty_row_is_refused_at_its_cell(case):
    inventory = of(case)
    assert inventory.lines["code"].tolist() == [case["code"]]
    assert inventory.total_kg == 0
    place = f"{letter(case['sheet'], case['column'])}{FIRST_ROW}"
    said = [note for note in remarks(inventory) if note.code == case["code"] and note.cell == place]
    assert said
    assert said[0].sheet == entry_sheets()[case["sheet"]].title
    assert case.get("says", "") in f"{said[0].sentence} {said[0].remedy}"


@pytest.mark.parametrize("case", CASES["warned"], ids=lambda c: c["name"])
def test_a_doubtful_row_counts_and_is_told_at_its_cell(case):
    inventory = of(case)
    assert inventory.lines["code"].tolist() == [""]
    place = f"{letter(case['sheet'], case['column'])}{FIRST_ROW}"
    said = {note.code: f"{note.sentence} {note.remedy}" for note in remarks(inventory) if note.cell == place}
    assert case.get("says", "") in said[case["code"]].replace("\u202f", " ")


def test_blank_rows_are_no_lines():
    prefilled = {"site": "Lyon", "control_operational": "O", "control_financial": "O", "ets": "non"}
    inventory = inventory_of_rows({"combustion_fixe": [{}, GAS, prefilled, {"label": "   "}]})
    assert inventory.lines["row"].tolist() == [FIRST_ROW + 1]


def test_a_refused_row_leaves_its_neighbours_alone():
    rows = [GAS, {**GAS, "quantity": "beaucoup"}, {**GAS, "quantity": 10}]
    inventory = inventory_of_rows({"combustion_fixe": rows})
    assert inventory.lines["code"].tolist() == ["", "CW-102", ""]
    assert inventory.total_kg == pytest.approx(1010 * 0.2154)
    assert inventory.entered.iloc[0][["entered", "counted", "refused"]].tolist() == [3, 2, 1]


def test_each_bad_cell_of_a_row_is_told_and_the_first_code_stays():
    row = {**GAS, "quantity": "beaucoup", "site": "Atlantide", "control_operational": "?"}
    inventory = inventory_of_rows({"combustion_fixe": [row]})
    assert {note.code for note in inventory.notes} >= {"CW-102", "CW-304", "CW-303"}
    assert inventory.lines["code"].tolist() == ["CW-102"]


def test_a_row_under_the_table_is_refused_not_lost():
    table = entry_table("combustion_fixe", [GAS, GAS], below=frozenset({FIRST_ROW + 1}))
    inventory = inventory_of_tables([table])
    assert inventory.lines["code"].tolist() == ["", "CW-328"]


def test_a_copied_sheet_does_not_count_twice():
    copy = entry_table("combustion_fixe", [GAS], copied=True)
    inventory = inventory_of_tables([entry_table("combustion_fixe", [GAS]), copy])
    assert inventory.lines["code"].tolist() == ["", "CW-336"]
    assert inventory.total_kg == pytest.approx(215.4)


def test_rows_hidden_by_a_filter_count_and_it_is_said():
    inventory = inventory_of_tables([entry_table("combustion_fixe", [GAS], hidden=1)])
    assert inventory.total_kg == pytest.approx(215.4)
    assert [note.code for note in inventory.notes] == ["CW-332"]


@pytest.mark.parametrize(
    ("sheet", "missing", "code"),
    [
        ("combustion_fixe", "unit", "CW-308"),
        ("combustion_fixe", "quantity", "CW-301"),
        ("combustion_fixe", "factor", "CW-201"),
        ("cat01", "amount_basis", "CW-310"),
        ("cat02", "life_years", "CW-315"),
        ("cat04", "payer", "CW-320"),
    ],
)
def test_a_deleted_column_refuses_the_rows_that_need_it(sheet, missing, code):
    row = {
        "combustion_fixe": GAS,
        "cat01": {
            "label": "A",
            "amount": 1,
            "amount_basis": "HT",
            "currency": "EUR",
            "price_year": 2023,
            "factor": 43430,
        },
        "cat02": {
            "label": "A",
            "quantity": 1,
            "unit": "t",
            "acquisition_year": 2024,
            "life_years": 5,
            "factor": 20906,
        },
        "cat04": {
            "label": "A",
            "direction": "entrant",
            "payer": "nous",
            "mass": 1,
            "distance": 1,
            "factor": 43647,
        },
    }[sheet]
    assert inventory_of_rows({sheet: [row]}).lines["code"].tolist() == [""]
    whole = entry_table(sheet, [row])
    table = EntryTable(
        whole.spec, whole.title, whole.rows.drop(columns=missing), whole.numbers, whole.letters
    )
    assert inventory_of_tables([table]).lines["code"].tolist() == [code]


def test_a_site_written_twice_is_refused_rather_than_drawn():
    twice = [*SITES, {"site": "Lyon", "country": "DE", "control_operational": "N", "control_financial": "N"}]
    inventory = inventory_of_rows(
        {"combustion_fixe": [{**GAS, "site": "Lyon"}, {**GAS, "site": "Douai"}]}, sites=twice
    )
    assert inventory.lines["code"].tolist() == ["CW-338", ""]


def test_countries_are_compared_without_case():
    sites = [{"site": "Lyon", "country": "fr "}, {"site": "Bern", "country": "ch"}]
    rows = [{**GAS, "site": "Lyon"}, {**GAS, "site": "Bern"}]
    assert inventory_of_rows({"combustion_fixe": rows}, sites=sites).lines["national"].tolist() == [
        True,
        False,
    ]


def test_without_a_site_register_lines_are_national_and_controlled():
    line = inventory_of_rows({"combustion_fixe": [GAS]}, sites=()).lines.iloc[0]
    assert (line["code"], line["national"], line["control_operational"]) == ("", True, True)


def test_the_fingerprint_holds_what_decides_the_result():
    table = entry_table("cat02", [{"label": "A", "quantity": 1, "unit": "t", "acquisition_year": 2020.0,
                                   "life_years": 2.5, "factor": 20906.0}])  # fmt: skip
    lines, _ = lines_from_table(table, pd.DataFrame(list(SITES)), {})
    filled = [part for part in lines["fingerprint"].iloc[0].split("|") if part]
    assert filled == ["t", "2020", "2.5", "20906"]


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        (dt.date(2024, 1, 1), "45292"),
        (dt.datetime(2024, 1, 1, 18, 37, 11), "45292"),
        (45292.75, "45292"),
        ("01/01/2024", "01/01/2024"),
        (True, "1"),
        (0.0, ""),
        (None, ""),
    ],
)
def test_a_period_is_in_the_fingerprint_by_its_day(typed, text):
    for sheet in ("electricite", "instruments"):
        lines, _ = lines_from_table(
            entry_table(sheet, [{"quantity": 1, "unit": "kWh", "period_end": typed}]), pd.DataFrame(), {}
        )
        parts = lines["fingerprint"].iloc[0].split("|")
        labels = [column.key for column in entry_sheets()[sheet].affecting]
        assert dict(zip(labels, parts, strict=True))["period_end"] == text


def test_periods_are_in_the_fingerprint_where_the_market_reads_them():
    found = {key for key, spec in entry_sheets().items() if spec.column("period_start").affects}
    assert found == {
        key
        for key, spec in entry_sheets().items()
        if spec.posting in (market.ELECTRICITY, market.INSTRUMENTS)
    }
    assert found == {key for key, spec in entry_sheets().items() if spec.column("period_end").affects}
