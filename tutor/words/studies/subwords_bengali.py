"""Studies of chapter ``words/subwords``, Bengali: names, strings, sentiment.

Vectors are learned from the texts of the training part, never from those a score is
taken on: what a test text holds beyond them is unknown to every arm. Arms differ in
their vectors alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.datasets import Corpus, bengali, tokenize
from tutor.datasets.bengali import LabelledTexts
from tutor.evaluate.statistics import Effect, paired_bootstrap
from tutor.words import subwords
from tutor.words.studies.subwords import BIN, untrained
from tutor.words.subwords import SubwordConfig

Floats = NDArray[np.float64]
Classes = NDArray[np.int64]
Lookup = Callable[[list[str]], NDArray[np.float32]]
SEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, eq=False)
class Task:
    """Texts as words, their classes, and the fold each is tested in.

    Attributes
    ----------
    texts : tuple of str
    documents : tuple of lists of str
    labels, folds : (n,) int64
    more : list of lists of str
        Unlabelled texts that every arm's vectors may learn from.
    min_count : int
        Rarer words are unknown.
    """

    texts: tuple[str, ...]
    documents: tuple[list[str], ...]
    labels: Classes
    folds: Classes
    more: list[list[str]]
    min_count: int

    def parts(self, fold: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the numbers of the training texts and of the test texts."""
        test = self.folds == fold
        return np.flatnonzero(~test), np.flatnonzero(test)

    def corpus(self, fold: int) -> Corpus:
        """Return what the vectors of a fold are learned from."""
        train, _ = self.parts(fold)
        documents = [self.documents[i] for i in train] + self.more
        return Corpus.from_documents(documents, min_count=self.min_count)

    def unknown_share(self) -> Floats:
        """Return the share of each text's words that the corpus of its fold lacks."""
        found = np.zeros(len(self.documents))
        for fold in range(int(self.folds.max()) + 1):
            words = self.corpus(fold).vocabulary
            for i in self.parts(fold)[1]:
                known = [w in words for w in self.documents[i]]
                found[i] = 1 - sum(known) / max(len(known), 1)
        return found


def task(
    data: LabelledTexts, more: Sequence[str] = (), *, folds: int, min_count: int = 1
) -> Task:
    """Return a task with so many folds, each class spread evenly over them."""
    documents = tuple(tokenize(text) for text in data.texts)
    order = sampling.permutation(len(data), seed=0)
    place = np.zeros(len(data), np.int64)
    for label in range(len(data.classes)):
        members = order[data.labels[order] == label]
        place[members] = np.arange(len(members)) % folds
    extra = [tokenize(text) for text in more]
    return Task(data.texts, documents, data.labels, place, extra, min_count)


# --- classifiers ---------------------------------------------------------------------
def mean_vectors(documents: Sequence[Sequence[str]], lookup: Lookup) -> Floats:
    """Return the mean vector of each document's words; zeros where it has none."""
    words = list(dict.fromkeys(w for d in documents for w in d))
    place = {word: i for i, word in enumerate(words)}
    table = np.asarray(lookup(words), np.float64)
    found = np.zeros((len(documents), table.shape[1]))
    for i, document in enumerate(documents):
        if document:
            found[i] = table[[place[w] for w in document]].mean(axis=0)
    return found


def logistic(train: Floats, labels: Classes, test: Floats) -> Classes:
    """Return the classes that logistic regression gives, on columns of unit spread."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    return np.asarray(model.fit(train, labels).predict(test), np.int64)


def svm(train: Sequence[str], labels: Classes, test: Sequence[str]) -> Classes:
    """Return the classes of the strong baseline: character n-grams, TF-IDF, linear SVM.

    Character n-grams of 2 to 5 inside words, every setting else the library's default.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    model = make_pipeline(grams, LinearSVC(random_state=0))
    return np.asarray(model.fit(list(train), labels).predict(list(test)), np.int64)


# --- arms ----------------------------------------------------------------------------
BASE = SubwordConfig(dim=50, epochs=10, buckets=20_000)
ARMS: dict[str, dict[str, Any]] = {
    "fastText": {},
    "fastText, graphemes": {"units": "grapheme", "min_n": 2, "max_n": 4},
    "word2vec": {"max_n": 0},
}
"""Two to four graphemes span about as many code points as three to six code points."""


