"""Files that are not what they should be: a clear refusal, or the same base all the same."""

from __future__ import annotations

import datetime as dt
import io
import json
import struct
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from factor_files import HEADER, element, imported, sample, stage, text, written

from carbon_workbook.factors.imports.base_carbone import clean, validity
from carbon_workbook.imports.files import open_source
from carbon_workbook.messages import CodedError


def code(*paths: Path, **limits: int) -> str:
    from carbon_workbook.factors.imports.recognise import read_base

    with pytest.raises(CodedError) as refused:
        read_base(open_source(paths, **limits))
    assert "…" not in str(refused.value.message.sentence)
    return refused.value.message.code


@pytest.fixture
def digest(tmp_path: Path) -> str:
    return imported(written(tmp_path, text(sample()), "original_V9.1.csv")).digest


class TestSavedAgain:
    """The same base whatever the program that saved it."""

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
    def test_other_encoding(self, tmp_path: Path, digest: str, encoding: str) -> None:
        assert imported(written(tmp_path, text(sample()), encoding=encoding)).digest == digest

    @pytest.mark.parametrize("separator", [",", "\t", "|"])
    def test_other_separator(self, tmp_path: Path, digest: str, separator: str) -> None:
        assert imported(written(tmp_path, text(sample(), separator=separator))).digest == digest

    def test_separator_told_on_a_line_of_its_own(self, tmp_path: Path, digest: str) -> None:
        assert imported(written(tmp_path, "sep=;\r\n" + text(sample()))).digest == digest

    def test_decimal_points(self, tmp_path: Path, digest: str) -> None:
        rows = [{name: cell.replace(",", ".") for name, cell in row.items()} for row in sample()]
        assert imported(written(tmp_path, text(rows))).digest == digest

    def test_columns_with_underscores(self, tmp_path: Path, digest: str) -> None:
        header, *lines = text(sample()).split("\r\n")
        again = "\r\n".join([header.replace(" ", "_").replace("'", "’"), *lines])
        assert imported(written(tmp_path, again, encoding="utf-8")).digest == digest

    def test_lines_before_the_header(self, tmp_path: Path, digest: str) -> None:
        assert (
            imported(written(tmp_path, "Base téléchargée le 3 mars\r\n\r\n" + text(sample()))).digest
            == digest
        )

    def test_recognised_by_content_not_by_name(self, tmp_path: Path, digest: str) -> None:
        path = written(tmp_path, text(sample()), "vacances.jpg")
        assert imported(path, version="V9.1").digest == digest

    def test_a_workbook_typed_by_excel(self, tmp_path: Path, digest: str) -> None:
        path = tmp_path / "V9.1.xlsx"
        with xlsxwriter.Workbook(path) as book:
            book.add_worksheet("Lisez-moi").write(0, 0, "rien ici")
            sheet = book.add_worksheet("données")
            for column, title in enumerate(HEADER):
                sheet.write(0, column, title)
            for line, row in enumerate(sample(), 1):
                for column, title in enumerate(HEADER):
                    cell = row.get(title, "")
                    try:
                        sheet.write(line, column, float(cell.replace(",", ".")))
                    except ValueError:
                        sheet.write_string(line, column, cell)
        assert imported(path).digest == digest


class TestApi:
    def page(self, rows: list[dict[str, str]], total: int) -> str:
        results = [{name.replace(" ", "_"): cell for name, cell in row.items()} for row in rows]
        return json.dumps({"total": total, "next": "suite", "results": results})

    def test_pages_one_after_the_other(self, tmp_path: Path, digest: str) -> None:
        rows = [{name: row.get(name, "") for name in HEADER} for row in sample()]
        pages = [
            written(tmp_path, self.page(part, len(rows)), f"p{number}_V9.1.json", "utf-8")
            for number, part in enumerate((rows[:2], rows[2:]))
        ]
        assert imported(*pages).digest == digest
        assert code(pages[0]) == "CW-241"

    def test_pages_of_two_bases(self, tmp_path: Path) -> None:
        pages = [written(tmp_path, json.dumps([{title: "1"}]), f"{title}.json", "utf-8") for title in "ab"]
        assert code(*pages) == "CW-247"

    def test_cut_short(self, tmp_path: Path) -> None:
        assert code(written(tmp_path, '{"results": [{"a": 1', "p.json")) == "CW-232"

    def test_too_deep(self, tmp_path: Path) -> None:
        assert code(written(tmp_path, "[" * 200_000, "p.json")) == "CW-232"


