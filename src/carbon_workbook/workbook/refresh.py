"""Refresh: what is written back into a user's workbook, and nothing else (decision A6)."""

from __future__ import annotations

import datetime as dt
import gc
import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.inventory.gases import COLUMNS
from carbon_workbook.inventory.money import MONEY_COLUMNS, line_steps
from carbon_workbook.inventory.views import line_posts
from carbon_workbook.messages import CodedError
from carbon_workbook.workbook.catalogue import offered_cells
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.lint import lint
from carbon_workbook.workbook.package import Package, read_sheet
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.read import Content, check_current, read_workbook
from carbon_workbook.workbook.results import result_cells
from carbon_workbook.workbook.safe_write import check_unlocked, replace_workbook
from carbon_workbook.workbook.writer import Cells as Changes
from carbon_workbook.workbook.writer import Growth, Links, Progress

Cells = dict[str, dict[str, object]]
OK = "OK"


@dataclass(frozen=True)
class Outcome:
    """What a refresh did. ``backup`` is None when nothing had to be written."""

    evaluation: Evaluation
    written: int
    backup: Path | None


def refresh(path: Path, progress: Progress = lambda step: None) -> Outcome:
    """Recompute a workbook and write its results into it.

    Raises CodedError when the file is locked, changed meanwhile, not ours, or when the result does not pass our
    package lint; the file is then untouched. A second refresh of an unchanged workbook writes nothing.
    """
    with _collector_paused():
        return _refresh(path, progress)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A million cells and no cycle among them: the collector would go through them all, many times, for nothing."""
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()


def _refresh(path: Path, progress: Progress) -> Outcome:
    check_unlocked(path)
    progress("lecture du classeur")
    content = read_workbook(path)
    progress("calcul des émissions")
    evaluation = evaluate(content, on=dt.date.today())
    progress("préparation des résultats")
    changes, growth, links = changes_for(evaluation)
    count = sum(len(cells) for cells in changes.values())
    if not count:
        return Outcome(evaluation, 0, None)
    writer = FileWriter(content.package, progress)
    writer.write(changes, growth, links)
    return Outcome(evaluation, count, writer.backup)


class FileWriter:
    """Writes into a closed workbook at XML level; ``backup`` is then the file as it was.

    Besides what ``Writer`` refuses: a file open elsewhere or changed since it was read, a result that our package
    lint finds at fault. The file is then untouched.
    """

    def __init__(self, package: Package, progress: Progress = lambda step: None) -> None:
        self._package, self._progress = package, progress
        self.backup: Path | None = None

    def write(self, changes: Changes, growth: Growth, links: Links) -> None:
        parts = patch(self._package, changes, growth=growth, links=links)  # type: ignore[arg-type]
        self._progress("contrôle du classeur")
        _check(self._package, parts)
        self._progress("écriture du classeur")
        self.backup = replace_workbook(self._package, parts)


def _check(package: Package, parts: Mapping[str, bytes]) -> None:
    """Raises CodedError when the workbook to write has a fault that the user's did not have."""
    faults = lint(package.with_parts(parts), parts)
    if faults:
        known = {str(note) for note in lint(package, parts)}
        new = [note for note in faults if str(note) not in known]
        if new:
            raise CodedError("CW-460", detail=str(new[0]))


def changes_for(
    evaluation: Evaluation, moment: dt.datetime | None = None
) -> tuple[Cells, dict[str, int], dict[str, dict[str, str]]]:
    """Cells to write by sheet, tables that grow, and links of the result sheets; all of them ours.

    Raises CodedError CW-463 on a workbook of an older schema.
    """
    check_current(evaluation.content)
    changes = _line_results(evaluation)
    results = result_cells(evaluation, moment or dt.datetime.now().replace(microsecond=0), author())
    # A part of the base does not tell what the workbook may offer: its Catalogue and lists stay as they are.
    partial = evaluation.inventory.catalogue.partial
    offered, more = ({}, {}) if partial else offered_cells(evaluation)
    for title, cells in only_differences(evaluation.content, {**results.cells, **offered}).items():
        changes.setdefault(title, {}).update(cells)
    return changes, {**results.growth, **more}, {title: dict(cells) for title, cells in results.links.items()}


