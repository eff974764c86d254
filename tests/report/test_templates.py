"""A template that a user restyled or broke: it renders, or a coded message names the tag and the place."""

import shutil

import pytest
from docx import Document

from carbon_workbook.messages import CodedError
from carbon_workbook.report.docx import render_docx
from carbon_workbook.report.render import template_of


@pytest.fixture
def broken(tmp_path, demonstration):
    """Render the BEGES template after ``change`` and give the message of its refusal."""

    def refusal(change):
        path = tmp_path / "modele.docx"
        shutil.copy(template_of("beges"), path)
        document = Document(str(path))
        change(document)
        document.save(str(path))
        context = demonstration.context()
        context["beges"]["charts"] = dict.fromkeys(context["beges"]["charts"])
        with pytest.raises(CodedError) as caught:
            render_docx(path, context)
        return caught.value.message

    return refusal


def after_heading(document, start, text):
    heading = next(
        p for p in document.paragraphs if p.style.name.startswith("Heading") and p.text.startswith(start)
    )
    following = document.paragraphs[[p._p for p in document.paragraphs].index(heading._p) + 1]
    return following.insert_paragraph_before(text)


@pytest.mark.parametrize(
    "tag",
    ["{{ fields.telecopie.value }}", "{{ bilan.total }}", "{{ beges.rows[0].tonne }}", "{{ year.foo.bar }}"],
)
def test_an_unknown_tag_is_named_with_its_place(broken, tag):
    said = broken(lambda document: after_heading(document, "Plan de transition", f"Voir {tag} ici"))
    assert said.code == "CW-502"
    assert tag in said.sentence
    assert "Plan de transition" in said.sentence
    assert "modele.docx" in said.sentence
    assert "Voir" in said.remedy


def test_an_unknown_tag_of_a_table_is_found_among_its_neighbours(broken):
    def change(document):
        table = next(t for t in document.tables if "r.co2" in str([c.text for r in t.rows for c in r.cells]))
        table.rows[3].cells[1].paragraphs[0].add_run(" {{ r.libelle }}")

    said = broken(change)
    assert said.code == "CW-502"
    assert "{{ r.libelle }}" in said.sentence
    assert "Émissions par poste" in said.sentence


def test_an_unknown_tag_of_the_footer_names_the_footer(broken):
    said = broken(lambda document: document.sections[0].footer.paragraphs[0].add_run("{{ version }}"))
    assert said.code == "CW-502"
    assert "{{ version }}" in said.sentence
    assert "footer" in said.sentence


@pytest.mark.parametrize(
    "tag",
    ["{{ year | inconnu }}", "{{ year + }}", "{% if year %}", "{{ 1 / 0 }}", "{{ company + 1 }}", "{{ company|t }}",
     "{{ ''.__class__.__mro__ }}", "{{ company.format.__globals__ }}"],
)  # fmt: skip
def test_a_tag_that_cannot_run_is_refused(broken, tag):
    said = broken(lambda document: after_heading(document, "Plan de transition", tag))
    assert said.code in ("CW-502", "CW-503")
    assert "modele.docx" in said.sentence


def test_blocks_that_break_the_layout_are_refused(broken):
    def change(document):
        after_heading(document, "Plan de transition", "{%p if year %}")
        table = next(
            t for t in document.tables if "for r in factors" in "".join(row.cells[0].text for row in t.rows)
        )
        table.rows[-1].cells[0].paragraphs[0].add_run("{% endif %}")

    assert broken(change).code in ("CW-503", "CW-504")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 tronqu\xc3\xa9", b"texte"])
def test_what_is_no_word_file_is_refused(tmp_path, demonstration, content):
    path = tmp_path / "modele.docx"
    path.write_bytes(content)
    with pytest.raises(CodedError) as caught:
        render_docx(path, demonstration.context())
    assert caught.value.message.code == "CW-501"


def test_a_restyled_template_keeps_its_style_and_its_figures(tmp_path, demonstration):
    path = tmp_path / "modele.docx"
    document = Document(str(template_of("beges")))
    document.styles["Normal"].font.name = "Police absente"
    document.paragraphs[0].insert_paragraph_before("Notre logo – {{ company }}")
    document.save(str(path))
    out = tmp_path / "rapport.docx"
    out.write_bytes(render_docx(path, demonstration.context()))
    made = Document(str(out))
    assert made.styles["Normal"].font.name == "Police absente"
    assert made.paragraphs[0].text.startswith("Notre logo – Aéralpe")
