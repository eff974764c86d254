"""A workbook under another version of the official bases: the effect line by line, then the change itself.

The effects of the lines add up to the change of the total; those of the posts to the change of the view.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from carbon_workbook.factors.catalogue import Catalogue, load_catalogue
from carbon_workbook.factors.imports.base import Base
from carbon_workbook.factors.store import Store
from carbon_workbook.factors.versions import ABSENT, absent_bases, compose, pinned_bases
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.wording import shown
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.frozen import ALTERED, catalogue_for
from carbon_workbook.workbook.package import read_sheet
from carbon_workbook.workbook.read import Content, read_workbook, result_title
from carbon_workbook.workbook.refresh import Cells, FileWriter, author, changes_for
from carbon_workbook.workbook.safe_write import check_unlocked

SHIPPED = "livré"
LOST, NOT_COMPARED = "CW-248", "CW-271"
LINE_COLUMNS = (
    "line_id", "title", "row", "label", "old_factor", "new_factor", "old_t", "new_t", "effect_t", "reason",
)  # fmt: skip

_JOURNAL_WIDTH = 6


@dataclass(frozen=True, eq=False)
class Effect:
    """A workbook computed with two catalogues; masses in tCO2e."""

    before: Evaluation
    after: Evaluation

    @cached_property
    def lines(self) -> pd.DataFrame:
        """The lines that change (LINE_COLUMNS), largest effect first. A line not counted weighs nothing."""
        old, new = self.before.inventory, self.after.inventory
        tonnes = [
            np.nan_to_num(one.lines["total_kg"].to_numpy(dtype=np.float64)) / 1000.0 for one in (old, new)
        ]
        described = [_factors(one) for one in (old, new)]
        table = new.lines[["line_id", "title", "row", "label"]].reset_index(drop=True)
        table = table.assign(
            old_factor=described[0],
            new_factor=described[1],
            old_t=tonnes[0],
            new_t=tonnes[1],
            effect_t=tonnes[1] - tonnes[0],
            reason=[
                _reason(*cells)
                for cells in zip(*described, old.lines["code"], new.lines["code"], strict=True)
            ],
        )
        changed = table[(table["effect_t"] != 0.0) | (table["old_factor"] != table["new_factor"])]
        return changed.iloc[(-changed["effect_t"].abs()).argsort(kind="stable")].reset_index(drop=True)

    def posts(self, view: str) -> pd.DataFrame:
        """Rows of a view that change: code, label, level, old_t, new_t, effect_t."""
        old, new = (one.views[view].rows.set_index("code") for one in (self.before, self.after))
        table = new[["label", "level"]].assign(old_t=old["total"] / 1000.0, new_t=new["total"] / 1000.0)
        table["effect_t"] = table["new_t"] - table["old_t"]
        return table[table["effect_t"] != 0.0].reset_index()

    @property
    def totals(self) -> tuple[float, float]:
        """Reference value of all lines, before and after."""
        return self.before.inventory.total_kg / 1000.0, self.after.inventory.total_kg / 1000.0

    @property
    def lost(self) -> list[str]:
        """Ids of the lines counted before and refused after."""
        ok = [(one.inventory.lines["code"] == "").to_numpy() for one in (self.before, self.after)]
        return [str(key) for key in self.after.inventory.lines["line_id"][ok[0] & ~ok[1]]]


def _factors(inventory: Inventory) -> list[str]:
    """Factor of each line with its value and unit, its version apart."""
    used = set(inventory.lines["factor_id"].dropna())
    table = inventory.catalogue.table
    table = table[table.index.isin(used)]
    known = {
        key: f"{key} : {shown(value)} kgCO2e/{unit}"
        for key, value, unit in zip(table.index, table["value"], table["unit"], strict=True)
    }
    return [known.get(key, "") for key in inventory.lines["factor_id"]]


def _reason(old: str, new: str, old_code: str, new_code: str) -> str:
    if new_code and not old_code:
        return f"ligne refusée : {message(new_code).code}"
    if old_code and not new_code:
        return "ligne de nouveau comptée"
    if old.partition(" : ")[0] != new.partition(" : ")[0]:
        return "autre facteur"
    if old.rpartition("/")[2] != new.rpartition("/")[2]:
        return "autre unité"
    return "autre valeur" if old != new else "gaz, étapes ou paire du facteur"


def compare(content: Content, before: Catalogue, after: Catalogue, *, on: dt.date | None = None) -> Effect:
    """The workbook computed with both catalogues, as if pinned to each; ``on`` as for ``evaluate``."""
    first, second = (evaluate(replace(content, base=one.version), one, on=on) for one in (before, after))
    return Effect(first, second)


def target_bases(content: Content, store: Store, ref: str) -> list[Base]:
    """Bases of the workbook once ``ref`` takes the place of its other version; none for « livré ».

    Raises CodedError CW-244 when the store does not have it.
    """
    if ref == SHIPPED:
        return []
    wanted = store.load(ref)
    return [*(base for base in pinned_bases(content.base, store) if base.key != wanted.key), wanted]


@dataclass(frozen=True)
class Upgrade:
    """What an upgrade did; ``backup`` is None when the workbook was pinned to that version already."""

    effect: Effect
    version: str
    backup: Path | None
    notes: tuple[Message, ...]


def upgrade(
    path: Path, store: Store, ref: str, progress: Callable[[str], None] = lambda step: None
) -> Upgrade:
    """Pin a workbook to another version, refresh it with that version, one journal row for each line that changes.

    Where the figures of the version left are neither on this machine nor frozen in the workbook, the lines are compared
    to the shipped ones, and that is said (CW-271). Raises CodedError as ``refresh`` and ``target_bases``; the file is
    then untouched.
    """
    check_unlocked(path)
    progress("lecture du classeur")
    content = read_workbook(path)
    moment = dt.datetime.now().replace(microsecond=0)
    before, notes = _left(content, store)
    after = compose(target_bases(content, store, ref))
    progress("calcul avec les deux versions")
    effect = compare(content, before, after, on=moment.date())
    if effect.lost:
        notes.append(message(LOST, count=len(effect.lost), version=ref, ids=", ".join(effect.lost[:10])))
    if content.base == after.version:
        return Upgrade(effect, after.version, None, (message("CW-249", version=after.version), *notes))
    changes, growth, links = changes_for(effect.after, moment)
    _pin(content, changes, after.version)
    _note(
        content,
        changes,
        growth,
        _entries(effect, content.base or load_catalogue().version, after.version, moment),
    )
    writer = FileWriter(content.package, progress)
    writer.write(changes, growth, links)
    return Upgrade(effect, after.version, writer.backup, tuple(notes))


def _left(content: Content, store: Store) -> tuple[Catalogue, list[Message]]:
    """The catalogue of the version left; the shipped one, and the message that says so, where it is not to be had."""
    try:
        return catalogue_for(content, store)[0], []
    except CodedError as refused:
        if refused.message.code not in (ABSENT, ALTERED):
            raise
    absent = " ; ".join(absent_bases(content.base, store)) or content.base
    return load_catalogue(), [message(NOT_COMPARED, base=absent)]


def _pin(content: Content, changes: Cells, version: str) -> None:
    title, ref = content.package.defined_names[at.BASE_NAME]
    changes.setdefault(title, {})[ref.replace("$", "").partition(":")[0]] = version


def _entries(effect: Effect, old: str, new: str, moment: dt.datetime) -> list[tuple[object, ...]]:
    """Journal rows: the base, then each line with its factor and its tonnes."""
    who = author() or None
    head = (moment, who, "Base de facteurs", old, new, "Changement de version demandé")
    return [head, *((moment, who, *_entry(line)) for line in effect.lines.itertuples(index=False))]


def _entry(line: Any) -> tuple[str, str, str, str]:
    return (
        f"Facteur, {line.title}, ligne {line.row} ({line.line_id})",
        f"{line.old_factor or 'refusée'} ; {shown(line.old_t)} tCO2e",
        f"{line.new_factor or 'refusée'} ; {shown(line.new_t)} tCO2e",
        f"Changement de version de la base : {line.reason}",
    )


def _note(
    content: Content, changes: Cells, growth: dict[str, int], rows: Sequence[tuple[object, ...]]
) -> None:
    """Journal rows written below the ones there, and below those that this refresh writes."""
    journal = changes.setdefault(result_title(content.package, at.JOURNAL), {})
    sheet = read_sheet(content.package, result_title(content.package, at.JOURNAL))
    filled = [
        row for row, values in sheet.rows.items() if any(value not in (None, "") for value in values.values())
    ]
    ours = [
        int("".join(filter(str.isdigit, ref))) for ref, value in journal.items() if value not in (None, "")
    ]
    last = content.package.table("tbl_journal").bounds[2]
    first = max([at.JOURNAL_HEADER, *(row for row in (*filled, *ours) if row <= max(last, *ours, 0))]) + 1
    for offset, values in enumerate(rows):
        for column, value in enumerate(values[:_JOURNAL_WIDTH], start=1):
            journal[cell_ref(first + offset, column)] = value
    growth["tbl_journal"] = max(growth.get("tbl_journal", last), first + len(rows) - 1)
    if growth["tbl_journal"] <= last:
        del growth["tbl_journal"]
