r"""Studies of chapter ``graphs/walks``: return rates, the matrix, node2vec, rewiring.

The walks and the matrix are studied on a small piece of the mention graph, where exact
expectations fit in memory; node2vec, the rewired control and the vectors beside text on
all of it, stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.datasets.graphs import MentionGraph, wikipedia_mentions
from tutor.graphs import walks
from tutor.graphs.graph import Graph
from tutor.graphs.rewire import rewired
from tutor.graphs.studies import classification as nodes
from tutor.graphs.studies.classification import SEEDS, Task
from tutor.graphs.walks import WalkConfig
from tutor.words.word2vec import Word2VecConfig

if TYPE_CHECKING:
    from tutor.training import Fit

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

GRID = (0.25, 1.0, 4.0)


def small_graph(mentions: MentionGraph, topic: str = "Mathematics") -> Graph:
    """Return the largest connected part of the mention graph among one topic."""
    whole = Graph.from_edges(mentions.titles, mentions.arcs)
    rows = [row for row, name in enumerate(mentions.topics) if name == topic]
    return whole.subgraph(rows).largest_component()


def fits(graph: Graph, config: WalkConfig) -> list[Fit]:
    """Return one run for each of the five seeds."""
    return [walks.fit(graph, config, seed=seed) for seed in SEEDS]


# --- do walks do what p and q say? ---------------------------------------------------
def return_rates(
    graph: Graph, settings: Sequence[tuple[float, float]], *, length: int = 20
) -> tuple[Floats, Floats]:
    """Return walked (seeds, settings) and exact (settings,) rates of steps back."""
    configs = [WalkConfig(p=p, q=q, length=length, walks=50) for p, q in settings]
    exact = [walks.expected_return_rate(graph, config) for config in configs]
    walked = [
        [walks.return_rate(walks.random_walks(graph, c, seed=seed)) for c in configs]
        for seed in SEEDS
    ]
    return np.array(walked), np.array(exact)


# --- what the dot product is ---------------------------------------------------------
def matrix_config(*, walks: int = 150) -> WalkConfig:
    """Return the run that the identity speaks of: flat windows, noise by degree."""
    train = Word2VecConfig(
        dim=128, window=5, dynamic=False, sample=0.0, noise_power=1.0, epochs=1
    )
    return WalkConfig(walks=walks, training=train)


class Pairs(NamedTuple):
    """Pairs of nodes, and the entry of the matrix each dot product is driven to."""

    rows: Ints
    columns: Ints
    expected: Floats


def frequent_pairs(graph: Graph, config: WalkConfig, *, least: float = 50.0) -> Pairs:
    """Return the pairs expected ``least`` times or more, with their entry of M."""
    settings = config.training
    M = walks.netmf_matrix(graph, window=settings.window, negatives=settings.negatives)
    counts = walks.expected_pair_counts(graph, config)
    rows, columns = np.nonzero(counts >= least)
    return Pairs(rows, columns, M[rows, columns])


def pmi(counts: Floats, negatives: float) -> Floats:
    r"""Return :math:`\log\frac{x_{wc}\, N}{x_w\, x_c} - \log b`; −∞ where x is 0."""
    chance = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(counts / chance) - np.log(negatives))


def products(run: Fit, rows: Ints, columns: Ints) -> Floats:
    """Return the dot products of input and output vectors (n,)."""
    assert run.context is not None
    u = run.embedding.vectors[rows].astype(np.float64)
    v = run.context.vectors[columns].astype(np.float64)
    return np.asarray(np.einsum("nd,nd->n", u, v))


def strangers(graph: Graph, columns: Ints, *, reach: int = 3) -> Ints:
    """Return other nodes of nearly the same degree: ``reach`` ranks further down.

    A dot product that only knows degrees agrees with M just as well after this swap.
    """
    order = np.argsort(-graph.degrees, kind="stable")
    rank = np.empty(len(graph), np.int64)
    rank[order] = np.arange(len(graph))
    place = rank[columns]
    place = np.where(place + reach < len(graph), place + reach, place - reach)
    return order[place]


def free_of_degree(values: Floats, graph: Graph, pairs: Pairs) -> Floats:
    r"""Return what is left after a least-squares fit on both log degrees.

    Shapes: ``values`` (..., pairs) → the same.
    """
    logs = np.log(graph.degrees.astype(np.float64))
    ones = np.ones(len(pairs.rows))
    A = np.column_stack([ones, logs[pairs.rows], logs[pairs.columns]])
    table = np.atleast_2d(values)
    solved = np.linalg.lstsq(A, table.T, rcond=None)[0]
    left: Floats = (table - (A @ solved).T).reshape(np.shape(values))
    return left


def gram_cosine(one: Floats, other: Floats) -> float:
    r"""Return the cosine of two Gram matrices of row-centred, unit vectors.

    .. math:: \frac{\langle XX^\top, YY^\top \rangle}
              {\lVert XX^\top \rVert\, \lVert YY^\top \rVert}

    1 where all pairs of nodes have the same similarities up to one factor; rotations
    of either side change nothing.
    """

    def gram(X: Floats) -> Floats:
        X = X - X.mean(axis=0)
        X = X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-12)
        return np.asarray(X @ X.T)

    A, B = gram(one), gram(other)
    return float((A * B).sum() / np.sqrt((A * A).sum() * (B * B).sum()))


# --- stored: node2vec, the graph without structure, the graph beside text ------------
def base_run() -> WalkConfig:
    """Return DeepWalk's configuration in this chapter: the package's defaults."""
    return WalkConfig()


def vectors_of(graph: Graph, config: WalkConfig) -> list[Floats]:
    """Return the standardised vectors of the five seeds, trained on ``graph``."""
    return [nodes.standardized(run.embedding) for run in fits(graph, config)]


def choose_p_q(task: Task) -> dict[str, float]:
    """Return macro-F1 on the validation nodes for each p and q, first seed."""
    gold = task.labels[task.validation].astype(np.float64)
    found = {}
    for p in GRID:
        for q in GRID:
            run = walks.fit(task.graph, replace(base_run(), p=p, q=q), seed=SEEDS[0])
            X = nodes.standardized(run.embedding)
            strength = nodes.choose_strength(X, task)
            guess = nodes.predict(X, task, SEEDS[0], task.validation, strength=strength)
            found[f"{p:g}, {q:g}"] = nodes.macro_f1(guess.astype(np.float64), gold)
    return found


def node2vec() -> dict[str, Any]:
    """Choose p and q on validation nodes, then compare on test nodes.

    Beside it two controls of DeepWalk itself: the rewired graph gives every node its
    degree and nothing else of the structure; the text of the nodes needs no graph.
    """
    task = nodes.make_task(wikipedia_mentions())
    grid = choose_p_q(task)
    best = max(grid, key=lambda name: grid[name])
    p, q = (float(part) for part in best.split(", "))
    vectors = vectors_of(task.graph, base_run())
    plain = nodes.by_features(vectors, task)
    chosen = nodes.by_features(
        vectors_of(task.graph, replace(base_run(), p=p, q=q)), task
    )
    runs = [walks.fit(rewired(task.graph, seed=s), base_run(), seed=s) for s in SEEDS]
    shuffled = nodes.by_features(
        [nodes.standardized(run.embedding) for run in runs], task
    )
    text = nodes.text_features(task.texts)
    words = nodes.by_features([text], task)
    strength = nodes.choose_strength(text, task)
    weight = nodes.choose_weight(text, vectors[0], task, strength)
    both = nodes.by_text_and(text, vectors, task, strength=strength, weight=weight)
    return {
        "validation": {name: round(value, 4) for name, value in grid.items()},
        "chosen": {"p": p, "q": q},
        "node2vec minus deepwalk": asdict(nodes.effect(chosen, plain, task)),
        "deepwalk minus rewired": asdict(nodes.effect(plain, shuffled, task)),
        "deepwalk": asdict(nodes.effect(plain, None, task)),
        "node2vec": asdict(nodes.effect(chosen, None, task)),
        "rewired": asdict(nodes.effect(shuffled, None, task)),
        "beside text": {"strength": strength, "weight": weight},
        "text with deepwalk minus text": asdict(nodes.effect(both, words, task)),
        "text with deepwalk": asdict(nodes.effect(both, None, task)),
        "text": asdict(nodes.effect(words, None, task)),
    }


_INPUTS = (
    "tutor.graphs.graph",
    "tutor.graphs.rewire",
    "tutor.graphs.walks.config",
    "tutor.graphs.walks.reference",
    "tutor.graphs.walks.fast",
    "tutor.graphs.studies.classification",
    "tutor.datasets.graphs",
    "tutor.words.word2vec.fast",
    "tutor.words.word2vec.walk",
    "tutor.evaluate.statistics",
    *(walks.fit, walks.corpus_of, fits, base_run, vectors_of, choose_p_q),
)
STUDIES = {
    "walks-node2vec": Study(run=node2vec, inputs=_INPUTS, data=("wikipedia-leads-en",)),
}
