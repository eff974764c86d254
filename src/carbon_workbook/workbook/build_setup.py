"""The sheets around the entries: Accueil, Périmètre, Sites, Facteurs propres, Catalogue, configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from carbon_workbook.factors.tables import table
from carbon_workbook.messages import french
from carbon_workbook.specs.spec import Column, Setting, SheetSpec, entry_sheets, register, settings
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build_book import Book, Sheet
from carbon_workbook.workbook.build_entry import cell_style, number_format, validation_rule
from carbon_workbook.workbook.data import WorkbookData
from carbon_workbook.workbook.style import BAD, GOOD, PRIMARY, TABS, WARN, WHITE

XLWINGS_SETTINGS = (
    ("INTERPRETER_WIN", "%LOCALAPPDATA%\\CarbonWorkbook\\python\\pythonw.exe"),
    ("PYTHONPATH", "%LOCALAPPDATA%\\CarbonWorkbook\\app"),
    ("ADD_WORKBOOK_TO_PYTHONPATH", "False"),
    ("UDF MODULES", "carbon_workbook.excel.bridge"),
    ("USE UDF SERVER", "True"),
    ("SHOW CONSOLE", "False"),
    ("DEBUG UDFS", "False"),
    # Present and empty, so that the user's own xlwings.conf does not lengthen or replace the command line.
    ("LICENSE_KEY", ""),
    ("ONEDRIVE_CONSUMER_WIN", ""),
    ("ONEDRIVE_COMMERCIAL_WIN", ""),
    ("SHAREPOINT_WIN", ""),
)
BUTTONS = (
    ("CarbonActualiser", "Actualiser"),
    ("CarbonControler", "Contrôler"),
    ("CarbonRapport", "Rapport"),
    ("CarbonChercher", "Chercher un facteur"),
    ("CarbonAide", "Aide"),
)
SCOPE_TITLES = {"1": "Scope 1", "2": "Scope 2", "3": "Scope 3", "hors": "Hors scopes"}
RESULT_LINKS = (
    (at.SUMMARY, "Totaux, Pareto, graphiques"),
    (at.BEGES, "Tableau réglementaire, 22 postes"),
    (at.GHGP, "Scopes 1, 2 et 15 catégories"),
    (at.ESRS, "Tableau des émissions brutes"),
    (at.BRIDGE, "Ponts entre les vues"),
    (at.CHECKS, "Refus et alertes, avec leur cellule"),
    (at.JOURNAL, "Ce qui a changé, quand et pourquoi"),
    (at.USED, "Facteurs figés pour l'auditeur"),
    (at.CATALOGUE, "Tous les facteurs, avec recherche"),
)
WRAPPED_WIDTH = 40
SITE_ROWS, OWN_ROWS = 20, 30
SEARCH_ROWS = 15

HOME_WIDTHS = (2, 30, 13, 13, 13, 13, 17, 3, 24, 40)
HOME_CARDS, HOME_ADVICE, HOME_BUTTONS, HOME_STEPS = 4, 8, 10, 13
HOME_LAST = len(HOME_WIDTHS)


# --- Accueil ---------------------------------------------------------------------------------------------------


def write_home(book: Book) -> None:
    """State of the inventory, next step, links to every sheet with its native counts."""
    sheet = book.sheet(at.HOME, tab=TABS["home"], orientation="portrait")
    sheet.widths(HOME_WIDTHS)
    sheet.band("Inventaire des émissions de gaz à effet de serre", HOME_LAST)
    sheet.put(2, 2, "", "muted")
    sheet.formula(
        2,
        2,
        'IF(cw_raison_sociale="","Société à renseigner dans Périmètre",cw_raison_sociale)'
        '&IF(cw_annee=""," – année à renseigner"," – année "&cw_annee)',
        "advice",
        text_wrap=False,
    )
    first = HOME_STEPS + len(_steps()) + 3
    last = _sheet_counts(book, sheet, first)
    _cards(sheet)
    _advice(sheet)
    _buttons(sheet)
    _home_steps(sheet)
    _links(sheet, first)
    sheet.raw.freeze_panes(2, 0)
    sheet.print_area(last, HOME_LAST)
    sheet.raw.activate()
    sheet.raw.set_first_sheet()


def _cards(sheet: Sheet) -> None:
    beges, ghgp = (f"'{at.SUMMARY}'!{ref}" for ref in (at.SUMMARY_BEGES, at.SUMMARY_GHGP))
    cards = (
        (2, 2, "Vue BEGES (tCO2e)", f'IF(ISNUMBER({beges}),{beges},"–")', "whole", "Territoire national"),
        (
            3,
            4,
            "Vue GHG Protocol (tCO2e)",
            f'IF(ISNUMBER({ghgp}),{ghgp},"–")',
            "whole",
            "Monde, par localisation",
        ),
        (5, 7, "Lignes comptées", 'cw_comptees&" / "&cw_saisies', "", "comptées sur saisies"),
        (
            9,
            10,
            "Total définitif BEGES (tCO2e)",
            f'IF({at.WAITING}>0,NA(),IF(ISNUMBER({beges}),{beges},"–"))',
            "whole",
            "#N/A tant qu'une ligne ou un réglage attend",
        ),
    )
    for first, last, label, formula, number, note in cards:
        for row, style, height in (
            (HOME_CARDS, "card_label", 18),
            (HOME_CARDS + 1, "card_value", 32),
            (HOME_CARDS + 2, "card_note", 26),
        ):
            sheet.height(row, height)
            if last > first:
                sheet.merge(row, first, last, "", style)
        sheet.put(HOME_CARDS, first, label, "card_label")
        sheet.formula(HOME_CARDS + 1, first, formula, "card_value", number)
        sheet.put(HOME_CARDS + 2, first, note, "card_note")


def _advice(sheet: Sheet) -> None:
    formula = (
        'IF(cw_annee="","À faire : renseigner l\'année et la société dans Périmètre.",'
        'IF(cw_saisies=0,"À faire : saisir les sites, puis une première feuille.",'
        'IF(cw_a_actualiser>0,"À faire : actualiser, "&cw_a_actualiser&" ligne(s) attendent.",'
        'IF(cw_reglages_modifies>0,"À faire : actualiser, les réglages ont changé depuis le calcul.",'
        'IF(cw_refusees>0,"À faire : corriger "&cw_refusees&" ligne(s) refusée(s), listées dans Contrôles.",'
        '"Tout est compté : lire Synthèse, puis produire le rapport.")))))'
    )
    sheet.raw.merge_range(
        HOME_ADVICE - 1, 1, HOME_ADVICE - 1, 8, "", sheet.book.style("advice", font_size=13)
    )
    sheet.height(HOME_ADVICE, 24)
    sheet.formula(HOME_ADVICE, 2, formula, "advice", font_size=13)


def _buttons(sheet: Sheet) -> None:
    sheet.height(HOME_BUTTONS, 30)
    if not sheet.book.macros:
        sheet.put(
            HOME_BUTTONS,
            2,
            "Classeur sans macros : fermer le fichier, puis lancer « carbon-workbook refresh » sur lui.",
            "muted",
            text_wrap=False,
        )
        return
    for position, (macro, text) in enumerate(BUTTONS):
        sheet.raw.insert_textbox(
            HOME_BUTTONS - 1,
            1,
            text,
            {
                "x_offset": position * 158,
                "y_offset": 4,
                "width": 148,
                "height": 32,
                "object_position": 3,
                "description": f"{at.MACRO_MARK}{macro}",
                "fill": {"color": PRIMARY if position == 0 else WHITE},
                "line": {"color": PRIMARY, "width": 1.25},
                "font": {
                    "name": "Calibri",
                    "size": 11,
                    "bold": True,
                    "color": WHITE if position == 0 else PRIMARY,
                },
                "align": {"vertical": "middle", "horizontal": "center"},
            },
        )


def _steps() -> tuple[tuple[str, str, str, str], ...]:
    done = 'IF({},"fait","à faire")'
    return (
        (at.PERIMETER, "Société, années, approche, catégories écartées avec leur motif",
         done.format('AND(cw_annee<>"",cw_raison_sociale<>"")'), "C5"),
        (at.SITES, "Un site par ligne, avec son pays et ses deux contrôles",
         done.format("COUNTA(tbl_sites[Site])>0"), "A6"),
        ("1.1 Combustion fixe", "Saisir feuille par feuille ; une ligne par facture, trajet ou achat",
         done.format("cw_saisies>0"), "A9"),
        (at.CHECKS, "Actualiser, puis corriger ce qui est refusé",
         'IF(cw_saisies=0,"à faire",IF(cw_a_actualiser+cw_refusees=0,"fait","en cours"))', "A6"),
        (at.SUMMARY, "Lire les vues, puis produire le rapport",
         'IF(AND(cw_saisies>0,cw_a_actualiser+cw_refusees=0),"prêt","en attente")', "A1"),
    )  # fmt: skip


def _home_steps(sheet: Sheet) -> None:
    sheet.put(HOME_STEPS - 1, 2, "Étapes", "section")
    for column in range(3, HOME_LAST + 1):
        sheet.put(HOME_STEPS - 1, column, "", "section")
    for offset, (title, text, state, cell) in enumerate(_steps()):
        row = HOME_STEPS + offset
        sheet.height(row, 18)
        sheet.link(row, 2, title, f"{offset + 1}. {title}", "link", cell)
        sheet.put(row, 3, text, "plain")
        sheet.formula(row, 9, state, "plain", bold=True, align="left")
    last = HOME_STEPS + len(_steps()) - 1
    for text, ink in (("fait", GOOD), ("prêt", GOOD), ("à faire", WARN), ("en cours", WARN)):
        look = sheet.book.differential(font_color=ink, bold=True)
        sheet.note(
            HOME_STEPS, last, 9, {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": look}
        )


def _sheet_counts(book: Book, sheet: Sheet, first: int) -> int:
    headers = (
        "Feuilles de saisie",
        "Saisies",
        "Comptées",
        "Refusées",
        "À actualiser",
        "Total partiel (tCO2e)",
    )
    sheet.height(first, 30)
    for offset, header in enumerate(headers):
        sheet.put(first, 2 + offset, header, "header_left" if offset == 0 else "header")
    row, scope = first, ""
    specs = list(entry_sheets().values())
    for spec in specs:
        row += 1
        if spec.scope != scope:
            scope = spec.scope
            for column in range(2, 8):
                sheet.put(row, column, SCOPE_TITLES[scope] if column == 2 else "", "row_head")
            row += 1
        _counts_row(sheet, row, spec)
    row += 1
    sheet.put(row, 2, "Ensemble", "row_total")
    for offset, key in enumerate(("saisies", "comptees", "refusees", "a_actualiser")):
        names = [at.count_name(key, spec.key) for spec in specs]
        sheet.formula(row, 3 + offset, "+".join(names), "row_total", "whole")
        book.name(f"cw_{key}", sheet.absolute(row, 3 + offset))
    sheet.put(row, 7, "", "row_total")
    bad = sheet.book.differential(font_color=BAD, bold=True)
    for column in (5, 6):
        sheet.note(first + 1, row - 1, column, {"type": "cell", "criteria": ">", "value": 0, "format": bad})
    return row


def _counts_row(sheet: Sheet, row: int, spec: SheetSpec) -> None:
    sheet.link(row, 2, spec.title, spec.title, "link", f"B{at.ENTRY_FIRST}")
    for offset, (key, number) in enumerate(
        (("saisies", "whole"), ("comptees", "whole"), ("refusees", "whole"), ("a_actualiser", "whole"),
         ("partiel", "tonnes"))
    ):  # fmt: skip
        sheet.formula(row, 3 + offset, at.count_name(key, spec.key), "row", number, align="right")


def _links(sheet: Sheet, first: int) -> None:
    sheet.put(first, 9, "Résultats et références", "header_left")
    sheet.put(first, 10, "", "header_left")
    for offset, (title, text) in enumerate(RESULT_LINKS, start=1):
        sheet.link(first + offset, 9, title, title, "link")
        sheet.put(first + offset, 10, text, "muted", text_wrap=False)
    row = first + len(RESULT_LINKS) + 2
    sheet.put(row, 9, "Préparation", "header_left")
    sheet.put(row, 10, "", "header_left")
    for offset, title in enumerate((at.PERIMETER, at.SITES, at.OWN_FACTORS), start=1):
        sheet.link(row + offset, 9, title, title, "link")
    row += 5
    sheet.put(row, 9, "Lire les tableaux", "header_left")
    sheet.put(row, 10, "", "header_left")
    legend = (
        ("input", "à saisir", "Cellules blanches : à remplir."),
        ("computed", "calculé", "Italique : formule du classeur, ne pas écraser."),
        ("written_strong", "écrit", "Par Actualiser : seule valeur des totaux."),
    )
    for offset, (style, text, meaning) in enumerate(legend, start=1):
        sheet.put(row + offset, 9, text, style)
        sheet.put(row + offset, 10, meaning, "legend")


# --- Périmètre, Sites, Facteurs propres ------------------------------------------------------------------------


def write_perimeter(book: Book, data: WorkbookData) -> None:
    """Settings behind their defined names, then the screening of posts and categories."""
    sheet = book.sheet(at.PERIMETER, tab=TABS["setup"])
    sheet.widths((9, 50, 30, 62, 12))
    sheet.band("Périmètre de l'inventaire", 5, home=5)
    sheet.merge(2, 1, 5, "Ce que l'inventaire couvre et selon quelles règles. Les réglages valent pour toutes les "
                "feuilles ; après un changement, actualiser.", "intro")  # fmt: skip
    sheet.height(2, 22)
    place = at.perimeter()
    for group, row in place.groups.items():
        for column in range(1, 6):
            sheet.put(row, column, group if column == 1 else "", "section")
        sheet.height(row, 20)
    for setting in settings():
        _setting(sheet, setting, place.settings[setting.key], data.settings)
    _screening(sheet, place.categories_header, data.categories)
    sheet.raw.freeze_panes(2, 0)


def _setting(sheet: Sheet, setting: Setting, row: int, values: Mapping[str, object]) -> None:
    value = values.get(setting.key, setting.default)
    column = at.PERIMETER_VALUE
    sheet.put(row, at.PERIMETER_LABEL, setting.label + (" *" if setting.required else ""), "label")
    number = {"number": "whole", "percent": "percent", "year": "year"}.get(setting.type, "text")
    if setting.group == "Textes du rapport":
        sheet.height(row, 46)
        sheet.raw.merge_range(row - 1, column - 1, row - 1, 4, "", sheet.book.style("input_wrap", number))
        sheet.put(row, column, value, "input_wrap", number)
    else:
        sheet.put(row, column, value, "input", number, align="left")
        sheet.put(row, at.PERIMETER_HELP, setting.help, "muted")
        if len(setting.help) > 75:
            sheet.height(row, 28)
    rule = validation_rule(Column(setting.key, setting.label, setting.type, list=setting.list))
    if rule:
        sheet.validate(row, column, row, {"ignore_blank": True, "error_type": "warning", **rule})
    sheet.book.name(setting.name, sheet.absolute(row, column))


def _screening(sheet: Sheet, header: int, chosen: Sequence[Mapping[str, object]]) -> None:
    columns = register("categories")
    sheet.put(header - 2, 1, "Postes et catégories retenus", "section")
    for column in range(2, 6):
        sheet.put(header - 2, column, "", "section")
    sheet.put(header - 1, 1, "Un poste direct (1.1 à 1.5) ne s'exclut pas. « Feuille affichée » à N masque la feuille "
              "de saisie correspondante.", "muted", text_wrap=False)  # fmt: skip
    shown = {at.sheet_code(spec.title) for spec in entry_sheets().values()}
    by_code = {str(row.get("code")): row for row in chosen}
    rows = [
        {
            "code": code,
            "name": label,
            "decision": "à décider",
            "visible": "O" if code in shown else "",
            **by_code.get(code, {}),
        }
        for code, label in at.screening()
    ]
    sheet.height(header, 30)
    _register_table(sheet, "tbl_categories", columns, rows, header, len(rows))


def write_registers(book: Book, data: WorkbookData) -> None:
    """Sites and own factors."""
    _register_sheet(
        book, at.SITES, "tbl_sites", "sites", "Sites et implantations", data.sites, SITE_ROWS,
        "Un site apporte aux lignes son pays et ses deux contrôles (opérationnel, financier). Le code pays décide de "
        "ce qui est hors du territoire national.",
    )  # fmt: skip
    _register_sheet(
        book, at.OWN_FACTORS, "tbl_facteurs_propres", "own_factors", "Facteurs propres", data.own_factors, OWN_ROWS,
        "Facteurs de fournisseurs, déclarations environnementales, mix résiduels : chacun avec son unité, sa source "
        "et son année. L'identifiant se tape tel quel dans les feuilles de saisie.",
    )  # fmt: skip


def _register_sheet(
    book: Book, title: str, name: str, key: str, heading: str, rows: Sequence[Mapping[str, object]], minimum: int,
    intro: str,
) -> None:  # fmt: skip
    columns = register(key)
    sheet = book.sheet(title, tab=TABS["setup"])
    sheet.widths([column.width + 2 for column in columns])
    sheet.band(heading, len(columns), home=len(columns))
    sheet.merge(2, 1, len(columns), intro, "intro")
    sheet.height(2, 32)
    sheet.height(at.REGISTER_HEADER, 32)
    for position, column in enumerate(columns, start=1):
        sheet.put(at.REGISTER_HEADER - 1, position, "obligatoire" if column.required else "", "kind")
    count = max(minimum, len(rows) + at.SPARE_ROWS)
    _register_table(sheet, name, columns, rows, at.REGISTER_HEADER, count)
    sheet.raw.freeze_panes(at.REGISTER_HEADER, 1)
    sheet.print_rows(at.REGISTER_HEADER, at.REGISTER_HEADER)


def _register_table(
    sheet: Sheet, name: str, columns: Sequence[Column], rows: Sequence[Mapping[str, object]], header: int, count: int
) -> None:  # fmt: skip
    sheet.table(name, header, 1, [column.label for column in columns], count)
    for row in range(header + 1, header + count + 1):
        index = row - header - 1
        values: Mapping[str, object] = rows[index] if index < len(rows) else {}
        for position, column in enumerate(columns, start=1):
            value = values.get(column.key)
            style = "input_wrap" if column.width >= WRAPPED_WIDTH else cell_style(column)
            sheet.put(row, position, value, style, number_format(column))
            if isinstance(value, str) and len(value) > column.width + 6:
                sheet.height(row, 27)
    for position, column in enumerate(columns, start=1):
        rule = validation_rule(column)
        if rule:
            rule.setdefault("validate", "any")
            options = {"ignore_blank": True, "error_type": "warning", **rule}
            sheet.validate(header + 1, position, header + count, options)


# --- Catalogue, configuration ----------------------------------------------------------------------------------

CATALOGUE_COLUMNS = (
    ("id", "Identifiant", 16, "text"),
    ("label", "Libellé", 64, "text"),
    ("unit", "Unité", 14, "text"),
    ("total", "kgCO2e par unité", 13, "factor"),
    ("families", "Familles", 28, "text"),
    ("source", "Source", 36, "text"),
    ("version", "Version", 9, "text"),
    ("geography", "Géographie", 32, "text"),
    ("valid_until", "Valable jusqu'au", 12, "text"),
    ("uncertainty_pct", "Incertitude %", 11, "quantity"),
    ("co2_fossil", "CO2 fossile", 11, "factor"),
    ("ch4_fossil", "CH4 fossile", 11, "factor"),
    ("ch4_biogenic", "CH4 biogénique", 11, "factor"),
    ("n2o", "N2O", 11, "factor"),
    ("other_gases", "Autres gaz", 11, "factor"),
    ("co2_biogenic", "CO2 biogénique", 11, "factor"),
    ("gwp_set", "PRG", 9, "text"),
    ("licence", "Licence", 20, "text"),
    ("warning", "Avertissement", 50, "text"),
)
SEARCH_ROW = 4


def write_catalogue(book: Book) -> None:
    """Every shipped factor as a table to filter, under a search cell."""
    factors = table("emission_factors")
    sheet = book.sheet(at.CATALOGUE, tab=TABS["record"])
    sheet.widths([width + 1 for _, _, width, _ in CATALOGUE_COLUMNS])
    sheet.band("Catalogue des facteurs d'émission", 8, home=8)
    sheet.merge(2, 1, 8, f"{len(factors)} facteurs. Filtrer le tableau du bas, ou taper un mot ici : l'identifiant "
                "trouvé se copie dans la colonne « Facteur d'émission » d'une feuille.", "intro")  # fmt: skip
    sheet.height(2, 22)
    _search(sheet)
    header = SEARCH_ROW + SEARCH_ROWS + 3
    sheet.table(at.CATALOGUE_TABLE, header, 1, [label for _, label, _, _ in CATALOGUE_COLUMNS], len(factors))
    sheet.height(header, 32)
    keys = [(key, number) for key, _, _, number in CATALOGUE_COLUMNS]
    for row, record in enumerate(factors.to_dict("records"), start=header + 1):
        for column, (key, number) in enumerate(keys, start=1):
            sheet.put(row, column, _catalogue_value(key, record[key], number), "row", number)
    sheet.raw.freeze_panes(0, 2)
    sheet.print_rows(header, header)
    sheet.print_area(header + len(factors), 9)
    sheet.protect()


def _catalogue_value(key: str, text: str, number: str) -> object:
    if text and number != "text":
        return float(text)
    if key == "families":
        return text.replace("|", ", ").replace("-", " ")
    return french(text) if key == "valid_until" else text


def _search(sheet: Sheet) -> None:
    unlocked = {"locked": False}
    sheet.put(SEARCH_ROW, 1, "Chercher", "label_strong")
    sheet.put(SEARCH_ROW, 2, "", "input", "text", **unlocked)
    sheet.put(SEARCH_ROW, 3, "Unité", "label_strong")
    sheet.put(SEARCH_ROW, 4, "", "input", "text", **unlocked)
    words, unit = sheet.absolute(SEARCH_ROW, 2), sheet.absolute(SEARCH_ROW, 4)
    sheet.book.name("cw_recherche", words)
    for rank in range(1, SEARCH_ROWS + 1):
        row = SEARCH_ROW + rank
        sheet.put(row, 1, rank, "row", "whole", align="center")
        if sheet.book.macros:
            sheet.formula(
                row, 2, f'IF(cw_recherche="","",CHERCHER_FACTEUR(cw_recherche,{unit},{rank}))', "row"
            )
        else:
            _native_hit(sheet, row, rank)


def _native_hit(sheet: Sheet, row: int, rank: int) -> None:
    """The rank-th label that contains the words, without a macro."""
    name = at.CATALOGUE_TABLE
    hit = (
        f"_xlfn.AGGREGATE(15,6,(ROW({name}[Libellé])-ROW({name}[[#Headers],[Libellé]]))"
        f"/ISNUMBER(SEARCH(cw_recherche,{name}[Libellé])),{rank})"
    )
    parts = "&".join(
        part.format(f"INDEX({name}[{column}],{hit})")
        for column, part in (("Identifiant", '{}&" · "'), ("Libellé", "{}"), ("Unité", '" ["&{}&"]"'))
    )
    sheet.formula(row, 2, f'IF(cw_recherche="","",IFERROR({parts},""))', "row")


def write_xlwings(book: Book) -> None:
    """Configuration of the Python link, read by the xlwings module; hidden."""
    sheet = book.sheet(at.XLWINGS, tab=TABS["record"])
    sheet.widths((34, 60))
    for row, (key, value) in enumerate(XLWINGS_SETTINGS, start=1):
        sheet.put(row, 1, key, "plain")
        sheet.put(row, 2, value, "plain")
    sheet.raw.hide()
