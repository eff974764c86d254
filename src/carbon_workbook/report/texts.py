"""French texts of the reports (``texts.toml``), typeset once."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

from carbon_workbook.report.format import typeset
from carbon_workbook.resources import packaged


@cache
def texts() -> dict[str, Any]:
    """Texts by table and key; their ``{placeholders}`` are filled by the blocks of the context."""
    with (packaged("report") / "texts.toml").open("rb") as stream:
        found = _typeset(tomllib.load(stream))
    assert isinstance(found, dict)
    return found


def _typeset(value: object) -> object:
    if isinstance(value, dict):
        return {key: _typeset(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typeset(item) for item in value]
    return typeset(value) if isinstance(value, str) else value
