"""The studies of chapter words/knowledge: parts, controls, planted answers."""

from dataclasses import replace

import numpy as np
import pytest

from tutor.datasets.neoplasms import TASKS
from tutor.embedding import Embedding
from tutor.words.studies import knowledge as study
from tutor.words.studies import knowledge_scores as scores
from tutor.words.studies import knowledge_stored as stored
from tutor.words.studies import knowledge_texts as texts


@pytest.fixture(scope="module")
def bench():
    return texts.bench()


@pytest.fixture(scope="module")
def world():
    return study.world(150_000)


# --- texts ---------------------------------------------------------------------------
def test_pools_tests_and_validation_share_no_family(bench):
    families = np.array(bench.data.families)
    for fold in range(texts.FOLDS):
        pool, test = bench.pool(fold), bench.tested(fold)
        held = np.flatnonzero(bench.parts < 0)
        groups = [set(families[rows]) for rows in (pool, test, held)]
        assert not groups[0] & groups[1]
        assert not groups[0] & groups[2]
        assert not groups[1] & groups[2]
    assert "409 texts to choose on" in repr(bench)


def test_training_texts_grow_within_a_seed(bench):
    small, large = (bench.drawn(0, share, 3) for share in (0.02, 0.1))
    assert (len(small), len(large)) == (55, 274)
    assert set(small) <= set(large) <= set(bench.pool(0))
    assert set(bench.drawn(0, 0.02, 4)) != set(small)
    whole = bench.drawn(1, 0.43, 1)
    assert set(whole) == set(bench.pool(1))


def test_arms_have_rows_of_length_one_and_share_strange_words():
    one, two = (
        Embedding(["kidney", "the"], np.random.default_rng(s).normal(size=(2, 4)))
        for s in (0, 1)
    )
    words = ["kidney", "zebra"]
    tables = [texts.table(words, held, 4, 7) for held in (one, two, None)]
    for found in tables:
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1)
        np.testing.assert_array_equal(found[1], tables[0][1])
    assert np.abs(tables[0][0] - tables[1][0]).max() > 0.1


def test_the_baseline_answers_the_judged_tasks(bench):
    train, test = bench.drawn(0, 0.1, 1), bench.tested(0)
    found = texts.svm(bench, train, test)
    assert set(found) == set(texts.JUDGED)
    right = found["site"] == bench.data.labels["site"][test]
    assert len(right) == len(test)
    assert right.mean() > 0.3


# --- scores --------------------------------------------------------------------------
def planted(bench, share, seeds=5):
    """Return answers that are right for a share of the texts, and the rows."""
    test = np.concatenate([bench.tested(fold) for fold in (0, 1)])
    found = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        right = rng.random(len(test)) < share
        answer = {}
        for task in texts.JUDGED:
            y = bench.data.labels[task][test]
            drawn = rng.integers(0, len(TASKS[task]), len(test))
            answer[task] = np.where(right, y, drawn)
        found.append(answer)
    return found, test


def test_scores_are_those_of_scikit_learn(bench):
    from sklearn.metrics import f1_score

    answers, test = planted(bench, 0.5)
    counts = scores.counts_of(bench, answers, test)
    of_seed = []
    for answer in answers:
        of_task = []
        for task in texts.JUDGED:
            y = bench.data.labels[task][test]
            labels = np.unique(y)
            of_task.append(f1_score(y, answer[task], labels=labels, average="macro"))
        of_seed.append(np.mean(of_task))
    np.testing.assert_allclose(scores.mean_of(counts, scores.macro), np.mean(of_seed))
    accuracy = np.mean(
        [a[t] == bench.data.labels[t][test] for a in answers for t in texts.JUDGED]
    )
    np.testing.assert_allclose(scores.mean_of(counts, scores.micro), accuracy)


