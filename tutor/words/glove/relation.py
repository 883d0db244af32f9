r"""What skip-gram and GloVe factorise, side by side, on one table of counts.

Give three losses the same table :math:`X`, all of it at once, and let each choose a
matrix of scores :math:`M_{ij}`. Their unconstrained optima differ only by something
per row and something per column:

.. math::
    \text{softmax skip-gram: } M_{ij} = \log x_{ij} - \log x_i + \log Z_i \qquad
    \text{negative sampling: } M_{ij} = \operatorname{PMI}_{ij} - \log k \qquad
    \text{GloVe: } M_{ij} = \log x_{ij}

so the *interaction*, what is left of :math:`\log X` once rows and columns have had
their say, is the same target for all. They part where a rank limits them: each weighs
the residual in its own way, and only GloVe leaves the zero cells out.

Chapter: ``words/glove``. Papers: Lai (2016), chapter 2, for the relation of skip-gram
and GloVe; Levy and Goldberg (2014) for negative sampling. Small tables only: scores
are dense.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.sampling import initial_vectors
from tutor.words.glove.reference import glove_weight

Array = NDArray[np.float64]


class Point(NamedTuple):
    """A loss at some scores: its value, and per cell its gradient and curvature."""

    value: float
    gradient: Array
    curvature: Array


Loss = Callable[[Array], Point]


class Factors(NamedTuple):
    """Two matrices (n, dim), two biases (n,), and the loss they reach."""

    word: Array
    context: Array
    word_bias: Array
    context_bias: Array
    loss: float

    def scores(self) -> Array:
        """Return the dot products, without biases: (n, n)."""
        return self.word @ self.context.T


def check_table(counts: ArrayLike) -> Array:
    """Return the counts as float64 after checking that they can be compared.

    Raises
    ------
    ValueError
        Unless the table is square, finite, not negative, and has no empty row or
        column.
    """
    x = np.asarray(counts, dtype=np.float64)
    if x.ndim != 2 or x.shape[0] != x.shape[1] or not x.size:
        raise ValueError(f"the table must be square and not empty, got {x.shape}")
    if not np.all(np.isfinite(x)) or x.min() < 0:
        raise ValueError("counts must be finite and not negative")
    if not (x.sum(axis=0).all() and x.sum(axis=1).all()):
        raise ValueError(
            "some row or column has no count: take the words that occur, or fewer words"
        )
    return x


# --- 1. three losses on one table ----------------------------------------------------
def softmax_loss(scores: Array, counts: Array) -> Point:
    r"""Return skip-gram's loss with the full softmax, above its least value.

    .. math::
        -\sum_{ij} x_{ij} \log Q_{ij} =
        \sum_i x_i \operatorname{KL}(P_i \,\|\, Q_i) + \text{const}, \qquad
        Q_{ij} = \frac{e^{M_{ij}}}{\sum_l e^{M_{il}}}, \quad
        P_{ij} = \frac{x_{ij}}{x_i}

    where :math:`x_i` is the row sum. The constant, the entropy of the counts, is left
    out. The gradient by :math:`M_{ij}` is :math:`x_i Q_{ij} - x_{ij}`; the curvature
    is the diagonal bound :math:`x_i Q_{ij}` of the Hessian, or :math:`x_{ij}` where
    that is larger, which keeps early steps short. All are divided by the sum of all
    counts: nats a pair.

    Shapes: (n, n), (n, n) → a Point. Source: Lai (2016), chapter 2.
    """
    rows, total = counts.sum(axis=1, keepdims=True), counts.sum()
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_q = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    seen = counts > 0
    ratio = np.zeros_like(counts)
    np.log(counts / rows, out=ratio, where=seen)
    ratio[seen] -= log_q[seen]
    observed, expected = counts / total, rows * np.exp(log_q) / total
    value = float((counts * ratio).sum() / total)
    return Point(value, expected - observed, np.maximum(expected, observed))


def negative_sampling_loss(scores: Array, counts: Array, negatives: float) -> Point:
    r"""Return the expected loss of skip-gram with negative sampling.

    .. math::
        -\sum_{ij} \Bigl[ x_{ij} \log \sigma(M_{ij}) +
        k \frac{x_i \, x_{\cdot j}}{x_{\cdot\cdot}} \log \sigma(-M_{ij}) \Bigr]

    where :math:`k` is ``negatives`` and noise follows the column sums
    :math:`x_{\cdot j}`. Divided by the sum of all counts.

    Shapes: (n, n), (n, n) → a Point. Source: Levy and Goldberg (2014), eq. 5.
    """
    total = counts.sum()
    noise = negatives * np.outer(counts.sum(axis=1), counts.sum(axis=0)) / total
    miss, alarm = np.logaddexp(0, -scores), np.logaddexp(0, scores)
    value = float((counts * miss + noise * alarm).sum() / total)
    gradient = noise * np.exp(-miss) - counts * np.exp(-alarm)
    curvature = (noise + counts) * np.exp(-miss - alarm)
    return Point(value, gradient / total, curvature / total)


def squares_loss(scores: Array, counts: Array, x_max: float, alpha: float) -> Point:
    r"""Return GloVe's loss on a dense table: equation 8 of the paper, halved.

    .. math:: \tfrac12 \sum_{x_{ij} > 0} f(x_{ij}) (M_{ij} - \log x_{ij})^2

    Divided by the sum of the weights. Shapes: (n, n), (n, n) → a Point.
    """
    weights: Array = glove_weight(counts, x_max, alpha) * (counts > 0)
    weights = weights / weights.sum()
    e = scores - np.log(np.where(counts > 0, counts, 1.0))
    return Point(float(0.5 * (weights * e**2).sum()), weights * e, weights)


# --- 2. their unconstrained optima ---------------------------------------------------
def log_counts(counts: Array) -> Array:
    """Return the logarithm of the counts, NaN where there is none: GloVe's optimum."""
    logs: Array = np.log(np.where(counts > 0, counts, np.nan))
    return logs


