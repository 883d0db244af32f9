"""Pooling, contrast and Matryoshka losses in NumPy: pencil, loop, differences, laws."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import differences

from tutor.context import attention as A
from tutor.context import matryoshka as M

# The chapter's two pairs: at right angles, and opposite in the first coordinate.
PENCIL = np.array([[[3.0, 4.0], [-4.0, 3.0]]] * 2)
WHOLE, PREFIX = math.log(1 + math.exp(-1)), math.log(1 + math.exp(-2))


def drawn(seed=0, shape=(2, 4, 6)):
    return np.random.default_rng(seed).normal(size=shape)


# --- rung 0: pencil ------------------------------------------------------------------
def test_info_nce_by_pencil():
    """Chapter: cosines 1 and 0 in full, 1 and -1 in the first coordinate."""
    assert M.info_nce_loss(PENCIL, temperature=1) == pytest.approx(WHOLE, abs=1e-12)
    found = M.matryoshka_loss(PENCIL, [1, 2], temperature=1)
    assert found == pytest.approx(WHOLE + PREFIX, abs=1e-12)


def test_coordinate_divergence_by_pencil():
    """Chapter: shares 3/4 and 1/4 against one half each."""
    teacher, student = np.array([[math.log(3), 0.0]]), np.zeros((1, 2))
    wanted = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    found = M.coordinate_divergence(teacher, student)
    assert found == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(
    ("version", "early"), [("v1", 1.0), ("improved", 0.5)], ids=["v1", "improved"]
)
def test_two_d_loss_by_pencil(version, early):
    """With the same vectors at both layers the divergence is 0."""
    found = M.two_d_loss(PENCIL, PENCIL, layer=2, dim=1, temperature=1, version=version)
    assert found == pytest.approx((1 + early) * (WHOLE + PREFIX), abs=1e-12)


def test_weights_of_both_versions():
    """Source: the loss as its authors' code had it in February 2024, and later."""
    assert M.two_d_weights(5, 3.0) == (1.0, 9.0)
    improved = M.two_d_weights(4, 3.0, "improved")
    np.testing.assert_allclose(improved, (0.25, 3 * math.log(6)))


# --- rung 1: loops -------------------------------------------------------------------
def loop_info_nce(pairs, temperature):
    total = 0.0
    for i, a in enumerate(pairs[0]):
        scores = [a @ p / np.sqrt((a @ a) * (p @ p)) / temperature for p in pairs[1]]
        total -= scores[i] - math.log(sum(math.exp(s) for s in scores))
    return total / len(pairs[0])


@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_info_nce_equals_loop(temperature):
    X = drawn()
    found = M.info_nce_loss(X, temperature=temperature)
    np.testing.assert_allclose(found, loop_info_nce(X, temperature), rtol=1e-10)
    with pytest.raises(AssertionError):  # alive
        np.testing.assert_allclose(1.01 * found, loop_info_nce(X, temperature), 1e-10)


@pytest.mark.parametrize("version", ["v1", "improved"])
def test_two_d_loss_equals_loop(version):
    """The formula of the chapter, term by term."""
    X, Y = drawn(1), drawn(2)
    wanted, n, T = 0.0, 3, 0.7
    early = 1.0 if version == "v1" else 1 / n
    for d in (2, 6):
        wanted += loop_info_nce(X[..., :d], 0.1)
        wanted += early * loop_info_nce(Y[..., :d], 0.1)
    divergence = 0.0
    for x, y in zip(X.reshape(-1, 6), Y.reshape(-1, 6), strict=True):
        p, q = (np.exp(v / T) / np.exp(v / T).sum() for v in (x, y))
        divergence += sum(a * math.log(a / b) for a, b in zip(p, q, strict=True)) / 8
    wanted += (T**2 if version == "v1" else T * math.log(5)) * divergence
    found = M.two_d_loss(
        X, Y, layer=n, dim=2, temperature=0.1, smoothing=T, version=version
    )
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


def test_alignment_and_uniformity_equal_loops():
    X = drawn(3)
    U, V = (side / np.linalg.norm(side, axis=1)[:, None] for side in X)
    wanted = np.mean([(u - v) @ (u - v) for u, v in zip(U, V, strict=True)])
    np.testing.assert_allclose(M.alignment(X), wanted, rtol=1e-10)
    kernel = [
        math.exp(-2 * (U[i] - U[j]) @ (U[i] - U[j]))
        for i in range(4)
        for j in range(i + 1, 4)
    ]
    np.testing.assert_allclose(M.uniformity(X[0]), math.log(np.mean(kernel)), 1e-10)


