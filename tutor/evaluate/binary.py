r"""Rankings by whole-number distances: average precision and nDCG, fair to ties.

Codes of 32 bits have 33 distances, so a thousand documents share each rank, and a
ranking that leaves ties in the order of the file measures the file. Here every query
gets the *expected* value over all orders of its ties, in closed form: only the number
of documents and of relevant ones at each distance count.

Source: McSherry and Najork (2008). Chapter: ``documents/paragraphs``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_CELLS = 1 << 22  # query x distance cells held at once


def hamming_distance(left: ArrayLike, right: ArrayLike) -> Integers:
    r"""Return how many bits differ, for each left code and each right code.

    .. math:: H(a, b) = \sum_k |a_k - b_k|

    Shapes: (n, bits), (m, bits), both bool → (n, m).
    """
    a, b = np.asarray(left), np.asarray(right)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(
            f"codes must be (n, bits) with equally many bits, got {a.shape}, {b.shape}"
        )
    if a.dtype != bool or b.dtype != bool:
        raise TypeError(
            f"codes must be bool, got {a.dtype} and {b.dtype}: threshold them first"
        )
    words_a, words_b = _packed(a), _packed(b)
    total = np.zeros((len(a), len(b)), dtype=np.int64)
    for k in range(words_a.shape[1]):
        total += np.bitwise_count(words_a[:, k, None] ^ words_b[None, :, k])
    return total


def _packed(codes: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return the bits as 64-bit words, filled up with zeros."""
    width = -(-codes.shape[1] // 64) * 64
    wide = np.zeros((len(codes), width), dtype=bool)
    wide[:, : codes.shape[1]] = codes
    return np.packbits(wide, axis=1).view(np.uint64)


def rank_distance(scores: ArrayLike) -> Integers:
    """Return the dense rank of each score in its row: 0 is best, equals share.

    It turns real scores (higher is better) into whole-number distances, so that real
    and binary rankings are judged by one function. Shapes: (q, n) → (q, n).
    """
    s = np.asarray(scores)
    if s.ndim != 2 or np.isnan(s).any():
        raise ValueError(f"scores must be (queries, documents) without NaN: {s.shape}")
    order = np.argsort(-s, axis=1, kind="stable")
    ordered = np.take_along_axis(s, order, axis=1)
    steps = np.zeros(s.shape, dtype=np.int64)
    steps[:, 1:] = np.cumsum(ordered[:, 1:] != ordered[:, :-1], axis=1)
    ranks = np.empty_like(steps)
    np.put_along_axis(ranks, order, steps, axis=1)
    return ranks


class _Groups(NamedTuple):
    """Documents and relevant ones at each distance, and before it: (q, distances)."""

    size: Floats
    hits: Floats
    size_before: Floats
    hits_before: Floats


def average_precisions(distances: ArrayLike, relevant: ArrayLike) -> Floats:
    r"""Return each query's average precision, expected over the orders of ties.

    .. math:: \frac1R \sum_g \frac{r_g}{n_g} \Bigl[ (R_g + 1)\,\Delta_g
              + \frac{r_g - 1}{n_g - 1}\,\bigl(n_g - (N_g + 1)\,\Delta_g\bigr) \Bigr],
              \qquad \Delta_g = \sum_{i=1}^{n_g} \frac{1}{N_g + i}

    where group :math:`g` holds the :math:`n_g` documents at one distance,
    :math:`r_g` of them relevant, behind :math:`N_g` documents with :math:`R_g` relevant
    ones, and :math:`R` counts all relevant documents.

    Shapes: both (queries, documents), whole numbers ≥ 0 and bool → (queries,).
    Raises ``ValueError`` for other input, or a query with nothing relevant.
    Source: McSherry and Najork (2008).
    """
    d, y = _checked(distances, relevant)
    harmonic = np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, d.shape[1] + 1))])

    def of(g: _Groups) -> Floats:
        first = g.size_before.astype(np.int64)
        delta = harmonic[first + g.size.astype(np.int64)] - harmonic[first]
        inside = (g.hits - 1) / np.maximum(g.size - 1, 1)
        inside *= g.size - (g.size_before + 1) * delta
        terms = g.hits * ((g.hits_before + 1) * delta + inside)
        total = (terms / np.maximum(g.size, 1)).sum(axis=1)
        mean: Floats = total / g.hits.sum(axis=1)
        return mean

    return _in_blocks(d, y, of)


def ndcgs(distances: ArrayLike, relevant: ArrayLike, k: int = 10) -> Floats:
    r"""Return each query's nDCG of the first k, expected over the orders of ties.

    .. math:: \frac{\sum_g \frac{r_g}{n_g} \bigl[L(\min(k, N_g + n_g))
              - L(\min(k, N_g))\bigr]}{L(\min(k, R))}, \qquad
              L(p) = \sum_{i=1}^{p} \frac{1}{\log_2(i + 1)}

    Letters and shapes as in `average_precisions`.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    d, y = _checked(distances, relevant)
    top = min(k, d.shape[1])
    discount = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(2, top + 2)))])

    def of(g: _Groups) -> Floats:
        first = np.minimum(g.size_before, top).astype(np.int64)
        last = np.minimum(g.size_before + g.size, top).astype(np.int64)
        mean = g.hits / np.maximum(g.size, 1)
        gained = (mean * (discount[last] - discount[first])).sum(axis=1)
        best = np.minimum(g.hits.sum(axis=1), top).astype(np.int64)
        share: Floats = gained / discount[best]
        return share

    return _in_blocks(d, y, of)


def _checked(
    distances: ArrayLike, relevant: ArrayLike
) -> tuple[Integers, NDArray[np.bool_]]:
    d, y = np.asarray(distances), np.asarray(relevant)
    if d.ndim != 2 or d.shape != y.shape or 0 in d.shape:
        raise ValueError(
            "distances and relevance must both be (queries, documents), "
            f"got {d.shape} and {y.shape}"
        )
    if not np.issubdtype(d.dtype, np.integer) or d.min() < 0:
        raise ValueError(
            f"distances must be whole numbers of 0 or more, got {d.dtype}: turn real "
            "scores into them by rank_distance"
        )
    y = y.astype(bool)
    empty = np.flatnonzero(~y.any(axis=1))
    if empty.size:
        raise ValueError(
            f"{empty.size} of {len(d)} queries have no relevant document, the first is "
            f"row {empty[0]}: leave them out and report how many"
        )
    return d.astype(np.int64), y


def _in_blocks(
    d: Integers, y: NDArray[np.bool_], of: Callable[[_Groups], Floats]
) -> Floats:
    """Count documents by query and distance, some queries at a time."""
    levels = int(d.max()) + 1
    step = max(1, _CELLS // max(levels, d.shape[1]))
    found = []
    for start in range(0, len(d), step):
        part, right = d[start : start + step], y[start : start + step]
        cell = part + levels * np.arange(len(part))[:, None]
        shape = (len(part), levels)
        size, hits = (
            np.bincount(which, minlength=part.shape[0] * levels).reshape(shape)
            for which in (cell.ravel(), cell[right])
        )
        found.append(
            of(
                _Groups(
                    size.astype(np.float64),
                    hits.astype(np.float64),
                    (np.cumsum(size, axis=1) - size).astype(np.float64),
                    (np.cumsum(hits, axis=1) - hits).astype(np.float64),
                )
            )
        )
    return np.concatenate(found)
