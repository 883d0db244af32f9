r"""How a moved head is judged against every entity: matches and their gradients.

A match is S (questions, entities) from queries and entities, by matrix products; its
gradients take ``G``, the gradient by ``S``. Chapter: ``knowledge/flows``.
"""

from __future__ import annotations

import numpy as np

from tutor.knowledge.flows.moves import C, halves, halves_gradients, softplus
from tutor.knowledge.triples.losses import log_sigmoid
from tutor.knowledge.triples.reference import Float


def square_match(q: Float, E: Float) -> Float:
    r"""Return :math:`S_{be} = -\lVert q_b - E_e \rVert^2` by one matrix product."""
    return np.asarray(2 * (q @ E.T) - (q * q).sum(1)[:, None] - (E * E).sum(1))


def square_match_gradients(
    q: Float, E: Float, S: Float, G: Float
) -> tuple[Float, Float]:
    r"""Return the gradients by ``q`` and ``E`` from ``G``, the gradient by ``S``.

    .. math:: \nabla_{q_b} = -2 \sum_e G_{be} (q_b - E_e), \quad
              \nabla_{E_e} = -2 \sum_b G_{be} (E_e - q_b)
    """
    del S
    gq = 2 * (G @ E - G.sum(axis=1)[:, None] * q)
    return gq, 2 * (G.T @ q - G.sum(axis=0)[:, None] * E)


def with_scales(E: Float) -> Float:
    r"""Return :math:`(\mu, |\sigma|)` of (n, 2 dim) entities."""
    mean, scale = np.split(E, 2, axis=-1)
    return np.concatenate([mean, np.abs(scale)], axis=-1)


def nfe1_match(q: Float, E: Float) -> Float:
    """Return minus squared distances of (locations, absolute scales)."""
    return square_match(q, with_scales(E))


def nfe1_match_gradients(q: Float, E: Float, S: Float, G: Float) -> tuple[Float, Float]:
    """Return the gradients by ``q`` and ``E``; scales pass through their sign."""
    gq, gF = square_match_gradients(q, with_scales(E), S, G)
    half = E.shape[1] // 2
    gF[:, half:] *= np.sign(E[:, half:])
    return gq, gF


def sigma_match(q: Float, E: Float) -> Float:
    """Return minus squared distances of absolute scales."""
    return square_match(q, np.abs(E))


def sigma_match_gradients(
    q: Float, E: Float, S: Float, G: Float
) -> tuple[Float, Float]:
    """Return the gradients by ``q`` and ``E``; scales pass through their sign."""
    gq, gF = square_match_gradients(q, np.abs(E), S, G)
    return gq, gF * np.sign(E)


def whiten(x: Float, c: float = C) -> Float:
    r"""Return :math:`(\mu + cD,\; S,\; \sqrt{1 - c^2}\, D)`: distances become plain.

    The first column is the mean of the flow, the squares of the other two sum to its
    variance, and the squared Wasserstein distance is the squared Euclidean one.
    """
    mean, whole, skew = np.split(x, 3, axis=-1)
    root = x.dtype.type(np.sqrt(1 - c * c))
    shifted = mean + x.dtype.type(c) * skew
    return np.concatenate([shifted, whole, root * skew], axis=-1)


def whiten_gradients(g: Float, c: float = C) -> Float:
    """Return the gradient by the argument of :func:`whiten`, from that of its value."""
    gm, gw, gd = np.split(g, 3, axis=-1)
    root = g.dtype.type(np.sqrt(1 - c * c))
    return np.concatenate([gm, gw, g.dtype.type(c) * gm + root * gd], axis=-1)


def nfe2_match(q: Float, E: Float) -> Float:
    """Return minus squared Wasserstein distances of piecewise linear flows."""
    return square_match(whiten(q), whiten(halves(E)))


def nfe2_match_gradients(q: Float, E: Float, S: Float, G: Float) -> tuple[Float, Float]:
    """Return the gradients by ``q`` and ``E`` from ``G``, the gradient by ``S``."""
    gq, gF = square_match_gradients(whiten(q), whiten(halves(E)), S, G)
    return whiten_gradients(gq), halves_gradients(E, whiten_gradients(gF))


def nfe3_match(q: Float, E: Float) -> Float:
    r"""Return minus Kullback-Leibler divergences by two matrix products.

    .. math:: S = -(u^2 + v^2) P^\top + 2 u (w P)^\top - \sum_k (w^2 P + \log z)
              + \sum_k \log v + \tfrac d2, \qquad P = \frac1{2 z^2}

    where :math:`q = (u, v)` are location and scale of the moved head, and :math:`w, z`
    those of an entity.
    """
    u, v = np.split(q, 2, axis=-1)
    w, z = np.split(E, 2, axis=-1)
    z = softplus(z)
    P = 1 / (2 * z * z)
    own = (w * w * P + np.log(z)).sum(axis=1)
    moved = np.log(v).sum(axis=1) + q.dtype.type(u.shape[1] / 2)
    products = 2 * (u @ (w * P).T) - (u * u + v * v) @ P.T
    return np.asarray(products - own + moved[:, None])


def nfe3_match_gradients(q: Float, E: Float, S: Float, G: Float) -> tuple[Float, Float]:
    """Return the gradients by ``q`` and ``E`` from ``G``, the gradient by ``S``."""
    del S
    u, v = np.split(q, 2, axis=-1)
    w, raw = np.split(E, 2, axis=-1)
    z = softplus(raw)
    P = 1 / (2 * z * z)
    rows, columns = G.sum(axis=1)[:, None], G.sum(axis=0)[:, None]
    gu, gv = 2 * (G @ (w * P) - u * (G @ P)), rows / v - 2 * v * (G @ P)
    crossed = G.T @ u
    gP = 2 * w * crossed - G.T @ (u * u + v * v) - w * w * columns
    gz = -gP / z**3 - columns / z
    gw = 2 * P * (crossed - w * columns)
    by_raw = gz * np.exp(log_sigmoid(raw))
    return np.concatenate([gu, gv], axis=-1), np.concatenate([gw, by_raw], axis=-1)
