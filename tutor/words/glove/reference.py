r"""GloVe in NumPy: fit the logarithm of a co-occurrence count by a dot product.

Count who stands near whom, take logarithms, and ask for two vectors and two biases
whose sum explains each logarithm. Frequent pairs weigh more, up to a ceiling; pairs
never seen do not take part.

Chapter: ``words/glove``. Paper: Pennington, Socher and Manning (2014). Update rule:
the published program (``glove.c``). Left out: the program's unknown-word vector and
the gradient clipping of its later versions. Synonyms: word / context matrix = main /
context vectors = focal / context; our ``weights`` is the paper's :math:`f(X_{ij})`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.sampling import initial_vectors
from tutor.settings import check_whole
from tutor.training import History
from tutor.words.glove.tiles import epoch_cells, tile_order, tile_side

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class GloVeConfig:
    r"""One run of GloVe; the paper's values in brackets.

    Attributes
    ----------
    dim : int
        :math:`d`, length of a vector [100, 300].
    window : int
        :math:`L`, tokens counted on each side, used when a corpus is given [10].
    weighting : {"harmonic", "flat", "dynamic"}
        How a context at distance :math:`m` counts [harmonic, :math:`1/m`].
    x_max : float
        :math:`x_\max`, count from which a cell has full weight [100].
    alpha : float
        :math:`\alpha`, power of the weight below it [3/4]; 0 weighs all cells alike.
    learning_rate : float
        :math:`\eta`, constant; AdaGrad shrinks the steps [0.05].
    epochs : int
        Passes over the cells [50 below 300 dimensions, 100 otherwise].
    batch_size : int
        Cells whose gradients are summed before a step [1]. Gradients add up: far above
        a thousand a frequent word overshoots unless ``learning_rate`` falls.
    tile : int
        Words a side of the tiles in which cells are visited (ours); at or above the
        vocabulary it is a plain shuffle, as published.
    """

    dim: int = 100
    window: int = 10
    weighting: str = "harmonic"
    x_max: float = 100.0
    alpha: float = 0.75
    learning_rate: float = 0.05
    epochs: int = 25
    batch_size: int = 1
    tile: int = 512


class Entries(NamedTuple):
    """The cells to fit: four arrays of one length, one item a cell of the matrix."""

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    targets: NDArray[np.float64]
    weights: NDArray[np.float64]

    def take(self, chosen: NDArray[np.int64]) -> Entries:
        """Return the cells at these positions."""
        rows, columns, targets, weights = self
        return Entries(rows[chosen], columns[chosen], targets[chosen], weights[chosen])


class Parameters(NamedTuple):
    """What is learned: two matrices (vocab, dim) and two bias vectors (vocab,)."""

    word: NDArray[np.floating]
    context: NDArray[np.floating]
    word_bias: NDArray[np.floating]
    context_bias: NDArray[np.floating]


# --- 1. the cells --------------------------------------------------------------------
def check_config(config: GloVeConfig) -> None:
    """Raise ValueError for a setting outside its range."""
    for name in ("dim", "window", "epochs", "batch_size", "tile"):
        check_whole(name, getattr(config, name))
    for name in ("x_max", "learning_rate"):
        value = getattr(config, name)
        if not (value > 0 and np.isfinite(value)):
            raise ValueError(f"{name} must be a positive number, got {value}")
    if not config.alpha >= 0:
        raise ValueError(f"alpha must be 0 (no weighting) or more, got {config.alpha}")


def glove_weight(counts: ArrayLike, x_max: float, alpha: float) -> NDArray[np.float64]:
    r"""Return how much each count weighs in the loss.

    .. math:: f(x) = \min\bigl(1, (x / x_\max)^\alpha\bigr)

    where :math:`x` is a count. Shapes: any → the same.
    Source: Pennington et al. (2014), equation 9. Chapter: ``words/glove``.
    """
    ratio = np.asarray(counts, dtype=np.float64) / x_max
    weight: NDArray[np.float64] = np.minimum(1.0, ratio**alpha)
    return weight


def entries(matrix: csr_matrix, config: GloVeConfig) -> Entries:
    r"""Return the seen cells of a co-occurrence matrix, ready to be fitted.

    Targets are :math:`\log X_{ij}`, weights :math:`f(X_{ij})`; zero cells are left
    out. Shapes: (vocab, vocab) → four arrays (cells,), in row order.

    Raises
    ------
    ValueError
        If the matrix is not square, has no positive cell, or has a count that is
        negative, NaN or infinite; or for a setting out of range.
    """
    from scipy.sparse import coo_matrix, csr_matrix

    check_config(config)
    cells = coo_matrix(csr_matrix(matrix, dtype=np.float64))
    if cells.shape[0] != cells.shape[1]:
        raise ValueError(
            f"the co-occurrence matrix must be square, one row and one column a word; "
            f"got {cells.shape[0]} x {cells.shape[1]}"
        )
    bad = int(np.count_nonzero(~(np.isfinite(cells.data) & (cells.data >= 0))))
    if bad:
        raise ValueError(
            f"{bad} of {cells.nnz} stored counts are negative, NaN or infinite: counts "
            "must be finite and not negative (their logarithm is fitted)"
        )
    seen = cells.data > 0
    if not seen.any():
        raise ValueError(
            f"nothing to fit: the {cells.shape[0]} x {cells.shape[1]} matrix has no "
            "positive count; give more text or a wider window"
        )
    counts = cells.data[seen]
    return Entries(
        cells.row[seen].astype(np.int32),
        cells.col[seen].astype(np.int32),
        np.log(counts),
        glove_weight(counts, config.x_max, config.alpha),
    )


# --- 2. loss and gradients -----------------------------------------------------------
def glove_loss(parameters: Parameters, batch: Entries) -> float:
    r"""Return the weighted squared error of a batch, summed.

    .. math::
        J = \tfrac12 \sum_{(i,j)} f(X_{ij})
        \bigl(w_i \cdot \tilde w_j + b_i + \tilde b_j - \log X_{ij}\bigr)^2

    where :math:`w, \tilde w` are word and context vectors and :math:`b, \tilde b`
    their biases. The paper prints :math:`J` without the :math:`\tfrac12`; its program
    has it, in the loss it reports and in the gradient, and so do we.

    Shapes: batch (cells,) → scalar. Source: Pennington et al. (2014), equation 8.
    """
    return float(0.5 * np.sum(batch.weights * errors(parameters, batch) ** 2))


def errors(parameters: Parameters, batch: Entries) -> NDArray[np.floating]:
    """Return prediction minus target of each cell: (cells,)."""
    word, context, word_bias, context_bias = parameters
    i, j, targets, _ = batch
    dots = np.einsum("nd,nd->n", word[i], context[j])
    difference: NDArray[np.floating] = dots + word_bias[i] + context_bias[j] - targets
    return difference


def glove_gradients(parameters: Parameters, batch: Entries) -> Parameters:
    r"""Return the gradient of :func:`glove_loss` for every parameter.

    .. math::
        \frac{\partial J}{\partial w_i} = \sum_j g_{ij} \tilde w_j, \quad
        \frac{\partial J}{\partial \tilde w_j} = \sum_i g_{ij} w_i, \quad
        \frac{\partial J}{\partial b_i} = \sum_j g_{ij}, \quad
        g_{ij} = f(X_{ij}) \, e_{ij}

    where :math:`e_{ij}` is the error of the cell and sums run over the batch. A word
    that occurs twice in the batch receives both contributions.

    Shapes: as the parameters. Chapter: ``words/glove``.
    """
    i, j, _, weights = batch
    g = weights * errors(parameters, batch)
    gradient = Parameters(*(np.zeros_like(part) for part in parameters))
    np.add.at(gradient.word, i, g[:, None] * parameters.context[j])
    np.add.at(gradient.context, j, g[:, None] * parameters.word[i])
    np.add.at(gradient.word_bias, i, g)
    np.add.at(gradient.context_bias, j, g)
    return gradient


def adagrad_step(
    parameters: Parameters,
    accumulators: Parameters,
    gradient: Parameters,
    learning_rate: float,
) -> tuple[Parameters, Parameters]:
    r"""Return parameters and accumulators after one step of the program's AdaGrad.

    .. math::
        s = \eta \, \nabla_\theta J, \qquad
        \theta \leftarrow \theta - s / \sqrt{G}, \qquad
        G \leftarrow G + s^2

    where :math:`G` starts at 1. Two things differ from most libraries: the squares
    that add up contain the learning rate :math:`\eta`, and a step is divided by the
    root of what lay there *before* it.

    Shapes: as the parameters. Source: ``glove.c``; Duchi et al. (2011) for AdaGrad.
    """
    moved, grown = [], []
    for theta, squares, g in zip(parameters, accumulators, gradient, strict=True):
        s = learning_rate * g
        moved.append(theta - s / np.sqrt(squares))
        grown.append(squares + s**2)
    return Parameters(*moved), Parameters(*grown)


# --- 3. where to start ---------------------------------------------------------------
def initial_parameters(
    n_words: int, dim: int, seed: int, dtype: Any = np.float64
) -> Parameters:
    """Return the starting point: all uniform on (-1/2, 1/2) / (dim + 1), as published.

    Shapes: two (n_words, dim), two (n_words,).
    """
    draws = initial_vectors(2 * n_words, dim + 1, seed).astype(dtype)
    word, context = draws[:n_words], draws[n_words:]
    return Parameters(
        np.ascontiguousarray(word[:, :dim]),
        np.ascontiguousarray(context[:, :dim]),
        word[:, dim].copy(),
        context[:, dim].copy(),
    )


def initial_accumulators(parameters: Parameters) -> Parameters:
    """Return AdaGrad's sums of squares at the start: ones, shaped as the parameters."""
    return Parameters(*(np.ones_like(part) for part in parameters))


