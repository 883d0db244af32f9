r"""How sure an order of rungs is: ranks with intervals, drops, agreement of columns.

A table of means invites to read an order from it. Here the order itself is resampled:
test items and seeds are drawn anew, the same ones for all rungs, and every quantity
that depends on the order is taken again.

A rung that says the same of all pairs orders none: its correlation counts as 0.
Chapter: ``words/ladder``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling
from tutor.evaluate.statistics import Effect
from tutor.words.ladder.climb import Ladder
from tutor.words.ladder.score import statistic

Table = NDArray[np.float64]
_ITEMS, _SEEDS, _HALVES = 122, 123, 124  # streams of the resampling


# --- agreement of two orders ---------------------------------------------------------
def kendall(x: ArrayLike, y: ArrayLike) -> float:
    r"""Return Kendall's rank agreement of two lists, pairs equal in one left out.

    .. math:: \tau = \frac{C - D}{C + D}

    where C counts the pairs that both lists order alike and D those they order
    contrariwise: the γ of Goodman and Kruskal, which is τ where nothing is tied.
    Shapes: (n,), (n,) → float in [-1, 1].

    Raises
    ------
    ValueError
        For other shapes, values that are not finite, or no pair that both order.
    """
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1 or len(a) < 2:
        raise ValueError(
            f"kendall needs two lists of one length >= 2, got {a.shape} and {b.shape}"
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("kendall needs finite values; give an undefined score as 0")
    i, j = np.triu_indices(len(a), 1)
    signs = np.sign(a[i] - a[j]) * np.sign(b[i] - b[j])
    if not signs.any():
        raise ValueError("no pair is ordered by both lists, so they cannot agree")
    return float(signs.sum() / np.abs(signs).sum())


# --- resampling ----------------------------------------------------------------------
def multiplicities(n: int, samples: int, *, seed: int, stream: int) -> Table:
    """Return how often each of n things is drawn, n draws a resample: (n, samples)."""
    drawn = sampling.integers(seed, 0, stream, np.arange(n * samples), n)
    drawn += np.repeat(np.arange(samples), n) * n
    counts = np.bincount(drawn, minlength=n * samples).astype(np.float64)
    return np.asarray(counts.reshape(samples, n).T)


def run_scores(
    ladder: Ladder,
    names: Sequence[str],
    column: str,
    *,
    weights: Table | None = None,
    items: NDArray[np.int64] | None = None,
) -> Table:
    """Return the score of every run, 0 where undefined: (rungs, seeds, samples).

    ``items`` takes some of the column's items; ``weights`` (items, samples) resamples
    those.
    """
    of = ladder.column(column)
    chosen = np.arange(len(of)) if items is None else items
    gold = of.gold[chosen]
    found = [
        [statistic(of.kind, row[chosen], gold, weights) for row in rows]
        for rows in (ladder.values(name, column) for name in names)
    ]
    return np.asarray(np.nan_to_num(np.array(found), nan=0.0))


def resampled(
    ladder: Ladder, names: Sequence[str], column: str, *, samples: int, seed: int = 0
) -> Table:
    """Return each rung's mean score in each resample of items and seeds.

    Shapes: → (rungs, samples).
    """
    runs = len(ladder.marks[names[0]])
    items = multiplicities(
        len(ladder.column(column)), samples, seed=seed, stream=_ITEMS
    )
    seeds = multiplicities(runs, samples, seed=seed, stream=_SEEDS) / runs
    scores = run_scores(ladder, names, column, weights=items)
    return np.asarray(np.einsum("rsb,sb->rb", scores, seeds))


def _effect(
    estimate: float, draws: Table, per_seed: Sequence[float], items: int
) -> Effect:
    """Return an effect; its interval is widened to hold the estimate if need be."""
    low, high = np.quantile(draws, [0.025, 0.975])
    return Effect(
        estimate,
        float(min(low, estimate)),
        float(max(high, estimate)),
        tuple(map(float, per_seed)),
        items,
    )


# --- ranks and drops -----------------------------------------------------------------
def rank_intervals(
    ladder: Ladder, names: Sequence[str], column: str, *, samples: int = 1000
) -> dict[str, tuple[int, int, int]]:
    """Return each rung's rank, 1 the best, and the ends of its 95 % interval."""
    points = run_scores(ladder, names, column)[:, :, 0].mean(axis=1)
    draws = resampled(ladder, names, column, samples=samples)
    ranks = 1 + np.argsort(np.argsort(-draws, axis=0, kind="stable"), axis=0)
    own = 1 + np.argsort(np.argsort(-points, kind="stable"))
    ends = np.quantile(ranks, [0.025, 0.975], axis=1, method="nearest").T
    return {
        name: (int(rank), int(min(low, rank)), int(max(high, rank)))
        for name, rank, (low, high) in zip(names, own, ends, strict=True)
    }


def decided(
    ladder: Ladder,
    names: Sequence[str],
    column: str,
    *,
    margin: float,
    samples: int = 4000,
) -> NDArray[np.int64]:
    r"""Return which differences are decided: 1 up, −1 down, 0 neither.

    Entry (i, j) compares rung j with rung i: 1 where the interval of :math:`s_j - s_i`
    lies above ``margin``, −1 where it lies below ``-margin``. The level is Bonferroni's
    for all pairs, :math:`1 - 0.05 / \binom{n}{2}`, so that one look at the whole table
    is allowed. Shapes: → (rungs, rungs).
    """
    draws = resampled(ladder, names, column, samples=samples)
    tail = 0.05 / max(1, len(names) * (len(names) - 1))
    found = np.zeros((len(names), len(names)), dtype=np.int64)
    for i in range(len(names)):
        low, high = np.quantile(draws - draws[i], [tail, 1 - tail], axis=1)
        found[i] = (low > margin).astype(int) - (high < -margin).astype(int)
    return found


