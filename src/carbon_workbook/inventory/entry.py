"""Rows as they are typed to activity lines: numbers read, product chosen and made, each refusal with its cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.numbers import parse_number, parse_numbers, parse_percent, parse_percents
from carbon_workbook.specs.spec import ActivityRule, Column, SheetSpec, lists
from carbon_workbook.values import CellError, Uncached

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

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
NO_INSTRUMENT_FACTOR = "CW-341"
SITE_TWICE = "CW-338"
NOT_A_YEAR = "CW-339"
YEARS = (1800, 2100)

OPTION = {"achats": ("nature",), "fret": ("direction", "payer"), "utilisation": ("directness",)}
"""Columns whose values, joined by ``|``, choose among the posts of an activity."""

PLAIN = ("label", "method", "data_level", "data_nature", "evidence", "account", "assumption", "owner", "ets", "entity",
         "supplier", "instrument_type", "cancelled")  # fmt: skip
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
    """The table being read: a code and its cell for each refused row, first refusal kept; and the remarks."""

    table: EntryTable
    codes: npt.NDArray[np.object_]
    cells: npt.NDArray[np.object_]
    notes: list[Message] = field(default_factory=list)

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
                cell=f"{self.table.letters.get(column, 'A')}{self.table.numbers[row]}",
                line_id=_text(self.table.rows["line_id"].iloc[row]),
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
    rows = table.rows.reindex(columns=["line_id", *entered])
    filled = pd.DataFrame({key: _filled(rows[key]) for key in entered})
    kept = (
        filled.drop(columns=[k for k in filled if k in _PREFILLED], errors="ignore")
        .any(axis=1)
        .to_numpy(dtype=bool)
    )
    table = replace(
        table,
        rows=rows[kept].reset_index(drop=True),
        numbers=tuple(number for number, keep in zip(table.numbers, kept, strict=True) if keep),
    )
    filled = filled[kept].reset_index(drop=True)
    count = len(table.rows)
    reading = _Reading(table, np.full(count, "", dtype=object), np.full(count, "factor", dtype=object))
    _refuse_broken_cells(reading, entered)
    numbers = {c.key: _numbers(reading, c) for c in spec.entered if c.numeric or c.type == "year"}
    _check_choices(reading)
    activity, unit, _ = _activity(reading, numbers, filled)
    lines = _frame(reading, numbers, activity, unit)
    _place(lines, reading, sites, settings)
    _own_rules(reading, lines, filled, numbers)
    under = np.array([number in table.below for number in table.numbers], dtype=bool)
    reading.refuse(under, BELOW_TABLE, "label")
    reading.refuse(np.full(count, table.copied), COPIED_SHEET, "label", original=spec.title)
    if table.hidden and count:
        reading.notes.append(message(HIDDEN, sheet=table.title, cell="A1", hidden=table.hidden))
    lines["code"], lines["cell_column"] = reading.codes, reading.cells
    return lines, reading.notes


_PREFILLED = frozenset({"control_operational", "control_financial", "ets", "data_level", "site"})


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() if not isinstance(value, CellError | Uncached) else ""


def _upper(column: pd.Series) -> pd.Series:
    return column.map(_text).astype(object).map(lambda text: text.upper())


def _filled(column: pd.Series) -> pd.Series:
    blank = column.isna() | column.map(lambda v: isinstance(v, str) and not v.strip())
    return ~blank.astype(bool)


def _refuse_broken_cells(reading: _Reading, entered: list[str]) -> None:
    for key in entered:
        column = reading.table.rows[key]
        if column.dtype != object:
            continue
        broken = column.map(lambda v: isinstance(v, CellError)).to_numpy(dtype=bool)
        for row in np.flatnonzero(broken):
            one = np.zeros(len(column), dtype=bool)
            one[row] = True
            reading.refuse(one, ERROR_CELL, key, value=column.iloc[row].text)
        reading.refuse(column.map(lambda v: isinstance(v, Uncached)).to_numpy(dtype=bool), UNCACHED, key)


def _numbers(reading: _Reading, column: Column) -> Floats:
    """Values of a numeric column, NaN where blank or refused."""
    raw = reading.table.rows[column.key]
    typed = _filled(raw) & ~raw.map(lambda v: isinstance(v, CellError | Uncached))
    values, codes = np.full(len(raw), np.nan), np.full(len(raw), "", dtype=object)
    parse = parse_percents if column.type == "percent" else parse_numbers
    here = typed.to_numpy(dtype=bool)
    read, refused = parse(raw[typed])
    values[here], codes[here] = read, refused.to_numpy(dtype=object)
    scalar = parse_percent if column.type == "percent" else parse_number
    for row in np.flatnonzero(codes != ""):
        reading.refuse_one(int(row), _refusal_of(scalar, raw.iloc[row]), column.key)
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
    spec, rows = reading.table.spec, reading.table.rows
    for column in spec.entered:
        text = rows[column.key].map(_text)
        if column.type == "date":
            no_date = rows[column.key].map(
                lambda v: not isinstance(v, dt.date | CellError | Uncached) and _text(v) != ""
            )
            for row in np.flatnonzero(no_date.to_numpy(dtype=bool)):
                reading.note(int(row), NOT_A_DATE, column.key, value=rows[column.key].iloc[row])
        elif column.type == "text":
            for row in np.flatnonzero(text.str.match(r"[=+\-@]\D").to_numpy(dtype=bool)):
                reading.note(int(row), FORMULA_LIKE, column.key)
        elif column.type == "flag":
            reading.refuse(
                ~text.str.upper().isin(["", "O", "N"]).to_numpy(dtype=bool),
                NOT_IN_LIST,
                column.key,
                allowed="O, N",
            )
        elif column.key == "method":
            allowed = [m.label for m in spec.methods]
            reading.refuse(
                ~text.isin(["", *allowed]).to_numpy(dtype=bool),
                UNKNOWN_METHOD,
                "method",
                allowed=", ".join(allowed),
            )
        elif column.type == "choice" and column.list:
            allowed = list(lists()[column.list])
            wrong = ~text.isin(["", *allowed]).to_numpy(dtype=bool)
            reading.refuse(wrong, NOT_IN_LIST, column.key, allowed=", ".join(allowed))


def _activity(
    reading: _Reading, numbers: Mapping[str, Floats], filled: pd.DataFrame
) -> tuple[Floats, npt.NDArray[np.object_], npt.NDArray[np.int64]]:
    """Activity, its unit and the rule of each row; rows without a rule are refused."""
    spec, rows = reading.table.spec, reading.table.rows
    count = len(rows)
    activity, unit = np.full(count, np.nan), np.full(count, "", dtype=object)
    chosen = np.full(count, -1, dtype=np.int64)
    method = rows["method"].map(_text).to_numpy(dtype=object)
    for number, rule in enumerate(spec.activity):
        applies = chosen == -1
        for key in rule.required:
            applies &= filled[key].to_numpy(dtype=bool)
        if rule.methods:
            applies &= (method == "") | np.isin(method, rule.methods)
        chosen[applies] = number
        if applies.any():
            activity[applies] = product(rule, numbers, rows)[applies]
            _check_signs(reading, rule, numbers, applies, activity)
            unit[applies] = _unit(reading, rule, applies)[applies]
            _check_tax(reading, rule, applies)
    missing = (chosen == -1) & (reading.codes == "")
    for row in np.flatnonzero(missing):
        needed = [
            r for r in spec.activity if not r.methods or not method[row] or method[row] in r.methods
        ] or spec.activity
        one = np.zeros(count, dtype=bool)
        one[row] = True
        names = " × ".join(spec.column(key).label for key in needed[0].required)
        reading.refuse(one, NO_QUANTITY, needed[0].product[0], needed=names)
    _warn_unused(reading, filled, chosen)
    return activity, unit, chosen


def product(rule: ActivityRule, numbers: Mapping[str, Floats], rows: pd.DataFrame) -> Floats:
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
        gross = rows["amount_basis"].map(_text).eq("TTC").to_numpy(dtype=bool)
        rate = optional("vat_rate", 0.0) * (1.0 - optional("vat_deductible", 0.0))
        result = result / np.where(gross, 1.0 + rate, 1.0)
    return result * rule.constant


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


def _unit(reading: _Reading, rule: ActivityRule, applies: Bools) -> npt.NDArray[np.object_]:
    rows = reading.table.rows
    texts = {key: rows[key].map(_text) for key in rule.unit_columns}
    for key, text in texts.items():
        code = NO_UNIT if key == "unit" else NO_PRICE_YEAR
        reading.refuse(applies & text.eq("").to_numpy(dtype=bool), code, key, unit="", target="")
    result = pd.Series(rule.unit, index=rows.index, dtype=object)
    for key, text in texts.items():
        result = pd.Series(
            [r.replace("{" + key + "}", t) for r, t in zip(result, text, strict=True)], dtype=object
        )
    values: npt.NDArray[np.object_] = result.to_numpy(dtype=object)
    return values


def _check_tax(reading: _Reading, rule: ActivityRule, applies: Bools) -> None:
    if not rule.net_of_tax:
        return
    rows = reading.table.rows
    basis = rows["amount_basis"].map(_text)
    reading.refuse(applies & basis.eq("").to_numpy(dtype=bool), NO_TAX_BASIS, "amount_basis", unit="")
    without = basis.eq("TTC") & ~_filled(rows["vat_rate"])
    reading.refuse(applies & without.to_numpy(dtype=bool), NO_TAX_RATE, "vat_rate")


def _warn_unused(reading: _Reading, filled: pd.DataFrame, chosen: npt.NDArray[np.int64]) -> None:
    spec = reading.table.spec
    read = {key for rule in spec.activity for key in rule.columns}
    for key in sorted(read & set(filled)):
        used = np.array([key in rule.columns for rule in spec.activity] + [True])[chosen]
        for row in np.flatnonzero(filled[key].to_numpy(dtype=bool) & ~used & (reading.codes == "")):
            reading.note(int(row), UNUSED, key, rule=spec.activity[chosen[row]].label)


def _frame(
    reading: _Reading, numbers: Mapping[str, Floats], activity: Floats, unit: npt.NDArray[np.object_]
) -> pd.DataFrame:
    table, spec = reading.table, reading.table.spec
    rows, count = table.rows, len(table.rows)
    columns: dict[str, object] = {
        "line_id": rows["line_id"].map(_text),
        "sheet": spec.key,
        "posting": spec.posting,
        "kinds": "|".join(spec.kinds),
        "row": list(table.numbers),
        "title": table.title,
        "factor_cell": [f"{table.letters.get('factor', 'A')}{n}" for n in table.numbers],
        "activity": activity,
        "activity_unit": unit,
        "factor_ref": rows["factor"],
        "site": rows["site"].map(_text),
        "period_start": rows["period_start"],
        "period_end": rows["period_end"],
    }
    for key in PLAIN:
        columns[key] = rows[key].map(_text) if key in rows else ""
    for key in NUMBERS:
        columns[key] = numbers.get(key, np.full(count, np.nan))
    frame = pd.DataFrame(columns, index=pd.RangeIndex(count))
    levels = {m.label: m.level for m in spec.methods}
    default = frame["method"].map(levels).fillna("")
    frame["data_level"] = frame["data_level"].where(frame["data_level"] != "", default)
    keys = OPTION.get(spec.posting, ())
    parts = [rows[key].map(_text).replace("", spec.defaults.get(key, "")) for key in keys]
    frame["option"] = pd.Series(
        ["|".join(values) for values in zip(*parts, strict=True)] if parts else "",
        index=frame.index,
        dtype=object,
    )
    frame["fingerprint"] = _fingerprints(table)
    return frame


def _fingerprints(table: EntryTable) -> list[str]:
    """Text of the inputs that decide the result beside the activity, as the native formula writes it."""
    columns = [table.rows[c.key].map(_text) for c in table.spec.affecting]
    return ["|".join(values) for values in zip(*columns, strict=True)]


def _place(
    lines: pd.DataFrame, reading: _Reading, sites: pd.DataFrame, settings: Mapping[str, object]
) -> None:
    """Country and control of each line: its own columns first, then its site."""
    rows = reading.table.rows
    register = (sites if len(sites) else pd.DataFrame({"site": [], "country": []})).set_index("site")
    repeated = register.index[register.index.duplicated()]
    register = register[~register.index.duplicated()]
    for name in repeated.unique():
        reading.refuse(lines["site"].eq(name).to_numpy(dtype=bool), SITE_TWICE, "site", site=name)
    known = lines["site"].isin(["", *register.index])
    reading.refuse(
        ~known.to_numpy(dtype=bool), UNKNOWN_SITE, "site", sites=", ".join(map(str, register.index))
    )
    home = str(settings.get("national_country") or "FR").strip().upper()
    at_site = _upper(lines["site"].map(register["country"]))
    lines["site_country"] = at_site.where(at_site != "", home)
    own = _upper(rows["country"]) if "country" in rows else pd.Series("", index=lines.index)
    lines["country"] = own.where(own != "", lines["site_country"])
    lines["national"] = (lines["site_country"] == home).to_numpy(dtype=bool)
    for control in ("control_operational", "control_financial"):
        typed = _upper(rows[control])
        inherited = _upper(lines["site"].map(register[control])) if control in register else ""
        lines[control] = (typed.where(typed != "", inherited) != "N").to_numpy(dtype=bool)


def _own_rules(
    reading: _Reading, lines: pd.DataFrame, filled: pd.DataFrame, numbers: Mapping[str, Floats]
) -> None:
    """What one kind of sheet demands beyond its product."""
    spec = reading.table.spec
    if spec.posting == "immobilisations":
        for key in ("acquisition_year", "life_years"):
            reading.refuse(~filled[key].to_numpy(dtype=bool), NO_LIFE, key)
        with np.errstate(invalid="ignore"):
            reading.refuse(numbers["life_years"] <= 0, NO_LIFE, "life_years")
    if spec.posting == "instruments":
        reading.refuse(
            ~filled["instrument_factor"].to_numpy(dtype=bool), NO_INSTRUMENT_FACTOR, "instrument_factor"
        )
        with np.errstate(invalid="ignore"):
            reading.refuse(numbers["instrument_factor"] < 0, NEGATIVE, "instrument_factor")
    if spec.posting == "fret":
        for number, key in enumerate(("direction", "payer")):
            blank = lines["option"].str.split("|").str[number].eq("")
            reading.refuse(blank.to_numpy(dtype=bool), NO_DIRECTION, key)
    estimated = lines["data_nature"].isin(["estimé", "extrapolé"]) & (lines["assumption"] == "")
    for row in np.flatnonzero(estimated.to_numpy(dtype=bool)):
        reading.note(int(row), NO_ASSUMPTION, "assumption")
