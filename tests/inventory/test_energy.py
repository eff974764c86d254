"""Energy by source and origin: cases by hand, what is not known is listed, and the sums hold on any inventory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from inventory_cases import entry_table, inventory_of_rows, inventory_of_tables, yaml_cases
from random_inventories import accepted_units, random_lines

from carbon_workbook.factors import tables
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory import energy as en
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.views import view, views

CASES = yaml_cases("energy.yaml")
UNITS = {unit: accepted_units(unit) for unit in load_catalogue().table["unit"].unique()}
YEAR = {"year": 2024, "approach": "opérationnel", "approach_esrs": "financier"}
ELECTRICITY = {"label": "Compteur", "site": "Lyon", "quantity": 1000, "unit": "MWh", "factor": "43642"}
GUARANTEE = {
    "label": "GO",
    "method": "instrument contractuel",
    "instrument_type": "garantie d'origine",
    "country": "FR",
    "quantity": 400,
    "unit": "MWh",
    "technology": "Hydraulique",
    "cancelled": "O",
    "instrument_factor": 0,
}


def energy_of(rows: dict, **options) -> en.Energy:
    inventory = inventory_of_rows(rows, **options)
    return en.energy(inventory, view(inventory, "ghgp"))


def by_nature(found: en.Energy, basis: str = "mwh") -> dict[str, float]:
    sums = found.cells.groupby("nature")[basis].sum()
    return {str(nature): value for nature, value in sums.items() if value}


@pytest.mark.parametrize("case", CASES["known"], ids=lambda case: case["name"])
def test_energy_of_a_line_by_hand(case: dict) -> None:
    found = energy_of({case["sheet"]: [case["row"]]})
    assert list(found.lines["source"]) == [case["energy_source"]]
    assert by_nature(found) == pytest.approx(case["mwh"], rel=1e-5)
    assert found.total_mwh == pytest.approx(sum(case["mwh"].values()), rel=1e-6)
    assert found.missing.empty


@pytest.mark.parametrize("case", CASES["unknown"], ids=lambda case: case["name"])
def test_a_line_without_heating_value_is_listed_with_its_tonnes(case: dict) -> None:
    inventory = inventory_of_rows({case["sheet"]: [case["row"]]}, own=CASES["own_factors"])
    found = en.energy(inventory, view(inventory, "ghgp"))
    assert found.lines.empty
    assert list(found.missing["line"]) == [0]
    assert found.missing["kg"].sum() == pytest.approx(view(inventory, "ghgp").kg("S1"))
    assert [note.code for note in found.notes] == ["CW-490"]
    assert en.consumption(found)["mwh"].sum() == 0


def test_processes_and_leaks_are_no_energy() -> None:
    rows = {
        "procedes": [{"label": "Soudage", "quantity": 2150, "unit": "kg", "factor": "43014"}],
        "fugitives": [{"label": "Fuite", "recharged": 1, "factor": "43632"}],
    }
    found = energy_of(rows)
    assert found.lines.empty
    assert found.missing.empty
    assert found.other_kg == pytest.approx(2150 + 2256, rel=1e-3)


def test_what_is_not_controlled_is_left_out() -> None:
    shared = {**ELECTRICITY, "site": "Bureaux partagés"}
    assert energy_of({"electricite": [shared]}).lines.empty


def test_the_beges_view_keeps_the_national_territory() -> None:
    rows = {"electricite": [ELECTRICITY, {**ELECTRICITY, "site": "Stuttgart", "factor": "15592"}]}
    inventory = inventory_of_rows(rows)
    assert en.energy(inventory, view(inventory, "beges")).total_mwh == pytest.approx(1000)
    assert en.energy(inventory, view(inventory, "ghgp")).total_mwh == pytest.approx(2000)


def test_an_unknown_fuel_in_kwh_is_fossil_by_caution() -> None:
    own = [
        {"id": "BRUL-1", "label": "Résidus", "unit": "kWh PCI", "total": 0.1, "source": "x", "year": "2024"}
    ]
    row = {"label": "Four", "quantity": 10, "unit": "MWh PCI", "factor": "BRUL-1"}
    found = energy_of({"combustion_fixe": [row]}, own=own)
    assert by_nature(found) == pytest.approx({"fossile": 10})
    assert list(found.lines["source"]) == ["autres_fossiles"]
    assert "CW-491" in [note.code for note in found.notes]


def test_own_production_that_no_technology_names_is_not_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(en, "_carriers", dict)
    en.carrier.cache_clear()
    own = en.carrier("34720", "electricite", load_catalogue())
    en.carrier.cache_clear()
    assert own.source == "autoproduite"
    assert own.shares == en.UNSPLIT


# --- By the market -------------------------------------------------------------------------------------------------


def test_instruments_replace_the_mix_by_their_technology() -> None:
    found = energy_of({"electricite": [ELECTRICITY], "instruments": [GUARANTEE]})
    mix = en.national_mix("FR", 2024)
    assert mix is not None
    expected = {
        nature: 600 * share + (400 if nature == "renouvelable" else 0)
        for nature, share in zip(en.NATURES, mix.shares, strict=True)
        if share or nature == "renouvelable"
    }
    assert by_nature(found, "mwh_market") == pytest.approx(expected)
    assert by_nature(found)["renouvelable"] == pytest.approx(1000 * mix.shares[2])


def test_an_instrument_without_technology_proves_nothing() -> None:
    found = energy_of({"electricite": [ELECTRICITY], "instruments": [{**GUARANTEE, "technology": None}]})
    assert by_nature(found, "mwh_market")["non_ventile"] == pytest.approx(400)
    assert "CW-494" in [note.code for note in found.notes]


def test_the_rest_is_not_split_once_a_residual_mix_is_entered() -> None:
    residual = {**GUARANTEE, "instrument_type": "mix résiduel", "technology": None, "instrument_factor": 0.04}
    found = energy_of({"electricite": [ELECTRICITY], "instruments": [GUARANTEE, residual]})
    assert by_nature(found, "mwh_market") == pytest.approx({"renouvelable": 400, "non_ventile": 600})


@pytest.mark.parametrize(
    ("text", "nature"),
    [
        ("Hydraulique", "renouvelable"),
        ("parc éolien de X", "renouvelable"),
        ("Nucléaire", "nucleaire"),
        ("", "non_ventile"),
        ("hydraulique et nucléaire", "non_ventile"),
        ("certificat", "non_ventile"),
    ],
)
def test_nature_of_a_technology(text: str, nature: str) -> None:
    assert en.technology_nature(text) == nature


# --- The national mix ----------------------------------------------------------------------------------------------


def test_mix_shares_add_up_and_every_year_of_the_monetary_chain_is_there() -> None:
    rows = tables.table("electricity_mix")
    assert set(range(2019, 2026)) <= set(rows["year"].astype(int))
    for country, year in zip(rows["country"], rows["year"].astype(int), strict=True):
        mix = en.national_mix(country, year)
        assert mix is not None
        assert sum(mix.shares) == pytest.approx(1.0)
        assert min(mix.shares) >= 0
        assert mix.year == year


def test_a_year_that_is_not_published_takes_the_last_one_and_says_it() -> None:
    mix = en.national_mix("FR", 2031)
    assert mix is not None
    assert mix.year == 2025
    assert en.national_mix("FR", 2000) is None
    found = energy_of({"electricite": [ELECTRICITY]}, settings={"year": 2031})
    assert "CW-493" in [note.code for note in found.notes]


def test_no_mix_without_a_year() -> None:
    assert en.national_mix("FR", None) is None


# --- Tables --------------------------------------------------------------------------------------------------------


def test_every_carrier_row_names_a_family_or_a_factor_of_the_catalogue() -> None:
    catalogue = load_catalogue().table
    families = {family for text in catalogue["families"].astype(str) for family in text.split("|")}
    for row in tables.table("energy_carriers").to_dict("records"):
        assert row["key"] in (families if row["by"] == "family" else set(catalogue.index.astype(str)))


def test_few_fuels_of_the_catalogue_have_no_heating_value() -> None:
    """Those of fuel sheets that are burnt; the list is short and known."""
    catalogue = load_catalogue()
    sheets = tables.table("sheet_families")
    chosen = set(sheets.loc[sheets["sheet"].isin(en.FUELS), "family"])
    without = {
        str(factor)
        for factor, text in catalogue.table["families"].astype(str).items()
        if chosen & set(text.split("|"))
        and np.isnan(en.carrier(str(factor), "combustion_fixe", catalogue).kwh)
    }
    labels = [str(catalogue.table.at[factor, "label"]) for factor in sorted(without)]
    assert len(without) <= 30, labels


def test_heating_values_agree_with_the_second_way_of_the_table() -> None:
    for row in tables.table("fuel_properties").to_dict("records"):
        if row["check_kwh_per_unit"] and not row["note"].startswith("conflit"):
            known = en.fuel_kwh(row["unit"], row["fuel"])
            assert known == pytest.approx(float(row["check_kwh_per_unit"]), rel=0.024), row["fuel"]


def test_consumption_rows_cover_every_source_and_origin_once() -> None:
    """Each (source, origin) pair is in the total once, and in one detail or one row without detail."""
    pairs = [(source, nature) for source in en.sources() for nature in en.NATURES]
    tops = {row[0]: row for row in en.CONSUMPTION if row[2] == 0}
    for source, nature in pairs:
        held = [
            code for code, _, _, members, natures in tops.values() if source in members and nature in natures
        ]
        expected = ["T"] if (source, nature) in _IMPOSSIBLE else [nature, "T"]
        assert held == expected, (source, nature)


_IMPOSSIBLE = {(source, "nucleaire") for source in en.FUEL_ROWS}


def test_tables_add_up_to_the_lines() -> None:
    rows = {
        "electricite": [ELECTRICITY, {**ELECTRICITY, "factor": "34720"}],
        "combustion_mobile": [{"label": "Flotte", "quantity": 1000, "unit": "litre", "factor": "25775"}],
        "chaleur": [{"label": "Réseau", "quantity": 100, "unit": "MWh", "factor": "36808"}],
        "instruments": [GUARANTEE],
    }
    found = energy_of(rows)
    for basis in en.BASES:
        table = en.by_source(found, basis)
        assert table["total"].sum() == pytest.approx(found.total_mwh)
        assert table[list(en.NATURES)].to_numpy().sum() == pytest.approx(found.total_mwh)
        sums = en.consumption(found).set_index("code")[basis]
        assert sums[["fossile", "nucleaire", "renouvelable", "non_ventile"]].sum() == pytest.approx(sums["T"])
        assert sums["T"] == pytest.approx(found.total_mwh)
    assert table["lines"].sum() == len(found.lines) == 4


def test_an_empty_inventory_has_no_energy() -> None:
    inventory = inventory_of_tables([entry_table("electricite", [])])
    found = en.energy(inventory, view(inventory, "ghgp"))
    assert found.total_mwh == 0
    assert en.by_source(found)["share"].isna().all()
    assert en.consumption(found)["mwh"].sum() == 0
    assert found.notes == ()


# --- Any inventory -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_sums_hold_on_random_inventories(seed: int) -> None:
    random = np.random.default_rng(seed)
    lines = random_lines(random, 400, UNITS)
    inventory = compute(lines, load_catalogue(), YEAR)
    for name, shown in views(inventory).items():
        found = en.energy(inventory, shown)
        per_line = found.cells.groupby("line")[list(en.BASES)].sum()
        mwh = found.lines.set_index("line")["mwh"]
        mwh = mwh[mwh != 0]
        for basis in en.BASES:
            pd.testing.assert_series_equal(
                per_line[basis].reindex(mwh.index), mwh, check_names=False, rtol=1e-9
            )
        assert (found.cells[list(en.BASES)] >= -1e-9).to_numpy().all()
        scopes = en.SCOPES["beges" if name in ("beges", "iso") else "ghgp"]
        both = sum(shown.kg(code) for code in scopes)
        total = found.lines["kg"].sum() + found.missing["kg"].sum() + found.other_kg
        assert total == pytest.approx(both, abs=1e-6 * max(1.0, abs(both)))
