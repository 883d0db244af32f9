"""How well clusters agree with classes. Chapter: ``context/matryoshka``."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def v_measure(labels: ArrayLike, clusters: ArrayLike) -> float:
    r"""Return the harmonic mean of homogeneity and completeness.

    .. math:: V = \frac{2hc}{h + c}, \qquad h = 1 - \frac{H(L \mid C)}{H(L)}, \qquad
              c = 1 - \frac{H(C \mid L)}{H(C)}

    where :math:`H` is entropy; an entropy of 0 makes its part 1. Shapes: (n,) twice.
    Source: Rosenberg and Hirschberg (2007). Oracle: scikit-learn's
    ``v_measure_score``.
    """
    y, c = np.asarray(labels), np.asarray(clusters)
    if y.ndim != 1 or y.shape != c.shape or not y.size:
        raise ValueError(f"labels and clusters must be (n,), got {y.shape}, {c.shape}")
    table = np.zeros((len(np.unique(y)), len(np.unique(c))))
    np.add.at(table, tuple(np.unique(x, return_inverse=True)[1] for x in (y, c)), 1.0)
    joint = _entropy(table.ravel())
    of_labels, of_clusters = (_entropy(table.sum(axis=axis)) for axis in (1, 0))
    shared = of_labels + of_clusters - joint
    h, c_ = (shared / e if e > 0 else 1.0 for e in (of_labels, of_clusters))
    return 2 * h * c_ / (h + c_) if h + c_ > 0 else 0.0


def _entropy(counts: NDArray[np.float64]) -> float:
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log(p)).sum())
