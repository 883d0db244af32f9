"""Stored study of chapter ``words/subwords``: Bengali sentiment, read from TUTOR_DATA.

The lines of Karim et al. (2020), each once. A fifth of them, the same for all, is set
apart; five seeds train vectors and classifiers on the rest. One setting of everything,
fixed before the first score. One core takes about five minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.datasets import Corpus, bengali
from tutor.evaluate.statistics import paired_bootstrap
from tutor.words import glove
from tutor.words.glove import GloVeConfig
from tutor.words.studies.subwords_bengali import (
    SEEDS,
    Classes,
    Lookup,
    Task,
    growth,
    logistic,
    lookups,
    macro_f1,
    mean_vectors,
    svm,
    task,
)
from tutor.words.subwords import SubwordConfig, classifier
from tutor.words.subwords.classifier import ClassifierConfig

VECTORS = SubwordConfig(dim=100, epochs=10, buckets=100_000)
SAMPLES = 500


def sentiment_task() -> Task:
    """Return the lines, with the packaged Bengali strings and names as more text."""
    more = bengali.strings().texts + bengali.names().texts
    return task(bengali.sentiment(), more, folds=5, min_count=2)


def glove_lookup(corpus: Corpus, seed: int) -> Lookup:
    """Return the way to GloVe vectors of the same length; unknown words get zeros."""
    config = GloVeConfig(dim=VECTORS.dim, epochs=15, x_max=10.0)
    embedding = glove.fit(corpus, config, seed=seed).embedding

    def lookup(words: list[str]) -> NDArray[np.float32]:
        found = np.zeros((len(words), embedding.dim), np.float32)
        for i, word in enumerate(words):
            if word in embedding:
                found[i] = embedding[word]
        return found

    return lookup


def answers(of: Task, *, seeds: Sequence[int] = SEEDS) -> dict[str, Classes]:
    """Return the classes (seeds, test texts) of every arm.

    Named ``vectors | classifier``; the baseline needs no vectors and no seed.
    """
    import torch

    torch.set_num_threads(1)
    train, test = of.parts(0)
    corpus, labels = of.corpus(0), of.labels[train]
    read = [[of.documents[i] for i in part] for part in (train, test)]
    texts = [[of.texts[i] for i in part] for part in (train, test)]
    found: dict[str, list[Classes]] = {}
    for seed in seeds:
        ways = {**lookups(corpus, VECTORS, seed), "GloVe": glove_lookup(corpus, seed)}
        for arm, lookup in ways.items():
            x, y = (mean_vectors(documents, lookup) for documents in read)
            _add(found, f"{arm} | mean", logistic(x, labels, y))
            parts = ["both"]
            if arm == "fastText":
                parts += ["convolutions", "lstm"]
            for part in parts:
                config = ClassifierConfig(parts=part)
                net = classifier.fit(read[0], labels, lookup, config, seed=seed)
                _add(found, f"{arm} | {part}", net.predict(read[1]))
    base = svm(texts[0], labels, texts[1])
    found["TF-IDF + SVM"] = [base] * len(seeds)
    return {arm: np.array(rows) for arm, rows in found.items()}


def _add(found: dict[str, list[Classes]], arm: str, classes: Classes) -> None:
    found.setdefault(arm, []).append(classes)


COMPARED = {
    "fastText - word2vec": ("fastText | both", "word2vec | both"),
    "word2vec - GloVe": ("word2vec | both", "GloVe | both"),
    "graphemes - code points": ("fastText, graphemes | both", "fastText | both"),
    "network - mean": ("fastText | both", "fastText | mean"),
    "both - lstm": ("fastText | both", "fastText | lstm"),
    "both - convolutions": ("fastText | both", "fastText | convolutions"),
    "SVM - network": ("TF-IDF + SVM", "fastText | both"),
    "trained - untrained": ("fastText | mean", "n-grams, untrained | mean"),
}


def bengali_sentiment() -> dict[str, Any]:
    """Compare vectors and classifiers on the lines set apart."""
    of = sentiment_task()
    _, test = of.parts(0)
    gold = of.labels[test]
    words = of.corpus(0).vocabulary
    unknown = np.array(
        [np.mean([w not in words for w in of.documents[i]] or [False]) for i in test]
    )
    many = unknown > np.median(unknown)
    found = answers(of)
    effects = {
        name: paired_bootstrap(
            found[one], found[other], gold=gold, statistic=macro_f1, samples=SAMPLES
        )
        for name, (one, other) in COMPARED.items()
    }
    for part in ("mean", "both"):
        pair = {arm: found[f"{arm} | {part}"] for arm in ("fastText", "word2vec")}
        effects[f"growth, {part}"] = growth(pair, gold, many, samples=SAMPLES)
    return {
        "lines": {"train": len(of.labels) - len(test), "test": len(test)},
        "dropped": bengali.sentiment().dropped,
        "unknown": {
            "mean share": float(unknown.mean()),
            "median share": float(np.median(unknown)),
            "texts above": int(many.sum()),
        },
        "words": len(words),
        "vectors": asdict(VECTORS),
        "classifier": asdict(ClassifierConfig()),
        "seeds": list(SEEDS),
        "f1": {
            arm: [macro_f1(row.astype(float), gold.astype(float)) for row in table]
            for arm, table in found.items()
        },
        "effect": {name: asdict(effect) for name, effect in effects.items()},
    }


STUDIES = {
    "subwords-sentiment": Study(
        run=bengali_sentiment,
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
            *("tutor.words.glove", "tutor.words.glove.reference"),
            *("tutor.words.glove.fast", "tutor.words.glove.tiles"),
            *("tutor.datasets.bengali", "tutor.datasets.tokenizer"),
            "tutor.evaluate.statistics",
            "tutor.words.studies.subwords_bengali",
            "tutor.words.studies.subwords_sentiment",
        ],
        data=["bengali-sentiment", "bengali-names", "bengali-strings"],
    )
}
