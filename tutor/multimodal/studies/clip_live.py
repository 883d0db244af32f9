"""Studies of chapter ``multimodal/clip`` that are small enough to run on the page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.emoji import EmojiSet
from tutor.multimodal import clip
from tutor.multimodal.clip import ClipConfig, ClipFit
from tutor.multimodal.studies.clip import (
    CHOOSING,
    FULL,
    SEEDS,
    SMALL,
    Floats,
    fits,
    part,
    values,
    world,
)
from tutor.multimodal.studies.clip_controls import shuffled_words
from tutor.sampling import permutation


# --- controls ------------------------------------------------------------------------
def shuffled(
    config: ClipConfig = SMALL, *, seeds: Sequence[int] = SEEDS
) -> list[ClipFit]:
    """Return runs on pictures with the words of another concept."""
    data = part("train")
    return [clip.fit(shuffled_words(data, seed), config, seed=seed) for seed in seeds]


def gap_parts(images: NDArray, texts: NDArray) -> Floats:
    """Return each pair's part of the gap: their mean is the gap itself.

    The difference of a pair, along the direction from mean text to mean picture.
    """
    difference = images.mean(axis=0) - texts.mean(axis=0)
    along = difference / np.linalg.norm(difference)
    return np.asarray((images - texts) @ along, dtype=np.float64)


# --- siblings ------------------------------------------------------------------------
def siblings(seed: int) -> tuple[EmojiSet, EmojiSet, EmojiSet]:
    """Return one test set and two training sets of one size: with siblings, without.

    One concept of every family of two or more is tested. The first training set holds
    all the others of these families, filled up with strangers; the second strangers
    alone.
    """
    data, _ = world()
    order = permutation(len(data), seed)
    members: dict[str, list[int]] = {}
    for row in order.tolist():
        members.setdefault(data.family[row], []).append(row)
    several = [rows for rows in members.values() if len(rows) > 1]
    strangers = [rows[0] for rows in members.values() if len(rows) == 1]
    tested = [rows[0] for rows in several]
    kin = [row for rows in several for row in rows[1:]]
    mixed = kin + strangers[: len(strangers) - len(kin)]
    return data.subset(tested), data.subset(mixed), data.subset(strangers)


def leak(
    config: ClipConfig = SMALL, *, seeds: Sequence[int] = SEEDS
) -> tuple[Floats, Floats]:
    """Return the tables of runs with and without siblings; one test set for all."""
    test, mixed, strangers = siblings(CHOOSING)
    return (
        values(fits(mixed, config, seeds=seeds), test),
        values(fits(strangers, config, seeds=seeds), test),
    )


# --- before training -----------------------------------------------------------------
def fresh(seed: int) -> ClipFit:
    """Return the full model before its first step.

    Its normalisation layers have the statistics of the training pictures, as they
    would have in the first step; nothing else has been learned.
    """
    import torch

    from tutor.multimodal.clip import torch as twin
    from tutor.training import History

    data = part("train")
    vocabulary = clip.vocabulary_of(data, FULL)
    module = twin.new_model(len(vocabulary), FULL, seed=seed)
    norms = [m for m in module.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        module.image(twin.ink(data.images, FULL.size))
    for norm in norms:
        norm.momentum = 0.1
    module.eval()
    return ClipFit(module, vocabulary, History(), FULL, seed)
