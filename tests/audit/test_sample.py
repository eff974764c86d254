"""A sample that anybody can draw again, in which heavy lines are always found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon_workbook.audit.sample import CERTAIN, checks, sample
from carbon_workbook.messages import CodedError

WEIGHTS = st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 1e6), st.just(100.0)), min_size=1, max_size=60)


def drawn(kg: list[float], rate: float = 0.15, seed: int = 1) -> pd.DataFrame:
    return sample(pd.Series([f"L{n:05d}" for n in range(len(kg))]), pd.Series(kg, dtype=float), rate, seed)


@given(WEIGHTS, st.floats(0.01, 1.0), st.integers(0, 10**9), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_of_the_lines_does_not_count(kg, rate, seed, random):
    first = drawn(kg, rate, seed)
    order = list(range(len(kg)))
    random.shuffle(order)
    ids = pd.Series([f"L{n:05d}" for n in order])
    second = sample(ids, pd.Series([kg[n] for n in order], dtype=float), rate, seed)
    columns = ["line_id", "kg", "how"]
    assert first[columns].to_dict("records") == second[columns].to_dict("records")
    assert first["probability"].to_numpy() == pytest.approx(second["probability"].to_numpy(), rel=1e-9)
    assert list(ids.iloc[second["position"]]) == list(second["line_id"])


@given(WEIGHTS, st.floats(0.01, 1.0), st.integers(0, 10**9))
@settings(max_examples=200, deadline=None)
def test_size_and_certainty(kg, rate, seed):
    found = drawn(kg, rate, seed)
    weights = np.array(kg)
    count = int(np.ceil(rate * (weights > 0).sum() - 1e-9))
    assert len(found) == count
    assert not found["line_id"].duplicated().any()
    assert (found["kg"] > 0).all()
    if count:
        above = np.flatnonzero(weights >= weights.sum() / count * (1 + 1e-9))
        certain = set(found.loc[found["how"] == CERTAIN, "position"])
        assert set(above) <= certain
        assert (found["probability"] <= 1 + 1e-9).all()


def test_same_seed_same_sample_and_another_seed_another():
    kg = list(np.random.default_rng(5).lognormal(3, 1, 300))
    same = drawn(kg, seed=7)
    assert same.equals(drawn(kg, seed=7))
    assert set(same["line_id"]) != set(drawn(kg, seed=8)["line_id"])


def test_the_sample_of_a_seed_does_not_change_with_the_libraries():
    found = drawn([float(n) for n in range(1, 21)], rate=0.2, seed=42)
    assert list(found["line_id"]) == ["L00016", "L00015", "L00013", "L00006"]


def test_lines_are_drawn_in_proportion_to_their_emissions():
    kg, draws = [50.0, 30.0, 20.0, 10.0, 10.0, 5.0, 5.0, 4.0, 3.0, 3.0], 4000
    count = np.zeros(len(kg))
    for seed in range(draws):
        count[drawn(kg, rate=0.2, seed=seed)["position"].to_numpy()] += 1
    expected = 2 * np.array(kg) / sum(kg)
    error = np.sqrt(expected * (1 - expected) / draws)
    assert (np.abs(count / draws - expected) <= 4 * error).all()


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.01, float("nan")])
def test_a_rate_that_is_no_share_is_refused(rate):
    with pytest.raises(CodedError) as refused:
        drawn([1.0, 2.0], rate=rate)
    assert refused.value.message.code == "CW-830"


def test_nothing_to_draw_from():
    assert drawn([0.0, 0.0]).empty


def test_the_check_list_has_its_questions():
    questions = checks()
    assert len(questions) == len({question for question, _ in questions}) >= 8
    assert all(text.endswith(".") for _, text in questions)
