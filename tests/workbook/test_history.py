"""Historique from an older workbook: the figures of its views, nothing else touched, nothing replaced unasked."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from carbon_workbook.demo.company import demo_data
from carbon_workbook.messages import CodedError
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import WorkbookData, build
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.history import history_rows, import_history
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import open_package, read_table
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import refresh
from carbon_workbook.workbook.upgrade import open_next_year

MOMENT = dt.datetime(2026, 11, 21, 10, 0)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small workbook of 2023, two rows a sheet."""
    path = tmp_path_factory.mktemp("ancien") / "2023.xlsx"
    data = demo_data(2023)
    build(
        path,
        data=replace(data, entries={key: list(rows)[:2] for key, rows in data.entries.items()}),
        macros=False,
    )
    return path


@pytest.fixture(scope="module")
def evaluation(old: Path) -> Evaluation:
    return evaluate(read_workbook(old))


def target(path: Path, **settings: object) -> Path:
    years = {"year": 2024, "comparative_year": 2023, "base_year": 2022}
    build(path, data=WorkbookData(years | settings), macros=False)
    return path


def code_of(path: Path, old: Path, *arguments: object, **options: object) -> str:
    before = path.read_bytes()
    with pytest.raises(CodedError) as refused:
        import_history(path, old, *arguments, **options)
    assert path.read_bytes() == before
    return refused.value.message.code


def test_the_rows_are_those_of_the_views(tmp_path: Path, old: Path, evaluation: Evaluation) -> None:
    path = target(tmp_path / "2024.xlsx")
    done = import_history(path, old, moment=MOMENT)
    assert (done.year, done.role, done.rows) == (2023, "N-1", 40)
    content = read_workbook(path)
    history = content.registers["history"]
    assert [note.code for note in content.messages] == []
    assert set(history["year"]) == {2023}
    assert set(history["origin"]) == {"importé"}
    by_view = {view: rows.set_index("code") for view, rows in history.groupby("view")}
    beges, ghgp = by_view["BEGES"], by_view["GHG Protocol"]
    assert beges["total"].sum() == pytest.approx(evaluation.views["beges"].total_kg / 1000, rel=1e-12)
    assert ghgp.drop("S2M")["total"].sum() == pytest.approx(
        evaluation.views["ghgp"].total_kg / 1000, rel=1e-12
    )
    market = evaluation.views["ghgp_market"].kg("S2") / 1000
    assert ghgp["total"]["S2M"] == pytest.approx(market, rel=1e-12, abs=1e-12)
    gases = history[["co2_fossil", "ch4", "n2o", "other_gases", "unsplit"]].astype(float).sum(axis=1)
    assert gases.to_numpy() == pytest.approx(history["total"].astype(float).to_numpy(), abs=1e-9)


def test_prepared_rows_are_filled_where_they_stand_and_the_journal_tells(tmp_path: Path, old: Path) -> None:
    path = target(tmp_path / "2024.xlsx")
    before = open_package(path)
    done = import_history(path, old, moment=MOMENT)
    package = open_package(path)
    assert done.backup is not None
    assert done.backup.read_bytes() == before.packed() or open_package(done.backup).parts == before.parts
    assert lint(package) == []
    changed = {name for name in package.parts if package.parts[name] != before.parts[name]}
    parts = {package.sheet(title).part for title in (at.HISTORY, at.JOURNAL)}
    assert parts <= changed <= parts | {package.workbook_part}
    assert package.table("tbl_historique").ref == before.table("tbl_historique").ref
    lines = [values for _, values in read_table(package, "tbl_journal").rows if any(values)]
    assert [line[2] for line in lines] == ["Historique 2023"]
    assert refresh(path).evaluation.messages == evaluate(read_workbook(path)).messages


def test_rows_of_esrs_come_only_where_its_approach_differs(
    tmp_path: Path, old: Path, evaluation: Evaluation
) -> None:
    other = tmp_path / "financier.xlsx"
    data = demo_data(2023)
    settings = {**data.settings, "approach_esrs": "financier"}
    entries = {key: list(rows)[:2] for key, rows in data.entries.items()}
    build(other, data=replace(data, settings=settings, entries=entries), macros=False)
    assert {row["view"] for row in history_rows(evaluation, "N-1", "")} == {"BEGES", "GHG Protocol"}
    path = target(tmp_path / "2024.xlsx")
    assert import_history(path, other).rows == 58
    history = read_workbook(path).registers["history"]
    esrs, ghgp = (
        history[history["view"] == view].set_index("code")["total"] for view in ("ESRS E1", "GHG Protocol")
    )
    assert esrs["S1"] < ghgp["S1"]
    assert lint(open_package(path)) == []


