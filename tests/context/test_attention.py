"""Attention in NumPy: pencil, loop, central differences, properties, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import differences

from tutor.context import attention as A
from tutor.context.attention.reference import heads_of, merge_heads, split_heads

SMALL = A.EncoderConfig(layers=2, dim=6, heads=2, hidden=8, vocab=11, max_length=9)


def block_of(config, seed=0):
    """Return a block of random float64 parameters, biases and gains included."""
    rng = np.random.default_rng(seed)
    shapes = A.initial_parameters(config, dtype=np.float64).blocks[0]
    return A.Block(*(rng.normal(size=part.shape) * 0.7 for part in shapes))


def states(shape=(2, 5, 6), seed=1):
    return np.random.default_rng(seed).normal(size=shape)


# --- rung 0: pencil ------------------------------------------------------------------
def test_pencil_example_of_the_chapter():
    """Query 1, keys log 3 and 0 in one coordinate: weights 3/4 and 1/4."""
    Q, K = np.array([[1.0]]), np.array([[np.log(3)], [0.0]])
    V = np.array([[4.0, 0.0], [0.0, 8.0]])
    np.testing.assert_allclose(A.attention_weights(Q, K), [[0.75, 0.25]], atol=1e-12)
    np.testing.assert_allclose(A.attention(Q, K, V), [[3.0, 2.0]], atol=1e-12)
    dQ, dK, dV = A.attention_gradients(Q, K, V, np.array([[1.0, 0.0]]))
    # dP = (4, 0), row mean 3, dS = (3/4·1, 1/4·(−3)) = (3/4, −3/4)
    np.testing.assert_allclose(dQ, [[0.75 * np.log(3)]], atol=1e-12)
    np.testing.assert_allclose(dK, [[0.75], [-0.75]], atol=1e-12)
    np.testing.assert_allclose(dV, [[0.75, 0.0], [0.25, 0.0]], atol=1e-12)


def test_layer_norm_by_hand():
    """(1, 3): mean 2, deviation 1, so (-1, 1), times gain 2, plus shift 5."""
    x = np.array([1.0, 3.0])
    found = A.layer_norm(x, np.array([2.0, 2.0]), np.array([5.0, 5.0]))
    np.testing.assert_allclose(found, [3.0, 7.0], atol=1e-9)


def test_gelu_is_a_soft_gate():
    """Φ(1) = 0.8413447 (tables of the normal distribution)."""
    found = A.gelu(np.array([-30.0, 0.0, 1.0, 30.0]))
    np.testing.assert_allclose(found, [0, 0, 0.8413447461, 30], atol=1e-9)


# --- rung 1: the formula is the loop -------------------------------------------------
def test_attention_is_the_loop():
    rng = np.random.default_rng(2)
    Q, K, V = (rng.normal(size=(n, d)) for n, d in ((4, 3), (5, 3), (5, 2)))
    loop = np.zeros((4, 2))
    for i in range(4):
        e = [np.exp(Q[i] @ K[j] / np.sqrt(3)) for j in range(5)]
        for j in range(5):
            loop[i] += e[j] / sum(e) * V[j]
    found = A.attention(Q, K, V)
    np.testing.assert_allclose(found, loop, rtol=1e-10)
    with pytest.raises(AssertionError):  # rung 9: one per cent is seen
        np.testing.assert_allclose(1.01 * found, loop, rtol=1e-10)


def test_heads_are_separate_attentions_on_slices():
    X, p = states((5, 6)), block_of(SMALL)
    Q, K, V = (X @ p[2 * i] + p[2 * i + 1] for i in range(3))
    parts = [A.attention(*(M[:, c : c + 3] for M in (Q, K, V))) for c in (0, 3)]
    loop = np.concatenate(parts, axis=1) @ p.W_o + p.b_o
    found = A.multi_head_attention(X, p, 2)
    np.testing.assert_allclose(found, loop, rtol=1e-10)


def test_splitting_and_merging_heads_are_inverse():
    X = states((2, 3, 5, 6))
    assert split_heads(X, 2).shape == (2, 3, 2, 5, 3)
    np.testing.assert_array_equal(merge_heads(split_heads(X, 2)), X)


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_block_is_its_formula(norm):
    config = A.EncoderConfig(**{**vars(SMALL), "norm": norm})
    X, p = states(), block_of(config)

    def ln(x, k):
        z = (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)
        return z * getattr(p, f"gain_{k}") + getattr(p, f"shift_{k}")

    def attend(x):
        return A.multi_head_attention(x, p, 2)

    def network(x):
        return A.gelu(x @ p.W_1 + p.b_1) @ p.W_2 + p.b_2

    if norm == "post":
        Y = ln(X + attend(X), 1)
        Z = ln(Y + network(Y), 2)
    else:
        Y = X + attend(ln(X, 1))
        Z = Y + network(ln(Y, 2))
    np.testing.assert_allclose(A.block(X, p, config), Z, rtol=1e-9)


# --- rung 2: gradients are central differences ---------------------------------------
def assert_slope(found, loss, x):
    wanted = differences(loss, x)
    scale = np.abs(wanted).max()
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6 * max(scale, 0.05))


def test_softmax_gradients_are_differences():
    S, dP = states((2, 3, 4)), states((2, 3, 4), seed=3)
    found = A.softmax_gradients(A.softmax(S), dP)
    assert_slope(found, lambda x: (A.softmax(x) * dP).sum(), S)
    np.testing.assert_allclose(found.sum(axis=-1), 0, atol=1e-12)
    with pytest.raises(AssertionError):
        assert_slope(1.01 * found, lambda x: (A.softmax(x) * dP).sum(), S)


@pytest.mark.parametrize("mask", [None, A.causal(4)])
def test_attention_gradients_are_differences(mask):
    Q, K, V, dO = (states((2, 4, 3), seed=s) for s in range(4))
    found = A.attention_gradients(Q, K, V, dO, mask)
    parts = [Q, K, V]
    for k in range(3):

        def loss(x, k=k):
            given = [x if i == k else part for i, part in enumerate(parts)]
            return (A.attention(*given, mask) * dO).sum()

        assert_slope(found[k], loss, parts[k])


def test_the_bias_of_the_keys_does_nothing():
    """It adds the same to every score of a row, and softmax is blind to that."""
    X, p, dZ = states((4, 6)), block_of(SMALL), states((4, 6), seed=9)
    moved = p._replace(b_k=p.b_k + 3)
    np.testing.assert_allclose(A.block(X, moved, SMALL), A.block(X, p, SMALL))
    found = A.block_gradients(X, p, SMALL, dZ).parameters
    np.testing.assert_allclose(found.b_k, 0, atol=1e-12)
    assert np.abs(found.b_q).max() > 1e-3


def test_layer_norm_gradients_are_differences():
    x, dy = states((3, 6)), states((3, 6), seed=4)
    gain, shift = states((6,), seed=5), states((6,), seed=6)
    dx, dgain, dshift = A.layer_norm_gradients(x, gain, dy)
    assert_slope(dx, lambda z: (A.layer_norm(z, gain, shift) * dy).sum(), x)
    assert_slope(dgain, lambda g: (A.layer_norm(x, g, shift) * dy).sum(), gain)
    assert_slope(dshift, lambda s: (A.layer_norm(x, gain, s) * dy).sum(), shift)


def test_gelu_slope_is_a_difference():
    x = np.linspace(-4, 4, 17)
    assert_slope(A.gelu_slope(x), lambda z: A.gelu(z).sum(), x)


@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize("masked", [False, True])
def test_block_gradients_are_differences(norm, activation, masked):
    """By the states and by all sixteen parameters."""
    config = A.EncoderConfig(**{**vars(SMALL), "norm": norm, "activation": activation})
    X, p, dZ = states((2, 4, 6)), block_of(config, 7), states((2, 4, 6), seed=8)
    mask = A.allowed("causal", 4, lengths=[4, 2]) if masked else None
    found = A.block_gradients(X, p, config, dZ, mask)

    def loss(x, q):
        return (A.block(x, q, config, mask) * dZ).sum()

    assert_slope(found.X, lambda x: loss(x, p), X)
    for name in A.Block._fields:
        part = getattr(p, name)
        assert_slope(
            getattr(found.parameters, name),
            lambda z, name=name: loss(X, p._replace(**{name: z})),
            part,
        )


# --- rung 7: properties --------------------------------------------------------------
@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=6), st.floats(-1e4, 1e4))
def test_softmax_rows_are_shares_and_blind_to_a_shift(scores, shift):
    S = np.array(scores)
    P = A.softmax(S)
    assert (P >= 0).all()
    np.testing.assert_allclose(P.sum(), 1, atol=1e-12)
    np.testing.assert_allclose(A.softmax(S + shift), P, atol=1e-9)


def test_softmax_survives_scores_that_overflow_the_formula():
    np.testing.assert_array_equal(A.softmax(np.array([1e5, 0.0, -1e5])), [1, 0, 0])
    with np.errstate(over="ignore", invalid="ignore"):
        naive = np.exp([1e5, 0.0]) / np.exp([1e5, 0.0]).sum()
    assert np.isnan(naive[0])


def test_forbidden_places_get_exactly_nothing():
    P = A.softmax(states((5, 5)), A.causal(5))
    assert (P[~A.causal(5)] == 0).all()
    np.testing.assert_allclose(P.sum(axis=-1), 1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 8), st.sampled_from(["post", "pre"]))
def test_without_positions_the_encoder_is_permutation_equivariant(seed, n, norm):
    """Order in, order out: f(πX) = πf(X) when nothing says where a token stands."""
    config = A.EncoderConfig(
        **{**vars(SMALL), "positions": "none", "norm": norm, "epsilon": 1e-6}
    )
    p = A.initial_parameters(config, seed % 7, np.float64)
    rng = np.random.default_rng(seed)
    tokens, order = rng.integers(0, 11, (1, n)), rng.permutation(n)
    straight = A.hidden_states(p, tokens, config)[-1]
    mixed = A.hidden_states(p, tokens[:, order], config)[-1]
    np.testing.assert_allclose(mixed, straight[:, order], atol=1e-10)


@pytest.mark.parametrize("positions", ["learned", "sinusoidal"])
def test_with_positions_it_is_not(positions):
    config = A.EncoderConfig(**{**vars(SMALL), "positions": positions})
    p = A.initial_parameters(config, 1, np.float64)
    tokens = np.array([[1, 2, 3]])
    straight = A.hidden_states(p, tokens, config)[-1]
    mixed = A.hidden_states(p, tokens[:, ::-1], config)[-1]
    assert np.abs(mixed - straight[:, ::-1]).max() > 1e-3


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 9), st.data())
def test_causal_states_do_not_know_the_future(seed, n, data):
    """Change token t: the states before t stay, bit for bit, and t's own moves."""
    t = data.draw(st.integers(0, n - 1))
    p = A.initial_parameters(SMALL, seed % 5, np.float64)
    tokens = np.random.default_rng(seed).integers(0, 11, (1, n))
    other = tokens.copy()
    other[0, t] = (other[0, t] + 1) % 11
    before, after = (
        A.hidden_states(p, ids, SMALL, mask="causal")[-1] for ids in (tokens, other)
    )
    np.testing.assert_allclose(after[:, :t], before[:, :t], atol=1e-12)
    assert np.abs(after[:, t] - before[:, t]).max() > 1e-6


