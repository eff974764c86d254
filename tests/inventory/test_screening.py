"""The screening: quantities known before any collection, estimated by the one engine, ranked by post and category."""

import csv

import numpy as np
import pandas as pd
import pytest
from inventory_cases import SETTINGS, inventory_of_rows, yaml_cases

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.factors.tables import ghgp_categories, posts
from carbon_workbook.inventory.posts import post_of
from carbon_workbook.inventory.screening import (
    BOTH,
    COUNTED,
    SCREENED,
    TITLE,
    completed,
    presets,
    ranking,
    screen,
    screening_table,
    sector_rows,
)
from carbon_workbook.inventory.views import VIEWS, views
from carbon_workbook.messages import Severity
from carbon_workbook.resources import packaged
from carbon_workbook.specs.spec import lists, screening_items
from carbon_workbook.units import conversion, parse_unit
from carbon_workbook.workbook import layout

CASES = yaml_cases("screening.yaml")
ITEMS = [tuple(row) for row in CASES["demonstration"]["items"]]
GAS = {"combustion_fixe": [{"label": "Gaz", "quantity": 1000, "unit": "kWh PCS", "factor": "37133"}]}


def register(items):
    """The screening register as it is read: item, quantity, unit, with the cell of each row."""
    rows = [
        {"item": item, "quantity": quantity, "unit": unit or None, "note": None, "_cell": f"A{number}"}
        for number, (item, quantity, unit) in enumerate(items, start=6)
    ]
    return pd.DataFrame(rows, columns=["item", "quantity", "unit", "note", "_cell"], dtype=object)


def screened(items, **settings):
    return screen(register(items), load_catalogue(), {**SETTINGS, **settings})


def estimates(found, view):
    """tCO2e by post of what is not nil."""
    table = completed(view, None, found.views[view])
    return {row.code: row.kg / 1000 for row in table.itertuples() if row.kg}


class TestItems:
    def test_each_item_is_of_the_catalogue_in_a_unit_that_its_factor_takes(self):
        catalogue = load_catalogue()
        for one in screening_items():
            assert parse_unit(one.unit).dimension, one.item
            if not one.posting:
                continue
            factor = catalogue.resolve(one.factor_id, 2024).id
            assert factor is not None, one.item
            unit = str(catalogue.table.at[factor, "unit"])
            if one.ratio:
                conversion(one.ratio_unit, unit)
                assert one.convention, one.item
            else:
                assert parse_unit(one.unit).dimension == parse_unit(unit).dimension, one.item

    def test_the_post_and_the_category_shown_are_those_of_the_posting_rules(self):
        for one in screening_items():
            for view, shown in (("beges", one.beges_post), ("ghgp", one.ghgp_category)):
                if one.posting:
                    code = post_of(one.posting, True, one.option, "whole", view)
                    controlled = (
                        code
                        if one.posting != "leasing_amont"
                        else post_of(one.posting, False, "", "whole", view)
                    )
                    assert shown == ("" if controlled.startswith("-") else controlled), one.item

    def test_items_are_told_apart_and_have_a_source(self):
        items = [one.item for one in screening_items()]
        assert len(items) == len(set(items))
        assert all(one.source for one in screening_items())

    def test_every_post_but_the_rare_ones_can_be_screened(self):
        screened_posts = {one.beges_post for one in screening_items()} - {""}
        assert set(posts()["post"]) - screened_posts == {"1.3", "1.5", "6.1"}
        categories = {one.ghgp_category for one in screening_items()} - {""}
        # Category 3 is derived from the energy, as in the inventory.
        assert set(ghgp_categories()["category"]) - categories == {"3"}

    def test_the_title_is_that_of_the_sheet(self):
        assert TITLE == layout.SCREENING

    def test_branches_are_series_of_the_catalogue(self):
        with (packaged("specs") / "naf_ratios.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter=";"))
        assert len({row["division"] for row in rows}) == len(rows)
        assert {row["series"] for row in rows} <= set(load_catalogue().series)


class TestSectors:
    def test_sectors_are_of_the_list_and_each_category_has_a_source(self):
        table = presets()
        assert set(table["sector"]) <= set(lists()["secteur"])
        assert (table["source"] != "").all()
        assert not table.duplicated(["sector", "category"]).any()

    @pytest.mark.parametrize(
        ("sector", "categories"),
        [
            ("industrie", ["1", "4", "11"]),
            ("commerce", ["1", "9", "12"]),
            ("services", ["6", "7", "1"]),
            ("banque et finance", ["15", "1", "6"]),
            ("construction", ["1", "2", "5"]),
            ("transport", []),
            ("", []),
        ],
    )
    def test_dominant_categories(self, sector, categories):
        assert list(sector_rows(sector, "ghgp")) == categories

    def test_as_posts(self):
        assert set(sector_rows("industrie", "beges")) == {"4.1", "4.5", "3.1", "5.1"}

    def test_a_dominant_category_without_any_quantity_is_still_asked_for(self):
        found = screened([("Électricité achetée", 1000, "")])
        order = ranking(completed("ghgp", None, found.views["ghgp"]), "ghgp", "industrie")
        asked = order[order["kg"] == 0]
        assert asked["code"].tolist() == ["1", "4", "11"]
        assert asked["sector"].all()
        assert asked["basis"].tolist() == ["", "", ""]


@pytest.mark.parametrize("case", CASES["estimates"], ids=lambda case: case["name"])
def test_published_estimates(case):
    found = screened([tuple(row) for row in case["items"]], year=case["year"])
    assert [note.code for note in found.notes if note.severity is Severity.REFUSAL] == []
    for view in ("beges", "ghgp"):
        if view in case:
            expected = pytest.approx(case[view], abs=case.get("tolerance", 1e-9))
            assert estimates(found, view) == expected


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["name"])
def test_refused_quantities(case):
    found = screened([("Électricité achetée", 1000, ""), tuple(case["item"])])
    refusals = [note for note in found.notes if note.severity is Severity.REFUSAL]
    assert [(note.code, note.sheet, note.cell) for note in refusals] == [(case["code"], "Criblage", "A7")]
    assert found.items["code"].tolist() == ["", case["code"]]
    assert estimates(found, "beges") == estimates(screened([("Électricité achetée", 1000, "")]), "beges")


