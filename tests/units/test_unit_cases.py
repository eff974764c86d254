"""The cases of ``tests/cases/units.yaml``, which a domain expert reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from carbon_workbook.messages import CodedError
from carbon_workbook.numbers import parse_number
from carbon_workbook.units import conversion, denominator, missing_quantity, parse_unit

CASES: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "cases" / "units.yaml").read_text(encoding="utf-8")
)
SPELLINGS = [(unit, spelling) for unit, spellings in CASES["orthographes"].items() for spelling in spellings]


@pytest.mark.parametrize(("unit", "spelling"), SPELLINGS)
def test_a_spelling_names_its_unit(unit: str, spelling: str) -> None:
    assert parse_unit(spelling).canonical == unit


@pytest.mark.parametrize("unit", CASES["orthographes"])
def test_a_canonical_name_names_itself(unit: str) -> None:
    assert parse_unit(unit).canonical == unit


@pytest.mark.parametrize(("label", "code"), CASES["refusées"].items())
def test_a_label_is_refused(label: str, code: str) -> None:
    with pytest.raises(CodedError) as refused:
        parse_unit(label)
    assert refused.value.message.code == code


@pytest.mark.parametrize(("source", "target", "ratio"), CASES["conversions"])
def test_a_conversion(source: str, target: str, ratio: float) -> None:
    assert conversion(source, target) == pytest.approx(ratio, rel=1e-12)
    assert missing_quantity(source, target) == ""


@pytest.mark.parametrize(("source", "target", "code", "missing"), CASES["incompatibles"])
def test_a_mismatch_is_refused(source: str, target: str, code: str, missing: str | None) -> None:
    with pytest.raises(CodedError) as refused:
        conversion(source, target)
    assert refused.value.message.code == code
    if missing is not None:
        assert missing_quantity(source, target) == missing
    if code == "CW-112":
        assert f"il manque {missing}." in refused.value.message.sentence


@pytest.mark.parametrize(("label", "expected"), CASES["facteurs"].items())
def test_the_unit_of_a_factor(label: str, expected: list[Any]) -> None:
    unit, kilograms = denominator(label)
    assert [unit, kilograms] == [expected[0], pytest.approx(expected[1], rel=1e-12)]


@pytest.mark.parametrize(("label", "code"), CASES["facteurs_refusés"].items())
def test_the_unit_of_a_factor_is_refused(label: str, code: str) -> None:
    with pytest.raises(CodedError) as refused:
        denominator(label)
    assert refused.value.message.code == code


@pytest.mark.parametrize("label", CASES["base_carbone"])
def test_a_base_carbone_label_is_understood(label: str) -> None:
    unit, kilograms = denominator(label)
    assert kilograms == 1.0
    assert parse_unit(unit).canonical == unit


@pytest.mark.parametrize("label", CASES["desnz"])
def test_a_desnz_label_is_understood(label: str) -> None:
    assert parse_unit(parse_unit(label).canonical).dimension == parse_unit(label).dimension


@pytest.mark.parametrize(("text", "number"), CASES["nombres"].items())
def test_a_number_is_read(text: str, number: float) -> None:
    assert parse_number(text) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize(("text", "code"), CASES["nombres_refusés"].items())
def test_a_text_is_not_guessed_to_be_a_number(text: str, code: str) -> None:
    with pytest.raises(CodedError) as refused:
        parse_number(text)
    assert refused.value.message.code == code
