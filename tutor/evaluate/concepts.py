r"""Do neighbours in a space belong to one kind? The same question in every part.

For row :math:`i` with its :math:`k` nearest rows :math:`N_k(i)` by cosine and kinds
:math:`t`, the share is :math:`\frac1k \sum_{j \in N_k(i)} [t_j = t_i]`. The level of
chance is the share of pairs of one kind, :math:`\sum_t n_t (n_t - 1) / (n (n - 1))`.
The chapters ask it of the same concepts (:func:`tutor.datasets.world.world`), so that
a reader compares like with like. Left out: kinds within kinds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.geometry import unit_rows


def same_kind(
    vectors: ArrayLike, kinds: Sequence[str], k: int = 10
) -> NDArray[np.float64]:
    """Return for each row the share of its nearest others that are of its kind.

    Parameters
    ----------
    vectors : (n, dim) array
        One row a concept.
    kinds : sequence of str
        The kind of each row.
    k : int
        How many neighbours are looked at.

    Returns
    -------
    (n,) array
        Shares from 0 to 1. Equal cosines: the row that stands first.

    Raises
    ------
    ValueError
        For another number of kinds, a ``k`` that leaves nobody out, or vectors that
        are not finite or have length 0.
    """
    X = np.asarray(vectors, np.float64)
    if X.ndim != 2 or len(X) != len(kinds):
        raise ValueError(
            f"need one kind for each row of a table; got vectors of shape {X.shape} "
            f"and {len(kinds)} kinds"
        )
    if not 1 <= k < len(X) - 1:
        raise ValueError(
            f"k must lie between 1 and {len(X) - 2} for {len(X)} rows, got {k}"
        )
    bad = np.flatnonzero(~np.isfinite(X).all(axis=1) | ~X.any(axis=1))
    if len(bad):
        raise ValueError(
            f"rows {bad[:5].tolist()} of {len(X)} are not finite or 0; leave them out"
        )
    unit = unit_rows(X)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    names = np.asarray(kinds)
    shares: NDArray[np.float64] = (names[nearest] == names[:, None]).mean(axis=1)
    return shares


def pairs_alike(kinds: Sequence[str]) -> float:
    """Return the share of pairs that are of one kind: what a random space gives.

    Raises
    ------
    ValueError
        For fewer than two rows.
    """
    n = len(kinds)
    if n < 2:
        raise ValueError(f"need at least two kinds to make a pair, got {n}")
    return sum(c * (c - 1) for c in Counter(kinds).values()) / (n * (n - 1))
