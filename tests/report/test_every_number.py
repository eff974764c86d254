"""Proof: every number of every table of both documents is the one of the view, the register or the factor it names.

What is expected comes from the rooms below the reports, never from the context; a column of numbers that nothing here
expects fails.
"""

import dataclasses
import math
import re

import numpy as np
import pytest
from report_cases import Parsed, demo_case, value

from carbon_workbook.inventory.effects import EFFECTS, effects
from carbon_workbook.inventory.energy import by_source, consumption, energy
from carbon_workbook.inventory.market import coverage
from carbon_workbook.inventory.propagation import row_uncertainty, tornado
from carbon_workbook.inventory.series import current_of, past, trajectory
from carbon_workbook.inventory.significance import Rules, of_view
from carbon_workbook.inventory.views import NOMENCLATURE, bridge, line_posts, row_frame
from carbon_workbook.report.render import DOCX, render_reports
from carbon_workbook.report.tables import esrs_rows

NUMBER = re.compile(r"^[+−±]?\s?\d[\d\u202f]*(,\d+)?(\u202f%)?( \(\d\))?$")
PERCENT = "\u202f%"
IDENTIFIERS = {
    "Code",
    "Identifiant",
    "Pays",
    "SIREN",
    "Département",
    "Période",
    "Poste",
    "Année",
    "Base",
    "Cible",
}
"""Columns whose digits name something."""
VIEW_OF = {"beges": "beges", "esrs_e1": "esrs"}


@dataclasses.dataclass(frozen=True)
class Known:
    """A value printed to the second significant digit of its half-width, and never finer than a tenth."""

    value: float
    half: float

    @property
    def place(self):
        return 10.0 ** max(-1, math.floor(math.log10(self.half)) - 1)


def known_to(values, halves):
    return [Known(one, half) for one, half in zip(values, halves, strict=True)]


def tonnes(series):
    return [float(kg) / 1000 for kg in series]


def gases(frame):
    """Columns of a table of gases from the rows of a view, in tCO2e."""
    methane = frame["ch4_fossil"] + frame["ch4_biogenic"]
    sums = (
        frame["co2_fossil"],
        methane,
        frame["n2o"],
        frame["other_gases"],
        frame["unsplit"],
        frame["total"],
    )
    return [tonnes(column) for column in (*sums, frame["co2_biogenic"])]


def years(case):
    def year(key):
        found = case.settings.get(key)
        return None if found is None or (isinstance(found, float) and math.isnan(found)) else int(found)

    return year("comparative_year"), year("base_year")


def absent(number):
    return None if number is None or math.isnan(number) else float(number)


def uncertain(case, name):
    rows = row_uncertainty(case.inventory, case.views[name])
    rows = rows[(rows["level"] <= 1) & (rows["kg"] > 0)]
    half = tonnes(rows["high_kg"] - rows["kg"])
    interval = {1: "kg", 2: "low_kg", 3: "high_kg"}
    return {
        **{place: known_to(tonnes(rows[column]), half) for place, column in interval.items()},
        4: list(rows["half"]),
        5: list(rows["quality"]),
    }


def torn(case, name, count):
    rows = tornado(case.inventory, case.views[name]).head(count)
    swing = tonnes(rows[["low_kg", "high_kg"]].abs().max(axis=1))
    effect = {2: "kg", 3: "low_kg", 4: "high_kg"}
    return {
        **{place: known_to(tonnes(rows[column]), swing) for place, column in effect.items()},
        5: list(rows["share"]),
    }


def ranked(case, name):
    rows = of_view(case.views[name], Rules())
    return {2: tonnes(rows["kg"]), 3: list(rows["share"]), 4: list(rows["cumulated"])}


def screened(case, name):
    codes = [code for code, _, level, _ in row_frame(NOMENCLATURE[name]) if level == 1]
    return {6: [case.views[name].kg(code) / 1000 for code in codes], 5: [None] * len(codes)}


def factors(case):
    lines = case.inventory.counted
    used = (
        lines.groupby("factor_id", observed=True)["total_kg"]
        .sum()
        .sort_values(ascending=False, kind="stable")
    )
    return case.inventory.catalogue.table.loc[used.index], tonnes(used)


