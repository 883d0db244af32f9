"""Cells of chapter ``words/word2vec``: dot products held against PMI.

Theory says that skip-gram with negative sampling learns shifted PMI. Here stand what it
expects of the frequent pairs, what a run has, and the two controls: words that are
equally frequent, and what frequency alone explains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.words import counts

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.training import Fit
    from tutor.words.word2vec import Word2VecConfig

Floats = NDArray[np.float64]


class Cells(NamedTuple):
    """Frequent pairs of the vocabulary, and what theory expects of their dot products.

    Attributes
    ----------
    rows, columns : (n,) int
        Input and output word.
    expected : (n,) float64
        PMI of the pairs as trained, minus log K.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    expected: Floats


def expected_cells(
    corpus: Corpus, config: Word2VecConfig, *, least: float = 20.0
) -> Cells:
    r"""Return :math:`\log\frac{x_{ij}}{x_i P_n(j)} - \log K` of the frequent pairs.

    where :math:`x_{ij}` is the expected count of the pair after subsampling,
    :math:`x_i` its row sum, and :math:`P_n` the noise distribution. Subsampling also
    widens windows a little; that is left out. With ``noise_power=1`` and no subsampling
    this is PMI − log K.

    Parameters
    ----------
    corpus, config
        What was trained.
    least : float
        Pairs with a lower count are left out.
    """
    frequency = corpus.vocabulary.counts
    weighting = "dynamic" if config.dynamic else "flat"
    matrix = counts.cooccurrence(corpus, window=config.window, weighting=weighting)
    keep = sampling.keep_probability(frequency, config.sample)
    table = matrix.tocoo()
    i, j = table.row.astype(np.int64), table.col.astype(np.int64)
    x = table.data.astype(np.float64) * keep[i] * keep[j]
    rows = np.bincount(i, weights=x, minlength=len(frequency))
    noise = frequency.astype(np.float64) ** config.noise_power
    noise /= noise.sum()
    chosen = x >= least
    i, j, x = i[chosen], j[chosen], x[chosen]
    return Cells(i, j, np.log(x / (rows[i] * noise[j])) - np.log(config.negatives))


def products(run: Fit, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Floats:
    """Return the dot products of input and output vectors (n,)."""
    assert run.context is not None
    u = run.embedding.vectors[rows].astype(np.float64)
    v = run.context.vectors[columns].astype(np.float64)
    return np.asarray(np.einsum("nd,nd->n", u, v))


def strangers(columns: NDArray[np.int64], *, reach: int = 3) -> NDArray[np.int64]:
    """Return other words of the same frequency: ``reach`` ranks further down.

    The control of the factorisation: a dot product that only knows how frequent its
    two words are agrees with PMI just as well after this swap.
    """
    top = int(columns.max())
    return np.where(columns + reach <= top, columns + reach, columns - reach)


def free_of_frequency(values: Floats, corpus: Corpus, cells: Cells) -> Floats:
    r"""Return what is left of values after a least-squares fit on log frequencies.

    .. math:: y_{ij} - (a + b \log f_i + c \log f_j)

    where :math:`f_i, f_j` count the two words of a pair.

    Shapes: ``values`` (..., cells) → the same.
    """
    logs = np.log(corpus.vocabulary.counts.astype(np.float64))
    A = np.column_stack([np.ones(len(cells.rows)), logs[cells.rows]])
    A = np.column_stack([A, logs[cells.columns]])
    table = np.atleast_2d(values)
    solved = np.linalg.lstsq(A, table.T, rcond=None)[0]
    left: Floats = (table - (A @ solved).T).reshape(np.shape(values))
    return left
