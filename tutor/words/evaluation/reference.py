r"""Vectors at work: texts as means of word vectors, probed or fine-tuned.

The thesis of Lai (2016) sorts the uses of word vectors into three families: their own
semantic properties (``tutor.evaluate.similarity``), vectors as *features* of a small
model, and vectors as the *initialisation* of a larger one. This module is the second
and third. Left out: sequence models; the third family here is a bag of words.

Chapter: ``words/evaluation``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling
from tutor.geometry import unit_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from tutor.embedding import Embedding

Matrix = NDArray[np.float64]


# --- labelled texts ------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """Tokenised texts, one label each.

    Attributes
    ----------
    name : str
    documents : tuple of token sequences
    labels : (n,) int array
        Rows of ``classes``.
    classes : tuple of str
    """

    name: str
    documents: tuple[Sequence[str], ...]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"LabelledTexts({self.name}: {len(self)}, {len(self.classes)} classes)"

    def __len__(self) -> int:
        return len(self.documents)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All different words, in order of appearance."""
        return tuple(dict.fromkeys(w for text in self.documents for w in text))

    @cached_property
    def counts(self) -> csr_matrix:
        """How often each text holds each word: (texts, words), float64."""
        from scipy.sparse import csr_matrix

        row_of = {word: row for row, word in enumerate(self.words)}
        columns = [row_of[w] for text in self.documents for w in text]
        edges = np.concatenate([[0], np.cumsum([len(t) for t in self.documents])])
        table = csr_matrix(
            (np.ones(len(columns)), columns, edges), (len(self), len(self.words))
        )
        table.sum_duplicates()
        return table

    def split(self, train: int, *, seed: int = 0) -> tuple[Any, Any]:
        """Return the row numbers of ``train`` random texts, and of the others."""
        if not 0 < train < len(self):
            raise ValueError(f"train must lie in 1..{len(self) - 1}, got {train}")
        order = sampling.permutation(len(self), seed)
        return order[:train], order[train:]


# --- vectors as features -------------------------------------------------------------
class Features(NamedTuple):
    """Mean vectors (texts, dim) and the share of each text's words that were known."""

    vectors: Matrix
    known: Matrix


def mean_weights(
    texts: LabelledTexts, embedding: Embedding, *, only: Sequence[str] | None = None
) -> tuple[csr_matrix, NDArray[np.int64], Matrix]:
    r"""Return the weight of each known word in each text's mean.

    .. math:: a_{tw} = n_{tw} \Big/ \sum_{w' \in K} n_{tw'}

    where :math:`n_{tw}` counts word w in text t and :math:`K` are the words that the
    embedding knows, and ``only`` where it is given. Shapes: (texts, known words), the
    rows of those words in the embedding, and the known share of each text (texts,).
    """
    allowed = None if only is None else set(only)
    columns = [
        i
        for i, word in enumerate(texts.words)
        if word in embedding and (allowed is None or word in allowed)
    ]
    if not columns:
        raise ValueError(
            f"the embedding knows none of the {len(texts.words)} words of "
            f"{texts.name}: are both lower case?"
        )
    part = texts.counts[:, columns]
    found = np.asarray(part.sum(axis=1)).ravel()
    length = np.asarray(texts.counts.sum(axis=1)).ravel()
    weights = part.multiply(1.0 / np.maximum(found, 1)[:, None]).tocsr()
    rows = embedding.rows(texts.words[i] for i in columns)
    return weights, rows, found / np.maximum(length, 1)


def document_features(
    texts: LabelledTexts, embedding: Embedding, *, only: Sequence[str] | None = None
) -> Features:
    r"""Return each text as the mean of its words' unit vectors.

    .. math:: x_t = \sum_{w \in K} a_{tw}\, \hat w

    with the weights of `mean_weights`. A text without a known word is the zero vector.
    Shapes: (texts, dim), (texts,).
    """
    weights, rows, known = mean_weights(texts, embedding, only=only)
    unit = unit_rows(np.asarray(embedding.vectors)[rows].astype(np.float64))
    return Features(np.asarray(weights @ unit), known)


