"""The demonstration from one version of a base to the next: every effect told, and the effects add up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from carbon_workbook.demo.company import demo_data
from carbon_workbook.excel import udf
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.factors.imports.base import Base, factor_frame, refused_frame, stage_frame
from carbon_workbook.factors.store import Store
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.evaluate import evaluate
from carbon_workbook.workbook.factor_versions import LINE_COLUMNS, upgrade
from carbon_workbook.workbook.package import read_sheet, read_table
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import refresh

SOURCE = "Base Carbone® – ADEME"


def shipped_base(version: str) -> Base:
    """The shipped factors of the base as if a user had imported them: stages and figures as they are."""
    catalogue = load_catalogue()
    table = catalogue.table[catalogue.table["source"] == SOURCE].reset_index()
    table = table.assign(category="", tags="")
    lines = catalogue.stages[
        catalogue.stages["factor_id"].isin(table["id"]) & (catalogue.stages["stage"] != "whole")
    ]
    return Base(
        "base-carbone", SOURCE, version, "Licence Ouverte 2.0",
        factor_frame({name: table[name] for name in factor_frame({}).columns}),
        stage_frame({name: lines[name] for name in stage_frame({}).columns}),
        refused_frame(()), {},
    )  # fmt: skip


def next_year(base: Base) -> Base:
    """A tenth more on one stage in three, one factor removed, one unit changed."""
    stages = base.stages.copy()
    stages.loc[::3, ["total", "co2_fossil"]] *= 1.1
    factors = base.factors.copy()
    factors["total"] = factors["total"].where(np.arange(len(factors)) % 5 != 0, factors["total"] * 0.9)
    used = "26010"
    assert used in set(factors["id"])
    factors = factors[factors["id"] != used]
    stages = stages[stages["factor_id"] != used]
    return replace(base, version="V30.0", factors=factors, stages=stages)


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


def test_the_store_gone_is_said(workbook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARBON_WORKBOOK_DATA", str(tmp_path / "vide"))
    assert "CW-459" in {note.code for note in refresh(workbook).evaluation.messages}


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
