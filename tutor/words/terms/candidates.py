r"""Candidates: every run of adjectives and nouns that ends in a noun.

.. math:: (\text{adjective} \mid \text{noun})^{*}\ \text{noun}, \qquad
          2 \le \text{words} \le L

A run inside a longer run is a candidate too: *cell carcinoma* in *basal cell
carcinoma*. Runs never cross a document. Chapter: ``words/terms``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.settings import check_whole
from tutor.words.terms.speech import BREAK, NOUN

if TYPE_CHECKING:
    from tutor.datasets import Corpus

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Candidates:
    """Word sequences with their counts, shorter ones first.

    Attributes
    ----------
    rows : (n, longest) int64
        Rows of the words in the corpus's vocabulary, filled with -1.
    lengths : (n,) int64
        Words of each.
    counts : (n,) int64
        Occurrences in the text, those inside longer candidates included.
    """

    rows: Ints
    lengths: Ints
    counts: Ints

    def __len__(self) -> int:
        return len(self.counts)

    def __repr__(self) -> str:
        return f"Candidates({len(self)} of 2 to {self.rows.shape[1]} words)"

    def sequences(self) -> list[tuple[int, ...]]:
        """Return each as a tuple of rows, without the filling."""
        pairs = zip(self.rows.tolist(), self.lengths.tolist(), strict=True)
        return [tuple(row[:n]) for row, n in pairs]


def find_candidates(
    corpus: Corpus, speech: ArrayLike, *, longest: int = 5, min_count: int = 5
) -> Candidates:
    """Count the runs of the pattern that occur ``min_count`` times or more.

    Parameters
    ----------
    corpus : Corpus
        Without words dropped: a dropped word would make neighbours of words that are
        none. Build it with ``min_count=1``.
    speech : (vocabulary,) array
        0 breaks a run, 1 is an adjective, 2 a noun: see
        :func:`~tutor.words.terms.speech.parts_of_speech`.
    longest, min_count : int
        Words of the longest candidate, ≥ 2; fewest occurrences, ≥ 1.

    Raises
    ------
    ValueError
        If ``speech`` has another length than the vocabulary or other values, a number
        is out of range, or no run occurs often enough.
    """
    kinds = _checked(corpus, speech, longest, min_count)
    found: list[tuple[Ints, Ints]] = []
    for length, blocks, counts in _blocks(corpus, kinds, longest, min_count):
        ends = kinds[blocks[:, -1]] == NOUN
        wide = np.full((int(ends.sum()), longest), -1, np.int64)
        wide[:, :length] = blocks[ends]
        found.append((wide, counts[ends]))
    if not sum(len(counts) for _, counts in found):
        raise ValueError(
            f"no run of adjectives and nouns occurs min_count={min_count} times in "
            f"{len(corpus.tokens)} tokens: lower min_count, or take more text"
        )
    rows = np.concatenate([wide for wide, _ in found])
    return Candidates(
        rows, (rows >= 0).sum(axis=1), np.concatenate([counts for _, counts in found])
    )


def _checked(
    corpus: Corpus, speech: ArrayLike, longest: int, min_count: int
) -> NDArray[np.uint8]:
    check_whole("longest", longest)
    check_whole("min_count", min_count)
    if longest < 2:
        raise ValueError(f"longest={longest}: a candidate has two words or more")
    kinds = np.asarray(speech)
    if kinds.shape != (len(corpus.vocabulary),) or not np.isin(kinds, (0, 1, 2)).all():
        raise ValueError(
            f"speech must hold 0, 1 or 2 for each of {len(corpus.vocabulary)} words, "
            f"got shape {kinds.shape}: use parts_of_speech(corpus.vocabulary.words, …)"
        )
    return kinds.astype(np.uint8)


def room_ahead(corpus: Corpus, kinds: NDArray[np.uint8]) -> Ints:
    """Return how many words of an unbroken run begin at each token: (tokens,).

    A run ends before a breaking word and at the end of a document.
    """
    tokens = np.asarray(corpus.tokens)
    here = np.arange(len(tokens))
    stop = np.where(kinds[tokens] == BREAK, here, len(tokens))
    ends = corpus.offsets[1:]
    ends = ends[ends > 0]
    stop[ends - 1] = np.minimum(stop[ends - 1], ends)
    return np.minimum.accumulate(stop[::-1])[::-1] - here


def _blocks(
    corpus: Corpus, kinds: NDArray[np.uint8], longest: int, min_count: int
) -> Iterator[tuple[int, Ints, Ints]]:
    """Yield length, rows (n, length) and counts of the frequent blocks of a run.

    A block is numbered by (number of the block without its last word, last word). One
    that is rare is rare with a further word as well, so it is followed no longer.
    """
    tokens = np.asarray(corpus.tokens, np.int64)
    room, size = room_ahead(corpus, kinds), len(corpus.vocabulary)
    start = np.flatnonzero(room >= 2)
    number, known = tokens[start], np.arange(size)[:, None]
    for length in range(2, longest + 1):
        codes, place, counts = np.unique(
            number * size + tokens[start + length - 1],
            return_inverse=True,
            return_counts=True,
        )
        often = counts >= min_count
        before, last = np.divmod(codes[often], size)
        known = np.column_stack([known[before], last])
        yield length, known, counts[often]
        rank = np.cumsum(often) - 1
        go_on = often[place] & (room[start] > length)
        start, number = start[go_on], rank[place[go_on]]
