"""The sheets around the entries: Accueil, settings, registers, Catalogue, configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.specs.spec import (
    Column,
    Setting,
    SheetSpec,
    entry_sheets,
    register,
    screening_items,
    settings,
)
from carbon_workbook.workbook import catalogue
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build_book import Book, Sheet
from carbon_workbook.workbook.build_entry import cell_style, number_format, validation_rule
from carbon_workbook.workbook.build_screening import write_rankings
from carbon_workbook.workbook.data import WorkbookData
from carbon_workbook.workbook.registers import POSTS, completed
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
    (at.REVIEW, "Une page pour la direction"),
    (at.BEGES, "Tableau réglementaire, 22 postes"),
    (at.ISO, "Six catégories, gaz par gaz"),
    (at.GHGP, "Scopes 1, 2 et 15 catégories"),
    (at.ESRS, "Tableau des émissions brutes"),
    (at.BRIDGE, "Ponts entre les vues"),
    (at.ENERGY, "MWh par source et par origine"),
    (at.VSME, "Norme volontaire, noms de la taxonomie"),
    (at.FORM, "Champs de bilans-ges.ademe.fr"),
    (at.CHECKS, "Refus et alertes, avec leur cellule"),
    (at.JOURNAL, "Ce qui a changé, quand et pourquoi"),
    (at.USED, "Facteurs figés pour l'auditeur"),
    (at.CATALOGUE, "Tous les facteurs, avec recherche"),
)
SETUP_LINKS = (
    (at.COMPANY, "Identité, textes, entités"),
    (at.PERIMETER, "Années, méthode, postes retenus"),
    (at.SCREENING, "Ordres de grandeur avant la collecte"),
    (at.SITES, "Pays et contrôle de chaque site"),
    (at.OWN_FACTORS, "Facteurs de fournisseurs"),
    (at.HISTORY, "Année précédente et référence"),
    (at.PLAN, "Actions, directes et indirectes"),
    (at.TARGETS, "Trajectoires et échéances"),
)
WRAPPED_WIDTH = 40
SITE_ROWS, OWN_ROWS, ENTITY_ROWS, ACTION_ROWS, TARGET_ROWS = 20, 30, 12, 25, 12
SEARCH_ROWS = 15
TONNES = ("tCO2e", "tCO2")
INTRO_LINE, HELP_LINE, NOTE_LINE = 150, 75, 95
"""Characters that stand on one line; a longer text gets a higher row."""

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
        'IF(cw_raison_sociale="","Société à renseigner",cw_raison_sociale)'
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
        'IF(cw_annee="","À faire : renseigner la société, puis l\'année dans Périmètre.",'
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
        (at.COMPANY, "Identité, chiffre d'affaires, effectif, textes du rapport",
         done.format('cw_raison_sociale<>""'), "C5"),
        (at.PERIMETER, "Années, approche, catégories écartées avec leur motif", done.format('cw_annee<>""'), "C5"),
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
    for offset, (title, text) in enumerate(SETUP_LINKS, start=1):
        sheet.link(row + offset, 9, title, title, "link")
        sheet.put(row + offset, 10, text, "muted", text_wrap=False)
    row += len(SETUP_LINKS) + 2
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


def write_company(book: Book, data: WorkbookData) -> None:
    """Identity and texts of the report behind their defined names, then the consolidated entities."""
    sheet = _settings_sheet(
        book, at.COMPANY, "Société", 4, data.settings,
        "Qui déclare, et ce que les rapports disent en toutes lettres. Rien ici ne change un calcul, sauf les "
        "intensités. Un texte laissé vide devient « à compléter » dans le brouillon.",
    )  # fmt: skip
    place = at.registers()["entities"]
    _section(sheet, place.header - 2, "Entités consolidées", 4)
    sheet.put(place.header - 1, 1, "Les personnes morales que le bilan regroupe, la société déclarante comprise.",
              "muted", text_wrap=False)  # fmt: skip
    sheet.height(place.header, 22)
    _register_table(sheet, "entities", data.entities, place.header, len(data.entities) + ENTITY_ROWS)


def write_perimeter(book: Book, data: WorkbookData) -> None:
    """Years and method behind their defined names, then the screening of posts and categories."""
    sheet = _settings_sheet(
        book, at.PERIMETER, "Périmètre de l'inventaire", 7, data.settings,
        "Ce que l'inventaire couvre et selon quelles règles. Les réglages valent pour toutes les "
        "feuilles ; après un changement, actualiser.",
    )  # fmt: skip
    _screening(sheet, at.registers()["categories"].header, data.categories)


def _settings_sheet(
    book: Book, title: str, heading: str, last: int, values: Mapping[str, object], intro: str
) -> Sheet:
    """A sheet of settings, its columns those of the table that stands under them."""
    sheet = book.sheet(title, tab=TABS["setup"])
    sheet.widths((12, 47, 30, 62, 12, 13, 24)[:last])
    sheet.band(heading, last, home=last)
    sheet.merge(2, 1, last, intro, "intro")
    sheet.height(2, 32 if len(intro) > INTRO_LINE else 22)
    place = at.settings_layout(title)
    for group, row in place.groups.items():
        _section(sheet, row, group, last)
        sheet.height(row, 20)
    for setting in settings():
        if setting.sheet == title:
            _setting(sheet, setting, place.settings[setting.key], values)
    sheet.raw.freeze_panes(2, 0)
    return sheet


def _section(sheet: Sheet, row: int, text: str, last: int) -> None:
    for column in range(1, last + 1):
        sheet.put(row, column, text if column == 1 else "", "section")


def _setting(sheet: Sheet, setting: Setting, row: int, values: Mapping[str, object]) -> None:
    value = values.get(setting.key, setting.default)
    column = at.SETTING_VALUE
    sheet.put(row, at.SETTING_LABEL, setting.label + (" *" if setting.required else ""), "label")
    number = {"number": "whole", "percent": "percent", "year": "year"}.get(setting.type, "text")
    if setting.note:
        lines = 1 + len(str(value or "")) // NOTE_LINE
        sheet.height(row, 16 + 14 * lines)
        sheet.raw.merge_range(row - 1, column - 1, row - 1, 3, "", sheet.book.style("input_wrap", number))
        sheet.put(row, column, value, "input_wrap", number)
    else:
        sheet.put(row, column, value, "input", number, align="left")
        sheet.put(row, at.SETTING_HELP, setting.help, "muted")
        if len(setting.help) > HELP_LINE:
            sheet.height(row, 28)
    rule = validation_rule(Column(setting.key, setting.label, setting.type, list=setting.list))
    if rule:
        sheet.validate(row, column, row, {"ignore_blank": True, "error_type": "warning", **rule})
    sheet.book.name(setting.name, sheet.absolute(row, column))


def _screening(sheet: Sheet, header: int, chosen: Sequence[Mapping[str, object]]) -> None:
    _section(sheet, header - 2, "Postes et catégories retenus", 7)
    sheet.put(header - 1, 1, "Un poste direct (1.1 à 1.5) ne s'exclut pas. « Feuille affichée » à N masque la feuille "
              "de saisie si les macros sont actives (sinon, clic droit sur l'onglet, Masquer). L'estimation est écrite "
              "par Actualiser.", "muted", text_wrap=False)  # fmt: skip
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
    _register_table(sheet, "categories", rows, header, len(rows))


def write_registers(book: Book, data: WorkbookData) -> None:
    """Screening, sites and own factors."""
    sheet = _register_sheet(
        book, "screening", "Criblage : ordres de grandeur avant la collecte", completed("screening", data.screening),
        len(screening_items()) + at.SPARE_ROWS,
        "Une quinzaine de minutes : les grandes quantités de l'année, même approchées. Actualiser en tire une "
        "estimation par poste, dans Périmètre ; rien d'ici n'entre dans les totaux.",
    )  # fmt: skip
    write_rankings(sheet)
    _register_sheet(
        book, "sites", "Sites et implantations", data.sites, SITE_ROWS,
        "Un site apporte aux lignes son pays et ses deux contrôles (opérationnel, financier). Le code pays décide de "
        "ce qui est hors du territoire national.",
    )  # fmt: skip
    _register_sheet(
        book, "own_factors", "Facteurs propres", data.own_factors, OWN_ROWS,
        "Facteurs de fournisseurs, déclarations environnementales, mix résiduels : chacun avec son unité, sa source "
        "et son année. L'identifiant se tape tel quel dans les feuilles de saisie.",
    )  # fmt: skip


def write_plan(book: Book, data: WorkbookData) -> None:
    """Earlier years, actions and targets."""
    rows = completed("history", data.history)
    sheet = _register_sheet(
        book, "history", "Historique : année précédente et année de référence", rows, len(rows),
        "Seul le total de chaque ligne est à saisir ; les gaz, s'ils sont connus, se saisissent à côté. L'année d'une "
        "ligne est celle de son exercice, dans Périmètre ; écrite sur la ligne, elle l'emporte. Si les deux années "
        "sont la même, remplir les lignes N-1 seulement. Un total de 0 se saisit ; une case vide dit « inconnu ». "
        "Un classeur ancien s'importe : « carbon-workbook history ». Des lignes ESRS E1 ne s'ajoutent que si son "
        "approche diffère de celle du GHG Protocol.",
    )  # fmt: skip
    sheet.height(2, 46)
    sheet.raw.merge_range(2, 0, 2, 4, "", sheet.book.style("advice"))
    sheet.formula(3, 1, '"N-1 : "&IF(cw_annee_precedente="","à renseigner",cw_annee_precedente)&"   ·   '
                  'Référence : "&IF(cw_annee_reference="","à renseigner",cw_annee_reference)', "advice")  # fmt: skip
    plan = _register_sheet(
        book, "actions", "Plan de transition : actions et moyens", data.actions, ACTION_ROWS,
        "Une action par ligne, réalisée ou prévue. Le rapport présente à part les émissions directes et indirectes, et "
        "les réductions obtenues depuis le précédent bilan. Réductions en tCO2e par an, une fois l'action en place.",
    )  # fmt: skip
    plan.raw.fit_to_pages(2, 0)
    plan.raw.repeat_columns(0, 0)
    _register_sheet(
        book, "targets", "Objectifs de réduction", data.targets, TARGET_ROWS,
        "Un objectif par ligne et par échéance, en émissions brutes : ni retraits, ni crédits, ni émissions évitées. "
        "Sans émissions de référence, elles sont prises dans Historique.",
    )  # fmt: skip


def _register_sheet(
    book: Book, key: str, heading: str, rows: Sequence[Mapping[str, object]], minimum: int, intro: str
) -> Sheet:
    place, columns = at.registers()[key], register(key)
    sheet = book.sheet(place.sheet, tab=TABS["setup"])
    sheet.widths([column.width + 2 for column in columns])
    sheet.band(heading, len(columns), home=len(columns))
    sheet.merge(2, 1, len(columns), intro, "intro")
    sheet.height(2, 32)
    sheet.height(place.header, 44)
    for position, column in enumerate(columns, start=1):
        sheet.put(place.header - 1, position, _kind(column), "kind")
    _register_table(sheet, key, rows, place.header, max(minimum, len(rows) + at.SPARE_ROWS))
    sheet.raw.freeze_panes(place.header, 1)
    sheet.print_rows(place.header, place.header)
    return sheet


def _kind(column: Column) -> str:
    if column.prepared:
        return "préparé"
    return "obligatoire" if column.required else ""


def _register_table(
    sheet: Sheet, key: str, rows: Sequence[Mapping[str, object]], header: int, count: int
) -> None:
    columns = register(key)
    sheet.table(at.registers()[key].table, header, 1, [column.label for column in columns], count)
    for row in range(header + 1, header + count + 1):
        index = row - header - 1
        values: Mapping[str, object] = rows[index] if index < len(rows) else {}
        for position, column in enumerate(columns, start=1):
            value = values.get(column.key)
            wrapped = column.width >= WRAPPED_WIDTH and column.type == "text"
            style = "input_wrap" if wrapped else cell_style(column)
            number = "tonnes" if column.unit in TONNES else number_format(column)
            sheet.put(row, position, value, style, number)
            if isinstance(value, str) and wrapped and len(value) > column.width + 6:
                sheet.height(row, 27)
    for position, column in enumerate(columns, start=1):
        rule = validation_rule(column) if column.entered else {}
        if rule:
            rule.setdefault("validate", "any")
            options = {"ignore_blank": True, "error_type": "warning", **rule}
            if column.list == POSTS:
                options["show_error"] = False  # a code alone is read too
            sheet.validate(header + 1, position, header + count, options)


# --- Catalogue, configuration ----------------------------------------------------------------------------------

SEARCH_ROW = 4


def write_catalogue(book: Book) -> None:
    """Every shipped factor as a table to filter, under a search cell."""
    rows, columns = catalogue.catalogue_rows(load_catalogue().table), catalogue.COLUMNS
    sheet = book.sheet(at.CATALOGUE, tab=TABS["record"])
    sheet.widths([width + 1 for _, _, width, _ in columns])
    sheet.band("Catalogue des facteurs d'émission", 8, home=8)
    sheet.merge(2, 1, 8, catalogue.intro(len(rows)), "intro")
    sheet.height(2, 22)
    _search(sheet)
    header = SEARCH_ROW + SEARCH_ROWS + 3
    sheet.table(at.CATALOGUE_TABLE, header, 1, [label for _, label, _, _ in columns], len(rows))
    sheet.height(header, 32)
    for row, values in enumerate(rows, start=header + 1):
        for place, (value, (_, _, _, number)) in enumerate(zip(values, columns, strict=True), start=1):
            sheet.put(row, place, value, "row", number)
    sheet.raw.freeze_panes(0, 2)
    sheet.print_rows(header, header)
    sheet.print_area(header + len(rows), 9)
    sheet.protect()


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
