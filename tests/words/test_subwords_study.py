"""Studies of the subwords chapter: what is compared, on small and made-up data."""

from dataclasses import replace

import numpy as np
import pytest

from tutor.datasets import Corpus
from tutor.datasets.bengali import LabelledTexts
from tutor.words import subwords
from tutor.words.studies import subwords as study
from tutor.words.studies import subwords_bengali as bengali_study
from tutor.words.subwords import SubwordConfig

SMALL = SubwordConfig(dim=8, epochs=1, buckets=100, negatives=2, window=2)


def corpus():
    rng = np.random.default_rng(0)
    words = ["banana", "bandana", "cabana", "nab", "cab", "ban"]
    return Corpus.from_documents([list(rng.choice(words, 9)) for _ in range(20)])


def pairs():
    words = [("banana", "cab"), ("banana", "bananas"), ("xx", "yyy"), ("nab", "ban")]
    return study.Pairs(
        words, np.array([1.0, 9.0, 3.0, 5.0]), np.array([0, 1, 2, 0]), np.arange(4)
    )


def test_pairs_say_what_the_corpus_lacks():
    found = study.rated_pairs(corpus())
    assert len(found.words) == len(found.gold) == 2034
    assert set(np.unique(found.unknown)) <= {0, 1, 2}
    assert (found.rarer[found.unknown > 0] == 0).all()
    half = found.cut(np.arange(2034) < 5)
    assert len(half.words) == len(half.rarer) == 5


def test_the_arms_differ_in_ngrams_alone():
    arms = study.arms(SMALL)
    assert replace(arms["word2vec"], max_n=SMALL.max_n) == arms["fastText"]


def test_untrained_is_the_table_before_the_first_step():
    run = subwords.fit(corpus(), replace(SMALL, sample=0), seed=3)
    start = study.untrained(run).Z
    assert start.shape == run.Z.shape
    trained = np.abs(run.Z - start).max(axis=1) > 0
    rows = run.embedding.keys
    assert trained[: len(rows)].all()
    assert not trained.all()  # buckets that no word uses stay as they were


def test_scores_word2vec_gives_unknown_words_zero():
    found = study.scores(corpus(), SMALL, pairs(), seeds=(1, 2))
    assert {name: table.shape for name, table in found.items()} == {
        "fastText": (2, 4),
        "word2vec": (2, 4),
        "untrained": (2, 4),
        "spelling": (2, 4),
    }
    assert not found["word2vec"][:, 1:3].any()
    assert found["fastText"][:, 1].all()
    assert np.abs(found["fastText"]).max() <= 1 + 1e-6


def test_an_untrained_table_orders_by_shared_spelling():
    found = study.scores(corpus(), replace(SMALL, dim=64), pairs(), seeds=(1,))
    near, far = found["untrained"][0, 1], found["untrained"][0, 2]
    assert near > far + 0.3


def made_up(advantage_rare, advantage_frequent, n=90):
    """Return scores whose advantages over word2vec are planted."""
    rng = np.random.default_rng(1)
    gold = rng.uniform(0, 10, n)
    noise = rng.normal(size=(5, n)) * 9
    rarer = np.arange(n)
    gain = np.where(rarer < n // 3, advantage_rare, advantage_frequent)
    found = {"fastText": noise + gain * gold, "word2vec": noise}
    words = [("a", "b")] * n
    return found, study.Pairs(words, gold, np.zeros(n, int), rarer)


def test_growth_finds_a_planted_advantage_among_the_rare():
    found, fake = made_up(4.0, 0.0)
    assert study.growth(found, fake, samples=200).low > 0.1
    found, fake = made_up(0.0, 4.0)
    assert study.growth(found, fake, samples=200).high < -0.1


def test_correlations_of_a_constant_are_nan():
    found = {"word2vec": np.zeros((2, 4))}
    values = study.correlations(found, pairs(), np.ones(4, bool))
    assert np.isnan(values["word2vec"])


# --- Bengali -------------------------------------------------------------------------
def data(n=60):
    """Return texts of two classes that end otherwise, in a made-up script."""
    rng = np.random.default_rng(2)
    stems = ["".join(rng.choice(list("abcdefgh"), 4)) for _ in range(n)]
    labels = np.arange(n) % 2
    texts = tuple(s + ("ling", "stan")[k] for s, k in zip(stems, labels, strict=True))
    return LabelledTexts("made", texts, labels, ("language", "country"), 0, "", "")


def test_folds_hold_each_class_evenly_and_tests_are_unseen():
    of = bengali_study.task(data(), folds=3)
    for fold in range(3):
        train, test = of.parts(fold)
        assert not set(train) & set(test)
        np.testing.assert_array_equal(np.bincount(of.labels[test]), [10, 10])
        words = of.corpus(fold).vocabulary
        unseen = [of.documents[i][0] for i in test]
        seen = {of.documents[i][0] for i in train}
        assert not [w for w in unseen if w in words and w not in seen]
    assert of.unknown_share().mean() > 0.9


def test_compare_fills_every_answer_and_pieces_win_where_all_is_unknown():
    """The ends decide, the words are unseen: only pieces can know."""
    of = bengali_study.task(data(), folds=2)
    config = replace(SMALL, epochs=5, window=1)
    found = bengali_study.compare(of, config, seeds=(1, 2))
    assert set(found) == {*bengali_study.ARMS, "n-grams, untrained", "TF-IDF + SVM"}
    for answers in found.values():
        assert answers.shape == (2, 60)
        assert answers.min() >= 0
    right = {arm: np.mean(a == of.labels) for arm, a in found.items()}
    assert right["TF-IDF + SVM"] > 0.9
    assert right["fastText"] > right["word2vec"] + 0.2


def test_macro_f1_is_scikit_learn_s():
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is missing")
    rng = np.random.default_rng(0)
    gold, guess = rng.integers(0, 4, (2, 200))
    wanted = metrics.f1_score(gold, guess, average="macro")
    np.testing.assert_allclose(bengali_study.macro_f1(guess, gold), wanted, atol=1e-12)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * wanted, bengali_study.macro_f1(guess, gold))


def test_growth_of_answers_finds_a_planted_advantage():
    labels = np.arange(200) % 2
    unknown = np.arange(200) < 100
    wrong = np.tile(np.where(np.arange(200) % 3 == 0, 1 - labels, labels), (5, 1))
    better = np.where(unknown, labels, wrong)
    effect = bengali_study.growth(
        {"fastText": better, "word2vec": wrong}, labels, unknown, samples=200
    )
    assert effect.low > 0.1
    other = bengali_study.growth(
        {"fastText": wrong, "word2vec": better},
        labels,
        unknown,
        metric=bengali_study.accuracy,
        samples=200,
    )
    assert other.high < -0.1


def test_mean_vectors_of_empty_documents_are_zero():
    found = bengali_study.mean_vectors(
        [["a", "b"], []], lambda words: np.arange(2 * len(words)).reshape(-1, 2)
    )
    np.testing.assert_allclose(found, [[1.0, 2.0], [0.0, 0.0]])
