"""Values that are slow to make from shipped files, kept beside these as Python keeps its compiled modules."""

from __future__ import annotations

import copyreg
import hashlib
import os
import pickle
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar, cast

import numpy as np
import pandas as pd

Value = TypeVar("Value")

_DIGEST = 32


def read_only(mapping: dict[object, object]) -> MappingProxyType[object, object]:
    """A mapping that cannot be written: pickle knows how to call this, not how to make the type itself."""
    return MappingProxyType(mapping)


copyreg.pickle(MappingProxyType, lambda mapping: (read_only, (dict(mapping),)))


def prepared(name: str, sources: Sequence[Path], make: Callable[[], Value]) -> Value:
    """What ``make`` gives, read back from an earlier start while ``sources`` and the libraries are the same.

    ``sources`` are all the files that decide the value, code included. The file kept is a pickle in the
    ``__pycache__`` folder beside the first of them; where it cannot be written, every start makes the value.
    """
    key = _digest(sources)
    path = kept_at(name, sources[0])
    content = b""
    with suppress(OSError):
        content = path.read_bytes()
    body = content[2 * _DIGEST :]
    if content[: 2 * _DIGEST] == key + hashlib.sha256(body).digest():
        return cast(Value, pickle.loads(body))
    made = make()
    with suppress(OSError):
        _keep(path, key, made)
    return made


def kept_at(name: str, source: Path) -> Path:
    """Where the value ``name`` made from ``source`` is kept."""
    return source.parent / "__pycache__" / f"{name}.{sys.implementation.cache_tag}.pickle"


def _digest(sources: Sequence[Path]) -> bytes:
    digest = hashlib.sha256(f"{sys.version} {np.__version__} {pd.__version__}".encode())
    for source in (Path(__file__), *sources):
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.digest()


def _keep(path: Path, key: bytes, value: object) -> None:
    body = pickle.dumps(value, protocol=5)
    path.parent.mkdir(exist_ok=True)
    # A name of its own, then one replacement: two starts at the same moment never read half a file.
    written = path.with_suffix(f".{os.getpid()}")
    written.write_bytes(key + hashlib.sha256(body).digest() + body)
    written.replace(path)
