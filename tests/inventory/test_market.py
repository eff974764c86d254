"""Scope 2 by the market: instruments against the consumption of their country, then the residual mix or the grid."""

import pytest
from inventory_cases import inventory_of_rows

from carbon_workbook.inventory.remarks import remarks
from carbon_workbook.inventory.views import view

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


def test_instruments_are_served_in_order_up_to_the_consumption():
    inventory = of([POWER], [bought(700), bought(400), bought(300)])
    assert codes(inventory) == ["", "CW-323", ""]
    assert view(inventory, "ghgp_market").kg("S2") == pytest.approx(0)


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
    assert codes(of([POWER, douai], [bought(2000)], approach="financier")) == ["CW-323"]


def test_the_lack_of_a_residual_mix_is_said():
    said = {note.code for note in remarks(of([POWER], [bought(10)]))}
    assert "CW-324" in said
    assert "CW-324" not in {note.code for note in remarks(of([POWER], [bought(0, 0.1, kind="mix résiduel")]))}
