r"""Controls for structure: a graph with the same degrees and nothing else.

Chapter: ``graphs/walks``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.graphs.graph import Graph

Ints = NDArray[np.int64]
_FLIP = 201  # stream of the coin that turns an edge around


def rewired(graph: Graph, *, seed: int = 0, rounds: int = 20) -> Graph:
    """Return a random graph in which every node keeps its degree.

    A round pairs up all edges at random and swaps the ends of each pair, (a, b) and
    (c, d) becoming (a, d) and (c, b), unless that would make a loop or an edge that is
    there. Each edge is tried once a round.

    Parameters
    ----------
    graph : Graph
        Undirected and without weights.
    rounds : int
        20 leave of an edge no trace but its ends; 0 returns the graph.

    Raises
    ------
    ValueError
        For a directed or weighted graph, or rounds below 0.

    Source: the switching of Maslov and Sneppen (2002), all pairs of a round at once.
    """
    if graph.directed or not graph.unweighted:
        raise ValueError(
            f"{graph!r}: degrees are kept for undirected graphs without weights only"
        )
    if rounds < 0:
        raise ValueError(f"rounds must be 0 or more, got {rounds}")
    edges = graph.edges()
    for number in range(rounds):
        edges = _swap(edges, len(graph), seed, number)
    return Graph.from_edges(graph.keys, edges)


def _swap(edges: Ints, n: int, seed: int, number: int) -> Ints:
    order = sampling.permutation(len(edges), seed, epoch=number)
    flip = sampling.integers(seed, number, _FLIP, np.arange(len(edges)), 2) == 1
    edges = edges[order]
    edges[flip] = edges[flip][:, ::-1]
    half = len(edges) // 2
    one, two = edges[:half], edges[half : 2 * half]
    new_one = np.column_stack([one[:, 0], two[:, 1]])
    new_two = np.column_stack([two[:, 0], one[:, 1]])
    codes = [_codes(new, n) for new in (new_one, new_two)]
    loops = (new_one[:, 0] == new_one[:, 1]) | (new_two[:, 0] == new_two[:, 1])
    there = np.isin(codes, _codes(edges, n)).any(axis=0)
    _, place, times = np.unique(
        np.concatenate(codes), return_inverse=True, return_counts=True
    )
    twice = (times[place.ravel()] > 1).reshape(2, half).any(axis=0)
    fine = ~(loops | there | twice)
    edges[:half][fine], edges[half : 2 * half][fine] = new_one[fine], new_two[fine]
    return edges


def _codes(edges: Ints, n: int) -> Ints:
    return np.asarray(edges.min(axis=1) * n + edges.max(axis=1))
