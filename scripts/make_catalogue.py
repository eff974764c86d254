"""Write factors/emission_factors.csv and factors/stages.csv from the official files.

Usage: python scripts/make_catalogue.py [--data FOLDER]   (or the environment variable OFFICIAL_DATA)

The folder holds the Base Carbone® V23.6 workbook and the DESNZ 2025 flat file, which are never committed.
``factors/selection.csv`` says which factors are kept and what we add to each (families, aliases, pairs,
warnings); every figure comes from the official files, unrounded.
"""

from __future__ import annotations

import argparse
import os
import re
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
FACTORS = ROOT / "factors"
BASE_CARBONE = "Base_Carbone_V23.6.xlsx"
DESNZ = "ghg-conversion-factors-2025-flat-format.xlsx"

CHECKED_ON = date(2026, 11, 21)
REVIEW_VALID = date(2027, 11, 21)
REVIEW_EXPIRED = date(2027, 5, 21)

GASES = ("co2_fossil", "ch4_fossil", "ch4_biogenic", "n2o", "other_gases")
FACTOR_COLUMNS = (
    "id",
    "label",
    "unit",
    "total",
    "co2_fossil",
    "ch4_fossil",
    "ch4_biogenic",
    "n2o",
    "other_gases",
    "co2_biogenic",
    "uncertainty_pct",
    "geography",
    "valid_until",
    "series",
    "series_year",
    "gwp_set",
    "source",
    "version",
    "source_id",
    "licence",
    "families",
    "kind",
    "status",
    "default_post",
    "nature",
    "gas_kind",
    "upstream_pair",
    "cutoff_pair",
    "price_year",
    "price_index",
    "aliases",
    "warning",
    "checked_on",
    "review_on",
)
STAGE_COLUMNS = (
    "factor_id",
    "position",
    "label",
    "stage",
    "total",
    "co2_fossil",
    "ch4_fossil",
    "ch4_biogenic",
    "n2o",
    "other_gases",
    "co2_biogenic",
    "assigned",
)
KEPT = (
    "families",
    "kind",
    "series",
    "series_year",
    "upstream_pair",
    "cutoff_pair",
    "default_post",
    "nature",
    "gas_kind",
    "price_year",
    "price_index",
    "aliases",
    "warning",
)

UNITS = {
    "kWh PCI": "kWh PCI",
    "KWh PCI": "kWh PCI",
    "kWhPCI": "kWh PCI",
    "kWh (PCI)": "kWh PCI",
    "Litre": "litre",
    "Kg": "kg",
    "kgH2": "kg",
    "kg BioGNC": "kg",
    "kg de poids net": "kg",
    "kg de poids vif": "kg",
    "kg de matière active": "kg",
    "kg d'azote épandu": "kg",
    "kg NTK": "kg",
    "kg DCO éliminée": "kg",
    "tonne": "t",
    "tonne de déchets": "t",
    "tonne produites": "t",
    "tonne de clinker": "t",
    "tonne de N": "t",
    "tonne de P2O5": "t",
    "tonne de K2O": "t",
    "tonne.km": "t.km",
    "m3": "m³",
    "m3 (n)": "m³",
    "m3.km": "m³.km",
    "m² SHON": "m²",
    "m² de paroi": "m²",
    "m² de toiture": "m²",
    "m² de sol": "m²",
    "mL": "m",
    "m de route": "m",
    "appareil": "unité",
    "livre": "unité",
    "litres": "litre",
    "tonnes": "t",
    "kWh (Gross CV)": "kWh PCS",
    "kWh (Net CV)": "kWh PCI",
    "passenger.km": "passager.km",
    "cubic metres": "m³",
    "Room per night": "nuit",
    "per FTE Working Hour": "heure",
}
# A quantity that is not the mass or area of the thing bought: the label must say so.
QUALIFIED = {
    "kg de poids vif": "poids vif",
    "kg de matière active": "matière active",
    "kg d'azote épandu": "azote épandu",
    "kg NTK": "azote NTK",
    "kg DCO éliminée": "DCO éliminée",
    "tonne produites": "tonne produite",
    "tonne de clinker": "tonne de clinker",
    "tonne de N": "tonne d'azote N",
    "tonne de P2O5": "tonne de P2O5",
    "tonne de K2O": "tonne de K2O",
    "m² de paroi": "m² de paroi",
    "m² de toiture": "m² de toiture",
    "m² de sol": "m² de sol",
}
STAGES = {
    "Combustion": "combustion",
    "Combustion à la centrale": "combustion",
    "Amont": "upstream",
    "Carburant (amont)": "upstream",
    "Carburant (combustion)": "combustion",
    "Transport et distribution": "losses",
    "Fabrication": "manufacture",
    "Amortissement": "manufacture",
}
STAGE_LABELS = {
    "combustion": "Combustion",
    "upstream": "Amont",
    "losses": "Pertes de transport et de distribution",
    "contrails": "Traînées de condensation",
}
SPELLINGS = (
    ("Electricité", "Électricité"),
    ("rainées", "raînées"),
    ("Trainées", "Traînées"),
    (" kms", " km"),
    ("Médtierranée", "Méditerranée"),
    ("fabrication", "fabrication"),
)
MONTHS = {
    m: n
    for n, names in enumerate(
        ("janv janvier", "févr février fevr", "mars", "avr avril", "mai", "juin", "juil juillet", "août aout",
         "sept septembre", "oct octobre", "nov novembre", "déc décembre dec decembre"), 1
    )
    for m in names.split()
}  # fmt: skip


