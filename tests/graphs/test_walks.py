"""Walks: pencil, loop, exact probabilities, NumPy = Numba, properties, bad input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.graphs import walks
from tutor.graphs.graph import Graph
from tutor.graphs.walks import WalkConfig, exact, reference

SETTINGS = [(1.0, 1.0), (0.25, 4.0), (4.0, 0.25), (0.5, 2.0)]
# t = 0 and v = 1 of the chapter's pencil: v joins t, one common friend, two others
PENCIL = Graph.from_edges(tuple("tvnxy"), [[0, 1], [0, 2], [1, 2], [1, 3], [1, 4]])


def random_graph(seed=0, n=40, m=90, *, weighted=False, directed=False):
    """Return a graph without loops; its nodes may be isolated."""
    rng = np.random.default_rng(seed)
    edges = rng.integers(0, n, (m, 2))
    edges = edges[edges[:, 0] != edges[:, 1]]
    weights = rng.uniform(0.1, 5.0, len(edges)) if weighted else None
    keys = [f"n{i}" for i in range(n)]
    return Graph.from_edges(keys, edges, weights=weights, directed=directed)


# --- rung 0: pencil ------------------------------------------------------------------
def test_pencil_example_of_the_chapter():
    """With p = 1/2 and q = 2 the weights are 2, 1, 1/2, 1/2, and their sum is 4."""
    found = walks.step_probabilities(PENCIL, 0, 1, 0.5, 2.0)
    np.testing.assert_allclose(found, [0.5, 0.25, 0.125, 0.125], atol=1e-12)


def test_two_nodes_of_the_chapter():
    """One edge, T = 1, b = 1: log 2."""
    pair = Graph.from_edges(("a", "b"), [[0, 1]])
    M = walks.netmf_matrix(pair, window=1)
    np.testing.assert_allclose(M[0, 1], np.log(2), atol=1e-12)
    assert M[0, 0] == -np.inf


# --- rung 1: the formula is the loop -------------------------------------------------
def test_weights_equal_a_loop():
    graph = random_graph(1)
    arcs = {(int(a), int(b)) for a, b in zip(graph.sources, graph.targets, strict=True)}
    grid = np.indices((40, 40)).reshape(2, -1)
    loop = [
        1 / 0.3 if t == x else 1.0 if (t, x) in arcs else 1 / 5.0
        for t, x in grid.T.tolist()
    ]
    np.testing.assert_allclose(walks.step_weight(graph, *grid, 0.3, 5.0), loop)
    with pytest.raises(AssertionError):  # rung 9: one per cent is seen
        np.testing.assert_allclose(
            1.01 * walks.step_weight(graph, *grid, 0.3, 5.0), loop
        )


def test_expected_counts_equal_enumeration():
    """Every walk of 4 nodes on a small weighted graph, by its probability."""
    graph = Graph.from_edges(
        tuple("abcd"), [[0, 1], [1, 2], [2, 0], [2, 3]], weights=[1.0, 2.0, 3.0, 0.5]
    )
    P = exact.step_matrix(graph)
    for dynamic in (False, True):
        config = WalkConfig(walks=3, length=4)
        train = replace(config.training, window=2, dynamic=dynamic)
        loop = np.zeros((4, 4))
        for line in np.indices((4,) * 4).reshape(4, -1).T:
            chance = 0.25 * np.prod(P[line[:-1], line[1:]])
            for i in range(4):
                for r in (1, 2):
                    if i + r < 4:
                        share = chance * (1.0 if r == 1 or not dynamic else 0.5)
                        loop[line[i], line[i + r]] += share
                        loop[line[i + r], line[i]] += share
        found = walks.expected_pair_counts(graph, replace(config, training=train))
        np.testing.assert_allclose(found, 12 * loop, rtol=1e-10)


def test_expected_return_rate_equals_enumeration():
    graph = Graph.from_edges(
        tuple("abcd"), [[0, 1], [1, 2], [2, 0], [2, 3]], weights=[1.0, 2.0, 3.0, 0.5]
    )
    p, q, back, taken = 0.5, 3.0, 0.0, 0.0
    for line in np.indices((4,) * 4).reshape(4, -1).T.tolist():
        chance = 0.25
        for s in range(1, 4):
            before = line[s - 2] if s > 1 else -1
            near = graph.neighbours(line[s - 1]).tolist()
            if line[s] not in near:
                chance = 0.0
                break
            shares = walks.step_probabilities(graph, before, line[s - 1], p, q)
            chance *= shares[near.index(line[s])]
        for s in (2, 3):
            taken += chance
            back += chance * (line[s] == line[s - 2])
    found = walks.expected_return_rate(graph, WalkConfig(p=p, q=q, length=4))
    np.testing.assert_allclose(found, back / taken, rtol=1e-10)


# --- walks against exact probabilities -----------------------------------------------
@pytest.mark.parametrize("kind", ["plain", "weighted", "directed"])
@pytest.mark.parametrize(("p", "q"), SETTINGS)
def test_transitions_follow_the_exact_probabilities(kind, p, q):
    graph = random_graph(3, weighted=kind == "weighted", directed=kind == "directed")
    config = WalkConfig(walks=100, length=20, p=p, q=q)
    lines = walks.random_walks(graph, config, backend="numpy", seed=7)
    right = walks.transition_chi_square(graph, lines, p, q)
    assert right.freedom > 20
    assert right.p_value > 0.001
    gap = walks.return_rate(lines) - walks.expected_return_rate(graph, config)
    assert abs(gap) < 0.02
    other = walks.transition_chi_square(graph, lines, 1.5 * p, q)  # alive
    if kind != "directed":  # there few steps have a way straight back
        assert other.p_value < 1e-6


def test_weighted_steps_follow_the_weights():
    graph = Graph.from_edges(tuple("abc"), [[0, 1], [0, 2]], weights=[1.0, 3.0])
    lines = walks.random_walks(graph, WalkConfig(walks=4000, length=2), seed=1)
    after = lines[lines[:, 0] == 0, 1]
    assert abs((after == 2).mean() - 0.75) < 0.025


# --- rung 4: NumPy equals Numba ------------------------------------------------------
@pytest.mark.parametrize("kind", ["plain", "weighted", "directed"])
@pytest.mark.parametrize(("p", "q"), SETTINGS)
def test_walks_numpy_equal_numba(kind, p, q):
    pytest.importorskip("numba", reason="numba is not installed")
    graph = random_graph(5, weighted=kind == "weighted", directed=kind == "directed")
    config = WalkConfig(walks=4, length=15, p=p, q=q)
    slow = walks.random_walks(graph, config, backend="numpy", seed=2)
    fast = walks.random_walks(graph, config, backend="numba", seed=2)
    np.testing.assert_array_equal(slow, fast)
    other = walks.random_walks(graph, config, seed=3)
    assert (other != fast).any()


def test_threads_change_nothing():
    pytest.importorskip("numba", reason="numba is not installed")
    graph, config = random_graph(6), WalkConfig(walks=3, length=12, p=0.5)
    two = replace(config.training, threads=2, deterministic=False)
    np.testing.assert_array_equal(
        walks.random_walks(graph, config, seed=1),
        walks.random_walks(graph, replace(config, training=two), seed=1),
    )


# --- rung 7: properties --------------------------------------------------------------
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.booleans(), st.sampled_from(SETTINGS))
def test_every_step_is_an_arc_and_only_dead_ends_stop(seed, directed, knobs):
    graph = random_graph(seed, n=12, m=20, directed=directed)
    config = WalkConfig(walks=2, length=7, p=knobs[0], q=knobs[1])
    lines = walks.random_walks(graph, config, backend="numpy", seed=seed)
    assert np.bincount(lines[:, 0], minlength=12).tolist() == [2] * 12
    now, after = lines[:, :-1].ravel(), lines[:, 1:].ravel()
    there = after >= 0
    assert graph.has_arc(now[there], after[there]).all()
    stopped = (now >= 0) & ~there
    assert (graph.degrees[now[stopped]] == 0).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(SETTINGS))
def test_step_probabilities_sum_to_one(seed, knobs):
    graph = random_graph(seed, weighted=True)
    for arc in range(0, len(graph.targets), 7):
        t, v = int(graph.sources[arc]), int(graph.targets[arc])
        share = walks.step_probabilities(graph, t, v, *knobs)
        np.testing.assert_allclose(share.sum(), 1.0, rtol=1e-12)


def test_the_corpus_holds_the_walks():
    graph = random_graph(8, directed=True)
    lines = walks.random_walks(graph, WalkConfig(walks=2, length=6), seed=4)
    corpus = walks.corpus_of(graph, lines)
    assert len(corpus) == len(lines)
    for row in range(0, len(lines), 9):
        line = [graph.keys[i] for i in lines[row] if i >= 0]
        assert corpus.words(row) == line


def test_long_walks_meet_nodes_by_degree():
    graph = random_graph(9).largest_component()
    lines = walks.random_walks(graph, WalkConfig(walks=20, length=400), seed=1)
    visits = np.bincount(lines[:, 50:].ravel(), minlength=len(graph))
    share = graph.degrees / graph.degrees.sum()
    np.testing.assert_allclose(visits / visits.sum(), share, atol=0.003)


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"walks": 0}, "walks must be 1 or more a node, got 0"),
        ({"length": 1}, "length must be 2 nodes or more, got 1"),
        ({"p": 0.0}, "p must lie between 0.01 and 100, got 0.0"),
        ({"q": np.nan}, "q must lie between 0.01 and 100, got nan"),
        ({"q": 1e9}, "nearly every proposed step is refused"),
    ],
)
def test_bad_config(change, message):
    with pytest.raises(ValueError, match=message):
        WalkConfig(**change)


def test_bad_graphs():
    alone = Graph.from_edges(tuple("abc"), [[0, 1]])
    with pytest.raises(ValueError, match="1 of 3 nodes have no edge, the first is 'c'"):
        walks.fit(alone)
    with pytest.raises(ValueError, match="3 nodes and no edge: nothing to walk"):
        walks.random_walks(Graph.from_edges(tuple("abc"), []))
    with pytest.raises(TypeError, match="expected a Graph, got csr_matrix"):
        walks.fit(alone.adjacency())
    with pytest.raises(ValueError, match="numba, numpy, torch"):
        walks.random_walks(alone, backend="jax")
    with pytest.raises(ValueError, match="noise nodes need more than 2 nodes"):
        walks.fit(alone.largest_component(), backend="numpy")


def test_exact_expectations_refuse_what_they_cannot():
    graph = random_graph(2).largest_component()
    big = Graph.from_edges(map(str, range(5000)), np.arange(5000).reshape(-1, 2))
    with pytest.raises(ValueError, match=r"first-order walks only, got p=0\.5"):
        walks.expected_pair_counts(graph, WalkConfig(p=0.5))
    with pytest.raises(ValueError, match="start must be"):
        walks.expected_pair_counts(graph, WalkConfig(), start=np.ones(len(graph)))
    with pytest.raises(ValueError, match="5,000 nodes, at most 4,000"):
        exact.step_matrix(big)
    with pytest.raises(ValueError, match="no arc to leave by"):
        exact.step_matrix(Graph.from_edges(tuple("abc"), [[0, 1]]))
    with pytest.raises(ValueError, match="fewer than 3 nodes"):
        walks.expected_return_rate(graph, WalkConfig(length=2))
    with pytest.raises(ValueError, match="no walk takes a second step"):
        walks.return_rate(np.array([[0, 1, -1]], np.int32))
    hub = Graph.from_edges(map(str, range(6000)), [[0, i] for i in range(1, 6000)])
    with pytest.raises(ValueError, match="pairs of arcs, at most"):
        walks.expected_return_rate(hub, WalkConfig())
    lines = walks.random_walks(graph, WalkConfig(walks=1, length=3), backend="numpy")
    with pytest.raises(ValueError, match="more walks"):
        walks.transition_chi_square(graph, lines[:1], 1.0, 1.0)
    strange = np.full((1, 3), 0, np.int32)
    with pytest.raises(ValueError, match="give the graph that was walked"):
        walks.transition_chi_square(graph, strange, 1.0, 1.0)


def test_a_hopeless_step_ends_with_an_error(monkeypatch):
    """A walker that never accepts must stop, not hang."""
    monkeypatch.setattr(reference, "DRAWS", 8)
    monkeypatch.setattr(
        reference, "step_weight", lambda *a: np.zeros(len(np.atleast_1d(a[1])))
    )
    with pytest.raises(RuntimeError, match="found none in 4 attempts"):
        reference.random_walks(random_graph(0), WalkConfig(walks=1, length=4, p=0.5))
