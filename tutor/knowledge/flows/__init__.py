"""Flows: entities as random variables, relations as affine bijections of them.

Forms: ``reference`` (scores of a triple, table of models), ``moves`` and ``matches``
(queries and all-entities scores with their gradients), ``train`` (batches, loss, Adam),
``torch`` (module for CPU and CUDA). Beside them: ``ranking`` (filtered ranks, guard for
unseen names) and ``group`` (relations as a group, a planted line). There is no Numba
form: a step is a few matrix products, which NumPy leaves to BLAS.
Chapter: ``knowledge/flows``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor import training
from tutor.knowledge.flows import group, matches, moves, ranking, reference, train
from tutor.knowledge.flows.config import FlowsConfig
from tutor.knowledge.flows.group import Affine
from tutor.knowledge.flows.ranking import evaluate, seen_only, unseen
from tutor.knowledge.flows.reference import SCORERS, dim_for, scorer

if TYPE_CHECKING:
    from tutor.datasets.triples import TripleSet
    from tutor.training import Fit

__all__ = [
    "SCORERS",
    "Affine",
    "FlowsConfig",
    "dim_for",
    "evaluate",
    "fit",
    "group",
    "matches",
    "moves",
    "ranking",
    "reference",
    "scorer",
    "seen_only",
    "train",
    "unseen",
]

BACKENDS = ("numpy", "torch")


def fit(
    data: TripleSet, config: FlowsConfig | None = None, *,
    backend: str = "numpy", seed: int = 0, device: str = "cpu",
) -> Fit:  # fmt: skip
    r"""Learn flows of entities and affine relations from the training triples.

    .. math:: \min_{E, R} \; \frac1B \sum_b \sum_e
              \log\bigl(1 + e^{-y_{be} (\gamma + s(h_b, r_b, e))}\bigr)

    where :math:`y = 1` for the gold tail and -1 for every other entity, and each
    relation has a second vector for the question from the tail.

    Parameters
    ----------
    data : TripleSet
        Only its ``train`` split is learnt from.
    config : FlowsConfig or None
        None is the default configuration.
    backend : {"numpy", "torch"}
    seed : int
        Fixes initial vectors and order.
    device : str
        For torch only: ``cpu``, ``cuda``, ``mps``.

    Returns
    -------
    Fit
        ``embedding`` holds the entities, parts one after the other; ``context`` the
        relations and one ``r (inverse)`` for each. ``history`` has ``loss``.

    Raises
    ------
    ValueError
        For an empty graph, an unknown backend or device, or a device given to NumPy.
    FloatingPointError
        If training diverged.
    """
    import numpy as np

    from tutor.embedding import Embedding
    from tutor.knowledge.triples.train import Adam

    config = config or FlowsConfig()
    training.check_backend(backend, BACKENDS)
    if device != "cpu" and backend != "torch":
        raise ValueError(
            f"device={device!r} needs backend='torch'; {backend} runs on the CPU"
        )
    plan = train.make_plan(data.train, len(data.entities), len(data.relations))
    E, R = train.initial_tables(plan, config, seed)
    if backend == "torch":
        from tutor.knowledge.flows import torch as twin

        E, R, found = twin.fit_tables(E, R, plan, config, seed, device)
    else:
        adam = Adam((E, R), config.learning_rate)
        found = [
            train.train_epoch((E, R), plan, config, adam, seed=seed, epoch=epoch)
            for epoch in range(config.epochs)
        ]
    if not (np.isfinite(E).all() and np.isfinite(R).all()):
        raise FloatingPointError(
            f"vectors are not finite after {config.epochs} epochs: lower learning_rate "
            f"({config.learning_rate})"
        )
    names = (*data.relations, *(f"{name} (inverse)" for name in data.relations))
    meta = {"algorithm": config.scorer, "data": data.name, "seed": seed}
    return training.Fit(
        embedding=Embedding(data.entities, E, meta={**meta, "matrix": "entities"}),
        context=Embedding(names, R, meta={**meta, "matrix": "relations"}),
        history=training.History({"loss": tuple(found)}),
        config=config, seed=seed, backend=backend,
    )  # fmt: skip
