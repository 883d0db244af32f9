r"""Studies of chapter ``graphs/reconstruction``: three test graphs, one to choose on.

Settings are chosen on the articles about mathematics and never on a test graph: the
coappearances of *Les Misérables*, the articles on philosophy and religion, and a graph
of WordNet's nouns. All are undirected, without weights, and in one piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.datasets.graphs import wikipedia_mentions
from tutor.datasets.lexicons import similarity
from tutor.datasets.wordnet_graph import NounGraph, noun_graph
from tutor.evaluate.statistics import Effect, paired_bootstrap
from tutor.graphs import baselines, reconstruction, walks
from tutor.graphs.graph import Graph
from tutor.graphs.reconstruction import HopeConfig, SDNEConfig, SDNEFit
from tutor.graphs.walks import WalkConfig

Floats = NDArray[np.float64]
Tables = Mapping[str, Mapping[tuple[str, int], Floats]]
Scores = Iterator[tuple[str, Floats]]

SEEDS = (1, 2, 3, 4, 5)
HOPS = (1, 2, 3)
MODES = ("within", "exactly")
_RANDOM = 201  # a stream


# --- graphs --------------------------------------------------------------------------
def les_miserables() -> Graph:
    """Return who appears with whom in *Les Misérables*: 77 people, from networkx.

    The counts of common scenes are left out. Source: Knuth (1993), "The Stanford
    GraphBase".
    """
    import networkx

    joined = networkx.les_miserables_graph()
    keys = sorted(joined)
    row = {key: number for number, key in enumerate(keys)}
    edges = [[row[a], row[b]] for a, b in joined.edges()]
    return Graph.from_edges(keys, edges)


def topic_graph(topic: str) -> Graph:
    """Return the largest connected part of the mention graph among one topic."""
    mentions = wikipedia_mentions()
    rows = [row for row, name in enumerate(mentions.topics) if name == topic]
    whole = Graph.from_edges(mentions.titles, mentions.arcs)
    return whole.subgraph(rows).largest_component()


def nouns() -> NounGraph:
    """Return the WordNet graph of all words that the people of MEN judged."""
    pairs = similarity("men").pairs
    return noun_graph(word for pair in pairs for word in pair[:2])


def of_nouns(found: NounGraph) -> Graph:
    """Return it as a graph; the rules leave it in one piece, below *entity*."""
    return Graph.from_edges(found.ids, found.edges)


# --- what is compared ----------------------------------------------------------------
def _walk() -> WalkConfig:
    base = WalkConfig(walks=40)
    return replace(base, training=replace(base.training, dim=16, window=5))


def _hope() -> HopeConfig:
    return HopeConfig(dim=32, share=0.9)


def _sdne() -> SDNEConfig:
    return SDNEConfig(dim=32, penalty=5.0, alpha=1.0, epochs=300)


@dataclass(frozen=True)
class Settings:
    """One configuration a family; the defaults are those chosen on validation."""

    hope: HopeConfig = field(default_factory=_hope)
    walk: WalkConfig = field(default_factory=_walk)
    sdne: SDNEConfig = field(default_factory=_sdne)

    def with_dim(self, dim: int) -> Settings:
        """Return the same with ``dim`` numbers a node, equal for all families.

        HOPE and walks split them between two matrices.
        """
        training = replace(self.walk.training, dim=dim // 2)
        return Settings(
            replace(self.hope, dim=dim),
            replace(self.walk, training=training),
            replace(self.sdne, dim=dim),
        )


def read_hope(graph: Graph, settings: Settings, seed: int) -> Scores:
    """Yield HOPE's scores; the seed changes nothing."""
    yield (
        "HOPE, dot",
        reconstruction.dot_scores(reconstruction.fit_hope(graph, settings.hope)),
    )


def symmetric_hope(graph: Graph, config: HopeConfig) -> tuple[Floats, Floats]:
    """Return d numbers a node and the signs of the columns: HOPE at rank d.

    On an undirected graph HOPE's target vectors repeat its source vectors, so d numbers
    reach rank d / 2 only; its eigenvectors reach d.
    """
    beta = config.share / reconstruction.spectral_radius(graph)
    S = reconstruction.katz_matrix(graph, beta)
    return reconstruction.factorise_symmetric(S, config.dim)


def read_hope_symmetric(graph: Graph, settings: Settings, seed: int) -> Scores:
    """Yield the scores of HOPE at rank d; the seed changes nothing."""
    X, signs = symmetric_hope(graph, settings.hope)
    yield "HOPE at rank d, dot", (X * signs) @ X.T


def read_walks(graph: Graph, settings: Settings, seed: int) -> Scores:
    """Yield DeepWalk's scores, by both matrices and by cosine of the first."""
    run = walks.fit(graph, settings.walk, seed=seed)
    yield "DeepWalk, dot", reconstruction.dot_scores(run)
    yield "DeepWalk, cosine", reconstruction.cosine_scores(run.embedding)


