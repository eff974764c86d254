"""One contract, two writers: a closed file patched at XML level, a workbook open in Excel through xlwings."""

from __future__ import annotations

import ast
import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import memory_engine
import pytest
import xlsxwriter
import xlwings as xw
from memory_engine import ComError, State, as_read

from carbon_workbook.demo.company import demo_data
from carbon_workbook.excel import bridge
from carbon_workbook.excel.bridge import Workbook
from carbon_workbook.messages import CodedError
from carbon_workbook.values import CellError
from carbon_workbook.workbook import writer
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.evaluate import evaluate
from carbon_workbook.workbook.package import open_package
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import FileWriter, changes_for, refresh

INPUTS, RESULTS, FREE = "Saisie", "Résultats", "Libre"
MOMENT = dt.datetime(2026, 11, 21, 9, 30)


@dataclass(frozen=True)
class Snapshot:
    """What a workbook holds: values and formula cells by sheet and reference, tables, links, protected sheets."""

    values: dict[str, dict[str, object]]
    formulas: dict[str, set[str]]
    tables: dict[str, str]
    links: dict[str, dict[str, tuple[str, str]]]
    protected: dict[str, dict[str, bool] | None]

    def with_values(self, title: str, **cells: object) -> Snapshot:
        new = {ref: value for ref, value in {**self.values[title], **cells}.items() if value is not None}
        return replace(self, values={**self.values, title: new})


class Host(Protocol):
    def write(self, changes: writer.Cells, growth: writer.Growth, links: writer.Links) -> None: ...

    def snapshot(self) -> Snapshot: ...


def taken(state: State) -> Snapshot:
    sheets = state.sheets
    return Snapshot(
        {
            title: {cell_ref(*cell): as_read(value) for cell, value in sheet.cells.items()}
            for title, sheet in sheets.items()
        },
        {title: {cell_ref(*cell) for cell in sheet.formulas} for title, sheet in sheets.items()},
        {name: memory_engine.table_ref(state, name) for sheet in sheets.values() for name in sheet.tables},
        {
            title: {cell_ref(*cell): link for cell, link in sheet.links.items()}
            for title, sheet in sheets.items()
        },
        {title: sheet.protection for title, sheet in sheets.items()},
    )


class ClosedFile:
    """The XML patcher."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, changes: writer.Cells, growth: writer.Growth, links: writer.Links) -> None:
        FileWriter(open_package(self.path)).write(changes, growth, links)

    def snapshot(self) -> Snapshot:
        return taken(memory_engine.opened(open_package(self.path))[1])


class OpenInExcel:
    """The xlwings writer, on the engine in memory."""

    def __init__(self, path: Path) -> None:
        self.book, self.state = memory_engine.opened(open_package(path))

    def write(self, changes: writer.Cells, growth: writer.Growth, links: writer.Links) -> None:
        Workbook(self.book).write(changes, growth, links)

    def snapshot(self) -> Snapshot:
        return taken(self.state)


HOSTS: dict[str, Callable[[Path], Host]] = {"closed": ClosedFile, "open": OpenInExcel}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Inputs with formulas, a protected result sheet with links, two tables one under the other."""
    found = tmp_path / "classeur été.xlsx"
    with xlsxwriter.Workbook(found) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        inputs, results, free = (book.add_worksheet(title) for title in (INPUTS, RESULTS, FREE))
        columns = [{"header": name} for name in ("Libellé", "Quantité")]
        doubled = {"header": "Double", "formula": "=[@Quantité]*2"}
        inputs.add_table(
            "A1:C3",
            {
                "name": "tbl_saisie",
                "columns": [*columns, doubled],
                "data": [["Usine", 10], ["Atelier", "=1+1"]],
            },
        )
        results.write_formula("B1", "=SUM(Saisie!B2:B3)", None, 12)
        results.write_array_formula("F1:F2", "{=Saisie!B2:B3}", None, 1)
        results.write("F2", 2)
        results.add_table("A3:D6", {"name": "tbl_resultats", "columns": [{"header": h} for h in "abcd"]})
        for row, label in enumerate(("un", "deux", "trois"), 3):
            results.write_row(row, 0, [label, row + 0.5, True])
            results.write_datetime(row, 3, dt.datetime(2025, 1, row), day)
        results.write_url("A4", "internal:'Saisie'!A2", None, "un")
        results.write_url("E1", "https://exemple.org/", None, "ailleurs")
        results.protect("", {"sort": True, "autofilter": True})
        free.add_table("A1:B3", {"name": "tbl_haut", "columns": columns})
        free.add_table("A7:B8", {"name": "tbl_bas", "columns": columns})
        free.add_table("D1:E4", {"name": "tbl_total", "columns": columns, "total_row": True})
    return found


