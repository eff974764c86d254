"""Write factors/emission_factors.csv and factors/stages.csv from the official files.

Usage: python scripts/make_catalogue.py [--data FOLDER]   (or the environment variable OFFICIAL_DATA)

The folder holds the Base Carbone® V23.6 workbook and the DESNZ 2025 flat file, which are never committed. They are
read by the importers of the product; ``factors/selection.csv`` says which factors are kept and what we add to each
(families, aliases, pairs, warnings); every figure comes from the official files, unrounded.
"""

from __future__ import annotations

import argparse
import os
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from carbon_workbook.factors.imports.base import Base
from carbon_workbook.factors.imports.recognise import read_base
from carbon_workbook.factors.selection import BASE_CARBONE, DESNZ, assemble
from carbon_workbook.imports.files import open_source

ROOT = Path(__file__).resolve().parent.parent
FACTORS = ROOT / "factors"
FILES = {
    BASE_CARBONE: "Base_Carbone_V23.6.xlsx",
    DESNZ: "ghg-conversion-factors-2025-flat-format.xlsx",
}

CHECKED_ON = date(2026, 11, 21)
REVIEW_VALID = date(2027, 11, 21)
REVIEW_EXPIRED = date(2027, 5, 21)

FACTOR_COLUMNS = (
    "id",
    "label",
    "unit",
    "total",
    "co2_fossil",
    "ch4_fossil",
    "ch4_biogenic",
    "n2o",
    "other_gases",
    "co2_biogenic",
    "uncertainty_pct",
    "geography",
    "valid_until",
    "series",
    "series_year",
    "gwp_set",
    "source",
    "version",
    "source_id",
    "licence",
    "families",
    "kind",
    "status",
    "default_post",
    "nature",
    "gas_kind",
    "upstream_pair",
    "cutoff_pair",
    "price_year",
    "price_index",
    "aliases",
    "warning",
    "checked_on",
    "review_on",
)
STAGE_COLUMNS = (
    "factor_id",
    "position",
    "label",
    "stage",
    "total",
    "co2_fossil",
    "ch4_fossil",
    "ch4_biogenic",
    "n2o",
    "other_gases",
    "co2_biogenic",
    "assigned",
)


def number(value: Any) -> Any:
    """The figure as the file holds it, whole numbers without decimals; blank stays blank."""
    if not isinstance(value, float):
        return value
    if value != value:
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def reviewed(valid_until: str) -> dict[str, str]:
    """When a factor was checked, and when it is to be looked at again: sooner when it has expired."""
    expired = valid_until and valid_until < CHECKED_ON.isoformat()
    review = REVIEW_EXPIRED if expired else REVIEW_VALID
    return {"checked_on": CHECKED_ON.isoformat(), "review_on": review.isoformat()}


def read(folder: Path) -> dict[str, Base]:
    """The official bases by their key."""
    return {key: read_base(open_source([folder / name])) for key, name in FILES.items()}


def build(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    selection = pd.read_csv(FACTORS / "selection.csv", sep=";", dtype=str, keep_default_na=False)
    factors, stages = assemble(selection, read(folder), reviewed)
    return (
        pd.DataFrame(factors, columns=list(FACTOR_COLUMNS), dtype=object).fillna("").map(number),
        pd.DataFrame(stages, columns=list(STAGE_COLUMNS), dtype=object).fillna("").map(number),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("OFFICIAL_DATA", ROOT.parent / "shared" / "data")
    )
    folder = Path(parser.parse_args().data)
    factors, stages = build(folder)
    for table, name in ((factors, "emission_factors"), (stages, "stages")):
        table.to_csv(FACTORS / f"{name}.csv", sep=";", index=False, lineterminator="\n")
        print(f"{name}.csv : {len(table)} lignes")


if __name__ == "__main__":
    main()
