"""Each thing that can be wrong with a set-up has its line, its level and its remedy; a good one has none."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner
from set_ups import BOOK, BROKEN, CONFIGURATION, GOOD, MACHINE, configuration_with

from carbon_workbook.cli import main
from carbon_workbook.install.doctor import Book, Level, Line, Machine, blocks, diagnose
from carbon_workbook.install.probe import book as read_book
from carbon_workbook.install.probe import machine as read_machine
from carbon_workbook.install.probe import zone
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build import WorkbookData, build
from carbon_workbook.workbook.package import open_package, read_sheet
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.refresh import refresh
from carbon_workbook.workbook.upgrade import upgrade

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = re.compile(r"CW-\d{3}")


def levels(lines: list[Line]) -> dict[str, Level]:
    """Level of each code that the lines name."""
    return {code: line.level for line in lines for code in CODE.findall(line.text)}


def test_a_good_set_up_is_all_well() -> None:
    _, machine, book = GOOD
    lines = diagnose(machine, book)
    assert {line.level for line in lines} == {Level.OK}
    assert len({line.subject for line in lines}) == len(lines) >= 12
    assert not blocks(lines)


@pytest.mark.parametrize(("machine", "book", "code"), [b[1:] for b in BROKEN], ids=[b[3] for b in BROKEN])
def test_a_broken_set_up_is_blocked_and_told_what_to_do(machine: Machine, book: Book, code: str) -> None:
    lines = diagnose(machine, book)
    assert levels(lines)[code] is Level.BLOCKING
    assert blocks(lines)
    assert all(line.remedy for line in lines if line.level is not Level.OK)


CASES: tuple[tuple[str, Level, Machine, Book], ...] = (
    ("CW-761", Level.BLOCKING, replace(MACHINE, interpreter_exists=False), BOOK),
    ("CW-761", Level.BLOCKING, MACHINE, replace(BOOK, interpreter_exists=False)),
    ("CW-762", Level.BLOCKING, replace(MACHINE, libraries={}), BOOK),
    ("CW-763", Level.WARNING, replace(MACHINE, office_bits=None), BOOK),
    ("CW-765", Level.BLOCKING, MACHINE, replace(BOOK, configuration=configuration_with({"PYTHONPATH": ""}))),
    ("CW-766", Level.BLOCKING, MACHINE, replace(BOOK, zone=3)),
    ("CW-768", Level.BLOCKING, MACHINE, replace(BOOK, path="C:\\" + 220 * "a")),
    ("CW-769", Level.WARNING, MACHINE, replace(BOOK, path=r"C:\Users\camille\OneDrive - Société\b.xlsm")),
    ("CW-770", Level.WARNING, MACHINE, replace(BOOK, path="https://societe.example/sites/b.xlsm")),
    ("CW-772", Level.WARNING, replace(MACHINE, asr=2), BOOK),
    ("CW-774", Level.WARNING, replace(MACHINE, decimal=".", separator=","), BOOK),
    ("CW-776", Level.WARNING, MACHINE, replace(BOOK, signed=True)),
    ("CW-777", Level.WARNING, replace(MACHINE, xlwings="0.37.9"), BOOK),
    ("CW-778", Level.WARNING, replace(MACHINE, interpreter=r"C:\x\WindowsApps\pythonw.exe"), BOOK),
    ("CW-779", Level.WARNING, MACHINE, replace(BOOK, schema=at.SCHEMA - 1)),
    ("CW-780", Level.WARNING, replace(MACHINE, system="Darwin"), BOOK),
    ("CW-459", Level.WARNING, MACHINE, replace(BOOK, base="2020-01")),
    (
        "CW-783", Level.WARNING, MACHINE,
        replace(BOOK, configuration=configuration_with({"ADD_WORKBOOK_TO_PYTHONPATH": "True"})),
    ),
    (
        "CW-630", Level.BLOCKING, MACHINE,
        replace(BOOK, configuration=configuration_with({"PYTHONPATH": "C:" + 250 * r"\longue"})),
    ),
)  # fmt: skip


@pytest.mark.parametrize(("code", "level", "machine", "book"), CASES, ids=[case[0] for case in CASES])
def test_one_fault_gives_its_line_alone(code: str, level: Level, machine: Machine, book: Book) -> None:
    assert levels(diagnose(machine, book)) == {code: level}


def test_a_workbook_without_macros_needs_no_configuration() -> None:
    lines = diagnose(MACHINE, replace(BOOK, macros=False, configuration=None, vba="", zone=3))
    assert {line.level for line in lines} == {Level.OK}


def test_the_first_zones_of_windows_are_trusted() -> None:
    assert not blocks(diagnose(MACHINE, replace(BOOK, zone=1)))


def test_a_mark_of_the_web_is_read_from_its_stream(tmp_path: Path) -> None:
    path = tmp_path / "recu.xlsm"
    path.touch()
    assert zone(path) is None
    Path(f"{path}:Zone.Identifier").write_text(
        "[ZoneTransfer]\nZoneId=3\nReferrerUrl=about\n", encoding="utf-8"
    )
    assert zone(path) == 3


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("doctor") / "classeur.xlsm"
    build(path, data=WorkbookData({"year": 2024}, entries={"cat01": [{"label": "acier"}]}))
    return path


def test_a_built_workbook_is_read(built: Path) -> None:
    found = read_book(str(built), lambda path: 3)
    assert found.zone == 3
    assert found.macros
    assert not found.signed
    assert found.schema == at.SCHEMA
    assert found.configuration is not None
    assert set(CONFIGURATION) <= set(found.configuration)
    lines = levels(
        diagnose(replace(MACHINE, base=found.base), replace(found, zone=None, interpreter_exists=True))
    )
    assert lines == {}


def test_a_workbook_that_is_not_ours_is_blocked(tmp_path: Path) -> None:
    path = tmp_path / "budget.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet().write(0, 0, "Budget")
    book.close()
    found = levels(diagnose(MACHINE, read_book(str(path), lambda path: None)))
    assert found["CW-450"] is Level.BLOCKING


def test_the_template_names_the_library_that_is_installed(built: Path) -> None:
    machine = read_machine(built.parent / "nulle-part")
    found = read_book(str(built))
    assert f'"xlwings64-{machine.xlwings}.dll"' in found.vba
    assert "CW-777" not in levels(diagnose(replace(MACHINE, xlwings=machine.xlwings), found))


def test_without_its_configuration_sheet_a_workbook_is_computed_and_upgrade_makes_it_again(
    built: Path, tmp_path: Path
) -> None:
    path = tmp_path / "sans_configuration.xlsm"
    path.write_bytes(_renamed(built.read_bytes(), path))
    assert read_book(str(path)).configuration is None
    assert refresh(path).evaluation.refused == 1
    done = upgrade(path)
    assert [note.code for note in done.left] == ["CW-787"] or not done.left
    assert read_book(str(done.path)).configuration is not None


def _renamed(content: bytes, path: Path) -> bytes:
    """The workbook whose configuration sheet has lost its name: to the xlwings module, it is not there."""
    path.write_bytes(content)
    package = open_package(path)
    part = package.workbook_part
    text = package.parts[part].replace(f'name="{at.XLWINGS}"'.encode(), b'name="ancienne"')
    return package.with_parts({part: text}).packed()


def test_an_empty_key_is_told_and_upgrade_fills_it(built: Path, tmp_path: Path) -> None:
    path = tmp_path / "cle_vide.xlsm"
    path.write_bytes(built.read_bytes())
    package = open_package(path)
    assert read_sheet(package, at.XLWINGS).value("A1") == "INTERPRETER_WIN"
    path.write_bytes(package.with_parts(patch(package, {at.XLWINGS: {"B1": None}})).packed())
    assert levels(diagnose(MACHINE, read_book(str(path))))["CW-765"] is Level.BLOCKING
    assert upgrade(path).left == ()
    found = read_book(str(path)).configuration
    assert found is not None
    assert found["INTERPRETER_WIN"]


def test_the_command_ends_in_1_when_something_blocks(built: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["doctor", str(built), "--dossier", str(tmp_path / "nulle-part")])
    assert done.exit_code == 1
    assert "bloquant" in done.output
    assert "CW-760" in done.output


def test_the_command_tells_an_address_and_an_absent_file(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["doctor", "https://societe.example/b.xlsm", "--dossier", str(tmp_path)])
    assert "CW-770" in told.output
    absent = CliRunner().invoke(main, ["doctor", str(tmp_path / "absent.xlsm")])
    assert absent.exit_code == 1
    assert "CW-401" in absent.output


def test_the_installation_page_is_in_step() -> None:
    spec = importlib.util.spec_from_file_location(
        "make_installation", ROOT / "scripts" / "make_installation_doc.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (ROOT / "docs" / "installation.md").read_text(encoding="utf-8")
    assert page == module.document(page), "lancer scripts/make_installation_doc.py"
