r"""Count vectors in NumPy: who stands near whom, how surprisingly, in few dimensions.

A word is known by the company it keeps. Count the company (:func:`cooccurrence`), ask
how far each count exceeds chance (:func:`ppmi`), and keep the few directions that
explain most of it (:func:`truncated_svd`, :func:`weighted`).

Chapter: ``words/counts``. Papers: Levy and Goldberg (2014); Levy, Goldberg and Dagan
(2015); Halko, Martinsson and Tropp (2011). Left out: the "dirty" window of word2vec,
which widens where subsampling removes a token, and removal of rare contexts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.sampling import check_offsets
from tutor.settings import check_whole

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from tutor.datasets import Corpus

WEIGHTINGS = ("flat", "harmonic", "dynamic")
MAX_HARMONIC_WINDOW = 20  # lcm(1..20) = 232,792,560; sums stay far below 2**63


@dataclass(frozen=True)
class CountsConfig:
    r"""One run of count vectors; the values of Levy et al. (2015) in brackets.

    Attributes
    ----------
    window : int
        :math:`L`, tokens looked at on each side [2, 5, 10].
    weighting : {"flat", "harmonic", "dynamic"}
        How a context at distance :math:`d` counts [flat and dynamic].
    shift : float
        :math:`k`; :math:`\log k` is taken off every PMI [1, 5, 15].
    smoothing : float
        :math:`\alpha`, power of the context counts [1, .75].
    dim : int
        :math:`d`, length of a vector [500].
    eigenvalue_power : float
        :math:`p`, power of the singular values in the word vectors [0, .5, 1].
    iterations : int
        Passes of the randomised SVD (ours).
    """

    window: int = 5
    weighting: str = "dynamic"
    shift: float = 1.0
    smoothing: float = 1.0
    dim: int = 100
    eigenvalue_power: float = 0.5
    iterations: int = 5


# --- the window ----------------------------------------------------------------------
def window_weights(window: int, weighting: str) -> tuple[NDArray[np.int64], int]:
    r"""Return integer weights by distance, and the unit that turns them into weights.

    .. math::
        \text{flat: } 1 \qquad \text{harmonic: } \frac{1}{d} \qquad
        \text{dynamic: } \frac{L - d + 1}{L}

    where :math:`d` is the distance in tokens and :math:`L` the window. ``dynamic`` is
    what word2vec's random window (uniform on 1..L) gives on average. The weights are
    whole numbers over one common ``unit`` so that sums come out the same in any
    order and on any number of threads.

    Parameters
    ----------
    window : int
        :math:`L`, at least 1 (at most 20 for ``harmonic``).
    weighting : {"flat", "harmonic", "dynamic"}

    Returns
    -------
    weights : (window + 1,) int64
        ``weights[d] / unit`` is the weight at distance ``d``; ``weights[0]`` is 0.
    unit : int

    Raises
    ------
    ValueError
        For a window that is no whole number from 1, a harmonic window above 20, or an
        unknown weighting.
    """
    check_whole("window", window)
    distance = np.arange(1, window + 1)
    if weighting == "flat":
        weights, unit = np.ones(window, dtype=np.int64), 1
    elif weighting == "dynamic":
        weights, unit = window - distance + 1, window
    elif weighting == "harmonic":
        if window > MAX_HARMONIC_WINDOW:
            raise ValueError(
                f"harmonic weights are exact up to window {MAX_HARMONIC_WINDOW}, got "
                f"{window}: use a smaller window, or weighting='dynamic'"
            )
        unit = math.lcm(*range(1, window + 1))
        weights = unit // distance
    else:
        raise ValueError(
            f"unknown weighting {weighting!r}; there are {', '.join(WEIGHTINGS)}"
        )
    return np.concatenate([[0], weights]).astype(np.int64), unit


def check_corpus(corpus: Corpus) -> tuple[NDArray[np.int32], NDArray[np.int64], int]:
    """Return (tokens, offsets, vocabulary size) of a corpus that can be counted.

    Raises
    ------
    ValueError
        If there is no token, or a token id lies outside the vocabulary.
    """
    tokens, n_words = corpus.tokens, len(corpus.vocabulary)
    if len(tokens) == 0 or n_words == 0:
        raise ValueError(
            f"nothing to count: the corpus has {len(tokens)} tokens and {n_words} "
            "words; lower min_count, or give more text"
        )
    offsets = check_offsets(len(tokens), corpus.offsets)
    low, high = int(tokens.min()), int(tokens.max())
    if low < 0 or high >= n_words:
        raise ValueError(
            f"token ids must lie in 0..{n_words - 1} (the vocabulary), got "
            f"{low}..{high}: build tokens and vocabulary together"
        )
    return tokens, offsets, n_words


# --- 1. counting ---------------------------------------------------------------------
def cooccurrence(
    corpus: Corpus,
    *,
    window: int = 5,
    weighting: str = "flat",
    symmetric: bool = True,
) -> csr_matrix:
    r"""Count how often each word stands near each other word.

    .. math::
        X_{ij} = \sum_{t:\, w_t = i} \; \sum_{0 < |d| \le L}
        \mathbb{1}[w_{t+d} = j] \; \omega(|d|)

    where :math:`w_t` is the token at position :math:`t`, :math:`L` the window and
    :math:`\omega` the weight of :func:`window_weights`. Positions outside the
    document of :math:`t` do not count.

    Shapes: ``corpus.tokens`` (n,) → (vocab, vocab), row = word, column = context.

    Parameters
    ----------
    corpus : Corpus
    window, weighting
        See :func:`window_weights`.
    symmetric : bool
        False counts only the contexts to the left of a word, as GloVe's program
        does with ``-symmetric 0``.

    Raises
    ------
    ValueError
        For an empty corpus or a bad window.

    Notes
    -----
    The paper draws a window a token; here each distance counts with its expected
    weight, so there is nothing random. Chapter: ``words/counts``.
    """
    from scipy.sparse import csr_matrix

    weights, unit = window_weights(window, weighting)
    tokens, offsets, n = check_corpus(corpus)
    document = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    total = csr_matrix((n, n), dtype=np.int64)
    for d in range(1, window + 1):
        inside = document[d:] == document[:-d]
        word, left = tokens[d:][inside], tokens[:-d][inside]
        ones = np.full(len(word), weights[d])
        # the constructor adds up entries of the same cell
        total = total + csr_matrix((ones, (word, left)), shape=(n, n))
    if symmetric:
        total = total + total.T
    return scaled(csr_matrix(total), unit)


def scaled(total: csr_matrix, unit: int) -> csr_matrix:
    """Return integer sums as float64 weights, columns sorted: one division a cell."""
    total.sort_indices()
    total.data = total.data / unit
    return total


# --- 2. association ------------------------------------------------------------------
def check_parameters(shift: float, smoothing: float, total: float) -> None:
    """Raise ValueError for PPMI parameters out of range, or counts without a sum."""
    if not shift > 0:
        raise ValueError(f"shift must be positive (1 = no shift), got {shift}")
    if not 0 <= smoothing <= 1:
        raise ValueError(f"smoothing must lie between 0 and 1, got {smoothing}")
    if not total > 0:
        raise ValueError(
            "no co-occurrences: every count is zero. A document needs at least two "
            "tokens to give one"
        )


def check_matrix(matrix: csr_matrix) -> None:
    """Raise ValueError unless every stored value is finite and not negative."""
    if not np.all(np.isfinite(matrix.data)):
        bad = int(np.count_nonzero(~np.isfinite(matrix.data)))
        raise ValueError(
            f"{bad} of {matrix.nnz} stored counts are NaN or infinite: counts must "
            "be finite numbers"
        )
    if matrix.nnz and matrix.data.min() < 0:
        raise ValueError(f"counts must not be negative, got {matrix.data.min():g}")


def context_shares(column_sums: ArrayLike, smoothing: float) -> NDArray[np.float64]:
    r"""Return the smoothed share of each context.

    .. math:: P_\alpha(j) = \frac{c_j^{\,\alpha}}{\sum_v c_v^{\,\alpha}}

    where :math:`c_j` is the column sum and :math:`\alpha` is ``smoothing``: 1 leaves
    the shares as they are, .75 lifts rare contexts, 0 makes all alike. A context
    that was never seen keeps share 0. Shapes: (vocab,) → (vocab,).
    """
    sums = np.asarray(column_sums, dtype=np.float64)
    powers = np.where(sums > 0, sums**smoothing, 0.0)
    shares: NDArray[np.float64] = powers / powers.sum()
    return shares


def ppmi(matrix: csr_matrix, *, shift: float = 1.0, smoothing: float = 1.0) -> Any:
    r"""Return positive pointwise mutual information, shifted and smoothed.

    .. math::
        M_{ij} = \max\Bigl(0,\;
        \log \frac{X_{ij}}{r_i \, P_\alpha(j)} - \log k \Bigr)

    where :math:`X_{ij}` is a count, :math:`r_i` its row sum, :math:`P_\alpha`
    the smoothed context share (:func:`context_shares`) and :math:`k` is ``shift``.

    Shapes: (vocab, vocab) → (vocab, vocab) csr_matrix of float64; cells that are not
    positive are not stored. Unseen pairs have PMI minus infinity and stay 0.

    Parameters
    ----------
    matrix : csr_matrix
        Counts, finite and not negative.
    shift : float
        Positive. 1 is PPMI; 5 matches word2vec with five negatives.
    smoothing : float
        0 to 1; the paper recommends .75.

    Raises
    ------
    ValueError
        For NaN, negative or all-zero counts, or a parameter out of range.

    Notes
    -----
    Source: Levy et al. (2015), sections 2.1 and 3.2. Chapter: ``words/counts``.
    """
    from scipy.sparse import csr_matrix

    counts = csr_matrix(matrix, dtype=np.float64)
    check_matrix(counts)
    rows = np.asarray(counts.sum(axis=1)).ravel()
    check_parameters(shift, smoothing, rows.sum())
    shares = context_shares(np.asarray(counts.sum(axis=0)).ravel(), smoothing)
    expected = np.repeat(rows, np.diff(counts.indptr))
    expected *= shares[counts.indices] * shift
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(counts.data / expected)
    values[~(values > 0)] = 0.0
    result = csr_matrix((values, counts.indices, counts.indptr), shape=counts.shape)
    result = result.copy()  # the caller's arrays stay as they are
    result.eliminate_zeros()
    return result
