"""Import, export and import again is the identity; the order of rows and columns does not matter."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from factor_files import HEADER, element, imported, stage, text, written
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon_workbook.factors.imports.generic import export
from carbon_workbook.factors.store import Store

labels = st.text(st.characters(codec="cp1252", exclude_categories=("Cc",)), max_size=20)
figures = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: repr(round(value, 9)).replace(".", ","))
UNITS = ["kgCO2e/kg", "kgCO2e/KWh PCI", "kgCO2e/keuro (2022) HT"]
STAGED = {"Structure": "élément décomposé par poste et par gaz"}


@st.composite
def files(draw: st.DrawFn) -> list[dict[str, str]]:
    rows = []
    for number in range(draw(st.integers(1, 6))):
        staged = draw(st.booleans())
        cells = {"Nom attribut français": draw(labels), "Code de la catégorie": draw(labels), "CH4b": draw(figures),
                 "Statut de l'élément": draw(st.sampled_from(["Valide générique", "Archivé", "Valide spécifique"])),
                 "Unité français": draw(st.sampled_from(UNITS))}  # fmt: skip
        rows.append(
            dict(
                element(str(100 + number), draw(labels), draw(figures), **cells, **(STAGED if staged else {}))
            )
        )
        kinds = (
            draw(st.lists(st.sampled_from(["Amont", "Combustion"]), min_size=1, max_size=3)) if staged else []
        )
        rows += [dict(stage(str(100 + number), kind, draw(figures), CO2f=draw(figures))) for kind in kinds]
    return rows


@settings(max_examples=60, deadline=None)
@given(rows=files(), seed=st.integers(0, 10**6))
def test_identity_and_order(rows: list[dict[str, str]], seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = imported(written(folder, text(rows)))
        again = imported(written(folder, export(base), "export.csv", "utf-8"))
        assert again.digest == base.digest
        assert export(again) == export(base)

        shuffle = random.Random(seed).shuffle
        header, mixed = list(HEADER), list(rows)
        shuffle(header)
        shuffle(mixed)
        assert imported(written(folder, text(mixed, header), "V9.1.csv")).digest == base.digest

        store = Store(folder / "magasin")
        assert store.add(base)
        assert store.load("V9.1").digest == base.digest
        assert not store.add(again)


@settings(max_examples=40, deadline=None)
@given(rows=files(), figure=st.integers(0, 5))
def test_another_figure_is_another_base(rows: list[dict[str, str]], figure: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        changed = [dict(row) for row in rows]
        changed[figure % len(rows)]["Total poste non décomposé"] = "1234567,5"
        first, second = (imported(written(folder, text(some))) for some in (rows, changed))
        assert first.digest != second.digest
