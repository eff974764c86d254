"""Scope 2 by the market: instruments against the consumption of their country and period, the rest at the residual mix
or the grid."""

import datetime as dt

import pytest
from inventory_cases import inventory_of_rows

from carbon_workbook.inventory.market import RESIDUAL, attributes, coverage, period_text
from carbon_workbook.inventory.remarks import remarks
from carbon_workbook.inventory.views import view
from carbon_workbook.specs.spec import lists

POWER = {
    "label": "Compteur",
    "site": "Lyon",
    "quantity": 1000,
    "unit": "kWh",
    "factor": "43642",
}  # 35 en scope 2
ABROAD = {"label": "Zähler", "site": "Stuttgart", "quantity": 100, "unit": "kWh", "factor": "15592"}  # 46,1
OWN = [
    {"id": "MWH-1", "label": "Réseau par MWh", "unit": "MWh", "total": 400},
    {"id": "NUL-1", "label": "Réseau sans carbone", "unit": "kWh", "total": 0},
    {"id": "M2-1", "label": "Bureaux, au m²", "unit": "m²", "total": 10},
]


def bought(kwh, factor=0.0, country="FR", kind="garantie d'origine", cancelled="O", unit="kWh"):
    return {"label": kind, "instrument_type": kind, "country": country, "quantity": kwh, "unit": unit,
            "cancelled": cancelled, "instrument_factor": factor}  # fmt: skip


def of(power, instruments, **settings):
    return inventory_of_rows({"electricite": power, "instruments": instruments}, own=OWN, settings=settings)


def codes(inventory):
    lines = inventory.lines
    return lines.loc[lines["sheet"] == "instruments", "code"].tolist()


@pytest.mark.parametrize(
    ("instruments", "scope_2"),
    [
        ([], 35),
        ([bought(1000)], 0),
        ([bought(400)], 0.6 * 35),
        ([bought(0.4, unit="MWh")], 0.6 * 35),
        ([bought(400, 0.1)], 40 + 0.6 * 35),
        ([bought(400), bought(600, 0.02, kind="PPA")], 12),
        ([bought(400), bought(0, 0.05, kind="mix résiduel")], 600 * 0.05),
        ([bought(0, 0.05, kind="mix résiduel")], 1000 * 0.05),
    ],
)
def test_what_instruments_leave_is_at_the_residual_mix_else_at_the_grid(instruments, scope_2):
    inventory = of([POWER], instruments)
    assert set(codes(inventory)) <= {""}
    found = view(inventory, "ghgp_market")
    assert found.kg("S2") == pytest.approx(scope_2)
    assert view(inventory, "ghgp").kg("S2") == pytest.approx(35)
    assert found.kg("3") == pytest.approx(16.9)
    assert found.gap_kg == pytest.approx(0, abs=1e-9)


def test_without_instruments_nothing_is_adjusted():
    assert view(of([POWER, ABROAD], []), "ghgp_market").adjustments.empty


def test_instruments_stay_in_their_country():
    inventory = of(
        [POWER, ABROAD], [bought(100, country="de"), bought(1, country="DE"), bought(1, country="IT")]
    )
    assert codes(inventory) == ["", "CW-323", "CW-323"]
    assert view(inventory, "ghgp_market").kg("S2") == pytest.approx(35)


def test_instruments_count_up_to_the_consumption_and_the_excess_is_told():
    inventory = of([POWER], [bought(700), bought(400), bought(300)])
    assert codes(inventory) == ["", "", "CW-323"]
    assert view(inventory, "ghgp_market").kg("S2") == pytest.approx(0)
    told = {note.code: note for note in remarks(inventory) if note.code in ("CW-323", "CW-380")}
    assert {key: told["CW-380"].parameters[key] for key in ("claimed", "available", "excess", "period")} == {
        "claimed": "0,4", "available": "0,3", "excess": "0,1", "period": "l'année 2024"
    }  # fmt: skip
    assert "0 MWh disponibles (FR, l'année 2024 : 1 MWh achetés)" in told["CW-323"].sentence


