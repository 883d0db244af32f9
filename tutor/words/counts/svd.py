r"""Truncated SVD by randomised subspace iteration, in NumPy.

Multiply a thin random matrix by the data again and again: each pass turns its columns
towards the strongest directions. A few passes and one small exact SVD give the best
``dim`` of them, without ever making the sparse matrix dense.

Chapter: ``words/counts``. Paper: Halko, Martinsson and Tropp (2011), algorithms 4.4
and 5.1. Left out: a tolerance that decides how many passes are enough.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.sampling import INIT, uniform

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.floating[Any]]
OVERSAMPLE = 10


class SVD(NamedTuple):
    r"""The strongest directions of a matrix, :math:`A \approx U \Sigma V^\top`.

    Attributes
    ----------
    left : (rows, dim)
        :math:`U`, orthonormal columns; the largest entry of each is positive.
    values : (dim,)
        The diagonal of :math:`\Sigma`, falling.
    right : (columns, dim)
        :math:`V`, orthonormal columns.
    captured : tuple of float
        Share of :math:`\lVert A \rVert_F^2` inside the subspace after each pass
        (the subspace has ``dim`` + oversampling directions).
    """

    left: Floats
    values: Floats
    right: Floats
    captured: tuple[float, ...]


def check_factors(matrix: csr_matrix, dim: int, iterations: int) -> None:
    """Raise ValueError for a matrix or a number that cannot be factorised."""
    if not 1 <= dim <= min(matrix.shape):
        raise ValueError(
            f"dim must lie between 1 and {min(matrix.shape)} (the shorter side of "
            f"the matrix), got {dim}"
        )
    if iterations < 0:
        raise ValueError(f"iterations must be 0 or more, got {iterations}")
    if not np.all(np.isfinite(matrix.data)):
        bad = int(np.count_nonzero(~np.isfinite(matrix.data)))
        raise ValueError(
            f"{bad} of {matrix.nnz} stored values are NaN or infinite: an SVD needs "
            "finite numbers"
        )
    if not np.any(matrix.data):
        raise ValueError(
            "the matrix is all zeros, so it has no directions: more text, a wider "
            "window or a smaller shift leaves something to factorise"
        )


def random_start(n: int, width: int, seed: int) -> NDArray[np.float64]:
    """Return (n, width) numbers uniform on (-1/2, 1/2): where the passes begin."""
    return (uniform(seed, 0, INIT, np.arange(n * width)) - 0.5).reshape(n, width)


def truncated_svd(
    matrix: csr_matrix,
    dim: int,
    *,
    seed: int = 0,
    iterations: int = 5,
    oversample: int = OVERSAMPLE,
) -> SVD:
    r"""Return the ``dim`` largest singular values of a matrix and their vectors.

    .. math::
        Q \leftarrow \operatorname{orth}(A \Omega), \qquad
        Q \leftarrow \operatorname{orth}(A \operatorname{orth}(A^\top Q)), \qquad
        A \approx Q (Q^\top A) = U \Sigma V^\top

    where :math:`A` is the matrix, :math:`\Omega` a random matrix of ``dim`` +
    ``oversample`` columns and :math:`\operatorname{orth}` an orthonormal basis of the
    columns. The middle step repeats ``iterations`` times.

    Shapes: ``matrix`` (rows, columns) → :class:`SVD`.

    Parameters
    ----------
    matrix : csr_matrix
        Finite, not all zeros.
    dim : int
        1 to the shorter side.
    seed : int
        Of the random start.
    iterations : int
        0 or more; the paper uses 0 to 3. Slowly falling spectra need more.
    oversample : int
        Extra directions that are thrown away at the end.

    Raises
    ------
    ValueError
        For a ``dim`` out of range, NaN, or a matrix of zeros.

    Notes
    -----
    Our start is uniform, not Gaussian. Directions beyond the rank of the matrix have
    singular value 0 and are arbitrary. Source: Halko et al. (2011), algorithm 4.4.
    Chapter: ``words/counts``.
    """
    check_factors(matrix, dim, iterations)
    transposed = matrix.T.tocsr()
    return subspace_iteration(
        lambda dense: matrix @ dense,
        lambda dense: transposed @ dense,
        random_start(matrix.shape[1], width(matrix, dim, oversample), seed),
        dim=dim,
        iterations=iterations,
        energy=float(np.sum(np.square(matrix.data, dtype=np.float64))),
    )


def width(matrix: csr_matrix, dim: int, oversample: int) -> int:
    """Return how many columns the random start has."""
    return int(min(dim + max(0, oversample), *matrix.shape))


def subspace_iteration(
    product: Callable[[Floats], Floats],
    transposed_product: Callable[[Floats], Floats],
    start: Floats,
    *,
    dim: int,
    iterations: int,
    energy: float,
    orthonormal: Callable[[Floats], tuple[Floats, Floats]] = np.linalg.qr,
) -> SVD:
    """Return the SVD of the matrix behind two products; see :func:`truncated_svd`.

    Parameters
    ----------
    product, transposed_product : callable
        ``dense -> A @ dense`` and ``dense -> A.T @ dense``.
    start : (columns, width)
        The random matrix; ``width`` is at least ``dim``.
    energy : float
        Sum of the squared entries of A.
    orthonormal : callable
        ``Y -> (Q, R)`` with ``Y = Q R`` and orthonormal columns in Q.
    """
    captured = []
    basis, _ = orthonormal(product(start))
    image, small = orthonormal(transposed_product(basis))  # A' basis = image small
    for _ in range(iterations):
        captured.append(float(np.sum(np.square(small))) / energy)
        basis, _ = orthonormal(product(image))
        image, small = orthonormal(transposed_product(basis))
    captured.append(float(np.sum(np.square(small))) / energy)
    # A is close to basis basis' A = basis small' image', and small is tiny
    inner_left, values, inner_right = np.linalg.svd(small.T)
    left = basis @ inner_left[:, :dim].astype(basis.dtype)
    right = image @ inner_right[:dim].T.astype(image.dtype)
    signs = largest_entry_signs(left)
    return SVD(left * signs, values[:dim], right * signs, tuple(captured))


def gram_orthonormal(
    columns: NDArray[Any],
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    r"""Return Q, R with ``columns`` = Q R by the small matrix of all dot products.

    .. math::
        Y^\top Y = V \Lambda V^\top, \qquad
        Q = Y V \Lambda^{-1/2}, \qquad R = \Lambda^{1/2} V^\top

    One product and a tiny eigenproblem in float64, many times faster than a QR of
    the tall matrix. Directions below 1e-6 of the longest are set to zero: they
    would be rounding noise.
    """
    wide = columns.astype(np.float64)
    squares, turn = np.linalg.eigh(wide.T @ wide)
    lengths = np.sqrt(np.maximum(squares, 0))
    kept = lengths > 1e-6 * lengths[-1]
    inverse = np.where(kept, 1 / np.where(kept, lengths, 1), 0)
    basis = (wide @ (turn * inverse)).astype(np.float32)
    return basis, (turn * lengths * kept).T


def largest_entry_signs(vectors: Floats) -> Floats:
    """Return the sign of the largest entry of each column, so that flips are fixed."""
    rows = np.argmax(np.abs(vectors), axis=0)
    signs: Floats = np.where(vectors[rows, np.arange(vectors.shape[1])] < 0, -1, 1)
    return signs.astype(vectors.dtype)


def check_power(power: float) -> None:
    """Raise ValueError unless 0 <= power <= 1."""
    if not 0 <= power <= 1:
        raise ValueError(f"eigenvalue_power must lie between 0 and 1, got {power}")


def weighted(svd: SVD, power: float) -> tuple[Floats, Floats]:
    r"""Split the singular values between word and context vectors.

    .. math:: W = U \Sigma^{p}, \qquad C = V \Sigma^{1 - p}

    where :math:`p` is ``power``: 1 gives the words all the weight, 0 none. Whatever
    it is, :math:`W C^\top` is the same matrix.

    Shapes: → (rows, dim), (columns, dim).

    Raises
    ------
    ValueError
        If ``power`` lies outside 0..1.

    Notes
    -----
    Source: Levy et al. (2015), section 3.3, who call it eigenvalue weighting.
    Chapter: ``words/counts``.
    """
    check_power(power)
    values = svd.values.astype(svd.left.dtype)
    return svd.left * values**power, svd.right * values ** (1 - power)
