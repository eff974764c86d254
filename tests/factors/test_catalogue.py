"""How a reference finds its factor, and what the factor's value is."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon_workbook.factors.catalogue import GASES, Catalogue, load_catalogue
from carbon_workbook.messages import CodedError, texts


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("43642", "43642"),
        (" 43642 ", "43642"),
        (43642, "43642"),
        (43642.0, "43642"),
        ("43642.0", "43642"),
        ("37133 · Gaz naturel", "37133"),
        ("DZ-29_600_4016_13_1", "DZ-29_600_4016_13_1"),
        ("DZ 29_600_4016_13_1", "DZ-29_600_4016_13_1"),
        ("DZ_29_600_4016_13_1", "DZ-29_600_4016_13_1"),
        ("dz29_600_4016_13_1", "DZ-29_600_4016_13_1"),
        ("29_600_4016_13_1", "DZ-29_600_4016_13_1"),
        ("cw-tco2e", "CW-TCO2E"),
        ("propane", "13556"),
        ("PROPANE", "13556"),
        ("gasoil", "25775"),
        ("diesel", "25775"),
        ("PL", "43643"),
        ("acier neuf", "26729"),
        ("r-410a", "43632"),
        ("aluminium, NEUF", "26731"),
        ("electricite, photovoltaique, fabrication france", "34722"),
        ("Propane, PRG à 100 ans", "43625"),
    ],
)
def test_reference_finds_its_factor(catalogue: Catalogue, ref: object, expected: str) -> None:
    assert catalogue.resolve(ref, 2024).id == expected


@pytest.mark.parametrize(
    ("ref", "code"),
    [
        ("", "CW-201"),
        (None, "CW-201"),
        (float("nan"), "CW-201"),
        ("   ", "CW-201"),
        ("France", "CW-202"),
        ("xyz", "CW-202"),
        ("99999", "CW-202"),
        ("gaz naturel", "CW-203"),
        ("Gazole routier", "CW-204"),
    ],
)
def test_reference_is_refused(catalogue: Catalogue, ref: object, code: str) -> None:
    resolution = catalogue.resolve(ref, 2024)
    assert (resolution.id, resolution.code) == (None, code)


def test_an_ambiguous_text_names_its_candidates(catalogue: Catalogue) -> None:
    candidates = str(catalogue.resolve("gaz naturel").parameters["candidates"])
    assert all(identifier in candidates for identifier in ("37132", "37133", "37138"))


def test_an_archived_factor_needs_its_id(catalogue: Catalogue) -> None:
    assert catalogue.resolve("Gazole routier").parameters["id"] == "14016"
    by_id = catalogue.resolve("14016", 2024)
    assert by_id.id == "14016"
    assert by_id.code == "CW-205"


@pytest.mark.parametrize(
    ("ref", "year", "expected", "code"),
    [
        ("électricité", 2024, "43642", None),
        ("électricité", 2023, "43273", None),
        ("elec-fr", 2008, "26815", None),
        ("Électricité, 2024 - mix moyen, consommation", 2022, "42513", None),
        ("électricité", 2025, "43642", "CW-207"),
        ("électricité", 2005, "26815", "CW-207"),
        ("électricité", None, "43642", None),
        ("43273", 2024, "43273", "CW-206"),
        ("ratio-C28", 2021, "43353", None),
        ("ratio-C28", 2024, "43355", None),
        ("Machines et équipements, ratio monétaire, prix 2023", 2021, "43355", None),
    ],
)
def test_a_dated_series_follows_the_year(
    catalogue: Catalogue, ref: str, year: int | None, expected: str, code: str | None
) -> None:
    resolution = catalogue.resolve(ref, year)
    assert (resolution.id, resolution.code) == (expected, code)


def test_the_rule_of_a_series_is_said(catalogue: Catalogue) -> None:
    assert "année 2023" in catalogue.resolve("électricité", 2023).note


def test_every_year_of_the_french_mix_is_there(catalogue: Catalogue) -> None:
    assert sorted(catalogue.series["elec-fr"].members) == list(range(2008, 2025))


def test_an_expired_factor_warns_and_is_kept(catalogue: Catalogue) -> None:
    resolution = catalogue.resolve("15592", 2024)
    assert resolution.id == "15592"
    assert resolution.codes == ("CW-206",)
    assert catalogue.resolve("15592").codes == ()


def test_a_suspect_value_warns(catalogue: Catalogue) -> None:
    for identifier in ("43787", "43788", "34942", "15591", "43625"):
        assert "CW-208" in catalogue.resolve(identifier, 2024).codes


def test_the_value_is_the_sum_of_the_stages(catalogue: Catalogue) -> None:
    gas = catalogue.get("37133")
    assert gas.total == 0.215
    assert gas.value == pytest.approx(0.2154, abs=1e-12)
    assert [(stage.stage, stage.total) for stage in gas.stages] == [
        ("combustion", 0.181),
        ("upstream", 0.0344),
    ]
    assert gas.gap == pytest.approx(0.0004 / 0.215)


def test_a_gap_above_one_percent_warns(catalogue: Catalogue) -> None:
    assert max(catalogue.get(str(key)).gap for key in catalogue.table.index) < 0.01
    table = catalogue.table.copy()
    table.loc["37133", "total"] = 0.25
    changed = Catalogue(table, catalogue.stages, catalogue.series, "x")
    assert "CW-209" in changed.resolve("37133").codes


def test_stages_add_up_to_the_value_and_gases_to_the_stage(catalogue: Catalogue) -> None:
    sums = catalogue.stages.groupby("factor_id")["total"].sum()
    assert set(sums.index) == set(catalogue.table.index)
    assert (sums - catalogue.table["value"]).abs().max() < 1e-9
    assert (catalogue.stages[list(GASES)].sum(axis=1) - catalogue.stages["total"]).abs().max() < 1e-9


def test_biogenic_co2_is_that_of_combustion(catalogue: Catalogue) -> None:
    stages = {stage.stage: stage.co2_biogenic for stage in catalogue.get("25763").stages}
    assert stages["combustion"] == pytest.approx(0.127433)
    assert stages["upstream"] == 0.0


def test_contrails_are_a_stage(catalogue: Catalogue) -> None:
    for identifier in ("43743", "43670", "DZ-21_316_3174_11_1"):
        assert [stage.stage for stage in catalogue.get(identifier).stages].count("contrails") == 1
    assert catalogue.get("DZ-21_316_3174_11_1").value == pytest.approx(0.3394)


def test_photovoltaics_are_all_upstream(catalogue: Catalogue) -> None:
    (stage,) = catalogue.get("34720").stages
    assert (stage.stage, stage.total, stage.assigned) == ("upstream", 0.0439, True)


def test_a_foreign_grid_has_no_stage(catalogue: Catalogue) -> None:
    assert [stage.stage for stage in catalogue.get("15592").stages] == ["whole"]


def test_gases_of_a_warming_potential(catalogue: Catalogue) -> None:
    assert catalogue.get("43632").stages[0].gases["other_gases"] == 2256
    assert catalogue.get("43014").stages[0].gases["co2_fossil"] == 1
    assert catalogue.get("43119").fields["gas_kind"] == "outside_seven"


def test_no_factor_of_that_id(catalogue: Catalogue) -> None:
    with pytest.raises(CodedError, match="CW-202"):
        catalogue.get("rien")


def test_many_references_at_once(catalogue: Catalogue) -> None:
    refs = pd.Series(["43642", 43642.0, None, "zzz", "propane", "43642"], index=list("abcdef"), dtype=object)
    ids, codes = catalogue.resolve_many(refs, 2024)
    assert ids.tolist() == ["43642", "43642", "", "", "13556", "43642"]
    assert codes.tolist() == ["", "", "CW-201", "CW-202", "CW-206", ""]
    assert list(ids.index) == list("abcdef")


@given(
    st.lists(
        st.one_of(st.none(), st.text(max_size=12), st.integers(), st.floats(), st.booleans()), max_size=20
    )
)
def test_many_references_are_each_reference(refs: list[object]) -> None:
    catalogue = load_catalogue()
    ids, codes = catalogue.resolve_many(pd.Series(refs, dtype=object), 2024)
    for ref, identifier, code in zip(refs, ids, codes, strict=True):
        one = catalogue.resolve(ref, 2024)
        assert (one.id or "", one.code or "") == (identifier, code)
        assert one.id or one.code


def own(**changes: object) -> pd.DataFrame:
    row = {
        "id": "FOURN-001",
        "label": "Batterie",
        "unit": "unité",
        "total": 62,
        "source": "DEP",
        "year": 2024,
    }
    return pd.DataFrame([row | {"uncertainty_pct": 20.0} | changes])


def test_own_factors_join_the_catalogue(catalogue: Catalogue) -> None:
    extended = catalogue.with_own(own())
    factor = extended.get("FOURN-001")
    assert (factor.value, factor.unit, factor.uncertainty_pct) == (62.0, "unité", 20.0)
    assert [stage.stage for stage in factor.stages] == ["whole"]
    assert extended.resolve("fourn-001 · Batterie").id == "FOURN-001"
    assert extended.resolve("batterie").id == "FOURN-001"
    assert catalogue.resolve("FOURN-001").id is None
    assert extended.resolve("43642").id == "43642"
    assert (
        extended.with_own(own(id="FOURN-002", stage="upstream")).get("FOURN-002").stages[0].stage
        == "upstream"
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": "43642"}, "CW-211"),
        ({"id": 43642.0}, "CW-211"),
        ({"id": "cw-tco2e"}, "CW-211"),
        ({"id": ""}, "CW-212"),
        ({"unit": None}, "CW-212"),
        ({"total": "texte"}, "CW-212"),
        ({"total": float("inf")}, "CW-212"),
    ],
)
def test_a_bad_own_factor_is_refused(catalogue: Catalogue, changes: dict[str, object], code: str) -> None:
    with pytest.raises(CodedError, match=code):
        catalogue.with_own(own(**changes))


STEEL = {"label": "Acier ou fer blanc, neuf", "unit": "t", "total": 1500.0}


@pytest.mark.parametrize(
    ("valid_until", "year", "chosen"),
    [("2026-12-31", 2024, "FOURN-001"), ("", 2024, "FOURN-001"), ("2024-12-31", 2024, "FOURN-001"),
     ("2024-12-30", 2024, "26729"), ("2020-12-31", None, "FOURN-001")],
)  # fmt: skip
def test_of_one_label_the_own_factor_comes_first_while_it_is_valid(
    catalogue: Catalogue, valid_until: str, year: int | None, chosen: str
) -> None:
    extended = catalogue.with_own(own(**STEEL, valid_until=valid_until))
    assert extended.resolve("acier ou fer blanc, neuf", year).id == chosen
    assert ("facteur propre" in extended.resolve("acier ou fer blanc, neuf", year).note) is (
        chosen == "FOURN-001"
    )
    assert extended.resolve("26729", year).id == "26729"


def test_two_valid_own_factors_of_one_label_stay_ambiguous(catalogue: Catalogue) -> None:
    two = pd.concat([own(**STEEL), own(**STEEL, id="FOURN-002")], ignore_index=True)
    found = catalogue.with_own(two).resolve(STEEL["label"], 2024)
    assert (found.id, found.code) == (None, "CW-203")
    assert "26729" not in str(found.parameters["candidates"])


def test_two_own_factors_of_one_id_are_refused(catalogue: Catalogue) -> None:
    with pytest.raises(CodedError, match="CW-211"):
        catalogue.with_own(pd.concat([own(), own(total=63)]))


def test_no_own_factor_changes_nothing(catalogue: Catalogue) -> None:
    assert catalogue.with_own(own().iloc[:0]) is catalogue


def test_every_code_of_the_room_has_its_text() -> None:
    codes = {
        f"CW-{number}" for number in (201, 202, 203, 204, 205, 206, 207, 208, 209, 211, 212, 221, 222, 223)
    }
    assert codes <= set(texts())
