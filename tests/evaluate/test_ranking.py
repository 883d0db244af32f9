"""Ranks: ties, filters, and the scales on which models are compared."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tutor.evaluate import ranking as r

scores = st.tuples(st.integers(1, 5), st.integers(2, 8)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(-2, 2))
)


def test_ranks_by_hand():
    """Rung 0: 3 beats 2; two candidates tie with 2; so rank 1 + 1 + 2/2 = 3."""
    np.testing.assert_array_equal(r.realistic_ranks([[2, 3, 2, 2, 0]], [0]), [3.0])


@settings(max_examples=60, deadline=None)
@given(scores, st.data())
def test_realistic_rank_is_the_mean_over_all_orders_of_the_ties(s, data):
    """Rung 1: the mean of the optimistic and the pessimistic rank, by loop."""
    t = data.draw(arrays(np.int64, len(s), elements=st.integers(0, s.shape[1] - 1)))
    expected = [
        ((row > row[i]).sum() + 1 + (row >= row[i]).sum()) / 2
        for row, i in zip(s, t, strict=True)
    ]
    np.testing.assert_array_equal(r.realistic_ranks(s, t), expected)


def test_a_constant_model_gets_the_middle_not_the_top():
    ranks = r.realistic_ranks(np.zeros((4, 9)), [0, 3, 5, 8])
    np.testing.assert_array_equal(ranks, 5.0)
    assert r.adjusted_mean_rank_index(ranks, 9) == 0.0
    assert r.adjusted_mean_rank_index([1, 1], 9) == 1.0


def test_known_answers_are_left_out_and_the_target_stays():
    s = [[5.0, 4, 3, 2]]
    known = [[True, False, True, False]]
    np.testing.assert_array_equal(r.realistic_ranks(s, [2]), [3])
    np.testing.assert_array_equal(r.realistic_ranks(s, [2], known=known), [2])


def test_mrr_and_hits_by_hand():
    np.testing.assert_allclose(r.mrr([1, 2, 4]), (1 + 0.5 + 0.25) / 3)
    np.testing.assert_allclose(r.hits([1, 2, 4], 2), 2 / 3)
    np.testing.assert_allclose(r.hits([1, 2.5, 4], 2), 1 / 3)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, 9, elements=st.integers(-2, 2)), st.integers(1, 12))
def test_best_rows_equal_a_sort_by_score_then_row(s, k):
    rows, values = r.best_rows(s, k, left_out=[3, 3])
    order = sorted((i for i in range(9) if i != 3), key=lambda i: (-s[i], i))[:k]
    np.testing.assert_array_equal(rows, order)
    np.testing.assert_array_equal(values, s[order])


def test_best_rows_ties_what_differs_only_by_rounding():
    np.testing.assert_array_equal(r.best_rows([0.5, 0.5 + 1e-9, 0.4], 2)[0], [0, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: r.realistic_ranks([1.0], [0]), "queries, candidates"),
        (lambda: r.realistic_ranks([[1.0]], [1]), r"0\.\.0"),
        (lambda: r.realistic_ranks([[np.nan]], [0]), "1 scores are NaN"),
        (lambda: r.realistic_ranks([[1.0]], [0], known=[[True, True]]), "shape"),
        (lambda: r.mrr([]), "at least one"),
        (lambda: r.mrr([0.5]), "1 or more"),
        (lambda: r.hits([1], 0), "at least 1"),
        (lambda: r.best_rows([1.0], 0), "at least 1"),
        (lambda: r.adjusted_mean_rank_index([1.0], 1), "nothing to rank"),
    ],
)
def test_ranking_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
