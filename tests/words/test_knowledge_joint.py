"""Skip-gram with edges: plain at weight 0, NumPy = Numba = torch, and refusals."""

from dataclasses import replace

import numpy as np
import pytest
from numeric import assert_same_moves, differences

from tutor.datasets import Corpus
from tutor.words import knowledge as K
from tutor.words import word2vec
from tutor.words.knowledge import JointConfig, joint
from tutor.words.word2vec import Word2VecConfig

ENGINE = Word2VecConfig(dim=10, window=3, epochs=2, sample=0.05)
KINDS = {
    "fused": {"batch_pairs": 1},
    "paired": {"batch_pairs": 2},
    "9 negatives": {"negatives": 9, "dim": 20},
    "flat window": {"dynamic": False},
}


@pytest.fixture(scope="module")
def corpus():
    """Return documents of 0 to 40 words, and one longer than the kernel's buffer."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, 41)
    lengths = [*rng.integers(0, 40, 20), 1, 1100]
    drawn = [rng.choice(40, size=n, p=share / share.sum()) for n in lengths]
    return Corpus.from_documents([[f"w{i:02d}" for i in ids] for ids in drawn])


def some_edges(words):
    pairs = [(words[i], words[(7 * i + 3) % len(words)]) for i in range(0, 40, 2)]
    return K.edge_rows(words, [p for p in pairs if p[0] != p[1]])


# --- the penalty ---------------------------------------------------------------------
def test_pencil_of_a_visit():
    """Ends (0, 0) and (4, 0), rate 0.1: both move by 0.1 · 2 · 4 = 0.8."""
    U = np.array([[0.0, 0], [4, 0]])
    np.testing.assert_allclose(K.penalty_loss(U[:1], U[1:]), 16)
    K.penalty_step(U, np.array([0]), np.array([1]), 0.1)
    np.testing.assert_allclose(U, [[0.8, 0], [3.2, 0]], atol=1e-12)


def test_penalty_gradients_are_the_slopes():
    u, v = np.random.default_rng(0).normal(size=(2, 5, 3))
    gu, gv = K.penalty_gradients(u, v)
    np.testing.assert_allclose(
        gu, differences(lambda x: K.penalty_loss(x, v), u), rtol=1e-6
    )
    np.testing.assert_allclose(
        gv, differences(lambda x: K.penalty_loss(u, x), v), rtol=1e-6
    )


def test_repeated_rows_accumulate():
    U = np.array([[0.0], [1], [2]])
    K.penalty_step(U, np.array([0, 0]), np.array([1, 2]), 0.1)
    np.testing.assert_allclose(U, [[0.6], [0.8], [1.6]], atol=1e-12)


def test_an_epoch_visits_every_edge_and_spreads_the_visits(corpus):
    edges = some_edges(corpus.vocabulary.words)
    config = JointConfig(engine=ENGINE, visits=3)
    one = K.visits_of(edges, config, seed=1, epoch=0)
    pairs = np.column_stack([one.left, one.right])
    rounds = pairs.reshape(3, len(edges), 2)
    for visited in rounds:
        np.testing.assert_array_equal(np.unique(visited, axis=0), edges.pairs)
    other = K.visits_of(edges, config, seed=1, epoch=1)
    assert (one.left != other.left).any()
    due = [one.due(place, 1000) for place in range(1000)]
    assert due[0] == 0
    assert np.diff(due).max() <= 1
    assert due[500] == len(one.left) // 2
    assert len(K.visits_of(edges, config.with_weight(0)).left) == 0


# --- at weight 0 ---------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_weight_zero_is_word2vec_bit_for_bit(corpus, kind, backend):
    engine = replace(ENGINE, **KINDS[kind])
    edges = some_edges(corpus.vocabulary.words)
    plain = word2vec.fit(corpus, engine, backend=backend, seed=3)
    ours = K.fit(
        corpus, edges, JointConfig(engine=engine, weight=0), backend=backend, seed=3
    )
    np.testing.assert_array_equal(ours.embedding.vectors, plain.embedding.vectors)
    np.testing.assert_array_equal(ours.context.vectors, plain.context.vectors)
    assert ours.history["loss"] == plain.history["loss"]
    some = K.fit(corpus, edges, JointConfig(engine=engine), backend=backend, seed=3)
    assert np.abs(some.embedding.vectors - plain.embedding.vectors).max() > 1e-3


def test_weight_zero_is_word2vec_at_the_chapter_s_width(corpus):
    """The kernel of seven cache lines is another compilation than that of one."""
    engine = Word2VecConfig(epochs=1)
    edges = some_edges(corpus.vocabulary.words)
    plain = word2vec.fit(corpus, engine, seed=3).embedding.vectors
    ours = K.fit(corpus, edges, JointConfig(engine=engine, weight=0), seed=3)
    np.testing.assert_array_equal(ours.embedding.vectors, plain)


# --- one against the other -----------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_windows_numpy_equal_numba(kind):
    """Rung 4: three windows and the visits between them; rung 9: 1 % is seen."""
    from tutor.words.knowledge import fast
    from tutor.words.word2vec import epoch

    words = [f"w{i:02d}" for i in range(20)]
    corpus = Corpus.from_documents([words])
    engine = replace(ENGINE, **{**KINDS[kind], "sample": 0, "dynamic": False})
    config = JointConfig(engine=engine, weight=5, visits=1)
    plan = word2vec.make_plan(corpus, engine)
    plan = plan._replace(tokens=plan.tokens[:3], offsets=np.array([0, 3]))
    edges = K.edge_rows(words, [(words[i], words[i + 1]) for i in range(0, 20, 2)])
    rng = np.random.default_rng(1)
    U, V = start = rng.normal(scale=0.5, size=(2, 20, engine.dim)).astype(np.float32)
    tables, before = (epoch.padded(U), epoch.padded(V)), start.copy()
    fast.train_epoch(*tables, plan, edges, config, seed=2)
    joint.train_epoch(U, V, plan, edges, config, seed=2)
    assert_same_moves(tables, (U, V), before)


@pytest.mark.parametrize("kind", KINDS)
def test_epochs_numpy_equal_numba(corpus, kind):
    edges = some_edges(corpus.vocabulary.words)
    config = JointConfig(engine=replace(ENGINE, **KINDS[kind]), weight=4)
    one, two = (
        K.fit(corpus, edges, config, backend=b, seed=3) for b in ("numpy", "numba")
    )
    np.testing.assert_allclose(one.history["loss"], two.history["loss"], atol=1e-4)
    np.testing.assert_allclose(one.embedding.vectors, two.embedding.vectors, atol=1e-4)
    near = [[n.key for n in f.embedding.nearest("w20", 5)] for f in (one, two)]
    assert near[0] == near[1]


def assert_torch_agrees(corpus, device="cpu"):
    """One pair a step: the same steps in the same order as the NumPy loop."""
    edges = some_edges(corpus.vocabulary.words)
    config = JointConfig(engine=replace(ENGINE, batch_pairs=1, sample=0), visits=1)
    one = K.fit(corpus, edges, config, backend="numpy", seed=3)
    two = K.fit(corpus, edges, config, backend="torch", seed=3, device=device)
    np.testing.assert_allclose(one.history["loss"], two.history["loss"], atol=1e-4)
    np.testing.assert_allclose(one.embedding.vectors, two.embedding.vectors, atol=1e-4)
    assert abs(one.history["penalty"][-1] / two.history["penalty"][-1] - 1) < 1e-3


def test_epochs_numpy_equal_torch(corpus):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    torch.set_num_threads(1)
    assert_torch_agrees(corpus)


@pytest.mark.gpu
def test_epochs_numpy_equal_cuda(corpus, cuda):
    assert_torch_agrees(corpus, cuda)


def test_losses_and_gradients_numpy_equal_autograd():
    """Rung 3, float64: the penalty and retrofitting's objective."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from tutor.words.knowledge import torch as twin

    rng = np.random.default_rng(4)
    U, original = rng.normal(size=(2, 8, 3))
    edges = K.edge_rows(
        [str(i) for i in range(8)], [("0", "1"), ("1", "5"), ("2", "7")]
    )
    left, right = edges.pairs.T
    penalty = twin.EdgePenalty(torch.tensor(U))
    loss = penalty(torch.tensor(left), torch.tensor(right))
    loss.backward()
    gu, gv = K.penalty_gradients(U[left], U[right])
    slope = np.zeros_like(U)
    np.add.at(slope, left, gu)
    np.add.at(slope, right, gv)
    theirs = penalty.U.grad.to_dense().numpy()
    np.testing.assert_allclose(slope, theirs, atol=1e-8)
    np.testing.assert_allclose(loss.item(), K.penalty_loss(U[left], U[right]))
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * slope, theirs, atol=1e-8)
    model = twin.Retrofit(torch.tensor(original), edges, 0.3)
    with torch.no_grad():
        model.Q.copy_(torch.tensor(U))
    whole = model()
    whole.backward()
    wanted = K.retrofit_objective(U, original, edges, 0.3)
    np.testing.assert_allclose(whole.item(), wanted, rtol=1e-10)
    slope = K.retrofit_gradient(U, original, edges, 0.3)
    np.testing.assert_allclose(model.Q.grad, slope, atol=1e-8)


