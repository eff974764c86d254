"""Both rules of significance per view, the user's decisions beside them, and what contradicts the regulation."""

import itertools

import numpy as np
import pandas as pd
import pytest
from inventory_cases import inventory_of_rows

from carbon_workbook.factors.tables import posts
from carbon_workbook.inventory.significance import (
    Decision,
    Rules,
    choices,
    contradictions,
    decisions_of,
    known_rules,
    of_view,
    ranked,
    rule_sources,
    rules_of,
    share_remarks,
    typical_shares,
    with_decisions,
)
from carbon_workbook.inventory.views import VIEWS, view, views
from carbon_workbook.messages import CodedError

POSTS = {"4.1": 60.0, "5.1": 15.0, "3.1": 15.0, "3.3": 6.0, "4.5": 4.0, "5.2": 0.0}

ROWS = {
    "combustion_fixe": [{"quantity": 100_000, "unit": "kWh PCS", "factor": "37133"}],
    "electricite": [{"quantity": 1_000_000, "unit": "kWh", "factor": "43642"}],
    "cat05": [{"quantity": 100, "unit": "t", "factor": "34666"}],
}


def retained(table, rule):
    return table.loc[table[rule], "code"].tolist()


class TestMagnitude:
    """At least 80 % of the indirect emissions, the heaviest first."""

    def test_the_rows_needed_to_reach_the_share(self):
        table = ranked(POSTS, 200.0)
        assert retained(table, "magnitude") == ["4.1", "5.1", "3.1"]
        assert table["cumulated"].tolist() == pytest.approx([0.6, 0.75, 0.9, 0.96, 1.0])

    def test_a_row_that_reaches_it_exactly_is_the_last(self):
        assert retained(ranked({"a": 50.0, "b": 30.0, "c": 20.0}, 100.0), "magnitude") == ["a", "b"]

    def test_tenths_that_make_eighty_percent_exactly_take_no_further_row(self):
        """0.1 + 0.7 is below 0.8 in doubles."""
        assert retained(ranked({"a": 0.7, "b": 0.1, "c": 0.1, "d": 0.1}, 1.0), "magnitude") == ["a", "b"]

    def test_a_higher_threshold_retains_more(self):
        assert retained(ranked(POSTS, 200.0, Rules(magnitude=0.95)), "magnitude") == [
            "4.1",
            "5.1",
            "3.1",
            "3.3",
        ]

    @pytest.mark.parametrize("value", [0.79, 0.5, 0.0])
    def test_a_lower_one_is_refused(self, value):
        with pytest.raises(CodedError, match="CW-363"):
            Rules(magnitude=value)
        with pytest.raises(CodedError, match="CW-363"):
            rules_of({"magnitude_pct": value})
        rules, notes = known_rules({"magnitude_pct": value, "threshold_pct": 0.1})
        assert rules == Rules(0.8, 0.1)
        assert [note.code for note in notes] == ["CW-363"]

    def test_what_is_no_number_takes_the_default(self):
        assert rules_of({"magnitude_pct": None, "threshold_pct": float("nan")}) == Rules(0.8, 0.05)

    def test_it_reaches_the_share_and_not_without_its_last_row(self):
        random = np.random.default_rng(3)
        for _ in range(200):
            values = {str(n): float(random.lognormal(0, 3)) for n in range(int(random.integers(1, 16)))}
            table = ranked(values, sum(values.values()))
            kept = table.loc[table["magnitude"], "kg"]
            assert kept.sum() >= 0.8 * table["kg"].sum() * (1 - 1e-9)
            assert kept.iloc[:-1].sum() < 0.8 * table["kg"].sum()

    def test_the_order_of_the_rows_does_not_matter(self):
        values = {"a": 5.0, "b": 40.0, "c": 25.0, "d": 30.0}
        expected = ranked(values, 100.0)
        for order in itertools.permutations(values):
            found = ranked({code: values[code] for code in order}, 100.0)
            pd.testing.assert_frame_equal(found, expected)


class TestShare:
    """At least 5 % of the total of the view, direct emissions included."""

    @pytest.mark.parametrize(
        ("whole", "expected"),
        [(200.0, ["4.1", "5.1", "3.1"]), (120.0, ["4.1", "5.1", "3.1", "3.3"]), (2000.0, [])],
    )
    def test_of_the_total(self, whole, expected):
        assert retained(ranked(POSTS, whole), "above") == expected

    def test_exactly_the_threshold_is_above(self):
        assert retained(ranked({"a": 95.0, "b": 5.0}, 100.0), "above") == ["a", "b"]

    def test_another_threshold(self):
        assert retained(ranked(POSTS, 200.0, Rules(share=0.2)), "above") == ["4.1"]


class TestNothing:
    @pytest.mark.parametrize("values", [{}, {"4.1": 0.0}, {"4.1": -5.0}])
    def test_a_nil_or_negative_whole_retains_nothing(self, values):
        table = ranked(values, sum(values.values()))
        assert table.empty
        assert list(table.columns) == ["code", "kg", "share", "cumulated", "of_total", "magnitude", "above"]

    def test_a_negative_row_is_no_part_of_the_indirect_emissions(self):
        table = ranked({"a": 90.0, "b": 10.0, "c": -40.0}, 60.0)
        assert table["code"].tolist() == ["a", "b"]
        assert table["share"].tolist() == pytest.approx([0.9, 0.1])

    def test_an_empty_inventory(self):
        inventory = inventory_of_rows({"combustion_fixe": [{"label": "x", "quantity": "x"}]})
        for name, found in views(inventory).items():
            assert of_view(found).empty, name
        assert list(share_remarks(view(inventory, "ghgp"))) == []


