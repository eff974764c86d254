"""The demonstration's own rows: details that add up to their heads, a previous year, planted errors."""

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from math import prod
from pathlib import Path

import pytest

from carbon_workbook.demo.company import demo_data
from carbon_workbook.inventory.views import views
from carbon_workbook.report.inputs import PAST_STATES
from carbon_workbook.resources import packaged
from carbon_workbook.specs.spec import entry_sheets, lists, register, settings
from carbon_workbook.workbook.layout import registers
from carbon_workbook.workbook.origins import tonnes

MANY = 165


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


HEADS = rows_of(Path(__file__).parent / "heads.csv")


@pytest.mark.parametrize("head", HEADS, ids=lambda h: f"{h['label']} {h['columns']}")
def test_details_add_up_to_their_head(head):
    rows = [
        row
        for row in rows_of(packaged("demo") / "lines" / f"{head['sheet_key']}.csv")
        if row["label"].startswith(head["label"])
    ]
    assert len(rows) == int(head["rows"])
    assert {row["factor"] for row in rows} == {head["factor"]}
    assert not head["site"] or {row["site"] for row in rows} == {head["site"]}
    total = sum(prod(Decimal(row[column]) for column in head["columns"].split()) for row in rows)
    assert total == Decimal(head["total"])


def test_the_demonstration_is_long_and_uses_almost_every_sheet():
    entries = demo_data().entries
    assert sum(map(len, entries.values())) >= MANY
    assert set(entry_sheets()) - set(entries) == {"sols", "chaleur", "cat03", "cat14", "autres"}


def test_every_value_has_its_column_and_its_list():
    data = demo_data()
    for key, rows in data.entries.items():
        columns = {column.key: column for column in entry_sheets()[key].entered}
        for row in rows:
            assert row.keys() <= columns.keys()
            for name, value in row.items():
                column = columns[name]
                if column.type == "choice" and column.list in lists():
                    assert value in lists()[column.list], (key, row["label"], name)
                if column.numeric:
                    assert isinstance(value, (int, float))
    assert data.settings.keys() <= {setting.key for setting in settings()}
    for name in registers():
        keys = {column.key for column in register(name)}
        assert all(row.keys() <= keys for row in getattr(data, name))


def test_people_are_those_of_the_sites():
    data = demo_data()
    people = Counter()
    for row in data.entries["cat07"]:
        people[row["site"]] += row.get("people", 0)
    assert people == {row["site"]: row["headcount"] for row in data.sites}
    assert data.settings["headcount"] == sum(people.values())


def test_amounts_with_tax_give_the_amounts_of_2023_to_the_cent():
    # Lines 29, 30 and 36: HT = TTC / 1,20, then the index 2024 → 2023 of their branch.
    chain = {"43420": ("1.0000", "3100000"), "43355": ("1.0000", "4250000"), "43450": ("0.9737", "610000")}
    found = [row for row in demo_data().entries["cat01"] if row.get("amount_basis") == "TTC"]
    assert {row["factor"] for row in found} == chain.keys()
    for row in found:
        index, target = map(Decimal, chain[row["factor"]])
        net = Decimal(str(row["amount"])) / (1 + Decimal(str(row["vat_rate"]))) * index
        assert round(net, 2) == target


def test_the_previous_year_differs_by_steel_electricity_and_batteries():
    now, before = demo_data(), demo_data(2023)
    factors, quantities = Counter(), Counter()
    for key, rows in now.entries.items():
        for row, old in zip(rows, before.entries[key], strict=True):
            assert old["label"] == row["label"]
            if old.get("factor") != row.get("factor"):
                factors[row["factor"], old["factor"]] += 1
            if old.get("quantity") != row.get("quantity"):
                quantities[row["label"]] = row["quantity"] - old.get("quantity", 0)
    assert factors.keys() == {("43642", "43273"), ("FOURN-001", "43425")}
    assert quantities == {
        "Tôles d’acier galvanisé, filière neuve – Aciéries du Bugey": 84,
        "Batteries d’échange": 2600,
    }
    dates = [
        v for rows in before.entries.values() for row in rows for v in row.values() if isinstance(v, date)
    ]
    assert {d.year for d in dates} == {2023}
    assert (before.settings["year"], before.settings["comparative_year"]) == (2023, 2022)


def test_a_year_without_data_is_refused():
    with pytest.raises(ValueError, match="2021"):
        demo_data(2021)


def test_planted_errors_come_after_the_sound_rows():
    sound, faulty = demo_data(), demo_data(with_errors=True)
    planted = Counter()
    for key, rows in faulty.entries.items():
        start = len(sound.entries[key])
        assert rows[:start] == sound.entries[key]
        planted.update((key, row["label"]) for row in rows[start:])
    announced = rows_of(packaged("demo") / "errors" / "expected.csv")
    assert planted == Counter((row["sheet_key"], row["label"]) for row in announced)


def test_history_holds_the_previous_year_as_its_own_workbook_computes_it(inventory_of):
    inventory = inventory_of(2023)
    found = {name: tonnes(view) for name, view in views(inventory).items()}
    rows = [row for row in demo_data().history if row["role"] == "N-1"]
    names = {"BEGES": "beges", "GHG Protocol": "ghgp"}
    assert len(rows) == 40
    for row in rows:
        market = row["code"] == "S2M"
        values = found["ghgp_market"]["S2"] if market else found[names[row["view"]]][row["code"]]
        for key in ("co2_fossil", "ch4", "n2o", "other_gases", "unsplit", "total", "co2_biogenic"):
            assert row[key] == pytest.approx(values[key], abs=1e-5), (row["view"], row["code"], key)


def test_the_base_year_is_known_by_its_totals_only():
    rows = [row for row in demo_data().history if row["role"] == "référence"]
    assert {row["year"] for row in rows} == {2022}
    assert all("total" in row and "co2_fossil" not in row for row in rows)
    total = {row["code"]: row["total"] for row in rows}
    assert total["S1"] == sum(total[code] for code in ("1.1", "1.2", "1.3", "1.4", "1.5"))


def test_the_year_before_is_compared_once_though_it_is_the_base_year_too():
    filled = [row for row in demo_data(2023).history if "total" in row]
    assert {(row["role"], row["year"]) for row in filled} == {("N-1", 2022)}


def test_the_texts_of_the_plan_say_what_its_actions_to_come_add_up_to():
    data = demo_data()
    for kind, key in (("directe", "direct"), ("indirecte", "indirect")):
        ahead = [row for row in data.actions if row["kind"] == kind and row["status"] not in PAST_STATES]
        total = sum(row["expected_t"] for row in ahead)
        text = data.settings[f"reduction_expected_{key}_note"]
        assert text.startswith(f"{total:,}".replace(",", " ") + " tCO2e")
