"""word2vec's Numba kernels: equal to NumPy after a step and after epochs; threads."""

from dataclasses import replace

import numpy as np
import pytest
from numeric import assert_same_moves

from tutor.datasets import Corpus
from tutor.words import word2vec
from tutor.words.word2vec import Word2VecConfig, walk

pytest.importorskip("numba", reason="numba is not installed")

BASE = Word2VecConfig(dim=10, window=3, epochs=2, sample=0.05)
TREE = "hierarchical_softmax"
KINDS = {
    "fused": {"batch_pairs": 1},
    "paired": {"batch_pairs": 2},
    "14 negatives": {"negatives": 14, "dim": 20},
    "2 negatives": {"negatives": 2, "dim": 16, "batch_pairs": 1},
    "flat window": {"dynamic": False},
    "tree": {"objective": TREE, "batch_pairs": 1},
    "tree, paired": {"objective": TREE},
    "cbow": {"architecture": "cbow"},
    "cbow, exact": {"architecture": "cbow", "cbow_step": "exact"},
    "cbow, tree": {"architecture": "cbow", "objective": TREE},
}


@pytest.fixture(scope="module")
def corpus():
    """Return documents of 0 to 60 words and a long one that outgrows the buffer."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, 61)
    lengths = [*rng.integers(0, 60, 30), 1, 2500]
    drawn = [rng.choice(60, size=n, p=share / share.sum()) for n in lengths]
    documents = [[f"w{i}" for i in ids] for ids in drawn]
    return Corpus.from_documents(documents, min_count=1, name="toy")


def assert_fits_close(one, other, atol):
    np.testing.assert_allclose(one.history["loss"], other.history["loss"], atol=atol)
    np.testing.assert_allclose(
        one.embedding.vectors, other.embedding.vectors, atol=atol
    )


@pytest.mark.parametrize("kind", KINDS)
def test_epochs_numpy_equal_numba(corpus, kind):
    config = replace(BASE, **KINDS[kind])
    one = word2vec.fit(corpus, config, backend="numpy", seed=3)
    two = word2vec.fit(corpus, config, backend="numba", seed=3)
    assert_fits_close(one, two, 1e-4)
    near = [[n.key for n in f.embedding.nearest("w20", 5)] for f in (one, two)]
    assert near[0] == near[1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_of_each_word_numpy_equals_numba(kind):
    """Rung 4: a step or two from vectors that are not small; rung 9: 1 % is seen."""
    from tutor.words.word2vec import epoch

    words = [f"w{i:02d}" for i in range(20)]
    corpus = Corpus.from_documents([words], min_count=1, name="twenty")
    config = replace(BASE, **{**KINDS[kind], "sample": 0, "dynamic": False})
    plan = walk.make_plan(corpus, config)
    # "a b c": three windows of two contexts, the fewest that give one two
    plan = plan._replace(tokens=plan.tokens[:3], offsets=np.array([0, 3]))
    rng = np.random.default_rng(1)
    dim = config.dim
    U, V = start = rng.normal(scale=0.5, size=(2, 20, dim)).astype(np.float32)
    tables = epoch.padded(U), epoch.padded(V)
    before = start.copy()
    epoch.train_epoch(*tables, plan, config, seed=2)
    walk.train_epoch(U, V, plan, config, seed=2)
    assert_same_moves(tables, (U, V), before)


def test_two_equal_contexts_in_one_step_both_count():
    """The paired kernel on "a b a": both inputs are one row, their sums add up."""
    rng = np.random.default_rng(0)
    documents = [["a", "b", "a"], [f"w{i}" for i in rng.permutation(9)]] * 20
    corpus = Corpus.from_documents(documents, min_count=1, name="twice")
    config = replace(BASE, sample=0, dynamic=False, window=1)
    one = word2vec.fit(corpus, config, backend="numpy")
    two = word2vec.fit(corpus, config, backend="numba")
    assert_fits_close(one, two, 1e-5)


def test_one_thread_repeats_bit_for_bit_and_seeds_differ(corpus):
    runs = [word2vec.fit(corpus, BASE, seed=s).embedding.vectors for s in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert np.abs(runs[0] - runs[2]).max() > 1e-3


def test_two_threads_learn_as_well_as_one(corpus):
    """Without locks the bits differ; the loss does not."""
    two = replace(BASE, threads=2, deterministic=False)
    losses = [word2vec.fit(corpus, c).history["loss"][-1] for c in (BASE, two)]
    assert abs(losses[0] - losses[1]) < 0.1


def test_a_window_wider_than_the_buffer_of_words(corpus):
    config = replace(BASE, window=1200, epochs=1, dynamic=False)
    part = corpus.head(300)
    one = word2vec.fit(part, config, backend="numpy")
    assert_fits_close(one, word2vec.fit(part, config), 1e-3)


def test_sigmoid_error_is_as_stated():
    from tutor.words.fast import sigmoid_jit

    x = np.linspace(-12, 12, 20_001).astype(np.float32)
    near = np.array([sigmoid_jit(v) for v in x])
    error = np.abs(near - word2vec.sigmoid(x.astype(np.float64)))
    assert error[np.abs(x) <= 6].max() < 6e-7
    assert error.max() < 5e-5


def test_a_warm_kernel_is_not_compiled_again(corpus):
    """Rows of 100 and 50 numbers have kernels of their own; ``warm`` makes them."""
    from tutor.words.word2vec import fast

    word2vec.warm()
    there = fast.walk_jit.signatures
    widths = {len(signature[-1]) for signature in there}  # one zero a cache line
    assert {1, 2, 4, 7} <= widths
    for change in (
        {},
        {"objective": TREE},
        {"dim": 50},
        {"dim": 50, "architecture": "cbow"},
        {"dim": 8, "architecture": "cbow", "threads": 2, "deterministic": False},
        {"dim": 8, "batch_pairs": 1},
    ):
        word2vec.fit(corpus, Word2VecConfig(epochs=1, **change))
    assert fast.walk_jit.signatures == there


def test_the_kernels_take_one_or_two_pairs(corpus):
    with pytest.raises(ValueError, match="the Numba kernels take 1 or 2"):
        word2vec.fit(corpus, replace(BASE, batch_pairs=3))


def test_divergence_is_reported(corpus):
    with pytest.raises(FloatingPointError, match="lower learning_rate"):
        word2vec.fit(corpus, replace(BASE, learning_rate=1e30, epochs=1))
