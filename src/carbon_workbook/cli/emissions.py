"""One calculation, explained."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from carbon_workbook.cli.common import AS_JSON, YEAR
from carbon_workbook.messages import CodedError
from carbon_workbook.numbers import parse_number

if TYPE_CHECKING:
    from carbon_workbook.factors.catalogue import Catalogue

TYPED = "SAISI"


@click.command(
    context_settings={"ignore_unknown_options": True}
)  # « -5 » est une quantité, refusée avec son code
@click.argument("quantity", metavar="QUANTITÉ")
@click.argument("unit", metavar="UNITÉ")
@click.option(
    "--factor", metavar="ID|LIBELLÉ", help="Facteur du catalogue : identifiant, libellé ou nom courant."
)
@click.option("--factor-value", metavar="VALEUR", help="Valeur d'un facteur à vous (avec --factor-unit).")
@click.option("--factor-unit", metavar="UNITÉ", help="Son unité, par exemple kgCO2e/t.km.")
@YEAR
@AS_JSON
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
    from carbon_workbook.inventory.core import emissions_of, refusal
    from carbon_workbook.inventory.gases import COLUMNS
    from carbon_workbook.inventory.money import money_steps
    from carbon_workbook.inventory.wording import explanation

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


def _factor_for(factor: str | None, value: str | None, unit: str | None) -> tuple[Catalogue, str]:
    """The catalogue and the factor asked for. Raises CodedError CW-702 none, CW-706 two, and what the value tells."""
    import pandas as pd

    from carbon_workbook.factors.catalogue import load_catalogue
    from carbon_workbook.factors.own import NEGATIVE
    from carbon_workbook.units import denominator

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


COMMANDS = (emissions,)
