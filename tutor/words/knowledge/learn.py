"""The epochs of training with edges, on any backend. Chapter: ``words/knowledge``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling, training
from tutor.words.knowledge import joint
from tutor.words.knowledge.config import JointConfig
from tutor.words.knowledge.edges import EdgeRows
from tutor.words.knowledge.reference import lengths_of
from tutor.words.word2vec.walk import Plan, probe_loss, rate_at


def train(
    plan: Plan,
    edges: EdgeRows,
    config: JointConfig,
    backend: str,
    seed: int,
    device: str,
) -> tuple[NDArray[Any], NDArray[Any], training.History]:
    """Return the trained matrices and the history of a run."""
    engine = config.engine
    U = sampling.initial_vectors(edges.size, engine.dim, seed)
    V = np.zeros_like(U)
    tables: tuple[Any, Any] = (U, V)
    step: Any = joint.train_epoch
    if backend == "torch":
        from tutor.words.knowledge import torch as twin
        from tutor.words.word2vec.torch import arrays
        from tutor.words.word2vec.torch import tables as place

        tables, step = place(U, V, device), twin.train_epoch
    elif backend == "numba":
        from tutor.words.knowledge import fast
        from tutor.words.word2vec.epoch import padded

        tables, step = (padded(U), padded(V)), fast.train_epoch
    columns: dict[str, list[float]] = {"loss": [], "penalty": [], "learning_rate": []}
    for epoch in range(engine.epochs):
        step(*tables, plan, edges, config, seed=seed, epoch=epoch)
        held = arrays(*tables) if backend == "torch" else tables
        U, V = (np.asarray(t)[:, : engine.dim] for t in held)
        if not (np.isfinite(U).all() and np.isfinite(V).all()):
            raise FloatingPointError(
                f"vectors are not finite after epoch {epoch}: lower learning_rate "
                f"({engine.learning_rate}) or weight ({config.weight})"
            )
        columns["loss"].append(probe_loss(U, V, plan, engine, seed=seed))
        columns["penalty"].append(float(lengths_of(U, edges).mean()))
        columns["learning_rate"].append(rate_at(engine, epoch, 1.0))
    history = training.History({name: tuple(x) for name, x in columns.items()})
    return U, V, history
