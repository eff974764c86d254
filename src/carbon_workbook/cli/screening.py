"""What weighs before any collection: the posts ranked, with both rules and the decisions taken."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carbon_workbook.cli.common import WORKBOOK, evaluated, tell

if TYPE_CHECKING:
    import pandas as pd

    from carbon_workbook.inventory.significance import Rules

VIEWS = {"beges": "BEGES", "ghgp": "GHG Protocol"}
LABEL = 44


@click.command()
@WORKBOOK
@click.option(
    "--vue",
    "view",
    type=click.Choice(list(VIEWS)),
    help="Une seule des deux nomenclatures ; les deux sans cette option.",
)
def screening(workbook: Path, view: str | None) -> None:
    """Classer les postes : estimation, règles d'importance, décision et motif.

    L'estimation d'un poste vient de ses lignes comptées, sinon de la feuille Criblage. Rien n'est écrit.
    """
    from carbon_workbook.inventory.screening import completed, decision_remarks, ranking
    from carbon_workbook.inventory.significance import decisions_of, known_rules, text_of, with_decisions
    from carbon_workbook.workbook.screening_cells import stamp

    found = evaluated(workbook)
    content, settings = found.content, found.content.settings
    rules, _ = known_rules(settings)
    sector = text_of(settings.get("sector"))
    click.echo(stamp(found.screening, sector).partition(" · ")[2])
    for name in [view] if view else VIEWS:
        estimates = completed(name, found.views[name], found.screening.views[name])
        order = ranking(estimates, name, sector, rules)
        order = with_decisions(order, name, decisions_of(content.categories))
        click.echo(f"\n{VIEWS[name]}")
        for line in (*_table(order), *_left_out(name, order, content.categories), *_rules(name, rules)):
            click.echo(line)
    actions = content.registers["actions"]
    tell(decision_remarks(found.views, found.screening, content.categories, settings, actions))


def _table(order: pd.DataFrame) -> list[str]:
    if order.empty:
        return ["  Rien à classer : remplir la feuille Criblage, ou saisir des lignes."]
    lines = [
        f"  {'rang':>4} {'code':<5} {'poste':<{LABEL}} {'tCO2e':>11} {'part':>7} {'cumul':>7}  "
        f"{'d’après':<19} {'critère':<28} décision"
    ]
    for row in order.to_dict("records"):
        label = str(row["label"])
        label = label if len(label) <= LABEL else f"{label[: LABEL - 1]}…"
        decision = " : ".join(filter(None, (row["decision"] or "à décider", row["reason"])))
        lines.append(
            f"  {row['rank']:>4} {row['code']:<5} {label:<{LABEL}} {_tonnes(row['kg'] / 1000):>11} "
            f"{_percent(row['of_total']):>7} {_percent(row['cumulated']):>7}  {row['basis'] or 'à estimer':<19} "
            f"{_why(row):<28} {'–' if row['direct'] else decision}"
        )
    return lines


def _left_out(view: str, order: pd.DataFrame, categories: pd.DataFrame) -> list[str]:
    """Rows excluded that weigh nothing: they have no rank, and their reason is read all the same."""
    from carbon_workbook.inventory.significance import OUT, choices, decisions_of, screening_code

    decisions, ranked = decisions_of(categories), set(order["code"])
    codes = {code: screening_code(view, code) for code in choices(view) if code not in ranked}
    return [
        f"  écarté : {code}, {decisions[key].reason or 'sans motif'}"
        for code, key in codes.items()
        if key in decisions and decisions[key].decision == OUT
    ]


def _rules(view: str, rules: Rules) -> list[str]:
    """Each rule with what it is a share of, and its source."""
    from carbon_workbook.inventory.significance import rule_sources

    sources = rule_sources()
    return [
        f"  règle : {100 * getattr(rules, row['rule']):g} % – {row['base']}. {row['source']}.".replace(
            "..", "."
        )
        for row in sources[sources["view"] == view].to_dict("records")
    ]


def _why(row: Mapping[Any, Any]) -> str:
    """Why a row matters, in a few words."""
    if row["direct"]:
        return "toujours déclaré"
    found = (
        ("ampleur", row["magnitude"]),
        ("part du total", row["above"]),
        ("secteur", row["sector"]),
        (str(row["criteria"]), row["criteria"]),
    )
    return ", ".join(text for text, holds in found if holds) or "–"


def _tonnes(value: float) -> str:
    return f"{value:,.1f}".replace(",", "\u202f").replace(".", ",")


def _percent(value: object) -> str:
    number = float(str(value))
    return "–" if math.isnan(number) else f"{100 * number:.1f} %".replace(".", ",")


COMMANDS = (screening,)
