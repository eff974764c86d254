"""The blocks that read the registers: earlier years, plan, objectives, and what is said when they hold nothing."""

import dataclasses
import datetime as dt
import re

import pandas as pd
import pytest
from report_cases import Case, Parsed, demo_case, empty_case, frame

from carbon_workbook.report.format import number
from carbon_workbook.report.language import speaking
from carbon_workbook.report.render import DOCX, render_reports
from carbon_workbook.report.tables import esrs_rows, esrs_topics, thresholds
from carbon_workbook.report.texts import texts
from carbon_workbook.specs.spec import lists

HOSTILE = "<b>R&D</b> & {{ 7*7 }} {% if x %} \x00"
LONG = "n" * 500


def with_registers(case: Case, **registers):
    made = {name: frame(name, rows) for name, rows in registers.items()}
    return dataclasses.replace(case, registers={**case.registers, **made})


def history(*rows, year=2022, view="BEGES"):
    return [{"year": year, "view": view, **row} for row in rows]


def action(**known):
    return {
        "action": "Action",
        "post": "4.1",
        "kind": "indirecte",
        "status": "planifiée",
        "lever": "sobriété",
        **known,
    }


# ── Earlier years ───────────────────────────────────────────────────────────────────────────────────────────────


def test_reference_year_adds_up_whatever_the_gases_leave(demonstration):
    case = with_registers(
        demonstration,
        history=history(
            {"code": "1.1", "co2_fossil": 600.0, "ch4": 1.0, "total": 603.0, "co2_biogenic": 7.0},
            {"code": "1.2", "total": 200.0},
            {"code": "2.1", "total": 100.0},
            {"code": "4.1", "co2_fossil": 10.0, "unsplit": 5.0},
        ),
    )
    rows = {row["key"]: row for row in case.context()["beges"]["base_rows"]}
    assert (rows["1.1"]["co2"], rows["1.1"]["n2o"], rows["1.1"]["unsplit"]) == (
        600.0,
        None,
        pytest.approx(2.0),
    )
    assert (rows["1.2"]["co2"], rows["1.2"]["unsplit"]) == (None, 200.0)
    assert (rows["1"]["total"], rows["1"]["co2"], rows["1"]["unsplit"]) == (
        803.0,
        600.0,
        pytest.approx(202.0),
    )
    assert (rows["4.1"]["total"], rows["4.1"]["unsplit"]) == (15.0, 5.0)
    assert rows["3"]["total"] is rows["3"]["unsplit"] is None
    assert (rows["T"]["total"], rows["T"]["co2"], rows["T"]["biogenic"]) == (918.0, 610.0, 7.0)
    for row in rows.values():
        gases = [row[key] or 0.0 for key in ("co2", "ch4", "n2o", "other", "unsplit")]
        assert sum(gases) == pytest.approx(row["total"] or 0.0)


def test_a_missing_earlier_year_is_to_complete_and_never_nil(demonstration):
    context = with_registers(demonstration, history=[]).context()
    words = texts()["todo_dynamic"]
    beges, esrs = context["beges"], context["esrs"]
    assert beges["base_rows"] == beges["comparison"] == []
    assert {words["base_table"], words["comparison"]} <= set(beges["front"]["to_complete"])
    assert {words["comparative"], words["base"]} <= set(esrs["front"]["to_complete"])
    assert all(row["base"] is row["comparative"] is row["change"] is None for row in esrs["rows"])
    assert beges["charts"]["comparison"] is None
    assert "à compléter" in beges["comparison_text"]
    assert [row["known"] for row in beges["years"]] == [False, False]


def test_recalculation_of_earlier_years_is_told(demonstration):
    rows = [
        *history(
            {"code": "1.1", "total": 1.0, "recalculated": "O", "reason": "périmètre", "origin": "saisi"}
        ),
        *history({"code": "1.2", "total": 1.0, "recalculated": "N", "origin": "importé"}),
    ]
    years = with_registers(demonstration, history=rows).context()["beges"]["years"]
    assert years[1]["recalculated"] == texts()["years"]["partly"]
    assert (years[1]["origin"], years[1]["reason"]) == ("saisi ; importé", "périmètre")


