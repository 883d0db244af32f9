r"""Sparse codes: words as sums of a few out of many directions, never differences.

.. math:: \min_{Z \ge 0,\; \lVert a_k \rVert = 1} \; \tfrac12 \lVert X - Z A
          \rVert_F^2 + \lambda \sum_{ik} z_{ik}

with one direction (atom) a row of A, more of them than dimensions. Codes and atoms are
found in turn. Left out: online learning, and penalties on the atoms.
Source: Faruqui et al. (2015) for word vectors. Chapter: ``words/numbers``.
Oracle: scikit-learn's ``sparse_encode``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.sampling import permutation

Table = NDArray[np.float64]
_ATOMS = 144  # stream of the first atoms


@dataclass(frozen=True)
class SparseConfig:
    r"""Settings of the search.

    Attributes
    ----------
    atoms : int
        Directions, usually more than dimensions.
    penalty : float
        :math:`\lambda`, on rows of mean squared length 1.
    rounds, steps : int
        Rounds of codes and atoms; gradient steps for the codes in each.
    """

    atoms: int = 100
    penalty: float = 0.1
    rounds: int = 10
    steps: int = 15


def sparse_loss(X: ArrayLike, Z: ArrayLike, A: ArrayLike, penalty: float) -> float:
    """Return the value that is minimised: (n, d), (n, atoms), (atoms, d) → float."""
    codes = np.asarray(Z, dtype=np.float64)
    rest = np.asarray(X, dtype=np.float64) - codes @ np.asarray(A, dtype=np.float64)
    return float(0.5 * (rest**2).sum() + penalty * codes.sum())


def sparse_codes(
    X: ArrayLike,
    A: ArrayLike,
    penalty: float,
    *,
    steps: int = 100,
    start: ArrayLike | None = None,
) -> Table:
    r"""Return non-negative codes of rows for given atoms, by proximal steps (ISTA).

    .. math:: Z \leftarrow \max\Bigl(0,\; Z - \tfrac1L \bigl(Z A A^\top - X A^\top
              + \lambda\bigr)\Bigr)

    with L the largest eigenvalue of :math:`A A^\top`: no step raises the loss.
    Shapes: (n, d), (atoms, d) → (n, atoms).

    Raises
    ------
    ValueError
        For shapes that do not pair, NaN, atoms that are all zero, or a negative
        penalty.
    """
    rows, atoms = (np.asarray(M, dtype=np.float64) for M in (X, A))
    if rows.ndim != 2 or atoms.ndim != 2 or rows.shape[1] != atoms.shape[1]:
        raise ValueError(
            f"needed (n, d) and (atoms, d), got {rows.shape} and {atoms.shape}"
        )
    if not (np.isfinite(rows).all() and np.isfinite(atoms).all()):
        raise ValueError("rows or atoms hold NaN or infinite values")
    if not penalty >= 0:
        raise ValueError(f"penalty must be 0 or more, got {penalty}")
    gram, match = atoms @ atoms.T, rows @ atoms.T
    largest = float(np.linalg.eigvalsh(gram)[-1])
    if not largest > 0:
        raise ValueError("all atoms are zero: nothing can be written in them")
    shape = (len(rows), len(atoms))
    Z = np.zeros(shape) if start is None else np.array(start, dtype=np.float64)
    for _ in range(steps):
        Z = np.maximum(0.0, Z - (Z @ gram - match + penalty) / largest)
    return Z


def learn_atoms(
    X: ArrayLike, config: SparseConfig | None = None, *, seed: int = 0
) -> tuple[Table, Table]:
    """Return atoms of length 1 and the codes of the rows: (atoms, d), (n, atoms).

    The first atoms are random rows. After each round of codes the atoms are the
    least-squares ones at length 1; an atom nobody uses becomes the row that is fitted
    worst.

    Raises
    ------
    ValueError
        For fewer rows than atoms, or NaN.
    """
    config = config or SparseConfig()
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2 or len(rows) < config.atoms:
        raise ValueError(
            f"needed at least atoms={config.atoms} rows (n, d), got {rows.shape}"
        )
    first = permutation(len(rows), seed, stream=_ATOMS)[: config.atoms]
    A = _unit(rows[first])
    Z = np.zeros((len(rows), config.atoms))
    for _ in range(config.rounds):
        Z = sparse_codes(rows, A, config.penalty, steps=config.steps, start=Z)
        A = _refit(rows, Z, A)
    return A, sparse_codes(rows, A, config.penalty, steps=100, start=Z)


def _refit(rows: Table, Z: Table, A: Table) -> Table:
    used = Z.any(axis=0)
    ridge = 1e-6 * len(rows) * np.eye(int(used.sum()))
    new = A.copy()
    new[used] = np.linalg.solve(Z[:, used].T @ Z[:, used] + ridge, Z[:, used].T @ rows)
    if (~used).any():
        missed = ((rows - Z @ A) ** 2).sum(axis=1)
        new[~used] = rows[np.argsort(-missed, kind="stable")[: int((~used).sum())]]
    return _unit(new)


def _unit(rows: Table) -> Table:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Table = rows / np.where(length > 0, length, 1.0)
    return unit
