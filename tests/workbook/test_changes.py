"""The journal: what each refresh says of the inputs that changed since the last one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.changes import _ids, _ranges
from carbon_workbook.workbook.data import WorkbookData
from carbon_workbook.workbook.package import open_package, read_table
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import refresh

POWER = [
    {"label": f"Électricité {n}", "quantity": 1000.0 * n, "unit": "kWh", "factor": "43642"}
    for n in range(1, 4)
]
MANY = [{"label": f"Fioul {n}", "quantity": 100.0 + n, "unit": "litre", "factor": "14087"} for n in range(30)]
OWN = {"id": "FOURN-1", "label": "Pièce", "unit": "unité", "total": 62.0, "source": "DEP", "year": 2024}
PIECE = {"label": "Pièces", "quantity": 10.0, "unit": "unité", "factor": "FOURN-1", "nature": "bien"}
Row = Mapping[str, object]


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("journal") / "inventaire.xlsx"
    entries = {"electricite": POWER, "combustion_fixe": MANY, "cat01": [PIECE]}
    build(path, data=WorkbookData({"year": 2024}, own_factors=[OWN], entries=entries), macros=False)
    refresh(path)
    return path.read_bytes()


@pytest.fixture
def path(refreshed: bytes, tmp_path: Path) -> Path:
    copy = tmp_path / "inventaire.xlsx"
    copy.write_bytes(refreshed)
    return copy


def journal(path: Path) -> list[tuple[object, object, object]]:
    """(object, old, new) of the filled rows."""
    rows = read_table(open_package(path), "tbl_journal").rows
    return [tuple(row[2:5]) for _, row in rows if any(value not in (None, "") for value in row)]


def write(path: Path, cells: Mapping[str, Mapping[str, object]]) -> None:
    package = open_package(path)
    path.write_bytes(package.with_parts(patch(package, cells)).packed())


def type_into(path: Path, sheet: str, changes: Mapping[int, Row]) -> None:
    """Type over cells of an entry table by position of the row and column key."""
    table = read_workbook(path).table(sheet)
    cells = {
        f"{table.letters[key]}{table.numbers[position]}": value
        for position, row in changes.items()
        for key, value in row.items()
    }
    write(path, {table.title: cells})


Said = Callable[[], list[tuple[object, object, object]]]


@pytest.fixture
def said(path: Path) -> Said:
    """Refresh, and the rows that it added to the journal, without the totals."""

    def refresh_and_read() -> list[tuple[object, object, object]]:
        before = journal(path)
        refresh(path)
        after = journal(path)
        assert after[: len(before)] == before
        return [row for row in after[len(before) :] if not str(row[0]).startswith("Total ")]

    return refresh_and_read


def test_a_first_refresh_is_one_row_for_all_lines(path: Path) -> None:
    assert [row for row in journal(path) if not str(row[0]).startswith("Total ")] == [
        ("Identifiants attribués", None, "L00001 à L00034")
    ]


def test_a_second_refresh_writes_nothing(path: Path) -> None:
    before = path.read_bytes()
    assert refresh(path).written == 0
    assert path.read_bytes() == before


def identity(path: Path, sheet: str, position: int) -> str:
    return str(read_workbook(path).table(sheet).rows["line_id"].iloc[position])


def test_a_quantity_typed_over(path: Path, said: Said) -> None:
    line = identity(path, "electricite", 0)
    type_into(path, "electricite", {0: {"quantity": 1200.0}})
    # 1 000 and 1 200 kWh × 0.0519
    assert said() == [
        (
            f"Ligne {line}, 2.1 Électricité : activité, tCO2e",
            "1\u00a0000 ; 0,0519 t",
            "1\u00a0200 ; 0,06228 t",
        )
    ]
    assert said() == []


def test_another_factor_names_both(path: Path, said: Said) -> None:
    type_into(path, "electricite", {1: {"factor": "43273"}})
    ((what, old, new),) = said()
    assert str(what).endswith("2.1 Électricité : Facteur d'émission, tCO2e")
    assert (old, new) == ("43642 ; 0,1038 t", "43273 ; 0,116 t")


def test_a_period_is_told_as_a_date(path: Path, said: Said) -> None:
    period = {"period_start": dt.date(2024, 1, 1), "period_end": dt.date(2024, 6, 30)}
    type_into(path, "electricite", {1: period})
    name = "Ligne L00032, 2.1 Électricité"
    assert said() == [(f"{name} : Début, Fin", "(vide) ; (vide)", "01/01/2024 ; 30/06/2024")]
    type_into(path, "electricite", {1: {"period_end": None}})
    assert said() == [(f"{name} : Fin", "30/06/2024", "(vide)")]


def test_a_line_that_is_refused_then_counted_again(path: Path, said: Said) -> None:
    type_into(path, "electricite", {2: {"quantity": "illisible"}})
    ((what, old, new),) = said()
    assert "état" in str(what)
    assert ("comptée" in str(old), "refusée (CW-102)" in str(new)) == (True, True)
    type_into(path, "electricite", {2: {"quantity": 3000.0}})
    ((_, old, new),) = said()
    assert ("refusée (CW-102)" in str(old), "comptée" in str(new)) == (True, True)


def test_a_text_in_place_of_a_quantity_is_no_change_of_another_column(path: Path, said: Said) -> None:
    line = identity(path, "electricite", 0)
    type_into(path, "electricite", {0: {"quantity": "environ mille"}})
    ((what, old, new),) = said()
    assert what == f"Ligne {line}, 2.1 Électricité : activité, état, tCO2e"
    assert (old, new) == (
        "1\u00a0000 ; comptée ; 0,0519 t",
        "illisible ; refusée (CW-102) ; non comptée",
    )


def test_a_line_added(path: Path, said: Said) -> None:
    type_into(
        path, "electricite", {3: {"label": "Neuve", "quantity": 500.0, "unit": "kWh", "factor": "43642"}}
    )
    assert said() == [("Ligne ajoutée, 2.1 Électricité, L00035", None, "0,02595 t")]
    assert said() == []


def test_a_line_emptied_is_told_once_with_its_tonnes(path: Path, said: Said) -> None:
    line = identity(path, "electricite", 1)
    type_into(path, "electricite", {1: dict.fromkeys(("label", "quantity", "unit", "factor"))})
    assert said() == [("Ligne retirée", f"{line} ; 0,1038 t", "retirée")]
    assert said() == []


def test_a_row_deleted_with_its_results_is_told_once(path: Path, said: Said) -> None:
    table = read_workbook(path).table("cat01")
    line = identity(path, "cat01", 0)
    keys = [column.key for column in table.spec.columns if column.written != "formula"]
    type_into(path, "cat01", {0: dict.fromkeys(keys)})
    assert said() == [("Ligne retirée", line, "retirée")]
    assert said() == []


def test_many_lines_are_one_row(path: Path, said: Said) -> None:
    type_into(path, "combustion_fixe", {n: {"quantity": 200.0} for n in range(30)})
    ((what, old, new),) = said()
    assert what == "1.1 Combustion fixe, 30 lignes modifiées : L00001 à L00030"
    assert (str(old)[-1], str(new)[-1]) == ("t", "t")
    assert old != new


def test_many_lines_removed_are_one_row(path: Path, said: Said) -> None:
    type_into(
        path,
        "combustion_fixe",
        {n: dict.fromkeys(("label", "quantity", "unit", "factor")) for n in range(25)},
    )
    assert said() == [("Ligne retirée, 25 lignes", "L00001 à L00025", "retirées")]
    assert said() == []


def test_an_own_factor_changed_is_told_with_what_it_does(path: Path, said: Said) -> None:
    package = open_package(path)
    table = read_table(package, "tbl_facteurs_propres")
    column = table.columns.index("Valeur (kgCO2e)")
    row = table.rows[0][0]
    left = package.table("tbl_facteurs_propres").bounds[1]
    write(path, {at.OWN_FACTORS: {cell_ref(row, left + column): 65.0}})
    assert said() == [
        ("Facteur FOURN-1 (kgCO2e/unité)", "62", "65"),
        ("Effet des réglages ou des facteurs, 1 ligne", "0,62 t", "0,65 t"),
    ]
    assert said() == []


def test_a_setting_changed_is_told_by_its_label(path: Path, said: Said) -> None:
    title, ref = open_package(path).defined_names["cw_annee"]
    write(path, {title: {ref.replace("$", "").partition(":")[0]: 2023.0}})
    rows = said()
    assert rows[0][1:] == ("2024", "2023")
    assert str(rows[0][0]).startswith("Réglage : ")
    assert said() == []


def test_the_reason_that_the_user_writes_stays(path: Path) -> None:
    first = at.JOURNAL_HEADER + 1
    write(path, {at.JOURNAL: {f"F{first}": "premier calcul"}})
    type_into(path, "electricite", {0: {"quantity": 1200.0}})
    refresh(path)
    rows = read_table(open_package(path), "tbl_journal").rows
    assert rows[0][1][5] == "premier calcul"


@pytest.mark.parametrize("ids", [["L00001"], ["L00001", "L00002", "L00004"], ["L00009", "L00010", "X"]])
def test_ids_are_written_and_read_back(ids: list[str]) -> None:
    assert _ids(_ranges(ids)) == {one for one in ids if one.startswith("L")}
