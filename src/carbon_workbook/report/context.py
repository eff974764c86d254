"""The one context of both reports: plain rows, numbers and sentences. Numbers come from the views, narrative from the
settings; what is missing reads « à compléter » and is counted. Nothing is invented."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from carbon_workbook import __version__
from carbon_workbook.audit.seal import Seal
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.views import View
from carbon_workbook.messages import Message
from carbon_workbook.report import blocks
from carbon_workbook.report.beges import beges
from carbon_workbook.report.esrs import esrs
from carbon_workbook.report.figures import text_of
from carbon_workbook.report.format import date
from carbon_workbook.report.inputs import Inputs
from carbon_workbook.report.language import language
from carbon_workbook.report.texts import texts


def build_context(
    inventory: Inventory,
    views: Mapping[str, View],
    settings: Mapping[str, object],
    messages: Sequence[Message],
    categories: pd.DataFrame,
    sites: pd.DataFrame,
    seal: Seal,
    on: dt.date | None = None,
    *,
    registers: Mapping[str, pd.DataFrame] | None = None,
    previous: Inventory | None = None,
    final: bool = False,
) -> dict[str, Any]:
    """Everything both templates print. Masses in tCO2e, shares as fractions, ``None`` where there is no value.

    ``categories``: code, name, decision, reason (tbl_categories; posts bare, scope 3 categories as ``C1``…);
    ``sites``: the columns of tbl_sites; ``seal``: what ``verify`` compares later. ``on``: date printed, today when
    absent. Charts are ``Chart`` values, None when there is nothing to draw. Raises KeyError when one of the views
    beges, ghgp, esrs is missing.

    ``registers``: history, actions, targets, entities as the workbook holds them; one that is missing is blank.
    ``previous``: the inventory of the previous year, from its own workbook, to tell activity from factors. ``final``:
    what is made is called no draft any more.
    """
    inputs = Inputs(inventory, views, settings, messages, categories, sites, registers or {}, previous, final)
    return {
        "todo": inputs.todo,
        "language": language(),
        "stage": texts()["stages"]["final" if final else "draft"],
        "year": inputs.fields["year"]["value"],
        "company": text_of(settings.get("company_name")) or texts()["company"],
        "meta": {
            "software": __version__,
            "catalogue": inventory.catalogue.version,
            "input_hash": seal.short,
            "seal": seal.text(),
            "edited_on": date(on or dt.date.today()),
        },
        "fields": inputs.fields,
        "notes": blocks.notes(inputs),
        "sites": blocks.site_rows(inputs),
        "factors": inputs.factors,
        "expired": blocks.expired(inputs)[: blocks.TOP],
        "monetary": inputs.monetary[: blocks.TOP],
        "beges": beges(inputs),
        "esrs": esrs(inputs),
    }