@pytest.mark.parametrize(
    ("instrument", "code"),
    [
        (bought(10, cancelled="N"), "CW-322"),
        (bought(10, cancelled=None), "CW-322"),
        (bought(10, cancelled="o"), ""),
        (bought(10, factor=None), "CW-341"),
        (bought(10, factor=None, kind="mix résiduel"), "CW-341"),
        (bought(10, factor=-0.1), "CW-306"),
        (bought(-10), "CW-306"),
        (bought(10, unit="t"), "CW-112"),
        (bought(10, unit="kWh PCS"), "CW-115"),
        (bought(10, unit=None), "CW-308"),
    ],
)
def test_an_instrument_that_cannot_be_claimed_is_refused(instrument, code):
    inventory = of([POWER], [instrument])
    assert codes(inventory) == [code]
    assert view(inventory, "ghgp_market").kg("S2") == pytest.approx(35 if code else 0.99 * 35)


def test_own_production_is_no_purchase():
    solar = {**POWER, "quantity": 5000, "factor": "34720"}
    inventory = of([POWER, solar], [bought(1000), bought(1)])
    assert codes(inventory) == ["", "CW-323"]


def test_energy_is_counted_in_kwh_whatever_the_unit_of_the_factor():
    inventory = of([{**POWER, "factor": "MWH-1"}], [bought(500)])
    assert codes(inventory) == [""]
    assert view(inventory, "ghgp_market").kg("S2") == pytest.approx(200)


def test_a_factor_by_area_is_no_energy_to_cover():
    area = {"label": "Bureaux", "site": "Lyon", "quantity": 100, "unit": "m²", "factor": "M2-1"}
    inventory = of([POWER, area], [bought(1000)])
    assert codes(inventory) == [""]
    assert view(inventory, "ghgp_market").kg("S2") == pytest.approx(1000)


def test_a_carbon_free_grid_can_have_a_dirtier_residual_mix():
    inventory = of([{**POWER, "factor": "NUL-1"}], [bought(0, 0.05, kind="mix résiduel")])
    found = view(inventory, "ghgp_market")
    assert found.kg("S2") == pytest.approx(50)
    assert found.adjustments["kg"].tolist() == [pytest.approx(-50)]
    assert found.rows.set_index("code").at["S2", "unsplit"] == pytest.approx(50)


def test_the_consumption_is_that_of_the_chosen_control():
    douai = {**POWER, "site": "Douai", "quantity": 3000}
    operational = of([POWER, douai], [bought(2000)], approach="opérationnel")
    assert codes(operational) == [""]
    assert view(operational, "ghgp_market").kg("S2") == pytest.approx(70)
    financial = of([POWER, douai], [bought(500)], approach="financier")
    assert view(financial, "ghgp_market").kg("S2") == pytest.approx(17.5)
    assert view(financial, "ghgp_market").kg("8") == pytest.approx(3000 * 0.0519)
    both = of([POWER, douai], [bought(2000)], approach="financier")
    assert codes(both) == [""]
    assert view(both, "ghgp_market").kg("S2") == pytest.approx(0)
    assert view(both, "esrs_market").kg("S2") == pytest.approx(70)
    part = [note for note in remarks(both) if note.code == "CW-380"]
    assert [(note.parameters["views"], note.parameters["available"]) for note in part] == [
        ("GHG Protocol", "1")
    ]


def test_the_lack_of_a_residual_mix_is_said():
    said = {note.code for note in remarks(of([POWER], [bought(10)]))}
    assert "CW-324" in said
    assert "CW-324" not in {note.code for note in remarks(of([POWER], [bought(0, 0.1, kind="mix résiduel")]))}


# --- Months ----------------------------------------------------------------------------------------------------------


def during(row, start, end):
    return {**row, "period_start": dt.date.fromisoformat(start), "period_end": dt.date.fromisoformat(end)}


JANUARY = during(POWER, "2024-01-01", "2024-01-31")
MARCH = during(POWER, "2024-03-01", "2024-03-31")
LONG = during({**POWER, "quantity": 910}, "2024-01-01", "2024-03-31")  # 310, 290 et 310 kWh


def said(inventory, code):
    return [note.parameters for note in remarks(inventory) if note.code == code]


