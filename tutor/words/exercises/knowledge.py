"""Exercises of chapter ``words/knowledge``, with the misunderstandings they meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Case, Exercise, Misconception
from tutor.words.knowledge.joint import penalty_step

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


# --- 1. one word retrofitted ---------------------------------------------------------
def retrofit_word(own: Floats, others: Floats, anchor: float) -> Floats:
    """Return where one word goes, given its own vector and its neighbours'."""
    return np.asarray((anchor * own + others.mean(axis=0)) / (anchor + 1))


def _sum_of_neighbours(own: Floats, others: Floats, anchor: float) -> Floats:
    return np.asarray((anchor * own + others.sum(axis=0)) / (anchor + 1))


def _one_of_many(own: Floats, others: Floats, anchor: float) -> Floats:
    total = anchor * own + others.sum(axis=0)
    return np.asarray(total / (anchor + len(others)))


def _not_held(own: Floats, others: Floats, anchor: float) -> Floats:
    del own, anchor
    return np.asarray(others.mean(axis=0))


def _words(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([0.0, 0.0]), np.array([[3.0, 0.0], [0.0, 3.0]]), 1.0)
    return [hand, (rng.normal(size=4), rng.normal(size=(3, 4)), 0.5)]


# --- 2. a visit ----------------------------------------------------------------------
def visit(u: Floats, v: Floats, rate: float) -> tuple[Floats, Floats]:
    """Return both ends of an edge after one step on their squared distance."""
    ends = np.stack([u, v])
    penalty_step(ends, np.array([0]), np.array([1]), rate)
    return ends[0], ends[1]


def _without_two(u: Floats, v: Floats, rate: float) -> tuple[Floats, Floats]:
    return u - rate * (u - v), v + rate * (u - v)


def _one_after_the_other(u: Floats, v: Floats, rate: float) -> tuple[Floats, Floats]:
    moved = u - 2 * rate * (u - v)
    return moved, v + 2 * rate * (moved - v)


def _one_end(u: Floats, v: Floats, rate: float) -> tuple[Floats, Floats]:
    return u - 2 * rate * (u - v), v.copy()


def _apart(u: Floats, v: Floats, rate: float) -> tuple[Floats, Floats]:
    return u + 2 * rate * (u - v), v - 2 * rate * (u - v)


def _ends(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([0.0, 0.0]), np.array([4.0, 0.0]), 0.1)
    return [hand, (rng.normal(size=5), rng.normal(size=5), 0.2)]


# --- 3. the terms of counter-fitting -------------------------------------------------
def counterfit_terms(
    antonyms: Floats, synonyms: Floats, near: Floats, old: Floats, apart: float
) -> Floats:
    """Return the three sums for given distances, synonyms pulled to distance 0."""
    return np.array(
        [
            np.maximum(0, apart - antonyms).sum(),
            np.maximum(0, synonyms).sum(),
            np.maximum(0, near - old).sum(),
        ]
    )


def _antonyms_pulled(
    antonyms: Floats, synonyms: Floats, near: Floats, old: Floats, apart: float
) -> Floats:
    right = counterfit_terms(antonyms, synonyms, near, old, apart)
    right[0] = np.maximum(0, antonyms - apart).sum()
    return right


def _nothing_may_move(
    antonyms: Floats, synonyms: Floats, near: Floats, old: Floats, apart: float
) -> Floats:
    right = counterfit_terms(antonyms, synonyms, near, old, apart)
    right[2] = np.abs(near - old).sum()
    return right


def _no_floor(
    antonyms: Floats, synonyms: Floats, near: Floats, old: Floats, apart: float
) -> Floats:
    return np.array([(apart - antonyms).sum(), synonyms.sum(), (near - old).sum()])


def _distances(rng: np.random.Generator) -> list[Case]:
    hand = tuple(map(np.array, ([0.4, 1.3], [0.2], [0.5, 0.1], [0.3, 0.2])))
    drawn = (rng.uniform(0, 2, n) for n in (4, 3, 5, 5))
    return [(*hand, 1.0), (*drawn, 0.9)]


