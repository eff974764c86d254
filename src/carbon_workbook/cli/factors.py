"""The factor base: search and read it, import official files, compare versions, change the one of a workbook."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carbon_workbook.cli.common import (
    AS_JSON,
    EXISTING_FILE,
    FILE,
    OVERWRITE,
    WORKBOOK,
    YEAR,
    free,
    in_workbook,
    step,
    tell,
    write_text,
)
from carbon_workbook.cli.french import French
from carbon_workbook.messages import CodedError, french, message_with

if TYPE_CHECKING:
    from carbon_workbook.factors.catalogue import Catalogue

GASES = {
    "co2_fossil": "CO2 fossile",
    "ch4_fossil": "CH4 fossile",
    "ch4_biogenic": "CH4 biogénique",
    "n2o": "N2O",
    "other_gases": "autres gaz",
    "unsplit": "non ventilé",
    "co2_biogenic": "CO2 biogénique",
}

FIELDS = {
    "source": "source",
    "version": "version",
    "licence": "licence",
    "geography": "géographie",
    "valid_until": "valable jusqu'au",
    "gwp_set": "jeu de PRG",
    "status": "statut",
    "families": "familles",
    "series": "série",
    "cutoff_pair": "paire recyclage",
    "upstream_pair": "paire amont",
    "aliases": "noms courants",
    "checked_on": "vérifié le",
    "review_on": "à revoir le",
}


@click.group(cls=French)
def factors() -> None:
    """Chercher et lire les facteurs d'émission du catalogue."""


@factors.command("search")
@click.argument("text", metavar="TEXTE", nargs=-1, required=True)
@click.option("--unit", metavar="UNITÉ", help="Ne garder que les facteurs de cette dimension.")
@click.option(
    "--geo", metavar="LIEU", help="Ne garder que les facteurs de ce pays, de cette région ou ville."
)
@click.option("--limit", metavar="NOMBRE", default=10, show_default=True, help="Nombre de réponses.")
@click.option("--tous", is_flag=True, help="Avec les facteurs archivés et les émissions évitées.")
@in_workbook("Chercher dans les facteurs de ce classeur : sa version de base et ses facteurs propres.")
@AS_JSON
def factors_search(
    text: tuple[str, ...],
    unit: str | None,
    geo: str | None,
    limit: int,
    tous: bool,
    workbook: Path | None,
    as_json: bool,
) -> None:
    """Chercher un facteur par des mots : « gasoil », « poids lourd », « ordinateur portable ».

    Sans classeur : le catalogue livré et la dernière version importée de chaque base.
    """
    from carbon_workbook.factors.search import search
    from carbon_workbook.inventory.wording import shown

    hits = search(_searched(workbook), " ".join(text), unit, limit, geography=geo, include_hidden=tous)
    if as_json:
        rows = [
            {"id": h.id, "label": h.label, "unit": h.unit, "kg": h.value, "score": h.score, "why": h.reason}
            for h in hits
        ]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for hit in hits:
        click.echo(f"{hit.id:>24}  {shown(hit.value):>12} kgCO2e/{hit.unit:<14} {hit.label}  ({hit.reason})")
    if not hits:
        click.echo("Aucun facteur trouvé. Essayez d'autres mots, ou sans filtre d'unité.")


@factors.command("show")
@click.argument("ref", metavar="ID")
@YEAR
def factors_show(ref: str, year: int | None) -> None:
    """Tout ce que le catalogue et les bases importées savent d'un facteur."""
    from carbon_workbook.inventory.wording import shown

    catalogue = _searched(None)
    resolution = catalogue.resolve(ref, year)
    if resolution.id is None:
        raise CodedError(resolution.code or "CW-703", **{"factor": ref, **resolution.parameters})
    factor = catalogue.get(resolution.id)
    click.echo(f"{factor.id} · {factor.label}")
    published = f"publiée : {shown(factor.total)}"
    click.echo(f"  valeur retenue   {shown(factor.value)} kgCO2e/{factor.unit} ({published})")
    for stage in factor.stages:
        gases = ", ".join(f"{GASES[name]} {shown(value)}" for name, value in stage.gases.items() if value)
        click.echo(
            f"  étape            {stage.label} : {shown(stage.total)}" + (f" ({gases})" if gases else "")
        )
    if factor.uncertainty_pct is not None:
        click.echo(f"  incertitude      ± {factor.uncertainty_pct:g} %")
    for name, label in FIELDS.items():
        if factor.fields.get(name):
            click.echo(f"  {label:<16} {french(factor.fields[name].replace('|', ', '))}")
    for code in resolution.codes:
        click.echo(f"  ! {message_with(code, resolution.parameters)}")


