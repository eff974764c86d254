"""What is said of an inventory: doubles, screening, order, one message a factor and not one a row."""

import pandas as pd
import pytest
from inventory_cases import FIRST_ROW, inventory_of_rows

from carbon_workbook.factors.catalogue import load_catalogue
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
    """1 % of the counted emissions: 1 000 kWh PCS of gas are 215.4 kg; conseil 67 and machines 273 kg a k€ of 2023."""

    def lines(self, machines):
        money = {"nature": "service", "amount_basis": "HT", "currency": "EUR", "price_year": 2023}
        return {
            "combustion_fixe": [{**BILL, "quantity": 100_000}],
            "cat01": [
                {**money, "label": "Conseil", "amount": 20_000, "factor": "43545", "evidence": "A"},
                {**money, "label": "Conseil bis", "amount": 30_000, "factor": "43545", "evidence": "B"},
                {**money, "label": "Machine", "amount": machines, "factor": "43355", "evidence": "C"},
            ],
        }

    def told(self, machines):
        found = remarks(inventory_of_rows(self.lines(machines)))
        return [note for note in found if note.code == "CW-346"]

    def test_the_heaviest_first_at_its_heaviest_line(self):
        first, second = self.told(100_000)
        assert "43355" in first.sentence
        assert "n° 1" in first.sentence
        assert "27,3 tCO2e" in first.sentence
        assert "43545" in second.sentence
        assert "3,35 tCO2e" in second.sentence
        assert second.cell.endswith(str(FIRST_ROW + 1))
        assert all(note.severity is Severity.INFO for note in (first, second))

    def test_what_weighs_less_than_one_percent_is_not_told(self):
        # 0.9 k€ × 273 = 0.25 t of 25.1 t
        assert ["43545" in note.sentence for note in self.told(900)] == [True]
