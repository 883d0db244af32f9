"""The third task of chapter ``words/knowledge``: the side, with its words and without.

Site and behaviour are compared in ``knowledge_stored``. The side is not among them,
since *right* and *left* are label words: here is what that means in numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tutor.embedding import Embedding
from tutor.words.studies.knowledge_stored import NETWORK
from tutor.words.studies.knowledge_texts import (
    FOLDS,
    Bench,
    Floats,
    Ints,
    network,
)
from tutor.words.studies.subwords_bengali import macro_f1

Answer = Callable[[Ints, Ints, int], Ints]
"""From training texts, tested texts and a seed to the sides of the tested."""


def side_f1(of: Bench, answer: Answer, *, share: float, seeds: Sequence[int]) -> Floats:
    r"""Return the macro-F1 of the side, one a seed, over the tested texts of all parts.

    .. math:: \frac1{|C|} \sum_{c \in C} \frac{2 h_c}{g_c + t_c}

    with hits, guesses and truths of each side c. Shapes: → (seeds,).
    """
    tested = [of.tested(fold) for fold in range(FOLDS)]
    y = of.data.labels["side"][np.concatenate(tested)].astype(np.float64)
    found = []
    for seed in seeds:
        drawn = [of.drawn(fold, share, seed) for fold in range(FOLDS)]
        parts = [answer(a, b, seed) for a, b in zip(drawn, tested, strict=True)]
        found.append(macro_f1(np.concatenate(parts), y))
    return np.array(found)


def usual(of: Bench) -> Answer:
    """Answer with the most frequent side of the training texts."""

    def answer(train: Ints, test: Ints, seed: int) -> Ints:
        side = np.bincount(of.data.labels["side"][train]).argmax()
        return np.full(len(test), side, np.int64)

    return answer


def by_words(of: Bench) -> Answer:
    """Answer by TF-IDF of words and pairs of words, with a linear SVM."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    texts = np.array([" ".join(words) for words in of.data.words], dtype=object)

    def answer(train: Ints, test: Ints, seed: int) -> Ints:
        grams = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        model = make_pipeline(grams, LinearSVC(random_state=0))
        model.fit(texts[train], of.data.labels["side"][train])
        return np.asarray(model.predict(texts[test]), np.int64)

    return answer


def by_network(of: Bench, vectors: Embedding | None) -> Answer:
    """Answer by the chapter's network on some vectors; None: random ones."""

    def answer(train: Ints, test: Ints, seed: int) -> Ints:
        net = network(of, train, vectors, NETWORK, seed)
        return np.asarray(net.predict([of.data.words[i] for i in test])["side"])

    return answer
