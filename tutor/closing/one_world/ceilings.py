r"""Noise ceilings of neighbours and of a rotation, as there is one of pairs.

Train a family twice. The share of neighbours that both runs name, and how well one
rotation finds held-out concepts of one run in the other, say how far two spaces of this
very family come. What another family reaches is read beside that number. It is no upper
bound: a space without noise may come nearer to either run than they come to each other.
Unlike correlations these two are not divided by their ceilings, for noise does not
enter them as Spearman's formula has it. Chapter: ``closing/one_world``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.closing.one_world.reference import (
    agreement_effect,
    neighbour_overlap,
    similarities,
)
from tutor.closing.one_world.rotation import transfer
from tutor.evaluate.statistics import Effect, paired_bootstrap

Matrix = NDArray[np.float64]
RunPairs = Sequence[tuple[Matrix, Matrix]]


def beside_next(runs: ArrayLike) -> list[tuple[Matrix, Matrix]]:
    """Return each run beside the next, the last beside the first: (S, n, d) → S pairs.

    Raises
    ------
    ValueError
        For fewer than two runs: a family has no ceiling then.
    """
    table = np.asarray(runs, np.float64)
    if table.ndim != 3 or len(table) < 2:
        raise ValueError(
            f"runs of shape {table.shape}: a ceiling needs (runs, n, d) with two runs "
            "of a family or more"
        )
    return list(zip(table, np.roll(table, -1, axis=0), strict=True))


def beside(one: ArrayLike, other: ArrayLike) -> list[tuple[Matrix, Matrix]]:
    """Return the runs of two families side by side; one without seeds stands for all.

    Shapes: (S, n, d) or (n, d), (T, n, e) or (n, e) → max(S, T) pairs.
    """
    A, B = (_runs(table) for table in (one, other))
    return [(A[i % len(A)], B[i % len(B)]) for i in range(max(len(A), len(B)))]


def shared_neighbours(pairs: RunPairs, k: int = 10) -> Matrix:
    """Return the share of each concept's k neighbours that both sides name: (S, n)."""
    return np.stack(
        [neighbour_overlap(similarities(X), similarities(Y), k) for X, Y in pairs]
    )


def found_by_rotation(pairs: RunPairs, dim: int = 32) -> Matrix:
    """Return 1 / rank of each held-out concept after one rotation: (S, n).

    Each pair has a cut into fifths of its own: the s-th is made by seed s, from 1.
    ``dim`` as in :func:`~tutor.closing.one_world.rotation.transfer_ranks`.
    """
    return np.stack(
        [transfer(X, Y, seed=s, dim=dim) for s, (X, Y) in enumerate(pairs, 1)]
    )


def ceilings(runs: ArrayLike, *, k: int = 10, dim: int = 32) -> dict[str, Effect]:
    """Return how far a run comes to the next of its family, by all three measures.

    The interval of ``pairs`` draws concepts; those of ``neighbours`` and ``rotation``
    draw the scores of concepts, with lists and rotations left as they are. All draw
    runs as well. Shapes: (S, n, d). Raises ``ValueError`` for fewer than two runs.
    """
    pairs = beside_next(runs)
    tables = [(similarities(X), similarities(Y)) for X, Y in pairs]
    return {
        "pairs": agreement_effect(tables),
        "neighbours": paired_bootstrap(shared_neighbours(pairs, k)),
        "rotation": paired_bootstrap(found_by_rotation(pairs, dim)),
    }


def by_chance(n: int, *, k: int = 10, folds: int = 5) -> dict[str, float]:
    r"""Return what spaces without any relation reach: 0, k / (n - 1), and blind search.

    .. math:: \frac1m \sum_{r=1}^{m} \frac1r, \qquad m = n / \text{folds}

    is the mean of 1 / rank when all ranks among the held-out concepts are as likely.
    """
    m = round(n / folds)
    blind = float((1 / np.arange(1, m + 1)).sum() / m)
    return {"pairs": 0.0, "neighbours": k / (n - 1), "rotation": blind}


def _runs(table: ArrayLike) -> Matrix:
    X = np.asarray(table, np.float64)
    return X[None] if X.ndim == 2 else X
