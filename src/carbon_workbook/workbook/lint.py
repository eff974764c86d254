"""What makes Excel repair or refuse a workbook, found at the level of its parts.

LibreOffice and openpyxl open most of these files without a word, so neither proves anything.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.workbook.cells import parse_cell, parse_range
from carbon_workbook.workbook.package import (
    Package,
    Relationship,
    Sheet,
    Table,
    columns_of,
    names_its_row,
)
from carbon_workbook.workbook.scan import Row, SheetText, attributes, plain_text, scan_rows, sheet_text, unescape

MAX_LIST = 255

_STRING = re.compile(r'"(?:[^"]|"")*"')
_QUOTED_SHEET = re.compile(r"'(?:[^']|'')*'(?=[!:])")
_BRACES = re.compile(r"\{[^{}]*\}")
_STRUCTURED = re.compile(r"([A-Za-z_\\\u00c0-\uffff][\w.\\]*)\[((?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*\])*)\]")
_ITEM = re.compile(r"\[((?:[^\[\]']|'.)*)\]")
_SHEET_OF = re.compile(r"(?:'((?:[^']|'')+)'|([^\W\d][\w.]*(?::[^\W\d][\w.]*)?))!")
_NUMBER_BYTES = b"0123456789.eE+-"
_STYLE = re.compile(r'\ss="(\d+)"')
_LINK_ID = re.compile(r'\s\w+:(?:id|embed|link|pict|dm|lo|qs|cs)="([^"]*)"')
_VALIDATION = re.compile(r"<dataValidation\s(.*?)</dataValidation>", re.DOTALL)
_TITLE = re.compile(r"[^\[\]:*?/\\]{1,31}\Z")


def lint(package: Package) -> list[Message]:
    """Everything found wrong, in the order of the checks; nothing means that none of them struck."""
    found: list[Message] = []
    for check in (_relationships, _content_types, _titles, _tables, _names):
        found += _coded(check, package)
    context = _Context(package)
    for sheet in package.sheets:
        if sheet.kind == "worksheet" and sheet.part in package.parts:
            found += _coded(context.sheet, sheet)
    found += _coded(context.calculation_chain)
    return found


def _coded[**P](check: Callable[P, Iterable[Message]], *args: P.args, **kwargs: P.kwargs) -> list[Message]:
    try:
        return list(check(*args, **kwargs))
    except CodedError as error:
        return [error.message]
