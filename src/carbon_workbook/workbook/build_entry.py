"""Entry sheets: one mechanism, one specification each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from carbon_workbook.specs.spec import Column, SheetSpec, lists
from carbon_workbook.workbook import formulas
from carbon_workbook.workbook.build_book import Book, Sheet
from carbon_workbook.workbook.build_lists import SITES_NAME, all_lists
from carbon_workbook.workbook.catalogue import list_name
from carbon_workbook.workbook.cells import cell_ref, column_letters
from carbon_workbook.workbook.layout import ENTRY_FIRST, ENTRY_HEADER, count_name, entry_rows, ghgp_total
from carbon_workbook.workbook.style import BAD, BAD_FILL, GOOD, GOOD_FILL, MUTED, TABS, WARN, WARN_FILL

Row = Mapping[str, object]

FROZEN_COLUMNS = 2
BLOCK_WIDTH = 190
HOME_COLUMN = 8
COUNT_COLUMN = 3
COUNTS = (
    ("saisies", "Lignes saisies", "whole"),
    ("comptees", "Comptées", "whole"),
    ("refusees", "Refusées", "whole"),
    ("a_actualiser", "À actualiser", "whole"),
    ("partiel", "Total partiel (tCO2e)", "line"),
    ("definitif", "Total définitif (tCO2e)", "line"),
)
KINDS = {"": "à saisir", "formula": "calculé", "refresh": "écrit"}
PLAIN_WIDTH, TEXT_WIDTH = 12, 20
FOLDED_GROUPS = ("Détail", "Empreinte")
PERCENT_LIMIT = {"uncertainty_pct": 5.0}
MAX_INPUT_MESSAGE = 255


def write_entry_sheet(book: Book, spec: SheetSpec, rows: Sequence[Row]) -> Sheet:
    """One entry sheet with its table, counts, drop-downs and print set-up."""
    sheet = book.sheet(spec.title, tab=TABS[spec.scope])
    last = ENTRY_HEADER + entry_rows(len(rows))
    _columns(sheet, spec)
    _heading(sheet, spec)
    _counts(sheet, spec)
    _groups(sheet, spec)
    _table(sheet, spec, rows, last)
    for position, column in enumerate(spec.columns, start=1):
        _validation(sheet, spec, column, position, last)
    _status_rules(sheet, spec, last)
    sheet.raw.freeze_panes(ENTRY_HEADER, FROZEN_COLUMNS)
    sheet.print_rows(ENTRY_HEADER - 2, ENTRY_HEADER)
    sheet.print_area(last, _position(spec, "remark"))
    sheet.raw.repeat_columns(0, FROZEN_COLUMNS - 1)
    sheet.raw.fit_to_pages(2, 0)
    return sheet


def number_format(column: Column) -> str:
    """Named number format of a column."""
    if column.key in ("live", "emissions_t", "previous") or column.group == "Détail":
        return "line" if column.numeric else "text"
    if column.key == "variation":
        return "change"
    return {
        "number": "quantity" if column.written else "typed", "percent": "percent", "year": "year",
        "date": "date", "factor": "general",
    }.get(column.type, "general" if column.written == "formula" else "text")  # fmt: skip


def column_width(column: Column) -> float:
    """Width of a column: its own, or what its choices and the words of its title need."""
    words = max(len(word) for word in column.label.split())
    choices = max((len(text) for text in lists().get(column.list, ())), default=0)
    least = (
        TEXT_WIDTH
        if column.type == "text" and column.entered and column.width == PLAIN_WIDTH
        else column.width
    )
    return float(max(least, words + 2, choices + 1) + 2)


def cell_style(column: Column) -> str:
    """Named style of a data cell: what is typed, computed and written look different."""
    base = {"": "input", "formula": "computed", "refresh": "written"}[column.written]
    if column.key == "emissions_t":
        return "written_strong"
    if column.type == "flag" or column.list in ("base_montant", "devise"):
        return "input_short"
    numeric = column.numeric or column.type in ("year", "date")
    return base if numeric else f"{base}_text"


def _position(spec: SheetSpec, key: str) -> int:
    return spec.columns.index(spec.column(key)) + 1


def _columns(sheet: Sheet, spec: SheetSpec) -> None:
    plain = sheet.book.style("plain")
    for position, column in enumerate(spec.columns):
        folded = column.group in FOLDED_GROUPS
        options = {"level": 1, "hidden": True} if folded else {}
        sheet.raw.set_column(position, position, column_width(column), plain, options)
    sheet.raw.set_column(len(spec.columns), len(spec.columns), 3, plain, {"collapsed": True})


def _heading(sheet: Sheet, spec: SheetSpec) -> None:
    last = _position(spec, "remark")
    sheet.band(spec.heading, last, home=HOME_COLUMN)
    block = _block(spec)
    sheet.merge(2, 1, block, spec.intro, "intro")
    sheet.height(2, 18 if len(spec.intro) < BLOCK_WIDTH else 32)
    methods = ", ".join(method.label for method in spec.methods)
    text = f"Méthodes, de la plus précise à la moins précise : {methods}."
    if spec.example:
        text += f"   Exemple : {spec.example}."
    if spec.defaults:
        filled = ", ".join(f"« {spec.column(key).label} » = {value}" for key, value in spec.defaults.items())
        text += f"   Si rien n'est saisi : {filled}."
    sheet.merge(3, 1, block, text, "note")
    sheet.height(3, 18 if len(text) < BLOCK_WIDTH else 32)


def _block(spec: SheetSpec) -> int:
    """Columns that the texts above the table span."""
    total, count = 0.0, 0
    while total < BLOCK_WIDTH and count < _position(spec, "remark"):
        total += column_width(spec.columns[count])
        count += 1
    return count


def _counts(sheet: Sheet, spec: SheetSpec) -> None:
    """Native counts and totals (decision A2): the total of record stays ``#N/A`` while a row waits."""
    status = formulas.column(spec.table, spec.column("status").label)
    tonnes = formulas.column(spec.table, spec.column("emissions_t").label)
    name = {key: count_name(key, spec.key) for key, _, _ in COUNTS}
    texts = {
        "saisies": f'ROWS({status})-COUNTIF({status},"{formulas.BLANK}")',
        "comptees": f'COUNTIF({status},"{formulas.COUNTED}")',
        "refusees": f'COUNTIF({status},"{formulas.REFUSED}")',
        "a_actualiser": f'COUNTIF({status},"{formulas.STALE}")',
        "partiel": f'SUMIFS({tonnes},{status},"{formulas.COUNTED}")',
        "definitif": f"IF({name['refusees']}+{name['a_actualiser']}>0,NA(),{name['partiel']})",
    }
    sheet.height(4, 26)
    sheet.height(5, 22)
    for offset, (key, label, number) in enumerate(COUNTS):
        column = COUNT_COLUMN + offset
        sheet.put(4, column, label, "count_label")
        sheet.formula(5, column, texts[key], "count", number)
        sheet.book.name(name[key], sheet.absolute(5, column))
    in_view = ghgp_total(spec.key)
    if in_view:
        column = COUNT_COLUMN + len(COUNTS)
        sheet.put(4, column, "Vue GHG Protocol (tCO2e)", "count_label")
        sheet.formula(5, column, f'IF(ISNUMBER({in_view}),{in_view},"–")', "count", "line", bold=False)
    advice = (
        f'IF({name["refusees"]}>0,{name["refusees"]}&" ligne(s) refusée(s) : voir la colonne Message",'
        f'IF({name["a_actualiser"]}>0,{name["a_actualiser"]}&" ligne(s) à actualiser : bouton Actualiser",'
        f'IF({name["saisies"]}=0,"Aucune ligne saisie","Toutes les lignes sont comptées")))'
    )
    sheet.raw.merge_range(3, 0, 4, 1, "", sheet.book.style("advice"))
    sheet.formula(4, 1, advice, "advice")


