"""Upgrade: every typed value arrives, totals stay, and what cannot be carried is named and left in its place."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import tomllib
from pathlib import Path

import pytest
from golden_samples import NOTES, small
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbook_samples import SLICER, rewrite

from carbon_workbook.messages import CodedError
from carbon_workbook.specs.spec import SheetSpec, entry_sheets, register
from carbon_workbook.values import CellError
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import WorkbookData, build
from carbon_workbook.workbook.evaluate import evaluate
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import Package, open_package, read_sheet, read_table
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.read import REGISTERS, Content, read_workbook
from carbon_workbook.workbook.refresh import refresh
from carbon_workbook.workbook.safe_write import backups
from carbon_workbook.workbook.upgrade import Upgraded, emptied_columns, open_next_year, upgrade

GOLDEN = sorted((Path(__file__).resolve().parent.parent / "golden").glob("schema_*.xlsx"))


def typed(content: Content) -> dict[tuple[str, int, str], object]:
    """Every typed value of a workbook, by table, row and column."""
    found: dict[tuple[str, int, str], object] = {}
    for table in content.entries:
        for column in table.spec.entered:
            for row, value in zip(table.numbers, table.rows[column.key], strict=True):
                if value is not None and value != "":
                    found[table.spec.key, row, column.key] = value
    for name, table in REGISTERS.items():
        if table not in content.package.tables:
            continue
        labels = {column.label for column in register(name) if column.entered}
        data = read_table(content.package, table)
        for row, (_, values) in enumerate(data.rows):
            for label, value in zip(data.columns, values, strict=True):
                if label in labels and value is not None and value != "":
                    found[table, row, label] = value
    return found


def journal(package: Package) -> list[list[object]]:
    return [list(values) for _, values in read_table(package, "tbl_journal").rows if any(values)]


# --- The golden workbooks ----------------------------------------------------------------------------------------


def test_there_is_a_golden_workbook_of_each_schema() -> None:
    assert [path.stem for path in GOLDEN] == [f"schema_{number}" for number in range(1, at.SCHEMA + 1)]


@pytest.fixture(scope="module", params=GOLDEN, ids=lambda path: path.stem)
def upgraded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Upgraded]:
    path = tmp_path_factory.mktemp("golden") / request.param.name
    shutil.copyfile(request.param, path)
    return request.param, upgrade(path)


def test_a_golden_workbook_keeps_its_totals(upgraded: tuple[Path, Upgraded]) -> None:
    golden, done = upgraded
    with golden.with_suffix(".toml").open("rb") as stream:
        expected = tomllib.load(stream)
    evaluation = evaluate(read_workbook(done.path))
    assert len(evaluation.inventory.lines) == expected["lines"]
    assert evaluation.refused == expected["refused"]
    totals = {name: evaluation.views[name].total_kg for name in expected["total_kg"]}
    assert totals == pytest.approx(expected["total_kg"], rel=1e-9)


def test_a_golden_workbook_keeps_its_entries_and_is_replaced_after_a_backup(
    upgraded: tuple[Path, Upgraded],
) -> None:
    golden, done = upgraded
    assert done.left == ()
    assert done.path.name == golden.name
    assert done.backup in backups(done.path)
    assert done.backup is not None
    assert done.backup.read_bytes() == golden.read_bytes()
    before, after = read_workbook(golden), read_workbook(done.path)
    assert typed(before)
    kept = typed(after)
    new = {key for key in kept.keys() - typed(before).keys() if after.schema > before.schema}
    assert {key: value for key, value in kept.items() if key not in new} == typed(before)
    assert {key[0] for key in new} <= {
        place.table for place in at.registers().values() if place.since > before.schema
    }
    assert dict(after.settings) == dict(before.settings)


def test_an_upgraded_workbook_is_sound_and_already_refreshed(upgraded: tuple[Path, Upgraded]) -> None:
    _, done = upgraded
    assert lint(open_package(done.path)) == []
    assert refresh(done.path).written == 0


def test_the_journal_is_kept_and_tells_the_upgrade(upgraded: tuple[Path, Upgraded]) -> None:
    golden, done = upgraded
    before, after = journal(open_package(golden)), journal(open_package(done.path))
    assert after[: len(before)] == before
    told, *moved = [row[2] for row in after[len(before) :]]
    assert told == "Mise à niveau du classeur"
    assert all(str(one).startswith(at.ESRS) for one in moved)


def test_the_sheet_that_a_user_added_is_carried_whole(upgraded: tuple[Path, Upgraded]) -> None:
    golden, done = upgraded
    before, after = open_package(golden), open_package(done.path)
    assert read_sheet(after, NOTES).rows == read_sheet(before, NOTES).rows
    assert read_sheet(after, NOTES).has_formula("D1")
    kinds = [sorted(link.kind for link in p.relationships(p.sheet(NOTES).part)) for p in (before, after)]
    assert kinds[0] == kinds[1]
    assert after.table("tbl_mes_notes").ref == "A3:B5"
    assert after.defined_names["mes_quantites"] == (NOTES, "B4:B5")


def test_a_remark_beside_a_table_is_kept(upgraded: tuple[Path, Upgraded]) -> None:
    _, done = upgraded
    assert read_sheet(open_package(done.path), "C1 Achats").value("B4") == "à revoir avec les achats"


def test_a_reference_year_typed_in_esrs_e1_goes_to_historique(first: Path) -> None:
    """900 t in C7 of the first schema, which had no Historique."""
    done = upgrade(first)
    history = read_workbook(done.path).registers["history"]
    typed_there = history[(history["view"] == "ESRS E1") & (history["code"] == "S1")]
    assert typed_there[["total", "role"]].to_numpy().tolist() == [[900.0, "référence"]]
    package = open_package(done.path)
    assert read_sheet(package, at.ESRS).value("C7") == 900.0
    moved = "ESRS E1, Émissions brutes de GES de scope 1, Année de référence"
    assert moved not in [row[2] for row in journal(package)]


def test_what_only_esrs_e1_holds_stays_where_it_was_typed(upgraded: tuple[Path, Upgraded]) -> None:
    """The share of quotas of the reference year, on a workbook of the present schema."""
    golden, done = upgraded
    kept = {"schema_1": None, "schema_2": 0.25}[golden.stem]
    assert read_sheet(open_package(done.path), at.ESRS).value("C8") == kept


def test_a_target_typed_in_esrs_e1_becomes_a_note_and_what_no_register_holds_stays(first: Path) -> None:
    package = open_package(first)
    cells = {"G7": 600.0, "H14": 12.0, "D8": 0.25, "I7": "vu avec le siège"}
    first.write_bytes(package.with_parts(patch(package, {at.ESRS: cells})).packed())
    done = upgrade(first)
    sheet = read_sheet(open_package(done.path), at.ESRS)
    assert sheet.value("G7") is None
    assert str(sheet.value("J7")).startswith("vu avec le siège ; Cible 2030 : 600 (saisi")
    assert (sheet.value("H14"), sheet.value("D8")) == (12.0, 0.25)
    assert refresh(done.path).written == 0
    again = read_sheet(open_package(upgrade(done.path).path), at.ESRS)
    # The stamp says the minute of the second upgrade.
    kept, found = ({n: row for n, row in s.rows.items() if n != at.STAMP_ROW} for s in (sheet, again))
    assert found == kept


# --- Any entries -------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=12)
NUMBERS = st.floats(-1e9, 1e9, allow_nan=False) | st.integers(0, 10_000).map(float)
SHEETS = ("combustion_fixe", "cat01", "cat02", "instruments")


def values_of(spec: SheetSpec) -> st.SearchStrategy[dict[str, object]]:
    def value(kind: str) -> st.SearchStrategy[object]:
        if kind == "date":
            return st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))
        return NUMBERS | TEXTS | st.just("1 234,5") if kind in ("number", "percent", "year") else TEXTS

    columns = {c.key: value(c.type) for c in spec.entered}
    return st.fixed_dictionaries({}, optional=columns)


@given(st.fixed_dictionaries({key: st.lists(values_of(entry_sheets()[key]), max_size=6) for key in SHEETS}))
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_value_that_was_typed_arrives(entries: dict[str, list[dict[str, object]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "essai.xlsx"
        build(path, data=WorkbookData({"year": 2024}, entries=entries), macros=False)
        before = typed(read_workbook(path))
        done = upgrade(path)
        assert done.left == ()
        assert typed(read_workbook(path)) == before


# --- What cannot be carried --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def awkward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook with macros and with one of each thing that an upgrade must not lose in silence."""
    path = small(tmp_path_factory.mktemp("awkward") / "classeur.xlsm", macros=True)
    package = open_package(path)
    spec = entry_sheets()["cat01"]
    status = spec.columns.index(spec.column("activity_unit"))
    sheet, notes = package.sheet(spec.title).part, package.sheet(NOTES).part

    def change(parts: dict[str, bytes]) -> None:
        text = parts[sheet].decode()
        letters = _letters(status)
        text = _replaced(text, f"{letters}9", "<v>7</v>", formula=False)
        text = _replaced(text, "E9", "<f>2+3</f><v>5</v>")
        text = _replaced(text, "E10", '<f t="shared" si="0"/><v>6</v>')
        parts[sheet] = text.encode()
        parts["xl/slicers/slicer1.xml"] = b'<slicers xmlns="urn:x"/>'
        rels = "/_rels/".join(notes.rsplit("/", 1)) + ".rels"
        link = f'<Relationship Id="rId99" Type="{SLICER}" Target="/xl/slicers/slicer1.xml"/></Relationships>'
        parts[rels] = parts[rels].replace(b"</Relationships>", link.encode())
        types = b'<Override PartName="/xl/slicers/slicer1.xml" ContentType="application/vnd.ms-excel.slicer+xml"/>'
        types += b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", types + b"</Types>")
        parts["xl/vbaProjectSignature.bin"] = b"signature"

    return rewrite(path, change)


