"""What the commands share: their usual arguments, the evaluation of a workbook, its reports, what is said of both.

What loads the engine is imported inside: the help of a command must not wait for it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon_workbook.cli import french  # noqa: F401  (a type of parameter takes click's words when it is made)
from carbon_workbook.messages import CodedError, Message, Severity

if TYPE_CHECKING:
    from carbon_workbook.workbook.evaluate import Evaluation

SIGNS = {Severity.REFUSAL: "✗", Severity.WARNING: "!", Severity.INFO: "i"}

FILE = click.Path(dir_okay=False, path_type=Path)
EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
EXISTING_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

WORKBOOK = click.argument("workbook", metavar="CLASSEUR", type=FILE)
OVERWRITE = click.option("--ecraser", "overwrite", is_flag=True, help="Remplacer ce qui existe déjà.")
NO_MACROS = click.option(
    "--sans-macros", "plain", is_flag=True, help="Un .xlsx sans macros (LibreOffice, macros bloquées)."
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Donner la réponse en JSON.")
YEAR = click.option(
    "--year", type=int, metavar="ANNÉE", help="Année de l'inventaire (facteurs datés, validité)."
)


def out_folder(text: str) -> Decorator:
    """The folder that a command writes, required."""
    return click.option("--out", "folder", metavar="DOSSIER", required=True, type=FOLDER, help=text)


def in_workbook(text: str) -> Decorator:
    """A workbook that a command of factors may look into."""
    return click.option("--workbook", metavar="CLASSEUR", type=EXISTING_FILE, help=text)


def step(text: str) -> None:
    """Say what is being done, apart from the answer."""
    click.echo(f"  … {text}", err=True)


def tell(notes: Iterable[Message]) -> None:
    """Say each message with the sign of its severity."""
    for note in notes:
        click.echo(f"{SIGNS[note.severity]} {note}")


def free(path: Path, overwrite: bool) -> None:
    """Raises CodedError CW-701 when the file exists and may not be replaced."""
    if path.exists() and not overwrite:
        raise CodedError("CW-701", path=path)


def write_text(target: Path, text: str) -> None:
    """Write a text as it is. Raises CodedError CW-704 when the file cannot be written."""
    try:
        target.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise CodedError("CW-704", path=target, detail=error.strerror) from error


def evaluated(workbook: Path, *, quiet: bool = False) -> Evaluation:
    """Read and compute a workbook, nothing written."""
    from carbon_workbook.workbook.evaluate import evaluate
    from carbon_workbook.workbook.read import read_workbook

    if not quiet:
        step("lecture du classeur")
    content = read_workbook(workbook)
    if not quiet:
        step("calcul des émissions")
    return evaluate(content, on=dt.date.today())


def reported(
    workbook: Path,
    folder: Path,
    *,
    overwrite: bool,
    templates: Path | None = None,
    forms: Sequence[str] = (),
    language: str = "fr",
    final: bool = False,
    previous: Path | None = None,
) -> Iterable[Path]:
    """Draft the reports of a workbook, in the usual forms when none is given, and give the files written."""
    from carbon_workbook.audit.sealed import sealed_context
    from carbon_workbook.report.render import USUAL, render_reports

    earlier = None if previous is None else evaluated(previous).inventory
    context = sealed_context(evaluated(workbook), language, final=final, previous=earlier)
    return render_reports(
        context,
        folder,
        overwrite=overwrite,
        templates_dir=templates,
        progress=lambda name: step(f"rédaction de {name}"),
        forms=forms or USUAL,
        told=lambda note: tell([note]),
    )


def tell_summary(evaluation: Evaluation) -> None:
    """Say the rows counted and refused, and the totals."""
    inventory, views = evaluation.inventory, evaluation.views
    count = Counter(note.severity for note in evaluation.messages)
    rows = f"{len(inventory.lines)} lignes saisies = {len(inventory.counted)} comptées"
    click.echo(f"  {rows} + {evaluation.refused} refusées ; {count[Severity.WARNING]} alertes")
    for name, label in (("beges", "BEGES v5"), ("ghgp", "GHG Protocol")):
        tonnes = f"{views[name].total_kg / 1000:>12,.1f}".replace(",", "\u202f").replace(".", ",")
        click.echo(f"  {label:<13} {tonnes} tCO2e")