def test_an_instrument_covers_its_own_month_only():
    inventory = of([JANUARY, MARCH], [during(bought(1500), "2024-01-01", "2024-01-31")])
    assert codes(inventory) == [""]
    assert view(inventory, "ghgp_market").kg("S2") == pytest.approx(35)
    assert [(one["available"], one["excess"], one["period"]) for one in said(inventory, "CW-380")] == [
        ("1", "0,5", "janvier 2024")
    ]


def test_an_instrument_of_a_month_without_consumption_is_refused_and_says_so():
    inventory = of([JANUARY, MARCH], [during(bought(10), "2024-02-01", "2024-02-29")])
    assert codes(inventory) == ["CW-323"]
    told = said(inventory, "CW-323")[0]
    assert (told["available"], told["bought"], told["period"]) == ("0", "0", "février 2024")


def test_a_bill_over_several_months_is_spread_by_days():
    inventory = of([LONG], [during(bought(400), "2024-02-01", "2024-02-29")])
    assert [one["available"] for one in said(inventory, "CW-380")] == ["0,29"]
    assert view(inventory, "ghgp_market").kg("S2") == pytest.approx(35 * 0.62)


def test_a_bill_without_period_is_spread_over_the_year():
    inventory = of([{**POWER, "quantity": 366}], [during(bought(100), "2024-02-01", "2024-02-29")])
    assert [one["available"] for one in said(inventory, "CW-380")] == ["0,029"]


def test_without_a_year_nor_a_period_everything_is_one_period():
    assert view(of([POWER], [bought(400)], year=None), "ghgp_market").kg("S2") == pytest.approx(21)


def test_the_month_is_served_before_the_year():
    year = during(bought(1000, 0.02, kind="PPA"), "2024-01-01", "2024-12-31")
    month = during(bought(1000), "2024-01-01", "2024-01-31")
    for instruments in ([year, month], [month, year]):
        inventory = of([JANUARY, MARCH], instruments)
        assert set(codes(inventory)) == {""}
        assert view(inventory, "ghgp_market").kg("S2") == pytest.approx(20)


def test_periods_that_overlap_cover_all_that_can_be_covered():
    early = during(bought(600), "2024-01-01", "2024-03-31")
    late = during(bought(1000), "2024-03-01", "2024-05-31")
    may = during({**POWER, "quantity": 100}, "2024-05-01", "2024-05-31")
    inventory = of([JANUARY, MARCH, may], [late, early])
    assert said(inventory, "CW-380") == []
    assert view(inventory, "ghgp_market").kg("S2") == pytest.approx(35 * 500 / 1000)


def test_the_excess_is_the_cleanest_energy_whatever_the_order():
    dirty, clean = bought(700, 0.02, kind="PPA"), bought(700)
    for instruments in ([dirty, clean], [clean, dirty]):
        inventory = of([POWER], instruments)
        assert view(inventory, "ghgp_market").kg("S2") == pytest.approx(14)
        assert [one["excess"] for one in said(inventory, "CW-380")] == ["0,4"]


def test_the_residual_mix_of_a_month_holds_before_that_of_the_year():
    year, month = bought(0, 0.05, kind="mix résiduel"), bought(0, 0.08, kind="mix résiduel")
    inventory = of([JANUARY, MARCH], [during(month, "2024-03-01", "2024-03-31"), year])
    assert view(inventory, "ghgp_market").kg("S2") == pytest.approx(50 + 80)
    assert said(inventory, "CW-324") == said(inventory, "CW-381") == []


def test_months_without_a_residual_mix_keep_the_grid_and_it_is_said():
    month = during(bought(0, 0.08, kind="mix résiduel"), "2024-03-01", "2024-03-31")
    inventory = of([JANUARY, MARCH], [month])
    assert view(inventory, "ghgp_market").kg("S2") == pytest.approx(35 + 80)
    assert [(one["energy"], one["period"]) for one in said(inventory, "CW-324")] == [("1", "janvier 2024")]


@pytest.mark.parametrize(("factor", "told"), [(50.0, ["50"]), (2.0, []), (0.0, [])])
def test_a_factor_typed_in_grams_is_told(factor, told):
    inventory = of([POWER], [bought(400, factor)])
    assert [one["factor"] for one in said(inventory, "CW-383")] == told


