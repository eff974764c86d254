"""The English reports: the texts of the French ones, key by key, and the same figures."""

import csv
import re
import string
import tomllib

import pytest
from openxml_audit import OpenXmlValidator
from report_cases import Parsed, ParsedPage, demo_case, value

from carbon_workbook.factors.tables import ghgp_categories, table
from carbon_workbook.inventory.energy import CONSUMPTION
from carbon_workbook.inventory.views import NOMENCLATURE, row_frame
from carbon_workbook.report.language import ENGLISH, FRENCH, LANGUAGES, speaking
from carbon_workbook.report.render import DOCX, HTML, REPORTS, carried_seal, render_reports, stem
from carbon_workbook.report.texts import labels, named
from carbon_workbook.resources import packaged

NUMBER = re.compile(r"[\u2212+±]?\s?\d[\d\u202f,.]*(?:\u202f?%)?")
SAME = {"tCO2e", "CO2", "CH4", "N2O"}


def raw(language):
    name = "texts.toml" if language == FRENCH else f"texts.{language}.toml"
    with (packaged("report") / name).open("rb") as stream:
        return tomllib.load(stream)


def leaves(node, path=()):
    if isinstance(node, dict):
        for key, item in node.items():
            yield from leaves(item, (*path, key))
    elif isinstance(node, list):
        for place, item in enumerate(node):
            yield from leaves(item, (*path, place))
    else:
        yield path, node


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The demonstration in each language and form, read back."""
    case, found = demo_case(), {}
    for language in LANGUAGES:
        folder = tmp_path_factory.mktemp(language)
        with speaking(language):
            context = case.context()
        for path in render_reports(context, folder, forms=(DOCX, HTML)):
            reader = Parsed if path.suffix == ".docx" else ParsedPage
            found[language, path.stem.removesuffix(f"_{ENGLISH}"), path.suffix[1:]] = path, reader(path)
    return found


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != FRENCH])
def test_every_text_has_its_translation_with_the_same_places_to_fill(language):
    french, other = (dict(leaves(raw(one))) for one in (FRENCH, language))
    assert list(french) == list(other)
    for path, text in french.items():
        if not isinstance(text, str):
            assert other[path] == text
            continue
        names = [
            {name for _, name, _, _ in string.Formatter().parse(one) if name} for one in (text, other[path])
        ]
        if "{{" in text:
            names = [set(re.findall(r"{{.*?}}", one)) for one in (text, other[path])]
        assert names[0] == names[1], path
        assert bool(text) == bool(other[path]), path


def test_what_is_no_wording_is_the_same_in_both():
    french, english = raw(FRENCH), raw(ENGLISH)
    for ours, theirs in zip(french["fields"], english["fields"], strict=True):
        assert {k: v for k, v in ours.items() if k != "label"} == {
            k: v for k, v in theirs.items() if k != "label"
        }


def test_every_label_of_the_engine_is_translated():
    shown = {label for name in set(NOMENCLATURE.values()) for _, label, _, _ in row_frame(name)}
    shown |= set(ghgp_categories()["esrs_label"]) | {label for _, label, *_ in CONSUMPTION}
    for file in ("reasons", "energy_sources"):
        with (packaged("inventory") / f"{file}.csv").open(encoding="utf-8", newline="") as stream:
            shown |= {row["label"] for row in csv.DictReader(stream, delimiter=";")}
    shown |= set(table("posts")["category_label"])
    missing = {label for label in shown if label and label not in labels(ENGLISH)}
    assert missing == set()
    with speaking(ENGLISH):
        assert named("Achats de biens") == "Purchased goods"
    assert named("Achats de biens") == "Achats de biens"


def test_every_table_has_the_same_figures_in_both_languages(both):
    for name in REPORTS:
        for form in (DOCX, HTML):
            tables = [list(both[language, name, form][1].tables.values()) for language in LANGUAGES]
            assert [len(rows) for rows in tables[0]] == [len(rows) for rows in tables[1]]
            for ours, theirs in zip(*tables, strict=True):
                for row, other in zip(ours[1:], theirs[1:], strict=True):
                    compared = [(a, b) for a, b in zip(row, other, strict=True) if is_number(a)]
                    assert [french(a) for a, _ in compared] == [english(b) for _, b in compared]


def is_number(text):
    return bool(NUMBER.fullmatch(text.strip())) and not re.search(r"\d/\d|^\d+\.\d", text)


def french(text):
    return value(re.sub(r"[+±\s]", "", text))


def english(text):
    return float(re.sub(r"[+±\s,%]", "", text).replace("\u2212", "-"))


def test_nothing_of_ours_is_left_in_french(both):
    french_, english_ = (dict(leaves(raw(one))) for one in (FRENCH, ENGLISH))
    ours = {
        text
        for path, text in french_.items()
        if isinstance(text, str) and path[0] in ("layout", "headings", "captions", "columns", "documents", "front")
        and english_[path] != text and "{" not in text and len(text) > 3
    }  # fmt: skip
    for name in REPORTS:
        document = both[ENGLISH, name, DOCX][1]
        said = {
            *document.headings,
            *document.tables,
            *(cell for rows in document.tables.values() for cell in rows[0]),
        }
        assert said & (ours - SAME) == set()
        said = set(both[ENGLISH, name, HTML][1].headings)
        assert said & ours == set()


def test_english_documents_pass_the_independent_check_and_carry_the_seal(both):
    for name in REPORTS:
        path, _ = both[ENGLISH, name, DOCX]
        result = OpenXmlValidator().validate(path)
        assert result.is_valid, [str(error) for error in result.errors]
        seals = {carried_seal(both[key][0]) for key in both if key[1] == name}
        assert len(seals) == 1


def test_files_and_pages_say_their_language(both):
    assert {path.name for (language, _, _), (path, _) in both.items() if language == ENGLISH} == {
        f"{stem(name, ENGLISH)}.{form}" for name in REPORTS for form in (DOCX, HTML)
    }
    for name in REPORTS:
        assert both[ENGLISH, name, HTML][1].tree.get("lang") == "en"
        assert both[ENGLISH, name, DOCX][1].document.core_properties.language == "en-GB"
