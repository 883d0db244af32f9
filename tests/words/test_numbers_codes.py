"""Codes of numbers, ridge and small network: pencil, loop, parity, properties."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import differences

from tutor.embedding import Embedding
from tutor.words.numbers import NumberConfig, ProbeConfig, encodings, linear, probe
from tutor.words.numbers.axes import random_rotation

CONFIG = NumberConfig()
RNG = np.random.default_rng(0)
NUMERALS = Embedding(
    ["the", "1,500", "7", "1500", "07", "-3", "0", "1.5", "12,34"],
    RNG.normal(size=(9, 5)),
)
BY_RULE = (
    *(encodings.random_tokens, encodings.digit_code, encodings.value_code),
    *(encodings.log_code, encodings.log_waves, encodings.float_code, encodings.dice),
)


# --- codes ---------------------------------------------------------------------------
def test_codes_by_hand():
    """Rung 0: 407 by digits, 25 as 2.5e1, half the range as a right angle."""
    digits = encodings.digit_code([407], CONFIG)[0]
    np.testing.assert_equal(np.flatnonzero(digits), [7, 10, 24, 30, 40, 50])
    config = NumberConfig(dim=27, exponents=8, places=2)  # prototypes 1, 1.5, .. 10
    code = encodings.float_code([25], config)[0]
    np.testing.assert_equal(np.flatnonzero(code[:8]), [1])
    np.testing.assert_allclose(code[8 + 3], 1.0, atol=1e-12)  # 2.5 is prototype 3
    np.testing.assert_allclose(code[8 + 4], np.exp(-0.5), atol=1e-12)
    planar = encodings.dice([0.0, 500_000, 1_000_000], CONFIG, planar=True)
    cosines = planar @ planar.T
    np.testing.assert_allclose(cosines[0], [1, 0, -1], atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 999_999), min_size=1, max_size=8))
def test_codes_equal_the_loop(numbers):
    """Rung 1: one number at a time, in plain Python."""
    x = np.array(numbers)
    for row, digits in zip(x, encodings.digit_code(x, CONFIG), strict=True):
        wanted = np.zeros(64)
        for k in range(6):
            wanted[10 * k + int(str(row).zfill(6)[-1 - k])] = 1
        np.testing.assert_array_equal(digits, wanted)
    exponent = [len(str(n)) - 1 for n in numbers]
    code = encodings.float_code(x, CONFIG)
    np.testing.assert_array_equal(code[:, :8].argmax(axis=1), exponent)
    for n, row in zip(numbers, encodings.dice(x, CONFIG), strict=True):
        t = np.pi * n / 1e6
        v = [np.sin(t) ** k * np.cos(t) for k in range(63)] + [np.sin(t) ** 63]
        np.testing.assert_allclose(row, random_rotation(64, 0) @ v, atol=1e-10)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999_999))
def test_digits_are_linear_in_the_number(number):
    """The weights 10^k d read the number back exactly: property of the code."""
    weights = np.zeros(64)
    weights[:60] = [10**k * d for k in range(6) for d in range(10)]
    np.testing.assert_equal(encodings.digit_code([number], CONFIG)[0] @ weights, number)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0, 1e6),
    st.lists(st.floats(0, 1e6), min_size=2, max_size=6),
    st.integers(0, 9),
)
def test_dice_2_falls_with_the_distance(x, others, seed):
    """cos(theta_x - theta_y) falls on [0, pi]: the further, the less alike."""
    config = NumberConfig(seed=seed)
    y = np.array(sorted(others, key=lambda o: abs(o - x)))
    vectors = encodings.dice(np.array([x, *y]), config, planar=True)
    cosines = vectors[1:] @ vectors[0]
    np.testing.assert_array_less(np.diff(cosines), 1e-9)
    np.testing.assert_allclose(cosines, np.cos(np.pi * np.abs(y - x) / 1e6), atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1e6), st.integers(60, 90))
def test_dice_has_length_one(x, dim):
    """Spherical coordinates: the squares sum to 1 in every dimension."""
    vector = encodings.dice([x], NumberConfig(dim=dim))
    np.testing.assert_allclose(np.linalg.norm(vector), 1, atol=1e-12)


def test_dice_of_full_dimension_does_not_follow_the_distance():
    """A tenth of the range apart: alike at the edge, not in the middle (by formula)."""
    near_edge = encodings.dice([0, 100_000], CONFIG)
    middle = encodings.dice([450_000, 550_000], CONFIG)
    np.testing.assert_array_less(0.9, near_edge[0] @ near_edge[1])
    np.testing.assert_array_less(middle[0] @ middle[1], 0.1)


def test_numerals_are_read_from_a_vocabulary():
    """1500 and 1,500 are one number, by its first key; 07, 12,34, -3, 1.5 are none."""
    values, keys = encodings.numerals(NUMERALS)
    np.testing.assert_array_equal(values, [0, 7, 1500])
    np.testing.assert_equal(keys, ("0", "7", "1,500"))
    rows = encodings.word_rows([1500, 0], CONFIG, embedding=NUMERALS)
    np.testing.assert_array_equal(rows[0, :5], NUMERALS["1,500"])
    np.testing.assert_array_equal(rows[:, 5:], 0)


def test_random_tokens_repeat_and_have_variance_one():
    a = encodings.random_tokens(np.arange(2000), CONFIG)
    b = encodings.random_tokens([1999, 3], CONFIG)
    np.testing.assert_array_equal(a[[1999, 3]], b)
    np.testing.assert_allclose([a.mean(), a.var()], [0, 1], atol=0.02)
    other = encodings.random_tokens([3], NumberConfig(seed=1))
    np.testing.assert_array_less(0.5, np.abs(other - a[3]).max())


@pytest.mark.parametrize("encode", BY_RULE)
@pytest.mark.parametrize(
    ("numbers", "word"),
    [([1, np.nan], "NaN"), ([np.inf], "infinite"), ([[1]], r"\(n,\)|needed"),
     ([-1], "negative|outside")],
)  # fmt: skip
def test_bad_numbers_are_refused(encode, numbers, word):
    with pytest.raises(ValueError, match=word):
        encode(numbers, CONFIG)


def test_what_a_code_cannot_write_is_refused():
    with pytest.raises(ValueError, match="whole"):
        encodings.digit_code([1.5], CONFIG)
    with pytest.raises(ValueError, match="places=6"):
        encodings.digit_code([1_000_000], CONFIG)
    with pytest.raises(ValueError, match="raise exponents"):
        encodings.float_code([10**8], CONFIG)
    with pytest.raises(ValueError, match="know its range"):
        encodings.dice([1_000_001], CONFIG)
    with pytest.raises(KeyError, match="no word of this vocabulary"):
        encodings.word_rows([8], CONFIG, embedding=NUMERALS)
    with pytest.raises(KeyError, match="no word"):
        encodings.word_rows([8], CONFIG, embedding=Embedding(["a"], [[1.0]]))
    wide = Embedding(["1"], np.ones((1, 65)))
    with pytest.raises(ValueError, match="do not fit"):
        encodings.word_rows([1], CONFIG, embedding=wide)
    with pytest.raises(ValueError, match="too small"):
        NumberConfig(dim=50)
    with pytest.raises(ValueError, match="low < high"):
        NumberConfig(low=5, high=5)


I4 = np.eye(4)


# --- ridge ---------------------------------------------------------------------------
def test_ridge_by_hand():
    """Rung 0: x = -1, 1 and y = -1, 1 at penalty 1: w = 2 / (2 + 2) = 1/2."""
    line = linear.ridge([[-1.0], [1.0]], [-1.0, 1.0], 1.0)
    np.testing.assert_allclose([line.weights[0], line.intercept], [0.5, 0], atol=1e-12)


@pytest.mark.parametrize("penalty", [0.0, 1e-3, 1.0])
def test_ridge_equals_scikit_learn(penalty):
    """Rung 6: Ridge with alpha = n * penalty, intercept unpenalised."""
    from sklearn.linear_model import LinearRegression, Ridge

    X, y = RNG.normal(size=(40, 6)) + 3, RNG.normal(size=40)
    theirs = Ridge(alpha=40 * penalty) if penalty else LinearRegression()
    theirs.fit(X, y)
    ours = linear.ridge(X, y, penalty)
    np.testing.assert_allclose(ours.weights, theirs.coef_, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-9)


def test_out_of_fold_equals_the_loop():
    """Rung 1: each fold by itself; scikit-learn's cross_val_predict at one penalty."""
    from sklearn.linear_model import Ridge

    X, y = RNG.normal(size=(50, 3)), RNG.normal(size=50)
    place = linear.folds(50, 0)
    found = linear.out_of_fold(X, y, fold=place, penalties=(0.1,))
    for k in range(5):
        rest = place != k
        theirs = Ridge(alpha=0.1 * rest.sum()).fit(X[rest], y[rest])
        np.testing.assert_allclose(found[~rest], theirs.predict(X[~rest]), atol=1e-9)