@pytest.fixture(params=sorted(HOSTS))
def host(request: pytest.FixtureRequest, path: Path) -> Host:
    return HOSTS[request.param](path)


TEXTS = [
    "=1+1", "+3", "-2", "@lien", "'apostrophe", "''", "3.1", "1 000", "12/05/2025", "#N/A", "VRAI", "TRUE", "1E5",
    " espaces ", "deux\nlignes", "a & <b> \"c\"", "été €", "_x0041_", "\U0001f33f", "x" * writer.MAX_TEXT,
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:12])
def test_a_text_stays_the_text_that_it_is(host: Host, text: str) -> None:
    before = host.snapshot()
    host.write({RESULTS: {"A5": text, "J9": text}}, {}, {})
    assert host.snapshot() == before.with_values(RESULTS, A5=text, J9=text)


@pytest.mark.parametrize(
    "value", [0.0, 1.5, -2.25e-9, 1e15, True, False, CellError("#N/A"), CellError("#DIV/0!")]
)
def test_numbers_booleans_and_errors(host: Host, value: object) -> None:
    before = host.snapshot()
    host.write({RESULTS: {"B5": value, "H20": value}}, {}, {})
    found = host.snapshot()
    assert found == before.with_values(RESULTS, B5=value, H20=value)
    assert type(found.values[RESULTS]["B5"]) is type(value)


def test_whole_numbers_are_numbers(host: Host) -> None:
    host.write({RESULTS: {"B5": 3}}, {}, {})
    assert host.snapshot().values[RESULTS]["B5"] == 3.0


@pytest.mark.parametrize("day", [dt.date(2024, 2, 29), dt.datetime(2026, 11, 21, 18, 45, 30)])
def test_dates(host: Host, day: dt.date) -> None:
    before = host.snapshot()
    host.write({RESULTS: {"D5": day}}, {}, {})
    assert host.snapshot() == before.with_values(RESULTS, D5=day)


@pytest.mark.parametrize("blank", [None, ""])
def test_none_clears_a_cell_and_makes_none(host: Host, blank: object) -> None:
    before = host.snapshot()
    host.write({RESULTS: {"A5": None, "C5": None, "Z50": None}}, {}, {})
    assert host.snapshot() == before.with_values(RESULTS, A5=None, C5=None)


def test_many_cells_at_once_and_nothing_else(host: Host) -> None:
    before = host.snapshot()
    cells = {cell_ref(row, column): float(row * column) for row in range(8, 60) for column in (1, 2, 5)}
    host.write({RESULTS: cells, FREE: {"H1": "à part"}}, {}, {})
    assert host.snapshot() == before.with_values(RESULTS, **cells).with_values(FREE, H1="à part")


def test_nothing_to_write_changes_nothing(host: Host) -> None:
    before = host.snapshot()
    host.write({}, {}, {})
    assert host.snapshot() == before


@pytest.mark.parametrize(
    ("changes", "growth", "error"),
    [
        ({RESULTS: {"B1": 1.0}}, {}, "CW-416"),
        ({RESULTS: {"A1": 1.0, "B1": 1.0, "C1": None}}, {}, "CW-416"),
        ({RESULTS: {"F1": 1.0}}, {}, "CW-416"),
        ({RESULTS: {"F2": 1.0}}, {}, "CW-416"),
        ({INPUTS: {"C2": 1.0}}, {}, "CW-416"),
        ({FREE: {"A2": 1.0}, INPUTS: {"C3": None}}, {}, "CW-416"),
        ({RESULTS: {"A5": "x" * (writer.MAX_TEXT + 1)}}, {}, "CW-417"),
        ({"Absente": {"A1": 1.0}}, {}, "CW-411"),
        ({RESULTS: {"A5": 1.0}}, {"tbl_absente": 9}, "CW-412"),
        ({RESULTS: {"A5": 1.0}}, {"tbl_resultats": 5}, "CW-418"),
        ({FREE: {"A4": 1.0}}, {"tbl_haut": 7}, "CW-418"),
        ({FREE: {"D9": 1.0}}, {"tbl_total": 9}, "CW-418"),
    ],
)
def test_refusals_leave_the_workbook_as_it_was(
    host: Host, changes: writer.Cells, growth: writer.Growth, error: str
) -> None:
    before = host.snapshot()
    with pytest.raises(CodedError, match=error):
        host.write(changes, growth, {})
    assert host.snapshot() == before


