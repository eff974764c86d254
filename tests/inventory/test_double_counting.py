"""What may be counted twice inside the organisation: each rule with a double, and with what only looks like one."""

import datetime as dt

import numpy as np
import pytest
from inventory_cases import FIRST_ROW, inventory_of_rows

from carbon_workbook.inventory.coverage import overlapping
from carbon_workbook.inventory.double_counting import physical_accounts, rivals
from carbon_workbook.inventory.remarks import remarks
from carbon_workbook.messages import Severity
from carbon_workbook.specs.spec import entry_sheets

YEAR = {"period_start": dt.date(2024, 1, 1), "period_end": dt.date(2024, 12, 31)}
JANUARY = {"period_start": dt.date(2024, 1, 1), "period_end": dt.date(2024, 1, 31)}
FEBRUARY = {"period_start": dt.date(2024, 2, 1), "period_end": dt.date(2024, 2, 29)}
GAS = {"label": "Gaz", "site": "Lyon", "quantity": 1000, "unit": "kWh PCS", "factor": "37133", **JANUARY}
POWER = {"label": "Électricité", "site": "Lyon", "quantity": 5000, "unit": "kWh", "factor": "43642",
         "meter": "PDL-1", **JANUARY}  # fmt: skip
LEASED = {"label": "Parties communes", "site": "Lyon", "quantity": 700, "unit": "kWh", "factor": "43642",
          "method": "énergie de l'actif", **JANUARY}  # fmt: skip
SHUTTLE = {"label": "Navette", "site": "Lyon", "direction": "inter-sites", "payer": "nous", "mass": 10,
           "distance": 500, "factor": "43643", **YEAR}  # fmt: skip
COMPLEMENT = {"label": "Amont", "site": "Lyon", "quantity": 1000, "unit": "kWh PCS", "factor": "AMONT-GAZ",
              "method": "amont", **YEAR}  # fmt: skip
CAR = {
    "label": "Voitures",
    "site": "Lyon",
    "method": "distance",
    "distance": 48_000,
    "factor": "43791",
    **YEAR,
}
DOCUMENTED = {**POWER, "meter": None, "evidence": "F-12", "method": "relevé ou facture"}
TWIN = {**LEASED, "quantity": 5000, "evidence": "F-12"}


def said(rows, **options):
    return [note for note in remarks(inventory_of_rows(rows, **options)) if "CW-390" <= note.code <= "CW-396"]


def codes(rows, **options):
    return [note.code for note in said(rows, **options)]


class TestSameDocument:
    def test_the_second_sheet_is_refused_and_names_the_first(self):
        inventory = inventory_of_rows({"electricite": [DOCUMENTED], "cat08": [TWIN]})
        assert inventory.lines["code"].tolist() == ["", "CW-390"]
        (note,) = [note for note in remarks(inventory) if note.code == "CW-390"]
        assert note.severity is Severity.REFUSAL
        assert f"2.1 Électricité, ligne {FIRST_ROW}" in note.sentence
        assert (note.sheet, note.cell[-1]) == ("C8 Actifs loués amont", str(FIRST_ROW))

    @pytest.mark.parametrize(
        "change",
        [{"evidence": "F-13"}, {"quantity": 5001}, {"site": "Douai"}, {"factor": "43273"}, FEBRUARY,
         {"evidence": None}],
    )  # fmt: skip
    def test_what_differs_counts(self, change):
        inventory = inventory_of_rows({"electricite": [DOCUMENTED], "cat08": [{**TWIN, **change}]})
        assert inventory.lines["code"].tolist() == ["", ""]

    def test_a_double_of_the_same_sheet_keeps_its_own_message(self):
        inventory = inventory_of_rows({"electricite": [DOCUMENTED, DOCUMENTED]})
        assert inventory.lines["code"].tolist() == ["", "CW-316"]


