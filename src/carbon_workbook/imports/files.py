"""Opens the factor files a user downloads: CSV in any usual encoding, .xlsx, JSON. The only user of calamine.

A file is weighed before it is read, and a zip before it is unpacked; what it holds is told by its first bytes,
never by its name.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import python_calamine

from carbon_workbook.factors.imports.sheet import Cells, Sheet, Source
from carbon_workbook.messages import CodedError

MAX_BYTES = 200_000_000
MAX_UNPACKED = 1_000_000_000
_MAX_MAPPING = 1_000_000

TOO_BIG, EMPTY, UNREADABLE, BOMB, PARTIAL, DIFFERENT = (
    "CW-230",
    "CW-231",
    "CW-232",
    "CW-233",
    "CW-241",
    "CW-247",
)

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_SEPARATORS = ";,\t|"
_SEP_LINE = re.compile(r"sep=.\r?\n", re.IGNORECASE)
_HEADER_LINES = 25
_CHUNK = 1 << 20


def open_source(
    paths: Sequence[Path], *, max_bytes: int = MAX_BYTES, max_unpacked: int = MAX_UNPACKED
) -> Source:
    """The sheets of a file; several files are the pages of one base, in order.

    Raises CodedError: CW-230 too big (told before reading), CW-231 empty, CW-232 unreadable or cut short, CW-233 a
    zip that unpacks beyond ``max_unpacked`` bytes, CW-241 API pages missing, CW-247 pages of different columns.
    """
    sources = [_open(path, max_bytes, max_unpacked) for path in paths]
    source = sources[0] if len(sources) == 1 else _joined(sources)
    if source.announced is not None:
        held = len(source.sheets[0]) - 1
        if held < source.announced:
            raise CodedError(PARTIAL, name=source.name, held=held, announced=source.announced)
    return source


def read_mapping(path: Path) -> str:
    """Text of a mapping file. Raises CodedError CW-230 to CW-232 as ``open_source``."""
    return _decoded(path.name, _content(path, _MAX_MAPPING))


def _open(path: Path, max_bytes: int, max_unpacked: int) -> Source:
    content = _content(path, max_bytes)
    if content.startswith(_ZIP):
        return _workbook(path.name, content, max_unpacked)
    if content.startswith(_OLE):
        raise CodedError(UNREADABLE, name=path.name, detail="ancien format .xls, à enregistrer en .xlsx")
    text = _decoded(path.name, content)
    if text.lstrip()[:1] in "[{":
        return _json(path.name, text)
    return _csv(path.name, text)


def _content(path: Path, max_bytes: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise CodedError(TOO_BIG, name=path.name, size=_megabytes(size), limit=_megabytes(max_bytes))
        if not size:
            raise CodedError(EMPTY, name=path.name)
        return path.read_bytes()
    except OSError as error:
        raise CodedError(UNREADABLE, name=path.name, detail=error.strerror) from error


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} Mo".replace(",", "\u202f").replace(".", ",")


def _joined(sources: Sequence[Source]) -> Source:
    """Pages one after the other: the header of the first, the rows of all."""
    first, *others = (source.sheets[0] for source in sources)
    columns = [list(column) for column in first.columns]
    for source, sheet in zip(sources[1:], others, strict=True):
        if sheet.row(0) != first.row(0):
            raise CodedError(DIFFERENT, name=source.name, first=sources[0].name)
        for column, more in zip(columns, sheet.columns, strict=True):
            column.extend(more[1:])
    announced = max((source.announced or 0 for source in sources), default=0)
    return Source(sources[0].name, (Sheet(first.title, lambda: columns),), announced or None)


def _workbook(name: str, content: bytes, max_unpacked: int) -> Source:
    stream = io.BytesIO(content)
    _weigh(name, stream, max_unpacked)
    stream.seek(0)
    try:
        book = python_calamine.load_workbook(stream)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise CodedError(UNREADABLE, name=name, detail="ce n'est pas un classeur .xlsx") from error

    def sheet(title: str) -> Sheet:
        return Sheet(title, lambda: _cells(name, book, title))

    return Source(name, tuple(sheet(title) for title in book.sheet_names))


def _cells(name: str, book: Any, title: str) -> list[Cells]:
    try:
        rows = book.get_sheet_by_name(title).to_python()
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise CodedError(UNREADABLE, name=name, detail=f"la feuille « {title} » est abîmée") from error
    return list(zip(*rows, strict=True))


def _weigh(name: str, stream: BinaryIO, limit: int) -> None:
    """Unpack every member, counting and throwing away: the sizes written in a zip may lie."""
    try:
        with zipfile.ZipFile(stream) as package:
            members = package.infolist()
            if sum(member.file_size for member in members) > limit:
                raise CodedError(BOMB, name=name, limit=_megabytes(limit))
            left = limit
            for member in members:
                left -= _unpacked(stream, member, left)
                if left < 0:
                    raise CodedError(BOMB, name=name, limit=_megabytes(limit))
    except (zipfile.BadZipFile, zlib.error, EOFError, OverflowError, NotImplementedError) as error:
        raise CodedError(UNREADABLE, name=name, detail="le fichier est tronqué ou abîmé") from error


def _unpacked(stream: BinaryIO, member: zipfile.ZipInfo, limit: int) -> int:
    """Bytes that a member really unpacks to, counted up to a little above ``limit``."""
    stream.seek(member.header_offset + 26)
    lengths = stream.read(4)
    stream.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), io.SEEK_CUR)
    packed = stream.read(member.compress_size)
    if len(packed) < member.compress_size:
        raise EOFError
    if member.compress_type == zipfile.ZIP_STORED:
        return len(packed)
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise NotImplementedError(member.compress_type)
    unpacker, count = zlib.decompressobj(-15), 0
    while packed and not unpacker.eof and count <= limit:
        count += len(unpacker.decompress(packed, _CHUNK))
        packed = unpacker.unconsumed_tail
    if not unpacker.eof and count <= limit:
        raise EOFError
    return count


def _decoded(name: str, content: bytes) -> str:
    """Text of a file in UTF-8, UTF-16 (with or without its mark) or Windows-1252."""
    encoding = "utf-8-sig"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in content[:1000]:
        encoding = "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if encoding != "utf-8-sig":
            raise CodedError(UNREADABLE, name=name, detail="le texte UTF-16 est tronqué ou abîmé") from None
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise CodedError(UNREADABLE, name=name, detail="ce n'est ni un texte, ni un classeur .xlsx")
    return text


def _csv(name: str, text: str) -> Source:
    text = _SEP_LINE.sub("", text, count=1) if _SEP_LINE.match(text) else text
    start = _header_line(text)
    separator = max(_SEPARATORS, key=lambda sign: _fields(start, sign))
    try:
        frame = pd.read_csv(
            io.StringIO(text), sep=separator, header=None, dtype=str, keep_default_na=False,
            names=range(_widest(text, separator)),
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise CodedError(UNREADABLE, name=name, detail=f"{error}".strip()) from error
    if _fields(_last_record(text), separator) < _fields(start, separator):
        raise CodedError(UNREADABLE, name=name, detail="la dernière ligne est incomplète : fichier tronqué")
    columns = [frame[place].fillna("").tolist() for place in frame.columns]
    return Source(name, (Sheet("", lambda: columns),))


def _header_line(text: str) -> str:
    """The widest of the first lines: titles and notes may stand above the header."""
    lines = (
        text.splitlines()[:_HEADER_LINES]
        if len(text) < _CHUNK
        else text[:_CHUNK].splitlines()[:_HEADER_LINES]
    )
    return max(lines, key=lambda line: max(_fields(line, sign) for sign in _SEPARATORS), default="")


def _last_record(text: str) -> str:
    """The record that a file ends with; its line breaks may be inside quotes."""
    text = text.rstrip("\r\n")
    start = text.rfind("\n") + 1
    while text.count('"', start) % 2 and start:
        start = text.rfind("\n", 0, start - 1) + 1
    return text[start:]


def _fields(line: str, separator: str) -> int:
    return len(next(csv.reader([line], delimiter=separator), []))


def _widest(text: str, separator: str) -> int:
    head = text[:_CHUNK].splitlines()[:_HEADER_LINES]
    return max((_fields(line, separator) for line in head), default=1)


def _json(name: str, text: str) -> Source:
    """Rows of an API's answer, alone or in a list of answers; ``total`` says how many there are in all."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CodedError(UNREADABLE, name=name, detail="le JSON est tronqué ou abîmé") from error
    pages = content if isinstance(content, list) else [content]
    rows: list[dict[str, Any]] = []
    announced = None
    for page in pages:
        if isinstance(page, dict) and isinstance(page.get("results"), list):
            rows += [row for row in page["results"] if isinstance(row, dict)]
            announced = page.get("total") if isinstance(page.get("total"), int) else announced
        elif isinstance(page, dict):
            rows.append(page)
    titles = list(dict.fromkeys(title for row in rows for title in row))
    if not titles:
        raise CodedError(EMPTY, name=name)
    columns = [[title, *(_json_cell(row.get(title)) for row in rows)] for title in titles]
    return Source(name, (Sheet("", lambda: columns),), announced)


def _json_cell(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool | int | float):
        return float(value)
    return json.dumps(value, ensure_ascii=False)
