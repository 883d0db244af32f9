"""Training in NumPy: questions, batches, one pass forward and back, Adam.

The batches are index arrays, for both backends. Every step scores all entities, also
where only sampled ones enter the loss: with a hundred of them one matrix product is
cheaper than gathering rows, and the result is the same. Chapter: ``knowledge/triples``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from tutor import sampling
from tutor.knowledge.triples import losses, reference
from tutor.knowledge.triples.config import TriplesConfig
from tutor.knowledge.triples.reference import Float, Scorer
from tutor.knowledge.triples.sampling import corrupted, head_shares

Rows = NDArray[np.int64]
_RELATIONS = 63  # stream of the relations' initial numbers
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Asked(NamedTuple):
    """Questions; where ``tail``, the anchor is the tail and the head is asked for."""

    anchor: Rows
    relation: Rows
    tail: NDArray[np.bool_]

    def take(self, rows: Rows | slice) -> Asked:
        """Return some of the questions."""
        return Asked(self.anchor[rows], self.relation[rows], self.tail[rows])


class Batch(NamedTuple):
    """One step's questions, and what the objective compares.

    ``answers`` (questions, entities) of 0 and 1; or ``true`` (triples,), ``rows`` and
    ``entities`` (triples, K): where true and corrupted triples have their scores.
    """

    asked: Asked
    answers: Float | None
    true: Rows | None
    rows: Rows | None
    entities: Rows | None


@dataclass(frozen=True)
class Plan:
    """What all epochs share: triples, distinct questions, their answers."""

    triples: Rows
    n_entities: int
    n_relations: int
    asked: Asked
    answers: scipy.sparse.csr_array
    shares: NDArray[np.float64]


# --- questions -----------------------------------------------------------------------
def questions(triples: Rows, n_relations: int, *, reciprocal: bool) -> Asked:
    """Return two questions a triple: first all tails asked for, then all heads.

    With ``reciprocal``, heads have a relation of their own: ``n_relations`` + r.
    """
    h, r, t = np.asarray(triples, dtype=np.int64).T
    back = np.repeat([False, True], len(h))
    if reciprocal:
        both = np.concatenate([r, r + n_relations])
        return Asked(np.concatenate([h, t]), both, np.zeros_like(back))
    return Asked(np.concatenate([h, t]), np.concatenate([r, r]), back)


def keys(asked: Asked, n_relations: int) -> Rows:
    """Return one number for each question: equal for equal ones."""
    side = asked.relation + 2 * n_relations * asked.tail
    return np.asarray(asked.anchor * (4 * n_relations) + side)


def make_plan(
    triples: Rows, n_entities: int, n_relations: int, config: TriplesConfig
) -> Plan:
    """Gather the distinct questions of the training triples with all their answers."""
    if len(triples) == 0:
        raise ValueError("no training triples: nothing to learn from")
    every = questions(triples, n_relations, reciprocal=config.reciprocal)
    targets = np.concatenate([triples[:, 2], triples[:, 0]])
    _, first, row = np.unique(
        keys(every, n_relations), return_index=True, return_inverse=True
    )
    ones = np.ones(len(row), dtype=np.float32)
    shape = (len(first), n_entities)
    answers = scipy.sparse.csr_array((ones, (row, targets)), shape=shape)
    answers.data[:] = 1.0
    asked = every.take(first)
    shares = head_shares(triples, n_relations, config.corruption)
    return Plan(triples, n_entities, n_relations, asked, answers, shares)


def batches(
    plan: Plan, config: TriplesConfig, *, seed: int, epoch: int
) -> Iterator[Batch]:
    """Yield the batches of one epoch; the order is a permutation by (seed, epoch)."""
    count = len(plan.triples) if config.sampled else len(plan.asked.anchor)
    order = sampling.permutation(count, seed, epoch=epoch)
    for i in range(0, count, config.batch_size):
        chosen = order[i : i + config.batch_size]
        if not config.sampled:
            asked = plan.asked.take(chosen)
            yield Batch(asked, plan.answers[chosen].toarray(), None, None, None)
            continue
        triples = plan.triples[chosen]
        entities, heads = corrupted(
            triples,
            chosen,
            config.negatives,
            plan.n_entities,
            plan.shares,
            seed=seed,
            epoch=epoch,
        )
        rows = np.arange(len(chosen))[:, None] + len(chosen) * heads
        asked = questions(triples, plan.n_relations, reciprocal=False)
        yield Batch(asked, None, triples[:, 2], rows, entities)


# --- parameters ----------------------------------------------------------------------
def initial_tables(plan: Plan, config: TriplesConfig, seed: int) -> tuple[Float, Float]:
    """Return entity and relation matrices (float32), uniform around 0."""
    model = reference.scorer(config.scorer)
    rows = plan.n_relations * (2 if config.reciprocal else 1)
    E = _uniform(plan.n_entities, model.entity_parts * config.dim, seed, sampling.INIT)
    R = _uniform(rows, model.relation_parts * config.dim, seed, _RELATIONS)
    R *= np.float32(np.pi if model.phases else config.init)
    E *= np.float32(config.init)
    return (unit(E) if config.unit_entities else E), R


def _uniform(rows: int, width: int, seed: int, stream: int) -> Float:
    draws = sampling.uniform(seed, 0, stream, np.arange(rows * width))
    return (2 * draws - 1).reshape(rows, width).astype(np.float32)


def unit(E: Float) -> Float:
    """Return the rows at length 1."""
    return np.asarray(E / np.linalg.norm(E, axis=1, keepdims=True))


# --- forward and back ----------------------------------------------------------------
def flips(asked: Asked, width: int, model: Scorer) -> Float | float:
    """Return the signs (questions, width) that turn relations for heads asked for."""
    if not asked.tail.any():
        return 1.0
    if model.inverse is None:
        raise ValueError(
            "this model has no inverse relation: set reciprocal=True, so that the "
            "question from the tail gets a relation of its own"
        )
    return np.where(asked.tail[:, None], reference.signs(width, model.inverse), 1.0)


def ask(E: Float, R: Float, asked: Asked, model: Scorer) -> tuple[Float, Float]:
    """Return the queries (questions, width) and all scores (questions, entities)."""
    r = (R[asked.relation] * flips(asked, R.shape[1], model)).astype(R.dtype)
    q = model.query(E[asked.anchor], r)
    return q, model.match.scores(q, E)


def pull(
    E: Float,
    R: Float,
    asked: Asked,
    model: Scorer,
    scored: tuple[Float, Float],
    G: Float,
) -> tuple[Float, Float]:
    """Return the gradients by ``E`` and ``R`` from ``G``, that by the scores."""
    q, S = scored
    flip = flips(asked, R.shape[1], model)
    gq, gE = model.match.gradients(q, E, S, G)
    r = (R[asked.relation] * flip).astype(R.dtype)
    gh, gr = model.query_gradients(E[asked.anchor], r, gq)
    gE = gE + scatter_sum(asked.anchor, gh, len(E))
    return gE, scatter_sum(asked.relation, (gr * flip).astype(R.dtype), len(R))


def scatter_sum(rows: Rows, values: Float, n: int) -> Float:
    """Add ``values`` (batch, width) into ``n`` rows of zeros, as ``np.add.at`` does."""
    ones = np.ones(len(rows), dtype=values.dtype)
    spread = scipy.sparse.csr_array(
        (ones, (rows, np.arange(len(rows)))), shape=(n, len(rows))
    )
    return np.asarray(spread @ values)


def loss_and_slope(
    S: Float, batch: Batch, config: TriplesConfig
) -> tuple[float, Float]:
    """Return the objective's value and its gradient by the scores ``S``."""
    if batch.answers is not None:
        Y = batch.answers.astype(S.dtype)
        if config.objective == "softmax":
            return losses.softmax_loss(S, Y), losses.softmax_gradients(S, Y)
        loss = losses.bce_loss(S, Y, config.gamma)
        return loss, losses.bce_gradients(S, Y, config.gamma)
    assert batch.true is not None
    assert batch.rows is not None
    assert batch.entities is not None
    first = np.arange(len(batch.true))
    pos, neg = S[first, batch.true], S[batch.rows, batch.entities]
    if config.objective == "margin":
        loss = losses.margin_loss(pos, neg, config.gamma)
        gp, gn = losses.margin_gradients(pos, neg, config.gamma)
    else:
        w = losses.adversarial_weights(neg, config.temperature)
        loss = losses.nssa_loss(pos, neg, config.gamma, w)
        gp, gn = losses.nssa_gradients(pos, neg, config.gamma, w)
    G = np.zeros_like(S)
    np.add.at(G, (batch.rows, batch.entities), gn)
    G[first, batch.true] += gp
    return loss, G


