"""Paragraph vectors in NumPy: pencil, loop, finite differences, codes, bad input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import differences

from tutor.datasets import Corpus
from tutor.documents import paragraphs as pv
from tutor.documents.paragraphs import ParagraphConfig, reference, walk

TINY = ParagraphConfig(dim=6, bits=9, epochs=2, negatives=2, window=2, sample=0.05)


def bag(seed=0, outputs=5, width=4):
    """Return random float64 (h, v, p, q)."""
    rng = np.random.default_rng(seed)
    h, v = rng.normal(size=width), rng.normal(size=(outputs, width + 1))
    p, q = rng.integers(0, 4, (2, outputs)).astype(float)
    return h, v, p, q


def toy(documents=40, words=30, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 15, documents)
    texts = [[f"w{i}" for i in rng.integers(0, words, n)] for n in lengths]
    return Corpus.from_documents(texts, min_count=1, name="toy")


# --- rung 0 and 1: pencil, loop ------------------------------------------------------
def test_pencil_example_of_the_chapter():
    """Code (1, 0); the word (2, 5) with bias -1 twice, noise (-1, 7), bias 0, once."""
    h = pv.round_code(np.array([0.3, -0.2]))
    np.testing.assert_array_equal(h, [1, 0])
    v = np.array([[2.0, 5.0, -1.0], [-1.0, 7.0, 0.0]])
    p, q = np.array([2.0, 0.0]), np.array([0.0, 1.0])
    by_hand = 3 * np.log1p(np.exp(-1))  # scores 1 and -1: three right answers alike
    assert abs(pv.bag_loss(h, v, p, q) - by_hand) < 1e-12
    error = 1 / (1 + np.e)
    gh, gv = pv.bag_gradients(h, v, p, q)
    np.testing.assert_allclose(gh, error * np.array([-5, -3]), atol=1e-12)
    np.testing.assert_allclose(gv, error * np.array([[-2, 0, -2], [1, 0, 1]]))


def test_bag_loss_is_a_loop_over_tokens():
    """A bag with counts is the list of its decisions, one by one."""
    h, v, p, q = bag()
    loop = 0.0
    for o in range(len(v)):
        s = v[o, :-1] @ h + v[o, -1]
        loop += sum(np.log1p(np.exp(-s)) for _ in range(int(p[o])))
        loop += sum(np.log1p(np.exp(s)) for _ in range(int(q[o])))
    np.testing.assert_allclose(pv.bag_loss(h, v, p, q), loop, rtol=1e-10)
    with pytest.raises(AssertionError):  # rung 9
        np.testing.assert_allclose(1.01 * pv.bag_loss(h, v, p, q), loop, rtol=1e-10)


# --- rung 2: gradients ---------------------------------------------------------------
def test_bag_gradients_are_differences():
    h, v, p, q = bag(1)
    gh, gv = pv.bag_gradients(h, v, p, q)
    slope = differences(lambda x: pv.bag_loss(x, v, p, q), h)
    np.testing.assert_allclose(gh, slope, rtol=1e-6, atol=1e-8)
    slope = differences(lambda x: pv.bag_loss(h, x, p, q), v)
    np.testing.assert_allclose(gv, slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("code", ["binary", "real-binary"])
def test_straight_through_is_the_gradient_of_the_sigmoid_around_the_rounded_point(code):
    """The convention, made checkable: round(z) stands for σ(z) + (round(z) - σ(z))°.

    The part marked ° is held constant; what is left is smooth and has differences.
    """
    rng = np.random.default_rng(2)
    d, W = rng.normal(size=4), rng.normal(size=(3, 4))
    _, v, p, q = bag(2, width=4 if code == "binary" else 3)

    def z_of(x, matrix):
        return x if code == "binary" else matrix @ x

    z = z_of(d, W)
    offset = pv.round_code(z) - reference.sigmoid(z)

    def loss(x, matrix):
        return pv.bag_loss(reference.sigmoid(z_of(x, matrix)) + offset, v, p, q)

    gh, _ = pv.bag_gradients(pv.hidden(d, W, code), v, p, q)
    gd, gw = pv.hidden_gradients(d, W, code, gh)
    slope = differences(lambda x: loss(x, W), d)
    np.testing.assert_allclose(gd, slope, rtol=1e-6, atol=1e-8)
    slope = differences(lambda x: loss(d, x), W)
    np.testing.assert_allclose(gw, slope, rtol=1e-6, atol=1e-8)


def test_the_true_gradient_of_rounding_is_zero():
    """Why straight-through is needed: differences of the rounded loss vanish."""
    _, v, p, q = bag(3)
    z = np.array([0.7, -0.4, 1.2, -2.0])
    slope = differences(lambda x: pv.bag_loss(pv.round_code(x), v, p, q), z)
    np.testing.assert_array_equal(slope, 0)
    gh, _ = pv.bag_gradients(pv.round_code(z), v, p, q)
    assert np.abs(pv.straight_through(z, gh)).min() > 1e-3


def test_window_mean_has_equal_shares():
    rng = np.random.default_rng(4)
    d, u = rng.normal(size=3), rng.normal(size=(4, 3))
    np.testing.assert_allclose(pv.window_mean(d, u), np.vstack([d, u]).mean(axis=0))
    np.testing.assert_allclose(pv.window_mean(d, u[:0]), d)


# --- steps ---------------------------------------------------------------------------
def test_adagrad_sums_a_repeated_row_before_it_squares():
    X, G = np.zeros((2, 1)), np.ones((2, 1))
    pv.adagrad_step(X, G, np.array([1, 1]), np.array([[1.0], [2.0]]), 0.5)
    np.testing.assert_allclose(G, [[1], [10]])
    np.testing.assert_allclose(X, [[0], [-0.5 * 3 / np.sqrt(10)]], rtol=1e-9)


def test_tally_counts_words_and_noise_apart():
    rows, p, q = walk.tally(np.array([5, 2, 5]), np.array([2, 9, 9, 9]))
    np.testing.assert_array_equal(rows, [2, 5, 9])
    np.testing.assert_array_equal(p, [1, 2, 0])
    np.testing.assert_array_equal(q, [1, 0, 3])


def test_windows_stay_inside_a_document():
    corpus = Corpus.from_documents([["a", "b", "c"], ["d", "e"]], min_count=1)
    config = ParagraphConfig(architecture="dm", window=1, sample=0, negatives=1)
    plan = pv.make_plan(corpus, config)
    words = corpus.vocabulary.words
    found = [
        [words[c] for c in contexts]
        for i in range(2)
        for contexts, _ in walk.windows_of(plan, config, i, seed=0, epoch=0)
    ]
    assert found == [["b"], ["a", "c"], ["b"], ["e"], ["d"]]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=8), st.floats(0.1, 9))
def test_a_code_does_not_change_with_the_scale(values, factor):
    """Rung 7: bits are signs; and the straight-through gradient keeps its direction."""
    z = np.array(values)
    np.testing.assert_array_equal(pv.round_code(z), pv.round_code(factor * z))
    assert set(np.unique(pv.round_code(z))) <= {0.0, 1.0}
    gradient = np.linspace(-1, 1, len(z))
    moved = pv.straight_through(z, gradient)
    assert (np.sign(moved) == np.sign(gradient)).all()
    assert (np.abs(moved) <= np.abs(gradient) / 4 + 1e-12).all()


# --- fit and infer -------------------------------------------------------------------
@pytest.mark.parametrize("code", ["real", "binary", "real-binary"])
def test_frozen_moves_the_documents_only(code):
    config = ParagraphConfig(dim=6, bits=9, epochs=1, code=code, sample=0)
    run = pv.fit(toy(), config, backend="numpy", seed=1)
    before = [table.copy() for table in run.parameters]
    found = pv.infer(run, [["w1", "w2"], ["unknown"], ["w3"] * 4], seed=5)
    for table, kept in zip(run.parameters, before, strict=True):
        np.testing.assert_array_equal(table, kept)
    assert found.vectors.shape == (3, 6)
    start = walk.initial_parameters(3, 1, config, seed=pv.KEEP_SEED + 5).D
    np.testing.assert_array_equal(found.vectors[1], start[1])  # nothing to learn from
    assert np.abs(found.vectors[0] - start[0]).max() > 0


@pytest.mark.parametrize("architecture", ["dbow", "dm"])
@pytest.mark.parametrize("backend", ["numpy", "numba", "torch"])
def test_a_document_without_a_known_word_keeps_its_first_vector(architecture, backend):
    """Whether it stands alone, is empty, or stands beside one that learns."""
    if backend != "numpy":
        pytest.importorskip(backend, reason=f"{backend} is not installed")
    config = replace(TINY, architecture=architecture)
    run = pv.fit(toy(), config, backend=backend, seed=1)
    for documents in ([["unheard", "of"]], [[]], [["unheard"], ["w1", "w2"]]):
        found = pv.infer(run, documents, seed=5).vectors
        start = walk.initial_parameters(
            len(documents), 1, config, seed=pv.KEEP_SEED + 5
        ).D
        np.testing.assert_array_equal(found[0], start[0])
    assert np.abs(found[1] - start[1]).max() > 0


def test_shapes_of_a_real_binary_run():
    config = ParagraphConfig(dim=6, bits=9, epochs=1, code="real-binary")
    run = pv.fit(toy(), config, backend="numpy", keys=[f"d{i}" for i in range(40)])
    assert pv.codes(run).shape == (40, 9)
    assert run.embedding.vectors.shape == (40, 6)
    assert run.embedding.keys[3] == "d3"
    assert run.context.vectors.shape == (30, 10)  # nine bits and the bias
    assert repr(run) == "Fit(Paragraph: 40 x 6, backend='numpy', seed=0)"


def test_the_loss_falls():
    config = ParagraphConfig(dim=8, epochs=6, sample=0, code="binary")
    losses = pv.fit(toy(), config, backend="numpy").history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("backend", "architecture", "words"),
    [
        ("numba", "dbow", 100_000),
        ("numba", "dm", 100_000),
        ("torch", "dbow", 100_000),
        ("torch", "dm", 5_000),  # one text is walked in order, a batch at a time
    ],
)
def test_an_enormous_document_stands_beside_empty_ones(backend, architecture, words):
    """Trained, inferred, and no neighbour of it hurt."""
    pytest.importorskip(backend, reason=f"{backend} is not installed")
    rng = np.random.default_rng(0)
    huge = [f"w{i}" for i in rng.integers(0, 30, words)]
    texts = [[], huge, ["w1", "w2", "w3"], []]
    corpus = Corpus.from_documents(texts, name="uneven")
    config = replace(TINY, architecture=architecture, sample=0)
    run = pv.fit(corpus, config, backend=backend, seed=1)
    found = pv.infer(run, texts, seed=5).vectors
    for vectors, seed in ((run.parameters.D, 1), (found, pv.KEEP_SEED + 5)):
        start = walk.initial_parameters(4, len(corpus.vocabulary), config, seed=seed).D
        assert np.isfinite(vectors).all()
        np.testing.assert_array_equal(vectors[[0, 3]], start[[0, 3]])
        assert (np.abs(vectors - start).max(axis=1) > 0).tolist() == [0, 1, 1, 0]


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dim": 0}, "dim must be 1 or more, got 0"),
        ({"bits": 0}, "bits must be 1 or more"),
        ({"negatives": 0}, "negatives must be 1 or more"),
        ({"epochs": 0}, "epochs must be 1 or more"),
        ({"window": 0}, "window must be 1 or more"),
        ({"sample": -1.0}, "sample must be 0"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"initial_square": 0.0}, "initial_square must be above 0"),
        ({"batch_documents": 0}, "batch_documents must be 1 or more"),
        ({"code": "ternary"}, "unknown code 'ternary'"),
        ({"architecture": "cbow"}, "unknown architecture 'cbow'"),
        ({"architecture": "dm", "code": "binary"}, "use architecture='dbow'"),
    ],
)
def test_a_wrong_setting_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        ParagraphConfig(**change)


def test_wrong_arguments_are_named():
    corpus = toy()
    with pytest.raises(ValueError, match="has numba, numpy, torch"):
        pv.fit(corpus, TINY, backend="jax")
    with pytest.raises(ValueError, match="needs backend='torch'"):
        pv.fit(corpus, TINY, device="cuda")
    with pytest.raises(ValueError, match="2 keys for 40 documents"):
        pv.fit(corpus, TINY, keys=["a", "b"])
    with pytest.raises(ValueError, match="numpy takes 1 a step"):
        pv.fit(corpus, ParagraphConfig(batch_documents=8), backend="numpy")
    one = Corpus.from_documents([["a", "a"]], min_count=1)
    with pytest.raises(ValueError, match="2 tokens of 1 words"):
        pv.fit(one, TINY)


def test_wrong_documents_and_codes_are_named():
    run = pv.fit(toy(), TINY, backend="numpy")
    with pytest.raises(ValueError, match="learned real vectors, not codes"):
        pv.codes(run)
    with pytest.raises(TypeError, match="tokenize it first"):
        pv.infer(run, ["a text"])
    with pytest.raises(ValueError, match="no documents"):
        pv.infer(run, [])


def test_divergence_is_reported():
    config = ParagraphConfig(dim=4, epochs=2, learning_rate=1e38)
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match="lower learning_rate"),
    ):
        pv.fit(toy(), config, backend="numpy")
