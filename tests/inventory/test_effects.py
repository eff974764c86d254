"""Why a total moved: every effect has its lines, and they add up to the difference."""

import numpy as np
import pandas as pd
import pytest

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.effects import ACTIVITY, EFFECTS, FACTOR, METHOD, PERIMETER, effects
from carbon_workbook.inventory.views import view

ACTIVE = {
    "sheet": "electricite", "posting": "electricite", "method": "compteur", "data_level": "physique moyen",
    "site": "Usine", "site_country": "FR", "country": "FR", "national": True, "control_operational": True,
    "control_financial": True, "activity_unit": "kWh", "factor_ref": "43642",
}  # fmt: skip


def inventory(rows, year):
    lines = pd.DataFrame([{**ACTIVE, **row} for row in rows])
    return compute(lines, load_catalogue(), {"year": year})


def moved(before, after, name="ghgp"):
    first, last = inventory(before, 2023), inventory(after, 2024)
    start, end = view(first, name), view(last, name)
    table = effects(first, start, last, end)
    sums = {effect: float(table[effect].sum()) for effect in EFFECTS}
    assert sum(sums.values()) == pytest.approx(end.total_kg - start.total_kg, abs=1e-9)
    assert table["previous"].sum() == pytest.approx(start.total_kg)
    assert table["current"].sum() == pytest.approx(end.total_kg)
    return sums, start.total_kg, end.total_kg


def line(label="Compteur", activity=1000.0, **known):
    return {"label": label, "activity": activity, **known}


def test_a_quantity_that_doubles_is_activity():
    sums, start, end = moved([line()], [line(activity=2000.0)])
    assert sums == {ACTIVITY: pytest.approx(end - start), FACTOR: 0.0, METHOD: 0.0, PERIMETER: 0.0}


def test_a_unit_of_the_same_quantity_moves_nothing():
    sums, _, _ = moved([line()], [line(activity=1.0, activity_unit="MWh")])
    assert list(sums.values()) == pytest.approx([0.0] * 4, abs=1e-9)


def test_another_factor_acts_on_the_new_quantity():
    sums, start, end = moved([line(factor_ref="43273")], [line(activity=2000.0)])
    assert sums[ACTIVITY] == pytest.approx(start)
    assert sums[FACTOR] == pytest.approx(end - 2 * start)


def test_another_method_or_unit_of_nature_takes_the_whole_difference():
    sums, start, end = moved([line(method="estimation", activity=10.0)], [line()])
    assert sums[METHOD] == pytest.approx(end - start)
    gas = line(posting="combustion_fixe", sheet="electricite", activity_unit="kWh PCS", factor_ref="37133")
    sums, start, end = moved([gas], [line()])
    assert sums[METHOD] == pytest.approx(end - start)


def test_a_site_that_comes_or_a_control_that_goes_is_perimeter():
    sums, start, end = moved([line()], [line(), line(site="Nouveau")])
    assert sums[PERIMETER] == pytest.approx(end - start)
    sums, _, _ = moved([line()], [line(control_operational=False)])
    assert sums[ACTIVITY] == sums[FACTOR] == sums[METHOD] == 0.0


def test_a_line_that_comes_to_a_known_site_is_activity():
    sums, start, end = moved([line()], [line(), line("Autre compteur")])
    assert sums[ACTIVITY] == pytest.approx(end - start)


def test_lines_of_one_label_are_taken_in_their_order():
    sums, start, end = moved([line(), line(activity=3000.0)], [line(), line(activity=4000.0)])
    assert sums[ACTIVITY] == pytest.approx(end - start)
    assert end / start == pytest.approx(1.25)


def test_nothing_to_nothing():
    sums, start, end = moved([line(activity=0.0)], [line(activity=0.0)])
    assert (start, end) == (0.0, 0.0)
    assert not np.any(list(sums.values()))


def test_a_line_of_each_year_keeps_its_name():
    first, last = inventory([line("Ancien")], 2023), inventory([line("Nouveau")], 2024)
    table = effects(first, view(first, "beges"), last, view(last, "beges"))
    assert list(table.columns) == ["sheet", "site", "label", "previous", "current", *EFFECTS]
    assert sorted(table["label"]) == ["Ancien", "Nouveau"]
