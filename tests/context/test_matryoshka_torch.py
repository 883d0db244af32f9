"""The losses and the training in torch against NumPy, autograd and the library."""

import math

import numpy as np
import pytest

from tutor.context import attention as A
from tutor.context import matryoshka as M
from tutor.context.attention import packed
from tutor.datasets import encoders

torch = pytest.importorskip("torch", reason="torch is not installed")

from tutor.context.matryoshka import torch as T  # noqa: E402

SMALL = {"layers": 3, "dim": 8, "heads": 2, "hidden": 12, "vocab": 30, "max_length": 9}
CHOSEN = {"layer": 2, "dim": 3, "temperature": 0.3, "smoothing": 0.6}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def drawn(seed=0, shape=(2, 4, 6)):
    return np.random.default_rng(seed).normal(size=shape)


def small(dtype=np.float64):
    config = A.EncoderConfig(**SMALL)
    p = A.initial_parameters(config, 1, dtype)
    moved = [b._replace(W_1=20 * b.W_1, W_v=20 * b.W_v) for b in p.blocks]
    return A.Encoder(config, p._replace(tokens=20 * p.tokens, blocks=tuple(moved)))


def texts(seed, count=12):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 30, 2 + int(n)).tolist() for n in rng.integers(1, 7, count)]


# --- twins: values, and rung 3, autograd ---------------------------------------------
@pytest.mark.parametrize("how", M.POOLS)
def test_pooling_numpy_equals_torch(how):
    H, n = drawn(1, (3, 5, 4)), np.array([5, 1, 3])
    found = T.pool(torch.tensor(H), torch.tensor(n), how)
    np.testing.assert_allclose(found, M.pool(H, n, how), atol=1e-12)


@pytest.mark.parametrize("dims", [(6,), (1, 3, 6)])
def test_matryoshka_numpy_equals_autograd(dims):
    X = drawn(2)
    leaf = torch.tensor(X, requires_grad=True)
    loss = T.matryoshka_loss(leaf, dims, temperature=0.2)
    wanted = M.matryoshka_loss(X, dims, temperature=0.2)
    np.testing.assert_allclose(loss.item(), wanted, rtol=1e-12)
    loss.backward()
    found = M.matryoshka_gradients(X, dims, temperature=0.2)
    np.testing.assert_allclose(found, leaf.grad, atol=1e-8)
    with pytest.raises(AssertionError):  # alive
        np.testing.assert_allclose(1.01 * found, leaf.grad, atol=1e-8)


@pytest.mark.parametrize("version", ["v1", "improved"])
def test_two_d_numpy_equals_autograd(version):
    sides = drawn(3), drawn(4)
    leaves = [torch.tensor(x, requires_grad=True) for x in sides]
    loss = T.two_d_loss(*leaves, **CHOSEN, version=version)
    wanted = M.two_d_loss(*sides, **CHOSEN, version=version)
    np.testing.assert_allclose(loss.item(), wanted, rtol=1e-12)
    loss.backward()
    found = M.two_d_gradients(*sides, **CHOSEN, version=version)
    for ours, leaf in zip(found, leaves, strict=True):
        np.testing.assert_allclose(ours, leaf.grad, atol=1e-8)


def test_torch_refuses_what_numpy_refuses():
    X = torch.tensor(drawn())
    with pytest.raises(ValueError, match="batch of 1"):
        T.info_nce_loss(X[:, :1])
    with pytest.raises(ValueError, match="temperature must be above 0"):
        T.info_nce_loss(X, temperature=0)
    with pytest.raises(ValueError, match="must be increasing"):
        T.matryoshka_loss(X, (3, 2))
    with pytest.raises(ValueError, match="fewer than the 6"):
        T.two_d_loss(X, X, layer=1, dim=6)


