"""The installation for one user, and what the machine allows."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from carbon_workbook.cli.common import EXISTING_FOLDER, FOLDER, tell

HOME = click.option(
    "--dossier",
    "home",
    metavar="DOSSIER",
    type=FOLDER,
    help="Dossier de l'installation (le dossier privé de l'utilisateur sinon).",
)


@click.command()
@click.option(
    "--depuis",
    "bundle",
    metavar="PAQUETS",
    type=EXISTING_FOLDER,
    help="Dossier de paquets .whl : installation sans réseau.",
)
@HOME
def setup(bundle: Path | None, home: Path | None) -> None:
    """Installer le moteur pour cet utilisateur, sans droits d'administrateur."""
    from carbon_workbook.install.setup import LAUNCHER, default_home
    from carbon_workbook.install.setup import setup as install

    found, notes = install(home or default_home(), bundle)
    tell(notes)
    click.echo(f"Moteur {found.version} installé dans {found.home}")
    click.echo(f"  interpréteur : {found.interpreter}")
    click.echo(f"  lanceur      : {Path(found.home) / LAUNCHER} (y déposer un classeur)")


@click.command()
@HOME
def uninstall(home: Path | None) -> None:
    """Supprimer ce que « setup » a installé, et rien d'autre."""
    from carbon_workbook.install.setup import default_home
    from carbon_workbook.install.setup import uninstall as remove

    folder = home or default_home()
    left = remove(folder)
    click.echo(f"Installation supprimée : {folder}" + (f" (restent : {', '.join(left)})" if left else ""))


@click.command()
@click.argument("workbook", metavar="[CLASSEUR]", required=False)
@HOME
def doctor(workbook: str | None, home: Path | None) -> None:
    """Dire ce qui va et ce qui bloque sur ce poste et pour un classeur. Code de retour 1 si quelque chose bloque."""
    from carbon_workbook.install.doctor import blocks, diagnose
    from carbon_workbook.install.probe import book, machine

    lines = diagnose(machine(home), book(workbook) if workbook else None)
    for line in lines:
        click.echo(str(line))
    if blocks(lines):
        sys.exit(1)


COMMANDS = (setup, uninstall, doctor)
