r"""NetMF: the matrix that DeepWalk factorises, written down without a walk.

word2vec drives :math:`u_w \cdot v_c` to PMI(w, c) − log b. On long first-order walks
over an undirected graph both margins and the pairs have closed forms, and with them

.. math:: M = \log\Bigl(\frac{\operatorname{vol}}{b} \sum_{r=1}^{T} \kappa_r
              (D^{-1}A)^r\, D^{-1}\Bigr), \qquad \kappa_r = \frac1T.

Left out: the approximation by eigenvectors for large graphs.
Source: Qiu, Dong, Ma, Li, Wang and Tang (2018), "Network embedding as matrix
factorization", theorem 2.3 and algorithm 3. Chapter: ``graphs/walks``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tutor.graphs.graph import Graph
from tutor.graphs.walks.exact import step_matrix

if TYPE_CHECKING:
    from tutor.embedding import Embedding

Floats = NDArray[np.float64]


def netmf_matrix(
    graph: Graph, *, window: int, negatives: float = 1.0, dynamic: bool = False
) -> Floats:
    r"""Return M (n, n), symmetric; −∞ where no path of ``window`` steps or fewer leads.

    Parameters
    ----------
    window : int
        T, at least 1.
    negatives : float
        b, positive.
    dynamic : bool
        Weigh r steps by :math:`\kappa_r \propto T - r + 1`, as windows of random size
        do, instead of evenly.

    Raises
    ------
    ValueError
        For a directed graph, a node without an edge, more than 4,000 nodes, or a
        parameter out of its range.
    """
    if graph.directed:
        raise ValueError(
            "the identity holds for undirected graphs: only there is a walk at each "
            "node as often as its degree says"
        )
    if window < 1 or not negatives > 0:
        raise ValueError(
            f"needed window >= 1 and negatives > 0, got {window} and {negatives}"
        )
    P = step_matrix(graph)
    degree = graph.adjacency().sum(axis=1).A1
    reach = np.arange(window, 0, -1) if dynamic else np.ones(window)
    power, total = np.eye(len(graph)), np.zeros_like(P)
    for share in reach / reach.sum():
        power = power @ P
        total += share * power
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(degree.sum() / negatives * total / degree))


def netmf_embedding(
    graph: Graph, *, dim: int, window: int = 10, negatives: float = 1.0
) -> Embedding:
    r"""Return :math:`U_d \sqrt{\Sigma_d}` of :math:`\max(M, 0)`: no walk, no training.

    Negative entries are cut as the paper does, so that −∞ has a place.
    """
    from tutor.embedding import Embedding

    n = len(graph)
    if not 1 <= dim <= n:
        raise ValueError(f"dim must lie between 1 and {n}, got {dim}")
    M = np.maximum(netmf_matrix(graph, window=window, negatives=negatives), 0.0)
    left, scale, _ = np.linalg.svd(M)
    meta = {"algorithm": "netmf", "window": window, "negatives": negatives}
    return Embedding(graph.keys, left[:, :dim] * np.sqrt(scale[:dim]), meta=meta)
