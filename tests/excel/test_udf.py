"""The worksheet functions with the very shapes that xlwings hands over."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon_workbook.excel import udf
from carbon_workbook.excel.cells import MARK, excel_error, marker
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.core import emissions_of
from carbon_workbook.messages import texts

BOOK = "classeur.xlsm"
GAS, ELECTRICITY = "37133", "43642"
NOT_AVAILABLE, WRONG_VALUE, WRONG_NUMBER = (MARK + number for number in ("2042", "2015", "2036"))

OWN_HEADER = [
    "Identifiant",
    "Libellé",
    "Unité (kgCO2e par…)",
    "Valeur (kgCO2e)",
    "Source",
    "Année",
    "Incertitude ± %",
]
GOOD_ROW = ["FP-2", "Bon", "kg", 2.0, "DEP", 2024.0, None]


def one(grid: list[list[object]]) -> object:
    assert len(grid) == 1
    assert len(grid[0]) == 1
    return grid[0][0]


class TestEmissions:
    def test_a_scalar_gives_tonnes(self) -> None:
        assert one(udf.emissions(BOOK, GAS, 1000.0, "kWh PCS")) == pytest.approx(0.2154, rel=1e-12)

    @pytest.mark.parametrize(
        ("result", "expected"),
        [
            (None, 0.2154),
            ("", 0.2154),
            ("tCO2e", 0.2154),
            ("kgCO2e", 215.4),
            ("KGCO2E", 215.4),
        ],
    )
    def test_the_result_argument_chooses_the_unit(self, result: object, expected: float) -> None:
        assert one(udf.emissions(BOOK, GAS, 1000.0, None, None, result)) == pytest.approx(expected, rel=1e-12)

    def test_the_gases_add_up_to_the_total(self) -> None:
        gases = [
            one(udf.emissions(BOOK, GAS, 1000.0, None, None, name))
            for name in ("CO2", "CH4", "N2O", "autres", "non ventilé")
        ]
        assert sum(gases) == pytest.approx(0.2154, rel=1e-12)  # type: ignore[arg-type]
        assert gases[0] > gases[1] > 0  # type: ignore[operator]

    @pytest.mark.parametrize(
        ("quantity", "tonnes"),
        [
            (1000.0, 0.0519),
            (Decimal("1000.0000"), 0.0519),
            ("1 000,0", 0.0519),
            ("1\u00a0000", 0.0519),
            (0.0, 0.0),
        ],
    )
    def test_numbers_as_excel_sends_them(self, quantity: object, tonnes: float) -> None:
        assert one(udf.emissions(BOOK, 43642.0, quantity, "kWh", 2024.0)) == pytest.approx(tonnes, rel=1e-12)

    @pytest.mark.parametrize(
        ("arguments", "refused"),
        [
            (("inconnu au bataillon", 1.0), NOT_AVAILABLE),
            ((None, 1.0), NOT_AVAILABLE),
            ((GAS, "beaucoup"), WRONG_VALUE),
            ((GAS, None), WRONG_VALUE),
            ((GAS, True), WRONG_VALUE),
            ((GAS, dt.datetime(2024, 1, 2)), WRONG_VALUE),
            ((GAS, "1.234"), WRONG_VALUE),
            ((GAS, "#DIV/0!"), WRONG_VALUE),
            (("#N/A", 1.0), WRONG_VALUE),
            ((GAS, 1.0, "km"), WRONG_VALUE),
            ((GAS, 1.0, "kWh"), WRONG_VALUE),
            ((GAS, 1.0, "poulet"), WRONG_VALUE),
            ((GAS, 1.0, None, "l'an dernier"), WRONG_VALUE),
            ((GAS, 1.0, None, None, "CO3"), WRONG_VALUE),
            ((GAS, -1.0), WRONG_NUMBER),
            ((GAS, 1e308, "MWh PCS"), WRONG_NUMBER),
            ((GAS, math.inf), WRONG_NUMBER),
        ],
    )
    def test_a_refusal_is_an_error_of_the_fitting_kind(
        self, arguments: tuple[object, ...], refused: str
    ) -> None:
        assert one(udf.emissions(BOOK, *arguments)) == refused

    def test_a_range_computes_the_neighbours_of_a_refused_cell(self) -> None:
        factors = [[GAS], ["zzz"], [None], [GAS]]
        quantities = [[10.0], [10.0], [None], ["x"]]
        found = udf.emissions(BOOK, factors, quantities)
        assert found == [[pytest.approx(0.002154)], [NOT_AVAILABLE], [""], [WRONG_VALUE]]

    def test_a_scalar_repeats_along_a_range(self) -> None:
        found = udf.emissions(BOOK, GAS, [[1.0, 2.0], [3.0, 4.0]], "kWh PCS")
        assert found == [
            [pytest.approx(1 * 2.154e-4), pytest.approx(2 * 2.154e-4)],
            [pytest.approx(3 * 2.154e-4), pytest.approx(4 * 2.154e-4)],
        ]

    def test_ranges_of_different_heights_are_refused_whole(self) -> None:
        assert udf.emissions(BOOK, [[GAS], [GAS]], [[1.0], [2.0], [3.0]]) == [[WRONG_VALUE]]

    def test_each_cell_takes_its_own_year(self) -> None:
        found = udf.emissions(BOOK, "elec-fr", [[1000.0], [1000.0]], "kWh", [[2023.0], [2024.0]])
        by_year = [one(udf.emissions(BOOK, "elec-fr", 1000.0, "kWh", year)) for year in (2023.0, 2024.0)]
        assert [row[0] for row in found] == by_year
        assert by_year[0] != by_year[1]

    def test_a_drop_down_text_is_a_reference(self) -> None:
        choice = one(udf.search_factor(BOOK, "gaz naturel", "kWh PCS"))
        assert isinstance(one(udf.emissions(BOOK, choice, 1.0)), float)


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from([GAS, ELECTRICITY, "gazole", "43642 · Électricité [kWh]", "#N/A", "kWh", "km", "2024"]),
    st.datetimes(),
    st.decimals(allow_nan=False, allow_infinity=False, places=4),
)


@st.composite
def blocks(draw: st.DrawFn) -> list[list[list[object]]]:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    block = st.lists(st.lists(CELLS, min_size=columns, max_size=columns), min_size=rows, max_size=rows)
    return [draw(block) for _ in range(5)]


class TestShapes:
    @settings(max_examples=150, deadline=None)
    @given(blocks())
    def test_any_block_gives_its_shape_and_only_cells_excel_can_hold(
        self, given: list[list[list[object]]]
    ) -> None:
        found = udf.emissions(BOOK, *given)
        assert [len(row) for row in found] == [len(row) for row in given[0]]
        for row, factors, quantities in zip(found, given[0], given[1], strict=True):
            for cell, factor, quantity in zip(row, factors, quantities, strict=True):
                if isinstance(cell, float):
                    assert math.isfinite(cell)
                    assert cell >= 0 or given[4] is not None
                elif cell == "":
                    assert all(
                        v is None or (isinstance(v, str) and not v.strip()) for v in (factor, quantity)
                    )
                else:
                    assert cell in (NOT_AVAILABLE, WRONG_VALUE, WRONG_NUMBER)

    @settings(max_examples=50, deadline=None)
    @given(blocks())
    def test_a_block_is_its_cells_one_by_one(self, given: list[list[list[object]]]) -> None:
        whole = udf.emissions(BOOK, *given)
        for r, row in enumerate(whole):
            for c, cell in enumerate(row):
                alone = one(udf.emissions(BOOK, *(argument[r][c] for argument in given)))
                assert alone == (pytest.approx(cell, rel=1e-12) if isinstance(cell, float) else cell)

    def test_the_arithmetic_is_the_engine_s(self) -> None:
        table = load_catalogue().table
        references, quantities = list(table.index[:300]), [float(n) for n in range(300)]
        block = emissions_of(references, quantities, [""] * 300, None, load_catalogue())
        found = udf.emissions(
            BOOK, [[r] for r in references], [[q] for q in quantities], None, None, "kgCO2e"
        )
        for row, kg, code in zip(found, block.kg, block.codes, strict=True):
            assert row[0] == (marker(code) if code else pytest.approx(kg, rel=1e-12))


class TestDetail:
    def test_a_row_of_nine_cells(self) -> None:
        (row,) = udf.emissions_detail(BOOK, GAS, 1000.0)
        assert len(row) == 9
        assert sum(row[:5]) == pytest.approx(row[5], rel=1e-12)  # type: ignore[arg-type, type-var]
        assert row[7] == pytest.approx(0.05)
        assert "Base Carbone" in str(row[8])

    def test_a_column_gives_a_row_each(self) -> None:
        found = udf.emissions_detail(BOOK, [[GAS], ["zzz"], [None]], [[1.0], [1.0], [None]])
        assert [len(row) for row in found] == [9, 9, 9]
        assert found[1] == [NOT_AVAILABLE] * 9
        assert found[2] == [""] * 9

    def test_a_block_of_two_columns_is_refused(self) -> None:
        assert udf.emissions_detail(BOOK, GAS, [[1.0, 2.0]]) == [[WRONG_VALUE] * 9]


class TestExplanation:
    def test_a_success_names_factor_values_and_result(self) -> None:
        text = str(one(udf.explain(BOOK, GAS, 10.0, "MWh PCS")))
        for part in (
            "37133",
            "somme des étapes 0,2154",
            "publié 0,215",
            "10 MWh PCS = 10\u00a0000 kWh PCS",
            "2,154 tCO2e",
        ):
            assert part in text

    def test_an_omitted_unit_is_said(self) -> None:
        assert "l'unité du facteur" in str(one(udf.explain(BOOK, GAS, 10.0)))
        assert "l'unité du facteur" not in str(one(udf.explain(BOOK, GAS, 10.0, "kWh PCS")))

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("zzz", 1.0), "CW-202"),
            ((GAS, "beaucoup"), "CW-102"),
            ((GAS, 1.0, "km"), "CW-112"),
            ((GAS, -1.0), "CW-306"),
            (("#REF!", 1.0), "CW-611"),
            ((GAS, 1.0, None, "x"), "CW-607"),
        ],
    )
    def test_a_refusal_is_its_coded_message_and_its_remedy(
        self, arguments: tuple[object, ...], code: str
    ) -> None:
        text = str(one(udf.explain(BOOK, *arguments)))
        assert text.startswith(f"{code} – ")
        assert "…" not in text

    def test_the_missing_quantity_is_named(self) -> None:
        assert "masse" in str(one(udf.explain(BOOK, "43643", 500_000.0, "km")))

    @settings(max_examples=60, deadline=None)
    @given(blocks())
    def test_every_refused_cell_has_a_sentence(self, given: list[list[list[object]]]) -> None:
        values = udf.emissions(BOOK, *given[:4])
        sentences = udf.explain(BOOK, *given[:4])
        for row, said in zip(values, sentences, strict=True):
            for cell, text in zip(row, said, strict=True):
                assert str(text).startswith("CW-") == (isinstance(cell, str) and cell.startswith(MARK))
                assert (text == "") == (cell == "")


class TestFactor:
    @pytest.mark.parametrize(
        ("field", "expected"),
        [
            (None, 0.2154),
            ("valeur", 0.2154),
            ("publié", 0.215),
            ("publie", 0.215),
            ("Unité", "kWh PCS"),
            ("identifiant", "37133"),
            ("incertitude", 0.05),
            ("PRG", "inconnu"),
            ("statut", "valide"),
            ("couleur", WRONG_VALUE),
        ],
    )
    def test_fields(self, field: object, expected: object) -> None:
        found = one(udf.factor_field(BOOK, GAS, field))
        assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)

    def test_a_range_keeps_its_shape(self) -> None:
        assert udf.factor_field(BOOK, [[GAS, None], ["zzz", GAS]], "unité") == [
            ["kWh PCS", ""],
            [NOT_AVAILABLE, "kWh PCS"],
        ]


class TestSearch:
    def test_ranks_differ_and_end(self) -> None:
        first, second, none = (
            row[0] for row in udf.search_factor(BOOK, "gazole routier", None, [[1.0], [2.0], [9999.0]])
        )
        assert first != second
        assert none == NOT_AVAILABLE

    @pytest.mark.parametrize(
        ("arguments", "refused"),
        [
            (("xqzwk",), NOT_AVAILABLE),
            (("gazole", None, 0.0), WRONG_NUMBER),
            (("gazole", None, "un"), WRONG_NUMBER),
        ],
    )
    def test_refusals(self, arguments: tuple[object, ...], refused: str) -> None:
        assert one(udf.search_factor(BOOK, *arguments)) == refused


class TestOwnFactors:
    def test_they_belong_to_their_workbook(self) -> None:
        rows = [OWN_HEADER, ["FP-1", "Acier de Paul", "t", 1200.0, "DEP", 2024.0, 0.1], [None] * 7]
        assert udf.register_own_factors("a.xlsm", rows) == 1
        assert one(udf.emissions("a.xlsm", "FP-1", 500.0, "kg")) == pytest.approx(0.6)
        assert one(udf.factor_field("a.xlsm", "FP-1", "incertitude")) == pytest.approx(0.1)
        assert one(udf.emissions("b.xlsm", "FP-1", 500.0, "kg")) == NOT_AVAILABLE

    def test_a_bad_row_does_not_take_the_others_away(self) -> None:
        rows = [OWN_HEADER, ["FP-1", "Sans unité", None, 1.0, "DEP", 2024.0, None], GOOD_ROW]
        assert udf.register_own_factors("c.xlsm", rows) == 1
        assert one(udf.emissions("c.xlsm", "FP-2", 1.0, "kg")) == pytest.approx(0.002)

    def test_a_total_typed_the_french_way(self) -> None:
        udf.register_own_factors("e.xlsm", [OWN_HEADER, ["FP-4", "X", "kg", "1 234,5", "DEP", 2024.0, None]])
        assert one(udf.emissions("e.xlsm", "FP-4", 1.0)) == pytest.approx(1.2345)

    def test_a_total_that_is_no_number_leaves_the_factor_unknown(self) -> None:
        rows = [OWN_HEADER, ["FP-5", "X", "kg", "beaucoup", "DEP", 2024.0, None], GOOD_ROW]
        assert udf.register_own_factors("f.xlsm", rows) == 1
        assert one(udf.emissions("f.xlsm", "FP-5", 1.0)) == NOT_AVAILABLE

    def test_the_same_versions_with_other_figures_are_not_used(self) -> None:
        names = load_catalogue().version.rpartition(" (")[0]
        assert udf.register_own_factors("g.xlsm", [OWN_HEADER, GOOD_ROW], f"{names} (00000000)") == 0
        assert one(udf.emissions("g.xlsm", "43642", 1.0)) == NOT_AVAILABLE
        assert "CW-270" in one(udf.explain("g.xlsm", "43642", 1.0))

    def test_an_emptied_table_forgets_them(self) -> None:
        udf.register_own_factors("d.xlsm", [OWN_HEADER, GOOD_ROW])
        udf.register_own_factors("d.xlsm", [OWN_HEADER, [None] * 7])
        assert one(udf.emissions("d.xlsm", "FP-2", 1.0)) == NOT_AVAILABLE


class TestABaseThatCannotBeHad:
    """A workbook pinned to figures that are not on this machine gets no others: every function says so."""

    def pinned(self, monkeypatch: pytest.MonkeyPatch, folder: Path, base: str) -> str:
        monkeypatch.setenv("CARBON_WORKBOOK_DATA", str(folder))
        book = f"{folder.name}.xlsm"
        assert udf.register_own_factors(book, [OWN_HEADER, GOOD_ROW], base) == 0
        return book

    def check(self, book: str, code: str, *named: str) -> None:
        assert one(udf.emissions(book, "43642", 1.0)) == NOT_AVAILABLE
        assert udf.emissions(book, [["43642"], [None]], [[1.0], [None]]) == [[NOT_AVAILABLE], [""]]
        assert udf.emissions_detail(book, "43642", 1.0) == [[NOT_AVAILABLE] * 9]
        assert one(udf.factor_field(book, "43642")) == NOT_AVAILABLE
        assert one(udf.search_factor(book, "gazole")) == NOT_AVAILABLE
        said = str(one(udf.explain(book, "43642", 1.0)))
        assert said.startswith(f"{code} – ")
        assert [name for name in named if name not in said] == []

    def test_the_store_does_not_have_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        book = self.pinned(monkeypatch, tmp_path / "vide", "Base V0 (00000000)")
        self.check(book, "CW-270", "Base V0", "factors import")

    def test_the_store_cannot_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "bases.sqlite").write_bytes(b"ceci n'est pas une base" * 100)
        book = self.pinned(monkeypatch, tmp_path, "Base V0 (00000000)")
        self.check(book, "CW-245", str(tmp_path))

    def test_another_workbook_is_not_touched(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pinned(monkeypatch, tmp_path / "seul", "Base V0 (00000000)")
        assert one(udf.emissions("h.xlsm", "43642", 1.0)) == pytest.approx(51.9e-6)

    def test_pinned_to_the_shipped_ones_it_computes_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        book = self.pinned(monkeypatch, tmp_path / "retour", "Base V0 (00000000)")
        assert udf.register_own_factors(book, [OWN_HEADER, GOOD_ROW], load_catalogue().version) == 1
        assert one(udf.emissions(book, "43642", 1.0)) == pytest.approx(51.9e-6)


def test_every_refusal_code_has_its_excel_error() -> None:
    for code in texts():
        if code.startswith(("CW-1", "CW-2", "CW-3", "CW-6")):
            assert excel_error(code) in (2042, 2015, 2036)
