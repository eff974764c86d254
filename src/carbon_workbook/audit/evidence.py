"""The evidence register: files with their hash and retention date, the lines that cite them, and what is missing."""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from carbon_workbook.messages import CodedError

RETENTION, ADVISED = 24, 48
"""Months: the seed's minimum, and the four years of a BEGES cycle."""

NO_FOLDER, UNREADABLE = "CW-831", "CW-832"
PROVIDED, CITED_ONLY, NOT_CITED = "fournie", "citée, non fournie", "fournie, non citée"
_BETWEEN = re.compile(r"[;|\n]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of evidence: the file (path in its folder, SHA-256, bytes) or only what lines call it.

    ``lines``: ids of the lines that cite it.
    """

    name: str
    state: str
    sha256: str
    size: int | None
    keep_until: dt.date
    advised_until: dt.date
    lines: tuple[str, ...]


def evidence(
    citations: Sequence[tuple[str, str]], folder: Path | None, on: dt.date, months: int = RETENTION
) -> list[Piece]:
    """The register of the pieces cited by ``citations`` (line id, text of Pièce justificative) or in ``folder``.

    A text names a file by its path in the folder, its name or its name without extension, case and accents' encoding
    aside; several are set apart by ``;``, ``|`` or a new line. Raises CodedError CW-831 when the folder is missing,
    CW-832 when a file cannot be read.
    """
    if folder is not None and not folder.is_dir():
        raise CodedError(NO_FOLDER, path=str(folder))
    files = _files(folder) if folder is not None else {}
    named: dict[str, str] = {}
    for name in sorted(files):
        for text in (name, Path(name).name, Path(name).stem):
            named.setdefault(_folded(text), name)
    cited: dict[str, list[str]] = {}
    for line, text in citations:
        whole = named.get(_folded(text))
        for part in [text] if whole else _BETWEEN.split(text):
            if part.strip():
                name = named.get(_folded(part), part.strip())
                cited.setdefault(name, []).append(line)
    until, advised = after(on, months), after(on, ADVISED)
    found = []
    for name in sorted({*files, *cited}):
        lines = tuple(dict.fromkeys(cited.get(name, ())))
        digest, size = files.get(name, ("", None))
        state = CITED_ONLY if name not in files else PROVIDED if lines else NOT_CITED
        found.append(Piece(name, state, digest, size, until, advised, lines))
    return found


def after(day: dt.date, months: int) -> dt.date:
    """The same day some months later, the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _files(folder: Path) -> dict[str, tuple[str, int]]:
    """SHA-256 and size of each file, by its path in the folder; hidden ones and links are left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_symlink() or not path.is_file() or any(part.startswith(".") for part in inside.parts):
            continue
        try:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            found[inside.as_posix()] = (digest, path.stat().st_size)
        except OSError as error:
            raise CodedError(UNREADABLE, path=inside.as_posix(), detail=str(error.strerror)) from error
    return found


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().casefold().replace("\\", "/")
