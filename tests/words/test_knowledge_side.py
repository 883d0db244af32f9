"""The side of a tumour: its score, who can answer, and the stored comparison."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tutor.embedding import Embedding
from tutor.words.studies import knowledge as study
from tutor.words.studies import knowledge_side as side
from tutor.words.studies import knowledge_texts as texts
from tutor.words.studies.knowledge_scores import difference, mean_of


@pytest.fixture(scope="module")
def benches():
    return {kept: texts.bench(label_words=kept) for kept in (False, True)}


def rows_of(of):
    return np.concatenate([of.tested(fold) for fold in range(texts.FOLDS)])


def test_scores_are_those_of_the_library(benches):
    of, rng = benches[False], np.random.default_rng(0)
    test = rows_of(of)
    y, found = of.data.labels["side"][test], rng.integers(0, 3, (2, len(test)))
    counts = side.side_counts(of, found, test)
    for name in ("macro", "micro"):
        wanted = np.mean([f1_score(y, z, average=name) for z in found])
        np.testing.assert_allclose(mean_of(counts, side.METRICS[name]), wanted)
    assert counts.table.shape[1] == len({of.data.families[i] for i in test})
    right = side.side_counts(of, [y, y], test)
    planted = difference(right, counts, side.macro, samples=100)
    assert planted.low > 0.2
    assert difference(counts, counts, side.micro, samples=100).high == 0


def test_being_given_a_side_is_told_from_being_given_the_right_one(benches):
    of = benches[False]
    test = rows_of(of)
    y = of.data.labels["side"][test]
    assert side.told(of, [y], test) == {"asked": 1, "else": 0, "which": 1}
    other = np.where(y > 0, 3 - y, 0)
    assert side.told(of, [y, other], test) == {"asked": 1, "else": 0, "which": 0.5}
    none = side.told(of, [np.zeros_like(y)], test)
    assert none == {"asked": 0, "else": 0, "which": 0}
    assert side.told(of, [np.ones_like(y)], test)["else"] == 1


def test_the_most_frequent_side_scores_a_third_at_most(benches):
    of = benches[False]
    found = side.answers(of, side.usual(of), 0.1, (1, 2))
    assert [len(z) for z in found] == [len(rows_of(of))] * 2
    counts = side.side_counts(of, found, rows_of(of))
    assert mean_of(counts, side.macro) < 1 / 3


def test_words_tell_the_side_and_nothing_else_does(benches):
    """The same texts and draws: with the label words, and without."""
    of = benches[False]
    kept, bare = (
        mean_of(
            side.side_counts(
                of, side.answers(of, side.by_words(read), 0.1, (1,)), rows_of(of)
            ),
            side.macro,
        )
        for read in (benches[True], of)
    )
    assert kept > 0.9
    assert bare < 0.7


def test_each_seed_reads_its_own_vectors_and_an_unknown_one_random(monkeypatch):
    """The network is replaced by a note of what it was given."""
    pytest.importorskip("torch", reason="torch is not installed")
    of, given = texts.bench(label_words=True), []

    class Silent:
        def predict(self, words):
            return {"side": [len(text) for text in words]}

    def network(of, train, vectors, config, seed):
        given.append((len(train), vectors, config, seed))
        return Silent()

    monkeypatch.setattr(side, "network", network)
    held = {seed: Embedding(["left"], np.full((1, 2), seed)) for seed in (1, 2)}
    train, test = of.drawn(0, 0.02, 1), of.tested(0)[:3]
    for seed in (1, 2, 3):
        found = side.by_network(of, held)(train, test, seed)
        np.testing.assert_array_equal(found, [len(of.data.words[i]) for i in test])
    assert [s for *_, s in given] == [1, 2, 3]
    assert [v for _, v, *_ in given] == [held[1], held[2], None]
    assert {c for _, _, c, _ in given} == {side.NETWORK}


def test_the_stored_study_runs_in_small(monkeypatch):
    pytest.importorskip("torch", reason="torch is not installed")
    small = replace(texts.NETWORK, filters=4, epochs=1, least_steps=20)
    whole = study.world
    monkeypatch.setattr(side, "NETWORK", small)
    monkeypatch.setattr(side, "PLAN", {"10 %": (0.1, side.PLAN["2 %"][1])})
    monkeypatch.setattr(
        side, "difference", lambda a, b, m: difference(a, b, m, samples=100)
    )
    monkeypatch.setattr(study, "world", lambda: whole(20_000))
    payload = side.sides()
    found = payload["shares"]["10 %"]
    arms = {side.USUAL, side.OUT, side.IN, *("random", "word2vec")}
    arms |= {"joint", "joint, shuffled"}
    assert set(found["means"]) == set(found["told"]) == arms
    assert set(found["effects"]) == {f"{a} - {b}" for a, b in side.COMPARED}
    assert sum(payload["sizes"]) == 1961
    for effect in found["effects"].values():
        assert len(effect["macro"]["per_seed"]) == 5
