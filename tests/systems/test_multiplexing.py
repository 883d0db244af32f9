"""The network behind the table: pencil, loop, slopes, training, studies, fit."""

from dataclasses import replace

import numpy as np
import pytest
from numeric import differences
from planted_fields import CONFIG, double, planted

from tutor.datasets.tables import split_by_time
from tutor.evaluate.auc import auc
from tutor.systems import multiplexing as mx
from tutor.systems.multiplexing import oracles, reference, tables, train
from tutor.systems.multiplexing.reference import Network
from tutor.systems.studies import multiplexing as study


@pytest.fixture(scope="module")
def data():
    table = planted()
    parts = split_by_time(table)
    return table, parts, mx.make_split(table, parts)


# --- the network ---------------------------------------------------------------------
def test_by_pencil():
    """By hand: x = (1, -2, 3, 1), W1 = 1, w2 = 2 give z = 6; the loss at 0 is log 2."""
    net = Network(np.ones((4, 1)), np.zeros(1), np.array([2.0]), np.zeros(1))
    np.testing.assert_allclose(reference.logits(np.array([[1.0, -2, 3, 1]]), net), [6])
    np.testing.assert_allclose(
        reference.logistic_loss(np.zeros(2), np.array([0.0, 1])), np.log(2), rtol=1e-12
    )
    np.testing.assert_allclose(  # no overflow, either side
        reference.logistic_loss(np.array([1000.0, -1000.0]), np.array([1.0, 1])), 500
    )
    np.testing.assert_allclose(reference.sigmoid(np.array([-1e4, 0, 1e4])), [0, 0.5, 1])


@pytest.mark.parametrize("hidden", [0, 5])
def test_logits_equal_the_loop(hidden):
    rng = np.random.default_rng(0)
    net = reference.initial_network(6, hidden, seed=1)
    x = rng.normal(size=(7, 6))
    for row, found in zip(x, reference.logits(x, net), strict=True):
        h = [max(0.0, row @ net.W1[:, j] + net.b1[j]) for j in range(hidden)]
        z = np.dot(h if hidden else row, net.w2) + net.b2[0]
        np.testing.assert_allclose(found, z, rtol=1e-10)


@pytest.mark.parametrize("hidden", [0, 5])
def test_gradients_equal_central_differences(hidden):
    rng = np.random.default_rng(1)
    net = Network(*(p + 0.1 * rng.normal(size=p.shape)
                    for p in reference.initial_network(6, hidden, seed=2)))  # fmt: skip
    x, y = rng.normal(size=(9, 6)), (rng.random(9) < 0.5).astype(float)
    loss, slope, found = reference.network_gradients(x, y, net)

    def at(x, net):
        return reference.logistic_loss(reference.logits(x, net), y)

    np.testing.assert_allclose(loss, at(x, net))
    np.testing.assert_allclose(slope, differences(lambda v: at(v, net), x), atol=1e-8)
    for name in Network._fields[0 if hidden else 2 :]:
        wanted = differences(
            lambda v, name=name: at(x, net._replace(**{name: v})), getattr(net, name)
        )
        np.testing.assert_allclose(getattr(found, name), wanted, atol=1e-8)
    with pytest.raises(AssertionError):  # alive
        np.testing.assert_allclose(1.01 * slope, differences(lambda v: at(v, net), x),
                                   atol=1e-8)  # fmt: skip


@pytest.mark.parametrize(("method", "lookups"), [("fair", 1), ("unified", 2)])
def test_whole_gradient_equals_central_differences(data, method, lookups):
    _, _, split = data
    model = double(train.start(split, replace(CONFIG, method=method, lookups=lookups)))
    keys, y = split.train[0][:20], split.train[1][:20].astype(float)
    _, (found,), _ = train.gradients(model, keys, y)

    def at(W):
        table = type(model.table)(W, model.table.places, 2)
        return reference.logistic_loss(
            reference.logits(table.lookup(keys), model.network), y
        )

    wanted = differences(at, model.table.weights)
    np.testing.assert_allclose(found, wanted, atol=1e-8)


