r"""Corrupted triples as index arrays: replace the head or the tail of a true one.

Each draw has an address (seed, epoch, position of the triple, number of the negative),
so NumPy and torch train on the same negatives in whatever order they ask.

Left out: filtering. A corrupted triple may be true after all, as in the papers; it may
not be the triple it was made from. Source: Bordes et al. (2013), section 2; Wang et al.
(2014), section 3.2. Chapter: ``knowledge/triples``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.sampling import integers, uniform

_SIDE, _ENTITY = 61, 62  # streams of this module
Rows = NDArray[np.int64]


def head_shares(
    triples: Rows, n_relations: int, corruption: str
) -> NDArray[np.float64]:
    r"""Return for each relation how often the head is the one replaced.

    .. math:: p_r = \frac{\text{tph}_r}{\text{tph}_r + \text{hpt}_r}

    with ``bernoulli``, where tph is the mean number of tails of a head and hpt the mean
    number of heads of a tail: of a one-to-many relation the head is replaced more
    often, since a random tail there is often true. ``uniform`` is 1/2 for all; so is a
    relation without a triple.

    Shapes: ``triples`` (n, 3) → (relations,).
    """
    shares = np.full(n_relations, 0.5)
    if corruption == "uniform":
        return shares
    for r in np.unique(triples[:, 1]):
        h, _, t = triples[triples[:, 1] == r].T
        tph, hpt = len(h) / len(np.unique(h)), len(t) / len(np.unique(t))
        shares[r] = tph / (tph + hpt)
    return shares


def corrupted(
    triples: Rows,
    positions: ArrayLike,
    k: int,
    n_entities: int,
    shares: NDArray[np.float64],
    *,
    seed: int = 0,
    epoch: int = 0,
) -> tuple[Rows, NDArray[np.bool_]]:
    """Return ``k`` replacements for each triple, and whether they replace the head.

    Parameters
    ----------
    triples : (n, 3) int
        The true ones.
    positions : (n,) int
        Where they stand in the whole training set: the address of their draws.
    k : int
        Negatives a triple.
    n_entities : int
        At least 2.
    shares : (relations,) float
        See :func:`head_shares`.

    Returns
    -------
    entities : (n, k) int
        Never the entity that is replaced; all others alike.
    heads : (n, k) bool
    """
    if n_entities < 2:
        raise ValueError(f"{n_entities} entities leave nothing to replace with")
    places = np.asarray(positions, dtype=np.int64)[:, None] * k + np.arange(k)
    heads = uniform(seed, epoch, _SIDE, places) < shares[triples[:, 1]][:, None]
    true = np.where(heads, triples[:, :1], triples[:, 2:])
    drawn = integers(seed, epoch, _ENTITY, places, n_entities - 1)
    return drawn + (drawn >= true), heads
