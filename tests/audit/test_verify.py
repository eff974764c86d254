"""A report against its workbook: the same, or what changed, by its name."""

from __future__ import annotations

import datetime as dt
import shutil
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from audit_cases import Made, Typed

from carbon_workbook.audit.seal import FACTORS, LINES, canonical, make_seal, parse_seal
from carbon_workbook.audit.verify import Verdict, journal_rows, seal_of, typed_registers, verify
from carbon_workbook.factors.catalogue import Catalogue, load_catalogue
from carbon_workbook.messages import CodedError
from carbon_workbook.report.docx import NAMESPACE, carried_seal, render_docx
from carbon_workbook.specs.spec import settings as setting_specs
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.safe_write import FOLDER

GAS_SHEET = "1.1 Combustion fixe"


def codes(verdict: Verdict) -> Counter[str]:
    return Counter(note.code for note in verdict.messages)


def of(verdict: Verdict, code: str) -> list[dict[str, object]]:
    return [dict(note.parameters) for note in verdict.messages if note.code == code]


def cell(evaluation: Evaluation, sheet: str, line_id: str, column: str) -> tuple[str, str]:
    """Title and reference of an entry cell of a line."""
    table = evaluation.content.table(sheet)
    lines = evaluation.inventory.lines
    row = int(lines.loc[lines["line_id"] == line_id, "row"].iloc[0])
    return table.title, f"{table.letters[column]}{row}"


def setting_cell(evaluation: Evaluation, key: str) -> tuple[str, str]:
    name = next(spec.name for spec in setting_specs() if spec.key == key)
    title, ref = evaluation.content.package.defined_names[name]
    return title, ref.replace("$", "")


@pytest.mark.parametrize("name", ["beges.docx", "esrs_e1.docx", "beges.html", "esrs_e1.html"])
def test_an_unchanged_workbook_matches_each_of_its_reports(demo: Made, typed: Typed, name: str) -> None:
    report = demo.report.with_name(name)
    verdict = verify(demo.evaluation, report)
    assert verdict.matches
    assert codes(verdict) == {"CW-810": 1}
    title, ref = cell(demo.evaluation, "combustion_fixe", "L00001", "quantity")
    after = verify(typed({title: {ref: 422_501}}), report)
    assert [found["line"] for found in of(after, "CW-815")] == ["L00001"]


@pytest.mark.parametrize(
    ("column", "value", "total_moves"), [("quantity", 422_501, True), ("evidence", "autre facture", False)]
)
def test_a_line_typed_over_is_named(
    demo: Made, typed: Typed, column: str, value: object, total_moves: bool
) -> None:
    title, ref = cell(demo.evaluation, "combustion_fixe", "L00001", column)
    verdict = verify(typed({title: {ref: value}}), demo.report)
    assert not verdict.matches
    assert [found["line"] for found in of(verdict, "CW-815")] == ["L00001"]
    assert ("CW-823" in codes(verdict)) is total_moves
    assert ("CW-827" in codes(verdict)) is total_moves
    assert not codes(verdict) & Counter(["CW-816", "CW-817", "CW-818", "CW-819", "CW-820"])


def test_lines_added_and_removed_are_named(demo: Made, typed: Typed) -> None:
    table = demo.evaluation.content.table("combustion_fixe")
    lines = demo.evaluation.inventory.lines
    row = int(lines.loc[lines["line_id"] == "L00002", "row"].iloc[0])
    gone = {f"{table.letters[column.key]}{row}": None for column in table.spec.entered}
    free = next(n for n, label in zip(table.numbers, table.rows["label"], strict=True) if label is None)
    typed_row = {
        "label": "Groupe",
        "quantity": 12,
        "unit": "kWh PCS",
        "factor": "37133",
        "site": "Saint-Priest",
    }
    new = {f"{table.letters[key]}{free}": value for key, value in typed_row.items()}
    verdict = verify(typed({table.title: {**gone, **new}}), demo.report)
    assert [found["line"] for found in of(verdict, "CW-817")] == ["L00002"]
    assert len(of(verdict, "CW-816")) == 1
    assert not of(verdict, "CW-815")


