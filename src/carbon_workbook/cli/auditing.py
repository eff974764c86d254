"""Where a result comes from, whether a report still stands, and the folder for a verifier."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from carbon_workbook.cli.common import (
    EXISTING_FILE,
    FILE,
    FOLDER,
    OVERWRITE,
    WORKBOOK,
    evaluated,
    free,
    out_folder,
    tell,
)
from carbon_workbook.numbers import parse_percent

TOLD = 20
"""Messages of one code that a verification shows."""


@click.command()
@WORKBOOK
@click.option(
    "--cellule", "--cell", "cell", metavar="CELLULE", required=True, help="Par exemple « BEGES!H8 »."
)
@click.option(
    "--lignes", "limit", metavar="NOMBRE", default=30, show_default=True, help="Nombre de lignes détaillées."
)
@click.option("--csv", "target", metavar="FICHIER", type=FILE, help="Écrire toutes les lignes dans un CSV.")
@OVERWRITE
def trace(workbook: Path, cell: str, limit: int, target: Path | None, overwrite: bool) -> None:
    """D'où vient un résultat : ses lignes, leur part, leur facteur, leur conversion et leur cellule de saisie."""
    from carbon_workbook.audit.folder import write_frame
    from carbon_workbook.audit.told import told_trace, traced_table
    from carbon_workbook.audit.trace import trace as follow

    if target is not None:
        free(target, overwrite)
    found = follow(evaluated(workbook), cell)
    for line in told_trace(found, limit):
        click.echo(line)
    tell(found.notes)
    if target is not None:
        write_frame(target, traced_table(found))
        click.echo(f"Écrit : {target}")


@click.command()
@WORKBOOK
@click.argument("report", metavar="RAPPORT", type=EXISTING_FILE)
def verify(workbook: Path, report: Path) -> None:
    """Dire si un rapport correspond encore au classeur, et sinon ce qui a changé. Code de retour 1 si non."""
    from carbon_workbook.audit.verify import verify as compare

    verdict = compare(evaluated(workbook), report)
    told: Counter[str] = Counter()
    for note in verdict.messages:
        told[note.code] += 1
        if told[note.code] <= TOLD:
            tell([note])
    for code, count in told.items():
        if count > TOLD:
            click.echo(f"  … et {count - TOLD} autres {code}")
    if not verdict.matches:
        sys.exit(1)


@click.command()
@WORKBOOK
@out_folder("Dossier à créer.")
@click.option(
    "--echantillon",
    "--sample",
    "rate",
    metavar="PART",
    default="15%",
    show_default=True,
    help="Part des lignes à tirer.",
)
@click.option(
    "--graine",
    "--seed",
    "seed",
    metavar="NOMBRE",
    default=1,
    show_default=True,
    help="Même graine, même échantillon.",
)
@click.option(
    "--preuves", "proofs", metavar="DOSSIER", type=FOLDER, help="Dossier des pièces justificatives."
)
@click.option(
    "--conservation",
    "months",
    metavar="MOIS",
    default=24,
    show_default=True,
    type=click.IntRange(1, 600),
    help="Durée de conservation des pièces (48 conseillés).",
)
def audit(workbook: Path, folder: Path, rate: str, seed: int, proofs: Path | None, months: int) -> None:
    """Préparer un dossier de vérification : échantillon, lignes, facteurs, vues, preuves, journal."""
    from carbon_workbook.audit.folder import Request, write_folder

    request = Request(parse_percent(rate), seed, proofs, months)
    tables, notes = write_folder(evaluated(workbook), folder, request)
    for table in tables:
        click.echo(f"  {table.title:<14} {len(table.rows):>7} lignes")
    tell(notes)
    click.echo(f"Dossier écrit : {folder}")


COMMANDS = (trace, verify, audit)
