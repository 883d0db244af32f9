r"""Pairs of words that the vectors themselves propose along a direction.

The published program asks which pairs *x, y* stand to each other as *she* to *he*. What
comes out is a property of the vectors; whether a pair is a definition or a stereotype,
somebody has to say. The book counts such pairs and shows none.

Left out: the crowd that judged the pairs. Source: Bolukbasi et al. (2016) and their
program. Oracle: a loop over all pairs in the tests. Chapter: ``words/bias``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.words.bias.reference import _unit

Matrix = NDArray[np.float64]
Rows = NDArray[np.int64]
_BLOCK = 512  # rows whose cosines with all others are held at once


class Proposed(NamedTuple):
    """Pairs in order of score: the row on the positive side, the other, the score."""

    first: Rows
    second: Rows
    scores: Matrix


def analogies(
    vectors: ArrayLike,
    direction: ArrayLike,
    *,
    count: int = 500,
    reach: float = 1.0,
    least: float = 1e-3,
) -> Proposed:
    r"""Return the pairs that differ most nearly along a direction.

    .. math:: S(x, y) = \begin{cases} \cos(g, x - y) & \lVert x - y \rVert \le \delta
              \\ 0 & \text{else} \end{cases}

    where :math:`g` is the direction, *she* minus *he* as published, :math:`x, y` have
    length 1, and :math:`\delta` keeps to pairs that are alike. From the largest score
    down, a pair is taken if neither word stood on the same side before.

    Parameters
    ----------
    vectors : "n dim" array
    direction : "dim" array or "1 dim" array
    count : int
        At most so many pairs [500].
    reach : float
        :math:`\delta` [1]: a cosine of at least one half.
    least : float
        Smaller scores count as 0, and pairs of score 0 are not proposed [0.001].

    Raises
    ------
    ValueError
        For zero or non-finite rows, a direction of another length, or settings out of
        their range.
    """
    X = _unit(vectors, "vectors")
    g = _unit(np.atleast_2d(np.asarray(direction)), "direction")
    if g.shape != (1, X.shape[1]):
        raise ValueError(f"needed one direction of {X.shape[1]} numbers, got {g.shape}")
    if count < 1 or not 0 < reach <= 2 or not 0 < least <= 1:
        raise ValueError(
            "needed count >= 1, 0 < reach <= 2 and 0 < least <= 1, got "
            f"{count}, {reach} and {least}"
        )
    i, j, scores = _candidates(X, X @ g[0], reach, least)
    order = np.argsort(-np.abs(scores), kind="stable")
    high, low = np.where(scores > 0, i, j)[order], np.where(scores > 0, j, i)[order]
    kept = _greedy(high, low, count)
    return Proposed(high[kept], low[kept], np.abs(scores)[order][kept])


def _candidates(
    X: Matrix, along: Matrix, reach: float, least: float
) -> tuple[Rows, Rows, Matrix]:
    """Return i < j within reach and the signed score of (i, j)."""
    parts = []
    for start in range(0, len(X), _BLOCK):
        block = np.arange(start, min(start + _BLOCK, len(X)))
        squared = np.maximum(2 - 2 * (X[block] @ X.T), 0)
        later = np.arange(len(X)) > block[:, None]
        here, j = np.nonzero(later & (squared > 0) & (squared <= reach**2))
        score = (along[block[here]] - along[j]) / np.sqrt(squared[here, j])
        found = np.abs(score) >= least
        parts.append((block[here[found]], j[found], score[found]))
    i, j, scores = (np.concatenate(part) for part in zip(*parts, strict=True))
    return i, j, scores


def _greedy(first: Rows, second: Rows, count: int) -> list[int]:
    """Return places of pairs, each row at most once on each side."""
    left: set[int] = set()
    right: set[int] = set()
    kept: list[int] = []
    for place, (a, b) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        if a in left or b in right:
            continue
        left.add(a)
        right.add(b)
        kept.append(place)
        if len(kept) == count:
            break
    return kept