def lookups(corpus: Corpus, config: SubwordConfig, seed: int) -> dict[str, Lookup]:
    """Return each arm's way from words to vectors, trained on a corpus."""
    found: dict[str, Lookup] = {}
    for arm, change in ARMS.items():
        run = subwords.fit(corpus, replace(config, **change), seed=seed)
        found[arm] = run.vectors
        if arm == "fastText":
            found["n-grams, untrained"] = start_of(untrained(run))
    return found


def start_of(run: subwords.SubwordFit) -> Lookup:
    """Return the way to vectors of n-grams alone, as they were before training."""

    def lookup(words: list[str]) -> NDArray[np.float32]:
        vocab = len(run.embedding)
        rows = subwords.walk.rows_of(words, run.config, first=vocab, own=False)
        return np.asarray(subwords.mean_rows(run.Z, rows), np.float32)

    return lookup


def compare(
    of: Task,
    config: SubwordConfig = BASE,
    *,
    seeds: Sequence[int] = SEEDS,
    folds: Sequence[int] = (0, 1),
) -> dict[str, Classes]:
    """Return the classes (seeds, texts) that mean vectors give, and the baseline's.

    Each text is classified in the fold it is tested in, by vectors and a regression
    that have not seen it.
    """
    found: dict[str, Classes] = {}
    for fold in folds:
        train, test = of.parts(fold)
        corpus = of.corpus(fold)
        read = [[of.documents[i] for i in part] for part in (train, test)]
        for s, seed in enumerate(seeds):
            for arm, lookup in lookups(corpus, config, seed).items():
                x, y = (mean_vectors(documents, lookup) for documents in read)
                _put(found, arm, s, test, logistic(x, of.labels[train], y), of, seeds)
        base = svm([of.texts[i] for i in train], of.labels[train], _of(of, test))
        for s in range(len(seeds)):
            _put(found, "TF-IDF + SVM", s, test, base, of, seeds)
    return found


def _of(of: Task, numbers: NDArray[np.int64]) -> list[str]:
    return [of.texts[i] for i in numbers]


def _put(
    found: dict[str, Classes],
    arm: str,
    s: int,
    test: NDArray[np.int64],
    answers: Classes,
    of: Task,
    seeds: Sequence[int],
) -> None:
    table = found.setdefault(arm, np.full((len(seeds), len(of.labels)), -1))
    table[s, test] = answers


# --- effects -------------------------------------------------------------------------
def macro_f1(answers: Floats, gold: Floats | None) -> float:
    """Return the mean over classes of F1; a class that is absent is left out."""
    assert gold is not None
    values = []
    for label in np.unique(gold):
        hit = float(((answers == label) & (gold == label)).sum())
        total = float((answers == label).sum() + (gold == label).sum())
        values.append(2 * hit / total)
    return float(np.mean(values))


def f1_difference(
    found: Mapping[str, Classes],
    labels: Classes,
    one: str,
    other: str,
    *,
    samples: int = 500,
) -> Effect:
    """Return the difference in macro-F1 of two arms, over texts and seeds."""
    return paired_bootstrap(
        found[one], found[other], gold=labels, statistic=macro_f1, samples=samples
    )


def growth(
    found: Mapping[str, Classes],
    labels: Classes,
    unknown: NDArray[np.bool_],
    *,
    metric: Callable[[Floats, Floats | None], float] = macro_f1,
    samples: int = 500,
) -> Effect:
    """Return fastText's advantage where words are unknown, minus that elsewhere.

    The effect is a difference of two differences: texts under the mask, and the rest.
    """

    def apart(answers: Floats, gold: Floats | None) -> float:
        assert gold is not None
        many = gold >= BIN
        return metric(answers[many], gold[many] - BIN) - metric(
            answers[~many], gold[~many]
        )

    return paired_bootstrap(
        found["fastText"],
        found["word2vec"],
        gold=labels + BIN * unknown,
        statistic=apart,
        samples=samples,
    )


def accuracy(answers: Floats, gold: Floats | None) -> float:
    """Return the share of right answers."""
    return float(np.mean(answers == gold))


def names_task() -> Task:
    """Return the live task of the chapter: what kind of thing a Bengali name names."""
    return task(bengali.names(), bengali.strings().texts, folds=2)