def test_uniformity_at_its_two_landmarks():
    np.testing.assert_allclose(M.uniformity(np.ones((5, 3))), 0, atol=1e-12)
    np.testing.assert_allclose(M.uniformity(np.eye(5)), -4)


STATES = np.array([[[1.0, 5], [3, 1], [9, 9]], [[2, 0], [7, 7], [7, 7]]])


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ("mean", [[2, 3], [2, 0]]),
        ("cls", [[1, 5], [2, 0]]),
        ("last", [[3, 1], [2, 0]]),
        ("max", [[3, 5], [2, 0]]),
    ],
)
def test_pooling_by_hand_leaves_padding_out(how, wanted):
    np.testing.assert_array_equal(M.pool(STATES, [2, 1], how), wanted)


def test_weighted_pooling_by_hand():
    found = M.weighted_pool(STATES, [2, 1], np.array([[1, 0.5, 9], [3, 9, 9]]))
    np.testing.assert_allclose(found, [[1.25, 2.75], [6, 0]])


# --- rung 2: differences -------------------------------------------------------------
def test_info_nce_gradients_equal_differences():
    X = drawn(4)
    slope = differences(lambda x: M.info_nce_loss(x, temperature=0.3), X)
    found = M.info_nce_gradients(X, temperature=0.3)
    np.testing.assert_allclose(found, slope, rtol=1e-6, atol=1e-8)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * found, slope, rtol=1e-6, atol=1e-8)


