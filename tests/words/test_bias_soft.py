"""Soft debiasing: gradient, two solvers, an outside solver, torch; CPU and CUDA."""

from __future__ import annotations

import numpy as np
import pytest
from numeric import differences

from tutor.embedding import Embedding
from tutor.geometry import unit_rows
from tutor.words import bias
from tutor.words.bias import soft


def problem(seed=0, n=40, m=25, d=6, k=1):
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, d))
    B = np.linalg.qr(rng.normal(size=(d, k)))[0].T
    return W, W[:m], B


def symmetric(seed, d=6):
    A = np.random.default_rng(seed).normal(size=(d, d))
    return A @ A.T / d


@pytest.mark.parametrize("k", [1, 2])
def test_loss_equals_the_published_form_with_all_words(k):
    """||(TW)'(TW) - W'W||² + λ ||(TN)'(TB)||², words in columns there."""
    W, N, B = problem(k=k)
    T = symmetric(1)
    kept = np.linalg.norm((W @ T.T) @ (W @ T.T).T - W @ W.T) ** 2
    taken = np.linalg.norm((N @ T.T) @ (B @ T.T).T) ** 2
    got = bias.soft_loss(T.T @ T, bias.moments(W, N, B), 0.7)
    np.testing.assert_allclose(got, kept + 0.7 * taken, rtol=1e-10)


def test_gradient_equals_central_differences():
    given = bias.moments(*problem())
    X = symmetric(2)
    want = differences(lambda S: bias.soft_loss(S, given, 3.0), X)
    np.testing.assert_allclose(
        bias.soft_gradient(X, given, 3.0), want, rtol=1e-6, atol=1e-3
    )


@pytest.mark.parametrize("weight", [0.0, 0.2, 30.0, 1e4])
@pytest.mark.parametrize("k", [1, 2])
def test_the_gradient_is_zero_at_the_answer(weight, k):
    W, N, B = problem(k=k)
    given = bias.moments(W, N, B)
    made = bias.soft_transform(W, N, B, weight)
    assert made.closed
    slope = bias.soft_gradient(made.X, given, weight)
    np.testing.assert_allclose(slope / np.linalg.norm(given.G) ** 2, 0, atol=1e-9)
    np.testing.assert_allclose(made.T @ made.T, made.X, atol=1e-9)
    if weight == 0:
        np.testing.assert_allclose(made.X, np.eye(6), atol=1e-9)


@pytest.mark.oracle
def test_with_all_words_neutral_it_is_a_lyapunov_equation():
    """Y(I + λM) + (I + λM)Y = 2G with M = G^-1/2 Q G^-1/2: SciPy solves that."""
    from scipy.linalg import solve_continuous_lyapunov, sqrtm

    W, _, B = problem()
    G, _, Q = bias.moments(W, W, B)
    back = np.linalg.inv(np.real(sqrtm(G)))
    A = np.eye(6) + 50.0 * back @ Q @ back
    Y = solve_continuous_lyapunov(A, 2 * G)
    made = bias.soft_transform(W, W, B, 50.0)
    np.testing.assert_allclose(made.X, back @ Y @ back, atol=1e-9)


def steep():
    """Return a problem whose unconstrained minimum is not positive semidefinite."""
    g = np.array([[0.12, 0.07, 0.99]])
    N = np.array([[0.8, 0.0, 6.3]])
    return np.diag([0.2, 0.95, 0.95]), N, g / np.linalg.norm(g)


def test_outside_the_cone_the_projected_steps_take_over():
    from tutor.words.bias import torch as twin

    W, N, B = steep()
    made = bias.soft_transform(W, N, B, 1.0)
    assert not made.closed
    assert np.linalg.eigvalsh(made.X)[0] > -1e-9
    X, loss = twin.soft_transform(bias.moments(W, N, B), 1.0)
    np.testing.assert_allclose(made.loss, loss, rtol=1e-5)
    np.testing.assert_allclose(made.X, X, atol=1e-3)


def test_both_solvers_agree_where_both_apply():
    W, N, B = problem()
    given = bias.moments(W, N, B)
    values, E = np.linalg.eigh(given.G)
    back = E / np.sqrt(values) @ E.T
    Z = back @ B.T
    inner = back @ given.P @ back
    np.testing.assert_allclose(
        soft._projected(given.G, inner, Z @ Z.T, 20.0),
        soft._stationary(given.G, inner, Z, 20.0),
        rtol=1e-7,
        atol=1e-7,
    )


