"""The stored study of chapter ``words/glove``: its search, its arms, its report."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest

from tutor.datasets import Corpus
from tutor.evaluate.statistics import spearman
from tutor.words.glove import GloVeConfig
from tutor.words.studies import glove_sgns as study
from tutor.words.studies.counts import gold
from tutor.words.studies.glove import Arm, Zeros
from tutor.words.word2vec import Word2VecConfig

BEST = Arm(GloVeConfig(dim=4, weighting="dynamic", epochs=2), sample=1e-3)
SGNS = Arm(Word2VecConfig(dim=4, epochs=1))


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Return 300 documents of two topics with five words each."""
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 5, size=(300, 12))
    return Corpus.from_documents(
        [[f"{'ab'[i % 2]}{w}" for w in row] for i, row in enumerate(rows)]
    )


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, str, float]]:
    """Return pairs of one topic (rated 1 and more) and of two (below 1)."""
    same = [(f"{t}{i}", f"{t}{i + 1}", 1 + i / 10) for t in "ab" for i in range(4)]
    return [*same, *((f"a{i}", f"b{i}", i / 10) for i in range(5))]


# --- search --------------------------------------------------------------------------
def test_search_takes_the_arm_of_the_highest_correlation(monkeypatch, pairs):
    """Three arms that score 0.5, 1 and -1: the middle one, with seed 0 alone."""
    truth, asked = gold(pairs), []
    half = np.where(np.arange(len(truth)) % 2, truth, -truth / 10)
    found = {1: half, 2: truth, 3: -truth}

    def scores(arm, corpus, given, *, seeds):
        asked.append((list(seeds), given))
        return found[arm.config.epochs][None]

    monkeypatch.setattr(study, "scores", scores)
    grid = [Arm(GloVeConfig(epochs=n)) for n in (1, 2, 3)]
    best, tried = study.search(grid, None, pairs)
    assert best is grid[1]
    assert asked == [([0], pairs)] * 3
    assert [t["arm"]["config"]["epochs"] for t in tried] == [1, 2, 3]
    rhos = [round(float(spearman(found[n], truth)), 4) for n in (1, 2, 3)]
    assert [t["rho"] for t in tried] == rhos
    assert rhos[1:] == [1, -1]
    assert study.search(grid[::-1], None, pairs)[0] is grid[1]


def test_search_on_text_prefers_the_arm_that_learns(corpus, pairs):
    pytest.importorskip("numba", reason="numba is not installed")
    config = GloVeConfig(dim=4, window=5, x_max=10.0, epochs=20, learning_rate=0.1)
    still = replace(config, epochs=1, learning_rate=1e-9)
    best, tried = study.search([Arm(still), Arm(config)], corpus, pairs)
    assert best.config == config
    assert tried[1]["rho"] > tried[0]["rho"] + 0.2


def test_both_sides_search_as_many_settings():
    grids = study.grids()
    assert {side: len(set(grid)) for side, grid in grids.items()} == {
        "glove": 4,
        "sgns": 4,
    }
    for arm in (*grids["glove"], *grids["sgns"]):
        assert (arm.config.window, arm.config.dim) == (10, 100)


# --- arms and comparisons ------------------------------------------------------------
def test_comparisons_name_arms_that_exist():
    arms = study.arms_of(BEST, SGNS)
    for name, (one, other) in study.comparisons().items():
        assert one != other, name
        assert {one, other} <= set(arms), name
    compared = {arm for pair in study.comparisons().values() for arm in pair}
    assert compared == set(arms)


def test_arms_are_one_change_from_the_chosen_one():
    arms = study.arms_of(BEST, SGNS)
    assert arms["glove"] is BEST
    assert arms["sgns"] is SGNS
    assert changed(arms["word alone"]) == {"word_alone": True}
    assert changed(arms["glove with zeros"]) == {"zeros": asdict(Zeros())}
    assert changed(arms["even weights"]) == {
        "config": asdict(replace(BEST.config, alpha=0.0))
    }
    assert changed(arms["other tokens and window"]) == {
        "config": asdict(replace(BEST.config, weighting="harmonic")),
        "sample": 0.0,
    }


def changed(arm: Arm) -> dict[str, object]:
    """Return what an arm has in place of the chosen one's."""
    chosen = asdict(BEST)
    return {k: v for k, v in asdict(arm).items() if v != chosen[k]}


# --- report --------------------------------------------------------------------------
def test_report_cuts_the_tests_where_they_end():
    """One arm is right on the first list and upside down on the second."""
    rng = np.random.default_rng(1)
    tests = {
        name: [(f"{name}{i}", "x", float(v)) for i, v in enumerate(rng.random(n))]
        for name, n in (("first", 9), ("second", 14), ("third", 6))
    }
    truth = {name: gold(test) for name, test in tests.items()}
    parts = truth["first"], -truth["second"], truth["third"] ** 3
    arms = study.arms_of(BEST, SGNS)
    runs = {arm: rng.random((3, 29)) for arm in arms}
    runs["glove"] = np.tile(np.concatenate(parts), (3, 1))
    found = study._report(runs, tests)
    assert found["rho"]["glove"] == {
        "first": pytest.approx([1] * 3),
        "second": pytest.approx([-1] * 3),
        "third": pytest.approx([1] * 3),
    }
    assert set(found["effect"]) == set(study.comparisons())
    for name, (one, other) in study.comparisons().items():
        for test, items in (("first", 9), ("second", 14), ("third", 6)):
            effect = found["effect"][name][test]
            rho = [np.array(found["rho"][arm][test]) for arm in (one, other)]
            np.testing.assert_allclose(effect["per_seed"], rho[0] - rho[1], atol=1e-12)
            np.testing.assert_allclose(effect["estimate"], np.mean(rho[0] - rho[1]))
            assert effect["low"] <= effect["estimate"] <= effect["high"]
            assert effect["items"] == items
