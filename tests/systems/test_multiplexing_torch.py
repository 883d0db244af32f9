"""Multiplexing in torch: the same loss, gradients, steps and epoch as NumPy's."""

from dataclasses import replace

import numpy as np
import pytest
from planted_fields import CONFIG, double, planted

from tutor.datasets.tables import split_by_time
from tutor.systems import multiplexing as mx
from tutor.systems.multiplexing import train

torch = pytest.importorskip("torch", reason="torch is not installed")
FORMS = [("full", 1, 6), ("fair", 1, 6), ("unified", 2, 6), ("unified", 1, 0)]


def twin():
    from tutor.systems.multiplexing import torch as module

    return module


def start(method, lookups, hidden):
    table = planted(800)
    split = mx.make_split(table, split_by_time(table))
    budget = 1.0 if method == "full" else CONFIG.budget
    config = replace(
        CONFIG, method=method, lookups=lookups, hidden=hidden, budget=budget
    )
    return split, config


@pytest.mark.parametrize(("method", "lookups", "hidden"), FORMS)
def test_loss_and_gradients_numpy_equal_autograd(method, lookups, hidden):
    split, config = start(method, lookups, hidden)
    model = double(train.start(split, config))
    keys, y = split.train[0][:50], split.train[1][:50].astype(float)
    loss, (by_table,), by_network = train.gradients(model, keys, y)
    net = twin().MultiplexingModel(model)
    theirs = net(torch.tensor(model.table.rows(keys)), torch.tensor(y))
    theirs.backward()
    np.testing.assert_allclose(loss, theirs.item(), rtol=1e-10)
    np.testing.assert_allclose(by_table, net.weights.grad, atol=1e-8)
    for name in by_network._fields[0 if hidden else 2 :]:
        mine = getattr(by_network, name)
        np.testing.assert_allclose(mine, getattr(net, name).grad, atol=1e-8)
    with pytest.raises(AssertionError):  # alive: one per cent is seen
        np.testing.assert_allclose(1.01 * by_table, net.weights.grad, atol=1e-8)


@pytest.mark.parametrize(("method", "lookups", "hidden"), FORMS)
def test_steps_of_adam_numpy_equal_torch(method, lookups, hidden):
    split, config = start(method, lookups, hidden)
    model = double(train.start(split, config))
    net = twin().MultiplexingModel(model)
    adam = train.optimiser(model, config)
    optimizer = torch.optim.Adam(net.parameters(), lr=config.learning_rate)
    for chosen in list(train.batches(500, config, seed=1, epoch=0))[:3]:
        keys, y = split.train[0][chosen], split.train[1][chosen].astype(float)
        rows = torch.tensor(model.table.rows(keys))
        _, by_table, by_network = train.gradients(model, keys, y)
        used = by_network if hidden else by_network[2:]
        adam.step(*by_table, *used)
        optimizer.zero_grad()
        net(rows, torch.tensor(y)).backward()
        optimizer.step()
    np.testing.assert_allclose(
        model.table.weights, net.weights.detach(), rtol=1e-10, atol=1e-10
    )
    np.testing.assert_allclose(
        model.network.w2, net.w2.detach(), rtol=1e-10, atol=1e-10
    )


def test_training_numpy_equals_torch():
    torch.set_num_threads(1)
    split, config = start("unified", 2, 6)
    ours = train.train(split, config, seed=2)
    theirs = twin().train(split, config, seed=2)
    np.testing.assert_allclose(ours.losses, theirs.losses, atol=1e-4)
    np.testing.assert_allclose(ours.aucs, theirs.aucs, atol=2e-3)
    np.testing.assert_allclose(
        ours.table.weights, theirs.table.weights, rtol=1e-2, atol=1e-3
    )


def test_torch_fit_and_its_refusals():
    table = planted(500)
    fit = mx.fit(table, split_by_time(table), CONFIG, backend="torch")
    np.testing.assert_equal(fit.backend, "torch")
    with pytest.raises(ValueError, match="not available here"):
        mx.fit(table, split_by_time(table), CONFIG, backend="torch", device="cuda:9")

    class Other:
        """Not a RowTable."""

    split, config = start("unified", 1, 6)
    model = replace(train.start(split, config), table=Other())
    with pytest.raises(TypeError, match="holds a RowTable, got Other"):
        twin().MultiplexingModel(model)


@pytest.mark.gpu
def test_cpu_equals_cuda(cuda):
    split, config = start("unified", 2, 6)
    here = twin().train(split, config, seed=2)
    there = twin().train(split, config, seed=2, device=cuda)
    np.testing.assert_allclose(here.losses, there.losses, atol=1e-4)
