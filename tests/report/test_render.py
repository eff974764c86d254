"""Files: never overwritten unasked, never half written."""

from pathlib import Path

import pytest
from docx import Document

from carbon_workbook.messages import CodedError
from carbon_workbook.report.render import DOCX, HTML, render_reports, template_of


def code_of(call):
    with pytest.raises(CodedError) as caught:
        call()
    return caught.value.message.code


def test_existing_files_are_kept_until_asked(tmp_path, demonstration):
    context = demonstration.context()
    kept = tmp_path / "esrs_e1.docx"
    kept.write_text("complété à la main")
    assert code_of(lambda: render_reports(context, tmp_path)) == "CW-505"
    assert [path.name for path in tmp_path.iterdir()] == ["esrs_e1.docx"]
    assert kept.read_text() == "complété à la main"
    said = []
    paths = render_reports(context, tmp_path, overwrite=True, progress=said.append)
    assert [path.name for path in paths] == said
    assert said == ["beges.docx", "beges.html", "esrs_e1.docx", "esrs_e1.html"]
    assert sorted(path.name for path in tmp_path.iterdir()) == said
    assert Document(str(kept)).tables


def test_a_document_open_in_word_is_said(tmp_path, demonstration, monkeypatch):
    context = demonstration.context()
    old = tmp_path / "beges.docx"
    old.write_text("ouvert dans Word")

    def locked(self, target):
        raise PermissionError(13, "verrouillé", str(target))

    monkeypatch.setattr(Path, "replace", locked)
    assert code_of(lambda: render_reports(context, tmp_path, overwrite=True)) == "CW-506"
    assert old.read_text() == "ouvert dans Word"
    assert [path.name for path in tmp_path.iterdir()] == ["beges.docx"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path, demonstration):
    (tmp_path / "pris").write_text("un fichier")
    assert (
        code_of(lambda: render_reports(demonstration.context(), tmp_path / "pris" / "rapports")) == "CW-515"
    )


def test_a_full_disk_leaves_the_old_file(tmp_path, demonstration, monkeypatch):
    old = tmp_path / "beges.docx"
    old.write_text("ancien")

    def full(self, content):
        raise OSError(28, "plus de place")

    monkeypatch.setattr(Path, "write_bytes", full)
    context = demonstration.context()
    assert code_of(lambda: render_reports(context, tmp_path, overwrite=True)) == "CW-515"
    assert old.read_text() == "ancien"


@pytest.mark.parametrize("forms", [(), ("odt",), ("docx", "")])
def test_an_unknown_form_is_refused(tmp_path, demonstration, forms):
    assert code_of(lambda: render_reports(demonstration.context(), tmp_path, forms=forms)) == "CW-514"
    assert list(tmp_path.iterdir()) == []


def test_a_form_asked_twice_is_written_once(tmp_path, demonstration):
    paths = render_reports(demonstration.context(), tmp_path, forms=(HTML, DOCX, HTML))
    assert [path.name for path in paths] == ["beges.docx", "beges.html", "esrs_e1.docx", "esrs_e1.html"]


def test_own_templates_replace_the_shipped_ones_one_by_one(tmp_path, demonstration):
    own = tmp_path / "modeles"
    own.mkdir()
    document = Document()
    document.add_paragraph("Modèle maison : {{ company }}")
    document.save(str(own / "beges.docx"))
    beges, esrs = render_reports(demonstration.context(), tmp_path / "out", templates_dir=own, forms=(DOCX,))
    assert Document(str(beges)).paragraphs[0].text.startswith("Modèle maison : Aéralpe")
    assert len(Document(str(esrs)).tables) > 5
    assert template_of("esrs_e1", own) == template_of("esrs_e1")


def test_a_missing_folder_of_templates_is_said(tmp_path, demonstration):
    context = demonstration.context()
    assert code_of(lambda: render_reports(context, tmp_path, templates_dir=tmp_path / "absent")) == "CW-507"
