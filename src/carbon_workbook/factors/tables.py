"""The nomenclatures and conventions shipped in ``factors/``, as they are read by the views."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import pandas as pd

from carbon_workbook.resources import shipped

DERIVED = MappingProxyType({"iso": "beges", "ghgp_market": "ghgp", "esrs_market": "esrs"})
"""A view that follows another one but for the rows written under its own name."""


def table(name: str) -> pd.DataFrame:
    """A table of ``factors/`` with all its values as text, blanks as ``""``."""
    return pd.read_csv(shipped("factors") / f"{name}.csv", sep=";", dtype=str, keep_default_na=False)


@cache
def conventions(view: str) -> Mapping[str, str]:
    """Value of each convention topic for a view (decision B3). Raises KeyError on an unknown view."""
    rows = table("conventions")
    found: dict[str, str] = {}
    for name in (DERIVED.get(view), view):
        own = rows[rows["view"] == name]
        found |= dict(zip(own["topic"], own["value"], strict=True))
    if not found:
        raise KeyError(view)
    return MappingProxyType(found)


@cache
def posts() -> pd.DataFrame:
    """The 22 posts of the BEGES v5, one row each: post, label, category, category_label, ghgp…"""
    rows = table("posts")
    return rows[(rows["post"] != "") & (rows["principal"] == "1")].reset_index(drop=True)


@cache
def ghgp_categories() -> pd.DataFrame:
    """Scopes 1 and 2 and the 15 categories: category, label, esrs_label, typical shares in % of scope 3."""
    return table("ghgp_categories")
