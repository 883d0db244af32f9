"""Benchmarks of chapter ``graphs/walks``: how fast walks are made.

The rival is a walker in plain Python over networkx, as the published DeepWalk program
has one: no compiled walker of second order is part of this environment. The walks are
of the same number and length on the same graph; making the graph is left out on both
sides, turning rows into names too. Where pecanpy is installed, it takes the rival's
place in the second-order row; its figure includes making lists of strings.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from tutor.benchmarks import Row

LENGTH = 40


def rows(quick: bool) -> list[Row]:
    """Return the rows; ``quick`` walks once from each node instead of ten times."""
    from tutor.datasets import graphs
    from tutor.graphs.graph import Graph

    mentions = graphs.wikipedia_mentions()
    graph = Graph.from_edges(mentions.titles, mentions.arcs).largest_component()
    rounds = 1 if quick else 10
    first = _row(graph, "DeepWalk walks", rounds, 1.0, 1.0)
    second = _row(graph, "node2vec walks, p = 1/2, q = 2", rounds, 0.5, 2.0)
    return [first, second]


def _row(graph: Any, name: str, rounds: int, p: float, q: float) -> Row:
    peer = find_spec("pecanpy") is not None and p != 1.0
    return Row(
        name=f"{name}, 1 thread",
        ours=_ours(graph, rounds, p, q),
        rival=_pecanpy(graph, rounds, p, q) if peer else _python(graph, rounds, p, q),
        rival_name=(
            "pecanpy SparseOTF.simulate_walks"
            if peer
            else "plain Python over networkx, rejection as ours"
        ),
        threads=1,
        unit="steps",
        work=float(rounds * len(graph) * (LENGTH - 1)),
        quality=lambda lines: {"steps back": _back(lines)},
        notes=(
            f"{len(graph):,} nodes, {graph.n_edges:,} edges, {rounds} walks of "
            f"{LENGTH} nodes each; a seed a turn; graph and set-up left out"
        ),
    )


def _ours(graph: Any, rounds: int, p: float, q: float) -> Callable[[], Any]:
    from tutor.graphs import walks

    config = walks.WalkConfig(walks=rounds, length=LENGTH, p=p, q=q)
    seeds = itertools.count()
    return lambda: walks.random_walks(graph, config, seed=next(seeds))


def _python(graph: Any, rounds: int, p: float, q: float) -> Callable[[], Any]:
    """Return the same work in plain Python: what one writes without a compiler."""
    import networkx

    joined = networkx.Graph()
    joined.add_nodes_from(range(len(graph)))
    joined.add_edges_from(graph.edges().tolist())
    near = {v: list(joined[v]) for v in joined}
    seeds = itertools.count()
    largest = max(1.0, 1 / p, 1 / q)

    def step(before: int, now: int, draw: random.Random) -> int:
        while True:
            after: int = draw.choice(near[now])
            if before < 0 or p == q == 1.0:
                return after
            if after == before:
                weight = 1 / p
            else:
                weight = 1.0 if joined.has_edge(before, after) else 1 / q
            if draw.random() < weight / largest:
                return after

    def work() -> Any:
        draw = random.Random(next(seeds))
        lines = []
        for start in list(range(len(graph))) * rounds:
            line, before = [start], -1
            while len(line) < LENGTH:
                after = step(before, line[-1], draw)
                before = line[-1]
                line.append(after)
            lines.append(line)
        return np.array(lines, np.int32)

    return work


def _pecanpy(graph: Any, rounds: int, p: float, q: float) -> Callable[[], Any]:
    from pecanpy.pecanpy import SparseOTF

    model = SparseOTF(p=p, q=q, workers=1, verbose=False)
    model.set_node_ids([str(i) for i in range(len(graph))])
    model.indptr = graph.offsets.astype(np.uint32)
    model.indices = graph.targets.astype(np.uint32)
    model.data = np.ones(len(graph.targets), np.float32)

    def work() -> Any:
        lines = model.simulate_walks(rounds, LENGTH - 1)
        return np.array([[int(v) for v in line] for line in lines], np.int32)

    return work


def _back(lines: Any) -> float:
    from tutor.graphs import walks

    return walks.return_rate(lines)
