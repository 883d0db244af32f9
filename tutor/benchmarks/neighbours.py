"""Benchmark of exact neighbours: ten of 400,000 rows of 100 numbers, by batches.

The rival is FAISS's flat index with inner products, which is exact too and the standard
to be measured against. Both sides hold the rows before the measured part begins, use
one thread, and must return the same rows. FAISS is no part of this environment:
``pip install faiss-cpu`` beside it, else the row leaves ours alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np

from tutor.benchmarks import Row

DIM, K, QUERIES = 100, 10, 1000


def rows(quick: bool) -> list[Row]:
    """Return the row; ``quick`` takes a twentieth of the rows and of the queries."""
    from tutor.geometry import unit_rows

    part = 20 if quick else 1
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(1000, DIM))

    def drawn(n: int) -> Any:
        noise = 0.5 * rng.normal(size=(n, DIM))
        return unit_rows((centers[rng.integers(0, 1000, n)] + noise).astype(np.float32))

    table, queries = drawn(400_000 // part), drawn(QUERIES // part)
    there = find_spec("faiss") is not None
    rival = _faiss(table, queries) if there else None
    wanted = rival()[1] if rival else None

    def quality(found: Any) -> Mapping[str, float]:
        if wanted is None:
            return {}
        same = [len(set(a) & set(b)) for a, b in zip(found[1], wanted, strict=True)]
        return {"share of FAISS's rows": float(np.mean(same)) / K}

    return [
        Row(
            name=f"exact top {K} of {len(table):,} rows",
            ours=_ours(table, queries),
            rival=rival,
            rival_name="FAISS IndexFlatIP.search" if there else "faiss not installed",
            threads=1,
            unit="queries",
            work=float(len(queries)),
            quality=quality,
            aim=3.0,
            notes=(
                f"clustered unit rows of {DIM} float32, {len(queries):,} queries in "
                "batches of 200; our time includes wrapping the arrays for torch"
            ),
        )
    ]


def _ours(table: Any, queries: Any) -> Callable[[], Any]:
    from tutor.neighbours import top_rows

    def work() -> Any:
        parts = [
            top_rows(queries[i : i + 200], table, K, backend="torch")
            for i in range(0, len(queries), 200)
        ]
        return tuple(np.concatenate(p) for p in zip(*parts, strict=True))

    return work


def _faiss(table: Any, queries: Any) -> Callable[[], Any]:
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(DIM)
    index.add(table)

    def work() -> Any:
        parts = [
            index.search(queries[i : i + 200], K) for i in range(0, len(queries), 200)
        ]
        return tuple(np.concatenate(p) for p in zip(*parts, strict=True))

    return work
