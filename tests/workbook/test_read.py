"""Reading what users really send: renamed and copied sheets, lost columns, broken cells, files that are not ours."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from typed_cells import free_row, type_into

from carbon_workbook.messages import CodedError, Severity
from carbon_workbook.specs.spec import entry_sheets, settings
from carbon_workbook.values import CellError
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.package import Package, open_package
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.read import read_workbook

CopyOf = Callable[[str], Path]
WASTE = entry_sheets()["cat05"]


def replace_in(path: Path, part: str, old: str, new: str) -> None:
    """Change the text of a part, as an editor of files would."""
    package = open_package(path)
    text = package.parts[part].decode()
    assert old in text
    path.write_bytes(package.with_parts({part: text.replace(old, new).encode()}).packed())


def part_of(package: Package, key: str) -> str:
    return package.sheet(entry_sheets()[key].title).part


def codes(evaluation: Evaluation, severity: Severity | None = None) -> list[str]:
    return [note.code for note in evaluation.messages if severity is None or note.severity is severity]


def code_of(path: Path) -> str:
    with pytest.raises(CodedError) as refused:
        read_workbook(path)
    return refused.value.message.code


class TestFilesThatAreNotOurs:
    def test_a_foreign_workbook_is_named_as_such(self, tmp_path: Path) -> None:
        path = tmp_path / "budget.xlsx"
        book = xlsxwriter.Workbook(path)
        book.add_worksheet().write(0, 0, "Budget")
        book.close()
        assert code_of(path) == "CW-450"

    def test_a_truncated_file(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        path.write_bytes(path.read_bytes()[:50_000])
        assert code_of(path) in {"CW-402", "CW-403"}

    def test_a_text_file(self, tmp_path: Path) -> None:
        path = tmp_path / "note.xlsm"
        path.write_text("bonjour")
        assert code_of(path) == "CW-402"

    def test_a_zip_bomb(self, tmp_path: Path) -> None:
        path = tmp_path / "bombe.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", b"0" * 40_000_000)
        assert code_of(path) == "CW-404"

    def test_a_missing_file(self, tmp_path: Path) -> None:
        assert code_of(tmp_path / "absent.xlsm") == "CW-401"


class TestSheetsAndColumns:
    def test_a_renamed_sheet_is_read_all_the_same(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        before = evaluate(read_workbook(path)).inventory.total_kg
        replace_in(path, "xl/workbook.xml", f'name="{WASTE.title}"', 'name="Mes déchets"')
        after = evaluate(read_workbook(path))
        assert after.inventory.total_kg == pytest.approx(before, rel=1e-12)
        assert "Mes déchets" in set(after.inventory.lines["title"])

    def test_a_lost_entry_column_refuses_the_rows_that_need_it(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        package = open_package(path)
        table = package.table(WASTE.table)
        replace_in(path, table.part, 'name="Quantité"', 'name="Quantite bis"')
        evaluation = evaluate(read_workbook(path))
        waste = evaluation.inventory.lines[evaluation.inventory.lines["sheet"] == "cat05"]
        assert len(waste) == 7
        assert set(waste["code"]) == {"CW-301"}
        assert "CW-453" in codes(evaluation)

    def test_a_lost_result_column_stops_with_its_name(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        table = open_package(path).table(WASTE.table)
        replace_in(path, table.part, 'name="tCO2e retenu"', 'name="autre"')
        with pytest.raises(CodedError) as refused:
            read_workbook(path)
        assert refused.value.message.code == "CW-452"
        assert "tCO2e retenu" in str(refused.value)

    def test_a_lost_table_stops_everything(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        table = open_package(path).table(WASTE.table)
        replace_in(path, table.part, f'"{WASTE.table}"', '"Tableau99"')
        evaluation_or_code = code_of(path)
        assert evaluation_or_code == "CW-454"

    def test_rows_of_a_copied_sheet_are_refused_and_told(self, copy_of: CopyOf) -> None:
        """Excel copies a sheet with its table under a new name; the copy is appended to the package by hand."""
        path = copy_of("plain")
        package = open_package(path)
        parts = with_copied_sheet(package, "cat13")
        path.write_bytes(parts)
        evaluation = evaluate(read_workbook(path))
        inventory = evaluation.inventory
        copied = inventory.lines[inventory.lines["title"] == "Copie"]
        assert list(copied["code"]) == ["CW-336"]
        assert len(inventory.lines) == len(inventory.counted) + len(inventory.refused)


class TestCells:
    def test_an_error_cell_refuses_its_row_and_is_named(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        row = free_row(path, "cat05")
        type_into(
            path,
            "cat05",
            row,
            {"label": "Cassé", "quantity": CellError("#DIV/0!"), "unit": "t", "factor": "34666"},
        )
        evaluation = evaluate(read_workbook(path))
        refused = evaluation.inventory.refused
        assert list(refused["code"]) == ["CW-313"]
        told = [note for note in evaluation.messages if note.code == "CW-313"]
        letters = evaluation.content.table("cat05").letters["quantity"]
        assert [(note.sheet, note.cell) for note in told] == [(WASTE.title, f"{letters}{row}")]
        assert "#DIV/0!" in told[0].sentence

    def test_a_formula_without_result_is_refused_not_blank(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        row = free_row(path, "cat05")
        type_into(path, "cat05", row, {"label": "Formule", "quantity": 7.0, "unit": "t", "factor": "34666"})
        package = open_package(path)
        letters = read_workbook(path).table("cat05").letters["quantity"]
        part = part_of(package, "cat05")
        text = package.parts[part].decode()
        edited = re.sub(rf'(<c r="{letters}{row}"[^>]*>)<v>7</v>', r"\1<f>3+4</f>", text)
        assert edited != text
        path.write_bytes(package.with_parts({part: edited.encode()}).packed())
        evaluation = evaluate(read_workbook(path))
        assert list(evaluation.inventory.refused["code"]) == ["CW-314"]

    def test_a_row_under_the_table_is_refused_not_ignored(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        table = read_workbook(path).table("cat05")
        row = table.numbers[-1] + 1
        package = open_package(path)
        typed = {"label": "Sous le tableau", "quantity": 3.0, "unit": "t", "factor": "34666"}
        cells = {f"{table.letters[key]}{row}": value for key, value in typed.items()}
        path.write_bytes(package.with_parts(patch(package, {WASTE.title: cells})).packed())
        evaluation = evaluate(read_workbook(path))
        assert list(evaluation.inventory.refused["code"]) == ["CW-328"]
        assert evaluation.inventory.refused["row"].tolist() == [row]

    def test_rows_hidden_by_a_filter_are_counted_and_it_is_said(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        before = evaluate(read_workbook(path)).inventory.total_kg
        package = open_package(path)
        part = part_of(package, "cat05")
        row = read_workbook(path).table("cat05").numbers[0]
        text = package.parts[part].decode()
        edited = re.sub(rf'<row r="{row}"', f'<row r="{row}" hidden="1"', text)
        path.write_bytes(package.with_parts({part: edited.encode()}).packed())
        evaluation = evaluate(read_workbook(path))
        assert evaluation.inventory.total_kg == pytest.approx(before, rel=1e-12)
        assert "CW-332" in codes(evaluation)

    @pytest.mark.parametrize("label", ["=1+1", "+33 6 00", "-libellé", "@SOMME(A1)"])
    def test_a_label_like_a_formula_stays_a_text(self, copy_of: CopyOf, label: str) -> None:
        path = copy_of("plain")
        row = free_row(path, "cat05")
        type_into(path, "cat05", row, {"label": label, "quantity": 1.0, "unit": "t", "factor": "34666"})
        content = read_workbook(path)
        table = content.table("cat05")
        position = table.numbers.index(row)
        assert table.rows["label"].iloc[position] == label
        assert not content.sheets[WASTE.title].has_formula(f"{table.letters['label']}{row}")
        assert evaluate(content).inventory.refused.empty

    def test_a_setting_that_cannot_be_read(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        package = open_package(path)
        title, ref = package.defined_names["cw_annee"]
        cells = {title: {ref.replace("$", ""): "deux mille vingt-quatre"}}
        path.write_bytes(package.with_parts(patch(package, cells)).packed())
        assert code_of(path) == "CW-455"

    def test_an_own_factor_without_source_is_refused_with_its_cell(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        package = open_package(path)
        table = package.table("tbl_facteurs_propres")
        source = table.columns.index("Source")
        row = table.bounds[0] + 1
        column = "ABCDEFGHIJKLMN"[table.bounds[1] - 1 + source]
        path.write_bytes(package.with_parts(patch(package, {table.sheet: {f"{column}{row}": None}})).packed())
        evaluation = evaluate(read_workbook(path))
        assert "CW-457" in codes(evaluation, Severity.REFUSAL)
        assert "CW-202" in set(evaluation.inventory.refused["code"])

    @pytest.mark.parametrize(
        ("title", "typed", "says"),
        [
            ("Unité (kgCO2e par…)", "zorglub", "zorglub"),
            ("Valeur (kgCO2e)", -2.0, "négative"),
            ("Valeur (kgCO2e)", "beaucoup", "beaucoup"),
            ("Année", 24.5, "entre 1990 et 2100"),
            ("Valable jusqu'au", "fin 2026", "n'est pas une date"),
            ("Incertitude ± %", "floue", "floue"),
            ("Bien ou service", "les deux", "n'est pas dans la liste"),
            ("Identifiant", "FP · 1", "contient le signe"),
        ],
    )
    def test_an_own_factor_is_checked_like_a_shipped_one(
        self, copy_of: CopyOf, title: str, typed: object, says: str
    ) -> None:
        path = copy_of("plain")
        package = open_package(path)
        table = package.table("tbl_facteurs_propres")
        cell = f"{'ABCDEFGHIJKLMN'[table.bounds[1] - 1 + table.columns.index(title)]}{table.bounds[0] + 1}"
        path.write_bytes(package.with_parts(patch(package, {table.sheet: {cell: typed}})).packed())
        evaluation = evaluate(read_workbook(path))
        (note,) = [one for one in evaluation.messages if one.code == "CW-457"]
        assert (note.sheet, note.cell) == (table.sheet, cell)
        assert title in note.sentence
        assert says in note.sentence

    def test_an_own_factor_that_takes_the_id_of_another_is_told_at_its_row(self, copy_of: CopyOf) -> None:
        path = copy_of("plain")
        package = open_package(path)
        table = package.table("tbl_facteurs_propres")
        cell = f"{'ABCDEFGHIJKLMN'[table.bounds[1] - 1 + table.columns.index('Identifiant')]}{table.bounds[0] + 1}"
        path.write_bytes(package.with_parts(patch(package, {table.sheet: {cell: "43642"}})).packed())
        (note,) = [one for one in evaluate(read_workbook(path)).messages if one.code == "CW-211"]
        assert note.sheet == table.sheet
        assert note.cell.endswith(str(table.bounds[0] + 1))


def with_copied_sheet(package: Package, key: str) -> bytes:
    """The package with one entry sheet twice, the second named « Copie », as Excel's « Déplacer ou copier » does."""
    spec = entry_sheets()[key]
    sheet, table = package.sheet(spec.title), package.table(spec.table)
    parts = dict(package.parts)
    copy, table_copy = "xl/worksheets/sheet900.xml", "xl/tables/table900.xml"
    parts[copy] = parts[sheet.part]
    renamed = parts[table.part].decode().replace(f'"{spec.table}"', f'"{spec.table}5"')
    parts[table_copy] = re.sub(r'<table ([^>]*?)id="\d+"', r'<table \1id="900"', renamed, count=1).encode()
    links = f"xl/worksheets/_rels/{Path(sheet.part).name}.rels"
    old = Path(table.part).name
    parts["xl/worksheets/_rels/sheet900.xml.rels"] = re.sub(
        rb"<Relationship [^>]*(drawing|vml|comments|printer)[^>]*/>",
        b"",
        parts[links].replace(old.encode(), b"table900.xml"),
    )
    parts[copy] = re.sub(rb"<(legacyDrawing|drawing)[^>]*/>", b"", parts[copy])
    types = parts["[Content_Types].xml"].decode()
    for name, original in ((copy, sheet.part), (table_copy, table.part)):
        kind = re.search(rf'<Override PartName="/{re.escape(original)}" ContentType="([^"]+)"', types)
        assert kind
        types = types.replace("</Types>", f'<Override PartName="/{name}" ContentType="{kind[1]}"/></Types>')
    parts["[Content_Types].xml"] = types.encode()
    rels = parts["xl/_rels/workbook.xml.rels"].decode()
    kind_of_sheet = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    parts["xl/_rels/workbook.xml.rels"] = rels.replace(
        "</Relationships>",
        f'<Relationship Id="rId900" Type="{kind_of_sheet}" Target="worksheets/sheet900.xml"/></Relationships>',
    ).encode()
    book = parts["xl/workbook.xml"].decode()
    parts["xl/workbook.xml"] = book.replace(
        "</sheets>", '<sheet name="Copie" sheetId="900" r:id="rId900"/></sheets>'
    ).encode()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


