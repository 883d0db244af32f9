r"""Soft debiasing: one linear map that trades kept similarities against bias.

.. math:: f(X) = \lVert W X W^\top - W W^\top \rVert_F^2
          + \lambda \lVert N X B^\top \rVert_F^2, \qquad X = T^\top T \succeq 0

where the rows of :math:`W` are all words, of :math:`N` the words that should be
neutral, of :math:`B` the bias directions; words become :math:`W T^\top` at length 1.
Nothing larger than (d, d) is needed: with :math:`G = W^\top W`, :math:`P = N^\top N`,
:math:`Q = B^\top B` and :math:`\Delta = X - I`,

.. math:: f = \operatorname{tr}(\Delta G \Delta G) + \lambda \operatorname{tr}(X P X Q)

Source: Bolukbasi et al. (2016). Chapter: ``words/bias``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]
_STEPS, _TOLERANCE = 20_000, 1e-13


class SoftTransform(NamedTuple):
    """The map T (symmetric), X = T T, its loss, and whether the closed form held."""

    T: Matrix
    X: Matrix
    loss: float
    closed: bool


class Moments(NamedTuple):
    """What the objective reads from words, neutral words and directions: (d, d)."""

    G: Matrix
    P: Matrix
    Q: Matrix


def moments(words: ArrayLike, neutral: ArrayLike, directions: ArrayLike) -> Moments:
    """Return G, P and Q. Shapes: (n, d), (m, d), (k, d) → three (d, d)."""
    parts = [
        np.atleast_2d(np.asarray(x, np.float64)) for x in (words, neutral, directions)
    ]
    if len({x.shape[1] for x in parts}) > 1 or any(0 in x.shape for x in parts):
        raise ValueError(
            "words, neutral words and directions need rows of one length, got "
            f"{[x.shape for x in parts]}"
        )
    return Moments(*(x.T @ x for x in parts))


def soft_loss(X: ArrayLike, given: Moments, weight: float) -> float:
    """Return f(X), see the head of this module. Shapes: (d, d) → float."""
    S = np.asarray(X, dtype=np.float64)
    change = (S - np.eye(len(S))) @ given.G
    kept = np.einsum("ij,ji->", change, change)
    bias = np.einsum("ij,ji->", S @ given.P, S @ given.Q)
    return float(kept + weight * bias)


def soft_gradient(X: ArrayLike, given: Moments, weight: float) -> Matrix:
    r"""Return the gradient of f for symmetric X.

    .. math:: 2\, G \Delta G + \lambda\,(P X Q + Q X P)
    """
    S = np.asarray(X, dtype=np.float64)
    G, P, Q = given
    slope: Matrix = 2 * G @ (S - np.eye(len(S))) @ G + weight * (P @ S @ Q + Q @ S @ P)
    return slope


def soft_transform(
    words: ArrayLike, neutral: ArrayLike, directions: ArrayLike, weight: float = 0.2
) -> SoftTransform:
    r"""Return the map with the smallest loss.

    Put :math:`Y = G^{1/2} X G^{1/2}`, :math:`P' = G^{-1/2} P G^{-1/2}` and
    :math:`Z = G^{-1/2} B^\top`. The gradient is zero where

    .. math:: Y = G - \tfrac{\lambda}{2} \bigl(P' C Z^\top + Z C^\top P'\bigr),
              \qquad C = Y Z

    and multiplying by Z leaves d·k linear equations for C. If that Y has no negative
    eigenvalue it is the answer, since f is convex. Else f is minimised over
    :math:`Y \succeq 0` by projected, accelerated gradient steps.

    Shapes: (n, d), (m, d), (k, d) → `SoftTransform` of (d, d).

    Raises
    ------
    ValueError
        For shapes that do not fit, a weight below 0, or words that do not span all d
        dimensions (similarities then leave X undetermined).
    FloatingPointError
        If the projected steps have not settled after 20,000.
    """
    if not (np.isfinite(weight) and weight >= 0):
        raise ValueError(f"weight must be finite and 0 or more, got {weight}")
    given = moments(words, neutral, directions)
    values, E = np.linalg.eigh(given.G)
    if values[0] <= values[-1] * len(values) * np.finfo(float).eps:
        raise ValueError(
            f"{np.atleast_2d(words).shape[0]} words do not span all {len(values)} "
            "dimensions: give more words"
        )
    back = E / np.sqrt(values) @ E.T  # G to the power -1/2
    inner = back @ given.P @ back
    Z = back @ np.atleast_2d(np.asarray(directions, dtype=np.float64)).T
    Y = _stationary(given.G, inner, Z, weight)
    lowest = np.linalg.eigvalsh(Y)[0]
    closed = bool(lowest >= -1e-12 * values[-1])
    if not closed:
        Y = _projected(given.G, inner, Z @ Z.T, weight)
    X = back @ Y @ back
    X = (X + X.T) / 2
    size, V = np.linalg.eigh(X)
    T: Matrix = V * np.sqrt(np.maximum(size, 0)) @ V.T
    return SoftTransform(T, X, soft_loss(X, given, weight), closed)


def _stationary(G: Matrix, inner: Matrix, Z: Matrix, weight: float) -> Matrix:
    """Solve for C = YZ, then return Y. C is laid out row by row in the system."""
    d, k = Z.shape
    # C + w/2 (P' C Z'Z + Z C' P' Z) = G Z
    system = np.eye(d * k) + weight / 2 * np.kron(inner, Z.T @ Z)
    right = inner @ Z
    system += weight / 2 * np.einsum("ib,ja->iajb", Z, right).reshape(d * k, d * k)
    C = np.linalg.solve(system, (G @ Z).ravel()).reshape(d, k)
    half = inner @ C @ Z.T
    Y: Matrix = G - weight / 2 * (half + half.T)
    return Y


def _projected(G: Matrix, inner: Matrix, M: Matrix, weight: float) -> Matrix:
    """Minimise over positive semidefinite Y: accelerated, projected gradient steps."""
    # half the gradient is Y - G + w/2 (P'YM + MYP'); P' <= p, M <= m bound its slope
    most = np.linalg.eigvalsh(inner)[-1] * np.linalg.eigvalsh(M)[-1]
    step = 1 / (1 + weight * most)
    momentum = (1 - np.sqrt(step)) / (1 + np.sqrt(step))
    Y = ahead = G
    for _ in range(_STEPS):
        half = inner @ ahead @ M
        moved = ahead - step * (ahead - G + weight / 2 * (half + half.T))
        size, V = np.linalg.eigh((moved + moved.T) / 2)
        new: Matrix = V * np.maximum(size, 0) @ V.T
        change = np.linalg.norm(new - Y)
        ahead, Y = new + momentum * (new - Y), new
        if change <= _TOLERANCE * np.linalg.norm(G):
            return Y
    raise FloatingPointError(
        f"no minimum after {_STEPS} steps at weight {weight}: lower it, or scale the "
        "words"
    )
