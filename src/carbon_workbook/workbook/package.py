"""A workbook file as the zip of XML parts that it is: opened with guards, read, packed again.

Nothing here knows our sheets. What is written goes through ``patch`` and ``safe_write``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import cast
from urllib.parse import unquote

from lxml import etree

from carbon_workbook.messages import CodedError
from carbon_workbook.values import CellError, Uncached
from carbon_workbook.workbook.cells import (
    MAX_ROW,
    column_number,
    date_of_serial,
    is_date_format,
    parse_cell,
    parse_range,
)
from carbon_workbook.workbook.scan import (
    Cell,
    Row,
    SheetText,
    attributes,
    check_well_formed,
    plain_text,
    scan_rows,
    sheet_text,
    unescape,
)

MAX_ENTRIES = 5_000
MAX_TOTAL_BYTES = 512 * 2**20
MAX_RATIO = 300
RATIO_FREE_BYTES = 8 * 2**20

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_XML_PARTS = (".xml", ".rels", ".vml")
_DOCTYPES = tuple("<!DOCTYPE".encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be"))
_WORKBOOK_TYPES = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
    "application/vnd.ms-excel.sheet.macroenabled.main+xml",
    "application/vnd.ms-excel.template.macroenabled.main+xml",
)
_ARCHIVE_FAULTS: Mapping[type[Exception], str] = MappingProxyType(
    {
        zipfile.BadZipFile: "archive incomplète ou altérée",
        zlib.error: "un élément compressé est abîmé",
        EOFError: "la fin d'un élément manque",
        NotImplementedError: "compression inconnue",
    }
)
_SIMPLE_NAME = re.compile(
    r"(?:'((?:[^']|'')+)'|([^'!\[\]:(),;\s]+))!(\$?[A-Z]{1,3}\$?[0-9]+(?::\$?[A-Z]{1,3}\$?[0-9]+)?)\Z"
)
_NEW_PART_DAY = (1980, 1, 1, 0, 0, 0)
_BOOLEANS = {"1": True, "0": False, "true": True, "false": False}


Element = etree._Element
Value = float | str | bool | dt.date | CellError | Uncached | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A tab. ``kind`` is ``worksheet``, ``chartsheet``…; ``state`` visible, hidden or veryHidden."""

    title: str
    part: str
    state: str
    kind: str


@dataclass(frozen=True, slots=True)
class NamedRange:
    """A defined name as written; ``sheet`` and ``ref`` are blank unless it is a plain cell or range.

    ``scope`` is the index of the only sheet that sees it, None for the whole workbook.
    """

    name: str
    scope: str | None
    text: str
    sheet: str
    ref: str


@dataclass(frozen=True, slots=True)
class Table:
    """An Excel table; ``ref`` covers headers, rows and totals."""

    name: str
    sheet: str
    ref: str
    columns: tuple[str, ...]
    part: str
    header_rows: int
    totals_rows: int

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """First row, first column, last row, last column. Raises CodedError where ``ref`` is no range."""
        try:
            return parse_range(self.ref)
        except ValueError:
            raise CodedError(
                "CW-437", sheet=self.sheet, ref=self.ref, table=self.name, detail="zone illisible"
            ) from None


@dataclass(frozen=True, slots=True)
class Relationship:
    """A link of a part; ``target`` is a part name, or an address where ``external``."""

    id: str
    kind: str
    target: str
    external: bool


@dataclass(frozen=True, slots=True)
class Styles:
    """Counts of the style tables, and the style indexes (as written) whose number format shows a day."""

    cell_formats: int
    differential_formats: int
    dates: frozenset[str]


@dataclass(frozen=True, slots=True)
class SheetData:
    """Values of a sheet by row then column number, those that hold one.

    ``formula_columns`` gives, by row, the columns that hold a formula (its own or of an array).
    """

    title: str
    part: str
    rows: Mapping[int, Mapping[int, Value]]
    formula_columns: Mapping[int, Sequence[int]]
    hidden_rows: frozenset[int]
    max_row: int
    max_column: int

    def value(self, ref: str) -> Value:
        """The value of a cell by its A1 reference."""
        row, column = parse_cell(ref)
        return self.rows.get(row, {}).get(column)

    def has_formula(self, ref: str) -> bool:
        row, column = parse_cell(ref)
        return column in self.formula_columns.get(row, ())


