"""Retrieval measures against hand, loop and scikit-learn."""

import numpy as np
import pytest

from tutor.evaluate import retrieval as r

RNG = np.random.default_rng(5)
SCORES = RNG.normal(size=(20, 12))
GAIN = RNG.integers(0, 4, size=(20, 12))
GAIN[:, 0] += 1
RELEVANT = GAIN > 1
RELEVANT[:, 5] = True


def test_by_hand():
    """Rung 0: relevant at positions 1 and 3: AP = (1/1 + 2/3)/2."""
    s, y = [[9.0, 8, 7, 6]], [[True, False, True, False]]
    np.testing.assert_allclose(r.mean_average_precision(s, y), (1 + 2 / 3) / 2)
    np.testing.assert_allclose(r.recall_at_k(s, y, 1), 0.5)
    np.testing.assert_allclose(r.recall_at_k(s, y, 3), 1.0)
    ideal = 1 + 1 / np.log2(3)
    np.testing.assert_allclose(r.ndcg(s, y), (1 + 0.5) / ideal)
    np.testing.assert_allclose(r.ndcg(s, y, k=2), 1 / ideal)


@pytest.mark.oracle
def test_equal_to_scikit_learn():
    """Rung 6, on scores without ties."""
    metrics = pytest.importorskip("sklearn.metrics")
    expected = np.mean(
        [metrics.average_precision_score(y, s) for y, s in zip(RELEVANT, SCORES)]  # noqa: B905
    )
    np.testing.assert_allclose(r.mean_average_precision(SCORES, RELEVANT), expected)
    for k in (None, 1, 5):
        np.testing.assert_allclose(
            r.ndcg(SCORES, GAIN, k), metrics.ndcg_score(GAIN, SCORES, k=k)
        )


def test_recall_equals_the_loop():
    """Rung 1."""
    expected = [
        sum(y[j] for j in np.argsort(-s)[:4]) / y.sum()
        for s, y in zip(SCORES, RELEVANT, strict=True)
    ]
    np.testing.assert_allclose(r.recall_at_k(SCORES, RELEVANT, 4), np.mean(expected))


def test_ties_go_to_the_lower_column():
    assert r.recall_at_k([[1.0, 1.0]], [[True, False]], 1) == 1.0
    assert r.recall_at_k([[1.0, 1.0]], [[False, True]], 1) == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: r.recall_at_k([[1.0]], [[False]], 1), "1 of 1 queries"),
        (lambda: r.recall_at_k([[1.0]], [[True]], 0), "at least 1"),
        (lambda: r.recall_at_k([1.0], [True], 1), "queries, documents"),
        (lambda: r.ndcg([[1.0]], [[-1]]), "0 or more"),
        (lambda: r.ndcg([[np.nan]], [[1]]), "NaN"),
    ],
)
def test_retrieval_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
