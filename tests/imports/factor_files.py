"""Small factor files made for the tests, and the official ones where they are present."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from carbon_workbook.factors.imports.base import Base
from carbon_workbook.factors.imports.recognise import read_base
from carbon_workbook.imports.files import open_source

DATA = Path(os.environ.get("OFFICIAL_DATA", Path(__file__).parents[3] / "shared" / "data"))

HEADER = re.split(
    ";",
    "Type Ligne;Identifiant de l'élément;Structure;Type de l'élément;Statut de l'élément;Nom base français;"
    "Nom attribut français;Nom frontière français;Code de la catégorie;Tags français;Unité français;"
    "Localisation géographique;Sous-localisation géographique français;Date de modification;Période de validité;"
    "Incertitude;Type poste;Nom poste français;Total poste non décomposé;CO2f;CH4f;CH4b;N2O;"
    "Valeur gaz supplémentaire 1;Autres GES;CO2b",
)
ELEMENT = {
    "Type Ligne": "Elément", "Structure": "élément non décomposé", "Type de l'élément": "Facteur d'émission",
    "Statut de l'élément": "Valide générique", "Unité français": "kgCO2e/kg",
    "Localisation géographique": "France continentale", "Code de la catégorie": "Achats de biens > Essais",
}  # fmt: skip
Row = Mapping[str, str]


def official(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        reason = f"{name} absent de ../shared/data : l'import n'est pas comparé au fichier officiel"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def element(identifier: str, name: str, total: str, **cells: str) -> Row:
    return {**ELEMENT, "Identifiant de l'élément": identifier, "Nom base français": name,
            "Total poste non décomposé": total, **cells}  # fmt: skip


def stage(identifier: str, kind: str, total: str, **cells: str) -> Row:
    return {**element(identifier, "", total), "Type Ligne": "Poste", "Type poste": kind, **cells}


def sample() -> list[Row]:
    """Six elements, one of them staged with gases, and what must not become a factor."""
    staged = {"Structure": "élément décomposé par poste et par gaz", "Unité français": "kgCO2e/litre"}
    return [
        element("101", "Gazole", "3,1", **staged, CO2b="0"),
        stage("101", "Combustion", "2,5", **staged, CO2f="2,4", N2O="0,07", CO2b="0,2"),
        stage("101", "Amont", "0,6", **staged, CO2f="0,5", CH4f="7,55E-02", CO2b="-0,2"),
        element("102", "Acier", "1,8", Incertitude="30"),
        element("103", "Forêt", "-0,019", **{"Code de la catégorie": "UTCF > Forêts", "Unité français": "kgCO2e/ha"}),
        element("104", "Verre", "0,9", **{"Statut de l'élément": "Archivé"}),
        element("105", "Carton", "-0,5", **{"Nom frontière français": "Fin de vie - Emissions évitées"}),
        element("106", "Bureau", "120", **{"Type de l'élément": "Données source", "Unité français": "%"}),
    ]  # fmt: skip


def text(rows: Sequence[Row], header: Sequence[str] = HEADER, separator: str = ";") -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([row.get(name, "") for name in header] for row in rows)
    return stream.getvalue()


def written(
    folder: Path, content: str | bytes, name: str = "base_V9.1.csv", encoding: str = "cp1252"
) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def imported(*paths: Path, version: str = "") -> Base:
    return read_base(open_source(paths), version=version)