@dataclass(frozen=True, slots=True)
class TableData:
    """Rows of a table as ``(row number, values)``, blank ones too.

    ``below``: rows typed directly under the last one, in its columns, up to the first blank row.
    ``hidden``: how many of ``rows`` are hidden by a filter or by hand (they are in ``rows``).
    """

    name: str
    sheet: str
    columns: tuple[str, ...]
    first_column: int
    rows: Sequence[tuple[int, list[Value]]]
    below: Sequence[tuple[int, list[Value]]]
    hidden: int


@dataclass(frozen=True, eq=False)
class Package:
    """The parts of a workbook file. ``hash`` is the SHA-256 of the file as it was read."""

    path: Path | None
    hash: str
    entries: tuple[zipfile.ZipInfo, ...]
    comment: bytes
    parts: Mapping[str, bytes]

    def with_parts(self, changes: Mapping[str, bytes]) -> Package:
        """The same package with some parts replaced. Raises KeyError on a part it does not have."""
        if unknown := changes.keys() - self.parts.keys():
            raise KeyError(f"no such part: {sorted(unknown)}")
        parts = MappingProxyType({**self.parts, **changes})
        new = Package(self.path, self.hash, self.entries, self.comment, parts)
        # Texts and styles already read serve again while their parts stay.
        for name, kind in (("strings", "sharedStrings"), ("styles", "styles")):
            if name in self.__dict__ and not any(
                part.endswith(".rels") or part == self._of_workbook(kind) for part in changes
            ):
                new.__dict__[name] = self.__dict__[name]
        return new

    def with_added(self, changes: Mapping[str, bytes]) -> Package:
        """The same package with parts replaced or, where it has none of that name, added after the others."""
        added = [zipfile.ZipInfo(name, _NEW_PART_DAY) for name in changes if name not in self.parts]
        for entry in added:
            entry.compress_type = zipfile.ZIP_DEFLATED
        parts = MappingProxyType({**self.parts, **changes})
        return Package(self.path, self.hash, (*self.entries, *added), self.comment, parts)

    def packed(self) -> bytes:
        """The file's bytes: entries, order, compression and dates kept; same parts, same bytes."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.comment = self.comment
            for entry in self.entries:
                info = zipfile.ZipInfo(entry.filename, entry.date_time)
                info.compress_type = entry.compress_type
                info.external_attr = entry.external_attr
                info.create_system = entry.create_system
                archive.writestr(info, self.parts[entry.filename])
        return stream.getvalue()

    def text(self, part: str) -> SheetText:
        """A worksheet part cut at its rows, kept. Raises CodedError as ``sheet_text``."""
        if part not in self._texts:
            self._texts[part] = sheet_text(self.parts[part], part)
        return self._texts[part]

    @cached_property
    def _texts(self) -> dict[str, SheetText]:
        return {}

    @cached_property
    def proven(self) -> set[str]:
        """Worksheet parts that ``read_sheet`` has read to the end: their rows are well formed."""
        return set()

    def root(self, part: str) -> Element:
        """The parsed root of an XML part. Raises CodedError when it is absent, malformed or has a DTD."""
        if part not in self.parts:
            raise CodedError("CW-410", part=part)
        xml = self.parts[part]
        check_well_formed(xml, part)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            return etree.fromstring(xml, parser)
        except etree.XMLSyntaxError as error:
            raise CodedError("CW-407", part=part, detail=f"ligne {error.lineno}") from None

    @cached_property
    def content_types(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Types by lower-case extension, and by part name."""
        root = self.root("[Content_Types].xml")
        defaults = {e.get("Extension", "").lower(): e.get("ContentType", "") for e in root.iter("{*}Default")}
        overrides = {
            e.get("PartName", "").lstrip("/"): e.get("ContentType", "") for e in root.iter("{*}Override")
        }
        return defaults, overrides

    def content_type(self, part: str) -> str:
        """The declared type of a part, blank when none."""
        defaults, overrides = self.content_types
        return overrides.get(part) or defaults.get(part.rpartition(".")[2].lower(), "")

    def relationships(self, part: str) -> tuple[Relationship, ...]:
        """Links of a part (``""`` for the package itself), in the order of the file."""
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if rels not in self.parts:
            return ()
        return tuple(
            Relationship(
                e.get("Id", ""),
                e.get("Type", "").rpartition("/")[2],
                target if external else self._part_name(folder, target),
                external,
            )
            for e in self.root(rels).iter("{*}Relationship")
            for target, external in [(e.get("Target", ""), e.get("TargetMode") == "External")]
        )

    def _part_name(self, folder: str, target: str) -> str:
        name = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        for candidate in (name, unquote(name)):
            if candidate in self.parts:
                return candidate
        return self._names_by_case.get(name.lower(), name)

    @cached_property
    def _names_by_case(self) -> Mapping[str, str]:
        return {name.lower(): name for name in self.parts}

    @cached_property
    def workbook_part(self) -> str:
        """The name of the workbook part. Raises CodedError when the package is no workbook."""
        for link in self.relationships(""):
            if link.kind == "officeDocument" and not link.external:
                if self.content_type(link.target).lower() not in _WORKBOOK_TYPES:
                    break
                return link.target
        raise CodedError("CW-409")

    @cached_property
    def workbook(self) -> Element:
        """The parsed workbook part."""
        return self.root(self.workbook_part)

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """Tabs in their order."""
        links = {link.id: link for link in self.relationships(self.workbook_part)}
        found = []
        for element in self.workbook.iterfind("{*}sheets/{*}sheet"):
            ids = [value for name, value in element.attrib.items() if str(name).endswith("}id")]
            link = links.get(str(ids[0])) if ids else None
            if link is None:
                raise CodedError("CW-410", part=f"feuille « {element.get('name')} »")
            found.append(
                Sheet(element.get("name", ""), link.target, element.get("state", "visible"), link.kind)
            )
        return tuple(found)

    def sheet(self, title: str) -> Sheet:
        """The worksheet of that title. Raises CodedError when there is none, or it holds no cells."""
        for sheet in self.sheets:
            if sheet.title == title:
                if sheet.kind != "worksheet":
                    raise CodedError("CW-413", sheet=title, title=title)
                if sheet.part not in self.parts:
                    raise CodedError("CW-410", part=sheet.part)
                return sheet
        raise CodedError("CW-411", title=title)

    @cached_property
    def all_names(self) -> tuple[NamedRange, ...]:
        """Every defined name, those of a single sheet and the hidden ones too."""
        found = []
        for element in self.workbook.iterfind("{*}definedNames/{*}definedName"):
            text = "".join(str(piece) for piece in element.itertext()).strip()
            simple = _SIMPLE_NAME.match(text)
            sheet = (simple[1] or simple[2]).replace("''", "'") if simple else ""
            ref = simple[3].replace("$", "") if simple else ""
            found.append(NamedRange(element.get("name", ""), element.get("localSheetId"), text, sheet, ref))
        return tuple(found)

    @cached_property
    def defined_names(self) -> Mapping[str, tuple[str, str]]:
        """Names of the whole workbook that stand for a cell or a range: sheet title and A1 reference."""
        return {n.name: (n.sheet, n.ref) for n in self.all_names if n.scope is None and n.ref}

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """Tables by name, in the order of the sheets."""
        return {table.name: table for table in self.all_tables}

    @cached_property
    def all_tables(self) -> tuple[Table, ...]:
        """Tables in the order of the sheets, even where two share a name."""
        return tuple(
            self._table(link.target, sheet.title)
            for sheet in self.sheets
            if sheet.kind == "worksheet"
            for link in self.relationships(sheet.part)
            if link.kind == "table"
        )

    def _table(self, part: str, sheet: str) -> Table:
        root = self.root(part)
        header_rows, totals_rows = root.get("headerRowCount", "1"), root.get("totalsRowCount", "0")
        if not (header_rows.isdigit() and totals_rows.isdigit()):
            raise CodedError("CW-407", part=part, detail=f"{header_rows}, {totals_rows}")
        columns = tuple(
            plain_text(e.get("name", "")) for e in root.iterfind("{*}tableColumns/{*}tableColumn")
        )
        return Table(
            root.get("displayName") or root.get("name") or "",
            sheet,
            root.get("ref", ""),
            columns,
            part,
            int(header_rows),
            int(totals_rows),
        )

    def table(self, name: str) -> Table:
        """The table of that name. Raises CodedError when there is none."""
        if name not in self.tables:
            raise CodedError("CW-412", table=name)
        return self.tables[name]

    @cached_property
    def strings(self) -> Sequence[str]:
        """Shared strings by index, runs joined."""
        part = self._of_workbook("sharedStrings")
        return list(_string_items(self.root(part))) if part else []

    @cached_property
    def styles(self) -> Styles:
        """Style tables; a workbook without a style part has the one default format."""
        part = self._of_workbook("styles")
        return _styles(self.root(part)) if part else Styles(1, 0, frozenset())

    def _of_workbook(self, kind: str) -> str | None:
        """The part to which the workbook is linked as ``kind``, None without one."""
        links = self.relationships(self.workbook_part)
        return next((link.target for link in links if link.kind == kind), None)

    @cached_property
    def epoch_1904(self) -> bool:
        """Whether dates count from 1904 (old Mac workbooks)."""
        settings = self.workbook.find("{*}workbookPr")
        return settings is not None and settings.get("date1904") in ("1", "true")


