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
    column_number,
    parse_cell,
    parse_range,
    range_ref,
    serial_of_date,
)
from carbon_workbook.workbook.package import Package, Value, array_ranges, columns_of
from carbon_workbook.workbook.scan import (
    ANY_ATTRIBUTES,
    ROW,
    OddCellError,
    Pieces,
    SheetText,
    attributes,
    cells_of,
    check_well_formed,
    children_of,
    cut_row,
    row_letters,
    row_mark,
    row_number,
)
from carbon_workbook.workbook.writer import MAX_TEXT, may_end_at

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
        if sheet.part not in package.proven:
            check_well_formed(package.parts[sheet.part], sheet.part)
        text = package.text(sheet.part)
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
    """Where a row stands in the text of the rows: start, end of its opening tag, start of the next row.

    ``empty``: the row has no closing tag.
    """

    attributes: str
    empty: bool
    start: int
    opened: int
    stop: int


class _Rows:
    """The rows of one sheet, found once, and the styles of the cells written so far."""

    def __init__(self, text: SheetText, title: str, epoch_1904: bool) -> None:
        self._text, self._title, self._epoch_1904 = text, title, epoch_1904
        self._places = self._find()
        self._created: dict[tuple[int, int], str | None] = {}
        self._pieces = Pieces(lambda _: None)
        self._shapes: dict[str, Mapping[int, int]] = {}
        self._texts: dict[str, str] = {}
        has_arrays = "array" in text.rows or "dataTable" in text.rows
        formulas = _FORMULA.finditer(text.rows) if has_arrays else ()
        self._arrays = list(array_ranges(found[1] for found in formulas))

    def _find(self) -> dict[int, _RowPlace]:
        rows = self._text.rows
        places: dict[int, _RowPlace] = {}
        number = 0
        opening = list(ROW.finditer(rows))
        stops = [*(found.start() for found in opening), len(rows)][1:]
        for found, stop in zip(opening, stops, strict=True):
            before, number = number, row_number(found[1], number)
            if number <= before:
                raise CodedError("CW-414", sheet=self._title, cell=f"A{number}", row=number)
            places[number] = _RowPlace(found[1], bool(found[2]), found.start(), found.end(), stop)
        return places

    def patched(self, changes: Mapping[str, Value]) -> SheetText:
        by_row: defaultdict[int, dict[int, Value]] = defaultdict(dict)
        for ref, value in changes.items():
            row, column = parse_cell(ref)
            by_row[row][column] = value
        rows, pieces, position = self._text.rows, list[str](), 0
        numbers = list(self._places)
        for row in sorted(by_row):
            wanted = by_row[row]
            place = self._places.get(row)
            if place:
                inner = rows[place.opened : place.stop]
                quick = self._quick(row, inner, wanted)
                if quick is None:
                    pieces += (rows[position : place.start], self._existing(row, place, wanted))
                else:
                    pieces += (rows[position : place.opened], quick)
                position = place.stop
            else:
                index = bisect_left(numbers, row)
                start = self._places[numbers[index]].start if index < len(numbers) else len(rows)
                cells = self._new_cells(row, wanted)
                pieces += (rows[position:start], f'<row r="{row}">{cells}</row>' if cells else "")
                position = start
        pieces.append(rows[position:])
        head = _with_dimension(self._text.head, list(self._created))
        return SheetText(self._text.part, head, "".join(pieces), self._text.tail)

    def _quick(self, row: int, inner: str, wanted: Mapping[int, Value]) -> str | None:
        """The row's inner text with cells that it has already, spelt as Excel spells them; else None."""
        try:
            first, pieces = cut_row(inner, row)
            cells, _, followers = zip(*map(self._pieces.__getitem__, pieces), strict=True)
            places = self._columns(" ".join(row_letters(first, followers)))
        except OddCellError:
            return None
        if not wanted.keys() <= places.keys():
            return None
        for column, value in wanted.items():
            place = places[column]
            cell, following = cells[place], followers[place]
            if cell.formula_attributes is not None:
                raise CodedError("CW-416", sheet=self._title, cell=cell_ref(row, column))
            end = f'<c r="{following}' if following else "</row>"
            pieces[place] = f'{cell.style}"{self._content(row, column, value)}{end}'
        mark = row_mark(row)
        return f'<c r="{first}{mark}{mark.join(pieces)}'

    def _columns(self, letters: str) -> Mapping[int, int]:
        """Position of each column among the cells of a row; none where they do not rise."""
        if letters not in self._shapes:
            columns = columns_of(letters) or ()
            self._shapes[letters] = {column: place for place, column in enumerate(columns)}
        return self._shapes[letters]

    def _existing(self, row: int, place: _RowPlace, wanted: Mapping[int, Value]) -> str:
        """The whole row, every cell of it looked at."""
        rows = self._text.rows
        opening = rows[place.start : place.opened]
        if place.empty:
            content = self._new_cells(row, wanted)
            rest = rows[place.opened : place.stop]
            return f"<row{place.attributes}>{content}</row>{rest}" if content else opening + rest
        inner, closing = self._inner(place)
        pieces, position = [opening], 0
        for start, end, xml in self._edits(row, inner, dict(sorted(wanted.items()))):
            pieces += (inner[position:start], xml)
            position = end
        return "".join([*pieces, inner[position:], closing])

    def _inner(self, place: _RowPlace) -> tuple[str, str]:
        """The cells of a row, and what closes it."""
        inner = self._text.rows[place.opened : place.stop]
        end = 0 if place.empty else inner.rindex("</row")
        return inner[:end], inner[end:]

    def _edits(self, row: int, inner: str, left: dict[int, Value]) -> list[tuple[int, int, str]]:
        edits: list[tuple[int, int, str]] = []
        column = 0
        end_of_cells = 0
        for ref, cell, start, end in cells_of(inner, self._text.part):
            letters = ref.rstrip("0123456789")
            column = column_number(letters) if letters else column + 1
            new = [c for c in left if c < column]
            if new:
                edits.append((start, start, self._new_cells(row, {c: left.pop(c) for c in new})))
            if column in left:
                if cell.formula_attributes is not None:
                    raise CodedError("CW-416", sheet=self._title, cell=cell_ref(row, column))
                edits.append((start, end, self._cell(row, column, cell.style, left.pop(column))))
            end_of_cells = end
        edits.append((end_of_cells, end_of_cells, self._new_cells(row, left)))
        return edits

    def _new_cells(self, row: int, wanted: Mapping[int, Value]) -> str:
        pieces = []
        for column, value in sorted(wanted.items()):
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
        return self._styles(place).get(column) if place else None

    def _styles(self, place: _RowPlace) -> dict[int, str | None]:
        """Styles of the cells of a row, by column."""
        column = 0
        styles: dict[int, str | None] = {}
        for ref, cell, _, _ in cells_of(self._inner(place)[0], self._text.part):
            letters = ref.rstrip("0123456789")
            column = column_number(letters) if letters else column + 1
            styles[column] = cell.style
        return styles

    def _cell(self, row: int, column: int, style: str | None, value: Value) -> str:
        styled = f' s="{style}"' if style is not None else ""
        return f'<c r="{cell_ref(row, column)}"{styled}{self._content(row, column, value)}'

    def _content(self, row: int, column: int, value: Value) -> str:
        """What follows the reference and style of a cell."""
        for top, left, bottom, right in self._arrays:
            if top <= row <= bottom and left <= column <= right:
                raise CodedError("CW-416", sheet=self._title, cell=cell_ref(row, column))
        if value is None:
            return "/>"
        if isinstance(value, str):
            xml = self._texts.get(value)
            if xml is None:
                if len(value) > MAX_TEXT:
                    raise CodedError("CW-417", sheet=self._title, cell=cell_ref(row, column))
                xml = f' t="inlineStr"><is><t xml:space="preserve">{_text(value)}</t></is></c>'
                self._texts[value] = xml
            return xml
        if isinstance(value, bool):
            return f' t="b"><v>{int(value)}</v></c>'
        if isinstance(value, CellError):
            return f' t="e"><v>{_text(value.text)}</v></c>'
        if isinstance(value, dt.date):
            value = serial_of_date(value, epoch_1904=self._epoch_1904)
        return f"><v>{_number(value)}</v></c>"


def _text(value: str) -> str:
    value = _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", value)
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _number(value: object) -> str:
    if not isinstance(value, (float, Real)):
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
    others = [
        other.bounds for other in package.all_tables if other.sheet == table.sheet and other.name != name
    ]
    if not may_end_at(last_row, table.bounds, others, totals=table.totals_rows > 0):
        raise CodedError("CW-418", sheet=table.sheet, table=name, row=last_row)
    if last_row == bottom:
        return table.part, package.parts[table.part]
    text = _utf8(package, table.part)
    ref = range_ref(top, left, last_row, right)
    for tag in _TABLE_TAGS:
        if found := tag.search(text):
            text = text[: found.start()] + _REF.sub(f' ref="{ref}"', found[0]) + text[found.end() :]
    return table.part, text.encode()


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
