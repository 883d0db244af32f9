r"""Training in NumPy: one question a triple and side, all entities, Adam that slows.

The loss asks of every entity whether it is the answer, and only the one gold tail of
the question is:

.. math:: \ell = \frac1B \sum_b \sum_e \log\bigl(1 + e^{-y_{be} (\gamma + S_{be})}\bigr)

with :math:`y = 1` for the gold tail and :math:`-1` for all others, other true tails
included. It is :func:`tutor.knowledge.triples.losses.bce_loss` with one mark a row.
Chapter: ``knowledge/flows``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tutor import sampling
from tutor.knowledge.flows import reference
from tutor.knowledge.flows.config import FlowsConfig
from tutor.knowledge.triples import losses
from tutor.knowledge.triples.reference import Float
from tutor.knowledge.triples.train import Adam, Asked, Rows, ask, pull, questions

_ENTITIES, _RELATIONS = 65, 66  # streams of the initial numbers


class Plan(NamedTuple):
    """All questions of the training triples with their gold answers."""

    asked: Asked
    gold: Rows
    n_entities: int
    n_relations: int


class Batch(NamedTuple):
    """One step's questions and their gold answers."""

    asked: Asked
    gold: Rows


def make_plan(triples: Rows, n_entities: int, n_relations: int) -> Plan:
    """Ask for the tail of each triple, and for its head by a relation of its own.

    Shapes: ``triples`` (n, 3) → 2n questions; the second half asks with relations
    ``n_relations`` + r.
    """
    if len(triples) == 0:
        raise ValueError("no training triples: the graph is empty, nothing to learn")
    asked = questions(triples, n_relations, reciprocal=True)
    gold = np.concatenate([triples[:, 2], triples[:, 0]])
    return Plan(asked, gold, n_entities, n_relations)


def batches(
    plan: Plan, config: FlowsConfig, *, seed: int, epoch: int
) -> Iterator[Batch]:
    """Yield the batches of one epoch; the order is a permutation by (seed, epoch)."""
    order = sampling.permutation(len(plan.gold), seed, epoch=epoch)
    for i in range(0, len(order), config.batch_size):
        chosen = order[i : i + config.batch_size]
        yield Batch(plan.asked.take(chosen), plan.gold[chosen])


def initial_tables(plan: Plan, config: FlowsConfig, seed: int) -> tuple[Float, Float]:
    """Return entity and reciprocal relation matrices (float32), uniform around 0."""
    model = reference.scorer(config.scorer)

    def table(rows: int, width: int, stream: int) -> Float:
        draws = sampling.uniform(seed, 0, stream, np.arange(rows * width))
        made = config.init * (2 * draws - 1)
        return np.asarray(made.reshape(rows, width).astype(np.float32))

    E = table(plan.n_entities, model.entity_parts * config.dim, _ENTITIES)
    width = model.relation_parts * config.dim
    return E, table(2 * plan.n_relations, width, _RELATIONS)


def one_hot(gold: Rows, n: int) -> Float:
    """Return the marks (questions, n): 1 at the gold answer, else 0."""
    Y = np.zeros((len(gold), n), dtype=np.float32)
    Y[np.arange(len(gold)), gold] = 1
    return Y


def gradients(
    E: Float, R: Float, batch: Batch, config: FlowsConfig
) -> tuple[float, Float, Float]:
    r"""Return the loss of a batch and its gradients by ``E`` and ``R``.

    .. math:: \nabla_{S_{be}} = \frac1B \bigl( \sigma(\gamma + S_{be})
              - \mathbb 1[e = \text{gold}_b] \bigr)
    """
    model = reference.scorer(config.scorer)
    scored = ask(E, R, batch.asked, model)
    Y = one_hot(batch.gold, len(E)).astype(E.dtype)
    loss = losses.bce_loss(scored[1], Y, config.gamma)
    G = losses.bce_gradients(scored[1], Y, config.gamma)
    return loss, *pull(E, R, batch.asked, model, scored, G)


def train_epoch(
    tables: tuple[Float, Float],
    plan: Plan,
    config: FlowsConfig,
    adam: Adam,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> float:
    r"""Train both matrices in place for one epoch; return the mean loss of its steps.

    The learning rate is :math:`\eta\, \text{decay}^{\text{epoch}}`.
    """
    adam.rate = config.learning_rate * config.decay**epoch
    found = []
    for batch in batches(plan, config, seed=seed, epoch=epoch):
        loss, *slopes = gradients(*tables, batch, config)
        adam.step(*slopes)
        found.append(loss)
    return float(np.mean(found))
