"""Charts: drawn whatever the labels, the same twice."""

import pytest

from carbon_workbook.report.charts import DRAWINGS, Chart, picture


def chart(kind: str, values: tuple[float, ...]) -> Chart:
    labels = ("Acier & <fonte> $neuf$", "x" * 500, "", "{{ piège }}")[: len(values)]
    return Chart(kind, "Titre", "Texte de remplacement", labels, values, "tCO2e", "80 %")


@pytest.mark.parametrize("kind", DRAWINGS)
@pytest.mark.parametrize("values", [(12.0,), (5262.2, 3.0, 0.0, 0.0001)])
def test_every_kind_is_drawn_the_same_twice(kind, values):
    first = picture(chart(kind, values))
    assert first.startswith(b"\x89PNG")
    assert first == picture(chart(kind, values))


def test_a_negative_value_is_drawn():
    assert picture(chart("bars", (-3.0, 4.0))).startswith(b"\x89PNG")


def test_an_unknown_kind_is_refused():
    with pytest.raises(KeyError):
        picture(chart("camembert", (1.0,)))