def softmax_optimum(counts: Array) -> Array:
    r"""Return :math:`\log x_{ij} - \log x_i`; any constant a row may be added."""
    share: Array = log_counts(counts) - np.log(counts.sum(axis=1, keepdims=True))
    return share


def shifted_pmi(counts: Array, negatives: float) -> Array:
    r"""Return :math:`\log \frac{x_{ij} x_{\cdot\cdot}}{x_i x_{\cdot j}} - \log k`."""
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    shifted: Array = log_counts(counts) - np.log(expected) - np.log(negatives)
    return shifted


# --- 3. factors of limited rank ------------------------------------------------------
def factorise(
    loss: Loss,
    n_words: int,
    dim: int,
    *,
    biases: bool = False,
    seed: int = 0,
    sweeps: int = 50,
) -> Factors:
    r"""Minimise a loss of the scores over two factors, all cells at once.

    .. math:: M = W \tilde W^\top \;(+\; b \mathbf 1^\top + \mathbf 1 \tilde b^\top)

    Alternates two Newton steps: with one side fixed, each row of the other solves a
    weighted least-squares problem of its own; the step is halved until the loss falls.

    Parameters
    ----------
    loss : callable
        (n, n) scores → :class:`Point`.
    dim : int
        1 to ``n_words``; at ``n_words`` any matrix can be reached.
    biases : bool
        GloVe has them; skip-gram does not.
    sweeps : int
        How often both sides move.

    Raises
    ------
    ValueError
        If ``dim`` is out of range.
    """
    if not 1 <= dim <= n_words:
        raise ValueError(f"dim must lie between 1 and {n_words} (words), got {dim}")
    start = initial_vectors(2 * n_words, dim, seed).astype(np.float64) * dim**0.5
    ones = np.ones((n_words, 1 if biases else 0))
    sides: list[Array] = [
        np.hstack([part, 0 * ones]) for part in (start[:n_words], start[n_words:])
    ]

    def scores(one: Array, other: Array) -> Array:
        constant = one[:, dim:].sum(axis=1)[:, None] + other[:, dim:].sum(axis=1)
        product: Array = one[:, :dim] @ other[:, :dim].T + constant
        return product

    value = loss(scores(*sides)).value
    for _ in range(sweeps):
        for moving in (0, 1):
            fixed = np.hstack([sides[1 - moving][:, :dim], ones])
            point = loss(scores(*sides))
            if moving:
                point = Point(value, point.gradient.T, point.curvature.T)
            step, size = newton_step(point, fixed), 1.0
            while size > 1e-6:
                tried = list(sides)
                tried[moving] = sides[moving] - size * step
                reached = loss(scores(*tried)).value
                if reached <= value:
                    sides, value = tried, reached
                    break
                size /= 2
    (word, b), (context, c) = (
        (side[:, :dim], side[:, dim:].sum(axis=1)) for side in sides
    )
    return Factors(word, context, b, c, value)