def xml_of(root: Element) -> bytes:
    """An XML part from its root."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def new_child(parent: Element, name: str, **attributes_of_it: str) -> Element:
    """A last child of that local name, in the namespace of its parent."""
    space = etree.QName(parent).namespace
    return etree.SubElement(parent, f"{{{space}}}{name}" if space else name, attributes_of_it)


def _string_items(root: Element) -> Iterator[str]:
    for item in root.iterfind("{*}si"):
        if len(item) == 1 and str(item[0].tag).endswith("}t"):
            yield plain_text_of_value(item[0].text or "")
            continue
        texts = [e.text or "" for e in item.iterfind("{*}t")]
        texts += [e.text or "" for e in item.iterfind("{*}r/{*}t")]
        yield plain_text_of_value("".join(texts))


def plain_text_of_value(text: str) -> str:
    """``_x000D_`` of an already parsed text, resolved."""
    return plain_text(text.replace("&", "&amp;")) if "_x" in text else text


def _styles(root: Element) -> Styles:
    codes = {e.get("numFmtId"): e.get("formatCode", "") for e in root.iterfind("{*}numFmts/{*}numFmt")}
    ids = [e.get("numFmtId", "0") for e in root.iterfind("{*}cellXfs/{*}xf")]
    dates = frozenset(
        str(index)
        for index, number in enumerate(ids)
        if number.isdigit() and is_date_format(int(number), codes.get(number))
    )
    return Styles(len(ids), len(root.findall("{*}dxfs/{*}dxf")), dates)


def open_package(path: Path | str) -> Package:
    """Read a workbook file. Raises CodedError on what is not one, is damaged, locked by a password or unsafe.

    Everything is read into memory; nothing is extracted to disk, nothing external is fetched.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise CodedError("CW-401", path=path.name) from None
    except PermissionError:
        raise CodedError("CW-420", path=path.name, owner="") from None
    except OSError as error:
        raise CodedError("CW-401", path=path.name, detail=str(error)) from None
    return parse_package(data, path)


