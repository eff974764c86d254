"""Make the Word and HTML templates of both reports from the layout texts of the report room.

Run it after a change of the layout: ``python scripts/make_templates.py [FOLDER]``. Two runs give the same parts; a user
restyles the result in Word, by its styles, and keeps the tags.
"""

from __future__ import annotations

import datetime as dt
import io
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import Section, _Footer, _Header
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from page_templates import Col, Page
from report_layouts import beges, esrs

from carbon_workbook.report.language import ENGLISH, FRENCH, LANGUAGES, language, speaking
from carbon_workbook.report.render import stem
from carbon_workbook.report.texts import texts

OUT = Path(__file__).resolve().parent.parent / "templates"
WHEN = dt.datetime(2026, 11, 21)
LOCALES = {FRENCH: "fr-FR", ENGLISH: "en-GB"}
INK, ACCENT, PALE, LINE, ALERT, PALE_ALERT = "16404D", "1F7A8C", "EAF2F4", "B8C7CC", "9A4B00", "FFF4E5"
WIDTH = 16.6
FONT = "Calibri"

TEXT, NUMBER, HEAD, TODO, BOX, NOTE, STRONG = (
    "Tableau texte", "Tableau nombre", "Tableau en-tête", "À compléter", "Encadré", "Note", "Strong",
)  # fmt: skip


