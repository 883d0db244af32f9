r"""word2vec in NumPy: skip-gram and CBOW, negative sampling, hierarchical softmax.

A word is known by its neighbours: move its vector so that a logistic regression on
dot products can tell its real neighbours from noise words. Both objectives are the
same sum of binary decisions; they differ in which output rows take part, and with
which label.

Roles. Every pair of words in one window is met from both sides, so it does not
matter which of the two is called input. Here, as in the published program, the word
in the middle of the window and its K noise words are the *outputs* (rows of ``V``),
shared by the whole window; each neighbour is an *input* (a row of ``U``). ``U`` is
kept as the embedding.

Left out: the softmax over the whole vocabulary (the chapter shows why), phrases
(``phrases.py``), and the sigmoid table with its cut at 6 of the published program.

Sources: Mikolov et al. (2013a), "Efficient estimation of word representations in
vector space"; Mikolov et al. (2013b), "Distributed representations of words and
phrases and their compositionality", equations 3 and 4.
Chapter: ``words/word2vec``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.floating[Any]]
Rows = NDArray[np.integer[Any]]


def log_sigmoid(x: Float) -> Float:
    r"""Return :math:`\log\sigma(x) = -\log(1 + e^{-x})`, safe for large ``|x|``."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def sigmoid(x: Float) -> Float:
    r"""Return :math:`\sigma(x) = 1/(1 + e^{-x})` = exp of :func:`log_sigmoid`."""
    return np.asarray(np.exp(log_sigmoid(x)))


# --- the one objective: binary decisions on dot products -----------------------------
def decisions_loss(h: Float, v: Float, labels: ArrayLike, mask: ArrayLike) -> float:
    r"""Return the summed loss of ``h`` against its labelled output rows.

    .. math:: \ell = -\sum_b \sum_j m_{bj} \log \sigma(s_{bj}\, h_b \cdot v_{bj}),
              \qquad s = 2y - 1

    where :math:`h_b` is the input vector of item b, :math:`v_{bj}` its j-th output
    row, :math:`y_{bj}` the label 1 (real) or 0 (noise), :math:`m_{bj}` the mask.

    Shapes: ``h`` (batch, dim), ``v`` (batch, outputs, dim), ``labels`` and ``mask``
    (batch, outputs) → scalar. Lower is better.
    """
    scores = np.einsum("bd,bjd->bj", h, v)
    signs = 2 * np.asarray(labels, dtype=h.dtype) - 1
    terms = np.where(mask, log_sigmoid(signs * scores), h.dtype.type(0))
    return float(-terms.sum())


def decisions_gradients(
    h: Float, v: Float, labels: ArrayLike, mask: ArrayLike
) -> tuple[Float, Float]:
    r"""Return the gradients of :func:`decisions_loss` by ``h`` and ``v``.

    .. math:: g_{bj} = m_{bj}\,(\sigma(h_b \cdot v_{bj}) - y_{bj}), \qquad
              \nabla_{h_b} = \sum_j g_{bj} v_{bj}, \qquad \nabla_{v_{bj}} = g_{bj} h_b

    Shapes: as :func:`decisions_loss` → (batch, dim), (batch, outputs, dim).
    """
    scores = np.einsum("bd,bjd->bj", h, v)
    g = np.where(mask, sigmoid(scores) - np.asarray(labels, h.dtype), h.dtype.type(0))
    return np.einsum("bj,bjd->bd", g, v), np.einsum("bj,bd->bjd", g, h)


# --- skip-gram with negative sampling ------------------------------------------------
def skipgram_labels(outputs: ArrayLike) -> NDArray[np.bool_]:
    """Return labels for outputs whose first column is the true word: True, then not."""
    labels = np.zeros(np.shape(outputs), dtype=bool)
    labels[..., 0] = True
    return labels


def distinct(outputs: ArrayLike) -> NDArray[np.bool_]:
    """Return which outputs are the first of their word in their row.

    A noise word equal to the true word, or drawn twice, is left out: the K+1 output
    rows of a window are distinct, so that updating them one by one or all at once is
    the same. The published program skips only noise equal to the true word.

    Shapes: ``outputs`` (batch, outputs) → the same, bool; column 0 is always True.
    """
    outputs = np.asarray(outputs)
    same = outputs[:, :, None] == outputs[:, None, :]
    first: NDArray[np.bool_] = same.argmax(axis=2) == np.arange(outputs.shape[1])
    return first


def skipgram_loss(u: Float, v: Float, mask: ArrayLike) -> float:
    r"""Return the negative-sampling loss of a batch of pairs.

    .. math:: \ell = -\sum_b \Bigl[\log\sigma(u_b \cdot v_{b0})
              + \sum_{j=1}^{K} m_{bj} \log\sigma(-u_b \cdot v_{bj})\Bigr]

    where :math:`u_b` is the input word's vector, :math:`v_{b0}` the true output row
    and :math:`v_{b1..bK}` the noise rows.

    Shapes: ``u`` (batch, dim), ``v`` (batch, K+1, dim), ``mask`` (batch, K+1) →
    scalar. Source: Mikolov et al. (2013b), equation 4, with the sign turned.
    """
    return decisions_loss(u, v, skipgram_labels(mask), mask)


