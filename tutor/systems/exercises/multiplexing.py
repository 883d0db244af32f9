"""Exercises of chapter ``systems/multiplexing``, with their misunderstandings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.evaluate.auc import auc
from tutor.exercises import Case, Exercise, Misconception
from tutor.systems.multiplexing.tables import full_bytes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


# --- 1. whom a value meets -----------------------------------------------------------
def partners(sizes: Ints, rows: int) -> Floats:
    """Return expected partners of a value in one shared table: (fields, own/other)."""
    n = np.asarray(sizes, dtype=np.float64)
    return np.stack([(n - 1) / rows, (n.sum() - n) / rows], axis=1)


def _with_itself(sizes: Ints, rows: int) -> Floats:
    n = np.asarray(sizes, dtype=np.float64)
    return np.stack([n / rows, (n.sum() - n) / rows], axis=1)


def _separate(sizes: Ints, rows: int) -> Floats:
    n = np.asarray(sizes, dtype=np.float64)
    own = (n - 1) / (rows * n / n.sum())
    return np.stack([own, np.zeros_like(own)], axis=1)


def _swapped(sizes: Ints, rows: int) -> Floats:
    return np.asarray(partners(sizes, rows)[:, ::-1])


# --- 2. the bytes of a full table ----------------------------------------------------
def table_bytes(sizes: Ints, dim: int) -> int:
    """Return the bytes of a full table: rows, unknown rows, keys and spans."""
    return full_bytes(tuple(np.empty(n, dtype=np.uint64) for n in sizes), dim)


def _weights_only(sizes: Ints, dim: int) -> int:
    return int((np.sum(sizes) + len(sizes)) * dim * 4)


def _no_unknown(sizes: Ints, dim: int) -> int:
    return int(table_bytes(sizes, dim) - len(sizes) * dim * 4)


def _double(sizes: Ints, dim: int) -> int:
    return int(table_bytes(sizes, dim) + _weights_only(sizes, dim))


# --- 3. the gradient of shared rows --------------------------------------------------
def row_gradient(addresses: Ints, slopes: Floats, rows: int) -> Floats:
    """Return the gradient by all rows of the table."""
    G = np.zeros((rows, slopes.shape[1]))
    np.add.at(G, addresses, slopes)
    return G


def _last_wins(addresses: Ints, slopes: Floats, rows: int) -> Floats:
    G = np.zeros((rows, slopes.shape[1]))
    G[addresses] += slopes
    return G


def _averaged(addresses: Ints, slopes: Floats, rows: int) -> Floats:
    count = np.bincount(addresses, minlength=rows)[:, None]
    return row_gradient(addresses, slopes, rows) / np.maximum(count, 1)


# --- 4. AUC --------------------------------------------------------------------------
def area(scores: Floats, labels: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve."""
    return auc(scores, labels)


def _pairs(scores: Floats, labels: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    return scores[labels][:, None], scores[~labels][None]


def _ties_lost(scores: Floats, labels: NDArray[np.bool_]) -> float:
    up, down = _pairs(scores, labels)
    return float((up > down).mean())


def _ties_won(scores: Floats, labels: NDArray[np.bool_]) -> float:
    up, down = _pairs(scores, labels)
    return float((up >= down).mean())


def _reversed(scores: Floats, labels: NDArray[np.bool_]) -> float:
    return 1 - auc(scores, labels)


def _accuracy(scores: Floats, labels: NDArray[np.bool_]) -> float:
    return float(((scores > np.median(scores)) == labels).mean())


def _judged(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, False, True, True]))
    labels = np.array([True] * 6 + [False] * 9)
    return [hand, (rng.integers(0, 5, 15).astype(float), labels)]


EXERCISES = (
    Exercise(
        name="partners",
        reference=partners,
        cases=lambda rng: [
            (np.array([9, 1]), 5),
            (rng.integers(1, 900, 4), int(rng.integers(10, 99))),
        ],
        misconceptions=(
            Misconception(
                "a value meets itself",
                _with_itself,
                "A field with one value has no partner of its own field. What "
                "does your formula say for n = 1?",
            ),
            Misconception(
                "separate tables",
                _separate,
                "That is the answer when each field has rows of its own. Here all "
                "fields share all rows.",
            ),
            Misconception(
                "own and other swapped",
                _swapped,
                "Right numbers, columns exchanged: own field first.",
            ),
        ),
    ),
    Exercise(
        name="table_bytes",
        reference=table_bytes,
        cases=lambda rng: [
            (np.array([3, 2]), 4),
            (rng.integers(1, 900, 5), int(rng.integers(1, 33))),
        ],
        misconceptions=(
            Misconception(
                "only the weights",
                _weights_only,
                "Without the keys nobody finds a row. Which arrays does the table "
                "print?",
            ),
            Misconception(
                "no row for the unknown",
                _no_unknown,
                "Each field has one more row than values. For whom?",
            ),
            Misconception(
                "float64",
                _double,
                "Eight bytes a weight? The rows are float32.",
            ),
        ),
    ),
    Exercise(
        name="row_gradient",
        reference=row_gradient,
        cases=lambda rng: [
            (np.array([0, 2, 0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), 3),
            (rng.integers(0, 4, 12), rng.normal(size=(12, 3)), 5),
        ],
        misconceptions=(
            Misconception(
                "the last one wins",
                _last_wins,
                "With repeated addresses NumPy's += keeps only one of the sums. Shared "
                "rows are the whole point here.",
            ),
            Misconception(
                "averaged",
                _averaged,
                "The loss depends on a row through every use of it: derivatives add.",
            ),
        ),
    ),
    Exercise(
        name="area",
        reference=area,
        cases=_judged,
        misconceptions=(
            Misconception(
                "ties are lost",
                _ties_lost,
                "A constant score gets 0 from you. A coin would get one half.",
            ),
            Misconception(
                "ties are won",
                _ties_won,
                "A constant score gets 1 from you: the best model is no model?",
            ),
            Misconception(
                "negatives above positives",
                _reversed,
                "Higher scores should go with positives. Which of the two do you "
                "count?",
            ),
            Misconception(
                "accuracy at the median",
                _accuracy,
                "That is an accuracy at one threshold. AUC compares pairs and needs "
                "none.",
            ),
        ),
    ),
)