class Report:
    """A Word template being written, top to bottom."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.words = texts()
        self.heads: dict[str, str] = self.words["headings"][name]
        self.doc = Document()
        self.entries: list[tuple[int, str, str, str]] = []
        self.numbers = [0, 0]
        _styles(self.doc)
        _page(self.doc)
        self._furniture()

    # ── Blocks ──────────────────────────────────────────────────────────────────────────────────────────────

    def heading(self, key: str, level: int, suffix: str = "", page: bool = False) -> None:
        """A numbered heading with the bookmark that the contents point to."""
        text = self.heads[key] + suffix
        if level == 1:
            self.numbers = [self.numbers[0] + 1, 0]
            number = str(self.numbers[0])
        else:
            self.numbers[1] += 1
            number = f"{self.numbers[0]}.{self.numbers[1]}"
        mark = f"_Toc{100000 + len(self.entries)}"
        paragraph = self.doc.add_heading(level=level)
        paragraph.paragraph_format.page_break_before = page or None
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for element in (start, end):
            element.set(qn("w:id"), str(len(self.entries)))
        start.set(qn("w:name"), mark)
        paragraph._p.append(start)
        paragraph.add_run(text)
        paragraph._p.append(end)
        self.entries.append((level, number, text, mark))

    def text(self, content: str, style: str | None = None) -> Paragraph:
        return self.doc.add_paragraph(content, style)

    @contextmanager
    def block(self, opening: str, where: object = None) -> Iterator[None]:
        """Paragraphs kept or repeated by a tag: ``if x`` or ``for a in b``."""
        target = where if where is not None else self.doc
        target.add_paragraph(f"{{%p {opening} %}}")  # type: ignore[attr-defined]
        yield
        target.add_paragraph(f"{{%p end{opening.split()[0]} %}}")  # type: ignore[attr-defined]

    def field(self, key: str) -> None:
        """A text of the user under its label, « à compléter » in its own style when there is none."""
        _todo_runs(self.doc.add_paragraph(), f"fields.{key}.missing", f"fields.{key}.value")

    def labelled(self, key: str) -> None:
        """The same after its label, on one line."""
        paragraph = self.doc.add_paragraph()
        paragraph.add_run(f"{{{{ fields.{key}.label }}}}{self.words['layout']['colon']}").bold = True
        _todo_runs(paragraph, f"fields.{key}.missing", f"fields.{key}.value")

    def identity(self, keys: Sequence[str]) -> None:
        """Texts of the user in a table of two columns."""
        table = self.doc.add_table(rows=0, cols=2, style="Tableau Carbone")
        table.autofit = False
        _grid(table, [6.0, WIDTH - 6.0])
        _mark_header(_row(table, [self.words["columns"]["item"], self.words["columns"]["value"]], [HEAD, HEAD],
                          [Col("", 6.0, ""), Col("", WIDTH - 6.0, "")]))  # fmt: skip
        for key in keys:
            row = _row(table, [f"{{{{ fields.{key}.label }}}}", ""], [TEXT, TEXT],
                       [Col("", 6.0, ""), Col("", WIDTH - 6.0, "")])  # fmt: skip
            _todo_runs(row.cells[1].paragraphs[0], f"fields.{key}.missing", f"fields.{key}.value")
        self.doc.add_paragraph(style="Après tableau")

    def caption(self, key: str, label: str = "table") -> None:
        """A numbered caption: above a table, which it stays with, or under a figure."""
        paragraph = self.doc.add_paragraph(style="Caption")
        if label == "figure":
            paragraph.paragraph_format.keep_with_next = False
            paragraph.paragraph_format.space_after = Pt(10)
        _caption(paragraph, self.words["layout"][label], self.words["captions"][key])

    def table(self, items: str, columns: Sequence[Col], strong: str = "", category: str = "") -> Table:
        """A table with one row an item, in bold where ``strong`` holds, shaded where ``category`` holds."""
        table = self.doc.add_table(rows=0, cols=len(columns), style="Tableau Carbone")
        table.autofit = False
        _grid(table, [c.width for c in columns])
        header = _row(table, [c.header for c in columns], [HEAD] * len(columns), columns)
        _mark_header(header)
        _tag_row(table, f"for r in {items}")
        kinds = [("if", strong, "total"), ("elif", category, "category")]
        kinds = [(word if index else "if", test, look) for index, (word, test, look) in
                 enumerate(kind for kind in kinds if kind[1])]  # fmt: skip
        for word, test, look in kinds:
            _tag_row(table, f"{word} {test}")
            _body_row(table, columns, look)
        if kinds:
            _tag_row(table, "else")
        _body_row(table, columns, "")
        if kinds:
            _tag_row(table, "endif")
        _tag_row(table, "endfor")
        self.doc.add_paragraph(style="Après tableau")
        return table

    def figure(self, path: str, caption: str) -> None:
        with self.block(f"if {path}"):
            paragraph = self.doc.add_paragraph(style="Figure")
            paragraph.add_run(f"{{{{ {path} }}}}")
            self.caption(caption, "figure")

    def bullets(self, items: str) -> None:
        with self.block(f"for sentence in {items}"):
            self.doc.add_paragraph("{{ sentence }}", "List Bullet")

    @contextmanager
    def landscape(self) -> Iterator[None]:
        """Pages turned for a wide table. Never inside ``block``: the turn must not go with what it holds."""
        self._turned(WD_ORIENT.LANDSCAPE)
        yield
        self._turned(WD_ORIENT.PORTRAIT)

    def _turned(self, orientation: WD_ORIENT) -> None:
        section = self.doc.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = orientation
        section.page_width, section.page_height = section.page_height, section.page_width
        section.different_first_page_header_footer = False
        for part in (section.header, section.footer):
            part.is_linked_to_previous = False
        self._furnish(section, section.header, [section.footer])

    # ── Cover, contents, header and footer ──────────────────────────────────────────────────────────────────

    def cover(self, root: str) -> None:
        layout = self.words["layout"]
        self.text("{{ company }}", "Société")
        self.text(f"{{{{ {root}.title }}}}", "Title")
        self.text(f"{{{{ {root}.subtitle }}}}", "Subtitle")
        line = self.text(f"{layout['year']}{layout['colon']}", "Ligne de titre")
        _todo_runs(line, "fields.year.missing", "year")
        line.add_run(f"  ·  {layout['edited']} {{{{ meta.edited_on }}}}")
        self._key_figures(root)
        self._box(root)

    def _key_figures(self, root: str) -> None:
        """The four figures that the reader looks for first."""
        table = self.doc.add_table(rows=2, cols=4)
        table.autofit = False
        _grid(table, [WIDTH / 4] * 4)
        for index in range(4):
            value = f"value|arrondi({root}.key[{index}].half)"
            for row, (style, tag) in enumerate((("Chiffre", value), ("Chiffre légende", "label"))):
                cell = table.rows[row].cells[index]
                cell.width = Cm(WIDTH / 4)
                _shade(cell, PALE)
                cell.paragraphs[0].style = style
                cell.paragraphs[0].add_run(f"{{{{ {root}.key[{index}].{tag} }}}}")
        unit = self.words["layout"]["key_unit"]
        self.text(unit, NOTE)

    def _box(self, root: str) -> None:
        """What stands between this draft and its use: refused rows, warnings, what is left to write."""
        table = self.doc.add_table(rows=1, cols=1)
        table.autofit = False
        _grid(table, [WIDTH])
        cell = table.rows[0].cells[0]
        cell.width = Cm(WIDTH)
        _frame(cell)
        cell.paragraphs[0].style = "Encadré titre"
        cell.paragraphs[0].add_run(f"{{{{ {root}.front.heading }}}}")
        front, colon = f"{root}.front", self.words["layout"]["colon"]
        cell.add_paragraph(f"{{{{ {front}.rows_text }}}}", BOX)
        with self.block(f"if {front}.clean", cell):
            cell.add_paragraph(f"{{{{ {front}.clean_text }}}}", BOX)
        with self.block(f"if {front}.refused_text", cell):
            _bold(cell.add_paragraph(style=BOX), f"{{{{ {front}.refused_text }}}}")
            with self.block(f"for m in {front}.refusals", cell):
                cell.add_paragraph(
                    f"{{{{ m.place }}}} – {{{{ m.code }}}}{colon}{{{{ m.text }}}}", "Encadré liste"
                )
            with self.block(f"if {front}.more_refusals", cell):
                cell.add_paragraph(f"{{{{ {front}.more_refusals }}}}", "Encadré liste")
        with self.block(f"if {front}.warnings_text", cell):
            _bold(cell.add_paragraph(style=BOX), f"{{{{ {front}.warnings_text }}}}")
            with self.block(f"for m in {front}.warning_list", cell):
                cell.add_paragraph(
                    f"{{{{ m.code }}}}{colon}{{{{ m.text }}}}{{{{ m.more }}}}",
                    "Encadré liste",
                )
            with self.block(f"if {front}.more_warnings", cell):
                cell.add_paragraph(f"{{{{ {front}.more_warnings }}}}", "Encadré liste")
        _bold(cell.add_paragraph(style=BOX), f"{{{{ {front}.to_complete_text }}}}")
        with self.block(f"if {front}.to_complete", cell):
            between = f"{{% if not loop.last %}}{self.words['layout']['semicolon']}{{% endif %}}"
            cell.add_paragraph(f"{{% for item in {front}.to_complete %}}{{{{ item }}}}{between}{{% endfor %}}",
                               "Encadré liste")  # fmt: skip
        for paragraph in cell.paragraphs:
            if "{%p" in paragraph.text:
                paragraph.style = BOX

    def contents(self) -> None:
        """Where the contents will stand; their entries are known at the end."""
        title = self.text(self.words["layout"]["contents"], "Titre sans numéro")
        title.paragraph_format.page_break_before = True
        self.slot = self.text("")

    def _contents_entries(self) -> None:
        for position, (level, number, text, mark) in enumerate(self.entries):
            paragraph = self.slot.insert_paragraph_before(style=f"toc {level}")
            if position == 0:
                _field_start(paragraph, r"TOC \o 1-2 \h \z \u", dirty=True)
            link = OxmlElement("w:hyperlink")
            link.set(qn("w:anchor"), mark)
            link.append(
                paragraph.add_run(f"{number}\t{text}")._r
            )  # Word adds the pages when it updates the field
            paragraph._p.append(link)
        _field_end(self.slot._p)

    def _furniture(self) -> None:
        section = self.doc.sections[0]
        section.different_first_page_header_footer = True
        self._furnish(section, section.header, [section.footer, section.first_page_footer])

    def _furnish(self, section: Section, header: _Header, footers: Sequence[_Footer]) -> None:
        """Title above each page; below, the software, the hash of the inputs, the page and the base of factors."""
        layout = self.words["layout"]
        width = section.page_width - section.left_margin - section.right_margin
        head = header.paragraphs[0]
        head.style = "Header"
        root = "beges" if self.name == "beges" else "esrs"
        head.add_run(f"{{{{ company }}}} – {{{{ {root}.title }}}} {{{{ year }}}}\t{{{{ stage }}}}")
        lines = [head]
        for footer in footers:
            foot = footer.paragraphs[0]
            foot.style = "Footer"
            foot.add_run(
                f"Carbon Workbook {{{{ meta.software }}}} · {layout['hash']} {{{{ meta.input_hash }}}}"
            )
            foot.add_run(f"\t{layout['page']} ")
            _simple_field(foot, "PAGE", "1")
            foot.add_run(" / ")
            _simple_field(foot, "NUMPAGES", "1")
            footer.add_paragraph(f"{layout['catalogue']} {{{{ meta.catalogue }}}}", "Footer")
            lines.append(foot)
        for line in lines:
            line.paragraph_format.tab_stops.add_tab_stop(width, WD_TAB_ALIGNMENT.RIGHT)

    def save(self, folder: Path) -> Path:
        self._contents_entries()
        core = self.doc.core_properties
        core.title = self.words["documents"][self.name]["title"]
        core.author = core.last_modified_by = "Carbon Workbook"
        core.comments = core.subject = core.keywords = ""
        core.language = LOCALES[language()]
        core.created = core.modified = WHEN
        core.revision = 1
        for rels in (self.doc.part.package.rels, self.doc.part.rels):
            for key, relation in list(rels.items()):
                if relation.reltype.endswith(("/thumbnail", "/stylesWithEffects")):
                    rels.pop(key)
        stream = io.BytesIO()
        self.doc.save(stream)
        target = folder / f"{stem(self.name, language())}.docx"
        target.write_bytes(_dated(stream.getvalue()))
        return target


# ── Word, underneath ────────────────────────────────────────────────────────────────────────────────────────────


def _styles(doc: Document) -> None:  # type: ignore[valid-type]
    styles = doc.styles  # type: ignore[attr-defined]
    defaults = styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    defaults.find(qn("w:lang")).set(qn("w:val"), LOCALES[language()])
    normal = styles["Normal"]
    _font(normal, 10.5)
    normal.paragraph_format.space_after = Pt(6)
    normal.paragraph_format.line_spacing = 1.08
    for level, size, before, after in ((1, 17, 20, 8), (2, 12.5, 14, 5)):
        style = styles[f"Heading {level}"]
        _font(style, size, INK if level == 1 else ACCENT, bold=True)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        style.paragraph_format.keep_with_next = True
    _numbering(doc)
    _font(styles["Title"], 26, INK, bold=True)
    _no_border(styles["Title"])
    styles["Title"].paragraph_format.space_after = Pt(4)
    _font(styles["Subtitle"], 12.5, ACCENT)
    styles["Subtitle"].font.italic = False
    for spacing in styles["Subtitle"].element.iter(qn("w:rPr")):
        for old in spacing.findall(qn("w:spacing")):
            spacing.remove(old)
    styles["Subtitle"].paragraph_format.space_after = Pt(10)
    _font(styles["Caption"], 9, INK, bold=True)
    styles["Caption"].paragraph_format.space_before = Pt(6)
    styles["Caption"].paragraph_format.space_after = Pt(3)
    styles["Caption"].paragraph_format.keep_with_next = True
    quote = styles["Intense Quote"]
    _font(quote, 10.5, INK, bold=True)
    quote.font.italic = False
    quote.paragraph_format.left_indent = quote.paragraph_format.right_indent = Cm(0.4)
    quote.paragraph_format.space_before, quote.paragraph_format.space_after = Pt(4), Pt(8)
    _left_bar(quote)
    _font(styles["List Bullet"], 10.5)
    styles["List Bullet"].paragraph_format.space_after = Pt(3)
    for name, size, colour in (("Header", 8.5, "595959"), ("Footer", 7, "595959")):
        _font(styles[name], size, colour)
        tabs = styles[name].element.get_or_add_pPr().find(qn("w:tabs"))
        if tabs is not None:
            tabs.getparent().remove(tabs)

    made = [
        ("Société", 14, ACCENT, True, 30, 2), ("Ligne de titre", 10.5, "404040", False, 0, 14),
        (TEXT, 8.5, None, False, 1.5, 1.5), (NUMBER, 8.5, None, False, 1.5, 1.5), (HEAD, 8.5, "FFFFFF", True, 2, 2),
        ("Après tableau", 5, None, False, 0, 2), (NOTE, 8.5, "505050", False, 0, 8), ("Figure", 10, None, False, 6, 0),
        ("Chiffre", 17, INK, True, 8, 0), ("Chiffre légende", 9, "404040", False, 0, 8),
        ("Encadré titre", 12, ALERT, True, 4, 4), (BOX, 9.5, None, False, 2, 2),
        ("Encadré liste", 8.5, None, False, 0, 2), ("Titre sans numéro", 17, INK, True, 0, 10),
    ]  # fmt: skip
    for name, size, colour, bold, before, after in made:
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = normal
        style.quick_style = True
        _font(style, size, colour, bold)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        style.paragraph_format.line_spacing = 1.0
    for name in ("Chiffre", "Chiffre légende"):
        styles[name].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    styles[NUMBER].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for name in ("Figure", HEAD):
        styles[name].paragraph_format.keep_with_next = True
    styles["Encadré liste"].paragraph_format.left_indent = Cm(0.5)
    todo = styles.add_style(TODO, WD_STYLE_TYPE.CHARACTER)
    todo.font.italic = todo.font.bold = True
    todo.font.color.rgb = RGBColor.from_string(ALERT)
    for level in (1, 2):
        style = styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = normal
        _font(style, 10.5 if level == 1 else 9.5, None, level == 1)
        style.paragraph_format.space_after = Pt(2)
        style.paragraph_format.space_before = Pt(6 if level == 1 else 0)
        style.paragraph_format.left_indent = Cm(0 if level == 1 else 0.8)
        stops = style.paragraph_format.tab_stops
        stops.add_tab_stop(Cm(0.8 if level == 1 else 1.8))
        stops.add_tab_stop(Cm(WIDTH), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    styles.element.append(parse_xml(_TABLE_STYLE))


_TABLE_STYLE = f"""
<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="TableauCarbone">
  <w:name w:val="Tableau Carbone"/><w:basedOn w:val="TableNormal"/><w:uiPriority w:val="99"/><w:qFormat/>
  <w:tblPr><w:tblStyleRowBandSize w:val="1"/>
    <w:tblBorders>
      <w:top w:val="single" w:sz="8" w:space="0" w:color="{INK}"/>
      <w:bottom w:val="single" w:sz="8" w:space="0" w:color="{INK}"/>
      <w:insideH w:val="single" w:sz="4" w:space="0" w:color="{LINE}"/>
    </w:tblBorders>
    <w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar>
  </w:tblPr>
  <w:tblStylePr w:type="firstRow"><w:rPr><w:b/><w:color w:val="FFFFFF"/></w:rPr>
    <w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="{INK}"/></w:tcPr></w:tblStylePr>