def test_a_sum_of_some_scopes_never_passes_for_the_total(demonstration):
    rows = history({"code": "S1", "total": 5.0}, {"code": "1", "total": 9.0}, year=2023, view="GHG Protocol")
    shown = {
        row["code"]: row for row in with_registers(demonstration, history=rows).context()["esrs"]["rows"]
    }
    assert (shown["S1"]["comparative"], shown["1"]["comparative"], shown["T"]["comparative"]) == (
        5.0,
        9.0,
        None,
    )


def test_the_ghg_protocol_history_serves_only_the_same_boundary():
    rows = history({"code": "S1", "total": 5.0}, year=2023, view="GHG Protocol")
    other = with_registers(demo_case(approach_esrs="financier"), history=rows).context()["esrs"]
    assert next(row for row in other["rows"] if row["code"] == "S1")["comparative"] is None
    assert "contrôle opérationnel" in other["history_note"]
    assert "contrôle financier" in other["history_note"]
    told = {row["year"]: row["origin"] for row in other["years"]}
    assert "GHG Protocol" in told["2023"]
    assert "autre approche" in told["2023"]
    assert told["2022"] == texts()["years"]["missing"]


def test_own_figures_of_the_statement_are_not_said_to_be_set_aside():
    rows = history({"code": "S1", "total": 5.0}, year=2023, view="GHG Protocol")
    rows += history({"code": "S1", "total": 4.0, "origin": "saisi"}, year=2023, view="ESRS E1")
    esrs = with_registers(demo_case(approach_esrs="financier"), history=rows).context()["esrs"]
    assert esrs["history_note"] == ""
    assert esrs["years"][0]["origin"] == "saisi"


def test_targets_of_another_boundary_are_said(demonstration):
    same = demonstration.context()["esrs"]
    assert same["targets_alert"] == ""
    other = demo_case(approach_esrs="financier").context()["esrs"]
    assert all(row["label"] in other["targets_alert"] for row in other["plan"]["targets"])
    assert texts()["todo_dynamic"]["targets_boundary"] in other["front"]["to_complete"]
    assert texts()["todo_dynamic"]["targets_boundary"] not in same["front"]["to_complete"]


def test_a_gap_smaller_than_the_rounding_is_not_printed_as_nil(demonstration):
    total = demonstration.views["beges"].total_kg / 1000
    posts = [("1.1", 100.0), ("2.1", 100.0), ("4.1", total - 210.0)]
    rows = [{"code": code, "total": tonnes} for code, tonnes in posts]
    text = with_registers(demonstration, history=history(*rows, year=2023)).context()["beges"][
        "comparison_text"
    ]
    assert "plus petit que l’arrondi" in text
    assert not re.search(r"écart 0", text)


@pytest.mark.parametrize(("year", "doubtful"), [(2023, True), (2024, True), (2025, False)])
def test_an_amendment_later_than_the_year_is_to_check(demonstration, year, doubtful):
    case = dataclasses.replace(
        demonstration,
        inventory=dataclasses.replace(
            demonstration.inventory, settings={**demonstration.inventory.settings, "year": year}
        ),
        settings={**demonstration.settings, "year": year},
    )
    said = case.context()["esrs"]["election"][1:]
    assert [("2025/1416" in one, "à vérifier pour l’exercice" in one) for one in said] == [
        (True, True)
    ] * doubtful


