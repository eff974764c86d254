"""Where things stand in the workbook: one source for the builder, the reader and refresh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from carbon_workbook.factors.tables import ghgp_categories, posts
from carbon_workbook.inventory.posts import reasons
from carbon_workbook.inventory.views import ENERGY_PARTS, row_frame
from carbon_workbook.specs.spec import Setting, settings
from carbon_workbook.workbook import frozen_layout
from carbon_workbook.workbook.cells import cell_ref

HOME, COMPANY, PERIMETER, SITES, OWN_FACTORS = "Accueil", "Société", "Périmètre", "Sites", "Facteurs propres"
SCREENING, HISTORY, PLAN, TARGETS = "Criblage", "Historique", "Plan de transition", "Objectifs"
SETUP_SHEETS = (COMPANY, PERIMETER, SCREENING, SITES, OWN_FACTORS)
"""Before the entry sheets."""
PLAN_SHEETS = (HISTORY, PLAN, TARGETS)
"""After them."""
SUMMARY, BEGES, GHGP, ESRS, BRIDGE = "Synthèse", "BEGES", "GHG Protocol", "ESRS E1", "Réconciliation"
CHECKS, JOURNAL, USED, CATALOGUE = "Contrôles", "Journal", "Facteurs utilisés", "Catalogue"
FROZEN = "Facteurs figés"
LISTS, XLWINGS = "Listes", "xlwings.conf"
ENERGY, REVIEW, ISO = "Énergie", "Revue de direction", "ISO 14064-1"
VSME, FORM = "VSME B3-C3", "Feuille de saisie"
RESULT_SHEETS = (
    SUMMARY, REVIEW, BEGES, ISO, GHGP, ESRS, BRIDGE, ENERGY, VSME, FORM, CHECKS, JOURNAL, USED, FROZEN,
)  # fmt: skip
RESULT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        SUMMARY: "cw_feuille_synthese",
        REVIEW: "cw_feuille_revue",
        BEGES: "cw_feuille_beges",
        ISO: "cw_feuille_iso",
        GHGP: "cw_feuille_ghg_protocol",
        ESRS: "cw_feuille_esrs",
        BRIDGE: "cw_feuille_reconciliation",
        ENERGY: "cw_feuille_energie",
        VSME: "cw_feuille_vsme",
        FORM: "cw_feuille_saisie",
        CHECKS: "cw_feuille_controles",
        JOURNAL: "cw_feuille_journal",
        USED: "cw_feuille_facteurs",
        FROZEN: "cw_feuille_facteurs_figes",
    }
)
"""Defined name that follows each result sheet when its tab is renamed."""

SHEETS_SINCE: Mapping[str, int] = MappingProxyType(
    dict.fromkeys((COMPANY, SCREENING, *PLAN_SHEETS, ENERGY, REVIEW, ISO, VSME, FORM, FROZEN), 2)
)
"""Schema that brought a sheet, where it is not the first."""

SCHEMA = 2
SCHEMA_NAME, BASE_NAME = "cw_schema", "cw_base"

ENTRY_HEADER = 8
"""Row of the table header of every entry sheet."""
ENTRY_FIRST = ENTRY_HEADER + 1
MIN_ENTRY_ROWS, SPARE_ROWS = 30, 10

REGISTER_HEADER = 5
"""Row of the table header of a register that has a sheet of its own."""


def entry_rows(filled: int) -> int:
    """Rows that an entry table gets when ``filled`` of them are used."""
    return max(MIN_ENTRY_ROWS, filled + SPARE_ROWS)


def settings_formula() -> str:
    """The settings that decide the results, as one text made by the sheet."""
    chosen = (setting for setting in settings() if setting.key in DECISIVE_SETTINGS)
    return '&"|"&'.join(f'IF({one.name}="","{one.default or ""}",{one.name})' for one in chosen)


def settings_text(values: Mapping[str, object]) -> str:
    """The same text from the values that the engine used."""
    chosen = (values.get(setting.key) for setting in settings() if setting.key in DECISIVE_SETTINGS)
    return "|".join("" if value is None else str(value) for value in chosen)


def count_name(count: str, sheet: str) -> str:
    """Defined name of a native count of an entry sheet: ``cw_partiel_cat01``."""
    return f"cw_{count}_{sheet}"


SETTINGS_FIRST = 4
SETTING_LABEL, SETTING_VALUE, SETTING_HELP = 2, 3, 4


@dataclass(frozen=True, slots=True)
class SettingsLayout:
    """Rows of a sheet of settings: group headings, settings, and the header of the table under them."""

    groups: Mapping[str, int]
    settings: Mapping[str, int]
    table_header: int


@cache
def settings_layout(title: str) -> SettingsLayout:
    """Where each setting of a sheet stands (its value is in column ``SETTING_VALUE``)."""
    groups: dict[str, int] = {}
    rows: dict[str, int] = {}
    row = SETTINGS_FIRST
    for setting in settings():
        if setting.sheet != title:
            continue
        if setting.group not in groups:
            row += bool(groups)
            groups[setting.group] = row
            row += 1
        rows[setting.key] = row
        row += 1
    return SettingsLayout(MappingProxyType(groups), MappingProxyType(rows), row + 3)


def setting_place(setting: Setting) -> tuple[str, int, int]:
    """Sheet title, row and column of the value of a setting."""
    return setting.sheet, settings_layout(setting.sheet).settings[setting.key], SETTING_VALUE


@dataclass(frozen=True, slots=True)
class RegisterPlace:
    """Table of a register, the sheet and the header row that the template gives it; ``since``: its first schema."""

    table: str
    sheet: str
    header: int = REGISTER_HEADER
    since: int = 1


@cache
def registers() -> Mapping[str, RegisterPlace]:
    """Registers by name, in the order of their sheets."""
    return MappingProxyType(
        {
            "entities": RegisterPlace("tbl_entites", COMPANY, settings_layout(COMPANY).table_header, 2),
            "categories": RegisterPlace("tbl_categories", PERIMETER, settings_layout(PERIMETER).table_header),
            "screening": RegisterPlace("tbl_criblage", SCREENING, since=2),
            "sites": RegisterPlace("tbl_sites", SITES),
            "own_factors": RegisterPlace("tbl_facteurs_propres", OWN_FACTORS),
            "history": RegisterPlace("tbl_historique", HISTORY, since=2),
            "actions": RegisterPlace("tbl_actions", PLAN, since=2),
            "targets": RegisterPlace("tbl_objectifs", TARGETS, since=2),
        }
    )


@cache
def screening() -> tuple[tuple[str, str], ...]:
    """(code, label) of the 22 posts then of the 15 categories (``C1``…``C15``), rows of ``tbl_categories``."""
    table, categories = posts(), ghgp_categories()
    found = [(str(code), str(label)) for code, label in zip(table["post"], table["label"], strict=True)]
    found += [
        (f"C{code}", str(label))
        for code, label in zip(categories["category"], categories["label"], strict=True)
        if str(code).isdigit()
    ]
    return tuple(found)


_SHEET_CODES = {"Visiteurs et clients": "3.4", "Autres indirectes": "6.1"}


def sheet_code(title: str) -> str:
    """Screening code that shows or hides an entry sheet: ``C14 Franchises`` → ``C14``, ``2.1b …`` → ``2.1``."""
    return _SHEET_CODES.get(title) or title.split(" ")[0].rstrip("b")


CATALOGUE_TABLE = "tbl_catalogue"
MACRO_MARK = "macro:"
"""Description of a shape that runs a macro, before the package says so itself."""

# --- Result sheets -----------------------------------------------------------------------------------------------

STAMP_ROW = 3
"""Row of the sentence that says when and from what the values were written, on every result sheet (column A)."""

WAITING = "cw_refusees+cw_a_actualiser+cw_reglages_modifies"
"""Above zero, no total is final."""
SETTINGS_COLUMN = 16
"""Hidden column of the summary: the settings of the last computation, and whether they changed since."""
DECISIVE_SETTINGS = (
    "year", "approach", "approach_esrs", "contrails_beges", "losses_convention", "national_country",
    "activity_correlation",
)  # fmt: skip

SUMMARY_FIRST = 6
SUMMARY_TOTALS = (
    ("S1", "Scope 1"),
    ("S2", "Scope 2, par localisation"),
    ("S3", "Scope 3"),
    ("GHGP", "Total GHG Protocol, par localisation"),
    ("S2M", "Scope 2, par le marché"),
    ("GHGPM", "Total GHG Protocol, par le marché"),
    ("ESRS", "Total ESRS E1"),
    ("BEGES", "Total BEGES"),
    ("ISO", "Total ISO 14064-1"),
    ("REVENUE", "Intensité GHG Protocol (tCO2e par M€ de chiffre d'affaires)"),
    ("HEAD", "Intensité GHG Protocol (tCO2e par salarié)"),
)
SUMMARY_VALUE, SUMMARY_SHARE, SUMMARY_FINAL = 2, 3, 4
DATA_LEVELS = ("monétaire", "physique moyen", "intermédiaire", "fournisseur", "non précisé")
LEVELS_FIRST = SUMMARY_FIRST + len(SUMMARY_TOTALS) + 4
PARETO_FIRST = LEVELS_FIRST + len(DATA_LEVELS) + 4
PARETO_CODE = 5
PARETO_ROWS = 17
"""Scopes 1 and 2 and the 15 categories."""


def summary_row(key: str) -> int:
    """Row of a total of the summary sheet."""
    return SUMMARY_FIRST + [code for code, _ in SUMMARY_TOTALS].index(key)


SUMMARY_BEGES = f"$B${summary_row('BEGES')}"
SUMMARY_GHGP = f"$B${summary_row('GHGP')}"

GAS_COLUMNS = (
    ("co2_fossil", "CO2"),
    ("ch4", "CH4"),
    ("n2o", "N2O"),
    ("other_gases", "Autres gaz"),
    ("unsplit", "Non ventilé"),
    ("total", "Total"),
)

BEGES_FIRST = 7
BEGES_GAS, BEGES_SHARE, BEGES_BIOGENIC, BEGES_MARK, BEGES_V4, BEGES_GHGP = 3, 9, 10, 11, 12, 13
BEGES_HALF, BEGES_CLASS = 14, 15
BEGES_TOTAL = BEGES_GAS + 5
BEGES_LAST = 15
NOT_APPLICABLE = "n.a."
"""Uncertainty of a nil row."""
BEGES_MEMO = ("gaz_hors_sept", "territoire", "franchises", "immobilisations", "absorptions", "trainees")
CONTRAILS = "contrails"
"""Memo row of the contrails that the table holds."""

EARLIER_NAME = "cw_annees_anterieures"
"""Where the earlier years stand under BEGES. Without it, a workbook has those of ESRS E1 filled by hand."""
BEGES_PREVIOUS, BEGES_GAP, BEGES_CHANGE, BEGES_BASE_GAP, BEGES_BASE_CHANGE = 11, 12, 13, 14, 15

GHGP_FIRST = 6
GHGP_TOTAL, GHGP_SHARE, GHGP_RANGE, GHGP_REMARK, GHGP_GAS, GHGP_BIOGENIC = 3, 4, 5, 6, 7, 12
GHGP_HALF, GHGP_CLASS = 13, 14
GHGP_LAST = 14
GHGP_DOUBT_NAME = "cw_incertitude_ghgp"
"""Where the uncertainty of GHG Protocol stands. Without it, a workbook has none there."""
GHGP_MEMO = (
    ("visiteurs", "Visiteurs et clients, hors des 15 catégories"),
    ("autres", "Autres émissions indirectes, hors des 15 catégories"),
    ("gaz_hors_sept", "Gaz hors des sept (CFC, HCFC)"),
    ("trainees", "Traînées de condensation"),
    ("usage_indirect", "Utilisation indirecte des produits vendus, facultative"),
    ("sols", "Sols et forêts"),
    ("biogenic", "CO2 biogénique du scope 1"),
)
MARKET = "S2M"
TOTAL, TOTAL_MARKET = "T", "TM"

ESRS_FIRST = 7
ESRS_BASE, ESRS_PREVIOUS, ESRS_CURRENT, ESRS_CHANGE = 3, 4, 5, 6
ESRS_2030, ESRS_2050, ESRS_ANNUAL, ESRS_NOTE = 7, 8, 9, 10
ESRS_TYPED = ("ETS", "INT", "INTM")
"""Rows whose earlier years no register holds: they are typed in the table."""
ESRS_TARGETS = ("S1", "S2", "S2M", "S3", "T", "S12")
"""Rows whose targets the objectives give; those of the other rows are typed in the table."""

ESRS_OTHER_YEARS = (ESRS_BASE, ESRS_PREVIOUS, ESRS_2030, ESRS_2050, ESRS_ANNUAL)


def esrs_typed(code: str, column: int) -> bool:
    """Whether a cell of another year is the user's: no register holds what it shows."""
    return code in ESRS_TYPED or (column not in (ESRS_BASE, ESRS_PREVIOUS) and code not in ESRS_TARGETS)