# --- reading an encoder --------------------------------------------------------------
def test_layer_vectors_are_the_pooled_states_of_each_depth():
    encoder = small()
    given = texts(5)
    found = M.layer_vectors(encoder, given)
    for k, ids in enumerate(given):
        states = A.hidden_states(encoder.values(), np.array([ids]), encoder.config)
        wanted = [M.pool(state, [len(ids)])[0] for state in states]
        np.testing.assert_allclose(found[:, k], wanted, atol=1e-6)


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_an_exit_is_the_packed_form_of_its_layer(layer):
    """Packed and cut short, against padded and complete: equal to 1e-5."""
    encoder, given = small(np.float32), texts(6)
    wanted = M.truncate(M.layer_vectors(encoder, given)[layer], 5)
    found = M.exit_vectors(encoder, given, layer=layer, dim=5)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * found, wanted, atol=1e-5)


def test_a_shortened_encoder_has_weights_of_its_own():
    encoder = small()
    short = T.shortened(encoder, 2)
    assert len(short.stack()) == short.config.layers == 2
    with torch.no_grad():
        short.blocks[0].W_q.add_(1)
    assert (encoder.blocks[0].W_q - short.blocks[0].W_q).abs().min() > 0.5


def test_pooled_states_do_not_depend_on_the_pieces():
    encoder, given = small(), texts(7)
    one, four = (T.pooled_states(encoder, given, [1, 3], pieces=k) for k in (1, 4))
    torch.testing.assert_close(one, four, atol=1e-10, rtol=0)


# --- training ------------------------------------------------------------------------
def test_one_step_of_the_tuner_is_the_numpy_loss_of_its_states():
    encoder = small()
    sides = texts(8), texts(9)
    rows = np.array([0, 3, 5, 7])
    for method in M.METHODS:
        config = M.MatryoshkaConfig(method=method, dims=(2, 4), batch_size=4)
        tuner = M.MatryoshkaTuner(encoder, *sides, config)
        found = tuner(torch.as_tensor(rows), 1, 2).item() / 4
        X = [np.stack([M.layer_vectors(encoder, [s[i] for i in rows])[d]
                       for s in sides]) for d in (3, 1)]  # fmt: skip
        if method.startswith("2d"):
            version = method.removeprefix("2d-")
            wanted = M.two_d_loss(*X, layer=1, dim=2, version=version)
        else:
            dims = (2, 4, 8) if method == "matryoshka" else (8,)
            wanted = M.matryoshka_loss(X[0], dims)
        np.testing.assert_allclose(found, wanted, rtol=1e-4, err_msg=method)


@pytest.mark.parametrize("method", M.METHODS)
def test_training_lowers_the_loss_and_repeats(method):
    config = M.MatryoshkaConfig(
        method=method, dims=(2, 4), batch_size=6, steps=30, learning_rate=3e-3
    )
    ends = []
    for _ in range(2):
        encoder = small(np.float32)
        table = encoder.tokens.detach().clone()
        sides = texts(10), texts(11)
        before = M.layer_vectors(encoder, [*sides[0], *sides[1]])
        history = M.tune(encoder, *sides, config, seed=2)
        after = M.layer_vectors(encoder, [*sides[0], *sides[1]])
        pairs = [v[3].reshape(2, 12, 8) for v in (before, after)]
        assert M.info_nce_loss(pairs[1]) < 0.8 * M.info_nce_loss(pairs[0])
        torch.testing.assert_close(encoder.tokens, table)  # left as it was
        ends.append(history["loss"])
    np.testing.assert_allclose(ends[0], ends[1])


def test_bad_training_is_refused():
    encoder = small()
    with pytest.raises(ValueError, match="2 anchors but 1 positives"):
        M.tune(encoder, [[1], [2]], [[1]], M.MatryoshkaConfig(dims=(2,)))
    with pytest.raises(ValueError, match=r"256 coordinates .* have 7"):
        M.tune(encoder, texts(1, 40), texts(2, 40), M.MatryoshkaConfig())
    with pytest.raises(ValueError, match="no earlier one"):
        M.tune(
            T.shortened(encoder, 1), texts(1, 40), texts(2, 40),
            M.MatryoshkaConfig(dims=(2, 4)),
        )  # fmt: skip
    with pytest.raises(ValueError, match="0 texts"):
        M.layer_vectors(encoder, [])
    with pytest.raises(ValueError, match="2 texts, 1 of them"):
        M.layer_vectors(encoder, [[1], []])
    with pytest.raises(ValueError, match="layer 4 does not exist"):
        M.exit_vectors(encoder, [[1]], layer=4)
    with pytest.raises(ValueError, match="layer 0 does not exist"):
        M.exit_vectors(encoder, [[1]], layer=0)
    with pytest.raises(ValueError, match="9 coordinates"):
        M.exit_vectors(encoder, [[1]], dim=9)
    with pytest.raises(ValueError, match="10"):  # longer than max_length
        M.exit_vectors(encoder, [[1] * 10])


