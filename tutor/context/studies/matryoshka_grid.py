"""Stored study of chapter ``context/matryoshka``: five ways to train, three seeds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from tutor.claims.studies import Study
from tutor.context.studies.attention import reader
from tutor.context.studies.matryoshka import (
    ARMS,
    CONFIG,
    DIMS,
    EXIT,
    SEEDS,
    cells,
    compare,
    grid,
    pairs,
)
from tutor.evaluate.statistics import paired_bootstrap

FULL = DIMS[-1]
# name: (treatment, control, layer of both, length); ``direct`` ends at layer EXIT.
CONTRASTS = {
    "exit": ("2d-v1", "full", EXIT, FULL),
    "exit improved": ("2d-improved", "full", EXIT, FULL),
    "price": ("2d-v1", "full", 6, FULL),
    "price improved": ("2d-improved", "full", 6, FULL),
    "direct": ("direct", "2d-v1", EXIT, FULL),
    "direct improved": ("direct", "2d-improved", EXIT, FULL),
    "versions at the exit": ("2d-improved", "2d-v1", EXIT, FULL),
    "short": ("matryoshka", "full", 6, 16),
    "short, full length": ("matryoshka", "full", 6, FULL),
    "short and early": ("2d-v1", "matryoshka", EXIT, 32),
}


def layers_and_lengths() -> dict[str, Any]:
    """Train the five arms with three seeds; keep every cell and the contrasts.

    ``mean`` holds MRR by arm, seed, layer and length; ``before`` the same without any
    training; ``effect`` the contrasts with their intervals.
    """
    import torch

    torch.set_num_threads(1)
    model = reader()
    data = pairs(model)
    grids = compare(ARMS, data)

    def mean(table: Any) -> Any:
        return np.round(np.asarray(table).mean(axis=-1), 4).tolist()

    def pick(arm: str, layer: int, dim: int) -> Any:
        return cells(grids, arm, layer, dim, DIMS)

    lengths = [len(ids) for side in data.test for ids in side]
    return {
        "dims": list(DIMS),
        "seeds": list(SEEDS),
        "steps": CONFIG.steps,
        "batch_size": CONFIG.batch_size,
        "training_pairs": len(data.training.anchors),
        "test_pairs": len(data.test.anchors),
        "tokens": float(np.mean(lengths)),
        "before": mean(grid(model.encoder, data.test)),
        "mean": {arm: mean(table) for arm, table in grids.items()},
        "effect": {
            name: asdict(paired_bootstrap(pick(a, layer, d), pick(b, layer, d)))
            for name, (a, b, layer, d) in CONTRASTS.items()
        },
    }


_INPUTS = (
    "tutor.context.studies.matryoshka",
    "tutor.context.matryoshka.config",
    "tutor.context.matryoshka.torch",
    "tutor.context.matryoshka.tuning",
    "tutor.context.attention.config",
    "tutor.context.attention.masks",
    "tutor.context.attention.packed",
    "tutor.context.attention.pretrained",
    "tutor.context.attention.torch",
    "tutor.datasets.examples",
    "tutor.evaluate.statistics",
)
STUDIES = {
    "matryoshka-grid": Study(
        run=layers_and_lengths, inputs=_INPUTS, data=("minilm-l6-v2", "wordnet")
    )
}
