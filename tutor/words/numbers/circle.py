r"""DICE: numbers on a half circle, whose cosines follow their distance.

In the plane, exactly; in more dimensions, less and less. Left out: the penalty that
bends trained vectors towards such cosines. Source: Sundararaman et al. (2020).
Chapter: ``words/numbers``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.words.numbers.axes import random_rotation
from tutor.words.numbers.config import NumberConfig, fill

Table = NDArray[np.float64]


def angle(numbers: ArrayLike, config: NumberConfig) -> Table:
    r"""Return the angle of each number on DICE's half circle.

    .. math:: \theta(x) = \pi \, \frac{x - a}{b - a}

    Shapes: (n,) → (n,), in [0, π].

    Raises
    ------
    ValueError
        For a number outside [a, b]: past π the circle comes back, and two numbers far
        apart would look alike.
    """
    x = np.asarray(numbers, dtype=np.float64)
    if x.ndim != 1 or not np.isfinite(x).all():
        bad = int((~np.isfinite(x)).sum())
        raise ValueError(
            f"needed numbers (n,), got shape {x.shape} with {bad} NaN or infinite"
        )
    outside = (x < config.low) | (x > config.high)
    if outside.any():
        raise ValueError(
            f"{int(outside.sum())} numbers lie outside [{config.low:g}, "
            f"{config.high:g}], the first is {x[outside][0]:g}: DICE must know its "
            "range before; state a wider one"
        )
    theta: Table = np.pi * (x - config.low) / (config.high - config.low)
    return theta


def dice(numbers: ArrayLike, config: NumberConfig, *, planar: bool = False) -> Table:
    r"""Return DICE vectors of length 1: an angle, spread over dim dimensions.

    .. math:: v_k = \sin^{k-1}\theta \, \cos\theta \quad (k < D), \qquad
              v_D = \sin^{D-1}\theta, \qquad z = Q v

    where :math:`\theta` is `angle` and :math:`Q` a random orthonormal basis.
    ``planar`` keeps two coordinates, :math:`v = (\cos\theta, \sin\theta, 0, \dots)`:
    DICE-2, whose cosines are exactly :math:`\cos(\theta_x - \theta_y)`.

    Shapes: (n,) → (n, dim). Unlike the other codes it takes fractions.

    What differs: public programs write :math:`\sin^D\theta` in the last place; the
    length is then not quite 1. D - 1 is the power of spherical coordinates, and D = 2
    then gives DICE-2. Source: Sundararaman et al. (2020).
    """
    theta = angle(numbers, config)
    D = 2 if planar else config.dim
    powers: Table = np.sin(theta)[:, None] ** np.arange(D, dtype=np.float64)
    v: Table = powers * np.where(np.arange(D) < D - 1, np.cos(theta)[:, None], 1.0)
    turned: Table = fill(v, config.dim) @ random_rotation(config.dim, config.seed).T
    return turned
