"""What the command line says of an imported base, of two versions, of an upgrade: lines of French text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from carbon_workbook.factors.diff import KNOWN, OUT_OF_DATE, Difference, suspicions
from carbon_workbook.factors.imports.base import Base
from carbon_workbook.factors.selection import records
from carbon_workbook.factors.store import Held
from carbon_workbook.inventory.wording import shown
from carbon_workbook.messages import message

SHOWN, REFUSED = 12, 3


def told_base(base: Base, today: dt.date, limit: int = SHOWN) -> Iterator[str]:
    """What a file holds: counts, rows refused and why, values that look wrong."""
    yield f"{base.name} ({base.licence})"
    for name, count in base.counts.items():
        yield f"  {shown(count):>10}  {name}"
    yield f"  {shown(len(base.factors)):>10}  facteurs à importer, {shown(len(base.stages))} étapes"
    for code, rows in base.refused.groupby("code"):
        name = str(code)
        reason = message(name, detail=str(rows["detail"].iloc[0])).sentence
        yield f"Refusé : {shown(len(rows))} × {reason} ({name})"
        yield from _some(
            (f"ligne {row['row']}, {row['id']} {row['label']}" for row in records(rows)), len(rows), REFUSED
        )
    for code, rows in suspicions(base, today).groupby("code"):
        name = str(code)
        if name == OUT_OF_DATE:
            yield f"Noté : {shown(len(rows))} facteurs valides ont dépassé leur période de validité ({name})."
            continue
        yield f"Suspect : {shown(len(rows))} × {message(name, reason='').sentence.rstrip(' :')} ({name})"
        texts = (
            f"{row['id']} {row['label']}" + (f" : {row['reason']}" if row["reason"] else "")
            for row in records(rows)
        )
        yield from _some(texts, len(rows), len(rows) if name == KNOWN else limit)


def _some(texts: Iterator[str], count: int, limit: int) -> Iterator[str]:
    for _, text in zip(range(limit), texts, strict=False):
        yield f"    {text}"
    if count > limit:
        yield f"    … et {shown(count - limit)} autres"


def told_bases(held: Sequence[Held], shipped: str) -> Iterator[str]:
    """The bases in the store, and what the shipped catalogue was made from."""
    yield f"livré : {shipped}"
    for one in held:
        size = f"{shown(one.factors)} facteurs, {shown(one.stages)} étapes"
        yield f"{one.name} : {size}, importée le {_day(one.imported_on)}"
    if not held:
        yield "Aucune base importée. « factors import FICHIER » en ajoute une."


def _day(iso: str) -> str:
    return f"{dt.date.fromisoformat(iso):%d/%m/%Y}"


def told_difference(found: Difference, limit: int) -> Iterator[str]:
    """Counts by kind of change, then the changes, the largest first in each kind."""
    yield f"{found.old} → {found.new} : {shown(found.shared)} identifiants communs"
    for change, count in found.counts.items():
        if count:
            yield f"— {change} : {shown(count)}"
            rows = found.rows[found.rows["change"] == change]
            yield from _some((_changed(row) for row in records(rows)), count, limit)
    if not len(found.rows):
        yield "Aucune différence."


def _changed(row: dict[str, Any]) -> str:
    parts = [f"{row['id']} {row['label']} : {_values(row)}"]
    if row["replacement"]:
        parts.append(f"remplaçant proposé : {row['replacement']} ({row['reason']})")
    return " ; ".join(parts)


def _values(row: dict[str, Any]) -> str:
    values = [
        f"{shown(row[f'{side}_value'])} kgCO2e/{row[f'{side}_unit']}"
        for side in ("old", "new")
        if row[f"{side}_unit"]
    ]
    relative = "" if pd.isna(row["relative"]) or not row["relative"] else f" ({_percent(row['relative'])})"
    return " → ".join(dict.fromkeys(values)) + relative


def _percent(share: float) -> str:
    return f"{100 * share:+.1f} %".replace(".", ",")


def _signed(tonnes: float) -> str:
    return ("+" if tonnes > 0 else "") + shown(tonnes, 4)


def told_effect(effect: Any) -> Iterator[str]:
    """Effect of a change of version on a workbook: total, lines, posts of the BEGES view."""
    old, new = effect.totals
    yield f"Total des lignes : {shown(old)} → {shown(new)} tCO2e, soit {_signed(new - old)} tCO2e"
    lines = effect.lines
    for line in lines.itertuples():
        yield (
            f"    {line.line_id} {line.title}, ligne {line.row} : {_signed(line.effect_t)} tCO2e "
            f"({line.old_factor or 'refusée'} → {line.new_factor or 'refusée'} ; {line.reason})"
        )
    yield f"    somme des {len(lines)} lignes : {_signed(lines['effect_t'].sum())} tCO2e"
    yield "Par poste (BEGES) :"
    for post in effect.posts("beges").itertuples():
        change = f"{shown(post.old_t)} → {shown(post.new_t)} ({_signed(post.effect_t)}) tCO2e"
        yield f"    {post.code} {post.label} : {change}"
