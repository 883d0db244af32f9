"""Shrunk offsets and vectors, rotations, scales: pencil, loop, oracle, properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.embedding import Embedding
from tutor.geometry import whitening
from tutor.words.numbers import axes, personal
from tutor.words.numbers.personal import Prior, TasteConfig

RNG = np.random.default_rng(1)


# --- offsets -------------------------------------------------------------------------
def test_offsets_by_hand():
    """Rung 0: groups (1, 3) and (6, 8).

    Means 2, 7, all 4.5; within 2; scatter 25; between (25 - 2) / (4 - 2) = 11.5;
    weight 23 / 25; shrunk 2.2 and 6.8.
    """
    found = personal.offsets([1.0, 3, 6, 8], np.array([0, 0, 1, 1]), 2)
    np.testing.assert_allclose([found.within, found.between], [2, 11.5], atol=1e-12)
    np.testing.assert_allclose(found.weight, [0.92, 0.92], atol=1e-12)
    np.testing.assert_allclose(found.shrunk, [2.2, 6.8], atol=1e-12)


def planted(users=400, n=4, between=0.5, within=2.0, seed=0):
    rng = np.random.default_rng(seed)
    true = rng.normal(0, np.sqrt(between), users)
    group = np.repeat(np.arange(users), rng.integers(1, 2 * n, users))
    return true, true[group] + rng.normal(0, np.sqrt(within), len(group)), group


def test_offsets_find_planted_variances():
    """Moments are unbiased: 4,000 groups give both variances within a tenth."""
    _, y, g = planted(users=4000)
    found = personal.offsets(y, g, 4000)
    np.testing.assert_allclose([found.between, found.within], [0.5, 2.0], rtol=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_shrunk_offsets_lie_nearer_to_the_truth(seed):
    """Efron and Morris (1975): less squared error than own means, and than one mean."""
    true, y, g = planted(seed=seed)
    found = personal.offsets(y, g, len(true))
    errors = [
        ((guess - true) ** 2).mean()
        for guess in (found.shrunk, found.own, np.full(len(true), found.common))
    ]
    np.testing.assert_array_less(errors[0], 0.9 * min(errors[1:]))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.integers(3, 9))
def test_shrunk_lies_between_own_and_common(seed, groups):
    rng = np.random.default_rng(seed)
    g = np.concatenate(
        [np.arange(groups), np.arange(groups), rng.integers(0, groups, 9)]
    )
    y = rng.normal(size=len(g)) + rng.normal(size=groups)[g]
    found = personal.offsets(y, g, groups)
    low = np.minimum(found.own, found.common) - 1e-9
    high = np.maximum(found.own, found.common) + 1e-9
    np.testing.assert_array_less(low, found.shrunk)
    np.testing.assert_array_less(found.shrunk, high)
    order = np.argsort(np.bincount(g))
    np.testing.assert_array_less(-1e-12, np.diff(found.weight[order]))  # more, nearer


def test_group_without_values_gets_the_common_mean():
    found = personal.offsets([1.0, 3, 6, 8], np.array([0, 0, 2, 2]), 3)
    np.testing.assert_allclose(found.shrunk[1], found.common)
    assert np.isnan(found.own[1])


@pytest.mark.parametrize(
    ("values", "groups", "count", "word"),
    [
        ([1.0], [0], 2, "two groups"),  # a single rating
        ([1.0, 2.0], [0, 1], 2, "one with two values"),
        ([1.0, 2.0], [0, 0], 1, "two groups"),
        ([1.0, np.nan, 2.0], [0, 0, 1], 2, "NaN"),
        ([1.0, 2.0, 3.0], [0, 0, 5], 2, "0 to 1"),
        ([1.0, 2.0], [0], 2, "a group for each value"),
        ([1.0, 2.0, 3.0], [0.0, 0.0, 1.0], 2, "whole numbers"),
    ],
)
def test_offsets_refuse(values, groups, count, word):
    with pytest.raises(ValueError, match=word):
        personal.offsets(values, np.array(groups), count)


# --- vectors -------------------------------------------------------------------------
def tastes(users=200, n=12, d=3, seed=0):
    rng = np.random.default_rng(seed)
    mean, noise = np.array([0.5, -0.3, 0.0])[:d], 0.8
    root = np.diag([0.7, 0.4, 0.2][:d])
    P = mean + rng.normal(size=(users, d)) @ root
    user = np.repeat(np.arange(users), n)
    Q = rng.normal(size=(len(user), d))
    r = (Q * P[user]).sum(axis=1) + noise * rng.normal(size=len(user))
    return P, Prior(mean, root @ root, noise**2), Q, r, user


def test_sums_equal_the_loop():
    _, _, Q, r, user = tastes(users=7, n=4)
    mixed = np.random.default_rng(0).permutation(len(r))
    parts = personal.sums(Q[mixed], r[mixed], user[mixed], 8)
    for u in range(8):
        mine = user == u
        np.testing.assert_allclose(parts.gram[u], Q[mine].T @ Q[mine], atol=1e-10)
        np.testing.assert_allclose(parts.cross[u], Q[mine].T @ r[mine], atol=1e-10)
        np.testing.assert_allclose(parts.square[u], r[mine] @ r[mine], atol=1e-10)
    np.testing.assert_array_equal(parts.rated, [4.0] * 7 + [0.0])


def test_posterior_equals_scikit_learns_ridge():
    """Rung 6: prior mean 0 and covariance t I is a ridge with alpha = noise / t."""
    from sklearn.linear_model import Ridge

    _, _, Q, r, user = tastes(users=5)
    parts = personal.sums(Q, r, user, 5)
    P, _ = personal.posterior(parts, Prior(np.zeros(3), 0.25 * np.eye(3), 0.5))
    for u in range(5):
        mine = user == u
        theirs = Ridge(alpha=2.0, fit_intercept=False).fit(Q[mine], r[mine])
        np.testing.assert_allclose(P[u], theirs.coef_, atol=1e-9)


def test_posterior_without_ratings_is_the_prior():
    _, prior, Q, r, user = tastes(users=3)
    P, C = personal.posterior(personal.sums(Q, r, user, 4), prior)
    np.testing.assert_allclose(P[3], prior.mean, atol=1e-12)
    np.testing.assert_allclose(C[3], prior.covariance, atol=1e-12)


def test_log_likelihood_equals_scipy():
    """Rung 6: the density of each user's ratings, as one Gaussian vector."""
    from scipy.stats import multivariate_normal

    _, prior, Q, r, user = tastes(users=6, n=5)
    wanted = 0.0
    for u in range(6):
        A = Q[user == u]
        cov = prior.noise * np.eye(len(A)) + A @ prior.covariance @ A.T
        wanted += multivariate_normal(A @ prior.mean, cov).logpdf(r[user == u])
    found = personal.log_likelihood(personal.sums(Q, r, user, 6), prior)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99))
