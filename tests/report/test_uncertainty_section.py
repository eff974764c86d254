"""The uncertainty section: what the documents print is what the inventory holds."""

import numpy as np
import pytest
from report_cases import demo_case

from carbon_workbook.inventory.propagation import INDEPENDENT, SHARING, row_uncertainty, tornado
from carbon_workbook.report.format import percent
from carbon_workbook.report.texts import texts
from carbon_workbook.specs.spec import lists
from carbon_workbook.specs.spec import settings as setting_specs

ROOTS = {"beges": "beges", "esrs": "esrs"}


@pytest.mark.parametrize("root", ROOTS)
def test_rows_are_those_of_the_view(demonstration, root):
    found = demonstration.context()[root]["uncertainty"]
    rows = row_uncertainty(demonstration.inventory, demonstration.views[ROOTS[root]])
    held = rows[(rows["kg"] > 0) & (rows["level"] < 2)]
    assert [row["tonnes"] for row in found["rows"]] == pytest.approx(list(held["kg"] / 1000))
    assert [row["quality"] for row in found["rows"]] == list(held["quality"])
    assert all(row["low"] <= row["tonnes"] <= row["high"] for row in found["rows"])
    sources = tornado(demonstration.inventory, demonstration.views[ROOTS[root]])
    assert [row["share"] for row in found["sources"]] == list(sources["share"][: len(found["sources"])])


def test_documents_print_the_interval_and_what_to_improve_first(rendered):
    case, documents = rendered
    for name, root in (("beges", "beges"), ("esrs_e1", "esrs")):
        section = case.context()[root]["uncertainty"]
        text = "\n".join(p.text for p in documents[name].document.paragraphs)
        for sentence in (section["summary"], *section["notes"]):
            assert sentence in text
        if section["rows"]:
            printed = documents[name].table("Incertitude à 95")
            assert [row[4] for row in printed] == [percent(row["half"]) for row in section["rows"]]


def test_an_empty_inventory_has_no_interval(rendered):
    case, _ = rendered
    section = case.context()["beges"]["uncertainty"]
    nothing = not np.nansum(case.inventory.block.kg)
    assert ("n.a." in section["summary"]) == nothing == (section["rows"] == [])


def test_lines_without_uncertainty_are_said(demonstration):
    notes = " ".join(demonstration.context()["beges"]["uncertainty"]["notes"])
    assert "sans incertitude connue" in notes
    assert "À préciser en premier" in notes
    known = demo_case()
    known.inventory.lines["uncertainty_pct"] = 0.1
    assert notes != " ".join(known.context()["beges"]["uncertainty"]["notes"])


def test_the_choice_on_shared_data_is_said_and_widens_the_interval(demonstration):
    def section(value):
        return demo_case(activity_correlation=value).context()["beges"]["uncertainty"]

    apart, together = section("aucune"), section("fournisseur")
    assert apart == demonstration.context()["beges"]["uncertainty"]
    assert apart["summary"].endswith("Les données d’activité sont indépendantes.")
    assert "d’un même fournisseur se trompent ensemble" in together["summary"]
    assert together["rows"][-1]["half"] > apart["rows"][-1]["half"]
    assert together["rows"][-1]["tonnes"] == apart["rows"][-1]["tonnes"]


def test_every_choice_of_the_list_has_its_columns_and_its_sentence():
    choices = list(lists()["correlation_donnees"])
    assert choices == [INDEPENDENT, *SHARING] == list(texts()["activity_correlation"])
    spec = next(one for one in setting_specs() if one.key == "activity_correlation")
    assert (spec.list, spec.default) == ("correlation_donnees", INDEPENDENT)
