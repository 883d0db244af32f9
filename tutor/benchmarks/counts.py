"""Benchmarks of chapter ``words/counts``: counting windows, and truncated SVD.

No package that we install counts weighted windows. The rival for counting is therefore
what people write: one scipy.sparse COO accumulation a distance (our reference), named
for what it is. The rivals for the SVD are scikit-learn and scipy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tutor.benchmarks import Row


def rows(quick: bool) -> list[Row]:
    """Return the rows; ``quick`` takes a tenth of the corpus."""
    from tutor.datasets import texts
    from tutor.words import counts

    corpus = texts.course_en()
    if quick:
        corpus = corpus.head(len(corpus.tokens) // 10, min_count=5)
    matrix = counts.cooccurrence(corpus, window=5, weighting="dynamic")
    association = counts.ppmi(matrix).astype(np.float32)
    return [*_counting(corpus), *_factors(association)]


def _counting(corpus: Any) -> list[Row]:
    from tutor.words import counts

    what: dict[str, Any] = {"window": 5, "weighting": "dynamic"}

    def ours(threads: int) -> Callable[[], Any]:
        return lambda: counts.cooccurrence(corpus, **what, threads=threads)

    return [
        Row(
            name=f"co-occurrence, window 5, {threads} thread{'s' * (threads > 1)}",
            ours=ours(threads),
            rival=lambda: counts.cooccurrence(corpus, **what, backend="numpy"),
            rival_name="scipy.sparse COO accumulation, a matrix a distance",
            unit="tokens",
            work=float(len(corpus.tokens)),
            quality=lambda X: {"nnz": float(X.nnz), "total": float(X.sum())},
            notes="the same bits on both sides; scipy uses one thread",
        )
        for threads in (1, 2)
    ]


def _factors(matrix: Any) -> list[Row]:
    from tutor.words.counts import fast

    energy = float(np.sum(np.square(matrix.data, dtype=np.float64)))

    def share(values: Any) -> dict[str, float]:
        captured = np.sum(np.square(np.asarray(values, dtype=np.float64)))
        return {"share of squares captured": float(captured / energy)}

    def scikit() -> Any:
        from sklearn.decomposition import TruncatedSVD

        return TruncatedSVD(100, n_iter=5, random_state=0).fit(matrix).singular_values_

    def arpack() -> Any:
        from scipy.sparse.linalg import svds

        start = np.ones(min(matrix.shape), matrix.dtype)
        return svds(matrix, k=100, v0=start, return_singular_vectors=True)[1]

    rivals: list[tuple[str, Callable[[], Any], str]] = [
        ("sklearn TruncatedSVD(algorithm='randomized')", scikit, "5 passes a side"),
        ("scipy.sparse.linalg.svds (ARPACK)", arpack, "theirs runs to convergence"),
    ]
    return [
        Row(
            name=f"truncated SVD, dim 100, against {rival_name.split()[0]}",
            ours=lambda: (
                fast.truncated_svd(matrix, 100, iterations=5, threads=2).values
            ),
            rival=rival,
            rival_name=rival_name,
            unit="stored cells",
            work=float(matrix.nnz),
            quality=share,
            notes=f"{notes}; float32; ours on 2 threads, theirs as their BLAS is set",
        )
        for rival_name, rival, notes in rivals
    ]
