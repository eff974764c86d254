"""The context: what it says of the inputs, and what it refuses to invent."""

import dataclasses

import pandas as pd
import pytest
from report_cases import demo_case, empty_case

from carbon_workbook.report.texts import texts


def changed(case, **settings):
    return dataclasses.replace(case, settings={**case.settings, **settings})


@pytest.mark.parametrize(
    ("headcount", "state", "words"),
    [
        (312, "voluntary", "Structure non obligée"),
        (500, "voluntary", "démarche volontaire"),
        (501, "obliged", "Structure obligée"),
        (None, "unknown", "à compléter"),
    ],
)
def test_duty_reads_the_headcount_and_asks_for_a_check(demonstration, headcount, state, words):
    duty = changed(demonstration, headcount=headcount).context()["beges"]["duty"]
    assert duty["state"] == state
    assert words in duty["reading"]
    assert "à vérifier" in duty["reading"] or state == "unknown"
    assert "500" in duty["rule"]


def test_a_site_overseas_leaves_the_status_to_be_checked(demonstration):
    sites = demonstration.sites.assign(department="974")
    case = dataclasses.replace(demonstration, sites=sites)
    assert case.context()["beges"]["duty"]["state"] == "overseas"
    assert changed(case, headcount=250).context()["beges"]["duty"]["state"] == "voluntary"


@pytest.mark.parametrize(
    ("year", "version", "count", "words"),
    [(2026, "2026", 1, "choix entre les deux versions"), (2026, "2023", 1, "2023/2772"), (2024, "2023", 2, "2023/2772"),
     (2025, "2023", 1, "2023/2772"), (2024, "2026", 2, "à vérifier"), (2027, "2023", 2, "à vérifier"),
     (2027, "2026", 1, "2026/1563")],
)  # fmt: skip
def test_the_election_says_which_version_was_used(year, version, count, words):
    esrs = demo_case(year=year, esrs_version=version).context()["esrs"]
    assert len(esrs["election"]) == count
    assert words in " ".join(esrs["election"])
    assert f"version {version}" in esrs["election"][0]
    assert esrs["code"] == {"2023": "E1-6", "2026": "E1-8"}[version]


def test_significance_depends_on_the_view(demonstration):
    context = demonstration.context()
    first = {
        report: [r["code"] for r in context[report]["significance"] if r["first"]]
        for report in ("beges", "esrs")
    }
    above = {
        report: [r["code"] for r in context[report]["significance"] if r["above"]]
        for report in ("beges", "esrs")
    }
    assert first == {"beges": ["4.1", "5.1", "5.3"], "esrs": ["1", "11"]}
    assert above == {"beges": ["4.1", "5.1", "5.3"], "esrs": ["1", "11"]}
    assert context["beges"]["significance"][-1]["cumulated"] == pytest.approx(1.0)
    assert not any(r["code"].startswith("1.") for r in context["beges"]["significance"])


def test_the_bridge_leads_from_one_total_to_the_other(demonstration):
    rows = demonstration.context()["beges"]["bridge"]
    assert rows[0]["tonnes"] == pytest.approx(demonstration.views["beges"].total_kg / 1000)
    assert sum(row["tonnes"] for row in rows[:-1]) == pytest.approx(rows[-1]["tonnes"], abs=1e-6)
    assert rows[-1]["tonnes"] == pytest.approx(demonstration.views["ghgp"].total_kg / 1000)


def test_expired_factors_and_monetary_lines_are_told(demonstration):
    context = demonstration.context()
    expired = {row["id"]: row for row in context["expired"]}
    assert str(expired["15592"]["until"]) == "2017-12-31"
    lines = demonstration.inventory.counted
    # Categories 1 and 11 are the significant ones: the capital goods, also in money, stand elsewhere.
    bought = lines[(lines["data_level"] == "monétaire") & (lines["sheet"] == "cat01")]
    monetary = bought.groupby("factor_id", observed=True)["total_kg"].sum()
    assert {row["id"]: row["tonnes"] for row in context["monetary"]} == pytest.approx(
        (monetary / 1000).nlargest(10).to_dict()
    )
    assert [row["id"] for row in context["monetary"]][:3] == ["43355", "43420", "43425"]
    assert f"{len(monetary)}, pour" in context["notes"]["monetary"]
    assert "Les 10 plus lourds" in context["notes"]["monetary"]
    assert "AR5" in context["notes"]["gwp"]
    assert "AR6" in context["notes"]["gwp"]


def test_missing_texts_are_counted_not_invented(demonstration):
    before = demonstration.context()["beges"]["front"]
    after = changed(demonstration, plan_note="  ", responsible=None).context()["beges"]["front"]
    assert after["to_complete_count"] == before["to_complete_count"] + 2
    assert after["to_complete_count"] == len(after["to_complete"])
    written = changed(demonstration, target_2050_note="Neutralité.").context()
    assert written["fields"]["target_2050"]["value"] == "Neutralité."
    assert written["beges"]["front"]["to_complete_count"] == before["to_complete_count"] - 1


def test_a_decision_without_its_reason_is_to_complete(demonstration):
    rows = [{"code": code, "decision": "incluse", "reason": ""} for code in [f"C{n}" for n in range(1, 16)]]
    rows[13] |= {"decision": "exclue"}
    case = dataclasses.replace(demonstration, categories=pd.DataFrame(rows))
    todo = case.context()["esrs"]["front"]["to_complete"]
    assert texts()["todo_dynamic"]["reasons"].format(codes="C14") in todo
    rows[13] |= {"reason": "aucun réseau"}
    case = dataclasses.replace(demonstration, categories=pd.DataFrame(rows))
    assert len(case.context()["esrs"]["front"]["to_complete"]) == len(todo) - 1


def test_scope_2_by_the_market_has_the_boundary_of_the_statement(demonstration):
    same = {row["code"]: row["current"] for row in demonstration.context()["esrs"]["rows"]}
    assert same["S2M"] == pytest.approx(demonstration.views["ghgp_market"].kg("S2") / 1000)
    assert same["TM"] == pytest.approx(same["T"] - same["S2"] + same["S2M"])
    other = demo_case(approach_esrs="financier")
    shown = {row["code"]: row["current"] for row in other.context()["esrs"]["rows"]}
    assert shown["S2M"] == pytest.approx(other.views["esrs_market"].kg("S2") / 1000)
    assert shown["S2M"] != pytest.approx(same["S2M"])
    assert shown["TM"] == pytest.approx(shown["T"] - shown["S2"] + shown["S2M"])


def test_the_input_hash_follows_the_inputs(demonstration):
    reference = demonstration.context()["meta"]["input_hash"]
    assert demo_case().context()["meta"]["input_hash"] == reference
    assert demo_case(headcount=313).context()["meta"]["input_hash"] != reference


def test_a_missing_view_is_refused(demonstration):
    views = {name: view for name, view in demonstration.views.items() if name != "esrs"}
    with pytest.raises(KeyError):
        dataclasses.replace(demonstration, views=views).context()


def test_refused_rows_and_warnings_stand_in_the_front_box():
    case = demo_case(with_errors=True)
    front = case.context()["beges"]["front"]
    assert front["refused"] == len(case.inventory.refused) > 0
    assert front["entered"] == front["counted"] + front["refused"]
    assert not front["clean"]
    assert front["refusals"][0]["place"]


def test_an_empty_inventory_has_no_chart_and_no_figure():
    context = empty_case().context()
    assert context["beges"]["charts"] == dict.fromkeys(
        ("categories", "posts", "factors", "intervals", "comparison", "trajectory")
    )
    assert context["beges"]["total"] == 0.0
    assert context["factors"] == []
