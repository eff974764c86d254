from __future__ import annotations

import subprocess
import sys
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon_workbook.messages import CodedError
from carbon_workbook.units import Money, conversions, money_of, parse_unit, suggestions, tables
from carbon_workbook.units.registry import measure

SYMBOLS = sorted(tables.symbols())
PHYSICAL = [name for name in SYMBOLS if not tables.symbols()[name].currency]


def test_every_label_is_read_as_its_own_row_says() -> None:
    for row in tables.rows("labels.csv"):
        assert parse_unit(row["label"]).canonical == row["unit"], row


@pytest.mark.parametrize("name", SYMBOLS)
def test_every_symbol_is_defined_and_names_itself(name: str) -> None:
    unit = parse_unit(name)
    assert unit.canonical == name
    assert unit.dimension
    assert unit.scale > 0


def test_two_labels_with_one_key_mean_one_unit() -> None:
    meanings: dict[str, set[str]] = defaultdict(set)
    for label, symbol in tables.exact_labels().items():
        meanings[tables.key(label)].add(symbol.name)
    doubles = {key: names for key, names in meanings.items() if len(names) > 1}
    assert not set(doubles) - set(tables.ambiguous())


def test_no_label_is_written_twice() -> None:
    labels = [row["label"] for row in tables.rows("labels.csv")] + SYMBOLS
    assert len(labels) == len(set(labels))


def test_every_dimension_has_a_french_name() -> None:
    named = {name for needed, per in tables.quantities() if not per for name in needed}
    used = {name for symbol in tables.symbols().values() for name, _ in measure(symbol.expression)[1]}
    markers = {name for q in tables.qualifiers() if q.marker for name, _ in measure(q.marker)[1]}
    assert used | markers == named


def test_the_three_energies_do_not_mix() -> None:
    assert len({parse_unit(label).dimension for label in ("GJ", "GJ PCI", "GJ PCS")}) == 3


def test_the_case_tells_a_linear_metre_from_a_millilitre() -> None:
    assert parse_unit("mL").canonical == "m"
    with pytest.raises(CodedError):
        parse_unit("ml")


def test_an_unknown_unit_gets_its_neighbours() -> None:
    assert suggestions("tonne.kmm")[0] == "t.km"
    with pytest.raises(CodedError) as refused:
        parse_unit("kilomettre")
    assert "km" in refused.value.message.remedy


@pytest.mark.parametrize(
    ("label", "money"),
    [
        ("keuro (2023) HT", Money("EUR", "HT", 2023)),
        ("€ TTC", Money("EUR", "TTC", None)),
        ("2022 USD, purchaser price", Money("USD", "", 2022)),
        ("Franc CFP", Money("XPF", "", None)),
        ("kWh", None),
    ],
)
def test_the_money_of_a_label(label: str, money: Money | None) -> None:
    assert money_of(label) == money


@given(st.lists(st.sampled_from(PHYSICAL), min_size=1, max_size=3), st.sampled_from(["", *PHYSICAL]))
def test_what_we_write_is_what_we_read(factors: list[str], under: str) -> None:
    unit = parse_unit(".".join(factors) + (f"/{under}" if under else ""))
    again = parse_unit(unit.canonical)
    assert again.canonical == unit.canonical
    assert again.dimension == unit.dimension
    assert again.scale == pytest.approx(unit.scale, rel=1e-12)


@given(st.text(max_size=200) | st.text("kmt.h€/ -1dePCIS()²", max_size=400))
def test_any_text_is_a_unit_or_a_coded_refusal(text: str) -> None:
    (ratio,), (code,) = conversions([text], [text])
    assert code in {"", "CW-110", "CW-111", "CW-116"}
    assert code or ratio == 1.0


@pytest.mark.parametrize("value", [None, float("nan"), 12, b"km"])
def test_what_is_not_text_is_a_missing_unit(value: object) -> None:
    with pytest.raises(CodedError) as refused:
        parse_unit(value)
    assert refused.value.message.code == "CW-110"


def test_a_page_of_text_does_not_exhaust_the_reader() -> None:
    with pytest.raises(CodedError) as refused:
        parse_unit("kg " + "de " * 10_000)
    assert refused.value.message.code == "CW-111"
    assert len(str(refused.value)) < 300


def test_the_registry_starts_quickly() -> None:
    script = (
        "import pandas, time; t = time.perf_counter(); from carbon_workbook.units import parse_unit;"
        "parse_unit('t.km'); print(time.perf_counter() - t)"
    )
    times = [
        float(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout)
        for _ in range(3)
    ]
    assert min(times) < 0.5
