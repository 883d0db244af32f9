"""Exercises of chapter ``words/bias``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Exercise, Misconception
from tutor.geometry import unit_rows
from tutor.words.bias import direct_bias, equalize, neutralize

Floats = NDArray[np.float64]


def neutralise(w: Floats, g: Floats) -> Floats:
    """Return unit rows w (n, dim) without the unit direction g, at length 1."""
    return neutralize(w, g)


def equalise(a: Floats, b: Floats, g: Floats) -> Floats:
    """Return both words (2, dim) of a pair, equalised along the unit direction g."""
    found: Floats = equalize(np.stack([a, b])[None], g)[0]
    return found


def direct(words: Floats, g: Floats, c: float) -> float:
    """Return DirectBias_c of rows of any length along g of any length."""
    return direct_bias(words, g, strictness=c)


def effect_size(x: Floats, y: Floats) -> float:
    """Return WEAT's d from the associations of both sets of targets."""
    return float((x.mean() - y.mean()) / np.concatenate([x, y]).std(ddof=1))


def _units(rng: np.random.Generator, *shape: int) -> Floats:
    return np.asarray(unit_rows(rng.normal(size=shape)), dtype=np.float64)


def _not_long(w: Floats, g: Floats) -> Floats:
    return w - np.outer(w @ g, g)


def _one_sided(a: Floats, b: Floats, g: Floats) -> Floats:
    mean = (a + b) / 2
    nu = mean - (mean @ g) * g
    return np.stack([nu, nu])


def _no_length(a: Floats, b: Floats, g: Floats) -> Floats:
    mean = (a + b) / 2
    nu = mean - (mean @ g) * g
    half = ((a - b) @ g) / 2
    return np.stack([nu + half * g, nu - half * g])


def _signed(words: Floats, g: Floats, c: float) -> float:
    cosines = np.asarray(unit_rows(words)) @ (g / np.linalg.norm(g))
    return float(np.mean(np.sign(cosines) * np.abs(cosines) ** c))


def _dots(words: Floats, g: Floats, c: float) -> float:
    return float(np.mean(np.abs(words @ g) ** c))


def _cases(rng: np.random.Generator) -> Any:
    plane = np.array([[0.6, 0.8], [-0.8, 0.6]])
    return [(plane, np.array([1.0, 0.0])), (_units(rng, 5, 4), _units(rng, 1, 4)[0])]


EXERCISES = (
    Exercise(
        name="neutralise",
        reference=neutralise,
        cases=_cases,
        misconceptions=(
            Misconception(
                "length lost",
                _not_long,
                "The direction is gone, and so is length. What do cosines and the next "
                "step expect?",
            ),
            Misconception(
                "only the part along g kept",
                lambda w, g: np.asarray(unit_rows(np.outer(w @ g, g))),
                "This is what should go. What should stay?",
            ),
        ),
    ),
    Exercise(
        name="equalise",
        reference=equalise,
        cases=lambda rng: [
            (np.array([0.6, 0.8]), np.array([-0.8, 0.6]), np.array([1.0, 0.0])),
            (*_units(rng, 2, 4), _units(rng, 1, 4)[0]),
        ],
        misconceptions=(
            Misconception(
                "two words made one",
                _one_sided,
                "Now both words are the same. In which direction may they still "
                "differ?",
            ),
            Misconception(
                "half of the old difference",
                _no_length,
                "Both words must have length 1: how much of it is left for g once the "
                "common part is fixed?",
            ),
        ),
    ),
    Exercise(
        name="direct_bias",
        reference=direct,
        cases=lambda rng: [
            (np.array([[3.0, 4.0], [0.0, 2.0]]), np.array([2.0, 0.0]), 1.0),
            (rng.normal(size=(6, 4)), rng.normal(size=4), 2.0),
            (rng.normal(size=(6, 4)), rng.normal(size=4), 0.5),
        ],
        misconceptions=(
            Misconception(
                "signs kept",
                _signed,
                "Words on both sides would cancel: 0 with every word far out.",
            ),
            Misconception(
                "dot products in place of cosines",
                _dots,
                "Lengths of words and of the direction must not matter.",
            ),
        ),
    ),
    Exercise(
        name="effect_size",
        reference=effect_size,
        cases=lambda rng: [
            (np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.0, 1.0])),
            (rng.normal(size=6), rng.normal(size=6)),
        ],
        misconceptions=(
            Misconception(
                "spread of the first set alone",
                lambda x, y: float((x.mean() - y.mean()) / x.std(ddof=1)),
                "Which words does the standard deviation run over?",
            ),
            Misconception(
                "the spread inside the two sets",
                lambda x, y: float(
                    (x.mean() - y.mean()) / np.sqrt((x.var(ddof=1) + y.var(ddof=1)) / 2)
                ),
                "That is Cohen's d. Here the spread is that of all targets taken "
                "together, their difference included.",
            ),
            Misconception(
                "divided by n",
                lambda x, y: float(
                    (x.mean() - y.mean()) / np.concatenate([x, y]).std()
                ),
                "NumPy divides by n unless told otherwise. Which does the sample's "
                "standard deviation divide by?",
            ),
            Misconception(
                "a difference of sums",
                lambda x, y: float(
                    (x.sum() - y.sum()) / np.concatenate([x, y]).std(ddof=1)
                ),
                "Twice as many words in both sets must not double the effect.",
            ),
        ),
    ),
)
