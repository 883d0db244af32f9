"""Exercises of chapter ``words/glove``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Exercise, Misconception
from tutor.words.glove import glove_weight

Floats = NDArray[np.float64]


def ratios(first: Floats, second: Floats) -> Floats:
    """Return P(k | first) / P(k | second) from two rows of counts, NaN for 0 / 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = (first / first.sum()) / (second / second.sum())
    return found


def cell_step(w: Floats, c: Floats, error: float, weight: float, rate: float) -> Any:
    """Return w and c after one plain gradient step on one cell."""
    g = rate * weight * error
    return w - g * c, c - g * w


def softmax_target(counts: Floats) -> Floats:
    """Return log x_ij - log x_i of a table of positive counts."""
    target: Floats = np.log(counts) - np.log(counts.sum(axis=1, keepdims=True))
    return target


def _one_after_the_other(
    w: Floats, c: Floats, error: float, weight: float, rate: float
) -> Any:
    g = rate * weight * error
    w = w - g * c
    return w, c - g * w


EXERCISES = (
    Exercise(
        name="ratios",
        reference=ratios,
        cases=lambda rng: [
            (np.array([15.0, 2.0, 141.0]), np.array([1.0, 17.0, 100.0])),
            (
                rng.integers(1, 50, 6).astype(float),
                rng.integers(1, 50, 6).astype(float),
            ),
        ],
        misconceptions=(
            Misconception(
                "counts in place of probabilities",
                lambda first, second: first / second,
                "The two words are not equally frequent: what does each row sum to?",
            ),
            Misconception(
                "the ratio upside down",
                lambda first, second: 1 / ratios(first, second),
                "Which of the two words should a large ratio point to?",
            ),
        ),
    ),
    Exercise(
        name="weight",
        reference=glove_weight,
        cases=lambda rng: [
            (np.array([1.0, 100.0, 900.0]), 100.0, 0.75),
            (rng.gamma(1.0, 60.0, 8), 50.0, 0.5),
        ],
        misconceptions=(
            Misconception(
                "no ceiling",
                lambda x, x_max, alpha: (np.asarray(x) / x_max) ** alpha,
                "How much should a pair seen a million times weigh?",
            ),
            Misconception(
                "a ceiling at x_max in place of 1",
                lambda x, x_max, alpha: np.minimum(x_max, np.asarray(x) ** alpha),
                "At x = x_max the weight must be exactly 1.",
            ),
        ),
    ),
    Exercise(
        name="cell_step",
        reference=cell_step,
        cases=lambda rng: [
            (np.array([1.0, 0.0]), np.array([2.0, 1.0]), 1.0, 0.5, 0.1),
            (rng.normal(size=4), rng.normal(size=4), 0.7, 0.25, 0.3),
        ],
        misconceptions=(
            Misconception(
                "the second gradient uses the new vector",
                _one_after_the_other,
                "Both gradients belong to the same point: keep the old w for c.",
            ),
            Misconception(
                "uphill",
                lambda w, c, e, f, r: cell_step(w, c, -e, f, r),
                "A positive error means the prediction is too high. Where to?",
            ),
        ),
    ),
    Exercise(
        name="softmax_target",
        reference=softmax_target,
        cases=lambda rng: [
            (np.array([[4.0, 1.0], [2.0, 8.0]]),),
            (rng.gamma(2.0, 5.0, (3, 4)) + 1,),
        ],
        misconceptions=(
            Misconception(
                "column sums",
                lambda x: np.log(x) - np.log(x.sum(axis=0)),
                "Skip-gram predicts the context from the word: which sum is fixed?",
            ),
            Misconception(
                "PMI",
                lambda x: (
                    np.log(x * x.sum() / x.sum(axis=0)) - np.log(x.sum(1))[:, None]
                ),
                "That is the optimum with negative sampling; the full softmax has no "
                "column term.",
            ),
        ),
    ),
)
