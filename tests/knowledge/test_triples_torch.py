"""Triples in torch: the same losses, gradients, step and epoch as NumPy's."""

import numpy as np
import pytest
from numeric import assert_autograd_agrees

from tutor.knowledge import triples as kg
from tutor.knowledge.triples import TriplesConfig, losses, reference, train, worlds

torch = pytest.importorskip("torch", reason="torch is not installed")

MODELS = ("transe", "distmult", "complex", "rotate")
OBJECTIVES = ("softmax", "bce", "margin", "nssa")


def twin():
    from tutor.knowledge.triples import torch as module

    return module


def start(model, objective, **change):
    """Return data, config, plan, float64 tables and the first batch."""
    data = worlds.ring(10)
    settings = {"dim": 4, "batch_size": 16, "l2": 0.001, "negatives": 5}
    config = TriplesConfig(scorer=model, objective=objective, **{**settings, **change})
    plan = train.make_plan(data.train, 10, 4, config)
    E, R = (t.astype(np.float64) for t in train.initial_tables(plan, config, 3))
    return config, plan, E, R, next(iter(train.batches(plan, config, seed=1, epoch=0)))


def test_every_scorer_has_its_twin():
    assert set(twin().SCORERS) == set(reference.SCORERS)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_loss_and_gradients_numpy_equal_autograd(model, objective):
    config, _, E, R, batch = start(model, objective)
    loss, gE, gR = train.gradients(E, R, batch, config)
    net = twin().TripleModel(torch.tensor(E), torch.tensor(R), config)
    assert_autograd_agrees(net, batch, loss, gE, gR)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_steps_of_adam_numpy_equal_torch(model, objective):
    """Three steps, so that the corrections of the moments take part."""
    config, plan, E, R, _ = start(model, objective)
    net = twin().TripleModel(torch.tensor(E), torch.tensor(R), config)
    optimizer = torch.optim.Adam(net.parameters(), lr=config.learning_rate)
    adam = train.Adam((E, R), config.learning_rate)
    for batch in list(train.batches(plan, config, seed=1, epoch=0))[:3]:
        adam.step(*train.gradients(E, R, batch, config)[1:])
        optimizer.zero_grad()
        net(batch).backward()
        optimizer.step()
    assert adam.steps >= 2
    np.testing.assert_allclose(E, net.E.detach(), atol=1e-10)
    np.testing.assert_allclose(R, net.R.detach(), atol=1e-10)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("change", [{}, {"objective": "nssa"}, {"reciprocal": True}])
def test_one_epoch_numpy_equals_torch(model, change):
    data = worlds.grid(5)
    config = TriplesConfig(
        scorer=model, dim=8, epochs=2, unit_entities=model == "transe", **change
    )
    one, two = (kg.fit(data, config, backend=b, seed=2) for b in ("numpy", "torch"))
    np.testing.assert_allclose(one.history["loss"], two.history["loss"], atol=1e-4)
    np.testing.assert_allclose(one.embedding.vectors, two.embedding.vectors, atol=1e-4)
    np.testing.assert_allclose(one.context.vectors, two.context.vectors, atol=1e-4)
    ranks = [kg.evaluate(run, data).mrr() for run in (one, two)]
    np.testing.assert_allclose(*ranks, atol=0.02)


def test_the_adversarial_weights_have_no_gradient():
    """With weights as constants the gradient is the hand-made one; else it differs."""
    rng = np.random.default_rng(0)
    neg = torch.tensor(rng.normal(size=(3, 4)), requires_grad=True)
    pos = torch.tensor(rng.normal(size=3))
    twin().nssa_loss(pos, neg, 2.0, 1.0).backward()
    values = neg.detach().numpy()
    w = losses.adversarial_weights(values, 1.0)
    hand = losses.nssa_gradients(pos.numpy(), values, 2.0, w)[1]
    np.testing.assert_allclose(neg.grad, hand, atol=1e-12)


def test_cuda_is_refused_where_there_is_none():
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(ValueError, match="'cuda' is not available here"):
        kg.fit(worlds.grid(4), backend="torch", device="cuda")


@pytest.mark.gpu
def test_one_epoch_cpu_equals_cuda(cuda):
    data = worlds.grid(5)
    config = TriplesConfig(dim=8, epochs=1)
    here, there = (
        kg.fit(data, config, backend="torch", device=device) for device in ("cpu", cuda)
    )
    np.testing.assert_allclose(
        here.embedding.vectors, there.embedding.vectors, atol=1e-4
    )
