"""The graph object: rows of neighbours, parts, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.graphs.graph import Graph

KEYS = tuple("abcdef")
TRIANGLE = Graph.from_edges(KEYS[:4], [[0, 1], [1, 2], [2, 0], [2, 3]])


def test_rows_by_hand():
    """Triangle a-b-c with d at c: written out on paper."""
    assert [TRIANGLE.neighbours(i).tolist() for i in range(4)] == [
        *([1, 2], [0, 2], [0, 1, 3], [2]),
    ]
    assert TRIANGLE.degrees.tolist() == [2, 2, 3, 1]
    assert TRIANGLE.edges().tolist() == [[0, 1], [0, 2], [1, 2], [2, 3]]
    assert TRIANGLE.n_edges == 4
    assert repr(TRIANGLE) == "Graph(4 nodes, 4 edges, undirected)"
    assert TRIANGLE.row("c") == 2


def test_an_edge_twice_counts_once_and_weights_add_up():
    twice = Graph.from_edges(["a", "b"], [[0, 1], [1, 0]])
    assert twice.n_edges == 1
    assert twice.weights.tolist() == [1.0, 1.0]
    added = Graph.from_edges(["a", "b"], [[0, 1], [1, 0]], weights=[1.5, 2.0])
    assert added.weights.tolist() == [3.5, 3.5]
    assert repr(Graph.from_edges(KEYS[:3], [[0, 1], [1, 2]], weights=[1.0, 2.0])) == (
        "Graph(3 nodes, 2 edges, undirected, weighted)"
    )


def test_directed_arcs_stay_one_way():
    arcs = Graph.from_edges(KEYS[:3], [[0, 1], [1, 2], [1, 0]], directed=True)
    assert arcs.n_edges == 3
    assert arcs.degrees.tolist() == [1, 2, 0]
    assert arcs.has_arc([0, 2, 1], [1, 1, 0]).tolist() == [True, False, True]
    assert arcs.isolated().tolist() == []  # c is met, though no arc leaves it


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=30))
def test_the_matrix_is_the_dense_one(pairs):
    pairs = [p for p in pairs if p[0] != p[1]]
    graph = Graph.from_edges(map(str, range(8)), np.array(pairs, int).reshape(-1, 2))
    dense = np.zeros((8, 8))
    for a, b in pairs:
        dense[a, b] = dense[b, a] = 1
    np.testing.assert_array_equal(graph.adjacency().toarray(), dense)
    grid = np.indices((8, 8)).reshape(2, -1)
    np.testing.assert_array_equal(graph.has_arc(*grid), dense.ravel() > 0)
    assert graph.isolated().tolist() == np.flatnonzero(dense.sum(1) == 0).tolist()


def test_parts():
    graph = Graph.from_edges(KEYS, [[0, 1], [3, 4], [4, 5]], weights=[1.0, 2.0, 3.0])
    assert graph.isolated().tolist() == [2]
    assert len(set(graph.components().tolist())) == 3
    part = graph.largest_component()
    assert part.keys == ("d", "e", "f")
    assert part.weights.tolist() == [2.0, 2.0, 3.0, 3.0]
    turned = TRIANGLE.subgraph([3, 2, 0])
    assert turned.keys == ("d", "c", "a")
    assert turned.edges().tolist() == [[0, 1], [1, 2]]


def test_arrays_are_locked():
    with pytest.raises(ValueError, match="read-only"):
        TRIANGLE.targets[0] = 3


@pytest.mark.parametrize(
    ("edges", "more", "error", "message"),
    [
        ([[0, 6]], {}, ValueError, "rows 0 to 6, but there are 6 keys"),
        ([[-1, 2]], {}, ValueError, "rows -1 to 2"),
        ([[1, 1]], {}, ValueError, "from a node to itself, the first at 'b'"),
        ([[0.5, 1.0]], {}, TypeError, "pairs of row numbers, got float64"),
        ([["a", "b"]], {}, TypeError, "look names up"),
        ([[0, 1, 2]], {}, ValueError, r"shape \(m, 2\), got \(1, 3\)"),
        ([[0, 1]], {"weights": [np.nan]}, ValueError, "1 weights are NaN"),
        ([[0, 1]], {"weights": [0.0]}, ValueError, "leave an edge out"),
        ([[0, 1]], {"weights": [-2.0]}, ValueError, "the first is -2.0"),
        ([[0, 1]], {"weights": [1.0, 2.0]}, ValueError, r"1 edges but .* \(2,\)"),
    ],
)
def test_bad_edges(edges, more, error, message):
    with pytest.raises(error, match=message):
        Graph.from_edges(KEYS, edges, **more)


def test_bad_keys_and_rows():
    with pytest.raises(ValueError, match="3 keys but only 2 different"):
        Graph.from_edges(["a", "b", "a"], [[0, 1]])
    with pytest.raises(TypeError, match="several keys"):
        Graph.from_edges("abc", [[0, 1]])
    with pytest.raises(TypeError, match="must be strings"):
        Graph.from_edges([1, 2], [[0, 1]])
    with pytest.raises(KeyError, match="none of the 4 nodes; closest: 'a'"):
        TRIANGLE.row("A")
    with pytest.raises(IndexError, match="row 4 asked for"):
        TRIANGLE.neighbours(4)
    with pytest.raises(ValueError, match="at least one node"):
        TRIANGLE.subgraph([])
