"""Texts, vectors and networks of chapter ``words/knowledge``.

Names of tumours without the words of the class names; families of codes are not cut,
and a test text with the same set of words as a training text is left out. Settings of
the network are chosen in ``knowledge_choice``, on the validation part, which is tested
nowhere; ``NETWORK`` here is what a pilot on 411 texts of another split had chosen, and
where that grid begins. Graph and weight were looked at in that pilot only; some of its
families are tested here. All arms have vectors of one length.
Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.datasets import Corpus, neoplasms, relations
from tutor.datasets.neoplasms import TASKS, Neoplasms
from tutor.embedding import Embedding
from tutor.geometry import mean_center, unit_rows
from tutor.words import knowledge, word2vec
from tutor.words.knowledge import EdgeRows, JointConfig, classifier
from tutor.words.knowledge.classifier import MultiTaskConfig
from tutor.words.word2vec import Word2VecConfig

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GRAPH = ("synonym", "pertainym", "part", "hypernym", "hpo")
ENGINE = Word2VecConfig(epochs=3)
JOINT = JointConfig(engine=ENGINE, weight=1.0)
# What a pilot on another split chose. What is used: knowledge_stored.NETWORK.
NETWORK = MultiTaskConfig(
    length=12, filters=50, l2=0.0, epochs=5, least_steps=300, learning_rate=3e-3
)
"""Half the filters, no penalty on the table, a larger step: see the chapter."""
JUDGED = ("site", "behaviour")
"""The tasks that can be answered; the side is gone with its words."""
FOLDS, VALID = 2, 400
_DRAW, _STRANGE = 73, 74  # streams: training texts, vectors of unknown words


# --- the texts -----------------------------------------------------------------------
@dataclass(frozen=True, eq=False, repr=False)
class Bench:
    """Texts, the part of each, and their words.

    Attributes
    ----------
    data : Neoplasms
    parts : (n,)
        0 or 1; -1 for validation.
    words : tuple of str
        All words of the texts.
    """

    data: Neoplasms
    parts: Ints
    words: tuple[str, ...]

    def __repr__(self) -> str:
        sizes = np.bincount(self.parts + 1).tolist()
        return f"Bench({sizes[0]} texts to choose on, {sizes[1:]} to test)"

    def pool(self, fold: int) -> Ints:
        """Return the texts that may be trained on when a part is tested."""
        return np.flatnonzero((self.parts >= 0) & (self.parts != fold))

    def tested(self, fold: int) -> Ints:
        """Return the texts that are tested: those that are no copies."""
        inside = np.flatnonzero(self.parts == fold)
        return neoplasms.fresh(self.data, self.pool(fold), inside)

    def drawn(self, fold: int, fraction: float, seed: int) -> Ints:
        """Return training texts: a share of all texts, as far as the pool reaches."""
        pool = self.pool(fold)
        order = sampling.permutation(len(pool), seed, stream=_DRAW)
        return np.sort(pool[order[: round(fraction * len(self.data))]])


def bench(*, label_words: bool = False) -> Bench:
    """Return the tumours, without the words of the class names unless asked."""
    whole = neoplasms.neoplasms()
    bare = whole.without()
    words = sorted({w for text in whole.words for w in text})
    parts = neoplasms.family_folds(bare, FOLDS, valid=VALID, seed=0)
    return Bench(whole if label_words else bare, parts, tuple(words))


# --- the vectors ---------------------------------------------------------------------
def graph(corpus: Corpus) -> EdgeRows:
    """Return the lexicon's edges between the words of a corpus."""
    words = corpus.vocabulary.words
    return knowledge.edge_rows(words, relations.relations(set(words), GRAPH))


def embeddings(
    corpus: Corpus, edges: EdgeRows, seed: int, config: JointConfig = JOINT
) -> dict[str, Embedding]:
    """Return the vectors of every arm that has any, from one seed."""
    strange = knowledge.shuffled_edges(edges, seed=seed)
    plain = word2vec.fit(corpus, config.engine, seed=seed).embedding
    return {
        "word2vec": plain,
        "retrofit": knowledge.retrofit(plain, edges),
        "retrofit, shuffled": knowledge.retrofit(plain, strange),
        "joint": knowledge.fit(corpus, edges, config, seed=seed).embedding,
        "joint, shuffled": knowledge.fit(corpus, strange, config, seed=seed).embedding,
    }


def table(
    words: Sequence[str], embedding: Embedding | None, dim: int, seed: int
) -> Floats:
    """Return a vector of length 1 for each word: centred, or random if unknown.

    A word that the embedding lacks has the same random vector in every arm of a seed.
    """
    draws = sampling.uniform(seed, 0, _STRANGE, np.arange(len(words) * dim))
    found = unit_rows(draws.reshape(len(words), dim) - 0.5)
    if embedding is not None:
        unit = unit_rows(mean_center(np.asarray(embedding.vectors, np.float64)))
        known = [i for i, word in enumerate(words) if word in embedding]
        found[known] = unit[embedding.rows([words[i] for i in known])]
    return np.asarray(found, np.float64)


# --- answers -------------------------------------------------------------------------
def network(
    of: Bench,
    train: Ints,
    embedding: Embedding | None,
    config: MultiTaskConfig,
    seed: int,
) -> classifier.MultiTask:
    """Return a network trained on some of the texts."""
    data, dim = of.data, 100 if embedding is None else embedding.dim
    return classifier.fit(
        [data.words[i] for i in train],
        {task: y[train] for task, y in data.labels.items()},
        of.words,
        table(of.words, embedding, dim, seed),
        config,
        classes={task: len(names) for task, names in TASKS.items()},
        seed=seed,
    )


def svm(of: Bench, train: Ints, test: Ints) -> dict[str, Ints]:
    """Return what TF-IDF of words and pairs of words, with a linear SVM, answers."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    read = [[" ".join(of.data.words[i]) for i in rows] for rows in (train, test)]
    found = {}
    for task in JUDGED:
        y = of.data.labels[task][train]
        grams = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        model = make_pipeline(grams, LinearSVC(random_state=0))
        found[task] = np.asarray(model.fit(read[0], y).predict(read[1]), np.int64)
    return found
