"""The command line: each command is a door to the same engine. Messages are French, with their code."""

from __future__ import annotations

import click

from carbon_workbook import __version__
from carbon_workbook.cli import (
    auditing,
    emissions,
    factors,
    history,
    installing,
    reporting,
    screening,
    vsme,
    workbook,
)
from carbon_workbook.cli.french import French

GROUPS = (workbook, screening, history, reporting, vsme, auditing, factors, emissions, installing)
"""The modules whose ``COMMANDS`` make the command line: a new command comes with its module here."""

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(cls=French, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="carbon-workbook")
def main() -> None:
    """Inventaire des émissions de gaz à effet de serre dans un classeur.

    \b
    Pour commencer :
      carbon-workbook demo ESSAI            une entreprise fictive, du classeur rempli aux brouillons
      carbon-workbook new inventaire.xlsm   un classeur vide à remplir
      carbon-workbook refresh inventaire.xlsm
      carbon-workbook report inventaire.xlsm --out rapports

    Tout se calcule sur ce poste, sans réseau. Le classeur est sauvegardé avant chaque écriture.
    """


for _group in GROUPS:
    for _command in _group.COMMANDS:
        main.add_command(_command)