def levels(case, name):
    view, lines = case.views[name], case.inventory.lines
    if "data_level" not in lines:
        return {}
    cells = view.cells if name == "beges" else view.cells[~view.cells["code"].str.match("S|3")]
    found = (
        cells.groupby(lines["data_level"].to_numpy()[cells["line"]])["kg"].sum().sort_values(ascending=False)
    )
    return {1: tonnes(found), 2: list(found / found.sum())}


def consumed(case, name):
    found = energy(case.inventory, case.views[name])
    rows = consumption(found)
    rows = rows[(rows["level"] == 0) | (rows["mwh"] != 0) | (rows["mwh_market"] != 0)]
    sources = by_source(found)
    sources = sources[sources["total"] != 0]
    return (
        {
            1: list(rows["mwh"]),
            2: list(rows["share"]),
            3: list(rows["mwh_market"]),
            4: list(rows["share_market"]),
        },
        {1: list(sources["total"]), 2: list(sources["share"]), 3: list(sources["tonnes"])},
    )


def by_sources(case):
    table, weights = factors(case)
    names = (table["source"].astype(str) + " " + table["version"].astype(str)).str.strip()
    sums = np.array(weights)
    found = {name: sums[(names == name).to_numpy()] for name in dict.fromkeys(names)}
    order = sorted(found, key=lambda name: -found[name].sum())
    return {1: [len(found[n]) for n in order], 2: [found[n].sum() for n in order],
            3: [found[n].sum() / sums.sum() for n in order]}  # fmt: skip


def gross(case):
    """The table of gross emissions: base, comparative, year, change and milestones of each row."""
    version = str(case.settings.get("esrs_version") or "2023")
    view, market = case.views["esrs"], case.views["esrs_market"]
    name = "esrs" if (case.history["view"] == "ESRS E1").any() or not case.one_boundary else "ghgp"

    def now(code):
        if code == "S2M":
            return market.kg("S2") / 1000
        if code == "TM":
            return market.total_kg / 1000
        if code == "biogenic":
            return float(view.rows.set_index("code")["co2_biogenic"]["S1"]) / 1000
        return None if code in ("ets", "1C") else view.kg(code) / 1000

    def then(year, code):
        known = past(case.history, name, year)
        rows = case.history[(case.history["year"] == year) & (case.history["code"] == "S2M")]
        by_market = float(rows["total"].iloc[0]) if len(rows) and name == "ghgp" else None
        if code == "S2M":
            return by_market
        if code == "TM":
            parts = absent(known["T"]), absent(known["S2"]), by_market
            return None if None in parts else parts[0] - parts[1] + parts[2]
        return absent(known.get(code, float("nan")))

    before, base = years(case)
    codes = [row.code for row in esrs_rows(version)]
    current = [now(code) for code in codes]
    compared = [then(before, code) for code in codes]
    change = [None if a is None or not b else a / b - 1 for a, b in zip(current, compared, strict=True)]
    if version == "2026":
        return {1: compared, 2: current, 3: change}
    blank = [None] * len(codes)
    return {
        1: [then(base, c) for c in codes],
        2: compared,
        3: current,
        4: change,
        5: blank,
        6: blank,
        7: blank,
        8: blank,
    }


def planned(case, states, kind=None):
    rows = [r for r in case.rows("actions") if r["status"] in states]
    return [row for row in rows if kind is None or row["kind"] == kind]


def of(rows, key):
    return [None if row[key] is None or row[key] != row[key] else float(row[key]) for row in rows]


def total(values):
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def aims(case):
    rows = case.rows("targets")
    now = current_of(case.views, case.inventory.year)
    lines = trajectory(case.registers["targets"], case.history, now) if rows else ()
    found = {
        3: [absent(line.base) for line in lines],
        5: of(rows, "reduction"),
        6: [absent(line.target) for line in lines],
    }
    return (
        found,
        [absent(line.measured_now) for line in lines],
        [1.0 if c is None else c for c in of(rows, "coverage")],
    )


