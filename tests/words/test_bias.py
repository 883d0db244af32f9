"""Bias directions: pencil, loops, invariances, oracles, and errors that help."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.embedding import Embedding
from tutor.geometry import unit_rows
from tutor.words import bias
from tutor.words.bias import association

SEEDS = st.integers(0, 2**32 - 1)


def units(seed, *shape):
    return unit_rows(
        np.random.default_rng(seed).normal(size=(int(np.prod(shape[:-1])), shape[-1]))
    ).reshape(shape)


def direction(seed, dim, k=1):
    rng = np.random.default_rng([seed, 99])
    return np.linalg.qr(rng.normal(size=(dim, k)))[0].T


# --- pencil --------------------------------------------------------------------------
def test_pencil_of_the_chapter():
    """G = (1, 0); w = (.6, .8) → (0, 1); the pair (.6, .8), (-.8, .6) → (±√.51, .7)."""
    g = np.array([[1.0, 0.0]])
    np.testing.assert_allclose(bias.neutralize([[0.6, 0.8]], g), [[0, 1]], atol=1e-12)
    got = bias.equalize([[[0.6, 0.8], [-0.8, 0.6]]], g)[0]
    side = np.sqrt(1 - 0.49)
    np.testing.assert_allclose(got, [[side, 0.7], [-side, 0.7]], atol=1e-12)
    np.testing.assert_allclose(bias.direct_bias([[3.0, 4.0], [0, 2]], g), 0.3)
    np.testing.assert_allclose(
        bias.direct_bias([[3.0, 4.0], [0, 2]], g, strictness=2), 0.18
    )
    beta = bias.indirect_bias([0.6, 0.8], [0.8, 0.6], g)  # .96 becomes 1
    np.testing.assert_allclose(beta, (0.96 - 1) / 0.96, atol=1e-12)


# --- loops and libraries -------------------------------------------------------------
def test_subspace_equals_the_covariance_written_as_a_loop():
    """C = sum over pairs and words of (w - mu)(w - mu)' / 2, its eigenvectors."""
    D = units(0, 6, 2, 5)
    C = np.zeros((5, 5))
    for pair in D:
        for w in pair:
            C += np.outer(w - pair.mean(0), w - pair.mean(0)) / 2
    values, vectors = np.linalg.eigh(C)
    got = bias.bias_subspace(D, 2)
    np.testing.assert_allclose(got.shares[:5], values[::-1] / values.sum(), atol=1e-10)
    for k in range(2):
        np.testing.assert_allclose(
            abs(got.directions[k] @ vectors[:, -1 - k]), 1, atol=1e-10
        )


@pytest.mark.oracle
def test_subspace_equals_scikit_learns_pca():
    """The published program calls PCA on the centred words of all pairs."""
    from sklearn.decomposition import PCA

    D = units(1, 8, 2, 6)
    rows = (D - D.mean(axis=1, keepdims=True)).reshape(-1, 6)
    theirs = PCA(n_components=3).fit(rows)
    got = bias.bias_subspace(D, 3)
    np.testing.assert_allclose(got.shares[:3], theirs.explained_variance_ratio_)
    overlap = np.abs(np.diag(got.directions @ theirs.components_.T))
    np.testing.assert_allclose(overlap, 1, atol=1e-10)


def test_subspace_looks_to_the_first_words():
    D = units(2, 7, 2, 5)
    g = bias.bias_subspace(D).directions
    assert ((D[:, 0] - D[:, 1]) @ g.T).sum() > 0
    np.testing.assert_allclose(bias.bias_subspace(D[:, ::-1]).directions, -g)


@pytest.mark.parametrize("k", [1, 2])
def test_equalize_equals_a_loop(k):
    D, B = units(3, 4, 2, 6), direction(4, 6, k)
    want = []
    for pair in D:
        mu = pair.mean(0)
        mu_b = mu @ B.T @ B
        nu = mu - mu_b
        for w in pair:
            side = w @ B.T @ B - mu_b
            want.append(nu + np.sqrt(1 - nu @ nu) * side / np.linalg.norm(side))
    got = bias.equalize(D, B).reshape(-1, 6)
    np.testing.assert_allclose(got, want, atol=1e-10)


