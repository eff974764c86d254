"""The only module that touches pint: our own definitions file, measured in its base quantities."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import cast

import pint

Dimension = tuple[tuple[str, int], ...]

DEFINITIONS = Path(__file__).with_name("unites.txt")


@cache
def _registry() -> pint.UnitRegistry[float]:
    return pint.UnitRegistry(str(DEFINITIONS))


@lru_cache(maxsize=4096)
def measure(expression: str) -> tuple[float, Dimension]:
    """Scale of ``expression`` (names of ``unites.txt``) to the base quantities, and its dimension.

    The dimension is sorted ``(name, exponent)`` pairs. Raises pint's own errors: an expression comes from
    our data files, never from the user.
    """
    quantity = _registry().parse_expression(expression).to_root_units()
    powers = {name.strip("[]"): int(cast(float, power)) for name, power in quantity.dimensionality.items()}
    return float(quantity.magnitude), tuple(sorted(powers.items()))
