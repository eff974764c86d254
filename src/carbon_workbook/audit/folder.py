"""The verification folder: what an auditor needs, as one Excel file, the same as CSV, and a page that says what."""

from __future__ import annotations

import csv
import datetime as dt
import math
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from carbon_workbook import __version__
from carbon_workbook.audit import evidence as pieces
from carbon_workbook.audit.sample import RATE, USUAL, checks, sample
from carbon_workbook.audit.seal import Seal
from carbon_workbook.audit.trace import entry_cells
from carbon_workbook.audit.verify import seal_of
from carbon_workbook.inventory.energy import NATURE_LABELS, energy, sources
from carbon_workbook.inventory.gases import COLUMNS
from carbon_workbook.inventory.iso import REMOVALS, direct_gases
from carbon_workbook.inventory.posts import reasons
from carbon_workbook.inventory.views import line_posts
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.resources import packaged
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.build_book import Book, Sheet
from carbon_workbook.workbook.evaluate import Evaluation
from carbon_workbook.workbook.iso_layout import GASES, VIEW
from carbon_workbook.workbook.package import read_sheet, read_table
from carbon_workbook.workbook.read import result_title
from carbon_workbook.workbook.refresh import line_values
from carbon_workbook.workbook.results import used_rows
from carbon_workbook.workbook.style import TABS

EXISTS, NOT_WRITTEN, UNUSUAL_RATE = "CW-833", "CW-834", "CW-835"
WORKBOOK, PAGE = "dossier_verification.xlsx", "LISEZMOI.md"
FIRST_ROW = 4
"""Row of the header of each table."""

GAS_LABELS = (
    "CO2 fossile (kg)", "CH4 fossile (kgCO2e)", "CH4 biogénique (kgCO2e)", "N2O (kgCO2e)", "Autres gaz (kgCO2e)",
    "Non ventilé (kgCO2e)", "CO2 biogénique, à part (kg)",
)  # fmt: skip
NO_EVIDENCE = "sans pièce"
SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet read a text as a formula."""

Row = Sequence[object]


@dataclass(frozen=True)
class Column:
    """A column of a table: title, width in characters, number format; ``typed``: left to the auditor."""

    label: str
    width: float = 14
    number: str = ""
    typed: bool = False


@dataclass(frozen=True)
class Table:
    """One sheet of the Excel file and one CSV. ``intro`` says what it holds."""

    key: str
    title: str
    intro: str
    columns: tuple[Column, ...]
    rows: list[Row]


@dataclass(frozen=True)
class Request:
    """What to put into the folder. ``rate`` and ``seed`` of the sample, ``proofs`` the folder of evidence files,
    ``months`` how long they are kept, ``on`` the day from which."""

    rate: float = RATE
    seed: int = 1
    proofs: Path | None = None
    months: int = pieces.RETENTION
    on: dt.date | None = None


def write_folder(
    evaluation: Evaluation, folder: Path, request: Request
) -> tuple[list[Table], tuple[Message, ...]]:
    """Write the verification folder, whole or not at all; gives its tables and what to know of it.

    Raises CodedError: CW-833 the folder exists and is not empty, CW-834 it cannot be written, CW-830 to CW-832 a rate
    or a folder of evidence that cannot be used.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CodedError(EXISTS, path=str(folder))
    tables = make_tables(evaluation, request)
    page = _page(evaluation, tables, request, seal_of(evaluation))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as draft:
            made = Path(draft) / folder.name
            made.mkdir()
            _write_workbook(made / WORKBOOK, tables)
            for table in tables:
                _write_csv(made / f"{table.key}.csv", [c.label for c in table.columns], table.rows)
            (made / PAGE).write_text(page, encoding="utf-8", newline="\n")
            if folder.exists():
                folder.rmdir()
            shutil.move(made, folder)
    except OSError as error:
        raise CodedError(NOT_WRITTEN, path=str(folder), detail=str(error.strerror)) from error
    low, high = USUAL
    usual = low <= request.rate <= high
    return tables, () if usual else (message(UNUSUAL_RATE, rate=f"{100 * request.rate:g} %"),)