# --- properties ----------------------------------------------------------------------
@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(1, 3))
def test_neutralising_twice_changes_nothing(seed, k):
    X, B = units(seed, 9, 6), direction(seed, 6, k)
    once = bias.neutralize(X, B)
    np.testing.assert_allclose(bias.neutralize(once, B), once, atol=1e-9)
    np.testing.assert_allclose(once @ B.T, 0, atol=1e-9)
    np.testing.assert_allclose(bias.direct_bias(once, B), 0, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(once, axis=1), 1)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(1, 3))
def test_equalised_pairs_are_equally_far_from_every_neutral_word(seed, k):
    B = direction(seed, 6, k)
    pairs = bias.equalize(units(seed, 3, 2, 6), B)
    neutral = bias.neutralize(units(seed + 1, 5, 6), B)
    np.testing.assert_allclose(pairs[:, 0] @ neutral.T, pairs[:, 1] @ neutral.T,
                               atol=1e-9)  # fmt: skip
    np.testing.assert_allclose(np.linalg.norm(pairs, axis=2), 1)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_a_rotation_of_all_vectors_rotates_the_subspace(seed):
    D, X = units(seed, 7, 2, 5), units(seed + 1, 6, 5)
    R = np.linalg.qr(np.random.default_rng(seed).normal(size=(5, 5)))[0]
    plain, turned = bias.bias_subspace(D), bias.bias_subspace(D @ R)
    np.testing.assert_allclose(turned.shares, plain.shares, atol=1e-9)
    if plain.shares[0] - plain.shares[1] > 1e-3:
        np.testing.assert_allclose(turned.directions, plain.directions @ R, atol=1e-6)
    np.testing.assert_allclose(
        bias.direct_biases(X @ R, plain.directions @ R),
        bias.direct_biases(X, plain.directions),
        atol=1e-9,
    )


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_direct_bias_does_not_see_length(seed):
    X, B = units(seed, 6, 4), direction(seed, 4)
    scale = np.random.default_rng(seed).uniform(0.1, 9, size=(6, 1))
    np.testing.assert_allclose(bias.direct_biases(X * scale, 3 * B),
                               bias.direct_biases(X, B))  # fmt: skip


# --- WEAT ----------------------------------------------------------------------------
def test_weat_equals_a_loop_over_all_partitions():
    X, Y, A, B = units(5, 4, 6), units(6, 5, 6), units(7, 3, 6), units(8, 4, 6)
    s = [np.mean([w @ a for a in A]) - np.mean([w @ b for b in B]) for w in [*X, *Y]]
    s, n = np.array(s), 4
    gap = s[:n].mean() - s[n:].mean()
    count = total = 0
    for chosen in combinations(range(9), n):
        rest = [i for i in range(9) if i not in chosen]
        total += 1
        count += s[list(chosen)].mean() - s[rest].mean() >= gap - 1e-12
    got = bias.weat(X, Y, A, B)
    np.testing.assert_allclose(got.effect, gap / s.std(ddof=1), atol=1e-10)
    np.testing.assert_allclose(got.p, count / total)
    assert (got.partitions, got.exact) == (126, True)
    assert repr(got) == f"Weat(d={got.effect:.2f}, p={got.p:.2g}, 126 partitions, all)"


def test_weat_of_a_planted_difference_and_of_its_mirror():
    A, B = np.array([[1.0, 0.0, 0.0]]), np.array([[0.0, 1.0, 0.0]])
    X, Y = A + 0.1 * units(9, 6, 3), B + 0.1 * units(10, 6, 3)
    there, back = bias.weat(X, Y, A, B), bias.weat(Y, X, A, B)
    np.testing.assert_allclose(there.p, 1 / 924)
    np.testing.assert_allclose(back.p, 1)
    np.testing.assert_allclose(there.effect, -back.effect)