def gradients(
    E: Float, R: Float, batch: Batch, config: TriplesConfig
) -> tuple[float, Float, Float]:
    r"""Return loss and gradients of one batch, with the penalty (phases have none).

    .. math:: \ell + \lambda \bigl( \lVert E \rVert^2 + \lVert R \rVert^2 \bigr)
    """
    model = reference.scorer(config.scorer)
    scored = ask(E, R, batch.asked, model)
    loss, G = loss_and_slope(scored[1], batch, config)
    gE, gR = pull(E, R, batch.asked, model, scored, G)
    if config.l2:
        loss += config.l2 * float((E**2).sum())
        gE = gE + E.dtype.type(2 * config.l2) * E
        if not model.phases:
            loss += config.l2 * float((R**2).sum())
            gR = gR + R.dtype.type(2 * config.l2) * R
    return loss, gE, gR


# --- Adam ----------------------------------------------------------------------------
class Adam:
    r"""Adam for a few arrays, updated in place.

    .. math:: m \leftarrow \beta_1 m + (1-\beta_1) g, \quad
              v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad
              \theta \leftarrow \theta - \eta \frac{m / (1-\beta_1^t)}
              {\sqrt{v / (1-\beta_2^t)} + \epsilon}

    Source: Kingma and Ba (2015), algorithm 1, as in ``torch.optim.Adam``.
    """

    def __init__(self, tables: tuple[Float, ...], learning_rate: float):
        self.tables, self.rate, self.steps = tables, learning_rate, 0
        self.means = [np.zeros_like(table) for table in tables]
        self.squares = [np.zeros_like(table) for table in tables]

    def step(self, *slopes: Float) -> None:
        """Take one step against the gradients."""
        self.steps += 1
        short, long = 1 - BETA1**self.steps, 1 - BETA2**self.steps
        for table, m, v, g in zip(
            self.tables, self.means, self.squares, slopes, strict=True
        ):
            m += table.dtype.type(1 - BETA1) * (g - m)
            v += table.dtype.type(1 - BETA2) * (g * g - v)
            root = np.sqrt(v / table.dtype.type(long)) + table.dtype.type(EPSILON)
            table -= table.dtype.type(self.rate / short) * m / root


def train_epoch(
    E: Float,
    R: Float,
    plan: Plan,
    config: TriplesConfig,
    adam: Any,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> float:
    """Train both matrices in place for one epoch; return the mean loss of its steps."""
    found = []
    for batch in batches(plan, config, seed=seed, epoch=epoch):
        loss, gE, gR = gradients(E, R, batch, config)
        adam.step(gE, gR)
        if config.unit_entities:
            E[:] = unit(E)
        found.append(loss)
    return float(np.mean(found))
