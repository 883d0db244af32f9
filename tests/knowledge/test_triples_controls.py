"""Controls of chapter ``knowledge/triples``: answers counted, numbers made equal."""

from dataclasses import replace

import numpy as np
import pytest

from tutor.datasets.triples import TripleSet
from tutor.knowledge import triples as kg
from tutor.knowledge.studies import triples_controls as study
from tutor.knowledge.triples import worlds


def little():
    """Return four facts of one relation, and one that is asked."""
    return TripleSet(
        name="little",
        entities=("a", "b", "c"),
        relations=("r", "s"),
        train=np.array([[0, 0, 1], [2, 0, 1], [1, 0, 2], [0, 1, 2]]),
        valid=np.zeros((0, 3), np.int64),
        test=np.array([[1, 0, 0]]),
    )


def validated():
    """Return a planted graph, half of its test facts for choosing."""
    data = worlds.grid(4)
    half = len(data.test) // 2
    return replace(data, valid=data.test[:half], test=data.test[half:])


def short(config, data):
    """Stand in for 600 updates."""
    return replace(config, epochs=1)


def test_answers_are_counted_by_relation_and_side():
    """As tails of r: b twice, c once; as heads: each once."""
    counts = study.answer_counts(little())
    np.testing.assert_array_equal(counts, [[0, 2, 1], [1, 1, 1]])
    ranks = study.ranks_of(little(), counts)  # a, among a and b: c is right already
    assert ranks.realistic.tolist() == [2, 2]  # three heads tie
    assert ranks.candidates.tolist() == [2, 3]


def test_a_wide_distmult_has_the_numbers_of_complex(monkeypatch):
    """And both are chosen, tested and compared on the same facts."""
    data = validated()
    monkeypatch.setattr(study, "with_updates", short)
    found = study.equal_numbers(data)
    seen = {}
    for name, scorer, change in (
        ("complex", "complex", {}),
        ("wide distmult", "distmult", {"dim": 64}),
    ):
        config = kg.TriplesConfig(scorer=scorer, epochs=1, **change)
        seen[name] = kg.fit(data, config).embedding.vectors.shape[1]
    assert seen["complex"] == seen["wide distmult"] == 64
    assert set(found["effect"]) == {"distmult", "wide distmult"}
    for name in ("complex", "distmult", "wide distmult"):
        assert len(found["table"][name]["mrr"]) == len(study.SEEDS)
        assert len(found["validation"][name]) == 4


def test_few_candidates_stand_beside_two_rivals_without_vectors(monkeypatch):
    monkeypatch.setattr(study, "with_updates", short)
    found = study.few_candidates(validated())
    assert set(found["table"]) == {*study.MODELS, "counts", "random"}
    assert set(found["effect"]) == {*study.MODELS, "random"}
    for effect in found["effect"].values():
        assert effect["low"] <= effect["estimate"] <= effect["high"]
    assert np.mean(found["table"]["random"]["amri"]) == pytest.approx(0, abs=0.3)
