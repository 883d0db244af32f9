"""Benchmarks of chapter ``words/senses``: sense models against the plain engine.

No library trains such a model, so the rival is the course's own skip-gram kernel on the
same tokens: one vector a word where ours has three. Half its words a second for each
sense is the aim, so half a third of its speed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from tutor.benchmarks import Row

SENSES = 3


def rows(quick: bool) -> list[Row]:
    """Return the rows; ``quick`` takes a tenth of the corpus."""
    from tutor.datasets import texts

    corpus = texts.course_en()
    if quick:
        corpus = corpus.head(len(corpus.tokens) // 10, min_count=5)
    return [_row(corpus, "gumbel"), _row(corpus, "hard")]


def _row(corpus: Any, assignment: str) -> Row:
    from tutor.words.senses import SensesConfig
    from tutor.words.word2vec import Word2VecConfig

    engine = Word2VecConfig(epochs=2)
    config = SensesConfig(engine=engine, senses=SENSES, assignment=assignment)
    least = config.min_occurrences
    several = int((corpus.vocabulary.counts >= least).sum())
    return Row(
        name=f"Senses, {assignment}, {SENSES} a word, 1 thread",
        ours=_senses(corpus, config),
        rival=_plain(corpus, engine),
        rival_name="tutor's skip-gram kernel, one vector a word",
        threads=1,
        unit="tokens",
        work=float(len(corpus.tokens) * engine.epochs),
        notes=(
            f"dim {engine.dim}, window {engine.window}, {engine.negatives} negatives, "
            f"sample {engine.sample}, {engine.epochs} passes of {len(corpus.tokens):,} "
            f"tokens, the first of ours in phase 1; {several:,} of "
            f"{len(corpus.vocabulary):,} words have {SENSES} senses; tables are made "
            "beforehand. Not equal: ours steps once a window and scores a noise word "
            "once for all its contexts, the rival steps once for two contexts. The aim "
            f"is half of the rival's tokens a second for each of {SENSES} senses"
        ),
        aim=0.5 / SENSES,
    )


def _senses(corpus: Any, config: Any) -> Callable[[], Any]:
    """Return the work of a turn: both phases on tables made beforehand."""
    import numpy as np

    from tutor.words import word2vec
    from tutor.words.senses import fast, walk

    targets = np.flatnonzero(corpus.vocabulary.counts >= config.min_occurrences)
    where = walk.layout(len(corpus.vocabulary), targets, config.senses)
    plan = word2vec.make_plan(corpus, config.engine)
    seeds = itertools.count()
    held = [fast.padded(walk.initial_tables(where, len(targets), config, seed=0))]

    def work() -> Any:
        tables, seed = held[0], next(seeds)
        for epoch in range(config.engine.epochs):
            walk.hand_over(tables, config, epoch)
            fast.train_epoch(tables, where, plan, config, seed=seed, epoch=epoch)
        return tables

    return work


def _plain(corpus: Any, engine: Any) -> Callable[[], Any]:
    """Return the same passes of the plain engine, on tables made beforehand."""
    import numpy as np

    from tutor import sampling
    from tutor.words import word2vec
    from tutor.words.word2vec import epoch as numba

    plan, vocab = word2vec.make_plan(corpus, engine), len(corpus.vocabulary)
    U = numba.padded(sampling.initial_vectors(vocab, engine.dim, 0))
    V = numba.padded(np.zeros((vocab, engine.dim), np.float32))
    seeds = itertools.count()

    def work() -> Any:
        seed = next(seeds)
        for epoch in range(engine.epochs):
            numba.train_epoch(U, V, plan, engine, seed=seed, epoch=epoch)
        return U

    return work