@pytest.mark.parametrize("formula", ["B1", "F2"])
def test_the_refused_cell_is_named(host: Host, formula: str) -> None:
    with pytest.raises(CodedError) as refusal:
        host.write({RESULTS: {formula: 1.0}}, {}, {})
    assert (refusal.value.message.sheet, refusal.value.message.cell) == (RESULTS, formula)


@pytest.mark.parametrize(
    ("value", "error"), [(math.nan, ValueError), (math.inf, ValueError), ([1.0], TypeError), (1j, TypeError)]
)
def test_what_no_cell_can_hold(host: Host, value: object, error: type[Exception]) -> None:
    before = host.snapshot()
    with pytest.raises(error):
        host.write({RESULTS: {"A5": 1.0, "A6": value}}, {}, {})
    assert host.snapshot() == before


def test_a_table_grows_and_is_filled(host: Host) -> None:
    before = host.snapshot()
    cells = {"A7": "quatre", "B7": 4.5, "A8": "cinq"}
    host.write({RESULTS: cells}, {"tbl_resultats": 8}, {})
    wanted = before.with_values(RESULTS, **cells)
    assert host.snapshot() == replace(wanted, tables={**before.tables, "tbl_resultats": "A3:D8"})


def test_a_table_may_reach_the_one_below_and_stay_as_it_is(host: Host) -> None:
    before = host.snapshot()
    host.write({}, {"tbl_haut": 6, "tbl_bas": 8, "tbl_total": 4}, {})
    assert host.snapshot() == replace(before, tables={**before.tables, "tbl_haut": "A1:B6"})


def test_links_are_replaced_but_those_that_leave_the_workbook(host: Host) -> None:
    before = host.snapshot()
    links = {"A5": "'Saisie'!A3", "A6": "'L''été & co'!B2"}
    host.write({}, {}, {RESULTS: links})
    found = {"E1": before.links[RESULTS]["E1"], **{ref: ("", place) for ref, place in links.items()}}
    assert host.snapshot() == replace(before, links={**before.links, RESULTS: found})
    host.write({}, {}, {RESULTS: {}})
    assert set(host.snapshot().links[RESULTS]) == {"E1"}


def test_protected_sheets_are_protected_again_as_they_were(host: Host) -> None:
    before = host.snapshot().protected
    assert before[RESULTS] is not None
    assert before[RESULTS]["Sorting"]
    assert not before[RESULTS]["FormattingCells"]
    host.write(
        {RESULTS: {"A5": "x"}, FREE: {"A2": "y"}}, {"tbl_resultats": 7}, {RESULTS: {"A5": "'Saisie'!A2"}}
    )
    assert host.snapshot().protected == before


def test_inputs_are_never_written(host: Host) -> None:
    before = host.snapshot()
    host.write({RESULTS: {"A5": 1.0}, FREE: {"A2": 2.0}}, {"tbl_resultats": 20}, {RESULTS: {}})
    found = host.snapshot()
    assert found.values[INPUTS] == before.values[INPUTS]
    assert found.formulas == before.formulas


# --- What only a workbook open in Excel has ----------------------------------------------------------------------

EVERYTHING: tuple[Any, Any, Any] = (
    {RESULTS: {"A5": "=x", "B5": 1.0, "A9": None}, FREE: {"A2": 2.0}},
    {"tbl_resultats": 9, "tbl_haut": 5},
    {RESULTS: {"A5": "'Saisie'!A2"}, FREE: {"A2": "'Saisie'!A2"}},
)


@pytest.mark.parametrize("calculation", ["automatic", "manual", "semiautomatic"])
@pytest.mark.parametrize("shown", [True, False])
def test_excel_is_put_back_as_it_was_whatever_call_fails(path: Path, calculation: str, shown: bool) -> None:
    def opened(fails_at: int) -> OpenInExcel:
        host = OpenInExcel(path)
        host.state.app |= {"calculation": calculation, "screen_updating": shown, "enable_events": shown}
        host.state.fails_at = fails_at
        return host

    whole = opened(0)
    before = dict(whole.state.app)
    whole.write(*EVERYTHING)
    assert whole.state.app == before
    restored = len(whole.state.calls) - 3  # the last three calls are the restoring ones
    for number in range(1, restored + 1):
        host = opened(number)
        protected = host.snapshot().protected
        with pytest.raises(ComError):
            host.write(*EVERYTHING)
        assert host.state.app == before, host.state.calls[number - 1]
        if host.state.calls[number - 1] != "ComWorksheet.Protect":
            assert host.snapshot().protected == protected


