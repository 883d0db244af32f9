r"""Disambiguated skip-gram in NumPy: a center vector that is a mixture of senses.

Skip-gram gives a word one vector, so *bank* stands between rivers and money. Here a
target word has S vectors; the words around it say how to mix them, and the mixture
predicts those same words. Everything after the mixture is word2vec.

Roles. The word in the middle is the *input*, a mixture of rows of ``U``; its contexts,
each with the noise of the window, are the *outputs*, rows of ``V``. A window is one
step: gradients come from the parameters before it and are summed.

Left out: momentum and the sampled softmax of the published program; the engine of
``words/word2vec`` takes their place.

Sources: Grzegorczyk and Kurdziel (2018), "Disambiguated skip-gram model"; the relaxed
choice is that of Jang, Gu and Poole (2017) and of Maddison, Mnih and Teh (2017); the
hard rival is the multi-sense skip-gram of Neelakantan et al. (2014).
Chapter: ``words/senses``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.words.word2vec.reference import (
    distinct,
    skipgram_gradients,
    skipgram_loss,
)

Float = NDArray[np.floating[Any]]


class Choice(NamedTuple):
    """How a window chooses among the senses.

    Attributes
    ----------
    gumbel : (senses,)
        Noise added to the logits; zeros in phase 1.
    temperature : float
    entropy : float
        Weight of the entropy reward; 0 in phase 2.
    """

    gumbel: Float
    temperature: float = 1.0
    entropy: float = 0.0


class Gradients(NamedTuple):
    """Gradients of :func:`senses_loss`, named as its arguments."""

    u: Float
    A: Float
    a: Float
    v: Float


# --- which sense: logits, a relaxed choice, its entropy ------------------------------
def logits(A: Float, a: Float, c: Float) -> Float:
    r"""Return :math:`z_s = A_s \cdot c + a_s`.

    Shapes: ``A`` (senses, dim), ``a`` (senses,), ``c`` (dim,) → (senses,).
    """
    return np.asarray(A @ c + a)


def gumbel(uniform: ArrayLike) -> NDArray[np.float64]:
    r"""Return Gumbel noise :math:`\gamma = -\log(-\log x)` of uniform draws in [0, 1).

    The largest of :math:`z_s + \gamma_s` is sense s with probability softmax(z)_s.
    """
    x = np.maximum(
        np.asarray(uniform, dtype=np.float64), 2.0**-54
    )  # log 0 is not finite
    return np.asarray(-np.log(-np.log(x)))


def assign(z: Float, noise: ArrayLike = 0.0, temperature: float = 1.0) -> Float:
    r"""Return how a window is shared out among the senses.

    .. math:: g_s = \frac{\exp\bigl((z_s + \gamma_s)/\tau\bigr)}
                         {\sum_t \exp\bigl((z_t + \gamma_t)/\tau\bigr)}

    With :math:`\gamma = 0`, :math:`\tau = 1` this is the softmax; as :math:`\tau` falls
    it nears one sense, drawn with the softmax's probability.

    Shapes: ``z``, ``noise`` (..., senses) → (..., senses), rows sum to 1.

    Raises
    ------
    ValueError
        If the temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}")
    x = (z + np.asarray(noise, z.dtype)) / z.dtype.type(temperature)
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(x / x.sum(axis=-1, keepdims=True))


def assign_gradient(g: Float, by_g: Float, temperature: float = 1.0) -> Float:
    r"""Return the gradient by the logits of :func:`assign`, from the one by ``g``.

    .. math:: \frac{\partial\ell}{\partial z_s} = \frac{g_s}{\tau}
              \Bigl(q_s - \sum_t g_t q_t\Bigr), \qquad q = \partial\ell/\partial g
    """
    mean = (g * by_g).sum(axis=-1, keepdims=True)
    return np.asarray(g * (by_g - mean) / g.dtype.type(temperature))


def entropy(p: Float) -> Float:
    r"""Return :math:`H = -\sum_s p_s \log p_s`, in nats, of each row."""
    return np.asarray(-(p * np.log(np.maximum(p, np.finfo(p.dtype).tiny))).sum(axis=-1))


