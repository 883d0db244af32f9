"""Probes and their control tasks."""

import numpy as np
import pytest

from tutor.context import bert
from tutor.context.bert import probing


def blobs(seed=0, n=300, dim=6, classes=3):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n)
    return 3 * rng.normal(size=(classes, dim))[y] + rng.normal(size=(n, dim)), y


def test_probe_equals_scikit_learns_ridge():
    """Oracle: sklearn's Ridge on standardised states and one-hot labels."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = blobs()
    probe = bert.fit_probe(X, y, penalty=2.0)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    theirs = linear_model.Ridge(alpha=2.0).fit(Z, np.eye(3)[y])
    np.testing.assert_allclose(probe.W, theirs.coef_.T, atol=1e-10)
    np.testing.assert_allclose(probe.b, theirs.intercept_, atol=1e-10)
    wanted = theirs.predict(Z).argmax(axis=1)
    np.testing.assert_array_equal(bert.predict(probe, X), wanted)
    with pytest.raises(AssertionError):  # alive
        np.testing.assert_allclose(1.01 * probe.W, theirs.coef_.T, atol=1e-10)


def test_probe_finds_what_a_line_can_find():
    X, y = blobs()
    right = bert.predict(bert.fit_probe(X[:200], y[:200]), X[200:]) == y[200:]
    assert right.mean() > 0.9
    noise = np.random.default_rng(1).normal(size=X.shape)
    chance = bert.predict(bert.fit_probe(noise[:200], y[:200]), noise[200:]) == y[200:]
    assert chance.mean() < 0.6


def test_a_dead_coordinate_does_no_harm():
    X, y = blobs()
    X[:, 2] = 7.0
    assert np.isfinite(bert.fit_probe(X, y).W).all()


def test_control_labels_are_one_a_type_and_as_frequent_as_the_true():
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in rng.integers(0, 3000, 20_000)]
    y = rng.choice(4, size=20_000, p=[0.5, 0.3, 0.15, 0.05])
    found = bert.control_labels(words, y, seed=1)
    of = {}
    for word, label in zip(words, found, strict=True):
        assert of.setdefault(word, label) == label
    shares = np.bincount(found, minlength=4) / len(found)
    np.testing.assert_allclose(shares, [0.5, 0.3, 0.15, 0.05], atol=0.05)
    assert (found != bert.control_labels(words, y, seed=2)).any()
    np.testing.assert_array_equal(found, bert.control_labels(words, y, seed=1))


def test_states_that_only_name_the_word_have_no_selectivity():
    """One-hot states can learn any labelling of types: the control does as well."""
    rng = np.random.default_rng(0)
    types = rng.integers(0, 20, 4000)
    labels_of = rng.integers(0, 3, 20)
    words = [f"w{t}" for t in types]
    found = bert.selectivity(np.eye(20)[types], words, labels_of[types], seed=1)
    assert found.accuracy.mean() > 0.99
    assert found.control.mean() > 0.99


def test_states_that_hold_the_label_alone_have_all_of_it():
    rng = np.random.default_rng(0)
    types, y = rng.integers(0, 50, 4000), rng.integers(0, 3, 4000)
    states = np.eye(3)[y] + 0.01 * rng.normal(size=(4000, 3))
    found = bert.selectivity(states, [f"w{t}" for t in types], y, seed=1)
    assert found.accuracy.mean() > 0.99
    assert found.control.mean() < 0.6
    assert len(found.accuracy) == len(found.control) == 2000


def test_every_seed_is_tried_on_the_same_half():
    """Tokens whose label lies are missed by every seed, at the same places."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    shown = np.where(rng.random(400) < 0.1, 1 - y, y)
    states = np.eye(2)[shown] + 0.01 * rng.normal(size=(400, 2))
    words = [f"w{i % 20}" for i in range(400)]
    one, two = (bert.selectivity(states, words, y, seed=s) for s in (1, 2))
    half = probing.tested_half(400)
    assert len(set(half.tolist())) == 200
    np.testing.assert_array_equal(one.accuracy, shown[half] == y[half])
    np.testing.assert_array_equal(two.accuracy, one.accuracy)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.zeros((5, 2)), np.zeros(4, int), r"got \(5, 2\) and \(4,\)"),
        (np.zeros((5, 2)), np.zeros(5), "of float64"),
        (np.zeros((5, 2)), np.zeros(5, int), "two classes or more, got 0 to 0"),
        (np.zeros((5, 2)), np.array([0, 1, -1, 0, 1]), "got -1 to 1"),
        (np.zeros((3, 2)), np.array([0, 1, 1]), "n of 4 or more"),
    ],
)
def test_what_cannot_be_probed_is_refused(X, y, message):
    with pytest.raises(ValueError, match=message):
        bert.fit_probe(X, y)


def test_a_penalty_of_nothing_and_labels_without_words_are_refused():
    X, y = blobs()
    with pytest.raises(ValueError, match="penalty must be above 0, got 0"):
        bert.fit_probe(X, y, penalty=0)
    with pytest.raises(ValueError, match="2 words need as many labels"):
        bert.control_labels(["a", "b"], [1])
