"""Geometry: against loops, against scikit-learn and SciPy, and by its invariants."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tutor import geometry as g

RNG = np.random.default_rng(3)
CLOUD = RNG.normal(size=(60, 6)) * [5, 3, 2, 1, 0.5, 0.1] + 4

tables = st.tuples(st.integers(2, 9), st.integers(1, 5)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.floats(-100, 100, width=32))
)


def test_anisotropy_by_hand():
    """Rung 0: rows at 0, 90 and 180 degrees have cosines 0, -1, 0, mean -1/3."""
    np.testing.assert_allclose(g.anisotropy([[1, 0], [0, 2], [-3, 0]]), -1 / 3)


@settings(max_examples=50, deadline=None)
@given(tables)
def test_anisotropy_equals_the_loop_over_pairs(vectors):
    """Rung 1."""
    cosines = [
        float(g.cosine_matrix(vectors[i : i + 1], vectors[j : j + 1])[0, 0])
        for i in range(len(vectors))
        for j in range(len(vectors))
        if i != j
    ]
    np.testing.assert_allclose(g.anisotropy(vectors), np.mean(cosines), atol=1e-10)


def test_anisotropy_sees_one_per_cent():
    """Rung 9: shifting the cloud by 1 % of its mean is seen at the tolerance used."""
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(
            g.anisotropy(CLOUD + 0.04), g.anisotropy(CLOUD), atol=1e-10
        )


@settings(max_examples=50, deadline=None)
@given(tables)
def test_unit_rows_have_length_one_or_zero(vectors):
    lengths = np.linalg.norm(g.unit_rows(vectors), axis=1)
    expected = vectors.any(axis=1).astype(float)
    np.testing.assert_allclose(lengths, expected, atol=1e-12)


@pytest.mark.oracle
def test_principal_directions_equal_scikit_learn():
    """Rung 6, up to the sign, which ours fixes."""
    pca = pytest.importorskip("sklearn.decomposition").PCA(3).fit(CLOUD)
    ours = g.principal_directions(CLOUD, 3)
    np.testing.assert_allclose(np.abs(ours), np.abs(pca.components_), atol=1e-10)
    assert (ours[np.arange(3), np.abs(ours).argmax(axis=1)] > 0).all()
    np.testing.assert_allclose(
        g.explained_variance(CLOUD, 3), pca.explained_variance_ratio_, atol=1e-12
    )


@settings(max_examples=50, deadline=None)
@given(tables, st.integers(1, 3), st.integers(0, 99))
def test_projection_splits_each_row_at_a_right_angle(vectors, k, seed):
    directions = np.random.default_rng(seed).normal(size=(k, vectors.shape[1]))
    inside = g.project(vectors, directions)
    outside = g.remove_directions(vectors, directions)
    np.testing.assert_allclose(inside + outside, vectors, atol=1e-9)
    np.testing.assert_allclose(outside @ directions.T, 0, atol=1e-7)
    np.testing.assert_allclose(g.project(inside, directions), inside, atol=1e-8)


def test_projection_takes_directions_that_are_not_orthonormal():
    np.testing.assert_allclose(
        g.project([[1.0, 2.0, 3.0]], [[5, 0, 0], [5, 5, 0], [0, 1, 0]]), [[1, 2, 0]]
    )
    np.testing.assert_allclose(g.project([[1.0, 2.0]], [[0, 0]]), [[0, 0]])


@pytest.mark.oracle
def test_procrustes_equals_scipy_and_recovers_a_rotation():
    Q = np.linalg.qr(RNG.normal(size=(6, 6)))[0]
    ours = g.procrustes(CLOUD, CLOUD @ Q)
    np.testing.assert_allclose(ours, Q, atol=1e-10)
    noisy = CLOUD @ Q + RNG.normal(size=CLOUD.shape)
    linalg = pytest.importorskip("scipy.linalg")
    np.testing.assert_allclose(
        g.procrustes(CLOUD, noisy),
        linalg.orthogonal_procrustes(CLOUD, noisy)[0],
        atol=1e-10,
    )


def test_whitening_gives_the_identity():
    mean, W = g.whitening(CLOUD, epsilon=1e-15)
    white = (CLOUD - mean) @ W
    np.testing.assert_allclose(white.T @ white / len(white), np.eye(6), atol=1e-9)
    flat = np.column_stack([CLOUD, CLOUD[:, 0]])
    assert np.isfinite(g.whitening(flat)[1]).all()


def test_participation_ratio_counts_directions():
    cube = np.concatenate([np.eye(4), -np.eye(4)])
    np.testing.assert_allclose(g.participation_ratio(cube), 4)
    np.testing.assert_allclose(g.participation_ratio(np.outer([1, 2, 3], [1, 1])), 1)
    assert g.participation_ratio(np.ones((3, 2))) == 0


@pytest.mark.oracle
@pytest.mark.parametrize("k", [1, 5, 20])
def test_trustworthiness_equals_scikit_learn(k):
    manifold = pytest.importorskip("sklearn.manifold")
    for low in (CLOUD[:, :2], RNG.normal(size=(60, 2))):
        np.testing.assert_allclose(
            g.trustworthiness(CLOUD, low, k),
            manifold.trustworthiness(CLOUD, low, n_neighbors=k),
            atol=1e-12,
        )
    assert g.trustworthiness(CLOUD, CLOUD, k) == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: g.unit_rows([1.0]), r"got shape \(1,\)"),
        (lambda: g.mean_center(np.empty((0, 3))), r"\(0, 3\)"),
        (lambda: g.mean_center([[np.nan]]), "1 of 1 entries"),
        (lambda: g.principal_directions(CLOUD, 7), "between 1 and .* = 6, got 7"),
        (lambda: g.explained_variance(CLOUD, 0), "got 0"),
        (lambda: g.project(CLOUD, [[1.0]]), "1 columns, the vectors 6"),
        (lambda: g.procrustes(CLOUD, CLOUD[:5]), r"\(60, 6\) and \(5, 6\)"),
        (lambda: g.whitening(CLOUD, epsilon=0), "got 0"),
        (lambda: g.anisotropy([[1.0]]), "got 1"),
        (lambda: g.trustworthiness(CLOUD, CLOUD, 30), "n/2 = 30, got 30"),
        (lambda: g.trustworthiness(CLOUD, CLOUD[:5]), "got 60 and 5"),
    ],
)
def test_geometry_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
