"""The choice of settings in chapter words/knowledge: what it reads, and its rule."""

from dataclasses import replace

import numpy as np
import pytest

from tutor import claims
from tutor.words.studies import knowledge_choice as choice
from tutor.words.studies import knowledge_scores as scores
from tutor.words.studies import knowledge_stored as stored
from tutor.words.studies import knowledge_texts as texts


@pytest.fixture(scope="module")
def whole():
    return texts.bench()


@pytest.fixture(scope="module")
def half(whole):
    return choice.validation(whole)


def test_no_tested_text_or_family_is_read(whole, half):
    families = np.array(whole.data.families)
    studied = np.flatnonzero(whole.parts >= 0)
    assert len(half.data) == 409 == len(whole.data) - len(studied)
    assert not set(half.data.texts) & {whole.data.texts[i] for i in studied}
    assert not set(half.data.families) & set(families[studied])
    assert set(half.words) == {word for text in half.data.words for word in text}
    for task, labels in half.data.labels.items():
        np.testing.assert_array_equal(labels, whole.data.labels[task][whole.parts < 0])


def test_no_family_is_in_both_halves_and_no_copy_is_judged(half):
    families = np.array(half.data.families)
    assert set(half.parts) == {0, 1}
    assert not set(families[half.parts == 0]) & set(families[half.parts == 1])
    for fold in (0, 1):
        pool, test = half.pool(fold), half.tested(fold)
        assert set(half.parts[pool]) == {1 - fold}
        assert set(half.parts[test]) == {fold}
        known = {frozenset(half.data.words[i]) for i in pool}
        assert not known & {frozenset(half.data.words[i]) for i in test}
        assert len(half.drawn(fold, 55 / len(half.data), 11)) == 55


def test_seeds_are_none_of_the_study():
    assert len(set(choice.SEEDS)) == 3
    assert not set(choice.SEEDS) & set(stored.SEEDS)


def test_training_and_judging_use_different_halves(half, monkeypatch):
    seen = []

    class Knows:
        """Answers from the labels, whatever it was trained on."""

        def __init__(self, of, train):
            self.of, self.half = of, set(of.parts[train])

        def predict(self, documents):
            test = self.of.tested(1 - self.half.pop())
            assert documents == [self.of.data.words[i] for i in test]
            return {task: self.of.data.labels[task][test] for task in texts.JUDGED}

    def trained(of, train, held, config, seed):
        seen.append((len(train), seed))
        return Knows(of, train)

    monkeypatch.setattr(choice, "network", trained)
    counts = choice.judged(half, [None] * 3, choice.PUBLISHED, 55 / len(half.data))
    assert seen == [(55, seed) for seed in choice.SEEDS for _ in (0, 1)]
    assert scores.mean_of(counts, scores.macro) == 1
    assert counts.table[0, :, 2].sum() == 2 * sum(len(half.tested(k)) for k in (0, 1))


def test_ties_go_to_fewer_steps_then_to_fewer_filters():
    def row(macro, steps, filters):
        return {"macro": macro, "steps": steps, "filters": filters}

    rows = {"a": row(0.3, 300, 50), "b": row(0.3, 102, 100), "c": row(0.2, 60, 50)}
    assert choice.best(rows) == "b"
    assert choice.best({**rows, "d": row(0.3, 102, 50)}) == "d"
    assert choice.best({**rows, "e": row(0.3001, 300, 100)}) == "e"


def test_the_study_uses_what_was_chosen():
    kept = claims.stored("knowledge-choice")
    assert set(kept["grid"]) == set(choice.GRID)
    assert choice.best(kept["grid"]) == kept["chosen"]
    assert choice.GRID[kept["chosen"]] == stored.NETWORK


def test_the_choice_runs_in_small(monkeypatch):
    pytest.importorskip("torch", reason="torch is not installed")
    small = replace(choice.PUBLISHED, filters=4, epochs=1)
    monkeypatch.setattr(
        choice, "GRID", {"short": small, "long": replace(small, least_steps=30)}
    )
    monkeypatch.setattr(choice, "SEEDS", (11, 12))
    read = choice.definitions
    monkeypatch.setattr(choice, "definitions", lambda: read().head(20_000, min_count=2))
    found = choice.choose()
    assert found["chosen"] in found["grid"]
    assert [row["steps"] for row in found["grid"].values()] == [6, 30]
    assert (found["trained on"], sum(found["halves"])) == (55, 409)