def test_out_of_fold_does_not_see_its_own_target():
    """Moving one target leaves the prediction of its own row where it was."""
    X, y = RNG.normal(size=(40, 3)), RNG.normal(size=40)
    place = linear.folds(40, 1)
    before = linear.out_of_fold(X, y, fold=place)
    moved = y.copy()
    moved[7] += 100
    after = linear.out_of_fold(X, moved, fold=place)
    same = place == place[7]
    np.testing.assert_array_equal(after[same], before[same])
    np.testing.assert_array_less(0.1, np.abs(after - before)[~same].max())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99))
def test_group_folds_keep_groups_whole(seed):
    groups = [f"g{i % 13}" for i in range(60)]
    place = linear.group_folds(groups, seed)
    for g in set(groups):
        members = [p for p, name in zip(place, groups, strict=True) if name == g]
        np.testing.assert_equal(len(set(members)), 1)
    np.testing.assert_equal(len(set(place)), 5)


def test_r_squared_equals_scikit_learn():
    from sklearn.metrics import r2_score

    y, p = RNG.normal(size=20), RNG.normal(size=20)
    np.testing.assert_allclose(linear.r_squared(y, p), r2_score(y, p), atol=1e-12)
    np.testing.assert_allclose(
        linear.r_squared(y, np.full(20, y.mean())), 0, atol=1e-12
    )


