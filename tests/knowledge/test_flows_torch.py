"""Flows in torch: gradients, steps and epochs as NumPy's; torch's own divergence."""

import numpy as np
import pytest
from numeric import assert_autograd_agrees

from tutor.knowledge import flows
from tutor.knowledge.flows import FlowsConfig, group, reference, train
from tutor.knowledge.studies import flows as study

torch = pytest.importorskip("torch", reason="torch is not installed")

MODELS = tuple(reference.SCORERS)


def twin():
    from tutor.knowledge.flows import torch as module

    return module


def start(model):
    """Return config, plan, float64 tables and the first batch of a planted line."""
    data = group.line(10)
    config = FlowsConfig(scorer=model, dim=4, batch_size=16, gamma=1.0, init=0.5)
    plan = train.make_plan(data.train, 10, 6)
    E, R = (t.astype(np.float64) for t in train.initial_tables(plan, config, 3))
    return config, plan, E, R, next(iter(train.batches(plan, config, seed=1, epoch=0)))


def test_every_scorer_has_its_twin():
    assert set(twin().SCORERS) == set(reference.SCORERS)


@pytest.mark.parametrize("model", MODELS)
def test_loss_and_gradients_numpy_equal_autograd(model):
    config, _, E, R, batch = start(model)
    loss, gE, gR = train.gradients(E, R, batch, config)
    net = twin().FlowModel(torch.tensor(E), torch.tensor(R), config)
    assert_autograd_agrees(net, batch, loss, gE, gR)


@pytest.mark.parametrize("model", MODELS)
def test_steps_of_adam_numpy_equal_torch(model):
    """Three steps, so that the corrections of the moments take part."""
    config, plan, E, R, _ = start(model)
    net = twin().FlowModel(torch.tensor(E), torch.tensor(R), config)
    optimizer = torch.optim.Adam(net.parameters(), lr=config.learning_rate)
    adam = train.Adam((E, R), config.learning_rate)
    for batch in list(train.batches(plan, config, seed=1, epoch=0))[:3]:
        adam.step(*train.gradients(E, R, batch, config)[1:])
        optimizer.zero_grad()
        net(batch).backward()
        optimizer.step()
    np.testing.assert_allclose(E, net.E.detach(), atol=1e-10)
    np.testing.assert_allclose(R, net.R.detach(), atol=1e-10)


@pytest.mark.parametrize("model", MODELS)
def test_two_epochs_numpy_equal_torch(model):
    """With a strong decay, so that a scheduler off by one epoch is seen."""
    data = group.line(12)
    config = FlowsConfig(scorer=model, dim=4, epochs=2, batch_size=32, decay=0.3)
    one, two = (flows.fit(data, config, backend=b, seed=2) for b in ("numpy", "torch"))
    np.testing.assert_allclose(one.history["loss"], two.history["loss"], atol=1e-4)
    np.testing.assert_allclose(one.embedding.vectors, two.embedding.vectors, atol=1e-4)
    np.testing.assert_allclose(one.context.vectors, two.context.vectors, atol=1e-4)


def test_nfe3_is_torchs_divergence():
    rng = np.random.default_rng(0)
    for _ in range(5):
        h, r, t = rng.normal(size=(3, 8))
        ours, theirs = reference.nfe3_score(h, r, t), study.kl_in_torch(h, r, t)
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)
        with pytest.raises(AssertionError):
            np.testing.assert_allclose(1.01 * ours, theirs, rtol=1e-10)


def test_nfe1_is_the_closed_form_of_two_normal_variables():
    """Squared W2 of N(m1, s1²), N(m2, s2²) in one dimension: sorted samples agree."""
    h, r, t = np.array([0.5, 0.8]), np.array([0.3, -1.5]), np.array([-1.0, 0.4])
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(2, 400_000, generator=rng, dtype=torch.float64)
    head = (r[1] * (h[0] + h[1] * x) + r[0]).sort().values
    tail = (t[0] + t[1] * y).sort().values
    found = float(((head - tail) ** 2).mean())
    np.testing.assert_allclose(-reference.nfe1_score(h, r, t), found, rtol=0.02)


@pytest.mark.oracle
@pytest.mark.slow
def test_plain_scores_equal_pykeens():
    """TransE with ``power_norm`` is our squared score; DistMult is DistMult."""
    modules = pytest.importorskip("pykeen.nn.modules", reason="pykeen is not installed")
    h, r, t = np.random.default_rng(1).normal(size=(3, 6))
    given = [torch.tensor(x) for x in (h, r, t)]
    squared = modules.TransEInteraction(p=2, power_norm=True)(*given)
    np.testing.assert_allclose(reference.shift_score(h, r, t), squared, atol=1e-6)
    product = modules.DistMultInteraction()(*given)
    ours = reference.scorer("distmult").score(h, r, t)
    np.testing.assert_allclose(ours, product, atol=1e-6)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * ours, product, atol=1e-6)


def test_cuda_is_refused_where_there_is_none():
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(ValueError, match="'cuda' is not available here"):
        flows.fit(group.line(8), backend="torch", device="cuda")


@pytest.mark.gpu
def test_one_epoch_cpu_equals_cuda(cuda):
    config = FlowsConfig(dim=8, epochs=1)
    here, there = (
        flows.fit(group.line(12), config, backend="torch", device=device)
        for device in ("cpu", cuda)
    )
    np.testing.assert_allclose(
        here.embedding.vectors, there.embedding.vectors, atol=1e-4
    )
