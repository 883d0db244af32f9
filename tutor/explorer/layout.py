"""Where the points of a map lie, and how much of the truth that costs.

Two dimensions cannot hold a hundred. These functions place the points (principal
components, with fixed signs) and measure what was lost, so that a map is never shown
without its distortion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import geometry

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Distortion:
    """What a map of two dimensions keeps.

    Attributes
    ----------
    variance : float or None
        Share of the variance along the two axes, 0..1; None for given coordinates.
    trustworthiness : float or None
        1 when every point's neighbours on the map are its neighbours in the full
        space, about 0.5 for a random map; None when there are too few points.
    neighbours : int
        Size of the neighbourhood that ``trustworthiness`` looks at.
    """

    variance: float | None
    trustworthiness: float | None
    neighbours: int


def principal_components(rows: ArrayLike) -> tuple[Array, float]:
    r"""Return the coordinates on the first two principal components, and their share.

    .. math:: Y = (X - \bar{x}) [v_1, v_2]

    where :math:`v_1, v_2` are the directions of largest variance, their signs fixed as
    in :func:`tutor.geometry.principal_directions`.

    Shapes: ``rows`` (n, d) → (n, 2) and a share of the variance in 0..1. With d = 1
    or one point the second coordinate is zero.
    """
    centred = geometry.mean_center(rows)
    count = min(2, *centred.shape)
    flat = np.zeros((len(centred), 2))
    flat[:, :count] = centred @ geometry.principal_directions(centred, count).T
    return flat, float(geometry.explained_variance(centred, count).sum())


def distortion(rows: Array, flat: Array, variance: float | None) -> Distortion:
    """Return what the map ``flat`` keeps of ``rows``.

    The neighbourhood is 12 points, or fewer on a small map (below n / 2, where
    trustworthiness is defined).

    Shapes: ``rows`` (n, d), ``flat`` (n, 2).
    """
    k = min(12, (len(rows) - 1) // 2)
    trust = geometry.trustworthiness(rows, flat, k) if k >= 1 else None
    return Distortion(variance, trust, max(k, 1))


def nearest_rows(rows: Array, k: int) -> tuple[NDArray[np.int64], Array]:
    """Return each row's k nearest other rows by inner product, best first.

    Cosines are rounded to 6 decimals, as in ``Embedding.nearest``; ties go to the
    smaller row number.

    Shapes: ``rows`` (n, d) of unit length → indices (n, k) and cosines (n, k).
    """
    scores = np.clip(np.round(rows @ rows.T, 6), -1.0, 1.0)
    np.fill_diagonal(scores, -np.inf)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(scores, order, axis=1)