def test_prefix_states_see_the_prefix_and_nothing_ahead():
    p = A.initial_parameters(SMALL, 1, np.float64)
    tokens = np.array([[1, 2, 3, 4, 5]])

    def last(ids):
        return A.hidden_states(p, ids, SMALL, mask="prefix", prefixes=[2])[-1][0]

    base = last(tokens)
    inside, ahead = tokens.copy(), tokens.copy()
    inside[0, 1], ahead[0, 4] = 9, 9
    assert np.abs(last(inside)[0] - base[0]).max() > 1e-6  # token 0 sees token 1
    np.testing.assert_allclose(last(ahead)[:4], base[:4], atol=1e-12)


def test_prefix_ends_are_the_two_other_masks():
    np.testing.assert_array_equal(A.prefix(4, 0), A.causal(4))
    np.testing.assert_array_equal(A.prefix(4, 4), np.ones((4, 4), bool))
    wanted = [[1, 1, 0], [1, 1, 0], [1, 1, 1]]
    np.testing.assert_array_equal(A.prefix(3, [2])[0], np.array(wanted, bool))


@pytest.mark.parametrize("mask", ["bidirectional", "causal"])
def test_padding_changes_nothing(mask):
    """A sequence alone and the same in a padded batch have the same states."""
    p = A.initial_parameters(SMALL, 2, np.float64)
    short, long = [1, 2, 3], [4, 5, 6, 7, 8, 9]
    table = np.array([[*short, 0, 0, 0], long])
    batch = A.hidden_states(p, table, SMALL, lengths=[3, 6], mask=mask)[-1]
    alone = A.hidden_states(p, np.array([short]), SMALL, mask=mask)[-1]
    np.testing.assert_allclose(batch[0, :3], alone[0], atol=1e-12)
    bare = A.hidden_states(p, table, SMALL, mask=mask)[-1]
    if mask == "bidirectional":  # and without lengths it does: the trap
        assert np.abs(bare[0, :3] - alone[0]).max() > 1e-3


