r"""The masked language model in NumPy: the head, its loss, and all gradients by hand.

The encoder is that of :mod:`tutor.context.attention`. On top of the state of each
chosen place stands a small head, and its last matrix is the table of token vectors
itself (*weight tying*): a place's score for a piece is the dot product of what the head
makes of its state with that piece's vector.

Left out: next sentence prediction and segments (see the chapter), dropout.

Symbols: :math:`H` states of the chosen places, :math:`E` token vectors, :math:`Z`
scores, :math:`y` targets, :math:`m` places. In transformers the head is called
``cls.predictions``.

Sources: Devlin et al. (2019), "BERT", section 3.1; Press and Wolf (2017), "Using the
output embedding to improve language models". Chapter: ``context/bert``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling
from tutor.context.attention.config import Block, EncoderConfig, Float, Parameters
from tutor.context.attention.gradients import (
    affine_gradients,
    block_gradients,
    gelu_slope,
    layer_norm_gradients,
)
from tutor.context.attention.masks import allowed
from tutor.context.attention.reference import block, embed, gelu, layer_norm
from tutor.context.bert.masking import Masked

Rows = NDArray[np.int64]


class Head(NamedTuple):
    """What turns a state into scores, beside the tied table of token vectors.

    Shapes: ``W`` (dim, dim), ``b``, ``gain``, ``shift`` (dim,), ``bias`` (vocab,).
    """

    W: Float
    b: Float
    gain: Float
    shift: Float
    bias: Float


class HeadGradients(NamedTuple):
    """Gradients by the states of the chosen places, the tied table, and the head."""

    states: Float
    tokens: Float
    head: Head


def initial_head(config: EncoderConfig, seed: int = 0, dtype: Any = np.float32) -> Head:
    r"""Return a fresh head: ``W`` from :math:`\mathcal N(0, 0.02^2)`, else neutral."""
    from scipy.special import ndtri

    d = config.dim
    u = sampling.uniform(seed, 10**6, sampling.INIT, np.arange(d * d))
    W = (0.02 * ndtri(u + 2.0**-54)).reshape(d, d).astype(dtype)
    zeros = np.zeros(d, dtype)
    return Head(
        W, zeros, np.ones(d, dtype), zeros.copy(), np.zeros(config.vocab, dtype)
    )


# --- the head ------------------------------------------------------------------------
def head_states(H: Float, head: Head, epsilon: float = 1e-12) -> Float:
    r"""Return :math:`\mathrm{LN}(\mathrm{GELU}(H W + b))`. Shapes: (m, dim) → same."""
    return layer_norm(gelu(H @ head.W + head.b), head.gain, head.shift, epsilon)


def mlm_scores(H: Float, tokens: Float, head: Head, epsilon: float = 1e-12) -> Float:
    r"""Return a score for every piece of the vocabulary at every chosen place.

    .. math:: Z = \mathrm{LN}\bigl(\mathrm{GELU}(H W + b)\bigr)\, E^\top + \beta

    where :math:`\beta` is the bias of the pieces.

    Shapes: ``H`` (m, dim), ``tokens`` (vocab, dim) → (m, vocab).
    """
    return np.asarray(head_states(H, head, epsilon) @ tokens.T + head.bias)


def cross_entropy(Z: Float, targets: ArrayLike) -> float:
    r"""Return the mean of minus the log of the share of what stood there.

    .. math:: \ell = \frac1m \sum_i \Bigl(\log \sum_w e^{Z_{iw}} - Z_{i y_i}\Bigr)

    Shapes: ``Z`` (m, vocab), ``targets`` (m,) → float.

    Raises
    ------
    ValueError
        If nothing is to be predicted, or the shapes do not pair.
    """
    y = _targets(Z, targets)
    top = Z.max(axis=1, keepdims=True)
    total = np.log(np.exp(Z - top).sum(axis=1)) + top[:, 0]
    return float((total - Z[np.arange(len(y)), y]).mean())


def cross_entropy_gradients(Z: Float, targets: ArrayLike) -> Float:
    r"""Return :math:`\partial\ell/\partial Z`: shares minus one-hot targets, over m.

    .. math:: \frac{\partial \ell}{\partial Z_{iw}}
              = \frac1m \bigl(P_{iw} - [w = y_i]\bigr), \qquad
              P_{iw} = e^{Z_{iw}} \Big/ \sum_v e^{Z_{iv}}

    Shapes: (m, vocab), (m,) → (m, vocab); rows sum to 0.
    """
    y = _targets(Z, targets)
    P = np.exp(Z - Z.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    P[np.arange(len(y)), y] -= 1
    return np.asarray(P / Z.dtype.type(len(y)))


def mlm_loss(
    H: Float, tokens: Float, head: Head, targets: ArrayLike, epsilon: float = 1e-12
) -> float:
    """Return the loss of the head: ``cross_entropy`` of ``mlm_scores``."""
    return cross_entropy(mlm_scores(H, tokens, head, epsilon), targets)


def mlm_gradients(
    H: Float, tokens: Float, head: Head, targets: ArrayLike, epsilon: float = 1e-12
) -> HeadGradients:
    r"""Return the gradients of ``mlm_loss`` by states, tied table and head.

    .. math:: d\beta = \sum_i dZ_i, \quad dE = dZ^\top N, \quad dN = dZ\, E

    where :math:`N` are ``head_states``; then back through LayerNorm, GELU and the
    matrix. ``tokens`` is the table's gradient as an *output* layer only: it also gains
    as an input, in :func:`model_gradients`.
    """
    before = H @ head.W + head.b
    act = gelu(before)
    N = layer_norm(act, head.gain, head.shift, epsilon)
    dZ = cross_entropy_gradients(N @ tokens.T + head.bias, targets)
    d, gain, shift = layer_norm_gradients(act, head.gain, dZ @ tokens, epsilon)
    dH, dW, db = affine_gradients(H, head.W, d * gelu_slope(before))
    return HeadGradients(dH, dZ.T @ N, Head(dW, db, gain, shift, dZ.sum(axis=0)))


# --- the whole model -----------------------------------------------------------------
class ModelGradients(NamedTuple):
    """The loss, and its gradients by every parameter of encoder and head."""

    loss: float
    parameters: Parameters
    head: Head


def model_gradients(
    parameters: Parameters,
    head: Head,
    masked: Masked,
    config: EncoderConfig,
    *,
    mask: str = "bidirectional",
) -> ModelGradients:
    r"""Return loss and gradients of the whole model, post-norm, without segments.

    The table of token vectors is used twice, as first layer and as last, so two
    gradients add up:

    .. math:: dE = dZ^\top N + \sum_{t, p} \mathbf 1_{x_{tp}}\, dX_{tp}^\top

    where :math:`\mathbf 1_x` picks row x and :math:`dX` is the gradient by the sum that
    enters the first LayerNorm.

    Parameters
    ----------
    parameters : the encoder's named arrays
    head : the head's named arrays
    masked : Masked
        Texts of one length.
    config : EncoderConfig
        ``norm="post"``, learned positions or none.
    mask : {"bidirectional", "causal"}
    """
    seen = allowed(mask, masked.tokens.shape[1])
    states = [embed(parameters, masked.tokens, config)]
    for p in parameters.blocks:
        states.append(block(states[-1], p, config, seen))
    place = (masked.rows, masked.columns)
    chosen = (states[-1][place], parameters.tokens, head, masked.targets)
    found = mlm_gradients(*chosen, config.epsilon)
    dX = np.zeros_like(states[-1])
    np.add.at(dX, place, found.states)
    slopes: list[Block] = []
    for p, X in zip(parameters.blocks[::-1], states[-2::-1], strict=True):
        step = block_gradients(X, p, config, dX, seen)
        dX, slopes = step.X, [step.parameters, *slopes]
    summed = parameters.tokens[masked.tokens]
    if parameters.positions is not None:
        summed = summed + parameters.positions[: summed.shape[1]]
    dX, gain, shift = layer_norm_gradients(summed, parameters.gain, dX, config.epsilon)
    tokens = found.tokens.copy()
    np.add.at(tokens, masked.tokens, dX)
    positions = None
    if parameters.positions is not None:
        positions = np.zeros_like(parameters.positions)
        positions[: dX.shape[1]] = dX.sum(axis=0)
    inner = Parameters(tokens, positions, None, gain, shift, tuple(slopes))
    return ModelGradients(mlm_loss(*chosen, config.epsilon), inner, found.head)


def _targets(Z: Float, targets: ArrayLike) -> Rows:
    y = np.asarray(targets)
    if Z.ndim != 2 or y.shape != Z.shape[:1] or not len(y):
        raise ValueError(
            f"scores {Z.shape} and targets {y.shape} must pair, with one place or more "
            "to predict; a batch in which nothing was chosen has no loss"
        )
    if y.min() < 0 or y.max() >= Z.shape[1]:
        raise ValueError(f"targets {y.min()} to {y.max()}, but {Z.shape[1]} scores")
    return y
