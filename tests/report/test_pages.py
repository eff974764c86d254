"""The HTML pages read back: the words and figures of the Word documents, whose figures are the views', in one file."""

import re
from html.parser import HTMLParser

import pytest
from report_cases import Parsed, ParsedPage, demo_case, value

from carbon_workbook.report.render import DOCX, HTML, REPORTS, render_reports
from carbon_workbook.report.texts import texts

ROUNDING = 0.05 + 1e-6
GASES = (["co2_fossil"], ["ch4_fossil", "ch4_biogenic"], ["n2o"], ["other_gases"], ["unsplit"], ["total"],
         ["co2_biogenic"])  # fmt: skip
NUMBERED = re.compile(r"^(?:Tableau|Figure)\u00a0 – ")


def plain(text):
    return re.sub(r"[ \n\t]+", " ", text).strip()


def test_every_table_is_that_of_the_word_document(rendered, pages):
    _, documents = rendered
    for name in REPORTS:
        ours = documents[name].tables
        captioned = {caption: rows for caption, rows in ours.items() if caption}
        assert list(pages[name].tables) == list(captioned)
        for caption, rows in captioned.items():
            assert pages[name].tables[caption] == [[plain(cell) for cell in row] for row in rows], caption


def test_figures_by_post_and_gas_are_those_of_the_view(rendered, pages):
    case, _ = rendered
    rows = pages["beges"].table(f"Émissions {case.inventory.year or 'à compléter'} par poste")
    view = case.views["beges"].rows
    for column, gases in enumerate(GASES, start=2):
        printed = [value(row[column]) for row in rows]
        assert printed == pytest.approx(list(view[gases].sum(axis=1) / 1000), abs=ROUNDING)
    rows = pages["beges"].table(f"Émissions {case.inventory.year or 'à compléter'} selon")
    assert [value(row[2]) for row in rows] == pytest.approx(
        list(case.views["ghgp"].rows["total"] / 1000), abs=ROUNDING
    )


def test_every_sentence_of_the_word_document_stands_in_the_page(rendered, pages):
    _, documents = rendered
    for name in REPORTS:
        text = pages[name].text
        paragraphs = [plain(p.text) for p in documents[name].document.paragraphs if p.style.name != "Header"]
        # The numbers of captions are fields of Word's own, and are not in the text of their paragraph.
        assert [sentence for sentence in paragraphs if NUMBERED.sub("", sentence) not in text] == []
        assert pages[name].headings == documents[name].headings


def test_captions_are_numbered_in_their_order(pages):
    for page in pages.values():
        for kind, place in (("Tableau", "//caption"), ("Figure", "//figcaption")):
            found = [element.text_content() for element in page.tree.xpath(place)]
            expected = [f"{kind}\u00a0{number}" for number in range(1, len(found) + 1)]
            assert [text.split(" – ")[0] for text in found] == expected


def test_a_page_needs_no_other_file(pages):
    for page in pages.values():
        addresses = page.tree.xpath("//@src|//@href|//link/@href|//form/@action")
        assert [a for a in addresses if not a.startswith(("data:image/svg+xml;base64,", "#"))] == []
        assert page.tree.xpath("//link|//iframe|//script[not(@type='text/plain')]") == []
        assert "@import" not in page.source
        assert "url(" not in page.source
        assert page.tree.get("lang") == "fr"


def test_tables_say_what_heads_each_row_and_column(pages):
    for page in pages.values():
        for table in page.tree.iter("table"):
            heads = table.xpath("thead/tr/th")
            assert heads
            assert {head.get("scope") for head in heads} == {"col"}
            for row in table.xpath("tbody/tr"):
                assert [head.get("scope") for head in row.xpath("th")] == ["row"]
            names = table.xpath("caption") or page.tree.xpath(f"//*[@id='{table.get('aria-labelledby')}']")
            assert len(names) == 1


def test_charts_have_their_text(rendered, pages):
    case, _ = rendered
    context = case.context()
    for name, root in (("beges", "beges"), ("esrs_e1", "esrs")):
        charts = [chart for chart in context[root]["charts"].values() if chart is not None]
        found = [image.get("alt") for image in pages[name].tree.iter("img")]
        assert sorted(found) == sorted(chart.alt for chart in charts)


def test_footer_says_which_software_base_and_inputs(rendered, pages):
    meta = rendered[0].context()["meta"]
    for page in pages.values():
        foot = page.tree.find(".//footer").text_content()
        assert all(str(meta[key]) in foot for key in ("software", "catalogue", "input_hash"))


def test_nothing_is_called_compliant_or_by_a_mark(pages):
    for page in pages.values():
        assert not re.search(r"conform|bilan carbone(?!®)", page.text, re.IGNORECASE)
        assert "{{" not in page.source
        assert "{%" not in page.source


@pytest.mark.parametrize(
    "label",
    [
        "<script>alert(1)</script> & {{ 7*7 }} {% if x %}",
        "n" * 500,
        "a\x00b\x0bc\ufffe autre",
        '"><img src=x>',
    ],
)
def test_any_label_passes_through_as_text(label, tmp_path):
    case = demo_case(company_name=label, plan_note=label, label=label)
    printed = re.sub(r"[\x00\x0b\ufffe]", "", label)
    for path in render_reports(case.context(), tmp_path, forms=(HTML,)):
        page = ParsedPage(path)
        assert printed in page.text
        assert all(row[1] == printed for row in page.table("Facteurs d’émission"))
        assert page.tree.xpath("//script[not(@type='text/plain')]|//img[@src='x']") == []


def test_forty_sites_are_all_listed(tmp_path):
    case = demo_case()
    case.sites = case.sites.iloc[[0] * 40].assign(site=[f"Site {n}" for n in range(40)])
    path = render_reports(case.context(), tmp_path, forms=(HTML,))[0]
    assert [row[0] for row in ParsedPage(path).table("Sites")] == [f"Site {n}" for n in range(40)]


def test_nothing_is_left_of_either_form_when_the_other_is_refused(tmp_path, demonstration):
    for form in (DOCX, HTML):
        folder = tmp_path / form
        paths = render_reports(demonstration.context(), folder, forms=(form,))
        assert [path.suffix for path in paths] == [f".{form}"] * len(REPORTS)
        kinds = {DOCX: Parsed, HTML: ParsedPage}
        assert all(kinds[form](path).tables for path in paths)


def test_the_box_of_page_one_lists_what_is_left(rendered, pages):
    case, _ = rendered
    for name, root in (("beges", "beges"), ("esrs_e1", "esrs")):
        front = case.context()[root]["front"]
        box = pages[name].tree.find(".//section[@class='box']").text_content()
        assert front["to_complete_text"] in box
        assert all(item in box for item in front["to_complete"])
        assert all(plain(f"{m['place']} – {m['code']}") in plain(box) for m in front["refusals"])
        assert (texts()["front"]["clean"] in box) == front["clean"]


class Nesting(HTMLParser):
    """Elements that close in another order than they opened, which a browser mends in silence."""

    def __init__(self):
        super().__init__()
        self.open, self.crossed = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "img", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            self.crossed.append((tag, self.getpos()))


def test_elements_close_in_the_order_they_opened(pages):
    for page in pages.values():
        parser = Nesting()
        parser.feed(page.source)
        assert parser.crossed == []
        assert parser.open == []
        marks = page.tree.xpath("//@id")
        assert len(marks) == len(set(marks))
