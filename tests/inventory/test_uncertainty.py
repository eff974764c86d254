"""Uncertainty: the published vectors, what sharing a factor changes, and what nothing may change."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inventory_cases import yaml_cases
from random_inventories import accepted_units, random_lines

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.propagation import (
    covariance,
    drawn_uncertainty,
    draws,
    exposure,
    factor_spread,
    first_to_improve,
    line_spread,
    line_uncertainty,
    row_percent,
    row_uncertainty,
    tornado,
    uncertainty_remarks,
)
from carbon_workbook.inventory.uncertainty import (
    gsd2_of_notes,
    gsd2_of_percent,
    gsd2_product,
    gsd2_sum,
    interval,
    ipcc_linked_sum,
    ipcc_product,
    ipcc_sum,
    notes_of,
    pedigree,
    percent_of_gsd2,
    quality_class,
)
from carbon_workbook.inventory.views import NOMENCLATURE, VIEWS, row_frame, view

CASES = yaml_cases("uncertainty.yaml")
EXACT = {"rel": 1e-9, "abs": 1e-9}
UNKNOWN = 2.5163566012590954
OWN = load_catalogue().with_own(
    pd.DataFrame(
        [
            *({"id": f"F{n}", "label": f"Facteur {n}", "unit": "kg", "total": n, "uncertainty_pct": 10 * n}
              for n in range(1, 7)),
            {"id": "EXACT", "label": "Exact", "unit": "kg", "total": 1, "uncertainty_pct": 0},
            {"id": "MUET", "label": "Sans incertitude", "unit": "kg", "total": 1},
            {"id": "RETRAIT", "label": "Stockage", "unit": "kg", "total": -2, "uncertainty_pct": 50},
        ]
    )
)  # fmt: skip


def inventory_of(rows, **chosen):
    """Rows of (factor, activity, ± fraction or None), or dicts that say more."""
    made = [
        row if isinstance(row, dict) else dict(zip(("factor_ref", "activity", "uncertainty_pct"), row, strict=True))
        for row in rows
    ]  # fmt: skip
    frame = pd.DataFrame(made)
    base = {"sheet": "autres", "posting": "autres", "activity_unit": "", "label": "Ligne", "evidence": "",
            "assumption": "", "partner": "", "meter": "", "site": "", "quality_notes": ""}  # fmt: skip
    for column, value in base.items():
        frame[column] = frame[column].fillna(value) if column in frame else value
    frame["line_id"] = [f"L{n:05d}" for n in range(1, len(frame) + 1)]
    frame["uncertainty_pct"] = pd.to_numeric(frame["uncertainty_pct"])
    return compute(frame, OWN, {"year": 2024, **chosen})


def exactly(value):
    return value if value is None else pytest.approx(value, **EXACT)


def total_of(inventory, name="beges", **options):
    return row_uncertainty(inventory, view(inventory, name), **options).set_index("code").loc["T"]


def log_of(inventory, **options):
    return math.log(total_of(inventory, **options)["gsd2"])


class TestPublishedVectors:
    @pytest.mark.parametrize("case", CASES["notes"], ids=lambda c: c["name"])
    def test_notes(self, case):
        gsd2 = gsd2_of_notes(notes_of(case["notes"]))
        assert gsd2 == pytest.approx(case["gsd2"], **EXACT)
        assert quality_class(gsd2) == case["quality"]

    @pytest.mark.parametrize("case", CASES["product"], ids=lambda c: c["name"])
    def test_product_and_interval(self, case):
        gsd2 = gsd2_product(*case["gsd2"])
        assert gsd2 == pytest.approx(case["expected"], **EXACT)
        assert interval(case["kg"], gsd2) == pytest.approx((case["low"], case["high"]), abs=5e-5)
        assert quality_class(gsd2) == case["quality"]

    @pytest.mark.parametrize("case", CASES["sum"], ids=lambda c: c["name"])
    def test_sum(self, case):
        assert gsd2_sum(case["kg"], case["gsd2"]) == exactly(case["expected"])

    @pytest.mark.parametrize("case", CASES["ipcc_product"], ids=lambda c: c["name"])
    def test_ipcc_product(self, case):
        assert ipcc_product(*case["uncertainty"]) == pytest.approx(case["expected"], **EXACT)

    @pytest.mark.parametrize(
        ("name", "formula"), [("ipcc_sum", ipcc_sum), ("ipcc_linked_sum", ipcc_linked_sum)]
    )
    def test_ipcc_sums(self, name, formula):
        for case in CASES[name]:
            assert formula(case["kg"], case["uncertainty"]) == exactly(case["expected"])

    @pytest.mark.parametrize("case", CASES["classes"], ids=lambda c: str(c["gsd2"]))
    def test_classes(self, case):
        assert quality_class(case["gsd2"]) == case["quality"]


class TestFormulas:
    def test_the_four_note_grid_is_the_five_note_one_without_its_added_levels(self):
        five, four = pedigree("cinq"), pedigree("quatre")
        assert four[:, -1] == pytest.approx(1.0)
        for row in range(5):
            assert set(four[row]) <= set(five[row])
        assert gsd2_of_notes([4] * 5, "quatre", basic=1.2) == pytest.approx(1.2, **EXACT)

    def test_a_note_that_the_grid_does_not_have_is_refused(self):
        for notes in ([6, 1, 1, 1, 1], [0, 1, 1, 1, 1], [2.5, 1, 1, 1, 1]):
            with pytest.raises(ValueError, match="notes from 1 to 5"):
                gsd2_of_notes(notes)
        with pytest.raises(KeyError):
            pedigree("dix")

    def test_notes_are_five_marks(self):
        assert notes_of("5432-")[:4].tolist() == [5, 4, 3, 2]
        assert np.isnan(notes_of("5432-")[4])
        assert [notes_of(text) for text in ("", "543", "543216", "54360", "abcde")] == [None] * 5

    @given(st.floats(0, 5))
    def test_percent_and_gsd2_are_inverse(self, uncertainty):
        assert percent_of_gsd2(gsd2_of_percent(uncertainty)) == pytest.approx(uncertainty, rel=1e-9, abs=1e-9)

    def test_a_small_percentage_is_nearly_gsd2_less_one(self):
        assert gsd2_of_percent(0.01) - 1 == pytest.approx(0.01, rel=0.01)
        exact = math.exp(1.96 * math.sqrt(math.log(1 + (0.3 / 1.96) ** 2)))
        assert gsd2_of_percent(0.3) == pytest.approx(exact, **EXACT)


class TestSharedFactors:
    """Known ratio: n equal lines of one factor, with exact data, are √n times less certain than independent ones."""

    @pytest.mark.parametrize("count", [2, 9, 100])
    def test_independence_understates_by_the_root_of_the_number_of_lines(self, count):
        inventory = inventory_of([("F3", 100, 0.0)] * count)
        independent = math.log(gsd2_sum([300.0] * count, gsd2_of_percent([0.3] * count)))
        assert log_of(inventory) / independent == pytest.approx(math.sqrt(count), **EXACT)

    def test_a_shared_factor_keeps_its_own_uncertainty(self):
        inventory = inventory_of([("F3", 100, 0.0), ("F3", 20, 0.0), ("F3", 3, 0.0)])
        assert total_of(inventory)["gsd2"] == pytest.approx(gsd2_of_percent(0.3), **EXACT)
        assert row_percent(inventory, view(inventory, "beges"))["T"] == pytest.approx(0.3, **EXACT)

    def test_lines_that_share_nothing_follow_the_published_sum(self):
        inventory = inventory_of([("F1", 100, 0.2), ("F2", 500, 0.05), ("F5", 7, 0.5)])
        gsd2 = gsd2_product(gsd2_of_percent([0.2, 0.05, 0.5]), gsd2_of_percent([0.1, 0.2, 0.5]))
        assert total_of(inventory)["gsd2"] == pytest.approx(gsd2_sum([100, 1000, 35], gsd2), **EXACT)
        percents = ipcc_product([0.2, 0.05, 0.5], [0.1, 0.2, 0.5])
        found = row_percent(inventory, view(inventory, "beges"))["T"]
        assert found == pytest.approx(ipcc_sum([100, 1000, 35], percents), **EXACT)

    def test_monetary_ratios_of_one_source_err_together(self):
        ratios = [
            {"factor_ref": ref, "activity": 10, "activity_unit": "k€ HT 2023", "uncertainty_pct": 0.0}
            for ref in ("43430", "43425", "43355")
        ]
        assert total_of(inventory_of(ratios))["gsd2"] == pytest.approx(gsd2_of_percent(0.8), **EXACT)

    def test_data_of_one_supplier_err_together_when_asked(self):
        rows = [{"factor_ref": "EXACT", "activity": 50, "uncertainty_pct": 0.2, "partner": "A"}] * 4
        rows = [*rows, {"factor_ref": "EXACT", "activity": 100, "uncertainty_pct": 0.2}]
        one = math.log(gsd2_of_percent(0.2))
        apart, together = inventory_of(rows), inventory_of(rows, activity_correlation="fournisseur")
        assert log_of(apart) == pytest.approx(one * math.sqrt(4 * 50**2 + 100**2) / 300, **EXACT)
        assert log_of(together) == pytest.approx(one * math.sqrt(200**2 + 100**2) / 300, **EXACT)

    @pytest.mark.parametrize(
        ("value", "names", "expected"),
        [
            ("fournisseur", {"partner": "Fonderie"}, 3.0),
            ("compteur", {"meter": "PDL 1", "site": "Lyon"}, 3.0),
            ("compteur", {"meter": "PDL 1", "site": ""}, 3.0),
            ("compteur", {"partner": "Fonderie"}, 1.0),
            ("fournisseur", {"partner": ""}, 1.0),
            ("aucune", {"partner": "Fonderie", "meter": "PDL 1"}, 1.0),
            (None, {"partner": "Fonderie", "meter": "PDL 1"}, 1.0),
            ("inconnu", {"partner": "Fonderie", "meter": "PDL 1"}, 1.0),
        ],
    )
    def test_nine_equal_lines_are_understated_threefold_when_nothing_is_shared(self, value, names, expected):
        rows = [{"factor_ref": "EXACT", "activity": 10, "uncertainty_pct": 0.2, **names}] * 9
        together = log_of(inventory_of(rows, activity_correlation=value))
        assert together / log_of(inventory_of(rows)) == pytest.approx(expected, **EXACT)

    def test_meters_of_one_name_on_two_sites_are_two(self):
        rows = [{"factor_ref": "EXACT", "activity": 10, "uncertainty_pct": 0.2, "meter": "Général", "site": site}
                for site in ("Lyon", "Douai")]  # fmt: skip
        together = log_of(inventory_of(rows, activity_correlation="compteur"))
        assert together == pytest.approx(log_of(inventory_of(rows)), **EXACT)

    def test_a_supplier_is_one_whatever_its_case(self):
        rows = [{"factor_ref": "EXACT", "activity": 10, "uncertainty_pct": 0.2, "partner": name}
                for name in ("FONDERIE", "Fonderie ")]  # fmt: skip
        together = log_of(inventory_of(rows, activity_correlation="fournisseur"))
        assert together == pytest.approx(math.log(gsd2_of_percent(0.2)), **EXACT)

    def test_the_setting_moves_no_emission(self):
        rows = [{"factor_ref": "F3", "activity": 50, "uncertainty_pct": 0.2, "partner": "A"}] * 4
        kg = [inventory_of(rows, activity_correlation=value).total_kg for value in (None, "fournisseur")]
        assert kg[0] == kg[1] == 600

    def test_stages_of_a_line_err_together_in_every_subtotal(self):
        rows = [{"factor_ref": "37133", "activity": 1000, "activity_unit": "kWh PCS", "uncertainty_pct": 0.0,
                 "posting": "combustion_fixe", "sheet": "combustion_fixe"}]  # fmt: skip
        inventory = inventory_of(rows)
        found = row_uncertainty(inventory, view(inventory, "ghgp")).set_index("code")
        own = OWN.table.at["37133", "uncertainty_pct"] / 100
        for code in ("S1", "3", "S3", "T"):
            assert found.at[code, "gsd2"] == pytest.approx(gsd2_of_percent(own), **EXACT)


class TestBadInput:
    def test_a_nil_row_has_no_interval(self):
        found = total_of(inventory_of([("F1", 0, 0.1)]))
        assert found["kg"] == 0
        assert found[["gsd2", "half", "low_kg", "high_kg", "quality"]].isna().all()

    def test_all_lines_refused(self):
        inventory = inventory_of([("INCONNU", 1, 0.1), ("F1", -5, 0.1)])
        shown = view(inventory, "beges")
        assert np.isnan(total_of(inventory)["gsd2"])
        assert drawn_uncertainty(inventory, shown, count=10)["gsd2"].isna().all()
        assert len(tornado(inventory, shown)) == len(first_to_improve(inventory, shown)) == 0
        assert line_uncertainty(inventory)["gsd2"].isna().all()
        assert list(uncertainty_remarks(inventory)) == []

    def test_negative_lines_are_kept_out_and_shown(self):
        found = total_of(inventory_of([("F3", 100, 0.0), ("RETRAIT", 60, 0.0)]))
        assert found["kg"] == pytest.approx(300)
        assert found["kept_out_kg"] == pytest.approx(-120)
        assert found["gsd2"] == pytest.approx(gsd2_of_percent(0.3), **EXACT)
        assert (found["low_kg"], found["high_kg"]) == pytest.approx(interval(300, found["gsd2"]))

    def test_only_negative_lines(self):
        inventory = inventory_of([("RETRAIT", 60, 0.0)])
        assert np.isnan(total_of(inventory)["gsd2"])
        assert line_uncertainty(inventory)["gsd2"].isna().all()

    def test_what_nobody_gave_is_the_worst(self):
        inventory = inventory_of([("MUET", 10, 0.0), ("EXACT", 10, None)])
        found = line_uncertainty(inventory)
        assert found["gsd2"].to_numpy() == pytest.approx([UNKNOWN, UNKNOWN], **EXACT)
        assert found["unknown"].all()
        assert (found["quality"] == 1).all()

    @pytest.mark.parametrize("typed", [-0.1, 20.0, math.inf])
    def test_an_uncertainty_out_of_reach_is_a_missing_one(self, typed):
        assert line_uncertainty(inventory_of([("EXACT", 10, typed)]))["gsd2"][0] == pytest.approx(UNKNOWN)

    def test_notes_stand_in_for_a_percentage_and_only_then(self):
        row = {"factor_ref": "EXACT", "activity": 1, "quality_notes": "13542"}
        rows = [
            row,
            row | {"uncertainty_pct": 0.05},
            row | {"quality_notes": "abc"},
            row | {"quality_notes": "-----"},
        ]
        found = line_uncertainty(inventory_of([{"uncertainty_pct": None} | one for one in rows]))["gsd2"]
        assert found.to_numpy() == pytest.approx(
            [2.0488353976695466, float(gsd2_of_percent(0.05)), UNKNOWN, UNKNOWN], **EXACT
        )

    def test_a_convention_is_exact(self):
        row = {"factor_ref": "CW-TCO2E", "activity": 3, "activity_unit": "tCO2e", "uncertainty_pct": 0.1}
        assert total_of(inventory_of([row]))["gsd2"] == pytest.approx(gsd2_of_percent(0.1), **EXACT)


LINE = st.tuples(
    st.sampled_from(["F1", "F2", "F3", "43642", "26729"]),
    st.floats(0.5, 1e5),
    st.one_of(st.none(), st.floats(0, 2)),
)
LINES = st.lists(LINE, min_size=1, max_size=12)


class TestInvariance:
    @given(LINES, st.randoms(use_true_random=False))
    @settings(max_examples=40, deadline=None)
    def test_order_changes_nothing(self, rows, random):
        mixed = random.sample(rows, len(rows))
        assert log_of(inventory_of(mixed)) == pytest.approx(log_of(inventory_of(rows)), **EXACT)

    @given(LINES, st.floats(1e-3, 1e3))
    @settings(max_examples=40, deadline=None)
    def test_scaling_every_quantity_changes_nothing(self, rows, scale):
        scaled = [(factor, activity * scale, own) for factor, activity, own in rows]
        assert log_of(inventory_of(scaled)) == pytest.approx(log_of(inventory_of(rows)), **EXACT)

    @given(st.lists(st.tuples(LINE, st.floats(0.01, 0.99)), min_size=1, max_size=8))
    @settings(max_examples=40, deadline=None)
    def test_splitting_a_line_of_exact_quantity_changes_nothing(self, rows):
        whole = [(factor, activity, 0.0) for (factor, activity, _), _ in rows]
        split = [
            (factor, activity * part, 0.0)
            for (factor, activity, _), share in rows
            for part in (share, 1 - share)
        ]
        assert log_of(inventory_of(split)) == pytest.approx(log_of(inventory_of(whole)), **EXACT)

    @given(st.lists(st.floats(0.5, 1e5), min_size=1, max_size=8), st.floats(0.01, 1))
    @settings(max_examples=25, deadline=None)
    def test_another_unit_changes_nothing(self, quantities, own):
        rows = [
            {"factor_ref": "F4", "activity": q, "activity_unit": "kg", "uncertainty_pct": own}
            for q in quantities
        ]
        tonnes = [row | {"activity": row["activity"] / 1000, "activity_unit": "t"} for row in rows]
        assert log_of(inventory_of(tonnes)) == pytest.approx(log_of(inventory_of(rows)), **EXACT)

    @given(LINES)
    @settings(max_examples=25, deadline=None)
    def test_the_covariance_of_posts_gives_every_subtotal_and_sharing_never_helps(self, rows):
        inventory = inventory_of(rows)
        for name in VIEWS:
            found = exposure(inventory, view(inventory, name))
            matrix = covariance(found)
            assert np.allclose(matrix, matrix.T)
            assert (np.linalg.eigvalsh(matrix) >= -1e-9 * max(1.0, np.trace(matrix))).all()
        own = line_uncertainty(inventory)
        assert log_of(inventory) >= math.log(gsd2_sum(inventory.block.kg, own["gsd2"])) - 1e-9


class TestAgainstTheCells:
    """The same first-order sum, written plainly from the cells of a view, whatever the inventory."""

    UNITS = {unit: accepted_units(unit) for unit in load_catalogue().table["unit"].unique()}  # noqa: RUF012

    def plain(self, inventory, shown, members):
        arrays, cells = inventory.block.arrays, shown.cells[shown.cells["code"].isin(members)]
        factor = np.append(np.repeat(np.arange(len(arrays.ids)), arrays.stage_count), -1)[cells["stage_row"]]
        table = inventory.catalogue.table
        group = np.where(table["kind"] == "monetary", table["source"], table.index)
        cells = cells.assign(factor=factor, group=np.append(group, "marché")[factor])
        kept = cells.groupby(["code", "factor"])["kg"].transform("sum") > 0
        cells = cells[kept]
        own = factor_spread(inventory.catalogue).log
        data = (cells["kg"] * line_spread(inventory.lines).log[cells["line"]]).groupby(cells["line"]).sum()
        load = cells["kg"] * np.append(own, math.log(UNKNOWN))[cells["factor"]]
        total = cells["kg"].sum()
        squares = (data**2).sum() + (load.groupby(cells["group"]).sum() ** 2).sum()
        return math.sqrt(squares) / total if total > 0 else math.nan

    @pytest.mark.parametrize("seed", range(12))
    def test_every_row_of_every_view(self, seed):
        random = np.random.default_rng(seed)
        lines = random_lines(random, 60, self.UNITS)
        lines["uncertainty_pct"] = np.where(random.random(60) < 0.6, random.random(60), np.nan)
        inventory = compute(lines, load_catalogue(), {"year": 2024})
        for name in VIEWS:
            shown = view(inventory, name)
            found = np.log(row_uncertainty(inventory, shown)["gsd2"])
            for value, (_, _, _, members) in zip(found, row_frame(NOMENCLATURE[name]), strict=True):
                assert value == pytest.approx(self.plain(inventory, shown, members), nan_ok=True, **EXACT)


class TestDraws:
    def test_one_line_is_within_its_standard_error(self):
        inventory = inventory_of([("F3", 100, 0.2)])
        drawn = (
            drawn_uncertainty(inventory, view(inventory, "beges"), count=20_000).set_index("code").loc["T"]
        )
        exact = total_of(inventory)
        assert abs(math.log(drawn["gsd2"]) - math.log(exact["gsd2"])) < 3 * drawn["error"]
        sigma = math.log(exact["gsd2"]) / 2
        error = 300 * math.exp(sigma**2 / 2) * math.sqrt(math.expm1(sigma**2) / 20_000)
        assert abs(drawn["mean_kg"] - 300 * math.exp(sigma**2 / 2)) < 3 * error

    def test_the_published_line_has_its_quantiles(self):
        """§1 caution (a): [524 ; 2 738] for the 2.5–97.5 % quantiles, where ×GSD² gives [516 ; 2 789]."""
        row = {
            "factor_ref": "EXACT",
            "activity": 1200,
            "uncertainty_pct": float(percent_of_gsd2(2.3244113410907485)),
        }
        inventory = inventory_of([row])
        drawn = (
            drawn_uncertainty(inventory, view(inventory, "beges"), count=100_000).set_index("code").loc["T"]
        )
        assert drawn["low_kg"] == pytest.approx(524, rel=0.015)
        assert drawn["high_kg"] == pytest.approx(2738, rel=0.015)
        assert drawn["mean_kg"] == pytest.approx(1311, rel=0.01)

    def test_shared_factors_are_drawn_once(self):
        inventory = inventory_of([("F3", 100, 0.0)] * 50)
        drawn = drawn_uncertainty(inventory, view(inventory, "beges")).set_index("code").loc["T"]
        assert abs(math.log(drawn["gsd2"]) - math.log(gsd2_of_percent(0.3))) < 3 * drawn["error"]

    def test_small_uncertainties_of_many_lines_agree_with_the_first_order(self):
        random = np.random.default_rng(5)
        rows = [(f"F{1 + n % 2}", float(q), 0.05) for n, q in enumerate(random.lognormal(3, 1, size=60))]
        inventory = inventory_of(rows)
        drawn = (
            drawn_uncertainty(inventory, view(inventory, "beges"), count=20_000).set_index("code").loc["T"]
        )
        assert abs(math.log(drawn["gsd2"]) - log_of(inventory)) < 3 * drawn["error"] + 0.01 * log_of(
            inventory
        )

    def test_shared_data_are_drawn_once(self):
        rows = [{"factor_ref": "EXACT", "activity": 50, "uncertainty_pct": 0.2, "partner": "A"}] * 4
        inventory = inventory_of(rows, activity_correlation="fournisseur")
        shown = view(inventory, "beges")
        drawn = drawn_uncertainty(inventory, shown).set_index("code").loc["T"]
        assert abs(math.log(drawn["gsd2"]) - math.log(gsd2_of_percent(0.2))) < 3 * drawn["error"]

    def test_a_seed_gives_its_draws_again(self):
        inventory = inventory_of([("F3", 100, 0.2), ("43642", 1e4, 0.1)])
        found = exposure(inventory, view(inventory, "beges"))
        assert (draws(found, 500, 7) == draws(found, 500, 7)).all()
        assert (draws(found, 500, 7) != draws(found, 500, 8)).any()

    def test_nothing_uncertain_draws_the_values(self):
        inventory = inventory_of([("EXACT", 100, 0.0), ("EXACT", 5, 0.0)])
        found = exposure(inventory, view(inventory, "beges"))
        assert draws(found, 3).sum(axis=1) == pytest.approx(105.0)


class TestWhatToImprove:
    def test_data_of_one_supplier_are_one_source(self):
        rows = [{"factor_ref": "EXACT", "activity": 50, "uncertainty_pct": 0.2, "partner": "Fonderie"}] * 4
        rows.append({"factor_ref": "EXACT", "activity": 100, "uncertainty_pct": 0.2})
        inventory = inventory_of(rows, activity_correlation="fournisseur")
        found = tornado(inventory, view(inventory, "beges"))
        assert found[["kind", "name", "label"]].to_numpy().tolist() == [
            ["donnée", "Fonderie", "Fonderie"], ["donnée", "L00005", "Ligne"],
        ]  # fmt: skip
        assert found["share"].tolist() == pytest.approx([0.8, 0.2], **EXACT)
        first = first_to_improve(inventory, view(inventory, "beges")).set_index("line")
        # 200² + 100² less 150² + 100² for one line of the supplier, less 200² for the last.
        assert first["gain"].to_dict() == pytest.approx(
            {4: 0.2, **dict.fromkeys(range(4), (200**2 - 150**2) / 50_000)}, **EXACT
        )

    def test_the_tornado_splits_the_variance(self):
        inventory = inventory_of([("F3", 100, 0.2), ("F3", 100, 0.0), ("F1", 10, 0.1)])
        found = tornado(inventory, view(inventory, "beges"))
        assert found["share"].sum() == pytest.approx(1.0)
        assert list(found["name"][:2]) == ["F3", "L00001"]
        first = found.iloc[0]
        assert first["high_kg"] == pytest.approx(600 * (gsd2_of_percent(0.3) - 1), **EXACT)
        assert first["low_kg"] == pytest.approx(600 * (1 / gsd2_of_percent(0.3) - 1), **EXACT)
        factor, datum = math.log(gsd2_of_percent(0.3)) * 600, math.log(gsd2_of_percent(0.2)) * 300
        assert first["share"] / found.iloc[1]["share"] == pytest.approx((factor / datum) ** 2, **EXACT)

    def test_the_line_to_improve_is_the_one_whose_exactness_helps_most(self):
        rows = [("F3", 100, 0.2), ("F3", 90, 0.0), ("F1", 10, 0.1)]
        inventory = inventory_of(rows)
        found = first_to_improve(inventory, view(inventory, "beges"))
        assert list(found["line"]) == [0, 1, 2]
        better = inventory_of([{"factor_ref": "EXACT", "activity": 300, "uncertainty_pct": 0.0}, *rows[1:]])
        assert found["half"][0] == pytest.approx(total_of(better)["half"], **EXACT)
        assert found["gain"][0] == pytest.approx(1 - (log_of(better) / log_of(inventory)) ** 2, **EXACT)


class TestRemarks:
    def codes(self, rows):
        return [note.code for note in uncertainty_remarks(inventory_of(rows))]

    def test_a_large_uncertainty_without_a_word_is_told_once_a_factor(self):
        rows = [("F3", 100, 0.0), ("F3", 50, 0.0), ("EXACT", 5, 0.5), ("F1", 5, 0.1)]
        found = [note for note in uncertainty_remarks(inventory_of(rows)) if note.code == "CW-360"]
        assert [note.parameters["factor"] for note in found] == ["F3", "EXACT"]
        assert found[0].parameters["count"] == 2
        assert found[0].line_id == "L00001 (+1)"

    @pytest.mark.parametrize("column", ["assumption", "evidence"])
    def test_a_word_is_enough(self, column):
        row = {"factor_ref": "F3", "activity": 1, "uncertainty_pct": 0.0, column: "Étude interne"}
        assert "CW-360" not in self.codes([row])

    def test_twenty_per_cent_is_not_above_twenty(self):
        assert "CW-360" not in self.codes([("F2", 1, 0.2)])

    def test_what_nobody_gave_is_counted_once(self):
        found = [
            n
            for n in uncertainty_remarks(inventory_of([("MUET", 30, 0.1), ("F1", 70, 0.1)]))
            if n.code == "CW-362"
        ]
        assert [(n.parameters["count"], n.parameters["share"]) for n in found] == [(1, "30\u202f%")]
        assert "CW-362" not in self.codes([("F1", 70, 0.1)])

    def test_a_scope_out_of_the_usual_range_is_a_remark(self):
        scope1 = {
            "factor_ref": "F4",
            "activity": 9,
            "uncertainty_pct": 0.0,
            "posting": "procedes",
            "sheet": "procedes",
        }
        found = [n for n in uncertainty_remarks(inventory_of([scope1])) if n.code == "CW-361"]
        assert [str(n.severity) for n in found] == ["info"]
        assert "CW-361" not in self.codes([scope1 | {"factor_ref": "EXACT", "uncertainty_pct": 0.08}])
