r"""Linear algebra that many papers share: directions, rotations, spread.

Throughout, :math:`X \in \mathbb{R}^{n \times d}` holds one vector a row. All functions
are pure and work in float64 inside.

Left out: nonlinear maps (t-SNE, UMAP), whose distances mean little.
Chapter: ``words/evaluation``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating[Any]]
Matrix = NDArray[np.float64]


def unit_rows(vectors: ArrayLike) -> Floats:
    r"""Return the rows at length 1; zero rows stay zero.

    .. math:: \hat x_i = x_i / \lVert x_i \rVert

    Rows are scaled by their largest entry first, so that very large and very small
    ones neither overflow nor vanish. Shapes: (n, d) → (n, d), float64 for float64 and
    integer input, else float32.
    """
    X = np.asarray(vectors)
    X = X.astype(np.float32 if X.dtype in (np.float16, np.float32) else np.float64)
    if X.ndim != 2:
        raise ValueError(f"unit_rows needs a matrix (n, d), got shape {X.shape}")
    size = np.abs(X).max(axis=1, keepdims=True, initial=0)
    X /= np.where(size > 0, size, 1)
    norm = np.sqrt(np.einsum("nd,nd->n", X, X))[:, None]
    X /= np.where(norm > 0, norm, 1)
    return X


def cosine_matrix(left: ArrayLike, right: ArrayLike) -> Floats:
    """Return the cosine of every left row with every right row.

    Zero rows have cosine 0 with everything. Shapes: (n, d), (m, d) → (n, m).
    """
    cosines: Floats = unit_rows(left) @ unit_rows(right).T
    return cosines


def mean_center(vectors: ArrayLike) -> Matrix:
    r"""Return :math:`x_i - \bar x`. Shapes: (n, d) → (n, d)."""
    X = _matrix(vectors)
    centered: Matrix = X - X.mean(axis=0)
    return centered


def principal_directions(vectors: ArrayLike, k: int) -> Matrix:
    r"""Return the ``k`` unit directions of largest variance, one a row.

    .. math:: X - \bar x = U S V^\top, \qquad \text{rows } v_1, \dots, v_k

    Each direction is turned so that its largest entry is positive, which makes the
    result the same on every machine when the variances differ.

    Shapes: (n, d) → (k, d). Raises ``ValueError`` unless 1 ≤ k ≤ min(n, d).
    Oracle: scikit-learn's ``PCA``.
    """
    X = mean_center(vectors)
    _check_count(k, min(X.shape))
    V = np.linalg.svd(X, full_matrices=False)[2][:k]
    largest = V[np.arange(k), np.abs(V).argmax(axis=1)]
    turned: Matrix = V * np.sign(largest)[:, None]
    return turned


def explained_variance(vectors: ArrayLike, k: int) -> Matrix:
    r"""Return the share of variance along each of the first ``k`` directions.

    .. math:: s_j^2 \Big/ \sum_i s_i^2

    Shapes: (n, d) → (k,), falling. All zero when the rows are equal.
    """
    X = mean_center(vectors)
    _check_count(k, min(X.shape))
    power = np.linalg.svd(X, compute_uv=False) ** 2
    total = power.sum()
    share: Matrix = power[:k] / total if total > 0 else np.zeros(k)
    return share


def project(vectors: ArrayLike, directions: ArrayLike) -> Matrix:
    r"""Return the part of each row that lies in the span of the directions.

    .. math:: P x, \qquad P = Q Q^\top

    where :math:`Q` is an orthonormal basis of the span: the directions need be neither
    orthogonal nor of length 1. Shapes: (n, d), (k, d) → (n, d).
    """
    X = _matrix(vectors)
    Q = _basis(directions, X.shape[1])
    part: Matrix = X @ Q @ Q.T
    return part


def remove_directions(vectors: ArrayLike, directions: ArrayLike) -> Matrix:
    """Return each row without its part in the span of the directions.

    Same shapes as `project`; with the top principal directions of centred vectors this
    is "all but the top" (Mu and Viswanath 2018).
    """
    X = _matrix(vectors)
    rest: Matrix = X - project(X, directions)
    return rest


def procrustes(source: ArrayLike, target: ArrayLike) -> Matrix:
    r"""Return the rotation (or reflection) that carries one set of rows onto another.

    .. math:: \arg\min_{Q^\top Q = I} \lVert X Q - Y \rVert_F = U V^\top,
              \qquad X^\top Y = U S V^\top

    Shapes: (n, d), (n, d) → (d, d). Source: Schönemann (1966). Neither side is
    centred or scaled. Oracle: ``scipy.linalg.orthogonal_procrustes``.
    """
    X, Y = _matrix(source), _matrix(target)
    if X.shape != Y.shape:
        raise ValueError(
            f"source and target must pair rows, got shapes {X.shape} and {Y.shape}"
        )
    U, _, Vt = np.linalg.svd(X.T @ Y)
    Q: Matrix = U @ Vt
    return Q


def whitening(vectors: ArrayLike, *, epsilon: float = 1e-9) -> tuple[Matrix, Matrix]:
    r"""Return mean and matrix that give centred rows the identity as covariance.

    .. math:: W = V \operatorname{diag}\bigl((\lambda_j + \epsilon)^{-1/2}\bigr)

    where :math:`\lambda_j, v_j` are the eigenvalues and eigenvectors of the covariance
    :math:`\tfrac1n (X-\bar x)^\top (X-\bar x)`. Use: ``(X - mean) @ W``.

    Shapes: (n, d) → (d,), (d, d). ``epsilon`` (> 0) keeps empty directions finite.
    """
    if not epsilon > 0:
        raise ValueError(f"epsilon must be positive, got {epsilon}")
    X = _matrix(vectors)
    mean: Matrix = X.mean(axis=0)
    values, V = np.linalg.eigh((X - mean).T @ (X - mean) / len(X))
    W: Matrix = V / np.sqrt(np.maximum(values, 0) + epsilon)
    return mean, W


def anisotropy(vectors: ArrayLike) -> float:
    r"""Return the mean cosine of two different rows: 0 when they fill all directions.

    .. math:: \frac{\lVert \sum_i \hat x_i \rVert^2 - m}{n(n-1)}

    where :math:`m` counts the rows that are not zero: exact, without the n² cosines.
    Source: Ethayarajh (2019) samples the same mean. Shapes: (n, d) → float, n ≥ 2.
    """
    unit = unit_rows(_matrix(vectors))
    n = len(unit)
    if n < 2:
        raise ValueError(f"a mean over pairs needs 2 rows or more, got {n}")
    total = unit.sum(axis=0)
    own = np.count_nonzero(unit.any(axis=1))
    return float((total @ total - own) / (n * (n - 1)))


def participation_ratio(vectors: ArrayLike) -> float:
    r"""Return how many directions carry the variance: between 1 and d.

    .. math:: \Bigl(\sum_j \lambda_j\Bigr)^2 \Big/ \sum_j \lambda_j^2

    Shapes: (n, d) → float; 0 when all rows are equal.
    """
    X = mean_center(vectors)
    power = np.linalg.svd(X, compute_uv=False) ** 2
    square = float((power**2).sum())
    return float(power.sum()) ** 2 / square if square > 0 else 0.0


def trustworthiness(high: ArrayLike, low: ArrayLike, k: int = 5) -> float:
    r"""Return how far a map's neighbours are true neighbours: 1 is perfect.

    .. math:: 1 - \frac{2}{n k (2n - 3k - 1)} \sum_i \sum_{j \in N_k(i)}
              \max(0, r(i, j) - k)

    where :math:`N_k(i)` are the k nearest rows of i in the map and :math:`r(i, j)` the
    rank of j among i's neighbours in the full space (1 is nearest), both by Euclidean
    distance. Shapes: (n, D), (n, d) → float. Raises ``ValueError`` unless k < n/2.
    Source: Venna and Kaski (2001). Oracle: scikit-learn. Memory: n².
    """
    X, Y = _matrix(high), _matrix(low)
    n = len(X)
    if len(Y) != n:
        raise ValueError(f"both sides must have the same rows, got {n} and {len(Y)}")
    if not 1 <= k < n / 2:
        raise ValueError(f"k must lie between 1 and n/2 = {n / 2:g}, got {k}")
    ranks = _neighbour_order(X).argsort(axis=1)
    near = _neighbour_order(Y)[:, :k]
    excess = np.take_along_axis(ranks, near, axis=1) + 1 - k
    penalty = float(np.maximum(excess, 0).sum())
    return 1.0 - 2.0 * penalty / (n * k * (2 * n - 3 * k - 1))


def _neighbour_order(X: Matrix) -> NDArray[np.int64]:
    """Return each row's other rows by distance; a row is last among its own."""
    square = np.einsum("nd,nd->n", X, X)
    distance = square[:, None] + square[None, :] - 2 * X @ X.T
    np.fill_diagonal(distance, np.inf)
    order: NDArray[np.int64] = distance.argsort(axis=1, kind="stable")
    return order


def _matrix(vectors: ArrayLike) -> Matrix:
    X = np.asarray(vectors, dtype=np.float64)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(
            f"needed a matrix (n, d) with at least one row and column, got {X.shape}"
        )
    if not np.isfinite(X).all():
        raise ValueError(
            f"{int((~np.isfinite(X)).sum())} of {X.size} entries are NaN or infinite"
        )
    return X


def _basis(directions: ArrayLike, dim: int) -> Matrix:
    """Return an orthonormal basis (dim, rank) of the span of some rows."""
    D = _matrix(np.atleast_2d(np.asarray(directions, dtype=np.float64)))
    if D.shape[1] != dim:
        raise ValueError(f"directions have {D.shape[1]} columns, the vectors {dim}")
    _, s, Vt = np.linalg.svd(D, full_matrices=False)
    keep = s > s.max(initial=0) * max(D.shape) * np.finfo(np.float64).eps
    basis: Matrix = Vt[keep].T
    return basis


def _check_count(k: int, most: int) -> None:
    if not 1 <= k <= most:
        raise ValueError(f"k must lie between 1 and min(n, d) = {most}, got {k}")
