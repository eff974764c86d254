"""The command line: each command is a door to the same engine. Messages are French, with their code."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import pandas as pd

from carbon_workbook import __version__
from carbon_workbook.factors.catalogue import Catalogue, load_catalogue
from carbon_workbook.factors.own import NEGATIVE
from carbon_workbook.factors.search import search
from carbon_workbook.inventory.core import emissions_of, refusal
from carbon_workbook.inventory.export import as_data
from carbon_workbook.inventory.gases import COLUMNS
from carbon_workbook.inventory.money import money_steps
from carbon_workbook.inventory.wording import explanation, shown
from carbon_workbook.messages import CodedError, Severity, french, message_with
from carbon_workbook.numbers import parse_number, parse_percent
from carbon_workbook.resources import packaged, shipped
from carbon_workbook.units import denominator

TYPED = "SAISI"
TOLD = 20
"""Messages of one code that a verification shows."""
SIGNS = {Severity.REFUSAL: "✗", Severity.WARNING: "!", Severity.INFO: "i"}


def _speak_french() -> None:
    """Give click its own sentences in French: it takes each of them through the ``_`` of its modules."""
    with packaged("data/click.csv").open(encoding="utf-8", newline="") as stream:
        words = {row["english"]: row["french"] for row in csv.DictReader(stream, delimiter=";")}

    def one(text: str) -> str:
        return words.get(text, text)

    def several(single: str, plural: str, count: int) -> str:
        return one(single if count == 1 else plural)

    for name in ("core", "decorators", "exceptions", "formatting", "parser", "types"):
        module = sys.modules[f"click.{name}"]
        for hook, wording in (("_", one), ("ngettext", several)):
            if hasattr(module, hook):
                setattr(module, hook, wording)


_speak_french()


class French(click.Group):
    """A group whose coded refusals end in one sentence and exit status 1, never in a traceback."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.setdefault("subcommand_metavar", "COMMANDE [ARGUMENTS]…")
        super().__init__(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CodedError as refused:
            click.echo(f"✗ {refused.message}", err=True)
            ctx.exit(1)


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


WORKBOOK = click.argument("workbook", metavar="CLASSEUR", type=click.Path(dir_okay=False, path_type=Path))


@main.command()
@click.argument("path", metavar="CHEMIN", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--sans-macros", is_flag=True, help="Un .xlsx sans macros (LibreOffice, macros bloquées).")
@click.option(
    "--depuis",
    "--from",
    "previous",
    metavar="ANCIEN",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Ouvrir l'année suivante de ce classeur : mêmes lignes, sans leurs quantités.",
)
@click.option("--ecraser", is_flag=True, help="Remplacer le fichier s'il existe.")
def new(path: Path, sans_macros: bool, previous: Path | None, ecraser: bool) -> None:
    """Créer un classeur vide, ou l'année suivante d'un classeur rempli."""
    path = path.with_suffix(".xlsx" if sans_macros else ".xlsm") if not path.suffix else path
    if path.suffix.lower() not in ((".xlsx",) if sans_macros else (".xlsx", ".xlsm")):
        raise CodedError("CW-705", path=path, wanted=".xlsx" if sans_macros else ".xlsm ou .xlsx")
    _free(path, ecraser)
    configuration = {} if path.suffix.lower() == ".xlsx" else _configuration(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if previous is not None:
        from carbon_workbook.workbook.upgrade import open_next_year

        for note in open_next_year(previous, path):
            click.echo(f"{SIGNS[note.severity]} {note}")
    elif path.suffix.lower() == ".xlsx":
        _build(path, None, macros=False)
    else:
        shutil.copyfile(shipped("carbon_workbook.xlsm"), path)
    if configuration:
        from carbon_workbook.install.configuration import configure_workbook

        configure_workbook(path, configuration, os.environ)
    click.echo(f"Classeur créé : {path}")
    click.echo(
        "Ouvrez-le, remplissez la feuille Périmètre puis les feuilles de saisie, et lancez « refresh »."
    )


@main.command()
@click.argument(
    "path", metavar="CHEMIN", default="carbon_workbook.xlsm", type=click.Path(dir_okay=False, path_type=Path)
)
def build(path: Path) -> None:
    """Construire le classeur à partir de ses sources (tables, VBA, ruban)."""
    _build(path, None, macros=path.suffix != ".xlsx")
    click.echo(f"Classeur construit : {path}")


@main.command()
@click.argument("folder", metavar="DOSSIER", default="demo", type=click.Path(file_okay=False, path_type=Path))
@click.option("--avec-erreurs", is_flag=True, help="Le classeur où des erreurs sont semées, à part.")
@click.option("--sans-macros", is_flag=True, help="Des .xlsx sans macros.")
def demo(folder: Path, avec_erreurs: bool, sans_macros: bool) -> None:
    """Une entreprise fictive : classeurs remplis de l'année et de N-1, actualisés, avec leurs rapports."""
    from carbon_workbook.demo.company import YEAR, demo_data
    from carbon_workbook.workbook.refresh import refresh as run

    folder.mkdir(parents=True, exist_ok=True)
    suffix = ".xlsx" if sans_macros else ".xlsm"
    years = [YEAR] if avec_erreurs else [YEAR - 1, YEAR]
    for year in years:
        name = f"aeralpe_{year}{'_avec_erreurs' if avec_erreurs else ''}"
        path = folder / f"{name}{suffix}"
        click.echo(f"— {name}")
        _build(path, demo_data(year, avec_erreurs), macros=not sans_macros)
        outcome = run(path, _step)
        _summary(outcome.evaluation)
        _report(path, folder / f"rapports_{name}", overwrite=True)
    click.echo(f"Terminé. Ouvrez {folder / f'{name}{suffix}'} et le dossier des rapports.")


@main.command()
@WORKBOOK
def refresh(workbook: Path) -> None:
    """Recalculer un classeur et y écrire ses résultats (fermez-le d'abord)."""
    from carbon_workbook.workbook.refresh import refresh as run

    outcome = run(workbook, _step)
    _summary(outcome.evaluation)
    if outcome.backup is None:
        click.echo("Rien n'a changé : le classeur n'est pas réécrit.")
    else:
        click.echo(f"{outcome.written} cellules écrites. Sauvegarde : {outcome.backup}")


@main.command()
@WORKBOOK
@click.option(
    "--depuis",
    "backup",
    metavar="FICHIER",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="La sauvegarde à reprendre (la dernière sinon).",
)
def restore(workbook: Path, backup: Path | None) -> None:
    """Remettre la dernière sauvegarde d'un classeur."""
    from carbon_workbook.workbook.safe_write import restore as put_back

    click.echo(f"Classeur rétabli depuis {put_back(workbook, backup)}")


@main.command()
@WORKBOOK
def upgrade(workbook: Path) -> None:
    """Porter un classeur rempli dans le modèle d'aujourd'hui (sauvegardé d'abord)."""
    from carbon_workbook.workbook.upgrade import upgrade as carry

    done = carry(workbook)
    for note in done.left:
        click.echo(f"{SIGNS[note.severity]} {note}")
    click.echo(f"{done.rows} lignes reprises : {done.path}")
    if done.backup is None:
        click.echo(f"L'ancien classeur reste à sa place : {workbook}")
    else:
        click.echo(f"Sauvegarde : {done.backup}")


HOME = click.option(
    "--dossier",
    "home",
    metavar="DOSSIER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Dossier de l'installation (le dossier privé de l'utilisateur sinon).",
)


@main.command()
@click.option(
    "--depuis",
    "bundle",
    metavar="PAQUETS",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Dossier de paquets .whl : installation sans réseau.",
)
@HOME
def setup(bundle: Path | None, home: Path | None) -> None:
    """Installer le moteur pour cet utilisateur, sans droits d'administrateur."""
    from carbon_workbook.install.setup import LAUNCHER, default_home
    from carbon_workbook.install.setup import setup as install

    found, notes = install(home or default_home(), bundle)
    for note in notes:
        click.echo(f"{SIGNS[note.severity]} {note}")
    click.echo(f"Moteur {found.version} installé dans {found.home}")
    click.echo(f"  interpréteur : {found.interpreter}")
    click.echo(f"  lanceur      : {Path(found.home) / LAUNCHER} (y déposer un classeur)")


@main.command()
@HOME
def uninstall(home: Path | None) -> None:
    """Supprimer ce que « setup » a installé, et rien d'autre."""
    from carbon_workbook.install.setup import default_home
    from carbon_workbook.install.setup import uninstall as remove

    folder = home or default_home()
    left = remove(folder)
    click.echo(f"Installation supprimée : {folder}" + (f" (restent : {', '.join(left)})" if left else ""))


@main.command()
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


@main.command()
@WORKBOOK
def check(workbook: Path) -> None:
    """Contrôler un classeur sans l'écrire. Code de retour 1 si une ligne est refusée."""
    evaluation = _evaluate(workbook)
    for note in evaluation.messages:
        click.echo(f"{SIGNS[note.severity]} {note}")
    _summary(evaluation)
    if evaluation.refused or any(note.refuses for note in evaluation.messages):
        sys.exit(1)


@main.command()
@WORKBOOK
@click.option(
    "--json", "target", metavar="FICHIER|-", required=True, help="Fichier à écrire, ou - pour l'écran."
)
@click.option("--ecraser", is_flag=True, help="Remplacer le fichier s'il existe.")
def compute(workbook: Path, target: str, ecraser: bool) -> None:
    """Calculer un classeur et donner tout en JSON : lignes, étapes, gaz, vues, ajustements, refus."""
    if target != "-":
        _free(Path(target), ecraser)
    evaluation = _evaluate(workbook, quiet=target == "-")
    data = as_data(evaluation.inventory, evaluation.views, evaluation.messages)
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False)
    if target == "-":
        click.echo(text)
        return
    try:
        Path(target).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise CodedError("CW-704", path=target, detail=error.strerror) from error
    _summary(evaluation)


@main.command()
@WORKBOOK
@click.option(
    "--out",
    "folder",
    metavar="DOSSIER",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Dossier des documents.",
)
@click.option(
    "--modeles",
    metavar="DOSSIER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Dossier de vos propres modèles Word (beges.docx, esrs_e1.docx).",
)
@click.option("--ecraser", is_flag=True, help="Remplacer les documents existants.")
def report(workbook: Path, folder: Path, modeles: Path | None, ecraser: bool) -> None:
    """Rédiger les brouillons BEGES et ESRS E1 (.docx)."""
    for path in _report(workbook, folder, overwrite=ecraser, templates=modeles):
        click.echo(f"Écrit : {path}")


@main.command()
@WORKBOOK
@click.option(
    "--cellule", "--cell", "cell", metavar="CELLULE", required=True, help="Par exemple « BEGES!H8 »."
)
@click.option(
    "--lignes", "limit", metavar="NOMBRE", default=30, show_default=True, help="Nombre de lignes détaillées."
)
@click.option(
    "--csv",
    "target",
    metavar="FICHIER",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Écrire toutes les lignes dans un CSV.",
)
@click.option("--ecraser", is_flag=True, help="Remplacer le CSV s'il existe.")
def trace(workbook: Path, cell: str, limit: int, target: Path | None, ecraser: bool) -> None:
    """D'où vient un résultat : ses lignes, leur part, leur facteur, leur conversion et leur cellule de saisie."""
    from carbon_workbook.audit.folder import write_frame
    from carbon_workbook.audit.told import told_trace, traced_table
    from carbon_workbook.audit.trace import trace as follow

    if target is not None:
        _free(target, ecraser)
    found = follow(_evaluate(workbook), cell)
    for line in told_trace(found, limit):
        click.echo(line)
    for note in found.notes:
        click.echo(f"{SIGNS[note.severity]} {note}")
    if target is not None:
        write_frame(target, traced_table(found))
        click.echo(f"Écrit : {target}")


@main.command()
@WORKBOOK
@click.argument("report", metavar="RAPPORT", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(workbook: Path, report: Path) -> None:
    """Dire si un rapport correspond encore au classeur, et sinon ce qui a changé. Code de retour 1 si non."""
    from carbon_workbook.audit.verify import verify as compare

    verdict = compare(_evaluate(workbook), report)
    told: Counter[str] = Counter()
    for note in verdict.messages:
        told[note.code] += 1
        if told[note.code] <= TOLD:
            click.echo(f"{SIGNS[note.severity]} {note}")
    for code, count in told.items():
        if count > TOLD:
            click.echo(f"  … et {count - TOLD} autres {code}")
    if not verdict.matches:
        sys.exit(1)


@main.command()
@WORKBOOK
@click.option(
    "--out",
    "folder",
    metavar="DOSSIER",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Dossier à créer.",
)
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
    "--preuves",
    "proofs",
    metavar="DOSSIER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Dossier des pièces justificatives.",
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
    tables, notes = write_folder(_evaluate(workbook), folder, request)
    for table in tables:
        click.echo(f"  {table.title:<14} {len(table.rows):>7} lignes")
    for note in notes:
        click.echo(f"{SIGNS[note.severity]} {note}")
    click.echo(f"Dossier écrit : {folder}")


@main.command(
    context_settings={"ignore_unknown_options": True}
)  # « -5 » est une quantité, refusée avec son code
@click.argument("quantity", metavar="QUANTITÉ")
@click.argument("unit", metavar="UNITÉ")
@click.option(
    "--factor", metavar="ID|LIBELLÉ", help="Facteur du catalogue : identifiant, libellé ou nom courant."
)
@click.option("--factor-value", metavar="VALEUR", help="Valeur d'un facteur à vous (avec --factor-unit).")
@click.option("--factor-unit", metavar="UNITÉ", help="Son unité, par exemple kgCO2e/t.km.")
@click.option("--year", type=int, metavar="ANNÉE", help="Année de l'inventaire (facteurs datés, validité).")
@click.option("--json", "as_json", is_flag=True, help="Donner le résultat en JSON.")
def emissions(
    quantity: str,
    unit: str,
    factor: str | None,
    factor_value: str | None,
    factor_unit: str | None,
    year: int | None,
    as_json: bool,
) -> None:
    """Un seul calcul, expliqué. Code de retour 1 s'il est refusé.

    \b
    carbon-workbook emissions "1 234,5" "kWh PCS" --factor 37133 --year 2024
    carbon-workbook emissions 500000 km --factor-value 0,083 --factor-unit kgCO2e/t.km
    """
    catalogue, ref = _factor_for(factor, factor_value, factor_unit)
    if "€" in quantity and not unit.strip():
        raise CodedError("CW-107", value=quantity)
    amount = parse_number(quantity)
    block = emissions_of([ref], [amount], [unit], year, catalogue)
    code = str(block.codes[0])
    if code:
        refused = refusal(code, ref, unit, year, catalogue)
        if as_json:
            click.echo(
                json.dumps({"refused": True, "code": code, "message": str(refused)}, ensure_ascii=False)
            )
        raise CodedError(code, **refused.parameters)
    resolution = catalogue.resolve(ref, year)
    steps = money_steps(amount, unit, block.factor_ids[0], catalogue)
    sentence = explanation(
        catalogue,
        resolution,
        used=block.factor_ids[0],
        steps=[step.text for step in steps],
        typed=amount,
        unit=unit,
        quantity=float(block.quantity[0]),
        kg=float(block.kg[0]),
    )
    if not as_json:
        click.echo(sentence)
        return
    gases = {name: float(value) for name, value in zip(COLUMNS, block.gases[0], strict=True)}
    result = {
        "refused": False,
        "kg": float(block.kg[0]),
        "factor_id": block.factor_ids[0],
        "quantity": float(block.quantity[0]),
        "gases": gases,
        "explanation": sentence,
        "money": [step.as_data() for step in steps],
        "warnings": list(resolution.codes),
    }
    click.echo(json.dumps(result, ensure_ascii=False))


@main.group(cls=French)
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
@click.option(
    "--workbook",
    metavar="CLASSEUR",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Chercher dans les facteurs de ce classeur : sa version de base et ses facteurs propres.",
)
@click.option("--json", "as_json", is_flag=True, help="Donner les réponses en JSON.")
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
    hits = search(_searched(workbook), " ".join(text), unit, limit, geography=geo, include_hidden=tous)
    if as_json:
        rows = [
            {"id": h.id, "label": h.label, "unit": h.unit, "kg": h.value, "score": h.score, "why": h.reason}
            for h in hits
        ]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for hit in hits:
        click.echo(f"{hit.id:>24}  {hit.value:>12.6g} kgCO2e/{hit.unit:<14} {hit.label}  ({hit.reason})")
    if not hits:
        click.echo("Aucun facteur trouvé. Essayez d'autres mots, ou sans filtre d'unité.")


def _searched(workbook: Path | None) -> Catalogue:
    """The catalogue that a search goes through."""
    from carbon_workbook.factors.store import open_store
    from carbon_workbook.factors.versions import latest_catalogue, pinned_catalogue

    if workbook is None:
        return latest_catalogue(open_store())
    from carbon_workbook.workbook.evaluate import with_own_factors
    from carbon_workbook.workbook.read import read_workbook

    content = read_workbook(workbook)
    return with_own_factors(pinned_catalogue(content.base, open_store()), content.own_factors)[0]


@factors.command("show")
@click.argument("ref", metavar="ID")
@click.option("--year", type=int, metavar="ANNÉE", help="Année de l'inventaire.")
def factors_show(ref: str, year: int | None) -> None:
    """Tout ce que le catalogue et les bases importées savent d'un facteur."""
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
@click.argument(
    "files",
    metavar="FICHIER...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--dry-run", "--essai", "dry_run", is_flag=True, help="Dire ce qui serait importé, sans rien écrire."
)
@click.option(
    "--mapping",
    metavar="FICHIER",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
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
    from carbon_workbook.factors.store import open_store
    from carbon_workbook.imports.told import told_bases

    for line in told_bases(open_store().bases(), load_catalogue().version):
        click.echo(line)


@factors.command("export")
@click.argument("ref", metavar="VERSION")
@click.option(
    "--out", "target", metavar="FICHIER", required=True, type=click.Path(dir_okay=False, path_type=Path)
)
@click.option("--ecraser", is_flag=True, help="Remplacer le fichier s'il existe.")
def factors_export(ref: str, target: Path, ecraser: bool) -> None:
    """Écrire une base importée dans un CSV, que « factors import » relit à l'identique."""
    from carbon_workbook.factors.imports.generic import export
    from carbon_workbook.factors.store import open_store

    base = open_store().load(ref)
    _free(target, ecraser)
    try:
        target.write_text(export(base), encoding="utf-8", newline="")
    except OSError as error:
        raise CodedError("CW-704", path=target, detail=error.strerror) from error
    click.echo(f"Écrit : {target}")


@factors.command("diff")
@click.argument("old", metavar="V1")
@click.argument("new", metavar="V2")
@click.option(
    "--workbook",
    metavar="CLASSEUR",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Donner aussi l'effet sur ce classeur, par ligne, par poste et au total.",
)
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

    done = change(workbook, open_store(), ref, _step)
    for note in done.notes:
        click.echo(f"{SIGNS[note.severity]} {note}")
    for line in told_effect(done.effect):
        click.echo(line)
    if done.backup is not None:
        click.echo(f"Classeur passé à {done.version}. Sauvegarde : {done.backup}")


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


def _factor_for(factor: str | None, value: str | None, unit: str | None) -> tuple[Catalogue, str]:
    catalogue = load_catalogue()
    if factor and (value or unit):
        raise CodedError("CW-706")
    if factor:
        return catalogue, factor
    if not value or not unit:
        raise CodedError("CW-702")
    per, scale = denominator(unit)
    if parse_number(value) < 0:
        raise CodedError(NEGATIVE)
    own = {
        "id": TYPED,
        "label": "facteur saisi",
        "unit": per,
        "total": parse_number(value) * scale,
        "source": "saisie",
        "year": "à la commande",
        "uncertainty_pct": None,
    }
    return catalogue.with_own(pd.DataFrame([own])), TYPED


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


def _evaluate(workbook: Path, *, quiet: bool = False) -> Any:
    from carbon_workbook.workbook.evaluate import evaluate
    from carbon_workbook.workbook.read import read_workbook

    if not quiet:
        _step("lecture du classeur")
    content = read_workbook(workbook)
    if not quiet:
        _step("calcul des émissions")
    return evaluate(content)


def _report(
    workbook: Path, folder: Path, *, overwrite: bool, templates: Path | None = None
) -> Iterable[Path]:
    from carbon_workbook.audit.verify import seal_of
    from carbon_workbook.report.context import build_context
    from carbon_workbook.report.render import render_reports

    found = _evaluate(workbook)
    content = found.content
    context = build_context(
        found.inventory,
        found.views,
        content.settings,
        found.messages,
        content.categories,
        content.sites,
        seal_of(found),
    )
    return render_reports(context, folder, overwrite=overwrite, templates_dir=templates, progress=_drafting)


def _drafting(name: str) -> None:
    _step(f"rédaction de {name}")


def _step(text: str) -> None:
    click.echo(f"  … {text}", err=True)


def _free(path: Path, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise CodedError("CW-701", path=path)


def _summary(evaluation: Any) -> None:
    inventory, views = evaluation.inventory, evaluation.views
    count = Counter(note.severity for note in evaluation.messages)
    rows = f"{len(inventory.lines)} lignes saisies = {len(inventory.counted)} comptées"
    click.echo(f"  {rows} + {evaluation.refused} refusées ; {count[Severity.WARNING]} alertes")
    for name, label in (("beges", "BEGES v5"), ("ghgp", "GHG Protocol")):
        click.echo(
            f"  {label:<13} {views[name].total_kg / 1000:>12,.1f} tCO2e".replace(",", "\u202f").replace(
                ".", ","
            )
        )