def test_layer_norm_is_blind_to_moving_and_scaling_a_token():
    x, one, zero = states((3, 6)), np.ones(6), np.zeros(6)
    found = A.layer_norm(x, one, zero)
    np.testing.assert_allclose(A.layer_norm(5 * x + 2, one, zero), found, atol=1e-9)
    np.testing.assert_allclose(found.mean(axis=-1), 0, atol=1e-12)
    np.testing.assert_allclose(found.std(axis=-1), 1, atol=1e-9)


def test_scores_of_random_vectors_vary_with_the_dimension():
    """The product of independent unit-variance vectors has variance d_h."""
    rng = np.random.default_rng(0)
    for d in (4, 64):
        q, k = rng.normal(size=(2, 20_000, d))
        assert abs((q * k).sum(axis=1).var() / d - 1) < 0.1


def test_sinusoidal_positions_by_hand():
    table = A.sinusoidal(3, 4)
    np.testing.assert_allclose(table[0], [0, 1, 0, 1])
    wanted = [np.sin(2), np.cos(2), np.sin(0.02), np.cos(0.02)]
    np.testing.assert_allclose(table[2], wanted)
    # a shift is a rotation: the product depends on the distance alone
    gram = A.sinusoidal(9, 8) @ A.sinusoidal(9, 8).T
    np.testing.assert_allclose(np.diag(gram, 2), gram[0, 2])


