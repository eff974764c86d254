"""Which base a file holds, told by its column titles, and the base read from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from carbon_workbook.factors.imports import base_carbone, desnz, generic, useepa
from carbon_workbook.factors.imports.base import Base
from carbon_workbook.factors.imports.sheet import Heading, Sheet, Source, Table, find_table
from carbon_workbook.messages import CodedError

UNKNOWN_FORMAT, VERSION_UNKNOWN = "CW-234", "CW-242"
Reader = Callable[[Table, Source, str], Base]


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name, its header row, the title of the sheet to try first, and its reader."""

    name: str
    heading: Heading
    sheet: str
    read: Reader


def formats() -> tuple[Format, ...]:
    """Every format recognised, in the order they are tried."""
    return (
        Format("échange", generic.exchange_heading(), "", _exchange),
        Format("Base Carbone", base_carbone.layout().heading, "", _base_carbone),
        Format("DESNZ", desnz.layout().heading, desnz.layout()["sheet"], _desnz),
        Format("US EPA", useepa.layout().heading, "", _useepa),
    )


def read_base(source: Source, *, version: str = "", mapping: Mapping[str, Any] | None = None) -> Base:
    """The base that a file holds; ``version`` names it where the file does not, or otherwise.

    Raises CodedError: CW-234 no known format, CW-235 a column missing, CW-236 a column twice, CW-242 no version told;
    and what the format's reader raises.
    """
    if mapping is not None:
        table = _find(source, generic.heading(mapping), mapping["base"].get("sheet", ""))
        base = generic.read(table, mapping) if table else None
        wanted = ", ".join(mapping["columns"])
    else:
        base, wanted = _recognised(source, version)
    if base is None:
        raise CodedError(UNKNOWN_FORMAT, name=source.name, known=wanted)
    return base.named(version) if version and version != base.version else base


def _recognised(source: Source, version: str) -> tuple[Base | None, str]:
    """The first format whose header is there; a header that lacks a column is told only if no other fits."""
    almost: CodedError | None = None
    for known in formats():
        try:
            table = _find(source, known.heading, known.sheet)
        except CodedError as refused:
            almost = almost or refused
            continue
        if table is not None:
            return known.read(table, source, version), ""
    if almost is not None:
        raise almost
    return None, ", ".join(known.name for known in formats())


def _find(source: Source, heading: Heading, first: str) -> Table | None:
    for sheet in sorted(source.sheets, key=lambda sheet: sheet.title != first):
        table = find_table(sheet, heading)
        if table is not None:
            return table
    return None


def _exchange(table: Table, source: Source, version: str) -> Base:
    return generic.read_exchange(table)


def _base_carbone(table: Table, source: Source, version: str) -> Base:
    return base_carbone.read(table, version or base_carbone.version_of([table.sheet, source.name]))


def _desnz(table: Table, source: Source, version: str) -> Base:
    front = next((sheet for sheet in source.sheets if sheet.title == desnz.layout()["front"]), None)
    return desnz.read(
        table, _named(version or desnz.version_of(table, _filled(front)), desnz.layout()["source"])
    )


def _filled(sheet: Sheet | None) -> Sheet | None:
    return sheet if sheet is not None and len(sheet) else None


def _useepa(table: Table, source: Source, version: str) -> Base:
    return useepa.read(table, _named(version or useepa.version_of([source.name]), useepa.layout()["source"]))


def _named(version: str, source: str) -> str:
    if not version:
        raise CodedError(VERSION_UNKNOWN, source=source)
    return version