def make_tables(evaluation: Evaluation, request: Request) -> list[Table]:
    """Sample, lines, factors, views, direct gases, energy, adjustments, evidence, refusals, journal."""
    lines = evaluation.inventory.counted
    texts = (
        lines["evidence"].astype(str).str.strip() if "evidence" in lines else pd.Series("", index=lines.index)
    )
    cited = [(str(i), text) for i, text in zip(lines["line_id"], texts, strict=True) if text]
    register = pieces.evidence(cited, request.proofs, request.on or dt.date.today(), request.months)
    states: dict[str, str] = {}
    for piece in register:
        for line in piece.lines:
            if states.get(line) != pieces.CITED_ONLY:
                states[line] = piece.state
    detail = _lines(evaluation, states)
    return [
        _sample(evaluation, detail, request),
        detail,
        _factors(evaluation),
        _views(evaluation),
        _iso(evaluation),
        _energy(evaluation),
        _adjustments(evaluation),
        _evidence(register, request.months),
        _without_evidence(detail),
        _refused(evaluation),
        _journal(evaluation),
    ]


_LINE_COLUMNS = (
    Column("Ligne", 10), Column("Feuille", 22), Column("Rang", 7, "whole"), Column("Cellule", 9),
    Column("Libellé", 44), Column("Site", 18), Column("Pays", 7), Column("Méthode", 22),
    Column("Niveau de donnée", 16), Column("Nature", 12), Column("Début", 11), Column("Fin", 11),
    Column("Activité", 14, "quantity"), Column("Unité", 14), Column("Facteur", 18), Column("Libellé du facteur", 44),
    Column("Source", 22), Column("Version", 10), Column("Valeur (kgCO2e par unité)", 14, "factor"),
    Column("Unité du facteur", 14), Column("Quantité dans cette unité", 14, "quantity"), Column("Conversion", 44),
    Column("Émissions (kgCO2e)", 15, "line"), *(Column(label, 13, "line") for label in GAS_LABELS),
    Column("Postes BEGES", 13), Column("Postes GHG Protocol", 13), Column("Incertitude ±", 11, "percent"),
    Column("Hypothèse", 40), Column("Pièce justificative", 30), Column("État de la pièce", 16),
    Column("Responsable", 18), Column("Remarques", 20),
)  # fmt: skip
_AT = {column.label: place for place, column in enumerate(_LINE_COLUMNS)}


def _lines(evaluation: Evaluation, states: dict[str, str]) -> Table:
    inventory = evaluation.inventory
    lines, block = inventory.lines, inventory.block
    table, totals = inventory.catalogue.table, block.arrays.totals
    conversion = line_values(evaluation)["conversion"]
    posts = [line_posts(inventory, name) for name in ("beges", "ghgp")]
    used = np.unique(block.factor[block.counted])
    described = {
        int(factor): (*(table[key].iloc[factor] for key in ("label", "source", "version")), float(totals[factor]),
                      table["unit"].iloc[factor])
        for factor in used if factor >= 0
    }  # fmt: skip
    codes = _codes(evaluation)
    counted = np.flatnonzero(block.counted)
    chosen = lines.iloc[counted]
    rows: list[Row] = []
    for position, line, cell in zip(
        counted.tolist(), chosen.to_dict("records"), entry_cells(evaluation.content, chosen), strict=True
    ):
        factor, name = int(block.factor[position]), str(line["line_id"])
        known = factor in described
        rows.append(
            (
                name, line["title"], int(line["row"]), cell,
                *(line.get(key) for key in ("label", "site", "country", "method", "data_level", "data_nature")),
                line.get("period_start"), line.get("period_end"), line["activity"], line["activity_unit"],
                *((table.index[factor], *described[factor]) if known else ("",) * 6),
                line["quantity"] if known else None, conversion[position], line["total_kg"],
                *(line[gas] for gas in COLUMNS), *(found[position] for found in posts),
                line.get("uncertainty_pct"), line.get("assumption"), line.get("evidence"),
                states.get(name, NO_EVIDENCE), line.get("owner"),
                ", ".join(codes.get((str(line["title"]), int(line["row"])), ())),
            )
        )  # fmt: skip
    intro = "Une ligne par ligne comptée : ce qui est saisi, le facteur, la conversion et les émissions, en kgCO2e."
    return Table("lignes", "Lignes", intro, _LINE_COLUMNS, rows)


def _codes(evaluation: Evaluation) -> dict[tuple[str, int], list[str]]:
    """Codes of the messages of each row, by sheet and row."""
    found: dict[tuple[str, int], list[str]] = {}
    for note in evaluation.messages:
        digits = note.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        if digits.isdigit():
            codes = found.setdefault((note.sheet, int(digits)), [])
            if note.code not in codes:
                codes.append(note.code)
    return found


_COPIED = (
    "Ligne", "Feuille", "Cellule", "Libellé", "Site", "Émissions (kgCO2e)", "Facteur", "Conversion",
    "Pièce justificative", "État de la pièce", "Remarques",
)  # fmt: skip