def _groups(sheet: Sheet, spec: SheetSpec) -> None:
    sheet.height(ENTRY_HEADER - 2, 16)
    sheet.height(ENTRY_HEADER - 1, 13)
    sheet.height(ENTRY_HEADER, 44)
    start = 1
    for group, members in groupby(spec.columns, key=lambda column: column.group):
        end = start + len(list(members)) - 1
        # No merge across the frozen edge: it would be cut in two when scrolling.
        for first, last in _split(start, end, FROZEN_COLUMNS):
            if last > first:
                sheet.merge(ENTRY_HEADER - 2, first, last, group, "group")
            else:
                sheet.put(ENTRY_HEADER - 2, first, group, "group")
        start = end + 1
    for position, column in enumerate(spec.columns, start=1):
        sheet.put(ENTRY_HEADER - 1, position, KINDS[column.written], "kind")


def _split(first: int, last: int, edge: int) -> list[tuple[int, int]]:
    return [(first, edge), (edge + 1, last)] if first <= edge < last else [(first, last)]


def _table(sheet: Sheet, spec: SheetSpec, rows: Sequence[Row], last: int) -> None:
    native = formulas.row_formulas(spec)
    sheet.table(
        spec.table, ENTRY_HEADER, 1, [column.label for column in spec.columns], last - ENTRY_HEADER,
        [native.get(column.key, "") for column in spec.columns],
    )  # fmt: skip
    looks = [(cell_style(column), number_format(column)) for column in spec.columns]
    for row in range(ENTRY_FIRST, last + 1):
        index = row - ENTRY_FIRST
        values: Row = rows[index] if index < len(rows) else {}
        for position, (column, look) in enumerate(zip(spec.columns, looks, strict=True), start=1):
            if column.key in native:
                sheet.formula(row, position, native[column.key], *look)
            else:
                sheet.put(row, position, values.get(column.key), *look)


