"""What changed in the inputs since the last refresh, read from the plain values that it left in the workbook.

Each line keeps the activity, the inputs, the factor and the tonnes of its last computation: compared with those of this
one, they say which line was added, removed or typed over, and what it did.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.inventory.entry import EntryTable
from carbon_workbook.inventory.wording import shown
from carbon_workbook.specs.spec import Column, settings
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref, date_of_serial
from carbon_workbook.workbook.evaluate import Evaluation
from carbon_workbook.workbook.package import TableData, read_sheet, read_table
from carbon_workbook.workbook.read import result_title

Entry = tuple[str, str | None, str]
"""Object, old and new value of a row of the journal."""

GIVEN, GIVEN_ONE, REMOVED, ADDED = (
    "Identifiants attribués",
    "Identifiant dupliqué",
    "Ligne retirée",
    "Ligne ajoutée",
)
MANY = 20
"""Lines of one sheet from which a single row tells them all."""
CLOSE = 1e-9
OK = "OK"
_ID = re.compile(r"L(\d+)")
_RANGE = re.compile(r"L(\d+)(?: à L(\d+))?")


@dataclass(frozen=True)
class _Line:
    """A line as the last refresh left it and as it is now; ``old`` or ``new`` tonnes are None when not counted."""

    identity: str
    title: str
    parts: tuple[tuple[str, str, str], ...]  # input, old, new
    old: float | None
    new: float | None
    typed: bool  # the user changed one of its inputs


def input_changes(evaluation: Evaluation) -> Iterator[Entry]:
    """Settings, factors, lines added, removed and changed since the last refresh; nothing when nothing changed.

    A workbook never refreshed has nothing to compare: its lines are told by the ids they are given.
    """
    known = _computed(evaluation)
    if known:
        yield from _settings(evaluation)
        yield from _factors(evaluation)
    yield from _added(evaluation, known)
    yield from _removed(evaluation)
    changed = list(_changed(evaluation))
    yield from _typed([line for line in changed if line.typed])
    others = [line for line in changed if not line.typed]
    if others:
        yield (
            f"Effet des réglages ou des facteurs, {_count(others)}",
            _tonnes(sum(line.old or 0.0 for line in others)),
            _tonnes(sum(line.new or 0.0 for line in others)) or "",
        )


def _computed(evaluation: Evaluation) -> bool:
    """Whether a refresh has already written results."""
    return any(
        any(value not in (None, "") for value in table.rows["result_code"]) for table in _own(evaluation)
    )


def _own(evaluation: Evaluation) -> list[EntryTable]:
    return [table for table in evaluation.content.entries if not table.copied]


# --- Settings and factors -------------------------------------------------------------------------------------------


def _settings(evaluation: Evaluation) -> Iterator[Entry]:
    sheet = read_sheet(evaluation.content.package, result_title(evaluation.content.package, at.SUMMARY))
    before = sheet.value(cell_ref(at.STAMP_ROW, at.SETTINGS_COLUMN))
    now = at.settings_text(evaluation.inventory.settings)
    chosen = [setting for setting in settings() if setting.key in at.DECISIVE_SETTINGS]
    if not isinstance(before, str) or before == now:
        return
    olds, news = before.split("|"), now.split("|")
    if not len(olds) == len(news) == len(chosen):
        yield "Réglages", before, now
        return
    for setting, old, new in zip(chosen, olds, news, strict=True):
        if old != new:
            yield f"Réglage : {setting.label}", old or None, new or "(vide)"


def _factors(evaluation: Evaluation) -> Iterator[Entry]:
    """Values that changed under an identifier that serves now and served before."""
    package, catalogue = evaluation.content.package, evaluation.inventory.catalogue
    old = _values_used(read_table(package, "tbl_facteurs_utilises"))
    used = set(evaluation.inventory.counted["factor_id"].dropna().astype(str))
    for identifier in sorted(used & set(old)):
        value = _value_of(catalogue, identifier)
        if not np.isclose(old[identifier], value, rtol=CLOSE, atol=0.0):
            unit = str(catalogue.table.at[identifier, "unit"])
            yield f"Facteur {identifier} (kgCO2e/{unit})", shown(old[identifier]), shown(value)


def _values_used(table: TableData) -> dict[str, float]:
    """Sum of the stages of each factor of the last refresh."""
    identity, value = table.columns.index("Identifiant"), table.columns.index("Somme des étapes")
    pairs = [(row[identity], row[value]) for _, row in table.rows]
    return {str(name): number for name, number in pairs if name and isinstance(number, float)}


def _value_of(catalogue: Catalogue, identifier: str) -> float:
    return float(catalogue.get(identifier).value)


# --- Lines ----------------------------------------------------------------------------------------------------------


def _added(evaluation: Evaluation, known: bool) -> Iterator[Entry]:
    """Ids given by this run: one row a line, or a single one for many lines or for a first refresh."""
    fresh = [given for given in evaluation.renumbered if not given.old]
    copies = [given for given in evaluation.renumbered if given.old]
    if fresh and (not known or len(fresh) > MANY):
        yield GIVEN, None, f"{fresh[0].new} à {fresh[-1].new}"
    elif fresh:
        tonnes = dict(zip(*_id_tonnes(evaluation), strict=True))
        for given in fresh:
            yield f"{ADDED}, {given.sheet}, {given.new}", None, _tonnes(tonnes.get(given.new)) or "refusée"
    for given in copies:
        yield f"{GIVEN_ONE}, {given.sheet}, ligne {given.row}", given.old, given.new


def _id_tonnes(evaluation: Evaluation) -> tuple[list[str], list[float | None]]:
    lines = evaluation.inventory.lines
    kg = lines["total_kg"].to_numpy(dtype=np.float64)
    counted = (lines["code"] == "").to_numpy()
    return list(lines["line_id"]), [
        float(one) / 1000 if ok else None for one, ok in zip(kg, counted, strict=True)
    ]


def _removed(evaluation: Evaluation) -> Iterator[Entry]:
    """Ids that the journal gave and that stand nowhere any more, once; with their tonnes while the row is there."""
    given, gone = _from_journal(evaluation)
    present = set(evaluation.inventory.lines["line_id"].astype(str))
    emptied = {}
    for table in _own(evaluation):
        for identity, tonnes in zip(table.rows["line_id"], table.rows["emissions_t"], strict=True):
            if identity:
                emptied[str(identity)] = tonnes
    missing = sorted((given | set(emptied)) - present - gone)
    if len(missing) > MANY:
        yield f"{REMOVED}, {len(missing)} lignes", _ranges(missing), "retirées"
        return
    for identity in missing:
        tonnes = emptied.get(identity)
        shown_t = f" ; {_tonnes(tonnes)}" if isinstance(tonnes, float) else ""
        yield REMOVED, f"{identity}{shown_t}", "retirée"


def _from_journal(evaluation: Evaluation) -> tuple[set[str], set[str]]:
    """Ids that the journal's rows gave, and those that they already say removed."""
    given: set[str] = set()
    gone: set[str] = set()
    data = read_table(evaluation.content.package, "tbl_journal")
    places = [data.columns.index(name) for name in ("Objet", "Ancien", "Nouveau")]
    for _, row in (*data.rows, *data.below):
        what, old, new = (str(row[place] or "") for place in places)
        if what.startswith((GIVEN, GIVEN_ONE)):
            given |= _ids(new)
        elif what.startswith(ADDED):
            given |= _ids(what)
        elif what.startswith(REMOVED):
            gone |= _ids(old)
    return given, gone


