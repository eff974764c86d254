"""Result sheets: labels, native checks and charts. The numbers are written by refresh (``results``)."""

from __future__ import annotations

from collections.abc import Mapping

from carbon_workbook.factors.tables import ghgp_categories, table
from carbon_workbook.workbook import chart_cells
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build_book import Book, Sheet
from carbon_workbook.workbook.build_charts import write_charts, write_tables
from carbon_workbook.workbook.build_energy import write_energy
from carbon_workbook.workbook.build_form import write_entry_form
from carbon_workbook.workbook.build_frozen import write_frozen
from carbon_workbook.workbook.build_iso import write_iso
from carbon_workbook.workbook.build_parts import (
    LEVEL_STYLE,
    NEVER,
    follow,
    header_row,
    open_result,
    section,
    zero_check,
)
from carbon_workbook.workbook.build_review import write_review
from carbon_workbook.workbook.build_vsme import write_vsme
from carbon_workbook.workbook.cells import cell_ref, column_letters
from carbon_workbook.workbook.style import BAD, LINE, TABS, WARN


def write_results(book: Book) -> None:
    """All result sheets, in their order."""
    _summary(book)
    write_review(book)
    _beges(book)
    write_iso(book)
    _ghgp(book)
    _esrs(book)
    _bridge(book)
    write_energy(book)
    write_vsme(book)
    write_entry_form(book)
    _checks(book)
    _journal(book)
    _used(book)
    write_frozen(book)


# --- Synthèse ----------------------------------------------------------------------------------------------------


def _summary(book: Book) -> None:
    sheet = open_result(
        book, at.SUMMARY, "Synthèse",
        "Les totaux viennent des valeurs retenues, jamais d'une formule. « Total définitif » reste à #N/A tant qu'une "
        "ligne est refusée ou à actualiser.",
        (52, 15, 12, 16, 8, *[11] * 9), 14,
    )  # fmt: skip
    _summary_state(sheet)
    header_row(sheet, at.SUMMARY_FIRST - 1, ("Totaux", "tCO2e", "Part", "Total définitif"))
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
    header_row(sheet, first - 1, ("Niveau de donnée", "tCO2e", "Part", "Lignes"))
    for offset, label in enumerate(at.DATA_LEVELS):
        for column, number in ((1, ""), (2, "tonnes"), (3, "percent"), (4, "whole")):
            sheet.put(first + offset, column, label if column == 1 else None, "row", number)
    first = at.PARETO_FIRST
    header_row(sheet, first - 1, ("Pareto GHG Protocol (par localisation)", "tCO2e", "Part", "Cumul", "Code"))
    for offset in range(at.PARETO_ROWS):
        for column, number in ((1, ""), (2, "tonnes"), (3, "percent"), (4, "percent")):
            sheet.put(first + offset, column, None, "row", number)
        sheet.put(first + offset, at.PARETO_CODE, None, "row", align="center")
    write_tables(sheet)
    write_charts(sheet)
    sheet.raw.freeze_panes(at.STAMP_ROW + 1, 0)
    sheet.print_area(chart_cells.LAST_ROW, 14)
    sheet.raw.set_h_pagebreaks([chart_cells.FIRST - 2, chart_cells.TRAJECTORY.header - 2])
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


# --- BEGES -------------------------------------------------------------------------------------------------------


def _beges(book: Book) -> None:
    labels = ("Poste", "Libellé", *(label for _, label in at.GAS_COLUMNS), "Part", "CO2 biogénique (t)", "Repère",
              "Poste v4", "GHG Protocol", "Incertitude ± %", "Classe (1 à 5)")  # fmt: skip
    sheet = open_result(
        book, at.BEGES, "BEGES – tableau réglementaire, méthode version 5",
        "En tCO2e, territoire national, par localisation. Les gaz qu'un facteur ne ventile pas sont dans "
        "« Non ventilé » ; le CO2 biogénique est à côté du total. Incertitude u à 95 % : de R ÷ (1 + u) à "
        "R × (1 + u) ; classe de 1 (très forte) à 5 (très faible).",
        (9, 62, *[11] * 6, 9, 12, 18, 11, 14, 12, 9), at.BEGES_LAST,
    )  # fmt: skip
    header_row(sheet, at.BEGES_FIRST - 1, labels)
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
    section(sheet, at.beges_rows()[-1].row + 2, "Hors du tableau (tCO2e)", at.BEGES_LAST)
    _beges_earlier(sheet)
    sheet.raw.freeze_panes(at.BEGES_FIRST - 1, 2)
    sheet.print_area(at.beges_earlier_rows()[-1].row, at.BEGES_LAST)
    sheet.raw.set_h_pagebreaks([at.beges_earlier_first() - 1])
    sheet.protect()


