"""US EPA supply chain factors: kgCO2e per US dollar at purchaser prices, by NAICS code.

The value taken is the one with margins, which goes with a purchaser price.
"""

from __future__ import annotations

import re

from carbon_workbook.factors.imports.base import NOT_A_FACTOR, Base
from carbon_workbook.factors.imports.layout import Layout, layout_of
from carbon_workbook.factors.imports.plain import Rows, base_of
from carbon_workbook.factors.imports.sheet import Table, figures
from carbon_workbook.factors.text import fold

_ALL_GASES = "all ghgs"
_CO2E = re.compile(r"kg CO2e\s*/\s*", re.IGNORECASE)
_VERSION = re.compile(r"[Vv](\d+\.\d+(?:\.\d+)?)")


def layout() -> Layout:
    """Titles and constants of the format (``useepa.toml``)."""
    return layout_of("useepa")


def version_of(texts: list[str]) -> str:
    """``v1.3.0`` in the first text that holds one, "" without."""
    matches = (_VERSION.search(text) for text in texts)
    return next((f"v{match[1]}" for match in matches if match), "")


def read(table: Table, version: str) -> Base:
    """The base in a table found under the heading of its layout.

    Rows of a single gas are refused: they are not CO2e totals. Raises CodedError CW-237 (decimal signs mixed), CW-238
    (nothing usable), CW-239 (a code twice).
    """
    numbers, unreadable = figures(table, ["with"])
    rows = Rows(
        texts={name: table.texts(name) for name in ("id", "label", "unit")},
        units=[_CO2E.sub("kgCO2e/", unit) for unit in table.texts("unit")],
        numbers={"total": numbers["with"]},
        unreadable=unreadable,
        reasons=["" if fold(gas) == _ALL_GASES else NOT_A_FACTOR for gas in table.texts("gas")],
        constants={"gwp_set": "inconnu", "geography": layout()["geography"], "warning": layout()["warning"]},
    )
    return base_of(layout().head(version), layout()["prefix"], table, rows)
