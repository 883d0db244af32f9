"""The encoder in torch against NumPy, autograd, and torch's own attention."""

import numpy as np
import pytest

from tutor.context import attention as A
from tutor.context.attention import packed

torch = pytest.importorskip("torch", reason="torch is not installed")

SMALL = {"layers": 2, "dim": 6, "heads": 2, "hidden": 8, "vocab": 11, "max_length": 9}
SHAPES = [
    {"norm": "post", "activation": "gelu", "positions": "learned", "segments": 2},
    {"norm": "pre", "activation": "relu", "positions": "sinusoidal"},
    {"norm": "pre", "activation": "gelu", "positions": "none"},
]


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def random_parameters(config, seed=0):
    """Return float64 parameters in which no bias is 0 and no gain is 1."""
    rng = np.random.default_rng(seed)

    def moved(part):
        return None if part is None else part + 0.4 * rng.normal(size=part.shape)

    p = A.initial_parameters(config, seed, np.float64)
    blocks = tuple(A.Block(*map(moved, block)) for block in p.blocks)
    return A.Parameters(*map(moved, p[:5]), blocks=blocks)


def twin(change, seed=0):
    config = A.EncoderConfig(**SMALL, **change)
    p = random_parameters(config, seed)
    return config, p, A.Encoder(config, p).eval()


MASKS = [
    {},
    {"lengths": [5, 2, 1]},
    {"mask": "causal"},
    {"mask": "causal", "lengths": [5, 2, 1]},
    {"mask": "prefix", "prefixes": [0, 2, 5]},
]
TOKENS = np.random.default_rng(3).integers(0, 11, (3, 5))


@pytest.mark.parametrize("change", SHAPES)
@pytest.mark.parametrize("given", MASKS)
def test_states_numpy_equal_torch(change, given):
    config, p, encoder = twin(change)
    ours = A.hidden_states(p, TOKENS, config, **given)
    with torch.no_grad():
        theirs = encoder(torch.as_tensor(TOKENS), **given)
    assert len(ours) == len(theirs) == 3
    for one, two in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, two.numpy(), atol=1e-10)
    with pytest.raises(AssertionError):  # alive: one per cent is seen
        np.testing.assert_allclose(1.01 * ours[-1], theirs[-1].numpy(), atol=1e-10)


@pytest.mark.parametrize("change", SHAPES)
def test_block_gradients_numpy_equal_autograd(change):
    config, p, encoder = twin(change)
    rng = np.random.default_rng(4)
    X, dZ = rng.normal(size=(2, 3, 5, 6))
    mask = A.allowed("causal", 5, lengths=[5, 2, 1])
    leaf = torch.tensor(X, requires_grad=True)
    out = encoder.blocks[0](leaf, torch.as_tensor(mask))
    (out * torch.as_tensor(dZ)).sum().backward()
    found = A.block_gradients(X, p.blocks[0], config, dZ, mask)
    np.testing.assert_allclose(found.X, leaf.grad, atol=1e-8)
    for name in A.Block._fields:
        wanted = getattr(encoder.blocks[0], name).grad
        part = getattr(found.parameters, name)
        np.testing.assert_allclose(part, wanted, atol=1e-8, err_msg=name)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * found.X, leaf.grad, atol=1e-8)


def test_attention_gradients_equal_autograd_of_torchs_attention():
    """Oracle: torch.nn.functional.scaled_dot_product_attention, both directions."""
    rng = np.random.default_rng(5)
    Q, K, V, dO = rng.normal(size=(4, 2, 3, 5, 4))
    leaves = [torch.tensor(part, requires_grad=True) for part in (Q, K, V)]
    mask = A.causal(5)
    out = torch.nn.functional.scaled_dot_product_attention(*leaves, is_causal=True)
    np.testing.assert_allclose(A.attention(Q, K, V, mask), out.detach(), atol=1e-12)
    (out * torch.as_tensor(dO)).sum().backward()
    for found, leaf in zip(
        A.attention_gradients(Q, K, V, dO, mask), leaves, strict=True
    ):
        np.testing.assert_allclose(found, leaf.grad, atol=1e-8)


