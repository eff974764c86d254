"""The duties to report: the rule read, what the user entered, and the reading of both, to be checked: no verdict."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from carbon_workbook.report.figures import Row, text_of
from carbon_workbook.report.format import date, number
from carbon_workbook.report.inputs import Inputs
from carbon_workbook.report.tables import thresholds, thresholds_read_on
from carbon_workbook.report.texts import texts

PUBLIC, TERRITORY = "établissement public", "collectivité"


def duty(inputs: Inputs) -> Row:
    """The duty to make a BEGES."""
    words, limits, headcount = texts()["duty"], thresholds(), inputs.number("headcount")
    kind = text_of(inputs.settings.get("structure_type"))
    limit = limits["beges_public"] if kind == PUBLIC else limits["beges_private"]
    if kind == TERRITORY:
        state = "territory"
    elif headcount is None:
        state = "unknown"
    elif headcount > limit:
        state = "obliged"
    elif kind != PUBLIC and headcount > limits["beges_overseas"] and _overseas(inputs):
        state = "overseas"
    else:
        state = "voluntary"
    values = {
        "limit": number(limit, 0),
        "private": number(limits["beges_private"], 0),
        "overseas": number(limits["beges_overseas"], 0),
        "public": number(limits["beges_public"], 0),
        "inhabitants": number(limits["beges_inhabitants"], 0),
    }
    return _stated(inputs, words, state, values)


def esrs_duty(inputs: Inputs) -> Row:
    """The duty to publish a sustainability statement, by the thresholds of the directive."""
    words, limits = texts()["esrs_duty"], thresholds()
    headcount, revenue = inputs.number("headcount"), inputs.number("revenue")
    above = [
        None if value is None else value > limit
        for value, limit in ((headcount, limits["esrs_headcount"]), (revenue, limits["esrs_revenue"]))
    ]
    state = "voluntary" if False in above else "unknown" if None in above else "obliged"
    values = {
        "limit": number(limits["esrs_headcount"], 0),
        "turnover": number(limits["esrs_revenue"] / 1e6, 0),
        "revenue": inputs.todo if revenue is None else number(revenue / 1e6, 1),
    }
    return _stated(inputs, words, state, values)


def _stated(inputs: Inputs, words: Mapping[str, str], state: str, values: Mapping[str, str]) -> Row:
    """The rule, the input and the reading, filled; what both duties show of the inputs is added."""
    headcount = inputs.number("headcount")
    shown = {
        **values,
        "headcount": inputs.todo if headcount is None else number(headcount, 0),
        "read_on": date(dt.date.fromisoformat(thresholds_read_on())),
        "check": texts()["check"],
        "todo": inputs.todo,
    }
    return {
        "state": state,
        "rule": words["rule"].format(**shown),
        "input": words["input"].format(**shown),
        "reading": words[state].format(**shown),
    }


def _overseas(inputs: Inputs) -> bool:
    """Whether a site stands overseas, where the threshold is lower."""
    words = texts()["duty"]
    return any(
        text_of(row.get("country")) in words["overseas_countries"]
        or text_of(row.get("department")).startswith(words["overseas_departments"])
        for row in inputs.sites.to_dict("records")
    )
