"""Sense models: Numba and torch do what NumPy does, after a step and after epochs."""

from dataclasses import replace

import numpy as np
import pytest

from tutor.datasets import Corpus
from tutor.words import senses, word2vec
from tutor.words.senses import Choice, SensesConfig, walk
from tutor.words.word2vec import Word2VecConfig

ENGINE = Word2VecConfig(dim=10, window=3, epochs=3, sample=0.05, batch_pairs=1)
BASE = SensesConfig(engine=ENGINE, min_occurrences=3)
KINDS = {
    "two phases": {},
    "one phase": {"shared_epochs": 0},
    "shared only": {"shared_epochs": 3},
    "hard": {"assignment": "hard"},
    "one sense": {"senses": 1},
    "five senses, flat window": {
        "senses": 5,
        "engine": replace(ENGINE, dynamic=False, negatives=8, dim=20),
        "min_occurrences": 5,
    },
}
TARGETS = ["w03", "w11", "w20"]


@pytest.fixture(scope="module")
def corpus():
    """Return documents of 0 to 40 words, one longer than the kernel's buffer."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, 31)
    lengths = [*rng.integers(0, 40, 20), 1, 1100]
    drawn = [rng.choice(30, size=n, p=share / share.sum()) for n in lengths]
    return Corpus.from_documents([[f"w{i:02d}" for i in ids] for ids in drawn])


def random_tables(where, config, seed=0):
    """Return tables with values that are not small."""
    start = walk.initial_tables(where, 3, config, seed=seed)
    rng = np.random.default_rng(seed)
    return walk.Tables(
        *(rng.normal(scale=0.5, size=t.shape).astype(np.float32) for t in start)
    )


def copied(tables):
    return walk.Tables(*(table.copy() for table in tables))


def three_windows(config):
    """Return the plan of three windows of two contexts, and the layout."""
    words = [f"w{i:02d}" for i in range(30)]
    corpus = Corpus.from_documents([words])
    config = config.with_engine(dynamic=False, sample=0)
    plan = word2vec.make_plan(corpus, config.engine, seed=2)
    plan = plan._replace(tokens=plan.tokens[:3], offsets=np.array([0, 3]))
    return plan, walk.layout(30, [0, 2, 9], config.senses), config


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("backend", ["numba", "torch"])
def test_windows_numpy_equal_other(kind, backend):
    """Rung 4, in each phase; rung 9: one per cent of the step is seen."""
    plan, where, config = three_windows(replace(BASE, **KINDS[kind]))
    for epoch in range(3):
        start = random_tables(where, config, seed=epoch)
        mine = copied(start)
        walk.train_epoch(mine, where, plan, config, seed=2, epoch=epoch)
        if backend == "numba":
            from tutor.words.senses import fast

            held = fast.padded(start)
            fast.train_epoch(held, where, plan, config, seed=2, epoch=epoch)
            assert not held.V[:, config.engine.dim :].any()  # padding stays zero
            theirs = fast.unpadded(held, config.engine.dim)
        else:
            torch = pytest.importorskip("torch", reason="torch is not installed")
            from tutor.words.senses import torch as twin

            torch.set_num_threads(1)
            model = twin.SkipGramSenses(start)
            twin.train_epoch(model, where, plan, config, seed=2, epoch=epoch)
            theirs = model.arrays()
        for one, two in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(two, one, atol=1e-5)
        step = np.concatenate(
            [(m - s).ravel() for m, s in zip(mine, start, strict=True)]
        )
        assert np.abs(step).max() > 0.01
        with pytest.raises(AssertionError):
            np.testing.assert_allclose(1.01 * step, step, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("backend", ["numba", "torch"])
def test_epochs_numpy_equal_other(corpus, kind, backend):
    if backend == "torch":
        pytest.importorskip("torch", reason="torch is not installed")
    config = replace(BASE, **KINDS[kind])
    one = senses.fit(corpus, config, targets=TARGETS, backend="numpy", seed=3)
    two = senses.fit(corpus, config, targets=TARGETS, backend=backend, seed=3)
    np.testing.assert_allclose(one.history["loss"], two.history["loss"], atol=1e-4)
    for mine, theirs in zip(one.tables[:2], two.tables[:2], strict=True):
        np.testing.assert_allclose(theirs, mine, atol=1e-4)
    np.testing.assert_allclose(one.priors, two.priors, atol=1e-3)
    assert one.embedding.keys == two.embedding.keys
    near = [[n.key for n in f.embedding.nearest("w05", 4)] for f in (one, two)]
    assert near[0] == near[1]


def test_one_thread_repeats_bit_for_bit_and_seeds_differ(corpus):
    runs = [senses.fit(corpus, BASE, targets=TARGETS, seed=s).tables for s in (1, 1, 2)]
    for first, second, third in zip(*runs, strict=True):
        np.testing.assert_array_equal(first, second)
        assert np.abs(first - third).max() > 1e-3


# --- torch ---------------------------------------------------------------------------
def one_window(entropy=0.3, kind=walk.FREE, seed=0):
    """Return float64 arrays of one window of a target, and the pass."""
    rng = np.random.default_rng(seed)
    U, V = rng.normal(size=(2, 9, 4))
    A, a = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3))
    contexts, noise = np.array([2, 5, 2]), np.array([5, 7, 7])
    drawn = rng.normal(size=3)
    pass_ = walk.Pass(kind, 0.6, entropy, 0, 0)
    return walk.Tables(U, V, A, a), contexts, noise, drawn, pass_


def torch_batch(contexts, noise, drawn, device="cpu"):
    import torch

    from tutor.words.senses import torch as twin

    arrays = twin.Batch(
        np.array([4]), np.array([1]), np.append(contexts, -1)[None], noise[None],
        twin.noise_weights(contexts[None], noise[None]), drawn[None],
    )  # fmt: skip
    return twin.to_tensors(arrays, torch.zeros(1, dtype=torch.float64, device=device))


def assert_autograd(device="cpu"):
    """Loss and gradients of the reference are torch's, in float64."""
    from tutor.words.senses import torch as twin

    tables, contexts, noise, drawn, pass_ = one_window()
    U, V, A, a = tables
    outputs, mask = senses.window_outputs(contexts, noise)
    c, u = V[contexts].mean(axis=0), U[4:7]
    given = u, A[1], a[1], c, V[outputs], mask, Choice(drawn, 0.6, 0.3)
    by, full = senses.senses_gradients(*given), np.zeros_like(V)
    np.add.at(full, outputs, by.v)
    model = twin.SkipGramSenses(tables, device)
    batch = torch_batch(contexts, noise, drawn, device)
    loss = model(batch, pass_, model.choose(batch, pass_))
    loss.backward()
    mine = senses.senses_loss(*given)
    np.testing.assert_allclose(loss.item(), mine, rtol=1e-12)
    np.testing.assert_allclose(model.A.grad[1].cpu(), by.A, atol=1e-8)
    np.testing.assert_allclose(model.a.grad[1].cpu(), by.a, atol=1e-8)
    np.testing.assert_allclose(model.U.grad.to_dense()[4:7].cpu(), by.u, atol=1e-8)
    # all of V's gradient, so none comes through the mean of the contexts
    np.testing.assert_allclose(model.V.grad.to_dense().cpu(), full, atol=1e-8)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * loss.item(), mine, rtol=1e-12)


