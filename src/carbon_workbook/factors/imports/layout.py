"""What is told of a published format in its ``.toml``: its titles, its constants, how its base is named."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from carbon_workbook.factors.imports.sheet import Heading


class Head(NamedTuple):
    """The first fields of a ``Base``."""

    key: str
    source: str
    version: str
    licence: str


@dataclass(frozen=True, eq=False)
class Layout:
    """Constants of a format by name, and the header row by which it is recognised."""

    constants: Mapping[str, Any]
    heading: Heading

    def __getitem__(self, name: str) -> Any:
        return self.constants[name]

    def head(self, version: str) -> Head:
        """How the base of that version is named."""
        return Head(self["key"], self["source"], version, self["licence"])


@cache
def layout_of(name: str) -> Layout:
    """The format of ``<name>.toml``, beside its reader."""
    constants = tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))
    columns = {column: tuple(titles) for column, titles in constants["columns"].items()}
    return Layout(constants, Heading(columns, tuple(constants["required"])))
