"""Factors as rows that a workbook keeps: the same figures come back, and a text designates no other factor."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from carbon_workbook.factors.catalogue import Catalogue, load_catalogue
from carbon_workbook.factors.frozen import COLUMNS, digest, freeze, needed, thaw

REFS = ("37133", "gazole", "mix électrique", "gaz naturel", "acier")
VERSION = "Base d'essai V1 (00000000)"


@pytest.fixture(scope="module")
def whole() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def ids(whole: Catalogue) -> list[str]:
    return needed(whole, ["37133"], REFS)


@pytest.fixture(scope="module")
def some(whole: Catalogue, ids: list[str]) -> Catalogue:
    return thaw(freeze(whole, ids), VERSION)


def test_every_shipped_factor_comes_back_figure_for_figure(whole: Catalogue) -> None:
    back = thaw(freeze(whole, list(whole.table.index)), whole.version)
    assert list(back.table.index) == list(whole.table.index)
    assert set(back.table.columns) == set(whole.table.columns)
    for name in whole.table.columns:
        old, new = whole.table[name].tolist(), back.table[name].tolist()
        assert [a == b or (a != a and b != b) for a, b in zip(old, new, strict=True)].count(False) == 0, name
    keys = ["factor_id", "position"]
    first, second = (one.stages.sort_values(keys).reset_index(drop=True) for one in (whole, back))
    for name in whole.stages.columns:
        assert first[name].tolist() == second[name].tolist(), name


def test_the_catalogue_is_a_small_part_in_its_order(whole: Catalogue, ids: list[str]) -> None:
    order = {key: place for place, key in enumerate(whole.table.index)}
    assert len(ids) < len(order) / 4
    assert [order[key] for key in ids] == sorted(order[key] for key in ids)


def test_a_text_designates_what_it_did_or_nothing(whole: Catalogue, some: Catalogue) -> None:
    texts = {text for aliases in whole.table["aliases"] for text in str(aliases).split("|") if text}
    texts |= {*whole.table["label"].astype(str), *whole.table.index.astype(str), *whole.series_names}
    known = 0
    for text in sorted(texts):
        for year in (None, 2015, 2024):
            found = some.resolve(text, year)
            if found.code == "CW-273":
                continue
            known += 1
            wanted = whole.resolve(text, year)
            assert (found.id, found.codes, found.note) == (wanted.id, wanted.codes, wanted.note), text
    assert known > 100


def test_what_was_asked_is_there_ambiguous_or_not(whole: Catalogue, some: Catalogue) -> None:
    codes = []
    for ref in REFS:
        wanted, found = whole.resolve(ref, 2024), some.resolve(ref, 2024)
        assert (found.id, found.codes) == (wanted.id, wanted.codes)
        codes.append(wanted.code)
    assert "CW-203" in codes


def test_series_and_pairs_are_whole(whole: Catalogue, ids: list[str], some: Catalogue) -> None:
    assert some.series
    for name, series in some.series.items():
        assert dict(series.members) == dict(whole.series[name].members)
    pairs = {str(whole.table.at[key, name]) for key in ids for name in ("upstream_pair", "cutoff_pair")}
    assert pairs - {""} <= set(ids)


def test_a_factor_that_took_the_place_of_another_does_not_take_it_here(
    whole: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = "25775", "37133"
    moved = {old: (new, "essai")}
    for module in ("catalogue", "frozen"):
        monkeypatch.setattr(f"carbon_workbook.factors.{module}.migrations", lambda: moved)
    from carbon_workbook.factors.frozen import _former_ids

    _former_ids.cache_clear()
    part = thaw(freeze(whole, needed(whole, [new], [])), VERSION)
    _former_ids.cache_clear()
    assert part.resolve(old).id == old


def test_own_factors_are_not_frozen_but_their_names_are_known(whole: Catalogue) -> None:
    label = str(whole.table.at["37133", "label"])
    row = {"id": "MAISON-1", "label": label, "unit": "kWh", "total": 1.0, "source": "x", "year": 2024}
    both = whole.with_own(pd.DataFrame([row]))
    assert "37133" in needed(both, [], [])
    assert "MAISON-1" not in needed(both, ["MAISON-1"], ["MAISON-1"])


def test_a_series_that_is_no_longer_shipped_does_not_stop_anything(whole: Catalogue) -> None:
    place = COLUMNS.index("series")
    name, series = next((name, one) for name, one in whole.series.items() if not one.monetary)
    rows = freeze(whole, list(series.members.values()))
    renamed = [
        tuple("ANCIENNE" if n == place and cell == name else cell for n, cell in enumerate(row))
        for row in rows
    ]
    some = thaw(renamed, VERSION)
    assert not some.series
    assert set(some.table.index) == set(series.members.values())


class TestDigest:
    @pytest.fixture(scope="class")
    def rows(self, whole: Catalogue, ids: list[str]) -> list[tuple[object, ...]]:
        return freeze(whole, ids)

    def test_neither_order_nor_the_sixteenth_digit_counts(self, rows: list[tuple[object, ...]]) -> None:
        rounded = [tuple(float(f"{c:.15g}") if isinstance(c, float) else c for c in row) for row in rows]
        assert digest(rounded[::-1], VERSION) == digest(rows, VERSION)

    @pytest.mark.parametrize("name", ["total", "unit", "co2_fossil", "status"])
    def test_any_figure_or_text_counts(self, rows: list[tuple[object, ...]], name: str) -> None:
        place = COLUMNS.index(name)
        changed = [list(row) for row in rows]
        found = next(row for row in changed if row[place] not in (None, 0.0))
        cell = found[place]
        found[place] = cell * (1 + 1e-12) if isinstance(cell, float) else f"{cell}."
        assert digest(changed, VERSION) != digest(rows, VERSION)

    def test_a_row_and_the_base_count(self, rows: list[tuple[object, ...]]) -> None:
        assert len({digest(rows, VERSION), digest(rows[1:], VERSION), digest(rows, VERSION + ".")}) == 3


def test_the_part_computes_as_the_whole(whole: Catalogue, ids: list[str], some: Catalogue) -> None:
    from carbon_workbook.inventory.core import emissions_of

    units = pd.Series([""] * len(ids), dtype=object)
    blocks = [emissions_of(pd.Series(ids), np.ones(len(ids)), units, 2024, one) for one in (whole, some)]
    np.testing.assert_array_equal(blocks[0].kg, blocks[1].kg)
    np.testing.assert_array_equal(blocks[0].gases, blocks[1].gases)
