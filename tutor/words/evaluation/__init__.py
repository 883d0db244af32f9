"""How word vectors do at work: as features and as initialisation of a classifier.

``reference`` is NumPy (and scikit-learn's regression), ``torch`` the fine-tuned
classifier, ``tasks`` the two labelled collections. The measures themselves are in
``tutor.evaluate``. Chapter: ``words/evaluation``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tutor.words.evaluation.reference import (
    Features,
    FineTuneConfig,
    LabelledTexts,
    bag_logits,
    bag_loss,
    bag_of_words,
    deal_again,
    document_features,
    gain_ratio,
    initial_vectors,
    mean_weights,
    probe,
)
from tutor.words.evaluation.tasks import organ_systems, topics

if TYPE_CHECKING:
    from tutor.embedding import Embedding

__all__ = [
    "Features",
    "FineTuneConfig",
    "LabelledTexts",
    "bag_logits",
    "bag_loss",
    "bag_of_words",
    "deal_again",
    "document_features",
    "fine_tuned",
    "gain_ratio",
    "initial_vectors",
    "mean_weights",
    "organ_systems",
    "probe",
    "topics",
]


def fine_tuned(
    texts: LabelledTexts,
    embedding: Embedding,
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    config: FineTuneConfig | None = None,
    *,
    only: Sequence[str] | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> NDArray[np.bool_]:
    """Start a classifier from an embedding, train all of it, return what it gets right.

    Parameters
    ----------
    texts : labelled texts
    embedding : Embedding
        The initial word vectors; see `initial_vectors` for how they are scaled.
    train, test : row numbers of ``texts``
    config : FineTuneConfig, optional
    only : sequence of str, optional
        Use these words only.
    seed : int
        Order of the batches.
    device : str
        See ``tutor.training.select_device``.

    Shapes: → (test,) bool.
    """
    from tutor.words.evaluation import torch as twin

    config = config or FineTuneConfig()
    weights, rows, _ = mean_weights(texts, embedding, only=only)
    start = initial_vectors(embedding, weights, rows, config.scale)
    model = twin.fine_tune(
        weights, start, texts.labels, train, config=config, seed=seed, device=device
    )
    right: NDArray[np.bool_] = twin.predict(model, weights, test) == texts.labels[test]
    return right
