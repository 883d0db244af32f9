r"""Random walks in NumPy: DeepWalk's first-order steps, node2vec's second-order steps.

Read a graph as if it were a language: walk from neighbour to neighbour, write down the
nodes, and hand the lines to word2vec. DeepWalk forgets where a step came from. node2vec
remembers one node: standing at v and coming from t, it weighs a step to x by

.. math:: \alpha_{pq}(t, x) = 1/p \text{ if } x = t, \quad
          1 \text{ if there is an arc } t \to x, \quad 1/q \text{ otherwise.}

Every draw is a pure function of (seed, walk, step, attempt), so the Numba kernel makes
the same walks, whatever the number of threads.

Left out: the alias tables of the published program, which need room for every pair of
neighbouring arcs; we propose a neighbour and accept it by chance instead.

Sources: Perozzi, Al-Rfou and Skiena (2014), "DeepWalk", algorithm 1; Grover and
Leskovec (2016), "node2vec", section 3.2. Chapter: ``graphs/walks``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling
from tutor.graphs.graph import Graph
from tutor.graphs.walks.config import WalkConfig

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DRAWS = 1 << 20
"""Positions of the random stream kept for one step: two an attempt."""


def walk_starts(graph: Graph, config: WalkConfig, *, seed: int = 0) -> Ints:
    """Return the first node of each walk: every node once a round, in random order.

    Shapes: → (walks * nodes,). Walk i is line i of the text.
    """
    n = len(graph)
    rounds = [sampling.permutation(n, seed, epoch=r) for r in range(config.walks)]
    return np.concatenate(rounds)


def row_shares(graph: Graph) -> Floats:
    r"""Return for each arc its node's row plus the cumulative share of its weight.

    .. math:: c_k = v + \frac{\sum_{j \le k} w_{vj}}{\sum_j w_{vj}}

    The values rise over all arcs, so one search in them finds a neighbour of v with
    probability :math:`w_{vx} / \sum_j w_{vj}`. Empty where all weights are equal.
    """
    if graph.unweighted:
        return np.zeros(0)
    total = np.concatenate([[0.0], np.cumsum(graph.weights)])
    before = np.repeat(total[graph.offsets[:-1]], graph.degrees)
    whole = np.repeat(np.diff(total[graph.offsets]), graph.degrees)
    return graph.sources + np.minimum((total[1:] - before) / whole, 1.0)  # type: ignore[no-any-return]


def propose(graph: Graph, shares: Floats, now: Ints, uniform: Floats) -> Ints:
    r"""Return a neighbour of each node, drawn with probability :math:`w/\sum w`.

    Shapes: ``now``, ``uniform`` (n,) → (n,). ``uniform`` lies in [0, 1).
    """
    first, last = graph.offsets[now], graph.offsets[now + 1] - 1
    if len(shares):
        place = np.searchsorted(shares, now + uniform, side="right")
        place = np.clip(place, first, last)
    else:
        place = first + (uniform * graph.degrees[now]).astype(np.int64)
    return graph.targets[place].astype(np.int64)


def step_weight(
    graph: Graph, before: ArrayLike, after: ArrayLike, p: float, q: float
) -> Floats:
    r"""Return :math:`\alpha_{pq}(t, x)` for coming from t and proposing x.

    Shapes: ``before`` (n,), ``after`` (n,) → (n,). Source: Grover and Leskovec (2016),
    section 3.2.2. In a directed graph the arc from t to x is asked for; the published
    program asks for the arc from x to t.
    """
    before, after = np.asarray(before), np.asarray(after)
    near = np.where(graph.has_arc(before, after), 1.0, 1.0 / q)
    return np.where(before == after, 1.0 / p, near)


def random_walks(
    graph: Graph, config: WalkConfig | None = None, *, seed: int = 0
) -> NDArray[np.int32]:
    """Return all walks, a line each; −1 fills a line after a dead end.

    A step proposes a neighbour and accepts it with probability α / max α, until one is
    accepted. All walks take the same step at once.

    Shapes: → (walks * nodes, length).
    """
    config = config or WalkConfig()
    starts = walk_starts(graph, config, seed=seed)
    lines = np.full((len(starts), config.length), -1, np.int32)
    lines[:, 0] = starts
    shares = row_shares(graph)
    for step in range(1, config.length):
        _step(graph, config, lines, step, shares, seed)
    return lines


def _step(
    graph: Graph,
    config: WalkConfig,
    lines: NDArray[np.int32],
    step: int,
    shares: Floats,
    seed: int,
) -> None:
    """Fill column ``step``: the walks still undecided try again, all at once."""
    now = lines[:, step - 1].astype(np.int64)
    walks = np.flatnonzero((now >= 0) & (graph.degrees[now] > 0))
    places = (walks * config.length + step) * DRAWS
    largest = max(1.0, 1.0 / config.p, 1.0 / config.q)
    for attempt in range(DRAWS // 2):
        draw = sampling.uniform(seed, 0, sampling.WALK, places + 2 * attempt)
        after = propose(graph, shares, now[walks], draw)
        accepted = np.ones(len(walks), bool)
        if step > 1 and not config.first_order:
            before = lines[walks, step - 2]
            chance = step_weight(graph, before, after, config.p, config.q) / largest
            draw = sampling.uniform(seed, 0, sampling.WALK, places + 2 * attempt + 1)
            accepted = draw < chance
        lines[walks[accepted], step] = after[accepted]
        walks, places = walks[~accepted], places[~accepted]
        if not len(walks):
            return
    raise RuntimeError(f"{len(walks)} steps found none in {DRAWS // 2} attempts")
