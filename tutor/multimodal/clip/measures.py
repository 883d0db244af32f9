r"""What is measured on two clouds of unit rows: retrieval, gap, alignment, uniformity.

Row :math:`i` of both sides belongs together. Chapter: ``multimodal/clip``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.evaluate.ranking import hits, realistic_ranks
from tutor.multimodal.clip.reference import check_pairs


def retrieval_ranks(queries: ArrayLike, gallery: ArrayLike) -> NDArray[np.float64]:
    """Return the rank of each query's own row in the gallery; 1 is best.

    Ties share the middle rank: 1 + those strictly better + half of the others that are
    equal. Scores are rounded to six decimals first, so that equal rows tie on every
    machine. Shapes: "n dim" twice → (n,).
    """
    Q, G = check_pairs(queries, gallery)
    return realistic_ranks((Q @ G.T).round(6), np.arange(len(Q)))


def recall_at_k(queries: ArrayLike, gallery: ArrayLike, k: int = 10) -> float:
    """Return the share of queries whose own row is among the first ``k``.

    Chance is ``k / n``. Shapes: "n dim" twice → a number from 0 to 1.
    """
    return hits(retrieval_ranks(queries, gallery), k)


def modality_gap(images: ArrayLike, texts: ArrayLike) -> float:
    r"""Return the distance of the two means, :math:`\lVert \bar x - \bar y \rVert`.

    Between 0 and 2 for unit rows. Source: Liang et al. (2022), section 4.
    """
    X, Y = check_pairs(images, texts)
    return float(np.linalg.norm(X.mean(axis=0) - Y.mean(axis=0)))


def alignment(images: ArrayLike, texts: ArrayLike) -> float:
    r"""Return the mean squared distance of pairs, :math:`\lVert x_i - y_i \rVert^2`.

    Lower is closer. Source: Wang and Isola (2020), with exponent 2.
    """
    X, Y = check_pairs(images, texts)
    return float(((X - Y) ** 2).sum(axis=1).mean())


def uniformity(rows: ArrayLike) -> float:
    r"""Return :math:`\log \operatorname{mean}_{i<j} e^{-2 \lVert x_i - x_j \rVert^2}`.

    Lower is more evenly spread; 0 when all rows are one. Source: Wang and Isola (2020).
    """
    X, _ = check_pairs(rows, rows)
    square = (X**2).sum(axis=1)
    distance = square[:, None] + square[None, :] - 2 * X @ X.T
    pairs = distance[np.triu_indices(len(X), 1)]
    return float(np.log(np.exp(-2 * pairs).mean()))
