"""A whole published inventory typed into a workbook, and each of its posts found again."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from inventory_cases import yaml_cases

from carbon_workbook.inventory.views import line_posts
from carbon_workbook.workbook.build import build
from carbon_workbook.workbook.data import WorkbookData
from carbon_workbook.workbook.evaluate import Evaluation, evaluate
from carbon_workbook.workbook.read import read_workbook

CASE = yaml_cases("published_inventory.yaml")
NEAR = {"rel": CASE["tolerance_rel"]}


def tonnes(published: float) -> float:
    """A published figure, in tonnes a person, for all the people of the inventory."""
    return published * CASE["people"]


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    path: Path = tmp_path_factory.mktemp("publie") / "inventaire.xlsx"
    entries: dict[str, list[dict[str, object]]] = {}
    for post in CASE["posts"]:
        entries.setdefault(post["sheet"], []).append(post["row"])
    own = [{**factor, "source": CASE["source"], "year": CASE["year"]} for factor in CASE["own_factors"]]
    build(path, data=WorkbookData({"year": CASE["year"]}, own_factors=own, entries=entries), macros=False)
    return evaluate(read_workbook(path))


def test_every_line_counts(evaluation: Evaluation) -> None:
    assert evaluation.inventory.lines["code"].unique().tolist() == [""]
    assert len(evaluation.inventory.lines) == len(CASE["posts"]) == 6


@pytest.mark.parametrize("post", CASE["posts"], ids=lambda post: post["name"])
def test_each_post(evaluation: Evaluation, post: dict) -> None:
    lines = evaluation.inventory.lines.reset_index(drop=True)
    position = lines.index[lines["label"] == post["row"]["label"]][0]
    assert lines.at[position, "total_kg"] / 1000 == pytest.approx(tonnes(post["published"]), **NEAR)
    for name in ("beges", "ghgp"):
        assert line_posts(evaluation.inventory, name)[position] == post[name]
        if post[name] != "hors tableau":
            kg = evaluation.views[name].kg(post[name])
            assert kg / 1000 == pytest.approx(tonnes(post["published"]), **NEAR)


def test_the_total_and_what_the_views_leave_out(evaluation: Evaluation) -> None:
    whole = tonnes(CASE["total_published"])
    assert evaluation.inventory.total_kg / 1000 == pytest.approx(whole, **NEAR)
    assert evaluation.views["beges"].total_kg / 1000 == pytest.approx(whole, **NEAR)
    visitors = tonnes(next(post["published"] for post in CASE["posts"] if post["sheet"] == "visiteurs"))
    ghgp = evaluation.views["ghgp"]
    assert ghgp.total_kg / 1000 == pytest.approx(whole - visitors, **NEAR)
    told = pd.Series(ghgp.adjustments.set_index("reason")["kg"])
    assert told["visiteurs"] / 1000 == pytest.approx(visitors, **NEAR)


def test_the_published_total_is_the_sum_of_its_posts() -> None:
    assert sum(post["published"] for post in CASE["posts"]) == pytest.approx(CASE["total_published"], **NEAR)


def test_the_slip_of_the_publication_is_the_fuel_of_the_visitors(evaluation: Evaluation) -> None:
    """8.89 kg a gallon is its petrol, 9.57 its jet fuel: its line with its other factor gives the corrected figure."""
    lines = evaluation.inventory.lines.set_index("label")
    post = next(post for post in CASE["posts"] if "corrected" in post)
    staff = next(factor["total"] for factor in CASE["own_factors"] if factor["id"] == "AVION")
    corrected = float(lines.at[post["row"]["label"], "quantity"]) * staff / 1000
    assert corrected == pytest.approx(tonnes(post["corrected"]), **NEAR)
