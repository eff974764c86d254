"""What makes an own factor usable, and that every function can then use it."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from carbon_workbook.excel import udf
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.factors.own import faults
from carbon_workbook.factors.search import search
from carbon_workbook.specs.spec import register

SOUND = {
    "id": "FP-1", "label": "Granulat de chanvre", "unit": "kg", "total": 0.3, "source": "FDES", "year": 2024.0,
    "valid_until": dt.date(2027, 12, 31), "uncertainty_pct": 0.2, "nature": "bien", "data_level": "fournisseur",
}  # fmt: skip


def test_a_sound_factor_has_no_fault() -> None:
    assert faults(SOUND) == []
    assert faults({key: SOUND[key] for key in ("id", "label", "unit", "total", "source", "year")}) == []
    assert faults({**SOUND, "total": "1 234,5"}) == []
    assert faults({**SOUND, "total": 0.0}) == []


@pytest.mark.parametrize("key", ["id", "label", "unit", "total", "source", "year"])
@pytest.mark.parametrize("blank", [None, "", "  ", float("nan")])
def test_what_is_needed(key: str, blank: object) -> None:
    assert [name for name, _ in faults({**SOUND, key: blank})] == [key]


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("unit", "zorglub"), ("total", -1.0), ("total", float("inf")), ("total", "beaucoup"), ("year", 2024.5),
        ("year", 24.0), ("valid_until", "2026"), ("uncertainty_pct", -0.1), ("nature", "?"), ("data_level", "?"),
        ("id", "A · B"),
    ],
)  # fmt: skip
def test_what_cannot_be(key: str, typed: object) -> None:
    ((name, sentence),) = faults({**SOUND, key: typed})
    assert name == key
    assert sentence.endswith(".")


def test_every_function_uses_it() -> None:
    columns = register("own_factors")
    table = [[column.label for column in columns], [SOUND.get(column.key) for column in columns]]
    assert udf.register_own_factors("propre.xlsm", table) == 1
    assert udf.emissions("propre.xlsm", "FP-1", 2.0, "t") == [[pytest.approx(0.6)]]
    assert udf.factor_field("propre.xlsm", "FP-1", "incertitude") == [[pytest.approx(0.2)]]
    assert udf.emissions_detail("propre.xlsm", "FP-1", 2.0, "t")[0][5] == pytest.approx(0.6)
    assert "FP-1" in str(udf.explain("propre.xlsm", "FP-1", 2.0, "t")[0][0])
    assert str(udf.search_factor("propre.xlsm", "chanvre")[0][0]).startswith("FP-1 · ")
    assert search(udf.catalogue_of("propre.xlsm"), "granulat chanvre", "t")[0].id == "FP-1"


@pytest.mark.parametrize(("valid_until", "first"), [("", True), ("2099-12-31", True), ("2020-12-31", False)])
def test_a_valid_own_factor_that_answers_the_whole_query_is_found_first(
    valid_until: str, first: bool
) -> None:
    row = {"id": "EPD-1", "label": "Acier galvanisé neuf, aciérie du Bugey", "unit": "t", "total": 1500.0}
    own = pd.DataFrame(
        [{**row, "source": "DEP", "year": 2024, "uncertainty_pct": 10.0, "valid_until": valid_until}]
    )
    catalogue = load_catalogue().with_own(own)
    for query in ("acier neuf", "acier galvanisé"):
        hits = search(catalogue, query)
        assert (hits[0].id == "EPD-1") is first
        assert ("facteur propre valable" in hits[0].reason) is first
    assert search(catalogue, "gazole")[0].id != "EPD-1"
