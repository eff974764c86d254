"""Energy of the controlled activities of scopes 1 and 2, in MWh PCI, by source and by origin.

Final energy at its lower heating value. Process gases and fuels that serve as matter are no energy consumption: only
the sheets of combustion, electricity and heat count. A line whose energy cannot be computed is listed, never nil.

Origin of a fuel: that of its family, or the share of biogenic carbon that its factor gives for the combustion (a blend
such as B7 or E10). Origin of purchased electricity: by location, the mix of the country and year; by the market, the
technology of the instruments, the rest at the mix of the country. Without proof an energy is fossil or not split.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.factors import tables
from carbon_workbook.factors.catalogue import Catalogue
from carbon_workbook.factors.text import fold
from carbon_workbook.inventory import market
from carbon_workbook.inventory.core import factor_arrays
from carbon_workbook.inventory.gases import COLUMNS, STAGES
from carbon_workbook.inventory.model import Inventory, control_of
from carbon_workbook.inventory.views import NOMENCLATURE, View, row_frame
from carbon_workbook.inventory.wording import shown
from carbon_workbook.messages import CodedError, Message, message
from carbon_workbook.resources import packaged
from carbon_workbook.units import conversion

Floats = npt.NDArray[np.float64]

NATURES = ("fossile", "nucleaire", "renouvelable", "non_ventile")
NATURE_LABELS = dict(zip(NATURES, ("Fossile", "Nucléaire", "Renouvelable", "Non ventilé"), strict=True))
FUELS, ELECTRICITY, HEAT = ("combustion_fixe", "combustion_mobile"), "electricite", "chaleur"
POSTINGS = (*FUELS, ELECTRICITY, HEAT)
PURCHASED, OWN = "electricite", "autoproduite"
SCOPES = {"ghgp": ("S1", "S2"), "beges": ("1", "2")}
"""Rows of each nomenclature whose emissions stand beside the energy."""
NO_ENERGY, CAUTIOUS, NOT_SPLIT, OLD_MIX, NO_TECHNOLOGY = "CW-490", "CW-491", "CW-492", "CW-493", "CW-494"

BASES = ("mwh", "mwh_market")
"""Columns of energy by location and by the market."""


UNSPLIT = tuple(float(nature == "non_ventile") for nature in NATURES)


@dataclass(frozen=True)
class Energy:
    """Energy of a view's controlled lines.

    ``lines``: line (position), source, country, mwh, kg (scopes 1 and 2 of the view), where the energy is known.
    ``cells``: line, source, nature, mwh, mwh_market; they add up to ``lines``. ``missing``: line, kg of those whose
    energy is not known. ``other_kg``: scopes 1 and 2 that are no energy (processes, leaks).
    """

    view: str
    lines: pd.DataFrame
    cells: pd.DataFrame
    missing: pd.DataFrame
    other_kg: float
    notes: tuple[Message, ...]

    @property
    def total_mwh(self) -> float:
        return float(self.lines["mwh"].sum())


@cache
def sources() -> Mapping[str, tuple[str, str]]:
    """Kind (combustible, achetée, autoproduite) and French label of each source of energy, in printed order."""
    rows = pd.read_csv(packaged("inventory") / "energy_sources.csv", sep=";", dtype=str)
    return {str(source): (str(kind), str(label)) for source, kind, label in rows.itertuples(index=False)}


# --- What a factor says of energy ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Carrier:
    """Energy of a factor: kWh PCI in one of its units (NaN: not known), and shares by origin in the order of NATURES.

    ``shares`` is None for purchased electricity, which takes the mix of its country. ``cautious``: nothing is known of
    the fuel.
    """

    source: str
    kwh: float
    shares: tuple[float, ...] | None
    cautious: bool = False


@cache
def _carriers() -> Mapping[tuple[str, str], Mapping[str, str]]:
    """Rows of the table of carriers by (family or factor, key)."""
    rows = tables.table("energy_carriers").to_dict("records")
    return {(str(row["by"]), str(row["key"])): {str(k): str(v) for k, v in row.items()} for row in rows}


@lru_cache(maxsize=65536)
def carrier(factor_id: str, posting: str, catalogue: Catalogue) -> Carrier:
    """What a factor says of the energy of a line of ``posting``. Raises KeyError on an unknown factor."""
    own = _carriers().get(("factor", factor_id), {})
    families = str(catalogue.table.at[factor_id, "families"] or "").split("|")
    family = next((found for one in families if (found := _carriers().get(("family", one)))), {})
    unit = str(catalogue.table.at[factor_id, "unit"])
    source, nature = own.get("source") or family.get("source", ""), own.get("nature") or family.get("nature")
    if posting == ELECTRICITY:
        bought = market.bought_factors(factor_arrays(catalogue))
        place = factor_arrays(catalogue).position(factor_id)
        if bought[place]:
            return Carrier(PURCHASED, market.kwh_in(unit), _pure(nature))
        return Carrier(OWN, market.kwh_in(unit), _pure(nature) or UNSPLIT)
    if posting == HEAT:
        source = source if source in ("chaleur", "froid") else "chaleur"
        return Carrier(source, market.kwh_in(unit), _pure(nature or "non_ventile"))
    kwh = fuel_kwh(unit, own.get("fuel", ""))
    if sources().get(source, ("",))[0] != "combustible":
        return Carrier("autres_fossiles", kwh, _pure("fossile"), cautious=True)
    return Carrier(source, kwh, _pure(nature) or _blend(biogenic_share(factor_id, catalogue)))


def _pure(nature: str | None) -> tuple[float, ...] | None:
    return tuple(float(one == nature) for one in NATURES) if nature else None


def _blend(renewable: float) -> tuple[float, ...]:
    return tuple({"fossile": 1.0 - renewable, "renouvelable": renewable}.get(one, 0.0) for one in NATURES)


@lru_cache(maxsize=4096)
def fuel_kwh(unit: str, fuel: str) -> float:
    """kWh PCI in one ``unit`` of a fuel of ``fuel_properties``; NaN when its heating value is not known there."""
    ways = [("kWh PCI", 1.0)]
    ways += [(str(row.unit), float(row.pci_kwh_per_unit)) for row in _properties(fuel)]
    for known, kwh in ways:
        try:
            return conversion(unit, known) * kwh
        except CodedError:
            continue
    return float("nan")


@cache
def _properties(fuel: str) -> tuple[pd.Series, ...]:
    rows = tables.table("fuel_properties")
    return tuple(row for _, row in rows[rows["fuel"] == fuel].iterrows()) if fuel else ()


def biogenic_share(factor_id: str, catalogue: Catalogue) -> float:
    """Share of biogenic carbon in the CO2 of a factor's combustion, nil when it gives none.

    It stands for the share of biofuel in the energy of a blend: the fuels that are blended emit nearly as much CO2 by
    unit of energy.
    """
    arrays = factor_arrays(catalogue)
    place = arrays.position(factor_id)
    stages = slice(arrays.stage_start[place], arrays.stage_start[place] + arrays.stage_count[place])
    burnt = arrays.stage_kind[stages] == STAGES.index("combustion")
    values = arrays.stage_values[stages][burnt].sum(axis=0)
    fossil, biogenic = (
        max(float(values[COLUMNS.index(name)]), 0.0) for name in ("co2_fossil", "co2_biogenic")
    )
    return biogenic / (fossil + biogenic) if biogenic > 0 else 0.0


# --- Mix of purchased electricity ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mix:
    """Origin of a country's electricity in a year, shares in the order of NATURES. ``source``: where they come from."""

    country: str
    year: int
    shares: tuple[float, ...]
    source: str


