"""Benchmarks of chapter ``graphs/walks``: how fast walks are made.

The rival is pecanpy, compiled as ours is: its walker of first order, and the one of
second order that computes probabilities on the way. Where it is not installed, a walker
in plain Python over networkx takes its place, as the published DeepWalk program has
one. The walks are of the same number and length on the same graph; making the graph is
left out on both sides. pecanpy's figure includes lists of names, which is what it
returns; ours returns rows.
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
DROPPED = {
    "bool8": np.bool_,
    "object0": np.object_,
    "int0": np.intp,
    "uint0": np.uintp,
    "float_": np.float64,
    "complex_": np.complex128,
    "longfloat": np.longdouble,
    "singlecomplex": np.complex64,
    "cfloat": np.complex128,
    "clongfloat": np.clongdouble,
    "longcomplex": np.clongdouble,
    "void0": np.void,
    "bytes0": np.bytes_,
    "string_": np.bytes_,
    "unicode_": np.str_,
    "str0": np.str_,
}
"""Names that numpy 2 dropped and nptyping 2.5, which pecanpy imports, still reads."""


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
    peer = find_spec("pecanpy") is not None
    walker = "FirstOrderUnweighted" if p == q == 1.0 else "SparseOTF"
    return Row(
        name=f"{name}, 1 thread",
        ours=_ours(graph, rounds, p, q),
        rival=(
            _pecanpy(graph, walker, rounds, p, q)
            if peer
            else _python(graph, rounds, p, q)
        ),
        rival_name=(
            f"pecanpy {walker}.simulate_walks"
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
        aim=10 if peer else 0,
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


def _pecanpy(graph: Any, walker: str, rounds: int, p: float, q: float) -> Any:
    """Return the same work in pecanpy, on the same neighbour lists.

    It makes its two inner functions anew with every call, which compiles them anew;
    here they are made once, so that no turn measures a compiler.
    """
    for name, dtype in DROPPED.items():
        if not hasattr(np, name):
            setattr(np, name, dtype)
    from pecanpy import pecanpy

    model = getattr(pecanpy, walker)(p=p, q=q, workers=1, verbose=False)
    model.set_node_ids([str(i) for i in range(len(graph))])
    model.indptr = graph.offsets.astype(np.uint32)
    model.indices = graph.targets.astype(np.uint32)
    model.data = np.ones(len(graph.targets), np.float32)
    forward, has_neighbours = model.get_move_forward(), model.get_has_nbrs()
    model.get_move_forward, model.get_has_nbrs = lambda: forward, lambda: has_neighbours
    return lambda: model.simulate_walks(rounds, LENGTH - 1)


def _back(lines: Any) -> float:
    """Return how often a walk returns to where it was two steps before."""
    from tutor.graphs import walks

    return walks.return_rate(np.asarray(lines, dtype=np.int32))
