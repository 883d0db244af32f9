r"""Documents as bags of words: TF-IDF, means of word vectors, SIF, and LSA.

Each function turns documents into one row of numbers a document and knows nothing of
their order of words. What must be learned (weights, directions) is learned on one set
of documents and applied to any other.

Left out: BM25 (chapter ``systems/search``), stemming, stop word lists.
Sources: Deerwester et al. (1990) for LSA; Arora, Liang and Ma (2017) for SIF.
Chapter: ``documents/paragraphs``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.geometry import unit_rows
from tutor.sampling import initial_vectors

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from tutor.datasets.vocabulary import Vocabulary

Matrix = NDArray[np.float64]
DIRECTIONS = 102
"""Stream of the starting point of the singular value decomposition."""


# --- counts and TF-IDF ---------------------------------------------------------------
def word_counts(
    documents: Sequence[Sequence[str]], vocabulary: Vocabulary
) -> csr_matrix:
    """Return how often each document holds each word of the vocabulary.

    Words that the vocabulary lacks are left out. Shapes: → (documents, vocab) sparse.
    """
    from scipy.sparse import csr_matrix

    if any(isinstance(d, str) for d in documents):
        raise TypeError("a document must be a list of words: tokenize it first")
    columns = [[vocabulary.index(w) for w in d if w in vocabulary] for d in documents]
    edges = np.concatenate([[0], np.cumsum([len(c) for c in columns])])
    flat = np.array([c for part in columns for c in part], dtype=np.int64)
    table = csr_matrix(
        (np.ones(len(flat)), flat, edges), (len(documents), len(vocabulary))
    )
    table.sum_duplicates()
    return table


def inverse_frequency(counts: csr_matrix) -> Matrix:
    r"""Return how much each word's presence says.

    .. math:: \mathrm{idf}_w = 1 + \log\frac{1 + n}{1 + n_w}

    where :math:`n_w` of the :math:`n` documents hold word w. Shapes: (documents, vocab)
    → (vocab,). Oracle: scikit-learn's ``TfidfVectorizer``, which smooths the same way.
    """
    held = np.asarray((counts > 0).sum(axis=0)).ravel()
    weights: Matrix = 1 + np.log((1 + counts.shape[0]) / (1 + held))
    return weights


def tfidf(counts: csr_matrix, weights: ArrayLike) -> csr_matrix:
    r"""Return counts times word weights, each row at length 1.

    .. math:: x_{iw} = \frac{n_{iw}\,\mathrm{idf}_w}{\lVert n_i \odot \mathrm{idf}
              \rVert}

    An empty row stays zero. Shapes: (documents, vocab), (vocab,) → (documents, vocab).
    """
    table = counts.multiply(np.asarray(weights)[None]).tocsr()
    length = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    scale = 1 / np.where(length > 0, length, 1)
    return table.multiply(scale[:, None]).tocsr()


# --- LSA -----------------------------------------------------------------------------
def lsa_directions(table: csr_matrix, dim: int) -> Matrix:
    r"""Return the ``dim`` right singular vectors of a table, strongest first.

    .. math:: X = U \Sigma V^\top, \qquad \text{rows } v_1, \dots, v_k

    A document, old or new, becomes :math:`x V_k`. Each direction is turned so that its
    largest entry is positive. Shapes: (documents, vocab) → (dim, vocab). Raises
    ``ValueError`` unless 1 ≤ dim < min(documents, vocab). Source: Deerwester et al.
    (1990). Oracle: scikit-learn's ``TruncatedSVD``.
    """
    from scipy.sparse.linalg import svds

    if not 1 <= dim < min(table.shape):
        raise ValueError(
            f"dim must lie between 1 and {min(table.shape) - 1}, one less than the "
            f"smaller side of the table, got {dim}"
        )
    start = initial_vectors(1, min(table.shape), 0, stream=DIRECTIONS)[0]
    _, _, V = svds(table.astype(np.float64), dim, v0=start.astype(np.float64))
    V = V[::-1]
    signs = np.sign(V[np.arange(dim), np.abs(V).argmax(axis=1)])
    directions: Matrix = V * signs[:, None]
    return directions


def project(table: csr_matrix, directions: ArrayLike) -> Matrix:
    """Return documents in the space of `lsa_directions`: (documents, dim)."""
    projected: Matrix = np.asarray(table @ np.asarray(directions).T)
    return projected


# --- means of word vectors -----------------------------------------------------------
def mean_vectors(counts: csr_matrix, vectors: ArrayLike) -> Matrix:
    r"""Return the plain mean of a document's word vectors.

    .. math:: x_i = \frac{\sum_w n_{iw}\, u_w}{\sum_w n_{iw}}

    A document without words is zero. Shapes: (documents, vocab), (vocab, dim) →
    (documents, dim).
    """
    return weighted_mean(counts, vectors, np.ones(counts.shape[1]))


def weighted_mean(counts: csr_matrix, vectors: ArrayLike, weights: ArrayLike) -> Matrix:
    r"""Return :math:`\sum_w n_{iw} a_w u_w / \sum_w n_{iw}`, with word weights a.

    Shapes: (documents, vocab), (vocab, dim), (vocab,) → (documents, dim).
    """
    u, a = np.asarray(vectors, np.float64), np.asarray(weights, np.float64)
    if u.shape[0] != counts.shape[1] or a.shape != (counts.shape[1],):
        raise ValueError(
            f"{counts.shape[1]} words, but vectors of shape {u.shape} and weights of "
            f"shape {a.shape}: the columns of counts are their rows"
        )
    n = np.asarray(counts.sum(axis=1)).ravel()
    total: Matrix = counts @ (a[:, None] * u)
    mean: Matrix = total / np.maximum(n, 1)[:, None]
    return mean


def sif_weights(frequencies: ArrayLike, a: float = 1e-3) -> Matrix:
    r"""Return how much each word counts: the more frequent, the less.

    .. math:: a_w = \frac{a}{a + f_w}

    where :math:`f_w` is the word's share of all tokens. Shapes: (vocab,) → (vocab,).
    Source: Arora et al. (2017).
    """
    if not a > 0:
        raise ValueError(f"a must be above 0, got {a}")
    f = np.asarray(frequencies, np.float64)
    if (f < 0).any() or not f.sum() > 0:
        raise ValueError("frequencies must be 0 or more, and not all 0")
    weights: Matrix = a / (a + f / f.sum())
    return weights


class SIF(NamedTuple):
    """What SIF learns: a weight a word, and the direction all documents share."""

    weights: Matrix
    direction: Matrix


def fit_sif(
    counts: csr_matrix, vectors: ArrayLike, frequencies: ArrayLike, a: float = 1e-3
) -> SIF:
    r"""Learn SIF's weights and common direction from some documents.

    The direction is the first right singular vector of the weighted means, *not*
    centred. Shapes: (documents, vocab), (vocab, dim), (vocab,) → (vocab,), (dim,).
    """
    weights = sif_weights(frequencies, a)
    means = weighted_mean(counts, vectors, weights)
    direction = np.linalg.svd(means, full_matrices=False)[2][0]
    turned: Matrix = direction * np.sign(direction[np.abs(direction).argmax()])
    return SIF(weights, turned)


def sif_vectors(counts: csr_matrix, vectors: ArrayLike, learned: SIF) -> Matrix:
    r"""Return weighted means without their part along the common direction.

    .. math:: x_i = \bar x_i - (\bar x_i \cdot u)\, u, \qquad
              \bar x_i = \frac{1}{n_i}\sum_w n_{iw} a_w u_w

    Shapes: (documents, vocab), (vocab, dim) → (documents, dim). Source: Arora et al.
    (2017), algorithm 1.
    """
    means = weighted_mean(counts, vectors, learned.weights)
    return means - np.outer(means @ learned.direction, learned.direction)


def unit(table: ArrayLike) -> Matrix:
    """Return rows at length 1 as float64; see `tutor.geometry.unit_rows`."""
    rows: Matrix = np.asarray(unit_rows(np.asarray(table, np.float64)))
    return rows
