r"""What walks do on average, computed without walking.

The oracle of this chapter: probabilities of a second-order step, the share of steps
that go back, expected pair counts of finite walks, and the test that holds walked
transitions against them. All of it is meant for small graphs.

Chapter: ``graphs/walks``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.graphs.graph import Graph
from tutor.graphs.walks.config import WalkConfig
from tutor.graphs.walks.reference import step_weight

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST_PAIRS = 20_000_000
MOST_NODES = 4_000


def step_probabilities(
    graph: Graph, before: int, now: int, p: float, q: float
) -> Floats:
    r"""Return the probabilities of the neighbours of ``now``, coming from ``before``.

    .. math:: P(x \mid t, v) = \frac{\alpha_{pq}(t, x)\, w_{vx}}
              {\sum_{y} \alpha_{pq}(t, y)\, w_{vy}}

    Shapes: → (degree of now,), in the order of :meth:`Graph.neighbours`. ``before`` −1
    is the first step: no memory.
    """
    after = graph.neighbours(now)
    weight = graph.weights[graph.offsets[now] : graph.offsets[now + 1]]
    if before >= 0:
        weight = weight * step_weight(graph, np.full(len(after), before), after, p, q)
    share: Floats = weight / weight.sum()
    return share


class _Steps(NamedTuple):
    """A walk on arcs: from arc ``t → v`` to arc ``v → x``, with its probability."""

    arc: Ints
    following: Ints
    share: Floats
    back: NDArray[np.bool_]


def _arc_steps(graph: Graph, p: float, q: float) -> _Steps:
    """Return every pair of arcs that can follow each other, in rising order."""
    sources, targets = graph.sources, graph.targets.astype(np.int64)
    reach = graph.degrees[targets]
    if reach.sum() > MOST_PAIRS:
        raise ValueError(
            f"{int(reach.sum()):,} pairs of arcs, at most {MOST_PAIRS:,}: exact rates "
            "are for small graphs; take graph.subgraph(rows)"
        )
    arc = np.repeat(np.arange(len(targets)), reach)
    first = np.repeat(graph.offsets[targets] - np.cumsum(reach) + reach, reach)
    following = first + np.arange(len(arc))
    after = targets[following]
    weight = graph.weights[following]
    weight = weight * step_weight(graph, sources[arc], after, p, q)
    total = np.bincount(arc, weights=weight, minlength=len(targets))
    return _Steps(arc, following, weight / total[arc], after == sources[arc])


def expected_return_rate(graph: Graph, config: WalkConfig) -> float:
    r"""Return the expected share of steps that go straight back, exactly.

    .. math:: r = \frac{\sum_{s=2}^{t-1} \sum_{(u,v)} a_s(u, v)\, P(u \mid u, v)}
              {\sum_{s=2}^{t-1} \sum_{(u,v)} a_s(u, v)}, \qquad a_{s+1} = a_s M

    where :math:`a_s(u, v)` is the probability that step :math:`s - 1` went from u to v,
    and M the step from arc to arc; walks start evenly at all nodes, as ours do.
    """
    if config.length < 3:
        raise ValueError("a walk of fewer than 3 nodes cannot come back: raise length")
    steps = _arc_steps(graph, config.p, config.q)
    m = len(graph.targets)
    mass = _first_arcs(graph)
    returned = taken = 0.0
    for _ in range(2, config.length):
        flow = mass[steps.arc] * steps.share
        returned += float(flow[steps.back].sum())
        taken += float(flow.sum())
        mass = np.bincount(steps.following, weights=flow, minlength=m)  # type: ignore[assignment]
    if taken == 0:
        raise ValueError("no walk of this graph takes a second step")
    return returned / taken


def _first_arcs(graph: Graph) -> Floats:
    """Return the probability of each arc to be a walk's first step."""
    total = np.bincount(graph.sources, weights=graph.weights, minlength=len(graph))
    return np.asarray(graph.weights / total[graph.sources] / len(graph))


def return_rate(lines: NDArray[np.int32]) -> float:
    """Return the share of steps, from a walk's second on, that went straight back."""
    back, after = lines[:, :-2], lines[:, 2:]
    taken = after >= 0
    if not taken.any():
        raise ValueError("no walk takes a second step: nothing can come back")
    return float((back == after)[taken].mean())


class ChiSquare(NamedTuple):
    """A goodness-of-fit test: its statistic, degrees of freedom, and tail area."""

    statistic: float
    freedom: int
    p_value: float