@lru_cache(maxsize=8)
def sdne_run(graph: Graph, config: SDNEConfig, seed: int) -> SDNEFit:
    """Return a run; asked for it again, the same one, for it is the costly part."""
    return reconstruction.fit_sdne(graph, config, seed=seed)


def read_sdne(graph: Graph, settings: Settings, seed: int) -> Scores:
    """Yield SDNE's scores, by its decoder and by distance of its vectors."""
    run = sdne_run(graph, settings.sdne, seed)
    yield "SDNE, decoder", reconstruction.decoder_scores(run)
    yield "SDNE, distance", reconstruction.distance_scores(run.embedding)


def read_eigenmaps(graph: Graph, settings: Settings, seed: int) -> Scores:
    """Yield the scores of Laplacian eigenmaps; the seed changes nothing."""
    found = baselines.spectral_embedding(graph, dim=settings.hope.dim)
    yield "eigenmaps, distance", reconstruction.distance_scores(found)


def read_random(graph: Graph, settings: Settings, seed: int) -> Scores:
    """Yield the scores of vectors that know nothing: the control."""
    n, dim = len(graph), settings.hope.dim
    X = sampling.uniform(seed, 0, _RANDOM, np.arange(n * dim)).reshape(n, dim) - 0.5
    yield "random, dot", X @ X.T


READERS: dict[str, Callable[[Graph, Settings, int], Scores]] = {
    "HOPE": read_hope,
    "HOPE at rank d": read_hope_symmetric,
    "DeepWalk": read_walks,
    "SDNE": read_sdne,
    "eigenmaps": read_eigenmaps,
    "random": read_random,
}
_FIXED = ("HOPE", "HOPE at rank d", "eigenmaps")
OWN = {"HOPE": "HOPE, dot", "DeepWalk": "DeepWalk, dot", "SDNE": "SDNE, decoder"}
"""The reading by each family's own decoder."""


def precisions(
    graph: Graph, settings: Settings, seeds: Sequence[int] = SEEDS
) -> dict[str, dict[Any, Floats]]:
    """Return the average precision of every reading, task, seed and node.

    Shapes: reading → (mode, k) → (seeds, n); one row where nothing is random, NaN where
    a node has no such neighbour.
    """
    tasks = [
        (mode, k)
        for mode in MODES
        for k in HOPS
        if (mode, k) != ("exactly", 1)  # the same as within 1
    ]
    true = {
        (mode, k): reconstruction.neighbourhoods(graph, k, mode)  # type: ignore[arg-type]
        for mode, k in tasks
    }
    found: dict[str, dict[Any, list[Floats]]] = {}
    for name, read in READERS.items():
        for seed in seeds[:1] if name in _FIXED else seeds:
            for reading, scores in read(graph, settings, seed):
                table = found.setdefault(reading, {task: [] for task in tasks})
                for task in tasks:
                    ap = reconstruction.node_precisions(scores, true[task])
                    table[task].append(ap)
    return {
        reading: {task: np.array(rows) for task, rows in table.items()}
        for reading, table in found.items()
    }


def means(tables: Tables) -> dict[str, dict[str, float]]:
    """Return the mAP of every reading and task, over nodes and seeds."""
    return {
        reading: {
            f"{mode} {k}": float(np.nanmean(table)) for (mode, k), table in rows.items()
        }
        for reading, rows in tables.items()
    }


def difference(
    tables: Tables, one: str, other: str, tasks: Sequence[tuple[str, int]]
) -> Effect:
    """Return mAP of one reading minus another, a node's mean over the tasks.

    Nodes that lack a task take no part. The interval is over nodes and seeds.
    """
    a, b = (
        np.mean([tables[reading][task] for task in tasks], axis=0)
        for reading in (one, other)
    )
    return gap(a, b)


def turn(tables: Tables, one: str, other: str, k: int) -> Effect:
    """Return how much the lead of one reading shrinks from *within* to *exactly* k."""
    within, exactly = (tables[one][mode, k] - tables[other][mode, k] for mode in MODES)
    return gap(within, exactly)


def gap(a: Floats, b: Floats) -> Effect:
    """Return the mean of a − b over seeds and items; items that are NaN are left out.

    Shapes: (seeds, items); one row stands for all seeds.
    """
    rows = max(len(a), len(b))
    a, b = (np.broadcast_to(x, (rows, x.shape[1])) for x in (a, b))
    some = np.isfinite(a).all(axis=0) & np.isfinite(b).all(axis=0)
    return paired_bootstrap(a[:, some], b[:, some])


def stronger(tables: Tables, tasks: Sequence[tuple[str, int]]) -> str:
    """Return the reading of the rival of SDNE that is ahead: HOPE's or DeepWalk's."""
    rivals = (OWN["HOPE"], OWN["DeepWalk"])
    return max(
        rivals,
        key=lambda name: np.mean([np.nanmean(tables[name][task]) for task in tasks]),
    )


FAR = (("within", 2), ("within", 3))
"""The tasks of the paper's claim on deep methods."""
