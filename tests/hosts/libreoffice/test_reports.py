"""The Word reports in LibreOffice: each opens, in both languages, and its PDF has its pages, contents and tags."""

from __future__ import annotations

import io
import re
import tempfile
from unittest import mock

import pytest
from office import needed
from pypdf import PdfReader

from carbon_workbook.audit.sealed import sealed_context
from carbon_workbook.report.language import FRENCH, LANGUAGES
from carbon_workbook.report.render import PDF, REPORTS, render_reports, stem

pytestmark = pytest.mark.libreoffice


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request, plain, tmp_path_factory):
    """Language and PDF of each report."""
    needed()
    context = sealed_context(plain.evaluation, request.param)
    folder = tmp_path_factory.mktemp("pdf é & cie")
    with mock.patch.object(tempfile, "tempdir", str(tmp_path_factory.mktemp("é & (x), y%20"))):
        paths = render_reports(context, folder, forms=(PDF,))
    assert sorted(path.name for path in folder.iterdir()) == [
        f"{stem(n, request.param)}.pdf" for n in REPORTS
    ]
    return request.param, context, {path.stem: PdfReader(io.BytesIO(path.read_bytes())) for path in paths}


def test_every_heading_is_in_the_contents_with_its_page(made):
    language, context, documents = made
    for document in documents.values():
        pages = [page.extract_text() for page in document.pages]
        count = len(pages)
        assert count > 8
        entries = re.findall(r"(?m)^(\d+(?:\.\d+)?)\s*(\S.*?)\.{2,}\s*(\d+)\s*$", pages[1] + "\n" + pages[2])
        assert len(entries) > 20
        for _, title, page in entries:
            assert title.split()[0] in pages[int(page) - 1]
        assert any(f"{count}" in page.split()[-40:] for page in pages)
        assert context["meta"]["input_hash"] in pages[-1]
        first = "Tableau" if language == FRENCH else "Table"
        assert first in pages[2] + pages[3]


def test_the_pdf_is_tagged_and_has_bookmarks(made, told):
    language, _, documents = made
    for name, document in documents.items():
        catalogue = document.trailer["/Root"]
        assert catalogue["/MarkInfo"]["/Marked"]
        assert len(document.outline) > 5
        assert {tuple(sorted(map(round, page.mediabox[2:]))) for page in document.pages} == {(595, 842)}
        told.append(f"LibreOffice : {name}.pdf, {len(document.pages)} pages ({language})")
