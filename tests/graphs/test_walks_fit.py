"""DeepWalk end to end: backends, the matrix behind it, gensim, CUDA."""

from dataclasses import replace

import numpy as np
import pytest

from tutor.graphs import walks
from tutor.graphs.graph import Graph
from tutor.graphs.studies import walks as study
from tutor.graphs.walks import WalkConfig
from tutor.words.word2vec import Word2VecConfig

SMALL = Word2VecConfig(dim=8, window=3, negatives=3, sample=0.0, epochs=1)


def blocks(seed=0, sizes=(15, 15), inside=60, between=3):
    """Return two dense groups with a few edges between them, connected."""
    rng = np.random.default_rng(seed)
    first, second = sizes
    n = first + second
    parts = [
        np.column_stack([np.arange(n - 1), np.arange(1, n)]),
        rng.integers(0, first, (inside, 2)),
        rng.integers(first, n, (inside, 2)),
        np.column_stack(
            [rng.integers(0, first, between), rng.integers(first, n, between)]
        ),
    ]
    edges = np.concatenate(parts)
    return Graph.from_edges(
        [f"n{i}" for i in range(n)], edges[edges[:, 0] != edges[:, 1]]
    )


@pytest.fixture(scope="module")
def graph():
    return blocks()


@pytest.mark.parametrize("backend", ["numba", "torch"])
def test_backends_learn_the_same(graph, backend):
    """Rung 5: the same walks, windows and noise; one pair a step for torch as well."""
    pytest.importorskip(backend, reason=f"{backend} is not installed")
    config = WalkConfig(walks=3, length=10, p=0.5, training=SMALL)
    if backend == "torch":
        config = replace(config, training=replace(SMALL, batch_pairs=1))
    one = walks.fit(graph, config, backend="numpy", seed=3)
    two = walks.fit(graph, config, backend=backend, seed=3)
    for mine, theirs in (
        (one.embedding, two.embedding),
        (one.context, two.context),
    ):
        assert mine.keys == graph.keys
        np.testing.assert_allclose(theirs.vectors, mine.vectors, atol=1e-4)
    assert (two.backend, two.seed, two.config) == (backend, 3, config)
    with pytest.raises(AssertionError):  # rung 9: one per cent is seen
        np.testing.assert_allclose(
            1.01 * two.context.vectors, one.context.vectors, atol=1e-4
        )


@pytest.mark.gpu
def test_cpu_equals_cuda(graph, cuda):
    """Rung 8: the same walks and batches on both devices."""
    config = WalkConfig(walks=5, length=10, training=replace(SMALL, batch_pairs=16))
    one = walks.fit(graph, config, backend="torch", seed=1)
    two = walks.fit(graph, config, backend="torch", seed=1, device=cuda)
    np.testing.assert_allclose(two.embedding.vectors, one.embedding.vectors, atol=1e-4)


def test_groups_come_together(graph):
    """Two dense groups: nearly every node's five nearest belong to its own."""
    run = walks.fit(graph, WalkConfig(walks=40, length=20, training=SMALL), seed=1)
    own = [
        (int(near.key[1:]) < 15) == (row < 15)
        for row, key in enumerate(graph.keys)
        for near in run.embedding.nearest(key, 5)
    ]
    assert np.mean(own) > 0.9


def test_hierarchical_softmax_is_handed_on(graph):
    train = replace(SMALL, objective="hierarchical_softmax")
    run = walks.fit(graph, WalkConfig(walks=2, length=8, training=train))
    assert run.context is None
    assert run.embedding.keys == graph.keys


def test_device_is_handed_on(graph):
    with pytest.raises(ValueError, match="needs backend='torch'"):
        walks.fit(graph, device="cuda")


# --- the matrix ----------------------------------------------------------------------
def test_netmf_is_the_limit_of_long_walks(graph):
    """Expected PMI of walks that start as they end: equal but for the walk's ends."""
    degree = graph.degrees / graph.degrees.sum()
    M = walks.netmf_matrix(graph, window=3, negatives=3)
    gaps = []
    for length in (50, 500, 5000):
        config = WalkConfig(
            length=length, training=replace(SMALL, dynamic=False, window=3)
        )
        counts = walks.expected_pair_counts(graph, config, start=degree)
        seen = np.isfinite(M)
        gaps.append(np.abs(study.pmi(counts, 3)[seen] - M[seen]).max())
    assert gaps[2] < 2e-3
    assert gaps[0] > 5 * gaps[1] > 25 * gaps[2]  # falls like one over the length


def test_dynamic_windows_weigh_near_steps_more(graph):
    degree = graph.degrees / graph.degrees.sum()
    M = walks.netmf_matrix(graph, window=3, negatives=2, dynamic=True)
    config = WalkConfig(length=5000, training=replace(SMALL, window=3))
    counts = walks.expected_pair_counts(graph, config, start=degree)
    seen = np.isfinite(M)
    np.testing.assert_allclose(study.pmi(counts, 2)[seen], M[seen], atol=2e-3)
    flat = walks.netmf_matrix(graph, window=3, negatives=2)
    assert np.abs(flat[seen] - M[seen]).max() > 0.1


