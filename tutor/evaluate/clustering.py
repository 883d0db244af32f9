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


def adjusted_rand_index(
    labels: ArrayLike, clusters: ArrayLike, *, strata: ArrayLike | None = None
) -> float:
    r"""Return the adjusted Rand index: 1 for the same grouping, 0 expected by chance.

    .. math:: \mathrm{ARI} = \frac{\sum_g (T_g - E_g)}
              {\sum_g \bigl[\tfrac12(L_g + R_g) - E_g\bigr]}, \qquad
              E_g = \frac{L_g R_g}{\binom{n_g}2}

    where, within stratum g of :math:`n_g` items, :math:`T_g = \sum_{ij}\binom{n_{ij}}2`
    counts the pairs of items that both groupings keep together, :math:`L_g` and
    :math:`R_g` those that the labels and the clusters keep together, and :math:`E_g` is
    what :math:`T_g` is on average when clusters are shuffled within the stratum.

    Parameters
    ----------
    labels, clusters : "n" arrays
        Anything that can be compared.
    strata : "n" array, optional
        Only pairs of one stratum count: what the strata alone explain is worth nothing.
        Without it all items are one stratum, and this is the usual index.

    Returns
    -------
    float
        At most 1; it may be a little below 0. Groupings that cannot differ (both one
        group, or both all single items) give 1.

    Raises
    ------
    ValueError
        See :func:`contingency`.

    Notes
    -----
    Source: Hubert and Arabie (1985), equation 5; summing over strata is ours.
    """
    left, right = np.asarray(labels), np.asarray(clusters)
    groups = np.zeros(len(left), np.int8) if strata is None else np.asarray(strata)
    if groups.shape != left.shape:
        raise ValueError(
            f"strata must name one stratum an item: {groups.shape} for {left.shape}"
        )
    above = below = 0.0
    for group in np.unique(groups):
        part = groups == group
        table = contingency(left[part], right[part]).astype(np.float64)
        L, R = (_pairs(table.sum(axis=axis)).sum() for axis in (1, 0))
        expected = L * R / max(_pairs(table.sum()), 1.0)
        above += _pairs(table).sum() - expected
        below += (L + R) / 2 - expected
    return float(above / below) if below > 0 else 1.0


def purity(labels: ArrayLike, clusters: ArrayLike) -> float:
    """Return the share of items whose label is the most frequent one of their cluster.

    Not corrected for chance: it is never below the share of the largest label, and
    splitting a cluster can only raise it.
    """
    table = contingency(labels, clusters)
    return float(table.max(axis=0).sum() / table.sum())


def _pairs(count: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many pairs so many items make."""
    return np.asarray(count * (count - 1) / 2)