def test_initial_parameters_are_repeatable_and_as_wide_as_stated():
    one, two = (A.initial_parameters(A.EncoderConfig(), seed) for seed in (1, 1))
    np.testing.assert_array_equal(one.tokens, two.tokens)
    other = A.initial_parameters(A.EncoderConfig(), 2)
    assert (other.tokens != one.tokens).any()
    assert abs(one.tokens.std() / 0.02 - 1) < 0.01
    assert (one.blocks[0].W_q != one.blocks[1].W_q).any()
    assert not one.blocks[0].b_q.any()
    assert (one.blocks[0].gain_1 == 1).all()


# --- cost ----------------------------------------------------------------------------
def test_cost_by_hand_and_where_pairs_take_over():
    config = A.EncoderConfig(dim=2, heads=1, hidden=3)
    assert A.block_cost(5, config) == (8 * 5 * 4, 4 * 25 * 2, 4 * 5 * 2 * 3)
    n = A.crossover_length(config)
    assert n == 7
    assert A.block_cost(n, config).share_of_pairs == 0.5
    assert A.block_cost(n - 1, config).share_of_pairs < 0.5
    with pytest.raises(ValueError, match="got n=0"):
        A.block_cost(0, config)


@pytest.mark.parametrize("positions", ["learned", "none"])
def test_parameter_count_counts_the_arrays(positions):
    config = A.EncoderConfig(**{**vars(SMALL), "positions": positions, "segments": 2})
    p = A.initial_parameters(config)
    arrays = [x for x in p[:5] if x is not None] + [x for b in p.blocks for x in b]
    assert A.parameter_count(config) == sum(x.size for x in arrays)


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": 0}, "layers must be 1 or more, got 0"),
        ({"hidden": 0}, "hidden must be 1 or more"),
        ({"heads": 3}, "dim=128 cannot be split into 3 heads"),
        ({"norm": "none"}, "unknown norm 'none'; there are post, pre"),
        ({"activation": "tanh"}, "unknown activation 'tanh'"),
        ({"positions": "rotary"}, "unknown positions 'rotary'"),
        ({"dim": 3, "heads": 1, "positions": "sinusoidal"}, "dim=3 is odd"),
        ({"segments": -1}, "segments must be 0 or more"),
        ({"dropout": 1.0}, r"dropout must lie in \[0, 1\), got 1.0"),
        ({"epsilon": 0.0}, "epsilon must be above 0"),
    ],
)
def test_a_wrong_setting_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        A.EncoderConfig(**change)


