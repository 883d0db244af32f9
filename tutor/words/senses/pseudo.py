"""Pseudo-words: two words written as one, so that the true sense is known.

Every token of *banana* and of *door* becomes *banana/door*. Which of the two it was is
the truth that a sense model has to find again, and nobody had to annotate it.
Source: Gale, Church and Yarowsky (1992); Schütze (1992). Chapter: ``words/senses``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.datasets.corpus import drop_rows
from tutor.datasets.vocabulary import Vocabulary

if TYPE_CHECKING:
    from tutor.datasets import Corpus

Pair = tuple[str, str]
THIN = 45
"""Stream that chooses the tokens to delete."""


@dataclass(frozen=True, eq=False, repr=False)
class Merged:
    """A corpus with pseudo-words, and what each token was before.

    Attributes
    ----------
    corpus : Corpus
        The same tokens; the words of each pair are one word now.
    words : tuple of str
        The pseudo-words, ``"banana/door"``, in the order of the pairs.
    truth : (tokens,) int8
        0 or 1 for the first or second word of a pair, -1 for every other token.
    """

    corpus: Corpus
    words: tuple[str, ...]
    truth: NDArray[np.int8]

    def __repr__(self) -> str:
        return f"Merged({len(self.words)} pseudo-words in {self.corpus!r})"


def merge(corpus: Corpus, pairs: Sequence[Pair]) -> Merged:
    """Write the two words of each pair as one.

    Raises
    ------
    ValueError
        If a word stands in two pairs, or twice in one.
    KeyError
        If the corpus does not have a word; the message names close spellings.
    """
    flat = [word for pair in pairs for word in pair]
    if len(set(flat)) < len(flat):
        twice = sorted({word for word in flat if flat.count(word) > 1})
        raise ValueError(
            f"{', '.join(twice)} would be part of two pseudo-words: give each word one"
        )
    vocabulary = corpus.vocabulary
    rows = vocabulary.ids(flat).reshape(-1, 2)
    names = ["/".join(pair) for pair in pairs]
    side = np.full(len(vocabulary), -1, np.int8)
    side[rows] = [0, 1]
    words, counts = list(vocabulary.words), vocabulary.counts.copy()
    for name, (left, right) in zip(names, rows, strict=True):
        words[left] = name
        counts[left] += counts[right]
    gone = rows[:, 1]
    kept = np.delete(np.arange(len(words)), gone).tolist()
    order = sorted(kept, key=lambda i: (-counts[i], words[i]))
    rank = np.empty(len(words), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    rank[gone] = rank[rows[:, 0]]
    merged = replace(
        corpus,
        tokens=rank[corpus.tokens],
        vocabulary=Vocabulary([words[i] for i in order], counts[order]),
    )
    return Merged(merged, tuple(names), side[corpus.tokens])


def thin(merged: Merged, share: float, *, seed: int = 0) -> Merged:
    """Delete tokens of the second part of every pair at random, so that few are left.

    Parameters
    ----------
    merged : Merged
    share : float
        Share of the second part's tokens that stay, above 0 and at most 1.
    seed : int
        Fixes which.

    Raises
    ------
    ValueError
        If the share is outside, or a pseudo-word would lose its second part.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1, got {share}")
    corpus = merged.corpus
    place = np.arange(len(corpus.tokens))
    stay = sampling.uniform(seed, 0, THIN, place) < share
    stay |= merged.truth != 1
    lost = ~np.isin(corpus.vocabulary.ids(merged.words), _seconds(merged, stay))
    if lost.any():
        raise ValueError(
            f"{merged.words[int(lost.argmax())]!r} would keep no token of its second "
            f"part at share={share}: raise it, or take more text"
        )
    rows = np.where(stay, corpus.tokens, -1).astype(np.int32)
    tokens, offsets = drop_rows(rows, corpus.offsets)
    counts = np.bincount(tokens, minlength=len(corpus.vocabulary))
    words = corpus.vocabulary.words
    order = np.array(sorted(range(len(words)), key=lambda i: (-counts[i], words[i])))
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    vocabulary = Vocabulary([words[i] for i in order], counts[order])
    thinner = replace(
        corpus, tokens=rank[tokens], offsets=offsets, vocabulary=vocabulary
    )
    return Merged(thinner, merged.words, merged.truth[stay])


def _seconds(merged: Merged, stay: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the rows of pseudo-words whose second part still occurs."""
    return np.unique(merged.corpus.tokens[stay & (merged.truth == 1)])
