"""Random inventories, seeded: lines over the whole catalogue, and rows filled with anything a user may type."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd

from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.messages import CodedError
from carbon_workbook.specs.spec import entry_sheets, lists
from carbon_workbook.units import conversion
from carbon_workbook.values import CellError, Uncached

COUNTRIES = ("FR", "FR", "DE", "CH")
OTHER_UNITS = (
    "t",
    "kg",
    "kWh",
    "MWh",
    "km",
    "litre",
    "m³",
    "m²",
    "unité",
    "EUR HT 2024",
    "USD HT 2022",
    "t.km",
    "kWh PCS",
)
OPTIONS = {
    "achats": ("", *lists()["nature_achat"]),
    "fret": tuple("|".join(pair) for pair in itertools.product(lists()["sens"], lists()["payeur"])),
    "utilisation": ("", *lists()["direct_indirect"]),
    "energie_amont": ("", *(method.label for method in entry_sheets()["cat03"].methods)),
}
PERIODS = (
    (None, None),
    (dt.date(2024, 1, 1), dt.date(2024, 12, 31)),
    *((dt.date(2024, month, 1), dt.date(2024, month, 28)) for month in (1, 2, 3, 7)),
    (dt.date(2023, 12, 15), dt.date(2024, 2, 14)),
    (dt.date(2024, 4, 1), dt.date(2024, 9, 30)),
    (dt.date(2024, 7, 1), dt.date(2025, 1, 10)),
)
BROKEN_PERIODS = ((dt.date(2024, 3, 1), None), (dt.date(2024, 5, 2), dt.date(2024, 5, 1)), ("mars", None))
INSTRUMENTS = lists()["type_instrument"]
TYPED = (None, "", "  ", 0, 1, 12.5, -3, 1e12, 0.2, "1 234,5", "12 %", "1.234", "beaucoup", "O", "N", "t", "kWh",
         "kWh PCS", "EUR", "HT", "TTC", 2023, 2024.0, dt.date(2024, 3, 1), dt.datetime(2024, 1, 1, 12), True,
         float("nan"), CellError("#REF!"), Uncached("=A1"), "=cmd|' /C calc'!A0", "@x", "Lyon", "Atlantide",
         "€")  # fmt: skip


def accepted_units(unit):
    """Units that convert to a factor's, its own first."""
    found = [unit]
    for other in OTHER_UNITS:
        try:
            conversion(other, unit)
        except CodedError:
            continue
        found.append(other)
    return found


def random_lines(random, count, units):
    """``count`` lines of random sheets; about one in eight cannot count. ``units``: accepted units by factor unit."""
    table = load_catalogue().table
    specs = list(entry_sheets().values())
    rows = []
    for position in random.integers(len(table), size=count):
        spec = specs[random.integers(len(specs))]
        factor = table.iloc[position]
        choices = units[factor["unit"]]
        fault = random.integers(40)
        rows.append(
            {
                "sheet": spec.key,
                "posting": spec.posting,
                "kinds": "|".join(spec.kinds) if random.random() < 0.3 else "",
                "option": str(random.choice(OPTIONS.get(spec.posting, ("",)))),
                "factor_ref": {0: "INCONNU", 1: None, 2: "gaz naturel"}.get(int(fault), str(factor.name)),
                "activity": {3: -5.0, 4: np.nan, 5: np.inf}.get(int(fault), float(random.lognormal(3, 3))),
                "activity_unit": "parsec" if fault == 6 else str(random.choice(choices)),
                "code": "CW-316" if fault == 7 else "",
                "control_operational": bool(random.random() < 0.7),
                "control_financial": bool(random.random() < 0.7),
                "national": bool(random.random() < 0.8),
                "country": str(random.choice(COUNTRIES)),
                "acquisition_year": float(random.choice([np.nan, 1998, 2020, 2024, 2030])),
                "life_years": float(random.choice([np.nan, 0, 0.5, 2.5, 4, 40])),
                "disposal_year": float(random.choice([np.nan, np.nan, 2023, 2024])),
                "instrument_type": str(random.choice(INSTRUMENTS)),
                "cancelled": str(random.choice(["O", "O", "N", ""])),
                "instrument_factor": float(random.choice([0.0, 0.0, 0.3, np.nan])),
            }
        )
        if spec.posting == "instruments":
            rows[-1] |= {"activity_unit": "kWh", "activity": float(random.random() * 1000)}
        periods = BROKEN_PERIODS if random.random() < 0.1 else PERIODS
        rows[-1] |= dict(
            zip(("period_start", "period_end"), periods[random.integers(len(periods))], strict=True)
        )
    return pd.DataFrame(rows)


def random_rows(random, spec, count):
    """Rows of a sheet: half of each row's cells as they should be, the rest anything."""
    table = load_catalogue().table
    rows = []
    for _ in range(count):
        row = {}
        for column in spec.entered:
            draw = random.random()
            if draw < 0.35:
                continue
            if draw < 0.85:
                row[column.key] = _sound(random, spec, column, table)
            else:
                row[column.key] = TYPED[random.integers(len(TYPED))]
        rows.append(row)
    return rows


def _sound(random, spec, column, table):
    if column.key == "method":
        return str(random.choice([m.label for m in spec.methods]))
    if column.list in lists():
        return str(random.choice(lists()[column.list]))
    if column.type == "factor":
        return str(table.index[random.integers(len(table))])
    if column.type == "unit":
        return str(random.choice(spec.units or ("kg",)))
    return {
        "number": float(random.lognormal(2, 2)),
        "percent": float(random.random()),
        "year": int(random.integers(2000, 2026)),
        "flag": str(random.choice(["O", "N"])),
        "date": dt.date(2024, 1, 1),
    }.get(column.type, "texte")
