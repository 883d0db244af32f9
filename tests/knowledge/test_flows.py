"""Flows in NumPy: pencil, loop, integrals, differences, group, bad input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import differences

from tutor.datasets.triples import TripleSet
from tutor.knowledge import flows
from tutor.knowledge import triples as kg
from tutor.knowledge.flows import Affine, FlowsConfig, group, moves, reference, train
from tutor.knowledge.studies import flows as study
from tutor.knowledge.triples.train import Adam, Asked, ask, pull, questions

MODELS = tuple(reference.SCORERS)
DIM = 3


def tables(model, *, entities=7, relations=4, seed=0):
    """Return random float64 (E, R) of a model."""
    rng = np.random.default_rng(seed)
    kind = reference.scorer(model)
    E = rng.normal(size=(entities, kind.entity_parts * DIM))
    return E, rng.normal(size=(relations, kind.relation_parts * DIM))


# --- rung 0: pencil ------------------------------------------------------------------
def test_pencil_example_of_the_chapter():
    """One coordinate: head (2, 1), relation m = 1, s = -1, tail (0, 3).

    The head moves to location -1 and scale 1; the tail is at 0 and 3: 1 + 4 = 5.
    Without uncertainty 1; scales alone 4; TransE's square (2 + 1 - 0)^2 = 9.
    """
    h, r, t = np.array([[2.0, 1.0], [1.0, -1.0], [0.0, 3.0]])
    assert abs(reference.nfe1_score(h, r, t) + 5) < 1e-12
    assert abs(reference.affine_score(h[:1], r, t[:1]) + 1) < 1e-12
    assert abs(reference.sigma_score(h[1:], r[1:], t[1:]) + 4) < 1e-12
    assert abs(reference.shift_score(h[:1], r[:1], t[:1]) + 9) < 1e-12


def test_pencil_loss():
    """Scores 0 everywhere: each of n decisions costs log 2, whatever the answer."""
    config = FlowsConfig(scorer="distmult", dim=2, gamma=0.0)
    batch = train.Batch(Asked(*np.array([[0], [0]]), np.array([False])), np.array([1]))
    loss = train.gradients(np.zeros((3, 2)), np.zeros((2, 2)), batch, config)[0]
    assert abs(loss - 3 * np.log(2)) < 1e-12


# --- rung 1: two writings of each score ----------------------------------------------
@pytest.mark.parametrize("model", MODELS)
def test_all_tails_are_the_loop_over_triples(model):
    kind = reference.scorer(model)
    E, R = tables(model)
    h, r = np.array([0, 3, 5, 3]), np.array([1, 0, 3, 2])
    S = ask(E, R, Asked(h, r, np.zeros(4, bool)), kind)[1]
    loop = [[float(kind.score(E[a], R[b], e)) for e in E] for a, b in zip(h, r)]  # noqa: B905
    np.testing.assert_allclose(S, loop, rtol=1e-10, atol=1e-10)
    with pytest.raises(AssertionError):  # rung 9: one per cent is seen
        np.testing.assert_allclose(1.01 * S, loop, rtol=1e-10, atol=1e-10)


def test_loss_is_the_loop_of_softplus():
    config = FlowsConfig(dim=DIM, gamma=1.5)
    E, R = tables("nfe1")
    asked = Asked(np.array([0, 2]), np.array([1, 3]), np.zeros(2, bool))
    gold = np.array([4, 4])
    loss = train.gradients(E, R, train.Batch(asked, gold), config)[0]
    loop = 0.0
    for b in range(2):
        for e in range(7):
            s = reference.nfe1_score(E[asked.anchor[b]], R[asked.relation[b]], E[e])
            y = 1 if e == gold[b] else -1
            loop += np.log1p(np.exp(-y * (1.5 + s))) / 2
    np.testing.assert_allclose(loss, loop, rtol=1e-10)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * loss, loop, rtol=1e-10)


def test_plain_models_equal_those_of_triples():
    """``shift`` is TransE's score squared, ``distmult`` is DistMult's."""
    h, r, t = np.random.default_rng(1).normal(size=(3, 5, 4))
    ours = reference.shift_score(h, r, t)
    np.testing.assert_allclose(ours, -(kg.transe_score(h, r, t) ** 2), rtol=1e-12)
    E, R = tables("distmult")
    asked = Asked(np.array([0, 3]), np.array([1, 2]), np.zeros(2, bool))
    S = ask(E, R, asked, reference.scorer("distmult"))[1]
    theirs = kg.ranking.score_all(E, R, asked, "distmult")
    np.testing.assert_allclose(S, theirs, rtol=1e-12)
    transe = kg.ranking.score_all(E, R, asked, "transe")
    S = ask(E, R, asked, reference.scorer("shift"))[1]
    np.testing.assert_allclose(S, -(transe**2), rtol=1e-10)


# --- outside: distances by integration -----------------------------------------------
def quadrature(base):
    """Return nodes and weights of a base variable of variance 1, split at 0."""
    if base == "uniform":
        x, w = np.polynomial.legendre.leggauss(40)
        half = np.sqrt(3) * (x + 1) / 2
        return np.append(-half, half), np.append(w, w) / 4
    half = np.linspace(0, 12, 400_001)
    density = np.exp(-(half**2) / 2) / np.sqrt(2 * np.pi)
    weight = density * (half[1] - half[0])
    weight[0] /= 2
    return np.append(-half, half), np.append(weight, weight)


@pytest.mark.parametrize("base", ["normal", "uniform"])
def test_the_constant_of_each_base_is_twice_its_half_mean(base):
    """The constant is c = 2 E[x; x > 0]: sqrt(2 / pi) and sqrt(3 / 4)."""
    x, w = quadrature(base)
    np.testing.assert_allclose(w.sum(), 1, rtol=1e-9)
    np.testing.assert_allclose(w @ x**2, 1, rtol=1e-9)
    found = 2 * (w @ np.maximum(x, 0))
    np.testing.assert_allclose(moves.HALF_MEANS[base], found, rtol=1e-8)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * moves.HALF_MEANS[base], found, rtol=1e-8)


@pytest.mark.parametrize("base", ["normal", "uniform"])
def test_nfe2_is_the_integral_of_the_optimal_coupling(base):
    """For increasing maps of one base, W2 squared is E (f(x) - g(x))^2.

    A negative scale makes the moved map decreasing; -x is distributed as x, so the
    increasing map of the same distribution is the moved map at -x.
    """
    x, w = quadrature(base)
    rng = np.random.default_rng(2)
    for _ in range(6):
        h, t = rng.normal(size=(2, 3))
        m, s = rng.normal(size=2)

        def flow(p, x):
            return p[0] + np.where(x < 0, abs(p[1]), abs(p[2])) * x

        moved = s * flow(h, np.sign(s) * x) + m
        integral = w @ (moved - flow(t, x)) ** 2
        ours = reference.nfe2_score(h, np.array([m, s]), t, c=moves.HALF_MEANS[base])
        np.testing.assert_allclose(-ours, integral, rtol=1e-7)


def test_nfe2_is_the_distance_of_sorted_samples():
    """Monte Carlo without any coupling formula: sort both samples, compare in order."""
    rng = np.random.default_rng(3)
    h, t, r = np.array([0.3, 0.5, 1.5]), np.array([-0.2, 1.2, 0.4]), np.array([0.5, -1])
    x, y = rng.normal(size=(2, 400_000))
    head = -(h[0] + np.where(x < 0, h[1], h[2]) * x) + 0.5
    tail = t[0] + np.where(y < 0, t[1], t[2]) * y
    found = ((np.sort(head) - np.sort(tail)) ** 2).mean()
    np.testing.assert_allclose(-reference.nfe2_score(h, r, t), found, rtol=0.02)


def test_equal_slopes_make_nfe2_nfe1():
    rng = np.random.default_rng(4)
    h, t, r = rng.normal(size=(5, 4)), rng.normal(size=(5, 4)), rng.normal(size=(5, 4))
    wide = [np.concatenate([x, x[:, 2:]], axis=1) for x in (h, t)]
    np.testing.assert_allclose(
        reference.nfe2_score(wide[0], r, wide[1]), reference.nfe1_score(h, r, t)
    )


def test_whitened_coordinates_are_mean_and_standard_deviation():
    x, w = quadrature("normal")
    p = np.array([0.4, 0.3, 1.7])
    y = p[0] + np.where(x < 0, p[1], p[2]) * x
    mean = w @ y
    white = moves_whiten(p)
    np.testing.assert_allclose(white[0], mean, rtol=1e-8)
    np.testing.assert_allclose((white[1:] ** 2).sum(), w @ (y - mean) ** 2, rtol=1e-7)


def moves_whiten(p):
    return flows.matches.whiten(moves.halves(p))


# --- rung 2: gradients are central differences ---------------------------------------
@pytest.mark.parametrize("model", MODELS)
def test_gradients_of_a_batch_are_differences(model):
    """Through loss, match and query; anchors and golds that repeat accumulate."""
    config = FlowsConfig(scorer=model, dim=DIM, gamma=1.0)
    E, R = tables(model, seed=5)
    asked = Asked(np.array([0, 0, 3, 4]), np.array([1, 2, 1, 3]), np.zeros(4, bool))
    batch = train.Batch(asked, np.array([1, 0, 3, 1]))
    _, gE, gR = train.gradients(E, R, batch, config)
    by_E = differences(lambda x: train.gradients(x, R, batch, config)[0], E)
    by_R = differences(lambda x: train.gradients(E, x, batch, config)[0], R)
    np.testing.assert_allclose(gE, by_E, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(gR, by_R, rtol=1e-6, atol=1e-7)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * gE, by_E, rtol=1e-6, atol=1e-7)


def test_a_scale_of_zero_has_no_slope():
    """Why ``init`` must be above 0: sign(0) = 0, for heads, tails and relations."""
    kind = reference.scorer("nfe1")
    E, R = tables("nfe1")
    E[:, DIM:] = 0
    asked = Asked(np.array([0, 1]), np.array([0, 1]), np.zeros(2, bool))
    scored = ask(E, R, asked, kind)
    gE, _ = pull(E, R, asked, kind, scored, np.ones_like(scored[1]))
    np.testing.assert_array_equal(gE[:, DIM:], 0)
    assert abs(gE[:, :DIM]).min() > 0


# --- rung 4: the loss is the one of triples with one mark; the rate decays -----------
def test_questions_are_one_a_triple_and_side():
    plan = train.make_plan(np.array([[0, 1, 2], [0, 1, 3]]), 4, 2)
    np.testing.assert_array_equal(plan.asked.anchor, [0, 0, 2, 3])
    np.testing.assert_array_equal(plan.asked.relation, [1, 1, 3, 3])
    np.testing.assert_array_equal(plan.gold, [2, 3, 0, 0])
    np.testing.assert_array_equal(train.one_hot(plan.gold, 4).argmax(1), plan.gold)


def test_the_learning_rate_decays_by_epoch():
    data = group.line(8)
    config = FlowsConfig(dim=2, learning_rate=0.1, decay=0.5)
    plan = train.make_plan(data.train, 8, 6)
    both = train.initial_tables(plan, config, 0)
    adam = Adam(both, config.learning_rate)
    for epoch, rate in enumerate((0.1, 0.05, 0.025)):
        train.train_epoch(both, plan, config, adam, epoch=epoch)
        np.testing.assert_allclose(adam.rate, rate)


# --- rung 7: invariants --------------------------------------------------------------
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_scores_are_distances(seed):
    """Never positive; 0 for a moved head against itself; signs of scales are free."""
    rng = np.random.default_rng(seed)
    for model in MODELS[:-1]:
        kind = reference.scorer(model)
        E, R = tables(model, seed=seed)
        assert (kind.score(E[:3], R[:3], E[3:6]) <= 1e-12).all()
    h, r, t = rng.normal(size=(3, 2 * DIM))
    moved = moves.nfe1_query(h, r)
    np.testing.assert_allclose(reference.nfe1_score(h, r, moved), 0, atol=1e-20)
    flipped = t * np.repeat([1, -1], DIM)
    np.testing.assert_allclose(
        reference.nfe1_score(h, r, t), reference.nfe1_score(h, r, flipped)
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_affine_maps_form_a_group(seed):
    rng = np.random.default_rng(seed)
    a, b, c = (Affine(*rng.normal(size=(2, DIM))) for _ in range(3))
    x = rng.normal(size=DIM)
    np.testing.assert_allclose(a.then(b)(x), b(a(x)), atol=1e-9)
    for one, two in zip(a.then(b).then(c), a.then(b.then(c)), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-9)
    np.testing.assert_allclose(a.inverse()(a(x)), x, rtol=1e-6, atol=1e-6)
    assert not a.is_symmetric()
    mirror = Affine(a.shift, -np.ones(DIM))
    assert mirror.is_symmetric()
    assert Affine(np.zeros(DIM), np.ones(DIM)).is_symmetric()
    assert not Affine(np.ones(DIM), np.ones(DIM)).is_symmetric()


def test_only_affine_maps_depend_on_their_order():
    """Shifts commute, scales commute, a shift and a scale do not."""
    one, zero = np.ones(1), np.zeros(1)
    shift, other = Affine(2 * one, one), Affine(-3 * one, one)
    scale, mirror = Affine(zero, 2 * one), Affine(zero, -one)
    np.testing.assert_array_equal(shift.then(other), other.then(shift))
    np.testing.assert_array_equal(scale.then(mirror), mirror.then(scale))
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(shift.then(mirror), mirror.then(shift))


def test_the_line_is_held_by_one_number_a_place():
    """The vectors written down beforehand rank every held-out fact first."""
    data = group.line()
    E, R = group.line_by_affine(data)
    asked = questions(data.test, 6, reciprocal=True)
    S = ask(E, R, asked, reference.scorer("affine"))[1]
    target = np.append(data.test[:, 2], data.test[:, 0])
    np.testing.assert_array_equal(kg.rank_scores(S, target).realistic, 1)
    assert len(data.test) > 50
    assert set(data.test[:, 1]) == {1, 3, 4, 5}


def test_an_inverse_needs_scales_other_than_zero():
    with pytest.raises(ValueError, match="1 scales are 0: the map is no bijection"):
        Affine(np.ones(2), np.array([1.0, 0.0])).inverse()


# --- studies -------------------------------------------------------------------------
def small(test=((0, 0, 3),)):
    """Return a graph of five places: r0 has one head with three tails."""
    train_facts = np.array([[0, 0, 1], [0, 0, 2], [0, 0, 3], [3, 1, 4], [1, 0, 2]])
    return TripleSet(
        "small", tuple("abcde"), ("r0", "r1"), train_facts[[0, 1, 3, 4]], [], test
    )


def test_models_are_sized_alike():
    for model in MODELS:
        assert study.sized(model, 48).numbers == 48
    with pytest.raises(ValueError, match="nfe2 stores 3 numbers a coordinate"):
        flows.dim_for("nfe2", 50)
    data = small()
    assert study.parameters(FlowsConfig(dim=4), data) == 4 * (5 * 2 + 4 * 2)
    dim = study.affine_of_total(data, 72)
    assert study.parameters(FlowsConfig(scorer="affine", dim=dim), data) <= 72
    assert study.parameters(FlowsConfig(scorer="affine", dim=dim + 1), data) > 72


def test_groups_of_questions_equal_counts_by_hand():
    """Training: r0 (0→1, 0→2, 1→2), r1 (3→4). Test 0 r0 3: two known tails, no head."""
    data = small()
    np.testing.assert_array_equal(study.answers(data), [2, 0])
    assert study.relation_types(data) == ["N-N", "1-1"]
    np.testing.assert_array_equal(study.degrees(data), [2, 2, 2, 1, 1])
    rows = np.array([[1.0, 0.5, 0.5, 0.25]])
    np.testing.assert_array_equal(study.both_sides(rows), [[0.75, 0.375]])


def test_a_study_compares_every_model_with_nfe1(monkeypatch):
    """On a small graph, one pass: every cell of the table and every effect is there."""
    every = np.argwhere(np.ones((12, 3, 12)))
    facts = np.random.default_rng(0).permutation(every)[:160]
    parts = facts[:120], facts[120:130], facts[130:]
    data = TripleSet("some", tuple("abcdefghijkl"), ("r0", "r1", "r2"), *parts)
    monkeypatch.setattr(study, "triples", lambda _: data)
    monkeypatch.setattr(study, "MANY", 4)

    def few(scorer):
        return [study.sized(scorer, 12, epochs=e, learning_rate=0.1) for e in (1, 3)]

    monkeypatch.setattr(study, "settings", few)
    found = study.models("some")
    keys = (*study.MODELS, "affine, equal total", "affine, equal dim")
    assert tuple(found["table"]) == keys
    for key in keys:
        row = found["table"][key]
        assert len(row["validation"]) == 2
        assert len(row["test"]) == 5
    table = found["table"]
    assert table["affine, equal dim"]["dim"] == table["nfe1"]["dim"] == 6
    assert table["affine, equal total"]["parameters"] <= table["nfe1"]["parameters"]
    gap = found["effects"]["nfe1 minus shift"]["estimate"]
    means = [np.mean(table[key]["test"]) for key in ("nfe1", "shift")]
    np.testing.assert_allclose(gap, means[0] - means[1], atol=1e-4)
    assert sum(k["triples"] for k in found["by type"].values()) == len(data.test)
    items = [found["by answers"][name]["items"] for name in ("many", "few")]
    assert sum(items) == 2 * len(data.test)


def test_the_setting_is_chosen_on_validation_alone():
    """Of three settings the one of highest validation MRR; the test split is empty."""
    data = group.line(12)
    data = replace(data, valid=data.test, test=[])
    tried = [
        study.sized("affine", 6, epochs=n, learning_rate=0.05, batch_size=8, decay=1.0)
        for n in (1, 40, 2)
    ]
    config, found = study.choose(data, tried)
    assert config is tried[1]
    assert int(np.argmax(found)) == 1
    run = flows.fit(data, tried[2], seed=study.CHOOSING)
    np.testing.assert_allclose(found[2], flows.evaluate(run, data, "valid").mrr())


def test_widths_are_means_of_absolute_scales():
    data = group.line(6)
    run = flows.fit(data, FlowsConfig(dim=2, epochs=1), seed=1)
    loop = [np.mean([abs(v[2]), abs(v[3])]) for v in run.embedding.vectors]
    np.testing.assert_allclose(study.widths([run])[0], loop, rtol=1e-6)


# --- fit, evaluate, bad input --------------------------------------------------------
def test_fit_is_repeatable_and_learns():
    data = group.line(12)
    config = FlowsConfig(dim=4, epochs=40, learning_rate=0.05, batch_size=64)
    one, two = (flows.fit(data, config, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.embedding.vectors, two.embedding.vectors)
    assert one.history["loss"][-1] < 0.5 * one.history["loss"][0]
    other = flows.fit(data, config, seed=4)
    assert abs(other.embedding.vectors - one.embedding.vectors).max() > 0.01
    assert len(one.context) == 12
    assert one.context.keys[-1] == "next then mirror (inverse)"
    assert repr(one).startswith("Fit(Flows: 12 x 8")


def test_evaluate_is_the_loop_over_candidates():
    data = group.line(8)
    run = flows.fit(data, FlowsConfig(dim=2, epochs=3), seed=1)
    E, R = (np.asarray(x.vectors, float) for x in (run.embedding, run.context))
    facts, loop = set(map(tuple, data.facts.tolist())), []
    for side in (0, 1):
        for h, r, t in data.test.tolist():
            anchor, gold, rel = (t, h, r + 6) if side else (h, t, r)
            score = [reference.nfe1_score(E[anchor], R[rel], e) for e in E]
            rank = 1
            for e in range(8):
                if ((e, r, t) if side else (h, r, e)) not in facts:
                    rank += score[e] > score[gold]
            loop.append(rank)
    np.testing.assert_array_equal(flows.evaluate(run, data).realistic, loop)


def test_names_that_training_never_saw_are_counted_and_named():
    data = TripleSet(
        "new",
        tuple("abcd"),
        ("r", "q"),
        [[0, 0, 1], [1, 0, 0]],
        [],
        [[0, 0, 2], [3, 1, 1], [0, 0, 0]],
    )
    run = flows.fit(data, FlowsConfig(dim=2, epochs=1))
    with pytest.raises(ValueError, match=r"3 names of test .*'c', 'd', 'q'"):
        flows.evaluate(run, data)
    kept = flows.seen_only(data)
    np.testing.assert_array_equal(kept.test, [[0, 0, 0]])
    assert len(flows.evaluate(run, kept).realistic) == 2
    with pytest.raises(ValueError, match="valid of 'new' has no triples to rank"):
        flows.evaluate(run, data, "valid")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scorer": "nfe4"}, "unknown scorer 'nfe4'; there are nfe1, nfe2"),
        ({"dim": 0}, "dim must be 1 or more, got 0"),
        ({"epochs": 0}, "epochs must be 1 or more"),
        ({"batch_size": 0}, "batch_size must be 1 or more"),
        ({"learning_rate": 0.0}, "learning_rate must be finite and above 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be finite"),
        ({"decay": 0.0}, "decay must lie above 0 and up to 1"),
        ({"decay": 1.5}, "1 keeps the learning rate"),
        ({"gamma": float("inf")}, "gamma must be finite, got inf"),
        ({"gamma": float("nan")}, "gamma must be finite, got nan"),
        ({"init": 0.0}, "a scale that starts at 0 has no slope"),
    ],
)
def test_bad_settings_say_what_is_wrong(change, words):
    with pytest.raises(ValueError, match=words):
        FlowsConfig(**change)


def test_bad_calls_say_what_is_wrong():
    data = group.line(8)
    with pytest.raises(ValueError, match="no training triples: the graph is empty"):
        flows.fit(replace(data, train=[]))
    with pytest.raises(ValueError, match="needs backend='torch'"):
        flows.fit(data, device="cuda")
    with pytest.raises(ValueError, match="unknown backend 'numba'"):
        flows.fit(data, backend="numba")
    with pytest.raises(ValueError, match="needed size >= 4"):
        group.line(3)


def test_divergence_is_told(monkeypatch):
    def broken(tables, *_, **__):
        tables[0][0, 0] = np.nan
        return 1.0

    monkeypatch.setattr(train, "train_epoch", broken)
    with pytest.raises(FloatingPointError, match="lower learning_rate"):
        flows.fit(group.line(8), FlowsConfig(dim=2, epochs=1))