def test_netmf_is_symmetric_and_negatives_shift_it(graph):
    M = walks.netmf_matrix(graph, window=4)
    np.testing.assert_allclose(M, M.T, atol=1e-10)
    five = walks.netmf_matrix(graph, window=4, negatives=5)
    np.testing.assert_allclose(M - five, np.log(5), atol=1e-10)


def test_netmf_embedding_rebuilds_the_cut_matrix(graph):
    n = len(graph)
    found = walks.netmf_embedding(graph, dim=n, window=4)
    M = np.maximum(walks.netmf_matrix(graph, window=4), 0)
    left, scale, _ = np.linalg.svd(M)
    np.testing.assert_allclose(
        found.vectors @ found.vectors.T, left * scale @ left.T, atol=1e-8
    )


def test_trained_products_near_the_matrix():
    """Rung 6 of the identity: on many walks, within 0.4 of most entries."""
    pytest.importorskip("numba", reason="numba is not installed")
    graph = blocks(1)
    train = replace(
        SMALL, dim=30, window=3, dynamic=False, noise_power=1.0, negatives=5
    )
    config = WalkConfig(walks=1500, length=40, training=train)
    run = walks.fit(graph, config, seed=1)
    M = walks.netmf_matrix(graph, window=3, negatives=5)
    counts = walks.expected_pair_counts(graph, config)
    rows, columns = np.nonzero(counts > 2000)
    gap = study.products(run, rows, columns) - M[rows, columns]
    assert np.median(np.abs(gap)) < 0.2


def test_netmf_refuses(graph):
    arcs = Graph.from_edges(tuple("ab"), [[0, 1], [1, 0]], directed=True)
    with pytest.raises(ValueError, match="undirected graphs"):
        walks.netmf_matrix(arcs, window=1)
    with pytest.raises(ValueError, match="window >= 1 and negatives > 0, got 0 and 1"):
        walks.netmf_matrix(graph, window=0)
    with pytest.raises(ValueError, match="got 2 and -1"):
        walks.netmf_matrix(graph, window=2, negatives=-1)
    with pytest.raises(ValueError, match="between 1 and 30, got 31"):
        walks.netmf_embedding(graph, dim=31)


# --- outside -------------------------------------------------------------------------
@pytest.mark.oracle
def test_gensim_learns_the_same_products_from_our_walks():
    """Word2Vec of gensim on the same lines: products correlate above .9.

    The tolerance is ours: two seeds of one program agree to about .97 here.
    """
    gensim = pytest.importorskip("gensim.models", reason="gensim is not installed")
    graph = blocks(2)
    train = replace(
        SMALL, dim=16, window=3, dynamic=False, noise_power=1.0, negatives=5
    )
    config = WalkConfig(walks=300, length=20, training=train)
    run = walks.fit(graph, config, seed=1)
    lines = walks.random_walks(graph, config, seed=1)
    model = gensim.Word2Vec(
        [[graph.keys[i] for i in line] for line in lines.tolist()],
        vector_size=16,
        window=3,
        negative=5,
        ns_exponent=1.0,
        sample=0,
        sg=1,
        alpha=0.05,
        shrink_windows=False,
        min_count=1,
        epochs=1,
        workers=1,
        seed=1,
    )
    order = [model.wv.key_to_index[key] for key in graph.keys]
    theirs = model.wv.vectors[order] @ model.syn1neg[order].T
    ours = run.embedding.vectors @ run.context.vectors.T
    often = walks.expected_pair_counts(graph, config) > 200
    assert np.corrcoef(theirs[often], ours[often])[0, 1] > 0.9


@pytest.mark.oracle
def test_graph_and_steps_equal_networkx():
    """Degrees, components and shares of a step, as networkx has them."""
    nx = pytest.importorskip("networkx", reason="networkx is not installed")
    theirs = nx.les_miserables_graph()
    keys = list(theirs)
    row = {key: i for i, key in enumerate(keys)}
    edges = [(row[a], row[b]) for a, b in theirs.edges]
    weights = [d["weight"] for *_, d in theirs.edges(data=True)]
    ours = Graph.from_edges(keys, edges, weights=weights)
    assert ours.degrees.tolist() == [theirs.degree[k] for k in keys]
    np.testing.assert_array_equal(
        ours.adjacency().toarray(), nx.to_numpy_array(theirs, keys)
    )
    v, t = row["Valjean"], row["Javert"]
    shares = walks.step_probabilities(ours, t, v, 0.5, 2.0)
    alpha = [
        0.5**-1 if x == t else 1.0 if theirs.has_edge(keys[t], keys[x]) else 0.5
        for x in ours.neighbours(v).tolist()
    ]
    raw = [
        a * theirs["Valjean"][keys[x]]["weight"]
        for a, x in zip(alpha, ours.neighbours(v).tolist(), strict=True)
    ]
    np.testing.assert_allclose(shares, np.array(raw) / np.sum(raw))
