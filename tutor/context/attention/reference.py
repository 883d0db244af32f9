r"""The transformer encoder in NumPy: attention, LayerNorm, feed-forward, block, stack.

A token looks at the others: how well its query matches their keys decides how much of
their values it takes over. Heads do this in parallel on slices of the coordinates; a
residual sum and LayerNorm keep the states in range; a feed-forward layer works on each
token alone. Stack such blocks, and a token's vector depends on the whole sentence.

Left out: dropout (torch only), cross-attention, key-value caching, rotary and
relative positions.

Symbols: :math:`X` states, one token a row; :math:`Q, K, V` queries, keys, values;
:math:`S` scores, :math:`P` attention weights; :math:`d` ``dim``, :math:`d_h` the
coordinates of one head. Libraries: ``W_q`` is the transpose of
``attention.self.query.weight`` in transformers' BERT.

Sources: Vaswani et al. (2017), "Attention is all you need", section 3; Ba, Kiros and
Hinton (2016), "Layer normalization"; Devlin et al. (2019), "BERT".
Chapter: ``context/attention``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf

from tutor.context.attention import masks
from tutor.context.attention.config import Block, EncoderConfig, Float, Parameters

Allowed = NDArray[np.bool_]


# --- attention -----------------------------------------------------------------------
def softmax(S: Float, allowed: ArrayLike | None = None) -> Float:
    r"""Return rows of shares; a forbidden place gets exactly 0.

    .. math:: P_{ij} = \frac{a_{ij}\,e^{S_{ij} - m_i}}{\sum_k a_{ik}\,e^{S_{ik} - m_i}},
              \qquad m_i = \max_{k:\,a_{ik} = 1} S_{ik}

    where :math:`a_{ij}` is 1 where ``allowed``. Subtracting :math:`m_i` changes
    nothing but the range: no exponent is above 0, and one is 0.

    Shapes: ``S`` (..., n, m), ``allowed`` broadcasts to it → (..., n, m).

    Raises
    ------
    ValueError
        If a row has no allowed place: it would be 0/0.
    """
    if allowed is not None:
        given = np.asarray(allowed, dtype=bool)
        if not given.any(axis=-1).all():
            raise ValueError(
                "a row of the mask allows nothing, so its shares would be 0/0; let "
                "every token see at least one, for example itself"
            )
        S = np.where(given, S, -np.inf).astype(S.dtype)
    E = np.exp(S - S.max(axis=-1, keepdims=True))
    return np.asarray(E / E.sum(axis=-1, keepdims=True))


def attention_weights(Q: Float, K: Float, allowed: ArrayLike | None = None) -> Float:
    r"""Return :math:`P = \operatorname{softmax}(Q K^\top / \sqrt{d_h})`.

    Shapes: ``Q`` (..., n, d), ``K`` (..., m, d) → (..., n, m); rows sum to 1.
    """
    scale = Q.dtype.type(np.sqrt(Q.shape[-1]))
    return softmax(Q @ np.swapaxes(K, -1, -2) / scale, allowed)


def attention(Q: Float, K: Float, V: Float, allowed: ArrayLike | None = None) -> Float:
    r"""Return each query's mean of the values, weighted by how well the keys match.

    .. math:: O = P V, \qquad o_i = \sum_j P_{ij} v_j

    Shapes: ``Q`` (..., n, d), ``K`` (..., m, d), ``V`` (..., m, e) → (..., n, e).
    Source: Vaswani et al. (2017), equation 1.
    """
    return np.asarray(attention_weights(Q, K, allowed) @ V)


def split_heads(X: Float, heads: int) -> Float:
    """Cut the coordinates into heads. Shapes: (..., n, dim) → (..., heads, n, d_h)."""
    parts = X.reshape(*X.shape[:-1], heads, X.shape[-1] // heads)
    return np.swapaxes(parts, -2, -3)


def merge_heads(X: Float) -> Float:
    """Undo :func:`split_heads`. Shapes: (..., heads, n, d_h) → (..., n, dim)."""
    parts = np.swapaxes(X, -2, -3)
    return parts.reshape(*parts.shape[:-2], -1)


def heads_of(X: Float, p: Block, heads: int) -> tuple[Float, Float, Float]:
    """Return queries, keys and values of all heads: three of (..., heads, n, d_h)."""
    Q, K, V = X @ p.W_q + p.b_q, X @ p.W_k + p.b_k, X @ p.W_v + p.b_v
    return split_heads(Q, heads), split_heads(K, heads), split_heads(V, heads)


def over_heads(allowed: ArrayLike | None) -> Allowed | None:
    """Give a mask (..., n, n) an axis of heads: (..., 1, n, n)."""
    return None if allowed is None else np.asarray(allowed, bool)[..., None, :, :]


def multi_head_attention(
    X: Float, p: Block, heads: int, allowed: ArrayLike | None = None
) -> Float:
    r"""Return :math:`[O_1, \dots, O_H]\, W_o + b_o`, attention of X to itself.

    .. math:: O_k = \operatorname{attention}(X W_q^{(k)} + b_q^{(k)},\;
              X W_k^{(k)} + b_k^{(k)},\; X W_v^{(k)} + b_v^{(k)})

    where :math:`W^{(k)}` are the columns of head k.

    Shapes: ``X`` (..., n, dim), ``allowed`` (n, n) or (..., n, n) → (..., n, dim).
    Source: Vaswani et al. (2017), section 3.2.2; they have no biases.
    """
    O = attention(*heads_of(X, p, heads), over_heads(allowed))
    return np.asarray(merge_heads(O) @ p.W_o + p.b_o)


# --- what works on each token alone --------------------------------------------------
def layer_norm(x: Float, gain: Float, shift: Float, epsilon: float = 1e-12) -> Float:
    r"""Return :math:`g \odot (x - \mu) / \sqrt{\sigma^2 + \epsilon} + s`.

    where :math:`\mu, \sigma^2` are mean and variance of one token's coordinates.

    Shapes: ``x`` (..., dim), ``gain`` and ``shift`` (dim,) → (..., dim).
    Source: Ba, Kiros and Hinton (2016), equation 3, per layer of one token.
    """
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    return np.asarray(
        centred / np.sqrt(variance + x.dtype.type(epsilon)) * gain + shift
    )


def gelu(x: Float) -> Float:
    r"""Return :math:`x\,\Phi(x) = \tfrac{x}{2} (1 + \operatorname{erf}(x / \sqrt 2))`.

    where :math:`\Phi` is the normal distribution function: a soft gate that opens
    around 0. Exact, not the approximation by tanh.
    """
    half = x.dtype.type(0.5)
    return np.asarray(half * x * (1 + erf(x * x.dtype.type(np.sqrt(0.5)))))


def activate(x: Float, activation: str) -> Float:
    """Apply ``gelu`` or ``relu``."""
    return gelu(x) if activation == "gelu" else np.maximum(x, x.dtype.type(0))


def feed_forward(x: Float, p: Block, activation: str = "gelu") -> Float:
    r"""Return :math:`\phi(x W_1 + b_1) W_2 + b_2`, the same for every token.

    Shapes: (..., dim) → (..., dim). Source: Vaswani et al. (2017), equation 2.
    """
    return np.asarray(activate(x @ p.W_1 + p.b_1, activation) @ p.W_2 + p.b_2)


# --- block and stack -----------------------------------------------------------------
def block(
    X: Float, p: Block, config: EncoderConfig, allowed: ArrayLike | None = None
) -> Float:
    r"""Return the states after one block.

    .. math::
        \text{post: } & Y = \mathrm{LN}_1(X + A(X)), & Z &= \mathrm{LN}_2(Y + F(Y))\\
        \text{pre: } & Y = X + A(\mathrm{LN}_1(X)), & Z &= Y + F(\mathrm{LN}_2(Y))

    where :math:`A` is :func:`multi_head_attention` and :math:`F`
    :func:`feed_forward`.

    Shapes: ``X`` (..., n, dim) → the same.
    """
    ln_1 = (p.gain_1, p.shift_1, config.epsilon)
    ln_2 = (p.gain_2, p.shift_2, config.epsilon)
    if config.norm == "post":
        Y = layer_norm(X + multi_head_attention(X, p, config.heads, allowed), *ln_1)
        return layer_norm(Y + feed_forward(Y, p, config.activation), *ln_2)
    Y = X + multi_head_attention(layer_norm(X, *ln_1), p, config.heads, allowed)
    return np.asarray(Y + feed_forward(layer_norm(Y, *ln_2), p, config.activation))


def sinusoidal(n: int, dim: int) -> Float:
    r"""Return positions as waves of falling frequency.

    .. math:: P_{t, 2k} = \sin(t / 10000^{2k/d}), \quad
              P_{t, 2k+1} = \cos(t / 10000^{2k/d})

    Shapes: → (n, dim) float64, ``dim`` even. Source: Vaswani et al. (2017), 3.5.
    """
    angle = np.arange(n)[:, None] / 10000.0 ** (np.arange(0, dim, 2) / dim)
    table = np.empty((n, dim))
    table[:, 0::2], table[:, 1::2] = np.sin(angle), np.cos(angle)
    return table


def embed(
    parameters: Parameters,
    tokens: ArrayLike,
    config: EncoderConfig,
    segments: ArrayLike | None = None,
) -> Float:
    r"""Return what enters the first block: :math:`E_{t_i} + P_i` (+ segment).

    With ``norm="post"`` a LayerNorm follows, as in BERT. Without ``segments`` every
    token belongs to segment 0.

    Shapes: ``tokens`` (..., n) int → (..., n, dim).
    """
    ids = check_tokens(tokens, config)
    X = parameters.tokens[ids]
    n = ids.shape[-1]
    if parameters.positions is not None:
        X = X + parameters.positions[:n]
    elif config.positions == "sinusoidal":
        X = X + sinusoidal(n, config.dim).astype(X.dtype)
    if parameters.segments is not None:
        rows = np.zeros_like(ids) if segments is None else np.asarray(segments)
        X = X + parameters.segments[rows]
    if config.norm == "post":
        X = layer_norm(X, parameters.gain, parameters.shift, config.epsilon)
    return np.asarray(X)


def hidden_states(
    parameters: Parameters,
    tokens: ArrayLike,
    config: EncoderConfig,
    *,
    lengths: ArrayLike | None = None,
    mask: str = "bidirectional",
    prefixes: ArrayLike | None = None,
) -> list[Float]:
    """Return the states that enter the first block and leave each block.

    Shapes: ``tokens`` (batch, n) int, ``lengths`` and ``prefixes`` (batch,) → layers +
    1 arrays (batch, n, dim). States at padding mean nothing; leave them out of means.
    With ``norm="pre"`` the last one has gone through the final LayerNorm.
    """
    X = embed(parameters, tokens, config)
    allowed = masks.allowed(mask, X.shape[-2], lengths=lengths, prefixes=prefixes)
    masks.check_batch(allowed, len(X))
    states = [X]
    for p in parameters.blocks:
        states.append(block(states[-1], p, config, allowed))
    if config.norm == "pre":
        last = (parameters.gain, parameters.shift, config.epsilon)
        states[-1] = layer_norm(states[-1], *last)
    return states


def check_tokens(tokens: ArrayLike, config: EncoderConfig) -> NDArray[np.integer[Any]]:
    """Return token ids as an array; refuse unknown ids and sequences too long."""
    ids = np.asarray(tokens)
    if ids.dtype.kind not in "iu" or ids.ndim < 1 or ids.size == 0:
        raise ValueError(
            "tokens must be whole numbers (batch, length), at least one, got shape "
            f"{ids.shape} of {ids.dtype}"
        )
    if ids.min() < 0 or ids.max() >= config.vocab:
        raise ValueError(
            f"token ids must lie in 0 to {config.vocab - 1}, got {ids.min()} to "
            f"{ids.max()}: were they made with another tokenizer?"
        )
    if ids.shape[-1] > config.max_length:
        raise ValueError(
            f"{ids.shape[-1]} tokens are more than max_length={config.max_length}: "
            "cut the text, or split it"
        )
    return ids
