r"""Contrastive losses in NumPy, with their gradients by hand.

A batch holds :math:`B` pairs: row :math:`i` of :math:`X` (images) and row :math:`i` of
:math:`Y` (texts) belong together, every other combination does not. All losses read
the scores :math:`S = X Y^\top / \tau` only.

Left out: gathering rows from several devices, and memory banks.
Papers: Radford et al. (2021), CLIP; Zhai et al. (2023), SigLIP; van den Oord et al.
(2018), InfoNCE; Sohn (2016), N-pair. Chapter: ``multimodal/clip``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.multimodal.clip.config import check_temperature

Matrix = NDArray[np.float64]


# --- scores --------------------------------------------------------------------------
def scores(images: ArrayLike, texts: ArrayLike, temperature: float) -> Matrix:
    r"""Return the scores of all combinations, :math:`S = X Y^\top / \tau`.

    Shapes: "batch dim", "batch dim" → "batch batch", images down, texts across.

    Raises
    ------
    ValueError
        For a temperature that is not positive, a batch of one, rows that do not pair,
        or entries that are NaN or infinite.
    """
    X, Y = check_pairs(images, texts)
    return X @ Y.T / check_temperature(temperature)


def check_pairs(images: ArrayLike, texts: ArrayLike) -> tuple[Matrix, Matrix]:
    """Return both sides as float64, or say why they are no batch of pairs."""
    X, Y = (np.asarray(side, dtype=np.float64) for side in (images, texts))
    if X.ndim != 2 or X.shape != Y.shape:
        raise ValueError(
            "images and texts must both be (batch, dim), row by row a pair, got "
            f"{X.shape} and {Y.shape}"
        )
    if len(X) < 2:
        raise ValueError(
            f"the batch holds {len(X)} pair: with no other pair there is nothing to "
            "tell it from and the loss is constant; use batches of 2 or more"
        )
    for name, side in (("images", X), ("texts", Y)):
        bad = np.flatnonzero(~np.isfinite(side).all(axis=1))
        if bad.size:
            raise ValueError(
                f"{bad.size} rows of {name} are NaN or infinite, the first is row "
                f"{bad[0]}: lower the learning rate, or look at that input"
            )
    return X, Y


# --- ranking hinge -------------------------------------------------------------------
def hinge_loss(images: ArrayLike, texts: ArrayLike, margin: float = 0.2) -> float:
    r"""Return the sum of ranking hinges, both ways, a pair.

    .. math:: \frac1{2B} \sum_i \sum_{j \ne i} \Bigl( [m - s_{ii} + s_{ij}]_+
              + [m - s_{ii} + s_{ji}]_+ \Bigr), \quad [a]_+ = \max(0, a)

    where :math:`s_{ij} = x_i \cdot y_j`. Source: Frome et al. (2013), DeViSE, one way.
    Shapes: "batch dim" twice → a number, 0 or more.
    """
    S = scores(images, texts, 1.0)
    right = np.diag(S)
    over_texts = np.maximum(0, margin - right[:, None] + S)
    over_images = np.maximum(0, margin - right[None, :] + S)
    wrong = ~np.eye(len(S), dtype=bool)
    return float((over_texts[wrong].sum() + over_images[wrong].sum()) / (2 * len(S)))


# --- InfoNCE, both ways --------------------------------------------------------------
def infonce_loss(images: ArrayLike, texts: ArrayLike, temperature: float) -> float:
    r"""Return CLIP's loss: find the text of each image, and the image of each text.

    .. math:: \ell = -\frac1{2B} \sum_i \Bigl(
              \log \frac{e^{s_{ii}}}{\sum_j e^{s_{ij}}}
              + \log \frac{e^{s_{ii}}}{\sum_j e^{s_{ji}}} \Bigr)

    where :math:`S = X Y^\top / \tau`. Guessing gives :math:`\log B`. Other names:
    multiple-negatives ranking loss, in-batch cross-entropy, NT-Xent, N-pair (at
    :math:`\tau = 1`, one way).

    Shapes: "batch dim" twice → a number, 0 or more.
    Source: Radford et al. (2021), figure 3.
    """
    S = scores(images, texts, temperature)
    return float(-(np.diag(log_softmax(S)) + np.diag(log_softmax(S.T))).mean() / 2)


def infonce_gradients(
    images: ArrayLike, texts: ArrayLike, temperature: float
) -> tuple[Matrix, Matrix, float]:
    r"""Return the gradients by images, texts and temperature.

    .. math:: G = \frac{1}{2B} (P - I + Q - I), \qquad
              \nabla_X = G\, Y / \tau, \quad \nabla_Y = G^\top X / \tau, \quad
              \partial_\tau = -\frac1\tau \sum_{ij} G_{ij} S_{ij}

    where the rows of :math:`P` and the columns of :math:`Q` are the softmax of
    :math:`S`. Shapes: as the inputs, and a number.
    """
    X, Y = check_pairs(images, texts)
    S = scores(X, Y, temperature)
    P, Q = np.exp(log_softmax(S)), np.exp(log_softmax(S.T)).T
    G = (P + Q - 2 * np.eye(len(S))) / (2 * len(S))
    return (
        G @ Y / temperature,
        G.T @ X / temperature,
        -float((G * S).sum()) / temperature,
    )


def log_softmax(scores: Matrix) -> Matrix:
    """Return the logarithm of each row's softmax; large scores do not overflow."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs: Matrix = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs


