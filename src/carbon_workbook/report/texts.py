"""Texts of the reports by language (``texts.toml``, ``texts.en.toml``), typeset once."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from carbon_workbook.report.format import typeset
from carbon_workbook.report.language import FRENCH, language, speaking
from carbon_workbook.resources import packaged


def texts() -> dict[str, Any]:
    """Texts by table and key, in the language of the report; their ``{placeholders}`` are filled by the context."""
    return _texts(language())


@cache
def _texts(spoken: str) -> dict[str, Any]:
    name = "texts.toml" if spoken == FRENCH else f"texts.{spoken}.toml"
    with (packaged("report") / name).open("rb") as stream, speaking(spoken):
        found = _typeset(tomllib.load(stream))
    assert isinstance(found, dict)
    return found


def worded(value: str) -> str:
    """A choice of the workbook's lists, or a label of ours, as the report prints it; any other text as it is."""
    return str(texts()["values"].get(value) or labels(language()).get(value, value))


def named(label: str) -> str:
    """A label of ours, in the language of the report and with its typography."""
    return typeset(worded(label))


@cache
def labels(spoken: str) -> Mapping[str, str]:
    """Posts, categories, reasons and kinds of energy of the engine, which are French, in another language."""
    if spoken == FRENCH:
        return MappingProxyType({})
    with (packaged("report") / f"labels.{spoken}.csv").open(encoding="utf-8", newline="") as stream:
        return MappingProxyType(
            dict(row for place, row in enumerate(csv.reader(stream, delimiter=";")) if place)
        )


def _typeset(value: object) -> object:
    if isinstance(value, dict):
        return {key: _typeset(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typeset(item) for item in value]
    return typeset(value) if isinstance(value, str) else value
