r"""One rotation between two embeddings of the same concepts, tested on others.

Orthogonal Procrustes keeps all angles: if it carries unseen concepts to their place,
the two spaces have the same shape there, and nothing was bent to make them agree.
Chapter: ``closing/one_world``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.closing.one_world.reference import shuffle_within
from tutor.evaluate.ranking import realistic_ranks
from tutor.geometry import cosine_matrix, principal_directions, procrustes, unit_rows
from tutor.sampling import permutation

Matrix = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDS = 304
"""Stream of the cut into folds."""


def transfer_ranks(
    X: ArrayLike, Y: ArrayLike, train: Ints, test: Ints, *, dim: int = 32
) -> Matrix:
    r"""Return the rank of each test concept's own Y after one rotation of its X.

    Both sides are centred and cut to ``dim`` principal directions, turned by
    :func:`~tutor.geometry.procrustes`, all of it learned on the rows of ``train`` only.
    Candidates are the test rows of Y, by cosine; ties share their mean rank.

    Shapes: (n, d), (n, e), rows, rows → (test,).
    """
    if set(train.tolist()) & set(test.tolist()):
        raise ValueError("a concept stands in training and test: that measures memory")
    sides = []
    for vectors in (X, Y):
        table = np.asarray(vectors, np.float64)
        V = principal_directions(table[train], dim)
        sides.append(unit_rows((table - table[train].mean(axis=0)) @ V.T))
    A, B = sides
    turned = A[test] @ procrustes(A[train], B[train])
    scores = cosine_matrix(turned, B[test]).round(6)
    return realistic_ranks(scores, np.arange(len(test)))


def transfer(
    X: ArrayLike,
    Y: ArrayLike,
    *,
    seed: int,
    folds: int = 5,
    dim: int = 32,
    groups: Sequence = (),
    dealt: bool = False,
) -> Matrix:
    """Return 1 / rank of each concept's own Y, found from its X when it was held out.

    The concepts are cut in ``folds`` by ``seed``; each part is searched by a rotation
    that the others taught. ``dealt`` is the control: the training partners are dealt
    out anew, within ``groups`` where they are given. Shapes: (n, d), (n, e) → (n,).
    """
    A, B = np.asarray(X, np.float64), np.asarray(Y, np.float64)
    if len(A) != len(B):
        raise ValueError(f"{len(A)} and {len(B)} concepts: rows must pair")
    fold = permutation(len(A), seed, stream=FOLDS) % folds
    found = np.empty(len(A))
    for part in range(folds):
        train, test = np.flatnonzero(fold != part), np.flatnonzero(fold == part)
        target = B
        if dealt:
            names = np.asarray(groups if len(groups) else [""] * len(A))[train]
            target = B.copy()
            target[train] = B[train[shuffle_within(names, seed=seed * folds + part)]]
        found[test] = 1.0 / transfer_ranks(A, target, train, test, dim=dim)
    return found