class TestTheRegisterAndTheSettings:
    def test_the_figures_of_a_site_are_numbers(self, copy_of: CopyOf) -> None:
        sites = read_workbook(copy_of("plain")).sites
        assert sites["headcount"].tolist() == [215, 91, 6]
        assert sites["area"].tolist()[1] == 6400

    @pytest.mark.parametrize(
        ("name", "typed", "read", "told"),
        [
            ("cw_pays", "fr", "FR", 0),
            ("cw_pays", "France", "FR", 1),
            ("cw_seuil_importance", 5, 0.05, 1),
            ("cw_chiffre_affaires", -5, None, 1),
            ("cw_effectif", "beaucoup", None, 1),
        ],
    )
    def test_a_setting_out_of_its_bounds_is_told_and_its_default_taken(
        self, name: str, typed: object, read: object, told: int, copy_of: CopyOf
    ) -> None:
        path = copy_of("plain")
        package = open_package(path)
        sheet, cell = package.defined_names[name]
        path.write_bytes(package.with_parts(patch(package, {sheet: {cell: typed}})).packed())
        content = read_workbook(path)
        key = next(setting.key for setting in settings() if setting.name == name)
        assert content.settings[key] == read
        assert [note.code for note in content.messages].count("CW-456") == told


def test_what_stands_past_a_blank_row_under_a_table_is_told(copy_of: CopyOf) -> None:
    path = copy_of("plain")
    package = open_package(path)
    row = package.table(WASTE.table).bounds[2] + 3
    path.write_bytes(package.with_parts(patch(package, {WASTE.title: {f"B{row}": "Oubliée"}})).packed())
    told = [note for note in read_workbook(path).messages if note.code == "CW-462"]
    assert [(note.sheet, note.cell) for note in told] == [(WASTE.title, f"A{row}")]
