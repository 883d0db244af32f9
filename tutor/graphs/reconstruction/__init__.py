r"""Rebuild a graph from its vectors: HOPE, SDNE, walks, each with its own decoder.

An embedding of nodes is good if the graph can be read back from it. How it is read back
belongs to the method: HOPE multiplies source by target vectors, walks multiply input by
output vectors, SDNE asks its decoder, Laplacian eigenmaps measure distances.

Forms: ``katz`` (HOPE, NumPy), ``reference`` (SDNE in NumPy with a hand gradient),
``torch`` (SDNE), ``metric`` (average precision at k hops).
Chapter: ``graphs/reconstruction``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tutor import training
from tutor.graphs.graph import Graph
from tutor.graphs.reconstruction import reference
from tutor.graphs.reconstruction.config import HopeConfig, SDNEConfig
from tutor.graphs.reconstruction.katz import (
    dense,
    factorise,
    factorise_symmetric,
    katz_matrix,
    spectral_radius,
)
from tutor.graphs.reconstruction.metric import (
    hops,
    keep_best,
    khop_ap,
    khop_map,
    neighbourhoods,
    node_precisions,
    published_ap,
    published_map,
)
from tutor.graphs.reconstruction.reference import Network

if TYPE_CHECKING:
    from tutor.embedding import Embedding

__all__ = [
    "HopeConfig",
    "Network",
    "SDNEConfig",
    "SDNEFit",
    "cosine_scores",
    "decoder_scores",
    "distance_scores",
    "dot_scores",
    "factorise",
    "factorise_symmetric",
    "fit_hope",
    "fit_sdne",
    "hops",
    "katz_matrix",
    "keep_best",
    "khop_ap",
    "khop_map",
    "neighbourhoods",
    "node_precisions",
    "published_ap",
    "published_map",
    "spectral_radius",
]

Floats = NDArray[np.float64]
BACKENDS = ("torch", "numpy")


@dataclass(frozen=True, repr=False)
class SDNEFit(training.Fit):
    """A fit that keeps its network, because the decoder is needed to read it.

    Attributes
    ----------
    network : the named arrays
        Weights and biases after training.
    """

    network: Network


def fit_hope(graph: Graph, config: HopeConfig | None = None) -> training.Fit:
    r"""Return HOPE's vectors: ``embedding`` holds the sources, ``context`` the targets.

    Nothing is random. A node without an edge gets zeros.

    Raises
    ------
    TypeError, ValueError
        For no graph, no edge, too many nodes, or more columns than nodes.

    Notes
    -----
    A directed graph without a cycle has no bound; its :math:`\beta` is ``share``.
    """
    from tutor.embedding import Embedding

    config = config or HopeConfig()
    radius = spectral_radius(graph)
    beta = config.share / radius if radius > 1e-12 else config.share
    vectors = factorise(katz_matrix(graph, beta), config.dim // 2)
    meta = {"algorithm": "hope", "beta": beta}
    source, target = (Embedding(graph.keys, X, meta=meta) for X in vectors)
    return training.Fit(source, target, training.History(), config, 0, "numpy")


def fit_sdne(
    graph: Graph,
    config: SDNEConfig | None = None,
    *,
    backend: str = "torch",
    seed: int = 0,
    device: str = "cpu",
) -> SDNEFit:
    """Learn SDNE: an autoencoder on the rows of the adjacency matrix.

    Parameters
    ----------
    graph : Graph
        Undirected; weights are divided by the largest.
    config : SDNEConfig or None
        None is the default configuration.
    backend : {"torch", "numpy"}
        torch computes in float32, NumPy in float64.
    seed : int
        Fixes the first weights; nothing else is random.
    device : str
        For torch only: ``cpu``, ``cuda``, ``mps``.

    Raises
    ------
    TypeError, ValueError
        For no graph, no edge, a directed graph, or more columns than nodes.
    FloatingPointError
        If training diverged.
    """
    from tutor.embedding import Embedding

    config = config or SDNEConfig()
    training.check_backend(backend, BACKENDS)
    A = dense(graph)
    if graph.directed:
        raise ValueError(
            "the first-order term of SDNE needs an undirected graph: join both arcs"
        )
    if config.dim > len(graph):
        raise ValueError(
            f"dim={config.dim} columns for {len(graph)} nodes: lower dim to "
            f"{len(graph)} or less"
        )
    A = A / A.max()
    network = reference.initial_network(len(graph), config, seed=seed)
    if backend == "numpy":
        network, losses = reference.learn(network, A, config)
        history = training.History({"loss": losses})
    else:
        from tutor.graphs.reconstruction import torch

        network, history = torch.learn(network, A, config, device=device)
    Y = reference.encode(network, A)
    vectors = Embedding(graph.keys, Y, meta={"algorithm": "sdne"})
    return SDNEFit(vectors, None, history, config, seed, backend, network)


# --- decoders: each returns (n, n), row i for node i, higher is better ---------------
def dot_scores(fit: training.Fit) -> Floats:
    r"""Return :math:`u_i \cdot v_j`: the decoder of HOPE and of walks.

    Raises ``ValueError`` if the fit has no second matrix.
    """
    if fit.context is None:
        raise ValueError(f"{fit!r} has one matrix only: its decoder is another")
    U, V = (np.asarray(X.vectors, np.float64) for X in (fit.embedding, fit.context))
    return np.asarray(U @ V.T)


def decoder_scores(fit: SDNEFit) -> Floats:
    r"""Return :math:`\hat x_{ij}`: what SDNE's decoder writes for each node."""
    Y = np.asarray(fit.embedding.vectors, np.float64)
    return reference.decode(fit.network, Y)


def distance_scores(embedding: Embedding) -> Floats:
    r"""Return :math:`-\lVert x_i - x_j \rVert^2`, as Laplacian eigenmaps are read."""
    X = np.asarray(embedding.vectors, np.float64)
    squares = (X**2).sum(axis=1)
    return np.asarray(2.0 * X @ X.T - squares[:, None] - squares[None, :])


def cosine_scores(embedding: Embedding) -> Floats:
    """Return the cosine of every two nodes; 0 where a vector is zero."""
    X = np.asarray(embedding.vectors, np.float64)
    X = X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-12)
    return np.asarray(X @ X.T)
