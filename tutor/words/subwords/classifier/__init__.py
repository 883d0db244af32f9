"""A multichannel convolutional LSTM on frozen word vectors.

Forms: ``reference`` (the forward pass in NumPy) and ``torch`` (the module, trained).
Chapter: ``words/subwords``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.words.subwords.classifier.config import ClassifierConfig
from tutor.words.subwords.classifier.reference import (
    convolution,
    lstm,
    max_pool,
    scores,
)

__all__ = [
    "Classifier",
    "ClassifierConfig",
    "convolution",
    "fit",
    "lstm",
    "max_pool",
    "scores",
]

Documents = Sequence[Sequence[str]]


@dataclass(frozen=True, repr=False)
class Classifier:
    """A trained network and the way to its word vectors.

    Attributes
    ----------
    model : torch module
    lookup : callable
        List of words → (n, dim).
    config : ClassifierConfig
    losses : tuple of float
        Mean loss of each epoch, with dropout.
    """

    model: Any
    lookup: Callable[[list[str]], NDArray[np.float32]]
    config: ClassifierConfig
    losses: tuple[float, ...]

    def predict(self, documents: Documents) -> NDArray[np.int64]:
        """Return the class of each document, a list of words."""
        from tutor.words.subwords.classifier import torch as twin

        table, rows = arrange(documents, self.lookup, self.config.length)
        return twin.predict(self.model, table, rows)

    def __repr__(self) -> str:
        return (
            f"Classifier({self.config.parts}, length={self.config.length}, "
            f"loss {self.losses[-1]:.2f})"
        )


def arrange(
    documents: Documents,
    lookup: Callable[[list[str]], NDArray[np.float32]],
    length: int,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the vectors of all words, a row of zeros last, and each text's rows.

    Texts are cut at ``length`` words; a shorter one is filled from the left with
    zeros, so that the last thing the LSTM reads is the text.
    """
    if any(isinstance(d, str) for d in documents):
        raise TypeError("a document must be a list of words: tokenize it first")
    if not len(documents):
        raise ValueError("no documents: give at least one")
    words = list(dict.fromkeys(w for d in documents for w in d[:length]))
    place = {word: i for i, word in enumerate(words)}
    rows = np.full((len(documents), length), len(words), np.int64)
    for i, document in enumerate(documents):
        found = [place[w] for w in document[:length]]
        if found:
            rows[i, -len(found) :] = found
    if not words:
        raise ValueError("no document holds a word: nothing to read")
    table = np.asarray(lookup(words), np.float32)
    return np.vstack([table, np.zeros((1, table.shape[1]), np.float32)]), rows


def fit(
    documents: Documents,
    labels: ArrayLike,
    lookup: Callable[[list[str]], NDArray[np.float32]],
    config: ClassifierConfig | None = None,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> Classifier:
    """Train the network on documents whose word vectors stay as they are.

    Parameters
    ----------
    documents : sequence of lists of words
    labels : (n,) array
        Classes 0, 1, …
    lookup : callable
        List of words → (n, dim): ``SubwordFit.vectors``, or any other way.
    config : ClassifierConfig or None
        None is the default configuration.
    seed : int
        Initial weights, dropout and the order of the documents.
    device : str
        ``cpu``, ``cuda``, ``mps``.

    Raises
    ------
    ValueError
        If labels and documents do not pair, are no classes, or nothing can be read.
    """
    from tutor.words.subwords.classifier import torch as twin

    config = config or ClassifierConfig()
    wanted = np.asarray(labels)
    if wanted.shape != (len(documents),) or wanted.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be {len(documents)} whole numbers, one a document, got "
            f"{wanted.dtype} of shape {wanted.shape}"
        )
    if len(np.unique(wanted)) < 2 or wanted.min() < 0:
        raise ValueError("labels need at least two classes, counted from 0")
    table, rows = arrange(documents, lookup, config.length)
    model, losses = twin.train(
        table, rows, wanted.astype(np.int64), config, seed=seed, device=device
    )
    return Classifier(model, lookup, config, tuple(losses))
