"""Ranks with ties, and the rank correlation of one list or of thousands of resamples.

Reached through ``tutor.evaluate.statistics``. Chapter: ``words/evaluation``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Table = NDArray[np.float64]


class Sorted(NamedTuple):
    """A list's order, where runs of equal values start, and each item's run."""

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    run: NDArray[np.int64]


def average_ranks(values: ArrayLike) -> Table:
    """Return ranks 1..n of a list, equal values sharing the mean of their ranks."""
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1:
        raise ValueError(f"average_ranks needs one list (n,), got shape {x.shape}")
    if not len(x):
        return np.empty(0)
    return weighted_ranks(np.ones((len(x), 1)), sort(x))[:, 0]


def spearman(x: ArrayLike, y: ArrayLike) -> float:
    r"""Return the rank correlation of two lists.

    .. math:: \rho = \frac{\operatorname{cov}(r_x, r_y)}{\sigma_{r_x} \sigma_{r_y}}

    where :math:`r` are `average_ranks`. Shapes: (n,), (n,) → float in [-1, 1]. Raises
    ``ValueError`` for other shapes, fewer than 2 items, NaN, or a list of equal values,
    for which no correlation exists. Oracle: ``scipy.stats.spearmanr``.
    """
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1 or len(a) < 2:
        raise ValueError(
            f"spearman needs two lists of one length >= 2, got {a.shape} and {b.shape}"
        )
    ones = np.ones((len(a), 1))
    gold = centred_ranks(ones, sort(b))
    rho = float(weighted_spearman(ones, centred_ranks(ones, sort(a)), gold)[0])
    if math.isnan(rho):
        raise ValueError("no rank correlation: all values of one list are equal")
    return rho


def sort(x: Table) -> Sorted:
    """Sort a list once; every resample of it can then be ranked without sorting."""
    if np.isnan(x).any():
        raise ValueError(f"{int(np.isnan(x).sum())} values are NaN; drop them first")
    order = np.argsort(x, kind="stable")
    ordered = x[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    run = np.empty(len(x), dtype=np.int64)
    run[order] = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(x))))
    return Sorted(order, starts, run)


def weighted_ranks(weights: Table, items: Sorted) -> Table:
    """Return each item's average rank when item i stands ``weights[i, .]`` times.

    Shapes: (items, samples) → (items, samples). A resample only changes how often an
    item of the sorted list is counted, so a cumulative sum replaces the sort.
    """
    size = weights[items.order]
    if len(items.starts) < len(items.order):
        size = np.add.reduceat(size, items.starts, axis=0)
    middle = np.cumsum(size, axis=0)
    size -= 1.0
    size *= 0.5
    middle -= size
    ranks: Table = middle[items.run]
    return ranks


def centred_ranks(weights: Table, items: Sorted) -> Table:
    """Return `weighted_ranks` less their mean, which is half of one more than n."""
    ranks = weighted_ranks(weights, items)
    ranks -= 0.5 * (weights.sum(axis=0) + 1.0)
    return ranks


def weighted_spearman(weights: Table, ranks: Table, gold: Table) -> Table:
    """Return the correlation of centred ranks in each resample: 3 x (n, b) → (b,).

    NaN where a resample drew equal values alone: it has no correlation.
    """
    weighted = weights * ranks
    both = np.einsum("nb,nb->b", weighted, gold)
    own = np.einsum("nb,nb->b", weighted, ranks)
    other = np.einsum("nb,nb,nb->b", weights, gold, gold)
    with np.errstate(invalid="ignore"):
        rho: Table = both / np.sqrt(own * other)
    return rho
