"""A workbook computed with the factors frozen in it: the same results, no other factor, nothing altered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from foreign_content import TITLE, with_foreign_sheet
from imported_bases import next_year, shipped_base
from typed_cells import free_row, type_into

from carbon_workbook.audit.seal import make_seal
from carbon_workbook.audit.trace import trace
from carbon_workbook.demo.company import demo_data
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.factors.frozen import COLUMNS
from carbon_workbook.factors.store import Store
from carbon_workbook.messages import CodedError
from carbon_workbook.workbook import frozen_layout as place
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.factor_versions import upgrade as change_version
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import open_package, read_sheet, read_table
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import changes_for, refresh
from carbon_workbook.workbook.upgrade import open_next_year, upgrade

COMPRESSED = 60_000
"""Bytes that the sheet of the demonstration may add to the file."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("magasin"))
    store.add(next_year(shipped_base("V29.0")))
    return store


@pytest.fixture(scope="module")
def pinned(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration refreshed under an imported base whose figures are not the shipped ones."""
    path = tmp_path_factory.mktemp("classeur") / "demo.xlsx"
    with pytest.MonkeyPatch.context() as patcher:
        patcher.setenv("CARBON_WORKBOOK_DATA", str(store.folder))
        build(path, data=demo_data(), macros=False)
        change_version(path, store, "V30.0")
        refresh(path)
    return path


@pytest.fixture(scope="module")
def with_base(pinned: Path, store: Store) -> Evaluation:
    with pytest.MonkeyPatch.context() as patcher:
        patcher.setenv("CARBON_WORKBOOK_DATA", str(store.folder))
        return evaluate(read_workbook(pinned))


@pytest.fixture
def elsewhere(pinned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same file on a machine that has not imported its base."""
    monkeypatch.setenv("CARBON_WORKBOOK_DATA", str(tmp_path / "vide"))
    path = tmp_path / "demo.xlsx"
    path.write_bytes(pinned.read_bytes())
    return path


def codes(evaluation: Evaluation) -> set[str]:
    return {note.code for note in evaluation.messages}


def write(path: Path, cells: Mapping[str, object], title: str = at.FROZEN) -> None:
    package = open_package(path)
    path.write_bytes(package.with_parts(patch(package, {title: cells})).packed())


def column(name: str) -> int:
    return 1 + COLUMNS.index(name)


class TestSameResults:
    def test_lines_gases_and_views(self, elsewhere: Path, with_base: Evaluation) -> None:
        found = evaluate(read_workbook(elsewhere))
        assert found.inventory.total_kg == pytest.approx(with_base.inventory.total_kg, rel=1e-12)
        assert found.inventory.catalogue.version == with_base.inventory.catalogue.version
        assert list(found.inventory.lines["code"]) == list(with_base.inventory.lines["code"])
        np.testing.assert_array_equal(found.inventory.block.gases, with_base.inventory.block.gases)
        for name, view in with_base.views.items():
            wanted, rows = (one.rows.select_dtypes("number") for one in (view, found.views[name]))
            np.testing.assert_allclose(rows, wanted, rtol=1e-12, atol=1e-6, err_msg=name)

    def test_nothing_else_is_said_than_that(self, elsewhere: Path, with_base: Evaluation) -> None:
        def told(one: Evaluation) -> set[str]:
            return {str(note) for note in one.messages}

        found = evaluate(read_workbook(elsewhere))
        more = [note for note in found.messages if str(note) not in told(with_base)]
        assert [note.code for note in more] == ["CW-274"]
        assert "V30.0" in more[0].sentence
        assert told(with_base) <= told(found)

    def test_the_shipped_factors_would_give_others(self, elsewhere: Path, with_base: Evaluation) -> None:
        content = read_workbook(elsewhere)
        other = evaluate(replace(content, base=""), load_catalogue())
        assert abs(other.inventory.total_kg / with_base.inventory.total_kg - 1) > 1e-3

    def test_the_seal_and_a_trace_hold(self, elsewhere: Path, with_base: Evaluation) -> None:
        ref = cell_ref(at.beges_rows()[-1].row, at.BEGES_TOTAL)
        evaluation = evaluate(read_workbook(elsewhere))
        seals = [
            make_seal(one.inventory, one.views, one.content.settings, one.content.entries, {})
            for one in (with_base, evaluation)
        ]
        assert seals[0].factors == seals[1].factors
        assert seals[0].inputs == seals[1].inputs
        found = trace(evaluation, f"{at.BEGES}!{ref}")
        assert found.written == pytest.approx(found.value)
        assert found.value == pytest.approx(trace(with_base, f"{at.BEGES}!{ref}").value)

    def test_other_figures_under_the_name_of_the_version_do_not_serve(
        self, elsewhere: Path, with_base: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        changed = Store(tmp_path / "autre")
        figures = next_year(shipped_base("V29.0"))
        changed.add(replace(figures, factors=figures.factors.assign(total=figures.factors["total"] * 1.01)))
        monkeypatch.setenv("CARBON_WORKBOOK_DATA", str(changed.folder))
        found = evaluate(read_workbook(elsewhere))
        assert {"CW-274", "CW-459"} & codes(found) == {"CW-274"}
        assert found.inventory.total_kg == pytest.approx(with_base.inventory.total_kg, rel=1e-12)


class TestRefresh:
    def test_the_sheet_is_hidden_protected_and_small(self, pinned: Path) -> None:
        package = open_package(pinned)
        sheet = next(
            one for one in package.workbook.iterfind("{*}sheets/{*}sheet") if one.get("name") == at.FROZEN
        )
        assert sheet.get("state") == "hidden"
        part = package.sheet(at.FROZEN).part
        assert b"<sheetProtection" in package.parts[part]
        assert next(e.compress_size for e in open_package(pinned).entries if e.filename == part) < COMPRESSED
        assert lint(package) == []

    def test_every_factor_used_is_there_once(self, pinned: Path, with_base: Evaluation) -> None:
        data = read_table(open_package(pinned), place.TABLE)
        ids = [row[0] for _, row in data.rows if row[column("position") - 1] is None]
        used = set(with_base.inventory.counted["factor_id"].dropna().astype(str))
        own = set(with_base.content.own_factors["id"])
        assert len(ids) == len(set(ids))
        assert used - own <= set(ids)
        assert not own & set(ids)

    def test_twice_writes_nothing_with_the_base_and_without(self, elsewhere: Path, store: Store,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
        kept = read_sheet(open_package(elsewhere), at.FROZEN).rows
        offered = read_sheet(open_package(elsewhere), at.CATALOGUE).rows
        refresh(elsewhere)
        assert refresh(elsewhere).written == 0
        after = open_package(elsewhere)
        assert read_sheet(after, at.FROZEN).rows == kept
        assert read_sheet(after, at.CATALOGUE).rows == offered
        assert lint(after) == []
        monkeypatch.setenv("CARBON_WORKBOOK_DATA", str(store.folder))
        refresh(elsewhere)
        assert refresh(elsewhere).written == 0
        assert read_sheet(open_package(elsewhere), at.FROZEN).rows == kept

    def test_what_is_not_ours_stays(self, elsewhere: Path) -> None:
        elsewhere.write_bytes(with_foreign_sheet(open_package(elsewhere)))
        before = open_package(elsewhere)
        refresh(elsewhere)
        after = open_package(elsewhere)
        ours = {sheet.part for sheet in before.sheets if sheet.title != TITLE} | {"xl/workbook.xml"}
        changed = {name for name, part in before.parts.items() if after.parts[name] != part}
        assert [name for name in changed - ours if not name.startswith("xl/tables/")] == []

    def test_a_change_of_version_freezes_the_new_figures(
        self, elsewhere: Path, tmp_path: Path, with_base: Evaluation
    ) -> None:
        change_version(elsewhere, Store(tmp_path / "vide"), "livré")
        sheet = read_sheet(open_package(elsewhere), at.FROZEN)
        assert sheet.value(cell_ref(place.BASE_ROW, place.VALUE_COLUMN)) == load_catalogue().version
        totals = {
            cells[1]: cells[column("total")]
            for row, cells in sheet.rows.items()
            if row > place.HEADER and 1 in cells and column("position") not in cells
        }
        assert totals["37133"] == load_catalogue().table.at["37133", "total"]


class TestRefused:
    def test_another_factor(self, elsewhere: Path, with_base: Evaluation) -> None:
        table = with_base.inventory.catalogue.table
        frozen = {row[1] for row in read_sheet(open_package(elsewhere), at.FROZEN).rows.values() if 1 in row}
        other = next(
            str(key)
            for key, unit, kind, status in zip(
                table.index, table["unit"], table["kind"], table["status"], strict=True
            )
            if unit == "kg" and kind == "emission" and status == "valide" and key not in frozen
        )
        row = free_row(elsewhere, "combustion_fixe")
        type_into(
            elsewhere, "combustion_fixe", row,
            {"label": "Nouveau", "factor": other, "quantity": 10.0, "unit": "kg"},
        )  # fmt: skip
        found = evaluate(read_workbook(elsewhere))
        assert [note.code for note in found.messages if other in note.sentence] == ["CW-273"]
        assert found.refused == with_base.refused + 1
        assert found.inventory.total_kg == pytest.approx(with_base.inventory.total_kg, rel=1e-12)

    def altered(self, path: Path, name: str) -> dict[str, object]:
        sheet = read_sheet(open_package(path), at.FROZEN)
        number, value = next(
            (row, cells[column(name)])
            for row, cells in sorted(sheet.rows.items())
            if row > place.HEADER and cells.get(column(name)) not in (None, "", 0.0)
        )
        return {cell_ref(number, column(name)): value * 2 if isinstance(value, float) else f"{value}x"}

    @pytest.mark.parametrize("name", ["total", "co2_fossil", "stage", "unit", "status"])
    def test_an_altered_figure(self, elsewhere: Path, name: str) -> None:
        write(elsewhere, self.altered(elsewhere, name))
        content = elsewhere.read_bytes()
        for door in (refresh, lambda path: evaluate(read_workbook(path))):
            with pytest.raises(CodedError) as refused:
                door(elsewhere)
            assert refused.value.message.code == "CW-275"
        assert elsewhere.read_bytes() == content

    def test_a_row_taken_away_or_added(self, elsewhere: Path, pinned: Path) -> None:
        last = open_package(elsewhere).table(place.TABLE).bounds[2]
        gone = {cell_ref(last, number): None for number in range(1, len(COLUMNS) + 1)}
        first = {cell_ref(place.HEADER + 1, column("aliases")): "un autre mot"}
        for cells in (gone, first):
            elsewhere.write_bytes(pinned.read_bytes())
            write(elsewhere, cells)
            with pytest.raises(CodedError) as refused:
                evaluate(read_workbook(elsewhere))
            assert refused.value.message.code == "CW-275"

    def test_with_its_base_an_altered_table_does_not_serve_and_is_written_again(
        self,
        elsewhere: Path,
        pinned: Path,
        with_base: Evaluation,
        store: Store,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        write(elsewhere, self.altered(elsewhere, "total"))
        monkeypatch.setenv("CARBON_WORKBOOK_DATA", str(store.folder))
        found = refresh(elsewhere).evaluation
        assert found.inventory.total_kg == with_base.inventory.total_kg
        assert (
            read_sheet(open_package(elsewhere), at.FROZEN).rows
            == read_sheet(open_package(pinned), at.FROZEN).rows
        )

    def emptied(self, path: Path) -> None:
        top, _, last, right = open_package(path).table(place.TABLE).bounds
        write(path, {cell_ref(r, c): None for r in range(top + 1, last + 1) for c in range(1, right + 1)})

    def pinned_by_hand(self, path: Path) -> None:
        base = cell_ref(place.BASE_ROW, place.VALUE_COLUMN)
        write(path, {base: "Base d'ailleurs V1 (00000000)"})

    @pytest.mark.parametrize("damage", ["emptied", "pinned_by_hand"])
    def test_without_frozen_factors_of_its_base(self, elsewhere: Path, damage: str) -> None:
        make: Callable[[Path], None] = getattr(self, damage)
        make(elsewhere)
        content = elsewhere.read_bytes()
        for door in (refresh, lambda path: evaluate(read_workbook(path))):
            with pytest.raises(CodedError) as refused:
                door(elsewhere)
            assert refused.value.message.code == "CW-270"
            assert "V30.0" in refused.value.message.sentence
        assert elsewhere.read_bytes() == content

    @pytest.mark.parametrize("damage", ["emptied", "altered"])
    def test_such_a_workbook_can_take_the_shipped_factors(
        self, elsewhere: Path, tmp_path: Path, damage: str
    ) -> None:
        if damage == "emptied":
            self.emptied(elsewhere)
        else:
            write(elsewhere, self.altered(elsewhere, "total"))
        done = change_version(elsewhere, Store(tmp_path / "vide"), "livré")
        assert [(note.code, "V30.0" in note.sentence) for note in done.notes] == [("CW-271", True)]
        assert read_workbook(elsewhere).base == load_catalogue().version

    def test_without_its_figures_nor_frozen_ones_those_of_this_machine_are_said(
        self, elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.emptied(elsewhere)
        changed = Store(tmp_path / "autre")
        figures = next_year(shipped_base("V29.0"))
        changed.add(replace(figures, factors=figures.factors.assign(total=figures.factors["total"] * 1.01)))
        monkeypatch.setenv("CARBON_WORKBOOK_DATA", str(changed.folder))
        found = evaluate(read_workbook(elsewhere))
        assert {"CW-274", "CW-459"} & codes(found) == {"CW-459"}


class TestCarried:
    def test_the_next_year_knows_last_year_and_freezes_its_own(
        self, elsewhere: Path, tmp_path: Path, with_base: Evaluation
    ) -> None:
        target = tmp_path / "suivant.xlsx"
        notes = open_next_year(elsewhere, target)
        assert "CW-270" not in {note.code for note in notes}
        history = read_workbook(target).registers["history"]
        assert len(history) > 20
        refresh(target)
        assert read_table(open_package(target), place.TABLE).rows[0][1][0] is not None

    def test_an_upgrade_freezes_what_it_computes(self, elsewhere: Path) -> None:
        done = upgrade(elsewhere)
        package = open_package(done.path)
        sheet = read_sheet(package, at.FROZEN)
        base = read_workbook(done.path).base
        assert sheet.value(cell_ref(place.BASE_ROW, place.VALUE_COLUMN)) == base
        assert len(read_table(package, place.TABLE).rows) > 100
        assert changes_for(evaluate(read_workbook(done.path)))[1] == {}
        assert lint(package) == []