def test_multi_head_attention_equals_torchs_module():
    """Oracle: torch.nn.MultiheadAttention with our matrices in its in_proj_weight."""
    config, p, _ = twin(SHAPES[0])
    b = p.blocks[0]
    theirs = torch.nn.MultiheadAttention(6, 2, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        W = np.concatenate([b.W_q.T, b.W_k.T, b.W_v.T])
        theirs.in_proj_weight.copy_(torch.as_tensor(W))
        theirs.in_proj_bias.copy_(
            torch.as_tensor(np.concatenate([b.b_q, b.b_k, b.b_v]))
        )
        theirs.out_proj.weight.copy_(torch.as_tensor(b.W_o.T))
        theirs.out_proj.bias.copy_(torch.as_tensor(b.b_o))
        X = np.random.default_rng(6).normal(size=(3, 5, 6))
        x = torch.as_tensor(X)
        out, weights = theirs(x, x, x, average_attn_weights=False)
    found = A.multi_head_attention(X, b, config.heads)
    np.testing.assert_allclose(found, out, atol=1e-12)
    ours = A.Encoder(config, p).blocks[0].attention_weights(x)
    np.testing.assert_allclose(ours.detach(), weights, atol=1e-12)


def test_block_equals_torchs_encoder_layer():
    """Oracle: torch.nn.TransformerEncoderLayer, pre-norm, with a causal mask."""
    config, p, encoder = twin(SHAPES[2])
    b = p.blocks[0]
    theirs = torch.nn.TransformerEncoderLayer(
        6, 2, 8, dropout=0.0, activation="gelu", layer_norm_eps=config.epsilon,
        batch_first=True, norm_first=True, dtype=torch.float64,
    ).eval()  # fmt: skip
    pairs = {
        "self_attn.in_proj_weight": np.concatenate([b.W_q.T, b.W_k.T, b.W_v.T]),
        "self_attn.in_proj_bias": np.concatenate([b.b_q, b.b_k, b.b_v]),
        "self_attn.out_proj.weight": b.W_o.T,
        "self_attn.out_proj.bias": b.b_o,
        "linear1.weight": b.W_1.T,
        "linear1.bias": b.b_1,
        "linear2.weight": b.W_2.T,
        "linear2.bias": b.b_2,
        "norm1.weight": b.gain_1,
        "norm1.bias": b.shift_1,
        "norm2.weight": b.gain_2,
        "norm2.bias": b.shift_2,
    }
    theirs.load_state_dict({k: torch.tensor(v) for k, v in pairs.items()})
    X = torch.as_tensor(np.random.default_rng(7).normal(size=(2, 5, 6)))
    ahead = torch.triu(torch.ones(5, 5, dtype=torch.bool), diagonal=1)
    with torch.no_grad():
        wanted = theirs(X, src_mask=ahead)
        found = encoder.blocks[0](X, torch.as_tensor(A.causal(5)))
    np.testing.assert_allclose(found, wanted, atol=1e-10)


def test_one_step_numpy_equals_torch():
    """Loss ½‖Z‖² through two blocks: the same parameters after one step of SGD."""
    config, p, encoder = twin(SHAPES[2])
    ids = torch.as_tensor(TOKENS)
    optimizer = torch.optim.SGD(encoder.blocks.parameters(), lr=0.01)
    X = encoder.embed(ids).detach()
    Z = encoder.blocks[1](encoder.blocks[0](X))
    (Z.square().sum() / 2).backward()
    optimizer.step()
    first = A.block(X.numpy(), p.blocks[0], config)
    last = A.block(first, p.blocks[1], config)
    upper = A.block_gradients(first, p.blocks[1], config, last)
    lower = A.block_gradients(X.numpy(), p.blocks[0], config, upper.X)
    for block, grads, moved in zip(
        p.blocks, (lower, upper), encoder.values().blocks, strict=True
    ):
        for part, slope, after in zip(block, grads.parameters, moved, strict=True):
            np.testing.assert_allclose(part - 0.01 * slope, after, atol=1e-10)


@pytest.mark.parametrize("given", MASKS)
def test_attention_weights_are_what_the_block_uses(given):
    """P V of the weights gives the block's own attention; rows sum to 1."""
    config, p, encoder = twin(SHAPES[0])
    with torch.no_grad():
        weights = encoder.attention_weights(torch.as_tensor(TOKENS), **given)
        X = torch.as_tensor(A.hidden_states(p, TOKENS, config, **given)[1])
        _, _, V = encoder.blocks[1].heads(X)
        O = (weights[1] @ V).transpose(1, 2).flatten(2)
        found = O @ encoder.blocks[1].W_o + encoder.blocks[1].b_o
        allowed = encoder.allowed(torch.as_tensor(TOKENS), **given)
        wanted = encoder.blocks[1].attend(X, allowed)
    np.testing.assert_allclose(found, wanted, atol=1e-10)
    np.testing.assert_allclose(weights[0].sum(dim=-1), 1, atol=1e-12)


def test_a_mask_of_ones_own_replaces_the_kind():
    _, _, encoder = twin(SHAPES[0])
    ids = torch.as_tensor(TOKENS)
    table = torch.as_tensor(A.causal(5))
    with torch.no_grad():
        own, kind = encoder(ids, mask=table), encoder(ids, mask="causal")
    torch.testing.assert_close(own[-1], kind[-1])
    with pytest.raises(ValueError, match=r"must be bool and end in \(5, 5\), got"):
        encoder(ids, mask=table.float())
    with pytest.raises(ValueError, match=r"end in \(5, 5\), got \(4, 4\)"):
        encoder(ids, mask=table[:4, :4])


@pytest.mark.parametrize("change", SHAPES)
def test_packed_equals_padded(change):
    _, _, encoder = twin(change)
    rng = np.random.default_rng(8)
    sequences = [rng.integers(0, 11, n) for n in (3, 9, 1, 3, 5, 9, 2)]
    ids, lengths = packed.pad(sequences)
    with torch.no_grad():
        wanted = encoder(torch.as_tensor(ids), lengths)[-1].numpy()
    for size in (4, 1000):
        found = packed.last_states(encoder, sequences, tokens=size)
        for row, part in enumerate(found):
            np.testing.assert_allclose(part, wanted[row, : lengths[row]], atol=1e-10)


def test_batches_are_a_permutation_in_order_of_length():
    lengths = [3, 9, 1, 3, 5, 9, 2]
    pieces = list(packed.batches(lengths, 8))
    order = np.concatenate(pieces)
    assert sorted(order) == list(range(7))
    assert (np.diff(np.array(lengths)[order]) >= 0).all()
    assert len(pieces) > 2


def test_sequences_without_tokens_are_refused():
    with pytest.raises(ValueError, match="2 sequences, 1 of them empty"):
        packed.pad([[1, 2], []])
    with pytest.raises(ValueError, match="0 sequences"):
        packed.pad([])
    with pytest.raises(ValueError, match="0 sequences"):
        packed.last_states(twin(SHAPES[0])[2], [])


def test_dropout_acts_in_training_only():
    config = A.EncoderConfig(**SMALL, dropout=0.5)
    encoder, ids = A.Encoder(config), torch.as_tensor(TOKENS)
    torch.manual_seed(0)
    one, two = encoder(ids)[-1], encoder(ids)[-1]
    assert (one - two).abs().max() > 1e-3
    encoder.eval()
    torch.testing.assert_close(encoder(ids)[-1], encoder(ids)[-1])
    packed.last_states(encoder.train(), [[1, 2]])
    assert encoder.training  # as it was


def test_parameters_go_round_unchanged():
    _, p, encoder = twin(SHAPES[0])
    again = encoder.values()
    np.testing.assert_array_equal(again.tokens, p.tokens)
    np.testing.assert_array_equal(again.blocks[1].W_2, p.blocks[1].W_2)
    assert A.Encoder(A.EncoderConfig(**SMALL)).values().segments is None


def test_torch_counts_the_same_operations():
    """Oracle: torch.utils.flop_counter on one block, matrix products only."""
    from torch.utils.flop_counter import FlopCounterMode

    config = A.EncoderConfig(**{**SMALL, "max_length": 64})
    block = A.Encoder(config).blocks[0]
    n = 40
    X = torch.zeros(1, n, 6)
    kernel = torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)
    with FlopCounterMode(display=False) as counter, kernel, torch.no_grad():
        block(X)
    assert counter.get_total_flops() == A.block_cost(n, config).total


def test_repr_names_class_and_sizes():
    encoder = A.Encoder(A.EncoderConfig(**SMALL))
    assert repr(encoder) == "Encoder(2 layers, dim 6, 2 heads, hidden 8, vocab 11)"


@pytest.mark.gpu
@pytest.mark.parametrize("given", MASKS)
def test_states_cpu_equal_cuda(given, cuda):
    config = A.EncoderConfig(**SMALL)
    encoder, ids = A.Encoder(config).eval(), torch.as_tensor(TOKENS)
    with torch.no_grad():
        here = encoder(ids, **given)[-1]
        there = encoder.to(cuda)(ids.to(cuda), **given)[-1].cpu()
    torch.testing.assert_close(here, there, atol=1e-4, rtol=1e-4)