class TestViews:
    def test_direct_rows_are_never_chosen(self):
        assert not [code for code in choices("beges") if code.startswith("1.")]
        assert len(choices("beges")) == 17
        assert choices("beges") == choices("iso")
        assert choices("esrs") == choices("ghgp") == tuple(str(n) for n in range(1, 16))

    def test_significance_is_of_the_view(self):
        """938 kg a tonne of recycled metal for the producer in BEGES, 8 kg in GHG Protocol."""
        found = views(inventory_of_rows(ROWS))
        assert retained(of_view(found["beges"]), "magnitude") == ["4.3", "2.1"]
        assert retained(of_view(found["ghgp"]), "magnitude") == ["3"]

    def test_each_view_has_both_rules_with_their_source(self):
        table = rule_sources()
        assert set(zip(table["rule"], table["view"], strict=True)) == set(
            itertools.product(("magnitude", "share"), VIEWS)
        )
        assert table["source"].str.len().min() > 20
        assert table.groupby("rule")["value"].unique().map(list).to_dict() == {
            "magnitude": [0.8],
            "share": [0.05],
        }


def decided(**decisions):
    """Decisions by post, « 4_1 » for 4.1."""
    return {code.replace("_", "."): Decision(*value) for code, value in decisions.items()}


def told(decisions, view="beges", values=None, **settings):
    actions = settings.pop("actions", None)
    tables = {view: ranked(values or POSTS, 200.0)}
    found = contradictions(tables, decisions, settings, actions)
    return [note.code for note in found if note.code != "CW-368"]


class TestDecisions:
    def test_a_criterion_of_the_list_makes_a_small_post_significant(self):
        decisions = decided(**{"4_5": ("incluse", "potentiel de réduction", "")})
        table = with_decisions(ranked(POSTS, 200.0), "beges", decisions).set_index("code")
        assert table.at["4.5", "significant"]
        assert not table.at["3.3", "significant"]

    def test_a_criterion_of_one_s_own_does_not(self):
        decisions = decided(**{"4_5": ("incluse", "intuition", "")})
        assert (
            not with_decisions(ranked(POSTS, 200.0), "beges", decisions)
            .set_index("code")
            .at["4.5", "significant"]
        )
        assert told(decisions) == ["CW-379"]

    def test_blank_cells_decide_nothing(self):
        rows = pd.DataFrame([{"code": "4.1", "decision": None, "criteria": float("nan"), "reason": " "}])
        assert decisions_of(rows) == {"4.1": Decision("", "", "")}
        assert decisions_of(pd.DataFrame()) == {}

    def test_what_is_significant_and_undecided_is_one_remark(self):
        found = list(contradictions({"beges": ranked(POSTS, 200.0)}, decided(**{"4_1": ("incluse",)}), {}))
        assert [note.code for note in found] == ["CW-368"]
        assert "2 poste(s)" in found[0].sentence
        assert "5.1, 3.1" in found[0].sentence


class TestExclusions:
    OUT = decided(**{"4_1": ("exclue", "", "pas de donnée")})
    PLAN = pd.DataFrame([{"action": "Collecter les achats", "post": "4.1", "status": "planifiée"}])

    def test_a_significant_post_left_out(self):
        assert told(self.OUT) == ["CW-364"]
        assert told(self.OUT, first_beges="N", actions=self.PLAN) == ["CW-364"]

    def test_in_the_first_report_the_plan_must_hold_a_remedy(self):
        assert told(self.OUT, first_beges="O") == ["CW-365"]
        assert told(self.OUT, first_beges="O", actions=self.PLAN) == ["CW-366"]

    @pytest.mark.parametrize(
        "change", [{"post": "5.1"}, {"status": "abandonnée"}, {"action": None}, {"post": None}]
    )
    def test_what_is_no_remedy(self, change):
        assert told(self.OUT, first_beges="O", actions=self.PLAN.assign(**change)) == ["CW-365"]

    def test_a_post_with_its_label_is_a_remedy_too(self):
        plan = self.PLAN.assign(post="4.1 · Achats de biens")
        assert told(self.OUT, first_beges="O", actions=plan) == ["CW-366"]

    def test_a_small_post_may_be_left_out(self):
        assert told(decided(**{"4_5": ("exclue", "", "négligeable")})) == []

    def test_a_category_is_told_once_with_its_views(self):
        table = ranked({"1": 90.0, "4": 10.0}, 100.0)
        found = list(contradictions({"ghgp": table, "esrs": table}, {"C1": Decision("exclue")}, {}))
        assert [note.code for note in found] == ["CW-367", "CW-368"]
        assert "(GHG Protocol et ESRS E1)" in found[0].sentence

    def test_every_post_of_the_nomenclature_but_the_direct_ones_can_be_told(self):
        for code in posts()["post"]:
            expected = [] if code.startswith("1.") else ["CW-364"]
            values = {one: 1.0 for one in choices("beges") if one == code}
            assert told({code: Decision("exclue")}, values=values or {"4.1": 1.0}) == expected


class TestIndicativeShares:
    def test_those_of_the_guide(self):
        assert typical_shares()["1"] == (30.0, 60.0)
        assert typical_shares()["11"] == (0.0, 50.0)
        assert not {"8", "10", "13", "14", "15"} & set(typical_shares())

    def test_two_remarks_for_the_whole_view(self):
        rows = {
            "cat06": [{"distance": 1000, "unit": "km", "factor": "43791"}],
            "electricite": [{"quantity": 1_000_000, "unit": "kWh", "factor": "43642"}],
        }
        notes = list(share_remarks(view(inventory_of_rows(rows), "ghgp")))
        assert [note.code for note in notes] == ["CW-370", "CW-369"]
        assert "(3)" in notes[0].sentence
        assert "3 (" in notes[1].sentence