def skipgram_gradients(u: Float, v: Float, mask: ArrayLike) -> tuple[Float, Float]:
    """Return the gradients of :func:`skipgram_loss` by ``u`` and ``v``."""
    return decisions_gradients(u, v, skipgram_labels(mask), mask)


# --- CBOW: the mean of the context predicts the word ---------------------------------
def cbow_mean(u: Float, present: ArrayLike) -> Float:
    r"""Return :math:`h_b = \frac1{n_b}\sum_c p_{bc} u_{bc}`, the mean of a context.

    Shapes: ``u`` (batch, contexts, dim), ``present`` (batch, contexts) bool →
    (batch, dim). An item without any context gives zeros.
    """
    weights = np.asarray(present, dtype=u.dtype)
    weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), u.dtype.type(1))
    return np.asarray(np.einsum("bc,bcd->bd", weights, u))


def cbow_loss(u: Float, present: ArrayLike, v: Float, mask: ArrayLike) -> float:
    r"""Return the negative-sampling loss of CBOW: :func:`skipgram_loss` of the mean.

    Shapes: ``u`` (batch, contexts, dim), ``present`` (batch, contexts), ``v`` (batch,
    K+1, dim), ``mask`` (batch, K+1) → scalar.
    """
    return skipgram_loss(cbow_mean(u, present), v, mask)


def cbow_gradients(
    u: Float, present: ArrayLike, v: Float, mask: ArrayLike
) -> tuple[Float, Float]:
    r"""Return the gradients of :func:`cbow_loss` by ``u`` and ``v``.

    .. math:: \nabla_{u_{bc}} = \frac{p_{bc}}{n_b} \nabla_{h_b}

    The published program leaves out :math:`1/n_b`; see ``cbow_step`` of
    :class:`~tutor.words.word2vec.config.Word2VecConfig`.
    """
    gh, gv = skipgram_gradients(cbow_mean(u, present), v, mask)
    weights = np.asarray(present, dtype=u.dtype)
    weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), u.dtype.type(1))
    return np.einsum("bc,bd->bcd", weights, gh), gv


# --- hierarchical softmax ------------------------------------------------------------
def hierarchical_loss(h: Float, v: Float, codes: ArrayLike, mask: ArrayLike) -> float:
    r"""Return the loss of walking from the root to the word's leaf.

    .. math:: \ell = -\sum_b \sum_{j} m_{bj}
              \log\sigma\bigl((1 - 2c_{bj})\, h_b \cdot v_{bj}\bigr)

    where :math:`v_{bj}` is the j-th inner node on the word's path and
    :math:`c_{bj}` the Huffman bit taken there: at each node, 0 is the outcome called
    real. The probabilities of all leaves sum to 1 without any normaliser.

    Shapes: ``h`` (batch, dim), ``v`` (batch, length, dim), ``codes`` and ``mask``
    (batch, length) → scalar. Source: Mikolov et al. (2013b), equation 3.
    """
    return decisions_loss(h, v, np.asarray(codes) == 0, mask)


def hierarchical_gradients(
    h: Float, v: Float, codes: ArrayLike, mask: ArrayLike
) -> tuple[Float, Float]:
    """Return the gradients of :func:`hierarchical_loss` by ``h`` and ``v``."""
    return decisions_gradients(h, v, np.asarray(codes) == 0, mask)


# --- one step, in place --------------------------------------------------------------
def skipgram_step(
    U: Float,
    V: Float,
    inputs: Rows,
    outputs: Rows,
    labels: ArrayLike,
    mask: ArrayLike,
    learning_rate: float,
) -> None:
    r"""Update ``U`` and ``V`` in place by one step on a batch of pairs.

    .. math:: \theta \leftarrow \theta - \eta \sum_b \nabla_\theta \ell_b

    Gradients come from the parameters before the step and are summed over the batch:
    rows that occur twice accumulate. One pair a batch is classic online SGD.

    Shapes: ``U`` (vocab, dim), ``V`` (rows, dim), ``inputs`` (batch,), ``outputs``,
    ``labels``, ``mask`` (batch, outputs).
    """
    gu, gv = decisions_gradients(U[inputs], V[outputs], labels, mask)
    rate = U.dtype.type(learning_rate)
    np.add.at(U, inputs, -rate * gu)
    np.add.at(V, outputs, -rate * gv)


def cbow_step(
    U: Float,
    V: Float,
    contexts: Rows,
    outputs: Rows,
    labels: ArrayLike,
    mask: ArrayLike,
    learning_rate: float,
    *,
    exact: bool = False,
) -> None:
    """Update ``U`` and ``V`` in place by one step on one window's mean.

    Without ``exact`` every context receives the whole gradient of the mean, as in
    the published program: a step ``n`` times the gradient.

    Shapes: ``contexts`` (n,), ``outputs``, ``labels``, ``mask`` (outputs,).
    """
    h = U[contexts].mean(axis=0, dtype=U.dtype, keepdims=True)
    gh, gv = decisions_gradients(
        h, V[outputs][None], np.asarray(labels)[None], np.asarray(mask)[None]
    )
    rate = U.dtype.type(learning_rate)
    share = U.dtype.type(len(contexts) if exact else 1)
    np.add.at(U, contexts, -rate * gh / share)
    np.add.at(V, outputs, -rate * gv[0])
