"""Spectral vectors, spread labels, rewired graphs, hidden edges."""

import numpy as np
import pytest

from tutor.graphs import baselines
from tutor.graphs.graph import Graph
from tutor.graphs.rewire import rewired
from tutor.graphs.studies import links

PATH = Graph.from_edges(tuple("abcdef"), [[i, i + 1] for i in range(5)])


def random_graph(seed=0, n=80, m=240):
    rng = np.random.default_rng(seed)
    ring = np.column_stack([np.arange(n), (np.arange(n) + 1) % n])
    edges = np.concatenate([ring, rng.integers(0, n, (m, 2))])
    keys = [f"n{i}" for i in range(n)]
    return Graph.from_edges(keys, edges[edges[:, 0] != edges[:, 1]])


# --- spectral ------------------------------------------------------------------------
def test_eigenmaps_solve_their_equation():
    graph = random_graph()
    f = np.asarray(baselines.spectral_embedding(graph, dim=4).vectors, float)
    A = graph.adjacency().toarray()
    D = np.diag(A.sum(axis=1))
    for column in f.T:
        value = column @ (D - A) @ column / (column @ D @ column)
        np.testing.assert_allclose((D - A) @ column, value * D @ column, atol=1e-8)
    np.testing.assert_allclose(D.diagonal() @ f, 0, atol=1e-7)  # without the constant


def test_eigenmaps_order_a_path():
    f = baselines.spectral_embedding(PATH, dim=1).vectors[:, 0]
    steps = np.diff(f)
    assert (steps > 0).all() or (steps < 0).all()


@pytest.mark.oracle
def test_eigenmaps_equal_scikit_learn():
    """Up to sign and length of each column; eigenvalues of this graph are distinct."""
    manifold = pytest.importorskip("sklearn.manifold", reason="no scikit-learn")
    graph = random_graph(1)
    ours = np.asarray(baselines.spectral_embedding(graph, dim=5).vectors, float)
    theirs = manifold.spectral_embedding(
        graph.adjacency(), n_components=5, random_state=0, drop_first=True
    )
    lengths = np.linalg.norm(ours, axis=0) * np.linalg.norm(theirs, axis=0)
    np.testing.assert_allclose(
        np.abs((ours * theirs).sum(axis=0)) / lengths, 1.0, atol=1e-6
    )


def test_spectral_refuses():
    two = Graph.from_edges(tuple("abcd"), [[0, 1], [2, 3]])
    with pytest.raises(ValueError, match="2 components"):
        baselines.spectral_embedding(two, dim=1)
    with pytest.raises(ValueError, match="between 1 and 4, got 5"):
        baselines.spectral_embedding(PATH, dim=5)
    with pytest.raises(ValueError, match="1 nodes have no edge"):
        baselines.normalized_adjacency(Graph.from_edges(tuple("abc"), [[0, 1]]))
    arcs = Graph.from_edges(tuple("ab"), [[0, 1]], directed=True)
    with pytest.raises(ValueError, match="directed graph has no symmetric"):
        baselines.normalized_adjacency(arcs)


# --- label propagation ---------------------------------------------------------------
def test_propagation_reaches_its_closed_form():
    r"""F → (1 − α)(I − αS)⁻¹ Y: Zhou et al. (2003), equation 4."""
    graph = random_graph(2)
    labels = np.full(len(graph), -1)
    labels[[0, 1, 40]] = [0, 2, 1]
    S = baselines.normalized_adjacency(graph).toarray()
    Y = np.zeros((len(graph), 3))
    Y[[0, 1, 40], [0, 2, 1]] = 1
    wanted = 0.3 * np.linalg.solve(np.eye(len(graph)) - 0.7 * S, Y)
    found = baselines.propagate_labels(graph, labels, alpha=0.7, rounds=200)
    np.testing.assert_allclose(found, wanted, atol=1e-10)
    with pytest.raises(AssertionError):  # rung 9
        np.testing.assert_allclose(1.01 * found, wanted, atol=1e-10)


