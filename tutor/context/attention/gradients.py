r"""Gradients of the block by hand, in the order of the chain rule.

Each function takes the inputs of its forward twin in ``reference`` and the gradient of
the loss by its output, written ``dO`` for :math:`\partial\ell/\partial O`, and returns
the gradients by its inputs. Forward values are computed again, so that each function
reads alone; a training loop would keep them.

Left out: dropout, and gradients by the mask (it has none).
Sources as in ``reference``. Chapter: ``context/attention``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erf

from tutor.context.attention.config import Block, EncoderConfig, Float
from tutor.context.attention.reference import (
    activate,
    attention,
    attention_weights,
    feed_forward,
    heads_of,
    layer_norm,
    merge_heads,
    multi_head_attention,
    over_heads,
    split_heads,
)


class BlockGradients(NamedTuple):
    """Gradients by the states that enter a block, and by its parameters."""

    X: Float
    parameters: Block


# --- attention -----------------------------------------------------------------------
def softmax_gradients(P: Float, dP: Float) -> Float:
    r"""Return the gradient by the scores, given the shares ``P`` and ``dP``.

    .. math:: \frac{\partial \ell}{\partial S_{ij}}
              = P_{ij} \Bigl(dP_{ij} - \sum_k P_{ik}\, dP_{ik}\Bigr)

    A score gains by what its place is worth beyond the row's average. Forbidden places
    have :math:`P_{ij} = 0`, so no gradient reaches them. Rows of the result sum to 0.

    Shapes: (..., n, m) both → (..., n, m).
    """
    return np.asarray(P * (dP - (P * dP).sum(axis=-1, keepdims=True)))


def attention_gradients(
    Q: Float, K: Float, V: Float, dO: Float, allowed: ArrayLike | None = None
) -> tuple[Float, Float, Float]:
    r"""Return the gradients of ``attention`` by ``Q``, ``K`` and ``V``.

    .. math:: dV = P^\top dO, \quad dP = dO\, V^\top, \quad
              dQ = \tfrac{1}{\sqrt{d_h}}\, dS\, K, \quad
              dK = \tfrac{1}{\sqrt{d_h}}\, dS^\top Q

    where :math:`dS` is :func:`softmax_gradients` of :math:`P, dP`.

    Shapes: as ``attention``; ``dO`` (..., n, e) → shapes of Q, K, V.
    """
    P = attention_weights(Q, K, allowed)
    dV = np.swapaxes(P, -1, -2) @ dO
    dS = softmax_gradients(P, dO @ np.swapaxes(V, -1, -2))
    dS = dS / Q.dtype.type(np.sqrt(Q.shape[-1]))
    return dS @ K, np.swapaxes(dS, -1, -2) @ Q, dV


def affine_gradients(x: Float, W: Float, dy: Float) -> tuple[Float, Float, Float]:
    r"""Return the gradients of :math:`y = x W + b` by ``x``, ``W`` and ``b``.

    .. math:: dx = dy\, W^\top, \quad dW = x^\top dy, \quad db = \sum_i dy_i

    with the sum over all tokens of all sequences.

    Shapes: ``x`` (..., in), ``W`` (in, out), ``dy`` (..., out).
    """
    rows, flat = x.reshape(-1, x.shape[-1]), dy.reshape(-1, dy.shape[-1])
    return dy @ W.T, rows.T @ flat, flat.sum(axis=0)


def multi_head_gradients(
    X: Float, p: Block, heads: int, dA: Float, allowed: ArrayLike | None = None
) -> tuple[Float, dict[str, Float]]:
    """Return the gradients of ``multi_head_attention`` by ``X`` and its parameters.

    ``X`` is used three times, as queries, keys and values, so three gradients add up.

    Shapes: ``dA`` as the output (..., n, dim) → (..., n, dim), arrays by name.
    """
    Q, K, V = heads_of(X, p, heads)
    where = over_heads(allowed)
    O = merge_heads(attention(Q, K, V, where))
    dO, dW_o, db_o = affine_gradients(O, p.W_o, dA)
    parts = attention_gradients(Q, K, V, split_heads(dO, heads), where)
    dX = np.zeros_like(X)
    found = {"W_o": dW_o, "b_o": db_o}
    for name, part in zip("qkv", parts, strict=True):
        W = getattr(p, f"W_{name}")
        dx, found[f"W_{name}"], found[f"b_{name}"] = affine_gradients(
            X, W, merge_heads(part)
        )
        dX += dx
    return dX, found


# --- what works on each token alone --------------------------------------------------
def layer_norm_gradients(
    x: Float, gain: Float, dy: Float, epsilon: float = 1e-12
) -> tuple[Float, Float, Float]:
    r"""Return the gradients of ``layer_norm`` by ``x``, ``gain`` and ``shift``.

    .. math:: dx = \frac{1}{\sigma} \Bigl(d\hat x - \overline{d\hat x}
              - \hat x\, \overline{\hat x \odot d\hat x}\Bigr), \qquad
              d\hat x = g \odot dy

    where :math:`\hat x` is the normalised token, :math:`\sigma` the root of its
    variance plus epsilon, and bars are means over the coordinates. What would only
    move or scale a token is taken out: LayerNorm undoes it anyway.

    Shapes: ``x`` and ``dy`` (..., dim) → (..., dim), (dim,), (dim,).
    """
    one = np.ones_like(gain)
    hat = layer_norm(x, one, np.zeros_like(gain), epsilon)
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    g = gain * dy
    along = hat * (hat * g).mean(axis=-1, keepdims=True)
    dx = (g - g.mean(axis=-1, keepdims=True) - along) / np.sqrt(
        variance + x.dtype.type(epsilon)
    )
    axes = tuple(range(x.ndim - 1))
    return dx, (hat * dy).sum(axis=axes), dy.sum(axis=axes)


def gelu_slope(x: Float) -> Float:
    r"""Return :math:`\Phi(x) + x\,\phi(x)`, the derivative of GELU.

    where :math:`\phi(x) = e^{-x^2/2} / \sqrt{2\pi}` is the normal density.
    """
    density = np.exp(-x * x / 2) / x.dtype.type(np.sqrt(2 * np.pi))
    return np.asarray((1 + erf(x * x.dtype.type(np.sqrt(0.5)))) / 2 + x * density)


def feed_forward_gradients(
    x: Float, p: Block, dy: Float, activation: str = "gelu"
) -> tuple[Float, dict[str, Float]]:
    r"""Return the gradients of ``feed_forward`` by ``x`` and its parameters.

    .. math:: dh = (dy\, W_2^\top) \odot \phi'(x W_1 + b_1)

    Shapes: ``x`` and ``dy`` (..., dim) → (..., dim), arrays by name.
    """
    before = x @ p.W_1 + p.b_1
    dh, dW_2, db_2 = affine_gradients(activate(before, activation), p.W_2, dy)
    slope = gelu_slope(before) if activation == "gelu" else before > 0
    dx, dW_1, db_1 = affine_gradients(x, p.W_1, dh * slope)
    return dx, {"W_1": dW_1, "b_1": db_1, "W_2": dW_2, "b_2": db_2}


# --- the block -----------------------------------------------------------------------
def block_gradients(
    X: Float,
    p: Block,
    config: EncoderConfig,
    dZ: Float,
    allowed: ArrayLike | None = None,
) -> BlockGradients:
    """Return the gradients of ``block`` by ``X`` and by every parameter.

    A residual sum hands its gradient to both branches. With ``norm="pre"`` one branch
    is the identity, all the way down; with ``norm="post"`` a LayerNorm stands on it.

    Shapes: ``dZ`` as the output (..., n, dim).
    """
    if config.norm == "post":
        return _post(X, p, config, dZ, allowed)
    return _pre(X, p, config, dZ, allowed)


def _post(
    X: Float, p: Block, config: EncoderConfig, dZ: Float, allowed: ArrayLike | None
) -> BlockGradients:
    summed = X + multi_head_attention(X, p, config.heads, allowed)
    Y = layer_norm(summed, p.gain_1, p.shift_1, config.epsilon)
    total = Y + feed_forward(Y, p, config.activation)
    d, gain_2, shift_2 = layer_norm_gradients(total, p.gain_2, dZ, config.epsilon)
    dF, inner = feed_forward_gradients(Y, p, d, config.activation)
    d, gain_1, shift_1 = layer_norm_gradients(summed, p.gain_1, d + dF, config.epsilon)
    dA, outer = multi_head_gradients(X, p, config.heads, d, allowed)
    norms = {"gain_1": gain_1, "shift_1": shift_1, "gain_2": gain_2, "shift_2": shift_2}
    return BlockGradients(d + dA, Block(**outer, **inner, **norms))


def _pre(
    X: Float, p: Block, config: EncoderConfig, dZ: Float, allowed: ArrayLike | None
) -> BlockGradients:
    A = layer_norm(X, p.gain_1, p.shift_1, config.epsilon)
    Y = X + multi_head_attention(A, p, config.heads, allowed)
    B = layer_norm(Y, p.gain_2, p.shift_2, config.epsilon)
    dB, inner = feed_forward_gradients(B, p, dZ, config.activation)
    d, gain_2, shift_2 = layer_norm_gradients(Y, p.gain_2, dB, config.epsilon)
    dY = dZ + d
    dA, outer = multi_head_gradients(A, p, config.heads, dY, allowed)
    d, gain_1, shift_1 = layer_norm_gradients(X, p.gain_1, dA, config.epsilon)
    norms = {"gain_1": gain_1, "shift_1": shift_1, "gain_2": gain_2, "shift_2": shift_2}
    return BlockGradients(dY + d, Block(**outer, **inner, **norms))
