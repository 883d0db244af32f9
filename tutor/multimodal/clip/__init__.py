"""CLIP: an encoder of pictures and an encoder of texts, trained to meet.

Forms: ``reference`` (losses in NumPy with their gradients), ``torch`` (encoders, losses
and training for CPU and CUDA). Beside them: ``batches`` (what each step sees),
``texts`` (units of captions), ``measures`` (retrieval, gap), ``encoders`` (one face for
our model and published ones). NumPy trains nothing here: the encoders are torch's, the
losses are checked against NumPy. Chapter: ``multimodal/clip``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.multimodal.clip.batches import make_plan, vocabulary_of
from tutor.multimodal.clip.config import ClipConfig
from tutor.multimodal.clip.encoders import ClipFit, Encoders, TransformersEncoders
from tutor.multimodal.clip.measures import (
    alignment,
    modality_gap,
    recall_at_k,
    retrieval_ranks,
    uniformity,
)
from tutor.multimodal.clip.reference import (
    hinge_loss,
    infonce_gradients,
    infonce_loss,
    siglip_gradients,
    siglip_loss,
    unit_gradients,
)
from tutor.multimodal.clip.texts import Vocabulary, pieces, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tutor.datasets.emoji import EmojiSet

__all__ = [
    "ClipConfig",
    "ClipFit",
    "Encoders",
    "TransformersEncoders",
    "Vocabulary",
    "alignment",
    "fit",
    "hinge_loss",
    "infonce_gradients",
    "infonce_loss",
    "make_plan",
    "modality_gap",
    "pieces",
    "recall_at_k",
    "retrieval_ranks",
    "siglip_gradients",
    "siglip_loss",
    "uniformity",
    "unit_gradients",
    "vocabulary_of",
    "words",
]


def fit(
    data: EmojiSet,
    config: ClipConfig | None = None,
    *,
    seed: int = 0,
    device: str = "cpu",
    features: NDArray | None = None,
) -> ClipFit:
    r"""Train both encoders on every concept of ``data``.

    .. math:: \min_{f, g, \tau} \; \ell\bigl(\{ f(\text{image}_i) \},
              \{ g(\text{caption}_i) \}, \tau \bigr)

    where :math:`\ell` is the configured loss of a batch of different concepts.

    Parameters
    ----------
    data : EmojiSet
        What to train on: pass ``data.subset(split.train)``, never the whole set.
    config : ClipConfig or None
        None is the default configuration.
    seed : int
        Fixes initial parameters, order, captions and movements.
    device : str
        ``cpu``, ``cuda``, ``mps``.
    features : (n, columns) array, optional
        Ready-made image features, row by row; then only a linear map is trained on the
        image side, and pictures are not looked at.

    Raises
    ------
    ValueError
        For an unknown device or language, fewer concepts than a batch, or features that
        do not pair.
    FloatingPointError
        If training diverged.
    """
    import numpy as np
    import torch

    from tutor.multimodal.clip import torch as twin
    from tutor.training import History

    config = config or ClipConfig()
    vocabulary = vocabulary_of(data, config)
    plan = make_plan(data, vocabulary, config)
    if features is None:
        inputs, columns = twin.ink(data.images, config.size), None
    else:
        given = np.asarray(features, dtype=np.float32)
        if given.ndim != 2 or len(given) != len(data) or not np.isfinite(given).all():
            raise ValueError(
                f"features must be finite and ({len(data)}, columns), one row a "
                f"concept, got {given.shape}"
            )
        inputs, columns = torch.tensor(given), given.shape[1]
    module = twin.new_model(len(vocabulary), config, seed=seed, features=columns)
    found = twin.train(module, inputs, plan, seed=seed, device=device)
    losses, temperatures = zip(*found, strict=True)
    history = History({"loss": losses, "temperature": temperatures})
    return ClipFit(module, vocabulary, history, config, seed)