def test_the_previous_workbook_fills_what_history_lacks_and_contradicts_it_aloud(demonstration):
    before = demo_case(of=2023)
    case = dataclasses.replace(with_registers(demonstration, history=[]), previous=before.inventory)
    context = case.context()
    total = context["beges"]["comparison"][-1]
    assert total["previous"] == pytest.approx(before.views["beges"].total_kg / 1000)
    shown = {row["code"]: row for row in context["esrs"]["rows"]}
    assert shown["T"]["comparative"] == pytest.approx(before.views["esrs"].total_kg / 1000)
    esrs = dataclasses.replace(demonstration, previous=before.inventory).context()["esrs"]
    assert all(row["base"] is not None for row in esrs["rows"] if row["code"] in ("S1", "S2", "S2M", "T"))
    assert shown["S2M"]["comparative"] == pytest.approx(before.views["esrs_market"].kg("S2") / 1000)
    rows = history({"code": "T", "total": 30000.0}, year=2023)
    told = dataclasses.replace(with_registers(demonstration, history=rows), previous=before.inventory)
    said = " ".join(told.context()["beges"]["effects_text"])
    assert "30\u202f000,0" in said
    assert "31\u202f915,8" in said


def test_a_previous_workbook_of_another_boundary_gives_no_comparative():
    case = with_registers(demo_case(approach_esrs="financier"), history=[])
    context = dataclasses.replace(case, previous=demo_case(of=2023).inventory).context()
    assert all(row["comparative"] is None for row in context["esrs"]["rows"])
    assert context["beges"]["comparison"]


def test_the_workbook_of_another_year_gives_no_effect(demonstration):
    case = dataclasses.replace(demonstration, previous=demonstration.inventory)
    context = case.context()["beges"]
    assert context["effects"] == []
    assert "2024" in context["effects_text"][0]
    assert "2023" in context["effects_text"][0]


# ── Plan and objectives ─────────────────────────────────────────────────────────────────────────────────────────


def test_actions_are_apart_by_kind_and_none_is_lost(demonstration):
    rows = [
        action(action="a", kind="directe", post="1.1", expected_t=10.0, capex_keur=3.0),
        action(action="b", kind=None, post="1.2 Mobiles", expected_t=5.0),
        action(action="c", kind=None, post="4.1", status=None),
        action(action="d", kind=None, post=None, lever=None),
        action(action="e", status="réalisée", expected_t=9.0, obtained_t=7.0),
        action(action="f", status="abandonnée", expected_t=100.0),
    ]
    case = with_registers(demonstration, actions=rows)
    context = case.context()
    plan = context["beges"]["plan"]
    shown = {key: [row["action"] for row in plan[key]] for key in ("past", "direct", "indirect", "unsorted")}
    assert shown == {"past": ["e", "f"], "direct": ["a", "b"], "indirect": ["c"], "unsorted": ["d"]}
    direct, indirect = plan["volumes"]
    assert (direct["count"], direct["expected"], direct["unknown"], direct["capex"]) == (2, 15.0, 0, 3.0)
    assert (indirect["count"], indirect["expected"], indirect["unknown"]) == (1, None, 1)
    todo = context["esrs"]["front"]["to_complete"]
    assert all(texts()["todo_dynamic"][key].format(count=1) in todo for key in ("states", "kinds", "levers"))
    levers = {row["lever"]: row for row in context["esrs"]["plan"]["levers"]}
    assert levers["sobriété"]["obtained"] == 7.0
    assert levers["sobriété"]["expected"] == 15.0  # neither what is done nor what was given up
    assert sum(row["count"] for row in levers.values()) == 5


def test_dates_of_actions_are_years(demonstration):
    rows = [
        action(start=dt.date(2024, 3, 1), end=dt.date(2026, 1, 1)),
        action(start=dt.date(2024, 3, 1), end=dt.date(2024, 9, 1)),
        action(start=dt.date(2024, 3, 1)),
        action(),
    ]
    plan = with_registers(demonstration, actions=rows).context()["beges"]["plan"]
    assert [row["period"] for row in plan["indirect"]] == ["2024 – 2026", "2024", "2024 –", ""]


