"""Views of one set of lines: complete, each difference named, the bridges closing."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inventory_cases import inventory_of_rows
from random_inventories import accepted_units, random_lines, random_rows

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.gases import COLUMNS, GASES, STAGES
from carbon_workbook.inventory.posts import reasons
from carbon_workbook.inventory.views import VIEWS, bridge, line_posts, view, views
from carbon_workbook.specs.spec import entry_sheets

RANDOM_INVENTORIES = 1000
MACHINE = {"label": "Presse", "quantity": 1, "unit": "t", "factor": "20906"}  # 5 500 kgCO2e
CATALOGUE = load_catalogue()
UNITS = {unit: accepted_units(unit) for unit in CATALOGUE.table["unit"].unique()}


def adjustments(found):
    return dict(zip(found.adjustments["reason"], found.adjustments["kg"], strict=True))


def check(inventory):
    """What holds for any inventory."""
    lines = inventory.lines
    total = float(np.nansum(lines["total_kg"]))
    size = float(np.nansum(np.abs(lines["total_kg"]))) or 1.0
    entered = inventory.entered
    assert entered["entered"].sum() == len(lines)
    assert (entered["counted"] + entered["refused"] == entered["entered"]).all()
    assert (lines["total_kg"].isna() == (lines["code"] != "")).all()
    gases = lines.loc[inventory.block.counted, list(GASES)].sum(axis=1)
    assert np.allclose(gases, lines.loc[inventory.block.counted, "total_kg"], rtol=1e-9, atol=1e-9)
    by_line = np.bincount(inventory.parts.line, weights=inventory.parts.kg, minlength=len(lines))
    assert np.allclose(by_line, lines["total_kg"].fillna(0), rtol=1e-9, atol=1e-9)
    found = views(inventory)
    for one in found.values():
        assert np.isfinite(one.total_kg)
        scale = size + abs(one.total_kg) + one.adjustments["kg"].abs().sum()
        assert abs(one.total_kg + one.adjustments["kg"].sum() - total) <= 1e-9 * scale
        assert abs(one.gap_kg) <= 1e-9 * scale
        assert abs(one.kg("T") - one.total_kg) <= 1e-9 * scale
        assert abs(one.cells["kg"].sum() - one.total_kg) <= 1e-9 * scale
        assert abs(one.details["kg"].sum() - one.adjustments["kg"].sum()) <= 1e-9 * scale
        check_apart(one, scale)
        rows = one.rows[one.rows["code"] != "T"]
        assert abs(rows.loc[rows["level"] == 0, "total"].sum() - one.total_kg) <= 1e-9 * scale
        assert np.allclose(one.rows[list(GASES)].sum(axis=1), one.rows["total"], rtol=1e-9, atol=1e-9 * scale)
    for left, right in itertools.pairwise(found.values()):
        steps = bridge(left, right)["kg"].to_numpy()
        scale = size + abs(steps).sum()
        assert abs(steps[:-1].sum() - steps[-1]) <= 1e-9 * scale


def check_apart(one, scale):
    """What a view holds or leaves out by itself is what its cells and its adjustments say."""
    apart, moved = one.apart.set_index("code"), adjustments(one)
    kind = one.draft.stage_kind[one.cells["stage_row"]]
    held = one.cells.loc[kind == STAGES.index("contrails"), "kg"].sum()
    assert abs(apart.at["T", "contrails"] - held) <= 1e-9 * scale
    assert apart.at["T", "removals"] <= 0
    inside = {"contrails_out": "trainees", "removals": "absorptions"}
    for column, reason in inside.items():
        assert abs(apart.at["T", column] - moved.get(reason, 0.0)) <= 1e-9 * scale
    assert (apart["contrails"] * apart["contrails_out"] == 0).all()


def test_a_thousand_random_inventories_close():
    random = np.random.default_rng(2024)
    seen, codes, moved = set(), set(), set()
    for number in range(RANDOM_INVENTORIES):
        lines = random_lines(random, int(random.integers(1, 40)), UNITS)
        chosen = {
            "year": None if number % 50 == 0 else 2024,
            "approach": ("opérationnel", "financier")[number % 2],
            "approach_esrs": ("financier", "opérationnel")[number % 3 > 0],
            "contrails_beges": ("incluses", "exclues")[number % 5 == 0],
            "losses_convention": (None, "cycle de vie", "combustion seule")[number % 3],
        }
        if number % 4 == 0:
            lines = pd.concat([lines, power_and_instruments(random)], ignore_index=True)
        inventory = compute(lines, CATALOGUE, chosen)
        check(inventory)
        for one in views(inventory).values():
            moved |= set(one.adjustments["reason"])
        seen |= set(lines["sheet"])
        codes |= set(inventory.lines["code"])
    assert seen == set(entry_sheets())
    assert {"", "CW-201", "CW-202", "CW-203", "CW-306", "CW-330", "CW-111", "CW-316", "CW-319", "CW-322", "CW-323",
            "CW-341", "CW-382"} <= codes  # fmt: skip
    assert moved == set(reasons()) - {"instruments"}


def test_rows_filled_with_anything_are_counted_or_refused():
    random, counted, codes = np.random.default_rng(7), 0, set()
    for number in range(8):
        rows = {key: random_rows(random, spec, 12) for key, spec in entry_sheets().items()}
        inventory = inventory_of_rows(rows, settings={"approach": ("opérationnel", "financier")[number % 2]})
        check(inventory)
        counted += len(inventory.counted)
        codes |= set(inventory.refused["code"])
    assert counted > 0
    assert len(codes) > 15


SEEDS = st.integers(0, 10**6)


def totals(inventory):
    return np.array([[one.total_kg, *one.rows["total"]] for one in views(inventory).values()], dtype=object)


def same(left, right):
    for one, other in zip(totals(left), totals(right), strict=True):
        one, other = np.array(one, dtype=float), np.array(other, dtype=float)
        assert np.allclose(one, other, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(one).max()))


def power_and_instruments(random, count=12):
    """Electricity over months of two countries, and instruments that may exceed it."""
    lines = random_lines(random, 8 * count, UNITS)
    lines = lines[lines["code"] == ""].tail(count).reset_index(drop=True)
    power = random.random(len(lines)) < 0.5
    grid = np.where(random.random(len(lines)) < 0.8, "43642", "43273")
    return lines.assign(
        sheet=np.where(power, "electricite", "instruments"),
        posting=np.where(power, "electricite", "instruments"),
        kinds="",
        factor_ref=np.where(power, grid, None),
        activity=random.random(len(lines)) * np.where(power, 1500, 1000),
        activity_unit="kWh",
        country=np.where(random.random(len(lines)) < 0.7, "FR", "DE"),
    )


def some_lines(seed, count=25):
    random = np.random.default_rng(seed)
    return pd.concat([random_lines(random, count, UNITS), power_and_instruments(random)], ignore_index=True)


APART = {"year": 2024, "approach_esrs": "financier", "losses_convention": "combustion seule"}


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_the_order_of_lines_does_not_matter(seed):
    lines = some_lines(seed)
    shuffled = lines.sample(frac=1, random_state=seed)
    same(compute(lines, CATALOGUE, APART), compute(shuffled, CATALOGUE, APART))


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.floats(0.01, 0.99))
def test_splitting_each_line_in_two_does_not_matter(seed, share):
    lines = some_lines(seed)
    halves = [lines.assign(activity=lines["activity"] * part) for part in (share, 1 - share)]
    split = pd.concat(halves, ignore_index=True)
    same(compute(lines, CATALOGUE, APART), compute(split, CATALOGUE, APART))


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_writing_a_quantity_in_another_unit_does_not_matter(seed):
    lines = some_lines(seed)
    swap = {"t": ("kg", 1e3), "kg": ("t", 1e-3), "kWh": ("MWh", 1e-3), "MWh": ("kWh", 1e3), "km": ("m", 1e3)}
    other = lines.copy()
    for row, unit in enumerate(lines["activity_unit"]):
        label, ratio = swap.get(unit, (unit, 1.0))
        other.loc[row, "activity_unit"], other.loc[row, "activity"] = label, lines.at[row, "activity"] * ratio
    same(compute(lines, CATALOGUE, APART), compute(other, CATALOGUE, APART))


class TestCapitalGoods:
    """Decision B8: BEGES and ISO total ÷ life while in service, GHG Protocol and ESRS whole the year it is bought."""

    @pytest.mark.parametrize(
        ("bought", "life", "sold", "beges", "ghgp"),
        [
            (2024, 10, None, 550, 5500),
            (2015, 10, None, 550, 0),
            (2014, 10, None, 0, 0),
            (2025, 10, None, 0, 0),
            (2020, 10, 2023, 0, 0),
            (2020, 10, 2024, 550, 0),
            (2020, 10, 2025, 550, 0),
            (2022, 2.5, None, 1100, 0),
            (2023, 2.5, None, 2200, 0),
            (2024, 0.5, None, 5500, 5500),
            (2024, 1, None, 5500, 5500),
        ],
    )
    def test_the_share_of_the_year(self, bought, life, sold, beges, ghgp):
        row = {**MACHINE, "acquisition_year": bought, "life_years": life, "disposal_year": sold}
        inventory = inventory_of_rows({"cat02": [row]})
        for name, kg in (("beges", beges), ("iso", beges), ("ghgp", ghgp), ("esrs", ghgp)):
            found = view(inventory, name)
            assert found.total_kg == pytest.approx(kg)
            assert adjustments(found).get("immobilisations", 0.0) == pytest.approx(5500 - kg)

    @pytest.mark.parametrize("life", [1, 2.5, 3, 0.4, 7.99, 40])
    def test_a_whole_life_charges_the_whole_asset_once(self, life):
        row = {**MACHINE, "acquisition_year": 2000, "life_years": life}
        years = [
            view(inventory_of_rows({"cat02": [row]}, settings={"year": year}), "beges").total_kg
            for year in range(1999, 2043)
        ]
        assert sum(years) == pytest.approx(5500)
        assert years[0] == years[-1] == 0

    def test_without_a_year_nothing_is_claimed(self):
        row = {**MACHINE, "acquisition_year": 2024, "life_years": 10}
        inventory = inventory_of_rows({"cat02": [row]}, settings={"year": None})
        assert view(inventory, "beges").total_kg == view(inventory, "ghgp").total_kg == 0
        assert inventory.total_kg == pytest.approx(5500)


class TestRecycling:
    """Decision B3: the producer of waste in BEGES, the user of recycled matter in the GHG Protocol."""

    @pytest.mark.parametrize(("quantity", "unit"), [(2, "t"), (2000, "kg")])
    def test_the_factor_changes_with_the_view_whatever_the_unit(self, quantity, unit):
        row = {"label": "Cartons", "quantity": quantity, "unit": unit, "factor": "34480"}
        inventory = inventory_of_rows({"cat05": [row], "cat12": [row]})
        assert view(inventory, "beges").kg("4.3") == pytest.approx(2 * 992)
        ghgp = view(inventory, "ghgp")
        assert ghgp.kg("5") == ghgp.kg("12") == pytest.approx(2 * 4.68568)
        assert adjustments(ghgp)["recyclage_dechets"] == pytest.approx(2 * (992 - 4.68568))

    def test_a_pair_given_without_a_unit_is_in_the_factor_s(self):
        lines = pd.DataFrame(
            [
                {
                    "sheet": "cat05",
                    "posting": "dechets",
                    "factor_ref": "34480",
                    "activity": 2.0,
                    "activity_unit": "",
                }
            ]
        )
        assert view(compute(lines, CATALOGUE, {"year": 2024}), "ghgp").kg("5") == pytest.approx(2 * 4.68568)

    def test_waste_abroad_is_out_of_beges_and_recycled_in_the_ghg_protocol(self):
        row = {"label": "Cartons", "site": "Stuttgart", "quantity": 2, "unit": "t", "factor": "34480"}
        inventory = inventory_of_rows({"cat05": [row]})
        assert adjustments(view(inventory, "beges")) == {"territoire": pytest.approx(1984)}
        assert view(inventory, "ghgp").kg("5") == pytest.approx(2 * 4.68568)
        assert view(inventory, "iso").kg("4.3") == pytest.approx(1984)

    def test_only_waste_and_end_of_life_change(self):
        row = {"label": "Cartons", "quantity": 2, "unit": "t", "factor": "34480"}
        inventory = inventory_of_rows({"cat01": [row]})
        assert view(inventory, "ghgp").kg("1") == pytest.approx(1984)


FLIGHT = {
    "label": "Lyon–Berlin",
    "distance": 1000,
    "travellers": 1,
    "factor": "43743",
}  # 224,572 dont 101 de traînées


@pytest.mark.parametrize(("setting", "beges"), [("incluses", 224.572), ("exclues", 123.572), (None, 224.572)])
def test_contrails_follow_the_setting_in_beges_and_are_out_of_the_ghg_protocol(setting, beges):
    inventory = inventory_of_rows({"cat06": [FLIGHT]}, settings={"contrails_beges": setting})
    assert view(inventory, "beges").kg("3.5") == pytest.approx(beges)
    assert view(inventory, "iso").kg("3.5") == pytest.approx(beges)
    assert view(inventory, "ghgp").kg("6") == pytest.approx(123.572)
    assert adjustments(view(inventory, "esrs")) == {"trainees": pytest.approx(101)}


def test_gases_outside_the_seven_stand_apart_everywhere():
    inventory = inventory_of_rows({"fugitives": [{"label": "R-22", "recharged": 1, "factor": "43119"}]})
    for name in VIEWS:
        found = view(inventory, name)
        assert found.total_kg == 0
        assert adjustments(found) == {"gaz_hors_sept": pytest.approx(1960)}


def test_each_view_takes_its_own_control():
    gas = {"label": "Chaufferie", "site": "Douai", "quantity": 1000, "unit": "kWh PCS", "factor": "37133"}
    power = {"label": "Compteur", "site": "Douai", "quantity": 1000, "unit": "kWh", "factor": "43642"}
    chosen = {"approach": "opérationnel", "approach_esrs": "financier"}
    inventory = inventory_of_rows({"combustion_fixe": [gas], "electricite": [power]}, settings=chosen)
    ghgp, esrs = view(inventory, "ghgp"), view(inventory, "esrs")
    assert [ghgp.kg(c) for c in ("S1", "S2", "3", "8")] == pytest.approx([181, 35, 34.4 + 16.9, 0])
    assert [esrs.kg(c) for c in ("S1", "S2", "3", "8")] == pytest.approx([0, 0, 0, 215.4 + 51.9])
    assert line_posts(inventory, "esrs").tolist() == ["8", "8"]


def test_biogenic_co2_stands_beside():
    inventory = inventory_of_rows(
        {"combustion_mobile": [{"label": "E85", "quantity": 100, "unit": "litre", "factor": "25766"}]}
    )
    rows = view(inventory, "ghgp").rows.set_index("code")
    assert rows.at["S1", "co2_biogenic"] == pytest.approx(129.0888)
    assert rows.at["S1", "total"] == pytest.approx(36.6)
    assert COLUMNS[-1] == "co2_biogenic"


def test_the_cut_off_pairs_of_the_catalogue_convert():
    table = CATALOGUE.table
    paired = table[table["cutoff_pair"] != ""]
    lines = pd.DataFrame(
        {"sheet": "cat05", "posting": "dechets", "factor_ref": paired.index.astype(str), "activity": 1.0,
         "activity_unit": paired["unit"].to_numpy()}
    )  # fmt: skip
    found = view(compute(lines, CATALOGUE, {"year": 2024}), "ghgp")
    assert len(paired) > 30
    assert np.isfinite(found.kg("5"))


def test_an_unknown_view_is_an_error():
    with pytest.raises(KeyError):
        view(inventory_of_rows({"cat06": [FLIGHT]}), "vsme")