class TestSameMeter:
    def test_two_readings_of_the_same_days(self):
        (note,) = said({"electricite": [POWER, {**POWER, "quantity": 4000}]})
        assert (note.code, note.severity) == ("CW-391", Severity.WARNING)
        assert "compteur PDL-1" in note.sentence

    def test_a_year_beside_its_months_is_one_message(self):
        months = [POWER, {**POWER, **FEBRUARY}]
        (note,) = said({"electricite": [{**POWER, **YEAR, "quantity": 60_000}, *months]})
        assert note.line_id.endswith("(+1)")

    @pytest.mark.parametrize("change", [FEBRUARY, {"meter": "PDL-2"}])
    def test_another_month_or_meter_is_no_double(self, change):
        assert codes({"electricite": [POWER, {**POWER, **change}]}) == []

    def test_readings_that_share_their_day_do_not_overlap(self):
        shared = {"period_start": dt.date(2024, 1, 31), "period_end": dt.date(2024, 2, 29)}
        assert codes({"electricite": [POWER, {**POWER, **shared}]}) == []

    def test_without_a_meter_a_year_beside_a_month_is_told_but_two_boilers_are_not(self):
        assert codes({"combustion_fixe": [{**GAS, **YEAR, "quantity": 9000}, GAS]}) == ["CW-391"]
        assert codes({"combustion_fixe": [GAS, {**GAS, "quantity": 800, "label": "Four"}]}) == []

    def test_a_line_without_dates_is_of_the_whole_year(self):
        undated = {**POWER, "period_start": None, "period_end": None, "quantity": 60_000}
        assert codes({"electricite": [undated, POWER]}) == ["CW-391"]
        assert codes({"electricite": [undated, {**undated, "quantity": 59_000}]}) == ["CW-391"]
        gas = {**GAS, "period_start": None, "period_end": None, "quantity": 9000}
        assert codes({"combustion_fixe": [gas, GAS]}) == ["CW-391"]
        assert codes({"combustion_fixe": [gas, {**gas, "quantity": 800, "label": "Four"}]}) == []

    def test_a_nil_reading_is_no_energy(self):
        assert codes({"electricite": [POWER, {**POWER, "quantity": 0}]}) == []


class TestCategoryThree:
    OWN = (
        {"id": "AMONT-GAZ", "label": "Amont du gaz", "unit": "kWh PCS", "total": 0.03},
        {"id": "AMONT-DE", "label": "Amont allemand", "unit": "kWh", "total": 0.05},
        {"id": "RESEAU", "label": "Réseau étranger", "unit": "kWh", "total": 0.4},
    )

    def test_an_upstream_that_the_factor_gives_already(self):
        (note,) = said({"combustion_fixe": [GAS], "cat03": [COMPLEMENT]}, own=self.OWN)
        assert note.code == "CW-393"
        assert "1.1 Combustion fixe" in note.sentence

    @pytest.mark.parametrize("change", [{"site": "Douai"}, {"site": None}])
    def test_another_site_may_lack_it(self, change):
        assert codes({"combustion_fixe": [GAS], "cat03": [{**COMPLEMENT, **change}]}, own=self.OWN) == []

    def test_an_energy_without_stages_needs_its_complement(self):
        power = {**POWER, "factor": "RESEAU"}
        complement = {**COMPLEMENT, "unit": "kWh", "factor": "AMONT-DE"}
        assert codes({"electricite": [power], "cat03": [complement]}, own=self.OWN) == []

    def test_gas_has_no_losses_so_they_may_be_added(self):
        losses = {**COMPLEMENT, "method": "pertes", "loss_pct": 0.02}
        assert codes({"combustion_fixe": [GAS], "cat03": [losses]}, own=self.OWN) == []


class TestLeasedAssets:
    def test_metered_energy_of_the_same_site_twice(self):
        assert codes({"electricite": [POWER], "cat08": [LEASED]}) == ["CW-392"]

    @pytest.mark.parametrize(
        "change",
        [
            {"site": "Douai"},
            FEBRUARY,
            {"method": "moyenne par m²", "quantity": None, "area": 10, "kwh_per_m2": 9},
        ],
    )
    def test_another_building_is_no_double(self, change):
        assert codes({"electricite": [POWER], "cat08": [{**LEASED, **change}]}) == []


class TestRivalSheets:
    def test_company_cars_typed_as_commuting(self):
        commuting = {"label": "Trajets", "site": "Lyon", "people": 10, "days": 200, "distance": 12, "occupants": 1,
                     "factor": "43791", **YEAR}  # fmt: skip
        (note,) = said({"combustion_mobile": [CAR], "cat07": [commuting]})
        assert (note.code, note.severity) == ("CW-394", Severity.WARNING)
        assert "la même quantité" in note.sentence
        assert "voiture de fonction" in note.sentence
        assert codes({"combustion_mobile": [CAR], "cat07": [{**commuting, "days": 201}]}) == []
        assert codes({"combustion_mobile": [CAR], "cat07": [{**commuting, "site": "Douai"}]}) == []

    def test_one_invoice_on_two_rival_sheets(self):
        money = {
            "site": "Lyon",
            "amount_basis": "HT",
            "currency": "EUR",
            "price_year": 2023,
            "evidence": "F-7",
            **YEAR,
        }
        goods = {**money, "label": "Presse", "amount": 9000, "nature": "bien", "factor": "43355"}
        asset = {**money, "label": "Presse", "amount": 8000, "factor": "43355", "acquisition_year": 2024,
                 "life_years": 10}  # fmt: skip
        (note,) = said({"cat01": [goods], "cat02": [asset]})
        assert (note.code, "la même pièce" in note.sentence) == ("CW-394", True)
        assert codes({"cat01": [goods], "cat02": [{**asset, "evidence": "F-8"}]}) == []

    def test_end_of_life_of_what_was_bought_is_no_double(self):
        bought = {"label": "Cartons", "site": "Lyon", "quantity": 40, "unit": "t", "factor": "26738", "evidence": "N",
                  "nature": "bien", **YEAR}  # fmt: skip
        sold = {**bought, "factor": "34486", "nature": None}
        assert codes({"cat01": [bought], "cat12": [sold]}) == []

    def test_the_pairs_name_entry_sheets_once(self):
        pairs = [frozenset(pair) for pair in zip(rivals()["sheet"], rivals()["other"], strict=True)]
        assert len(set(pairs)) == len(pairs)
        assert {sheet for pair in pairs for sheet in pair} <= set(entry_sheets())
        assert rivals()["reason"].str.strip().ne("").all()