def _ids(text: str) -> set[str]:
    """Ids of ``L00001 à L00012, L00031``."""
    found: set[str] = set()
    for match in _RANGE.finditer(text):
        first, last = match[1], match[2] or match[1]
        found |= {f"L{number:0{len(first)}d}" for number in range(int(first), int(last) + 1)}
    return found


def _ranges(identities: Sequence[str]) -> str:
    """The same text from sorted ids; those that are no number of ours stand alone."""
    runs: list[list[str]] = []
    for identity in identities:
        match = _ID.fullmatch(identity)
        before = _ID.fullmatch(runs[-1][-1]) if runs else None
        if match and before and int(match[1]) == int(before[1]) + 1:
            runs[-1].append(identity)
        else:
            runs.append([identity])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} à {run[-1]}" for run in runs)


def _changed(evaluation: Evaluation) -> Iterator[_Line]:
    """Lines computed before and now whose inputs, factor or tonnes are no longer the same."""
    lines = evaluation.inventory.lines
    fresh = {(given.sheet, given.row) for given in evaluation.renumbered}
    columns = ("title", "row", "sheet", "line_id", "native_activity", "fingerprint", "factor_id", "code")
    _, tonnes = _id_tonnes(evaluation)
    now = {
        (values[0], values[2], int(values[1])): (*values[3:], t)
        for *values, t in zip(*(lines[name].tolist() for name in columns), tonnes, strict=True)
        if (values[0], int(values[1])) not in fresh
    }
    for table in _own(evaluation):
        stored = [table.rows[key].tolist() for key in _STORED]
        for row, *old in zip(table.numbers, *stored, strict=True):
            found = now.get((table.title, table.spec.key, row))
            if found is None or old[0] in (None, ""):
                continue
            line = _compared(table, old, found)
            if line is not None:
                yield line