def _beges_earlier(sheet: Sheet) -> None:
    """The reference year in the same columns, and beside it the comparison with the previous year."""
    first, labels = at.beges_earlier_first(), [label for _, label in at.GAS_COLUMNS]
    sheet.book.name(at.EARLIER_NAME, sheet.absolute(first, 1))
    section(sheet, first, "Année de référence et comparaison avec N-1", at.BEGES_LAST)
    for row in (first + 1, first + 2):
        sheet.put(row, 1, None, "legend", align="left")
    header_row(
        sheet, first + 3,
        ("Poste", "Libellé", *labels, "", "CO2 biogénique (t)", "Total N-1", "Écart N / N-1", "Évolution N / N-1",
         "Écart N / réf.", "Évolution"),
    )  # fmt: skip
    current = {found.code: found.row for found in at.beges_rows()}
    for found in at.beges_earlier_rows():
        style = "row_total" if found.code == at.TOTAL else LEVEL_STYLE[found.level]
        sheet.put(found.row, 1, "" if found.code == at.TOTAL else found.code, style, align="center")
        sheet.put(found.row, 2, found.label, style)
        for column in range(at.BEGES_GAS, at.BEGES_PREVIOUS + 1):
            bold = {"bold": True} if column in (at.BEGES_TOTAL, at.BEGES_PREVIOUS) else {}
            sheet.put(found.row, column, None, style, "tonnes", align="right", **bold)
        now = cell_ref(current[found.code], at.BEGES_TOTAL)
        for before, gap, change in (
            (at.BEGES_PREVIOUS, at.BEGES_GAP, at.BEGES_CHANGE),
            (at.BEGES_TOTAL, at.BEGES_BASE_GAP, at.BEGES_BASE_CHANGE),
        ):
            then = cell_ref(found.row, before)
            known = f"AND(ISNUMBER({now}),ISNUMBER({then}))"
            sheet.formula(found.row, gap, f'IF({known},{now}-{then},"")', style, "gap", align="right")
            ratio = f'IF({known},IF({then}>0,{now}/{then}-1,""),"")'
            sheet.formula(found.row, change, ratio, style, "change", align="right")


def _beges_memo(sheet: Sheet) -> None:
    for found in at.beges_memo():
        for column in range(1, at.BEGES_LAST + 1):
            sheet.put(found.row, column, found.label if column == 2 else None, "row_memo", "tonnes")


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
              *(label for _, label in at.GAS_COLUMNS[:-1]), "CO2 biogénique (t)", "Incertitude ± %",
              "Classe (1 à 5)")  # fmt: skip
    sheet = open_result(
        book, at.GHGP, "GHG Protocol – scopes 1, 2 et 3",
        "En tCO2e, monde entier. Les fourchettes indicatives sont des ordres de grandeur tous secteurs confondus : une "
        "remarque, jamais une erreur. Incertitude u à 95 % : de R ÷ (1 + u) à R × (1 + u) ; classe de 1 (très forte) à "
        "5 (très faible).",
        (9, 54, 13, 11, 13, 32, *[11] * 6, 12, 9), at.GHGP_LAST,
    )  # fmt: skip
    header_row(sheet, at.GHGP_FIRST - 1, labels)
    book.name(at.GHGP_DOUBT_NAME, sheet.absolute(at.GHGP_FIRST - 1, at.GHGP_HALF))
    ranges = _ranges()
    numbers = {
        at.GHGP_TOTAL: "tonnes",
        at.GHGP_SHARE: "percent",
        **dict.fromkeys(range(at.GHGP_GAS, at.GHGP_BIOGENIC + 1), "tonnes"),
        at.GHGP_HALF: "percent",
        at.GHGP_CLASS: "whole",
    }
    for found in at.ghgp_rows():
        total = found.code in (at.TOTAL, at.TOTAL_MARKET)
        style = "row_total" if total else LEVEL_STYLE[found.level]
        shown = {at.MARKET: "S2", at.TOTAL: "", at.TOTAL_MARKET: ""}.get(found.code, found.code)
        texts = {1: shown, 2: found.label, at.GHGP_RANGE: ranges.get(found.code)}
        for column in range(1, at.GHGP_LAST + 1):
            sheet.put(
                found.row, column, texts.get(column), style, numbers.get(column, ""), **_ghgp_align(column)
            )
    section(sheet, at.ghgp_rows()[-1].row + 2, "Pour mémoire, hors des scopes (tCO2e)", at.GHGP_LAST)
    for found in at.ghgp_memo():
        for column in range(1, at.GHGP_LAST + 1):
            sheet.put(found.row, column, found.label if column == 2 else None, "row_memo", "tonnes")
    _energy_parts(sheet, numbers)
    sheet.raw.freeze_panes(at.GHGP_FIRST - 1, 2)
    sheet.print_rows(at.GHGP_FIRST - 1, at.GHGP_FIRST - 1)
    sheet.print_area(at.energy_parts()[-1].row, at.GHGP_LAST)
    sheet.protect()


def _energy_parts(sheet: Sheet, numbers: Mapping[int, str]) -> None:
    rows = at.energy_parts()
    text = "Catégorie 3 par partie : dans le total (tCO2e ; part de la catégorie)"
    section(sheet, rows[0].row - 1, text, at.GHGP_LAST)
    for found in rows:
        for column in range(1, at.GHGP_LAST + 1):
            label = found.label if column == 2 else None
            sheet.put(found.row, column, label, "row_memo", numbers.get(column, ""), **_ghgp_align(column))


