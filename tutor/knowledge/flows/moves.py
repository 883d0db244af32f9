r"""Where a relation moves a head: the query of each flow model, and its gradients.

Everything is (batch, width); parts of a vector stand one after the other, as listed in
:mod:`tutor.knowledge.flows.reference`. Chapter: ``knowledge/flows``.
"""

from __future__ import annotations

import numpy as np

from tutor.knowledge.triples.losses import log_sigmoid
from tutor.knowledge.triples.reference import Float

HALF_MEANS = {"normal": np.sqrt(2 / np.pi), "uniform": np.sqrt(3 / 4)}
r"""The constant :math:`c = 2\,E[x; x > 0]` of two base variables of variance 1."""
C = float(HALF_MEANS["normal"])


def softplus(x: Float) -> Float:
    r"""Return :math:`\log(1 + e^x)`, a positive scale for every real number."""
    return -log_sigmoid(-x)


def affine_query(h: Float, r: Float) -> Float:
    r"""Return :math:`s\,h + m`: (batch, dim), (batch, 2 dim) → (batch, dim)."""
    m, s = np.split(r, 2, axis=-1)
    return s * h + m


def affine_query_gradients(h: Float, r: Float, g: Float) -> tuple[Float, Float]:
    """Return the gradients by ``h`` and ``r`` from ``g``, that of the query."""
    s = np.split(r, 2, axis=-1)[1]
    return g * s, np.concatenate([g, g * h], axis=-1)


def nfe1_query(h: Float, r: Float) -> Float:
    r"""Return :math:`(s\,h_\mu + m,\; |s\,h_\sigma|)`, both dim columns."""
    (hm, hs), (m, s) = np.split(h, 2, axis=-1), np.split(r, 2, axis=-1)
    return np.concatenate([s * hm + m, np.abs(s * hs)], axis=-1)


def nfe1_query_gradients(h: Float, r: Float, g: Float) -> tuple[Float, Float]:
    r"""Return the gradients by ``h`` and ``r``; the slope of :math:`|x|` is its sign.

    At 0 that sign is 0: a scale that starts there never moves.
    """
    (hm, hs), (_, s) = np.split(h, 2, axis=-1), np.split(r, 2, axis=-1)
    gm, gs = np.split(g, 2, axis=-1)
    gs = gs * np.sign(s * hs)
    gh = np.concatenate([gm * s, gs * s], axis=-1)
    return gh, np.concatenate([gm, gm * hm + gs * hs], axis=-1)


def sigma_query(h: Float, r: Float) -> Float:
    r"""Return :math:`|s\,h|`: (batch, dim) twice → (batch, dim)."""
    return np.abs(h * r)


def sigma_query_gradients(h: Float, r: Float, g: Float) -> tuple[Float, Float]:
    """Return the gradients by ``h`` and ``r`` from ``g``, that of the query."""
    g = g * np.sign(h * r)
    return g * r, g * h


def halves(x: Float) -> Float:
    r"""Rewrite (..., 3 dim) parts as :math:`(\mu, \tfrac{|a|+|b|}2, \tfrac{|b|-|a|}2)`.

    In these coordinates an affine map is plain: :math:`(s\mu + m, |s| S, s D)`.
    """
    mean, a, b = np.split(x, 3, axis=-1)
    a, b = np.abs(a), np.abs(b)
    return np.concatenate([mean, (a + b) / 2, (b - a) / 2], axis=-1)


def halves_gradients(x: Float, g: Float) -> Float:
    """Return the gradient by ``x`` from ``g``, that of :func:`halves`."""
    _, a, b = np.split(x, 3, axis=-1)
    gm, gs, gd = np.split(g, 3, axis=-1)
    ga, gb = np.sign(a) * (gs - gd) / 2, np.sign(b) * (gs + gd) / 2
    return np.concatenate([gm, ga, gb], axis=-1)


def nfe2_query(h: Float, r: Float) -> Float:
    r"""Return :math:`(s\mu + m, |s| S, s D)`, the moved head as :func:`halves`."""
    mean, whole, skew = np.split(halves(h), 3, axis=-1)
    m, s = np.split(r, 2, axis=-1)
    return np.concatenate([s * mean + m, np.abs(s) * whole, s * skew], axis=-1)


def nfe2_query_gradients(h: Float, r: Float, g: Float) -> tuple[Float, Float]:
    """Return the gradients by ``h`` and ``r`` from ``g``, that of the query."""
    mean, whole, skew = np.split(halves(h), 3, axis=-1)
    s = np.split(r, 2, axis=-1)[1]
    gm, gw, gd = np.split(g, 3, axis=-1)
    by_halves = np.concatenate([gm * s, gw * np.abs(s), gd * s], axis=-1)
    by_scale = gm * mean + gw * np.sign(s) * whole + gd * skew
    return halves_gradients(h, by_halves), np.concatenate([gm, by_scale], axis=-1)


def nfe3_query(h: Float, r: Float) -> Float:
    r"""Return :math:`(s\,h_\mu + m,\; \zeta(s)\, \zeta(h_\sigma))`, both dim columns.

    where :math:`\zeta` is :func:`softplus`.
    """
    (hm, hs), (m, s) = np.split(h, 2, axis=-1), np.split(r, 2, axis=-1)
    return np.concatenate([s * hm + m, softplus(s) * softplus(hs)], axis=-1)


def nfe3_query_gradients(h: Float, r: Float, g: Float) -> tuple[Float, Float]:
    """Return the gradients by ``h`` and ``r``; the slope of softplus is a sigmoid."""
    (hm, hs), (_, s) = np.split(h, 2, axis=-1), np.split(r, 2, axis=-1)
    gm, gs = np.split(g, 2, axis=-1)
    by_width = gs * softplus(s) * np.exp(log_sigmoid(hs))
    by_scale = gm * hm + gs * softplus(hs) * np.exp(log_sigmoid(s))
    gh = np.concatenate([gm * s, by_width], axis=-1)
    return gh, np.concatenate([gm, by_scale], axis=-1)
