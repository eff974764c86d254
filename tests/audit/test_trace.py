"""From every number of the result sheets to its lines, and back to the same number."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from audit_cases import Made, Typed

from carbon_workbook.audit.told import told_shortly, told_trace, traced_table
from carbon_workbook.audit.trace import contributions, entry_cells, trace
from carbon_workbook.inventory.propagation import exposure, line_spread, row_uncertainty, variance_parts
from carbon_workbook.messages import CodedError
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.earlier_cells import earlier
from carbon_workbook.workbook.evaluate import evaluate
from carbon_workbook.workbook.origins import Figures, all_origins, doubts, origins
from carbon_workbook.workbook.package import open_package, read_sheet
from carbon_workbook.workbook.read import read_workbook
from carbon_workbook.workbook.results import result_cells

SHEETS = (at.SUMMARY, at.REVIEW, at.BEGES, at.ISO, at.GHGP, at.ESRS, at.BRIDGE, at.ENERGY, at.VSME, at.FORM)


def close(value: float) -> object:
    return pytest.approx(value, rel=1e-9, abs=1e-9)


def place(rows: tuple[at.ResultRow, ...], code: str, column: int) -> str:
    return cell_ref(next(found.row for found in rows if found.code == code), column)


@pytest.mark.parametrize("title", SHEETS)
@pytest.mark.parametrize("case", ["demo", "errors"])
def test_the_lines_of_every_number_add_up_to_it(
    case: str, title: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(case).evaluation
    figures = Figures(found.inventory, found.views)
    sheet = read_sheet(found.content.package, title)
    checked = 0
    for ref, origin in origins(figures)[title].items():
        shown, divisor = sheet.value(ref), figures.divisor(origin)
        if shown is None:
            assert not divisor, ref
            continue
        assert divisor
        kg = float(contributions(figures, origin)["kg"].sum())
        assert kg / 1000 * origin.scale / divisor == close(shown), ref
        checked += 1
    assert checked >= 15


def memo_cells() -> dict[str, list[str]]:
    """Every cell of the bridges, what stands outside the BEGES table, and category 3 by part."""
    figures = at.BRIDGE, at.BEGES, at.GHGP
    bridge = [
        cell_ref(found.row, column)
        for found in at.reason_rows()
        for column in range(2, 2 + len(at.BRIDGE_VIEWS))
    ]
    bridge += [cell_ref(at.bridge_first() + n, 2) for n in range(len(at.reason_rows()) + 2)]
    beges = [cell_ref(found.row, at.BEGES_TOTAL) for found in at.beges_memo()]
    ghgp = [cell_ref(found.row, at.GHGP_TOTAL) for found in (*at.ghgp_memo(), *at.energy_parts())]
    return dict(zip(figures, (bridge, beges, ghgp), strict=True))


@pytest.mark.parametrize("title", [at.BRIDGE, at.BEGES, at.GHGP])
def test_every_adjustment_and_memo_item_opens_to_its_lines(demo: Made, title: str) -> None:
    opened = 0
    for ref in memo_cells()[title]:
        found = trace(demo.evaluation, f"{title}!{ref}")
        assert found.value == close(found.written), ref
        assert found.lines["share"].sum() == close(found.value), ref
        if found.value:
            assert (found.lines["line_id"] != "").all(), ref
            assert (found.lines["kg"] != 0).all(), ref
            opened += 1
        else:
            assert [note.code for note in found.notes] in ([], ["CW-805"]), ref
    assert opened >= {at.BRIDGE: 20, at.BEGES: 4, at.GHGP: 6}[title]


def test_both_esrs_totals_come_from_views_of_the_esrs_control(demo: Made) -> None:
    known = origins(Figures(demo.evaluation.inventory, demo.evaluation.views))[at.ESRS]
    rows = {
        found.code: known[cell_ref(found.row, at.ESRS_CURRENT)]
        for found in at.esrs_rows()
        if found.code != "ETS"
    }
    assert {term.view for code in ("S2M", "TM", "INTM") for term in rows[code].plus} == {"esrs_market"}
    assert {term.view for code, origin in rows.items() for term in origin.plus} == {"esrs", "esrs_market"}


@pytest.mark.parametrize("title", [at.BEGES, at.ISO, at.GHGP])
def test_no_number_that_refresh_writes_is_without_trace(demo: Made, title: str) -> None:
    sheet = read_sheet(demo.evaluation.content.package, title)
    figures = Figures(demo.evaluation.inventory, demo.evaluation.views)
    known = all_origins(figures, demo.evaluation.content)[title]
    numbers = {
        cell_ref(row, column)
        for row, cells in sheet.rows.items()
        for column, value in cells.items()
        if isinstance(value, float) and not sheet.has_formula(cell_ref(row, column))
    }
    held = earlier(demo.evaluation).get(title, {})
    assert len(numbers) > 150
    assert numbers <= known.keys() | held.keys()


@pytest.mark.parametrize(("title", "least"), [(at.BEGES, 40), (at.ISO, 40), (at.GHGP, 40), (at.REVIEW, 12)])
def test_an_uncertainty_opens_to_the_lines_that_make_it(demo: Made, title: str, least: int) -> None:
    figures, opened = Figures(demo.evaluation.inventory, demo.evaluation.views), 0
    for ref in doubts(figures, demo.evaluation.content)[title]:
        found = trace(demo.evaluation, f"{title}!{ref}")
        if found.value is None:
            assert found.written in (at.NOT_APPLICABLE, None), ref
            assert [note.code for note in found.notes] == ["CW-805"], ref
            continue
        assert found.value == close(found.written), ref
        assert found.notes == (), ref
        assert found.lines["share"].sum() == close(1.0), ref
        assert found.lines["share"].is_monotonic_decreasing, ref
        assert (found.lines["line_id"] != "").all(), ref
        opened += 1
    assert opened >= least


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(
    ("name", "code"), [("beges", "1.1"), ("beges", "4"), ("ghgp", "S1"), ("ghgp_market", "S2")]
)
def test_the_parts_of_a_variance_are_those_of_the_whole_covariance(
    demo: Made, name: str, code: str, shared: bool
) -> None:
    settings = {**demo.evaluation.inventory.settings, "activity_correlation": "fournisseur" if shared else ""}
    inventory, view = replace(demo.evaluation.inventory, settings=settings), demo.evaluation.views[name]
    parts, found = variance_parts(inventory, view, code), exposure(inventory, view)
    line, row, kg = (parts[key].to_numpy() for key in ("line", "stage_row", "kg"))
    partner = inventory.lines["partner"].astype(str).to_numpy()[line]
    together = line[:, None] == line
    if shared:
        together |= (partner[:, None] == partner) & (partner != "")
    data, factor = kg * line_spread(inventory.lines).log[line], kg * found.stage_log[row]
    group = found.stage_factor[row]
    covariance = np.outer(data, data) * together + np.outer(factor, factor) * (group[:, None] == group)
    half = row_uncertainty(inventory, view).set_index("code")["half"][code]
    assert np.expm1(np.sqrt(covariance.sum()) / kg.sum()) == close(half)
    assert parts["share"].to_numpy() == pytest.approx(covariance.sum(axis=1) / covariance.sum())


def test_what_is_told_of_an_uncertainty_speaks_of_its_variance(demo: Made) -> None:
    found = trace(demo.evaluation, f"BEGES!{place(at.beges_rows(), at.TOTAL, at.BEGES_HALF)}")
    few = list(told_trace(found, 3))
    assert f"· {len(set(found.lines['line']))} lignes, " in few[1]
    assert few[1].startswith("  ± ")
    assert sum(" % de la variance" in line for line in few) == 4
    assert "de la variance)" in told_shortly(found, 400)
    assert "Part de la variance" in traced_table(found)
    quality = trace(demo.evaluation, f"BEGES!{place(at.beges_rows(), at.TOTAL, at.BEGES_CLASS)}")
    assert list(told_trace(quality, 1))[1].startswith(f"  classe {quality.written:.0f} · ")


def test_an_interval_typed_over_is_told(demo: Made, typed: Typed) -> None:
    cell = place(at.ghgp_rows(), at.TOTAL, at.GHGP_HALF)
    changed = trace(typed({at.GHGP: {cell: 0.01}}), f"{at.GHGP}!{cell}")
    assert [note.code for note in changed.notes] == ["CW-804"]


def test_a_workbook_without_the_columns_has_no_uncertainty_of_the_ghg_protocol(
    demo: Made, tmp_path: Path
) -> None:
    package, path = open_package(demo.path), tmp_path / demo.path.name
    name = f'<definedName name="{at.GHGP_DOUBT_NAME}"[^>]*>[^<]*</definedName>'
    book, count = re.subn(name.encode(), b"", package.parts["xl/workbook.xml"])
    assert count == 1
    path.write_bytes(package.with_parts({"xl/workbook.xml": book}).packed())
    older = evaluate(read_workbook(path))
    cell, moment = place(at.ghgp_rows(), at.TOTAL, at.GHGP_HALF), dt.datetime(2026, 1, 1)
    assert cell in result_cells(demo.evaluation, moment, "").cells[at.GHGP]
    assert cell not in result_cells(older, moment, "").cells[at.GHGP]
    with pytest.raises(CodedError) as refused:
        trace(older, f"{at.GHGP}!{cell}")
    assert refused.value.message.code == "CW-803"


def earlier_cells() -> dict[str, tuple[str, float, str]]:
    """Cell, value and row of its register, by what it is: the demonstration's Historique and Objectifs."""
    posts, esrs = at.beges_earlier_rows(), at.esrs_rows()
    return {
        "référence": (f"BEGES!{place(posts, '1.1', at.BEGES_TOTAL)}", 641.0, "saisi"),
        "total de référence": (f"BEGES!{place(posts, at.TOTAL, at.BEGES_TOTAL)}", 33_219.0, "17 autres"),
        "N-1": (f"BEGES!{place(posts, '2.1', at.BEGES_PREVIOUS)}", 180.452, "importé"),
        "N-1 E1": (f"{at.ESRS}!{place(esrs, at.MARKET, at.ESRS_PREVIOUS)}", 108.106, "importé"),
        "cible": (
            f"{at.ESRS}!{cell_ref(at.esrs_combined().row, at.ESRS_2030)}",
            0.7 * 1133.0,
            "Réduire de 30 %",
        ),
        "annuelle": (
            f"{at.ESRS}!{cell_ref(at.esrs_combined().row, at.ESRS_ANNUAL)}",
            -0.3 / 8,
            "Réduire de 30 %",
        ),
    }