def _ghgp_align(column: int) -> dict[str, object]:
    if column in (1, at.GHGP_RANGE, at.GHGP_REMARK, at.GHGP_CLASS):
        return {"align": "center"}
    return {"align": "right"} if column == at.GHGP_HALF else {}


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
              "Variation N / N-1", "Cible 2030", "Cible 2050", "Réduction annuelle / référence", "Note")  # fmt: skip
    sheet = open_result(
        book, at.ESRS, "ESRS E1 – émissions brutes de GES",
        "Brouillon du tableau des émissions brutes, écrit par Actualiser. La référence et N-1 viennent de la feuille "
        "Historique (lignes ESRS E1, à défaut GHG Protocol quand l'approche est la même), les cibles de la feuille "
        "Objectifs : c'est là qu'elles se saisissent. Les cellules blanches n'ont pas de registre : les remplir ici.",
        (8, 80, 14, 14, 14, 12, 12, 12, 15, 40), at.ESRS_NOTE,
    )  # fmt: skip
    sheet.formula(
        at.STAMP_ROW + 1, 1,
        'IF(cw_version_esrs="2026","Version 2026 : règlement délégué (UE) 2026/1563, exigence E1-8 ; total, intensité '
        'et quotas hors UE deviennent facultatifs","Version 2023 : règlement délégué (UE) 2023/2772, exigence E1-6 '
        '(tableau AR 48)")', "legend",
    )  # fmt: skip
    header_row(sheet, at.ESRS_FIRST - 1, labels)
    for found in (*at.esrs_rows(), at.esrs_combined()):
        _esrs_row(sheet, found)
    both = [cell_ref(found.row, at.ESRS_CURRENT) for found in at.esrs_rows() if found.code in ("S1", "S2")]
    combined = f'IF(COUNT({",".join(both)})=2,{"+".join(both)},"")'
    last = at.esrs_combined().row
    sheet.formula(last, at.ESRS_CURRENT, combined, LEVEL_STYLE[1], "tonnes", align="right")
    sheet.raw.freeze_panes(at.ESRS_FIRST - 1, 2)
    sheet.print_area(last, at.ESRS_NOTE)
    sheet.protect()


def _esrs_row(sheet: Sheet, found: at.ResultRow) -> None:
    style = LEVEL_STYLE[found.level]
    number = "percent" if found.code == "ETS" else "tonnes"
    shown = found.code if found.code.isdigit() or found.code in ("S1", "S2", "S3") else ""
    sheet.put(found.row, 1, "S2" if found.code == at.MARKET else shown, style, align="center")
    sheet.put(found.row, 2, found.label, style)
    for column in at.ESRS_OTHER_YEARS:
        if at.esrs_typed(found.code, column):
            kind = "change" if column == at.ESRS_ANNUAL else number
            sheet.put(found.row, column, None, "input", kind, locked=False)
        else:
            kind = "change" if column == at.ESRS_ANNUAL else "tonnes"
            sheet.put(found.row, column, None, style, kind, align="right")
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
    sheet.put(found.row, at.ESRS_NOTE, None, "input_text", locked=False)


# --- Réconciliation ----------------------------------------------------------------------------------------------


def _bridge(book: Book) -> None:
    last = 1 + len(at.BRIDGE_VIEWS)
    sheet = open_result(
        book, at.BRIDGE, "Réconciliation des vues",
        "Un même inventaire, plusieurs vues. Chaque vue et ses ajustements nommés redonnent la somme des lignes : le "
        "contrôle doit être nul.",
        (68, *[17] * len(at.BRIDGE_VIEWS)), last,
    )  # fmt: skip
    header_row(sheet, at.BRIDGE_FIRST - 1, ("tCO2e", *(label for _, label in at.BRIDGE_VIEWS)))
    end = _adjustments(sheet, last)
    section(sheet, end + 2, "Du BEGES au GHG Protocol (par localisation)", last)
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
    zero_check(sheet, done, 2, f"SUM({cells})-{arrive}", arrive)
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
        zero_check(
            sheet,
            check,
            column,
            f"SUM({letters}{total}:{letters}{rows[-1].row})-{letters}{lines}",
            f"{letters}{lines}",
        )
    return check


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
    follow(sheet)
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
            style = "record_link" if label == "Cellule" else "record"
            sheet.put(row, column, None, style, number, text_wrap=width >= 40 and title != at.USED,
                      locked=label != "Motif")  # fmt: skip
    # A border of their own would make some programs print the blank rows.
    rule = {
        "type": "formula",
        "criteria": f'=$B{header + 1}<>""',
        "format": book.differential(bottom=1, bottom_color=LINE),
    }
    for column in range(1, len(columns) + 1):
        sheet.note(header + 1, header + rows, column, rule)
    sheet.raw.freeze_panes(header, 1 if title == at.USED else 0)
    sheet.print_rows(header, header)
    sheet.print_filled(header, 2, len(columns) if len(columns) < 12 else 8)
    sheet.protect()
    return sheet
