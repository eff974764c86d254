"""Native formulas of the entry tables, made from the sheet specifications (decisions A1, A2, A4, A8).

English names, commas, structured references: the only spelling that a file may hold.
"""

from __future__ import annotations

from itertools import groupby

from carbon_workbook.specs.spec import ActivityRule, Column, SheetSpec

BLANK, STALE, COUNTED, REFUSED = "vide", "à actualiser", "à jour", "refusée"
STATUSES = (COUNTED, STALE, REFUSED, BLANK)
OK = "OK"
YEAR_NAME = "cw_annee"
INSTRUMENTS = "instruments"
NO_ENTRY = frozenset({"site", "control_operational", "control_financial", "ets", "data_level"})
"""Columns that do not make a row by themselves: they may be filled in advance."""
_SPECIAL = str.maketrans({char: f"'{char}" for char in "[]#'"})


def escape(label: str) -> str:
    """A column label as a structured reference spells it."""
    return label.translate(_SPECIAL)


def this_row(table: str, label: str) -> str:
    """``tbl[[#This Row],[Label]]``."""
    return f"{table}[[#This Row],[{escape(label)}]]"


def column(table: str, label: str) -> str:
    """``tbl[Label]``: the whole column."""
    return f"{table}[{escape(label)}]"


def row_formulas(spec: SheetSpec) -> dict[str, str]:
    """The formula (without ``=``) of each column with ``written = "formula"``, by column key."""
    return {
        "activity": activity(spec),
        "activity_unit": activity_unit(spec),
        "live": live(spec),
        "status": status(spec),
        "variation": variation(spec),
    }


def activity(spec: SheetSpec) -> str:
    """The number of the first rule that applies, ``""`` when none does. A text in a number stays an error."""
    formula = '""'
    for rule in reversed(spec.activity):
        formula = f"IF({_applies(spec, rule)},{_quantity(spec, rule)},{formula})"
    return formula


def activity_unit(spec: SheetSpec) -> str:
    """The unit of the first rule that applies: where there is an activity, the last unit needs no condition."""
    units: list[tuple[str, list[str]]] = []
    for rule in spec.activity:
        unit = _unit(spec, rule)
        if not units or units[-1][0] != unit:
            units.append((unit, []))
        units[-1][1].append(_applies(spec, rule))
    *before, (formula, _) = units
    for unit, conditions in reversed(before):
        condition = conditions[0] if len(conditions) == 1 else f"OR({','.join(conditions)})"
        formula = f"IF({condition},{unit},{formula})"
    # An activity in error (a number typed as a text) has its unit all the same.
    return f'IF(IFERROR({_ref(spec, "activity")},0)="","",{formula})'


def live(spec: SheetSpec) -> str:
    """Live emissions in tCO2e: a view, never the number of record. A blank row does not call Python."""
    arguments = ",".join(_ref(spec, key) for key in ("factor", "activity", "activity_unit"))
    # An instrument has no emissions of its own: it says which factor the electricity lines take.
    value = "0" if spec.posting == INSTRUMENTS else f"EMISSIONS({arguments},{YEAR_NAME})"
    return f'IF({_ref(spec, "status")}="{BLANK}","",{value})'


def status(spec: SheetSpec) -> str:
    """``vide``, ``à actualiser``, ``à jour`` or ``refusée``: the row now against the row as it was read."""
    number, frozen, code = (_ref(spec, key) for key in ("activity", "frozen_activity", "result_code"))
    # A number typed as a text is a text or #VALUE! here, and is read by the engine: its text is in the fingerprint.
    # ERROR.TYPE is itself an error on what is none.
    same = (
        f"IF(COUNT({number},{frozen})=2,ABS({number}-{frozen})<=1E-9*ABS({number}),"
        f'IFERROR(OR(ERROR.TYPE({number})=3,{code}<>"{OK}"),'
        f'OR({number}&{frozen}="",ISLOGICAL({number}),T({number})&T({frozen})<>"")))'
    )
    fresh = f"EXACT({_ref(spec, 'fingerprint')},{fingerprint_formula(spec)})"
    return (
        f'IF({_is_blank(spec)},"{BLANK}",'
        f'IFERROR(IF(AND({fresh},{same}),IF({code}="{OK}","{COUNTED}","{REFUSED}"),"{STALE}"),"{REFUSED}"))'
    )


