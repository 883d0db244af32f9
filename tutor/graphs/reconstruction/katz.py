r"""HOPE: count all paths between two nodes, long ones for less, factorise the table.

.. math:: S = \sum_{k \ge 1} \beta^k A^k = (I - \beta A)^{-1} \beta A
          \approx X_s X_t^\top, \qquad \beta < 1 / \rho(A)

Left out: the other proximities of the paper (rooted PageRank, common neighbours,
Adamic–Adar) and its generalised SVD, which never writes S down; ours does, up to
``MOST`` nodes.
Source: Ou, Cui, Pei, Zhang and Zhu (2016), "Asymmetric transitivity preserving graph
embedding". Chapter: ``graphs/reconstruction``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.graphs.graph import Graph

Floats = NDArray[np.float64]

MOST = 4_000
"""Nodes for which a dense table is made."""


def dense(graph: Graph) -> Floats:
    """Return the matrix A (n, n) in full.

    Raises
    ------
    TypeError
        If ``graph`` is no :class:`~tutor.graphs.graph.Graph`.
    ValueError
        For a graph without an edge, or with more than ``MOST`` nodes.
    """
    if not isinstance(graph, Graph):
        raise TypeError(
            f"expected a Graph, got {type(graph).__name__}: make one by "
            "Graph.from_edges(keys, edges)"
        )
    if not len(graph.targets):
        raise ValueError(
            f"the graph has {len(graph)} nodes and no edge: nothing to reconstruct"
        )
    if len(graph) > MOST:
        raise ValueError(
            f"{len(graph)} nodes: a full table is made for {MOST} or fewer; give a "
            "subgraph"
        )
    return np.asarray(graph.adjacency().toarray(), np.float64)


def spectral_radius(graph: Graph) -> float:
    r"""Return :math:`\rho(A)`: the largest absolute eigenvalue.

    0 for a directed graph without a cycle.
    """
    A = dense(graph)
    values = np.linalg.eigvals(A) if graph.directed else np.linalg.eigvalsh(A)
    return float(np.abs(values).max())


def katz_matrix(graph: Graph, beta: float) -> Floats:
    r"""Return :math:`S = (I - \beta A)^{-1} \beta A`, every path counted.

    A path of k arcs counts :math:`\beta^k`.

    Shapes: → (n, n).

    Raises
    ------
    ValueError
        Unless :math:`0 < \beta < 1/\rho(A)`; beyond that the sum has no value, while
        the inverse still has one, and means nothing.
    """
    A = dense(graph)
    radius = spectral_radius(graph)
    bound = 1.0 / radius if radius > 1e-12 else np.inf
    if not 0 < beta < bound:
        raise ValueError(
            f"beta must lie between 0 and 1 / spectral radius = {bound:.6g}, got "
            f"{beta}: beyond it the sum over paths diverges"
        )
    return np.asarray(np.linalg.solve(np.eye(len(A)) - beta * A, beta * A))


def factorise(S: Floats, rank: int) -> tuple[Floats, Floats]:
    r"""Return :math:`U_r \sqrt{\Sigma_r}` and :math:`V_r \sqrt{\Sigma_r}`.

    Of all pairs of matrices with ``rank`` columns, their product is nearest to S
    (Eckart and Young). Signs are set so that the largest entry of a source column is
    positive.

    Shapes: (n, n) → (n, rank), (n, rank).
    """
    if not 1 <= rank <= len(S):
        raise ValueError(
            f"{len(S)} nodes have vectors of at most {len(S)} columns a side, got "
            f"{rank}: lower dim to {2 * len(S)} or less"
        )
    U, values, Vt = np.linalg.svd(S)
    U, V, root = U[:, :rank], Vt[:rank].T, np.sqrt(values[:rank])
    sign = np.where(U[np.abs(U).argmax(axis=0), np.arange(rank)] < 0, -1.0, 1.0)
    return U * (sign * root), V * (sign * root)


def factorise_symmetric(S: Floats, rank: int) -> tuple[Floats, Floats]:
    r"""Return :math:`X = Q_r \sqrt{|\Lambda_r|}` and the signs of :math:`\Lambda_r`.

    .. math:: S = Q \Lambda Q^\top \approx X \operatorname{diag}(\text{signs}) X^\top

    The eigenvalues largest in size are kept. Then the product equals that of
    :func:`factorise` at the same rank, from one matrix instead of two.

    Shapes: (n, n) → (n, rank), (rank,).
    """
    if not np.allclose(S, S.T, rtol=1e-7, atol=1e-9 * max(1.0, float(np.abs(S).max()))):
        raise ValueError(
            "the table is not symmetric, so sources and targets differ: use factorise"
        )
    if not 1 <= rank <= len(S):
        raise ValueError(
            f"{len(S)} nodes have vectors of at most {len(S)} columns, got {rank}: "
            f"lower dim to {len(S)} or less"
        )
    values, Q = np.linalg.eigh((S + S.T) / 2)
    chosen = np.argsort(-np.abs(values), kind="stable")[:rank]
    return Q[:, chosen] * np.sqrt(np.abs(values[chosen])), np.sign(values[chosen])
