"""Benchmark of chapter ``words/knowledge``: skip-gram with edges against without.

No library trains this objective, so the rival is the course's own skip-gram kernel on
the same tokens. Half of its words a second is the aim.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from tutor.benchmarks import Row


def rows(quick: bool) -> list[Row]:
    """Return the row; ``quick`` takes a tenth of the text."""
    from tutor.datasets.definitions import definitions
    from tutor.words import knowledge
    from tutor.words.knowledge import JointConfig
    from tutor.words.studies.knowledge_texts import graph
    from tutor.words.word2vec import Word2VecConfig

    corpus = definitions()
    if quick:
        corpus = corpus.head(len(corpus.tokens) // 10, min_count=2)
    engine = Word2VecConfig(epochs=2)
    config = JointConfig(engine=engine)
    edges = graph(corpus)
    knowledge.warm()
    return [
        Row(
            name="Skip-gram with edges, 1 thread",
            ours=_turns(corpus, edges, config),
            rival=_turns(corpus, edges, config.with_weight(0), plain=True),
            rival_name="tutor's skip-gram kernel, no edges",
            threads=1,
            unit="tokens",
            work=float(len(corpus.tokens) * engine.epochs),
            notes=(
                f"dim {engine.dim}, window {engine.window}, {engine.negatives} "
                f"negatives, {engine.epochs} passes of {len(corpus.tokens):,} tokens; "
                f"{len(edges):,} edges, each visited {config.visits} times a pass; "
                "tables are made beforehand. Not equal: ours does the rival's work and "
                "the visits. The aim is half of the rival's tokens a second"
            ),
            aim=0.5,
        )
    ]


def _turns(
    corpus: Any, edges: Any, config: Any, *, plain: bool = False
) -> Callable[[], Any]:
    """Return the work of a turn: all passes, by the kernel with edges or without."""
    import numpy as np

    from tutor import sampling
    from tutor.words import word2vec
    from tutor.words.knowledge import fast
    from tutor.words.word2vec import epoch as engine

    plan = word2vec.make_plan(corpus, config.engine)
    dim = config.engine.dim
    U = engine.padded(sampling.initial_vectors(edges.size, dim, 0))
    V = engine.padded(np.zeros((edges.size, dim), np.float32))
    seeds = itertools.count()

    def work() -> Any:
        seed = next(seeds)
        for number in range(config.engine.epochs):
            if plain:
                engine.train_epoch(U, V, plan, config.engine, seed=seed, epoch=number)
            else:
                fast.train_epoch(U, V, plan, edges, config, seed=seed, epoch=number)
        return U

    return work
