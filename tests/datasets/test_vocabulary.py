"""Order, look-up and refusal of a vocabulary."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.datasets import Vocabulary

TEXTS = st.lists(st.text("abcde", min_size=1, max_size=3), min_size=1)


@given(TEXTS)
def test_order_is_count_then_word(words):
    """The stated order, against Counter and sorted of the standard library."""
    counts = Counter(words)
    vocabulary = Vocabulary.from_counts(counts)
    expected = sorted(counts, key=lambda w: (-counts[w], w))
    assert list(vocabulary.words) == expected
    np.testing.assert_array_equal(vocabulary.counts, [counts[w] for w in expected])


@given(TEXTS, st.integers(1, 5))
def test_min_count_drops_a_tail(words, least):
    counts = Counter(words)
    kept = Vocabulary.from_counts(counts, min_count=least)
    assert kept.words == Vocabulary.from_counts(counts).words[: len(kept)]
    assert set(kept.words) == {w for w, n in counts.items() if n >= least}


def test_rows_and_words_are_inverse():
    vocabulary = Vocabulary(["the", "cat", "sat"], [3, 2, 1])
    assert [vocabulary.index(w) for w in vocabulary] == [0, 1, 2]
    rows = vocabulary.ids(["sat", "the", "the"])
    np.testing.assert_array_equal(rows, [2, 0, 0])
    assert rows.dtype == np.int32
    assert "cat" in vocabulary
    assert "dog" not in vocabulary


def test_unknown_word_names_three_spellings():
    vocabulary = Vocabulary(["guitar", "guitars", "sitar", "zebra"], [4, 3, 2, 1])
    with pytest.raises(KeyError, match="closest: guitar, guitars, sitar"):
        vocabulary.index("guitarr")


@pytest.mark.parametrize(
    ("words", "counts", "message"),
    [
        (["a", "b"], [1], "2 words"),
        (["a", "b"], [1, 2], "stands before"),
        (["b", "a"], [1, 1], "out of order"),
        (["a", "a"], [2, 2], "repeated"),
        (["a", "b", "a"], [3, 2, 1], "only 2 different"),
        (["a"], [-1], "negative"),
    ],
)
def test_what_is_refused(words, counts, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary(words, counts)


def test_counts_cannot_be_changed():
    vocabulary = Vocabulary(["a"], [1])
    with pytest.raises(ValueError, match="read-only"):
        vocabulary.counts[0] = 5


def test_repr_and_equality():
    vocabulary = Vocabulary(["a", "b"], [3, 1])
    assert repr(vocabulary) == "Vocabulary(2 words, 4 tokens)"
    assert vocabulary == Vocabulary(["a", "b"], [3, 1])
    assert vocabulary != Vocabulary(["a", "b"], [3, 2])
    assert len({vocabulary, Vocabulary(["a", "b"], [3, 1])}) == 1