def test_block_cosines_by_pencil():
    """Blocks (1, 0), (0, 1), (1, 1): |cos| 0, 1/sqrt 2, 1/sqrt 2."""
    w = np.array([1.0, 0, 0, 1, -1, -1])
    net = Network(np.zeros((6, 0)), np.zeros(0), w, np.zeros(1))
    np.testing.assert_allclose(mx.block_cosines(net, 3), [0, 0.5**0.5, 0.5**0.5])
    with pytest.raises(ValueError, match="6 inputs cannot belong to 4"):
        mx.block_cosines(net, 4)


# --- training ------------------------------------------------------------------------
@pytest.mark.parametrize("hidden", [0, 6])
def test_training_finds_the_planted_taste_and_keeps_the_best_epoch(data, hidden):
    _, _, split = data
    config = replace(CONFIG, method="full", budget=1.0, hidden=hidden, epochs=6)
    made = train.train(split, config, seed=1)
    assert made.losses[-1] < made.losses[0]
    assert auc(made.scores(split.test[0]), split.test[1]) > 0.75
    np.testing.assert_allclose(
        auc(made.scores(split.valid[0]), split.valid[1]), max(made.aucs)
    )


def test_same_seed_same_model_other_seed_another(data):
    _, _, split = data
    a, b, c = (
        train.train(split, CONFIG, seed=s).scores(split.test[0]) for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(a, b)
    assert np.abs(a - c).max() > 0.01


def test_test_rows_are_not_looked_at(data):
    _, _, split = data
    spoilt = replace(split, test=(split.test[0][::-1], ~split.test[1]))
    a, b = (train.train(part, CONFIG, seed=1) for part in (split, spoilt))
    np.testing.assert_array_equal(a.table.weights, b.table.weights)


def test_divergence_is_told(data):
    _, _, split = data
    model = train.start(split, CONFIG)
    model.table.weights[:] = np.nan
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match="lower learning_rate"),
    ):
        train.train(split, CONFIG, model=model)


# --- fit -----------------------------------------------------------------------------
def test_fit_returns_a_vector_a_value(data):
    table, parts, _ = data
    fit = mx.fit(table, parts, CONFIG, seed=1)
    np.testing.assert_equal(len(fit.embedding), 80)
    np.testing.assert_equal(fit.embedding.dim, 8)
    np.testing.assert_equal(len(fit.history["auc"]), 4)
    assert "Fit(Multiplexing: 80 x 8, backend='numpy'" in repr(fit)
    assert fit.embedding["film=f07"].any()


def test_fit_refuses_what_it_cannot_do(data):
    table, parts, _ = data
    with pytest.raises(ValueError, match="unknown backend 'numba'"):
        mx.fit(table, parts, CONFIG, backend="numba")
    with pytest.raises(ValueError, match="needs backend='torch'"):
        mx.fit(table, parts, CONFIG, device="cuda")
    with pytest.raises(ValueError, match="raise the budget"):
        mx.fit(table, parts, replace(CONFIG, budget=1e-3))


# --- studies -------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["none", "intra", "inter"])
def test_oracle_collisions_are_of_one_kind(kind):
    """Ten, four and one value: five meet a host between fields; pairs inside."""
    known = tuple(np.arange(n, dtype=np.uint64) for n in (10, 4, 1))
    places = oracles.collisions(known, kind, 1)
    rows = [p.rows(keys) for p, keys in zip(places, known, strict=True)]
    inside = [len(keys) - len(set(r)) for keys, r in zip(known, rows, strict=True)]
    across = len(set(rows[0]) & set(rows[1])) + len(set(rows[0]) & set(rows[2]))
    wanted = {"none": ([0, 0, 0], 0), "intra": ([2, 2, 0], 0), "inter": ([0, 0, 0], 5)}
    np.testing.assert_array_equal(inside, wanted[kind][0])
    np.testing.assert_equal(across, wanted[kind][1])
    unseen = places[0].rows(np.array([999], np.uint64))
    np.testing.assert_array_equal(unseen, [15])


