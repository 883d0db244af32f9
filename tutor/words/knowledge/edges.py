"""Edges of a lexicon as rows of a vocabulary, and the same number without knowledge.

Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tutor import sampling

Ints = NDArray[np.int64]
Pair = tuple[str, str]
UNKNOWN = ("refuse", "skip")
_TURN = 72  # stream of the coin that turns an edge around
_SHOWN = 10


@dataclass(frozen=True, eq=False, repr=False)
class EdgeRows:
    """Undirected edges between the rows of a table, each once.

    Attributes
    ----------
    pairs : (edges, 2) int64
        The smaller row first; rising.
    size : int
        How many rows the table has.
    skipped : tuple of pairs of str
        Pairs that were left out because a word of theirs is unknown.
    """

    pairs: Ints
    size: int
    skipped: tuple[Pair, ...] = ()

    def __len__(self) -> int:
        return len(self.pairs)

    def __repr__(self) -> str:
        return (
            f"EdgeRows({len(self)} edges on {len(self.linked)} of {self.size} rows, "
            f"{len(self.skipped)} skipped)"
        )

    @cached_property
    def degrees(self) -> Ints:
        """How many edges each row has: (size,)."""
        return np.bincount(self.pairs.ravel(), minlength=self.size)

    @cached_property
    def linked(self) -> Ints:
        """The rows with at least one edge, rising."""
        return np.flatnonzero(self.degrees)

    @cached_property
    def neighbours(self) -> tuple[Ints, Ints]:
        """Where each row's neighbours begin, (size + 1,), and all of them in turn."""
        both = np.concatenate([self.pairs, self.pairs[:, ::-1]])
        both = both[np.lexsort((both[:, 1], both[:, 0]))]
        starts = np.concatenate([[0], np.cumsum(self.degrees)])
        return starts, np.ascontiguousarray(both[:, 1])

    def without(self, pairs: Ints) -> EdgeRows:
        """Return the edges but those between two rows of ``pairs`` (n, 2)."""
        codes = _codes(np.asarray(pairs, np.int64).reshape(-1, 2), self.size)
        kept = ~np.isin(_codes(self.pairs, self.size), codes)
        return EdgeRows(self.pairs[kept], self.size, self.skipped)

    def holds(self, pairs: Ints) -> NDArray[np.bool_]:
        """Return which of ``pairs`` (n, 2) are joined by an edge."""
        return np.isin(_codes(pairs, self.size), _codes(self.pairs, self.size))


def edge_rows(
    words: Sequence[str], pairs: Iterable[Pair], *, unknown: str = "refuse"
) -> EdgeRows:
    """Return the edges of a lexicon between the words of a table.

    Parameters
    ----------
    words : sequence of str
        The keys of an embedding, or the words of a vocabulary, in the order of rows.
    pairs : iterable of pairs of str
        Their order and repeats do not matter.
    unknown : {"refuse", "skip"}
        What to do with pairs that have a word the table lacks.

    Raises
    ------
    ValueError
        For an unknown word, with ``refuse``: the words are counted and the first ten
        listed; for a pair of one word with itself; or when no edge is left.
    """
    if unknown not in UNKNOWN:
        raise ValueError(f"unknown={unknown!r}; there are {UNKNOWN}")
    row = {word: number for number, word in enumerate(words)}
    given = [(str(a), str(b)) for a, b in pairs]
    if loops := [a for a, b in given if a == b]:
        raise ValueError(
            f"{len(loops)} of {len(given)} pairs join a word with itself: "
            f"{_listed(loops)}; leave them out"
        )
    skipped = tuple(p for p in given if p[0] not in row or p[1] not in row)
    if skipped and unknown == "refuse":
        strange = list(dict.fromkeys(w for p in skipped for w in p if w not in row))
        raise ValueError(
            f"{len(skipped)} of {len(given)} pairs name {len(strange)} words that the "
            f"table of {len(row)} lacks: {_listed(strange)}; give other pairs, or "
            "unknown='skip'"
        )
    ends = [(row[a], row[b]) for a, b in given if a in row and b in row]
    if not ends:
        raise ValueError(
            f"none of {len(given)} pairs has both words among the {len(row)} of the "
            "table: there is no edge to use"
        )
    return EdgeRows(_ordered(np.array(ends, np.int64)), len(row), skipped)


def shuffled_edges(edges: EdgeRows, *, seed: int = 0, rounds: int = 20) -> EdgeRows:
    """Return random edges that leave every row its degree: the control.

    A round pairs up all edges at random and swaps their ends, (a, b) and (c, d)
    becoming (a, d) and (c, b), unless that makes a loop or an edge that is there. What
    is left after 20 rounds is how many edges each word has, and nothing of with whom.

    Source: the switching of Maslov and Sneppen (2002), all pairs of a round at once.
    """
    if rounds < 1:
        raise ValueError(f"rounds must be 1 or more, got {rounds}")
    pairs = edges.pairs.copy()
    half = len(pairs) // 2
    for number in range(rounds):
        pairs = pairs[sampling.permutation(len(pairs), seed, epoch=number)]
        turned = sampling.integers(seed, number, _TURN, np.arange(len(pairs)), 2) == 1
        pairs[turned] = pairs[turned][:, ::-1]
        one, two = pairs[:half], pairs[half : 2 * half]
        new = np.stack([one, two])
        new[0, :, 1], new[1, :, 1] = two[:, 1], one[:, 1]
        codes = np.stack([_codes(n, edges.size) for n in new])
        bad = (new[..., 0] == new[..., 1]) | np.isin(codes, _codes(pairs, edges.size))
        _, place, times = np.unique(codes, return_inverse=True, return_counts=True)
        bad |= (times[place.ravel()] > 1).reshape(codes.shape)
        fine = ~bad.any(axis=0)
        pairs[:half][fine], pairs[half : 2 * half][fine] = new[0][fine], new[1][fine]
    return EdgeRows(_ordered(pairs), edges.size, edges.skipped)


def _ordered(pairs: Ints) -> Ints:
    """Return the pairs with the smaller row first, each once, rising."""
    return np.asarray(np.unique(np.sort(pairs, axis=1), axis=0))


def _codes(pairs: Ints, size: int) -> Ints:
    return np.asarray(pairs.min(axis=-1) * size + pairs.max(axis=-1))


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more