def expected(case, report):
    """Numbers of each column by caption; a list of None stands for a column of dashes."""
    name = VIEW_OF[report]
    view, (before, base) = case.views[name], years(case)
    table, weights = factors(case)
    energies = consumed(case, name)
    ahead = ("en cours", "planifiée")
    year = case.inventory.year or "à compléter"
    found = {
        "Sites": {5: of(case.sites.to_dict("records"), "headcount")},
        "Éléments hors tableau": {1: tonnes(view.adjustments["kg"])},
        "Consommation d’énergie par origine": energies[0],
        "Consommation d’énergie par source": energies[1],
        "Facteurs employés par source": by_sources(case),
        "Émissions comptées selon": levels(case, name),
        "Incertitude à 95": uncertain(case, name),
        "D’où vient": torn(case, name, 8),
        "Facteurs d’émission": {
            3: list(table["value"].astype(float)), 4: list(table["total"].astype(float)), 8: weights
        },
        "Actions achevées": {
            4: of(planned(case, ("réalisée",)), "expected_t"), 5: of(planned(case, ("réalisée",)), "obtained_t")
        },
        **{
            f"Actions sur les émissions {kind}s": {
                4: of(rows, "expected_t"), 5: of(rows, "capex_keur"), 6: of(rows, "opex_keur")
            }
            for kind in ("directe", "indirecte")
            for rows in [planned(case, ahead, kind)]
        },
    }  # fmt: skip
    heavy = _monetary(case)
    found["Données monétaires"] = {
        2: [kg / 1000 for kg in heavy], 3: [kg / case.inventory.total_kg for kg in heavy]
    }  # fmt: skip
    end = f"{case.inventory.year}-12-31"
    late = [p for p, until in enumerate(table["valid_until"].fillna("")) if until and str(until) < end][:10]
    found["Facteurs dont la validité"] = {
        3: [weights[p] for p in late], 4: [weights[p] * 1000 / case.inventory.total_kg for p in late]
    }  # fmt: skip
    if report == "beges":
        rows = view.rows
        known = past(case.history, "beges", base)
        shown = [code for code, _, level, _ in row_frame("beges") if level <= 1]
        direct = view.kg("1")
        steps = bridge(view, case.views["ghgp"])
        previous = past(case.history, "beges", before)
        now = [view.kg(code) / 1000 for code in shown]
        then = [absent(previous[code]) for code in shown]
        doubt = row_uncertainty(case.inventory, view)
        volumes = [planned(case, ahead, kind) for kind in ("directe", "indirecte")]
        aim, measured, _ = aims(case)
        found |= {
            "Décision par poste": screened(case, "beges"),
            "Importance des postes": ranked(case, "beges"),
            f"Émissions {year} par poste": {
                **dict(enumerate(gases(rows), start=2)), 9: [absent(half) for half in doubt["half"]]
            },
            f"Émissions {year}, directes": {
                1: [direct / 1000, (view.total_kg - direct) / 1000, view.total_kg / 1000],
                2: [direct / view.total_kg, 1 - direct / view.total_kg, 1.0] if view.total_kg else [None] * 3,
            },
            f"Émissions {base} par poste": {
                6: [absent(known[code]) for code in shown], 7: [absent(known[code]) for code in shown]
            },
            f"Émissions {year} et {before} par poste": {
                2: then, 3: now,
                4: [None if b is None else a - b for a, b in zip(now, then, strict=True)],
                5: [None if not b else a / b - 1 for a, b in zip(now, then, strict=True)],
            },
            f"Émissions {year} selon": {
                2: tonnes(case.views["ghgp"].rows["total"]),
                3: [_share(kg, case.views["ghgp"].total_kg) for kg in case.views["ghgp"].rows["total"]],
            },
            "Pont": {1: tonnes(steps["kg"])},
            "Réductions attendues": {
                1: [len(rows) for rows in volumes],
                **{
                    column: [total(of(rows, key)) for rows in volumes]
                    for column, key in ((2, "expected_t"), (3, "capex_keur"), (4, "opex_keur"))
                },
            },
            "Objectifs de réduction": {**aim, 7: measured},
            "Émissions avant": exact(case, ("beges", "ghgp")),
        }  # fmt: skip
    else:
        aim, _, coverage_ = aims(case)
        groups = [
            case.views[n].kg(c) / 1000 for n, c in (("esrs", "S1"), ("esrs", "S2"), ("esrs_market", "S2"))
        ]
        covered = coverage(case.inventory, "esrs_market")
        instruments = case.inventory.counted[case.inventory.counted["posting"] == "instruments"]
        revenue, people = case.settings.get("revenue"), case.settings.get("headcount")
        made = case.settings.get("intensity_unit_count")
        sums = case.views["esrs"].total_kg / 1000, case.views["esrs_market"].total_kg / 1000
        divided = (
            [sums[0] / revenue * 1e6, sums[1] / revenue * 1e6, sums[0] / people, sums[0] / made]
            if revenue
            else [None] * 3
        )
        blank = [None] * len(divided)
        biogenic = case.views["esrs"].rows.set_index("code")["co2_biogenic"]
        levers = _levers(case)
        found |= {
            "Décision par catégorie": screened(case, "esrs"),
            "Importance des catégories": ranked(case, "esrs"),
            "Émissions brutes de GES": gross(case),
            "Totaux": {1: [None, None], 2: list(sums), 3: [None, None]},
            "Scopes 1 et 2 par périmètre": {c: [v, 0.0] for c, v in enumerate(groups, start=1)},
            "CO2 biogénique": {1: tonnes(biogenic[["S1", "S2", "S3"]])},
            "Part de l’énergie": {2: list(covered["mwh"]), 3: list(covered["share"])},
            "Instruments": {
                3: list(instruments["activity"].astype(float)),
                4: list(instruments["instrument_factor"]),
            },
            "Intensité": {1: blank, 2: divided, 3: blank},
            "Rapprochement": {1: [revenue, None, None]},
            "Actions par levier": levers,
            "Cibles": {**aim, 7: coverage_},
            "Émissions avant": exact(case, ("esrs", "esrs_market")),
        }
    return found


