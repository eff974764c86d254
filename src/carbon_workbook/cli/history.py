"""Earlier years: what an older workbook computes, written into Historique."""

from __future__ import annotations

from pathlib import Path

import click

from carbon_workbook.cli.common import EXISTING_FILE, OVERWRITE, WORKBOOK, step, tell


@click.command()
@WORKBOOK
@click.option(
    "--depuis",
    "--from",
    "old",
    metavar="ANCIEN",
    required=True,
    type=EXISTING_FILE,
    help="Le classeur de l'année à reprendre.",
)
@click.option(
    "--year-role",
    "--exercice",
    "role",
    type=click.Choice(["N-1", "référence"]),
    help="L'exercice que cette année doit avoir ; sinon celui que Périmètre lui donne.",
)
@OVERWRITE
def history(workbook: Path, old: Path, role: str | None, overwrite: bool) -> None:
    """Reprendre dans Historique les totaux d'un classeur ancien, calculés avec ses propres facteurs.

    Le classeur est sauvegardé d'abord, l'import est noté au Journal.
    """
    from carbon_workbook.workbook.history import import_history

    done = import_history(workbook, old, role, overwrite=overwrite, progress=step)
    tell(done.notes)
    click.echo(f"{done.rows} lignes de {done.year} ({done.role}) écrites dans Historique.")
    click.echo(f"Sauvegarde : {done.backup}")
    click.echo("Lancez « refresh » pour que les feuilles de résultat les comparent.")


COMMANDS = (history,)