def test_objectives_stand_in_the_milestones_of_their_row(demonstration):
    target = {
        "label": "S1",
        "perimeter": "Scope 1",
        "kind": "absolu",
        "base_year": 2022,
        "base_value": 1000.0,
    }
    rows = [
        {**target, "target_year": 2030, "reduction": 0.4},
        {**target, "target_year": 2050, "reduction": 0.9},
        {**target, "perimeter": "Scope 3", "target_year": 2030, "reduction": 0.2, "coverage": 0.5},
        {**target, "perimeter": "Scopes 1 et 2", "target_year": 2030, "reduction": 0.3},
    ]
    esrs = with_registers(demonstration, targets=rows).context()["esrs"]
    shown = {row["code"]: row for row in esrs["rows"]}
    assert shown["S1"]["m2025"] is None
    assert shown["S1"]["m2030"] == pytest.approx(600.0)
    assert shown["S1"]["m2050"] == pytest.approx(100.0)
    assert shown["S1"]["annual"] == pytest.approx(-0.05)
    assert shown["S3"]["m2030"] is None
    assert len(esrs["plan"]["targets"]) == 4
    assert esrs["plan"]["targets"][2]["coverage"] == 0.5


def test_objectives_cover_the_texts_of_their_horizon(demonstration):
    target = {"label": "x", "perimeter": "Scope 1", "base_year": 2022, "base_value": 1.0, "reduction": 0.5}
    blank = {"target_2030_note": None, "target_2050_note": None}
    case = dataclasses.replace(demonstration, settings={**demonstration.settings, **blank})
    fields = with_registers(case, targets=[{**target, "target_year": 2050}]).context()["fields"]
    assert (fields["target_2050"]["value"], fields["target_2050"]["missing"]) == (texts()["see_table"], False)
    assert fields["target_2030"]["missing"]


# ── Duties, versions, final ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "headcount", "state"),
    [("établissement public", 251, "obliged"), ("établissement public", 250, "voluntary"),
     ("association", 400, "voluntary"), ("collectivité", 20, "territory"), ("entreprise", 501, "obliged")],
)  # fmt: skip
def test_the_duty_follows_the_type_of_structure(demonstration, kind, headcount, state):
    settings = {**demonstration.settings, "structure_type": kind, "headcount": headcount}
    assert dataclasses.replace(demonstration, settings=settings).context()["beges"]["duty"]["state"] == state


@pytest.mark.parametrize(
    ("headcount", "revenue", "state"),
    [(312, 64e6, "voluntary"), (1001, 451e6, "obliged"), (1001, 450e6, "voluntary"), (1001, None, "unknown"),
     (10, None, "voluntary")],
)  # fmt: skip
def test_the_duty_of_the_statement_needs_both_thresholds(demonstration, headcount, revenue, state):
    settings = {**demonstration.settings, "headcount": headcount, "revenue": revenue}
    assert dataclasses.replace(demonstration, settings=settings).context()["esrs"]["duty"]["state"] == state


def test_thresholds_have_a_source_and_both_versions_the_same_topics():
    assert thresholds()["beges_private"] == 500
    assert list(esrs_topics("2023")) == list(esrs_topics("2026")) == list(texts()["topics"])
    for version in ("2023", "2026"):
        codes = [row.code for row in esrs_rows(version)]
        assert len(codes) == len(set(codes))
        assert all(row.source for row in esrs_rows(version))


def test_a_final_report_is_called_no_draft(demonstration, tmp_path):
    case = dataclasses.replace(demonstration, final=True)
    for path in render_reports(case.context(), tmp_path, forms=(DOCX,)):
        document = Parsed(path)
        assert "Brouillon" not in document.text
        assert "brouillon à compléter" not in document.text
        assert texts()["stages"]["final"] in document.text


def test_choices_of_the_lists_have_their_wording():
    known = set(texts()["values"])
    for name in ("decision", "critere_importance", "levier", "statut_action", "perimetre_objectif", "type_objectif",
                 "niveau_donnee", "approche", "inclusion", "convention_pertes", "origine", "type_structure",
                 "occupation", "type_instrument"):  # fmt: skip
        assert set(lists()[name]) <= known, name


# ── What both drafts of the demonstration must say ──────────────────────────────────────────────────────────────


