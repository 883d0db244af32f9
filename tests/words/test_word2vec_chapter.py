"""Helpers of chapter ``words/word2vec``: what they drop, expect, remove, draw."""

from __future__ import annotations

import numpy as np
import pytest

from tutor.datasets import Corpus
from tutor.datasets.lexicons import SimilaritySet
from tutor.words import word2vec
from tutor.words.studies import word2vec as study
from tutor.words.studies import word2vec_pmi as pmi
from tutor.words.word2vec import Word2VecConfig


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Return 200 documents over 400 words of very unequal frequency."""
    rng = np.random.default_rng(0)
    shares = 1 / np.arange(1, 401)
    shares /= shares.sum()
    names = [f"w{i:03d}" for i in range(400)]
    rows = [rng.choice(400, size=60, p=shares) for _ in range(200)]
    return Corpus.from_documents([[names[i] for i in row] for row in rows])


def test_each_band_drops_equally_many_tokens_and_no_protected_word(corpus):
    protected = np.zeros(len(corpus.vocabulary), dtype=bool)
    protected[[0, 310, 350]] = True
    masks = study.drop_masks(corpus, protected, share=0.02)
    budget = int(0.02 * len(corpus.tokens))
    for name, mask in masks.items():
        assert mask.sum() == budget, name
        assert not protected[corpus.tokens[mask]].any(), name
    assert set(np.unique(corpus.tokens[masks["frequent"]])) <= set(range(1, 10))
    assert corpus.tokens[masks["middle"]].min() >= 300
    last = np.flatnonzero(~protected)[-1]
    assert last in corpus.tokens[masks["rare"]]


def test_dropped_tokens_are_gone_and_documents_stay(corpus):
    mask = np.asarray(corpus.tokens) == 0
    part = study.without(corpus, mask)
    assert len(part) == len(corpus)
    assert corpus.vocabulary.words[0] not in part.vocabulary
    first = [w for w in corpus.words(0) if w != corpus.vocabulary.words[0]]
    assert part.words(0) == first


def test_expected_cells_are_shifted_pmi_by_hand():
    """Documents "a b": x_ab = 2, x_a = 2, share of b 2/5; "b c" likewise."""
    documents = [["a", "b"], ["a", "b"], ["b", "c"]]
    corpus = Corpus.from_documents(documents)
    config = Word2VecConfig(window=1, sample=0, noise_power=1.0, negatives=2)
    cells = pmi.expected_cells(corpus, config, least=1)
    words = corpus.vocabulary.words
    found = {(words[i], words[j]): value for i, j, value in zip(*cells, strict=True)}
    np.testing.assert_allclose(found["a", "b"], np.log(2 / (2 * 3 / 6)) - np.log(2))
    np.testing.assert_allclose(found["b", "c"], np.log(1 / (3 * 1 / 6)) - np.log(2))


def test_products_equal_a_loop(corpus):
    run = word2vec.fit(corpus, Word2VecConfig(dim=8, epochs=1), seed=1)
    rows, columns = np.array([0, 5, 9]), np.array([3, 0, 9])
    u, v = run.embedding.vectors, run.context.vectors
    loop = [float(u[i] @ v[j]) for i, j in zip(rows, columns, strict=True)]
    np.testing.assert_allclose(pmi.products(run, rows, columns), loop, rtol=1e-5)


def test_what_is_left_is_orthogonal_to_frequency(corpus):
    config = Word2VecConfig(window=2, sample=0)
    cells = pmi.expected_cells(corpus, config, least=1)
    left = pmi.free_of_frequency(cells.expected, corpus, cells)
    logs = np.log(corpus.vocabulary.counts)
    for part in (np.ones(len(left)), logs[cells.rows], logs[cells.columns]):
        np.testing.assert_allclose(left @ part, 0, atol=1e-7)
    both = pmi.free_of_frequency(np.stack([cells.expected] * 2), corpus, cells)
    np.testing.assert_allclose(both[1], left, atol=1e-9)


def test_strangers_are_other_words_inside_the_vocabulary():
    columns = np.arange(20)
    swapped = pmi.strangers(columns)
    assert (swapped != columns).all()
    assert swapped.min() >= 0
    assert swapped.max() <= 19


def test_random_pairs_stay_in_their_band(corpus):
    left, right = study.random_pairs(corpus, 5, 40, n=300)
    counts = corpus.vocabulary.counts
    for rows in (left, right):
        assert counts[rows].min() >= 5
        assert counts[rows].max() < 40
    assert (left != right).all()


def test_scores_and_effect_of_a_tiny_study(corpus):
    """The same run on both sides differs by nothing; another one by something."""
    pairs = tuple((f"w{i:03d}", f"w{i + 1:03d}", float(i)) for i in range(30))
    test = SimilaritySet("toy", pairs, "none", "none", "none")
    base = Word2VecConfig(dim=8, epochs=1)
    found = study.one_at_a_time(
        corpus, [test], base, {"wide": {"window": 9}}, seeds=(1, 2)
    )
    same = study.effect(found["base"], found["base"], test)
    assert (same.low, same.estimate, same.high) == (0, 0, 0)
    assert study.effect(found["wide"], found["base"], test).estimate != 0
