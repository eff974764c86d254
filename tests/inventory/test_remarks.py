"""What is said of an inventory: doubles, screening, order, one message a factor and not one a row."""

import pandas as pd
import pytest
from inventory_cases import FIRST_ROW, inventory_of_rows

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.factors.money import exchange_rate
from carbon_workbook.inventory.remarks import remarks
from carbon_workbook.inventory.wording import shown
from carbon_workbook.messages import Severity

BILL = {
    "label": "Gaz janvier",
    "site": "Lyon",
    "quantity": 1000,
    "unit": "kWh PCS",
    "factor": "37133",
    "evidence": "F-01",
}

MONEY = {"amount_basis": "HT", "currency": "EUR", "price_year": 2023}
SERVICE = {**MONEY, "nature": "service", "label": "Conseil", "factor": "43545", "price_year": 2024}


def codes(rows, **options):
    return inventory_of_rows({"combustion_fixe": rows}, **options).lines["code"].tolist()


def said(rows, **options):
    return [note.code for note in remarks(inventory_of_rows({"combustion_fixe": rows}, **options))]


def test_the_same_bill_typed_twice_is_refused_once():
    assert codes([BILL, {**BILL, "label": "Gaz de janvier"}, BILL]) == ["", "CW-316", "CW-316"]


def test_the_message_names_the_first_line():
    inventory = inventory_of_rows({"combustion_fixe": [BILL, BILL]})
    note = next(note for note in remarks(inventory) if note.code == "CW-316")
    assert f"la ligne {FIRST_ROW} de « 1.1 Combustion fixe »" in note.sentence
    assert note.cell.endswith(str(FIRST_ROW + 1))


@pytest.mark.parametrize(
    "change", [{"evidence": "F-02"}, {"quantity": 1001}, {"site": "Douai"}, {"factor": "37132"}]
)
def test_another_bill_counts(change):
    assert "CW-316" not in codes([BILL, {**BILL, **change}])


def test_lines_alike_without_evidence_count_and_are_told():
    row = {**BILL, "evidence": None}
    assert codes([row, row]) == ["", ""]
    assert "CW-317" in said([row, row])
    assert "CW-317" not in said([row, {**row, "label": "Gaz février"}])


def test_a_refused_row_is_no_double():
    assert codes([{**BILL, "quantity": "x"}, BILL]) == ["CW-102", ""]


def test_each_refusal_is_said_once_and_first():
    rows = [{**BILL, "quantity": "x"}, {**BILL, "factor": "inconnu"}, BILL]
    notes = remarks(inventory_of_rows({"combustion_fixe": rows}))
    refusals = [note.code for note in notes if note.refuses]
    assert sorted(refusals) == ["CW-102", "CW-202"]
    rank = {Severity.REFUSAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
    order = [rank[note.severity] for note in notes]
    assert order == sorted(order)


def test_an_expired_factor_is_told_once_for_all_its_lines():
    rows = [
        {"label": f"Camion {n}", "quantity": 10 + n, "unit": "litre", "factor": "25775"} for n in range(5)
    ]
    notes = [n for n in remarks(inventory_of_rows({"combustion_mobile": rows})) if n.code == "CW-206"]
    assert len(notes) == 1
    assert "(+4)" in notes[0].line_id
    label, factor = load_catalogue().table.loc["25775", ["label", "value"]]
    assert f"« {label} »" in notes[0].sentence
    assert f"{shown(60 * factor / 1000, 4)} tCO2e" in notes[0].sentence


def test_unknown_gwp_sets_are_no_remark_a_row():
    assert "CW-325" not in said([BILL])


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ({"code": "1.1", "decision": "exclue", "reason": ""}, {"CW-334", "CW-335", "CW-347"}),
        ({"code": "1.1", "decision": "exclue", "reason": "hors sujet"}, {"CW-335", "CW-347"}),
        ({"code": "C3", "decision": "exclue", "reason": "hors sujet"}, {"CW-335"}),
        ({"code": "C9", "decision": "exclue", "reason": "aucune vente"}, set()),
        ({"code": "1.1", "decision": "incluse", "reason": ""}, set()),
        ({"code": "C4", "decision": "peut-être", "reason": ""}, {"CW-348"}),
    ],
)
def test_screening(category, expected):
    inventory = inventory_of_rows({"combustion_fixe": [BILL]})
    found = {note.code for note in remarks(inventory, pd.DataFrame([category]))}
    assert found & {"CW-334", "CW-335", "CW-347", "CW-348"} == expected
    assert len(inventory.counted) == 1


