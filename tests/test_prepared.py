"""What is kept beside the tables: the same value, made again as soon as anything that decides it has changed."""

from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest

from carbon_workbook import prepared as room
from carbon_workbook.factors.catalogue import Catalogue, load_catalogue, read_catalogue
from carbon_workbook.prepared import kept_at, prepared
from carbon_workbook.units import registry


class Maker:
    """Counts how often the value was made."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> object:
        self.made += 1
        return MappingProxyType({"a": (1.0, "é")})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("a;1\n", encoding="utf-8")
    return path


def test_the_second_start_reads_what_the_first_one_kept(source: Path) -> None:
    make = Maker()
    assert prepared("essai", [source], make) == prepared("essai", [source], make) == {"a": (1.0, "é")}
    assert make.made == 1
    assert isinstance(prepared("essai", [source], make), MappingProxyType)


def test_a_changed_table_or_another_library_makes_it_again(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Maker()
    prepared("essai", [source], make)
    source.write_text("a;2\n", encoding="utf-8")
    prepared("essai", [source], make)
    assert make.made == 2
    monkeypatch.setattr(room.pd, "__version__", "0")
    prepared("essai", [source], make)
    assert make.made == 3


@pytest.mark.parametrize("cut", [0, 10, 70, -1])
def test_a_damaged_file_is_made_again(source: Path, cut: int) -> None:
    make = Maker()
    prepared("essai", [source], make)
    kept = kept_at("essai", source)
    kept.write_bytes(kept.read_bytes()[:cut])
    assert prepared("essai", [source], make) == {"a": (1.0, "é")}
    assert make.made == 2


def test_a_folder_that_cannot_be_written_only_costs_time(source: Path) -> None:
    make = Maker()
    kept_at("essai", source).parent.write_text("", encoding="utf-8")  # a file where the folder should be
    assert prepared("essai", [source], make) == {"a": (1.0, "é")}
    assert make.made == 1


def test_the_prepared_catalogue_is_the_one_of_the_tables() -> None:
    load_catalogue()
    load_catalogue.cache_clear()
    found, wanted = load_catalogue(), read_catalogue()
    assert isinstance(found, Catalogue)
    pd.testing.assert_frame_equal(found.table, wanted.table)
    pd.testing.assert_frame_equal(found.stages, wanted.stages)
    assert (found.version, found.series) == (wanted.version, wanted.series)


def test_the_prepared_measures_are_those_of_pint() -> None:
    assert registry.measure("(kWh) * PCS") == registry._measured("(kWh) * PCS")
    assert registry._usual() == registry._measure_usual()
