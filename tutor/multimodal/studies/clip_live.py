"""Studies of chapter ``multimodal/clip`` that are small enough to run on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tutor.datasets import emoji
from tutor.datasets.emoji import EmojiSet
from tutor.multimodal import clip
from tutor.multimodal.clip import ClipConfig, ClipFit
from tutor.multimodal.studies.clip import (
    CHOOSING,
    ENGLISH,
    FULL,
    MANY,
    SEEDS,
    SMALL,
    Floats,
    K,
    arm,
    captions,
    fits,
    found,
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


# --- the stored studies at a reduced size --------------------------------------------
FEWER_PAIRS = 2_560
"""A fifth of the pairs of study ``clip-losses``; each batch of it divides them."""
FEW = ("en", "de", "es", "zh")
"""English and three of the thirteen others, one of them without spaces."""
PIXELS = 64
"""A side of the drawings that the frozen network sees here; the study has 96."""


def fewer_pairs(
    pairs: int = FEWER_PAIRS, *, seeds: Sequence[int] = SEEDS
) -> dict[str, Floats]:
    """Return the tables of three arms of ``clip-losses``, each at ``pairs`` pairs.

    The arms are ``infonce 16``, ``siglip 16`` and ``infonce 256``: loss and batch.

    Raises
    ------
    ValueError
        If a batch of 256 does not divide the pairs: then the arms see unequal numbers.
    """
    if pairs < 256 or pairs % 256:
        raise ValueError(f"pairs must be a multiple of 256, got {pairs}")
    train, test = part("train"), part("test")
    arms = (("infonce", 16), ("siglip", 16), ("infonce", 256))
    return {
        f"{loss} {size}": values(
            fits(train, replace(arm(loss, size), steps=pairs // size), seeds=seeds),
            test,
        )
        for loss, size in arms
    }


def fixed_temperature(
    temperature: float = 0.01,
    config: ClipConfig = SMALL,
    *,
    seeds: Sequence[int] = SEEDS,
) -> Floats:
    """Return the table of runs whose temperature is fixed."""
    fixed = replace(config, temperature=temperature, learn_temperature=False)
    return values(fits(part("train"), fixed, seeds=seeds), part("test"))


@lru_cache(maxsize=1)
def borrowed_features() -> tuple[NDArray, NDArray]:
    """Return ImageNet features of the training and of the test drawings.

    At `PIXELS` pixels a side, where the study has 96.
    """
    from tutor.multimodal import frozen

    _, split = world()
    images = emoji.load(PIXELS).images
    train, test = (
        frozen.features(images[rows], size=PIXELS) for rows in (split.train, split.test)
    )
    return train, test


def borrowed(config: ClipConfig = SMALL, *, seeds: Sequence[int] = SEEDS) -> Floats:
    """Return the table of runs on frozen features, at the steps of ``config``."""
    seen, asked = borrowed_features()
    test = part("test")
    models = fits(part("train"), config, seeds=seeds, features=seen)
    return np.stack(
        [found(m.encode_image(asked), m.encode_text(captions(test))) for m in models]
    )


def few_languages(
    steps: int = 150,
    *,
    languages: Sequence[str] = FEW,
    seeds: Sequence[int] = SEEDS,
) -> tuple[Floats, Floats]:
    """Return tables of runs on names in ``languages``, and on English captions.

    Whether a test picture is among the ten nearest of its name, mean of all languages
    but English; the picture side is a linear map on frozen features in both.
    """
    seen, asked = borrowed_features()
    train, test = part("train"), part("test")
    others = [language for language in languages if language != "en"]
    tables = []
    for config in (replace(MANY, languages=tuple(languages)), ENGLISH):
        models = fits(train, replace(config, steps=steps), seeds=seeds, features=seen)
        tables.append([_by_names(model, asked, test, others) for model in models])
    many, english = (np.asarray(rows, dtype=np.float64) for rows in tables)
    return many, english


def _by_names(
    model: ClipFit, asked: NDArray, test: EmojiSet, languages: Sequence[str]
) -> Floats:
    images = model.encode_image(asked)
    ranks = [
        clip.retrieval_ranks(model.encode_text(test.names[language]), images)
        for language in languages
    ]
    return np.asarray(np.mean([rank <= K for rank in ranks], axis=0), np.float64)


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
