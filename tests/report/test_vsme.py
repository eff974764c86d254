"""VSME: names and units of the taxonomy, facts by their schema, and EFRAG's template filled without damage."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import xlsxwriter
from click.testing import CliRunner

from carbon_workbook.audit.verify import seal_of
from carbon_workbook.cli import main
from carbon_workbook.demo.company import demo_data
from carbon_workbook.messages import CodedError
from carbon_workbook.report.facts import Value, facts, facts_json, published, years_of
from carbon_workbook.resources import packaged
from carbon_workbook.specs.vsme import AXES, CURRENT, concepts, entry_point, half_up
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook import vsme_layout as place
from carbon_workbook.workbook.build import WorkbookData, build
from carbon_workbook.workbook.efrag_template import SCHEMA, fill_template
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.origins import Figures
from carbon_workbook.workbook.package import Package, open_package, parse_package, read_sheet
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.refresh import refresh
from carbon_workbook.workbook.vsme_cells import vsme_values

NAMES = Path(__file__).parent.parent / "cases" / "vsme_names.csv"
SHEET = "Environmental Disclosures"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fcffff3f0300050001ff"
    "0d0a2db40000000049454e44ae426082"
)
FORMULAS = (
    "TotalGrossLocationBasedScope1AndScope2GHGEmissions",
    "TotalGrossMarketBasedScope1AndScope2GHGEmissions",
)


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vsme") / "demo.xlsx"
    build(path, data=demo_data(), macros=False)
    refresh(path)
    return path


@pytest.fixture(scope="module")
def evaluation(workbook: Path) -> Evaluation:
    return evaluate(read_workbook(workbook))


@pytest.fixture(scope="module")
def values(evaluation: Evaluation) -> Mapping[str, Value]:
    return vsme_values(evaluation, Figures(evaluation.inventory, evaluation.views))


def read_names() -> dict[str, str]:
    """Unit by name, as read in the taxonomy and the converter's own expected facts."""
    with NAMES.open(encoding="utf-8", newline="") as stream:
        return {row["name"]: row["unit"] for row in csv.DictReader(stream, delimiter=";")}


class TestNames:
    def test_every_name_read_in_the_taxonomy_has_its_unit(self) -> None:
        assert {one.name: one.unit for one in concepts()} == read_names()
        assert len(concepts()) == len(read_names()) == 45

    def test_every_name_stands_in_the_workbook_on_its_cell(self, workbook: Path) -> None:
        names = open_package(workbook).defined_names
        assert {name: names[name] for name in read_names()} == {
            one.name: (at.VSME, place.place_of(one)) for one in concepts()
        }

    def test_the_unit_beside_each_cell_is_that_of_the_taxonomy(self, workbook: Path) -> None:
        sheet = read_sheet(open_package(workbook), at.VSME)
        for group in place.groups():
            for row, found in enumerate(group.rows, start=group.first):
                for one in found.values():
                    assert (sheet.rows[row].get(place.UNIT) or "") == place.UNITS[read_names()[one.name]]

    def test_a_total_names_parts_that_exist_in_its_own_period(self) -> None:
        by_name = {one.name: one for one in concepts()}
        for one in filter(lambda one: one.adds, concepts()):
            parts = [by_name[part] for part in one.adds.replace("/", "+").split("+")]
            assert len(parts) >= 2
            assert {part.period for part in parts} == {one.period}

    def test_only_members_with_an_axis_make_a_dimension(self) -> None:
        assert {one.member for one in concepts() if one.axis} == set(AXES)


