r"""How well scores rebuild neighbourhoods: average precision at k hops, and a fake.

.. math:: \mathrm{AP}_i = \frac{1}{|N_i|} \sum_{j \in N_i} \frac{\#\{l \in N_i :
          s_{il} \ge s_{ij}\}}{\#\{l \ne i : s_{il} \ge s_{ij}\}}

where :math:`N_i` are the nodes *within* k steps of i, or *exactly* k steps away. Equal
scores have no order: AP is then the mean over all their orders, in closed form. A node
is no candidate for itself, and a node with an empty :math:`N_i` has no AP.

Chapter: ``graphs/reconstruction``.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import shortest_path

from tutor.evaluate.binary import average_precisions, rank_distance
from tutor.graphs.graph import Graph

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Mode = Literal["within", "exactly"]


def hops(graph: Graph) -> Floats:
    """Return how many arcs lead from each node to each: (n, n), ∞ if none do.

    Weights do not count.
    """
    distance: Floats = shortest_path(
        graph.adjacency(), method="D", directed=graph.directed, unweighted=True
    )
    return distance


def neighbourhoods(graph: Graph, k: int, mode: Mode = "within") -> Bools:
    """Return who stands within k steps of each node, or exactly k: (n, n) bool.

    The node itself never does.

    Raises
    ------
    TypeError
        If k is no whole number.
    ValueError
        For k below 1, another mode, or if no node has such a neighbour.
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer):
        raise TypeError(f"k must be a whole number, got {k!r}")
    if k < 1:
        raise ValueError(f"k must be 1 or more, got {k}: a node is 0 steps from itself")
    if mode not in get_args(Mode):
        raise ValueError(f"mode {mode!r} is unknown; there are 'within' and 'exactly'")
    distance = hops(graph)
    true = (distance >= 1) & (distance <= k) if mode == "within" else distance == k
    if not true.any():
        raise ValueError(
            f"no node has a neighbour {mode} {k} steps away: nothing to rebuild"
        )
    return np.asarray(true)


def khop_ap(scores: ArrayLike, graph: Graph, k: int, mode: Mode = "within") -> Floats:
    """Return each node's average precision; NaN where it has no such neighbour.

    Parameters
    ----------
    scores : "n n" array
        Row i scores all nodes as neighbours of i, higher is better.

    Shapes: → (n,).

    Raises
    ------
    ValueError
        For scores of another shape, NaN scores, and as :func:`neighbourhoods`.
    """
    return node_precisions(scores, neighbourhoods(graph, k, mode))


def node_precisions(scores: ArrayLike, true: Bools) -> Floats:
    """Return each row's average precision for given true neighbours; NaN without any.

    Shapes: both (n, n) → (n,). The diagonal of scores does not
    matter; that of ``true`` is False.
    """
    s = _checked(scores, len(true))
    some = true.any(axis=1)
    ranks = rank_distance(s)
    np.fill_diagonal(ranks, len(s))  # behind everything
    found = np.full(len(s), np.nan)
    found[some] = average_precisions(ranks[some], true[some])
    return found


def khop_map(scores: ArrayLike, graph: Graph, k: int, mode: Mode = "within") -> float:
    """Return the mean of :func:`khop_ap` over the nodes that have one."""
    return float(np.nanmean(khop_ap(scores, graph, k, mode)))


def published_ap(
    scores: ArrayLike, graph: Graph, k: int, mode: Mode = "within"
) -> Floats:
    r"""Return what the library GEM calls AP: it forgets what was not retrieved.

    .. math:: \frac{1}{\#\{j \in N_i : s_{ij} > 0\}} \sum_{j \in N_i,\, s_{ij} > 0}
              \text{precision at } j

    Only scores above 0 are candidates, and the sum is divided by the true neighbours
    among *those*. A node that retrieves none of them gets 0. Kept to show the trap; do
    not use it. Ties are left in the order of the rows, as a stable sort does.
    """
    s, true = _checked(scores, len(graph)), neighbourhoods(graph, k, mode)
    order = np.argsort(-s, axis=1, kind="stable")
    kept = np.take_along_axis(s, order, axis=1) > 0
    hit = np.take_along_axis(true, order, axis=1) & kept
    precision = np.cumsum(hit, axis=1) / np.arange(1, len(s) + 1)
    total = (precision * hit).sum(axis=1) / np.maximum(hit.sum(axis=1), 1)
    return np.where(true.any(axis=1), total, np.nan)


def published_map(
    scores: ArrayLike, graph: Graph, k: int, mode: Mode = "within"
) -> float:
    """Return the mean of :func:`published_ap`: the inflated figure."""
    return float(np.nanmean(published_ap(scores, graph, k, mode)))


def keep_best(scores: ArrayLike, m: int) -> Floats:
    """Return the scores with all but the best m of each row set to 0.

    They are shifted first so that the kept ones are positive; a node is none of its
    own best. Of equal scores at the edge the lower row stays.
    """
    s = np.asarray(scores, np.float64).copy()
    if s.ndim != 2 or s.shape[0] != s.shape[1] or not np.isfinite(s).all():
        raise ValueError(f"scores must be (n, n) and finite, got shape {s.shape}")
    if not 1 <= m < len(s):
        raise ValueError(f"m must lie between 1 and {len(s) - 1}, got {m}")
    s += 1.0 - s.min()
    np.fill_diagonal(s, 0.0)
    best = np.argsort(-s, axis=1, kind="stable")[:, :m]
    kept = np.zeros_like(s)
    np.put_along_axis(kept, best, np.take_along_axis(s, best, axis=1), axis=1)
    return kept


def _checked(scores: ArrayLike, n: int) -> Floats:
    """Return a checked copy; what stands on its diagonal does not matter."""
    s = np.array(scores, np.float64)
    if s.shape != (n, n):
        raise ValueError(
            f"scores must have shape ({n}, {n}), a row a node, got {s.shape}"
        )
    off = ~np.eye(len(s), dtype=bool)
    if np.isnan(s[off]).any():
        raise ValueError(
            f"{int(np.isnan(s[off]).sum())} scores are NaN; they have no rank"
        )
    np.fill_diagonal(s, 0.0)  # for the published figure: not above 0, no candidate
    return s
