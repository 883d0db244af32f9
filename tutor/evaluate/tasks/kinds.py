r"""Four kinds of tasks for text vectors, each with its metric and its chance level.

Vectors come at length 1, so that every comparison is a cosine.
Chapter: ``context/matryoshka``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tutor.evaluate.correlation import spearman
from tutor.evaluate.ranking import realistic_ranks
from tutor.evaluate.tasks.base import Floats, Task
from tutor.evaluate.tasks.clusters import v_measure

FOLDS, STARTS, SHUFFLES = 5, 5, 20


@dataclass(frozen=True)
class Retrieval(Task):
    """Find each query's document among all: mean reciprocal rank, or nDCG at ``k``.

    ``answers[i]`` is the place of query i's document. Ties share a rank: equal vectors
    get the middle of the list.
    """

    queries: tuple[str, ...]
    documents: tuple[str, ...]
    answers: tuple[int, ...]
    k: int = 0

    @property
    def texts(self) -> tuple[str, ...]:
        """Queries first, then documents."""
        return self.queries + self.documents

    @property
    def metric(self) -> str:
        """``MRR``, or ``nDCG@10``."""
        return f"nDCG@{self.k}" if self.k else "MRR"

    @property
    def items(self) -> int:
        """The queries."""
        return len(self.queries)

    @property
    def chance(self) -> float:
        """The mean gain over all ranks: documents in random order."""
        return float(self.gain(np.arange(1.0, len(self.documents) + 1)).mean())

    def gain(self, ranks: Floats) -> Floats:
        r"""Return :math:`1/r`, or :math:`1 / \log_2(1 + r)` up to rank k and then 0.

        With one right answer a query, the second is nDCG.
        """
        if not self.k:
            return 1.0 / ranks
        return np.asarray(np.where(ranks <= self.k, 1.0 / np.log2(1.0 + ranks), 0.0))

    def judge(self, X: Any) -> tuple[float, Floats | None, Floats | None]:
        """Rank all documents for each query by cosine."""
        n = len(self.queries)
        scores = np.round(X[:n] @ X[n:].T, 9)
        gains = self.gain(realistic_ranks(scores, np.asarray(self.answers)))
        return float(gains.mean()), gains, None


@dataclass(frozen=True)
class Labelled(Task):
    """Texts with a class each: what classification and clustering share."""

    examples: tuple[str, ...]
    labels: tuple[int, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The examples."""
        return self.examples

    @property
    def items(self) -> int:
        """The examples: each is judged once."""
        return len(self.examples)


@dataclass(frozen=True)
class Classification(Labelled):
    """Predict the class from the vector by logistic regression: accuracy.

    Each of five folds is predicted from the four others. Classes are equally frequent.
    """

    @property
    def metric(self) -> str:
        """``accuracy``."""
        return "accuracy"

    @property
    def chance(self) -> float:
        """One over the number of classes."""
        return 1.0 / len(set(self.labels))

    def judge(self, X: Any) -> tuple[float, Floats | None, Floats | None]:
        """Fit and predict, fold by fold; members of a class go round the folds."""
        from sklearn.linear_model import LogisticRegression

        y = np.asarray(self.labels)
        fold = np.empty(len(y), dtype=int)
        for label in np.unique(y):
            rows = np.flatnonzero(y == label)
            fold[rows] = np.arange(len(rows)) % FOLDS
        right = np.zeros(len(y))
        for k in range(FOLDS):
            probe = LogisticRegression(C=10.0, max_iter=1000)
            probe.fit(X[fold != k], y[fold != k])
            right[fold == k] = probe.predict(X[fold == k]) == y[fold == k]
        return float(right.mean()), right, None


@dataclass(frozen=True)
class Clustering(Labelled):
    """Find the classes without being told them, by k-means: V-measure.

    The mean of five starts, with as many clusters as classes.
    """

    @property
    def metric(self) -> str:
        """``V-measure``."""
        return "V-measure"

    @cached_property
    def _chance(self) -> float:
        from tutor import sampling

        y = np.asarray(self.labels)
        shuffled = (sampling.permutation(len(y), seed=s) for s in range(SHUFFLES))
        return float(np.mean([v_measure(y, y[order]) for order in shuffled]))

    @property
    def chance(self) -> float:
        """What clusters of the right sizes reach when drawn at random; it is not 0."""
        return self._chance

    def judge(self, X: Any) -> tuple[float, Floats | None, Floats | None]:
        """Cluster and compare; no value an item exists."""
        from sklearn.cluster import KMeans

        y = np.asarray(self.labels)
        k = min(len(set(self.labels)), len(np.unique(X.round(9), axis=0)))
        found = (
            KMeans(k, n_init=1, random_state=seed).fit_predict(X)
            for seed in range(STARTS)
        )
        return (
            float(np.mean([v_measure(y, clusters) for clusters in found])),
            None,
            None,
        )


@dataclass(frozen=True)
class Similarity(Task):
    """Order pairs of texts as the gold does: Spearman's correlation with the cosine.

    Pair i is ``examples[left[i]]`` and ``examples[right[i]]``.
    """

    examples: tuple[str, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    gold: tuple[float, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the pairs, each once."""
        return self.examples

    @property
    def metric(self) -> str:
        """``Spearman``."""
        return "Spearman"

    @property
    def items(self) -> int:
        """The pairs."""
        return len(self.gold)

    @property
    def chance(self) -> float:
        """No correlation."""
        return 0.0

    def judge(self, X: Any) -> tuple[float, Floats | None, Floats | None]:
        """Correlate cosines with the gold; cosines all equal say nothing, so 0."""
        gold = np.asarray(self.gold)
        pairs = X[np.asarray(self.left)], X[np.asarray(self.right)]
        cosines = np.round(np.einsum("nd,nd->n", *pairs), 9)
        if np.ptp(cosines) == 0:
            return 0.0, None, None
        return float(spearman(cosines, gold)), cosines, gold
