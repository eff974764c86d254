"""What other people's forms ask: the facts and the template of the VSME, the fields of the BEGES platform."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carbon_workbook.cli.common import (
    EXISTING_FILE,
    FILE,
    OVERWRITE,
    WORKBOOK,
    evaluated,
    free,
    step,
    tell,
    write_text,
)
from carbon_workbook.messages import CodedError, message

if TYPE_CHECKING:
    from carbon_workbook.workbook.evaluate import Evaluation

NOTHING, REFUSED, SAME, LEFT, QUESTIONS = "CW-557", "CW-558", "CW-559", "CW-560", "CW-561"


@click.command()
@WORKBOOK
@click.option("--facts", "facts_file", metavar="FICHIER", type=FILE, help="Écrire les faits, en JSON.")
@click.option(
    "--modele", "template", metavar="MODÈLE", type=EXISTING_FILE, help="Le modèle VSME de l'EFRAG (.xlsx)."
)
@click.option("--vers", "copy", metavar="COPIE", type=FILE, help="La copie remplie du modèle.")
@OVERWRITE
def vsme(
    workbook: Path, facts_file: Path | None, template: Path | None, copy: Path | None, overwrite: bool
) -> None:
    """Écrire les valeurs VSME B3 et C3 : un fichier de faits, une copie remplie du modèle de l'EFRAG."""
    if (template is None) != (copy is None) or (facts_file is None and template is None):
        raise CodedError(NOTHING)
    for target in filter(None, (facts_file, copy)):
        free(target, overwrite)
    if template is not None and copy is not None and copy.exists() and copy.samefile(template):
        raise CodedError(SAME, path=copy)
    from carbon_workbook.workbook.origins import Figures
    from carbon_workbook.workbook.vsme_cells import vsme_values

    evaluation = evaluated(workbook)
    _tell_refused(evaluation)
    values = vsme_values(evaluation, Figures(evaluation.inventory, evaluation.views))
    if facts_file is not None:
        from carbon_workbook.audit.verify import seal_of
        from carbon_workbook.report.facts import facts, facts_json, years_of

        years = years_of(evaluation.inventory.year, values)
        found = facts(values, evaluation.inventory, seal_of(evaluation), years)
        write_text(facts_file, facts_json(found))
        click.echo(f"Écrit : {facts_file} ({len(found['facts'])} faits, {len(found['missing'])} sans valeur)")
    if template is not None and copy is not None:
        from carbon_workbook.workbook.efrag_template import fill_template
        from carbon_workbook.workbook.package import open_package

        step("remplissage de la copie du modèle")
        filled = fill_template(open_package(template), values)
        tell([*filled.notes, message(QUESTIONS)])
        _write_bytes(copy, filled.content)
        click.echo(f"Écrit : {copy} ({len(filled.written)} cellules)")


@click.command()
@WORKBOOK
@click.option("--vers", "target", metavar="FICHIER", required=True, type=FILE, help="Le fichier CSV.")
@OVERWRITE
def saisie(workbook: Path, target: Path, overwrite: bool) -> None:
    """Écrire la feuille de saisie du BEGES en CSV, dans l'ordre des colonnes de bilans-ges.ademe.fr."""
    free(target, overwrite)
    from carbon_workbook.report.entry_form import TODO, as_csv, entries, unread_headers
    from carbon_workbook.workbook.form_cells import form_inputs

    evaluation = evaluated(workbook)
    _tell_refused(evaluation)
    rows = entries(form_inputs(evaluation))
    missing = sum(row.state.startswith(TODO) for row in rows)
    write_text(target, as_csv(rows))
    tell([message(LEFT, missing=missing, count=unread_headers(), total=len(rows))])
    click.echo(f"Écrit : {target} ({len(rows)} colonnes)")


def _tell_refused(evaluation: Evaluation) -> None:
    if evaluation.refused:
        tell([message(REFUSED, count=evaluation.refused)])


def _write_bytes(target: Path, content: bytes) -> None:
    """Raises CodedError CW-704 when the file cannot be written."""
    try:
        target.write_bytes(content)
    except OSError as error:
        raise CodedError("CW-704", path=target, detail=error.strerror) from error


COMMANDS = (vsme, saisie)
