"""A user's copy of EFRAG's VSME template, filled where its defined names are ours.

Only the cells of those names change, at XML level: pictures, validations, hidden sheets, formulas stay byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.report.facts import Value, published
from carbon_workbook.report.format import number
from carbon_workbook.specs.vsme import TEMPLATE_VERSION, Concept, concepts, entry_point, half_up
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import Package, SheetData, read_sheet
from carbon_workbook.workbook.patch import patch

NO_NAME, OTHER_VERSION, ABSENT, DIFFERS, KEPT, REPLACED, BLANK = (
    "CW-550", "CW-551", "CW-552", "CW-553", "CW-554", "CW-555", "CW-556",
)  # fmt: skip
FAULT = "CW-460"
SCHEMA = "template_reporting_schemaRef"
"""Name of the cell that says which taxonomy a template follows."""
PLACEHOLDERS = ("", "-", "–")
SHOWN = 6
"""Names that a message lists."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A template filled: the bytes of the copy, the names written, and what must be said."""

    content: bytes
    written: tuple[str, ...]
    notes: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class _Cell:
    """The cell of a concept in a template."""

    concept: Concept
    title: str
    ref: str
    present: object
    formula: bool


def fill_template(package: Package, values: Mapping[str, Value]) -> Filled:
    """A copy of a template with our values, rounded as facts are.

    A formula cell keeps its formula: what it will give is compared with our value. A name that the template lacks, or a
    value that the workbook lacks, is told. Raises CodedError CW-550 when no name is ours, CW-460 when the copy has a
    fault that the template did not have.
    """
    cells = list(_cells(package))
    if not cells:
        raise CodedError(NO_NAME, path=package.path.name if package.path else "")
    told = {one.name: published(one, values[one.name]) for one in concepts()}
    notes = [*_version(package), *_absent(cells)]
    changes: dict[str, dict[str, Value]] = {}
    for cell in cells:
        value = told[cell.concept.name]
        if cell.formula:
            notes += _compared(cell, value, told)
        elif value is not None:
            notes += _replaced(cell, value)
            changes.setdefault(cell.title, {})[cell.ref] = value
    notes += _summary(cells, told)
    parts = patch(package, changes)
    _check(package, parts)
    written = tuple(
        cell.concept.name for cell in cells if cell.ref in changes.get(cell.title, {}) and not cell.formula
    )
    return Filled(package.with_parts(parts).packed(), written, tuple(notes))


def _cells(package: Package) -> Iterator[_Cell]:
    """Cells of the concepts that a template names, in our order."""
    sheets: dict[str, SheetData] = {}
    for one in concepts():
        title, area = package.defined_names.get(one.name, ("", ""))
        if not title:
            continue
        if title not in sheets:
            sheets[title] = read_sheet(package, title)
        ref = area.partition(":")[0]
        yield _Cell(one, title, ref, sheets[title].value(ref), sheets[title].has_formula(ref))


def _version(package: Package) -> Iterator[Message]:
    title, ref = package.defined_names.get(SCHEMA, ("", ""))
    found = read_sheet(package, title).value(ref.partition(":")[0]) if title else None
    if found != entry_point():
        shown = found if isinstance(found, str) and found else "non précisée"
        yield message(OTHER_VERSION, found=shown, known=entry_point())


def _absent(cells: list[_Cell]) -> Iterator[Message]:
    there = {cell.concept.name for cell in cells}
    missing = [
        f"{one.name} ({one.cell.rpartition('!')[2]})" if one.cell else one.name
        for one in concepts()
        if one.name not in there
    ]
    if missing:
        yield message(ABSENT, count=len(missing), names=_listed(missing), version=TEMPLATE_VERSION)


def _listed(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" et {more} autres" if more > 0 else "")


def _compared(cell: _Cell, value: Value, told: Mapping[str, Value]) -> Iterator[Message]:
    """What the template's formula will give, where our table knows what it adds up, against our own figure."""
    given = _given_by(cell.concept, told)
    if given is None or not isinstance(value, float) or given == value:
        return
    decimals = cell.concept.decimals or 0
    yield message(
        DIFFERS,
        sheet=cell.title,
        cell=cell.ref,
        name=cell.concept.name,
        given=number(given, decimals),
        value=number(value, decimals),
    )


def _given_by(one: Concept, told: Mapping[str, Value]) -> float | None:
    """The sum or the ratio of what the copy will hold, rounded as the concept is; None when a part is missing."""
    ratio = "/" in one.adds
    parts = [told[name] for name in one.adds.split("/" if ratio else "+") if name]
    known = [float(part) for part in parts if isinstance(part, (int, float))]
    if not known or len(known) < len(parts) or one.decimals is None:
        return None
    if not ratio:
        return half_up(sum(known), one.decimals)
    return half_up(known[0] / known[1], one.decimals) if known[1] else None


def _replaced(cell: _Cell, value: Value) -> Iterator[Message]:
    """A figure or a text that the user had typed in the template; a placeholder is no such thing."""
    present = cell.present
    if present is None or present == value or (isinstance(present, str) and present.strip() in PLACEHOLDERS):
        return
    yield message(REPLACED, sheet=cell.title, cell=cell.ref, name=cell.concept.name, present=present)


def _summary(cells: list[_Cell], told: Mapping[str, Value]) -> Iterator[Message]:
    kept = [cell.concept.name for cell in cells if cell.formula]
    if kept:
        yield message(KEPT, count=len(kept))
    blank = [cell.concept.name for cell in cells if told[cell.concept.name] is None and not cell.formula]
    if blank:
        yield message(BLANK, count=len(blank), names=_listed(blank))


def _check(package: Package, parts: Mapping[str, bytes]) -> None:
    """Raises CodedError when the copy has a fault that the template did not have."""
    known = {str(note) for note in lint(package, parts)}
    new = [note for note in lint(package.with_parts(parts), parts) if str(note) not in known]
    if new:
        raise CodedError(FAULT, detail=str(new[0]))
