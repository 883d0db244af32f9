"""Exercises of chapter ``words/numbers``, with the misunderstandings they meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Case, Exercise, Misconception
from tutor.words.numbers import NumberConfig, axes, encodings, linear

Floats = NDArray[np.float64]


# --- 1. shrinkage --------------------------------------------------------------------
def shrink(own: float, n: int, common: float, within: float, between: float) -> float:
    """Return the mean of n ratings, drawn towards the mean of all."""
    weight = between / (between + within / n)
    return common + weight * (own - common)


def _other_weight(
    own: float, n: int, common: float, within: float, between: float
) -> float:
    weight = between / (between + within / n)
    return own + weight * (common - own)


def _without_n(
    own: float, n: int, common: float, within: float, between: float
) -> float:
    return common + between / (between + within) * (own - common)


def _deviations(
    own: float, n: int, common: float, within: float, between: float
) -> float:
    spread, noise = np.sqrt(between), np.sqrt(within / n)
    return float(common + spread / (spread + noise) * (own - common))


def _users(rng: np.random.Generator) -> list[Case]:
    cases: list[Case] = [(4.5, 2, 3.5, 1.0, 0.25), (2.0, 50, 3.5, 1.0, 0.25)]
    for _ in range(4):
        own, common = rng.uniform(1, 5, 2)
        cases.append(
            (
                float(own),
                int(rng.integers(1, 30)),
                float(common),
                float(rng.uniform(0.5, 2)),
                float(rng.uniform(0.1, 1)),
            )
        )
    return cases


# --- 2. two numbers on a half circle -------------------------------------------------
def dice_cosine(x: float, y: float, low: float, high: float) -> float:
    """Return the cosine of two numbers' DICE-2 vectors."""
    config = NumberConfig(low=low, high=high)
    a, b = encodings.dice([x, y], config, planar=True)
    return float(a @ b)


def _full_circle(x: float, y: float, low: float, high: float) -> float:
    return float(np.cos(2 * np.pi * (x - y) / (high - low)))


def _no_low(x: float, y: float, low: float, high: float) -> float:
    return float(np.cos(np.pi * (x - y) / high))


def _straight(x: float, y: float, low: float, high: float) -> float:
    return 1 - 2 * abs(x - y) / (high - low)


def _numbers(rng: np.random.Generator) -> list[Case]:
    cases: list[Case] = [(0.0, 50.0, 0.0, 100.0), (20.0, 90.0, 10.0, 110.0)]
    for _ in range(4):
        x, y = rng.uniform(5, 60, 2)
        cases.append((float(x), float(y), 5.0, 60.0))
    return cases


# --- 3. variance explained -----------------------------------------------------------
def r_squared(y: Floats, predicted: Floats) -> float:
    """Return the share of the variance of y that the predictions explain."""
    return linear.r_squared(y, predicted)


def _squared_correlation(y: Floats, predicted: Floats) -> float:
    return float(np.corrcoef(y, predicted)[0, 1] ** 2)


def _upside_down(y: Floats, predicted: Floats) -> float:
    return float(((y - predicted) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def _of_predictions(y: Floats, predicted: Floats) -> float:
    error = ((y - predicted) ** 2).sum()
    return float(1 - error / ((predicted - predicted.mean()) ** 2).sum())


def _lists(rng: np.random.Generator) -> list[Case]:
    y = rng.normal(size=30)
    return [
        (np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 6.0])),
        (y, 0.5 * y + rng.normal(0, 0.3, 30) + 1),
        (y, rng.normal(size=30)),
    ]


# --- 4. coherence of an axis ---------------------------------------------------------
def coherence(scores: Floats, classes: NDArray[np.int64], top: int) -> float:
    """Return how often two different words of the top k share their class."""
    best = np.argsort(-np.asarray(scores), kind="stable")[:top]
    return axes.pair_agreement(np.asarray(classes)[best])


def _with_itself(scores: Floats, classes: NDArray[np.int64], top: int) -> float:
    chosen = np.asarray(classes)[np.argsort(-np.asarray(scores))[:top]]
    return float((chosen[:, None] == chosen).mean())


def _lowest(scores: Floats, classes: NDArray[np.int64], top: int) -> float:
    return coherence(-np.asarray(scores), classes, top)


def _largest_class(scores: Floats, classes: NDArray[np.int64], top: int) -> float:
    chosen = np.asarray(classes)[np.argsort(-np.asarray(scores))[:top]]
    return float(np.unique(chosen, return_counts=True)[1].max() / top)


def _axis(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([5.0, 4, 3, 2, 1]), np.array([0, 0, 1, 2, 2]), 3)
    return [hand, *((rng.normal(size=40), rng.integers(0, 4, 40), 8) for _ in range(4))]


EXERCISES = (
    Exercise(
        name="shrink",
        reference=shrink,
        cases=_users,
        misconceptions=(
            Misconception(
                "the weight on the wrong side",
                _other_weight,
                "With many ratings your result goes to the mean of all. Which of the "
                "two means should a thousand ratings end at?",
            ),
            Misconception(
                "one rating for all",
                _without_n,
                "The noise of a mean falls with the number of ratings in it.",
            ),
            Misconception(
                "deviations instead of variances",
                _deviations,
                "Variances add up, deviations do not: no root in the weight.",
            ),
        ),
    ),
    Exercise(
        name="dice_cosine",
        reference=dice_cosine,
        cases=_numbers,
        misconceptions=(
            Misconception(
                "the whole circle",
                _full_circle,
                "On a whole circle the two ends of the range are neighbours.",
            ),
            Misconception(
                "the range from zero",
                _no_low,
                "The range is high minus low, wherever it begins.",
            ),
            Misconception(
                "a straight line",
                _straight,
                "The angle grows in a straight line; its cosine does not.",
            ),
        ),
    ),
    Exercise(
        name="r_squared",
        reference=r_squared,
        cases=_lists,
        misconceptions=(
            Misconception(
                "squared correlation",
                _squared_correlation,
                "A correlation forgives a wrong scale and a wrong level. A prediction "
                "that is two points too high is not perfect.",
            ),
            Misconception(
                "what is left instead of what is explained",
                _upside_down,
                "Perfect predictions should give 1.",
            ),
            Misconception(
                "against the spread of the predictions",
                _of_predictions,
                "The same error must cost the same whatever the predictions spread: "
                "whose variance is to be explained?",
            ),
        ),
    ),
    Exercise(
        name="coherence",
        reference=coherence,
        cases=_axis,
        misconceptions=(
            Misconception(
                "pairs of a word with itself",
                _with_itself,
                "Every word is of its own class. Leave those k pairs out.",
            ),
            Misconception(
                "the other end",
                _lowest,
                "The top words are those of the highest scores.",
            ),
            Misconception(
                "share of the largest class",
                _largest_class,
                "That counts words. Here pairs are counted, and two small classes "
                "count as well.",
            ),
        ),
    ),
)
