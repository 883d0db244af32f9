"""Benchmarks of chapter ``knowledge/triples``: ours and PyKEEN on UMLS.

Training: both sides train RotatE with self-adversarial sampling at one configuration
and are ranked by the same code afterwards, so quality stands beside speed. Not equal:
initial vectors, the order of triples, and that PyKEEN gathers the rows of sampled
entities where ours scores all 135. Ranking: both sides hold the same vectors and rank
the test facts, filtered, from both sides; the MRR must be the same. At this size PyKEEN
is mostly overhead a batch; nothing here says what happens at fifteen thousand entities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
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
            aim=30,
        ),
        _ranking(data, replace(config, epochs=5), times=2 if quick else 20),
    ]


def _ranking(data: Any, config: Any, times: int) -> Row:
    """Return the row of filtered ranks: the same vectors on both sides."""
    from tutor.knowledge import triples as kg

    run = kg.fit(data, config, seed=1)

    def ours() -> float:
        return [kg.evaluate(run, data).mrr() for _ in range(times)][-1]

    return Row(
        name="filtered ranks of RotatE, both sides",
        ours=ours,
        rival=_evaluator(run, data, times),
        rival_name="PyKEEN RankBasedEvaluator.evaluate",
        threads=1,
        unit="questions",
        work=float(2 * len(data.test) * times),
        quality=lambda mrr: {"MRR": mrr},
        notes=(
            f"dim {config.dim}, {len(data.test)} test facts of {len(data.entities)} "
            f"entities, ranked {times} times a turn, one thread; the same vectors on "
            "both sides, ours in float64, PyKEEN's in float32, 256 facts a batch, "
            "the mean reciprocal rank its only metric"
        ),
        aim=15,
    )


def _evaluator(run: Any, data: Any, times: int) -> Callable[[], Any]:
    """Return the same work for PyKEEN, its model holding the vectors of ``run``."""
    import logging

    import torch
    from pykeen.evaluation import RankBasedEvaluator

    logging.getLogger("torch_max_mem").setLevel(logging.ERROR)  # a line a call
    train, valid, test = map(torch.tensor, (data.train, data.valid, data.test))
    model, name = _model_of(run, data), "inverse_harmonic_mean_rank"
    evaluator = RankBasedEvaluator(metrics=[name], add_defaults=False)

    def once() -> float:
        found = evaluator.evaluate(
            model,
            test,
            additional_filter_triples=[train, valid],
            batch_size=256,
            use_tqdm=False,
        )
        return float(found.get_metric(f"both.realistic.{name}"))

    def work() -> float:
        torch.set_num_threads(1)
        return [once() for _ in range(times)][-1]

    return work


def _model_of(run: Any, data: Any) -> Any:
    """Return PyKEEN's RotatE with the vectors of a run of ours."""
    import torch
    from pykeen.models import RotatE
    from pykeen.triples import CoreTriplesFactory

    factory = CoreTriplesFactory(
        torch.tensor(data.train),
        num_entities=len(data.entities),
        num_relations=len(data.relations),
    )
    model: Any = RotatE(
        triples_factory=factory,
        embedding_dim=run.config.dim,
        random_seed=0,
    )
    angles = run.context.vectors
    turns = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
    for held, parts in (
        (model.entity_representations[0], run.embedding.vectors),
        (model.relation_representations[0], turns),
    ):
        # Ours has real parts first; theirs has real and imaginary parts in turns.
        pairs = np.stack(np.split(parts, 2, axis=1), axis=-1).reshape(len(parts), -1)
        held._embeddings.weight.data = torch.tensor(pairs, dtype=torch.float32)
    return model.eval()


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