class TestInvariants:
    def test_the_order_of_the_rows_does_not_matter(self):
        random = np.random.default_rng(7)
        first = screened(ITEMS)
        for _ in range(5):
            shuffled = [ITEMS[place] for place in random.permutation(len(ITEMS))]
            other = screened(shuffled)
            for view in ("beges", "ghgp"):
                assert estimates(other, view) == pytest.approx(estimates(first, view), rel=1e-12)
                order, again = (
                    ranking(completed(view, None, found.views[view]), view)["code"].tolist()
                    for found in (first, other)
                )
                assert order == again

    def test_estimates_are_the_sum_by_post_and_by_category_and_what_stands_outside(self):
        random = np.random.default_rng(11)
        for _ in range(20):
            chosen = [
                (item, float(random.lognormal(4, 3)), unit)
                for item, _, unit in ITEMS
                if random.random() < 0.5
            ]
            found = screened(chosen)
            total = found.items["kg"].sum()
            for view in VIEWS:
                table = completed(view, None, found.views[view])
                outside = found.views[view].adjustments["kg"].sum()
                assert table["kg"].sum() + outside == pytest.approx(total, rel=1e-9)

    def test_a_row_split_in_two_and_another_unit_change_nothing(self):
        whole = estimates(screened([("Électricité achetée", 1_000_000, "kWh")]), "beges")
        parts = [("Électricité achetée", 400, "MWh"), ("Électricité achetée", 600_000, "")]
        assert estimates(screened(parts), "beges") == pytest.approx(whole, rel=1e-12)

    def test_no_tonne_of_the_screening_is_in_the_inventory(self):
        inventory = inventory_of_rows(
            {"combustion_fixe": [{"quantity": 10, "unit": "kWh PCS", "factor": "37133"}]}
        )
        before = inventory.total_kg
        screen(register(ITEMS), inventory.catalogue, SETTINGS)
        assert inventory.total_kg == before