_STORED = ("result_code", "frozen_activity", "fingerprint", "factor_used", "emissions_t")


def _compared(table: EntryTable, old: Sequence[object], now: Sequence[object]) -> _Line | None:
    code, activity, inputs, factor, tonnes = old
    identity, new_activity, new_inputs, new_factor, new_code, new_tonnes = now
    parts: list[tuple[str, str, str]] = []
    if not _same(activity, new_activity):
        parts.append(("activité", _number(activity), _number(new_activity)))
    typed = list(_typed_over(table, str(inputs or ""), str(new_inputs or "")))
    typed_factor = any(label == "Facteur d'émission" for label, _, _ in typed)
    served, serves = (
        str(factor or "").partition(" · ")[0],
        "" if new_factor != new_factor else str(new_factor or ""),
    )
    if new_code:
        serves = ""
    if served != serves and served and serves and not typed_factor:
        parts.append(("facteur", served, serves))
    parts += typed
    was, state = str(code), str(new_code) or OK
    if was != state:
        parts.append(("état", _state(was), _state(state)))
    if not parts and _same(tonnes, new_tonnes):
        return None
    return _Line(
        str(identity),
        table.title,
        tuple(parts),
        tonnes if isinstance(tonnes, float) else None,
        new_tonnes if isinstance(new_tonnes, float) else None,
        bool(typed) or not _same(activity, new_activity),
    )


def _typed_over(table: EntryTable, old: str, new: str) -> Iterator[tuple[str, str, str]]:
    """Inputs beside the activity that changed, by the label of their column."""
    if old == new:
        return
    columns = table.spec.affecting
    olds, news = old.split("|"), new.split("|")
    if not len(olds) == len(news) == len(columns):
        yield "saisie", old, new
        return
    olds[-1], news[-1] = (_without_texts(columns[-1], last) for last in (olds[-1], news[-1]))
    yield from (
        (column.label, _read_back(column, before), _read_back(column, after))
        for column, before, after in zip(columns, olds, news, strict=True)
        if before != after
    )


def _without_texts(column: Column, last: str) -> str:
    """The last input, to which a fingerprint sticks the texts typed in place of numbers."""
    if column.type != "flag":
        return last
    return last[:1] if last[:1].upper() in ("O", "N") else ""


def _read_back(column: Column, text: str) -> str:
    """What a fingerprint holds of a column, as a reader wrote it."""
    day = date_of_serial(float(text)) if column.type == "date" and text.isdecimal() else None
    return f"{day:%d/%m/%Y}" if day else text or "(vide)"


def _typed(lines: list[_Line]) -> Iterator[Entry]:
    """One row a line; one a sheet where many lines changed."""
    by_sheet: dict[str, list[_Line]] = {}
    for line in lines:
        by_sheet.setdefault(line.title, []).append(line)
    for title, found in by_sheet.items():
        if len(found) > MANY:
            ids = _ranges(sorted(line.identity for line in found))
            yield (
                f"{title}, {_count(found)} modifiées : {ids}",
                _tonnes(sum(line.old or 0.0 for line in found)),
                _tonnes(sum(line.new or 0.0 for line in found)) or "",
            )
            continue
        for line in found:
            names = [name for name, _, _ in line.parts]
            olds, news = ([part[place] for part in line.parts] for place in (1, 2))
            moved = not _same(line.old, line.new)
            if moved:
                names, olds, news = (
                    [*names, "tCO2e"],
                    [*olds, _tonnes(line.old) or "non comptée"],
                    [*news, _tonnes(line.new) or "non comptée"],
                )
            yield f"Ligne {line.identity}, {title} : {', '.join(names)}", " ; ".join(olds), " ; ".join(news)


def _same(old: object, new: object) -> bool:
    if isinstance(old, (int, float)) and isinstance(new, (int, float)):
        return bool(np.isclose(float(old), float(new), rtol=CLOSE, atol=0.0, equal_nan=True))
    return old == new or (old in (None, "") and new in (None, ""))


def _number(value: object) -> str:
    if isinstance(value, (int, float)):
        return shown(float(value))
    return str(value) if value not in (None, "") else "(vide)"


def _state(code: str) -> str:
    return "comptée" if code == OK else f"refusée ({code})"


def _count(lines: Sequence[_Line]) -> str:
    return f"{len(lines)} ligne{'s' if len(lines) > 1 else ''}"


def _tonnes(value: object) -> str | None:
    return f"{shown(float(value))} t" if isinstance(value, (int, float)) else None
