"""One French sentence for a successful calculation: quantity, factor, conversion, and what to know about the factor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from carbon_workbook.factors.catalogue import Catalogue, Resolution
from carbon_workbook.messages import message

_NO_BREAK = "\u00a0"
_DIGITS = 6


def shown(value: float, digits: int = _DIGITS) -> str:
    """A number as a French reader writes it, with at most ``digits`` significant digits."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", _NO_BREAK).replace(".", ",")


def explanation(
    catalogue: Catalogue,
    resolution: Resolution,
    *,
    used: str,
    typed: float,
    unit: str,
    quantity: float,
    kg: float,
    steps: Sequence[str] = (),
) -> str:
    """How ``typed`` ``unit`` became ``kg`` kgCO2e; ``quantity`` is in the unit of the factor ``used``.

    ``steps``: sentences of the monetary chain, in the place of the bare conversion.
    """
    factor = catalogue.get(used)
    value, published = shown(factor.value), shown(factor.total)
    staged = len(factor.stages) > 1
    origin = f"somme des étapes {value} ; publié {published}" if staged else f"valeur publiée {published}"
    parts = [
        message(
            "CW-621",
            quantity=shown(quantity),
            unit=factor.unit,
            value=value,
            total=shown(kg / 1000),
            id=factor.id,
            label=factor.label,
            source=factor.fields.get("source", ""),
            version=factor.fields.get("version", ""),
            origin=origin,
        ).sentence
    ]
    if not unit:
        parts.append(message("CW-623", target=factor.unit).sentence)
    elif steps:
        parts += steps
    elif quantity != typed:
        converted = message(
            "CW-622", quantity=shown(typed), unit=unit, converted=shown(quantity), target=factor.unit
        )
        parts.append(converted.sentence)
    parts += [
        f"{code} – {message(code, **dict[str, Any](resolution.parameters)).sentence}"
        for code in resolution.codes
    ]
    return " ".join(parts)
