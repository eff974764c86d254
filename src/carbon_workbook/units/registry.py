"""The only module that touches pint: our own definitions file, measured in its base quantities."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from carbon_workbook.prepared import prepared
from carbon_workbook.units import tables

if TYPE_CHECKING:
    import pint

Dimension = tuple[tuple[str, int], ...]
Measure = tuple[float, Dimension]

DEFINITIONS = Path(__file__).with_name("unites.txt")


@cache
def _registry() -> pint.UnitRegistry[float]:
    # A third of a second: only for an expression that is not among the prepared ones.
    import pint

    return pint.UnitRegistry(str(DEFINITIONS))


@lru_cache(maxsize=4096)
def measure(expression: str) -> Measure:
    """Scale of ``expression`` (names of ``unites.txt``) to the base quantities, and its dimension.

    The dimension is sorted ``(name, exponent)`` pairs. Raises pint's own errors: an expression comes from
    our data files, never from the user.
    """
    return _usual().get(expression) or _measured(expression)


def _measured(expression: str) -> Measure:
    quantity = _registry().parse_expression(expression).to_root_units()
    powers = {name.strip("[]"): int(cast(float, power)) for name, power in quantity.dimensionality.items()}
    return float(quantity.magnitude), tuple(sorted(powers.items()))


@cache
def _usual() -> Mapping[str, Measure]:
    """Measures of every unit we write, alone or with a qualifier that makes another quantity of it."""
    folder = DEFINITIONS.parent
    code = (Path(__file__), folder / "tables.py")
    return prepared("measures", (DEFINITIONS, *sorted(folder.glob("*.csv")), *code), _measure_usual)


def _measure_usual() -> dict[str, Measure]:
    found = {symbol.expression: _measured(symbol.expression) for symbol in tables.symbols().values()}
    for qualifier in tables.qualifiers():
        if qualifier.marker:
            for base in [name for name, (_, size) in found.items() if size == ((qualifier.dimension, 1),)]:
                expression = f"({base}) * {qualifier.marker}"
                found[expression] = _measured(expression)
    return found
