"""word2vec's GPU kernel: the reference's numbers with one walker, as good with many."""

from dataclasses import replace

import numpy as np
import pytest

from tutor import sampling
from tutor.datasets import Corpus
from tutor.words import word2vec
from tutor.words.word2vec import Word2VecConfig, walk

BASE = Word2VecConfig(dim=8, epochs=1, batch_pairs=1, sample=1e-2)
CASES = {
    "all draws": BASE,
    "fixed window, no subsampling": replace(BASE, dynamic=False, sample=0.0),
    "a dim beyond one warp, few rows": replace(BASE, dim=40, negatives=2, window=2),
    "more rows than fit one group": replace(BASE, negatives=9),
}


@pytest.fixture(scope="module")
def corpus():
    """Return 60 documents of nine words, of 40 that are unevenly frequent."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{i:02d}" for i in range(40)])
    share = 1 / np.arange(1, 41)
    drawn = rng.choice(words, size=(60, 9), p=share / share.sum())
    return Corpus.from_documents([list(row) for row in drawn], min_count=1, name="toy")


@pytest.fixture
def kernel(cuda):
    """Return the module, or skip with the reason."""
    pytest.importorskip("triton", reason="triton is not installed")
    from tutor.words.word2vec import triton as module

    return module


def epoch_of(kernel, corpus, config, device, *, scale=1.0):
    """Return both tables after an epoch, the kernel's and the reference's."""
    from tutor.words.word2vec import torch as twin

    plan = walk.make_plan(corpus, config, seed=3)
    rng = np.random.default_rng(1)
    U, V = rng.normal(size=(2, len(corpus.vocabulary), config.dim)).astype(np.float32)
    u, v = twin.tables(scale * U, V, device)
    kernel.train_epoch(u, v, plan, config, seed=3)
    walk.train_epoch(U, V, plan, config, seed=3)
    return twin.arrays(u, v), (U, V)


@pytest.mark.gpu
@pytest.mark.parametrize("name", CASES)
def test_one_walker_equals_the_reference(kernel, corpus, cuda, name):
    """Rungs 4, 5 and 8: an epoch, pair by pair, of the NumPy loop."""
    found, wanted = epoch_of(kernel, corpus, CASES[name], cuda)
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    moved, _ = epoch_of(kernel, corpus, CASES[name], cuda, scale=1.01)
    with pytest.raises(AssertionError):  # alive: one per cent of the start is seen
        np.testing.assert_allclose(moved, wanted, atol=1e-4)


@pytest.mark.gpu
def test_the_gpu_keeps_the_tokens_that_the_streams_keep(kernel, cuda):
    import torch

    tokens = np.arange(5000, dtype=np.int32) % 7
    keep = np.linspace(0.05, 1, 7)
    key = np.array([sampling.stream_key(5, 2, sampling.SUBSAMPLE)], np.uint64)
    given = [torch.tensor(x, device=cuda) for x in (tokens, keep, key.view(np.int64))]
    mask = torch.empty(len(tokens), dtype=torch.int8, device=cuda)
    blocks = -(-len(tokens) // kernel.KEPT_BLOCK)
    kernel.subsample_jit[(blocks,)](*given, mask, len(tokens), BLOCK=kernel.KEPT_BLOCK)
    wanted = sampling.subsample(tokens, keep, seed=5, epoch=2)
    np.testing.assert_array_equal(mask.cpu().numpy().astype(bool), wanted)


@pytest.mark.gpu
def test_many_walkers_are_as_good(kernel, corpus, cuda):
    """The loss is that of one walker, nearly."""
    names = np.array(corpus.vocabulary.words)
    rows = [list(names[ids]) for ids in corpus.documents()]
    text = Corpus.from_documents(rows * 40, min_count=1, name="toy")
    one = replace(BASE, epochs=3)
    many = replace(one, threads=64, deterministic=False)
    runs = [
        word2vec.fit(text, config, backend="triton", seed=1, device=cuda)
        for config in (one, many)
    ]
    losses = [run.history["loss"][-1] for run in runs]
    np.testing.assert_allclose(losses[1], losses[0], rtol=0.02)
    assert losses[1] < runs[1].history["loss"][0]


@pytest.mark.gpu
def test_more_walkers_than_tokens(kernel, cuda):
    """Each has one token at most, so there is no pair and nothing moves."""
    text = Corpus.from_documents([["a", "b", "c", "d"]] * 3, min_count=1)
    config = replace(BASE, negatives=2, threads=500, deterministic=False)
    run = word2vec.fit(text, config, backend="triton", device=cuda)
    start = sampling.initial_vectors(4, config.dim, 0)
    np.testing.assert_array_equal(run.embedding.vectors, start)


@pytest.mark.gpu
def test_no_update_of_a_shared_row_is_lost(kernel, cuda):
    """Many walkers, each with one pair of the same two words and V at 0.

    While V is 0 a pair moves V by rate times (label - 1/2) times U, whoever comes
    first, and U not at all: with a tiny rate the sum of all is known.
    """
    import torch

    from tutor.words.word2vec import torch as twin

    documents = 4096
    text = Corpus.from_documents([["a", "b"]] * documents, min_count=1)
    config = replace(
        BASE,
        dim=4,
        negatives=1,
        window=1,
        sample=0.0,
        threads=documents,
        learning_rate=1e-7,
        min_learning_rate=1e-7,
        deterministic=False,
    )
    plan = walk.make_plan(text, config, seed=0)
    U = np.ones((2, 4), np.float32)
    u, v = twin.tables(U, np.zeros_like(U), cuda)
    kernel.train_epoch(u, v, plan, config, seed=0)
    torch.cuda.synchronize()
    # each word is predicted once a document; its noise, where it is the other word,
    # takes as much from that one
    rows = walk.pairs(plan, config, seed=0)
    outputs, labels, mask = walk.outputs_of(
        plan, config, rows[0], rows[2], seed=0, epoch=0
    )
    moved = np.zeros(2)
    np.add.at(moved, outputs[mask], 1e-7 * (labels[mask] - 0.5))
    np.testing.assert_allclose(twin.arrays(u, v)[1], moved[:, None] * U, rtol=1e-3)


@pytest.mark.gpu
@pytest.mark.parametrize("bad", [-1, 40])
def test_token_ids_outside_the_vocabulary_are_refused(kernel, corpus, cuda, bad):
    """The kernel would read and write rows that are not there."""
    tokens = corpus.tokens.copy()
    tokens[7] = bad
    with pytest.raises(ValueError, match=r"token ids must lie in 0\.\.39"):
        word2vec.fit(
            replace(corpus, tokens=tokens), BASE, backend="triton", device=cuda
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": "cbow"}, "has a kernel for skipgram with negative_sampling"),
        ({"objective": "hierarchical_softmax"}, "not for skipgram with hierarchical"),
        ({"batch_pairs": 2}, "batch_pairs=2: the Triton kernel takes one pair a step"),
    ],
)
def test_what_it_does_not_train(corpus, monkeypatch, change, message):
    """Said before a GPU is touched: the device is only named here."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: True)
    monkeypatch.setattr("tutor.training.select_device", lambda device: device)
    config = replace(BASE, **change)
    with pytest.raises(ValueError, match=message):
        word2vec.fit(corpus, config, backend="triton", device="cuda")


def test_without_the_package_it_says_what_to_install(corpus, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install triton"):
        word2vec.fit(corpus, BASE, backend="triton", device="cuda")


def test_the_cpu_is_refused(corpus, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: True)
    with pytest.raises(ValueError, match="trains on a GPU, and device is 'cpu'"):
        word2vec.fit(corpus, BASE, backend="triton")