def variation(spec: SheetSpec) -> str:
    """Change against the previous year, as a fraction; blank while either is missing."""
    now, before = _ref(spec, "emissions_t"), _ref(spec, "previous")
    return f'IF(COUNT({now},{before})=2,IFERROR({now}/{before}-1,""),"")'


def fingerprint_formula(spec: SheetSpec) -> str:
    """The text of a row's inputs as the engine makes it: ``site|method|…``, then the numbers typed as texts."""
    inputs = '&"|"&'.join(_as_text(spec, found) for found in spec.affecting) or '""'
    return inputs + "".join(f"&T({this_row(spec.table, found.label)})" for found in spec.read_as_numbers)


def _as_text(spec: SheetSpec, found: Column) -> str:
    cell = this_row(spec.table, found.label)
    if found.type == "date":
        # The day alone counts. N, since TRUE is a number for LibreOffice and none for Excel.
        return f'IF(ISTEXT({cell}),{cell},IF(N({cell})=0,"",INT(N({cell}))))'
    # A number becomes a text with the decimal sign of the country.
    return f'SUBSTITUTE({cell}&"",",",".")' if found.numeric else cell


def _ref(spec: SheetSpec, key: str) -> str:
    return this_row(spec.table, spec.column(key).label)


def _is_blank(spec: SheetSpec) -> str:
    ranges = []
    for entered, members in groupby(
        spec.columns, key=lambda found: found.entered and found.key not in NO_ENTRY
    ):
        labels = [escape(found.label) for found in members]
        if entered:
            span = f"[{labels[0]}]" + (f":[{labels[-1]}]" if len(labels) > 1 else "")
            ranges.append(f"{spec.table}[[#This Row],{span}]")
    return f"COUNTA({','.join(ranges)})=0"


def _applies(spec: SheetSpec, rule: ActivityRule) -> str:
    conditions = [f'{_ref(spec, key)}<>""' for key in rule.required]
    if rule.methods:
        allowed = ",".join(f'"{_quoted(name)}"' for name in ("", *rule.methods))
        conditions.append(f"OR({_ref(spec, 'method')}={{{allowed}}})")
    return conditions[0] if len(conditions) == 1 else f"AND({','.join(conditions)})"


def _quantity(spec: SheetSpec, rule: ActivityRule) -> str:
    first, *rest = (_ref(spec, key) for key in rule.product)
    base = first + "".join(f"+{_ref(spec, key)}" for key in rule.plus)
    base += "".join(f"-{_ref(spec, key)}" for key in rule.minus)
    if rule.plus or rule.minus:
        base = f"({base})"
    factors = [base, *rest, *(_or_one(_ref(spec, key)) for key in rule.times)]
    factors += [f"(1-{_ref(spec, key)})" for key in rule.complement]
    if rule.constant != 1:
        factors.append(repr(rule.constant))
    formula = "*".join(factors)
    formula += "".join(f"/{_or_one(_ref(spec, key))}" for key in rule.over)
    if rule.net_of_tax:
        basis, rate, share = (_ref(spec, key) for key in ("amount_basis", "vat_rate", "vat_deductible"))
        formula += f'/IF({basis}="TTC",1+{rate}*(1-{share}),1)'
    return formula


def _unit(spec: SheetSpec, rule: ActivityRule) -> str:
    text, parts = rule.unit, []
    while text:
        literal, brace, rest = text.partition("{")
        if literal:
            parts.append(f'"{_quoted(literal)}"')
        key, _, text = rest.partition("}")
        if brace:
            parts.append(_unit_part(spec, key))
    # A reference alone would turn a blank unit into 0.
    return "&".join(parts) if len(parts) > 1 or "{" not in rule.unit else f'{parts[0]}&""'


def _unit_part(spec: SheetSpec, key: str) -> str:
    return this_row(spec.table, spec.column(key).label)


def _or_one(cell: str) -> str:
    return f'IF({cell}="",1,{cell})'


def _quoted(text: str) -> str:
    return text.replace('"', '""')
