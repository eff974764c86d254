"""What a user added to a workbook, carried into another one: sheets with all their parts, names, custom parts.

A sheet goes whole or not at all: where one of its parts is of a kind that is not known to be safe, it stays behind and
a message says why. Styles and shared texts are appended to those of the receiving workbook, indexes moved.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.workbook.package import Element, NamedRange, Package, Sheet, new_child, xml_of

SAFE = frozenset(
    (
        "drawing",
        "vmlDrawing",
        "comments",
        "chart",
        "image",
        "table",
        "hyperlink",
        "printerSettings",
        "chartUserShapes",
        "chartStyle",
        "chartColorStyle",
        "themeOverride",
    )
)

"""Kinds of links that a foreign sheet, or what it links to, may have."""

CARRIED = frozenset({"customXml", "custom-properties"})
"""Kinds of links of the package or of the workbook part that are carried as they are."""

REMADE = frozenset(
    (
        "officeDocument",
        "core-properties",
        "extended-properties",
        "thumbnail",
        "extensibility",
        "worksheet",
        "chartsheet",
        "theme",
        "styles",
        "sharedStrings",
        "calcChain",
        "vbaProject",
        "sheetMetadata",
        "person",
    )
)

"""Kinds of links that every workbook has, or that Excel makes again by itself."""

_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_TEXT = re.compile(r'"(?:[^"]|"")*"')
_OTHER_FILE = re.compile(r"\[\d+\]")
_SHEET_OF = re.compile(r"(?:'((?:[^']|'')+)'|(?<![\w\]#.])([^\W\d][\w.]*))!")
_PRINT = re.compile(r"_xlnm\.")
_FIRST_OWN_FORMAT = 164
TAKEN = "une feuille du modèle porte maintenant ce titre : renommer la vôtre"


def carry(old: Package, new: Package, foreign: list[Sheet]) -> tuple[Package, list[Message]]:
    """``new`` with the foreign sheets of ``old``, its user's names and its custom parts; what stays behind.

    Raises CodedError on a part that cannot be read.
    """
    work = _Work(old, new)
    titles = {sheet.title.casefold() for sheet in (*new.sheets, *foreign)}
    taken = {sheet.title.casefold() for sheet in new.sheets}
    for sheet in foreign:
        reason = TAKEN if sheet.title.casefold() in taken else _unsafe(old, sheet, titles)
        if reason:
            work.left.append(
                message("CW-787", sheet=sheet.title, cell="A1", title=sheet.title, detail=reason)
            )
        else:
            work.add_sheet(sheet)
    work.add_names()
    for part in ("", old.workbook_part):
        work.add_custom(part)
    return work.finished(), work.left


def sheets_named(formula: str) -> set[str]:
    """Titles of the sheets that a formula cites, in small letters."""
    plain = _TEXT.sub('""', formula)
    return {(a or b).replace("''", "'").casefold() for a, b in _SHEET_OF.findall(plain)}


def _unsafe(package: Package, sheet: Sheet, titles: set[str]) -> str:
    """Why a sheet cannot be carried, blank when it can."""
    if sheet.kind not in ("worksheet", "chartsheet"):
        return sheet.kind
    kinds = {link.kind for part in _reached(package, sheet.part) for link in package.relationships(part)}
    if kinds - SAFE:
        return ", ".join(sorted(kinds - SAFE))
    if sheet.kind == "chartsheet":
        return ""
    root = package.root(sheet.part)
    if any(cell.get("cm") or cell.get("vm") for cell in root.iter("{*}c")):
        return "formules matricielles dynamiques ou images dans les cellules"
    for formula in _formulas(root):
        plain = _TEXT.sub('""', formula)
        if _OTHER_FILE.search(plain):
            return f"formule vers un autre classeur : {formula}"
        if sheets_named(formula) - titles:
            return f"formule vers une feuille absente : {formula}"
    return ""


def _reached(package: Package, part: str) -> Iterator[str]:
    seen: set[str] = set()
    waiting = [part]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield name
            waiting += [link.target for link in package.relationships(name) if not link.external]


def _formulas(root: Element) -> Iterator[str]:
    for name in ("f", "formula", "formula1", "formula2"):
        for element in root.iter(f"{{*}}{name}"):
            yield "".join(str(text) for text in element.itertext())


@dataclass
class _Work:
    """The parts being made; XML parts of the receiving workbook are parsed once and written at the end."""

    old: Package
    new: Package
    left: list[Message] = field(default_factory=list)
    parts: dict[str, bytes] = field(default_factory=dict)
    roots: dict[str, Element] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    sheets: dict[str, int] = field(default_factory=dict)
    offsets: dict[str, int] = field(default_factory=dict)

    def finished(self) -> Package:
        return self.new.with_added(
            {**self.parts, **{name: xml_of(root) for name, root in self.roots.items()}}
        )

    def root(self, part: str) -> Element:
        if part not in self.roots:
            self.roots[part] = self.new.root(part)
        return self.roots[part]

    # --- Parts ---------------------------------------------------------------------------------------------

    def add_part(self, part: str) -> str:
        """The new name of a part of the old workbook, carried with what it links to."""
        if part in self.names:
            return self.names[part]
        name = self._free(part)
        self.names[part] = name
        content = self.old.parts[part]
        kind = self.old.content_type(part)
        if kind.endswith(".worksheet+xml"):
            content = self._worksheet(part)
        elif kind.endswith(".table+xml"):
            content = self._table(part)
        self.parts[name] = content
        override = new_child(self.root("[Content_Types].xml"), "Override")
        override.set("PartName", f"/{name}")
        override.set("ContentType", kind)
        rels = _rels_of(part)
        if rels in self.old.parts:
            root = self.old.root(rels)
            links = {link.id: link for link in self.old.relationships(part)}
            for element in root.iter("{*}Relationship"):
                link = links[element.get("Id", "")]
                if not link.external:
                    element.set("Target", f"/{self.add_part(link.target)}")
            self.parts[_rels_of(name)] = xml_of(root)
        return name

    def _free(self, part: str) -> str:
        folder, base = posixpath.split(part)
        number = 0
        while True:
            number += 1
            name = posixpath.join(folder, f"repris{number}_{base}")
            if name not in self.new.parts and name not in self.parts and name not in self.names.values():
                return name

    def add_link(self, part: str, kind: str, target: str) -> str:
        """A new link of a part of the receiving workbook; its id."""
        rels = _rels_of(part)
        if rels not in self.new.parts and rels not in self.roots:
            raise CodedError("CW-410", part=rels)
        root = self.root(rels)
        used = {element.get("Id") for element in root}
        number = len(used) + 1
        while f"rIdR{number}" in used:
            number += 1
        element = new_child(root, "Relationship")
        element.set("Id", f"rIdR{number}")
        element.set("Type", kind)
        element.set("Target", f"/{target}")
        return f"rIdR{number}"

    def add_custom(self, part: str) -> None:
        """Custom parts of the package or of the workbook; what is neither carried nor remade stays behind."""
        kinds = _full_kinds(self.old, part)
        for link in self.old.relationships(part):
            if link.kind in CARRIED and not link.external:
                target = self.add_part(link.target)
                self.add_link(part if not part else self.new.workbook_part, kinds[link.id], target)
            elif link.kind not in REMADE:
                self.left.append(message("CW-795", detail=f"{link.kind} ({link.target})"))

    # --- Sheets --------------------------------------------------------------------------------------------

    def add_sheet(self, sheet: Sheet) -> None:
        links = self.old.relationships(self.old.workbook_part)
        kind = _full_kinds(self.old, self.old.workbook_part)[
            next(link.id for link in links if not link.external and link.target == sheet.part)
        ]
        identifier = self.add_link(self.new.workbook_part, kind, self.add_part(sheet.part))
        sheets = self.root(self.new.workbook_part).find("{*}sheets")
        assert sheets is not None
        number = 1 + max(int(element.get("sheetId", "0")) for element in sheets)
        self.sheets[sheet.title] = len(sheets)
        element = new_child(sheets, "sheet")
        element.set("name", sheet.title)
        element.set("sheetId", str(number))
        if sheet.state != "visible":
            element.set("state", sheet.state)
        element.set(f"{_OFFICE}id", identifier)

    def _worksheet(self, part: str) -> bytes:
        root = self.old.root(part)
        self._append_styles()
        self._append_strings()
        cells, texts = self.offsets["cellXfs"], self.offsets["strings"]
        for name, attribute in (("c", "s"), ("row", "s"), ("col", "style")):
            for element in root.iter(f"{{*}}{name}"):
                if name == "c" or attribute in element.attrib:
                    element.set(attribute, str(int(element.get(attribute, "0")) + cells))
        for cell in root.iter("{*}c"):
            value = cell.find("{*}v")
            if cell.get("t") == "s" and value is not None and value.text:
                value.text = str(int(value.text) + texts)
        for rule in root.iter("{*}cfRule"):
            self._move(rule, "dxfId", "dxfs")
        for properties in root.iter("{*}sheetPr"):
            # It would name a module that the new VBA project does not have.
            properties.attrib.pop("codeName", "")
        for view in root.iter("{*}sheetView"):
            view.attrib.pop("tabSelected", "")
        return xml_of(root)

    def _table(self, part: str) -> bytes:
        root = self.old.root(part)
        self._append_styles()
        used = [int(self.new.root(table.part).get("id", "0")) for table in self.new.all_tables] + [
            self.offsets.get("table", 0)
        ]
        self.offsets["table"] = max(used) + 1
        root.set("id", str(self.offsets["table"]))
        for element in root.iter():
            for name in list(element.attrib):
                if str(name).endswith("DxfId"):
                    self._move(element, str(name), "dxfs")
                elif str(name).endswith("CellStyle"):
                    element.attrib.pop(name)
        return xml_of(root)

    def _move(self, element: Element, attribute: str, kind: str) -> None:
        if attribute in element.attrib:
            element.set(attribute, str(int(element.attrib[attribute]) + self.offsets[kind]))

    def _append_strings(self) -> None:
        if "strings" in self.offsets:
            return
        mine, theirs = _target(self.new, "sharedStrings"), _target(self.old, "sharedStrings")
        if mine is None:
            raise CodedError("CW-410", part="sharedStrings")
        root = self.root(mine)
        self.offsets["strings"] = len(root)
        if theirs is not None:
            for item in list(self.old.root(theirs).iterfind("{*}si")):
                root.append(item)
        root.set("uniqueCount", str(len(root)))
        root.set("count", str(len(root)))

    def _append_styles(self) -> None:
        if "cellXfs" in self.offsets:
            return
        mine, theirs = _target(self.new, "styles"), _target(self.old, "styles")
        if mine is None or theirs is None:
            raise CodedError("CW-410", part="styles")
        root, other = self.root(mine), self.old.root(theirs)
        formats = _append_formats(root, other)
        for name in ("fonts", "fills", "borders"):
            self.offsets[name] = _append_all(root, other, name)
        for index in other.iterfind("{*}cellXfs/{*}xf"):
            number = index.get("numFmtId", "0")
            index.set("numFmtId", formats.get(number, number))
            for attribute, name in (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders")):
                index.set(attribute, str(int(index.get(attribute, "0")) + self.offsets[name]))
            index.set("xfId", "0")
        self.offsets["cellXfs"] = _append_all(root, other, "cellXfs")
        self.offsets["dxfs"] = _append_all(root, other, "dxfs")

    # --- Names ---------------------------------------------------------------------------------------------

    def add_names(self) -> None:
        """Names that the receiving workbook lacks, where what they stand for is there."""
        root = self.root(self.new.workbook_part)
        place = root.find("{*}definedNames")
        if place is None:
            raise CodedError("CW-410", part="definedNames")
        present = {(name.name.casefold(), name.scope) for name in self.new.all_names}
        position = {sheet.title.casefold(): index for index, sheet in enumerate(self.new.sheets)}
        position |= {title.casefold(): index for title, index in self.sheets.items()}
        for name in self.old.all_names:
            scope = None
            if name.scope is not None:
                title = self.old.sheets[int(name.scope)].title.casefold()
                if title not in position:
                    continue  # goes with its sheet, which has been named
                scope = str(position[title])
            ours = scope is not None and int(scope) < len(self.new.sheets)
            if (name.name.casefold(), scope) in present or (ours and _PRINT.match(name.name)):
                continue
            if name.scope is None and name.name.startswith("cw_"):
                continue  # ours, of an older template
            if _dangling(name, position):
                self.left.append(message("CW-792", name=name.name, text=name.text))
                continue
            element = new_child(place, "definedName")
            element.set("name", name.name)
            if scope is not None:
                element.set("localSheetId", scope)
            element.text = name.text


def _dangling(name: NamedRange, titles: dict[str, int]) -> bool:
    plain = _TEXT.sub('""', name.text)
    named = {(a or b).replace("''", "'").casefold() for a, b in _SHEET_OF.findall(plain)}
    return "#REF!" in plain or bool(_OTHER_FILE.search(plain)) or bool(named - titles.keys())


def _rels_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _full_kinds(package: Package, part: str) -> dict[str, str]:
    rels = _rels_of(part)
    if rels not in package.parts:
        return {}
    return {e.get("Id", ""): e.get("Type", "") for e in package.root(rels).iter("{*}Relationship")}


def _target(package: Package, kind: str) -> str | None:
    return next(
        (link.target for link in package.relationships(package.workbook_part) if link.kind == kind), None
    )


def _append_all(root: Element, other: Element, name: str) -> int:
    """Children of a style table appended to the same table; how many stood there before."""
    mine, theirs = root.find(f"{{*}}{name}"), other.find(f"{{*}}{name}")
    if mine is None:
        raise CodedError("CW-410", part=f"styles/{name}")
    before = len(mine)
    if theirs is not None:
        for element in list(theirs):
            mine.append(element)
    mine.set("count", str(len(mine)))
    return before


def _append_formats(root: Element, other: Element) -> dict[str, str]:
    """Number of each own number format of ``other`` in ``root``, where the missing ones are added."""
    theirs = {e.get("numFmtId", ""): e.get("formatCode", "") for e in other.iterfind("{*}numFmts/{*}numFmt")}
    if not theirs:
        return {}
    mine = root.find("{*}numFmts")
    if mine is None:
        raise CodedError("CW-410", part="styles/numFmts")
    known = {e.get("formatCode", ""): e.get("numFmtId", "") for e in mine}
    following = max([_FIRST_OWN_FORMAT - 1, *(int(number) for number in known.values())]) + 1
    moved = {}
    for number, code in theirs.items():
        if code not in known:
            known[code] = str(following)
            element = new_child(mine, "numFmt")
            element.set("numFmtId", str(following))
            element.set("formatCode", code)
            following += 1
        moved[number] = known[code]
    mine.set("count", str(len(mine)))
    return moved
