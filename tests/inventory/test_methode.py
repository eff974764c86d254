"""Every worked figure of ``docs/methode.md``, computed again by the engine.

A fenced ``calcul`` block is YAML: ``calcul`` names what computes it, ``attendu`` what must come out, ``a`` how far the
printed figure may be from it (half a unit of its last digit). No block is left out, and no formula stands without one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from inventory_cases import inventory_of_rows

from carbon_workbook.demo.company import demo_data
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.inventory import uncertainty
from carbon_workbook.inventory.coverage import coverage_remarks
from carbon_workbook.inventory.effects import EFFECTS, effects
from carbon_workbook.inventory.energy import energy
from carbon_workbook.inventory.gases import COLUMNS
from carbon_workbook.inventory.model import Inventory
from carbon_workbook.inventory.posts import reasons
from carbon_workbook.inventory.propagation import drawn_uncertainty, row_percent, row_uncertainty
from carbon_workbook.inventory.review import critical_factors
from carbon_workbook.inventory.screening import screen
from carbon_workbook.inventory.series import Current, trajectory
from carbon_workbook.inventory.significance import Rules, ranked
from carbon_workbook.inventory.views import view, views
from carbon_workbook.messages import CodedError
from carbon_workbook.specs.spec import register
from carbon_workbook.units import conversion
from carbon_workbook.workbook import layout as at
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.origins import Figures, summary

DOCUMENT = Path(__file__).parents[2] / "docs" / "methode.md"
BLOCK = re.compile(r"^```calcul\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FORMULA = re.compile(r"^\$\$", re.MULTILINE)
FUNCTIONS = ("gsd2_of_notes", "gsd2_of_percent", "gsd2_product", "gsd2_sum", "interval", "quality_class",
             "ipcc_product", "ipcc_sum", "ipcc_linked_sum")  # fmt: skip
Block = Mapping[str, Any]


def sections() -> list[tuple[str, str]]:
    """(title, text) of each section of the document, subsections apart."""
    parts = re.split(r"^#{2,3} (.+)$", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def blocks() -> list[tuple[str, Block]]:
    return [
        (f"{title} – {number}", yaml.safe_load(found))
        for title, text in sections()
        for number, found in enumerate(BLOCK.findall(text), start=1)
    ]


# --- What a block may ask ------------------------------------------------------------------------------------------


def of_lines(block: Block) -> dict[str, object]:
    """An inventory of rows as they are typed."""
    inventory = inventory_of_rows(
        block["saisie"],
        own=block.get("propres", ()),
        settings=block.get("reglages"),
        sites=block.get("sites", ()),
    )
    return {key: read_figure(inventory, key, block) for key in block["attendu"]}


def of_demonstration(block: Block) -> dict[str, object]:
    inventory = demonstration()
    return {key: read_figure(inventory, key, block) for key in block["attendu"]}


@cache
def demonstration() -> Inventory:
    data = demo_data()
    return inventory_of_rows(data.entries, own=data.own_factors, settings=data.settings, sites=data.sites)


def read_figure(inventory: Inventory, key: str, block: Block) -> object:
    """A figure by its name: ``somme``, ``beges 1.1`` or ``ghgp S1`` (t), ``ajustement ghgp recyclage`` (t)…"""
    what, *rest = key.split(" ")
    if what == "somme":
        return inventory.total_kg / 1000
    if what == "refus":
        return "".join(inventory.lines["code"])
    if what == "quantité":
        return float(inventory.lines["quantity"].iloc[0])
    if what == "prorata":
        (note,) = (note for note in coverage_remarks(inventory) if note.code == "CW-397")
        return float(str(note.parameters["prorated"]).replace("\u202f", "").replace(",", "."))
    if what == "gaz":
        return sum(float(inventory.block.gas(COLUMNS.index(name)).sum()) for name in rest) / 1000
    if what == "ajustement":
        assert rest[1] in reasons()
        table = view(inventory, rest[0]).adjustments
        return float(table.loc[table["reason"] == rest[1], "kg"].sum()) / 1000
    if what in ("mwh", "mwh_market"):
        cells = energy(inventory, view(inventory, "ghgp")).cells
        return float(
            cells[what].sum() if rest == ["T"] else cells.loc[cells["nature"] == rest[0], what].sum()
        )
    if what == "critiques":
        return critical_factors(inventory).index.tolist()
    if what == "intensité":
        figures = Figures(inventory, views(inventory))
        origin = summary(figures)[cell_ref(at.summary_row(rest[0]), at.SUMMARY_VALUE)]
        return figures.value(origin)
    if what in ("gsd2", "giec", "tirage"):
        shown = view(inventory, rest[0])
        if what == "giec":
            return float(row_percent(inventory, shown)[rest[1]])
        table = (row_uncertainty if what == "gsd2" else drawn_uncertainty)(inventory, shown)
        return float(table.set_index("code")["gsd2"][rest[1]])
    return view(inventory, what).kg(rest[0]) / 1000


def of_function(block: Block) -> dict[str, object]:
    """A published formula, on its own."""
    assert block["fonction"] in FUNCTIONS
    arguments = [np.nan if one is None else one for one in block["arguments"]]
    found = getattr(uncertainty, block["fonction"])(*arguments)
    return {"valeur": np.asarray(found, dtype=np.float64).tolist()}


def of_conversion(block: Block) -> dict[str, object]:
    try:
        return {"rapport": conversion(block["de"], block["vers"])}
    except CodedError as refused:
        return {"refus": refused.message.code, "manque": refused.message.parameters.get("missing", "")}


def of_significance(block: Block) -> dict[str, object]:
    table = ranked(block["postes"], block["total"], Rules(block["part_indirecte"], block["part_totale"]))
    return {
        "ampleur": table.loc[table["magnitude"], "code"].tolist(),
        "seuil": table.loc[table["above"], "code"].tolist(),
    }


def of_two_years(block: Block) -> dict[str, object]:
    """What each effect moved from ``avant`` to ``saisie``, in the view of the GHG Protocol (t)."""
    years = [
        inventory_of_rows(block[rows], own=block.get("propres", ()), settings={"year": year})
        for rows, year in (("avant", 2023), ("saisie", 2024))
    ]
    first, last = ((one, view(one, "ghgp")) for one in years)
    table = effects(*first, *last)
    return {effect: float(table[effect].sum()) / 1000 for effect in EFFECTS}


def of_target(block: Block) -> dict[str, object]:
    """Where a year stands on the straight line of a target."""
    target = block["objectif"]
    current = Current(block["année"], {target["perimeter"]: block["mesuré"]})
    columns = [column.key for column in register("targets")]
    history = pd.DataFrame(columns=["year", "view", "code", "total"], dtype=object)
    (found,) = trajectory(pd.DataFrame([target], columns=columns, dtype=object), history, current)
    return {
        "cible": found.target,
        "attendu": found.expected,
        "écart": found.gap,
        "position": found.standing.value,
    }


def of_screening(block: Block) -> dict[str, object]:
    rows = [{"item": item, "quantity": quantity, "unit": unit} for item, quantity, unit in block["données"]]
    found = screen(pd.DataFrame(rows, dtype=object), load_catalogue(), {"year": block["année"]})
    return {
        key: found.views[name].kg(code) / 1000 for key in block["attendu"] for name, code in [key.split(" ")]
    }


KINDS: Mapping[str, Callable[[Block], Mapping[str, object]]] = {
    "lignes": of_lines,
    "démonstration": of_demonstration,
    "fonction": of_function,
    "conversion": of_conversion,
    "importance": of_significance,
    "effets": of_two_years,
    "trajectoire": of_target,
    "criblage": of_screening,
}
KEYS = {"calcul", "attendu", "a", "saisie", "propres", "reglages", "sites", "fonction", "arguments", "de",
        "vers", "postes", "total", "part_indirecte", "part_totale", "avant", "objectif", "année", "mesuré",
        "données"}  # fmt: skip


@pytest.mark.parametrize(("name", "block"), blocks(), ids=[name for name, _ in blocks()])
def test_the_engine_finds_the_figure_again(name: str, block: Block) -> None:
    assert set(block) <= KEYS
    found = KINDS[block["calcul"]](block)
    assert block["attendu"]
    for key, expected in block["attendu"].items():
        if isinstance(expected, float | int) or (
            isinstance(expected, list) and isinstance(expected[0], float)
        ):
            assert found[key] == pytest.approx(expected, abs=block["a"], rel=0), key
        else:
            assert found[key] == expected, key


def test_no_formula_stands_without_its_figure() -> None:
    bare = [title for title, text in sections() if FORMULA.search(text) and not BLOCK.search(text)]
    assert bare == []
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text.count("```calcul") == len(blocks()) >= 25


def test_a_wrong_figure_is_seen() -> None:
    name, block = next(
        one for one in blocks() if one[1]["calcul"] == "lignes" and "somme" in one[1]["attendu"]
    )
    wrong = {**block, "attendu": {"somme": block["attendu"]["somme"] + 2 * block["a"]}}
    with pytest.raises(AssertionError):
        test_the_engine_finds_the_figure_again(name, wrong)
