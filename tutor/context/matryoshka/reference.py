r"""Losses that train a vector to be good at every length, and a model at every depth.

A Matryoshka vector is one whose first coordinates are a good vector themselves. The
two-dimensional version asks the same of the layers: stop after any of them.

``pairs`` holds the pooled states of anchors and positives, (2, batch, dim), *not* at
length 1: each loss cuts first and normalises afterwards. Layers count from 1.

Left out: AnglE's own loss as the base (here InfoNCE), and the later ESE, which trains
all layers and compresses by principal components.
Sources: Kusupati et al. (2022); Li et al. (2024) and the history of their code.
Chapter: ``context/matryoshka``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.context.attention.reference import softmax
from tutor.context.matryoshka.config import (
    check_dims,
    check_layer,
    check_positive,
    check_shorter,
)
from tutor.context.matryoshka.contrastive import (
    check_pairs,
    info_nce_gradients,
    info_nce_loss,
)

Floats = NDArray[np.floating[Any]]


def truncate(vectors: ArrayLike, dim: int) -> Floats:
    r"""Return the first ``dim`` coordinates, brought back to length 1.

    .. math:: x_{1:d} / \lVert x_{1:d} \rVert

    Shapes: (…, D) → (…, dim). A prefix of zeros stays zero.
    """
    X = np.asarray(vectors)
    check_dims([dim], X.shape[-1])
    X = X[..., :dim]
    length = np.linalg.norm(X, axis=-1, keepdims=True)
    return np.asarray(X / np.where(length > 0, length, 1))


# --- one dimension: prefixes ---------------------------------------------------------
def matryoshka_loss(
    pairs: ArrayLike, dims: Sequence[int], *, temperature: float = 0.05
) -> float:
    r"""Return the sum of InfoNCE over prefixes, weights 1.

    .. math:: L = \sum_{d \in \mathcal{D}} \ell(X_{1:d})

    Give the full length among ``dims`` if it shall count. Shapes: (2, batch, D).
    """
    X = check_pairs(pairs)
    check_dims(dims, X.shape[-1])
    return sum(info_nce_loss(X[..., :d], temperature=temperature) for d in dims)


def matryoshka_gradients(
    pairs: ArrayLike, dims: Sequence[int], *, temperature: float = 0.05
) -> Floats:
    r"""Return the gradient of :func:`matryoshka_loss`: each prefix adds its own.

    The first coordinates stand in every prefix, the last in one: that is what orders
    them. Shapes: (2, batch, D) → the same.
    """
    X = check_pairs(pairs)
    check_dims(dims, X.shape[-1])
    dX = np.zeros_like(X)
    for d in dims:
        dX[..., :d] += info_nce_gradients(X[..., :d], temperature=temperature)
    return dX


# --- the second dimension: layers ----------------------------------------------------
def coordinate_divergence(
    teacher: ArrayLike, student: ArrayLike, smoothing: float = 1.0
) -> float:
    r"""Return how far a layer's vectors are from the last layer's, as distributions.

    .. math:: \frac1n \sum_i \sum_k p_{ik} \log\frac{p_{ik}}{q_{ik}}, \qquad
              p_i = \operatorname{softmax}(x_i / T), \quad
              q_i = \operatorname{softmax}(y_i / T)

    The softmax runs over the *coordinates* of one vector that is not normalised: the
    value depends on how long vectors are. Shapes: (…, dim) twice.
    """
    p, log_p, log_q = _distributions(teacher, student, smoothing)
    return float((p * (log_p - log_q)).sum(axis=-1).mean())


def coordinate_divergence_gradients(
    teacher: ArrayLike, student: ArrayLike, smoothing: float = 1.0
) -> tuple[Floats, Floats]:
    r"""Return the gradients of :func:`coordinate_divergence` by teacher and student.

    .. math:: dy = \frac{q - p}{nT}, \qquad
              dx = \frac{p}{nT} \odot \Bigl(\log\frac pq - K\Bigr)

    where :math:`K` is the row's divergence. The teacher is moved too, as the authors
    have it. Shapes: as given, twice.
    """
    p, log_p, log_q = _distributions(teacher, student, smoothing)
    gap = log_p - log_q
    rows = p[..., 0].size * smoothing
    row = (p * gap).sum(axis=-1, keepdims=True)
    return np.asarray(p * (gap - row) / rows), np.asarray((np.exp(log_q) - p) / rows)


def _distributions(
    teacher: ArrayLike, student: ArrayLike, smoothing: float
) -> tuple[Floats, Floats, Floats]:
    check_positive("smoothing", smoothing)
    x, y = np.asarray(teacher), np.asarray(student)
    if x.shape != y.shape or not x.size:
        raise ValueError(
            f"teacher and student must have one shape, got {x.shape} and {y.shape}"
        )
    p, q = softmax(x / smoothing), y / smoothing
    log_p = x / smoothing - _log_sum(x / smoothing)
    return p, log_p, np.asarray(q - _log_sum(q))


def _log_sum(x: Floats) -> Floats:
    top = x.max(axis=-1, keepdims=True)
    return np.asarray(np.log(np.exp(x - top).sum(axis=-1, keepdims=True)) + top)


class Weights(NamedTuple):
    """How much the terms of the two-dimensional loss count; the last layer's count 1.

    ``early`` multiplies both terms of the earlier layer, ``divergence`` its distance
    from the last.
    """

    early: float
    divergence: float


def two_d_weights(layer: int, smoothing: float = 1.0, version: str = "v1") -> Weights:
    r"""Return the weights of the first published version, or of the improved one.

    .. math:: \text{v1: } (1,\; T^2) \qquad \text{improved: }
              \Bigl(\frac1n,\; T \ln(2 + n)\Bigr)

    where :math:`n` is the layer, from 1. The improved version trusts deep exits less
    to the labels and more to the teacher.
    """
    check_layer(layer)
    check_positive("smoothing", smoothing)
    if version == "v1":
        return Weights(1.0, smoothing**2)
    if version == "improved":
        return Weights(1.0 / layer, smoothing * math.log(2 + layer))
    raise ValueError(f"unknown version {version!r}; there are v1, improved")


def two_d_loss(
    last: ArrayLike,
    early: ArrayLike,
    *,
    layer: int,
    dim: int,
    temperature: float = 0.05,
    smoothing: float = 1.0,
    version: str = "v1",
) -> float:
    r"""Return the two-dimensional Matryoshka loss of one drawn layer and one length.

    .. math:: L = \ell(X_N) + \ell(X_N^{1:d}) + w_n \bigl[\ell(X_n) +
              \ell(X_n^{1:d})\bigr] + v_n\, \mathrm{KL}(X_N \,\|\, X_n)

    Parameters
    ----------
    last, early : (2, batch, D)
        Pooled states of the last layer :math:`N` and of layer :math:`n`.
    layer : int
        :math:`n`, from 1.
    dim : int
        :math:`d`, below D.
    temperature, smoothing : float
        :math:`\tau` and :math:`T`.
    version : {"v1", "improved"}
        Which :func:`two_d_weights`.
    """
    X, Y, both = _two_lengths(last, early, dim)
    w = two_d_weights(layer, smoothing, version)
    return (
        matryoshka_loss(X, both, temperature=temperature)
        + w.early * matryoshka_loss(Y, both, temperature=temperature)
        + w.divergence * coordinate_divergence(X, Y, smoothing)
    )


def two_d_gradients(
    last: ArrayLike,
    early: ArrayLike,
    *,
    layer: int,
    dim: int,
    temperature: float = 0.05,
    smoothing: float = 1.0,
    version: str = "v1",
) -> tuple[Floats, Floats]:
    """Return the gradients of :func:`two_d_loss` by the last and the earlier layer."""
    X, Y, both = _two_lengths(last, early, dim)
    w = two_d_weights(layer, smoothing, version)
    teacher, student = coordinate_divergence_gradients(X, Y, smoothing)
    return (
        matryoshka_gradients(X, both, temperature=temperature) + w.divergence * teacher,
        w.early * matryoshka_gradients(Y, both, temperature=temperature)
        + w.divergence * student,
    )


def _two_lengths(
    last: ArrayLike, early: ArrayLike, dim: int
) -> tuple[Floats, Floats, tuple[int, int]]:
    X, Y = check_pairs(last), check_pairs(early)
    check_shorter(dim, X.shape[-1])
    return X, Y, (dim, X.shape[-1])
