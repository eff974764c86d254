"""Whether a report still says what its workbook says, and if not, what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from carbon_workbook import __version__
from carbon_workbook.audit.seal import (
    FACTORS,
    LINES,
    SETTINGS,
    SHORT,
    Seal,
    canonical,
    journal_hash,
    make_seal,
    parse_seal,
)
from carbon_workbook.audit.trace import differs, figure
from carbon_workbook.messages import CodedError, Message, Severity, message
from carbon_workbook.report.render import carried_figures, carried_seal
from carbon_workbook.specs.spec import register
from carbon_workbook.specs.spec import settings as setting_specs
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.earlier_cells import earlier
from carbon_workbook.workbook.evaluate import Evaluation
from carbon_workbook.workbook.origins import Figures, all_origins
from carbon_workbook.workbook.package import Package, open_package, read_sheet, read_table
from carbon_workbook.workbook.read import Content, result_title
from carbon_workbook.workbook.registers import KEYS
from carbon_workbook.workbook.safe_write import backups

MATCHES, NO_SEAL, ONLY_PRINTED = "CW-810", "CW-812", "CW-813"
INPUTS, LINE_CHANGED, LINE_ADDED, LINE_GONE = "CW-814", "CW-815", "CW-816", "CW-817"
SETTING, REGISTER, FACTOR_CHANGED, FACTOR_ADDED, FACTOR_GONE = (
    "CW-818",
    "CW-819",
    "CW-820",
    "CW-821",
    "CW-822",
)
TOTALS, SOFTWARE, JOURNAL, JOURNAL_BACKUP, STALE = "CW-823", "CW-824", "CW-825", "CW-826", "CW-827"
OLDER = "CW-487"
TYPED_OVER = "CW-828"
NAMED = 5
"""Figures of a report that a message names."""
REGISTERS = {name: place.sheet for name, place in at.registers().items()} | {
    "categories": "Périmètre, tableau des postes",
    "entities": "Société, entités",
}
ROW = "row"
"""Name of a row of a register that has several keys."""
JOURNAL_COLUMNS = tuple(label for label, _, _ in at.RESULT_TABLES["tbl_journal"] if label != "Motif")
"""The reason is left to the user; the rest of a row is never touched again."""

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Verdict:
    """``messages``: what changed since the report, or that nothing did."""

    messages: tuple[Message, ...]

    @property
    def matches(self) -> bool:
        """Nothing to look at."""
        return all(note.severity is Severity.INFO for note in self.messages)


def seal_of(evaluation: Evaluation) -> Seal:
    """The seal of a workbook as it stands."""
    content = evaluation.content
    return make_seal(
        evaluation.inventory,
        evaluation.views,
        content.settings,
        content.entries,
        typed_registers(content),
        journal_rows(content.package),
    )


def typed_registers(content: Content) -> dict[str, pd.DataFrame]:
    """Registers by name without what refresh writes, the name of each row first.

    One that came with a later schema counts once it is filled: an older report did not know it.
    """
    found = {}
    for name in REGISTERS:
        table = content.registers[name][[column.key for column in register(name) if column.entered]]
        if name in KEYS:
            if table.empty:
                continue
            names = [" · ".join(map(canonical, row)) for row in table[list(KEYS[name])].to_numpy().tolist()]
            table = table.assign(**{ROW: names})[[ROW, *table.columns]]
        found[name] = table
    return found


def journal_rows(package: Package) -> list[list[object]]:
    """Filled rows of the journal without their reason, in their order."""
    data = read_table(package, "tbl_journal", read_sheet(package, result_title(package, at.JOURNAL)))
    places = [data.columns.index(name) for name in JOURNAL_COLUMNS if name in data.columns]
    rows: list[list[object]] = [[row[place] for place in places] for _, row in (*data.rows, *data.below)]
    return [row for row in rows if any(value not in (None, "") for value in row)]


def verify(evaluation: Evaluation, report: Path) -> Verdict:
    """Compare a report with a workbook: inputs, factors, totals, journal, and the values that the sheets show.

    A figure that the report printed and prints no more is told too; what the user adds is not. Raises CodedError CW-811
    when the file is no readable report.
    """
    carried, printed = carried_seal(report)
    now, before = seal_of(evaluation), parse_seal(carried)
    if before is None:
        notes = list(_printed_only(now, printed, report.name))
    else:
        notes = [*_inputs(evaluation, before, now), *_factors(before, now), *_totals(before, now)]
        count, digest = before.journal
        rows = journal_rows(evaluation.content.package)
        if len(rows) < count or journal_hash(rows[:count]) != digest:
            notes.append(message(JOURNAL, count=count))
        notes += _typed_over(report)
        if not notes:
            notes.append(message(MATCHES, report=report.name, hash=now.short))
    notes += _journal_since_backup(evaluation.content.package)
    notes += _stale(evaluation)
    return Verdict(tuple(notes))


def _printed_only(now: Seal, printed: str, report: str) -> Iterator[Message]:
    """A report that has lost its seal: the foot still tells whether anything changed, not what."""
    if not printed:
        yield message(NO_SEAL, report=report)
    elif printed == now.short:
        yield message(ONLY_PRINTED, hash=printed)
    else:
        yield message(INPUTS, before=printed, now=now.short)


def _typed_over(report: Path) -> Iterator[Message]:
    """Figures that the report printed when it was written, and that somebody changed or deleted since."""
    before, now = carried_figures(report)
    gone = (before or Counter()) - now
    if gone:
        new = now - (before or Counter())
        yield message(
            TYPED_OVER, report=report.name, count=gone.total(), gone=_some(gone), new=_some(new) or "aucun"
        )


def _some(figures: Counter[str]) -> str:
    names = sorted(figures)
    return " ; ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")


def _inputs(evaluation: Evaluation, before: Seal, now: Seal) -> Iterator[Message]:
    if before.inputs == now.inputs:
        return
    yield message(INPUTS, before=before.inputs[:SHORT], now=now.short)
    lines = evaluation.inventory.lines
    places = {
        str(line): f"{title}, ligne {row}"
        for line, title, row in zip(lines["line_id"], lines["title"], lines["row"], strict=True)
    }
    changed, added, gone = _compared(before, now, LINES)
    for name in changed:
        yield message(LINE_CHANGED, line=name, place=places.get(name, name))
    for name in added:
        yield message(LINE_ADDED, line=name, place=places.get(name, name))
    for name in gone:
        yield message(LINE_GONE, line=name)
    labels = {setting.key: setting.label for setting in setting_specs()}
    for name in sorted(set().union(*_compared(before, now, SETTINGS))):
        yield message(SETTING, setting=labels.get(name, name))
    for group, title in REGISTERS.items():
        for name in sorted(set().union(*_compared(before, now, group))):
            yield message(REGISTER, register=title, row=name)


def _factors(before: Seal, now: Seal) -> Iterator[Message]:
    if before.factors == now.factors:
        return
    changed, added, gone = _compared(before, now, FACTORS)
    versions = {"before": before.catalogue, "now": now.catalogue}
    for code, names in ((FACTOR_CHANGED, changed), (FACTOR_ADDED, added), (FACTOR_GONE, gone)):
        for name in names:
            yield message(code, factor=name, **versions)


def _totals(before: Seal, now: Seal) -> Iterator[Message]:
    same = before.inputs == now.inputs and before.factors == now.factors
    labels = dict(at.BRIDGE_VIEWS)
    for name, kg in before.totals.items():
        there = now.totals.get(name)
        if there is None or abs(kg - there) <= TOLERANCE * max(1.0, abs(kg)):
            continue
        yield message(TOTALS, view=labels.get(name, name), before=_tonnes(kg), now=_tonnes(there))
        if same and before.software != now.software:
            yield message(SOFTWARE, before=before.software, now=__version__)


def _compared(before: Seal, now: Seal, group: str) -> tuple[list[str], list[str], list[str]]:
    """Items changed, added and gone."""
    old: Mapping[str, str] = before.marks.get(group, {})
    new: Mapping[str, str] = now.marks.get(group, {})
    changed = sorted(name for name in old.keys() & new.keys() if old[name] != new[name])
    return changed, sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())


def _journal_since_backup(package: Package) -> Iterator[Message]:
    """The journal must go on from that of the last backup. A backup that cannot be read is passed over."""
    latest = next(reversed(backups(package.path)), None) if package.path else None
    if latest is None:
        return
    try:
        earlier = journal_rows(open_package(latest))
    except CodedError:
        return
    present = journal_rows(package)
    if journal_hash(present[: len(earlier)]) != journal_hash(earlier):
        yield message(JOURNAL_BACKUP, backup=latest.name)


def _stale(evaluation: Evaluation) -> Iterator[Message]:
    """Numbers of the result sheets that are not those of the lines: the workbook is to refresh, or typed over."""
    content = evaluation.content
    if content.schema < at.SCHEMA:
        yield message(OLDER, found=content.schema)
        return
    package = content.package
    figures = Figures(evaluation.inventory, evaluation.views)
    held = earlier(evaluation)
    for sheet_title, cells in all_origins(figures, content).items():
        title = result_title(package, sheet_title)
        sheet = read_sheet(package, title)
        values = {ref: figures.value(origin) for ref, origin in cells.items()}
        values |= {ref: found.value for ref, found in held.get(sheet_title, {}).items()}
        wrong = [ref for ref, value in values.items() if differs(sheet.value(ref), value)]
        if wrong:
            ref, shown = wrong[0], sheet.value(wrong[0])
            told = {"shown": figure(shown), "value": figure(values[ref])}
            yield message(STALE, sheet=title, cell=ref, count=len(wrong), **told)


def _tonnes(kg: float) -> str:
    return f"{kg / 1000:,.3f}".replace(",", "\u202f").replace(".", ",")