def test_drawn_partitions_agree_with_all(monkeypatch):
    sets = [units(i, 8, 6) for i in range(4)]
    exact = bias.weat(*sets)
    monkeypatch.setattr(association, "EXACT", 10)
    drawn = bias.weat(*sets, samples=20_000)
    assert not drawn.exact
    np.testing.assert_allclose(drawn.p, exact.p, atol=0.02)
    np.testing.assert_allclose(drawn.effect, exact.effect)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(bias.weat(*sets[::-1]).p, exact.p, atol=0.02)


# --- the whole -----------------------------------------------------------------------
@pytest.fixture(scope="module")
def words():
    keys = ["she", "he", "her", "his", "queen", "king", "tree", "stone", "river"]
    return Embedding(keys, 3 * units(11, len(keys), 5))


PAIRS = (("she", "he"), ("her", "his"))


def test_hard_debias_does_what_its_parts_do(words):
    made = bias.hard_debias(
        words, PAIRS, specific=["queen", "she", "he", "her", "his"], equal=PAIRS[:1]
    )
    unit = unit_rows(words.vectors)
    B = bias.bias_subspace(unit[:4].reshape(2, 2, 5)).directions
    want = unit.copy()
    want[5:] = bias.neutralize(unit[5:], B)
    want[:2] = bias.equalize(unit[None, :2], B)[0]
    np.testing.assert_allclose(made.embedding.vectors, want, atol=1e-12)
    assert made.neutralized == 4
    assert made.skipped == ()
    assert made.embedding.keys == words.keys
    near = [made.embedding.similarity(w, "tree") for w in ("she", "he")]
    np.testing.assert_allclose(near[0], near[1], atol=1e-12)


def test_skipped_pairs_are_listed(words):
    config = bias.BiasConfig(unknown="skip")
    pairs = [*PAIRS, ("gal", "guy")]
    made = bias.hard_debias(words, pairs, equal=[("aunt", "uncle"), *PAIRS],
                            config=config)  # fmt: skip
    assert made.skipped == (("gal", "guy"), ("aunt", "uncle"))
    assert repr(bias.known_pairs(words, pairs, unknown="skip")) == (
        "KnownPairs(2 known, 1 skipped)"
    )


# --- bad input -----------------------------------------------------------------------
def test_unknown_words_are_counted_and_listed(words):
    with pytest.raises(ValueError, match="3 words of 3 pairs are unknown: gal, guy, a"):
        bias.hard_debias(words, [("gal", "guy"), ("she", "aunt"), PAIRS[1]])
    with pytest.raises(ValueError, match="none of 1 pairs"):
        bias.known_pairs(words, [("gal", "guy")], unknown="skip")
    with pytest.raises(ValueError, match="unknown='drop'"):
        bias.known_pairs(words, PAIRS, unknown="drop")


def test_equal_words_and_equal_vectors(words):
    with pytest.raises(ValueError, match="1 of 2 pairs hold one word twice: she"):
        bias.pair_subspace(words, [("she", "she"), PAIRS[1]])
    twin = Embedding(["a", "b", "c"], [[1.0, 0], [2.0, 0], [0, 1.0]])
    with pytest.raises(ValueError, match=r"1 of 2 .* two equal vectors.*pair 1"):
        bias.pair_subspace(twin, [("a", "c"), ("a", "b")])
    with pytest.raises(ValueError, match=r"1 of 1 .* two equal vectors"):
        bias.pair_subspace(twin, [("a", "b")])  # a set of rank 0


def test_too_few_pairs_for_k_components(words):
    with pytest.raises(ValueError, match="2 pairs span 2 directions, components=3"):
        bias.pair_subspace(words, PAIRS, bias.BiasConfig(components=3))
    same = np.array([[[1.0, 0], [0, 1.0]]] * 3)
    with pytest.raises(ValueError, match="3 pairs span 1 direction, components=2"):
        bias.bias_subspace(same, 2)