@factors.command("import")
@click.argument("files", metavar="FICHIER...", nargs=-1, required=True, type=EXISTING_FILE)
@click.option(
    "--dry-run", "--essai", "dry_run", is_flag=True, help="Dire ce qui serait importé, sans rien écrire."
)
@click.option(
    "--mapping",
    metavar="FICHIER",
    type=EXISTING_FILE,
    help="Fichier de correspondance (.toml) pour une table qui n'est pas d'une base connue.",
)
@click.option(
    "--version", "version", metavar="VERSION", default="", help="Nom de la version, par exemple V23.6."
)
@click.option(
    "--remplacer", is_flag=True, help="Remplacer la même version déjà importée avec d'autres valeurs."
)
def factors_import(
    files: tuple[Path, ...], dry_run: bool, mapping: Path | None, version: str, remplacer: bool
) -> None:
    """Importer une base officielle : Base Carbone, DESNZ/DEFRA, US EPA, ou une table décrite.

    Plusieurs fichiers sont les pages d'une même base. Le fichier est reconnu à son contenu ; rien n'est écrit s'il
    est abîmé ou incomplet.
    """
    from carbon_workbook.factors.imports.generic import mapping_of
    from carbon_workbook.factors.imports.recognise import read_base
    from carbon_workbook.factors.store import open_store
    from carbon_workbook.imports.files import open_source, read_mapping
    from carbon_workbook.imports.told import told_base

    described = mapping_of(read_mapping(mapping)) if mapping else None
    base = read_base(open_source(files), version=version.strip(), mapping=described)
    for line in told_base(base, dt.date.today()):
        click.echo(line)
    if dry_run:
        click.echo("Essai : rien n'a été écrit.")
    elif open_store().add(base, replace=remplacer):
        click.echo(f'Importée : {base.name}. « factors upgrade CLASSEUR --to "{base.name}" » l\'emploie.')
    else:
        click.echo(f"{base.name} est déjà importée, à l'identique : rien n'a changé.")


@factors.command("bases")
def factors_bases() -> None:
    """Les bases importées et leurs versions."""
    from carbon_workbook.factors.catalogue import load_catalogue
    from carbon_workbook.factors.store import open_store
    from carbon_workbook.imports.told import told_bases

    for line in told_bases(open_store().bases(), load_catalogue().version):
        click.echo(line)


@factors.command("export")
@click.argument("ref", metavar="VERSION")
@click.option("--out", "target", metavar="FICHIER", required=True, type=FILE, help="CSV à écrire.")
@OVERWRITE
def factors_export(ref: str, target: Path, overwrite: bool) -> None:
    """Écrire une base importée dans un CSV, que « factors import » relit à l'identique."""
    from carbon_workbook.factors.imports.generic import export
    from carbon_workbook.factors.store import open_store

    base = open_store().load(ref)
    free(target, overwrite)
    write_text(target, export(base))
    click.echo(f"Écrit : {target}")


@factors.command("diff")
@click.argument("old", metavar="V1")
@click.argument("new", metavar="V2")
@in_workbook("Donner aussi l'effet sur ce classeur, par ligne, par poste et au total.")
@click.option(
    "--limit",
    metavar="NOMBRE",
    default=12,
    show_default=True,
    help="Nombre de facteurs montrés par sorte de changement.",
)
def factors_diff(old: str, new: str, workbook: Path | None, limit: int) -> None:
    """Ce qui change d'une version à l'autre d'une base."""
    from carbon_workbook.factors.diff import diff
    from carbon_workbook.factors.store import open_store
    from carbon_workbook.factors.versions import compose
    from carbon_workbook.imports.told import told_difference, told_effect

    store = open_store()
    for line in told_difference(diff(store.load(old), store.load(new)), limit):
        click.echo(line)
    if workbook is not None:
        from carbon_workbook.workbook.factor_versions import compare, target_bases
        from carbon_workbook.workbook.read import read_workbook

        content = read_workbook(workbook)
        first, second = (compose(target_bases(content, store, ref)) for ref in (old, new))
        for line in told_effect(compare(content, first, second)):
            click.echo(line)


@factors.command("upgrade")
@WORKBOOK
@click.option(
    "--to", "ref", metavar="VERSION", required=True, help="Une version de « factors bases », ou « livré »."
)
def factors_upgrade(workbook: Path, ref: str) -> None:
    """Passer un classeur à une autre version d'une base, avec une ligne au Journal par ligne qui change."""
    from carbon_workbook.factors.store import open_store
    from carbon_workbook.imports.told import told_effect
    from carbon_workbook.workbook.factor_versions import upgrade as change

    done = change(workbook, open_store(), ref, step)
    tell(done.notes)
    for line in told_effect(done.effect):
        click.echo(line)
    if done.backup is not None:
        click.echo(f"Classeur passé à {done.version}. Sauvegarde : {done.backup}")


def _searched(workbook: Path | None) -> Catalogue:
    """The catalogue that a search goes through."""
    from carbon_workbook.factors.store import open_store
    from carbon_workbook.factors.versions import latest_catalogue

    if workbook is None:
        return latest_catalogue(open_store())
    from carbon_workbook.workbook.evaluate import with_own_factors
    from carbon_workbook.workbook.frozen import catalogue_for
    from carbon_workbook.workbook.read import read_workbook

    content = read_workbook(workbook)
    found, notes = catalogue_for(content, open_store())
    tell(notes)
    return with_own_factors(found, content.own_factors)[0]


COMMANDS = (factors,)