def test_the_factor_of_a_residual_mix_in_grams_is_told():
    inventory = of([POWER], [bought(0, 58.0, kind="mix résiduel")])
    assert [one["factor"] for one in said(inventory, "CW-383")] == ["58"]


def test_two_residual_mixes_of_one_period_are_told_and_the_highest_holds():
    rivals = [bought(0, factor, kind="mix résiduel") for factor in (0.08, 0.05)]
    inventory = of([POWER], rivals)
    assert view(inventory, "ghgp_market").kg("S2") == pytest.approx(80)
    assert [one["factor"] for one in said(inventory, "CW-381")] == ["0,08"]


@pytest.mark.parametrize(
    ("start", "end"), [("2024-03-01", None), (None, "2024-03-31"), ("2024-03-31", "2024-03-01")]
)
def test_half_a_period_is_refused(start, end):
    dates = [None if day is None else dt.date.fromisoformat(day) for day in (start, end)]
    row = {**bought(10), "period_start": dates[0], "period_end": dates[1]}
    assert codes(of([POWER], [row])) == ["CW-382"]


def test_a_clean_month_of_the_grid_takes_the_residual_mix_line_by_line():
    rows = [
        during({**POWER, "factor": "NUL-1", "quantity": kwh}, "2024-01-01", "2024-01-31")
        for kwh in (100, 300)
    ]
    inventory = of(rows, [bought(0, 0.05, kind="mix résiduel")])
    cells = view(inventory, "ghgp_market").cells
    assert dict(cells[cells["kg"] != 0].groupby("line")["kg"].sum()) == {
        0: pytest.approx(5),
        1: pytest.approx(15),
    }


def test_the_esrs_view_takes_its_own_control():
    douai = {**POWER, "site": "Douai", "quantity": 3000}
    inventory = of([POWER, douai], [bought(500)], approach_esrs="financier")
    ghgp, esrs = view(inventory, "ghgp_market"), view(inventory, "esrs_market")
    assert (ghgp.kg("S2"), esrs.kg("S2")) == (pytest.approx(3500 * 0.035), pytest.approx(500 * 0.035))
    assert esrs.kg("T") - view(inventory, "esrs").kg("T") == pytest.approx(-500 * 0.035)
    assert ghgp.gap_kg == pytest.approx(0, abs=1e-9)
    assert esrs.gap_kg == pytest.approx(0, abs=1e-9)


def test_the_energy_covered_is_told_by_type():
    heat = {"label": "Réseau", "site": "Lyon", "quantity": 1000, "unit": "kWh", "factor": "36808"}
    inventory = inventory_of_rows(
        {"electricite": [POWER], "chaleur": [heat],
         "instruments": [bought(300), bought(200, kind="PPA"), bought(9, 0.05, kind="mix résiduel")]}
    )  # fmt: skip
    found = coverage(inventory, "ghgp_market").set_index("type")
    assert found["share"].to_dict() == {
        "garantie d'origine": pytest.approx(0.15),
        "PPA": pytest.approx(0.1),
        "sans instrument": pytest.approx(0.75),
    }
    assert found["attributes"].tolist() == ["séparés", "groupés", ""]
    assert found["mwh"].sum() == pytest.approx(2.0)


def test_every_type_of_instrument_says_whether_its_attributes_are_sold_apart():
    assert {*attributes(), RESIDUAL} == set(lists()["type_instrument"])


def test_nothing_bought_has_no_share():
    found = coverage(of([], []), "ghgp_market")
    assert found["type"].tolist() == ["sans instrument"]
    assert found["share"].isna().all()


@pytest.mark.parametrize(
    ("months", "text"),
    [
        ([24288], "janvier 2024"),
        ([24288, 24299], "l'année 2024"),
        ([24289, 24290], "la période de février à mars 2024"),
        ([24287, 24288], "la période de décembre 2023 à janvier 2024"),
        ([], "la période de l'inventaire"),
    ],
)
def test_months_are_named(months, text):
    assert period_text(months) == text
