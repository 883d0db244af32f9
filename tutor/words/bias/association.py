r"""WEAT, a test whether two sets of words associate differently with two others.

Two sets of target words :math:`X, Y` and two of attribute words :math:`A, B`. The test
permutes the targets only: it says nothing about other attribute words, and an effect
size has no unit that people share. Source: Caliskan, Bryson and Narayanan (2017).
Oracle: a loop over ``itertools.combinations`` in the tests. Chapter: ``words/bias``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling
from tutor.geometry import cosine_matrix

Matrix = NDArray[np.float64]
_SPLITS = 221  # stream of the drawn partitions
EXACT = 200_000
"""Up to so many partitions are all visited; beyond, they are drawn."""


@dataclass(frozen=True)
class Weat:
    """Effect size, one-sided p, partitions looked at, and whether these are all."""

    effect: float
    p: float
    partitions: int
    exact: bool

    def __repr__(self) -> str:
        kind = "all" if self.exact else "drawn"
        return (
            f"Weat(d={self.effect:.2f}, p={self.p:.2g}, {self.partitions:,} "
            f"partitions, {kind})"
        )


def associations(words: ArrayLike, A: ArrayLike, B: ArrayLike) -> Matrix:
    r"""Return how much nearer each word is to A than to B.

    .. math:: s(w) = \frac1{|A|} \sum_{a \in A} \cos(w, a)
              - \frac1{|B|} \sum_{b \in B} \cos(w, b)

    Shapes: (n, dim), (a, dim), (b, dim) → (n,).
    """
    tables = {"words": words, "A": A, "B": B}
    checked = {name: _rows(table, name) for name, table in tables.items()}
    near, far = (cosine_matrix(checked["words"], checked[side]) for side in "AB")
    s: Matrix = near.mean(axis=1) - far.mean(axis=1)
    return s


def weat(
    X: ArrayLike,
    Y: ArrayLike,
    A: ArrayLike,
    B: ArrayLike,
    *,
    samples: int = 10_000,
    seed: int = 0,
) -> Weat:
    r"""Return WEAT's effect size and permutation p.

    .. math:: d = \frac{\bar s(X) - \bar s(Y)}{\operatorname{std} s(X \cup Y)}, \qquad
              p = P\bigl(\bar s(X_i) - \bar s(Y_i) \ge \bar s(X) - \bar s(Y)\bigr)

    where :math:`X_i, Y_i` run over the ways to part :math:`X \cup Y` into two sets of
    the same sizes, and the standard deviation is the sample's (n − 1).

    Parameters
    ----------
    X, Y : "targets dim" arrays
        Published for equal sizes, which the p does not need.
    A, B : "attributes dim" arrays
    samples : int
        Partitions drawn where there are more than `EXACT`; the observed one counts as
        one more, so p is never 0.
    seed : int

    Raises
    ------
    ValueError
        For zero or non-finite rows, fewer than two targets a side, targets with one
        and the same association, or fewer than 100 samples.

    The paper counts strictly larger values; "at least as large" never reports less.
    """
    if samples < 100:
        raise ValueError(f"samples must be 100 or more, got {samples}")
    parts = [associations(side, A, B) for side in (X, Y)]
    n, m = map(len, parts)
    if min(n, m) < 2:
        raise ValueError(f"needed two targets or more a side, got {n} and {m}")
    s = np.concatenate(parts)
    spread = s.std(ddof=1)
    if spread < 1e-12:
        raise ValueError("all targets have one and the same association: no spread")
    observed = s[:n].mean() - s[n:].mean()
    exact = comb(n + m, n) <= EXACT
    sums = _all_sums(s, n) if exact else _drawn_sums(s, n, samples, seed)
    differences = sums / n - (s.sum() - sums) / m
    above = int((differences >= observed - 1e-12).sum())
    p = above / len(sums) if exact else (above + 1) / (len(sums) + 1)
    return Weat(float(observed / spread), p, len(sums), exact)


def _all_sums(s: Matrix, n: int) -> Matrix:
    rows = np.fromiter(
        (i for chosen in combinations(range(len(s)), n) for i in chosen), np.int16
    )
    sums: Matrix = s[rows].reshape(-1, n).sum(axis=1)
    return sums


def _drawn_sums(s: Matrix, n: int, samples: int, seed: int) -> Matrix:
    bits = sampling.random_bits(seed, 0, _SPLITS, np.arange(samples * len(s)))
    order = np.argsort(bits.reshape(samples, len(s)), axis=1, kind="stable")
    sums: Matrix = s[order[:, :n]].sum(axis=1)
    return sums


def _rows(vectors: ArrayLike, name: str) -> Matrix:
    X = np.asarray(vectors, dtype=np.float64)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"{name} must be (n, dim) with n, dim >= 1, got {X.shape}")
    bad = np.flatnonzero(~np.isfinite(X).all(axis=1) | ~X.any(axis=1))
    if bad.size:
        raise ValueError(
            f"{bad.size} of {len(X)} rows of {name} are zero or not finite, the first "
            f"is row {bad[0]}: they have no cosine; leave them out"
        )
    return X
