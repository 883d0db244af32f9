"""Exact neighbours: against a full sort, in any blocks, on both backends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.neighbours import BACKENDS, top_rows

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(101, 7)).astype(np.float32)
QUERIES = RNG.normal(size=(13, 7)).astype(np.float32)
BROKEN = ROWS.copy()
BROKEN[3, 2] = np.nan


def sorted_fully(queries, rows, k):
    scores = queries @ rows.T
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(scores, order, axis=1), order


def test_by_hand():
    rows = [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]
    scores, indices = top_rows([[1.0, 0.0], [0.0, 2.0]], rows, 2)
    np.testing.assert_array_equal(indices, [[0, 2], [1, 2]])
    np.testing.assert_allclose(scores, [[1.0, 0.6], [2.0, 1.6]], rtol=1e-15)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("block", [1, 4, 100, 101, 5000])
@pytest.mark.parametrize("k", [1, 5, 101])
def test_equals_a_full_sort(backend, block, k):
    scores, indices = top_rows(QUERIES, ROWS, k, backend=backend, block=block)
    wanted, order = sorted_fully(QUERIES, ROWS, k)
    np.testing.assert_array_equal(indices, order)
    np.testing.assert_allclose(scores, wanted, rtol=1e-5, atol=1e-6)
    assert scores.dtype == np.float32
    assert indices.dtype == np.int64


def test_the_comparison_can_fail():
    """A hundredth on the rows changes who is nearest somewhere."""
    moved = ROWS + 0.01 * np.abs(ROWS).max() * RNG.normal(size=ROWS.shape)
    _, indices = top_rows(QUERIES, moved.astype(np.float32), 20)
    assert (indices != sorted_fully(QUERIES, ROWS, 20)[1]).any()


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 30))
def test_equal_scores_come_in_row_order(seed, block, k):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 2, (30, 3)).astype(np.float64)
    queries = rng.integers(0, 2, (4, 3)).astype(np.float64)
    scores, indices = top_rows(queries, rows, k, block=block)
    wanted, order = sorted_fully(queries, rows, k)
    np.testing.assert_array_equal(scores, wanted)
    np.testing.assert_array_equal(indices, order)


def test_euclidean_distance_by_one_coordinate_more():
    rows = np.column_stack([ROWS, -0.5 * (ROWS**2).sum(axis=1)])
    queries = np.column_stack([QUERIES, np.ones(len(QUERIES))])
    _, indices = top_rows(queries, rows, 4)
    far = ((QUERIES[:, None] - ROWS) ** 2).sum(axis=2)
    np.testing.assert_array_equal(indices, np.argsort(far, axis=1)[:, :4])


def test_no_queries():
    scores, indices = top_rows(np.empty((0, 7)), ROWS, 3)
    assert scores.shape == indices.shape == (0, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": 0}, "k must be at least 1"),
        ({"k": 102}, "k=102 of 101 rows: ask for 101 at most"),
        ({"block": 0}, "block must be at least 1"),
        ({"queries": QUERIES[:, :6]}, r"equal width, got shapes \(13, 6\) and"),
        ({"queries": QUERIES[0]}, r"must be matrices"),
        ({"backend": "faiss"}, "unknown backend 'faiss'"),
        ({"device": "cuda"}, "needs backend='torch'"),
        ({"rows": BROKEN}, "row 3 holds NaN"),
        ({"queries": np.full((2, 7), np.inf)}, "queries must be finite"),
    ],
)
def test_bad_input(change, message):
    given = {"queries": QUERIES, "rows": ROWS, "k": 3, **change}
    with pytest.raises(ValueError, match=message):
        top_rows(**given)


def test_unknown_device_names_those_there_are():
    with pytest.raises(ValueError, match="available: cpu"):
        top_rows(QUERIES, ROWS, 3, backend="torch", device="tpu")


@pytest.mark.gpu
def test_cuda_equals_numpy(cuda):
    scores, indices = top_rows(QUERIES, ROWS, 9, backend="torch", device=cuda, block=32)
    wanted, order = top_rows(QUERIES, ROWS, 9)
    np.testing.assert_array_equal(indices, order)
    np.testing.assert_allclose(scores, wanted, rtol=1e-4, atol=1e-5)