class TestNothingGiven:
    @pytest.mark.parametrize(
        "rows",
        [None, register([]), register([("Électricité achetée", None, "")])],
        ids=["none", "empty", "blank"],
    )
    def test_no_quantity(self, rows):
        found = screen(rows, load_catalogue(), SETTINGS)
        assert not found.filled
        assert found.notes == ()
        assert estimates(found, "beges") == {}
        assert ranking(completed("beges", None, found.views["beges"]), "beges").empty

    def test_everything_refused(self):
        found = screened([("Nuits", 3, ""), ("Déchets dangereux", -1, "")])
        assert found.filled
        assert [note.code for note in found.notes if note.severity is Severity.REFUSAL] == [
            "CW-371",
            "CW-306",
        ]
        order = ranking(completed("beges", None, found.views["beges"]), "beges", "industrie")
        assert order["kg"].sum() == 0
        assert not order[["magnitude", "above"]].to_numpy().any()

    def test_zero_is_a_quantity(self):
        found = screened([("Électricité achetée", 0, "")])
        assert found.filled
        assert completed("beges", None, found.views["beges"]).set_index("code").at["2.1", "basis"] == SCREENED


class TestWhatIsSaid:
    def codes(self, items, **settings):
        return [note.code for note in screened(items, **settings).notes]

    def test_conventions_once_for_all(self):
        items = [("Fluides frigorigènes rechargés", 3, ""), ("Effectif : trajets domicile-travail", 3, "")]
        notes = [note for note in screened(items).notes if note.code == "CW-372"]
        assert len(notes) == 1
        assert "2 estimation(s)" in notes[0].sentence
        assert self.codes([("Électricité achetée", 1, "")]) == []

    def test_freight_in_euros_and_in_tonne_kilometres(self):
        both = [("Fret routier payé", 1000, ""), ("Transport de marchandises payé, en euros", 3, "")]
        assert "CW-373" in self.codes(both)
        assert "CW-373" not in self.codes([both[0], ("Fret maritime payé", 1000, "")])

    def test_net_sales_are_compared_and_added_to_nothing(self):
        items = [("Chiffre d'affaires net", 1000, "k€ HT 2023"), ("Électricité achetée", 1000, "")]
        found = screened(items, naf="28.25Z")
        assert found.benchmark_kg == pytest.approx(273_000)
        assert estimates(found, "beges") == estimates(screened(items[1:]), "beges")
        assert "CW-374" in [note.code for note in found.notes]

    @pytest.mark.parametrize("naf", [None, "", "29.10Z", "zz"])
    def test_a_branch_without_a_ratio_gives_no_comparison(self, naf):
        found = screened([("Chiffre d'affaires net", 1000, "")], naf=naf)
        assert found.benchmark_kg is None
        assert found.notes == ()

    def test_net_sales_in_a_wrong_unit_are_refused(self):
        assert self.codes([("Chiffre d'affaires net", 1000, "t")], naf="28.25Z") == ["CW-112"]


class TestCompleted:
    """1 000 kWh PCS of gas counted: 181 kg in 1.1 and 34.4 kg in the energy part of 4.1."""

    def test_counted_lines_first_then_the_screening_part_by_part(self):
        counted = views(inventory_of_rows(GAS))
        guess = screened([("Gaz naturel acheté", 9_999, ""), ("Plastiques et caoutchouc", 1, "k€ HT 2023")])
        table = completed("beges", counted["beges"], guess.views["beges"]).set_index("code")
        assert table.at["1.1", "kg"] == pytest.approx(181.0)
        assert table.at["1.1", "basis"] == COUNTED
        assert table.at["4.1", "kg"] == pytest.approx(34.4 + 312.0)
        assert table.at["4.1", "basis"] == BOTH
        assert table.at["5.1", "basis"] == ""

    def test_the_table_has_the_22_posts_and_the_15_categories_with_their_decision(self):
        counted = views(inventory_of_rows(GAS))
        categories = pd.DataFrame(
            [
                {"code": "4.1", "decision": "incluse", "criteria": "secteur", "reason": "achats"},
                {"code": "C14", "decision": "exclue", "criteria": None, "reason": "aucune franchise"},
                {
                    "code": "5.4",
                    "decision": "à décider",
                    "criteria": "exposition aux risques",
                    "reason": None,
                },
            ]
        )
        table = screening_table(counted, screened([]), categories, SETTINGS)
        assert table["code"].tolist() == [code for code, _ in layout.screening()]
        found = table.set_index("code")
        assert found.loc["4.1", ["decision", "criteria", "reason"]].tolist() == [
            "incluse",
            "secteur",
            "achats",
        ]
        assert found.at["C14", "reason"] == "aucune franchise"
        assert found.at["5.4", "significant"]
        assert not found.at["5.2", "significant"]
        assert found["direct"].sum() == 5
