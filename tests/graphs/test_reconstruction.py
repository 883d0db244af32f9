"""Reconstruction: pencil, loops, Katz against a sum, AP against scikit-learn."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.linalg import svds

from tutor.graphs import reconstruction as rec
from tutor.graphs.graph import Graph
from tutor.graphs.reconstruction import HopeConfig, katz, metric

PATH = Graph.from_edges(tuple("abcd"), [[0, 1], [1, 2], [2, 3]])


def random_graph(seed=0, n=30, m=60, *, directed=False):
    """Return a graph without loops; it may have isolated nodes and several parts."""
    rng = np.random.default_rng(seed)
    edges = rng.integers(0, n, (m, 2))
    edges = edges[edges[:, 0] != edges[:, 1]]
    return Graph.from_edges([f"n{i}" for i in range(n)], edges, directed=directed)


# --- rung 0: pencil ------------------------------------------------------------------
def test_pencil_of_the_chapter_katz():
    """One edge: paths of odd length lead across, S = β / (1 − β²)."""
    pair = Graph.from_edges(("a", "b"), [[0, 1]])
    S = rec.katz_matrix(pair, 0.5)
    np.testing.assert_allclose(S, [[1 / 3, 2 / 3], [2 / 3, 1 / 3]], atol=1e-12)


def test_pencil_of_the_chapter_precision():
    """Hits at places 1 and 3 of two: (1/1 + 2/3) / 2 = 5/6; one kept: 1."""
    star = Graph.from_edges(tuple("abcd"), [[0, 1], [0, 2]])
    scores = np.zeros((4, 4))
    scores[0] = [0.0, 3.0, 1.0, 2.0]
    np.testing.assert_allclose(rec.khop_ap(scores, star, 1)[0], 5 / 6, atol=1e-12)
    cut = np.where(scores == 3.0, scores, 0.0)
    np.testing.assert_allclose(rec.published_ap(cut, star, 1)[0], 1.0, atol=1e-12)
    # the other neighbour waits among three equal scores with d, in either place
    np.testing.assert_allclose(
        rec.khop_ap(cut, star, 1)[0], (1 + (2 / 2 + 2 / 3) / 2) / 2, atol=1e-12
    )


def test_neighbourhoods_of_a_path():
    """Of a—b—c—d, two steps from a: c; within two: b and c."""
    np.testing.assert_array_equal(
        rec.neighbourhoods(PATH, 2)[0], [False, True, True, False]
    )
    np.testing.assert_array_equal(
        rec.neighbourhoods(PATH, 2, "exactly")[0], [False, False, True, False]
    )


# --- rung 1: the formula is the loop -------------------------------------------------
@pytest.mark.parametrize("directed", [False, True])
def test_katz_equals_the_sum_over_paths(directed):
    graph = random_graph(1, directed=directed)
    beta = 0.5 / rec.spectral_radius(graph)
    A = graph.adjacency().toarray()
    power, total = np.eye(len(A)), np.zeros_like(A)
    for _ in range(80):
        power = beta * power @ A
        total = total + power
    S = rec.katz_matrix(graph, beta)
    np.testing.assert_allclose(S, total, atol=1e-10)
    with pytest.raises(AssertionError):  # rung 9: one per cent is seen
        np.testing.assert_allclose(1.01 * S, total, atol=1e-10)


def loop_ap(scores, true):
    """AP by its definition, for scores without ties."""
    found, hits = 0.0, 0
    for place, j in enumerate(np.argsort(-scores), 1):
        if true[j]:
            hits += 1
            found += hits / place
    return found / true.sum()


@pytest.mark.parametrize("mode", ["within", "exactly"])
def test_ap_equals_a_loop(mode):
    graph = random_graph(2)
    scores = np.random.default_rng(3).normal(size=(30, 30))
    distance = rec.hops(graph)
    found = rec.khop_ap(scores, graph, 2, mode)
    for i in range(30):
        near = (distance[i] <= 2) if mode == "within" else (distance[i] == 2)
        true = np.delete(near, i)
        if not true.any():
            assert np.isnan(found[i])
            continue
        np.testing.assert_allclose(
            found[i], loop_ap(np.delete(scores[i], i), true), atol=1e-12
        )


def test_ties_are_the_mean_over_all_orders():
    graph = Graph.from_edges(tuple("abcdef"), [[0, 1], [0, 2], [0, 3]])
    scores = np.zeros((6, 6))
    scores[0] = [9.0, 2.0, 1.0, 1.0, 1.0, 2.0]
    true = np.array([True, True, True, False, False])
    row = scores[0, 1:]
    orders = [
        loop_ap(np.array(broken), true)
        for broken in (
            row + 0.01 * np.array(order) for order in permutations(range(len(row)))
        )
    ]
    np.testing.assert_allclose(
        rec.khop_ap(scores, graph, 1)[0], np.mean(orders), atol=1e-12
    )


def test_published_ap_equals_a_loop():
    graph = random_graph(4)
    scores = np.random.default_rng(5).normal(size=(30, 30))
    true = rec.neighbourhoods(graph, 1)
    found = rec.published_ap(scores, graph, 1)
    for i in np.flatnonzero(true.any(axis=1)):
        hits, total = 0, 0.0
        candidates = [j for j in np.argsort(-scores[i]) if j != i and scores[i, j] > 0]
        for place, j in enumerate(candidates, 1):
            if true[i, j]:
                hits += 1
                total += hits / place
        np.testing.assert_allclose(found[i], total / max(hits, 1), atol=1e-12)


# --- rung 6: outside -----------------------------------------------------------------
def test_ap_equals_sklearn():
    """average_precision_score, where no scores tie."""
    metrics = pytest.importorskip("sklearn.metrics", reason="no scikit-learn")
    graph = random_graph(6)
    scores = np.random.default_rng(7).normal(size=(30, 30))
    true = rec.neighbourhoods(graph, 3)
    found = rec.khop_ap(scores, graph, 3)
    for i in np.flatnonzero(true.any(axis=1)):
        theirs = metrics.average_precision_score(
            np.delete(true[i], i), np.delete(scores[i], i)
        )
        np.testing.assert_allclose(found[i], theirs, atol=1e-12)


def test_katz_equals_networkx():
    """The row sums of 1 + S are the Katz centralities that networkx solves for."""
    nx = pytest.importorskip("networkx", reason="networkx is not installed")
    graph = random_graph(8)
    beta = 0.4 / rec.spectral_radius(graph)
    joined = nx.Graph(graph.edges().tolist())
    joined.add_nodes_from(range(30))
    theirs = nx.katz_centrality_numpy(joined, alpha=beta, normalized=False)
    ours = 1.0 + rec.katz_matrix(graph, beta).sum(axis=1)
    np.testing.assert_allclose(ours, [theirs[i] for i in range(30)], atol=1e-8)


def test_hops_equal_networkx():
    nx = pytest.importorskip("networkx", reason="networkx is not installed")
    graph = random_graph(9, directed=True)
    joined = nx.DiGraph(graph.edges().tolist())
    joined.add_nodes_from(range(30))
    theirs = np.full((30, 30), np.inf)
    for i, lengths in nx.all_pairs_shortest_path_length(joined):
        theirs[i, list(lengths)] = list(lengths.values())
    np.testing.assert_array_equal(rec.hops(graph), theirs)


@pytest.mark.parametrize("directed", [False, True])
def test_hope_equals_scipy_svds(directed):
    """The product of HOPE's two sides is scipy's truncated SVD of S."""
    graph = random_graph(10, directed=directed)
    fit = rec.fit_hope(graph, HopeConfig(dim=12))
    S = rec.katz_matrix(graph, fit.embedding.meta["beta"])
    U, values, Vt = svds(S, k=6, random_state=0)
    np.testing.assert_allclose(
        rec.dot_scores(fit), (U * values) @ Vt, atol=2e-6 * values.max()
    )


def test_hope_of_full_rank_is_katz():
    graph = random_graph(11)
    fit = rec.fit_hope(graph, HopeConfig(dim=60))
    S = rec.katz_matrix(graph, fit.embedding.meta["beta"])
    np.testing.assert_allclose(rec.dot_scores(fit), S, atol=1e-5 * np.abs(S).max())


def test_symmetric_factors_by_pencil():
    """One edge, beta 1/2: S has eigenvalues 1 and -1/3."""
    pair = Graph.from_edges(("a", "b"), [[0, 1]])
    X, signs = rec.factorise_symmetric(rec.katz_matrix(pair, 0.5), 2)
    np.testing.assert_array_equal(signs, [1.0, -1.0])
    np.testing.assert_allclose((X**2).sum(axis=0), [1.0, 1 / 3], atol=1e-12)
    np.testing.assert_allclose((X * signs) @ X.T, [[1 / 3, 2 / 3], [2 / 3, 1 / 3]])


@pytest.mark.parametrize("rank", [1, 5, 30])
def test_symmetric_factors_equal_the_singular_ones(rank):
    S = rec.katz_matrix(random_graph(12), 0.1)
    X, signs = rec.factorise_symmetric(S, rank)
    U, V = rec.factorise(S, rank)
    np.testing.assert_allclose((X * signs) @ X.T, U @ V.T, atol=1e-10)


def test_symmetric_factors_need_their_signs():
    S = rec.katz_matrix(random_graph(12), 0.1)
    X, signs = rec.factorise_symmetric(S, 30)
    assert {-1.0, 1.0} <= set(signs)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(X @ X.T, S, atol=1e-3)


# --- rung 7: properties --------------------------------------------------------------
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 3))
def test_ap_properties(seed, k):
    """In 0 to 1; blind to increasing maps and to renaming; 1 for the truth itself."""
    graph = random_graph(seed, n=12, m=20)
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 5, (12, 12)).astype(float)
    ap = rec.khop_ap(scores, graph, k)
    some = ~np.isnan(ap)
    assert ((ap[some] > 0) & (ap[some] <= 1 + 1e-12)).all()
    np.testing.assert_allclose(rec.khop_ap(np.exp(scores), graph, k), ap, atol=1e-12)
    order = rng.permutation(12)
    turned = rec.khop_ap(scores[np.ix_(order, order)], graph.subgraph(order), k)
    np.testing.assert_allclose(turned, ap[order], atol=1e-12)
    perfect = rec.khop_ap(-rec.hops(graph), graph, k)
    np.testing.assert_allclose(perfect[some], 1.0, atol=1e-12)


def test_a_node_is_no_candidate_for_itself():
    scores = np.random.default_rng(0).normal(size=(4, 4))
    other = scores + 100.0 * np.eye(4)
    np.testing.assert_array_equal(
        rec.khop_ap(scores, PATH, 1), rec.khop_ap(other, PATH, 1)
    )


def test_constant_scores_are_worth_the_expected_precision():
    """All ties: the closed form for random orders, far below 1, whatever the rows."""
    ring = Graph.from_edges(
        [str(i) for i in range(40)], [[i, (i + 1) % 40] for i in range(40)]
    )
    flat = rec.khop_map(np.zeros((40, 40)), ring, 1)
    draws = [
        rec.khop_map(np.random.default_rng(s).normal(size=(40, 40)), ring, 1)
        for s in range(60)
    ]
    assert abs(flat - np.mean(draws)) < 0.01
    assert flat < 0.15


# --- the trap ------------------------------------------------------------------------
def test_forgetting_answers_raises_the_published_figure():
    """The cut cannot raise the right one, and carries the published one to 1."""
    graph = random_graph(12).largest_component()
    scores = -rec.hops(graph)
    scores[scores < -1] = -2 - np.random.default_rng(0).random((scores < -1).sum())
    one = rec.keep_best(scores, 1)
    np.testing.assert_allclose(rec.published_map(one, graph, 2), 1.0)
    assert rec.khop_map(one, graph, 2) < 0.9
    assert rec.khop_map(scores, graph, 2) > rec.khop_map(one, graph, 2)


def test_keep_best_keeps_the_order_of_the_best():
    scores = np.random.default_rng(1).normal(size=(6, 6))
    kept = rec.keep_best(scores, 2)
    np.testing.assert_array_equal((kept > 0).sum(axis=1), 2)
    assert not np.diag(kept).any()
    np.fill_diagonal(scores, -np.inf)
    np.testing.assert_array_equal(kept.argmax(axis=1), scores.argmax(axis=1))


# --- decoders ------------------------------------------------------------------------
def test_distance_and_cosine_equal_loops():
    from tutor.embedding import Embedding

    X = np.random.default_rng(2).normal(size=(4, 3))
    vectors = Embedding(tuple("abcd"), X)
    X = np.asarray(vectors.vectors, np.float64)
    far = np.array([[-np.sum((x - y) ** 2) for y in X] for x in X])
    np.testing.assert_allclose(rec.distance_scores(vectors), far, atol=1e-6)
    cosine = np.array(
        [[x @ y / np.linalg.norm(x) / np.linalg.norm(y) for y in X] for x in X]
    )
    np.testing.assert_allclose(rec.cosine_scores(vectors), cosine, atol=1e-6)


# --- bad input -----------------------------------------------------------------------
def test_self_loops_are_refused_by_the_graph():
    with pytest.raises(ValueError, match="drop self-loops"):
        Graph.from_edges(("a", "b"), [[0, 0], [0, 1]])


def test_isolated_nodes_and_several_parts():
    """HOPE gives an isolated node zeros; its AP is NaN and no part of the mean."""
    graph = Graph.from_edges(tuple("abcde"), [[0, 1], [2, 3]])
    fit = rec.fit_hope(graph, HopeConfig(dim=4))
    np.testing.assert_allclose(fit.embedding.vectors[4], 0.0, atol=1e-7)
    ap = rec.khop_ap(rec.dot_scores(fit), graph, 1)
    np.testing.assert_array_equal(np.isnan(ap), [False] * 4 + [True])
    np.testing.assert_allclose(rec.khop_map(-rec.hops(graph), graph, 1), 1.0)


@pytest.mark.parametrize("factor", [1.0001, 2.0, 0.0, -1.0, np.nan])
def test_beta_beyond_the_spectral_radius(factor):
    bound = 1 / rec.spectral_radius(PATH)
    with pytest.raises(ValueError, match=f"{bound:.6g}"):
        rec.katz_matrix(PATH, factor * bound)


def test_a_graph_without_cycles_has_no_bound():
    arrow = Graph.from_edges(("a", "b", "c"), [[0, 1], [1, 2]], directed=True)
    S = rec.katz_matrix(arrow, 3.0)
    np.testing.assert_allclose(S, [[0, 3, 9], [0, 0, 3], [0, 0, 0]], atol=1e-12)
    assert rec.fit_hope(arrow, HopeConfig(dim=2)).embedding.meta["beta"] == 0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rec.khop_map(np.full((4, 4), np.nan), PATH, 1), "12 scores are NaN"),
        (lambda: rec.khop_map(np.zeros((3, 3)), PATH, 1), r"\(4, 4\)"),
        (lambda: rec.khop_map(np.zeros((4, 4)), PATH, 0), "k must be 1 or more"),
        (lambda: rec.khop_map(np.zeros((4, 4)), PATH, 1, "about"), "'about'"),
        (lambda: rec.khop_map(np.zeros((4, 4)), PATH, 4, "exactly"), "nothing to"),
        (lambda: rec.published_map(np.zeros((4, 4)), PATH, -1), "got -1"),
        (lambda: rec.keep_best(np.zeros((4, 4)), 4), "between 1 and 3"),
        (lambda: rec.keep_best(np.full((4, 4), np.inf), 1), "finite"),
        (lambda: rec.fit_hope(PATH, HopeConfig(dim=10)), "lower dim to 8"),
        (lambda: rec.factorise_symmetric(np.eye(3), 4), "lower dim to 3"),
        (lambda: rec.factorise_symmetric(np.triu(np.ones((3, 3))), 1), "not symmetric"),
        (lambda: HopeConfig(dim=7), "even"),
        (lambda: HopeConfig(share=1.0), "share"),
        (lambda: katz.dense(Graph.from_edges(("a", "b"), [])), "no edge"),
        (
            lambda: katz.dense(
                Graph.from_edges([str(i) for i in range(4001)], [[0, 1]])
            ),
            "4001 nodes",
        ),
    ],
)
def test_bad_input_names_given_and_remedy(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_bad_types():
    with pytest.raises(TypeError, match="whole number"):
        rec.khop_map(np.zeros((4, 4)), PATH, 1.5)
    with pytest.raises(TypeError, match="expected a Graph"):
        rec.fit_hope(np.eye(3))


def test_infinite_scores_rank_first_and_last():
    scores = np.array([[0, np.inf, -np.inf, 1.0]] * 4)
    assert rec.khop_ap(scores, PATH, 1)[0] == 1.0
    scores[0] = [0, -np.inf, 0, 1.0]  # the neighbour is last: third of three
    np.testing.assert_allclose(rec.khop_ap(scores, PATH, 1)[0], 1 / 3)
    assert metric.khop_map(-rec.hops(PATH), PATH, 2) == 1.0
