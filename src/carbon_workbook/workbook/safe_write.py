"""A user's workbook replaced without ever being half written, and put back from its backup."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from carbon_workbook.messages import CodedError
from carbon_workbook.workbook.package import Package

FOLDER = "sauvegardes"
_MARK = ".sauvegarde"
_TEMPORARY = ".ecriture"
_ABANDONED_SECONDS = 3600


def replace_workbook(package: Package, changes: Mapping[str, bytes]) -> Path:
    """Write the package's file with some parts changed; returns the backup made of the file before.

    Raises CodedError when the file is open elsewhere, has changed since it was read, or cannot be written.
    Killed at any instant, the file is the old one or the new one.
    """
    return replace_file(package, package.with_parts(changes).packed())


def replace_file(package: Package, content: bytes) -> Path:
    """Write another file in the place of the one that the package was read from; as ``replace_workbook``."""
    if package.path is None:
        raise ValueError("this package was not read from a file")
    return _replace(package.path.resolve(), content, package.hash)


def check_unlocked(path: Path) -> None:
    """Raises CodedError when Excel, LibreOffice or the system holds the file."""
    for lock in (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")):
        if lock.exists():
            raise CodedError("CW-420", path=path.name, owner=_owner(lock))
    try:
        with path.open("r+b"):
            pass
    except FileNotFoundError:
        raise CodedError("CW-401", path=path.name) from None
    except PermissionError:
        raise CodedError("CW-420", path=path.name, owner=" ou en lecture seule") from None
    except OSError as error:
        raise CodedError("CW-423", path=path.name, detail=str(error)) from None


def backups(path: Path | str) -> list[Path]:
    """Backups of a workbook, oldest first."""
    path = Path(path).resolve()
    return sorted((path.parent / FOLDER).glob(f"{_quoted(path.stem)}.*{_MARK}*{path.suffix}"), key=_age)


def restore(path: Path | str, backup: Path | None = None) -> Path:
    """Put a backup back (the latest unless given) after saving the present file; returns the backup used.

    Raises CodedError when there is none, or the file is open elsewhere or cannot be written.
    """
    path = Path(path).resolve()
    chosen = backup or next(reversed(backups(path)), None)
    if chosen is None:
        raise CodedError("CW-422", path=path.name)
    try:
        content = chosen.read_bytes()
        present = path.read_bytes() if path.exists() else None
    except OSError as error:
        raise CodedError("CW-401", path=chosen.name, detail=str(error)) from None
    if present is None:
        _guarded_write(path, content)
    else:
        _replace(path, content, hashlib.sha256(present).hexdigest())
    return chosen


def _replace(path: Path, content: bytes, expected_hash: str) -> Path:
    check_unlocked(path)
    try:
        before = path.stat()
        old = path.read_bytes()
    except OSError as error:
        raise CodedError("CW-401", path=path.name, detail=str(error)) from None
    if hashlib.sha256(old).hexdigest() != expected_hash:
        raise CodedError("CW-421", path=path.name)
    backup = _free_name(path)
    try:
        _sweep(path)
        backup.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise CodedError("CW-423", path=backup.name, detail=str(error)) from None
    _guarded_write(backup, old)
    _guarded_write(path, content, before)
    return backup


def _guarded_write(path: Path, content: bytes, before: os.stat_result | None = None) -> None:
    """A new file beside, flushed to disk, then put in the place of the old one in a single step.

    ``before``: the state of the file when it was read; it must not have changed.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=_TEMPORARY)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            if before is not None:
                shutil.copymode(path, temporary)
                now = path.stat()
                if (now.st_mtime_ns, now.st_size) != (before.st_mtime_ns, before.st_size):
                    raise CodedError("CW-421", path=path.name)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _flush_folder(path.parent)
    except PermissionError:
        raise CodedError("CW-420", path=path.name, owner="") from None
    except OSError as error:
        raise CodedError("CW-423", path=path.name, detail=str(error)) from None


def _sweep(path: Path) -> None:
    """Remove what writes killed long ago left beside the file."""
    long_ago = time.time() - _ABANDONED_SECONDS
    for left in path.parent.glob(f".{_quoted(path.stem)}.*{_TEMPORARY}"):
        if left.stat().st_mtime < long_ago:
            left.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    # Windows cannot open a folder, and flushes the rename itself.
    with contextlib.suppress(PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _free_name(path: Path) -> Path:
    stamp = dt.datetime.now().strftime("%Y%m%d-%H%M%S")
    folder = path.parent / FOLDER
    name = folder / f"{path.stem}.{stamp}{_MARK}{path.suffix}"
    number = 1
    while name.exists():
        number += 1
        name = folder / f"{path.stem}.{stamp}{_MARK}-{number}{path.suffix}"
    return name


def _age(backup: Path) -> tuple[str, int]:
    stamp, _, rest = backup.name.rpartition(_MARK)
    number = rest.removeprefix("-").partition(".")[0]
    return stamp, int(number) if number.isdigit() else 1


def _quoted(name: str) -> str:
    return "".join(f"[{c}]" if c in "[]*?" else c for c in name)


def _owner(lock: Path) -> str:
    """Who holds the lock, as Excel's owner file says: a length, then the name."""
    try:
        content = lock.read_bytes()
    except OSError:
        return ""
    if lock.name.startswith("~$") and content:
        name = content[1 : 1 + content[0]].decode("cp1252", "replace").strip(" \0")
        return f" par {name}" if name.isprintable() and name else ""
    return ""
