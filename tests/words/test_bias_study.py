"""Lists by rule, probes that never meet relatives, and the chapter's studies."""

from __future__ import annotations

import numpy as np
import pytest

from tutor.datasets import lexicons
from tutor.embedding import Embedding
from tutor.words import bias
from tutor.words.bias import lists
from tutor.words.studies import bias as study


# --- lists ---------------------------------------------------------------------------
def test_held_out_pairs_share_no_word_with_the_ten():
    used = {w for pair in lists.DEFINITIONAL_PAIRS for w in pair}
    held = {w for pair in lists.held_out_pairs() for w in pair}
    assert not used & held
    np.testing.assert_equal(len(lists.DEFINITIONAL_PAIRS), 10)
    np.testing.assert_equal(len(lists.family_pairs()), 23)  # Google's questions
    assert ("grandmother", "grandfather") in lists.held_out_pairs()
    assert len(lists.held_out_pairs()) == 17


def test_occupations_are_nouns_of_work_alone():
    """*help* and *cook* are verbs, *smith* a name, *nurse* has another sense."""
    given = ["plumber", "help", "smith", "stone", "lawyer", "actress", "nurse", "cook"]
    assert lists.occupations(given) == ["plumber", "lawyer"]


def test_specific_and_neutral_words():
    specific = lists.specific_words()
    for word in ("she", "himself", "actress", "grandmother", "aunt"):
        assert word in specific
    given = ["table", "aunt", "london", "she", "spokesman", "quickly", "x1"]
    assert lists.neutral_words(given) == ["table", "quickly"]


def test_marked_people_have_one_answer_each():
    words, labels = lists.marked_people(["aunt", "lawyer", "table", "chairman"])
    assert words == ["aunt", "lawyer"]
    assert labels == [True, False]


# --- probes --------------------------------------------------------------------------
def test_no_family_is_cut():
    groups = bias.families(["teach", "teacher", "tea", "stone", "stony", "river"])
    assert groups == ["teac", "teac", "tea", "ston", "ston", "rive"]
    for seed in range(5):
        fold = bias.folds(groups, 3, seed=seed)
        assert fold[0] == fold[1]
        assert fold[3] == fold[4]
        assert set(fold.tolist()) == {0, 1, 2}
    many = bias.folds([str(i) for i in range(50)], 5)
    np.testing.assert_array_equal(np.bincount(many), 10)


def test_a_probe_that_met_relatives_would_cheat():
    """Each family has a place and a random side: nothing carries over to another.

    With families cut the probe is nearly always right; kept whole it must guess.
    """
    rng = np.random.default_rng(0)
    family = np.repeat(np.arange(60), 5)
    sides = np.repeat(rng.integers(0, 2, 60), 5).astype(bool)
    X = 3 * rng.normal(size=(60, 8))[family] + 0.1 * rng.normal(size=(300, 8))
    whole = bias.probe_right(X, sides, [str(f) for f in family], kind="rbf")
    cut = bias.probe_right(X, sides, [str(i) for i in range(300)], kind="rbf")
    assert cut.mean() > 0.85
    assert whole.mean() < 0.65


@pytest.mark.parametrize("kind", ["linear", "rbf"])
def test_probe_and_clusters_find_a_planted_side(kind):
    rng = np.random.default_rng(1)
    sides = np.arange(80) >= 40
    X = rng.normal(size=(80, 5)) + 6 * sides[:, None]
    names = [str(i) for i in range(80)]
    assert bias.probe_right(X, sides, names, kind=kind).mean() > 0.95
    assert bias.cluster_right(X, sides).mean() > 0.95
    dealt = rng.permutation(sides)
    assert bias.probe_right(X, dealt, names, kind=kind).mean() < 0.75


def test_extremes_are_the_ends():
    got = bias.extremes([3.0, -1.0, 0.0, 9.0, -5.0], 2)
    np.testing.assert_array_equal(got.rows, [4, 1, 0, 3])
    np.testing.assert_array_equal(got.sides, [False, False, True, True])


def test_probe_refusals():
    X, names = np.ones((4, 2)), list("abcd")
    with pytest.raises(ValueError, match="unknown kind 'deep'"):
        bias.probe_scores(X, [0, 1, 0, 1], names, kind="deep")
    with pytest.raises(ValueError, match="one label and one group a vector"):
        bias.probe_scores(X, [0, 1], names)
    with pytest.raises(ValueError, match=r"between 2 and 4 .*, got 5"):
        bias.probe_scores(X, [0, 1, 0, 1], names)
    with pytest.raises(ValueError, match="all words have one label"):
        bias.probe_scores(np.ones((6, 2)), [1] + [0] * 5, list("abcdef"))
    with pytest.raises(ValueError, match=r"between 1 and 2 .*, got 3"):
        bias.extremes(np.arange(4.0), 3)
    with pytest.raises(ValueError, match="finite"):
        bias.extremes([np.nan, 1.0], 1)
    with pytest.raises(ValueError, match="both classes"):
        bias.cluster_right(X, [1, 1, 1, 1])
    with pytest.raises(ValueError, match="letters must be 1 or more, got 0"):
        bias.families(names, letters=0)


