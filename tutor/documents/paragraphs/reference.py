r"""Paragraph vectors in NumPy: real, binary, and both at once.

A document is known by its words: move its vector so that a logistic regression can
tell the document's own words from noise. For a code of bits, let only the *rounded*
vector predict; rounding has no gradient, so on the way back it is passed over
("straight through") and the sigmoid's slope is used.

The batch is one document. All its words share the one input, so the document is a bag:
word :math:`o` is there :math:`p_o` times and came as noise :math:`q_o` times.

Left out: bigrams as further outputs, and a code joined with the words around it
(Binary PV-DM).

Sources: Le and Mikolov (2014), "Distributed representations of sentences and
documents"; Grzegorczyk and Kurdziel (2017), "Binary paragraph vectors"; Bengio et al.
(2013) for the straight-through gradient. What differs from the papers: the softmax over
all words is replaced by negative sampling, whose decisions have a bias a word.
Chapter: ``documents/paragraphs``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.words.word2vec.reference import log_sigmoid, sigmoid

Float = NDArray[np.floating[Any]]
Rows = NDArray[np.integer[Any]]
EPSILON = 1e-10


class Parameters(NamedTuple):
    """All that is learned.

    Attributes
    ----------
    D : (documents, dim)
        One vector a document: the embedding.
    V : (vocab, width + 1)
        Output rows; the last column is the bias. ``width`` is ``dim``, or ``bits``
        with a projection.
    W : (bits, dim)
        Projection of ``real-binary``; no rows otherwise.
    U : (vocab, dim)
        Vectors of the words around, for ``dm``; no rows otherwise.
    """

    D: Float
    V: Float
    W: Float
    U: Float


# --- a bag of yes/no decisions on one input ------------------------------------------
def bag_loss(h: Float, v: Float, p: Float, q: Float) -> float:
    r"""Return the loss of one input against its words and its noise.

    .. math:: \ell = -\sum_o \bigl[p_o \log\sigma(s_o) + q_o \log\sigma(-s_o)\bigr],
              \qquad s_o = v_o \cdot h + c_o

    where :math:`p_o` counts how often word o is in the document, :math:`q_o` how often
    it was drawn as noise, and the bias :math:`c_o` is the last column of ``v``.

    Shapes: ``h`` (width,), ``v`` (outputs, width + 1), ``p``, ``q`` (outputs,) →
    scalar. Lower is better.
    """
    s = v[:, :-1] @ h + v[:, -1]
    return float(-(p * log_sigmoid(s) + q * log_sigmoid(-s)).sum())


def bag_gradients(h: Float, v: Float, p: Float, q: Float) -> tuple[Float, Float]:
    r"""Return the gradients of :func:`bag_loss` by ``h`` and ``v``.

    .. math:: g_o = (p_o + q_o)\,\sigma(s_o) - p_o, \qquad
              \nabla_h = \sum_o g_o v_o, \qquad \nabla_{v_o} = g_o h, \qquad
              \nabla_{c_o} = g_o

    Shapes: as :func:`bag_loss` → (width,), (outputs, width + 1).
    """
    p, q = p.astype(h.dtype), q.astype(h.dtype)
    s = v[:, :-1] @ h + v[:, -1]
    g = (p + q) * sigmoid(s) - p
    return g @ v[:, :-1], np.outer(g, np.append(h, h.dtype.type(1)))


# --- codes ---------------------------------------------------------------------------
def round_code(z: Float) -> Float:
    r"""Return the bits :math:`b = \mathbb 1[z > 0]`: :math:`\sigma(z)` rounded.

    Shapes: any → the same, zeros and ones in the dtype of ``z``.
    """
    return (np.asarray(z) > 0).astype(z.dtype)


def straight_through(z: Float, gradient: Float) -> Float:
    r"""Return the gradient by ``z``, given the one by the rounded code.

    .. math:: \nabla_z \approx \sigma'(z)\,\nabla_b
              = \sigma(z)\,(1 - \sigma(z))\,\nabla_b

    Rounding is taken for the identity; its true derivative is 0 almost everywhere.
    Shapes: both alike → the same. Source: Bengio et al. (2013).
    """
    s = sigmoid(z)
    return np.asarray(s * (1 - s) * gradient)


def hidden(d: Float, W: Float, code: str) -> Float:
    r"""Return what predicts the words: :math:`d`, its bits, or the bits of :math:`W d`.

    Shapes: ``d`` (..., dim), ``W`` (bits, dim) → (..., width).
    """
    if code == "real":
        return d
    return round_code(d if code == "binary" else d @ W.T)


def hidden_gradients(d: Float, W: Float, code: str, gh: Float) -> tuple[Float, Float]:
    r"""Return the gradients by ``d`` and ``W``, given ``gh``, the one by `hidden`.

    .. math:: \delta = \sigma'(Wd) \odot \nabla_h, \qquad \nabla_d = W^\top \delta,
              \qquad \nabla_W = \delta\, d^\top

    for ``real-binary``; for ``binary`` :math:`\nabla_d = \sigma'(d) \odot \nabla_h`.
    Shapes: ``d`` (dim,), ``W`` (bits, dim), ``gh`` (width,) → (dim,), shape of ``W``.
    """
    if code == "real":
        return gh, np.zeros_like(W)
    if code == "binary":
        return straight_through(d, gh), np.zeros_like(W)
    delta = straight_through(W @ d, gh)
    return delta @ W, np.outer(delta, d)


# --- the mean of a document and the words around -------------------------------------
def window_mean(d: Float, u: Float) -> Float:
    r"""Return :math:`h = \frac{1}{n+1}\bigl(d + \sum_{c=1}^{n} u_c\bigr)` of PV-DM.

    Shapes: ``d`` (dim,), ``u`` (n, dim) → (dim,). Both parts have the gradient
    :math:`\nabla_h / (n+1)`.
    """
    return np.asarray((d + u.sum(axis=0)) / d.dtype.type(len(u) + 1))


# --- one step, in place --------------------------------------------------------------
def adagrad_step(
    X: Float, G: Float, rows: Rows, gradient: Float, learning_rate: float
) -> None:
    r"""Update some rows of ``X`` and their sums of squares ``G`` in place.

    .. math:: G \leftarrow G + g^2, \qquad
              X \leftarrow X - \eta\, g \big/ \bigl(\sqrt G + \epsilon\bigr)

    Gradients of a row that comes twice are summed first. Shapes: ``X``, ``G``
    (n, width), ``rows`` (m,), ``gradient`` (m, width).
    """
    unique, where = np.unique(rows, return_inverse=True)
    total = np.zeros((len(unique), X.shape[1]), dtype=X.dtype)
    np.add.at(total, where, gradient)
    G[unique] += total**2
    rate = X.dtype.type(learning_rate)
    X[unique] -= rate * total / (np.sqrt(G[unique]) + X.dtype.type(EPSILON))


def dbow_step(
    parameters: Parameters,
    squares: Parameters,
    document: int,
    bag: tuple[Rows, Float, Float],
    learning_rate: float,
    *,
    code: str = "real",
    frozen: bool = False,
) -> None:
    """Update the parameters in place by one step on one document.

    ``bag`` holds different word rows, how often each is in the document, and how often
    it came as noise. With ``frozen`` only the document's vector moves.
    """
    (D, V, W, _), (rows, p, q) = parameters, bag
    d = D[document]
    gh, gv = bag_gradients(hidden(d, W, code), V[rows], p, q)
    gd, gw = hidden_gradients(d, W, code, gh)
    one = np.array([document])
    adagrad_step(D, squares.D, one, gd[None], learning_rate)
    if frozen:
        return
    adagrad_step(V, squares.V, rows, gv, learning_rate)
    if code == "real-binary":
        adagrad_step(W, squares.W, np.arange(len(W)), gw, learning_rate)


def dm_step(
    parameters: Parameters,
    squares: Parameters,
    document: int,
    contexts: Rows,
    bag: tuple[Rows, Float, Float],
    learning_rate: float,
    *,
    frozen: bool = False,
) -> None:
    """Update the parameters in place by one step on one window of one document."""
    (D, V, _, U), (rows, p, q) = parameters, bag
    gh, gv = bag_gradients(window_mean(D[document], U[contexts]), V[rows], p, q)
    share = gh / gh.dtype.type(len(contexts) + 1)
    adagrad_step(D, squares.D, np.array([document]), share[None], learning_rate)
    if frozen:
        return
    moves = np.tile(share, (len(contexts), 1))
    adagrad_step(U, squares.U, contexts, moves, learning_rate)
    adagrad_step(V, squares.V, rows, gv, learning_rate)
