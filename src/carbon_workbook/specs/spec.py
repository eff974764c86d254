"""Entry sheets as data: columns, methods and the products that make an activity.

One TOML file a sheet in ``specs/sheets``; what they share is in ``common.toml``. The workbook builder writes the
native formulas and the engine computes the same products from the same rules (decision A4).
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from carbon_workbook.resources import packaged


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. ``unit`` is the fixed unit of a number (``""``: a count or a ratio).

    ``prepared``: filled by the builder, it does not make a row by itself. ``since``: schema that brought the column.
    """

    key: str
    label: str
    type: str
    unit: str = ""
    group: str = ""
    list: str = ""
    source: str = ""
    written: str = ""
    affects: bool = False
    required: bool = False
    width: int = 12
    help: str = ""
    prepared: bool = False
    since: int = 1

    @property
    def entered(self) -> bool:
        """Typed by the user, as opposed to computed natively or written by refresh."""
        return not self.written

    @property
    def numeric(self) -> bool:
        return self.type in ("number", "percent")


@dataclass(frozen=True, slots=True)
class ActivityRule:
    """Activity = (first product column + plus − minus) × other products × times ÷ over × constant.

    A rule applies when all ``product`` and ``needs`` columns are filled and the method is blank or one of
    ``methods``. Columns of ``times`` and ``over`` that are blank count for 1, those of ``complement`` multiply by
    (1 − share). With ``net_of_tax`` the amount loses its VAT. The unit is ``unit`` (``{column}`` filled from the row).
    """

    label: str
    product: tuple[str, ...]
    unit: str
    methods: tuple[str, ...] = ()
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    complement: tuple[str, ...] = ()
    constant: float = 1.0
    net_of_tax: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Every numeric column the rule may read."""
        tax = ("vat_rate", "vat_deductible") if self.net_of_tax else ()
        return (*self.product, *self.plus, *self.minus, *self.times, *self.over, *self.complement, *tax)

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that must be filled for the rule to apply."""
        return (*self.product, *self.needs)

    @property
    def unit_columns(self) -> tuple[str, ...]:
        """Columns whose text makes the unit."""
        return tuple(part.split("}")[0] for part in self.unit.split("{")[1:])


@dataclass(frozen=True, slots=True)
class Method:
    """A way to compute a row, most precise first; ``level`` is the data level it implies."""

    label: str
    level: str


@dataclass(frozen=True, slots=True)
class SheetSpec:
    """One entry sheet. ``posting`` names its rows in ``inventory/posting.csv``."""

    key: str
    title: str
    table: str
    heading: str
    scope: str
    posting: str
    intro: str
    columns: tuple[Column, ...]
    methods: tuple[Method, ...]
    activity: tuple[ActivityRule, ...]
    units: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    kinds: tuple[str, ...] = ("emission",)
    example: str = ""

    def column(self, key: str) -> Column:
        """The column of that key. Raises KeyError."""
        for column in self.columns:
            if column.key == key:
                return column
        raise KeyError(f"{self.key}: {key}")

    def has(self, key: str) -> bool:
        return any(column.key == key for column in self.columns)

    @property
    def entered(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.entered)

    @property
    def owned(self) -> tuple[Column, ...]:
        """Columns whose plain values refresh writes."""
        return tuple(column for column in self.columns if column.written == "refresh")

    @property
    def affecting(self) -> tuple[Column, ...]:
        """Columns of the fingerprint text, in order."""
        return tuple(column for column in self.columns if column.affects)

    @property
    def read_as_numbers(self) -> tuple[Column, ...]:
        """Other columns that the activity rules read: what is typed there as a text ends the fingerprint."""
        read = {key for rule in self.activity for key in rule.columns}
        return tuple(column for column in self.columns if column.key in read and not column.affects)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, behind a defined name of the workbook. ``sheet`` is the title of the sheet where it stands."""

    key: str
    name: str
    group: str
    label: str
    type: str
    list: str = ""
    default: object = None
    required: bool = False
    help: str = ""
    sheet: str = "Périmètre"

    @property
    def note(self) -> bool:
        """A text of several lines."""
        return self.type == "note"


@dataclass(frozen=True, slots=True)
class ScreeningItem:
    """A quantity that the screening asks for, with the factor and the rows that it feeds.

    ``posting`` and ``option`` place its life-cycle parts as those of an entry sheet do; ``beges_post`` and
    ``ghgp_category`` are where most of it goes. ``ratio``: ``ratio_unit`` for one ``unit``, where the factor has
    another dimension. ``group``: items that tell the same thing. ``convention``: what makes it an order of magnitude.
    """

    item: str
    unit: str
    factor_id: str
    beges_post: str
    ghgp_category: str
    source: str
    ratio: str = ""
    ratio_unit: str = ""
    posting: str = ""
    option: str = ""
    group: str = ""
    convention: str = ""


@cache
def lists() -> Mapping[str, tuple[str, ...]]:
    """Choice lists by name."""
    return MappingProxyType({name: tuple(values) for name, values in _toml("lists.toml").items()})


@cache
def settings() -> tuple[Setting, ...]:
    """Settings, sheet after sheet, in display order."""
    return tuple(Setting(**row) for row in _toml("settings.toml")["settings"])


@cache
def entry_sheets() -> Mapping[str, SheetSpec]:
    """Entry sheets by key, in workbook order (the order of ``sheets/order.toml``)."""
    common = _toml("common.toml")
    found = [_sheet(_toml(f"sheets/{key}.toml"), key, common) for key in _toml("sheets/order.toml")["order"]]
    return MappingProxyType({spec.key: spec for spec in found})


@cache
def register(name: str) -> tuple[Column, ...]:
    """Columns of a register, a table that is no entry sheet. Raises KeyError."""
    return tuple(_column(row) for row in _toml("registers.toml")[name])


@cache
def screening_items() -> tuple[ScreeningItem, ...]:
    """What the screening asks for, in display order."""
    with (packaged("specs") / "screening_items.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(ScreeningItem(**row) for row in csv.DictReader(stream, delimiter=";"))


def _toml(name: str) -> dict[str, Any]:
    path: Path = packaged("specs") / name
    with path.open("rb") as stream:
        return tomllib.load(stream)


def _column(row: Mapping[str, Any]) -> Column:
    return Column(**row)


def _sheet(data: dict[str, Any], key: str, common: dict[str, Any]) -> SheetSpec:
    own: list[Column] = []
    decisive = frozenset(data.pop("also_affects", ()))
    for row in data.pop("columns", []):
        if "include" in row:
            own += [_column(column) for column in common["sets"][row["include"]]]
        else:
            own.append(_column(row))
    method_column = Column(
        "method", "Méthode", "choice", group="Identité", list=f"methodes_{key}", width=22, affects=True,
        help="Vide : la première méthode dont les colonnes sont remplies.",
    )  # fmt: skip
    columns = (
        *map(_column, common["lead"]),
        method_column,
        *own,
        *map(_column, common["factor"]),
        *map(_column, common["result"]),
        *map(_column, common["tail"]),
        *map(_column, common["detail"]),
    )
    if unknown := decisive - {column.key for column in columns}:
        raise KeyError(f"{key}: {', '.join(sorted(unknown))}")
    columns = tuple(replace(one, affects=True) if one.key in decisive else one for one in columns)
    rules = tuple(ActivityRule(**_with_tuples(row)) for row in data.pop("activity"))
    methods = tuple(Method(**row) for row in data.pop("methods"))
    return SheetSpec(key=key, columns=columns, methods=methods, activity=rules, **_with_tuples(data))


def _with_tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
