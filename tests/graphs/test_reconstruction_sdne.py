"""SDNE: pencil, loop, slopes, autograd, NumPy = torch step by step, bad input."""

from dataclasses import replace

import numpy as np
import pytest
from numeric import differences

from tutor.graphs import reconstruction as rec
from tutor.graphs.graph import Graph
from tutor.graphs.reconstruction import SDNEConfig, reference

SMALL = SDNEConfig(dim=3, hidden=(5,), penalty=4.0, alpha=0.3, decay=0.05, epochs=20)
EDGES = [[0, 1], [1, 2], [2, 3], [3, 0], [0, 2], [4, 5], [5, 6], [3, 4]]
GRAPH = Graph.from_edges(tuple("abcdefg"), EDGES)
A = GRAPH.adjacency().toarray()


def network(seed=1, config=SMALL):
    """Return weights with biases that are not zero."""
    start = reference.initial_network(7, config, seed=seed)
    rng = np.random.default_rng(seed)
    return reference.Network(start.W, tuple(rng.normal(size=b.shape) for b in start.b))


# --- rung 0: pencil ------------------------------------------------------------------
def test_pencil_of_the_chapter():
    """One edge, all weights 0: every output is 1/2, so four gaps of 1/2.

    Two of them are edges with penalty 3, two are not: 2 · 9/4 + 2 · 1/4 = 5. Both
    embeddings are equal, so the first-order term is 0.
    """
    pair = np.array([[0.0, 1.0], [1.0, 0.0]])
    config = SDNEConfig(dim=1, hidden=(2,), penalty=3.0, alpha=7.0, decay=1.0)
    start = reference.initial_network(2, config)
    zero = reference.Network(
        tuple(0 * W for W in start.W), tuple(0 * b for b in start.b)
    )
    np.testing.assert_allclose(reference.sdne_loss(zero, pair, config), 5.0, atol=1e-12)


# --- rung 1: the formula is the loop -------------------------------------------------
def test_loss_equals_a_loop():
    net = network()
    total, Y = 0.0, []
    for i in range(7):
        h = A[i]
        for layer, (W, b) in enumerate(zip(net.W, net.b, strict=True), 1):
            h = np.array(
                [1 / (1 + np.exp(-(h @ W[:, j] + b[j]))) for j in range(len(b))]
            )
            if layer == 2:
                Y.append(h)
        for j in range(7):
            weight = SMALL.penalty if A[i, j] else 1.0
            total += ((h[j] - A[i, j]) * weight) ** 2
    for i in range(7):
        for j in range(7):
            total += SMALL.alpha * A[i, j] * np.sum((Y[i] - Y[j]) ** 2)
    total += SMALL.decay * sum(np.sum(W**2) for W in net.W)
    np.testing.assert_allclose(reference.sdne_loss(net, A, SMALL), total, rtol=1e-10)
    with pytest.raises(AssertionError):  # rung 9: one per cent is seen
        np.testing.assert_allclose(
            reference.sdne_loss(net, 1.01 * A, SMALL), total, rtol=1e-10
        )


def test_decode_ends_what_activations_begin():
    net = network()
    h = reference.activations(net, A)
    Y = reference.encode(net, A)
    np.testing.assert_allclose(Y, h[2], atol=1e-12)
    np.testing.assert_allclose(reference.decode(net, Y), h[-1], atol=1e-12)


# --- rung 2: finite differences ------------------------------------------------------
@pytest.mark.parametrize("hidden", [(), (5,), (6, 4)])
@pytest.mark.parametrize("kind", ["W", "b"])
def test_gradient_equals_differences(hidden, kind):
    config = replace(SMALL, hidden=hidden)
    net = network(config=config)
    slopes = getattr(reference.sdne_gradients(net, A, config), kind)
    for layer, slope in enumerate(slopes):

        def loss(x, layer=layer):
            parts = list(getattr(net, kind))
            parts[layer] = x
            return reference.sdne_loss(net._replace(**{kind: tuple(parts)}), A, config)

        near = differences(loss, getattr(net, kind)[layer])
        np.testing.assert_allclose(slope, near, rtol=1e-5, atol=1e-6)
        with pytest.raises(AssertionError):
            np.testing.assert_allclose(1.01 * slope, near, rtol=1e-5, atol=1e-6)


