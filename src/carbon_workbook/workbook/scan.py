"""One scan of a worksheet's XML, for reading, patching and linting.

The text is cut by one regular expression; what it does not recognise goes through a slower, general
one; what that one does not recognise either is refused. So nothing is skipped in silence.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from xml.parsers import expat

from carbon_workbook.messages import CodedError
from carbon_workbook.workbook.cells import column_letters, column_number

_ATTRIBUTES = r"(?: [\w:]+=\"[^\"<]*\")*"
ANY_ATTRIBUTES = r"(?:\s+[\w:.\-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*"

# What stands between the row numbers of two cells. Groups: s, t, <f> attributes, formula, <v>, inline text,
# letters of the next cell.
_PIECE = re.compile(
    r'([0-9]+)"(?: t="([a-zA-Z]+)")?'
    rf"(?:/>|>(?:<f({_ATTRIBUTES})(?:/>|>([^<]*)</f>))?"
    r'(?:<v(?:/>|>([^<]*)</v>)|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
    r'(?:<c r="([A-Z]{1,3})|</row>)'
)
_FIRST_PIECE = re.compile(r'<c r="([A-Z]{1,3})')
_CELL = re.compile(rf"<c({ANY_ATTRIBUTES})\s*(?:/>|>(.*?)</c\s*>)", re.DOTALL)
ROW = re.compile(rf"<row({ANY_ATTRIBUTES})\s*(/?)>")
_ROW_END = re.compile(r"\s*</row\s*>\s*\Z")
_ATTRIBUTE = re.compile(r"([\w:.\-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_SHEET_DATA = re.compile(rf"<sheetData{ANY_ATTRIBUTES}\s*(/?)>")
_ROOT = re.compile(
    r"(?:\ufeff)?\s*(?:<\?xml[^>]*\?>)?\s*<worksheet\s[^>]*?xmlns=([\"'])"
    r"(?:http://schemas\.openxmlformats\.org/spreadsheetml/2006/main|http://purl\.oclc\.org/ooxml/spreadsheetml/main)\1"
)
_ENTITY = re.compile(r"&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|(lt|gt|amp|quot|apos));")
_BAD_ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|apos);)")
_BAD_BYTES = bytes([*range(9), 11, 12, *range(14, 32)])
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Cell(NamedTuple):
    """A ``<c>`` as written, but for its reference: raw XML, None where the element or attribute is absent."""

    style: str | None
    kind: str | None
    formula_attributes: str | None
    formula: str | None
    value: str | None
    inline: str | None


class OddCellError(ValueError):
    """A cell not spelt as Excel spells it: it takes the general path."""


class Pieces(dict[str, tuple[Cell, object, str]]):
    """The cells of a sheet by their text without reference: most are met again on every row.

    ``cut_row`` gives the keys; the values are the cell, what ``seen`` makes of it (called once for each text) and
    the letters of the next cell, blank after the last. Raises OddCellError.
    """

    def __init__(self, seen: Callable[[Cell], object]) -> None:
        super().__init__()
        self.seen = seen

    def __missing__(self, text: str) -> tuple[Cell, object, str]:
        found = _PIECE.fullmatch(text)
        if not found:
            raise OddCellError(text)
        *parts, following = found.groups()
        cell = Cell(*parts)
        self[text] = entry = cell, self.seen(cell), following or ""
        return entry


def unescape(text: str) -> str:
    """XML entities of a text or an attribute, resolved."""
    return _ENTITY.sub(_entity, text) if "&" in text else text


def _entity(found: re.Match[str]) -> str:
    if found[3]:
        return _NAMED[found[3]]
    return chr(int(found[1], 16) if found[1] else int(found[2]))


def plain_text(text: str) -> str:
    """A cell's text from its XML: entities, then Excel's own ``_x000D_``."""
    text = unescape(text)
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def attributes(text: str) -> dict[str, str]:
    """Attributes of an opening tag, by their written name. Raises ValueError when one stands twice."""
    pairs = [
        (name, unescape(double if double is not None else single))
        for name, double, single in ((m[1], m[2], m[3]) for m in _ATTRIBUTE.finditer(text))
    ]
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"an attribute twice: {text}")
    return found


class Child(NamedTuple):
    """A child of the root element: local name and byte offsets in ``Layout.shell``."""

    name: str
    start: int
    end: int


def children_of(xml: bytes, part: str) -> tuple[Child, ...]:
    """The root's children with their offsets. Raises CodedError on XML that is not well formed."""
    found: list[Child] = []
    open_tags: list[tuple[str, int]] = []
    parser = expat.ParserCreate()

    def start(name: str, _: Mapping[str, str]) -> None:
        open_tags.append((name, parser.CurrentByteIndex))

    def end(_: str) -> None:
        name, begins = open_tags.pop()
        if len(open_tags) == 1:
            closes = parser.CurrentByteIndex
            # The end event of an empty tag stands at its start.
            ends = xml.index(b">", closes) + 1 if closes != begins else _tag_end(xml, begins)
            found.append(Child(name.rpartition(":")[2], begins, ends))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise CodedError("CW-407", part=part, detail=_place(error)) from None
    return tuple(found)


