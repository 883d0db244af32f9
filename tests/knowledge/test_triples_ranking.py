"""Ranks of answers: ties, filter, sides, metrics; what studies make of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.datasets.triples import TripleSet
from tutor.evaluate.ranking import realistic_ranks
from tutor.knowledge import flows
from tutor.knowledge import triples as kg
from tutor.knowledge.studies import triples as study
from tutor.knowledge.triples import TriplesConfig, ranking, train, worlds


def test_ties_by_hand():
    """Scores 3, 2, 2, 2, 1 and the answer among the twos: ranks 2, 3 and 4."""
    ranks = kg.rank_scores([[3, 2, 2, 2, 1]], [2])
    assert ranks.of("optimistic") == [2]
    assert ranks.of("realistic") == [3]
    assert ranks.of("pessimistic") == [4]
    known = [[True, True, False, False, False]]
    assert kg.rank_scores([[3, 2, 2, 2, 1]], [2], known=known).realistic == [1.5]


def test_constant_scores_are_perfect_only_under_optimism():
    ranks = kg.rank_scores(np.zeros((6, 10)), np.arange(6))
    assert ranks.mrr("optimistic") == 1
    np.testing.assert_allclose(ranks.mrr(), 1 / 5.5)
    np.testing.assert_allclose(ranks.amri(), 0, atol=1e-12)
    assert ranks.hits(10, "pessimistic") == 1  # ten candidates: Hits@10 says nothing
    assert ranks.hits(9, "pessimistic") == 0


@pytest.mark.parametrize("rank", [kg.rank_scores, realistic_ranks])
def test_nan_scores_have_no_rank_and_infinite_ones_do(rank):
    """NaN compares with nothing: it would come first. The message counts them."""
    scores = np.array([[1.0, 2.0, 0.5], [3.0, 1.0, 2.0]])
    scores[0, 1] = scores[1, 2] = np.nan
    with pytest.raises(ValueError, match="2 scores are NaN; they have no rank"):
        rank(scores, [0, 0])
    scores[0, 1], scores[1, 2] = np.inf, -np.inf
    found = rank(scores, [0, 0])
    np.testing.assert_array_equal(getattr(found, "realistic", found), [2, 1])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_policies_bracket_and_the_filter_only_helps(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 3, (8, 6)).astype(float)
    target, known = rng.integers(0, 6, 8), rng.random((8, 6)) < 0.3
    raw, kept = (
        kg.rank_scores(scores, target),
        kg.rank_scores(scores, target, known=known),
    )
    for ranks in (raw, kept):
        assert (ranks.optimistic <= ranks.realistic).all()
        assert (ranks.realistic <= ranks.pessimistic).all()
        assert (ranks.pessimistic <= ranks.candidates).all()
    assert (kept.realistic <= raw.realistic).all()
    np.testing.assert_array_equal(
        kept.realistic, realistic_ranks(scores, target, known=known)
    )


def test_known_answers_equal_a_loop():
    data = worlds.grid(4)
    found = ranking.known_answers(data.facts, data.test, 16, 4)
    facts = set(map(tuple, data.facts.tolist()))
    for i, (h, r, t) in enumerate(data.test.tolist()):
        np.testing.assert_array_equal(found[i], [(h, r, e) in facts for e in range(16)])
        at = len(data.test) + i
        np.testing.assert_array_equal(
            found[at], [(e, r, t) in facts for e in range(16)]
        )


def test_evaluate_ranks_both_sides_and_is_filtered():
    """The ranks of a fit equal a loop over triples, sides and candidates."""
    data = worlds.ring(12)
    run = kg.fit(data, TriplesConfig(dim=4, epochs=5), seed=1)
    E, R = run.embedding.vectors.astype(float), run.context.vectors.astype(float)
    facts = set(map(tuple, data.facts.tolist()))
    loop = []
    for side in (2, 0):
        for fact in data.test.tolist():
            rank = 1
            for e in range(12):
                other = [*fact]
                other[side] = e
                if tuple(other) not in facts:
                    own, new = (
                        kg.complex_score(E[h], R[r], E[t]) for h, r, t in (fact, other)
                    )
                    rank += new > own
            loop.append(rank)
    np.testing.assert_array_equal(kg.evaluate(run, data).realistic, loop)
    raw = kg.evaluate(run, data, filtered=False)
    assert raw.mrr() <= kg.evaluate(run, data).mrr()
    assert (raw.candidates == 12).all()


def test_what_training_never_saw_is_named_and_counted_not_ranked():
    """Entity d and relation s stand in the test split alone."""
    rows = {"train": [(0, 0, 1), (1, 0, 2)], "valid": []}
    test = [(0, 0, 2), (3, 0, 0), (2, 1, 1)]
    data = TripleSet("new", tuple("abcd"), ("r", "s"), **rows, test=test)
    run = kg.fit(data, TriplesConfig(dim=2, epochs=1, batch_size=2), seed=1)
    with pytest.raises(ValueError, match=r"2 names of test .*\('d', 's'\).*seen_only"):
        kg.evaluate(run, data)
    with pytest.raises(ValueError, match="2 names of test"):
        kg.evaluate(run, data, filtered=False)
    with pytest.raises(ValueError, match="valid of 'new' has no triples to rank"):
        kg.evaluate(run, data, "valid")
    kept = flows.seen_only(data)
    assert kept.test.tolist() == [[0, 0, 2]]
    found = kg.evaluate(run, kept)
    np.testing.assert_array_equal(
        found.realistic, ranking.evaluate(run, kept).realistic
    )


def test_ranks_by_triple_and_by_relation():
    ranks = kg.rank_scores(np.eye(4)[[0, 1, 3, 0]], [0, 1, 2, 3])
    np.testing.assert_allclose(ranks.reciprocal(), [(1 + 1 / 3) / 2] * 2)
    part = ranks.subset([True, False])
    np.testing.assert_allclose(part.realistic, ranks.realistic[[0, 2]])
    assert repr(part).startswith("Ranks(2 questions: MRR ")
    with pytest.raises(ValueError, match="unknown policy 'random'"):
        ranks.of("random")


# --- what the studies compute --------------------------------------------------------
def little() -> TripleSet:
    """Return a graph with a symmetric relation, an antisymmetric one, and one fact."""
    train_rows = [(0, 0, 1), (1, 0, 0), (2, 0, 2), (0, 1, 1), (1, 1, 2), (3, 2, 3)]
    test = [(2, 0, 3), (2, 1, 3)]
    names = ("married", "before", "is")
    return TripleSet("little", tuple("abcd"), names, train_rows, [], test)


def test_reversed_share_by_hand():
    np.testing.assert_allclose(study.reversed_share(little()), [1, 0, np.nan])
    np.testing.assert_array_equal(study.with_pattern(little(), 0, 0.1), [False, True])
    np.testing.assert_array_equal(study.with_pattern(little(), 0.8, 1), [True, False])


def test_runs_that_are_compared_make_the_same_number_of_updates():
    data = worlds.grid(6)
    for objective, batch in (("softmax", 16), ("nssa", 32)):
        config = TriplesConfig(objective=objective, batch_size=batch)
        config = study.with_updates(config, data, 60)
        plan = train.make_plan(data.train, 36, 4, config)
        steps = len(list(train.batches(plan, config, seed=0, epoch=0)))
        assert abs(steps * config.epochs - 60) <= steps / 2


def test_spread_is_best_minus_worst_as_validation_saw_it():
    names = [(m, q) for m in ("A", "B") for q in ("x", "y")]
    tested = {
        k: np.full((2, 3), float(v)) for k, v in zip(names, (1, 3, 6, 4), strict=True)
    }
    validated = dict(zip(names, (1.0, 2.0, 9.0, 5.0), strict=True))
    # losses: A has y over x (3 - 1), B has x over y (6 - 4); models: B over A in both
    np.testing.assert_allclose(study.spread(tested, validated, 1), 2)
    np.testing.assert_allclose(study.spread(tested, validated, 0), (5 + 1) / 2)
    assert study.extremes({"p": 1.0, "q": 1.0}) == ("p", "q")


def test_choose_takes_the_best_on_validation():
    facts = worlds.grid(5).facts
    data = TripleSet(
        "split",
        worlds.grid(5).entities,
        worlds.grid(5).relations,
        facts[::2],
        facts[1::4],
        facts[3::4],
    )
    tried = [TriplesConfig(dim=4, epochs=1), TriplesConfig(dim=8, epochs=40)]
    config, found = study.choose(data, tried)
    assert config is tried[int(np.argmax(found))]
    assert len(found) == 2