def test_hosts_are_the_ones_that_were_asked_for(data):
    """Films 1, 3, 5, 7, 9 host five values of the other fields, and no other film."""
    known = tuple(np.arange(n, dtype=np.uint64) for n in (10, 4, 1))
    odd = np.arange(1, 10, 2)
    places = oracles.collisions(known, "inter", 1, hosts=odd)
    met = np.concatenate(
        [p.rows(keys) for p, keys in zip(places, known, strict=True)][1:]
    )
    np.testing.assert_array_equal(np.sort(met), odd)
    _, _, split = data
    films = split.train[0][:, 0]
    rate = [(films == key).sum() for key in mx.vocabulary(split.train[0])[0]]
    best = oracles.busiest(split)
    np.testing.assert_equal(len(best), 20)
    assert min(rate[i] for i in best) >= np.sort(rate)[-20]


def test_oracle_refuses_another_kind():
    with pytest.raises(ValueError, match="unknown kind 'all'"):
        oracles.collisions((np.arange(3, dtype=np.uint64),), "all", 0)


def test_chunks_with_one_salt_meet_together():
    """1,000 keys in 200 rows: with one salt nearly all meet, with two 1 in 40 does."""
    keys = np.arange(1000, dtype=np.uint64)
    two = replace(study.TWICE, salts="chunk")
    np.testing.assert_array_less(study.shared_rows(keys, two, 200, 0), 0.06)
    one = replace(study.TWICE, salts="field")
    np.testing.assert_array_less(0.95, study.shared_rows(keys, one, 200, 0))


def test_lower_line_knows_small_fields_only(data, monkeypatch):
    _, _, split = data
    monkeypatch.setattr(study, "SMALL", 30)
    monkeypatch.setattr(study, "FULL", replace(CONFIG, method="full", budget=1.0))
    lower = study.without_large_fields(split, 1)
    rows = lower.table.rows(split.test[0])
    np.testing.assert_equal(len(set(rows[:, 0])), 1)
    assert len(set(rows[:, 1])) == 20


def test_grid_reports_every_budget_and_method(data, monkeypatch):
    _, _, split = data
    monkeypatch.setattr(study, "SEEDS", (1, 2))
    monkeypatch.setattr(study.trained_scores, "__defaults__", ((1, 2),))
    monkeypatch.setattr(
        study, "METHODS", {n: replace(c, dim=4) for n, c in study.METHODS.items()}
    )
    monkeypatch.setattr(study, "FULL", replace(study.FULL, dim=4))
    found = study.budgets(split, (0.5,), 1)
    for name in study.METHODS:
        np.testing.assert_equal(len(found["auc"][name]["0.5"]), 2)
        assert found["bytes"][name]["0.5"] <= found["full bytes"] / 2
    np.testing.assert_equal(found["full bytes"], tables.full_bytes(
        mx.vocabulary(split.train[0]), 4))  # fmt: skip


def test_settings_of_the_stored_runs_are_these():
    """The stored results rest on these values, which no hash of a function covers."""
    shared = {"epochs": 6, "learning_rate": 0.01, "dim": 16, "hidden": 64}
    wanted = {
        "hashed": {"method": "hashed", "power": 1.0, "lookups": 1},
        "fair": {"method": "fair", "power": 0.5, "exact_share": 0.5, "lookups": 1},
        "unified, 1 look-up": {"method": "unified", "lookups": 1, "salts": "chunk"},
        "unified, 2 look-ups": {"method": "unified", "lookups": 2, "salts": "chunk"},
        "unified, 4 look-ups": {"method": "unified", "lookups": 4, "salts": "chunk"},
    }
    np.testing.assert_equal(list(study.METHODS), list(wanted))
    for name, fields in wanted.items():
        for field, value in {**shared, **fields}.items():
            np.testing.assert_equal(getattr(study.METHODS[name], field), value)
    np.testing.assert_equal(study.SEEDS, (1, 2, 3, 4, 5))
    np.testing.assert_equal(study.BUDGETS, (0.25, 0.10, 0.05, 0.02))
    np.testing.assert_equal(study.SMALL, 256)
