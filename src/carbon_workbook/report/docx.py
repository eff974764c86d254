"""Word documents from templates that a user may restyle. The one module that touches docxtpl and python-docx.

Templates run in Jinja's sandbox; an unknown tag stops the document and is named with its place.
"""

from __future__ import annotations

import io
import re
import zlib
from collections import Counter
from collections.abc import Mapping
from html import escape, unescape
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.exceptions import PackageNotFoundError
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.shared import Cm
from docxtpl import DocxTemplate, InlineImage

from carbon_workbook.messages import CodedError
from carbon_workbook.report.charts import WIDTH_CM, Chart, picture
from carbon_workbook.report.printed import figures_of, split, with_figures
from carbon_workbook.report.sandbox import EXPRESSION_ERRORS, environment, line_of, located, printable

UNREADABLE, BROKEN_LAYOUT = "CW-501", "CW-504"
NO_REPORT = "CW-811"
SHORT_TABLE = 12
LAST_ROWS = 3
NAMESPACE = "urn:carbon-workbook:empreinte"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PROPERTIES = (
    f'{_XML}<ds:datastoreItem ds:itemID="{{6F0D9C3A-5B1E-4C57-9A42-0C7E51B1E2D4}}" '
    'xmlns:ds="http://schemas.openxmlformats.org/officeDocument/2006/customXml"><ds:schemaRefs>'
    f'<ds:schemaRef ds:uri="{NAMESPACE}"/></ds:schemaRefs></ds:datastoreItem>'
)
BODY = "word/document.xml"
MAX_PART = 64 * 2**20

_CARRIER = re.compile(r"customXml/item\d+\.xml")
_FOOT = re.compile(r"word/footer\d+\.xml")
_SEAL = re.compile(rf"<(?:\w+:)?empreinte\b[^>]*{NAMESPACE}[^>]*>([^<]*)<")
_PARAGRAPH = re.compile(r"</w:p>|<w:(?:tab|br|cr)\b[^>]*>")
_SHOWN = re.compile(r"<w:t(?:\s[^>]*)?>([^<]*)</w:t>")
_PRINTED = re.compile(r"(?<![0-9a-f])([0-9a-f]{12})(?![0-9a-f])")


def render_docx(template: Path, context: Mapping[str, object], *, seal: str = "") -> bytes:
    """The document that ``template`` makes of ``context``; its charts become pictures with their alternative text.

    Raises CodedError: CW-501 no Word file, CW-502 unknown tag, CW-503 tag that cannot run, CW-504 tags that break
    the layout (a block opened in a table row and closed elsewhere). ``seal``: ASCII text of one line that the
    document carries unseen, with the figures it prints; ``carried_seal`` and ``carried_figures`` read them back.
    """
    document = _Template(template)
    try:
        document.init_docx()
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError) as error:
        raise CodedError(UNREADABLE, path=template.name) from error
    values = printable(context, lambda chart: _Picture(document, chart))
    assert isinstance(values, dict)
    try:
        document.render(values, environment())
    except SyntaxError as error:  # lxml's parse errors derive from it
        raise CodedError(BROKEN_LAYOUT, path=template.name, detail=str(error)) from error
    _number_captions(document)
    _keep_rows(document)
    if seal:
        _carry(document, with_figures(seal, figures_of(_body_text(document.docx.element.xml))))
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def carried_seal(path: Path) -> tuple[str, str]:
    """The seal that a document carries and the input hash that its foot prints; ``""`` for what is not there.

    Raises CodedError CW-811 when the file is no readable Word document.
    """
    carried, feet, _ = _parts(path)
    printed = next((found[1] for xml in feet if (found := _PRINTED.search(_text(xml)))), "")
    return split(carried)[0], printed


def carried_figures(path: Path) -> tuple[Counter[str] | None, Counter[str]]:
    """The figures that a document printed when it was written, None when it does not carry them; and those of now.

    Raises CodedError CW-811 when the file is no readable Word document.
    """
    carried, _, body = _parts(path)
    return split(carried)[1], figures_of(_body_text(body))


