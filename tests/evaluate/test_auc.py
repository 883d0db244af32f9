"""AUC: against the pairs, against scikit-learn, and its interval."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.evaluate.auc import auc, auc_difference


def drawn(n=200, seed=0, shift=1.0):
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < 0.4
    return rng.normal(size=(5, n)) + shift * labels, labels


def test_by_pencil():
    """Scores 1, 2, 2, 3; positives 2 and 3: of four pairs three are won, one tied."""
    np.testing.assert_allclose(auc([1, 2, 2, 3], [0, 0, 1, 1]), 3.5 / 4)


@given(st.integers(0, 1000), st.integers(2, 6))
@settings(max_examples=40, deadline=None)
def test_equals_all_pairs_with_ties(seed, levels):
    rng = np.random.default_rng(seed)
    s, y = rng.integers(0, levels, 30), np.arange(30) < 11
    up, down = s[y][:, None], s[~y][None]
    pairs = (up > down) + 0.5 * (up == down)
    np.testing.assert_allclose(auc(s, y), pairs.mean())
    np.testing.assert_allclose(auc(-s, y), 1 - auc(s, y))
    np.testing.assert_allclose(auc(2.0**s, y), auc(s, y))  # only the order counts


def test_equals_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="no scikit-learn")
    scores, labels = drawn()
    scores = scores.round(1)
    for row in scores:
        np.testing.assert_allclose(auc(row, labels), metrics.roc_auc_score(labels, row))


def test_difference_equals_the_slow_way():
    """Resample rows by hand with the same draws: the percentiles agree."""
    from tutor import sampling

    a, y = drawn(60)
    a, b = a.round(1), (a - 0.3 * y).round(1)
    found = auc_difference(a, b, y, samples=100, seed=3)
    np.testing.assert_allclose(
        found.per_seed, [auc(p, y) - auc(q, y) for p, q in zip(a, b, strict=True)]
    )
    slow = []
    for i in range(100):
        rows = sampling.integers(3, i, 111, np.arange(60), 60)
        runs = sampling.integers(3, i, 112, np.arange(5), 5)
        gaps = [auc(a[k, rows], y[rows]) - auc(b[k, rows], y[rows]) for k in runs]
        slow.append(np.mean(gaps))
    np.testing.assert_allclose(
        [found.low, found.high], np.quantile(slow, [0.025, 0.975])
    )


def test_same_scores_differ_by_nothing_and_one_side_is_the_auc():
    a, y = drawn()
    same = auc_difference(a, a, y, samples=100)
    np.testing.assert_array_equal([same.estimate, same.low, same.high], 0)
    alone = auc_difference(a, None, y, samples=100)
    np.testing.assert_allclose(alone.estimate, np.mean([auc(row, y) for row in a]))
    assert alone.low < alone.estimate < alone.high


@pytest.mark.parametrize(
    ("scores", "labels", "words"),
    [
        ([1.0, 2], [1, 1], "all 2 labels are 1"),
        ([1.0, 2], [0, 0], "all 2 labels are 0"),
        ([1.0, np.nan], [0, 1], "1 scores are NaN"),
        ([1.0, 2], [0, 2], "labels must be 0 or 1"),
        ([1.0, 2, 3], [0, 1], "one label a score"),
    ],
)
def test_bad_input(scores, labels, words):
    with pytest.raises(ValueError, match=words):
        auc(scores, labels)


def test_bad_differences():
    a, y = drawn()
    with pytest.raises(ValueError, match="must pair"):
        auc_difference(a, a[:3], y)
    with pytest.raises(ValueError, match="samples >= 100"):
        auc_difference(a, a, y, samples=10)
