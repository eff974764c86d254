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

from carbon_workbook.report.docx import LAST_ROWS, SHORT_TABLE
from carbon_workbook.report.format import typeset
from carbon_workbook.report.render import DOCX, REPORTS, render_reports, template_of
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
    levels = zip(view.rows["code"], view.rows["level"], strict=True)
    assert [row[0] for row in rows] == ["" if code == "T" or level > 1 else code for code, level in levels]
    assert [row[1] for row in rows] == [typeset(label) for label in view.rows["label"]]
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
            assert [row[0] for row in rows] == [typeset(label) for label in adjustments["label"]]
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


LABELS = {
    "1": "Biens et services achetés",
    "2": "Biens d’investissement",
    "3": "Activités relevant des secteurs des combustibles et de l’énergie (non incluses dans les scopes 1 et 2)",
    "4": "Transport et distribution en amont",
    "5": "Déchets produits lors de l’exploitation",
    "6": "Voyages d’affaires",
    "7": "Déplacements domicile-travail des salariés",
    "8": "Actifs loués en amont",
    "9": "Acheminement en aval",
    "10": "Transformation des produits vendus",
    "11": "Utilisation des produits vendus",
    "12": "Traitement en fin de vie des produits vendus",
    "13": "Actifs loués en aval",
    "14": "Franchises",
    "15": "Investissements",
}
SCOPES = {
    "2023": [
        "Émissions brutes de GES de scope 1",
        "Part du scope 1 sous systèmes d’échange de quotas réglementés",
        "Émissions brutes de GES de scope 2, fondées sur la localisation",
        "Émissions brutes de GES de scope 2, fondées sur le marché",
        "Émissions brutes totales indirectes de GES (scope 3)",
    ],
    "2026": [
        "Émissions brutes de GES de scope 1",
        "Part du scope 1 sous le système d’échange de quotas de l’Union européenne",
        "Émissions brutes de GES de scope 2, fondées sur la localisation",
        "Émissions brutes de GES de scope 2, fondées sur le marché",
        "Émissions brutes totales indirectes de GES (scope 3)",
    ],
}
CLOUD = "– dont services d’informatique en nuage et de centres de données"
LAST = {
    "2023": [
        "Émissions totales de GES, fondées sur la localisation",
        "Émissions totales de GES, fondées sur le marché",
    ],
    "2026": ["CO2 biogénique direct de scope 1 (t)"],
}
COLUMNS = {
    "2023": ["Scope ou catégorie", "Base {base}", "Comparatif {before}", "Année {year}", "% N / N-1", "Jalon 2025",
             "Jalon 2030", "Jalon 2050", "% annuel / base"],
    "2026": ["Scope ou catégorie", "Comparatif {before}", "Année {year}", "% de variation"],
}  # fmt: skip
"""Rows of AR 48 (2023) and AR 26 (2026), whole and in their order, with the columns of each."""


def test_esrs_table_has_the_rows_and_columns_of_its_version_in_order(rendered):
    case, documents = rendered
    version, fields = str(case.settings.get("esrs_version") or "2023"), case.context()["fields"]
    header, *rows = documents["esrs_e1"].tables["Émissions brutes de GES (tCO2e)"]
    words = {"base": fields["base_year"], "before": fields["comparative_year"], "year": fields["year"]}
    values = {key: field["value"] for key, field in words.items()}
    assert header == [title.format(**values) for title in COLUMNS[version]]
    categories = [f"{code} {label}" for code, label in LABELS.items()]
    assert [row[0] for row in rows] == [
        *SCOPES[version], categories[0], CLOUD, *categories[1:], *LAST[version]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "emissions", "targets"), [("2023", "E1-6", "E1-4"), ("2026", "E1-8", "E1-6")]
)
def test_headings_name_the_topic_with_the_number_of_its_version(version, emissions, targets, tmp_path):
    path = render_reports(demo_case(esrs_version=version).context(), tmp_path, forms=(DOCX,))[1]
    document = Parsed(path)
    assert any(
        heading.startswith(f"Émissions brutes de GES – {emissions}, §") for heading in document.headings
    )
    assert any(heading.startswith(f"Cibles – {targets}, §") for heading in document.headings)
    topics = {row[0]: row[1] for row in document.table("Sujets")}
    assert topics["Émissions brutes de GES"].startswith(emissions)
    assert topics["Prix interne du carbone"].startswith({"2023": "E1-8", "2026": "E1-10"}[version])
    assert list(topics) == [texts()["topics"][key] for key in texts()["topics"]]


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
    for path in render_reports(case.context(), tmp_path, forms=(DOCX,)):
        result = OpenXmlValidator().validate(path)
        assert result.is_valid, [str(error) for error in result.errors]


@pytest.mark.parametrize(
    "label",
    ["<b>Acier</b> & fonte {{ 7*7 }} {% if x %} =1+1", "n" * 500, "a\x00b\x0bc\ufffe\nautre ligne"],
)
def test_any_label_passes_through_as_text(label, tmp_path):
    case = demo_case(company_name=label, plan_note=label, label=label)
    printed = re.sub(r"[\x00\x0b\ufffe]", "", label)
    for path in render_reports(case.context(), tmp_path, forms=(DOCX,)):
        document = Parsed(path)
        assert printed in "\n".join(p.text for p in document.document.paragraphs)
        assert all(row[1] == printed for row in document.table("Facteurs d’émission"))


def test_forty_sites_are_all_listed(tmp_path):
    case = demo_case()
    case.sites = case.sites.iloc[[0] * 40].assign(site=[f"Site {n}" for n in range(40)])
    path = render_reports(case.context(), tmp_path, forms=(DOCX,))[0]
    assert [row[0] for row in Parsed(path).table("Sites")] == [f"Site {n}" for n in range(40)]


def test_templates_are_those_that_the_script_makes(tmp_path):
    script = Path(__file__).resolve().parents[2] / "scripts" / "make_templates.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, capture_output=True)
    folder = template_of("beges").parent
    made_here = {path.name for path in tmp_path.iterdir()}
    assert made_here == {path.name for path in folder.iterdir()} - {"report.css"}
    for name in (name for name in made_here if name.endswith(".jinja")):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    for name in (name for name in made_here if name.endswith(".docx")):
        made, shipped = (zipfile.ZipFile(path / name) for path in (tmp_path, folder))
        assert made.namelist() == shipped.namelist()
        assert [part for part in made.namelist() if made.read(part) != shipped.read(part)] == []


def test_templates_open_as_plain_documents():
    for name in REPORTS:
        assert any("company" in p.text for p in Document(str(template_of(name))).paragraphs)


def test_rows_of_a_short_table_stay_together_and_those_of_a_long_one_do_not(rendered):
    for report in rendered[1].values():
        for table in report.document.tables:
            kept = [
                all(p.paragraph_format.keep_with_next for c in row.cells for p in c.paragraphs)
                for row in table.rows
            ]
            short = len(table.rows) <= SHORT_TABLE
            assert all(kept[:-1]) if short else not all(kept[:-1]), table.rows[0].cells[0].text
            assert not short or not kept[-1]


def test_the_last_rows_of_a_long_table_stay_together(rendered):
    for report in rendered[1].values():
        long = [table for table in report.document.tables if len(table.rows) > SHORT_TABLE]
        for table in long:
            kept = [row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in table.rows]
            assert kept[-LAST_ROWS:] == [*[True] * (LAST_ROWS - 1), None]
            assert not kept[-LAST_ROWS - 1]
