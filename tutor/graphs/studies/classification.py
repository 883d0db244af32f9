r"""Node classification on the mention graph: one split, many methods, one classifier.

The split is fixed and blind to everything but the number of labelled nodes: 30 % test,
20 % validation, the rest a pool. Seed s draws 10 % of the labelled nodes from the pool
for training and trains the vectors with seed s; the test nodes are the same for all, so
that every comparison is paired. Settings (strength of the classifier, p, q, how far
labels travel, how much an embedding weighs beside text) are chosen on the validation
nodes with the first seed and then kept.

Chapter: ``graphs/walks``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.datasets.graphs import MentionGraph
from tutor.evaluate.statistics import Effect, paired_bootstrap
from tutor.graphs import baselines
from tutor.graphs.graph import Graph

if TYPE_CHECKING:
    from tutor.embedding import Embedding

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SEEDS = (1, 2, 3, 4, 5)
STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)
ALPHAS = (0.5, 0.8, 0.95)
BESIDE_TEXT = (0.1, 0.3, 1.0)
TEST, VALIDATION, LABELLED = 0.3, 0.2, 0.1


@dataclass(frozen=True, eq=False)
class Task:
    """A graph whose nodes have classes, and the split of the labelled ones.

    Attributes
    ----------
    graph : Graph
    labels : (n,) int64
        −1 where a node has no class: it takes part in walks, in no score.
    texts : tuple of str
    test, validation, pool : rows
    """

    graph: Graph
    labels: Ints
    texts: tuple[str, ...]
    test: Ints
    validation: Ints
    pool: Ints

    def train(self, seed: int) -> Ints:
        """Return the nodes whose class this seed may see: a tenth of the labelled."""
        total = len(self.test) + len(self.validation) + len(self.pool)
        order = sampling.permutation(len(self.pool), seed, epoch=1)
        return self.pool[order[: int(LABELLED * total)]]

    @property
    def classes(self) -> int:
        """The number of classes."""
        return int(self.labels.max()) + 1


def make_task(mentions: MentionGraph) -> Task:
    """Return the task on the largest component of the mention graph."""
    whole = Graph.from_edges(mentions.titles, mentions.arcs)
    graph = whole.largest_component()
    rows = np.array([whole.row(key) for key in graph.keys])
    labels = mentions.labels[rows]
    known = np.flatnonzero(labels >= 0)
    known = known[sampling.permutation(len(known), 0)]
    first, second = int(TEST * len(known)), int((TEST + VALIDATION) * len(known))
    return Task(
        graph,
        labels,
        tuple(mentions.texts[i] for i in rows),
        known[:first],
        known[first:second],
        known[second:],
    )


# --- features ------------------------------------------------------------------------
def standardized(embedding: Embedding) -> Floats:
    """Return the vectors with every column at mean 0 and variance 1."""
    X = np.asarray(embedding.vectors, dtype=np.float64)
    centred = X - X.mean(axis=0)
    return np.asarray(centred / np.maximum(centred.std(axis=0), 1e-12))


def degree_features(graph: Graph) -> Floats:
    """Return the logarithm of each node's degree, standardised: (n, 1)."""
    logs = np.log(graph.degrees.astype(np.float64))
    return ((logs - logs.mean()) / logs.std())[:, None]  # type: ignore[no-any-return]


def text_features(texts: Sequence[str]) -> Any:
    """Return TF-IDF of the texts: sparse (n, words), rows of length 1."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    from tutor.datasets.tokenizer import tokenize

    make = TfidfVectorizer(
        tokenizer=tokenize, lowercase=False, token_pattern=None, min_df=2,
        sublinear_tf=True,
    )  # fmt: skip
    return make.fit_transform(texts)


def beside(text: Any, dense: Floats, weight: float) -> Any:
    """Return text features with an embedding beside them, its rows of length weight."""
    from scipy.sparse import csr_matrix, hstack

    from tutor.geometry import unit_rows

    return hstack([text, csr_matrix(weight * unit_rows(dense))]).tocsr()


# --- one classifier for all ----------------------------------------------------------
def predict(
    features: Any, task: Task, seed: int, rows: Ints, *, strength: float = 1.0
) -> Ints:
    """Return the classes of ``rows`` by logistic regression on a seed's labels."""
    from sklearn.linear_model import LogisticRegression

    train = task.train(seed)
    model = LogisticRegression(C=strength, max_iter=300, tol=1e-3)
    model.fit(features[train], task.labels[train])
    return np.asarray(model.predict(features[rows]), dtype=np.int64)


