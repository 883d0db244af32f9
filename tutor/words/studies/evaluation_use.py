"""Studies of chapter ``words/evaluation`` on vectors in use: a probe, fine-tuning.

`label_curve` measures one embedding a seed as features and as initialisation, by how
many labels there are, beside vectors dealt to other words and beside no vectors at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.embedding import Embedding
from tutor.evaluate.statistics import paired_bootstrap
from tutor.words import evaluation
from tutor.words.evaluation import FineTuneConfig, LabelledTexts

SEEDS = (1, 2, 3, 4, 5)
POOL = 6000
"""Topics that labels are drawn from; the other 3,033 are only tested on."""
COMPARED = (
    ("features", "features dealt"),
    ("features", "tf-idf"),
    ("start", "start dealt"),
)
Right = NDArray[np.bool_]


def features_right(
    task: LabelledTexts,
    embedding: Embedding,
    labels: int,
    *,
    seed: int,
    train: int = POOL,
    only: Sequence[str] | None = None,
) -> Right:
    """Return which test texts a probe on mean vectors gets right.

    The last texts of one fixed split are tested on, whatever the seed; the seed draws
    the ``labels`` texts that are learned from.
    """
    chosen, test = drawn(task, labels, seed=seed, train=train)
    vectors = evaluation.document_features(task, embedding, only=only).vectors
    return evaluation.probe(vectors, task.labels, chosen, test)


def drawn(
    task: LabelledTexts, labels: int, *, seed: int, train: int = POOL
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return ``labels`` training rows, drawn by the seed, and the test rows."""
    pool, test = task.split(train)
    return pool[sampling.permutation(train, seed)[:labels]], test


def uses(
    task: LabelledTexts, run: Embedding, words: Any, labels: int, *, seed: int
) -> Iterator[tuple[str, Right]]:
    """Yield each use of an embedding and which test texts it gets right.

    Uses: mean vectors as features; a fine-tuned classifier that starts from them; both
    with vectors dealt to other words; TF-IDF ``words`` without vectors.
    """
    chosen, test = drawn(task, labels, seed=seed)
    config = FineTuneConfig(epochs=max(4, min(15, 12_000 // labels)))
    for name, vectors in ("", run), (" dealt", evaluation.deal_again(run, seed)):
        yield "features" + name, features_right(task, vectors, labels, seed=seed)
        right = evaluation.fine_tuned(task, vectors, chosen, test, config, seed=seed)
        yield "start" + name, right
    yield "tf-idf", evaluation.probe(words, task.labels, chosen, test, c=10)


def label_curve(
    runs: Sequence[Embedding],
    task: LabelledTexts,
    sizes: Sequence[int],
    *,
    seeds: Sequence[int] = SEEDS,
) -> dict[str, Any]:
    """Measure one embedding a seed in each of its `uses`, by how many labels there are.

    Returns accuracies by use, then by size, then by seed; and the effects of
    ``COMPARED``, named ``"features - tf-idf, 220"``.
    """
    pool, _ = task.split(POOL)
    words = evaluation.bag_of_words(task, pool)
    right: dict[tuple[str, int], list[Right]] = {}
    for size, (run, seed) in product(sizes, zip(runs, seeds, strict=True)):
        for use, hits in uses(task, run, words, size, seed=seed):
            right.setdefault((use, size), []).append(hits)
    tables = {key: np.array(rows, dtype=float) for key, rows in right.items()}
    accuracy: dict[str, list[list[float]]] = {}
    for (use, _), table in tables.items():
        accuracy.setdefault(use, []).append(table.mean(axis=1).tolist())
    effects = {
        f"{one} - {other}, {size}": asdict(
            paired_bootstrap(tables[one, size], tables[other, size])
        )
        for (one, other), size in product(COMPARED, sizes)
    }
    return {"sizes": list(sizes), "accuracy": accuracy, "effects": effects}
