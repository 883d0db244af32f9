"""Shares of neighbours of one kind: by pencil, by loop, at chance, bad input."""

import numpy as np
import pytest

from tutor.evaluate.concepts import pairs_alike, same_kind


def test_by_pencil():
    """Two tight pairs at right angles: each row's nearest is its partner."""
    X = [[1, 0], [1, 0.1], [0, 1], [0.1, 1]]
    assert same_kind(X, ["a", "a", "b", "b"], k=1).tolist() == [1, 1, 1, 1]
    assert same_kind(X, ["a", "b", "b", "a"], k=1).tolist() == [0, 0, 0, 0]
    assert same_kind(X, ["a", "a", "b", "b"], k=2).tolist() == [0.5, 0.5, 0.5, 0.5]
    assert pairs_alike(["a", "a", "b", "b"]) == pytest.approx(4 / 12)


def test_equals_the_loop():
    rng = np.random.default_rng(0)
    X, kinds = rng.normal(size=(30, 4)), rng.choice(list("abc"), 30)
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    for i, share in enumerate(same_kind(X, kinds.tolist(), k=5)):
        others = sorted(
            (j for j in range(30) if j != i), key=lambda j: -unit[i] @ unit[j]
        )
        assert share == np.mean([kinds[j] == kinds[i] for j in others[:5]])


def test_a_random_space_lies_at_chance_and_a_space_of_kinds_at_one():
    rng = np.random.default_rng(1)
    kinds = rng.choice(list("abcd"), 400, p=[0.5, 0.3, 0.1, 0.1]).tolist()
    found = same_kind(rng.normal(size=(400, 20)), kinds).mean()
    np.testing.assert_allclose(found, pairs_alike(kinds), atol=0.03)
    told = np.eye(4)[["abcd".index(kind) for kind in kinds]]
    assert same_kind(told, kinds).mean() == 1


def test_length_of_a_row_does_not_matter():
    rng = np.random.default_rng(2)
    X, kinds = rng.normal(size=(20, 3)), ["a", "b"] * 10
    longer = X * rng.uniform(0.1, 10, size=(20, 1))
    np.testing.assert_array_equal(same_kind(X, kinds, 3), same_kind(longer, kinds, 3))


def test_bad_input():
    X = np.eye(4)
    with pytest.raises(ValueError, match=r"shape \(4, 4\) and 3 kinds"):
        same_kind(X, ["a"] * 3)
    with pytest.raises(
        ValueError, match="k must lie between 1 and 2 for 4 rows, got 3"
    ):
        same_kind(X, ["a"] * 4, k=3)
    X[1] = np.nan
    X[2] = 0
    with pytest.raises(ValueError, match=r"rows \[1, 2\] of 4"):
        same_kind(X, ["a"] * 4, k=1)
    with pytest.raises(ValueError, match="at least two"):
        pairs_alike(["a"])
