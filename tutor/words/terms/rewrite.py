"""Rewriting a corpus so that each term is one token: ``renal cyst`` → ``renal_cyst``.

Text is read from left to right. At each place the longest term that begins there is
taken, and its words are used up. Chapter: ``words/terms``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tutor.words.terms.config import check_joiner

if TYPE_CHECKING:
    from tutor.datasets import Corpus

Ints = NDArray[np.int64]


def rewrite(
    corpus: Corpus, terms: Iterable[Sequence[str]], *, joiner: str = "_"
) -> Corpus:
    """Return the corpus with every term as one unit; no word is dropped.

    Parameters
    ----------
    corpus : Corpus
    terms : iterable of sequences of str
        Each two words or more. A term with a word that is not in the vocabulary cannot
        occur and is passed over.
    joiner : str
        Between the words of a unit.

    Raises
    ------
    ValueError
        If there is no term, a term has fewer than two words, the joiner is empty or
        holds white space, or a word of the vocabulary holds it: then a unit could not
        be told from a word.
    TypeError
        If a term is a string: split it into words first.
    """
    check_joiner(joiner)
    taken = [w for w in corpus.vocabulary.words if joiner in w]
    if taken:
        raise ValueError(
            f"{len(taken)} words hold the joiner {joiner!r}, {taken[0]!r} among them: "
            "choose another joiner"
        )
    places = _rows(corpus, terms)
    lengths, numbers = longest_matches(corpus, places)
    units = [joiner.join(corpus.vocabulary.words[t] for t in rows) for rows in places]
    return _joined(corpus, take_from_left(lengths), lengths, numbers, units)


def _rows(corpus: Corpus, terms: Iterable[Sequence[str]]) -> list[tuple[int, ...]]:
    """Return the terms as rows, each once, in order."""
    found: dict[tuple[int, ...], None] = {}
    given = 0
    for term in terms:
        given += 1
        if isinstance(term, str):
            raise TypeError(f"a term is a sequence of words, not the string {term!r}")
        if len(term) < 2:
            raise ValueError(f"a term has two words or more, got {tuple(term)!r}")
        if all(word in corpus.vocabulary for word in term):
            found[tuple(corpus.vocabulary.index(word) for word in term)] = None
    if not given:
        raise ValueError("there is no term: lower the thresholds, or take more text")
    return list(found)


def longest_matches(
    corpus: Corpus, terms: Sequence[tuple[int, ...]]
) -> tuple[Ints, Ints]:
    """Return words and number of the longest term at each token; 0 and -1 for none.

    A prefix is numbered by (number of the prefix one word shorter, last word), so that
    all places of the text are looked up at once. Shapes: → two (tokens,).
    """
    tokens = np.asarray(corpus.tokens, np.int64)
    end = np.repeat(corpus.offsets[1:], np.diff(corpus.offsets))
    lengths, numbers = np.zeros(len(tokens), np.int64), np.full(len(tokens), -1)
    sizes = np.array([len(term) for term in terms], np.int64)
    table = np.full((len(terms), int(sizes.max(initial=1))), -1, np.int64)
    for row, term in zip(table, terms, strict=True):
        row[: len(term)] = term
    start, prefix, head = np.arange(len(tokens)), tokens, table[:, 0].copy()
    for length in range(2, table.shape[1] + 1):
        alive, whole = sizes >= length, np.flatnonzero(sizes == length)
        code = head * len(corpus.vocabulary) + table[:, length - 1]
        known, head[alive] = np.unique(code[alive], return_inverse=True)
        inside = start + length <= end[start]
        start, prefix = start[inside], prefix[inside]
        code = prefix * len(corpus.vocabulary) + tokens[start + length - 1]
        place = np.minimum(np.searchsorted(known, code), len(known) - 1)
        hit = known[place] == code
        start, prefix = start[hit], place[hit]
        number = np.full(len(known), -1)
        number[head[whole]] = whole
        ends_here = number[prefix] >= 0
        lengths[start[ends_here]] = length
        numbers[start[ends_here]] = number[prefix[ends_here]]
    return lengths, numbers


def take_from_left(lengths: Ints) -> Ints:
    """Return the places that are taken, when each uses up ``lengths[place]`` tokens."""
    taken, free = [], 0
    places = np.flatnonzero(lengths)
    for place, length in zip(places.tolist(), lengths[places].tolist(), strict=True):
        if place >= free:
            taken.append(place)
            free = place + length
    return np.array(taken, np.int64)


def _joined(
    corpus: Corpus, taken: Ints, lengths: Ints, numbers: Ints, units: list[str]
) -> Corpus:
    """Return the corpus with the taken matches as single tokens, counted anew."""
    from tutor.datasets.corpus import Corpus, drop_rows
    from tutor.datasets.vocabulary import Vocabulary

    tokens = np.array(corpus.tokens, np.int64)
    words = (*corpus.vocabulary.words, *units)
    spread = np.repeat(taken, lengths[taken])
    first = np.cumsum(lengths[taken]) - lengths[taken]
    tokens[spread + np.arange(len(spread)) - np.repeat(first, lengths[taken])] = -1
    tokens[taken] = len(corpus.vocabulary) + numbers[taken]
    kept, offsets = drop_rows(tokens.astype(np.int32), np.asarray(corpus.offsets))
    counts = np.bincount(kept, minlength=len(words))
    table = {w: int(n) for w, n in zip(words, counts, strict=True) if n}
    vocabulary = Vocabulary.from_counts(table)
    rank = np.full(len(words), -1, np.int32)
    for row, word in enumerate(words):
        if word in table:
            rank[row] = vocabulary.index(word)
    return Corpus(
        rank[kept], offsets, vocabulary, corpus.name, corpus.licence, corpus.citation
    )