# --- rung 6: sentence-transformers ---------------------------------------------------
@pytest.fixture(scope="module")
def library():
    st = pytest.importorskip("sentence_transformers", reason="no oracle here")
    return st.SentenceTransformer(str(encoders.minilm().folder), device="cpu")


SIDES = (
    ["A bank by the river.", "He ate an apple.", "The dog sleeps in the sun all day."],
    ["sloping land beside water", "a fruit", "a domestic animal that barks"],
)


def ours_on_sides():
    found = A.minilm()
    encoder = A.Encoder(found.config, found.parameters).eval()
    ids = [[t.ids for t in found.tokenizer.encode_batch(side)] for side in SIDES]
    states = T.pooled_states(encoder, ids[0] + ids[1], range(7))
    return states.unflatten(1, (2, 3)).detach()


@pytest.mark.oracle
def test_losses_equal_sentence_transformers(library):
    """Oracle: MatryoshkaLoss; AdaptiveLayerLoss with every layer at once.

    The library's layers start at the embeddings, its divergence is taken of vectors at
    length 1 (MiniLM ends in a normalisation) with temperature 0.3 and the teacher
    detached, which does not show in a value.
    """
    from sentence_transformers.sentence_transformer import losses

    library.eval()
    features = [library.preprocess(side) for side in SIDES]
    base = losses.MultipleNegativesRankingLoss(library, scale=20.0)
    states = ours_on_sides()
    with torch.no_grad():
        theirs = losses.MatryoshkaLoss(library, base, [384, 64, 8])(features, None)
        ours = T.matryoshka_loss(states[6], (8, 64, 384))
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
        with pytest.raises(AssertionError):
            torch.testing.assert_close(1.01 * ours, theirs, atol=1e-4, rtol=1e-4)

        deep = losses.AdaptiveLayerLoss(
            library, base, n_layers_per_step=-1, layer_weighting="linear"
        )(features, None)
        unit = torch.nn.functional.normalize(states, dim=-1)
        wanted = T.info_nce_loss(states[6])
        for k in range(6):
            wanted = wanted + T.info_nce_loss(states[k]) / (1 + k) / 6
            wanted = wanted + 0.3 * T.coordinate_divergence(unit[6], unit[k], 0.3)
        torch.testing.assert_close(deep, wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.oracle
def test_truncated_exits_equal_sentence_transformers(library):
    """Oracle: a model of three layers with truncate_dim, normalised afterwards."""
    found = A.minilm()
    encoder = A.Encoder(found.config, found.parameters).eval()
    all_texts = SIDES[0] + SIDES[1]
    ids = [t.ids for t in found.tokenizer.encode_batch(all_texts)]
    ours = M.exit_vectors(encoder, ids, dim=64)
    theirs = library.encode(all_texts, truncate_dim=64, normalize_embeddings=True)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    states = packed.last_states(encoder, ids)
    np.testing.assert_allclose(
        M.truncate(np.stack([s.mean(axis=0) for s in states]), 64), theirs, atol=1e-5
    )


# --- rung 8: device ------------------------------------------------------------------
@pytest.mark.gpu
@pytest.mark.parametrize("method", M.METHODS)
def test_training_cpu_equals_cuda(method, cuda):
    config = M.MatryoshkaConfig(method=method, dims=(2, 4), batch_size=6, steps=3)
    found = []
    for device in ("cpu", cuda):
        encoder = small(np.float32)
        history = M.tune(encoder, texts(10), texts(11), config, device=device)
        vectors = M.layer_vectors(encoder, texts(12))
        found.append((history["loss"][0], vectors))
    assert math.isclose(found[0][0], found[1][0], rel_tol=1e-4)
    np.testing.assert_allclose(found[0][1], found[1][1], atol=1e-4)
