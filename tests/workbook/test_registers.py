"""Registers as users fill them: prepared rows, values by type, and a message for whatever cannot be used."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from carbon_workbook.factors.tables import posts
from carbon_workbook.messages import CodedError
from carbon_workbook.specs.spec import register
from carbon_workbook.values import CellError
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook import registers as found_in
from carbon_workbook.workbook.build import WorkbookData, build
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.package import open_package, read_table
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.read import Content, read_workbook
from carbon_workbook.workbook.refresh import refresh

YEARS = {"year": 2024, "comparative_year": 2023, "base_year": 2022}
ROW = {"role": "N-1", "view": "BEGES", "code": "1.1"}


def book(
    path: Path, name: str, rows: list[dict[str, object]], settings: dict[str, object] | None = None
) -> Content:
    data = WorkbookData(settings or YEARS, **{name: rows})
    build(path, data=data, macros=False)
    return read_workbook(path)


def codes(content: Content) -> list[str]:
    return [note.code for note in content.messages]


def test_history_is_prepared_for_two_years_and_counts_for_nothing_until_it_is_filled(tmp_path: Path) -> None:
    content = book(tmp_path / "essai.xlsx", "history", [])
    data = read_table(content.package, "tbl_historique")
    assert sum(any(values) for _, values in data.rows) == 2 * (len(posts()) + 18)
    assert content.registers["history"].empty
    assert content.registers["screening"].empty
    assert content.messages == ()


def test_a_total_alone_is_not_split_and_takes_the_year_of_its_role(tmp_path: Path) -> None:
    content = book(
        tmp_path / "essai.xlsx", "history", [ROW | {"total": 641}, ROW | {"role": "référence", "total": 0}]
    )
    history = content.registers["history"]
    assert history["year"].tolist() == [2023, 2022]
    assert history["total"].tolist() == [641.0, 0.0]
    assert history["unsplit"].tolist() == [641.0, 0.0]
    assert history["origin"].tolist() == ["saisi", "saisi"]
    assert codes(content) == []


def test_gases_alone_add_up_to_the_total(tmp_path: Path) -> None:
    content = book(tmp_path / "essai.xlsx", "history", [ROW | {"co2_fossil": "1 200,5", "ch4": 3}])
    assert content.registers["history"]["total"].tolist() == [1203.5]


@pytest.mark.parametrize(
    ("change", "code", "column", "kept"),
    [
        ({"total": "beaucoup"}, "CW-464", "total", False),
        ({"total": CellError("#REF!"), "ch4": 1}, "CW-464", "total", True),
        ({"total": 10, "view": "Autre"}, "CW-465", "view", False),
        ({"total": 10, "code": "9.9"}, "CW-466", "code", False),
        ({"total": 10, "code": "S1"}, "CW-466", "code", False),
        ({"total": 10, "year": 2019}, "CW-467", "year", False),
        ({"total": 10, "year": "an dernier"}, "CW-464", "year", True),
        ({"total": 10, "role": None}, "CW-468", "role", False),
        ({"total": 10, "year": 2022}, "CW-469", "year", True),
        ({"total": 100, "co2_fossil": 50}, "CW-471", "total", True),
        ({"total": -10}, "CW-472", "total", True),
        ({"reason": "à demander"}, "CW-473", "total", True),
        ({"total": 1, "recalculated": "peut-être"}, "CW-465", "recalculated", True),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_in_a_row_of_history_is_told_at_its_cell(
    tmp_path: Path, change: dict[str, object], code: str, column: str, kept: bool
) -> None:
    path = tmp_path / "essai.xlsx"
    plain = {key: value for key, value in change.items() if not isinstance(value, CellError)}
    book(path, "history", [ROW | plain])
    place = [c.key for c in register("history")].index(column) + 1
    ref = cell_ref(at.REGISTER_HEADER + 1, place)
    broken = [value for value in change.values() if isinstance(value, CellError)]
    errors = dict.fromkeys([ref], broken[0]) if broken else {}
    package = open_package(path)
    path.write_bytes(package.with_parts(patch(package, {at.HISTORY: errors} if errors else {})).packed())
    content = read_workbook(path)
    assert (code, at.HISTORY, ref) in [(note.code, note.sheet, note.cell) for note in content.messages]
    assert len(content.registers["history"]) == kept


@pytest.mark.parametrize(
    "change",
    [
        {"total": 1000, "co2_fossil": 700, "ch4": 200, "n2o": 92},
        {"total": 40, "co2_fossil": 38},
        {"total": -10, "code": "1.5"},
        {"unsplit": -0.2, "co2_fossil": 10},
        {"total": 10, "code": "1,1"},
        {"total": 10, "year": 2023},
    ],
    ids=["within 1 %", "within 3 t", "removal", "unsplit", "comma", "year"],
)
def test_what_is_right_in_a_row_of_history_is_not_told(tmp_path: Path, change: dict[str, object]) -> None:
    content = book(tmp_path / "essai.xlsx", "history", [ROW | change])
    assert codes(content) == []
    assert len(content.registers["history"]) == 1


def test_a_row_written_twice_counts_once(tmp_path: Path) -> None:
    rows = [ROW | {"total": 5}, ROW | {"total": 6}]
    content = book(tmp_path / "essai.xlsx", "history", rows)
    assert content.registers["history"]["total"].tolist() == [5.0]
    assert [(note.code, note.cell) for note in content.messages] == [("CW-470", f"D{at.REGISTER_HEADER + 2}")]


def test_the_same_year_as_previous_and_as_base_year_is_filled_once(tmp_path: Path) -> None:
    settings = YEARS | {"base_year": 2023}
    content = book(
        tmp_path / "essai.xlsx", "history", [ROW | {"total": 5}, ROW | {"role": "référence"}], settings
    )
    assert content.registers["history"]["total"].tolist() == [5.0]
    assert codes(content) == []


def test_an_entry_under_the_table_is_read_and_one_past_a_blank_row_is_told(tmp_path: Path) -> None:
    path = tmp_path / "essai.xlsx"
    content = book(path, "history", [])
    package, last = content.package, content.package.table("tbl_historique").bounds[2]
    cells = {f"{letter}{row}": value for row in (last + 1, last + 4)
             for letter, value in zip("ACDK", ("N-1", "BEGES", f"1.{row - last}", 7.0), strict=True)}  # fmt: skip
    path.write_bytes(package.with_parts(patch(package, {at.HISTORY: cells})).packed())
    content = read_workbook(path)
    assert content.registers["history"]["total"].tolist() == [7.0]
    assert codes(content) == ["CW-462"]


def test_an_action_finds_its_post_and_its_kind(tmp_path: Path) -> None:
    rows = [
        {"action": "a", "post": found_in.post_choices()[0], "expected_t": 3},
        {"action": "b", "post": "3.3", "start": dt.date(2024, 1, 1), "end": dt.date(2025, 1, 1)},
    ]
    content = book(tmp_path / "essai.xlsx", "actions", rows)
    actions = content.registers["actions"]
    assert actions["post"].tolist() == ["1.1", "3.3"]
    assert actions["kind"].tolist() == ["directe", "indirecte"]
    assert actions["expected_t"].tolist() == [3.0, None]
    assert actions["end"][1] == dt.date(2025, 1, 1)
    assert codes(content) == []


@pytest.mark.parametrize(
    ("name", "row", "code"),
    [
        ("actions", {"post": "1.1"}, "CW-474"),
        ("actions", {"action": "a", "post": "7.1"}, "CW-475"),
        ("actions", {"action": "a", "post": "1.1", "kind": "indirecte"}, "CW-476"),
        ("actions", {"action": "a", "post": "1.1", "start": dt.date(2025, 1, 1), "end": dt.date(2024, 1, 1)}, "CW-477"),
        ("actions", {"action": "a", "post": "1.1", "start": "au printemps"}, "CW-464"),
        ("actions", {"action": "a", "post": "1.1", "lever": "chance"}, "CW-465"),
        ("targets", {"label": "x", "perimeter": "Scope 3", "target_year": 2020, "reduction": 0.1}, "CW-478"),
        ("targets", {"label": "x", "perimeter": "Scope 3", "target_year": 2030, "reduction": 30}, "CW-464"),
        ("screening", {"item": "Kérosène des fusées", "quantity": 1}, "CW-479"),
        ("screening", {"item": found_in.prepared("screening")[0]["item"], "quantity": -1}, "CW-472"),
        ("entities", {"siren": "000000000"}, "CW-474"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_another_register_is_told_and_kept(
    tmp_path: Path, name: str, row: dict[str, object], code: str
) -> None:
    content = book(tmp_path / "essai.xlsx", name, [row])
    assert code in codes(content)
    assert len(content.registers[name]) == 1


def test_a_register_whose_sheet_is_gone_is_read_as_empty_and_told(tmp_path: Path) -> None:
    path = tmp_path / "essai.xlsx"
    content = book(path, "actions", [{"action": "a", "post": "1.1"}])
    part = content.package.table("tbl_actions").part
    text = content.package.parts[part].decode().replace("tbl_actions", "Tableau99")
    path.write_bytes(content.package.with_parts({part: text.encode()}).packed())
    content = read_workbook(path)
    assert content.registers["actions"].empty
    assert codes(content) == ["CW-480"]


def test_prepared_rows_that_are_missing_are_added_after_those_given() -> None:
    given = [{"item": "ligne de l'utilisateur", "quantity": 1}]
    rows = found_in.completed("screening", given)
    assert rows[0] == given[0]
    assert rows[1:] == found_in.prepared("screening")
    assert found_in.completed("screening", rows) == rows


def test_a_workbook_of_schema_1_is_read_with_its_registers_empty_and_never_written(tmp_path: Path) -> None:
    path = tmp_path / "ancien.xlsx"
    path.write_bytes((Path(__file__).resolve().parent.parent / "golden" / "schema_1.xlsx").read_bytes())
    before = path.read_bytes()
    content = read_workbook(path)
    assert content.schema == 1
    assert all(content.registers[name].empty for name in found_in.KEYS)
    assert content.registers["categories"]["estimate"].isna().all()
    assert not {"CW-453", "CW-480"} & set(codes(content))
    with pytest.raises(CodedError) as refused:
        refresh(path)
    assert refused.value.message.code == "CW-463"
    assert path.read_bytes() == before
