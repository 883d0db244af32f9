"""The noisy autoencoder: gradients against differences and torch, learning, noise."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tutor.documents import autoencoder as ae
from tutor.documents.autoencoder import AutoencoderConfig, Weights

RNG = np.random.default_rng(2)
TINY = AutoencoderConfig(bits=3, hidden=4, words=6, epochs=3, batch=5)


def batch():
    counts = RNG.integers(0, 3, (5, 6)).astype(float)
    w = Weights(*(RNG.normal(size=s) for s in ((6, 4), 4, (4, 3), 3, (3, 6), 6)))
    return np.log1p(counts), counts, w, RNG.normal(size=(5, 3))


def topics(n=120):
    """Return counts of two groups of documents with different words."""
    group = np.arange(n) % 2
    rates = np.where(np.arange(6) < 3, 2.0, 0.2)
    return csr_matrix(
        RNG.poisson(np.where(group[:, None] == 0, rates, rates[::-1]))
    ), group


def test_gradients_are_differences():
    X, counts, w, noise = batch()
    _, gradients = ae.loss_and_gradients(X, counts, w, noise)
    for k in range(6):
        slope = np.zeros_like(w[k])
        for i in np.ndindex(*w[k].shape):
            ends = []
            for step in (1e-6, -1e-6):
                moved = [part.copy() for part in w]
                moved[k][i] += step
                ends.append(ae.loss_and_gradients(X, counts, Weights(*moved), noise)[0])
            slope[i] = (ends[0] - ends[1]) / 2e-6
        np.testing.assert_allclose(gradients[k], slope, rtol=1e-5, atol=1e-7)


def test_loss_and_gradients_equal_torch():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    X, counts, w, noise = batch()
    loss, gradients = ae.loss_and_gradients(X, counts, w, noise)
    t = [torch.tensor(part, requires_grad=True) for part in w]
    h = torch.tanh(torch.tensor(X) @ t[0] + t[1])
    y = torch.sigmoid(h @ t[2] + t[3] + torch.tensor(noise))
    theirs = -(torch.tensor(counts) * torch.log_softmax(y @ t[4] + t[5], dim=1)).sum()
    theirs.backward()
    np.testing.assert_allclose(loss, theirs.item(), rtol=1e-10)
    for mine, part in zip(gradients, t, strict=True):
        np.testing.assert_allclose(mine, part.grad, atol=1e-8)
    with pytest.raises(AssertionError):  # rung 9
        np.testing.assert_allclose(1.01 * loss, theirs.item(), rtol=1e-10)


def test_adam_step_equals_torch():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    _, _, w, _ = batch()
    parameters = [torch.nn.Parameter(torch.tensor(part)) for part in w]
    optimizer = torch.optim.Adam(parameters, lr=0.01)
    state = (Weights(*map(np.zeros_like, w)), Weights(*map(np.zeros_like, w)), 0)
    for _ in range(3):
        gradients = Weights(*(RNG.normal(size=part.shape) for part in w))
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = torch.tensor(g)
        optimizer.step()
        w, state = ae.adam_step(w, gradients, state, 0.01)
    for mine, p in zip(w, parameters, strict=True):
        np.testing.assert_allclose(mine, p.detach(), rtol=1e-9)


def test_two_topics_get_two_codes():
    counts, group = topics()
    model = ae.fit(counts, replace(TINY, epochs=40, learning_rate=0.02, bits=4), seed=1)
    codes = ae.codes(model, counts)
    means = np.array([codes[group == g].mean(axis=0) for g in (0, 1)])
    assert np.abs(means[0] - means[1]).max() > 0.7
    losses = model.history["loss"]
    assert losses[-1] < losses[0]


def test_noise_drives_the_middle_layer_to_its_ends():
    """Why the noise is there: with it the units end further from one half."""
    counts, _ = topics(200)
    config = replace(TINY, epochs=60, learning_rate=0.02)
    ends = []
    for noise in (0.0, 4.0):
        model = ae.fit(counts, replace(config, noise=noise), seed=1)
        z = ae.middle(ae.inputs(counts, 6)[0], model.weights)[1]
        ends.append(np.abs(1 / (1 + np.exp(-z)) - 0.5).mean())
    assert ends[1] > ends[0] + 0.02


def test_a_run_repeats_and_seeds_differ():
    counts, _ = topics()
    one, two, other = (ae.fit(counts, TINY, seed=s).weights.A for s in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - other).max() > 1e-3


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="bits must be 1 or more, got 0"):
        AutoencoderConfig(bits=0)
    with pytest.raises(ValueError, match="noise >= 0"):
        AutoencoderConfig(noise=-1.0)
    with pytest.raises(ValueError, match="cannot be learned from"):
        ae.fit(csr_matrix((3, 1)), TINY)
    counts, _ = topics()
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match="lower learning_rate"),
    ):
        ae.fit(counts, replace(TINY, learning_rate=1e39), seed=0)