def test_a_setting_and_a_register_row_are_named(demo: Made, typed: Typed) -> None:
    title, ref = setting_cell(demo.evaluation, "headcount")
    verdict = verify(typed({title: {ref: 999}}), demo.report)
    label = next(spec.label for spec in setting_specs() if spec.key == "headcount")
    assert [found["setting"] for found in of(verdict, "CW-818")] == [label]
    sites = demo.evaluation.content.package.table("tbl_sites")
    top, left, _, _ = sites.bounds
    column = left + 3
    changed = verify(typed({sites.sheet: {cell_ref(top + 1, column): "12345"}}), demo.report)
    named = of(changed, "CW-819")
    assert [found["register"] for found in named] == ["Sites"]
    assert named[0]["row"] == demo.evaluation.content.sites["site"].iloc[0]


def test_a_row_with_several_keys_is_named_by_all_of_them(demo: Made, typed: Typed) -> None:
    table = demo.evaluation.content.package.table("tbl_historique")
    top, left, _, _ = table.bounds
    column = left + table.columns.index("Total (tCO2e)")
    verdict = verify(typed({table.sheet: {cell_ref(top + 1, column): 600.0}}), demo.report)
    named = of(verdict, "CW-819")
    assert [(found["register"], found["row"]) for found in named] == [("Historique", "2023 · BEGES · 1.1")]


def test_what_refresh_writes_in_a_register_is_no_input(demo: Made) -> None:
    content = demo.evaluation.content
    other = content.categories.assign(estimate=1.0)
    moved = replace(content, registers={**content.registers, "categories": other})
    assert seal_of(replace(demo.evaluation, content=moved)) == seal_of(demo.evaluation)


def other_figures(catalogue: Catalogue, factor: str) -> Catalogue:
    """The catalogue with one factor 1 % heavier."""
    stages = catalogue.stages.copy()
    where = stages["factor_id"] == factor
    numbers = ["total", "co2_fossil", "unsplit"]
    stages.loc[where, numbers] = stages.loc[where, numbers] * 1.01
    return Catalogue(catalogue.table, stages, catalogue.series, catalogue.version)


def test_a_factor_that_changed_is_named_though_no_input_did(demo: Made) -> None:
    later = evaluate(demo.evaluation.content, other_figures(load_catalogue(), "37133"))
    verdict = verify(later, demo.report)
    assert [found["factor"] for found in of(verdict, "CW-820")] == ["37133"]
    assert not of(verdict, "CW-814")
    assert of(verdict, "CW-823")


def test_another_factor_for_a_line_is_told_on_both_sides(demo: Made, typed: Typed) -> None:
    lines = demo.evaluation.inventory.counted
    alone = lines["factor_id"].astype(str).value_counts()
    single = alone.index[alone == 1]
    line = lines[lines["factor_id"].astype(str).isin(single) & (lines["sheet"] == "cat06")].iloc[0]
    title, ref = cell(demo.evaluation, "cat06", line["line_id"], "factor")
    verdict = verify(typed({title: {ref: "43773" if line["factor_id"] != "43773" else "43762"}}), demo.report)
    assert [found["factor"] for found in of(verdict, "CW-822")] == [line["factor_id"]]


def test_a_result_typed_over_is_seen(demo: Made, typed: Typed) -> None:
    row = at.beges_rows()[-1].row
    verdict = verify(typed({at.BEGES: {f"H{row}": 12.5}}), demo.report)
    assert not verdict.matches
    note = next(note for note in verdict.messages if note.code == "CW-827")
    assert (note.sheet, note.cell) == (at.BEGES, f"H{row}")
    assert codes(verdict)["CW-810"] == 1


def test_an_earlier_row_of_the_journal_does_not_change(demo: Made, typed: Typed) -> None:
    first = at.JOURNAL_HEADER + 1
    changed = verify(typed({at.JOURNAL: {f"E{first}": "autre valeur"}}), demo.report)
    assert codes(changed)["CW-825"] == 1
    noted = verify(typed({at.JOURNAL: {f"F{first}": "motif écrit après coup"}}), demo.report)
    assert noted.matches
    count = len(journal_rows(demo.evaluation.content.package))
    added = {f"C{first + count}": "Ligne de plus", f"E{first + count}": "x"}
    assert verify(typed({at.JOURNAL: added}), demo.report).matches


