"""word2vec in NumPy: pencil, loop, finite differences, windows, trees, bad input."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import differences

from tutor.datasets import Corpus
from tutor.words import word2vec
from tutor.words.word2vec import Word2VecConfig, walk


def batch(seed=0, size=5, outputs=4, dim=3):
    """Return random float64 (h, v, labels, mask)."""
    rng = np.random.default_rng(seed)
    h, v = rng.normal(size=(size, dim)), rng.normal(size=(size, outputs, dim))
    labels, mask = rng.random((2, size, outputs)) < 0.6
    return h, v, labels, mask


def toy(lengths=(9, 1, 0, 30), words=12, seed=0):
    rng = np.random.default_rng(seed)
    documents = [[f"w{i}" for i in rng.integers(0, words, n)] for n in lengths]
    return Corpus.from_documents(documents, min_count=1, name="toy")


# --- rung 0: pencil ------------------------------------------------------------------
def test_pencil_example_of_the_chapter():
    """With u = (1, 2), true row (1, 0), noise (-1, 0): scores 1, -1; 2 log(1 + 1/e)."""
    u, v = np.array([[1.0, 2.0]]), np.array([[[1.0, 0.0], [-1.0, 0.0]]])
    mask = np.ones((1, 2), bool)
    by_hand = 2 * np.log1p(np.exp(-1))
    assert abs(word2vec.skipgram_loss(u, v, mask) - by_hand) < 1e-12
    error = 1 / (1 + np.e)  # of both rows; -error pulls, +error pushes
    gu, gv = word2vec.skipgram_gradients(u, v, mask)
    np.testing.assert_allclose(gu, [[-2 * error, 0]], atol=1e-12)
    np.testing.assert_allclose(gv[0, 0], [-error, -2 * error], atol=1e-12)


def test_pencil_example_of_cbow():
    """Contexts (1, 4) and (1, 0): their mean is the u above; half its gradient each."""
    u, present = np.array([[[1.0, 4.0], [1.0, 0.0]]]), np.ones((1, 2), bool)
    v, mask = np.array([[[1.0, 0.0], [-1.0, 0.0]]]), np.ones((1, 2), bool)
    by_hand = 2 * np.log1p(np.exp(-1))
    assert abs(word2vec.cbow_loss(u, present, v, mask) - by_hand) < 1e-12
    error = 1 / (1 + np.e)
    gu, gv = word2vec.cbow_gradients(u, present, v, mask)
    np.testing.assert_allclose(gu, [[[-error, 0], [-error, 0]]], atol=1e-12)
    np.testing.assert_allclose(gv[0, 1], [error, 2 * error], atol=1e-12)


def test_pencil_example_of_hierarchical_softmax():
    """A root (1, 0) and a node (-1, 0) below its bit 1; h = (log 3, 0).

    sigma(log 3) = 3/4: the leaves have 3/4, 1/4 * 1/4 and 1/4 * 3/4, in sum 1.
    """
    h = np.array([[np.log(3), 0.0]])
    v = np.array([[[1.0, 0.0], [-1.0, 0.0]]])
    leaves = [
        ([0, 0], [1, 0], 3 / 4),
        ([1, 0], [1, 1], 1 / 16),
        ([1, 1], [1, 1], 3 / 16),
    ]
    for code, mask, probability in leaves:
        loss = word2vec.hierarchical_loss(h, v, [code], [mask])
        assert abs(np.exp(-loss) - probability) < 1e-12
    gh, gv = word2vec.hierarchical_gradients(h, v, [[1, 1]], [[1, 1]])
    np.testing.assert_allclose(gh, [[3 / 4 - 1 / 4, 0]], atol=1e-12)
    np.testing.assert_allclose(gv[0, :, 0], np.log(3) * np.array([3, 1]) / 4)


# --- rung 1: the formula is the loop -------------------------------------------------
def test_loss_is_the_five_line_loop():
    h, v, labels, mask = batch()
    loop = 0.0
    for b in range(5):
        for j in range(4):
            sign = 1 if labels[b, j] else -1
            loop += mask[b, j] * np.log1p(np.exp(-sign * (h[b] @ v[b, j])))
    found = word2vec.decisions_loss(h, v, labels, mask)
    np.testing.assert_allclose(found, loop, rtol=1e-10)
    with pytest.raises(AssertionError):  # rung 9: one per cent is seen
        np.testing.assert_allclose(1.01 * found, loop, rtol=1e-10)


def test_hierarchical_loss_is_decisions_with_code_zero_as_real():
    h, v, codes, mask = batch(1)
    np.testing.assert_allclose(
        word2vec.hierarchical_loss(h, v, codes, mask),
        word2vec.decisions_loss(h, v, ~codes, mask),
        rtol=1e-12,
    )


# --- rung 2: gradients are central differences ---------------------------------------
def assert_gradients(loss, gradients, h, v, *rest):
    gh, gv = gradients(h, v, *rest)
    np.testing.assert_allclose(
        gh, differences(lambda x: loss(x, v, *rest), h), rtol=1e-6, atol=1e-8
    )
    np.testing.assert_allclose(
        gv, differences(lambda x: loss(h, x, *rest), v), rtol=1e-6, atol=1e-8
    )


def test_skipgram_gradients_are_differences():
    h, v, _, mask = batch(2)
    assert_gradients(word2vec.skipgram_loss, word2vec.skipgram_gradients, h, v, mask)


def test_hierarchical_gradients_are_differences():
    assert_gradients(
        word2vec.hierarchical_loss, word2vec.hierarchical_gradients, *batch(3)
    )


def test_cbow_gradients_are_differences():
    rng = np.random.default_rng(4)
    _, v, _, mask = batch(4)
    u, present = rng.normal(size=(5, 3, 3)), rng.random((5, 3)) < 0.7
    present[0] = False  # a window without context has no gradient
    gu, gv = word2vec.cbow_gradients(u, present, v, mask)

    def loss(x, y):
        return word2vec.cbow_loss(x, present, y, mask)

    np.testing.assert_allclose(
        gu, differences(lambda x: loss(x, v), u), rtol=1e-6, atol=1e-8
    )
    np.testing.assert_allclose(
        gv, differences(lambda y: loss(u, y), v), rtol=1e-6, atol=1e-8
    )
    assert not gu[0].any()


# --- rung 4: a step accumulates repeated rows ----------------------------------------
def test_a_step_sums_gradients_of_repeated_rows():
    U, V = np.array([[1.0, 2.0]]), np.zeros((2, 2))
    inputs, outputs = np.array([0, 0]), np.array([[1], [1]])
    yes = np.ones((2, 1), bool)
    word2vec.skipgram_step(U, V, inputs, outputs, yes, yes, 0.1)
    np.testing.assert_allclose(V[1], 2 * 0.1 * 0.5 * np.array([1.0, 2.0]))


def test_cbow_step_full_is_n_times_exact():
    rng = np.random.default_rng(5)
    start, V = rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    moves = []
    for exact in (True, False):
        U = start.copy()
        rows = np.array([0, 1]), np.array([True, False]), np.ones(2, bool)
        word2vec.cbow_step(U, V.copy(), np.array([2, 3, 4]), *rows, 0.1, exact=exact)
        moves.append(U - start)
    np.testing.assert_allclose(moves[1], 3 * moves[0], atol=1e-12)


# --- masks, windows, trees -----------------------------------------------------------
def test_distinct_keeps_the_first_of_each_word():
    found = word2vec.distinct([[3, 5, 3, 5, 7], [1, 2, 3, 4, 5]])
    np.testing.assert_array_equal(found, [[1, 1, 0, 0, 1], [1, 1, 1, 1, 1]])


def test_windows_stay_inside_documents_and_share_their_outputs():
    corpus, config = toy(), Word2VecConfig(sample=0, dynamic=False, window=2)
    plan = walk.make_plan(corpus, config)
    found = list(word2vec.windows(plan, config))
    assert len(found) == 9 + 30  # a document of one word has no window
    np.testing.assert_array_equal(found[0].contexts, plan.tokens[1:3])
    np.testing.assert_array_equal(found[8].contexts, plan.tokens[6:8])
    middle = np.delete(plan.tokens, 9)
    np.testing.assert_array_equal([w.outputs[0] for w in found], middle)
    assert all(len(w.outputs) == config.negatives + 1 for w in found)


def test_the_learning_rate_falls_in_a_straight_line():
    config = Word2VecConfig(epochs=2, learning_rate=0.1, min_learning_rate=0.0)
    rates = [word2vec.rate_at(config, e, s) for e in (0, 1) for s in (0.0, 0.5)]
    np.testing.assert_allclose(rates, [0.1, 0.075, 0.05, 0.025])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=2, max_size=20))
def test_leaves_of_the_huffman_tree_are_a_distribution(counts):
    """Rung 7: probabilities of all leaves sum to 1; the code is near the entropy."""
    tree = word2vec.huffman_tree(counts)
    rng = np.random.default_rng(0)
    h, V = rng.normal(size=3), rng.normal(size=(len(counts), 3))
    mask = np.arange(tree.nodes.shape[1]) < tree.lengths[:, None]
    total = 0.0
    for w in range(len(counts)):
        cut = slice(w, w + 1)
        loss = word2vec.hierarchical_loss(
            h[None], V[tree.nodes[cut]], tree.codes[cut], mask[cut]
        )
        total += np.exp(-loss)
    assert abs(total - 1) < 1e-10
    share = np.array(counts) / sum(counts)
    entropy = -(share * np.log2(share)).sum()
    assert entropy - 1e-9 <= (share * tree.lengths).sum() < entropy + 1


def test_huffman_tree_by_hand():
    """Counts 5, 2, 1: the two light words join first; codes of 1, 2 and 2 bits."""
    tree = word2vec.huffman_tree([5, 2, 1])
    np.testing.assert_array_equal(tree.lengths, [1, 2, 2])
    assert set(tree.nodes[0, :1]) == set(tree.nodes[1, :1]) == {1}  # the root


def test_log_sigmoid_is_finite_far_out():
    np.testing.assert_allclose(
        word2vec.log_sigmoid(np.array([-800.0, 0.0, 800.0])), [-800, -np.log(2), 0]
    )


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dim": 0}, "dim must be at least 1 and a whole number, got 0"),
        ({"window": 0}, "window must be at least 1 and a whole number, got 0"),
        ({"window": 2.5}, "window must be at least 1 and a whole number, got 2.5"),
        ({"negatives": 0}, "negatives must be at least 1"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"threads": 2}, "deterministic=False"),
        ({"sample": -1.0}, "sample must be 0"),
        ({"batch_pairs": 0}, "batch_pairs must be at least 1"),
        ({"learning_rate": 1e-5}, "learning_rate must fall"),
        ({"architecture": "glove"}, "unknown architecture 'glove'"),
        ({"objective": "softmax"}, "unknown objective 'softmax'"),
        ({"cbow_step": "half"}, "unknown cbow_step 'half'"),
    ],
)
def test_a_wrong_setting_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        Word2VecConfig(**change)


def test_corpora_that_cannot_be_learned_are_refused():
    one = Corpus.from_documents([["a", "a", "a"]], min_count=1, name="one")
    with pytest.raises(ValueError, match="one word"):
        word2vec.fit(one)
    with pytest.raises(ValueError, match="larger vocabulary than 4 words"):
        word2vec.fit(toy(words=4))


def test_an_empty_corpus_is_refused():
    full = toy()
    empty = SimpleNamespace(vocabulary=full.vocabulary, tokens=[], offsets=[0])
    with pytest.raises(ValueError, match="empty"):
        word2vec.fit(empty)


@pytest.mark.parametrize("backend", ["numba", "numpy", "torch"])  # triton: its file
@pytest.mark.parametrize("bad", [-1, 12])
def test_token_ids_outside_the_vocabulary_are_refused(backend, bad):
    """Kernels would read and write rows that are not there."""
    good = toy()
    assert len(good.vocabulary) == 12
    tokens = good.tokens.copy()
    tokens[7] = bad
    corpus = replace(good, tokens=tokens)
    low, high = min(bad, 0), max(bad, 11)
    with pytest.raises(ValueError, match=rf"lie in 0\.\.11 .*, got {low}\.\.{high}:"):
        word2vec.fit(corpus, backend=backend)
    with pytest.raises(ValueError, match="build tokens and vocabulary together"):
        word2vec.make_plan(corpus, Word2VecConfig())


@pytest.mark.parametrize("spoiled", [0, 1])
def test_either_matrix_that_is_not_finite_is_reported(monkeypatch, spoiled):
    def diverge(*tables, **_):
        tables[spoiled][3, 1] = np.inf

    monkeypatch.setattr(word2vec, "train_epoch", lambda U, V, *_, **__: diverge(U, V))
    with pytest.raises(FloatingPointError, match="not finite after epoch 0"):
        word2vec.fit(toy(), Word2VecConfig(dim=4), backend="numpy")


@pytest.mark.parametrize(
    ("backend", "change", "message"),
    [
        ("numpy", {"threads": 2, "deterministic": False}, "threads=2 needs"),
        ("torch", {"threads": 2, "deterministic": False}, "threads=2 needs"),
        ("numpy", {"architecture": "cbow", "batch_pairs": 2}, "one window a step"),
        ("numba", {"architecture": "cbow", "batch_pairs": 2}, "one window a step"),
    ],
)
def test_a_setting_without_effect_is_refused(backend, change, message):
    with pytest.raises(ValueError, match=message):
        word2vec.fit(toy(), Word2VecConfig(**change), backend=backend)


def test_unknown_backend_and_device_are_named():
    with pytest.raises(ValueError, match="has numba, numpy, torch"):
        word2vec.fit(toy(), backend="jax")
    with pytest.raises(ValueError, match="needs backend='torch'"):
        word2vec.fit(toy(), device="cuda")
