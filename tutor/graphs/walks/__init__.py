"""DeepWalk and node2vec: word2vec on random walks, and the matrix behind it.

Forms: ``reference`` (NumPy walker, all walks step together), ``fast`` (Numba walker,
the same walks). Learning is :func:`tutor.words.word2vec.fit` on the walks, with its
NumPy, Numba and torch forms: there is no second twin to keep in step. Beside them:
``exact`` (transition probabilities and expected counts, without any walk) and
``netmf`` (the matrix that DeepWalk factorises).
Chapter: ``graphs/walks``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tutor import training
from tutor.graphs.graph import Graph
from tutor.graphs.walks import reference
from tutor.graphs.walks.config import WalkConfig
from tutor.graphs.walks.exact import (
    expected_pair_counts,
    expected_return_rate,
    return_rate,
    step_probabilities,
    transition_chi_square,
)
from tutor.graphs.walks.netmf import netmf_embedding, netmf_matrix
from tutor.graphs.walks.reference import propose, row_shares, step_weight, walk_starts

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.training import Fit

__all__ = [
    "WalkConfig",
    "corpus_of",
    "expected_pair_counts",
    "expected_return_rate",
    "fit",
    "netmf_embedding",
    "netmf_matrix",
    "propose",
    "random_walks",
    "return_rate",
    "row_shares",
    "step_probabilities",
    "step_weight",
    "transition_chi_square",
    "walk_starts",
    "warm",
]

BACKENDS = ("numba", "numpy", "torch")


def random_walks(
    graph: Graph,
    config: WalkConfig | None = None,
    *,
    backend: str = "numba",
    seed: int = 0,
) -> NDArray[np.int32]:
    """Return all walks of a run, a line each; −1 fills a line after a dead end.

    Parameters
    ----------
    graph : Graph
    config : WalkConfig or None
    backend : {"numba", "numpy", "torch"}
        The walks are the same; ``torch`` walks by Numba where there is Numba.
    seed : int

    Shapes: → (walks * nodes, length) int32.
    """
    config = config or WalkConfig()
    _check_graph(graph)
    training.check_backend(backend, BACKENDS)
    if backend == "numpy" or (backend == "torch" and not _has_numba()):
        return reference.random_walks(graph, config, seed=seed)
    from tutor.graphs.walks import fast

    return fast.random_walks(graph, config, seed=seed, threads=config.training.threads)


def corpus_of(graph: Graph, lines: NDArray[np.int32]) -> Corpus:
    """Return walks as a text: every walk a document, every node a word.

    A node that no walk meets is no word of it.
    """
    from tutor.datasets import Corpus, Vocabulary

    counts = np.bincount(lines[lines >= 0], minlength=len(graph))
    met = np.flatnonzero(counts)
    met = np.array(sorted(met.tolist(), key=lambda i: (-counts[i], graph.keys[i])))
    rank = np.full(len(graph), -1, np.int32)
    rank[met] = np.arange(len(met), dtype=np.int32)
    lengths = (lines >= 0).sum(axis=1)
    return Corpus(
        rank[lines[lines >= 0]],
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        Vocabulary([graph.keys[i] for i in met], counts[met]),
        name="walks",
    )


def fit(
    graph: Graph,
    config: WalkConfig | None = None,
    *,
    backend: str = "numba",
    seed: int = 0,
    device: str = "cpu",
) -> Fit:
    r"""Learn node vectors: word2vec on random walks.

    With ``p = q = 1`` this is DeepWalk, with others node2vec.

    Parameters
    ----------
    graph : Graph
        Every node needs an edge.
    config : WalkConfig or None
        None is the default configuration.
    backend : {"numba", "numpy", "torch"}
        Handed on to word2vec; the walks are the same for all.
    seed : int
        Fixes walks, initial vectors, windows and noise.
    device : str
        For torch only: ``cpu``, ``cuda``, ``mps``.

    Returns
    -------
    Fit
        ``embedding`` and ``context`` have the rows of the graph, in its order.

    Raises
    ------
    TypeError
        If ``graph`` is no :class:`~tutor.graphs.graph.Graph`.
    ValueError
        For nodes without an edge, an unknown backend or device, or too few nodes for
        the number of negatives.
    FloatingPointError
        If training diverged.

    Notes
    -----
    Names elsewhere: ``walks`` = number-walks, num_walks; ``length`` = walk-length;
    ``training.dim`` = representation-size, dimensions; ``training.window`` =
    window-size. Sources: Perozzi et al. (2014); Grover and Leskovec (2016).
    """
    from tutor.words.word2vec import fit as learn

    config = config or WalkConfig()
    _check_graph(graph)
    alone = graph.isolated()
    if len(alone):
        raise ValueError(
            f"{len(alone)} of {len(graph)} nodes have no edge, the first is "
            f"{graph.keys[alone[0]]!r}: no walk leaves them; give "
            "graph.largest_component()"
        )
    noise = config.training.negatives
    if noise >= len(graph) and config.training.objective == "negative_sampling":
        raise ValueError(
            f"negatives={noise} noise nodes need more than {len(graph)} nodes: lower "
            "training.negatives"
        )
    lines = random_walks(graph, config, backend=backend, seed=seed)
    corpus = corpus_of(graph, lines)
    learned = learn(corpus, config.training, backend=backend, seed=seed, device=device)
    context = learned.context
    return training.Fit(
        embedding=learned.embedding.subset(graph.keys),
        context=None if context is None else context.subset(graph.keys),
        history=learned.history,
        config=config,
        seed=seed,
        backend=backend,
    )


def warm() -> None:
    """Compile the walker and what learns from it, on four nodes."""
    from tutor.words.word2vec import Word2VecConfig

    graph = Graph.from_edges(tuple("abcd"), [[0, 1], [1, 2], [2, 3], [0, 2]])
    tiny = Word2VecConfig(dim=4, negatives=2, epochs=1, sample=0.0)
    fit(graph, WalkConfig(length=4, walks=1, p=0.5, training=tiny))
    weighted = Graph.from_edges(tuple("abc"), [[0, 1], [1, 2]], weights=[1.0, 2.0])
    random_walks(weighted, WalkConfig(length=4, walks=1))


def _check_graph(graph: Graph) -> None:
    if not isinstance(graph, Graph):
        raise TypeError(
            f"expected a Graph, got {type(graph).__name__}: make one by "
            "Graph.from_edges(keys, edges)"
        )
    if not len(graph.targets):
        raise ValueError(
            f"the graph has {len(graph)} nodes and no edge: nothing to walk"
        )


def _has_numba() -> bool:
    from importlib.util import find_spec

    return find_spec("numba") is not None