def test_matryoshka_gradients_equal_differences():
    X = drawn(5)
    slope = differences(lambda x: M.matryoshka_loss(x, (1, 3, 6), temperature=0.3), X)
    found = M.matryoshka_gradients(X, (1, 3, 6), temperature=0.3)
    np.testing.assert_allclose(found, slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("version", ["v1", "improved"])
def test_two_d_gradients_equal_differences_on_both_sides(version):
    """The teacher is not detached: its gradient counts too."""
    X, Y = drawn(6), drawn(7)
    chosen = {
        "layer": 2,
        "dim": 3,
        "temperature": 0.3,
        "smoothing": 0.6,
        "version": version,
    }
    found = M.two_d_gradients(X, Y, **chosen)
    slopes = (
        differences(lambda x: M.two_d_loss(x, Y, **chosen), X),
        differences(lambda y: M.two_d_loss(X, y, **chosen), Y),
    )
    for one, two in zip(found, slopes, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-7)


# --- rung 7: laws --------------------------------------------------------------------
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 20))
def test_lengths_do_not_matter_to_info_nce_but_to_the_divergence(seed, scale):
    X, Y = drawn(seed), drawn(seed + 1)
    np.testing.assert_allclose(
        M.info_nce_loss(scale * X), M.info_nce_loss(X), rtol=1e-9
    )
    found = M.info_nce_gradients(X)
    np.testing.assert_allclose((found * X).sum(axis=-1), 0, atol=1e-9)
    assert M.coordinate_divergence(X, Y) >= -1e-12
    np.testing.assert_allclose(M.coordinate_divergence(X, X), 0, atol=1e-12)
    teacher, student = M.coordinate_divergence_gradients(X, Y)
    for part in (teacher, student):  # a shift of all coordinates changes nothing
        np.testing.assert_allclose(part.sum(axis=-1), 0, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_truncated_vectors_have_length_one(seed, dim):
    X = drawn(seed)
    short = M.truncate(X, dim)
    assert short.shape == (2, 4, dim)
    np.testing.assert_allclose(np.linalg.norm(short, axis=-1), 1)
    np.testing.assert_allclose(M.truncate(M.truncate(X, 6), dim), short, atol=1e-12)


def test_later_coordinates_of_a_prefix_have_no_gradient():
    found = M.matryoshka_gradients(drawn(8), (1, 3))
    np.testing.assert_array_equal(found[..., 3:], 0)
    assert np.abs(found[..., :3]).min() > 0


def test_the_divergence_grows_with_scale():
    """Why the temperature of the divergence needs care; the chapter's trap."""
    X, Y = drawn(9), drawn(10)
    values = [M.coordinate_divergence(s * X, s * Y) for s in (0.5, 1, 2)]
    assert values[0] < 0.5 * values[1]
    assert values[1] < 0.5 * values[2]


# --- draws ---------------------------------------------------------------------------
def test_draws_use_each_pair_once_a_shuffle_and_all_layers_and_lengths():
    config = M.MatryoshkaConfig(batch_size=4, steps=300)
    found = list(M.draws(13, 6, config, seed=1))
    assert len(found) == 300
    first = np.concatenate([rows for rows, _, _ in found[:3]])
    assert len(set(first)) == 12
    layers = np.bincount([layer for _, layer, _ in found])
    assert len(layers) == 6
    assert layers[0] == 0
    np.testing.assert_allclose(layers[1:], 60, atol=4 * math.sqrt(48))
    assert {dim for _, _, dim in found} == set(config.dims)
    again = list(M.draws(13, 6, config, seed=1))
    np.testing.assert_array_equal(again[7][0], found[7][0])
    assert [x[1:] for x in M.draws(13, 6, config, seed=2)] != [x[1:] for x in found]


# --- cost ----------------------------------------------------------------------------
def test_the_cost_of_an_exit_is_that_of_its_blocks():
    config = A.EncoderConfig(layers=6, dim=8, heads=2, hidden=16)
    one = A.block_cost(10, config).total
    assert M.exit_cost(10, config) == (6 * one, 32)
    assert M.exit_cost(10, config, layer=2, dim=3) == (2 * one, 12)


# --- bad input -----------------------------------------------------------------------
BAD = [
    (lambda: M.info_nce_loss(drawn(shape=(2, 1, 6))), "batch of 1"),
    (lambda: M.info_nce_loss(drawn(shape=(3, 4, 6))), r"\(2, batch, dim\)"),
    (lambda: M.info_nce_loss(np.zeros((2, 4, 6))), "8 of 8 vectors are zero"),
    (lambda: M.info_nce_loss(np.full((2, 4, 6), np.nan)), "48 entries are NaN"),
    (lambda: M.info_nce_loss(drawn(), temperature=0), "temperature must be above 0"),
    (lambda: M.info_nce_loss(drawn(), temperature=-1), "got -1"),
    (lambda: M.coordinate_divergence(drawn(), drawn(), 0), "smoothing must be above"),
    (lambda: M.coordinate_divergence(drawn(), drawn()[:1]), "one shape"),
    (lambda: M.matryoshka_loss(drawn(), [2, 7]), "7 coordinates .* have 6"),
    (lambda: M.matryoshka_loss(drawn(), [3, 2]), "must be increasing"),
    (lambda: M.matryoshka_loss(drawn(), [2, 2]), "must be increasing"),
    (lambda: M.matryoshka_loss(drawn(), []), "must be increasing"),
    (lambda: M.matryoshka_loss(drawn(), [0, 2]), "1 or more"),
    (lambda: M.two_d_loss(drawn(), drawn(), layer=0, dim=2), "layer 0"),
    (lambda: M.two_d_loss(drawn(), drawn(), layer=1, dim=6), "fewer than the 6"),
    (lambda: M.two_d_loss(drawn(), drawn(), layer=1, dim=0), "1 coordinate or more"),
    (lambda: M.two_d_weights(1, 1.0, "v2"), "unknown version 'v2'"),
    (lambda: M.truncate(drawn(), 7), "7 coordinates .* have 6"),
    (lambda: M.pool(STATES, [2, 1], "sum"), "unknown pooling 'sum'"),
    (lambda: M.pool(STATES, [2, 0]), "without tokens"),
    (lambda: M.pool(STATES, [4, 1]), "lie in 1 to 3"),
    (lambda: M.pool(STATES[0], [2, 1]), "one length a row"),
    (lambda: M.weighted_pool(STATES, [2, 1], [1.0, 2]), "one weight a token"),
    (lambda: M.uniformity(np.ones((1, 3))), "n >= 2"),
    (lambda: M.MatryoshkaConfig(method="3d"), "unknown method '3d'"),
    (lambda: M.MatryoshkaConfig(temperature=0), "temperature must be above 0"),
    (lambda: M.MatryoshkaConfig(batch_size=1), "batch of 1"),
    (lambda: M.MatryoshkaConfig(dims=(16, 8)), "must be increasing"),
    (lambda: M.MatryoshkaConfig(steps=0), "steps must be 1 or more"),
    (lambda: list(M.draws(3, 6, M.MatryoshkaConfig(), 0)), "3 pairs do not fill"),
    (lambda: M.exit_cost(5, A.EncoderConfig(layers=2), layer=3), "1 to 2"),
    (lambda: M.exit_cost(5, A.EncoderConfig(), dim=999), "999 coordinates"),
]


@pytest.mark.parametrize(("call", "words"), BAD)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = M.nothing
