"""The small benchmark: metrics against oracles, chance, and refusals."""

import subprocess
import sys

import numpy as np
import pytest

import tutor
from tutor import sampling
from tutor.datasets import sources
from tutor.evaluate import tasks
from tutor.evaluate.ranking import realistic_ranks
from tutor.evaluate.tasks import build, trees
from tutor.house.setup import ROOT

rng = np.random.default_rng(0)


def retrieval(k=0, n=6, m=8):
    return tasks.Retrieval(
        "r", "t", ("wordnet",), "", tuple(f"q{i}" for i in range(n)),
        tuple(f"d{i}" for i in range(m)), tuple(range(n)), k,
    )  # fmt: skip


def labelled(kind, labels):
    texts = tuple(f"text {i}" for i in range(len(labels)))
    return kind("l", "t", ("wordnet",), "", texts, tuple(labels))


def similarity(n=30):
    texts = tuple(f"text {i}" for i in range(n))
    left, right = np.triu_indices(n, 1)
    gold = tuple(np.random.default_rng(1).normal(size=len(left)).tolist())
    return tasks.Similarity(
        "s", "t", ("wordnet",), "", texts, tuple(left), tuple(right), gold
    )


# --- metrics -------------------------------------------------------------------------
def test_retrieval_by_hand():
    """Query 0 finds its document first, query 1 its own second: MRR .75."""
    task = retrieval(n=2, m=3)
    X = np.array([[1, 0], [1, 0.1], [1, 0], [0, 1], [-1, 0]], float)
    score = task.score(X)
    np.testing.assert_allclose(score.items, [1, 0.5])
    assert score.value == pytest.approx(0.75)
    assert score.chance == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


def test_ndcg_equals_scikit_learn():
    """Oracle: sklearn.metrics.ndcg_score; one right answer a query, no ties."""
    metrics = pytest.importorskip("sklearn.metrics", reason="no oracle here")
    task = retrieval(k=3, n=40, m=60)
    X = rng.normal(size=(100, 5))
    U = X / np.linalg.norm(X, axis=1)[:, None]
    truth = np.eye(40, 60)
    wanted = metrics.ndcg_score(truth, U[:40] @ U[40:].T, k=3)
    found = task.score(X).value
    np.testing.assert_allclose(found, wanted, rtol=1e-9)
    with pytest.raises(AssertionError):  # alive
        np.testing.assert_allclose(1.01 * found, wanted, rtol=1e-9)


def test_mrr_equals_a_loop():
    X = rng.normal(size=(14, 4))
    U = X / np.linalg.norm(X, axis=1)[:, None]
    scores = U[:6] @ U[6:].T
    wanted = np.mean([1 / (1 + (s > s[i]).sum()) for i, s in enumerate(scores)])
    np.testing.assert_allclose(retrieval().score(X).value, wanted)


def test_v_measure_equals_scikit_learn():
    """Oracle: sklearn.metrics.v_measure_score."""
    metrics = pytest.importorskip("sklearn.metrics", reason="no oracle here")
    for _ in range(20):
        y, c = rng.integers(0, 4, 30), rng.integers(0, 6, 30)
        wanted = metrics.v_measure_score(y, c)
        np.testing.assert_allclose(tasks.v_measure(y, c), wanted, atol=1e-12)
    assert tasks.v_measure([0, 0, 1, 1], [1, 1, 0, 0]) == pytest.approx(1)
    assert tasks.v_measure([0, 1, 0, 1], [0, 0, 1, 1]) == pytest.approx(0, abs=1e-12)
    assert tasks.v_measure([0, 0, 0], [0, 1, 2]) == pytest.approx(0, abs=1e-12)
    assert tasks.v_measure([0, 1, 2], [0, 0, 0]) == pytest.approx(0, abs=1e-12)


def test_similarity_equals_scipy():
    """Oracle: scipy.stats.spearmanr on the cosines."""
    stats = pytest.importorskip("scipy.stats", reason="no oracle here")
    task, X = similarity(), rng.normal(size=(30, 5))
    U = X / np.linalg.norm(X, axis=1)[:, None]
    cosines = np.einsum("nd,nd->n", U[list(task.left)], U[list(task.right)])
    wanted = stats.spearmanr(cosines, task.gold).statistic
    np.testing.assert_allclose(task.score(X).value, wanted, atol=1e-12)


def test_classification_equals_scikit_learns_cross_validation():
    """Oracle: cross_val_predict with our folds as a PredefinedSplit."""
    selection = pytest.importorskip("sklearn.model_selection", reason="no oracle here")
    from sklearn.linear_model import LogisticRegression

    y = np.repeat([0, 1, 2], 10)
    X = rng.normal(size=(30, 6)) + y[:, None]
    U = X / np.linalg.norm(X, axis=1)[:, None]
    split = selection.PredefinedSplit(np.tile(np.arange(5), 6))
    probe = LogisticRegression(C=10.0, max_iter=1000)
    wanted = selection.cross_val_predict(probe, U, y, cv=split) == y
    score = labelled(tasks.Classification, y.tolist()).score(X)
    np.testing.assert_array_equal(score.items, wanted)
    assert score.value == pytest.approx(wanted.mean())