def _place(error: expat.ExpatError) -> str:
    """Where the parser stopped; its own words are English."""
    return f"ligne {error.lineno}, colonne {error.offset + 1}"


def _tag_end(xml: bytes, start: int) -> int:
    quote = 0
    for index in range(start, len(xml)):
        byte = xml[index]
        if quote:
            quote = 0 if byte == quote else quote
        elif byte in b"\"'":
            quote = byte
        elif byte == 0x3E:
            return index + 1
    raise ValueError("unclosed tag")


def check_well_formed(xml: bytes, part: str, *, plain: bool = False) -> None:
    """Raises CodedError where the XML is not well formed or declares a document type.

    ``plain``: also where it has comments, CDATA sections or processing instructions.
    """
    parser = expat.ParserCreate()

    def refuse_type(*_: object) -> None:
        raise CodedError("CW-406", part=part)

    def refuse_form(*_: object) -> None:
        raise CodedError("CW-408", part=part, detail="commentaire ou section CDATA")

    parser.StartDoctypeDeclHandler = refuse_type
    if plain:
        parser.CommentHandler = refuse_form
        parser.StartCdataSectionHandler = refuse_form
        parser.ProcessingInstructionHandler = refuse_form
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise CodedError("CW-407", part=part, detail=_place(error)) from None


@dataclass(frozen=True)
class SheetText:
    """A worksheet's XML cut in three: up to the rows, the rows, what follows."""

    part: str
    head: str
    rows: str
    tail: str

    @property
    def shell(self) -> bytes:
        """The sheet without its rows, well formed."""
        return (self.head + self.tail).encode()

    @cached_property
    def elements(self) -> tuple[Child, ...]:
        """Children of ``<worksheet>`` with their offsets in the shell."""
        return children_of(self.shell, self.part)


def sheet_text(xml: bytes, part: str) -> SheetText:
    """Cut a worksheet part of a form that the scan can read; its rows are only proven by ``scan_rows``.

    Raises CodedError on malformed XML, a document type, another encoding than UTF-8, a namespace
    prefix, comments, CDATA or processing instructions.
    """
    try:
        text = xml.decode("utf-8")
    except UnicodeDecodeError:
        raise CodedError("CW-408", part=part, detail="encodage autre que UTF-8") from None
    opening = _SHEET_DATA.search(text)
    closing = text.find("</sheetData", opening.end()) if opening and not opening[1] else -1
    # Outside the rows expat judges; inside, the scan's own grammar does, but for characters and entities.
    if not opening or (closing < 0 and not opening[1]) or _has_odd_characters(xml, text):
        check_well_formed(xml, part, plain=True)
    if not _ROOT.match(text):
        check_well_formed(xml, part)
        raise CodedError("CW-408", part=part, detail="espace de noms ou préfixe inattendu")
    if not opening:
        raise CodedError("CW-408", part=part, detail="élément sheetData absent")
    if opening[1]:
        head, rows, tail = text[: opening.start()] + "<sheetData>", "", "</sheetData>" + text[opening.end() :]
    else:
        head, rows, tail = text[: opening.end()], text[opening.end() : closing], text[closing:]
    found = SheetText(part, head, rows, tail)
    check_well_formed(found.shell, part, plain=True)
    return found


def _has_odd_characters(xml: bytes, text: str) -> bool:
    return (
        len(xml.translate(None, _BAD_BYTES)) < len(xml)
        or "]]>" in text
        or "\ufffe" in text
        or "\uffff" in text
        or _BAD_ENTITY.search(text) is not None
    )


class Row(NamedTuple):
    """A ``<row>`` and its cells in the order of the file. ``named``: its cells bear its number, or none.

    ``seen``: for each cell, what the caller's function made of it.
    """

    number: int
    attributes: str
    letters: Sequence[str]
    cells: Sequence[Cell]
    seen: Sequence[object]
    named: bool

    @property
    def formulas(self) -> list[str | None]:
        return [cell.formula for cell in self.cells]

    @property
    def formula_attributes(self) -> list[str | None]:
        return [cell.formula_attributes for cell in self.cells]


def _nothing(_: Cell) -> None:
    return None


