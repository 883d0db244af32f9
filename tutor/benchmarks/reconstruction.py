"""Benchmarks of chapter ``graphs/reconstruction``: average precision of all nodes.

The rival is scikit-learn's ``average_precision_score``, called once a node as its users
do. The scores have no ties, where both define the same number; with ties ours takes the
mean over their orders, theirs one step for all of them.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tutor.benchmarks import Row


def rows(quick: bool) -> list[Row]:
    """Return the row; ``quick`` takes the small graph instead of WordNet's."""
    from tutor.graphs import reconstruction
    from tutor.graphs.studies import reconstruction as study

    graph = study.les_miserables() if quick else study.of_nouns(study.nouns())
    n = len(graph)
    true = reconstruction.neighbourhoods(graph, 3)
    ours_seeds, rival_seeds = itertools.count(), itertools.count()

    def scores(seed: int) -> Any:
        return np.random.default_rng(seed).normal(size=(n, n))

    def ours() -> Any:
        return reconstruction.node_precisions(scores(next(ours_seeds)), true)

    def rival() -> Any:
        from sklearn.metrics import average_precision_score

        table = scores(next(rival_seeds))
        others = ~np.eye(n, dtype=bool)
        return np.array(
            [
                average_precision_score(true[i, others[i]], table[i, others[i]])
                for i in range(n)
            ]
        )

    return [
        Row(
            name="average precision at 3 hops, 1 thread",
            ours=ours,
            rival=rival,
            rival_name="scikit-learn average_precision_score, once a node",
            threads=1,
            unit="scores",
            work=float(n * n),
            quality=lambda ap: {"mAP": float(np.mean(ap))},
            notes=f"{n:,} nodes; drawing the scores is part of both sides",
        )
    ]
