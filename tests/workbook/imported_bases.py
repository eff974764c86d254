"""Bases as a user would have imported them, made from the shipped factors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.factors.imports.base import Base, factor_frame, refused_frame, stage_frame

SOURCE = "Base Carbone® – ADEME"
GONE = "26010"
"""A factor that the next version no longer has."""


def shipped_base(version: str) -> Base:
    """The shipped factors of the base as if a user had imported them: stages and figures as they are."""
    catalogue = load_catalogue()
    table = catalogue.table[catalogue.table["source"] == SOURCE].reset_index()
    table = table.assign(category="", tags="")
    lines = catalogue.stages[
        catalogue.stages["factor_id"].isin(table["id"]) & (catalogue.stages["stage"] != "whole")
    ]
    return Base(
        "base-carbone", SOURCE, version, "Licence Ouverte 2.0",
        factor_frame({name: table[name] for name in factor_frame({}).columns}),
        stage_frame({name: lines[name] for name in stage_frame({}).columns}),
        refused_frame(()), {},
    )  # fmt: skip


def next_year(base: Base) -> Base:
    """A tenth more on one stage in three, one factor removed, one unit changed."""
    stages = base.stages.copy()
    stages.loc[::3, ["total", "co2_fossil"]] *= 1.1
    factors = base.factors.copy()
    factors["total"] = factors["total"].where(np.arange(len(factors)) % 5 != 0, factors["total"] * 0.9)
    assert GONE in set(factors["id"])
    factors = factors[factors["id"] != GONE]
    stages = stages[stages["factor_id"] != GONE]
    return replace(base, version="V30.0", factors=factors, stages=stages)
