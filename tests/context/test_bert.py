"""The head, its loss and gradients, what is hidden, and where training begins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.numeric import differences
from tutor.context import attention, bert
from tutor.context.attention.reference import sinusoidal
from tutor.context.bert import start
from tutor.context.bert.wordpiece import CLS, MASK, SEP

CONFIG = attention.EncoderConfig(
    layers=2, dim=6, heads=2, hidden=8, vocab=12, max_length=9
)


def states_and_head(seed=0, places=4):
    """Return float64 states, table, head and targets in which nothing is neutral."""
    rng = np.random.default_rng(seed)
    H, E = rng.normal(size=(places, 6)), rng.normal(size=(12, 6))
    head = bert.Head(*(rng.normal(size=s) for s in ((6, 6), 6, 6, 6, 12)))
    return H, E, head, rng.integers(0, 12, places)


def texts(seed=0, batch=5, n=9):
    ids = np.random.default_rng(seed).integers(5, 12, (batch, n))
    ids[:, 0], ids[:, -1] = CLS, SEP
    return ids


# --- loss ----------------------------------------------------------------------------
def test_loss_by_pencil():
    """Scores log 2, 0, 0 give shares 1/2, 1/4, 1/4: the losses log 2 and log 4."""
    Z = np.log([[2.0, 1.0, 1.0], [2.0, 1.0, 1.0]])
    np.testing.assert_allclose(
        bert.cross_entropy(Z, [0, 2]), (np.log(2) + np.log(4)) / 2, rtol=1e-12
    )
    found = bert.cross_entropy_gradients(Z, [0, 2])
    by_hand = np.array([[-0.25, 0.125, 0.125], [0.25, 0.125, -0.375]])
    np.testing.assert_allclose(found, by_hand, atol=1e-12)


def test_loss_equals_a_loop():
    H, E, head, y = states_and_head()
    Z = bert.mlm_scores(H, E, head)
    losses = []
    for i, target in enumerate(y):
        share = np.exp(Z[i, target]) / sum(np.exp(z) for z in Z[i])
        losses.append(-np.log(share))
    found = bert.mlm_loss(H, E, head, y)
    np.testing.assert_allclose(found, np.mean(losses), rtol=1e-10)
    N = bert.head_states(H, head)
    loop = [[sum(N[i] * E[w]) + head.bias[w] for w in range(12)] for i in range(4)]
    np.testing.assert_allclose(Z, loop, atol=1e-10)


def test_huge_scores_do_not_overflow():
    Z = np.array([[1000.0, 0.0], [0.0, -1000.0]])
    np.testing.assert_allclose(bert.cross_entropy(Z, [1, 0]), 500.0, rtol=1e-12)
    assert np.isfinite(bert.cross_entropy_gradients(Z, [1, 0])).all()


def test_head_gradients_equal_differences():
    H, E, head, y = states_and_head()
    found = bert.mlm_gradients(H, E, head, y)

    def loss(**changed):
        parts = {"H": H, "tokens": E, "head": head} | changed
        return bert.mlm_loss(parts["H"], parts["tokens"], parts["head"], y)

    wanted = differences(lambda x: loss(H=x), H)
    np.testing.assert_allclose(found.states, wanted, rtol=1e-6, atol=1e-8)
    wanted = differences(lambda x: loss(tokens=x), E)
    np.testing.assert_allclose(found.tokens, wanted, rtol=1e-6, atol=1e-8)
    for name in bert.Head._fields:
        part = getattr(head, name)
        wanted = differences(lambda x, n=name: loss(head=head._replace(**{n: x})), part)
        ours = getattr(found.head, name)
        np.testing.assert_allclose(ours, wanted, rtol=1e-6, atol=1e-8, err_msg=name)
    with pytest.raises(AssertionError):  # alive
        np.testing.assert_allclose(1.01 * ours, wanted, rtol=1e-6, atol=1e-8)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_gradients_of_scores_sum_to_zero(seed, places):
    rng = np.random.default_rng(seed)
    Z, y = rng.normal(size=(places, 7)), rng.integers(0, 7, places)
    dZ = bert.cross_entropy_gradients(Z, y)
    np.testing.assert_allclose(dZ.sum(axis=1), 0, atol=1e-12)
    assert (dZ[np.arange(places), y] <= 0).all()


@pytest.mark.parametrize(
    ("shape", "targets", "message"),
    [
        ((0, 5), [], "nothing was chosen has no loss"),
        ((2, 5), [1], r"scores \(2, 5\) and targets \(1,\) must pair"),
        ((2, 5), [1, 5], "targets 1 to 5, but 5 scores"),
    ],
)
def test_what_cannot_be_a_loss_is_refused(shape, targets, message):
    with pytest.raises(ValueError, match=message):
        bert.cross_entropy(np.zeros(shape), targets)


# --- what is hidden ------------------------------------------------------------------
def many(rate=0.15, **given):
    rng = np.random.default_rng(1)
    ids = rng.integers(5, 3000, (2000, 30))
    ids[:, 0], ids[:, -1] = CLS, SEP
    config = bert.MaskingConfig(rate=rate, **given)
    return ids, bert.mask_tokens(ids, config, 3000, numbers=np.arange(2000), seed=4)


@pytest.mark.parametrize("rate", [0.15, 0.5])
def test_shares_are_those_asked_for(rate):
    """Five standard errors of a share of 56,000 places are below 0.011."""
    _, found = many(rate)
    assert abs(len(found.targets) / (2000 * 28) - rate) < 0.011
    seen = found.tokens[found.rows, found.columns]
    assert abs((seen == MASK).mean() - 0.8) < 0.03
    assert abs((seen == found.targets).mean() - 0.1) < 0.02
    other = (seen != MASK) & (seen != found.targets)
    assert abs(other.mean() - 0.1) < 0.02
    assert seen[other].min() >= 5


def test_only_chosen_places_change_and_never_the_ends():
    ids, found = many()
    back = found.tokens.copy()
    back[found.rows, found.columns] = found.targets
    np.testing.assert_array_equal(back, ids)
    assert (found.tokens[:, 0] == CLS).all()
    assert (found.tokens[:, -1] == SEP).all()
    assert set(found.columns) <= set(range(1, 29))


def test_only_mask_shows_nothing_else():
    _, found = many(mask_share=1.0, random_share=0.0)
    assert (found.tokens[found.rows, found.columns] == MASK).all()


def test_each_epoch_hides_other_places_and_can_be_drawn_again():
    ids, config = texts(batch=50), bert.MaskingConfig(rate=0.4)

    def drawn(numbers, epoch):
        rows = ids[numbers]
        return bert.mask_tokens(rows, config, 12, numbers=numbers, seed=2, epoch=epoch)

    whole = np.arange(50)
    first, again = drawn(whole, 0), drawn(whole, 0)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert (first.tokens != drawn(whole, 1).tokens).any()
    part = np.array([40, 7])  # the same texts in another batch
    np.testing.assert_array_equal(drawn(part, 0).tokens, first.tokens[part])


def test_next_tokens_are_the_text_moved_by_one():
    ids = texts(batch=2, n=4)
    found = bert.next_tokens(ids)
    np.testing.assert_array_equal(found.tokens, ids)
    np.testing.assert_array_equal(found.targets, ids[:, 1:].ravel())
    np.testing.assert_array_equal(ids[found.rows, found.columns + 1], found.targets)


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_a_rate_outside_is_refused(rate):
    with pytest.raises(ValueError, match="rate must lie between 0 and 1"):
        bert.MaskingConfig(rate=rate)


@pytest.mark.parametrize("shares", [(-0.1, 0.1), (0.9, 0.2)])
def test_shares_that_do_not_add_up_are_refused(shares):
    with pytest.raises(ValueError, match="must be 0 or more and add up to 1 at most"):
        bert.MaskingConfig(mask_share=shares[0], random_share=shares[1])


@pytest.mark.parametrize(
    ("ids", "numbers", "vocab", "message"),
    [
        (np.ones(4, int), [0], 12, r"must be whole numbers \(batch, n\)"),
        (np.ones((1, 4)), [0], 12, "of float64"),
        (texts(), [0, 1], 12, r"each of the 5 texts, got shape \(2,\)"),
        (texts(), np.arange(5), 11, "must lie in 0 to 10"),
        (np.ones((1, 0), int), [0], 12, "got none"),
        (texts(), np.arange(5), 5, "first 5 are special"),
    ],
)
def test_texts_of_wrong_shape_or_vocabulary_are_refused(ids, numbers, vocab, message):
    with pytest.raises(ValueError, match=message):
        bert.mask_tokens(ids, bert.MaskingConfig(), vocab, numbers=numbers)


def test_one_token_has_no_next():
    with pytest.raises(ValueError, match="n of 2 or more"):
        bert.next_tokens(np.ones((3, 1), int))


# --- where training begins -----------------------------------------------------------
@pytest.mark.parametrize("step", [-2, -1, 0, 1, 3])
def test_turned_waves_are_the_waves_of_another_place(step):
    """Oracle: the waves themselves, computed at the other place."""
    waves = sinusoidal(30, 32)
    size = 8
    found = waves[5:20] @ start.turn(32, 4, step)
    np.testing.assert_allclose(found, waves[5 + step : 20 + step, :size], atol=1e-12)


def test_the_first_heads_lean_towards_their_neighbours():
    config = attention.EncoderConfig(vocab=500, max_length=20)
    p = bert.initial_parameters(config, 3)
    ids = np.random.default_rng(0).integers(5, 500, (30, 20))
    X = attention.embed(p, ids, config)
    b = p.blocks[0]
    for head, step in enumerate(start.STEPS):
        part = slice(head * 32, head * 32 + 32)
        P = attention.attention_weights(X @ b.W_q[:, part], X @ b.W_k[:, part])
        mean = {k: np.diagonal(P, k, 1, 2).mean() for k in (-3, step, -step, 3)}
        assert mean[step] > 0.3
        assert mean[-step] < 0.05


def test_a_beginning_that_cannot_be_is_refused():
    for change in ({"positions": "none"}, {"heads": 1}, {"dim": 6, "heads": 2}):
        config = attention.EncoderConfig(**{"vocab": 20, **change})
        with pytest.raises(ValueError, match="the head start needs learned positions"):
            bert.initial_parameters(config)


def test_fresh_heads_differ_by_seed_and_begin_neutral():
    one, two = bert.initial_head(CONFIG, 1), bert.initial_head(CONFIG, 2)
    assert (one.W != two.W).all()
    assert (one.gain == 1).all()
    assert not one.bias.any()
    np.testing.assert_array_equal(one.W, bert.initial_head(CONFIG, 1).W)
