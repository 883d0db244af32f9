r"""Axes with a meaning: rotations to simple structure, and scales between opposites.

The columns of word vectors mean nothing by themselves: turn all vectors by one rotation
and every cosine stays. That freedom can be spent on columns that a person can read.

Left out: oblique rotations; sparse codes are in ``sparse``. Sources: Kaiser
(1958) for varimax, Hyvärinen (1999) for FastICA, Park et al. (2017) for rotating word
vectors, Mathew et al. (2020) for POLAR.
Chapter: ``words/numbers``. Oracle: scikit-learn's ``FastICA`` and its varimax.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.sampling import uniform

if TYPE_CHECKING:
    from tutor.embedding import Embedding

Table = NDArray[np.float64]
_TURN = 134  # stream of random rotations


def random_rotation(dim: int, seed: int) -> Table:
    """Return a random orthogonal matrix (dim, dim): the control of every rotation."""
    if dim < 1:
        raise ValueError(f"dim must be at least 1, got {dim}")
    u = uniform(seed, 0, _TURN, np.arange(2 * dim * dim)).reshape(2, dim, dim)
    gauss = np.sqrt(-2 * np.log1p(-u[0])) * np.cos(2 * np.pi * u[1])
    Q, R = np.linalg.qr(gauss)
    turned: Table = Q * np.sign(np.diag(R))
    return turned


# --- varimax -------------------------------------------------------------------------
def varimax_criterion(B: ArrayLike) -> float:
    r"""Return how uneven the squared entries of the columns are: high is simple.

    .. math:: \sum_j \Bigl[ \tfrac1n \sum_i b_{ij}^4 -
              \bigl(\tfrac1n \sum_i b_{ij}^2\bigr)^2 \Bigr]
    """
    square = np.asarray(B, dtype=np.float64) ** 2
    return float(((square**2).mean(axis=0) - square.mean(axis=0) ** 2).sum())


def varimax(X: ArrayLike, *, rounds: int = 60, tolerance: float = 1e-5) -> Table:
    r"""Return the rotation R for which the columns of X R are simplest.

    .. math:: R \leftarrow U V^\top, \qquad U S V^\top = X^\top \bigl(B^{\circ 3} -
              B \operatorname{diag}(\tfrac1n B^\top B)\bigr), \quad B = X R

    until the sum of S gains less than ``tolerance`` of itself. Rows are not scaled
    first (no Kaiser normalisation). Shapes: (n, d) → (d, d), orthogonal.
    Source: Kaiser (1958); the iteration is the one in common use.

    Raises
    ------
    ValueError
        For NaN, a rank other than 2, or fewer rows than columns.
    """
    A = _vectors(X)
    R, before = np.eye(A.shape[1]), 0.0
    for _ in range(rounds):
        B = A @ R
        U, s, Vt = np.linalg.svd(A.T @ (B**3 - B * (B**2).mean(axis=0)))
        R = U @ Vt
        if s.sum() <= before * (1 + tolerance):
            break
        before = s.sum()
    return R


# --- independent components ----------------------------------------------------------
def ica(
    Z: ArrayLike, *, seed: int, rounds: int = 100, tolerance: float = 1e-4
) -> Table:
    r"""Return the rotation R for which the columns of Z R are least Gaussian.

    .. math:: w_j \leftarrow \tfrac1n \sum_i \bigl[ z_i \tanh(w_j^\top z_i) -
              (1 - \tanh^2(w_j^\top z_i))\, w_j \bigr], \qquad
              W \leftarrow (W W^\top)^{-1/2} W

    from a random rotation, until no row of W turns by more than ``tolerance`` (1 minus
    the cosine). Z must be white (mean 0, covariance I): ``geometry.whitening``.
    Shapes: (n, d) → (d, d), orthogonal. Source: Hyvärinen (1999), symmetric form.

    Raises
    ------
    ValueError
        For rows that are not white, NaN, or fewer rows than columns.
    """
    A = _vectors(Z)
    n, d = A.shape
    off = np.abs(A.T @ A / n - np.eye(d)).max()
    if off > 1e-3 or np.abs(A.mean(axis=0)).max() > 1e-3:
        raise ValueError(
            f"rows are not white (covariance off by {off:.2g}): use "
            "geometry.whitening before"
        )
    W = random_rotation(d, seed)
    for _ in range(rounds):
        P = np.tanh(A @ W.T)
        new = P.T @ A / n - (1 - P**2).mean(axis=0)[:, None] * W
        U, _, Vt = np.linalg.svd(new)
        new = U @ Vt
        turned = 1 - np.abs((new * W).sum(axis=1)).min()
        W = new
        if turned < tolerance:
            break
    rotation: Table = W.T
    return rotation


# --- opposites -----------------------------------------------------------------------
def polar_directions(embedding: Embedding, pairs: Sequence[tuple[str, str]]) -> Table:
    r"""Return a direction of length 1 for each pair, from the first word to the second.

    .. math:: a_k = \frac{w_{\text{high}} - w_{\text{low}}}
              {\lVert w_{\text{high}} - w_{\text{low}} \rVert}

    Shapes: → (pairs, d).

    Raises
    ------
    KeyError
        For a word the embedding does not hold.
    ValueError
        For no pair, or a pair whose two words, or vectors, are equal.
    """
    if not len(pairs):
        raise ValueError("no pair of opposites: an axis needs two ends")
    low, high = (embedding.rows([p[side] for p in pairs]) for side in (0, 1))
    ends = embedding.vectors
    gap = ends[high].astype(np.float64) - ends[low]
    length = np.linalg.norm(gap, axis=1, keepdims=True)
    if (length == 0).any():
        bad = pairs[int(np.flatnonzero(length == 0)[0])]
        raise ValueError(f"the two ends of {bad} have the same vector: no direction")
    directions: Table = gap / length
    return directions


def polar(X: ArrayLike, directions: ArrayLike) -> Table:
    r"""Return coordinates on the scales: what combines the directions to the vector.

    .. math:: A^\top y = x, \qquad y = (A^\top)^{+} x

    with one direction a row of A. Where the directions span the space this loses
    nothing, and near-parallel directions get large opposite coordinates.
    Shapes: (n, d), (k, d) → (n, k). Source: Mathew et al. (2020).
    """
    y: Table = np.asarray(X, dtype=np.float64) @ np.linalg.pinv(
        np.asarray(directions, dtype=np.float64)
    )
    return y


def on_scales(X: ArrayLike, directions: ArrayLike) -> Table:
    r"""Return the projections :math:`A x` on the scales, each read by itself.

    Shapes: (n, d), (k, d) → (n, k).
    """
    y: Table = (
        np.asarray(X, dtype=np.float64) @ np.asarray(directions, dtype=np.float64).T
    )
    return y


# --- how readable an axis is ---------------------------------------------------------
def coherence(scores: ArrayLike, classes: ArrayLike, *, top: int = 10) -> Table:
    r"""Return for each axis how often two of its top words are of one class.

    .. math:: \frac{1}{k(k-1)} \sum_{i \ne j \in \text{top } k} [c_i = c_j]

    The end of an axis is the one with the longer tail (the sign of its third moment),
    so no class is looked at to choose it. Shapes: (n, axes), (n,) → (axes,).

    Raises
    ------
    ValueError
        For shapes that do not pair, NaN, or ``top`` outside 2 .. n.
    """
    S, c = np.asarray(scores, dtype=np.float64), np.asarray(classes)
    if S.ndim != 2 or c.shape != S.shape[:1] or not np.isfinite(S).all():
        raise ValueError(
            f"needed finite scores (n, axes) and n classes, got {S.shape}, {c.shape}"
        )
    if not 2 <= top <= len(S):
        raise ValueError(f"top must lie between 2 and {len(S)}, got {top}")
    third = ((S - S.mean(axis=0)) ** 3).sum(axis=0)
    best = np.argsort(-S * np.where(third < 0, -1, 1), axis=0, kind="stable")[:top]
    return np.array([pair_agreement(column) for column in c[best].T])


def pair_agreement(classes: ArrayLike) -> float:
    r"""Return how often two different items of a list are of one class.

    .. math:: \frac{\sum_c n_c (n_c - 1)}{n (n - 1)}

    Of all words it is the chance level of `coherence`. Shapes: (n,) → float, n ≥ 2.
    """
    _, n = np.unique(np.asarray(classes), return_counts=True)
    total = int(n.sum())
    if total < 2:
        raise ValueError(f"needed at least 2 items, got {total}")
    return float((n * (n - 1)).sum() / (total * (total - 1)))


def _vectors(X: ArrayLike) -> Table:
    A = np.asarray(X, dtype=np.float64)
    if A.ndim != 2 or 0 in A.shape or len(A) < A.shape[1]:
        raise ValueError(
            f"needed a table (n, d) with at least d rows, got shape {A.shape}"
        )
    if not np.isfinite(A).all():
        raise ValueError(f"{int((~np.isfinite(A)).sum())} entries are NaN or infinite")
    return A
