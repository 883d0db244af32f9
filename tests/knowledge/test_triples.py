"""Triples in NumPy: pencil, loop, differences, invariants, worlds, bad input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import differences

from tutor.knowledge import triples as kg
from tutor.knowledge.triples import TriplesConfig, losses, reference, train, worlds
from tutor.knowledge.triples.sampling import corrupted, head_shares
from tutor.knowledge.triples.train import Asked

MODELS = ("transe", "distmult", "complex", "rotate")
DIM = 3


def tables(model, *, entities=7, relations=4, seed=0):
    """Return random float64 (E, R) of a model."""
    rng = np.random.default_rng(seed)
    kind = reference.scorer(model)
    E = rng.normal(size=(entities, kind.entity_parts * DIM))
    return E, rng.normal(size=(relations, kind.relation_parts * DIM))


# --- rung 0: pencil ------------------------------------------------------------------
def test_pencil_examples_of_the_chapter():
    """With h = (1, 2), r = (1, -1), t = (2, 0): h + r - t = (0, 1), and h r t = 2.

    As complex numbers h = 1 + 2i, r = 1 - i, t = 2: h r = 3 + i, times 2 is 6. Turned
    by a quarter, 1 + 2i becomes -2 + i; minus 2 it is -4 + i, of length sqrt(17).
    """
    h, r, t = np.array([[1.0, 2.0], [1.0, -1.0], [2.0, 0.0]])
    assert abs(kg.transe_score(h, r, t) + 1) < 1e-12
    assert abs(kg.distmult_score(h, r, t) - 2) < 1e-12
    assert abs(kg.complex_score(h, r, t) - 6) < 1e-12
    quarter = np.array([np.pi / 2])
    assert abs(kg.rotate_score(h, quarter, t) + np.sqrt(17)) < 1e-12


def test_pencil_losses():
    """Two candidates alike: log 2. Margin 1, scores 2, 1.5: 0.5. Sigmoid of 0: 1/2."""
    S, Y = np.zeros((1, 2)), np.array([[1.0, 0.0]])
    assert abs(losses.softmax_loss(S, Y) - np.log(2)) < 1e-12
    assert abs(losses.bce_loss(S, Y) - 2 * np.log(2)) < 1e-12
    pos, neg = np.array([2.0]), np.array([[1.5, 0.0]])
    assert abs(losses.margin_loss(pos, neg, 1.0) - 0.25) < 1e-12
    zero, w = np.zeros(1), np.ones((1, 1))
    assert abs(losses.nssa_loss(zero, zero[None], 0.0, w) - np.log(2)) < 1e-12


# --- rung 1: two writings of each score ----------------------------------------------
@pytest.mark.parametrize("model", MODELS)
def test_query_and_match_are_the_papers_score(model):
    """Match of (h, r) with t, and of (t, inverse of r) with h, equal score(h, r, t)."""
    kind = reference.scorer(model)
    E, R = tables(model)
    h, r, t = np.array([[0, 1, 2], [3, 0, 3], [5, 3, 1]]).T
    paper = kind.score(E[h], R[r], E[t])
    back = np.array([False] * 3 + [True] * 3)
    asked = Asked(np.append(h, t), np.append(r, r), back)
    S = train.ask(E, R, asked, kind)[1]
    np.testing.assert_allclose(S[np.arange(3), t], paper, rtol=1e-10)
    np.testing.assert_allclose(S[np.arange(3, 6), h], paper, rtol=1e-10)
    with pytest.raises(AssertionError):  # rung 9: one per cent is seen
        np.testing.assert_allclose(1.01 * S[np.arange(3), t], paper, rtol=1e-10)


def test_losses_equal_their_loops():
    rng = np.random.default_rng(1)
    S = rng.normal(size=(3, 5))
    Y = np.array([[1, 0, 0, 1, 0], [0, 1, 0, 0, 0], [1, 1, 1, 0, 0]], dtype=float)
    soft = bce = margin = 0.0
    for b in range(3):
        total = sum(np.exp(S[b, c]) for c in range(5))
        for e in range(5):
            soft -= Y[b, e] * np.log(np.exp(S[b, e]) / total) / 6
            p = 1 / (1 + np.exp(-(S[b, e] + 0.7)))
            bce -= np.log(p if Y[b, e] else 1 - p) / 3
            margin += max(0.0, 1.5 - Y[b, 0] + S[b, e]) / 15
    np.testing.assert_allclose(losses.softmax_loss(S, Y), soft, rtol=1e-10)
    np.testing.assert_allclose(losses.bce_loss(S, Y, 0.7), bce, rtol=1e-10)
    np.testing.assert_allclose(losses.margin_loss(Y[:, 0], S, 1.5), margin, rtol=1e-10)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(losses.softmax_loss(1.01 * S, Y), soft, rtol=1e-10)


def test_nssa_loss_is_the_loop():
    rng = np.random.default_rng(2)
    pos, neg = rng.normal(size=4), rng.normal(size=(4, 6))
    w = losses.adversarial_weights(neg, 0.5)
    np.testing.assert_allclose(w.sum(axis=1), 1, rtol=1e-12)
    loop = 0.0
    for b in range(4):
        raw = [np.exp(0.5 * x) for x in neg[b]]
        loop -= np.log(1 / (1 + np.exp(-(2 + pos[b])))) / 8
        for k in range(6):
            loop -= raw[k] / sum(raw) * np.log(1 / (1 + np.exp(2 + neg[b, k]))) / 8
    np.testing.assert_allclose(losses.nssa_loss(pos, neg, 2.0, w), loop, rtol=1e-10)


def test_a_question_with_two_answers_is_two_triples():
    """The softmax over distinct questions is the mean over triples."""
    S = np.random.default_rng(3).normal(size=(1, 4))
    both = losses.softmax_loss(S, np.array([[1.0, 1, 0, 0]]))
    single = losses.softmax_loss(np.repeat(S, 2, axis=0), np.eye(4)[:2])
    np.testing.assert_allclose(both, single, rtol=1e-12)


# --- rung 2: gradients are central differences ---------------------------------------
def test_gradients_of_losses_are_differences():
    rng = np.random.default_rng(4)
    S, Y = rng.normal(size=(3, 5)), (rng.random((3, 5)) < 0.4) * 1.0
    Y[:, 0] = 1
    pos, neg = rng.normal(size=4), rng.normal(size=(4, 6))
    w = losses.adversarial_weights(neg, 1.0)
    pairs = [
        (lambda x: losses.softmax_loss(x, Y), losses.softmax_gradients(S, Y), S),
        (lambda x: losses.bce_loss(x, Y, 0.3), losses.bce_gradients(S, Y, 0.3), S),
    ]
    gp, gn = losses.margin_gradients(pos, neg, 1.0)
    pairs += [(lambda x: losses.margin_loss(x, neg, 1.0), gp, pos)]
    pairs += [(lambda x: losses.margin_loss(pos, x, 1.0), gn, neg)]
    gp, gn = losses.nssa_gradients(pos, neg, 2.0, w)
    pairs += [(lambda x: losses.nssa_loss(x, neg, 2.0, w), gp, pos)]
    pairs += [(lambda x: losses.nssa_loss(pos, x, 2.0, w), gn, neg)]
    for loss, hand, at in pairs:
        np.testing.assert_allclose(hand, differences(loss, at), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("objective", ["softmax", "bce", "margin"])
def test_gradients_of_a_batch_are_differences(model, objective):
    """Through loss, match, query, inverse and penalty; rows that repeat accumulate."""
    data = worlds.ring(8)
    config = TriplesConfig(
        scorer=model, dim=DIM, objective=objective, batch_size=9, l2=0.01, negatives=3
    )
    plan = train.make_plan(data.train, 8, 4, config)
    batch = next(iter(train.batches(plan, config, seed=1, epoch=0)))
    E, R = tables(model, entities=8, seed=2)
    _, gE, gR = train.gradients(E, R, batch, config)
    by_E = differences(lambda x: train.gradients(x, R, batch, config)[0], E)
    by_R = differences(lambda x: train.gradients(E, x, batch, config)[0], R)
    np.testing.assert_allclose(gE, by_E, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(gR, by_R, rtol=1e-5, atol=1e-7)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * gE, by_E, rtol=1e-5, atol=1e-7)


def test_no_slope_at_distance_zero():
    q = np.array([[1.0, 2.0]])
    S = reference.distance_match(q, q)
    gq, gE = reference.distance_match_gradients(q, q, S, np.ones((1, 1)))
    assert not gq.any()
    assert not gE.any()


# --- rung 4: sums over repeated rows; Adam -------------------------------------------
def test_scatter_sum_is_add_at():
    rng = np.random.default_rng(5)
    rows, values = rng.integers(0, 4, 30), rng.normal(size=(30, 2))
    loop = np.zeros((6, 2))
    np.add.at(loop, rows, values)
    np.testing.assert_allclose(train.scatter_sum(rows, values, 6), loop, atol=1e-12)


def test_adams_first_step_is_the_rate_in_every_coordinate():
    """After one step m / (1 - b1) = g, v / (1 - b2) = g²: the step is eta sign(g)."""
    table = np.zeros((1, 2))
    train.Adam((table,), 0.1).step(np.array([[3.0, -0.5]]))
    np.testing.assert_allclose(table, [[-0.1, 0.1]], rtol=1e-6)


# --- questions, answers, corruption --------------------------------------------------
def test_questions_are_distinct_and_hold_all_answers():
    data = worlds.grid(4)
    config = TriplesConfig(dim=2)
    plan = train.make_plan(data.train, 16, 4, config)
    every = train.questions(data.train, 4, reciprocal=False)
    distinct = set(zip(*(x.tolist() for x in every), strict=True))
    assert len(plan.asked.anchor) == len(distinct)
    assert plan.answers.sum() == 2 * len(data.train)
    facts = set(map(tuple, data.train.tolist()))
    dense = plan.answers.toarray()
    for row, (anchor, relation, tail) in enumerate(zip(*plan.asked, strict=True)):
        for e in range(16):
            fact = (e, relation, anchor) if tail else (anchor, relation, e)
            assert dense[row, e] == (tuple(map(int, fact)) in facts)


def test_reciprocal_questions_have_relations_of_their_own():
    asked = train.questions(np.array([[0, 1, 2]]), 3, reciprocal=True)
    np.testing.assert_array_equal(asked.anchor, [0, 2])
    np.testing.assert_array_equal(asked.relation, [1, 4])
    assert not asked.tail.any()


def test_corrupted_triples_replace_one_end_and_never_by_itself():
    rng = np.random.default_rng(6)
    facts = np.column_stack(
        [rng.integers(0, 5, 400), rng.integers(0, 2, 400), rng.integers(0, 5, 400)]
    )
    entities, heads = corrupted(
        facts, np.arange(400), 8, 5, np.array([0.5, 0.9]), seed=1
    )
    true = np.where(heads, facts[:, :1], facts[:, 2:])
    assert (entities != true).all()
    np.testing.assert_array_equal(np.unique(entities), np.arange(5))
    for relation, share in ((0, 0.5), (1, 0.9)):
        drawn = heads[facts[:, 1] == relation].mean()
        assert abs(drawn - share) < 0.06  # four standard deviations of 1,600 draws
    some = np.array([7, 3])
    again, _ = corrupted(facts[some], some, 8, 5, np.array([0.5, 0.9]), seed=1)
    np.testing.assert_array_equal(again, entities[some])


def test_bernoulli_replaces_the_head_of_one_to_many_relations():
    """One head with three tails: tph = 3, hpt = 1, so the head goes in 3 of 4."""
    facts = np.array([[0, 0, 1], [0, 0, 2], [0, 0, 3]])
    np.testing.assert_allclose(head_shares(facts, 2, "bernoulli"), [0.75, 0.5])
    np.testing.assert_allclose(head_shares(facts, 2, "uniform"), [0.5, 0.5])


# --- rung 7: invariants --------------------------------------------------------------
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_patterns_of_the_scores(seed):
    """DistMult is symmetric; a real ComplEx relation is, an imaginary one turns sign.

    RotatE keeps moduli, and two turns are one; TransE's steps add up.
    """
    rng = np.random.default_rng(seed)
    h, r, t = rng.normal(size=(3, 4))
    np.testing.assert_allclose(kg.distmult_score(h, r, t), kg.distmult_score(t, r, h))
    real, imaginary = np.append(r[:2], [0, 0]), np.append([0, 0], r[:2])
    np.testing.assert_allclose(
        kg.complex_score(h, real, t), kg.complex_score(t, real, h), atol=1e-12
    )
    np.testing.assert_allclose(
        kg.complex_score(h, imaginary, t),
        -kg.complex_score(t, imaginary, h),
        atol=1e-12,
    )
    a, b = rng.uniform(-3, 3, size=(2, 1, 2))
    q = reference.rotate_query(h[None], a)
    np.testing.assert_allclose(
        abs(reference.to_complex(q)), abs(reference.to_complex(h[None])), rtol=1e-9
    )
    twice = reference.rotate_query(q, b)
    np.testing.assert_allclose(twice, reference.rotate_query(h[None], a + b), atol=1e-9)


# --- planted worlds ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("make", "truth", "model"),
    [
        (worlds.grid, worlds.grid_by_translation, "transe"),
        (worlds.ring, worlds.ring_by_rotation, "rotate"),
        (worlds.cube, worlds.cube_by_scaling, "distmult"),
    ],
)
def test_each_world_has_a_model_that_holds_it(make, truth, model):
    """The vectors written down beforehand rank every held-out fact first."""
    data = make()
    E, R = truth(data)
    asked = train.questions(data.test, len(data.relations), reciprocal=False)
    scores = kg.ranking.score_all(E, R, asked, model).round(9)
    known = kg.ranking.known_answers(
        data.facts, data.test, len(data.entities), len(data.relations)
    )
    target = np.append(data.test[:, 2], data.test[:, 0])
    ranks = kg.rank_scores(scores, target, known=known)
    assert len(ranks.realistic) >= 60
    np.testing.assert_array_equal(ranks.realistic, 1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_no_distmult_passes_three_quarters_on_a_circle(seed):
    """Of two neighbouring facts only one can win: the mean of 1/rank is at most 3/4."""
    rng = np.random.default_rng(seed)
    n = 12
    E, R = rng.normal(size=(n, 6)), rng.normal(size=(1, 6))
    i = np.arange(n)
    facts = np.column_stack([i, 0 * i, (i + 1) % n])
    asked = train.questions(facts, 1, reciprocal=False)
    scores = kg.ranking.score_all(E, R, asked, "distmult")
    ranks = kg.rank_scores(scores, np.append(facts[:, 2], facts[:, 0]))
    assert ranks.mrr() <= 0.75


def test_worlds_hold_out_what_follows():
    for make in (worlds.grid, worlds.ring, worlds.cube):
        data = make()
        tested = {data.relations[r] for r in data.test[:, 1]}
        assert tested <= {"northeast", "west", "previous", "second", "flip 0 and 1"}
        assert set(np.unique(data.train[:, 1])) == set(range(len(data.relations)))
    cube = worlds.cube()
    test = set(map(tuple, cube.test.tolist()))
    assert all((t, r, h) in test for h, r, t in test)  # no answer leaks by symmetry
    with pytest.raises(ValueError, match="held_out must lie between 0 and 1, got 1"):
        worlds.grid(held_out=1)


# --- training ------------------------------------------------------------------------
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("objective", ["softmax", "bce", "margin", "nssa"])
def test_training_lowers_the_loss_and_beats_chance(model, objective):
    data = worlds.grid(5)
    config = TriplesConfig(
        scorer=model, objective=objective, dim=8, batch_size=16, learning_rate=0.05
    )
    run = kg.fit(data, config, seed=1)
    loss = run.history["loss"]
    assert loss[-1] < 0.9 * loss[0]
    assert kg.evaluate(run, data, "train").amri() > 0.3
    again = kg.fit(data, config, seed=1)
    np.testing.assert_array_equal(run.embedding.vectors, again.embedding.vectors)


def test_reciprocal_and_unit_entities_reach_the_fit():
    data = worlds.grid(4)
    run = kg.fit(data, TriplesConfig(dim=4, epochs=3, reciprocal=True))
    assert run.context.keys[4:] == tuple(f"{r} (inverse)" for r in data.relations)
    unit = kg.fit(
        data, TriplesConfig(scorer="transe", dim=4, epochs=3, unit_entities=True)
    )
    np.testing.assert_allclose(
        np.linalg.norm(unit.embedding.vectors, axis=1), 1, rtol=1e-5
    )
    assert kg.evaluate(run, data).mrr() > 0


def test_a_new_scorer_is_one_row_and_may_need_reciprocal_relations(monkeypatch):
    monkeypatch.setattr(reference, "SCORERS", dict(reference.SCORERS))
    new = replace(reference.SCORERS["transe"], inverse=None)
    reference.register("one-way", new)
    reference.register("one-way", new)
    with pytest.raises(ValueError, match="another scorer 'one-way'"):
        reference.register("one-way", reference.SCORERS["transe"])
    data = worlds.grid(4)
    config = TriplesConfig(scorer="one-way", dim=4, epochs=2)
    with pytest.raises(ValueError, match="set reciprocal=True"):
        kg.fit(data, config)
    assert len(kg.fit(data, replace(config, reciprocal=True)).history) == 2


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scorer": "transh"}, "unknown scorer 'transh'; there are transe, distmult"),
        ({"objective": "hinge"}, "unknown objective 'hinge'"),
        ({"corruption": "typed"}, "unknown corruption 'typed'"),
        ({"dim": 0}, "dim must be 1 or more, got 0"),
        ({"learning_rate": 0}, "learning_rate must be above 0, got 0"),
        ({"l2": -1.0}, "l2 must be 0 or more, got -1"),
        ({"reciprocal": True, "objective": "nssa"}, "use 'softmax' or 'bce'"),
    ],
)
def test_settings_that_cannot_be(change, words):
    with pytest.raises(ValueError, match=words):
        TriplesConfig(**change)


def test_fit_refuses_what_it_cannot_do():
    data = worlds.grid(4)
    with pytest.raises(ValueError, match="unknown backend 'numba'"):
        kg.fit(data, backend="numba")
    with pytest.raises(ValueError, match="needs backend='torch'"):
        kg.fit(data, device="cuda")
    empty = replace(data, train=np.empty((0, 3), int))
    with pytest.raises(ValueError, match="no training triples"):
        kg.fit(empty)
    with pytest.raises(ValueError, match="nothing to replace with"):
        corrupted(np.array([[0, 0, 0]]), [0], 2, 1, np.array([0.5]))
    wild = TriplesConfig(dim=2, epochs=2, learning_rate=1e38)
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match="lower learning_rate"),
    ):
        kg.fit(data, wild)


def test_margin_defaults_follow_scorer_and_objective():
    assert TriplesConfig(scorer="rotate", objective="nssa").gamma == 6
    assert TriplesConfig(scorer="complex", objective="margin").gamma == 1
    assert TriplesConfig(scorer="complex", objective="bce").gamma == 0
    assert TriplesConfig(scorer="rotate", margin=9).gamma == 9
