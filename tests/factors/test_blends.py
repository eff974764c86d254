"""Refrigerant blends from their composition, against the base's own values; potentials from one report to another."""

from __future__ import annotations

import pytest
import tables

from carbon_workbook.factors.blends import (
    NO_MASSES,
    NO_POTENTIAL,
    compositions,
    emissions_of_masses,
    potential,
    rebased,
)
from carbon_workbook.factors.catalogue import load_catalogue
from carbon_workbook.factors.selection import OWN_PREFIX
from carbon_workbook.messages import CodedError

BASE = {
    "R-404A": "43628", "R-407A": "43629", "R-407C": "43630", "R-407F": "43631", "R-410A": "43632",
    "R-417A": "43633", "R-422A": "43634", "R-422D": "43635", "R-427A": "43636", "R-507A": "43637",
    "R-502": "43639",
}  # fmt: skip
WRONG_IN_THE_BASE = {"43638": ("R-507A", 2635.0)}  # archived twin of the suspicious rows


def test_the_shares_of_each_blend_make_one() -> None:
    assert len(compositions()) >= 20
    for blend, shares in compositions().items():
        assert sum(shares.values()) == pytest.approx(1, abs=1e-12), blend


def test_against_the_values_of_the_base(capsys: pytest.CaptureFixture[str]) -> None:
    table = load_catalogue().table
    gaps = {blend: (float(table.at[key, "total"]), potential(blend)) for blend, key in BASE.items()}
    with capsys.disabled():
        for blend, (theirs, ours) in gaps.items():
            print(
                f"\n{blend:<8} base {theirs:>7.0f}, composition {ours:>9.2f}, écart {ours / theirs - 1:+.2%}",
                end="",
            )
        for key, (blend, theirs) in WRONG_IN_THE_BASE.items():
            ours = potential(blend)
            print(f"\n{blend:<8} base {theirs:>7.0f} ({key}), composition {ours:.0f} : écart {ours / theirs - 1:+.0%}, "
                  "valeur de la base à ne pas employer")  # fmt: skip
    for blend, (theirs, ours) in gaps.items():
        assert ours == pytest.approx(theirs, rel=2e-3), blend


def test_the_value_of_r507a_in_the_base_is_not_that_of_its_composition() -> None:
    (key,) = WRONG_IN_THE_BASE
    blend, theirs = WRONG_IN_THE_BASE[key]
    assert potential(blend) == 4775
    assert abs(potential(blend) / theirs - 1) > 0.8
    assert key not in load_catalogue().table.index
    assert key in {row["id"] for row in tables.read("suspicious")[1]}


@pytest.mark.parametrize(
    ("blend", "ar4", "ar5", "ar6"),
    [
        ("R-410A", 2087.5, 1923.5, 2255.5),
        ("R-404A", 3921.6, 3942.8, 4728.0),
        ("R-407C", 1773.85, 1624.21, 1907.93),
        ("R-507A", 3985.0, 3985.0, 4775.0),
    ],
)
def test_by_hand_in_three_reports(blend: str, ar4: float, ar5: float, ar6: float) -> None:
    assert [potential(blend, one) for one in ("AR4", "AR5", "AR6")] == pytest.approx([ar4, ar5, ar6])


def test_blends_that_the_base_lacks_are_offered() -> None:
    catalogue = load_catalogue()
    own = [key for key in catalogue.table.index if key.startswith(OWN_PREFIX) and key != "CW-TCO2E"]
    assert {"CW-R449A", "CW-R448A", "CW-R452A", "CW-R454B", "CW-R513A"} <= set(own)
    for key in own:
        row = catalogue.table.loc[key]
        assert row["total"] == pytest.approx(potential(key.removeprefix(OWN_PREFIX)), rel=1e-9)
        assert (row["kind"], row["gwp_set"], row["unit"]) == ("gwp", "AR6", "kg")
    # 0.243 × 771 + 0.247 × 3740 + 0.253 × 0.501 + 0.257 × 1530
    assert catalogue.table.at["CW-R449A", "total"] == pytest.approx(1504.469753)
    assert catalogue.resolve("R-449A").id == "CW-R449A"
    # 0.56 × 0.501 + 0.44 × 1530
    assert catalogue.table.at["CW-R513A", "total"] == pytest.approx(673.48056)


class TestRebasing:
    def test_where_the_masses_are_known(self) -> None:
        catalogue = load_catalogue()
        assert rebased("43133", catalogue, "AR5") == 1300
        assert rebased("43632", catalogue, "AR4") == 2087.5
        assert rebased("43632", catalogue, "AR6") == pytest.approx(2256, rel=1e-3)
        assert emissions_of_masses({"R-410A": 2.0, "R134A": 1.0}, "AR5") == pytest.approx(2 * 1923.5 + 1300)

    @pytest.mark.parametrize("identifier", ["37133", "43642", "25775", "CW-TCO2E"])
    def test_not_where_they_are_not(self, identifier: str) -> None:
        with pytest.raises(CodedError) as refused:
            rebased(identifier, load_catalogue(), "AR5")
        assert refused.value.message.code == NO_MASSES

    @pytest.mark.parametrize(("gas", "gwp_set"), [("R-999Z", "AR6"), ("R-449A", "AR5"), ("R-134a", "AR9")])
    def test_a_potential_that_is_not_known_is_refused(self, gas: str, gwp_set: str) -> None:
        with pytest.raises(CodedError) as refused:
            potential(gas, gwp_set)
        assert refused.value.message.code == NO_POTENTIAL