def number(value: Any) -> str:
    """The figure as the file holds it; blank stays blank."""
    if value is None or pd.isna(value) or value == "":
        return ""
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def validity(value: Any) -> str:
    """ISO last day of validity. A first of the month is a month typed by the spreadsheet: its last day."""
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, (int, float)) and value > 30000:
        return (date(1899, 12, 30) + timedelta(days=int(value))).isoformat()
    if isinstance(value, datetime):
        day = value.date()
        return (month_end(day.year, day.month) if day.day == 1 else day).isoformat()
    text = str(value).strip()
    if match := re.fullmatch(r"(?:Année |Données valides pour l'année )?(20\d\d)", text):
        return f"{match[1]}-12-31"
    if match := re.fullmatch(r"(?:(\d{1,2})-)?([^\W\d]+)\.?[- ](\d\d|20\d\d)", text):
        month, year = MONTHS[match[2].lower()], 2000 + int(match[3]) % 100
        return (date(year, month, int(match[1])) if match[1] else month_end(year, month)).isoformat()
    return ""


def clean(text: Any) -> str:
    if text is None or pd.isna(text):
        return ""
    tidy = re.sub(r"\s+", " ", str(text).replace('"', "").replace("\t", " ")).strip(" ,/")
    for wrong, right in SPELLINGS:
        tidy = tidy.replace(wrong, right)
    return tidy


def read_base_carbone(folder: Path) -> tuple[pd.DataFrame, dict[int, pd.DataFrame]]:
    rows = pd.read_excel(folder / BASE_CARBONE, sheet_name=0, dtype=object, engine="openpyxl")
    rows["id"] = rows["Identifiant de l'élément"].astype(int)
    elements = rows[rows["Type Ligne"] == "Elément"].set_index("id")
    stages = rows[rows["Type Ligne"] == "Poste"]
    return elements, dict(iter(stages.groupby("id", sort=False)))


def read_desnz(folder: Path) -> dict[str, pd.Series]:
    rows = pd.read_excel(
        folder / DESNZ, sheet_name="Factors by Category", header=5, dtype=object, engine="openpyxl"
    )
    rows = rows[rows["ID"].notna()].rename(columns=lambda name: re.sub(r"(Factor) \d{4}", r"\1", name))
    return {str(row["ID"]): row for _, row in rows.iterrows()}


def base_carbone_gases(row: pd.Series) -> dict[str, str]:
    extra = [row[f"Valeur gaz supplémentaire {n}"] for n in range(1, 6)] + [row["Autres GES"]]
    filled = [float(value) for value in extra if not pd.isna(value)]
    return {
        "co2_fossil": number(row["CO2f"]),
        "ch4_fossil": number(row["CH4f"]),
        "ch4_biogenic": number(row["CH4b"]),
        "n2o": number(row["N2O"]),
        "other_gases": number(sum(filled)) if filled else "",
        "co2_biogenic": number(row["CO2b"]),
    }


