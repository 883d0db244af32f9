r"""Agreement of two groupings of the same items, corrected for chance.

Left out: measures that are not 0 for groupings drawn at random (purity, V-measure,
paired F-score): they rise with the number of groups and with a large one.
Chapter: ``words/senses``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def contingency(labels: ArrayLike, clusters: ArrayLike) -> NDArray[np.int64]:
    """Return how many items have each pair of label and cluster: (labels, clusters).

    Raises
    ------
    ValueError
        If the two do not name one group for each of the same items.
    """
    left, right = np.asarray(labels), np.asarray(clusters)
    if left.ndim != 1 or left.shape != right.shape or len(left) == 0:
        raise ValueError(
            "labels and clusters must be flat and name the same items, one or more; "
            f"got shapes {left.shape} and {right.shape}"
        )
    kinds, rows = np.unique(left, return_inverse=True)
    groups, columns = np.unique(right, return_inverse=True)
    cells = np.bincount(
        rows * len(groups) + columns, minlength=len(kinds) * len(groups)
    )
    return cells.reshape(len(kinds), len(groups))


def adjusted_rand_index(labels: ArrayLike, clusters: ArrayLike) -> float:
    r"""Return the adjusted Rand index: 1 for the same grouping, 0 expected by chance.

    .. math:: \mathrm{ARI} = \frac{\sum_{ij}\binom{n_{ij}}2 - E}
              {\tfrac12\bigl[\sum_i\binom{a_i}2 + \sum_j\binom{b_j}2\bigr] - E},
              \qquad E = \frac{\sum_i\binom{a_i}2 \sum_j\binom{b_j}2}{\binom n2}

    where :math:`n_{ij}` counts items with label i in cluster j, :math:`a_i` and
    :math:`b_j` are the sums of rows and columns, and E is what
    :math:`\sum\binom{n_{ij}}2` is on average when the items of one grouping are
    shuffled. It counts pairs of items that both groupings keep together.

    Shapes: ``labels``, ``clusters`` (n,) of anything that can be compared → scalar, at
    most 1; it may be a little below 0. Two groupings that cannot differ (both one
    group, or both all single items) give 1.

    Raises
    ------
    ValueError
        See :func:`contingency`.

    Source: Hubert and Arabie (1985), equation 5.
    """
    table = contingency(labels, clusters).astype(np.float64)
    n = table.sum()
    together = _pairs(table).sum()
    left, right = _pairs(table.sum(axis=1)).sum(), _pairs(table.sum(axis=0)).sum()
    expected = left * right / max(_pairs(n), 1.0)
    most = (left + right) / 2
    if most == expected:
        return 1.0
    return float((together - expected) / (most - expected))


def purity(labels: ArrayLike, clusters: ArrayLike) -> float:
    """Return the share of items whose label is the most frequent one of their cluster.

    Not corrected for chance: it is never below the share of the largest label, and
    splitting a cluster can only raise it.
    """
    table = contingency(labels, clusters)
    return float(table.max(axis=0).sum() / table.sum())


def _pairs(count: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(count * (count - 1) / 2)
