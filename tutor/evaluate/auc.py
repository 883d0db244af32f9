r"""The area under the ROC curve, and its difference between two methods.

It is the share of (positive, negative) pairs in which the positive one scores higher; a
tie counts half. Chapter: ``systems/multiplexing``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling
from tutor.evaluate.correlation import average_ranks
from tutor.evaluate.statistics import Effect

_ITEMS, _SEEDS = 111, 112  # streams of the resampling
Table = NDArray[np.float64]


def auc(scores: ArrayLike, labels: ArrayLike) -> float:
    r"""Return the area under the ROC curve.

    .. math:: \frac{\sum_{i:\, y_i = 1} r_i - P(P+1)/2}{P N}

    where :math:`r_i` is the rank of score i among all (ties share the mean), P counts
    the positives and N the negatives. Shapes: both (n,).

    Raises
    ------
    ValueError
        When there is no positive or no negative, or a score is not finite.

    Source: Mann and Whitney (1947); scikit-learn's ``roc_auc_score``.
    """
    s, y = _checked(np.asarray(scores)[None], labels)
    positives = int(y.sum())
    negatives = len(y) - positives
    ranks = average_ranks(s[0])
    total = ranks[y].sum() - positives * (positives + 1) / 2
    return float(total / (positives * negatives))


def auc_difference(
    treatment: ArrayLike,
    control: ArrayLike | None,
    labels: ArrayLike,
    *,
    samples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Effect:
    """Return treatment's AUC minus control's, its interval over rows and seeds.

    As :func:`tutor.evaluate.statistics.paired_bootstrap`: each resample draws test rows
    and seeds with replacement and takes the same ones on both sides.

    Parameters
    ----------
    treatment, control : "seeds rows" arrays
        Scores, higher for positives. Without control the AUC itself is returned.
    labels : "rows" array of 0 and 1
    samples : int
        Resamples, at least 100.
    level : float
        Confidence, between 0 and 1.

    Raises
    ------
    ValueError
        When shapes do not pair, scores are not finite, or one class is missing.
    """
    if samples < 100 or not 0 < level < 1:
        raise ValueError(
            f"needed samples >= 100 and 0 < level < 1, got {samples} and {level}"
        )
    a, y = _checked(treatment, labels)
    sides = [a] if control is None else [a, _checked(control, labels)[0]]
    if len({side.shape for side in sides}) > 1:
        raise ValueError(f"sides must pair, got {[side.shape for side in sides]}")
    count, n = a.shape
    areas = [[_area(row, y) for row in side] for side in sides]

    def difference(weights: Table) -> Table:
        found = np.array([[of(weights) for of in side] for side in areas])
        gap: Table = found[0] if len(found) == 1 else found[0] - found[1]
        return gap

    per_seed = difference(np.ones(n))
    draws = []
    for i in range(samples):
        rows = sampling.integers(seed, i, _ITEMS, np.arange(n), n)
        runs = sampling.integers(seed, i, _SEEDS, np.arange(count), count)
        weights = np.bincount(rows, minlength=n).astype(np.float64)
        draws.append(difference(weights)[runs].mean())
    tail = (1 - level) / 2
    low, high = np.nanquantile(draws, [tail, 1 - tail])
    mean = float(per_seed.mean())
    return Effect(mean, float(low), float(high), tuple(map(float, per_seed)), n, level)


def _area(scores: Table, y: NDArray[np.bool_]) -> Callable[[Table], float]:
    """Sort once; return the function from the rows' weights to the AUC."""
    order = np.argsort(scores, kind="stable")
    s, right = scores[order], y[order]
    first = np.searchsorted(s, s[right], side="left")
    last = np.searchsorted(s, s[right], side="right")

    def of(weights: Table) -> float:
        w = weights[order]
        below = np.concatenate([[0.0], np.cumsum(np.where(right, 0.0, w))])
        mine = w[right]
        pairs = mine.sum() * below[-1]
        won = mine @ (below[first] + below[last]) / 2
        return float(won / pairs) if pairs else float("nan")

    return of


def _checked(scores: ArrayLike, labels: ArrayLike) -> tuple[Table, NDArray[np.bool_]]:
    s = np.atleast_2d(np.asarray(scores, dtype=np.float64))
    y = np.asarray(labels)
    if s.ndim != 2 or y.shape != s.shape[1:]:
        raise ValueError(f"needed one label a score, got {s.shape} and {y.shape}")
    if not np.isfinite(s).all():
        raise ValueError(f"{int((~np.isfinite(s)).sum())} scores are NaN or infinite")
    if not np.isin(y, (0, 1)).all():
        raise ValueError("labels must be 0 or 1 (or False and True)")
    y = y.astype(bool)
    if y.all() or not y.any():
        raise ValueError(
            f"all {len(y)} labels are {int(y.any())}: the AUC compares positives with "
            "negatives and needs both"
        )
    return s, y
