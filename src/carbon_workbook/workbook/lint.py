"""What makes Excel repair or refuse a workbook, found at the level of its parts.

LibreOffice and openpyxl open most of these files without a word, so neither proves anything.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.workbook.cells import cell_ref, column_letters, parse_range
from carbon_workbook.workbook.package import Element, Package, Sheet, Table, columns_of
from carbon_workbook.workbook.scan import (
    ANY_ATTRIBUTES,
    Cell,
    Row,
    SheetText,
    attributes,
    plain_text,
    scan_rows,
    unescape,
)

MAX_VALIDATION_TEXT = 255
MAX_VALIDATION_TITLE = 32
MAX_OF_A_KIND = 20

_STRING = re.compile(r'"(?:[^"]|"")*"')
_QUOTED_SHEET = re.compile(r"'(?:[^']|'')*'(?=[!:])")
_BRACES = re.compile(r"\{[^{}]*\}")
_STRUCTURED = re.compile(r"([^\W\d][\w.\\]*)\[((?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*\])*)\]")
_ITEM = re.compile(r"\[((?:[^\[\]']|'.)*)\]")
_SHEET_OF = re.compile(r"(?:'((?:[^']|'')+)'|(?<![\w\]#.])([^\W\d][\w.]*(?::[^\W\d][\w.]*)?))!")
_NUMBER_BYTES = b"0123456789.eE+-"
_KINDS = frozenset([None, "n", "s", "str", "b", "e", "d", "inlineStr"])
_LINK_ID = re.compile(r'\sr:(?:id|embed|link|pict)="([^"]+)"')
_STYLED = re.compile(r'<col\s[^>]*?\sstyle="([0-9]+)"')
_DIFFERENTIAL = re.compile(r'<cfRule\s[^>]*?dxfId="([0-9]+)"')
_VALIDATION = re.compile(rf"<dataValidation({ANY_ATTRIBUTES})\s*(?:/>|>(.*?)</dataValidation\s*>)", re.DOTALL)
_VALIDATION_FORMULA = re.compile(r"<formula[12]>([^<]*)</formula[12]>")
_FORMULA = re.compile(r"<formula>([^<]*)</formula>")
_MERGED = re.compile(r'<mergeCell\s[^>]*?ref="([A-Z0-9:]+)"')
_TITLE = re.compile(r"(?!')[^\[\]:*?/\\]{1,31}(?<!')\Z")
_ORDER = (
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr"),
    *("sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate"),
    *("customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting", "dataValidations"),
    *("hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks"),
    *("customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing"),
    *("legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts"),
    "extLst",
)


def lint(package: Package, parts: Container[str] | None = None) -> list[Message]:
    """Everything found wrong, in the order of the checks; an empty list when no check struck.

    ``parts``: the only sheet parts to look into, where the others are known.
    """
    context = _Context(package)
    found: list[Message] = []
    for check in (
        _relationships(package),
        _content_types(package),
        _titles(package),
        _tables(package),
        _names(package, context),
        *(_sheet(context, sheet) for sheet in package.sheets if _looked_into(sheet, parts)),
        _calculation_chain(context),
    ):
        try:
            found += check
        except CodedError as error:
            found.append(error.message)
    seen: Counter[tuple[str, str]] = Counter()
    kept = []
    for item in found:
        seen[item.code, item.sheet] += 1
        if seen[item.code, item.sheet] <= MAX_OF_A_KIND:
            kept.append(item)
    return kept


def _looked_into(sheet: Sheet, parts: Container[str] | None) -> bool:
    return sheet.kind == "worksheet" and (parts is None or sheet.part in parts)


@dataclass
class _Context:
    """What the sheets' checks share."""

    package: Package
    formula_cells: dict[str, set[str]] = field(default_factory=dict)

    @cached_property
    def chain(self) -> str | None:
        package = self.package
        links = package.relationships(package.workbook_part)
        return next((link.target for link in links if link.kind == "calcChain"), None)

    @cached_property
    def columns(self) -> Mapping[str, frozenset[str]]:
        return {
            table.name.casefold(): frozenset(name.casefold() for name in table.columns)
            for table in self.package.all_tables
        }


