"""The contrastive losses: pencil, loop, differences, torch, invariants, bad input."""

from dataclasses import replace

import numpy as np
import pytest
from clip_data import TINY, small_set
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import differences

from tutor.geometry import unit_rows
from tutor.multimodal import clip
from tutor.multimodal.clip import ClipConfig, batches, texts

torch = pytest.importorskip("torch")


def pairs(batch=5, dim=4, seed=0):
    """Return float64 unit rows of both sides."""
    rng = np.random.default_rng(seed)
    return unit_rows(rng.normal(size=(batch, dim))), unit_rows(
        rng.normal(size=(batch, dim))
    )


# --- rung 0: pencil ------------------------------------------------------------------
def test_pencil_infonce():
    """Two pairs, x = y = e1, e2, temperature 1: each softmax is e / (e + 1).

    All four terms are log(1 + 1/e), so their mean is 0.3132616875.
    """
    E = np.eye(2)
    assert abs(clip.infonce_loss(E, E, 1.0) - np.log1p(np.exp(-1))) < 1e-12
    assert abs(clip.infonce_loss(E, E, 1.0) - 0.3132616875182228) < 1e-12


def test_pencil_siglip():
    """The same with b = 0: two pairs at score 1, two others at score 0.

    (2 log(1 + 1/e) + 2 log 2) / 2 = 0.3132616875 + 0.6931471806.
    """
    expected = np.log1p(np.exp(-1)) + np.log(2)
    assert abs(clip.siglip_loss(np.eye(2), np.eye(2), 1.0, 0.0) - expected) < 1e-12


def test_pencil_hinge():
    """Margin 0.2: right 1, wrong 0, nothing violated. Swapped texts: 1.2 each time."""
    E = np.eye(2)
    assert clip.hinge_loss(E, E, 0.2) == 0
    assert abs(clip.hinge_loss(E, E[::-1], 0.2) - 1.2) < 1e-12


def test_pencil_gap_and_recall():
    """Means e1 and e2 lie sqrt(2) apart; all rows equal tie at rank (4 + 1) / 2."""
    X, Y = np.tile([1.0, 0.0], (4, 1)), np.tile([0.0, 1.0], (4, 1))
    assert abs(clip.modality_gap(X, Y) - np.sqrt(2)) < 1e-12
    np.testing.assert_allclose(clip.retrieval_ranks(X, Y), 2.5)
    assert clip.recall_at_k(X, Y, 2) == 0.0
    assert clip.recall_at_k(np.eye(4), np.eye(4), 1) == 1.0
    assert abs(clip.alignment(X, Y) - 2) < 1e-12
    assert abs(clip.uniformity(X)) < 1e-12
    assert abs(clip.uniformity(np.array([[1.0, 0], [-1, 0]])) + 8) < 1e-12


# --- rung 1: loops -------------------------------------------------------------------
def test_losses_equal_their_loops():
    X, Y = pairs()
    S, B = X @ Y.T / 0.3, len(X)
    info = sig = hinge = 0.0
    for i in range(B):
        info -= np.log(np.exp(S[i, i]) / sum(np.exp(S[i, j]) for j in range(B)))
        info -= np.log(np.exp(S[i, i]) / sum(np.exp(S[j, i]) for j in range(B)))
        for j in range(B):
            z = 1 if i == j else -1
            sig -= np.log(1 / (1 + np.exp(-z * (S[i, j] - 2))))
            if i != j:
                own, C = X[i] @ Y[i], X @ Y.T
                hinge += max(0, 0.5 - own + C[i, j]) + max(0, 0.5 - own + C[j, i])
    found = clip.infonce_loss(X, Y, 0.3)
    np.testing.assert_allclose(found, info / (2 * B), rtol=1e-10)
    np.testing.assert_allclose(clip.siglip_loss(X, Y, 0.3, -2), sig / B, rtol=1e-10)
    np.testing.assert_allclose(clip.hinge_loss(X, Y, 0.5), hinge / (2 * B), rtol=1e-10)
    with pytest.raises(AssertionError):  # rung 9: one per cent of the scores is seen
        np.testing.assert_allclose(
            clip.infonce_loss(1.01 * X, Y, 0.3), info / (2 * B), rtol=1e-10
        )