def test_separated_classes_are_found():
    y = np.repeat(np.arange(4), 12)
    X = np.eye(4)[y] + 0.01 * rng.normal(size=(48, 4))
    for kind in (tasks.Classification, tasks.Clustering):
        assert labelled(kind, y.tolist()).score(X).value > 0.95


# --- the hierarchy -------------------------------------------------------------------
TREE = {"b": ["a"], "c": ["a"], "d": ["b"], "e": ["b"], "f": ["c", "b"]}


def test_path_length_and_wu_palmer_by_hand():
    assert trees.path_length(TREE, "d", "e") == 2
    assert trees.path_length(TREE, "d", "c") == 3
    assert trees.path_length(TREE, "d", "f") == 2  # by its other parent
    assert trees.wu_palmer(TREE, "d", "d") == 1
    assert trees.wu_palmer(TREE, "d", "e") == pytest.approx(4 / 6)
    assert trees.wu_palmer(TREE, "d", "c") == pytest.approx(2 / 5)
    with pytest.raises(ValueError, match="nothing is above both"):
        trees.path_length(TREE, "d", "x")


def test_related_pairs_are_different_keys_drawn_once():
    keys = sorted({*TREE, "a"})
    pairs = trees.related_pairs(TREE, keys, 6, seed=1)
    assert len({frozenset(pair) for pair in pairs}) == 6
    assert all(a != b for a, b in pairs)
    assert pairs == trees.related_pairs(TREE, keys, 6, seed=1)
    with pytest.raises(ValueError, match="of 99 pairs found"):
        trees.related_pairs(TREE, keys, 99, seed=1)


# --- all fourteen --------------------------------------------------------------------
def test_there_are_fourteen_of_four_kinds():
    found = [tasks.load(name) for name in tasks.NAMES]
    assert [t.name for t in found] == list(tasks.NAMES)
    count = {kind: sum(t.kind == kind for t in found) for kind in (
        "retrieval", "classification", "clustering", "similarity")}  # fmt: skip
    assert count == {
        "retrieval": 4, "classification": 4, "clustering": 3, "similarity": 3,
    }  # fmt: skip


@pytest.mark.parametrize("name", tasks.NAMES)
def test_each_task_says_what_it_is(name):
    task = tasks.load(name)
    assert task.items >= 250
    assert task.title
    assert task.note
    told = tasks.describe(name)
    assert told.startswith(f"{name} ({task.kind}): {task.title}; {task.items} items")
    assert f"chance {task.chance:.3f}" in told
    for source in task.sources:
        assert f"{source}: {sources.source(source).licence}" in told
    assert 0 <= task.chance < 0.6
    assert len(set(task.texts)) > 0.9 * len(task.texts)


@pytest.mark.parametrize("name", tasks.NAMES)
def test_vectors_without_information_score_at_chance(name):
    """One vector for all texts, and vectors that belong to other texts."""
    task = tasks.load(name)
    n = len(task.texts)
    constant = task.score(np.ones((n, 4)))
    assert constant.value <= task.chance + 1e-9
    features = np.stack(
        [
            [len(t), t.count("e"), t.count(" "), len(set(t)), t.count("a")]
            for t in task.texts
        ]
    )
    other = features[sampling.permutation(n, seed=3)].astype(float)
    spread = {"similarity": 3 / np.sqrt(50)}.get(task.kind, 0.06)
    assert abs(task.score(other - other.mean(axis=0)).value - task.chance) < spread


def test_classes_are_equally_frequent_and_icd_has_its_headings():
    for name in tasks.NAMES:
        task = tasks.load(name)
        if isinstance(task, tasks.Classification | tasks.Clustering):
            assert len(set(np.bincount(task.labels))) == 1
    icd = tasks.load("icd-parents")
    assert len(set(icd.documents)) == len(icd.documents)


def test_wordnet_pairs_are_kept_out_of_the_chapters_training():
    """They are the first of the test pairs that ``context/matryoshka`` sets aside."""
    from tutor.context.studies.attention import definitions_task
    from tutor.context.studies.matryoshka import LEAST, TEST

    task = tasks.load("wordnet-definitions")
    held = definitions_task(TEST, least=LEAST)
    assert held.sentences[: build.PAIRS] == task.queries
    assert held.definitions[: build.PAIRS] == task.documents


# --- runs ----------------------------------------------------------------------------
def hashed(seed):
    def encode(texts):
        return np.stack(
            [np.random.default_rng([seed, *t.encode()]).normal(size=4) for t in texts]
        )

    return encode


