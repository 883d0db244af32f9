r"""Exact nearest neighbours of many queries, in blocks of rows that fit the cache.

.. math:: \operatorname{top}_k(q) = \text{the } k \text{ rows } x_i
          \text{ with largest } q \cdot x_i

All scores of a query at once would be a matrix (queries, rows) far larger than any
cache. So the rows are taken in blocks: a product, the ``k`` best of the block, then the
``k`` best of these and of those found before. For cosines give rows of length 1
(:func:`tutor.geometry.unit_rows`); for small Euclidean distance see the docstring.

Left out: approximate indexes (inverted lists, graphs, codes).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.settings import check_whole
from tutor.training import check_backend, select_device

BACKENDS = ("numpy", "torch")
BLOCK = 8192

Found = tuple[NDArray[np.floating[Any]], NDArray[np.int64]]


def top_rows(
    queries: ArrayLike,
    rows: ArrayLike,
    k: int,
    *,
    backend: str = "numpy",
    device: str = "cpu",
    block: int = BLOCK,
) -> Found:
    r"""Return the ``k`` rows of largest dot product with each query, best first.

    The nearest in Euclidean distance are found with one coordinate more: since
    :math:`\lVert q - x \rVert^2 = \lVert q \rVert^2 - 2\,(q \cdot x -
    \tfrac12 \lVert x \rVert^2)`, give each row :math:`-\tfrac12 \lVert x \rVert^2` as
    its last coordinate and each query a 1.

    Parameters
    ----------
    queries : (m, d)
    rows : (n, d)
    k : int
        1 to n.
    backend : {"numpy", "torch"}
        Both are exact. Among equal scores ``numpy`` takes the rows in order; which of
        them ``torch`` takes is not defined.
    device : str
        Of torch, such as ``cuda``.
    block : int
        Rows a product; more memory and fewer merges.

    Returns
    -------
    scores : (m, k) float32, or float64 if either input is
    indices : (m, k) int64

    Raises
    ------
    ValueError
        If the shapes do not fit, a number is not finite, or ``k`` or ``block`` is out
        of its range.
    """
    q, x = _matrices(queries, rows)
    check_whole("k", k)
    check_whole("block", block)
    if k > len(x):
        raise ValueError(f"k={k} of {len(x)} rows: ask for {len(x)} at most")
    check_backend(backend, BACKENDS)
    if backend == "torch":
        return _torch_top(q, x, k, block, device)
    if device != "cpu":
        raise ValueError(f"device={device!r} needs backend='torch'")
    return _numpy_top(q, x, k, block)


def _matrices(queries: ArrayLike, rows: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    q, x = np.asarray(queries), np.asarray(rows)
    if q.ndim != 2 or x.ndim != 2 or q.shape[1] != x.shape[1]:
        raise ValueError(
            "queries (m, d) and rows (n, d) must be matrices of equal width, got "
            f"shapes {q.shape} and {x.shape}"
        )
    double = np.float64 in (q.dtype, x.dtype)
    kind = np.float64 if double else np.float32
    q, x = q.astype(kind, copy=False), x.astype(kind, copy=False)
    for name, values in (("queries", q), ("rows", x)):
        if not np.isfinite(values).all():
            bad = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
            raise ValueError(
                f"{name} must be finite numbers; row {bad} holds NaN or infinity: "
                "leave such rows out"
            )
    return q, x


def _numpy_top(q: NDArray[Any], x: NDArray[Any], k: int, block: int) -> Found:
    scores = np.empty((len(q), 0), q.dtype)
    indices = np.empty((len(q), 0), np.int64)
    for start in range(0, len(x), block):
        new = q @ x[start : start + block].T
        places = np.broadcast_to(np.arange(start, start + new.shape[1]), new.shape)
        scores = np.concatenate([scores, new], axis=1)
        indices = np.concatenate([indices, places], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        scores = np.take_along_axis(scores, best, axis=1)
        indices = np.take_along_axis(indices, best, axis=1)
    return scores, indices


def _torch_top(
    q: NDArray[Any], x: NDArray[Any], k: int, block: int, device: str
) -> Found:
    import torch

    place = select_device(device)
    q, x = (np.require(a, requirements="W") for a in (q, x))  # torch shares memory
    Q, X = torch.as_tensor(q, device=place), torch.as_tensor(x, device=place)
    scores = Q.new_empty((len(Q), 0))
    indices = torch.empty((len(Q), 0), dtype=torch.int64, device=place)
    for start in range(0, len(X), block):
        new = Q @ X[start : start + block].T
        best, where = new.topk(min(k, new.shape[1]), dim=1)
        scores = torch.cat([scores, best], dim=1)
        indices = torch.cat([indices, where + start], dim=1)
        scores, where = scores.topk(min(k, scores.shape[1]), dim=1)
        indices = indices.gather(1, where)
    return scores.cpu().numpy(), indices.cpu().numpy()