def entropy_gradient(p: Float) -> Float:
    r"""Return :math:`\partial H/\partial z_s = -p_s(\log p_s + H)`, p = softmax(z)."""
    log = np.log(np.maximum(p, np.finfo(p.dtype).tiny))
    return np.asarray(-p * (log + entropy(p)[..., None]))


# --- one window: its loss and its gradients ------------------------------------------
def mixture(u: Float, g: Float) -> Float:
    r"""Return the center vector :math:`h = \sum_s g_s u_s`.

    Shapes: ``u`` (senses, dim), ``g`` (senses,) → (dim,).
    """
    return np.asarray(g @ u)


def senses_loss(
    u: Float, A: Float, a: Float, c: Float, v: Float, mask: ArrayLike, choice: Choice
) -> float:
    r"""Return the loss of one window.

    .. math:: \ell = \sum_{i=1}^n \Bigl[-\log\sigma(h \cdot v_{i0})
              - \sum_{j=1}^K m_{ij}\log\sigma(-h \cdot v_{ij})\Bigr] - \lambda H(p),
              \qquad h = \sum_s g_s u_s

    where :math:`v_{i0}` is the i-th context's row, :math:`v_{i1..iK}` the window's
    noise, g is :func:`assign` of the logits of ``c`` and p their softmax. ``c`` is a
    constant: no gradient flows back into the words it is the mean of.

    Shapes: ``u``, ``A`` (senses, dim), ``a`` (senses,), ``c`` (dim,), ``v`` (n, K+1,
    dim), ``mask`` (n, K+1) → scalar. Lower is better.
    """
    z = logits(A, a, c)
    h = mixture(u, assign(z, choice.gumbel, choice.temperature))
    reward = choice.entropy * float(entropy(assign(z)))
    return skipgram_loss(np.tile(h, (len(v), 1)), v, mask) - reward


def senses_gradients(
    u: Float, A: Float, a: Float, c: Float, v: Float, mask: ArrayLike, choice: Choice
) -> Gradients:
    r"""Return the gradients of :func:`senses_loss`.

    .. math:: \nabla_{u_s} = g_s \nabla_h, \qquad
              \nabla_{z} = \tfrac1\tau\, g \odot (q - g \cdot q) - \lambda \nabla_z H,
              \qquad q_s = u_s \cdot \nabla_h,
              \qquad \nabla_{A_s} = \nabla_{z_s} c, \quad \nabla_{a} = \nabla_z

    Shapes: as :func:`senses_loss`; each gradient has the shape of its argument.
    """
    z = logits(A, a, c)
    g = assign(z, choice.gumbel, choice.temperature)
    by_h, by_v = skipgram_gradients(np.tile(mixture(u, g), (len(v), 1)), v, mask)
    total = by_h.sum(axis=0)
    by_z = assign_gradient(g, u @ total, choice.temperature)
    by_z = by_z - z.dtype.type(choice.entropy) * entropy_gradient(assign(z))
    return Gradients(np.outer(g, total), np.outer(by_z, c), by_z, by_v)


def window_outputs(
    contexts: NDArray[np.integer[Any]], noise: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.integer[Any]], NDArray[np.bool_]]:
    """Return the output rows and the mask of a window: each context with the noise.

    Shapes: ``contexts`` (n,), ``noise`` (K,) → (n, K+1) twice; as in word2vec, noise
    equal to its context, or drawn twice, takes no part.
    """
    rows = np.column_stack([contexts, np.tile(noise, (len(contexts), 1))])
    return rows, distinct(rows)


# --- the hard rival ------------------------------------------------------------------
def nearest_sense(sums: Float, c: Float) -> int:
    r"""Return :math:`\arg\max_s \cos(m_s, c)`: MSSG's hard choice.

    ``sums`` are the sums of the contexts a sense has had; a cosine asks for their
    direction only, so the mean need not be formed. Ties go to the first.

    Shapes: ``sums`` (senses, dim), ``c`` (dim,).
    """
    length = np.sqrt((sums * sums).sum(axis=1)) + np.finfo(sums.dtype).tiny
    return int(np.argmax(sums @ c / length))
