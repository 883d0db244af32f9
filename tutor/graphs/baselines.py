r"""What a learned embedding of nodes has to beat: spectral vectors, spread labels.

Chapter: ``graphs/walks``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, diags_array

from tutor import sampling
from tutor.graphs.graph import Graph

if TYPE_CHECKING:
    from tutor.embedding import Embedding

Floats = NDArray[np.float64]


def normalized_adjacency(graph: Graph) -> csr_matrix:
    r"""Return :math:`S = D^{-1/2} A D^{-1/2}`.

    Raises
    ------
    ValueError
        For a directed graph, or nodes without an edge.
    """
    if graph.directed:
        raise ValueError("a directed graph has no symmetric matrix S: join both arcs")
    A = graph.adjacency()
    strength = A.sum(axis=1).A1
    if (strength == 0).any():
        raise ValueError(
            f"{int((strength == 0).sum())} nodes have no edge; give "
            "graph.largest_component()"
        )
    root = diags_array(1.0 / np.sqrt(strength))
    return csr_matrix(root @ A @ root)


def spectral_embedding(graph: Graph, *, dim: int, seed: int = 0) -> Embedding:
    r"""Return the smoothest functions on the graph: Laplacian eigenmaps.

    .. math:: (D - A)\, f = \lambda D f, \qquad f = D^{-1/2} g, \qquad
              S g = (1 - \lambda)\, g

    The constant one, :math:`\lambda = 0`, is left out; the next ``dim`` are columns.
    Signs are set so that the largest entry of a column is positive.

    Raises
    ------
    ValueError
        If ``dim`` is not between 1 and n − 2, or the graph has several components:
        then each has a constant of its own.

    Source: Belkin and Niyogi (2003), "Laplacian eigenmaps". scikit-learn's
    ``spectral_embedding`` returns the same columns, with ``drop_first``.
    """
    from scipy.sparse.linalg import eigsh

    from tutor.embedding import Embedding

    n = len(graph)
    if not 1 <= dim <= n - 2:
        raise ValueError(f"dim must lie between 1 and {n - 2}, got {dim}")
    parts = int(graph.components().max()) + 1
    if parts > 1:
        raise ValueError(
            f"{parts} components: the first {parts} functions only name them; give "
            "graph.largest_component()"
        )
    S = normalized_adjacency(graph)
    start = sampling.uniform(seed, 0, sampling.INIT, np.arange(n)) - 0.5
    values, g = eigsh(S, k=dim + 1, which="LA", v0=start)
    g = g[:, np.argsort(-values, kind="stable")[1:]]
    f = g / np.sqrt(graph.adjacency().sum(axis=1).A1)[:, None]
    f *= np.where(f[np.abs(f).argmax(axis=0), np.arange(dim)] < 0, -1.0, 1.0)
    return Embedding(graph.keys, f, meta={"algorithm": "laplacian eigenmaps"})


def propagate_labels(
    graph: Graph, labels: ArrayLike, *, alpha: float = 0.9, rounds: int = 50
) -> Floats:
    r"""Return class scores (n, classes) of all nodes, spread from the labelled ones.

    .. math:: F \leftarrow \alpha S F + (1 - \alpha)\, Y

    where :math:`Y_{ik}` is 1 if node i is labelled k. Nothing is learned, and no vector
    is made: the baseline that reads nothing but the edges and the labels.

    Parameters
    ----------
    labels : (n,) integers
        −1 where the class is unknown.
    alpha : float
        How far labels travel, inside 0 to 1.

    Raises
    ------
    ValueError
        If there is no label, or alpha is out of its range.

    Source: Zhou, Bousquet, Lal, Weston and Schölkopf (2003), "Learning with local and
    global consistency".
    """
    given = np.asarray(labels)
    if given.shape != (len(graph),) or given.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be {len(graph)} integers with -1 for unknown, got "
            f"{given.dtype} of shape {given.shape}"
        )
    if given.max(initial=-1) < 0:
        raise ValueError("no node has a label: nothing to spread")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie inside 0 to 1, got {alpha}")
    S = normalized_adjacency(graph)
    Y = np.zeros((len(graph), int(given.max()) + 1))
    known = np.flatnonzero(given >= 0)
    Y[known, given[known]] = 1.0
    F = Y.copy()
    for _ in range(rounds):
        F = alpha * (S @ F) + (1 - alpha) * Y
    return F
