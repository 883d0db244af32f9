"""Addresses that an oracle gives: collisions inside fields only, or between them only.

No method: it has to know all values, and saves no byte. It is how the two kinds of
collision are told apart. Chapter: ``systems/multiplexing``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tutor import sampling
from tutor.systems.hashing import Keys
from tutor.systems.multiplexing.tables import vocabulary
from tutor.systems.multiplexing.train import Split
from tutor.systems.table import Place, Rows


@dataclass(frozen=True, eq=False)
class Assigned:
    """An oracle's address: every known key has the row it was given."""

    field: int
    known: Keys
    to: Rows
    unknown: int

    def rows(self, keys: Keys) -> Rows:
        """Find the keys by bisection; unknown ones share the last row."""
        at = np.minimum(np.searchsorted(self.known, keys), len(self.known) - 1)
        return np.asarray(np.where(self.known[at] == keys, self.to[at], self.unknown))


def collisions(
    known: tuple[Keys, ...], kind: str, seed: int, *, hosts: Rows | None = None
) -> list[Place]:
    """Return addresses in which equally many values share a row, with one other each.

    Parameters
    ----------
    known : tuple of sorted uint64 arrays
    kind : {"none", "intra", "inter"}
        ``inter``: every value outside the largest field shares its row with a value of
        the largest. ``intra``: these same numbers of values are paired inside their own
        fields; a field of odd size leaves one value alone.
    seed : int
        Fixes who meets whom.
    hosts : array of int64, optional
        The values of the largest field that take part; random ones if there is None.
    """
    if kind not in ("none", "intra", "inter"):
        raise ValueError(f"unknown kind {kind!r}; there are 'none', 'intra', 'inter'")
    sizes = [len(keys) for keys in known]
    large = int(np.argmax(sizes))
    small = sum(sizes) - sizes[large]
    to = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    drawn = [sampling.permutation(n, seed, epoch=t) for t, n in enumerate(sizes)]
    if hosts is not None:
        drawn[large] = hosts[sampling.permutation(len(hosts), seed, epoch=large)]
    if kind == "inter":
        rest = iter(drawn[large])
        for t in range(len(known)):
            if t != large:
                to[t] = np.array([to[large][next(rest)] for _ in to[t]])
    elif kind == "intra":
        for t, n in enumerate(sizes):
            pairs = (small if t == large else n) // 2
            left, right = drawn[t][: 2 * pairs].reshape(-1, 2).T
            to[t][left] = to[t][right]
    unknown = sum(sizes)
    return [Assigned(t, keys, to[t], unknown) for t, keys in enumerate(known)]


def busiest(split: Split) -> Rows:
    """Return the largest field's most frequent values, as many as all others have."""
    known = vocabulary(split.train[0])
    sizes = [len(keys) for keys in known]
    large = int(np.argmax(sizes))
    _, counts = np.unique(split.train[0][:, large], return_counts=True)
    chosen = np.argsort(-counts, kind="stable")[: sum(sizes) - sizes[large]]
    return np.asarray(chosen, dtype=np.int64)