BRIDGE_VIEWS = (
    ("beges", "BEGES"),
    ("iso", "ISO 14064-1"),
    ("ghgp", "GHG Protocol, localisation"),
    ("ghgp_market", "GHG Protocol, marché"),
    ("esrs", "ESRS E1"),
    ("esrs_market", "ESRS E1, marché"),
)
BRIDGE_FIRST = 6


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One row of a result table: its code, label and level (0 total, 1 post, 2 share of a post)."""

    row: int
    code: str
    label: str
    level: int


@cache
def beges_rows() -> tuple[ResultRow, ...]:
    """Rows of the regulatory table: categories with their subtotal, the 22 posts, the total."""
    return tuple(
        ResultRow(BEGES_FIRST + n, code, label, level)
        for n, (code, label, level, _) in enumerate(row_frame("beges"))
    )


def beges_memo() -> tuple[ResultRow, ...]:
    """What stands outside the regulatory table, under it."""
    first = beges_rows()[-1].row + 3
    rows = [(code, reasons()[code]) for code in BEGES_MEMO]
    rows.append((CONTRAILS, "Dans le total : traînées de condensation"))
    return tuple(ResultRow(first + n, code, label, 1) for n, (code, label) in enumerate(rows))


def beges_earlier_first() -> int:
    """Row of the band over the reference year and the comparison, under what stands outside the table."""
    return beges_memo()[-1].row + 3


@cache
def beges_earlier_rows() -> tuple[ResultRow, ...]:
    """Rows of the table of the reference year: those of the regulatory table without the shares of a post."""
    first = beges_earlier_first() + 4
    kept = [found for found in beges_rows() if found.level < 2]
    return tuple(ResultRow(first + n, found.code, found.label, found.level) for n, found in enumerate(kept))


@cache
def ghgp_rows() -> tuple[ResultRow, ...]:
    """Scopes 1 and 2 (location, market), scope 3 and its categories, both totals."""
    rows: list[tuple[str, str, int]] = []
    for code, label, level, _ in row_frame("ghgp"):
        if level > 1:
            continue
        rows.append((code, "Total, par localisation" if code == TOTAL else label, level))
        if code == "S2":
            rows[-1] = ("S2", f"{label}, par localisation", 0)
            rows.append((MARKET, f"{label}, par le marché", 0))
    rows.append((TOTAL_MARKET, "Total, par le marché", 0))
    return tuple(ResultRow(GHGP_FIRST + n, *row) for n, row in enumerate(rows))


def ghgp_total(sheet: str) -> str:
    """Where the GHG Protocol view shows the category of an entry sheet; ``""`` for a sheet that is no category."""
    code = sheet.removeprefix("cat").lstrip("0") if sheet.startswith("cat") else ""
    return next(
        (f"'{GHGP}'!{cell_ref(found.row, GHGP_TOTAL)}" for found in ghgp_rows() if found.code == code), ""
    )


def ghgp_memo() -> tuple[ResultRow, ...]:
    """Reported beside the scopes, never in them."""
    first = ghgp_rows()[-1].row + 3
    return tuple(ResultRow(first + n, code, label, 1) for n, (code, label) in enumerate(GHGP_MEMO))


def energy_parts() -> tuple[ResultRow, ...]:
    """Category 3 by part, under the memo items: what the lines of scopes 1 and 2 and the complement make it."""
    first = ghgp_memo()[-1].row + 3
    return tuple(ResultRow(first + n, code, label, 2) for n, (code, label) in enumerate(ENERGY_PARTS.items()))


@cache
def esrs_rows() -> tuple[ResultRow, ...]:
    """Rows of the E1 table of gross emissions, with the labels of the French taxonomy."""
    table = ghgp_categories()
    label = dict(zip(table["category"], table["esrs_label"], strict=True))
    rows: list[tuple[str, str, int]] = [
        ("S1", label["S1"], 0),
        ("ETS", "Part du scope 1 relevant de systèmes d'échange de quotas (%)", 1),
        ("S2", f"{label['S2']}, fondées sur la localisation", 0),
        (MARKET, f"{label['S2']}, fondées sur le marché", 0),
        ("S3", "Émissions brutes indirectes de GES de scope 3", 0),
    ]
    rows += [(str(n), label[str(n)], 1) for n in range(1, 16)]
    rows += [
        (TOTAL, "Émissions totales de GES, fondées sur la localisation", 0),
        (TOTAL_MARKET, "Émissions totales de GES, fondées sur le marché", 0),
        ("BIO", "Émissions biogéniques directes de CO2 (à part)", 1),
        ("INT", "Intensité : tCO2e par M€ de produit net, par localisation", 1),
        ("INTM", "Intensité : tCO2e par M€ de produit net, par le marché", 1),
    ]
    return tuple(ResultRow(ESRS_FIRST + n, *row) for n, row in enumerate(rows))


def esrs_combined() -> ResultRow:
    """Both scopes together, under the table: many objectives are theirs."""
    return ResultRow(
        esrs_rows()[-1].row + 1, "S12", "Scopes 1 et 2, par localisation (périmètre d'objectif)", 1
    )


def reason_rows() -> tuple[ResultRow, ...]:
    """Rows of the named adjustments in the table of views of Réconciliation."""
    return tuple(
        ResultRow(BRIDGE_FIRST + 1 + n, code, label, 1) for n, (code, label) in enumerate(reasons().items())
    )


def bridge_first() -> int:
    """Row of the starting total of the bridge from BEGES to GHG Protocol."""
    return BRIDGE_FIRST + len(reasons()) + 7


CHECKS_HEADER = JOURNAL_HEADER = USED_HEADER = 5
CHECKS_ROWS, JOURNAL_ROWS, USED_ROWS = 200, 60, 150

RESULT_TABLES: Mapping[str, tuple[tuple[str, float, str], ...]] = MappingProxyType(
    {
        "tbl_controles": (
            ("Gravité", 10, "text"),
            ("Code", 9, "text"),
            ("Feuille", 22, "text"),
            ("Cellule", 9, "text"),
            ("Ligne", 10, "text"),
            ("Message", 92, "text"),
            ("Remède", 72, "text"),
        ),
        "tbl_journal": (
            ("Date", 16, "moment"),
            ("Auteur", 18, "text"),
            ("Objet", 44, "text"),
            ("Ancien", 26, "text"),
            ("Nouveau", 26, "text"),
            ("Motif", 44, "text"),
        ),
        "tbl_facteurs_utilises": (
            ("Identifiant", 18, "text"),
            ("Libellé", 52, "text"),
            ("Unité", 14, "text"),
            ("Total publié", 12, "factor"),
            ("Somme des étapes", 12, "factor"),
            ("CO2 fossile", 11, "factor"),
            ("CH4 fossile", 11, "factor"),
            ("CH4 biogénique", 11, "factor"),
            ("N2O", 11, "factor"),
            ("Autres gaz", 11, "factor"),
            ("Non ventilé", 11, "factor"),
            ("CO2 biogénique", 11, "factor"),
            ("Source", 26, "text"),
            ("Version", 10, "text"),
            ("Licence", 20, "text"),
            ("Validité", 12, "text"),
            ("PRG", 9, "text"),
            ("Incertitude %", 11, "quantity"),
            ("Lignes", 8, "whole"),
            ("tCO2e", 13, "line"),
            ("Combustion", 11, "factor"),
            ("Amont", 11, "factor"),
            ("Pertes", 11, "factor"),
            ("Fabrication", 11, "factor"),
            ("Traînées", 11, "factor"),
            ("Usage", 11, "factor"),
            ("Autres étapes", 11, "factor"),
        ),
        frozen_layout.TABLE: frozen_layout.TABLE_COLUMNS,
    }
)
"""Columns (label, width, number format) of the result tables that grow."""