def _validation(sheet: Sheet, spec: SheetSpec, column: Column, position: int, last: int) -> None:
    if not column.entered:
        return
    rule = validation_rule(column, spec)
    if rule:
        rule.setdefault("validate", "any")
        sheet.validate(ENTRY_FIRST, position, last, {"ignore_blank": True, "error_type": "warning", **rule})


def validation_rule(column: Column, spec: SheetSpec | None = None) -> dict[str, object]:
    """Options of the validation of a column; empty when there is nothing to say."""
    rule: dict[str, object] = dict(_allowed(column, spec))
    if rule:
        rule["error_title"] = "Saisie inattendue"
        rule["error_message"] = _error(column)
    help_text = _help(column, spec)
    if help_text:
        rule["input_title"] = column.label[:32]
        rule["input_message"] = help_text[:MAX_INPUT_MESSAGE]
    return rule


def _allowed(column: Column, spec: SheetSpec | None) -> dict[str, object]:
    if column.type == "percent":
        limit = PERCENT_LIMIT.get(column.key, 1.0)
        return {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": limit}
    if column.type == "number":
        return {"validate": "decimal", "criteria": "between", "minimum": -1e15, "maximum": 1e15}
    if column.type == "year":
        return {"validate": "integer", "criteria": "between", "minimum": 1900, "maximum": 2100}
    if column.type == "date":
        return {"validate": "date", "criteria": "between", "minimum": _serial(1990), "maximum": _serial(2100)}
    source = _list_source(column, spec)
    return {"validate": "list", "source": source} if source else {}


def _serial(year: int) -> int:
    """Serial of 1 January, for 1990 and 2100."""
    return {1990: 32874, 2100: 73051}[year]


def _list_source(column: Column, spec: SheetSpec | None) -> object:
    if column.type == "flag":
        return list(lists()["oui_non"])
    if column.source == "sites":
        return f"={SITES_NAME}"
    if spec and column.type == "unit" and spec.units:
        return f"={list_name('unites_' + spec.key)}"
    if spec and column.type == "factor":
        return f"={list_name('facteurs_' + spec.key)}" if f"facteurs_{spec.key}" in all_lists() else None
    return f"={list_name(column.list)}" if column.list else None


def _error(column: Column) -> str:
    if column.type == "factor":
        return "Ce facteur n'est pas dans la liste courte. Un identifiant ou un libellé du Catalogue convient aussi."
    if column.type == "percent":
        return "Un pourcentage est attendu, par exemple 12 %."
    if column.type in ("number", "year"):
        return "Un nombre est attendu."
    if column.type == "date":
        return "Une date est attendue, par exemple 31/12/2024."
    return "Cette valeur n'est pas dans la liste proposée."


def _help(column: Column, spec: SheetSpec | None) -> str:
    if spec and column.key in spec.defaults:
        return f"{column.help} Vide : {spec.defaults[column.key]}.".strip()
    if not column.help and column.type == "unit" and spec and spec.units:
        return "Unités courantes : " + ", ".join(spec.units) + "."
    return column.help


def _status_rules(sheet: Sheet, spec: SheetSpec, last: int) -> None:
    """The state is written in words; the colour only repeats it."""
    colours = {
        formulas.COUNTED: (GOOD, GOOD_FILL),
        formulas.STALE: (WARN, WARN_FILL),
        formulas.REFUSED: (BAD, BAD_FILL),
    }
    position = _position(spec, "status")
    for text, (ink, fill) in colours.items():
        look = sheet.book.differential(font_color=ink, bg_color=fill, bold=True)
        rule = {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": look}
        sheet.note(ENTRY_FIRST, last, position, rule)
    grey = sheet.book.differential(font_color=MUTED)
    sheet.note(
        ENTRY_FIRST,
        last,
        position,
        {"type": "cell", "criteria": "==", "value": f'"{formulas.BLANK}"', "format": grey},
    )
    live = cell_ref(ENTRY_FIRST, _position(spec, "live"))
    absent = f"=IF(ISERROR({live}),ERROR.TYPE({live})=5,FALSE)"
    sheet.note(
        ENTRY_FIRST, last, _position(spec, "live"), {"type": "formula", "criteria": absent, "format": grey}
    )
    refused = f'=${column_letters(position)}{ENTRY_FIRST}="{formulas.REFUSED}"'
    look = sheet.book.differential(font_color=BAD)
    sheet.note(
        ENTRY_FIRST, last, _position(spec, "remark"), {"type": "formula", "criteria": refused, "format": look}
    )
