"""US EPA supply chain factors: kgCO2e per US dollar at purchaser prices, by NAICS code.

The value taken is the one with margins, which goes with a purchaser price.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from carbon_workbook.factors.imports.base import (
    EMISSION,
    NO_VALUE,
    NOT_A_FACTOR,
    UNKNOWN_UNIT,
    UNREADABLE,
    VALID,
    Base,
    check_ids,
    factor_frame,
    refused_frame,
    stage_frame,
    understood,
)
from carbon_workbook.factors.imports.sheet import Heading, Table, figures
from carbon_workbook.factors.text import fold

_ALL_GASES = "all ghgs"
_CO2E = re.compile(r"kg CO2e\s*/\s*", re.IGNORECASE)
_VERSION = re.compile(r"[Vv](\d+\.\d+(?:\.\d+)?)")


@cache
def layout() -> Mapping[str, Any]:
    """Titles and constants of the format (``useepa.toml``)."""
    return tomllib.loads(Path(__file__).with_name("useepa.toml").read_text(encoding="utf-8"))


@cache
def heading() -> Heading:
    """The header row by which the format is recognised."""
    columns = {name: tuple(titles) for name, titles in layout()["columns"].items()}
    return Heading(columns, tuple(layout()["required"]))


def version_of(texts: list[str]) -> str:
    """``v1.3.0`` in the first text that holds one, "" without."""
    matches = (_VERSION.search(text) for text in texts)
    return next((f"v{match[1]}" for match in matches if match), "")


def read(table: Table, version: str) -> Base:
    """The base in a table found under ``heading``. Rows of a single gas are refused: they are not CO2e totals.

    Raises CodedError CW-237 (decimal signs mixed), CW-238 (nothing usable), CW-239 (a code twice).
    """
    numbers, unreadable = figures(table, ["with"])
    texts = {name: table.texts(name) for name in ("id", "label", "gas", "unit")}
    units = understood(_CO2E.sub("kgCO2e/", unit) for unit in texts["unit"])
    reasons: list[str] = []
    for place, gas in enumerate(texts["gas"]):
        unit = _CO2E.sub("kgCO2e/", texts["unit"][place])
        blank = np.isnan(numbers["with"][place])
        reasons.append(
            NOT_A_FACTOR if fold(gas) != _ALL_GASES else UNREADABLE if unreadable[place]
            else NO_VALUE if blank else UNKNOWN_UNIT if units[unit] is None else ""
        )  # fmt: skip
    kept = [place for place, reason in enumerate(reasons) if not reason]
    ids = [f"{layout()['prefix']}{texts['id'][place]}" for place in kept]
    check_ids(ids)
    read_units = [
        units[_CO2E.sub("kgCO2e/", texts["unit"][place])] or ("", 1.0, EMISSION, np.nan) for place in kept
    ]
    return Base(
        key=layout()["key"],
        source=layout()["source"],
        version=version,
        licence=layout()["licence"],
        factors=factor_frame(
            {
                "id": ids,
                "label": [texts["label"][place] for place in kept],
                "unit": [unit[0] for unit in read_units],
                "total": [
                    numbers["with"][place] * unit[1] for place, unit in zip(kept, read_units, strict=True)
                ],
                "geography": [layout()["geography"]] * len(kept),
                "gwp_set": ["inconnu"] * len(kept),
                "source_id": [texts["id"][place] for place in kept],
                "kind": [unit[2] for unit in read_units],
                "status": [VALID] * len(kept),
                "price_year": [unit[3] for unit in read_units],
                "warning": [layout()["warning"]] * len(kept),
            }
        ),
        stages=stage_frame({}),
        refused=refused_frame(
            (table.first_row + place, texts["id"][place], texts["label"][place], reason, texts["unit"][place])
            for place, reason in enumerate(reasons)
            if reason
        ),
        counts={"lignes": len(table), "facteurs": len(kept)},
    )
