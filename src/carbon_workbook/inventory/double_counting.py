"""What the organisation may count twice: a document, a meter, an energy and its upstream, a journey, an own transfer.

Only inside the organisation: what a supplier also counts in its own inventory is never taken off (seed rule 44).
A line is refused only when the double is certain, that is the same document, quantity and factor on two sheets.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from carbon_workbook.inventory.coverage import at_line, overlapping, periods, source_of, texts
from carbon_workbook.inventory.gases import STAGES
from carbon_workbook.inventory.model import Inventory, control_of
from carbon_workbook.messages import Message
from carbon_workbook.resources import packaged
from carbon_workbook.specs.spec import entry_sheets
from carbon_workbook.units import money_of

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

TWO_SHEETS, SAME_SOURCE, LEASED_TOO = "CW-390", "CW-391", "CW-392"
UPSTREAM_TWICE, RIVAL, BOTH_ENDS, OWN_SITE = "CW-393", "CW-394", "CW-395", "CW-396"
PHYSICAL = "CW-386"
PURCHASES = "cat01"
ENERGY = ("combustion_fixe", "combustion_mobile", "electricite", "chaleur")
PLACED = ("combustion_fixe", "electricite", "chaleur")
"""Energy that a site consumes: one line of it holds every use of its period."""
COMPLEMENT, LEASED = "energie_amont", "leasing_amont"
LOSSES, OF_AN_ASSET = "pertes", "énergie de l'actif"
INTER_SITES = "inter-sites"
DOCUMENT = ["evidence", "site", "activity", "activity_unit", "factor_ref", "period_start", "period_end"]
DIGITS = 12


def refuse_same_document(lines: pd.DataFrame, notes: list[Message]) -> tuple[pd.DataFrame, list[Message]]:
    """Lines with the second entry of a document on another sheet refused (CW-390), and the notes with theirs.

    The double is certain when document, site, period, quantity, unit and factor are the same.
    """
    keys = pd.DataFrame({column: texts(lines, column) for column in DOCUMENT})
    named = (keys[["evidence", "factor_ref"]] != "").all(axis=1).to_numpy()
    open_ = (lines["code"] == "").to_numpy() & named
    place = np.flatnonzero(open_)
    number = keys[open_].groupby(DOCUMENT, sort=False).ngroup().to_numpy()
    firsts = place[np.unique(number, return_index=True)[1]][number]
    sheets = lines["sheet"].astype(str).to_numpy(dtype=object)
    codes = lines["code"].to_numpy(dtype=object).copy()
    found = list(notes)
    for position, first in zip(place, firsts, strict=True):
        if sheets[position] == sheets[first]:
            continue
        codes[position] = TWO_SHEETS
        found.append(at_line(lines.iloc[position], TWO_SHEETS, other=_name(lines.iloc[first])))
    return lines.assign(code=codes), found


def double_remarks(inventory: Inventory) -> Iterator[Message]:
    """What may be counted twice among the counted lines; every message is a warning and names both lines."""
    lines = inventory.counted.reset_index(drop=True)
    lines = lines[(lines["total_kg"] != 0).to_numpy(dtype=bool)].reset_index(drop=True)
    if lines.empty:
        return
    yield from _same_source(lines, inventory.year)
    yield from _upstream_twice(inventory, lines)
    yield from _leased_too(inventory, lines)
    yield from _rivals(lines)
    yield from _both_ends(lines)
    yield from _own_sites(inventory, lines)
    yield from _physical_accounts(lines)


@cache
def physical_accounts() -> pd.DataFrame:
    """Accounts that are counted in quantities elsewhere: account (its first digits); sheets, blank for none; reason.

    The longest start of an account decides. A choice of ours, after the French chart of accounts.
    """
    return pd.read_csv(
        packaged("inventory") / "physical_accounts.csv", sep=";", dtype=str, keep_default_na=False
    )


@cache
def rivals() -> pd.DataFrame:
    """Pairs of sheets where one thing may be typed twice: sheet; other; reason."""
    return pd.read_csv(packaged("inventory") / "rivals.csv", sep=";", dtype=str)


def _name(line: pd.Series) -> str:
    identity = f"{line['line_id']}, " if line.get("line_id") else ""
    return f"{identity}{line['title']}, ligne {line['row']}"


def _touch(lines: pd.DataFrame, one: Ints, other: Ints) -> Bools:
    """Which pairs of lines share days; a line without dates is of the whole year."""
    start, end = periods(lines)
    apart = (start[one] > end[other]) | (start[other] > end[one])
    found: Bools = ~apart
    return found


# --- Energy --------------------------------------------------------------------------------------------------------


def _same_source(lines: pd.DataFrame, year: int | None) -> Iterator[Message]:
    """A meter read twice for the same days, or a year typed beside its months; one message a source.

    A line without dates is of the whole year.
    """
    source, names = source_of(lines)
    start, end = periods(lines)
    if year is not None:
        undated = np.isnat(start)
        start[undated], end[undated] = (
            np.datetime64(f"{year}-01-01", "D"),
            np.datetime64(f"{year}-12-31", "D"),
        )
    meter, sheet = texts(lines, "meter") != "", texts(lines, "sheet")
    held = np.flatnonzero(
        (source >= 0) & ~np.isnat(start) & (start <= end) & (meter | np.isin(sheet, PLACED))
    )
    later, earlier = overlapping(source[held], start[held], end[held])
    later, earlier = held[later], held[earlier]
    alike = (start[later] == start[earlier]) & (end[later] == end[earlier])
    # Without a meter, two lines of one same period may be two boilers: a year beside its months may not.
    kept = meter[later] | ~alike
    later, earlier = later[kept], earlier[kept]
    order = np.argsort(source[later], kind="stable")
    first = np.unique(source[later][order], return_index=True)[1]
    count = np.bincount(source[later], minlength=len(names))
    for place in order[first]:
        line, other = lines.iloc[later[place]], lines.iloc[earlier[place]]
        number = source[later[place]]
        yield at_line(line, SAME_SOURCE, int(count[number]), source=str(names[number]), other=_name(other))


def _upstream_twice(inventory: Inventory, lines: pd.DataFrame) -> Iterator[Message]:
    """Complements of category 3 whose energy already has its upstream, or its losses, by its own factor."""
    posting = texts(lines, "posting")
    ours = np.flatnonzero(posting == COMPLEMENT)
    control = lines[control_of(inventory.settings, "ghgp")].to_numpy(dtype=bool)
    energy = np.flatnonzero(np.isin(posting, ENERGY) & control)
    if not len(ours) or not len(energy):
        return
    told = _stages_told(inventory)
    factor = inventory.block.arrays.ids.get_indexer(pd.Index(texts(lines, "factor_id")))
    for one, other in _pairs(inventory, lines, ours, energy):
        stage = "losses" if lines["method"].iat[one] == LOSSES else "upstream"
        derived = [line for line in other if told[stage][factor[line]]]
        if len(derived) < len(other):
            continue
        yield at_line(lines.iloc[one], UPSTREAM_TWICE, other=_name(lines.iloc[derived[0]]))


def _stages_told(inventory: Inventory) -> dict[str, Bools]:
    """By stage, the factors that have it."""
    arrays = inventory.block.arrays
    owner = np.repeat(np.arange(len(arrays.ids)), arrays.stage_count)
    return {
        name: np.bincount(owner[arrays.stage_kind == STAGES.index(name)], minlength=len(arrays.ids)) > 0
        for name in ("upstream", "losses")
    }


def _leased_too(inventory: Inventory, lines: pd.DataFrame) -> Iterator[Message]:
    """Metered energy of a leased asset beside the same energy of its site in scopes 1 and 2."""
    posting = texts(lines, "posting")
    leased = np.flatnonzero((posting == LEASED) & (texts(lines, "method") == OF_AN_ASSET))
    energy = np.flatnonzero(np.isin(posting, PLACED))
    for one, other in _pairs(inventory, lines, leased, energy):
        yield at_line(lines.iloc[one], LEASED_TOO, other=_name(lines.iloc[other[0]]))


def _pairs(
    inventory: Inventory, lines: pd.DataFrame, ones: Ints, others: Ints
) -> Iterator[tuple[int, list[int]]]:
    """Each of ``ones`` with those of ``others`` of its site, unit of factor and days; none without a site."""
    units = inventory.catalogue.table["unit"].astype(str)
    known = lines["factor_id"].astype(object).where(lines["factor_id"].notna(), None)
    frame = pd.DataFrame({"site": texts(lines, "site"), "unit": known.map(units)})
    left, right = frame.iloc[ones].assign(one=ones), frame.iloc[others].assign(other=others)
    joined = left[left["site"] != ""].merge(right, on=["site", "unit"])
    near = _touch(lines, joined["one"].to_numpy(), joined["other"].to_numpy())
    for one, group in joined[near].groupby("one", sort=True):
        yield int(str(one)), [int(other) for other in group["other"]]


# --- Journeys, purchases, transfers ---------------------------------------------------------------------------------


def _rivals(lines: pd.DataFrame) -> Iterator[Message]:
    """The same quantity, or the same document, on two sheets where one thing may be typed twice."""
    sheet = texts(lines, "sheet")
    activity = [f"{value:.{DIGITS}g}" for value in lines["activity"].to_numpy(dtype=np.float64)]
    frame = pd.DataFrame(
        {
            "site": texts(lines, "site"),
            "unit": texts(lines, "activity_unit"),
            "activity": activity,
            "evidence": texts(lines, "evidence"),
            "sheet": sheet,
            "line": np.arange(len(lines)),
        }
    )
    frame = frame[frame["sheet"].isin([*rivals()["sheet"], *rivals()["other"]])]
    said: set[tuple[int, int]] = set()
    for same, keys in (
        ("la même quantité", ["site", "unit", "activity"]),
        ("la même pièce", ["site", "evidence"]),
    ):
        rows = frame[frame["evidence"] != ""] if "evidence" in keys else frame
        rows = rows.drop_duplicates([*keys, "sheet"])
        joined = rows.merge(rivals(), on="sheet").merge(
            rows, left_on=[*keys, "other"], right_on=[*keys, "sheet"], suffixes=("", "_2")
        )
        near = _touch(lines, joined["line"].to_numpy(), joined["line_2"].to_numpy())
        for pair in joined[near].itertuples(index=False):
            one, other = int(str(pair.line_2)), int(str(pair.line))
            if (one, other) in said:
                continue
            said.add((one, other))
            yield at_line(
                lines.iloc[one], RIVAL, other=_name(lines.iloc[other]), same=same, reason=str(pair.reason)
            )


def _both_ends(lines: pd.DataFrame) -> Iterator[Message]:
    """A transfer between own sites typed by the one that sends and by the one that receives."""
    moved = np.flatnonzero(lines["option"].astype(str).str.startswith(INTER_SITES).to_numpy(dtype=bool))
    rows = lines.iloc[moved]
    keys = pd.DataFrame(
        {column: texts(rows, column) for column in ("activity", "activity_unit", "factor_id")}
    )
    number = keys.groupby(list(keys.columns), sort=False).ngroup().to_numpy()
    firsts = moved[np.unique(number, return_index=True)[1]][number]
    sites = texts(lines, "site")
    pairs = (sites[moved] != sites[firsts]) & _touch(lines, moved, firsts)
    for one, other in zip(moved[pairs], firsts[pairs], strict=True):
        yield at_line(lines.iloc[one], BOTH_ENDS, other=_name(lines.iloc[other]))


def _own_sites(inventory: Inventory, lines: pd.DataFrame) -> Iterator[Message]:
    """Heat, waste, rent or goods whose supplier is one of our own sites, or ourselves."""
    own = {name.casefold() for name in texts(lines, "site")} - {""}
    company = str(inventory.settings.get("company_name") or "").strip().casefold()
    own |= {company} - {""}
    partner = texts(lines, "partner")
    for position in np.flatnonzero([name.casefold() in own for name in partner]):
        yield at_line(lines.iloc[position], OWN_SITE, partner=partner[position])


def _physical_accounts(lines: pd.DataFrame) -> Iterator[Message]:
    """Purchases in money on an account that is counted in quantities elsewhere; one message an account of the list."""
    account, unit = texts(lines, "account"), texts(lines, "activity_unit")
    bought = np.flatnonzero((texts(lines, "sheet") == PURCHASES) & (account != ""))
    known = {row["account"]: row for row in physical_accounts().to_dict("records")}
    starts = sorted(known, key=len, reverse=True)
    found: dict[str, list[int]] = {}
    for position in bought.tolist():
        start = next((one for one in starts if account[position].startswith(one)), "")
        if start and known[start]["sheets"] and money_of(unit[position]) is not None:
            found.setdefault(start, []).append(position)
    for start, positions in found.items():
        sheets = " ou ".join(f"« {entry_sheets()[key].title} »" for key in known[start]["sheets"].split("|"))
        yield at_line(
            lines.iloc[positions[0]],
            PHYSICAL,
            len(positions),
            account=account[positions[0]],
            sheets=sheets,
            reason=known[start]["reason"],
        )
