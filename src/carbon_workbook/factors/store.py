"""The local store of imported bases: one SQLite file in the user's data folder, several versions side by side.

Written by an import only, in one transaction; everything else opens it read-only.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from carbon_workbook.factors.imports.base import (
    FACTOR_COLUMNS,
    NUMBERS,
    STAGE_COLUMNS,
    STAGE_NUMBERS,
    Base,
    refused_frame,
)
from carbon_workbook.factors.text import fold
from carbon_workbook.messages import CodedError

FOLDER_VARIABLE = "CARBON_WORKBOOK_DATA"
OTHER_CONTENT, UNKNOWN_BASE, UNUSABLE = "CW-243", "CW-244", "CW-245"

_FILE = "bases.sqlite"
_NUMBERS = {*NUMBERS, *STAGE_NUMBERS}
_HEAD = ("key", "source", "version", "licence", "digest", "imported_on", "factors", "stages", "counts")
_TABLES = (("factor", FACTOR_COLUMNS), ("stage", STAGE_COLUMNS))


def data_folder() -> Path:
    """The user's data folder of the product; the variable CARBON_WORKBOOK_DATA decides otherwise."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    home = Path.home()
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = home / "Library" / "Application Support"
    else:
        root = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return root / "carbon-workbook"


@dataclass(frozen=True, slots=True)
class Held:
    """One imported base in the store; ``factors`` and ``stages`` are numbers of rows."""

    key: str
    source: str
    version: str
    licence: str
    digest: str
    imported_on: str
    factors: int
    stages: int
    counts: Mapping[str, int]

    @property
    def name(self) -> str:
        return f"{self.source} {self.version}"


@dataclass(frozen=True, slots=True)
class Store:
    """The store of a folder. Every method raises CodedError CW-245 when the file cannot be used."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / _FILE

    def bases(self) -> list[Held]:
        """The bases held, by source, the last imported first."""
        if not self.path.exists():
            return []
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT {', '.join(_HEAD)} FROM base ORDER BY source, number DESC"
            ).fetchall()
        return [
            Held(key, source, version, licence, digest, day, factors, stages, json.loads(counts))
            for key, source, version, licence, digest, day, factors, stages, counts in rows
        ]

    def add(self, base: Base, *, replace: bool = False, today: dt.date | None = None) -> bool:
        """Put a base in the store; False when it is there already, figure for figure.

        Raises CodedError CW-243 when the version is held with other figures, unless ``replace``. The store is as it
        was when anything fails.
        """
        held = self._held(base)
        if held is not None and held.digest == base.digest:
            return False
        if held is not None and not replace:
            raise CodedError(OTHER_CONTENT, base=base.name, count=_different(self.load(held.name), base))
        self._make_folder()
        with self._open(self.path.as_posix()) as connection:
            _create(connection)
            connection.execute("BEGIN IMMEDIATE")
            if held is not None:
                _delete(connection, held)
            _insert(connection, base, today or dt.date.today())
            connection.execute("COMMIT")
        return True

    def find(self, ref: str) -> Held:
        """The base that ``ref`` designates: « Base Carbone V23.6 », « V23.6 », « 2025 ».

        Raises CodedError CW-244 when none does, or several.
        """
        held = self.bases()
        wanted = fold(ref).split()
        exact = [one for one in held if fold(one.name) == fold(ref)]
        found = exact or [one for one in held if _designates(wanted, one)]
        if len(found) != 1:
            known = ", ".join(one.name for one in (found or held)) or "aucune base importée"
            raise CodedError(UNKNOWN_BASE, ref=ref, known=known)
        return found[0]

    def load(self, ref: str) -> Base:
        """The base that ``ref`` designates, as it was imported. Raises as ``find``."""
        held = self.find(ref)
        with self._reading() as connection:
            factors, stages = (_read(connection, table, columns, held) for table, columns in _TABLES)
        return Base(
            held.key, held.source, held.version, held.licence, factors, stages, refused_frame(()), held.counts,
            held.imported_on,
        )  # fmt: skip

    def _held(self, base: Base) -> Held | None:
        return next((one for one in self.bases() if (one.key, one.version) == (base.key, base.version)), None)

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CodedError(UNUSABLE, detail=error.strerror, path=self.folder) from error

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._open(f"{self.path.resolve().as_uri()}?mode=ro", uri=True) as connection:
            yield connection

    @contextmanager
    def _open(self, target: str, *, uri: bool = False) -> Iterator[sqlite3.Connection]:
        # No implicit transactions: a connection closed before COMMIT leaves the file as it was.
        try:
            with closing(sqlite3.connect(target, uri=uri, isolation_level=None)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise CodedError(UNUSABLE, detail=error, path=self.folder) from error


def open_store() -> Store:
    """The store of the user's data folder."""
    return Store(data_folder())