def _relationships(package: Package) -> Iterator[Message]:
    sheets = {sheet.part for sheet in package.sheets}
    for part in ("", *package.parts):
        links = package.relationships(part) if not part.endswith(".rels") else ()
        ids = Counter(link.id for link in links)
        yield from (message("CW-439", part=part, target=f"{i} (deux fois)") for i, n in ids.items() if n > 1)
        for link in links:
            if not link.external and link.target not in package.parts:
                yield message("CW-439", part=part or "le paquet", target=link.target)
        if (
            part.startswith("xl/")
            and part.endswith(".xml")
            and part not in sheets
            and b" r:" in package.parts[part]
        ):
            yield from _undeclared(package.parts[part].decode("utf-8", "replace"), ids, part)


def _undeclared(xml: str, ids: Iterable[str], part: str) -> Iterator[Message]:
    for missing in dict.fromkeys(_LINK_ID.findall(xml)):
        if missing not in ids:
            yield message("CW-439", part=part, target=missing)


def _content_types(package: Package) -> Iterator[Message]:
    _, overrides = package.content_types
    for part in package.parts:
        if part != "[Content_Types].xml" and not package.content_type(part):
            yield message("CW-440", part=part)
    yield from (message("CW-440", part=part) for part in overrides if part not in package.parts)
    if package.path is not None:
        macros = "macroenabled" in package.content_type(package.workbook_part).lower()
        if macros != (package.path.suffix.lower() in (".xlsm", ".xltm")):
            yield message("CW-440", part=package.path.name)


def _titles(package: Package) -> Iterator[Message]:
    seen = Counter(sheet.title.casefold() for sheet in package.sheets)
    for sheet in package.sheets:
        if seen[sheet.title.casefold()] > 1 or not _TITLE.match(sheet.title):
            yield message("CW-445", sheet=sheet.title, title=sheet.title)


def _tables(package: Package) -> Iterator[Message]:
    tables = package.all_tables
    names = Counter(table.name.casefold() for table in tables)
    names.update(name.name.casefold() for name in package.all_names if name.scope is None)
    ids = Counter(package.root(table.part).get("id") for table in tables)
    styles = package.styles.differential_formats
    for table in tables:
        root = package.root(table.part)
        if names[table.name.casefold()] > 1 or ids[root.get("id")] > 1:
            yield message("CW-432", sheet=table.sheet, table=table.name)
        for detail in _wrong_range(table, root):
            yield message(
                "CW-437",
                sheet=table.sheet,
                cell=_corner(table),
                table=table.name,
                ref=table.ref,
                detail=detail,
            )
        for index in _table_styles(root):
            if index >= styles:
                yield message("CW-434", sheet=table.sheet, index=index, count=styles)
    for one, other in combinations(tables, 2):
        if one.sheet == other.sheet and one.part != other.part and _meet(one.bounds, other.bounds):
            yield message(
                "CW-437",
                sheet=one.sheet,
                cell=_corner(one),
                table=one.name,
                ref=one.ref,
                detail=f"recouvre {other.name}",
            )


def _table_styles(root: Element) -> Iterator[int]:
    for element in root.iter():
        for name, value in element.attrib.items():
            if str(name).endswith("DxfId") and str(value).isdigit():
                yield int(value)


def _corner(table: Table) -> str:
    return table.ref.partition(":")[0]