def test_penalty_is_chosen_by_held_out_error():
    """Pure noise asks for the largest penalty, an exact line for the smallest."""
    X = RNG.normal(size=(60, 8))
    place = linear.folds(60, 0)
    noise = linear.choose_penalty(X, RNG.normal(size=60), fold=place)
    exact = linear.choose_penalty(X, X @ np.arange(8.0), fold=place)
    np.testing.assert_equal([noise, exact], [1.0, 1e-8])


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: linear.ridge([[1.0]], [1.0], 0.1), "at least 2 rows"),
        (lambda: linear.ridge([[1.0], [np.nan]], [1.0, 2.0], 0.1), "NaN"),
        (lambda: linear.ridge([[1.0], [2.0]], [1.0, 2.0], -1.0), "penalties"),
        (lambda: linear.ridge([[1.0], [2.0]], [1.0], 1.0), "of at least 2 rows"),
        (lambda: linear.folds(3, 0, count=5), "folds for 3 rows"),
        (lambda: linear.group_folds(["a", "a", "b"], 0), "draw the groups finer"),
        (lambda: linear.r_squared([1.0, 1.0], [1.0, 2.0]), "all values are equal"),
        (lambda: linear.r_squared([1.0], [1.0]), "one length >= 2"),
        (lambda: linear.out_of_fold(I4, I4[0], fold=[0, 0, 1, 1]), "3 folds"),
        (lambda: linear.out_of_fold(I4, I4[0], fold=[0, 0]), "each of 4"),
    ],
)  # fmt: skip
def test_linear_refuses(call, word):
    with pytest.raises(ValueError, match=word):
        call()


# --- network -------------------------------------------------------------------------
WILD = ProbeConfig(learning_rate=1e6)
SMALL = ProbeConfig(hidden=7, epochs=3, batch_size=10)
X = RNG.normal(size=(40, 5))
Y = np.abs(X[:, 0]) - X[:, 1]


def test_network_by_hand():
    """Rung 0: x = 2 gives max(0, 2) 3 + max(0, -2) 5 + 1 = 7; loss against 5: 2."""
    net = probe.ProbeNetwork(
        np.array([[1.0, -1.0]]), np.zeros(2), np.array([3.0, 5.0]), np.ones(())
    )
    np.testing.assert_allclose(probe.predict(net, [[2.0]]), [7.0], atol=1e-12)
    np.testing.assert_allclose(probe.probe_loss(net, [[2.0]], [5.0]), 2.0, atol=1e-12)


@pytest.mark.parametrize("name", probe.ProbeNetwork._fields)
def test_gradient_equals_differences(name):
    """Rung 2: central differences in float64."""
    net = probe.start(5, SMALL, 0)
    net = net._replace(b1=RNG.normal(size=7), b2=np.asarray(0.3))
    slope = probe.probe_gradients(net, X, Y)

    def loss(part):
        return probe.probe_loss(net._replace(**{name: part}), X, Y)

    wanted = differences(loss, getattr(net, name).copy())
    np.testing.assert_allclose(getattr(slope, name), wanted, rtol=1e-5, atol=1e-8)


