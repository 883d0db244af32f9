r"""Signed-rank test, many tests at once, and how many items a test set needs.

Reached through ``tutor.evaluate.statistics``. Chapter: ``words/evaluation``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.evaluate.correlation import average_ranks

_NORMAL = NormalDist()


class HasInterval(Protocol):
    """What `power` reads from an ``Effect``."""

    @property
    def low(self) -> float: ...  # noqa: D102
    @property
    def high(self) -> float: ...  # noqa: D102
    @property
    def items(self) -> int: ...  # noqa: D102
    @property
    def level(self) -> float: ...  # noqa: D102


# --- Wilcoxon's signed ranks ---------------------------------------------------------
@dataclass(frozen=True)
class WilcoxonResult:
    """The smaller rank sum, the two-sided p, how many pairs differ, and which way."""

    statistic: float
    p: float
    n: int
    exact: bool

    def __repr__(self) -> str:
        kind = "exact" if self.exact else "normal approximation"
        return f"Wilcoxon(W={self.statistic:g}, p={self.p:.2g}, n={self.n}, {kind})"


def wilcoxon(treatment: ArrayLike, control: ArrayLike | None = None) -> WilcoxonResult:
    r"""Test whether paired differences are symmetric about zero.

    .. math:: W = \min\Bigl(\sum_{d_i > 0} r_i, \sum_{d_i < 0} r_i\Bigr)

    where :math:`r_i` is the rank of :math:`|d_i|` among the differences that are not
    zero. Up to 50 pairs without ties the p is exact (all 2ⁿ sign patterns, counted by
    convolution), else normal with tie correction.

    Shapes: (n,) twice, or (n,) differences alone. Raises ``ValueError`` when no pair
    differs. Oracle: ``scipy.stats.wilcoxon``. Source: Wilcoxon (1945). With 5 seeds the
    smallest possible p is 2/32 = .0625: seeds alone cannot reach .05.
    """
    d = np.asarray(treatment, dtype=np.float64)
    if control is not None:
        other = np.asarray(control, dtype=np.float64)
        if other.shape != d.shape:
            raise ValueError(f"pairs need one shape, got {d.shape} and {other.shape}")
        d = d - other
    if d.ndim != 1 or not np.isfinite(d).all():
        raise ValueError(f"differences must be finite and (n,), got shape {d.shape}")
    d = d[d != 0]
    n = len(d)
    if n == 0:
        raise ValueError("no pair differs, so there is nothing to test")
    ranks = average_ranks(np.abs(d))
    total = n * (n + 1) / 2
    up = float(ranks[d > 0].sum())
    small = min(up, total - up)
    ties = np.unique(ranks, return_counts=True)[1]
    if n <= 50 and ties.max() == 1:
        return WilcoxonResult(small, _exact_p(int(small), n), n, True)
    variance = n * (n + 1) * (2 * n + 1) / 24 - float((ties**3 - ties).sum()) / 48
    z = (small - total / 2) / math.sqrt(variance)
    return WilcoxonResult(small, min(1.0, 2 * _NORMAL.cdf(z)), n, False)


def _exact_p(small: int, n: int) -> float:
    ways = np.ones(1)
    for rank in range(1, n + 1):
        longer = np.zeros(len(ways) + rank)
        longer[: len(ways)] += ways
        longer[rank:] += ways
        ways = longer
    return min(1.0, 2 * float(ways[: small + 1].sum()) / 2.0**n)


# --- several tests -------------------------------------------------------------------
def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    r"""Return p-values adjusted for having looked several times.

    .. math:: \tilde p_{(i)} = \max_{j \le i} \min\bigl(1, (m - j + 1)\, p_{(j)}\bigr)

    where :math:`p_{(1)} \le \dots \le p_{(m)}`. Rejecting where :math:`\tilde p \le
    \alpha` makes any false rejection at most :math:`\alpha` likely, whatever the tests
    share. Shapes: (m,) → (m,), in the order given. Source: Holm (1979).
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p-values must be (m,) and lie in [0, 1], got {p}")
    order = np.argsort(p, kind="stable")
    scaled = np.minimum(1.0, p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(scaled)
    return adjusted


# --- power ---------------------------------------------------------------------------
@dataclass(frozen=True)
class Power:
    """What a test set can see: the smallest difference found ``power`` of the time."""

    detectable: float
    items: int
    level: float
    power: float

    def __repr__(self) -> str:
        return (
            f"Power(differences from {self.detectable:.3f} with {self.items} items, "
            f"found {self.power:.0%} of the time at level {self.level:.0%})"
        )

    def items_needed(self, difference: float) -> int:
        r"""Return the items at which ``difference`` is found as often.

        .. math:: n' = n \, (\delta / \delta')^2

        The interval shrinks with :math:`\sqrt n` as long as new items are like the old.
        """
        if not difference > 0:
            raise ValueError(f"difference must be positive, got {difference}")
        return math.ceil(self.items * (self.detectable / difference) ** 2)


def power(effect: HasInterval, *, power: float = 0.8) -> Power:
    r"""Return the smallest true difference a comparison like this one would find.

    .. math:: \delta = (z_{1-\alpha/2} + z_{\beta})\, \sigma, \qquad
              \sigma = \frac{h - l}{2 z_{1-\alpha/2}}

    where :math:`[l, h]` is the interval of the measured comparison, :math:`1-\alpha`
    its level and :math:`\beta` the power: how often such a difference would be found.
    The width is used, never the estimate: power "after the fact" from the estimate only
    repeats the p-value (Hoenig and Heisey 2001).
    """
    _check_share(power, "power")
    z = _NORMAL.inv_cdf(0.5 + effect.level / 2)
    sigma = (effect.high - effect.low) / (2 * z)
    detectable = (z + _NORMAL.inv_cdf(power)) * sigma
    return Power(detectable, effect.items, effect.level, power)


def correlation_interval(
    rho: float, n: int, *, level: float = 0.95
) -> tuple[float, float]:
    r"""Return the interval of one Spearman correlation from n pairs, by formula.

    .. math:: \tanh\Bigl(\operatorname{artanh} \rho \pm
              z \sqrt{\tfrac{1 + \rho^2/2}{n - 3}}\Bigr)

    Source: Bonett and Wright (2000). Shapes: numbers, n ≥ 4.
    """
    if not -1 < rho < 1 or n < 4:
        raise ValueError(f"needed -1 < rho < 1 and n >= 4, got {rho} and {n}")
    _check_share(level, "level")
    reach = _NORMAL.inv_cdf(0.5 + level / 2) * math.sqrt((1 + rho**2 / 2) / (n - 3))
    return math.tanh(math.atanh(rho) - reach), math.tanh(math.atanh(rho) + reach)


def _check_share(value: float, name: str) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {value}")
