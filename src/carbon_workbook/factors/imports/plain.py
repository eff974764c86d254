"""Tables in which a row is a whole factor, without stages: what is refused, and the base of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from carbon_workbook.factors.imports.base import (
    EMISSION,
    NO_VALUE,
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
from carbon_workbook.factors.imports.layout import Head
from carbon_workbook.factors.imports.sheet import Floats, Table

Texts = Sequence[str]


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a table, in its order.

    ``texts`` has id, label and unit as they are written, and any other text of a factor; ``units`` are whole units
    (``kgCO2e/kWh``); ``numbers`` has ``total``; ``reasons`` are refusals known before the figures are looked at.
    """

    texts: Mapping[str, Texts]
    units: Texts
    numbers: Mapping[str, Floats]
    unreadable: npt.NDArray[np.bool_]
    reasons: Texts
    constants: Mapping[str, str] = field(default_factory=dict)


def base_of(head: Head, prefix: str, table: Table, rows: Rows) -> Base:
    """The base of the rows that can be used. Raises CodedError CW-238 (none), CW-239 (an id twice)."""
    known = understood(rows.units)
    reasons = [
        told or (
            UNREADABLE if bad else NO_VALUE if np.isnan(total) else UNKNOWN_UNIT if known[unit] is None else ""
        )
        for told, bad, total, unit in zip(
            rows.reasons, rows.unreadable, rows.numbers["total"], rows.units, strict=True
        )
    ]  # fmt: skip
    kept = [place for place, reason in enumerate(reasons) if not reason]
    texts, written = rows.texts, [rows.texts["id"][place] for place in kept]
    ids = [f"{prefix}{identifier}" for identifier in written]
    check_ids(ids)
    units = [known[rows.units[place]] or ("", 1.0, EMISSION, np.nan) for place in kept]
    scale = np.array([unit[1] for unit in units])
    figures = {name: values[kept] for name, values in rows.numbers.items()}
    masses = {name: values * scale for name, values in figures.items() if name != "uncertainty_pct"}
    factors = factor_frame(
        {
            **{name: [cells[place] for place in kept] for name, cells in texts.items()},
            **{name: [text] * len(kept) for name, text in rows.constants.items()},
            **figures,
            **masses,
            "id": ids,
            "source_id": written,
            "unit": [unit[0] for unit in units],
            "kind": [unit[2] for unit in units],
            "price_year": [unit[3] for unit in units],
            "status": [VALID] * len(kept),
        }
    )
    refused = refused_frame(
        (table.first_row + place, texts["id"][place], texts["label"][place], reason, texts["unit"][place])
        for place, reason in enumerate(reasons)
        if reason
    )
    counts = {"lignes": len(table), "facteurs": len(kept)}
    return Base(*head, factors=factors, stages=stage_frame({}), refused=refused, counts=counts)
