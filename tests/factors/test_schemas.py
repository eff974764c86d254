"""Each table of ``factors/`` holds to the schema beside it."""

from __future__ import annotations

from collections import defaultdict

import pytest
import tables

from carbon_workbook.factors.text import fold
from carbon_workbook.units import parse_unit

SHEETS = (
    ["combustion_fixe", "combustion_mobile", "procedes", "fugitives", "sols", "electricite", "chaleur"]
    + [f"cat{number:02d}" for number in range(1, 16)]
    + ["visiteurs", "autres"]
)


@pytest.mark.parametrize("name", tables.names())
def test_table_follows_its_schema(name: str) -> None:
    columns, rows = tables.read(name)
    assert columns == [field["name"] for field in tables.schema(name)["fields"]]
    assert rows
    assert tables.faults(name, rows) == []


def test_a_wrong_row_is_seen() -> None:
    row = dict(tables.read("emission_factors")[1][0])
    wrong = [
        row | {"total": "2,5"},
        row | {"id": "X 1", "label": "a"},
        row | {"id": "99999", "label": "b", "kind": "autre", "unit": ""},
        row | {"id": "99998", "label": "c", "families": "inconnue", "valid_until": "31/12/2024"},
    ]
    text = "\n".join(tables.faults("emission_factors", [*wrong, row]))
    for part in ("'2,5' is not a number", "id twice", "'X 1' does not match", "'autre' not in the list",
                 "unit blank", "'inconnue' not in families.family", "'31/12/2024' is not a date"):  # fmt: skip
        assert part in text


def test_enough_factors_in_every_sheet(capsys: pytest.CaptureFixture[str]) -> None:
    _, factors = tables.read("emission_factors")
    proposed = [row for row in factors if row["status"] == "valide" and row["kind"] != "avoided"]
    families = defaultdict(set)
    for row in tables.read("sheet_families")[1]:
        families[row["sheet"]].add(row["family"])
    counts = {
        sheet: sum(not families[sheet].isdisjoint(row["families"].split("|")) for row in proposed)
        for sheet in SHEETS
    }
    with capsys.disabled():
        print(f"\n{len(factors)} facteurs ; par feuille : {counts}")
    assert len(factors) >= 600
    assert {sheet: count for sheet, count in counts.items() if count < 10} == {}
    assert set(families) == set(SHEETS)


def test_every_family_is_used() -> None:
    used = {family for row in tables.read("emission_factors")[1] for family in row["families"].split("|")}
    assert {row["family"] for row in tables.read("families")[1]} <= used


def test_every_unit_is_understood() -> None:
    for unit in {row["unit"] for row in tables.read("emission_factors")[1]}:
        assert parse_unit(unit).dimension


def test_an_alias_is_neither_a_label_nor_a_series_nor_shared_but_by_units() -> None:
    _, factors = tables.read("emission_factors")
    labels = {fold(row["label"]) for row in factors}
    names = {
        fold(name)
        for row in tables.read("series")[1]
        for name in (row["series"], row["label"], *row["aliases"].split("|"))
    }
    owners = defaultdict(list)
    for row in factors:
        for alias in filter(None, row["aliases"].split("|")):
            assert fold(alias) not in names
            owners[fold(alias)].append(row)
    assert not labels & names
    for alias, rows in owners.items():
        units = [row["unit"] for row in rows]
        assert len(units) == len(set(units)), alias


def test_a_pair_is_in_a_unit_that_converts() -> None:
    _, factors = tables.read("emission_factors")
    unit = {row["id"]: row["unit"] for row in factors}
    for row in factors:
        for pair in filter(None, (row["upstream_pair"], row["cutoff_pair"])):
            assert parse_unit(unit[pair]).dimension == parse_unit(row["unit"]).dimension, row["id"]


def test_the_22_posts_and_the_15_categories() -> None:
    _, posts = tables.read("posts")
    principal = [row["post"] for row in posts if row["principal"] == "1"]
    assert len(principal) == len(set(principal)) == 22
    assert {row["ghgp"] for row in posts if row["ghgp"]} == {"S1", "S2", *map(str, range(1, 16))}
    assert {int(row["v4"]) for row in posts} == set(range(1, 24))


def test_every_convention_is_set_for_each_view() -> None:
    views = defaultdict(set)
    for row in tables.read("conventions")[1]:
        views[row["topic"]].add(row["view"])
    assert {topic for topic, found in views.items() if not {"beges", "ghgp", "esrs"} <= found} == set()