def choose_strength(features: Any, task: Task, *, seed: int = SEEDS[0]) -> float:
    """Return the strength that does best on the validation nodes, the first of ties."""
    gold = task.labels[task.validation].astype(np.float64)

    def score(strength: float) -> float:
        found = predict(features, task, seed, task.validation, strength=strength)
        return macro_f1(found.astype(np.float64), gold)

    return max(STRENGTHS, key=score)


def by_features(features: Sequence[Any], task: Task) -> Ints:
    """Return the predictions of all seeds on the test nodes: (seeds, test).

    ``features`` has one table a seed, or one for all. The strength is chosen once.
    """
    strength = choose_strength(features[0], task)
    return np.array(
        [
            predict(
                features[i % len(features)], task, seed, task.test, strength=strength
            )
            for i, seed in enumerate(SEEDS)
        ]
    )


def choose_weight(text: Any, dense: Floats, task: Task, strength: float) -> float:
    """Return the weight of an embedding beside text that validation nodes favour."""
    gold = task.labels[task.validation].astype(np.float64)

    def score(weight: float) -> float:
        table = beside(text, dense, weight)
        found = predict(table, task, SEEDS[0], task.validation, strength=strength)
        return macro_f1(found.astype(np.float64), gold)

    return max(BESIDE_TEXT, key=score)


def by_text_and(
    text: Any, vectors: Sequence[Floats], task: Task, *, strength: float, weight: float
) -> Ints:
    """Return the predictions by text with an embedding beside it: (seeds, test).

    ``vectors`` has one table a seed. Choose ``strength`` for text alone, so that the
    two differ in the embedding and nothing else.
    """
    return np.array(
        [
            predict(beside(text, X, weight), task, seed, task.test, strength=strength)
            for X, seed in zip(vectors, SEEDS, strict=True)
        ]
    )


def by_propagation(task: Task) -> Ints:
    """Return label propagation's predictions of all seeds on the test nodes."""

    def spread(seed: int, alpha: float, rows: Ints) -> Ints:
        given = np.full(len(task.graph), -1)
        train = task.train(seed)
        given[train] = task.labels[train]
        scores = baselines.propagate_labels(task.graph, given, alpha=alpha)
        return np.asarray(scores[rows].argmax(axis=1))

    gold = task.labels[task.validation].astype(np.float64)

    def score(alpha: float) -> float:
        found = spread(SEEDS[0], alpha, task.validation)
        return macro_f1(found.astype(np.float64), gold)

    alpha = max(ALPHAS, key=score)
    return np.array([spread(seed, alpha, task.test) for seed in SEEDS])


def by_majority(task: Task) -> Ints:
    """Return each seed's most frequent class for every test node."""
    found = [np.bincount(task.labels[task.train(seed)]).argmax() for seed in SEEDS]
    return np.repeat(np.array(found)[:, None], len(task.test), axis=1)


# --- scores --------------------------------------------------------------------------
def macro_f1(found: Floats, gold: Floats | None) -> float:
    r"""Return the mean over classes of F1.

    .. math:: F_1(k) = \frac{2\,\mathrm{tp}_k}{2\,\mathrm{tp}_k + \mathrm{fp}_k
              + \mathrm{fn}_k}

    Classes that neither side names are left out. Every class counts the same, however
    small; the share of right answers would be ruled by the large ones.

    Shapes: ``found``, ``gold`` (items,) of class numbers → scalar.
    """
    assert gold is not None
    a, b = found.astype(np.int64), gold.astype(np.int64)
    k = int(max(a.max(), b.max())) + 1
    right = np.bincount(b[a == b], minlength=k)
    named = np.bincount(a, minlength=k) + np.bincount(b, minlength=k)
    there = named > 0
    return float((2 * right[there] / named[there]).mean())


def effect(treatment: Ints, control: Ints | None, task: Task) -> Effect:
    """Return the difference in macro-F1 on the test nodes with its interval."""
    return paired_bootstrap(
        treatment,
        control,
        gold=task.labels[task.test],
        statistic=macro_f1,
        samples=1000,
    )
