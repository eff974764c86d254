"""The life of a workbook: made, filled by a demonstration, checked, computed, refreshed, restored, carried over."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from carbon_workbook.cli.common import (
    EXISTING_FILE,
    FILE,
    FOLDER,
    NO_MACROS,
    OVERWRITE,
    WORKBOOK,
    evaluated,
    free,
    reported,
    step,
    tell,
    tell_summary,
    write_text,
)
from carbon_workbook.messages import CodedError
from carbon_workbook.resources import shipped


@click.command()
@click.argument("path", metavar="CHEMIN", type=FILE)
@NO_MACROS
@click.option(
    "--depuis",
    "--from",
    "previous",
    metavar="ANCIEN",
    type=EXISTING_FILE,
    help="Ouvrir l'année suivante de ce classeur : mêmes lignes, sans leurs quantités.",
)
@OVERWRITE
def new(path: Path, plain: bool, previous: Path | None, overwrite: bool) -> None:
    """Créer un classeur vide, ou l'année suivante d'un classeur rempli."""
    path = path.with_suffix(".xlsx" if plain else ".xlsm") if not path.suffix else path
    if path.suffix.lower() not in ((".xlsx",) if plain else (".xlsx", ".xlsm")):
        raise CodedError("CW-705", path=path, wanted=".xlsx" if plain else ".xlsm ou .xlsx")
    free(path, overwrite)
    configuration = {} if path.suffix.lower() == ".xlsx" else _configuration(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if previous is not None:
        from carbon_workbook.workbook.upgrade import open_next_year

        tell(open_next_year(previous, path))
    elif path.suffix.lower() == ".xlsx":
        _build(path, None, macros=False)
    else:
        shutil.copyfile(shipped("carbon_workbook.xlsm"), path)
    if configuration:
        from carbon_workbook.install.configuration import configure_workbook

        configure_workbook(path, configuration, os.environ)
    click.echo(f"Classeur créé : {path}")
    click.echo(
        "Ouvrez-le, remplissez Société, Périmètre, puis les feuilles de saisie, et lancez « refresh »."
    )


@click.command()
@click.argument("path", metavar="CHEMIN", default="carbon_workbook.xlsm", type=FILE)
def build(path: Path) -> None:
    """Construire le classeur à partir de ses sources (tables, VBA, ruban)."""
    _build(path, None, macros=path.suffix != ".xlsx")
    click.echo(f"Classeur construit : {path}")


@click.command()
@click.argument("folder", metavar="DOSSIER", default="demo", type=FOLDER)
@click.option("--avec-erreurs", is_flag=True, help="Le classeur où des erreurs sont semées, à part.")
@NO_MACROS
def demo(folder: Path, avec_erreurs: bool, plain: bool) -> None:
    """Une entreprise fictive : classeurs remplis de l'année et de N-1, actualisés, avec leurs rapports."""
    from carbon_workbook.demo.company import YEAR, demo_data
    from carbon_workbook.workbook.refresh import refresh as run

    folder.mkdir(parents=True, exist_ok=True)
    suffix = ".xlsx" if plain else ".xlsm"
    years = [YEAR] if avec_erreurs else [YEAR - 1, YEAR]
    for year in years:
        name = f"aeralpe_{year}{'_avec_erreurs' if avec_erreurs else ''}"
        path = folder / f"{name}{suffix}"
        click.echo(f"— {name}")
        _build(path, demo_data(year, avec_erreurs), macros=not plain)
        outcome = run(path, step)
        tell_summary(outcome.evaluation)
        before = folder / f"aeralpe_{year - 1}{suffix}"
        earlier = before if year - 1 in years else None
        reported(path, folder / f"rapports_{name}", overwrite=True, previous=earlier)
    click.echo(f"Terminé. Ouvrez {folder / f'{name}{suffix}'} et le dossier des rapports.")


@click.command()
@WORKBOOK
def refresh(workbook: Path) -> None:
    """Recalculer un classeur et y écrire ses résultats (fermez-le d'abord)."""
    from carbon_workbook.workbook.refresh import refresh as run

    outcome = run(workbook, step)
    tell_summary(outcome.evaluation)
    if outcome.backup is None:
        click.echo("Rien n'a changé : le classeur n'est pas réécrit.")
    else:
        click.echo(f"{outcome.written} cellules écrites. Sauvegarde : {outcome.backup}")


@click.command()
@WORKBOOK
@click.option(
    "--depuis",
    "backup",
    metavar="FICHIER",
    type=EXISTING_FILE,
    help="La sauvegarde à reprendre (la dernière sinon).",
)
def restore(workbook: Path, backup: Path | None) -> None:
    """Remettre la dernière sauvegarde d'un classeur."""
    from carbon_workbook.workbook.safe_write import restore as put_back

    click.echo(f"Classeur rétabli depuis {put_back(workbook, backup)}")


@click.command()
@WORKBOOK
def upgrade(workbook: Path) -> None:
    """Porter un classeur rempli dans le modèle d'aujourd'hui (sauvegardé d'abord)."""
    from carbon_workbook.workbook.upgrade import upgrade as carry

    done = carry(workbook)
    tell(done.left)
    click.echo(f"{done.rows} lignes reprises : {done.path}")
    if done.backup is None:
        click.echo(f"L'ancien classeur reste à sa place : {workbook}")
    else:
        click.echo(f"Sauvegarde : {done.backup}")


@click.command()
@WORKBOOK
def check(workbook: Path) -> None:
    """Contrôler un classeur sans l'écrire. Code de retour 1 si une ligne est refusée."""
    evaluation = evaluated(workbook)
    tell(evaluation.messages)
    tell_summary(evaluation)
    if evaluation.refused or any(note.refuses for note in evaluation.messages):
        sys.exit(1)


@click.command()
@WORKBOOK
@click.option(
    "--json", "target", metavar="FICHIER|-", required=True, help="Fichier à écrire, ou - pour l'écran."
)
@OVERWRITE
def compute(workbook: Path, target: str, overwrite: bool) -> None:
    """Calculer un classeur et donner tout en JSON : lignes, étapes, gaz, vues, ajustements, refus."""
    from carbon_workbook.inventory.export import as_data

    if target != "-":
        free(Path(target), overwrite)
    evaluation = evaluated(workbook, quiet=target == "-")
    data = as_data(evaluation.inventory, evaluation.views, evaluation.messages)
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False)
    if target == "-":
        click.echo(text)
        return
    write_text(Path(target), text + "\n")
    tell_summary(evaluation)


def _build(path: Path, data: Any, *, macros: bool) -> None:
    from carbon_workbook.workbook.build import build as make

    make(path, data=data, macros=macros)


def _configuration(path: Path) -> dict[str, str]:
    """Keys that link a new workbook to this user's installation; none without one. Raises CodedError CW-630."""
    from carbon_workbook.excel.command_line import dll_command_line
    from carbon_workbook.install.setup import installed, workbook_configuration

    found = installed()
    if found is None or not found.interpreter.lower().endswith(".exe"):
        return {}
    wanted = workbook_configuration(found)
    dll_command_line(wanted, str(path.resolve()), os.environ)
    return wanted


COMMANDS = (new, build, demo, refresh, restore, upgrade, check, compute)