def newton_step(point: Point, fixed: Array) -> Array:
    r"""Return each row's Newton step while the other side stays.

    .. math:: (F^\top \operatorname{diag}(h_i) F + \lambda I)\, s_i = F^\top g_i

    where :math:`F` is the fixed side, :math:`g_i, h_i` the row's gradient and curvature
    and :math:`\lambda` a hair, so that a flat direction is left alone.

    Shapes: Point of (n, m), (m, d) → (n, d).
    """
    right = point.gradient @ fixed
    left: Array = (fixed.T * point.curvature[:, None, :]) @ fixed
    hair = 1e-10 * np.trace(left, axis1=1, axis2=2) / fixed.shape[1] + 1e-300
    damped = left + hair[:, None, None] * np.eye(fixed.shape[1])
    step: Array = np.linalg.solve(damped, right[:, :, None])[:, :, 0]
    return step


# --- 4. comparing what they found ----------------------------------------------------
def effects(values: Array, weights: Array, *, rounds: int = 500) -> tuple[Array, Array]:
    r"""Return the row and column terms that explain a matrix best.

    .. math:: \min_{a, b} \sum_{ij} v_{ij} (m_{ij} - a_i - b_j)^2

    where :math:`v` are the weights; cells of weight 0 do not count and may be NaN.
    Only sums :math:`a_i + b_j` are determined: :math:`b` has weighted mean 0.

    Shapes: (n, m), (n, m) → (n,), (m,).
    """
    m = np.where(weights > 0, values, 0.0)
    row_sums, column_sums = weights.sum(axis=1), weights.sum(axis=0)
    a, b = np.zeros(m.shape[0]), np.zeros(m.shape[1])
    for _ in range(rounds):
        before = a
        a = (weights * (m - b)).sum(axis=1) / row_sums
        b = (weights * (m - a[:, None])).sum(axis=0) / column_sums
        if np.abs(a - before).max() < 1e-12:
            break
    middle = float(b @ column_sums / column_sums.sum())
    return a + middle, b - middle


def interaction(values: Array, weights: Array) -> Array:
    """Return a matrix without its row and column effects; 0 where the weight is 0."""
    a, b = effects(values, weights)
    rest = np.where(weights > 0, values, 0.0) - a[:, None] - b
    return np.where(weights > 0, rest, 0.0)


def interaction_r2(scores: Array, counts: Array, weights: Array | None = None) -> float:
    r"""Return how much of the interaction of :math:`\log X` the scores explain.

    .. math::
        R^2 = 1 - \frac{\min_{a,b} \sum v_{ij} (\log x_{ij} - M_{ij} - a_i - b_j)^2}
        {\min_{a,b} \sum v_{ij} (\log x_{ij} - a_i - b_j)^2}

    The coefficient of :math:`M` is 1, not fitted, and rows and columns are given to
    both sides: scores that know nothing get at most 0, frequencies earn nothing.

    Parameters
    ----------
    weights : (n, n) array or None
        None weighs all seen cells alike. Cells never seen do not count.
    """
    v = (counts > 0) * (np.ones_like(counts) if weights is None else weights)
    logs = log_counts(counts)
    left = (v * interaction(logs - scores, v) ** 2).sum()
    return float(1 - left / (v * interaction(logs, v) ** 2).sum())