# --- rung 2: hand gradients are central differences ----------------------------------
@pytest.mark.parametrize("loss", ["infonce", "siglip"])
def test_gradients_are_differences(loss):
    X, Y = pairs(seed=1)
    t, b = np.array([0.3]), np.array([-2.0])
    if loss == "infonce":
        found = clip.infonce_gradients(X, Y, 0.3)

        def value(X, Y, t, b):
            return clip.infonce_loss(X, Y, float(t[0]))
    else:
        found = clip.siglip_gradients(X, Y, 0.3, -2.0)

        def value(X, Y, t, b):
            return clip.siglip_loss(X, Y, float(t[0]), float(b[0]))

    slopes = (
        differences(lambda x: value(x, Y, t, b), X),
        differences(lambda y: value(X, y, t, b), Y),
        differences(lambda s: value(X, Y, s, b), t)[0],
        differences(lambda c: value(X, Y, t, c), b)[0],
    )
    for hand, slope in zip(found, slopes, strict=False):
        np.testing.assert_allclose(hand, slope, rtol=1e-6, atol=1e-8)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * found[0], slopes[0], rtol=1e-6, atol=1e-8)


def test_unit_gradients_are_differences():
    rng = np.random.default_rng(2)
    x, g = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    slope = differences(lambda v: float((unit_rows(v) * g).sum()), x)
    np.testing.assert_allclose(clip.unit_gradients(x, g), slope, rtol=1e-6, atol=1e-8)


# --- rung 3: autograd ----------------------------------------------------------------
@pytest.mark.parametrize("loss", ["infonce", "siglip"])
def test_gradients_are_autograd(loss):
    from tutor.multimodal.clip import torch as twin

    X, Y = pairs(seed=3)
    given = [torch.tensor(v, requires_grad=True) for v in (X, Y)]
    t, b = (torch.tensor(v, dtype=float, requires_grad=True) for v in (0.2, -3.0))
    if loss == "infonce":
        value = twin.infonce_loss(*given, t)
        own = clip.infonce_loss(X, Y, 0.2)
        hand, leaves = clip.infonce_gradients(X, Y, 0.2), (*given, t)
    else:
        value = twin.siglip_loss(*given, t, b)
        own = clip.siglip_loss(X, Y, 0.2, -3.0)
        hand, leaves = clip.siglip_gradients(X, Y, 0.2, -3.0), (*given, t, b)
    np.testing.assert_allclose(own, float(value.detach()), rtol=1e-12)
    value.backward()
    for mine, leaf in zip(hand, leaves, strict=True):
        np.testing.assert_allclose(mine, leaf.grad.numpy(), rtol=1e-8, atol=1e-12)


# --- rung 4: one step ----------------------------------------------------------------
@pytest.mark.parametrize("loss", ["infonce", "siglip"])
def test_one_sgd_step_numpy_equals_torch(loss):
    """Raw rows, through the sphere and the loss, one step of 0.1 on everything."""
    from tutor.multimodal.clip import torch as twin

    rng = np.random.default_rng(4)
    X, Y = rng.normal(size=(2, 6, 4))
    t, b, rate = 0.5, -1.0, 0.1
    U, V = unit_rows(X), unit_rows(Y)
    if loss == "infonce":
        gU, gV, gt = clip.infonce_gradients(U, V, t)
        gb = 0.0
    else:
        gU, gV, gt, gb = clip.siglip_gradients(U, V, t, b)
    mine = [
        X - rate * clip.unit_gradients(X, gU),
        Y - rate * clip.unit_gradients(Y, gV),
        t - rate * gt,
        b - rate * gb,
    ]
    leaves = [torch.tensor(v, dtype=float, requires_grad=True) for v in (X, Y, t, b)]
    unit = [torch.nn.functional.normalize(leaf, dim=1) for leaf in leaves[:2]]
    if loss == "infonce":
        twin.infonce_loss(*unit, leaves[2]).backward()
        leaves[3].grad = torch.zeros_like(leaves[3])
    else:
        twin.siglip_loss(*unit, *leaves[2:]).backward()
    torch.optim.SGD(leaves, lr=rate).step()
    for hand, leaf in zip(mine, leaves, strict=True):
        np.testing.assert_allclose(hand, leaf.detach().numpy(), rtol=1e-10, atol=1e-12)