def _parts(path: Path) -> tuple[str, list[str], str]:
    """What a document carries unseen, its feet and its body. Raises CodedError CW-811."""
    try:
        with ZipFile(path) as package:
            sizes = {entry.filename: entry.file_size for entry in package.infolist()}
            if sizes.get(BODY, MAX_PART + 1) > MAX_PART:
                raise CodedError(NO_REPORT, path=path.name)
            carriers = [n for n in sorted(sizes) if _CARRIER.fullmatch(n) and sizes[n] <= MAX_PART]
            feet = [n for n in sorted(sizes) if _FOOT.fullmatch(n) and sizes[n] <= MAX_PART]
            seals = [_SEAL.search(package.read(name).decode("utf-8", "replace")) for name in carriers]
            foot = [package.read(name).decode("utf-8", "replace") for name in feet]
            body = package.read(BODY).decode("utf-8", "replace")
    except (OSError, BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise CodedError(NO_REPORT, path=path.name) from error
    return next((unescape(found[1]) for found in seals if found), ""), foot, body


class _Template(DocxTemplate):  # type: ignore[misc]
    def render_xml_part(self, src_xml, part, context, jinja_env=None):  # type: ignore[no-untyped-def]
        try:
            return super().render_xml_part(src_xml, part, context, jinja_env)
        except EXPRESSION_ERRORS as error:
            raise _located(error, src_xml, str(part.partname), Path(self.template_file).name) from error

    def fix_tables(self, xml):  # type: ignore[no-untyped-def]
        parse_xml(xml)  # docxtpl would mend it in silence and lose text
        return super().fix_tables(xml)


class _Picture(InlineImage):  # type: ignore[misc]
    """A chart as a picture; Word reads ``descr`` aloud."""

    def __init__(self, template: DocxTemplate, chart: Chart) -> None:
        super().__init__(template, None, width=Cm(WIDTH_CM))
        self.chart = chart

    def _insert_image(self) -> str:
        inline = self.tpl.current_rendering_part.new_pic_inline(
            io.BytesIO(picture(self.chart)), self.width, None
        )
        inline.docPr.set("descr", self.chart.alt)
        inline.docPr.set("title", self.chart.title)
        return f'</w:t></w:r><w:r><w:drawing>{inline.xml}</w:drawing></w:r><w:r><w:t xml:space="preserve">'


def _located(error: Exception, source: str, part: str, template: str) -> CodedError:
    """What is wrong with a tag of a document's part, paragraph by paragraph."""
    lines = re.sub(r"<w:p([ >])", r"\n<w:p\1", source).split("\n")
    name = part.rsplit("/", 1)[-1].removesuffix(".xml")
    return located(error, lines, line_of(error, "<template>"), template, name, _text, _is_heading)


def _text(xml: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", xml)).strip()


def _body_text(xml: str) -> str:
    """The text of a body, paragraph by paragraph; a number cut in several runs stays whole."""
    texts = ("".join(_SHOWN.findall(paragraph)) for paragraph in _PARAGRAPH.split(xml))
    return unescape("\n".join(texts))


def _is_heading(xml: str) -> bool:
    return re.search(r'<w:pStyle w:val="(?:Heading|Titre)\s?\d"', xml) is not None


def _carry(document: DocxTemplate, seal: str) -> None:
    """Add the seal as a data part of its own, which Word and LibreOffice keep when they save.

    A template made from an earlier report has that report's seal, which goes.
    """
    main = document.docx.part
    for key, link in list(main.rels.items()):
        if link.reltype == RELATIONSHIP_TYPE.CUSTOM_XML and NAMESPACE.encode() in link.target_part.blob:
            del main.rels[key]
    package = main.package
    content = f'{_XML}<empreinte xmlns="{NAMESPACE}">{escape(seal)}</empreinte>'
    part = Part(
        package.next_partname("/customXml/item%d.xml"), "application/xml", content.encode("ascii"), package
    )
    main.relate_to(part, RELATIONSHIP_TYPE.CUSTOM_XML)
    described = Part(
        package.next_partname("/customXml/itemProps%d.xml"),
        CONTENT_TYPE.OFC_CUSTOM_XML_PROPERTIES,
        _PROPERTIES.encode("ascii"),
        package,
    )
    part.relate_to(described, RELATIONSHIP_TYPE.CUSTOM_XML_PROPS)


def _keep_rows(document: DocxTemplate) -> None:
    """Keep a table of at most ``SHORT_TABLE`` rows on one page, and the ``LAST_ROWS`` of a longer one together.

    Each of these rows stays with the next, as the caption does with its table: no total stands alone on a page.
    """
    for table in document.docx.element.body.iterchildren(qn("w:tbl")):
        rows = list(table.iterchildren(qn("w:tr")))
        for row in rows[:-1] if len(rows) <= SHORT_TABLE else rows[-LAST_ROWS:-1]:
            for paragraph in row.iter(qn("w:p")):
                paragraph.get_or_add_pPr().get_or_add_keepNext()


def _number_captions(document: DocxTemplate) -> None:
    """Write the number of each caption field: rows and sections come and go, Word only counts when asked."""
    counts: dict[str, int] = {}
    for field in document.docx.element.body.iter(qn("w:fldSimple")):
        words = field.get(qn("w:instr"), "").split()
        if words[:1] == ["SEQ"]:
            counts[words[1]] = counts.get(words[1], 0) + 1
            for text in field.iter(qn("w:t")):
                text.text = str(counts[words[1]])