def _letters(index: int) -> str:
    return chr(65 + index) if index < 26 else chr(64 + index // 26) + chr(65 + index % 26)


def _replaced(text: str, ref: str, body: str, *, formula: bool = True) -> str:
    start = text.index(f'<c r="{ref}"')
    opening = text.index(">", start) + 1
    head = (
        text[start:opening].removesuffix("/>").removesuffix(">").replace(' t="str"', "").replace(' t="s"', "")
    )
    end = opening if text[opening - 2] == "/" else text.index("</c>", opening) + 4
    return f"{text[:start]}{head}>{body}</c>{text[end:]}"


@pytest.fixture(scope="module")
def kept_beside(awkward: Path) -> tuple[bytes, Upgraded]:
    before = awkward.read_bytes()
    return before, upgrade(awkward)


def test_what_cannot_be_carried_is_named(kept_beside: tuple[bytes, Upgraded]) -> None:
    _, done = kept_beside
    assert {note.code for note in done.left} == {"CW-787", "CW-789", "CW-790", "CW-792", "CW-794"}
    named = {note.code: note for note in done.left}
    assert named["CW-787"].sheet == NOTES
    assert named["CW-790"].cell == "E10"


def test_the_old_workbook_then_stays_in_its_place(awkward: Path, kept_beside: tuple[bytes, Upgraded]) -> None:
    before, done = kept_beside
    assert done.backup is None
    assert awkward.read_bytes() == before
    assert done.path.parent == awkward.parent
    assert done.path != awkward
    assert lint(open_package(done.path)) == []


def test_a_formula_that_stands_alone_is_carried_with_its_value(kept_beside: tuple[bytes, Upgraded]) -> None:
    _, done = kept_beside
    sheet = read_sheet(open_package(done.path), "C1 Achats")
    assert sheet.has_formula("E9")
    assert sheet.value("E9") == 5.0
    assert not sheet.has_formula("E10")
    assert sheet.value("E10") == 6.0


def test_an_error_cell_is_carried_as_an_error(tmp_path: Path) -> None:
    path = tmp_path / "essai.xlsx"
    build(path, data=WorkbookData({"year": 2024}, entries={"cat01": [{"label": "a"}]}), macros=False)
    package = open_package(path)
    path.write_bytes(package.with_parts(patch(package, {"C1 Achats": {"E9": CellError("#DIV/0!")}})).packed())
    assert upgrade(path).left == ()
    assert read_sheet(open_package(path), "C1 Achats").value("E9") == CellError("#DIV/0!")


@pytest.mark.parametrize(
    ("value", "code"), [(float(at.SCHEMA + 1), "CW-451"), (None, "CW-450")], ids=["newer", "not ours"]
)
def test_a_workbook_that_is_not_of_a_known_schema_is_left_alone(
    tmp_path: Path, value: float | None, code: str
) -> None:
    path = tmp_path / "essai.xlsx"
    shutil.copyfile(GOLDEN[-1], path)
    package = open_package(path)
    title, ref = package.defined_names[at.SCHEMA_NAME]
    path.write_bytes(package.with_parts(patch(package, {title: {ref: value}})).packed())
    before = path.read_bytes()
    with pytest.raises(CodedError) as refused:
        upgrade(path)
    assert refused.value.message.code == code
    assert path.read_bytes() == before


# --- Next year ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def next_year(tmp_path_factory: pytest.TempPathFactory) -> Content:
    target = tmp_path_factory.mktemp("next") / "suivant.xlsx"
    notes = open_next_year(GOLDEN[-1], target)
    assert [note.code for note in notes] == ["CW-485", "CW-797"]
    assert lint(open_package(target)) == []
    return read_workbook(target)


def test_the_next_year_compares_with_the_last(next_year: Content) -> None:
    last = read_workbook(GOLDEN[-1])
    assert next_year.settings["year"] == last.settings["year"] + 1
    assert next_year.settings["comparative_year"] == last.settings["year"]
    assert next_year.settings["company_name"] == last.settings["company_name"]
    assert next_year.settings["headcount"] is None
    for name in ("sites", "own_factors", "categories", "entities", "actions", "targets"):
        columns = [column.key for column in register(name) if column.key != "total" and column.entered]
        pd_before, pd_after = last.registers[name][columns], next_year.registers[name][columns]
        assert pd_after.astype(str).equals(pd_before.astype(str)), name


def test_rows_are_kept_without_their_quantities_and_with_last_years_result(next_year: Content) -> None:
    before, after = read_workbook(GOLDEN[-1]).table("cat01").rows, next_year.table("cat01").rows
    assert list(after["label"][:2]) == list(before["label"][:2])
    assert list(after["factor"][:2]) == list(before["factor"][:2])
    assert list(after["method"][:2]) == list(before["method"][:2])
    assert list(after["line_id"][:2]) == list(before["line_id"][:2])
    assert list(after["previous"][:2]) == list(before["emissions_t"][:2])
    assert after["quantity"][:2].isna().all()
    assert set(after["collection_status"][:2]) == {"à collecter"}
    assert after["period_start"][0] == dt.date(2025, 1, 1)


def test_the_register_of_capital_goods_is_kept_whole(next_year: Content) -> None:
    before, after = read_workbook(GOLDEN[-1]).table("cat02").rows, next_year.table("cat02").rows
    for key in ("quantity", "unit", "amount", "acquisition_year", "life_years", "factor"):
        assert list(after[key].map(str)) == list(before[key].map(str)), key


def test_only_capital_goods_are_counted_before_anything_is_typed(next_year: Content) -> None:
    counted = evaluate(next_year).inventory.counted
    assert set(counted["sheet"]) == {"cat02"}


@pytest.mark.parametrize("key", [key for key in entry_sheets() if key != "cat02"])
def test_no_product_survives_without_a_new_quantity(key: str) -> None:
    spec = entry_sheets()[key]
    gone = emptied_columns(spec)
    assert [rule.label for rule in spec.activity if not gone & set(rule.required)] == []


# --- From schema 1 -----------------------------------------------------------------------------------------------


@pytest.fixture
def first(tmp_path: Path) -> Path:
    path = tmp_path / "classeur.xlsx"
    shutil.copyfile(GOLDEN[0], path)
    return path


def test_settings_that_moved_to_another_sheet_arrive(first: Path) -> None:
    before = read_workbook(first).settings
    assert upgrade(first).left == ()
    package = open_package(first)
    assert package.defined_names["cw_raison_sociale"][0] == at.COMPANY
    assert read_workbook(first).settings["company_name"] == before["company_name"]


def test_no_text_of_the_older_template_is_left_on_the_sheets(first: Path) -> None:
    upgrade(first)
    fresh = first.with_name("neuf.xlsx")
    build(fresh, data=WorkbookData({"year": 2024}), macros=False)
    for title in (at.COMPANY, at.PERIMETER):
        made, wanted = (read_sheet(open_package(path), title) for path in (first, fresh))
        header = at.settings_layout(title).table_header
        for row in range(1, header):
            labels = {column: made.rows.get(row, {}).get(column) for column in (1, 2)}
            assert labels == {column: wanted.rows.get(row, {}).get(column) for column in (1, 2)}, (title, row)


def test_a_sheet_of_the_users_that_has_a_new_title_is_not_lost(first: Path) -> None:
    rewrite(first, lambda parts: parts.update({
        "xl/workbook.xml": parts["xl/workbook.xml"].replace(NOTES.encode(), at.HISTORY.encode())
    }))  # fmt: skip
    done = upgrade(first)
    assert [(note.code, note.sheet) for note in done.left if note.code == "CW-787"] == [
        ("CW-787", at.HISTORY)
    ]
    assert done.path != first
    assert read_sheet(open_package(first), at.HISTORY).value("A1") == "Notes de l'équipe"


def test_a_formula_of_the_users_on_cells_that_moved_is_told(first: Path) -> None:
    rewrite(first, lambda parts: parts.update({
        name: part.replace(b"'C1 Achats'!$B$9", "'Périmètre'!$C$5".encode()) for name, part in parts.items()
    }))  # fmt: skip
    done = upgrade(first)
    assert [(note.code, note.sheet, note.cell) for note in done.left] == [("CW-486", NOTES, "D1")]