class TestInternalTransfers:
    def test_a_shuttle_typed_at_both_ends(self):
        (note,) = said({"cat04": [SHUTTLE, {**SHUTTLE, "site": "Douai"}]})
        assert (note.code, note.severity) == ("CW-395", Severity.WARNING)

    @pytest.mark.parametrize("change", [{"site": "Lyon"}, {"mass": 11}, {"direction": "sortant"}])
    def test_other_journeys_count(self, change):
        assert codes({"cat04": [SHUTTLE, {**SHUTTLE, "site": "Douai", **change}]}) == []

    def test_heat_sold_by_one_site_to_another(self):
        heat = {"label": "Vapeur", "site": "Douai", "network": "lyon", "quantity": 100, "unit": "kWh",
                "factor": "36808", **YEAR}  # fmt: skip
        known = {**GAS, "site": "Lyon"}
        assert codes({"combustion_fixe": [known], "chaleur": [heat]}) == ["CW-396"]
        assert codes({"combustion_fixe": [known], "chaleur": [{**heat, "network": "Réseau de Lyon"}]}) == []

    def test_a_purchase_from_ourselves(self):
        row = {"label": "Acier", "site": "Lyon", "supplier": "Aéralpe", "quantity": 1, "unit": "t", "factor": "26729",
               "nature": "bien"}  # fmt: skip
        assert codes({"cat01": [row]}, settings={"company_name": "Aéralpe"}) == ["CW-396"]
        assert codes({"cat01": [row]}, settings={"company_name": "Autre"}) == []


@pytest.mark.parametrize("seed", range(20))
def test_overlaps_are_those_that_comparing_every_pair_finds(seed):
    random = np.random.default_rng(seed)
    group = random.integers(0, 4, 40)
    start = np.datetime64("2024-01-01") + random.integers(0, 300, 40)
    end = start + random.integers(0, 60, 40)
    later, earlier = overlapping(group, start, end)
    for one, other in zip(later, earlier, strict=True):
        assert group[one] == group[other]
        assert start[one] < end[other]
        assert start[other] < end[one] or start[one] == start[other]
    order = np.lexsort((end, start, group))
    expected = {
        int(one)
        for rank, one in enumerate(order)
        if any(group[other] == group[one] and start[one] < end[other] for other in order[:rank])
    }
    assert set(map(int, later)) == expected


class TestAccounts:
    def of(self, account, **change):
        row = {
            "label": "Dépense", "nature": "service", "amount": 1000, "amount_basis": "HT", "currency": "EUR",
            "price_year": 2023, "factor": "43450", "account": account, **change,
        }  # fmt: skip
        notes = remarks(inventory_of_rows({"cat01": [row, {**row, "amount": 2000}]}))
        return [note for note in notes if note.code == "CW-386"]

    @pytest.mark.parametrize(
        ("account", "sheet"),
        [("624100", "C4 Transport amont"), ("6061", "2.1 Électricité"), ("6251", "C6 Déplacements pro"),
         ("2154", "C2 Immobilisations"), ("6247", "C7 Domicile-travail")],
    )  # fmt: skip
    def test_money_on_an_account_counted_in_quantities_is_told_once(self, account, sheet):
        (note,) = self.of(account)
        assert account in note.sentence
        assert f"« {sheet} »" in note.sentence
        assert note.line_id.endswith("(+1)")

    @pytest.mark.parametrize("account", ["6226", "6063", "6257", "205", "", None, "compte 624"])
    def test_other_accounts_are_not(self, account):
        assert self.of(account) == []

    def test_a_quantity_is_not_money(self):
        assert self.of("6061", amount=None, quantity=10, unit="t", factor="20585", nature="bien") == []

    def test_the_list_names_entry_sheets(self):
        named = {key for text in physical_accounts()["sheets"] if text for key in text.split("|")}
        assert named <= set(entry_sheets())
        assert physical_accounts()["account"].is_unique
