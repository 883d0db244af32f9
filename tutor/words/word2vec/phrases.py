r"""Phrases: words that stand together more often than chance, joined to one token.

*New York* is not *new* + *york*. Count neighbouring pairs, score each against the
counts of its parts, join the pairs above a threshold, and train on the result.
Chapter: ``words/word2vec``.

Left out: phrases with a stop word in the middle ("secretary of state"), which gensim
offers as ``connector_words``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from tutor.datasets import Corpus

_CHUNK = 1 << 22  # neighbours counted at once: a sort of 32 MB


class Phrases(NamedTuple):
    """Neighbouring pairs, highest score first; ties in order of rows.

    Attributes
    ----------
    pairs : (n, 2) int32
        Rows of the two words.
    counts : (n,) int64
        How often the pair stands in the corpus.
    scores : (n,) float64
    """

    pairs: NDArray[np.int32]
    counts: NDArray[np.int64]
    scores: NDArray[np.float64]


def phrase_score(
    pair: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    tokens: float = 1.0,
    discount: float = 5.0,
) -> NDArray[np.float64]:
    r"""Return how much more often a pair occurs than its parts would make it.

    .. math:: s(a, b) = \frac{c_{ab} - \delta}{c_a\, c_b} \; N

    where :math:`c_{ab}` counts a directly before b, :math:`c_a, c_b` the words,
    :math:`\delta` is the discount, and :math:`N` the number of tokens.

    Shapes: ``pair``, ``first``, ``second`` (n,) → (n,).

    Notes
    -----
    The paper's equation has no :math:`N`; its program multiplies by it, so that one
    threshold (100) serves corpora of any size. gensim multiplies by the number of
    vocabulary entries instead (threshold 10). Source: Mikolov et al. (2013b),
    equation 6.
    """
    c_ab, c_a, c_b = (np.asarray(x, dtype=np.float64) for x in (pair, first, second))
    score: NDArray[np.float64] = (c_ab - discount) / (c_a * c_b) * tokens
    return score


def neighbours(corpus: Corpus) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the codes ``first * V + second`` of neighbouring pairs, and their counts.

    Pairs never cross a document. Counted in chunks: memory holds the different pairs
    and one chunk, not the corpus.

    Shapes: → (n,) ascending, (n,).
    """
    codes, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for start in range(0, max(len(corpus.tokens) - 1, 0), _CHUNK):
        stop = min(start + _CHUNK, len(corpus.tokens) - 1)
        part = np.sort(_codes(corpus, start, stop))
        part = part[np.searchsorted(part, 0) :]  # borders are marked -1
        first = np.flatnonzero(np.diff(part, prepend=-1))
        new = np.diff(np.append(first, len(part)))
        codes, place = np.unique(np.append(codes, part[first]), return_inverse=True)
        merged = np.bincount(place, weights=np.append(counts, new))
        counts = merged.astype(np.int64)
    return codes, counts


def _codes(corpus: Corpus, start: int, stop: int) -> NDArray[np.int64]:
    """Return the codes of the pairs (i, i + 1), start <= i < stop; -1 at a border."""
    tokens = np.asarray(corpus.tokens[start : stop + 1], dtype=np.int64)
    codes = tokens[:-1] * len(corpus.vocabulary) + tokens[1:]
    borders = corpus.offsets[1:-1] - 1
    inside = borders[(borders >= start) & (borders < stop)]
    codes[inside - start] = -1
    return codes


def find_phrases(
    corpus: Corpus, *, discount: float = 5.0, threshold: float = 100.0
) -> Phrases:
    r"""Return the neighbouring pairs whose :func:`phrase_score` exceeds ``threshold``.

    Parameters
    ----------
    corpus : Corpus
    discount : float
        :math:`\delta` ≥ 0: pairs seen no more often never score above 0.
    threshold : float
        Higher joins fewer pairs. The program's default is 100.

    Raises
    ------
    ValueError
        If ``discount`` is negative or ``threshold`` is not finite.
    """
    if not discount >= 0:
        raise ValueError(f"discount must be 0 or more, got {discount}")
    if not np.isfinite(threshold):
        raise ValueError(f"threshold must be finite, got {threshold}")
    codes, counts = neighbours(corpus)
    first, second = np.divmod(codes, len(corpus.vocabulary))
    c = corpus.vocabulary.counts
    n = len(corpus.tokens)
    scores = phrase_score(counts, c[first], c[second], tokens=n, discount=discount)
    kept = np.flatnonzero(scores > threshold)
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    pairs = np.column_stack([first[kept], second[kept]]).astype(np.int32)
    return Phrases(pairs, counts[kept], scores[kept])


