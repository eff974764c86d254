"""How many of one unit in another, or which quantity is missing between the two."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.messages import CodedError
from carbon_workbook.units import tables
from carbon_workbook.units.parsing import Money, Unit, parse_unit

_HEATING_VALUES = frozenset({"pci", "pcs"})


@lru_cache(maxsize=65536)
def conversion(from_unit: str, to_unit: str) -> float:
    """How many ``to_unit`` make one ``from_unit`` (``t`` to ``kg``: 1000).

    A factor's money without tax basis or price year accepts any; the reverse is refused.
    Raises CodedError: CW-112 the dimensions differ (the missing quantity is named), CW-113 energy without PCS
    or PCI, CW-114 PCS against PCI, CW-115 PCS or PCI against delivered kWh, CW-117 currencies, CW-118 HT and
    TTC, CW-119 price years; and as ``parse_unit``.
    """
    source, target = parse_unit(from_unit), parse_unit(to_unit)
    code = _refusal(source, target)
    if code:
        raise CodedError(
            code,
            from_unit=source.label,
            to_unit=target.label,
            missing=missing_quantity(from_unit, to_unit),
        )
    return source.scale / target.scale


@lru_cache(maxsize=65536)
def missing_quantity(from_unit: str, to_unit: str) -> str:
    """What ``from_unit`` must be multiplied by to give ``to_unit``, in French: "une masse (t)".

    Empty when the two measure the same thing. Raises as ``parse_unit``.
    """
    powers = dict(parse_unit(to_unit).dimension)
    for name, power in parse_unit(from_unit).dimension:
        powers[name] = powers.get(name, 0) - power
    needed = frozenset(name for name, power in powers.items() if power > 0)
    per = frozenset(name for name, power in powers.items() if power < 0)
    listed = tables.quantities().get((needed, per))
    if listed is not None:
        return listed
    if not per:
        return _named(needed)
    return f"{_named(needed)} ÷ {_named(per)}" if needed else f"une division par {_named(per)}"


def conversions(
    from_units: pd.Series | Sequence[object], to_units: pd.Series | Sequence[object]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.object_]]:
    """``conversion`` of each pair of two columns of the same length.

    Returns the ratios (nan where refused) and the codes of refusal ("" where accepted). Pairs that differ are
    computed once each.
    """
    sources, source_labels = _factorized(from_units)
    targets, target_labels = _factorized(to_units)
    if len(sources) != len(targets):
        raise ValueError(f"{len(sources)} units against {len(targets)}")
    positions, pairs = pd.factorize(sources * np.int64(len(target_labels)) + targets)
    ratios = np.full(len(pairs), np.nan)
    codes = np.full(len(pairs), "", dtype=object)
    for position, pair in enumerate(pairs):
        source, target = divmod(int(pair), len(target_labels))
        try:
            ratios[position] = conversion(source_labels[source], target_labels[target])
        except CodedError as error:
            codes[position] = error.message.code
    return ratios[positions], codes[positions]


def _factorized(labels: pd.Series | Sequence[object]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Position of each label in the list of distinct labels; a missing one is the empty label."""
    series = labels if isinstance(labels, pd.Series) else pd.Series(list(labels), dtype="object")
    positions, distinct = pd.factorize(series)
    names = [name if isinstance(name, str) else str(name) for name in distinct] + [""]
    return np.where(positions < 0, len(names) - 1, positions).astype(np.int64), names


def _named(names: frozenset[str]) -> str:
    listed = tables.quantities().get((names, frozenset()))
    return listed or " et ".join(
        tables.quantities()[frozenset({name}), frozenset()] for name in sorted(names)
    )


def _refusal(source: Unit, target: Unit) -> str:
    """Code of the reason why ``source`` does not convert to ``target``, "" when it does."""
    if source.dimension == target.dimension:
        return _money_refusal(source.money, target.money) if source.money and target.money else ""
    heating = [_HEATING_VALUES & {name for name, _ in unit.dimension} for unit in (source, target)]
    bare = [tuple(p for p in unit.dimension if p[0] not in _HEATING_VALUES) for unit in (source, target)]
    if bare[0] != bare[1]:
        return "CW-112"
    if not heating[0]:
        return "CW-113"
    return "CW-114" if heating[1] else "CW-115"


def _money_refusal(source: Money, target: Money) -> str:
    if source.currency != target.currency:
        return "CW-117"
    if target.basis and source.basis != target.basis:
        return "CW-118"
    if target.price_year and source.price_year != target.price_year:
        return "CW-119"
    return ""