def test_em_never_lowers_the_likelihood(seed):
    """Dempster, Laird and Rubin (1977), theorem 1."""
    _, _, Q, r, user = tastes(users=30, n=6, seed=seed)
    parts = personal.sums(Q, r, user, 30)
    fit, _ = personal.learn_tastes(parts, [f"u{i}" for i in range(30)])
    np.testing.assert_array_less(-1e-8, np.diff(fit.history["log_likelihood"]))


def test_fit_finds_the_planted_prior_and_beats_least_squares():
    P, prior, Q, r, user = tastes(users=800)
    parts = personal.sums(Q, r, user, 800)
    names = [str(i) for i in range(800)]
    fit, found = personal.learn_tastes(parts, names, TasteConfig(rounds=40))
    np.testing.assert_allclose(found.mean, prior.mean, atol=0.1)
    np.testing.assert_allclose(found.noise, prior.noise, rtol=0.1)
    np.testing.assert_allclose(found.covariance, prior.covariance, atol=0.1)
    error = ((fit.embedding.vectors - P) ** 2).sum()
    plain = ((personal.own_vectors(parts) - P) ** 2).sum()
    pooled = ((personal.common_vector(parts) - P) ** 2).sum()
    np.testing.assert_array_less(error, 0.95 * min(plain, pooled))
    with pytest.raises(KeyError, match="not among the 800"):
        fit.embedding["801"]
    assert "Taste" in repr(fit)


