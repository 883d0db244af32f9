"""Graphs and triples on a GPU and on the processor: SDNE, walks, ComplEx, NFE-1.

The graph is Wikipedia's mentions, cut to its first articles; UMLS is small, so larger
sets of triples are drawn at random: they tell the time of a step, not what is learned.
Chapters: ``graphs/reconstruction``, ``graphs/walks``, ``knowledge/triples``,
``knowledge/flows``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.benchmarks import Row
from tutor.benchmarks.devices import CORES, last_loss, row, sides

if TYPE_CHECKING:
    from tutor.datasets.triples import TripleSet
    from tutor.graphs.graph import Graph

RELATIONS = 46
"""Relations of the drawn triples: as many as UMLS has."""


def rows(quick: bool, device: str = "cuda") -> list[Row]:
    """Return the rows; ``quick`` takes the smallest size of each with less work."""
    mentions = _mentions()
    return [
        *_reconstruction(mentions, quick, device),
        *_walks(mentions, quick, device),
        *_triples(quick, device),
        *_flows(quick, device),
    ]


def _mentions() -> Graph:
    """Return the mention graph of Wikipedia: 10,033 articles."""
    from tutor.datasets.graphs import wikipedia_mentions
    from tutor.graphs.graph import Graph

    found = wikipedia_mentions()
    return Graph.from_edges(found.titles, found.arcs)


# --- SDNE ----------------------------------------------------------------------------
def _reconstruction(mentions: Graph, quick: bool, device: str) -> list[Row]:
    """Return SDNE by nodes: 4,000 are the most that the package takes."""
    sizes = [(500, 5)] if quick else [(500, 100), (2000, 60), (4000, 30)]
    return [_sdne(mentions, n, epochs, device) for n, epochs in sizes]


def _sdne(mentions: Graph, n: int, epochs: int, device: str) -> Row:
    from tutor.graphs.reconstruction import SDNEConfig, fit_sdne

    graph, config = mentions.subgraph(range(n)), SDNEConfig(epochs=epochs)
    fit = partial(fit_sdne, graph, config, backend="torch")
    return row(
        "graphs/reconstruction",
        f"SDNE, {n:,} nodes",
        **sides(partial(fit, device=device), fit),
        cpu_name="torch, all cores",
        unit="node steps",
        work=float(n * epochs),
        quality=last_loss,
        notes=(
            f"the first {n:,} articles of the mention graph, {graph.n_edges:,} edges; "
            f"{epochs} steps of all nodes, each copies the adjacency matrix to the "
            "GPU; first weights and the final vectors are made on the processor, in "
            "float64, on both sides"
        ),
    )


# --- walks ---------------------------------------------------------------------------
def _walks(mentions: Graph, quick: bool, device: str) -> list[Row]:
    """Return DeepWalk by nodes, then by pairs a step of the GPU."""
    small = mentions.subgraph(range(2000)).largest_component()
    if quick:
        return [_deepwalk(small, 512, device)]
    large = mentions.subgraph(range(4000)).largest_component()
    sizes = ((small, 512), (large, 512), (large, 4096))
    return [_deepwalk(graph, pairs, device) for graph, pairs in sizes]


def _deepwalk(graph: Graph, pairs: int, device: str) -> Row:
    from tutor.graphs import walks
    from tutor.graphs.walks import WalkConfig

    config = WalkConfig(walks=1)
    batched = replace(config, training=replace(config.training, batch_pairs=pairs))
    threaded = replace(
        config,
        training=replace(config.training, deterministic=False, threads=CORES),
    )
    gpu = partial(walks.fit, graph, batched, backend="torch", device=device)
    return row(
        "graphs/walks",
        f"DeepWalk, {len(graph):,} nodes, {pairs:,} pairs a step",
        **sides(gpu, partial(walks.fit, graph, threaded)),
        cpu_name="numba, all cores",
        unit="nodes of walks",
        work=float(len(graph) * config.walks * config.length),
        quality=last_loss,
        notes=(
            f"the largest connected part of the first articles of the mention graph; "
            f"a walk of {config.length} nodes from each, dim {config.training.dim}, "
            "one pass. Not equal: numba takes two pairs a "
            "step and walks with all threads; beside the GPU one thread walks and "
            "NumPy makes the batches"
        ),
    )


# --- triples -------------------------------------------------------------------------
def _drawn(entities: int, count: int) -> TripleSet:
    """Return different triples drawn at random, all of them for training."""
    from tutor.datasets.triples import TripleSet

    rng = np.random.default_rng(0)
    limits = (entities, RELATIONS, entities)
    drawn = rng.integers(0, limits, (count + count // 10, 3))
    train = rng.permutation(np.unique(drawn, axis=0))[:count]
    none = np.empty((0, 3), np.int64)
    E, R = (tuple(map(str, range(n))) for n in limits[:2])
    return TripleSet("drawn", E, R, train=train, valid=none, test=none)


def _sets(*sizes: tuple[int, int]) -> list[tuple[TripleSet, str]]:
    """Return UMLS and drawn sets of (entities, triples), each with what it is."""
    from tutor.datasets.triples import triples

    note = f"triples drawn at random, {RELATIONS} relations"
    return [(triples("umls"), "UMLS"), *((_drawn(*size), note) for size in sizes)]


def _triples(quick: bool, device: str) -> list[Row]:
    """Return ComplEx by entities."""
    from tutor.knowledge.triples import TriplesConfig, fit

    sets = _sets() if quick else _sets((1500, 10_000), (15_000, 4000))
    config = TriplesConfig(scorer="complex")
    return _by_entities(
        ("knowledge/triples", "ComplEx"), fit, config, sets, (30, 4, 1), device
    )


def _flows(quick: bool, device: str) -> list[Row]:
    """Return NFE-1 by entities."""
    from tutor.knowledge.flows import FlowsConfig, fit

    sets = _sets() if quick else _sets((1500, 10_000), (15_000, 3000))
    config = FlowsConfig(scorer="nfe1")
    return _by_entities(
        ("knowledge/flows", "NFE-1"), fit, config, sets, (15, 4, 1), device
    )


def _by_entities(
    names: tuple[str, str],
    fit: Any,
    config: Any,
    sets: list[tuple[TripleSet, str]],
    epochs: tuple[int, ...],
    device: str,
) -> list[Row]:
    """Return a row a set; a set alone is the quick run and takes one epoch."""
    if len(sets) == 1:
        epochs = (1,)
    return [
        _trained(names, fit, replace(config, epochs=n), data, note, device)
        for (data, note), n in zip(sets, epochs, strict=True)
    ]


def _trained(
    names: tuple[str, str],
    fit: Any,
    config: Any,
    data: TripleSet,
    note: str,
    device: str,
) -> Row:
    """Return the row of one ``fit``: torch on the GPU, the faster form beside it.

    From a thousand entities on the scores are large enough for torch's threads.
    """
    chapter, model = names
    backend = "numpy" if len(data.entities) < 1000 else "torch"
    gpu = partial(fit, data, config, backend="torch", device=device)
    return row(
        chapter,
        f"{model}, {len(data.entities):,} entities",
        **sides(gpu, partial(fit, data, config, backend=backend)),
        cpu_name=f"{backend}, all cores",
        unit="triples",
        work=float(len(data.train) * config.epochs),
        quality=last_loss,
        notes=(
            f"{note}; dim {config.dim}, {len(data.train):,} triples, "
            f"epochs: {config.epochs}; every question against all entities, "
            f"{config.batch_size} a batch; batches are made on the processor"
        ),
    )
