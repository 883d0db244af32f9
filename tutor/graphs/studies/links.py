r"""The trap of chapter ``graphs/walks``: hidden edges against non-edges too easy.

Hide a tenth of the edges, never one that would cut the graph; score each hidden edge
against one pair that is no edge. What that pair is decides what is measured.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import minimum_spanning_tree

from tutor import sampling
from tutor.embedding import Embedding
from tutor.geometry import unit_rows
from tutor.graphs.graph import Graph

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_TREE, _HIDE, _NEGATIVES = 211, 212, 213  # streams


class Hidden(NamedTuple):
    """A graph without some of its edges, those edges, and two kinds of non-edges.

    Attributes
    ----------
    graph : Graph
        What may be walked: connected as before.
    edges : (m, 2)
        The hidden ones.
    uniform : (m, 2)
        Non-edges, both ends drawn evenly from all nodes.
    matched : (m, 2)
        Non-edges with the same ends as the hidden edges, joined otherwise.
    """

    graph: Graph
    edges: Ints
    uniform: Ints
    matched: Ints


def hide_edges(graph: Graph, *, share: float = 0.1, seed: int = 0) -> Hidden:
    """Hide ``share`` of the edges outside a random spanning tree; draw negatives.

    Raises
    ------
    ValueError
        If the graph is directed, or has too few edges outside a spanning tree.
    """
    if graph.directed:
        raise ValueError("hidden edges are drawn from undirected graphs only")
    edges = graph.edges()
    outside = np.flatnonzero(~_in_tree(graph, edges, seed))
    m = int(share * len(edges))
    if not 1 <= m <= len(outside):
        raise ValueError(
            f"share={share} asks for {m} edges, {len(outside)} lie outside a spanning "
            "tree: lower share"
        )
    order = sampling.permutation(len(outside), seed, stream=_HIDE)
    chosen = outside[order[:m]]
    left = np.delete(edges, chosen, axis=0)
    hidden = edges[chosen]
    return Hidden(
        Graph.from_edges(graph.keys, left),
        hidden,
        _uniform(graph, m, seed),
        _matched(graph, hidden, seed),
    )


def _in_tree(graph: Graph, edges: Ints, seed: int) -> NDArray[np.bool_]:
    """Return which edges belong to a random spanning tree of each component."""
    n = len(graph)
    weight = 1.0 + sampling.uniform(seed, 0, _TREE, np.arange(len(edges)))
    tree = minimum_spanning_tree(csr_matrix((weight, edges.T), shape=(n, n))).tocoo()
    return np.isin(edges @ [n, 1], tree.row.astype(np.int64) * n + tree.col)


def _uniform(graph: Graph, m: int, seed: int) -> Ints:
    """Draw m pairs that are no edge, every node alike."""
    n, found, start = len(graph), np.zeros((0, 2), np.int64), 0
    while len(found) < m:
        places = np.arange(start, start + 4 * m)
        drawn = sampling.integers(seed, 0, _NEGATIVES, places, n).reshape(-1, 2)
        found = np.concatenate([found, drawn[_fine(graph, drawn)]])
        start += 4 * m
    return found[:m]


def _matched(graph: Graph, hidden: Ints, seed: int, *, tries: int = 200) -> Ints:
    """Join each hidden edge's first end to the second end of another, until no edge."""
    coin = sampling.integers(seed, 1, _NEGATIVES, np.arange(len(hidden)), 2) == 1
    turned = np.where(coin[:, None], hidden[:, ::-1], hidden)
    pairs, bad = turned.copy(), np.arange(len(hidden))
    for attempt in range(tries):
        places = np.arange(len(bad))
        others = sampling.integers(seed, 2 + attempt, _NEGATIVES, places, len(hidden))
        pairs[bad, 1] = turned[others, 1]
        bad = bad[~_fine(graph, pairs[bad])]
        if not len(bad):
            return pairs
    raise ValueError(f"{len(bad)} hidden edges found no partner in {tries} tries")


def _fine(graph: Graph, pairs: Ints) -> NDArray[np.bool_]:
    loop = pairs[:, 0] == pairs[:, 1]
    return ~(loop | graph.has_arc(pairs[:, 0], pairs[:, 1]))  # type: ignore[no-any-return]


# --- scores --------------------------------------------------------------------------
def degree_product(graph: Graph, pairs: Ints) -> Floats:
    """Return the product of both degrees: a score that knows no structure."""
    degree = graph.degrees.astype(np.float64)
    return np.asarray(degree[pairs[:, 0]] * degree[pairs[:, 1]])


def cosines(embedding: Embedding, pairs: Ints) -> Floats:
    """Return the cosine of both vectors of each pair."""
    X = unit_rows(np.asarray(embedding.vectors, dtype=np.float64))
    return np.asarray(np.einsum("nd,nd->n", X[pairs[:, 0]], X[pairs[:, 1]]))


def beats(positive: Floats, negative: Floats) -> Floats:
    """Return 1 where a hidden edge outscores its non-edge, ½ on ties, else 0.

    The mean estimates the area under the ROC curve (AUC).
    """
    return np.asarray((positive > negative) + 0.5 * (positive == negative))