def test_vectors_refuse():
    _, _, Q, r, user = tastes(users=3)
    parts = personal.sums(Q, r, user, 3)
    with pytest.raises(ValueError, match="2 names for 3 users"):
        personal.learn_tastes(parts, ["a", "b"])
    with pytest.raises(ValueError, match="at least 2 ratings"):
        personal.learn_tastes(personal.sums(Q[:1], r[:1], user[:1], 2), ["a", "b"])
    with pytest.raises(ValueError, match="features must be finite"):
        personal.sums(Q * np.nan, r, user, 3)
    with pytest.raises(ValueError, match="features must be finite"):
        personal.sums(Q[:, :0], r, user, 3)
    with pytest.raises(ValueError, match="0 to 1"):
        personal.sums(Q, r, user, 2)


# --- rotations -----------------------------------------------------------------------
SOURCES = RNG.laplace(size=(2000, 4)) ** 3


def mixed(seed=0):
    """Return four independent columns, turned by a random rotation."""
    return SOURCES @ axes.random_rotation(4, seed)


def test_random_rotations_are_orthogonal_and_differ():
    for seed in range(3):
        R = axes.random_rotation(6, seed)
        np.testing.assert_allclose(R @ R.T, np.eye(6), atol=1e-12)
    other = axes.random_rotation(6, 9)
    np.testing.assert_array_less(0.1, np.abs(R - other).max())


def test_varimax_in_two_dimensions_equals_the_search():
    """Rung 1: of ten thousand angles none has a higher criterion."""
    X = RNG.laplace(size=(300, 2)) @ np.array([[1.0, 0.5], [-0.3, 1.2]])
    R = axes.varimax(X, rounds=500, tolerance=1e-12)
    np.testing.assert_allclose(R @ R.T, np.eye(2), atol=1e-10)
    best = max(
        axes.varimax_criterion(X @ np.array([[np.cos(a), -np.sin(a)],
                                             [np.sin(a), np.cos(a)]]))
        for a in np.linspace(0, np.pi, 10_000)
    )  # fmt: skip
    np.testing.assert_allclose(axes.varimax_criterion(X @ R), best, rtol=1e-6)


def test_varimax_equals_scikit_learn():
    """Rung 6: scikit-learn's own varimax, on the same table, by the criterion."""
    from sklearn.decomposition._factor_analysis import _ortho_rotation

    X = RNG.laplace(size=(200, 5)) @ RNG.normal(size=(5, 5))
    theirs = _ortho_rotation(X, method="varimax", tol=1e-12, max_iter=2000)
    if theirs.shape != X.shape:
        theirs = theirs.T
    ours = X @ axes.varimax(X, rounds=2000, tolerance=1e-13)
    found = [axes.varimax_criterion(B) for B in (ours, theirs)]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)


def test_rotations_keep_cosines_and_raise_the_criterion():
    X = mixed()
    B = X @ axes.varimax(X)
    np.testing.assert_allclose(B @ B.T, X @ X.T, rtol=1e-8, atol=1e-6)
    np.testing.assert_array_less(axes.varimax_criterion(X), axes.varimax_criterion(B))


def white(X):
    mean, W = whitening(X)
    return (X - mean) @ W


def test_ica_finds_the_independent_columns():
    """Each source lines up with one component, up to sign and order."""
    Z = white(mixed())
    found = Z @ axes.ica(Z, seed=0)
    cosines = np.abs(np.corrcoef(found.T, SOURCES.T)[:4, 4:])
    np.testing.assert_array_less(0.95, cosines.max(axis=1))
    np.testing.assert_array_equal(np.sort(cosines.argmax(axis=1)), np.arange(4))


