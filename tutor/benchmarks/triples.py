"""Benchmarks of chapter ``knowledge/triples``: our trainer and PyKEEN on UMLS.

Both sides train RotatE with self-adversarial sampling at one configuration and are
ranked by the same code afterwards, so quality stands beside speed. Not equal: initial
vectors, the order of triples, and that PyKEEN gathers the rows of sampled entities
where ours scores all 135. At this size PyKEEN is mostly overhead a batch; nothing here
says what happens at fifteen thousand entities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tutor.benchmarks import Row


def rows(quick: bool) -> list[Row]:
    """Return the rows; ``quick`` trains a tenth of the epochs."""
    from tutor.datasets.triples import triples
    from tutor.knowledge.triples import TriplesConfig

    data = triples("umls")
    config = TriplesConfig(
        scorer="rotate",
        objective="nssa",
        dim=50,
        epochs=5 if quick else 50,
        batch_size=256,
        learning_rate=0.02,
        margin=6.0,
    )
    return [
        Row(
            name="RotatE, self-adversarial sampling",
            ours=_ours(data, config),
            rival=_pykeen(data, config),
            rival_name="PyKEEN SLCWATrainingLoop.train",
            threads=1,
            unit="triples",
            work=float(len(data.train) * config.epochs),
            quality=lambda made: _quality(made, data),
            notes=(
                f"dim {config.dim}, {config.epochs} epochs of {len(data.train):,} "
                f"triples, batch {config.batch_size}, {config.negatives} negatives, "
                f"Adam {config.learning_rate}, margin {config.margin}, one thread; "
                "training alone; a seed a turn. Not equal: initial vectors, order; "
                "ours scores all entities"
            ),
        )
    ]


def _ours(data: Any, config: Any) -> Callable[[], Any]:
    """Return the work of a turn: one training, its seed counted up."""
    from tutor.knowledge import triples as kg

    seeds = iter(range(1, 100))

    def work() -> Any:
        run = kg.fit(data, config, seed=next(seeds))
        assert run.context is not None
        return run.embedding.vectors, run.context.vectors

    return work


def _pykeen(data: Any, config: Any) -> Callable[[], Any]:
    """Return the same work for PyKEEN: a fresh model a turn."""
    import torch
    from pykeen.losses import NSSALoss
    from pykeen.models import RotatE
    from pykeen.training import SLCWATrainingLoop
    from pykeen.triples import CoreTriplesFactory

    factory = CoreTriplesFactory(
        torch.tensor(data.train),
        num_entities=len(data.entities),
        num_relations=len(data.relations),
    )
    seeds = iter(range(1, 100))

    def work() -> Any:
        torch.set_num_threads(1)
        model = RotatE(
            triples_factory=factory,
            embedding_dim=config.dim,
            loss=NSSALoss(
                margin=config.margin, adversarial_temperature=config.temperature
            ),
            random_seed=next(seeds),
        )
        loop = SLCWATrainingLoop(
            model=model,
            triples_factory=factory,
            optimizer=torch.optim.Adam(model.parameters(), lr=config.learning_rate),
            negative_sampler_kwargs={"num_negs_per_pos": config.negatives},
        )
        loop.train(
            factory,
            num_epochs=config.epochs,
            batch_size=config.batch_size,
            use_tqdm=False,
            use_tqdm_batch=False,
        )
        E = model.entity_representations[0](None).detach().numpy()
        R = model.relation_representations[0](None).detach().numpy()
        return np.concatenate([E.real, E.imag], axis=1), np.angle(R)

    return work


def _quality(made: tuple[Any, Any], data: Any) -> Mapping[str, float]:
    """Return filtered metrics of one result, by our ranking for both sides."""
    from tutor.knowledge import triples as kg

    E, R = (np.asarray(table, dtype=np.float64) for table in made)
    n = len(data.relations)
    asked = kg.train.questions(data.test, n, reciprocal=False)
    known = kg.ranking.known_answers(data.facts, data.test, len(data.entities), n)
    target = np.concatenate([data.test[:, 2], data.test[:, 0]])
    scores = kg.ranking.score_all(E, R, asked, "rotate")
    ranks = kg.rank_scores(scores, target, known=known)
    return {"MRR": ranks.mrr(), "Hits@10": ranks.hits(10)}
