r"""Ranks of the right answer among candidates, with an honest rule for ties.

Chapter: ``words/evaluation``; used by every link-prediction chapter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

DECIMALS = 6
"""Scores are rounded to this many decimals before they are ordered, so that equal
vectors tie on every machine."""


def best_rows(
    scores: ArrayLike, k: int, *, left_out: ArrayLike = ()
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the rows of the ``k`` highest scores by (-score, row), and the scores.

    Shapes: ``scores`` (n,), ``left_out`` some rows → two arrays, (k,) or fewer.
    Scores are rounded to six decimals first. Raises ``ValueError`` for k < 1.
    """
    if not isinstance(k, (int, np.integer)):
        raise TypeError(f"k must be a whole number, got {k!r}")
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    s: NDArray[np.float64] = np.asarray(scores, dtype=np.float64).round(DECIMALS)
    gone = np.unique(np.asarray(left_out, dtype=np.int64))
    s[gone] = -np.inf
    k = min(k, len(s) - len(gone))
    if k == 0:
        return np.empty(0, np.int64), np.empty(0)
    bar = np.partition(s, len(s) - k)[len(s) - k]
    rows = np.flatnonzero(s >= bar)
    rows = rows[np.lexsort((rows, -s[rows]))][:k]
    return rows, s[rows]


def realistic_ranks(
    scores: ArrayLike, target: ArrayLike, *, known: ArrayLike | None = None
) -> NDArray[np.float64]:
    r"""Return the expected rank of each query's target when ties are broken by lot.

    .. math:: r_q = 1 + \#\{c : s_{qc} > s_{qt}\}
              + \tfrac12 \#\{c \ne t : s_{qc} = s_{qt}\}

    where :math:`t` is the target's column. It lies between the optimistic rank (ties
    lose) and the pessimistic one (ties win): a model that scores all candidates alike
    gets :math:`(m + 1)/2`, not 1.

    Parameters
    ----------
    scores : "queries candidates" array
        Higher is better.
    target : "queries" int array
        The column of the right answer.
    known : "queries candidates" bool array, optional
        Other right answers, left out of the ranking ("filtered"); the target's own
        entry does not matter.

    Source: Berrendorf et al. (2020), section 3.
    """
    s = np.asarray(scores)
    t = np.asarray(target)
    if s.ndim != 2 or t.shape != s.shape[:1]:
        raise ValueError(
            f"scores must be (queries, candidates) and target (queries,), "
            f"got {s.shape} and {t.shape}"
        )
    if t.size and (t.min() < 0 or t.max() >= s.shape[1]):
        raise ValueError(f"targets must lie in 0..{s.shape[1] - 1}")
    if np.isnan(s).any():
        raise ValueError(f"{int(np.isnan(s).sum())} scores are NaN; they have no rank")
    own = s[np.arange(len(s)), t][:, None]
    rivals = np.ones(s.shape, dtype=bool) if known is None else ~np.asarray(known, bool)
    if rivals.shape != s.shape:
        raise ValueError(f"known must have the shape of scores, got {rivals.shape}")
    rivals[np.arange(len(s)), t] = False
    above = ((s > own) & rivals).sum(axis=1)
    equal = ((s == own) & rivals).sum(axis=1)
    ranks: NDArray[np.float64] = 1.0 + above + 0.5 * equal
    return ranks


def mrr(ranks: ArrayLike) -> float:
    r"""Return the mean reciprocal rank :math:`\frac1n \sum_q 1 / r_q`."""
    return float(np.mean(1.0 / _ranks(ranks)))


def hits(ranks: ArrayLike, k: int) -> float:
    r"""Return the share of ranks :math:`r_q \le k`."""
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    return float(np.mean(_ranks(ranks) <= k))


def adjusted_mean_rank_index(ranks: ArrayLike, candidates: ArrayLike) -> float:
    r"""Return the mean rank on a scale where 0 is chance and 1 is perfect.

    .. math:: 1 - \frac{\sum_q (r_q - 1)}{\sum_q (m_q - 1)/2}

    where :math:`m_q` is the number of candidates of a query, at least one of them more
    than 1. Source: Berrendorf et al. (2020).
    """
    r = _ranks(ranks)
    m = np.broadcast_to(np.asarray(candidates, dtype=np.float64), r.shape)
    chance = float(((m - 1) / 2).sum())
    if chance <= 0:
        raise ValueError("with one candidate a query there is nothing to rank")
    return 1.0 - float((r - 1).sum()) / chance


def _ranks(ranks: ArrayLike) -> NDArray[np.floating[Any]]:
    r = np.asarray(ranks, dtype=np.float64)
    if r.size == 0 or not (r >= 1).all():
        raise ValueError("ranks must be at least one number, each 1 or more")
    return r
