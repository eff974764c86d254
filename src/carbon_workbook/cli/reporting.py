"""The drafts of reports."""

from __future__ import annotations

from pathlib import Path

import click

from carbon_workbook.cli.common import (
    EXISTING_FILE,
    EXISTING_FOLDER,
    OVERWRITE,
    WORKBOOK,
    out_folder,
    reported,
)


@click.command()
@WORKBOOK
@out_folder("Dossier des documents.")
@click.option(
    "--modeles",
    "templates",
    metavar="DOSSIER",
    type=EXISTING_FOLDER,
    help="Dossier de vos propres modèles (beges.docx, beges.html.jinja, report.css…).",
)
@click.option(
    "--format",
    "forms",
    metavar="FORMES",
    default="docx,html",
    show_default=True,
    help="docx, html, pdf, séparés par des virgules ; le PDF demande LibreOffice.",
)
@click.option(
    "--langue",
    "language",
    type=click.Choice(["fr", "en"]),
    default="fr",
    show_default=True,
    help="Langue des documents.",
)
@click.option(
    "--precedent",
    "previous",
    metavar="CLASSEUR",
    type=EXISTING_FILE,
    help="Classeur de l'année précédente : sépare les effets d'activité, de facteur, de méthode et de périmètre.",
)
@click.option(
    "--definitif",
    "final",
    is_flag=True,
    help="Refuser d'écrire tant qu'un point manque : ligne refusée, poste à décider, exclusion sans motif…",
)
@OVERWRITE
def report(
    workbook: Path,
    folder: Path,
    templates: Path | None,
    forms: str,
    language: str,
    previous: Path | None,
    final: bool,
    overwrite: bool,
) -> None:
    """Rédiger les brouillons BEGES et ESRS E1 : document Word, page HTML, PDF."""
    chosen = [form.strip().lower() for form in forms.split(",") if form.strip()]
    for path in reported(
        workbook,
        folder,
        overwrite=overwrite,
        templates=templates,
        forms=chosen,
        language=language,
        final=final,
        previous=previous,
    ):
        click.echo(f"Écrit : {path}")


COMMANDS = (report,)