def stage_of(kind: str, name: str) -> tuple[str, int]:
    """Our stage of a life-cycle stage of the base, and 1 where we decide it ourselves."""
    if kind == "Emissions fugitives":
        if "Trainées" in name:
            return "contrails", 0
        if "barrage" in name:  # flooded reservoir: emitted where the electricity is produced
            return "combustion", 1
        return "other", 0
    if name == "Fabrication du véhicule":
        return "manufacture", 1
    if name == "Utilisation du véhicule":
        return "use", 1
    return STAGES.get(kind, "other"), 0


def base_carbone_label(row: pd.Series, unit: str) -> str:
    parts = [clean(row[f"Nom {part} français"]) for part in ("base", "attribut", "frontière")]
    label = ", ".join(part for part in parts if part)
    place = clean(row["Sous-localisation géographique français"])
    if row["Localisation géographique"] == "Europe" and not place:
        place = "Europe"
    if row["Localisation géographique"] == "Outre-mer" and not place:
        place = "Outre-mer"
    told = label.lower()
    if place and place != "France" and not any(bit.strip().lower() in told for bit in place.split(",")):
        label += f" ({place})"
    if place == "France" and row["Localisation géographique"] == "Autre pays du monde":
        label += " (France)"
    if unit in QUALIFIED:
        label += f" (par {QUALIFIED[unit]})"
    return label


def base_carbone_factor(
    chosen: pd.Series, row: pd.Series, stages: pd.DataFrame | None
) -> tuple[dict[str, str], list[dict[str, str]]]:
    unit = str(row["Unité français"]).removeprefix("kgCO2e/").strip()
    price = re.fullmatch(r"keuro \((\d{4})\) HT", unit)
    place = [clean(row["Localisation géographique"]), clean(row["Sous-localisation géographique français"])]
    status = "archivé" if row["Statut de l'élément"] == "Archivé" else "valide"
    factor = {
        "label": chosen["label"] or base_carbone_label(row, unit),
        "unit": f"k€ HT {price[1]}" if price else UNITS.get(unit, unit),
        "total": number(row["Total poste non décomposé"]),
        **base_carbone_gases(row),
        "uncertainty_pct": number(row["Incertitude"]),
        "geography": " – ".join(dict.fromkeys(part for part in place if part)),
        "valid_until": validity(row["Période de validité"]),
        "gwp_set": "AR6" if "6eme rapport du GIEC" in str(row["Code de la catégorie"]) else "inconnu",
        "source": "Base Carbone® – ADEME",
        "version": "V23.6",
        "source_id": chosen["id"],
        "licence": "Licence Ouverte 2.0",
        "status": status,
    }
    if chosen["gas"]:  # the gas of a warming potential is known: the whole figure is that gas
        factor |= dict.fromkeys(GASES, "") | {chosen["gas"]: factor["total"]}
    lines = []
    if stages is not None:
        for position, (_, stage) in enumerate(stages.iterrows(), 1):
            kind, name = clean(stage["Type poste"]), clean(stage["Nom poste français"])
            ours, assigned = stage_of(kind, str(stage["Nom poste français"]))
            lines.append(
                {
                    "position": str(position),
                    "label": f"{kind} – {name}" if name and name != kind else kind,
                    "stage": ours,
                    "total": number(stage["Total poste non décomposé"]),
                    **base_carbone_gases(stage),
                    "assigned": str(assigned),
                }
            )
    elif chosen["stage"]:
        lines.append(single_stage(chosen["stage"], factor))
    return factor, lines


def single_stage(stage: str, factor: dict[str, str]) -> dict[str, str]:
    return {
        "position": "1",
        "label": STAGE_LABELS[stage],
        "stage": stage,
        **{name: factor.get(name, "") for name in ("total", *GASES, "co2_biogenic")},
        "assigned": "1",
    }


def desnz_gases(source_id: str, rows: dict[str, pd.Series], biogenic: bool) -> dict[str, str]:
    stem = source_id.removesuffix("_1")
    found = {}
    for suffix, gas in (
        ("2", "co2_fossil"),
        ("3", "ch4_biogenic" if biogenic else "ch4_fossil"),
        ("4", "n2o"),
    ):
        row = rows.get(f"{stem}_{suffix}")
        found[gas] = number(row["GHG Conversion Factor"]) if row is not None else ""
    return found


