"""Rankings with ties: closed forms against every order, and scikit-learn."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.evaluate import binary, retrieval

RNG = np.random.default_rng(3)


def every_order(distances, relevant, measure):
    """Return the mean of a measure over all orders that the distances allow."""
    groups = [np.flatnonzero(distances == d) for d in np.unique(distances)]
    orders = [()]
    for group in groups:
        orders = [o + p for o in orders for p in permutations(group)]
    return np.mean([measure(relevant[list(order)]) for order in orders])


def precision_of(gains):
    places = np.flatnonzero(gains) + 1
    return np.mean(np.arange(1, len(places) + 1) / places)


def ndcg_of(gains, k):
    discount = 1 / np.log2(np.arange(2, len(gains) + 2))
    ideal = np.sort(gains)[::-1]
    return (gains * discount)[:k].sum() / (ideal * discount)[:k].sum()


def test_by_hand():
    """Distances 0, 1, 1, relevant the first and one of the tied: 1 or 2/3 after it."""
    d, y = np.array([[0, 1, 1]]), np.array([[True, True, False]])
    expected = (1 + (1 + 2 / 3) / 2) / 2
    np.testing.assert_allclose(binary.average_precisions(d, y), expected, rtol=1e-12)
    ideal = 1 + 1 / math.log2(3)
    gained = 1 + (1 / math.log2(3) + 0) / 2
    np.testing.assert_allclose(binary.ndcgs(d, y, 2), gained / ideal, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=7),
    st.integers(1, 8),
)
def test_closed_forms_are_the_mean_over_all_orders(rows, k):
    """Rung 1: brute force over every order of the ties, up to 5,040 of them."""
    distances, relevant = (np.array(part) for part in zip(*rows, strict=True))
    relevant[0] = True
    ap = every_order(distances, relevant, precision_of)
    gain = every_order(distances, relevant.astype(float), lambda g: ndcg_of(g, k))
    d, y = distances[None], relevant[None]
    np.testing.assert_allclose(binary.average_precisions(d, y)[0], ap, rtol=1e-10)
    np.testing.assert_allclose(binary.ndcgs(d, y, k)[0], gain, rtol=1e-10)
    found = 1.01 * binary.average_precisions(d, y)
    with pytest.raises(AssertionError):  # rung 9: one per cent is seen
        np.testing.assert_allclose(found, [ap], rtol=1e-10)


def test_without_ties_equal_to_the_measures_of_real_scores():
    scores = RNG.normal(size=(9, 40))
    relevant = RNG.random((9, 40)) < 0.3
    relevant[:, 0] = True
    d = binary.rank_distance(scores)
    np.testing.assert_allclose(
        binary.average_precisions(d, relevant).mean(),
        retrieval.mean_average_precision(scores, relevant),
        rtol=1e-12,
    )
    np.testing.assert_allclose(
        binary.ndcgs(d, relevant, 10).mean(), retrieval.ndcg(scores, relevant, 10)
    )


@pytest.mark.oracle
def test_ndcg_with_ties_equals_scikit_learn():
    """Rung 6: scikit-learn averages the gain of ties too (``ignore_ties=False``)."""
    metrics = pytest.importorskip("sklearn.metrics")
    d, y = RNG.integers(0, 5, (12, 30)), RNG.random((12, 30)) < 0.4
    y[:, 0] = True
    theirs = metrics.ndcg_score(y, -d, k=10)
    np.testing.assert_allclose(binary.ndcgs(d, y, 10).mean(), theirs, rtol=1e-12)


def test_all_tied_is_chance_whatever_the_order_of_the_file():
    """One distance for all: the order of the file must not matter."""
    y = np.zeros((1, 50), bool)
    y[0, :10] = True
    d = np.zeros((1, 50), int)
    one = binary.average_precisions(d, y)
    np.testing.assert_array_equal(one, binary.average_precisions(d, y[:, ::-1]))
    assert 0.2 < one[0] < 0.3  # a little above the share of 0.2


def test_blocks_do_not_matter(monkeypatch):
    d, y = RNG.integers(0, 9, (20, 30)), RNG.random((20, 30)) < 0.5
    y[:, 0] = True
    whole = binary.average_precisions(d, y)
    monkeypatch.setattr(binary, "_CELLS", 64)
    np.testing.assert_array_equal(whole, binary.average_precisions(d, y))


@pytest.mark.parametrize("bits", [1, 8, 63, 64, 65, 130])
def test_hamming_distance_is_the_count_of_differing_bits(bits):
    a, b = RNG.random((7, bits)) < 0.5, RNG.random((5, bits)) < 0.5
    loop = (a[:, None] != b[None]).sum(axis=2)
    np.testing.assert_array_equal(binary.hamming_distance(a, b), loop)


def test_rank_distance_by_hand():
    np.testing.assert_array_equal(
        binary.rank_distance([[0.5, 2.0, 0.5, -1.0]]), [[1, 0, 1, 2]]
    )


def test_bad_input_is_named():
    d, y = np.array([[0, 1]]), np.array([[True, False]])
    with pytest.raises(ValueError, match="1 of 1 queries have no relevant document"):
        binary.average_precisions(d, ~y & y)
    with pytest.raises(ValueError, match="turn real scores into them by rank_distance"):
        binary.average_precisions(d + 0.5, y)
    with pytest.raises(ValueError, match=r"got \(1, 2\) and \(2, 1\)"):
        binary.ndcgs(d, y.T)
    with pytest.raises(ValueError, match="k must be at least 1, got 0"):
        binary.ndcgs(d, y, 0)
    with pytest.raises(TypeError, match="threshold them first"):
        binary.hamming_distance(d, d)
    with pytest.raises(ValueError, match="equally many bits"):
        binary.hamming_distance(y, y[:, :1])
    with pytest.raises(ValueError, match="without NaN"):
        binary.rank_distance([[np.nan, 1.0]])
