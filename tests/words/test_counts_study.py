"""The small functions behind chapter counts: pairs, halves, fifths, shuffles."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from tutor.claims import stored
from tutor.datasets import Corpus
from tutor.words import counts
from tutor.words.studies import counts as study
from tutor.words.studies import counts_retest

DOCUMENTS = [["a", "b", "c", "d"], ["b", "c"], ["a", "a", "d"], ["d", "c"], ["b"]] * 3
CORPUS = Corpus.from_documents(DOCUMENTS)


def test_ice_and_steam_by_hand():
    """Chapter counts: PMI(ice, cold) = log 1.8, everything shared is chance."""
    table = csr_matrix(np.array([[40.0, 9.0, 1.0], [40.0, 1.0, 9.0]]))
    expected = [[0, np.log(1.8), 0], [0, 0, np.log(1.8)]]
    np.testing.assert_allclose(
        counts.ppmi(table).toarray(), expected, rtol=0, atol=1e-12
    )
    rows = table.toarray()
    lengths = np.linalg.norm(rows, axis=1)
    np.testing.assert_allclose(
        rows[0] @ rows[1] / lengths.prod(), 1618 / 1682, rtol=0, atol=1e-12
    )


def test_known_lowers_and_drops():
    pairs = [("A", "b", 1.0), ("a", "z", 2.0)]
    assert study.known(pairs, CORPUS) == [("a", "b", 1.0)]


def test_halves_are_disjoint_and_complete():
    pairs = [(str(i), str(i), float(i)) for i in range(11)]
    choose, report = study.halves(pairs)
    assert len(choose) == 5
    assert sorted(choose + report) == sorted(pairs)


def test_cosines_of_sparse_and_dense_agree():
    rng = np.random.default_rng(0)
    dense = rng.random((4, 6)) * (rng.random((4, 6)) < 0.7)
    dense[CORPUS.vocabulary.index("d")] = 0
    pairs = [("a", "b", 0.0), ("b", "c", 0.0), ("a", "d", 0.0)]
    result = study.cosines(dense, CORPUS, pairs)
    np.testing.assert_allclose(
        result, study.cosines(csr_matrix(dense), CORPUS, pairs), atol=1e-12
    )
    a, b = (dense[CORPUS.vocabulary.index(w)] for w in "ab")
    expected = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    np.testing.assert_allclose(result[0], expected, atol=1e-12)
    assert result[2] == 0


def test_fifths_hold_every_document_once():
    parts = study.fifths(CORPUS, min_count=1)
    assert sum(len(part) for part in parts) == len(CORPUS)
    assert sum(len(part.tokens) for part in parts) == len(CORPUS.tokens)


def test_shuffled_keeps_frequencies_and_lengths_only():
    mixed = study.shuffled(CORPUS)
    np.testing.assert_array_equal(np.bincount(mixed.tokens), np.bincount(CORPUS.tokens))
    np.testing.assert_array_equal(mixed.offsets, CORPUS.offsets)
    assert not np.array_equal(mixed.tokens, CORPUS.tokens)


def test_both_searches_try_equally_many_settings():
    assert len(study.SVD_GRID) == len(study.SGNS_GRID) == 12
    assert len(set(study.SVD_GRID)) == len(set(study.SGNS_GRID)) == 12


def test_variants_differ_only_where_they_should():
    rng = np.random.default_rng(0)
    words = [f"w{i:03d}" for i in range(150)]
    documents = [rng.choice(words, 30).tolist() for _ in range(60)]
    corpus = Corpus.from_documents(documents)
    pairs = [(words[i], words[i + 1], 0.0) for i in range(0, 20, 2)]
    first = study.variants(corpus, pairs, seed=0)
    again = study.variants(corpus, pairs, seed=0)
    assert list(first) == ["power 0", "power 0.5", "power 1", "random projection"]
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
    assert not np.allclose(first["power 0"], first["power 1"])


def test_the_retest_takes_what_the_stored_search_chose():
    """No setting may be chosen anew for the list that was set aside."""
    search = stored("counts-svd-sgns")
    for side, config, grid in (
        ("svd", counts_retest.CHOSEN_SVD, study.SVD_GRID),
        ("sgns", counts_retest.CHOSEN_SGNS, study.SGNS_GRID),
    ):
        assert config in grid
        for name, value in search[side]["chosen"].items():
            assert getattr(config, name) == value, name
