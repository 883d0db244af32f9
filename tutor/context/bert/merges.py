r"""Learn a vocabulary of pieces from words and their counts.

Begin with single characters. Again and again join the pair of neighbouring pieces that
is worth most, until the vocabulary is full.

What a pair is worth is where two traditions part. *Count*: how often it stands there
(byte pair encoding; what the library ``tokenizers`` runs under the name of WordPiece).
*Likelihood*: how much more often than its parts would meet by chance (WordPiece as it
was described first).

Left out: learning from a stream of text.

Sources: Schuster and Nakajima (2012), "Japanese and Korean voice search"; Sennrich,
Haddow and Birch (2016), "Neural machine translation of rare words with subword units".
Chapter: ``context/bert``.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from tutor.context.bert.wordpiece import INSIDE, SPECIALS, WordPiece

SCORES = ("count", "likelihood")

Pair = tuple[str, str]


# --- pieces and pairs ----------------------------------------------------------------
def characters_of(word: str) -> list[str]:
    """Return a word as its smallest pieces: ``["t", "##h", "##e"]``."""
    return [word[0], *(INSIDE + c for c in word[1:])]


def join(pair: Pair) -> str:
    """Return the piece that a pair of neighbours becomes: ``##n ##g`` to ``##ng``."""
    return pair[0] + pair[1].removeprefix(INSIDE)


def join_in(pieces: Sequence[str], pair: Pair) -> list[str]:
    """Replace a pair wherever it stands in a word, from left to right."""
    found: list[str] = []
    i = 0
    while i < len(pieces):
        if tuple(pieces[i : i + 2]) == pair:
            found.append(join(pair))
            i += 2
        else:
            found.append(pieces[i])
            i += 1
    return found


class Merge(NamedTuple):
    """One step of learning: the pair joined, and what it was worth then."""

    pair: Pair
    score: float


def merges(
    counts: Mapping[str, int], *, score: str = "count", least: int = 1
) -> Iterator[Merge]:
    r"""Yield the pairs to join, the most valuable first, until nothing is left.

    .. math:: \text{count: } c_{ab}, \qquad
              \text{likelihood: } \frac{c_{ab}}{c_a\, c_b}

    where :math:`c_{ab}` says how often the pieces a, b are neighbours inside the words
    as they are cut by now, and :math:`c_a` how often a stands there. Ties go to the
    pair that comes first in the order of its letters.

    Parameters
    ----------
    counts : mapping of word to int
        How often each word occurs, 1 or more.
    score : {"count", "likelihood"}
    least : int
        A pair must occur that often; by likelihood a pair seen once may win otherwise.

    Raises
    ------
    ValueError
        For an unknown score, no words, an empty word or a count below 1.
    """
    if score not in SCORES:
        raise ValueError(f"unknown score {score!r}; there are {', '.join(SCORES)}")
    if not counts or "" in counts or min(counts.values()) < 1:
        raise ValueError(
            f"needed words with counts of 1 or more, got {len(counts)} words"
            + (", an empty one among them" if "" in counts else "")
            + (f", least count {min(counts.values())}" if counts else "")
        )
    table = _Table(counts)
    while True:
        best = table.best(score, least)
        if best is None:
            return
        yield best
        table.join(best.pair)


class _Table:
    """Words cut into pieces, and where each pair of neighbours stands."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.weights = list(counts.values())
        self.words = [characters_of(word) for word in counts]
        self.pieces: Counter[str] = Counter()
        self.pairs: Counter[Pair] = Counter()
        self.places: defaultdict[Pair, set[int]] = defaultdict(set)
        for row in range(len(self.words)):
            self._add(row, 1)
        self.heap = [(-n, pair) for pair, n in self.pairs.items()]
        heapq.heapify(self.heap)

    def best(self, score: str, least: int) -> Merge | None:
        """Return the pair worth most, or None."""
        if score == "count":
            return self._most_frequent(least)
        known = [pair for pair, n in self.pairs.items() if n >= least]
        if not known:
            return None
        worth = {
            (a, b): self.pairs[a, b] / (self.pieces[a] * self.pieces[b])
            for a, b in known
        }
        pair = min(known, key=lambda p: (-worth[p], p))
        return Merge(pair, worth[pair])

    def _most_frequent(self, least: int) -> Merge | None:
        """Read the heap; an entry whose count is out of date is put back with it."""
        while self.heap:
            negative, pair = heapq.heappop(self.heap)
            now = self.pairs[pair]
            if now == -negative:
                return Merge(pair, float(now)) if now >= max(1, least) else None
            if now:
                heapq.heappush(self.heap, (-now, pair))
        return None

    def join(self, pair: Pair) -> None:
        """Join a pair in every word that holds it, and count anew what changed."""
        touched: set[Pair] = set()
        for row in sorted(self.places.pop(pair)):
            self._add(row, -1)
            self.words[row] = join_in(self.words[row], pair)
            touched |= self._add(row, 1)
        for changed in touched:
            heapq.heappush(self.heap, (-self.pairs[changed], changed))

    def _add(self, row: int, sign: int) -> set[Pair]:
        word, weight = self.words[row], sign * self.weights[row]
        pairs = list(pairwise(word))
        for piece in word:
            self.pieces[piece] += weight
        for pair in pairs:
            self.pairs[pair] += weight
            if sign > 0:
                self.places[pair].add(row)
        return set(pairs)


def learn_vocabulary(
    counts: Mapping[str, int], size: int, *, score: str = "count", least: int = 1
) -> WordPiece:
    """Return a vocabulary: special pieces, single characters, then joined ones.

    Parameters
    ----------
    counts : mapping of word to int
        Of :func:`count_words`.
    size : int
        Rows wanted; fewer come back when nothing is left to join.
    score, least
        As in :func:`merges`.

    Raises
    ------
    ValueError
        If ``size`` has no room for the special pieces and the characters.
    """
    alphabet = sorted({c for word in counts for c in word})
    inner = sorted({c for word in counts for c in word[1:]})
    found = dict.fromkeys([*SPECIALS, *alphabet, *(INSIDE + c for c in inner)])
    if size < len(found):
        raise ValueError(
            f"size={size} has no room for {len(SPECIALS)} special pieces and "
            f"{len(found) - len(SPECIALS)} single characters; ask for {len(found)} or "
            "more, or drop words with rare characters"
        )
    for step in merges(counts, score=score, least=least):
        if len(found) >= size:
            break
        found.setdefault(join(step.pair))
    return WordPiece(tuple(found))
