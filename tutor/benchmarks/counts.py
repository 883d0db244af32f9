"""Benchmarks of chapter ``words/counts``: counting windows, and truncated SVD.

No package that we install counts weighted windows. The rival for counting is therefore
what people write: one scipy.sparse COO accumulation a distance (our reference), named
for what it is. The rivals for the SVD are scikit-learn and scipy.

Limits: counting cannot be faster than this machine adds 1 to known cells of a table in
its fastest cache, over the additions a token; the SVD cannot be faster than its float32
matrix product, over the operations of the sparse products a stored cell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tutor.benchmarks import Row
from tutor.benchmarks._machine import addition_speed, matmul_speed

DIM, PASSES = 100, 5


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
    additions = 2 * what["window"]  # a token: every distance, on both sides
    most = addition_speed() / additions

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
            threads=threads,
            notes="the same bits on both sides; scipy can use one thread only; the "
            f"limit is {additions} additions a token into a table in the fastest "
            "cache, the finished table not written",
            limit=threads * most,
            aim=3,
        )
        for threads in (1, 2)
    ]


def _rivals(matrix: Any) -> list[tuple[str, Callable[[], Any], str]]:
    """Return the rivals of the SVD: name, work, what is unequal."""

    def scikit() -> Any:
        from sklearn.decomposition import TruncatedSVD

        found = TruncatedSVD(DIM, n_iter=PASSES, random_state=0).fit(matrix)
        return found.singular_values_

    def arpack() -> Any:
        from scipy.sparse.linalg import svds

        start = np.ones(min(matrix.shape), matrix.dtype)
        return svds(matrix, k=DIM, v0=start, return_singular_vectors=True)[1]

    randomized = "sklearn TruncatedSVD(algorithm='randomized')"
    return [
        (randomized, scikit, f"{PASSES} passes a side"),
        ("scipy.sparse.linalg.svds (ARPACK)", arpack, "theirs runs to convergence"),
    ]


def _factors(matrix: Any) -> list[Row]:
    from tutor.words.counts import fast
    from tutor.words.counts.svd import OVERSAMPLE, width

    operations = 2 * width(matrix, DIM, OVERSAMPLE) * 2 * (PASSES + 1)
    most = 2 * matmul_speed() / operations
    energy = float(np.sum(np.square(matrix.data, dtype=np.float64)))

    def share(values: Any) -> dict[str, float]:
        captured = np.sum(np.square(np.asarray(values, dtype=np.float64)))
        return {"share of squares captured": float(captured / energy)}

    def ours() -> Any:
        return fast.truncated_svd(matrix, DIM, iterations=PASSES, threads=2).values

    return [
        Row(
            name=f"truncated SVD, dim {DIM}, against {rival_name.split()[0]}",
            ours=ours,
            rival=rival,
            rival_name=rival_name,
            unit="stored cells",
            work=float(matrix.nnz),
            quality=share,
            threads=2,
            notes=f"{notes}; float32; the rival's sparse products use one thread, its "
            "dense ones two; the limit is the float32 matrix product over "
            f"{operations} operations a stored cell, the dense part left out",
            limit=most,
        )
        for rival_name, rival, notes in _rivals(matrix)
    ]
