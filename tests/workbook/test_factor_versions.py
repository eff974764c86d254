"""The demonstration from one version of a base to the next: every effect told, and the effects add up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from foreign_content import TITLE, with_foreign_sheet
from imported_bases import GONE, next_year, shipped_base

from carbon_workbook.demo.company import demo_data
from carbon_workbook.excel import udf
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.factors.store import Store
from carbon_workbook.specs.spec import entry_sheets
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.catalogue import list_name
from carbon_workbook.workbook.cells import parse_range
from carbon_workbook.workbook.evaluate import evaluate
from carbon_workbook.workbook.factor_versions import LINE_COLUMNS, upgrade
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import open_package, read_sheet, read_table
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import changes_for, refresh


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("magasin"))
    old = shipped_base("V29.0")
    store.add(old)
    store.add(next_year(old))
    return store


@pytest.fixture
def workbook(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARBON_WORKBOOK_DATA", str(store.folder))
    path = tmp_path / "demo.xlsx"
    build(path, data=demo_data(), macros=False)
    refresh(path)
    upgrade(path, store, "V29.0")
    return path


def journal(path: Path) -> list[list[object]]:
    rows = read_sheet(read_workbook(path).package, at.JOURNAL).rows
    return [
        list(values.values())
        for row, values in sorted(rows.items())
        if row > at.JOURNAL_HEADER and any(values.values())
    ]


def test_the_cells_of_a_pinned_workbook_give_what_refresh_writes(workbook: Path, store: Store) -> None:
    upgrade(workbook, store, "V30.0")
    content = read_workbook(workbook)
    evaluation = evaluate(content)
    table = read_table(content.package, "tbl_facteurs_propres")
    own = [list(table.columns), *(list(row) for _, row in table.rows)]
    lines = evaluation.inventory.counted
    lines = lines[lines["posting"] != "instruments"]
    arguments = (
        [[ref] for ref in lines["factor_ref"]],
        [[float(activity)] for activity in lines["activity"]],
        [[unit] for unit in lines["activity_unit"]],
        float(evaluation.inventory.year or 0),
    )
    wanted = lines["total_kg"].to_numpy() / 1000
    udf.register_own_factors("epingle.xlsm", own, content.base)
    live = np.array([value for (value,) in udf.emissions("epingle.xlsm", *arguments)], dtype=float)
    np.testing.assert_allclose(live, wanted, rtol=1e-9)
    udf.register_own_factors("livre.xlsm", own)
    shipped = [value for (value,) in udf.emissions("livre.xlsm", *arguments)]
    assert sum(value != pytest.approx(kg, rel=1e-9) for value, kg in zip(shipped, wanted, strict=True)) > 10


def test_last_year_to_this_one(workbook: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    before = len(journal(workbook))
    done = upgrade(workbook, store, "V30.0")
    effect = done.effect
    old, new = effect.totals
    with capsys.disabled():
        print(f"\nV29.0 → V30.0 : {old:.3f} → {new:.3f} tCO2e, {len(effect.lines)} lignes, "
              f"somme {effect.lines['effect_t'].sum():+.3f}")  # fmt: skip
    assert tuple(effect.lines.columns) == LINE_COLUMNS
    assert len(effect.lines) > 20
    assert effect.lines["effect_t"].sum() == pytest.approx(new - old, rel=1e-9)
    posts = effect.posts("beges").set_index("code")
    leaves = posts[(posts["level"] == 1)]["effect_t"].sum()
    assert leaves == pytest.approx(posts.at["T", "effect_t"], rel=1e-9)
    entries = journal(workbook)[before:]
    named = [row for row in entries if str(row[2]).startswith("Facteur, ")]
    assert len(named) == len(effect.lines)
    assert {f"({line})" in " ".join(str(row[2]) for row in named) for line in effect.lines["line_id"]} == {
        True
    }
    assert any(row[2] == "Base de facteurs" for row in entries)
    assert done.backup is not None


def test_the_workbook_stays_with_its_version(workbook: Path, store: Store) -> None:
    done = upgrade(workbook, store, "V30.0")
    again = refresh(workbook)
    assert (again.written, again.backup) == (0, None)
    assert again.evaluation.inventory.catalogue.version == done.version == read_workbook(workbook).base
    assert again.evaluation.inventory.total_kg / 1000 == pytest.approx(done.effect.totals[1], rel=1e-12)
    assert "CW-459" not in {note.code for note in again.evaluation.messages}


def test_the_factors_frozen_in_the_workbook_tell_the_effect_without_its_base(
    workbook: Path, store: Store, tmp_path: Path
) -> None:
    copy = tmp_path / "copie.xlsx"
    copy.write_bytes(workbook.read_bytes())
    known = upgrade(copy, store, "livré").effect.lines
    upgrade(copy, store, "V30.0")
    start = copy.read_bytes()
    wanted = upgrade(copy, store, "livré")
    copy.write_bytes(start)
    done = upgrade(copy, Store(tmp_path / "vide"), "livré")
    assert done.notes == ()
    assert len(done.effect.lines) > 20 > len(known)
    pd.testing.assert_frame_equal(done.effect.lines, wanted.effect.lines)
    assert read_workbook(copy).base == load_catalogue().version


class TestWhatTheWorkbookOffers:
    """Catalogue and lists after a change of version: the figures of that version, and nothing else of the file."""

    def rows(self, path: Path) -> dict[str, dict[str, object]]:
        data = read_table(read_workbook(path).package, at.CATALOGUE_TABLE)
        found = (dict(zip(data.columns, values, strict=True)) for _, values in data.rows)
        return {str(row["Identifiant"]): row for row in found if row["Identifiant"]}

    def choices(self, path: Path, key: str) -> list[object]:
        package = read_workbook(path).package
        title, ref = package.defined_names[list_name(f"facteurs_{key}")]
        top, column, bottom, _ = parse_range(ref)
        sheet = read_sheet(package, title)
        return [sheet.rows.get(row, {}).get(column) for row in range(top, bottom + 1)]

    def test_the_catalogue_gives_the_figures_of_the_version(self, workbook: Path, store: Store) -> None:
        before = self.rows(workbook)
        done = upgrade(workbook, store, "V30.0")
        now, table = self.rows(workbook), done.effect.after.inventory.catalogue.table
        assert now.keys() == before.keys() - {GONE}
        figures = table.loc[list(now), "total"]
        np.testing.assert_allclose([row["kgCO2e par unité"] for row in now.values()], figures, rtol=1e-14)
        assert sum(row != before[key] for key, row in now.items()) > 300
        assert {row["Version"] for row in now.values()} >= {"V30.0"}
        intro = read_sheet(read_workbook(workbook).package, at.CATALOGUE).value("A2")
        assert str(intro).startswith(f"{len(now)} facteurs")

    def test_a_factor_that_the_version_lacks_leaves_the_lists(self, workbook: Path, store: Store) -> None:
        keys = [
            key
            for key in entry_sheets()
            if any(str(c).startswith(f"{GONE} ") for c in self.listed(workbook, key))
        ]
        assert keys
        upgrade(workbook, store, "V30.0")
        for key in keys:
            choices = self.choices(workbook, key)
            assert not any(str(choice).startswith(f"{GONE} ") for choice in choices)
            filled = [choice for choice in choices if choice]
            assert choices[: len(filled)] == filled

    def listed(self, path: Path, key: str) -> list[object]:
        named = list_name(f"facteurs_{key}") in read_workbook(path).package.defined_names
        return self.choices(path, key) if named else []

    def test_a_factor_of_the_base_that_a_line_uses_is_added_and_the_table_grows(
        self, workbook: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wider = Store(tmp_path / "large")
        base = shipped_base("V31.0")
        more = base.factors[base.factors["id"] == "37133"].assign(id="990001", label="=Gaz d'essai")
        base = replace(base, factors=pd.concat([base.factors, more], ignore_index=True))
        wider.add(base)
        monkeypatch.setenv("CARBON_WORKBOOK_DATA", str(wider.folder))
        upgrade(workbook, wider, "livré")
        upgrade(workbook, wider, "V31.0")
        before = read_workbook(workbook)
        table = before.table("combustion_fixe")
        row = next(
            n
            for n, ref in zip(table.numbers, table.rows["factor"], strict=True)
            if str(ref).startswith("37133")
        )
        typed = {table.title: {f"{table.letters['factor']}{row}": "990001"}}
        workbook.write_bytes(before.package.with_parts(patch(before.package, typed)).packed())
        package = open_package(workbook)
        refresh(workbook)
        after = open_package(workbook)
        assert after.table(at.CATALOGUE_TABLE).bounds[2] == package.table(at.CATALOGUE_TABLE).bounds[2] + 1
        assert self.rows(workbook)["990001"]["Libellé"] == "=Gaz d'essai"
        assert lint(after) == []
        assert refresh(workbook).written == 0

    def test_formulas_stay_where_they_are_and_what_is_not_ours_is_untouched(
        self, workbook: Path, store: Store
    ) -> None:
        workbook.write_bytes(with_foreign_sheet(open_package(workbook)))
        before = open_package(workbook)
        upgrade(workbook, store, "V30.0")
        after = open_package(workbook)
        changed = {name for name, part in before.parts.items() if after.parts[name] != part}
        ours = {sheet.part for sheet in before.sheets if sheet.title != TITLE} | {"xl/workbook.xml"}
        assert [name for name in changed - ours if not name.startswith("xl/tables/")] == []
        assert before.sheet(at.CATALOGUE).part in changed
        for sheet in before.sheets:
            old, new = read_sheet(before, sheet.title), read_sheet(after, sheet.title)
            assert new.formula_columns == old.formula_columns, sheet.title
        assert lint(after) == []

    def test_an_untouched_workbook_offers_the_shipped_factors(self, tmp_path: Path) -> None:
        path = tmp_path / "neuf.xlsx"
        build(path, data=demo_data(), macros=False)
        written = changes_for(evaluate(read_workbook(path)))[0]
        assert written.keys() & {at.CATALOGUE, at.LISTS} == set()


def test_the_same_version_writes_nothing(workbook: Path, store: Store) -> None:
    content = workbook.read_bytes()
    done = upgrade(workbook, store, "V29.0")
    assert done.backup is None
    assert [note.code for note in done.notes] == ["CW-249"]
    assert workbook.read_bytes() == content


def test_there_and_back(workbook: Path, store: Store) -> None:
    start = upgrade(workbook, store, "V30.0").effect.totals[0]
    back = upgrade(workbook, store, "livré").effect
    assert back.totals[1] == pytest.approx(start, rel=1e-9)
    assert read_workbook(workbook).base == load_catalogue().version