def test_a_run_repeats_and_more_weight_draws_ends_together(corpus):
    edges = some_edges(corpus.vocabulary.words)
    config = JointConfig(engine=ENGINE)
    one, two = (K.fit(corpus, edges, config, seed=1).embedding.vectors for _ in "ab")
    np.testing.assert_array_equal(one, two)
    lengths = [
        K.fit(corpus, edges, config.with_weight(w), seed=1).history["penalty"][-1]
        for w in (0, 1, 10)
    ]
    assert lengths[0] > lengths[1] > lengths[2]


# --- bad input -----------------------------------------------------------------------
def test_fit_refuses(corpus):
    edges = some_edges(corpus.vocabulary.words)
    strange = K.EdgeRows(edges.pairs, 7)
    with pytest.raises(ValueError, match="table of 7 rows, the vocabulary has 40"):
        K.fit(corpus, strange)
    with pytest.raises(ValueError, match="device='cuda' needs backend='torch'"):
        K.fit(corpus, edges, device="cuda")
    with pytest.raises(ValueError, match="unknown backend 'jax'"):
        K.fit(corpus, edges, backend="jax")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weight": -1}, "weight must be finite and 0 or more, got -1"),
        ({"weight": 100, "visits": 5}, "give visits of at least 20"),
        ({"visits": 0}, "visits must be at least 1"),
        ({"engine": Word2VecConfig(architecture="cbow")}, "got cbow, negative"),
        (
            {"engine": Word2VecConfig(threads=2, deterministic=False)},
            "on one thread, got skipgram, negative_sampling, 2 threads",
        ),
    ],
)
def test_settings_are_checked(change, words):
    with pytest.raises(ValueError, match=words):
        JointConfig(**change)
