"""Inventories for the report tests, computed from the demonstration's rows without a workbook."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lxml.html
import pandas as pd
from docx import Document
from docx.table import Table
from docx.text.paragraph import Paragraph

from carbon_workbook.audit.seal import make_seal
from carbon_workbook.demo.company import YEAR, demo_data
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory.compute import compute
from carbon_workbook.inventory.entry import EntryTable, lines_from_table
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.remarks import mark_duplicates, remarks
from carbon_workbook.inventory.views import View, views
from carbon_workbook.messages import Message
from carbon_workbook.report.context import build_context
from carbon_workbook.report.format import MINUS, NARROW_SPACE
from carbon_workbook.specs.spec import entry_sheets, register
from carbon_workbook.specs.spec import settings as setting_specs

ON = dt.date(2026, 11, 21)
FIRST_ROW = 6


@dataclass
class Case:
    """What ``build_context`` takes."""

    inventory: Inventory
    views: dict[str, View]
    settings: dict[str, object]
    messages: Sequence[Message]
    categories: pd.DataFrame
    sites: pd.DataFrame
    entries: tuple[EntryTable, ...] = ()
    registers: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    previous: Inventory | None = None
    final: bool = False

    @property
    def history(self) -> pd.DataFrame:
        """Earlier years of the workbook, blank when it has none."""
        return self.registers.get("history", pd.DataFrame(columns=["year", "view", "code", "total"]))

    def rows(self, register: str) -> list[dict[Any, Any]]:
        """Rows of a register, none when the workbook has none."""
        return self.registers[register].to_dict("records") if register in self.registers else []

    @property
    def one_boundary(self) -> bool:
        """Whether the ESRS statement has the boundary of the other views."""
        return self.settings.get("approach") == self.settings.get("approach_esrs")

    def context(self) -> dict[str, Any]:
        return build_context(
            self.inventory,
            self.views,
            self.settings,
            self.messages,
            self.categories,
            self.sites,
            make_seal(
                self.inventory,
                self.views,
                self.settings,
                self.entries,
                {"sites": self.sites, "categories": self.categories},
            ),
            on=ON,
            registers=self.registers,
            previous=self.previous,
            final=self.final,
        )


def demo_case(with_errors: bool = False, label: str = "", of: int = YEAR, **changed: object) -> Case:
    """The demonstration of a year; ``changed`` settings replace its own, ``label`` renames every line and factor."""
    data = demo_data(of, with_errors=with_errors)
    settings = {**data.settings, **changed}
    sites, categories = pd.DataFrame(list(data.sites)), pd.DataFrame(list(data.categories))
    entries: list[EntryTable] = []
    frames, notes = [], []
    for key, rows in data.entries.items():
        spec = entry_sheets()[key]
        table = pd.DataFrame(list(rows), columns=[c.key for c in spec.columns], dtype=object)
        numbers = tuple(range(FIRST_ROW, FIRST_ROW + len(table)))
        letters = {column.key: "C" for column in spec.columns}
        entry = EntryTable(spec, spec.title, table, numbers, letters)
        entries.append(entry)
        lines, found = lines_from_table(entry, sites, settings)
        frames.append(lines)
        notes += found
    lines, found = mark_duplicates(pd.concat(frames, ignore_index=True))
    catalogue = load_catalogue().with_own(pd.DataFrame(list(data.own_factors)))
    if label:
        catalogue.table["label"] = label
    inventory = compute(lines, catalogue, settings, (*notes, *found))
    return Case(
        inventory,
        views(inventory),
        settings,
        remarks(inventory, categories),
        categories,
        sites,
        tuple(entries),
        {name: frame(name, getattr(data, name)) for name in ("history", "actions", "targets", "entities")},
    )


def frame(name: str, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Rows of a register as the reader gives them."""
    return pd.DataFrame(list(rows), columns=[column.key for column in register(name)], dtype=object)


def empty_case() -> Case:
    """A workbook that nobody has filled."""
    lines = pd.DataFrame({"sheet": [], "posting": [], "factor_ref": [], "activity": [], "activity_unit": []})
    lines = lines.astype({"activity": float, "sheet": object, "posting": object, "activity_unit": object})
    settings: dict[str, object] = {spec.key: None for spec in setting_specs()}
    inventory = compute(lines, load_catalogue(), settings)
    categories = pd.DataFrame(columns=[c.key for c in register("categories")])
    sites = pd.DataFrame(columns=[c.key for c in register("sites")])
    return Case(inventory, views(inventory), settings, (), categories, sites)


class Parsed:
    """A rendered document read back: its tables by caption, its text, its headings."""

    def __init__(self, path: Path) -> None:
        self.document = Document(str(path))
        self.tables: dict[str, list[list[str]]] = {}
        self.headings: list[str] = []
        texts, caption = [], ""
        for block in self.document.iter_inner_content():
            if isinstance(block, Paragraph):
                text = "".join(node.text or "" for node in block._p.iter() if node.tag.endswith("}t"))
                texts.append(text)
                style = block.style.name if block.style is not None else ""
                if style == "Caption":
                    caption = text.split(" – ", 1)[1]
                elif style in ("Heading 1", "Heading 2"):
                    self.headings.append(text)
            else:
                self.tables[caption] = cells(block)
                caption = ""
                texts += [cell for row in cells(block) for cell in row]
        for section in self.document.sections:
            for part in (section.header, section.footer, section.first_page_footer):
                texts += [paragraph.text for paragraph in part.paragraphs]
        self.text = "\n".join(texts)

    def table(self, caption: str) -> list[list[str]]:
        """Rows of the table under the caption that starts so, without its header."""
        found = [rows for title, rows in self.tables.items() if title.startswith(caption)]
        assert len(found) == 1, (caption, list(self.tables))
        return found[0][1:]


class ParsedPage:
    """An HTML report read back in the same way."""

    def __init__(self, path: Path) -> None:
        self.source = path.read_text(encoding="utf-8")
        self.tree = lxml.html.document_fromstring(self.source.encode())
        self.tables: dict[str, list[list[str]]] = {}
        for table in self.tree.iter("table"):
            captions = table.findall("caption")
            if captions:
                rows = [[shown(cell) for cell in row.xpath("th|td")] for row in table.iter("tr")]
                self.tables[shown(captions[0]).split(" – ", 1)[1]] = rows
        self.headings = [
            shown(heading).split(" ", 1)[1] for heading in self.tree.xpath("//main//h2|//main//h3")
            if heading.find("span") is not None
        ]  # fmt: skip
        self.text = shown(self.tree.find("body"))

    def table(self, caption: str) -> list[list[str]]:
        """Rows of the table under the caption that starts so, without its header."""
        found = [rows for title, rows in self.tables.items() if title.startswith(caption)]
        assert len(found) == 1, (caption, list(self.tables))
        return found[0][1:]


def shown(element: Any) -> str:
    """The text of an element as a browser shows it, but for its own no-break spaces."""
    return re.sub(r"[ \n\t]+", " ", element.text_content()).strip()


def cells(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def value(text: str) -> float:
    """The number a French text shows."""
    plain = text.replace(NARROW_SPACE, "").replace(MINUS, "-").replace(",", ".").replace("%", "")
    return float(plain)
