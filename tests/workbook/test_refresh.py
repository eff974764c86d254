"""Refresh on real workbooks of ours: what it writes, what it leaves, what it refuses (decisions A1, A2, A6)."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from foreign_content import with_foreign_sheet
from typed_cells import free_row, type_into

from carbon_workbook.inventory.export import as_data
from carbon_workbook.messages import CodedError
from carbon_workbook.specs.spec import entry_sheets
from carbon_workbook.workbook import layout, screening_cells
from carbon_workbook.workbook.cells import column_letters
from carbon_workbook.workbook.evaluate import evaluate
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import open_package, read_sheet
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import changes_for, refresh
from carbon_workbook.workbook.safe_write import backups, restore

CopyOf = Callable[[str], Path]
MIXED = (layout.SCREENING, layout.PERIMETER)
"""Sheets of the user where some cells are ours."""


def our_cells(path: Path) -> dict[str, set[str]]:
    """Cells that refresh may write: the owned columns of entry tables; every cell of a result sheet is ours."""
    content = read_workbook(path)
    found = dict(screening_cells.owned(content))
    for table in content.entries:
        owned = [table.letters[column.key] for column in table.spec.owned]
        found[table.title] = {f"{letters}{row}" for letters in owned for row in table.numbers}
    return found


def values_of(path: Path) -> dict[str, dict[tuple[int, int], object]]:
    package = open_package(path)
    return {
        sheet.title: {
            (r, c): v for r, cells in read_sheet(package, sheet.title).rows.items() for c, v in cells.items()
        }
        for sheet in package.sheets
        if sheet.kind == "worksheet"
    }


class TestWhatIsWritten:
    def test_the_demonstration_gives_its_totals_in_the_workbook(self, built: dict[str, Path]) -> None:
        evaluation = evaluate(read_workbook(built["refreshed"]))
        assert len(evaluation.inventory.lines) == len(evaluation.inventory.counted) > 150
        assert evaluation.views["beges"].total_kg / 1000 == pytest.approx(30_805.7, abs=0.05)
        assert evaluation.views["ghgp"].total_kg / 1000 == pytest.approx(27_725.3, abs=0.05)

    def test_written_values_equal_compute_to_1e_9(self, built: dict[str, Path]) -> None:
        evaluation = evaluate(read_workbook(built["refreshed"]))
        lines = evaluation.inventory.lines
        checked = 0
        for table in evaluation.content.entries:
            here = lines[lines["sheet"] == table.spec.key].set_index("row")
            for row, written in zip(table.numbers, table.rows["emissions_t"], strict=True):
                if row in here.index:
                    assert written == pytest.approx(here.loc[row, "total_kg"] / 1000, rel=1e-9)
                    checked += 1
                else:
                    assert written is None
        assert checked == len(lines)

    def test_a_second_refresh_writes_nothing(self, copy_of: CopyOf) -> None:
        path = copy_of("refreshed")
        before = path.read_bytes()
        outcome = refresh(path)
        assert (outcome.written, outcome.backup) == (0, None)
        assert path.read_bytes() == before

    def test_ids_are_given_once_and_never_again(self, copy_of: CopyOf) -> None:
        path = copy_of("refreshed")
        table = read_workbook(path).table("autres")
        row = free_row(path, "autres")
        type_into(path, "autres", row, {"label": "Nouvelle", "quantity": 1.0, "unit": "t", "factor": "20906"})
        refresh(path)
        given = read_workbook(path).table("autres").rows["line_id"].iloc[table.numbers.index(row)]
        type_into(path, "autres", row, dict.fromkeys(("label", "quantity", "unit", "factor", "line_id")))
        refresh(path)
        type_into(path, "autres", row, {"label": "Autre", "quantity": 2.0, "unit": "t", "factor": "20906"})
        refresh(path)
        again = read_workbook(path).table("autres").rows["line_id"].iloc[table.numbers.index(row)]
        assert given
        assert again > given

    def test_a_copied_row_gets_its_own_id_and_the_journal_says_so(self, copy_of: CopyOf) -> None:
        path = copy_of("refreshed")
        table = read_workbook(path).table("cat05")
        first = {
            key: table.rows[key].iloc[0] for key in ("line_id", "label", "site", "quantity", "unit", "factor")
        }
        row = free_row(path, "cat05")
        type_into(path, "cat05", row, {**first, "evidence": "autre pièce"})
        refresh(path)
        content = read_workbook(path)
        ids = [value for value in content.table("cat05").rows["line_id"] if value]
        assert len(ids) == len(set(ids))
        journal = json.dumps(
            [list(map(str, r.values())) for r in content.sheets[layout.JOURNAL].rows.values()]
        )
        assert str(first["line_id"]) in journal

    def test_an_emptied_row_loses_its_results(self, copy_of: CopyOf) -> None:
        path = copy_of("refreshed")
        table = read_workbook(path).table("cat13")
        row = table.numbers[0]
        emptied = [c.key for c in table.spec.entered if table.rows[c.key].iloc[0] is not None]
        type_into(path, "cat13", row, dict.fromkeys(emptied))
        refresh(path)
        after = read_workbook(path).table("cat13")
        assert all(after.rows[column.key].iloc[0] in (None, "") for column in after.spec.owned)


class TestWhatIsLeft:
    def test_only_our_cells_change_and_formulas_stay_where_they_are(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        ours, before, old = our_cells(path), values_of(path), open_package(path)
        formulas = {
            s.title: read_sheet(old, s.title).formula_columns for s in old.sheets if s.kind == "worksheet"
        }
        refresh(path)
        after, new = values_of(path), open_package(path)
        for title in before:
            assert read_sheet(new, title).formula_columns == formulas[title]
            if title in layout.RESULT_SHEETS:
                continue
            changed = {
                f"{column_letters(c)}{r}"
                for r, c in before[title].keys() | after[title].keys()
                if before[title].get((r, c)) != after[title].get((r, c))
            }
            assert changed <= ours.get(title, set()), title

    def test_parts_without_our_cells_stay_byte_for_byte(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        before = open_package(path)
        refresh(path)
        after = open_package(path)
        assert list(before.parts) == list(after.parts)
        sheets = {
            before.sheet(title).part
            for title in (*layout.RESULT_SHEETS, *MIXED, *[s.title for s in entry_sheets().values()])
        }
        for name in before.parts:
            if before.parts[name] != after.parts[name]:
                assert name in sheets or name == "xl/workbook.xml" or name.startswith("xl/tables/"), name
        assert before.parts["xl/sharedStrings.xml"] == after.parts["xl/sharedStrings.xml"]
        assert before.parts["xl/styles.xml"] == after.parts["xl/styles.xml"]
        assert before.parts["xl/vbaProject.bin"] == after.parts["xl/vbaProject.bin"]

    def test_workbook_xml_differs_by_its_calculation_only(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        before = open_package(path).parts["xl/workbook.xml"]
        refresh(path)
        after = open_package(path).parts["xl/workbook.xml"]
        drop = re.compile(rb"<calcPr[^>]*/>")
        assert drop.sub(b"", before) == drop.sub(b"", after)

    def test_the_refreshed_workbook_passes_our_lint_and_openpyxl(self, built: dict[str, Path]) -> None:
        assert lint(open_package(built["refreshed"])) == []
        book = openpyxl.load_workbook(built["refreshed"], read_only=True, data_only=True)
        assert layout.SUMMARY in book.sheetnames

    def test_a_sheet_of_the_user_survives_with_all_it_holds(self, copy_of: CopyOf) -> None:
        """Picture, shape, sparkline, x14 rule, pivot and slicer: every part that is not ours, byte for byte."""
        path = copy_of("plain")
        path.write_bytes(with_foreign_sheet(open_package(path)))
        before, values, ours = open_package(path), values_of(path), our_cells(path)
        outcome = refresh(path)
        after = open_package(path)
        assert outcome.written > 1000
        assert list(before.parts) == list(after.parts)
        titles = (*layout.RESULT_SHEETS, *MIXED, *[spec.title for spec in entry_sheets().values()])
        may_change = {before.sheet(title).part for title in titles} | {"xl/workbook.xml"}
        for name, content in before.parts.items():
            if name not in may_change and not name.startswith("xl/tables/"):
                assert after.parts[name] == content, name
        now = values_of(path)
        for title in values.keys() - set(layout.RESULT_SHEETS):
            for place in values[title].keys() | now[title].keys():
                if values[title].get(place) != now[title].get(place):
                    assert f"{column_letters(place[1])}{place[0]}" in ours[title]
        assert b"sparkline" in after.parts["xl/worksheets/sheet900.xml"]
        assert b"Forme" in after.parts["xl/drawings/drawing900.xml"]

    def test_backup_and_restore(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        before = path.read_bytes()
        outcome = refresh(path)
        assert outcome.backup is not None
        assert outcome.backup.read_bytes() == before
        restore(path)
        assert path.read_bytes() == before
        assert len(backups(path)) == 2


class TestWhatIsRefused:
    def test_planted_errors_are_refused_at_their_cell(self, built: dict[str, Path]) -> None:
        evaluation = evaluate(read_workbook(built["errors"]))
        inventory = evaluation.inventory
        assert len(inventory.lines) == len(inventory.counted) + len(inventory.refused)
        assert len(inventory.refused) == 15
        told = {
            (note.sheet, int(re.sub(r"\D", "", note.cell))) for note in evaluation.messages if note.refuses
        }
        for _, line in inventory.refused.iterrows():
            assert (line["title"], line["row"]) in told
        for note in evaluation.messages:
            assert note.remedy or not note.refuses
        # The views of what is counted are those of the sound demonstration plus the two rows that only warn.
        for view in evaluation.views.values():
            assert abs(view.gap_kg) < 1e-6

    def test_the_missing_mass_is_named(self, built: dict[str, Path]) -> None:
        evaluation = evaluate(read_workbook(built["errors"]))
        said = [
            note.sentence
            for note in evaluation.messages
            if note.sheet == entry_sheets()["cat04"].title and note.refuses
        ]
        assert len(said) == 1
        assert "une masse (t)" in said[0]

    def test_locked_file_is_not_written(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        before = path.read_bytes()
        path.with_name(f"~${path.name}").write_bytes(b"\x05Marie")
        with pytest.raises(CodedError) as refused:
            refresh(path)
        assert refused.value.message.code == "CW-420"
        assert path.read_bytes() == before

    def test_json_holds_everything_and_adds_up(self, built: dict[str, Path]) -> None:
        evaluation = evaluate(read_workbook(built["errors"]))
        data = json.loads(
            json.dumps(as_data(evaluation.inventory, evaluation.views, evaluation.messages), allow_nan=False)
        )
        assert data["counts"]["entered"] == len(data["lines"]) + len(data["refused"])
        assert all(row["messages"] for row in data["refused"])
        for line in data["lines"]:
            stages = sum(stage["kg"] for stage in line["stages"])
            assert stages == pytest.approx(line["total_kg"], rel=1e-9, abs=1e-9)
        total = sum(line["total_kg"] for line in data["lines"])
        for view in data["views"].values():
            assert view["total_kg"] + sum(a["kg"] for a in view["adjustments"]) == pytest.approx(
                total, rel=1e-9
            )
        assert data["bridge"][0]["kg"] + sum(s["kg"] for s in data["bridge"][1:-1]) == pytest.approx(
            data["bridge"][-1]["kg"]
        )


def test_the_day_of_the_computation_changes_the_checks_only(built: dict[str, Path]) -> None:
    """Critical factors come due for a review: one row more in Contrôles and in the count of alerts, no other cell."""
    content, moment = read_workbook(built["plain"]), dt.datetime(2026, 11, 22, 9)
    days = (dt.date(2026, 11, 22), dt.date(2035, 1, 1))
    early, late = (changes_for(evaluate(content, on=day), moment)[0] for day in days)
    assert early.keys() == late.keys()
    assert {title for title in late if late[title] != early[title]} == {layout.CHECKS, layout.REVIEW}
    counts = [ref for ref, value in late[layout.REVIEW].items() if early[layout.REVIEW][ref] != value]
    assert [late[layout.REVIEW][ref] - early[layout.REVIEW][ref] for ref in counts] == [1]
    assert "CW-272" not in early[layout.CHECKS].values()
    assert list(late[layout.CHECKS].values()).count("CW-272") == 1
