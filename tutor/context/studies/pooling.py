"""Ways from a text to one vector, ready for the small benchmark.

MiniLM pooled in four ways (it was tuned with the mean), means of GloVe vectors, plain
and by SIF, and LSA. All of them see a task's texts, none its answers. Chapter:
``context/matryoshka``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.context.attention import packed
from tutor.context.matryoshka.pooling import POOLS, pool
from tutor.context.studies.attention import Reader, reader, tokens_of
from tutor.datasets import models
from tutor.datasets.tokenizer import tokenize
from tutor.datasets.vocabulary import Vocabulary
from tutor.documents.bags import (
    SIF,
    inverse_frequency,
    lsa_directions,
    mean_vectors,
    project,
    sif_vectors,
    sif_weights,
    tfidf,
    weighted_mean,
    word_counts,
)
from tutor.evaluate import tasks
from tutor.evaluate.statistics import paired_bootstrap

Floats = NDArray[np.floating[Any]]
Encode = Callable[[list[str]], Floats]

LONGEST = 128
"""Tokens a text, marks included: what MiniLM was tuned on; the rest is cut off."""
DIRECTIONS, KNOWN = 100, 100_000
BASELINE = "MiniLM mean"


# --- MiniLM --------------------------------------------------------------------------
def cut(ids: Sequence[int], longest: int = LONGEST) -> list[int]:
    """Return token ids of at most ``longest``, the closing mark kept."""
    return [*ids[: longest - 1], ids[-1]] if len(ids) > longest else list(ids)


def minilm_encoders(model: Reader) -> dict[str, Encode]:
    """Return MiniLM as four encoders, one a way of pooling.

    They share their work: the states of a text are made once.
    """
    seen: dict[str, Floats] = {}  # text → (4, dim)

    def pooled(texts: list[str], row: int) -> Floats:
        fresh = list(dict.fromkeys(text for text in texts if text not in seen))
        if fresh:
            ids = [cut(tokens) for tokens in tokens_of(model, fresh)]
            states = packed.last_states(model.encoder, ids)
            for text, state in zip(fresh, states, strict=True):
                seen[text] = np.concatenate(
                    [pool(state[None], [len(state)], how) for how in POOLS]
                )
        return np.stack([seen[text][row] for text in texts])

    def one(row: int) -> Encode:
        return lambda texts: pooled(texts, row)

    return {f"MiniLM {how}": one(row) for row, how in enumerate(POOLS)}


# --- words without context -----------------------------------------------------------
@cache
def _glove() -> tuple[dict[str, int], Floats]:
    found = models.glove().subset(models.glove().keys[:KNOWN])
    return {key: i for i, key in enumerate(found.keys)}, found.vectors


def glove_encoder(*, sif: bool) -> Encode:
    """Return the mean of GloVe vectors, or SIF's weighted mean of them.

    SIF needs how frequent words are. GloVe comes in order of frequency without counts,
    so the word of rank r is given the share of Zipf's law, in proportion to 1/r. The
    direction all texts share is learned on the texts to be encoded.
    """

    def encode(texts: list[str]) -> Floats:
        rows, table = _glove()
        words = [[w for w in tokenize(text) if w in rows] for text in texts]
        vocabulary = Vocabulary.from_counts(Counter(w for text in words for w in text))
        known = [rows[word] for word in vocabulary.words]
        counts, vectors = word_counts(words, vocabulary), table[known]
        if not sif:
            return mean_vectors(counts, vectors)
        share = 1 / np.arange(1.0, len(rows) + 1)
        weights = sif_weights(share)[known]
        means = weighted_mean(counts, vectors, weights)
        top = np.linalg.svd(means, full_matrices=False)[2][0]
        return sif_vectors(counts, vectors, SIF(weights, top))

    return encode


def lsa(texts: list[str]) -> Floats:
    """Return LSA vectors of 100 dimensions, learned on these texts themselves."""
    words = [tokenize(text) for text in texts]
    vocabulary = Vocabulary.from_counts(Counter(w for text in words for w in text))
    counts = word_counts(words, vocabulary)
    table = tfidf(counts, inverse_frequency(counts))
    dim = min(DIRECTIONS, min(table.shape) - 1)
    return project(table, lsa_directions(table, dim))


def encoders(model: Reader) -> dict[str, Encode]:
    """Return the seven encoders by name."""
    return {
        **minilm_encoders(model),
        "GloVe mean": glove_encoder(sif=False),
        "GloVe SIF": glove_encoder(sif=True),
        "LSA": lsa,
    }


# --- the stored study ----------------------------------------------------------------
CONTRASTS = {
    "mean minus CLS": ("MiniLM mean", "MiniLM cls"),
    "mean minus last": ("MiniLM mean", "MiniLM last"),
    "mean minus max": ("MiniLM mean", "MiniLM max"),
    "SIF minus mean": ("GloVe SIF", "GloVe mean"),
    "SIF minus LSA": ("GloVe SIF", "LSA"),
    "MiniLM minus SIF": ("MiniLM mean", "GloVe SIF"),
}


def benchmark() -> dict[str, Any]:
    """Run the seven encoders on the fourteen tasks.

    ``value`` holds the metrics; ``tests`` each design against MiniLM's mean, with
    Holm's p over the six; ``effect`` mean differences over tasks, and within tasks.
    """
    import torch

    torch.set_num_threads(1)
    runs = {name: tasks.run(e) for name, e in encoders(reader()).items()}
    held = tasks.against(runs, BASELINE)
    values = {
        n: np.array([s.value for s in r.scores.values()]) for n, r in runs.items()
    }
    return {
        "tasks": {name: _described(tasks.load(name)) for name in tasks.NAMES},
        "value": {
            name: {t: round(s.value, 5) for t, s in run.scores.items()}
            for name, run in runs.items()
        },
        "tests": {
            name: {"wins": c.wins, "losses": c.losses, "p": c.p, "holm": p}
            for name, (c, p) in held.items()
        },
        "effect": {
            name: asdict(paired_bootstrap(values[a], values[b]))
            for name, (a, b) in CONTRASTS.items()
        },
        "within": {
            name: {t: asdict(e) for t, e in c.effects.items()}
            for name, (c, _) in held.items()
        },
    }


def _described(task: tasks.Task) -> dict[str, Any]:
    return {
        "kind": task.kind,
        "metric": task.metric,
        "items": task.items,
        "chance": round(task.chance, 4),
    }


_INPUTS = (
    *("tutor.evaluate.tasks.build", "tutor.evaluate.tasks.kinds"),
    *("tutor.evaluate.tasks.base", "tutor.evaluate.tasks.clusters"),
    *("tutor.evaluate.tasks.results", "tutor.evaluate.tasks.trees"),
    *("tutor.context.matryoshka.pooling", "tutor.context.attention.packed"),
    *("tutor.context.attention.config", "tutor.context.attention.masks"),
    *("tutor.context.attention.pretrained", "tutor.context.attention.torch"),
    *("tutor.datasets.collections", "tutor.datasets.examples"),
    *("tutor.datasets.tokenizer", "tutor.documents.bags"),
    "tutor.evaluate.statistics",
)
STUDIES = {
    "pooling-tasks": Study(
        run=benchmark,
        inputs=_INPUTS,
        data=(
            *("minilm-l6-v2", "glove-6b-50d", "wordnet", "hpo", "icd-10-cm"),
            *(
                "review-snippets",
                "emoji-categories",
                "python-functions",
                "lee-documents",
            ),
        ),
    )
}