class TestSheet:
    def test_values_are_those_of_the_views(self, evaluation: Evaluation, values: Mapping[str, Value]) -> None:
        views = evaluation.views
        scope1, location = views["ghgp"].kg("S1") / 1000, views["ghgp"].kg("S2") / 1000
        market = views["ghgp_market"].kg("S2") / 1000
        assert values["GrossScope1GreenhouseGasEmissions"] == pytest.approx(scope1)
        assert values[FORMULAS[0]] == pytest.approx(scope1 + location)
        assert values[FORMULAS[1]] == pytest.approx(scope1 + market)
        total = values["TotalGrossLocationBasedGHGEmissions_CurrentlyStatedMember"]
        assert total == pytest.approx(27725.3, abs=0.05)
        assert values["TotalLocationBasedGreenhouseGasEmissionsIntensityValue"] == pytest.approx(total / 64e6)

    def test_energy_adds_up_and_renewable_needs_proof(self, values: Mapping[str, Value]) -> None:
        parts = 0.0
        for source in ("Electricity", "SelfGeneratedElectricity", "Fuels"):
            name = f"EnergyConsumptionFrom{source}_"
            whole = values[f"{name}TotalRenewableAndNonRenewableEnergyMember"]
            split = values[f"{name}RenewableEnergyMember"] + values[f"{name}NonRenewableEnergyMember"]
            assert whole == pytest.approx(split)
            parts += whole
        assert values["TotalEnergyConsumption"] == pytest.approx(parts)
        assert values["TotalEnergyConsumption"] == pytest.approx(8550, abs=5)

    def test_base_and_target_come_from_history_and_objectives(self, values: Mapping[str, Value]) -> None:
        base, target = f"{FORMULAS[0]}_BaselineYearMember", f"{FORMULAS[0]}_TargetYearMember"
        assert values["GreenhouseGasEmissionReductionTargetBaseYear"] == 2022
        assert values["GreenhouseGasEmissionReductionTargetYear"] == 2030
        assert values[target] == pytest.approx(0.7 * values[base])
        assert values["GrossScope1GreenhouseGasEmissions_TargetYearMember"] is None

    def test_without_objectives_base_and_target_stay_blank(self, tmp_path: Path) -> None:
        path = tmp_path / "sans.xlsx"
        build(path, data=replace(demo_data(), targets=(), history=()), macros=False)
        refresh(path)
        sheet = read_sheet(open_package(path), at.VSME)
        cells = [place.place_of(one) for one in concepts() if one.period != CURRENT]
        assert {sheet.value(ref) for ref in cells} == {None}

    def test_an_empty_workbook_says_what_is_missing_and_writes_no_text_among_numbers(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "vide.xlsx"
        build(path, data=WorkbookData(settings={"year": 2024}), macros=False)
        refresh(path)
        sheet = read_sheet(open_package(path), at.VSME)
        for one in concepts():
            value = sheet.value(place.place_of(one))
            assert value is None or isinstance(value, float), one.name
        states = {cells.get(place.STATE) for cells in sheet.rows.values()}
        assert place.TO_COMPLETE in states

    def test_a_workbook_made_before_the_sheet_is_refreshed_without_it(
        self, workbook: Path, tmp_path: Path
    ) -> None:
        old = tmp_path / "ancien.xlsx"
        package = open_package(workbook)
        part = package.workbook_part
        text = package.parts[part].decode()
        for name in (at.RESULT_NAMES[at.VSME], at.RESULT_NAMES[at.FORM]):
            text = text.replace(f'name="{name}"', f'name="{name}_autre"')
        old.write_bytes(package.with_parts({part: text.encode()}).packed())
        assert refresh(old).written == 0


class TestFacts:
    @pytest.fixture
    def found(self, evaluation: Evaluation, values: Mapping[str, Value]) -> dict[str, object]:
        years = years_of(evaluation.inventory.year, values)
        return json.loads(facts_json(facts(values, evaluation.inventory, seal_of(evaluation), years)))

    def test_they_follow_their_schema(self, found: dict[str, object]) -> None:
        schema = json.loads((packaged("report") / "facts.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.Draft202012Validator(schema).validate(found)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(schema).validate({**found, "facts": [{"concept": "vsme:X"}]})

    def test_every_name_is_a_fact_or_is_listed_as_missing(self, found: dict[str, object]) -> None:
        told = [fact["name"] for fact in found["facts"]]
        assert sorted([*told, *found["missing"]]) == sorted(read_names())
        assert {fact["name"]: fact["unit"] or "" for fact in found["facts"]}.items() <= read_names().items()

    def test_a_value_has_no_more_digits_than_its_decimals_say(self, found: dict[str, object]) -> None:
        for fact in found["facts"]:
            if fact["decimals"] is not None:
                assert fact["value"] == half_up(fact["value"], fact["decimals"]), fact["name"]

    def test_base_and_target_have_their_own_year_and_dimension(self, found: dict[str, object]) -> None:
        by_name = {fact["name"]: fact for fact in found["facts"]}
        base = by_name[f"{FORMULAS[0]}_BaselineYearMember"]
        assert base["period"] == {"start": "2022-01-01", "end": "2022-12-31"}
        assert base["dimensions"] == {"vsme:ReportingScopesAxis": "vsme:BaselineYearMember"}
        now = by_name["GrossScope3GreenhouseGasEmissions_CurrentlyStatedMember"]
        assert now["dimensions"] == {}
        assert now["period"]["start"] == "2024-01-01"
        assert by_name["NumberOfEmployees"]["period"] == {"start": "2024-12-31", "end": "2024-12-31"}

    def test_the_head_says_what_they_come_from(
        self, found: dict[str, object], evaluation: Evaluation
    ) -> None:
        assert found["seal"]["inputs"] == seal_of(evaluation).inputs
        assert found["taxonomy"]["entry_point"] == entry_point()
        assert "non vérifiée" in found["taxonomy"]["note"]
        assert found["entity"] == {
            "name": "Aéralpe Systèmes SAS (société fictive)",
            "identifier": "000000000",
            "scheme": "SIREN",
        }


def write_template(
    path: Path, *, version: str = "", without: tuple[str, ...] = (), typed: bool = False
) -> Path:
    """A workbook with EFRAG's names and habits: placeholders, formulas, lists elsewhere, picture, hidden sheets."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet(SHEET)
    hidden, deep = book.add_worksheet("Translations"), book.add_worksheet("Technical Sheet")
    hidden.hide()
    deep.very_hidden()
    hidden.write_column("A1", ["Oui", "Non"])
    sheet.insert_image("Z1", "logo.png", {"image_data": io.BytesIO(PNG)})
    sheet.data_validation("B2", {"validate": "list", "source": "=Translations!$A$1:$A$2"})
    deep.write("A1", version or entry_point())
    book.define_name(SCHEMA, "='Technical Sheet'!$A$1")
    bold = book.add_format({"bold": True})
    for row, one in enumerate(concepts(), start=1):
        if one.name in without:
            continue
        if one.concept in FORMULAS and one.period == CURRENT:
            sheet.write_formula(row, 3, f"=D{row - 1}+1", bold, 0)
        else:
            sheet.write(row, 3, 12.5 if typed and row == 1 else "-", bold)
        book.define_name(one.name, f"='{SHEET}'!$D${row + 1}")
    book.close()
    with_extension(path)
    return path


def with_extension(path: Path) -> None:
    """The validation that only the extension list of a sheet holds, which openpyxl drops when it saves."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    extension = (
        b'<extLst><ext xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
        b'uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"><x14:dataValidations count="1" '
        b'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:dataValidation type="list">'
        b"<x14:formula1><xm:f>Translations!$A$1:$A$2</xm:f></x14:formula1><xm:sqref>B3</xm:sqref>"
        b"</x14:dataValidation></x14:dataValidations></ext></extLst></worksheet>"
    )
    parts[name] = parts[name].replace(b"</worksheet>", extension)
    # What the template does not ask for is seen to be added.
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)


def cell_of(package: Package, name: str) -> object:
    title, ref = package.defined_names[name]
    return read_sheet(package, title).value(ref)


class TestTemplate:
    def test_every_cell_has_its_value_and_everything_else_its_bytes(
        self, values: Mapping[str, Value], tmp_path: Path
    ) -> None:
        package = open_package(write_template(tmp_path / "modele.xlsx"))
        filled = fill_template(package, values)
        copy = parse_package(filled.content)
        for one in concepts():
            value, wanted = cell_of(copy, one.name), published(one, values[one.name])
            if one.concept in FORMULAS and one.period == CURRENT:
                assert read_sheet(copy, SHEET).has_formula(copy.defined_names[one.name][1])
            else:
                assert value == (wanted if wanted is not None else "-"), one.name
        changed = {name for name in package.parts if package.parts[name] != copy.parts[name]}
        assert changed == {"xl/worksheets/sheet1.xml", "xl/workbook.xml"}
        before, after = (
            one.parts["xl/worksheets/sheet1.xml"].split(b"</sheetData>")[1] for one in (package, copy)
        )
        assert b"x14:dataValidation" in after
        assert before == after
        assert lint(copy) == lint(package)

    def test_the_workbook_part_only_asks_for_a_calculation(
        self, values: Mapping[str, Value], tmp_path: Path
    ) -> None:
        package = open_package(write_template(tmp_path / "modele.xlsx"))
        part = parse_package(fill_template(package, values).content).parts["xl/workbook.xml"]
        assert part.count(b' fullCalcOnLoad="1"') == 1
        assert part.replace(b' fullCalcOnLoad="1"', b"") == package.parts["xl/workbook.xml"]

    def test_a_formula_that_would_give_another_figure_is_told(
        self, values: Mapping[str, Value], tmp_path: Path
    ) -> None:
        package = open_package(write_template(tmp_path / "modele.xlsx"))
        uneven = {**values, "GrossScope1GreenhouseGasEmissions": 10.04,
                  "GrossLocationBasedScope2GreenhouseGasEmissions": 10.04, FORMULAS[0]: 20.08}  # fmt: skip
        told = self.told(package, uneven)
        assert len(told) == 1
        assert "20,0" in told[0]
        assert "20,1" in told[0]
        even = {**uneven, "GrossScope1GreenhouseGasEmissions": 10.0, FORMULAS[0]: 20.04}
        assert self.told(package, even) == []

    def told(self, package: Package, values: Mapping[str, Value]) -> list[str]:
        notes = fill_template(package, values).notes
        return [note.sentence for note in notes if note.code == "CW-553" and FORMULAS[0] in note.sentence]

    def test_another_version_is_told_and_its_missing_names_listed(
        self, values: Mapping[str, Value], tmp_path: Path
    ) -> None:
        old = "https://xbrl.efrag.org/taxonomy/vsme/2025-07-30/vsme-all.xsd"
        path = write_template(tmp_path / "ancien.xlsx", version=old, without=("TotalEnergyConsumption",))
        filled = fill_template(open_package(path), values)
        said = {note.code: str(note) for note in filled.notes}
        assert old in said["CW-551"]
        assert "TotalEnergyConsumption (G5)" in said["CW-552"]
        assert "TotalEnergyConsumption" not in filled.written
        assert "GrossScope1GreenhouseGasEmissions" in filled.written

    def test_the_known_version_is_not_told(self, values: Mapping[str, Value], tmp_path: Path) -> None:
        package = open_package(write_template(tmp_path / "modele.xlsx"))
        assert not {"CW-551", "CW-552", "CW-555"} & {
            note.code for note in fill_template(package, values).notes
        }

    def test_a_figure_that_the_user_had_typed_is_told(
        self, values: Mapping[str, Value], tmp_path: Path
    ) -> None:
        package = open_package(write_template(tmp_path / "modele.xlsx", typed=True))
        notes = [note for note in fill_template(package, values).notes if note.code == "CW-555"]
        assert [(note.sheet, note.cell) for note in notes] == [(SHEET, "D2")]

    def test_a_file_without_our_names_is_no_template(
        self, values: Mapping[str, Value], tmp_path: Path
    ) -> None:
        path = tmp_path / "autre.xlsx"
        book = xlsxwriter.Workbook(str(path))
        book.add_worksheet()
        book.close()
        with pytest.raises(CodedError) as refusal:
            fill_template(open_package(path), values)
        assert refusal.value.message.code == "CW-550"


class TestCommand:
    def run(self, *arguments: object) -> tuple[int, str]:
        done = CliRunner().invoke(main, [str(one) for one in arguments])
        return done.exit_code, done.output

    def test_it_writes_facts_and_the_copy_and_leaves_the_template(
        self, workbook: Path, tmp_path: Path
    ) -> None:
        template = write_template(tmp_path / "modele.xlsx")
        before = template.read_bytes()
        target, copy = tmp_path / "faits.json", tmp_path / "copie.xlsx"
        code, said = self.run("vsme", workbook, "--facts", target, "--modele", template, "--vers", copy)
        assert code == 0, said
        assert json.loads(target.read_text(encoding="utf-8"))["format"] == 1
        assert cell_of(open_package(copy), "TotalEnergyConsumption") == pytest.approx(8549.2)
        assert template.read_bytes() == before

    @pytest.mark.parametrize(
        ("options", "code"),
        [
            ((), "CW-557"),
            (("--modele",), "CW-557"),
            (("--facts", "--taken"), "CW-701"),
            (("--same",), "CW-559"),
        ],
    )
    def test_it_refuses_what_it_cannot_write(
        self, workbook: Path, tmp_path: Path, options: tuple[str, ...], code: str
    ) -> None:
        template = write_template(tmp_path / "modele.xlsx")
        taken = tmp_path / "pris.json"
        taken.write_text("{}")
        arguments = {
            (): (),
            ("--modele",): ("--modele", template),
            ("--facts", "--taken"): ("--facts", taken),
            ("--same",): ("--modele", template, "--vers", template, "--ecraser"),
        }[options]
        before = template.read_bytes()
        status, said = self.run("vsme", workbook, *arguments)
        assert status != 0
        assert code in said
        assert (taken.read_text(), template.read_bytes()) == ("{}", before)

    def test_refused_lines_are_told(self, tmp_path: Path) -> None:
        path = tmp_path / "erreurs.xlsx"
        build(path, data=demo_data(with_errors=True), macros=False)
        _, said = self.run("vsme", path, "--facts", tmp_path / "faits.json")
        assert "CW-558" in said
