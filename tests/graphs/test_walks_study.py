"""Helpers of the chapter: the split, the scores, the small graph, what is left."""

import numpy as np
import pytest

from tutor.datasets.graphs import MentionGraph
from tutor.graphs import walks
from tutor.graphs.graph import Graph
from tutor.graphs.studies import classification as nodes
from tutor.graphs.studies import walks as study
from tutor.graphs.walks import WalkConfig
from tutor.words.word2vec import Word2VecConfig


@pytest.fixture(scope="module")
def mentions():
    """Return 400 articles in two topics that mention their own kind."""
    rng = np.random.default_rng(0)
    n = 400
    topics = ["Arts" if i % 2 else "History" for i in range(n)]
    topics[7] = "Uncategorized"
    ring = np.column_stack([np.arange(n), (np.arange(n) + 1) % n])
    source = rng.integers(0, n, 1500)
    target = (source + 2 * rng.integers(1, n // 2, 1500)) % n
    pairs = np.unique(np.concatenate([ring, np.column_stack([source, target])]), axis=0)
    texts = [f"a {'tune' if i % 2 else 'battle'} of number{i % 9}" for i in range(n)]
    titles = tuple(f"Article {i}" for i in range(n))
    return MentionGraph(titles, tuple(topics), tuple(texts), pairs)


@pytest.fixture(scope="module")
def task(mentions):
    return nodes.make_task(mentions)


def test_the_split_is_disjoint_and_leaves_the_unlabelled_out(task):
    parts = np.concatenate([task.test, task.validation, task.pool])
    assert len(np.unique(parts)) == len(parts) == 399
    assert (task.labels[parts] >= 0).all()
    assert (len(task.test), len(task.validation)) == (119, 80)
    train = [task.train(seed) for seed in (1, 2)]
    assert len(train[0]) == len(train[1]) == 39
    assert set(train[0]) <= set(task.pool)
    assert set(train[0]) != set(train[1])
    assert task.classes == 2


def test_macro_f1_by_hand():
    """Class 0: tp 1, named 3 → 2/3; class 1: tp 1, named 3 → 2/3; class 2: 0."""
    gold, found = np.array([0, 0, 1, 2.0]), np.array([0, 1, 1, 0.0])
    # class 0: found 2, gold 2, right 1 → 2/4; class 1: found 2, gold 1 → 2/3
    np.testing.assert_allclose(nodes.macro_f1(found, gold), (1 / 2 + 2 / 3 + 0) / 3)


@pytest.mark.oracle
def test_macro_f1_equals_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="no scikit-learn")
    rng = np.random.default_rng(1)
    gold, found = rng.integers(0, 5, (2, 60))
    np.testing.assert_allclose(
        nodes.macro_f1(found.astype(float), gold.astype(float)),
        metrics.f1_score(gold, found, average="macro"),
        rtol=1e-12,
    )


def test_methods_learn_the_planted_topics(task, monkeypatch):
    """Texts tell topics apart, edges tell them mostly, noise does not at all."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    monkeypatch.setattr(nodes, "STRENGTHS", (10.0,))
    text = nodes.text_features(task.texts)
    gold = task.labels[task.test]
    vectors = [np.random.default_rng(s).normal(size=(400, 4)) for s in nodes.SEEDS]
    found = {
        "text": nodes.by_features([text], task),
        "both": nodes.by_text_and(text, vectors, task, strength=10.0, weight=0.1),
        "edges": nodes.by_propagation(task),
        "noise": nodes.by_features(vectors, task),
        "majority": nodes.by_majority(task),
    }
    right = {name: (guess == gold).mean() for name, guess in found.items()}
    assert {guess.shape for guess in found.values()} == {(5, 119)}
    assert right["text"] > 0.95
    assert right["both"] > 0.9
    assert right["edges"] > 0.7
    assert right["noise"] < 0.6
    assert right["majority"] < 0.6
    assert nodes.effect(found["text"], found["text"], task).estimate == 0.0


def test_the_strength_is_the_best_on_validation_nodes(task):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    X = np.random.default_rng(0).normal(size=(400, 3)) + task.labels[:, None]
    chosen = nodes.choose_strength(X, task)
    gold = task.labels[task.validation].astype(float)
    scores = {
        strength: nodes.macro_f1(
            nodes.predict(X, task, 1, task.validation, strength=strength).astype(float),
            gold,
        )
        for strength in nodes.STRENGTHS
    }
    assert scores[chosen] == max(scores.values())


def test_the_weight_beside_text_is_the_best_on_validation_nodes(task):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    text = nodes.text_features(task.texts)
    gold = task.labels[task.validation].astype(float)
    dense = np.random.default_rng(3).normal(size=(400, 4))

    def score(weight):
        table = nodes.beside(text, dense, weight)
        guess = nodes.predict(
            table, task, nodes.SEEDS[0], task.validation, strength=1.0
        )
        return nodes.macro_f1(guess.astype(float), gold)

    chosen = nodes.choose_weight(text, dense, task, 1.0)
    np.testing.assert_equal(score(chosen), max(map(score, nodes.BESIDE_TEXT)))


def test_features_have_the_stated_scale(task):
    from tutor.embedding import Embedding

    X = np.random.default_rng(0).normal(3.0, 5.0, (50, 3))
    found = nodes.standardized(Embedding([str(i) for i in range(50)], X))
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(found.std(axis=0), 1, rtol=1e-12)
    degree = nodes.degree_features(task.graph)
    assert degree.shape == (400, 1)
    np.testing.assert_allclose(degree.std(), 1, rtol=1e-12)
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    text = nodes.text_features(task.texts)
    table = nodes.beside(text, np.ones((400, 4)), 0.3)
    lengths = np.sqrt(table.multiply(table).sum(axis=1)).ravel()
    np.testing.assert_allclose(lengths, np.sqrt(1 + 0.09), rtol=1e-6)


def test_the_small_graph_is_of_one_topic(mentions):
    small = study.small_graph(mentions, "Arts")
    assert all(int(key.split()[1]) % 2 for key in small.keys)
    assert small.components().max() == 0


def test_pmi_by_hand():
    counts = np.array([[0.0, 4.0], [4.0, 8.0]])
    found = study.pmi(counts, 2.0)
    np.testing.assert_allclose(found[0, 1], np.log(4 * 16 / (4 * 12)) - np.log(2))
    assert found[0, 0] == -np.inf


def test_what_is_left_knows_no_degree():
    rng = np.random.default_rng(0)
    edges = rng.integers(0, 40, (150, 2))
    graph = Graph.from_edges(map(str, range(40)), edges[edges[:, 0] != edges[:, 1]])
    rows, columns = rng.integers(0, 40, (2, 300))
    pairs = study.Pairs(rows, columns, rng.normal(size=300))
    left = study.free_of_degree(pairs.expected, graph, pairs)
    logs = np.log(graph.degrees)
    for part in (np.ones(300), logs[rows], logs[columns]):
        np.testing.assert_allclose(left @ part, 0, atol=1e-8)
    swapped = study.strangers(graph, columns)
    assert (swapped != columns).all()
    assert np.abs(graph.degrees[swapped] - graph.degrees[columns]).max() <= 4


def test_gram_cosine_is_blind_to_rotation_and_length():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 5))
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    np.testing.assert_allclose(study.gram_cosine(X, 3 * X @ turn), 1.0, rtol=1e-12)
    assert study.gram_cosine(X, rng.normal(size=(30, 5))) < 0.6


def test_products_and_frequent_pairs():
    graph = Graph.from_edges(tuple("abcde"), [[i, (i + 1) % 5] for i in range(5)])
    train = Word2VecConfig(dim=4, window=2, negatives=2, sample=0.0, dynamic=False)
    config = WalkConfig(walks=2, length=8, training=train)
    run = walks.fit(graph, config, backend="numpy", seed=1)
    pairs = study.frequent_pairs(graph, config, least=1.0)
    u, v = run.embedding.vectors, run.context.vectors
    loop = [float(u[i] @ v[j]) for i, j in zip(pairs.rows, pairs.columns, strict=True)]
    np.testing.assert_allclose(
        study.products(run, pairs.rows, pairs.columns), loop, rtol=1e-5
    )
    M = walks.netmf_matrix(graph, window=2, negatives=2)
    np.testing.assert_allclose(pairs.expected, M[pairs.rows, pairs.columns])


def test_return_rates_are_walked_and_exact():
    graph = Graph.from_edges(tuple("abcd"), [[0, 1], [1, 2], [2, 0], [2, 3]])
    walked, exact = study.return_rates(graph, [(1, 1), (0.25, 4)], length=10)
    assert walked.shape == (5, 2)
    np.testing.assert_allclose(walked.mean(axis=0), exact, atol=0.03)
    assert exact[1] > exact[0] + 0.1
