"""Units and dimensions: French spellings in, conversions or a named missing quantity out."""

from carbon_workbook.units.conversions import conversion, conversions, missing_quantity
from carbon_workbook.units.parsing import Money, Unit, denominator, money_of, parse_unit, suggestions

__all__ = [
    "Money",
    "Unit",
    "conversion",
    "conversions",
    "denominator",
    "missing_quantity",
    "money_of",
    "parse_unit",
    "suggestions",
]