def test_calculation_waits_while_blocks_are_written(path: Path) -> None:
    host = OpenInExcel(path)
    host.write(*EVERYTHING)
    calls = host.state.calls
    blocks = [place for place, call in enumerate(calls) if call == "Range.raw_value"]
    settings = [place for place, call in enumerate(calls) if call.startswith("App.")]
    assert len(blocks) == 3
    assert len(settings) == 6
    assert max(settings[:3]) < min(blocks) <= max(blocks) < min(settings[3:])


def test_a_password_is_refused_before_anything_is_written(path: Path) -> None:
    book, state = memory_engine.opened(open_package(path), {RESULTS: "secret"})
    before = taken(state)
    with pytest.raises(CodedError, match="CW-617"):
        Workbook(book).write({FREE: {"A2": 1.0}, RESULTS: {"A5": 1.0}}, {}, {})
    assert taken(state) == before
    assert state.app["calculation"] == "automatic"


# --- The demonstration ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo.xlsm"
    build(path, data=demo_data())
    content = open_package(path)
    assert content.tables
    return path


def test_the_demonstration_is_written_alike_by_both(demo: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed.xlsm"
    closed.write_bytes(demo.read_bytes())
    changes, growth, links = changes_for(evaluate(read_workbook(demo)), MOMENT)
    some = {title: dict(list(cells.items())[:2000]) for title, cells in changes.items()}
    assert sum(map(len, some.values())) > 1000
    hosts: list[Host] = [ClosedFile(closed), OpenInExcel(demo)]
    for host in hosts:
        host.write(some, growth, links)
    first, second = (host.snapshot() for host in hosts)
    assert first == second


def test_refreshed_from_excel_is_refreshed_from_the_file(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed.xlsm"
    closed.write_bytes(demo.read_bytes())
    edited = {"2.1 Électricité": first_quantity(closed)}
    FileWriter(open_package(closed)).write(edited, {}, {})
    book, state = memory_engine.opened(open_package(closed))
    before = taken(state)
    monkeypatch.setattr(xw.Book, "_mock_caller", book, raising=False)
    ((status, said),) = bridge.actualiser("closed.xlsm")
    assert (status, "Inventaire actualisé" in str(said)) == ("OK", True)
    assert len(state.steps) == 3
    refresh(closed)
    after, file = taken(state), ClosedFile(closed).snapshot()
    stamped = {"Journal", "Accueil"}
    for title, values in after.values.items():
        if title not in stamped:
            assert values == file.values[title], title
    assert (after.formulas, after.tables, after.links) == (before.formulas, file.tables, file.links)
    assert after.protected == before.protected
    assert set(state.written) >= {"2.1 Électricité", "Synthèse"}
    state.calls.clear()
    ((status, _),) = bridge.actualiser("closed.xlsm")
    assert status == "OK"
    assert "Range.raw_value" not in state.calls


def first_quantity(path: Path) -> dict[str, object]:
    content = read_workbook(path)
    table = content.table("electricite")
    return {f"{table.letters['quantity']}{table.numbers[0]}": 123_456.0}


# --- What the engine in memory stands for -----------------------------------------------------------------------


def test_the_checklist_names_each_call_that_stays_unproven() -> None:
    assert memory_engine.checklist() in memory_engine.CHECKLIST.read_text(encoding="utf-8")


def test_the_engine_offers_nothing_that_xlwings_for_windows_does_not() -> None:
    source = Path(xw.__file__).with_name("_xlwindows.py").read_text(encoding="utf-8")
    there = {
        f"{node.name}.{member.name}"
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef)
        for member in node.body
        if isinstance(member, ast.FunctionDef)
    }
    # Tables takes these from Collection.
    there |= {"Tables.__call__", "Tables.__iter__"}
    engine, _ = memory_engine.never_exercised()
    assert set(engine) <= there


def test_every_call_of_the_writer_on_a_com_object_is_in_the_list() -> None:
    source = Path(bridge.__file__).read_text(encoding="utf-8")
    spoken = {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and not ast.unparse(node).startswith(("xw.", "writer."))
    }
    _, com = memory_engine.never_exercised()
    listed = {name.rpartition(".")[2] for name in com}
    assert {name for name in spoken if name[0].isupper()} <= listed
    assert listed <= spoken | {f"Allow{name}" for name in bridge._ALLOWED} | {"__iter__", "Range"}