@pytest.mark.parametrize("name", earlier_cells())
def test_a_number_of_another_year_leads_to_its_row_of_the_register(demo: Made, name: str) -> None:
    cell, value, told = earlier_cells()[name]
    found = trace(demo.evaluation, cell)
    assert found.value == pytest.approx(value, abs=5e-4)
    assert found.value == found.written
    assert found.lines.empty
    assert [note.code for note in found.notes] == ["CW-806"]
    assert told in found.notes[0].sentence
    assert list(told_trace(found, 3))
    assert found.label in told_shortly(found, 400)


def test_the_row_that_a_trace_names_holds_the_value(demo: Made) -> None:
    found = earlier(demo.evaluation)[at.BEGES][place(at.beges_earlier_rows(), "1.1", at.BEGES_TOTAL)]
    history = demo.evaluation.content.registers["history"].set_index("_row")
    assert history.loc[list(found.rows), ["view", "code", "year", "total"]].to_numpy().tolist() == [
        ["BEGES", "1.1", 2022, found.value]
    ]


def test_what_no_register_holds_and_what_is_outdated_are_told(demo: Made, typed: Typed) -> None:
    missing = f"BEGES!{place(at.beges_earlier_rows(), '1.1', at.BEGES_BIOGENIC)}"
    found = trace(demo.evaluation, missing)
    assert (found.value, found.written) == (None, "à compléter")
    assert [note.code for note in found.notes] == ["CW-807"]
    cell = place(at.beges_earlier_rows(), "1.1", at.BEGES_PREVIOUS)
    changed = trace(typed({at.BEGES: {cell: 1.0}}), f"BEGES!{cell}")
    assert [note.code for note in changed.notes] == ["CW-804", "CW-806"]