def desnz_factor(
    chosen: pd.Series, rows: dict[str, pd.Series]
) -> tuple[dict[str, str], list[dict[str, str]]]:
    source_id = str(chosen["id"]).removeprefix("DZ-")
    row = rows[source_id]
    unit = str(row["UOM"])
    factor = {
        "label": chosen["label"],
        "unit": UNITS.get(unit, unit),
        "total": number(row["GHG Conversion Factor"]),
        **desnz_gases(source_id, rows, biogenic=source_id.startswith("2_")),
        "geography": "Royaume-Uni" if "hotel" not in chosen["families"] else chosen["label"].split(", ")[-1],
        "valid_until": "2025-12-31",
        "gwp_set": "AR5",
        "source": "UK Government GHG Conversion Factors – DESNZ",
        "version": "2025 v1.0",
        "source_id": source_id,
        "licence": "Open Government Licence v3.0",
        "status": "valide",
    }
    if chosen["biogenic_of"]:
        factor["co2_biogenic"] = number(rows[chosen["biogenic_of"]]["GHG Conversion Factor"])
    if chosen["contrail_base"]:
        # With and without non-CO2 effects are published apart: their difference is the contrail stage.
        bare_id = str(chosen["contrail_base"]).removeprefix("DZ-")
        bare = {"total": number(rows[bare_id]["GHG Conversion Factor"]), **desnz_gases(bare_id, rows, False)}
        factor |= dict.fromkeys(GASES, "")
        rest = number(round(float(factor["total"]) - float(bare["total"]), 10))
        contrails = single_stage("contrails", {"total": rest, "other_gases": rest}) | {"position": "2"}
        return factor, [single_stage("combustion", bare), contrails]
    return factor, [single_stage(chosen["stage"], factor)] if chosen["stage"] else []


def convention_factor(chosen: pd.Series) -> dict[str, str]:
    return {
        "label": chosen["label"],
        "unit": "tCO2e",
        "total": "1000",
        "gwp_set": "inconnu",
        "source": "Convention du classeur",
        "version": "1",
        "source_id": chosen["id"],
        "licence": "Apache-2.0",
        "status": "valide",
    }


def review_date(valid_until: str) -> str:
    expired = valid_until and valid_until < CHECKED_ON.isoformat()
    return (REVIEW_EXPIRED if expired else REVIEW_VALID).isoformat()


def tell_apart(factors: list[dict[str, str]]) -> None:
    """Labels are unique: the unit, then the geography, is added where two factors share one."""
    for detail in ("unit", "geography", "id"):
        seen = Counter(factor["label"].lower() for factor in factors)
        for factor in factors:
            if seen[factor["label"].lower()] > 1:
                prefix = "par " if detail == "unit" else ""
                factor["label"] += f" ({prefix}{factor[detail]})"


def build(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    selection = pd.read_csv(FACTORS / "selection.csv", sep=";", dtype=str, keep_default_na=False)
    elements, postes = read_base_carbone(folder)
    desnz = read_desnz(folder)
    factors, stages = [], []
    for _, chosen in selection.iterrows():
        identifier = chosen["id"]
        lines: list[dict[str, str]] = []
        if identifier.startswith("CW-"):
            factor = convention_factor(chosen)
        elif identifier.startswith("DZ-"):
            factor, lines = desnz_factor(chosen, desnz)
        else:
            number_id = int(identifier)
            factor, lines = base_carbone_factor(chosen, elements.loc[number_id], postes.get(number_id))
        factor |= {"id": identifier, **{name: chosen[name] for name in KEPT}}
        factor["checked_on"] = CHECKED_ON.isoformat()
        factor["review_on"] = review_date(factor.get("valid_until", ""))
        factors.append(factor)
        stages += [{"factor_id": identifier, **line} for line in lines]
    tell_apart(factors)
    return (
        pd.DataFrame(factors, columns=list(FACTOR_COLUMNS)).fillna(""),
        pd.DataFrame(stages, columns=list(STAGE_COLUMNS)).fillna(""),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("OFFICIAL_DATA", ROOT.parent / "shared" / "data")
    )
    folder = Path(parser.parse_args().data)
    factors, stages = build(folder)
    for table, name in ((factors, "emission_factors"), (stages, "stages")):
        table.to_csv(FACTORS / f"{name}.csv", sep=";", index=False, lineterminator="\n")
        print(f"{name}.csv : {len(table)} lignes")


if __name__ == "__main__":
    main()