def _sample(evaluation: Evaluation, detail: Table, request: Request) -> Table:
    kg = pd.Series([row[_AT["Émissions (kgCO2e)"]] for row in detail.rows], dtype=float)
    ids = pd.Series([row[0] for row in detail.rows], dtype=object)
    drawn = sample(ids, kg, request.rate, request.seed)
    whole = float(kg.abs().sum())
    questions = checks()
    rows: list[Row] = []
    for number, found in enumerate(drawn.to_dict("records"), start=1):
        line, size = detail.rows[int(found["position"])], abs(float(found["kg"]))
        copied = (line[_AT[label]] for label in _COPIED)
        answers = [None] * (len(questions) + 1)
        share = size / whole if whole else None
        rows.append((number, found["how"], found["probability"], share, *copied, *answers))
    columns = (
        Column("N°", 6, "whole"), Column("Tirage", 10), Column("Probabilité", 11, "percent"),
        Column("Part des émissions", 11, "percent"), *(_LINE_COLUMNS[_AT[label]] for label in _COPIED),
        *(Column(f"{question} ?", 12, typed=True) for question, _ in questions), Column("Constat", 50, typed=True),
    )  # fmt: skip
    intro = (
        f"{len(rows)} lignes sur {len(detail.rows)}, tirées selon leurs émissions (graine {request.seed}). "
        "À remplir : oui, non ou sans objet sous chaque question, puis le constat."
    )
    return Table("echantillon", "Échantillon", intro, columns, rows)


def _factors(evaluation: Evaluation) -> Table:
    columns = tuple(Column(*column) for column in at.RESULT_TABLES["tbl_facteurs_utilises"])
    intro = "Les facteurs tels qu'ils ont servi, du plus lourd au plus léger, en kgCO2e par unité."
    return Table("facteurs", "Facteurs", intro, columns, list(used_rows(evaluation.inventory)))


APART_LABELS = {
    "contrails": "Dans le total : traînées (tCO2e)",
    "contrails_out": "Hors du total : traînées (tCO2e)",
    "outside_seven": "Hors du total : gaz hors des sept (tCO2e)",
    "removals": "Hors du total : absorptions (tCO2e)",
}


def _views(evaluation: Evaluation) -> Table:
    names = dict(at.BRIDGE_VIEWS)
    rows: list[Row] = []
    blank = [None] * (len(COLUMNS) + len(APART_LABELS))
    for name, view in evaluation.views.items():
        label = names.get(name, name)
        for row, apart in zip(view.rows.to_dict("records"), view.apart.to_dict("records"), strict=True):
            values = (row[key] / 1000.0 for key in ("total", *COLUMNS))
            beside = (apart[key] / 1000.0 for key in APART_LABELS)
            rows.append((label, row["code"], row["label"], f"niveau {row['level']}", *values, *beside))
        for reason, text, kg in view.adjustments.itertuples(index=False):
            rows.append((label, reason, text, "ajustement", kg / 1000.0, *blank))
        rows.append((label, "", "Somme des lignes", "contrôle", view.lines_kg / 1000.0, *blank))
    gases = (label.replace("kg", "t") for label in GAS_LABELS)
    columns = (
        Column("Vue", 26), Column("Code", 18), Column("Libellé", 60), Column("Nature", 12),
        Column("Total (tCO2e)", 14, "line"),
        *(Column(label, 13, "line") for label in (*gases, *APART_LABELS.values())),
    )  # fmt: skip
    intro = "Chaque vue en entier, en tCO2e : total de la vue + ajustements = somme des lignes."
    return Table("vues", "Vues", intro, columns, rows)


def _iso(evaluation: Evaluation) -> Table:
    """Category 1 of the view ISO 14064-1 gas by gas."""
    gases = (*GASES, (REMOVALS, "Absorptions (hors du total)"))
    found = direct_gases(evaluation.inventory, evaluation.views[VIEW])
    rows: list[Row] = [
        (row["code"], row["label"], *(row[gas] / 1000.0 for gas, _ in gases))
        for row in found.to_dict("records")
    ]
    columns = (Column("Code", 8), Column("Catégorie", 60), *(Column(label, 13, "line") for _, label in gases))
    intro = "Émissions directes de la vue ISO 14064-1 gaz par gaz, en tCO2e (CO2 biogénique en t)."
    return Table("iso_directes", "ISO directes", intro, columns, rows)