def parse_package(data: bytes, path: Path | None = None) -> Package:
    """The package of a file already in memory; errors as ``open_package``."""
    if data.startswith(_OLE):
        encrypted = "EncryptedPackage".encode("utf-16-le") in data
        raise CodedError("CW-405" if encrypted else "CW-409")
    if not data.startswith(b"PK"):
        raise CodedError("CW-402")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _guard(entries, len(data))
            parts = {entry.filename: archive.read(entry) for entry in entries}
            comment = archive.comment
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise CodedError("CW-403", detail=_archive_fault(error)) from None
    for name, content in parts.items():
        if name.lower().endswith(_XML_PARTS) and any(mark in content for mark in _DOCTYPES):
            raise CodedError("CW-406", part=name)
    package = Package(
        path, hashlib.sha256(data).hexdigest(), tuple(entries), comment, MappingProxyType(parts)
    )
    if "[Content_Types].xml" not in parts or not package.sheets:
        raise CodedError("CW-409")
    return package


def _archive_fault(error: Exception) -> str:
    """What a damaged archive is told to suffer from; the library's own words are English."""
    found = (text for kind, text in _ARCHIVE_FAULTS.items() if isinstance(error, kind))
    return next(found, "contenu illisible")


def _guard(entries: Sequence[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > MAX_ENTRIES:
        raise CodedError("CW-404", detail=f"{len(entries)} éléments")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_TOTAL_BYTES or (total > RATIO_FREE_BYTES and total > MAX_RATIO * size):
        raise CodedError("CW-404", detail=f"{total // 2**20} Mo une fois décompressé")
    if any(entry.flag_bits & 1 for entry in entries):
        raise CodedError("CW-405")
    names = [entry.filename.lower() for entry in entries]
    if len(set(names)) < len(names):
        raise CodedError("CW-403", detail="deux éléments de même nom")


def read_sheet(package: Package, title: str) -> SheetData:
    """Every cell of a worksheet by value, rows hidden by a filter included.

    Numbers are floats; a number under a date format is a ``date`` (a ``datetime`` where it has a time),
    but stays a number where no such date exists. Raises CodedError on cells out of order, on an unreadable
    number or string index, on XML the scan cannot read.
    """
    sheet = package.sheet(title)
    text = package.text(sheet.part)
    reader = _Reader(package)
    rows: dict[int, Mapping[int, Value]] = {}
    formula_columns: dict[int, Sequence[int]] = {}
    hidden: list[int] = []
    last, widest = 0, 0
    for row in scan_rows(text.rows, sheet.part, reader.value):
        columns = columns_of(" ".join(row.letters))
        if columns is None or not last < row.number <= MAX_ROW or not row.named:
            raise CodedError("CW-414", sheet=title, cell=f"A{row.number}", row=row.number)
        last = row.number
        if reader.unread:
            _refuse_unread(title, row)
        # A cell is its own value only where it could not be read.
        values = cast("tuple[Value, ...]", row.seen)
        rows[last] = {
            column: value for column, value in zip(columns, values, strict=True) if value is not None
        }
        formulas = [
            c for c, cell in zip(columns, row.cells, strict=True) if cell.formula_attributes is not None
        ]
        if formulas:
            formula_columns[last] = formulas
        if columns:
            widest = max(widest, columns[-1])
        if "hidden" in row.attributes and attributes(row.attributes).get("hidden") in ("1", "true"):
            hidden.append(last)
    package.proven.add(sheet.part)
    for top, left, bottom, right in array_ranges(reader.formula_attributes):
        for number in range(top, bottom + 1):
            formula_columns[number] = sorted({*formula_columns.get(number, ()), *range(left, right + 1)})
    return SheetData(title, sheet.part, rows, formula_columns, frozenset(hidden), last, widest)


@lru_cache(maxsize=1024)
def columns_of(letters: str) -> Sequence[int] | None:
    """Column numbers of a row's cells, given by letters and spaces; None where they do not rise."""
    try:
        columns = [column_number(name) for name in letters.split()]
    except ValueError:
        return None
    return columns if all(a < b for a, b in pairwise(columns)) else None


def array_ranges(formula_attributes: Iterable[str]) -> Iterator[tuple[int, int, int, int]]:
    """Ranges that array formulas and data tables fill from their first cell."""
    for text in formula_attributes:
        found = attributes(text)
        if found.get("t") in ("array", "dataTable") and "ref" in found:
            try:
                yield parse_range(found["ref"])
            except ValueError:
                raise CodedError("CW-408", part="", detail=found["ref"]) from None


class _Reader:
    """Values of the distinct cells of one sheet. ``unread``: one of them could not be read, and is its own value."""

    def __init__(self, package: Package) -> None:
        self._strings = package.strings
        self._dates = package.styles.dates
        self._epoch_1904 = package.epoch_1904
        self.formula_attributes: set[str] = set()
        self.unread = False

    def value(self, cell: Cell) -> Value | Cell:
        if cell.formula_attributes:
            self.formula_attributes.add(cell.formula_attributes)
        if cell.inline is not None:
            return plain_text(cell.inline)
        raw, kind = cell.value, cell.kind
        if raw:
            try:
                return self._typed(cell, kind, raw)
            except (ValueError, IndexError):
                self.unread = True
                return cell
        if kind == "str" and raw is not None:
            return ""
        if cell.formula_attributes is not None:
            return Uncached(unescape(cell.formula or ""))
        return None

    def _typed(self, cell: Cell, kind: str | None, raw: str) -> Value:
        if kind is None or kind == "n":
            number = _number(raw)
            if cell.style not in self._dates:
                return number
            day = date_of_serial(number, epoch_1904=self._epoch_1904)
            return number if day is None else day
        if kind == "s":
            return self._strings[_index(raw)]
        return plain_text(raw) if kind == "str" else _other(kind, raw)


def _refuse_unread(title: str, row: Row) -> None:
    for letters, cell, value in zip(row.letters, row.cells, row.seen, strict=True):
        if value is cell:
            raise CodedError("CW-415", sheet=title, cell=f"{letters}{row.number}", value=cell.value)


def _index(raw: str) -> int:
    if not raw.isdigit():
        raise ValueError(raw)
    return int(raw)


def _number(raw: str) -> float:
    number = float(raw)
    # float() also reads "nan", "inf", "1_0" and what overflows to infinity.
    if number - number != 0 or "_" in raw:
        raise ValueError(raw)
    return number


def _other(kind: str, raw: str) -> Value:
    if kind == "b" and raw in _BOOLEANS:
        return _BOOLEANS[raw]
    if kind == "e":
        return CellError(unescape(raw))
    if kind == "d":
        moment = dt.datetime.fromisoformat(raw.removesuffix("Z"))
        return moment.date() if moment.time() == dt.time() else moment
    raise ValueError(raw)


def read_table(package: Package, name: str, sheet: SheetData | None = None) -> TableData:
    """A table's rows by value. ``sheet``: its sheet where already read. Raises CodedError when absent."""
    table = package.table(name)
    data = sheet or read_sheet(package, table.sheet)
    top, left, bottom, right = table.bounds
    span = range(left, right + 1)
    blank: Mapping[int, Value] = {}

    def values(row: int) -> list[Value]:
        cells = data.rows.get(row, blank)
        return list(map(cells.get, span))

    first, end = top + table.header_rows, bottom + 1 - table.totals_rows
    rows = [(row, values(row)) for row in range(first, end)]
    limit = min(
        (
            other_top
            for other in package.all_tables
            if other.sheet == table.sheet and other.name != name
            for other_top, other_left, _, other_right in [other.bounds]
            if other_top > bottom and other_left <= right and other_right >= left
        ),
        default=data.max_row + 1,
    )
    below = []
    for row in range(bottom + 1, limit):
        found = values(row)
        if all(value is None or value == "" for value in found):
            break
        below.append((row, found))
    hidden = sum(1 for row in data.hidden_rows if first <= row < end)
    return TableData(name, table.sheet, table.columns, left, rows, below, hidden)
