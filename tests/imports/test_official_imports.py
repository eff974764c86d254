"""The official files come in whole: the numbers that must come out of them, printed."""

from __future__ import annotations

import numpy as np
import pytest
from factor_files import imported, official

from carbon_workbook.factors.catalogue import PUBLISHED_GASES
from carbon_workbook.factors.diff import suspicions, values_of
from carbon_workbook.factors.imports import desnz
from carbon_workbook.factors.imports.base import Base
from carbon_workbook.factors.imports.sheet import find_table
from carbon_workbook.factors.store import Store
from carbon_workbook.factors.versions import compose
from carbon_workbook.imports.files import open_source

pytestmark = pytest.mark.official

XLSX, CSV = "Base_Carbone_V23.6.xlsx", "Base_Carbone_V23.6_RECONSTRUCTED_cp1252.csv"
DESNZ_2024, DESNZ_2025 = (
    "ghg-conversion-factors-2024-FlatFormat_v1_1.xlsx",
    "ghg-conversion-factors-2025-flat-format.xlsx",
)
EPA = "SupplyChainGHGEmissionFactors_v1.3.0_NAICS_CO2e_USD2022.csv"


@pytest.fixture(scope="module")
def base_carbone() -> Base:
    return imported(official(XLSX))


def test_the_numbers_of_base_carbone(base_carbone: Base, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{base_carbone.name} : {dict(base_carbone.counts)}")
    assert base_carbone.counts == {
        "lignes": 18_616,
        "éléments": 12_817,
        "lignes d'étape": 5_799,
        "facteurs valides": 6_518,
        "lignes archivées": 7_171,
        "lignes de données source, refusées": 1_878,
        "facteurs valides négatifs": 290,
        "émissions évitées, hors de la recherche": 102,
        "unités des facteurs valides": 69,
        "facteurs à étapes": 2_182,
        "somme des étapes égale au total à 1 %": 2_182,
        "lignes avec des gaz": 4_354,
        "somme des gaz égale au total à 1 %": 4_354,
    }
    assert base_carbone.version == "V23.6"
    assert len(base_carbone.refused) == 1_878
    assert set(base_carbone.refused["code"]) == {"CW-250"}
    assert len(base_carbone.factors) == 12_817 - 1_878
    assert len(base_carbone.stages) == 5_799
    avoided = base_carbone.factors[base_carbone.factors["kind"] == "avoided"]
    assert (avoided.loc[avoided["status"] == "valide", "total"] < 0).sum() == 102


def test_stages_and_gases_add_up_in_the_engine(
    base_carbone: Base, capsys: pytest.CaptureFixture[str]
) -> None:
    """Decision B1: gases + « non ventilé » = stage total in every row, stages = value of the factor."""
    table = compose([base_carbone])
    lines = table.stages
    sums = lines[[*PUBLISHED_GASES, "unsplit"]].sum(axis=1)
    with_gases = base_carbone.stages[list(PUBLISHED_GASES)].notna().any(axis=1)
    with capsys.disabled():
        print(f"\nétapes : {len(lines)}, dont {with_gases.sum()} étapes de la base avec des gaz ; "
              f"écart le plus grand {np.abs(sums - lines['total']).max():.1e}")  # fmt: skip
    assert np.allclose(sums, lines["total"], rtol=1e-12, atol=1e-12)
    assert np.allclose(
        lines.groupby("factor_id")["total"].sum(), table.table["value"].sort_index(), rtol=1e-12
    )
    values, totals = values_of(base_carbone), base_carbone.factors.set_index("id")["total"]
    staged = base_carbone.stages["factor_id"].unique()
    close = np.abs(values[staged] - totals[staged]) <= 0.01 * totals[staged].abs() + 1e-9
    assert (int(close.sum()), len(staged)) == (2_182, 2_182)


def test_workbook_and_csv_give_the_same_base(base_carbone: Base) -> None:
    other = imported(official(CSV))
    assert other.digest == base_carbone.digest
    assert other.counts == base_carbone.counts


def test_the_known_errors_are_told(base_carbone: Base) -> None:
    import datetime as dt

    found = suspicions(base_carbone, dt.date(2026, 11, 21))
    known = set(found.loc[found["code"] == "CW-260", "id"])
    assert known == {"43638", "43579", "43660", "43661", "43681", "43787", "20539", "20540", "20541"}
    assert (found["code"] == "CW-262").sum() == 290 - 182 - 102
    assert (found["code"] == "CW-263").sum() == 11
    # Validity is told, never a filter: 1,543 were past theirs at the end of 2023.
    assert (found["code"] == "CW-266").sum() > 1_543


def test_the_numbers_of_desnz(capsys: pytest.CaptureFixture[str]) -> None:
    base = imported(official(DESNZ_2025))
    with capsys.disabled():
        print(
            f"\n{base.name} : {dict(base.counts)} ; refusés {base.refused['code'].value_counts().to_dict()}"
        )
    assert base.version == "2025 v1.0"
    assert base.counts["lignes"] == 8_740
    assert base.counts["lignes avec une valeur"] == 7_029
    assert base.counts["groupes de gaz"] == 1_302
    outside = base.factors[base.factors["warning"] != ""]
    assert (outside["total"] == 0).all()
    assert outside["co2_biogenic"].notna().all()
    split = base.factors[base.factors["n2o"].notna() & base.factors["co2_fossil"].notna()]
    sums = split[list(PUBLISHED_GASES)].sum(axis=1)
    assert (np.abs(sums - split["total"]) <= 0.005 * split["total"] + 2e-5).all()


def test_desnz_from_one_year_to_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    rows = []
    for name in (DESNZ_2024, DESNZ_2025):
        source = open_source([official(name)])
        sheet = next(sheet for sheet in source.sheets if sheet.title == "Factors by Category")
        table = find_table(sheet, desnz.layout().heading)
        assert table is not None
        rows.append({row.id: (row.value, row.unit, row.measures) for row in desnz.rows_of(table)})
    old, new = rows
    shared = old.keys() & new.keys()
    same = sum(old[key] == new[key] or (np.isnan(old[key][0]) and np.isnan(new[key][0])) for key in shared)
    with capsys.disabled():
        print(
            f"\nDESNZ 2024 → 2025 : {len(shared)} identifiants communs, {len(shared) - same} lignes changent"
        )
    assert len(shared) == len(old) == len(new) == 8_740
    assert 0 < same < len(shared)
    assert {old[key][1:] == new[key][1:] for key in shared} == {True}


def test_the_numbers_of_the_us_epa() -> None:
    base = imported(official(EPA))
    assert (base.version, len(base.factors)) == ("v1.3.0", 1_016)
    assert set(base.factors["unit"]) == {"USD 2022"}
    assert base.factors.set_index("id").at["EPA-111110", "total"] == 0.532


def test_the_shipped_catalogue_is_the_official_one(base_carbone: Base) -> None:
    """The shipped tables come out again, figure for figure, when the same versions are imported."""
    from carbon_workbook.factors.catalogue import load_catalogue

    shipped, whole = load_catalogue(), compose([base_carbone, imported(official(DESNZ_2025))])
    for column in shipped.table.columns:
        ours, theirs = shipped.table[column], whole.table.loc[shipped.table.index, column]
        assert ((ours == theirs) | (ours.isna() & theirs.isna())).all(), column
    assert len(whole.table) > 13_000


def test_a_whole_base_in_the_store_and_back(base_carbone: Base, tmp_path) -> None:  # type: ignore[no-untyped-def]
    store = Store(tmp_path)
    assert store.add(base_carbone)
    assert store.load("V23.6").digest == base_carbone.digest
    assert not store.add(imported(official(CSV)))