def test_differences_find_what_was_planted_and_nothing_else(bench):
    better, same = (scores.counts_of(bench, *planted(bench, s)) for s in (0.7, 0.5))
    found = scores.difference(better, same, scores.micro, samples=200)
    assert 0.1 < found.low < found.estimate < found.high < 0.25
    none = scores.difference(same, same, scores.macro, samples=200)
    assert (none.estimate, none.low, none.high) == (0, 0, 0)
    assert found.items == len(set(np.array(bench.data.families)[planted(bench, 1)[1]]))


def test_rare_classes_are_those_below_the_median(bench):
    seldom = scores.rare(bench)
    sizes = np.bincount(bench.data.labels["site"])
    np.testing.assert_array_equal(seldom[:13], sizes < np.median(sizes))
    assert seldom.sum() == 6 + 2
    c = np.zeros((3, 18))
    c[2] = 1
    c[0, seldom] = c[1, seldom] = 1
    assert scores.rare_gap(seldom)(c, np.zeros(18)) == 1
    c[2, 0] = c[1, 0] = 0  # a class that is absent is left out
    assert np.isnan(scores.f1(c)[0])


def test_the_stored_study_runs_in_small(monkeypatch):
    pytest.importorskip("torch", reason="torch is not installed")
    small = replace(texts.NETWORK, filters=4, epochs=1, least_steps=3)
    monkeypatch.setattr(stored, "NETWORK", small)
    monkeypatch.setattr(stored, "SEEDS", (1, 2))
    monkeypatch.setattr(stored, "PLAN", {"10 %": (0.1, stored.FEW)})
    monkeypatch.setattr(
        stored, "difference", lambda a, b, m: scores.difference(a, b, m, samples=100)
    )
    whole = stored.definitions
    monkeypatch.setattr(
        stored, "definitions", lambda: whole().head(20_000, min_count=2)
    )
    payload = stored.classify()
    found = payload["shares"]["10 %"]
    assert set(found["means"]) == {*stored.FEW, stored.SVM}
    assert set(found["effects"]) == {
        f"{a} - {b}" for a, b in stored.COMPARED if {a, b} <= set(stored.FEW)
    }
    assert payload["label words kept"]["micro"] > found["means"][stored.SVM]["micro"]


# --- live ----------------------------------------------------------------------------
def test_no_edge_of_the_clean_lexicon_joins_a_test_pair(world):
    for name in study.TESTS:
        assert not world.clean.holds(world.rows(name)).any()
        assert world.whole.holds(world.rows(name)).any()
        assert len(study.gold(world, name)) == len(world.rows(name))
    assert len(world.clean) < len(world.whole)


def test_cosines_are_those_of_centred_vectors(world, monkeypatch):
    monkeypatch.setattr(study, "SEEDS", (1, 2))
    rng = np.random.default_rng(0)
    n = len(world.corpus.vocabulary)
    vectors = [
        Embedding(world.corpus.vocabulary.words, rng.normal(size=(n, 5)) + 1)
        for _ in "ab"
    ]
    found = study.cosines(vectors, world, "simlex999")
    X = vectors[1].vectors - vectors[1].vectors.mean(axis=0)
    a, b = world.rows("simlex999")[3]
    wanted = X[a] @ X[b] / np.linalg.norm(X[a]) / np.linalg.norm(X[b])
    np.testing.assert_allclose(found[1, 3], wanted)
    assert found.shape == (2, len(world.tests["simlex999"].pairs))


def test_held_out_opposites_are_not_fitted_with(world):
    found = study.opposed(world)
    for edges in (found.synonyms, found.antonyms):
        assert not edges.holds(found.judged).any()
    assert not found.synonyms.holds(found.antonyms.pairs).any()
    fitted = np.union1d(found.synonyms.linked, found.antonyms.linked)
    np.testing.assert_array_equal(found.met, np.isin(found.judged, fitted).all(axis=1))
    assert 0 < found.met.sum() < len(found.met)
    assert "to judge" in repr(found)


def test_random_pairs_have_edges_but_not_with_each_other(world):
    pairs = study.random_pairs(world.clean, 500)
    assert np.isin(pairs, world.clean.linked).all()
    assert not world.clean.holds(pairs).any()
    assert len(pairs) > 450
