r"""How sure a difference is: rank correlation, paired bootstrap, tests, power.

The convention of the course: values stand in a table (seeds, items), a run a row and a
test item a column, and a comparison keeps both paired. The interval then covers both
what another draw of the items and what another seed would have changed.

Left out: Bayesian comparison, and unpaired designs.
Chapter: ``words/evaluation``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.evaluate.correlation import (
    average_ranks,
    centred_ranks,
    sort,
    spearman,
    weighted_spearman,
)
from tutor.evaluate.significance import (
    Power,
    WilcoxonResult,
    correlation_interval,
    holm,
    power,
    wilcoxon,
)
from tutor.sampling import random_bits

__all__ = [
    "Effect",
    "Power",
    "WilcoxonResult",
    "average_ranks",
    "correlation_interval",
    "holm",
    "paired_bootstrap",
    "power",
    "spearman",
    "wilcoxon",
]

Table = NDArray[np.float64]
_Of = Callable[[Table, Table], Table]
Statistic = str | Callable[[Table, Table | None], float]

_ITEMS, _SEEDS = 101, 102  # streams of the resampling
_BLOCK = 1 << 16  # numbers worked on at once, to stay in the cache


@dataclass(frozen=True)
class Effect:
    """A measured value with its interval.

    Attributes
    ----------
    estimate : float
        The mean over seeds.
    low, high : float
        Ends of the interval of confidence ``level``.
    per_seed : tuple of float
        The value of each seed, in order.
    items : int
        How many test items each seed was measured on.
    level : float
        Between 0 and 1.
    """

    estimate: float
    low: float
    high: float
    per_seed: tuple[float, ...]
    items: int
    level: float = 0.95

    def __repr__(self) -> str:
        return (
            f"Effect({self.estimate:+.3f}, {self.level:.0%} in [{self.low:+.3f}, "
            f"{self.high:+.3f}]; {len(self.per_seed)} seeds x {self.items} items)"
        )


# --- paired bootstrap ----------------------------------------------------------------
def paired_bootstrap(
    treatment: ArrayLike,
    control: ArrayLike | None = None,
    *,
    gold: ArrayLike | None = None,
    statistic: Statistic = "mean",
    samples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Effect:
    r"""Return a statistic's difference and its interval over items and seeds.

    .. math:: \Delta = \frac1S \sum_s \bigl(T(a_s, g) - T(b_s, g)\bigr)

    where :math:`a_s, b_s` are the rows of treatment and control and :math:`T` the
    statistic. Each resample draws items and seeds with replacement and takes the same
    ones on both sides, so that what is hard for both cancels. The ends are percentiles.

    Parameters
    ----------
    treatment, control : "seeds items" arrays
        One run a row. A method without randomness may be one row against several.
        Without control the statistic itself is returned.
    gold : "items" array, optional
        Needed by ``"spearman"``.
    statistic : {"mean", "spearman"} or callable
        ``f(values (items,), gold (items,) or None) -> float``; a callable is called
        ``samples * seeds`` times a side.
    samples : int
        Resamples, at least 100.
    level : float
        Confidence, between 0 and 1.

    Raises
    ------
    ValueError
        When shapes do not pair, values are NaN, or gold is missing.

    Notes
    -----
    With few seeds the interval is somewhat too narrow for what a new seed would bring:
    by about :math:`\sqrt{(S-1)/S}` in that part. A resample in which the statistic does
    not exist (all its values are equal) takes no part in the percentiles. Source: Efron
    and Tibshirani (1993), chapters 6 and 13; Berg-Kirkpatrick, Burkett and Klein
    (2012).
    """
    a, b, g = _paired(treatment, control, gold)
    if samples < 100 or not 0 < level < 1:
        raise ValueError(
            f"needed samples >= 100 and 0 < level < 1, got {samples} and {level}"
        )
    if statistic == "spearman" and g is None:
        raise ValueError("statistic='spearman' needs gold, one value an item")
    seeds, items = max(len(a), len(b)), a.shape[1]
    pick = _evaluator(statistic, a, b, g)
    per_seed = np.broadcast_to(pick(np.ones((items, 1))), (1, seeds))[0]
    if np.isnan(per_seed).any():
        raise ValueError("the statistic does not exist here: all values are equal")
    draws = []
    for start in range(0, samples, max(1, _BLOCK // items)):
        block = np.arange(start, min(samples, start + max(1, _BLOCK // items)))
        chosen = np.ascontiguousarray(_multiplicities(block, items, seed, _ITEMS).T)
        runs = _multiplicities(block, seeds, seed, _SEEDS)
        draws.append((pick(chosen) * runs).sum(axis=1) / seeds)
    tail = (1 - level) / 2
    low, high = np.nanquantile(np.concatenate(draws), [tail, 1 - tail])
    mean = float(np.mean(per_seed))
    return Effect(
        mean, float(low), float(high), tuple(map(float, per_seed)), items, level
    )


def _paired(
    treatment: ArrayLike, control: ArrayLike | None, gold: ArrayLike | None
) -> tuple[Table, Table, Table | None]:
    a = np.atleast_2d(np.asarray(treatment, dtype=np.float64))
    b = a[:0] if control is None else np.atleast_2d(np.asarray(control, np.float64))
    g = None if gold is None else np.asarray(gold, dtype=np.float64)
    if a.ndim != 2 or 0 in a.shape or a.shape[1] < 2 or b.shape[1:] != a.shape[1:]:
        raise ValueError(
            "treatment and control must be (seeds, items) with the same items, got "
            f"{a.shape} and {b.shape}"
        )
    if len({len(a), len(b)} - {0, 1}) > 1:
        raise ValueError(
            f"{len(a)} seeds cannot be paired with {len(b)}: use the same seeds on "
            "both sides, or one row on one side"
        )
    if g is not None and g.shape != a.shape[1:]:
        raise ValueError(f"gold must have {a.shape[1]} values, got shape {g.shape}")
    for name, table in (("treatment", a), ("control", b), ("gold", g)):
        if table is not None and not np.isfinite(table).all():
            raise ValueError(
                f"{int((~np.isfinite(table)).sum())} values of {name} are NaN or "
                "infinite: decide what a missing item scores, and say so"
            )
    return a, b, g


def _evaluator(
    statistic: Statistic, a: Table, b: Table, g: Table | None
) -> Callable[[Table], Table]:
    """Return the function weights (items, samples) → differences (samples, seeds)."""
    of: _Of
    if statistic == "mean":
        of = _mean
    elif statistic == "spearman" and g is not None:
        of = _spearman(np.concatenate([a, b]), g)
    elif callable(statistic):
        of = _any(statistic, g)
    else:
        raise ValueError(
            f"unknown statistic {statistic!r}; there are 'mean', 'spearman' and any "
            "function of (values, gold)"
        )
    if len(b) == 0:
        return lambda weights: of(weights, a)

    def difference(weights: Table) -> Table:
        values = of(weights, np.concatenate([a, b]))
        return values[:, : len(a)] - values[:, len(a) :]

    return difference


def _mean(weights: Table, values: Table) -> Table:
    means: Table = (weights.T @ values.T) / weights.sum(axis=0)[:, None]
    return means


def _spearman(values: Table, gold: Table) -> _Of:
    """Sort every list once; a resample then needs no sorting."""
    lists, reference = [sort(row) for row in values], sort(gold)

    def of(weights: Table, _: Table) -> Table:
        g = centred_ranks(weights, reference)
        return np.stack(
            [weighted_spearman(weights, centred_ranks(weights, x), g) for x in lists],
            axis=1,
        )

    return of


def _any(statistic: Callable[[Table, Table | None], float], gold: Table | None) -> _Of:
    def of(weights: Table, values: Table) -> Table:
        result = np.empty((weights.shape[1], len(values)))
        for i, row in enumerate(weights.T.astype(np.int64)):
            chosen = np.repeat(np.arange(len(row)), row)
            part = None if gold is None else gold[chosen]
            result[i] = [statistic(v[chosen], part) for v in values]
        return result

    return of


def _multiplicities(
    block: NDArray[np.int64], n: int, seed: int, stream: int
) -> NDArray[np.float64]:
    """Return how often each of n things is drawn in each resample: (samples, n)."""
    bits = random_bits(seed, 0, stream, block[:, None] * n + np.arange(n))
    drawn = ((bits >> np.uint64(40)) * np.uint64(n) >> np.uint64(24)).astype(np.int64)
    drawn += np.arange(len(block))[:, None] * n
    counts = np.bincount(drawn.ravel(), minlength=len(block) * n)
    return counts.reshape(len(block), n).astype(np.float64)
