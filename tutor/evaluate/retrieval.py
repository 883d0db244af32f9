r"""Quality of ranked lists: recall, average precision and discounted gain.

Each function takes scores (queries, documents), higher is better, and what is
relevant. Documents are ordered by (-score, column). A query without a relevant document
has no score and is refused: leave it out, and say how many you left out.
Chapter: ``words/evaluation``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def recall_at_k(scores: ArrayLike, relevant: ArrayLike, k: int) -> float:
    r"""Return the mean share of a query's relevant documents among its first k.

    .. math:: \frac1Q \sum_q \frac{|\text{top}_k(q) \cap R_q|}{|R_q|}

    Shapes: ``scores`` (queries, documents), ``relevant`` the same, bool.
    """
    gains = _ordered(scores, np.asarray(relevant, dtype=bool))
    _check_k(k)
    return float(np.mean(gains[:, :k].sum(axis=1) / gains.sum(axis=1)))


def mean_average_precision(scores: ArrayLike, relevant: ArrayLike) -> float:
    r"""Return the mean over queries of the precision at each relevant document.

    .. math:: \frac1Q \sum_q \frac{1}{|R_q|} \sum_{i : d_i \in R_q}
              \frac{|\text{top}_i(q) \cap R_q|}{i}

    where :math:`d_i` is the document at position :math:`i`. Shapes as in `recall_at_k`.
    Oracle: scikit-learn's ``average_precision_score`` where no scores tie.
    """
    gains = _ordered(scores, np.asarray(relevant, dtype=bool))
    precision = np.cumsum(gains, axis=1) / np.arange(1, gains.shape[1] + 1)
    return float(np.mean((precision * gains).sum(axis=1) / gains.sum(axis=1)))


def ndcg(scores: ArrayLike, gain: ArrayLike, k: int | None = None) -> float:
    r"""Return the normalised discounted cumulative gain of the first k documents.

    .. math:: \text{DCG} = \sum_{i=1}^{k} \frac{g_{d_i}}{\log_2 (i + 1)}, \qquad
              \text{nDCG} = \text{DCG} / \text{DCG of the ideal order}

    where :math:`g \ge 0` is a document's gain; the gain itself, not
    :math:`2^g - 1`. Shapes: both (queries, documents). Source: Järvelin and Kekäläinen
    (2002). Oracle: scikit-learn's ``ndcg_score`` where no scores tie.
    """
    g = np.asarray(gain, dtype=np.float64)
    if (g < 0).any():
        raise ValueError(f"gains must be 0 or more, got {g.min()}")
    ordered = _ordered(scores, g)
    k = g.shape[1] if k is None else k
    _check_k(k)
    discount = 1.0 / np.log2(np.arange(2, g.shape[1] + 2))[:k]
    ideal = -np.sort(-g, axis=1)
    return float(np.mean((ordered[:, :k] @ discount) / (ideal[:, :k] @ discount)))


def _ordered(scores: ArrayLike, gain: NDArray) -> NDArray:
    """Return each query's gains in the order of its scores."""
    s = np.asarray(scores, dtype=np.float64)
    if s.ndim != 2 or gain.shape != s.shape:
        raise ValueError(
            "scores and relevance must both be (queries, documents), "
            f"got {s.shape} and {gain.shape}"
        )
    if np.isnan(s).any():
        raise ValueError(f"{int(np.isnan(s).sum())} scores are NaN; they have no order")
    empty = np.flatnonzero(gain.sum(axis=1) == 0)
    if empty.size:
        raise ValueError(
            f"{empty.size} of {len(s)} queries have no relevant document, the first is "
            f"row {empty[0]}: leave them out and report how many"
        )
    order = np.argsort(-s, axis=1, kind="stable")
    return np.take_along_axis(gain, order, axis=1)


def _check_k(k: int) -> None:
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
