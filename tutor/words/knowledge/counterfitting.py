r"""Counter-fitting in NumPy: synonyms together, antonyms apart, the rest as it was.

.. math:: C(E) = k_1 \sum_{(i,j) \in A} \tau\bigl(\delta - d_{ij}\bigr)
          + k_2 \sum_{(i,j) \in S} \tau\bigl(d_{ij} - \gamma\bigr)
          + k_3 \sum_{(i,j) \in N} \tau\bigl(d_{ij} - d^0_{ij}\bigr)

with :math:`d = 1 - \cos`, :math:`\tau(x) = \max(0, x)`; A are antonyms, S synonyms, N
pairs that were near in the vectors given, at distance :math:`d^0`. The last term lets
old neighbours come nearer and resists when they part.

Rows have length 1. A step takes the gradients of all pairs from the rows before it,
moves, and puts the rows back to length 1.

Source: Mrkšić et al. (2016), "Counter-fitting word vectors to linguistic constraints".
Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.geometry import unit_rows
from tutor.settings import check_whole
from tutor.words.knowledge.config import check_positive

Float = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
_BLOCK = 1024


@dataclass(frozen=True)
class CounterfitConfig:
    r"""Settings of :func:`tutor.words.knowledge.counterfit`.

    Attributes
    ----------
    repel, attract, preserve : float
        :math:`k_1, k_2, k_3`, weights of antonyms, synonyms and old neighbours.
    apart, close : float
        :math:`\delta, \gamma`: antonyms are pushed up to distance ``apart``, synonyms
        pulled down to distance ``close``. Distance is 1 - cosine.
    radius : float
        :math:`\rho`, within which two words are neighbours to be preserved.
    neighbours : int
        At most so many of a word, the nearest.
    steps : int
    learning_rate : float

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    repel: float = 1.0
    attract: float = 1.0
    preserve: float = 1.0
    apart: float = 1.0
    close: float = 0.0
    radius: float = 0.4
    neighbours: int = 10
    steps: int = 20
    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        for name in ("repel", "attract", "preserve"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be finite and 0 or more, got {value}")
        for name in ("apart", "close", "radius"):
            if not 0 <= getattr(self, name) <= 2:
                raise ValueError(
                    f"{name} is a distance 1 - cosine, from 0 to 2, got "
                    f"{getattr(self, name)}"
                )
        check_positive(self, "learning_rate")
        for name in ("neighbours", "steps"):
            check_whole(name, getattr(self, name))


class Terms(NamedTuple):
    """Three lists of pairs, (n, 2) each, and the old distances of the third, (n,)."""

    antonyms: Ints
    synonyms: Ints
    near: Ints
    old: Float


class Parts(NamedTuple):
    """Each pair's sign, bound and weight: the loss is weight τ(sign (d - bound))."""

    pairs: Ints
    sign: Float
    bound: Float
    weight: Float


def near_pairs(E: Float, rows: Ints, radius: float, most: int) -> Ints:
    """Return the pairs of ``rows`` within a distance, at most so many of a row.

    The nearest ones; the smaller row first, each pair once. Shapes: (n, dim), (m,) →
    (pairs, 2).
    """
    unit, found = unit_rows(E[rows]), []
    most = min(most, len(rows) - 1)
    for first in range(0, len(rows), _BLOCK):
        part = unit[first : first + _BLOCK] @ unit.T
        here = np.arange(len(part))
        part[here, first + here] = -2
        best = np.argpartition(-part, most - 1, axis=1)[:, :most]
        close = np.take_along_axis(part, best, axis=1) >= 1 - radius
        left = np.repeat(rows[first : first + _BLOCK], close.sum(axis=1))
        found.append(np.column_stack([left, rows[best[close]]]))
    pairs = np.sort(np.concatenate(found), axis=1)
    return np.asarray(np.unique(pairs, axis=0))


def terms_of(
    E: Float, synonyms: Ints, antonyms: Ints, config: CounterfitConfig
) -> Terms:
    """Return what counter-fitting reads; near pairs are sought among the words named.

    A near pair that is an antonym or a synonym is left to those terms.
    """
    rows = np.unique(np.concatenate([synonyms.ravel(), antonyms.ravel()]))
    near = near_pairs(E, rows, config.radius, config.neighbours)
    n = len(E)
    taken = np.sort(np.concatenate([synonyms, antonyms]), axis=1)
    near = near[~np.isin(near @ [n, 1], taken @ [n, 1])]
    return Terms(antonyms, synonyms, near, distances(E, near))


def distances(E: Float, pairs: Ints) -> Float:
    """Return 1 - cosine of each pair. Shapes: (n, dim), (m, 2) → (m,)."""
    unit = unit_rows(E)
    return np.asarray(1 - np.einsum("md,md->m", unit[pairs[:, 0]], unit[pairs[:, 1]]))


def parts_of(terms: Terms, config: CounterfitConfig) -> Parts:
    """Return the three terms as one list of pairs."""
    a, s, near, old = terms
    sizes = (len(a), len(s), len(near))
    apart, close = np.full(len(a), config.apart), np.full(len(s), config.close)
    return Parts(
        np.concatenate([a, s, near]),
        np.repeat([-1.0, 1.0, 1.0], sizes),
        np.concatenate([apart, close, old]),
        np.repeat([config.repel, config.attract, config.preserve], sizes),
    )  # fmt: skip


def counterfit_loss(E: Float, terms: Terms, config: CounterfitConfig) -> float:
    """Return C(E), see the head of this module. Rows of any length but 0."""
    pairs, sign, bound, weight = parts_of(terms, config)
    short = np.maximum(0, sign * (distances(E, pairs) - bound))
    return float(weight @ short)


def counterfit_gradient(E: Float, terms: Terms, config: CounterfitConfig) -> Float:
    r"""Return the gradient of :func:`counterfit_loss`.

    .. math:: \nabla_x d(x, y) = -\frac{\hat y - (\hat x \cdot \hat y)\, \hat x}
              {\lVert x \rVert}

    for each pair whose term is not at its floor. It is orthogonal to x: a cosine does
    not see lengths. Shapes: (n, dim) → (n, dim).
    """
    pairs, sign, bound, weight = parts_of(terms, config)
    length = np.linalg.norm(E, axis=1, keepdims=True)
    unit = E / length
    x, y = unit[pairs[:, 0]], unit[pairs[:, 1]]
    cosine = np.einsum("md,md->m", x, y)
    active = sign * (1 - cosine - bound) > 0
    g = (-weight * sign * active)[:, None]
    slope = np.zeros_like(E)
    c = cosine[:, None]
    np.add.at(slope, pairs[:, 0], g * (y - c * x) / length[pairs[:, 0]])
    np.add.at(slope, pairs[:, 1], g * (x - c * y) / length[pairs[:, 1]])
    return slope


def counterfit_step(E: Float, terms: Terms, config: CounterfitConfig) -> None:
    """Move the rows by one step and put them back to length 1, in place."""
    E -= E.dtype.type(config.learning_rate) * counterfit_gradient(E, terms, config)
    E[:] = unit_rows(E)
