"""Exercises of chapter ``graphs/reconstruction``, with the mistakes they meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Case, Exercise, Misconception

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def _graph(rng: np.random.Generator, n: int) -> Floats:
    drawn = np.triu(rng.random((n, n)) < 0.35, 1).astype(float)
    return np.asarray(drawn + drawn.T)


_PATH = np.diag(np.ones(3), 1) + np.diag(np.ones(3), -1)


# --- 1. all paths at once ------------------------------------------------------------
def katz(A: Floats, beta: float) -> Floats:
    """Return the Katz matrix S."""
    return np.asarray(np.linalg.solve(np.eye(len(A)) - beta * A, beta * A))


def _with_the_empty_path(A: Floats, beta: float) -> Floats:
    return np.asarray(np.linalg.inv(np.eye(len(A)) - beta * A))


def _no_decay_in_front(A: Floats, beta: float) -> Floats:
    return np.asarray(np.linalg.solve(np.eye(len(A)) - beta * A, A))


def _plus(A: Floats, beta: float) -> Floats:
    return np.asarray(np.linalg.solve(np.eye(len(A)) + beta * A, beta * A))


def _edges_only(A: Floats, beta: float) -> Floats:
    return beta * A


def _katz_cases(rng: np.random.Generator) -> list[Case]:
    return [(_PATH, 0.3), (_graph(rng, 7), 0.1)]


# --- 2. average precision ------------------------------------------------------------
def average_precision(scores: Floats, true: Bools) -> float:
    """Return the average precision of one node; no scores tie."""
    hit = true[np.argsort(-scores)]
    precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    return float((precision * hit).sum() / true.sum())


def _retrieved(scores: Floats, true: Bools) -> float:
    hit = true[np.argsort(-scores)] & (np.sort(scores)[::-1] > 0)
    precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    return float((precision * hit).sum() / max(1, hit.sum()))


def _all_places(scores: Floats, true: Bools) -> float:
    hit = true[np.argsort(-scores)]
    return float((np.cumsum(hit) / np.arange(1, len(hit) + 1)).mean())


def _worst_first(scores: Floats, true: Bools) -> float:
    return average_precision(-scores, true)


def _at_r(scores: Floats, true: Bools) -> float:
    return float(true[np.argsort(-scores)][: true.sum()].mean())


def _rankings(rng: np.random.Generator) -> list[Case]:
    hand = np.array([3.0, -1.0, 2.0, 1.0, -2.0]), np.array([1, 1, 0, 1, 0], bool)
    scores = rng.permutation(12) - 5.5
    true = np.zeros(12, bool)
    true[rng.choice(12, 5, replace=False)] = True
    true[scores.argmin()] = True
    true[scores.argmax()] = False
    return [hand, (scores, true)]


# --- 3. the pull between neighbours --------------------------------------------------
def first_order(A: Floats, Y: Floats) -> float:
    """Return the first-order term of SDNE."""
    gaps = ((Y[:, None, :] - Y[None, :, :]) ** 2).sum(axis=2)
    return float((A * gaps).sum())


def _each_edge_once(A: Floats, Y: Floats) -> float:
    return 0.5 * first_order(A, Y)


def _all_pairs(A: Floats, Y: Floats) -> float:
    return first_order(np.ones_like(A), Y)


def _not_squared(A: Floats, Y: Floats) -> float:
    gaps = np.linalg.norm(Y[:, None, :] - Y[None, :, :], axis=2)
    return float((A * gaps).sum())


def _products(A: Floats, Y: Floats) -> float:
    return float((A * (Y @ Y.T)).sum())


def _vectors(rng: np.random.Generator) -> list[Case]:
    hand = np.array([[0.0], [1.0], [3.0], [3.0]])
    return [(_PATH, hand), (_graph(rng, 6), rng.normal(size=(6, 3)))]


# --- 4. exactly k steps away ---------------------------------------------------------
def exactly(A: Floats, k: int) -> Bools:
    """Return who stands exactly k steps from whom."""
    reached = np.eye(len(A), dtype=bool)
    front = reached
    for _ in range(k):
        front = (front @ (A > 0)) & ~reached
        reached = reached | front
    return front


def _walks_of_k(A: Floats, k: int) -> Bools:
    found: Bools = np.linalg.matrix_power(A, k) > 0
    return found


def _walks_to_others(A: Floats, k: int) -> Bools:
    return _walks_of_k(A, k) & ~np.eye(len(A), dtype=bool)


def _within(A: Floats, k: int) -> Bools:
    found = np.zeros(A.shape, bool)
    for r in range(1, k + 1):
        found |= exactly(A, r)
    return found


def _one_too_far(A: Floats, k: int) -> Bools:
    return exactly(A, k + 1)


def _steps(rng: np.random.Generator) -> list[Case]:
    triangle = np.ones((4, 4)) - np.eye(4)
    triangle[3, :2] = triangle[:2, 3] = 0.0
    long = np.diag(np.ones(5), 1) + np.diag(np.ones(5), -1)
    return [(triangle, 2), (long, 3), (_graph(rng, 9), 2)]


EXERCISES = (
    Exercise(
        name="katz",
        reference=katz,
        cases=_katz_cases,
        misconceptions=(
            Misconception(
                "the empty path counted",
                _with_the_empty_path,
                "The sum begins at k = 1. What does your diagonal hold for a graph "
                "without edges?",
            ),
            Misconception(
                "one decay lost",
                _no_decay_in_front,
                "A path of one edge counts beta, not 1.",
            ),
            Misconception(
                "a sign turned",
                _plus,
                "Multiply S by your matrix: do the terms of the sum cancel?",
            ),
            Misconception(
                "edges alone",
                _edges_only,
                "That is the first term. Where are the paths of two edges?",
            ),
        ),
    ),
    Exercise(
        name="average_precision",
        reference=average_precision,
        cases=_rankings,
        misconceptions=(
            Misconception(
                "divided by what was retrieved",
                _retrieved,
                "True neighbours with a score below 0 are gone from your answer. They "
                "are missed, and a miss must cost.",
            ),
            Misconception(
                "precision at every place",
                _all_places,
                "Precision is read where a true neighbour stands, nowhere else.",
            ),
            Misconception(
                "worst first", _worst_first, "argsort rises. Higher scores are better."
            ),
            Misconception(
                "precision at R",
                _at_r,
                "You cut the list after as many places as there are true neighbours. "
                "The order below that counts too.",
            ),
        ),
    ),
    Exercise(
        name="first_order",
        reference=first_order,
        cases=_vectors,
        misconceptions=(
            Misconception(
                "each edge once",
                _each_edge_once,
                "The sum runs over all i and j: an edge stands in it twice.",
            ),
            Misconception(
                "all pairs",
                _all_pairs,
                "Strangers are not drawn together. What keeps them out of the sum?",
            ),
            Misconception(
                "distances not squared",
                _not_squared,
                "The term holds the square of the length.",
            ),
            Misconception(
                "products instead of distances",
                _products,
                "A large product is not a small distance: vectors can be long.",
            ),
        ),
    ),
    Exercise(
        name="exactly",
        reference=exactly,
        cases=_steps,
        misconceptions=(
            Misconception(
                "walks of k steps",
                _walks_of_k,
                "A walk may go there and back: after two steps you can be at home.",
            ),
            Misconception(
                "walks of k steps, home left out",
                _walks_to_others,
                "In a triangle two steps lead to a neighbour. How far is a neighbour?",
            ),
            Misconception(
                "within k", _within, "Those nearer than k steps do not count here."
            ),
            Misconception(
                "one step too far", _one_too_far, "After how many steps do you look?"
            ),
        ),
    ),
)
