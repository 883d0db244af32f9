"""Studies of chapter ``words/subwords``: the network on texts that packages carry.

The arms of ``subwords_bengali`` on the same folds, with two things more. The network
reads the texts. And word2vec's unknown words are drawn at random, as the paper draws
them, instead of being zero: that takes *unknown* away as a message. Names are compared
live, the network on one fold of them; strings are stored, with the network on both.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.datasets import bengali
from tutor.evaluate.statistics import Effect, paired_bootstrap
from tutor.words import subwords
from tutor.words.studies.subwords_bengali import (
    ARMS,
    BASE,
    SEEDS,
    Classes,
    Lookup,
    Task,
    accuracy,
    f1_difference,
    logistic,
    macro_f1,
    mean_vectors,
    svm,
    task,
)
from tutor.words.subwords import SubwordConfig, classifier
from tutor.words.subwords.classifier import ClassifierConfig

SPREAD = 0.5
"""Standard deviation of the paper's vectors of unknown words."""
DRAWN = "word2vec, unknown drawn"
NETWORK = ClassifierConfig(length=9, epochs=8, batch=128)
"""Nine words are the fewest that leave the widest filter something to pool."""
STRINGS = replace(NETWORK, length=24, epochs=20, batch=32)
"""Few texts, so more passes and smaller batches; the length is that of the comments."""
READ = ("fastText", DRAWN)
"""The vectors that the network reads."""


def level(lookup: Lookup, words: Sequence[str]) -> Lookup:
    """Return the way to vectors whose columns have mean 0 and the paper's spread.

    Mean and spread are those of the words given; the others are moved alike.
    """
    table = np.asarray(lookup(list(words)), np.float64)
    mean, spread = table.mean(axis=0), table.std(axis=0)
    if not spread.all():
        raise ValueError("a column is the same for all words: give more words")

    def levelled(asked: list[str]) -> NDArray[np.float32]:
        return np.asarray((lookup(asked) - mean) * (SPREAD / spread), np.float32)

    return levelled


def drawn(lookup: Lookup, known: Collection[str], seed: int) -> Lookup:
    """Return a way on which each unknown word has a random vector of its own."""

    def filled(asked: list[str]) -> NDArray[np.float32]:
        found = np.array(lookup(asked), np.float32)
        for row, word in zip(found, asked, strict=True):
            if word not in known:
                letters = [ord(letter) for letter in word]
                row[:] = np.random.default_rng([seed, *letters]).normal(size=len(row))
                row *= SPREAD
        return found

    return filled


def ways(
    of: Task, fold: int, seed: int, config: SubwordConfig = BASE
) -> tuple[dict[str, Lookup], dict[str, Lookup]]:
    """Return the ways to the vectors of a fold: for the mean, and for the network."""
    corpus = of.corpus(fold)
    words = corpus.vocabulary.words
    raw = {
        arm: subwords.fit(corpus, replace(config, **change), seed=seed).vectors
        for arm, change in ARMS.items()
    }
    even = {arm: level(raw[arm], words) for arm in ("fastText", "word2vec")}
    even[DRAWN] = drawn(even.pop("word2vec"), set(words), seed)
    return {**raw, DRAWN: even[DRAWN]}, even


def compare(
    of: Task,
    config: SubwordConfig = BASE,
    shape: ClassifierConfig = NETWORK,
    *,
    seeds: Sequence[int] = SEEDS,
    networks: Sequence[int] = (0,),
) -> dict[str, Classes]:
    """Return the classes (seeds, texts) of every arm, each text in its test fold.

    Parameters
    ----------
    of : Task
        Of two folds.
    networks : sequence of int
        Folds whose texts the network classifies as well; it says -1 of the others.
    """
    import torch

    torch.set_num_threads(1)
    found: dict[str, Classes] = {}

    def put(arm: str, s: int, places: NDArray[np.int64], answers: Classes) -> None:
        blank = np.full((len(seeds), len(of.labels)), -1)
        found.setdefault(arm, blank)[s, places] = answers

    for fold in (0, 1):
        train, test = of.parts(fold)
        labels = of.labels[train]
        read, unseen = ([of.documents[i] for i in part] for part in (train, test))
        texts, lines = ([of.texts[i] for i in part] for part in (train, test))
        base = svm(texts, labels, lines)
        for s, seed in enumerate(seeds):
            put("TF-IDF + SVM", s, test, base)
            raw, even = ways(of, fold, seed, config)
            for arm, lookup in raw.items():
                x, y = (mean_vectors(part, lookup) for part in (read, unseen))
                put(arm, s, test, logistic(x, labels, y))
            for arm in READ if fold in networks else ():
                net = classifier.fit(read, labels, even[arm], shape, seed=seed)
                put(f"{arm} | network", s, test, net.predict(unseen))
    return found


def accuracy_difference(
    one: Classes, other: Classes, labels: Classes, *, samples: int = 500
) -> Effect:
    """Return the difference in accuracy of two arms, over texts and seeds."""
    return paired_bootstrap(
        one, other, gold=labels, statistic=accuracy, samples=samples
    )


# --- stored: strings -----------------------------------------------------------------
COMPARED = {
    "fastText - word2vec": ("fastText | network", f"{DRAWN} | network"),
    "SVM - network": ("TF-IDF + SVM", "fastText | network"),
}


def strings_task() -> Task:
    """Return the strings of a framework, with the names as more text."""
    return task(bengali.strings(), bengali.names().texts, folds=2)


def strings() -> dict[str, Any]:
    """Compare vectors and classifiers on the strings, each in its test fold."""
    of = strings_task()
    found = compare(of, shape=STRINGS, networks=(0, 1))
    gold = of.labels.astype(float)
    effects = {
        name: f1_difference(found, of.labels, one, other)
        for name, (one, other) in COMPARED.items()
    }
    return {
        "texts": np.bincount(of.labels).tolist(),
        "unknown": float(of.unknown_share().mean()),
        "vectors": asdict(BASE),
        "classifier": asdict(STRINGS),
        "seeds": list(SEEDS),
        "f1": {
            arm: [macro_f1(row.astype(float), gold) for row in table]
            for arm, table in found.items()
        },
        "effect": {name: asdict(effect) for name, effect in effects.items()},
    }


STUDIES = {
    "subwords-strings": Study(
        run=strings,
        inputs=[
            "tutor.sampling",
            *("tutor.words.subwords:fit", "tutor.words.subwords:SubwordFit"),
            *("tutor.words.subwords:_train", "tutor.words.subwords:_means"),
            "tutor.words.subwords.config",
            *("tutor.words.subwords.reference", "tutor.words.subwords.hashing"),
            *("tutor.words.subwords.walk", "tutor.words.subwords.epoch"),
            *("tutor.words.subwords.fast", "tutor.words.subwords.graphemes"),
            "tutor.words.subwords.classifier",
            "tutor.words.subwords.classifier.config",
            "tutor.words.subwords.classifier.torch",
            *("tutor.datasets.bengali", "tutor.datasets.tokenizer"),
            "tutor.evaluate.statistics",
            "tutor.words.studies.subwords_bengali",
            "tutor.words.studies.subwords_network",
        ],
        data=["bengali-names", "bengali-strings"],
    )
}