def _designates(wanted: Sequence[str], held: Held) -> bool:
    """Every word asked is one of the name's; the version is told whole, or by its first word."""
    words = fold(held.name).replace("®", "").split()
    versions = fold(held.version).split()
    return bool(wanted) and all(word in words for word in wanted) and any(word in versions for word in wanted)


def _different(old: Base, new: Base) -> int:
    """Number of factors that are not the same in two bases."""
    first, second = (_rows(old.factors), _rows(new.factors))
    lines, others = (_rows(base.stages.drop(columns="position")) for base in (old, new))
    return len({row[0] for row in (first ^ second) | (lines ^ others)})


def _rows(frame: pd.DataFrame) -> set[tuple[Any, ...]]:
    """Rows as tuples, in which a blank number equals another."""
    blanks = {name: -1.0 for name in frame.columns if name in _NUMBERS}
    return set(frame.fillna(blanks).itertuples(index=False, name=None))


def _create(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS base (number INTEGER PRIMARY KEY, key TEXT, source TEXT, version TEXT,"
        " licence TEXT, digest TEXT, imported_on TEXT, factors INTEGER, stages INTEGER, counts TEXT,"
        " UNIQUE (key, version))"
    )
    for table, columns in _TABLES:
        described = ", ".join(f"{name} {'REAL' if name in _NUMBERS else 'TEXT'}" for name in columns)
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} (base INTEGER, {described})")
        connection.execute(f"CREATE INDEX IF NOT EXISTS {table}_base ON {table} (base)")


def _insert(connection: sqlite3.Connection, base: Base, today: dt.date) -> None:
    values = (
        base.key, base.source, base.version, base.licence, base.digest, today.isoformat(), len(base.factors),
        len(base.stages), json.dumps(dict(base.counts), ensure_ascii=False),
    )  # fmt: skip
    marks = ", ".join("?" * len(_HEAD))
    number = connection.execute(f"INSERT INTO base ({', '.join(_HEAD)}) VALUES ({marks})", values).lastrowid
    for (table, columns), frame in zip(_TABLES, (base.factors, base.stages), strict=True):
        cells = [frame[name].tolist() for name in columns]
        marks = ", ".join(["?"] * (len(columns) + 1))
        rows = zip([number] * len(frame), *cells, strict=True)
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def _delete(connection: sqlite3.Connection, held: Held) -> None:
    number = _number(connection, held)
    for table in ("factor", "stage"):
        connection.execute(f"DELETE FROM {table} WHERE base = ?", (number,))
    connection.execute("DELETE FROM base WHERE number = ?", (number,))


def _number(connection: sqlite3.Connection, held: Held) -> int:
    found = connection.execute(
        "SELECT number FROM base WHERE key = ? AND version = ?", (held.key, held.version)
    )
    return int(found.fetchone()[0])


def _read(connection: sqlite3.Connection, table: str, columns: Sequence[str], held: Held) -> pd.DataFrame:
    query = f"SELECT {', '.join(columns)} FROM {table} WHERE base = ? ORDER BY rowid"
    rows = connection.execute(query, (_number(connection, held),)).fetchall()
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    return pd.DataFrame(
        {
            name: np.array(values, dtype=np.float64 if name in _NUMBERS else object)
            for name, values in zip(columns, cells, strict=True)
        }
    )