class TestRefused:
    def test_empty_file(self, tmp_path: Path) -> None:
        assert code(written(tmp_path, b"")) == "CW-231"

    def test_too_big_is_told_before_reading(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = written(tmp_path, text(sample()))
        monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("read"))
        assert code(path, max_bytes=100) == "CW-230"

    def test_a_sparse_file_of_two_gigabytes(self, tmp_path: Path) -> None:
        path = tmp_path / "grand.csv"
        with path.open("wb") as stream:
            stream.truncate(2_000_000_000)
        assert code(path) == "CW-230"

    def test_zip_bomb(self, tmp_path: Path) -> None:
        path = tmp_path / "bombe.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            package.writestr("xl/worksheets/sheet1.xml", b" " * 5_000_000)
        assert path.stat().st_size < 10_000
        assert code(path, max_unpacked=1_000_000) == "CW-233"

    def test_zip_bomb_that_lies_about_its_size(self, tmp_path: Path) -> None:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
            package.writestr("xl/worksheets/sheet1.xml", b" " * 5_000_000)
        lying = stream.getvalue().replace(struct.pack("<I", 5_000_000), struct.pack("<I", 10))
        assert code(written(tmp_path, lying, "bombe.xlsx"), max_unpacked=1_000_000) == "CW-233"

    @pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
    def test_workbook_cut_short(self, tmp_path: Path, kept: float) -> None:
        path = tmp_path / "entier.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for row in range(300):
                sheet.write_string(row, 0, f"texte {row * 7919}")
        content = path.read_bytes()
        assert code(written(tmp_path, content[: int(len(content) * kept)], "coupé.xlsx")) == "CW-232"

    def test_a_zip_that_is_no_workbook(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        with zipfile.ZipFile(path, "w") as package:
            package.writestr("a.txt", "a")
        assert code(path) == "CW-232"

    def test_binary(self, tmp_path: Path) -> None:
        assert code(written(tmp_path, b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)) == "CW-232"

    def test_last_line_cut_short(self, tmp_path: Path) -> None:
        content = text(sample()).rstrip()
        assert code(written(tmp_path, content[: content.rindex(";Données") + 3])) == "CW-232"

    def test_cut_between_an_element_and_its_stages(self, tmp_path: Path) -> None:
        assert code(written(tmp_path, text([sample()[0]]))) == "CW-240"

    def test_a_stage_without_its_element(self, tmp_path: Path) -> None:
        assert code(written(tmp_path, text([*sample()[3:], stage("101", "Amont", "1")]))) == "CW-240"

    def test_column_renamed(self, tmp_path: Path) -> None:
        renamed = text(sample()).replace("Total poste non décomposé", "Total non décomposé")
        path = written(tmp_path, renamed)
        assert code(path) == "CW-235"
        with pytest.raises(CodedError, match="Le titre le plus proche dans le fichier : Total non décomposé"):
            imported(path)

    def test_column_missing(self, tmp_path: Path) -> None:
        assert (
            code(written(tmp_path, text(sample(), [name for name in HEADER if name != "CH4b"]))) == "CW-235"
        )

    def test_column_twice(self, tmp_path: Path) -> None:
        assert code(written(tmp_path, text(sample(), [*HEADER, "CO2f"]))) == "CW-236"

    def test_id_twice(self, tmp_path: Path) -> None:
        assert code(written(tmp_path, text([*sample(), element("102", "Acier inoxydable", "4")]))) == "CW-239"

    def test_two_decimal_signs(self, tmp_path: Path) -> None:
        assert code(written(tmp_path, text([*sample(), element("107", "Zinc", "2.9")]))) == "CW-237"

    def test_unknown_format(self, tmp_path: Path) -> None:
        assert code(written(tmp_path, "a;b\n1;2\n")) == "CW-234"

    def test_header_alone(self, tmp_path: Path) -> None:
        assert code(written(tmp_path, text([]))) == "CW-238"

    def test_no_version(self, tmp_path: Path) -> None:
        assert code(written(tmp_path, text(sample()), "base.csv")) == "CW-242"

    def test_missing_file(self, tmp_path: Path) -> None:
        assert code(tmp_path / "absent.csv") == "CW-232"


class TestRows:
    def test_a_number_turned_into_a_date_refuses_its_factor_only(self, tmp_path: Path) -> None:
        base = imported(written(tmp_path, text([*sample(), element("107", "Zinc", "02/01/2016")])))
        assert base.refused.set_index("id").at["107", "code"] == "CW-252"
        assert "107" not in set(base.factors["id"])
        assert len(base.factors) == 5

    def test_an_unreadable_stage_refuses_its_factor(self, tmp_path: Path) -> None:
        rows = sample()
        rows[1] = {**rows[1], "Total poste non décomposé": "janv-02"}
        base = imported(written(tmp_path, text(rows)))
        assert base.refused.set_index("id").at["101", "code"] == "CW-252"
        assert not len(base.stages)

    def test_unknown_unit_and_blank_value(self, tmp_path: Path) -> None:
        rows = [
            *sample(),
            element("107", "A", "1", **{"Unité français": "kgCO2e/brouette"}),
            element("108", "B", ""),
        ]
        refused = imported(written(tmp_path, text(rows))).refused.set_index("id")["code"]
        assert refused.to_dict() == {"106": "CW-250", "107": "CW-253", "108": "CW-251"}

    def test_triple_quotes_and_tabs_of_a_split_name(self, tmp_path: Path) -> None:
        assert clean('"""\tSalade César au poulet (salade verte"""') == "Salade César au poulet (salade verte"
        assert (
            clean('"""Barre céréalière """"équilibre"""" aux fruits"""')
            == "Barre céréalière équilibre aux fruits"
        )
        row = element("107", '"""\tSalade (verte"""', "1", **{"Nom attribut français": "fromage)"})
        base = imported(written(tmp_path, text([*sample(), row])))
        assert base.factors.set_index("id").at["107", "label"] == "Salade (verte, fromage)"

    @pytest.mark.parametrize(
        "label", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\tonglet", "'=déjà"]
    )
    def test_a_label_that_looks_like_a_formula_is_text(self, tmp_path: Path, label: str) -> None:
        from carbon_workbook.factors.imports.generic import export

        base = imported(written(tmp_path, text([*sample(), element("107", label, "1")])))
        kept = base.factors.set_index("id").at["107", "label"]
        assert kept == clean(label)
        again = export(base)
        cells = [cell for line in again.splitlines() for cell in line.split(";")]
        assert [c for c in cells if c[:1] in "=+@\t" and c] == []
        assert imported(written(tmp_path, again, "e.csv", "utf-8")).digest == base.digest
        assert base.factors.set_index("id").at["103", "total"] == -0.019


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("31/12/2023", "2023-12-31"),
        ("11/03/2022 00:00", "2022-03-11"),
        ("2022-03-11T00:00:00.000Z", "2022-03-11"),
        ("déc-18", "2018-12-31"),
        ("déc.-18", "2018-12-31"),
        ("31-mars-21", "2021-03-31"),
        ("31-janv-23", "2023-01-31"),
        ("juin-24", "2024-06-30"),
        ("Décembre 2017", "2017-12-31"),
        ("Année 2022", "2022-12-31"),
        ("2026", "2026-12-31"),
        (2026.0, "2026-12-31"),
        (44196.0, "2020-12-31"),
        ("45362", "2024-03-11"),
        ("Données valides pour l'année 2024", "2024-12-31"),
        (dt.datetime(2018, 12, 1), "2018-12-31"),
        ("01/12/2018", "2018-12-31"),
        (dt.date(2022, 3, 11), "2022-03-11"),
        ("3 ans", ""),
        ("5ème rapport du GIEC (2013)", ""),
        ("31/02/2023", ""),
        ("", ""),
    ],
)
def test_validity(cell: object, day: str) -> None:
    assert validity(cell) == day