def test_what_is_filled_is_replaced_only_when_asked(tmp_path: Path, old: Path) -> None:
    path = target(tmp_path / "2024.xlsx")
    first = import_history(path, old)
    assert code_of(path, old) == "CW-483"
    again = import_history(path, old, overwrite=True)
    assert again.rows == first.rows
    assert len(read_workbook(path).registers["history"]) == 40


def test_rows_of_the_year_that_the_import_does_not_know_do_not_stay(tmp_path: Path, old: Path) -> None:
    path = tmp_path / "2024.xlsx"
    stale = {"role": "N-1", "view": "ESRS E1", "code": "S1", "total": 9}
    build(path, data=WorkbookData({"year": 2024, "comparative_year": 2023}, history=[stale]), macros=False)
    import_history(path, old, overwrite=True)
    assert set(read_workbook(path).registers["history"]["view"]) == {"BEGES", "GHG Protocol"}


def test_a_year_that_is_the_base_year_goes_to_its_rows(tmp_path: Path, old: Path) -> None:
    path = target(tmp_path / "2025.xlsx", year=2025, comparative_year=2024, base_year=2023)
    assert import_history(path, old, "référence").role == "référence"
    data = read_table(open_package(path), "tbl_historique")
    filled = [values[0] for _, values in data.rows if values[data.columns.index("Total (tCO2e)")] is not None]
    assert set(filled) == {"référence"}


@pytest.mark.parametrize(
    ("settings", "role", "code"),
    [
        ({"comparative_year": 2021, "base_year": 2020}, None, "CW-481"),
        ({"comparative_year": None, "base_year": None}, None, "CW-481"),
        ({}, "référence", "CW-482"),
    ],
)
def test_a_year_that_is_not_compared_is_refused(
    tmp_path: Path, old: Path, settings: dict[str, object], role: str | None, code: str
) -> None:
    assert code_of(target(tmp_path / "2024.xlsx", **settings), old, role) == code


def test_rows_refused_in_the_older_workbook_are_told(tmp_path: Path) -> None:
    other = tmp_path / "2023.xlsx"
    build(other, data=WorkbookData({"year": 2023}, entries={"cat01": [{"label": "acier"}]}), macros=False)
    done = import_history(target(tmp_path / "2024.xlsx"), other)
    assert [note.code for note in done.notes] == ["CW-484"]


def test_a_workbook_of_an_older_schema_is_read_from_but_not_written_to(tmp_path: Path, old: Path) -> None:
    golden = tmp_path / "2024.xlsx"
    shutil.copyfile(Path(__file__).resolve().parent.parent / "golden" / "schema_1.xlsx", golden)
    assert code_of(golden, old) == "CW-463"
    path = target(tmp_path / "2025.xlsx", year=2025, comparative_year=2024)
    assert import_history(path, golden).year == 2024


class TestNextYear:
    def test_last_year_becomes_n_1_and_the_base_year_stays(self, tmp_path: Path, old: Path) -> None:
        path = tmp_path / "2024.xlsx"
        shutil.copyfile(old, path)
        following = tmp_path / "suivant.xlsx"
        open_next_year(path, following)
        content = read_workbook(following)
        history = content.registers["history"]
        assert {(row.role, row.year, row.origin) for row in history.itertuples()} == {
            ("N-1", 2023, "importé"),
            ("référence", 2022, "saisi"),
        }
        assert len(history) == 80
        base = read_workbook(old).registers["history"]
        kept = history[history["role"] == "référence"]
        assert kept["total"].tolist() == base["total"].tolist()
        assert [note.code for note in content.messages if note.sheet == at.HISTORY] == []

    def test_a_year_that_is_no_longer_compared_is_told(self, tmp_path: Path, old: Path) -> None:
        one, two = tmp_path / "2024.xlsx", tmp_path / "2025.xlsx"
        open_next_year(old, one)
        told = [note.parameters["year"] for note in open_next_year(one, two) if note.code == "CW-485"]
        assert told == [2023]

    def test_quantities_of_the_screening_are_asked_again(self, tmp_path: Path, old: Path) -> None:
        following = tmp_path / "suivant.xlsx"
        open_next_year(old, following)
        assert len(read_workbook(old).registers["screening"]) > 0
        assert read_workbook(following).registers["screening"].empty
