"""Hyperplanes, ITQ and coin flips: angles, losses, corners, chance."""

import numpy as np
import pytest

from tutor.documents import hashing
from tutor.evaluate import binary

RNG = np.random.default_rng(1)
CLOUD = RNG.normal(size=(300, 12)) * np.linspace(3, 0.5, 12) + 2.0


def test_normal_draws_are_normal():
    drawn = hashing.normal_draws(200, 200, 3, hashing.HYPERPLANES)
    np.testing.assert_allclose(drawn.mean(), 0, atol=0.02)
    np.testing.assert_allclose(drawn.std(), 1, atol=0.02)
    np.testing.assert_allclose((np.abs(drawn) < 1.96).mean(), 0.95, atol=0.005)
    other = hashing.normal_draws(200, 200, 4, hashing.HYPERPLANES)
    assert abs(np.corrcoef(drawn.ravel(), other.ravel())[0, 1]) < 0.03


def test_share_of_differing_bits_is_the_angle():
    """Charikar (2002): a random hyperplane parts two vectors with probability θ/π."""
    angles = np.array([0.2, 1.0, 2.5])
    X = np.vstack([[1, 0], *np.column_stack([np.cos(angles), np.sin(angles)])])
    codes = hashing.hash_codes(X, hashing.lsh(X, 20_000, seed=1, center=False))
    share = binary.hamming_distance(codes[:1], codes[1:])[0] / 20_000
    np.testing.assert_allclose(share, angles / np.pi, atol=0.015)
    with pytest.raises(AssertionError):  # rung 9, at ten times the tolerance
        np.testing.assert_allclose(share + 0.15, angles / np.pi, atol=0.015)


def test_centring_balances_the_bits():
    raw = hashing.hash_codes(CLOUD, hashing.lsh(CLOUD, 256, center=False))
    even = hashing.hash_codes(CLOUD, hashing.lsh(CLOUD, 256))
    assert np.abs(even.mean(axis=0) - 0.5).max() < 0.15
    assert np.abs(raw.mean(axis=0) - 0.5).max() > 0.3


def test_itq_never_raises_its_loss_and_is_orthogonal():
    learned, losses = hashing.itq(CLOUD, 8, seed=2, iterations=40)
    assert (np.diff(losses) <= 1e-12).all()
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(learned.planes.T @ learned.planes, np.eye(8), atol=1e-10)


def test_itq_is_the_loop_of_the_definition():
    learned, losses = hashing.itq(CLOUD, 5, seed=7, iterations=3)
    X = CLOUD - CLOUD.mean(axis=0)
    P = np.linalg.eigh(X.T @ X)[1][:, ::-1][:, :5]
    P *= np.sign(P[np.abs(P).argmax(axis=0), np.arange(5)])
    Z = X @ P
    R = np.linalg.qr(hashing.normal_draws(5, 5, 7, hashing.ROTATION))[0]
    for _ in range(3):
        U, _, Vt = np.linalg.svd(Z.T @ np.sign(Z @ R))
        R = U @ Vt
    np.testing.assert_allclose(learned.planes, P @ R, atol=1e-8)
    loss = np.mean((np.sign(Z @ R) - Z @ R) ** 2)
    np.testing.assert_allclose(losses[-1], loss, rtol=1e-10)


def test_itq_finds_the_corners_of_a_turned_cube():
    """Rung 7: documents at the corners of a rotated cube are coded without loss."""
    corners = np.where(RNG.random((400, 3)) < 0.5, -1.0, 1.0)
    turn = np.linalg.qr(RNG.normal(size=(3, 3)))[0]
    runs = [hashing.itq(corners @ turn, 3, seed=s, iterations=99) for s in range(9)]
    learned, losses = min(runs, key=lambda run: run[1][-1])  # a turn can get stuck
    assert losses[-1] < 0.02
    codes = hashing.hash_codes(corners @ turn, learned)
    same = binary.hamming_distance(codes, codes) == 0
    np.testing.assert_array_equal(same, (corners @ corners.T) == 3)


def test_coins_are_fair_and_repeat():
    codes = hashing.random_codes(500, 64, seed=3)
    np.testing.assert_allclose(codes.mean(), 0.5, atol=0.01)
    np.testing.assert_array_equal(codes, hashing.random_codes(500, 64, seed=3))


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="13 bits need as many rows and columns"):
        hashing.itq(CLOUD, 13)
    with pytest.raises(ValueError, match="bits must be at least 1, got 0"):
        hashing.lsh(CLOUD, 0)
    with pytest.raises(ValueError, match="iterations must be at least 1"):
        hashing.itq(CLOUD, 3, iterations=0)
    with pytest.raises(ValueError, match="finite matrix"):
        hashing.lsh(CLOUD[0], 3)
    with pytest.raises(ValueError, match=r"must be \(n, 12\)"):
        hashing.hash_codes(CLOUD[:, :3], hashing.lsh(CLOUD, 4))
    with pytest.raises(ValueError, match="at least one code of one bit"):
        hashing.random_codes(0, 4)
