"""What the course's own small BERT, and the models it is compared with, are trained on.

Chapter: ``context/bert``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tutor.context.attention.config import EncoderConfig
from tutor.context.bert.glosses import LONGEST, glosses
from tutor.context.bert.masking import MaskingConfig
from tutor.context.bert.merges import learn_vocabulary
from tutor.context.bert.pretrain import PretrainConfig
from tutor.context.bert.wordpiece import WordPiece, count_words

SEED = 1
PIECES = 3000
ENCODER = EncoderConfig(
    layers=3, dim=128, heads=4, hidden=512, vocab=PIECES, max_length=LONGEST
)
SMALL = replace(ENCODER, layers=2)
"""Of the models that are compared over seeds: a third less to compute."""
PRESETS = {
    "masked": PretrainConfig(
        encoder=ENCODER,
        masking=MaskingConfig(rate=0.4),
        tokens=1_600_000,
        batch=256,
        learning_rate=1.5e-3,
    ),
    "next": PretrainConfig(
        encoder=ENCODER,
        objective="next",
        tokens=1_600_000,
        batch=256,
        learning_rate=1.5e-3,
    ),
}
"""The two stored models: one sees both sides, one the left."""

# Stored over seeds: "masked", "left" and "next" by bert-training, the rates by
# bert-masking. "only mask" is ready to be run.
_BASE = PretrainConfig(encoder=SMALL, tokens=400_000, batch=256, learning_rate=1.5e-3)
RIVALS = {
    "masked": _BASE,
    "left": replace(_BASE, objective="left"),
    "next": replace(_BASE, objective="next"),
    "rate 30": replace(_BASE, masking=MaskingConfig(rate=0.3)),
    "rate 50": replace(_BASE, masking=MaskingConfig(rate=0.5)),
    "only mask": replace(
        _BASE, masking=MaskingConfig(mask_share=1.0, random_share=0.0)
    ),
}
"""What is compared over seeds; everything but the named thing is equal."""


def learn() -> WordPiece:
    """Learn the vocabulary from the training definitions, without words seen once."""
    counts = count_words(glosses().train)
    return learn_vocabulary({w: n for w, n in counts.items() if n > 1}, PIECES)


def encoded(pieces: WordPiece, texts: Sequence[str]) -> list[NDArray[np.int64]]:
    """Return the rows of texts, cut to what the model has places for."""
    return [np.array(pieces.encode(text, longest=LONGEST)) for text in texts]