def _levers(case):
    rows = planned(case, ("réalisée", "en cours", "planifiée"))
    names = list(dict.fromkeys(row["lever"] for row in rows))
    own = [[row for row in rows if row["lever"] == name] for name in names]
    return {
        1: [len(found) for found in own],
        2: [total(of(found, "obtained_t")) for found in own],
        3: [total(of([r for r in found if r["status"] != "réalisée"], "expected_t")) for found in own],
        4: [total(of(found, "capex_keur")) for found in own],
        5: [total(of(found, "opex_keur")) for found in own],
    }


def _share(part, whole):
    return part / whole if whole else None


def _monetary(case):
    """kgCO2e of the ten heaviest factors in money, of their lines on a post that one of the two rules retains."""
    lines, on = case.inventory.lines, set()
    if lines.empty:
        return []
    for name in ("beges", "ghgp"):
        ranks = of_view(case.views[name])
        codes = set(ranks.loc[ranks["magnitude"] | ranks["above"], "code"])
        posts = line_posts(case.inventory, name)
        on |= {line for line, post in enumerate(posts) if codes & set(post.split(" + "))}
    lines = lines[lines.index.isin(on) & (lines["data_level"] == "monétaire") & (lines["code"] == "")]
    sums = lines.groupby("factor_id", observed=True)["total_kg"].sum()
    return [float(kg) for kg in sums.nlargest(10) if kg > 0]


def exact(case, names):
    rows = []
    for name in names:
        table = case.views[name].rows
        rows.append(table[(table["total"] != 0) | (table["co2_biogenic"] != 0) | (table["code"] == "T")])
    return {3: [kg for frame in rows for kg in tonnes(frame["total"])],
            4: [kg for frame in rows for kg in tonnes(frame["co2_biogenic"])]}  # fmt: skip


def number(text):
    """What a cell prints, and half of its last digit."""
    plain = text.removeprefix("±").split(" (")[0].strip()
    scale = 0.01 if plain.endswith(PERCENT) else 1.0
    decimals = len(plain.removesuffix(PERCENT).partition(",")[2])
    return value(plain.replace("+", "")) * scale, scale * 0.5 * 10.0**-decimals