# --- SigLIP --------------------------------------------------------------------------
def siglip_loss(
    images: ArrayLike, texts: ArrayLike, temperature: float, bias: float
) -> float:
    r"""Return SigLIP's loss: yes or no for each combination.

    .. math:: \ell = -\frac1B \sum_{ij} \log \sigma\bigl(z_{ij} (s_{ij} + b)\bigr),
              \qquad z_{ii} = 1, \; z_{ij} = -1

    where :math:`S = X Y^\top / \tau`. Each term stands alone: no sum over the batch is
    needed. Shapes: "batch dim" twice → a number. Source: Zhai et al. (2023),
    algorithm 1.
    """
    S = scores(images, texts, temperature)
    z = 2 * np.eye(len(S)) - 1
    return float(np.logaddexp(0, -z * (S + bias)).sum() / len(S))


def siglip_gradients(
    images: ArrayLike, texts: ArrayLike, temperature: float, bias: float
) -> tuple[Matrix, Matrix, float, float]:
    r"""Return the gradients by images, texts, temperature and bias.

    .. math:: G_{ij} = -\frac1B z_{ij}\, \sigma\bigl(-z_{ij} (s_{ij} + b)\bigr), \qquad
              \partial_b = \sum_{ij} G_{ij}

    and the rest as in `infonce_gradients`. Shapes: as the inputs, and two numbers.
    """
    X, Y = check_pairs(images, texts)
    S = scores(X, Y, temperature)
    z = 2 * np.eye(len(S)) - 1
    G = -z * np.exp(-np.logaddexp(0, z * (S + bias))) / len(S)
    by_temperature = -float((G * S).sum()) / temperature
    return G @ Y / temperature, G.T @ X / temperature, by_temperature, float(G.sum())


# --- through the unit sphere ---------------------------------------------------------
def unit_gradients(rows: ArrayLike, gradients: ArrayLike) -> Matrix:
    r"""Return the gradients by rows, given those by the rows at length 1.

    .. math:: \nabla_x = \frac{1}{\lVert x \rVert}
              \bigl(\nabla_u - (\nabla_u \cdot u)\, u\bigr), \qquad
              u = x / \lVert x \rVert

    The part along the row is gone: length 1 forgets length. Shapes: "n dim" twice →
    "n dim".
    """
    x, g = (np.asarray(a, dtype=np.float64) for a in (rows, gradients))
    length = np.linalg.norm(x, axis=1, keepdims=True)
    if x.shape != g.shape or not (length > 0).all():
        raise ValueError(
            f"rows and gradients must have one shape, and no row may be zero; got "
            f"{x.shape} and {g.shape}, shortest row {length.min():g}"
        )
    u = x / length
    found: Matrix = (g - (g * u).sum(axis=1, keepdims=True) * u) / length
    return found