def test_drafts_name_what_their_reader_must_know(tmp_path):
    case = demo_case(with_errors=True)
    for path in render_reports(case.context(), tmp_path, forms=(DOCX,)):
        text = Parsed(path).text
        assert "Structure non obligée" in text
        assert "démarche volontaire" in text
        assert "Franchises – motif\u00a0: aucun réseau de franchise" in text
        assert f"Lignes refusées, absentes des totaux\u00a0: {len(case.inventory.refused)}" in text
        assert "Potentiels de réchauffement global" in text
        assert "ratio monétaire" in text
        assert "Électricité, mix moyen (Allemagne)" in text
        assert "31/12/2017" in text


def test_codes_that_are_ours_alone_are_never_printed(rendered):
    _, documents = rendered
    for document in documents.values():
        assert not re.search(r"\b(4\.1[AE]|3[ABCD])\b", document.text)


# ── Bad input ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", [HOSTILE, LONG])
def test_texts_of_the_registers_pass_through_as_text(text, tmp_path):
    target = {"label": text, "perimeter": "Scope 1", "base_year": 2022, "target_year": 2030, "reduction": 0.1}
    case = with_registers(
        demo_case(presentation_note=text, avoided_note=text),
        actions=[action(action=text, owner=text, means_indicator=text)],
        targets=[{**target, "scenario": text}],
        entities=[{"siren": "1", "name": text}],
        history=history({"code": "1.1", "total": 1.0, "reason": text}),
    )
    printed = text.replace("\x00", "")
    for path in render_reports(case.context(), tmp_path, forms=(DOCX,)):
        document = Parsed(path)
        assert document.table("Entités")[0][1] == printed
        assert document.table("Actions sur les émissions indirectes")[0][0] == printed
        assert printed in document.text


def test_a_workbook_without_registers_gives_both_drafts(tmp_path):
    case = dataclasses.replace(demo_case(), registers={}, categories=pd.DataFrame(), sites=pd.DataFrame())
    for path in render_reports(case.context(), tmp_path, forms=(DOCX,)):
        assert "{{" not in Parsed(path).text


def test_zero_emissions_divide_nothing():
    case = dataclasses.replace(
        empty_case(), settings={**empty_case().settings, "year": 2024, "comparative_year": 2023}
    )
    rows = history({"code": "1.1", "total": 0.0}, year=2023)
    context = with_registers(case, history=rows).context()
    assert [row["share"] for row in context["beges"]["by_kind"]] == [None, None, None]
    assert context["beges"]["comparison"][-1]["change"] is None
    assert [figure["value"] for figure in context["beges"]["key"]] == [0.0, 0.0, 0.0, None]
    assert context["esrs"]["energy"]["rows"] == []


def test_forty_sites_of_three_groups(tmp_path):
    case = demo_case()
    sites = [f"Site {n}" for n in range(40)]
    case.sites = case.sites.iloc[[0] * 40].assign(
        site=sites, group=["groupe consolidé", "autre", None, ""] * 10
    )
    case.inventory.lines["site"] = [sites[n % 40] for n in range(len(case.inventory.lines))]
    context = case.context()["esrs"]
    rows = context["groups"]
    assert sum(row["s1"] for row in rows) == pytest.approx(case.views["esrs"].kg("S1") / 1000)
    assert sum(row["s2m"] for row in rows) == pytest.approx(case.views["esrs_market"].kg("S2") / 1000)
    assert texts()["todo_dynamic"]["groups"] in context["front"]["to_complete"]


def test_tonnages_by_factor_say_that_they_are_the_reference_value_of_the_lines(demonstration):
    context = demonstration.context()
    total = number(demonstration.inventory.total_kg / 1000)
    assert total in context["notes"]["reference"]
    assert total != number(demonstration.views["beges"].total_kg / 1000)
    assert "valeur de référence des lignes" in context["beges"]["charts"]["factors"].title


def test_sites_say_yes_or_no_and_a_list_of_the_workbook_speaks_the_language(demonstration):
    with speaking("en"):
        context = demonstration.context()
    assert {row["operational"] for row in context["sites"]} <= {"yes", "no"}
    assert context["fields"]["structure_type"]["value"] == "company"
