"""The documents read back: every figure is the view's, and nothing is promised that the tool cannot know."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from docx import Document
from openxml_audit import OpenXmlValidator
from report_cases import Parsed, demo_case, value

from carbon_workbook.report.blocks import SCOPE3
from carbon_workbook.report.render import REPORTS, render_reports, template_of
from carbon_workbook.report.texts import texts

GASES = ("co2", "ch4", "n2o", "other", "unsplit", "total", "biogenic")
ROUNDING = 0.05 + 1e-6


def tonnes(view, columns):
    return view.rows[list(columns)].sum(axis=1).to_numpy() / 1000


def close(printed, expected):
    assert [value(text) for text in printed] == pytest.approx(list(expected), abs=ROUNDING)


def test_emissions_by_post_and_gas_are_those_of_the_view(rendered):
    case, documents = rendered
    rows = documents["beges"].table(
        "Émissions 2024 par poste" if case.inventory.year else "Émissions à compléter par poste"
    )
    view = case.views["beges"]
    assert [row[0] for row in rows] == [*view.rows["code"][:-1], ""]
    assert [row[1] for row in rows] == list(view.rows["label"])
    sources = (["co2_fossil"], ["ch4_fossil", "ch4_biogenic"], ["n2o"], ["other_gases"], ["unsplit"], ["total"],
               ["co2_biogenic"])  # fmt: skip
    for column, source in enumerate(sources, start=2):
        close([row[column] for row in rows], tonnes(view, source))


def test_outside_and_bridge_are_those_of_the_views(rendered):
    case, documents = rendered
    for report, name in (("beges", "beges"), ("esrs_e1", "esrs")):
        adjustments = case.views[name].adjustments
        if len(adjustments):
            rows = documents[report].table("Éléments hors tableau")
            assert [row[0] for row in rows] == list(adjustments["label"])
            close([row[1] for row in rows], adjustments["kg"] / 1000)
        else:
            assert texts()["sentences"]["no_adjustment"] in documents[report].text
    steps = documents["beges"].table("Pont")
    assert value(steps[0][1]) == pytest.approx(case.views["beges"].total_kg / 1000, abs=ROUNDING)
    assert value(steps[-1][1]) == pytest.approx(case.views["ghgp"].total_kg / 1000, abs=ROUNDING)
    total = sum(value(row[1].replace("+", "")) for row in steps[:-1])
    assert total == pytest.approx(value(steps[-1][1]), abs=len(steps) * ROUNDING)


def test_ghg_protocol_table_is_the_view(rendered):
    case, documents = rendered
    rows = documents["beges"].table(
        "Émissions 2024 selon" if case.inventory.year else "Émissions à compléter selon"
    )
    close([row[2] for row in rows], case.views["ghgp"].rows["total"] / 1000)


def test_esrs_table_is_the_view_in_the_order_of_the_standard(rendered):
    case, documents = rendered
    version = str(case.settings.get("esrs_version") or "2023")
    document, view = documents["esrs_e1"], case.views["esrs"]
    header, *rows = document.tables["Émissions brutes de GES (tCO2e)"]
    assert len(header) == {"2023": 5, "2026": 4}[version]
    current = header.index(texts()["columns"]["current"])
    shown = {row[0]: row[current] for row in rows}
    labels = list(shown)
    assert [label.split(" ", 1)[0] for label in labels[5:20]] == list(SCOPE3)
    close([shown[label] for label in labels[5:20]], [view.kg(code) / 1000 for code in SCOPE3])
    close([shown[labels[0]], shown[labels[2]], shown[labels[4]], shown[labels[20]]],
          [view.kg("S1") / 1000, view.kg("S2") / 1000, view.kg("S3") / 1000, view.total_kg / 1000])  # fmt: skip
    if case.settings.get("approach_esrs") == "financier":
        assert shown[labels[3]] == shown[labels[21]] == "–"
    else:
        close([shown[labels[3]]], [case.views["ghgp_market"].kg("S2") / 1000])
    assert ("E1-8" in document.text) == (version == "2026") or "E1-8" in str(document.table("Sujets"))
    assert any(
        f"– {texts()['esrs_versions'][version]['emissions']}" in heading for heading in document.headings
    )


def test_factors_of_the_appendix_add_up_to_the_lines(rendered):
    case, documents = rendered
    for document in documents.values():
        rows = document.table("Facteurs d’émission")
        assert {row[0] for row in rows} == set(case.inventory.counted["factor_id"].dropna().astype(str))
        total = sum(value(row[-1]) for row in rows)
        assert total == pytest.approx(case.inventory.total_kg / 1000, abs=ROUNDING * max(1, len(rows)))


def test_front_box_counts_what_is_refused_and_to_complete(rendered):
    case, documents = rendered
    for name, report in (("beges", "beges"), ("esrs_e1", "esrs")):
        front = case.context()[report]["front"]
        box = documents[name].document.tables[1].cell(0, 0).text
        assert front["rows_text"] in box
        assert front["to_complete_text"] in box
        for item in front["to_complete"]:
            assert item in box
        for refusal in front["refusals"]:
            assert f"{refusal['place']} – {refusal['code']}" in box
        assert (texts()["front"]["clean"] in box) == front["clean"]


def test_every_user_text_has_its_place_in_its_report():
    for name in REPORTS:
        with zipfile.ZipFile(template_of(name)) as package:
            document = package.read("word/document.xml").decode()
        wanted = {field["key"] for field in texts()["fields"] if name in field["reports"]}
        assert {key for key in wanted if f"fields.{key}.value" not in document and key != "year"} == set()


def test_nothing_is_called_compliant_or_by_a_mark(rendered):
    _, documents = rendered
    for document in documents.values():
        assert not re.search(r"conform|bilan carbone", document.text, re.IGNORECASE)
        assert "{{" not in document.text
        assert "{%" not in document.text


def test_footer_says_which_software_base_and_inputs(rendered):
    case, documents = rendered
    meta = case.context()["meta"]
    for document in documents.values():
        for part in (document.document.sections[0].footer, document.document.sections[0].first_page_footer):
            text = "\n".join(paragraph.text for paragraph in part.paragraphs)
            assert all(str(meta[key]) in text for key in ("software", "catalogue", "input_hash"))


def test_captions_are_numbered_and_pictures_described(rendered):
    _, documents = rendered
    for document in documents.values():
        captions = [p for p in document.document.paragraphs if p.style.name == "Caption"]
        found = {"Tableau": [], "Figure": []}
        for caption in captions:
            text = "".join(node.text or "" for node in caption._p.iter() if node.tag.endswith("}t"))
            kind, number = re.match(r"(\w+)\u00a0(\d+) – ", text).groups()
            found[kind].append(int(number))
        for numbers in found.values():
            assert numbers == list(range(1, len(numbers) + 1))
        described = [
            node.get("descr") for node in document.document.element.body.iter() if node.tag.endswith("}docPr")
        ]
        assert len(described) == len(found["Figure"])
        assert all("tCO2e" in text for text in described)


def test_contents_list_every_heading(rendered):
    _, documents = rendered
    for document in documents.values():
        entries = [p for p in document.document.paragraphs if p.style.name.startswith("toc ")]
        texts_ = ["".join(n.text or "" for n in p._p.iter() if n.tag.endswith("}t")) for p in entries]
        assert [re.sub(r"^[\d.]+", "", text) for text in texts_] == document.headings


def test_documents_pass_an_independent_check(rendered, tmp_path):
    case, _ = rendered
    for path in render_reports(case.context(), tmp_path):
        result = OpenXmlValidator().validate(path)
        assert result.is_valid, [str(error) for error in result.errors]


@pytest.mark.parametrize(
    "label",
    ["<b>Acier</b> & fonte {{ 7*7 }} {% if x %} =1+1", "n" * 500, "a\x00b\x0bc\ufffe\nautre ligne"],
)
def test_any_label_passes_through_as_text(label, tmp_path):
    case = demo_case(company_name=label, plan_note=label, label=label)
    printed = re.sub(r"[\x00\x0b\ufffe]", "", label)
    for path in render_reports(case.context(), tmp_path):
        document = Parsed(path)
        assert printed in "\n".join(p.text for p in document.document.paragraphs)
        assert all(row[1] == printed for row in document.table("Facteurs d’émission"))


def test_forty_sites_are_all_listed(tmp_path):
    case = demo_case()
    case.sites = case.sites.iloc[[0] * 40].assign(site=[f"Site {n}" for n in range(40)])
    path = render_reports(case.context(), tmp_path)[0]
    assert [row[0] for row in Parsed(path).table("Sites")] == [f"Site {n}" for n in range(40)]


def test_templates_are_those_that_the_script_makes(tmp_path):
    script = Path(__file__).resolve().parents[2] / "scripts" / "make_templates.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, capture_output=True)
    for name in REPORTS:
        made, shipped = (zipfile.ZipFile(path) for path in (tmp_path / f"{name}.docx", template_of(name)))
        assert made.namelist() == shipped.namelist()
        assert [part for part in made.namelist() if made.read(part) != shipped.read(part)] == []


def test_templates_open_as_plain_documents():
    for name in REPORTS:
        assert any("company" in p.text for p in Document(str(template_of(name))).paragraphs)
