"""Benchmarks of chapter ``words/glove``: fitting a table of co-occurrences.

The rival that packages carry is mittens, whose GloVe takes all cells of a dense table
at once; it needs the table in memory, so the words are the 4,000 most frequent ones.
One row gives both the same passes and step; another compares ends: its default of 100
passes, ours as many as reach a lower loss. The torch twin does the same passes as the
kernel, in batches, on the whole vocabulary.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tutor.benchmarks import Row
from tutor.benchmarks._machine import matmul_speed

WORDS, DIM, X_MAX, EQUAL = 4_000, 100, 10.0, 15
FLOP = 14  # a cell and dimension: dot 2, gradients 2, squares 4, two steps of 3


def rows(quick: bool) -> list[Row]:
    """Return the rows; ``quick`` takes a tenth of the corpus."""
    from tutor.datasets import texts
    from tutor.words import counts

    corpus = texts.course_en()
    if quick:
        corpus = corpus.head(len(corpus.tokens) // 10, min_count=5)
    matrix = counts.cooccurrence(corpus, window=10, weighting="harmonic")
    words = corpus.vocabulary.words
    return [*_against_mittens(matrix, words), *_kernel(matrix, words)]


def _against_mittens(matrix: Any, words: Any) -> list[Row]:
    from tutor.words import glove

    n = min(WORDS, len(words))
    small = matrix[:n, :n].tocsr()
    small, kept = _connected(small, words[:n])
    config = glove.GloVeConfig(dim=DIM, x_max=X_MAX, learning_rate=0.1, epochs=10)
    equal = replace(config, learning_rate=0.05, epochs=EQUAL)
    cells = glove.entries(small, config)
    limit = 2 * matmul_speed() / (FLOP * DIM)

    def row(name: str, ours: Any, passes: int, notes: str) -> Row:
        return Row(
            name=f"GloVe, {len(kept)} words, {name}",
            ours=_ours(cells, len(kept), ours),
            rival=_mittens(small.toarray(), passes),
            rival_name=f"mittens 0.2, GloVe (NumPy), {passes} full passes",
            unit="cells",
            work=float(small.nnz),
            quality=lambda p: _quality(p, kept, cells),
            threads=2,
            limit=limit / ours.epochs,
            notes=f"dim {DIM}, x_max 10; {notes}; a cell counts once, however many "
            "passes; ours float32 on the cells that are seen, theirs float64 on a "
            "dense table; one setting tried a side",
        )

    return [
        row(f"{EQUAL} passes each", equal, EQUAL, "step .05 on either side"),
        row(
            "to the end of training",
            config,
            100,
            "ours 10 passes of step .1, theirs the defaults, 100 passes of step .05: "
            "compare the losses",
        ),
    ]


def _ours(cells: Any, size: int, config: Any) -> Callable[[], Any]:
    from tutor.words import glove

    seeds = itertools.count()
    return lambda: glove.train(cells, size, config, seed=next(seeds), threads=2)[0]


def _mittens(dense: Any, passes: int) -> Callable[[], Any]:
    from tutor.words import glove

    seeds = itertools.count()

    def work() -> Any:
        from mittens.np_mittens import GloVe

        np.random.seed(next(seeds))  # noqa: NPY002 (what the rival draws from)
        model = GloVe(n=DIM, xmax=X_MAX, max_iter=passes, display_progress=0)
        model.fit(dense)
        flat = (model.bw[:, 0], model.bc[:, 0])
        return glove.Parameters(model.W, model.C, *flat)

    return work


def _kernel(matrix: Any, words: Any) -> list[Row]:
    from tutor.words import glove

    config = glove.GloVeConfig(dim=DIM, x_max=X_MAX, learning_rate=0.1, epochs=1)
    batches = glove.GloVeConfig(
        dim=DIM, x_max=X_MAX, learning_rate=0.02, epochs=1, batch_size=4096
    )
    cells = glove.entries(matrix, config)
    seeds = itertools.count()

    def ours(threads: int) -> Callable[[], Any]:
        return lambda: glove.train(
            cells, len(words), config, seed=next(seeds), threads=threads
        )[0]

    def twin() -> Any:
        return glove.train(
            cells, len(words), batches, backend="torch", seed=next(seeds)
        )[0]

    return [
        Row(
            name=f"GloVe, one pass, {threads} thread{'s' * (threads > 1)}",
            ours=ours(threads),
            rival=twin if threads == 2 else None,
            rival_name="our torch twin, batches of 4,096, dense AdaGrad"
            if threads == 2
            else "two threads have the rival",
            unit="cells",
            work=float(matrix.nnz),
            quality=lambda p: {"loss": _loss(p, cells)},
            notes=f"dim {DIM}, {len(words)} words; sorting the cells into tiles "
            f"included; the limit is this machine's float32 matrix product over "
            f"{FLOP} operations a cell and dimension",
            threads=threads,
            limit=threads * matmul_speed() / (FLOP * DIM),
        )
        for threads in (1, 2)
    ]


def _connected(matrix: Any, words: Any) -> tuple[Any, list[str]]:
    """Leave out words without any cell: the rival divides by nothing there."""
    seen = np.flatnonzero(np.asarray(matrix.sum(axis=1)).ravel() > 0)
    return matrix[seen][:, seen].tocsr(), [words[i] for i in seen]


def _loss(parameters: Any, cells: Any) -> float:
    from tutor.words import glove

    return float(glove.glove_loss(parameters, cells) / len(cells.rows))


def _quality(parameters: Any, words: list[str], cells: Any) -> Mapping[str, float]:
    """Score one result: the loss over the cells, and agreement with people."""
    from tutor.datasets import lexicons
    from tutor.embedding import Embedding
    from tutor.evaluate import similarity

    found = Embedding(tuple(words), parameters.word + parameters.context)
    return {"loss": _loss(parameters, cells)} | {
        name: similarity.correlate(found, lexicons.similarity(name)).rho
        for name in ("wordsim353", "simlex999", "men")
    }