# --- 4. macro-F1 ---------------------------------------------------------------------
def macro_f1(truth: Ints, guess: Ints) -> float:
    """Return the mean F1 of the classes that occur in the truth."""
    return float(np.mean([_f1(truth, guess, k) for k in np.unique(truth)]))


def _f1(truth: Ints, guess: Ints, k: int) -> float:
    hits = ((truth == k) & (guess == k)).sum()
    return float(2 * hits / ((truth == k).sum() + (guess == k).sum()))


def _micro(truth: Ints, guess: Ints) -> float:
    return float((truth == guess).mean())


def _guessed_too(truth: Ints, guess: Ints) -> float:
    classes = np.union1d(truth, guess)
    return float(np.mean([_f1(truth, guess, k) for k in classes]))


def _recall(truth: Ints, guess: Ints) -> float:
    found = [(guess[truth == k] == k).mean() for k in np.unique(truth)]
    return float(np.mean(found))


def _weighted(truth: Ints, guess: Ints) -> float:
    classes, sizes = np.unique(truth, return_counts=True)
    found = [_f1(truth, guess, k) for k in classes]
    return float(np.average(found, weights=sizes))


def _classes(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([0, 0, 0, 1, 2, 2]), np.array([0, 0, 1, 3, 2, 0]))
    drawn = (rng.integers(0, 4, 40), rng.integers(0, 6, 40))
    return [hand, drawn]


EXERCISES = (
    Exercise(
        name="retrofit_word",
        reference=retrofit_word,
        cases=_words,
        misconceptions=(
            Misconception(
                "the neighbours' sum",
                _sum_of_neighbours,
                "A word with twenty neighbours would fly off. How is each of them "
                "weighted?",
            ),
            Misconception(
                "one voice among many",
                _one_of_many,
                "Here a word with many neighbours hardly holds on to itself. In the "
                "sweep all neighbours together weigh 1.",
            ),
            Misconception(
                "nothing holds the word",
                _not_held,
                "Repeat this and all linked words end at one point. What keeps each "
                "near where the text put it?",
            ),
        ),
    ),
    Exercise(
        name="visit",
        reference=visit,
        cases=_ends,
        misconceptions=(
            Misconception(
                "the 2 of the square left out",
                _without_two,
                "Differentiate a square once more, with pencil.",
            ),
            Misconception(
                "one end after the other",
                _one_after_the_other,
                "Your second end already sees the moved first one. From which values "
                "are gradients taken?",
            ),
            Misconception(
                "one end only",
                _one_end,
                "The edge has two ends. What is the gradient by the other?",
            ),
            Misconception(
                "the wrong way",
                _apart,
                "Is the distance smaller after your step?",
            ),
        ),
    ),
    Exercise(
        name="counterfit_terms",
        reference=counterfit_terms,
        cases=_distances,
        misconceptions=(
            Misconception(
                "antonyms pulled together",
                _antonyms_pulled,
                "Which antonyms should cost something: those that are near, or those "
                "that are far?",
            ),
            Misconception(
                "nothing may move",
                _nothing_may_move,
                "Old neighbours may come nearer for nothing. What alone is resisted?",
            ),
            Misconception(
                "no floor",
                _no_floor,
                "A pair that is right already pays you for going further. What does "
                "the hinge do to it?",
            ),
        ),
    ),
    Exercise(
        name="macro_f1",
        reference=macro_f1,
        cases=_classes,
        misconceptions=(
            Misconception(
                "micro",
                _micro,
                "A rare class hardly moves this number. How do all classes get the "
                "same say?",
            ),
            Misconception(
                "classes that were only guessed",
                _guessed_too,
                "A class that never occurs in the truth can only score 0 here. Over "
                "which classes is the mean?",
            ),
            Misconception(
                "recall alone",
                _recall,
                "Guess one class always: its recall is 1. Who pays for wrong guesses?",
            ),
            Misconception(
                "weighted by size",
                _weighted,
                "Weighted like this, the frequent classes decide again.",
            ),
        ),
    ),
)