def test_a_row_that_may_look_nowhere_is_refused():
    with pytest.raises(ValueError, match="allows nothing"):
        A.softmax(np.zeros((2, 2)), [[True, False], [False, False]])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mask": "sideways"}, "unknown mask 'sideways'; there are bidirectional"),
        ({"mask": "prefix"}, "prefixes go with mask='prefix'"),
        ({"prefixes": [1]}, "prefixes go with mask='prefix'"),
        ({"mask": "prefix", "prefixes": [4]}, "prefixes must lie between 0 and 3"),
        ({"lengths": [2, 3]}, "for 2 sequences, but the batch has 1"),
        ({"lengths": [0]}, "lengths must lie between 1 and 3"),
        ({"lengths": [4]}, r"lengths must lie between 1 and 3.*got \[4\]"),
    ],
)
def test_a_wrong_mask_is_named(given, message):
    p = A.initial_parameters(SMALL)
    with pytest.raises(ValueError, match=message):
        A.hidden_states(p, np.array([[1, 2, 3]]), SMALL, **given)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([[11]], "token ids must lie in 0 to 10, got 11 to 11"),
        ([[-1]], "token ids must lie in 0 to 10"),
        ([[1] * 10], "10 tokens are more than max_length=9"),
        ([[0.5]], "whole numbers"),
        (np.zeros((1, 0), int), "at least one"),
    ],
)
def test_wrong_tokens_are_named(tokens, message):
    with pytest.raises(ValueError, match=message):
        A.embed(A.initial_parameters(SMALL), tokens, SMALL)


def test_unknown_names_are_named():
    import tutor.context

    with pytest.raises(AttributeError, match="it offers attention"):
        _ = tutor.context.nothing
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = A.nothing


def test_heads_of_gives_three_times_the_shape():
    Q, K, V = heads_of(states(), block_of(SMALL), 2)
    assert Q.shape == K.shape == V.shape == (2, 2, 5, 3)
