"""Warming potentials of gases and of refrigerant blends, by assessment report of the IPCC.

A blend is the sum of its gases by mass. What is published as kgCO2e alone cannot be brought to another report: only
masses of known gases can.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.factors.tables import table
from carbon_workbook.factors.text import fold
from carbon_workbook.messages import CodedError

SETS = ("AR4", "AR5", "AR6")
NO_POTENTIAL, NO_MASSES = "CW-225", "CW-226"


def compositions() -> Mapping[str, Mapping[str, float]]:
    """Mass shares (0 to 1) of the gases of each blend."""
    return _compositions()


def potential(gas: str, gwp_set: str = "AR6") -> float:
    """kgCO2e per kg of a gas or a blend at 100 years (« R-134a », « R410A », « HFC-125 »).

    Raises CodedError CW-225 when the gas, or its value in that report, is not in the tables.
    """
    return emissions_of_masses({gas: 1.0}, gwp_set)


def emissions_of_masses(masses_kg: Mapping[str, float], gwp_set: str = "AR6") -> float:
    """kgCO2e of masses of gases or blends (kg) in one report's potentials. Raises as ``potential``."""
    total = 0.0
    for name, mass in masses_kg.items():
        parts = _compositions_by_name().get(_name(name), {name: 1.0})
        for gas, share in parts.items():
            value = _potentials().get((_name(gas), gwp_set.upper()))
            if value is None:
                raise CodedError(NO_POTENTIAL, gas=gas, gwp_set=gwp_set)
            total += mass * share * value
    return total


def rebased(identifier: str, catalogue: Catalogue, gwp_set: str) -> float:
    """A factor's kgCO2e per kg in another report's potentials, where it is a gas or a blend whose masses are known.

    Raises CodedError CW-226 for any other factor (its gases are published in kgCO2e, not in mass), CW-225 as
    ``potential``, CW-202 on an unknown id.
    """
    factor = catalogue.get(identifier)
    names = [factor.label.partition(",")[0], *factor.fields.get("aliases", "").split("|")]
    for name in names:
        if factor.fields.get("kind") == "gwp" and factor.unit == "kg" and _known(name):
            return potential(name, gwp_set)
    raise CodedError(NO_MASSES, factor=identifier, gwp_set=gwp_set)


def _known(name: str) -> bool:
    key = _name(name)
    return key in _compositions_by_name() or any((key, gwp_set) in _potentials() for gwp_set in SETS)


def _name(gas: str) -> str:
    """« HFC-134a », « R134A » and « R-134a » are one name."""
    key = fold(gas).replace("-", "").replace(" ", "")
    for prefix in ("hcfo", "hcfc", "hfo", "hfc", "cfc"):
        key = f"r{key.removeprefix(prefix)}" if key.startswith(prefix) else key
    return key


@cache
def _compositions() -> Mapping[str, Mapping[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for row in table("blends").to_dict(orient="records"):
        found.setdefault(str(row["blend"]), {})[str(row["gas"])] = float(row["mass_share"])
    return MappingProxyType({blend: MappingProxyType(shares) for blend, shares in found.items()})


@cache
def _compositions_by_name() -> Mapping[str, Mapping[str, float]]:
    return {_name(blend): shares for blend, shares in _compositions().items()}


@cache
def _potentials() -> Mapping[tuple[str, str], float]:
    return {
        (_name(name), gwp_set): float(row[gwp_set.lower()])
        for row in table("gwp").to_dict(orient="records")
        for name in (row["gas"], row["formula"])
        for gwp_set in SETS
        if row[gwp_set.lower()] != ""
    }
