"""fastText's torch twin: the same loss, gradient, step and epoch as NumPy's."""

from dataclasses import replace

import numpy as np
import pytest

from tutor.datasets import Corpus
from tutor.words import subwords, word2vec
from tutor.words.subwords import SubwordConfig, walk

torch = pytest.importorskip("torch", reason="torch is not installed")
from tutor.words.subwords import torch as twin  # noqa: E402

BASE = SubwordConfig(dim=6, window=3, epochs=2, buckets=40, sample=0.01)


@pytest.fixture(scope="module")
def corpus():
    rng = np.random.default_rng(0)
    words = np.array([f"banana{i}"[i % 5 :] for i in range(40)])
    share = 1 / np.arange(1, 41)
    drawn = rng.choice(words, size=(60, 9), p=share / share.sum())
    return Corpus.from_documents([list(row) for row in drawn], name="toy")


def first_batch(corpus, config):
    plan = subwords.make_plan(corpus, config)
    return plan, next(twin.batches(plan, config, seed=2, epoch=0))


def test_padded_rows_are_the_rows(corpus):
    plan = subwords.make_plan(corpus, BASE)
    words = np.array([0, 5, 5, 39])
    padded = twin.padded_rows(plan.rows, words)
    for word, row in zip(words, padded, strict=True):
        np.testing.assert_array_equal(row[row >= 0], plan.rows.of(word))


def tables(plan, config, dtype=np.float64):
    rng = np.random.default_rng(1)
    size = len(plan.rows) + config.buckets
    Z = rng.normal(size=(size, config.dim)).astype(dtype)
    return Z, rng.normal(size=(len(plan.rows), config.dim)).astype(dtype)


@pytest.mark.parametrize("step", ["full", "exact"])
def test_gradients_numpy_equal_autograd(corpus, step):
    """Rung 3: by hand over the rows of each word, against autograd."""
    config = replace(BASE, cbow_step=step, batch_pairs=7)
    plan, (_, batch) = first_batch(corpus, config)
    Z, V = tables(plan, config)
    model = twin.FastText(torch.tensor(Z), torch.tensor(V), full=step == "full")
    loss = model(*map(torch.as_tensor, batch))
    loss.backward()
    whole_z, whole_v, total = np.zeros_like(Z), np.zeros_like(V), 0.0
    for rows, outputs, labels, mask in zip(*batch, strict=True):
        rows = rows[rows >= 0]
        h, v = Z[rows].mean(axis=0, keepdims=True), V[outputs][None]
        total += word2vec.decisions_loss(h, v, labels[None], mask[None])
        gh, gv = word2vec.decisions_gradients(h, v, labels[None], mask[None])
        np.add.at(whole_z, rows, gh / (1 if step == "full" else len(rows)))
        np.add.at(whole_v, outputs, gv[0])
    np.testing.assert_allclose(loss.item(), total, rtol=1e-10)
    np.testing.assert_allclose(model.U.grad.to_dense(), whole_z, atol=1e-8)
    np.testing.assert_allclose(model.V.grad.to_dense(), whole_v, atol=1e-8)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * model.U.grad.to_dense(), whole_z, atol=1e-8)


def assert_one_step(corpus, device, rtol=1e-10):
    """Rung 4 and 9: the step of the first pair in NumPy and, in float64, in torch."""
    config = replace(BASE, batch_pairs=1)
    plan, (rate, batch) = first_batch(corpus, config)
    Z, V = tables(plan, config)
    start = Z.copy()
    model = twin.FastText(*(torch.tensor(t, device=device) for t in (Z, V)))
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    model(*(torch.as_tensor(part, device=device) for part in batch)).backward()
    optimizer.step()
    rows, outputs, labels, mask = (part[0] for part in batch)
    word2vec.cbow_step(Z, V, rows[rows >= 0], outputs, labels, mask, rate)
    found_z, found_v = twin.arrays(model.U, model.V)
    np.testing.assert_allclose(found_z, Z, rtol=rtol, atol=1e-12)
    np.testing.assert_allclose(found_v, V, rtol=rtol, atol=1e-12)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * (found_z - start), Z - start, rtol=rtol)


def test_one_step_numpy_equals_torch(corpus):
    assert_one_step(corpus, "cpu")


@pytest.mark.gpu
def test_one_step_on_the_gpu(corpus, cuda):
    assert_one_step(corpus, cuda, rtol=1e-8)


@pytest.mark.gpu
def test_an_epoch_on_the_gpu_is_that_of_the_cpu(corpus, cuda):
    one, two = (
        subwords.fit(corpus, BASE, backend="torch", seed=1, device=device)
        for device in ("cpu", cuda)
    )
    np.testing.assert_allclose(one.Z, two.Z, atol=1e-4)


def test_epochs_numpy_equal_torch(corpus):
    config = replace(BASE, batch_pairs=1)
    one = subwords.fit(corpus, config, backend="numpy", seed=3)
    two = subwords.fit(corpus, config, backend="torch", seed=3)
    np.testing.assert_allclose(one.history["loss"], two.history["loss"], atol=1e-4)
    np.testing.assert_allclose(one.Z, two.Z, atol=1e-4)


def test_batches_in_pieces_are_those_of_the_whole(corpus, monkeypatch):
    config = replace(BASE, batch_pairs=10**6)
    plan = subwords.make_plan(corpus, config, seed=1)
    whole = [b for _, b in twin.batches(plan, config, seed=1, epoch=0)]
    monkeypatch.setattr(twin, "chunks", lambda plan: walk.chunks(plan, 50))
    parts = [b for _, b in twin.batches(plan, config, seed=1, epoch=0)]
    assert len(parts) > len(whole)
    joined = np.concatenate([b[1] for b in parts])
    np.testing.assert_array_equal(joined, whole[0][1])