def _energy(evaluation: Evaluation) -> Table:
    """One row a line and origin; a line whose energy is not known has its emissions and no energy."""
    inventory = evaluation.inventory
    found = energy(inventory, evaluation.views["ghgp"])
    lines, rows = inventory.lines, list[Row]()
    for line, source, nature, mwh, by_market in found.cells.itertuples(index=False):
        place = [str(lines[key].iloc[line]) for key in ("line_id", "title", "label")]
        rows.append((*place, sources()[source][1], NATURE_LABELS[nature], mwh, by_market, None))
    for line, kg in found.missing.itertuples(index=False):
        place = [str(lines[key].iloc[line]) for key in ("line_id", "title", "label")]
        rows.append((*place, "énergie non calculée", "", None, None, kg / 1000.0))
    columns = (
        Column("Ligne", 10), Column("Feuille", 22), Column("Libellé", 50), Column("Source", 44),
        Column("Origine", 14), Column("MWh PCI, localisation", 14, "line"), Column("MWh PCI, marché", 14, "line"),
        Column("tCO2e des scopes 1 et 2, sans énergie", 14, "line"),
    )  # fmt: skip
    intro = "L'énergie de chaque ligne contrôlée des scopes 1 et 2, par source et par origine, en MWh PCI."
    return Table("energie", "Énergie", intro, columns, rows)


def _adjustments(evaluation: Evaluation) -> Table:
    lines, names, labels = evaluation.inventory.lines, dict(at.BRIDGE_VIEWS), reasons()
    rows: list[Row] = []
    for name, view in evaluation.views.items():
        sums = view.details.groupby(["reason", "line"], sort=False)["kg"].sum().reset_index()
        places = lines.iloc[sums["line"]]
        rows += [
            (names.get(name, name), labels[reason], str(line), title, int(row), label, kg)
            for reason, line, title, row, label, kg in zip(
                sums["reason"],
                *(places[key] for key in ("line_id", "title", "row", "label")),
                sums["kg"],
                strict=True,
            )
        ]
    columns = (
        Column("Vue", 26), Column("Ajustement", 60), Column("Ligne", 10), Column("Feuille", 22),
        Column("Rang", 7, "whole"), Column("Libellé", 44), Column("kgCO2e", 15, "line"),
    )  # fmt: skip
    intro = "Ce que chaque vue écarte ou compte autrement, ligne par ligne."
    return Table("ajustements", "Ajustements", intro, columns, rows)


def _evidence(register: list[pieces.Piece], months: int) -> Table:
    rows: list[Row] = [
        (p.name, p.state, p.sha256, p.size, p.keep_until, p.advised_until, len(p.lines), ", ".join(p.lines))
        for p in register
    ]
    columns = (
        Column("Pièce", 50), Column("État", 20), Column("SHA-256", 66), Column("Octets", 12, "whole"),
        Column(f"À conserver jusqu'au ({months} mois)", 16), Column(f"Conseillé ({pieces.ADVISED} mois)", 16),
        Column("Lignes", 8, "whole"), Column("Citée par", 50),
    )  # fmt: skip
    intro = "Registre des preuves : les fichiers fournis avec leur empreinte, et les pièces seulement citées."
    return Table("preuves", "Preuves", intro, columns, rows)


def _without_evidence(detail: Table) -> Table:
    kept = ("Ligne", "Feuille", "Cellule", "Libellé", "Site", "Émissions (kgCO2e)", "Responsable")
    rows: list[Row] = [
        tuple(row[_AT[label]] for label in kept)
        for row in detail.rows
        if row[_AT["État de la pièce"]] == NO_EVIDENCE
    ]
    columns = tuple(_LINE_COLUMNS[_AT[label]] for label in kept)
    return Table("sans_piece", "Sans pièce", "Lignes comptées qui ne citent aucune pièce.", columns, rows)


def _refused(evaluation: Evaluation) -> Table:
    told: dict[tuple[str, int], str] = {}
    for note in evaluation.messages:
        digits = note.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        if note.refuses and digits.isdigit():
            told.setdefault((note.sheet, int(digits)), f"{note.sentence} {note.remedy}".strip())
    refused = evaluation.inventory.refused
    rows: list[Row] = [
        (str(i), title, int(row), label, code, told.get((str(title), int(row)), ""))
        for i, title, row, label, code in zip(
            *(refused[key] for key in ("line_id", "title", "row", "label", "code")), strict=True
        )
    ]
    columns = (
        Column("Ligne", 10), Column("Feuille", 22), Column("Rang", 7, "whole"), Column("Libellé", 44),
        Column("Code", 9), Column("Message", 100),
    )  # fmt: skip
    return Table("refus", "Refus", "Lignes saisies et non comptées, avec la raison.", columns, rows)


