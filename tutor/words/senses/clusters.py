"""k-means of context means: senses without any model of senses.

Each occurrence of a word is the mean of the vectors around it; a cluster of
occurrences is called a sense. Schütze (1998) clusters such second-order vectors,
Reisinger and Mooney (2010) first-order counts. Chapter: ``words/senses``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling

Float = NDArray[np.floating[Any]]
START = 43
"""Stream of the first centers."""
ROUNDS = 50


def kmeans(X: Float, k: int, *, seed: int = 0, starts: int = 3) -> NDArray[np.int64]:
    r"""Return the cluster of each row, by Lloyd's algorithm.

    .. math:: \min \sum_i \lVert x_i - \mu_{s_i} \rVert^2

    Rows go to the nearest center, centers to the mean of their rows, until nothing
    moves. The best of several starts is kept; a start takes k different rows at random.

    Shapes: ``X`` (n, dim) → (n,), values 0..k-1.

    Raises
    ------
    ValueError
        If there are fewer different rows than clusters.
    """
    different = np.unique(X, axis=0)
    if not 1 <= k <= len(different):
        raise ValueError(
            f"k={k} clusters of {len(X)} rows, {len(different)} of them different: "
            "ask for 1 to that many"
        )
    best, least = np.zeros(len(X), np.int64), np.inf
    for start in range(starts):
        order = sampling.permutation(len(different), seed, epoch=start, stream=START)
        clusters, loss = _lloyd(X, different[order[:k]])
        if loss < least:
            best, least = clusters, loss
    return best


def _lloyd(X: Float, centers: Float) -> tuple[NDArray[np.int64], float]:
    """Return clusters and their summed squared distances; an empty one keeps still."""
    clusters = np.full(len(X), -1)
    for _ in range(ROUNDS):
        # |x - m|^2 = |x|^2 - 2 x.m + |m|^2; the first term is the same for all m
        distance = (centers * centers).sum(axis=1) - 2 * (X @ centers.T)
        nearest = distance.argmin(axis=1)
        if np.array_equal(nearest, clusters):
            break
        clusters = nearest
        for s in range(len(centers)):
            if (clusters == s).any():
                centers[s] = X[clusters == s].mean(axis=0)
    return clusters, float(((X - centers[clusters]) ** 2).sum())