def test_the_journal_goes_on_from_that_of_the_last_backup(demo: Made, tmp_path: Path, typed: Typed) -> None:
    (tmp_path / FOLDER).mkdir()
    backup = tmp_path / FOLDER / f"{demo.path.stem}.20240101-000000.sauvegarde{demo.path.suffix}"
    shutil.copyfile(demo.path, backup)
    assert verify(typed({}), demo.report).matches
    changed = typed({at.JOURNAL: {f"C{at.JOURNAL_HEADER + 1}": "autre objet"}})
    assert codes(verify(changed, demo.report))["CW-826"] == 1
    backup.write_bytes(b"not a workbook")
    assert not codes(verify(changed, demo.report))["CW-826"]


def without(report: Path, target: Path, *prefixes: str) -> Path:
    """A copy of a document without some parts."""
    with zipfile.ZipFile(report) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            if not name.startswith(prefixes):
                copy.writestr(name, source.read(name))
    return target


def test_a_report_without_its_seal(demo: Made, typed: Typed, tmp_path: Path) -> None:
    printed = without(demo.report, tmp_path / "pied.docx", "customXml/item2")
    assert codes(verify(demo.evaluation, printed)) == {"CW-813": 1}
    title, ref = cell(demo.evaluation, "combustion_fixe", "L00001", "quantity")
    assert codes(verify(typed({title: {ref: 1}}), printed))["CW-814"] == 1
    bare = without(demo.report, tmp_path / "nu.docx", "customXml/item2", "word/footer")
    verdict = verify(demo.evaluation, bare)
    assert codes(verdict) == {"CW-812": 1}
    assert not verdict.matches


def test_what_is_no_document_is_refused(demo: Made, tmp_path: Path) -> None:
    for name, content in (("texte.docx", b"texte"), ("vide.docx", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CodedError) as refused:
            verify(demo.evaluation, tmp_path / name)
        assert refused.value.message.code == "CW-811"
    with pytest.raises(CodedError):
        verify(demo.evaluation, demo.path)


def test_a_report_used_as_template_hands_on_no_seal(demo: Made, tmp_path: Path) -> None:
    again = tmp_path / "refait.docx"
    again.write_bytes(render_docx(demo.report, {}, seal='{"format":0}'))
    assert carried_seal(again)[0] == '{"format":0}'
    with zipfile.ZipFile(again) as package:
        held = [name for name in package.namelist() if NAMESPACE.encode() in package.read(name)]
    assert len([name for name in held if "Props" not in name]) == 1


# --- The seal ------------------------------------------------------------------------------------------------------


def test_the_seal_reads_back_and_ignores_what_is_not_one(demo: Made) -> None:
    seal = seal_of(demo.evaluation)
    assert parse_seal(seal.text()) == replace(seal)
    assert seal.text().isascii()
    for text in ("", "{}", "[]", "null", '{"format": 99}', '{"format": 1}', seal.text()[:-5]):
        assert parse_seal(text) is None


def test_marks_are_short_and_complete(demo: Made) -> None:
    seal = seal_of(demo.evaluation)
    assert set(seal.marks[LINES]) == set(demo.evaluation.inventory.lines["line_id"])
    assert {"37133", "43642"} <= set(seal.marks[FACTORS])
    assert {len(mark) for items in seal.marks.values() for mark in items.values()} == {4}


def test_the_order_of_the_rows_does_not_count(demo: Made) -> None:
    evaluation = demo.evaluation
    content = evaluation.content
    entries, numbers = [], {}
    for table in content.entries:
        order = list(reversed(range(len(table.rows))))
        entries.append(replace(table, rows=table.rows.iloc[order].reset_index(drop=True)))
        rows = table.numbers
        numbers |= {(table.title, rows[old]): rows[new] for new, old in enumerate(order)}
    lines = evaluation.inventory.lines
    moved = lines.assign(
        row=[numbers[key] for key in zip(lines["title"].astype(str), lines["row"], strict=True)]
    )
    inventory = replace(evaluation.inventory, lines=moved)
    registers = {name: table.iloc[::-1] for name, table in typed_registers(content).items()}
    journal = journal_rows(content.package)
    seal = make_seal(inventory, evaluation.views, content.settings, entries, registers, journal)
    assert seal == seal_of(evaluation)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (5.0, 5),
        ("", None),
        (float("nan"), pd.NaT),
        (dt.datetime(2024, 1, 31), dt.date(2024, 1, 31)),
        (" texte ", "texte"),
        (0.1 + 0.2, 0.3),
    ],
)
def test_values_that_are_the_same_have_one_text(one: object, other: object) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(5, 6), (1.5, "1,50"), (True, 1), (0, None), (dt.date(2024, 1, 1), dt.date(2024, 1, 2))],
)
def test_values_that_differ_have_two_texts(one: object, other: object) -> None:
    assert canonical(one) != canonical(other)


