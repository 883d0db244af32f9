"""Triples: vectors of entities and relations that score facts.

Forms: ``reference`` (NumPy scores, queries, matches), ``losses``, ``sampling``,
``train`` (batches, gradients, Adam), ``torch`` (module for CPU and CUDA). Beside them:
``ranking`` (filtered ranks), ``judge`` (ranking that names what training never saw),
``worlds`` (planted graphs with known truth). There is no Numba form: a step is a few
matrix products, which NumPy leaves to BLAS.
Chapter: ``knowledge/triples``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor import training
from tutor.knowledge.triples import (
    judge,
    losses,
    ranking,
    reference,
    sampling,
    train,
    worlds,
)
from tutor.knowledge.triples.config import TriplesConfig
from tutor.knowledge.triples.judge import evaluate
from tutor.knowledge.triples.ranking import Ranks, rank_scores
from tutor.knowledge.triples.reference import (
    SCORERS,
    Scorer,
    complex_score,
    distmult_score,
    rotate_score,
    scorer,
    transe_score,
)

if TYPE_CHECKING:
    from tutor.datasets.triples import TripleSet
    from tutor.training import Fit

__all__ = [
    "SCORERS",
    "Ranks",
    "Scorer",
    "TriplesConfig",
    "complex_score",
    "distmult_score",
    "evaluate",
    "fit",
    "judge",
    "losses",
    "rank_scores",
    "ranking",
    "reference",
    "rotate_score",
    "sampling",
    "scorer",
    "train",
    "transe_score",
    "worlds",
]

BACKENDS = ("numpy", "torch")


def fit(
    data: TripleSet, config: TriplesConfig | None = None, *,
    backend: str = "numpy", seed: int = 0, device: str = "cpu",
) -> Fit:  # fmt: skip
    r"""Learn vectors of entities and relations from the training triples.

    .. math:: \min_{E, R} \; \ell\bigl(\{ s(h, r, \cdot) \}, \{ s(\cdot, r, t) \}\bigr)
              + \lambda \bigl( \lVert E \rVert^2 + \lVert R \rVert^2 \bigr)

    where :math:`s` is the scorer and :math:`\ell` the objective of the configuration.

    Parameters
    ----------
    data : TripleSet
        Only its ``train`` split is learnt from.
    config : TriplesConfig or None
        None is the default configuration.
    backend : {"numpy", "torch"}
    seed : int
        Fixes initial vectors, order and negatives.
    device : str
        For torch only: ``cpu``, ``cuda``, ``mps``.

    Returns
    -------
    Fit
        ``embedding`` holds the entities; ``context`` the relations, with
        ``reciprocal`` also one ``r (inverse)`` for each. ``history`` has ``loss``.

    Raises
    ------
    ValueError
        For an unknown scorer, backend or device, or a device given to NumPy.
    FloatingPointError
        If training diverged.

    Notes
    -----
    PyKEEN's names: ``embedding_dim`` = dim, ``num_epochs`` = epochs, ``sLCWA`` = our
    sampled objectives, ``LCWA`` = softmax and bce, ``create_inverse_triples`` =
    reciprocal, ``num_negs_per_pos`` = negatives, ``adversarial_temperature`` =
    temperature.
    """
    import numpy as np

    from tutor.embedding import Embedding

    config = config or TriplesConfig()
    training.check_backend(backend, BACKENDS)
    if device != "cpu" and backend != "torch":
        raise ValueError(
            f"device={device!r} needs backend='torch'; {backend} runs on the CPU"
        )
    plan = train.make_plan(data.train, len(data.entities), len(data.relations), config)
    E, R = train.initial_tables(plan, config, seed)
    if backend == "torch":
        from tutor.knowledge.triples import torch as twin

        E, R, found = twin.fit_tables(E, R, plan, config, seed, device)
    else:
        adam = train.Adam((E, R), config.learning_rate)
        found = [
            train.train_epoch(E, R, plan, config, adam, seed=seed, epoch=epoch)
            for epoch in range(config.epochs)
        ]
    if not (np.isfinite(E).all() and np.isfinite(R).all()):
        raise FloatingPointError(
            f"vectors are not finite after {config.epochs} epochs: lower learning_rate "
            f"({config.learning_rate})"
        )
    names = data.relations
    if config.reciprocal:
        names = (*names, *(f"{name} (inverse)" for name in names))
    meta = {"algorithm": config.scorer, "data": data.name, "seed": seed}
    return training.Fit(
        embedding=Embedding(data.entities, E, meta={**meta, "matrix": "entities"}),
        context=Embedding(names, R, meta={**meta, "matrix": "relations"}),
        history=training.History({"loss": tuple(found)}),
        config=config, seed=seed, backend=backend,
    )  # fmt: skip