def probe(
    features: Any, labels: ArrayLike, train: ArrayLike, test: ArrayLike, *, c: float = 1
) -> NDArray[np.bool_]:
    r"""Fit a softmax regression on some rows and return which others it gets right.

    .. math:: \min_{W, b} \; \tfrac12 \lVert W \rVert^2
              - C \sum_{t \in \text{train}} \log \operatorname{softmax}(W x_t + b)_{y_t}

    Dense columns are first brought to mean 0 and variance 1 on the training rows.

    Parameters
    ----------
    features : (n, dim) array or sparse matrix
    labels : (n,) int array
    train, test : row numbers
    c : float
        :math:`C`, inverse strength of the penalty.

    Shapes: → (test,) bool. Oracle and engine: scikit-learn's ``LogisticRegression``.
    """
    from sklearn.linear_model import LogisticRegression

    y, rows, others = np.asarray(labels), np.asarray(train), np.asarray(test)
    X = features
    if isinstance(X, np.ndarray):
        spread = X[rows].std(axis=0)
        X = (X - X[rows].mean(axis=0)) / np.where(spread > 0, spread, 1)
    if len(np.unique(y[rows])) < 2:
        raise ValueError("the training rows hold one class; a probe needs two or more")
    model = LogisticRegression(C=c, max_iter=1000).fit(X[rows], y[rows])
    right: NDArray[np.bool_] = model.predict(X[others]) == y[others]
    return right


def bag_of_words(texts: LabelledTexts, train: ArrayLike) -> Any:
    """Return TF-IDF rows of unit length (texts, words), weighed on the training rows.

    Words of fewer than five training texts are left out, as min_count does for vectors.
    The baseline that needs no vectors. Engine: scikit-learn's ``TfidfTransformer``.
    """
    from sklearn.feature_extraction.text import TfidfTransformer

    counts = texts.counts
    often = np.asarray((counts[np.asarray(train)] > 0).sum(axis=0)).ravel() >= 5
    counts = counts[:, np.flatnonzero(often)]
    return TfidfTransformer().fit(counts[np.asarray(train)]).transform(counts)


def deal_again(embedding: Embedding, seed: int = 0) -> Embedding:
    """Return the same vectors dealt to other words at random: the control.

    Every property of the cloud of vectors stays (lengths, directions, dimension); only
    which word has which vector is lost.
    """
    order = sampling.permutation(len(embedding), seed)
    return embedding.transform(lambda vectors: vectors[order])


def gain_ratio(score: float, chance: float, best: float) -> float:
    r"""Return the score on a scale where chance is 0 and the best known score is 1.

    .. math:: \frac{s - s_\text{chance}}{s_\text{best} - s_\text{chance}}

    It lets tasks with different ranges stand in one table. Source: Lai (2016), who
    compares methods by such a ratio with random vectors as chance.
    """
    if not best > chance:
        raise ValueError(f"best must exceed chance, got {best} and {chance}")
    return (score - chance) / (best - chance)


# --- vectors as initialisation -------------------------------------------------------
@dataclass(frozen=True)
class FineTuneConfig:
    r"""One fine-tuning run; all values are the course's.

    Attributes
    ----------
    scale : float
        Length of the initial vectors, after centring.
    learning_rate : float
        :math:`\eta` of Adam.
    epochs : int
    batch_size : int
    """

    scale: float = 3.0
    learning_rate: float = 0.01
    epochs: int = 15
    batch_size: int = 32


def initial_vectors(embedding: Embedding, weights: Any, rows: Any, scale: float) -> Any:
    r"""Return the vectors a classifier starts from: unit, centred, of one length.

    .. math:: \tilde w = s \, \frac{\hat w - m}{\lVert \hat w - m \rVert}, \qquad
              m = \sum_w p_w \hat w

    where :math:`p_w` is the word's share of all tokens of the texts. Without centring
    every text starts out as nearly the same vector. Shapes: (words, dim) float32.
    """
    unit = unit_rows(np.asarray(embedding.vectors)[rows].astype(np.float64))
    share = np.asarray(weights.sum(axis=0)).ravel()
    unit = unit - (share / share.sum()) @ unit
    return (scale * unit_rows(unit)).astype(np.float32)


def bag_logits(
    weights: Any, word_vectors: ArrayLike, W: ArrayLike, b: ArrayLike
) -> Matrix:
    r"""Return :math:`z_t = W \sum_w a_{tw} v_w + b`: (texts, classes).

    Shapes: ``weights`` (texts, words), ``word_vectors`` (words, dim), ``W`` (classes,
    dim), ``b`` (classes,).
    """
    mean = np.asarray(weights @ np.asarray(word_vectors))
    logits: Matrix = mean @ np.asarray(W).T + np.asarray(b)
    return logits


def bag_loss(logits: ArrayLike, labels: ArrayLike) -> float:
    r"""Return :math:`-\frac1n \sum_t \log \operatorname{softmax}(z_t)_{y_t}`."""
    z = np.asarray(logits, dtype=np.float64)
    z = z - z.max(axis=1, keepdims=True)
    right = z[np.arange(len(z)), np.asarray(labels)]
    return float(np.mean(np.log(np.exp(z).sum(axis=1)) - right))
