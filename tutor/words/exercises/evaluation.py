"""Exercises of chapter ``words/evaluation``, with the misunderstandings they meet."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tutor.evaluate import statistics
from tutor.evaluate.ranking import best_rows
from tutor.evaluate.statistics import Effect
from tutor.exercises import Case, Exercise, Misconception

Floats = NDArray[np.float64]


# --- 1. ranks with ties --------------------------------------------------------------
def average_ranks(values: Floats) -> Floats:
    """Return ranks 1..n, equal values sharing the mean of their places."""
    return statistics.average_ranks(values)


def _ordinal(values: Floats) -> Floats:
    ranks = np.empty(len(values))
    ranks[np.argsort(values, kind="stable")] = np.arange(1, len(values) + 1)
    return ranks


def _dense(values: Floats) -> Floats:
    return np.asarray(np.unique(values, return_inverse=True)[1] + 1.0)


def _falling(values: Floats) -> Floats:
    return average_ranks(-np.asarray(values))


def _lowest(values: Floats) -> Floats:
    v = np.asarray(values)
    return np.array([1.0 + (v < x).sum() for x in v])


def _tied(rng: np.random.Generator) -> list[Case]:
    return [
        (np.array([7.0, 7.0, 1.0, 9.0]),),
        (rng.integers(0, 5, 12).astype(float),),
    ]


# --- 2. an analogy -------------------------------------------------------------------
def answer(unit: Floats, a: int, b: int, c: int) -> int:
    """Return the row that is to c as b is to a, never a, b or c."""
    scores = unit @ (unit[b] - unit[a] + unit[c])
    return int(best_rows(scores, 1, left_out=[a, b, c])[0][0])


def _with_inputs(unit: Floats, a: int, b: int, c: int) -> int:
    return int(np.argmax(unit @ (unit[b] - unit[a] + unit[c])))


def _turned(unit: Floats, a: int, b: int, c: int) -> int:
    scores = unit @ (unit[a] - unit[b] + unit[c])
    return int(best_rows(scores, 1, left_out=[a, b, c])[0][0])


def _only_c(unit: Floats, a: int, b: int, c: int) -> int:
    scores = unit @ (unit[b] - unit[a] + unit[c])
    return int(best_rows(scores, 1, left_out=[c])[0][0])


def _unit_rows(rng: np.random.Generator) -> list[Case]:
    cases: list[Case] = []
    for n, d in ((12, 3), (40, 4), (60, 5)):
        X = rng.normal(size=(n, d))
        X /= np.linalg.norm(X, axis=1, keepdims=True)
        cases += [(X, *(int(i) for i in rng.choice(n, 3, False))) for _ in range(8)]
    return cases


# --- 3. a paired bootstrap -----------------------------------------------------------
def interval(a: Floats, b: Floats, picks: NDArray[np.int64]) -> Floats:
    """Return the 2.5th and 97.5th percentile of the resampled mean differences."""
    differences = (np.asarray(a) - np.asarray(b))[picks].mean(axis=1)
    return np.asarray(np.quantile(differences, [0.025, 0.975]))


def _unpaired(a: Floats, b: Floats, picks: NDArray[np.int64]) -> Floats:
    other = np.roll(picks, 1, axis=0)
    drawn = a[picks].mean(axis=1) - b[other].mean(axis=1)
    return np.asarray(np.quantile(drawn, [0.025, 0.975]))


def _ninety(a: Floats, b: Floats, picks: NDArray[np.int64]) -> Floats:
    return np.asarray(np.quantile((a - b)[picks].mean(axis=1), [0.05, 0.95]))


def _of_items(a: Floats, b: Floats, picks: NDArray[np.int64]) -> Floats:
    return np.asarray(np.quantile(a - b, [0.025, 0.975]))


def _ends_subtracted(a: Floats, b: Floats, picks: NDArray[np.int64]) -> Floats:
    ends = [np.quantile(x[picks].mean(axis=1), [0.025, 0.975]) for x in (a, b)]
    return np.asarray(ends[0] - ends[1])


def _resamples(rng: np.random.Generator) -> list[Case]:
    cases: list[Case] = []
    for n in (20, 50):
        hard = rng.normal(size=n)
        a, b = hard + rng.normal(0.2, 0.3, n), hard + rng.normal(0, 0.3, n)
        cases.append((a, b, rng.integers(0, n, (400, n))))
    return cases


# --- 4. items needed -----------------------------------------------------------------
def items_needed(low: float, high: float, items: int, difference: float) -> int:
    """Return the items at which a difference is found 80 % of the time."""
    middle = (low + high) / 2
    effect = Effect(middle, low, high, (middle,), items)
    return statistics.power(effect).items_needed(difference)


def _half_width(low: float, high: float, items: int, difference: float) -> int:
    return math.ceil(items * ((high - low) / 2 / difference) ** 2)


def _linear(low: float, high: float, items: int, difference: float) -> int:
    return math.ceil(items * _detectable(low, high) / difference)


def _from_estimate(low: float, high: float, items: int, difference: float) -> int:
    return math.ceil(items * ((low + high) / 2 / difference) ** 2)


def _detectable(low: float, high: float) -> float:
    return (1.959964 + 0.841621) * (high - low) / (2 * 1.959964)


def _intervals(rng: np.random.Generator) -> list[Case]:
    width = float(rng.uniform(0.05, 0.2))
    return [(-0.02, 0.08, 353, 0.02), (0.1, 0.1 + width, 999, 0.01)]


EXERCISES = (
    Exercise(
        name="average_ranks",
        reference=average_ranks,
        cases=_tied,
        misconceptions=(
            Misconception(
                "ties ranked by where they stand",
                _ordinal,
                "Two equal values got two ranks. Whoever sorts the file otherwise gets "
                "another correlation; let equal values share.",
            ),
            Misconception(
                "dense ranks",
                _dense,
                "After two values that share a place, the next place is empty: count "
                "values, not different values.",
            ),
            Misconception(
                "ranks from the top",
                _falling,
                "Rank 1 belongs to the smallest value here.",
            ),
            Misconception(
                "ties take the best place",
                _lowest,
                "Equal values stand on places 3 and 4, say. What is fair to both, and "
                "leaves the sum of all ranks as it was?",
            ),
        ),
    ),
    Exercise(
        name="answer",
        reference=answer,
        cases=_unit_rows,
        misconceptions=(
            Misconception(
                "inputs may be answered",
                _with_inputs,
                "The rule of this exercise leaves a, b and c out. Section 'A trap' "
                "shows how often they would win.",
            ),
            Misconception(
                "offset turned round",
                _turned,
                "Going from a to b adds b and takes a away. Try man, king, woman on "
                "paper.",
            ),
            Misconception(
                "only c left out",
                _only_c,
                "a and b are inputs too, and b stands in the target with a plus.",
            ),
        ),
    ),
    Exercise(
        name="interval",
        reference=interval,
        cases=_resamples,
        misconceptions=(
            Misconception(
                "unpaired resamples",
                _unpaired,
                "Both systems must be scored on the same resample, or what is hard for "
                "both no longer cancels.",
            ),
            Misconception(
                "a 90 % interval",
                _ninety,
                "95 % inside leaves 5 % outside, half of it on each side.",
            ),
            Misconception(
                "spread of items instead of spread of the mean",
                _of_items,
                "That says how much single items differ. Take the mean of each "
                "resample first.",
            ),
            Misconception(
                "ends subtracted",
                _ends_subtracted,
                "The difference of two intervals is not the interval of the "
                "difference: subtract within each resample.",
            ),
        ),
    ),
    Exercise(
        name="items_needed",
        reference=items_needed,
        cases=_intervals,
        tolerance=0.003,
        misconceptions=(
            Misconception(
                "power of one half",
                _half_width,
                "A true difference as large as the half-width is found only every "
                "second time. Add what 80 % asks for.",
            ),
            Misconception(
                "width shrinks like 1/n",
                _linear,
                "Four times the items halve the interval: the square is missing.",
            ),
            Misconception(
                "estimate instead of width",
                _from_estimate,
                "What you happened to measure says nothing about what you can see; the "
                "width of the interval does.",
            ),
        ),
    ),
)
