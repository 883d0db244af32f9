"""Exercises of chapter ``words/subwords``, with the misunderstandings they meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Case, Exercise, Misconception
from tutor.words.subwords.reference import FNV_OFFSET, FNV_PRIME, fnv1a, ngrams

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


# --- 1. n-grams ----------------------------------------------------------------------
def sorted_ngrams(word: str, low: int, high: int) -> list[str]:
    """Return the n-grams of ``<word>``, in alphabetical order."""
    return sorted(ngrams(word, low, high))


def _without_marks(word: str, low: int, high: int) -> list[str]:
    sizes = range(low, high + 1)
    return sorted(word[i : i + n] for n in sizes for i in range(len(word) - n + 1))


def _longest_left_out(word: str, low: int, high: int) -> list[str]:
    return sorted(g for g in ngrams(word, low, high) if len(g) < high)


def _each_once(word: str, low: int, high: int) -> list[str]:
    return sorted(set(ngrams(word, low, high)))


def _words(rng: np.random.Generator) -> list[Case]:
    drawn = "".join(rng.choice(list("abn"), 8))
    return [("cat", 3, 4), ("banana", 3, 3), (drawn, 2, 4)]


# --- 2. the hash ---------------------------------------------------------------------
def _unsigned(data: bytes) -> int:
    h = FNV_OFFSET
    for byte in data:
        h = ((h ^ byte) * FNV_PRIME) & 0xFFFFFFFF
    return h


def _times_first(data: bytes) -> int:
    h = FNV_OFFSET
    for byte in data:
        signed = byte - 256 if byte > 127 else byte
        h = ((h * FNV_PRIME) & 0xFFFFFFFF) ^ (signed & 0xFFFFFFFF)
    return h


def _from_zero(data: bytes) -> int:
    h = 0
    for byte in data:
        signed = byte - 256 if byte > 127 else byte
        h = ((h ^ (signed & 0xFFFFFFFF)) * FNV_PRIME) & 0xFFFFFFFF
    return h


def _bytes(rng: np.random.Generator) -> list[Case]:
    drawn = bytes(rng.integers(0, 256, 7).tolist())
    return [(b"cat",), ("বই".encode(),), (drawn,)]


# --- 3. the vector of a word ---------------------------------------------------------
def word_vector(Z: Floats, own: int | None, grams: Rows) -> Floats:
    """Return the mean of a word's own row, if it has one, and its n-grams' rows."""
    rows = list(grams) if own is None else [own, *grams]
    return np.asarray(Z[rows].mean(axis=0))


def _sum(Z: Floats, own: int | None, grams: Rows) -> Floats:
    rows = list(grams) if own is None else [own, *grams]
    return np.asarray(Z[rows].sum(axis=0))


def _own_forgotten(Z: Floats, own: int | None, grams: Rows) -> Floats:
    del own
    return np.asarray(Z[list(grams)].mean(axis=0))


def _repeats_once(Z: Floats, own: int | None, grams: Rows) -> Floats:
    rows = sorted(set(grams.tolist()) | (set() if own is None else {own}))
    return np.asarray(Z[rows].mean(axis=0))


def _half_and_half(Z: Floats, own: int | None, grams: Rows) -> Floats:
    mean = Z[list(grams)].mean(axis=0)
    return np.asarray(mean if own is None else (Z[own] + mean) / 2)


def _tables(rng: np.random.Generator) -> list[Case]:
    return [
        (np.array([[2.0, 0.0], [0.0, 4.0]]), 0, np.array([1])),
        (rng.normal(size=(9, 3)), 0, np.array([4, 7, 4])),
        (rng.normal(size=(9, 3)), None, np.array([5, 6])),
    ]


# --- 4. one step ---------------------------------------------------------------------
def step_rows(Z: Floats, rows: Rows, gradient: Floats, rate: float) -> Floats:
    """Return the table after the program's step: each row gets the whole gradient."""
    moved = Z.copy()
    np.add.at(moved, rows, -rate * gradient)
    return moved


def _lost_repeats(Z: Floats, rows: Rows, gradient: Floats, rate: float) -> Floats:
    moved = Z.copy()
    moved[rows] -= rate * gradient
    return moved


def _upwards(Z: Floats, rows: Rows, gradient: Floats, rate: float) -> Floats:
    return step_rows(Z, rows, -gradient, rate)


def _shared_out(Z: Floats, rows: Rows, gradient: Floats, rate: float) -> Floats:
    return step_rows(Z, rows, gradient, rate / len(rows))


def _all_rows(Z: Floats, rows: Rows, gradient: Floats, rate: float) -> Floats:
    del rows
    return np.asarray(Z - rate * gradient)


def _steps(rng: np.random.Generator) -> list[Case]:
    hand = (np.zeros((3, 2)), np.array([0, 2]), np.array([1.0, -2.0]), 0.5)
    drawn = (rng.normal(size=(6, 3)), np.array([1, 4, 4]), rng.normal(size=3), 0.1)
    return [hand, drawn]


EXERCISES = (
    Exercise(
        name="sorted_ngrams",
        reference=sorted_ngrams,
        cases=_words,
        misconceptions=(
            Misconception(
                "no boundary marks",
                _without_marks,
                "Which n-grams tell the beginning of a word from its middle? Look at "
                "what stands around the word in the definition.",
            ),
            Misconception(
                "the longest length is left out",
                _longest_left_out,
                "Both ends of the range of lengths belong to it; Python's range stops "
                "before its last number.",
            ),
            Misconception(
                "each n-gram once",
                _each_once,
                "Count the places, not the different strings: what of the one that "
                "banana holds twice?",
            ),
        ),
    ),
    Exercise(
        name="fnv1a",
        reference=fnv1a,
        cases=_bytes,
        misconceptions=(
            Misconception(
                "bytes without a sign",
                _unsigned,
                "English would pass. What does the program take a byte above 127 for?",
            ),
            Misconception(
                "multiply, then mix",
                _times_first,
                "That is FNV-1. The a of FNV-1a stands for another order of the two.",
            ),
            Misconception(
                "starting at zero",
                _from_zero,
                "The recipe has two constants; you have used one of them.",
            ),
        ),
    ),
    Exercise(
        name="word_vector",
        reference=word_vector,
        cases=_tables,
        misconceptions=(
            Misconception(
                "the sum",
                _sum,
                "The paper writes that; the program does one thing more to it.",
            ),
            Misconception(
                "the word itself forgotten",
                _own_forgotten,
                "A known word has one row more than its n-grams.",
            ),
            Misconception(
                "repeated rows once",
                _repeats_once,
                "If a row is named twice, how often is it in the mean?",
            ),
            Misconception(
                "half word, half n-grams",
                _half_and_half,
                "One row is one vote: the word's own has no more weight than another.",
            ),
        ),
    ),
    Exercise(
        name="step_rows",
        reference=step_rows,
        cases=_steps,
        misconceptions=(
            Misconception(
                "repeats lost",
                _lost_repeats,
                "With a row named twice, Z[rows] -= ... writes twice and adds once.",
            ),
            Misconception(
                "uphill",
                _upwards,
                "Check the sign: a step goes against the gradient of the loss.",
            ),
            Misconception(
                "the gradient shared out",
                _shared_out,
                "That is the exact gradient. What does the program give to each row?",
            ),
            Misconception(
                "every row moves",
                _all_rows,
                "Only the rows of this word took part in the mean.",
            ),
        ),
    ),
)
