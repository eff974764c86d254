"""What a new workbook is filled with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

Row = Mapping[str, object]


@dataclass(frozen=True)
class WorkbookData:
    """Contents of a workbook to build. Rows map a column key to its value; what is absent stays blank.

    ``settings`` by setting key (defaults apply where absent), ``categories`` replace the prepared screening rows
    of the same code, ``entries`` hold the rows of each entry sheet by sheet key. The template adds the prepared rows
    that ``history`` and ``screening`` lack.
    """

    settings: Row = field(default_factory=lambda: MappingProxyType({}))
    sites: Sequence[Row] = ()
    own_factors: Sequence[Row] = ()
    categories: Sequence[Row] = ()
    entries: Mapping[str, Sequence[Row]] = field(default_factory=lambda: MappingProxyType({}))
    entities: Sequence[Row] = ()
    history: Sequence[Row] = ()
    actions: Sequence[Row] = ()
    targets: Sequence[Row] = ()
    screening: Sequence[Row] = ()