# --- torch ---------------------------------------------------------------------------
@pytest.mark.parametrize("weight", [0.2, 30.0])
def test_soft_loss_numpy_equals_torch(weight):
    import torch

    from tutor.words.bias.torch import SoftDebias

    given, T = bias.moments(*problem()), symmetric(3)
    model = SoftDebias(6)
    model.T.data = torch.tensor(T)
    loss = model(*(torch.tensor(part) for part in given), weight)
    np.testing.assert_allclose(
        loss.item(), bias.soft_loss(T.T @ T, given, weight), rtol=1e-10
    )
    loss.backward()
    slope = 2 * T @ bias.soft_gradient(T.T @ T, given, weight)  # df/dT = 2 T df/dX
    np.testing.assert_allclose(model.T.grad.numpy(), slope, rtol=1e-8, atol=1e-8)
    wrong = bias.soft_loss(T.T @ T, given, 1.01 * weight)
    with pytest.raises(AssertionError):  # alive: a weight off by 1 % is seen
        np.testing.assert_allclose(loss.item(), wrong, rtol=1e-10)


@pytest.mark.parametrize("weight", [0.2, 5.0, 100.0])
def test_soft_transform_numpy_equals_torch(weight):
    """One solves linear equations for X, the other searches T: one minimum."""
    from tutor.words.bias import torch as twin

    W, N, B = problem()
    made = bias.soft_transform(W, N, B, weight)
    X, loss = twin.soft_transform(bias.moments(W, N, B), weight)
    np.testing.assert_allclose(X, made.X, atol=1e-5)
    np.testing.assert_allclose(loss, made.loss, rtol=1e-8)


@pytest.fixture(scope="module")
def words():
    keys = ["she", "he", "her", "his", *(f"w{i}" for i in range(30))]
    vectors = np.random.default_rng(4).normal(size=(34, 5))
    return Embedding(keys, unit_rows(vectors))


PAIRS = (("she", "he"), ("her", "his"))


def test_soft_debias_backends_agree_and_more_weight_means_less_bias(words):
    left = []
    for weight in (0.0, 1.0, 100.0):
        config = bias.BiasConfig(soft_weight=weight)
        made = bias.soft_debias(words, PAIRS, specific=["she", "he"], config=config)
        other = bias.soft_debias(words, PAIRS, specific=["she", "he"], config=config,
                                 backend="torch")  # fmt: skip
        np.testing.assert_allclose(
            other.embedding.vectors, made.embedding.vectors, atol=1e-4
        )
        neutral = made.embedding.vectors[2:]
        left.append(bias.direct_bias(neutral, made.subspace.directions))
    assert left[0] > left[1] > left[2]
    assert made.neutralized == 32


@pytest.mark.gpu
def test_soft_transform_cpu_equals_cuda(cuda):
    from tutor.words.bias import torch as twin

    given = bias.moments(*problem())
    here, there = (twin.soft_transform(given, 5.0, device=d) for d in ("cpu", cuda))
    np.testing.assert_allclose(there[0], here[0], atol=1e-4)
    np.testing.assert_allclose(there[1], here[1], rtol=1e-6)


# --- bad input -----------------------------------------------------------------------
def test_refusals(words):
    W, N, B = problem()
    with pytest.raises(ValueError, match="weight must be finite and 0 or more, got -1"):
        bias.soft_transform(W, N, B, -1.0)
    with pytest.raises(ValueError, match="4 words do not span all 6"):
        bias.soft_transform(W[:4], N, B)
    with pytest.raises(ValueError, match="rows of one length"):
        bias.soft_transform(W, N[:, :5], B)
    with pytest.raises(ValueError, match="all words are specific"):
        bias.soft_debias(words, PAIRS, specific=words.keys)
    with pytest.raises(ValueError, match="unknown backend 'jax'"):
        bias.soft_debias(words, PAIRS, backend="jax")
    with pytest.raises(ValueError, match="runs on the CPU, got device='cuda'"):
        bias.soft_debias(words, PAIRS, device="cuda")


def test_steps_that_do_not_settle_say_so(monkeypatch):
    monkeypatch.setattr(soft, "_STEPS", 2)
    with pytest.raises(FloatingPointError, match="no minimum after 2 steps"):
        bias.soft_transform(*steep(), 1.0)