def _journal(evaluation: Evaluation) -> Table:
    package = evaluation.content.package
    data = read_table(package, "tbl_journal", read_sheet(package, result_title(package, at.JOURNAL)))
    columns = tuple(Column(*column) for column in at.RESULT_TABLES["tbl_journal"])
    places = [data.columns.index(c.label) if c.label in data.columns else -1 for c in columns]
    rows: list[Row] = [
        tuple(row[place] if place >= 0 else None for place in places)
        for _, row in (*data.rows, *data.below)
        if any(value not in (None, "") for value in row)
    ]
    return Table(
        "journal", "Journal", "Ce que chaque actualisation a changé, tel que dans le classeur.", columns, rows
    )


# --- Files ---------------------------------------------------------------------------------------------------------


def _write_workbook(path: Path, tables: Sequence[Table]) -> None:
    book = Book(path, macros=False)
    for table in tables:
        _write_sheet(book.sheet(table.title, tab=TABS["record"]), table)
    book.close()


def _write_sheet(sheet: Sheet, table: Table) -> None:
    sheet.widths([column.width for column in table.columns])
    sheet.band(table.title, len(table.columns))
    sheet.put(2, 1, table.intro, "legend")
    rows = max(1, len(table.rows))
    sheet.table(f"tbl_{table.key}", FIRST_ROW, 1, [column.label for column in table.columns], rows)
    sheet.height(FIRST_ROW, 32)
    for number, row in enumerate(table.rows, start=FIRST_ROW + 1):
        for place, (column, value) in enumerate(zip(table.columns, row, strict=True), start=1):
            style = "input" if column.typed else "row" if column.number else "row_indent"
            sheet.put(number, place, plain(value), style, column.number)
    if table.key == "echantillon":
        answers: dict[str, object] = {
            "validate": "list",
            "source": ["oui", "non", "sans objet"],
            "error_type": "warning",
        }
        for place, (question, help_text) in enumerate(checks(), start=len(table.columns) - len(checks())):
            options = {**answers, "input_title": question, "input_message": help_text}
            sheet.validate(FIRST_ROW + 1, place, FIRST_ROW + rows, options)
    sheet.raw.freeze_panes(FIRST_ROW, 0)
    sheet.print_rows(FIRST_ROW, FIRST_ROW)


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """A data frame as CSV, its texts harmless in a spreadsheet. Raises CodedError CW-834."""
    try:
        _write_csv(path, [str(name) for name in frame.columns], frame.itertuples(index=False))
    except OSError as error:
        raise CodedError(NOT_WRITTEN, path=str(path), detail=str(error.strerror)) from error


def _write_csv(path: Path, labels: Sequence[str], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow(labels)
        writer.writerows([csv_cell(value) for value in row] for row in rows)


def plain(value: object) -> object:
    """A value that a cell holds: NaN and NaT are None, arrays' scalars are Python's, the rest is a text."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if isinstance(value, (int, float, str, dt.date)) else str(value)


def csv_cell(value: object) -> object:
    """A value for a CSV: numbers as they are, dates in ISO, an apostrophe before a text that looks like a formula."""
    value = plain(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(SIGNS):
        return f"'{value}"
    return "" if value is None else value


def _page(evaluation: Evaluation, tables: Sequence[Table], request: Request, seal: Seal) -> str:
    inventory, content = evaluation.inventory, evaluation.content
    path = content.package.path
    return (
        (packaged("audit") / "lisezmoi.md")
        .read_text(encoding="utf-8")
        .format(
            company=content.settings.get("company_name") or "(organisation à compléter)",
            year=inventory.year or "(à compléter)",
            workbook=path.name if path else "",
            workbook_hash=content.package.hash,
            on=f"{request.on or dt.date.today():%d/%m/%Y}",
            software=__version__,
            catalogue=inventory.catalogue.version,
            inputs=seal.inputs,
            factors=seal.factors,
            entered=len(inventory.lines),
            counted=len(inventory.counted),
            refused=evaluation.refused,
            proofs="fichiers fournis"
            if request.proofs
            else "aucun fichier fourni, les pièces citées sont listées",
            file=WORKBOOK,
            tables="\n".join(f"| `{t.key}.csv` | {t.title} | {len(t.rows)} | {t.intro} |" for t in tables),
            rate=f"{100 * request.rate:g}",
            seed=request.seed,
            questions="\n".join(f"- **{question}** : {text}" for question, text in checks()),
        )
    )