def test_gradients_numpy_equal_autograd():
    pytest.importorskip("torch", reason="torch is not installed")
    assert_autograd()


@pytest.mark.gpu
def test_gradients_numpy_equal_cuda(cuda):
    assert_autograd(cuda)


@pytest.mark.gpu
@pytest.mark.parametrize("kind", KINDS)
def test_epochs_cpu_equal_cuda(corpus, cuda, kind):
    config = replace(BASE, **KINDS[kind]).with_engine(batch_pairs=16)
    here, there = (
        senses.fit(corpus, config, targets=TARGETS, backend="torch", device=device)
        for device in ("cpu", cuda)
    )
    np.testing.assert_allclose(here.tables.U, there.tables.U, atol=1e-4)


def test_noise_weights_count_the_mask():
    pytest.importorskip("torch", reason="torch is not installed")
    from tutor.words.senses.torch import noise_weights

    rng = np.random.default_rng(0)
    for _ in range(50):
        contexts, noise = rng.integers(0, 6, 4), rng.integers(0, 6, 5)
        _, mask = senses.window_outputs(contexts, noise)
        found = noise_weights(np.append(contexts, -1)[None], noise[None])
        np.testing.assert_array_equal(found[0], mask[:, 1:].sum(axis=0))


def test_larger_batches_learn_as_well(corpus):
    pytest.importorskip("torch", reason="torch is not installed")
    losses = [
        senses.fit(
            corpus, BASE.with_engine(batch_pairs=n), targets=TARGETS, backend="torch"
        ).history["loss"][-1]
        for n in (1, 16)
    ]
    assert abs(losses[0] - losses[1]) < 0.1


def test_cuda_is_refused_where_there_is_none(corpus):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(ValueError, match="'cuda' is not available here"):
        senses.fit(corpus, BASE, targets=TARGETS, backend="torch", device="cuda")
