"""The network on packaged Bengali texts, and RareWords by bands: on made-up data."""

from dataclasses import replace

import numpy as np
import pytest

from tests.words.test_subwords_study import SMALL, corpus, data, pairs
from tutor.words import subwords
from tutor.words.studies import subwords as study
from tutor.words.studies import subwords_bands as bands_study
from tutor.words.studies import subwords_bengali as bengali_study
from tutor.words.studies import subwords_live as live
from tutor.words.studies import subwords_network as network

WORDS = ["one", "two", "three", "four"]


def lookup(words):
    """Return a vector a word, fixed by its letters; it knows nothing of *five*."""
    found = [np.random.default_rng([ord(c) for c in w]).normal(size=3) for w in words]
    return np.array(found, np.float32) * [[w != "five"] for w in words]


def test_levelled_columns_have_mean_zero_and_the_paper_s_spread():
    """Karim et al. (2020) draw unknown words from N(0, 0.5²)."""
    level = network.level(lookup, WORDS)
    table = level(WORDS)
    np.testing.assert_allclose(table.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(table.std(axis=0), 0.5, atol=1e-6)
    mean, spread = lookup(WORDS).mean(axis=0), lookup(WORDS).std(axis=0)
    wanted = (lookup(["six"]) - mean) / spread / 2
    np.testing.assert_allclose(level(["six"]), wanted, atol=1e-5)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * table.std(axis=0), 0.5, atol=1e-6)
    with pytest.raises(ValueError, match="the same for all words"):
        network.level(lookup, ["one"])


def test_unknown_words_are_drawn_and_known_ones_stay():
    way = network.drawn(lookup, set(WORDS), 1)
    np.testing.assert_array_equal(way(WORDS), lookup(WORDS))
    first = way(["five", "one", "six"])
    np.testing.assert_array_equal(way(["six", "five"]), first[[2, 0]])
    assert (first[0] != first[2]).all()
    assert (network.drawn(lookup, set(WORDS), 2)(["five"]) != first[:1]).all()
    many = way([f"unknown {i}" for i in range(2000)])
    np.testing.assert_allclose(many.std(), network.SPREAD, rtol=0.05)


def test_compare_reads_the_same_names_in_every_arm():
    """The ends decide, the words are unseen: only pieces can know."""
    pytest.importorskip("torch", reason="torch is not installed")
    of = bengali_study.task(data(), folds=2)
    config = replace(SMALL, epochs=5, window=1)
    shape = replace(network.NETWORK, epochs=30, batch=8, dropout=0, learning_rate=0.01)
    found = network.compare(of, config, shape, seeds=(1, 2))
    means = {*bengali_study.ARMS, network.DRAWN, "TF-IDF + SVM"}
    nets = {f"{arm} | network" for arm in network.READ}
    assert set(found) == means | nets
    for arm in means:
        assert found[arm].min() >= 0
    other = bengali_study.compare(of, config, seeds=(1, 2))
    for arm in means & set(other):
        np.testing.assert_array_equal(found[arm], other[arm])
    first = of.folds == 0
    right = {}
    for arm in nets:
        assert (found[arm][:, ~first] == -1).all()
        right[arm] = np.mean(found[arm][:, first] == of.labels[first])
    assert right["fastText | network"] > right[f"{network.DRAWN} | network"] + 0.1


def test_accuracy_difference_is_the_difference():
    labels = np.arange(100) % 2
    worse = np.where(np.arange(100) < 10, 1 - labels, labels)
    effect = network.accuracy_difference(
        np.tile(labels, (3, 1)), np.tile(worse, (3, 1)), labels, samples=100
    )
    np.testing.assert_allclose(effect.estimate, 0.1, atol=1e-12)


def test_a_run_that_is_there_is_the_first_seed():
    run = subwords.fit(corpus(), SMALL, seed=1)
    found = live.scores(run, corpus(), pairs(), seeds=(1, 2))
    wanted = study.scores(corpus(), SMALL, pairs(), seeds=(1, 2))
    assert set(found) == set(wanted)
    for arm, table in wanted.items():
        np.testing.assert_array_equal(found[arm], table)
    with pytest.raises(ValueError, match="the run has seed 1, not 2"):
        live.scores(run, corpus(), pairs(), seeds=(2, 3))


def test_bands_part_the_pairs_by_unknown_words_and_frequency():
    n = 13
    unknown = np.array([2, 1, 1] + [0] * 10)
    rarer = np.array([0, 0, 0, 9, 1, 8, 2, 7, 3, 6, 4, 5, 5])
    made = study.Pairs([("a", "b")] * n, np.arange(n) / 1.0, unknown, rarer)
    found = bands_study.bands(made)
    np.testing.assert_array_equal(np.sum(list(found.values()), axis=0), 1)
    counts = {name: sorted(rarer[mask].tolist()) for name, mask in found.items()}
    assert counts == {
        "two words unknown": [0],
        "one unknown": [0, 0],
        "rarest third": [1, 2, 3],
        "middle third": [4, 5, 5, 6],
        "most frequent third": [7, 8, 9],
    }


def test_a_band_reports_a_planted_lead():
    rng = np.random.default_rng(0)
    gold = rng.uniform(0, 10, 300)
    unknown = np.repeat([0, 1, 2], 100)
    made = study.Pairs([("a", "b")] * 300, gold, unknown, np.where(unknown, 0, 5))
    noise = rng.normal(size=(5, 300)) * 5
    found = {
        "fastText": noise + gold,
        "word2vec": np.where(unknown, 0, noise),
        "spelling": noise,
    }
    rows = bands_study.report(found, made)
    assert [row["pairs"] for row in rows.values()] == [100, 100, 33, 34, 33]
    assert rows["one unknown"]["against"] == "spelling"
    assert rows["middle third"]["against"] == "word2vec"
    assert all(row["lead"]["low"] > 0 for row in rows.values())
    assert "word2vec" not in rows["two words unknown"]["rho"]
