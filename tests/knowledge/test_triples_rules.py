"""Rules counted in facts: against a count by hand, against loops, in planted worlds."""

import itertools

import numpy as np
import pytest

from tutor.datasets.triples import TripleSet, triples
from tutor.knowledge.studies import triples_rules as rules
from tutor.knowledge.triples import worlds


def family():
    """Ann has Bob and Bea; both have a child: parent, child, grandparent."""
    parent = [(0, 0, 1), (0, 0, 2), (1, 0, 3), (2, 0, 4)]
    child = [(t, 1, h) for h, _, t in parent[:3]]
    grand = [(0, 2, 3)]
    names = ("Ann", "Bob", "Bea", "Cid", "Coe")
    train = np.array(parent + child + grand)
    return TripleSet(
        name="family",
        entities=names,
        relations=("parent", "child", "grandparent"),
        train=train,
        valid=np.empty((0, 3), int),
        test=np.array([(0, 2, 4), (4, 1, 2)]),
    )


def test_confidences_by_hand():
    """Three of four parents are reversed children; one of two grandparents is known."""
    found = rules.rules(family(), "reversed")
    np.testing.assert_array_equal(found, np.zeros((3, 3)))  # fewer than five pairs
    facts = rules.fact_table(family())
    parent, child, _ = rules.premises(facts, "reversed")
    assert rules.confidences(parent, facts, least=1)[0].tolist() == [0, 0.75, 0]
    assert rules.confidences(child, facts, least=1)[0].tolist() == [1, 0, 0]
    composed = next(rules.premises(facts, "composed"))
    np.testing.assert_allclose(
        rules.confidences(composed, facts, least=1)[0], [0, 0, 0.5]
    )


@pytest.mark.parametrize("least", [1, 5])
def test_counts_equal_loops_over_facts(least):
    """Every confidence of Nations, by sets of pairs."""
    data = triples("nations")
    facts = rules.fact_table(data)
    pairs = [set(map(tuple, np.argwhere(table))) for table in facts]
    reverse = [{(t, h) for h, t in p if h != t} for p in pairs]
    some = range(0, len(pairs), 9)
    blocks = list(rules.premises(facts, "reversed"))
    for s, r in itertools.product(some, some):
        expected = len(reverse[s] & pairs[r]) / max(len(reverse[s]), 1)
        expected = expected if len(reverse[s]) >= least else 0
        found = rules.confidences(blocks[s], facts, least)[0, r]
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    blocks = list(rules.premises(facts, "composed"))
    for s, u, r in itertools.product(some, some, some):
        path = {(h, t) for h, m in pairs[s] for k, t in pairs[u] if m == k and h != t}
        expected = len(path & pairs[r]) / max(len(path), 1)
        expected = expected if len(path) >= least else 0
        found = rules.confidences(blocks[s], facts, least)[u, r]
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_ring_has_one_inverse_pair_and_one_composition():
    data = worlds.ring(held_out=0.2)
    names = data.relations
    found = [{names[a], names[b]} for a, b in rules.inverse_pairs(data)]
    assert found == [{"next", "previous"}]
    following = names.index("next"), names.index("next"), names.index("second")
    assert rules.rules(data, "composed")[following] >= 0.5


def test_rules_answer_what_follows_and_nothing_else():
    """Held-out facts of the ring follow from two others; with no rule all tie."""
    data = worlds.ring()
    by_rules = rules.rank_by_rules(data)
    assert by_rules.mrr() > 0.95
    alone = rules.rank_by_rules(data, kinds=())
    np.testing.assert_allclose(alone.realistic, (alone.candidates + 1) / 2)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="unknown kind of rule 'inverse'; there are"):
        rules.rank_by_rules(family(), kinds=("inverse",))


def test_a_test_fact_gives_no_rule_away():
    """Rules and scores rest on the training facts alone."""
    data = family()
    bare = TripleSet(
        name="bare",
        entities=data.entities,
        relations=data.relations,
        train=data.train,
        valid=data.valid,
        test=np.empty((0, 3), int),
    )
    np.testing.assert_array_equal(rules.rule_scores(data), rules.rule_scores(bare))
