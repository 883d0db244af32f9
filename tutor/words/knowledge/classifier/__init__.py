"""A convolutional network that answers several questions about a text at once.

Forms: ``reference`` (the forward pass in NumPy) and ``torch`` (the module, trained).
Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.words.knowledge.classifier.config import MultiTaskConfig
from tutor.words.knowledge.classifier.reference import (
    multitask_loss,
    pooled,
    same_convolution,
    scores,
)

__all__ = [
    "MultiTask",
    "MultiTaskConfig",
    "fit",
    "multitask_loss",
    "pooled",
    "rows_of",
    "same_convolution",
    "scores",
]

Documents = Sequence[Sequence[str]]
Ints = NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class MultiTask:
    """A trained network, the words it knows, and its tasks.

    Attributes
    ----------
    model : torch module
    words : tuple of str
    tasks : tuple of str
    config : MultiTaskConfig
    losses : tuple of float
        Mean loss of each epoch, with dropout and penalty.
    """

    model: Any
    words: tuple[str, ...]
    tasks: tuple[str, ...]
    config: MultiTaskConfig
    losses: tuple[float, ...]

    def predict(self, documents: Documents) -> dict[str, Ints]:
        """Return the class numbers (n,) of each task; unknown words are passed over."""
        from tutor.words.knowledge.classifier import torch as twin

        rows = rows_of(documents, self.words, self.config.length)
        return dict(zip(self.tasks, twin.predict(self.model, rows), strict=True))

    def __repr__(self) -> str:
        return (
            f"MultiTask({len(self.words)} words, tasks {', '.join(self.tasks)}, "
            f"loss {self.losses[-1]:.2f})"
        )


def rows_of(documents: Documents, words: Sequence[str], length: int) -> Ints:
    """Return each text's word numbers, ``len(words)`` where there is none.

    Words outside ``words`` are passed over; texts are cut at ``length`` known words.

    Raises
    ------
    TypeError
        If a document is a string: tokenize it first.
    """
    if any(isinstance(d, str) for d in documents):
        raise TypeError("a document must be a list of words: tokenize it first")
    place = {word: i for i, word in enumerate(words)}
    rows = np.full((len(documents), length), len(words), np.int64)
    for i, document in enumerate(documents):
        known = [place[w] for w in document if w in place][:length]
        rows[i, : len(known)] = known
    return rows


def fit(
    documents: Documents,
    labels: Mapping[str, ArrayLike],
    words: Sequence[str],
    vectors: ArrayLike,
    config: MultiTaskConfig | None = None,
    *,
    classes: Mapping[str, int] | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> MultiTask:
    """Train the network; the word vectors are where its table begins.

    Parameters
    ----------
    documents : sequence of lists of words
    labels : mapping of str to (n,) array
        Class numbers from 0, for each task.
    words : sequence of str
        The words of the table: also those that only later texts have.
    vectors : (words, dim) array
    config : MultiTaskConfig or None
        None is the default configuration.
    classes : mapping of str to int, optional
        How many classes each task has; otherwise as many as the labels show.
    seed : int
        Initial weights, dropout and the order of the documents.
    device : str
        ``cpu``, ``cuda``, ``mps``.

    Raises
    ------
    ValueError
        If labels, documents, words and vectors do not pair, or a label is no class.
    """
    from tutor.words.knowledge.classifier import torch as twin

    config = config or MultiTaskConfig()
    table = np.asarray(vectors, np.float32)
    if table.ndim != 2 or len(table) != len(words):
        raise ValueError(
            f"vectors must be ({len(words)}, dim), one row a word, got {table.shape}"
        )
    if not len(documents) or not labels:
        raise ValueError(
            f"{len(documents)} documents and {len(labels)} tasks: give at least one "
            "of each"
        )
    wanted = [np.asarray(y) for y in labels.values()]
    sizes = dict(classes or {t: int(np.max(y)) + 1 for t, y in labels.items()})
    for task, y in zip(labels, wanted, strict=True):
        _check_labels(task, y, len(documents), sizes.get(task, 0))
    model, losses = twin.train(
        table,
        rows_of(documents, words, config.length),
        np.stack(wanted).astype(np.int64),
        [sizes[task] for task in labels],
        config,
        seed=seed,
        device=device,
    )
    return MultiTask(model, tuple(words), tuple(labels), config, tuple(losses))


def _check_labels(task: str, y: NDArray[Any], count: int, classes: int) -> None:
    if y.shape != (count,) or y.dtype.kind not in "iu":
        raise ValueError(
            f"labels of {task!r} must be {count} whole numbers, one a document, got "
            f"{y.dtype} of shape {y.shape}"
        )
    if not 0 <= y.min() <= y.max() < max(classes, 1):
        raise ValueError(
            f"labels of {task!r} run from {y.min()} to {y.max()}, but its classes are "
            f"0 to {classes - 1}"
        )
