"""The fine-tuned classifier in torch: word vectors and a softmax on their mean.

Chapter: ``words/evaluation``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tutor import sampling, training
from tutor.words.evaluation.reference import FineTuneConfig


class BagClassifier(nn.Module):
    r"""A softmax on the mean of word vectors, both learned.

    .. math:: z_t = W \sum_w a_{tw} v_w + b

    Parameters are named as in `reference.bag_logits`: ``word_vectors``, ``W``, ``b``.
    ``W`` and ``b`` start at zero, so that nothing but the vectors is random.
    """

    def __init__(self, word_vectors: NDArray[np.float32], classes: int) -> None:
        super().__init__()
        self.word_vectors = nn.Parameter(torch.tensor(word_vectors))
        self.W = nn.Parameter(torch.zeros(classes, word_vectors.shape[1]))
        self.b = nn.Parameter(torch.zeros(classes))

    def logits(
        self, words: torch.Tensor, shares: torch.Tensor, offsets: torch.Tensor
    ) -> torch.Tensor:
        """Return z (texts, classes) of texts given as stretches of a word list."""
        mean = nn.functional.embedding_bag(
            words,
            self.word_vectors,
            offsets,
            mode="sum",
            per_sample_weights=shares.to(self.word_vectors.dtype),
        )
        return mean @ self.W.T + self.b

    def forward(
        self,
        labels: torch.Tensor,
        words: torch.Tensor,
        shares: torch.Tensor,
        offsets: torch.Tensor,
    ) -> torch.Tensor:
        """Return the mean cross-entropy of a batch."""
        z = self.logits(words, shares, offsets)
        return nn.functional.cross_entropy(z, labels)


def batch_of(weights: Any, rows: NDArray[np.int64]) -> tuple[Any, Any, Any]:
    """Return word numbers, their shares and where each text begins."""
    part = weights[rows]
    return (
        part.indices.astype(np.int64),
        part.data,
        part.indptr[:-1].astype(np.int64),
    )


def fine_tune(
    weights: Any,
    word_vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    train: NDArray[np.int64],
    *,
    config: FineTuneConfig,
    seed: int = 0,
    device: str = "cpu",
) -> BagClassifier:
    """Train on the rows ``train``, in an order fixed by the seed."""
    model = BagClassifier(word_vectors, int(labels.max()) + 1)

    def epoch(number: int) -> list[tuple[Any, ...]]:
        order = train[sampling.permutation(len(train), seed, epoch=number)]
        size = config.batch_size
        parts = [order[i : i + size] for i in range(0, len(order), size)]
        return [(labels[part], *batch_of(weights, part)) for part in parts]

    training.train(
        model,
        map(epoch, range(config.epochs)),
        learning_rate=config.learning_rate,
        optimizer="adam",
        device=device,
    )
    return model


def predict(
    model: BagClassifier, weights: Any, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the most probable class of each of these texts."""
    device = model.b.device
    parts = (torch.as_tensor(x, device=device) for x in batch_of(weights, rows))
    with torch.no_grad():
        return model.logits(*parts).argmax(dim=1).cpu().numpy()
