r"""Skip-gram and edges at once, in NumPy: the readable original of the kernel.

.. math:: L = L_{\mathrm{SGNS}} + \lambda \sum_{i \sim j} \lVert u_i - u_j \rVert^2

An epoch visits every edge ``visits`` times, each time with :math:`\lambda` / visits.
The visits are spread evenly over the text: before the window at token p, those are
made that are due, so that after a share of the text the same share is behind. Each
visit is a step of its own, its gradient from the two vectors before it.

Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.words.knowledge.config import JointConfig
from tutor.words.knowledge.edges import EdgeRows
from tutor.words.knowledge.reference import Float
from tutor.words.word2vec import reference, walk
from tutor.words.word2vec.walk import Plan

VISIT = 71  # stream of the order in which edges are visited


class Visits(NamedTuple):
    """The edges of an epoch in the order they are visited: two (visits,) int32."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]

    def due(self, place: int, tokens: int) -> int:
        """Return how many visits belong before the window at token ``place``."""
        return place * len(self.left) // tokens


def visits_of(
    edges: EdgeRows, config: JointConfig, *, seed: int = 0, epoch: int = 0
) -> Visits:
    """Return the visits of an epoch: every edge, in a new order each time around.

    With ``weight=0`` there are none.
    """
    rounds = config.visits if config.weight else 0
    orders = [
        sampling.permutation(
            len(edges), seed, epoch=epoch * config.visits + r, stream=VISIT
        )
        for r in range(rounds)
    ]
    order = np.concatenate([np.zeros(0, np.int64), *orders])
    left, right = edges.pairs[order].T.astype(np.int32)
    return Visits(np.ascontiguousarray(left), np.ascontiguousarray(right))


def penalty_loss(u: Float, v: Float) -> float:
    r"""Return :math:`\sum_e \lVert u_e - v_e \rVert^2`. Shapes: (edges, dim) twice."""
    return float(((u - v) ** 2).sum())


def penalty_gradients(u: Float, v: Float) -> tuple[Float, Float]:
    r"""Return the gradients of :func:`penalty_loss`: :math:`2(u - v)` and its negative.

    Shapes: (edges, dim) twice → the same.
    """
    slope = 2 * (u - v)
    return slope, -slope


def penalty_step(
    U: Float, left: NDArray[np.integer], right: NDArray[np.integer], rate: float
) -> None:
    r"""Move both ends of edges by one step; repeated rows accumulate.

    ``rate`` is the learning rate times :math:`\lambda` / visits.
    """
    gu, gv = penalty_gradients(U[left], U[right])
    step = U.dtype.type(rate)
    np.add.at(U, left, -step * gu)
    np.add.at(U, right, -step * gv)


def train_epoch(
    U: Float,
    V: Float,
    plan: Plan,
    edges: EdgeRows,
    config: JointConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> None:
    """Train ``U`` and ``V`` in place for one epoch of windows and visits."""
    engine, share = config.engine, config.weight / config.visits
    batch, total = engine.batch_pairs or 2, len(plan.tokens)
    visits, done = visits_of(edges, config, seed=seed, epoch=epoch), 0
    _, _, positions = walk.pairs(plan, engine, seed=seed, epoch=epoch)
    places = positions[walk.edges_of(positions)[:-1]].tolist()
    steps = walk.windows(plan, engine, seed=seed, epoch=epoch)
    for place, window in zip(places, steps, strict=True):
        contexts, outputs, labels, mask, rate = window
        for k in range(done, due := visits.due(place, total)):
            one = slice(k, k + 1)
            penalty_step(U, visits.left[one], visits.right[one], rate * share)
        done = due
        for start in range(0, len(contexts), batch):
            inputs = contexts[start : start + batch]
            rows = np.tile(outputs, (len(inputs), 1))
            same = np.tile(labels, (len(inputs), 1)), np.tile(mask, (len(inputs), 1))
            reference.skipgram_step(U, V, inputs, rows, *same, rate)
    rate = walk.rate_at(engine, epoch, 1.0)
    for k in range(done, len(visits.left)):
        one = slice(k, k + 1)
        penalty_step(U, visits.left[one], visits.right[one], rate * share)
