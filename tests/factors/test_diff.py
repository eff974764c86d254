"""What changes between two versions, the replacement proposed, and the values that look wrong."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from carbon_workbook.factors.diff import diff, suspicions, values_of
from carbon_workbook.factors.imports.base import Base, factor_frame, refused_frame, stage_frame
from carbon_workbook.messages import CodedError

COLUMNS = ("id", "label", "unit", "total", "status", "kind", "co2_fossil")
OLD = [
    ("1", "Acier", "kg", 2.0, "valide", "emission", 1.5),
    ("2", "Gazole routier", "litre", 3.2, "valide", "emission", 2.0),
    ("3", "Verre plat clair", "kg", 1.0, "valide", "emission", 1.0),
    ("4", "Papier", "kg", 1.0, "valide", "emission", 1.0),
    ("5", "Bois", "kg", 1.0, "archivé", "emission", 1.0),
    ("6", "Zinc", "kg", 3.0, "valide", "emission", 1.0),
    ("14016", "Gazole", "litre", 3.1, "valide", "emission", 1.0),
    ("8", "HFC-134a, PRG à 100 ans", "kg", 1300.0, "valide", "gwp", 0.0),
    ("9", "Inchangé", "kg", 1.0, "valide", "emission", 1.0),
]
NEW = [
    ("1", "Acier", "kg", 2.5, "valide", "emission", 1.5),
    ("2", "Gazole routier", "kg", 3.2, "valide", "emission", 2.0),
    ("3", "Verre plat clair", "kg", 1.0, "archivé", "emission", 1.0),
    ("33", "Verre plat, clair", "kg", 1.1, "valide", "emission", 1.0),
    ("5", "Bois", "kg", 1.0, "valide", "emission", 1.0),
    ("6", "Zinc", "kg", 3.0, "valide", "emission", 1.4),
    ("25775", "Gazole routier, B7", "litre", 3.1, "valide", "emission", 1.0),
    ("88", "HFC-134, PRG à 100 ans", "kg", 1200.0, "valide", "gwp", 0.0),
    ("44", "Papier recyclé bureau", "kg", 0.9, "valide", "emission", 1.0),
    ("9", "Inchangé", "kg", 1.0, "valide", "emission", 1.0),
]


def base(
    version: str,
    rows: list[tuple[object, ...]],
    stages: pd.DataFrame | None = None,
    key: str = "base-carbone",
) -> Base:
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    stages = stage_frame({}) if stages is None else stages
    return Base(key, "Base", version, "libre", factor_frame(columns), stages, refused_frame(()), {})


def test_each_kind_of_change() -> None:
    found = diff(base("1", OLD), base("2", NEW))
    rows = found.rows.set_index("id")
    assert rows["change"].to_dict() == {
        "4": "retiré", "8": "retiré", "14016": "retiré", "3": "archivé", "2": "unité changée", "1": "valeur changée",
        "6": "gaz ou étapes changés", "5": "rétabli", "25775": "ajouté", "33": "ajouté", "44": "ajouté", "88": "ajouté",
    }  # fmt: skip
    assert found.shared == 6
    assert found.counts["ajouté"] == 4
    assert rows.at["1", "relative"] == pytest.approx(0.25)
    assert (rows.at["2", "old_unit"], rows.at["2", "new_unit"]) == ("litre", "kg")


def test_the_replacement_proposed() -> None:
    rows = diff(base("1", OLD), base("2", NEW)).rows.set_index("id")
    assert rows.at["14016", "replacement"] == "25775"
    assert rows.at["14016", "reason"].startswith("Gazole routier archivé")
    assert (rows.at["3", "replacement"], rows.at["3", "reason"]) == (
        "33",
        "libellé proche, même unité : à vérifier",
    )
    assert rows.at["4", "replacement"] == ""
    assert rows.at["8", "replacement"] == "", "two gases of near names are two gases"


def test_nothing_changes_between_a_version_and_itself() -> None:
    assert not len(diff(base("1", OLD), base("1", list(reversed(OLD)))).rows)


def test_the_value_is_the_sum_of_the_stages() -> None:
    def stages(total: float) -> pd.DataFrame:
        return stage_frame({"factor_id": ["1", "1"], "stage": ["combustion", "upstream"], "label": ["a", "b"],
                            "total": [1.2, total], "position": [1.0, 2.0]})  # fmt: skip

    old, new = base("1", OLD, stages(0.6)), base("2", OLD, stages(0.9))
    assert values_of(old)["1"] == pytest.approx(1.8)
    row = diff(old, new).rows.iloc[0]
    assert (row["change"], row["old_value"], row["new_value"]) == (
        "valeur changée",
        pytest.approx(1.8),
        pytest.approx(2.1),
    )


def test_two_bases_are_not_two_versions() -> None:
    with pytest.raises(CodedError) as refused:
        diff(base("1", OLD), base("1", OLD, key="desnz"))
    assert refused.value.message.code == "CW-265"


def test_a_known_error_is_told_while_it_is_there() -> None:
    rows = [
        ("43638", "R507a", "kg", 2635.0, "valide", "gwp", 0.0),
        ("20539", "Nickel, recyclé", "t", 9167.0, "valide", "emission", 0.0),
        ("20533", "Nickel, neuf", "t", 9167.0, "valide", "emission", 0.0),
        ("7", "Herbe", "kg", -0.1, "valide", "emission", 0.0),
        ("8", "Vide", "kg", 0.0, "valide", "emission", 0.0),
        ("9", "Archive", "kg", 0.0, "archivé", "emission", 0.0),
    ]
    found = suspicions(base("1", rows), dt.date(2026, 1, 1)).set_index("id")["code"]
    assert found.to_dict() == {"43638": "CW-260", "20539": "CW-260", "7": "CW-262", "8": "CW-263"}
    mended = [(key, label, unit, total + 1, *rest) for key, label, unit, total, *rest in rows[:2]]
    assert not len(suspicions(base("2", [*mended, rows[2]]), dt.date(2026, 1, 1)))
