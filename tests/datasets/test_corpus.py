"""Corpora in memory: what from_documents, head and subset promise."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.datasets import Corpus, Vocabulary

DOCUMENTS = st.lists(
    st.lists(st.text("abc", min_size=1, max_size=2), max_size=8), min_size=1, max_size=8
)


def _words(corpus):
    return [corpus.words(i) for i in range(len(corpus))]


@given(DOCUMENTS, st.integers(1, 3))
def test_documents_come_back_without_rare_words(documents, least):
    """Against a list comprehension over Counter."""
    counts = Counter(w for d in documents for w in d)
    expected = [[w for w in d if counts[w] >= least] for d in documents]
    if not any(expected):
        with pytest.raises(ValueError, match=r"min_count|empty"):
            Corpus.from_documents(documents, min_count=least)
        return
    corpus = Corpus.from_documents(documents, min_count=least)
    assert _words(corpus) == expected
    np.testing.assert_array_equal(corpus.vocabulary.counts, np.bincount(corpus.tokens))


@given(DOCUMENTS, st.data())
def test_subset_equals_building_from_the_same_documents(documents, data):
    if not any(documents):
        return
    corpus = Corpus.from_documents(documents)
    rows = data.draw(st.lists(st.integers(0, len(documents) - 1), max_size=5))
    chosen = [documents[i] for i in rows]
    if not any(chosen):
        with pytest.raises(ValueError, match="empty"):
            corpus.subset(rows)
        return
    part = corpus.subset(rows)
    assert part.sha256 == Corpus.from_documents(chosen).sha256
    assert _words(part) == chosen


def test_head_takes_whole_documents():
    corpus = Corpus.from_documents([["a", "b"], ["c"], ["d", "e", "f"]])
    assert [len(corpus.head(n)) for n in (1, 2, 3, 4, 6, 99)] == [1, 1, 2, 3, 3, 3]
    assert _words(corpus.head(3)) == [["a", "b"], ["c"]]
    with pytest.raises(ValueError, match="at least 1"):
        corpus.head(0)


def test_subset_by_mask_and_its_refusals():
    corpus = Corpus.from_documents([["a"], ["b"], ["c"]])
    assert _words(corpus.subset(np.array([True, False, True]))) == [["a"], ["c"]]
    with pytest.raises(ValueError, match="mask"):
        corpus.subset(np.array([True]))
    with pytest.raises(IndexError, match="documents 0 to 2"):
        corpus.subset([3])
    with pytest.raises(IndexError, match="has 3"):
        corpus.document(3)


@pytest.mark.parametrize("documents", [[], [[]], [[], []]])
def test_an_empty_corpus_is_refused(documents):
    with pytest.raises(ValueError, match="empty"):
        Corpus.from_documents(documents)


def test_one_word_is_a_corpus():
    corpus = Corpus.from_documents([["alone"]])
    assert repr(corpus) == "Corpus('documents', 1 tokens, 1 documents, 1 words)"
    assert _words(corpus.head(5)) == [["alone"]]


def test_min_count_above_every_word_says_so():
    with pytest.raises(ValueError, match="occurs 2 times: lower min_count"):
        Corpus.from_documents([["a", "a"]], min_count=3)


def test_a_string_is_not_a_document():
    with pytest.raises(TypeError, match="tokenize"):
        Corpus.from_documents(["a cat sat"])


@pytest.mark.parametrize(
    ("tokens", "offsets", "message"),
    [
        (np.zeros(2, np.int64), [0, 2], "int32"),
        (np.zeros((1, 2), np.int32), [0, 2], "flat"),
        (np.zeros(2, np.int32), [0, 3], "offsets"),
        (np.zeros(2, np.int32), [1, 2], "offsets"),
        (np.zeros(2, np.int32), [0, 2, 1, 2], "fall"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tokens, offsets, message):
    with pytest.raises(ValueError, match=message):
        Corpus(tokens, np.array(offsets), Vocabulary(["a"], [2]))


def test_hash_sees_every_part():
    """Another word, order of documents, or border is another hash."""
    first = Corpus.from_documents([["a", "b"], ["a"]])
    others = [[["a", "c"], ["a"]], [["a"], ["a", "b"]], [["a", "b", "a"]]]
    hashes = {first.sha256, *(Corpus.from_documents(d).sha256 for d in others)}
    assert len(hashes) == 4
