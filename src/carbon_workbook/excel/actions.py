"""What the ribbon's buttons do, whatever speaks to Excel: read a copy of the open workbook, compute, write results.

The open workbook is read through a copy saved to a private folder, by the same reader as a closed file; only results
are written to it.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Protocol

from carbon_workbook.audit.sealed import sealed_context
from carbon_workbook.audit.told import told_entry, told_shortly
from carbon_workbook.audit.trace import trace
from carbon_workbook.messages import CodedError, Message, Severity, message
from carbon_workbook.report.render import render_reports
from carbon_workbook.workbook import layout
from carbon_workbook.workbook.cells import parse_cell
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.read import read_workbook, result_title
from carbon_workbook.workbook.refresh import changes_for, only_differences
from carbon_workbook.workbook.writer import Writer

DONE, REFUSED = "OK", "REFUS"
LONGEST = 700
"""Characters of a chain: a message box of Excel cuts what is beyond a thousand, remedy included."""


class OpenBook(Writer, Protocol):
    """A workbook open in Excel."""

    @property
    def full_name(self) -> str: ...

    def save_copy(self, path: Path) -> None: ...

    def progress(self, step: str) -> None: ...


def answered(action: Callable[[OpenBook], Message], book: OpenBook) -> list[list[object]]:
    """One row for the wrapper: ``OK`` or ``REFUS``, and the sentence to show."""
    try:
        said = action(book)
    except CodedError as error:
        return [[REFUSED, str(error.message)]]
    return [[DONE, f"{said.sentence} {said.remedy}"]]


def refresh_open(book: OpenBook) -> Message:
    """Compute everything and write the results; inputs are never written. Raises CodedError."""
    evaluation = _evaluated(book)
    changes, growth, links = changes_for(evaluation)
    book.progress("écriture des résultats")
    book.write(only_differences(evaluation.content, changes), growth, links)
    refused = evaluation.refused
    return message("CW-614", counted=len(evaluation.inventory.lines) - refused, refused=refused)


def check_open(book: OpenBook) -> Message:
    """List refusals and warnings in Contrôles; the values of record stay as they are. Raises CodedError."""
    evaluation = _evaluated(book)
    changes, growth, links = changes_for(evaluation)
    checks = result_title(evaluation.content.package, layout.CHECKS)
    kept = {checks: changes.get(checks, {})}
    table = {name: row for name, row in growth.items() if name == "tbl_controles"}
    book.write(
        only_differences(evaluation.content, kept), table, {k: v for k, v in links.items() if k in kept}
    )
    count = {level: sum(note.severity is level for note in evaluation.messages) for level in Severity}
    return message("CW-615", refusals=count[Severity.REFUSAL], warnings=count[Severity.WARNING])


def report_open(book: OpenBook, moment: dt.datetime | None = None) -> Message:
    """Write the report drafts into a new folder beside the workbook. Raises CodedError."""
    folder = report_folder(book.full_name, moment or dt.datetime.now())
    evaluation = _evaluated(book)
    book.progress("rédaction des rapports")
    render_reports(sealed_context(evaluation), folder, progress=book.progress)
    return message("CW-616", folder=folder)


def trace_open(book: OpenBook, place: str) -> Message:
    """Where the number of a cell comes from, such as ``BEGES!H8``: its lines, or the product of a line of entry.

    Raises CodedError, CW-801 to CW-803 as ``trace`` and CW-838 where an entry sheet has nothing.
    """
    evaluation = _evaluated(book)
    sheet, _, ref = place.rpartition("!")
    title = sheet.strip("'").replace("''", "'")
    if title not in {table.title for table in evaluation.content.entries}:
        return message("CW-836", chain=told_shortly(trace(evaluation, place), LONGEST), place=place)
    chain = told_entry(evaluation, title, parse_cell(ref)[0])
    if chain is None:
        raise CodedError("CW-838", place=place)
    return message("CW-837", chain=chain[:LONGEST])


def report_folder(full_name: str, moment: dt.datetime) -> Path:
    """A folder of its own for each run: drafts that someone has completed are never overwritten.

    A workbook on OneDrive or SharePoint has an ``https`` name: its reports go to Documents. Raises CodedError CW-612
    when the workbook has not been saved yet.
    """
    name = f"rapports {moment:%Y-%m-%d %H%M%S}"
    if "://" in full_name:
        return Path.home() / "Documents" / f"{PurePosixPath(full_name).stem} {name}"
    path = PureWindowsPath(full_name) if "\\" in full_name else PurePosixPath(full_name)
    if not path.is_absolute():
        raise CodedError("CW-612")
    return Path(str(path.parent)) / f"{path.stem} {name}"


def _evaluated(book: OpenBook) -> Evaluation:
    suffix = PureWindowsPath(book.full_name).suffix or ".xlsm"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / f"classeur{suffix}"
        book.progress("lecture du classeur")
        book.save_copy(copy)
        content = read_workbook(copy)
    book.progress("calcul des émissions")
    return evaluate(content, on=dt.date.today())
