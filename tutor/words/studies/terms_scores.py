"""How well a table of cosines agrees with an ontology: one value a term.

A term is a test item: its row of cosines is compared with its row of the gold. Rows
are averaged afterwards, so that a resample draws terms and not pairs of them. Chapter:
``words/terms``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def rank_agreement(table: Floats, gold: Floats, pairs: Bools | None = None) -> Floats:
    """Return Spearman's correlation of each row with its gold row: (n,).

    The diagonal is left out; with ``pairs`` all others but these as well. NaN where
    one side is constant or fewer than three pairs are left.
    """
    chosen = np.ones(table.shape, bool) if pairs is None else pairs.copy()
    np.fill_diagonal(chosen, False)
    x, y = (_centred_ranks(np.where(chosen, a, np.nan)) for a in (table, gold))
    size = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    good = (size > 0) & (chosen.sum(axis=1) > 2)
    found = np.full(len(table), np.nan)
    np.divide((x * y).sum(axis=1), size, out=found, where=good)
    return found


def _centred_ranks(table: Floats) -> Floats:
    """Return the ranks of each row minus their mean; NaN has no rank and becomes 0."""
    ranks = rankdata(table, axis=1, nan_policy="omit")
    there = np.isfinite(ranks)
    count = np.maximum(there.sum(axis=1, keepdims=True), 1)
    mean = np.where(there, ranks, 0).sum(axis=1, keepdims=True) / count
    return np.where(there, ranks - mean, 0.0)


def partial_agreement(table: Floats, gold: Floats, counts: Ints) -> Floats:
    r"""Return :func:`rank_agreement` with the other term's frequency held fixed: (n,).

    .. math:: \frac{r_{xy} - r_{xz} r_{yz}}{\sqrt{(1 - r_{xz}^2)(1 - r_{yz}^2)}}
    """
    z = np.tile(np.asarray(counts, np.float64), (len(table), 1))
    xy, xz, yz = (
        rank_agreement(a, b) for a, b in ((table, gold), (table, z), (gold, z))
    )
    return np.asarray((xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2)))


def recall(table: Floats, near: Bools, k: int = 10) -> Floats:
    """Return the share of each row's neighbours among its ``k`` nearest: (n,).

    Of more than k neighbours, k is all there is to find. NaN where there is none.
    """
    scores = table.round(6)
    np.fill_diagonal(scores, -np.inf)
    top = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    hits = np.take_along_axis(near, top, axis=1).sum(axis=1)
    there = np.minimum(near.sum(axis=1), k)
    return np.where(there > 0, hits / np.maximum(there, 1), np.nan)


def each(score: Callable[..., Floats], stack: Floats, *given: object) -> Floats:
    """Return a score of each run, one value a term: (seeds, n)."""
    return np.stack([score(table, *given) for table in stack])


def paired(*stacks: Floats) -> list[Floats]:
    """Return score tables with the terms that have a value in all of them."""
    good = np.all([np.isfinite(stack).all(axis=0) for stack in stacks], axis=0)
    return [stack[:, good] for stack in stacks]
