"""What keeps a report from being final: each blocker alone, none, and all in one message."""

import pandas as pd
import pytest
from inventory_cases import inventory_of_rows

from carbon_workbook.factors.tables import ghgp_categories, posts
from carbon_workbook.inventory.finality import blockers, check_final, is_final
from carbon_workbook.inventory.remarks import remarks
from carbon_workbook.inventory.screening import decision_remarks, screen
from carbon_workbook.inventory.views import views
from carbon_workbook.messages import CodedError

ELECTRICITY = {"label": "Relevé", "quantity": 1_000_000, "unit": "kWh", "factor": "43642"}
EXPIRED = {"label": "Tôle", "quantity": 100, "unit": "t", "factor": "26729", "nature": "bien"}
CODES = (*posts()["post"], *(f"C{code}" for code in ghgp_categories()["category"] if code.isdigit()))


def categories(**changed):
    """Every post and category included, but for the changes: decision and reason by code, « 4_1 » for 4.1."""
    own = {code.replace("_", "."): value for code, value in changed.items()}
    rows = [(code, *own.get(code, ("incluse", ""))) for code in CODES]
    return pd.DataFrame(rows, columns=["code", "decision", "reason"])


def found(rows=None, decided=None, actions=None, **settings):
    table = categories() if decided is None else decided
    inventory = inventory_of_rows(rows or {"electricite": [ELECTRICITY]}, settings=settings)
    screening = screen(None, inventory.catalogue, inventory.settings)
    notes = decision_remarks(views(inventory), screening, table, inventory.settings, actions)
    return inventory, (*remarks(inventory, table), *notes), table


def codes(*args, **options):
    return [note.code for note in blockers(*found(*args, **options))]


def test_nothing_missing():
    assert codes() == []
    check_final(*found())


@pytest.mark.parametrize(
    ("decided", "expected"),
    [
        (categories(C9=("exclue", "")), ["CW-334"]),
        (categories(C9=("exclue", "aucune vente")), []),
        (categories(**{"1_2": ("exclue", "pas de véhicule")}), ["CW-347"]),
        (categories(**{"1_2": ("à décider", "")}), []),
        (categories(C4=("peut-être", "")), ["CW-348", "CW-376"]),
        (categories(C4=("à décider", ""), C5=("", "")), ["CW-376"]),
        (categories(**{"2_1": ("exclue", "compteur absent")}), ["CW-364"]),
        (pd.DataFrame({"code": ["4.1"], "decision": ["incluse"], "reason": [""]}), ["CW-376"]),
    ],
)
def test_decisions(decided, expected):
    assert codes(decided=decided) == expected


def test_all_undecided_codes_are_in_one_message():
    note = blockers(*found(decided=categories(C4=("à décider", ""), **{"5_4": ("", "")})))[0]
    assert "2 poste(s)" in note.sentence
    assert "5.4, C4" in note.sentence


def test_a_refused_row():
    assert codes({"electricite": [ELECTRICITY, {**ELECTRICITY, "quantity": "beaucoup"}]}) == ["CW-377"]


def test_the_first_report_may_leave_out_a_post_with_a_remedy():
    out = categories(**{"2_1": ("exclue", "compteur absent")})
    plan = pd.DataFrame([{"action": "Poser un compteur", "post": "2.1", "status": "planifiée"}])
    assert codes(decided=out, actions=plan, first_beges="O") == []
    assert codes(decided=out, first_beges="O") == ["CW-365"]


class TestExpiredFactors:
    def test_one_that_weighs_asks_for_its_reason(self):
        assert codes({"cat01": [EXPIRED]}) == ["CW-378"]

    def test_once_for_its_lines_and_answered_by_one_of_them(self):
        rows = [EXPIRED, {**EXPIRED, "label": "Autre", "quantity": 50}]
        assert codes({"cat01": rows}) == ["CW-378"]
        rows[1]["assumption"] = "Aucune valeur plus récente publiée"
        assert codes({"cat01": rows}) == []

    def test_not_below_the_threshold(self):
        rows = {"cat01": [{**EXPIRED, "quantity": 0.1}], "electricite": [ELECTRICITY]}
        assert codes(rows) == []
        assert codes(rows, threshold_pct=0.001) == ["CW-378"]

    def test_not_before_its_end(self):
        assert codes({"cat01": [EXPIRED]}, year=2021) == []


def test_one_message_lists_every_blocker():
    rows = {"cat01": [EXPIRED], "electricite": [{**ELECTRICITY, "quantity": "x"}]}
    with pytest.raises(CodedError) as stopped:
        check_final(*found(rows, categories(C9=("exclue", ""))))
    said = str(stopped.value)
    assert said.startswith("CW-375")
    assert "3 point(s)" in said
    assert [said.index(code) for code in ("CW-377", "CW-334", "CW-378")] == sorted(
        said.index(code) for code in ("CW-377", "CW-334", "CW-378")
    )


@pytest.mark.parametrize(
    ("settings", "asked", "expected"),
    [
        ({}, False, False),
        ({"final_report": "N"}, False, False),
        ({"final_report": "O"}, False, True),
        ({}, True, True),
    ],
)
def test_asked_by_the_command_or_the_settings(settings, asked, expected):
    assert is_final(settings, asked) is expected
