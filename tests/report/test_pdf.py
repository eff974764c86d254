"""The PDF where LibreOffice is absent, slow or useless: said, and the other forms written all the same."""

import os
import stat
import time
from pathlib import Path

import pytest

from carbon_workbook.report import pdf
from carbon_workbook.report.pdf import PdfError, soffice, to_pdf
from carbon_workbook.report.render import DOCX, HTML, PDF, render_reports

posix = pytest.mark.skipif(os.name == "nt", reason="le faux LibreOffice est un script de shell")


def program(folder: Path, content: str) -> Path:
    path = folder / "soffice"
    path.write_text(f"#!/bin/sh\n{content}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def code_of(call):
    with pytest.raises(PdfError) as caught:
        call()
    return caught.value.message


def test_without_libreoffice_the_other_forms_are_written(tmp_path, demonstration, monkeypatch):
    monkeypatch.setattr(pdf, "soffice", lambda: None)
    told = []
    paths = render_reports(demonstration.context(), tmp_path, forms=(DOCX, HTML, PDF), told=told.append)
    assert [path.name for path in paths] == ["beges.docx", "beges.html", "esrs_e1.docx", "esrs_e1.html"]
    assert [note.code for note in told] == ["CW-511", "CW-511"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths)


def test_nobody_to_tell_is_an_error_after_the_others_are_written(tmp_path, demonstration, monkeypatch):
    monkeypatch.setattr(pdf, "soffice", lambda: None)
    said = code_of(lambda: render_reports(demonstration.context(), tmp_path, forms=(HTML, PDF)))
    assert said.code == "CW-511"
    assert len(list(tmp_path.iterdir())) == 2


@posix
def test_one_that_never_ends_is_stopped(tmp_path, monkeypatch):
    mark = tmp_path / "vivant"
    monkeypatch.setattr(pdf, "soffice", lambda: program(tmp_path, f"(sleep 2; touch '{mark}') & wait"))
    start = time.monotonic()
    assert code_of(lambda: to_pdf(b"PK", "beges", patience=0.3)).code == "CW-512"
    assert time.monotonic() - start < 2
    time.sleep(2.2)
    assert not mark.exists()


@posix
def test_one_that_makes_nothing_is_said_in_its_words(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "soffice", lambda: program(tmp_path, "echo 'no writer module' >&2"))
    said = code_of(lambda: to_pdf(b"PK", "beges"))
    assert said.code == "CW-513"
    assert "no writer module" in said.sentence


def test_one_that_cannot_be_started_is_said(tmp_path, monkeypatch):
    (tmp_path / "soffice").write_text("texte")
    monkeypatch.setattr(pdf, "soffice", lambda: tmp_path / "soffice")
    assert code_of(lambda: to_pdf(b"PK", "beges")).code == "CW-513"


def test_the_usual_places_of_windows_are_looked_at(tmp_path):
    place = tmp_path / "LibreOffice" / "program" / "soffice.com"
    assert soffice({"PATH": "", "ProgramFiles": str(tmp_path)}) in (None, pdf.MAC)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"")
    assert soffice({"PATH": "", "ProgramFiles": str(tmp_path)}) == place
