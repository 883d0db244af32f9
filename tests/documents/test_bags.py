"""Bags of words against hand, scikit-learn and their own definitions."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tutor.datasets import Corpus
from tutor.documents import bags

RNG = np.random.default_rng(0)
TEXTS = [[f"w{i}" for i in RNG.zipf(1.6, 30) if i < 40] + ["w1"] for _ in range(25)]
CORPUS = Corpus.from_documents(TEXTS, min_count=1, name="toy")
COUNTS = bags.word_counts(TEXTS, CORPUS.vocabulary)
VECTORS = RNG.normal(size=(len(CORPUS.vocabulary), 6))


def test_counts_are_a_loop():
    words = CORPUS.vocabulary.words
    loop = [[text.count(w) for w in words] for text in TEXTS]
    np.testing.assert_array_equal(COUNTS.toarray(), loop)
    unseen = bags.word_counts([["new", "w1", "w1"], []], CORPUS.vocabulary).toarray()
    assert unseen[0, CORPUS.vocabulary.index("w1")] == 2
    assert unseen.sum() == 2


def test_tfidf_by_hand():
    """Two documents "a b", "a": idf of a is 1, of b 1 + log(3/2)."""
    counts = csr_matrix(np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]))[:2]
    idf = bags.inverse_frequency(counts)
    np.testing.assert_allclose(idf, [1, 1 + np.log(1.5)], rtol=1e-12)
    b = 1 + np.log(1.5)
    expected = np.array([[1, b], [np.hypot(1, b), 0]]) / np.hypot(1, b)
    np.testing.assert_allclose(bags.tfidf(counts, idf).toarray(), expected)


@pytest.mark.oracle
def test_tfidf_equals_scikit_learn():
    text = pytest.importorskip("sklearn.feature_extraction.text")
    words = list(CORPUS.vocabulary.words)
    theirs = text.TfidfVectorizer(analyzer=list, vocabulary=words).fit_transform(TEXTS)
    ours = bags.tfidf(COUNTS, bags.inverse_frequency(COUNTS))
    np.testing.assert_allclose(ours.toarray(), theirs.toarray(), atol=1e-12)
    with pytest.raises(AssertionError):  # rung 9
        np.testing.assert_allclose(1.01 * ours.toarray(), theirs.toarray(), atol=1e-12)


@pytest.mark.oracle
def test_lsa_equals_scikit_learn():
    decomposition = pytest.importorskip("sklearn.decomposition")
    table = bags.tfidf(COUNTS, bags.inverse_frequency(COUNTS))
    svd = decomposition.TruncatedSVD(4, algorithm="arpack", random_state=0)
    theirs = np.abs(svd.fit_transform(table))
    directions = bags.lsa_directions(table, 4)
    ours = np.abs(bags.project(table, directions))
    np.testing.assert_allclose(ours, theirs, atol=1e-8)
    np.testing.assert_allclose(directions @ directions.T, np.eye(4), atol=1e-10)
    dense = np.linalg.svd(table.toarray(), compute_uv=False)[:4]
    lengths = np.linalg.norm(bags.project(table, directions), axis=0)
    np.testing.assert_allclose(lengths, dense, atol=1e-10)


def test_means_are_a_loop():
    rows = [[VECTORS[CORPUS.vocabulary.index(w)] for w in text] for text in TEXTS]
    loop = np.array([np.mean(row, axis=0) for row in rows])
    np.testing.assert_allclose(bags.mean_vectors(COUNTS, VECTORS), loop, rtol=1e-10)
    empty = csr_matrix(COUNTS.shape)
    assert not bags.mean_vectors(empty, VECTORS).any()


def test_sif_by_definition():
    """Every vector is orthogonal to the direction; a word as frequent as a has 1/2."""
    frequencies = CORPUS.vocabulary.counts
    share = frequencies / frequencies.sum()
    weights = bags.sif_weights(frequencies, a=share[0])
    np.testing.assert_allclose(weights[0], 0.5)
    assert (np.diff(weights) >= 0).all()  # rarer words weigh more
    learned = bags.fit_sif(COUNTS, VECTORS, frequencies, 0.01)
    found = bags.sif_vectors(COUNTS, VECTORS, learned)
    np.testing.assert_allclose(found @ learned.direction, 0, atol=1e-12)
    means = bags.weighted_mean(COUNTS, VECTORS, learned.weights)
    first = np.linalg.eigh(means.T @ means)[1][:, -1]
    np.testing.assert_allclose(abs(first @ learned.direction), 1, rtol=1e-10)


def test_bad_input_is_named():
    with pytest.raises(TypeError, match="tokenize it first"):
        bags.word_counts(["a text"], CORPUS.vocabulary)
    with pytest.raises(ValueError, match="dim must lie between 1 and"):
        bags.lsa_directions(COUNTS, 25)
    with pytest.raises(ValueError, match="the columns of counts are their rows"):
        bags.mean_vectors(COUNTS, VECTORS[:-1])
    with pytest.raises(ValueError, match="a must be above 0"):
        bags.sif_weights([1, 2], 0)
    with pytest.raises(ValueError, match="frequencies must be 0 or more"):
        bags.sif_weights([0, 0])
