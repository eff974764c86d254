"""Rows as they are typed to activity lines: numbers read, product chosen and made, each refusal with its cell."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.inventory.uncertainty import notes_of, usable
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.numbers import parse_number, parse_numbers, parse_percent, parse_percents
from carbon_workbook.specs.spec import ActivityRule, Column, SheetSpec, lists
from carbon_workbook.values import CellError, Uncached

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]

NO_QUANTITY = "CW-301"
UNKNOWN_METHOD = "CW-302"
NOT_IN_LIST = "CW-303"
UNKNOWN_SITE = "CW-304"
UNUSED = "CW-305"
NEGATIVE = "CW-306"
OVER_100 = "CW-307"
NO_UNIT = "CW-308"
NO_TAX_BASIS = "CW-310"
NO_TAX_RATE = "CW-311"
ALL_TAX_DEDUCTED = "CW-384"
NO_PRICE_YEAR = "CW-312"
ERROR_CELL = "CW-313"
UNCACHED = "CW-314"
NO_LIFE = "CW-315"
NO_DIRECTION = "CW-320"
NO_ASSUMPTION = "CW-327"
BELOW_TABLE = "CW-328"
HIDDEN = "CW-332"
COPIED_SHEET = "CW-336"
FORMULA_LIKE = "CW-345"
NOT_A_DATE = "CW-329"
NOT_FINITE = "CW-330"
MONEY = ("amount", "outstanding", "evic")
"""Columns where a number may have its « € »: in any other it would be read as another quantity."""
NO_INSTRUMENT_FACTOR = "CW-341"
SITE_TWICE = "CW-338"
NOT_A_YEAR = "CW-339"
NOT_NOTES, NO_UNCERTAINTY = "CW-350", "CW-351"
YEARS = (1800, 2100)
UNREADABLE = "illisible"

OPTION = {"achats": ("nature",), "fret": ("direction", "payer"), "utilisation": ("directness",),
          "energie_amont": ("method",)}  # fmt: skip
"""Columns whose values, joined by ``|``, choose among the posts of an activity."""

PLAIN = ("label", "method", "data_level", "data_nature", "evidence", "account", "assumption", "owner", "ets", "entity",
         "supplier", "meter", "quality_notes", "instrument_type", "cancelled", "technology")  # fmt: skip
PARTNER = ("supplier", "network", "contractor", "lessor", "company")
"""Columns that name who sells, one a sheet: to see what comes from our own sites."""
NUMBERS = (
    "uncertainty_pct",
    "acquisition_year",
    "life_years",
    "disposal_year",
    "instrument_factor",
    "previous",
)


@dataclass(frozen=True)
class EntryTable:
    """An entry table as read: ``rows`` holds raw cell values by column key, ``numbers`` the sheet rows.

    ``letters`` gives the column letters of the cells, ``below`` the sheet rows typed under the table, ``hidden``
    how many rows a filter hides. ``copied``: the sheet is a copy of an entry sheet, its rows are refused.
    """

    spec: SheetSpec
    title: str
    rows: pd.DataFrame
    numbers: tuple[int, ...]
    letters: Mapping[str, str]
    below: frozenset[int] = frozenset()
    hidden: int = 0
    copied: bool = False


@dataclass
class _Reading:
    """The table being read: a code and its cell for each refused row, first refusal kept; and the remarks.

    ``raw``: cells of the filled rows by column key, ``filled`` where they hold something, ``numbers`` their sheet rows.
    """

    table: EntryTable
    raw: Mapping[str, Objects]
    filled: Mapping[str, Bools]
    numbers: tuple[int, ...]
    codes: Objects
    cells: Objects
    notes: list[Message] = field(default_factory=list)
    known: dict[str, Objects] = field(default_factory=dict)

    def text(self, key: str) -> Objects:
        """A column as stripped texts."""
        if key not in self.known:
            self.known[key] = _texts(self.raw[key], self.filled[key])
        return self.known[key]

    def refuse(self, where: Bools, code: str, column: str, **parameters: object) -> None:
        """Refuse rows; the message points to their cell in ``column``."""
        for row in np.flatnonzero(where):
            self.note(int(row), code, column, **parameters)
        fresh = where & (self.codes == "")
        self.codes[fresh] = code
        self.cells[fresh] = column

    def refuse_one(self, row: int, found: Message, column: str) -> None:
        """Refuse one row with the message that a reader of values raised."""
        only = np.zeros(len(self.codes), dtype=bool)
        only[row] = True
        self.refuse(only, found.code, column, **found.parameters)

    def note(self, row: int, code: str, column: str, **parameters: object) -> None:
        label = self.table.spec.column(column).label if self.table.spec.has(column) else column
        self.notes.append(
            message(
                code,
                sheet=self.table.title,
                cell=f"{self.table.letters.get(column, 'A')}{self.numbers[row]}",
                line_id=_text(self.raw["line_id"][row]),
                column=label,
                **{"column_label": label, **parameters},
            )
        )


def lines_from_table(
    table: EntryTable, sites: pd.DataFrame, settings: Mapping[str, object]
) -> tuple[pd.DataFrame, list[Message]]:
    """Activity lines of an entry table, one a row entered, in order; wholly blank rows are no lines.

    ``sites``: site, country, control_operational, control_financial. A refused row keeps its texts and has a
    ``code``; its messages say which cell, why and what to do.
    """
    spec = table.spec
    entered = [c.key for c in spec.entered]
    raw = {key: _column(table.rows, key) for key in ("line_id", *entered)}
    filled = {key: _filled(values) for key, values in raw.items()}
    kept = np.zeros(len(table.rows), dtype=bool)
    for key in entered:
        if key not in _PREFILLED:
            kept |= filled[key]
    count = int(kept.sum())
    reading = _Reading(
        table,
        {key: values[kept] for key, values in raw.items()},
        {key: where[kept] for key, where in filled.items()},
        tuple(number for number, keep in zip(table.numbers, kept, strict=True) if keep),
        np.full(count, "", dtype=object),
        np.full(count, "factor", dtype=object),
    )
    _refuse_broken_cells(reading, entered)
    numbers = {c.key: _numbers(reading, c) for c in spec.entered if c.numeric or c.type == "year"}
    _check_choices(reading)
    activity, unit, chosen = _activity(reading, numbers)
    lines = _frame(reading, numbers, activity, unit, chosen)
    taxed = np.array([rule.net_of_tax for rule in spec.activity] + [False])[chosen]
    if taxed.any():
        lines["vat_divisor"] = np.where(taxed, _vat_divisor(reading, numbers), 1.0)
        lines["vat_rate"], lines["vat_deductible"] = numbers["vat_rate"], numbers["vat_deductible"]
    lines["native_activity"] = _series(_native_activity(reading, numbers, activity, chosen))
    _place(lines, reading, sites, settings)
    _own_rules(reading, lines, numbers)
    under = np.array([number in table.below for number in reading.numbers], dtype=bool)
    reading.refuse(under, BELOW_TABLE, "label")
    reading.refuse(np.full(count, table.copied), COPIED_SHEET, "label", original=spec.title)
    if table.hidden and count:
        reading.notes.append(message(HIDDEN, sheet=table.title, cell="A1", hidden=table.hidden))
    lines["code"], lines["cell_column"] = _series(reading.codes), _series(reading.cells)
    return lines, reading.notes


_FORMULA_LIKE = re.compile(r"[=+\-@]\D")
_FIRST_SERIAL = dt.datetime(1899, 12, 30)
_PREFILLED = frozenset({"control_operational", "control_financial", "ets", "data_level", "site"})


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() if not isinstance(value, CellError | Uncached) else ""


def _texts(values: Objects, filled: Bools) -> Objects:
    texts = np.full(len(values), "", dtype=object)
    if filled.any():
        texts[filled] = [_text(value) for value in values[filled].tolist()]
    return texts


def _upper(texts: Objects) -> Objects:
    return _objects([text.upper() for text in texts.tolist()])


def _objects(values: Sequence[object]) -> Objects:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _series(values: Objects) -> pd.Series:
    return pd.Series(values, dtype=object, copy=False)


def _column(rows: pd.DataFrame, key: str) -> Objects:
    """Cells of a column; blank when the table lacks it."""
    if key not in rows:
        return np.full(len(rows), None, dtype=object)
    values: Objects = rows[key].to_numpy(dtype=object)
    return values


def _filled(values: Objects) -> Bools:
    filled: Bools = ~pd.isna(values)
    if filled.any():
        filled[filled] = [not isinstance(v, str) or bool(v.strip()) for v in values[filled].tolist()]
    return filled


def _where(values: Objects, test: Callable[[object], bool]) -> Bools:
    return np.fromiter(map(test, values.tolist()), dtype=bool, count=len(values))


def _refuse_broken_cells(reading: _Reading, entered: list[str]) -> None:
    for key in entered:
        values = reading.raw[key]
        kinds = set(map(type, values.tolist()))
        if CellError in kinds:
            for row in np.flatnonzero(_where(values, lambda v: isinstance(v, CellError))):
                one = np.zeros(len(values), dtype=bool)
                one[row] = True
                reading.refuse(one, ERROR_CELL, key, value=values[row].text)
        if Uncached in kinds:
            reading.refuse(_where(values, lambda v: isinstance(v, Uncached)), UNCACHED, key)


def _numbers(reading: _Reading, column: Column) -> Floats:
    """Values of a numeric column, NaN where blank or refused."""
    raw, here = reading.raw[column.key], reading.filled[column.key]
    values, codes = np.full(len(raw), np.nan), np.full(len(raw), "", dtype=object)
    if not here.any():
        return values
    here = here & _where(raw, lambda v: not isinstance(v, CellError | Uncached))
    parse = parse_percents if column.type == "percent" else parse_numbers
    read, refused = parse(_series(raw[here]))
    values[here], codes[here] = read, refused.to_numpy(dtype=object)
    scalar = parse_percent if column.type == "percent" else parse_number
    if column.type == "number":
        signs = "%" if column.key in MONEY else "%€"
        foreign = here & _where(raw, lambda v: isinstance(v, str) and any(sign in v for sign in signs))
        for row in np.flatnonzero(foreign & (codes == "")):
            values[row] = np.nan
            reading.refuse_one(int(row), message("CW-107", value=raw[row]), column.key)
    for row in np.flatnonzero(codes != ""):
        reading.refuse_one(int(row), _refusal_of(scalar, raw[row]), column.key)
    if column.type == "percent" and column.key not in ("uncertainty_pct", "variation"):
        with np.errstate(invalid="ignore"):
            reading.refuse(values > 1 + 1e-9, OVER_100, column.key)
    if column.type == "year":
        first, last = YEARS
        typed_year = ~np.isnan(values)
        with np.errstate(invalid="ignore"):
            wrong = typed_year & ((values % 1 != 0) | (values < first) | (values > last))
        reading.refuse(wrong, NOT_A_YEAR, column.key)
    return values


def _refusal_of(parse: Callable[[object], float], value: object) -> Message:
    """The message with which ``parse`` refuses a value."""
    try:
        parse(value)
    except CodedError as refusal:
        return refusal.message
    raise ValueError(f"{value!r} is read alone and refused in its column")


def _check_choices(reading: _Reading) -> None:
    spec = reading.table.spec
    for column in spec.entered:
        if not reading.filled[column.key].any():
            continue
        raw, text = reading.raw[column.key], reading.text(column.key)
        if column.type == "date":
            for place, value in enumerate(raw.tolist()):
                if text[place] and not isinstance(value, dt.date):
                    reading.note(place, NOT_A_DATE, column.key, value=value)
        elif column.type == "text":
            for row in np.flatnonzero(_where(text, _is_formula_like)):
                reading.note(int(row), FORMULA_LIKE, column.key)
        elif column.type == "flag":
            _refuse_others(reading, column.key, _upper(text), ["O", "N"], NOT_IN_LIST)
        elif column.key == "method":
            _refuse_others(reading, "method", text, [m.label for m in spec.methods], UNKNOWN_METHOD)
        elif column.type == "choice" and column.list:
            _refuse_others(reading, column.key, text, list(lists()[column.list]), NOT_IN_LIST)


def _is_formula_like(text: object) -> bool:
    return _FORMULA_LIKE.match(str(text)) is not None


def _refuse_others(reading: _Reading, key: str, text: Objects, allowed: list[str], code: str) -> None:
    admitted = frozenset(["", *allowed])
    reading.refuse(_where(text, lambda value: value not in admitted), code, key, allowed=", ".join(allowed))


def _activity(
    reading: _Reading, numbers: Mapping[str, Floats]
) -> tuple[Floats, Objects, npt.NDArray[np.int64]]:
    """Activity, its unit and the rule of each row; rows without a rule are refused."""
    spec, filled = reading.table.spec, reading.filled
    count = len(reading.codes)
    activity, unit = np.full(count, np.nan), np.full(count, "", dtype=object)
    chosen = np.full(count, -1, dtype=np.int64)
    method = reading.text("method")
    for number, rule in enumerate(spec.activity):
        applies = chosen == -1
        for key in rule.required:
            applies &= filled[key]
        if rule.methods:
            applies &= np.isin(method, ["", *rule.methods])
        chosen[applies] = number
        if applies.any():
            activity[applies] = _product(rule, numbers, reading)[applies]
            _check_signs(reading, rule, numbers, applies, activity)
            unit[applies] = _unit(reading, rule, applies)[applies]
            _check_tax(reading, rule, numbers, applies)
    missing = (chosen == -1) & (reading.codes == "")
    for row in np.flatnonzero(missing):
        needed = [
            r for r in spec.activity if not r.methods or not method[row] or method[row] in r.methods
        ] or spec.activity
        one = np.zeros(count, dtype=bool)
        one[row] = True
        names = " × ".join(spec.column(key).label for key in needed[0].required)
        reading.refuse(one, NO_QUANTITY, needed[0].product[0], needed=names)
    _warn_unused(reading, chosen)
    return activity, unit, chosen


def _product(rule: ActivityRule, numbers: Mapping[str, Floats], reading: _Reading) -> Floats:
    """(first + plus − minus) × other products × times ÷ over × complements × constant, net of VAT if so ruled.

    NaN where a required number is missing; a blank optional column is neutral.
    """

    def optional(key: str, neutral: float) -> Floats:
        return np.where(np.isnan(numbers[key]), neutral, numbers[key])

    result = numbers[rule.product[0]].copy()
    for key in rule.plus:
        result = result + optional(key, 0.0)
    for key in rule.minus:
        result = result - optional(key, 0.0)
    for key in rule.product[1:]:
        result = result * numbers[key]
    for key in rule.times:
        result = result * optional(key, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        for key in rule.over:
            result = result / optional(key, 1.0)
    for key in rule.complement:
        result = result * (1.0 - optional(key, 0.0))
    if rule.net_of_tax:
        result = result / _vat_divisor(reading, numbers)
    return result * rule.constant


def _vat_divisor(reading: _Reading, numbers: Mapping[str, Floats]) -> Floats:
    """What an amount is divided by to lose its VAT: 1 + rate × (1 − deductible share); 1 for one without tax."""
    rate = np.nan_to_num(numbers["vat_rate"]) * (1.0 - np.nan_to_num(numbers["vat_deductible"]))
    return np.where(reading.text("amount_basis") == "TTC", 1.0 + rate, 1.0)


def _check_signs(
    reading: _Reading, rule: ActivityRule, numbers: Mapping[str, Floats], applies: Bools, activity: Floats
) -> None:
    """Refuse a negative number where it is typed (two of them would make a positive product), and a nil divisor."""
    with np.errstate(invalid="ignore"):
        for key in rule.columns:
            reading.refuse(applies & (numbers[key] < 0), NEGATIVE, key)
        reading.refuse(applies & (activity < 0) & (reading.codes == ""), NEGATIVE, rule.product[0])
        for key in rule.over:
            reading.refuse(applies & (numbers[key] == 0), NOT_FINITE, key)


def _unit(reading: _Reading, rule: ActivityRule, applies: Bools) -> Objects:
    result = np.full(len(applies), rule.unit, dtype=object)
    for key in rule.unit_columns:
        text = reading.text(key)
        code = NO_UNIT if key == "unit" else NO_PRICE_YEAR
        reading.refuse(applies & (text == ""), code, key, unit="", target="")
        result = _objects([r.replace("{" + key + "}", t) for r, t in zip(result, text, strict=True)])
    return result


def _check_tax(reading: _Reading, rule: ActivityRule, numbers: Mapping[str, Floats], applies: Bools) -> None:
    if not rule.net_of_tax:
        return
    basis = reading.text("amount_basis")
    reading.refuse(applies & (basis == ""), NO_TAX_BASIS, "amount_basis", unit="")
    reading.refuse(applies & (basis == "TTC") & ~reading.filled["vat_rate"], NO_TAX_RATE, "vat_rate")
    # A recoverable tax that is still in the amount is easily noted as « déductible » here.
    whole = np.nan_to_num(numbers["vat_deductible"]) >= 1 - 1e-9
    for row in np.flatnonzero(applies & (basis == "TTC") & whole & (np.nan_to_num(numbers["vat_rate"]) > 0)):
        reading.note(int(row), ALL_TAX_DEDUCTED, "vat_deductible")


def _warn_unused(reading: _Reading, chosen: npt.NDArray[np.int64]) -> None:
    spec, filled = reading.table.spec, reading.filled
    read = {key for rule in spec.activity for key in rule.columns}
    for key in sorted(read & set(filled)):
        if not filled[key].any():
            continue
        used = np.array([key in rule.columns for rule in spec.activity] + [True])[chosen]
        for row in np.flatnonzero(filled[key] & ~used & (reading.codes == "")):
            reading.note(int(row), UNUSED, key, rule=spec.activity[chosen[row]].label)


def _native_activity(
    reading: _Reading, numbers: Mapping[str, Floats], activity: Floats, chosen: npt.NDArray[np.int64]
) -> Objects:
    """The activity as the native formula has it: a date or TRUE, refused here, is a number in a sheet.

    ``UNREADABLE`` where a number is typed as a text that has no reading here; None where there is no number.
    """
    native = activity.copy()
    lost = np.flatnonzero(np.isnan(activity) & (chosen >= 0))
    read = {key: values.copy() for key, values in numbers.items()} if len(lost) else {}
    for key, values in read.items():
        cells = zip(reading.raw[key][lost], values[lost], strict=True)
        values[lost] = [_native_number(cell, number) for cell, number in cells]
    for number in np.unique(chosen[lost]):
        rows = lost[chosen[lost] == number]
        native[rows] = _product(reading.table.spec.activity[number], read, reading)[rows]
    found = _objects(native.tolist())
    found[~np.isfinite(native)] = None
    found[lost[np.isnan(native[lost])]] = UNREADABLE
    return found


def _native_number(cell: object, number: float) -> float:
    if isinstance(cell, bool):
        return float(cell)
    return _serial(cell) if isinstance(cell, dt.date) else number


def _serial(day: dt.date) -> float:
    moment = day if isinstance(day, dt.datetime) else dt.datetime(day.year, day.month, day.day)
    return (moment - _FIRST_SERIAL) / dt.timedelta(days=1)


def _frame(
    reading: _Reading,
    numbers: Mapping[str, Floats],
    activity: Floats,
    unit: Objects,
    chosen: npt.NDArray[np.int64],
) -> pd.DataFrame:
    table, spec, raw = reading.table, reading.table.spec, reading.raw
    count = len(reading.codes)
    method, level = reading.text("method"), reading.text("data_level")
    levels = {m.label: m.level for m in spec.methods}
    columns: dict[str, object] = {
        "line_id": _series(reading.text("line_id")),
        "sheet": spec.key,
        "posting": spec.posting,
        "kinds": "|".join(spec.kinds),
        "row": list(reading.numbers),
        "title": table.title,
        "factor_cell": [f"{table.letters.get('factor', 'A')}{n}" for n in reading.numbers],
        "activity": activity,
        "activity_unit": _series(unit),
        "factor_ref": _series(raw["factor"]),
        "site": _series(reading.text("site")),
        "period_start": _series(raw["period_start"]),
        "period_end": _series(raw["period_end"]),
    }
    for key in PLAIN:
        columns[key] = _series(reading.text(key)) if key in raw else ""
    columns["partner"] = next((_series(reading.text(key)) for key in PARTNER if key in raw), "")
    for key in NUMBERS:
        columns[key] = numbers.get(key, np.full(count, np.nan))
    implied = [typed or levels.get(m, "") for typed, m in zip(level, method, strict=True)]
    columns["data_level"] = _series(_objects(implied))
    columns["option"] = _series(_options(reading, chosen))
    columns["fingerprint"] = _series(_fingerprints(reading))
    return pd.DataFrame(columns, index=pd.RangeIndex(count))


def _options(reading: _Reading, chosen: npt.NDArray[np.int64]) -> Objects:
    """What chooses among the posts of an activity; a blank method is that of the rule ``chosen``."""
    spec = reading.table.spec
    implied = [rule.methods[0] if rule.methods else "" for rule in spec.activity] + [""]
    parts = []
    for key in OPTION.get(spec.posting, ()):
        default = spec.defaults.get(key, "")
        own = [implied[rule] for rule in chosen] if key == "method" else [default] * len(chosen)
        parts.append([text or other for text, other in zip(reading.text(key), own, strict=True)])
    if not parts:
        return np.full(len(reading.codes), "", dtype=object)
    return _objects(["|".join(values) for values in zip(*parts, strict=True)])


def _fingerprints(reading: _Reading) -> Objects:
    """Text of the inputs that decide the result beside the activity, as the native formula writes it."""
    spec = reading.table.spec
    inputs = [list(map(_typed_text(c), reading.raw[c.key].tolist())) for c in spec.affecting]
    texts = [
        [value if isinstance(value, str) else "" for value in reading.raw[c.key].tolist()]
        for c in spec.read_as_numbers
        if reading.filled[c.key].any()
    ]
    found = ["|".join(values) for values in zip(*inputs, strict=True)]
    if texts:
        found = [start + "".join(end) for start, end in zip(found, zip(*texts, strict=True), strict=True)]
    return _objects(found)


def _typed_text(column: Column) -> Callable[[object], str]:
    """How the native formula writes a cell of a column in the fingerprint."""
    if column.type == "date":
        return _day_text
    return _number_text if column.numeric else _as_typed


def _day_text(value: object) -> str:
    """A date as the serial number of its day, a text as it is."""
    if isinstance(value, dt.date) and value == value:
        value = _serial(value)
    if isinstance(value, (int, float)):
        return str(math.floor(value)) if np.isfinite(value) and value else ""
    return _as_typed(value)


def _number_text(value: object) -> str:
    return _as_typed(value).replace(",", ".")


def _as_typed(value: object) -> str:
    """A cell as ``&`` makes it a text in a sheet, with a decimal point."""
    if isinstance(value, str):
        return value
    if isinstance(value, dt.date) and value == value:
        value = _serial(value)
    if isinstance(value, (int, float)) and value == value:
        return f"{value:.15g}".upper()
    return ""


def _place(
    lines: pd.DataFrame, reading: _Reading, sites: pd.DataFrame, settings: Mapping[str, object]
) -> None:
    """Country and control of each line: its own columns first, then its site."""
    register = (sites if len(sites) else pd.DataFrame({"site": [], "country": []})).set_index("site")
    repeated = register.index[register.index.duplicated()]
    register = register[~register.index.duplicated()]
    site = reading.text("site")
    for name in repeated.unique():
        reading.refuse(site == name, SITE_TWICE, "site", site=name)
    known = frozenset(["", *register.index])
    reading.refuse(
        _where(site, lambda name: name not in known),
        UNKNOWN_SITE,
        "site",
        sites=", ".join(map(str, register.index)),
    )
    home = str(settings.get("national_country") or "FR").strip().upper()
    at_site = _objects([name or home for name in _of_site(register, "country", site)])
    own = (
        _upper(reading.text("country")) if "country" in reading.raw else np.full(len(site), "", dtype=object)
    )
    lines["site_country"] = _series(at_site)
    lines["country"] = _series(np.where(own != "", own, at_site))
    lines["national"] = at_site == home
    for control in ("control_operational", "control_financial"):
        typed = _upper(reading.text(control))
        lines[control] = np.where(typed != "", typed, _of_site(register, control, site)) != "N"


def _of_site(register: pd.DataFrame, column: str, site: Objects) -> Objects:
    """A column of the register for each site, in capitals; blank where either is missing."""
    if column not in register:
        return np.full(len(site), "", dtype=object)
    texts = {name: _text(value).upper() for name, value in register[column].items()}
    return _objects([texts.get(name, "") for name in site.tolist()])


def _own_rules(reading: _Reading, lines: pd.DataFrame, numbers: Mapping[str, Floats]) -> None:
    """What one kind of sheet demands beyond its product."""
    spec = reading.table.spec
    if spec.posting == "immobilisations":
        for key in ("acquisition_year", "life_years"):
            reading.refuse(~reading.filled[key], NO_LIFE, key)
        with np.errstate(invalid="ignore"):
            reading.refuse(numbers["life_years"] <= 0, NO_LIFE, "life_years")
    if spec.posting == "instruments":
        reading.refuse(~reading.filled["instrument_factor"], NO_INSTRUMENT_FACTOR, "instrument_factor")
        with np.errstate(invalid="ignore"):
            reading.refuse(numbers["instrument_factor"] < 0, NEGATIVE, "instrument_factor")
    if spec.posting == "fret":
        for number, key in enumerate(("direction", "payer")):
            blank = [option.split("|")[number] == "" for option in lines["option"]]
            reading.refuse(np.array(blank, dtype=bool), NO_DIRECTION, key)
    _check_uncertainty(reading, lines)
    estimated = lines["data_nature"].isin(["estimé", "extrapolé"]) & (lines["assumption"] == "")
    for row in np.flatnonzero(estimated.to_numpy(dtype=bool)):
        reading.note(int(row), NO_ASSUMPTION, "assumption")


def _check_uncertainty(reading: _Reading, lines: pd.DataFrame) -> None:
    """An uncertainty that cannot be read is told and counts as missing: the line itself stands."""
    typed = lines["uncertainty_pct"].to_numpy(dtype=np.float64)
    for row in np.flatnonzero(~np.isnan(typed) & ~usable(typed)):
        reading.note(int(row), NO_UNCERTAINTY, "uncertainty_pct")
    for row in np.flatnonzero((lines["quality_notes"] != "").to_numpy(dtype=bool)):
        text = str(lines["quality_notes"].iloc[row])
        if notes_of(text) is None:
            reading.note(int(row), NOT_NOTES, "quality_notes", value=text)
