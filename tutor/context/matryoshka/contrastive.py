r"""Contrastive learning: pull pairs together, push the rest of the batch apart.

InfoNCE is also called multiple-negatives ranking loss and in-batch cross-entropy; some
libraries give it a scale, :math:`1 / \tau`, in place of the temperature. Throughout,
``pairs`` holds anchors and positives, (2, batch, dim).

Sources: van den Oord et al. (2018); Gao et al. (2021), "SimCSE"; Wang and Isola (2020)
for alignment and uniformity. Chapter: ``context/matryoshka``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.context.attention.reference import softmax
from tutor.context.matryoshka.config import check_batch, check_positive

Floats = NDArray[np.floating[Any]]


def unit(vectors: Floats) -> Floats:
    """Return vectors at length 1, along the last axis."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def unit_gradients(vectors: Floats, du: Floats) -> Floats:
    r"""Return the gradient by :math:`x` of a loss whose gradient by its unit is given.

    .. math:: dx = \frac{du - (du \cdot u)\,u}{\lVert x \rVert}, \qquad
              u = x / \lVert x \rVert

    Whatever points along the vector is lost: its length does not matter. Shapes: both
    (…, dim) → (…, dim).
    """
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    u = vectors / length
    return np.asarray((du - (du * u).sum(axis=-1, keepdims=True) * u) / length)


def info_nce_loss(pairs: ArrayLike, *, temperature: float = 0.05) -> float:
    r"""Return how badly anchors find their positives among those of the batch.

    .. math:: \ell = -\frac1B \sum_i \log
              \frac{e^{s_{ii}}}{\sum_j e^{s_{ij}}}, \qquad
              s_{ij} = \cos(a_i, p_j) / \tau

    Shapes: ``pairs`` (2, batch, dim), batch of 2 or more.

    Raises
    ------
    ValueError
        For a batch of one, a temperature of 0 or below, or a vector of zeros.
    """
    S = _scores(pairs, temperature)
    top = S.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(S - top).sum(axis=1)) + top[:, 0]
    return float((log_sum - np.diag(S)).mean())


def info_nce_gradients(pairs: ArrayLike, *, temperature: float = 0.05) -> Floats:
    r"""Return the gradient of :func:`info_nce_loss` by all its vectors.

    .. math:: dS = \frac1B (P - I), \qquad du = \frac1\tau\, dS\, V, \qquad
              dv = \frac1\tau\, dS^\top U

    where the rows of :math:`U, V` are anchors and positives at length 1, :math:`P` is
    the softmax of the rows of :math:`S`, and :func:`unit_gradients` does the rest.
    Shapes: (2, batch, dim) → the same.
    """
    X = np.asarray(pairs)
    S = _scores(X, temperature)
    dS = (softmax(S) - np.eye(len(S), dtype=S.dtype)) / len(S)
    U, V = unit(X)
    du = np.stack([dS @ V, dS.T @ U]) / temperature
    return unit_gradients(X, du)


def check_pairs(pairs: ArrayLike) -> Floats:
    """Return the pairs as an array, or say what is wrong with them."""
    X = np.asarray(pairs)
    if X.ndim != 3 or len(X) != 2:
        raise ValueError(f"pairs must be (2, batch, dim), got shape {X.shape}")
    check_batch(X.shape[1])
    zero = int((~X.any(axis=-1)).sum())
    if zero or not np.isfinite(X).all():
        raise ValueError(
            f"{zero} of {2 * X.shape[1]} vectors are zero and "
            f"{int((~np.isfinite(X)).sum())} entries are NaN or infinite: none of "
            "these has a direction"
        )
    return X


def _scores(pairs: ArrayLike, temperature: float) -> Floats:
    check_positive("temperature", temperature)
    U, V = unit(check_pairs(pairs))
    return np.asarray(U @ V.T / temperature)


# --- two things to look at -----------------------------------------------------------
def alignment(pairs: ArrayLike) -> float:
    r"""Return the mean squared distance of a pair at length 1; lower is better.

    .. math:: \frac1B \sum_i \lVert u_i - v_i \rVert^2 = 2 - \frac2B \sum_i u_i \cdot
              v_i

    Shapes: (2, batch, dim).
    """
    U, V = unit(check_pairs(pairs))
    return float(((U - V) ** 2).sum(axis=1).mean())


def uniformity(vectors: ArrayLike) -> float:
    r"""Return how far vectors at length 1 cover the sphere; lower is better.

    .. math:: \log \frac{2}{n (n - 1)} \sum_{i < j} e^{-2 \lVert u_i - u_j \rVert^2}

    It is 0 if all are equal, and :math:`-4` if any two are at right angles. Shapes:
    (n, dim), n of 2 or more.
    """
    X = np.asarray(vectors, dtype=np.float64)
    if X.ndim != 2 or len(X) < 2:
        raise ValueError(f"uniformity needs (n, dim) with n >= 2, got {X.shape}")
    U = unit(X)
    above = np.triu_indices(len(U), 1)
    square = 2 - 2 * (U @ U.T)[above]
    return float(np.log(np.exp(-2 * square).mean()))