# --- studies -------------------------------------------------------------------------
@pytest.fixture(scope="module")
def small():
    """Return 400 words, first the words of the ten pairs, in 12 dimensions."""
    rng = np.random.default_rng(3)
    named = [w for pair in lists.DEFINITIONAL_PAIRS for w in pair]
    common = [w for w in ("table", "stone", "river", "quickly") if w not in named]
    keys = [*named, *common, *(f"k{i}" for i in range(376))]
    X = rng.normal(size=(400, 12))
    X[0:20:2, 0] += 4  # the side of *she*
    return Embedding(keys, X)


def test_random_pairs_keep_the_frequency_and_repeat_no_word(small):
    for draw in range(5):
        drawn = study.random_pairs(small, lists.DEFINITIONAL_PAIRS, draw=draw)
        words = [w for pair in drawn for w in pair]
        assert len(set(words)) == 20
        rows = small.rows(words)
        assert (rows < np.maximum(2 * np.arange(20), 20 + np.arange(20) // 2)).all()
        assert drawn == study.random_pairs(small, lists.DEFINITIONAL_PAIRS, draw=draw)
    other = study.random_pairs(small, lists.DEFINITIONAL_PAIRS, draw=9)
    assert other != drawn
    few = small.subset(small.keys[:30])
    with pytest.raises(ValueError, match="20 words need 40 keys to draw from, got 30"):
        study.random_pairs(few, lists.DEFINITIONAL_PAIRS, draw=0)


def test_a_planted_direction_beats_random_pairs(small):
    own = bias.pair_subspace(small, lists.DEFINITIONAL_PAIRS)
    others = study.random_subspaces(small, [("k50", "k60")] * 1 + [
        (f"k{i}", f"k{i + 1}") for i in range(100, 118, 2)], 5)  # fmt: skip
    assert own.shares[0] > max(r.shares[0] for r in others)
    assert abs(own.directions[0, 0]) > 0.9


def test_relation_pairs_are_known_and_capped(small):
    found = study.relation_pairs(small, most=3)
    assert set(found) == {"family"}
    assert len(found["family"]) == 3
    questions = lexicons.analogies("google").questions
    assert {q[4] for q in questions} > set(found)


def test_hard_leaves_specific_words_and_neutralises_the_asked(small):
    made = study.hard(small)
    g = made.subspace.directions
    np.testing.assert_allclose(made.embedding["table"] @ g.T, 0, atol=1e-9)
    assert made.neutralized == 380
    again = study.without_direction(small, g)
    np.testing.assert_allclose(again["stone"], made.embedding["stone"], atol=1e-9)
    np.testing.assert_allclose(again["she"], small.normalized()["she"], atol=1e-12)
    other = study.without_direction(small, g, neutral=["she"])
    np.testing.assert_allclose(other["she"] @ g.T, 0, atol=1e-9)
    asked = study.hard(small, neutral=["table"])
    assert asked.neutralized == 380


def test_remains_finds_what_is_correlated_and_not_noise(monkeypatch):
    """Coordinate 1 repeats coordinate 0, so taking 0 out leaves it; noise has none."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(400, 6))
    keys = [f"{a}{b}{c}x" for a in "bcdfghjk" for b in "aeiou" for c in "lmnprstvwz"]
    monkeypatch.setattr(lists, "neutral_words", lambda given: list(given))
    g = np.eye(6)[:1]
    noise = study.remains(Embedding(keys, X), g, count=80, seeds=(1, 2))
    X[:, 1] = X[:, 0] + 0.2 * X[:, 1]
    twin = study.remains(Embedding(keys, X), g, count=80, seeds=(1, 2))
    assert twin.rbf.mean() > 0.9
    assert noise.rbf.mean() < 0.65
    assert noise.rbf_before.mean() > 0.9  # the direction itself is still there
    assert noise.clusters_before.mean() >= noise.clusters.mean()
    assert noise.rbf_before.shape == (160,)
    assert twin.permuted.mean() < 0.65
    assert twin.rbf.shape == (2, 160)


def test_census_takes_known_words_in_order():
    e = Embedding(["plumber", "lawyer"], [[2.0, 0.0], [0.0, 5.0]])
    got = study.census(e, [("lawyer", 0.1), ("baker", 0.2), ("plumber", 0.3)],
                       np.array([[1.0, 0.0]]))  # fmt: skip
    assert got.words == ["lawyer", "plumber"]
    np.testing.assert_allclose(got.projections, [0.0, 1.0])
    np.testing.assert_allclose(got.women, [0.1, 0.3])