def test_training_learns_a_bend_that_no_line_has():
    """|x0| - x1: the network leaves less than a third of the ridge's error."""
    rng = np.random.default_rng(5)
    A, B = rng.normal(size=(600, 5)), rng.normal(size=(200, 5))

    def f(Z):
        return np.abs(Z[:, 0]) - Z[:, 1]

    errors = {
        kind: np.abs(
            probe.answers(kind, A, f(A), [B], config=ProbeConfig(epochs=200))[0] - f(B)
        ).mean()
        for kind in ("ridge", "network")
    }
    np.testing.assert_array_less(errors["network"], errors["ridge"] / 3)


def test_training_is_repeatable_and_depends_on_the_seed():
    a, b, c = (probe.train(X, Y, SMALL, seed=s) for s in (0, 0, 1))
    np.testing.assert_array_equal(a.W1, b.W1)
    np.testing.assert_array_less(0.01, np.abs(a.W1 - c.W1).max())


def test_scaler_keeps_angles():
    """One scale for all columns: ratios of distances stay, the mean square is 1."""
    Z = probe.scaler(X)(X)
    np.testing.assert_allclose((Z**2).mean(), 1, atol=1e-12)
    gap = np.linalg.norm(X[1:] - X[0], axis=1) / np.linalg.norm(Z[1:] - Z[0], axis=1)
    np.testing.assert_allclose(gap, gap[0], rtol=1e-9)


@pytest.mark.parametrize(
    ("call", "error", "word"),
    [
        (lambda: probe.train(X, Y[:3]), ValueError, "needed"),
        (lambda: probe.train(X * np.nan, Y), ValueError, "NaN"),
        (lambda: probe.train(X, Y, backend="jax"), ValueError, "unknown backend"),
        (lambda: probe.train(X, Y, device="cuda"), ValueError, "needs backend"),
        (lambda: probe.train(X, Y, WILD), FloatingPointError, "lower"),
        (lambda: probe.answers("tree", X, Y, [X]), ValueError, "'ridge' and 'network'"),
        (lambda: probe.answers("ridge", X, 0 * Y, [X]), ValueError, "nothing to learn"),
        (lambda: probe.scaler(np.ones((3, 2))), ValueError, "nothing to scale"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid")
def test_probe_refuses(call, error, word):
    with pytest.raises(error, match=word):
        call()


# --- torch ---------------------------------------------------------------------------
def twin():
    pytest.importorskip("torch", reason="torch is not installed")
    from tutor.words.numbers import torch as module

    return module


def parity(ours, theirs, rtol=1e-10):
    """Compare two networks part by part."""
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12)


def test_gradient_equals_autograd():
    """Rung 3, and the parameter names are the NumPy ones."""
    import torch

    net = probe.start(5, SMALL, 0)
    module = twin().ProbeModule(net)
    np.testing.assert_equal(
        tuple(dict(module.named_parameters())), probe.ProbeNetwork._fields
    )
    module(torch.tensor(X), torch.tensor(Y)).backward()
    found = [p.grad.numpy() for p in module.parameters()]
    parity(probe.probe_gradients(net, X, Y), found, rtol=1e-8)


def test_epochs_in_numpy_equal_torch():
    """Rungs 4 and 5: the same batches, three epochs in float64."""
    twin()
    ours = probe.train(X, Y, SMALL, seed=3)
    theirs = probe.train(X, Y, SMALL, seed=3, backend="torch")
    parity(ours, theirs, rtol=1e-9)
    assert inspect.signature(probe.train).parameters["backend"].default == "numpy"


def test_parity_can_fail():
    """Rung 9: one part changed by 1 %."""
    net = probe.train(X, Y, SMALL, seed=3)
    with pytest.raises(AssertionError):
        parity(net, net._replace(w2=net.w2 * 1.01))


@pytest.mark.gpu
def test_network_on_cuda_equals_cpu(cuda):
    """Rung 8: float64 on both sides."""
    ours = probe.train(X, Y, SMALL, seed=3)
    theirs = probe.train(X, Y, SMALL, seed=3, backend="torch", device=cuda)
    parity(ours, theirs, rtol=1e-6)
