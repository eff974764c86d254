"""Result sheets: labels, native checks and charts. The numbers are written by refresh (``results``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from carbon_workbook.factors.tables import ghgp_categories, table
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build_book import Book, Sheet
from carbon_workbook.workbook.cells import cell_ref, column_letters
from carbon_workbook.workbook.style import BAD, FONT, INK, LINE, MUTED, SERIES, TABS, WARN

NEVER = "Pas encore calculé : saisir des lignes, puis actualiser."
GRID = {"visible": True, "line": {"color": LINE, "width": 0.5}}
GRID_OFF = {"visible": False}
LEVEL_STYLE = ("row_head", "row", "row_indent2")


def write_results(book: Book) -> None:
    """All result sheets, in their order."""
    _summary(book)
    _beges(book)
    _ghgp(book)
    _esrs(book)
    _bridge(book)
    _checks(book)
    _journal(book)
    _used(book)


def _open(book: Book, title: str, heading: str, intro: str, widths: Sequence[float], last: int) -> Sheet:
    sheet = book.sheet(title, tab=TABS["result"])
    sheet.widths(widths)
    sheet.band(heading, last, home=last)
    sheet.merge(2, 1, last, intro, "intro")
    sheet.height(2, 32)
    sheet.put(at.STAMP_ROW, 1, NEVER, "legend")
    return sheet


def _headers(sheet: Sheet, row: int, first: int, labels: Sequence[str], height: float = 32) -> None:
    sheet.height(row, height)
    for offset, label in enumerate(labels):
        sheet.put(row, first + offset, label, "header_left" if offset == 0 and first == 1 else "header")


# --- Synthèse ----------------------------------------------------------------------------------------------------


def _summary(book: Book) -> None:
    sheet = _open(
        book, at.SUMMARY, "Synthèse",
        "Les totaux viennent des valeurs retenues, jamais d'une formule. « Total définitif » reste à #N/A tant qu'une "
        "ligne est refusée ou à actualiser.",
        (52, 15, 12, 16, 8, *[11] * 9), 14,
    )  # fmt: skip
    _summary_state(sheet)
    _headers(sheet, at.SUMMARY_FIRST - 1, 1, ("Totaux", "tCO2e", "Part", "Total définitif"))
    for key, label in at.SUMMARY_TOTALS:
        row = at.summary_row(key)
        strong = key in ("GHGP", "GHGPM", "BEGES", "ISO", "ESRS")
        style = "row_head" if strong else "row"
        value = cell_ref(row, at.SUMMARY_VALUE)
        sheet.put(row, 1, label, style)
        sheet.put(row, at.SUMMARY_VALUE, None, style, "tonnes")
        sheet.put(row, at.SUMMARY_SHARE, None, style, "percent")
        sheet.formula(
            row,
            at.SUMMARY_FINAL,
            f'IF({value}="","",IF({at.WAITING}>0,NA(),{value}))',
            style,
            "tonnes",
            align="right",
        )
    first = at.LEVELS_FIRST
    _headers(sheet, first - 1, 1, ("Niveau de donnée", "tCO2e", "Part", "Lignes"))
    for offset, label in enumerate(at.DATA_LEVELS):
        for column, number in ((1, ""), (2, "tonnes"), (3, "percent"), (4, "whole")):
            sheet.put(first + offset, column, label if column == 1 else None, "row", number)
    first = at.PARETO_FIRST
    _headers(
        sheet, first - 1, 1, ("Pareto GHG Protocol (par localisation)", "tCO2e", "Part", "Cumul", "Code")
    )
    for offset in range(at.PARETO_ROWS):
        for column, number in ((1, ""), (2, "tonnes"), (3, "percent"), (4, "percent")):
            sheet.put(first + offset, column, None, "row", number)
        sheet.put(first + offset, at.PARETO_CODE, None, "row", align="center")
    _summary_charts(sheet)
    sheet.raw.freeze_panes(at.STAMP_ROW + 1, 0)
    sheet.print_area(first + at.PARETO_ROWS, 14)
    sheet.raw.fit_to_pages(1, 1)
    sheet.protect()


def _summary_state(sheet: Sheet) -> None:
    """Native counts, under the stamp."""
    stored = cell_ref(at.STAMP_ROW, at.SETTINGS_COLUMN)
    column = at.SETTINGS_COLUMN
    sheet.put(at.STAMP_ROW, column, None, "legend", "text")
    sheet.formula(
        at.STAMP_ROW + 1,
        column,
        f'IF({stored}="",0,IF(EXACT({stored},{at.settings_formula()}),0,1))',
        "legend",
    )
    sheet.book.name("cw_reglages_modifies", sheet.absolute(at.STAMP_ROW + 1, column))
    sheet.raw.set_column(column - 1, column - 1, 12, None, {"hidden": True})
    changed = 'IF(cw_reglages_modifies=0,"","Réglages modifiés depuis ce calcul : actualiser.")'
    sheet.formula(at.STAMP_ROW + 1, 1, changed, "legend", bold=True, font_color=WARN)
    labels = (("Saisies", "cw_saisies"), ("Comptées", "cw_comptees"), ("Refusées", "cw_refusees"),
              ("À actualiser", "cw_a_actualiser"))  # fmt: skip
    for offset, (label, name) in enumerate(labels):
        column = 6 + 2 * offset
        sheet.put(at.STAMP_ROW + 1, column, label, "legend", align="right")
        sheet.formula(at.STAMP_ROW + 1, column + 1, name, "plain", "whole", bold=True, align="left")


CHART_COLUMN, CHART_WIDTH, GUTTER = 6, 710, 14


def _summary_charts(sheet: Sheet) -> None:
    name, top = sheet.quoted, at.SUMMARY_FIRST - 1
    first, last = at.summary_row("S1"), at.summary_row("S3")
    scopes = sheet.book.chart("column")
    scopes.add_series(
        _series("tCO2e", f"={name}!$A${first}:$A${last}", f"={name}!$B${first}:$B${last}", SERIES[0])
    )
    _dress(scopes, "Les trois scopes (tCO2e, par localisation)")
    scopes.set_size({"width": 330, "height": 330})
    sheet.raw.insert_chart(top - 1, CHART_COLUMN - 1, scopes, {"object_position": 2, "x_offset": GUTTER})
    rows = [row.row for row in at.ghgp_rows() if row.code.isdigit()]
    values = column_letters(at.GHGP_TOTAL)
    place, span = f"'{at.GHGP}'", f"{rows[0]}:${{}}${rows[-1]}"
    bars = sheet.book.chart("bar")
    bars.add_series(
        _series(
            "tCO2e", f"={place}!$B${span.format('B')}", f"={place}!${values}${span.format(values)}", SERIES[2]
        )
    )
    _dress(bars, "Scope 3 par catégorie (tCO2e)")
    bars.set_y_axis(
        {"reverse": True, "num_font": _font(8), "line": {"color": LINE}, "major_gridlines": GRID_OFF}
    )
    bars.set_x_axis(
        {"num_format": "#,##0", "num_font": _font(8), "major_gridlines": GRID, "label_position": "high"}
    )
    bars.set_size({"width": CHART_WIDTH - 340, "height": 330})
    sheet.raw.insert_chart(top - 1, CHART_COLUMN - 1, bars, {"object_position": 2, "x_offset": 340 + GUTTER})
    _pareto(sheet)


def _pareto(sheet: Sheet) -> None:
    top = 10
    first, last = at.PARETO_FIRST, at.PARETO_FIRST + top - 1
    name, code = sheet.quoted, column_letters(at.PARETO_CODE)
    codes = f"={name}!${code}${first}:${code}${last}"
    columns = sheet.book.chart("column")
    columns.add_series(_series("tCO2e", codes, f"={name}!$B${first}:$B${last}", SERIES[0]))
    line = sheet.book.chart("line")
    line.add_series(
        {
            **_series("Cumul", codes, f"={name}!$D${first}:$D${last}", SERIES[3]),
            "y2_axis": True,
            "line": {"color": SERIES[3], "width": 2},
            "marker": {
                "type": "circle",
                "size": 5,
                "fill": {"color": SERIES[3]},
                "border": {"color": SERIES[3]},
            },
            "fill": None,
        }
    )
    columns.combine(line)
    _dress(columns, "Pareto : les dix premiers postes et leur cumul", legend=True)
    line.set_y2_axis(
        {"num_format": "0\\ %", "min": 0, "max": 1, "num_font": _font(8), "line": {"color": LINE}}
    )
    columns.set_size({"width": CHART_WIDTH, "height": 420})
    sheet.raw.insert_chart(
        at.LEVELS_FIRST + 1, CHART_COLUMN - 1, columns, {"object_position": 2, "x_offset": GUTTER}
    )


def _series(name: str, categories: str, values: str, color: str) -> dict[str, object]:
    return {
        "name": name, "categories": categories, "values": values,
        "fill": {"color": color}, "border": {"none": True}, "gap": 60,
    }  # fmt: skip


def _font(size: int, **extra: object) -> dict[str, object]:
    return {"name": FONT, "size": size, "color": MUTED, **extra}


def _dress(chart: Any, title: str, *, legend: bool = False) -> None:
    chart.set_title({"name": title, "name_font": {"name": FONT, "size": 11, "color": INK, "bold": True}})
    axis = {"num_font": _font(8), "line": {"color": LINE}}
    chart.set_x_axis(axis)
    chart.set_y_axis({**axis, "num_format": "#,##0", "major_gridlines": GRID})
    chart.set_legend({"position": "bottom", "font": _font(9)} if legend else {"none": True})
    chart.set_chartarea({"border": {"color": LINE}, "fill": {"color": "#FFFFFF"}})


# --- BEGES -------------------------------------------------------------------------------------------------------


def _beges(book: Book) -> None:
    labels = ("Poste", "Libellé", *(label for _, label in at.GAS_COLUMNS), "Part", "CO2 biogénique (t)", "Repère",
              "Poste v4", "GHG Protocol", "Incertitude ± %", "Classe (1 à 5)")  # fmt: skip
    sheet = _open(
        book, at.BEGES, "BEGES – tableau réglementaire, méthode version 5",
        "En tCO2e, territoire national, par localisation. Les gaz qu'un facteur ne ventile pas sont dans "
        "« Non ventilé » ; le CO2 biogénique est à côté du total. Incertitude u à 95 % : de R ÷ (1 + u) à "
        "R × (1 + u) ; classe de 1 (très forte) à 5 (très faible).",
        (9, 62, *[11] * 6, 9, 12, 18, 11, 14, 12, 9), at.BEGES_LAST,
    )  # fmt: skip
    _headers(sheet, at.BEGES_FIRST - 1, 1, labels)
    old, ghgp = _correspondence()
    numbers = {**dict.fromkeys(range(3, 9), "tonnes"), at.BEGES_SHARE: "percent", at.BEGES_BIOGENIC: "tonnes",
               at.BEGES_HALF: "percent", at.BEGES_CLASS: "whole"}  # fmt: skip
    for found in at.beges_rows():
        style = "row_total" if found.code == at.TOTAL else LEVEL_STYLE[found.level]
        shown = "" if found.code == at.TOTAL or found.level == 2 else found.code
        texts = {
            1: shown,
            2: found.label,
            at.BEGES_V4: old.get(found.code),
            at.BEGES_GHGP: ghgp.get(found.code),
        }
        for column in range(1, at.BEGES_LAST + 1):
            plain = style if column == 2 or style != "row_indent2" else "row"
            extra: dict[str, object] = {}
            if column in (1, at.BEGES_MARK, at.BEGES_V4, at.BEGES_GHGP, at.BEGES_CLASS):
                extra["align"] = "center"
            if column == at.BEGES_HALF:
                extra["align"] = "right"
            if column == at.BEGES_TOTAL:
                extra["bold"] = True
            sheet.put(found.row, column, texts.get(column), plain, numbers.get(column, ""), **extra)
    _beges_memo(sheet)
    _bands(sheet, at.beges_rows()[-1].row + 2, "Hors du tableau (tCO2e)", at.BEGES_LAST)
    sheet.raw.freeze_panes(at.BEGES_FIRST - 1, 2)
    sheet.print_rows(at.BEGES_FIRST - 1, at.BEGES_FIRST - 1)
    sheet.print_area(at.beges_memo()[-1].row, at.BEGES_LAST)
    sheet.protect()


def _beges_memo(sheet: Sheet) -> None:
    for found in at.beges_memo():
        for column in range(1, at.BEGES_LAST + 1):
            sheet.put(found.row, column, found.label if column == 2 else None, "row_memo", "tonnes")


def _bands(sheet: Sheet, row: int, text: str, last: int) -> None:
    for column in range(1, last + 1):
        sheet.put(row, column, text if column == 1 else "", "section")


def _correspondence() -> tuple[dict[str, str], dict[str, str]]:
    rows = table("posts")
    old: dict[str, list[str]] = {}
    ghgp: dict[str, list[str]] = {}
    for post, v4, category in zip(rows["post"], rows["v4"], rows["ghgp"], strict=True):
        old.setdefault(post, []).append(v4)
        ghgp.setdefault(post, []).append(f"cat. {category}" if category.isdigit() else category)
    return tuple(  # type: ignore[return-value]
        {
            post: ", ".join(dict.fromkeys(part for part in parts if part)) or "–"
            for post, parts in found.items()
        }
        for found in (old, ghgp)
    )


# --- GHG Protocol, ESRS E1 ---------------------------------------------------------------------------------------


def _ghgp(book: Book) -> None:
    labels = ("Code", "Scope ou catégorie", "tCO2e", "Part du scope 3", "Fourchette indicative", "Remarque",
              *(label for _, label in at.GAS_COLUMNS[:-1]), "CO2 biogénique (t)")  # fmt: skip
    sheet = _open(
        book, at.GHGP, "GHG Protocol – scopes 1, 2 et 3",
        "En tCO2e, monde entier. Les fourchettes indicatives sont des ordres de grandeur tous secteurs confondus : une "
        "remarque, jamais une erreur.",
        (9, 54, 13, 11, 13, 32, *[11] * 6), at.GHGP_LAST,
    )  # fmt: skip
    _headers(sheet, at.GHGP_FIRST - 1, 1, labels)
    ranges = _ranges()
    numbers = {
        at.GHGP_TOTAL: "tonnes",
        at.GHGP_SHARE: "percent",
        **dict.fromkeys(range(at.GHGP_GAS, 13), "tonnes"),
    }
    for found in at.ghgp_rows():
        total = found.code in (at.TOTAL, at.TOTAL_MARKET)
        style = "row_total" if total else LEVEL_STYLE[found.level]
        shown = {at.MARKET: "S2", at.TOTAL: "", at.TOTAL_MARKET: ""}.get(found.code, found.code)
        texts = {1: shown, 2: found.label, at.GHGP_RANGE: ranges.get(found.code)}
        for column in range(1, at.GHGP_LAST + 1):
            extra: dict[str, object] = (
                {"align": "center"} if column in (1, at.GHGP_RANGE, at.GHGP_REMARK) else {}
            )
            sheet.put(found.row, column, texts.get(column), style, numbers.get(column, ""), **extra)
    _bands(sheet, at.ghgp_rows()[-1].row + 2, "Pour mémoire, hors des scopes (tCO2e)", at.GHGP_LAST)
    for found in at.ghgp_memo():
        for column in range(1, at.GHGP_LAST + 1):
            sheet.put(found.row, column, found.label if column == 2 else None, "row_memo", "tonnes")
    sheet.raw.freeze_panes(at.GHGP_FIRST - 1, 2)
    sheet.print_rows(at.GHGP_FIRST - 1, at.GHGP_FIRST - 1)
    sheet.print_area(at.ghgp_memo()[-1].row, at.GHGP_LAST)
    sheet.protect()


def _ranges() -> dict[str, str]:
    rows = ghgp_categories()
    return {
        str(code): f"{low}–{high} %"
        for code, low, high in zip(
            rows["category"], rows["typical_low_pct"], rows["typical_high_pct"], strict=True
        )
        if low
    }


def _esrs(book: Book) -> None:
    labels = ("Code", "Émissions brutes de GES (tCO2e)", "Année de référence", "Année N-1", "Année N",
              "Variation N / N-1", "Cible 2030", "Cible 2050", "Note")  # fmt: skip
    sheet = _open(
        book, at.ESRS, "ESRS E1 – émissions brutes de GES",
        "Brouillon du tableau des émissions brutes. Les cellules blanches (référence, N-1, cibles) se remplissent à la "
        "main ; le reste est écrit par Actualiser.",
        (8, 84, 13, 13, 13, 12, 13, 13, 40), at.ESRS_NOTE,
    )  # fmt: skip
    sheet.formula(
        at.STAMP_ROW + 1, 1,
        'IF(cw_version_esrs="2026","Version 2026 : règlement délégué (UE) 2026/1563, exigence E1-8 ; total, intensité '
        'et quotas hors UE deviennent facultatifs","Version 2023 : règlement délégué (UE) 2023/2772, exigence E1-6 '
        '(tableau AR 48)")', "legend",
    )  # fmt: skip
    _headers(sheet, at.ESRS_FIRST - 1, 1, labels)
    for found in at.esrs_rows():
        _esrs_row(sheet, found)
    last = at.esrs_rows()[-1].row
    sheet.raw.freeze_panes(at.ESRS_FIRST - 1, 2)
    sheet.print_area(last, at.ESRS_NOTE)
    sheet.protect()


def _esrs_row(sheet: Sheet, found: at.ResultRow) -> None:
    style = LEVEL_STYLE[found.level]
    number = "percent" if found.code == "ETS" else "tonnes"
    shown = found.code if found.code.isdigit() or found.code in ("S1", "S2", "S3") else ""
    sheet.put(found.row, 1, "S2" if found.code == at.MARKET else shown, style, align="center")
    sheet.put(found.row, 2, found.label, style)
    for column in (at.ESRS_BASE, at.ESRS_PREVIOUS, at.ESRS_2030, at.ESRS_2050):
        sheet.put(found.row, column, None, "input", number, locked=False)
    sheet.put(found.row, at.ESRS_CURRENT, None, style, number)
    now, before = cell_ref(found.row, at.ESRS_CURRENT), cell_ref(found.row, at.ESRS_PREVIOUS)
    ready = f"AND(ISNUMBER({now}),ISNUMBER({before}))"
    sheet.formula(
        found.row,
        at.ESRS_CHANGE,
        f'IF({ready},IF({before}=0,"",{now}/{before}-1),"")',
        style,
        "change",
        align="right",
    )
    sheet.put(found.row, at.ESRS_NOTE, None, style)


# --- Réconciliation ----------------------------------------------------------------------------------------------


def _bridge(book: Book) -> None:
    last = 1 + len(at.BRIDGE_VIEWS)
    sheet = _open(
        book, at.BRIDGE, "Réconciliation des vues",
        "Un même inventaire, plusieurs vues. Chaque vue et ses ajustements nommés redonnent la somme des lignes : le "
        "contrôle doit être nul.",
        (68, *[17] * len(at.BRIDGE_VIEWS)), last,
    )  # fmt: skip
    _headers(sheet, at.BRIDGE_FIRST - 1, 1, ("tCO2e", *(label for _, label in at.BRIDGE_VIEWS)))
    end = _adjustments(sheet, last)
    _bands(sheet, end + 2, "Du BEGES au GHG Protocol (par localisation)", last)
    first = at.bridge_first()
    names = [
        ("row_head", "BEGES"),
        *(("row", row.label) for row in at.reason_rows()),
        ("row_head", "GHG Protocol"),
    ]
    for offset, (style, label) in enumerate(names):
        sheet.put(first + offset, 1, label, style)
        sheet.put(first + offset, 2, None, style, "tonnes")
    done = first + len(names)
    arrive, cells = cell_ref(done - 1, 2), f"{cell_ref(first, 2)}:{cell_ref(done - 2, 2)}"
    sheet.put(done, 1, "Contrôle : doit être nul", "row_total")
    _zero(sheet, done, 2, f"SUM({cells})-{arrive}", arrive)
    sheet.raw.freeze_panes(at.BRIDGE_FIRST - 1, 1)
    sheet.print_area(done, last)
    sheet.raw.fit_to_pages(1, 1)
    sheet.protect()


def _adjustments(sheet: Sheet, last: int) -> int:
    rows = at.reason_rows()
    total = at.BRIDGE_FIRST
    sheet.put(total, 1, "Total de la vue", "row_head")
    for column in range(2, last + 1):
        sheet.put(total, column, None, "row_head", "tonnes")
    for found in rows:
        sheet.put(found.row, 1, found.label, "row_indent")
        for column in range(2, last + 1):
            sheet.put(found.row, column, None, "row", "tonnes")
    lines, check = rows[-1].row + 1, rows[-1].row + 2
    sheet.put(lines, 1, "Somme des lignes", "row_head")
    sheet.put(check, 1, "Contrôle : doit être nul", "row_total")
    for column in range(2, last + 1):
        sheet.put(lines, column, None, "row_head", "tonnes")
        letters = column_letters(column)
        _zero(
            sheet,
            check,
            column,
            f"SUM({letters}{total}:{letters}{rows[-1].row})-{letters}{lines}",
            f"{letters}{lines}",
        )
    return check


def _zero(sheet: Sheet, row: int, column: int, difference: str, needs: str) -> None:
    """A difference that rounding may leave at 1e-9 of the whole."""
    text = f'IF({needs}="","",IF(ABS({difference})<=1E-9*MAX(1,ABS({needs})),0,{difference}))'
    sheet.formula(row, column, text, "row_total", "check", align="right")


# --- Contrôles, Journal, Facteurs utilisés -----------------------------------------------------------------------


def _checks(book: Book) -> None:
    sheet = _record(
        book, at.CHECKS, "Contrôles", "tbl_controles", at.CHECKS_HEADER, at.CHECKS_ROWS,
        "Chaque refus et chaque alerte avec sa cellule. Un refus n'est pas compté ; une alerte l'est, et se vérifie. "
        "La colonne Cellule y mène.",
    )  # fmt: skip
    for text, ink in (("refus", BAD), ("alerte", WARN)):
        look = sheet.book.differential(font_color=ink, bold=True)
        rule = {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": look}
        sheet.note(at.CHECKS_HEADER + 1, at.CHECKS_HEADER + at.CHECKS_ROWS, 1, rule)


def _journal(book: Book) -> None:
    _record(
        book, at.JOURNAL, "Journal", "tbl_journal", at.JOURNAL_HEADER, at.JOURNAL_ROWS,
        "Ce que chaque actualisation a changé. Le motif se complète à la main, pour l'auditeur.",
    )  # fmt: skip


def _used(book: Book) -> None:
    _record(
        book, at.USED, "Facteurs utilisés", "tbl_facteurs_utilises", at.USED_HEADER, at.USED_ROWS,
        "Les facteurs tels qu'ils ont servi, figés dans le classeur : le calcul se refait sans le catalogue. En kgCO2e "
        "par unité.",
    )  # fmt: skip


def _record(book: Book, title: str, heading: str, name: str, header: int, rows: int, intro: str) -> Sheet:
    columns = at.RESULT_TABLES[name]
    sheet = book.sheet(title, tab=TABS["record"])
    sheet.widths([width + 1 for _, width, _ in columns])
    shown = min(len(columns), 8)
    sheet.band(heading, shown, home=shown)
    sheet.merge(2, 1, shown, intro, "intro")
    sheet.height(2, 32)
    sheet.put(at.STAMP_ROW, 1, NEVER if title != at.JOURNAL else "", "legend")
    sheet.table(name, header, 1, [label for label, _, _ in columns], rows)
    sheet.height(header, 32)
    tall = name == "tbl_controles"
    for row in range(header + 1, header + rows + 1):
        if tall:
            sheet.height(row, 27)
        for column, (label, width, number) in enumerate(columns, start=1):
            style = "row_link" if label == "Cellule" else "row"
            sheet.put(row, column, None, style, number, text_wrap=width >= 40 and title != at.USED,
                      locked=label != "Motif")  # fmt: skip
    sheet.raw.freeze_panes(header, 1 if title == at.USED else 0)
    sheet.print_rows(header, header)
    sheet.print_area(header + rows, len(columns) if len(columns) < 12 else 8)
    sheet.protect()
    return sheet