class TestWhatToRefine:
    """Ratios of 2023, in kgCO2e a k€: conseil 67, machines 273."""

    def lines(self, machines):
        bought = {**MONEY, "nature": "service"}
        return {
            "combustion_fixe": [{**BILL, "quantity": 100_000}],
            "cat01": [
                {**bought, "label": "Conseil", "amount": 20_000, "factor": "43545", "evidence": "A"},
                {**bought, "label": "Conseil bis", "amount": 30_000, "factor": "43545", "evidence": "B"},
                {**bought, "label": "Machine", "amount": machines, "factor": "43355", "evidence": "C"},
            ],
        }

    def told(self, rows):
        return [note for note in remarks(inventory_of_rows(rows)) if note.code == "CW-346"]

    def test_the_heaviest_first_at_its_heaviest_line(self):
        first, second = self.told(self.lines(100_000))
        assert "43355" in first.sentence
        assert "n° 1" in first.sentence
        assert "27,3 tCO2e" in first.sentence
        assert "43545" in second.sentence
        assert "3,35 tCO2e" in second.sentence
        assert second.cell.endswith(str(FIRST_ROW + 1))
        assert all(note.severity is Severity.INFO for note in (first, second))
        assert "postes significatifs 4.5, C1 :" in first.sentence

    def test_a_ratio_on_a_post_that_no_rule_retains_is_not_told(self):
        # 50 t of steel at 2 tCO2e/t: 100 t beside 0.67 t of nights.
        steel = {"label": "Acier", "nature": "bien", "quantity": 50, "unit": "t", "factor": "STEEL"}
        hotel = {**MONEY, "label": "Hôtels", "mode": "hôtel", "method": "dépense", "amount": 10_000,
                 "factor": "43545"}  # fmt: skip
        own = [{"id": "STEEL", "label": "Acier", "unit": "t", "total": 2000}]
        rows = {"cat01": [steel], "cat06": [hotel]}
        inventory = inventory_of_rows(rows, own=own)
        assert len(inventory.counted) == 2
        assert [note.code for note in remarks(inventory) if note.code == "CW-346"] == []
        # 67 × 100 k€ are 6.7 t: more than 5 % of the total.
        heavier = inventory_of_rows({**rows, "cat06": [{**hotel, "amount": 100_000}]}, own=own)
        (note,) = (note for note in remarks(heavier) if note.code == "CW-346")
        assert "C6" in note.sentence

    def test_a_light_ratio_on_a_significant_post_is_told(self):
        assert ["43545" in note.sentence for note in self.told(self.lines(900))] == [True, False]


class TestExternalCharges:
    """Amounts beside the accounts 60 to 62."""

    def told(self, *rows, charges=100_000, **sheets):
        entered = {
            "cat01": [{**SERVICE, "evidence": str(n), **row} for n, row in enumerate(rows)],
            **sheets,
        }
        inventory = inventory_of_rows(entered, settings={"year": 2024, "external_charges": charges})
        return [note for note in remarks(inventory) if note.code in ("CW-389", "CW-349")]

    def test_the_sum_is_without_tax_and_before_any_price_index(self):
        (note,) = self.told({"amount": 12_000, "amount_basis": "TTC", "vat_rate": 0.2}, {"amount": 40_000})
        assert (note.code, note.severity) == ("CW-389", Severity.INFO)
        assert note.parameters["amount"] == shown(50_000)
        assert note.parameters["share"] == "50"
        assert note.parameters["more"] == ""

    def test_other_currencies_are_changed_at_the_rate_of_their_year(self):
        (note,) = self.told({"amount": 10_000, "currency": "CHF"})
        assert note.parameters["amount"] == shown(10_000 / exchange_rate("CHF", 2024))

    @pytest.mark.parametrize(("amount", "code"), [(100_000, "CW-389"), (100_001, "CW-349")])
    def test_more_than_all_the_charges_is_an_alert(self, amount, code):
        (note,) = self.told({"amount": amount})
        assert note.code == code
        assert (note.severity is Severity.WARNING) == (code == "CW-349")

    @pytest.mark.parametrize("charges", [None, "", 0, float("nan")])
    def test_nothing_is_said_while_the_charges_are_blank(self, charges):
        assert self.told({"amount": 1000}, charges=charges) == []

    def test_nothing_is_said_when_nothing_is_in_money(self):
        assert self.told(combustion_fixe=[BILL]) == []

    def test_what_cannot_be_read_or_is_of_another_year_is_said(self):
        (note,) = self.told(
            {"amount": 1000}, {"amount": 2000, "price_year": 2023}, {"amount": 3000, "currency": None}
        )
        assert note.parameters["count"] == 2
        assert f"1 ligne(s), {shown(2000)} €, sont aux prix d'une autre année" in note.sentence
        assert "1 ligne(s) refusée(s) n'y sont pas" in note.sentence

    def test_assets_and_other_accounts_are_no_external_charges(self):
        asset = {
            **SERVICE,
            "asset": "Presse",
            "amount": 70_000,
            "acquisition_year": 2024,
            "life_years": 10,
        }
        asset = {key: value for key, value in asset.items() if key != "nature"}
        found = self.told(
            {"amount": 1000, "account": "622600"}, {"amount": 5000, "account": "641100"}, cat02=[asset]
        )
        assert [note.parameters["amount"] for note in found] == [shown(1000)]