# --- rungs 3 to 5: torch -------------------------------------------------------------
def test_gradient_equals_autograd():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from tutor.graphs.reconstruction.torch import SDNE

    net = network()
    model = SDNE(net, SMALL, dtype=torch.float64)
    loss = model(torch.tensor(A))
    np.testing.assert_allclose(
        loss.item(), reference.sdne_loss(net, A, SMALL), rtol=1e-12
    )
    loss.backward()
    slopes = reference.sdne_gradients(net, A, SMALL)
    for ours, theirs in zip(slopes.W + slopes.b, model.parameters(), strict=True):
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("steps", [1, 25])
def test_steps_numpy_equal_torch(steps):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from tutor.graphs.reconstruction.torch import SDNE
    from tutor.training import train

    config = replace(SMALL, epochs=steps)
    net = network()
    ours, losses = reference.learn(net, A, config)
    model = SDNE(net, config, dtype=torch.float64)
    history = train(
        model,
        ([(A,)] for _ in range(steps)),
        learning_rate=config.learning_rate,
        optimizer="adam",
    )
    np.testing.assert_allclose(losses, history["loss"], rtol=1e-10)
    theirs = model.network()
    for one, other in zip(ours.W + ours.b, theirs.W + theirs.b, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-10)


def test_fit_numpy_equals_torch():
    """Float64 against float32: the same curve, the same nearest node."""
    pytest.importorskip("torch", reason="torch is not installed")
    slow = rec.fit_sdne(GRAPH, SMALL, backend="numpy", seed=3)
    fast = rec.fit_sdne(GRAPH, SMALL, backend="torch", seed=3)
    np.testing.assert_allclose(slow.history["loss"], fast.history["loss"], rtol=1e-4)
    np.testing.assert_allclose(
        rec.decoder_scores(slow), rec.decoder_scores(fast), atol=1e-4
    )
    other = rec.fit_sdne(GRAPH, SMALL, backend="numpy", seed=4)
    assert np.abs(other.embedding.vectors - slow.embedding.vectors).max() > 1e-3


@pytest.mark.gpu
def test_cpu_equals_cuda(cuda):
    one = rec.fit_sdne(GRAPH, SMALL, seed=3)
    other = rec.fit_sdne(GRAPH, SMALL, seed=3, device=cuda)
    np.testing.assert_allclose(one.history["loss"], other.history["loss"], rtol=1e-4)


def test_training_rebuilds_the_graph():
    config = replace(SMALL, dim=4, penalty=1.5, alpha=0.0, decay=0.0, epochs=400)
    config = replace(config, hidden=(16,))
    fit = rec.fit_sdne(GRAPH, config, backend="numpy", seed=1)
    assert fit.history["loss"][-1] < 0.2 * fit.history["loss"][0]
    assert rec.khop_map(rec.decoder_scores(fit), GRAPH, 1) > 0.95


def test_the_first_order_term_draws_neighbours_together():
    free = replace(SMALL, alpha=0.0, decay=0.0, epochs=100)
    pulled = replace(free, alpha=50.0)
    gaps = []
    for config in (free, pulled):
        Y = rec.fit_sdne(GRAPH, config, backend="numpy", seed=1).embedding.vectors
        edges = np.array(EDGES)
        gaps.append(np.sum((Y[edges[:, 0]] - Y[edges[:, 1]]) ** 2))
    assert gaps[1] < 0.5 * gaps[0]


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SDNEConfig(dim=0), "1 or more"),
        (lambda: SDNEConfig(hidden=(0,)), "1 or more"),
        (lambda: SDNEConfig(penalty=0.5), "penalty"),
        (lambda: SDNEConfig(alpha=-1.0), "alpha"),
        (lambda: SDNEConfig(decay=float("nan")), "decay"),
        (lambda: SDNEConfig(learning_rate=0.0), "learning_rate"),
        (lambda: rec.fit_sdne(GRAPH, SDNEConfig(dim=8)), "lower dim to 7"),
        (lambda: rec.fit_sdne(GRAPH, SMALL, backend="numba"), "torch, numpy"),
        (
            lambda: rec.fit_sdne(
                Graph.from_edges(("a", "b"), [[0, 1]], directed=True), SMALL
            ),
            "undirected",
        ),
        (
            lambda: rec.dot_scores(rec.fit_sdne(GRAPH, SMALL, backend="numpy")),
            "one matrix",
        ),
    ],
)
def test_bad_input_names_given_and_remedy(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_loss_without_bounds_is_named():
    """A broken start is found in the first epoch."""
    net = network()
    broken = net._replace(b=(*net.b[:-1], np.full(7, np.nan)))
    with pytest.raises(FloatingPointError, match="epoch 1"):
        reference.learn(broken, A, SMALL)
