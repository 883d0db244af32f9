"""Sparse codes: pencil, scikit-learn, planted atoms, and a loss that never rises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.words.numbers import sparse
from tutor.words.numbers.sparse import SparseConfig

RNG = np.random.default_rng(0)


def test_code_by_hand():
    """Rung 0: one atom (1, 0), row (3, 4), penalty 1: z = 2, loss 17 / 2 + 2."""
    A, X = np.array([[1.0, 0.0]]), np.array([[3.0, 4.0]])
    Z = sparse.sparse_codes(X, A, 1.0)
    np.testing.assert_allclose(Z, [[2.0]], atol=1e-12)
    np.testing.assert_allclose(sparse.sparse_loss(X, Z, A, 1.0), 10.5, atol=1e-12)
    np.testing.assert_array_equal(sparse.sparse_codes(-X, A, 1.0), [[0.0]])


def test_codes_equal_scikit_learn():
    """Rung 6: coordinate descent of the same non-negative lasso."""
    from sklearn.decomposition import sparse_encode

    A = sparse._unit(RNG.normal(size=(12, 6)))
    X = RNG.normal(size=(30, 6))
    theirs = sparse_encode(
        X, A, algorithm="lasso_cd", alpha=0.3, positive=True, max_iter=10_000
    )
    ours = sparse.sparse_codes(X, A, 0.3, steps=5000)
    losses = [sparse.sparse_loss(X, Z, A, 0.3) for Z in (ours, theirs)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)
    np.testing.assert_allclose(ours, theirs, atol=0.02)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99), st.floats(0, 1))
def test_no_step_raises_the_loss(seed, penalty):
    rng = np.random.default_rng(seed)
    A, X = sparse._unit(rng.normal(size=(8, 4))), rng.normal(size=(10, 4))
    Z, before = np.zeros((10, 8)), np.inf
    for _ in range(10):
        Z = sparse.sparse_codes(X, A, penalty, steps=1, start=Z)
        loss = sparse.sparse_loss(X, Z, A, penalty)
        np.testing.assert_array_less(loss, before + 1e-9)
        np.testing.assert_array_less(-1e-12, Z.min())
        before = loss


def test_larger_penalties_leave_fewer_codes():
    A, X = sparse._unit(RNG.normal(size=(12, 6))), RNG.normal(size=(50, 6))
    used = [(sparse.sparse_codes(X, A, p, steps=500) > 0).mean() for p in (0.1, 0.5, 2)]
    np.testing.assert_array_less(np.diff(used), 0)


def test_planted_atoms_are_found():
    """Rows of two atoms each: most planted atoms have a learned one beside them."""
    rng = np.random.default_rng(3)
    true = sparse._unit(rng.normal(size=(16, 12)))
    Z = np.zeros((1500, 16))
    for row in Z:
        row[rng.choice(16, 2, replace=False)] = rng.uniform(0.5, 1.5, 2)
    config = SparseConfig(atoms=20, penalty=0.05, rounds=30)
    A, codes = sparse.learn_atoms(Z @ true, config, seed=0)
    near = (true @ A.T).max(axis=1)
    np.testing.assert_array_less(0.95, np.median(near))
    np.testing.assert_allclose(np.linalg.norm(A, axis=1), 1, atol=1e-9)
    np.testing.assert_array_less((codes > 1e-3).mean(), 0.5)
    again, _ = sparse.learn_atoms(Z @ true, config, seed=0)
    np.testing.assert_array_equal(A, again)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: sparse.sparse_codes(np.ones((2, 3)), np.ones((2, 2)), 1), "needed"),
        (lambda: sparse.sparse_codes([[np.nan]], [[1.0]], 1), "NaN"),
        (lambda: sparse.sparse_codes([[1.0]], [[1.0]], -1), "penalty"),
        (lambda: sparse.sparse_codes([[1.0]], [[0.0]], 1), "all atoms are zero"),
        (lambda: sparse.learn_atoms(np.ones((5, 2))), "at least atoms=100 rows"),
    ],
)
def test_sparse_refuses(call, word):
    with pytest.raises(ValueError, match=word):
        call()