def test_ica_equals_scikit_learn():
    """Rung 6: FastICA (parallel, logcosh) from the same start, up to sign and order."""
    from sklearn.decomposition import FastICA

    Z = white(mixed(1))
    start = axes.random_rotation(4, 2)
    theirs = FastICA(
        algorithm="parallel", fun="logcosh", whiten=False, w_init=start,
        max_iter=500, tol=1e-8,
    ).fit(Z).components_  # fmt: skip
    ours = axes.ica(Z, seed=2, rounds=500, tolerance=1e-8).T
    aligned = np.abs(ours @ theirs.T)
    np.testing.assert_allclose(aligned.max(axis=1), 1, atol=1e-3)


def test_rotations_refuse():
    with pytest.raises(ValueError, match="not white"):
        axes.ica(mixed(), seed=0)
    with pytest.raises(ValueError, match="NaN"):
        axes.varimax(np.full((5, 2), np.nan))
    with pytest.raises(ValueError, match="at least d rows"):
        axes.varimax(np.ones((2, 3)))
    with pytest.raises(ValueError, match="at least 1"):
        axes.random_rotation(0, 0)


# --- scales --------------------------------------------------------------------------
WORDS = Embedding(
    ["low", "high", "copy", "up"], [[0.0, 0, 1], [2.0, 0, 1], [2.0, 0, 1], [0.0, 3, 1]]
)


def test_scales_by_hand():
    """Rung 0: from low (0, 0, 1) to high (2, 0, 1) the direction is (1, 0, 0)."""
    A = axes.polar_directions(WORDS, [("low", "high"), ("low", "up")])
    np.testing.assert_allclose(A, [[1, 0, 0], [0, 1, 0]], atol=1e-12)
    np.testing.assert_allclose(axes.on_scales([[5.0, 7, 9]], A), [[5, 7]], atol=1e-12)
    np.testing.assert_allclose(axes.polar([[5.0, 7, 9]], A), [[5, 7]], atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99))
def test_polar_coordinates_rebuild_the_vector(seed):
    """As many independent directions as dimensions: nothing is lost."""
    rng = np.random.default_rng(seed)
    A, X = rng.normal(size=(6, 4)), rng.normal(size=(3, 4))
    np.testing.assert_allclose(axes.polar(X, A) @ A, X, atol=1e-8)


def test_scales_refuse():
    with pytest.raises(KeyError, match="closest"):
        axes.polar_directions(WORDS, [("low", "hihg")])
    with pytest.raises(ValueError, match="same vector"):
        axes.polar_directions(WORDS, [("high", "copy")])
    with pytest.raises(ValueError, match="same vector"):
        axes.polar_directions(WORDS, [("high", "high")])
    with pytest.raises(ValueError, match="two ends"):
        axes.polar_directions(WORDS, [])


def test_coherence_by_hand():
    """Top three of classes a, a, b: one pair of three, at the end of the long tail."""
    scores = np.array([[9.0], [8.0], [7.0], [0.0], [0.1], [0.2]])
    classes = np.array(list("aabccc"))
    np.testing.assert_allclose(axes.coherence(scores, classes, top=3), [1 / 3])
    np.testing.assert_allclose(axes.coherence(-scores, classes, top=3), [1 / 3])
    np.testing.assert_allclose(axes.pair_agreement(classes), (2 + 6) / 30)


def test_coherence_of_random_scores_is_chance():
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 4, 500)
    found = axes.coherence(rng.normal(size=(500, 200)), classes)
    np.testing.assert_allclose(found.mean(), axes.pair_agreement(classes), atol=0.02)


def test_coherence_refuses():
    with pytest.raises(ValueError, match="n classes"):
        axes.coherence(np.ones((4, 2)), [1, 2])
    with pytest.raises(ValueError, match="top must lie"):
        axes.coherence(np.ones((4, 2)), [1, 2, 3, 4], top=9)
    with pytest.raises(ValueError, match="at least 2 items"):
        axes.pair_agreement([1])
