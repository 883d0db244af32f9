"""Agreement of groupings: by hand, by a loop over pairs, by scikit-learn, by chance."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.evaluate.clustering import adjusted_rand_index, contingency, purity

GROUPS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)),
    min_size=2,
    max_size=40,
)


def test_index_by_hand():
    """Labels 0 0 1 1, clusters 0 0 0 1: T = 1, L = 2, R = 3, E = 1, so 0 of 3/2."""
    assert adjusted_rand_index([0, 0, 1, 1], [0, 0, 0, 1]) == 0
    # 0 0 0 1 1 1 against 0 0 1 1 1 1: T = 4, L = 6, R = 7, E = 2.8, (4 - 2.8) / 3.7
    found = adjusted_rand_index([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1])
    np.testing.assert_allclose(found, 1.2 / 3.7, rtol=1e-12)
    with pytest.raises(AssertionError):  # alive: one per cent is seen
        np.testing.assert_allclose(1.01 * found, 1.2 / 3.7, rtol=1e-12)


def loop(labels, clusters, strata):
    """Count pairs of one stratum one by one; expectation over all shufflings."""
    above = below = 0.0
    for g in set(strata):
        here = [i for i in range(len(strata)) if strata[i] == g]
        pairs = list(itertools.combinations(here, 2))
        same = [labels[i] == labels[j] for i, j in pairs]
        near = [clusters[i] == clusters[j] for i, j in pairs]
        expected = sum(same) * sum(near) / max(len(pairs), 1)
        above += sum(a and b for a, b in zip(same, near, strict=True)) - expected
        below += (sum(same) + sum(near)) / 2 - expected
    return above / below if below > 1e-12 else 1.0


@settings(max_examples=60, deadline=None)
@given(GROUPS)
def test_index_is_the_loop_over_pairs(items):
    labels, clusters, strata = map(list, zip(*items, strict=True))
    np.testing.assert_allclose(
        adjusted_rand_index(labels, clusters, strata=strata),
        loop(labels, clusters, strata),
        atol=1e-9,
    )


@settings(max_examples=40, deadline=None)
@given(GROUPS)
def test_index_of_the_same_grouping_under_other_names_is_one(items):
    labels = [a for a, _, _ in items]
    assert abs(adjusted_rand_index(labels, [7 - a for a in labels]) - 1) < 1e-12


def test_index_numpy_equals_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="no scikit-learn")
    rng = np.random.default_rng(0)
    for size in (2, 9, 400):
        labels, clusters = rng.integers(0, 3, (2, size))
        np.testing.assert_allclose(
            adjusted_rand_index(labels, clusters),
            metrics.adjusted_rand_score(labels, clusters),
            atol=1e-12,
        )


def test_chance_is_zero_for_the_index_and_not_for_purity():
    """9 in 10 have one label, groups are drawn: purity is 0.9, the index 0."""
    rng = np.random.default_rng(1)
    labels = np.arange(2000) % 10 == 0
    drawn = [rng.integers(0, 5, 2000) for _ in range(50)]
    assert abs(np.mean([adjusted_rand_index(labels, d) for d in drawn])) < 0.005
    assert min(purity(labels, d) for d in drawn) >= 0.9


def test_strata_take_away_what_they_explain():
    """Clusters that only repeat the stratum are right overall, worth 0 within."""
    strata = np.repeat([0, 1], 100)
    labels = np.where(np.arange(200) % 10 == 0, 1 - strata, strata)
    assert adjusted_rand_index(labels, strata) > 0.6
    assert abs(adjusted_rand_index(labels, strata, strata=strata)) < 1e-12


def test_purity_and_contingency_by_hand():
    np.testing.assert_array_equal(
        contingency(["a", "b", "b"], [5, 5, 9]), [[1, 0], [1, 1]]
    )
    assert purity(["a", "b", "b"], [5, 5, 9]) == 2 / 3


@pytest.mark.parametrize(
    ("labels", "clusters"), [([0, 1], [0]), ([], []), ([[0]], [[0]])]
)
def test_groupings_that_do_not_fit_are_refused(labels, clusters):
    with pytest.raises(ValueError, match="name the same items"):
        contingency(labels, clusters)


def test_strata_of_another_length_are_refused():
    with pytest.raises(ValueError, match="one stratum an item"):
        adjusted_rand_index([0, 1], [0, 1], strata=[0])