def test_a_line_leads_to_its_factor_its_conversion_and_its_cell(demo: Made) -> None:
    found = trace(demo.evaluation, f"BEGES!{place(at.beges_rows(), '1.1', at.BEGES_TOTAL)}")
    assert found.value == close(found.written)
    assert found.lines["share"].sum() == close(found.value)
    assert found.lines["kg"].is_monotonic_decreasing
    assert set(found.lines["stages"]) == {"combustion"}
    january = found.lines[found.lines["label"].str.contains("Saint-Priest – janvier")].iloc[0]
    assert (january["factor_id"], january["factor_version"]) == ("37133", "V23.6")
    assert january["conversion"] == "422\u202f500 kWh PCS × 0,2154 kgCO2e/kWh PCS"
    typed = read_sheet(demo.evaluation.content.package, january["sheet"]).value(january["cell"])
    assert typed == 422_500
    assert january["kg"] < january["line_kg"]


def test_upstream_of_the_same_line_is_found_in_another_post(demo: Made) -> None:
    found = trace(demo.evaluation, f"{at.GHGP}!{place(at.ghgp_rows(), '3', at.GHGP_TOTAL)}")
    gas = found.lines[found.lines["factor_id"] == "37133"]
    assert len(gas) >= 12
    assert set(gas["stages"]) == {"amont"}