def _meet(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _wrong_range(table: Table, root: Element) -> Iterator[str]:
    top, left, bottom, right = table.bounds
    if right - left + 1 != len(table.columns):
        yield f"{right - left + 1} colonnes pour {len(table.columns)} titres"
    if bottom - top + 1 < table.header_rows + table.totals_rows + 1:
        yield "aucune ligne"
    columns = root.find("{*}tableColumns")
    if columns is not None and columns.get("count", str(len(columns))) != str(len(columns)):
        yield "nombre de colonnes déclaré"
    if len({name.casefold() for name in table.columns}) < len(table.columns):
        yield "deux titres identiques"
    column_ids = [column.get("id") for column in root.iterfind("{*}tableColumns/{*}tableColumn")]
    if len(set(column_ids)) < len(column_ids):
        yield "deux colonnes de même numéro"
    filtered = root.find("{*}autoFilter")
    expected = (top, left, bottom - table.totals_rows, right)
    if filtered is not None and not _is_range(filtered.get("ref", ""), expected):
        yield "zone du filtre"


def _is_range(ref: str, expected: tuple[int, int, int, int]) -> bool:
    try:
        return parse_range(ref) == expected
    except ValueError:
        return False


def _names(package: Package, context: _Context) -> Iterator[Message]:
    titles = {sheet.title.casefold() for sheet in package.sheets}
    seen = Counter((name.name.casefold(), name.scope) for name in package.all_names)
    columns = context.columns
    for name in package.all_names:
        if seen[name.name.casefold(), name.scope] > 1:
            yield message("CW-441", name=name.name)
        if name.scope is not None and not (name.scope.isdigit() and int(name.scope) < len(package.sheets)):
            yield message("CW-438", name=name.name, text=f"feuille numéro {name.scope}")
        if "#REF!" in name.text:
            yield message("CW-446", name=name.name, text=name.text)
        missing = [title for title in _sheets_in(name.text) if title.casefold() not in titles]
        if missing or any(label in ("", owner) for owner, label in _unknown(name.text, columns)):
            yield message("CW-438", name=name.name, text=name.text)
        elif not name.name.startswith("_xlnm."):
            yield from _formula(name.text, columns, "", "")


def _sheets_in(formula: str) -> Iterator[str]:
    for quoted, bare in _SHEET_OF.findall(_STRING.sub("", formula)):
        text = quoted.replace("''", "'") or bare
        if "[" not in text:
            yield from text.split(":")


def _formula(formula: str, columns: Mapping[str, frozenset[str]], sheet: str, cell: str) -> Iterator[Message]:
    """Messages on one formula: separators of the display language, tables and columns that do not exist."""
    if ";" in formula:
        bare = _STRUCTURED.sub("", _QUOTED_SHEET.sub("", _BRACES.sub("", _STRING.sub("", formula))))
        if ";" in bare:
            yield message("CW-431", sheet=sheet, cell=cell, formula=formula)
    if "[" in formula:
        for owner, label in _unknown(formula, columns):
            yield message("CW-444", sheet=sheet, cell=cell, formula=formula, label=label or owner)


def _unknown(formula: str, columns: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
    """Tables, and columns of tables, that a formula cites and that do not exist: (table, column or table)."""
    if "[" not in formula:
        return
    bare = _QUOTED_SHEET.sub("", _STRING.sub("", formula))
    for owner, inner in _STRUCTURED.findall(bare):
        known = columns.get(owner.casefold())
        if known is None:
            yield owner, owner
            continue
        items = _ITEM.findall(inner) or [inner]
        for item in items:
            label = re.sub(r"'(.)", r"\1", item)
            if label and not item.startswith("#") and plain_text(label).casefold() not in known:
                yield owner, label
    if "[@" in _STRUCTURED.sub("", bare):
        yield "[@", "[@"


def _sheet(context: _Context, sheet: Sheet) -> Iterator[Message]:
    package = context.package
    if sheet.part not in package.parts:
        return
    text = package.text(sheet.part)
    yield from _shell(context, sheet, text)
    headers: dict[int, list[Table]] = {}
    for table in package.all_tables:
        if table.sheet == sheet.title and table.header_rows:
            headers.setdefault(table.bounds[0], []).append(table)
    used = _Used(package)
    chained = context.formula_cells.setdefault(sheet.title, set()) if context.chain else None
    last = 0
    for row in scan_rows(text.rows, sheet.part, used.add):
        if row.number <= last or columns_of(" ".join(row.letters)) is None or not row.named:
            yield message("CW-433", sheet=sheet.title, cell=f"A{row.number}", row=row.number)
        last = row.number
        if ' s="' in row.attributes:
            used.add_style(attributes(row.attributes).get("s"))
        if chained is not None:
            chained.update(_formula_cells(row))
        for table in headers.pop(row.number, ()):
            yield from _header(package, table, row)
    for table in (table for tables in headers.values() for table in tables):
        label = table.columns[0] if table.columns else ""
        yield message(
            "CW-430", sheet=sheet.title, cell=_corner(table), table=table.name, label=label, text=""
        )
    yield from _located(context, sheet, text, used)


def _formula_cells(row: Row) -> Iterator[str]:
    for letters, text in zip(row.letters, row.formula_attributes, strict=True):
        if text is not None:
            yield f"{letters}{row.number}"


def _located(context: _Context, sheet: Sheet, text: SheetText, used: _Used) -> Iterator[Message]:
    """The cells that hold what was found wrong in the sheet as a whole: a second look, rarely needed."""
    columns = context.columns
    wrong = {
        formula
        for formula in used.formulas
        if formula
        and (";" in formula or "[" in formula)
        and any(True for _ in _formula(unescape(formula), columns, "", ""))
    }
    strange = used.strange()
    for row in scan_rows(text.rows, sheet.part) if wrong or strange else ():
        if strange:
            yield from _strange_cells(context.package, sheet.title, row)
        for letters, formula in zip(row.letters, row.formulas, strict=True):
            if formula in wrong:
                yield from _formula(unescape(formula or ""), columns, sheet.title, f"{letters}{row.number}")


class _Used:
    """What the rows of a sheet use, gathered once and judged at the end."""

    def __init__(self, package: Package) -> None:
        self._styles = package.styles.cell_formats
        self._strings = len(package.strings)
        self.formulas: set[str | None] = set()
        self._styles_used: set[str | None] = set()
        self._kinds: set[str | None] = set()
        self._indexes: set[str | None] = set()
        self._numbers: list[str] = []

    def add(self, cell: Cell) -> None:
        """Count a cell; the scan calls this at least once for each distinct one."""
        self.formulas.add(cell.formula)
        self._styles_used.add(cell.style)
        self._kinds.add(cell.kind)
        if cell.kind == "s":
            self._indexes.add(cell.value)
        elif cell.value and (cell.kind is None or cell.kind == "n"):
            self._numbers.append(cell.value)

    def add_style(self, index: str | None) -> None:
        """Count the style of a whole row."""
        self._styles_used.add(index)

    def strange(self) -> bool:
        """Whether a cell is to be looked for: an index out of range, a word for a number, an unknown type."""
        return (
            not self._kinds <= _KINDS
            or any(_out(index, self._styles) for index in self._styles_used)
            or any(_out(index, self._strings) for index in self._indexes)
            or bool("".join(self._numbers).encode().translate(None, _NUMBER_BYTES))
        )


def _out(index: str | None, count: int) -> bool:
    return index is not None and not (index.isdigit() and int(index) < count)


def _strange_cells(package: Package, title: str, row: Row) -> Iterator[Message]:
    styles, strings = package.styles.cell_formats, len(package.strings)
    own = attributes(row.attributes).get("s")
    if _out(own, styles):
        yield message("CW-434", sheet=title, cell=f"A{row.number}", index=own, count=styles)
    for letters, (style, kind, _, _, raw, _) in zip(row.letters, row.cells, strict=True):
        cell = f"{letters}{row.number}"
        if _out(style, styles):
            yield message("CW-434", sheet=title, cell=cell, index=style, count=styles)
        if kind == "s" and _out(raw, strings):
            yield message("CW-435", sheet=title, cell=cell, index=raw, count=strings)
        if kind in (None, "n") and raw and raw.encode().translate(None, _NUMBER_BYTES):
            yield message("CW-436", sheet=title, cell=cell, value=raw)
        if kind not in _KINDS:
            yield message("CW-415", sheet=title, cell=cell, value=raw)


def _header(package: Package, table: Table, row: Row) -> Iterator[Message]:
    top, left, _, _ = table.bounds
    texts = {letters: _cell_text(package, cell) for letters, cell in zip(row.letters, row.cells, strict=True)}
    for column, label in enumerate(table.columns, left):
        text = texts.get(column_letters(column))
        if text != label:
            cell = cell_ref(top, column)
            yield message(
                "CW-430", sheet=table.sheet, cell=cell, table=table.name, label=label, text=text or ""
            )


def _cell_text(package: Package, cell: Cell) -> str | None:
    if cell.kind == "s" and cell.value and not _out(cell.value, len(package.strings)):
        return package.strings[int(cell.value)]
    if cell.kind == "str" and cell.value:
        return plain_text(cell.value)
    return plain_text(cell.inline) if cell.inline is not None else None


def _shell(context: _Context, sheet: Sheet, text: SheetText) -> Iterator[Message]:
    """What surrounds the rows: order of the elements, links, formats, validations, merged cells."""
    package, title = context.package, sheet.title
    shell = text.head + text.tail
    positions = [_ORDER.index(e.name) for e in text.elements if e.name in _ORDER]
    if positions != sorted(positions):
        yield message("CW-447", sheet=title, part=sheet.part)
    yield from _undeclared(shell, {link.id for link in package.relationships(sheet.part)}, sheet.part)
    formats = package.styles
    for pattern, count in ((_STYLED, formats.cell_formats), (_DIFFERENTIAL, formats.differential_formats)):
        for index in pattern.findall(shell):
            if int(index) >= count:
                yield message("CW-434", sheet=title, index=index, count=count)
    for merged in _MERGED.findall(shell):
        for table in package.all_tables:
            if table.sheet == title and _meet(table.bounds, parse_range(merged)):
                yield message(
                    "CW-437",
                    sheet=title,
                    cell=merged,
                    table=table.name,
                    ref=table.ref,
                    detail="cellules fusionnées",
                )
    yield from _validations(context, title, shell)
    columns = context.columns
    for formula in _FORMULA.findall(shell):
        yield from _formula(unescape(formula), columns, title, "")


def _validations(context: _Context, title: str, shell: str) -> Iterator[Message]:
    columns = context.columns
    for tag, body in _VALIDATION.findall(shell):
        found = attributes(tag)
        cell = found.get("sqref", "").split(" ")[0].partition(":")[0]
        formulas = [unescape(text) for text in _VALIDATION_FORMULA.findall(body)]
        texts = [text[1:-1] if text.startswith('"') else text for text in formulas]
        limits = [
            *(
                (text, MAX_VALIDATION_TEXT)
                for text in (*texts, found.get("prompt", ""), found.get("error", ""))
            ),
            *((found.get(name, ""), MAX_VALIDATION_TITLE) for name in ("promptTitle", "errorTitle")),
        ]
        for text, limit in limits:
            if len(text) > limit:
                yield message(
                    "CW-442", sheet=title, cell=cell, ref=found.get("sqref"), length=len(text), limit=limit
                )
        for text in formulas:
            yield from _formula(text, columns, title, cell)


def _calculation_chain(context: _Context) -> Iterator[Message]:
    package = context.package
    if context.chain is None or context.chain not in package.parts:
        return
    titles = {
        element.get("sheetId"): element.get("name", "")
        for element in package.workbook.iterfind("{*}sheets/{*}sheet")
    }
    sheet_id: str | None = None
    for element in package.root(context.chain).iterfind("{*}c"):
        sheet_id = element.get("i") or sheet_id
        title, cell = titles.get(sheet_id), element.get("r", "")
        if title is None or (title in context.formula_cells and cell not in context.formula_cells[title]):
            yield message("CW-443", sheet=title or "", cell=cell)