def scan_rows(rows: str, part: str, seen: Callable[[Cell], object] = _nothing) -> Iterator[Row]:
    """The rows of the inner text of ``<sheetData>``. Raises CodedError on what is not understood.

    A row or a cell without reference follows the one before it. ``seen`` is called at least once for each distinct
    cell.
    """
    texts = ROW.split(rows)
    if texts[0].strip():
        raise CodedError("CW-408", part=part, detail=texts[0].strip()[:60])
    number = 0
    pieces = Pieces(seen)
    of_text = pieces.__getitem__
    for text, empty, inner in zip(texts[1::3], texts[2::3], texts[3::3], strict=True):
        try:
            number = row_number(text, number)
        except ValueError:
            raise CodedError("CW-408", part=part, detail=f"<row{text}>") from None
        try:
            first, texts_of_cells = cut_row(inner, number)
            cells, made, followers = zip(*map(of_text, texts_of_cells), strict=True)
            letters = row_letters(first, followers)
        except OddCellError:
            yield _general(number, text, f"{inner}</row>" if empty else inner, part, seen)
        else:
            yield Row(number, text, letters, cells, made, True)


def cut_row(inner: str, number: int) -> tuple[str, list[str]]:
    """Letters of the first cell, then the keys of ``Pieces``, of a row's text after its opening tag.

    Raises OddCellError.
    """
    opening, *pieces = inner.split(row_mark(number))
    found = _FIRST_PIECE.fullmatch(opening)
    if not (found and pieces):
        raise OddCellError(inner[:60])
    return found[1], pieces


def row_letters(first: str, followers: Sequence[str]) -> list[str]:
    """Letters of the cells of a row. Raises OddCellError unless the last one, and it alone, is followed by none."""
    letters = [first, *followers]
    if letters.pop() or "" in letters:
        raise OddCellError
    return letters


def row_mark(number: int) -> str:
    """What the cells of a row have in common: it stands before each piece."""
    return f'{number}" s="'


def row_number(attribute_text: str, before: int) -> int:
    """The number of a row from its attributes; the next one where it gives none. Raises ValueError."""
    if attribute_text.startswith(' r="') and attribute_text.count(' r="') == 1:
        return int(attribute_text[4 : attribute_text.index('"', 4)])
    return int(attributes(attribute_text).get("r", before + 1))


def _general(number: int, text: str, inner: str, part: str, seen: Callable[[Cell], object]) -> Row:
    end = _ROW_END.search(inner)
    if not end:
        raise CodedError("CW-408", part=part, detail=inner[-60:])
    letters: list[str] = []
    cells: list[Cell] = []
    numbers: list[str] = []
    column = 0
    for ref, cell, _, _ in cells_of(inner[: end.start()], part):
        name = ref.rstrip("0123456789")
        if name and not name.isalpha():
            raise CodedError("CW-408", part=part, detail=ref)
        try:
            column = column_number(name) if name else column + 1
            letters.append(column_letters(column))
        except ValueError:
            # No such column: who reads the row says so.
            letters.append(name or "?")
        cells.append(cell)
        numbers.append(ref[len(name) :])
    named = set(numbers) <= {"", str(number)}
    return Row(number, text, letters, cells, [seen(cell) for cell in cells], named)


def cells_of(inner: str, part: str) -> Iterator[tuple[str, Cell, int, int]]:
    """Cells of a row's inner text: reference, cell, offsets. Raises CodedError on anything else in it."""
    position = 0
    while found := _CELL.search(inner, position):
        _blank(inner[position : found.start()], part)
        yield *parse_cell_xml(found[1], found[2] or "", part), found.start(), found.end()
        position = found.end()
    _blank(inner[position:], part)


def _blank(text: str, part: str) -> None:
    if text.strip():
        raise CodedError("CW-408", part=part, detail=text.strip()[:60])


def parse_cell_xml(attribute_text: str, body: str, part: str) -> tuple[str, Cell]:
    """The reference and cell of a ``<c>`` of any spelling: attributes in any order, rich or phonetic text."""
    try:
        found = attributes(attribute_text)
    except ValueError:
        raise CodedError("CW-408", part=part, detail=f"<c{attribute_text}>") from None
    if any(name.startswith("xmlns") for name in found):
        raise CodedError("CW-408", part=part, detail="espace de noms dans une cellule")
    formula_attributes = formula = value = inline = None
    if body.strip():
        try:
            root = ET.fromstring(f"<c>{body}</c>")
        except ET.ParseError:
            raise CodedError("CW-408", part=part, detail=body[:60]) from None
        for child in root:
            if child.tag == "f":
                formula_attributes = "".join(f' {k}="{_escape(v)}"' for k, v in child.attrib.items())
                formula = _escape(child.text or "")
            elif child.tag == "v":
                value = _escape(child.text or "")
            elif child.tag == "is":
                inline = _escape(_runs(child))
            elif child.tag != "extLst":
                raise CodedError("CW-408", part=part, detail=f"<{child.tag}> dans une cellule")
    cell = Cell(found.get("s"), found.get("t"), formula_attributes, formula, value, inline)
    return found.get("r", ""), cell


def _runs(element: ET.Element) -> str:
    """Text and runs of a string item; phonetic runs are a reading aid, not text."""
    return "".join(
        (child.text or "") if child.tag == "t" else (child.findtext("t") or "")
        for child in element
        if child.tag in ("t", "r")
    )


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