@pytest.mark.parametrize("row", [0.0, np.nan])
def test_rows_without_a_direction(row):
    X, B = units(0, 4, 3), direction(0, 3)
    X[2] = row
    for call in (bias.neutralize, bias.direct_bias):
        with pytest.raises(ValueError, match=r"1 of 4 rows of vectors .* row 2"):
            call(X, B)
    with pytest.raises(ValueError, match="1 of 4 rows of pairs"):
        bias.bias_subspace(X.reshape(2, 2, 3))
    with pytest.raises(ValueError, match="1 of 4 rows of A"):
        bias.weat(units(1, 3, 3), units(2, 3, 3), X, units(3, 3, 3))


def test_words_inside_the_subspace():
    B = np.array([[1.0, 0, 0]])
    with pytest.raises(ValueError, match="1 of 2 vectors lie in the bias subspace"):
        bias.neutralize([[0, 1.0, 0], [2.0, 0, 0]], B)
    with pytest.raises(ValueError, match="1 of 1 pairs have two words with the same"):
        bias.equalize([[[0, 1.0, 0], [0, 0, 1.0]]], B)
    with pytest.raises(ValueError, match="orthogonal"):
        bias.indirect_bias([0, 1.0, 0], [0, 0, 1.0], B)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"components": 0}, "components must be 1 or more, got 0"),
        ({"soft_weight": -1.0}, "soft_weight must be finite and 0 or more, got -1"),
        ({"unknown": "x"}, "unknown 'x'"),
    ],
)
def test_settings_out_of_range(given, message):
    with pytest.raises(ValueError, match=message):
        bias.BiasConfig(**given)


def test_other_refusals(words):
    with pytest.raises(ValueError, match=r"pairs must be \(pairs, 2, dim\)"):
        bias.bias_subspace(np.ones((3, 4)))
    with pytest.raises(ValueError, match=r"1 words stand in two pairs .*: she"):
        bias.hard_debias(words, PAIRS, equal=[("she", "he"), ("she", "king")])
    with pytest.raises(ValueError, match="strictness must be finite"):
        bias.direct_bias(units(0, 2, 3), direction(0, 3), strictness=-1)
    with pytest.raises(ValueError, match="two targets or more a side, got 1 and 4"):
        bias.weat(units(0, 1, 3), units(0, 4, 3), units(1, 2, 3), units(2, 2, 3))
    with pytest.raises(ValueError, match="samples must be 100 or more, got 9"):
        bias.weat(*[units(0, 3, 3)] * 4, samples=9)
    with pytest.raises(ValueError, match="one and the same association"):
        bias.weat(*[np.ones((2, 3))] * 2, units(1, 2, 3), units(2, 2, 3))


@pytest.mark.parametrize("debias", [bias.hard_debias, bias.soft_debias])
def test_words_without_a_vector_are_named(debias):
    e = Embedding(["she", "he", "rock"], [[1.0, 0], [0, 1.0], [0, 0]])
    with pytest.raises(ValueError, match=r"1 of 3 words have a zero vector.*'rock'"):
        debias(e, [("she", "he")])


# --- alive ---------------------------------------------------------------------------
@pytest.mark.parametrize("spoilt", ["direction", "length", "effect"])
def test_one_per_cent_is_noticed(spoilt):
    """Each comparison above must fail when one side is off by a hundredth."""
    X, B = units(0, 6, 4), direction(0, 4)
    found = {
        "direction": (bias.neutralize(X, B), bias.neutralize(X, B + 0.01 * X[:1])),
        "length": (bias.neutralize(X, B), 1.01 * bias.neutralize(X, B)),
        "effect": tuple(
            bias.weat(Y, X[3:], X[:2], X[1:3]).effect for Y in (X[:3], X[:3] + 0.01 * B)
        ),
    }[spoilt]
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(*found, atol=1e-9)