def author() -> str:
    """Name of the session's user, blank where the system does not tell."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def only_differences(content: Content, changes: Mapping[str, Mapping[str, object]]) -> Cells:
    """The cells of result sheets whose value is not already there."""
    kept: Cells = {}
    for title, cells in changes.items():
        sheet = content.sheets.get(title) or read_sheet(content.package, title)
        different = {ref: value for ref, value in cells.items() if _differs(sheet.value(ref), value)}
        if different:
            kept[title] = different
    return kept


def _differs(present: object, wanted: object) -> bool:
    if wanted is None or wanted == "":
        return present is not None and present != ""
    if isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        return not (isinstance(present, float) and present == float(wanted))
    return present != wanted


def _line_results(evaluation: Evaluation) -> Cells:
    """The owned columns of every entry row where their value changes; rows no longer filled are cleared."""
    lines, values = evaluation.inventory.lines, line_values(evaluation)
    changes: Cells = {}
    for table in evaluation.content.entries:
        if table.copied:
            continue
        here = ((lines["title"] == table.title) & (lines["sheet"] == table.spec.key)).to_numpy()
        position = dict(
            zip(lines["row"].to_numpy()[here].tolist(), np.flatnonzero(here).tolist(), strict=True)
        )
        places = [position.get(row) for row in table.numbers]
        cells: dict[str, object] = {}
        for column in table.spec.owned:
            letters, found = table.letters[column.key], values[column.key]
            for row, line, present in zip(
                table.numbers, places, table.rows[column.key].tolist(), strict=True
            ):
                wanted = None if line is None else found[line]
                if wanted is not present and _differs(present, wanted) and row not in table.below:
                    cells[f"{letters}{row}"] = wanted
        if cells:
            changes[table.title] = cells
    return changes


def line_values(evaluation: Evaluation) -> dict[str, list[object]]:
    """Values of the owned columns for each line, by column key. Masses in tCO2e."""
    inventory = evaluation.inventory
    lines, table = inventory.lines, inventory.catalogue.table
    counted = (lines["code"] == "").to_numpy()
    tonnes = {name: lines[name].to_numpy(dtype=np.float64) / 1000.0 for name in COLUMNS}
    tonnes["ch4"] = tonnes["ch4_fossil"] + tonnes["ch4_biogenic"]
    tonnes["emissions_t"] = lines["total_kg"].to_numpy(dtype=np.float64) / 1000.0
    values: dict[str, list[object]] = {
        key: _or_none(np.where(counted, tonnes[key], np.nan))
        for key in ("emissions_t", "co2_fossil", "ch4", "n2o", "other_gases", "unsplit", "co2_biogenic")
    }
    ids = lines["factor_id"].astype(object).where(lines["factor_id"].notna(), "").to_numpy(dtype=object)
    values["line_id"] = list(lines["line_id"])
    values["result_code"] = [code or OK for code in lines["code"]]
    values["frozen_activity"] = lines["native_activity"].tolist()
    values["fingerprint"] = list(lines["fingerprint"])
    values["remark"] = _remark_texts(evaluation)
    values["beges_post"] = list(line_posts(inventory, "beges"))
    values["ghgp_row"] = list(line_posts(inventory, "ghgp"))
    described = _descriptions(table, {str(i) for i in ids if i})
    values["factor_used"] = [described.get(i, "") if ok else "" for i, ok in zip(ids, counted, strict=True)]
    values["conversion"] = _conversions(
        lines, inventory.block.arrays.totals, inventory.block.factor, table["unit"].to_numpy(), counted
    )
    for position, text in money_texts(lines, inventory.catalogue, counted).items():
        values["conversion"][position] = text + str(values["conversion"][position])
    return values


def _descriptions(table: pd.DataFrame, ids: set[str]) -> dict[str, str]:
    """Id, label, source and version of each factor used."""
    used = table.loc[sorted(ids), ["label", "source", "version"]].astype(str)
    return {
        str(key): " · ".join(text for text in (str(key), *texts) if text)
        for key, texts in zip(used.index, used.to_numpy().tolist(), strict=True)
    }


def _or_none(numbers: np.ndarray) -> list[object]:
    finite = np.isfinite(numbers)
    return [value if ok else None for value, ok in zip(numbers.tolist(), finite.tolist(), strict=True)]


def _conversions(
    lines: pd.DataFrame, totals: np.ndarray, factor: np.ndarray, units: np.ndarray, counted: np.ndarray
) -> list[object]:
    texts: list[object] = []
    for activity, unit, quantity, ratio, position, ok in zip(
        lines["activity"],
        lines["activity_unit"],
        lines["quantity"],
        lines["ratio"],
        factor,
        counted,
        strict=True,
    ):
        if not ok or position < 0:
            texts.append("")
            continue
        start = f"{_number(activity)} {unit}"
        step = "" if ratio == 1 else f" = {_number(quantity)} {units[position]}"
        texts.append(f"{start}{step} × {_number(totals[position])} kgCO2e/{units[position]}")
    return texts


def money_texts(lines: pd.DataFrame, catalogue: Catalogue, counted: np.ndarray) -> dict[int, str]:
    """The monetary chain of each counted line that has one, before its product."""
    money = lines["activity_unit"].astype(str).str.contains(" HT ", regex=False).to_numpy()
    places = np.flatnonzero(money & counted & lines["factor_id"].notna().to_numpy())
    columns = [name for name in MONEY_COLUMNS if name in lines]
    chosen = lines.iloc[places][columns].to_dict(orient="records")
    return {
        place: "".join(f"{step.text} " for step in line_steps(line, catalogue))
        for place, line in zip(places.tolist(), chosen, strict=True)
    }


def _number(value: float) -> str:
    """A number in a French sentence, at most six significant digits after the thousands."""
    text = f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return text.replace(",", "\u202f").replace(".", ",")


def _remark_texts(evaluation: Evaluation) -> list[object]:
    """First refusal, else first remark, of each line, with its code."""
    lines = evaluation.inventory.lines
    by_place: dict[tuple[str, int], str] = {}
    for note in evaluation.messages:
        digits = note.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        if note.sheet and digits.isdigit():
            by_place.setdefault((note.sheet, int(digits)), f"{note.code} – {note.sentence} {note.remedy}")
    return [
        by_place.get((title, int(row)), "") for title, row in zip(lines["title"], lines["row"], strict=True)
    ]