# --- The figures of the text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["beges.docx", "beges.html", "esrs_e1.docx"])
def test_a_figure_typed_over_in_the_report_is_named(demo: Made, tmp_path: Path, name: str) -> None:
    kg = seal_of(demo.evaluation).totals["beges" if "beges" in name else "ghgp"]
    before = f"{kg / 1000:,.1f}".replace(",", "\u202f").replace(".", ",")
    report = retyped(demo.report.with_name(name), tmp_path, before, "99\u202f999,9")
    verdict = verify(demo.evaluation, report)
    assert not verdict.matches
    told = of(verdict, "CW-828")
    assert before.replace("\u202f", "") in str(told[0]["gone"])
    assert "99999,9" in str(told[0]["new"])
    assert "CW-810" not in codes(verdict)


@pytest.mark.parametrize("name", ["beges.docx", "beges.html"])
def test_what_the_user_adds_to_a_report_changes_nothing(demo: Made, tmp_path: Path, name: str) -> None:
    end = "</body>" if name.endswith("html") else "<w:sectPr"
    new = f"<w:p><w:r><w:t>Le 3 mai 2025, 12\u202f345,6 euros</w:t></w:r></w:p>{end}"
    report = retyped(demo.report.with_name(name), tmp_path, end, new, last=True)
    assert codes(verify(demo.evaluation, report)) == {"CW-810": 1}


def test_a_number_cut_in_several_runs_is_the_same_number(demo: Made, tmp_path: Path) -> None:
    cut = "30\u202f805</w:t></w:r><w:r><w:t>,7"
    report = retyped(demo.report, tmp_path, "30\u202f805,7", cut)
    assert codes(verify(demo.evaluation, report)) == {"CW-810": 1}


def test_a_report_of_before_figures_were_carried_is_compared_by_its_seal(demo: Made, tmp_path: Path) -> None:
    with zipfile.ZipFile(demo.report) as package:
        carrier = next(
            n for n in package.namelist() if NAMESPACE.encode() in package.read(n) and "Props" not in n
        )
        xml = package.read(carrier).decode()
    figures = xml[xml.index("\n", xml.index("<empreinte")) : xml.index("</empreinte>")]
    report = retyped(demo.report, tmp_path, figures, "", part=carrier)
    assert codes(verify(demo.evaluation, report)) == {"CW-810": 1}


def retyped(
    report: Path,
    folder: Path,
    before: str,
    after: str,
    *,
    last: bool = False,
    part: str = "word/document.xml",
) -> Path:
    """A copy of a report where a text of its body is replaced, everywhere or at its ``last`` place."""
    copy = folder / report.name
    if report.suffix == ".html":
        copy.write_text(_replaced(report.read_text(encoding="utf-8"), before, after, last), encoding="utf-8")
        return copy
    with zipfile.ZipFile(report) as package, zipfile.ZipFile(copy, "w") as made:
        for name in package.namelist():
            content = package.read(name)
            if name == part:
                content = _replaced(content.decode("utf-8"), before, after, last).encode("utf-8")
            made.writestr(name, content)
    return copy


def _replaced(text: str, before: str, after: str, last: bool) -> str:
    assert before in text
    return after.join(text.rsplit(before, 1)) if last else text.replace(before, after)
