"""Text-only heads: pencil, loop, differences, torch, library, invariants, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import differences

from tutor.geometry import unit_rows
from tutor.multimodal import text_only
from tutor.multimodal.text_only import adapters, reference
from tutor.multimodal.text_only import torch as twin
from tutor.multimodal.text_only.reference import Head, HeadConfig

torch = pytest.importorskip("torch")

TINY = HeadConfig(hidden=5, steps=12, batch_size=8)


def rows(n=30, d=4, seed=0):
    """Return float64 unit rows that are not spread around 0."""
    rng = np.random.default_rng(seed)
    return unit_rows(rng.normal(size=(n, d)) + 0.4)


def labelled(n=30, d=4, classes=3, seed=0):
    rng = np.random.default_rng(seed + 50)
    return rows(n, d, seed), np.arange(n) % classes, random_head(rng, d, 5, classes)


def random_head(rng, d, hidden, classes):
    shapes = ((d, hidden), (hidden,), (hidden, classes), (classes,))
    return Head(*(rng.normal(size=shape) for shape in shapes))


# --- rung 0: pencil ------------------------------------------------------------------
def test_pencil_noise_of_the_chapter(monkeypatch):
    """Text (1, 0), noise (0, 2), sigma 0.5: (1, 1), at length 1 (0.7071, 0.7071)."""
    noise = np.array([[0.0, 2.0]])
    monkeypatch.setattr(adapters, "normal", lambda *_, **__: noise)
    found = text_only.GaussianAdapter(0.5)([[1.0, 0.0]])
    np.testing.assert_allclose(found, [[0.5**0.5, 0.5**0.5]], rtol=1e-12)


def test_pencil_head():
    """One hidden unit, two classes: A = [2]+ = 2, S = (2, 0), loss log(1 + e^-2)."""
    head = Head(*map(np.array, ([[2.0], [0.0]], [0.0], [[1.0, 0.0]], [0.0, 0.0])))
    X = np.array([[1.0, 0.0]])
    found = reference.head_loss(head, X, np.array([0]))
    np.testing.assert_allclose(found, np.log1p(np.exp(-2)), rtol=1e-12)
    np.testing.assert_allclose(found, 0.1269280110429726, rtol=1e-12)


def test_pencil_mean_shift():
    """Texts at (1, 0), pictures at (0, 1): the shift is (-1, 1), and lands on them."""
    T, X = np.tile([1.0, 0.0], (3, 1)), np.tile([0.0, 1.0], (2, 1))
    shift = text_only.MeanShift.fit(X, T)
    np.testing.assert_allclose(shift.shift, [-1, 1], rtol=1e-12)
    np.testing.assert_allclose(shift(T), np.tile([0.0, 1.0], (3, 1)), atol=1e-12)


def test_pencil_stretched_shift():
    """Half of the shift (-1, 1) from (1, 0): (0.5, 0.5), at length 1 (0.71, 0.71)."""
    T = np.array([[1.0, 0.0]])
    half = text_only.stretched(text_only.MeanShift(np.array([-1.0, 1.0])), 0.5)
    np.testing.assert_allclose(half(T), [[0.5**0.5, 0.5**0.5]], rtol=1e-12)


# --- rung 1: the formula is the loop -------------------------------------------------
def test_gaussian_adapter_is_the_loop():
    T, sigma = rows(6, 3), 0.4
    noise = adapters.normal((6, 3), seed=7, step=2, stream=adapters.NOISE)
    loop = np.zeros((6, 3))
    for i in range(6):
        moved = [T[i, j] + sigma * noise[i, j] for j in range(3)]
        loop[i] = np.array(moved) / np.sqrt(sum(m * m for m in moved))
    found = text_only.GaussianAdapter(sigma)(T, seed=7, step=2)
    np.testing.assert_allclose(found, loop, rtol=1e-10)
    with pytest.raises(AssertionError):  # rung 9: one per cent is seen
        np.testing.assert_allclose(1.01 * found, loop, rtol=1e-10)


def test_head_loss_is_the_loop():
    X, y, head = labelled(5)
    total = 0.0
    for i in range(5):
        a = [max(0.0, X[i] @ head.W_1[:, h] + head.b_1[h]) for h in range(5)]
        s = [np.dot(a, head.W_2[:, c]) + head.b_2[c] for c in range(3)]
        total -= s[y[i]] - np.log(sum(np.exp(s)))
    found = reference.head_loss(head, X, y)
    np.testing.assert_allclose(found, total / 5, rtol=1e-10)


def test_moves_come_before_the_noise():
    """Shift and map: normalised, then noise, then normalised again."""
    X, T = rows(20, 3, seed=1), rows(20, 3, seed=2)
    noise = adapters.normal((20, 3), seed=4, step=5, stream=adapters.NOISE)
    for kind in (text_only.MeanShift, text_only.LinearAdapter):
        plain = kind.fit(X, T)(T)
        found = kind.fit(X, T, sigma=0.2)(T, seed=4, step=5)
        np.testing.assert_allclose(found, unit_rows(plain + 0.2 * noise), rtol=1e-10)


def test_linear_adapter_is_least_squares():
    """The residual is orthogonal to the inputs and to the constant."""
    X, T = rows(40, 3, seed=1), rows(40, 3, seed=2)
    fit = text_only.LinearAdapter.fit(X, T)
    residual = X - (T @ fit.W + fit.b)
    np.testing.assert_allclose(T.T @ residual, 0, atol=1e-10)
    np.testing.assert_allclose(residual.sum(axis=0), 0, atol=1e-10)


def test_covariance_noise_has_the_covariance_of_the_differences():
    X, T = rows(60, 3, seed=1), rows(60, 3, seed=2)
    fit = text_only.CovarianceNoise.fit(X, T)
    np.testing.assert_allclose(fit.factor @ fit.factor.T, np.cov((X - T).T), atol=1e-12)
    zeta = adapters.normal((60, 3), seed=3, step=4, stream=adapters.SPREAD)
    loop = [fit.factor @ z for z in zeta]
    wanted = unit_rows(T + fit.shift + 3 * np.array(loop))
    np.testing.assert_allclose(fit(T, seed=3, step=4), wanted, rtol=1e-10)


# --- rungs 2 and 3: gradients --------------------------------------------------------
def test_head_gradients_are_differences():
    X, y, head = labelled()
    found = reference.head_gradients(head, X, y)
    for place, part in enumerate(head):

        def loss(value, place=place):
            parts = list(head)
            parts[place] = value
            return reference.head_loss(Head(*parts), X, y)

        wanted = differences(loss, part)
        np.testing.assert_allclose(found[place], wanted, rtol=1e-6, atol=1e-8)
        with pytest.raises(AssertionError):
            np.testing.assert_allclose(1.01 * found[place], wanted, rtol=1e-6)


def test_head_gradients_are_autograds():
    X, y, head = labelled()
    model = twin.Head(head, dtype=torch.float64)
    loss = model(torch.tensor(X), torch.tensor(y))
    loss.backward()
    np.testing.assert_allclose(reference.head_loss(head, X, y), loss.item(), rtol=1e-10)
    found = reference.head_gradients(head, X, y)
    for name, part in found._asdict().items():
        np.testing.assert_allclose(part, getattr(model, name).grad, atol=1e-12)


# --- rungs 4 and 5: one step, all steps ----------------------------------------------
@pytest.mark.parametrize("steps", [1, 12])
def test_training_numpy_equals_torch(steps):
    """The same rows, noise and rates; Adam by hand is torch's Adam."""
    X, y, _ = labelled()
    config = HeadConfig(hidden=5, steps=steps, batch_size=8)
    start = reference.initial_head(4, 3, config, seed=1)
    noise = text_only.GaussianAdapter(0.2)
    ours, losses = reference.train(start, X, y, noise, config, seed=1)
    model = twin.Head(start, dtype=torch.float64)
    theirs = twin.train(model, X, y, noise, config, seed=1)
    np.testing.assert_allclose(losses, theirs, rtol=1e-10)
    for one, two in zip(ours, model.numbers(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-7, atol=1e-10)
        with pytest.raises(AssertionError):
            np.testing.assert_allclose(1.01 * one, two, rtol=1e-7, atol=1e-10)


def test_backends_name_the_same_classes():
    X, y, _ = labelled(60)
    labels = np.array(["a", "b", "c"])[y]
    config = HeadConfig(hidden=8, steps=60, batch_size=16)
    noise = text_only.GaussianAdapter(0.1)
    one = text_only.fit(X, labels, noise, config, seed=2)
    two = text_only.fit(X, labels, noise, config, seed=2, backend="torch")
    np.testing.assert_allclose(one.history["loss"], two.history["loss"], rtol=1e-3)
    agree = np.mean(one.predict(X) == two.predict(X))
    assert agree >= 0.95, agree
    assert repr(one) == (
        "TextOnlyFit(4 dimensions, 3 classes, backend='numpy', seed=2)"
    )


@pytest.mark.gpu
def test_cuda_equals_cpu(cuda):
    X, y, _ = labelled(60)
    runs = [
        text_only.fit(X, y, None, TINY, backend="torch", device=device)
        for device in ("cpu", cuda)
    ]
    losses = [run.history["loss"] for run in runs]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


# --- rung 6: the field's library -----------------------------------------------------
@pytest.mark.oracle
def test_as_good_as_scikit_learns_network():
    """A task that can be learned: both name held-out rows within 5 points."""
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(0)
    X = unit_rows(rng.normal(size=(900, 6)))
    y = (X[:, 0] > 0) + 2 * (X[:, 1] > 0)
    ours = text_only.fit(X[:600], y[:600])
    theirs = MLPClassifier((64,), batch_size=128, max_iter=90, random_state=0)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        theirs.fit(X[:600], y[:600])
    right = [np.mean(m.predict(X[600:]) == y[600:]) for m in (ours, theirs)]
    assert right[0] > 0.85
    np.testing.assert_allclose(*right, atol=0.05)


# --- rung 7: properties --------------------------------------------------------------
@settings(deadline=None, max_examples=30)
@given(st.floats(0, 5), st.integers(0, 2**32), st.integers(0, 1000))
def test_noised_rows_are_unit_rows_with_an_address(sigma, seed, step):
    T, noise = rows(), text_only.GaussianAdapter(sigma)
    found = noise(T, seed=seed, step=step)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(found, noise(T, seed=seed, step=step))
    if sigma > 0.01:
        with pytest.raises(AssertionError):
            np.testing.assert_allclose(found, noise(T, seed=seed, step=step + 1))


def test_no_noise_is_no_change():
    np.testing.assert_allclose(text_only.GaussianAdapter(0)(rows()), rows(), rtol=1e-12)


def test_normal_numbers_are_normal():
    """200,000 draws: mean 0, variance 1, fourth moment 3, to five standard errors."""
    z = adapters.normal((2000, 100), seed=1, step=0, stream=adapters.NOISE)
    for power, moment, deviation in ((1, 0, 1), (2, 1, 2**0.5), (4, 3, 96**0.5)):
        error = 5 * deviation / z.size**0.5
        np.testing.assert_allclose((z**power).mean(), moment, atol=error)
    assert abs(np.corrcoef(z[:, 0], z[:, 50])[0, 1]) < 5 / 2000**0.5


def test_odd_numbers_of_draws():
    assert adapters.normal((3, 3), seed=0, step=0, stream=1).shape == (3, 3)


def test_noise_on_a_squared_loss_is_ridge():
    """The mean over 20,000 draws of noise: the clean loss and sigma² times W²."""
    rng = np.random.default_rng(0)
    X, Y, W = rng.normal(size=(6, 3)), rng.normal(size=(6, 2)), rng.normal(size=(3, 2))
    noisy = X + 0.3 * rng.normal(size=(20_000, 6, 3))
    losses = ((noisy @ W - Y) ** 2).sum(axis=(1, 2)) / 6
    wanted = ((X @ W - Y) ** 2).sum() / 6 + 0.09 * (W**2).sum()
    error = 5 * losses.std() / 20_000**0.5
    np.testing.assert_allclose(losses.mean(), wanted, atol=error)


def test_a_random_shift_has_the_length_and_no_direction():
    """Fixed by its seed and as long; over 400 seeds its directions sum to nothing."""
    like = text_only.MeanShift(np.array([3.0, 0.0, 4.0, 0.0]), 0.2)
    draws = np.array([text_only.random_shift(like, seed=s).shift for s in range(400)])
    np.testing.assert_allclose(np.linalg.norm(draws, axis=1), 5, rtol=1e-12)
    np.testing.assert_array_equal(text_only.random_shift(like, seed=7).shift, draws[7])
    error = 5 * np.sqrt(25 / 4 / 400)  # five standard errors: each part has 25/4
    np.testing.assert_allclose(draws.mean(axis=0), 0, atol=error)
    with pytest.raises(AssertionError):  # the mean shift itself would be seen
        np.testing.assert_allclose((draws + like.shift).mean(axis=0), 0, atol=error)
    assert text_only.random_shift(like).sigma == 0.2


def test_centring_removes_the_gap():
    T, X = rows(50, 3, seed=1), -rows(50, 3, seed=2)
    before = np.linalg.norm(X.mean(axis=0) - T.mean(axis=0))
    sides = [text_only.centred(side, side.mean(axis=0)) for side in (X, T)]
    after = np.linalg.norm(sides[0].mean(axis=0) - sides[1].mean(axis=0))
    assert before > 0.5
    assert after < before / 3


def test_every_row_is_seen_once_a_pass():
    seen = [reference.batch_rows(24, TINY, seed=3, step=step) for step in range(3)]
    np.testing.assert_array_equal(np.sort(np.concatenate(seen)), np.arange(24))
    small = reference.batch_rows(5, TINY, seed=3, step=9)
    np.testing.assert_array_equal(np.sort(small), np.arange(5))


# --- bad input -----------------------------------------------------------------------
def unpaired():
    return text_only.LinearAdapter.fit(rows(9), rows(8))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: text_only.GaussianAdapter(-0.1), "0 or more, got -0.1"),
        (lambda: text_only.GaussianAdapter(np.nan), "finite and 0 or more"),
        (lambda: text_only.MeanShift(np.zeros(4), -1), "0 or more, got -1"),
        (
            lambda: text_only.stretched(text_only.MeanShift(np.zeros(4)), -1),
            "factor must be finite.*got -1",
        ),
        (
            lambda: text_only.CovarianceNoise.fit(rows(), rows(), scale=-1),
            "scale must be finite",
        ),
        (
            lambda: text_only.GaussianAdapter(0.1)(2 * rows()),
            "row 0 has length 2.*unit_rows",
        ),
        (
            lambda: text_only.GaussianAdapter(0.1)(np.full((2, 3), np.nan)),
            "2 rows of texts are NaN",
        ),
        (lambda: text_only.GaussianAdapter(0.1)(np.ones(3)), r"\(n, d\).*\(3,\)"),
        (unpaired, r"pairs.*\(9, 4\) and \(8, 4\)"),
        (
            lambda: text_only.LinearAdapter.fit(rows(5), rows(5)),
            "5 pairs for 4 dimensions.*more than 5.*MeanShift",
        ),
        (
            lambda: text_only.CovarianceNoise.fit(rows(4), rows(4)),
            "4 pairs for 4 dimensions",
        ),
        (
            lambda: text_only.MeanShift.fit(rows(9, 3), rows(9, 4)),
            "4 columns, 3 were expected",
        ),
        (lambda: text_only.centred(rows(), np.zeros(3)), "4 columns, 3"),
        (lambda: text_only.fit(rows(), np.zeros(30)), "at least two kinds"),
        (lambda: text_only.fit(rows(), np.arange(29)), "30 values, one a row"),
        (lambda: text_only.fit(rows(), np.arange(30), backend="numba"), "numba"),
        (lambda: text_only.fit(rows(), np.arange(30), device="cuda"), "use torch"),
        (
            lambda: text_only.fit(*labelled()[:2], None, TINY).predict(rows(3, 5)),
            "5 columns, 4 were expected",
        ),
        (lambda: HeadConfig(hidden=0), "hidden must be 1 or more, got 0"),
        (lambda: HeadConfig(learning_rate=0), "positive and finite, got 0"),
    ],
)
def test_bad_input_names_given_expected_and_remedy(call, words):
    with pytest.raises(ValueError, match=f"(?s){words}"):
        call()


def test_divergence_names_the_step():
    config = HeadConfig(steps=8, learning_rate=1e200)
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match=r"step [1-7].*lower learning_rate"),
    ):
        text_only.fit(*labelled()[:2], None, config)