# --- rung 5: training ----------------------------------------------------------------
def test_training_repeats_and_learns():
    data = small_set()
    config = replace(TINY, dim=8, steps=120, learning_rate=0.02)
    torch.set_num_threads(1)
    one, two = (clip.fit(data, config, seed=1) for _ in range(2))
    assert one.history["loss"] == two.history["loss"]
    np.testing.assert_array_equal(
        one.encode_image(data.images), two.encode_image(data.images)
    )
    assert one.history["loss"][-1] < 0.5 * one.history["loss"][0]
    captions = [data.caption(row) for row in range(len(data))]
    I, T = one.encode_image(data.images), one.encode_text(captions)
    np.testing.assert_allclose(np.linalg.norm(I, axis=1), 1, rtol=1e-5)
    assert clip.recall_at_k(I, T, 1) > 0.8
    other = clip.fit(data, config, seed=2)
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(
            one.encode_image(data.images), other.encode_image(data.images)
        )


def test_what_is_fixed_stays_and_what_is_learned_moves():
    data = small_set()
    fixed = clip.fit(data, replace(TINY, learn_temperature=False, temperature=0.2))
    np.testing.assert_allclose(fixed.history["temperature"], 0.2, rtol=1e-6)
    learned = clip.fit(data, replace(TINY, temperature=0.2))
    assert abs(learned.temperature - 0.2) > 1e-4
    assert float(learned.module.bias.detach()) == -10  # InfoNCE has no bias
    siglip = clip.fit(data, replace(TINY, loss="siglip"))
    assert float(siglip.module.bias.detach()) != -10
    assert siglip.config.start_temperature == 0.1


def test_temperature_never_passes_clips_limit():
    data = small_set()
    cold = clip.fit(data, replace(TINY, temperature=0.0101, learning_rate=0.5))
    assert min(cold.history["temperature"]) > 0.01 - 1e-6


def test_features_take_the_place_of_pictures():
    data = small_set()
    features = np.random.default_rng(0).normal(size=(12, 9)).astype(np.float32)
    found = clip.fit(data, replace(TINY, steps=40), features=features)
    assert found.encode_image(features).shape == (12, 4)
    assert "parameters" in repr(found)
    with pytest.raises(ValueError, match=r"got \(11, 9\)"):
        clip.fit(data, TINY, features=features[:11])
    with pytest.raises(ValueError, match="another width"):
        found.encode_image(features[:, :5])


# --- batches -------------------------------------------------------------------------
def test_a_batch_holds_different_concepts_and_a_pass_sees_all():
    data = small_set()
    vocabulary = clip.vocabulary_of(data, TINY)
    plan = clip.make_plan(data, vocabulary, TINY)
    drawn = [batches.draw_batch(plan, TINY, seed=3, step=k) for k in range(6)]
    for batch in drawn:
        assert len(set(batch.rows)) == TINY.batch_size
        assert len(batch.starts) == TINY.batch_size
    np.testing.assert_array_equal(
        np.sort(np.concatenate([b.rows for b in drawn[:2]])), np.arange(12)
    )
    again = batches.draw_batch(plan, TINY, seed=3, step=4)
    np.testing.assert_array_equal(again.units, drawn[4].units)


