"""Charts: drawn whatever the labels, the same twice."""

import pytest

from carbon_workbook.report import charts
from carbon_workbook.report.charts import DRAWINGS, Chart, Line, drawing, picture


def chart(kind: str, values: tuple[float, ...], **shown) -> Chart:
    labels = ("Acier & <fonte> $neuf$", "x" * 500, "", "{{ piège }} 碳")[: len(values)]
    shown = {
        "bounds": tuple((0.5 * value, 2 * value) for value in values),
        "before": (*values[1:], None),
        "names": ("2024", "2023 & avant"),
        "lines": tuple(
            Line(label, ((2020, value), (2030, value / 2)), planned=bool(place % 2))
            for place, (label, value) in enumerate(zip(labels, values, strict=True))
        ),
        **shown,
    }
    return Chart(kind, "Titre", "Texte de remplacement", labels, values, "tCO2e", "80 %", **shown)


@pytest.mark.parametrize("kind", DRAWINGS)
@pytest.mark.parametrize("values", [(12.0,), (5262.2, 3.0, 0.0, 0.0001)])
def test_every_kind_is_drawn_the_same_twice(kind, values):
    first = picture(chart(kind, values))
    assert first.startswith(b"\x89PNG")
    picture.cache_clear()
    assert first == picture(chart(kind, values))


@pytest.mark.parametrize("kind", DRAWINGS)
def test_a_drawing_needs_no_font_and_holds_no_script(kind):
    made = drawing(chart(kind, (5262.2, 3.0, 0.0, 0.0001))).decode()
    assert "<svg" in made
    assert "<text" not in made
    assert "<script" not in made
    assert 'href="http' not in made


@pytest.mark.filterwarnings("error")
def test_a_missing_font_or_letter_is_replaced_in_silence(monkeypatch, caplog):
    monkeypatch.setitem(charts.STYLE, "font.family", ["Police absente", "DejaVu Sans"])
    picture.cache_clear()
    assert picture(chart("ranking", (4.0, 3.0, 2.0, 1.0))).startswith(b"\x89PNG")
    assert caplog.records == []


def test_numbers_are_in_the_language_of_the_chart():
    french, english = (drawing(chart("bars", (12.5,), language=spoken)) for spoken in ("fr", "en"))
    assert french != english


@pytest.mark.parametrize("kind", ["comparison", "trajectory"])
def test_a_year_that_nobody_gave_is_left_out(kind):
    lines = (Line("mesuré", ((2024, 5.0),)), Line("objectif", ((2020, 0.0), (2030, 0.0)), planned=True))
    assert picture(chart(kind, (5.0,), before=(None,), lines=lines)).startswith(b"\x89PNG")


def test_a_negative_value_is_drawn():
    assert picture(chart("bars", (-3.0, 4.0))).startswith(b"\x89PNG")


def test_an_unknown_kind_is_refused():
    with pytest.raises(KeyError):
        picture(chart("camembert", (1.0,)))
