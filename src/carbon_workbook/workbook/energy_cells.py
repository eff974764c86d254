"""What refresh writes on the sheet Énergie."""

from __future__ import annotations

import pandas as pd

from carbon_workbook.inventory.energy import NATURE_LABELS, Energy, consumption, mixes_used
from carbon_workbook.inventory.views import TOTAL
from carbon_workbook.inventory.wording import shown
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.numbers import parse_number
from carbon_workbook.workbook import energy_layout as place
from carbon_workbook.workbook.cells import cell_ref
from carbon_workbook.workbook.origins import Figures, energy_origins
from carbon_workbook.workbook.package import read_sheet
from carbon_workbook.workbook.read import Content

Cells = dict[str, object]

NOT_AN_ENERGY = "CW-495"
MIX_TEXT = "Mix de {country} {year} : {parts} ({source})"
NO_MIX = "Aucune électricité achetée dont le mix soit connu."


def energy_cells(figures: Figures, typed: dict[str, float | None]) -> Cells:
    """Everything that refresh writes; ``typed``: what the user wrote in the cells of TYPED."""
    found = figures.energy
    cells: Cells = {ref: figures.value(origin) for ref, origin in energy_origins().items()}
    cells[cell_ref(place.BASIS_ROW, place.LABEL)] = basis(figures, found)
    counts = found.lines.groupby("source")["line"].count()
    for offset, code in enumerate(place.SOURCE_ROWS):
        count = len(found.lines) if code == TOTAL else int(counts.get(code, 0))
        cells[cell_ref(place.BY_SOURCE.first + offset, place.LINES)] = count
    cells[cell_ref(place.MISSING_ROW, place.LINES)] = len(found.missing)
    cells |= _production(found, typed)
    cells |= _without(figures, found)
    sentences = [f"{note.sentence} {note.remedy}" for note in found.notes]
    more = len(sentences) - place.NOTES.rows
    if more > 0:
        sentences[place.NOTES.rows - 1 :] = [f"Et {more + 1} autres remarques, dans Contrôles."]
    for offset in range(place.NOTES.rows):
        ref = cell_ref(place.NOTES.first + offset, place.LABEL)
        cells[ref] = sentences[offset] if offset < len(sentences) else None
    return cells


def typed_energy(content: Content) -> dict[str, float | None]:
    """The user's figures of production (MWh) by defined name; None where a cell is blank or holds no energy."""
    return {name: _mwh(value) for name, (_, _, value) in _typed(content).items()}


def typed_faults(content: Content) -> list[Message]:
    """One message for each of these cells that holds something else than an energy."""
    return [
        message(NOT_AN_ENERGY, sheet=sheet, cell=cell, value=getattr(value, "text", value))
        for sheet, cell, value in _typed(content).values()
        if value not in (None, "") and _mwh(value) is None
    ]


def _typed(content: Content) -> dict[str, tuple[str, str, object]]:
    """Sheet, cell and value of each; nothing in a workbook older than the sheet."""
    found: dict[str, tuple[str, str, object]] = {}
    for name in place.TYPED:
        sheet, ref = content.package.defined_names.get(name, ("", ""))
        if sheet:
            cell = ref.replace("$", "")
            found[name] = (sheet, cell, read_sheet(content.package, sheet).value(cell))
    return found


def _mwh(value: object) -> float | None:
    try:
        number = parse_number(value)
    except CodedError:
        return None
    return number if number >= 0 else None


def basis(figures: Figures, found: Energy) -> str:
    """Which mix splits the purchased electricity by location."""
    said = [
        MIX_TEXT.format(country=mix.country, year=mix.year, parts=_parts(mix.shares), source=mix.source)
        for mix in mixes_used(figures.inventory, found)
    ]
    return " · ".join(said) or NO_MIX


def _parts(shares: tuple[float, ...]) -> str:
    named = zip(NATURE_LABELS.values(), shares, strict=True)
    return ", ".join(f"{label.lower()} {shown(100 * share, 3)} %" for label, share in named if share > 0)


def _production(found: Energy, typed: dict[str, float | None]) -> Cells:
    own = consumption(found).set_index("code")["mwh"]
    used = float(own["autoproduite"])
    sold = typed.get("cw_energie_vendue")
    other = [typed.get("cw_energie_autre_consommee"), typed.get("cw_energie_autre_vendue")]
    known = [value for value in other if value is not None]
    return {
        cell_ref(place.RENEWABLE_ROW, place.USED_COLUMN): used,
        cell_ref(place.RENEWABLE_ROW, place.MADE_COLUMN): used + (sold or 0.0),
        cell_ref(place.OTHER_PRODUCTION_ROW, place.MADE_COLUMN): sum(known) if known else None,
    }


def _without(figures: Figures, found: Energy) -> Cells:
    """One row a factor; the last one sums those that do not fit."""
    inventory = figures.inventory
    lines = inventory.lines.iloc[found.missing["line"]].assign(scope_kg=found.missing["kg"].to_numpy())
    table = inventory.catalogue.table
    rows: list[tuple[object, ...]] = []
    for factor, group in lines.groupby(lines["factor_id"].astype(str), sort=False):
        named = f"{factor} · {table['label'].astype(str)[factor]}"
        unit = str(table["unit"].astype(str)[factor])
        rows.append((named, unit, len(group), float(group["scope_kg"].sum()) / 1000.0))
    rows.sort(key=lambda row: -float(str(row[3])))
    if len(rows) > place.WITHOUT.rows:
        rest = pd.DataFrame(rows[place.WITHOUT.rows - 1 :])
        told = (f"et {len(rest)} autres facteurs", "", int(rest[2].sum()), float(rest[3].sum()))
        rows = [*rows[: place.WITHOUT.rows - 1], told]
    cells: Cells = {}
    for offset in range(place.WITHOUT.rows):
        values = rows[offset] if offset < len(rows) else (None,) * len(place.WITHOUT.labels)
        for column, value in enumerate(values, start=1):
            cells[cell_ref(place.WITHOUT.first + offset, column)] = value or None if column < 3 else value
    return cells