def test_propagation_splits_a_path_in_the_middle():
    labels = np.array([0, -1, -1, -1, -1, 1])
    found = baselines.propagate_labels(PATH, labels).argmax(axis=1)
    assert found.tolist() == [0, 0, 0, 1, 1, 1]


def test_propagation_refuses():
    with pytest.raises(ValueError, match="no node has a label"):
        baselines.propagate_labels(PATH, np.full(6, -1))
    with pytest.raises(ValueError, match="must be 6 integers"):
        baselines.propagate_labels(PATH, np.zeros(5, int))
    with pytest.raises(ValueError, match="inside 0 to 1, got 1"):
        baselines.propagate_labels(PATH, np.zeros(6, int), alpha=1.0)


# --- rewiring ------------------------------------------------------------------------
def test_rewiring_keeps_degrees_and_forgets_edges():
    graph = random_graph(3)
    other = rewired(graph, seed=1)
    np.testing.assert_array_equal(other.degrees, graph.degrees)
    n = len(graph)
    kept = np.isin(other.edges() @ [n, 1], graph.edges() @ [n, 1]).mean()
    chance = graph.degrees.mean() / n  # about the share that chance would keep
    assert kept < 4 * chance
    again = rewired(graph, seed=1)
    np.testing.assert_array_equal(other.edges(), again.edges())
    assert (rewired(graph, seed=2).edges() != other.edges()).any()
    np.testing.assert_array_equal(rewired(graph, rounds=0).edges(), graph.edges())


def test_rewiring_leaves_what_cannot_be_swapped():
    star = Graph.from_edges(tuple("abcd"), [[0, 1], [0, 2], [0, 3]])
    np.testing.assert_array_equal(rewired(star).edges(), star.edges())


def test_rewiring_refuses():
    weighted = Graph.from_edges(tuple("abc"), [[0, 1], [1, 2]], weights=[1.0, 2.0])
    with pytest.raises(ValueError, match="without weights only"):
        rewired(weighted)
    with pytest.raises(ValueError, match="rounds must be 0 or more, got -1"):
        rewired(PATH, rounds=-1)


# --- hidden edges --------------------------------------------------------------------
def test_hidden_edges_leave_the_graph_connected():
    graph = random_graph(4)
    split = links.hide_edges(graph, share=0.2, seed=1)
    n = len(graph)
    assert len(split.edges) == int(0.2 * graph.n_edges)
    assert split.graph.n_edges == graph.n_edges - len(split.edges)
    assert split.graph.components().max() == 0
    assert not split.graph.has_arc(*split.edges.T).any()
    assert graph.has_arc(*split.edges.T).all()
    for pairs in (split.uniform, split.matched):
        assert pairs.shape == split.edges.shape
        assert not graph.has_arc(*pairs.T).any()
        assert (pairs[:, 0] != pairs[:, 1]).all()
        assert 0 <= pairs.min() <= pairs.max() < n
    # a matched pair keeps one end of its edge, and takes the other from another edge
    assert (split.matched[:, :1] == split.edges).any(axis=1).all()
    assert np.isin(split.matched[:, 1], split.edges).all()


def test_matched_negatives_have_the_degrees_of_edges():
    graph = random_graph(5, n=300, m=2000)
    split = links.hide_edges(graph, share=0.3, seed=2)
    degree = [graph.degrees[p].mean() for p in (split.edges, split.matched)]
    even = graph.degrees[split.uniform].mean()
    assert abs(degree[0] - degree[1]) < 0.5 * abs(degree[0] - even)


def test_hiding_refuses():
    with pytest.raises(ValueError, match="asks for 2 edges, 0 lie outside"):
        links.hide_edges(PATH, share=0.5)
    arcs = Graph.from_edges(tuple("ab"), [[0, 1]], directed=True)
    with pytest.raises(ValueError, match="undirected graphs only"):
        links.hide_edges(arcs)


def test_wins_count_ties_one_half():
    found = links.beats(np.array([3.0, 1.0, 2.0]), np.array([1.0, 3.0, 2.0]))
    assert found.tolist() == [1.0, 0.0, 0.5]
    pairs = np.array([[0, 1], [1, 2]])
    assert links.degree_product(PATH, pairs).tolist() == [2.0, 4.0]
