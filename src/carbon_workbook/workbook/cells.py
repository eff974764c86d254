"""A1 references, date serials and number formats of a sheet: pure helpers, nothing of ours in them.

openpyxl has the same helpers, but importing it costs more than reading a small workbook.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache

MAX_ROW = 1_048_576
MAX_COLUMN = 16_384

_DIGITS = "0123456789"
_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})\Z")
_EPOCH_1900 = dt.datetime(1899, 12, 30)
_EPOCH_1904 = dt.datetime(1904, 1, 1)
_LAST_SERIAL = 2_958_466  # 1 January 10000
# Built-in formats that show a day: 14-17 and 22, then the East Asian and Thai ones.
_DATE_FORMAT_IDS = frozenset([*range(14, 18), 22, *range(27, 32), 36, *range(50, 59)])
_NOT_CODES = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hHmMsS]+\])[^\]]*\]')


@cache
def column_letters(column: int) -> str:
    """``28`` → ``AB``. Raises ValueError outside 1 to 16,384."""
    if not 1 <= column <= MAX_COLUMN:
        raise ValueError(f"column {column}")
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@cache
def column_number(letters: str) -> int:
    """``AB`` → ``28``. Raises ValueError when it names no column."""
    number = 0
    for letter in letters.upper():
        if not "A" <= letter <= "Z":
            raise ValueError(f"column {letters!r}")
        number = number * 26 + ord(letter) - 64
    if not 1 <= number <= MAX_COLUMN:
        raise ValueError(f"column {letters!r}")
    return number


def parse_cell(ref: str) -> tuple[int, int]:
    """``$C$12`` → ``(12, 3)``: row, column. Raises ValueError when it names no cell."""
    letters = ref.rstrip(_DIGITS)
    digits = ref[len(letters) :]
    if letters.isalpha() and 0 < len(digits) < 7 and digits[0] != "0":
        return int(digits), column_number(letters)
    found = _CELL.match(ref)
    if not found or int(found[2]) > MAX_ROW:
        raise ValueError(f"cell {ref!r}")
    return int(found[2]), column_number(found[1])


def cell_ref(row: int, column: int) -> str:
    """``(12, 3)`` → ``C12``."""
    return f"{column_letters(column)}{row}"


def parse_range(ref: str) -> tuple[int, int, int, int]:
    """``B2:D9`` or ``B2`` → first row, first column, last row, last column. Raises ValueError."""
    first, _, last = ref.partition(":")
    top, left = parse_cell(first)
    bottom, right = parse_cell(last or first)
    if bottom < top or right < left:
        raise ValueError(f"range {ref!r}")
    return top, left, bottom, right


def range_ref(top: int, left: int, bottom: int, right: int) -> str:
    """The A1 spelling of a range; a single cell stays a cell."""
    first, last = cell_ref(top, left), cell_ref(bottom, right)
    return first if first == last else f"{first}:{last}"


def date_of_serial(serial: float, *, epoch_1904: bool = False) -> dt.date | None:
    """The day (a ``datetime`` where the serial has a time of day); None where no date has that serial.

    In the 1900 system serial 60 is 29 February 1900, a day that never was.
    """
    if epoch_1904:
        moment_zero, lowest = _EPOCH_1904, 0.0
    else:
        moment_zero, lowest = _EPOCH_1900, 1.0
        if serial < 60:
            serial += 1
            lowest = 2.0
        elif serial < 61:
            return None
    if not lowest <= serial < _LAST_SERIAL:
        return None
    moment = moment_zero + dt.timedelta(seconds=round(serial * 86_400))
    return moment.date() if moment.time() == dt.time() else moment


def serial_of_date(day: dt.date, *, epoch_1904: bool = False) -> float:
    """The serial of a date or a ``datetime`` without time zone. Raises ValueError before the first one."""
    moment = day if isinstance(day, dt.datetime) else dt.datetime(day.year, day.month, day.day)
    if moment.tzinfo is not None:
        raise ValueError("a cell holds no time zone")
    serial = (moment - (_EPOCH_1904 if epoch_1904 else _EPOCH_1900)) / dt.timedelta(days=1)
    if not epoch_1904 and serial < 61:
        serial -= 1
    if serial < (0 if epoch_1904 else 1):
        raise ValueError(f"no serial for {day}")
    return serial


def is_date_format(format_id: int, code: str | None) -> bool:
    """Whether a number format shows a day (a time alone is a number). ``code`` is None for built-in ones."""
    if code is None:
        return format_id in _DATE_FORMAT_IDS
    bare = _NOT_CODES.sub("", code.partition(";")[0]).lower()
    if "general" in bare or "0" in bare or "#" in bare:
        return False
    return "y" in bare or "d" in bare or ("m" in bare and "h" not in bare and "s" not in bare)