</w:style>"""


def _font(style: object, size: float, colour: str | None = None, bold: bool = False) -> None:
    font = style.font  # type: ignore[attr-defined]
    font.name, font.size, font.bold = FONT, Pt(size), bold or None
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()  # type: ignore[attr-defined]
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), FONT)
    if colour:
        font.color.rgb = RGBColor.from_string(colour)


def _no_border(style: object) -> None:
    properties = style.element.get_or_add_pPr()  # type: ignore[attr-defined]
    border = properties.find(qn("w:pBdr"))
    if border is not None:
        properties.remove(border)


def _left_bar(style: object) -> None:
    _no_border(style)
    border = parse_xml(
        f'<w:pBdr {nsdecls("w")}><w:left w:val="single" w:sz="24" w:space="8" w:color="{ACCENT}"/></w:pBdr>'
    )
    style.element.get_or_add_pPr().insert_element_before(  # type: ignore[attr-defined]
        border, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:outlineLvl"
    )


def _numbering(doc: object) -> None:
    """Automatic numbers on the two heading levels."""
    numbering = doc.part.numbering_part.element  # type: ignore[attr-defined]
    levels = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="Heading{i + 1}"/>'
        f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/>'
        f'<w:pPr><w:tabs><w:tab w:val="num" w:pos="680"/></w:tabs><w:ind w:left="680" w:hanging="680"/></w:pPr>'
        "</w:lvl>"
        for i, text in enumerate(("%1", "%1.%2"))
    )
    abstract = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90"><w:multiLevelType w:val="multilevel"/>{levels}'
        "</w:abstractNum>"
    )
    first = numbering.find(qn("w:num"))
    first.addprevious(abstract)
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    for level in (1, 2):
        properties = doc.styles[f"Heading {level}"].element.get_or_add_pPr()  # type: ignore[attr-defined]
        number = properties.get_or_add_numPr()
        number.get_or_add_ilvl().set(qn("w:val"), str(level - 1))
        number.get_or_add_numId().set(qn("w:val"), "90")


def _page(doc: object) -> None:
    section = doc.sections[0]  # type: ignore[attr-defined]
    section.start_type = WD_SECTION.NEW_PAGE
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin, section.bottom_margin = Cm(2.3), Cm(2.0)
    section.header_distance = section.footer_distance = Cm(1.0)


def _grid(table: Table, widths: Sequence[float]) -> None:
    for grid, width in zip(table._tbl.tblGrid.findall(qn("w:gridCol")), widths, strict=True):
        grid.set(qn("w:w"), str(int(width * 567)))
    properties = table._tbl.tblPr
    width = properties.find(qn("w:tblW"))
    width.set(qn("w:w"), str(int(sum(widths) * 567)))
    width.set(qn("w:type"), "dxa")
    look = properties.find(qn("w:tblLook"))
    if look is not None:
        properties.remove(look)
    properties.append(parse_xml(f'<w:tblLook {nsdecls("w")} w:val="0020" w:firstRow="1" w:lastRow="0" '
                                'w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'))  # fmt: skip


def _row(table: Table, contents: Sequence[str], styles: Sequence[str], columns: Sequence[Col]):  # type: ignore[no-untyped-def]
    row = table.add_row()
    for cell, content, style, column in zip(row.cells, contents, styles, columns, strict=True):
        cell.width = Cm(column.width)
        paragraph = cell.paragraphs[0]
        paragraph.style = style
        paragraph.add_run(content)
        if style == HEAD and column.number:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    return row


def _body_row(table: Table, columns: Sequence[Col], look: str) -> None:
    row = _row(table, [c.tag for c in columns], [NUMBER if c.number else TEXT for c in columns], columns)
    if look:
        for cell in row.cells:
            for run in cell.paragraphs[0].runs:
                run.bold = True
            if look in ("total", "category"):
                _shade(cell, PALE)


def _tag_row(table: Table, tag: str) -> None:
    row = table.add_row()
    row.cells[0].paragraphs[0].style = TEXT
    row.cells[0].paragraphs[0].add_run(f"{{%tr {tag} %}}")


def _mark_header(row) -> None:  # type: ignore[no-untyped-def]
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _shade(cell: _Cell, fill: str) -> None:
    cell._tc.get_or_add_tcPr().append(
        parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{fill}"/>')
    )


def _frame(cell: _Cell) -> None:
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="{ALERT}"/>'
        for side, size in (("top", 4), ("left", 36), ("bottom", 4), ("right", 4))
    )
    properties = cell._tc.get_or_add_tcPr()
    properties.append(parse_xml(f"<w:tcBorders {nsdecls('w')}>{sides}</w:tcBorders>"))
    _shade(cell, PALE_ALERT)
    properties.append(parse_xml(f'<w:tcMar {nsdecls("w")}><w:left w:w="200" w:type="dxa"/>'
                                '<w:right w:w="160" w:type="dxa"/></w:tcMar>'))  # fmt: skip


def _todo_runs(paragraph: Paragraph, missing: str, value: str) -> None:
    paragraph.add_run(f"{{% if not {missing} %}}{{{{ {value} }}}}{{% endif %}}")
    paragraph.add_run(f"{{% if {missing} %}}{{{{ todo }}}}{{% endif %}}", style=TODO)


def _bold(paragraph: Paragraph, content: str) -> None:
    paragraph.add_run(content).bold = True


def _caption(paragraph: Paragraph, label: str, content: str) -> None:
    paragraph.add_run(f"{label}\u00a0")
    _simple_field(paragraph, f"SEQ {label} \\* ARABIC", "1")
    paragraph.add_run(f" – {content}")


def _simple_field(paragraph: Paragraph, instruction: str, shown: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), instruction)
    _run_in(field, shown)
    paragraph._p.append(field)


def _run_in(parent: object, content: str) -> None:
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = content
    run.append(text)
    parent.append(run)  # type: ignore[attr-defined]


def _mark(parent: object, kind: str, dirty: bool = False) -> None:
    run, mark = OxmlElement("w:r"), OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    if dirty:
        mark.set(qn("w:dirty"), "true")
    run.append(mark)
    parent.append(run)  # type: ignore[attr-defined]


def _field_start(paragraph: Paragraph, instruction: str, dirty: bool = False) -> None:
    element = paragraph._p
    _mark(element, "begin", dirty)
    run, code = OxmlElement("w:r"), OxmlElement("w:instrText")
    code.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    code.text = f" {instruction} "
    run.append(code)
    element.append(run)
    _mark(element, "separate")


def _field_end(element: object) -> None:
    _mark(element, "end")


def _dated(package: bytes) -> bytes:
    """The same package with constant dates in its directory."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(
                zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), source.read(name), zipfile.ZIP_DEFLATED
            )
    return stream.getvalue()


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    folder.mkdir(exist_ok=True)
    for spoken in LANGUAGES:
        with speaking(spoken):
            for name, write in (("beges", beges), ("esrs_e1", esrs)):
                for layout in (Report(name), Page(name)):
                    write(layout)
                    print(layout.save(folder).name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