# --- 4. training ---------------------------------------------------------------------
def train(
    cells: Entries, parameters: Parameters, config: GloVeConfig, *, seed: int = 0
) -> tuple[Parameters, History]:
    """Train by walking the cells in tile order, ``batch_size`` at a time.

    This is the reference: each step touches every parameter, so it is meant for small
    matrices. The loss of an epoch is the mean over cells of what each cost when it
    was visited, before its step, as the published program prints it.

    Raises
    ------
    FloatingPointError
        If the loss stops being finite.
    """
    side = tile_side(len(parameters.word), config.tile)
    order, starts = tile_order(cells.rows, cells.columns, side, seed)
    ordered = cells.take(order)
    accumulators = initial_accumulators(parameters)
    losses = []
    for epoch in range(config.epochs):
        visits, total = epoch_cells(starts, side, seed, epoch), 0.0
        for first in range(0, len(visits), config.batch_size):
            batch = ordered.take(visits[first : first + config.batch_size])
            total += glove_loss(parameters, batch)
            gradient = glove_gradients(parameters, batch)
            parameters, accumulators = adagrad_step(
                parameters, accumulators, gradient, config.learning_rate
            )
        losses.append(check_loss(total / len(visits), epoch))
    return parameters, History({"loss": tuple(losses)})


def check_loss(loss: float, epoch: int) -> float:
    """Return ``loss``, or raise FloatingPointError if it is not finite."""
    if not np.isfinite(loss):
        raise FloatingPointError(
            f"loss is {loss} in epoch {epoch + 1}: lower learning_rate or batch_size"
        )
    return loss
