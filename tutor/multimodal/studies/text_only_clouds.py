"""The vectors that chapter ``multimodal/text_only`` studies: one encoder, two clouds.

Encoders differ in their temperature and in nothing else: data, batches, initial
numbers, steps and learning rate are one seed's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tutor.datasets import emoji
from tutor.datasets.emoji import EmojiSet
from tutor.datasets.families import Split
from tutor.multimodal import clip
from tutor.multimodal.clip import ClipConfig
from tutor.multimodal.text_only.adapters import centred

Floats = NDArray[np.float64]

SEEDS = (1, 2, 3, 4, 5)
TEMPERATURES: dict[str, float | None] = {
    "0.01": 0.01,
    "0.02": 0.02,
    "0.05": 0.05,
    "0.1": 0.1,
    "learned": None,
}
ENCODER = ClipConfig(size=16, channels=(16, 32, 32, 64, 64))
"""Pictures of 16 pixels, narrow layers, 300 steps: 6 s of one core."""


# --- vectors -------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Clouds:
    """Unit rows of all concepts from one encoder: pictures, captions, and the parts."""

    images: Floats
    texts: Floats
    split: Split
    labels: NDArray[np.str_]

    def part(self, name: str) -> tuple[Floats, Floats, NDArray[np.str_]]:
        """Return pictures, texts and labels of ``train``, ``valid`` or ``test``."""
        rows = getattr(self.split, name)
        return self.images[rows], self.texts[rows], self.labels[rows]

    def centred(self) -> Clouds:
        """Return both sides without the mean of their own training rows."""
        X, T, _ = self.part("train")
        return replace(
            self,
            images=centred(self.images, X.mean(axis=0)),
            texts=centred(self.texts, T.mean(axis=0)),
        )


@lru_cache(maxsize=1)
def world() -> tuple[EmojiSet, Split]:
    """Return the set and its split by family, drawn at 32 pixels."""
    data = emoji.load(32)
    return data, data.split()


def with_temperature(
    temperature: float | None, base: ClipConfig = ENCODER
) -> ClipConfig:
    """Return the settings at a fixed temperature; None learns it from CLIP's start."""
    fixed = temperature is not None
    return replace(base, temperature=temperature, learn_temperature=not fixed)


def train_clouds(config: ClipConfig, seed: int) -> Clouds:
    """Train an encoder on the training families; encode every concept."""
    data, split = world()
    model = clip.fit(data.subset(split.train), config, seed=seed)
    texts = model.encode_text([data.caption(row) for row in range(len(data))])
    return clouds_of(model.encode_image(data.images), texts)


def clouds_of(images: NDArray, texts: NDArray) -> Clouds:
    """Return the clouds of ready rows of all concepts, in the order of the set."""
    data, split = world()
    X, T = (np.asarray(side, dtype=np.float64) for side in (images, texts))
    return Clouds(X, T, split, np.array(data.category))


def untrained(seed: int, base: ClipConfig = ENCODER) -> Clouds:
    """Return the clouds before training: learning rate 0, norms settled in 20 steps."""
    return train_clouds(replace(base, learning_rate=0.0, steps=20), seed)


# --- what is measured on clouds ------------------------------------------------------
def gap_parts(clouds: Clouds, name: str = "test") -> Floats:
    """Return each pair's part of the gap, along the direction of the training gap.

    Their mean is the gap if the direction carries over from training to test families.
    """
    X, T, _ = clouds.part("train")
    along = X.mean(axis=0) - T.mean(axis=0)
    images, texts, _ = clouds.part(name)
    return np.asarray((images - texts) @ (along / np.linalg.norm(along)))


def geometry(clouds: Clouds) -> dict[str, float]:
    """Return gap, cosines and retrieval on the test families."""
    X, T, _ = clouds.part("test")
    own = clouds.centred().part("test")
    others = np.roll(X, 1, axis=0)
    return {
        "gap": clip.modality_gap(X, T),
        "pair cosine": float((X * T).sum(axis=1).mean()),
        "stranger cosine": float((others * T).sum(axis=1).mean()),
        "image cone": float(np.linalg.norm(X.mean(axis=0))),
        "text cone": float(np.linalg.norm(T.mean(axis=0))),
        "recall@10": clip.recall_at_k(T, X, 10),
        "recall@10 centred": clip.recall_at_k(own[1], own[0], 10),
    }
