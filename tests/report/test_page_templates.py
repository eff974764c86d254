"""An HTML template that a user rewrote or broke: it renders, or a coded message names the tag and the place."""

import shutil
from pathlib import Path

import pytest

from carbon_workbook.messages import CodedError
from carbon_workbook.report.html import carried_seal, render_html
from carbon_workbook.report.render import HTML, render_reports, template_of

OWN = """<!DOCTYPE html>
<html lang="fr"><head><title>{{ company }}</title>
<style>{% include "report.css" %}</style></head>
<body>
<h1>Notre rapport {{ year }}</h1>
HERE
</body></html>
"""


def made(folder: Path, content: str, context, seal: str = "") -> str:
    path = folder / "beges.html.jinja"
    path.write_text(OWN.replace("HERE", content), encoding="utf-8")
    return render_html(path, context, seal=seal).decode()


@pytest.fixture
def refused(tmp_path, demonstration):
    """The message of a page that cannot be made."""

    def refusal(content: str):
        with pytest.raises(CodedError) as caught:
            made(tmp_path, content, demonstration.context())
        return caught.value.message

    return refusal


@pytest.mark.parametrize(
    "tag", ["{{ fields.absent.value }}", "{{ bilan.total }}", "{{ beges.rows[0].tonne }}"]
)
def test_an_unknown_tag_is_named_with_its_place(refused, tag):
    said = refused(f"<h2>Chiffres</h2>\n<p>Voir {tag} ici</p>")
    assert said.code == "CW-502"
    assert tag in said.sentence
    assert "« Chiffres »" in said.sentence
    assert "beges.html.jinja" in said.sentence
    assert "Voir" in said.remedy


@pytest.mark.parametrize(
    "tag",
    ["{{ year | inconnu }}", "{{ year + }}", "{% if year %}", "{{ 1 / 0 }}", "{{ company + 1 }}", "{{ company|t }}",
     "{{ ''.__class__.__mro__ }}", "{{ company.format.__globals__ }}", "{% include '../pyproject.toml' %}",
     "{% include 'absent.css' %}", "{{ beges.charts|image }}"],
)  # fmt: skip
def test_a_tag_that_cannot_run_is_refused(refused, tag):
    said = refused(f"<p>avant</p>\n<p>{tag}</p>")
    assert said.code in ("CW-502", "CW-503")
    assert "beges.html.jinja" in said.sentence


def test_the_line_is_given_where_no_heading_stands_above(tmp_path, demonstration):
    path = tmp_path / "beges.html.jinja"
    path.write_text("<p>un</p>\n<p>deux</p>\n{{ absent }}\n", encoding="utf-8")
    with pytest.raises(CodedError) as caught:
        render_html(path, demonstration.context())
    assert "ligne 3" in caught.value.message.sentence


@pytest.mark.parametrize("name", ["beges.html.jinja", "report.css"])
def test_another_encoding_is_refused(tmp_path, demonstration, name):
    (tmp_path / "beges.html.jinja").write_text(OWN, encoding="utf-8")
    (tmp_path / name).write_bytes("é".encode("cp1252"))
    with pytest.raises(CodedError) as caught:
        render_html(tmp_path / "beges.html.jinja", demonstration.context())
    assert caught.value.message.code == "CW-510"


def test_own_page_and_own_style_replace_the_shipped_ones_one_by_one(tmp_path, demonstration):
    own = tmp_path / "modeles"
    own.mkdir()
    context = demonstration.context()
    (own / "report.css").write_text("body { color: #123456; }", encoding="utf-8")
    beges, esrs = render_reports(context, tmp_path / "a", templates_dir=own, forms=(HTML,))
    assert all("#123456" in path.read_text(encoding="utf-8") for path in (beges, esrs))
    (own / "beges.html.jinja").write_text(OWN, encoding="utf-8")
    beges, esrs = render_reports(context, tmp_path / "b", templates_dir=own, forms=(HTML,))
    assert "Notre rapport 2024" in beges.read_text(encoding="utf-8")
    assert "Notre rapport" not in esrs.read_text(encoding="utf-8")


def test_a_byte_order_mark_of_an_editor_is_no_letter(tmp_path, demonstration):
    path = tmp_path / "beges.html.jinja"
    path.write_text(OWN, encoding="utf-8-sig")
    assert render_html(path, demonstration.context()).decode().startswith("<!DOCTYPE html>")


def test_the_seal_is_carried_whatever_the_template(tmp_path, demonstration):
    seal = '{"format":1,"label":"<b>&\\u00e9</b>"}'
    page = tmp_path / "rapport.html"
    page.write_text(made(tmp_path, "<p>texte</p>", demonstration.context(), seal), encoding="utf-8")
    assert carried_seal(page) == (seal, "")
    again = made(tmp_path, page.read_text(encoding="utf-8"), demonstration.context(), "{}")
    page.write_text(again, encoding="utf-8")
    assert carried_seal(page)[0] == "{}"
    assert again.count("empreinte") == 1


def test_the_foot_tells_the_hash_of_a_page_that_lost_its_seal(tmp_path, demonstration):
    context = demonstration.context()
    page = tmp_path / "rapport.html"
    page.write_bytes(render_html(template_of("beges", form=HTML), context))
    assert carried_seal(page) == ("", context["meta"]["input_hash"])


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_what_is_no_page_is_refused(tmp_path, content):
    path = tmp_path / "rapport.html"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CodedError) as caught:
        carried_seal(path)
    assert caught.value.message.code == "CW-811"


def test_a_copy_of_the_shipped_template_gives_the_shipped_page(tmp_path, demonstration):
    context = demonstration.context()
    for name in ("beges", "esrs_e1"):
        shutil.copy(template_of(name, form=HTML), tmp_path)
        own = template_of(name, tmp_path, HTML)
        assert own.parent == tmp_path
        assert render_html(own, context) == render_html(template_of(name, form=HTML), context)