def test_captions_are_never_empty_and_hold_only_their_words():
    data = small_set()
    vocabulary = clip.vocabulary_of(data, TINY)
    plan = clip.make_plan(data, vocabulary, TINY)
    rows = np.arange(12)
    seen = set()
    for step in range(40):
        bags = batches.captions(plan, rows, TINY, seed=0, step=step)
        for row, bag in zip(rows, bags, strict=True):
            assert bag
            assert set(bag) <= set(vocabulary.ids(data.caption(row)))
            seen.add((row, len(bag)))
    assert (1, 4) in seen  # the name alone
    assert (1, 1) in seen  # one keyword alone
    assert (1, 7) in seen  # all of it


def test_movements_keep_what_must_not_be_mirrored():
    moving = replace(TINY, augment=True)
    mirrored = np.array([True, False] * 50)
    moves, tints = batches.movements(mirrored, moving, seed=0, step=0)
    signs = np.sign(moves[:, 0, 0])
    assert (signs[1::2] == 1).all()
    assert set(signs[::2]) == {-1.0, 1.0}
    assert abs(tints - 1).max() < 0.22
    still, ones = batches.movements(mirrored, TINY, seed=0, step=0)
    np.testing.assert_array_equal(still[0], np.eye(2, 3))
    np.testing.assert_array_equal(ones, 1)
    plan = clip.make_plan(small_set(), clip.vocabulary_of(small_set(), TINY), TINY)
    np.testing.assert_array_equal(plan.mirrored[:3], [False, True, True])


def test_learning_rate_rises_and_falls_to_nearly_nothing():
    config = replace(TINY, steps=100, learning_rate=1.0)
    rates = [batches.learning_rate(step, config) for step in range(100)]
    assert int(np.argmax(rates)) in (24, 25)
    assert max(rates) == 1.0
    assert rates[-1] < 0.001


# --- texts ---------------------------------------------------------------------------
def test_units_of_several_scripts():
    assert texts.words("Chat noir!") == ["chat", "noir"]
    assert texts.pieces("ban") == ["<ban>", "<ba", "ban", "an>"]
    assert texts.pieces("黒い猫") == ["黒", "い", "猫", "黒い", "い猫"]
    assert "<ba" in set(texts.pieces("banana")) & set(texts.pieces("banane"))
    known = texts.Vocabulary.of(["a cat"], "words")
    assert (len(known), known.ids("a dog a"), known.known("a dog")) == (2, [0, 0], 0.5)
    assert known.known("!") == 0.0
    numbers, starts = texts.flat([[3, 4], [], [5]])
    np.testing.assert_array_equal(numbers, [3, 4, 5])
    np.testing.assert_array_equal(starts, [0, 2, 2])


