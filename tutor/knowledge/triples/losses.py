r"""Losses over scores, each with its gradient: two take all entities, two take samples.

``softmax`` and ``bce`` read a whole row of scores S (questions, entities) and the
answers Y of the same shape; ``margin`` and ``nssa`` read the score of a true triple and
of K corrupted ones. Scores come in as arrays: no loss knows which model made them.

Synonyms: softmax = 1-vs-all cross-entropy; bce = KvsAll; nssa = self-adversarial
negative sampling. Left out: label smoothing.

Sources: Bordes et al. (2013), equation 1; Sun et al. (2019), equations 4 and 5; Lacroix
et al. (2018) for the full softmax. Chapter: ``knowledge/triples``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.floating[Any]]


def log_sigmoid(x: Float) -> Float:
    r"""Return :math:`\log\sigma(x) = -\log(1 + e^{-x})`, safe for large ``|x|``."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def log_softmax(S: Float) -> Float:
    r"""Return :math:`S_{be} - \log\sum_c e^{S_{bc}}`, row by row."""
    shifted = S - S.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


# --- against all entities ------------------------------------------------------------
def softmax_loss(S: Float, Y: Float) -> float:
    r"""Return the cross-entropy of each true answer against all entities.

    .. math:: \ell = -\frac1N \sum_b \sum_e Y_{be} \log
              \frac{e^{S_{be}}}{\sum_c e^{S_{bc}}}, \qquad N = \sum_{be} Y_{be}

    A question with several answers is that many triples: the sum is the one over
    triples, with their common row computed once.

    Shapes: ``S`` scores and ``Y`` answers of 0 and 1, both (questions, entities).
    """
    return float(-(Y * log_softmax(S)).sum() / Y.sum())


def softmax_gradients(S: Float, Y: Float) -> Float:
    r"""Return :math:`\nabla_{S_{be}} = (n_b\, p_{be} - Y_{be}) / N`.

    where :math:`p` is the softmax of the row and :math:`n_b` its number of answers.
    """
    p = np.exp(log_softmax(S))
    return np.asarray((Y.sum(axis=1, keepdims=True) * p - Y) / Y.sum())


def bce_loss(S: Float, Y: Float, margin: float = 0.0) -> float:
    r"""Return the mean over questions of one yes-or-no decision for each entity.

    .. math:: \ell = -\frac1B \sum_b \sum_e \bigl[ Y_{be} \log\sigma(\gamma + S_{be})
              + (1 - Y_{be}) \log\sigma(-\gamma - S_{be}) \bigr]

    where :math:`\gamma` lets a score that is never positive, minus a distance, say yes.

    Shapes: as :func:`softmax_loss`.
    """
    logits = S + S.dtype.type(margin)
    return float(-log_sigmoid(np.where(Y > 0, logits, -logits)).sum() / len(S))


def bce_gradients(S: Float, Y: Float, margin: float = 0.0) -> Float:
    r"""Return :math:`\nabla_{S_{be}} = (\sigma(\gamma + S_{be}) - Y_{be}) / B`."""
    return np.asarray((np.exp(log_sigmoid(S + S.dtype.type(margin))) - Y) / len(S))


# --- against samples -----------------------------------------------------------------
def margin_loss(pos: Float, neg: Float, margin: float) -> float:
    r"""Return the mean violation of "true beats corrupted by the margin".

    .. math:: \ell = \frac1{BK} \sum_b \sum_{k=1}^K
              \max(0, \gamma - s_b + s'_{bk})

    Shapes: ``pos`` (batch,) scores of true triples, ``neg`` (batch, K) of corrupted
    ones. Source: Bordes et al. (2013), equation 1, with scores for distances.
    """
    return float(np.maximum(margin - pos[:, None] + neg, 0).mean())


def margin_gradients(pos: Float, neg: Float, margin: float) -> tuple[Float, Float]:
    """Return the gradients of :func:`margin_loss` by ``pos`` and ``neg``."""
    violated = (margin - pos[:, None] + neg > 0).astype(neg.dtype) / neg.size
    return -violated.sum(axis=1), violated


def adversarial_weights(neg: Float, temperature: float) -> Float:
    r"""Return :math:`w_{bk} \propto e^{\alpha s'_{bk}}`, summing to 1 for each row."""
    return np.exp(log_softmax(neg.dtype.type(temperature) * neg))


def nssa_loss(pos: Float, neg: Float, margin: float, weights: Float) -> float:
    r"""Return the self-adversarial negative-sampling loss.

    .. math:: \ell = -\frac1{2B} \sum_b \Bigl[ \log\sigma(\gamma + s_b)
              + \sum_{k=1}^K w_{bk} \log\sigma(-\gamma - s'_{bk}) \Bigr]

    where :math:`w` are :func:`adversarial_weights`, taken as constants.

    Shapes: ``pos`` (batch,), ``neg`` and ``weights`` (batch, K). Source: Sun et al.
    (2019), equation 5; the mean and the half as in PyKEEN.
    """
    true = log_sigmoid(margin + pos)
    false = (weights * log_sigmoid(-margin - neg)).sum(axis=1)
    return float(-(true + false).mean() / 2)


def nssa_gradients(
    pos: Float, neg: Float, margin: float, weights: Float
) -> tuple[Float, Float]:
    """Return the gradients of :func:`nssa_loss` by ``pos`` and ``neg``."""
    scale = pos.dtype.type(0.5 / len(pos))
    gp = -scale * np.exp(log_sigmoid(-margin - pos))
    return gp, scale * weights * np.exp(log_sigmoid(margin + neg))