def checked(header, rows, columns, caption):
    wrong = []
    for place, title in enumerate(header):
        printed = [row[place] for row in rows]
        if place not in columns:
            numbers = [text for text in printed if NUMBER.match(text)]
            assert not numbers or title in IDENTIFIERS or title == "Valeur", (caption, title, numbers[:3])
            continue
        assert len(printed) == len(columns[place]), (caption, title, printed, columns[place])
        for text, wanted in zip(printed, columns[place], strict=True):
            if wanted is None:
                if NUMBER.match(text):
                    wrong.append((caption, title, text, wanted))
            elif isinstance(wanted, Known):
                found, steps = number(text)[0], number(text)[0] / wanted.place
                if (
                    abs(found - wanted.value) > 0.5 * wanted.place * (1 + 1e-9)
                    or abs(steps - round(steps)) > 1e-6
                ):
                    wrong.append((caption, title, text, wanted))
            else:
                found, half = number(text)
                four = 0.5 * 10.0 ** (math.floor(math.log10(abs(wanted))) - 3) if wanted else 0.0
                slack = four if "kgCO2e" in title or title == "Publié" else half
                if abs(found - wanted) > slack * (1 + 1e-9) + 1e-9:
                    wrong.append((caption, title, text, wanted))
    assert wrong == []


def test_every_number_of_every_table_is_the_one_it_stands_for(rendered):
    case, documents = rendered
    for report, document in documents.items():
        wanted = expected(case, report)
        for caption, (header, *rows) in document.tables.items():
            matching = [start for start in wanted if caption.startswith(start)]
            columns = wanted[max(matching, key=len)] if matching else {}
            checked(header, rows, columns, caption)
        if len(case.inventory.counted) and case.registers:
            shown = {start for start in wanted if any(c.startswith(start) for c in document.tables)}
            assert len(shown) >= (22 if report == "beges" else 20), set(wanted) - shown


def test_a_value_printed_finer_or_coarser_than_it_is_known_is_seen():
    header, wanted = ["Élément", "tCO2e"], {1: [Known(30_805.7, 6_600.0)]}
    checked(header, [["Total", "30\u202f800"]], wanted, "")
    for text in ("30\u202f806", "30\u202f805,7", "31\u202f000", "30\u202f900"):
        with pytest.raises(AssertionError):
            checked(header, [["Total", text]], wanted, "")


def test_sentences_are_rounded_to_the_uncertainty_of_the_total(rendered):
    case, documents = rendered
    for report, document in documents.items():
        view = case.views[VIEW_OF[report]]
        total = row_uncertainty(case.inventory, view).set_index("code").loc["T"]
        if math.isnan(total["half"]):
            continue
        width = (total["high_kg"] - total["kg"]) / 1000
        found = re.search(r"Total\u00a0: de ([\d\u202f,]+) à ([\d\u202f,]+)\u00a0tCO2e à 95", document.text)
        ends = [total["low_kg"] / 1000, total["high_kg"] / 1000]
        checked(["", ""], [["", found[1]], ["", found[2]]], {1: known_to(ends, [width] * 2)}, report)
    before, _ = years(case)
    previous = past(case.history, "beges", before)["T"]
    if previous == previous:
        total = row_uncertainty(case.inventory, case.views["beges"]).set_index("code").loc["T"]
        width = (total["high_kg"] - total["kg"]) / 1000
        found = re.search(
            r"Total \d{4}\u00a0: ([\d\u202f,]+)\u00a0tCO2e\u202f; total \d{4}\u00a0: ([\d\u202f,]+)\u00a0tCO2e\u202f; "
            r"écart ([−\d\u202f,]+)\u00a0t",
            documents["beges"].text,
        )
        ends = [total["kg"] / 1000, previous, total["kg"] / 1000 - previous]
        rows = [["", text] for text in found.groups()]
        checked(["", ""], rows, {1: known_to(ends, [width] * 3)}, "comparison")


def test_effects_of_the_demonstration_are_those_of_its_lines(tmp_path):
    before, case = demo_case(of=2023), demo_case()
    case.previous = before.inventory
    document = Parsed(render_reports(case.context(), tmp_path, forms=(DOCX,))[0])
    rows = document.table("De 2023 à 2024")
    table = effects(before.inventory, before.views["beges"], case.inventory, case.views["beges"])
    kg = [table["previous"].sum(), *(table[effect].sum() for effect in EFFECTS), table["current"].sum()]
    for row, wanted in zip(rows, kg, strict=True):
        assert number(row[1])[0] == pytest.approx(wanted / 1000, abs=0.05 + 1e-9)
    assert [row[1] for row in rows[1:5]] == ["+185,7", "\u2212715,2", "\u2212580,6", "0,0"]
