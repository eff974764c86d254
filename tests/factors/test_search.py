"""Search by words: what a user types finds what he means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.factors.search import Hit, search


def find(text: str, unit: str | None = None, limit: int = 10, include_hidden: bool = False) -> list[Hit]:
    return search(load_catalogue(), text, unit, limit, include_hidden=include_hidden)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("43642", "43642"),
        ("gasoil", "25775"),
        ("ELECTRICITE", "43642"),
        ("électricité", "43642"),
        ("propane", "13556"),
        ("aciers recyclés", "26730"),
        ("ordinateurs portables", "27002"),
        ("hôtel allemagne", "DZ-29_600_4017_13_1"),
        ("nuitées espagne", "DZ-29_600_4047_13_1"),
        ("mix allemagne", "15592"),
        ("r410a", "43632"),
        ("laine de verre", "DZ-19_500_5024_15_1"),
        ("pellets", "34948"),
        ("avocat", "43545"),
        ("avocat cru", "40254"),
        ("conseil juridique", "43545"),
        ("camions 40 tonnes", "43643"),
        ("électricté éolien", "26033"),
    ],
)
def test_the_first_hit(text: str, first: str) -> None:
    assert find(text)[0].id == first


def test_every_hit_says_why() -> None:
    hits = find("gasoil")
    assert hits[0].reason.startswith("mot d'usage « gasoil »")
    assert "« gasoil » = « gazole »" in hits[1].reason
    assert "proche de" in find("polypropilene", include_hidden=True)[0].reason
    assert all(hit.reason for hit in hits)


def test_decoys_archived_and_avoided_are_hidden_unless_asked() -> None:
    for text, identifier in (("France", "15591"), ("propane", "43625"), ("gazole routier", "14016")):
        assert identifier not in {hit.id for hit in find(text, limit=500)}
        assert identifier in {hit.id for hit in find(text, limit=500, include_hidden=True)}
    avoided = {hit.id for hit in find("ordures ménagères émissions évitées", limit=500)}
    assert not avoided & {"34655", "34653"}


def test_the_unit_filters() -> None:
    hits = find("gaz naturel", unit="kWh PCS")
    assert hits[0].id == "37133"
    assert {hit.unit for hit in hits} <= {"kWh PCS", "GJ PCS"}
    assert find("gaz naturel", unit="passager.km") == []


def test_the_best_come_first_and_no_more_than_asked() -> None:
    hits = find("carton", limit=5)
    assert len(hits) == 5
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_the_usual_factor_comes_before_the_suspect_one() -> None:
    order = [hit.id for hit in find("voiture", limit=100)]
    assert order.index("43791") < order.index("43787")


def test_nothing_found_is_an_empty_list() -> None:
    assert find("zzzzqqq") == []
    assert find("") == []
    assert find("de la") == []


@given(st.text(max_size=30))
def test_any_text_is_answered(text: str) -> None:
    for hit in find(text, limit=3):
        assert 0 < hit.score <= 100