def transition_chi_square(
    graph: Graph, lines: NDArray[np.int32], p: float, q: float, *, least: float = 5.0
) -> ChiSquare:
    r"""Test the second-order steps of walks against their exact probabilities.

    .. math:: X^2 = \sum_{(t,v)} \sum_x
              \frac{(n_{tvx} - n_{tv} P(x \mid t, v))^2}{n_{tv} P(x \mid t, v)}

    over the arcs :math:`(t, v)` whose smallest expected count is ``least`` or more,
    with degree − 1 degrees of freedom each. Given how often an arc was walked, what
    follows is a multinomial draw, and that is what the test asks about.

    Source: Anderson and Goodman (1957), on testing a Markov chain's probabilities.
    """
    from scipy.stats import chi2

    steps, m = _arc_steps(graph, p, q), len(graph.targets)
    t, v, x = (lines[:, i : lines.shape[1] - 2 + i].ravel() for i in range(3))
    whole = x >= 0
    arc, following = _arcs(graph, t[whole], v[whole]), _arcs(graph, v[whole], x[whole])
    visits = np.bincount(arc, minlength=m)
    codes = steps.arc * m + steps.following
    place = np.searchsorted(codes, arc * m + following)
    seen = np.bincount(place, minlength=len(codes))
    expected = visits[steps.arc] * steps.share
    smallest = np.full(m, np.inf)
    np.minimum.at(smallest, steps.arc, expected)
    size = np.bincount(steps.arc, minlength=m)
    tested = (smallest >= least) & (size > 1)
    inside = tested[steps.arc]
    freedom = int((size[tested] - 1).sum())
    if not freedom:
        raise ValueError(
            f"no arc was walked so often that {least} of each step are due: more walks"
        )
    gap = seen[inside] - expected[inside]
    statistic = float((gap**2 / expected[inside]).sum())
    return ChiSquare(statistic, freedom, float(chi2.sf(statistic, freedom)))


def _arcs(graph: Graph, source: NDArray, target: NDArray) -> Ints:
    """Return the number of the arc between each pair of rows.

    Raises
    ------
    ValueError
        If there is no such arc: the lines are no walks of this graph.
    """
    there = graph.has_arc(source, target)
    if not there.all():
        a, b = source[~there][0], target[~there][0]
        raise ValueError(
            f"the walks step from {graph.keys[a]!r} to {graph.keys[b]!r}, which this "
            "graph does not join: give the graph that was walked"
        )
    codes = graph.sources * len(graph) + graph.targets
    wanted = source.astype(np.int64) * len(graph) + target
    return np.searchsorted(codes, wanted)  # type: ignore[no-any-return]


def expected_pair_counts(
    graph: Graph, config: WalkConfig, *, start: Floats | None = None
) -> Floats:
    r"""Return how often each pair is expected within a window of first-order walks.

    .. math:: E[X] = F + F^\top, \qquad F_{wc} = \gamma n \sum_{r=1}^{T} \kappa_r
              \sum_{i=0}^{t-1-r} (s P^i)_w\, (P^r)_{wc}

    where P is the step matrix, s the distribution of starts, :math:`\gamma n` the
    number of walks of t nodes, T the window, and :math:`\kappa_r` the share of windows
    that reach r: 1, or :math:`(T - r + 1)/T` when windows are dynamic.

    Parameters
    ----------
    start : (n,) array, optional
        Probabilities of starts; even ones, as :func:`walk_starts` makes them, if None.

    Shapes: → (n, n), row center and column context.
    """
    n, settings = len(graph), config.training
    if not config.first_order:
        raise ValueError(f"first-order walks only, got p={config.p}, q={config.q}")
    P = step_matrix(graph)
    at = np.full(n, 1.0 / n) if start is None else np.asarray(start, np.float64)
    if at.shape != (n,) or not np.isclose(at.sum(), 1.0):
        raise ValueError(f"start must be {n} probabilities, got shape {at.shape}")
    visited = np.zeros((config.length, n))
    for i in range(config.length):
        visited[i] = at
        at = at @ P
    power, forward = np.eye(n), np.zeros((n, n))
    for r in range(1, min(settings.window, config.length - 1) + 1):
        power = power @ P
        reach = (settings.window - r + 1) / settings.window if settings.dynamic else 1.0
        forward += reach * visited[: config.length - r].sum(axis=0)[:, None] * power
    return np.asarray(config.walks * n * (forward + forward.T))


def step_matrix(graph: Graph) -> Floats:
    r"""Return :math:`P = D^{-1} A`, dense (n, n): the step of a walk without memory.

    Raises
    ------
    ValueError
        For graphs of more than 4,000 nodes, and nodes that no arc leaves.
    """
    if len(graph) > MOST_NODES:
        raise ValueError(
            f"{len(graph):,} nodes, at most {MOST_NODES:,}: the matrix is dense; take "
            "graph.subgraph(rows)"
        )
    if (graph.degrees == 0).any():
        raise ValueError(
            f"{int((graph.degrees == 0).sum())} nodes have no arc to leave by: the "
            "step from there is undefined; give graph.largest_component()"
        )
    A = graph.adjacency().toarray()
    return np.asarray(A / A.sum(axis=1, keepdims=True))