# --- rung 7: invariants --------------------------------------------------------------
@settings(max_examples=30, deadline=None)
@given(st.integers(2, 8), st.integers(0, 1000), st.floats(0.05, 5.0))
def test_invariants_of_the_losses(batch, seed, temperature):
    """Order of pairs and exchange of sides change nothing; equal rows give log B."""
    X, Y = pairs(batch, 4, seed)
    order = np.random.default_rng(seed).permutation(batch)
    loss = clip.infonce_loss(X, Y, temperature)
    np.testing.assert_allclose(
        clip.infonce_loss(X[order], Y[order], temperature), loss, rtol=1e-9
    )
    np.testing.assert_allclose(clip.infonce_loss(Y, X, temperature), loss, rtol=1e-9)
    same = np.tile(X[:1], (batch, 1))
    np.testing.assert_allclose(
        clip.infonce_loss(same, same, temperature), np.log(batch), rtol=1e-9
    )
    gX, gY, _ = clip.infonce_gradients(X, Y, temperature)
    assert np.isfinite(gX).all()
    np.testing.assert_allclose(
        np.sum(gX * X) / temperature, np.sum(gY * Y) / temperature, rtol=1e-6, atol=1e-9
    )


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize("loss", ["infonce", "siglip"])
def test_what_is_no_batch_of_pairs(loss):
    rest = () if loss == "infonce" else (-10.0,)
    value = getattr(clip, f"{loss}_loss")
    slope = getattr(clip, f"{loss}_gradients")
    X, Y = pairs()
    for call in (value, slope):
        with pytest.raises(ValueError, match="holds 1 pair"):
            call(X[:1], Y[:1], 0.1, *rest)
        for wrong in (0.0, -1.0, np.nan, np.inf):
            with pytest.raises(ValueError, match="temperature must be positive"):
                call(X, Y, wrong, *rest)
        with pytest.raises(ValueError, match=r"got \(5, 4\) and \(4, 4\)"):
            call(X, Y[:4], 0.1, *rest)
        broken = X.copy()
        broken[3, 1] = np.nan
        with pytest.raises(ValueError, match=r"1 rows of images are NaN.*row 3"):
            call(broken, Y, 0.1, *rest)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batch_size": 1}, "batch_size is 1; a contrast needs another pair"),
        ({"temperature": 0.0}, "temperature must be positive"),
        ({"steps": 0}, "steps must be 1 or more"),
        ({"learning_rate": -1.0}, "learning_rate must be finite and 0 or more"),
        ({"loss": "triplet"}, "unknown loss 'triplet'"),
        ({"units": "bytes"}, "unknown units 'bytes'"),
        ({"channels": ()}, "at least one entry"),
    ],
)
def test_settings_that_cannot_be(change, words):
    with pytest.raises(ValueError, match=words):
        ClipConfig(**change)


def test_sets_that_do_not_fit_the_settings():
    data = small_set()
    with pytest.raises(ValueError, match="batch_size is 20 and there are 12"):
        clip.fit(data, replace(TINY, batch_size=20))
    with pytest.raises(ValueError, match="no names in 'de'"):
        clip.fit(data, replace(TINY, languages=("en", "de")))
    with pytest.raises(ValueError, match="16 pixels cannot be averaged to 5"):
        clip.fit(data, replace(TINY, size=5))
    with pytest.raises(FloatingPointError, match="lower learning_rate"):
        clip.fit(data, replace(TINY, steps=60, learning_rate=1e30))
    found = clip.fit(data, TINY)
    with pytest.raises(TypeError, match="write \\['cat'\\]"):
        found.encode_text("cat")
    with pytest.raises(ValueError, match="zero"):
        clip.unit_gradients(np.zeros((2, 3)), np.ones((2, 3)))


def test_empty_and_enormous_texts_have_their_row():
    """An empty text is a text without known units; the mean forgets how often."""
    found = clip.fit(small_set(), TINY)
    empty = found.encode_text([""])
    assert empty.shape == (1, TINY.dim)
    np.testing.assert_allclose(np.linalg.norm(empty, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(found.encode_text(["unheard of"]), empty)
    np.testing.assert_array_equal(found.encode_text(["x" * 1_000_000]), empty)
    once, often = found.encode_text(["thing 1", "thing 1 " * 100_000])
    np.testing.assert_allclose(often, once, atol=1e-2)
    assert np.abs(once - empty[0]).max() > 0.05  # the last line can fail


# --- rung 8: device ------------------------------------------------------------------
@pytest.mark.gpu
def test_cpu_equals_cuda(cuda):
    """Five updates without momentum noise: same losses to 1e-4 in float32."""
    data = small_set()
    here, there = (clip.fit(data, TINY, seed=1, device=d) for d in ("cpu", cuda))
    np.testing.assert_allclose(
        here.history["loss"], there.history["loss"], rtol=1e-4, atol=1e-4
    )
