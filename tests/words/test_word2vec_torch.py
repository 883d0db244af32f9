"""word2vec's torch twin: the same loss, gradient, step and epoch as NumPy's."""

import numpy as np
import pytest

from tutor.datasets import Corpus
from tutor.words import word2vec
from tutor.words.word2vec import Word2VecConfig, walk

torch = pytest.importorskip("torch", reason="torch is not installed")


@pytest.fixture(scope="module")
def corpus():
    """Return 400 short documents of 40 words, drawn with uneven frequencies."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{i:02d}" for i in range(40)])
    share = 1 / np.arange(1, 41)
    drawn = rng.choice(words, size=(400, 9), p=share / share.sum())
    return Corpus.from_documents([list(row) for row in drawn], min_count=1, name="toy")


def batch(rng, dim=4, rows=30, size=9, outputs=4, dtype=np.float64):
    """Return matrices and one batch of random decisions with repeated rows."""
    U, V = rng.normal(size=(2, rows, dim)).astype(dtype)
    inputs = rng.integers(0, 6, size)
    rows_out = rng.integers(0, 6, (size, outputs))
    labels, mask = rng.random((2, size, outputs)) < 0.6
    return U, V, (inputs, rows_out, labels, mask)


def twin():
    from tutor.words.word2vec import torch as module

    return module


def test_skipgram_loss_numpy_equals_torch():
    U, V, part = batch(np.random.default_rng(1))
    model = twin().SkipGram(torch.tensor(U), torch.tensor(V))
    ours = word2vec.decisions_loss(U[part[0]], V[part[1]], *part[2:])
    theirs = model(*map(torch.as_tensor, part)).item()
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    with pytest.raises(AssertionError):  # alive: one per cent is seen
        np.testing.assert_allclose(1.01 * ours, theirs, rtol=1e-12)


def test_skipgram_gradients_numpy_equal_autograd():
    U, V, part = batch(np.random.default_rng(2))
    model = twin().SkipGram(torch.tensor(U), torch.tensor(V))
    model(*map(torch.as_tensor, part)).backward()
    gu, gv = word2vec.decisions_gradients(U[part[0]], V[part[1]], *part[2:])
    full_u, full_v = np.zeros_like(U), np.zeros_like(V)
    np.add.at(full_u, part[0], gu)
    np.add.at(full_v, part[1], gv)
    np.testing.assert_allclose(model.U.grad.to_dense(), full_u, atol=1e-8)
    np.testing.assert_allclose(model.V.grad.to_dense(), full_v, atol=1e-8)


def test_cbow_gradients_numpy_equal_autograd():
    """Contexts of 3, 2 and 0 words; ``full`` is the gradient times how many."""
    U, V, (_, rows, _, mask) = batch(np.random.default_rng(6), size=3)
    contexts = np.array([[3, 5, 3], [1, 2, -1], [-1, -1, -1]])
    present, labels = contexts >= 0, np.zeros_like(mask)
    labels[:, 0] = True
    gu, gv = word2vec.cbow_gradients(U[contexts], present, V[rows], mask)
    sizes = present.sum(axis=1)[:, None, None]
    for full in (False, True):
        model = twin().CBOW(torch.tensor(U), torch.tensor(V), full=full)
        model(*map(torch.as_tensor, (contexts, rows, labels, mask))).backward()
        whole_u, whole_v = np.zeros_like(U), np.zeros_like(V)
        np.add.at(whole_u, contexts[present], (gu * sizes if full else gu)[present])
        np.add.at(whole_v, rows, gv)
        found = model.U.grad.to_dense()
        np.testing.assert_allclose(found, whole_u, atol=1e-8)
        np.testing.assert_allclose(model.V.grad.to_dense(), whole_v, atol=1e-8)
        with pytest.raises(AssertionError):
            np.testing.assert_allclose(1.01 * found, whole_u, atol=1e-8)


def test_hierarchical_gradients_numpy_equal_autograd():
    """The paths of a real tree, whose root stands in every one of them."""
    rng = np.random.default_rng(7)
    tree = word2vec.huffman_tree(rng.integers(1, 50, 30))
    U, V, (inputs, *_) = batch(rng)
    words = rng.integers(0, 30, len(inputs))
    nodes, codes = tree.nodes[words], tree.codes[words]
    mask = np.arange(nodes.shape[1]) < tree.lengths[words, None]
    model = twin().SkipGram(torch.tensor(U), torch.tensor(V))
    model(*map(torch.as_tensor, (inputs, nodes, codes == 0, mask))).backward()
    gh, gv = word2vec.hierarchical_gradients(U[inputs], V[nodes], codes, mask)
    whole_u, whole_v = np.zeros_like(U), np.zeros_like(V)
    np.add.at(whole_u, inputs, gh)
    np.add.at(whole_v, nodes, gv)
    found = model.V.grad.to_dense()
    np.testing.assert_allclose(model.U.grad.to_dense(), whole_u, atol=1e-8)
    np.testing.assert_allclose(found, whole_v, atol=1e-8)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * found, whole_v, atol=1e-8)


def test_one_skipgram_step_numpy_equals_torch():
    U, V, part = batch(np.random.default_rng(3))
    model = twin().SkipGram(torch.tensor(U), torch.tensor(V))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(*map(torch.as_tensor, part)).backward()
    optimizer.step()
    word2vec.skipgram_step(U, V, *part, 0.1)
    np.testing.assert_allclose(model.U.detach(), U, atol=1e-10)
    np.testing.assert_allclose(model.V.detach(), V, atol=1e-10)


@pytest.mark.parametrize("exact", [True, False])
def test_one_cbow_step_numpy_equals_torch(exact):
    U, V, part = batch(np.random.default_rng(4), size=1)
    contexts = np.array([3, 5, 3])
    model = twin().CBOW(torch.tensor(U), torch.tensor(V), full=not exact)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    padded = np.append(contexts, -1)[None]
    model(*map(torch.as_tensor, (padded, *part[1:]))).backward()
    optimizer.step()
    outputs, labels, mask = (p[0] for p in part[1:])
    word2vec.cbow_step(U, V, contexts, outputs, labels, mask, 0.1, exact=exact)
    np.testing.assert_allclose(model.U.detach(), U, atol=1e-10)
    np.testing.assert_allclose(model.V.detach(), V, atol=1e-10)


KINDS = {
    "skip-gram": {},
    "skip-gram, tree": {"objective": "hierarchical_softmax"},
    "cbow": {"architecture": "cbow"},
    "cbow, exact": {"architecture": "cbow", "cbow_step": "exact"},
    "cbow, tree": {"architecture": "cbow", "objective": "hierarchical_softmax"},
}


def assert_one_step(corpus, change, device, rtol=1e-10):
    """Take the step of the first window in NumPy and, in float64, on ``device``."""
    config = Word2VecConfig(dim=8, window=3, dynamic=False, sample=0, **change)
    plan = walk.make_plan(corpus, config)
    window = next(walk.windows(plan, config, seed=2))
    contexts, *rows, rate = window
    assert len(contexts) == 3
    U, V = np.random.default_rng(8).normal(size=(2, len(corpus.vocabulary), 8))
    start = U.copy()
    tables = [torch.tensor(table, device=device) for table in (U, V)]
    if config.architecture == "cbow":
        exact = config.cbow_step == "exact"
        word2vec.cbow_step(U, V, contexts, *rows, rate, exact=exact)
        model = twin().CBOW(*tables, full=not exact)
        batch_ = (contexts[None], *(row[None] for row in rows))
    else:
        batch_ = (contexts, *(np.tile(row, (3, 1)) for row in rows))
        word2vec.skipgram_step(U, V, *batch_, rate)
        model = twin().SkipGram(*tables)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    model(*(torch.as_tensor(part, device=device) for part in batch_)).backward()
    optimizer.step()
    found_u, found_v = twin().arrays(model.U, model.V)
    np.testing.assert_allclose(found_u, U, rtol=rtol, atol=1e-12)
    np.testing.assert_allclose(found_v, V, rtol=rtol, atol=1e-12)
    with pytest.raises(AssertionError):  # alive: one per cent of the step is seen
        np.testing.assert_allclose(1.01 * (found_u - start), U - start, rtol=rtol)


@pytest.mark.parametrize("kind", KINDS)
def test_one_step_of_a_real_window_numpy_equals_torch(corpus, kind):
    assert_one_step(corpus, KINDS[kind], "cpu")


@pytest.mark.parametrize("architecture", ["skipgram", "cbow"])
@pytest.mark.parametrize("objective", ["negative_sampling", "hierarchical_softmax"])
def test_one_epoch_numpy_equals_torch(corpus, architecture, objective):
    """The same windows, noise and rates: one pair (window) a step on both sides."""
    config = Word2VecConfig(
        dim=8,
        window=3,
        epochs=2,
        sample=0.01,
        architecture=architecture,
        objective=objective,
        batch_pairs=1,
    )
    one = word2vec.fit(corpus, config, backend="numpy", seed=3)
    two = word2vec.fit(corpus, config, backend="torch", seed=3)
    np.testing.assert_allclose(one.history["loss"], two.history["loss"], atol=1e-4)
    np.testing.assert_allclose(one.embedding.vectors, two.embedding.vectors, atol=1e-4)
    for word in ("w03", "w17"):
        near = [[n.key for n in f.embedding.nearest(word, 3)] for f in (one, two)]
        assert near[0] == near[1]


def test_batches_in_pieces_are_the_batches_of_the_whole(corpus, monkeypatch):
    module, config = twin(), Word2VecConfig(dim=4, batch_pairs=10**6)
    plan = walk.make_plan(corpus, config, seed=1)
    whole = [b for _, b in module.batches(plan, config, seed=1, epoch=0)]
    monkeypatch.setattr(module, "CHUNK_TOKENS", 100)
    parts = [b for _, b in module.batches(plan, config, seed=1, epoch=0)]
    assert len(whole) == 1
    assert len(parts) > 10
    for k in range(4):
        np.testing.assert_array_equal(
            whole[0][k], np.concatenate([p[k] for p in parts])
        )


def test_larger_batches_learn_as_well(corpus):
    losses = [
        word2vec.fit(
            corpus, Word2VecConfig(dim=8, batch_pairs=size), backend="torch"
        ).history["loss"][-1]
        for size in (1, 16)
    ]
    assert abs(losses[0] - losses[1]) < 0.1


def test_cuda_is_refused_where_there_is_none(corpus):
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(ValueError, match="'cuda' is not available here"):
        word2vec.fit(corpus, backend="torch", device="cuda")


@pytest.mark.gpu
@pytest.mark.parametrize("kind", KINDS)
def test_one_epoch_cpu_equals_cuda(corpus, cuda, kind):
    config = Word2VecConfig(dim=8, epochs=1, batch_pairs=64, **KINDS[kind])
    here, there = (
        word2vec.fit(corpus, config, backend="torch", device=device)
        for device in ("cpu", cuda)
    )
    np.testing.assert_allclose(
        here.embedding.vectors, there.embedding.vectors, atol=1e-4
    )


@pytest.mark.gpu
@pytest.mark.parametrize("kind", KINDS)
def test_one_step_numpy_equals_cuda(corpus, cuda, kind):
    assert_one_step(corpus, KINDS[kind], cuda)
