"""Studies of chapter ``words/evaluation`` on the text itself: which, and how long.

`domain` sets a little text of the task's domain against much general text;
`stopping` chooses the number of epochs by two rules. Both use the organ systems of the
Human Phenotype Ontology as the task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.datasets import Corpus, lexicons
from tutor.embedding import Embedding
from tutor.evaluate.similarity import correlate
from tutor.evaluate.statistics import paired_bootstrap
from tutor.words import evaluation, word2vec
from tutor.words.evaluation import LabelledTexts
from tutor.words.studies.evaluation import (
    WORD2VEC,
    after_each_epoch,
    compare,
    train,
)
from tutor.words.studies.evaluation_use import SEEDS, drawn, features_right
from tutor.words.word2vec import Word2VecConfig

TRAIN = 7000
"""Definitions to learn from; the other 3,500 are only tested on."""


def definitions(task: LabelledTexts, *, share: float = 1.0) -> Corpus:
    """Return the training texts of a task as a corpus: none of its test texts."""
    pool, _ = task.split(TRAIN)
    pool = pool[: int(share * len(pool))]
    documents = [task.documents[i] for i in pool]
    return Corpus.from_documents(documents, min_count=5, name="definitions")


# --- domain against size -------------------------------------------------------------
def domain(
    task: LabelledTexts,
    general: Mapping[str, Sequence[Embedding]],
    *,
    seeds: Sequence[int] = SEEDS,
    labels: int = 500,
    dim: int = 50,
) -> dict[str, Any]:
    """Compare vectors of the task's own texts with vectors of larger general text.

    ``shared`` repeats the comparison with only the words both sides know, so that a
    missing vocabulary cannot explain the difference.
    """
    corpus = definitions(task)
    inside = train(corpus, "skip-gram", seeds=seeds, dim=dim)
    men = lexicons.similarity("men")
    result: dict[str, Any] = {"tokens": len(corpus.tokens), "general": {}}

    def right(runs: Sequence[Embedding], only: Sequence[str] | None = None) -> Any:
        options: dict[str, Any] = {"train": TRAIN, "only": only}
        return np.array(
            [
                features_right(task, run, labels, seed=s, **options)
                for run, s in zip(runs, seeds, strict=True)
            ],
            dtype=float,
        )

    own = right(inside)
    for name, runs in general.items():
        both = tuple(set(inside[0].keys) & set(runs[0].keys))
        all_words = right(runs)
        shared = [right(side, both) for side in (inside, runs)]
        result["general"][name] = {
            "accuracy": all_words.mean(axis=1).tolist(),
            "effect": asdict(paired_bootstrap(own, all_words)),
            "shared": asdict(paired_bootstrap(*shared)),
            "men": asdict(compare(inside, runs, men)),
            "men pairs known": correlate(runs[0], men).n,
        }
    result["accuracy"] = own.mean(axis=1).tolist()
    result["men pairs known"] = correlate(inside[0], men).n
    return result


# --- when to stop --------------------------------------------------------------------
def snapshots(
    corpus: Corpus,
    held: Corpus,
    config: Word2VecConfig,
    marks: Sequence[int],
    seed: int,
) -> list[tuple[Embedding, float]]:
    """Train once; at each marked epoch keep the vectors and the loss on held-out text.

    Both corpora must have one vocabulary.
    """
    other = word2vec.make_plan(held, config, seed=seed)
    kept = []
    for epoch, (U, V) in enumerate(after_each_epoch(corpus, config, seed), 1):
        if epoch in marks:
            loss = word2vec.probe_loss(U, V, other, config, seed=seed)
            kept.append((Embedding(corpus.vocabulary.words, U), float(loss)))
    return kept


def held_out(corpus: Corpus, share: float = 0.1) -> tuple[Corpus, Corpus]:
    """Cut off the last documents; both parts keep the whole vocabulary."""
    cut = int((1 - share) * len(corpus))
    edge = int(corpus.offsets[cut])
    words = corpus.vocabulary
    first = Corpus(corpus.tokens[:edge], corpus.offsets[: cut + 1], words)
    return first, Corpus(corpus.tokens[edge:], corpus.offsets[cut:] - edge, words)


def stopping(
    task: LabelledTexts,
    corpus: Corpus,
    *,
    marks: Sequence[int],
    seeds: Sequence[int] = SEEDS,
    labels: int = 500,
    dim: int = 50,
) -> dict[str, Any]:
    """Choose the epoch by held-out loss and by the task's dev score; test both.

    The learning rate stays constant, so that each epoch is a place one could stop at.
    Half of the task's test texts are dev, the other half test.
    """
    first, held = held_out(corpus)
    config = Word2VecConfig(
        dim=dim, epochs=max(marks), learning_rate=0.05, min_learning_rate=0.05
    )
    loss, dev, test = [], [], []
    for seed in seeds:
        right = []
        kept = snapshots(first, held, config, marks, seed)
        for vectors, _ in kept:
            right.append(features_right(task, vectors, labels, seed=seed, train=TRAIN))
        table: NDArray[np.float64] = np.array(right, dtype=float)
        half = table.shape[1] // 2
        loss.append([value for _, value in kept])
        dev.append(table[:, :half])
        test.append(table[:, half:])
    by_loss = [int(np.argmin(row)) for row in loss]
    by_dev = [int(np.argmax(table.mean(axis=1))) for table in dev]
    effect = paired_bootstrap(
        np.array([t[i] for t, i in zip(test, by_dev, strict=True)]),
        np.array([t[i] for t, i in zip(test, by_loss, strict=True)]),
    )
    return {
        "marks": list(marks),
        "loss": loss,
        "dev": [table.mean(axis=1).tolist() for table in dev],
        "test": [table.mean(axis=1).tolist() for table in test],
        "epoch by loss": [marks[i] for i in by_loss],
        "epoch by dev": [marks[i] for i in by_dev],
        "effect": asdict(effect),
    }


# --- stored --------------------------------------------------------------------------
def all_definitions() -> dict[str, Any]:
    """Stop by either rule on all training definitions: 50 dimensions, 500 labels."""
    organs = evaluation.organ_systems()
    return stopping(organs, definitions(organs), marks=(2, 4, 8, 12, 16, 24, 32))


STUDIES = {
    "evaluation-stopping": Study(
        run=all_definitions,
        inputs=[
            *WORD2VEC,
            "tutor.words.evaluation",
            "tutor.evaluate.statistics",
            *(after_each_epoch, features_right, drawn),
            *(definitions, held_out, snapshots, stopping),
        ],
        data=["hpo"],
    )
}
