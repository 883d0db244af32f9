"""The torch twin of paragraph vectors: loss, gradient, step, epoch as NumPy's."""

from dataclasses import replace

import numpy as np
import pytest

from tutor.datasets import Corpus
from tutor.documents import paragraphs as pv
from tutor.documents.paragraphs import ParagraphConfig, Parameters

torch = pytest.importorskip("torch", reason="torch is not installed")

BASE = ParagraphConfig(
    dim=5, bits=7, epochs=2, negatives=2, window=2, sample=0.05, batch_documents=1
)
KINDS = {
    "real": {},
    "binary": {"code": "binary"},
    "real-binary": {"code": "real-binary"},
    "mean of a window": {"architecture": "dm"},
}


@pytest.fixture(scope="module")
def corpus():
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, 31)
    texts = [rng.choice(30, size=n % 12, p=share / share.sum()) for n in range(60)]
    documents = [[f"w{i:02d}" for i in ids] for ids in texts]
    return Corpus.from_documents(documents, min_count=1, name="toy")


def random_tables(config, dtype=np.float64):
    rng = np.random.default_rng(1)
    width = config.bits if config.code == "real-binary" else config.dim
    shapes = (
        (4, config.dim),
        (9, width + 1),
        (config.bits, config.dim),
        (9, config.dim),
    )
    return Parameters(*(rng.normal(size=s).astype(dtype) for s in shapes))


def twin(tables, config):
    from tutor.documents.paragraphs import torch as module

    return module.ParagraphVectors(tables, config)


BAG = np.array([2, 5, 7]), np.array([2.0, 0.0, 1.0]), np.array([0.0, 3.0, 1.0])


@pytest.mark.parametrize("code", ["real", "binary", "real-binary"])
def test_loss_and_gradients_numpy_equal_autograd(code):
    """Rung 3, through the rounding: both sides pass it straight through."""
    config = replace(BASE, code=code)
    D, V, W, _ = tables = random_tables(config)
    model = twin(tables, config)
    parts = [np.array([1]), *(part[None] for part in BAG)]
    loss = model(*map(torch.as_tensor, parts))
    loss.backward()
    rows, p, q = BAG
    h = pv.hidden(D[1], W, code)
    np.testing.assert_allclose(pv.bag_loss(h, V[rows], p, q), loss.item(), rtol=1e-12)
    gh, gv = pv.bag_gradients(h, V[rows], p, q)
    gd, gw = pv.hidden_gradients(D[1], W, code, gh)
    np.testing.assert_allclose(model.D.grad[1], gd, atol=1e-8)
    np.testing.assert_allclose(model.V.grad[rows], gv, atol=1e-8)
    if code == "real-binary":
        np.testing.assert_allclose(model.W.grad, gw, atol=1e-8)
    with pytest.raises(AssertionError):  # rung 9
        np.testing.assert_allclose(1.01 * model.D.grad[1], gd, atol=1e-8)


def test_gradients_of_a_window_numpy_equal_autograd():
    config = replace(BASE, architecture="dm")
    D, V, _, U = tables = random_tables(config)
    model = twin(tables, config)
    contexts, (rows, p, q) = np.array([3, 3, 8]), BAG
    parts = (np.array([1]), rows[None], p[None], q[None], np.append(contexts, -1)[None])
    model(*map(torch.as_tensor, parts)).backward()
    gh, _ = pv.bag_gradients(pv.window_mean(D[1], U[contexts]), V[rows], p, q)
    np.testing.assert_allclose(model.D.grad[1], gh / 4, atol=1e-8)
    np.testing.assert_allclose(model.U.grad[3], 2 * gh / 4, atol=1e-8)


@pytest.mark.parametrize("code", ["real", "binary", "real-binary"])
def test_one_step_numpy_equals_torch(code):
    config = replace(BASE, code=code)
    tables = random_tables(config)
    squares = Parameters(*(np.full_like(t, 0.1) for t in tables))
    model = twin(tables, config)
    optimizer = torch.optim.Adagrad(
        model.parameters(), lr=0.3, initial_accumulator_value=0.1, eps=1e-10
    )
    parts = [np.array([1]), *(part[None] for part in BAG)]
    model(*map(torch.as_tensor, parts)).backward()
    optimizer.step()
    mine = Parameters(*(t.copy() for t in tables))
    pv.dbow_step(mine, squares, 1, BAG, 0.3, code=code)
    for name in ("D", "V", "W"):
        theirs = getattr(model, name).detach()
        np.testing.assert_allclose(theirs, getattr(mine, name), atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_epochs_numpy_equal_torch(corpus, kind):
    config = replace(BASE, **KINDS[kind])
    numpy_config = replace(config, batch_documents=None)
    one = pv.fit(corpus, numpy_config, backend="numpy", seed=3)
    two = pv.fit(corpus, config, backend="torch", seed=3)
    np.testing.assert_allclose(one.history["loss"], two.history["loss"], atol=1e-4)
    for mine, theirs in zip(one.parameters, two.parameters, strict=True):
        np.testing.assert_allclose(theirs, mine, atol=1e-4)
    unseen = [["w01", "w05"], ["new"]]
    found = [pv.infer(run, unseen, seed=1).vectors for run in (one, two)]
    np.testing.assert_allclose(found[0], found[1], atol=1e-4)
    np.testing.assert_array_equal(two.parameters.V, two.context.vectors)


def test_larger_batches_learn_as_well(corpus):
    losses = [
        pv.fit(corpus, replace(BASE, batch_documents=size), backend="torch").history[
            "loss"
        ][-1]
        for size in (1, 8)
    ]
    assert abs(losses[0] - losses[1]) < 0.15


@pytest.mark.gpu
def test_one_epoch_cpu_equals_cuda(corpus, cuda):
    config = replace(BASE, epochs=1, batch_documents=16)
    here, there = (
        pv.fit(corpus, config, backend="torch", device=device)
        for device in ("cpu", cuda)
    )
    np.testing.assert_allclose(
        here.embedding.vectors, there.embedding.vectors, atol=1e-4
    )