MINE = [retrieval(), similarity(), labelled(tasks.Clustering, [0, 1] * 8)]


def test_a_run_scores_each_task_and_prints_it():
    calls = []

    def encode(texts):
        calls.append(len(texts))
        return hashed(0)(texts)

    found = tasks.run(encode, MINE)
    assert calls == [14, 30, 16]
    assert list(found.scores) == ["r", "s", "l"]
    assert found.table()[0] == ("r", "MRR", found["r"].value, MINE[0].chance)
    assert repr(found) == f"Results(3 tasks, mean {found.mean:.3f})"
    with pytest.raises(KeyError, match="no task 'x'"):
        _ = found["x"]


def test_a_run_is_one_call_from_the_package():
    """``tutor.evaluate.run`` is the runner; asking for it loads no heavy library."""
    script = (
        "import sys, tutor; run = tutor.evaluate.run; "
        "print(run.__module__, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["tutor.evaluate.tasks", "False"], done.stderr
    assert tutor.evaluate.run is tasks.run
    assert list(tutor.evaluate.run(hashed(0), MINE).scores) == ["r", "s", "l"]
    with pytest.raises(AttributeError, match=r"'nothing'; it offers run"):
        _ = tutor.evaluate.nothing
    with pytest.raises(AttributeError, match=r"'nothing'; it offers .*, evaluate"):
        _ = tutor.nothing


def test_runs_are_compared_within_and_across_tasks():
    one, two = (tasks.run(hashed(seed), MINE) for seed in (1, 2))
    found = tasks.compare(one, two)
    assert set(found.effects) == {"r", "s"}  # clustering has no value an item
    for name in found.effects:
        difference = one[name].value - two[name].value
        np.testing.assert_allclose(found.effects[name].estimate, difference)
        np.testing.assert_allclose(found.differences[name], difference)
    assert found.wins + found.losses == 3
    assert found.test.n == 3
    same = tasks.compare(one, one)
    assert same.test is None
    assert same.p == 1.0
    with pytest.raises(ValueError, match=r"only one has \['l'\]"):
        tasks.compare(one, tasks.run(hashed(1), MINE[:2]))


def test_designs_are_held_against_one_with_holms_correction():
    """Oracle: statsmodels is not here; two p-values are corrected by hand."""
    runs = {f"e{seed}": tasks.run(hashed(seed), MINE) for seed in (1, 2, 3)}
    found = tasks.against(runs, "e1")
    raw = sorted(c.p for c, _ in found.values())
    adjusted = sorted(p for _, p in found.values())
    first = min(1, 2 * raw[0])
    np.testing.assert_allclose(adjusted, [first, max(first, raw[1])])
    with pytest.raises(ValueError, match="no run 'e9'"):
        tasks.against(runs, "e9")
    with pytest.raises(ValueError, match="no other run"):
        tasks.against({"e1": runs["e1"]}, "e1")


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("encode", "words"),
    [
        (lambda t: np.ones((len(t) - 1, 3)), r"14 texts, .* got shape \(13, 3\)"),
        (lambda t: np.ones(len(t)), r"got shape \(14,\)"),
        (lambda t: np.full((len(t), 2), np.nan), "28 entries .* NaN"),
        (lambda t: np.ones((len(t), 0)), r"got shape \(14, 0\)"),
    ],
)
def test_a_broken_encoder_is_named(encode, words):
    with pytest.raises(ValueError, match=words):
        tasks.run(encode, [retrieval()])


def test_unknown_and_missing_tasks_are_named():
    encode = hashed(0)
    with pytest.raises(ValueError, match="no task 'sts-b'; there are hpo-names"):
        tasks.run(encode, ["sts-b"])
    with pytest.raises(ValueError, match="a task or more"):
        tasks.run(encode, [])
    with pytest.raises(ValueError, match="got 'hpo-names'"):
        tasks.run(encode, "hpo-names")
    with pytest.raises(ValueError, match="given twice: r"):
        tasks.run(encode, [retrieval(), retrieval()])
    with pytest.raises(ValueError, match="0 texts"):
        labelled(tasks.Clustering, [])
    with pytest.raises(ValueError, match="1 of them empty"):
        tasks.Clustering("l", "t", (), "", ("a", " "), (0, 1))
    with pytest.raises(ValueError, match=r"must be \(n,\)"):
        tasks.v_measure([0, 1], [0])
    with pytest.raises(ValueError, match="has 2 of 3 texts"):
        build._balanced([("a", 0), ("b", 0), ("c", 1), ("d", 1)], 3, 2)


def test_ranks_of_ties_are_the_middle():
    """Why a constant encoder does not score 1."""
    found = retrieval().score(np.ones((14, 2)))
    middle = realistic_ranks(np.ones((6, 8)), np.arange(6))
    np.testing.assert_allclose(found.items, 1 / middle)
    assert isinstance(found, tasks.Score)
