r"""One place for all scores: pairs, questions and topics, of dense and of sparse rows.

Each test turns rows into one value an item; `statistic` turns the values into a score,
for the items as they are or for many resamples of them at once.
Chapter: ``words/ladder``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.evaluate.correlation import centred_ranks, sort, weighted_spearman
from tutor.words.ladder.rows import Rows, row_products, table
from tutor.words.ladder.trials import Column, Documents, Trials

Table = NDArray[np.float64]
PENALTIES = (1.0, 10.0, 100.0)
"""Values of C that the topic probe chooses from, on documents of its own."""
_BLOCK = 64
_LABELS = 121  # stream of the labelled documents


# --- a value an item -----------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Sitting:
    """One rung's rows taking the tests; what several columns need is computed once."""

    rows: Rows
    trials: Trials

    @cached_property
    def coordinates(self) -> Table:
        """The documents of the topic probe as this rung sees them."""
        if self.trials.documents is None:
            raise ValueError("a topic column needs documents, and the trials have none")
        return coordinates(self.rows.unit, self.trials.documents)

    def values(self, column: Column, *, seed: int) -> Table:
        """Return one value an item: a cosine, right or wrong, or the class said.

        ``seed`` draws the labelled documents of the topic probe; the rest is exact.
        """
        if column.kind == "mean":
            return answers_right(self.rows.unit, column.items[0])
        if column.kind == "macro-F1":
            X, documents = self.coordinates, self.trials.documents
            assert documents is not None
            return topics(X, documents, column.labels, seed=seed)
        left, right = column.items
        if isinstance(left, list):
            return row_products(self.rows.of(left), self.rows.of(right))
        return row_products(self.rows.unit[left], self.rows.unit[right])


def answers_right(unit: Any, asked: NDArray[np.int64]) -> Table:
    r"""Return which questions "a is to b as c is to d" 3CosAdd answers: (n,) of 0 or 1.

    .. math:: \arg\max_{x \notin \{a, b, c\}} \cos(x, b) - \cos(x, a) + \cos(x, c)

    Ties go to the lower row. A rung that scores all words alike answers with the first
    word left. Shapes: ``unit`` (words, columns), ``asked`` (n, 4). Oracle:
    :func:`tutor.evaluate.similarity.analogies`, for dense rows.
    """
    words, place = np.unique(asked[:, :3], return_inverse=True)
    near = table(unit[words], unit).astype(np.float32)
    a, b, c = place.reshape(-1, 3).T
    right = np.empty(len(asked))
    for start in range(0, len(asked), _BLOCK):
        part = slice(start, start + _BLOCK)
        scores = near[b[part]] - near[a[part]] + near[c[part]]
        scores[np.arange(len(scores))[:, None], asked[part, :3]] = -np.inf
        right[part] = scores.argmax(axis=1) == asked[part, 3]
    return right


# --- topics --------------------------------------------------------------------------
def coordinates(unit: Any, documents: Documents) -> Table:
    r"""Return the mean unit vector of each document, in coordinates for a linear probe.

    .. math:: x_d = \sum_w a_{dw} \hat w, \qquad
              z_d = \Lambda^{-1/2} Q^\top (x_p \cdot x_d)_{p \in \text{pool}}, \qquad
              (x_p \cdot x_q)_{p, q} = Q \Lambda Q^\top

    A regression with a squared penalty sees dot products with its training documents
    alone. Wide rows are therefore turned into coordinates z within the span of the
    pool, which keep these products; narrow rows are taken as they are.

    Shapes: (words, columns) → (documents, columns) or (documents, pool).
    """
    mean = documents.weights @ unit
    if isinstance(mean, np.ndarray):
        return mean
    pool = mean[documents.pool]
    products = np.zeros((mean.shape[0], pool.shape[0]))
    used = np.flatnonzero(np.asarray(abs(pool).sum(axis=0)).ravel())
    mean, pool = mean[:, used].tocsc(), pool[:, used].tocsc()
    for start in range(0, len(used), 2048):
        part = slice(start, start + 2048)
        block = mean[:, part].toarray().astype(np.float32)
        products += block @ block[documents.pool].T
    within = products[documents.pool]
    size, turn = np.linalg.eigh((within + within.T) / 2)
    kept = size > 1e-6 * size[-1]
    return np.asarray(products @ (turn[:, kept] / np.sqrt(size[kept])))


def topics(X: Table, documents: Documents, labels: int, *, seed: int) -> Table:
    """Return the class said of each test document, after ``labels`` labelled ones.

    Every rung gets the same treatment: documents minus the mean of the training ones,
    divided by their root mean square length, a softmax regression, its penalty chosen
    on the documents of ``dev``. Shapes: ``X`` of `coordinates` → (test,).
    """
    if not 2 <= labels <= len(documents.pool):
        raise ValueError(
            f"labels must lie in 2..{len(documents.pool)} (the pool), got {labels}"
        )
    drawn = sampling.permutation(len(documents.pool), seed, stream=_LABELS)[:labels]
    train = documents.pool[drawn]
    X = X - X[train].mean(axis=0)
    length = np.sqrt(np.square(X[train]).sum(axis=1).mean())
    return _probe(X / (length or 1.0), documents, train)


def _probe(X: Table, documents: Documents, train: NDArray[np.int64]) -> Table:
    """Return what the regression with the penalty best on ``dev`` says on ``test``."""
    from sklearn.linear_model import LogisticRegression

    y = documents.labels
    best, said = -1.0, np.empty(0)
    for c in PENALTIES:
        model = LogisticRegression(C=c, max_iter=1000).fit(X[train], y[train])
        gold = y[documents.dev].astype(np.float64)
        found = model.predict(X[documents.dev]).astype(np.float64)
        score = float(statistic("macro-F1", found, gold)[0])
        if score > best:
            best, said = score, model.predict(X[documents.test])
    return said.astype(np.float64)


# --- a score -------------------------------------------------------------------------
def statistic(
    kind: str, found: Table, gold: Table, weights: Table | None = None
) -> Table:
    r"""Return the score of the items, or of many resamples of them: (samples,).

    Parameters
    ----------
    kind : {"spearman", "mean", "macro-F1"}
    found, gold : (n,) arrays
        What a rung says and what is right.
    weights : (n, samples) array, optional
        How often each item stands in each resample; None takes every item once.

    NaN where there is no correlation: all values of one list are equal. A class that a
    resample lacks is left out of its mean of F1.
    """
    w = np.ones((len(found), 1)) if weights is None else weights
    if kind == "mean":
        return np.asarray(found @ w / w.sum(axis=0))
    if kind == "spearman":
        of, to = centred_ranks(w, sort(found)), centred_ranks(w, sort(gold))
        return weighted_spearman(w, of, to)
    if kind != "macro-F1":
        raise ValueError(f"unknown kind {kind!r}; there are spearman, mean, macro-F1")
    classes = np.unique(gold)[:, None]
    said, true = (found == classes).astype(float), (gold == classes).astype(float)
    hit, size = (said * true) @ w, (said + true) @ w
    there = true @ w > 0
    f1 = np.divide(2 * hit, size, np.zeros_like(size), where=size > 0)
    return np.asarray((f1 * there).sum(axis=0) / there.sum(axis=0))