@cache
def national_mix(country: str, year: int | None) -> Mix | None:
    """Mix of a country's production in ``year``, else in the last year published before; None without any.

    What is neither nuclear nor renewable counts as fossil: non-renewable waste and pumped storage too.
    """
    rows = tables.table("electricity_mix")
    rows = rows[(rows["country"] == country) & (rows["year"].astype(int) <= (year or 0))]
    if rows.empty:
        return None
    row = rows.iloc[rows["year"].astype(int).to_numpy().argmax()]
    total, nuclear, renewable = (float(row[name]) for name in ("total_twh", "nuclear_twh", "renewable_twh"))
    shares = (1.0 - (nuclear + renewable) / total, nuclear / total, renewable / total, 0.0)
    return Mix(country, int(row["year"]), shares, str(row["source"]))


@cache
def technology_nature(text: str) -> str:
    """Origin that a technology of an instrument names; ``non_ventile`` when it names none, or several."""
    words = pd.read_csv(packaged("inventory") / "technologies.csv", sep=";", dtype=str)
    found = {str(nature) for word, nature in words.itertuples(index=False) if str(word) in fold(text)}
    return found.pop() if len(found) == 1 else "non_ventile"


# --- Energy of an inventory ----------------------------------------------------------------------------------------


def energy(inventory: Inventory, view: View) -> Energy:
    """Energy of the lines that are under control and in the territory of a view."""
    lines, block = inventory.lines, inventory.block
    chosen = np.flatnonzero(_in_view(inventory, view.name) & (block.factor >= 0))
    place, kinds = _kinds(inventory, chosen)
    kwh = block.quantity[chosen] * np.array([one.carrier.kwh for one in kinds], dtype=np.float64)[place]
    kg, other_kg = _scopes_kg(inventory, view, chosen)
    known = ~np.isnan(kwh)
    place = place[known]
    table = pd.DataFrame(
        {
            "line": chosen[known],
            "source": np.array([one.carrier.source for one in kinds], dtype=object)[place],
            "country": lines["country"].astype(str).to_numpy(dtype=object)[chosen[known]],
            "mwh": kwh[known] / 1000.0,
            "kg": kg[known],
        }
    )
    shares = np.array([one.shares for one in kinds], dtype=np.float64).reshape(-1, len(NATURES))[place]
    missing = pd.DataFrame({"line": chosen[~known], "kg": kg[~known]})
    cautious = np.array([one.carrier.cautious for one in kinds], dtype=bool)[place]
    by_market, notes = _by_market(inventory, view.name, table, shares)
    said = (
        *_missing_notes(inventory, missing),
        *_cautious_notes(inventory, table["line"].to_numpy()[cautious]),
        *_old_mix_notes(inventory, table),
        *_unsplit_notes(table, shares),
        *notes,
    )
    return Energy(view.name, table, _cells(table, shares, by_market), missing, other_kg, said)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What lines of one activity, factor and country share: the carrier, and the origins of its energy by location."""

    carrier: Carrier
    shares: tuple[float, ...]


def _kinds(inventory: Inventory, chosen: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], list[_Kind]]:
    """Kind of each chosen line, a position in those that follow: few of them serve many lines."""
    lines, block = inventory.lines, inventory.block
    posting, postings = pd.factorize(lines["posting"].to_numpy(dtype=object)[chosen])
    country, countries = pd.factorize(lines["country"].astype(str).to_numpy(dtype=object)[chosen])
    width = len(block.arrays.ids)
    keys = (posting * width + block.factor[chosen]) * max(1, len(countries)) + country
    uniques, place = np.unique(keys, return_inverse=True)
    kinds = []
    for key in uniques.tolist():
        rest, where = divmod(key, max(1, len(countries)))
        name, factor = divmod(rest, width)
        found = carrier(str(block.arrays.ids[factor]), str(postings[name]), inventory.catalogue)
        mix = national_mix(str(countries[where]), inventory.year) if found.shares is None else None
        kinds.append(_Kind(found, found.shares or (mix.shares if mix else UNSPLIT)))
    return place.astype(np.int64), kinds


def _in_view(inventory: Inventory, name: str) -> npt.NDArray[np.bool_]:
    lines = inventory.lines
    found = lines["posting"].isin(POSTINGS).to_numpy(dtype=bool) & inventory.block.counted
    found &= lines[control_of(inventory.settings, name)].to_numpy(dtype=bool)
    if tables.conventions(name)["territory"] == "national":
        found &= lines["national"].to_numpy(dtype=bool)
    return np.asarray(found, dtype=bool)


def _scopes_kg(inventory: Inventory, view: View, chosen: npt.NDArray[np.int64]) -> tuple[Floats, float]:
    """kgCO2e of scopes 1 and 2 of each chosen line, and of all the others."""
    nomenclature = NOMENCLATURE[view.name]
    codes = {
        member
        for code, _, level, members in row_frame(nomenclature)
        for member in members
        if level == 0 and code in SCOPES[nomenclature]
    }
    cells = view.cells[view.cells["code"].isin(codes)]
    kg = np.zeros(len(inventory.lines))
    np.add.at(kg, cells["line"].to_numpy(), cells["kg"].to_numpy())
    return kg[chosen], float(kg.sum() - kg[chosen].sum())


def _by_market(
    inventory: Inventory, name: str, table: pd.DataFrame, shares: Floats
) -> tuple[Floats, list[Message]]:
    """Shares by origin of each line, by the market: what instruments cover has their technology, the rest the mix.

    Where a residual mix is entered its composition is not known: the rest is not split.
    """
    lines, found, notes = inventory.lines, shares.copy(), list[Message]()
    if not (lines["posting"] == market.INSTRUMENTS).any():
        return found, notes
    claims = market.claims_of(lines, inventory.block, control_of(inventory.settings, name), inventory.year)
    technology = lines["technology"] if "technology" in lines else pd.Series("", index=lines.index)
    nature = np.array([technology_nature(str(text)) for text in technology.iloc[claims.line]], dtype=object)
    bought = (table["source"] == PURCHASED).to_numpy(dtype=bool)
    for here in dict.fromkeys(claims.country.tolist()):
        own = claims.country == here
        place = np.flatnonzero(bought & (table["country"] == here).to_numpy(dtype=bool))
        whole = float(claims.grid.kwh[claims.grid.country == here].sum())
        if not len(place) or whole <= 0:
            continue
        part = (
            np.array([claims.kept[own & ~claims.residual & (nature == one)].sum() for one in NATURES]) / whole
        )
        rest = np.tile(UNSPLIT, (len(place), 1)) if (own & claims.residual).any() else found[place]
        found[place] = part + (1.0 - part.sum()) * rest
    unnamed = (nature == "non_ventile") & ~claims.residual & (claims.kept > 0)
    if unnamed.any():
        mwh = shown(float(claims.kept[unnamed].sum()) / 1000.0)
        notes.append(message(NO_TECHNOLOGY, count=int(unnamed.sum()), mwh=mwh))
    return found, notes


def _cells(table: pd.DataFrame, shares: Floats, by_market: Floats) -> pd.DataFrame:
    """One entry a line and origin that is not nil by location or by the market."""
    mwh = table["mwh"].to_numpy(dtype=np.float64)[:, None]
    here, there = mwh * shares, mwh * by_market
    line, nature = np.nonzero((here != 0) | (there != 0))
    return pd.DataFrame(
        {
            "line": table["line"].to_numpy(dtype=np.int64)[line],
            "source": table["source"].to_numpy(dtype=object)[line],
            "nature": np.array(NATURES, dtype=object)[nature],
            "mwh": here[line, nature],
            "mwh_market": there[line, nature],
        }
    )


def _missing_notes(inventory: Inventory, missing: pd.DataFrame) -> Iterator[Message]:
    """One message a factor whose lines have no energy, at the first of them."""
    lines = inventory.lines.iloc[missing["line"]].assign(scope_kg=missing["kg"].to_numpy())
    for factor, group in lines.groupby(lines["factor_id"].astype(str), sort=False):
        first = group.iloc[0]
        yield message(
            NO_ENERGY,
            sheet=str(first.get("title", "")),
            cell=str(first.get("factor_cell", "")),
            line_id=str(first["line_id"]),
            count=len(group),
            factor=factor,
            unit=str(inventory.catalogue.table.at[factor, "unit"]),
            tonnes=shown(float(group["scope_kg"].sum()) / 1000.0),
        )


def _cautious_notes(inventory: Inventory, line: npt.NDArray[np.int64]) -> Iterator[Message]:
    lines = inventory.lines.iloc[line]
    for factor, group in lines.groupby(lines["factor_id"].astype(str), sort=False):
        first = group.iloc[0]
        yield message(
            CAUTIOUS,
            sheet=str(first.get("title", "")),
            cell=str(first.get("factor_cell", "")),
            line_id=str(first["line_id"]),
            factor=factor,
        )


def _old_mix_notes(inventory: Inventory, table: pd.DataFrame) -> Iterator[Message]:
    for country in sorted(set(table.loc[table["source"] == PURCHASED, "country"])):
        mix = national_mix(country, inventory.year)
        if mix is not None and mix.year != inventory.year:
            yield message(OLD_MIX, year=inventory.year, used=mix.year, country=country)


def _unsplit_notes(table: pd.DataFrame, shares: Floats) -> Iterator[Message]:
    unsplit = table[shares[:, NATURES.index("non_ventile")] > 0]
    if unsplit.empty:
        return
    sums = unsplit.groupby(["source", "country"], sort=False, as_index=False)["mwh"].sum()
    named = [
        f"{sources()[source][1].lower()}, {country} : {shown(mwh)} MWh"
        for source, country, mwh in sums.to_numpy().tolist()
    ]
    yield message(NOT_SPLIT, mwh=shown(float(sums["mwh"].sum())), detail=" ; ".join(named))


# --- Tables --------------------------------------------------------------------------------------------------------


def by_source(found: Energy, basis: str = "mwh") -> pd.DataFrame:
    """Every source of energy, nil ones too: source, kind, label, each origin and total in MWh, share, tonnes, lines.

    ``tonnes``: scopes 1 and 2 by location of the same lines.
    """
    sums = found.cells.pivot_table(
        index="source", columns="nature", values=basis, aggfunc="sum", fill_value=0.0
    )
    sums = sums.reindex(index=list(sources()), columns=list(NATURES), fill_value=0.0)
    grouped = found.lines.groupby("source")["kg"].agg(["sum", "size"]).reindex(list(sources()), fill_value=0)
    total = sums.sum(axis=1).to_numpy(dtype=np.float64)
    whole = total.sum()
    return pd.DataFrame(
        {
            "source": list(sources()),
            "kind": [kind for kind, _ in sources().values()],
            "label": [label for _, label in sources().values()],
            **{nature: sums[nature].to_numpy(dtype=np.float64) for nature in NATURES},
            "total": total,
            "share": total / whole if whole else np.full(len(total), np.nan),
            "tonnes": grouped["sum"].to_numpy(dtype=np.float64) / 1000.0,
            "lines": grouped["size"].to_numpy(dtype=np.int64),
        }
    )


FUEL_ROWS = ("charbon", "petrole", "gaz", "autres_fossiles", "biomasse")
BOUGHT_ROWS = ("electricite", "chaleur", "froid")

CONSUMPTION: tuple[tuple[str, str, int, tuple[str, ...], tuple[str, ...]], ...] = (
    ("charbon", "Charbon et produits du charbon", 1, ("charbon",), ("fossile",)),
    ("petrole", "Pétrole brut et produits pétroliers", 1, ("petrole",), ("fossile",)),
    ("gaz", "Gaz naturel", 1, ("gaz",), ("fossile",)),
    ("autres_fossiles", "Autres sources fossiles", 1, ("autres_fossiles", "biomasse"), ("fossile",)),
    ("achat_fossile", "Électricité, chaleur, vapeur et froid achetés, fossiles", 1, BOUGHT_ROWS, ("fossile",)),
    ("fossile", "Énergie fossile", 0, (*FUEL_ROWS, *BOUGHT_ROWS, OWN), ("fossile",)),
    ("nucleaire", "Énergie nucléaire", 0, (*BOUGHT_ROWS, OWN), ("nucleaire",)),
    ("combustible_renouvelable", "Combustibles renouvelables, part renouvelable des mélanges", 1, FUEL_ROWS,
     ("renouvelable",)),
    ("achat_renouvelable", "Électricité, chaleur, vapeur et froid achetés, renouvelables", 1, BOUGHT_ROWS,
     ("renouvelable",)),
    ("autoproduite", "Énergie renouvelable autoproduite sans combustible", 1, (OWN,), ("renouvelable",)),
    ("renouvelable", "Énergie renouvelable", 0, (*FUEL_ROWS, *BOUGHT_ROWS, OWN), ("renouvelable",)),
    ("non_ventile", "Énergie achetée non ventilée", 0, (*FUEL_ROWS, *BOUGHT_ROWS, OWN), ("non_ventile",)),
    ("T", "Consommation totale d'énergie", 0, (*FUEL_ROWS, *BOUGHT_ROWS, OWN), NATURES),
)  # fmt: skip
"""Rows of the table of consumption: code, label, level (0 total, 1 detail), sources and origins that they sum."""


def row_of_cells(found: Energy, code: str) -> pd.DataFrame:
    """The cells that a row of CONSUMPTION sums. Raises KeyError on an unknown row."""
    members = {row: (sources, natures) for row, _, _, sources, natures in CONSUMPTION}
    chosen, natures = members[code]
    return found.cells[found.cells["source"].isin(chosen) & found.cells["nature"].isin(natures)]


def consumption(found: Energy) -> pd.DataFrame:
    """Consumption as the standards ask it: code, label, level, mwh (by location), mwh_market, share, share_market.

    Fossil (five rows), nuclear, renewable (fuels, purchased, own), what is not split, total.
    """
    rows = [
        (code, label, level, *(float(row_of_cells(found, code)[basis].sum()) for basis in BASES))
        for code, label, level, _, _ in CONSUMPTION
    ]
    frame = pd.DataFrame(rows, columns=["code", "label", "level", *BASES])
    whole = found.total_mwh
    for basis, share in zip(BASES, ("share", "share_market"), strict=True):
        frame[share] = frame[basis] / whole if whole else np.nan
    return frame


def mixes_used(inventory: Inventory, found: Energy) -> tuple[Mix, ...]:
    """The national mixes that the purchased electricity of the lines took."""
    bought = found.lines[found.lines["source"] == PURCHASED]
    mixes = (national_mix(str(country), inventory.year) for country in dict.fromkeys(bought["country"]))
    return tuple(mix for mix in mixes if mix is not None)