def rising(ladder: Ladder, column: str, *, samples: int = 1000) -> Effect:
    """Return how well the order of steps agrees with the order of scores: Kendall's τ.

    Rungs of one step are not compared with each other. 1 means that every later rung
    is better; each 1 % of pairs the other way round costs 0.02.
    """
    rungs = ladder.steps()
    names, steps = [r.name for r in rungs], [r.step or 0 for r in rungs]
    runs = run_scores(ladder, names, column)[:, :, 0]
    draws = resampled(ladder, names, column, samples=samples)
    return _effect(
        kendall(steps, runs.mean(axis=1)),
        np.array([kendall(steps, scores) for scores in draws.T]),
        [kendall(steps, scores) for scores in runs.T],
        len(ladder.column(column)),
    )


# --- do two columns order the rungs alike? -------------------------------------------
def agreement(
    ladder: Ladder, names: Sequence[str], one: str, other: str, *, samples: int = 1000
) -> Effect:
    """Return Kendall's τ of the rungs' orders by two columns, with its interval.

    Noise in either column lowers it, even where both mean the same order; see
    `columns_apart` for the comparison that noise cannot explain.
    """
    runs = [run_scores(ladder, names, c)[:, :, 0] for c in (one, other)]
    draws = [resampled(ladder, names, c, samples=samples) for c in (one, other)]
    return _effect(
        kendall(*(table.mean(axis=1) for table in runs)),
        np.array([kendall(a, b) for a, b in zip(*(d.T for d in draws), strict=True)]),
        [kendall(a, b) for a, b in zip(*(table.T for table in runs), strict=True)],
        sum(len(ladder.column(c)) for c in (one, other)),
    )


def columns_apart(
    ladder: Ladder, names: Sequence[str], one: str, other: str, *, samples: int = 400
) -> Effect:
    r"""Return how much less two columns agree with each other than with themselves.

    .. math:: \Delta = \tfrac14 \sum_{h, k} \tau(a_h, b_k)
              - \tfrac12 \bigl(\tau(a_1, a_2) + \tau(b_1, b_2)\bigr)

    where :math:`a_1, a_2` are the rungs' scores on two random halves of the items of
    one column, each from its half of the seeds, and :math:`b_1, b_2` of the other. The
    halves of a column share no item and no draw of labels. Where both columns mean one
    order, equal noise gives 0; if one column is noisier, the mean of two agreements
    exceeds what is to be expected across by a little (as the arithmetic mean exceeds
    the geometric), which a margin has to cover. The interval draws halves, items within
    halves, and seeds within halves.

    Raises
    ------
    ValueError
        For fewer than two seeds.
    """
    runs = len(ladder.marks[names[0]])
    if runs < 2:
        raise ValueError(f"need two seeds or more to halve them, got {runs}")
    draws, points = np.empty(samples), np.empty((samples, runs + 1))
    for b in range(samples):
        scores = [_halves(ladder, names, c, b) for c in (one, other)]
        parts = [half for pair in scores for half in pair]
        split = np.array_split(sampling.permutation(runs, b, stream=_SEEDS), 2)
        means = [parts[h][:, split[h % 2], 0].mean(axis=1) for h in range(4)]
        again = [_redraw(split[h], b) for h in range(2)]
        drawn = [parts[h][:, again[h % 2], 1].mean(axis=1) for h in range(4)]
        draws[b], points[b, -1] = _apart(drawn), _apart(means)
        for s in range(runs):
            seeds = (s, (s + 1) % runs)
            points[b, s] = _apart([parts[h][:, seeds[h % 2], 0] for h in range(4)])
    *per_seed, estimate = points.mean(axis=0)
    items = sum(len(ladder.column(c)) for c in (one, other))
    return _effect(float(estimate), draws, per_seed, items)


def _redraw(seeds: NDArray[np.int64], b: int) -> NDArray[np.int64]:
    """Return as many seeds, drawn from these with replacement."""
    n = len(seeds)
    place = sampling.integers(b, 1, _SEEDS, np.arange(n) + int(seeds.sum()), n)
    return np.asarray(seeds[place])


def _halves(ladder: Ladder, names: Sequence[str], column: str, b: int) -> list[Any]:
    """Return the scores on two random halves, as they are and resampled once."""
    n = len(ladder.column(column))
    order = sampling.permutation(n, b, stream=_HALVES)
    found = []
    for number, half in enumerate((order[: n // 2], order[n // 2 :])):
        once = multiplicities(len(half), 1, seed=2 * b + number, stream=_ITEMS)
        weights = np.concatenate([np.ones((len(half), 1)), once], axis=1)
        found.append(run_scores(ladder, names, column, weights=weights, items=half))
    return found


def _apart(scores: Sequence[Table]) -> float:
    """Return agreement across columns minus agreement within, of four score lists."""
    a, b, c, d = scores
    across = np.mean([kendall(x, y) for x in (a, b) for y in (c, d)])
    return float(across - (kendall(a, b) + kendall(c, d)) / 2)
