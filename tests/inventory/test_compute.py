"""Lines to an inventory: worked examples of the GHG Protocol, stages and gases, order and splitting."""

import numpy as np
import pandas as pd
import pytest
from inventory_cases import inventory_of_rows, yaml_cases

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.compute import compute, staged
from carbon_workbook.inventory.gases import GASES
from carbon_workbook.inventory.views import line_posts, view
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.data import WorkbookData
from carbon_workbook.workbook.evaluate import evaluate
from carbon_workbook.workbook.read import read_workbook

WORKED = yaml_cases("ghgp.yaml")


def rows_by_sheet(case):
    sheets = {}
    for row in case["rows"]:
        sheets.setdefault(row["sheet"], []).append(row["values"])
    return sheets


def check(case, inventory):
    rows = sorted(case["rows"], key=lambda row: list(rows_by_sheet(case)).index(row["sheet"]))
    lines = inventory.lines.set_index("label")
    assert lines["code"].tolist() == [""] * len(rows)
    near = case["tolerance_rel"]
    for row in rows:
        assert lines.at[row["values"]["label"], "total_kg"] == pytest.approx(row["expected_kg"], rel=near)
    assert inventory.total_kg == pytest.approx(case["expected_kg"], rel=near)
    found, expected = view(inventory, "ghgp"), {}
    for row in rows:
        expected[row["ghgp"]] = expected.get(row["ghgp"], 0) + row["expected_kg"]
    for code, kg in expected.items():
        assert found.kg(code) == pytest.approx(kg, rel=near)
    assert found.total_kg == pytest.approx(case["expected_kg"], rel=near)


@pytest.mark.parametrize("case", WORKED["cases"], ids=lambda c: c["id"])
def test_worked_examples(case):
    inventory = inventory_of_rows(
        rows_by_sheet(case), own=case["own_factors"], settings={"year": WORKED["year"]}, sites=()
    )
    check(case, inventory)


def test_worked_examples_through_one_workbook(tmp_path):
    """All the examples in one built file: each is told apart by its labels and its own factors."""
    entries, own = {}, []
    for number, case in enumerate(WORKED["cases"]):
        own += [
            {**factor, "id": f"{factor['id']}-{number}", "source": "cas", "year": 2024}
            for factor in case["own_factors"]
        ]
        for sheet, rows in rows_by_sheet(case).items():
            entries.setdefault(sheet, []).extend(
                {**row, "label": f"{number} {row['label']}", "factor": f"{row['factor']}-{number}"}
                for row in rows
            )
    path = tmp_path / "cas.xlsm"
    build(path, data=WorkbookData({"year": WORKED["year"]}, own_factors=own, entries=entries))
    inventory = evaluate(read_workbook(path)).inventory
    lines = inventory.lines.set_index("label")
    assert lines["code"].unique().tolist() == [""]
    posts = pd.Series(line_posts(inventory, "ghgp"), index=lines.index)
    for number, case in enumerate(WORKED["cases"]):
        for row in case["rows"]:
            label = f"{number} {row['values']['label']}"
            assert lines.at[label, "total_kg"] == pytest.approx(row["expected_kg"], rel=case["tolerance_rel"])
            assert posts[label] == row["ghgp"]


def test_examples_that_cannot_apply_have_a_reason():
    assert all(case["reason"].strip() for case in WORKED["not_applicable"])


def lines_of(rows):
    return pd.DataFrame(
        [
            {"sheet": "combustion_fixe", "posting": "combustion_fixe", "activity_unit": "kWh PCS", **row}
            for row in rows
        ]
    )


def test_parts_and_gases_add_up_to_the_line():
    catalogue = load_catalogue()
    table = catalogue.table
    lines = pd.DataFrame(
        {
            "sheet": "autres",
            "posting": "autres",
            "factor_ref": table.index.astype(str),
            "activity": np.linspace(0.1, 1e6, len(table)),
            "activity_unit": table["unit"].to_numpy(),
        }
    )
    inventory = compute(lines, catalogue, {"year": 2024})
    total = inventory.lines["total_kg"].to_numpy()
    assert inventory.lines[list(GASES)].sum(axis=1).to_numpy() == pytest.approx(total, rel=1e-9, abs=1e-9)
    by_line = np.bincount(inventory.parts.line, weights=inventory.parts.kg, minlength=len(total))
    assert by_line == pytest.approx(total, rel=1e-9, abs=1e-9)
    assert inventory.parts.values[:, :-1].sum(axis=1) == pytest.approx(inventory.parts.kg, rel=1e-9, abs=1e-9)


def test_a_line_refused_at_entry_keeps_its_code_and_has_no_part():
    inventory = compute(
        lines_of(
            [
                {"factor_ref": "37133", "activity": 10.0, "code": "CW-316"},
                {"factor_ref": "inconnu", "activity": np.nan, "code": "CW-102"},
                {"factor_ref": "37133", "activity": 10.0, "code": ""},
            ]
        ),
        load_catalogue(),
        {"year": 2024},
    )
    assert inventory.lines["code"].tolist() == ["CW-316", "CW-102", ""]
    assert set(inventory.parts.line) == {2}
    assert inventory.total_kg == pytest.approx(2.154)
    assert len(inventory.counted) + len(inventory.refused) == len(inventory.lines) == 3


def test_the_lines_given_are_not_changed():
    lines = lines_of([{"factor_ref": "37133", "activity": 10.0}])
    before = lines.copy(deep=True)
    compute(lines, load_catalogue(), {"year": 2024})
    pd.testing.assert_frame_equal(lines, before)


def test_the_kind_that_a_sheet_admits():
    rows = [
        {"factor_ref": "43625", "activity": 1.0, "activity_unit": "kg", "kinds": "emission"},
        {"factor_ref": "43625", "activity": 1.0, "activity_unit": "kg", "kinds": "emission|gwp"},
        {"factor_ref": "43625", "activity": 1.0, "activity_unit": "kg", "kinds": ""},
    ]
    assert compute(lines_of(rows), load_catalogue(), {}).lines["code"].tolist() == ["CW-319", "", ""]


def test_a_purchase_without_nature_takes_its_factor_s():
    inventory = inventory_of_rows(
        {
            "cat01": [
                {"label": "acier", "quantity": 1, "unit": "t", "factor": "26729"},
                {"label": "conseil", "amount": 1, "amount_basis": "HT", "currency": "EUR", "price_year": 2023,
                 "factor": "43545"},
                {"label": "acier façonné", "nature": "service", "quantity": 1, "unit": "t", "factor": "26729"},
            ]
        }
    )  # fmt: skip
    assert line_posts(inventory, "beges").tolist() == ["4.1", "4.5", "4.5"]


def test_factors_that_tell_their_upstream():
    rows = [
        {"factor_ref": ref, "activity": 1.0, "activity_unit": ""}
        for ref in ("37133", "36808", "34720", "inconnu")
    ]
    assert staged(compute(lines_of(rows), load_catalogue(), {}).block).tolist() == [True, False, True, False]


def test_no_line_at_all():
    inventory = compute(
        lines_of([{"factor_ref": "37133", "activity": 1.0}]).iloc[:0], load_catalogue(), {"year": 2024}
    )
    assert inventory.total_kg == 0
    assert view(inventory, "beges").total_kg == 0
    assert inventory.entered.empty
