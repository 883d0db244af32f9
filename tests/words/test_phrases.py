"""Phrases: a score by hand, a loop, gensim, properties and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.datasets import Corpus
from tutor.words.word2vec import phrases
from tutor.words.word2vec.phrases import find_phrases, join_phrases, phrase_score

TEXT = [
    ["new", "york", "is", "big", "and", "new", "york", "is", "old"],
    ["york", "is", "old", "and", "new", "ideas", "come", "from", "new", "york"],
    ["new", "new", "york", "york"],
]


def corpus(documents: list[list[str]] = TEXT, min_count: int = 1) -> Corpus:
    return Corpus.from_documents(documents, min_count=min_count)


def documents_of(made: Corpus) -> list[list[str]]:
    return [made.words(i) for i in range(len(made))]


def join_by_loop(documents: list[list[str]], known: set[tuple[str, str]]):
    """Join by the rule of the docstring, a token at a time."""
    joined = []
    for words in documents:
        out, i = [], 0
        while i < len(words):
            if i + 1 < len(words) and (words[i], words[i + 1]) in known:
                out.append(f"{words[i]}_{words[i + 1]}")
                i += 2
            else:
                out.append(words[i])
                i += 1
        joined.append(out)
    return joined


def random_documents(seed: int, n: int = 60) -> list[list[str]]:
    """Documents of letters of unequal frequency, some empty, with planted pairs."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        letters = rng.choice(list("aabbbcdefgh"), size=rng.integers(0, 12)).tolist()
        if rng.random() < 0.5:
            letters += ["x", "y"]
        made.append(letters)
    return made


def test_score_by_hand():
    """(4 - 1) / (6 * 5) * 22 = 2.2, by pencil."""
    np.testing.assert_allclose(phrase_score(4, 6, 5, tokens=22, discount=1), 2.2)


def test_pairs_of_the_small_text_by_hand():
    """Of 23 tokens 6 are new, 6 york; the pair stands 4 times: (4 - 1) / 36 * 23."""
    made = corpus()
    found = find_phrases(made, discount=1, threshold=0)
    words = made.vocabulary.words
    table = {
        tuple(words[i] for i in pair): (int(count), float(score))
        for pair, count, score in zip(*found, strict=True)
    }
    assert table["new", "york"][0] == 4
    np.testing.assert_allclose(table["new", "york"][1], 3 / 36 * 23)
    assert ("old", "york") not in table  # across a document
    assert np.all(np.diff(found.scores) <= 0)


def test_overlapping_matches_join_from_the_left():
    """A run a a a a a joins as aa aa a."""
    made = join_phrases(
        corpus([list("aaaaa"), ["b", "a"]]), discount=0, threshold=0.5, min_count=1
    )
    assert documents_of(made)[0] == ["a_a", "a_a", "a"]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), threshold=st.sampled_from([0.0, 1.0, 2.0, 6.0]))
def test_joined_tokens_equal_the_loop(seed, threshold):
    documents = random_documents(seed)
    whole = corpus(documents)
    found = find_phrases(whole, discount=1, threshold=threshold)
    words = whole.vocabulary.words
    known = {(words[a], words[b]) for a, b in found.pairs}
    made = join_phrases(whole, discount=1, threshold=threshold, min_count=1)
    assert documents_of(made) == join_by_loop(documents, known)
    joined = sum("_" in w for d in documents_of(made) for w in d)
    assert len(made.tokens) == len(whole.tokens) - joined


def test_small_chunks_count_the_same(monkeypatch):
    whole = corpus(random_documents(3, n=300))
    once = phrases.neighbours(whole)
    monkeypatch.setattr(phrases, "_CHUNK", 7)
    for left, right in zip(once, phrases.neighbours(whole), strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(5))
def test_joined_tokens_equal_gensim(seed):
    """Its score is (c_ab - min_count) / (c_a c_b) * entries; ours has tokens there."""
    models = pytest.importorskip("gensim.models.phrases")
    documents = random_documents(seed, n=400)
    whole = corpus(documents)
    theirs = models.Phrases(documents, min_count=5, threshold=1e-9)
    entries = len(theirs.vocab)
    threshold = 1.5
    theirs = models.Phrases(
        documents, min_count=5, threshold=threshold * entries / len(whole.tokens)
    )
    found = find_phrases(whole, discount=5, threshold=threshold)
    words = whole.vocabulary.words
    ours = {
        f"{words[a]}_{words[b]}": score * entries / len(whole.tokens)
        for (a, b), score in zip(found.pairs, found.scores, strict=True)
    }
    exported = theirs.find_phrases(documents)
    assert ours.keys() == exported.keys()
    for name, score in exported.items():
        np.testing.assert_allclose(ours[name], score, rtol=1e-12)
    made = join_phrases(whole, discount=5, threshold=threshold, min_count=1)
    assert documents_of(made) == [theirs[words] for words in documents]


def test_the_oracle_can_fail():
    """Another threshold joins other tokens: the comparison above has teeth."""
    whole = corpus(random_documents(0, n=400))
    low = join_phrases(whole, threshold=0.5, min_count=1)
    high = join_phrases(whole, threshold=1.5, min_count=1)
    assert documents_of(low) != documents_of(high)


def test_second_pass_makes_longer_phrases_and_merges_spellings():
    documents = [["new", "york", "city"]] * 30 + [["york", "city"]] * 30
    documents += [[w] for w in "abcdefgh"] * 40
    first = join_phrases(corpus(documents), discount=1, threshold=1, min_count=1)
    second = join_phrases(first, discount=1, threshold=1, min_count=1)
    assert "new_york_city" in second.vocabulary
    assert len(set(second.vocabulary.words)) == len(second.vocabulary)


def test_rare_words_are_dropped_after_joining():
    made = join_phrases(corpus(), discount=1, threshold=1, min_count=3)
    assert "new_york" in made.vocabulary
    assert made.vocabulary.counts.min() >= 3


def test_nothing_to_join_returns_the_same_tokens():
    whole = corpus()
    made = join_phrases(whole, threshold=1e9, min_count=1)
    assert documents_of(made) == documents_of(whole)
    assert made.vocabulary == whole.vocabulary


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"discount": -1}, "discount must be 0 or more, got -1"),
        ({"discount": float("nan")}, "discount must be 0 or more, got nan"),
        ({"threshold": float("nan")}, "threshold must be finite, got nan"),
    ],
)
def test_bad_settings_are_refused(settings_, message):
    with pytest.raises(ValueError, match=message):
        find_phrases(corpus(), **settings_)


def test_no_word_left_says_what_to_do():
    with pytest.raises(ValueError, match="lower min_count or take more text"):
        join_phrases(corpus(), min_count=1000)


def test_one_token_has_no_neighbours():
    made = join_phrases(corpus([["a"]]), min_count=1)
    assert documents_of(made) == [["a"]]
