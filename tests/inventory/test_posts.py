"""The posting table: it covers every combination, and every code it gives has a row or a reason."""

import itertools

import numpy as np
import pytest

from carbon_workbook.factors.tables import ghgp_categories
from carbon_workbook.inventory.compute import NETWORK
from carbon_workbook.inventory.gases import STAGES
from carbon_workbook.inventory.posts import post_of, reasons, rules
from carbon_workbook.inventory.views import row_frame
from carbon_workbook.specs.spec import entry_sheets, lists

OPTIONS = {
    "achats": ["", *lists()["nature_achat"]],
    "fret": ["|".join(pair) for pair in itertools.product(lists()["sens"], lists()["payeur"])],
    "utilisation": ["", *lists()["direct_indirect"]],
    "energie_amont": [NETWORK, *(method.label for method in entry_sheets()["cat03"].methods)],
}
COMBINATIONS = [
    (posting, controlled, option, stage)
    for posting in dict.fromkeys(spec.posting for spec in entry_sheets().values())
    for controlled in (True, False)
    for option in OPTIONS.get(posting, [""])
    for stage in STAGES
]


@pytest.mark.parametrize("nomenclature", ["beges", "ghgp"])
def test_every_combination_has_a_post_that_exists(nomenclature):
    known = {code for row in row_frame(nomenclature) for code in row[3]}
    for combination in COMBINATIONS:
        code = post_of(*combination, nomenclature)
        assert code.removeprefix("-") in reasons() if code.startswith("-") else code in known, combination


def test_every_rule_serves():
    table = rules()
    used = set()
    for posting, controlled, option, stage in COMBINATIONS:
        match = (
            (table["posting"] == posting)
            & table["controlled"].isin(["*", "1" if controlled else "0"])
            & table["stage"].isin(["*", stage])
            & table["option"].isin(["*", option])
        )
        used.add(int(np.flatnonzero(match)[0]))
    assert used == set(range(len(table)))


def test_a_posting_that_nobody_wrote_is_an_error():
    with pytest.raises(KeyError):
        post_of("téléportation", True, "", "whole", "beges")


def test_every_category_of_the_ghg_protocol_has_a_row():
    assert {row[0] for row in row_frame("ghgp")} >= set(ghgp_categories()["category"])


# Decisions B4 to B6, combination by combination: posting, controlled, option, stage, BEGES, GHG Protocol.
EXPECTED = [
    ("combustion_fixe", True, "", "combustion", "1.1", "S1"),
    ("combustion_fixe", True, "", "upstream", "4.1E", "3A"),
    ("combustion_fixe", False, "", "upstream", "4.4", "8"),
    ("combustion_mobile", True, "", "manufacture", "4.2", "2"),
    ("electricite", True, "", "combustion", "2.1", "S2"),
    ("combustion_mobile", True, "", "upstream", "4.1E", "3A"),
    ("electricite", True, "", "upstream", "4.1E", "3B"),
    ("electricite", True, "", "losses", "4.1E", "3C"),
    ("chaleur", True, "", "upstream", "4.1E", "3B"),
    ("energie_amont", True, "amont", "upstream", "4.1E", "3A"),
    ("energie_amont", True, NETWORK, "upstream", "4.1E", "3B"),
    ("energie_amont", True, "amont", "losses", "4.1E", "3C"),
    ("energie_amont", True, "pertes", "combustion", "4.1E", "3C"),
    ("energie_amont", True, "énergie revendue", "whole", "4.1E", "3D"),
    ("electricite", False, "", "losses", "4.4", "8"),
    ("fret", True, "entrant|fournisseur", "combustion", "3.2", "4"),
    ("fret", True, "entrant|nous", "upstream", "3.1", "4"),
    ("fret", True, "sortant|nous", "manufacture", "3.1", "4"),
    ("fret", True, "sortant|client", "combustion", "3.2", "9"),
    ("deplacements_pro", True, "", "upstream", "3.5", "6"),
    ("domicile_travail", True, "", "upstream", "3.3", "7"),
    ("achats", True, "service", "whole", "4.5", "1"),
    ("visiteurs", True, "", "whole", "3.4", "-visiteurs"),
    ("franchises", True, "", "whole", "-franchises", "14"),
    ("utilisation", True, "indirecte", "whole", "5.1", "-usage_indirect"),
]


@pytest.mark.parametrize("case", EXPECTED, ids=lambda c: " ".join(map(str, c[:4])))
def test_the_decided_posts(case):
    *combination, beges, ghgp = case
    assert (post_of(*combination, "beges"), post_of(*combination, "ghgp")) == (beges, ghgp)
