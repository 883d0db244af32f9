"""Proposed pairs and the machine's list: pencil, a loop over all pairs, refusals."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.datasets import debiasing
from tutor.embedding import Embedding
from tutor.geometry import unit_rows
from tutor.words import bias
from tutor.words.bias import lists
from tutor.words.studies import bias as study


def cloud(seed, n=30, dim=5, lift=1.5):
    X = np.random.default_rng(seed).normal(size=(n, dim))
    X[:, 0] += lift  # so that some pairs are within reach
    return X


def by_loop(X, g, count, reach=1.0, least=1e-3):
    """Score every ordered pair as the paper writes it, then take from the top."""
    X, g = unit_rows(X), g / np.linalg.norm(g)
    found = []
    for x, y in permutations(range(len(X)), 2):
        gap = X[x] - X[y]
        if 0 < np.linalg.norm(gap) <= reach:
            score = g @ gap / np.linalg.norm(gap)
            if score >= least:
                found.append((score, x, y))
    kept, left, right = [], set(), set()
    for score, x, y in sorted(found, reverse=True):
        if x not in left and y not in right and len(kept) < count:
            kept.append((x, y, score))
            left.add(x)
            right.add(y)
    return kept


def test_pencil():
    """(.6, .8), (0, 1): the gap (.6, -.2) has the cosine .6/sqrt(.4) with (1, 0)."""
    X = [[0.0, 2.0], [0.6, 0.8], [-1.0, 0.0]]
    got = bias.analogies(X, [3.0, 0.0])
    np.testing.assert_array_equal(got.first, [1])
    np.testing.assert_array_equal(got.second, [0])
    np.testing.assert_allclose(got.scores, [0.6 / np.sqrt(0.4)])
    far = bias.analogies(X, [3.0, 0.0], reach=1.5)  # (0, 1) to (-1, 0) is sqrt(2)
    np.testing.assert_array_equal(far.second, [0, 2])
    np.testing.assert_array_equal(far.first, [1, 0])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20))
def test_analogies_equal_a_loop(seed, count):
    X, g = cloud(seed), np.random.default_rng([seed, 1]).normal(size=5)
    got, want = bias.analogies(X, g, count=count), by_loop(X, g, count)
    np.testing.assert_array_equal(got.first, [x for x, *_ in want])
    np.testing.assert_array_equal(got.second, [y for _, y, _ in want])
    np.testing.assert_allclose(got.scores, [s for *_, s in want], rtol=1e-9)


def test_blocks_change_nothing(monkeypatch):
    X, g = cloud(3), np.ones(5)
    whole = bias.analogies(X, g)
    monkeypatch.setattr("tutor.words.bias.generator._BLOCK", 7)
    parts = bias.analogies(X, g)
    np.testing.assert_array_equal(parts.first, whole.first)
    np.testing.assert_array_equal(parts.second, whole.second)
    assert len(whole.first) > 5


def test_a_turned_direction_turns_the_pairs_and_one_per_cent_is_seen():
    X, g = cloud(4), np.ones(5)
    there, back = bias.analogies(X, g), bias.analogies(X, -g)
    assert set(zip(there.first, there.second, strict=True)) == set(
        zip(back.second, back.first, strict=True)
    )
    spoilt = X.copy()
    spoilt[there.first[0], 1] *= 1.01
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(
            bias.analogies(spoilt, g).scores, there.scores, rtol=1e-9
        )


def test_neutralised_words_are_never_proposed():
    """The identity of the chapter: without a part along g, every score is 0."""
    X, g = cloud(5), np.ones((1, 5))
    assert len(bias.analogies(X, g).scores) > 0
    assert len(bias.analogies(bias.neutralize(X, g / 5**0.5), g).scores) == 0


def test_generator_refusals():
    X = cloud(0)
    with pytest.raises(ValueError, match=r"one direction of 5 numbers, got \(1, 4\)"):
        bias.analogies(X, np.ones(4))
    with pytest.raises(ValueError, match=r"count >= 1.*got 0, 1\.0 and 0\.001"):
        bias.analogies(X, np.ones(5), count=0)
    with pytest.raises(ValueError, match="1 of 1 rows of direction are zero"):
        bias.analogies(X, np.zeros(5))


# --- the machine's list --------------------------------------------------------------
def test_machine_finds_a_planted_kind():
    """Seeds are half of a kind far from the rest: the machine adds the other half."""
    rng = np.random.default_rng(6)
    X = rng.normal(size=(200, 6))
    X[:40, 0] += 9
    words = Embedding([f"w{i}" for i in range(200)], X)
    seeds = [f"w{i}" for i in range(0, 40, 2)]
    found = bias.machine_specific(words, [*seeds, "unknown"], balanced=True)
    assert found.seeds == tuple(seeds)
    assert {f"w{i}" for i in range(1, 40, 2)} <= set(found.added)
    assert len(found.added) < 30
    shy = bias.machine_specific(words, seeds)
    assert set(shy.added) <= set(found.added)
    with pytest.raises(ValueError, match="0 of 200 keys are seeds"):
        bias.machine_specific(words, ["unknown"])


# --- published lists in the studies --------------------------------------------------
@pytest.fixture(scope="module")
def words():
    """Return the words of all published pairs and twenty professions, at random."""
    published = debiasing.published()
    pairs = (*published.definitional, *published.equal, *lists.family_pairs())
    named = dict.fromkeys(w for pair in pairs for w in pair)
    known = set(published.specific)
    jobs = [w for w in published.professions if w not in known and w not in named]
    keys = [*named, *jobs[:20], "table", "stone"]
    X = np.random.default_rng(7).normal(size=(len(keys), 8)) + 0.6
    return Embedding(keys, X)


def test_published_lists_are_used(words):
    given = debiasing.published()
    made = study.published(words, given.specific)
    g = made.subspace.directions[0]
    for a, b in (("uncle", "aunt"), ("king", "queen")):
        gap = made.embedding[a] - made.embedding[b]
        np.testing.assert_allclose(abs(gap @ g), np.linalg.norm(gap), atol=1e-9)
    np.testing.assert_allclose(made.embedding["table"] @ g, 0, atol=1e-9)


def test_proposals_are_counted_by_their_labels(words):
    made = study.published(words, debiasing.published().specific)
    g = made.subspace.directions
    before, after = (study.proposals(e, g) for e in (words, made.embedding))
    assert before.professions > 0
    assert before.professions >= len(before.follows)
    np.testing.assert_equal(after.professions, 0)  # neutralised words have score 0
    assert after.gendered > before.gendered  # equalised pairs lie along g
    assert after.pairs >= after.gendered


def test_signed_associations_are_the_numerator_of_weat(words):
    X, Y = ["table", "king", "aunt"], ["stone", "uncle", "prince"]
    pairs = [("she", "he"), ("woman", "man")]
    got = study.signed(words, X, Y, pairs)
    sets = [words.subset(w).vectors for w in (X, Y, ["she", "woman"], ["he", "man"])]
    s = np.concatenate([bias.associations(part, *sets[2:]) for part in sets[:2]])
    effect = bias.weat(*sets).effect
    np.testing.assert_allclose(2 * got.mean() / s.std(ddof=1), effect)
