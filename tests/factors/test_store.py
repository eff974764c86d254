"""The store of imported bases: versions side by side, nothing changed by a failure, read-only outside imports."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from carbon_workbook.factors import store as stores
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.factors.imports.base import Base, factor_frame, refused_frame, stage_frame
from carbon_workbook.factors.store import Store, data_folder
from carbon_workbook.factors.versions import compose, pinned_bases, pinned_catalogue
from carbon_workbook.messages import CodedError


def made(
    version: str = "V24.0", key: str = "base-carbone", source: str = "Base Carbone® – ADEME", **totals: float
) -> Base:
    totals = totals or {"37133": 0.3, "900001": 2.0}
    return Base(
        key, source, version, "Licence Ouverte 2.0",
        factor_frame({"id": list(totals), "label": [f"Facteur {key}" for key in totals],
                      "unit": ["kWh PCS"] * len(totals), "total": list(totals.values()),
                      "kind": ["emission"] * len(totals), "status": ["valide"] * len(totals)}),
        stage_frame({"factor_id": ["37133"], "position": [1.0], "label": ["Combustion"], "stage": ["combustion"],
                     "total": [0.3], "assigned": [0.0]}),
        refused_frame(()), {"lignes": 3},
    )  # fmt: skip


def refusal(action: object, *arguments: object, **options: object) -> str:
    with pytest.raises(CodedError) as refused:
        action(*arguments, **options)  # type: ignore[operator]
    return refused.value.message.code


class TestStore:
    def test_versions_side_by_side(self, tmp_path: Path) -> None:
        store = Store(tmp_path / "données")
        assert store.bases() == []
        assert store.add(made(), today=dt.date(2026, 1, 2))
        assert store.add(made("V25.0"))
        assert [one.version for one in store.bases()] == ["V25.0", "V24.0"]
        assert store.bases()[1].imported_on == "2026-01-02"
        assert store.load("V24.0").digest == made().digest
        assert store.load("base carbone v25.0").version == "V25.0"

    def test_importing_again_changes_nothing(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        assert store.add(made())
        before = store.path.read_bytes()
        assert not store.add(made())
        assert store.path.read_bytes() == before

    def test_other_figures_under_the_same_version(self, tmp_path: Path) -> None:
        store, other = Store(tmp_path), made(**{"37133": 0.4, "900001": 2.0})
        store.add(made())
        with pytest.raises(CodedError, match="1 facteurs diffèrent") as refused:
            store.add(other)
        assert refused.value.message.code == "CW-243"
        assert store.load("V24.0").digest == made().digest
        assert store.add(other, replace=True)
        assert store.load("V24.0").digest == other.digest
        assert len(store.bases()) == 1

    def test_a_reference_must_name_one_base(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        assert refusal(store.find, "V24.0") == "CW-244"
        store.add(made())
        store.add(made("V24.0", "autre", "Autre base"))
        assert refusal(store.find, "V24.0") == "CW-244"
        assert refusal(store.find, "") == "CW-244"
        assert store.find("Autre base V24.0").key == "autre"

    @pytest.mark.parametrize("table", ["base", "factor", "stage"])
    def test_a_failure_at_any_moment_leaves_the_store_as_it_was(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str
    ) -> None:
        store = Store(tmp_path)
        store.add(made())
        insert = stores._insert

        def cut(connection: sqlite3.Connection, base: Base, today: dt.date) -> None:
            insert(connection, base, today)
            connection.execute(f"INSERT INTO {table} VALUES (1, 2, 3)")

        monkeypatch.setattr(stores, "_insert", cut)
        assert refusal(store.add, made("V25.0")) == "CW-245"
        assert [one.version for one in store.bases()] == ["V24.0"]
        assert refusal(store.add, made(**{"1": 1.0}), replace=True) == "CW-245"
        assert store.load("V24.0").digest == made().digest

    def test_a_file_that_is_no_store(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        store.path.write_bytes(b"pas une base" * 100)
        assert refusal(store.bases) == "CW-245"
        assert store.path.read_bytes() == b"pas une base" * 100

    def test_the_engine_cannot_write(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        store.add(made())
        with pytest.raises(CodedError), store._reading() as connection:
            connection.execute("DELETE FROM factor")
        assert len(store.load("V24.0").factors) == 2

    def test_the_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CARBON_WORKBOOK_DATA", str(tmp_path))
        assert data_folder() == tmp_path
        monkeypatch.delenv("CARBON_WORKBOOK_DATA")
        assert data_folder().name == "carbon-workbook"
        assert os.fspath(data_folder()).startswith(os.fspath(Path.home())) or "XDG_DATA_HOME" in os.environ


class TestPinned:
    def test_a_shipped_factor_keeps_its_name_and_takes_the_figures(self) -> None:
        shipped, catalogue = load_catalogue(), compose([made()])
        row = catalogue.table.loc["37133"]
        assert row["value"] == 0.3
        assert row["version"] == "V24.0"
        assert row["label"] == shipped.table.at["37133", "label"]
        assert row["families"] == shipped.table.at["37133", "families"]
        assert catalogue.get("900001").value == 2.0
        assert catalogue.get("DZ-19_500_5024_15_1").value == shipped.get("DZ-19_500_5024_15_1").value

    def test_a_factor_that_its_base_no_longer_has_is_gone(self) -> None:
        catalogue = compose([made()])
        assert catalogue.resolve("25775").id is None
        assert (catalogue.table["upstream_pair"].isin(["", *catalogue.table.index])).all()

    def test_an_added_label_never_takes_the_place_of_a_shipped_name(self) -> None:
        shipped = load_catalogue()
        label = shipped.table.at["37133", "label"]
        base = made(**{"37133": 0.3, "900001": 2.0})
        base = replace(base, factors=base.factors.assign(label=[label, label.upper()]))
        catalogue = compose([base])
        assert catalogue.resolve(label).id == "37133"
        assert catalogue.table.at["900001", "label"] == f"{label.upper()} (par kWh PCS, 900001)"

    def test_the_pin_finds_its_catalogue_again(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        pin = compose([made()]).version
        assert "V24.0" in pin
        with pytest.raises(CodedError) as refused:
            pinned_catalogue(pin, store)
        assert (refused.value.message.code, "V24.0" in refused.value.message.sentence) == ("CW-270", True)
        store.add(made())
        assert pinned_catalogue(pin, store).version == pin
        assert pinned_catalogue(pin, store).get("37133").value == 0.3
        assert [base.version for base in pinned_bases(pin, store)] == ["V24.0"]
        assert pinned_catalogue("", store) is load_catalogue()
        store.add(made(**{"37133": 9.0}), replace=True)
        assert pinned_catalogue(pin, store).version != pin
        assert pinned_catalogue(pin, store).get("37133").total == 9.0

    def test_an_import_is_the_last_review_of_its_figures(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        store.add(made(**{"37133": 0.3, "900001": 2.0}), today=dt.date(2027, 3, 4))
        table = compose([store.load("V24.0")]).table
        days = table.loc[["37133", "900001", "DZ-19_500_5024_15_1"], "checked_on"].tolist()
        assert days == [
            "2027-03-04",
            "2027-03-04",
            load_catalogue().table.at["DZ-19_500_5024_15_1", "checked_on"],
        ]

    def test_a_replaced_id_leads_to_its_heir(self) -> None:
        found = load_catalogue().resolve("13995")
        assert (found.id, found.code) == ("25778", "CW-264")
        assert found.parameters["old"] == "13995"