def join_phrases(
    corpus: Corpus,
    *,
    discount: float = 5.0,
    threshold: float = 100.0,
    min_count: int = 5,
    separator: str = "_",
) -> Corpus:
    """Return the corpus with its phrases joined: ``new york`` becomes ``new_york``.

    Text is read from left to right; a token joins its right neighbour when the pair is
    a phrase and the token is not part of one already. Run it twice, with a lower
    threshold, for phrases of three and four words.

    Parameters
    ----------
    corpus : Corpus
    discount, threshold : float
        See :func:`find_phrases`.
    min_count : int
        Words, phrases among them, left with fewer tokens are dropped, ≥ 1.
    separator : str
        Stands between the joined words.

    Raises
    ------
    ValueError
        As :func:`find_phrases`; or if no word is left.

    Notes
    -----
    Differs from gensim: rare words are dropped *after* joining. Oracle of the joined
    tokens: ``gensim.models.Phrases``. Source: Mikolov et al. (2013b), section 4.

    Memory: the corpus is held and joined as a whole, with at most 64 bytes a token
    while it works; the result lies in memory too, 4 bytes a token. Counting alone
    (:func:`find_phrases`) reads in chunks.
    """
    from tutor.datasets.corpus import Corpus
    from tutor.datasets.vocabulary import Vocabulary

    found = find_phrases(corpus, discount=discount, threshold=threshold)
    size = len(corpus.vocabulary)
    known = np.sort(found.pairs[:, 0].astype(np.int64) * size + found.pairs[:, 1])
    words = corpus.vocabulary.words
    names = [separator.join((words[c // size], words[c % size])) for c in known]
    tokens, offsets = _joined(corpus, known, _rows(names, words))
    counts = np.bincount(tokens, minlength=size + len(known))
    table = {w: int(n) for w, n in zip((*words, *names), counts, strict=True) if n}
    vocabulary = Vocabulary.from_counts(table, min_count=1)
    place = {word: i for i, word in enumerate(vocabulary.words)}
    rank = np.array([place.get(w, -1) for w in (*words, *names)], dtype=np.int32)
    whole = Corpus(
        rank[tokens], offsets, vocabulary, corpus.name, corpus.licence, corpus.citation
    )
    return whole.subset(np.arange(len(whole)), min_count=min_count)


def _rows(names: list[str], words: tuple[str, ...]) -> NDArray[np.int32]:
    """Return each phrase's row: a new one, or that of a word spelt the same.

    After a second pass ``new_york`` + ``city`` and ``new`` + ``york_city`` are one.
    """
    place = {word: i for i, word in enumerate(words)}
    rows = [place.setdefault(name, len(words) + i) for i, name in enumerate(names)]
    return np.array(rows, dtype=np.int32)


def _joined(
    corpus: Corpus, known: NDArray[np.int64], rows: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return tokens and offsets with known pairs joined, greedily from the left."""
    from tutor.datasets.corpus import drop_rows

    tokens = np.array(corpus.tokens, dtype=np.int32)
    if not len(known) or len(tokens) < 2:
        return tokens, corpus.offsets
    codes = _codes(corpus, 0, len(tokens) - 1)
    place = np.minimum(np.searchsorted(known, codes), len(known) - 1)
    match = known[place] == codes
    # in a run of overlapping matches every second one is taken, the first first
    here = np.arange(len(match))
    starts = match & ~np.append(False, match[:-1])
    since = here - np.maximum.accumulate(np.where(starts, here, 0))
    taken = np.flatnonzero(match & (since % 2 == 0))
    tokens[taken] = rows[place[taken]]
    tokens[taken + 1] = -1
    return drop_rows(tokens, np.asarray(corpus.offsets))