def test_a_view_that_takes_another_factor_names_it(demo: Made) -> None:
    figures = Figures(demo.evaluation.inventory, demo.evaluation.views)
    table = demo.evaluation.inventory.catalogue.table
    found = trace(demo.evaluation, f"{at.GHGP}!{place(at.ghgp_rows(), '5', at.GHGP_TOTAL)}")
    assert found.value == close(figures.tonnes("ghgp")["5"]["total"])
    pairs = set(table["cutoff_pair"]) - {""}
    swapped = found.lines[found.lines["factor_id"].isin(pairs)]
    own = demo.evaluation.inventory.lines["factor_id"].astype(str).iloc[swapped["line"]]
    assert (swapped["factor_id"].to_numpy() != own.to_numpy()).any()


def test_scope_2_by_the_market_shows_its_instruments(demo: Made) -> None:
    found = trace(demo.evaluation, f"{at.GHGP}!{place(at.ghgp_rows(), at.MARKET, at.GHGP_TOTAL)}")
    assert found.lines["share"].sum() == close(found.written)
    instruments = demo.evaluation.inventory.counted["posting"] == "instruments"
    assert len(found.instruments) == instruments.sum() > 0
    assert found.instruments["covered"].tolist() == [close(2000)]
    assert any("couvre 2\u00a0000 MWh" in line for line in told_trace(found, 3))
    here = trace(demo.evaluation, f"{at.GHGP}!{place(at.ghgp_rows(), 'S2', at.GHGP_TOTAL)}")
    assert here.instruments.empty


@pytest.mark.parametrize("spelling", ["beges!h{row}", "'BEGES'!$H${row}", " BEGES!H{row} "])
def test_a_cell_may_be_spelled_as_excel_does(demo: Made, spelling: str) -> None:
    row = at.beges_rows()[-1].row
    found = trace(demo.evaluation, spelling.format(row=row))
    assert (found.sheet, found.cell) == (at.BEGES, f"H{row}")


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("H8", "CW-801"),
        ("BEGES!", "CW-801"),
        ("BEGES!H0", "CW-801"),
        ("", "CW-801"),
        ("1.1 Combustion fixe!G9", "CW-802"),
        ("Contrôles!A6", "CW-802"),
        ("BEGES!B8", "CW-803"),
        ("Synthèse!D6", "CW-803"),
        ("ESRS E1!C8", "CW-803"),
    ],
)
def test_what_is_no_result_is_told(demo: Made, cell: str, code: str) -> None:
    with pytest.raises(CodedError) as refused:
        trace(demo.evaluation, cell)
    assert refused.value.message.code == code


def test_a_refusal_names_a_result_close_by(demo: Made) -> None:
    with pytest.raises(CodedError, match=r"BEGES!C8\b"):
        trace(demo.evaluation, "BEGES!B8")


def test_an_empty_row_and_an_outdated_cell_are_told(demo: Made, typed: Typed) -> None:
    empty = place(at.beges_rows(), "1.5", at.BEGES_TOTAL)
    assert [note.code for note in trace(demo.evaluation, f"BEGES!{empty}").notes] == ["CW-805"]
    total = place(at.beges_rows(), at.TOTAL, at.BEGES_TOTAL)
    changed = typed({at.BEGES: {total: 1.0}})
    note = trace(changed, f"BEGES!{total}").notes[0]
    assert (note.code, note.cell) == ("CW-804", total)
    assert "30\u00a0805,7" in note.sentence


def test_the_cell_of_entry_is_the_first_quantity_of_the_activity(demo: Made) -> None:
    content, lines = demo.evaluation.content, demo.evaluation.inventory.lines
    for title, cell in zip(lines["title"], entry_cells(content, lines), strict=True):
        assert isinstance(content.sheets[title].value(cell), float), f"{title}!{cell}"


def test_what_is_told_adds_up(demo: Made) -> None:
    found = trace(demo.evaluation, f"BEGES!{place(at.beges_rows(), at.TOTAL, at.BEGES_TOTAL)}")
    few, all_ = list(told_trace(found, 3)), list(told_trace(found, 10_000))
    assert any(f"et {len(found.lines) - 3} autres" in line for line in few)
    assert not any("autres :" in line for line in all_)
    assert sum(line.strip().startswith("facteur ") for line in all_) == len(found.lines)
