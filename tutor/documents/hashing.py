r"""Bits from real vectors: random hyperplanes, and iterative quantization.

Both keep one bit a direction, its sign. Random hyperplanes (LSH) look at nothing: each
bit splits space by chance, and the share of differing bits estimates the angle. ITQ
looks at the data: it keeps the directions of largest variance and turns them until the
corners of the cube lie where the documents are.

Left out: several tables and their lookup (chapter ``systems/search``).
Sources: Charikar (2002); Gong and Lazebnik (2011). Chapter: ``documents/paragraphs``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.geometry import principal_directions, procrustes
from tutor.sampling import random_bits, uniform

Matrix = NDArray[np.float64]
Codes = NDArray[np.bool_]
HYPERPLANES, ROTATION, COINS = 103, 104, 105
"""Streams of the draws of this module; the others are those of ``tutor.sampling``."""


class Hash(NamedTuple):
    """A learned or drawn hash: what is taken off, and one column a bit."""

    mean: Matrix
    planes: Matrix


def hash_codes(vectors: ArrayLike, learned: Hash) -> Codes:
    r"""Return the bits :math:`b_k = \mathbb 1[(x - \mu) \cdot w_k > 0]`.

    Shapes: (n, dim) → (n, bits) bool.
    """
    X = np.asarray(vectors, np.float64)
    if X.ndim != 2 or X.shape[1] != len(learned.planes):
        raise ValueError(
            f"vectors must be (n, {len(learned.planes)}), as when the hash was made, "
            f"got {X.shape}"
        )
    return np.asarray((X - learned.mean) @ learned.planes > 0)


def normal_draws(rows: int, columns: int, seed: int, stream: int) -> Matrix:
    r"""Return standard normal draws (rows, columns), by Box and Muller's formula.

    .. math:: \sqrt{-2 \log(1 - u)}\,\cos(2 \pi v)
    """
    places = np.arange(2 * rows * columns)
    u, v = uniform(seed, 0, stream, places).reshape(2, rows, columns)
    drawn: Matrix = np.sqrt(-2 * np.log1p(-u)) * np.cos(2 * np.pi * v)
    return drawn


def lsh(vectors: ArrayLike, bits: int, *, seed: int = 0, center: bool = True) -> Hash:
    r"""Draw random hyperplanes for vectors like these.

    .. math:: P\bigl(b_k(x) \ne b_k(y)\bigr) = \frac{\angle(x, y)}{\pi}, \qquad
              w_k \sim N(0, I)

    Parameters
    ----------
    vectors : (n, dim)
        Only their mean is looked at, and only with ``center``.
    bits : int
        At least 1; may exceed ``dim``.
    center : bool
        Take the mean off first: planes through the origin split a cloud badly that
        lies to one side of it.

    Source: Charikar (2002).
    """
    X = _checked(vectors, bits)
    mean = X.mean(axis=0) if center else np.zeros(X.shape[1])
    return Hash(mean, normal_draws(X.shape[1], bits, seed, HYPERPLANES))


def itq(
    vectors: ArrayLike, bits: int, *, seed: int = 0, iterations: int = 50
) -> tuple[Hash, Matrix]:
    r"""Learn ITQ: principal directions, turned to lose least by taking signs.

    .. math:: \min_{B, R}\; \lVert B - Z R \rVert_F^2, \qquad
              B \in \{-1, 1\}^{n \times k}, \; R^\top R = I, \; Z = (X - \mu) P

    In turns: with R fixed, :math:`B = \operatorname{sign}(ZR)`; with B fixed, R is the
    orthogonal Procrustes solution that carries Z onto B. Neither step can raise the
    loss.

    Parameters
    ----------
    vectors : (n, dim)
        To learn from; at least ``bits`` rows and columns.
    bits : int
    seed : int
        The random rotation to start from.
    iterations : int
        Turns.

    Returns
    -------
    hash : Hash
    losses : (iterations + 1,)
        The mean loss an entry at the start and after each turn: never rises.

    Source: Gong and Lazebnik (2011).
    """
    X = _checked(vectors, bits)
    if bits > min(X.shape):
        raise ValueError(
            f"{bits} bits need as many rows and columns, got vectors of shape "
            f"{X.shape}: lower bits, or use lsh"
        )
    if iterations < 1:
        raise ValueError(f"iterations must be at least 1, got {iterations}")
    mean, P = X.mean(axis=0), principal_directions(X, bits).T
    Z = (X - mean) @ P
    R = np.linalg.qr(normal_draws(bits, bits, seed, ROTATION))[0]
    losses = [_quantization_loss(Z @ R)]
    for _ in range(iterations):
        R = procrustes(Z, np.where(Z @ R > 0, 1.0, -1.0))
        losses.append(_quantization_loss(Z @ R))
    return Hash(mean, P @ R), np.array(losses)


def _quantization_loss(rotated: Matrix) -> float:
    return float(np.mean((np.abs(rotated) - 1) ** 2))


def random_codes(n: int, bits: int, *, seed: int = 0) -> Codes:
    """Return fair coin flips (n, bits): codes that know nothing, the chance level."""
    if n < 1 or bits < 1:
        raise ValueError(f"need at least one code of one bit, got {n} x {bits}")
    drawn = random_bits(seed, 0, COINS, np.arange(n * bits))
    return (drawn >> np.uint64(63)).astype(bool).reshape(n, bits)


def _checked(vectors: ArrayLike, bits: int) -> Matrix:
    X = np.asarray(vectors, np.float64)
    if X.ndim != 2 or 0 in X.shape or not np.isfinite(X).all():
        raise ValueError(
            f"vectors must be a finite matrix (n, dim), got shape {X.shape}"
        )
    if bits < 1:
        raise ValueError(f"bits must be at least 1, got {bits}")
    return X
