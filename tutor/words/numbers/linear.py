r"""Ridge regression, and folds that do not let a row predict itself.

With centred columns and the singular value decomposition :math:`X = U S V^\top`, all
penalties cost one decomposition:

.. math:: \hat w_\lambda = V \operatorname{diag}\Bigl(\frac{s_j}{s_j^2 + n\lambda}
          \Bigr) U^\top (y - \bar y)

Left out: penalties that differ by column. Chapter: ``words/numbers``.
Oracle: scikit-learn's ``Ridge`` with ``alpha = n * penalty``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.sampling import permutation

Table = NDArray[np.float64]
Rows = NDArray[np.int64]

PENALTIES = tuple(10.0**k for k in range(-8, 1))
"""What :func:`choose_penalty` tries unless told otherwise, per row."""
_FOLDS = 131  # stream of the folds


@dataclass(frozen=True, eq=False)
class Linear:
    """A fitted line: ``predict(X) = X @ weights + intercept``.

    ``weights`` is (d,), or (d, k) for k penalties; ``intercept`` a number, or (k,).
    """

    weights: Table
    intercept: Table

    def predict(self, X: ArrayLike) -> Table:
        """Return predictions (n,), or (n, k) for k penalties."""
        found: Table = np.asarray(X, dtype=np.float64) @ self.weights + self.intercept
        return found

    def __repr__(self) -> str:
        return f"Linear({self.weights.shape[0]} weights)"


def ridge(X: ArrayLike, y: ArrayLike, penalty: float) -> Linear:
    r"""Return the ridge regression of y on the rows of X, the mean left free.

    .. math:: \min_{w, b} \; \frac1n \sum_i (y_i - x_i^\top w - b)^2
              + \lambda \lVert w \rVert^2

    Shapes: (n, d), (n,) → `Linear`. ``penalty`` is :math:`\lambda \ge 0`; at 0 the
    least-squares solution of smallest length is returned. Source: Hoerl and Kennard
    (1970).

    Raises
    ------
    ValueError
        For NaN, fewer than two rows, shapes that do not pair, or a negative penalty.
    """
    path = _path(X, y, (penalty,))
    return Linear(path.weights[:, 0], path.intercept[0])


def _path(X: ArrayLike, y: ArrayLike, penalties: Sequence[float]) -> Linear:
    """Return the fits for all penalties at once, one a column."""
    A, b = _checked(X, y)
    lam = np.asarray(penalties, dtype=np.float64)
    if not (np.isfinite(lam).all() and (lam >= 0).all() and len(lam)):
        raise ValueError(f"penalties must be 0 or positive numbers, got {penalties}")
    mean, level = A.mean(axis=0), b.mean()
    U, s, Vt = np.linalg.svd(A - mean, full_matrices=False)
    keep = s > s.max(initial=0) * max(A.shape) * np.finfo(np.float64).eps
    U, s, Vt = U[:, keep], s[keep], Vt[keep]
    shrunk = s[:, None] / (s[:, None] ** 2 + len(A) * lam)
    W = Vt.T @ (shrunk * (U.T @ (b - level))[:, None])
    return Linear(W, level - mean @ W)


def folds(n: int, seed: int, *, count: int = 5) -> Rows:
    """Return the fold 0..count-1 of each of n rows, at random and of equal size."""
    if not 2 <= count <= n:
        raise ValueError(f"needed 2 to {n} folds for {n} rows, got {count}")
    place = np.empty(n, dtype=np.int64)
    place[permutation(n, seed, stream=_FOLDS)] = np.arange(n) % count
    return place


def group_folds(groups: Sequence[str], seed: int, *, count: int = 5) -> Rows:
    """Return folds that keep every group whole; a group goes to one fold at random.

    Raises
    ------
    ValueError
        When there are fewer groups than folds.
    """
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < count:
        raise ValueError(
            f"{len(names)} groups cannot fill {count} folds: ask for fewer folds, or "
            "draw the groups finer"
        )
    return folds(len(names), seed, count=count)[member]


def choose_penalty(
    X: ArrayLike,
    y: ArrayLike,
    *,
    fold: ArrayLike,
    penalties: Sequence[float] = PENALTIES,
) -> float:
    """Return the penalty of least squared error over held-out folds of these rows."""
    A, b = _checked(X, y)
    place = _fold(fold, len(A))
    error = np.zeros(len(penalties))
    for k in np.unique(place):
        test = place == k
        guess = _path(A[~test], b[~test], penalties).predict(A[test])
        error += ((guess - b[test, None]) ** 2).sum(axis=0)
    return float(penalties[int(error.argmin())])


def out_of_fold(
    X: ArrayLike,
    y: ArrayLike,
    *,
    fold: ArrayLike,
    penalties: Sequence[float] = PENALTIES,
) -> Table:
    """Return for each row the prediction of a ridge that has not seen its fold.

    The penalty is chosen inside the other folds, each in turn held out, so that no
    row takes part in any choice made for it. Shapes: (n, d), (n,), (n,) → (n,).
    """
    A, b = _checked(X, y)
    place = _fold(fold, len(A))
    if len(np.unique(place)) < 3:
        raise ValueError(
            "needed at least 3 folds: one is predicted, and the penalty is chosen "
            f"between the others; got {len(np.unique(place))}"
        )
    found = np.empty(len(A))
    for k in np.unique(place):
        test = place == k
        rest, target = A[~test], b[~test]
        penalty = choose_penalty(rest, target, fold=place[~test], penalties=penalties)
        found[test] = ridge(rest, target, penalty).predict(A[test])
    return found


def r_squared(y: ArrayLike, predicted: ArrayLike) -> float:
    r"""Return the share of variance explained; below 0 it is worse than the mean.

    .. math:: R^2 = 1 - \frac{\sum_i (y_i - \hat y_i)^2}{\sum_i (y_i - \bar y)^2}
    """
    a, b = np.asarray(y, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1 or len(a) < 2:
        raise ValueError(
            f"needed two lists of one length >= 2, got {a.shape} and {b.shape}"
        )
    spread = float(((a - a.mean()) ** 2).sum())
    if not spread > 0:
        raise ValueError("R2 does not exist: all values are equal (or one is NaN)")
    return 1.0 - float(((a - b) ** 2).sum()) / spread


def _checked(X: ArrayLike, y: ArrayLike) -> tuple[Table, Table]:
    A, b = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if A.ndim != 2 or b.ndim != 1 or len(A) != len(b) or len(A) < 2:
        raise ValueError(
            "needed a table (n, d) and a list (n,) of at least 2 rows, got "
            f"{A.shape} and {b.shape}"
        )
    bad = int((~np.isfinite(A)).sum() + (~np.isfinite(b)).sum())
    if bad:
        raise ValueError(f"{bad} values are NaN or infinite: leave their rows out")
    return A, b


def _fold(fold: ArrayLike, n: int) -> Rows:
    place = np.asarray(fold)
    if place.shape != (n,) or len(np.unique(place)) < 2:
        raise ValueError(
            f"needed one fold for each of {n} rows, and at least 2 different ones, "
            f"got shape {place.shape}"
        )
    return place
