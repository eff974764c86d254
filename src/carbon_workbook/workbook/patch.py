"""Values written into a package at XML level: what is not listed stays byte for byte.

Texts go inline, numbers in their shortest form; a cell keeps its style; a formula is never replaced.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

from carbon_workbook.messages import CodedError
from carbon_workbook.values import CellError
from carbon_workbook.workbook.cells import (
    cell_ref,
    column_letters,
    column_number,
    parse_cell,
    parse_range,
    range_ref,
    serial_of_date,
)
from carbon_workbook.workbook.package import Package, Table, Value, array_ranges
from carbon_workbook.workbook.scan import (
    ANY_ATTRIBUTES,
    ROW,
    Cell,
    SheetText,
    attributes,
    cell_starts,
    cells_of,
    check_well_formed,
    children_of,
    find_cell,
    row_number,
    sheet_text,
)

MAX_TEXT = 32_767

_NO_CHANGES: Mapping[str, Mapping[str, Value]] = {}
_NO_GROWTH: Mapping[str, int] = {}
_NO_LINKS: Mapping[str, Mapping[str, str]] = {}
# What XML cannot hold, and what would be read back as an escape.
_ESCAPED = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_FORMULA = re.compile(rf"<f({ANY_ATTRIBUTES})\s*/?>")
_REF = re.compile(r"\sref\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_LINK = re.compile(rf"<hyperlink({ANY_ATTRIBUTES})\s*(?:/>|>\s*</hyperlink\s*>)")
_TABLE_TAGS = tuple(re.compile(rf"<(?:\w+:)?{n}({ANY_ATTRIBUTES})\s*/?>") for n in ("table", "autoFilter"))
_BEFORE_LINKS = re.compile(
    "sheetPr|dimension|sheetViews|sheetFormatPr|cols|sheetData|sheetCalcPr|sheetProtection|protectedRanges"
    "|scenarios|autoFilter|sortState|dataConsolidate|customSheetViews|mergeCells|phoneticPr"
    "|conditionalFormatting|dataValidations"
)
_BEFORE_CALCULATION = re.compile(
    "fileVersion|fileSharing|workbookPr|AlternateContent|revisionPtr|absPath|workbookProtection|bookViews"
    "|sheets|functionGroups|externalReferences|definedNames"
)


def patch(
    package: Package,
    changes: Mapping[str, Mapping[str, Value]] = _NO_CHANGES,
    *,
    growth: Mapping[str, int] = _NO_GROWTH,
    links: Mapping[str, Mapping[str, str]] = _NO_LINKS,
) -> dict[str, bytes]:
    """The parts that change, by name; full calculation on load is asked for when there is one.

    ``changes``: by sheet title then A1 reference, a number, text, boolean, date, ``CellError``, or None to
    clear the value. A missing cell takes the style of the cell above it. ``growth``: new last row of tables.
    ``links``: by sheet, every internal link from a cell to a place such as ``'Achats'!C7``, in the place of
    those it had.

    Raises CodedError on a formula cell, a text too long, a table that cannot grow so; ValueError on a
    number that is not finite, TypeError on another type.
    """
    parts: dict[str, bytes] = {}
    for title in dict.fromkeys([*changes, *links]):
        sheet = package.sheet(title)
        check_well_formed(package.parts[sheet.part], sheet.part)
        text = sheet_text(package.parts[sheet.part], sheet.part)
        patched = _Rows(text, title, package.epoch_1904).patched(changes.get(title, {}))
        if title in links:
            patched = _with_links(patched, links[title])
        parts[sheet.part] = (patched.head + patched.rows + patched.tail).encode()
    for name, last_row in growth.items():
        part, xml = _grown(package, name, last_row)
        parts[part] = xml
    if any(xml != package.parts[name] for name, xml in parts.items()):
        parts[package.workbook_part] = _calculating_on_load(package)
    return {name: xml for name, xml in parts.items() if xml != package.parts[name]}


@dataclass(frozen=True, slots=True)
class _RowPlace:
    """Where a row stands in the text of the rows: start, end of its opening tag, end of its content, end."""

    attributes: str
    start: int
    opened: int
    content_end: int
    end: int


class _Rows:
    """The rows of one sheet, found once, and the styles of the cells written so far."""

    def __init__(self, text: SheetText, title: str, epoch_1904: bool) -> None:
        self._text, self._title, self._epoch_1904 = text, title, epoch_1904
        self._places = self._find()
        self._created: dict[tuple[int, int], str | None] = {}
        has_arrays = "array" in text.rows or "dataTable" in text.rows
        formulas = _FORMULA.finditer(text.rows) if has_arrays else ()
        self._arrays = list(array_ranges(found[1] for found in formulas))

    def _find(self) -> dict[int, _RowPlace]:
        rows = self._text.rows
        places: dict[int, _RowPlace] = {}
        number = 0
        for found in ROW.finditer(rows):
            before, number = number, row_number(found[1], number)
            if number <= before:
                raise CodedError("CW-414", sheet=self._title, cell=f"A{number}", row=number)
            if found[2]:
                places[number] = _RowPlace(found[1], found.start(), found.end(), found.end(), found.end())
            else:
                closing = rows.index("</row", found.end())
                end = rows.index(">", closing) + 1
                places[number] = _RowPlace(found[1], found.start(), found.end(), closing, end)
        return places

    def patched(self, changes: Mapping[str, Value]) -> SheetText:
        by_row: defaultdict[int, dict[int, Value]] = defaultdict(dict)
        for ref, value in changes.items():
            row, column = parse_cell(ref)
            by_row[row][column] = value
        rows, pieces, position = self._text.rows, list[str](), 0
        numbers = list(self._places)
        for row in sorted(by_row):
            wanted = dict(sorted(by_row[row].items()))
            place = self._places.get(row)
            if place:
                pieces += (rows[position : place.start], self._existing(row, place, wanted))
                position = place.end
            else:
                index = bisect_left(numbers, row)
                start = self._places[numbers[index]].start if index < len(numbers) else len(rows)
                cells = self._new_cells(row, wanted)
                pieces += (rows[position:start], f'<row r="{row}">{cells}</row>' if cells else "")
                position = start
        pieces.append(rows[position:])
        head = _with_dimension(self._text.head, list(self._created))
        return SheetText(self._text.part, head, "".join(pieces), self._text.tail)

    def _existing(self, row: int, place: _RowPlace, wanted: Mapping[int, Value]) -> str:
        inner = self._text.rows[place.opened : place.content_end]
        edits: list[tuple[int, int, str]] = []
        missing: dict[int, Value] = {}
        for column, value in wanted.items():
            found = find_cell(inner, column_letters(column), row, self._text.part)
            if found:
                cell, start, end = found
                edits.append((start, end, self._replaced(row, column, cell, value)))
            else:
                missing[column] = value
        if missing:
            starts = cell_starts(inner)
            if starts:
                edits = sorted([*edits, *self._insertions(row, inner, *starts, missing)])
            else:
                edits = self._slow_edits(row, inner, wanted)
        pieces, position = list[str](), 0
        for start, end, xml in edits:
            pieces += (inner[position:start], xml)
            position = end
        content = "".join([*pieces, inner[position:]])
        rows = self._text.rows
        if place.opened == place.end:
            return f"<row{place.attributes}>{content}</row>" if content else rows[place.start : place.end]
        return rows[place.start : place.opened] + content + rows[place.content_end : place.end]

    def _insertions(
        self, row: int, inner: str, columns: list[int], starts: list[int], missing: Mapping[int, Value]
    ) -> list[tuple[int, int, str]]:
        before: defaultdict[int, dict[int, Value]] = defaultdict(dict)
        for column, value in missing.items():
            index = bisect_left(columns, column)
            before[starts[index] if index < len(starts) else len(inner)][column] = value
        return [(start, start, self._new_cells(row, new)) for start, new in before.items()]

    def _slow_edits(self, row: int, inner: str, wanted: Mapping[int, Value]) -> list[tuple[int, int, str]]:
        """Edits of a row where some cell is not spelt the usual way: every cell is looked at."""
        left = dict(wanted)
        edits: list[tuple[int, int, str]] = []
        column = 0
        end_of_cells = 0
        for cell, start, end in cells_of(inner, self._text.part):
            column = column_number(cell.letters) if cell.letters else column + 1
            new = [c for c in left if c < column]
            if new:
                edits.append((start, start, self._new_cells(row, {c: left.pop(c) for c in new})))
            if column in left:
                edits.append((start, end, self._replaced(row, column, cell, left.pop(column))))
            end_of_cells = end
        edits.append((end_of_cells, end_of_cells, self._new_cells(row, left)))
        return edits

    def _replaced(self, row: int, column: int, cell: Cell, value: Value) -> str:
        if cell.formula_attributes is not None:
            raise CodedError("CW-416", sheet=self._title, cell=cell_ref(row, column))
        return self._cell(row, column, cell.style, value)

    def _new_cells(self, row: int, wanted: Mapping[int, Value]) -> str:
        pieces = []
        for column, value in wanted.items():
            if value is None:
                continue
            style = self._style_above(row, column)
            self._created[row, column] = style
            pieces.append(self._cell(row, column, style, value))
        return "".join(pieces)

    def _style_above(self, row: int, column: int) -> str | None:
        if (row - 1, column) in self._created:
            return self._created[row - 1, column]
        place = self._places.get(row - 1)
        if not place:
            return None
        inner = self._text.rows[place.opened : place.content_end]
        found = find_cell(inner, column_letters(column), row - 1, self._text.part)
        return found[0].style if found else None

    def _cell(self, row: int, column: int, style: str | None, value: Value) -> str:
        if any(top <= row <= end and left <= column <= right for top, left, end, right in self._arrays):
            raise CodedError("CW-416", sheet=self._title, cell=cell_ref(row, column))
        opening = f'<c r="{column_letters(column)}{row}"' + (f' s="{style}"' if style is not None else "")
        if value is None:
            return f"{opening}/>"
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                raise CodedError("CW-417", sheet=self._title, cell=cell_ref(row, column))
            return f'{opening} t="inlineStr"><is><t xml:space="preserve">{_text(value)}</t></is></c>'
        if isinstance(value, bool):
            return f'{opening} t="b"><v>{int(value)}</v></c>'
        if isinstance(value, CellError):
            return f'{opening} t="e"><v>{_text(value.text)}</v></c>'
        if isinstance(value, dt.date):
            value = serial_of_date(value, epoch_1904=self._epoch_1904)
        return f"{opening}><v>{_number(value)}</v></c>"


def _text(value: str) -> str:
    value = _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", value)
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _number(value: object) -> str:
    if not isinstance(value, Real):
        raise TypeError(f"a cell cannot hold {type(value).__name__}")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"a cell cannot hold {number}")
    return repr(number).removesuffix(".0")


def _with_dimension(head: str, created: list[tuple[int, int]]) -> str:
    found = re.search(r"<dimension\b[^>]*>", head)
    if not found or not created:
        return head
    top, left, bottom, right = parse_range(attributes(found[0]).get("ref", "A1"))
    rows, columns = {row for row, _ in created}, {column for _, column in created}
    grown = range_ref(
        min(top, min(rows)), min(left, min(columns)), max(bottom, max(rows)), max(right, max(columns))
    )
    return head[: found.start()] + _REF.sub(f' ref="{grown}"', found[0]) + head[found.end() :]


def _with_links(text: SheetText, links: Mapping[str, str]) -> SheetText:
    shell = text.shell
    elements = text.elements
    kept = ""
    place = next((e for e in elements if not _BEFORE_LINKS.fullmatch(e.name)), None)
    start = end = place.start if place else shell.rindex(b"</")
    for element in elements:
        if element.name == "hyperlinks":
            start, end = element.start, element.end
            old = shell[start:end].decode()
            kept = "".join(tag[0] for tag in _LINK.finditer(old) if _is_external(tag[1]))
    new = "".join(
        f'<hyperlink ref="{ref}" location="{_attribute(location)}"/>' for ref, location in links.items()
    )
    xml = f"<hyperlinks>{kept}{new}</hyperlinks>".encode() if kept or new else b""
    cut = len(text.head.encode())
    tail = (shell[cut:start] + xml + shell[end:]).decode()
    return SheetText(text.part, text.head, text.rows, tail)


def _is_external(attribute_text: str) -> bool:
    return any(name.endswith(":id") for name in attributes(attribute_text))


def _attribute(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _grown(package: Package, name: str, last_row: int) -> tuple[str, bytes]:
    table = package.table(name)
    top, left, bottom, right = table.bounds
    covered = any(
        table.sheet == other.sheet and table.name != other.name and _in_the_way(table, other, last_row)
        for other in package.all_tables
    )
    if last_row < bottom or covered or (last_row > bottom and table.totals_rows):
        raise CodedError("CW-418", sheet=table.sheet, table=name, row=last_row)
    text = _utf8(package, table.part)
    ref = range_ref(top, left, last_row, right)
    for tag in _TABLE_TAGS:
        if found := tag.search(text):
            text = text[: found.start()] + _REF.sub(f' ref="{ref}"', found[0]) + text[found.end() :]
    return table.part, text.encode()


def _in_the_way(table: Table, other: Table, last_row: int) -> bool:
    _, left, bottom, right = table.bounds
    other_top, other_left, other_bottom, other_right = other.bounds
    return other_top <= last_row and other_bottom > bottom and other_left <= right and other_right >= left


def _utf8(package: Package, part: str) -> str:
    try:
        return package.parts[part].decode("utf-8")
    except UnicodeDecodeError:
        raise CodedError("CW-408", part=part, detail="encodage autre que UTF-8") from None


def _calculating_on_load(package: Package) -> bytes:
    xml = _utf8(package, package.workbook_part).encode()
    children = children_of(xml, package.workbook_part)
    for child in children:
        if child.name == "calcPr":
            tag = xml[child.start : child.end].decode()
            if attributes(tag).get("fullCalcOnLoad") == "1":
                return xml
            tag = re.sub(r"\sfullCalcOnLoad\s*=\s*(\"[^\"]*\"|'[^']*')", "", tag)
            tag = re.sub(r"^<([\w:]*calcPr)", r'<\1 fullCalcOnLoad="1"', tag)
            return xml[: child.start] + tag.encode() + xml[child.end :]
    after = [child for child in children if _BEFORE_CALCULATION.fullmatch(child.name)]
    sheets = next(child for child in children if child.name == "sheets")
    name = re.match(rb"<((?:\w+:)?)sheets", xml[sheets.start : sheets.end])
    prefix = name[1] if name else b""
    place = after[-1].end
    return xml[:place] + b"<" + prefix + b'calcPr fullCalcOnLoad="1"/>' + xml[place:]
