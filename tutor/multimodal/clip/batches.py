"""What each step trains on: which concepts, which words, how the picture is moved.

Every draw has an address (seed, step), so two backends or two machines see the same
batches. A batch holds *different* concepts: two captions of one concept would be told
apart as if they were strangers. Chapter: ``multimodal/clip``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.emoji import EmojiSet
from tutor.multimodal.clip.config import ClipConfig
from tutor.multimodal.clip.texts import Ids, Vocabulary, flat
from tutor.sampling import permutation, uniform

ORDER, CAPTION, MOVE = 301, 302, 303
"""Streams of random numbers: the order of concepts, their captions, their pictures."""

MOST_KEYWORDS = 4
NAME_KEPT = 0.8
_ORIENTED = ("arrow", "alphanum", "keycap", "time", "math", "punctuation", "av-symbol")
_SIDED = {"left", "right", "clockwise", "counterclockwise"}


@dataclass(frozen=True)
class Plan:
    """The captions of a set as numbers, and which drawings may be mirrored.

    ``names[language][row]`` is a bag of units, ``keywords[row]`` one bag a keyword.
    """

    names: dict[str, list[list[int]]]
    keywords: list[list[list[int]]]
    mirrored: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.keywords)


@dataclass(frozen=True)
class Batch:
    """One step: rows of concepts, bags of units, and how to move each picture.

    ``moves`` (batch, 2, 3) are affine maps from new to old coordinates in -1..1,
    ``tints`` (batch, 3) factors of the ink of each colour.
    """

    rows: Ids
    units: Ids
    starts: Ids
    moves: NDArray[np.float32]
    tints: NDArray[np.float32]


def vocabulary_of(data: EmojiSet, config: ClipConfig) -> Vocabulary:
    """Return the units of every caption that training may draw."""
    texts = (
        data.caption(row, language)
        for language in config.languages
        for row in range(len(data))
    )
    return Vocabulary.of(texts, config.units)


def make_plan(data: EmojiSet, vocabulary: Vocabulary, config: ClipConfig) -> Plan:
    """Return all captions of a set as numbers.

    Raises
    ------
    ValueError
        When the set has fewer concepts than a batch, or lacks a language.
    """
    if len(data) < config.batch_size:
        raise ValueError(
            f"batch_size is {config.batch_size} and there are {len(data)} concepts; a "
            "batch holds different ones: lower batch_size"
        )
    absent = [name for name in config.languages if name not in data.names]
    if absent:
        raise ValueError(f"no names in {absent}; there are {', '.join(data.names)}")
    return Plan(
        names={k: [vocabulary.ids(n) for n in data.names[k]] for k in config.languages},
        keywords=[[vocabulary.ids(w) for w in words] for words in data.keywords],
        mirrored=np.array(
            [
                group not in _ORIENTED and not _SIDED & set(re.findall(r"\w+", name))
                for name, group in zip(data.names["en"], data.subcategory, strict=True)
            ]
        ),
    )


def draw_batch(plan: Plan, config: ClipConfig, *, seed: int, step: int) -> Batch:
    """Return the batch of one step.

    Concepts come in a new order each time all have been seen; what does not fill a
    batch waits for the next order. A caption is the name with probability 0.8 and none
    to four keywords in random order, never nothing; other languages have the name only.
    """
    a_pass = len(plan) // config.batch_size
    epoch, place = divmod(step, a_pass)
    order = permutation(len(plan), seed, epoch=epoch, stream=ORDER)
    rows = order[place * config.batch_size : (place + 1) * config.batch_size]
    units, starts = flat(captions(plan, rows, config, seed=seed, step=step))
    moves, tints = movements(plan.mirrored[rows], config, seed=seed, step=step)
    return Batch(rows, units, starts, moves, tints)


def captions(
    plan: Plan, rows: Ids, config: ClipConfig, *, seed: int, step: int
) -> list[list[int]]:
    """Draw one caption for each row, as bags of units."""
    most = max((len(words) for words in plan.keywords), default=0)
    width = 3 + most
    draws = uniform(seed, step, CAPTION, np.arange(len(rows) * width))
    bags = []
    for row, u in zip(rows, draws.reshape(len(rows), width), strict=True):
        language = config.languages[int(u[0] * len(config.languages))]
        name = plan.names[language][row]
        words = plan.keywords[row] if language == "en" else []
        count = min(int(u[1] * (MOST_KEYWORDS + 1)), len(words))
        chosen = np.argsort(u[3 : 3 + len(words)], kind="stable")[:count]
        bag = list(name) if u[2] < NAME_KEPT or not count else []
        for index in chosen:
            bag += words[index]
        bags.append(bag)
    return bags


def movements(
    mirrored: NDArray[np.bool_], config: ClipConfig, *, seed: int, step: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw turns to 14 degrees, scales to 20 %, shifts to 15 %, mirrors, tints to 20 %.

    Without ``augment`` nothing moves: the identity, and factors of 1.
    """
    n = len(mirrored)
    moves = np.tile(np.eye(2, 3, dtype=np.float32), (n, 1, 1))
    if not config.augment:
        return moves, np.ones((n, 3), dtype=np.float32)
    u = 2 * uniform(seed, step, MOVE, np.arange(n * 9)).reshape(n, 9) - 1
    angle, scale = u[:, 0] * np.deg2rad(14), 1 + 0.2 * u[:, 1]
    side = np.where(mirrored & (u[:, 4] > 0), -1.0, 1.0)
    moves[:, 0, 0], moves[:, 0, 1] = (
        side * np.cos(angle) * scale,
        -np.sin(angle) * scale,
    )
    moves[:, 1, 0], moves[:, 1, 1] = side * np.sin(angle) * scale, np.cos(angle) * scale
    moves[:, :, 2] = 0.3 * u[:, 2:4]
    tints = (1 + 0.1 * u[:, 5:6]) * (1 + 0.1 * u[:, 6:9])
    return moves, tints.astype(np.float32)


def learning_rate(step: int, config: ClipConfig) -> float:
    """Return the rate of a step: a straight rise, then half a cosine down to 0."""
    rise = max(1, config.steps // 4)
    if step < rise:
        return config.learning_rate * (step + 1) / rise
    done = (step - rise) / max(1, config.steps - rise)
    return float(config.learning_rate * 0.5 * (1 + np.cos(np.pi * done)))
